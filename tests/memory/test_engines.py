"""What both engines promise: units are whole or absent, on disk when they return, and harm no neighbour."""

import asyncio
import sqlite3
import subprocess
import sys
from contextlib import closing
from functools import partial
from pathlib import Path

import asyncpg
import pytest

from memory.engines import connect, sqlite_path
from memory.engines.base import Database, Tx
from memory.engines.postgres import numbered
from memory.errors import StorageUnavailable
from tests.memory.acts import count


async def add(tx: Tx, bucket: str) -> int:
    """One row in a table that nothing refers to."""
    return await tx.run("INSERT INTO guesses (bucket, at) VALUES (?, ?)", (bucket, 1))


async def buckets(database: Database) -> list[str]:
    async def unit(tx: Tx) -> list[str]:
        return [row["bucket"] for row in await tx.all("SELECT bucket FROM guesses ORDER BY bucket")]

    return await database.read(unit)


async def test_a_unit_is_there_for_everybody_when_write_returns(database: Database, twin: Database) -> None:
    assert await database.write(lambda tx: add(tx, "a")) == 1
    assert await buckets(twin) == ["a"]


async def test_a_unit_that_raises_leaves_nothing_and_its_error_arrives(database: Database) -> None:
    async def unit(tx: Tx) -> None:
        await add(tx, "a")
        raise LookupError("changed my mind")

    with pytest.raises(LookupError, match="changed my mind"):
        await database.write(unit)
    assert await buckets(database) == []


async def test_a_failing_unit_harms_none_of_those_that_run_beside_it(database: Database) -> None:
    async def unit(tx: Tx, number: int) -> int:
        await add(tx, f"{number:03}")
        if number % 7 == 3:
            raise LookupError
        if number % 7 == 5:
            await tx.run("INSERT INTO counters (name, value) VALUES ('thread', 1)")  # breaks a unique key
        return number

    outcomes = await asyncio.gather(
        *(database.write(partial(unit, number=number)) for number in range(70)), return_exceptions=True
    )
    fine = [number for number in range(70) if number % 7 not in (3, 5)]
    assert [each for each in outcomes if isinstance(each, int)] == fine
    assert await buckets(database) == [f"{number:03}" for number in fine]


async def test_a_cancelled_caller_stops_nobody_else(database: Database) -> None:
    waiting = [asyncio.ensure_future(database.write(partial(add, bucket=f"{n:03}"))) for n in range(50)]
    await asyncio.sleep(0)
    for task in waiting[::2]:
        task.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)
    assert set(await buckets(database)) >= {f"{n:03}" for n in range(1, 50, 2)}


async def test_a_read_may_not_write(database: Database) -> None:
    with pytest.raises(StorageUnavailable):
        await database.read(lambda tx: add(tx, "a"))
    assert await count(database, "guesses") == 0


async def test_a_read_sees_one_snapshot(database: Database, database_url: str) -> None:
    """Between the two looks of the reader a whole write commits elsewhere."""

    async def count_twice(tx: Tx) -> list[int]:
        counts = []
        for _ in range(2):
            row = await tx.one("SELECT COUNT(*) AS n FROM guesses")
            assert row is not None
            counts.append(row["n"])
            await commit_elsewhere(database_url)
        return counts

    assert await database.read(count_twice) == [0, 0]
    assert await count(database, "guesses") == 2


async def commit_elsewhere(url: str) -> None:
    """A row by another connection; on SQLite without an await, which a unit may not do."""
    statement = "INSERT INTO guesses (bucket, at) VALUES ('elsewhere', 1)"
    if url.startswith("sqlite"):
        with closing(sqlite3.connect(sqlite_path(url), isolation_level=None)) as connection:
            connection.execute(statement)
    else:
        other = await asyncpg.connect(url)
        await other.execute(statement)
        await other.close()


async def test_a_failing_read_harms_none_of_those_that_run_beside_it(database: Database) -> None:
    async def unit(tx: Tx, number: int) -> int:
        row = await tx.one("SELECT COUNT(*) AS n FROM guesses" if number % 3 else "SELECT COUNT(*) AS n FROM nowhere")
        assert row is not None
        return number + int(row["n"])

    outcomes = await asyncio.gather(
        *(database.read(partial(unit, number=number)) for number in range(60)), return_exceptions=True
    )
    assert [each for each in outcomes if isinstance(each, int)] == [number for number in range(60) if number % 3]
    assert sum(isinstance(each, Exception) for each in outcomes) == 20


async def test_a_cancelled_reader_stops_nobody_else(database: Database) -> None:
    await database.write(lambda tx: add(tx, "a"))
    waiting = [asyncio.ensure_future(count(database, "guesses")) for _ in range(50)]
    await asyncio.sleep(0)
    for task in waiting[::2]:
        task.cancel()
    found = await asyncio.gather(*waiting, return_exceptions=True)
    assert found[1::2] == [1] * 25


async def test_reads_run_beside_writes(database: Database) -> None:
    async def write(number: int) -> None:
        await database.write(lambda tx: add(tx, str(number)))

    counts = await asyncio.gather(*(count(database, "guesses") for _ in range(40)), *(write(n) for n in range(40)))
    assert await count(database, "guesses") == 40
    assert all(each is None or 0 <= each <= 40 for each in counts)


async def test_a_closed_database_is_unavailable(database: Database) -> None:
    await database.close()
    with pytest.raises(StorageUnavailable):
        await database.write(lambda tx: add(tx, "a"))
    with pytest.raises(StorageUnavailable):
        await buckets(database)
    await database.close()


async def test_what_was_queued_before_close_is_kept(database: Database, twin: Database) -> None:
    waiting = [asyncio.ensure_future(database.write(partial(add, bucket=str(n)))) for n in range(20)]
    await asyncio.sleep(0)
    await database.close()
    await asyncio.gather(*waiting)
    assert await count(twin, "guesses") == 20


async def test_text_with_a_nul_is_stored_by_every_engine(database: Database) -> None:
    """PostgreSQL's text holds none; whoever sends one is served all the same."""
    await database.write(partial(add, bucket="a\x00b"))
    await database.write(lambda tx: tx.many("INSERT INTO guesses (bucket, at) VALUES (?, ?)", [("c\x00", 1)]))
    assert [bucket.replace("\x00", "") for bucket in await buckets(database)] == ["ab", "c"]


@pytest.mark.parametrize("url", ["mysql://localhost/shop", "", "memory.db"])
async def test_another_scheme_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="begins with sqlite:/// or postgresql://"):
        await connect(url)


def test_marks_are_numbered_outside_of_quoted_text() -> None:
    assert numbered("SELECT '?' FROM t WHERE a = ? AND b = ?") == "SELECT '?' FROM t WHERE a = $1 AND b = $2"


_FAILING = """
import asyncio, sys
from memory.engines import connect

async def fail():
    database = await connect(sys.argv[1])
    await database.write(lambda tx: tx.run("CREATE TABLE kept (a)"))
    raise LookupError("nobody closes it")

asyncio.run(fail())
"""


def test_a_process_that_fails_before_it_closes_its_database_ends(tmp_path: Path) -> None:
    file = tmp_path / "left.db"
    done = subprocess.run(
        [sys.executable, "-c", _FAILING, f"sqlite:///{file}"],
        cwd=Path(__file__).parents[2], capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert done.returncode == 1
    assert "nobody closes it" in done.stderr
    with closing(sqlite3.connect(file)) as left:
        assert left.execute("SELECT name FROM sqlite_master").fetchall() == [("kept",)]
