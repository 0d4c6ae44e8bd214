"""How much a model may cost: by conversation and by the shop's day. What is spent is booked in the database, so processes share it."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final
from zoneinfo import ZoneInfo

from memory import costs
from memory.engines.base import Database
from server.clock import Clock
from server.settings import LlmSettings

_NO_LIMIT: Final = 2**62
_ONE_TURN: Final = 4_000
"""What a turn in flight is taken to cost until it is booked."""


class Budget:
    """Tokens that may still be spent. `tz` is the zone of the shop's day."""

    def __init__(self, database: Database, clock: Clock, settings: LlmSettings, tz: str) -> None:
        self._database = database
        self._clock = clock
        self._settings = settings
        self._zone = ZoneInfo(tz)
        self._in_flight = 0

    async def left(self, thread_id: int) -> int:
        """How many tokens a turn of this thread may cost now; turns in flight in this process count already."""
        settings = self._settings
        if not (settings.tokens_per_thread or settings.tokens_per_day):
            return _NO_LIMIT
        day = self._clock.now().astimezone(self._zone).date()
        thread, shop = await self._database.read(lambda tx: costs.tokens(tx, thread_id, day))
        return min(
            settings.tokens_per_thread - thread if settings.tokens_per_thread else _NO_LIMIT,
            settings.tokens_per_day - shop - self._in_flight if settings.tokens_per_day else _NO_LIMIT,
        )

    @contextmanager
    def in_flight(self) -> Iterator[None]:
        """Count one turn while it runs."""
        self._in_flight += _ONE_TURN
        try:
            yield
        finally:
            self._in_flight -= _ONE_TURN

    async def spend(self, thread_id: int, body: Mapping[str, Any]) -> None:
        """Book what a turn cost; `body` has at least `tokens`. Raises StorageError."""
        now = self._clock.now()
        day = now.astimezone(self._zone).date()
        await self._database.write(lambda tx: costs.spend(tx, thread_id, day, body, now))
