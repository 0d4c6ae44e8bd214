"""WooCommerce's webhooks: signed with a secret that WordPress decodes, pinged without one, told apart by more than an id."""

import json
from datetime import UTC, datetime

import pytest

from server.commerce.connectors.woocommerce.hooks import WooHooks, decoded
from tests.server.commerce.orders import NOW, an_order
from tests.support.woocommerce import WooCommerceStandIn

BODY = b'{"id":727,"status":"processing","number":"727"}'
VECTORS = [
    ("wh_secret_1", "ge2vZYP0CuEfZVPp8arEAaRGzzegUYCTpXkWHdjtYTA="),
    ('a&b<c>"d', "/ZCd+P4C2TsyOZ/bTpvMtbm/1KXoKUw+/DA07KCnWx8="),
    ("a&amp;b&lt;c&gt;&quot;d", "/ZCd+P4C2TsyOZ/bTpvMtbm/1KXoKUw+/DA07KCnWx8="),
]


def signed(signature: str) -> dict[str, str]:
    """Headers with this signature."""
    return {"x-wc-webhook-signature": signature, "x-wc-webhook-topic": "order.updated"}


@pytest.mark.parametrize(("secret", "signature"), VECTORS)
def test_the_sites_signature_is_accepted(secret: str, signature: str) -> None:
    assert WooHooks((secret,)).is_signed(signed(signature), BODY, NOW)


@pytest.mark.parametrize(("secret", "signature"), VECTORS)
@pytest.mark.parametrize("change", ["body", "signature", "missing", "secret"])
def test_anything_else_is_refused(secret: str, signature: str, change: str) -> None:
    headers = {} if change == "missing" else signed("A" + signature[1:] if change == "signature" else signature)
    hooks = WooHooks((secret + "x" if change == "secret" else secret,))
    assert not hooks.is_signed(headers, BODY + b" " if change == "body" else BODY, NOW)


@pytest.mark.parametrize("secrets", [(), ("",)])
def test_without_a_secret_nothing_is_signed(secrets: tuple[str, ...]) -> None:
    headers, body = WooCommerceStandIn(lambda: NOW).emit("order.deleted", "727", secret="")
    assert not WooHooks(secrets).is_signed(headers, body, NOW)


def test_an_old_secret_holds_while_it_is_being_changed() -> None:
    assert WooHooks(("new_secret", "wh_secret_1")).is_signed(signed(VECTORS[0][1]), BODY, NOW)


@pytest.mark.parametrize(
    ("stored", "used"),
    [("a&amp;lt;b", "a&lt;b"), ("&#039;&#39;&#x27;", "'''"), ("&copy &eacute;", "&copy &eacute;"), ("plain", "plain")],
)
def test_only_wordpress_own_entities_are_decoded_and_once(stored: str, used: str) -> None:
    assert decoded(stored) == used


def test_what_the_site_emits_with_an_encoded_secret_is_accepted() -> None:
    site = WooCommerceStandIn(lambda: NOW)
    order_id = site.put(an_order())
    headers, body = site.emit("order.updated", order_id, secret="a&amp;b&lt;c")
    assert WooHooks(("a&b<c",)).is_signed(headers, body, NOW)


def test_the_greeting_is_a_ping_and_carries_no_signature() -> None:
    headers, body = WooCommerceStandIn.ping()
    assert WooHooks(("s",)).is_ping(headers, body)
    assert not WooHooks(("s",)).is_signed(headers, body, NOW)


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        ({"content-type": "application/json"}, b"webhook_id=7"),
        ({"content-type": "application/x-www-form-urlencoded"}, b"webhook_id=7&x=1"),
        ({"content-type": "application/x-www-form-urlencoded"}, b"webhook_id=seven"),
        ({"content-type": "application/x-www-form-urlencoded", "x-wc-webhook-signature": "x"}, b"webhook_id=7"),
        ({}, b""),
    ],
)
def test_nothing_else_is_a_ping(headers: dict[str, str], body: bytes) -> None:
    assert not WooHooks(("s",)).is_ping(headers, body)


def test_two_events_of_one_second_share_a_delivery_id_and_stay_two() -> None:
    site, hooks = WooCommerceStandIn(lambda: NOW), WooHooks(("cs_test",))
    order_id = site.put(an_order())
    first = site.emit("order.updated", order_id, delivery_id="same")
    site.touch(order_id, NOW, status="completed")
    second = site.emit("order.updated", order_id, delivery_id="same")
    assert hooks.dedupe_key(*first) != hooks.dedupe_key(*second)
    assert hooks.dedupe_key(*first) == hooks.dedupe_key(*first)


@pytest.mark.parametrize(
    ("topic", "kind"),
    [
        ("order.created", "order"),
        ("order.updated", "order"),
        ("order.restored", "order"),
        ("order.deleted", "removed"),
        ("product.updated", "product"),
        ("product.deleted", "product"),
        ("customer.updated", "customer"),
    ],
)
def test_a_topic_says_what_was_touched(topic: str, kind: str) -> None:
    site = WooCommerceStandIn(lambda: NOW)
    order_id = site.put(an_order())
    found = WooHooks(("cs_test",)).touched(*site.emit(topic, order_id))
    assert (found.kind, found.id, found.topic) == (kind, order_id, topic)


@pytest.mark.parametrize("topic", ["coupon.created", "action.woocommerce_add_to_cart", ""])
def test_other_topics_are_nothing_to_us_whatever_they_carry(topic: str) -> None:
    assert WooHooks(("s",)).touched({"x-wc-webhook-topic": topic}, b"[1]").kind == "nothing"


def test_the_time_of_the_change_is_utc() -> None:
    body = json.dumps({"id": 727, "date_modified": "2026-11-20T10:01:02", "date_modified_gmt": "2026-11-20T16:01:02"})
    found = WooHooks(("s",)).touched({"x-wc-webhook-topic": "order.updated"}, body.encode())
    assert found.at == datetime(2026, 11, 20, 16, 1, 2, tzinfo=UTC)


@pytest.mark.parametrize("body", [b"", b"{}", b"[]", b'{"id":"727"}', b'{"id":true}', b'{"id":0}', b"id=727"])
def test_a_body_without_an_id_is_malformed(body: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        WooHooks(("s",)).touched({"x-wc-webhook-topic": "order.updated"}, body)
