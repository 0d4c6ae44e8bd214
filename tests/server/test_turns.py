"""Turns: one answer to what was said, by one worker, committed only if nothing moved, and never lost."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from typing_extensions import override

from channels.message import Address
from memory import actions, desk, threads, turns
from memory.agents import Agent
from memory.engines.base import Database, T, Unit
from memory.errors import StorageUnavailable
from memory.threads import NewEvent, Thread
from memory.turns import Claim
from server.answering.context import Handoff
from server.bus import Bell
from server.clock import HandClock
from server.desk import work
from server.services import Services
from server.settings import Settings, TurnsSettings
from server.turns import Turns
from tests.server import core
from tests.server.commerce.orders import ago, an_event, shipped
from tests.support.databases import ENGINES, NOW, opened, url_of

WHERE = "where is my order 1042? ana@example.com"
DELIVERED = shipped(an_event(ago(days=2), "delivered"))
TO_CONFIRM = (
    "I want to return the red scarf from order 1042, ana@example.com, it is too small",
    "refund to my original payment method",
)


class House:
    """Rooms with a moody store, and turns that wait for nothing."""

    def __init__(self, services: Services, store: core.MoodyStore, clock: HandClock) -> None:
        self.services, self.store, self.clock = services, store, clock
        self.turns = Turns(services, pads=False)

    async def hear(self, text: str, sender: Address = core.ANA, **values: object) -> Thread:
        """The customer writes."""
        self.clock.advance(timedelta(seconds=1))
        return (await core.write(self.services, text, sender, **values)).thread

    async def ask(self, *texts: str) -> Thread:
        """The customer writes each line and gets an answer to it."""
        thread = None
        for text in texts:
            thread = await self.hear(text)
            await self.turns.drain()
        assert thread is not None
        return thread

    def in_the_middle(self, happen: Callable[[], Awaitable[object]]) -> None:
        """Let something happen once, while an order is read for an answer."""

        async def before() -> None:
            self.store.before = None
            await happen()

        self.store.before = before

    def broken(self, error: Exception) -> None:
        """From now on each read of the store fails."""
        self.store.before = core.raising(error)

    async def retries(self) -> None:
        """Let every repeat come due."""
        for _ in range(5):
            self.clock.advance(timedelta(seconds=20))
            await self.turns.drain()

    async def claim(self) -> Claim:
        """What another worker would hold now."""
        now, lease = self.clock.now(), timedelta(seconds=30)
        return (await self.services.database.write(lambda tx: turns.claim(tx, now, lease, 1)))[0]

    async def waits(self, thread: Thread) -> bool:
        """Whether a turn is on its way."""
        return await self.services.database.read(lambda tx: turns.get(tx, thread.id)) is not None

    async def kim(self) -> Agent:
        return await core.someone(self.services, "Kim")


@asynccontextmanager
async def running(database: Database, **options: float) -> AsyncIterator[House]:
    clock = HandClock(NOW)
    settings = Settings(turns=replace(TurnsSettings(burst_ms=0), **options))  # type: ignore[arg-type]  # a deadline below a second
    async with core.rooms(database, DELIVERED, clock=clock, settings=settings, store_kind=core.MoodyStore) as services:
        assert isinstance(services.store, core.MoodyStore)
        yield House(services, services.store, clock)


@pytest.fixture(params=ENGINES)
async def database(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Database]:
    async with opened(url_of(request, tmp_path)) as database:
        yield database


@pytest.fixture
async def house(database: Database) -> AsyncIterator[House]:
    async with running(database) as house:
        yield house


# One answer


async def test_a_burst_gets_one_answer(house: House) -> None:
    for text in ("hi", "where is my order", "1042 ana@example.com"):
        thread = await house.hear(text)
    assert len(await house.turns.drain()) == 1
    answers = [
        event.body["answers"]
        for event in await core.log(house.services, thread, "message")
        if event.body.get("answers")
    ]
    assert answers == [3]
    assert not await house.waits(thread)


async def test_a_burst_is_waited_for_but_not_for_ever(database: Database) -> None:
    async with running(database, burst_ms=2500) as house:
        await house.hear("hi")
        for _ in range(6):
            house.clock.advance(timedelta(seconds=1.3))
            assert await house.turns.drain() == []
            await core.write(house.services, "and")
        house.clock.advance(timedelta(seconds=0.2))
        assert len(await house.turns.drain()) == 1


async def test_an_answer_is_given_once_by_several_workers(house: House) -> None:
    thread = await house.hear(WHERE)
    workers = [Turns(house.services, pads=False) for _ in range(5)]
    answered = await asyncio.gather(*(worker.drain() for worker in workers))
    assert sum(map(len, answered)) == 1
    assert len(await core.said(house.services, thread)) == 1


async def test_the_loop_answers_what_arrives(house: House) -> None:
    said = Bell()
    async with asyncio.TaskGroup() as group:
        running = group.create_task(house.turns.run())
        thread = await house.hear(WHERE)
        house.services.bus.listen(f"thread:{thread.id}", said.ring)
        assert await core.said(house.services, thread) or await said.wait(10)
        running.cancel()
    assert len(await core.said(house.services, thread)) == 1


async def test_an_order_is_read_once_for_an_answer_and_what_hangs_on_it(house: House) -> None:
    reads = []

    async def count() -> None:
        reads.append(1)

    await house.ask(WHERE)
    house.store.before = count
    thread = await house.ask("where is my order?")
    assert len(reads) == 1
    label = (await core.log(house.services, thread, "classified"))[-1]
    assert label.body["money_at_risk"] is not None


async def test_what_was_answered_before_somebody_told_something_is_not_answered_again(house: House) -> None:
    """News that the shop tells by itself answer nothing, though they are the last reply."""
    thread = await house.ask(WHERE, "where is my order?")
    news = NewEvent("message", {"text": "Your refund is on its way."}, "all", "assistant", channel="sms")
    await house.services.database.write(lambda tx: threads.append(tx, thread.id, [news], house.clock.now()))
    await house.hear("thank you")
    answered = await house.turns.drain()
    assert answered[0].labels is not None
    assert answered[0].labels.intent == "thanks"


async def test_who_takes_over_reads_what_was_said_long_before_the_last_reply(house: House) -> None:
    thread = await house.ask(WHERE, "what is your return policy?", "where is my order?", "I want to speak to a human")
    found = await house.services.database.read(lambda tx: desk.brief(tx, thread.id))
    assert found is not None
    assert sum(line.startswith("Assistant: ") for line in found[1]["tried"]) == 3
    assert found[1]["history"].startswith("4 messages from the customer")


# What moves meanwhile


async def test_the_loop_takes_up_at_once_what_moved(house: House) -> None:
    heard = Bell()
    house.in_the_middle(lambda: house.hear("and when will it be refunded?"))
    async with asyncio.TaskGroup() as group:
        running = group.create_task(house.turns.run())
        thread = await house.hear(WHERE)
        house.services.bus.listen("outbox", heard.ring)
        assert await heard.wait(4), "the loop slept until it looked by itself"
        running.cancel()
    assert len(await core.said(house.services, thread)) == 1


async def test_a_message_in_the_middle_drops_the_answer_and_runs_again(house: House) -> None:
    house.in_the_middle(lambda: house.hear("and when will it be refunded?"))
    thread = await house.ask(WHERE)
    replies = [event for event in await core.log(house.services, thread, "message") if event.author_type == "assistant"]
    assert [event.body["answers"] for event in replies] == [2]
    assert len(await core.log(house.services, thread, "classified")) == 1


async def test_a_person_who_takes_over_in_the_middle_silences_the_answer(house: House) -> None:
    kim = await house.kim()
    thread = await house.hear(WHERE)
    house.in_the_middle(lambda: work.claim(house.services, thread.public_id, kim))
    await house.turns.drain()
    assert await core.said(house.services, thread) == []
    assert (await core.now(house.services, thread)).state.owner_name == "Kim"


async def test_a_person_who_answers_in_the_middle_makes_the_answer_needless(house: House) -> None:
    kim = await house.kim()
    thread = await house.hear(WHERE)
    house.in_the_middle(lambda: work.reply(house.services, thread.public_id, kim, "Hi, Kim here.", 1, "k"))
    await house.turns.drain()
    assert await core.said(house.services, thread) == []
    assert not await house.waits(thread)


async def test_a_thread_that_moved_is_no_failed_attempt(house: House) -> None:
    """However often a customer interrupts, one mistake afterwards is still only the first."""
    thread = await house.hear(WHERE)
    for _ in range(4):
        house.in_the_middle(lambda: house.hear("one more thing"))
        await house.turns.answer(await house.claim())
    house.in_the_middle(core.raising(RuntimeError("once")))
    await house.turns.answer(await house.claim())
    await house.retries()
    assert (await core.now(house.services, thread)).state.owner_kind == "assistant"
    assert len(await core.said(house.services, thread)) == 1


async def test_a_message_that_comes_while_nothing_is_to_be_said_is_answered(house: House) -> None:
    """A turn finds nothing unanswered; before it lets go, the customer writes."""
    thread = await house.ask(WHERE)
    await house.services.database.write(lambda tx: turns.due(tx, thread.id, house.clock.now(), house.clock.now()))

    class Interrupted(Turns):
        @override
        async def _read(self, claim: Claim, model: Any = None) -> Any:
            found = await super()._read(claim, model)
            await house.hear("and the refund?")
            return found

    await Interrupted(house.services, pads=False).answer(await house.claim())
    await house.turns.drain()
    assert len(await core.said(house.services, thread)) == 2


# Crashes


async def test_a_turn_whose_worker_died_is_answered_by_another(house: House) -> None:
    thread = await house.hear(WHERE)
    await house.claim()
    house.clock.advance(timedelta(seconds=29))
    assert await house.turns.drain() == []
    house.clock.advance(timedelta(seconds=2))
    assert len(await house.turns.drain()) == 1
    assert len(await core.said(house.services, thread)) == 1


async def test_a_worker_that_comes_back_too_late_commits_nothing(house: House) -> None:
    thread = await house.hear(WHERE)
    late = await house.claim()
    house.clock.advance(timedelta(seconds=31))
    in_time = await house.claim()
    assert await house.turns.answer(late) is None
    assert await core.said(house.services, thread) == []
    assert await house.turns.answer(in_time) is not None
    assert len(await core.said(house.services, thread)) == 1


async def test_a_restart_answers_at_once_what_the_last_process_held(tmp_path: Path) -> None:
    async with opened(f"sqlite:///{tmp_path / 'one.db'}") as database, running(database) as house:
        thread = await house.hear(WHERE)
        await house.claim()
        said = Bell()
        with house.services.bus.listening(f"thread:{thread.id}", said.ring):
            async with asyncio.TaskGroup() as group:
                task = group.create_task(house.turns.run())
                assert await said.wait(10)
                task.cancel()
        assert len(await core.said(house.services, thread)) == 1


class Shaky:
    """A database that goes away for one write when told; everything else is the real one's."""

    def __init__(self, real: Database) -> None:
        self._real = real
        self.engine = real.engine
        self.fails = 0

    async def write(self, unit: Unit[T], *, is_kept: bool = True) -> T:
        if self.fails:
            self.fails -= 1
            raise StorageUnavailable("gone for a moment")
        return await self._real.write(unit, is_kept=is_kept)

    async def read(self, unit: Unit[T]) -> T:
        return await self._real.read(unit)

    async def close(self) -> None:
        await self._real.close()


