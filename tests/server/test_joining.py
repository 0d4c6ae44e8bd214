"""One order, several channels, one thread: who joins, who does not, and what each of them may see and confirm."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from channels.message import Address
from memory import threads
from memory.engines.base import Tx
from memory.projection import Event
from memory.threads import Thread
from server.clock import HandClock
from server.desk import work
from server.services import Services
from server.turns import Turns
from tests.server import core
from tests.server.commerce.orders import shipped
from tests.support.databases import ENGINES, NOW, opened, url_of

WEB = Address("visitor", "a" * 64, "channel")
OWN_PHONE = Address("whatsapp", "+14025550100", "channel", "whatsapp:+14025550100", "Ana")
OTHER_PHONE = Address("whatsapp", "+14025550199", "channel", "whatsapp:+14025550199", "Ana")
OWN_MAIL = Address("email", "ana@example.com", "channel")
UNPROVEN_MAIL = Address("from", "ana@example.com", "channel")
CALLER = Address("caller", "+14025550100", "channel")
ANA = {"id": "c1", "name": "Ana Souza", "emails": ["ana@example.com"], "phones": ["+14025550100"], "zip": "68102"}
PAIR = "where is order 1042? ana@example.com"


class House:
    """Rooms in which every message is answered at once."""

    def __init__(self, services: Services, clock: HandClock) -> None:
        self.services, self.clock = services, clock

    async def say(self, sender: Address, channel: str, text: str) -> Thread:
        """A customer says something and is answered; the thread that the message went to."""
        self.clock.advance(timedelta(seconds=1))
        accepted = await core.write(self.services, text, sender, channel=channel)
        await Turns(self.services, pads=False).drain()
        return await core.now(self.services, accepted.thread)

    async def last(self, thread: Thread) -> str:
        """The last thing that the assistant said there."""
        return (await core.said(self.services, thread))[-1]

    async def seen_by(self, thread: Thread, sender: Address) -> list[Event]:
        """What an address is shown of a thread."""

        async def unit(tx: Tx) -> list[Event]:
            row = await tx.one("SELECT id FROM identities WHERE kind = ? AND key = ?", (sender.kind, sender.key))
            assert row is not None
            return await threads.visible(tx, thread.id, row["id"], 0)

        return await self.services.database.read(unit)

    async def count(self) -> int:
        """How many threads are not closed."""
        row = await self.services.database.read(
            lambda tx: tx.one("SELECT COUNT(*) AS n FROM threads WHERE status <> 'closed' AND last_seq > 0")
        )
        assert row is not None
        return int(row["n"])


@pytest.fixture(params=ENGINES)
async def house(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[House]:
    clock = HandClock(NOW)
    async with (
        opened(url_of(request, tmp_path)) as database,
        core.rooms(database, shipped(order={"customer": ANA}), clock=clock) as services,
    ):
        yield House(services, clock)


@pytest.mark.parametrize(("sender", "channel"), [(OWN_PHONE, "whatsapp"), (OWN_MAIL, "email")])
async def test_an_address_that_stands_on_the_order_goes_on_in_its_thread(
    house: House, sender: Address, channel: str
) -> None:
    web = await house.say(WEB, "widget", PAIR)
    other = await house.say(sender, channel, "any news?")
    assert other.id == web.id
    assert "1042" in await house.last(other)
    assert await house.count() == 1


@pytest.mark.parametrize(
    ("sender", "channel"), [(OTHER_PHONE, "whatsapp"), (UNPROVEN_MAIL, "email"), (CALLER, "voice")]
)
async def test_an_address_that_proves_nothing_begins_a_thread_of_its_own(
    house: House, sender: Address, channel: str
) -> None:
    web = await house.say(WEB, "widget", PAIR)
    other = await house.say(sender, channel, "any news?")
    assert other.id != web.id
    assert "Omaha" not in await house.last(other)
    assert await house.count() == 2


async def test_whoever_proves_the_same_order_goes_on_in_the_earlier_thread(house: House) -> None:
    web = await house.say(WEB, "widget", PAIR)
    await house.say(OTHER_PHONE, "whatsapp", "hello")
    begun = await house.say(OTHER_PHONE, "whatsapp", PAIR)
    assert begun.state.status == "closed"
    assert await house.count() == 1
    told = [str(event.body["text"]) for event in await house.seen_by(web, OTHER_PHONE) if event.type == "message"]
    assert (told[0], told[2]) == ("hello", PAIR)
    went_on = await house.say(OTHER_PHONE, "whatsapp", "and when does it arrive?")
    assert went_on.id == web.id
    assert "1042" in await house.last(went_on)
    assert len(await core.said(house.services, went_on)) == 4


async def test_a_message_that_names_another_order_begins_a_thread_of_its_own(house: House) -> None:
    await house.services.store.put_order(dict(shipped(order={"id": "ord_8", "number": "#1043", "customer": ANA})))  # type: ignore[attr-defined]  # embedded
    web = await house.say(WEB, "widget", PAIR)
    other = await house.say(OWN_PHONE, "whatsapp", "where is order 1043?")
    assert other.id != web.id
    assert "1043" in await house.last(other)


async def test_two_browsers_that_know_the_same_order_stay_two_conversations(house: House) -> None:
    first = await house.say(WEB, "widget", PAIR)
    second = await house.say(Address("visitor", "b" * 64, "channel"), "widget", PAIR)
    assert (first.id != second.id, second.state.status) == (True, "pending")
    assert await house.count() == 2


async def test_each_channel_shows_only_what_was_said_on_it(house: House) -> None:
    web = await house.say(WEB, "widget", PAIR)
    await house.say(OWN_PHONE, "whatsapp", "any news?")
    for sender, own, foreign in ((WEB, PAIR, "any news?"), (OWN_PHONE, "any news?", PAIR)):
        texts = [event.body.get("text") for event in await house.seen_by(web, sender)]
        assert own in texts
        assert foreign not in texts


async def test_what_one_address_was_asked_no_other_confirms(house: House) -> None:
    await house.say(WEB, "widget", PAIR)
    asked = await house.say(OWN_PHONE, "whatsapp", "please let me know when order 1042 is delivered")
    before = await core.count(house.services, "actions")
    await house.say(WEB, "widget", "yes")
    assert await core.count(house.services, "actions") == before
    assert asked.state.owner_kind == "assistant"


async def test_a_person_who_owns_the_thread_owns_it_on_every_channel(house: House) -> None:
    web = await house.say(WEB, "widget", PAIR)
    kim = await core.someone(house.services, "Kim")
    await work.claim(house.services, web.public_id, kim)
    said = await core.said(house.services, web)
    joined = await house.say(OWN_PHONE, "whatsapp", "hello? is it lost?")
    assert joined.id == web.id
    assert await core.said(house.services, web) == said


async def test_a_number_of_half_a_year_ago_may_be_somebody_else_s(tmp_path: Path) -> None:
    clock = HandClock(NOW)
    old = shipped(order={"customer": ANA, "placed_at": (NOW - timedelta(days=181)).isoformat()})
    async with (
        opened(f"sqlite:///{tmp_path / 'one.db'}") as database,
        core.rooms(database, old, clock=clock) as services,
    ):
        house = House(services, clock)
        web = await house.say(WEB, "widget", PAIR)
        assert (await house.say(OWN_PHONE, "whatsapp", "any news?")).id != web.id


async def test_a_closed_conversation_is_joined_by_nobody(house: House) -> None:
    web = await house.say(WEB, "widget", PAIR)
    kim = await core.someone(house.services, "Kim")
    await work.claim(house.services, web.public_id, kim)
    await work.resolve(house.services, web.public_id, kim)
    house.clock.advance(timedelta(hours=73))
    assert (await house.say(OWN_PHONE, "whatsapp", "any news?")).id != web.id


async def test_several_messages_on_two_channels_get_one_answer(house: House) -> None:
    web = await house.say(WEB, "widget", PAIR)
    before = len(await core.said(house.services, web))
    await core.write(house.services, "any news?", OWN_PHONE, channel="whatsapp")
    await core.write(house.services, "when will it arrive?", WEB, channel="widget")
    await Turns(house.services, pads=False).drain()
    assert len(await core.said(house.services, web)) == before + 1


async def test_messages_of_both_channels_stand_in_one_gap_free_log(house: House) -> None:
    web = await house.say(WEB, "widget", PAIR)
    await house.say(OTHER_PHONE, "whatsapp", PAIR)
    events = await core.log(house.services, web)
    assert [event.seq for event in events] == list(range(1, len(events) + 1))
