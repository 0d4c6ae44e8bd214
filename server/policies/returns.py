"""May these goods come back, how may it end, and for how much: one pure function over policy, order and request.

Layers are asked in a fixed order: hard blocks; the merchant's fault; the right that the law grants; the shop's own
window; goodwill. A later layer can only give more. A missing fact is asked for or goes to a person; it is never
guessed. Nothing a customer or a model writes reaches this module except as the fields of a `ReturnRequest`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Final

from server.commerce.model import CustomerRecord, Line, OrderSnapshot, Product
from server.policies import approval, facts, totals
from server.policies.decision import (
    FAULTS,
    NOTHING_TO_SEND,
    Decision,
    Detail,
    ExplainKey,
    History,
    LineResult,
    Offer,
    Question,
    Reason,
    RequestLine,
    ReturnRequest,
)
from server.policies.hashing import digest
from server.policies.refunds import bonus, rate
from server.policies.shape import Law, OutcomeKind, OutcomeRule, Outcomes, Policy, Verdict, Zone

OUTCOMES: Final[tuple[OutcomeKind, ...]] = ("exchange", "credit", "refund")
_SEALABLE: Final = frozenset({"hygiene", "sealed_media"})
_SEVERITY: Final[Mapping[Verdict, int]] = {"allow": 0, "review": 1, "deny": 2}


def evaluate(
    policy: Policy,
    order: OrderSnapshot,
    request: ReturnRequest,
    customer: CustomerRecord | None,
    now: datetime,
    products: Mapping[str, Product] | None = None,
    history: History | None = None,
) -> Decision:
    """Decide about a return. `products` by product id; the same arguments always give the same decision.

    That the order is the asker's own is not looked at here: `identity` proves it first."""
    case = _Case(policy, order, request, customer, now, products or {}, history or History())
    results = tuple(result for wish in _by_line(request.lines) for result in case.line(wish))
    return _decision(case, results)


def kindest(decisions: tuple[Decision, ...]) -> Decision:
    """Of decisions under several versions of the policy, the one that gives the customer most.

    A return is judged by the version in force when the order was placed, unless the present one is kinder."""
    return min(decisions, key=lambda one: (_SEVERITY[one.verdict], -_most(one)))


def _most(decision: Decision) -> int:
    return max((total.amount.amount_minor for total in decision.totals), default=0)


def _by_line(wishes: tuple[RequestLine, ...]) -> tuple[RequestLine, ...]:
    """The same line wished for twice is one wish for the sum."""
    merged: dict[str, RequestLine] = {}
    for wish in wishes:
        before = merged.get(wish.line_id)
        merged[wish.line_id] = replace(wish, quantity=before.quantity + wish.quantity) if before else wish
    return tuple(merged.values())


def _decision(case: "_Case", results: tuple[LineResult, ...]) -> Decision:
    verdict = _overall(results)
    whole = totals.totals(case.policy, case.order, case.money, results)
    consent = _approval(case, results, whole, verdict)
    inputs = digest(case.policy.hash, _order_inputs(case.order), case.request, _customer_inputs(case), case.history)
    return Decision(
        verdict=verdict,
        lines=results,
        totals=whole,
        approval=consent.need,
        approval_rules=consent.rules,
        statutory_floor_applied=any(result.is_statutory for result in results),
        zone=case.zone.id if case.zone else "",
        policy_version=case.policy.version,
        policy_hash=case.policy.hash,
        inputs_hash=inputs,
        decision_hash=digest(inputs, results, whole, consent.need),
        decided_at=case.now,
        expires_at=case.now + timedelta(hours=case.policy.approval_times.expires_hours),
    )


def _overall(results: tuple[LineResult, ...]) -> Verdict:
    """Allowed or under review if any line is: a refused line does not take the others with it."""
    verdicts = {result.verdict for result in results}
    if "review" in verdicts:
        return "review"
    return "allow" if "allow" in verdicts else "deny"


