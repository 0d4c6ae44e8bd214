"""What hangs on a conversation: the money at risk in the orders in question, the sale that may be lost, the deadline that passed.

Read from the live orders that the answer was made from. An order system that does not answer leaves the money unknown, never guessed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import msgspec

from server.answering.context import Answer, Context, Labels
from server.commerce.model import CustomerRecord, Money, OrderSnapshot, RefundStatus
from server.desk.priority import Signals, priority
from server.errors import StoreError
from server.policies.facts import available, end_of, money_of
from server.policies.refunds import exponent

_CLAIMS: Final = frozenset(
    {"return", "exchange", "refund_request", "delivery_problem", "damaged_or_wrong_item", "warranty", "complaint"}
)
_LEAVING: Final = frozenset({"cancel", "payment", "change_order"})
_ORDERS: Final = 4


@dataclass(frozen=True, slots=True)
class Stakes:
    """`money` None = no order is in question, or none could be read. `promised_by` is the earliest promise that is still open."""

    money: Money | None = None
    revenue_minor: int = 0
    lifetime_minor: int = 0
    is_vip: bool = False
    promised_by: datetime | None = None


async def read(context: Context, answered: Answer) -> Stakes:
    """What hangs on a message that was just answered. Never fails for want of order data."""
    if answered.labels is None:
        return Stakes()
    looked, store = answered.looked, context.store
    try:
        found = [looked.orders.get(each) or await store.order(each) for each in _in_question(answered)]
        orders = [order for order in found if order is not None]
        buyer = orders[0].customer.id if orders else ""
        customer = looked.customers.get(buyer) or (await store.customer(buyer) if buyer else None)
    except StoreError:
        return Stakes()
    return of(orders, customer, answered.labels)


def of(orders: Sequence[OrderSnapshot], customer: CustomerRecord | None, labels: Labels) -> Stakes:
    """What hangs on these orders, under what the customer said of them. Orders in another currency than the first are left out."""
    same = [order for order in orders if order.currency == orders[0].currency]
    if not same:
        return Stakes()
    asked = {name for name, _ in labels.intents} | {labels.intent}
    is_claimed = bool(asked & _CLAIMS) or "chargeback" in labels.risk
    money = Money(sum(at_risk(order, is_claimed=is_claimed) for order in same), same[0].currency)
    leaving = sum(order.totals.total.amount_minor for order in same if asked & _LEAVING and not order.is_delivered)
    promises = [moment for order in same if (moment := _promised_by(order)) is not None]
    lifetime = (customer.lifetime_value_minor or 0) if customer else 0
    return Stakes(money, leaving, lifetime, bool(customer and customer.vip), min(promises, default=None))


def at_risk(order: OrderSnapshot, *, is_claimed: bool) -> int:
    """Minor units of one order: paid and not delivered, or all that is refundable where the goods are complained of or a bank was
    asked, and refunds that are still on their way."""
    held = available(order)
    pending = (
        each.amount.amount_minor
        for each in order.refunds
        if each.status in (RefundStatus.PENDING, RefundStatus.UNKNOWN)
    )
    is_whole = is_claimed or order.payment.disputed
    return (held if is_whole else min(held, _undelivered(order))) + sum(pending)


def signals(context: Context, labels: Labels, stakes: Stakes, waiting_since: int) -> Signals:
    """What priority is made of, for this message now. `waiting_since` in milliseconds, 0 = nobody waits for a person."""
    currency = stakes.money.currency if stakes.money else ""
    return Signals(
        intent=labels.intent,
        severity=labels.severity,
        complexity=labels.complexity,
        urgency=labels.urgency,
        frustration=labels.frustration,
        risk=labels.risk,
        is_vip=context.customer.vip or stakes.is_vip,
        lifetime_value=_whole(stakes.lifetime_minor, currency),
        money_at_risk=_whole(stakes.money.amount_minor, currency) if stakes.money else 0,
        revenue=_whole(stakes.revenue_minor, currency),
        currency=currency,
        waiting=minutes_since(waiting_since, context.now),
        overdue=hours_since(stakes.promised_by, context.now),
    )


def label(context: Context, labels: Labels, stakes: Stakes, waiting_since: int) -> dict[str, Any]:
    """The body of the `classified` event: labels, money at risk, priority with its reason and parts, and its signals."""
    made = signals(context, labels, stakes, waiting_since)
    body: dict[str, Any] = {**msgspec.to_builtins(labels), "of": context.answers, "money_at_risk": None}
    if stakes.money is not None:
        body["money_at_risk"] = {"amount_minor": stakes.money.amount_minor, "currency": stakes.money.currency}
    if stakes.promised_by is not None:
        body["promised_by"] = stakes.promised_by.isoformat()
    return {**body, **judged(made), "signals": msgspec.to_builtins(made)}


def judged(made: Signals) -> dict[str, Any]:
    """Priority as the log keeps it."""
    level, reason, parts = priority(made)
    return {"priority": level, "priority_reason": reason, "priority_parts": dict(parts)}


def later(body: Mapping[str, Any], waiting_since: int, now: datetime) -> Signals:
    """The signals of a label as time has gone on since."""
    kept = msgspec.convert(body["signals"], Signals)
    promised = datetime.fromisoformat(body["promised_by"]) if body.get("promised_by") else None
    return msgspec.structs.replace(
        kept, waiting=minutes_since(waiting_since, now), overdue=max(kept.overdue, hours_since(promised, now))
    )


def minutes_since(ms: int, now: datetime) -> int:
    """Whole minutes since a stored time; 0 for never."""
    return max(0, int(now.timestamp() - ms / 1000) // 60) if ms else 0


def hours_since(moment: datetime | None, now: datetime) -> int:
    """Begun hours since a moment that has passed, else 0."""
    passed = (now - moment).total_seconds() if moment else 0.0
    return int(passed // 3600) + 1 if passed > 0 else 0


def _in_question(answered: Answer) -> list[str]:
    talk = answered.dialogue
    tasks = [each.order_id for each in (talk.task, *talk.todo) if each is not None]
    return list(dict.fromkeys(each for each in (talk.order_id, answered.linked_order, *tasks) if each))[:_ORDERS]


def _undelivered(order: OrderSnapshot) -> int:
    paid = money_of(order)
    still = 0
    for line in order.lines:
        whole, counts = paid.lines[line.id], line.quantities
        missing = max(0, counts.current - counts.delivered)
        still += (whole.net + whole.tax) * missing // max(1, whole.quantity)
    return still + (0 if any(line.quantities.delivered for line in order.lines) else paid.shipping)


def _promised_by(order: OrderSnapshot) -> datetime | None:
    """When the promise of an order that is still to come ends."""
    moment = order.promised.max if order.promised else None
    if moment is None or order.is_delivered or order.cancelled_at is not None:
        return None
    return moment if isinstance(moment, datetime) else end_of(moment, order.tz)


def _whole(minor: int, currency: str) -> int:
    return int(minor // 10 ** exponent(currency)) if currency else 0
