"""Webhooks of Shopify: signed or not, seen or new, about what."""

import json
from typing import Any

import pytest

from server.commerce.connectors.platform import Touched
from server.commerce.connectors.shopify.hooks import ShopifyHooks
from tests.server.commerce.orders import NOW
from tests.support.shopify import ShopifyStandIn

SHOPIFY = ShopifyStandIn()
HOOKS = ShopifyHooks([SHOPIFY.secret, "older-secret"], "demo.myshopify.com")
ORDER = {
    "id": 5551000111,
    "admin_graphql_api_id": "gid://shopify/Order/5551000111",
    "name": "#1001",
    "updated_at": "2026-11-20T12:00:00-05:00",
    "financial_status": "paid",
}
VECTOR_BODY = '{"id":700100200300400501,"name":"#1001","note":"café"}'.encode()
VECTOR = "/QtQS1wNKxLNzcgN2z6u4gHfZCaVxIjbh2hVNz+u+6g="


@pytest.mark.parametrize("prefix", ["x-shopify-", "shopify-"])
def test_the_reference_vector_is_accepted(prefix: str) -> None:
    headers = {
        prefix + "hmac-sha256": VECTOR,
        prefix + "shop-domain": "demo.myshopify.com",
        prefix + "topic": "orders/updated",
    }
    hooks = ShopifyHooks(["wh_secret_1"], "demo.myshopify.com")
    assert hooks.is_signed(headers, VECTOR_BODY, NOW)
    assert hooks.touched(headers, VECTOR_BODY).id == "700100200300400501"


@pytest.mark.parametrize(
    "changes",
    [
        {"tamper": True},
        {"secret": "somebody-elses"},
        {"shop": "other.myshopify.com"},
        {"shop": "demo.myshopify.com.evil.test"},
    ],
)
@pytest.mark.parametrize("style", ["x", "plain"])
def test_what_is_not_signed_for_this_shop_is_refused(style: str, changes: dict[str, Any]) -> None:
    headers, body = SHOPIFY.emit("orders/updated", ORDER, header_style=style)
    assert HOOKS.is_signed(headers, body, NOW)
    headers, body = SHOPIFY.emit("orders/updated", ORDER, header_style=style, **changes)
    assert not HOOKS.is_signed(headers, body, NOW)


@pytest.mark.parametrize("name", ["x-shopify-hmac-sha256", "x-shopify-shop-domain"])
@pytest.mark.parametrize("value", [None, "", "not base64!", "é", "AAAA"])
def test_a_missing_or_malformed_header_is_refused(name: str, value: str | None) -> None:
    headers, body = SHOPIFY.emit("orders/updated", ORDER)
    broken = {key: each for key, each in headers.items() if key != name} | ({} if value is None else {name: value})
    assert not HOOKS.is_signed(broken, body, NOW)


def test_an_older_secret_is_accepted_while_it_changes() -> None:
    headers, body = SHOPIFY.emit("orders/updated", ORDER, secret="older-secret")
    assert HOOKS.is_signed(headers, body, NOW)


@pytest.mark.parametrize("secrets", [[], [""]])
def test_without_a_secret_nothing_is_signed(secrets: list[str]) -> None:
    headers, body = SHOPIFY.emit("orders/updated", ORDER, secret="")
    assert not ShopifyHooks(secrets, "demo.myshopify.com").is_signed(headers, body, NOW)


def test_a_repeated_delivery_has_the_same_key() -> None:
    first, again = SHOPIFY.emit("orders/updated", ORDER), SHOPIFY.emit("orders/updated", ORDER)
    other = SHOPIFY.emit("orders/updated", ORDER, webhook_id="b2")
    assert HOOKS.dedupe_key(*first) == HOOKS.dedupe_key(*again) != HOOKS.dedupe_key(*other)


def test_a_delivery_without_an_id_is_told_by_its_topic_and_body() -> None:
    keys = {
        HOOKS.dedupe_key({"x-shopify-topic": topic}, body)
        for topic in ("orders/updated", "orders/paid")
        for body in (b"{}", b"[]")
    }
    assert len(keys) == 4


def test_shopify_sends_no_greeting() -> None:
    assert not HOOKS.is_ping({}, b"{}")


