"""SQLite: one writer that commits in groups, several readers on snapshots.

Units that queue up while the last commit runs share the next transaction, each in its savepoint, so one fsync serves them
all and a lone writer waits for nobody. Reads that are asked for together share a snapshot and a reader. There is no timer. Each
unit runs wholly on one thread: one hop a group.
"""

import asyncio
import os
import sqlite3
import stat
from collections import deque
from collections.abc import Callable, Coroutine, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Self, TypeVar, cast
from urllib.parse import quote

import aiosqlite

from memory.engines.base import Params, Row, Tx, Unit
from memory.errors import StorageError, StorageUnavailable

T = TypeVar("T")
_QUEUE_SIZE = 4096
_GROUP_SIZE = 256
_READS_AT_ONCE = 32
_BUSY_MS = 5000


class _SqliteTx:
    """Runs statements at once on the thread that owns the connection; never suspends."""

    for_update = ""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    async def run(self, sql: str, params: Params = ()) -> int:
        return self._connection.execute(sql, params).rowcount

    async def one(self, sql: str, params: Params = ()) -> Row | None:
        return cast(Row | None, self._connection.execute(sql, params).fetchone())

    async def all(self, sql: str, params: Params = ()) -> Sequence[Row]:
        return cast(Sequence[Row], self._connection.execute(sql, params).fetchall())

    async def many(self, sql: str, rows: Sequence[Params]) -> None:
        self._connection.executemany(sql, rows)


