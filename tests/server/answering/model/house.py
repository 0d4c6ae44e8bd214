"""A service with a scripted model behind it: real rooms, a real database, the server's own turns."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from channels.message import Address
from memory import threads
from memory.agents import Agent
from memory.threads import Thread
from server.answering.context import Answer
from server.answering.model.engine import Model
from server.answering.warm import warm
from server.clock import HandClock
from server.commerce.embedded import EmbeddedStore
from server.desk import work
from server.services import Services
from server.settings import LlmSettings, ServerSettings, Settings, TurnsSettings
from server.turns import Turns
from tests.server import core
from tests.server.commerce.orders import a_line, ago, an_event, an_order, shipped
from tests.support import model_server as scripted
from tests.support.databases import NOW, opened
from tests.support.model_server import ModelServer
from tests.support.servers import serve

WEB_1 = Address("visitor", "a" * 64, "channel", "visitor-1", "")
WEB_2 = Address("visitor", "b" * 64, "channel", "visitor-2", "")
PROOF = "1042, ana@example.com"
UNCLEAR = "hmm the thing is kind of weird you know, blue elephants maybe"
MINE = shipped(an_event(ago(days=1), "in_transit"))
THEIRS = an_order(
    id="o-2001",
    number="#2001",
    customer={"id": "c-bob", "name": "Bob Ray", "emails": ["bob@victim.example"], "phones": ["+14025550177"]},
    lines=[a_line(id="l9", sku="VICTIM-SKU", title="Private telescope")],
    note="victim note",
    internal_note="internal: flagged by staff",
)


@dataclass(slots=True)
class House:
    """Rooms, turns and the model that has its part in them."""

    services: Services
    turns: Turns
    clock: HandClock
    model: Model
    agent: Agent | None = None

    async def ask(self, text: str, sender: Address = WEB_1, **values: Any) -> tuple[Thread, Answer]:
        """Say something and hear what comes of it."""
        self.clock.advance(timedelta(seconds=1))
        accepted = await core.write(self.services, text, sender, **values)
        answers = await self.turns.drain()
        assert answers
        return accepted.thread, answers[-1]

    async def said(self, thread: Thread) -> str:
        """The last thing that the assistant said."""
        return (await core.said(self.services, thread))[-1]

    async def start_anew(self) -> None:
        """A person hands the latest conversation back."""
        agent = self.agent or await core.someone(self.services, "Kim")
        self.agent = agent
        thread = (await self.services.database.read(lambda tx: threads.inbox(tx, limit=1)))[0]
        await work.claim(self.services, thread.public_id, agent)
        await work.hand_back(self.services, thread.public_id, agent)

    async def orders(self) -> list[str]:
        """Every order as the store has it."""
        found = [await self.services.store.order(id) for id in ("ord_7", "o-2001")]
        return [repr(replace(order, as_of=NOW)) for order in found if order is not None]


@asynccontextmanager
async def house(
    tmp_path: Path,
    server: ModelServer,
    *orders: Mapping[str, object],
    store_kind: type[EmbeddedStore] = EmbeddedStore,
    **llm: Any,
) -> AsyncIterator[House]:
    """A house over a fresh database; keywords are settings of the model."""
    await asyncio.to_thread(warm)  # as a server does before its first turn
    async with serve(server.app, grace_s=1) as url, opened(f"sqlite:///{tmp_path / 'house.db'}") as database:
        named: dict[str, Any] = {
            "base_url": f"{url}/v1",
            "api_key": scripted.KEY,
            "model": scripted.MODEL,
            "deadline_s": 8.0,
        }
        settings = Settings(
            server=ServerSettings(data=str(tmp_path)),
            turns=TurnsSettings(burst_ms=0),
            llm=LlmSettings(**(named | llm)),
        )
        clock = HandClock(NOW)
        parts: dict[str, Any] = {"settings": settings, "clock": clock, "store_kind": store_kind}
        async with core.rooms(database, *(orders or (MINE, THEIRS)), **parts) as services:
            model = await Model.open(settings, database, clock)
            assert model is not None
            try:
                yield House(services, Turns(services, pads=False, model=model), clock, model)
            finally:
                await model.close()
