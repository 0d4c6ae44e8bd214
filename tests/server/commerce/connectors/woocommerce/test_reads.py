"""Finding orders, customers and products of a WooCommerce site, whose search finds too much."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from server.commerce.connectors.platform import Change
from server.commerce.connectors.woocommerce.reads import spellings
from server.commerce.documents import decode_customer, decode_order, decode_product
from server.commerce.outside import Priority
from server.errors import StoreUnavailable
from tests.server.commerce.connectors.woocommerce.conftest import Shop
from tests.server.commerce.orders import NOW, a_line, a_parcel, an_event, an_order

GUEST = {"id": "guest", "name": "Dana Reed", "emails": ["Dana@Example.com"], "phones": ["(503) 555-0142"]}


def ids(found: Any) -> list[str]:
    """The ids of documents."""
    return [str(each["id"]) for each in found]


async def test_an_order_is_read_whole(read_shop: Shop) -> None:
    parcel = a_parcel(an_event("2026-11-18T15:00:00Z", "picked_up"), tracking_url="https://ups.example/1")
    refund = {
        "id": "r1",
        "amount": 2500,
        "status": "succeeded",
        "at": "2026-11-19T10:00:00Z",
        "lines": [{"line": "l1", "quantity": 1}],
    }
    order_id = read_shop.site.put(
        an_order(fulfilment="shipped", lines=[a_line(fulfilled=2)], shipments=[parcel], refunds=[refund])
    )
    raw = await read_shop.platform.order(order_id)
    assert raw is not None
    found, warnings = decode_order(raw)
    assert warnings == []
    assert (found.number, found.fulfilment, found.payment.status) == ("#1042", "shipped", "partially_refunded")
    assert [(each.carrier, each.tracking_number) for each in found.shipments or []] == [("ups", "1ZA1B2C30300000012")]
    assert [(each.amount, each.status) for each in found.refunds or []] == [(2500, "succeeded")]
    assert found.ship_to is not None
    assert found.ship_to.line1 == "12 Farnam St"


@pytest.mark.parametrize("order_id", ["999", "abc", "1/refunds", ""])
async def test_an_id_that_is_not_there_is_none(read_shop: Shop, order_id: str) -> None:
    assert await read_shop.platform.order(order_id) is None


async def test_what_lies_in_the_bin_is_gone(read_shop: Shop) -> None:
    order_id = read_shop.site.put(an_order())
    read_shop.site.touch(order_id, NOW, status="trash")
    assert await read_shop.platform.order(order_id) is None


async def test_without_the_fulfilments_feature_the_order_is_read_and_the_feature_not_asked_again(
    read_shop: Shop,
) -> None:
    read_shop.site.site.has_fulfilments = False
    order_id = read_shop.site.put(an_order())
    assert await read_shop.platform.order(order_id) is not None
    assert await read_shop.platform.order(order_id) is not None
    assert len(read_shop.site.sent("GET", r"/orders/\d+/fulfillments")) == 1
    read_shop.clock.advance(timedelta(hours=2))
    read_shop.site.site.has_fulfilments = True
    await read_shop.platform.order(order_id)
    assert len(read_shop.site.sent("GET", r"/orders/\d+/fulfillments")) == 2


async def test_a_key_that_may_not_see_fulfilments_reads_orders_all_the_same(read_shop: Shop) -> None:
    read_shop.site.site.is_manager = False
    assert await read_shop.platform.order(read_shop.site.put(an_order())) is not None


@pytest.mark.parametrize("priority", ["chat", "webhook", "backfill"])
async def test_a_failure_while_reading_refunds_is_no_order_without_refunds(read_shop: Shop, priority: Priority) -> None:
    order_id = read_shop.site.put(an_order())
    await read_shop.platform.order(order_id, priority)
    read_shop.site.order(order_id)["refunds"] = [{"id": 1, "reason": "", "total": "-5.00"}]
    read_shop.site.order(order_id)["id"] = 4_000_000
    with pytest.raises(StoreUnavailable):
        read_shop.site.faults.html = 9
        await read_shop.platform.order(order_id, priority)


# By number


@pytest.mark.parametrize("asked", ["#1042", "1042", " 1042 ", "Order no. 1042"])
async def test_an_order_is_found_by_its_number(read_shop: Shop, asked: str) -> None:
    order_id = read_shop.site.put(an_order())
    assert ids(await read_shop.platform.orders_named(asked)) == [order_id]
    assert order_id != "1042"


async def test_numbers_of_a_plug_in_are_found_with_their_prefix(read_shop: Shop) -> None:
    read_shop.site.site.prefix = "WC-"
    order_id = read_shop.site.put(an_order())
    assert ids(await read_shop.platform.orders_named("wc-1042")) == [order_id]
    assert await read_shop.platform.orders_named("1042") == []


async def test_foreign_hits_of_the_search_are_dropped(read_shop: Shop) -> None:
    wanted = read_shop.site.put(an_order())
    read_shop.site.put(an_order(id="ord_8", number="#10421"))
    read_shop.site.put(an_order(id="ord_9", number="#77", note="my last order was 1042"))
    assert ids(await read_shop.platform.orders_named("1042")) == [wanted]
    assert await read_shop.platform.orders_named("104") == []


async def test_another_orders_id_is_no_number(read_shop: Shop) -> None:
    order_id = read_shop.site.put(an_order())
    assert await read_shop.platform.orders_named(order_id) == []


async def test_where_the_search_does_not_know_ids_the_number_is_tried_as_one(read_shop: Shop) -> None:
    order_id = read_shop.site.put(an_order(id="5150", number="5150"))
    read_shop.site.order(order_id)["number"] = ""
    assert ids(await read_shop.platform.orders_named("5150")) == ["5150"]


@pytest.mark.parametrize("asked", ["", "#", "   "])
async def test_no_number_finds_nothing_and_asks_nobody(read_shop: Shop, asked: str) -> None:
    assert await read_shop.platform.orders_named(asked) == ()
    assert read_shop.site.calls == []


# By person


async def test_orders_are_found_by_email_in_any_case_newest_first(read_shop: Shop) -> None:
    older = read_shop.site.put(an_order(placed_at="2026-11-01T00:00:00Z", customer=GUEST))
    newer = read_shop.site.put(an_order(id="ord_8", number="#8", customer=GUEST))
    read_shop.site.put(an_order(id="ord_9", number="#9", note="write to dana@example.com instead"))
    assert ids(await read_shop.platform.orders_of(email="dana@EXAMPLE.com")) == [newer, older]


async def test_orders_of_an_accounts_own_address_are_found_when_they_carry_another(read_shop: Shop) -> None:
    order_id = read_shop.site.put(an_order())
    read_shop.site.order(order_id)["billing"]["email"] = "work@example.com"
    assert ids(await read_shop.platform.orders_of(email="ana@example.com")) == [order_id]


@pytest.mark.parametrize("asked", ["+15035550142", "+1 503 555 0142"])
@pytest.mark.parametrize("written", ["(503) 555-0142", "+15035550142", "5035550142", "+1 503-555-0142"])
async def test_orders_are_found_by_phone_however_it_is_written(read_shop: Shop, asked: str, written: str) -> None:
    order_id = read_shop.site.put(an_order(customer={**GUEST, "phones": [written]}))
    assert ids(await read_shop.platform.orders_of(phone=asked)) == [order_id]


async def test_a_number_without_its_country_is_read_in_the_orders_own(read_shop: Shop) -> None:
    order_id = read_shop.site.put(an_order(customer=GUEST))
    assert ids(await read_shop.platform.orders_of(phone="(503) 555-0142")) == [order_id]


async def test_another_persons_number_within_a_note_is_not_theirs(read_shop: Shop) -> None:
    read_shop.site.put(an_order(note="call +15035550142"))
    assert await read_shop.platform.orders_of(phone="+15035550142") == []


async def test_all_that_is_asked_must_match(read_shop: Shop) -> None:
    order_id = read_shop.site.put(an_order(customer={**GUEST, "id": "c9"}))
    account = read_shop.site.customer_id("c9")
    assert ids(await read_shop.platform.orders_of(customer_id=account, email="dana@example.com")) == [order_id]
    assert await read_shop.platform.orders_of(customer_id=account, email="eve@example.com") == []
    assert await read_shop.platform.orders_of(email="dana@example.com", phone="+15035550199") == []
    assert await read_shop.platform.orders_of() == []


async def test_a_guests_orders_are_found_by_the_guests_id(read_shop: Shop) -> None:
    order_id = read_shop.site.put(an_order(customer=GUEST))
    assert ids(await read_shop.platform.orders_of(customer_id="guest:dana@example.com")) == [order_id]
    assert await read_shop.platform.orders_of(customer_id="guest:eve@example.com") == []


async def test_a_failure_of_one_order_is_a_failure_of_all(read_shop: Shop) -> None:
    read_shop.site.put(an_order(customer=GUEST))
    read_shop.site.order(read_shop.site.put(an_order(id="ord_8", number="#8", customer=GUEST)))["total"] = None
    with pytest.raises(StoreUnavailable):
        await read_shop.platform.orders_of(email="dana@example.com")


def test_a_number_is_searched_for_in_each_spelling_once() -> None:
    assert spellings("+15035550142") == ["+15035550142", "(503) 555-0142", "5035550142", "+1 503-555-0142"]
    assert spellings("555 0142") == ["555 0142"]
    assert spellings("") == []


async def test_customers_are_accounts_of_any_role(read_shop: Shop) -> None:
    read_shop.site.put(an_order())
    account = read_shop.site.customer_id("c1")
    (by_email,) = await read_shop.platform.customers_by(email="ANA@example.com")
    found, _ = decode_customer(by_email)
    assert (found.id, found.name, found.emails) == (account, "Ana Souza", ["ana@example.com"])
    assert await read_shop.platform.customer(account) == by_email
    assert await read_shop.platform.customers_by(email="eve@example.com") == []
    assert await read_shop.platform.customers_by() == ()
    assert await read_shop.platform.customer("guest:ana@example.com") is None


# What changed


async def changes(read_shop: Shop, since: datetime) -> list[Change]:
    """Everything that changed since."""
    return [change async for change in read_shop.platform.changed_since(since)]


async def test_a_change_whose_webhook_never_came_is_found(read_shop: Shop) -> None:
    order_id = read_shop.site.put(an_order(updated_at="2026-11-20T17:00:00Z"))
    read_shop.site.put(an_order(id="ord_8", number="#8", updated_at="2026-11-20T12:00:00Z"))
    assert await changes(read_shop, NOW) == []
    read_shop.site.touch(order_id, NOW, status="completed")
    assert await changes(read_shop, NOW) == [Change(order_id, NOW)]


async def test_more_than_a_page_of_one_second_is_found_whole(read_shop: Shop) -> None:
    for number in range(250):
        read_shop.site.put(an_order(id=str(6000 + number), number=str(number), updated_at="2026-11-20T17:00:00Z"))
    for number in range(120):
        read_shop.site.put(an_order(id=str(7000 + number), number=f"9{number}", updated_at="2026-11-20T17:30:00Z"))
    found = await changes(read_shop, NOW - timedelta(hours=2))
    assert len(found) == len({each.id for each in found}) == 370


async def test_a_site_that_cannot_list_by_change_tells_of_new_orders(read_shop: Shop) -> None:
    read_shop.site.site.lists_by_change = False
    read_shop.site.put(an_order(placed_at="2026-11-01T16:00:00Z", updated_at="2026-11-20T17:59:00Z"))
    new = read_shop.site.put(
        an_order(id="ord_8", number="#8", placed_at="2026-11-20T17:50:00Z", updated_at="2026-11-20T17:50:00Z")
    )
    assert [each.id for each in await changes(read_shop, NOW - timedelta(hours=1))] == [new]


async def test_a_failing_comparison_fails(read_shop: Shop) -> None:
    read_shop.site.site.may_read = False
    with pytest.raises(StoreUnavailable):
        await changes(read_shop, NOW)


# Goods

SCARF = {
    "id": 93,
    "name": "Scarf",
    "type": "variable",
    "status": "publish",
    "permalink": "https://shop.example/scarf",
    "description": "<p>Soft <b>merino</b>.</p>",
    "sku": "SCARF",
    "price": "19.99",
    "date_modified_gmt": "2026-11-10T00:00:00",
    "categories": [{"id": 1, "name": "Accessories"}, {"id": 2, "name": "Winter"}],
    "tags": [{"id": 3, "name": "final-sale"}],
    "images": [{"src": "http://shop.example/a.jpg"}, {"src": "https://shop.example/b.jpg"}],
    "attributes": [
        {"name": "Colour", "variation": True, "visible": True, "options": ["Red", "Blue"]},
        {"name": "Material", "variation": False, "visible": True, "options": ["Merino", "Silk"]},
        {"name": "Supplier", "variation": False, "visible": False, "options": ["X"]},
    ],
    "weight": "0.2",
    "dimensions": {"length": "180", "width": "30", "height": ""},
}
RED = {
    "id": 94,
    "name": "Scarf - Red",
    "sku": "SCARF-RED",
    "price": "15.00",
    "regular_price": "19.99",
    "status": "publish",
    "stock_status": "instock",
    "manage_stock": True,
    "stock_quantity": 4,
    "attributes": [{"name": "Colour", "option": "Red"}],
}
BLUE = {
    **RED,
    "id": 95,
    "sku": "SCARF-BLUE",
    "price": "19.99",
    "stock_status": "outofstock",
    "stock_quantity": 0,
    "attributes": [{"name": "Colour", "option": "Blue"}],
}


async def product(read_shop: Shop, product_id: str) -> dict[str, Any]:
    """The product document, checked."""
    found = await read_shop.platform.product(product_id)
    assert found is not None
    decode_product(found)
    return dict(found)


async def test_a_product_comes_with_its_variations_stock_and_prices(read_shop: Shop) -> None:
    read_shop.site.put_product(SCARF, [RED, BLUE])
    found = await product(read_shop, "93")
    assert (found["title"], found["description"], found["category"]) == ("Scarf", "Soft merino .", "Accessories")
    assert found["attributes"] == {"Material": "Merino, Silk", "weight": "0.2"}
    assert (found["tags"], found["collections"]) == (["final-sale"], ["Accessories", "Winter"])
    assert (found["url"], found["image"]) == ("https://shop.example/scarf", "https://shop.example/b.jpg")
    assert found["variants"] == [
        {
            "sku": "SCARF-RED",
            "id": "94",
            "price": 1500,
            "options": {"Colour": "Red"},
            "available": True,
            "stock": 4,
            "was_price": 1999,
        },
        {"sku": "SCARF-BLUE", "id": "95", "price": 1999, "options": {"Colour": "Blue"}, "available": False, "stock": 0},
    ]


@pytest.mark.parametrize(
    ("changes", "variant"),
    [
        ({}, {"available": True, "price": 1500, "stock": 4}),
        ({"stock_status": "onbackorder", "manage_stock": False}, {"available": True, "stock": None}),
        ({"price": ""}, {"available": False, "price": 0}),
        ({"status": "private"}, {"available": False}),
        ({"stock_status": None}, {"available": False}),
        ({"sku": ""}, {"sku": "woo-94"}),
        ({"manage_stock": "parent", "stock_quantity": -2}, {"stock": 0}),
        ({"regular_price": "15.00"}, {"was_price": None}),
    ],
)
async def test_a_simple_product_is_its_own_variant(
    read_shop: Shop, changes: dict[str, Any], variant: dict[str, Any]
) -> None:
    read_shop.site.put_product({**SCARF, **RED, "type": "simple", **changes})
    (found,) = (await product(read_shop, "94"))["variants"]
    assert {name: found.get(name) for name in variant} == variant


async def test_variations_that_share_their_products_sku_go_by_their_ids(read_shop: Shop) -> None:
    read_shop.site.put_product(SCARF, [{**RED, "sku": "SCARF"}, {**BLUE, "sku": "SCARF"}])
    assert [each["sku"] for each in (await product(read_shop, "93"))["variants"]] == ["woo-94", "woo-95"]


@pytest.mark.parametrize(
    ("status", "ours"), [("publish", "active"), ("draft", "draft"), ("private", "draft"), ("trash", "archived")]
)
async def test_only_published_products_are_on_sale(read_shop: Shop, status: str, ours: str) -> None:
    read_shop.site.put_product({**SCARF, "status": status})
    assert (await product(read_shop, "93"))["status"] == ours


async def test_prices_are_in_the_shops_currency(read_shop: Shop) -> None:
    read_shop.site.site.currency = "JPY"
    read_shop.site.put_product({**SCARF, **RED, "type": "simple", "price": "1500", "regular_price": "1500"})
    found = await product(read_shop, "94")
    assert (found["currency"], found["variants"][0]["price"]) == ("JPY", 1500)


async def test_where_the_key_may_not_ask_for_the_currency_an_order_tells_it(read_shop: Shop) -> None:
    read_shop.site.site.is_manager = False
    read_shop.site.put(an_order(currency="EUR"))
    read_shop.site.put_product({**SCARF, **RED, "type": "simple"})
    assert (await product(read_shop, "94"))["currency"] == "EUR"


async def test_without_any_currency_no_price_is_told(read_shop: Shop) -> None:
    read_shop.site.site.is_manager = False
    read_shop.site.put_product({**SCARF, **RED, "type": "simple"})
    with pytest.raises(StoreUnavailable):
        await read_shop.platform.product("94")


async def test_all_products_are_listed_page_by_page_or_those_that_changed(read_shop: Shop) -> None:
    for number in range(130):
        read_shop.site.put_product(
            {**SCARF, **RED, "type": "simple", "id": 1000 + number, "date_modified_gmt": "2026-11-10T00:00:00"}
        )
    read_shop.site.put_product({**SCARF, "date_modified_gmt": "2026-11-20T00:00:00"}, [RED])
    everything = [each async for each in read_shop.platform.products(None)]
    changed = [each async for each in read_shop.platform.products(datetime(2026, 11, 15, tzinfo=UTC))]
    assert len({each["id"] for each in everything}) == 131
    assert ids(changed) == ["93"]


@pytest.mark.parametrize("product_id", ["7", "x", ""])
async def test_a_product_that_is_not_there_is_none(read_shop: Shop, product_id: str) -> None:
    assert await read_shop.platform.product(product_id) is None


@pytest.mark.parametrize(("variant", "bought"), [("94", "94"), (None, "93"), ("", "93")])
def test_a_cart_link_puts_the_variation_into_the_cart(read_shop: Shop, variant: str | None, bought: str) -> None:
    link = read_shop.platform.cart_url("SCARF-RED", variant, "93", 2)
    assert link is not None
    assert link.endswith(f"/?add-to-cart={bought}&quantity=2")


def test_ids_that_are_not_woocommerces_make_no_link(read_shop: Shop) -> None:
    assert read_shop.platform.cart_url("S", "x&y=1", "p1", 1) is None
