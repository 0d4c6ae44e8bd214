"""The schema is the migrations: run once, whole or not at all, refused where it does not fit."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from memory.engines import connect
from memory.engines.base import Database, Tx
from memory.errors import MigrationRefused, StorageError
from memory.migrations import migrate, pending, released, statements
from tests.support.databases import NOW, opened

RELEASED = released()


@pytest.fixture
async def database(empty_url: str) -> AsyncIterator[Database]:
    async with opened(empty_url) as database:
        yield database


async def tables(database: Database) -> set[str]:
    """The names of all tables."""
    sql = (
        "SELECT name FROM sqlite_master WHERE type = 'table'"
        if database.engine == "sqlite"
        else "SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public'"
    )

    async def names(tx: Tx) -> set[str]:
        return {row["name"] for row in await tx.all(sql)}

    return await database.read(names)


async def test_migrating_twice_runs_nothing_the_second_time(database: Database) -> None:
    assert await migrate(database, NOW) == []
    assert await pending(database) == []


async def test_an_empty_database_has_everything_pending(empty_url: str) -> None:
    database = await connect(empty_url)
    names = [name for name, _ in RELEASED]
    try:
        assert await pending(database) == names
        assert await migrate(database, NOW) == names
        assert {"threads", "events", "store_orders"} <= await tables(database)
    finally:
        await database.close()


async def test_an_altered_migration_is_refused(database: Database) -> None:
    await database.write(lambda tx: tx.run("UPDATE migrations SET digest = 'another'"))
    with pytest.raises(MigrationRefused, match="was altered after it ran here"):
        await migrate(database, NOW)


async def test_a_newer_database_is_refused(database: Database) -> None:
    await database.write(
        lambda tx: tx.run("INSERT INTO migrations (name, digest, at) VALUES ('9999_from_the_future.sql', 'x', 0)")
    )
    with pytest.raises(MigrationRefused, match="newer than this program"):
        await migrate(database, NOW)
    with pytest.raises(MigrationRefused, match="newer than this program"):
        await pending(database)


async def test_a_migration_that_fails_midway_leaves_nothing(database: Database) -> None:
    broken = "CREATE TABLE half (id {id});\nCREATE TABLE half (id {id});"
    before = await tables(database)
    with pytest.raises(Exception, match="half"):
        await migrate(database, NOW, lambda: [*RELEASED, ("0999_broken.sql", broken)])
    assert await tables(database) == before
    assert await migrate(database, NOW) == []


async def test_two_processes_that_start_at_once_migrate_once(empty_url: str) -> None:
    first, second = await connect(empty_url), await connect(empty_url)
    try:
        ran = await asyncio.gather(migrate(first, NOW), migrate(second, NOW), return_exceptions=True)
        errors = [each for each in ran if isinstance(each, BaseException)]
        assert all(isinstance(each, StorageError) for each in errors), errors
        names = [name for each in ran if isinstance(each, list) for name in each]
        assert sorted(names) == [name for name, _ in RELEASED] or (errors and len(names) == len(set(names)))
        assert await pending(second) == []
    finally:
        await first.close()
        await second.close()


def test_statements_have_no_comments_and_no_tokens() -> None:
    for engine in ("sqlite", "postgres"):
        for _, sql in RELEASED:
            for statement in statements(sql, engine):
                assert "--" not in statement
                assert "{id}" not in statement
                assert "{clustered}" not in statement
