"""The right of withdrawal that the law grants, whatever the shop's own policy says.

The values come from the statutory pack of the zone (`laws` in the policy file). Nothing here is legal advice.
"""

from datetime import date, timedelta

from server.commerce.model import OrderSnapshot
from server.policies import facts
from server.policies.decision import Detail, ExplainKey, LineResult, Offer
from server.policies.goods import Goods, to_person
from server.policies.shape import Law

SEALABLE = frozenset({"hygiene", "sealed_media"})


def statutory(goods: Goods, delivery: facts.Delivery) -> LineResult | None:
    """What the law grants without any reason; None if it grants nothing (any more)."""
    law = goods.case.law
    until = _withdrawal_until(goods, law, delivery)
    if until is None or not goods.is_within(until, also=goods.case.order.tz):
        return None
    ended = [flag for flag in goods.flags if flag in law.exempt]
    open_seal = [flag for flag in ended if flag in SEALABLE]
    if any(flag not in SEALABLE for flag in ended):
        return None
    if open_seal and goods.wish.is_opened is None:
        return goods.question("opened", flag=open_seal[0])
    if (open_seal and goods.wish.is_opened) or (law.unused_only and goods.wish.is_worn):
        return None
    if any(flag in law.ask_person for flag in goods.flags):
        return to_person(goods.wish, "E6", "statutory_withdrawal")
    return _withdrawal(goods, law, until)


def _withdrawal_until(goods: Goods, law: Law, delivery: facts.Delivery) -> date | None:
    """The last day of the right of withdrawal; None if there is none."""
    told = goods.case.policy.disclosure
    if law.applies == "never" or (law.applies == "undisclosed" and told.policy_shown):
        return None
    extra = 0 if law.applies == "undisclosed" or told.withdrawal_informed else law.uninformed_extra_days
    start = delivery.at
    if law.starts == "last_item":
        start = goods.case.order.delivered_at or (start if _has_all(goods.case.order) else goods.case.now)
    return facts.local_day(max(start, delivery.at), goods.tz) + timedelta(days=law.withdrawal_days + extra)


def _withdrawal(goods: Goods, law: Law, until: date) -> LineResult:
    is_worn = bool(goods.wish.is_worn) and law.diminished_value
    rule = goods.case.outcomes.refund
    pays_label = goods.case.policy.disclosure.return_cost_told and rule.label.kind != "merchant"
    free = not pays_label or (goods.case.is_vip and goods.case.policy.vip.free_label)
    offer = Offer(
        kind="refund",
        verdict="allow",
        amount_minor=goods.worth.total,
        label="merchant" if free else "customer",
        label_fee_minor=0 if free else goods.case.in_order_currency(rule.label.fee),
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
        goods.wish.line_id, goods.wish.quantity, "allow", (offer,), rules, key, goods.told(told), is_statutory=True
    )


def _has_all(order: OrderSnapshot) -> bool:
    """Whether nothing of an order is still to come."""
    return all(facts.arrived(line) >= line.quantities.current for line in order.lines)
