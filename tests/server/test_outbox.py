"""The outbox against a real provider on loopback: every message arrives once, whatever the provider does."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import httpx2
import pytest
from typing_extensions import override

from channels.message import Address, Outbound, ProviderId
from memory import desk, outbox, threads
from memory.engines.base import Database, Tx
from memory.threads import NewEvent, Thread
from server.bus import Bell
from server.clock import HandClock
from server.desk import work
from server.dispatch import put_if_sent
from server.outbox import Outbox
from server.providers import Lines
from server.services import Services
from server.turns import Turns
from tests.channels.provider import Provider, ProviderSender
from tests.server import core
from tests.server.commerce.orders import shipped
from tests.support.databases import ENGINES, NOW, opened, url_of
from tests.support.servers import serve


class House:
    """Rooms with a provider for `sms`."""

    def __init__(self, services: Services, provider: Provider, outbox: Outbox, clock: HandClock) -> None:
        self.services, self.provider, self.outbox, self.clock = services, provider, outbox, clock

    async def later(self, **span: float) -> int:
        """Let time pass, then deliver what is due."""
        self.clock.advance(timedelta(**span))
        return await self.outbox.drain()

    async def thread(self) -> Thread:
        """A customer has written by text message."""
        return (await core.write(self.services, "hello")).thread

    async def say(self, thread: Thread, text: str, channel: str = "sms") -> None:
        """The assistant says something, committed together with its place in the outbox."""

        async def unit(tx: Tx) -> None:
            first = (await threads.events(tx, thread.id))[0]
            event = NewEvent(
                "message", {"text": text}, "all", "assistant", channel=channel, identity_id=first.identity_id
            )
            changed, stored = await threads.append(tx, thread.id, [event], self.clock.now())
            await put_if_sent(tx, self.services, changed, stored[0])

        await self.services.database.write(unit)

    async def deliveries(self, thread: Thread) -> list[str]:
        """What the desk sees of the deliveries in a thread."""
        return [event.body["status"] for event in await core.log(self.services, thread, "delivery")]


@asynccontextmanager
async def running(
    database: Database, *, send_s: float = 5.0, orders: tuple[Mapping[str, object], ...] = ()
) -> AsyncIterator[House]:
    provider, clock = Provider(), HandClock(NOW)
    async with (
        serve(provider.app, grace_s=0) as url,
        httpx2.AsyncClient(base_url=url, timeout=30) as client,
        core.rooms(database, *orders, clock=clock, lines=Lines({"loopback": ProviderSender(client)})) as services,
    ):
        yield House(services, provider, Outbox(services, send_s=send_s), clock)


@pytest.fixture(params=ENGINES)
async def house(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[House]:
    async with opened(url_of(request, tmp_path)) as database, running(database) as house:
        yield house


@pytest.fixture
async def impatient(tmp_path: Path) -> AsyncIterator[House]:
    """A house whose outbox waits a fifth of a second for the provider."""
    async with opened(f"sqlite:///{tmp_path / 'one.db'}") as database, running(database, send_s=0.2) as house:
        yield house


async def test_a_message_arrives_once_and_the_desk_sees_that_it_left(house: House) -> None:
    thread = await house.thread()
    await house.say(thread, "It is on its way.")
    await house.later()
    await house.later(days=1)
    assert house.provider.delivered == [(f"{thread.public_id}:2", "+14025550100", "It is on its way.")]
    delivery = (await core.log(house.services, thread, "delivery"))[0]
    assert delivery.body == {"of": 2, "status": "sent", "provider_id": "SM1"}
    assert delivery.audience == "desk"


async def test_a_channel_without_a_sender_puts_nothing_in_the_outbox(house: House) -> None:
    await house.say(await house.thread(), "Hello in the widget.", channel="widget")
    assert await core.count(house.services, "outbox") == 0


async def test_a_busy_provider_is_asked_again_when_it_said(house: House) -> None:
    house.provider.next = ["busy"]
    thread = await house.thread()
    await house.say(thread, "Hello")
    await house.later()
    assert await house.later(seconds=29) == 0
    await house.later(seconds=1)
    assert house.provider.texts == ["Hello"]
    assert await house.deliveries(thread) == ["sent"]


async def test_pauses_grow_and_end(house: House) -> None:
    house.provider.next = ["busy"] * 50
    thread = await house.thread()
    await house.say(thread, "Hello")
    for _ in range(100):
        await house.later(minutes=10)
    assert len(house.provider.sends) == 12
    assert await house.deliveries(thread) == ["failed"]


async def test_a_refused_message_goes_to_a_person_with_a_brief(house: House) -> None:
    house.provider.next = ["refuse"]
    thread = await house.thread()
    await house.say(thread, "Hello")
    await house.later()
    await house.later(days=1)
    assert await house.deliveries(thread) == ["failed"]
    handed = await core.now(house.services, thread)
    assert (handed.state.owner_kind, handed.state.handoff_reason, handed.state.status) == ("queue", "failed", "open")
    written = await house.services.database.read(lambda tx: desk.brief(tx, thread.id))
    assert written is not None
    assert written[1]["why"]["reason"] == "failed"
    assert written[1]["quote"] == "hello"
    assert len(await core.log(house.services, thread, "draft_offered")) == 3
    assert house.provider.sends == [f"{thread.public_id}:2"]


async def test_a_refused_message_of_an_agent_stays_with_the_agent(house: House) -> None:
    house.provider.next = ["refuse"]
    thread, kim = await house.thread(), await core.someone(house.services, "Kim")
    await work.reply(house.services, thread.public_id, kim, "Hi, Kim here.", 1, "key")
    await house.later()
    assert await house.deliveries(thread) == ["failed"]
    assert (await core.now(house.services, thread)).state.owner_name == "Kim"


async def test_a_closed_thread_is_not_opened_by_a_failed_delivery(house: House) -> None:
    house.provider.next = ["refuse"]
    thread = await house.thread()
    await house.say(thread, "Bye")
    await core.happen(house.services, thread, NewEvent("status", {"status": "closed"}, "all"))
    await house.later()
    assert await house.deliveries(thread) == ["failed"]
    assert (await core.now(house.services, thread)).state.status == "closed"


async def test_a_resolved_thread_is_opened_for_a_person_by_a_failed_delivery(house: House) -> None:
    house.provider.next = ["refuse"]
    thread = await house.thread()
    await house.say(thread, "It is done.")
    await core.happen(house.services, thread, NewEvent("resolved", {"how": "assumed"}, "all"))
    await house.later()
    state = (await core.now(house.services, thread)).state
    assert (state.status, state.owner_kind, state.resolved_at) == ("open", "queue", 0)


async def test_nobody_writes_to_a_blocked_address(house: House) -> None:
    thread = await house.thread()
    await house.say(thread, "Hello")
    await house.services.database.write(lambda tx: tx.run("UPDATE identities SET blocked = 1"))
    await house.later()
    assert house.provider.sends == []
    assert await house.deliveries(thread) == ["failed"]


async def test_what_was_sent_before_patience_ended_is_found_and_not_sent_again(impatient: House) -> None:
    impatient.provider.next = ["take_and_hang"]
    thread = await impatient.thread()
    await impatient.say(thread, "Hello")
    await impatient.later()
    assert await impatient.deliveries(thread) == []
    assert await impatient.later(seconds=14) == 0
    await impatient.later(seconds=1)
    assert impatient.provider.texts == ["Hello"]
    assert await impatient.deliveries(thread) == ["sent"]


async def test_what_the_provider_never_took_is_sent_again(impatient: House) -> None:
    impatient.provider.next = ["hang"]
    thread = await impatient.thread()
    await impatient.say(thread, "Hello")
    await impatient.later()
    await impatient.later(seconds=15)
    assert impatient.provider.texts == ["Hello"]
    assert len(impatient.provider.sends) == 2
    assert await impatient.deliveries(thread) == ["sent"]


async def test_nothing_is_sent_again_while_the_provider_cannot_say(impatient: House) -> None:
    impatient.provider.next, impatient.provider.finds = ["take_and_hang"], ["busy"] * 3
    thread = await impatient.thread()
    await impatient.say(thread, "Hello")
    await impatient.later()
    for _ in range(5):
        await impatient.later(minutes=10)
    assert impatient.provider.texts == ["Hello"]
    assert impatient.provider.asked == 4
    assert await impatient.deliveries(thread) == ["sent"]


async def test_an_outcome_that_nobody_ever_learns_is_shown_and_handed_over(impatient: House) -> None:
    impatient.provider.next, impatient.provider.finds = ["take_and_hang"], ["busy"] * 50
    thread = await impatient.thread()
    await impatient.say(thread, "Hello")
    await impatient.later()
    for _ in range(20):
        await impatient.later(minutes=10)
    assert impatient.provider.texts == ["Hello"]
    assert await impatient.deliveries(thread) == ["failed"]
    assert (await core.now(impatient.services, thread)).state.handoff_reason == "failed"


async def test_a_process_that_died_while_sending_sends_nothing_twice(house: House) -> None:
    thread = await house.thread()
    await house.say(thread, "Hello")
    taken = await house.services.database.write(lambda tx: outbox.claim(tx, NOW, timedelta(seconds=60), 10))
    assert len(taken) == 1
    house.provider.delivered.append((taken[0].key, "+14025550100", "Hello"))
    assert await house.later(seconds=60) == 0
    await house.later(seconds=1)
    assert (house.provider.sends, house.provider.texts) == ([], ["Hello"])
    assert await house.deliveries(thread) == ["sent"]


async def test_a_sender_with_a_mistake_hurts_no_other_channel(house: House) -> None:
    class Mistaken(ProviderSender):
        @override
        async def send(self, outbound: Outbound) -> ProviderId:
            raise KeyError(outbound.key)

        @override
        async def find(self, outbound: Outbound) -> ProviderId | None:
            return None

    thread = await house.thread()
    await house.say(thread, "Hello")
    async with httpx2.AsyncClient() as client:
        await Outbox(replace(house.services, lines=Lines({"loopback": Mistaken(client)}))).drain()
    assert await house.later() == 0
    await house.later(seconds=15)
    assert house.provider.texts == ["Hello"]


async def test_a_message_waits_while_its_channel_has_no_sender(house: House) -> None:
    thread = await house.thread()
    await house.say(thread, "Hello")
    await Outbox(replace(house.services, lines=Lines())).drain()
    assert await house.deliveries(thread) == []
    await house.later(seconds=1)
    assert house.provider.texts == ["Hello"]


async def test_messages_of_one_thread_arrive_in_order(house: House) -> None:
    house.provider.next = ["busy"]
    thread = await house.thread()
    for text in ("one", "two", "three"):
        await house.say(thread, text)
    await house.later()
    assert house.provider.texts == []
    await house.later(seconds=30)
    assert house.provider.texts == ["one", "two", "three"]


async def test_two_workers_deliver_each_message_once(house: House) -> None:
    others = [Address("sms", f"+1402555{n:04d}", "channel") for n in range(20)]
    for other in others:
        thread = (await core.write(house.services, "hello", other)).thread
        await house.say(thread, f"to {other.key}")
    house.provider.next = ["busy", "take", "busy"]
    twin = Outbox(house.services)
    await asyncio.gather(house.outbox.drain(), twin.drain(), house.outbox.drain(), twin.drain())
    await house.later(seconds=30)
    assert sorted(house.provider.texts) == sorted(f"to {other.key}" for other in others)


async def test_the_loop_sends_what_a_commit_rings_for(house: House) -> None:
    thread, kim = await house.thread(), await core.someone(house.services, "Kim")
    shown = Bell()
    async with asyncio.TaskGroup() as group:
        running = group.create_task(house.outbox.run())
        await asyncio.sleep(0.05)
        await work.reply(house.services, thread.public_id, kim, "Hi, Kim here.", 1, "key")
        with house.services.bus.listening(f"panel:{thread.id}", shown.ring):
            assert await shown.wait(4)
        running.cancel()
    assert house.provider.texts == ["Hi, Kim here."]


async def test_an_answer_of_the_assistant_goes_out_in_the_unit_that_commits_it(tmp_path: Path) -> None:
    async with opened(f"sqlite:///{tmp_path / 'one.db'}") as database, running(database, orders=(shipped(),)) as house:
        thread = (await core.write(house.services, "where is order 1042? ana@example.com")).thread
        await Turns(house.services, pads=False).drain()
        await house.later()
        assert house.provider.texts == await core.said(house.services, thread)
        assert len(house.provider.texts) == 1
