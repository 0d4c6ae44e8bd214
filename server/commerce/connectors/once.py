"""Writes to platforms that know no idempotency key: read, check, write, verify; never send twice.

The routine: a result that is remembered under the key is given again. A key that was sent before without a known outcome
is never sent again: the platform is read until the effect shows, or StoreUnavailable leaves it to a person. A new key is
noted before it is sent.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Any, Final, Protocol, TypeVar
from weakref import WeakValueDictionary

from server.errors import StoreBusy, StoreRefused, StoreUnavailable

R = TypeVar("R")
LOOKS_S: Final = (0.0, 2.0, 8.0, 20.0, 30.0)
"""Pauses before each look for the effect of a write whose answer was lost: five looks within a minute."""


class Ledger(Protocol):
    """Where the keys of writes are kept (the `store_writes` table)."""

    async def look_up(self, key: str) -> tuple[bool, dict[str, Any] | None]:
        """(was it sent before, its result if that is known)."""
        ...

    async def note_sent(self, key: str, name: str, subject: str, at: datetime) -> bool:
        """Remember that it is about to be sent; False when somebody else noted it first."""
        ...

    async def keep(self, key: str, result: dict[str, Any]) -> None:
        """Remember its result."""
        ...

    async def forget(self, key: str) -> None:
        """It was certainly not done: the key may be sent again."""
        ...


class Once:
    """Runs one write at most once for its key. `looks_s` are the pauses between looks for a lost effect."""

    def __init__(self, ledger: Ledger, looks_s: Sequence[float] = LOOKS_S) -> None:
        self._ledger = ledger
        self._looks_s = looks_s
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def run(
        self,
        key: str,
        name: str,
        subject: str,
        at: datetime,
        *,
        send: Callable[[], Awaitable[R]],
        effect: Callable[[], Awaitable[R | None]],
        to_raw: Callable[[R], dict[str, Any]],
        from_raw: Callable[[dict[str, Any]], R],
    ) -> R:
        """`effect` reads the platform and gives the result if the write is visible there, else None.

        `send` raises StoreRefused when the platform said no, StoreBusy when it did nothing (then the key is free again),
        StoreUnavailable when nobody knows. Raises the same; StoreUnavailable also when an earlier sending cannot be found."""
        lock = self._locks.setdefault(subject, asyncio.Lock())
        async with lock:
            return await self._run(key, name, subject, at, send, effect, to_raw, from_raw)

    async def _run(
        self,
        key: str,
        name: str,
        subject: str,
        at: datetime,
        send: Callable[[], Awaitable[R]],
        effect: Callable[[], Awaitable[R | None]],
        to_raw: Callable[[R], dict[str, Any]],
        from_raw: Callable[[dict[str, Any]], R],
    ) -> R:
        was_sent, known = await self._ledger.look_up(key)
        if known is not None:
            return from_raw(known)
        result = await effect()
        if result is None and (was_sent or not await self._ledger.note_sent(key, name, subject, at)):
            result = await self._find(effect)
        elif result is None:
            result = await self._send(key, send, effect)
        await self._ledger.keep(key, to_raw(result))
        return result

    async def _send(self, key: str, send: Callable[[], Awaitable[R]], effect: Callable[[], Awaitable[R | None]]) -> R:
        try:
            return await send()
        except (StoreRefused, StoreBusy):
            await self._ledger.forget(key)
            raise
        except StoreUnavailable:
            return await self._find(effect)

    async def _find(self, effect: Callable[[], Awaitable[R | None]]) -> R:
        """Look for the effect of something that was sent. Raises StoreUnavailable when it does not show."""
        for pause in self._looks_s:
            await asyncio.sleep(pause)
            try:
                found = await effect()
            except StoreUnavailable:
                continue
            if found is not None:
                return found
        raise StoreUnavailable("it was sent, and nobody knows whether it was done: a person must look")
