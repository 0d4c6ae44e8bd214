"""The rooms behind the doors, opened over a test's database: what the tests of inbox, turns, desk and outbox begin with.

Everything is real (store, policy, bus); only the clock stands still until it is told to move.
"""

import itertools
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any, Final

from typing_extensions import override

from channels.message import Address, Inbound
from memory import agents, threads
from memory.agents import Agent
from memory.engines.base import Database, Tx
from memory.projection import Event
from memory.threads import NewEvent, Thread
from server.answering.warm import warm
from server.bus import LocalBus
from server.clock import HandClock
from server.commerce.embedded import EmbeddedStore
from server.commerce.model import OrderSnapshot
from server.commerce.store import ReturnResult
from server.inbox import Accepted, accept
from server.policies.file import load
from server.services import Services
from server.settings import Settings, TurnsSettings
from tests.support.databases import NOW

ANA: Final = Address("sms", "+14025550100", "channel", "(402) 555-0100", "Ana Souza")
BOB: Final = Address("sms", "+14025550177", "channel", "(402) 555-0177", "Bob Ray")
POLICY: Final = load(None)
warm()  # reads files, which no coroutine may
_ids = itertools.count(1)


class MoodyStore(EmbeddedStore):
    """An order system with moods, which may be slow, fail, or let things happen.

    `before` is awaited before each read, `unable` before each write, `unanswered` when the write is done."""

    before: Callable[[], Awaitable[None]] | None = None
    unable: Callable[[], Awaitable[None]] | None = None
    unanswered: Callable[[], Awaitable[None]] | None = None
    writes = 0

    async def _feel(self) -> None:
        if self.before is not None:
            await self.before()

    @override
    async def order(self, order_id: str) -> OrderSnapshot | None:
        await self._feel()
        return await super().order(order_id)

    @override
    async def order_by_number(self, number: str) -> OrderSnapshot | None:
        await self._feel()
        return await super().order_by_number(number)

    @override
    async def start_return(self, *args: Any, **named: Any) -> ReturnResult:
        self.writes += 1
        if self.unable is not None:
            await self.unable()
        result = await super().start_return(*args, **named)
        if self.unanswered is not None:
            await self.unanswered()
        return result


@asynccontextmanager
async def rooms(database: Database, *orders: Mapping[str, object], **changes: Any) -> AsyncIterator[Services]:
    """Services over `database` with these orders in the store; keywords replace a part, `store_kind` the class of the store."""
    clock = changes.pop("clock", None) or HandClock(NOW)
    store = changes.pop("store_kind", EmbeddedStore)(database, clock, "America/New_York", "US")
    for order in orders:
        await store.put_order(dict(order))
    values: dict[str, Any] = {
        "settings": Settings(turns=TurnsSettings(burst_ms=0)),
        "clock": clock,
        "database": database,
        "bus": LocalBus(),
        "store": store,
        "policy": POLICY,
        **changes,
    }
    yield Services(**values)


def raising(error: Exception) -> Callable[[], Awaitable[None]]:
    """A mood that fails."""

    async def fail() -> None:
        raise error

    return fail


def inbound(text: str, sender: Address = ANA, **values: Any) -> Inbound:
    """A message of a customer; keywords replace what it carries."""
    return Inbound(**{"channel": sender.kind, "sender": sender, "text": text, "at": NOW, **values})


async def write(services: Services, text: str, sender: Address = ANA, **values: Any) -> Accepted:
    """A customer writes once more."""
    return await accept(services, inbound(text, sender, external_id=f"in-{next(_ids)}", **values))


async def someone(services: Services, name: str, role: str = "agent") -> Agent:
    """A person at the desk."""

    async def unit(tx: Tx) -> Agent:
        return await agents.add(tx, f"{name.lower()}@desk.example", name, role, (), "", services.clock.now())

    return await services.database.write(unit)


async def log(services: Services, thread: Thread, *types: str) -> list[Event]:
    """The events of a thread, all or of these types."""
    events = await services.database.read(lambda tx: threads.events(tx, thread.id))
    return [event for event in events if not types or event.type in types]


async def said(services: Services, thread: Thread, author: str = "assistant") -> list[str]:
    """What somebody said in a thread."""
    return [str(event.body["text"]) for event in await log(services, thread, "message") if event.author_type == author]


async def now(services: Services, thread: Thread) -> Thread:
    """The thread as it stands."""
    found = await services.database.read(lambda tx: threads.by_id(tx, thread.id))
    assert found is not None
    return found


async def happen(services: Services, thread: Thread, *events: NewEvent) -> Thread:
    """Let something happen in a thread."""

    async def unit(tx: Tx) -> Thread:
        return (await threads.append(tx, thread.id, events, services.clock.now()))[0]

    return await services.database.write(unit)


async def count(services: Services, table: str) -> int:
    """How many rows a table has."""
    row = await services.database.read(lambda tx: tx.one(f"SELECT COUNT(*) AS n FROM {table}"))
    assert row is not None
    return int(row["n"])
