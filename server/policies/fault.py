"""The merchant's fault: wrong, damaged, defective or missing goods.

No fee is ever taken here and the merchant pays the label. In order: the report window, the guarantee that the law
gives, the warranty, a person.
"""

from datetime import date, timedelta
from typing import Literal

from server.policies import facts
from server.policies.decision import FAULTS, NOTHING_TO_SEND, LineResult, Offer, Reason
from server.policies.goods import Goods, reviewed, to_person

Remedy = Literal["replace", "refund", "repair"]


def fault(goods: Goods, delivered_on: date) -> LineResult | None:
    """What the merchant owes for a fault; None if no fault is named."""
    if goods.wish.reason not in FAULTS:
        return None
    return _fault_in_time(goods, delivered_on) or _fault_later(goods, delivered_on)


def _fault_in_time(goods: Goods, delivered_on: date) -> LineResult | None:
    days = max(goods.case.policy.fault.report_days, goods.case.law.reject_days)
    until = delivered_on + timedelta(days=days)
    if goods.wish.reason is Reason.WARRANTY or not goods.is_within(until):
        return None
    return goods.allowed("E5", "fault", _fault_offers(goods), window_days=days, deadline_on=until)


def _fault_later(goods: Goods, delivered_on: date) -> LineResult | None:
    """After the report window: the law's guarantee, then the warranty, then a person."""
    if goods.wish.reason not in (Reason.DEFECTIVE, Reason.NOT_AS_DESCRIBED, Reason.WARRANTY):
        return to_person(goods.wish, "E5", "fault_too_late")
    guarantee = facts.add_months(delivered_on, goods.case.law.guarantee_months)
    mended = (_offer(goods, "repair"), _offer(goods, "replace"))
    if goods.case.law.guarantee_months and goods.is_within(guarantee):
        return goods.allowed("E5", "fault_guarantee", mended, deadline_on=guarantee)
    months = facts.warranty_months(goods.case.policy, goods.line, goods.product)
    until = facts.add_months(delivered_on, months)
    if months and goods.is_within(until):
        claim = goods.allowed("warranty", "warranty_claim", mended, deadline_on=until, months=months)
        return reviewed(claim, "warranty", "warranty_claim")
    return to_person(goods.wish, "E10", "fault_too_late")


def _fault_offers(goods: Goods) -> tuple[Offer, ...]:
    return tuple(_offer(goods, choice) for choice in goods.case.policy.fault.choice)


def _offer(goods: Goods, kind: Remedy) -> Offer:
    """An offer on the fault path: no fee, the merchant's label, or nothing to send back."""
    sends_nothing = goods.wish.reason in NOTHING_TO_SEND
    keeps = sends_nothing or (kind != "repair" and goods.may_keep())
    return Offer(
        kind=kind,
        verdict="allow",
        amount_minor=goods.worth.total,
        label="none" if keeps else "merchant",
        keep_item=keeps,
        release="immediately" if keeps else goods.case.outcomes.refund.release,
    )
