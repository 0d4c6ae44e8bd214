"""Which way a message goes: windows, templates, other ways by rule, silence and bounces, against a provider on loopback."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest

from channels.message import Address, ProviderId, Receipt
from memory import customers, outbox, threads
from memory.engines.base import Database, Tx
from memory.threads import Thread
from server.arrivals import arrive_message
from server.channel_settings import TwilioSettings
from server.clock import HandClock
from server.desk import work
from server.outbox import Outbox
from server.providers import Lines
from server.receipts import RANK, take_receipt
from server.services import Services
from server.settings import Settings, TurnsSettings
from server.turns import Turns
from tests.channels.provider import EMAIL, SMS, WHATSAPP, Provider, ProviderSender
from tests.server import core
from tests.support.databases import ENGINES, NOW, opened, url_of
from tests.support.servers import serve

ANA = Address("whatsapp", "+14025550100", "channel", "whatsapp:+14025550100", "Ana")
TEXTS = Address("sms", "+14025550100", "channel", "+14025550100", "Ana")
MAIL = Address("email", "ana@example.com", "channel", "ana@example.com")


class House:
    """Rooms with one provider for WhatsApp, SMS and e-mail, and an agent."""

    def __init__(self, services: Services, sender: ProviderSender, provider: Provider, clock: HandClock) -> None:
        self.services, self.sender, self.provider, self.clock = services, sender, provider, clock
        self.outbox = Outbox(services)
        self.count = 0

    async def hear(self, sender: Address = ANA, text: str = "hello") -> Thread:
        """A customer writes."""
        self.count += 1
        message = core.inbound(text, sender, external_id=f"in-{self.count}")
        accepted = await arrive_message(self.services, "loopback", replace(message, at=self.clock.now()))
        assert accepted is not None
        return await core.now(self.services, accepted.thread)

    async def answer(self, thread: Thread, text: str = "Kim here.") -> None:
        """An agent replies, and what is due leaves."""
        self.count += 1
        kim = await self.services.database.read(lambda tx: _agent(tx))
        kim = kim or await core.someone(self.services, "Kim")
        seen = (await core.now(self.services, thread)).state.last_seq
        await work.reply(self.services, thread.public_id, kim, text, seen, f"k{self.count}")
        await self.outbox.drain()

    async def also(self, thread: Thread, address: Address, *, heard: bool = True) -> None:
        """The same customer has another address."""

        async def unit(tx: Tx) -> None:
            found = await customers.attach(
                tx, thread.customer_id, address.kind, address.key, address.proof, self.clock.now()
            )
            if heard:
                await customers.heard(tx, found.id, self.clock.now())

        await self.services.database.write(unit)

    async def told(self, thread: Thread) -> list[tuple[str, str]]:
        """(channel, status) of every delivery event of a thread."""
        return [(event.channel, event.body["status"]) for event in await core.log(self.services, thread, "delivery")]

    def left(self) -> list[tuple[str, str]]:
        """(channel, text) of what was handed to the provider."""
        return [(each.channel, each.text) for each in self.sender.sent]


async def _agent(tx: Tx) -> Any:
    from memory import agents

    found = await agents.all_agents(tx)
    return found[0] if found else None


@asynccontextmanager
async def running(database: Database, **settings: Any) -> AsyncIterator[House]:
    provider, clock = Provider(), HandClock(NOW)
    async with serve(provider.app, grace_s=0) as url, httpx2.AsyncClient(base_url=url) as client:
        sender = ProviderSender(client, WHATSAPP, SMS, EMAIL)
        chosen = Settings(turns=TurnsSettings(burst_ms=0), **settings)
        lines = Lines({"loopback": sender})
        async with core.rooms(database, clock=clock, lines=lines, settings=chosen) as services:
            yield House(services, sender, provider, clock)


@pytest.fixture(params=ENGINES)
async def house(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[House]:
    async with opened(url_of(request, tmp_path)) as database, running(database) as house:
        yield house


async def test_within_the_window_a_reply_goes_as_it_is(house: House) -> None:
    thread = await house.hear()
    house.clock.advance(timedelta(hours=23, minutes=54))
    await house.answer(thread)
    assert house.left() == [("whatsapp", "Kim here.")]


async def test_after_the_window_a_reply_waits_and_the_desk_sees_why(house: House) -> None:
    thread = await house.hear()
    house.clock.advance(timedelta(hours=23, minutes=56))
    await house.answer(thread)
    assert house.left() == []
    waiting = (await core.log(house.services, thread, "delivery"))[0]
    assert (waiting.body["status"], waiting.body["error"]) == ("waiting", "the 24-hour window of this channel is over")
    assert (await core.now(house.services, thread)).state.owner_name == "Kim"


async def test_what_waited_leaves_when_the_customer_writes_again(house: House) -> None:
    thread = await house.hear()
    house.clock.advance(timedelta(hours=25))
    await house.answer(thread)
    await house.hear(text="are you there?")
    await house.outbox.drain()
    assert house.left() == [("whatsapp", "Kim here.")]
    assert await house.told(thread) == [("whatsapp", "waiting"), ("whatsapp", "sent")]


async def test_a_named_template_carries_a_reply_after_the_window(tmp_path: Path) -> None:
    named = TwilioSettings(content_sids=("reply=HX1",))
    async with opened(f"sqlite:///{tmp_path / 'one.db'}") as database, running(database, twilio=named) as house:
        thread = await house.hear()
        house.clock.advance(timedelta(hours=25))
        await house.answer(thread)
        assert [each.template for each in house.sender.sent] == ["reply"]


async def test_after_the_window_another_way_of_the_same_customer_is_taken(house: House) -> None:
    thread = await house.hear()
    await house.also(thread, MAIL)
    house.clock.advance(timedelta(hours=25))
    await house.answer(thread)
    assert house.left() == [("email", "Kim here.")]
    assert await house.told(thread) == [("whatsapp", "rerouted"), ("email", "sent")]
    event = (await core.log(house.services, thread, "delivery"))[0]
    assert (event.body["to"], event.body["why"]) == ("email", "the 24-hour window of this channel is over")


async def test_an_address_without_consent_is_no_other_way(house: House) -> None:
    thread = await house.hear()
    await house.also(thread, MAIL, heard=False)
    house.clock.advance(timedelta(hours=25))
    await house.answer(thread)
    assert house.left() == []


async def test_an_address_of_another_customer_is_no_other_way(house: House) -> None:
    thread = await house.hear()
    await house.hear(Address("email", "bob@example.com", "channel"))
    house.clock.advance(timedelta(hours=25))
    await house.answer(thread)
    assert house.left() == []


async def test_a_refused_message_goes_by_text_message_where_the_customer_is_known_there(house: House) -> None:
    thread = await house.hear()
    await house.also(thread, TEXTS)
    house.provider.next = ["refuse"]
    await house.answer(thread)
    assert [channel for channel, _ in house.left()] == ["whatsapp", "sms"]
    assert await house.told(thread) == [("whatsapp", "rerouted"), ("sms", "sent")]


async def test_what_fails_on_the_other_way_too_is_the_desk_s(house: House) -> None:
    thread = await house.hear()
    await house.also(thread, TEXTS)
    await house.also(thread, MAIL)
    house.provider.next = ["refuse", "refuse"]
    await house.answer(thread)
    assert [channel for channel, _ in house.left()] == ["whatsapp", "sms"]
    assert await house.told(thread) == [("whatsapp", "rerouted"), ("sms", "failed")]


async def test_nothing_is_sent_to_whoever_asked_for_silence(house: House) -> None:
    thread = await house.hear()
    await house.services.database.write(lambda tx: tx.run("UPDATE identities SET stopped_at = 1"))
    await house.answer(thread)
    assert house.left() == []
    event = (await core.log(house.services, thread, "delivery"))[0]
    assert "STOP" in event.body["error"]


async def test_a_bounced_address_gets_nothing_until_it_writes(house: House) -> None:
    thread = await house.hear(MAIL)
    await house.services.database.write(lambda tx: tx.run("UPDATE identities SET bounced_at = 1"))
    await house.answer(thread)
    assert house.left() == []
    await house.hear(MAIL, "I am here again")
    await house.answer(thread)
    assert house.left() == [("email", "Kim here.")]


async def test_a_long_message_leaves_in_parts_in_their_order(house: House) -> None:
    thread = await house.hear()
    text = "\n\n".join(f"Paragraph {n}. " + "word " * 100 for n in range(7))
    await house.answer(thread, text.strip())
    texts = [text for _, text in house.left()]
    assert len(texts) == 3
    assert all(len(each) <= 1600 for each in texts)
    assert " ".join(" ".join(texts).split()) == " ".join(text.split())


async def test_parts_that_were_not_sent_yet_go_along_on_the_other_way(house: House) -> None:
    thread = await house.hear()
    await house.also(thread, MAIL)
    house.provider.next = ["refuse"]
    text = "\n\n".join("word " * 300 for _ in range(2)).strip()
    await house.answer(thread, text)
    assert [channel for channel, _ in house.left()] == ["whatsapp", "email"]
    assert house.left()[1][1] == text


async def test_a_late_word_of_the_provider_goes_another_way_too(house: House) -> None:
    thread = await house.hear()
    await house.also(thread, TEXTS)
    await house.answer(thread)
    failed = Receipt("whatsapp", ProviderId("SM1"), "failed", NOW, "not on WhatsApp", "63024")
    await take_receipt(house.services, failed)
    await take_receipt(house.services, failed)
    await house.outbox.drain()
    assert [channel for channel, _ in house.left()] == ["whatsapp", "sms"]


async def test_an_answer_of_the_assistant_that_failed_late_goes_to_a_person(house: House) -> None:
    thread = await house.hear(text="where is my order?")
    await Turns(house.services, pads=False).drain()
    await house.outbox.drain()
    await take_receipt(house.services, Receipt("whatsapp", ProviderId("SM1"), "failed", NOW, "blocked", "63024"))
    state = (await core.now(house.services, thread)).state
    assert (state.owner_kind, state.handoff_reason) == ("queue", "failed")
    assert len(await core.log(house.services, thread, "draft_offered")) == 3


@pytest.mark.parametrize(
    "order", [("sent", "delivered", "read"), ("read", "delivered", "sent"), ("delivered", "sent", "read")]
)
async def test_receipts_end_alike_in_every_order(house: House, order: tuple[str, ...]) -> None:
    """Pitfall 24: a late `sent` never downgrades; twice is once."""
    thread = await house.hear()
    await house.answer(thread)
    for status in (*order, *order):
        await take_receipt(house.services, Receipt("whatsapp", ProviderId("SM1"), status, NOW))  # type: ignore[arg-type]
    sent = await house.services.database.read(lambda tx: outbox.by_provider_id(tx, "whatsapp", "SM1"))
    assert sent is not None
    assert sent.status == "read"
    told = [status for _, status in await house.told(thread)][1:]
    assert told == sorted(set(told), key=RANK.__getitem__)


async def test_a_late_sent_never_clears_an_error(house: House) -> None:
    """Pitfall 25."""
    thread = await house.hear()
    await house.answer(thread)
    for status in ("failed", "sent"):
        await take_receipt(house.services, Receipt("whatsapp", ProviderId("SM1"), status, NOW))
    assert (await house.told(thread))[-1] == ("whatsapp", "failed")


async def test_a_receipt_before_the_send_returned_is_kept(house: House) -> None:
    thread = await house.hear()
    await take_receipt(house.services, Receipt("whatsapp", ProviderId("SM1"), "delivered", NOW))
    await take_receipt(house.services, Receipt("whatsapp", ProviderId("SM1"), "sent", NOW))
    await house.answer(thread)
    assert await house.told(thread) == [("whatsapp", "sent"), ("whatsapp", "delivered")]


async def test_a_message_without_reason_in_its_time_is_of_now(house: House) -> None:
    message = replace(core.inbound("hello", ANA, external_id="odd"), at=NOW + timedelta(days=4000))
    accepted = await arrive_message(house.services, "loopback", message)
    assert accepted is not None
    found = await house.services.database.read(lambda tx: customers.identity(tx, accepted.identity.id))
    assert found is not None
    assert found.heard_at == int(NOW.timestamp() * 1000)


async def test_a_copy_of_a_message_changes_nothing(house: House) -> None:
    thread = await house.hear()
    message = core.inbound("hello", ANA, external_id="in-1")
    again = await arrive_message(house.services, "loopback", message)
    assert again is not None
    assert again.is_repeat
    found = await house.services.database.read(lambda tx: threads.events(tx, thread.id))
    assert [event.type for event in found] == ["message"]
