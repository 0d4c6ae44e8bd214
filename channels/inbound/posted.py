"""What a sender posts to `POST /api/v1/inbound`, as one message. Pure.

The sender's word proves nothing: whoever it names is a `guest` of that source, an e-mail address in it is only claimed.
"""

import hashlib
import re
from datetime import datetime
from typing import Annotated, Final, Literal

import msgspec

from channels.message import Address, Inbound, Media

CHANNEL: Final = "inbound:"
"""What the name of a source's channel begins with."""
BAD_RATING: Final = 2
_MISSING: Final = re.compile(r"missing required field `(\w+)`")
_PLACE: Final = re.compile(r" - at `\$\.?([^`]*)`$")
_ALPHABET: Final = "0123456789abcdefghjkmnpqrstvwxyz"
_STARS: Final = 5
_STAR: Final = ("☆", "★")

Id = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
Short = Annotated[str, msgspec.Meta(max_length=200)]
Link = Annotated[str, msgspec.Meta(max_length=2000, pattern=r"^https?://[^\s/]")]


class From(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    """Who wrote, in the sender's own terms."""

    id: Id
    name: Short = ""
    email: Annotated[str, msgspec.Meta(max_length=254, pattern=r"^[^@\s]+@[^@\s]+$")] | None = None


class File(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    """A file: its bytes in base 64, or an https address to fetch it from."""

    name: Id
    type: Short = "application/octet-stream"
    data: bytes | None = None
    url: Link | None = None


class Posted(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True, rename={"sender": "from"}):
    """The body of a call. `at` carries an offset; `conversation` is the sender's own key of what belongs together."""

    source: Id
    external_id: Id
    sender: From
    text: Annotated[str, msgspec.Meta(max_length=100_000)] = ""
    kind: Literal["message", "review", "question"] = "message"
    conversation: Id | None = None
    at: Annotated[datetime, msgspec.Meta(tz=True)] | None = None
    rating: Annotated[int, msgspec.Meta(ge=1, le=_STARS)] | None = None
    order: Annotated[str, msgspec.Meta(min_length=1, max_length=60)] | None = None
    url: Link | None = None
    language: Annotated[str, msgspec.Meta(max_length=20)] = ""
    attachments: Annotated[list[File], msgspec.Meta(max_length=10)] = []


class Unfit(ValueError):
    """A body that cannot be used. `field` is the one to mend, "" = it is no JSON at all."""

    def __init__(self, field: str, why: str) -> None:
        super().__init__(f"{field or 'body'}: {why}")
        self.field = field
        self.why = why


def read(body: bytes) -> Posted:
    """The body of a call. Raises Unfit, which names the field."""
    try:
        posted = msgspec.json.decode(body, type=Posted)
    except msgspec.ValidationError as error:
        raise _unfit(str(error)) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise Unfit("", "is no JSON") from None
    if not posted.text.strip() and posted.rating is None and not posted.attachments:
        raise Unfit("text", "is empty, and there is neither a rating nor a file")
    for number, each in enumerate(posted.attachments):
        if (each.data is None) == (each.url is None):
            raise Unfit(f"attachments[{number}]", "write either data or url")
    return posted


def digest(posted: Posted) -> str:
    """What a repeated call must say again: the same for bodies that differ in spaces and order of fields only."""
    return hashlib.sha256(msgspec.json.encode(posted, order="deterministic")).hexdigest()


def message(posted: Posted, received_at: datetime) -> Inbound:
    """The message of a call."""
    sender = Address(
        "guest", f"{posted.source}:{posted.sender.id}", "channel", posted.sender.name, posted.sender.name[:80]
    )
    claimed = posted.sender.email
    meta = {"digest": digest(posted), "kind": posted.kind}
    meta |= {"rating": str(posted.rating)} if posted.rating is not None else {}
    meta |= {"order": posted.order} if posted.order else {}
    meta |= {"url": posted.url} if posted.url else {}
    return Inbound(
        f"{CHANNEL}{posted.source}",
        sender,
        posted.text.strip() or _stars(posted),
        posted.at or received_at,
        external_id=posted.external_id,
        conv=_conv(posted),
        locale=posted.language,
        meta=meta,
        media=tuple(Media(each.name, each.type, each.url or "", each.data or b"") for each in posted.attachments),
        claims=(Address("email", claimed.casefold(), "claimed", claimed),) if claimed else (),
        note=_note(posted),
    )


def _stars(posted: Posted) -> str:
    """A rating without words, in any language."""
    if posted.rating is None:
        return ""
    return "".join(_STAR[place < posted.rating] for place in range(_STARS))


def _note(posted: Posted) -> str:
    """What the desk is told beside the message; empty where there is no more than its words."""
    parts = [
        posted.kind.capitalize() if posted.kind != "message" else "",
        f"{posted.rating} of {_STARS} stars" if posted.rating is not None else "",
        f"order {posted.order} (as {posted.source} says)" if posted.order else "",
        posted.url or "",
    ]
    return " · ".join(part for part in parts if part)


def _conv(posted: Posted) -> str | None:
    """The thread of a sender's conversation: the same name whoever works the call in, and whenever."""
    if posted.conversation is None:
        return None
    named = f"inbound-conv-v1\x1f{posted.source}\x1f{posted.conversation}".encode()
    number = int.from_bytes(hashlib.sha256(named).digest()[:16], "big")
    return "c_" + "".join(_ALPHABET[(number >> (5 * place)) & 31] for place in reversed(range(26)))


def _unfit(text: str) -> Unfit:
    why, missing, place = text.partition(" - at ")[0], _MISSING.search(text), _PLACE.search(text)
    field = place[1] if place else ""
    if missing:
        return Unfit(f"{field}.{missing[1]}" if field else missing[1], "is missing")
    return Unfit(field or "body", why)