async def test_a_crash_between_an_action_and_its_commit_repeats_without_a_second_action(database: Database) -> None:
    shaky = Shaky(database)
    async with running(shaky) as house:
        thread = await house.ask(*TO_CONFIRM)

        def executed(_topic: str, _order_id: object) -> None:
            shaky.fails = 2  # the commit of the answer, and the note that it is to be run again

        with house.services.bus.listening("orders", executed):
            assert await _answered(house, "yes") == []
        await house.retries()
        await _is_returned_once(house, thread)


async def test_a_crash_between_the_store_and_the_ledger_repeats_without_a_second_action(database: Database) -> None:
    shaky = Shaky(database)
    async with running(shaky) as house:
        thread = await house.ask(*TO_CONFIRM)
        house.store.on_change = lambda _order_id: setattr(shaky, "fails", 2)
        assert await _answered(house, "yes") == []
        house.store.on_change = None
        await house.retries()
        await _is_returned_once(house, thread)


async def _answered(house: House, text: str) -> list[object]:
    await house.hear(text)
    return list(await house.turns.drain())


async def _is_returned_once(house: House, thread: Thread) -> None:
    order = await house.store.order("ord_7")
    assert order is not None
    assert len(order.returns) == 1
    kinds = [event.type for event in await core.log(house.services, thread, "confirmed", "executed")]
    assert kinds == ["confirmed", "executed"]
    ledger = await house.services.database.read(lambda tx: actions.of_thread(tx, thread.id))
    assert [action.state for action in ledger] == ["executed"]
    assert "RMA" in (await core.said(house.services, thread))[-1]
    assert len(await core.said(house.services, thread)) == 3


