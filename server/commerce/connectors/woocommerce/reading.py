"""An order of WooCommerce, with its refunds and fulfilments, as an order document of our format.

Times are read from the `*_gmt` fields alone, money from texts, a line's price from its total after discounts. Where the
shop's prices include tax, ours do too. What WooCommerce does not know (parcels' events, promised days) is left out. The
order key, which opens an order to anybody, appears in nothing but the payment link of an unpaid order.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from server.commerce.connectors.woocommerce.parcels import Parcel, parcels, shipped_counts
from server.commerce.connectors.woocommerce.people import Document, address_document, buyer_document
from server.commerce.connectors.woocommerce.plain import (
    Json,
    bare,
    entries,
    exponent_of,
    gmt,
    https,
    meta,
    minor,
    part,
    share,
    stored_json,
    text,
    whole,
)
from server.commerce.connectors.woocommerce.statuses import Rules, Standing, slug_of, standing
from server.commerce.formats import ReturnDocument
from server.commerce.model import FulfilmentPhase, PaymentState
from server.errors import StoreUnavailable

RETURNS: Final = "_cs_rma"
CANCELLED: Final = "_cs_cancelled"
_CHANNELS: Final = {"checkout": "web", "store-api": "web", "admin": "admin", "pos-rest-api": "pos"}
_OPEN: Final = frozenset({FulfilmentPhase.UNFULFILLED, FulfilmentPhase.PROCESSING, FulfilmentPhase.ON_HOLD})
_SHIPPING: Final[Mapping[str, FulfilmentPhase]] = {
    "partially_fulfilled": FulfilmentPhase.PARTIALLY_SHIPPED,
    "fulfilled": FulfilmentPhase.SHIPPED,
}


@dataclass(frozen=True, slots=True)
class Sums:
    """The money of one order: its currency's decimals, whether prices include tax, and what was sent back."""

    exponent: int
    includes_tax: bool
    total: int
    refunded: int

    def of(self, fields: Json, name: str) -> int:
        """An amount of the order or of one of its lines; 0 when it is missing."""
        return minor(fields.get(name), self.exponent) or 0

    def paid(self, fields: Json, name: str, tax: str) -> int:
        """An amount as the shop shows prices: with its tax where they include it."""
        return self.of(fields, name) + (self.of(fields, tax) if self.includes_tax else 0)


def order_document(order: Json, refunds: Sequence[Json], fulfilments: Sequence[Json], rules: Rules) -> Document | None:
    """The order in our format; None for drafts and what lies in the bin.

    `refunds` are those of the order's own route. Raises StoreUnavailable when the order lacks what every order has."""
    stands = standing(order, rules)
    if stands is None:
        return None
    order_id, placed_at = text(order.get("id")), gmt(order.get("date_created_gmt"))
    sums = _sums(order)
    if not order_id or placed_at is None:
        raise StoreUnavailable("WooCommerce sent an order without id or date")
    found = _parcels(order, fulfilments, rules, stands)
    fulfilment = _fulfilment(order, stands, found)
    document: Document = {
        "id": order_id,
        "number": _number(order, order_id),
        "placed_at": placed_at,
        "updated_at": gmt(order.get("date_modified_gmt")),
        "customer": buyer_document(order),
        "currency": text(order.get("currency")).upper(),
        "totals": _totals(order, sums, stands),
        "payment": _payment(order, sums, stands),
        "lines": _lines(order, sums, fulfilment, found),
        "fulfilment": fulfilment.value,
        "ship_to": address_document(part(order.get("shipping"))) or address_document(part(order.get("billing"))),
        "holds": [] if stands.hold is None else [{"reason": stands.hold.value}],
        "shipments": found,
        "returns": returns_of(order),
        "refunds": _refunds(order, refunds, sums),
        "note": text(order.get("customer_note")) or None,
        "channel": _CHANNELS.get(text(order.get("created_via")), text(order.get("created_via"))) or None,
        "bill_zip": bare(part(order.get("billing")).get("postcode")) or None,
        "taxes_included": sums.includes_tax,
        **_cancellation(order),
    }
    return {name: value for name, value in document.items() if value is not None}


def returns_of(order: Json) -> list[Document]:
    """The returns that we opened, from the order's meta data; a malformed entry is left out."""
    return [dict(each) for each in entries(stored_json(meta(order, RETURNS))) if _is_return(each)]


