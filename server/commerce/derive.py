"""What is true of a parcel now, computed from its tracking events: a pure function, the same on every run.

The rules: status is that of the latest status-bearing event by the carrier's own time, not the furthest ever reached;
label, information and estimate events count only until the first physical scan; `delivered` survives late-uploaded
scans; a parcel is stalled when nobody scanned it for so many business days of its carrier, service and lane; late when
the promised day has passed where it goes, or the carrier expects it after that; lost only when the carrier says so,
else presumed lost, which needs a person. Nothing here reads a clock, a file or a platform, and no input makes it fail.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import Literal, TypeAlias

from server.commerce.business import Calendar, days_passed, end_of, full_days_passed, local_day
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
from server.commerce.zones import country_code

Status = ShipmentStatus
Flag = ShipmentFlag
Service: TypeAlias = Literal["express", "ground", "economy"]
Lane: TypeAlias = Literal["domestic", "cross_border"]

_RANK = {status: rank for rank, status in enumerate(ShipmentStatus)}
_NOT_SCANS = frozenset({Status.LABEL_CREATED, Status.LOST, Status.CANCELLED, Status.UNKNOWN})
_MOVING = frozenset({Status.PICKED_UP, Status.IN_TRANSIT, Status.CUSTOMS})
_STICKY = frozenset({Status.RETURNED, Status.LOST, Status.CANCELLED})
_AFTER_DELIVERY = frozenset({Status.ATTEMPTED, Status.OUT_FOR_DELIVERY})
_CLOSED = frozenset({Status.DELIVERED, Status.RETURNED, Status.LOST, Status.CANCELLED})
_CORRECTIONS = frozenset({"delivered_in_error", "delivery_correction", "delivery_scan_error", "not_delivered"})
_ONE_HOUR = timedelta(hours=1)
_LONG_OVERDUE = timedelta(days=7)

_EXPRESS = ("express", "overnight", "next day", "nextday", "next_day", "2day", "2nd day", "same day", "same_day")
_ECONOMY = ("economy", "postal", "mail", "smartpost", "surepost", "media", "first class", "letter")
_POSTAL_CARRIERS = frozenset(
    {"usps", "royal_mail", "china_post", "canada_post", "australia_post", "auspost", "deutsche_post", "la_poste"}
    | {"correos", "india_post", "post"}
)


@dataclass(frozen=True, slots=True)
class DeriveConfig:
    """What the shop knows about time: its zone, calendars, and after how many quiet business days a parcel is stalled.

    `stalled_after` overrides the defaults; keys are `carrier/service/lane` with `*` for any, most specific first
    (`ups/express/domestic`, `ups/*/*`, `*/*/cross_border`). `carrier_calendars` are by lower-case carrier name."""

    shop_tz: str = "UTC"
    origin_country: str | None = None
    calendar: Calendar = field(default_factory=Calendar)
    carrier_calendars: Mapping[str, Calendar] = field(
        default_factory=lambda: {"usps": Calendar(weekdays=frozenset(range(6)))}
    )
    stalled_after: Mapping[str, int] = field(default_factory=dict)
    express_days: int = 1
    ground_days: int = 3
    economy_days: int = 5
    cross_border_days: int = 7
    customs_days: int = 5
    unscanned_days: int = 2
    pickup_expiring_hours: int = 48

    def calendar_of(self, carrier: str | None) -> Calendar:
        """The carrier's own working days, else the shop's."""
        return self.carrier_calendars.get(_plain(carrier), self.calendar)


@dataclass(frozen=True, slots=True)
class ParcelContext:
    """What beside its events bears on a parcel. `told` is the latest delivery moment that the shopper was told."""

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


@dataclass(frozen=True, slots=True)
class ShipmentState:
    """A parcel as of one moment.

    `bearing` is the event that the status comes from, `since` when the parcel first came into this status in a row.
    `eta` is the carrier's expectation while it is not in the past; `was_expected` the one that has passed.
    `previous_eta` is what the shopper believed before the revision. Days are business days."""

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

    @property
    def is_open(self) -> bool:
        """True while something can still happen to the parcel."""
        return self.status not in _CLOSED

    def has(self, flag: ShipmentFlag) -> bool:
        """True when the flag is set."""
        return flag in self.flags


def event_order(event: TrackingEvent) -> tuple[datetime, int, datetime, int, str, str]:
    """Sort key: the carrier's time, then the provider's sequence, then when the provider told us; never our own.

    Where all of these tie, the less advanced status comes first, so that the order of a file does not matter."""
    received = event.received_at or datetime.min.replace(tzinfo=UTC)
    return (event.at, event.sequence or 0, received, _RANK[event.code], event.raw_code, event.place.city or "")


def unique(events: Iterable[TrackingEvent]) -> list[TrackingEvent]:
    """The events in order, each scan once: same time, same code and same city is the same scan."""
    seen: dict[tuple[datetime, str, str], TrackingEvent] = {}
    for event in sorted(events, key=event_order):
        seen.setdefault((event.at, event.raw_code, event.place.city or ""), event)
    return list(seen.values())


def is_scan(event: TrackingEvent) -> bool:
    """True when somebody had the parcel in hand; a label, an estimate or a verdict is no scan."""
    return not event.is_informational and event.code not in _NOT_SCANS


def status_run(events: Iterable[TrackingEvent]) -> list[TrackingEvent]:
    """The status-bearing events of the present status in a row, oldest first; the last one is where it comes from."""
    run: list[TrackingEvent] = []
    scanned = False
    for event in unique(events):
        if event.is_informational or (scanned and event.code is Status.LABEL_CREATED):
            continue
        scanned = scanned or is_scan(event)
        if not run or _replaces(event, run[-1]):
            run = [*run, event] if run and run[-1].code is event.code else [event]
    return run


def _replaces(event: TrackingEvent, current: TrackingEvent) -> bool:
    """True when a later event takes the place of the one that the status came from so far."""
    if current.code is Status.DELIVERED:
        return _revokes_delivery(event, current)
    if current.code in _STICKY:
        return event.code in (Status.DELIVERED, current.code)
    return True


def _revokes_delivery(event: TrackingEvent, delivered: TrackingEvent) -> bool:
    if event.code in (Status.RETURNING, Status.DELIVERED) or _plain(event.reason) in _CORRECTIONS:
        return True
    return event.code in _AFTER_DELIVERY and event.at - delivered.at >= _ONE_HOUR


def derive(
    events: Sequence[TrackingEvent], now: datetime, cfg: DeriveConfig, context: ParcelContext | None = None
) -> ShipmentState:
    """What is true of a parcel at `now`. No events means a label that no carrier has scanned."""
    context = context or ParcelContext()
    run = status_run(events)
    status = run[-1].code if run else Status.LABEL_CREATED
    scan = next((event for event in reversed(unique(events)) if is_scan(event)), None)
    calendar = cfg.calendar_of(context.carrier)
    quiet = full_days_passed(scan.at, now, context.tz, calendar) if scan else 0
    labelled = context.shipped_at or (run[0].at if run else None)
    state = ShipmentState(
        status=status,
        flags=frozenset(),
        bearing=run[-1] if run else None,
        last_scan=scan,
        delivered_at=run[-1].at if run and status is Status.DELIVERED else None,
        since=run[0].at if run else context.shipped_at,
        quiet_days=quiet,
        stalled_after=stall_limit(status, cfg, context),
        unscanned_days=_unscanned_days(labelled, now, context.tz, calendar),
        eta=context.eta if context.eta and not _is_past(context.eta.max, now, context.tz) else None,
        was_expected=context.eta.max if context.eta and _is_past(context.eta.max, now, context.tz) else None,
        previous_eta=_previous_eta(context),
    )
    return _flagged(state, now, cfg, context, labelled)


def _flagged(
    state: ShipmentState, now: datetime, cfg: DeriveConfig, context: ParcelContext, labelled: datetime | None
) -> ShipmentState:
    flags = set(_reason_flags(state.bearing))
    stalled = state.status in _MOVING and state.last_scan is not None and state.quiet_days >= state.stalled_after
    late = state.is_open and _is_late(now, context)
    unscanned = state.status is Status.LABEL_CREATED and state.last_scan is None
    conditions: dict[Flag, bool] = {
        Flag.STALLED: stalled,
        Flag.LATE: late,
        Flag.ETA_REVISED: state.is_open and _is_revised_later(context),
        Flag.NO_CARRIER_DATA: unscanned and (labelled is None or state.unscanned_days >= cfg.unscanned_days),
        Flag.VOIDED_LABEL: state.status is Status.CANCELLED,
        Flag.DUTY_DUE: state.status is Status.CUSTOMS and context.duty is not None and context.duty.amount is not None,
        Flag.PRESUMED_LOST: stalled and state.quiet_days >= 2 * state.stalled_after and _is_long_overdue(now, context),
    }
    flags |= {flag for flag, holds in conditions.items() if holds}
    return replace(state, flags=frozenset(flags))


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


def _reason_flags(bearing: TrackingEvent | None) -> Iterable[Flag]:
    if bearing is None or bearing.code not in (Status.EXCEPTION, Status.ATTEMPTED, Status.CUSTOMS):
        return
    reason = _plain(bearing.reason).replace(" ", "_").replace("-", "_")
    yield from (flag for word, flag in _REASON_WORDS.items() if word in reason)


def stall_limit(status: ShipmentStatus, cfg: DeriveConfig, context: ParcelContext) -> int:
    """After how many business days without a scan this parcel counts as stalled."""
    service = service_class(context.carrier, context.service)
    carrier = _plain(context.carrier) or "*"
    for key in _keys(carrier, service, context.lane):
        if key in cfg.stalled_after:
            return max(1, cfg.stalled_after[key])
    if status is Status.CUSTOMS:
        return cfg.customs_days
    if context.lane == "cross_border":
        return cfg.cross_border_days
    return {"express": cfg.express_days, "ground": cfg.ground_days, "economy": cfg.economy_days}[service]


def _keys(carrier: str, service: Service, lane: Lane) -> Iterable[str]:
    for first in (carrier, "*"):
        for second in (service, "*"):
            for third in (lane, "*"):
                yield f"{first}/{second}/{third}"


def service_class(carrier: str | None, service: str | None) -> Service:
    """How fast a carrier's service is meant to be; post offices are economy unless the service says express."""
    name = _plain(service)
    if any(word in name for word in _EXPRESS):
        return "express"
    if any(word in name for word in _ECONOMY) or _plain(carrier).replace(" ", "_") in _POSTAL_CARRIERS:
        return "economy"
    return "ground"


