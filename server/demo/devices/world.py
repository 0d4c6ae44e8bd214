"""The demo's own time: the real one, until somebody turns the clock forward."""

from datetime import datetime, timedelta

from server.clock import Clock


class WorldClock:
    """A clock that runs on and may be turned forward, for shop, providers and devices alike."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._ahead = timedelta(0)

    def now(self) -> datetime:
        """The present moment of the demo."""
        return self._clock.now() + self._ahead

    def turn(self, by: timedelta) -> None:
        """Turn it forward. Raises ValueError for any other way."""
        if by <= timedelta(0):
            raise ValueError("the clock is only turned forward")
        self._ahead += by

    @property
    def ahead(self) -> timedelta:
        """How far it was turned."""
        return self._ahead
