"""The frames of ConversationRelay, in and out.

What comes in is read with tolerance: unknown types and keys are passed over, numbers may be strings, values may be absent. What
goes out is exact, for the relay drops a frame that it cannot read (error 64107). Source: Twilio's "ConversationRelay WebSocket
messages".
"""

from collections.abc import Callable, Mapping
from typing import Any, Final, TypeAlias

import msgspec

LONGEST_FRAME: Final = 65_536


class Setup(msgspec.Struct, frozen=True):
    """The first frame of a socket: whose call it is. `parameters` are those of our own TwiML."""

    call_sid: str
    account_sid: str
    session_id: str
    caller: str
    called: str
    direction: str
    parameters: Mapping[str, str]


class Prompt(msgspec.Struct, frozen=True):
    """What the caller said. `is_last` False = they are still speaking."""

    text: str
    language: str
    is_last: bool


class Interrupt(msgspec.Struct, frozen=True):
    """The caller cut us short after `heard` had been played, `after_ms` milliseconds into it."""

    heard: str
    after_ms: int


class Dtmf(msgspec.Struct, frozen=True):
    """One key of the telephone."""

    digit: str


class Failure(msgspec.Struct, frozen=True):
    """The relay could not do something."""

    description: str


class Info(msgspec.Struct, frozen=True):
    """What the relay tells on the side: `agentSpeaking`, `clientSpeaking` on or off, `tokensPlayed`. Never to be relied on."""

    name: str
    value: str


Incoming: TypeAlias = Setup | Prompt | Interrupt | Dtmf | Failure | Info


def read(text: str) -> Incoming | None:
    """One frame; None for a type that we do not know. Raises ValueError for what is no frame at all."""
    try:
        raw = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError, UnicodeError) as error:
        raise ValueError("a frame is JSON") from error
    if not isinstance(raw, dict) or not isinstance(raw.get("type"), str):
        raise ValueError("a frame is an object with a type")
    reader = _READERS.get(raw["type"])
    return reader(raw) if reader else None


def _setup(raw: Mapping[str, Any]) -> Setup:
    given = raw.get("customParameters")
    parameters = {str(name): _text(value) for name, value in given.items()} if isinstance(given, dict) else {}
    return Setup(
        _text(raw.get("callSid")), _text(raw.get("accountSid")), _text(raw.get("sessionId")), _text(raw.get("from")),
        _text(raw.get("to")), _text(raw.get("direction")), parameters,
    )  # fmt: skip


def _prompt(raw: Mapping[str, Any]) -> Prompt:
    return Prompt(_text(raw.get("voicePrompt")), _text(raw.get("lang")), raw.get("last", True) is not False)


def _interrupt(raw: Mapping[str, Any]) -> Interrupt:
    return Interrupt(_text(raw.get("utteranceUntilInterrupt")), _milliseconds(raw.get("durationUntilInterruptMs")))


def _dtmf(raw: Mapping[str, Any]) -> Dtmf:
    return Dtmf(_text(raw.get("digit")))


def _failure(raw: Mapping[str, Any]) -> Failure:
    return Failure(_text(raw.get("description")))


def _info(raw: Mapping[str, Any]) -> Info:
    return Info(_text(raw.get("name")), _text(raw.get("value")))


_READERS: Final[Mapping[str, Callable[[Mapping[str, Any]], Incoming]]] = {
    "setup": _setup,
    "prompt": _prompt,
    "interrupt": _interrupt,
    "dtmf": _dtmf,
    "error": _failure,
    "info": _info,
}


def _text(value: object) -> str:
    return value if isinstance(value, str) else "" if value is None else str(value)


def _milliseconds(value: object) -> int:
    """A number of milliseconds, which older material writes as a string."""
    try:
        return max(0, int(float(str(value))))
    except (ValueError, OverflowError):
        return 0


# What we send


def text(token: str, *, last: bool, language: str = "", interruptible: bool | None = None) -> str:
    """Words to speak; `last` ends the talk cycle. `language` is a code such as `es-ES`."""
    frame: dict[str, Any] = {"type": "text", "token": token, "last": last}
    if language:
        frame["lang"] = language
    if interruptible is not None:
        frame["interruptible"] = interruptible
    return _encode(frame)


def language(code: str) -> str:
    """Speak and listen in another language from now on; it must have been declared in the TwiML."""
    return _encode({"type": "language", "ttsLanguage": code, "transcriptionLanguage": code})


def end(handoff: Mapping[str, str]) -> str:
    """End the relay; `handoff` comes back to the `action` of `<Connect>`. It holds ids, never words of the customer."""
    return _encode({"type": "end", "handoffData": msgspec.json.encode(handoff).decode()})


def _encode(frame: Mapping[str, Any]) -> str:
    return msgspec.json.encode(frame).decode()
