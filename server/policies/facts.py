"""What an order says about itself in the terms of a policy: its zone, its flags, its days, its money.

Everything here reads one snapshot and answers None where the fact is missing; deciding what that means is not done
here. Days end at midnight in the shop's zone; a right given by law ends at the later of that and the customer's.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from server.commerce.model import (
    CustomerRecord,
    Line,
    OrderSnapshot,
    PaymentState,
    Product,
    RefundStatus,
    ReturnOutcome,
    ReturnStatus,
    Shipment,
)
from server.policies.refunds import allocate
from server.policies.shape import Flag, Outcomes, Policy, Restocking, Zone

VOID_RETURNS = frozenset({ReturnStatus.DECLINED, ReturnStatus.CANCELLED, ReturnStatus.EXPIRED, ReturnStatus.REJECTED})
"""Returns that came to nothing."""

_CAPTURED = frozenset({PaymentState.PAID, PaymentState.PARTIALLY_REFUNDED, PaymentState.REFUNDED})


def zone_of(policy: Policy, order: OrderSnapshot) -> Zone | None:
    """The first zone that takes the order's destination; None if the country is not known."""
    country, region = order.ship_to.country.strip().upper(), order.ship_to.region.strip().upper()
    if not country:
        return None
    for zone in policy.zones:
        takes_country = country in zone.match.country or "*" in zone.match.country
        if takes_country and (not zone.match.region or region in zone.match.region):
            return zone
    return None


def outcomes_of(policy: Policy, zone: Zone) -> Outcomes:
    """The outcomes that hold in a zone."""
    return zone.outcomes or policy.outcomes


def is_vip(policy: Policy, order: OrderSnapshot, customer: CustomerRecord | None) -> bool:
    """Whether this customer is a VIP: by record, or by a tag of the order."""
    tags = {tag.casefold() for tag in order.tags}
    return (customer is not None and customer.vip) or any(tag.casefold() in tags for tag in policy.vip.tags)


def is_abuse_flagged(policy: Policy, order: OrderSnapshot, customer: CustomerRecord | None) -> bool:
    """Whether a person of the shop marked this customer, or this order, for a person's look."""
    tags = {tag.casefold() for tag in (*order.tags, *(customer.tags if customer else ()))}
    return any(tag.casefold() in tags for tag in policy.abuse.tags)


def is_sold_by_other(policy: Policy, order: OrderSnapshot, line: Line) -> bool:
    """Whether somebody else sold it (a marketplace, a retailer)."""
    tags = {tag.casefold() for tag in (*order.tags, *line.tags)}
    return any(tag.casefold() in tags for tag in policy.sold_by_other.tags)


def has_open_dispute(order: OrderSnapshot) -> bool:
    """Whether a chargeback or an enquiry of the bank is open."""
    return order.payment.disputed or any(dispute.is_open for dispute in order.disputes)


def flags_of(policy: Policy, line: Line, product: Product | None) -> tuple[str, ...]:
    """The names of the flags that a line carries, in the policy's order."""
    return tuple(name for name, flag in policy.flags.items() if _is_marked(name, flag, line, product))


def _is_marked(name: str, flag: Flag, line: Line, product: Product | None) -> bool:
    own = {"final_sale": line.final_sale, "hygiene": line.hygiene, "digital": not line.requires_shipping}
    return own.get(name, False) or _is_among(flag, line, product)


def _is_among(group: Flag | Restocking, line: Line, product: Product | None) -> bool:
    tags = _folded((*line.tags, *(product.tags if product else ())))
    collections = _folded(product.collections if product else ())
    categories = _folded((line.category or "", (product.category or "") if product else ""))
    return bool(
        tags & _folded(group.tags) or collections & _folded(group.collections) or categories & _folded(group.categories)
    )


def _folded(words: Iterable[str]) -> frozenset[str]:
    return frozenset(word.casefold() for word in words if word)


def restocking_bp(policy: Policy, line: Line, product: Product | None) -> int:
    """The highest restocking fee that applies to a line, in basis points."""
    rates = [fee.bp for fee in policy.fees.restocking if _is_general(fee) or _is_among(fee, line, product)]
    return max(rates, default=0)


def _is_general(fee: Restocking) -> bool:
    return not (fee.tags or fee.collections or fee.categories)


def warranty_months(policy: Policy, line: Line, product: Product | None) -> int:
    """How long a warranty claim is possible."""
    if product is not None and product.warranty_months is not None:
        return product.warranty_months
    names = _folded((*(product.collections if product else ()), line.category or ""))
    found = [months for name, months in policy.warranty.by_collection.items() if name.casefold() in names]
    return max(found, default=policy.warranty.default_months)


def remaining(order: OrderSnapshot, line: Line) -> int:
    """How many pieces of a line were not yet sent back, being sent back, or refunded.

    A refund that pays for a return is counted once, with the return."""
    counts = line.quantities
    paid_returns = sum(
        piece.quantity
        for one in order.returns
        if one.status not in VOID_RETURNS and one.outcome is not ReturnOutcome.EXCHANGE
        for piece in one.lines
        if piece.line_id == line.id
    )
    refunded_alone = max(0, counts.refunded - paid_returns)
    return max(0, counts.current - counts.returning - counts.returned - refunded_alone)


def arrived(line: Line) -> int:
    """How many pieces are with the customer; what needs no shipping is there as soon as it is fulfilled."""
    counts = line.quantities
    return counts.delivered if line.requires_shipping else max(counts.delivered, counts.fulfilled)


