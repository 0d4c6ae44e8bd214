"""Gathers one order from Shopify whole: what every shop tells, and beside it whatever more this shop does.

The lists of the main read are cut off at fixed sizes, so that its cost stays below the limit; what reaches such a size
is read again in full, where the shop answers that. Pages are laid over what is there, piece by piece, by their ids. What
nobody told is missing. What it all means is `reading`'s.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any, Final

from server.commerce.connectors.shopify.client import AccessDenied, Client
from server.commerce.connectors.shopify.people import People
from server.commerce.connectors.shopify.values import Json, gid, next_page, nodes, part
from server.commerce.outside import Priority

_FULFILLMENTS: Final = 6
_WORK: Final = 5
_RETURNS: Final = 3
_REFUNDS: Final = 5
_TRACKING: Final = 3
_WITHIN: Final = 10
"""How many parts of each kind `order_state` lists."""
_PAGES: Final = 20


class OrderReader:
    """Reads orders by their ids. `reads_returns` is false while the app lacks the scope for returns and refunds."""

    def __init__(self, client: Client, people: People) -> None:
        self._client = client
        self._people = people
        self.reads_returns = True

    async def read(self, order_id: str, priority: Priority, hit: Json | None = None) -> Json | None:
        """The order, or None when there is none (or none that we may see). Raises StoreUnavailable.

        `hit` is the order as the search gave it, with its contacts."""
        whole_id = gid("Order", order_id)
        main = await self._main(whole_id, hit, priority) if whole_id else None
        if whole_id is None or main is None:
            return None
        order: Json = merged(main, await self._lines(whole_id, main, priority))
        order = await self._fulfillments(whole_id, order, priority)
        if len(nodes(order.get("fulfillmentOrders"))) >= _WORK:
            order = merged(order, await self._pages("order_work", whole_id, "fulfillmentOrders", None, priority))
        return await self._money_back(whole_id, order, priority)

    async def state(self, whole_id: str, priority: Priority = "chat") -> Json | None:
        """What every shop tells of an order; without returns and refunds where we may not see them."""
        if self.reads_returns:
            try:
                return _object((await self._client.read("order_state", {"id": whole_id}, priority)).get("order"))
            except AccessDenied as denied:
                if "returns" not in denied.scope:
                    raise
                self.reads_returns = False
        return _object((await self._client.read("order_track", {"id": whole_id}, priority)).get("order"))

    async def refunds(self, whole_id: str, order: Json, priority: Priority = "chat") -> Json:
        """The order with all its refunds."""
        is_cut_off = len(nodes(order.get("refunds"))) >= _REFUNDS
        return await self._with("order_refunds", whole_id, order, priority) if is_cut_off else order

    async def _main(self, whole_id: str, hit: Json | None, priority: Priority) -> Json | None:
        """What every shop tells, and what this one tells beside it; read again when the order changed between the two."""
        for is_last in (False, True):
            reading = self.state(whole_id, priority)
            state, answer = await self._client.beside(reading, "order_more", {"id": whole_id}, priority)
            more = part(answer, "order")
            if state is None:
                return None
            if not more:
                return merged(hit or await self._people.hit_of(state, priority), state)
            if is_last or state.get("updatedAt") == more.get("updatedAt"):
                return merged(more, state)
        raise AssertionError("unreachable")

    async def _lines(self, whole_id: str, order: Json, priority: Priority) -> Json:
        after = next_page(order.get("lineItems"))
        return {} if after is None else await self._pages("order_lines", whole_id, "lineItems", after, priority)

    async def _fulfillments(self, whole_id: str, order: Json, priority: Priority) -> Json:
        if len(nodes(order.get("fulfillments"))) >= _FULFILLMENTS:
            order = await self._with("order_fulfillments", whole_id, order, priority)
        cut_off = [str(each.get("id")) for each in nodes(order.get("fulfillments")) if _is_cut_off(each)]
        for fulfillment_id in cut_off:
            async for page in self._answers("fulfillment", fulfillment_id, "fulfillment", "events", None, priority):
                order = merged(order, {"fulfillments": [page]})
        return order

    async def _money_back(self, whole_id: str, order: Json, priority: Priority) -> Json:
        returns = nodes(order.get("returns"))
        if not returns and not nodes(order.get("refunds")):
            return order
        order = await self._with("order_back", whole_id, order, priority)
        if len(returns) >= _RETURNS:
            order = merged(order, await self._pages("order_returns", whole_id, "returns", None, priority))
        return await self.refunds(whole_id, order, priority)

    async def _with(self, key: str, whole_id: str, order: Json, priority: Priority) -> Json:
        """The order, and what an enrichment tells beside it."""
        return merged(order, part(await self._client.more(key, {"id": whole_id}, priority), "order"))

    async def _pages(self, key: str, whole_id: str, name: str, after: str | None, priority: Priority) -> Json:
        """The pages of the connection `name` of an order, as one order that has nothing else."""
        found: Json = {}
        async for answer in self._answers(key, whole_id, "order", name, after, priority):
            found = merged(found, answer)
        return found

    async def _answers(
        self, key: str, whole_id: str, root: str, name: str, after: str | None, priority: Priority
    ) -> AsyncIterator[Json]:
        """Page after page, as far as the shop answers."""
        for _ in range(_PAGES):
            answer = part(await self._client.more(key, {"id": whole_id, "after": after}, priority), root)
            after = next_page(answer.get(name))
            if answer:
                yield answer
            if after is None:
                return


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
