"""The `database` of every test here: the same suite on SQLite and on PostgreSQL."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from memory.engines.base import Database
from tests.support import databases
from tests.support.databases import ENGINES, opened, url_of


@pytest.fixture(params=ENGINES)
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """URL of a new database without a schema."""
    return databases.empty_url(request, tmp_path)


@pytest.fixture(params=ENGINES)
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """URL of a database without rows."""
    return url_of(request, tmp_path)


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """An open, migrated database."""
    async with opened(database_url) as database:
        yield database


@pytest.fixture
async def twin(database: Database, database_url: str) -> AsyncIterator[Database]:
    """Another process's handle on the same database."""
    async with opened(database_url) as twin:
        yield twin