def _approval(
    case: "_Case", results: tuple[LineResult, ...], whole: tuple[totals.Total, ...], verdict: Verdict
) -> approval.Approval:
    """Nobody's consent stands between a customer and a right of withdrawal that the law grants everyone."""
    granted = [result for result in results if result.verdict != "deny"]
    if granted and all(result.is_statutory and result.verdict == "allow" for result in granted):
        return approval.Approval("none", ())
    refund = _at_stake(case.request.wished, whole)
    past = case.history
    return approval.needed(
        case.policy,
        approval.Case(
            currency=case.order.currency,
            action="start_return",
            verdict=verdict,
            reason=case.request.lines[0].reason.value if case.request.lines else "",
            zone=case.zone.id if case.zone else "",
            refund=refund,
            sum_refunds_30d=past.sum_refunds_30d_minor + refund,
            refunds_30d=past.refunds_30d,
            complaint_no_30d=past.complaints_30d,
            replacement_no_12m=past.replacements_12m,
            inr_12m=past.inr_12m,
            orders_12m=past.orders_12m,
            abuse_score=past.abuse_score,
            vip=case.is_vip,
            legal_signal=past.has_legal_signal,
            public_post_signal=past.has_public_post_signal,
            chargeback=facts.has_open_dispute(case.order),
            fault=any(wish.reason in FAULTS for wish in case.request.lines),
            statutory=any(result.is_statutory for result in results),
        ),
    )


def _at_stake(wished: OutcomeKind | None, whole: tuple[totals.Total, ...]) -> int:
    """The amount that thresholds look at: of the wished outcome, else the largest."""
    amounts = [one.amount.amount_minor for one in whole if wished is None or one.kind == wished]
    return max(amounts, default=0)


def _order_inputs(order: OrderSnapshot) -> object:
    """What of an order a decision rests on; not when it was read."""
    parcels = [(one.id, one.lines, one.shipped_at, one.delivered_at, one.status) for one in order.parcels]
    return [
        [order.id, order.placed_at, order.cancelled_at, order.currency, order.ship_to.country, order.ship_to.region],
        [order.tags, order.totals, order.payment.status, facts.has_open_dispute(order)],
        [order.lines, parcels, order.returns, order.refunds],
    ]


def _customer_inputs(case: "_Case") -> object:
    return [case.is_vip, [case.products.get(line.product_id or "") for line in case.order.lines]]


@dataclass(frozen=True)
class _Case:
    """One request before the policy. What several rules need is worked out once."""

    policy: Policy
    order: OrderSnapshot
    request: ReturnRequest
    customer: CustomerRecord | None
    now: datetime
    products: Mapping[str, Product]
    history: History

    @cached_property
    def zone(self) -> Zone | None:
        return facts.zone_of(self.policy, self.order)

    @cached_property
    def outcomes(self) -> Outcomes:
        return facts.outcomes_of(self.policy, self.zone) if self.zone else self.policy.outcomes

    @cached_property
    def law(self) -> Law:
        return self.policy.laws[self.zone.law] if self.zone else Law()

    @cached_property
    def money(self) -> facts.OrderMoney:
        return facts.money_of(self.order)

    @cached_property
    def is_vip(self) -> bool:
        return facts.is_vip(self.policy, self.order, self.customer)

    def line(self, wish: RequestLine) -> tuple[LineResult, ...]:
        """The verdicts on one wish: one, or two if more is wished than is there."""
        line = self.order.line(wish.line_id)
        if line is None or wish.quantity <= 0:
            return (_refuse(wish, "E1", "unknown_line"),)
        blocked = self._blocked(wish, line)
        return (blocked,) if blocked else self._counted(wish, line)

    def _blocked(self, wish: RequestLine, line: Line) -> LineResult | None:
        if facts.is_sold_by_other(self.policy, self.order, line):
            return _refuse(wish, "E12", "sold_by_other")
        if self.order.cancelled_at is not None:
            return _refuse(wish, "E2", "order_cancelled", cancelled_on=self._day(self.order.cancelled_at))
        if facts.has_open_dispute(self.order):
            return _to_person(wish, "E4", "dispute_open")
        return None

    def _counted(self, wish: RequestLine, line: Line) -> tuple[LineResult, ...]:
        """Split a wish into what is with the customer and the excess (E1, E2, E3)."""
        left = facts.remaining(self.order, line)
        gone = max(0, line.quantities.current - left)
        here = max(0, min(left, facts.arrived(line) - gone))
        asked = min(wish.quantity, here)
        excess = replace(wish, quantity=wish.quantity - asked)
        results = [_Line(self, replace(wish, quantity=asked), line).decide()] if asked else []
        if excess.quantity:
            results.append(self._too_many(excess, line, left, here))
        return tuple(results)

    def _too_many(self, excess: RequestLine, line: Line, left: int, here: int) -> LineResult:
        if left <= here:
            return _refuse(excess, "E1", "quantity_exceeded", available=here)
        if line.quantities.fulfilled < line.quantities.current and facts.arrived(line) >= line.quantities.fulfilled:
            return _refuse(excess, "E2", "not_shipped", available=here)
        return _refuse(excess, "E3", "not_delivered", available=here)

    def _day(self, moment: datetime) -> date:
        return facts.local_day(moment, self.policy.defaults.tz)