def _unscanned_days(labelled: datetime | None, now: datetime, tz: str, calendar: Calendar) -> int:
    if labelled is None:
        return 0
    return days_passed(local_day(labelled, tz), local_day(now, tz), calendar)


def _is_past(moment: Moment | None, now: datetime, tz: str) -> bool:
    return moment is not None and end_of(moment, tz) < now


def _is_late(now: datetime, context: ParcelContext) -> bool:
    """The promised day is over where the parcel goes, or the carrier expects a later day."""
    promised = _day(context.promised.max if context.promised else None, context.tz)
    if promised is None:
        return False
    expected = _day(context.eta.max if context.eta else None, context.tz)
    return local_day(now, context.tz) > promised or (expected is not None and expected > promised)


def _is_long_overdue(now: datetime, context: ParcelContext) -> bool:
    promised = _day(context.promised.max if context.promised else None, context.tz)
    return promised is not None and local_day(now, context.tz) - promised >= _LONG_OVERDUE


def _previous_eta(context: ParcelContext) -> Moment | None:
    """What the shopper last heard; failing that, what the carrier expected before its latest revision."""
    if context.told is not None:
        return context.told
    revisions = context.eta.revisions if context.eta else ()
    return revisions[-1].was if revisions else None


def _is_revised_later(context: ParcelContext) -> bool:
    if context.eta is None:
        return False
    revisions = context.eta.revisions
    expected = (revisions[-1].becomes if revisions else None) or context.eta.max
    before, after = _day(_previous_eta(context), context.tz), _day(expected, context.tz)
    return before is not None and after is not None and (after - before).days >= 1


