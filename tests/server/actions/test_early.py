"""Returns that are paid before the goods are back: at the carrier's scan, once, and not when anything is unusual."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from memory import threads
from memory.engines.base import Database
from memory.threads import NewEvent
from server.actions.gate import Gate
from server.desk import telling
from server.errors import StoreUnavailable
from tests.server import core
from tests.server.actions.bank import Bank, Fault, Killed
from tests.server.actions.house import OPEN, House, delivered, house_of, one
from tests.support.databases import ENGINES, opened, url_of

BACK: dict[str, Any] = {
    "name": "start_return", "order": "#1042", "lines": [one()], "reason": "unwanted", "outcome": "refund",
    "method": "original",
}  # fmt: skip
OLDER = [delivered(id=f"old_{each}", number=f"#9{each}", placed_at="2025-10-01T10:00:00Z") for each in range(3)]
AMOUNT = 2_500 - 499


@pytest.fixture(params=ENGINES)
async def database(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Database]:
    async with opened(url_of(request, tmp_path)) as database:
        yield database


@pytest.fixture
async def house(database: Database) -> AsyncIterator[House]:
    """Ana has bought for a year, and sends a scarf back."""
    async with house_of(database, delivered(), *OLDER, store_kind=Bank) as house:
        await house.do(BACK)
        yield house


async def edited(house: House, **changes: Any) -> None:
    """The order says something else now."""
    assert await house.store.edit_order("ord_7", lambda document: {**document, **changes})


async def moved(house: House, status: str = "in_transit") -> None:
    """The return's parcel is somewhere else."""
    document = await house.store.document("ord_7")
    assert document is not None
    await edited(house, returns=[{**each, "status": status} for each in document["returns"]])


async def told(house: House) -> list[str]:
    """What the customer heard of it, after several looks."""
    for _ in range(2):
        await telling.tell_all(house.services)
    said = await core.log(house.services, house.thread, "message")
    return [str(each.body["text"]) for each in said if each.author_type == "assistant"]


async def paid(house: House) -> list[int]:
    """What went back, after a while and several looks."""
    for _ in range(3):
        await house.later(timedelta(minutes=16).total_seconds())
    return [each.amount.amount_minor for each in (await house.order()).refunds]


async def test_a_steady_customer_is_paid_once_when_the_carrier_has_the_parcel(house: House) -> None:
    assert await paid(house) == []
    await moved(house)
    assert await paid(house) == [AMOUNT]
    assert await paid(house) == [AMOUNT]
    done = await core.log(house.services, house.thread, "executed")
    assert [(each.body["action"]["name"], each.body["key"]) for each in done] == [
        ("start_return", "key"),
        ("refund", "key/early"),
    ]
    order = await house.order()
    assert (order.returns[0].status.value, order.refunds[0].lines[0].quantity) == ("in_transit", 1)


async def test_it_is_a_refund_of_the_ledger_whose_money_counts_once(house: House) -> None:
    before = await house.consider({**BACK, "lines": [one(quantity=1)]})
    past = await house.gate.past(await house.order(), await house.ana(), house.thread.id)
    await moved(house)
    assert await paid(house) == [AMOUNT]
    row, opened = await house.action("key/early"), await house.action("key")
    assert (row.name, row.state, row.amount_minor, row.kind) == ("refund", "executed", AMOUNT, "refund")
    assert (row.customer_id, row.order_id, row.is_counted) == (opened.customer_id, opened.order_id, True)
    now = await house.gate.past(await house.order(), await house.ana(), house.thread.id)
    assert before.amount_minor == AMOUNT
    assert (now.sum_refunds_30d_minor, now.refunds_30d, now.paid_today_minor) == (AMOUNT, 1, AMOUNT)
    assert (past.sum_refunds_30d_minor, past.refunds_30d, past.paid_today_minor) == (AMOUNT, 1, AMOUNT)
    assert now.settled == {} and now.kept_items == 0


async def test_the_days_money_is_not_overspent_by_it(house: House) -> None:
    await moved(house)
    short = house.under(OPEN.replace("bot_daily_refund_total: 100000000", f"bot_daily_refund_total: {AMOUNT - 1}"))
    assert await paid(short) == []
    assert await paid(house) == [AMOUNT]


async def test_while_something_else_on_the_order_is_open_it_waits(house: House) -> None:
    await moved(house)
    assert isinstance(house.store, Bank)
    house.store.fault = "cut_before"
    with pytest.raises(StoreUnavailable):
        await house.do({"name": "reship", "order": "#1042", "lines": [one()], "reason": "missing_item"}, key="other")
    house.clock.advance(timedelta(seconds=1))
    house.store.fault = "cut_before"
    await house.gate.reconcile()
    assert await paid(house) == [AMOUNT]


async def test_what_was_paid_early_is_not_paid_again_when_its_return_came_to_nothing(house: House) -> None:
    await moved(house)
    assert await paid(house) == [AMOUNT]
    await moved(house, "cancelled")
    again = await house.consider({**BACK, "lines": [one(quantity=2)]})
    assert (again.verdict, again.key, again.is_open) == ("review", "settled_before", False)
    assert (await house.consider(BACK)).is_open


async def test_goods_that_were_sent_again_do_not_come_back_beside_the_first(house: House) -> None:
    await house.do({"name": "reship", "order": "#1042", "lines": [one()], "reason": "missing_item"}, key="again")
    assert (await house.consider(BACK)).key == "settled_before"


