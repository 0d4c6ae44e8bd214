"""Everybody's mailbox and phone in the demo: messages that would leave the building stop here and are shown in the control room."""

from collections import deque
from typing import Final

from server.clock import Clock
from server.codes import Kind
from server.demo.documents import Document

_KEPT: Final = 20


class Mailbox:
    """Keeps the last messages; nothing is sent."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._letters: deque[Document] = deque(maxlen=_KEPT)

    async def post(self, kind: Kind, destination: str, text: str) -> None:
        """Take a message in."""
        at = self._clock.now().isoformat()
        self._letters.appendleft({"at": at, "kind": kind, "to": destination, "text": text})

    @property
    def letters(self) -> list[Document]:
        """The last messages, newest first: `at`, `kind` (`email` or `phone`), `to`, `text`."""
        return list(self._letters)
