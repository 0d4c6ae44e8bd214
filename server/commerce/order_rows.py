"""Rows 1 to 9, 29 and 30 of the decision table: what is said while something has not left the warehouse.

The first row whose condition holds wins, in the order of the table. A hold is answered without its cause where the
cause is a check of the buyer; what we do not understand is row 30 and a person, never a guess. Pure.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from server.commerce import work
from server.commerce.business import add_days, end_of, local_day
from server.commerce.model import (
    Fact,
    FulfilmentOrder,
    FulfilmentPhase,
    Hold,
    HoldReason,
    Line,
    Moment,
    OrderSnapshot,
    PaymentState,
    Refund,
    RefundStatus,
    WorkStatus,
)
from server.commerce.rows import Escalation, FactList, RowResult, Signals, WismoConfig, has_passed

Phase = FulfilmentPhase

_UNPAID = frozenset({PaymentState.PENDING, PaymentState.FAILED, PaymentState.EXPIRED, PaymentState.VOIDED})
_NOT_CLEAR = frozenset({PaymentState.UNKNOWN, PaymentState.REFUNDED})
_CAPTURED = frozenset({PaymentState.PAID, PaymentState.PARTIALLY_PAID, PaymentState.PARTIALLY_REFUNDED})
_WAITING = frozenset({Phase.UNFULFILLED, Phase.SCHEDULED, Phase.PROCESSING, Phase.PARTIALLY_SHIPPED})


@dataclass(frozen=True, slots=True)
class Waiting:
    """The lines of an order that have not left, with everything their rows look at; `work` is the warehouse's."""

    order: OrderSnapshot
    lines: tuple[Line, ...]
    now: datetime
    cfg: WismoConfig
    signals: Signals
    work: tuple[FulfilmentOrder, ...] = ()

    def facts(self) -> FactList:
        """An empty list of facts about this order."""
        return FactList(f"{self.order.source}:orders/{self.order.id}", self.order.as_of, self.order.tz)

    def result(
        self, row: int, facts: FactList | tuple[Fact, ...], offers: str, escalate: Iterable[Escalation | None] = ()
    ) -> RowResult:
        """The row for these lines."""
        return RowResult(
            row=row,
            shipment_id=None,
            facts=facts.done() if isinstance(facts, FactList) else facts,
            offers=tuple(offers.split()),
            escalate=tuple(each for each in escalate if each is not None),
            line_ids=tuple(line.id for line in self.lines),
        )

    @property
    def phase(self) -> FulfilmentPhase:
        """How far these lines are."""
        return work.phase_of(self.order, self.work)

    @property
    def reasons(self) -> tuple[Hold, ...]:
        """Everything that these lines wait for."""
        return work.holds_of(self.order, self.work)

    def holds(self, *reasons: HoldReason) -> bool:
        """True when they wait for one of these."""
        return any(hold.reason in reasons for hold in self.reasons)

    def held_since(self, reason: HoldReason) -> datetime | None:
        """Since when they wait for it."""
        return next((hold.since for hold in self.reasons if hold.reason is reason), None)

    @property
    def fulfil_at(self) -> Moment | None:
        """When it is planned to leave, the last part of it: what the warehouse plans, else what the shop does."""
        planned = [each.fulfil_at for each in self.work if each.status is WorkStatus.SCHEDULED]
        known = [moment for moment in planned if moment is not None]
        return max(known, key=self._end) if known else self.order.fulfil_at

    @property
    def fulfil_by(self) -> Moment | None:
        """By when the first part of it must leave."""
        known = [each.fulfil_by for each in self.work if each.fulfil_by is not None]
        return min(known, key=self._end) if known else self.order.fulfil_by

    def _end(self, moment: Moment) -> datetime:
        return end_of(moment, self.order.tz)

    def with_items(self, facts: FactList, lines: Sequence[Line] | None = None) -> FactList:
        """What it is about, and how many pieces of it have not left."""
        about = self.lines if lines is None else lines
        facts.add("items", "product", titles(about))
        return facts.add("item_count", "count", sum(work.pieces(line, self.work) for line in about))

    def recall_problem(self) -> Escalation | None:
        """The warehouse was asked to give it back, and did not."""
        refused = self.signals.recall_rejected or work.is_recall_refused(self.work)
        return Escalation("failed", "warehouse refused to recall the order") if refused else None


