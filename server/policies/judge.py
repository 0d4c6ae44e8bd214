"""May this be done, who must agree, and how much leaves the shop: one pure verdict for every action.

A skill, a model, an agent and a program are judged alike: the action as it was written, the order and customer as they are,
and what is known of the past go in; a `Ruling` comes out, and its hash. The gate judges again before anything is done, and
another hash means that the customer is asked again. Nothing here reads what a customer wrote.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final

from server.commerce.model import CustomerRecord, OrderSnapshot, Product
from server.policies import approval, facts
from server.policies.actions import ACTIONS, FREE, READING
from server.policies.asked import Asked, Malformed, asked, writable
from server.policies.decision import FAULTS, Decision, History
from server.policies.hashing import digest
from server.policies.outcome import Case, Detail, Outcome, want
from server.policies.outcomes import outcome
from server.policies.permits import Permit, permits
from server.policies.shape import Need, Policy, Verdict

MONEY: Final = frozenset({"start_return", "start_exchange", "refund", "cancel_order", "reship", "store_credit"})
"""The actions that may move money or goods out of the shop."""

COUNTED: Final = frozenset({"start_return", "refund"})
"""The actions that count as one of the assistant's refunds when money goes back; a cancellation does not."""

_OUTRIGHT: Final = frozenset({"switched_off", "not_in_policy", "no_order", "profile_not_allowed"})


@dataclass(frozen=True, slots=True)
class Ruling:
    """What the policy makes of an action. Amounts in minor units of `currency`.

    `verdict` allow with a `need` = allowed once that person agreed; review = only a person may say so; with `ask` an
    open question comes first. `amount_minor` is the money that leaves the shop (refund, credit, goodwill, reshipped value),
    `difference_minor` of swaps is what the customer pays (above 0) or gets. `decision` is there for returns and exchanges."""

    verdict: Verdict
    need: Need
    key: str
    facts: Mapping[str, Detail] = field(default_factory=dict)
    ask: str | None = None
    amount_minor: int = 0
    difference_minor: int = 0
    currency: str = ""
    decision: Decision | None = None
    rules: tuple[str, ...] = ()
    hash: str = ""

    @property
    def is_open(self) -> bool:
        """Whether it may be done as it is, by the assistant alone."""
        return self.verdict == "allow" and self.need == "none" and self.ask is None


def judge(
    policy: Policy,
    action: Mapping[str, Any],
    order: OrderSnapshot | None,
    customer: CustomerRecord | None,
    products: Mapping[str, Product],
    history: History,
    now: datetime,
) -> Ruling:
    """Judge a flat action (interfaces.md section 4, with our line ids beside skus). Never raises for what `action` holds.

    `products` by product id: those of the lines and of every `to_sku`. That the order is the asker's own is not looked at
    here: `identity` proves it first."""
    try:
        wish = asked(action, order)
    except Malformed as error:
        ruling = Ruling("deny", "none", "malformed", {"part": str(error)})
    else:
        ruling = _ruled(Case(policy, wish, order, customer, products, history, now))
    return replace(ruling, hash=hash_of(policy, action, order, customer, products, ruling))


def _ruled(case: Case) -> Ruling:
    name = case.asked.name
    if name in FREE or name in READING:
        return Ruling("allow", "none", "permitted")
    if name not in ACTIONS:
        return Ruling("deny", "none", "not_in_policy")
    if case.policy.limits.stop_all:
        return Ruling("deny", "none", "switched_off", rules=("limits.stop_all",))
    permit = permits(case.policy, name, case.order, want(case.asked), case.customer, case.products)
    if permit.explain_key in _OUTRIGHT:
        return Ruling("deny", "none", permit.explain_key, permit.facts, rules=(permit.rule,))
    return _consented(case, _together(permit, outcome(case)), permit.need)


def _together(permit: Permit, made: Outcome) -> Outcome:
    """The graver of two verdicts, gravest: a refusal, an open question, a person's look. Of equals the content's own."""
    ranks = [_gravity(made.verdict, made.ask), _gravity(permit.verdict, permit.ask)]
    if ranks[0] >= ranks[1]:
        return made
    told = {**made.facts, **permit.facts}
    return replace(
        made, verdict=permit.verdict, key=permit.explain_key, ask=permit.ask, rules=(permit.rule,), facts=told
    )


def _gravity(verdict: Verdict, ask: str | None) -> int:
    if verdict == "deny":
        return 3
    return 2 if ask is not None else int(verdict == "review")


