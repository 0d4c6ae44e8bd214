"""What a shop tells beyond the needful helps; whatever becomes of it, orders are read and written."""

import logging
from collections import Counter
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

import pytest

from server.commerce.documents import decode_order
from server.commerce.model import LineQuantity, Money, OrderSnapshot
from server.commerce.parse import snapshot
from server.commerce.wismo import decide
from server.errors import StoreRefused, StoreUnavailable
from tests.server.commerce.connectors.shopify.conftest import Scene, either
from tests.server.commerce.connectors.shopify.goods import a_product
from tests.server.commerce.orders import NOW, ago, an_event, an_order, shipped
from tests.server.commerce.test_wismo import CASES, CFG, Case

ANA = {"id": "c1", "name": "Ana Souza", "emails": ["ana@example.com"], "phones": ["+15550100"], "zip": "68102"}
ONE = [LineQuantity("l1", 1)]
only_needful = pytest.mark.parametrize("scene", [True], ids=["the needful alone"], indirect=True)


async def read(scene: Scene, order_id: str = "ord_7") -> OrderSnapshot:
    """The order as it is read by its id."""
    raw = await scene.platform.order(order_id)
    assert raw is not None
    return snapshot(decode_order(raw)[0], as_of=NOW, source="shopify")


def asked(scene: Scene) -> Counter[str]:
    """How often each operation was answered."""
    return Counter(each.key for each in scene.shopify.calls)


# A shop that takes the validated operations alone


def row(raw: Any, case: Case) -> tuple[int, tuple[str, ...]]:
    """What the shopper hears, and who must look."""
    order = snapshot(decode_order(raw)[0], as_of=case.now, source="shopify")
    given = decide(order, case.now, not_received=case.not_received, cfg=CFG, signals=case.signals)
    return given.row, tuple(each.to for each in given.escalate)


async def compare(scene: Scene, cases: Iterable[Case]) -> None:
    """Each order gets the same row and the same people from the validated operations alone as from all."""
    scene.shopify.maximum = scene.shopify.level = 1e9
    for case in cases:
        scene.shopify.put(case.raw)
        scene.shopify.only_validated = False
        whole = row(await scene.platform.order(str(case.raw["id"])), case)
        scene.shopify.only_validated = True
        async with scene.another() as platform:
            (needful,) = await platform.orders_named(str(case.raw["number"]))
        assert row(needful, case) == whole, case.name


async def test_every_kind_of_answer_is_the_same_without_enrichments(scene: Scene) -> None:
    await compare(scene, {case.row: case for case in CASES}.values())


@pytest.mark.long
async def test_every_answer_about_an_order_is_the_same_without_enrichments(scene: Scene) -> None:
    await compare(scene, CASES)


@only_needful
async def test_a_number_costs_two_calls(scene: Scene) -> None:
    scene.shopify.put(an_order(customer=ANA))
    (found,) = await scene.platform.orders_named("1042")
    assert asked(scene) == {"order_lookup": 1, "order_state": 1}
    order = snapshot(decode_order(found)[0], as_of=NOW, source="shopify")
    assert (order.customer.id, order.customer.emails, order.customer.phones, order.customer.zip, order.bill_zip) == (
        "c1",
        ("ana@example.com",),
        ("+15550100",),
        "68102",
        "68102",
    )


async def test_a_number_costs_three_calls_where_more_is_told(scene: Scene) -> None:
    scene.shopify.put(an_order())
    await scene.platform.orders_named("1042")
    assert asked(scene) == {"order_lookup": 1, "order_state": 1, "order_more": 1}


@only_needful
async def test_contacts_come_from_the_search_when_the_id_is_known(scene: Scene) -> None:
    scene.shopify.put(an_order())
    scene.shopify.put(an_order(id="ord_8", number="#10421", customer={**ANA, "id": "c2", "emails": ["x@example.com"]}))
    assert (await read(scene)).customer.emails == ("ana@example.com",)
    assert asked(scene) == {"order_lookup": 1, "order_state": 1}


@only_needful
async def test_what_nobody_tells_is_unknown(scene: Scene) -> None:
    scene.shopify.put(shipped(an_event(ago(hours=3), "in_transit")))
    raw: Any = await scene.platform.order("ord_7")
    assert (set(raw["totals"]), raw["payment"]["transactions"]) == ({"total", "refunded", "outstanding"}, [])
    (line,) = (await read(scene)).lines
    assert (line.sku, line.title, line.quantities.ordered, line.unit_price.amount_minor) == (
        "SCARF-RED",
        "Red scarf",
        2,
        2500,
    )
    assert (line.product_id, line.options) == (None, {})


@either
async def test_a_confirmation_code_finds_its_order(scene: Scene) -> None:
    scene.shopify.put(an_order(confirmation_code="K7Q2M9XD4"))
    scene.shopify.put(an_order(id="ord_8", number="#1043", confirmation_code="K7Q2M9XD44"))
    assert [each["id"] for each in await scene.platform.orders_confirmed(" k7q2m9xd4 ")] == ["ord_7"]
    for code in ("K7Q2M9", "", '" OR name:"1042', "*", "K7Q2M9XD4*"):
        assert await scene.platform.orders_confirmed(code) == [], code


