"""What an action would come to, were it done: how much leaves the shop, what a swap costs, and what speaks against it.

`permits` asks whether an action may be done to this order at all; here its content is looked at: windows, grounds, amounts,
the money that is left, addresses. Pure functions over one case.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any, Final

from server.commerce.model import (
    LineQuantity,
    OrderSnapshot,
    PaymentState,
    Product,
    ReturnStatus,
)
from server.policies import tenders
from server.policies.decision import FAULTS, Decision, LineResult, Reason, RequestLine, ReturnRequest
from server.policies.grounds import Ground, credit_ground, refund_ground, reship_ground, worth_of
from server.policies.outcome import Case, Outcome, ask, no, person, want
from server.policies.permits import price_difference
from server.policies.returns import evaluate
from server.policies.shape import OutcomeKind, Verdict

CLAIMS: Final = frozenset({"not_received", "damaged", "lost", "wrong_item", "missing_item", "trace", "warranty"})
_TO_BE_SENT: Final = frozenset({ReturnStatus.REQUESTED, ReturnStatus.APPROVED, ReturnStatus.LABEL_ISSUED})
_SOON: Final = timedelta(days=21)
_LONGEST: Final = timedelta(hours=24)
_BESIDE: Final = frozenset({"open_claim"})
_CAPTURED: Final = frozenset({PaymentState.PAID, PaymentState.PARTIALLY_REFUNDED, PaymentState.REFUNDED})
_UNPAID: Final = frozenset(
    {PaymentState.PENDING, PaymentState.AUTHORIZED, PaymentState.EXPIRED, PaymentState.FAILED, PaymentState.VOIDED}
)


def outcome(case: Case) -> Outcome:
    """What the action comes to."""
    work = _WITH_ORDER.get(case.asked.name)
    if case.order is not None and case.history.in_progress and case.asked.name not in _BESIDE:
        return person("in_progress")
    if case.order is not None and work is not None:
        return work(case, case.order)
    if case.asked.name == "change_address":
        return _address(case)
    if case.asked.name == "store_credit":
        return _credit(case)
    return Outcome()


# --- returns and exchanges


def _return(case: Case, order: OrderSnapshot) -> Outcome:
    kind = case.asked.outcome or "refund"
    if kind == "exchange":
        return no("outcome_not_offered")
    made = _decided(case, order, kind)
    if made.decision is None or made.verdict == "deny" or made.ask is not None:
        return made
    total = made.decision.total(kind)
    if total is None and made.verdict == "review":
        return replace(made, amount=min(worth_of(order, case.asked), case.left(order)))
    if total is None:
        return replace(made, verdict="deny", key="outcome_not_offered")
    made = replace(made, amount=total.amount.amount_minor)
    if total.is_eaten:
        made = replace(made, facts={**made.facts, "is_eaten": True})
    if total.is_capped or total.amount.amount_minor - total.bonus_minor > case.left(order):
        return replace(made, verdict="review", key="nothing_left")
    return made


def _exchange(case: Case, order: OrderSnapshot) -> Outcome:
    made = _decided(case, order, "exchange")
    if made.decision is None or made.verdict == "deny" or made.ask is not None:
        return made
    totals = [made.decision.total(kind) for kind in ("exchange", "replace")]
    goods = max((one.amount.amount_minor for one in totals if one is not None), default=worth_of(order, case.asked))
    return _priced(case, order, replace(made, goods=goods), is_replacement=_is_replacement(case, order))


def _is_replacement(case: Case, order: OrderSnapshot) -> bool:
    """The same thing again, for a fault: nothing is charged and nothing given back."""
    lines = [(order.line(each.line_id), each.to_sku) for each in case.asked.lines]
    return case.asked.reason in FAULTS and all(line is not None and line.sku == sku for line, sku in lines)


def _decided(case: Case, order: OrderSnapshot, kind: str) -> Outcome:
    """What the policy makes of sending these lines back, as far as all of them may."""
    asked = case.asked
    if not asked.lines:
        return ask("lines", "lines_needed")
    if is_settled(case, order):
        return person("settled_before")
    decision = decide(case, order, kind)
    mine = [(result, _verdict(result, kind, asked.reason)) for result in decision.lines]
    first, verdict = next((one for wanted in ("deny", "review", "allow") for one in mine if one[1] == wanted), mine[0])
    key = "outcome_not_offered" if verdict == "deny" and first.verdict != "deny" else first.explain_key
    open_question = decision.ask[1] if decision.ask is not None and verdict != "deny" else None
    return Outcome(
        verdict=verdict,
        key=key,
        facts=dict(first.facts),
        ask=open_question,
        decision=decision,
        rules=first.rules,
        is_statutory=all(result.is_statutory and result.verdict == "allow" for result in decision.lines),
    )


def is_settled(case: Case, order: OrderSnapshot) -> bool:
    """Whether pieces are asked for that were sent again or paid back before: nobody gets both, nor sends those back beside."""
    counts = dict(case.history.settled)
    for line in order.lines:
        if counts.get(line.id):
            counts[line.id] += line.quantities.returning + line.quantities.returned
    for wish in case.asked.lines:
        counts[wish.line_id] = counts.get(wish.line_id, 0) + wish.quantity
    asked = {wish.line_id for wish in case.asked.lines if case.history.settled.get(wish.line_id, 0)}
    return any(counts[line.id] > line.quantities.ordered for line in order.lines if line.id in asked)


def decide(case: Case, order: OrderSnapshot, kind: str) -> Decision:
    """The decision on a return of the asked lines that ends in `kind`."""
    asked = case.asked
    reason = Reason(asked.reason) if asked.reason in set(Reason) else Reason.OTHER
    wished: OutcomeKind | None = {"refund": "refund", "credit": "credit", "exchange": "exchange"}.get(kind)  # type: ignore[assignment]  # the table holds these words only
    lines = tuple(
        RequestLine(each.line_id, each.quantity, reason, each.is_opened, each.is_worn) for each in asked.lines
    )
    request = ReturnRequest(lines, wished, delivered_on=asked.delivered_on)
    return evaluate(case.policy, order, request, case.customer, case.now, case.products, case.history)


def _verdict(result: LineResult, kind: str, reason: str | None) -> Verdict:
    """The verdict on one line that ends in `kind`: a replacement is how a fault is exchanged."""
    if result.verdict == "deny" or result.ask is not None:
        return result.verdict
    if not result.offers:
        return result.verdict if result.verdict == "review" else "deny"
    offer = result.offer(kind) or (result.offer("replace") if kind == "exchange" and reason in FAULTS else None)
    if offer is None:
        return "deny"
    return "review" if "review" in (result.verdict, offer.verdict) else "allow"


# --- swaps


def _items(case: Case, order: OrderSnapshot) -> Outcome:
    return _priced(case, order, Outcome())


def _priced(case: Case, order: OrderSnapshot, made: Outcome, *, is_replacement: bool = False) -> Outcome:
    """What a swap costs. What we count must be what the order system will take."""
    rule = case.policy.actions.get(case.asked.name)
    difference = price_difference(case.policy, order, want(case.asked), case.products)
    if difference is None or rule is None:
        return made
    if is_replacement:
        difference = 0
    made = replace(made, difference=difference, amount=max(0, -difference))
    if made.verdict == "deny":
        return made
    if difference and rule.difference == "none":
        return replace(made, verdict="deny", key="difference_not_taken", facts={**made.facts, "difference": difference})
    if difference != _plain_difference(order, case.asked.wishes, case.products):
        return replace(made, verdict="review", key="difference_unknown")
    if made.amount > case.left(order) and order.payment.status not in _UNPAID:
        return replace(made, verdict="review", key="nothing_left")
    return made


def _plain_difference(
    order: OrderSnapshot, wishes: tuple[LineQuantity, ...], products: Mapping[str, Product]
) -> int | None:
    """What an order system takes that goes by the prices of pieces: new price less old price."""
    prices = {one.sku: one.price_minor for product in products.values() for one in product.variants}
    total = 0
    for wish in wishes:
        line = order.line(wish.line_id)
        if line is None or wish.to_sku not in prices:
            return None
        total += wish.quantity * (prices[wish.to_sku] - line.unit_price.amount_minor)
    return total


# --- money back


def _cancel(case: Case, order: OrderSnapshot) -> Outcome:
    if order.payment.status in _UNPAID:
        return Outcome(rules=("payment",))
    if order.payment.status not in _CAPTURED:
        return person("captured_unknown")
    made = Outcome(amount=case.left(order))
    if case.history.in_flight_minor:
        return replace(made, verdict="review", key="nothing_left")
    return _to_tender(case, order, made)


def _refund(case: Case, order: OrderSnapshot) -> Outcome:
    asked = case.asked
    if order.payment.status not in _CAPTURED:
        return person("captured_unknown" if order.payment.status not in _UNPAID else "not_paid")
    if is_settled(case, order):
        return person("settled_before")
    decision = decide(case, order, "refund") if asked.lines else None
    ground = refund_ground(case.policy, order, asked, decision, case.products, case.now)
    made = _granted(case, order, ground, case.left(order))
    return _to_tender(case, order, replace(made, decision=decision))


def _granted(case: Case, order: OrderSnapshot, ground: Ground | None, most: int) -> Outcome:
    """An amount against what is due and what is left: what nothing calls for is a person's to give."""
    asked = case.asked
    amount = asked.amount if asked.amount is not None else (ground.amount_minor if ground else None)
    if amount is None and asked.lines:
        amount = worth_of(order, asked)
    if amount is None or (amount == 0 and asked.amount is not None):
        return ask("amount", "amount_needed")
    if amount > most:
        return no("amount_too_high" if most else "nothing_left", most=most)
    if ground is None:
        return Outcome("review", "no_ground", amount=amount)
    if amount > ground.amount_minor:
        return Outcome("review", "no_ground", {"due": ground.amount_minor}, amount=amount)
    made = Outcome(key=ground.key, amount=amount, rules=(ground.key,))
    if ground.needs_photo and not asked.has_photo:
        return replace(made, verdict="review", key="photo_needed", ask="photo")
    return _unless_flagged(case, made)


