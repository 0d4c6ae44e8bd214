"""How an order was paid and how money goes back there: never more to a means of payment than it paid."""

from collections.abc import Mapping
from typing import Final

from server.commerce.model import OrderSnapshot, PaymentMethod, RefundStatus
from server.policies import facts
from server.policies.refunds import split_in_order, split_in_proportion
from server.policies.shape import Policy

_PAYING: Final = frozenset({"sale", "capture"})


def room(order: OrderSnapshot) -> Mapping[str, int] | None:
    """What each means of payment can still get back, by its id; None if nobody knows who paid how much."""
    methods = order.payment.methods
    if len(methods) <= 1:
        return {methods[0].id if methods else "original": facts.available(order)}
    paid = dict.fromkeys((one.id for one in methods), 0)
    for one in order.payment.transactions:
        if one.kind.casefold() not in _PAYING or one.status is not RefundStatus.SUCCEEDED:
            continue
        method = _payer(methods, one.gateway or "")
        if method is None or one.amount is None or one.amount.currency != order.currency:
            return None
        paid[method.id] += one.amount.amount_minor
    if sum(paid.values()) != order.totals.total.amount_minor:
        return None
    for refund in order.refunds:
        if refund.status is RefundStatus.FAILED:
            continue
        if refund.method not in paid:
            return None
        paid[refund.method] -= refund.amount.amount_minor
    return paid if all(left >= 0 for left in paid.values()) else None


def split(policy: Policy, order: OrderSnapshot, amount_minor: int) -> Mapping[str, int] | None:
    """The amount by means of payment, those that get nothing left out; None if it is not known who paid, or too much.

    Where the law asks for the same means of payment it is split as it was paid, else in the policy's order of kinds."""
    left = room(order)
    if left is None or amount_minor > sum(left.values()):
        return None
    zone = facts.zone_of(policy, order)
    if zone is not None and policy.laws[zone.law].same_payment_means:
        shares = split_in_proportion(amount_minor, left)
    else:
        kinds = {one.id: one.kind for one in order.payment.methods}
        ranks = policy.tenders.order
        ranked = sorted(left, key=lambda name: ranks.index(kinds[name]) if kinds.get(name) in ranks else len(ranks))
        shares = split_in_order(amount_minor, left, ranked)
    return {name: share for name, share in shares.items() if share}


def _payer(methods: tuple[PaymentMethod, ...], gateway: str) -> PaymentMethod | None:
    """The method that a payment's gateway means: by id, else by kind where that is one only."""
    by_id = [one for one in methods if one.id == gateway]
    found = by_id or [one for one in methods if one.kind.casefold() == gateway.casefold()]
    return found[0] if len(found) == 1 else None
