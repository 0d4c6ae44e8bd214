"""The embedded store on both engines: what it finds, what a write does and undoes, and that a key works once."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from datetime import timedelta
from pathlib import Path

import pytest

from memory import orders
from memory.engines.base import Database
from server.clock import HandClock
from server.commerce.documents import DocumentRejected
from server.commerce.embedded import EmbeddedStore
from server.commerce.model import (
    Address,
    LineQuantity,
    Money,
    RefundStatus,
    ReturnStatus,
    ShipmentStatus,
)
from server.commerce.store import Store
from server.errors import StoreRefused, StoreUnavailable
from tests.server.commerce.orders import NOW, Raw, a_line, ago, an_event, an_order, shipped
from tests.support.databases import ENGINES, opened, url_of

HOME = Address(name="Ana Souza", line1="1 New St", city="Lincoln", region="NE", zip="68501", country="US")
ONE = (LineQuantity("l1", 1),)
ONE_TO_BLUE = (LineQuantity("l1", 1, "SCARF-BLUE"),)
PRODUCT: Raw = {
    "id": "p1",
    "title": "Wool scarf",
    "description": "Warm, and made to last.",
    "category": "scarves",
    "attributes": {"material": "wool"},
    "variants": [
        {"sku": "SCARF-RED", "options": {"colour": "red"}, "price": 2500, "stock": 4, "available": True},
        {"sku": "SCARF-BLUE", "options": {"colour": "blue"}, "price": 3000, "stock": 1, "available": True},
        {"sku": "SCARF-GREY", "options": {"colour": "grey"}, "price": 3000, "stock": 0, "available": False},
    ],
}
ANA: Raw = {
    "id": "c1",
    "name": "Ana Souza",
    "emails": ["Ana@Example.com", "ana@work.example"],
    "phones": ["(402) 555-0100"],
    "addresses": [{"line1": "12 Farnam St", "city": "Omaha", "region": "NE", "zip": "68102", "country": "US"}],
    "payment_methods": [
        {"id": "pm_1", "kind": "card", "label": "Visa 4242"},
        {"id": "gc_1", "kind": "gift_card", "label": "Gift card", "balance": 6000},
    ],
    "loyalty": "gold",
}
DELIVERED = shipped(an_event(ago(days=3), "delivered"))


@pytest.fixture(params=ENGINES)
async def database(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Database]:
    async with opened(url_of(request, tmp_path)) as database:
        yield database


@pytest.fixture
def clock() -> HandClock:
    return HandClock(NOW)


@pytest.fixture
def store(database: Database, clock: HandClock) -> EmbeddedStore:
    return EmbeddedStore(database, clock, "America/New_York")


@pytest.fixture
async def shop(store: EmbeddedStore) -> EmbeddedStore:
    """The store with one product, Ana, and her open order #1042."""
    await store.put_product(PRODUCT)
    await store.put_customer(ANA)
    await store.put_order(an_order())
    return store


def usd(amount_minor: int) -> Money:
    return Money(amount_minor, "USD")


async def stock(store: EmbeddedStore, sku: str) -> int | None:
    variant = await store.variant(sku)
    assert variant is not None
    return variant.stock


async def balance(store: EmbeddedStore, method: str) -> int | None:
    ana = await store.customer("c1")
    assert ana is not None
    return next((each.balance_minor for each in ana.payment_methods if each.id == method), None)


async def document(store: EmbeddedStore, order_id: str = "ord_7") -> Mapping[str, object]:
    found = await store.document(order_id)
    assert found is not None
    return found


def test_it_is_a_store(store: EmbeddedStore) -> None:
    typed: Store = store
    assert typed.source == "embedded"
    assert "cancel_order" in typed.capabilities


# Reads


@pytest.mark.parametrize("number", ["#1042", "1042", " order 1042 ", "Order no. 1042"])
async def test_a_number_finds_its_order_however_it_is_typed(shop: EmbeddedStore, number: str) -> None:
    found = await shop.order_by_number(number)
    assert found is not None
    assert found.id == "ord_7"


@pytest.mark.parametrize("number", ["", "#", "10422", "ord_7"])
async def test_another_number_finds_nothing(shop: EmbeddedStore, number: str) -> None:
    assert await shop.order_by_number(number) is None


