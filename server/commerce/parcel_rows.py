"""Rows 10 to 27 of the decision table, and row 30 for a parcel whose state we do not understand.

Each rule looks at one parcel and its derived state; the parcel's status leads to its rules, so the first that holds is
the first of the table. The exceptions are stated where they are made: customs keep their own row when they are slow,
and a van that did not come by noon of the next day is treated as a failed attempt or as silence. Pure.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time

from server.commerce.business import add_days, full_days_passed, local, local_day
from server.commerce.derive import MOVING, ShipmentState, is_expiring
from server.commerce.model import (
    Attempt,
    Moment,
    Money,
    OrderSnapshot,
    Place,
    Shipment,
    ShipmentFlag,
    ShipmentStatus,
    TrackingEvent,
)
from server.commerce.order_rows import add_promise, add_refund, newest_refund
from server.commerce.rows import Escalation, FactList, RowResult, Signals, WismoConfig, has_passed

Flag = ShipmentFlag
Status = ShipmentStatus
_UNDERWAY = MOVING | {Status.OUT_FOR_DELIVERY}


@dataclass(frozen=True, slots=True)
class Parcel:
    """One parcel with everything its rows look at."""

    order: OrderSnapshot
    shipment: Shipment
    state: ShipmentState
    now: datetime
    cfg: WismoConfig
    signals: Signals
    not_received: bool = False
    parcels_coming: int = 0

    def facts(self) -> FactList:
        """A list of facts about this parcel, beginning with what it is called."""
        source = f"{self.order.source}:orders/{self.order.id}/shipments/{self.shipment.id}"
        facts = FactList(source, self.shipment.feed_as_of or self.order.as_of, self.order.tz)
        facts.add("carrier", "carrier", self.shipment.carrier)
        facts.add("tracking_number", "tracking_number", self.shipment.tracking_number)
        return facts.add("tracking_url", "url", self.shipment.tracking_url)

    def result(self, row: int, facts: FactList, offers: str, escalate: Iterable[Escalation | None] = ()) -> RowResult:
        """The row for this parcel; where the carrier could not be read for long, it says since when."""
        if self.state.is_unheard:
            facts.moment("feed_read", self.shipment.feed_as_of)
        return RowResult(
            row=row,
            shipment_id=self.shipment.id,
            facts=facts.done(),
            offers=tuple(offers.split()),
            escalate=tuple(each for each in escalate if each is not None),
            line_ids=tuple(dict.fromkeys(line.line_id for line in self.shipment.lines)),
        )

    @property
    def value(self) -> Money:
        """What the pieces in it cost; the whole order where the parcel does not list its lines."""
        lines = [(self.order.line(each.line_id), each.quantity) for each in self.shipment.lines]
        worth = sum(line.unit_price.amount_minor * quantity for line, quantity in lines if line is not None)
        return Money(worth if lines else self.order.totals.total.amount_minor, self.order.currency)

    @property
    def is_past_promise(self) -> bool:
        """True when the promised day is over at the destination."""
        promised = self.order.promised
        return promised is not None and has_passed(promised.max, self.now, self.order.tz)

    def expensive(self) -> Escalation | None:
        """Above the shop's threshold a person decides."""
        above = self.value.amount_minor > self.cfg.value_threshold_minor
        return Escalation("over_limit", "parcel is worth more than the threshold") if above else None


def parcel_row(parcel: Parcel) -> RowResult:
    """The first row of the table that holds for this parcel."""
    if parcel.state.has(Flag.PRESUMED_LOST):
        return _lost(parcel)
    if parcel.state.is_unheard and parcel.state.status in _UNDERWAY:
        return _unheard(parcel)
    return _BY_STATUS[parcel.state.status](parcel)


def _when(condition: bool, reason: str, why: str) -> Escalation | None:
    return Escalation(reason, why) if condition else None


def _unheard(parcel: Parcel) -> RowResult:
    """Row 12 without a verdict: nobody can say what became of it since the carrier was last read."""
    unread = Escalation("unreadable", "the carrier could not be read for long", "task")
    late = _when(parcel.is_past_promise, "unreadable", "promised day over, and the carrier cannot be read")
    return parcel.result(12, _journey(parcel), "track notify", [unread, late])


