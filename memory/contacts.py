"""When each address of a shop's customer was seen first, so that a change of them is noticed whoever made it.

What is seen together with a customer for the first time is no change; what comes later is.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from memory.engines.base import Tx
from memory.times import to_ms

_CHANGED: Final = """SELECT kind, key FROM contacts_seen WHERE customer_id = ? AND at >= ?
    AND at > (SELECT MIN(at) FROM contacts_seen WHERE customer_id = ?) ORDER BY kind, key"""


async def unseen(tx: Tx, customer_id: str, contacts: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """Which of these (kind, key) were never seen with the customer."""
    rows = await tx.all("SELECT kind, key FROM contacts_seen WHERE customer_id = ?", (customer_id,))
    known = {(row["kind"], row["key"]) for row in rows}
    return [each for each in dict.fromkeys(contacts) if each not in known]


async def see(tx: Tx, customer_id: str, contacts: Sequence[tuple[str, str]], now: datetime) -> None:
    """These (kind, key) belong to the customer now; what was seen before keeps its time.

    Always in the same order, so that two who see the same never wait for each other."""
    await tx.many(
        "INSERT INTO contacts_seen (customer_id, kind, key, at) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
        [(customer_id, kind, key, to_ms(now)) for kind, key in sorted(set(contacts))],
    )


async def changed(tx: Tx, customer_id: str, since: datetime) -> frozenset[tuple[str, str]]:
    """What was added to a customer's addresses since a time, beside what was known of them at first."""
    if not customer_id:
        return frozenset()
    rows = await tx.all(_CHANGED, (customer_id, to_ms(since), customer_id))
    return frozenset((row["kind"], row["key"]) for row in rows)