async def test_a_read_is_as_of_now_and_the_feed_as_of_the_document(store: EmbeddedStore, clock: HandClock) -> None:
    await store.put_order(shipped(an_event(ago(hours=5), "in_transit"), feed_as_of=ago(hours=1)))
    for _ in range(2):
        clock.advance(timedelta(minutes=7))
        order = await store.order("ord_7")
        assert order is not None
        assert order.as_of == clock.now()
        assert order.shipments[0].feed_as_of == NOW - timedelta(hours=1)


async def test_a_new_version_is_read_at_once(shop: EmbeddedStore) -> None:
    before = await shop.order("ord_7")
    await shop.put_order(DELIVERED)
    after = await shop.order("ord_7")
    assert before is not None
    assert after is not None
    assert (before.shipments, after.shipments[0].status) == ((), ShipmentStatus.DELIVERED)


async def test_another_process_sees_a_change_although_it_read_before(shop: EmbeddedStore, database: Database) -> None:
    other = EmbeddedStore(database, HandClock(NOW), "America/New_York")
    await other.order("ord_7")
    await shop.change_address("k", "ord_7", HOME, NOW)
    order = await other.order("ord_7")
    assert order is not None
    assert order.ship_to.city == "Lincoln"


@pytest.mark.parametrize("email", ["ana@example.com", " ANA@example.COM", "ａna@example.com", "ana@work.example"])
async def test_orders_are_found_by_an_address_on_them_or_on_their_customer(shop: EmbeddedStore, email: str) -> None:
    assert [order.id for order in await shop.orders_of(email=email)] == ["ord_7"]


@pytest.mark.parametrize("phone", ["+14025550100", "402-555-0100", "whatsapp:+1 402 555 0100"])
async def test_orders_are_found_by_phone_in_any_writing(shop: EmbeddedStore, phone: str) -> None:
    assert [order.id for order in await shop.orders_of(phone=phone)] == ["ord_7"]
    assert [customer.id for customer in await shop.customers_by(phone=phone)] == ["c1"]


async def test_a_national_number_is_read_in_the_country_where_the_order_goes(store: EmbeddedStore) -> None:
    buyer = {"id": "c9", "name": "Jan Meier", "emails": [], "phones": ["0171 2345678"]}
    await store.put_order(an_order(customer=buyer, ship_to={"city": "Bremen", "zip": "28195", "country": "DE"}))
    assert [order.id for order in await store.orders_of(phone="+491712345678")] == ["ord_7"]
    assert [customer.id for customer in await store.customers_by(phone="+491712345678")] == ["c9"]


async def test_orders_match_every_given_argument_and_come_newest_first(shop: EmbeddedStore) -> None:
    await shop.put_order(an_order(id="ord_8", number="#1043", placed_at=ago(hours=1)))
    stranger = {"id": "c2", "name": "Bo", "emails": ["bo@example.com"], "phones": []}
    await shop.put_order(an_order(id="ord_9", number="#1044", customer=stranger))
    both = await shop.orders_of(customer_id="c1", email="ana@example.com", phone="+14025550100")
    assert [order.id for order in both] == ["ord_8", "ord_7"]
    assert await shop.orders_of(customer_id="c2", email="ana@example.com") == ()
    assert await shop.orders_of() == ()
    assert await shop.customers_by() == ()


@pytest.mark.parametrize(("email", "phone"), [("", None), (None, ""), (None, "call me"), ("nobody@example.com", None)])
async def test_an_empty_or_unknown_address_finds_nobody(
    shop: EmbeddedStore, email: str | None, phone: str | None
) -> None:
    await shop.put_order(
        an_order(id="o2", number="#2", customer={"id": "c3", "name": "No", "emails": [""], "phones": ["x"]})
    )
    assert await shop.orders_of(email=email, phone=phone) == ()
    assert await shop.customers_by(email=email, phone=phone) == ()


async def test_what_is_not_there_is_none(shop: EmbeddedStore) -> None:
    assert await shop.order("ord_0") is None
    assert await shop.customer("c0") is None
    assert await shop.product("p0") is None
    assert await shop.variant("NONE") is None


@pytest.mark.parametrize("text", ["do you have scarves", "a WOOL Scarf", "blue ones", "scarf-blue"])
async def test_products_are_found_by_their_words(shop: EmbeddedStore, text: str) -> None:
    assert [product.id for product in await shop.search_products(text, 5)] == ["p1"]


