"""What Meta says about a Facebook page (Messenger) and an Instagram account: messages, echoes, reads, taps, reactions. Pure.

People are known by ids that hold for one page or one account only: nobody is ever found on one channel by the id of the other.
A message that the page or the account itself sent is an echo, whoever wrote it, and never a customer's.
Source: Meta, Messenger Platform, "Webhook events"; Instagram Platform, "Webhook notification examples".
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal
from urllib.parse import urlsplit

from channels.message import Address, Echo, Inbound, Media, ProviderId, Receipt, Remark
from channels.meta.reading import Found, Item, Json, an_id, items, known, moment, obj, part, short, text
from channels.optout import wish

HELD: Final = "url:"
"""How the `ref` of a file begins that stands under an address."""
UNREADABLE: Final = "⍰"
"""Stands for what the channel does not pass on: no word in any language."""
_MILLISECONDS: Final = 1000
_THUMB: Final = frozenset({"369239263222822", "369239343222814", "369239383222810"})
"""The stickers of the button beside Messenger's text field, small, medium and large."""
_FILES: Final = {
    "image": "jpg", "video": "mp4", "audio": "m4a", "file": "bin", "reel": "mp4", "ig_reel": "mp4", "story_mention": "jpg",
    "ig_story": "jpg", "media": "jpg", "animated_image": "gif", "sticker": "webp",
}  # fmt: skip
_FIELDS: Final = frozenset(
    {"messages", "message_reactions", "messaging_postbacks", "messaging_seen", "message_edit", "message_edits"}
)
_NOTHING_SAID: Final = (
    "optin", "referral", "account_linking", "pass_thread_control", "take_thread_control", "request_thread_control",
    "app_roles", "policy_enforcement", "game_play", "messaging_feedback", "message_context", "postback_feedback",
)  # fmt: skip
_SUFFIX: Final = re.compile(r"\.[A-Za-z0-9]{2,5}$")


@dataclass(frozen=True, slots=True)
class Line:
    """One of the two channels: its name, and our own id on it."""

    channel: Literal["messenger", "instagram"]
    own_id: str


def read(entry: Json, line: Line, received_at: datetime, place: str, found: Found) -> None:
    """Everything in one entry of a page or an account, put into `found`: also what came while another app held the conversation.

    Raises ValueError when it is for a page or an account that is not set here."""
    if not is_for(entry, line.own_id):
        raise ValueError("it is for a page or an account that is not set here (meta.page_id, meta.instagram_id)")
    own = {short(entry, "id"), line.own_id}
    for name in ("messaging", "standby"):
        for number, each in enumerate(items(entry, name)):
            found.take(f"{place} {name} {number}", _reader(each, line, own, received_at))
    for number, each in enumerate(items(entry, "changes")):
        if isinstance(each, dict) and each.get("field") in _FIELDS:
            found.take(f"{place} change {number}", _reader(each.get("value"), line, own, received_at))


def is_for(entry: Json, own_id: str) -> bool:
    """Whether an entry, or what it holds, is for this page or account: Instagram names one account by two ids."""
    events: list[Json] = [
        each for name in ("messaging", "standby") for each in items(entry, name) if isinstance(each, dict)
    ]
    events += [part(each, "value") for each in items(entry, "changes") if isinstance(each, dict)]
    ids = [short(part(each, side), "id") for each in events for side in ("sender", "recipient")]
    return own_id in (short(entry, "id"), *ids)


def _reader(event: Any, line: Line, own: set[str], received_at: datetime) -> Callable[[], Item | list[Receipt] | None]:
    return lambda: _event(obj(event, "it"), line, own, received_at)


def _event(event: Json, line: Line, own: set[str], received_at: datetime) -> Item | list[Receipt] | None:
    sender, recipient = short(part(event, "sender"), "id"), short(part(event, "recipient"), "id")
    is_ours = sender in own or part(event, "message").get("is_echo") is True
    customer = recipient if is_ours else sender
    if not customer:
        raise ValueError("it does not say who")
    address = Address(line.channel, customer, "channel", customer)
    at = moment(event, "timestamp", received_at, per_second=_MILLISECONDS)
    return _happened(event, line, address, at, is_ours=is_ours)


def _happened(
    event: Json, line: Line, customer: Address, at: datetime, *, is_ours: bool
) -> Item | list[Receipt] | None:
    """What it is that happened, with the customer on the other side."""
    if "message" in event:
        message = obj(event["message"], "message")
        return _echo(message, line, customer, at) if is_ours else _message(message, line, customer, at)
    if is_ours:
        return None  # a reaction or an edit of our own side
    for name, reader in _READERS.items():
        if name in event:
            return reader(obj(event[name], name), line, customer, at)
    if any(name in event for name in _NOTHING_SAID):
        return None
    raise ValueError("it is of a kind that is not known here")


def _echo(message: Json, line: Line, customer: Address, at: datetime) -> Echo | None:
    if message.get("is_deleted") is True:
        return None
    said, media, _ = _content(message)
    said = said or ("📎 " + ", ".join(each.name for each in media) if media else UNREADABLE)
    key = text(message, "metadata") if line.channel == "messenger" else None
    return Echo(line.channel, ProviderId(an_id(message, "mid")), customer, said, at, key)


