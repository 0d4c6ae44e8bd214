"""A customer with a mail program, the shop's own mail server, and the shop that both reach, all of it running."""

import asyncio
import socket
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

from memory.engines.base import Tx
from memory.projection import Event
from memory.threads import Thread, by_external_id, by_id
from server.commerce.embedded import EmbeddedStore
from server.demo.parties.mail import Kept
from server.settings import EmailSettings
from tests.server import core
from tests.story.connected import House, RunningClock, house
from tests.support.databases import NOW
from tests.support.mail import BORDER, SHOP, MoodyMailServer, letter, mail_server, post

PATIENCE_S = 20.0


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@dataclass
class Customer:
    """One customer. `read` counts the mails of ours that the test has looked at."""

    house: House
    server: MoodyMailServer
    port: int
    address: str = "ana@example.com"
    read: int = 0
    written: int = 0
    trusted: bool = True

    @property
    def inbox(self) -> list[Kept]:
        """What reached this customer, each mail once by its Message-ID, as mail programs show it."""
        mine = [each for each in self.server.kept if each.recipient == self.address]
        return list({str(each.message["Message-ID"]): each for each in mine}.values())

    async def write(self, text: str, *, subject: str = "Hello", to: str = SHOP, **headers: str) -> str:
        """A new mail; its Message-ID."""
        self.written += 1
        own = f"<{self.written}.{self.address}>"
        raw = letter(
            text, sender=self.address, subject=subject, message_id=own, to=to, trusted=self.trusted, headers=headers
        )
        await post(self.port, raw, sender=self.address, to=to)
        return own

    async def reply(self, text: str) -> str:
        """An answer to the newest mail, as mail programs write it: to Reply-To, quoting all of it."""
        last = self.inbox[-1].message
        quoted = "\n".join(f"> {line}" for line in self.inbox[-1].text.splitlines())
        body = f"{text}\n\nOn Fri, Nov 20, 2026 at 6:00 PM Northwind wrote:\n{quoted}\n"
        references = f"{last.get('References', '')} {last['Message-ID']}".strip()
        thread = {"In-Reply-To": str(last["Message-ID"]), "References": references}
        return await self.write(body, subject=str(last["Subject"]), to=str(last["Reply-To"]), **thread)

    async def next(self) -> Kept:
        """The next mail of ours."""
        async with asyncio.timeout(PATIENCE_S):
            while len(self.inbox) <= self.read:  # noqa: ASYNC110 - copies are no new mails
                await asyncio.sleep(0.01)
        self.read += 1
        return self.inbox[self.read - 1]

    async def ask(self, text: str, *, begins: bool = False, later: timedelta = timedelta(minutes=25)) -> str:
        """Write or reply, a while after the mail before, and read what comes next."""
        await self.later(later)
        await (self.write(text) if begins else self.reply(text))
        return (await self.next()).text

    async def later(self, span: timedelta) -> None:
        """Let time go by; who waits for a time looks again."""
        self.house.clock.advance(span)
        for topic in ("outbox", "turns", "calls"):
            self.house.services.bus.publish(topic)

    async def quiet(self) -> None:
        """Everything that is stored is worked in, answered and sent."""

        async def read(tx: Tx) -> int:
            row = await tx.one(
                "SELECT (SELECT COUNT(*) FROM journal WHERE state = 'waiting') + (SELECT COUNT(*) FROM turns)"
                " + (SELECT COUNT(*) FROM outbox WHERE state IN ('due', 'sending')) AS n",
                (),
            )
            return int(row["n"]) if row else 0

        async with asyncio.timeout(PATIENCE_S):
            while await self.house.services.database.read(read):  # noqa: ASYNC110 - nobody rings a bell
                await asyncio.sleep(0.02)

    async def thread(self, message_id: str = "") -> Thread:
        """The thread of one of this customer's mails, the newest if none is named."""
        wanted = message_id or f"<{self.written}.{self.address}>"

        async def read(tx: Tx) -> Thread | None:
            found = await by_external_id(tx, "email", wanted)
            return await by_id(tx, found[0]) if found else None

        async with asyncio.timeout(PATIENCE_S):
            while (thread := await self.house.services.database.read(read)) is None:  # noqa: ASYNC110 - as above
                await asyncio.sleep(0.02)
        return thread

    async def events(self, *types: str) -> list[Event]:
        """What happened in the thread of the newest mail."""
        return await core.log(self.house.services, await self.thread(), *types)

    def other(self, address: str, *, trusted: bool = True) -> "Customer":
        """Somebody else with a mail program."""
        return replace(self, address=address, read=0, written=0, trusted=trusted)


@asynccontextmanager
async def scene(folder: Path, *orders: Mapping[str, object]) -> AsyncIterator[Customer]:
    """A running shop with these orders that takes mail by SMTP, and one customer."""
    clocks: list[RunningClock] = []

    def now() -> datetime:
        return clocks[0].now() if clocks else NOW

    async with AsyncExitStack() as stack:
        server = await stack.enter_async_context(mail_server(now=now, login=("shop", "secret")))
        port = free_port()
        email = EmailSettings(address=SHOP, smtp_url=server.url, listen=f"127.0.0.1:{port}", authserv_id=BORDER)
        opened = await stack.enter_async_context(house(folder, NOW, email=email))
        clocks.append(opened.clock)
        store = opened.services.store
        assert isinstance(store, EmbeddedStore)
        for order in orders:
            await store.put_order(dict(order))
        await until_open(port)
        yield Customer(opened, server, port)


async def until_open(port: int) -> None:
    """Somebody listens there."""
    async with asyncio.timeout(PATIENCE_S):
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                await asyncio.sleep(0.01)
                continue
            writer.close()
            await writer.wait_closed()
            return
