"""However often the link breaks, every tab ends with the same transcript, and every message is there once.

Two tabs of one visitor write, lose their sockets at random points of sending, acknowledging and replaying, and come back as
the widget does: with what they hold, repeating what was not acknowledged.
"""

import asyncio
import random
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import msgspec
import pytest
import websockets

from memory import threads
from memory.engines.base import Tx
from memory.projection import Event
from memory.threads import NewEvent
from tests.server.intake.browser import Browser, Session
from tests.server.intake.conftest import House

MESSAGES = 20
DISCONNECTS = 100


@dataclass
class Tab:
    """One tab as the widget is: an outbox that is repeated, a log without holes."""

    browser: Browser
    session: Session
    name: str
    rng: random.Random
    outbox: dict[str, str] = field(default_factory=dict)
    log: list[dict[str, Any]] = field(default_factory=list)
    links: int = 0

    @property
    def last(self) -> int:
        return self.log[-1]["seq"] if self.log else 0

    def apply(self, frame: dict[str, Any]) -> None:
        """Take a frame as docs/socket.md says: repeats are dropped, a hole is never accepted."""
        if frame["t"] == "ack":
            self.outbox.pop(frame["cid"], None)
        if "prev" not in frame or frame["seq"] <= self.last:
            return
        assert frame["prev"] == self.last, (
            f"{self.name} holds {self.last}, the next is {frame['seq']} after {frame['prev']}"
        )
        self.log.append(frame)
        self.outbox.pop(frame.get("cid", ""), None)

    async def link(self, cut_after: float | None) -> None:
        """One connection: hello, repeat the outbox, read until it is cut (None = until everything is said and shown)."""
        self.links += 1
        with suppress(websockets.ConnectionClosed, TimeoutError):
            async with self.browser.dial() as socket, asyncio.timeout(cut_after):
                try:
                    hello = {"t": "hello", "v": 1, "token": self.session.token, "conv": self.session.conv}
                    await socket.send(msgspec.json.encode({**hello, "last_seq": self.last, "tab": self.name}).decode())
                    for cid, text in list(self.outbox.items()):
                        await socket.send(msgspec.json.encode({"t": "send", "cid": cid, "text": text}).decode())
                    while cut_after is not None or self.outbox or self.last < self.expected:
                        self.apply(msgspec.json.decode(await socket.recv()))
                finally:
                    if cut_after is not None:
                        socket.transport.abort()

    expected: int = 0

    async def settle(self) -> None:
        """Come back until everything is said and shown: the server may close a link, too."""
        async with asyncio.timeout(20):
            while self.outbox or self.last < self.expected:
                await self.link(None)


async def use(tab: Tab) -> None:
    """Say something now and then, and lose the link all the time."""
    for number in range(DISCONNECTS):
        if number % (DISCONNECTS // MESSAGES) == 0:
            tab.outbox[f"{tab.name}-{number}"] = f"{tab.name} says {number}"
        await tab.link(tab.rng.choice([0.0005, 0.002, 0.005, 0.01, 0.02]))


async def answer(house: House, conv: str) -> None:
    """Somebody behind the door speaks too, and notes things that no tab may see."""
    spoken = [NewEvent("note", {"text": "hidden"}), NewEvent("message", {"text": "hm"}, "all", "assistant")]
    while True:
        await asyncio.sleep(0.01)
        with suppress(AssertionError):  # before the first message there is no thread
            await house.append(conv, *spoken)


async def everything(house: House, conv: str) -> list[Event]:
    async def unit(tx: Tx) -> list[Event]:
        thread = await threads.by_public_id(tx, conv)
        return await threads.events(tx, thread.id) if thread else []

    return await house.services.database.read(unit)


async def test_every_tab_ends_with_the_same_transcript(house: House) -> None:
    rng = random.Random(7)
    session = await house.browser.session()
    tabs = [Tab(house.browser, session, name, random.Random(rng.random())) for name in ("one", "two")]
    async with asyncio.TaskGroup() as group:
        talker = group.create_task(answer(house, session.conv))
        async with asyncio.TaskGroup() as users:
            for tab in tabs:
                users.create_task(use(tab))
        talker.cancel()
    for tab in tabs:
        await tab.settle()
    events = await everything(house, session.conv)
    shown = [(event.seq, event.body["text"]) for event in events if event.audience == "all"]
    for tab in tabs:
        tab.expected = shown[-1][0]
        await tab.settle()
        assert tab.links >= DISCONNECTS
        assert [(frame["seq"], frame["text"]) for frame in tab.log] == shown
    assert [event.seq for event in events] == list(range(1, len(events) + 1))
    said = sorted(event.body["text"] for event in events if event.author_type == "customer")
    assert said == sorted(
        f"{tab.name} says {n}" for tab in tabs for n in range(0, DISCONNECTS, DISCONNECTS // MESSAGES)
    )


pytestmark = pytest.mark.timeout(60)