def _message(message: Json, line: Line, sender: Address, at: datetime) -> Inbound | Remark:
    mid = an_id(message, "mid")
    if message.get("is_deleted") is True:
        return Remark(line.channel, "deleted", sender, mid, "", f"{mid}:deleted", at)
    said, media, meta = _content(message)
    reply_to = part(message, "reply_to")
    story = part(reply_to, "story")
    if story_url := short(story, "url"):
        media = (*media, _file("story.jpg", "", story_url))
        meta |= known(story=short(story, "id"))
    return Inbound(
        line.channel,
        sender,
        said if said or media else UNREADABLE,
        at,
        mid,
        choice=short(part(message, "quick_reply"), "payload") or None,
        media=media,
        quotes=tuple(each for each in (short(reply_to, "mid"),) if each),
        meta=meta | _around(message),
        wish=None if media or part(message, "quick_reply") else wish(said, line.channel),
    )


def _postback(postback: Json, line: Line, sender: Address, at: datetime) -> Inbound:
    mid = short(postback, "mid") or f"postback:{sender.key}:{int(at.timestamp() * _MILLISECONDS)}"
    said = text(postback, "title") or UNREADABLE
    return Inbound(
        line.channel, sender, said, at, mid, choice=short(postback, "payload") or None, meta=_around(postback)
    )


def _edit(edit: Json, line: Line, sender: Address, at: datetime) -> Inbound:
    """The words as they stand now are said anew: the answer must be to them."""
    mid, number = an_id(edit, "mid"), short(edit, "num_edit") or "1"
    said = text(edit, "text") or UNREADABLE
    return Inbound(line.channel, sender, said, at, f"{mid}:edit:{number}", quotes=(mid,), meta={"edited": mid})


def _reaction(reaction: Json, line: Line, sender: Address, at: datetime) -> Remark:
    mid = an_id(reaction, "mid")
    emoji = short(reaction, "emoji") or short(reaction, "reaction")
    is_gone = short(reaction, "action") == "unreact"
    stamp = int(at.timestamp() * _MILLISECONDS)
    return Remark(line.channel, "reaction", sender, mid, "" if is_gone else emoji, f"{mid}:reaction:{stamp}", at)


def _read(seen: Json, line: Line, reader: Address, at: datetime) -> Receipt:
    if mid := short(seen, "mid"):
        return Receipt(line.channel, ProviderId(mid), "read", at)
    return _up_to(seen, line, reader, at, "read")


def _delivery(delivery: Json, line: Line, reader: Address, at: datetime) -> list[Receipt]:
    mids = [each for each in items(delivery, "mids") if isinstance(each, str) and each]
    if mids:
        return [Receipt(line.channel, ProviderId(each), "delivered", at) for each in mids]
    return [_up_to(delivery, line, reader, at, "delivered")]


def _up_to(said: Json, line: Line, reader: Address, at: datetime, status: Literal["delivered", "read"]) -> Receipt:
    """A watermark: everything up to this time."""
    until = moment(said, "watermark", at, per_second=_MILLISECONDS)
    return Receipt(line.channel, ProviderId(""), status, until, to=reader)


_READERS: Final[dict[str, Callable[[Json, Line, Address, datetime], Item | list[Receipt]]]] = {
    "postback": _postback,
    "message_edit": _edit,
    "reaction": _reaction,
    "read": _read,
    "delivery": _delivery,
}


# What is in a message


def _content(message: Json) -> tuple[str, tuple[Media, ...], dict[str, str]]:
    """(text with what attachments say in words, files, what is kept with it)."""
    said, files = [text(message, "text")], []
    meta: dict[str, str] = {}
    for each in items(message, "attachments"):
        attachment = obj(each, "an attachment")
        words, media = _attachment(attachment)
        said.append(words)
        if media is not None:
            files.append(media)
        meta |= known(attached=short(attachment, "type")) if not media else {}
    if message.get("is_unsupported") is True:
        meta["unsupported"] = "yes"
    return "\n".join(each for each in said if each), tuple(files), meta


def _attachment(attachment: Json) -> tuple[str, Media | None]:
    """(words that stand for it, the file that it is)."""
    kind, payload = short(attachment, "type"), part(attachment, "payload")
    url, title = short(payload, "url"), short(payload, "title") or short(attachment, "title")
    if short(payload, "sticker_id") in _THUMB:
        return "👍", None
    if kind == "location":
        point = part(payload, "coordinates")
        place = ", ".join(each for each in (short(point, "lat"), short(point, "long")) if each)
        return (f"📍 {title} {place}".replace("  ", " ") if place else title), None
    if url and (kind in _FILES or is_metas_host(url)):
        words = title if kind in ("reel", "ig_reel", "share", "fallback") else ""
        return words, _file(_name(kind, url), "", url)
    link = url or short(attachment, "url")
    return " ".join(each for each in (title, link) if each), None


def _name(kind: str, url: str) -> str:
    last = urlsplit(url).path.rpartition("/")[2]
    return last[-120:] if _SUFFIX.search(last) else f"{kind}.{_FILES.get(kind, 'bin')}"


def _file(name: str, kind: str, url: str) -> Media:
    return Media(name, kind, f"{HELD}{url}")


def _around(message: Json) -> dict[str, str]:
    """Where a conversation came from: an advertisement, a product, a link."""
    referral = part(message, "referral")
    return known(
        ad=short(referral, "ad_id"),
        ref=short(referral, "ref"),
        product=short(part(referral, "product"), "id"),
    )


_HOSTS: Final = (".fbcdn.net", ".fbsbx.com", ".cdninstagram.com", ".whatsapp.net")


def is_metas_host(url: str) -> bool:
    """Whether an address is one of Meta's own, over TLS on its usual port: only there files are fetched."""
    try:
        parts = urlsplit(url)
        port, host = parts.port, parts.hostname or ""
    except ValueError:
        return False
    has_login = bool(parts.username or parts.password)
    return parts.scheme == "https" and port in (None, 443) and not has_login and host.endswith(_HOSTS)
