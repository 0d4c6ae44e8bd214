"""Databases for tests: one suite runs on both engines, on a SQLite file and on a scratch PostgreSQL.

`ENGINES` are the parameters of a fixture; `opened` opens an empty, migrated database and closes it again.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from memory.engines import connect
from memory.engines.base import Database
from memory.migrations import migrate

NOW = datetime(2026, 11, 20, 18, 0, tzinfo=UTC)
ENGINES = ("sqlite", pytest.param("postgres", marks=pytest.mark.postgres))


def url_of(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a new, empty database of the engine that the fixture's parameter names."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'memory.db'}"
    url: str = request.getfixturevalue("postgres_url")
    return url


@asynccontextmanager
async def opened(url: str) -> AsyncIterator[Database]:
    """The database at `url`, migrated."""
    database = await connect(url)
    try:
        await migrate(database, NOW)
        yield database
    finally:
        await database.close()
