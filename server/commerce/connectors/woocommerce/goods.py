"""A product of WooCommerce with its variations as a product document of our format."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from server.commerce.connectors.woocommerce.people import Document
from server.commerce.connectors.woocommerce.plain import Json, bare, entries, exponent_of, gmt, https, minor, part, text

_FOR_SALE: Final = frozenset({"instock", "onbackorder"})
_STATUSES: Final[Mapping[str, str]] = {"publish": "active", "trash": "archived"}


def product_document(product: Json, variations: Sequence[Json], currency: str) -> Document:
    """The product; `variations` are those of its own route, none for a simple product."""
    exponent = exponent_of(currency)
    sold = variations if has_variations(product) else [product] if product.get("type") != "grouped" else []
    return {
        "id": text(product.get("id")),
        "title": bare(product.get("name")),
        "description": bare(product.get("description")) or bare(product.get("short_description")),
        "category": next(iter(_names(product, "categories")), None),
        "attributes": _attributes(product),
        "tags": _names(product, "tags"),
        "collections": _names(product, "categories"),
        "url": https(product.get("permalink")),
        "image": next(filter(None, (https(each.get("src")) for each in entries(product.get("images")))), None),
        "currency": currency,
        "updated_at": gmt(product.get("date_modified_gmt")),
        "status": _STATUSES.get(text(product.get("status")), "draft"),
        "variants": _variants(product, sold, exponent),
    }


def has_variations(product: Json) -> bool:
    """Whether it is sold only in variations."""
    return text(product.get("type")).startswith("variable")


def sku_of(sold: Json) -> str:
    """Its sku; one without gets a name from its id, as order lines do."""
    return text(sold.get("sku")) or f"woo-{text(sold.get('id'))}"


def price_of(sold: Json, exponent: int) -> int | None:
    """What one costs now in minor units; None when no price is set, so that it cannot be bought."""
    return minor(sold.get("price"), exponent) if text(sold.get("price")) else None


def _variants(product: Json, sold: Sequence[Json], exponent: int) -> list[Document]:
    """A variation without a sku of its own repeats its product's: then each goes by its id."""
    skus = [sku_of(each) for each in sold]
    named = [
        sku if skus.count(sku) == 1 else f"woo-{text(each.get('id'))}" for sku, each in zip(skus, sold, strict=True)
    ]
    return [_variant(product, each, sku, exponent) for sku, each in zip(named, sold, strict=True)]


def _variant(product: Json, sold: Json, sku: str, exponent: int) -> Document:
    price, regular = price_of(sold, exponent), minor(sold.get("regular_price"), exponent)
    is_listed = text(sold.get("status") or product.get("status")) in ("", "publish")
    document: dict[str, Any] = {
        "sku": sku,
        "id": text(sold.get("id")),
        "price": max(0, price or 0),
        "options": _options(sold) if sold is not product else {},
        "available": price is not None and is_listed and text(sold.get("stock_status")) in _FOR_SALE,
    }
    stock = sold.get("stock_quantity") if sold.get("manage_stock") else None
    if isinstance(stock, int | float) and not isinstance(stock, bool):
        document["stock"] = max(0, int(stock))
    if price is not None and regular is not None and regular > price:
        document["was_price"] = regular
    return document


def _options(variation: Json) -> dict[str, str]:
    chosen = entries(variation.get("attributes"))
    return {bare(each.get("name")): bare(each.get("option")) for each in chosen if bare(each.get("option"))}


def _attributes(product: Json) -> dict[str, str]:
    """What holds for the whole product: visible attributes that are no choice, and its measures."""
    found: dict[str, str] = {}
    for each in entries(product.get("attributes")):
        options = each.get("options")
        if each.get("visible") is not False and each.get("variation") is not True and isinstance(options, list):
            found[bare(each.get("name"))] = ", ".join(filter(None, map(bare, options)))
    if text(product.get("weight")):
        found["weight"] = text(product.get("weight"))
    sides = [text(part(product.get("dimensions")).get(side)) for side in ("length", "width", "height")]
    if all(sides):
        found["dimensions"] = " × ".join(sides)
    return {name: value for name, value in found.items() if name and value}


def _names(product: Json, field: str) -> list[str]:
    return [name for each in entries(product.get(field)) if (name := bare(each.get("name")))]
