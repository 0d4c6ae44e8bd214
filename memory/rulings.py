"""Every ruling with what it was made of, so that another policy can be held against the past.

The body is text that this room does not read. Rulings are only added, read in order, and in time forgotten.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from memory.engines.base import Tx
from memory.ids import new_id
from memory.times import from_ms, to_ms

_COLUMNS = "id, thread_id, key, stage, name, at, policy_version, policy_hash, hash, body"


@dataclass(frozen=True, slots=True)
class Ruled:
    """One ruling: at which stage of which action (`considered`, `asked`, `executed`, `refused`), under which policy."""

    thread_id: int
    key: str
    stage: str
    name: str
    at: datetime
    policy_version: str
    policy_hash: str
    hash: str
    body: str
    id: int = 0


async def add(tx: Tx, ruled: Sequence[Ruled]) -> None:
    """Keep rulings."""
    await tx.many(
        f"INSERT INTO rulings ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            (
                new_id(each.at), each.thread_id, each.key, each.stage, each.name, to_ms(each.at), each.policy_version,
                each.policy_hash, each.hash, each.body,
            )
            for each in ruled
        ],
    )  # fmt: skip


async def since(tx: Tx, at: datetime, after: int = 0, limit: int = 500) -> list[Ruled]:
    """Rulings from a time on whose id is above `after`, oldest first."""
    rows = await tx.all(
        f"SELECT {_COLUMNS} FROM rulings WHERE at >= ? AND id > ? ORDER BY id LIMIT ?", (to_ms(at), after, limit)
    )
    return [
        Ruled(
            row["thread_id"], row["key"], row["stage"], row["name"], from_ms(row["at"]), row["policy_version"],
            row["policy_hash"], row["hash"], row["body"], row["id"],
        )
        for row in rows
    ]  # fmt: skip


async def forget(tx: Tx, before: datetime) -> int:
    """Drop rulings from before a time; how many there were."""
    return await tx.run("DELETE FROM rulings WHERE at < ?", (to_ms(before),))
