"""Which threads are about which order, and which addresses stand on it: what a thread across channels is found by."""

from collections.abc import Sequence
from datetime import datetime

from memory.engines.base import Tx
from memory.threads import COLUMNS, Thread, thread_of
from memory.times import to_ms

_PREFIXED = ", ".join(f"t.{name}" for name in COLUMNS.split(", "))
_ON = f"""SELECT {_PREFIXED} FROM store_order_contacts c JOIN threads t ON t.order_id = c.order_id
    JOIN store_orders o ON o.id = c.order_id WHERE c.kind = ? AND c.key = ? AND o.placed_at >= ? AND t.last_at >= ?
    AND t.status <> 'closed' ORDER BY t.last_at DESC LIMIT 10"""
_OF_ORDER = f"""SELECT {COLUMNS} FROM threads WHERE order_id = ? AND last_at >= ? AND status <> 'closed'
    ORDER BY id LIMIT 10"""
_STANDS = """SELECT 1 FROM store_order_contacts c JOIN store_orders o ON o.id = c.order_id
    WHERE c.kind = ? AND c.key = ? AND c.order_id = ? AND o.placed_at >= ?"""
_IS_TAKEN = """SELECT 1 FROM participants p JOIN identities i ON i.id = p.identity_id
    WHERE p.thread_id = ? AND i.id <> ? AND i.kind = (SELECT kind FROM identities WHERE id = ?)"""
_ARE_ONE = """SELECT 1 FROM identities a JOIN identities b ON a.customer_id = b.customer_id
    WHERE a.id = ? AND b.id = ? AND a.proof <> 'claimed' AND b.proof <> 'claimed'"""


async def threads_on(tx: Tx, kind: str, key: str, placed_since: datetime | None, moved_since: datetime) -> list[Thread]:
    """Threads that are not closed about orders on which this contact stands, the latest moved first."""
    placed = to_ms(placed_since) if placed_since else -(2**62)
    return [thread_of(row) for row in await tx.all(_ON, (kind, key, placed, to_ms(moved_since)))]


async def threads_of_order(tx: Tx, order_id: str, moved_since: datetime) -> list[Thread]:
    """Threads that are not closed about this order, the oldest first."""
    return [thread_of(row) for row in await tx.all(_OF_ORDER, (order_id, to_ms(moved_since)))]


async def orders_named(tx: Tx, number_keys: Sequence[str]) -> frozenset[str]:
    """Ids of the orders that have one of these normalised numbers."""
    if not number_keys:
        return frozenset()
    marks = ", ".join("?" * len(number_keys))
    rows = await tx.all(f"SELECT id FROM store_orders WHERE number_key IN ({marks})", tuple(number_keys))
    return frozenset(row["id"] for row in rows)


async def is_taken(tx: Tx, thread_id: int, identity_id: int) -> bool:
    """Whether somebody else's address of the same kind takes part in a thread."""
    return await tx.one(_IS_TAKEN, (thread_id, identity_id, identity_id)) is not None


async def stands_on(tx: Tx, kind: str, key: str, order_id: str, placed_since: datetime | None) -> bool:
    """Whether a contact stands on an order."""
    placed = to_ms(placed_since) if placed_since else -(2**62)
    return await tx.one(_STANDS, (kind, key, order_id, placed)) is not None


async def are_one(tx: Tx, identity_id: int, other_id: int) -> bool:
    """Whether two attested addresses are the same customer's."""
    return await tx.one(_ARE_ONE, (identity_id, other_id)) is not None


async def is_contact(tx: Tx, kind: str, key: str) -> bool:
    """Whether a contact stands on any order."""
    found = await tx.one("SELECT 1 FROM store_order_contacts WHERE kind = ? AND key = ? LIMIT 1", (kind, key))
    return found is not None
