"""Shopify's returns and refunds become ours: how far a return has come, and whether the money has arrived.

Shopify has no word for "received" and "inspected": both follow from what was done with the pieces. A refund has succeeded
only when its transactions have; a closed return says nothing about money. Pure.
"""

from collections.abc import Sequence
from typing import Any, Final

from server.commerce.connectors.shopify import words
from server.commerce.connectors.shopify.values import Json, count, link, nodes, part, presentment, tail, text, time

Raw = dict[str, Any]

_BALANCES: Final = {"gift_card": "gift_card", "shopify_store_credit": "store_credit", "store_credit": "store_credit"}
_SETTLED: Final = frozenset({"closed", "inspected"})


def return_documents(order: Json, refunds: Sequence[Raw]) -> list[Raw]:
    """The returns of an order; `refunds` are its refund documents."""
    paid_for = {
        tail(part(each, "return").get("id")): tail(each.get("id"))
        for each in nodes(order.get("refunds"))
        if part(each, "return")
    }
    succeeded = {each["id"] for each in refunds if each["status"] == "succeeded"}
    return [_return(each, paid_for.get(tail(each.get("id"))), succeeded) for each in nodes(order.get("returns"))]


def return_name(raw: Json) -> str:
    """What staff and shoppers call a return, such as #1042-R1: its id everywhere outside Shopify."""
    return text(raw.get("name")) or tail(raw.get("id"))


def _return(raw: Json, refund: str | None, succeeded: set[str]) -> Raw:
    lines = nodes(raw.get("returnLineItems"))
    pieces = [piece for each in nodes(raw.get("reverseFulfillmentOrders")) for piece in nodes(each.get("lineItems"))]
    received, inspected = _received_at(pieces), _inspected_at(pieces)
    status = _status(raw, received, inspected)
    label = _label(raw)
    return {
        "id": return_name(raw),
        "at": time(raw.get("createdAt")),
        "status": "refunded" if status in _SETTLED and refund in succeeded else status,
        "outcome": "exchange" if nodes(raw.get("exchangeLineItems")) else "refund",
        "lines": [_line(each) for each in lines if part(each, "fulfillmentLineItem", "lineItem")],
        "label": label,
        "received_at": received,
        "inspected_at": inspected,
        "reason": next(filter(None, map(_reason, lines)), None),
        "refund": refund,
    }


def _status(raw: Json, received: str | None, inspected: str | None) -> str:
    status = words.known(words.RETURN, raw.get("status"))
    if status != "approved":
        return status
    if inspected:
        return "inspected"
    if received:
        return "received"
    return "label_issued" if _label(raw) else status


def deliverables(raw: Json) -> list[tuple[str, Json]]:
    """(id, what carries it) of each parcel on its way back."""
    deliveries = [
        each for work in nodes(raw.get("reverseFulfillmentOrders")) for each in nodes(work.get("reverseDeliveries"))
    ]
    return [(tail(each.get("id")), part(each, "deliverable")) for each in deliveries]


def _label(raw: Json) -> Raw | None:
    for _, carried in deliverables(raw):
        tracking = part(carried, "tracking")
        label = {
            "url": link(part(carried, "label").get("publicFileUrl")),
            "tracking": text(tracking.get("number")),
            "carrier": words.carrier(text(tracking.get("carrierName"))),
        }
        if label["url"] or label["tracking"]:
            return label
    return None


def return_parcels(order: Json) -> list[Raw]:
    """The parcels on their way back that have a number, so that carriers' scans find them."""
    found = [pair for each in nodes(order.get("returns")) for pair in deliverables(each)]
    return [
        {
            "id": f"return-{identifier}",
            "direction": "return",
            "carrier": words.carrier(text(part(carried, "tracking").get("carrierName"))),
            "tracking_number": text(part(carried, "tracking").get("number")),
            "tracking_url": link(part(carried, "tracking").get("url")),
            "events": [],
        }
        for identifier, carried in found
        if text(part(carried, "tracking").get("number"))
    ]


def _line(raw: Json) -> Raw:
    return {
        "line": tail(part(raw, "fulfillmentLineItem", "lineItem").get("id")),
        "quantity": count(raw.get("quantity")),
        "reason": _reason(raw),
    }


def _reason(raw: Json) -> str | None:
    handle = text(part(raw, "returnReasonDefinition").get("handle"))
    return handle.replace("-", "_") if handle else None


def _received_at(pieces: Sequence[Json]) -> str | None:
    """When the first piece arrived; one that was missed on arrival did not."""
    arrivals = [
        time(each.get("createdAt"))
        for piece in pieces
        for each in nodes(piece.get("dispositions"))
        if each.get("type") != "MISSING"
    ]
    return min(filter(None, arrivals), default=None)


def _inspected_at(pieces: Sequence[Json]) -> str | None:
    """When something was decided about the last piece; None while anything is open."""
    for piece in pieces:
        decided = sum(count(each.get("quantity")) for each in nodes(piece.get("dispositions")))
        if decided == 0 or decided < count(piece.get("totalQuantity")):
            return None
    times = [time(each.get("createdAt")) for piece in pieces for each in nodes(piece.get("dispositions"))]
    return max(filter(None, times), default=None)


def refund_documents(order: Json) -> list[Raw]:
    """The refunds of an order that moved money, or will."""
    return [_refund(each) for each in nodes(order.get("refunds")) if _moves_money(each)]


def _moves_money(raw: Json) -> bool:
    return bool(presentment(raw.get("totalRefundedSet"))) or bool(nodes(raw.get("transactions")))


def _refund(raw: Json) -> Raw:
    return {
        "id": tail(raw.get("id")),
        "at": time(raw.get("createdAt")) or time(raw.get("processedAt")),
        "amount": abs(presentment(raw.get("totalRefundedSet")) or 0),
        "status": refund_status(raw),
        "method": refund_method(raw),
        "lines": [
            {"line": tail(part(each, "lineItem").get("id")), "quantity": count(each.get("quantity"))}
            for each in nodes(raw.get("refundLineItems"))
        ],
        "reference": next((tail(each.get("id")) for each in nodes(raw.get("transactions"))), None),
    }


def refund_status(raw: Json) -> str:
    """Succeeded only when every transaction has; what Shopify says nothing about is unknown."""
    found = {
        words.known(words.TRANSACTION, each.get("status"))
        for each in nodes(raw.get("transactions"))
        if each.get("kind") == "REFUND"
    }
    for status in ("failed", words.UNKNOWN, "pending"):
        if status in found:
            return status
    return "succeeded" if found else words.UNKNOWN


def refund_method(raw: Json) -> str:
    """`store_credit` or `gift_card` where all of it went there, else `original`."""
    gateways = {_BALANCES.get(str(each.get("gateway")), "original") for each in nodes(raw.get("transactions"))}
    return gateways.pop() if len(gateways) == 1 else "original"
