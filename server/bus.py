"""Wake-ups: "something changed, look at the log". Losing one costs latency only, because every reader polls the truth.

This is the bus of one process. Topics are short strings: `thread:ID`, `panel:ID`, `typing:ID`, `inbox`, `turns`, `orders`.
"""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

Listener = Callable[[str, Any], None]


class LocalBus:
    """Calls listeners at once, on the loop of the publisher. Listeners must not block or raise."""

    def __init__(self) -> None:
        self._listeners: dict[str, set[Listener]] = defaultdict(set)

    def publish(self, topic: str, note: Any = None) -> None:
        """Wake everybody who listens to `topic`. `note` is a hint that is never stored (who is typing)."""
        for listener in list(self._listeners.get(topic, ())):
            listener(topic, note)

    @contextmanager
    def listening(self, topic: str, listener: Listener) -> Iterator[None]:
        """Listen to a topic within the block."""
        self.listen(topic, listener)
        try:
            yield
        finally:
            self.forget(topic, listener)

    def listen(self, topic: str, listener: Listener) -> None:
        """Begin to listen."""
        self._listeners[topic].add(listener)

    def forget(self, topic: str, listener: Listener) -> None:
        """Stop listening."""
        listeners = self._listeners.get(topic)
        if listeners is not None:
            listeners.discard(listener)
            if not listeners:
                del self._listeners[topic]


class Bell:
    """An event that a loop waits for, rung by the bus."""

    def __init__(self) -> None:
        self._event = asyncio.Event()

    def ring(self, _topic: str = "", _note: Any = None) -> None:
        """Wake whoever waits."""
        self._event.set()

    async def wait(self, timeout_s: float) -> bool:
        """Wait until rung or until the time is over; whether it was rung."""
        try:
            async with asyncio.timeout(max(0.0, timeout_s)):
                await self._event.wait()
        except TimeoutError:
            return False
        finally:
            self._event.clear()
        return True
