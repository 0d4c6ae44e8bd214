"""AfterShip: tracking messages, signed with HMAC over the body.

A message holds the whole tracking with its checkpoints; a checkpoint's `subtag` says what its `tag` means. Its time may
lack an offset and is then local. Estimates come from the carrier or from AfterShip itself; the order's own promise is
not the carrier's word and is left out.
Sources: https://www.aftership.com/docs/tracking/2026-07/enum/delivery-sub-statuses and AfterShip's public SDK.
"""

import base64
import hashlib
import hmac
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
    whole,
    without_nothing,
    word,
)
from server.commerce.carriers.signatures import digest, given_secrets, is_one_of
from server.commerce.carriers.update import TrackingUpdate
from server.commerce.carriers.words import UNKNOWN, Flag, Meaning, Status, because, in_order, look_up, means, scan

NAME: Final = "aftership"

_EVENTS: Final = frozenset({"tracking_update", "edd_revise", "tracking_pending_time"})

_TAG: Final[Mapping[str, Meaning]] = {
    "Pending": means(Status.LABEL_CREATED),
    "InfoReceived": means(Status.LABEL_CREATED),
    "InTransit": means(Status.IN_TRANSIT),
    "OutForDelivery": means(Status.OUT_FOR_DELIVERY),
    "AttemptFail": means(Status.ATTEMPTED),
    "Delivered": means(Status.DELIVERED),
    "AvailableForPickup": means(Status.AVAILABLE_FOR_PICKUP),
    "Exception": means(Status.EXCEPTION),
    "Expired": UNKNOWN,
}

# Sub-tags that say more than their tag. The 016 to 018 are new since March 2026:
# https://support.aftership.com/en/article/learn-about-delivery-sub-statuses-1b0hdlx/
_SUBTAG: Final[Mapping[str, Meaning]] = {
    "InTransit_002": means(Status.PICKED_UP),
    "InTransit_006": means(Status.CUSTOMS),
    "OutForDelivery_003": means(Status.IN_TRANSIT),
    "OutForDelivery_004": means(Status.IN_TRANSIT, reason="rescheduled"),
    "AttemptFail_002": means(Status.ATTEMPTED, reason="nobody_home"),
    "AttemptFail_003": means(Status.ATTEMPTED, reason="business_closed"),
    "Exception_002": means(Status.EXCEPTION, reason="address"),
    "Exception_003": means(Status.EXCEPTION, reason="refused"),
    "Exception_004": means(Status.CUSTOMS, Flag.LATE),
    "Exception_005": means(Status.EXCEPTION, Flag.LATE, reason="delay"),
    "Exception_006": means(Status.EXCEPTION, Flag.ACTION_REQUIRED, reason="payment"),
    "Exception_007": means(Status.EXCEPTION, reason="address"),
    "Exception_008": means(Status.EXCEPTION, Flag.ACTION_REQUIRED, reason="not_collected"),
    "Exception_009": means(Status.EXCEPTION, reason="rejected_by_carrier"),
    "Exception_010": means(Status.RETURNING),
    "Exception_011": means(Status.RETURNED),
    "Exception_012": means(Status.DAMAGED),
    "Exception_013": means(Status.LOST),
    "Exception_016": means(Status.EXCEPTION, Flag.LATE, reason="delay"),
    "Exception_017": means(Status.EXCEPTION, reason="weather"),
    "Exception_018": means(Status.CUSTOMS, Flag.ACTION_REQUIRED, reason="documents"),
}
_PLAIN: Final = frozenset({"", "InTransit_001", "Exception_001"})
_KNOWN: Final = frozenset(
    {"InTransit_003", "InTransit_004", "InTransit_005", "InTransit_007", "InTransit_008", "InTransit_009"}
    | {"OutForDelivery_001", "OutForDelivery_002", "AttemptFail_001", "AvailableForPickup_001", "InfoReceived_001"}
    | {f"Delivered_00{number}" for number in range(1, 6)}
    | {f"Pending_00{number}" for number in range(1, 7)}
    | {"Expired_001"}
)
_TRAVELS: Final = frozenset({Status.PICKED_UP, Status.IN_TRANSIT, Status.OUT_FOR_DELIVERY, Status.EXCEPTION})


def meaning_of(tag: str, subtag: str, said: str | None = None) -> Meaning:
    """What the sub-tag means, else the tag; `said` counts only where neither says what happened."""
    if subtag in _SUBTAG:
        return _SUBTAG[subtag]
    if subtag not in _KNOWN and subtag not in _PLAIN:
        look_up(NAME, _SUBTAG, subtag)  # counted; the tag still holds
    general = look_up(NAME, _TAG, tag)
    if general.code == Status.EXCEPTION:
        found = hints.trouble(said)
        return means(found) if found else because(general, hints.reason(said))
    if general.code == Status.IN_TRANSIT and subtag in _PLAIN:
        return _on_its_way(general, said)
    return because(general, hints.reason(said)) if general.code == Status.ATTEMPTED else general


def _on_its_way(general: Meaning, said: str | None) -> Meaning:
    if hints.is_to_sender(said):
        return means(Status.RETURNING)
    return means(Status.CUSTOMS) if hints.is_customs(said) else general


