"""Echoes: our own are recognised whatever the clock says, a person's in the provider's own app silence the assistant."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import httpx2
import pytest

from channels.message import Address, Echo, ProviderId, Receipt, Remark
from memory import threads, turns
from memory.engines.base import Database
from memory.threads import Thread
from server.desk import work
from server.echoes import NATIVE, take_echo
from server.errors import CannotYet
from server.native import give_back
from server.outbox import Outbox
from server.providers import Lines
from server.receipts import take_receipt
from server.remarks import take_remark
from tests.channels.provider import Provider, ProviderSender
from tests.server import core
from tests.server.core import ANA, BOB
from tests.server.test_outbox import House
from tests.support.databases import ENGINES, NOW, opened, url_of
from tests.support.servers import serve

HOUR = timedelta(hours=1)
SKEWS = [-HOUR, timedelta(0), HOUR]


@pytest.fixture(params=ENGINES)
async def database(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Database]:
    """An empty store on each engine."""
    async with opened(url_of(request, tmp_path)) as database:
        yield database


@asynccontextmanager
async def opened_house(database: Database) -> AsyncIterator[House]:
    """Rooms whose text messages go through a provider that may misbehave."""
    provider = Provider()
    async with serve(provider.app) as url, httpx2.AsyncClient(base_url=url, trust_env=False) as client:
        lines = Lines({"loopback": ProviderSender(client)})
        async with core.rooms(database, lines=lines) as services:
            clock = services.clock
            yield House(services, provider, Outbox(services, send_s=0.3), clock)  # type: ignore[arg-type]  # a HandClock


@pytest.fixture
async def house(database: Database) -> AsyncIterator[House]:
    """As above."""
    async with opened_house(database) as house:
        yield house


def echo(
    text: str, mid: str = "mid-1", *, to: Address = ANA, key: str | None = None, off: timedelta = timedelta(0)
) -> Echo:
    """The provider shows a message of our side; its clock may be off."""
    return Echo("sms", ProviderId(mid), to, text, NOW + off, key)


async def said(house: House, thread: Thread) -> list[tuple[str, str]]:
    """(author, text) of everything that was said."""
    events = await core.log(house.services, thread, "message")
    return [(event.author_name or event.author_type, str(event.body["text"])) for event in events]


async def statuses(house: House, thread: Thread) -> list[str]:
    """What is known about the deliveries, in order."""
    return [str(event.body["status"]) for event in await core.log(house.services, thread, "delivery")]


@pytest.mark.parametrize("off", SKEWS)
async def test_an_echo_of_ours_is_recognised_by_its_id(house: House, off: timedelta) -> None:
    """pitfalls 11, 12, 13: no window of time, no turn, nothing said twice."""
    thread = await house.thread()
    await house.say(thread, "It ships tomorrow.")
    await house.outbox.drain()
    await house.services.database.write(lambda tx: turns.drop(tx, thread.id))
    await take_echo(house.services, echo("<a card that reads otherwise>", "SM1", off=off))
    assert await said(house, thread) == [("Ana Souza", "hello"), ("assistant", "It ships tomorrow.")]
    assert await core.count(house.services, "turns") == 0
    assert (await core.now(house.services, thread)).state.owner_kind == "assistant"


async def test_an_echo_of_ours_is_recognised_in_a_closed_thread(house: House) -> None:
    """pitfalls 10: it is looked for everywhere, and opens no new conversation."""
    thread = await house.thread()
    await house.say(thread, "It ships tomorrow.")
    await house.outbox.drain()
    await core.happen(house.services, thread, threads.NewEvent("status", {"status": "closed"}, "all"))
    later = await core.write(house.services, "something else")
    house.clock.advance(timedelta(days=9))
    await take_echo(house.services, echo("It ships tomorrow.", "SM1"))
    assert await core.count(house.services, "threads") == 2
    assert await said(house, later.thread) == [("Ana Souza", "something else")]


@pytest.mark.parametrize("off", SKEWS)
@pytest.mark.parametrize("by_key", [True, False], ids=["by our key", "by its words"])
async def test_a_lost_answer_and_its_echo_are_one_message(house: House, off: timedelta, by_key: bool) -> None:
    """pitfalls 9, 11: the send timed out, the echo has an id that nobody knows."""
    thread = await house.thread()
    await house.say(thread, "It ships tomorrow.")
    house.provider.next, house.provider.finds = ["take_and_hang"], ["busy"] * 9
    await house.outbox.drain()
    key = f"{thread.public_id}:2" if by_key else None
    text = "It ships tomorrow. " if not by_key else "as a card"
    await take_echo(house.services, echo(text, "mid-7", key=key, off=off))
    assert await house.later(minutes=30) == 0, "it is not asked for and not sent again"
    assert house.provider.texts == ["It ships tomorrow."]
    assert await said(house, thread) == [("Ana Souza", "hello"), ("assistant", "It ships tomorrow.")]
    assert await statuses(house, thread) == ["sent"]
    await take_receipt(house.services, Receipt("sms", ProviderId("mid-7"), "delivered", NOW))
    assert await statuses(house, thread) == ["sent", "delivered"]


async def test_an_echo_may_come_before_the_answer_to_the_send(house: House) -> None:
    thread = await house.thread()
    await house.say(thread, "It ships tomorrow.")
    house.provider.next = ["take_and_hang"]
    sending = asyncio.create_task(house.outbox.drain())
    while not house.provider.texts:  # noqa: ASYNC110 - the stand-in has no event for it
        await asyncio.sleep(0.005)
    with pytest.raises(CannotYet):
        await take_echo(house.services, echo("something else", "mid-8"))
    await take_echo(house.services, echo("It ships tomorrow.", "mid-7"))
    await sending
    assert await statuses(house, thread) == ["sent"]
    await take_echo(house.services, echo("something else", "mid-8"))
    assert (await said(house, thread))[-1] == (NATIVE, "something else")


async def test_a_status_with_our_key_settles_a_lost_answer(house: House) -> None:
    thread = await house.thread()
    await house.say(thread, "It ships tomorrow.")
    house.provider.next, house.provider.finds = ["take_and_hang"], ["busy"] * 9
    await house.outbox.drain()
    receipt = Receipt("sms", ProviderId("wamid-1"), "delivered", NOW, key=f"{thread.public_id}:2")
    await take_receipt(house.services, receipt)
    await take_receipt(house.services, receipt)
    assert await statuses(house, thread) == ["sent", "delivered"]
    assert await house.later(hours=2) == 0
    assert len(house.provider.sends) == 1


async def test_a_word_on_all_up_to_a_time_is_one_on_each(house: House) -> None:
    thread = await house.thread()
    for text in ("one", "two"):
        await house.say(thread, text)
        await house.outbox.drain()
        house.clock.advance(timedelta(minutes=1))
    seen = Receipt("sms", ProviderId(""), "read", NOW + timedelta(seconds=30), to=ANA)
    await take_receipt(house.services, seen)
    assert await statuses(house, thread) == ["sent", "sent", "read"]
    await take_receipt(house.services, Receipt("sms", ProviderId(""), "read", house.clock.now(), to=ANA))
    assert await statuses(house, thread) == ["sent", "sent", "read", "read"]


@pytest.mark.parametrize("off", SKEWS)
async def test_a_person_in_the_native_app_is_an_agent_and_the_assistant_is_silent(house: House, off: timedelta) -> None:
    """pitfalls 14, 15: stored at once, named honestly, never sent again, the turn that was due is dropped."""
    thread = await house.thread()
    await take_echo(house.services, echo("Kim here, I will look.", off=off))
    await take_echo(house.services, echo("Kim here, I will look.", off=off))
    assert await said(house, thread) == [("Ana Souza", "hello"), (NATIVE, "Kim here, I will look.")]
    state = (await core.now(house.services, thread)).state
    assert (state.owner_kind, state.owner_id, state.owner_name) == ("agent", 0, NATIVE)
    assert [await core.count(house.services, name) for name in ("turns", "outbox")] == [0, 0]


async def test_two_copies_of_an_echo_at_once_are_one_message(house: House) -> None:
    thread = await house.thread()
    await asyncio.gather(*(take_echo(house.services, echo("Kim here.")) for _ in range(9)), return_exceptions=True)
    assert await said(house, thread) == [("Ana Souza", "hello"), (NATIVE, "Kim here.")]


async def test_an_echo_to_somebody_new_begins_a_thread_without_a_turn(house: House) -> None:
    """pitfalls 12: an echo is never a customer's message."""
    await take_echo(house.services, echo("Hello Bob, your parcel is back.", to=BOB))
    assert [await core.count(house.services, name) for name in ("threads", "turns", "outbox")] == [1, 0, 0]


