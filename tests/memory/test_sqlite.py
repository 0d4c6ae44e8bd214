"""SQLite alone: one commit for many, a full disk, a locked file, private files, a backup of a store in use."""

import asyncio
import sqlite3
import stat
from collections.abc import AsyncIterator, Callable
from functools import partial
from pathlib import Path

import pytest

from memory.engines.base import Tx
from memory.engines.sqlite import SqliteDatabase
from memory.errors import StorageUnavailable
from memory.migrations import migrate
from tests.memory.test_engines import add, buckets
from tests.support.databases import NOW


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "memory.db"


@pytest.fixture
async def database(path: Path) -> AsyncIterator[SqliteDatabase]:
    database = await SqliteDatabase.open(path)
    await migrate(database, NOW)
    yield database
    await database.close()


async def on_writer(database: SqliteDatabase, work: Callable[[sqlite3.Connection], object]) -> None:
    """Do something to the writer's own connection that no unit could do."""
    await database._writer.on_thread(work)


async def pragma(database: SqliteDatabase, name: str) -> object:
    row = await database.write(lambda tx: tx.one(f"PRAGMA {name}"))
    assert row is not None
    return row[0]


async def test_every_commit_is_synced_to_disk(database: SqliteDatabase) -> None:
    assert await pragma(database, "synchronous") == 2
    assert await pragma(database, "journal_mode") == "wal"


async def test_a_commit_is_synced_unless_nobody_in_it_needs_that(database: SqliteDatabase) -> None:
    async def synchronous(tx: Tx) -> object:
        await add(tx, "a")
        row = await tx.one("PRAGMA synchronous")
        assert row is not None
        return row[0]

    assert await database.write(synchronous, is_kept=False) == 1
    assert await database.write(synchronous) == 2
    both = (
        database.write(lambda tx: add(tx, "b")),
        *(database.write(synchronous, is_kept=kept) for kept in (False, True)),
    )
    assert (await asyncio.gather(*both))[1:] == [2, 2]
    assert await database.write(synchronous) == 2


async def test_units_that_queue_up_share_one_commit(database: SqliteDatabase) -> None:
    ran: list[str] = []
    await on_writer(database, lambda connection: connection.set_trace_callback(ran.append))
    await asyncio.gather(*(database.write(partial(add, bucket=f"{n:03}")) for n in range(100)))
    assert ran.count("COMMIT") <= 2
    assert len(await buckets(database)) == 100


async def test_reads_that_are_asked_for_together_share_a_snapshot(database: SqliteDatabase) -> None:
    ran: list[str] = []
    for reader in database._readers:
        await reader.on_thread(lambda connection: connection.set_trace_callback(ran.append))
    found = await asyncio.gather(*(buckets(database) for _ in range(60)))
    assert found == [[]] * 60
    assert ran.count("BEGIN") <= 2
    assert await buckets(database) == []
    assert ran.count("ROLLBACK") == ran.count("BEGIN") <= 3


async def test_a_unit_that_awaits_something_foreign_is_refused(database: SqliteDatabase) -> None:
    async def looks(tx: Tx) -> None:
        await tx.one("SELECT 1")
        await asyncio.sleep(0)

    async def adds(tx: Tx) -> None:
        await add(tx, "a")
        await asyncio.sleep(0)

    with pytest.raises(RuntimeError, match="awaited something other than its transaction"):
        await database.write(adds)
    with pytest.raises(RuntimeError, match="awaited something other than its transaction"):
        await database.read(looks)
    assert await buckets(database) == []


async def test_a_full_disk_refuses_what_does_not_fit_and_recovers(database: SqliteDatabase) -> None:
    pages = await pragma(database, "page_count")
    await on_writer(database, lambda connection: connection.execute(f"PRAGMA max_page_count = {pages}"))
    big = "x" * 100_000
    outcomes = await asyncio.gather(
        *(database.write(lambda tx: add(tx, big)) for _ in range(3)),
        database.write(lambda tx: add(tx, "small")),
        return_exceptions=True,
    )
    assert [type(each) for each in outcomes] == [StorageUnavailable] * 3 + [int]
    assert "SQLITE_FULL" in str(outcomes[0])
    await on_writer(database, lambda connection: connection.execute("PRAGMA max_page_count = 1000000"))
    await database.write(lambda tx: add(tx, big))
    assert await buckets(database) == ["small", big]


async def test_a_locked_file_is_unavailable_until_it_is_free(database: SqliteDatabase, path: Path) -> None:
    await on_writer(database, lambda connection: connection.execute("PRAGMA busy_timeout = 20"))
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    try:
        with pytest.raises(StorageUnavailable, match="locked"):
            await database.write(lambda tx: add(tx, "a"))
        assert await buckets(database) == []
    finally:
        other.execute("ROLLBACK")
        other.close()
    await database.write(lambda tx: add(tx, "b"))
    assert await buckets(database) == ["b"]


async def test_the_files_are_for_their_owner_alone(database: SqliteDatabase, path: Path) -> None:
    await database.write(lambda tx: add(tx, "a"))
    modes = {each.name: stat.S_IMODE(each.stat().st_mode) for each in path.parent.iterdir()}
    assert modes == {"memory.db": 0o600, "memory.db-wal": 0o600, "memory.db-shm": 0o600}


async def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(StorageUnavailable, match=r"memory\.db cannot be opened"):
        await SqliteDatabase.open(tmp_path / "nowhere" / "memory.db")


async def test_a_file_that_is_no_database_is_told(tmp_path: Path) -> None:
    path = tmp_path / "letter.db"
    path.write_bytes(b"this is a letter, not a database" * 100)
    with pytest.raises(StorageUnavailable, match=r"letter\.db cannot be opened"):
        await SqliteDatabase.open(path)


async def test_a_backup_of_a_store_in_use_is_whole_and_private(database: SqliteDatabase, tmp_path: Path) -> None:
    async def pair(tx: Tx, number: int) -> None:
        await add(tx, f"{number:03}-a")
        await add(tx, f"{number:03}-b")

    async def write_on() -> None:
        for number in range(60):
            await database.write(partial(pair, number=number))

    target = tmp_path / "copy.db"
    writing = asyncio.ensure_future(write_on())
    await database.write(lambda tx: pair(tx, 999))
    await database.backup(target)
    await writing
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    copy = await SqliteDatabase.open(target)
    try:
        found = await buckets(copy)
        assert found[-2:] == ["999-a", "999-b"]
        assert len(found) % 2 == 0
        row = await copy.read(lambda tx: tx.one("PRAGMA integrity_check"))
        assert row is not None
        assert row[0] == "ok"
    finally:
        await copy.close()


async def test_a_mistake_in_a_statement_is_not_called_an_outage(database: SqliteDatabase) -> None:
    with pytest.raises(sqlite3.OperationalError, match="no such table"):
        await database.write(lambda tx: tx.run("DELETE FROM nowhere"))
    with pytest.raises(sqlite3.OperationalError, match="no such table"):
        await database.read(lambda tx: tx.one("SELECT * FROM nowhere"))
