"""Shippo: `track_updated` messages, signed with a time.

Each status has a sub-status that says what really happened; `RETURNED` is said when the way back begins, never when it
ends. Sources: https://docs.goshippo.com/docs/tracking/tracking/ and Shippo's public client libraries.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Final

from server.commerce.carriers import hints
from server.commerce.carriers.moments import expected, instant, stamp, window
from server.commerce.carriers.names import carrier_name
from server.commerce.carriers.reading import Raw, decode, part, parts, text, tracking_number, word
from server.commerce.carriers.signatures import digest, given_secrets, is_timestamped
from server.commerce.carriers.update import TrackingUpdate
from server.commerce.carriers.words import (
    UNKNOWN,
    Flag,
    Meaning,
    Status,
    because,
    in_order,
    look_up,
    means,
    place_of,
    scan,
)

NAME: Final = "shippo"

_ASKS: Final = Flag.ACTION_REQUIRED
_MOVING: Final = means(Status.IN_TRANSIT)

_STATUS: Final[Mapping[str, Meaning]] = {
    "UNKNOWN": UNKNOWN,
    "PRE_TRANSIT": means(Status.LABEL_CREATED),
    "TRANSIT": _MOVING,
    "DELIVERED": means(Status.DELIVERED),
    "RETURNED": means(Status.RETURNING),
    "FAILURE": means(Status.EXCEPTION),
}

_SUBSTATUS: Final[Mapping[str, Meaning]] = {
    "information_received": means(Status.LABEL_CREATED),
    "address_issue": means(Status.EXCEPTION, _ASKS, reason="address"),
    "contact_carrier": means(Status.EXCEPTION, _ASKS, reason="contact_carrier"),
    "delayed": means(Status.IN_TRANSIT, Flag.LATE),
    "delivery_attempted": means(Status.ATTEMPTED, _ASKS),
    "delivery_rescheduled": means(Status.IN_TRANSIT, reason="rescheduled"),
    "delivery_scheduled": _MOVING,
    "location_inaccessible": means(Status.ATTEMPTED, _ASKS, reason="access"),
    "notice_left": means(Status.ATTEMPTED, _ASKS, reason="notice_left"),
    "out_for_delivery": means(Status.OUT_FOR_DELIVERY),
    "package_accepted": means(Status.PICKED_UP),
    "package_arrived": _MOVING,
    "package_damaged": means(Status.DAMAGED, _ASKS),
    "package_departed": _MOVING,
    "package_forwarded": _MOVING,
    "package_held": means(Status.EXCEPTION, _ASKS),
    "package_processed": _MOVING,
    "package_processing": _MOVING,
    "pickup_available": means(Status.AVAILABLE_FOR_PICKUP, _ASKS),
    "reschedule_delivery": means(Status.IN_TRANSIT, _ASKS, reason="rescheduled"),
    "delivered": means(Status.DELIVERED),
    "return_to_sender": means(Status.RETURNING),
    "package_unclaimed": means(Status.RETURNING, _ASKS, reason="unclaimed"),
    "package_undeliverable": means(Status.EXCEPTION, _ASKS, reason="undeliverable"),
    "package_disposed": means(Status.LOST),
    "package_lost": means(Status.LOST, _ASKS),
    "other": UNKNOWN,
}


def meaning_of(status: str, substatus: str, said: str | None = None) -> Meaning:
    """What the sub-status means, else the status; `said` tells customs from transit and names reasons."""
    found = _pair(status, substatus)
    if found == _MOVING and hints.is_customs(said):
        return means(Status.CUSTOMS)
    if found.code == Status.DELIVERED and hints.is_to_sender(said):
        return means(Status.RETURNED)
    if found.code in (Status.EXCEPTION, Status.ATTEMPTED):
        return because(found, hints.reason(said))
    return found


def _pair(status: str, substatus: str) -> Meaning:
    general = look_up(NAME, _STATUS, status.upper())
    if not substatus or general is UNKNOWN:
        return general
    return _SUBSTATUS[substatus] if substatus in _SUBSTATUS else _counted(substatus, general)


def _counted(substatus: str, general: Meaning) -> Meaning:
    look_up(NAME, _SUBSTATUS, substatus)
    return general


class ShippoHooks:
    """The webhook of Shippo."""

    def __init__(self, secrets: Sequence[str]) -> None:
        self._secrets = given_secrets(secrets)

    def is_signed(self, headers: Mapping[str, str], body: bytes, now: datetime, path: str = "") -> bool:
        """`Shippo-Auth-Signature: t=...,v1=...` over `t.body`, five minutes around `now`."""
        header = headers.get("shippo-auth-signature")
        return is_timestamped(header, now, self._secrets, lambda told: told.encode() + b"." + body)

    def dedupe_key(self, headers: Mapping[str, str], body: bytes) -> str:
        """Shippo's messages have no id."""
        return digest(body)

    def updates(self, body: bytes) -> Sequence[TrackingUpdate]:
        """The Track of a `track_updated` message; none for other messages."""
        message = decode(body)
        if word(message, "event") != "track_updated":
            return ()
        return (track_update(part(message, "data")),)


def track_update(track: Raw) -> TrackingUpdate:
    """One Track, from a webhook or from a read. Raises ValueError when it names no parcel."""
    latest = part(track, "tracking_status")
    history = {_identity(each): each for each in [*parts(track, "tracking_history"), latest] if each}
    events = [event for each in history.values() if (event := _event(each)) is not None]
    eta = expected(track.get("eta"))
    return TrackingUpdate(
        tracking_number=tracking_number(track, "tracking_number"),
        provider=NAME,
        carrier=carrier_name(text(track, "carrier")),
        told_at=instant(latest.get("object_updated")),
        events=in_order(events),
        eta=window(eta, eta, "carrier"),
        service=text(part(track, "servicelevel"), "name"),
    )


def _identity(status: Raw) -> tuple[str, str, str, str]:
    """The newest status stands in the history as well."""
    where = text(part(status, "location"), "city") or ""
    return (word(status, "status_date"), word(status, "status"), word(part(status, "substatus"), "code"), where)


def _event(status: Raw) -> dict[str, object] | None:
    at = stamp(status.get("status_date"), UTC)
    if at is None:
        return None
    substatus = part(status, "substatus")
    general, code = word(status, "status"), word(substatus, "code")
    said = text(status, "status_details") or text(substatus, "text")
    meaning = meaning_of(general, code, said)
    if substatus.get("action_required") is True:
        meaning = meaning.but(_ASKS)
    raw_code = f"{general}/{code}" if code else general
    place = place_of(part(status, "location"))
    return scan(at, meaning, NAME, raw_code, said=said, place=place)