async def test_the_customer_hears_of_it_once_and_only_when_it_is_done(house: House) -> None:
    assert await told(house) == []
    await moved(house)
    assert await paid(house) == [AMOUNT]
    (said,) = await told(house)
    assert "20.01" in said and "submitted" in said and "#1042" in said and "still need" in said
    assert await told(house) == [said]


async def test_of_one_that_failed_a_person_is_promised_and_takes_over(house: House) -> None:
    await moved(house)
    assert isinstance(house.store, Bank)
    house.store.fault = "refuse"
    assert await paid(house) == []
    (said,) = await told(house)
    assert "could not be sent" in said and "was refunded" not in said
    assert [each.body["reason"] for each in await core.log(house.services, house.thread, "handoff")] == ["failed"]


async def test_into_an_agents_conversation_it_is_a_note(house: House) -> None:
    await moved(house)
    owned = NewEvent("assigned", {"owner_kind": "agent", "owner_id": "1"}, author_type="agent", author_id=1)
    await house.services.database.write(lambda tx: threads.append(tx, house.thread.id, [owned], house.clock.now()))
    assert await paid(house) == [AMOUNT]
    assert await told(house) == []
    notes = [str(each.body["text"]) for each in await core.log(house.services, house.thread, "note")]
    assert len(notes) == 1 and "20.01" in notes[0]


async def test_at_once_where_the_policy_says_so(database: Database) -> None:
    text = f"{OPEN}\ninstant_refund: {{release: immediately}}"
    async with house_of(database, delivered(), *OLDER, text=text) as house:
        await house.do(BACK)
        assert await paid(house) == [AMOUNT]


async def test_whom_the_shop_does_not_know_yet_is_not_paid_early(database: Database) -> None:
    async with house_of(database, delivered()) as house:
        await house.do(BACK)
        await moved(house)
        assert await paid(house) == []


async def test_a_policy_that_pays_everybody_at_the_scan_does(database: Database) -> None:
    async with house_of(
        database, delivered(), text=f"{OPEN}\noutcomes: {{refund: {{release: on_first_scan}}}}"
    ) as house:
        await house.do(BACK)
        await moved(house)
        assert await paid(house) == [AMOUNT]


REFUND = {"id": "EX1", "at": "2026-11-21T10:00:00Z", "amount": 700, "status": "succeeded", "method": "original"}


@pytest.mark.parametrize(
    "changes",
    [
        {"refunds": [{**REFUND, "lines": []}]},
        {"disputes": [{"id": "D1", "status": "open"}]},
        {"tags": ["abuse-review"]},
        {"payment": {"status": "paid", "methods": [{"id": "a", "kind": "card"}, {"id": "b", "kind": "gift_card"}]}},
    ],
)
async def test_what_is_unusual_is_left_to_people(house: House, changes: dict[str, Any]) -> None:
    await edited(house, **changes)
    await moved(house)
    assert AMOUNT not in await paid(house)


@pytest.mark.parametrize("status", ["cancelled", "expired", "inspected", "refunded"])
async def test_a_return_that_is_over_or_looked_at_is_not_paid_early(house: House, status: str) -> None:
    await moved(house, status)
    assert await paid(house) == []
    await moved(house)
    assert await paid(house) == []


async def test_the_emergency_stop_holds_it_back_until_it_is_lifted(house: House) -> None:
    await moved(house)
    stopped = house.under(f"{OPEN.replace('limits: {', 'limits: {stop_all: true, ')}")
    assert await paid(stopped) == []
    assert await paid(house) == [AMOUNT]


@pytest.mark.parametrize("fault", ["kill_before", "kill_after", "cut_before", "cut_after"])
async def test_whatever_breaks_it_is_paid_once(house: House, fault: Fault) -> None:
    await moved(house)
    assert isinstance(house.store, Bank)
    house.store.fault = fault
    try:
        await house.later(timedelta(minutes=16).total_seconds())
    except Killed:
        house.gate = Gate(house.services)
    assert await paid(house) == [AMOUNT]
    assert len(await core.log(house.services, house.thread, "executed")) == 2


async def test_two_processes_pay_once(house: House) -> None:
    await moved(house)
    house.clock.advance(timedelta(minutes=16))
    await asyncio.gather(*(Gate(house.services).reconcile() for _ in range(3)))
    assert await paid(house) == [AMOUNT]
    assert len(await core.log(house.services, house.thread, "executed")) == 2


async def test_a_refusal_of_the_order_system_is_seen_and_not_repeated(house: House) -> None:
    await moved(house)
    assert isinstance(house.store, Bank)
    house.store.fault = "refuse"
    assert await paid(house) == []
    assert len(await core.log(house.services, house.thread, "failed")) == 1


@pytest.mark.parametrize(("status", "is_seen"), [("in_transit", True), ("received", False)])
async def test_goods_that_do_not_come_back_are_put_before_a_person(house: House, status: str, is_seen: bool) -> None:
    await moved(house)
    assert await paid(house) == [AMOUNT]
    await moved(house, status)
    house.clock.advance(timedelta(days=22))
    assert await paid(house) == [AMOUNT]
    notes = [str(each.body["text"]) for each in await core.log(house.services, house.thread, "note")]
    handed = [each.body["reason"] for each in await core.log(house.services, house.thread, "handoff")]
    assert (["not here after 22 days" in each for each in notes], handed) == (
        ([True], ["policy_exception"]) if is_seen else ([], [])
    )