async def test_a_word_of_the_title_counts_before_all_others(shop: EmbeddedStore) -> None:
    mug = {"id": "a0", "title": "Mug", "description": "Goes well with a scarf of wool.", "variants": []}
    await shop.put_product(mug)
    assert [product.id for product in await shop.search_products("wool scarf", 5)] == ["p1", "a0"]
    assert [product.id for product in await shop.search_products("wool scarf", 1)] == ["p1"]
    assert await shop.search_products("%", 5) == ()


async def test_an_unreachable_database_is_told_as_such(shop: EmbeddedStore, database: Database) -> None:
    await database.close()
    with pytest.raises(StoreUnavailable):
        await shop.put_order(an_order(note="later"))


# Putting documents in


async def test_an_order_makes_its_customer_known(store: EmbeddedStore) -> None:
    buyer = {"id": "c1", "name": "Ana Souza", "emails": ["ana@example.com"], "phones": []}
    await store.put_order(an_order(customer=buyer))
    await store.put_order(an_order(id="o2", number="#2", customer={**buyer, "emails": ["ana@work.example"]}))
    ana = await store.customer("c1")
    assert ana is not None
    assert (ana.name, ana.emails) == ("Ana Souza", ("ana@example.com", "ana@work.example"))


async def test_an_order_never_changes_a_record_that_the_shop_gave(shop: EmbeddedStore) -> None:
    buyer = {"id": "c1", "name": "Mallory", "emails": ["mallory@example.com"], "phones": []}
    await shop.put_order(an_order(id="o2", number="#2", customer=buyer))
    ana = await shop.customer("c1")
    assert ana is not None
    assert ana.name == "Ana Souza"
    assert "mallory@example.com" not in ana.emails


async def test_the_same_order_again_changes_nothing(shop: EmbeddedStore, database: Database) -> None:
    told: list[str] = []
    shop.on_change = told.append
    await shop.put_order(an_order())
    stored = await database.read(lambda tx: orders.get(tx, "ord_7"))
    assert stored is not None
    assert (stored.version, told) == (1, [])
    await shop.put_order(an_order(note="by the door"))
    assert told == ["ord_7"]


async def test_a_number_belongs_to_one_order(shop: EmbeddedStore) -> None:
    with pytest.raises(StoreRefused, match='number "1042" belongs to the order with id "ord_7"'):
        await shop.put_order(an_order(id="ord_8", number="1042"))
    assert await shop.order("ord_8") is None


async def test_a_malformed_order_is_rejected(store: EmbeddedStore) -> None:
    with pytest.raises(DocumentRejected, match="lines is missing"):
        await store.put_order({key: value for key, value in an_order().items() if key != "lines"})


async def test_unknown_fields_come_back_as_they_went_in(shop: EmbeddedStore) -> None:
    await shop.put_order(an_order(gift={"wrap": [1, {"deep": None}]}))
    await shop.change_address("k", "ord_7", HOME, NOW)
    assert (await document(shop))["gift"] == {"wrap": [1, {"deep": None}]}


async def test_an_edit_meets_no_other_write(shop: EmbeddedStore) -> None:
    def count(raw: dict[str, object]) -> Raw:
        seen = raw.get("seen", 0)
        assert isinstance(seen, int)
        return {**raw, "seen": seen + 1}

    assert all(await asyncio.gather(*(shop.edit_order("ord_7", count) for _ in range(10))))
    assert (await document(shop))["seen"] == 10
    assert not await shop.edit_order("ord_0", count)


# Writes


async def test_a_return_is_opened_in_the_order(shop: EmbeddedStore) -> None:
    await shop.put_order(DELIVERED)
    result = await shop.start_return("k", "ord_7", ONE, "size_small", "refund", "original", NOW)
    order = await shop.order("ord_7")
    assert order is not None
    assert [(each.id, each.status) for each in order.returns] == [(result.rma, ReturnStatus.APPROVED)]
    assert await stock(shop, "SCARF-RED") == 4


async def test_an_exchange_reserves_the_new_item_and_charges_what_it_costs_more(shop: EmbeddedStore) -> None:
    await shop.put_order(DELIVERED)
    result = await shop.start_exchange("k", "ord_7", ONE_TO_BLUE, "colour", "gc_1", NOW)
    assert result.difference == usd(500)
    assert await stock(shop, "SCARF-BLUE") == 0
    assert await balance(shop, "gc_1") == 5500
    blue = await shop.variant("SCARF-BLUE")
    assert blue is not None
    assert not blue.available


