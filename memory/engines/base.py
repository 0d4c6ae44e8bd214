"""What every storage engine offers: write units, reads on a snapshot, nothing else.

A *unit* is an `async def unit(tx)` that runs statements and returns a value. It must not await anything but `tx`: on SQLite it is
driven to its end on the writer's thread, together with the units that queued up meanwhile, in one transaction with one
fsync. It may be run again after a failure, so it must have no effect but its statements.
"""

from collections.abc import Awaitable, Callable, Iterator, Sequence
from typing import Any, Literal, Protocol, TypeVar

T = TypeVar("T")
Value = str | int | float | bytes | None
Params = Sequence[Value]


class Row(Protocol):
    """A result row: by column name or position."""

    def __getitem__(self, key: str | int, /) -> Any:  # a column may hold any stored type
        """The column's value."""
        ...

    def __iter__(self) -> Iterator[Any]:
        """The values of all columns, in their order."""
        ...


class Tx(Protocol):
    """Statements inside one unit. `?` marks parameters on both engines."""

    @property
    def for_update(self) -> str:
        """The suffix that locks a selected row until commit (empty where the writer is alone)."""
        ...

    async def run(self, sql: str, params: Params = ()) -> int:
        """Run a statement; the number of rows that it touched."""
        ...

    async def one(self, sql: str, params: Params = ()) -> Row | None:
        """The first row, or None."""
        ...

    async def all(self, sql: str, params: Params = ()) -> Sequence[Row]:
        """All rows."""
        ...

    async def many(self, sql: str, rows: Sequence[Params]) -> None:
        """Run a statement once for each row."""
        ...


Unit = Callable[[Tx], Awaitable[T]]


class Database(Protocol):
    """An open store. Raises StorageUnavailable when nothing was written, StorageUnknown when nobody knows."""

    @property
    def engine(self) -> Literal["sqlite", "postgres"]:
        """Which engine this is."""
        ...

    async def write(self, unit: Unit[T], *, is_kept: bool = True) -> T:
        """Run `unit` in a transaction; returns after its commit is on disk.

        Without `is_kept` the engine may leave it to the next commit to bring it there: the machine's end, never that of the process,
        may undo it. For what nobody was told of and would be done again."""
        ...

    async def read(self, unit: Unit[T]) -> T:
        """Run `unit` on a consistent snapshot; statements that write are refused."""
        ...

    async def close(self) -> None:
        """Finish what is queued, then close every connection."""
        ...
