"""Changes of an order in WooCommerce: cancelling, another address, a return; and a customer's own address.

WooCommerce has no returns: ours are kept in the order's meta data, with a note for the shop's people. Every change is read
back, and a new address that would change what the order costs is taken back.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from server.commerce.changes import identifier, with_return, written
from server.commerce.connectors.woocommerce.parcels import parcels
from server.commerce.connectors.woocommerce.people import is_at, shipping_fields
from server.commerce.connectors.woocommerce.plain import Json, gmt_moment, meta, part, stored_json, text
from server.commerce.connectors.woocommerce.reading import CANCELLED, RETURNS, order_document, returns_of
from server.commerce.connectors.woocommerce.statuses import Rules, slug_of
from server.commerce.connectors.woocommerce.writing import Writing, added_mark, has_mark, mark
from server.commerce.documents import DocumentRejected, decode_order, to_raw
from server.commerce.formats import OrderDocument, ReturnDocument
from server.commerce.model import Address, LineQuantity
from server.commerce.store import AddressResult, ReturnResult
from server.errors import StoreError, StoreRefused, StoreUnavailable

BEFORE: Final = "_cs_address_before"
_NOT_SENT: Final = frozenset({"pending", "on-hold", "processing"})


@dataclass(frozen=True, slots=True)
class Cancelled:
    """The order is cancelled since."""

    at: datetime


@dataclass(frozen=True, slots=True)
class Opened:
    """A return is open under this name."""

    rma: str


async def cancel(desk: Writing, rules: Rules, key: str, order_id: str, reason: str) -> Cancelled:
    """Cancel an order of which nothing has left; stock returns by WooCommerce's own rules, money does not."""

    async def prepare() -> Json:
        return await _unsent(desk, rules, order_id)

    async def send(order: Json) -> Cancelled:
        at = desk.clock.now()
        noted = json.dumps({"at": written(at), "reason": reason})
        body = {"status": "cancelled", "meta_data": [{"key": CANCELLED, "value": noted}, added_mark(order, key)]}
        done = await desk.client.write("PUT", f"/orders/{order_id}", body)
        if slug_of(done) != "cancelled":
            raise StoreUnavailable("WooCommerce did not cancel the order")
        return Cancelled(at)

    async def effect() -> Cancelled | None:
        order = await desk.order(order_id)
        if slug_of(order) != "cancelled" or not has_mark(order, key):
            return None
        return Cancelled(gmt_moment(order.get("date_modified_gmt")) or desk.clock.now())

    return await desk.run(key, "cancel_order", order_id, Cancelled, prepare, send, effect)


async def change_address(desk: Writing, rules: Rules, key: str, order_id: str, address: Address) -> AddressResult:
    """Ship elsewhere, unless that changes what the order costs: then the old address is put back."""
    wanted = shipping_fields(address)

    async def prepare() -> Json:
        return await _unsent(desk, rules, order_id)

    async def send(order: Json) -> AddressResult:
        before = json.dumps({"total": text(order.get("total")), "shipping": _fields_of(order)})
        body = {"shipping": wanted, "meta_data": [{"key": BEFORE, "value": before}, added_mark(order, key)]}
        await desk.client.write("PUT", f"/orders/{order_id}", body)
        await _require_same_total(desk, await desk.order(order_id), key)
        await desk.note(
            order_id, "The delivery address was changed for the customer. A printed label shows the old one."
        )
        return AddressResult(address)

    async def effect() -> AddressResult | None:
        order = await desk.order(order_id)
        is_done = has_mark(order, key) and not has_mark(order, f"{key}:back")
        if not is_done or not is_at(part(order.get("shipping")), wanted):
            return None
        await _require_same_total(desk, order, key)
        return AddressResult(address)

    return await desk.run(key, "change_address", order_id, AddressResult, prepare, send, effect)


async def change_customer_address(desk: Writing, key: str, customer_id: str, address: Address) -> AddressResult:
    """Change an account's delivery address."""
    wanted = shipping_fields(address)

    async def prepare() -> None:
        if not customer_id.isdecimal():
            raise StoreRefused("a guest has no account whose address could be changed")

    async def send(_: None) -> AddressResult:
        body = {"shipping": wanted, "meta_data": [mark(key)]}
        await desk.client.write("PUT", f"/customers/{customer_id}", body)
        return AddressResult(address)

    async def effect() -> AddressResult | None:
        found = await desk.client.one(f"/customers/{customer_id}") if customer_id.isdecimal() else None
        is_done = found is not None and has_mark(found, key) and is_at(part(found.get("shipping")), wanted)
        return AddressResult(address) if is_done else None

    return await desk.run(key, "change_customer_address", customer_id, AddressResult, prepare, send, effect)