@pytest.mark.parametrize(
    ("lines", "method", "why"),
    [
        ((LineQuantity("l1", 1, "SCARF-GREY"),), "gc_1", "not on sale"),
        ((LineQuantity("l1", 1, "NONE"),), "gc_1", "does not name a known item"),
        ((LineQuantity("l1", 2, "SCARF-BLUE"),), "gc_1", "only 1 of SCARF-BLUE"),
        (ONE_TO_BLUE, "pm_other", "no payment method pm_other on file"),
    ],
)
async def test_a_refused_exchange_leaves_everything_as_it_was(
    shop: EmbeddedStore, lines: tuple[LineQuantity, ...], method: str, why: str
) -> None:
    await shop.put_order(DELIVERED)
    before = await document(shop)
    with pytest.raises(StoreRefused, match=why):
        await shop.start_exchange("k", "ord_7", lines, "colour", method, NOW)
    assert await document(shop) == before
    assert (await stock(shop, "SCARF-BLUE"), await balance(shop, "gc_1")) == (1, 6000)


async def test_a_cancellation_sends_back_the_money_and_the_goods(shop: EmbeddedStore) -> None:
    result = await shop.cancel_order("k", "ord_7", "no longer needed", None, NOW)
    order = await shop.order("ord_7")
    assert order is not None
    assert order.cancelled_at == NOW == result.cancelled_at
    assert result.refund is not None
    assert (result.refund.amount, result.refund.status) == (usd(5500), RefundStatus.PENDING)
    assert await stock(shop, "SCARF-RED") == 6


async def test_money_to_a_gift_card_is_there_at_once(shop: EmbeddedStore) -> None:
    result = await shop.refund("k", "ord_7", usd(700), ONE, "goodwill", "gc_1", NOW)
    order = await shop.order("ord_7")
    assert order is not None
    assert (result.status, order.totals.refunded) == (RefundStatus.SUCCEEDED, usd(700))
    assert await balance(shop, "gc_1") == 6700


async def test_money_to_a_card_waits_for_the_bank(shop: EmbeddedStore) -> None:
    result = await shop.refund("k", "ord_7", usd(700), (), "goodwill", "original", NOW)
    order = await shop.order("ord_7")
    assert order is not None
    assert (result.status, order.totals.refunded) == (RefundStatus.PENDING, usd(0))
    with pytest.raises(StoreRefused):
        await shop.refund("k2", "ord_7", usd(4801), (), "goodwill", "original", NOW)


async def test_an_order_paid_by_gift_card_is_refunded_there(shop: EmbeddedStore) -> None:
    paid = {"status": "paid", "methods": [{"id": "gc_1", "kind": "gift_card", "label": "Gift card"}]}
    await shop.put_order(an_order(payment=paid))
    result = await shop.cancel_order("k", "ord_7", "no longer needed", "original", NOW)
    assert result.refund is not None
    assert result.refund.status is RefundStatus.SUCCEEDED
    assert await balance(shop, "gc_1") == 11_500


async def test_a_refund_as_store_credit_opens_the_credit(shop: EmbeddedStore) -> None:
    result = await shop.refund("k", "ord_7", usd(700), (), "goodwill", "store_credit", NOW)
    assert (result.status, await balance(shop, "store_credit")) == (RefundStatus.SUCCEEDED, 700)


async def test_an_address_changes_for_one_order_or_for_the_customer(shop: EmbeddedStore) -> None:
    await shop.change_address("k1", "ord_7", HOME, NOW)
    order, ana = await shop.order("ord_7"), await shop.customer("c1")
    assert order is not None
    assert ana is not None
    assert (order.ship_to, ana.addresses[0].city) == (HOME, "Omaha")
    await shop.change_customer_address("k2", "c1", HOME, NOW)
    ana = await shop.customer("c1")
    assert ana is not None
    assert ana.addresses[0] == HOME
    assert [customer.id for customer in await shop.customers_by(phone="+14025550100")] == ["c1"]


