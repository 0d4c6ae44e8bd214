"""One customer, five channels, one thread: web, WhatsApp, e-mail, telephone, web again, and nothing is asked twice."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from memory import threads
from memory.engines.base import Tx
from memory.projection import Event
from server.commerce.embedded import EmbeddedStore
from server.desk import work
from server.settings import EmailSettings
from tests.faults.process import free_port
from tests.server import core
from tests.server.commerce.orders import Raw, ago, ahead, an_event, shipped
from tests.story.connected import PUBLIC, House, RunningClock, house
from tests.support import relay
from tests.support.databases import NOW
from tests.support.mail import BORDER, MoodyMailServer, letter, mail_server, post
from tests.support.mail import SHOP as MAILBOX
from tests.support.twilio import ACCOUNT, ANA, Caller, TwilioStandIn, twilio

BUYER: Raw = {
    "id": "c1", "name": "Ana Souza", "emails": ["ana@example.com"], "phones": ["+14025550100"], "zip": "68102",
}  # fmt: skip
ORDER = shipped(
    an_event(ago(hours=30), "picked_up"),
    an_event(ago(hours=3), "in_transit"),
    order={"customer": BUYER},
    eta={"min": ahead(days=1)[:10], "max": ahead(days=1)[:10]},
)
ASKS_WHO = re.compile(r"e-?mail address you ordered|order number|postal code", re.IGNORECASE)
WHERE = re.compile(r"Omaha")
PATIENCE_S = 20.0


@dataclass
class World:
    """The shop and everything that Ana has at home."""

    house: House
    twilio: TwilioStandIn
    phone: Caller
    mails: MoodyMailServer
    listener: int

    async def whatsapp(self, text: str) -> str:
        """Write on WhatsApp; what comes back."""
        before = len(self.twilio.sent)
        await self.phone.write(text, ANA)
        async with asyncio.timeout(PATIENCE_S):
            while len(self.twilio.sent) == before:  # noqa: ASYNC110  # the stand-in rings no bell
                await asyncio.sleep(0.01)
        return self.twilio.sent[-1].body

    async def mail(self, text: str, *, to: str = MAILBOX) -> tuple[str, str]:
        """Send a mail; (text, Reply-To) of the one that comes back."""
        count = len(self.mails.kept) + 1
        await post(self.listener, letter(text, to=to), to=to)
        answer = (await self.mails.wait_for(count))[-1].message
        body = answer.get_body(("plain",))
        assert body is not None
        return str(body.get_content()), str(answer["Reply-To"])

    async def logs(self) -> dict[str, list[Event]]:
        """The events of every thread that is not closed, by its public id."""

        async def unit(tx: Tx) -> dict[str, list[Event]]:
            rows = await tx.all(
                "SELECT id, public_id FROM threads WHERE status <> 'closed' AND last_seq > 0 ORDER BY id"
            )
            return {row["public_id"]: await threads.events(tx, row["id"]) for row in rows}

        return await self.house.services.database.read(unit)


@asynccontextmanager
async def world(folder: Path) -> AsyncIterator[World]:
    """The real application with Twilio, a mail server and a mail listener."""
    clocks: list[RunningClock] = []
    async with AsyncExitStack() as stack:
        stand_in = await stack.enter_async_context(twilio(lambda: clocks[0].now() if clocks else NOW))
        mails = await stack.enter_async_context(mail_server())
        listener = free_port()
        email = EmailSettings(
            address=MAILBOX,
            smtp_url=f"smtp://127.0.0.1:{mails.port}",
            listen=f"127.0.0.1:{listener}",
            authserv_id=BORDER,
        )
        account = stand_in.settings(voice_from=relay.SHOP, old_auth_tokens=(relay.TOKEN,))
        opened = await stack.enter_async_context(house(folder, NOW, twilio=account, email=email))
        clocks.append(opened.clock)
        store = opened.services.store
        assert isinstance(store, EmbeddedStore)
        await store.put_order(dict(ORDER))
        yield World(opened, stand_in, Caller(stand_in, opened.client, PUBLIC), mails, listener)


async def test_one_customer_moves_across_all_channels_and_repeats_nothing(tmp_path: Path) -> None:
    async with world(tmp_path) as shop, shop.house.talk() as web:
        said = [await web.ask("where is my order 1042? ana@example.com")]
        said.append(await shop.whatsapp("any news?"))
        text, reply_to = await shop.mail("Hello, when will it arrive?")
        said.append(text)
        assert WHERE.search(said[0])
        assert WHERE.search(said[1])
        assert re.search(r"21|Saturday|Nov", said[2])
        assert "+" in reply_to  # the answer to it names the conversation
        said.append(await _called(shop))
        said.append(await web.ask("thanks. which carrier has it?"))
        assert "UPS" in said[-1]
        assert [each for each in said if ASKS_WHO.search(each)] == []
        logs = await shop.logs()
        assert list(logs) == [web.conv]
        events = logs[web.conv]
        assert [event.seq for event in events] == list(range(1, len(events) + 1))
        spoken = [event.channel for event in events if event.type == "message" and event.author_type == "customer"]
        assert set(spoken) == {"widget", "whatsapp", "email", "voice"}


async def _called(shop: World) -> str:
    """Ana calls, and proves the order as the policy asks on the phone; what she hears about it."""
    fields = {"AccountSid": ACCOUNT}
    phone = relay.Phone(shop.house.url, shop.house.client, public=PUBLIC, fields=fields)
    twiml = await phone.call()
    async with phone.talk(twiml, first=phone.setup(twiml, accountSid=ACCOUNT)) as line:
        heard = await line.ask("where is my order one zero four two, my e-mail is ana at example dot com")
        assert WHERE.search(heard)
    return heard


async def test_a_person_takes_over_on_every_channel_at_once(tmp_path: Path) -> None:
    async with world(tmp_path) as shop, shop.house.talk() as web:
        await web.ask("where is my order 1042? ana@example.com")
        await shop.whatsapp("I want to talk to a person")
        services = shop.house.services
        kim = await core.someone(services, "Kim")
        await work.claim(services, web.conv, kim)
        await web.tab.say("hello?")
        async with asyncio.timeout(PATIENCE_S):
            while not any(event.body.get("text") == "hello?" for event in (await shop.logs())[web.conv]):  # noqa: ASYNC110  # nobody rings a bell
                await asyncio.sleep(0.02)
        seen = (await shop.logs())[web.conv][-1].seq
        await work.reply(services, web.conv, kim, "Kim here, I am looking into it.", seen, "k1")
        assert await web.answer() == "Kim here, I am looking into it."
        assert not any("looking into" in each.body for each in shop.twilio.sent)
