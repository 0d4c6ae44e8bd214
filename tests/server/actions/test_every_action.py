"""Every action of the order system through the gate: done once, on the right thing, with the amount that was told."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from memory.engines.base import Database
from server.commerce.model import RefundStatus
from server.errors import ActionRefused, StoreRefused
from tests.server import core
from tests.server.actions.house import OPEN, House, delivered, house_of, one, waiting
from tests.server.commerce.orders import an_event
from tests.support.databases import ENGINES, opened, url_of

OAK = {"name": "Ana Souza", "line1": "5 Oak Ave", "city": "Austin", "region": "TX", "zip": "78701", "country": "US"}
LOST = delivered(
    id="ord_9",
    number="#1044",
    shipments=[
        {
            "id": "s9",
            "carrier": "ups",
            "tracking_number": "1ZA1B2C30300000039",
            "lines": [{"line": "l1", "quantity": 2}],
            "shipped_at": "2026-11-10T15:00:00Z",
            "events": [an_event("2026-11-12T18:00:00Z", "lost")],
        }
    ],
)


@pytest.fixture(params=ENGINES)
async def database(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Database]:
    async with opened(url_of(request, tmp_path)) as database:
        yield database


@pytest.fixture
async def house(database: Database) -> AsyncIterator[House]:
    async with house_of(database, delivered(), waiting(), LOST) as house:
        yield house


async def twice(house: House, action: dict[str, Any], order_id: str | None = "ord_7") -> dict[str, Any]:
    """The result of an action that is executed twice under one key: the second time nothing happens."""
    request = await house.request(action, order_id)
    first = await house.gate.execute(request)
    again = await house.gate.execute(request)
    assert (first.is_repeat, again.is_repeat) == (False, True)
    assert first.result == again.result
    assert (await house.action()).state == "executed"
    assert await house.events() == ["confirmed", "executed"]
    return dict(first.result)


async def test_a_return(house: House) -> None:
    await twice(
        house,
        {
            "name": "start_return", "order": "#1042", "lines": [one()], "reason": "unwanted", "outcome": "refund",
            "method": "original",
        },
    )  # fmt: skip
    (back,) = (await house.order()).returns
    assert [(line.line_id, line.quantity) for line in back.lines] == [("l1", 1)]
    row = await house.action()
    assert (row.amount_minor, row.currency, row.kind, row.is_counted) == (2001, "USD", "refund", True)


async def test_an_exchange_charges_the_difference_to_the_named_method(house: House) -> None:
    action = {
        "name": "start_exchange", "order": "#1042", "lines": [one(to_sku="SCARF-BLUE")], "reason": "style_color",
        "method": "gift_1",
    }  # fmt: skip
    ruling = await house.consider(action)
    assert (ruling.difference_minor, ruling.amount_minor) == (500, 0)
    result = await twice(house, action)
    assert result["difference"] == {"amount_minor": 500, "currency": "USD"}
    assert await house.balance("gift_1") == 1_500


async def test_a_cancellation_gives_back_what_was_paid_and_is_no_refund_of_the_count(house: House) -> None:
    action = {"name": "cancel_order", "order": "#1043", "reason": "no longer needed", "method": "original"}
    result = await twice(house, action, "ord_8")
    assert result["refund"]["amount"] == {"amount_minor": 5_500, "currency": "USD"}
    row = await house.action()
    assert (row.amount_minor, row.kind, row.is_counted) == (5_500, "refund", False)


async def test_items_change_and_what_they_cost_less_goes_back(house: House) -> None:
    action = {
        "name": "change_items", "order": "#1043", "lines": [one(quantity=2, to_sku="SCARF-GREY")], "method": "gift_1",
    }  # fmt: skip
    await twice(house, action, "ord_8")
    order = await house.order("ord_8")
    assert [(line.sku, line.quantities.current) for line in order.lines] == [("SCARF-GREY", 2)]
    assert await house.balance("gift_1") == 3_000
    assert (await house.action()).amount_minor == 1_000


async def test_another_method_pays(house: House) -> None:
    await twice(house, {"name": "change_payment", "order": "#1043", "method": "pm_2"}, "ord_8")
    assert [each.id for each in (await house.order("ord_8")).payment.methods] == ["pm_2"]


async def test_an_order_ships_elsewhere(house: House) -> None:
    await twice(house, {"name": "change_address", "order": "#1043", "address": OAK}, "ord_8")
    assert (await house.order("ord_8")).ship_to.line1 == "5 Oak Ave"
    assert (await house.ana()).addresses == ()


async def test_the_default_address_changes_without_an_order(house: House) -> None:
    await twice(house, {"name": "change_address", "customer": "c1", "address": OAK}, None)
    assert (await house.ana()).addresses[0].line1 == "5 Oak Ave"
    assert (await house.order("ord_8")).ship_to.line1 == "12 Farnam St"


async def test_a_lost_parcel_is_paid_back(house: House) -> None:
    action = {"name": "refund", "order": "#1044", "lines": [one(quantity=2)], "reason": "not_received"}
    ruling = await house.consider(action, "ord_9")
    assert (ruling.verdict, ruling.key, ruling.amount_minor) == ("allow", "parcel_lost", 5_500)
    await twice(house, action, "ord_9")
    (refund,) = (await house.order("ord_9")).refunds
    assert (refund.amount.amount_minor, refund.status) == (5_500, RefundStatus.PENDING)


async def test_a_lost_parcel_is_sent_again_and_then_not_paid_back_too(house: House) -> None:
    action = {"name": "reship", "order": "#1044", "lines": [one(quantity=2)], "reason": "not_received"}
    result = await twice(house, action, "ord_9")
    again = await house.services.store.order(str(result["replacement_id"]))
    assert again is not None
    assert again.totals.total.amount_minor == 0
    refund = {"name": "refund", "order": "#1044", "lines": [one(quantity=2)], "reason": "not_received"}
    ruling = await house.consider(refund, "ord_9")
    assert (ruling.verdict, ruling.key) == ("review", "settled_before")
    with pytest.raises(ActionRefused) as refused:
        await house.do(refund, "ord_9", "other")
    assert refused.value.reason == "settled_before"


async def test_credit_for_a_late_order(database: Database) -> None:
    late = delivered(promised={"min": "2026-11-10", "max": "2026-11-14"})
    async with house_of(database, late) as house:
        action = {"name": "store_credit", "order": "#1042", "reason": "late", "customer": "c1"}
        result = await twice(house, action)
        assert result["amount"] == {"amount_minor": 500, "currency": "USD"}
        assert await house.balance("store_credit") == 500
        ruling = await house.consider(action)
        assert (ruling.verdict, ruling.key) == ("review", "settled_before")


async def test_a_claim_is_opened_and_counted(house: House) -> None:
    action = {
        "name": "open_claim", "order": "#1042", "shipment": "s1", "kind": "not_received",
        "statement": "It never\x00 came.",
    }  # fmt: skip
    await twice(house, action)
    assert (await house.action()).kind == "not_received"


async def test_an_action_without_a_way_to_the_order_system_is_unsupported(house: House) -> None:
    with pytest.raises(ActionRefused) as refused:
        await house.do({"name": "book_pickup", "order": "#1042"})
    assert refused.value.reason == "unsupported"


async def test_a_refusal_of_the_order_system_frees_what_was_reserved(house: House) -> None:
    action = {"name": "refund", "order": "#1044", "lines": [one(quantity=2)], "reason": "not_received"}
    request = await house.request(action, "ord_9")

    async def refuses(*_: Any, **__: Any) -> Any:
        raise StoreRefused("not today")

    house.store.refund = refuses  # type: ignore[method-assign]  # the shop says no
    with pytest.raises(StoreRefused):
        await house.gate.execute(request)
    del house.store.refund
    assert (await house.action()).state == "failed"
    assert (await house.do(action, "ord_9", "next")).state == "executed"


BACK = {
    "name": "start_return", "order": "#1042", "lines": [one()], "reason": "unwanted", "outcome": "refund",
    "method": "original",
}  # fmt: skip
PLACED_LONG_AGO = [
    delivered(id=f"old_{each}", number=f"#9{each}", placed_at="2025-10-01T10:00:00Z") for each in range(3)
]


@pytest.mark.parametrize(("older", "release"), [(PLACED_LONG_AGO, "on_first_scan"), ([], None)])
async def test_the_desk_sees_who_may_be_paid_before_the_goods_are_back(
    database: Database, older: list[dict[str, Any]], release: str | None
) -> None:
    async with house_of(database, delivered(), *older) as house:
        await house.do(BACK)
        (done,) = await core.log(house.services, house.thread, "executed")
        assert done.body.get("release") == release
        assert (await house.order()).refunds == ()


async def test_a_policy_that_pays_at_the_first_scan_says_so_to_the_desk(database: Database) -> None:
    text = f"{OPEN}\noutcomes: {{refund: {{release: on_first_scan}}}}"
    async with house_of(database, delivered(), text=text) as house:
        await house.do(BACK)
        (done,) = await core.log(house.services, house.thread, "executed")
        assert done.body["release"] == "on_first_scan"
