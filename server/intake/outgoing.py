"""The bounded queue between whoever makes frames and the one task that writes them to a connection.

Nobody who makes frames ever waits for a browser. A queue that overflows ends its connection: the browser resumes from the
log, which is the only place where frames are kept. An idle queue costs a few hundred bytes: there is one for every socket.
"""

import asyncio
from collections.abc import Callable
from typing import Final

FRAMES_AT_MOST: Final = 256
BYTES_AT_MOST: Final = 1_048_576


class Outgoing:
    """Encoded frames that wait to be written. `overflowed` is called once, when one more does not fit."""

    __slots__ = ("_frames", "_is_finished", "_is_full", "_overflowed", "_roomer", "_size", "_taker")

    def __init__(self, overflowed: Callable[[], None]) -> None:
        self._overflowed = overflowed
        self._frames: list[str] = []
        self._size = 0
        self._is_full = False
        self._is_finished = False
        self._taker: asyncio.Future[None] | None = None
        self._roomer: asyncio.Future[None] | None = None

    def put(self, text: str, *, is_passing: bool = False) -> None:
        """Queue a frame; dropped when the queue has overflowed or is finished. One that is `passing` never fills it:
        what comes after stands for it."""
        if self._is_full or self._is_finished or (is_passing and not self._has_room()):
            return
        self._frames.append(text)
        self._size += len(text)
        if len(self._frames) > FRAMES_AT_MOST or self._size > BYTES_AT_MOST:
            self._is_full = True
            self._frames.clear()
            self._overflowed()
            _wake(self._roomer)
        _wake(self._taker)

    def finish(self) -> None:
        """Nothing comes after what is queued."""
        self._is_finished = True
        _wake(self._taker)
        _wake(self._roomer)

    def pop(self) -> str | None:
        """The next frame; None when there is none now."""
        if not self._frames:
            return None
        text = self._frames.pop(0)
        self._size -= len(text)
        if self._has_room():
            _wake(self._roomer)
        return text

    async def take(self) -> str | None:
        """The next frame, waited for; None after the last one of a finished queue."""
        while not self._frames:
            if self._is_finished:
                return None
            self._taker = asyncio.get_running_loop().create_future()
            await self._taker
        return self.pop()

    async def room(self) -> None:
        """Wait until the queue is at most half full, or until nothing goes out any more."""
        while not (self._has_room() or self._is_full or self._is_finished):
            self._roomer = asyncio.get_running_loop().create_future()
            await self._roomer

    def _has_room(self) -> bool:
        return len(self._frames) < FRAMES_AT_MOST // 2 and self._size < BYTES_AT_MOST // 2


def _wake(waiting: "asyncio.Future[None] | None") -> None:
    if waiting is not None and not waiting.done():
        waiting.set_result(None)
