"""A customer's telephone, with WhatsApp and text messages, at Twilio's stand-in; and the shop that it writes to, all of it running.

The phone shows what reached it, in order. A test says what Twilio does wrong, moves the clock, and looks at the thread.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from memory import threads
from memory.engines.base import Tx
from memory.projection import Event
from memory.threads import Thread
from server.commerce.embedded import EmbeddedStore
from server.demo.parties.twilio import Message
from tests.server import core
from tests.story.connected import PUBLIC, House, RunningClock, house
from tests.support.databases import NOW
from tests.support.twilio import ANA, Caller, TwilioStandIn, twilio

PATIENCE_S = 20.0


@dataclass
class Scene:
    """The shop, Twilio, and one phone. `heard` counts the messages of ours that the test has looked at."""

    house: House
    twilio: TwilioStandIn
    caller: Caller
    sender: str
    heard: int = 0
    forms: list[Mapping[str, str]] = field(default_factory=list)

    @property
    def shown(self) -> list[Message]:
        """What this phone shows of ours."""
        return [each for each in self.twilio.sent if each.to == self.sender]

    async def say(self, text: str, **fields: str) -> Mapping[str, str]:
        """Write a message; nothing is waited for."""
        self.forms.append(await self.caller.write(text, self.sender, **fields))
        return self.forms[-1]

    async def ask(self, text: str, **fields: str) -> str:
        """Write, and read what comes next."""
        await self.say(text, **fields)
        return (await self.next()).body

    async def tap(self, label: str) -> str:
        """Tap a button or choose a line of the newest message; what comes next."""
        newest = self.shown[-1]
        title, value = next(each for each in newest.choices if label.lower() in each[0].lower())
        kind = "ButtonText" if len(newest.choices) <= 3 else "ListTitle"
        payload = "ButtonPayload" if len(newest.choices) <= 3 else "ListId"
        fields = {kind: title, payload: value, "MessageType": "interactive", "OriginalRepliedMessageSid": newest.sid}
        return await self.ask(title, **fields)

    async def next(self) -> Message:
        """The next message of ours that reaches the phone."""
        async with asyncio.timeout(PATIENCE_S):
            while len(self.shown) <= self.heard:  # noqa: ASYNC110 - the stand-in rings no bell
                await asyncio.sleep(0.01)
        self.heard += 1
        return self.shown[self.heard - 1]

    async def later(self, **span: float) -> None:
        """Let time go by; who waits for a time looks again."""
        self.house.clock.advance(timedelta(**span))
        for topic in ("outbox", "turns", "calls"):
            self.house.services.bus.publish(topic)

    async def until(self, what: str, count: int = 1) -> Sequence[Event]:
        """The events of a kind in the phone's thread, as soon as there are so many."""
        async with asyncio.timeout(PATIENCE_S):
            while len(found := await self.events(what)) < count:  # noqa: ASYNC110 - nobody rings a bell
                await asyncio.sleep(0.02)
        return found

    async def statuses(self, *wanted: str) -> list[str]:
        """What the thread says of the deliveries, as soon as all that is wanted stands there."""
        async with asyncio.timeout(PATIENCE_S):
            while not set(wanted) <= set(found := [str(each.body["status"]) for each in await self.events("delivery")]):  # noqa: ASYNC110 - nobody rings a bell
                await asyncio.sleep(0.02)
        return found

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

    async def quiet_calls(self) -> None:
        """Every call that is stored is worked in."""

        async def read(tx: Tx) -> int:
            row = await tx.one("SELECT COUNT(*) AS n FROM journal WHERE state = 'waiting'", ())
            return int(row["n"]) if row else 0

        async with asyncio.timeout(PATIENCE_S):
            while await self.house.services.database.read(read):  # noqa: ASYNC110 - nobody rings a bell
                await asyncio.sleep(0.02)

    async def thread(self) -> Thread:
        """The thread that the phone's newest message stands in."""
        kind = "whatsapp" if self.sender.startswith("whatsapp:") else "sms"

        async def read(tx: Tx) -> Thread | None:
            for form in reversed(self.forms):
                if found := await threads.by_external_id(tx, kind, form["MessageSid"]):
                    return await threads.by_id(tx, found[0])
            return None

        async with asyncio.timeout(PATIENCE_S):
            while (thread := await self.house.services.database.read(read)) is None:  # noqa: ASYNC110 - nobody rings a bell
                await asyncio.sleep(0.02)
        return thread

    async def events(self, *types: str) -> list[Event]:
        """What happened in the thread."""
        return await core.log(self.house.services, await self.thread(), *types)


@asynccontextmanager
async def scene(
    folder: Path, *orders: Mapping[str, object], sender: str = ANA, is_strict: bool = True, **settings: Any
) -> AsyncIterator[Scene]:
    """A running shop with these orders, reached by this phone; `settings` change those of Twilio."""
    clocks: list[RunningClock] = []

    def now() -> datetime:
        return clocks[0].now() if clocks else NOW

    async with AsyncExitStack() as stack:
        stand_in = await stack.enter_async_context(twilio(now, is_strict=is_strict))
        opened = await stack.enter_async_context(house(folder, NOW, twilio=stand_in.settings(**settings)))
        clocks.append(opened.clock)
        store = opened.services.store
        assert isinstance(store, EmbeddedStore)
        for order in orders:
            await store.put_order(dict(order))
        yield Scene(opened, stand_in, Caller(stand_in, opened.client, PUBLIC), sender)
