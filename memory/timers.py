"""Timers: something to be done at a time, once. The key makes a timer one timer; a new time replaces the old."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import msgspec

from memory.engines.base import Tx
from memory.ids import new_id
from memory.times import to_ms

_SET = """INSERT INTO timers (id, key, kind, thread_id, due_at, body) VALUES (?, ?, ?, ?, ?, ?)
    ON CONFLICT (key) DO UPDATE SET due_at = excluded.due_at, body = excluded.body, lease_until = 0"""
_CLAIM = """UPDATE timers SET lease_until = ?, attempts = attempts + 1 WHERE id IN (
    SELECT id FROM timers WHERE due_at <= ? AND lease_until < ?{kinds} ORDER BY due_at LIMIT ?{skip})
    RETURNING key, kind, thread_id, body, attempts"""


@dataclass(frozen=True, slots=True)
class Timer:
    """A timer that went off and is held by this worker."""

    key: str
    kind: str
    thread_id: int
    body: dict[str, Any]
    attempts: int


async def start(
    tx: Tx, key: str, kind: str, thread_id: int, at: datetime, now: datetime, body: Mapping[str, Any] | None = None
) -> None:
    """Go off at `at`."""
    await tx.run(_SET, (new_id(now), key, kind, thread_id, to_ms(at), msgspec.json.encode(body or {}).decode()))


async def stop(tx: Tx, key: str) -> None:
    """Not needed any more, or done."""
    await tx.run("DELETE FROM timers WHERE key = ?", (key,))


async def is_due(tx: Tx, now: datetime, kinds: Sequence[str]) -> bool:
    """Whether a timer of these kinds is due and not held."""
    asked = f"SELECT 1 FROM timers WHERE due_at <= ? AND lease_until < ?{_among(kinds)} LIMIT 1"
    return await tx.one(asked, (to_ms(now), to_ms(now), *kinds)) is not None


async def claim(tx: Tx, now: datetime, lease: timedelta, limit: int, *, kinds: Sequence[str] = ()) -> list[Timer]:
    """Take up to `limit` timers that are due and not held; of these `kinds`, if any are named."""
    skip = " FOR UPDATE SKIP LOCKED" if tx.for_update else ""
    asked = _CLAIM.format(skip=skip, kinds=_among(kinds))
    rows = await tx.all(asked, (to_ms(now + lease), to_ms(now), to_ms(now), *kinds, limit))
    return [
        Timer(row["key"], row["kind"], row["thread_id"], msgspec.json.decode(row["body"]), row["attempts"])
        for row in rows
    ]


async def body_of(tx: Tx, key: str) -> dict[str, Any] | None:
    """What a timer carries; None when there is none of this key."""
    row = await tx.one("SELECT body FROM timers WHERE key = ?", (key,))
    return msgspec.json.decode(row["body"], type=dict[str, Any]) if row else None


async def next_at(tx: Tx) -> int | None:
    """When the next timer goes off, in milliseconds."""
    row = await tx.one("SELECT MIN(due_at) AS at FROM timers")
    return row["at"] if row else None


def _among(kinds: Sequence[str]) -> str:
    return f" AND kind IN ({', '.join('?' for _ in kinds)})" if kinds else ""