async def start_return(
    desk: Writing,
    rules: Rules,
    key: str,
    order_id: str,
    lines: Sequence[LineQuantity],
    reason: str,
    outcome: str,
    method: str | None,
    at: datetime,
) -> ReturnResult:
    """Open a return of these lines in the order's meta data."""

    async def prepare() -> tuple[Json, ReturnDocument]:
        order = await desk.order(order_id)
        document = await checked_document(desk, rules, order)
        changed = with_return(document, key, lines, reason, outcome, method, at)
        return order, (changed.document.returns or [])[-1]

    async def send(prepared: tuple[Json, ReturnDocument]) -> Opened:
        order, opened = prepared
        await keep_return(desk, order, key, opened)
        return Opened(opened.id)

    async def effect() -> Opened | None:
        return Opened(identifier("RMA", key)) if has_return(await desk.order(order_id), key) else None

    opened = await desk.run(key, "start_return", order_id, Opened, prepare, send, effect)
    return ReturnResult(opened.rma, None, None)


def has_return(order: Json, key: str) -> bool:
    """Whether this key opened a return of the order."""
    return any(each["id"] == identifier("RMA", key) for each in returns_of(order))


async def keep_return(desk: Writing, order: Json, key: str, opened: ReturnDocument) -> None:
    """Write a return into the order, check that it is there, and tell the shop's people."""
    order_id = text(order.get("id"))
    # As text: PHP would turn empty objects into lists, and lists with gaps into objects.
    kept = json.dumps([*returns_of(order), to_raw(opened)])
    body: dict[str, Any] = {"meta_data": [{"key": RETURNS, "value": kept}, added_mark(order, key)]}
    done = await desk.client.write("PUT", f"/orders/{order_id}", body)
    if all(each["id"] != opened.id for each in returns_of(done)):
        raise StoreUnavailable("WooCommerce did not keep the return")
    pieces = ", ".join(f"{line.quantity} of line {line.line}" for line in opened.lines or [])
    await desk.note(order_id, f"Return {opened.id} ({opened.outcome}, {opened.reason}): {pieces}.")


async def checked_document(desk: Writing, rules: Rules, order: Json) -> OrderDocument:
    """The order in our format, to apply our own rules to it. Raises StoreRefused for what is no order."""
    order_id = text(order.get("id"))
    refunds, fulfilments = await desk.reads.raw_refunds(order_id), await desk.reads.raw_fulfilments(order_id)
    found = order_document(order, refunds, fulfilments, rules)
    if found is None:
        raise StoreRefused("this is a draft, or it lies in the bin")
    try:
        return decode_order(found)[0]
    except DocumentRejected as error:
        raise StoreUnavailable(f"WooCommerce sent an order that cannot be read: {error}") from None


async def _unsent(desk: Writing, rules: Rules, order_id: str) -> Json:
    """The order, of which nothing has left. Raises StoreRefused otherwise."""
    order = await desk.order(order_id)
    if slug_of(order) not in _NOT_SENT:
        raise StoreRefused(f"an order that is {slug_of(order)} in WooCommerce cannot be changed any more")
    status = text(meta(order, "_fulfillment_status"))
    sent = parcels(order, await desk.reads.raw_fulfilments(order_id), rules.tracking_meta)
    if sent or status in ("fulfilled", "partially_fulfilled"):
        raise StoreRefused("a part of the order has left already")
    return order


async def _require_same_total(desk: Writing, order: Json, key: str) -> None:
    """Put the old address back where the new one changed what the order costs. Raises StoreRefused then."""
    before = part(stored_json(meta(order, BEFORE)))
    if text(order.get("total")) == text(before.get("total")):
        return
    body = {"shipping": dict(part(before.get("shipping"))), "meta_data": [added_mark(order, f"{key}:back")]}
    try:
        await desk.client.write("PUT", f"/orders/{text(order.get('id'))}", body)
    except StoreError:
        raise StoreUnavailable(
            "the new address costs something else and could not be put back: a person must look"
        ) from None
    raise StoreRefused("delivery or tax to this address costs something else: a person must change it")


def _fields_of(order: Json) -> dict[str, str]:
    shipping = part(order.get("shipping"))
    return {name: text(shipping.get(name)) for name in shipping_fields(Address())}
