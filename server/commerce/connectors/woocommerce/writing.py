"""What every write to a WooCommerce site needs: the reads, the client, the routine that sends once, and our marks.

The site knows no idempotency keys. Things that we make (orders, refunds, coupons) carry our key in their meta data; orders
that we change carry the latest keys. That is how the effect of a write is found whose answer was lost.
"""

import json
import logging
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass
from typing import Any, Final, TypeVar

import msgspec

from server.clock import Clock
from server.commerce.connectors.once import Ledger, Once
from server.commerce.connectors.woocommerce.client import WooClient
from server.commerce.connectors.woocommerce.plain import MARKER, Json, meta
from server.commerce.connectors.woocommerce.reads import WooReads
from server.errors import StoreError, StoreRefused, StoreUnavailable

P = TypeVar("P")
R = TypeVar("R")

_KEPT: Final = 20
_log = logging.getLogger("onethread.shop")


class _NotSent(StoreRefused):
    """The site could not be read before anything was sent: the key stays free, and the cause is told."""

    def __init__(self, cause: StoreUnavailable) -> None:
        super().__init__(str(cause))
        self.cause = cause


@dataclass(frozen=True, slots=True)
class Writing:
    """One site's writing side. `ledger` is the one that `once` keeps its keys in."""

    client: WooClient
    reads: WooReads
    once: Once
    ledger: Ledger
    clock: Clock

    async def order(self, order_id: str) -> Json:
        """The order as it is now. Raises StoreRefused when there is none."""
        found = await self.reads.raw_order(order_id)
        if found is None:
            raise StoreRefused("WooCommerce has no such order")
        return found

    async def run(
        self,
        key: str,
        name: str,
        subject: str,
        kind: type[R],
        prepare: Callable[[], Awaitable[P]],
        send: Callable[[P], Awaitable[R]],
        effect: Callable[[], Awaitable[R | None]],
    ) -> R:
        """Do it once; `kind` is a dataclass, which the ledger keeps as plain values.

        `prepare` only reads, and refuses what cannot be; whatever it could not read leaves the key free for another try.
        From `send` on nobody knows until `effect` sees it."""

        async def whole() -> R:
            try:
                prepared = await prepare()
            except StoreUnavailable as error:
                raise _NotSent(error) from error
            return await send(prepared)

        try:
            return await self.once.run(
                key,
                name,
                subject,
                self.clock.now(),
                send=whole,
                effect=effect,
                to_raw=plain_values,
                from_raw=lambda raw: msgspec.convert(raw, kind),
            )
        except _NotSent as held:
            raise held.cause from None

    async def note(self, order_id: str, words: str) -> None:
        """A note for the shop's people, never one that is mailed to the shopper. What was done stays done without it."""
        body = {"note": words, "customer_note": False, "added_by_user": False}
        try:
            await self.client.write("POST", f"/orders/{order_id}/notes", body)
        except StoreError:
            _log.warning("a note was not written into an order", extra={"order": order_id})


def plain_values(result: Any) -> dict[str, Any]:
    """A result as the ledger keeps it."""
    values = msgspec.to_builtins(asdict(result))
    return dict(values)


def has_mark(owner: Json, key: str) -> bool:
    """Whether we made or changed it under this key."""
    value = meta(owner, MARKER)
    return value == key or key in _keys(value)


def mark(key: str) -> dict[str, Any]:
    """Our mark for something new."""
    return {"key": MARKER, "value": key}


def added_mark(order: Json, key: str) -> dict[str, Any]:
    """Our mark for an order that is changed: its latest keys and this one."""
    return {"key": MARKER, "value": json.dumps([*_keys(meta(order, MARKER)), key][-_KEPT:])}


def _keys(value: object) -> list[str]:
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError:
            return [str(value)]
    return [each for each in value if isinstance(each, str)] if isinstance(value, list) else []
