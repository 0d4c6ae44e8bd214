"""The REST contract against a strict shop: reads are exact, bad documents are named, writes happen once."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from server.clock import HandClock
from server.commerce.connectors.ledger import StoredLedger
from server.commerce.connectors.platform import Platform
from server.commerce.connectors.rest.platform import RestPlatform
from server.commerce.documents import decode_customer, decode_order, decode_product
from server.commerce.model import Address, LineQuantity, Money, RefundStatus
from server.commerce.store import (
    AddressResult,
    CancelResult,
    ClaimResult,
    CreditResult,
    ExchangeResult,
    ItemsResult,
    PaymentResult,
    RefundResult,
    ReshipResult,
    ReturnResult,
)
from server.errors import StoreRefused, StoreUnavailable
from server.settings import RestSettings
from tests.server.commerce.orders import NOW, an_order
from tests.support.databases import opened
from tests.support.rest_shop import EVERYTHING, SECRET, RestShopStandIn
from tests.support.servers import serve

LINES = (LineQuantity("l1", 1),)
USD = Money(2500, "USD")


@pytest.fixture
def clock() -> HandClock:
    return HandClock(NOW)


@pytest.fixture
async def shop(clock: HandClock) -> AsyncIterator[RestShopStandIn]:
    """A shop with one order, which must have been asked nothing odd in the end."""
    shop = RestShopStandIn(now=clock.now)
    shop.put(an_order())
    yield shop
    assert shop.unexpected == []


@pytest.fixture
async def ledger(tmp_path: Path) -> AsyncIterator[StoredLedger]:
    async with opened(f"sqlite:///{tmp_path / 'memory.db'}") as database:
        yield StoredLedger(database)


@asynccontextmanager
async def connected(
    shop: RestShopStandIn,
    clock: HandClock,
    ledger: StoredLedger,
    *,
    prefix: str = "",
    read_s: float = 8.0,
    **changes: Any,
) -> AsyncIterator[RestPlatform]:
    async with serve(shop.app) as url:
        settings = replace(RestSettings(url=url + prefix, secret=SECRET), **changes)
        platform = RestPlatform(settings, clock, ledger, read_s=read_s)
        try:
            yield platform
        finally:
            await platform.close()


@pytest.fixture
async def rest(shop: RestShopStandIn, clock: HandClock, ledger: StoredLedger) -> AsyncIterator[RestPlatform]:
    async with connected(shop, clock, ledger) as platform:
        yield platform


async def unavailable(reading: Awaitable[object]) -> str:
    with pytest.raises(StoreUnavailable) as caught:
        await reading
    return str(caught.value)


# Orders


async def test_an_order_is_read_by_its_id(rest: RestPlatform) -> None:
    platform: Platform = rest
    assert (platform.name, platform.cart_url("SCARF-RED", None, "p1", 1)) == ("rest", None)
    order = await platform.order("ord_7")
    assert order == {**an_order(), "lines": order["lines"]} if order else False
    assert await platform.order("ord_8") is None


async def test_a_system_may_live_under_a_path(shop: RestShopStandIn, clock: HandClock, ledger: StoredLedger) -> None:
    async with connected(shop, clock, ledger, prefix="/shop/") as rest:
        assert await rest.order("ord_7") is not None
        assert len(await rest.orders_named("#1042")) == 1


@pytest.mark.parametrize("name", ["ord 7?x=1#y", "ördér", "%2e", "..", ".", "a+b&c=d"])
async def test_any_id_reaches_the_shop_as_it_is(shop: RestShopStandIn, rest: RestPlatform, name: str) -> None:
    shop.put(an_order(id=name))
    order = await rest.order(name)
    assert order is not None
    assert order["id"] == name


async def test_of_loosely_found_orders_only_those_with_this_number_are_given(
    shop: RestShopStandIn, rest: RestPlatform
) -> None:
    for name in ("#10421", "#104", "X-1042", "1042 "):
        shop.put(an_order(id=f"o{name}", number=name))
    assert sorted(str(order["number"]) for order in await rest.orders_named("order no. 1042")) == []
    assert sorted(str(order["number"]) for order in await rest.orders_named("1042")) == ["#1042", "1042 "]
    assert await rest.orders_named("#") == []


async def test_of_loosely_found_orders_only_those_of_this_person_are_given(
    shop: RestShopStandIn, rest: RestPlatform
) -> None:
    other = {"id": "c2", "name": "Anaïs", "emails": ["anais@example.com"], "phones": ["+14025550111"]}
    shop.put(an_order(id="o2", number="#2", customer=other))
    mine = {"id": "c1", "name": "Ana", "emails": ["ANA@example.com"], "phones": ["(402) 555-0100"]}
    shop.put(an_order(id="o3", number="#3", customer=mine, placed_at="2026-11-19T00:00:00+14:00"))
    assert [order["id"] for order in await rest.orders_of(email="ana@EXAMPLE.com")] == ["o3", "ord_7"]
    assert [order["id"] for order in await rest.orders_of(phone="+14025550100")] == ["o3"]
    assert [order["id"] for order in await rest.orders_of(customer_id="c1", email="anais@example.com")] == []
    assert await rest.orders_of() == []


async def test_every_page_of_a_search_is_read(shop: RestShopStandIn, rest: RestPlatform) -> None:
    for number in range(5):
        shop.put(an_order(id=f"o{number}", number=f"#{number}", placed_at=f"2026-11-0{number + 1}T00:00:00Z"))
    assert [order["id"] for order in await rest.orders_of(customer_id="c1")] == ["ord_7", "o4", "o3", "o2", "o1", "o0"]
    assert len([call for call in shop.calls if call.startswith("GET /orders?")]) == 3


async def test_a_shop_that_turns_in_circles_is_left(shop: RestShopStandIn, rest: RestPlatform) -> None:
    shop.broken = [b'{"orders": [], "next": "x"}'] * 9
    assert await rest.orders_named("1042") == []
    assert len(shop.calls) == 2


async def test_orders_in_the_models_own_spelling_are_understood(shop: RestShopStandIn, rest: RestPlatform) -> None:
    model = {
        "id": "ord_9", "display_name": "#1099", "placed_at": "2026-11-17T16:00:00Z", "currency": "USD",
        "contact": {"email": "ana@example.com"}, "totals": {"total": 5500}, "payment": {"status": "paid"},
        "lines": [{"id": "l1", "sku": "S", "title": "Scarf", "qty": {"ordered": 2, "fulfilled": 0}, "unit_net": 2500}],
    }  # fmt: skip
    shop.put(model)
    assert [order["number"] for order in await rest.orders_named("1099")] == ["#1099"]
    assert [order["id"] for order in await rest.orders_of(email="ana@example.com")] == ["ord_7", "ord_9"]


BAD_ORDERS: list[tuple[dict[str, Any], str]] = [
    (an_order(totals={"total": "55.00"}), "totals.total must be a whole number, not text"),
    (an_order(placed_at="2026-11-20T10:00:00"), 'placed_at "2026-11-20T10:00:00" has no offset, such as Z or +01:00'),
    (an_order(lines=None), "lines must be a list, not null"),
    (an_order(currency="XXA"), 'currency "XXA" is not an ISO 4217 currency'),
    (an_order(note="a\x00b"), "holds a NUL character, which cannot be stored"),
    ({}, "id is missing"),
]


@pytest.mark.parametrize(("document", "reason"), BAD_ORDERS)
async def test_a_bad_document_is_unavailable_and_named(
    shop: RestShopStandIn, rest: RestPlatform, document: dict[str, Any], reason: str
) -> None:
    shop.orders["ord_7"] = document
    assert await unavailable(rest.order("ord_7")) == f"rest: {reason}"


async def test_half_a_character_is_unavailable(shop: RestShopStandIn, rest: RestPlatform) -> None:
    shop.broken = [json.dumps(an_order(note="\ud800")).encode()]
    assert await unavailable(rest.order("ord_7")) == "rest: holds half a character, which cannot be stored"


async def test_in_a_list_the_place_of_the_bad_document_is_named(shop: RestShopStandIn, rest: RestPlatform) -> None:
    shop.orders["o2"] = an_order(id="o2", totals={})
    shop.orders["o3"] = "what?"
    assert await unavailable(rest.orders_named("1042")) == "rest: orders[1].totals.total is missing"
    del shop.orders["o2"]
    assert await unavailable(rest.orders_named("1042")) == "rest: orders[1] must be an object"


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (b"", "no JSON"), (b"<html>", "no JSON"), (b"\xff\xfe", "no JSON"), (b"[" * 200_000, "nested too deeply"),
        (b'{"a":' * 70 + b"1" + b"}" * 70, "nested too deeply"), (b"null", ""), (b"7", "must be an object"),
    ],
)  # fmt: skip
async def test_an_answer_that_is_no_order_is_unavailable(
    shop: RestShopStandIn, rest: RestPlatform, answer: bytes, reason: str
) -> None:
    shop.broken = [answer]
    if answer == b"null":
        assert await rest.order("ord_7") is None
    else:
        assert reason in await unavailable(rest.order("ord_7"))


async def test_a_list_that_is_none_is_unavailable(shop: RestShopStandIn, rest: RestPlatform) -> None:
    shop.broken = [b'{"orders": {}}']
    assert await unavailable(rest.orders_named("1042")) == "rest: /orders: orders must be a list"


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (401, "check rest.secret"),
        (403, "check rest.secret"),
        (400, "answered 400"),
        (500, "rest answered 500"),
        (418, "418"),
    ],
)
async def test_a_status_that_is_no_answer_is_unavailable(
    shop: RestShopStandIn, rest: RestPlatform, status: int, reason: str
) -> None:
    shop.broken = [status]
    assert reason in await unavailable(rest.order("ord_7"))


async def test_a_search_that_is_not_there_is_no_empty_search(shop: RestShopStandIn, rest: RestPlatform) -> None:
    shop.broken = [404]
    assert await unavailable(rest.orders_named("1042")) == "rest: /orders is not there: check rest.url"


async def test_messages_hold_no_addresses(shop: RestShopStandIn, rest: RestPlatform) -> None:
    shop.broken = [400]
    assert "ana@" not in await unavailable(rest.orders_of(email="ana@example.com"))


async def test_another_order_than_asked_for_is_refused(shop: RestShopStandIn, rest: RestPlatform) -> None:
    shop.orders["ord_9"] = an_order()
    assert "another order" in await unavailable(rest.order("ord_9"))


async def test_an_id_with_a_slash_is_refused(shop: RestShopStandIn, rest: RestPlatform) -> None:
    shop.put(an_order(id="a/b", number="#7"))
    assert await unavailable(rest.orders_named("7")) == "rest: orders[0].id must not contain a slash"


async def test_a_shop_that_is_slow_is_unavailable(
    shop: RestShopStandIn, clock: HandClock, ledger: StoredLedger
) -> None:
    shop.delay_s = 0.4
    async with connected(shop, clock, ledger, read_s=0.05) as rest:
        assert "cannot be reached" in await unavailable(rest.order("ord_7"))


async def test_a_wrong_secret_is_named(shop: RestShopStandIn, clock: HandClock, ledger: StoredLedger) -> None:
    async with connected(shop, clock, ledger, secret="other") as rest:
        assert "check rest.secret" in await unavailable(rest.order("ord_7"))


async def test_a_private_address_is_refused_unless_it_is_allowed(
    shop: RestShopStandIn, clock: HandClock, ledger: StoredLedger
) -> None:
    async with connected(shop, clock, ledger, url="http://10.0.0.7", allow_private=False) as rest:
        assert "is a private address" in await unavailable(rest.order("ord_7"))
    assert shop.calls == []


async def test_links_that_are_not_https_do_not_pass(shop: RestShopStandIn, rest: RestPlatform) -> None:
    shop.put(
        an_order(
            status_page_url="http://shop.example/1",
            payment={"status": "pending", "pay_url": "javascript:alert(1)", "methods": [{"id": "p", "kind": "card", "label": "Visa"}]},
            returns=[{"id": "r1", "status": "approved", "label": "http://x"}, {"id": "r2", "status": "approved", "label": {"url": "ftp://x"}}],
            shipments=[{"id": "s1", "tracking_url": "HTTPS://carrier.example/1"}],
        )
    )  # fmt: skip
    order = await rest.order("ord_7")
    assert order is not None
    found = decode_order(order)[0]
    assert (found.status_page_url, found.payment.pay_url) == (None, None)
    assert (found.payment.methods or [])[0].label == "Visa"
    assert "http://x" not in str(order)
    assert "ftp://x" not in str(order)
    assert (found.shipments or [])[0].tracking_url == "HTTPS://carrier.example/1"


# Changes, customers, products


async def test_changes_are_listed_page_by_page(shop: RestShopStandIn, rest: RestPlatform) -> None:
    for number in range(3):
        shop.put(an_order(id=f"o{number}", updated_at=f"2026-11-20T1{number}:00:00Z"))
    shop.orders["odd"] = {"number": "#9"}
    found = [change async for change in rest.changed_since(datetime(2026, 11, 20, 11, 0, tzinfo=UTC))]
    assert [(change.id, change.at and change.at.hour) for change in found] == [("ord_7", 17), ("o1", 11), ("o2", 12)]


async def test_a_shop_that_lists_no_changes_has_none(shop: RestShopStandIn, rest: RestPlatform) -> None:
    shop.lists_changes = False
    assert [change async for change in rest.changed_since(NOW)] == []


async def test_a_comparison_that_fails_is_unavailable(shop: RestShopStandIn, rest: RestPlatform) -> None:
    shop.broken = [404, 500]
    with pytest.raises(StoreUnavailable):
        _ = [change async for change in rest.changed_since(NOW)]


async def test_customers_are_read_where_the_shop_has_them(shop: RestShopStandIn, rest: RestPlatform) -> None:
    shop.customers["c1"] = {"id": "c1", "name": "Ana Souza", "emails": ["ana@example.com"], "phones": [], "vip": True}
    found = await rest.customers_by(email="Ana@example.com")
    assert [decode_customer(each)[0].vip for each in found] == [True]
    assert await rest.customer("c9") is None


async def test_else_their_orders_make_customers_known(shop: RestShopStandIn, rest: RestPlatform) -> None:
    found = await rest.customers_by(email="ana@example.com")
    assert [decode_customer(each)[0].name for each in found] == ["Ana Souza"]
    assert await rest.customers_by(email="an@example.com") == []
    assert await rest.customers_by() == []


async def test_products_are_read_and_a_bad_one_is_left_out(shop: RestShopStandIn, rest: RestPlatform) -> None:
    for name in "abc":
        shop.products[name] = {"id": name, "title": name, "variants": [{"sku": name, "price": 100}]}
    shop.products["b"]["variants"] = "none"
    assert [decode_product(each)[0].id async for each in rest.products(None)] == ["a", "c"]
    assert await rest.product("a") is not None
    assert await rest.product("z") is None


async def test_a_shop_without_products_has_none(shop: RestShopStandIn, rest: RestPlatform) -> None:
    shop.sells = False
    shop.unexpected.clear()
    assert [each async for each in rest.products(NOW)] == []
    assert shop.unexpected == ["GET /products"]
    shop.unexpected.clear()


# What it can do


async def test_what_the_shop_lists_is_what_it_can_do(shop: RestShopStandIn, rest: RestPlatform) -> None:
    assert rest.capabilities == frozenset()
    shop.can = ["refund", "start_return", "teleport"]
    findings = await rest.examine()
    assert rest.capabilities == {"refund", "start_return"}
    assert [finding.level for finding in findings] == ["ok", "ok"]


async def test_without_a_list_it_can_only_be_read(shop: RestShopStandIn, rest: RestPlatform) -> None:
    shop.can, shop.lists_changes = None, False
    assert [finding.level for finding in await rest.examine()] == ["ok", "warn", "warn"]
    with pytest.raises(StoreRefused, match="does not offer refund"):
        await rest.refund("k1", "ord_7", USD, (), "late", None, NOW)
    assert not any(call.startswith("POST") for call in shop.calls)


async def test_what_cannot_be_reached_must_be_mended(
    shop: RestShopStandIn, clock: HandClock, ledger: StoredLedger
) -> None:
    async with connected(shop, clock, ledger, secret="other") as rest:
        assert [finding.level for finding in await rest.examine()] == ["mend"]
    async with connected(shop, clock, ledger, secret="") as rest:
        assert "rest.secret is empty" in (await rest.examine())[0].text


async def test_the_shop_must_call_by_itself(rest: RestPlatform, shop: RestShopStandIn) -> None:
    findings = await rest.subscribe("https://help.example/webhooks/orders/generic")
    assert "https://help.example/webhooks/orders/generic" in findings[0].text
    assert shop.calls == []


# Writes

ADDRESS = Address(name="Ana Souza", line1="1 New St", city="Omaha", zip="68102", country="US")
Write = Callable[[RestPlatform, str], Awaitable[object]]
REFUND = RefundResult("re_1", USD, RefundStatus.PENDING, "original")
WRITES: dict[str, tuple[Write, object]] = {
    "start_return": (
        lambda rest, key: rest.start_return(key, "ord_7", LINES, "too_small", "refund", None, NOW),
        ReturnResult("RMA-1", "https://shop.example/labels/1", date(2026, 12, 4)),
    ),
    "start_exchange": (
        lambda rest, key: rest.start_exchange(key, "ord_7", (LineQuantity("l1", 1, "SCARF-BLUE"),), "colour", None, NOW),
        ExchangeResult(
            "RMA-2", Money(500, "USD"), "pm_1", "https://shop.example/labels/2", datetime(2026, 12, 4, 11, tzinfo=UTC)
        ),
    ),
    "refund": (lambda rest, key: rest.refund(key, "ord_7", USD, LINES, "late", "original", NOW), REFUND),
    "cancel_order": (lambda rest, key: rest.cancel_order(key, "ord_7", "changed_mind", None, NOW), CancelResult(NOW, REFUND)),
    "change_address": (lambda rest, key: rest.change_address(key, "ord_7", ADDRESS, NOW), AddressResult(ADDRESS)),
    "change_customer_address": (
        lambda rest, key: rest.change_customer_address(key, "c1", ADDRESS, NOW),
        AddressResult(Address(line1="1 New St", city="Omaha", country="US")),
    ),
    "change_items": (lambda rest, key: rest.change_items(key, "ord_7", LINES, None, NOW), ItemsResult(Money(-2500, "USD"), None, USD)),
    "change_payment": (lambda rest, key: rest.change_payment(key, "ord_7", "pm_2", NOW), PaymentResult("pm_2", "pm_1", USD)),
    "store_credit": (
        lambda rest, key: rest.store_credit(key, "c1", USD, "late", None, NOW),
        CreditResult("sc_1", USD, Money(4000, "USD")),
    ),
    "reship": (lambda rest, key: rest.reship(key, "ord_7", LINES, "lost", None, NOW), ReshipResult("ord_8")),
    "open_claim": (
        lambda rest, key: rest.open_claim(key, "ord_7", None, "not_received", "Nothing came.", NOW),
        ClaimResult("cl_1", "open"),
    ),
}  # fmt: skip


def test_every_write_is_tried() -> None:
    assert set(WRITES) == set(EVERYTHING)


@pytest.mark.parametrize("name", WRITES)
async def test_a_write_is_sent_once_and_answered_alike(shop: RestShopStandIn, rest: RestPlatform, name: str) -> None:
    write, result = WRITES[name]
    assert await write(rest, "k1") == result
    assert await write(rest, "k1") == result
    assert shop.done == {name: 1}
    assert len([call for call in shop.calls if call.startswith("POST")]) == 1


@pytest.mark.parametrize("name", WRITES)
async def test_a_lost_answer_is_asked_for_again_under_the_same_key(
    shop: RestShopStandIn, rest: RestPlatform, name: str
) -> None:
    write, result = WRITES[name]
    shop.loses_answers = 1
    await unavailable(write(rest, "k1"))
    assert await write(rest, "k1") == result
    assert shop.done == {name: 1}


async def test_another_key_is_another_write(shop: RestShopStandIn, rest: RestPlatform) -> None:
    for key in ("k1", "k2"):
        await rest.refund(key, "ord_7", USD, (), "late", None, NOW)
    assert shop.done == {"refund": 2}


async def test_the_result_is_known_to_the_next_process(
    shop: RestShopStandIn, clock: HandClock, ledger: StoredLedger
) -> None:
    for _ in range(2):
        async with connected(shop, clock, ledger) as rest:
            assert await rest.reship("k1", "ord_7", LINES, "lost", ADDRESS, NOW) == ReshipResult("ord_8")
    assert shop.done == {"reship": 1}
    assert shop.sent["reship"]["address"]["line1"] == "1 New St"


async def test_a_no_of_the_shop_is_told_and_frees_the_key(shop: RestShopStandIn, rest: RestPlatform) -> None:
    shop.refuses = "already\npacked"
    with pytest.raises(StoreRefused, match="the shop refused: already packed"):
        await rest.cancel_order("k1", "ord_7", "changed_mind", None, NOW)
    shop.refuses = ""
    assert (await rest.cancel_order("k1", "ord_7", "changed_mind", None, NOW)).refund == REFUND


@pytest.mark.parametrize("status", [401, 403, 409, 500])
async def test_a_status_that_is_no_no_leaves_the_outcome_open(
    shop: RestShopStandIn, rest: RestPlatform, status: int
) -> None:
    await rest.learn()
    shop.broken = [status]
    await unavailable(rest.refund("k1", "ord_7", USD, (), "late", None, NOW))
    assert await rest.refund("k1", "ord_7", USD, (), "late", None, NOW) == REFUND


BAD_ANSWERS: list[tuple[str, dict[str, Any], str]] = [
    ("refund", {"amount": {"amount_minor": 1, "currency": "USD"}, "method": "x", "status": "pending"}, "refund_id is missing"),
    ("refund", {"refund_id": "r", "method": "x", "status": "x", "amount": 5}, "amount must be an object"),
    ("refund", {"refund_id": "r", "method": "x", "status": "x", "amount": {"amount_minor": 4.5}}, "amount_minor must be a whole number"),
    ("start_return", {"rma": 7}, "rma must be text"),
    ("start_return", {"rma": "7", "due_by": "soon"}, 'due_by "soon" is not a plausible time in ISO 8601'),
    ("cancel_order", {"cancelled_at": "2026-11-20"}, "cancelled_at must be a time with its offset"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "answer", "reason"), BAD_ANSWERS)
async def test_an_answer_that_cannot_be_read_leaves_the_outcome_open(
    shop: RestShopStandIn, rest: RestPlatform, name: str, answer: dict[str, Any], reason: str
) -> None:
    shop.results[name] = answer
    message = await unavailable(WRITES[name][0](rest, "k1"))
    assert reason in message
    assert message.endswith("nobody knows whether it was done")


async def test_a_refund_status_that_nobody_knows_is_unknown(shop: RestShopStandIn, rest: RestPlatform) -> None:
    shop.results["refund"] = {
        "refund_id": "r",
        "method": "x",
        "status": "done!",
        "amount": {"amount_minor": 1, "currency": "USD"},
    }
    assert (await rest.refund("k1", "ord_7", USD, (), "late", None, NOW)).status is RefundStatus.UNKNOWN


async def test_a_label_that_is_not_https_does_not_pass(shop: RestShopStandIn, rest: RestPlatform) -> None:
    shop.results["start_return"] = {"rma": "7", "label_url": "http://shop.example/l", "due_by": None}
    assert await WRITES["start_return"][0](rest, "k1") == ReturnResult("7", None, None)


async def test_a_request_that_waited_too_long_is_signed_anew(
    shop: RestShopStandIn, rest: RestPlatform, clock: HandClock
) -> None:
    def slowly() -> datetime:
        if len(shop.calls) == 1:
            clock.advance(timedelta(seconds=301))
        return clock.now()

    shop.now = slowly
    assert await rest.order("ord_7") is not None
    assert len(shop.calls) == 2
