"""What is true of a parcel now, computed from its tracking events: a pure function, the same on every run.

The rules: status is that of the latest status-bearing event by the carrier's own time, not the furthest ever reached
(`scans`); a parcel is stalled when nobody scanned it for so many business days of its carrier, service and lane
(`lanes`), or while the carrier itself says so; late when the promised day has passed where it goes, or the carrier
expects it after that; lost only when the carrier or a completed trace says so, else presumed lost, which needs a
person. Nothing here reads a clock, a file or a platform, and no input makes it fail.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import compress

from server.commerce.business import days_passed, end_of, full_days_passed, local_day
from server.commerce.lanes import DeriveConfig as DeriveConfig
from server.commerce.lanes import Lane as Lane
from server.commerce.lanes import Service as Service
from server.commerce.lanes import lane_of, plain, stall_limit, stretch
from server.commerce.lanes import service_class as service_class
from server.commerce.model import (
    Duty,
    Eta,
    Moment,
    OrderSnapshot,
    Pickup,
    Promise,
    Shipment,
    ShipmentFlag,
    ShipmentStatus,
    TrackingEvent,
)
from server.commerce.scans import STATUS_RANK, in_order, last_scan, run_of
from server.commerce.scans import event_order as event_order
from server.commerce.scans import is_scan as is_scan
from server.commerce.scans import status_run as status_run
from server.commerce.scans import unique as unique

Status = ShipmentStatus
Flag = ShipmentFlag

MOVING = frozenset({Status.PICKED_UP, Status.IN_TRANSIT, Status.CUSTOMS})
"""Where the next scan is awaited, so that silence means something."""

_CLOSED = frozenset({Status.DELIVERED, Status.RETURNED, Status.LOST, Status.CANCELLED})
_ON_TIME = timedelta(0)
_LONG_OVERDUE = timedelta(days=7)
_LABEL = Status.LABEL_CREATED
_DELIVERED = Status.DELIVERED
_CANCELLED = Status.CANCELLED
_CUSTOMS = Status.CUSTOMS
_BY_TIME_AND_PROMISE = (
    Flag.STALLED,
    Flag.LATE,
    Flag.ETA_REVISED,
    Flag.VOIDED_LABEL,
    Flag.DUTY_DUE,
    Flag.PRESUMED_LOST,
)
_ONLY_WHILE_OPEN = frozenset({Flag.LATE, Flag.STALLED, Flag.ETA_REVISED, Flag.NO_CARRIER_DATA, Flag.DUTY_DUE})
_OURS_ALONE = frozenset({Flag.PRESUMED_LOST})
_NO_CARRIER_DATA = frozenset({Flag.NO_CARRIER_DATA})


@dataclass(frozen=True, slots=True)
class ParcelContext:
    """What beside its events bears on a parcel. `told` is the latest delivery moment that the shopper was told.

    `feed_as_of` is when the carrier was last read, `read_at` when the order was; `traced_lost_at` when a completed trace
    gave the parcel up."""

    tz: str = "UTC"
    carrier: str | None = None
    service: str | None = None
    lane: Lane = "domestic"
    shipped_at: datetime | None = None
    promised: Promise | None = None
    eta: Eta | None = None
    told: Moment | None = None
    duty: Duty | None = None
    pickup: Pickup | None = None
    feed_as_of: datetime | None = None
    read_at: datetime | None = None
    traced_lost_at: datetime | None = None


_NOTHING_KNOWN = ParcelContext()


@dataclass(frozen=True, slots=True)
class ShipmentState:
    """A parcel as of one moment.

    `bearing` is the event that the status comes from, `since` when the parcel first came into this status in a row.
    `eta` is the carrier's expectation while it is not in the past; `was_expected` the one that has passed.
    `previous_eta` is what the shopper believed before the revision. Days are business days; `unscanned_days` count until
    the first scan. `is_unheard` = the carrier
    could not be asked for longer than it should be, so that nothing is known of now; silence counts until then only."""

    status: ShipmentStatus
    flags: frozenset[ShipmentFlag]
    bearing: TrackingEvent | None
    last_scan: TrackingEvent | None
    delivered_at: datetime | None
    since: datetime | None
    quiet_days: int
    stalled_after: int
    unscanned_days: int
    eta: Eta | None
    was_expected: Moment | None
    previous_eta: Moment | None
    is_unheard: bool = False

    @property
    def is_open(self) -> bool:
        """True while something can still happen to the parcel."""
        return self.status not in _CLOSED

    def has(self, flag: ShipmentFlag) -> bool:
        """True when the flag is set."""
        return flag in self.flags


def derive(
    events: Sequence[TrackingEvent], now: datetime, cfg: DeriveConfig, context: ParcelContext | None = None
) -> ShipmentState:
    """What is true of a parcel at `now`. No events means a label that no carrier has scanned."""
    context = context or _NOTHING_KNOWN
    ordered = in_order(_with_verdict(events, context))
    run = run_of(ordered)
    bearing = run[-1] if run else None
    status = bearing.code if bearing else _LABEL
    scan = last_scan(ordered)
    today = local_day(now, context.tz)
    calendar = cfg.calendar_of(context.carrier)
    unheard = _is_unheard(status, now, cfg, context)
    heard = context.feed_as_of if unheard and context.feed_as_of else _heard_until(now, context)
    quiet = full_days_passed(scan.at, heard, context.tz, calendar) if scan else 0
    limit = stall_limit(stretch(context.carrier, context.service, context.lane, status), cfg)
    labelled = context.shipped_at or (run[0].at if run else None)
    unscanned = 0 if scan or labelled is None else days_passed(local_day(labelled, context.tz), today, calendar)
    flags = _told_flags(bearing, status) | _flags(status, quiet, limit, today, context)
    if status is _LABEL and scan is None and (labelled is None or unscanned >= cfg.unscanned_days):
        flags |= _NO_CARRIER_DATA
    over = context.eta is not None and _is_over(context.eta.max, now, today)
    return ShipmentState(
        status=status,
        flags=flags,
        bearing=bearing,
        last_scan=scan,
        delivered_at=bearing.at if bearing and status is _DELIVERED else None,
        since=run[0].at if run else context.shipped_at,
        quiet_days=quiet,
        stalled_after=limit,
        unscanned_days=unscanned,
        eta=None if over else context.eta,
        was_expected=context.eta.max if context.eta and over else None,
        previous_eta=_previous_eta(context),
        is_unheard=unheard,
    )


def _with_verdict(events: Sequence[TrackingEvent], context: ParcelContext) -> Sequence[TrackingEvent]:
    """A trace that gave the parcel up says as much as a carrier that does."""
    if context.traced_lost_at is None:
        return events
    return [*events, TrackingEvent(Status.LOST, "trace", context.traced_lost_at, source="trace")]


def _is_unheard(status: Status, now: datetime, cfg: DeriveConfig, context: ParcelContext) -> bool:
    """Whether the carrier is asked again and again, and has not answered for too long."""
    read_at, fresh_for = context.feed_as_of, cfg.feed_fresh_for
    if read_at is None or fresh_for is None or status in _CLOSED:
        return False
    return now - read_at > fresh_for


def _heard_until(now: datetime, context: ParcelContext) -> datetime:
    """Until when silence is known: what was read last, the order or the carrier, cannot tell of later."""
    if context.read_at is None or context.read_at >= now:
        return now
    return min(now, max(context.read_at, context.feed_as_of or context.read_at))


def _flags(status: Status, quiet: int, limit: int, today: date, context: ParcelContext) -> frozenset[Flag]:
    """What follows from the time that has passed and from what was promised."""
    stalled = quiet >= limit and status in MOVING
    is_open = status not in _CLOSED
    overdue = _overdue(today, context)
    holds = (
        stalled,
        is_open and (overdue > _ON_TIME or _is_expected_late(context)),
        is_open and _is_revised_later(context),
        status is _CANCELLED,
        status is _CUSTOMS and context.duty is not None and context.duty.amount is not None,
        stalled and quiet >= 2 * limit and overdue >= _LONG_OVERDUE,
    )
    return frozenset(compress(_BY_TIME_AND_PROMISE, holds))


def _told_flags(bearing: TrackingEvent | None, status: Status) -> frozenset[Flag]:
    """What the carrier said together with the status, for as long as the status comes from that event."""
    if bearing is None:
        return frozenset()
    told = bearing.flags - _OURS_ALONE | frozenset(_reason_flags(bearing))
    return told - _ONLY_WHILE_OPEN if status in _CLOSED else told


_REASON_WORDS: Mapping[str, Flag] = {
    "address": Flag.ADDRESS_PROBLEM,
    "recipient_unknown": Flag.ADDRESS_PROBLEM,
    "weather": Flag.WEATHER,
    "missort": Flag.MISROUTED,
    "misroute": Flag.MISROUTED,
    "action_required": Flag.ACTION_REQUIRED,
    "signature": Flag.SIGNATURE_REQUIRED,
    "duty": Flag.DUTY_DUE,
    "duties": Flag.DUTY_DUE,
}


def _reason_flags(bearing: TrackingEvent) -> Iterable[Flag]:
    if not bearing.reason or bearing.code not in (Status.EXCEPTION, Status.ATTEMPTED, Status.CUSTOMS):
        return
    reason = plain(bearing.reason).replace(" ", "_").replace("-", "_")
    yield from (flag for word, flag in _REASON_WORDS.items() if word in reason)


def _is_over(moment: Moment | None, now: datetime, today: date) -> bool:
    """True when the moment, or the whole of the date at the destination, has passed."""
    if moment is None:
        return False
    return moment < now if isinstance(moment, datetime) else moment < today


def _overdue(today: date, context: ParcelContext) -> timedelta:
    """How long the promised day is over where the parcel goes; negative before, zero on the day or without a promise."""
    promised = _day(context.promised.max if context.promised else None, context.tz)
    return _ON_TIME if promised is None else today - promised


def _is_expected_late(context: ParcelContext) -> bool:
    """The carrier expects a later day than was promised."""
    if context.eta is None or context.promised is None:
        return False
    promised, expected = _day(context.promised.max, context.tz), _day(context.eta.max, context.tz)
    return promised is not None and expected is not None and expected > promised


def _previous_eta(context: ParcelContext) -> Moment | None:
    """What the shopper last heard; failing that, what the carrier expected before its latest revision."""
    if context.told is not None:
        return context.told
    revisions = context.eta.revisions if context.eta else ()
    return revisions[-1].was if revisions else None


def _is_revised_later(context: ParcelContext) -> bool:
    """The carrier now expects it at least a day later than the shopper believes."""
    if context.eta is None:
        return False
    revisions = context.eta.revisions
    expected = context.eta.max if context.eta.max is not None or not revisions else revisions[-1].becomes
    before, after = _day(_previous_eta(context), context.tz), _day(expected, context.tz)
    return before is not None and after is not None and (after - before).days >= 1


def _day(moment: Moment | None, tz: str) -> date | None:
    return None if moment is None else local_day(moment, tz)


def context_of(
    order: OrderSnapshot,
    shipment: Shipment,
    cfg: DeriveConfig,
    told: Moment | None = None,
    traced_lost_at: datetime | None = None,
) -> ParcelContext:
    """What the order knows about one of its parcels."""
    return ParcelContext(
        tz=order.tz,
        carrier=shipment.carrier,
        service=shipment.service,
        lane=lane_of(order, shipment, cfg),
        shipped_at=shipment.shipped_at,
        promised=order.promised,
        eta=shipment.eta,
        told=told,
        duty=shipment.duty,
        pickup=shipment.pickup,
        feed_as_of=shipment.feed_as_of,
        read_at=order.as_of,
        traced_lost_at=traced_lost_at,
    )


def derive_shipment(
    order: OrderSnapshot,
    shipment: Shipment,
    now: datetime,
    cfg: DeriveConfig,
    told: Moment | None = None,
    traced_lost_at: datetime | None = None,
) -> ShipmentState:
    """What is true of this parcel of this order at `now`."""
    return derive(shipment.events, now, cfg, context_of(order, shipment, cfg, told, traced_lost_at))


_WORST_FIRST = (
    Status.LOST,
    Status.DAMAGED,
    Status.RETURNED,
    Status.RETURNING,
    Status.EXCEPTION,
    Status.UNKNOWN,
    Status.ATTEMPTED,
)


def severity(state: ShipmentState, shipment: Shipment, now: datetime, cfg: DeriveConfig, tz: str) -> int:
    """How much a parcel needs attention: lower is worse. Lost first; then the least advanced; delivered last."""
    if state.has(Flag.PRESUMED_LOST):
        return 0
    if state.status in _WORST_FIRST:
        return _WORST_FIRST.index(state.status)
    if state.status is Status.AVAILABLE_FOR_PICKUP and is_expiring(shipment, now, cfg, tz):
        return 10
    if state.has(Flag.STALLED):
        return 11
    if state.has(Flag.LATE):
        return 12
    return 20 + STATUS_RANK[state.status]


def is_expiring(shipment: Shipment, now: datetime, cfg: DeriveConfig, tz: str) -> bool:
    """True when a parcel that waits at a pickup point goes back soon."""
    until = shipment.pickup.until if shipment.pickup else None
    return until is not None and end_of(until, tz) - now < timedelta(hours=cfg.pickup_expiring_hours)


def ranked(order: OrderSnapshot, now: datetime, cfg: DeriveConfig) -> list[tuple[Shipment, ShipmentState]]:
    """The parcels to the shopper with their states, worst first; equals in the order of the file."""
    pairs = [(parcel, derive_shipment(order, parcel, now, cfg)) for parcel in order.parcels]
    return sorted(pairs, key=lambda pair: severity(pair[1], pair[0], now, cfg, order.tz))


def headline(order: OrderSnapshot, now: datetime, cfg: DeriveConfig) -> tuple[Shipment, ShipmentState] | None:
    """The parcel that stands for the order: the worst one, else the least advanced, else a delivered one."""
    return next(iter(ranked(order, now, cfg)), None)