# What does not work goes to a person


async def test_the_third_failure_hands_over(house: House) -> None:
    house.broken(RuntimeError("a mistake in an adapter"))
    thread = await house.ask(WHERE)
    assert (await core.now(house.services, thread)).state.owner_kind == "assistant"
    await house.retries()
    state = (await core.now(house.services, thread)).state
    assert (state.owner_kind, state.handoff_reason) == ("queue", "failed")
    assert len(await core.said(house.services, thread)) == 1
    written = await house.services.database.read(lambda tx: desk.brief(tx, thread.id))
    assert written is not None
    assert written[1]["quote"] == WHERE
    assert not await house.waits(thread)


async def test_an_order_system_that_breaks_the_brief_too_still_gets_a_person(house: House) -> None:
    thread = await house.ask(WHERE)
    house.broken(RuntimeError("a mistake in an adapter"))
    await house.ask("where is it now?")
    await house.retries()
    state = (await core.now(house.services, thread)).state
    assert (state.owner_kind, state.handoff_reason) == ("queue", "failed")
    assert (await core.said(house.services, thread))[-1]
    written = await house.services.database.read(lambda tx: desk.brief(tx, thread.id))
    assert written is not None
    assert written[1]["why"]["reason"] == "failed"


async def test_a_failure_never_takes_a_thread_from_its_agent(house: House) -> None:
    thread = await house.ask(WHERE)
    await work.claim(house.services, thread.public_id, await house.kim())
    house.broken(RuntimeError("a mistake in an adapter"))
    await house.ask("Kim?")
    await house.retries()
    assert (await core.now(house.services, thread)).state.owner_name == "Kim"
    assert len(await core.said(house.services, thread)) == 1
    assert not await house.waits(thread)