def cancelled(case: Waiting) -> RowResult | None:
    """Row 1: the order is cancelled."""
    order = case.order
    if order.cancelled_at is None:
        return None
    facts = case.facts().day("cancelled_at", order.cancelled_at)
    facts.add("cancel_reason", "text", (order.cancel_reason or "").replace("_", " "))
    facts.add("payment_status", "status", order.payment.status.value)
    add_refund(facts, order, case.cfg)
    overdue = case.now - order.cancelled_at > case.cfg.refund_limit
    problem = _refund_problem(order) if overdue else None
    return case.result(1, facts, "reorder refund_status", [problem])


def unpaid(case: Waiting) -> RowResult | None:
    """Row 2: no completed payment, and nothing has shipped."""
    order = case.order
    if order.parcels or not (order.payment.status in _UNPAID or case.holds(HoldReason.PAYMENT)):
        return None
    facts = case.facts().add("payment_status", "status", order.payment.status.value)
    facts.add("total", "amount", order.totals.total).add("pay_url", "url", order.payment.pay_url)
    proof = Escalation("policy_exception", "shopper shows proof of a charge without a completed payment")
    return case.result(2, facts, "pay_link cancel", [proof if case.signals.shows_proof_of_charge else None])


def unclear_payment(case: Waiting) -> RowResult | None:
    """Row 30: the payment's state is not known, or all was refunded and yet the order stands."""
    if case.order.payment.status not in _NOT_CLEAR:
        return None
    return unclear(case, f"payment is {case.order.payment.status.value} on an order that is not cancelled")


def address_hold(case: Waiting) -> RowResult | None:
    """Row 3: the warehouse waits for a corrected address."""
    if not case.holds(HoldReason.ADDRESS):
        return None
    since = case.held_since(HoldReason.ADDRESS)
    overdue = since is not None and case.now - since > case.cfg.address_hold_limit
    late = Escalation("failed", "address hold not fixed in time")
    return case.result(3, case.facts().day("hold_since", since), "change_address", [late if overdue else None])


def routine_check(case: Waiting) -> RowResult | None:
    """Row 4: a routine check runs. How long it takes is all that may be said."""
    if not case.holds(HoldReason.FRAUD_REVIEW):
        return None
    sla = case.order.hold_sla or case.cfg.hold_sla
    since = case.held_since(HoldReason.FRAUD_REVIEW) or case.order.placed_at
    late = Escalation("failed", "check takes longer than usual") if case.now - since > sla else None
    upset = Escalation("distress", "shopper is upset about the check") if case.signals.is_upset else None
    hours = max(1, round(sla / timedelta(hours=1)))
    facts = FactList(case.order.source, case.order.as_of, case.order.tz).add("hold_sla", "count", hours)
    return case.result(4, facts, "wait notify", [late, upset])


def back_ordered(case: Waiting) -> RowResult | None:
    """Row 5: something is out of stock; it says when it is expected, if that is known."""
    backordered = tuple(line for line in case.lines if line.is_backorder)
    if not backordered and not case.holds(HoldReason.OUT_OF_STOCK):
        return None
    affected = backordered or case.lines
    dates = [line.backorder_expected_on for line in affected if line.backorder_expected_on is not None]
    expected = max(dates, key=lambda moment: end_of(moment, case.order.tz)) if len(dates) == len(affected) else None
    facts = case.with_items(case.facts(), affected).day("expected_on", expected)
    others = [line for line in case.lines if line not in affected]
    facts.add("other_items", "product", titles(others) if others else None)
    facts.add("other_state", "status", case.phase.value if others else None)
    return case.result(5, facts, "wait split_ship swap cancel refund", [_stock_problem(expected, case)])


