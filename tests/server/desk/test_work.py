"""What a person does with a thread: one voice at a time, nothing sent by somebody who has not seen what came."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from memory import dialogues, turns
from memory.agents import Agent
from memory.engines.base import Database
from memory.projection import rebuilt
from memory.threads import NewEvent, Thread
from server.clock import HandClock
from server.desk import work
from server.desk.work import Written
from server.errors import NotAllowed, RefusedInput, StaleSight
from server.services import Services
from server.turns import Turns
from tests.server import core
from tests.server.commerce.orders import shipped
from tests.support.databases import ENGINES, NOW, opened, url_of

Act = Callable[[], Awaitable[Written]]


class House:
    """A thread in which the customer has said hello, and people at the desk."""

    def __init__(self, services: Services, thread: Thread, people: dict[str, Agent]) -> None:
        self.services, self.thread, self.conv = services, thread, thread.public_id
        self.kim, self.lee = people["Kim"], people["Lee"]
        self.people = people

    async def state(self) -> tuple[str, str]:
        """(status, owner) as the desk sees it."""
        state = (await core.now(self.services, self.thread)).state
        return state.status, state.owner_name or state.owner_kind

    async def reply(self, agent: Agent, text: str, seen: int, key: str = "k", **more: object) -> Written:
        return await work.reply(self.services, self.conv, agent, text, seen, key, **more)  # type: ignore[arg-type]  # draft

    async def waits(self) -> bool:
        """Whether the assistant is to answer."""
        return await self.services.database.read(lambda tx: turns.get(tx, self.thread.id)) is not None

    async def kinds(self) -> list[str]:
        return [event.type for event in await core.log(self.services, self.thread)]


@pytest.fixture(params=ENGINES)
async def database(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Database]:
    async with opened(url_of(request, tmp_path)) as database:
        yield database


@pytest.fixture
async def house(database: Database) -> AsyncIterator[House]:
    async with core.rooms(database, shipped(), clock=HandClock(NOW)) as services:
        thread = (await core.write(services, "hello")).thread
        roles = {"Kim": "agent", "Lee": "agent", "Vic": "viewer", "Sue": "supervisor", "Ada": "admin"}
        people = {name: await core.someone(services, name, role) for name, role in roles.items()}
        yield House(services, thread, people)


# Claiming


async def test_whoever_claims_owns_the_thread_and_the_assistant_is_silent(house: House) -> None:
    await work.claim(house.services, house.conv, house.kim)
    await Turns(house.services, pads=False).drain()
    assert await house.state() == ("new", "Kim")
    assert await core.said(house.services, house.thread) == []


async def test_claiming_twice_writes_once(house: House) -> None:
    await work.claim(house.services, house.conv, house.kim)
    again = await work.claim(house.services, house.conv, house.kim)
    assert again.is_repeat
    assert await house.kinds() == ["message", "assigned"]


async def test_of_two_who_claim_at_once_one_gets_the_thread(house: House) -> None:
    claims = await asyncio.gather(
        *(work.claim(house.services, house.conv, agent) for agent in (house.kim, house.lee)), return_exceptions=True
    )
    assert sorted(type(each).__name__ for each in claims) == ["NotAllowed", "Written"]
    assert (await house.kinds()).count("assigned") == 1


@pytest.mark.parametrize(("name", "may"), [("Lee", False), ("Sue", True), ("Ada", True), ("Vic", False)])
async def test_only_a_lead_takes_a_colleagues_thread(house: House, name: str, may: bool) -> None:
    await work.claim(house.services, house.conv, house.kim)
    if may:
        await work.claim(house.services, house.conv, house.people[name])
        assert await house.state() == ("new", name)
        return
    with pytest.raises(NotAllowed):
        await work.claim(house.services, house.conv, house.people[name])
    assert await house.state() == ("new", "Kim")


# Replying


async def test_a_reply_goes_to_the_address_that_wrote_last(house: House) -> None:
    written = await house.reply(house.kim, "Hi, Kim here.", 1)
    first = (await core.log(house.services, house.thread))[0]
    assert (written.event.channel, written.event.identity_id) == (first.channel, first.identity_id)
    assert (written.event.author_name, written.event.audience) == ("Kim", "all")


async def test_a_reply_claims_a_free_thread_and_ends_the_assistants_turn(house: House) -> None:
    assert await house.waits()
    await house.reply(house.kim, "Hi, Kim here.", 1)
    assert await house.state() == ("pending", "Kim")
    assert await house.kinds() == ["message", "assigned", "message"]
    assert not await house.waits()


async def test_a_repeated_key_sends_once_even_at_once(house: House) -> None:
    made = await asyncio.gather(*(house.reply(house.kim, "Hi, Kim here.", 1, "key") for _ in range(10)))
    assert len({each.event.seq for each in made}) == 1
    assert sorted(each.is_repeat for each in made) == [False] + [True] * 9
    assert await core.said(house.services, house.thread, "agent") == ["Hi, Kim here."]


@pytest.mark.parametrize(
    "event",
    [
        NewEvent("message", {"text": "wait!"}, "all", "customer"),
        NewEvent("message", {"text": "On its way."}, "all", "assistant"),
        NewEvent("assigned", {"owner_kind": "queue"}, "all"),
        NewEvent("resolved", {"how": "assumed"}, "all"),
    ],
)
async def test_a_reply_of_somebody_who_has_not_seen_what_moved_is_not_sent(house: House, event: NewEvent) -> None:
    await core.happen(house.services, house.thread, event)
    with pytest.raises(StaleSight) as stale:
        await house.reply(house.kim, "Hi, Kim here.", 1)
    assert stale.value.since == 2
    arrived = await work.since(house.services, house.conv, 1)
    assert [(each.seq, each.type) for each in arrived] == [(2, event.type)]
    assert await core.said(house.services, house.thread, "agent") == []
    await house.reply(house.kim, "Hi, Kim here.", 2)
    assert await core.said(house.services, house.thread, "agent") == ["Hi, Kim here."]


@pytest.mark.parametrize("kind", ["delivery", "order_update", "classified", "note", "draft_offered"])
async def test_what_moves_nothing_blocks_no_reply(house: House, kind: str) -> None:
    await core.happen(house.services, house.thread, NewEvent(kind, {"text": "x"}))
    await house.reply(house.kim, "Hi, Kim here.", 1)
    assert await core.said(house.services, house.thread, "agent") == ["Hi, Kim here."]


async def test_ones_own_claim_blocks_no_reply(house: House) -> None:
    await work.claim(house.services, house.conv, house.kim)
    await house.reply(house.kim, "Hi, Kim here.", 1)
    assert await house.state() == ("pending", "Kim")


async def test_nobody_replies_in_a_colleagues_thread(house: House) -> None:
    await work.claim(house.services, house.conv, house.kim)
    for name in ("Lee", "Sue"):
        with pytest.raises(NotAllowed):
            await house.reply(house.people[name], "Hi.", 2)
    assert await core.said(house.services, house.thread, "agent") == []


async def test_what_became_of_a_draft_is_kept(house: House) -> None:
    await house.reply(house.kim, "Hi, Kim here.", 1, draft={"n": 2, "edited": True})
    outcome = (await core.log(house.services, house.thread, "draft_outcome"))[0]
    assert (outcome.body, outcome.author_id, outcome.audience) == ({"n": 2, "edited": True}, house.kim.id, "desk")


@pytest.mark.parametrize(("text", "code"), [(" ", "empty"), ("x" * 4001, "too_long")])
async def test_an_empty_or_endless_reply_is_refused(house: House, text: str, code: str) -> None:
    with pytest.raises(RefusedInput) as refused:
        await house.reply(house.kim, text, 1)
    assert refused.value.code == code


# Notes


async def test_a_note_is_for_the_desk_and_moves_nothing(house: House) -> None:
    before = (await core.now(house.services, house.thread)).state
    note = await work.note(house.services, house.conv, house.lee, "VIP, be quick", "n1")
    assert note.event.audience == "desk"
    assert (await work.note(house.services, house.conv, house.lee, "VIP, be quick", "n1")).is_repeat
    after = (await core.now(house.services, house.thread)).state
    assert (after.moved_seq, after.owner_kind, after.last_seq) == (before.moved_seq, "assistant", 2)


# Resolving and handing back


async def test_a_solved_thread_needs_no_answer_any_more(house: House) -> None:
    await work.resolve(house.services, house.conv, house.kim, 1)
    assert (await house.state())[0] == "resolved"
    assert not await house.waits()
    assert (await work.resolve(house.services, house.conv, house.kim)).is_repeat
    assert await house.kinds() == ["message", "resolved"]


async def test_nobody_resolves_what_they_have_not_seen(house: House) -> None:
    await core.write(house.services, "and one more thing")
    with pytest.raises(StaleSight):
        await work.resolve(house.services, house.conv, house.kim, 1)
    assert (await house.state())[0] == "new"


async def test_a_message_after_resolving_brings_the_assistant_back(house: House) -> None:
    await house.reply(house.kim, "Hi, Kim here.", 1)
    await work.resolve(house.services, house.conv, house.kim)
    await core.write(house.services, "where is my order 1042? ana@example.com")
    await Turns(house.services, pads=False).drain()
    assert (await house.state())[1] == "assistant"
    assert len(await core.said(house.services, house.thread)) == 1


async def test_a_thread_that_is_handed_back_is_answered_by_the_assistant_again(house: House) -> None:
    await house.reply(house.kim, "Hi, Kim here.", 1)
    await work.hand_back(house.services, house.conv, house.kim)
    assert (await work.hand_back(house.services, house.conv, house.kim)).is_repeat
    await core.write(house.services, "where is my order 1042? ana@example.com")
    await Turns(house.services, pads=False).drain()
    assert (await house.state())[1] == "assistant"
    assert len(await core.said(house.services, house.thread)) == 1


async def test_what_a_person_left_unanswered_is_answered_by_the_assistant(house: House) -> None:
    await house.reply(house.kim, "Hi, Kim here.", 1)
    await core.write(house.services, "where is my order 1042? ana@example.com")
    await Turns(house.services, pads=False).drain()
    assert await core.said(house.services, house.thread) == []
    await work.hand_back(house.services, house.conv, house.kim)
    await Turns(house.services, pads=False).drain()
    assert len(await core.said(house.services, house.thread)) == 1
    assert "#1042" in (await core.said(house.services, house.thread))[0]
    assert not await house.waits()


async def test_a_question_from_the_queue_is_answered_after_a_hand_back_and_what_led_there_is_not(house: House) -> None:
    assistant = Turns(house.services, pads=False)
    await core.write(house.services, "I want to speak to a person")
    await assistant.drain()
    await work.hand_back(house.services, house.conv, house.kim)
    await assistant.drain()
    assert await house.state() == ("open", "assistant")
    await core.happen(house.services, house.thread, NewEvent("handoff", {"reason": "requested"}, "all"))
    await core.write(house.services, "where is my order 1042? ana@example.com")
    await assistant.drain()
    await work.hand_back(house.services, house.conv, house.kim)
    await assistant.drain()
    assert "#1042" in (await core.said(house.services, house.thread))[-1]
    assert await house.state() == ("pending", "assistant")
    assert len(await core.log(house.services, house.thread, "handoff")) == 2


async def test_handing_back_forgets_an_open_question_but_not_the_language(house: House) -> None:
    saved = {"language": "de", "asked": "identify", "asked_times": 2, "slots": {"emails": ["ana@example.com"]}}
    await house.services.database.write(lambda tx: dialogues.save(tx, house.thread.id, 1, saved))
    await work.claim(house.services, house.conv, house.kim)
    await work.hand_back(house.services, house.conv, house.kim)
    kept = await house.services.database.read(lambda tx: dialogues.load(tx, house.thread.id))
    assert kept == {"language": "de", "slots": {"emails": ["ana@example.com"]}}


@pytest.mark.parametrize("act", [work.resolve, work.hand_back])
@pytest.mark.parametrize(("name", "may"), [("Kim", True), ("Lee", False), ("Sue", True), ("Ada", True)])
async def test_only_its_owner_or_a_lead_ends_a_colleagues_work(
    house: House, act: Callable[..., Awaitable[Written]], name: str, may: bool
) -> None:
    await work.claim(house.services, house.conv, house.kim)
    if may:
        assert not (await act(house.services, house.conv, house.people[name])).is_repeat
        return
    with pytest.raises(NotAllowed):
        await act(house.services, house.conv, house.people[name])
    assert await house.state() == ("new", "Kim")


# Whoever and whatever may not


async def test_a_viewer_changes_nothing(house: House) -> None:
    services, conv, vic = house.services, house.conv, house.people["Vic"]
    acts: tuple[Act, ...] = (
        lambda: work.claim(services, conv, vic),
        lambda: work.reply(services, conv, vic, "Hi", 1, "k"),
        lambda: work.note(services, conv, vic, "Hi", "k"),
        lambda: work.resolve(services, conv, vic),
        lambda: work.hand_back(services, conv, vic),
    )
    for act in acts:
        with pytest.raises(NotAllowed):
            await act()
    assert await house.kinds() == ["message"]


async def test_a_closed_thread_takes_notes_only(house: House) -> None:
    await core.happen(house.services, house.thread, NewEvent("status", {"status": "closed"}, "all"))
    services, conv = house.services, house.conv
    acts: tuple[Act, ...] = (
        lambda: work.claim(services, conv, house.kim),
        lambda: work.reply(services, conv, house.kim, "Hi", 9, "k"),
        lambda: work.resolve(services, conv, house.kim),
        lambda: work.hand_back(services, conv, house.kim),
    )
    for act in acts:
        with pytest.raises(NotAllowed):
            await act()
    await work.note(services, conv, house.kim, "for the record", "n")
    assert await house.kinds() == ["message", "status", "note"]


async def test_a_conversation_that_does_not_exist_is_not_found(house: House) -> None:
    with pytest.raises(LookupError):
        await work.claim(house.services, "c_nothing", house.kim)


async def test_every_act_is_in_the_log_and_wakes_its_readers(house: House) -> None:
    heard: list[str] = []
    for topic in (f"thread:{house.thread.id}", "inbox"):
        house.services.bus.listen(topic, lambda topic, _note: heard.append(topic))
    await work.claim(house.services, house.conv, house.kim)
    await house.reply(house.kim, "Hi, Kim here.", 2)
    await work.hand_back(house.services, house.conv, house.kim)
    assert heard == [f"thread:{house.thread.id}", "inbox"] * 3
    assert rebuilt(await core.log(house.services, house.thread)) == (await core.now(house.services, house.thread)).state
