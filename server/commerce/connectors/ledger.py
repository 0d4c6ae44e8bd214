"""Where the keys of writes to platforms are kept: the embedded store's own table, on whichever engine."""

from datetime import datetime
from typing import Any

from memory import orders
from memory.engines.base import Database


class StoredLedger:
    """The keys of writes to platforms, in the store's own tables."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def look_up(self, key: str) -> tuple[bool, dict[str, Any] | None]:
        """(was it sent before, its result if that is known)."""
        return await self._database.read(lambda tx: orders.sent_write(tx, key))

    async def note_sent(self, key: str, name: str, subject: str, at: datetime) -> bool:
        """Remember that it is about to be sent; False when somebody else noted it first."""
        return await self._database.write(lambda tx: orders.note_write(tx, key, name, subject, at))

    async def keep(self, key: str, result: dict[str, Any]) -> None:
        """Remember its result."""
        await self._database.write(lambda tx: orders.settle_write(tx, key, result))

    async def forget(self, key: str) -> None:
        """It was certainly not done."""
        await self._database.write(lambda tx: orders.forget_write(tx, key))
