"""The webhook topics of Shopify that concern us, and what each of them is about.

Subscriptions name topics in capitals (`ORDERS_UPDATED`), deliveries in another way (`orders/updated`). A payload is used
only for the id of what changed: everything else is read again.
"""

from collections.abc import Mapping
from typing import Final, Literal, TypeAlias

Family: TypeAlias = Literal["order", "of_order", "product", "customer", "nothing"]

_ORDER: Final = ("id", "admin_graphql_api_id", "updated_at")
_OF_ORDER: Final = ("id", "admin_graphql_api_id", "order_id", "updated_at")

TOPICS: Final[Mapping[str, tuple[str, ...]]] = {
    **dict.fromkeys(
        (
            "ORDERS_CREATE",
            "ORDERS_UPDATED",
            "ORDERS_PAID",
            "ORDERS_CANCELLED",
            "ORDERS_FULFILLED",
            "ORDERS_PARTIALLY_FULFILLED",
            "ORDERS_DELETE",
        ),
        _ORDER,
    ),
    **dict.fromkeys(
        ("ORDER_TRANSACTIONS_CREATE", "REFUNDS_CREATE", "FULFILLMENTS_CREATE", "FULFILLMENTS_UPDATE"), _OF_ORDER
    ),
    **dict.fromkeys(
        (
            "ORDERS_EDITED",
            "FULFILLMENT_EVENTS_CREATE",
            "FULFILLMENT_EVENTS_DELETE",
            "RETURNS_REQUEST",
            "RETURNS_APPROVE",
            "RETURNS_DECLINE",
            "RETURNS_CANCEL",
            "RETURNS_CLOSE",
            "RETURNS_REOPEN",
            "RETURNS_UPDATE",
            "RETURNS_PROCESS",
            "REVERSE_DELIVERIES_ATTACH_DELIVERABLE",
            "REVERSE_FULFILLMENT_ORDERS_DISPOSE",
            "FULFILLMENT_ORDERS_PLACED_ON_HOLD",
            "FULFILLMENT_ORDERS_HOLD_RELEASED",
            "FULFILLMENT_ORDERS_CANCELLATION_REQUEST_ACCEPTED",
            "FULFILLMENT_ORDERS_CANCELLATION_REQUEST_REJECTED",
            "FULFILLMENT_HOLDS_ADDED",
            "FULFILLMENT_HOLDS_RELEASED",
            "DISPUTES_CREATE",
            "DISPUTES_UPDATE",
            "CUSTOMERS_CREATE",
            "CUSTOMERS_UPDATE",
            "CUSTOMERS_MERGE",
            "PRODUCTS_CREATE",
            "PRODUCTS_UPDATE",
            "PRODUCTS_DELETE",
            "APP_UNINSTALLED",
        ),
        (),
    ),
}
"""What we subscribe to, and the fields that suffice; without fields the whole payload comes, because the id lies deeper."""

_FAMILIES: Final[Mapping[str, Family]] = {
    "orders": "order",
    "order_transactions": "of_order",
    "refunds": "of_order",
    "fulfillments": "of_order",
    "fulfillment_events": "of_order",
    "fulfillment_orders": "of_order",
    "fulfillment_holds": "of_order",
    "returns": "of_order",
    "reverse_deliveries": "of_order",
    "reverse_fulfillment_orders": "of_order",
    "disputes": "of_order",
    "products": "product",
    "customers": "customer",
}
_PRIVACY: Final = frozenset({"customers/redact", "customers/data_request", "shop/redact"})
"""Requests of privacy law: acknowledged at the door and handled by people, never as a change of a customer."""


def family(topic: str) -> Family:
    """What a topic as it is delivered (`refunds/create`) is about."""
    plain = topic.strip().lower()
    return "nothing" if plain in _PRIVACY else _FAMILIES.get(plain.partition("/")[0], "nothing")
