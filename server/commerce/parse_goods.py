"""Product documents become the values of `goods`. What is malformed inside an optional part is left out, never guessed."""

from collections.abc import Mapping
from datetime import UTC, datetime

from server.commerce.documents import ProductDocument
from server.commerce.formats import VariantDocument
from server.commerce.goods import Product, Review, SizeChart, Variant


def product_record(document: ProductDocument, *, as_of: datetime, source: str) -> Product:
    """The product as of one read."""
    return Product(
        id=document.id,
        title=document.title,
        description=document.description or "",
        category=document.category,
        attributes=texts(document.attributes),
        variants=tuple(_variant(document.id, each) for each in document.variants),
        as_of=as_of.astimezone(UTC),
        source=source,
        tags=tuple(document.tags or ()),
        collections=tuple(document.collections or ()),
        warranty_months=document.warranty_months,
        reviews=tuple(filter(None, map(_review, document.reviews or []))),
        url=document.url,
        image=document.image,
        currency=document.currency,
        size_chart=_size_chart(document.size_chart),
        compatible_with=tuple(map(text_of, document.compatible_with or [])),
        is_on_sale=(document.status or "active").strip().lower() == "active",
    )


def _variant(product_id: str, document: VariantDocument) -> Variant:
    stock = document.stock
    return Variant(
        sku=document.sku,
        product_id=product_id,
        options=texts(document.options),
        price_minor=document.price,
        stock=stock,
        available=document.available if document.available is not None else (stock is None or stock > 0),
        platform_id=document.id,
        attributes=texts(document.attributes),
        was_price_minor=document.was_price,
    )


def _review(value: object) -> Review | None:
    """A text alone, or an object; the words for author and rating differ from shop to shop."""
    if not isinstance(value, Mapping):
        return Review(str(value)) if str(value).strip() else None
    text = str(value.get("text") or value.get("body") or "").strip()
    rating = value.get("rating", value.get("stars"))
    author = value.get("author") or value.get("name")
    number = float(rating) if isinstance(rating, int | float) and not isinstance(rating, bool) else None
    url = value.get("url")
    return Review(text, str(author) if author else None, number, str(url) if url else None) if text else None


def _size_chart(raw: Mapping[str, object] | None) -> SizeChart | None:
    rows = (raw or {}).get("rows")
    if raw is None or not isinstance(rows, list):
        return None
    sizes: dict[str, Mapping[str, str]] = {}
    for row in rows:
        if isinstance(row, Mapping) and isinstance(row.get("measures"), Mapping) and row.get("size"):
            sizes[str(row["size"])] = texts(row["measures"])
    unit, fit = raw.get("unit"), raw.get("fit")
    return SizeChart(sizes, str(unit) if unit else None, str(fit) if fit else None) if sizes else None


def texts(values: Mapping[str, object] | None) -> dict[str, str]:
    """Values as text, by name."""
    return {name: text_of(value) for name, value in (values or {}).items()}


def text_of(value: object) -> str:
    """Yes and no for truth values, commas between the parts of a list."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