async def test_items_are_swapped_on_the_shelf_and_the_difference_is_paid(shop: EmbeddedStore) -> None:
    result = await shop.change_items("k", "ord_7", ONE_TO_BLUE, "gc_1", NOW)
    order = await shop.order("ord_7")
    assert order is not None
    assert (result.difference, result.total, order.totals.total) == (usd(500), usd(6000), usd(6000))
    assert {line.sku: line.quantities.ordered for line in order.lines} == {"SCARF-RED": 1, "SCARF-BLUE": 1}
    assert (await stock(shop, "SCARF-RED"), await stock(shop, "SCARF-BLUE")) == (5, 0)
    assert await balance(shop, "gc_1") == 5500


async def test_dropping_a_piece_gives_its_price_back(shop: EmbeddedStore) -> None:
    result = await shop.change_items("k", "ord_7", ONE, "gc_1", NOW)
    assert result.difference == usd(-2500)
    assert await balance(shop, "gc_1") == 8500


async def test_another_method_pays_and_the_previous_one_is_paid_back(shop: EmbeddedStore) -> None:
    result = await shop.change_payment("k1", "ord_7", "gc_1", NOW)
    assert (result.method, result.previous, await balance(shop, "gc_1")) == ("gc_1", "pm_1", 500)
    await shop.change_payment("k2", "ord_7", "pm_1", NOW)
    assert await balance(shop, "gc_1") == 6000


async def test_a_balance_that_does_not_cover_the_order_is_refused(shop: EmbeddedStore) -> None:
    await shop.put_order(an_order(totals={"total": 6001}))
    with pytest.raises(StoreRefused, match="does not cover"):
        await shop.change_payment("k", "ord_7", "gc_1", NOW)


async def test_credit_adds_up(shop: EmbeddedStore) -> None:
    await shop.store_credit("k1", "c1", usd(500), "late", "ord_7", NOW)
    result = await shop.store_credit("k2", "c1", usd(250), "late", None, NOW)
    assert (result.balance, await balance(shop, "store_credit")) == (usd(750), 750)


async def test_a_reshipment_is_a_new_order_without_charge(shop: EmbeddedStore) -> None:
    await shop.put_order(DELIVERED)
    told: list[str] = []
    shop.on_change = told.append
    result = await shop.reship("k", "ord_7", ONE, "lost", HOME, NOW)
    again = await shop.order(result.replacement_id)
    assert again is not None
    assert (again.totals.total, again.ship_to, again.customer.id) == (usd(0), HOME, "c1")
    assert await stock(shop, "SCARF-RED") == 3
    assert told == ["ord_7", result.replacement_id]


async def test_a_claim_is_kept_with_the_order(shop: EmbeddedStore) -> None:
    result = await shop.open_claim("k", "ord_7", None, "not_received", "it never came", NOW)
    claims = (await document(shop))["claims"]
    assert isinstance(claims, list)
    assert [(each["id"], each["kind"]) for each in claims] == [(result.claim_id, "not_received")]


async def test_the_same_key_gives_the_same_result_without_a_second_effect(
    shop: EmbeddedStore, clock: HandClock
) -> None:
    first = await shop.refund("k", "ord_7", usd(700), ONE, "goodwill", "gc_1", NOW)
    clock.advance(timedelta(hours=1))
    assert await shop.refund("k", "ord_7", usd(700), ONE, "goodwill", "gc_1", clock.now()) == first
    assert await balance(shop, "gc_1") == 6700


async def test_every_result_comes_back_as_the_same_value(shop: EmbeddedStore) -> None:
    delivered = {name: DELIVERED[name] for name in ("fulfilment", "lines", "shipments")}
    await shop.put_order(an_order(id="ord_8", number="#1043", **delivered))

    async def everything() -> list[object]:
        return [
            await shop.change_items("k1", "ord_7", ONE_TO_BLUE, "gc_1", NOW),
            await shop.change_address("k2", "ord_7", HOME, NOW),
            await shop.cancel_order("k3", "ord_7", "no longer needed", None, NOW),
            await shop.start_return("k4", "ord_8", ONE, "size_small", "refund", None, NOW),
            await shop.start_exchange("k5", "ord_8", ONE_TO_BLUE, "colour", None, NOW),
            await shop.reship("k6", "ord_8", ONE, "lost", None, NOW),
            await shop.open_claim("k7", "ord_8", "s1", "damaged", "torn", NOW),
            await shop.store_credit("k8", "c1", usd(1), "sorry", None, NOW),
            await shop.change_customer_address("k9", "c1", HOME, NOW),
            await shop.change_payment("k10", "ord_8", "gc_1", NOW),
        ]

    assert await everything() == await everything()


