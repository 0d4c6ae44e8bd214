"""What the sockets of browsers have in common: one decoder over a closed set of frames, one way out, one way to cut off.

Which frames there are is their room's affair: `server.intake.frames` for shoppers, `server.console.frames` for agents.
"""

from typing import Any, Final, Generic, TypeAlias, TypeVar, get_args

import msgspec
from starlette.types import Send

from server.errors import RefusedInput

Frame: TypeAlias = dict[str, Any]
T = TypeVar("T")
PROTOCOL: Final = 1
_BROKEN: Final = (msgspec.DecodeError, UnicodeError, RecursionError)


class _Any(msgspec.Struct):
    t: str


_any: Final = msgspec.json.Decoder(_Any)


class Reading(Generic[T]):
    """Reads the frames of a union of structs that are tagged in `t`."""

    def __init__(self, union: Any) -> None:
        """`union` is what T names: a union has no type that a parameter could have."""
        self._decoder: msgspec.json.Decoder[T] = msgspec.json.Decoder(union)
        self._known = frozenset(each.__struct_config__.tag for each in get_args(union))

    def read(self, text: str) -> T | None:
        """A browser's frame; None for a type that we do not know. Raises RefusedInput (`bad_frame`)."""
        try:
            return self._decoder.decode(text)
        except _BROKEN:
            self._refuse_unless_unknown(text)
            return None

    def _refuse_unless_unknown(self, text: str) -> None:
        try:
            kind = _any.decode(text).t
        except _BROKEN:
            raise RefusedInput("bad_frame", "a frame is a JSON object with its type in `t`") from None
        if kind in self._known:
            raise RefusedInput("bad_frame", f"this is not the shape of `{kind}`")


def encode(frame: Frame) -> str:
    """A frame as it travels."""
    return msgspec.json.encode(frame).decode()


def cut(send: Send) -> None:
    """Cut a connection whose buffers are full: ASGI has no word for it, so the transport is asked itself."""
    transport = getattr(getattr(send, "__self__", None), "transport", None)
    if transport is not None and transport.get_write_buffer_size() > 0:
        transport.abort()