def _label(parcel: Parcel) -> RowResult:
    """Rows 10 and 11: a label, and nobody scanned the parcel yet."""
    state, cfg = parcel.state, parcel.cfg
    facts = add_promise(parcel.facts().day("label_at", parcel.shipment.shipped_at or state.since), parcel.order)
    is_dated = (parcel.shipment.shipped_at or state.since) is not None
    if is_dated and state.unscanned_days < cfg.derive.unscanned_days:
        return parcel.result(10, facts.add("first_scan_days", "count", cfg.first_scan_days), "notify")
    facts.add("unscanned_days", "count", state.unscanned_days or None)
    query = Escalation("failed", "no carrier scan: ask the warehouse", "task")
    long = state.unscanned_days >= cfg.unscanned_person_days
    person = _when(long, "failed", f"no carrier scan for {state.unscanned_days} business days")
    return parcel.result(11, facts, "reship refund notify", [query, person])


def _moving(parcel: Parcel) -> RowResult:
    """Rows 12 to 15: on its way as planned, later than told, or silent."""
    state = parcel.state
    if state.has(Flag.ETA_REVISED) and (state.eta is not None or not state.has(Flag.STALLED)):
        return _revised(parcel)
    if state.has(Flag.STALLED):
        return _silent(parcel)
    if state.has(Flag.LATE):
        return _revised(parcel)
    facts = _journey(parcel)
    if state.quiet_days:
        facts.add("quiet_days", "count", state.quiet_days).add("usual_days", "count", state.stalled_after)
    return parcel.result(12, facts, "track notify")


def _revised(parcel: Parcel) -> RowResult:
    """Row 13: a new date, and which one it replaces; also a moving parcel whose promised day has passed."""
    promised = parcel.order.promised.max if parcel.order.promised else None
    old = parcel.state.previous_eta or promised
    facts = _journey(parcel).moment("old", old if _is_another_day(parcel, old) else None)
    facts.add("reason", "text", _reason(parcel.state.bearing))
    facts.add("delay", "status", None if parcel.is_past_promise else _said_by_carrier(parcel, Flag.LATE))
    urgent = parcel.signals.is_vip or bool(parcel.cfg.urgent_tags & _tags(parcel))
    offers = "track notify goodwill" if parcel.is_past_promise else "track notify"
    return parcel.result(13, facts, offers, [_when(urgent, "vip", "new date on an urgent or VIP order")])


def _is_another_day(parcel: Parcel, old: Moment | None) -> bool:
    """Whether the carrier expects it on another day than the one that it replaces; the day last told may be the new one."""
    eta = parcel.state.eta.max or parcel.state.eta.min if parcel.state.eta is not None else None
    if parcel.state.eta is None or old is None:
        return False
    return eta is None or local_day(eta, parcel.order.tz) != local_day(old, parcel.order.tz)


def _said_by_carrier(parcel: Parcel, flag: ShipmentFlag) -> str | None:
    """ "carrier" where it is the carrier that says so."""
    bearing = parcel.state.bearing
    return "carrier" if bearing is not None and flag in bearing.flags else None


def _tags(parcel: Parcel) -> set[str]:
    return {*parcel.order.tags, *(tag for line in parcel.order.lines for tag in line.tags)}


def _silent(parcel: Parcel) -> RowResult:
    """Rows 14 and 15: nobody scanned it for days; in time still, or late already."""
    state = parcel.state
    facts = _journey(parcel).add("quiet_days", "count", state.quiet_days or None)
    facts.add("held", "status", _said_by_carrier(parcel, Flag.STALLED))
    if not parcel.is_past_promise:
        twice = _when(state.quiet_days >= 2 * state.stalled_after, "failed", "silent for twice the limit")
        return parcel.result(14, facts, "trace notify", [twice])
    answer_by = _trace_answer_by(parcel)
    facts.day("trace_answer_by", answer_by)
    unanswered = answer_by is not None and has_passed(answer_by, parcel.now, parcel.order.tz)
    offers = "trace notify" if answer_by is None else "notify"
    if state.quiet_days >= parcel.cfg.lost_after_days:
        offers += " reship refund"
    return parcel.result(15, facts, offers, [_when(unanswered, "failed", "trace unanswered"), parcel.expensive()])


