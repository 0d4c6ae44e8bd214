"""Numbered SQL files, forward only. The schema is the migrations.

Each file runs in one transaction together with the row that remembers it, so it is whole or absent, and running again is
safe. The remembered digest refuses a file that was altered after its release.
"""

import asyncio
import hashlib
import re
from collections.abc import Callable, Sequence
from datetime import datetime
from importlib.resources import files

from memory.engines.base import Database, Tx
from memory.errors import MigrationRefused
from memory.times import to_ms

_TOKENS = {
    "sqlite": {"{id}": "INTEGER PRIMARY KEY", "{clustered}": "WITHOUT ROWID"},
    "postgres": {"{id}": "BIGINT PRIMARY KEY", "{clustered}": ""},
}
_LEDGER_IS_THERE = {
    "sqlite": "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'migrations'",
    "postgres": "SELECT 1 FROM pg_tables WHERE schemaname = current_schema() AND tablename = 'migrations'",
}
_CREATE_LEDGER = (
    "CREATE TABLE IF NOT EXISTS migrations (name TEXT PRIMARY KEY, digest TEXT NOT NULL, at BIGINT NOT NULL)"
)


def released() -> list[tuple[str, str]]:
    """All migrations as (name, SQL), in order."""
    folder = files("memory.migrations")
    names = sorted(entry.name for entry in folder.iterdir() if re.fullmatch(r"\d{4}_\w+\.sql", entry.name))
    return [(name, folder.joinpath(name).read_text(encoding="utf-8")) for name in names]


def statements(sql: str, engine: str) -> list[str]:
    """The statements of a file for one engine."""
    for token, text in _TOKENS[engine].items():
        sql = sql.replace(token, text)
    without_comments = re.sub(r"^\s*--.*$", "", sql, flags=re.MULTILINE)
    return [part.strip() for part in without_comments.split(";") if part.strip()]


async def migrate(
    database: Database, now: datetime, files: Callable[[], Sequence[tuple[str, str]]] = released
) -> list[str]:
    """Bring the schema up to date by these (name, SQL); the names of those that ran. Raises MigrationRefused."""

    async def prepare(tx: Tx) -> int:
        return await tx.run(_CREATE_LEDGER)

    await database.write(prepare)
    ran = []
    for name, sql in await asyncio.to_thread(files):
        if await database.write(lambda tx, name=name, sql=sql: _apply(tx, database.engine, name, sql, now)):  # type: ignore[misc]  # bound per turn of the loop
            ran.append(name)
    await _refuse_unknown(database)
    return ran


async def pending(database: Database) -> list[str]:
    """Names of migrations that have not run here; raises MigrationRefused when the database is newer."""
    done = await _recorded(database)
    await _refuse_unknown(database)
    return [name for name, _ in await asyncio.to_thread(released) if name not in done]


async def _apply(tx: Tx, engine: str, name: str, sql: str, now: datetime) -> bool:
    digest = hashlib.sha256(sql.encode()).hexdigest()
    if engine == "postgres":  # two processes that start at once: the second waits, then finds that it is done
        await tx.run("LOCK TABLE migrations IN EXCLUSIVE MODE")
    row = await tx.one("SELECT digest FROM migrations WHERE name = ?", (name,))
    if row is not None:
        if row["digest"] != digest:
            raise MigrationRefused(f"{name} was altered after it ran here; restore the released file")
        return False
    for statement in statements(sql, engine):
        await tx.run(statement)
    await tx.run("INSERT INTO migrations (name, digest, at) VALUES (?, ?, ?)", (name, digest, to_ms(now)))
    return True


async def _recorded(database: Database) -> set[str]:
    async def names(tx: Tx) -> set[str]:
        if await tx.one(_LEDGER_IS_THERE[database.engine]) is None:
            return set()
        return {row["name"] for row in await tx.all("SELECT name FROM migrations")}

    return await database.read(names)


async def _refuse_unknown(database: Database) -> None:
    known = {name for name, _ in await asyncio.to_thread(released)}
    unknown = sorted(await _recorded(database) - known)
    if unknown:
        raise MigrationRefused(f"the database is newer than this program ({unknown[-1]}); start the newer program")