def _unless_flagged(case: Case, made: Outcome) -> Outcome:
    """E13: signs of abuse put it before a person, in the same friendly words."""
    if made.verdict == "allow" and case.history.is_abuse_flagged:
        return replace(made, verdict="review", key="by_person", rules=(*made.rules, "E13"))
    return made


def _to_tender(case: Case, order: OrderSnapshot, made: Outcome) -> Outcome:
    """Money goes back to who paid, and it must be known how much of it each did."""
    if made.verdict == "deny" or made.ask is not None or not made.amount or len(order.payment.methods) <= 1:
        return made
    left = tenders.room(order)
    if left is None:
        return replace(made, verdict="review", key="tender_unknown")
    method = case.asked.method
    if method is not None and made.amount > left.get(method, made.amount):
        return replace(made, verdict="deny", key="amount_too_high", facts={**made.facts, "most": left[method]})
    return made


def _reship(case: Case, order: OrderSnapshot) -> Outcome:
    asked = case.asked
    if not asked.lines:
        return ask("lines", "lines_needed")
    if is_settled(case, order):
        return Outcome("review", "settled_before", amount=worth_of(order, asked), kind="reship")
    made = Outcome(amount=worth_of(order, asked), kind="reship")
    if asked.address is not None and not _is_same_place(asked.address, order.ship_to):
        return replace(made, verdict="review", key="address_differs")
    ground = reship_ground(order, asked, decide(case, order, "refund"))
    if ground is None:
        return replace(made, verdict="review", key="no_ground")
    if ground.needs_photo and not asked.has_photo:
        return replace(made, verdict="review", key="photo_needed", ask="photo")
    return _unless_flagged(case, replace(made, key=ground.key, rules=(ground.key,)))


