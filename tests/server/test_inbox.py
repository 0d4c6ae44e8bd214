"""Accepting messages: kept once however often they come, in the thread where they belong, from whoever may write there."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from channels.message import Address, Attachment
from memory import customers, threads, turns
from memory.customers import Identity
from memory.engines.base import Database
from memory.ids import new_public_id
from memory.projection import rebuilt
from memory.threads import NewEvent, Thread
from memory.times import from_ms
from server.clock import HandClock
from server.errors import RefusedInput
from server.inbox import MAX_TEXT_CHARS, accept
from server.services import Services
from server.settings import Settings, TurnsSettings
from tests.server import core
from tests.support.databases import ENGINES, NOW, opened, url_of

VISITOR = Address("visitor", "v" * 40, "channel")
STRANGER = Address("visitor", "s" * 40, "channel")


@pytest.fixture(params=ENGINES)
async def database(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Database]:
    async with opened(url_of(request, tmp_path)) as database:
        yield database


@pytest.fixture
async def services(database: Database) -> AsyncIterator[Services]:
    async with core.rooms(database, clock=HandClock(NOW)) as services:
        yield services


async def become(services: Services, thread: Thread, status: str) -> None:
    """The thread's status changes."""
    event = NewEvent("status", {"status": status}, "all")
    if status == "resolved":
        event = NewEvent("resolved", {"how": "closed"}, "all")
    await core.happen(services, thread, event)


async def due(services: Services) -> float | None:
    """Seconds until the next turn; None when none is due."""
    at = await services.database.read(lambda tx: turns.next_at(tx, NOW))
    return (from_ms(at) - NOW).total_seconds() if at else None


# Once


async def test_copies_by_client_id_are_one_message(services: Services) -> None:
    message = core.inbound("hello", VISITOR, conv=new_public_id("c"), cid="cid-1")
    made = await asyncio.gather(*(accept(services, message) for _ in range(50)))
    assert len({(each.thread.id, each.event.seq) for each in made}) == 1
    assert sorted(each.is_repeat for each in made) == [False] + [True] * 49
    assert len(await core.log(services, made[0].thread)) == 1


async def test_copies_by_the_providers_id_are_one_message(services: Services) -> None:
    message = core.inbound("hello", external_id="SM1")
    made = await asyncio.gather(*(accept(services, message) for _ in range(50)))
    assert len({(each.thread.id, each.event.seq) for each in made}) == 1
    assert sorted(each.is_repeat for each in made) == [False] + [True] * 49
    assert [await core.count(services, table) for table in ("threads", "customers", "events")] == [1, 1, 1]


async def test_a_repeat_asks_for_no_second_answer(services: Services) -> None:
    message = core.inbound("hello", external_id="SM1")
    first = await accept(services, message)
    claim = (await services.database.write(lambda tx: turns.claim(tx, NOW, timedelta(seconds=30), 1)))[0]
    await services.database.write(lambda tx: turns.finish(tx, claim))
    await accept(services, message)
    assert await services.database.read(lambda tx: turns.get(tx, first.thread.id)) is None


async def test_a_late_copy_opens_no_solved_thread(services: Services) -> None:
    message = core.inbound("hello", VISITOR, conv=new_public_id("c"), cid="cid-1")
    first = await accept(services, message)
    for status in ("resolved", "closed"):
        await become(services, first.thread, status)
        again = await accept(services, message)
        assert (again.is_repeat, again.thread.id, again.event.seq) == (True, first.thread.id, 1)
    assert await core.count(services, "threads") == 1


async def test_different_messages_at_once_land_in_one_thread_without_gaps(services: Services) -> None:
    await asyncio.gather(*(core.write(services, f"part {number}") for number in range(50)))
    thread = (await core.write(services, "last")).thread
    events = await core.log(services, thread)
    assert [event.seq for event in events] == list(range(1, 52))
    assert rebuilt(events) == (await core.now(services, thread)).state


async def test_a_known_customer_who_writes_twice_at_once_gets_one_thread(services: Services) -> None:
    """All earlier threads are closed, so each message alone would begin a new one."""
    await become(services, (await core.write(services, "long ago")).thread, "closed")
    made = await asyncio.gather(*(core.write(services, f"part {number}") for number in range(20)))
    assert len({each.thread.id for each in made}) == 1


# Where it belongs


@pytest.mark.parametrize("status", ["new", "open", "pending"])
async def test_a_message_joins_the_open_thread(services: Services, status: str) -> None:
    first = await core.write(services, "hello")
    await become(services, first.thread, status)
    second = await core.write(services, "and one more thing")
    assert (second.thread.id, second.event.seq) == (first.thread.id, 3)
    assert second.thread.state.status == ("new" if status == "new" else "open")


async def test_a_message_on_a_solved_thread_opens_it_and_goes_back_to_the_assistant(services: Services) -> None:
    first = await core.write(services, "hello")
    owner = {"owner_kind": "agent", "owner_id": 7, "owner_name": "Kim"}
    await core.happen(services, first.thread, NewEvent("assigned", owner, "all"))
    await become(services, first.thread, "resolved")
    again = await core.write(services, "it broke again")
    assert again.thread.id == first.thread.id
    state = again.thread.state
    assert (state.status, state.owner_kind, state.resolved_at) == ("open", "assistant", 0)
    kinds = [event.type for event in await core.log(services, again.thread)]
    assert kinds == ["message", "assigned", "resolved", "reopened", "assigned", "message"]


