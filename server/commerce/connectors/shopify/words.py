"""Shopify's words and ours: one table for each of its enums. A word that no table has is `unknown`, and counted.

`FULFILLED` means shipped or marked as shipped, never delivered; a `null` financial status is unknown. Pure tables: how an
order is put together from them is in `reading`. Source: the enums of the Admin schema, 2026-01 to 2026-10.
"""

from collections.abc import Mapping
from typing import Final

from server import telemetry

UNKNOWN: Final = "unknown"

FINANCIAL: Final[Mapping[str, str]] = {
    "PENDING": "pending",
    "AUTHORIZED": "authorized",
    "EXPIRED": "expired",
    "PARTIALLY_PAID": "partially_paid",
    "PAID": "paid",
    "PARTIALLY_REFUNDED": "partially_refunded",
    "REFUNDED": "refunded",
    "VOIDED": "voided",
}
"""Order.displayFinancialStatus."""

FULFILMENT: Final[Mapping[str, str]] = {
    "UNFULFILLED": "unfulfilled",
    "OPEN": "unfulfilled",
    "RESTOCKED": "unfulfilled",
    "PENDING_FULFILLMENT": "processing",
    "IN_PROGRESS": "processing",
    "ON_HOLD": "on_hold",
    "SCHEDULED": "scheduled",
    "REQUEST_DECLINED": "on_hold",
    "PARTIALLY_FULFILLED": "partially_shipped",
    "FULFILLED": "shipped",
    "FULFILLMENT_NOT_REQUIRED": "not_required",
}
"""Order.displayFulfillmentStatus."""

SHIPMENT: Final[Mapping[str, str]] = {
    "SUBMITTED": "label_created",
    "CONFIRMED": "label_created",
    "FULFILLED": "label_created",
    "MARKED_AS_FULFILLED": "label_created",
    "LABEL_PURCHASED": "label_created",
    "LABEL_PRINTED": "label_created",
    "LABEL_VOIDED": "cancelled",
    "CANCELED": "cancelled",
    "CARRIER_PICKED_UP": "picked_up",
    "IN_TRANSIT": "in_transit",
    "DELAYED": "in_transit",
    "OUT_FOR_DELIVERY": "out_for_delivery",
    "ATTEMPTED_DELIVERY": "attempted",
    "READY_FOR_PICKUP": "available_for_pickup",
    "PICKED_UP": "delivered",
    "DELIVERED": "delivered",
    "NOT_DELIVERED": "exception",
    "FAILURE": "exception",
}
"""Fulfillment.displayStatus and FulfillmentEvent.status."""

SHIPMENT_FLAGS: Final[Mapping[str, str]] = {
    **dict.fromkeys(("SUBMITTED", "CONFIRMED", "FULFILLED", "MARKED_AS_FULFILLED"), "no_carrier_data"),
    "LABEL_VOIDED": "voided_label",
    "CANCELED": "voided_label",
    "DELAYED": "late",
}
"""What such a word says beside the status."""

FULFILLMENT_ENDS: Final[Mapping[str, str]] = {"CANCELLED": "cancelled", "ERROR": "exception", "FAILURE": "exception"}
"""Fulfillment.status, where it says more than displayStatus does; SUCCESS says nothing about delivery."""

WORK: Final[Mapping[str, str]] = {
    "OPEN": "open",
    "IN_PROGRESS": "in_progress",
    "ON_HOLD": "on_hold",
    "SCHEDULED": "scheduled",
    "INCOMPLETE": "incomplete",
    "CLOSED": "closed",
    "CANCELLED": "cancelled",
}
"""FulfillmentOrder.status."""

METHOD: Final[Mapping[str, str]] = {
    "SHIPPING": "shipping",
    "LOCAL": "local",
    "PICK_UP": "pickup_in_store",
    "PICKUP_POINT": "pickup_point",
    "RETAIL": "none",
    "NONE": "none",
}
"""DeliveryMethod.methodType."""

