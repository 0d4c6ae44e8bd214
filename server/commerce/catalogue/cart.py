"""Links that put a variant into the shopper's cart: the operator's own template, else the shop platform's.

Pure. Only https links pass to shoppers; plain http only to this very machine, for the demo.
"""

from collections.abc import Callable
from typing import Final, TypeAlias
from urllib.parse import quote, urlsplit

from server.commerce.goods import Variant

Platform: TypeAlias = Callable[[str, str | None, str, int], str | None]
"""(sku, variant id, product id, quantity) -> a link, or None."""

_NEAR: Final = frozenset({"127.0.0.1", "localhost", "::1"})
_MOST: Final = 99


def cart_link(template: str, platform: Platform | None, variant: Variant, quantity: int = 1) -> str | None:
    """A link that fills the cart; None where there is none for this variant, or where it could not be passed on."""
    count = max(1, min(quantity, _MOST))
    if template:
        return passable(_filled(template, variant, count))
    link = platform(variant.sku, variant.platform_id, variant.product_id, count) if platform else None
    return passable(link)


def passable(link: str | None) -> str | None:
    """The link, if it may be passed to a shopper."""
    if not link:
        return None
    try:
        parts = urlsplit(link)
    except ValueError:
        return None
    is_near = parts.scheme == "http" and parts.hostname in _NEAR
    return link if (parts.scheme == "https" and parts.hostname) or is_near else None


def _filled(template: str, variant: Variant, quantity: int) -> str | None:
    """The template with its values, escaped for a URL; None when it needs an id that the variant does not have."""
    if "{variant_id}" in template and variant.platform_id is None:
        return None
    values = {"sku": variant.sku, "variant_id": variant.platform_id or "", "quantity": str(quantity)}
    for name, value in values.items():
        template = template.replace(f"{{{name}}}", quote(value, safe=""))
    return template