@either
async def test_people_are_found_by_their_phone(scene: Scene) -> None:
    scene.shopify.put(an_order(customer=ANA))
    assert [each["id"] for each in await scene.platform.orders_of(phone="+15550100")] == ["ord_7"]
    assert [each["id"] for each in await scene.platform.customers_by(phone="+15550100")] == ["c1"]
    for phone in ("+15550101", "5550100", '+15550100" OR email:"'):
        assert await scene.platform.orders_of(phone=phone) == []
        assert await scene.platform.customers_by(phone=phone) == []


@only_needful
async def test_a_catalogue_that_is_not_shown_is_no_empty_one(scene: Scene) -> None:
    scene.shopify.shop.products["p1"] = a_product()
    with pytest.raises(StoreUnavailable):
        [each async for each in scene.platform.products(None)]
    with pytest.raises(StoreUnavailable):
        await scene.platform.product("p1")


@only_needful
async def test_an_exchange_that_nobody_could_find_again_is_not_begun(scene: Scene) -> None:
    scene.shopify.put(shipped(an_event(ago(hours=30), "delivered")))
    with pytest.raises(StoreRefused, match="person"):
        await scene.platform.start_exchange("k1", "ord_7", [LineQuantity("l1", 1, "X")], "unwanted", None, NOW)
    assert scene.ledger.sent == {}


# Returns that are told by their lines


@only_needful
async def test_a_lost_return_is_not_mistaken_for_an_earlier_one(scene: Scene) -> None:
    scene.shopify.put(shipped(an_event(ago(hours=30), "delivered")))
    first = await scene.platform.start_return("k1", "ord_7", ONE, "unwanted", "refund", None, NOW)
    scene.shopify.drop_after = {"returnCreate": 1}
    second = await scene.platform.start_return("k2", "ord_7", ONE, "unwanted", "refund", None, NOW)
    assert (first.rma, second.rma) == ("#1042-R1", "#1042-R2")


@only_needful
async def test_another_process_finds_a_lost_return_by_its_lines(scene: Scene) -> None:
    scene.shopify.put(shipped(an_event(ago(hours=30), "delivered")))
    scene.ledger.sent["k1"] = None
    scene.shopify.shop.clock.advance(timedelta(minutes=1))
    await scene.platform.start_return("k0", "ord_7", ONE, "unwanted", "refund", None, NOW)
    async with scene.another() as platform:
        result = await platform.start_return("k1", "ord_7", ONE, "unwanted", "refund", None, NOW)
    assert result.rma == "#1042-R1"
    assert len(scene.shopify.asked("returnCreate")) == 1


@only_needful
@pytest.mark.parametrize(
    ("quantity", "wait_s", "times"), [(2, 0, 1), (1, 60, 1), (1, 0, 2)], ids=["other lines", "earlier", "two alike"]
)
async def test_a_return_that_may_be_another_one_is_left_to_people(
    scene: Scene, quantity: int, wait_s: int, times: int
) -> None:
    scene.shopify.put(shipped(an_event(ago(hours=30), "delivered")))
    scene.ledger.sent["k1"] = None
    for at in range(times):
        lines = [LineQuantity("l1", quantity)]
        await scene.platform.start_return(f"k-{at}", "ord_7", lines, "unwanted", "refund", None, NOW)
    async with scene.another() as platform:
        with pytest.raises(StoreUnavailable, match="person"):
            at_last = NOW + timedelta(seconds=wait_s)
            await platform.start_return("k1", "ord_7", ONE, "unwanted", "refund", None, at_last)


# Labels and tags


@either
async def test_a_label_is_attached_once(scene: Scene) -> None:
    scene.shopify.put(shipped(an_event(ago(hours=30), "delivered")))
    opened = await scene.platform.start_return("k1", "ord_7", ONE, "unwanted", "refund", None, NOW)
    scene.shopify.drop_after = {"label": 1}
    for key in ("k1:label", "k1:label", "k2:label"):
        await scene.platform.attach_label(key, "ord_7", opened.rma, "https://shop.test/l.pdf", "1ZBACK", NOW)
    (given,) = scene.shopify.asked("label")
    assert (given["lines"], given["track"], given["label"]) == (
        [],
        {"number": "1ZBACK"},
        {"fileUrl": "https://shop.test/l.pdf"},
    )
    assert (await read(scene)).returns[0].status == "label_issued"