class _Connection(aiosqlite.Connection):
    """An aiosqlite connection that can also run a whole function on its thread in one hop.

    Its thread holds no process back: one that ends by an error before `close` ends all the same. What was told to be
    written is on the disk by then."""

    def __init__(self, connector: Callable[[], sqlite3.Connection], iter_chunk_size: int) -> None:
        super().__init__(connector, iter_chunk_size)
        self._thread.daemon = True

    async def on_thread(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """`work(connection)` on the connection's own thread."""
        execute = cast(Callable[..., Coroutine[Any, Any, T]], self._execute)
        return await execute(work, self._conn)


@dataclass(slots=True, eq=False)
class _Queued:
    unit: Unit[Any]
    done: asyncio.Future[Any]
    is_kept: bool = True


@dataclass(slots=True)
class _Outcome:
    value: Any = None
    error: BaseException | None = None


def _drive(unit: Unit[T], tx: Tx) -> T:
    """Run a unit to its end without an event loop; a unit that awaits anything but `tx` is a bug."""
    coroutine = cast(Coroutine[Any, Any, T], unit(tx))
    try:
        coroutine.send(None)
    except StopIteration as finished:
        return cast(T, finished.value)
    coroutine.close()
    raise RuntimeError("a unit awaited something other than its transaction")


def _rollback(connection: sqlite3.Connection) -> None:
    if connection.in_transaction:
        with suppress(sqlite3.Error):
            connection.execute("ROLLBACK")


def _run_member(connection: sqlite3.Connection, tx: Tx, unit: Unit[Any]) -> _Outcome:
    """One unit in its savepoint. Raises sqlite3.OperationalError when the whole transaction is gone."""
    connection.execute("SAVEPOINT unit")
    try:
        value = _drive(unit, tx)
    except BaseException as error:
        if not connection.in_transaction:
            raise
        connection.execute("ROLLBACK TO unit")
        connection.execute("RELEASE unit")
        return _Outcome(error=_unavailable(error) if _is_outage(error) else error)
    connection.execute("RELEASE unit")
    return _Outcome(value=value)


def _run_alone(connection: sqlite3.Connection, unit: Unit[Any]) -> list[_Outcome]:
    """A unit that nobody shares a transaction with. Raises sqlite3.Error when it could not begin or commit."""
    try:
        connection.execute("BEGIN IMMEDIATE")
        try:
            value = _drive(unit, _SqliteTx(connection))
        except BaseException as error:
            if not connection.in_transaction:
                raise
            return [_Outcome(error=_unavailable(error) if _is_outage(error) else error)]
        connection.execute("COMMIT")
    finally:
        _rollback(connection)
    return [_Outcome(value=value)]


def _run_group(connection: sqlite3.Connection, units: Sequence[Unit[Any]]) -> list[_Outcome]:
    """All units in one transaction. Raises sqlite3.Error when it could not begin or commit."""
    tx = _SqliteTx(connection)
    try:
        connection.execute("BEGIN IMMEDIATE")
        outcomes = [_run_member(connection, tx, unit) for unit in units]
        connection.execute("COMMIT")
    except BaseException:
        _rollback(connection)
        raise
    return outcomes


def _commit_unsynced(connection: sqlite3.Connection, units: Sequence[Unit[Any]]) -> list[_Outcome]:
    """As `_commit`, but the next commit that is synced brings it to disk: SQLite writes its log in order."""
    connection.execute("PRAGMA synchronous = NORMAL")
    try:
        return _commit(connection, units)
    finally:
        connection.execute("PRAGMA synchronous = FULL")


def _is_outage(error: BaseException) -> bool:
    """Locked, full, unreadable: not a mistake in the statement, which SQLite reports as an OperationalError too."""
    return isinstance(error, sqlite3.OperationalError) and error.sqlite_errorcode != sqlite3.SQLITE_ERROR


def _unavailable(error: BaseException) -> StorageUnavailable:
    name = getattr(error, "sqlite_errorname", "") or type(error).__name__
    return StorageUnavailable(f"SQLite could not write: {error} ({name})")


def _commit(connection: sqlite3.Connection, units: Sequence[Unit[Any]]) -> list[_Outcome]:
    """Commit a group; when it fails as a whole, its members are tried one by one."""
    try:
        return _run_group(connection, units) if len(units) > 1 else _run_alone(connection, units[0])
    except sqlite3.Error as error:
        if len(units) == 1:
            return [_Outcome(error=_unavailable(error))]
    outcomes = []
    for unit in units:
        outcomes.extend(_commit(connection, [unit]))
    return outcomes


def _read_group(connection: sqlite3.Connection, units: Sequence[Unit[Any]]) -> list[_Outcome]:
    """Units on one snapshot; after one that failed a new one begins."""
    tx, outcomes = _SqliteTx(connection), []
    for unit in units:
        try:
            if not connection.in_transaction:
                connection.execute("BEGIN")
            outcomes.append(_Outcome(_drive(unit, tx)))
        except Exception as error:
            _rollback(connection)
            outcomes.append(_Outcome(error=_unreadable(error) if _is_outage(error) else error))
    _rollback(connection)
    return outcomes


def _unreadable(error: Exception) -> StorageUnavailable:
    return StorageUnavailable(f"SQLite could not read: {error}")


class SqliteDatabase:
    """A SQLite file as a Database. Use `await SqliteDatabase.open(path)`."""

    engine: Literal["sqlite"] = "sqlite"

    def __init__(self, writer: _Connection, readers: list[_Connection], *, durable: bool = True) -> None:
        self._writer = writer
        self._is_durable = durable
        self._readers = readers
        self._idle = list(readers)  # the reader whose caches are warm goes first
        self._asked: deque[_Queued] = deque()
        self._reading: set[asyncio.Task[None]] = set()
        self._is_sending = False
        self._queue: asyncio.Queue[_Queued | None] = asyncio.Queue(_QUEUE_SIZE)
        self._loop_task = asyncio.create_task(self._write_loop(), name="sqlite writer")
        self._closing = False

    @classmethod
    async def open(cls, path: Path, *, readers: int = 3, durable: bool = True) -> Self:
        """Open (and create, 0600) the file. `durable=False` is for throw-away stores: no fsync."""
        opened: list[_Connection] = []
        try:
            await asyncio.to_thread(_create_private, path)
            for number in range(readers + 1):
                opened.append(await _connect(path, read_only=number > 0, durable=durable))
        except (sqlite3.Error, OSError) as error:
            for connection in opened:
                await connection.close()
            raise StorageUnavailable(f"the database {path.name} cannot be opened: {error}") from error
        return cls(opened[0], opened[1:], durable=durable)

    async def write(self, unit: Unit[T], *, is_kept: bool = True) -> T:
        """Queue a unit for the next group; returns after the group's fsync, which a group of units that need none goes without."""
        if self._closing:
            raise StorageUnavailable("the database is closing")
        done: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        await self._queue.put(_Queued(unit, done, is_kept))
        if self._loop_task.done():
            raise StorageUnavailable("the database is closing")
        return await done

    async def read(self, unit: Unit[T]) -> T:
        """Run a unit on a snapshot, on an idle reader, together with what else is asked for in this moment."""
        if self._closing:
            raise StorageUnavailable("the database is closing")
        loop = asyncio.get_running_loop()
        done: asyncio.Future[T] = loop.create_future()
        self._asked.append(_Queued(unit, done))
        if not self._is_sending:
            self._is_sending = True
            loop.call_soon(self._send)
        return await done

    async def backup(self, target: Path) -> None:
        """Copy the live database into `target`, for its owner's eyes only, while it is in use."""
        await asyncio.to_thread(_create_private, target)
        copy = await aiosqlite.connect(target)
        try:
            await self._writer.backup(copy)
        finally:
            await copy.close()

    async def close(self) -> None:
        """Commit what is queued, then close."""
        if self._closing:
            return
        self._closing = True
        await self._queue.put(None)
        await self._loop_task
        while not self._queue.empty():
            late = self._queue.get_nowait()
            if late is not None and not late.done.done():
                late.done.set_exception(StorageUnavailable("the database is closing"))
        while self._reading:
            await asyncio.wait(self._reading)
        for connection in [*self._readers, self._writer]:
            await connection.close()

    def _send(self) -> None:
        """Give what was asked for to readers that are idle; what is left goes when one comes back."""
        self._is_sending = False
        while self._asked and self._idle:
            group = [self._asked.popleft() for _ in range(min(len(self._asked), _READS_AT_ONCE))]
            task = asyncio.create_task(self._read_group(self._idle.pop(), group), name="sqlite reader")
            self._reading.add(task)
            task.add_done_callback(self._reading.discard)

    async def _read_group(self, reader: _Connection, group: list[_Queued]) -> None:
        units = [queued.unit for queued in group]
        try:
            outcomes = await reader.on_thread(lambda connection: _read_group(connection, units))
        except Exception as error:  # nobody may wait for ever
            outcomes = _failed("reader", error, group)
        self._idle.append(reader)
        _tell(group, outcomes)
        self._send()

    async def _write_loop(self) -> None:
        while (first := await self._queue.get()) is not None:
            group, last = [first], False
            while len(group) < _GROUP_SIZE and not self._queue.empty():
                following = self._queue.get_nowait()
                if following is None:
                    last = True
                    break
                group.append(following)
            await self._commit_group(group)
            if last:
                return

    async def _commit_group(self, group: list[_Queued]) -> None:
        units = [queued.unit for queued in group]
        is_synced = any(queued.is_kept for queued in group) or not self._is_durable
        commit = _commit if is_synced else _commit_unsynced
        try:
            outcomes = await self._writer.on_thread(lambda connection: commit(connection, units))
        except Exception as error:  # the writer must outlive whatever a unit does
            outcomes = _failed("writer", error, group)
        _tell(group, outcomes)


def _failed(who: str, error: Exception, group: Sequence[_Queued]) -> list[_Outcome]:
    failure = StorageError(f"the {who} failed: {error}")
    failure.__cause__ = error
    return [_Outcome(error=failure) for _ in group]


def _tell(group: Sequence[_Queued], outcomes: Sequence[_Outcome]) -> None:
    """Give each unit's caller what came of it, where one still waits."""
    for queued, outcome in zip(group, outcomes, strict=True):
        if queued.done.done():
            continue
        if outcome.error is None:
            queued.done.set_result(outcome.value)
        else:
            queued.done.set_exception(outcome.error)


def _create_private(path: Path) -> None:
    """Make the file, for its owner's eyes only; SQLite gives its -wal and -shm the same mode."""
    path.touch(mode=stat.S_IRUSR | stat.S_IWUSR)


async def _connect(path: Path, *, read_only: bool, durable: bool) -> _Connection:
    def connector() -> sqlite3.Connection:
        uri = f"file:{quote(os.path.abspath(path))}?mode={'ro' if read_only else 'rwc'}"
        # executed once, on the connection's own thread; isolation_level None leaves transactions to us
        connection = sqlite3.connect(uri, uri=True, isolation_level=None, cached_statements=512)
        connection.row_factory = sqlite3.Row
        connection.execute(f"PRAGMA busy_timeout = {_BUSY_MS}")
        if not read_only:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute(f"PRAGMA synchronous = {'FULL' if durable else 'OFF'}")
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA cache_size = -8000")
        return connection

    return cast(_Connection, await _Connection(connector, 64))
