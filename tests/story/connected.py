"""Shops that are connected by their settings alone, and shoppers who talk there: the real application, its doors and its loops.

Time runs, from the frozen moment of the orders on, and may be sped up. Nothing here knows a connector: a test serves a shop's
stand-in, writes the three lines of settings that connect it, and talks.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx2

from channels.message import Address
from memory import threads
from memory.projection import Event
from memory.threads import Thread
from server.app import build
from server.bus import Bell
from server.services import Services
from server.settings import (
    CarrierSettings,
    CarriersSettings,
    DatabaseSettings,
    LabelsSettings,
    LimitsSettings,
    ServerSettings,
    Settings,
    ShopSettings,
    TurnsSettings,
    WidgetSettings,
)
from tests.server import core
from tests.server.intake.browser import SHOP, Browser, Tab
from tests.support.servers import serve

CARRIER = "carrier-secret"
RETURNS_TO: dict[str, Any] = {"line1": "1 Dock Rd", "city": "Newark", "region": "NJ", "zip": "07102", "country": "US"}
PUBLIC = "https://chat.example"


class RunningClock:
    """Runs as clocks do, from a moment of our choice; may be moved forward."""

    def __init__(self, start: datetime) -> None:
        self._offset = start - datetime.now(UTC)

    def now(self) -> datetime:
        """The present moment."""
        return datetime.now(UTC) + self._offset

    def advance(self, by: timedelta) -> None:
        """Let time go by."""
        self._offset += by


@dataclass
class Talk:
    """One shopper's conversation at the widget; `cards` are the newest states of the cards that are shown."""

    tab: Tab
    conv: str
    cards: list[Mapping[str, Any]] = field(default_factory=list)

    async def ask(self, text: str, choice: str = "") -> str:
        """Say something, or tap a button; what is answered."""
        await self.tab.say(text, **({"choice": choice} if choice else {}))
        return await self.answer()

    async def answer(self) -> str:
        """The next thing that the shop's side says."""
        while True:
            frame = await self.tab.until("msg")
            if frame["author"]["type"] != "customer":
                self.cards += [frame["card"]] if frame.get("card") else []
                return str(frame["text"])

    async def card(self) -> Mapping[str, Any]:
        """The open card, as it changes next."""
        frame = await self.tab.until("order")
        self.cards.append(frame["card"])
        card: Mapping[str, Any] = frame["card"]
        return card


@dataclass
class House:
    """A running application."""

    url: str
    services: Services
    clock: RunningClock
    client: httpx2.AsyncClient

    @asynccontextmanager
    async def talk(self) -> AsyncIterator[Talk]:
        """A shopper opens the chat."""
        browser = Browser(self.url)
        session = await browser.session()
        async with browser.tab(session) as tab:
            yield Talk(tab, session.conv)

    async def call(self, path: str, headers: Mapping[str, str], body: bytes) -> None:
        """Somebody calls a webhook of ours."""
        answer = await self.client.post(path, content=body, headers=dict(headers))
        assert answer.status_code == 200, answer.text

    async def get(self, address: str) -> httpx2.Response:
        """What stands at one of our own public addresses."""
        assert address.startswith(PUBLIC)
        return await self.client.get(urlsplit(address).path)

    async def events(self, talk: Talk, *types: str) -> list[Event]:
        """What happened in a conversation."""
        thread = await self.services.database.read(lambda tx: threads.by_public_id(tx, talk.conv))
        assert thread is not None
        return await core.log(self.services, thread, *types)

    async def handoffs(self, talk: Talk) -> list[str]:
        """Why a person was asked to take over."""
        return [str(event.body["reason"]) for event in await self.events(talk, "handoff")]

    async def write(self, text: str, sender: Address) -> str:
        """Somebody writes on a channel without a socket; what is answered."""
        bell = Bell()
        accepted = await core.write(self.services, text, sender)
        with self.services.bus.listening(f"thread:{accepted.thread.id}", bell.ring):
            while not (said := await self._said(accepted.thread)):
                assert await bell.wait(10)
        return said[-1]

    async def _said(self, thread: Thread) -> Sequence[str]:
        return await core.said(self.services, thread)


@asynccontextmanager
async def house(folder: Path, start: datetime, **parties: Any) -> AsyncIterator[House]:
    """An application whose settings name these parties (`shopify=ShopifySettings(...)`)."""
    settings = Settings(
        server=ServerSettings(data=str(folder), secret_keys=("k" * 40,), public_url=PUBLIC),
        database=DatabaseSettings(url=f"sqlite:///{folder / 'shop.db'}", readers=2),
        shop=ShopSettings(name="Lumen Goods", tz="America/Chicago"),
        widget=WidgetSettings(origins=(SHOP,)),
        turns=TurnsSettings(burst_ms=0),
        limits=LimitsSettings(messages_per_s=0.0, frames_per_s=0.0, sessions_per_ip=0),
        carriers=CarriersSettings(easypost=CarrierSettings(secret=CARRIER)),
        **{"labels": LabelsSettings(**RETURNS_TO), **parties},
    )
    clock = RunningClock(start)
    async with AsyncExitStack() as stack:
        app = build(settings, clock=clock)
        url = await stack.enter_async_context(serve(app))
        client = await stack.enter_async_context(httpx2.AsyncClient(base_url=url, trust_env=False, verify=False))
        yield House(url, app.state.services, clock, client)


async def within(seconds: float, waiting: Any) -> Any:
    """What comes within so many seconds; TimeoutError otherwise."""
    async with asyncio.timeout(seconds):
        return await waiting
