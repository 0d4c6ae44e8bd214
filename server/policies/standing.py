"""What a customer's orders and claims say of them: how long and how much they have bought, what came back, what looks odd.

Pure. The signals and their weights are those of the protocol on identity and fraud, section 6, as far as orders tell them. A score
sorts cases for people; it refuses nothing, and no customer hears of it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from server.commerce.model import CustomerRecord, OrderSnapshot, RefundStatus, ReturnOutcome
from server.policies.decision import FAULTS
from server.policies.facts import VOID_RETURNS

WEIGHTS: Final[Mapping[str, int]] = {
    "repeated_claims": 3,
    "claim_against_proof": 3,
    "dispute_after_refund": 3,
    "claim_at_once": 2,
    "high_return_rate": 2,
    "steady": -2,
}
"""What each signal adds to the score; `steady` lowers it."""

_YEAR: Final = timedelta(days=365)
_AT_ONCE: Final = timedelta(hours=1)
_MANY_CLAIMS: Final = 2
_MANY_ORDERS: Final = 5
_MOSTLY_BP: Final = 6_000
_WHOLE_BP: Final = 10_000
_FAULT_WORDS: Final = frozenset(each.value for each in FAULTS)


@dataclass(frozen=True, slots=True)
class NotReceived:
    """A claim that a parcel of this order did not come, and when it was made."""

    order_id: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Standing:
    """What is known of a customer. `return_rate_bp` = the share, by value, of a year's goods that came back; None = unknown."""

    orders: int = 0
    orders_12m: int = 0
    account_days: int = 0
    return_rate_bp: int | None = None
    signals: tuple[str, ...] = ()

    @property
    def score(self) -> int:
        """The sum of the signals' weights, never below 0."""
        return max(0, sum(WEIGHTS[each] for each in self.signals))


def standing(
    record: CustomerRecord | None,
    orders: Sequence[OrderSnapshot],
    claims: Sequence[NotReceived],
    now: datetime,
    *,
    is_all: bool,
    inr_12m: int = 0,
) -> Standing:
    """What a customer's known orders say; `is_all` = there are no others than these.

    Where the order system counts more orders than are known here, the share of goods that came back is not known."""
    placed = [each for each in orders if each.cancelled_at is None and not each.is_test]
    recent = [each for each in placed if now - each.placed_at <= _YEAR]
    counted = record.orders or 0 if record else 0
    first = _first(record, placed)
    days = max(0, (now.date() - first).days) if first else 0
    total = max(counted, len(placed))
    rate = _return_rate(recent) if is_all or 0 < counted <= len(placed) else None
    told = Standing(total, max(len(recent), total if days <= _YEAR.days else 0), days, rate)
    signals = _signals(told, placed, claims, inr_12m)
    return Standing(told.orders, told.orders_12m, told.account_days, told.return_rate_bp, signals)


def _first(record: CustomerRecord | None, placed: Sequence[OrderSnapshot]) -> date | None:
    """The day of the first order that anybody knows of."""
    days = [each.placed_at.date() for each in placed]
    known = record.first_order_at if record else None
    if known is not None:
        days.append(known.date() if isinstance(known, datetime) else known)
    return min(days, default=None)


def _return_rate(orders: Sequence[OrderSnapshot]) -> int | None:
    """The share of goods, by value, that came back for no fault of the shop's; exchanged and repaired goods stayed."""
    bought = sum(line.unit_price.amount_minor * line.quantities.ordered for order in orders for line in order.lines)
    return min(_WHOLE_BP, sum(_came_back(order) for order in orders) * _WHOLE_BP // bought) if bought else None


def _came_back(order: OrderSnapshot) -> int:
    prices = {line.id: line.unit_price.amount_minor for line in order.lines}
    return sum(
        prices.get(piece.line_id, 0) * piece.quantity
        for one in order.returns
        if one.status not in VOID_RETURNS and one.outcome in (ReturnOutcome.REFUND, ReturnOutcome.STORE_CREDIT)
        for piece in one.lines
        if (piece.reason or one.reason) not in _FAULT_WORDS
    )


def _signals(
    told: Standing, orders: Sequence[OrderSnapshot], claims: Sequence[NotReceived], inr_12m: int
) -> tuple[str, ...]:
    by_id = {each.id: each for each in orders}
    about = [(by_id[each.order_id], each.at) for each in claims if each.order_id in by_id]
    rate = told.return_rate_bp or 0
    seen = {
        "repeated_claims": max(len(claims), inr_12m) >= _MANY_CLAIMS,
        "claim_against_proof": any(_is_proven(order) for order, _ in about),
        "dispute_after_refund": any(_is_disputed_after(order) for order in orders),
        "claim_at_once": any(_is_at_once(order, at) for order, at in about),
        "high_return_rate": rate > _MOSTLY_BP and told.orders_12m >= _MANY_ORDERS,
        "steady": told.account_days > _YEAR.days and _kept(orders) >= _MANY_ORDERS,
    }
    return tuple(name for name, is_seen in seen.items() if is_seen)


def _is_proven(order: OrderSnapshot) -> bool:
    """Whether the carrier holds a signature, a photo or a place for each parcel that it says it delivered."""
    here = [each for each in order.parcels if each.delivered_at is not None]
    return bool(here) and all(
        each.pod is not None and (each.pod.signed_by or each.pod.photo_url or each.pod.geo) for each in here
    )


def _is_disputed_after(order: OrderSnapshot) -> bool:
    """Whether the bank was asked for money that the shop had given back."""
    paid = [each.at for each in order.refunds if each.status is RefundStatus.SUCCEEDED and each.at is not None]
    return any(one.at is not None and one.at > at for one in order.disputes for at in paid)


def _is_at_once(order: OrderSnapshot, at: datetime) -> bool:
    scans = [each.delivered_at for each in order.parcels if each.delivered_at is not None]
    return bool(scans) and timedelta() <= at - max(scans) <= _AT_ONCE


def _kept(orders: Sequence[OrderSnapshot]) -> int:
    """How many orders arrived and stayed whole."""
    return sum(
        1
        for order in orders
        if any(each.delivered_at is not None for each in order.parcels)
        and not any(one.status not in VOID_RETURNS for one in order.returns)
        and not order.refunds
    )
