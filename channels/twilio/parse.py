"""What Twilio's calls mean: a customer's message, or its word on one of ours. Pure.

Twilio adds fields without notice, so what is not known is left alone; what a message of an unknown kind holds is said in words,
so that nobody's message vanishes. Field names are Twilio's. Source: Twilio, "Messaging webhooks"; protocol notes on WhatsApp.
"""

import mimetypes
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final, Literal

from channels.message import Address, Inbound, Media, OptOut, Parsed, ProviderId, RawCall, Receipt
from channels.optout import wish
from channels.phones import canonical, is_number
from channels.twilio.codes import Codes
from channels.twilio.signing import read_form

_USER: Final = re.compile(r"[A-Z]{2}\.(?:ENT\.)?[A-Za-z0-9]{1,128}")
"""A WhatsApp user id (BSUID): people with a user name need not show their number."""
_MOST_FILES: Final = 10
_REFERRAL: Final = (
    "Headline", "Body", "SourceType", "SourceId", "SourceUrl", "MediaUrl", "CtwaClid",
)  # fmt: skip
_LONGEST_META: Final = 500
_Status = Literal["sent", "delivered", "read", "failed"]
_STATUS: Final[Mapping[str, _Status]] = {
    "sent": "sent",
    "partially_delivered": "sent",
    "delivered": "delivered",
    "read": "read",
    "failed": "failed",
    "undelivered": "failed",
    "canceled": "failed",
}
_UNSPOKEN: Final = frozenset({"queued", "accepted", "scheduled", "sending", "receiving", "received"})
"""On its way: nothing to tell."""
_NAMES: Final = {"image/jpeg": ".jpg", "audio/ogg": ".ogg", "text/vcard": ".vcf", "text/x-vcard": ".vcf"}

Form = Mapping[str, str]


def parse(call: RawCall, codes: Codes) -> Parsed:
    """What a stored call holds. Raises ValueError where nothing in it can be read."""
    form = {name: values[-1].replace("\x00", "") for name, values in read_form(call.body).items()}
    if call.door == "status":
        return _status(form, call.received_at, codes)
    return Parsed(messages=(message(form, call.received_at),))


# Messages


def message(form: Form, received_at: datetime) -> Inbound:
    """A customer's message. Raises ValueError where it names no sender or no id."""
    sid = form.get("MessageSid") or form.get("SmsSid") or form.get("SmsMessageSid", "")
    if not sid:
        raise ValueError("there is no MessageSid")
    channel = channel_of(form.get("From", ""))
    text = _text(form)
    return Inbound(
        channel=channel,
        sender=sender(form, channel),
        text=text,
        at=_sent_at(form, received_at),
        external_id=sid,
        choice=form.get("ButtonPayload") or form.get("ListId") or None,
        meta=_meta(form),
        media=_media(form),
        quotes=tuple(filter(None, [form.get("OriginalRepliedMessageSid", "")])),
        wish=wish(form.get("Body", ""), channel, form.get("OptOutType", "")),
    )


def channel_of(address: str) -> str:
    """`whatsapp` or `sms`. Raises ValueError for any other kind of address."""
    kind, colon, _ = address.partition(":")
    if not colon and address:
        return "sms"
    if kind == "whatsapp":
        return "whatsapp"
    raise ValueError(f"addresses of kind `{kind[:20]}` are not served")


def sender(form: Form, channel: str) -> Address:
    """Who wrote: by number where one is shown, else by user id; the name is whatever they chose. Raises ValueError."""
    said = form.get("From", "").removeprefix("whatsapp:").strip()
    if channel == "sms":
        if not said:
            raise ValueError("there is no sender")
        return Address("sms", canonical(said), "channel", said)
    numbers = [canonical(each) for each in (said, f"+{form.get('WaId', '')}") if is_number(each)]
    users = [
        each
        for name in ("ExternalUserId", "From")
        if _USER.fullmatch(each := form.get(name, "").removeprefix("whatsapp:").strip())
    ]
    keys = list(dict.fromkeys([*numbers[:1], *users]))
    if not keys:
        raise ValueError("the sender is neither a number nor a user id")
    return Address("whatsapp", keys[0], "channel", said, form.get("ProfileName", "")[:200], tuple(keys[1:]))