def _trace_answer_by(parcel: Parcel) -> date | None:
    opened = parcel.signals.trace_opened_at
    if opened is None:
        return None
    calendar = parcel.cfg.derive.calendar_of(parcel.shipment.carrier)
    return add_days(local_day(opened, parcel.order.tz), parcel.cfg.trace_days, calendar)


def _journey(parcel: Parcel) -> FactList:
    """Where it was last seen, and when it is expected: of several sources, what the carrier says and still may come."""
    state = parcel.state
    facts = parcel.facts()
    scan = state.last_scan or state.bearing
    if scan is not None:
        facts.add("last_event", "status", scan.code.value)
        facts.moment("last_at", scan.at, is_date_only=scan.is_date_only)
        facts.add("last_city", "place", _city(scan.place))
    facts.eta("eta", state.eta).moment("was_expected", state.was_expected)
    return add_promise(facts, parcel.order)


def _city(place: Place) -> Place | None:
    return Place(place.city, place.region, place.country) if place.city else None


def _customs(parcel: Parcel) -> RowResult:
    """Row 16: with customs, also when they are slow: nobody scans there, so silence is not news."""
    state, duty = parcel.state, parcel.shipment.duty
    facts = _since(parcel, "customs_since")
    if duty is not None:
        facts.add("duty_amount", "amount", duty.amount).add("duty_url", "url", duty.url)
        facts.add("documents", "status", "wanted" if duty.documents_requested else None)
    facts.add("duty", "status", "due" if state.has(Flag.DUTY_DUE) else None)
    facts.add("last_city", "place", _city(state.bearing.place) if state.bearing else None).eta("eta", state.eta)
    add_promise(facts, parcel.order)
    since = state.since or parcel.now
    calendar = parcel.cfg.derive.calendar_of(parcel.shipment.carrier)
    days = full_days_passed(since, parcel.now, parcel.order.tz, calendar)
    slow = days > parcel.cfg.derive.customs_days or state.has(Flag.STALLED)
    escalate = [
        _when(slow, "failed", f"with customs for {days} business days"),
        _when(duty is not None and duty.documents_requested, "policy_exception", "customs ask for documents"),
        _when(_charged_though_prepaid(parcel), "policy_exception", "duty charged on a duty-paid order"),
    ]
    return parcel.result(16, facts, "pay_duty send_documents notify", escalate)


def _charged_though_prepaid(parcel: Parcel) -> bool:
    duty = parcel.shipment.duty
    return duty is not None and duty.is_prepaid and duty.amount is not None and duty.amount.amount_minor > 0


def _exception(parcel: Parcel) -> RowResult:
    """Rows 17 and 18: the carrier met a problem; with the address, or with something else."""
    state = parcel.state
    if state.has(Flag.ADDRESS_PROBLEM):
        return _address_problem(parcel)
    facts = _since(parcel, "since").add("reason", "text", _reason(state.bearing))
    facts.add("last_city", "place", _city(state.bearing.place) if state.bearing else None)
    facts.eta("eta", state.eta).moment("was_expected", state.was_expected)
    silent = state.bearing is not None and parcel.now - state.bearing.at > parcel.cfg.exception_limit
    return parcel.result(18, facts, "notify track", [_when(silent, "failed", "no new scan since the exception")])


def _address_problem(parcel: Parcel) -> RowResult:
    ship_to, bearing = parcel.order.ship_to, parcel.state.bearing
    facts = _since(parcel, "since").add("address_city", "place", ship_to.city).add("address_zip", "text", ship_to.zip)
    spoken = f"{bearing.reason or ''} {bearing.text or ''}".lower() if bearing else ""
    escalate = [
        _when("return" in spoken, "failed", "carrier has begun to send it back"),
        _when(parcel.signals.address_differs, "policy_exception", "carrier's address differs from the order's"),
    ]
    return parcel.result(17, facts, "change_address hold_at_pickup", escalate)


def _damaged(parcel: Parcel) -> RowResult:
    """Row 19: the carrier reported damage."""
    return parcel.result(19, _since(parcel, "since"), "reship refund", [parcel.expensive()])


def _out_for_delivery(parcel: Parcel) -> RowResult:
    """Row 20: on the vehicle; after noon of the next day it is rows 21, 14 or 15 instead."""
    state, tz = parcel.state, parcel.order.tz
    left = state.bearing.at if state.bearing else parcel.now
    here = local(parcel.now, tz)
    days = (here.date() - local_day(left, tz)).days
    if days > 1 or (days == 1 and here.time() >= time(12)):
        return _attempted(parcel) if parcel.shipment.attempts else _silent(parcel)
    facts = _since(parcel, "since").eta("eta", state.eta)
    facts.add("last_city", "place", _city(state.bearing.place) if state.bearing else None)
    return parcel.result(20, facts, "safe_place track notify")


