"""Gathers one order from Shopify whole: two reads for most orders, further pages for big ones, in Shopify's own shape.

The lists of the main read are cut off at fixed sizes, so that its cost stays below the limit; what reaches such a size
is read again in full. Pages are laid over what is there, piece by piece, by their ids. What it all means is `reading`'s.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any, Final

from server.commerce.connectors.shopify.client import AccessDenied, Client
from server.commerce.connectors.shopify.values import Json, gid, next_page, nodes, part
from server.commerce.outside import Priority
from server.errors import StoreError, StoreUnavailable

_FULFILLMENTS: Final = 6
_WORK: Final = 5
_RETURNS: Final = 3
_REFUNDS: Final = 5
_TRACKING: Final = 3
_WITHIN: Final = 10
"""How many parts of each kind `order_state` lists."""
_PAGES: Final = 20
_READS: Final = 2


class OrderReader:
    """Reads orders by their ids. `reads_returns` is false while the app lacks the scope for returns and refunds."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self.reads_returns = True

    async def read(self, order_id: str, priority: Priority) -> Json | None:
        """The order, or None when there is none (or none that we may see). Raises StoreUnavailable."""
        whole_id = gid("Order", order_id)
        if whole_id is None:
            return None
        main = await self._main(whole_id, priority)
        if main is None:
            return None
        lines = merged(main, await self._lines(whole_id, main, priority))
        order = await self._fulfillments(whole_id, lines, priority)
        if len(nodes(order.get("fulfillmentOrders"))) >= _WORK:
            order = merged(order, await self._pages("order_work", whole_id, "fulfillmentOrders", None, priority))
        return merged(order, await self._money_back(whole_id, order, priority))

    async def _main(self, whole_id: str, priority: Priority) -> Json | None:
        """Both halves of the main read; read again when the order changed between them."""
        for attempt in range(_READS):
            state, more = await self._halves(whole_id, priority)
            if state is None or more is None:
                return None
            if state.get("updatedAt") == more.get("updatedAt") or attempt + 1 == _READS:
                return merged(more, state)
        raise AssertionError("unreachable")

    async def _halves(self, whole_id: str, priority: Priority) -> tuple[Json | None, Json | None]:
        try:
            async with asyncio.TaskGroup() as tasks:
                state = tasks.create_task(self._state(whole_id, priority))
                more = tasks.create_task(self._client.read("order_more", {"id": whole_id}, priority))
        except BaseExceptionGroup as group:
            raise next((each for each in group.exceptions if isinstance(each, StoreError)), group) from None
        return state.result(), _object(more.result().get("order"))

    async def _state(self, whole_id: str, priority: Priority) -> Json | None:
        if self.reads_returns:
            try:
                return _object((await self._client.read("order_state", {"id": whole_id}, priority)).get("order"))
            except AccessDenied as denied:
                if "returns" not in denied.scope:
                    raise
                self.reads_returns = False
        return _object((await self._client.read("order_track", {"id": whole_id}, priority)).get("order"))

    async def _lines(self, whole_id: str, order: Json, priority: Priority) -> Json:
        after = next_page(order.get("lineItems"))
        return {} if after is None else await self._pages("order_lines", whole_id, "lineItems", after, priority)

    async def _fulfillments(self, whole_id: str, order: Json, priority: Priority) -> Json:
        if len(nodes(order.get("fulfillments"))) >= _FULFILLMENTS:
            answer = await self._client.read("order_fulfillments", {"id": whole_id}, priority)
            order = merged(order, part(answer, "order"))
        cut_off = [str(each.get("id")) for each in nodes(order.get("fulfillments")) if _is_cut_off(each)]
        for fulfillment_id in cut_off:
            async for page in self._answers("fulfillment", fulfillment_id, "fulfillment", "events", None, priority):
                order = merged(order, {"fulfillments": [page]})
        return order

    async def _money_back(self, whole_id: str, order: Json, priority: Priority) -> Json:
        returns, refunds = nodes(order.get("returns")), nodes(order.get("refunds"))
        if not returns and not refunds:
            return {}
        found = part(await self._client.read("order_back", {"id": whole_id}, priority), "order")
        if len(returns) >= _RETURNS:
            found = merged(found, await self._pages("order_returns", whole_id, "returns", None, priority))
        if len(refunds) >= _REFUNDS:
            answer = await self._client.read("order_refunds", {"id": whole_id}, priority)
            found = merged(found, part(answer, "order"))
        return found

    async def _pages(self, key: str, whole_id: str, name: str, after: str | None, priority: Priority) -> Json:
        """The pages of the connection `name` of an order, as one order that has nothing else."""
        found: Json = {}
        async for answer in self._answers(key, whole_id, "order", name, after, priority):
            found = merged(found, answer)
        return found

    async def _answers(
        self, key: str, whole_id: str, root: str, name: str, after: str | None, priority: Priority
    ) -> AsyncIterator[Json]:
        for _ in range(_PAGES):
            answer = part(await self._client.read(key, {"id": whole_id, "after": after}, priority), root)
            yield answer
            after = next_page(answer.get(name))
            if after is None:
                return
        raise StoreUnavailable("the order is too big to be read")


def _is_cut_off(fulfillment: Json) -> bool:
    if "events" not in fulfillment:
        return True
    counted = (("trackingInfo", _TRACKING), ("fulfillmentLineItems", _WITHIN), ("events", _WITHIN))
    return any(len(nodes(fulfillment.get(name))) >= limit for name, limit in counted)


def _object(raw: object) -> Json | None:
    return raw if isinstance(raw, Mapping) else None


def merged(first: Json, second: Json) -> dict[str, Any]:
    """Both, where `second` says more or newer; parts of lists that have an id are laid over each other by it."""
    return {
        **first,
        **{name: _laid(first[name], value) if name in first else value for name, value in second.items()},
    }


def _laid(first: object, second: object) -> object:
    if isinstance(first, Mapping) and isinstance(second, Mapping):
        return merged(first, second)
    if isinstance(first, Sequence) and isinstance(second, Sequence) and not isinstance(second, str):
        return _by_id(first, second)
    return first if second is None else second


def _by_id(first: Sequence[Any], second: Sequence[Any]) -> Sequence[Any]:
    pieces = [*first, *second]
    if not all(isinstance(each, Mapping) and each.get("id") for each in pieces):
        return second if len(second) >= len(first) else first
    found: dict[str, Any] = {}
    for each in pieces:
        known = found.get(each["id"])
        found[each["id"]] = each if known is None else merged(known, each)
    return list(found.values())
