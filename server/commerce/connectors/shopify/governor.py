"""How much we may still ask of a Shopify shop: its cost bucket as we know it, and who goes first when it is low.

Shopify takes points from a bucket that fills again at a steady rate, and every answer says how full it is. Shoppers go
before webhooks, these before the regular comparison, and the first filling leaves half of the bucket to the others. This
module knows no network: it keeps count and lets callers wait.
"""

import asyncio
import heapq
import itertools
import random
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, Final

from server.commerce.outside import PRIORITIES, Priority

_SHORTEST_S: Final = 0.3
_RESERVED: Final = 0.5
"""The part of the bucket that the first filling leaves."""


class Governor:
    """The bucket of one shop. `clock` gives seconds that only grow (default: the running loop's)."""

    def __init__(
        self, maximum: float = 2000.0, restore_rate: float = 100.0, clock: Callable[[], float] | None = None
    ) -> None:
        """The defaults are those of Shopify's smallest plan; the first answer corrects them."""
        self._maximum = maximum
        self._rate = restore_rate
        self._level = maximum
        self._in_flight = 0.0
        self._as_of: float | None = None
        self._clock = clock
        self._tickets = itertools.count()
        self._waiting: list[tuple[int, int]] = []
        self._moved = asyncio.Event()

    @property
    def available(self) -> float:
        """Points that can be asked for now."""
        return self._refilled()

    async def admit(self, cost: float, priority: Priority) -> None:
        """Wait until `cost` points are there and nobody of higher priority waits for them, and take them."""
        ticket = (PRIORITIES.index(priority), next(self._tickets))
        heapq.heappush(self._waiting, ticket)
        try:
            await self._turn(ticket, cost, priority)
            self._level = self._refilled() - cost
            self._in_flight += cost
        finally:
            self._waiting.remove(ticket)
            heapq.heapify(self._waiting)
            self._wake()

    async def _turn(self, ticket: tuple[int, int], cost: float, priority: Priority) -> None:
        while True:
            is_first = self._waiting[0] == ticket
            pause = self._pause(cost, priority)
            if is_first and pause <= 0:
                return
            moved = self._moved
            with suppress(TimeoutError):
                async with asyncio.timeout(max(pause, 0.001) if is_first else None):
                    await moved.wait()

    def _wake(self) -> None:
        self._moved.set()
        self._moved = asyncio.Event()

    def answered(self, cost: float, status: Mapping[str, Any] | None) -> None:
        """The call that was admitted with `cost` is over; `status` is Shopify's throttleStatus, if it gave one."""
        self._in_flight = max(0.0, self._in_flight - cost)
        if status is None:
            return
        self._maximum = _number(status.get("maximumAvailable"), self._maximum)
        self._rate = _number(status.get("restoreRate"), self._rate)
        # What others asked meanwhile is not in Shopify's count yet.
        self._level = _number(status.get("currentlyAvailable"), self._refilled()) - self._in_flight
        self._as_of = self._now()
        self._wake()

    def throttled_s(self, cost: float) -> float:
        """How long to wait after Shopify refused a call of this cost."""
        return max(_SHORTEST_S, (cost - self._refilled()) / self._rate) + random.uniform(0, 0.1)

    def _pause(self, cost: float, priority: Priority) -> float:
        reserved = self._maximum * _RESERVED if priority == "backfill" else 0.0
        wanted = min(cost + reserved, self._maximum)  # what is more than the whole bucket would wait for ever
        return (wanted - self._refilled()) / self._rate

    def _refilled(self) -> float:
        now = self._now()
        if self._as_of is not None:
            self._level = min(self._maximum, self._level + (now - self._as_of) * self._rate)
        self._as_of = now
        return self._level

    def _now(self) -> float:
        return self._clock() if self._clock is not None else asyncio.get_running_loop().time()


def _number(value: object, otherwise: float) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or value < 0:
        return otherwise
    return float(value)
