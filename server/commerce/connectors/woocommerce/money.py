"""Money that goes back through WooCommerce: refunds by the gateway, what a cancelled order is owed, credit as a coupon.

A refund is sent once. When its answer is lost, or the site says 500, the money may have moved: the refunds are read until
it shows, and never is it sent again. A gateway that cannot refund leaves the payment to a person.
"""

import re
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from server.commerce.connectors.woocommerce.client import REFUND_READ_S
from server.commerce.connectors.woocommerce.plain import (
    MARKER,
    Json,
    entries,
    exponent_of,
    gmt,
    gmt_moment,
    meta,
    minor,
    money_text,
    part,
    text,
    whole,
)
from server.commerce.connectors.woocommerce.reading import refunded_counts, refunded_total
from server.commerce.connectors.woocommerce.refunding import refund_body
from server.commerce.connectors.woocommerce.writing import Writing, has_mark, mark
from server.commerce.model import LineQuantity, Money, RefundStatus
from server.commerce.store import CreditResult, RefundResult
from server.errors import StoreRefused

BY_HAND: Final = "this order's payment method cannot refund through WooCommerce: a person must pay it"
_NEAR: Final = timedelta(minutes=2)
_SIGNS: Final = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
_CODE_LENGTH: Final = 24
_SLUG: Final = re.compile(r"[\w-]+")
_LATEST: Final = "50"


class NoGateway(StoreRefused):
    """The gateway cannot send the money back."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A refund that is to be made, or was: `amount` None = whatever was sent then."""

    key: str
    order_id: str
    amount: Money | None
    lines: Sequence[LineQuantity]
    reason: str
    method: str | None
    at: datetime


async def refund(desk: Writing, wanted: Wanted) -> RefundResult:
    """Send the amount back to the means of payment, once."""
    was_sent, _ = await desk.ledger.look_up(wanted.key)
    sent = [wanted.at] if was_sent else []

    async def prepare() -> tuple[dict[str, object], Money]:
        return await _prepared(desk, wanted)

    async def send(prepared: tuple[dict[str, object], Money]) -> RefundResult:
        body, amount = prepared
        sent.append(desk.clock.now())
        path = f"/orders/{wanted.order_id}/refunds"
        done = await desk.client.write("POST", path, body, read_s=REFUND_READ_S)
        return _result(done, amount.currency, exponent_of(amount.currency))

    async def effect() -> RefundResult | None:
        order = await desk.order(wanted.order_id)
        currency = text(order.get("currency")).upper()
        matches = _matcher(wanted, sent, exponent_of(currency))
        found = next((each for each in await desk.reads.raw_refunds(wanted.order_id) if matches(each)), None)
        return None if found is None else _result(found, currency, exponent_of(currency))

    return await desk.run(wanted.key, "refund", wanted.order_id, RefundResult, prepare, send, effect)


async def refund_rest(desk: Writing, wanted: Wanted) -> RefundResult | None:
    """After a cancellation: send back all that is left of what was paid; None when nothing was.

    Where the gateway cannot, the result has failed and has no id, and a note asks the shop's people to pay."""
    was_sent, _ = await desk.ledger.look_up(wanted.key)
    if was_sent:
        return await refund(desk, wanted)
    order = await desk.order(wanted.order_id)
    currency = text(order.get("currency")).upper()
    exponent = exponent_of(currency)
    due = (minor(order.get("total"), exponent) or 0) - refunded_total(order, exponent)
    if due <= 0 or gmt(order.get("date_paid_gmt")) is None:
        return None
    amount = Money(due, currency)
    lines = _lines_left(order, await desk.reads.raw_refunds(wanted.order_id))
    fits = _adds_up(order, lines, due, exponent)
    whole_rest = Wanted(
        wanted.key, wanted.order_id, amount, lines if fits else (), wanted.reason, wanted.method, wanted.at
    )
    try:
        return await refund(desk, whole_rest)
    except NoGateway:
        owed = f"Cancelled: {money_text(due, exponent)} {currency} must be sent back by hand; {BY_HAND}."
        await desk.note(wanted.order_id, owed)
        return RefundResult("", amount, RefundStatus.FAILED, "original")


