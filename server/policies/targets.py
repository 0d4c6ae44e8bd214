"""Means of payment: which are on file, which hold a balance, and where an action's money may go back to."""

from typing import Final

from server.commerce.model import CustomerRecord, OrderSnapshot, PaymentMethod
from server.policies.shape import ActionRule

WALLETS: Final = frozenset({"gift_card", "store_credit"})
"""Means of payment that hold a balance."""


def method_on_file(method: str, order: OrderSnapshot | None, customer: CustomerRecord | None) -> PaymentMethod | None:
    """The stored means of payment with this id: the customer's, else the order's."""
    stored = (*(customer.payment_methods if customer else ()), *(order.payment.methods if order else ()))
    return next((one for one in stored if one.id == method), None)


def refund_targets(rule: ActionRule, order: OrderSnapshot, customer: CustomerRecord | None) -> tuple[str, ...]:
    """Where money may go back to, as words and ids a customer can choose from: `original`, stored method ids."""
    used = {one.id for one in order.payment.methods}
    stored = customer.payment_methods if customer else ()
    found: list[str] = []
    for target in rule.refund_to:
        if target in ("original", "store_credit"):
            found.append(target)
        else:
            wanted = _is_gift_card if target == "gift_card_on_file" else _is_any
            found.extend(one.id for one in stored if wanted(one) and one.id not in used and one.id not in found)
    return tuple(found)


def may_receive(rule: ActionRule, target: str, order: OrderSnapshot, customer: CustomerRecord | None) -> bool:
    """The id of a method that paid the order means `original`."""
    if "original" in rule.refund_to and target in {one.id for one in order.payment.methods}:
        return True
    return target in refund_targets(rule, order, customer)


def _is_gift_card(method: PaymentMethod) -> bool:
    return method.kind == "gift_card"


def _is_any(method: PaymentMethod) -> bool:
    return bool(method.id)