def refunded_counts(refunds: Sequence[Json]) -> dict[str, int]:
    """How many pieces of each line went back so far.

    A line of a refund has an id of its own; the order's line stands in its meta data, and quantities are negative."""
    counts: dict[str, int] = {}
    for each in refunds:
        for line in entries(each.get("line_items")):
            original = text(meta(line, "_refunded_item_id"))
            if original and whole(line.get("quantity")):
                counts[original] = counts.get(original, 0) + abs(whole(line.get("quantity")))
    return counts


def refunded_total(order: Json, exponent: int) -> int:
    """What was sent back so far: refunds stand in the order as negative totals."""
    return sum(abs(minor(each.get("total"), exponent) or 0) for each in entries(order.get("refunds")))


def _sums(order: Json) -> Sums:
    currency = text(order.get("currency")).upper()
    exponent = exponent_of(currency)
    total = minor(order.get("total"), exponent)
    if len(currency) != 3 or total is None:
        raise StoreUnavailable("WooCommerce sent an order without currency or total")
    return Sums(exponent, order.get("prices_include_tax") is True, total, refunded_total(order, exponent))


def _number(order: Json, order_id: str) -> str:
    """As the shop's mails write it: a bare number behind a #, others with the prefix that a plug-in gave them."""
    number = text(order.get("number")) or order_id
    return f"#{number}" if number.isdecimal() else number


def _is_return(raw: Json) -> bool:
    try:
        msgspec.convert(dict(raw), ReturnDocument)
    except msgspec.ValidationError:
        return False
    return True


def _parcels(order: Json, fulfilments: Sequence[Json], rules: Rules, stands: Standing) -> list[Parcel]:
    """The parcels; an order that waits in the shop is one more, without carrier."""
    found = parcels(order, fulfilments, rules.tracking_meta)
    since = gmt(order.get("date_modified_gmt"))
    if not stands.waits_for_pickup or since is None:
        return found
    everything = [{"line": text(item.get("id")), "quantity": whole(item.get("quantity"))} for item in _items(order)]
    waiting = {"at": since, "code": "available_for_pickup", "raw_code": slug_of(order), "source": "woocommerce"}
    return [{"id": "pickup", "lines": everything, "events": [waiting]}]


def _fulfilment(order: Json, stands: Standing, found: Sequence[Parcel]) -> FulfilmentPhase:
    phase = stands.fulfilment
    if stands.payment is PaymentState.REFUNDED and (found or gmt(order.get("date_completed_gmt"))):
        return FulfilmentPhase.SHIPPED
    if order.get("needs_processing") is False and stands.payment is PaymentState.PAID:
        return FulfilmentPhase.NOT_REQUIRED if phase is not FulfilmentPhase.CANCELLED else phase
    if phase not in _OPEN:
        return phase
    told = _SHIPPING.get(text(meta(order, "_fulfillment_status")))
    return told or (_by_parcels(order, found) if found else phase)


def _by_parcels(order: Json, found: Sequence[Parcel]) -> FulfilmentPhase:
    """Everything has left only if the parcels' own contents say so."""
    counts = shipped_counts(found)
    is_all = all(counts.get(text(item.get("id")), 0) >= whole(item.get("quantity")) for item in _items(order))
    return FulfilmentPhase.SHIPPED if is_all else FulfilmentPhase.PARTIALLY_SHIPPED


def _items(order: Json) -> list[Json]:
    return entries(order.get("line_items"))


def _totals(order: Json, sums: Sums, stands: Standing) -> Document:
    is_unpaid = stands.payment in (PaymentState.PENDING, PaymentState.FAILED)
    return {
        "items": sum(sums.paid(item, "total", "total_tax") for item in _items(order)),
        "discount": sums.paid(order, "discount_total", "discount_tax"),
        "shipping": sums.paid(order, "shipping_total", "shipping_tax"),
        "tax": sums.of(order, "total_tax"),
        "total": sums.total,
        "refunded": sums.refunded,
        "outstanding": sums.total if is_unpaid else 0,
    }


def _payment(order: Json, sums: Sums, stands: Standing) -> Document:
    method, title = text(order.get("payment_method")), bare(order.get("payment_method_title"))
    document: Document = {
        "status": _payment_state(sums, stands.payment).value,
        "methods": [{"id": method, "kind": method, "label": title or method}] if method else [],
        "gateways": [method] if method else [],
    }
    paid_at, transaction = gmt(order.get("date_paid_gmt")), text(order.get("transaction_id"))
    if paid_at and transaction:
        sale = {"kind": "sale", "status": "succeeded", "amount": sums.total, "at": paid_at, "id": transaction}
        document["transactions"] = [{**sale, "gateway": method}]
    # The link holds the order's key: whoever has it sees the order. It is for the shopper alone, and never logged.
    link = https(order.get("payment_url")) if order.get("needs_payment") is True else None
    return {**document, "pay_url": link} if link else document


