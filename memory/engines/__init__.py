"""SQLite and PostgreSQL behind one protocol: write units, reads on a snapshot."""

from pathlib import Path

from memory.engines.base import Database
from memory.engines.postgres import PostgresDatabase
from memory.engines.sqlite import SqliteDatabase


def sqlite_path(url: str) -> Path:
    """The file of a `sqlite:///path.db` URL (a fourth slash makes it absolute)."""
    return Path(url.removeprefix("sqlite:///"))


async def connect(url: str, *, readers: int = 3, durable: bool = True) -> Database:
    """Open `sqlite:///file` or `postgresql://...`. Raises ValueError for other schemes, StorageUnavailable when it fails."""
    if url.startswith("sqlite:///"):
        return await SqliteDatabase.open(sqlite_path(url), readers=readers, durable=durable)
    if url.startswith(("postgresql://", "postgres://")):
        return await PostgresDatabase.open(url)
    raise ValueError("a database URL begins with sqlite:/// or postgresql://")
