"""Rulings are kept with all that they were made of, and judged again under another policy."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from memory import rulings
from memory.engines.base import Database
from server.actions import traces
from server.actions.replay import replay, replayed
from server.errors import ActionRefused
from server.policies.decision import History
from server.policies.file import loads
from server.policies.judge import judge
from tests.server.actions.house import OPEN, House, house_of, one
from tests.support.databases import ENGINES, NOW, opened, url_of

BACK: dict[str, Any] = {
    "name": "start_return", "order": "#1042", "lines": [one()], "reason": "unwanted", "outcome": "refund",
    "method": "original",
}  # fmt: skip
CANCEL: dict[str, Any] = {"name": "cancel_order", "order": "#1043", "reason": "other", "method": "original"}
LONG_AGO = NOW - timedelta(days=30)


@pytest.fixture(params=ENGINES)
async def database(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Database]:
    async with opened(url_of(request, tmp_path)) as database:
        yield database


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with opened(f"sqlite:///{tmp_path / 'm.db'}") as database, house_of(database) as house:
        yield house


async def test_a_trace_comes_back_as_it_was_and_judges_alike(house: House) -> None:
    order, ana, policy = await house.order(), await house.ana(), loads(OPEN)
    product = await house.services.store.product("p1")
    assert product is not None
    past = History(complaints_30d=1, settled={"l2": 1})
    ruling = judge(policy, BACK, order, ana, {"p1": product}, past, NOW)
    text = traces.encode(BACK, order, ana, {"p1": product}, past, NOW, ruling)
    back = traces.decode(text)
    assert (back.action, back.history, back.now) == (BACK, past, NOW)
    assert back.order is not None
    assert (back.order.lines, back.order.totals, back.order.placed_at) == (order.lines, order.totals, order.placed_at)
    assert back.order.parcels[0].delivered_at == order.parcels[0].delivered_at
    assert judge(policy, back.action, back.order, back.customer, back.products, back.history, back.now) == ruling
    assert len(text) < 2_500
    assert "ana@example.com" not in text


@pytest.mark.parametrize("text", ["", "no trace", "c$@))S"])
def test_what_is_no_trace_is_said_so(text: str) -> None:
    with pytest.raises(ValueError, match="no trace"):
        traces.decode(text)


async def test_nothing_differs_under_the_same_policy(database: Database) -> None:
    async with house_of(database) as house:
        await house.do(BACK, key="a")
        await house.do(CANCEL, "ord_8", "b")
        again = await replayed(house.services.database, loads(OPEN), LONG_AGO)
        assert (again.judged, again.unreadable, again.differences) == (2, 0, ())


async def test_a_stricter_policy_tells_what_it_would_have_refused(house: House) -> None:
    await house.do(BACK, key="a")
    await house.do(CANCEL, "ord_8", "b")
    text = OPEN.replace("reship:", "cancel_order: {reasons: [ordered by mistake]}, reship:")
    (difference,) = await replay(house.services.database, loads(text), LONG_AGO)
    assert (difference.name, difference.order, difference.stage) == ("cancel_order", "#1043", "executed")
    assert (difference.was.verdict, difference.becomes.verdict, difference.becomes.key) == (
        "allow", "deny", "reason_not_accepted",
    )  # fmt: skip
    assert difference.is_stricter


async def test_a_kinder_policy_tells_what_it_would_have_granted(house: House) -> None:
    windows = "outcomes: {refund: {window_days: 1}, credit: {window_days: 1}, exchange: {window_days: 1}}"
    zones = "zones: [{id: all, match: {country: ['*']}, law: none}]"
    strict = house.under(f"{OPEN}\n{windows}\ndefaults: {{grace_days: 0}}\nholiday: null\n{zones}")
    with pytest.raises(ActionRefused):
        await strict.do(BACK)
    (difference,) = await replay(house.services.database, loads(OPEN), LONG_AGO)
    assert (difference.stage, difference.was.key, difference.becomes.verdict) == ("refused", "window_passed", "allow")
    assert not difference.is_stricter


async def test_an_amount_that_would_change_is_a_difference(house: House) -> None:
    await house.do(BACK)
    free = OPEN + "outcomes: {refund: {label: {kind: merchant}}}"
    (difference,) = await replay(house.services.database, loads(free), LONG_AGO)
    assert (difference.was.amount_minor, difference.becomes.amount_minor) == (2_001, 2_500)


async def test_a_wish_counts_once_as_it_was_judged_last(house: House) -> None:
    for _ in range(3):
        await house.consider(BACK)
    await house.services.database.write(lambda tx: house.gate.keep(tx, house.thread.id))
    house.gate.kept(house.thread.id)
    await house.do(BACK)
    again = await replayed(house.services.database, loads(OPEN), LONG_AGO)
    assert again.judged == 1
    assert (await replayed(house.services.database, loads(OPEN), NOW + timedelta(days=1))).judged == 0


async def test_what_was_considered_is_kept_with_the_turn_and_only_then(house: House) -> None:
    await house.consider(BACK)
    read = house.services.database.read
    assert await read(lambda tx: rulings.since(tx, LONG_AGO)) == []
    await house.services.database.write(lambda tx: house.gate.keep(tx, house.thread.id))
    house.gate.kept(house.thread.id)
    await house.services.database.write(lambda tx: house.gate.keep(tx, house.thread.id))
    (kept,) = await read(lambda tx: rulings.since(tx, LONG_AGO))
    assert (kept.stage, kept.name, kept.policy_version) == ("considered", "start_return", "open-1")


async def test_old_rulings_are_forgotten(house: House) -> None:
    await house.do(BACK)
    house.clock.advance(timedelta(days=399))
    await house.gate.reconcile()
    assert len(await house.services.database.read(lambda tx: rulings.since(tx, LONG_AGO))) == 1
    house.clock.advance(timedelta(days=2))
    await house.gate.reconcile()
    assert await house.services.database.read(lambda tx: rulings.since(tx, LONG_AGO)) == []
