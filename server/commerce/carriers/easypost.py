"""EasyPost: Tracker events, signed with HMAC over the body.

A message is an Event whose `result` is the whole Tracker with its history. `status` and `status_detail` together tell
where a parcel is. The newer second signature (`X-Hmac-Signature-V2`) is not accepted: what it signs is not settled.
Source: https://docs.easypost.com/docs/trackers and EasyPost's public client libraries.
"""

import unicodedata
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from server.commerce.carriers import hints
from server.commerce.carriers.moments import expected, instant, stamp, window
from server.commerce.carriers.names import carrier_name
from server.commerce.carriers.reading import (
    Raw,
    decode,
    link,
    part,
    parts,
    text,
    tracking_number,
    without_nothing,
    word,
)
from server.commerce.carriers.signatures import digest, given_secrets, hmac_hex, is_one_of
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

NAME: Final = "easypost"

_STATUS: Final[Mapping[str, Meaning]] = {
    "unknown": UNKNOWN,
    "error": UNKNOWN,
    "pre_transit": means(Status.LABEL_CREATED),
    "in_transit": means(Status.IN_TRANSIT),
    "out_for_delivery": means(Status.OUT_FOR_DELIVERY),
    "delivered": means(Status.DELIVERED),
    "available_for_pickup": means(Status.AVAILABLE_FOR_PICKUP),
    "return_to_sender": means(Status.RETURNING),
    "failure": means(Status.EXCEPTION),
    "cancelled": means(Status.CANCELLED),
}

# Details that say more than their status, and those of them that hold whatever the status says.
_DETAIL: Final[Mapping[str, Meaning]] = {
    "address_correction": means(Status.EXCEPTION, reason="address"),
    "arrived_at_pickup_location": means(Status.AVAILABLE_FOR_PICKUP),
    "cancelled": means(Status.CANCELLED),
    "damaged": means(Status.DAMAGED),
    "delivery_exception": means(Status.ATTEMPTED),
    "expired": UNKNOWN,
    "failure": means(Status.EXCEPTION),
    "held": means(Status.EXCEPTION, reason="held"),
    "lost": means(Status.LOST),
    "missorted": means(Status.EXCEPTION, reason="missort"),
    "out_for_delivery": means(Status.OUT_FOR_DELIVERY),
    "refused": means(Status.EXCEPTION, reason="refused"),
    "return": means(Status.RETURNING),
    "transit_exception": means(Status.EXCEPTION),
    "weather_delay": means(Status.EXCEPTION, reason="weather"),
}
_ALWAYS: Final = frozenset({"damaged", "lost"})
_SOFT: Final = frozenset({"in_transit", "failure", "out_for_delivery"})
_IN_TRANSIT: Final[Mapping[str, Meaning]] = {
    "awaiting_information": means(Status.CUSTOMS),
    "received_at_origin_facility": means(Status.PICKED_UP),
}
_NEUTRAL: Final = frozenset(
    {"arrived_at_destination", "arrived_at_facility", "departed_facility", "departed_origin_facility", "in_transit"}
    | {"label_created", "received_at_destination_facility", "status_update", "transferred_to_destination_carrier"}
    | {"unknown", "awaiting_information", "received_at_origin_facility", "delayed", "delivered", ""}
)


def meaning_of(status: str, detail: str, said: str | None = None, *, is_return: bool = False) -> Meaning:
    """What EasyPost's pair of words means; `said` is the carrier's sentence, `is_return` the Tracker's own flag."""
    found = _pair(status, detail)
    if found.code == Status.IN_TRANSIT and hints.is_customs(said):
        return Meaning(Status.CUSTOMS, found.flags)
    if found.code == Status.DELIVERED and (is_return or detail == "return" or hints.is_to_sender(said)):
        return Meaning(Status.RETURNED)
    if found.code in (Status.EXCEPTION, Status.ATTEMPTED):
        return because(found, hints.reason(said))
    return found


def _pair(status: str, detail: str) -> Meaning:
    if detail not in _DETAIL and detail not in _NEUTRAL:
        look_up(NAME, _DETAIL, detail)  # counted; the status still holds
    if detail in _ALWAYS or (status in _SOFT and detail in _DETAIL):
        return _DETAIL[detail]
    if status == "in_transit" and detail in _IN_TRANSIT:
        return _IN_TRANSIT[detail]
    general = look_up(NAME, _STATUS, status)
    return general.but(Flag.LATE) if detail == "delayed" and status in _SOFT else general


