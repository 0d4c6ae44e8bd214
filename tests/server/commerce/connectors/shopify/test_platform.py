"""Orders, customers and goods of a shop on Shopify, read through a real server."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from server.commerce.connectors.platform import Raw
from server.commerce.documents import decode_order
from server.commerce.model import OrderSnapshot
from server.commerce.parse import snapshot
from server.errors import StoreUnavailable
from tests.server.commerce.connectors.shopify.conftest import Scene, either
from tests.server.commerce.connectors.shopify.goods import a_product, a_variant
from tests.server.commerce.orders import NOW, a_line, a_parcel, ago, an_event, an_order, shipped
from tests.support import shopify_rendering as rendering

FOREIGN = an_order(
    id="ord_8",
    number="#10421",
    customer={"id": "c2", "name": "Bo Li", "emails": ["xana@example.com"], "phones": ["+15550999"], "zip": "1"},
)


def read(raw: Raw | None) -> OrderSnapshot:
    """The snapshot of what the platform gave."""
    assert raw is not None
    return snapshot(decode_order(raw)[0], as_of=NOW, source="shopify")


def ids(found: Any) -> list[object]:
    """The ids of documents."""
    return [each["id"] for each in found]


async def test_an_order_comes_whole(scene: Scene) -> None:
    scene.shopify.put(shipped(an_event(ago(hours=3), "in_transit")))
    order = read(await scene.platform.order("ord_7"))
    assert (order.number, order.customer.emails) == ("#1042", ("ana@example.com",))
    assert order.shipments[0].status == "in_transit"
    assert sorted(call.key for call in scene.shopify.calls) == ["order_more", "order_state"]


@either
async def test_there_is_no_such_order(scene: Scene) -> None:
    for order_id in ("nobody", "", "a/b", "1 OR 2", "x" * 65):
        assert await scene.platform.order(order_id) is None


async def test_an_order_that_cannot_be_read_is_unavailable(scene: Scene) -> None:
    scene.shopify.put(an_order())
    scene.shopify.shop.of("ord_7")["totalPriceSet"]["presentmentMoney"]["amount"] = "NaN"
    with pytest.raises(StoreUnavailable, match="ord_7"):
        await scene.platform.order("ord_7")


async def test_returns_and_refunds_come_in_detail(scene: Scene) -> None:
    refund = {
        "id": "f1",
        "at": ago(hours=2),
        "amount": 2500,
        "status": "succeeded",
        "lines": [{"line": "l1", "quantity": 1}],
    }
    back = {"id": "r1", "status": "inspected", "lines": [{"line": "l1", "quantity": 1}]}
    scene.shopify.put(an_order(lines=[a_line(fulfilled=2)], returns=[back], refunds=[refund]))
    order = read(await scene.platform.order("ord_7"))
    assert order.returns[0].status == "inspected"
    assert order.lines[0].quantities.refunded == 1


@either
async def test_without_the_scope_for_returns_the_rest_is_read(scene: Scene) -> None:
    scene.shopify.shop.scopes -= {"read_returns"}
    scene.shopify.put(an_order(returns=[{"id": "r1", "status": "approved", "lines": []}]))
    first, second = await scene.platform.order("ord_7"), await scene.platform.order("ord_7")
    assert read(first).returns == read(second).returns == ()
    assert len(scene.shopify.asked("order_state")) == 0
    assert len(scene.shopify.asked("order_track")) == 2


async def test_an_order_that_changes_between_two_reads_is_read_again(scene: Scene) -> None:
    scene.shopify.put(an_order())

    def change() -> None:
        order = scene.shopify.shop.of("ord_7")
        order["email"], order["updatedAt"] = "new@example.com", "2026-11-20T17:59:00Z"
        order["displayFinancialStatus"] = "REFUNDED"

    scene.shopify.before["order_more"] = change
    order = read(await scene.platform.order("ord_7"))
    assert (order.payment.status, order.customer.emails[0]) == ("refunded", "new@example.com")


async def test_a_big_order_is_paged(scene: Scene) -> None:
    lines = [a_line(id=f"l{at}", sku=f"S{at}", fulfilled=2) for at in range(130)]
    parcels = [
        a_parcel(
            *(an_event(ago(hours=hour), "in_transit", city=f"City {hour}") for hour in range(60, 0, -1)),
            id=f"f{at}",
            tracking_number=f"T{at}",
            lines=[{"line": f"l{line}", "quantity": 1} for line in range(at * 12, at * 12 + 12)],
        )
        for at in range(8)
    ]
    work = [{"id": f"w{at}", "status": "closed"} for at in range(12)]
    returns = [{"id": f"r{at}", "status": "approved", "lines": [{"line": "l1", "quantity": 1}]} for at in range(7)]
    refunds = [{"id": f"m{at}", "amount": 100, "status": "succeeded", "lines": []} for at in range(9)]
    scene.shopify.put(
        an_order(
            lines=lines,
            shipments=parcels,
            fulfilment_orders=work,
            returns=returns,
            refunds=refunds,
            fulfilment="shipped",
        )
    )
    order = read(await scene.platform.order("ord_7"))
    assert [line.id for line in order.lines] == [line["id"] for line in lines]
    assert order.lines[129].product_id == "p1"
    assert [(len(each.events), len(each.lines)) for each in order.shipments] == [(60, 12)] * 8
    assert (len(order.fulfilment_orders), len(order.returns), len(order.refunds)) == (12, 7, 9)


async def test_more_numbers_than_one_page_holds_are_all_parcels(scene: Scene) -> None:
    parcels = [a_parcel(id=f"f{at}", group_id="f0", tracking_number=f"T{at}", lines=[]) for at in range(5)]
    scene.shopify.put(an_order(shipments=parcels, fulfilment="shipped"))
    order = read(await scene.platform.order("ord_7"))
    assert [each.tracking_number for each in order.shipments] == [f"T{at}" for at in range(5)]


# Finding orders


@either
async def test_an_order_is_found_by_exactly_its_number(scene: Scene) -> None:
    scene.shopify.put(an_order())
    scene.shopify.put(FOREIGN)
    for number in ("#1042", "1042", " #1042 ", "Order no. 1042", "order 1042"):
        assert ids(await scene.platform.orders_named(number)) == ["ord_7"], number


ATTACKS = (
    "#1 OR email:*",
    '1042" OR name:"10421',
    "1042\\",
    '"',
    "*",
    "10*",
    "1042\nOR 10421",
    "email:ana@example.com",
    "name:1042 AND x",
    "",
    "   ",
    "'; DROP",
    "(1042)",
    "-1042",
    "a" * 300,
)


@either
async def test_a_number_that_is_an_attack_finds_nobody_elses_order(scene: Scene) -> None:
    scene.shopify.put(an_order())
    scene.shopify.put(FOREIGN)
    for number in ATTACKS:
        assert ids(await scene.platform.orders_named(number)) == [], number


@either
async def test_orders_are_found_by_exactly_the_address(scene: Scene) -> None:
    scene.shopify.put(an_order())
    scene.shopify.put(FOREIGN)
    for email in ("ana@example.com", "ANA@Example.com", " ana@example.com "):
        assert ids(await scene.platform.orders_of(email=email)) == ["ord_7"], email


@either
async def test_an_address_that_is_an_attack_finds_nobody(scene: Scene) -> None:
    scene.shopify.put(an_order())
    scene.shopify.put(FOREIGN)
    for email in (*ATTACKS, "*@example.com", 'ana@example.com" OR email:"', "example.com", "a\\@example.com", "@"):
        assert ids(await scene.platform.orders_of(email=email)) == [], email
        assert await scene.platform.customers_by(email=email) == [], email


@either
async def test_hidden_contacts_match_nobody(scene: Scene) -> None:
    scene.shopify.put(an_order())
    scene.shopify.shop.hides_contacts = True
    assert ids(await scene.platform.orders_of(email="ana@example.com")) == []
    assert ids(await scene.platform.orders_of(customer_id="c1")) == []
    assert await scene.platform.customers_by(email="ana@example.com") == []
    assert read(await scene.platform.order("ord_7")).customer.emails == ()


async def test_all_that_is_asked_for_must_fit(scene: Scene) -> None:
    phone = {"id": "c1", "name": "Ana Souza", "emails": ["ana@example.com"], "phones": ["+15550100"], "zip": "68102"}
    scene.shopify.put(an_order(customer=phone))
    scene.shopify.put(FOREIGN)
    assert ids(await scene.platform.orders_of(phone="+15550100")) == ["ord_7"]
    assert ids(await scene.platform.orders_of(customer_id="c1", email="ana@example.com", phone="+1 555-0100")) == []
    assert ids(await scene.platform.orders_of(customer_id="c1", email="ana@example.com", phone="+15550100")) == [
        "ord_7"
    ]
    assert ids(await scene.platform.orders_of(customer_id="c1", email="xana@example.com")) == []
    assert ids(await scene.platform.orders_of()) == []


@either
async def test_the_newest_order_of_a_person_comes_first(scene: Scene) -> None:
    for at in range(3):
        scene.shopify.put(an_order(id=f"o{at}", number=f"#{at}", placed_at=ago(days=3 - at)))
    assert ids(await scene.platform.orders_of(email="ana@example.com")) == ["o2", "o1", "o0"]


@either
async def test_an_order_older_than_sixty_days_needs_its_own_scope(scene: Scene) -> None:
    scene.shopify.put(an_order(placed_at=ago(days=61)))
    assert await scene.platform.order("ord_7") is not None
    scene.shopify.shop.scopes -= {"read_all_orders"}
    assert await scene.platform.order("ord_7") is None
    assert ids(await scene.platform.orders_named("1042")) == []


async def test_a_comparison_also_learns_what_the_app_may_do(scene: Scene) -> None:
    scene.shopify.shop.scopes -= {"write_returns"}
    assert "start_return" in scene.platform.capabilities
    assert [each async for each in scene.platform.changed_since(NOW)] == []
    assert "start_return" not in scene.platform.capabilities
    assert "refund" in scene.platform.capabilities


@either
async def test_what_changed_since_comes_page_by_page(scene: Scene) -> None:
    for at in range(230):
        scene.shopify.put(an_order(id=f"o{at}", number=f"#{at}", updated_at=ago(minutes=at)))
    found = [each async for each in scene.platform.changed_since(NOW - timedelta(minutes=209, seconds=30))]
    assert len(found) == 210
    assert {each.id for each in found} == {f"o{at}" for at in range(210)}
    assert all(each.at is not None and each.at.tzinfo is UTC for each in found)
    assert len(scene.shopify.asked("delta")) == 3


# Customers


@either
async def test_a_customer_is_found_by_address_phone_and_id(scene: Scene) -> None:
    buyer = {"id": "c1", "name": "Ana Souza", "emails": ["ana@example.com"], "phones": ["+15550100"], "zip": "68102"}
    scene.shopify.put(an_order(customer=buyer))
    customer = await scene.platform.customer("c1")
    assert customer is not None
    assert customer["name"] == "Ana Souza"
    assert await scene.platform.customers_by(email="ANA@example.com") == [customer]
    assert await scene.platform.customers_by(phone="+15550100") == [customer]
    assert await scene.platform.customers_by(email="ana@example.com", phone="+15550101") == []
    assert await scene.platform.customers_by() == []
    assert await scene.platform.customer("c9") is None
    assert await scene.platform.customer("c9/x") is None


# Goods


def put_products(scene: Scene, *products: dict[str, Any]) -> None:
    """Products of the shop."""
    for each in products:
        scene.shopify.shop.products[each["id"]] = each


async def test_every_product_comes_with_every_variant(scene: Scene) -> None:
    variants = [a_variant(id=f"gid://shopify/ProductVariant/{at}", sku=f"S{at}") for at in range(130)]
    many = [a_product(id=f"gid://shopify/Product/p{at}") for at in range(6)]
    put_products(scene, a_product(id="gid://shopify/Product/big", variants=variants), *many)
    found = {str(each["id"]): each async for each in scene.platform.products(None)}
    assert set(found) == {"big", *(f"p{at}" for at in range(6))}
    big: Any = found["big"]["variants"]
    assert [each["sku"] for each in big] == [f"S{at}" for at in range(130)]


async def test_only_what_changed_comes_when_asked_since(scene: Scene) -> None:
    put_products(scene, a_product(), a_product(id="gid://shopify/Product/old", updatedAt="2026-10-01T00:00:00Z"))
    found = [each async for each in scene.platform.products(datetime(2026, 11, 1, tzinfo=UTC))]
    assert ids(found) == ["p1"]


async def test_a_product_has_live_prices_in_the_shops_currency(scene: Scene) -> None:
    scene.shopify.shop.currency = "JPY"
    put_products(scene, a_product(variants=[a_variant(price="2500")]))
    product: Any = await scene.platform.product("p1")
    assert (product["currency"], product["variants"][0]["price"]) == ("JPY", 2500)
    assert await scene.platform.product("p9") is None
    assert await scene.platform.product("p/9") is None


async def test_a_link_fills_the_cart(scene: Scene) -> None:
    link = "https://demo.myshopify.com/cart/501:"
    for variant, quantity, expected in (
        ("501", 2, link + "2"),
        ("gid://shopify/ProductVariant/501", 1, link + "1"),
        (None, 1, None),
        ("501", 0, None),
        ("501:1,502", 1, None),
        ("../x", 1, None),
        ("٥", 1, None),
    ):
        assert scene.platform.cart_url("SCARF-RED", variant, "p1", quantity) == expected


@either
async def test_everything_we_put_can_be_shown(scene: Scene) -> None:
    assert rendering.order(an_order())["name"] == "#1042"
    scene.shopify.put(an_order(fulfilment="levitating", payment={"status": None}))
    order = read(await scene.platform.order("ord_7"))
    assert (order.fulfilment, order.payment.status) == ("unknown", "unknown")
