"""PostgreSQL 14+: a pool of connections, one transaction a unit, the same statements.

Row locks do here what the lone writer does on SQLite; a unit that meets a deadlock or a serialization failure is run again.
"""

import asyncio
import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Literal, Self, TypeVar

import asyncpg

from memory.engines.base import Params, Row, Unit
from memory.errors import StorageUnavailable, StorageUnknown

T = TypeVar("T")
_TRIES = 6
_RETRYABLE = (asyncpg.SerializationError, asyncpg.DeadlockDetectedError, asyncpg.UniqueViolationError)
_DOWN = (
    OSError,
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # what asyncpg says of a connection whose end it is just hearing of
    asyncpg.TooManyConnectionsError,
    TimeoutError,
)
_REFUSED = (
    asyncpg.DiskFullError,
    asyncpg.ReadOnlySQLTransactionError,
    asyncpg.OutOfMemoryError,
    asyncpg.LockNotAvailableError,
)
_QUOTED_OR_MARK = re.compile(r"'[^']*'|\?")


@lru_cache(maxsize=2048)
def numbered(sql: str) -> str:
    """`?` marks as `$1, $2, ...`, leaving quoted text alone."""
    count = 0

    def replace(match: re.Match[str]) -> str:
        nonlocal count
        if match[0] != "?":
            return match[0]
        count += 1
        return f"${count}"

    return _QUOTED_OR_MARK.sub(replace, sql)


def _touched(status: str) -> int:
    last = status.rsplit(" ", 1)[-1]
    return int(last) if last.isdigit() else 0


def _storable(params: Params) -> Params:
    """Parameters without NUL, which PostgreSQL's text cannot hold."""
    if any(isinstance(value, str) and "\x00" in value for value in params):
        return [value.replace("\x00", "") if isinstance(value, str) else value for value in params]
    return params


class _PostgresTx:
    for_update = " FOR UPDATE"

    def __init__(self, connection: "asyncpg.pool.PoolConnectionProxy[asyncpg.Record]") -> None:
        self._connection = connection

    async def run(self, sql: str, params: Params = ()) -> int:
        return _touched(await self._connection.execute(numbered(sql), *_storable(params)))

    async def one(self, sql: str, params: Params = ()) -> Row | None:
        return await self._connection.fetchrow(numbered(sql), *_storable(params))

    async def all(self, sql: str, params: Params = ()) -> Sequence[Row]:
        return await self._connection.fetch(numbered(sql), *_storable(params))

    async def many(self, sql: str, rows: Sequence[Params]) -> None:
        await self._connection.executemany(numbered(sql), [tuple(_storable(row)) for row in rows])


class PostgresDatabase:
    """A PostgreSQL database as a Database. Use `await PostgresDatabase.open(url)`."""

    engine: Literal["postgres"] = "postgres"

    def __init__(self, pool: "asyncpg.Pool[asyncpg.Record]") -> None:
        self._pool = pool
        self._running = 0
        self._closing = False
        self._quiet = asyncio.Event()
        self._quiet.set()

    @classmethod
    async def open(cls, url: str, *, connections: int = 8) -> Self:
        """Connect; raises StorageUnavailable with the cause when the server does not answer."""
        try:
            pool = await asyncpg.create_pool(url, min_size=1, max_size=connections, command_timeout=30, timeout=10)
        except (OSError, asyncpg.PostgresError, TimeoutError) as error:
            raise StorageUnavailable(f"PostgreSQL cannot be reached: {error}") from error
        return cls(pool)

    async def write(self, unit: Unit[T], *, is_kept: bool = True) -> T:  # its commits are all on disk
        """Run a unit in a transaction; deadlocks and races on unique keys run it again."""
        for attempt in range(_TRIES):
            try:
                return await self._transaction(unit, readonly=False)
            except _RETRYABLE:
                if attempt == _TRIES - 1:
                    raise
                await asyncio.sleep(0.002 * 2**attempt)
        raise AssertionError("unreachable")

    async def read(self, unit: Unit[T]) -> T:
        """Run a unit on a repeatable-read snapshot."""
        return await self._transaction(unit, readonly=True)

    async def close(self) -> None:
        """Close the pool after every unit that was asked for has ended."""
        if self._closing:
            return
        self._closing = True
        await self._quiet.wait()
        await self._pool.close()

    async def _transaction(self, unit: Unit[T], *, readonly: bool) -> T:
        if self._closing:
            raise StorageUnavailable("the database is closing")
        self._running += 1
        self._quiet.clear()
        try:
            return await self._on_connection(unit, readonly=readonly)
        finally:
            self._running -= 1
            if not self._running:
                self._quiet.set()

    async def _on_connection(self, unit: Unit[T], *, readonly: bool) -> T:
        committing = False
        try:
            async with self._pool.acquire(timeout=10) as connection:
                options: dict[str, Any] = {"isolation": "repeatable_read", "readonly": True} if readonly else {}
                transaction = connection.transaction(**options)
                await transaction.start()
                try:
                    value = await unit(_PostgresTx(connection))
                except BaseException:
                    await _abandon(transaction)
                    raise
                committing = True
                await transaction.commit()
                return value
        except _DOWN as error:
            kind = StorageUnknown if committing else StorageUnavailable
            raise kind(f"PostgreSQL: {error} ({type(error).__name__})") from error
        except _REFUSED as error:
            raise StorageUnavailable(f"PostgreSQL could not write: {error}") from error


async def _abandon(transaction: asyncpg.transaction.Transaction) -> None:
    try:
        await transaction.rollback()
    except (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, OSError):
        return  # the connection is gone, and the transaction with it
