"""The products that an action is about: those of its lines, and those that its lines shall become."""

from collections.abc import Mapping
from typing import Any, Final

from server.commerce.model import OrderSnapshot, Product
from server.policies.asked import writable
from server.services import Services

_MOST: Final = 20
_LONGEST: Final = 200


async def goods_of(services: Services, action: Mapping[str, Any], order: OrderSnapshot | None) -> dict[str, Product]:
    """The products by id. Raises StoreUnavailable."""
    named = action.get("lines")
    lines = [each for each in named if isinstance(each, Mapping)][:_MOST] if isinstance(named, list | tuple) else []
    wanted = {str(each.get("line") or "") for each in lines} | {str(each.get("sku") or "") for each in lines}
    ids = [
        line.product_id
        for line in (order.lines if order else ())
        if line.product_id and (not lines or line.id in wanted or line.sku in wanted)
    ][:_MOST]
    found: dict[str, Product] = {}
    for product_id in dict.fromkeys(ids):
        await _add(services, found, product_id)
    for sku in dict.fromkeys(each["to_sku"] for each in lines if _is_sku(each.get("to_sku"))):
        if not any(one.sku == sku for product in found.values() for one in product.variants):
            variant = await services.store.variant(sku)
            if variant is not None:
                await _add(services, found, variant.product_id)
    return found


def _is_sku(value: Any) -> bool:
    """Whether it can be looked for at all: anybody may have written it."""
    return isinstance(value, str) and 0 < len(value) <= _LONGEST and writable(value) == value


async def _add(services: Services, found: dict[str, Product], product_id: str) -> None:
    product = await services.store.product(product_id)
    if product is not None:
        found[product.id] = product