def _credit(case: Case, order: OrderSnapshot | None = None) -> Outcome:
    asked = case.asked
    if case.customer is None or (asked.customer and asked.customer != case.customer.id):
        return no("customer_unknown")
    ground = credit_ground(case.policy, order, asked, case.now) if order is not None else None
    amount = asked.amount if asked.amount is not None else (ground.amount_minor if ground else None)
    if not amount:
        return replace(ask("amount", "amount_needed"), kind="goodwill")
    made = Outcome(key=ground.key if ground else "no_ground", amount=amount, kind="goodwill")
    if order is not None and amount > order.totals.total.amount_minor:
        return replace(made, verdict="deny", key="amount_too_high", facts={"most": order.totals.total.amount_minor})
    if ground is None or amount > ground.amount_minor:
        return replace(made, verdict="review", key="no_ground")
    if case.history.credits_on_order:
        return replace(made, verdict="review", key="settled_before")
    return _unless_flagged(case, made)


# --- what moves no money


def _address(case: Case, order: OrderSnapshot | None = None) -> Outcome:
    address = case.asked.address
    if order is None and (case.customer is None or case.asked.customer not in ("", case.customer.id)):
        return no("customer_unknown")
    if address is None:
        return ask("address", "address_needed")
    missing = tuple(key for key in ("line1", "city", "zip", "country") if not getattr(address, key))
    if missing and not (missing == ("zip",) and address.region):
        return replace(ask("address", "address_incomplete"), facts={"missing": missing})
    return Outcome()


def _claim(case: Case, order: OrderSnapshot) -> Outcome:
    if not case.asked.kind:
        return ask("kind", "kind_needed")
    if case.asked.kind not in CLAIMS:
        return no("kind_unknown", kinds=tuple(sorted(CLAIMS)))
    if case.asked.shipment is not None and case.asked.shipment not in {one.id for one in order.shipments}:
        return no("malformed", part="shipment")
    return Outcome()


def _is_same_place(one: Any, other: Any) -> bool:
    return all(
        getattr(one, key).casefold().split() == getattr(other, key).casefold().split()
        for key in ("line1", "line2", "city", "zip", "country")
    )


def _pickup(case: Case, order: OrderSnapshot) -> Outcome:
    """A carrier is sent for the parcel of an open return, on a day to come."""
    opened = next((each for each in order.returns if each.id == case.asked.rma), None)
    if opened is None or opened.status not in _TO_BE_SENT:
        return no("no_open_return")
    if not case.asked.window:
        return ask("window", "window_needed")
    start, until = case.asked.window
    is_fit = case.now < start <= case.now + _SOON and until - start <= _LONGEST
    return Outcome() if is_fit else no("window_unfit")


_WITH_ORDER: Final[Mapping[str, Callable[[Case, OrderSnapshot], Outcome]]] = {
    "start_return": _return,
    "start_exchange": _exchange,
    "change_items": _items,
    "cancel_order": _cancel,
    "refund": _refund,
    "reship": _reship,
    "store_credit": _credit,
    "change_address": _address,
    "open_claim": _claim,
    "book_pickup": _pickup,
}
