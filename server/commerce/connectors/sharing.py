"""One question for everybody who asks the same: answers that are good for a while, and questions that are under way.

Both are of one process and may be lost at any time; what must be kept is kept elsewhere.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable
from datetime import datetime
from typing import Final, Generic, TypeVar

from server.errors import StoreUnavailable

T = TypeVar("T")
_REMEMBERED: Final = 2_000
_SLOW_S: Final = 2.0
_LEFT_ALONE_S: Final = 5.0


class Recent(Generic[T]):
    """Answers that are good for a while, the oldest forgotten first."""

    def __init__(self, size: int = _REMEMBERED) -> None:
        self._size = size
        self._kept: OrderedDict[Hashable, tuple[datetime, T]] = OrderedDict()

    def get(self, key: Hashable, since: datetime) -> T | None:
        """The answer, if it was given since then."""
        kept = self._kept.get(key)
        return kept[1] if kept is not None and kept[0] >= since else None

    def put(self, key: Hashable, value: T, at: datetime) -> None:
        """Remember an answer."""
        self._kept[key] = (at, value)
        self._kept.move_to_end(key)
        if len(self._kept) > self._size:
            self._kept.popitem(last=False)

    def forget(self) -> None:
        """All of them: something changed."""
        self._kept.clear()


class Flights:
    """Who asks for the same at the same time shares one question.

    One that failed slowly is not asked again for some seconds: a turn that reads an order twice waits once."""

    def __init__(self) -> None:
        self._under_way: dict[Hashable, asyncio.Future[None]] = {}
        self._failed_slowly: OrderedDict[Hashable, tuple[float, StoreUnavailable]] = OrderedDict()

    async def once(self, key: Hashable, ask: Callable[[], Awaitable[None]]) -> None:
        """Ask, or wait for whoever asks. Raises what the question raised; a cancelled question is asked by the next."""
        while (flight := self._under_way.get(key)) is not None:
            try:
                await asyncio.shield(flight)
            except asyncio.CancelledError:
                if not flight.cancelled():
                    raise
                continue
            return
        loop = asyncio.get_running_loop()
        began = loop.time()
        until, failure = self._failed_slowly.get(key, (began, None))
        if failure is not None and began < until:
            raise failure
        flight = self._under_way[key] = loop.create_future()
        try:
            await ask()
        except BaseException as error:
            if isinstance(error, StoreUnavailable) and loop.time() - began > _SLOW_S:
                self._note(key, loop.time() + _LEFT_ALONE_S, error)
            if isinstance(error, Exception):
                flight.set_exception(error)
                flight.exception()  # somebody has looked at it: nobody else may be waiting
            else:
                flight.cancel()
            raise
        else:
            flight.set_result(None)
        finally:
            del self._under_way[key]

    def _note(self, key: Hashable, until: float, error: StoreUnavailable) -> None:
        self._failed_slowly[key] = (until, error)
        self._failed_slowly.move_to_end(key)
        if len(self._failed_slowly) > _REMEMBERED:
            self._failed_slowly.popitem(last=False)
