"""The support form and the mails that answer it, the whole way: the mail server fails once on each mail and each arrives once."""

import asyncio
import itertools
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from html import unescape
from pathlib import Path

from memory import threads
from memory.engines.base import Tx
from memory.projection import Event
from memory.threads import Thread
from server.commerce.embedded import EmbeddedStore
from server.commerce.signing import sign
from server.desk import work
from server.settings import EmailSettings
from tests.server import core
from tests.server.intake.browser import Browser
from tests.story.channels.test_inbound import DELIVERED
from tests.story.connected import House, house
from tests.support.databases import NOW
from tests.support.mail import BORDER, SHOP, MoodyMailServer, letter, mail_server

SECRET = "r" * 40
RAW = "/webhooks/email/raw"


@dataclass
class Writer:
    """Somebody with a browser and a mailbox."""

    house: House
    mails: MoodyMailServer
    page: str = ""
    heard: int = 0
    tried: int = 0
    ids: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1))

    async def fill_in(self, **fields: str) -> None:
        """Open the form, take time, send it."""
        client = self.house.client
        shown = (await client.get("/form?lang=en")).text
        token = unescape(re.findall(r'name="token" value="([^"]*)"', shown)[0])
        self.house.clock.advance(timedelta(seconds=30))
        written = {"token": token, "email": "ana@example.com", "name": "Ana Souza", "topic": "order", **fields}
        answer = await client.post("/form?lang=en", data=written)
        assert answer.status_code == 303, answer.text
        self.page = (await client.get(answer.headers["location"])).text

    async def next(self) -> str:
        """The next mail of ours, tried again after it failed."""
        for _ in range(300):
            if len(self.mails.kept) > self.heard:
                self.heard, self.tried = self.heard + 1, self.mails.tries
                return self.mails.kept[self.heard - 1].text
            await asyncio.sleep(0.05)
            if self.mails.tries > self.tried:
                self.house.clock.advance(timedelta(seconds=1))
                self.house.services.bus.publish("outbox")
        raise TimeoutError

    async def reply(self, text: str) -> str:
        """Answer the newest mail with a mail program, at a person's pace; what comes back."""
        self.house.clock.advance(timedelta(minutes=20))
        newest = self.mails.kept[self.heard - 1].message
        raw = letter(
            text, to=str(newest["Reply-To"]), subject=f"Re: {newest['Subject']}", message_id=f"<a{next(self.ids)}@example.com>",
            headers={"In-Reply-To": str(newest["Message-ID"])},
        )  # fmt: skip
        headers = {
            "X-Signature": sign(SECRET, "POST", RAW, raw, self.house.clock.now()),
            "Content-Type": "message/rfc822",
        }
        answer = await self.house.client.post(RAW, content=raw, headers=headers)
        assert answer.status_code in (200, 202, 204), answer.text
        return await self.next()

    async def thread(self) -> Thread:
        """The conversation that the thanks name."""
        number = int(re.findall(r"number (\d+)", self.page)[0])
        found = await self.house.services.database.read(lambda tx: threads.by_number(tx, number))
        assert found is not None
        return found

    async def until(self, kind: str) -> Event:
        """The first event of a kind."""
        async with asyncio.timeout(20):
            while not (found := await core.log(self.house.services, await self.thread(), kind)):  # noqa: ASYNC110 - nobody rings a bell
                await asyncio.sleep(0.02)
        return found[0]


@asynccontextmanager
async def writer(folder: Path) -> AsyncIterator[Writer]:
    async with mail_server() as mails:
        settings = EmailSettings(address=SHOP, smtp_url=mails.url, authserv_id=BORDER, webhook_secrets=(SECRET,))
        async with house(folder, NOW, email=settings) as opened:
            store = opened.services.store
            assert isinstance(store, EmbeddedStore)
            await store.put_order(dict(DELIVERED))
            yield Writer(opened, mails)


async def test_an_order_a_return_a_person_and_the_end(tmp_path: Path) -> None:
    async with writer(tmp_path) as ana:
        services = ana.house.services
        ana.mails.moods = ["later"]
        await ana.fill_in(order="#1042", message="Where is it?")
        assert "by e-mail" in ana.page
        first = await ana.next()
        assert "#1042" in first
        assert ana.mails.kept[0].recipient == "ana@example.com"
        said = ""
        for line in ("I want to return order 1042", "all of it", "it is too small", "a refund"):
            ana.mails.moods = ["later"]
            said = await ana.reply(line)
            if "yes" in said.lower():
                break
        said = await ana.reply("yes")
        order = await services.store.order("ord_7")
        assert order is not None and order.returns[0].id in said
        await ana.reply("I want to talk to a person")
        await ana.until("handoff")
        kim, thread = await core.someone(services, "Kim"), await ana.thread()
        await work.claim(services, thread.public_id, kim)
        thread = await ana.thread()
        await work.reply(services, thread.public_id, kim, "Kim here, all is arranged.", thread.state.last_seq, "k1")
        assert "Kim here, all is arranged." in await ana.next()
        await work.resolve(services, thread.public_id, kim)
        assert (await ana.thread()).state.status == "resolved"


async def test_a_form_in_somebodys_name_tells_its_writer_nothing(tmp_path: Path) -> None:
    """The answer goes to the address, and the way into the chat shows nothing that was said by mail."""
    async with writer(tmp_path) as eve:
        await eve.fill_in(order="#1042", message="Where is it?")
        assert "#1042" in await eve.next()
        link = re.findall(r"/c/([^\"]+)\"", eve.page)[0]
        browser = Browser(eve.house.url)
        session = await browser.session(link=link)
        thread = await eve.thread()
        assert session.conv == thread.public_id

        async def seen(tx: Tx) -> list[Event]:
            own = await tx.one("SELECT id FROM identities WHERE kind = 'visitor'")
            assert own is not None
            return [each for each in await threads.visible(tx, thread.id, own["id"], 0) if each.type == "message"]

        shown = await eve.house.services.database.read(seen)
        assert [each.channel for each in shown] == ["widget"] and "1042" not in shown[0].body["text"]
        async with browser.tab(session) as tab:
            await tab.say("And where is it?")
            while (frame := await tab.until("msg"))["author"]["type"] == "customer":
                pass
        assert "delivered" not in frame["text"].lower() and "card" not in frame