def _payment_state(sums: Sums, state: PaymentState) -> PaymentState:
    if state is not PaymentState.PAID or sums.refunded <= 0:
        return state
    return PaymentState.REFUNDED if sums.refunded >= sums.total else PaymentState.PARTIALLY_REFUNDED


def _lines(order: Json, sums: Sums, fulfilment: FulfilmentPhase, found: Sequence[Parcel]) -> list[Document]:
    shipped = shipped_counts(found)
    is_all = fulfilment in (FulfilmentPhase.SHIPPED, FulfilmentPhase.NOT_REQUIRED)
    lines = []
    for item in _items(order):
        quantity, line_id = whole(item.get("quantity")), text(item.get("id"))
        line = _line(item, quantity, sums)
        line["fulfilled"] = quantity if is_all else min(quantity, shipped.get(line_id, 0))
        line["requires_shipping"] = fulfilment is not FulfilmentPhase.NOT_REQUIRED
        lines.append(line)
    return lines


def _line(item: Json, quantity: int, sums: Sums) -> Document:
    """One position. The price of a piece is its share of the line by cumulative rounding, never the float `price`."""
    product, variation = text(item.get("product_id")), text(item.get("variation_id"))
    paid = sums.paid(item, "total", "total_tax")
    before = sums.paid(item, "subtotal", "subtotal_tax")
    bought = variation if variation not in ("", "0") else product
    return {
        "id": text(item.get("id")),
        "sku": text(item.get("sku")) or f"woo-{bought}",
        "title": bare(item.get("name")),
        "quantity": quantity,
        "unit_price": max(0, share(paid, quantity, 0, 1)) if quantity else 0,
        "product_id": product or None,
        "variant": bought or None,
        "options": _options(item),
        "total": max(0, paid),
        "tax": sums.of(item, "total_tax"),
        "discount": max(0, before - paid),
    }


def _options(item: Json) -> dict[str, str]:
    """What the shopper chose; keys that begin with _ are plug-ins' own notes."""
    chosen = [entry for entry in entries(item.get("meta_data")) if not text(entry.get("key")).startswith("_")]
    pairs = [
        (bare(entry.get("display_key") or entry.get("key")), bare(entry.get("display_value") or entry.get("value")))
        for entry in chosen
    ]
    return {name: value for name, value in pairs if name and value}


def _refunds(order: Json, refunds: Sequence[Json], sums: Sums) -> list[Document]:
    """Each refund; those that only the order itself lists come without lines and with an unknown status."""
    known = {text(item.get("id")) for item in _items(order)}
    found = {text(each.get("id")): _refund(each, known, sums) for each in refunds}
    listed = {text(each.get("id")): each for each in entries(order.get("refunds"))}
    for refund_id, each in listed.items():
        if refund_id not in found:
            amount = abs(sums.of(each, "total"))
            found[refund_id] = {
                "id": refund_id,
                "amount": amount,
                "status": "unknown",
                "reason": bare(each.get("reason")),
            }
    return [each for refund_id, each in found.items() if refund_id]


def _refund(refund: Json, known: set[str], sums: Sums) -> Document:
    """A refund that the gateway carried out has succeeded; one that was only written down may still be to be paid."""
    counts = refunded_counts([refund])
    lines = [{"line": line, "quantity": count} for line, count in counts.items() if line in known]
    shipping = sum(abs(sums.of(each, "total")) + abs(sums.of(each, "total_tax")) for each in _shipped(refund))
    document: dict[str, Any] = {
        "id": text(refund.get("id")),
        "amount": abs(sums.of(refund, "amount")),
        "status": "succeeded" if refund.get("refunded_payment") is True else "unknown",
        "method": "original",
        "lines": lines,
        "at": gmt(refund.get("date_created_gmt")),
        "reason": bare(refund.get("reason")) or None,
        "shipping": shipping or None,
    }
    return {name: value for name, value in document.items() if value is not None}


def _shipped(refund: Json) -> list[Json]:
    return entries(refund.get("shipping_lines"))


def _cancellation(order: Json) -> Document:
    """When it was cancelled: what we noted ourselves, else the last change, which is the nearest that is known."""
    if slug_of(order) != "cancelled":
        return {}
    noted = part(stored_json(meta(order, CANCELLED)))
    at = gmt(noted.get("at")) or gmt(order.get("date_modified_gmt"))
    return {"cancelled_at": at, "cancel_reason": bare(noted.get("reason")) or None}
