"""The body of a refund: which share of which line goes back, so that everything adds up to the amount that was agreed.

A line's share is found by cumulative rounding over its total, tax by tax. What is agreed beyond the lines is delivery; what
is agreed below them (a fee was kept) is spread over them. The amount never changes: it is what the shopper was told.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from server.commerce.connectors.woocommerce.plain import (
    MARKER,
    Json,
    decimal,
    entries,
    meta,
    minor,
    money_text,
    share,
    spread,
    text,
    whole,
)
from server.commerce.connectors.woocommerce.reading import refunded_counts
from server.commerce.model import LineQuantity
from server.errors import StoreRefused


@dataclass(frozen=True, slots=True)
class Share:
    """What goes back of one line of the order, in minor units; `taxes` are (tax rate id, amount)."""

    item_id: int
    quantity: int
    net: int
    taxes: tuple[tuple[int, int], ...]

    @property
    def amounts(self) -> tuple[int, ...]:
        """Net first, then tax by tax."""
        return (self.net, *(amount for _, amount in self.taxes))

    def with_amounts(self, amounts: Sequence[int]) -> "Share":
        """The same line with other amounts, in the order of `amounts`."""
        taxes = tuple((rate, amount) for (rate, _), amount in zip(self.taxes, amounts[1:], strict=True))
        return replace(self, net=amounts[0], taxes=taxes)


def refund_body(
    order: Json,
    refunds: Sequence[Json],
    amount_minor: int,
    lines: Sequence[LineQuantity],
    reason: str,
    key: str,
    exponent: int,
) -> dict[str, Any]:
    """What is sent. Raises StoreRefused when the amount cannot be made of these lines and the delivery."""
    shares = shares_of(order, refunds, amount_minor, lines, exponent)
    if shares and sum(sum(each.amounts) for each in shares) != amount_minor:
        raise StoreRefused("the parts of the refund do not add up to its amount")
    return {
        "amount": money_text(amount_minor, exponent),
        "reason": reason,
        # Both are true unless they are JSON booleans that say otherwise.
        "api_refund": True,
        "api_restock": False,
        "line_items": [_item(each, exponent) for each in shares],
        "meta_data": [{"key": MARKER, "value": key}],
    }


def shares_of(
    order: Json, refunds: Sequence[Json], amount_minor: int, lines: Sequence[LineQuantity], exponent: int
) -> list[Share]:
    """The lines' shares of the amount; none for an amount without lines. Raises StoreRefused."""
    done = refunded_counts(refunds)
    shares = [_line_share(order, line, done, exponent) for line in lines]
    beyond = amount_minor - _sum(shares)
    if not shares or beyond == 0:
        return shares
    if beyond < 0:
        return _scaled(shares, amount_minor)
    if beyond <= len(shares):
        return [shares[0].with_amounts((shares[0].net + beyond, *shares[0].amounts[1:])), *shares[1:]]
    delivery = _delivery_left(order, refunds, exponent)
    if beyond > _sum(delivery):
        raise StoreRefused("the amount is more than these lines and their delivery cost: a person must look")
    return [*shares, *_scaled(delivery, beyond)]


def _sum(shares: Sequence[Share]) -> int:
    return sum(sum(each.amounts) for each in shares)


def _line_share(order: Json, line: LineQuantity, done: dict[str, int], exponent: int) -> Share:
    item = next((each for each in entries(order.get("line_items")) if text(each.get("id")) == line.line_id), None)
    if item is None:
        raise StoreRefused(f"no line {line.line_id} in this order")
    quantity, before = whole(item.get("quantity")), done.get(line.line_id, 0)
    if not 0 < line.quantity <= quantity - before:
        raise StoreRefused(f"{line.quantity} pieces of line {line.line_id}, but {quantity - before} are left to refund")
    part_of = [
        share(amount, quantity, before, line.quantity)
        for amount in (_net(item, exponent), *_tax_amounts(item, exponent))
    ]
    return _share(item, line.quantity, part_of)


def _delivery_left(order: Json, refunds: Sequence[Json], exponent: int) -> list[Share]:
    """What delivery cost and was not refunded yet."""
    given: dict[str, int] = {}
    for each in (each for refund in refunds for each in entries(refund.get("shipping_lines"))):
        original = text(meta(each, "_refunded_item_id"))
        given[original] = given.get(original, 0) + abs(_net(each, exponent)) + abs(_amount(each, "total_tax", exponent))
    shares = []
    for item in entries(order.get("shipping_lines")):
        whole_share = _share(item, 0, [_net(item, exponent), *_tax_amounts(item, exponent)])
        left = _sum([whole_share]) - given.get(text(item.get("id")), 0)
        if left > 0:
            shares += _scaled([whole_share], left)
    return shares


def _share(item: Json, quantity: int, amounts: Sequence[int]) -> Share:
    rates = [whole(each.get("id")) for each in entries(item.get("taxes"))]
    return Share(whole(item.get("id")), quantity, 0, tuple((rate, 0) for rate in rates)).with_amounts(amounts)


def _scaled(shares: Sequence[Share], amount_minor: int) -> list[Share]:
    """The same lines, their amounts reduced in proportion until they come to this."""
    parts = iter(spread(amount_minor, [amount for each in shares for amount in each.amounts]))
    return [each.with_amounts([next(parts) for _ in each.amounts]) for each in shares]


def _net(item: Json, exponent: int) -> int:
    return _amount(item, "total", exponent)


def _tax_amounts(item: Json, exponent: int) -> list[int]:
    return [_amount(each, "total", exponent) for each in entries(item.get("taxes"))]


def _amount(item: Json, name: str, exponent: int) -> int:
    return minor(item.get(name), exponent) or 0


def _item(each: Share, exponent: int) -> dict[str, Any]:
    taxes = [{"id": rate, "refund_total": decimal(amount, exponent)} for rate, amount in each.taxes]
    item = {"id": each.item_id, "refund_total": decimal(each.net, exponent), "refund_tax": taxes}
    return {**item, "quantity": each.quantity} if each.quantity else item
