"""The events of one parcel in their true order, and which of them its status comes from.

Carriers repeat themselves, upload late and out of order, and send notes between scans; here any permutation and any
repetition of the same events comes to the same history. It knows neither the time of day nor what a shop promised.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import TypeAlias

from server.commerce.model import ShipmentStatus, TrackingEvent

Status = ShipmentStatus
Order: TypeAlias = tuple[datetime, int, datetime, int, str, str]

STATUS_RANK = {status: rank for rank, status in enumerate(ShipmentStatus)}
_NOT_SCANS = frozenset({Status.LABEL_CREATED, Status.LOST, Status.CANCELLED, Status.UNKNOWN})
_ENDS = frozenset({Status.DELIVERED, Status.RETURNED, Status.LOST, Status.CANCELLED})
_AFTER_DELIVERY = frozenset({Status.ATTEMPTED, Status.OUT_FOR_DELIVERY})
_CORRECTIONS = frozenset({"delivered_in_error", "delivery_correction", "delivery_scan_error", "not_delivered"})
_LABEL = Status.LABEL_CREATED
_ONE_HOUR = timedelta(hours=1)
_LONG_AGO = datetime.min.replace(tzinfo=UTC)


def event_order(event: TrackingEvent) -> Order:
    """Sort key: the carrier's time, then the provider's sequence, then when the provider told us; never our own.

    Where all of these tie, the less advanced status comes first, so that the order of a file does not matter."""
    received = event.received_at or _LONG_AGO
    return (event.at, event.sequence or 0, received, STATUS_RANK[event.code], event.raw_code, event.place.city or "")


def _whole_order(event: TrackingEvent) -> tuple[Order, bool, bool, str, str, str, list[str]]:
    """`event_order` made total: of two accounts of one scan it is always the same one that is kept."""
    told = (event.reason or "", event.text or "", f"{event.source} {event.provider_event_id}")
    return (event_order(event), event.is_informational, event.is_date_only, *told, sorted(event.flags))


def in_order(events: Sequence[TrackingEvent]) -> Sequence[TrackingEvent]:
    """The events in order, each scan once: same time, same code and same city is the same scan."""
    if _is_rising(events):
        return events  # what was parsed is in order already: nothing to sort, nothing to drop
    seen: dict[tuple[datetime, str, str], TrackingEvent] = {}
    for event in sorted(events, key=_whole_order):
        seen.setdefault((event.at, event.raw_code, event.place.city or ""), event)
    return list(seen.values())


def _is_rising(events: Sequence[TrackingEvent]) -> bool:
    before = _LONG_AGO
    for event in events:
        if event.at <= before:
            return False
        before = event.at
    return True


def unique(events: Iterable[TrackingEvent]) -> list[TrackingEvent]:
    """As `in_order`, of anything that gives events."""
    return list(in_order(list(events)))


def is_scan(event: TrackingEvent) -> bool:
    """True when somebody had the parcel in hand; a label, an estimate or a verdict is no scan."""
    return not event.is_informational and event.code not in _NOT_SCANS


def last_scan(ordered: Sequence[TrackingEvent]) -> TrackingEvent | None:
    """The latest physical scan of events that are in order."""
    for event in reversed(ordered):
        if is_scan(event):
            return event
    return None


def status_run(events: Sequence[TrackingEvent]) -> list[TrackingEvent]:
    """The status-bearing events of the present status in a row, oldest first; the last one is where it comes from."""
    return run_of(in_order(events))


def run_of(ordered: Sequence[TrackingEvent]) -> list[TrackingEvent]:
    """As `status_run`, of events that are in order."""
    run: list[TrackingEvent] = []
    scanned, present = False, None
    for event in ordered:
        code = event.code
        if event.is_informational or (scanned and code is _LABEL):
            continue
        scanned = scanned or code not in _NOT_SCANS
        if present in _ENDS and not _replaces(event, run[-1]):
            continue
        if code is not present:
            run.clear()
        run.append(event)
        present = code
    return run


def _replaces(event: TrackingEvent, current: TrackingEvent) -> bool:
    """True when a later event takes the place of an end: what is back, lost or cancelled can only be delivered yet."""
    if current.code is Status.DELIVERED:
        return _revokes_delivery(event, current)
    return event.code in (Status.DELIVERED, current.code)


def _revokes_delivery(event: TrackingEvent, delivered: TrackingEvent) -> bool:
    """A parcel on its way back, a carrier that takes its word back, or a van that is out with it an hour later."""
    if event.code in (Status.RETURNING, Status.DELIVERED) or _is_correction(event):
        return True
    return event.code in _AFTER_DELIVERY and event.at - delivered.at >= _ONE_HOUR


def _is_correction(event: TrackingEvent) -> bool:
    words = ((event.reason or "").strip().lower(), event.raw_code.strip().lower())
    return any(word.replace(" ", "_").replace("-", "_") in _CORRECTIONS for word in words)
