"""The console's frames of docs/socket.md, as they come from a browser. Pure."""

from typing import Annotated, Any, Final, TypeAlias

import msgspec

from server.errors import RefusedInput

Frame: TypeAlias = dict[str, Any]
PROTOCOL: Final = 1
_Seq = Annotated[int, msgspec.Meta(ge=0, le=2**53)]
_Conv = Annotated[str, msgspec.Meta(min_length=1, max_length=80)]


class Hello(msgspec.Struct, tag_field="t", tag="hello"):
    """The first frame; `seen` are the threads that stay open over a cut, with the last number of each."""

    v: int = 0
    tab: str = ""
    seen: dict[_Conv, _Seq] = {}


class OpenFrame(msgspec.Struct, tag_field="t", tag="open"):
    """Show me this thread."""

    conv: _Conv
    last_seq: _Seq = 0


class LeaveFrame(msgspec.Struct, tag_field="t", tag="leave"):
    """Not this thread any more."""

    conv: _Conv


class TypingFrame(msgspec.Struct, tag_field="t", tag="typing"):
    """The agent writes, or stopped."""

    conv: _Conv
    on: bool = True


class ReadFrame(msgspec.Struct, tag_field="t", tag="read"):
    """The thread was visible and focused up to `seq`."""

    conv: _Conv
    seq: _Seq


class PresenceFrame(msgspec.Struct, tag_field="t", tag="presence"):
    """The agent is away, or back."""

    away: bool = False


class PingFrame(msgspec.Struct, tag_field="t", tag="ping"):
    """Still there?"""

    n: int = 0


ClientFrame: TypeAlias = Hello | OpenFrame | LeaveFrame | TypingFrame | ReadFrame | PresenceFrame | PingFrame
_KNOWN: Final = frozenset({"hello", "open", "leave", "typing", "read", "presence", "ping"})
_decoder: Final = msgspec.json.Decoder(ClientFrame)


class _Any(msgspec.Struct):
    t: str


_any_decoder: Final = msgspec.json.Decoder(_Any)


def read(text: str) -> ClientFrame | None:
    """A browser's frame; None for a type that we do not know. Raises RefusedInput (`bad_frame`)."""
    try:
        frame: ClientFrame = _decoder.decode(text)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        _refuse_unless_unknown(text)
        return None
    return frame


def _refuse_unless_unknown(text: str) -> None:
    try:
        kind = _any_decoder.decode(text).t
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        raise RefusedInput("bad_frame", "a frame is a JSON object with its type in `t`") from None
    if kind in _KNOWN:
        raise RefusedInput("bad_frame", f"this is not the shape of `{kind}`")


def encode(frame: Frame) -> str:
    """A frame as it travels."""
    return msgspec.json.encode(frame).decode()