def _text(form: Form) -> str:
    """What was written, or tapped, or shared, in words."""
    said = form.get("Body", "").strip() or form.get("ButtonText", "").strip() or form.get("ListTitle", "").strip()
    parts = [said, _place(form)]
    if any(parts):
        return "\n".join(filter(None, parts))
    if _count(form):
        return ""
    kind = form.get("MessageType", "").strip()
    return f"({kind}: a message of a kind that cannot be shown)" if kind not in ("", "text") else "(an empty message)"


def _place(form: Form) -> str:
    """A shared place in words."""
    latitude, longitude = form.get("Latitude", "").strip(), form.get("Longitude", "").strip()
    if not (latitude and longitude):
        return ""
    named = ", ".join(dict.fromkeys(filter(None, (form.get("Label", "").strip(), form.get("Address", "").strip()))))
    return f"Location: {named} ({latitude}, {longitude})" if named else f"Location: {latitude}, {longitude}"


def _meta(form: Form) -> dict[str, str]:
    """What is worth keeping beside the words: where an advertisement brought them from, whether it was forwarded."""
    kept = {f"referral_{_snake(name)}": form.get(f"Referral{name}", "") for name in _REFERRAL}
    kept |= {
        "forwarded": form.get("Forwarded", ""),
        "frequently_forwarded": form.get("FrequentlyForwarded", ""),
        "username": form.get("ProfileUsername") or form.get("Username", ""),
        "latitude": form.get("Latitude", ""),
        "longitude": form.get("Longitude", ""),
        "list_description": form.get("ListDescription", ""),
    }
    return {name: value[:_LONGEST_META] for name, value in kept.items() if value and value != "false"}


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()


def _count(form: Form) -> int:
    said = form.get("NumMedia", "")
    return min(int(said), _MOST_FILES) if said.isascii() and said.isdigit() else 0


def _media(form: Form) -> tuple[Media, ...]:
    """The files of a message, which Twilio holds."""
    found = []
    for number in range(_count(form)):
        if url := form.get(f"MediaUrl{number}", ""):
            kind = form.get(f"MediaContentType{number}", "").partition(";")[0].strip().lower()
            suffix = _NAMES.get(kind) or mimetypes.guess_extension(kind) or ""
            name = f"{kind.partition('/')[0] or 'file'}-{number + 1}{suffix}"
            found.append(Media(name, kind or "application/octet-stream", url))
    return tuple(found)


def _sent_at(form: Form, received_at: datetime) -> datetime:
    """A call carries no time, so it is when it came; what was fetched later carries Twilio's own."""
    try:
        at = parsedate_to_datetime(form["DateSent"])
    except (KeyError, ValueError, TypeError):
        return received_at
    return at if at.tzinfo else at.replace(tzinfo=UTC)


# Status


def _status(form: Form, at: datetime, codes: Codes) -> Parsed:
    """Twilio's word on a message of ours. Raises ValueError where it names none."""
    sid, said = form.get("MessageSid") or form.get("SmsSid", ""), status_of(form)
    if not sid or not said:
        raise ValueError("there is no MessageSid or no MessageStatus")
    if said in _UNSPOKEN:
        return Parsed()
    status = _STATUS.get(said)
    if status is None:
        return Parsed(faults=("a status that is not known",))
    channel = channel_of(form.get("From") or form.get("To", ""))
    if status != "failed":
        return Parsed(receipts=(Receipt(channel, ProviderId(sid), status, at),))
    code = form.get("ErrorCode", "")
    meaning = codes.meaning(int(code)) if code.isascii() and code.isdigit() else None
    error = f"{meaning.text} (Twilio {code})" if meaning else f"Twilio says: {said}"
    tries = codes.tries(int(code)) if meaning else 0
    receipt = Receipt(channel, ProviderId(sid), status, at, error, code, tries=tries)
    stops = meaning is not None and meaning.act == "stop"
    return Parsed(
        receipts=(receipt,), opt_outs=(OptOut(channel, _recipient(form, channel), True, at),) if stops else ()
    )


def status_of(form: Form) -> str:
    """The status that a callback tells, in Twilio's word; empty = it tells none."""
    return (form.get("MessageStatus") or form.get("SmsStatus", "")).strip().lower()


def _recipient(form: Form, channel: str) -> Address:
    said = form.get("To", "").removeprefix("whatsapp:").strip()
    return Address("whatsapp" if channel == "whatsapp" else "sms", canonical(said), "channel", said)