@dataclass(frozen=True)
class _Line:
    """So many delivered pieces of one line before the policy."""

    case: _Case
    wish: RequestLine
    line: Line

    @cached_property
    def product(self) -> Product | None:
        return self.case.products.get(self.line.product_id or "")

    @cached_property
    def flags(self) -> tuple[str, ...]:
        return facts.flags_of(self.case.policy, self.line, self.product)

    @cached_property
    def delivery(self) -> facts.Delivery | None:
        known = facts.delivery_of(self.case.policy, self.case.order, self.line)
        stated = self.case.request.delivered_on
        if known is None and stated is not None and self.case.policy.defaults.unknown_fact == "ask":
            return facts.Delivery(facts.end_of(stated, self.tz) - timedelta(seconds=1), "stated")
        return known

    @property
    def tz(self) -> str:
        return self.case.policy.defaults.tz

    @cached_property
    def worth(self) -> totals.Share:
        return totals.share_of(self.case.order, self.case.money, self.line, self.wish.quantity)

    @cached_property
    def delivered_on(self) -> date | None:
        return facts.local_day(self.delivery.at, self.tz) if self.delivery else None

    def decide(self) -> LineResult:
        """The verdict of the first layer that gives enough; what needs a person's look is put under review."""
        if self.case.zone is None:
            return _to_person(self.wish, "zone", "country_unknown")
        if self.case.money.available == 0:
            return _to_person(self.wish, "payment", "not_paid")
        if self.delivery is None or self.delivered_on is None:
            return self._without_a_day()
        return self._by_layers(self.delivery, self.delivered_on)

    def _without_a_day(self) -> LineResult:
        if self.case.policy.defaults.unknown_fact == "ask":
            return self._question("delivered_on")
        return _to_person(self.wish, "delivery", "delivery_date_unknown")

    def _by_layers(self, delivery: facts.Delivery, delivered_on: date) -> LineResult:
        fault = self._fault(delivered_on)
        own = self._voluntary(delivered_on)
        mine = own if fault is None else _beside(fault, own)
        statutory = self._statutory(delivery)
        if statutory is not None and statutory.verdict == "allow":
            statutory = _beside(statutory, own)
        candidates = [self._looked_at(mine), *([statutory] if statutory else [])]
        if fault is None or fault.verdict != "allow":
            candidates.reverse()
        return min(candidates, key=lambda one: _SEVERITY[one.verdict])

    def _looked_at(self, result: LineResult) -> LineResult:
        """What the shop grants of its own will may still need a person: by zone, or by signs of abuse (E13)."""
        if result.verdict != "allow":
            return result
        if self.case.zone is not None and self.case.zone.verdict == "review":
            return _reviewed(result, "zone", "zone_by_person")
        if self.case.history.is_abuse_flagged:
            return _reviewed(result, "E13", "by_person")
        return result

    # --- the merchant's fault

    def _fault(self, delivered_on: date) -> LineResult | None:
        if self.wish.reason not in FAULTS:
            return None
        if self.wish.reason is Reason.NOT_RECEIVED:
            return _to_person(self.wish, "E5", "claim_not_received")
        return self._fault_in_time(delivered_on) or self._fault_later(delivered_on)

    def _fault_in_time(self, delivered_on: date) -> LineResult | None:
        days = max(self.case.policy.fault.report_days, self.case.law.reject_days)
        until = delivered_on + timedelta(days=days)
        if self.wish.reason is Reason.WARRANTY or not self._is_within(until):
            return None
        return self._allowed("E5", "fault", self._fault_offers(), window_days=days, deadline_on=until)

    def _fault_later(self, delivered_on: date) -> LineResult | None:
        """After the report window: the law's guarantee, then the warranty, then a person."""
        if self.wish.reason not in (Reason.DEFECTIVE, Reason.NOT_AS_DESCRIBED, Reason.WARRANTY):
            return _to_person(self.wish, "E5", "fault_too_late")
        guarantee = facts.add_months(delivered_on, self.case.law.guarantee_months)
        mended = tuple(offer for offer in (self._offer("repair"), self._offer("replace")))
        if self.case.law.guarantee_months and self._is_within(guarantee):
            return self._allowed("E5", "fault_guarantee", mended, deadline_on=guarantee)
        months = facts.warranty_months(self.case.policy, self.line, self.product)
        until = facts.add_months(delivered_on, months)
        if months and self._is_within(until):
            claim = self._allowed("warranty", "warranty_claim", mended, deadline_on=until, months=months)
            return _reviewed(claim, "warranty", "warranty_claim")
        return _to_person(self.wish, "E10", "fault_too_late")

    def _fault_offers(self) -> tuple[Offer, ...]:
        kinds = {"replace": "replace", "refund": "refund", "repair": "repair"}
        return tuple(self._offer(kinds[choice]) for choice in self.case.policy.fault.choice)

    def _offer(self, kind: str) -> Offer:
        """An offer on the fault path: no fee, the merchant's label, or nothing to send back."""
        sends_nothing = self.wish.reason in NOTHING_TO_SEND
        keeps = sends_nothing or (kind != "repair" and self._may_keep())
        return Offer(
            kind=kind,  # type: ignore[arg-type]  # one of the kinds named by the two callers
            verdict="allow",
            amount_minor=self.worth.total,
            label="none" if keeps else "merchant",
            keep_item=keeps,
            release="immediately" if keeps else self.case.outcomes.refund.release,
        )

    def _may_keep(self) -> bool:
        """Goods whose return costs more than it brings; never without knowing how often that happened."""
        policy, kept = self.case.policy, self.case.history.kept_items
        if kept is None or kept >= policy.keep_item.most or self.case.order.currency != policy.currency:
            return False
        is_cheap = self.worth.net <= policy.fault.keep_item_max * self.wish.quantity
        is_eaten = policy.keep_item.label_cost * 10_000 >= policy.keep_item.label_share_bp * self.worth.total
        return is_cheap or is_eaten or "hygiene" in self.flags

    # --- the right that the law grants

    def _statutory(self, delivery: facts.Delivery) -> LineResult | None:
        law = self.case.law
        until = self._withdrawal_until(law, delivery)
        if until is None or not self._is_within(until, also=self.case.order.tz):
            return None
        ended = [flag for flag in self.flags if flag in law.exempt]
        open_seal = [flag for flag in ended if flag in _SEALABLE]
        if any(flag not in _SEALABLE for flag in ended):
            return None
        if open_seal and self.wish.is_opened is None:
            return self._question("opened", flag=open_seal[0])
        if (open_seal and self.wish.is_opened) or (law.unused_only and self.wish.is_worn):
            return None
        if any(flag in law.ask_person for flag in self.flags):
            return _to_person(self.wish, "E6", "statutory_withdrawal")
        return self._withdrawal(law, until)

    def _withdrawal_until(self, law: Law, delivery: facts.Delivery) -> date | None:
        """The last day of the right of withdrawal; None if there is none."""
        told = self.case.policy.disclosure
        if law.applies == "never" or (law.applies == "undisclosed" and told.policy_shown):
            return None
        extra = 0 if law.applies == "undisclosed" or told.withdrawal_informed else law.uninformed_extra_days
        start = delivery.at
        if law.starts == "last_item":
            start = self.case.order.delivered_at or (start if _has_all(self.case.order) else self.case.now)
        return facts.local_day(max(start, delivery.at), self.tz) + timedelta(days=law.withdrawal_days + extra)

    def _withdrawal(self, law: Law, until: date) -> LineResult:
        is_worn = bool(self.wish.is_worn) and law.diminished_value
        rule = self.case.outcomes.refund
        pays_label = self.case.policy.disclosure.return_cost_told and rule.label.kind != "merchant"
        free = not pays_label or (self.case.is_vip and self.case.policy.vip.free_label)
        offer = Offer(
            kind="refund",
            verdict="allow",
            amount_minor=self.worth.total,
            label="merchant" if free else "customer",
            label_fee_minor=0 if free else self._in_order_currency(rule.label.fee),
            release="immediately" if rule.release == "immediately" else "on_receipt",
            is_estimate=is_worn,
        )
        key: ExplainKey = "worn_statutory" if is_worn else "statutory_withdrawal"
        rules = ("E6", "E11") if is_worn else ("E6",)
        told: dict[str, Detail] = {
            "deadline_on": until,
            "window_days": law.withdrawal_days,
            "refund_within_days": law.refund_within_days,
            "send_back_days": law.send_back_days,
        }
        return LineResult(
            self.wish.line_id, self.wish.quantity, "allow", (offer,), rules, key, self._facts(told), is_statutory=True
        )

    # --- the shop's own window

    def _voluntary(self, delivered_on: date) -> LineResult:
        flagged = self._flagged()
        if flagged is not None:
            return flagged
        proven = self._promise()
        if proven is not None:
            return proven
        result = self._windows(delivered_on)
        if self.wish.is_worn and result.verdict == "allow":
            return _reviewed(result, "E11", "worn")
        return result

    def _flagged(self) -> LineResult | None:
        """E7: what does not come back on a change of mind."""
        for name in self.flags:
            flag = self.case.policy.flags[name]
            ruling = flag.change_of_mind
            if flag.opened is not None or flag.sealed is not None:
                if self.wish.is_opened is None and flag.opened != flag.sealed:
                    return self._question("opened", flag=name)
                ruling = flag.opened if self.wish.is_opened else flag.sealed
            if ruling == "deny":
                return _refuse(self.wish, "E7", "flagged", flag=name)
            if ruling == "review":
                return _to_person(self.wish, "E7", "flagged", flag=name)
        return None

    def _promise(self) -> LineResult | None:
        """A window that an agent or a campaign promised is kept if the promise can be shown."""
        request = self.case.request
        if request.promised_until is None or not self._is_within(request.promised_until):
            return None
        if request.promise_evidence is None:
            return _to_person(self.wish, "promise", "promise_unproven", deadline_on=request.promised_until)
        offers = tuple(self._voluntary_offer(kind, "allow") for kind in self._offered())
        return self._allowed("promise", "promise_kept", offers, deadline_on=request.promised_until)

    def _windows(self, delivered_on: date) -> LineResult:
        """E8 within the window, E9 within the days of grace, E10 after that."""
        ends = {kind: self._deadline(kind, delivered_on) for kind in self._offered()}
        standing = {kind: self._standing(kind, until) for kind, until in ends.items()}
        offers = tuple(self._voluntary_offer(kind, is_) for kind, is_ in standing.items() if is_ is not None)
        wished = self.case.request.wished
        named = wished if wished in ends else ("refund" if "refund" in ends else next(iter(ends), None))
        told = self._window_facts(named, ends, delivered_on)
        if wished is not None and wished not in ends:
            return self._result("deny", offers, "E8", "outcome_not_offered", told)
        return self._judged(offers, wished, ends, told)

    def _judged(
        self,
        offers: tuple[Offer, ...],
        wished: OutcomeKind | None,
        ends: Mapping[OutcomeKind, date | None],
        told: dict[str, Detail],
    ) -> LineResult:
        open_now = [offer for offer in offers if offer.verdict == "allow"]
        mine = next((offer for offer in offers if offer.kind == wished), None)
        if wished is None and open_now:
            rule = "E8" if any(self._is_within(ends[_kind(offer)]) for offer in open_now) else "E9"
            return self._result("allow", offers, rule, "within_window" if rule == "E8" else "within_grace", told)
        if mine is not None:
            if self._is_within(ends[_kind(mine)]) and mine.verdict == "allow":
                return self._result("allow", offers, "E8", "within_window", told)
            if mine.kind == "exchange" and self._is_chain_full():
                return self._result("review", offers, "exchange_chain", "exchange_chain", told)
            return self._result(mine.verdict, offers, "E9", "within_grace", told)
        verdict: Verdict = "review" if self.case.is_vip else "deny"
        return self._result(verdict, offers, "E10", "window_passed", told)

    def _offered(self) -> tuple[OutcomeKind, ...]:
        gift = self.case.policy.gift.outcome if self.case.request.is_gift else OUTCOMES
        return tuple(kind for kind in OUTCOMES if self._rule(kind).enabled and kind in gift)

    def _rule(self, kind: OutcomeKind) -> OutcomeRule:
        outcomes = self.case.outcomes
        return {"refund": outcomes.refund, "credit": outcomes.credit, "exchange": outcomes.exchange}[kind]

    def _deadline(self, kind: OutcomeKind, delivered_on: date) -> date | None:
        """The last day for an outcome; None = without end."""
        rule = self._rule(kind)
        if rule.window_days == "unlimited":
            return None
        days = rule.window_days + (self.case.policy.vip.extra_days if self.case.is_vip else 0)
        if kind == "exchange" and facts.exchanges_of(self.case.order, self.line.id):
            days += self.case.policy.exchange.extra_days
        return max(self._start(rule, delivered_on) + timedelta(days=days), self._season_end() or date.min)

    def _start(self, rule: OutcomeRule, delivered_on: date) -> date:
        if rule.from_ == "placed":
            return facts.local_day(self.case.order.placed_at, self.tz)
        if rule.from_ == "shipped":
            left = facts.shipped_at(self.case.order, self.line)
            return facts.local_day(left, self.tz) if left else delivered_on
        return delivered_on

    def _season_end(self) -> date | None:
        season = self.case.policy.holiday
        placed = facts.local_day(self.case.order.placed_at, self.tz)
        return season.window_until if season and season.placed_from <= placed <= season.placed_to else None

    def _standing(self, kind: OutcomeKind, until: date | None) -> Verdict | None:
        """How an outcome stands now; None = not any more."""
        if kind == "exchange" and self._is_chain_full():
            return "review"
        if self._is_within(until):
            return "allow"
        grace = self.case.policy.defaults.grace_days
        if until is not None and self._is_within(until + timedelta(days=grace)):
            return "review" if kind == "refund" else "allow"
        return None

    def _is_chain_full(self) -> bool:
        return facts.exchanges_of(self.case.order, self.line.id) >= max(1, self.case.outcomes.exchange.max_chain)

    def _voluntary_offer(self, kind: OutcomeKind, verdict: Verdict) -> Offer:
        rule, policy = self._rule(kind), self.case.policy
        fee_bp = facts.restocking_bp(policy, self.line, self.product) if kind != "exchange" else 0
        restocking = rate(self.worth.net, fee_bp)
        extra = bonus(self.worth.net, rule.bonus_bp, self._cap(rule)) if kind == "credit" else 0
        is_free = rule.label.kind == "merchant" or (self.case.is_vip and policy.vip.free_label)
        return Offer(
            kind=kind,
            verdict="review" if verdict == "review" else "allow",
            amount_minor=max(0, self.worth.total - restocking) + extra,
            restocking_minor=restocking,
            bonus_minor=extra,
            label="merchant" if is_free else "customer",
            label_fee_minor=self._in_order_currency(rule.label.fee) if self._is_deducted(rule, is_free) else 0,
            release="immediately" if kind == "refund" and self._is_instant() else rule.release,
        )

    def _is_deducted(self, rule: OutcomeRule, is_free: bool) -> bool:
        return rule.label.kind == "deduct" and not is_free

    def _cap(self, rule: OutcomeRule) -> int:
        """The bonus' cap holds in the policy's currency; elsewhere there is no bonus to get wrong."""
        return rule.bonus_cap if self.case.order.currency == self.case.policy.currency else 0

    def _in_order_currency(self, amount_minor: int) -> int:
        """A fee is taken only where it is known: in the policy's own currency."""
        return amount_minor if self.case.order.currency == self.case.policy.currency else 0

    def _is_instant(self) -> bool:
        """Paid before the goods are back: small, and a customer who is known to be steady."""
        terms, past = self.case.policy.instant_refund, self.case.history
        return (
            self.case.order.currency == self.case.policy.currency
            and self.worth.total <= terms.max
            and past.account_days >= terms.min_account_days
            and past.orders >= terms.min_orders
            and past.return_rate_bp is not None
            and past.return_rate_bp < terms.max_return_rate_bp
            and past.inr_12m <= terms.max_inr_12m
        )

    # --- telling

    def _is_within(self, last_day: date | None, also: str = "") -> bool:
        """Whether now is not after the end of a day in the shop's zone (or, `also`, in another zone)."""
        if last_day is None:
            return True
        zones = [self.tz, also] if also else [self.tz]
        return any(self.case.now < facts.end_of(last_day, tz) for tz in zones)

    def _window_facts(
        self, kind: OutcomeKind | None, ends: Mapping[OutcomeKind, date | None], delivered_on: date
    ) -> dict[str, Detail]:
        if kind is None:
            return {}
        told: dict[str, Detail] = {}
        rule, until = self._rule(kind), ends[kind]
        if rule.window_days != "unlimited":
            told["window_days"] = rule.window_days
        if until is not None:
            told["deadline_on"] = until
            told["days_late"] = max(0, (facts.local_day(self.case.now, self.tz) - until).days)
        if until is not None and until == self._season_end():
            told["is_holiday"] = True
        return told

    def _facts(self, told: Mapping[str, Detail]) -> dict[str, Detail]:
        known: dict[str, Detail] = {}
        if self.delivered_on is not None and self.delivery is not None:
            known = {"delivered_on": self.delivered_on, "delivery_known_by": self.delivery.certainty}
        if self.wish.reason in FAULTS and self._asks_photo():
            known["photo"] = True
        return {**known, **told}

    def _asks_photo(self) -> bool:
        has_goods = self.wish.reason not in NOTHING_TO_SEND
        return has_goods and (self.worth.total > self.case.policy.fault.photo_over or self._may_keep())

    def _question(self, ask: Question, **told: Detail) -> LineResult:
        return LineResult(
            self.wish.line_id, self.wish.quantity, "review", (), (ask,), "answer_needed", self._facts(told), ask
        )

    def _allowed(self, rule: str, key: ExplainKey, offers: tuple[Offer, ...], **told: Detail) -> LineResult:
        return self._result("allow", offers, rule, key, told)

    def _result(
        self, verdict: Verdict, offers: tuple[Offer, ...], rule: str, key: ExplainKey, told: Mapping[str, Detail]
    ) -> LineResult:
        return LineResult(self.wish.line_id, self.wish.quantity, verdict, offers, (rule,), key, self._facts(told))