async def test_an_answer_that_takes_too_long_goes_to_a_person_at_once(tmp_path: Path) -> None:
    async with (
        opened(f"sqlite:///{tmp_path / 'one.db'}") as database,
        running(database, deadline_s=0.1) as house,
    ):
        house.store.before = _hang
        thread = await house.hear(WHERE)
        outcome = (await house.turns.drain())[0].outcome
        assert outcome == Handoff("failed")
        assert (await core.now(house.services, thread)).state.handoff_reason == "failed"


async def test_an_order_system_that_hangs_holds_no_thread_for_ever(tmp_path: Path) -> None:
    async with (
        opened(f"sqlite:///{tmp_path / 'one.db'}") as database,
        running(database, deadline_s=0.1) as house,
    ):
        thread = await house.hear(WHERE)
        await house.turns.drain()
        house.store.before = _hang
        await house.ask("where is it now?")
        assert (await core.now(house.services, thread)).state.handoff_reason == "failed"
        assert not await house.waits(thread)


async def _hang() -> None:
    await asyncio.sleep(60)


async def test_an_outage_of_the_storage_is_outlasted(house: House) -> None:
    """It is nobody's failure: however long it lasts, the assistant answers in the end."""
    shaky = Shaky(house.services.database)
    turns_over_it = Turns(replace(house.services, database=shaky), pads=False)
    thread = await house.hear(WHERE)
    for _ in range(6):
        claim = await house.claim()
        shaky.fails = 2
        assert await turns_over_it.answer(claim) is None
        house.clock.advance(timedelta(seconds=31))
    await house.turns.drain()
    assert (await core.now(house.services, thread)).state.owner_kind == "assistant"
    assert len(await core.said(house.services, thread)) == 1


# Threads that are not the assistant's


async def test_a_thread_in_the_queue_is_only_acknowledged(house: House) -> None:
    thread = await house.ask("I want to speak to a person", WHERE, "hello? anybody?")
    said = [event for event in await core.log(house.services, thread, "message") if event.author_type == "assistant"]
    assert all(event.body.get("holding") for event in said)
    assert not any("card" in event.body for event in said)
    assert len(await core.log(house.services, thread, "handoff")) == 1
    assert (await core.now(house.services, thread)).state.owner_kind == "queue"


async def test_beside_an_agent_the_assistant_is_silent_but_keeps_labels_and_brief_fresh(house: House) -> None:
    thread = await house.hear("hello")
    await work.claim(house.services, thread.public_id, await house.kim())
    await house.turns.drain()
    await house.ask("this is the third time I ask, I am furious! WHERE IS ORDER 1042???")
    assert await core.said(house.services, thread) == []
    state = (await core.now(house.services, thread)).state
    assert (state.owner_name, state.mood >= 2, state.waiting_since > 0) == ("Kim", True, True)
    written = await house.services.database.read(lambda tx: desk.brief(tx, thread.id))
    assert written is not None
    assert "third time" in written[1]["quote"]
    drafts = [event.body["of"] for event in await core.log(house.services, thread, "draft_offered")]
    assert drafts[-1] == state.last_customer_seq