@pytest.mark.parametrize("named", [True, False])
async def test_a_message_on_a_closed_thread_starts_a_linked_one(services: Services, named: bool) -> None:
    first = await core.write(services, "hello")
    await become(services, first.thread, "closed")
    second = await core.write(services, "hello again", conv=first.thread.public_id if named else None)
    assert second.thread.id != first.thread.id
    assert second.thread.previous_id == first.thread.id
    assert (second.thread.state.status, second.thread.number) == ("new", first.thread.number + 1)


async def test_a_first_thread_is_linked_to_none(services: Services) -> None:
    assert (await core.write(services, "hello")).thread.previous_id is None


async def test_a_message_joins_the_thread_that_it_names(services: Services) -> None:
    convs = [new_public_id("c"), new_public_id("c")]
    for conv in convs:
        await core.write(services, "hello", VISITOR, conv=conv)
    third = await core.write(services, "more", VISITOR, conv=convs[0])
    assert (third.thread.public_id, third.event.seq) == (convs[0], 2)


async def test_a_thread_of_an_agent_stays_with_the_agent(services: Services) -> None:
    first = await core.write(services, "hello")
    owner = {"owner_kind": "agent", "owner_id": 7, "owner_name": "Kim"}
    await core.happen(services, first.thread, NewEvent("assigned", owner, "all"))
    assert (await core.write(services, "Kim?")).thread.state.owner_name == "Kim"


async def test_whoever_is_signed_in_is_one_customer_in_every_browser(services: Services) -> None:
    signed_in = Address("store", "cus_1", "verified", "cus_1", "Ana Souza")
    first = await core.write(services, "hello", signed_in)
    second = await core.write(services, "from my phone", signed_in)
    assert second.thread.id == first.thread.id
    customer = await services.database.read(lambda tx: customers.by_store_id(tx, "cus_1"))
    assert customer is not None
    assert customer.id == first.thread.customer_id


# Who may write


async def test_a_foreign_conversation_is_refused_and_nothing_is_stored(services: Services) -> None:
    conv = (await core.write(services, "hello", VISITOR, conv=new_public_id("c"))).thread
    with pytest.raises(RefusedInput) as refused:
        await core.write(services, "let me in", STRANGER, conv=conv.public_id)
    assert refused.value.code == "forbidden"
    assert len(await core.log(services, conv)) == 1


async def test_two_strangers_who_name_the_same_new_conversation_do_not_share_it(services: Services) -> None:
    conv = new_public_id("c")
    made = await asyncio.gather(
        *(core.write(services, "hello", sender, conv=conv) for sender in (VISITOR, STRANGER)), return_exceptions=True
    )
    assert sorted(type(each).__name__ for each in made) == ["Accepted", "RefusedInput"]


async def test_a_participant_may_write_in_a_thread_of_another_customer(services: Services) -> None:
    thread = (await core.write(services, "hello", VISITOR, conv=new_public_id("c"))).thread
    ana: Identity = (await core.write(services, "hello")).identity
    await services.database.write(lambda tx: threads.join(tx, thread.id, ana.id, NOW))
    assert (await core.write(services, "me too", conv=thread.public_id)).thread.id == thread.id


async def test_a_blocked_address_is_refused_and_nothing_is_stored(services: Services) -> None:
    thread = (await core.write(services, "hello")).thread
    await services.database.write(lambda tx: tx.run("UPDATE identities SET blocked = 1"))
    with pytest.raises(RefusedInput) as refused:
        await core.write(services, "hello again")
    assert refused.value.code == "blocked"
    assert len(await core.log(services, thread)) == 1


@pytest.mark.parametrize(
    ("text", "code"), [("", "empty"), (" \n\t ", "empty"), ("x" * (MAX_TEXT_CHARS + 1), "too_long")]
)
async def test_nothing_and_too_much_are_refused(services: Services, text: str, code: str) -> None:
    with pytest.raises(RefusedInput) as refused:
        await core.write(services, text)
    assert refused.value.code == code
    assert await core.count(services, "customers") == 0


async def test_a_file_needs_no_words(services: Services) -> None:
    file = Attachment("att_1", "label.jpg", "image/jpeg", 1200)
    accepted = await core.write(services, "", attachments=(file,))
    assert accepted.event.body["attachments"] == [
        {"id": "att_1", "name": "label.jpg", "type": "image/jpeg", "size": 1200}
    ]


# The turn that it asks for


@pytest.mark.parametrize(("channel", "seconds"), [("widget", 1.2), ("whatsapp", 2.5), ("sms", 2.5), ("email", 0)])
async def test_an_answer_waits_for_the_burst_of_its_channel(services: Services, channel: str, seconds: float) -> None:
    usual = replace(services, settings=Settings(turns=TurnsSettings()))
    await core.write(usual, "hello", channel=channel)
    assert await due(usual) == seconds


async def test_beside_an_agent_nothing_is_waited_for(services: Services) -> None:
    usual = replace(services, settings=Settings(turns=TurnsSettings()))
    thread = (await core.write(services, "hello")).thread
    await core.happen(services, thread, NewEvent("assigned", {"owner_kind": "agent", "owner_id": 7}, "all"))
    await services.database.write(lambda tx: turns.drop(tx, thread.id))
    await core.write(usual, "Kim?")
    assert await due(usual) == 0


async def test_everybody_who_listens_is_woken_after_the_commit(services: Services) -> None:
    heard: list[str] = []
    for topic in ("turns", "inbox"):
        services.bus.listen(topic, lambda topic, _note: heard.append(topic))
    await core.write(services, "hello")
    assert sorted(heard) == ["inbox", "turns"]