@pytest.mark.parametrize(("rma", "url"), [("#1042-R9", "https://shop.test/l.pdf"), ("#1042-R1", "http://shop.test/l")])
async def test_a_label_for_nothing_is_refused(scene: Scene, rma: str, url: str) -> None:
    scene.shopify.put(shipped(an_event(ago(hours=30), "delivered")))
    await scene.platform.start_return("k1", "ord_7", ONE, "unwanted", "refund", None, NOW)
    with pytest.raises(StoreRefused):
        await scene.platform.attach_label("k2", "ord_7", rma, url, None, NOW)


@either
async def test_credit_that_was_given_is_known_by_the_tag_of_its_order(scene: Scene) -> None:
    scene.shopify.put(an_order())
    await scene.platform.store_credit("k1", "c1", Money(1500, "USD"), "goodwill", "ord_7", NOW)
    scene.ledger.sent["k1"] = None
    async with scene.another() as platform:
        await platform.store_credit("k1", "c1", Money(1500, "USD"), "goodwill", "ord_7", NOW)
    assert len(scene.shopify.asked("credit")) == 1
    assert len(scene.shopify.shop.of("ord_7")["tags"]) == 1


# What an enrichment does not answer


async def test_a_refusal_is_remembered_for_an_hour_and_told_once(
    scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    scene.shopify.put(an_order())
    scene.shopify.only_validated = True
    for _ in range(2):
        await read(scene)
    scene.shopify.shop.clock.advance(timedelta(minutes=59))
    await read(scene)
    assert scene.shopify.refused == ["order_more"]
    scene.shopify.shop.clock.advance(timedelta(minutes=1))
    await read(scene)
    assert scene.shopify.refused == ["order_more"] * 2
    assert len([each for each in caplog.records if "order_more" in each.getMessage()]) == 1


async def test_a_refusal_with_status_400_counts_as_one(scene: Scene) -> None:
    scene.shopify.put(an_order())
    scene.shopify.broken = {"order_more": 400}
    assert (await read(scene)).customer.emails == ("ana@example.com",)
    assert scene.platform._client.refused == {"order_more"}


@pytest.mark.parametrize("status", [500, 502, 403, 404])
async def test_an_enrichment_that_is_down_is_asked_again_next_time(scene: Scene, status: int) -> None:
    scene.shopify.put(an_order(refunds=[{"id": "m1", "amount": 100, "status": "succeeded", "lines": []}]))
    scene.shopify.broken = {"order_more": status, "order_back": status}
    order = await read(scene)
    assert (order.customer.emails, len(order.refunds)) == (("ana@example.com",), 1)
    scene.shopify.broken = {}
    raw: Any = await scene.platform.order("ord_7")
    assert "shipping" in raw["totals"]


async def test_a_slow_enrichment_is_not_waited_for(scene: Scene) -> None:
    scene.shopify.put(an_order())
    scene.shopify.slow = {"order_more": 0.4}
    scene.platform._client.more_s = 0.05
    assert (await read(scene)).customer.emails == ("ana@example.com",)


async def test_a_denied_enrichment_is_no_refusal(scene: Scene) -> None:
    scene.shopify.shop.scopes -= {"read_store_credit_account_transactions"}
    assert await scene.platform._client.more("credits", {"id": "gid://shopify/Customer/c1"}) is None
    assert scene.platform._client.refused == frozenset()


@pytest.mark.parametrize("down", ["order_state", "order_lookup"])
async def test_without_what_everything_stands_on_an_order_is_unavailable(scene: Scene, down: str) -> None:
    scene.shopify.put(an_order())
    scene.shopify.only_validated = True
    scene.shopify.broken = {down: 500}
    with pytest.raises(StoreUnavailable):
        await scene.platform.order("ord_7")


async def test_a_big_order_without_its_further_pages_is_what_its_first_ones_tell(scene: Scene) -> None:
    lines = [{"id": f"l{at}", "sku": f"S{at}", "title": "T", "quantity": 1, "unit_price": 100} for at in range(30)]
    refunds = [{"id": f"m{at}", "amount": 100, "status": "succeeded", "lines": []} for at in range(9)]
    scene.shopify.put(an_order(lines=lines, refunds=refunds))
    scene.shopify.only_validated = True
    order = await read(scene)
    assert (len(order.lines), len(order.refunds)) == (25, 5)


# What the operator is told


async def test_what_is_refused_is_named(scene: Scene) -> None:
    scene.shopify.put(an_order())
    scene.shopify.only_validated = True
    await scene.platform.subscribe("https://desk.test/hook")
    (found,) = await scene.platform.examine()
    assert found.level == "warn"
    for key in ("order_more", "return_marks", "hooks"):
        assert key in found.text


@only_needful
async def test_webhooks_that_are_not_listed_are_all_made(scene: Scene) -> None:
    made = await scene.platform.subscribe("https://desk.test/hook")
    assert {each.level for each in made} == {"ok"}
    errors = [{"code": None, "field": ["webhookSubscription", "uri"], "message": "taken"}]
    scene.shopify.shop.user_errors["webhookSubscriptionCreate"] = errors
    (found,) = await scene.platform.subscribe("https://desk.test/hook")
    assert found.level == "warn"
