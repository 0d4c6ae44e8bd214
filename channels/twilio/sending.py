"""How a message of ours becomes Twilio's: the fields of one POST, by channel, choices and window. Pure but for contents.

What was perhaps sent is found again by recipient, words and time: Twilio takes no key of ours.
"""

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any, Final

from channels.degrading import in_text
from channels.errors import Refused, WindowShut
from channels.message import Outbound, ProviderId
from channels.phones import canonical
from channels.twilio.content import Contents, types_of
from channels.twilio.rest import Document

LONGEST: Final = 1600
"""Characters of one `Body`."""
_LONGEST_VARIABLE: Final = 900
"""A whole template holds 1,024 characters, its own words included."""
_RECENT: Final = timedelta(hours=2)
_LOOK_ALIKES: Final = str.maketrans({"’": "'", "‘": "'", "“": '"', "”": '"', "–": "-", "—": "-", "\u00a0": " "})
"""What SmartEncoded replaces, so that a text message needs half the room."""


async def fields_of(
    outbound: Outbound, sender: str, contents: Contents, templates: Mapping[str, str], status_url: str
) -> dict[str, str]:
    """The fields of the POST. Raises Refused where nothing can be sent so, WindowShut where no template fits."""
    fields = {"To": address(outbound.channel, outbound.to.display or outbound.to.key)}
    is_service = sender.startswith("MG")
    fields["MessagingServiceSid" if is_service else "From"] = (
        sender if is_service else address(outbound.channel, sender)
    )
    if status_url:
        fields["StatusCallback"] = status_url
    if outbound.template:
        return fields | _by_template(outbound, templates)
    if outbound.channel == "whatsapp":
        types = types_of(outbound.text, outbound.choices, outbound.language)
        if types is not None and (sid := await contents.sid(types, outbound.language)):
            return fields | {"ContentSid": sid}
    elif outbound.channel == "sms":
        fields["SmartEncoded"] = "true"
    return fields | {"Body": words_of(outbound)}


def address(channel: str, said: str) -> str:
    """An address on the wire, whether or not it was written with its prefix."""
    bare = said.removeprefix("whatsapp:").strip()
    return f"whatsapp:{bare}" if channel == "whatsapp" else bare


def words_of(outbound: Outbound) -> str:
    """The message in plain text, choices as a numbered list where they fit. Raises Refused when it is too long."""
    text = in_text(outbound.text, [(each.label, each.value) for each in outbound.choices])
    if len(text) > LONGEST:
        text = outbound.text
    if not text.strip() or len(text) > LONGEST:
        raise Refused("a message of no text, or of more than 1,600 characters")
    return text


def _by_template(outbound: Outbound, templates: Mapping[str, str]) -> dict[str, str]:
    """An approved template in the customer's language, or the one for all. WhatsApp takes no line breaks in a variable."""
    sid = templates.get(f"{outbound.template}.{outbound.language}") or templates.get(outbound.template)
    flat = re.sub(r"\s+", " ", outbound.text).strip()
    if not sid or len(flat) > _LONGEST_VARIABLE:
        raise WindowShut("no approved template can carry this message")
    return {"ContentSid": sid, "ContentVariables": json.dumps({"1": flat}, ensure_ascii=False)}


# Finding again


def found_in(listed: Document, outbound: Outbound, now: datetime) -> ProviderId | None:
    """The id of this message among those that Twilio lists; None when it is not there."""
    messages = listed.get("messages")
    for each in messages if isinstance(messages, list) else ():
        if isinstance(each, dict) and _is_it(each, outbound, now):
            return ProviderId(str(each["sid"]))
    return None


def _is_it(each: Mapping[str, Any], outbound: Outbound, now: datetime) -> bool:
    sid, said = str(each.get("sid") or ""), str(each.get("body") or "")
    if not sid or sid in outbound.chain or not str(each.get("direction", "")).startswith("outbound"):
        return False
    wanted_to = canonical((outbound.to.display or outbound.to.key).removeprefix("whatsapp:"))
    if canonical(str(each.get("to") or "").removeprefix("whatsapp:")) != wanted_to:
        return False
    if not _is_recent(each, now):
        return False
    flat = {_flat(text) for text in (outbound.text, _numbered(outbound))}
    return _flat(said) in flat or bool(outbound.template and _flat(outbound.text) in _flat(said))


def _numbered(outbound: Outbound) -> str:
    return in_text(outbound.text, [(each.label, each.value) for each in outbound.choices])


def _flat(text: str) -> str:
    return " ".join(text.translate(_LOOK_ALIKES).split())


def _is_recent(each: Mapping[str, Any], now: datetime) -> bool:
    """Whether Twilio made it within the time in which a message is tried; a date that cannot be read tells nothing."""
    at = date_of(each.get("date_created")) or date_of(each.get("date_sent"))
    return at is None or now - at < _RECENT


def date_of(value: object) -> datetime | None:
    """A time as Twilio's REST API writes it (RFC 2822, or ISO 8601); None when it is none."""
    if not isinstance(value, str) or not value:
        return None
    try:
        at = parsedate_to_datetime(value)
    except ValueError:
        try:
            at = datetime.fromisoformat(value)
        except ValueError:
            return None
    return at if at.tzinfo else at.replace(tzinfo=UTC)