def _attempted(parcel: Parcel) -> RowResult:
    """Row 21: they came and could not deliver."""
    state, shipment = parcel.state, parcel.shipment
    scans = [event for event in shipment.events if event.code is Status.ATTEMPTED]
    number = max(_failed(scans, parcel.order.tz), len(shipment.attempts), 1)
    last = shipment.attempts[-1] if shipment.attempts else Attempt()
    scan = scans[-1] if scans else state.bearing
    at = scan.at if scan is not None else last.at
    facts = parcel.facts().add("attempt_number", "count", number)
    facts.moment("attempted_at", at or parcel.order.as_of, is_date_only=scan is not None and scan.is_date_only)
    facts.add("reason", "text", (last.reason or "").replace("_", " ") or _reason(scan)).moment("next_at", last.next_on)
    if shipment.pickup is not None:
        facts.add("pickup_place", "place", shipment.pickup.place).moment("pickup_until", shipment.pickup.until)
    final = _when(last.is_final or number >= 2, "failed", f"attempt {number}: it may go back")
    return parcel.result(21, facts, "reschedule hold_at_pickup change_address", [final])


def _failed(scans: Sequence[TrackingEvent], tz: str) -> int:
    """How many attempts failed: shop and carrier both tell of the same one, each in its own words."""
    by_source = Counter(scan.source for scan in scans)
    return max(len({local_day(scan.at, tz) for scan in scans}), *by_source.values(), 0)


def _pickup(parcel: Parcel) -> RowResult:
    """Row 22: waiting to be collected. The code stays with the shop; it is never a fact."""
    pickup, cfg, tz = parcel.shipment.pickup, parcel.cfg, parcel.order.tz
    facts = _since(parcel, "since")
    if pickup is not None:
        facts.add("pickup_place", "place", pickup.place).add("pickup_hours", "text", pickup.hours)
        facts.moment("pickup_until", pickup.until)
    over = pickup is not None and has_passed(pickup.until, parcel.now, tz)
    soon = is_expiring(parcel.shipment, parcel.now, cfg.derive, tz)
    remind = Escalation("failed", "goes back soon unless collected", "reminder") if soon and not over else None
    missed = _when(over, "failed", "time to collect is over, and no scan since")
    return parcel.result(
        22, facts, "extend_hold" if over else "directions extend_hold collect_by_other", [remind, missed]
    )


def _delivered(parcel: Parcel) -> RowResult:
    """Rows 23 and 24: delivered; the shopper just asks, or says that it is not there."""
    facts, pod = parcel.facts(), parcel.shipment.pod
    bearing = parcel.state.bearing
    date_only = bearing is not None and bearing.is_date_only
    delivered_at = parcel.state.delivered_at or parcel.order.as_of
    facts.moment("delivered_at", delivered_at, is_date_only=date_only)
    if pod is not None:
        facts.add("pod_place", "place", pod.place).add("signed_by", "person", short_name(pod.signed_by))
    if not parcel.not_received:
        return parcel.result(23, facts, "report_problem start_return")
    return _not_received(parcel, facts, delivered_at)


def _not_received(parcel: Parcel, facts: FactList, delivered_at: datetime) -> RowResult:
    signals = parcel.signals
    wait_until = delivered_at + parcel.cfg.early_scan_wait
    waiting = parcel.now < wait_until
    facts.moment("wait_until", wait_until if waiting else None)
    facts.add("parcels_coming", "count", parcel.parcels_coming or None)
    escalate = [
        parcel.expensive(),
        _when(signals.not_received_claims_12m >= 1, "policy_exception", "second not-received claim in 12 months"),
        _when(signals.has_gps_mismatch, "policy_exception", "proof of delivery is from another place"),
        _when(signals.mentions_police, "safety", "theft or police mentioned"),
        _when(signals.is_upset, "distress", "shopper is upset about a parcel marked delivered"),
    ]
    return parcel.result(24, facts, "wait trace" if waiting else "claim trace reship refund", escalate)