class EasyPostHooks:
    """The webhook of EasyPost."""

    def __init__(self, secrets: Sequence[str]) -> None:
        self._secrets = [unicodedata.normalize("NFKD", secret) for secret in given_secrets(secrets)]

    def is_signed(self, headers: Mapping[str, str], body: bytes, now: datetime, path: str = "") -> bool:
        """`X-Hmac-Signature: hmac-sha256-hex=...` over the body; secrets are normalised as EasyPost does (NFKD)."""
        expected_ones = [f"hmac-sha256-hex={hmac_hex(secret, body)}" for secret in self._secrets]
        return is_one_of(headers.get("x-hmac-signature"), expected_ones)

    def dedupe_key(self, headers: Mapping[str, str], body: bytes) -> str:
        """The id of the Event."""
        try:
            return word(decode(body), "id") or digest(body)
        except ValueError:
            return digest(body)

    def updates(self, body: bytes) -> Sequence[TrackingUpdate]:
        """The Tracker of a `tracker.*` event; none for events about labels and batches."""
        event = decode(body)
        if not word(event, "description").startswith("tracker."):
            return ()
        tracker = {**part(event, "result")}
        tracker.setdefault("mode", event.get("mode"))
        return (tracker_update(tracker, told_at=instant(event.get("created_at"))),)


def tracker_update(tracker: Raw, told_at: datetime | None = None) -> TrackingUpdate:
    """One Tracker, from a webhook or from a read. Raises ValueError when it names no parcel."""
    number = tracking_number(tracker, "tracking_code")
    told_at = instant(tracker.get("updated_at")) or told_at
    is_return = tracker.get("is_return") is True
    details = [_event(each, is_return) for each in parts(tracker, "tracking_details")]
    events = [event for event in details if event is not None] or _status_only(tracker, is_return, told_at)
    signed_by = text(tracker, "signed_by")
    return TrackingUpdate(
        tracking_number=number,
        provider=NAME,
        carrier=carrier_name(text(tracker, "carrier")),
        told_at=told_at,
        events=in_order(events),
        eta=_eta(tracker),
        service=text(part(tracker, "carrier_detail"), "service"),
        tracking_url=link(tracker, "public_url"),
        direction="return" if is_return and not _was_sent_back(events) else None,
        pod={"signed_by": signed_by} if signed_by else None,
    )


def _was_sent_back(events: Sequence[Raw]) -> bool:
    """A parcel to the shopper that turned round is no parcel of a return."""
    return any(event["code"] == Status.RETURNING for event in events)


def _event(detail: Raw, is_return: bool) -> dict[str, object] | None:
    at = stamp(detail.get("datetime"))
    if at is None:
        return None
    status, more, said = word(detail, "status"), word(detail, "status_detail"), text(detail, "message", "description")
    meaning = meaning_of(status, more, said, is_return=is_return)
    place = place_of(part(detail, "tracking_location"))
    return scan(at, meaning, NAME, _raw_code(status, more), said=said, place=place)


def _status_only(tracker: Raw, is_return: bool, told_at: datetime | None) -> list[dict[str, object]]:
    """A Tracker without history still has a status: since EasyPost told it."""
    status, more = word(tracker, "status"), word(tracker, "status_detail")
    if told_at is None or not status:
        return []
    meaning = meaning_of(status, more, is_return=is_return)
    return [scan({"at": told_at.isoformat()}, meaning, NAME, _raw_code(status, more))]


def _raw_code(status: str, detail: str) -> str:
    return f"{status}/{detail}" if detail else status


def _eta(tracker: Raw) -> Raw | None:
    """The estimate with its hour, else the day as the destination's calendar has it."""
    estimate = expected(tracker.get("est_delivery_date"))
    local = expected(part(tracker, "carrier_detail").get("est_delivery_date_local"))
    told = estimate if estimate and "T" in estimate else local or estimate
    return window(told, told, "carrier")


def error_code(reply: Raw) -> str:
    """EasyPost's code of an error in an answer, for our messages."""
    return word(part(reply, "error"), "code")


def creation(number: str, carrier: str | None) -> Raw:
    """What asks EasyPost to follow a number that it does not know yet."""
    return {"tracker": without_nothing(tracking_code=number, carrier=carrier)}