def _stock_problem(expected: Moment | None, case: Waiting) -> Escalation | None:
    if expected is None:
        return Escalation("policy_exception", "back-ordered without a known date")
    passed = has_passed(expected, case.now, case.order.tz)
    return Escalation("failed", "back-order date has passed") if passed else None


def scheduled(case: Waiting) -> RowResult | None:
    """Row 6: a pre-order or a planned shipment; nothing is late."""
    order = case.order
    releases = [line.preorder_release_on for line in case.lines if line.preorder_release_on is not None]
    ahead = [moment for moment in releases if not has_passed(moment, case.now, order.tz)]
    if not ahead and case.phase is not Phase.SCHEDULED:
        return None
    ships_on = max(ahead, key=lambda moment: end_of(moment, order.tz)) if ahead else case.fulfil_at
    slipped = Escalation("failed", "release date slipped") if has_passed(ships_on, case.now, order.tz) else None
    facts = case.with_items(case.facts()).day("ships_on", ships_on)
    return case.result(6, facts, "wait cancel", [slipped])


def ship_deadline(case: Waiting) -> Moment | None:
    """By when it should have left: the shop's own date, else the release plus handling, else the promised delivery.

    Without any of these, 30 days after the order: the longest that US mail-order rules allow without notice."""
    order, calendar = case.order, case.cfg.derive.calendar
    if case.fulfil_by is not None:
        return case.fulfil_by
    releases = [line.preorder_release_on for line in case.lines] + [case.fulfil_at]
    known = [local_day(moment, order.tz) for moment in releases if moment is not None]
    if known:
        return add_days(max(known), case.cfg.release_handling_days, calendar)
    if order.promised is not None and order.promised.max is not None:
        return order.promised.max
    return local_day(order.placed_at, order.tz) + timedelta(days=case.cfg.unpromised_ship_calendar_days)


def overdue(case: Waiting) -> RowResult | None:
    """Row 8: it should have left and has not."""
    deadline = ship_deadline(case)
    if case.phase not in _WAITING or not has_passed(deadline, case.now, case.order.tz):
        return None
    assert deadline is not None  # noqa: S101 - only a known moment can have passed
    facts = case.with_items(add_promise(case.facts().day("fulfil_by", deadline), case.order))
    facts.add("warehouse", "status", work.doing(case.work))
    late_days = (local_day(case.now, case.order.tz) - local_day(deadline, case.order.tz)).days
    person = Escalation("failed", f"{late_days} days past the ship date")
    task = Escalation("failed", "ship date missed", "task")
    escalate = [task, person if late_days > case.cfg.missed_ship_calendar_days else None, case.recall_problem()]
    return case.result(8, facts, "cancel refund expedite notify", escalate)


def preparing(case: Waiting) -> RowResult | None:
    """Row 7: being prepared, in time. Also while a moment is left to add to the order.

    Changes are offered only until a warehouse has the job."""
    is_open = case.phase in (Phase.UNFULFILLED, Phase.PARTIALLY_SHIPPED)
    if not is_open and not case.holds(HoldReason.UPSELL_WINDOW):
        return None
    facts = case.with_items(add_promise(case.facts().day("fulfil_by", case.fulfil_by), case.order))
    facts.add("warehouse", "status", work.doing(case.work))
    offers = "notify" if work.is_taken(case.work) else "change_address change_items cancel"
    return case.result(7, facts, offers, [case.recall_problem()])


def picking(case: Waiting) -> RowResult | None:
    """Row 9: the warehouse is packing; changes may come too late, and are too late where it has taken the job."""
    if case.phase is not Phase.PROCESSING:
        return None
    facts = case.with_items(add_promise(case.facts(), case.order)).add("warehouse", "status", work.doing(case.work))
    return case.result(9, facts, "notify" if work.is_taken(case.work) else "cancel", [case.recall_problem()])