def _returning(parcel: Parcel) -> RowResult:
    """Row 25: on its way back to the shop."""
    state = parcel.state
    facts = _since(parcel, "since").add("reason", "text", _reason(state.bearing))
    facts.moment("expected_back_on", parcel.shipment.expected_back_on)
    days = (local_day(parcel.now, parcel.order.tz) - local_day(state.since or parcel.now, parcel.order.tz)).days
    long = _when(days >= parcel.cfg.returning_calendar_days, "failed", f"on its way back for {days} days")
    return parcel.result(25, facts, "reship change_address refund", [long])


def _returned(parcel: Parcel) -> RowResult:
    """Row 26: back at the shop; the shopper chooses."""
    facts = add_refund(_since(parcel, "returned_at"), parcel.order, parcel.cfg)
    days = (local_day(parcel.now, parcel.order.tz) - local_day(parcel.state.since or parcel.now, parcel.order.tz)).days
    undecided = days >= parcel.cfg.choice_calendar_days and newest_refund(parcel.order) is None
    remind = Escalation("failed", f"no choice for {days} days", "reminder") if undecided else None
    return parcel.result(26, facts, "reship refund", [remind])


def _lost(parcel: Parcel) -> RowResult:
    """Row 27: the carrier confirms the loss, or we presume it; presuming needs a person."""
    state = parcel.state
    presumed = state.status is not Status.LOST
    facts = parcel.facts().add("loss", "status", "presumed" if presumed else "confirmed")
    if presumed:
        facts.add("quiet_days", "count", state.quiet_days)
    elif state.bearing is not None:
        facts.moment("lost_at", state.bearing.at, is_date_only=state.bearing.is_date_only)
    if state.last_scan is not None:
        facts.moment("last_at", state.last_scan.at, is_date_only=state.last_scan.is_date_only)
    escalate = [
        _when(presumed, "policy_exception", "loss is presumed, not confirmed"),
        _when(parcel.signals.out_of_stock, "policy_exception", "nothing in stock to send again"),
        parcel.expensive(),
        _when(parcel.signals.losses_12m >= 1, "policy_exception", "second loss for this customer"),
    ]
    return parcel.result(27, facts, "refund" if parcel.signals.out_of_stock else "reship refund", escalate)


def _unknown(parcel: Parcel) -> RowResult:
    """Row 30: the carrier says something that we do not understand."""
    facts = parcel.facts().moment("last_read", parcel.shipment.feed_as_of or parcel.order.as_of)
    why = f"carrier status {parcel.state.bearing.raw_code!r}" if parcel.state.bearing else "no carrier status"
    return parcel.result(30, facts, "call_back human", [Escalation("unreadable", why)])


_BY_STATUS: Mapping[ShipmentStatus, Callable[[Parcel], RowResult]] = {
    Status.LABEL_CREATED: _label,
    Status.PICKED_UP: _moving,
    Status.IN_TRANSIT: _moving,
    Status.CUSTOMS: _customs,
    Status.OUT_FOR_DELIVERY: _out_for_delivery,
    Status.ATTEMPTED: _attempted,
    Status.AVAILABLE_FOR_PICKUP: _pickup,
    Status.DELIVERED: _delivered,
    Status.EXCEPTION: _exception,
    Status.RETURNING: _returning,
    Status.RETURNED: _returned,
    Status.LOST: _lost,
    Status.DAMAGED: _damaged,
    Status.CANCELLED: _unknown,
    Status.UNKNOWN: _unknown,
}


def _since(parcel: Parcel, key: str) -> FactList:
    """Facts that begin with when the parcel came into its present status."""
    bearing = parcel.state.bearing
    at = parcel.state.since or parcel.order.as_of
    return parcel.facts().moment(key, at, is_date_only=bearing is not None and bearing.is_date_only)


def _reason(event: TrackingEvent | None) -> str | None:
    """The carrier's reason in plain words, if it gave one."""
    if event is None:
        return None
    return (event.reason or "").replace("_", " ").strip() or None


def short_name(name: str | None) -> str | None:
    """A first name and an initial: "Ana Maria Souza" -> "Ana S."; enough to recognise, too little to pass on."""
    words = (name or "").split()
    if len(words) < 2:
        return words[0] if words else None
    return f"{words[0]} {words[-1][0]}."
