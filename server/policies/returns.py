"""May these goods come back, how may it end, and for how much: one pure function over policy, order and request.

Layers are asked in a fixed order: hard blocks; the merchant's fault; the right that the law grants; the shop's own
window; goodwill. A later layer can only give more. A missing fact is asked for or goes to a person; it is never
guessed. Nothing a customer or a model writes reaches this module except as the fields of a `ReturnRequest`.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Final

from server.commerce.model import CustomerRecord, Line, OrderSnapshot, Product
from server.policies import approval, facts, totals
from server.policies.decision import FAULTS, Decision, History, LineResult, Reason, RequestLine, ReturnRequest
from server.policies.fault import fault
from server.policies.goods import Case, Goods, refuse, reviewed, to_person
from server.policies.hashing import digest
from server.policies.shape import OutcomeKind, Policy, Verdict
from server.policies.voluntary import voluntary
from server.policies.withdrawal import statutory

PAID_OUT: Final = frozenset({"refund", "credit"})
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
    case = Case(policy, order, request, customer, now, products or {}, history or History())
    results = tuple(result for wish in _by_line(request.lines) for result in _line(case, wish))
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


def _decision(case: Case, results: tuple[LineResult, ...]) -> Decision:
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
    case: Case, results: tuple[LineResult, ...], whole: tuple[totals.Total, ...], verdict: Verdict
) -> approval.Approval:
    """Nobody's consent stands between a customer and a right of withdrawal that the law grants everyone."""
    granted = [result for result in results if result.verdict != "deny"]
    if granted and all(result.is_statutory and result.verdict == "allow" for result in granted):
        return approval.Approval("none", ())
    paid, sent = _at_stake(case.request.wished, whole)
    past = case.history
    return approval.needed(
        case.policy,
        approval.Case(
            currency=case.order.currency,
            action="start_return",
            verdict=verdict,
            reason=case.request.lines[0].reason.value if case.request.lines else "",
            zone=case.zone.id if case.zone else "",
            refund=paid,
            reship_value=sent,
            sum_refunds_30d=past.sum_refunds_30d_minor + paid + sent,
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


def _at_stake(wished: OutcomeKind | None, whole: tuple[totals.Total, ...]) -> tuple[int, int]:
    """The money and the goods that thresholds look at: of the wished outcome, else the largest.

    An exchange pays nothing out; its goods count only where nothing is paid."""
    mine = [one for one in whole if one.kind == wished] or list(whole)
    paid = max((one.amount.amount_minor for one in mine if one.kind in PAID_OUT), default=0)
    return paid, 0 if paid else max((one.amount.amount_minor for one in mine), default=0)


def _order_inputs(order: OrderSnapshot) -> object:
    """What of an order a decision rests on; not when it was read."""
    parcels = [(one.id, one.lines, one.shipped_at, one.delivered_at, one.status) for one in order.parcels]
    return [
        [order.id, order.placed_at, order.cancelled_at, order.currency, order.ship_to.country, order.ship_to.region],
        [order.tags, order.totals, order.payment.status, facts.has_open_dispute(order)],
        [order.lines, parcels, order.returns, order.refunds],
    ]


def _customer_inputs(case: Case) -> object:
    """What of the customer and the catalogue a decision rests on; neither stock nor when it was read."""
    found = [case.products.get(line.product_id or "") for line in case.order.lines]
    marks = [one and [one.id, one.category, one.tags, one.collections, one.warranty_months] for one in found]
    return [case.is_vip, marks]


def _line(case: Case, wish: RequestLine) -> tuple[LineResult, ...]:
    """The verdicts on one wish: one, or two if more is wished than is there."""
    line = case.order.line(wish.line_id)
    if line is None or wish.quantity <= 0:
        return (refuse(wish, "E1", "unknown_line"),)
    blocked = _blocked(case, wish, line)
    return (blocked,) if blocked else _counted(case, wish, line)


def _blocked(case: Case, wish: RequestLine, line: Line) -> LineResult | None:
    if facts.is_sold_by_other(case.policy, case.order, line):
        return refuse(wish, "E12", "sold_by_other")
    if case.order.cancelled_at is not None:
        return refuse(wish, "E2", "order_cancelled", cancelled_on=case.day(case.order.cancelled_at))
    if facts.has_open_dispute(case.order):
        return to_person(wish, "E4", "dispute_open")
    return None


def _counted(case: Case, wish: RequestLine, line: Line) -> tuple[LineResult, ...]:
    """Split a wish into what is with the customer and the excess (E1, E2, E3)."""
    left = facts.remaining(case.order, line)
    went_back = line.quantities.returning + line.quantities.returned
    here = max(0, min(left, facts.arrived(line) - went_back))
    asked = min(wish.quantity, here)
    excess = replace(wish, quantity=wish.quantity - asked)
    results = [_decide(Goods(case, replace(wish, quantity=asked), line))] if asked else []
    if excess.quantity:
        results.append(_too_many(case, excess, line, left, here))
    return tuple(results)


def _too_many(case: Case, excess: RequestLine, line: Line, left: int, here: int) -> LineResult:
    if left <= here:
        return refuse(excess, "E1", "quantity_exceeded", available=here)
    if line.quantities.fulfilled < line.quantities.current and facts.arrived(line) >= line.quantities.fulfilled:
        return refuse(excess, "E2", "not_shipped", available=here)
    return refuse(excess, "E3", "not_delivered", available=here)


def _decide(goods: Goods) -> LineResult:
    """The verdict of the first layer that gives enough; what needs a person's look is put under review."""
    if goods.case.zone is None:
        return to_person(goods.wish, "zone", "country_unknown")
    if goods.wish.reason is Reason.NOT_RECEIVED:
        return to_person(goods.wish, "E5", "claim_not_received")
    if goods.case.money.available == 0:
        return to_person(goods.wish, "payment", "not_paid")
    if goods.delivery is None or goods.delivered_on is None:
        return _without_a_day(goods)
    return _by_layers(goods, goods.delivery, goods.delivered_on)


def _without_a_day(goods: Goods) -> LineResult:
    if goods.case.policy.defaults.unknown_fact == "ask":
        return goods.question("delivered_on")
    return to_person(goods.wish, "delivery", "delivery_date_unknown")


def _by_layers(goods: Goods, delivery: facts.Delivery, delivered_on: date) -> LineResult:
    faulty = fault(goods, delivered_on)
    own = voluntary(goods, delivered_on)
    mine = own if faulty is None else _beside(faulty, own)
    granted = statutory(goods, delivery)
    if granted is not None and granted.verdict == "allow":
        granted = _beside(granted, own)
    candidates = [_looked_at(goods, mine), *([granted] if granted else [])]
    if faulty is None or faulty.verdict != "allow":
        candidates.reverse()
    return min(candidates, key=lambda one: _SEVERITY[one.verdict])


def _looked_at(goods: Goods, result: LineResult) -> LineResult:
    """What the shop grants of its own will may still need a person: by zone, or by signs of abuse (E13)."""
    if result.verdict != "allow":
        return result
    if goods.case.zone is not None and goods.case.zone.verdict == "review":
        return reviewed(result, "zone", "zone_by_person")
    if goods.case.history.is_abuse_flagged:
        return reviewed(result, "E13", "by_person")
    return result


def _beside(result: LineResult, own: LineResult) -> LineResult:
    """A result with what the shop offers of its own will added; of two like offers the result's own stands."""
    if own.verdict != "allow":
        return result
    more = tuple(offer for offer in own.offers if offer.verdict == "allow" and result.offer(offer.kind) is None)
    return replace(result, offers=(*result.offers, *more))
