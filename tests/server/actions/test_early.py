"""Returns that are paid before the goods are back: at the carrier's scan, once, and not when anything is unusual."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from memory.engines.base import Database
from server.actions.gate import Gate
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
