"""The goods of the demo shop, as product and promotion documents, from data/catalogue.toml.

Stock and reviews are drawn from the given random source; everything else is data. Knows nothing of orders.
"""

import tomllib
from datetime import datetime, timedelta
from functools import cache
from importlib.resources import files
from random import Random

from server.demo.documents import Document, stamp

_PRAISE = (
    (5, "Exactly as in the picture. I ordered a second one for my sister."),
    (5, "Beautifully made, and it arrived two days early."),
    (5, "Even nicer than I had hoped. It feels as if it will last."),
    (4, "Lovely quality. The colour is a touch darker than on my screen."),
    (4, "Very good; I would like it in more colours."),
    (3, "Nice, but the box was dented."),
)
_PRAISE_OF_CLOTHES = (
    (5, "I wear it almost every day and it still looks new."),
    (4, "Runs a little large, so I exchanged it for a smaller size without any fuss."),
    (5, "Fits just as the size chart says."),
)
_NO_CLOTHES = frozenset({"bedding", "bath", "home", "kitchen", "gift cards"})
_REVIEWERS = ("Nora B.", "Wei C.", "Tunde A.", "Camila R.", "Ingrid D.", "Sanjay P.", "Yuki S.", "Caleb H.", "Leila K.")


@cache
def raw() -> Document:
    """The catalogue file as written, read once."""
    return tomllib.loads((files("server.demo") / "data" / "catalogue.toml").read_text("utf-8"))


def products(rng: Random) -> list[Document]:
    """Every product, in the order of the catalogue."""
    return [_product(row, rng) for row in raw()["product"]]


def promotions(now: datetime) -> list[Document]:
    """Every promotion code, its validity counted from `now`."""
    return [_promotion(row, now) for row in raw()["promotion"]]


def _product(row: Document, rng: Random) -> Document:
    document: Document = {
        "id": row["id"],
        "title": row["title"],
        "description": row["description"],
        "category": row["category"],
        "attributes": _attributes(row),
        "variants": _variants(row, rng),
        "tags": [*row.get("tags", []), *(["hygiene"] if row.get("hygiene") else [])],
        "collections": [*row.get("collections", []), row["category"]],
        "reviews": _reviews(row["category"], rng),
    }
    if "warranty_months" in row:
        document["warranty_months"] = row["warranty_months"]
    return document


def _attributes(row: Document) -> dict[str, str]:
    attributes = dict(row["attributes"])
    if "size_chart" in attributes:
        attributes["size_chart"] = raw()["size_charts"][attributes["size_chart"]]
    return attributes


def _variants(row: Document, rng: Random) -> list[Document]:
    sizes: list[str] = row.get("sizes", [""])
    prices: list[int] = row.get("size_prices", [row["price"]] * len(sizes))
    return [
        _variant(row, colour, size, price, rng)
        for colour in row.get("colours", [""])
        for size, price in zip(sizes, prices, strict=True)
    ]


def _variant(row: Document, colour: str, size: str, price: int, rng: Random) -> Document:
    stock = rng.choice((0, 2, 4, 7, 9, 12, 15, 18, 24, 31, 40))
    if row.get("digital"):
        stock = 999
    if row.get("plenty"):
        stock = max(stock, 6)
    if f"{colour} {size}".strip() in row.get("sold_out", ()):
        stock = 0
    options = {"color": colour, row.get("size_label", "size"): size}
    return {
        "sku": "-".join(part for part in (row["code"], _sku_part(colour), _sku_part(size)) if part),
        "options": {name: value for name, value in options.items() if value},
        "price": price,
        "stock": stock,
        "available": stock > 0,
    }


def _sku_part(word: str) -> str:
    return "".join(sign for sign in word.upper() if sign.isalnum())


def _reviews(category: str, rng: Random) -> list[Document]:
    if category == "gift cards":
        return []
    told = rng.sample(_PRAISE if category in _NO_CLOTHES else _PRAISE + _PRAISE_OF_CLOTHES, rng.randint(2, 4))
    return [{"rating": stars, "text": text, "author": rng.choice(_REVIEWERS)} for stars, text in told]


def _promotion(row: Document, now: datetime) -> Document:
    return {
        "code": row["code"],
        "kind": row["kind"],
        "value": row["value"],
        "starts_at": stamp(now + timedelta(days=row["starts_days"])),
        "ends_at": stamp(now + timedelta(days=row["ends_days"])),
        "conditions": row["conditions"],
        "stackable": row["stackable"],
    }