TOPICS: list[tuple[str, dict[str, Any], tuple[str, str]]] = [
    *(
        (f"orders/{each}", ORDER, ("order", "5551000111"))
        for each in ("create", "updated", "paid", "cancelled", "fulfilled", "partially_fulfilled")
    ),
    ("orders/delete", {"id": 5551000111}, ("removed", "5551000111")),
    ("orders/edited", {"order_edit": {"id": 1, "order_id": 5551000111}}, ("order", "5551000111")),
    ("order_transactions/create", {"id": 7, "order_id": 5551000111}, ("order", "5551000111")),
    ("refunds/create", {"id": 7, "order_id": 5551000111}, ("order", "5551000111")),
    ("fulfillments/create", {"id": 7, "order_id": 5551000111}, ("order", "5551000111")),
    ("fulfillments/update", {"id": 7, "order_id": 5551000111}, ("order", "5551000111")),
    ("fulfillment_events/create", {"id": 7, "order_id": 5551000111}, ("order", "5551000111")),
    ("disputes/create", {"id": 7, "order_id": 5551000111}, ("order", "5551000111")),
    ("disputes/update", {"id": 7, "order_id": None}, ("nothing", "")),
    *(
        (f"returns/{each}", {"id": 7, "order": {"id": 5551000111}}, ("order", "5551000111"))
        for each in ("request", "approve", "decline", "cancel", "close", "reopen", "update", "process")
    ),
    (
        "reverse_deliveries/attach_deliverable",
        {"id": 7, "return": {"id": 8, "order": {"admin_graphql_api_id": "gid://shopify/Order/5551000111"}}},
        ("order", "5551000111"),
    ),
    (
        "fulfillment_orders/placed_on_hold",
        {"fulfillment_order": {"id": "gid://shopify/FulfillmentOrder/1", "order_id": 5}},
        ("order", "5"),
    ),
    (
        "fulfillment_orders/placed_on_hold",
        {"fulfillment_order": {"id": "gid://shopify/FulfillmentOrder/1"}},
        ("nothing", ""),
    ),
    ("products/update", {"id": 632910392}, ("product", "632910392")),
    ("products/delete", {"id": 632910392}, ("product", "632910392")),
    ("customers/update", {"id": 77}, ("customer", "77")),
    ("customers/redact", {"customer": {"id": 77}, "orders_to_redact": [1]}, ("nothing", "")),
    ("customers/data_request", {"customer": {"id": 77}}, ("nothing", "")),
    ("shop/redact", {"shop_id": 1}, ("nothing", "")),
    ("app/uninstalled", {"id": 1}, ("nothing", "")),
    ("inventory_levels/update", {"inventory_item_id": 1}, ("nothing", "")),
    ("orders/updated", {"id": "5551000111/../../x"}, ("nothing", "")),
    ("orders/updated", {"id": True}, ("nothing", "")),
    ("orders/updated", {"id": {"$gt": 0}}, ("nothing", "")),
    ("", ORDER, ("nothing", "")),
]


@pytest.mark.parametrize(("topic", "payload", "expected"), TOPICS)
@pytest.mark.parametrize("style", ["x", "plain"])
def test_what_a_topic_is_about(style: str, topic: str, payload: dict[str, Any], expected: tuple[str, str]) -> None:
    headers, body = SHOPIFY.emit(topic, payload, header_style=style)
    found = HOOKS.touched(headers, body)
    assert (found.kind, found.id, found.topic) == (*expected, topic)


def test_the_time_is_the_orders_own_else_that_of_the_delivery() -> None:
    told = HOOKS.touched(*SHOPIFY.emit("orders/updated", ORDER)).at
    assert told is not None
    assert told.isoformat() == "2026-11-20T17:00:00+00:00"
    assert HOOKS.touched(*SHOPIFY.emit("orders/updated", {"id": 1})).at == NOW


@pytest.mark.parametrize("body", [b"", b"not json", b"[]", b"null", b"\xff"])
def test_a_body_that_is_no_object_is_malformed(body: bytes) -> None:
    with pytest.raises(ValueError):
        HOOKS.touched({"x-shopify-topic": "orders/updated"}, body)


def test_what_a_payload_says_beyond_ids_is_not_used() -> None:
    lie = json.dumps({**ORDER, "financial_status": "refunded"}).encode()
    headers, _ = SHOPIFY.emit("orders/updated", lie)
    assert HOOKS.touched(headers, lie) == Touched(
        "order", "5551000111", HOOKS.touched(headers, lie).at, "orders/updated"
    )