async def test_any_agent_may_relieve_the_native_app(house: House) -> None:
    thread = await house.thread()
    await take_echo(house.services, echo("Kim here."))
    agent = await core.someone(house.services, "Lee")
    seen = (await core.now(house.services, thread)).state.last_seq
    written = await work.reply(house.services, thread.public_id, agent, "Lee here now.", seen, "key-1")
    assert (written.thread.state.owner_id, written.thread.state.owner_name) == (agent.id, "Lee")
    await take_echo(house.services, echo("And Kim once more.", "mid-2"))
    assert (await core.now(house.services, thread)).state.owner_name == "Lee", "a colleague's thread stays theirs"


async def test_a_thread_whose_customer_waits_is_given_back_to_the_assistant(house: House) -> None:
    thread = await house.thread()
    await take_echo(house.services, echo("Kim here."))
    house.clock.advance(timedelta(days=2))
    assert await give_back(house.services) == 0, "the customer waits for nothing"
    await core.write(house.services, "thanks, and when?")
    house.clock.advance(timedelta(minutes=29))
    assert await give_back(house.services) == 0
    house.clock.advance(timedelta(minutes=1))
    assert await give_back(house.services) == 1
    assert await give_back(house.services) == 0
    assert (await core.now(house.services, thread)).state.owner_kind == "assistant"
    assert await core.count(house.services, "turns") == 1