def exchanges_of(order: OrderSnapshot, line_id: str | None = None) -> int:
    """How many exchanges were made, of this line or of the order."""
    return sum(
        1
        for one in order.returns
        if one.outcome is ReturnOutcome.EXCHANGE
        and one.status not in VOID_RETURNS
        and (line_id is None or any(line.line_id == line_id for line in one.lines))
    )


Certainty = Literal["carrier", "buffer", "stated"]


@dataclass(frozen=True, slots=True)
class Delivery:
    """When a line arrived, and how that is known."""

    at: datetime
    certainty: Certainty


def delivery_of(policy: Policy, order: OrderSnapshot, line: Line) -> Delivery | None:
    """When the last parcel with this line arrived: the carrier's word, else shipping and the transit buffer."""
    parcels = [parcel for parcel in order.parcels if _carries(parcel, line)]
    scanned = [parcel.delivered_at for parcel in parcels if parcel.delivered_at is not None]
    if scanned:
        return Delivery(max(scanned), "carrier")
    if not line.requires_shipping:
        return Delivery(order.placed_at, "carrier")
    shipped = [parcel.shipped_at for parcel in parcels if parcel.shipped_at is not None]
    if not shipped:
        return None
    return Delivery(max(shipped) + timedelta(days=policy.defaults.transit_buffer_days), "buffer")


def shipped_at(order: OrderSnapshot, line: Line) -> datetime | None:
    """When the last parcel with this line left."""
    times = [parcel.shipped_at for parcel in order.parcels if _carries(parcel, line) and parcel.shipped_at]
    return max(times, default=None)


def _carries(parcel: Shipment, line: Line) -> bool:
    return not parcel.lines or any(one.line_id == line.id for one in parcel.lines)


def zone_info(name: str) -> ZoneInfo:
    """A time zone by name; an unknown one reads as UTC."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")


def local_day(moment: datetime, tz: str) -> date:
    """The calendar day of a moment in a zone."""
    return moment.astimezone(zone_info(tz)).date()


def end_of(day: date, tz: str) -> datetime:
    """The first moment after a day, in UTC: what is before it is still within the day."""
    return datetime.combine(day + timedelta(days=1), time(), zone_info(tz)).astimezone(UTC)


def add_months(day: date, months: int) -> date:
    """The same day so many months later, or the last of that month: 31 January and one month is 28 or 29 February."""
    index = day.year * 12 + day.month - 1 + months
    year, month = divmod(index, 12)
    following = date(year + (month + 1) // 12, (month + 1) % 12 + 1, 1)
    return min(date(year, month + 1, 1) + timedelta(days=day.day - 1), following - timedelta(days=1))


@dataclass(frozen=True, slots=True)
class LineMoney:
    """What was paid for a whole line, in minor units. `tax` is 0 where prices include it."""

    net: int
    tax: int
    quantity: int


@dataclass(frozen=True, slots=True)
class OrderMoney:
    """What was paid for an order, line by line. `is_exact` = the lines and the totals agree to the unit."""

    lines: Mapping[str, LineMoney]
    shipping: int
    available: int
    is_exact: bool


def money_of(order: OrderSnapshot) -> OrderMoney:
    """Spread an order's discount and tax over its lines, so that the lines add up to what was paid.

    A line's price is after its own discounts; where the shop tells a line's total or tax, those hold. Whether an order
    discount is still to be spread, and whether prices include tax, follows from which reading makes the totals agree; if
    none does, nothing is spread."""
    totals = order.totals
    gross = [_cost(line) for line in order.lines]
    discount, tax, is_exact = _reading(order, sum(gross))
    off = allocate(min(discount, sum(gross)), gross)
    nets = [whole - part for whole, part in zip(gross, off, strict=True)]
    taxes = _own_taxes(order, tax) or allocate(tax, nets)
    return OrderMoney(
        lines={
            line.id: LineMoney(net, own_tax, line.quantities.ordered)
            for line, net, own_tax in zip(order.lines, nets, taxes, strict=True)
        },
        shipping=totals.shipping.amount_minor,
        available=available(order),
        is_exact=is_exact,
    )


def _cost(line: Line) -> int:
    """What the whole line cost: as the shop says, else its price times its pieces."""
    return line.total.amount_minor if line.total is not None else line.unit_price.amount_minor * line.quantities.ordered


def _own_taxes(order: OrderSnapshot, tax: int) -> list[int] | None:
    """Each line's own tax, where every line has one and together they are within the tax that is to be spread."""
    own = [line.tax.amount_minor for line in order.lines if line.tax is not None]
    return own if own and len(own) == len(order.lines) and 0 < sum(own) <= tax else None


def _reading(order: OrderSnapshot, gross: int) -> tuple[int, int, bool]:
    """The order discount and the tax still to be spread, and whether the totals confirm that."""
    totals = order.totals
    discount, tax = totals.discount.amount_minor, totals.tax.amount_minor
    for_items = totals.total.amount_minor - totals.shipping.amount_minor
    readings = ((0, tax), (discount, tax), (0, 0), (discount, 0))
    for spread, added in readings:
        if gross - spread + added == for_items:
            return spread, added, True
    return 0, 0, False


def available(order: OrderSnapshot) -> int:
    """What is left of the captured money: less what was refunded, less what is on its way. 0 if nothing was captured."""
    if order.payment.status not in _CAPTURED:
        return 0
    done = sum(one.amount.amount_minor for one in order.refunds if one.status is RefundStatus.SUCCEEDED)
    pending = sum(
        one.amount.amount_minor for one in order.refunds if one.status in (RefundStatus.PENDING, RefundStatus.UNKNOWN)
    )
    captured, refunded = order.totals.total.amount_minor, max(done, order.totals.refunded.amount_minor)
    return max(0, captured - refunded - pending)
