"""The goods of the store as a whole: every product's document, and what changed since somebody last looked.

Documents are JSON text; what they mean is no concern of this room. `orders` writes them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec

from memory.engines.base import Row, Tx
from memory.times import from_ms

# The sum tells of a change that was committed later than a younger one: count and newest would be the same.
_STATE = """SELECT COUNT(*) AS count, COALESCE(MAX(changed_at), 0) AS newest,
    CAST(COALESCE(SUM(changed_at), 0) AS BIGINT) AS total FROM store_products"""
_SINCE = "SELECT id, changed_at, document FROM store_products WHERE changed_at >= ? ORDER BY id"


@dataclass(frozen=True, slots=True)
class State:
    """What a catalogue looks like from outside: as long as it is equal, nothing was put in, replaced or taken out.

    Only a second change of one product within one millisecond leaves it as it is. `newest` is in milliseconds."""

    count: int
    newest: int
    total: int


@dataclass(frozen=True, slots=True)
class StoredProduct:
    """A document with the time of its last change."""

    id: str
    changed_at: datetime
    document: Mapping[str, Any]


async def state(tx: Tx) -> State:
    """Whether something changed, for the price of an index scan."""
    row = await tx.one(_STATE, ())
    return State(int(row["count"]), int(row["newest"]), int(row["total"])) if row else State(0, 0, 0)


async def ids(tx: Tx) -> list[str]:
    """The ids of all products."""
    return [row["id"] for row in await tx.all("SELECT id FROM store_products ORDER BY id")]


async def changed_since(tx: Tx, since_ms: int) -> list[StoredProduct]:
    """Products changed at or after a time in milliseconds; 0 gives all."""
    return [_stored(row) for row in await tx.all(_SINCE, (since_ms,))]


def _stored(row: Row) -> StoredProduct:
    return StoredProduct(row["id"], from_ms(row["changed_at"]), msgspec.json.decode(row["document"]))
