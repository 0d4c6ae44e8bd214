"""New orders in WooCommerce: the replacement of an exchange, and goods that are sent again without charge.

An exchange is an order at today's prices with a credit for what comes back, so that WooCommerce itself works out tax and
difference: what is left to pay is its payment link, and without anything left it is released at once.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from msgspec.structs import replace

from server.commerce.changes import Changed, NewItem, identifier, with_exchange
from server.commerce.connectors.woocommerce.changing import checked_document, has_return, keep_return
from server.commerce.connectors.woocommerce.goods import price_of
from server.commerce.connectors.woocommerce.people import shipping_fields
from server.commerce.connectors.woocommerce.plain import (
    Json,
    entries,
    exponent_of,
    meta,
    minor,
    money_text,
    part,
    share,
    text,
    whole,
)
from server.commerce.connectors.woocommerce.reading import refunded_counts
from server.commerce.connectors.woocommerce.statuses import Rules
from server.commerce.connectors.woocommerce.writing import Writing, has_mark, mark
from server.commerce.formats import OrderDocument
from server.commerce.model import Address, LineQuantity, Money
from server.commerce.store import ExchangeResult, ReshipResult
from server.errors import StoreRefused, StoreUnavailable

_LATEST: Final = "50"
_DIFFERENCE: Final = "_cs_exchange_difference"
_BILLING: Final = ("company", "email", "phone", *(name for name in shipping_fields(Address()) if name != "phone"))


@dataclass(frozen=True, slots=True)
class Swap:
    """An exchange that was asked for."""

    key: str
    order_id: str
    lines: Sequence[LineQuantity]
    reason: str
    method: str | None
    at: datetime


@dataclass(frozen=True, slots=True)
class Swapped:
    """The exchange is open; the difference is charged when above nothing, owed when below."""

    rma: str
    difference: Money


async def start_exchange(desk: Writing, rules: Rules, swap: Swap) -> ExchangeResult:
    """Make the replacement order and open the return that belongs to it.

    A replacement that is there already, from a call whose answer was lost, is completed and never made again."""

    async def prepare() -> tuple[Json, dict[str, Any]]:
        order = await desk.order(swap.order_id)
        goods = await _goods(desk, swap.lines)
        opened = await _return_of(desk, rules, swap, order, goods)
        refunds = await desk.reads.raw_refunds(swap.order_id)
        return order, _replacement(order, swap, goods, refunded_counts(refunds), opened.result.difference.amount_minor)

    async def send(prepared: tuple[Json, dict[str, Any]]) -> Swapped:
        order, body = prepared
        return await _finished(desk, rules, swap, order, await desk.client.write("POST", "/orders", body))

    async def effect() -> Swapped | None:
        order = await desk.order(swap.order_id)
        made = await _made_under(desk, order, swap.key)
        return None if made is None else await _finished(desk, rules, swap, order, made)

    done = await desk.run(swap.key, "start_exchange", swap.order_id, Swapped, prepare, send, effect)
    return ExchangeResult(done.rma, done.difference, swap.method, None, None)


async def reship(
    desk: Writing, key: str, order_id: str, lines: Sequence[LineQuantity], reason: str, address: Address | None
) -> ReshipResult:
    """Send these lines again, as an order over nothing."""

    async def prepare() -> dict[str, Any]:
        order = await desk.order(order_id)
        items = [_free(order, line) for line in lines]
        if not items:
            raise StoreRefused("nothing to send again")
        body = _new_order(order, key, "_cs_reship_for", address)
        return {**body, "status": "processing", "line_items": items}

    async def send(body: dict[str, Any]) -> ReshipResult:
        made = await desk.client.write("POST", "/orders", body)
        await desk.note(order_id, f"Sent again as order {text(made.get('number'))}: {reason}.")
        return ReshipResult(text(made.get("id")))

    async def effect() -> ReshipResult | None:
        found = await _made_under(desk, await desk.order(order_id), key)
        return None if found is None else ReshipResult(text(found.get("id")))

    return await desk.run(key, "reship", order_id, ReshipResult, prepare, send, effect)


async def _finished(desk: Writing, rules: Rules, swap: Swap, order: Json, made: Json) -> Swapped:
    """As `_finish`; a refusal comes too late for a no, since the replacement is there."""
    try:
        return await _finish(desk, rules, swap, order, made)
    except StoreRefused as error:
        raise StoreUnavailable(f"the replacement is made, but not complete: {error}") from error


async def _finish(desk: Writing, rules: Rules, swap: Swap, order: Json, made: Json) -> Swapped:
    """Release a replacement that costs nothing more, and open the return: each may be repeated without harm."""
    due = minor(made.get("total"), _exponent(order)) or 0
    if due == 0 and text(made.get("status")) == "pending":
        await desk.client.write("PUT", f"/orders/{text(made.get('id'))}", {"status": "processing", "set_paid": True})
    if not has_return(order, swap.key):
        goods = await _goods(desk, swap.lines, is_taken=True)
        opened = await _return_of(desk, rules, swap, order, goods)
        entry = (opened.document.returns or [])[-1]
        await keep_return(desk, order, swap.key, replace(entry, replacement=text(made.get("number"))))
    noted = minor(meta(made, _DIFFERENCE), 0) or 0
    difference = Money(due if due > 0 else min(0, noted), text(order.get("currency")).upper())
    return Swapped(identifier("RMA", swap.key), difference)


async def _return_of(
    desk: Writing, rules: Rules, swap: Swap, order: Json, goods: Mapping[str, Json]
) -> Changed[OrderDocument, ExchangeResult]:
    """What our own rules make of it: whether these pieces can go back, and the difference at today's prices."""
    exponent = _exponent(order)
    items = {
        sku: NewItem(sku, text(each.get("name")), price_of(each, exponent) or 0, text(each.get("parent_id")))
        for sku, each in goods.items()
    }
    document = await checked_document(desk, rules, order)
    return with_exchange(document, swap.key, swap.lines, items, swap.reason, swap.method, swap.at)