def _beside(result: LineResult, own: LineResult) -> LineResult:
    """A result with what the shop offers of its own will added; of two like offers the result's own stands."""
    if own.verdict != "allow":
        return result
    more = tuple(offer for offer in own.offers if offer.verdict == "allow" and result.offer(offer.kind) is None)
    return replace(result, offers=(*result.offers, *more))


def _has_all(order: OrderSnapshot) -> bool:
    """Whether nothing of an order is still to come."""
    return all(facts.arrived(line) >= line.quantities.current for line in order.lines)


def _kind(offer: Offer) -> OutcomeKind:
    """The outcome of a voluntary offer."""
    return next(kind for kind in OUTCOMES if kind == offer.kind)


def _refuse(wish: RequestLine, rule: str, key: ExplainKey, **told: Detail) -> LineResult:
    return LineResult(wish.line_id, wish.quantity, "deny", (), (rule,), key, told)


def _to_person(wish: RequestLine, rule: str, key: ExplainKey, **told: Detail) -> LineResult:
    return LineResult(wish.line_id, wish.quantity, "review", (), (rule,), key, told)


def _reviewed(result: LineResult, rule: str, key: ExplainKey) -> LineResult:
    """The same result with a person's look before it."""
    offers = tuple(replace(offer, verdict="review") for offer in result.offers)
    rules = result.rules if rule in result.rules else (*result.rules, rule)
    return replace(result, verdict="review", offers=offers, rules=rules, explain_key=key)