def _consented(case: Case, made: Outcome, by_rule: Need) -> Ruling:
    """The verdict with whoever must agree: the action's own line, the approval lines, the assistant's limits."""
    currency = case.order.currency if case.order else case.policy.currency
    need: Need = "none"
    rules = made.rules
    if made.verdict != "deny" and not made.is_statutory:
        consent = approval.needed(case.policy, _stake(case, made, currency))
        over = _over_limits(case, made, currency)
        looked: Need = "agent" if made.verdict == "review" and made.ask is None else "none"
        need = approval.highest(consent.need, by_rule, looked, "agent" if over else "none")
        rules = (*rules, *consent.rules, *over)
    key = "limit_reached" if need != "none" and made.verdict == "allow" else made.key
    return Ruling(
        made.verdict, need, key, made.facts, made.ask, made.amount, made.difference, currency, made.decision, rules
    )


def _stake(case: Case, made: Outcome, currency: str) -> approval.Case:
    """What the approval lines may ask about. An exchange pays nothing out; its goods count where nothing is paid."""
    past, order = case.history, case.order
    refund = made.amount if made.kind == "refund" else 0
    goodwill = made.amount if made.kind == "goodwill" else 0
    sent = made.amount if made.kind == "reship" else (made.goods if not made.amount else 0)
    moves = case.asked.name in MONEY or bool(made.difference)
    zone = facts.zone_of(case.policy, order) if order else None
    return approval.Case(
        currency=currency,
        action=case.asked.name,
        verdict="allow" if made.ask is not None else made.verdict,
        reason=case.asked.reason or "",
        zone=zone.id if zone else "",
        refund=refund,
        goodwill=goodwill,
        reship_value=sent,
        sum_refunds_30d=past.sum_refunds_30d_minor + refund + goodwill + sent,
        refunds_30d=past.refunds_30d,
        complaint_no_30d=past.complaints_30d,
        replacement_no_12m=past.replacements_12m,
        inr_12m=past.inr_12m,
        orders_12m=past.orders_12m,
        abuse_score=past.abuse_score,
        vip=moves and _is_vip(case),
        legal_signal=past.has_legal_signal,
        public_post_signal=past.has_public_post_signal,
        chargeback=order is not None and facts.has_open_dispute(order),
        fault=case.asked.reason in FAULTS,
        statutory=made.is_statutory,
    )


def _is_vip(case: Case) -> bool:
    if case.order is not None:
        return facts.is_vip(case.policy, case.order, case.customer)
    return case.customer is not None and case.customer.vip


def _over_limits(case: Case, made: Outcome, currency: str) -> tuple[str, ...]:
    """The assistant's own limits that this would break."""
    limits, past = case.policy.limits, case.history
    if not made.amount:
        return ()
    found = []
    if currency == case.policy.currency and past.paid_today_minor + made.amount > limits.bot_daily_refund_total:
        found.append("limits.bot_daily_refund_total")
    is_counted = case.asked.name in COUNTED and case.asked.outcome in (None, "refund")
    if is_counted and past.refunds_30d + 1 > limits.bot_refunds_per_customer_30d:
        found.append("limits.bot_refunds_per_customer_30d")
    return tuple(found)


def hash_of(
    policy: Policy,
    action: Mapping[str, Any],
    order: OrderSnapshot | None,
    customer: CustomerRecord | None,
    products: Mapping[str, Product],
    ruling: Ruling,
) -> str:
    """Names what the ruling was made of and what came out. Counts of the past are in it by what they led to."""
    decided = ruling.decision
    came_out = [
        [ruling.verdict, ruling.need, ruling.key, ruling.ask],
        [ruling.amount_minor, ruling.difference_minor, ruling.currency],
        [decided.lines, decided.totals] if decided else [],
    ]
    return digest(
        policy.hash, writable(action), _of_order(order), _of_customer(customer), _of_products(products), came_out
    )


def _of_order(order: OrderSnapshot | None) -> object:
    """What of an order a ruling rests on; neither scans on the way nor when it was read."""
    if order is None:
        return []
    parcels = [(one.id, one.lines, one.shipped_at, one.delivered_at) for one in order.parcels]
    return [
        [order.id, order.customer.id, order.placed_at, order.state, order.currency, order.ship_to, order.tags],
        [order.totals, order.payment.status, order.payment.methods, facts.has_open_dispute(order)],
        [order.lines, parcels, order.returns, order.refunds, order.changes, order.holds],
    ]


def _of_customer(customer: CustomerRecord | None) -> object:
    return [customer.id, customer.vip, customer.payment_methods] if customer else []


def _of_products(products: Mapping[str, Product]) -> object:
    """Marks and prices; neither stock, which is in the verdict, nor when it was read."""
    return [
        [
            one.id,
            one.category,
            one.tags,
            one.collections,
            one.warranty_months,
            [[v.sku, v.price_minor] for v in one.variants],
        ]
        for one in sorted(products.values(), key=lambda each: each.id)
    ]


__all__ = ["COUNTED", "MONEY", "Asked", "Ruling", "hash_of", "judge"]
