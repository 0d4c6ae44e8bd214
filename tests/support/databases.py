"""Databases for tests: one suite runs on both engines, on a SQLite file and on a scratch PostgreSQL.

`ENGINES` are the parameters of a fixture, `url_of` gives its URL, and `opened` opens the database and closes it again.
A PostgreSQL schema is made once for the whole run and emptied for each test: making it anew is a second under load.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import asyncpg
import pytest

from memory.engines import connect
from memory.engines.base import Database
from memory.migrations import migrate

NOW: Final = datetime(2026, 11, 20, 18, 0, tzinfo=UTC)
ENGINES: Final = ("sqlite", pytest.param("postgres", marks=pytest.mark.postgres))

_EMPTY = """DO $$ DECLARE one text; BEGIN
    SET session_replication_role = replica;
    FOR one IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'migrations' LOOP
        EXECUTE format('DELETE FROM %I', one);
    END LOOP;
    INSERT INTO counters (name, value) VALUES ('thread', 1000);
END $$"""
_DISCONNECT = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
_MIGRATED = pytest.StashKey[str]()


def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a new database without a schema, of the engine that the fixture's parameter names."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'memory.db'}"
    url: str = request.getfixturevalue("postgres_url")
    return url


def url_of(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a database without rows, of the engine that the fixture's parameter names."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'memory.db'}"
    server: str = request.getfixturevalue("_postgres_database")
    stash = request.config.stash
    if _MIGRATED not in stash:
        stash[_MIGRATED] = _make_migrated(request, server)
    _ask(stash[_MIGRATED], _DISCONNECT, _EMPTY)
    return stash[_MIGRATED]


@asynccontextmanager
async def opened(url: str) -> AsyncIterator[Database]:
    """The database at `url`, migrated."""
    database = await connect(url)
    try:
        await migrate(database, NOW)
        yield database
    finally:
        await database.close()


def _make_migrated(request: pytest.FixtureRequest, server: str) -> str:
    url = f"{server}_migrated"
    name = url.rpartition("/")[2]
    _ask(
        server,
        f"DROP DATABASE IF EXISTS {name} WITH (FORCE)",
        f"CREATE DATABASE {name}",
        f"ALTER DATABASE {name} SET synchronous_commit = off",
    )
    admin = f"{server.rpartition('/')[0]}/postgres"
    request.config.add_cleanup(lambda: _ask(admin, f"DROP DATABASE IF EXISTS {name} WITH (FORCE)"))

    async def prepare() -> None:
        async with opened(url):
            pass

    _run(prepare)
    return url


def _ask(url: str, *statements: str) -> None:
    async def ask() -> None:
        connection = await asyncpg.connect(url, timeout=5)
        try:
            for statement in statements:
                await connection.execute(statement)
        finally:
            await connection.close()

    _run(ask)


def _run(work: Callable[[], Awaitable[None]]) -> None:
    """On a loop of its own in a thread of its own, so that any fixture may ask."""

    async def run() -> None:
        await work()

    with ThreadPoolExecutor(1) as pool:
        pool.submit(asyncio.run, run()).result()
