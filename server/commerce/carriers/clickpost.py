"""ClickPost: status messages of Indian carriers, recognised by a shared key in a header.

A message tells one status, and in `additional.latest_status` the newest one; messages come in any order. Its times are
wall time of one configured zone although they end in `Z`. Code 9 is a failed delivery, never a return.
Source: ClickPost's API documentation, "Tracking AWB Using Webhooks" and its status codes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, tzinfo
from typing import Final

from server.commerce.carriers import hints
from server.commerce.carriers.moments import expected, stamp, window
from server.commerce.carriers.names import from_clickpost
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
from server.commerce.carriers.signatures import digest, given_secrets, is_one_of
from server.commerce.carriers.update import TrackingUpdate
from server.commerce.carriers.words import UNKNOWN, Flag, Meaning, Status, because, in_order, look_up, means, scan
from server.commerce.zones import zone

NAME: Final = "clickpost"
TZ: Final = "Asia/Kolkata"

_LABEL: Final = means(Status.LABEL_CREATED)
_BACK: Final = means(Status.RETURNING)

_CODE: Final[Mapping[int, Meaning]] = {
    **dict.fromkeys((1, 2, 3, 25, 28), _LABEL),
    4: means(Status.PICKED_UP),
    5: means(Status.IN_TRANSIT),
    6: means(Status.OUT_FOR_DELIVERY),
    7: means(Status.EXCEPTION, reason="out_of_area"),
    8: means(Status.DELIVERED),
    9: means(Status.ATTEMPTED),
    10: means(Status.CANCELLED),
    **dict.fromkeys((11, 12, 13, 15, 21, 26, 27), _BACK),
    14: means(Status.RETURNED),
    16: means(Status.LOST),
    17: means(Status.DAMAGED),
    18: means(Status.IN_TRANSIT, Flag.LATE),
    19: means(Status.EXCEPTION, Flag.ACTION_REQUIRED, reason="contact_carrier"),
    20: means(Status.IN_TRANSIT, Flag.STALLED),
}
_BUCKET: Final[Mapping[int, Meaning]] = {
    1: _LABEL,
    2: means(Status.PICKED_UP),
    3: means(Status.IN_TRANSIT),
    4: means(Status.OUT_FOR_DELIVERY),
    5: means(Status.ATTEMPTED),
    6: means(Status.DELIVERED),
    7: _BACK,
    8: means(Status.LOST),
    9: means(Status.DAMAGED),
}
# Why a delivery failed (NDR: non-delivery report). 4 is nobody's attempt, and 10 is the shopper coming to fetch it.
_FAILURE: Final[Mapping[int, Meaning]] = {
    0: means(Status.ATTEMPTED),
    1: means(Status.ATTEMPTED, reason="nobody_home"),
    2: means(Status.ATTEMPTED, reason="refused"),
    3: means(Status.ATTEMPTED, reason="rescheduled"),
    4: means(Status.EXCEPTION, reason="no_attempt"),
    5: means(Status.ATTEMPTED, reason="unreachable"),
    6: means(Status.ATTEMPTED, reason="address"),
    7: means(Status.ATTEMPTED, reason="payment"),
    8: means(Status.ATTEMPTED, reason="out_of_area"),
    9: means(Status.ATTEMPTED, reason="order_cancelled"),
    10: means(Status.AVAILABLE_FOR_PICKUP),
    11: means(Status.ATTEMPTED, reason="seized"),
}


def meaning_of(
    code: int | None,
    bucket: int | None,
    failure: int | None = None,
    said: str | None = None,
    *,
    is_return: bool = False,
) -> Meaning:
    """By the code, else by the bucket, else unknown; a failed delivery by its reason."""
    found = _general(code, bucket)
    if found.code == Status.ATTEMPTED:
        return because(_FAILURE.get(_or_none(failure), found), hints.reason(said))
    if found.code == Status.IN_TRANSIT and hints.is_customs(said):
        return Meaning(Status.CUSTOMS, found.flags)
    return means(Status.RETURNED) if found.code == Status.DELIVERED and is_return else found


def _general(code: int | None, bucket: int | None) -> Meaning:
    found = _CODE.get(_or_none(code))
    if found is not None:
        return found
    look_up(NAME, {}, str(code))  # counted; the bucket may still hold
    return _BUCKET.get(_or_none(bucket), UNKNOWN)


def _or_none(number: int | None) -> int:
    """A key that no table has, where there is no number."""
    return -1 if number is None else number


class ClickPostHooks:
    """The webhook of ClickPost. `tz` is the zone of its times."""

    def __init__(self, secrets: Sequence[str], tz: str = TZ) -> None:
        self._secrets = given_secrets(secrets)
        self._zone = zone(tz)

    def is_signed(self, headers: Mapping[str, str], body: bytes, now: datetime, path: str = "") -> bool:
        """`webhook_key` is the key that was agreed on; ClickPost signs nothing."""
        return is_one_of(headers.get("webhook_key") or headers.get("webhook-key"), self._secrets)

    def dedupe_key(self, headers: Mapping[str, str], body: bytes) -> str:
        """ClickPost's messages have no id."""
        return digest(body)

    def updates(self, body: bytes) -> Sequence[TrackingUpdate]:
        """The parcel of the message. Raises ValueError when it names none."""
        message = decode(body)
        number, more = tracking_number(message, "waybill"), part(message, "additional")
        newest = part(more, "latest_status")
        return (_update(number, [message, *([newest] if newest else [])], more, whole(message, "cp_id"), self._zone),)


