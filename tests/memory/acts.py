"""Small acts that many tests of the memory begin with: somebody writes, a thread exists."""

from collections.abc import Sequence

from memory import customers, threads
from memory.customers import Identity
from memory.engines.base import Database, Tx
from memory.ids import new_public_id
from memory.projection import Event
from memory.threads import NewEvent, Thread
from tests.support.databases import NOW


def says(text: str, *, cid: str | None = None, external_id: str | None = None, identity_id: int = 0) -> NewEvent:
    """A customer's message."""
    return NewEvent(
        "message", {"text": text}, "all", "customer", channel="sms", cid=cid, external_id=external_id,
        identity_id=identity_id,
    )  # fmt: skip


async def an_identity(database: Database, key: str = "+14025550100", kind: str = "phone") -> Identity:
    """A proven address with its customer."""
    return await database.write(lambda tx: customers.resolve(tx, kind, key, "channel", NOW))


async def a_thread(database: Database, identity: Identity | None = None) -> Thread:
    """An empty thread of a customer."""
    whose = identity or await an_identity(database)

    async def unit(tx: Tx) -> Thread:
        thread = await threads.create(tx, new_public_id("c"), whose.customer_id, NOW)
        await threads.join(tx, thread.id, whose.id, NOW)
        return thread

    return await database.write(unit)


async def append(database: Database, thread_id: int, *new: NewEvent) -> Sequence[Event]:
    """Events appended in one unit."""
    return (await database.write(lambda tx: threads.append(tx, thread_id, new, NOW)))[1]


async def events_of(database: Database, thread_id: int) -> list[Event]:
    """The whole log of a thread."""
    return await database.read(lambda tx: threads.events(tx, thread_id))


async def stored(database: Database, thread_id: int) -> Thread:
    """The thread as it stands."""
    thread = await database.read(lambda tx: threads.by_id(tx, thread_id))
    assert thread is not None
    return thread


async def count(database: Database, table: str) -> int:
    """How many rows a table has."""
    row = await database.read(lambda tx: tx.one(f"SELECT COUNT(*) AS n FROM {table}"))
    assert row is not None
    return int(row["n"])
