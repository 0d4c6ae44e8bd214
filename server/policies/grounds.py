"""What is due without anything coming back: for what was lost, never came, came late, or became cheaper.

A ground says how much, and whether the policy grants it by itself. Without a ground only a person may agree. Pure functions;
who must agree beyond that is `approval`'s matter.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from server.commerce.model import Line, OrderSnapshot, Product, ShipmentStatus
from server.policies import facts, totals
from server.policies.asked import Asked
from server.policies.decision import Decision
from server.policies.goodwill import late_credit, price_adjustment
from server.policies.shape import Policy

_NEVER_ARRIVES: Final = frozenset({ShipmentStatus.LOST, ShipmentStatus.RETURNED})
LATE: Final = frozenset({"late", "arrived_late"})
CHEAPER: Final = frozenset({"price_drop", "price_adjustment"})


@dataclass(frozen=True, slots=True)
class Ground:
    """Why something is due, and how much of it in minor units of the order's currency."""

    key: str
    amount_minor: int
    needs_photo: bool = False


def refund_ground(
    policy: Policy,
    order: OrderSnapshot,
    asked: Asked,
    decision: Decision | None,
    products: Mapping[str, Product],
    now: datetime,
) -> Ground | None:
    """What is paid back without a return; None = nothing, as far as the policy goes.

    `decision` is what the policy makes of a return of the same lines that ends in money."""
    if asked.reason in CHEAPER:
        return _cheaper(policy, order, asked, products, now)
    if not asked.lines:
        return None
    if all(_never_arrives(order, line.line_id) for line in asked.lines):
        return Ground("parcel_lost", worth_of(order, asked))
    if decision is None or not _keeps(decision, "refund"):
        return None
    total = decision.total("refund")
    return Ground("fault", total.amount.amount_minor, _wants_photo(decision)) if total else None


def reship_ground(order: OrderSnapshot, asked: Asked, decision: Decision | None) -> Ground | None:
    """What is sent once more without anything coming back; None = nothing, as far as the policy goes."""
    if not asked.lines:
        return None
    if all(_never_arrives(order, line.line_id) for line in asked.lines):
        return Ground("parcel_lost", worth_of(order, asked))
    if decision is None or not _keeps(decision, "replace"):
        return None
    return Ground("fault", worth_of(order, asked), _wants_photo(decision))


def credit_ground(policy: Policy, order: OrderSnapshot, asked: Asked, now: datetime) -> Ground | None:
    """The goodwill that the policy itself gives for a late order; None = nothing."""
    if asked.reason not in LATE or order.currency != policy.currency:
        return None
    credit = late_credit(policy, days_late(order, now, policy.defaults.tz))
    return Ground("late", credit) if credit else None


def worth_of(order: OrderSnapshot, asked: Asked) -> int:
    """What the asked lines are worth, and delivery with them where nothing else is left of the order."""
    money = facts.money_of(order)
    total, is_whole = 0, True
    counts: dict[str, int] = {}
    for wish in asked.lines:
        counts[wish.line_id] = counts.get(wish.line_id, 0) + wish.quantity
    for line in order.lines:
        count = counts.get(line.id, 0)
        is_whole = is_whole and count >= line.quantities.current
        if 0 < count <= facts.remaining(order, line):
            total += totals.share_of(order, money, line, count).total
    return total + (money.shipping if is_whole else 0)


def days_late(order: OrderSnapshot, now: datetime, tz: str) -> int:
    """How many days an order is, or was, behind what checkout promised; 0 where nothing was promised."""
    promised = order.promised.max if order.promised else None
    if promised is None or order.cancelled_at is not None:
        return 0
    due = facts.local_day(promised, order.tz or tz) if isinstance(promised, datetime) else promised
    came = order.delivered_at or now
    return max(0, (facts.local_day(came, order.tz or tz) - due).days)


def _wants_photo(decision: Decision) -> bool:
    return any(result.facts.get("photo") for result in decision.lines)


def _keeps(decision: Decision, kind: str) -> bool:
    """Whether every line is granted this for a fault, and nothing has to come back."""
    offers = [result.offer(kind) for result in decision.lines if result.explain_key == "fault"]
    kept = [one for one in offers if one is not None and one.keep_item and one.verdict == "allow"]
    return bool(kept) and len(kept) == len(decision.lines) and decision.verdict == "allow"


def _never_arrives(order: OrderSnapshot, line_id: str) -> bool:
    """Whether every parcel that carries a line was lost or went back to the shop."""
    carrying = [one for one in order.parcels if any(each.line_id == line_id for each in one.lines)]
    if not carrying and len(order.parcels) == 1 and not order.parcels[0].lines:
        carrying = list(order.parcels)
    return bool(carrying) and all(one.status in _NEVER_ARRIVES for one in carrying)


def _cheaper(
    policy: Policy, order: OrderSnapshot, asked: Asked, products: Mapping[str, Product], now: datetime
) -> Ground | None:
    due = 0
    for wish in asked.lines:
        line = order.line(wish.line_id)
        price = _price_now(line, products) if line else None
        given = price_adjustment(policy, order, line, price, now) if line and price is not None else None
        due += given or 0
    return Ground("price_adjustment", due) if due else None


def _price_now(line: Line, products: Mapping[str, Product]) -> int | None:
    product = products.get(line.product_id or "")
    variants = product.variants if product else ()
    return next((one.price_minor for one in variants if one.sku == line.sku), None)