async def store_credit(
    desk: Writing, key: str, customer_id: str, amount: Money, reason: str, order_id: str | None
) -> CreditResult:
    """Give a coupon over the amount that works once, for this customer's e-mail alone."""

    async def prepare() -> str:
        return await _email_of(desk, customer_id, order_id)

    async def send(email: str) -> CreditResult:
        exponent = exponent_of(amount.currency)
        body = {
            "code": "".join(secrets.choice(_SIGNS) for _ in range(_CODE_LENGTH)),
            "amount": money_text(amount.amount_minor, exponent),
            "discount_type": "fixed_cart",
            "usage_limit": 1,
            "individual_use": False,
            "email_restrictions": [email],
            "description": reason,
            "meta_data": [mark(key)],
        }
        return _credit(await desk.client.write("POST", "/coupons", body), amount)

    async def effect() -> CreditResult | None:
        params = [("per_page", _LATEST), ("orderby", "date"), ("order", "desc")]
        latest = await desk.client.many("/coupons", params)
        found = next((each for each in latest.items if has_mark(each, key)), None)
        return None if found is None else _credit(found, amount)

    if amount.amount_minor <= 0:
        raise StoreRefused("credit must be more than nothing")
    return await desk.run(key, "store_credit", customer_id, CreditResult, prepare, send, effect)


async def can_refund(desk: Writing, order: Json) -> bool:
    """Whether the order's gateway still exists and sends money back when it is told to."""
    method = text(order.get("payment_method"))
    if not _SLUG.fullmatch(method):
        return False
    gateway = await desk.client.one(f"/payment_gateways/{method}")
    return gateway is not None and "refunds" in list(gateway.get("method_supports") or ())


async def _prepared(desk: Writing, wanted: Wanted) -> tuple[dict[str, object], Money]:
    """The body of the refund, after everything that speaks against it was looked at. Raises StoreRefused."""
    order = await desk.order(wanted.order_id)
    currency, amount = text(order.get("currency")).upper(), wanted.amount
    if amount is None or amount.currency != currency:
        raise StoreRefused("the amount is not in the order's currency")
    exponent = exponent_of(currency)
    left = (minor(order.get("total"), exponent) or 0) - refunded_total(order, exponent)
    if not 0 < amount.amount_minor <= left:
        raise StoreRefused("the amount is not within what can be refunded")
    if wanted.method not in (None, "original", text(order.get("payment_method"))):
        raise StoreRefused("WooCommerce sends money back to the original payment only")
    if not await can_refund(desk, order):
        raise NoGateway(BY_HAND)
    refunds = await desk.reads.raw_refunds(wanted.order_id)
    lines, reason, key = wanted.lines, wanted.reason, wanted.key
    return refund_body(order, refunds, amount.amount_minor, lines, reason, key, exponent), amount


def _matcher(wanted: Wanted, sent: Sequence[datetime], exponent: int) -> Callable[[Json], bool]:
    """Ours by its mark; or, once it was sent, without any mark but of the same amount, reason and time.

    The mark is written after the refund itself: a site that fails between the two leaves one without."""

    def matches(found: Json) -> bool:
        if has_mark(found, wanted.key):
            return True
        at = gmt_moment(found.get("date_created_gmt"))
        is_near = at is not None and any(abs(at - moment) <= _NEAR for moment in sent)
        is_same = wanted.amount is None or abs(minor(found.get("amount"), exponent) or 0) == wanted.amount.amount_minor
        return is_near and is_same and meta(found, MARKER) is None and text(found.get("reason")) == wanted.reason

    return matches


def _result(found: Json, currency: str, exponent: int) -> RefundResult:
    """Only what the gateway carried out has succeeded."""
    status = RefundStatus.SUCCEEDED if found.get("refunded_payment") is True else RefundStatus.UNKNOWN
    amount = Money(abs(minor(found.get("amount"), exponent) or 0), currency)
    return RefundResult(text(found.get("id")), amount, status, "original")


def _lines_left(order: Json, refunds: Sequence[Json]) -> list[LineQuantity]:
    done = refunded_counts(refunds)
    left = [
        LineQuantity(line_id, whole(item.get("quantity")) - done.get(line_id, 0))
        for item in entries(order.get("line_items"))
        if (line_id := text(item.get("id")))
    ]
    return [line for line in left if line.quantity > 0]


def _adds_up(order: Json, lines: Sequence[LineQuantity], due: int, exponent: int) -> bool:
    """Whether lines and delivery make up what is due; fees do not belong to either."""
    fees = [minor(each.get("total"), exponent) or 0 for each in entries(order.get("fee_lines"))]
    return bool(lines) and due > 0 and not any(fees)


def _credit(coupon: Json, amount: Money) -> CreditResult:
    """The code is what the shopper needs; it is money to whoever has it and this e-mail."""
    return CreditResult(text(coupon.get("code")), amount, None)


async def _email_of(desk: Writing, customer_id: str, order_id: str | None) -> str:
    found = customer_id.removeprefix("guest:") if customer_id.startswith("guest:") else ""
    if customer_id.isdecimal():
        found = text(part(await desk.client.one(f"/customers/{customer_id}")).get("email"))
    if "@" not in found and order_id is not None:
        found = text(part((await desk.order(order_id)).get("billing")).get("email"))
    if "@" not in found:
        raise StoreRefused("store credit needs the customer's e-mail address")
    return found