HOLD: Final[Mapping[str, str]] = {
    "AWAITING_PAYMENT": "payment",
    "HIGH_RISK_OF_FRAUD": "fraud_review",
    "INCORRECT_ADDRESS": "address",
    "INVENTORY_OUT_OF_STOCK": "out_of_stock",
    "AWAITING_RETURN_ITEMS": "awaiting_return_items",
    "ONLINE_STORE_POST_PURCHASE_CROSS_SELL": "upsell_window",
    "UNKNOWN_DELIVERY_DATE": "unknown_date",
    "OTHER": "other",
}
"""FulfillmentHold.reason."""

RETURN: Final[Mapping[str, str]] = {
    "REQUESTED": "requested",
    "OPEN": "approved",
    "CLOSED": "closed",
    "DECLINED": "declined",
    "CANCELED": "cancelled",
}
"""Return.status; what an open one has come to is derived from its parcels and dispositions."""

TRANSACTION: Final[Mapping[str, str]] = {
    "SUCCESS": "succeeded",
    "PENDING": "pending",
    "AWAITING_RESPONSE": "pending",
    "FAILURE": "failed",
    "ERROR": "failed",
    "UNKNOWN": UNKNOWN,
}
"""OrderTransaction.status."""

DISPUTE: Final[Mapping[str, str]] = {
    "NEEDS_RESPONSE": "needs_response",
    "UNDER_REVIEW": "under_review",
    "CHARGE_REFUNDED": "resolved",
    "ACCEPTED": "accepted",
    "WON": "won",
    "LOST": "lost",
    "PREVENTED": "closed",
}
"""OrderDisputeSummary.status; a dispute with any other word counts as open."""

OPEN_DISPUTES: Final = frozenset({"needs_response", "under_review", UNKNOWN})

CARRIERS: Final[Mapping[str, str]] = {
    "ups": "ups",
    "usps": "usps",
    "united states postal service": "usps",
    "fedex": "fedex",
    "dhl": "dhl",
    "dhl express": "dhl",
    "dhl ecommerce": "dhl",
    "royal mail": "royal_mail",
    "canada post": "canada_post",
    "australia post": "australia_post",
    "deutsche post": "deutsche_post",
    "la poste": "la_poste",
    "dpd": "dpd",
    "gls": "gls",
    "evri": "evri",
    "correos": "correos",
    "china post": "china_post",
    "india post": "india_post",
}
"""FulfillmentTrackingInfo.company in lower case; others keep their own name."""

_REASON_HANDLES: Final[Mapping[str, tuple[str, ...]]] = {
    "size_small": ("size-too-small", "too-small", "size"),
    "size_large": ("size-too-large", "too-large", "size"),
    "unwanted": ("unwanted", "changed-my-mind", "changed-mind", "customer-changed-mind"),
    "not_as_described": ("not-as-described", "item-not-as-described"),
    "defective": ("defective", "defective-or-not-working", "damaged", "damaged-or-defective"),
    "damaged": ("damaged", "damaged-or-defective", "defective"),
    "wrong_item": ("wrong-item", "wrong-item-sent", "received-wrong-item"),
}


def known(table: Mapping[str, str], word: object, otherwise: str = UNKNOWN) -> str:
    """Our word for Shopify's; `otherwise`, counted, for one that the table does not have, and for null."""
    if isinstance(word, str) and word in table:
        return table[word]
    telemetry.unknown_words.labels("shopify").inc()
    return otherwise


def carrier(company: str | None) -> str | None:
    """Our name of a carrier; one that we do not know keeps its own."""
    name = (company or "").strip()
    return CARRIERS.get(name.lower(), name) or None


def reason_handles(reason: str) -> tuple[str, ...]:
    """The handles of return reasons to look for, best first, for one of our reasons."""
    plain = reason.strip().lower().replace(" ", "_").replace("-", "_")
    return (plain.replace("_", "-"), *_REASON_HANDLES.get(plain, ()), "other", "unknown")
