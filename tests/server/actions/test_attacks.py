"""Attempts to get more through the gate than the policy gives: split, at once, out of order, and against what a person said."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from memory.engines.base import Database
from server.actions.gate import Changed, Done, Gate
from server.errors import ActionRefused, NotAllowed
from tests.server import core
from tests.server.actions.house import OPEN, House, delivered, house_of, waiting
from tests.support.databases import ENGINES, opened, url_of

SPLIT = """
approval: [{when: 'refund > 1000', need: agent}, {when: 'sum_refunds_30d > 12000', need: senior}]
limits: {bot_daily_refund_total: 100000000, bot_refunds_per_customer_30d: 1000}
"""
CHEAP = f"{OPEN}fault: {{keep_item_max: 5000, photo_over: 100000}}\nkeep_item: {{most: 1}}\n"


@pytest.fixture(params=ENGINES)
async def database(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Database]:
    async with opened(url_of(request, tmp_path)) as database:
        yield database


def cancel(number: int) -> dict[str, Any]:
    return {"name": "cancel_order", "order": f"#{number}", "reason": "other", "method": "original"}


async def asked(house: House, action: dict[str, Any], order_id: str) -> str:
    ruling = await house.consider(action, order_id)
    return await house.gate.ask_approval(await house.request(action, order_id, f"key {order_id}"), ruling)


async def test_wishes_split_below_the_limit_are_summed_when_they_are_agreed_to(database: Database) -> None:
    orders = [waiting(id=f"ord_{at}", number=f"#{at}") for at in (2001, 2002, 2003)]
    async with house_of(database, *orders, text=SPLIT) as house:
        keys = [await asked(house, cancel(at), f"ord_{at}") for at in (2001, 2002, 2003)]
        assert [each.need for each in await house.gate.awaiting()] == ["agent"] * 3
        kim = await core.someone(house.services, "Kim")
        came = [await _agree(house, key, kim) for key in keys]
        assert came == ["executed", "executed", "role"]
        sue = await core.someone(house.services, "Sue", "supervisor")
        assert await _agree(house, keys[2], sue) == "executed"


async def _agree(house: House, key: str, agent: Any) -> str:
    try:
        return (await house.gate.approve(key, agent, house.clock.now())).state
    except (NotAllowed, ActionRefused) as error:
        return str(error)


async def test_of_a_yes_and_a_no_at_once_one_holds(database: Database) -> None:
    async with house_of(database, text=SPLIT) as house:
        key = await asked(house, cancel(1043), "ord_8")
        kim, lee = await core.someone(house.services, "Kim"), await core.someone(house.services, "Lee")
        await asyncio.gather(_agree(house, key, kim), house.gate.refuse(key, lee, "no"), return_exceptions=True)
        state = (await house.action(key)).state
        assert state in ("executed", "refused")
        assert ((await house.order("ord_8")).cancelled_at is not None) is (state == "executed")


async def test_two_wishes_about_one_order_are_not_both_done_as_they_were_asked(database: Database) -> None:
    text = f"{SPLIT}actions: {{change_address: {{need: agent}}}}\n"
    away = {**dict.fromkeys(("line1", "city"), "Away"), "zip": "68102", "country": "US"}
    async with house_of(database, text=text) as house:
        first = await asked(house, cancel(1043), "ord_8")
        action = {"name": "change_address", "order": "#1043", "address": away}
        ruling = await house.consider(action, "ord_8")
        second = await house.gate.ask_approval(await house.request(action, "ord_8", "second"), ruling)
        kim = await core.someone(house.services, "Kim")
        came = await asyncio.gather(_agree(house, first, kim), _agree(house, second, kim))
        assert sorted(came) == ["changed", "executed"]


async def test_one_agreement_is_not_used_for_a_second_deed(database: Database) -> None:
    async with house_of(database, text=SPLIT) as house:
        key = await asked(house, cancel(1043), "ord_8")
        kim = await core.someone(house.services, "Kim")
        assert [await _agree(house, key, kim), await _agree(house, key, kim)] == ["executed", "executed"]
        assert len((await house.order("ord_8")).refunds) == 1
        request = await house.request(cancel(1043), "ord_8", key)
        assert (await house.gate.execute(request)).is_repeat


async def test_faulty_goods_kept_at_once_are_kept_once(database: Database) -> None:
    orders = [delivered(id=f"ord_{at}", number=f"#{at}") for at in (3001, 3002)]
    async with house_of(database, *orders, text=CHEAP) as house:
        requests = [
            await house.request(
                {"name": "refund", "order": f"#{at}", "lines": [{"line": "l1", "quantity": 1}], "reason": "defective",
                 "method": "original", "amount": 2500, "photo": True},
                f"ord_{at}", f"key {at}",
            )
            for at in (3001, 3002)
        ]  # fmt: skip
        gates = [house.gate, Gate(house.services)]
        came = await asyncio.gather(
            *(gate.execute(each) for gate, each in zip(gates, requests, strict=True)), return_exceptions=True
        )
        assert sorted(type(each).__name__ for each in came) == sorted([Changed.__name__, Done.__name__])
