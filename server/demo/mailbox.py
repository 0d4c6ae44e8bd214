"""What lately came to any mailbox and by text message to any phone in the demo, for the control room to show."""

from collections import deque
from typing import Final

from server.clock import Clock
from server.codes import Kind
from server.demo.documents import Document

_KEPT: Final = 20
_LONGEST: Final = 240


class Mailbox:
    """Keeps the last messages."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._letters: deque[Document] = deque(maxlen=_KEPT)

    def keep(self, kind: Kind, destination: str, text: str) -> None:
        """Take a message in; of a long one its beginning is shown."""
        text = text if len(text) <= _LONGEST else f"{text[:_LONGEST].rstrip()} …"
        at = self._clock.now().isoformat()
        self._letters.appendleft({"at": at, "kind": kind, "to": destination, "text": text})

    @property
    def letters(self) -> list[Document]:
        """The last messages, newest first: `at`, `kind` (`email` or `phone`), `to`, `text`."""
        return list(self._letters)