async def _goods(desk: Writing, lines: Sequence[LineQuantity], *, is_taken: bool = False) -> dict[str, Json]:
    """What the pieces become, as it is sold now. Raises StoreRefused when there is not enough of it, unless we took it."""
    goods = {line.to_sku: await _sold(desk, line.to_sku) for line in lines if line.to_sku}
    for line in lines:
        if not is_taken and line.to_sku and not _has_stock(goods[line.to_sku], line.quantity):
            raise StoreRefused(f"{line.to_sku} is not in stock")
    return goods


def _has_stock(sold: Json, quantity: int) -> bool:
    stock = sold.get("stock_quantity") if sold.get("manage_stock") else None
    return text(sold.get("stock_status")) == "instock" and (stock is None or whole(stock) >= quantity)


async def _sold(desk: Writing, sku: str) -> Json:
    by_id = sku.removeprefix("woo-")
    if sku.startswith("woo-") and by_id.isdecimal():
        direct = await desk.client.one(f"/products/{by_id}")
        found = [direct] if direct is not None else []
    else:
        listed = await desk.client.many("/products", [("sku", sku)])
        found = [each for each in listed.items if text(each.get("sku")) == sku]
    if not found or not text(found[0].get("price")):
        raise StoreRefused(f"{sku} is not sold")
    return found[0]


async def _made_under(desk: Writing, order: Json, key: str) -> Json | None:
    """The order that this key made, among the buyer's latest, or the shop's."""
    params = [("status[]", "any"), ("orderby", "date"), ("order", "desc"), ("per_page", _LATEST)]
    account, email = text(order.get("customer_id")), text(part(order.get("billing")).get("email"))
    if account not in ("", "0"):
        params.append(("customer", account))
    elif email:
        params.append(("search", email))
    latest = await desk.client.many("/orders", params)
    return next((each for each in latest.items if has_mark(each, key)), None)


def _new_order(order: Json, key: str, reference: str, address: Address | None) -> dict[str, Any]:
    """A new order for the same buyer. Empty fields stay away: an empty e-mail would be refused."""
    billing, shipping = part(order.get("billing")), part(order.get("shipping"))
    old = {name: text(shipping.get(name)) for name in shipping_fields(Address()) if text(shipping.get(name))}
    return {
        "customer_id": whole(order.get("customer_id")),
        "billing": {name: text(billing.get(name)) for name in _BILLING if text(billing.get(name))},
        "shipping": shipping_fields(address) if address else old,
        "meta_data": [{"key": reference, "value": text(order.get("id"))}, mark(key)],
    }


def _replacement(
    order: Json, swap: Swap, goods: Mapping[str, Json], done: Mapping[str, int], difference: int
) -> dict[str, Any]:
    """The new things at their price, less what the old ones cost: the site adds tax to both and finds the difference."""
    body = _new_order(order, swap.key, "_cs_exchange_for", None)
    body["meta_data"].append({"key": _DIFFERENCE, "value": str(difference)})
    credit = money_text(-sum(_worth(order, line, done) for line in swap.lines), _exponent(order))
    return {
        **body,
        "status": "pending",
        "line_items": [_item(goods[line.to_sku or ""], line.quantity) for line in swap.lines],
        "fee_lines": [{"name": "Items that come back", "total": credit, "tax_status": "taxable"}],
    }


def _worth(order: Json, line: LineQuantity, done: Mapping[str, int]) -> int:
    item = _item_of(order, line)
    quantity, before = whole(item.get("quantity")), done.get(line.line_id, 0)
    if not 0 < line.quantity <= quantity - before:
        raise StoreRefused(f"{line.quantity} pieces of line {line.line_id}, but {quantity - before} are there")
    return share(minor(item.get("total"), _exponent(order)) or 0, quantity, before, line.quantity)


def _free(order: Json, line: LineQuantity) -> dict[str, Any]:
    item = _item_of(order, line)
    if not 0 < line.quantity <= whole(item.get("quantity")):
        raise StoreRefused(f"{line.quantity} pieces of line {line.line_id} were never ordered")
    ids = {"product_id": whole(item.get("product_id")), "variation_id": whole(item.get("variation_id"))}
    bought = {name: value for name, value in ids.items() if value}
    return {**bought, "quantity": line.quantity, "subtotal": "0", "total": "0"}


def _item(sold: Json, quantity: int) -> dict[str, Any]:
    """A variation is bought with its product's id beside its own."""
    own, parent = whole(sold.get("id")), whole(sold.get("parent_id"))
    if parent and text(sold.get("type")) == "variation":
        return {"product_id": parent, "variation_id": own, "quantity": quantity}
    return {"product_id": own, "quantity": quantity}


def _item_of(order: Json, line: LineQuantity) -> Json:
    found = next((each for each in entries(order.get("line_items")) if text(each.get("id")) == line.line_id), None)
    if found is None:
        raise StoreRefused(f"no line {line.line_id} in this order")
    return found


def _exponent(order: Json) -> int:
    return exponent_of(text(order.get("currency")).upper())
