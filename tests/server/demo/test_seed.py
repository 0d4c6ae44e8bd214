"""The seeded shop: enough of everything, in the import format, believable at whatever moment the demo is started."""

from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import phonenumbers
import pytest
import tracking_numbers

from server.commerce import documents
from server.commerce.derive import DeriveConfig, headline
from server.commerce.model import ShipmentStatus
from server.commerce.parse import snapshot
from server.commerce.wismo import WismoConfig, decide
from server.demo.documents import Document, read
from server.demo.seed import Seed, seed
from server.demo.stories import STORIES, STORY_BY_KEY, UNREADABLE

FRIDAY_EVENING = datetime(2026, 11, 20, 23, 5, tzinfo=UTC)
STARTS = (
    FRIDAY_EVENING,
    datetime(2026, 11, 21, 12, 31, tzinfo=UTC),  # Saturday
    datetime(2026, 11, 22, 4, 59, tzinfo=UTC),  # Sunday in Greenwich, still Saturday in New York
    datetime(2026, 11, 23, 5, 2, tzinfo=UTC),  # Monday, two minutes after midnight in New York
    datetime(2026, 11, 23, 16, 0, tzinfo=UTC),  # between the two parcels of an order
    datetime(2026, 12, 30, 15, 0, tzinfo=UTC),
    datetime(2027, 3, 15, 6, 30, tzinfo=UTC),  # the night after summer time began
    datetime(2027, 7, 7, 19, 45, tzinfo=UTC),
    datetime(2028, 2, 29, 11, 11, tzinfo=UTC),
)


@pytest.fixture(scope="module")
def shop() -> Seed:
    return seed(FRIDAY_EVENING)


def orders_of(made: Seed) -> dict[str, Document]:
    return {order["id"]: order for order in made.orders}


def row_of(order: Document, now: datetime, not_received: bool = False) -> int:
    read_order = snapshot(documents.decode_order(order)[0], as_of=now, source="demo", shop_tz="America/New_York")
    cfg = WismoConfig(derive=DeriveConfig(shop_tz="America/New_York", origin_country="US"))
    return decide(read_order, now, not_received=not_received, cfg=cfg).row


def test_there_is_enough_of_everything(shop: Seed) -> None:
    assert len(shop.products) >= 40
    assert len(shop.customers) >= 200
    assert len(shop.orders) >= 400
    assert len(shop.promotions) >= 4


def test_equal_moment_and_seed_give_equal_documents() -> None:
    assert seed(FRIDAY_EVENING, 3) == seed(FRIDAY_EVENING, 3)


def test_another_seed_gives_another_crowd() -> None:
    assert seed(FRIDAY_EVENING, 3).orders != seed(FRIDAY_EVENING, 4).orders


def test_every_document_is_accepted_without_a_warning(shop: Seed) -> None:
    warnings = [warning for order in shop.orders for warning in documents.decode_order(order)[1]]
    warnings += [warning for product in shop.products for warning in documents.decode_product(product)[1]]
    warnings += [warning for customer in shop.customers for warning in documents.decode_customer(customer)[1]]
    warnings += [warning for promotion in shop.promotions for warning in documents.decode_promotion(promotion)[1]]
    assert warnings == []


@pytest.mark.parametrize(
    "ids",
    [
        lambda made: [order["id"] for order in made.orders],
        lambda made: [order["number"] for order in made.orders],
        lambda made: [customer["id"] for customer in made.customers],
        lambda made: [email for customer in made.customers for email in customer["emails"]],
        lambda made: [phone for customer in made.customers for phone in customer["phones"]],
        lambda made: [variant["sku"] for product in made.products for variant in product["variants"]],
        lambda made: [parcel["tracking_number"] for order in made.orders for parcel in order["shipments"]],
    ],
    ids=["order", "number", "customer", "email", "phone", "sku", "tracking number"],
)
def test_nothing_has_the_same_name_twice(shop: Seed, ids: Callable[[Seed], list[str]]) -> None:
    assert [name for name, count in Counter(ids(shop)).items() if count > 1] == []


def test_carriers_own_checks_accept_every_tracking_number(shop: Seed) -> None:
    for order in shop.orders:
        for parcel in order["shipments"]:
            found = tracking_numbers.get_tracking_number(parcel["tracking_number"])
            assert found is not None, parcel
            assert found.courier.code == parcel["carrier"]


def test_telephone_numbers_have_a_valid_form_and_mail_goes_nowhere(shop: Seed) -> None:
    for customer in shop.customers:
        assert all(phonenumbers.is_valid_number(phonenumbers.parse(phone)) for phone in customer["phones"])
        assert all(
            email.rpartition("@")[2] in ("example.com", "example.net", "example.org") for email in customer["emails"]
        )


def test_every_order_names_goods_and_people_of_the_shop(shop: Seed) -> None:
    variants = {variant["sku"]: variant for product in shop.products for variant in product["variants"]}
    customers = {customer["id"] for customer in shop.customers}
    for order in shop.orders:
        assert order["customer"]["id"] in customers
        assert all(variants[line["sku"]]["options"] == line["options"] for line in order["lines"])


