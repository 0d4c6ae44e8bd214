"""What becomes of a thread in which nobody says anything any more, and of an action without an outcome."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from channels.message import Address
from memory import actions
from memory.engines.base import Database
from memory.threads import NewEvent, Thread
from server.bus import Bell
from server.clock import HandClock
from server.lifecycle import Lifecycle
from server.services import Services
from server.settings import Settings
from server.stage import Line, Stage
from tests.server import core
from tests.server.commerce.orders import an_order
from tests.support.databases import ENGINES, NOW, opened, url_of


class House:
    """Rooms whose clock is moved by hand."""

    def __init__(self, services: Services, clock: HandClock) -> None:
        self.services, self.clock = services, clock
        self.lifecycle = Lifecycle(services)

    async def answered(self, *more: NewEvent, by: Address = core.ANA) -> Thread:
        """A thread whose question was answered a moment ago."""
        thread = (await core.write(self.services, "where is it?", by)).thread
        reply = NewEvent("message", {"text": "On its way.", "answers": 1}, "all", "assistant")
        return await core.happen(self.services, thread, reply, *more)

    async def later(self, **span: float) -> int:
        """Let time pass; how many threads went a step further."""
        self.clock.advance(timedelta(**span))
        return await self.lifecycle.age()

    async def status(self, thread: Thread) -> str:
        return (await core.now(self.services, thread)).state.status


@pytest.fixture(params=ENGINES)
async def database(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Database]:
    async with opened(url_of(request, tmp_path)) as database:
        yield database


@pytest.fixture
async def house(database: Database) -> AsyncIterator[House]:
    clock = HandClock(NOW)
    async with core.rooms(database, clock=clock) as services:
        yield House(services, clock)


def owned_by(kind: str, owner_id: int = 0) -> NewEvent:
    return NewEvent("assigned", {"owner_kind": kind, "owner_id": owner_id, "owner_name": "Kim"}, "all")


async def test_an_answered_thread_is_taken_for_solved_after_three_days(house: House) -> None:
    thread = await house.answered()
    assert await house.later(hours=71, minutes=59) == 0
    assert await house.later(minutes=1) == 1
    event = (await core.log(house.services, thread, "resolved"))[0]
    assert (event.body, event.author_type, event.audience) == ({"how": "assumed"}, "system", "all")
    assert await house.status(thread) == "resolved"


async def test_a_resolved_thread_is_closed_after_seven_days(house: House) -> None:
    thread = await house.answered(NewEvent("resolved", {"how": "closed", "by": "Kim"}, "all"))
    assert await house.later(days=6, hours=23, minutes=59) == 0
    assert await house.later(minutes=1) == 1
    event = (await core.log(house.services, thread, "status"))[0]
    assert (event.body, event.author_type) == ({"status": "closed"}, "system")


async def test_a_thread_goes_the_whole_way_and_no_step_twice(house: House) -> None:
    thread = await house.answered()
    for _ in range(30):
        await house.later(days=1)
        await house.lifecycle.age()
    assert [event.type for event in await core.log(house.services, thread)] == [
        "message",
        "message",
        "resolved",
        "status",
    ]
    assert await house.status(thread) == "closed"


async def test_another_message_of_the_customer_begins_the_three_days_anew(house: House) -> None:
    thread = await house.answered()
    house.clock.advance(timedelta(hours=70))
    await core.write(house.services, "and the other parcel?")
    assert await house.later(hours=100) == 0
    assert await house.status(thread) == "open"


async def test_what_an_agent_answered_is_taken_for_solved_too(house: House) -> None:
    thread = await house.answered(owned_by("agent", 7))
    await house.later(hours=72)
    assert await house.status(thread) == "resolved"


async def test_what_waits_for_a_person_is_never_taken_for_solved(house: House) -> None:
    handed = await house.answered(NewEvent("handoff", {"reason": "requested"}, "all"))
    queued = await house.answered(owned_by("queue"), NewEvent("status", {"status": "pending"}, "all"), by=core.BOB)
    assert await house.later(days=60) == 0
    assert (await house.status(handed), await house.status(queued)) == ("open", "pending")


async def test_an_unanswered_thread_is_never_taken_for_solved(house: House) -> None:
    await core.write(house.services, "hello?")
    assert await house.later(days=60) == 0


async def test_a_customer_who_writes_while_the_thread_is_listed_wins(house: House) -> None:
    """The first listed thread is still; the second one's customer writes while the first takes its step."""
    first = await house.answered()
    bob = await house.answered(by=core.BOB)
    house.clock.advance(timedelta(hours=72))
    writing: list[asyncio.Task[object]] = []
    async with asyncio.TaskGroup() as group:

        def note(_topic: str, thread_id: int) -> None:
            if thread_id == first.id and not writing:
                writing.append(group.create_task(core.write(house.services, "still waiting", core.BOB)))

        with house.services.bus.listening("inbox", note):
            await house.lifecycle.age()
    log = [event.type for event in await core.log(house.services, bob)]
    assert log in (
        ["message", "message", "message"],
        ["message", "message", "resolved", "reopened", "assigned", "message"],
    )
    assert await house.status(bob) == "open"