def digital(case: Waiting) -> RowResult | None:
    """Row 29: nothing to ship; it went by e-mail."""
    shippable = any(line.requires_shipping for line in case.order.lines)
    if case.order.fulfilment is not Phase.NOT_REQUIRED and (shippable or not case.order.lines):
        return None
    emails = case.order.customer.emails
    facts = case.facts().add("email", "text", masked(emails[0]) if emails else "the e-mail of the order")
    changed = case.signals.email_changed_at
    recently = changed is not None and (case.now - changed).days < case.cfg.email_change_calendar_days
    risk = Escalation("identity", "e-mail changed recently") if recently else None
    return case.result(29, facts, "resend", [risk])


def unclear(case: Waiting, why: str) -> RowResult:
    """Row 30: we cannot see clearly what is true, so a person looks."""
    facts = case.facts().moment("last_read", case.order.as_of)
    facts.add("fulfilment", "status", case.phase.value)
    facts.add("payment_status", "status", case.order.payment.status.value)
    return case.result(30, facts, "call_back human", [Escalation("unreadable", why)])


WHOLE_ORDER: Sequence[Callable[[Waiting], RowResult | None]] = (digital, unpaid, unclear_payment)
"""Rows that are about the order as a whole, whatever its lines are waiting for."""

IN_TABLE_ORDER: Sequence[Callable[[Waiting], RowResult | None]] = (
    address_hold,
    routine_check,
    back_ordered,
    scheduled,
    overdue,
    preparing,
    picking,
)
"""Conditions exclude each other where the order here differs from the table's (29 comes first, 8 before 7)."""


def waiting_rows(case: Waiting) -> list[RowResult]:
    """The first row that holds for lines which have not left; one for each group of lines that waits for its own."""
    whole = _first(WHOLE_ORDER, replace(case, work=work.open_work(case.order, case.lines)))
    if whole is not None:
        return [whole]
    shares = work.shares(case.order, case.lines)
    return [_waiting_row(replace(case, lines=lines, work=works)) for lines, works in shares]


def _waiting_row(case: Waiting) -> RowResult:
    why = f"fulfilment is {case.phase.value}, and no parcel or reason explains it"
    return _first(IN_TABLE_ORDER, case) or unclear(case, why)


def _first(rules: Sequence[Callable[[Waiting], RowResult | None]], case: Waiting) -> RowResult | None:
    return next((result for rule in rules if (result := rule(case)) is not None), None)


def add_refund(facts: FactList, order: OrderSnapshot, cfg: WismoConfig) -> FactList:
    """The newest refund: only `succeeded` is money sent; `pending` is money submitted."""
    refund = newest_refund(order)
    if refund is None:
        return facts
    facts.add("refund_status", "status", refund.status.value).add("refund_amount", "amount", refund.amount)
    facts.add("refund_method", "text", refund.method).day("refund_at", refund.at)
    on_its_way = refund.status in (RefundStatus.PENDING, RefundStatus.SUCCEEDED)
    return facts.add("bank_days", "count", cfg.bank_days if on_its_way and refund.method == "original" else None)


def newest_refund(order: OrderSnapshot) -> Refund | None:
    """The latest refund by time, else by its place in the file."""
    return max(order.refunds, key=lambda refund: refund.at or order.placed_at, default=None)


def _refund_problem(order: OrderSnapshot) -> Escalation | None:
    refund = newest_refund(order)
    if refund is None:
        missing = Escalation("failed", "refund missing after cancellation")
        return missing if order.payment.status in _CAPTURED else None
    healthy = (RefundStatus.PENDING, RefundStatus.SUCCEEDED)
    return (
        None if refund.status in healthy else Escalation("failed", f"refund {refund.status.value} after cancellation")
    )


def add_promise(facts: FactList, order: OrderSnapshot) -> FactList:
    """The delivery that checkout promised, in days."""
    return facts.days("promised", order.promised.min, order.promised.max) if order.promised else facts


def titles(lines: Sequence[Line]) -> str:
    """The titles in one text."""
    return ", ".join(line.title for line in lines)


def masked(email: str) -> str:
    """An e-mail address that its owner recognises and nobody else learns: a***@example.com."""
    name, at, domain = email.partition("@")
    return f"{name[:1]}***{at}{domain}"
