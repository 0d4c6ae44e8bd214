"""What a model's answer consists of, whoever serves it: text, tool calls, usage, and exactly one end.

`Done` means that the answer is whole; everything that is not whole is `Failed`, with a word for why. Nothing here knows a vendor.
"""

from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, Protocol, TypeAlias

Message: TypeAlias = Mapping[str, Any]
Why: TypeAlias = Literal[
    "timeout", "connection", "server", "rate_limited", "quota", "auth", "bad_request", "context_length", "cut", "error_chunk",
    "malformed", "empty", "too_long", "length", "content_filter", "refused", "circuit_open",
]  # fmt: skip

OUTAGES: Final[frozenset[Why]] = frozenset(
    {"timeout", "connection", "server", "rate_limited", "quota", "auth", "cut", "error_chunk", "malformed"}
)
"""Failures of the party itself: they count for the circuit breaker; a text that is too long does not."""


@dataclass(frozen=True, slots=True)
class TextDelta:
    """A piece of the text."""

    text: str


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A whole call. `arguments` is the JSON text as the model wrote it, not yet checked."""

    name: str
    arguments: str


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens as the server counted them; `cached` are those of `prompt` that were read from its cache."""

    prompt: int
    completion: int
    cached: int = 0


@dataclass(frozen=True, slots=True)
class Done:
    """The answer is whole."""

    reason: Literal["stop", "tool_calls"]


@dataclass(frozen=True, slots=True)
class Failed:
    """The answer is not there, or not whole: nothing of it may be used. `detail` is for operators."""

    why: Why
    detail: str = ""


Event: TypeAlias = TextDelta | ToolCall | Usage | Done | Failed


class Audience(Protocol):
    """Who sees a reply while it is written. What was said to it may be taken back: it is no message yet."""

    async def say(self, text: str) -> None:
        """The next sentences that may be said."""
        ...

    def take_back(self) -> None:
        """What was said is void."""
        ...


class LLM(Protocol):
    """A language model."""

    def stream(
        self,
        messages: Sequence[Message],
        tools: Sequence[Message],
        *,
        until: float,
        user: str = "",
        max_tokens: int = 0,
    ) -> AsyncGenerator[Event, None]:
        """Its answer to `messages`, ending in exactly one Done or Failed; raises nothing.

        `until` is a time of the running loop; `user` a pseudonym for the vendor's abuse detection; `max_tokens` 0 = as set."""
        ...

    async def close(self) -> None:
        """Let go of connections."""
        ...
