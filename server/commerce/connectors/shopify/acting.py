"""What every write to Shopify shares: the mark that makes it visible, the refusals in words for agents, at most once.

Shopify keeps a text beside returns, refunds and cancellations that only staff see; ours begins with a mark that follows
from the key of the write. So a write whose answer was lost is found again by reading. Which write does what is told by
`returning`, `refunding`, `cancelling`, `addressing` and `crediting`.
"""

import asyncio
import uuid
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any, Final, TypeVar

from server.commerce.connectors.once import LOOKS_S, Ledger, Once
from server.commerce.connectors.shopify.client import Client
from server.commerce.connectors.shopify.values import Json, gid, nodes
from server.commerce.connectors.shopify.whole import OrderReader
from server.errors import StoreError, StoreRefused, StoreUnavailable

R = TypeVar("R")
P = TypeVar("P")

_NAMESPACE: Final = uuid.UUID("7d0f0a52-6b5b-5f0e-9a39-0c2f6d1f7b11")
_NOTE_CHARS: Final = 255
_TAG_S: Final = 5.0
_REASONS: Final = {
    "ALREADY_EXISTS": "it is there already",
    "FEATURE_NOT_ENABLED": "the shop has this feature switched off",
    "FULFILLMENT_ORDER_HOLD_LIMIT_REACHED": "the warehouse order has as many holds as it can have",
    "INCOMPATIBLE_WITH_STANDARD_POLICY": "the shop's own return rules in Shopify do not allow it",
    "INVALID": "the order, as it stands, does not allow it",
    "INVALID_STATE": "the order is not in a state that allows it",
    "MISSING_PERMISSION": "the app lacks the permission",
    "NO_REFUND_PERMISSION": "the app may not refund",
    "NO_REFUND_TO_STORE_CREDIT_PERMISSION": "the app may not refund to store credit",
    "NOT_EDITABLE": "it can no longer be changed",
    "NOT_FOUND": "Shopify does not find it",
    "STORE_CREDIT_REFUND_MISSING_CUSTOMER": "the order has no customer to give credit to",
    "TAKEN": "it is there already",
    "TOO_BIG": "it is more than there is",
}


def key_of(key: str, attempt: int = 1) -> str:
    """The UUID that stands for our key with Shopify: the same for the same key, another one for a second attempt."""
    return str(uuid.uuid5(_NAMESPACE, key if attempt == 1 else f"{key}#{attempt}"))


def mark_of(key: str) -> str:
    """The word in staff notes by which a write is found again."""
    return f"cs-act-{uuid.uuid5(_NAMESPACE, key).hex[:20]}"


def note(key: str, words: str) -> str:
    """A staff note with our mark."""
    return f"{mark_of(key)} {words}".strip()[:_NOTE_CHARS]


def has_mark(value: object, key: str) -> bool:
    """Whether a staff note is that of this write."""
    return isinstance(value, str) and mark_of(key) in value.split()


def require(kind: str, identifier: str) -> str:
    """The global id. Raises StoreRefused for what cannot be one."""
    found = gid(kind, identifier)
    if found is None:
        raise StoreRefused(f"{identifier[:64]!r} is no id of Shopify's")
    return found


def accepted(answer: Json, what: str, errors: str = "userErrors") -> Json:
    """The answer of a mutation, if it has no errors of input.

    Raises StoreRefused with words for agents; StoreUnavailable when Shopify does not know itself."""
    found = nodes(answer.get(errors))
    codes = {str(each.get("code") or "") for each in found}
    if "INTERNAL_ERROR" in codes:
        raise StoreUnavailable(f"Shopify failed inside ({what})")
    if found:
        raise StoreRefused(f"Shopify refused {what}: " + "; ".join(map(_in_words, found)))
    if not answer:
        raise StoreUnavailable(f"Shopify did not say what became of {what}")
    return answer


def _in_words(error: Json) -> str:
    """Our words, the code and the field; Shopify's own message comes in the shop's language and is left out."""
    code = str(error.get("code") or "")
    field = error.get("field")
    path = ".".join(map(str, field)) if isinstance(field, Sequence) and not isinstance(field, str) else ""
    told = ", ".join(filter(None, (code, path)))
    words = _REASONS.get(code, "the request is not acceptable")
    return f"{words} ({told})" if told else words


class Acting:
    """The client, the orders and the ledger that writes need. `pause_s` lies between two looks at a job."""

    def __init__(
        self,
        client: Client,
        orders: OrderReader,
        ledger: Ledger,
        looks_s: Sequence[float] = LOOKS_S,
        pause_s: float = 1.0,
    ) -> None:
        self.client = client
        self.pause_s = pause_s
        self._orders = orders
        self._ledger = ledger
        self._once = Once(ledger, looks_s)

    async def seen(self, order_gid: str) -> Json:
        """The order as it stands, with all its refunds. Raises StoreRefused when there is no such order."""
        order = await self._orders.state(order_gid)
        if not order:
            raise StoreRefused("Shopify has no such order, or does not show it to us")
        return await self._orders.refunds(order_gid, order)

    async def was_sent(self, key: str) -> bool:
        """Whether this write was noted as sent, by this process or another."""
        return (await self._ledger.look_up(key))[0]

    async def is_tagged(self, order_gid: str, key: str) -> bool:
        """Whether our mark is among the tags of an order, of a write that was noted as sent."""
        if not await self.was_sent(key):
            return False
        order = await self._orders.state(order_gid) or {}
        return mark_of(key) in (order.get("tags") or ())

    async def tag(self, identifier: str, key: str) -> None:
        """Leave our mark among the tags, for staff and for a later look; nothing hangs on it."""
        with suppress(StoreError, TimeoutError):
            async with asyncio.timeout(_TAG_S):
                await self.client.write("tags", {"id": identifier, "tags": [mark_of(key)]})

    async def once(
        self,
        key: str,
        name: str,
        subject: str,
        at: datetime,
        *,
        prepare: Callable[[], Awaitable[P]],
        send: Callable[[P], Awaitable[R]],
        effect: Callable[[P | None], Awaitable[R | None]],
        to_raw: Callable[[R], dict[str, Any]],
        from_raw: Callable[[dict[str, Any]], R],
    ) -> R:
        """As `Once.run`. What `prepare` reads and refuses comes before the write is noted as sent: nothing is sent then.

        `effect` gets no plan before that, and none when another process sent it."""
        plan: list[P] = []

        async def looked() -> R | None:
            found = await effect(plan[0] if plan else None)
            if found is None and not plan and not await self.was_sent(key):
                plan.append(await prepare())
            return found

        return await self._once.run(
            key, name, subject, at, send=lambda: send(plan[0]), effect=looked, to_raw=to_raw, from_raw=from_raw
        )
