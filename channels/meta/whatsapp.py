"""What Meta says about a WhatsApp number: messages, statuses of ours, and what a person typed in the Business app. Pure.

A person is known by the number, in its one canonical form, or by the business-scoped user id where the number is hidden (both
stand side by side once Meta has told both). The name in the profile is the customer's own choice and identifies nobody.
Source: Meta, WhatsApp Business Platform, "Webhooks: messages", "Business-scoped user IDs", "Coexistence".
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

from channels.message import Address, Echo, Inbound, Media, ProviderId, Receipt, Remark
from channels.meta.reading import Found, Json, an_id, items, known, moment, obj, part, short, text
from channels.optout import wish
from channels.phones import canonical, is_number

CHANNEL: Final = "whatsapp"
HELD: Final = "whatsapp:"
"""How the `ref` of a file begins that is asked for by its id."""
_STATUSES: Final = {"sent": "sent", "delivered": "delivered", "read": "read", "played": "read", "failed": "failed"}
_SUFFIXES: Final = {"image": "jpg", "audio": "ogg", "video": "mp4", "sticker": "webp", "document": "bin"}
UNREADABLE: Final = "⍰"
"""Stands for what WhatsApp does not pass on: no word in any language."""


def read(change: Json, number_id: str, received_at: datetime, place: str, found: Found) -> None:
    """Everything in one change of one WhatsApp account, put into `found`."""
    value = obj(change.get("value"), "value")
    field = text(change, "field")
    if field not in ("messages", "smb_message_echoes"):
        return  # templates, the account, the number: nothing that anybody said
    if short(part(value, "metadata"), "phone_number_id") != number_id:
        raise ValueError("it is for a number that is not set here (meta.phone_number_id)")
    names = _Names(items(value, "contacts"))
    for number, each in enumerate(items(value, "messages")):
        found.take(f"{place} message {number}", _reader(_message, each, names, received_at))
    for number, each in enumerate(items(value, "message_echoes")):
        found.take(f"{place} echo {number}", _reader(_echo, each, names, received_at))
    for number, each in enumerate(items(value, "statuses")):
        found.take(f"{place} status {number}", _reader(_status, each, names, received_at))
    for each in items(value, "errors"):
        found.faults.append(f"{place}: WhatsApp reports error {short(each, 'code') if isinstance(each, dict) else '?'}")


class _Names:
    """Who the people of a change are, as its list of contacts says."""

    def __init__(self, contacts: list[Any]) -> None:
        self._contacts = [each for each in contacts if isinstance(each, dict)]

    def address(self, wa_id: str, user_id: str) -> Address:
        """The address of a person by number or user id. Raises ValueError when there is neither."""
        mine = self._of(wa_id, user_id)
        phone = _phone(wa_id or short(mine, "wa_id"))
        users = [each for each in (user_id or short(mine, "user_id"), short(mine, "parent_user_id")) if each]
        keys = [canonical(phone), *users] if phone else users
        if not keys:
            raise ValueError("neither a number nor a user id stands there")
        profile = part(mine, "profile")
        name = text(profile, "name") or short(profile, "username") or short(mine, "username")
        return Address("whatsapp", keys[0], "channel", phone or users[0], name[:200], tuple(keys[1:]))

    def _of(self, wa_id: str, user_id: str) -> Json:
        for each in self._contacts:
            if (wa_id and short(each, "wa_id") == wa_id) or (user_id and short(each, "user_id") == user_id):
                return each
        return self._contacts[0] if len(self._contacts) == 1 and not wa_id and not user_id else {}


def _phone(wa_id: str) -> str:
    """A number with its plus; empty when these are no digits."""
    number = f"+{wa_id.removeprefix('+')}"
    return number if is_number(number) else ""


Read = Callable[[Json, _Names, datetime], Inbound | Remark | Echo | Receipt | None]


def _reader(read_one: Read, item: Any, names: _Names, received_at: datetime) -> Any:
    return lambda: read_one(obj(item, "it"), names, received_at)


def _sender(message: Json, names: _Names) -> Address:
    own = short(message, "from")
    by_number = own if _phone(own) else ""
    return names.address(by_number, short(message, "from_user_id") or ("" if by_number else own))


def _message(message: Json, names: _Names, received_at: datetime) -> Inbound | Remark | None:
    if short(message, "group_id"):
        raise ValueError("it is of a group")
    external_id, kind = an_id(message, "id"), short(message, "type")
    sender, at = _sender(message, names), moment(message, "timestamp", received_at)
    if kind == "reaction":
        reaction = part(message, "reaction")
        return Remark(
            CHANNEL, "reaction", sender, short(reaction, "message_id"), short(reaction, "emoji"), external_id, at
        )
    if kind in ("system", "request_welcome"):
        return Remark(CHANNEL, "notice", sender, "", short(part(message, "system"), "body"), external_id, at)
    said, choice, meta = _said(kind, message)
    media = _media(kind, part(message, kind), external_id)
    context = part(message, "context")
    return Inbound(
        CHANNEL,
        sender,
        said if said or media else UNREADABLE,
        at,
        external_id,
        choice=choice or None,
        media=media,
        quotes=tuple(each for each in (short(context, "id"),) if each),
        meta={**meta, **_around(message, context)},
        wish=wish(said, CHANNEL) if kind == "text" else None,
    )


def _echo(message: Json, names: _Names, received_at: datetime) -> Echo:
    to = names.address(short(message, "to"), short(message, "to_user_id"))
    kind = short(message, "type")
    said = _said(kind, message)[0] or (f"📎 {kind}" if kind in _SUFFIXES else UNREADABLE)
    return Echo(CHANNEL, ProviderId(an_id(message, "id")), to, said, moment(message, "timestamp", received_at), "")


def _status(status: Json, _names: _Names, received_at: datetime) -> Receipt | None:
    provider_id, said = an_id(status, "id"), _STATUSES.get(short(status, "status"))
    if said is None:
        return None  # deleted, warning, and whatever comes: no word on where the message is
    errors = [each for each in items(status, "errors") if isinstance(each, dict)]
    error = errors[0] if errors else {}
    details = short(part(error, "error_data"), "details")
    why = " — ".join(each for each in (short(error, "title") or short(error, "message"), details) if each)
    return Receipt(
        CHANNEL, ProviderId(provider_id), said,  # type: ignore[arg-type]  # one of the table's
        moment(status, "timestamp", received_at), why, short(error, "code"), text(status, "biz_opaque_callback_data"),
    )  # fmt: skip


# What is in a message of each type: (text, choice, what is kept with it)

Said = tuple[str, str, dict[str, str]]


def _said(kind: str, message: Json) -> Said:
    reader = _KINDS.get(kind)
    if reader is None:
        return UNREADABLE, "", known(unsupported=kind or "?")
    return reader(part(message, kind), message)


def _text(body: Json, _message: Json) -> Said:
    return text(body, "body"), "", {}


def _caption(body: Json, _message: Json) -> Said:
    return text(body, "caption"), "", {}


def _location(body: Json, _message: Json) -> Said:
    latitude, longitude = short(body, "latitude"), short(body, "longitude")
    place = ", ".join(each for each in (short(body, "name"), short(body, "address")) if each)
    point = f"{latitude}, {longitude}" if latitude and longitude else ""
    said = " · ".join(each for each in (place, point) if each)
    return f"📍 {said}" if said else "", "", known(latitude=latitude, longitude=longitude)


def _contacts(_body: Json, message: Json) -> Said:
    cards = [each for each in items(message, "contacts") if isinstance(each, dict)]
    return "\n".join(_card(each) for each in cards), "", {}


def _card(contact: Json) -> str:
    reached = [short(each, "phone") for each in items(contact, "phones") if isinstance(each, dict)]
    reached += [short(each, "email") for each in items(contact, "emails") if isinstance(each, dict)]
    name = short(part(contact, "name"), "formatted_name")
    return "👤 " + ", ".join(each for each in (name, *reached) if each)


def _interactive(body: Json, _message: Json) -> Said:
    kind = short(body, "type")
    chosen = part(body, kind)
    if kind in ("button_reply", "list_reply"):
        return text(chosen, "title"), short(chosen, "id"), known(description=short(chosen, "description"))
    if kind == "nfm_reply":
        answers = text(chosen, "response_json")[:2_000]
        return text(chosen, "body") or short(chosen, "name") or "✓", "", known(form=answers)
    return UNREADABLE, "", known(unsupported=f"interactive {kind}")


def _button(body: Json, _message: Json) -> Said:
    return text(body, "text"), short(body, "payload"), {}


def _order(body: Json, _message: Json) -> Said:
    goods = [_goods(each) for each in items(body, "product_items") if isinstance(each, dict)]
    return "\n".join(each for each in (text(body, "text"), *goods) if each), "", {}


def _goods(item: Json) -> str:
    price = " ".join(each for each in (short(item, "item_price"), short(item, "currency")) if each)
    said = f"🛒 {short(item, 'quantity') or '1'} × {short(item, 'product_retailer_id')}"
    return f"{said} ({price})" if price else said


def _unsupported(_body: Json, message: Json) -> Said:
    errors = [each for each in items(message, "errors") if isinstance(each, dict)]
    return UNREADABLE, "", known(unsupported=short(errors[0], "title") if errors else "unsupported")


_KINDS: Final[Mapping[str, Callable[[Json, Json], Said]]] = {
    "text": _text,
    "image": _caption,
    "audio": _caption,
    "video": _caption,
    "document": _caption,
    "sticker": _caption,
    "location": _location,
    "contacts": _contacts,
    "interactive": _interactive,
    "button": _button,
    "order": _order,
    "unsupported": _unsupported,
    "errors": _unsupported,
    "unknown": _unsupported,
}


def _media(kind: str, body: Json, external_id: str) -> tuple[Media, ...]:
    if kind not in _SUFFIXES:
        return ()
    media_id = short(body, "id")
    if not media_id:
        raise ValueError(f"the {kind} has no id")
    name = short(body, "filename") or f"{kind}-{external_id[-8:].strip('=')}.{_SUFFIXES[kind]}"
    return (Media(name, short(body, "mime_type"), f"{HELD}{media_id}"),)


def _around(message: Json, context: Json) -> dict[str, str]:
    """What is worth keeping of the circumstances: an advertisement, a product, whether it was passed on."""
    referral, product = part(message, "referral"), part(context, "referred_product")
    return known(
        forwarded="often" if context.get("frequently_forwarded") is True else "yes" if context.get("forwarded") is True else "",
        ad=short(referral, "source_url"),
        ad_title=short(referral, "headline"),
        product=short(product, "product_retailer_id"),
    )  # fmt: skip
