"""A customer on one of Meta's channels, Meta's stand-in, and the shop that they write to: all of it running.

The customer sees what Meta took, in order. A test says what Meta does wrong, moves the clock, and looks at the thread.
"""

import asyncio
import itertools
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
from server.channel_settings import MetaSettings
from server.commerce.embedded import EmbeddedStore
from tests.server import core
from tests.story.connected import House, RunningClock, house
from tests.support.databases import NOW
from tests.support.meta import ACCOUNT, NUMBER, PAGE, SECRET, TOKEN, VERIFY, Customer, Graph, Json, Taken
from tests.support.servers import serve

PATIENCE_S = 20.0
IDS = {"whatsapp": "14025550100", "messenger": "4711", "instagram": "815"}
_keys = itertools.count(1)


@dataclass
class Scene:
    """The shop, Meta, and one customer. `seen` counts the messages of ours that the test has looked at."""

    house: House
    graph: Graph
    customer: Customer
    seen: int = 0
    said: list[Json] = field(default_factory=list)

    @property
    def shown(self) -> list[Taken]:
        """What the customer sees of ours."""
        return [each for each in self.graph.taken if each.channel == self.customer.channel]

    async def say(self, *items: Json, copies: int = 1) -> None:
        """Do something; nothing is waited for."""
        self.said += items
        assert set(await self.customer.say(*items, copies=copies)) == {200}

    async def ask(self, text: str) -> str:
        """Write, and read what comes next; time goes by where a send has to be tried again."""
        await self.say(self.customer.text(text))
        return await self.next()

    async def next(self) -> str:
        """The next message of ours that arrives."""
        for _ in range(8):
            try:
                async with asyncio.timeout(2):
                    while len(self.shown) <= self.seen:  # noqa: ASYNC110 - the stand-in rings no bell
                        await asyncio.sleep(0.01)
                break
            except TimeoutError:
                await self.later(seconds=20)
        self.seen += 1
        return self.shown[self.seen - 1].text

    async def tap(self, label: str) -> str:
        """Tap one of the choices of the newest message; what comes next."""
        newest = self.shown[-1]
        choice = next(each for each in newest.choices if label.lower() in each[0].lower())
        in_list = newest.body.get("interactive", {}).get("type") == "list"
        await self.say(self.customer.tap(choice, in_list=in_list))
        return await self.next()

    async def later(self, **span: float) -> None:
        """Let time go by; who waits for a time looks again."""
        self.house.clock.advance(timedelta(**span))
        for topic in ("outbox", "turns", "calls"):
            self.house.services.bus.publish(topic)

    async def until(self, kind: str, count: int = 1) -> Sequence[Event]:
        """The events of a kind in the customer's thread, as soon as there are so many."""
        async with asyncio.timeout(PATIENCE_S):
            while len(found := await self.events(kind)) < count:  # noqa: ASYNC110 - nobody rings a bell
                await asyncio.sleep(0.02)
        return found

    async def statuses(self, wanted: int) -> list[str]:
        """What the thread says of the deliveries, as soon as there are so many words."""
        return [str(each.body["status"]) for each in await self.until("delivery", wanted)]

    async def until_status(self, wanted: str) -> None:
        """Wait until the thread says this of some delivery."""
        async with asyncio.timeout(PATIENCE_S):
            while wanted not in await self.statuses(0):  # noqa: ASYNC110 - nobody rings a bell
                await asyncio.sleep(0.02)

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

    async def thread(self) -> Thread:
        """The thread of the customer's newest message."""

        async def read(tx: Tx) -> Thread | None:
            for each in reversed(self.said):
                mid = each["id"] if "id" in each else each.get("message", {}).get("mid", "")
                if found := await threads.by_external_id(tx, self.customer.channel, mid):
                    return await threads.by_id(tx, found[0])
            return None

        async with asyncio.timeout(PATIENCE_S):
            while (thread := await self.house.services.database.read(read)) is None:  # noqa: ASYNC110 - nobody rings a bell
                await asyncio.sleep(0.02)
        return thread

    async def events(self, *types: str) -> list[Event]:
        """What happened in the thread."""
        return await core.log(self.house.services, await self.thread(), *types)


def settings(url: str, **changes: Any) -> MetaSettings:
    """Settings that name Meta's stand-in."""
    values: dict[str, Any] = {
        "app_secret": SECRET, "verify_token": VERIFY, "access_token": TOKEN, "phone_number_id": NUMBER, "page_id": PAGE,
        "instagram_id": ACCOUNT, "api_url": url, "templates": ("reply=answer:en_US",), "human_agent": True,
    }  # fmt: skip
    return MetaSettings(**{**values, **changes})


@asynccontextmanager
async def scene(
    folder: Path, channel: str, *orders: Mapping[str, object], user_id: str = "", **changes: Any
) -> AsyncIterator[Scene]:
    """A running shop with these orders, and a customer; `changes` of Meta's settings. Meta must get no call that it does not know."""
    clocks: list[RunningClock] = []

    def now() -> datetime:
        return clocks[0].now() if clocks else NOW

    graph = Graph(now)
    async with AsyncExitStack() as stack:
        graph.url = await stack.enter_async_context(serve(graph.app))
        opened = await stack.enter_async_context(house(folder, NOW, meta=settings(graph.url, **changes)))
        clocks.append(opened.clock)
        store = opened.services.store
        assert isinstance(store, EmbeddedStore)
        for order in orders:
            await store.put_order(dict(order))
        yield Scene(opened, graph, Customer(graph, channel, IDS[channel], opened.url, user_id=user_id))
    assert graph.unexpected == []
