"""17TRACK: pushed tracking information, signed with a plain hash over body and key.

A parcel may have several providers (the first and the last mile); their events are told together. An event's own
sub-status says what it means; where it has none, only the newest one is known, by the parcel's latest status.
Sources: https://api.17track.net/en/doc?version=v2.4 as public projects use it.
"""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Final

from server.commerce.carriers import hints
from server.commerce.carriers.moments import expected, instant, stamp, window
from server.commerce.carriers.names import carrier_name, from_seventeen_track
from server.commerce.carriers.reading import Raw, decode, part, parts, text, tracking_number, whole, word
from server.commerce.carriers.signatures import digest, given_secrets, is_one_of
from server.commerce.carriers.update import TrackingUpdate
from server.commerce.carriers.words import (
    INFO,
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

NAME: Final = "17track"

_MOVING: Final = means(Status.IN_TRANSIT)
_SUB_STATUS: Final[Mapping[str, Meaning]] = {
    "InTransit_PickedUp": means(Status.PICKED_UP),
    "InTransit_CustomsProcessing": means(Status.CUSTOMS),
    "InTransit_CustomsReleased": _MOVING,
    "InTransit_CustomsRequiringInformation": means(Status.CUSTOMS, Flag.ACTION_REQUIRED, reason="documents"),
    "DeliveryFailure_NoBody": means(Status.ATTEMPTED, reason="nobody_home"),
    "DeliveryFailure_Security": means(Status.ATTEMPTED, reason="security"),
    "DeliveryFailure_Rejected": means(Status.ATTEMPTED, reason="refused"),
    "DeliveryFailure_InvalidAddress": means(Status.ATTEMPTED, reason="address"),
    "Exception_Returning": means(Status.RETURNING),
    "Exception_Returned": means(Status.RETURNED),
    "Exception_NoBody": means(Status.EXCEPTION, reason="recipient_unknown"),
    "Exception_Security": means(Status.EXCEPTION, reason="security"),
    "Exception_Damage": means(Status.DAMAGED),
    "Exception_Damaged": means(Status.DAMAGED),
    "Exception_Rejected": means(Status.EXCEPTION, reason="refused"),
    "Exception_Delayed": means(Status.EXCEPTION, Flag.LATE),
    "Exception_Lost": means(Status.LOST),
    "Exception_Destroyed": means(Status.LOST),
    "Exception_Cancel": means(Status.CANCELLED),
}
_STATUS: Final[Mapping[str, Meaning]] = {
    "NotFound": means(Status.LABEL_CREATED),
    "InfoReceived": means(Status.LABEL_CREATED),
    "InTransit": _MOVING,
    "Expired": UNKNOWN,
    "AvailableForPickup": means(Status.AVAILABLE_FOR_PICKUP),
    "OutForDelivery": means(Status.OUT_FOR_DELIVERY),
    "DeliveryFailure": means(Status.ATTEMPTED),
    "Delivered": means(Status.DELIVERED),
    "Exception": means(Status.EXCEPTION),
}
# Milestones: what an event's `stage` may say instead of a sub-status.
_STAGE: Final[Mapping[str, Meaning]] = {
    "PickedUp": means(Status.PICKED_UP),
    "Departure": _MOVING,
    "Arrival": _MOVING,
    "CustomsProcessing": means(Status.CUSTOMS),
    "CustomsReleased": _MOVING,
    "Returning": means(Status.RETURNING),
    "Returned": means(Status.RETURNED),
}
_PLAIN: Final = frozenset({"Other", "InvalidCode", "Departure", "Arrival", "TransportArrived", "TransportDeparted", ""})


def meaning_of(word: str, said: str | None = None) -> Meaning:
    """What a status, sub-status or stage means; `said` tells why, where the word does not."""
    found = _SUB_STATUS.get(word) or _STAGE.get(word) or _general(word)
    if found.code == Status.DELIVERED and hints.is_to_sender(said):
        return means(Status.RETURNED)
    if found.code in (Status.EXCEPTION, Status.ATTEMPTED):
        return because(found, hints.reason(said))
    return found


def _general(word: str) -> Meaning:
    """By the status before the underscore; a sub-status that is new is counted, and its status still holds."""
    status, _, more = word.partition("_")
    if more not in _PLAIN and status in _STATUS:
        look_up(NAME, _SUB_STATUS, word)
    return look_up(NAME, _STATUS, status)


class SeventeenTrackHooks:
    """The push of 17TRACK; the secret is the account's security key."""

    def __init__(self, secrets: Sequence[str]) -> None:
        self._secrets = given_secrets(secrets)

    def is_signed(self, headers: Mapping[str, str], body: bytes, now: datetime, path: str = "") -> bool:
        """`sign`: the hex SHA-256 of body, slash and key."""
        expected_ones = [hashlib.sha256(body + b"/" + secret.encode()).hexdigest() for secret in self._secrets]
        return is_one_of((headers.get("sign") or "").lower(), expected_ones)

    def dedupe_key(self, headers: Mapping[str, str], body: bytes) -> str:
        """17TRACK's messages have no id."""
        return digest(body)

    def updates(self, body: bytes) -> Sequence[TrackingUpdate]:
        """What changed; none when 17TRACK only says that it stopped following the number."""
        message = decode(body)
        if word(message, "event") != "TRACKING_UPDATED":
            return ()
        return (tracking_update(part(message, "data")),)


def tracking_update(data: Raw) -> TrackingUpdate:
    """One number with its `track_info`, from a push or from a read. Raises ValueError when it names no parcel."""
    info = part(data, "track_info")
    misc = part(info, "misc_info")
    number = tracking_number(data, "number")
    providers = parts(part(info, "tracking"), "providers")
    events = _events(info, providers)
    local = word(misc, "local_number")
    return TrackingUpdate(
        tracking_number=number,
        provider=NAME,
        carrier=_carrier(data, providers),
        told_at=max((at for each in providers if (at := instant(each.get("latest_sync_time")))), default=None),
        events=in_order(events),
        eta=_eta(part(part(info, "time_metrics"), "estimated_delivery_date")),
        service=text(misc, "service_type") or next((text(each, "service_type") for each in providers), None),
        duty={"documents_requested": True} if any(each.get("reason") == "documents" for each in events) else None,
        legs=(local,) if local and local != number else (),
    )


def _carrier(data: Raw, providers: Sequence[Raw]) -> str | None:
    """By the number of the carrier where we have verified it, else by the name that 17TRACK shows."""
    known = from_seventeen_track(whole(data, "carrier"))
    return known or next((carrier_name(text(part(each, "provider"), "name")) for each in providers), None)


def _events(info: Raw, providers: Sequence[Raw]) -> list[Raw]:
    latest = part(info, "latest_status")
    status = word(latest, "sub_status") or word(latest, "status")
    raw = [event for provider in providers for event in parts(provider, "events")]
    if not raw and (last := part(info, "latest_event")):
        raw = [last]
    timed = [(at, each) for each in raw if (at := _time(each)) is not None]
    newest = in_order(at for at, _ in timed)[-1:]
    return [_event(at, each, status if at in newest else "") for at, each in timed]


def _time(event: Raw) -> Raw | None:
    """The time with its offset; else as the carrier's own clock showed it."""
    clock = part(event, "time_raw")
    naive = f"{word(clock, 'date')}T{word(clock, 'time')}"
    return stamp(event.get("time_iso")) or stamp(event.get("time_utc"), UTC) or stamp(naive) or stamp(clock.get("date"))


def _event(at: Raw, event: Raw, status: str) -> Raw:
    """`status` is what is known of it from elsewhere, should it not say so itself."""
    said = text(event, "description")
    told = word(event, "sub_status") or word(event, "stage") or status
    meaning = meaning_of(told, said) if told else means(INFO)
    place = place_of(part(event, "address")) or _spot(event)
    return scan(at, meaning, NAME, told, said=said, place=place)


def _spot(event: Raw) -> Raw:
    where = text(event, "location")
    return {"facility": where} if where else {}


def _eta(estimate: Raw) -> Raw | None:
    source = "carrier" if word(estimate, "source").lower() == "official" else NAME
    return window(expected(estimate.get("from")), expected(estimate.get("to")), source)