async def test_several_processes_take_each_step_once(house: House) -> None:
    made = [await house.answered(), await house.answered(by=core.BOB)]
    house.clock.advance(timedelta(hours=72))
    twin = Lifecycle(house.services)
    moved = await asyncio.gather(*(each.age() for each in (house.lifecycle, twin) for _ in range(4)))
    assert sum(moved) == 2
    assert [len(await core.log(house.services, thread, "resolved")) for thread in made] == [1, 1]


async def test_more_threads_than_a_page_are_all_looked_at(house: House) -> None:
    for number in range(230):
        await house.answered(by=replace(core.ANA, key=f"+1402556{number:04d}"))
    assert await house.later(hours=72) == 230


async def test_the_desk_hears_of_each_step(house: House) -> None:
    thread = await house.answered()
    heard: list[int] = []
    with house.services.bus.listening("inbox", lambda _topic, note: heard.append(note)):
        await house.later(hours=72)
    assert heard == [thread.id]


async def test_the_loop_ages_threads_and_finishes_actions(database: Database) -> None:
    """A confirmed cancellation whose process died is carried out, and an old thread resolved, soon after a start."""
    clock = HandClock(NOW)
    async with core.rooms(database, an_order(), clock=clock) as services:
        thread = await House(services, clock).answered()
        body = {"order_id": "ord_7", "arguments": {"name": "cancel_order", "order": "#1042", "reason": "other"}}
        await database.write(
            lambda tx: actions.add(tx, thread.id, "key", "cancel_order", "ord_7", body, "confirmed", clock.now())
        )
        clock.advance(timedelta(hours=72))
        aged, finished = Bell(), Bell()
        with (
            services.bus.listening("inbox", aged.ring),
            services.bus.listening("orders", finished.ring),
        ):
            async with asyncio.TaskGroup() as group:
                running = group.create_task(Lifecycle(services).run())
                assert await aged.wait(10)
                assert await finished.wait(10)
                running.cancel()
        assert {event.type for event in await core.log(services, thread)} == {"message", "resolved", "executed"}
        order = await services.store.order("ord_7")
        assert order is not None
        assert order.cancelled_at is not None


def test_time_that_passes_in_a_rehearsal_ages_threads_as_on_a_server() -> None:
    """On a loop of its own: a stage, made for the command line, prepares its files in place."""

    async def rehearse() -> list[str]:
        async with await Stage.open(Settings(), core.POLICY, NOW) as stage:
            await stage.say(Line("hello"))
            seen = []
            for days in (2, 1, 7):
                await stage.advance(timedelta(days=days))
                latest = await stage.latest()
                seen.append(latest.state.status if latest else "")
            return seen

    assert asyncio.run(rehearse()) == ["pending", "resolved", "closed"]
