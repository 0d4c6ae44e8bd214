"""The generic webhook of a carrier or a warehouse of the shop's own: our words, signed as our other webhooks are.

The body names a parcel and lists its events in the order format (`formats.EventDocument`); the parts beside the events
have the fields of `formats.ShipmentDocument`. An event without `code` may bring the carrier's own `raw_code` of UPS,
FedEx, USPS or DHL instead. Only fields that the format names are taken over, and only https links.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from server.commerce import signing
from server.commerce.carriers.moments import expected, instant, stamp, window
from server.commerce.carriers.names import carrier_name
from server.commerce.carriers.native import code_of
from server.commerce.carriers.reading import (
    Raw,
    decode,
    link,
    part,
    parts,
    text,
    tracking_number,
    whole,
    without_nothing,
    word,
)
from server.commerce.carriers.signatures import digest
from server.commerce.carriers.update import TrackingUpdate
from server.commerce.carriers.words import INFO, UNKNOWN, Flag, Meaning, Status, in_order, look_up, scan
from server.commerce.documents import INFORMATIONAL_CODES

NAME: Final = "generic"

_CODES: Final[Mapping[str, Meaning]] = {
    **{status.value: Meaning(status) for status in Status},
    **dict.fromkeys(INFORMATIONAL_CODES, Meaning(INFO)),
}
_FLAGS: Final = frozenset(Flag)
_PLACE: Final = ("city", "region", "country", "facility")
_DIRECTIONS: Final = frozenset({"forward", "return"})


class GenericHooks:
    """The webhook for everybody who can sign."""

    def __init__(self, secrets: Sequence[str]) -> None:
        self._secrets = tuple(secrets)

    def is_signed(self, headers: Mapping[str, str], body: bytes, now: datetime, path: str = "") -> bool:
        """`X-Signature: t=...,v1=...` over `t.POST.path.body`; `path` is the raw path with its query."""
        return signing.is_signed(self._secrets, headers.get(signing.HEADER.lower()), "POST", path, body, now)

    def dedupe_key(self, headers: Mapping[str, str], body: bytes) -> str:
        """The `id` that the sender gave, else the body itself."""
        try:
            return word(decode(body), "id") or digest(body)
        except ValueError:
            return digest(body)

    def updates(self, body: bytes) -> Sequence[TrackingUpdate]:
        """The parcel of the message. Raises ValueError when it names none."""
        message = decode(body)
        carrier = carrier_name(text(message, "carrier"))
        direction = word(message, "direction")
        is_return = direction == "return"
        events = [event for each in parts(message, "events") if (event := _event(each, carrier, is_return)) is not None]
        update = TrackingUpdate(
            tracking_number=tracking_number(message, "tracking_number"),
            provider=NAME,
            carrier=carrier,
            told_at=instant(message.get("told_at")),
            events=in_order(events),
            eta=_eta(part(message, "eta")),
            service=text(message, "service"),
            tracking_url=link(message, "tracking_url"),
            direction=direction if direction in _DIRECTIONS else None,
            pod=_proof(part(message, "pod")),
            attempts=_attempts(message),
            pickup=_pickup(part(message, "pickup")),
            duty=_duty(part(message, "duty")),
            legs=_legs(message),
        )
        return (update,)


def _event(event: Raw, carrier: str | None, is_return: bool) -> dict[str, object] | None:
    at = stamp(event.get("at"))
    if at is None:
        return None
    found = _meaning(event, carrier)
    if is_return and found.code == Status.DELIVERED:
        found = Meaning(Status.RETURNED)
    meaning = Meaning(found.code, found.but(*_flags(event)).flags, text(event, "reason") or found.reason)
    place = {name: said for name in _PLACE if (said := text(event, name)) is not None}
    raw_code = word(event, "raw_code") or word(event, "code")
    own = without_nothing(id=text(event, "id"), sequence=whole(event, "sequence"))
    return {**scan(at, meaning, NAME, raw_code, said=text(event, "text"), place=place), **own}


def _flags(event: Raw) -> list[Flag]:
    told = event.get("flags")
    return [Flag(each) for each in told if isinstance(each, str) and each in _FLAGS] if isinstance(told, list) else []


def _meaning(event: Raw, carrier: str | None) -> Meaning:
    code, raw_code = word(event, "code").lower(), word(event, "raw_code")
    if code:
        return look_up(NAME, _CODES, code)
    native = code_of(carrier, raw_code)
    return native if native is not None else look_up(NAME, {}, raw_code) if raw_code else UNKNOWN


def _eta(eta: Raw) -> Raw | None:
    return window(expected(eta.get("min")), expected(eta.get("max")), text(eta, "source") or "carrier")


def _proof(pod: Raw) -> Raw | None:
    words = {name: text(pod, name) for name in ("signed_by", "place", "geo")}
    return without_nothing(**words, photo_url=link(pod, "photo_url")) or None


def _pickup(pickup: Raw) -> Raw | None:
    words = {name: text(pickup, name) for name in ("place", "hours", "code")}
    return without_nothing(**words, until=expected(pickup.get("until"))) or None


def _duty(duty: Raw) -> Raw | None:
    amount = whole(duty, "amount")
    told = without_nothing(amount=amount if amount is not None and amount >= 0 else None, url=link(duty, "url"))
    marks = {name: True for name in ("prepaid", "documents_requested") if duty.get(name) is True}
    return {**told, **marks} or None


def _attempts(message: Raw) -> Sequence[Raw] | int | None:
    number = whole(message, "attempts")
    if number is not None or not isinstance(message.get("attempts"), list):
        return number if number is not None and number >= 0 else None
    return [_attempt(each) for each in parts(message, "attempts")]


def _attempt(attempt: Raw) -> Raw:
    at = stamp(attempt.get("at"))
    told = without_nothing(
        at=at["at"] if at and "local" not in at else None,
        reason=text(attempt, "reason"),
        next_at=expected(attempt.get("next_at")),
    )
    return {**told, "final": True} if attempt.get("final") is True else told


def _legs(message: Raw) -> tuple[str, ...]:
    told = message.get("legs")
    numbers = [word({"leg": each}, "leg") for each in told] if isinstance(told, list) else []
    return tuple(dict.fromkeys(number for number in numbers if 0 < len(number) <= 64))
