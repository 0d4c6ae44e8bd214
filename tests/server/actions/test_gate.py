"""The gate: what is confirmed is done once, however often it is asked for, and whatever becomes of the answer."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from memory import actions
from memory.engines.base import Database
from memory.threads import NewEvent, Thread
from server.actions.gate import Gate, Moved, Request
from server.clock import HandClock
from server.commerce.model import OrderSnapshot
from server.errors import ActionRefused, StoreRefused, StoreUnavailable
from server.services import Services
from tests.server import core
from tests.server.commerce.orders import ago, an_event, shipped
from tests.support.databases import ENGINES, NOW, opened, url_of

PAIR = frozenset({"order_number", "email"})


class House:
    """A delivered order, a thread about it, and the gate."""

    def __init__(self, services: Services, store: core.MoodyStore, clock: HandClock, thread: Thread) -> None:
        self.services, self.store, self.clock, self.thread = services, store, clock, thread
        self.gate = Gate(services)

    async def order(self, order_id: str = "ord_7") -> OrderSnapshot:
        order = await self.services.store.order(order_id)
        assert order is not None
        return order

    async def request(self, key: str = "key", order_id: str = "ord_7", **values: Any) -> Request:
        """A confirmed return of one scarf."""
        order = await self.order(order_id)
        arguments = {
            "name": "start_return",
            "order": order.number,
            "lines": [{"line": "l1", "sku": "SCARF-RED", "quantity": 1}],
            "reason": "changed_mind",
            "outcome": "refund",
            "method": "original",
        }
        ruling = await self.gate.consider(arguments, order, await self.services.store.customer(order.customer.id))
        whole: dict[str, Any] = {
            "thread_id": self.thread.id, "key": key, "name": "start_return", "order": order, "arguments": arguments,
            "proofs": PAIR, "decision_hash": ruling.hash,
        }  # fmt: skip
        return Request(**{**whole, **values})

    async def returns(self) -> int:
        return len((await self.order()).returns)

    async def events(self) -> list[str]:
        return [event.type for event in await core.log(self.services, self.thread)][1:]

    async def state(self, key: str = "key") -> str:
        action = await self.services.database.read(lambda tx: actions.by_key(tx, key))
        assert action is not None
        return action.state

    async def later(self, seconds: float = 21) -> int:
        """Time passes, then what has no outcome is looked at; how many actions were finished."""
        self.clock.advance(timedelta(seconds=seconds))
        return await self.gate.reconcile()


@pytest.fixture(params=ENGINES)
async def database(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Database]:
    async with opened(url_of(request, tmp_path)) as database:
        yield database


@pytest.fixture
async def house(database: Database) -> AsyncIterator[House]:
    clock = HandClock(NOW)
    order = shipped(an_event(ago(days=2), "delivered"))
    other = shipped(an_event(ago(days=2), "delivered"), order={"id": "ord_8", "number": "#1043"})
    async with core.rooms(database, order, other, clock=clock, store_kind=core.MoodyStore) as services:
        assert isinstance(services.store, core.MoodyStore)
        yield House(services, services.store, clock, (await core.write(services, "a return, please")).thread)


async def test_a_key_executes_once_under_many_calls_at_once(house: House) -> None:
    request = await house.request()
    done = await asyncio.gather(*(house.gate.execute(request) for _ in range(20)))
    assert len({str(each.result) for each in done}) == 1
    assert await house.returns() == 1
    assert await house.events() == ["confirmed", "executed"]
    assert await house.state() == "executed"


async def test_a_repeated_key_is_told_the_first_result(house: House) -> None:
    first = await house.gate.execute(await house.request())
    again = await house.gate.execute(await house.request())
    assert (first.is_repeat, again.is_repeat) == (False, True)
    assert again.result == first.result
    assert house.store.writes == 1
    known = await house.gate.done("key")
    assert known is not None
    assert known.result == first.result


async def test_nothing_is_known_of_a_key_that_was_never_confirmed(house: House) -> None:
    assert await house.gate.done("key") is None


async def test_an_action_that_was_only_proposed_is_confirmed_and_recorded(house: House) -> None:
    request = await house.request()
    body = {"arguments": request.arguments, "order_id": "ord_7"}
    await house.services.database.write(
        lambda tx: actions.add(tx, house.thread.id, "key", "start_return", "ord_7", body, "proposed", NOW)
    )
    assert await house.gate.done("key") is None
    await house.gate.execute(request)
    assert await house.state() == "executed"
    assert await house.events() == ["confirmed", "executed"]


# What the gate refuses


@pytest.mark.parametrize("proofs", [frozenset(), frozenset({"order_number"}), frozenset({"email", "zip"})])
async def test_too_little_proof_changes_nothing(house: House, proofs: frozenset[str]) -> None:
    with pytest.raises(ActionRefused) as refused:
        await house.gate.execute(await house.request(proofs=proofs))
    assert refused.value.reason == "identity"
    assert (house.store.writes, await house.events()) == (0, [])
    assert await house.gate.done("key") is None


async def test_what_the_order_system_cannot_do_is_refused(house: House) -> None:
    with pytest.raises(ActionRefused) as refused:
        await house.gate.execute(await house.request(name="book_pickup"))
    assert refused.value.reason == "unsupported"
    assert await house.events() == []


@pytest.mark.parametrize(
    "event",
    [
        NewEvent("assigned", {"owner_kind": "agent", "owner_id": 7, "owner_name": "Kim"}, "all"),
        NewEvent("handoff", {"reason": "requested"}, "all"),
        NewEvent("message", {"text": "wait!"}, "all", "customer"),
    ],
)
async def test_a_thread_that_moved_confirms_nothing(house: House, event: NewEvent) -> None:
    request = await house.request(seen_seq=1)
    await core.happen(house.services, house.thread, event)
    with pytest.raises(Moved):
        await house.gate.execute(request)
    assert house.store.writes == 0
    assert await house.gate.done("key") is None


async def test_what_was_confirmed_before_the_thread_moved_is_still_done_once(house: House) -> None:
    request = await house.request(seen_seq=1)
    await house.gate.execute(request)
    await core.happen(house.services, house.thread, NewEvent("message", {"text": "thanks"}, "all", "customer"))
    assert (await house.gate.execute(request)).is_repeat
    assert await house.returns() == 1


# What becomes of the answer


async def test_a_refusal_of_the_order_system_is_final(house: House) -> None:
    house.store.unable = core.raising(StoreRefused("not returnable"))
    for _ in range(2):
        with pytest.raises(StoreRefused):
            await house.gate.execute(await house.request())
    assert house.store.writes == 1
    assert (await house.state(), await house.events()) == ("failed", ["confirmed", "failed"])
    assert await house.later() == 0


async def test_an_outage_leaves_an_unknown_outcome_that_is_reconciled_once(house: House) -> None:
    house.store.unable = core.raising(StoreUnavailable("no connection"))
    with pytest.raises(StoreUnavailable):
        await house.gate.execute(await house.request())
    assert (await house.state(), await house.returns()) == ("unknown", 0)
    assert await house.later() == 0
    house.store.unable = None
    assert [await house.later(), await house.later(), await house.later()] == [1, 0, 0]
    assert (await house.state(), await house.returns()) == ("executed", 1)
    assert await house.events() == ["confirmed", "executed"]


async def test_an_answer_that_was_lost_is_reconciled_without_a_second_return(house: House) -> None:
    house.store.unanswered = core.raising(StoreUnavailable("no answer"))
    with pytest.raises(StoreUnavailable):
        await house.gate.execute(await house.request())
    house.store.unanswered = None
    assert (await house.state(), await house.returns()) == ("unknown", 1)
    twin = Gate(house.services)
    house.clock.advance(timedelta(seconds=21))
    await asyncio.gather(house.gate.reconcile(), twin.reconcile())
    assert (await house.state(), await house.returns()) == ("executed", 1)
    assert await house.events() == ["confirmed", "executed"]


async def test_a_crash_before_the_order_system_was_asked_is_reconciled(house: House) -> None:
    house.store.unable = core.raising(KeyError("a mistake"))
    with pytest.raises(KeyError):
        await house.gate.execute(await house.request())
    house.store.unable = None
    assert await house.later(19) == 0
    assert await house.later(2) == 1
    assert await house.returns() == 1


async def test_an_action_that_breaks_holds_up_no_other(house: House) -> None:
    house.store.unable = core.raising(StoreUnavailable("no connection"))
    for key, order_id in (("one", "ord_7"), ("two", "ord_8")):
        with pytest.raises(StoreUnavailable):
            await house.gate.execute(await house.request(key, order_id))
    calls = iter([core.raising(KeyError("a mistake"))])

    async def first_breaks() -> None:
        if fails := next(calls, None):
            await fails()

    house.store.unable = first_breaks
    assert await house.later() == 1
    assert (await house.state("one"), await house.state("two")) == ("unknown", "executed")


async def test_a_result_wakes_the_threads_readers_and_the_cards(house: House) -> None:
    heard: list[str] = []
    for topic in (f"thread:{house.thread.id}", "orders"):
        house.services.bus.listen(topic, lambda topic, _note: heard.append(topic))
    await house.gate.execute(replace(await house.request()))
    assert {"orders", f"thread:{house.thread.id}"} <= set(heard)