def _day(moment: Moment | None, tz: str) -> date | None:
    return None if moment is None else local_day(moment, tz)


def _plain(text: str | None) -> str:
    return (text or "").strip().lower()


def context_of(
    order: OrderSnapshot, shipment: Shipment, cfg: DeriveConfig, told: Moment | None = None
) -> ParcelContext:
    """What the order knows about one of its parcels."""
    return ParcelContext(
        tz=order.tz,
        carrier=shipment.carrier,
        service=shipment.service,
        lane=_lane(order, shipment, cfg),
        shipped_at=shipment.shipped_at,
        promised=order.promised,
        eta=shipment.eta,
        told=told,
        duty=shipment.duty,
        pickup=shipment.pickup,
    )


def _lane(order: OrderSnapshot, shipment: Shipment, cfg: DeriveConfig) -> Lane:
    """Across a border when origin and destination differ, or when scans name several countries or customs."""
    countries = {country_code(event.place.country) for event in shipment.events} | {country_code(cfg.origin_country)}
    countries |= {country_code(order.ship_to.country)}
    crossed = any(event.code is Status.CUSTOMS for event in shipment.events)
    return "cross_border" if crossed or len(countries - {None}) > 1 else "domestic"


def derive_shipment(
    order: OrderSnapshot, shipment: Shipment, now: datetime, cfg: DeriveConfig, told: Moment | None = None
) -> ShipmentState:
    """What is true of this parcel of this order at `now`."""
    return derive(shipment.events, now, cfg, context_of(order, shipment, cfg, told))


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
    return 20 + _RANK[state.status]


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
