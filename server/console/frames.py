"""The console's frames of docs/socket.md, as they come from a browser. Pure."""

from typing import Annotated, Final, TypeAlias

import msgspec

from server.intake.framing import Reading

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
read: Final = Reading[ClientFrame](ClientFrame).read