class AfterShipHooks:
    """The webhook of AfterShip Tracking; its other products sign otherwise."""

    def __init__(self, secrets: Sequence[str]) -> None:
        self._secrets = given_secrets(secrets)

    def is_signed(self, headers: Mapping[str, str], body: bytes, now: datetime, path: str = "") -> bool:
        """`aftership-hmac-sha256`: base64 of the HMAC over the body."""
        digests = [hmac.new(secret.encode(), body, hashlib.sha256).digest() for secret in self._secrets]
        return is_one_of(headers.get("aftership-hmac-sha256"), [base64.b64encode(each).decode() for each in digests])

    def dedupe_key(self, headers: Mapping[str, str], body: bytes) -> str:
        """The id of the event, the same in all of its retries."""
        try:
            return word(decode(body), "event_id") or digest(body)
        except ValueError:
            return digest(body)

    def updates(self, body: bytes) -> Sequence[TrackingUpdate]:
        """The tracking of the message; none for events that we do not know."""
        message = decode(body)
        if word(message, "event") not in _EVENTS:
            return ()
        return (tracking_update(part(message, "msg"), told_at=instant(message.get("ts"))),)


def tracking_update(tracking: Raw, told_at: datetime | None = None) -> TrackingUpdate:
    """One tracking, from a webhook or from a read. Raises ValueError when it names no parcel."""
    number = tracking_number(tracking, "tracking_number")
    told_at = told_at or instant(tracking.get("updated_at"))
    events = _events(tracking, told_at)
    needs_papers = any(event.get("reason") == "documents" for event in events)
    return TrackingUpdate(
        tracking_number=number,
        provider=NAME,
        carrier=carrier_name(text(tracking, "slug")),
        told_at=told_at,
        events=in_order(events),
        eta=_eta(part(tracking, "latest_estimated_delivery")),
        service=text(tracking, "shipment_type"),
        tracking_url=link(tracking, "courier_tracking_link", "aftership_tracking_url"),
        direction="return" if _is_return(tracking) else None,
        pod=_proof(tracking),
        attempts=whole(tracking, "failed_delivery_attempts"),
        pickup=_pickup(tracking),
        duty={"documents_requested": True} if needs_papers else None,
        legs=_legs(tracking, number),
    )


def _is_return(tracking: Raw) -> bool:
    return word(tracking, "shipment_direction") == "return"


def _events(tracking: Raw, told_at: datetime | None) -> list[dict[str, object]]:
    checkpoints = [event for each in parts(tracking, "checkpoints") if (event := _event(each)) is not None]
    events = _from_first_scan([{**event} for event in in_order(checkpoints)])
    return _turned_back(events or _status_only(tracking, told_at), tracking)


def _from_first_scan(events: list[dict[str, object]]) -> list[dict[str, object]]:
    """The first scan in transit is when the carrier took the parcel, unless another scan says so."""
    first = next((event for event in events if event["code"] == Status.IN_TRANSIT), None)
    is_told = any(event["code"] == Status.PICKED_UP for event in events)
    if first is not None and not is_told and first["raw_code"] in ("InTransit", "InTransit_001"):
        first["code"] = Status.PICKED_UP.value
    return events


def _turned_back(events: list[dict[str, object]], tracking: Raw) -> list[dict[str, object]]:
    """On its way back every scan leads back, and delivery means: at the sender's."""
    is_return, is_turned = _is_return(tracking), False
    for index, event in enumerate(events):
        is_turned = is_turned or event["code"] in (Status.RETURNING, Status.RETURNED)
        is_last = index == len(events) - 1
        is_back = tracking.get("return_to_sender") is True and (is_turned or is_last)
        if event["code"] == Status.DELIVERED and (is_back or is_return):
            event.update(code=Status.RETURNED.value, raw_code=f"{event['raw_code']}/return")
        elif event["code"] in _TRAVELS and is_back:  # another code: the same scan may have been told before it turned
            event.update(code=Status.RETURNING.value, raw_code=f"{event['raw_code']}/return")
    return events


def _event(checkpoint: Raw) -> dict[str, object] | None:
    at = stamp(checkpoint.get("checkpoint_time"))
    if at is None:
        return None
    tag, subtag = word(checkpoint, "tag"), word(checkpoint, "subtag")
    said = text(checkpoint, "message")
    spoken = " ".join(each for each in (text(checkpoint, "subtag_message"), said) if each)
    place = without_nothing(
        city=text(checkpoint, "city"), region=text(checkpoint, "state"), country=_country(checkpoint)
    )
    return scan(at, meaning_of(tag, subtag, spoken), NAME, subtag or tag, said=said, place=place)


def _country(checkpoint: Raw) -> str | None:
    return text(checkpoint, "country_region", "country_region_name", "country_iso3")


def _status_only(tracking: Raw, told_at: datetime | None) -> list[dict[str, object]]:
    """A tracking without checkpoints still has a tag: since AfterShip told it."""
    tag, subtag = word(tracking, "tag"), word(tracking, "subtag")
    if told_at is None or not tag:
        return []
    meaning = meaning_of(tag, subtag, text(tracking, "subtag_message"))
    return [scan({"at": told_at.isoformat()}, meaning, NAME, subtag or tag)]


def _eta(estimate: Raw) -> Raw | None:
    source = word(estimate, "source").lower()
    if source.startswith("order"):
        return None
    single = expected(estimate.get("datetime"))
    earliest = expected(estimate.get("datetime_min")) or single
    latest = expected(estimate.get("datetime_max")) or single
    return window(earliest, latest, "carrier" if source.startswith("carrier") else NAME)


def _proof(tracking: Raw) -> Raw | None:
    photo = next((url for each in parts(tracking, "proof_of_delivery") if (url := link(each, "url"))), None)
    return without_nothing(signed_by=text(tracking, "signed_by"), photo_url=photo) or None


def _pickup(tracking: Raw) -> Raw | None:
    place = text(tracking, "pickup_location")
    return {"place": place} if place else None


def _legs(tracking: Raw, number: str) -> tuple[str, ...]:
    """The numbers that other carriers gave to the same parcel."""
    both = [word(part(tracking, leg), "tracking_number") for leg in ("first_mile", "last_mile")]
    return tuple(dict.fromkeys(leg for leg in both if leg and leg != number))
