"""Lets a model's text out sentence by sentence, each only when it is whole and proven.

For channels that speak or show a reply while it is written. A sentence that may not be said ends the text: what was said before
it stays true by itself, and the caller goes on in the assistant's own words. Numbers, dates and prices are never cut.
"""

import re
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from typing import Final

from server.answering.model import guards
from server.answering.model.events import Done, Event, Failed, TextDelta, ToolCall
from server.answering.model.guards import Own, Refusal
from server.answering.words.grounding import Grounder
from server.answering.words.wording import wording

_MOST_OPEN: Final = 600
_PIECES: Final = re.compile(r"(?<=\s)(?=\S)")


class Speaker:
    """Feed pieces of a text, get whole sentences that may be said. `refused` is why it ended early, None while it goes on."""

    def __init__(self, own: Own) -> None:
        self.refused: Refusal | None = None
        self.said = ""
        self._own = own
        self._grounder = Grounder(own.evidence, own.voice, own.allowed)
        self._open = 0

    def feed(self, piece: str) -> list[str]:
        """The sentences that a piece completes."""
        out: list[str] = []
        for word in _PIECES.split(
            piece
        ):  # word by word, so that nothing after a sentence that may not be said comes out with it
            if self.refused is None:
                self._open += len(word)
                out += self._let_out(self._grounder.feed(word))
        if self._open > _MOST_OPEN:
            self.refused = self.refused or "long"
        return out

    def close(self) -> list[str]:
        """The last sentence, when the text is whole."""
        return self._let_out(self._grounder.close()) if self.refused is None else []

    def _let_out(self, sentences: list[str]) -> list[str]:
        if self._grounder.dropped:
            self.refused = "ungrounded"
        out = []
        for sentence in sentences:
            fitted = wording().without_never(sentence, self._own.voice.language)
            if self.refused is None and fitted.strip():
                self.refused = guards.sentence_refusal(fitted, self._own)
            if self.refused is None:
                out.append(fitted)
                self.said += fitted
                self._open = 0
        return out


async def sentences(events: AsyncGenerator[Event, None], speaker: Speaker) -> AsyncIterator[str]:
    """The sentences of an answer as they may be said; ends at the first that may not, at a tool call and at a failure.

    Whether the answer was whole is in `speaker.refused` and in what the caller sees of `events`."""
    async with aclosing(events):
        async for event in events:
            match event:
                case TextDelta(text):
                    for sentence in speaker.feed(text):
                        yield sentence
                case Done():
                    for sentence in speaker.close():
                        yield sentence
                case Failed() | ToolCall():
                    return
            if speaker.refused is not None:
                return