async def test_one_key_pressed_twice_at_once_acts_once(shop: EmbeddedStore) -> None:
    results = await asyncio.gather(
        *(shop.refund("k", "ord_7", usd(700), ONE, "goodwill", "gc_1", NOW) for _ in range(8)),
        *(shop.store_credit("k2", "c1", usd(100), "late", None, NOW) for _ in range(8)),
    )
    assert len(set(results)) == 2
    assert (await balance(shop, "gc_1"), await balance(shop, "store_credit")) == (6700, 100)


async def test_writes_with_different_keys_do_not_lose_each_other(shop: EmbeddedStore) -> None:
    await asyncio.gather(
        *(shop.refund(f"k{n}", "ord_7", usd(100), (), "goodwill", "gc_1", NOW) for n in range(8)),
        *(shop.store_credit(f"c{n}", "c1", usd(100), "late", None, NOW) for n in range(8)),
    )
    order = await shop.order("ord_7")
    assert order is not None
    assert (len(order.refunds), order.totals.refunded) == (8, usd(800))
    assert (await balance(shop, "gc_1"), await balance(shop, "store_credit")) == (6800, 800)


async def test_the_last_piece_is_sold_once(shop: EmbeddedStore) -> None:
    for n in range(4):
        buyer = {"id": f"b{n}", "name": "Somebody", "emails": [], "phones": []}
        await shop.put_order(an_order(id=f"o{n}", number=f"#2{n}", customer=buyer))
    results = await asyncio.gather(
        *(shop.change_items(f"k{n}", f"o{n}", ONE_TO_BLUE, None, NOW) for n in range(4)), return_exceptions=True
    )
    assert sum(isinstance(each, StoreRefused) for each in results) == 3
    assert await stock(shop, "SCARF-BLUE") == 0


async def test_a_key_of_another_write_is_refused(shop: EmbeddedStore) -> None:
    await shop.refund("k", "ord_7", usd(700), ONE, "goodwill", "gc_1", NOW)
    with pytest.raises(StoreRefused, match="belongs to another write"):
        await shop.cancel_order("k", "ord_7", "no longer needed", None, NOW)
    await shop.put_order(an_order(id="ord_8", number="#1043"))
    with pytest.raises(StoreRefused, match="belongs to another write"):
        await shop.refund("k", "ord_8", usd(700), ONE, "goodwill", "gc_1", NOW)
    assert await balance(shop, "gc_1") == 6700


async def test_nothing_is_charged_for_an_order_that_is_not_paid(shop: EmbeddedStore) -> None:
    await shop.put_order(an_order(payment={"status": "pending", "methods": [{"id": "pm_1", "kind": "card"}]}))
    await shop.change_items("k1", "ord_7", ONE_TO_BLUE, "gc_1", NOW)
    await shop.change_payment("k2", "ord_7", "gc_1", NOW)
    assert await balance(shop, "gc_1") == 6000


async def test_what_is_not_there_is_refused(shop: EmbeddedStore) -> None:
    with pytest.raises(StoreRefused, match="there is no order ord_0"):
        await shop.refund("k", "ord_0", usd(1), (), "goodwill", None, NOW)
    with pytest.raises(StoreRefused, match="there is no customer c0"):
        await shop.store_credit("k", "c0", usd(1), "late", None, NOW)


async def test_only_committed_changes_are_told(shop: EmbeddedStore) -> None:
    told: list[str] = []
    shop.on_change = told.append
    with pytest.raises(StoreRefused):
        await shop.refund("k", "ord_7", usd(99_999), (), "goodwill", None, NOW)
    assert told == []
    await shop.change_address("k", "ord_7", HOME, NOW)
    await shop.change_address("k", "ord_7", HOME, NOW)
    assert told == ["ord_7"]


async def test_lines_without_a_product_in_the_store_change_too(store: EmbeddedStore) -> None:
    await store.put_order(an_order(lines=[a_line(sku="UNLISTED")]))
    result = await store.cancel_order("k", "ord_7", "no longer needed", None, NOW)
    assert result.refund is not None
