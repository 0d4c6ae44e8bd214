"""How fast we post: Slack takes about one message a second in a channel. Source: Slack, "Rate limits"."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

SPACING_S: Final = 1.05


class Pace:
    """Lets one post go after another, so far apart. Time is the loop's own; `sleep` may be replaced."""

    def __init__(self, spacing_s: float = SPACING_S, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep) -> None:
        self.spacing_s = spacing_s
        self._sleep = sleep
        self._lock = asyncio.Lock()
        self._free_at = 0.0

    async def turn(self) -> None:
        """Wait until a post may leave."""
        loop = asyncio.get_running_loop()
        async with self._lock:
            if (wait := self._free_at - loop.time()) > 0:
                await self._sleep(wait)
            self._free_at = loop.time() + self.spacing_s

    def hold(self, seconds: float) -> None:
        """Nothing leaves for so long: Slack said so."""
        self._free_at = max(self._free_at, asyncio.get_running_loop().time() + seconds)
