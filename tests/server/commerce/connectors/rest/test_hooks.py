"""The generic webhook: signed or not, repeated or new, and what it is about."""

import json
from datetime import timedelta

import pytest

from server.commerce.connectors.platform import Hooks, Touched
from server.commerce.connectors.rest.hooks import RestHooks
from tests.server.commerce.orders import NOW
from tests.support.rest_shop import SECRET, Emitted, RestShopStandIn

HOOKS: Hooks = RestHooks([SECRET])
SHOP = RestShopStandIn(now=lambda: NOW)
UPDATED = SHOP.emit(id="e1", order="ord_7", number="#1042", at="2026-11-20T18:00:00Z", type="order.updated")


def accepts(call: Emitted, hooks: Hooks = HOOKS, path: str = "/webhooks/orders/generic", late_s: int = 0) -> bool:
    return hooks.is_signed(call.headers, call.body, NOW + timedelta(seconds=late_s), path)


def test_what_the_shop_signed_is_accepted_for_this_path_and_for_five_minutes() -> None:
    assert accepts(UPDATED)
    assert accepts(UPDATED, late_s=300)
    assert not accepts(UPDATED, late_s=301)
    assert not accepts(UPDATED, path="/webhooks/orders/generic?x=1")
    assert not accepts(UPDATED, path="/webhooks/warehouse/generic")
    assert not accepts(UPDATED, path="")


def test_other_bodies_and_secrets_are_refused() -> None:
    assert not accepts(Emitted(UPDATED.path, UPDATED.headers, UPDATED.body + b" "))
    assert not accepts(Emitted(UPDATED.path, {}, UPDATED.body))
    assert not accepts(SHOP.emit(secret="other", order="ord_7"))
    assert accepts(SHOP.emit(secret="other", order="ord_7"), RestHooks([SECRET, "other"]))
    assert not accepts(SHOP.emit(order="ord_7"), RestHooks(["", "other"]))
    assert not accepts(UPDATED, RestHooks([]))


def test_there_is_no_unsigned_greeting() -> None:
    assert not HOOKS.is_ping({}, b"{}")
    assert not HOOKS.is_ping({}, b"")


def test_a_repeated_event_is_known_by_its_id_else_by_its_body() -> None:
    def key(body: bytes) -> str:
        return HOOKS.dedupe_key({}, body)

    assert key(b'{"id": "e1", "order": "a"}') == key(b'{"order": "b", "id": "e1"}') == "id:e1"
    assert key(b'{"id": 7}') == "id:7"
    plain = key(b'{"order": "a"}')
    assert plain.startswith("sha256:")
    assert plain == key(b'{"order": "a"}') != key(b'{"order": "b"}')
    assert len({key(b"nonsense"), key(b"[]"), key(b'{"id": ""}'), key(b'{"id": "%s"}' % (b"x" * 999))}) == 4


@pytest.mark.parametrize(
    ("event", "touched"),
    [
        ({"order": "ord_7"}, Touched("order", "ord_7", None, "order.updated")),
        ({"order": 7, "type": "order.created"}, Touched("order", "7", None, "order.created")),
        ({"order": "ord_7", "at": "2026-11-20T18:00:00Z"}, Touched("order", "ord_7", NOW, "order.updated")),
        ({"order": "ord_7", "at": "yesterday"}, Touched("order", "ord_7", None, "order.updated")),
        ({"order": "ord_7", "type": "order.deleted"}, Touched("removed", "ord_7", None, "order.deleted")),
        ({"product": "p1", "type": "product.updated"}, Touched("product", "p1", None, "product.updated")),
        ({"customer": "c1", "type": "customer.updated"}, Touched("customer", "c1", None, "customer.updated")),
        ({"type": "shop.closed"}, Touched("nothing", "", None, "shop.closed")),
    ],
)
def test_an_event_says_what_must_be_read_again(event: dict[str, object], touched: Touched) -> None:
    assert HOOKS.touched({}, json.dumps(event).encode()) == touched


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"{", "the body is not JSON"),
        (b"[" * 100_000, "the body is not JSON"),
        (b"[]", "the body must be a JSON object"),
        (b"{}", "order must be an id"),
        (b'{"order": null}', "order must be an id"),
        (b'{"order": true}', "order must be an id"),
        (b'{"order": {"id": 1}}', "order must be an id"),
        (b'{"order": "a/b"}', "order must be an id, without slashes"),
        (b'{"order": "a\\u0000b"}', "order must be an id"),
        (b'{"type": "product.updated", "order": "ord_7"}', "product must be an id"),
    ],
)
def test_what_is_not_of_the_contract_is_refused(body: bytes, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        HOOKS.touched({}, body)
