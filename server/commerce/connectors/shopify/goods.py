"""Shopify's products and customers become documents of ours. Descriptions lose their markup, metafields become attributes.

Prices are in the shop's own currency, which the caller knows. Nothing here reads anything. Pure.
"""

import json
import re
from collections.abc import Sequence
from html.parser import HTMLParser
from typing import Any, Final

from typing_extensions import override

from server.commerce.connectors.shopify.reading import address, options
from server.commerce.connectors.shopify.values import Json, link, minor, nodes, part, tail, text, time

Raw = dict[str, Any]

_BLOCKS: Final = frozenset({"p", "div", "br", "li", "ul", "ol", "tr", "table", "h1", "h2", "h3", "h4", "h5", "h6"})
_HIDDEN: Final = frozenset({"script", "style", "template", "noscript"})
_VALUES: Final = re.compile(
    r"(?:list\.)?(?:single_line_text_field|multi_line_text_field|number_\w+|boolean|date|color)$"
)
_OWN_NAMESPACES: Final = frozenset({"custom", "descriptors", "facts"})
_MAX_CHARS: Final = 20_000


class _Text(HTMLParser):
    """Gathers what a reader sees."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._hidden = 0

    @override
    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._hidden += tag in _HIDDEN
        if tag in _BLOCKS:
            self.parts.append("\n")

    @override
    def handle_endtag(self, tag: str) -> None:
        self._hidden = max(0, self._hidden - (tag in _HIDDEN))
        if tag in _BLOCKS:
            self.parts.append("\n")

    @override
    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.parts.append(re.sub(r"\s+", " ", data))


def plain(html: object) -> str:
    """The text of an HTML description: one line for each block, no markup, no scripts."""
    if not isinstance(html, str):
        return ""
    parser = _Text()
    parser.feed(html[:_MAX_CHARS])
    parser.close()
    lines = (re.sub(r" +", " ", line).strip() for line in "".join(parser.parts).split("\n"))
    return "\n".join(filter(None, lines))


def product_document(raw: Json, currency: str) -> Raw:
    """A product; `currency` is the shop's."""
    variants: list[Raw] = []
    for each in nodes(raw.get("variants")):
        variants.append(_variant(each, currency, {str(known["sku"]) for known in variants}))
    product: Raw = {
        "id": tail(raw.get("id")),
        "title": text(raw.get("title")) or "",
        "description": plain(raw.get("descriptionHtml")),
        "category": text(raw.get("productType")),
        "attributes": _attributes(raw),
        "tags": [str(each) for each in raw.get("tags") or []],
        "collections": [title for each in nodes(raw.get("collections")) if (title := text(each.get("title")))],
        "url": link(raw.get("onlineStoreUrl")),
        "image": link(part(raw, "featuredMedia", "preview", "image").get("url")),
        "currency": currency,
        "updated_at": time(raw.get("updatedAt")),
        "status": (text(raw.get("status")) or "unknown").lower(),
        "variants": variants,
    }
    return {name: value for name, value in product.items() if value is not None}


def _variant(raw: Json, currency: str, taken: set[str]) -> Raw:
    """A variant; where its sku is missing or another one's, its id stands for it."""
    sku, variant_id = text(raw.get("sku")), tail(raw.get("id"))
    price, was = minor(raw.get("price"), currency), minor(raw.get("compareAtPrice"), currency)
    quantity = raw.get("inventoryQuantity")
    is_counted = part(raw, "inventoryItem").get("tracked") is not False and isinstance(quantity, int)
    return {
        "sku": sku if sku and sku not in taken else variant_id,
        "id": variant_id,
        "price": max(0, price or 0),
        "was_price": was if was is not None and price is not None and was > price else None,
        "options": options(raw),
        "stock": quantity if is_counted else None,
        # A price that cannot be read is no price of nothing.
        "available": raw.get("availableForSale") is True and price is not None,
    }


def _attributes(raw: Json) -> dict[str, object]:
    found: dict[str, object] = {"vendor": vendor} if (vendor := text(raw.get("vendor"))) else {}
    for each in nodes(raw.get("metafields")):
        kind, name, value = str(each.get("type")), text(each.get("key")), text(each.get("value"))
        if name is None or value is None or not _VALUES.match(kind):
            continue
        namespace = text(each.get("namespace")) or ""
        key = name if namespace in _OWN_NAMESPACES else f"{namespace}.{name}"
        found[key] = _value(kind, value)
    return found


def _value(kind: str, value: str) -> object:
    if kind == "boolean":
        return value == "true"
    if not kind.startswith("list."):
        return value
    try:
        items = json.loads(value)
    except ValueError:
        return value
    return [str(each) for each in items] if isinstance(items, list) else value


def customer_document(raw: Json) -> Raw:
    """A customer."""
    spent = part(raw, "amountSpent")
    tags = {str(each).strip().lower() for each in raw.get("tags") or []}
    return {
        "id": tail(raw.get("id")),
        "name": text(raw.get("displayName")) or "",
        "emails": _some(part(raw, "defaultEmailAddress").get("emailAddress")),
        "phones": _some(part(raw, "defaultPhoneNumber").get("phoneNumber")),
        "addresses": [found for each in nodes(raw.get("addressesV2")) if (found := address(each))],
        "vip": "vip" in tags,
        "lifetime_value": minor(spent.get("amount"), spent.get("currencyCode")),
    }


def _some(value: object) -> Sequence[str]:
    found = text(value)
    return [found] if found else []