async def test_what_needed_a_person_is_given_back_to_the_queue(house: House) -> None:
    thread = await house.thread()
    await core.happen(house.services, thread, threads.NewEvent("handoff", {"reason": "requested"}, "all"))
    await take_echo(house.services, echo("Kim here."))
    await core.write(house.services, "hello?")
    await house.services.database.write(lambda tx: turns.drop(tx, thread.id))
    house.clock.advance(timedelta(minutes=31))
    assert await give_back(house.services) == 1
    state = (await core.now(house.services, thread)).state
    assert (state.owner_kind, state.handoff_reason) == ("queue", "requested")
    assert await core.count(house.services, "turns") == 0


async def test_an_agents_own_thread_is_never_given_back(house: House) -> None:
    thread = await house.thread()
    agent = await core.someone(house.services, "Lee")
    await work.claim(house.services, thread.public_id, agent)
    house.clock.advance(timedelta(days=2))
    assert await give_back(house.services) == 0


def remark(kind: str, text: str = "", about: str = "", number: int = 1) -> Remark:
    """The customer did something."""
    return Remark("sms", kind, ANA, about, text, f"remark-{number}", NOW)  # type: ignore[arg-type]  # one of the three


async def test_a_remark_is_a_note_at_its_message_and_asks_for_no_turn(house: House) -> None:
    thread = await house.thread()
    await house.say(thread, "It ships tomorrow.")
    await house.outbox.drain()
    await house.services.database.write(lambda tx: turns.drop(tx, thread.id))
    for _ in range(2):
        await take_remark(house.services, remark("reaction", "👍", "SM1"))
    await take_remark(house.services, remark("deleted", number=2))
    await take_remark(house.services, remark("notice", "a new number", number=3))
    notes = await core.log(house.services, thread, "note")
    assert [event.body["text"] for event in notes] == [
        "The customer reacted with 👍 to: It ships tomorrow.",
        "The customer took a message back. Do not answer it.",
        "The channel says: a new number",
    ]
    assert {event.audience for event in notes} == {"desk"}
    assert await core.count(house.services, "turns") == 0


async def test_a_remark_of_somebody_who_never_wrote_is_nothing(house: House) -> None:
    await take_remark(house.services, remark("reaction", "👍", "unknown"))
    assert await core.count(house.services, "threads") == 0