def record_update(number: str, record: Raw, carrier: str | None, told: tzinfo) -> TrackingUpdate:
    """One waybill's record, from a read: its scans and its newest status."""
    newest = part(record, "latest_status")
    statuses = [*parts(record, "scans"), *([newest] if newest else [])]
    update = _update(number, statuses, part(record, "additional"), None, told)
    return replace(update, carrier=carrier)


def _update(number: str, statuses: Sequence[Raw], more: Raw, partner: int | None, told: tzinfo) -> TrackingUpdate:
    is_return = more.get("is_rvp") is True
    found = [_event(each, more, is_return, told) for each in statuses]
    events = {(event["at"], event["raw_code"]): event for event in found if event is not None}
    eta = expected(_in_zone(more.get("courier_partner_edd"), told))
    return TrackingUpdate(
        tracking_number=number,
        provider=NAME,
        carrier=from_clickpost(partner),
        events=in_order(events.values()),
        eta=window(eta, eta, "carrier"),
        tracking_url=link(more, "tracking_url"),
        direction="return" if is_return else None,
    )


def _event(status: Raw, more: Raw, is_return: bool, told: tzinfo) -> dict[str, object] | None:
    at = stamp(_in_zone(status.get("timestamp"), told))
    if at is None:
        return None
    code, bucket = whole(status, "clickpost_status_code"), whole(status, "clickpost_status_bucket")
    said = text(status, "remark", "status")
    failure = whole(more, "ndr_status_code") if code == 9 else None
    meaning = meaning_of(code, bucket, failure, said, is_return=is_return)
    place = without_nothing(city=text(status, "clickpost_city"), facility=text(status, "location"))
    raw_code = "/".join(each for each in (word(status, "clickpost_status_code"), _of(failure)) if each)
    return scan(at, meaning, NAME, raw_code, said=said, place=place)


def _of(failure: int | None) -> str:
    return "" if failure is None else f"ndr{failure}"


def _in_zone(value: object, told: tzinfo) -> object:
    """The wall time that was meant: a `Z` says nothing here, another offset does."""
    at = stamp(value)
    moment = datetime.fromisoformat(str(at["at"])) if at else None
    if moment is None or len(str(value).strip()) <= 10 or moment.utcoffset():
        return value
    return moment.replace(tzinfo=told).isoformat()
