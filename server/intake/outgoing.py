"""The bounded queue between whoever makes frames and the one task that writes them to a connection.

Nobody who makes frames ever waits for a browser. A queue that overflows ends its connection: the browser resumes from the
log, which is the only place where frames are kept.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Final

FRAMES_AT_MOST: Final = 256
BYTES_AT_MOST: Final = 1_048_576


class Outgoing:
    """Encoded frames that wait to be written. `overflowed` is called once, when one more does not fit."""

    __slots__ = ("_drained", "_filled", "_frames", "_is_finished", "_is_full", "_overflowed", "_size")

    def __init__(self, overflowed: Callable[[], None]) -> None:
        self._overflowed = overflowed
        self._frames: deque[str] = deque()
        self._size = 0
        self._is_full = False
        self._is_finished = False
        self._filled = asyncio.Event()
        self._drained = asyncio.Event()

    def put(self, text: str) -> None:
        """Queue a frame; dropped when the queue has overflowed."""
        if self._is_full or self._is_finished:
            return
        self._frames.append(text)
        self._size += len(text)
        if len(self._frames) > FRAMES_AT_MOST or self._size > BYTES_AT_MOST:
            self._is_full = True
            self._frames.clear()
            self._overflowed()
            self._drained.set()
        self._filled.set()

    def finish(self) -> None:
        """Nothing comes after what is queued."""
        self._is_finished = True
        self._filled.set()

    async def take(self) -> str | None:
        """The next frame; None after the last one of a finished queue."""
        while not self._frames:
            if self._is_finished:
                return None
            self._filled.clear()
            await self._filled.wait()
        text = self._frames.popleft()
        self._size -= len(text)
        if not self._frames or self._has_room():
            self._drained.set()
        return text

    async def room(self) -> None:
        """Wait until the queue is at most half full."""
        while not self._has_room() and not self._is_full:
            self._drained.clear()
            await self._drained.wait()

    def _has_room(self) -> bool:
        return len(self._frames) < FRAMES_AT_MOST // 2 and self._size < BYTES_AT_MOST // 2
