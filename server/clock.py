"""Time is injected: nobody else in the application asks the machine what time it is.

All times are aware and in UTC; a customer's own zone is applied where words are made.
"""

import time
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """Tells the time, aware, in UTC."""

    def now(self) -> datetime:
        """The present moment."""
        ...


class SystemClock:
    """The machine's clock, shifted by `offset` (rehearsals of a running server, on loopback only)."""

    def __init__(self, offset: timedelta = timedelta(0)) -> None:
        self._offset = offset

    def now(self) -> datetime:
        """The machine's time plus the offset."""
        return datetime.fromtimestamp(time.time(), UTC) + self._offset


class HandClock:
    """A clock that moves only when told: `chat`, `rehearse` and tests."""

    def __init__(self, now: datetime) -> None:
        self._now = now.astimezone(UTC)

    def now(self) -> datetime:
        """Where the hands stand."""
        return self._now

    def advance(self, by: timedelta) -> None:
        """Move forward; going back is refused with ValueError."""
        if by < timedelta(0):
            raise ValueError("a clock does not run backwards")
        self._now += by

    def set(self, now: datetime) -> None:
        """Set the hands anywhere: the start of a new rehearsal."""
        self._now = now.astimezone(UTC)
