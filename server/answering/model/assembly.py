"""Puts the pieces of a streamed chat completion together, believing none of them.

The package that reads the stream checks no types, and compatible servers differ: tool calls come in pieces or whole, with
repeated ids, under one index, with `stop` for a reason. A call is given out only when the stream has ended well.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from server.answering.model.events import Done, Event, Failed, TextDelta, ToolCall, Usage

_MOST_TEXT: Final = 20_000
_MOST_ARGUMENTS: Final = 10_000
_MOST_CALLS: Final = 32


class Malformed(Exception):
    """A piece is not what the protocol says."""


@dataclass(slots=True)
class _Call:
    id: str
    name: str = ""
    arguments: str = ""


class Assembly:
    """One answer in the making: `feed` each chunk, then `end`."""

    def __init__(self) -> None:
        self.finished = ""
        self._text = 0
        self._refused = False
        self._calls: dict[int, list[_Call]] = {}

    def feed(self, chunk: Any) -> Iterator[Event]:
        """What a chunk adds at once: text and usage. Raises Malformed."""
        usage = getattr(chunk, "usage", None)
        if usage is not None:
            yield _usage(usage)
        choices = getattr(chunk, "choices", None)
        if not isinstance(choices, list):
            raise Malformed("a chunk without choices")
        for choice in choices:
            if getattr(choice, "index", 0) in (0, None):
                yield from self._choice(choice)

    def end(self) -> Iterator[Event]:
        """The calls, if the answer is whole, and how it ended."""
        failed = self._failure()
        if failed is not None:
            yield failed
            return
        calls = [call for index in sorted(self._calls) for call in self._calls[index]]
        yield from (ToolCall(call.name, call.arguments) for call in calls)
        yield Done("tool_calls" if calls else "stop")

    def _failure(self) -> Failed | None:
        if self._refused:
            return Failed("refused")
        if not self.finished:
            return Failed("cut", "the stream ended without a reason")
        if self.finished == "length":
            return Failed("length")
        if self.finished == "content_filter":
            return Failed("content_filter")
        if any(not call.name for each in self._calls.values() for call in each):
            return Failed("malformed", "a tool call without a name")
        return None if self._calls or self._text else Failed("empty")

    def _choice(self, choice: Any) -> Iterator[Event]:
        delta = getattr(choice, "delta", None)
        if delta is not None:
            yield from self._content(delta)
            for piece in _listed(getattr(delta, "tool_calls", None)):
                self._piece(piece)
        reason = getattr(choice, "finish_reason", None)
        if reason is not None:
            self.finished = _text(reason, "finish_reason")

    def _content(self, delta: Any) -> Iterator[Event]:
        content, refusal = getattr(delta, "content", None), getattr(delta, "refusal", None)
        self._refused = self._refused or bool(refusal)
        text = _text(content, "content")
        if text:
            self._text += len(text)
            if self._text > _MOST_TEXT:
                raise Malformed("an endless text")
            yield TextDelta(text)

    def _piece(self, piece: Any) -> None:
        """Pieces belong together by index; another id with a name under the same index begins another call."""
        index, function = getattr(piece, "index", None), getattr(piece, "function", None)
        calls = self._calls.setdefault(index if isinstance(index, int) else 0, [])
        id, name = (_text(getattr(each, key, None), key) for each, key in ((piece, "id"), (function, "name")))
        if not calls or (name and calls[-1].name and id != calls[-1].id):
            calls.append(_Call(id))
        call = calls[-1]
        call.name = call.name or name
        call.arguments += _text(getattr(function, "arguments", None), "arguments")
        if len(call.arguments) > _MOST_ARGUMENTS or sum(map(len, self._calls.values())) > _MOST_CALLS:
            raise Malformed("an endless tool call")


def _text(value: object, what: str) -> str:
    """A text that may be left out; nothing else stands for one that is empty."""
    if value is None:
        return ""
    if not isinstance(value, str):
        raise Malformed(f"{what} is no text")
    return value


def _listed(value: object) -> list[Any]:
    if value is None:
        return []
    if not isinstance(value, list):
        raise Malformed("tool_calls is no list")
    return value


def _usage(usage: Any) -> Usage:
    details = getattr(usage, "prompt_tokens_details", None)
    return Usage(
        _count(getattr(usage, "prompt_tokens", 0)),
        _count(getattr(usage, "completion_tokens", 0)),
        _count(getattr(details, "cached_tokens", 0)),
    )


def _count(value: object) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else 0
