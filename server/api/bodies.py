"""What programs send to the API: the shapes of bodies and of queries, and errors that name the field."""

import re
from datetime import date
from typing import Annotated, Final, TypeVar

import msgspec
from starlette.requests import Request

from server.errors import RefusedInput

T = TypeVar("T")
_PLACE: Final = re.compile(r"at `\$\.([\w.\[\]]+)`$")
_MISSING: Final = re.compile(r"missing required field `(\w+)`")
_CURSOR: Final = re.compile(r"(\d{1,16})-(\d{1,19})", re.ASCII)
STATUSES: Final = ("new", "open", "pending", "resolved", "closed")
MOST: Final = 200

Number = Annotated[int, msgspec.Meta(ge=0, le=2**53)]
Key = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]


class DraftUse(msgspec.Struct, forbid_unknown_fields=True):
    """Which suggested reply was used, and whether its words were changed."""

    n: Annotated[int, msgspec.Meta(ge=1, le=99)]
    edited: bool = False


class ReplyBody(msgspec.Struct):
    """A reply: what it says, the last number that its author saw, and a key that makes it one reply."""

    text: str
    seen_seq: Number
    idempotency_key: Key
    draft: DraftUse | None = None


class NoteBody(msgspec.Struct):
    """A note for colleagues."""

    text: str
    idempotency_key: Key | None = None


class PromiseBody(msgspec.Struct):
    """Until which day goods of an order, by its number, may come back."""

    order: str
    until: date


class ActBody(msgspec.Struct):
    """An act without words."""

    seen_seq: Number | None = None


class Invalid(RefusedInput):
    """Fields that cannot be used. `fields` says why, by name."""

    def __init__(self, fields: dict[str, str]) -> None:
        super().__init__("invalid", "; ".join(f"{name}: {text}" for name, text in fields.items()))
        self.fields = fields


async def read_body(request: Request, shape: type[T]) -> T:
    """The request's body. Raises RefusedInput: `not_json` (415), `bad_request` (400); Invalid (422)."""
    raw = await request.body()
    if raw and request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise RefusedInput("not_json", "send application/json")
    try:
        return msgspec.json.decode(raw or b"{}", type=shape)
    except msgspec.ValidationError as error:
        raise Invalid(_fields(str(error))) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise RefusedInput("bad_request", "the body is no JSON") from None


def _fields(message: str) -> dict[str, str]:
    missing, place = _MISSING.search(message), _PLACE.search(message)
    if missing:
        prefix = f"{place[1]}." if place else ""
        return {prefix + missing[1]: "is missing"}
    return {place[1] if place else "body": message.partition(" - at ")[0]}


def limit_of(text: str) -> int:
    """`limit` of a query: 1 to MOST, 50 when it is not named. Raises Invalid."""
    if not text:
        return 50
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:4]) <= MOST):
        raise Invalid({"limit": f"write a number from 1 to {MOST}"})
    return int(text)


def status_of(text: str) -> str | None:
    """`status` of a query. Raises Invalid."""
    if text and text not in STATUSES:
        raise Invalid({"status": f"write one of {', '.join(STATUSES)}"})
    return text or None


def cursor_of(text: str) -> tuple[int, int] | None:
    """`before` of a query: the place of the last row of the page before. Raises Invalid."""
    found = _CURSOR.fullmatch(text)
    if text and not found:
        raise Invalid({"before": "use the value of `next` of the page before"})
    return (int(found[1]), int(found[2])) if found else None


def number_of(name: str, text: str) -> int:
    """A sequence number of a query, 0 when it is not named. Raises Invalid."""
    if not text:
        return 0
    if not (text.isascii() and text.isdigit() and len(text) <= 15):
        raise Invalid({name: "write a number from 0"})
    return int(text)