def test_amounts_add_up(shop: Seed) -> None:
    for order in shop.orders:
        totals = order["totals"]
        assert totals["items"] == sum(line["unit_price"] * line["quantity"] for line in order["lines"])
        assert totals["total"] == totals["items"] - totals["discount"] + totals["shipping"] + totals["tax"]
        given_back = sum(refund["amount"] for refund in order["refunds"] if refund["status"] == "succeeded")
        assert totals["refunded"] == given_back <= totals["total"]


def test_parcels_hold_what_the_lines_say_was_sent(shop: Seed) -> None:
    for order in shop.orders:
        sent: Counter[str] = Counter()
        for parcel in order["shipments"]:
            if parcel["direction"] == "forward":
                sent.update({content["line"]: content["quantity"] for content in parcel["lines"]})
        digital = order["fulfilment"] == "not_required"
        assert all(digital or line["fulfilled"] == sent[line["id"]] <= line["quantity"] for line in order["lines"])


@pytest.mark.parametrize("now", STARTS, ids=str)
def test_scans_are_in_order_after_the_purchase_and_not_in_the_future(now: datetime) -> None:
    for order in seed(now).orders:
        placed = read(order["placed_at"])
        assert now - timedelta(days=90) <= placed <= now
        assert read(order["updated_at"]) <= now
        for parcel in order["shipments"]:
            times = [read(event["at"]) for event in parcel["events"]]
            assert times == sorted(times), order["id"]
            assert placed < times[0], order["id"]
            assert times[-1] <= now, order["id"]


def test_most_orders_have_arrived_and_some_have_not(shop: Seed) -> None:
    states = Counter(
        order["shipments"][-1]["events"][-1]["code"] if order["shipments"] else order["fulfilment"]
        for order in shop.orders
    )
    assert states["delivered"] > 0.75 * len(shop.orders)
    assert {"in_transit", "unfulfilled", "on_hold", "exception", "lost", "returning"} <= set(states)


def test_some_orders_travel_in_several_parcels_with_every_carrier(shop: Seed) -> None:
    assert sum(len(order["shipments"]) > 1 for order in shop.orders) >= 10
    carriers = {parcel["carrier"] for order in shop.orders for parcel in order["shipments"]}
    assert carriers == {"ups", "usps", "fedex", "dhl"}


def test_returns_are_in_several_states(shop: Seed) -> None:
    states = {entry["status"] for order in shop.orders for entry in order["returns"]}
    assert {"label_issued", "in_transit", "approved_for_payout", "refunded"} <= states


def test_customers_live_in_many_states_and_countries(shop: Seed) -> None:
    places = {(customer["addresses"][0]["country"], customer["addresses"][0]["region"]) for customer in shop.customers}
    assert len({region for country, region in places if country == "US"}) >= 15
    assert len({country for country, _ in places}) >= 8


def test_every_story_has_its_order_and_its_customer(shop: Seed) -> None:
    orders = orders_of(shop)
    for story in STORIES:
        order = orders[story.order_id]
        assert order["number"] == f"#{story.number}"
        assert order["customer"]["name"] == story.person
        assert order["ship_to"]["city"] == story.city


def test_the_first_story_is_a_scarf_and_a_beanie_on_their_way_to_ana(shop: Seed) -> None:
    order = orders_of(shop)["ord_1042"]
    assert order["customer"]["emails"] == ["ana.lopez@example.com"]
    assert [(line["title"], line["options"].get("color"), line["quantity"]) for line in order["lines"]] == [
        ("Merino Scarf", "Red", 1),
        ("Wool Beanie", "Charcoal", 1),
    ]
    assert order["shipments"][0]["events"][-1]["code"] == "in_transit"


@pytest.mark.parametrize("now", STARTS, ids=str)
def test_every_story_is_in_its_row_of_the_decision_table(now: datetime) -> None:
    orders = orders_of(seed(now))
    assert {story.key: row_of(orders[story.order_id], now) for story in STORIES} == {
        story.key: story.row for story in STORIES
    }


def test_the_stories_cover_the_whole_decision_table(shop: Seed) -> None:
    story = STORY_BY_KEY["not_received"]
    claimed = row_of(orders_of(shop)[story.order_id], FRIDAY_EVENING, not_received=True)
    assert {story.row for story in STORIES} | {claimed} == set(range(1, 31))


def test_no_order_of_the_crowd_is_beyond_the_table(shop: Seed) -> None:
    assert all(row_of(order, FRIDAY_EVENING) != 30 for order in shop.orders if order["id"] != UNREADABLE)


def test_the_unreadable_order_has_a_parcel_of_unknown_status(shop: Seed) -> None:
    order = snapshot(
        documents.decode_order(orders_of(shop)[UNREADABLE])[0],
        as_of=FRIDAY_EVENING,
        source="demo",
        shop_tz="America/New_York",
    )
    found = headline(order, FRIDAY_EVENING, DeriveConfig())
    assert found is not None
    assert found[1].status is ShipmentStatus.UNKNOWN


def test_the_valued_customer_is_marked(shop: Seed) -> None:
    name = STORY_BY_KEY["vip"].person
    assert next(customer for customer in shop.customers if customer["name"] == name)["vip"] is True
