"""Turns due: at most one for each thread, claimed under a lease.

The row is made by the same unit that stores the customer's message and goes away in the unit that commits the answer. A
claim that outlives its lease is claimed again; the fence tells the late worker that it lost.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from memory.engines.base import Tx
from memory.times import to_ms

_DUE = """INSERT INTO turns (thread_id, due_at, first_at) VALUES (?, ?, ?) ON CONFLICT (thread_id)
    DO UPDATE SET due_at = CASE WHEN excluded.due_at < turns.first_at + ? THEN excluded.due_at ELSE turns.first_at + ? END"""
_CLAIM = """UPDATE turns SET lease_until = ?, fence = fence + 1, attempts = attempts + 1 WHERE thread_id IN (
    SELECT thread_id FROM turns WHERE due_at <= ? AND lease_until < ? ORDER BY due_at LIMIT ?{skip}) RETURNING thread_id, fence, attempts"""
_AGAIN = """UPDATE turns SET lease_until = 0, attempts = attempts - ?, due_at = CASE WHEN due_at > ? THEN due_at ELSE ? END
    WHERE thread_id = ? AND fence = ?"""
_NEXT = "SELECT MIN(CASE WHEN lease_until > ? THEN lease_until ELSE due_at END) AS at FROM turns"
_MAX_BURST = timedelta(seconds=8)


@dataclass(frozen=True, slots=True)
class Claim:
    """A turn that this worker holds. `attempts` counts from 1."""

    thread_id: int
    fence: int
    attempts: int


async def due(tx: Tx, thread_id: int, at: datetime, now: datetime, *, longest: timedelta = _MAX_BURST) -> None:
    """Ask for an answer at `at`; a burst pushes it out, but never further than `longest` from its first message."""
    cap = int(longest.total_seconds() * 1000)
    await tx.run(_DUE, (thread_id, to_ms(at), to_ms(now), cap, cap))


async def postpone(tx: Tx, thread_id: int, at: datetime, *, longest: timedelta = _MAX_BURST) -> None:
    """The customer is still typing: answer at `at`, within the burst's limit."""
    cap = int(longest.total_seconds() * 1000)
    await tx.run(
        "UPDATE turns SET due_at = CASE WHEN ? < first_at + ? THEN ? ELSE first_at + ? END WHERE thread_id = ? AND due_at < ?",
        (to_ms(at), cap, to_ms(at), cap, thread_id, to_ms(at)),
    )


async def claim(tx: Tx, now: datetime, lease: timedelta, limit: int) -> Sequence[Claim]:
    """Take up to `limit` turns that are due and not held."""
    skip = " FOR UPDATE SKIP LOCKED" if tx.for_update else ""
    rows = await tx.all(_CLAIM.format(skip=skip), (to_ms(now + lease), to_ms(now), to_ms(now), limit))
    return [Claim(row["thread_id"], row["fence"], row["attempts"]) for row in rows]


async def holds(tx: Tx, claim: Claim) -> bool:
    """Whether the claim is still this worker's."""
    row = await tx.one(f"SELECT fence FROM turns WHERE thread_id = ?{tx.for_update}", (claim.thread_id,))
    return row is not None and row["fence"] == claim.fence


async def finish(tx: Tx, claim: Claim) -> None:
    """The turn is answered: its row goes away."""
    await tx.run("DELETE FROM turns WHERE thread_id = ? AND fence = ?", (claim.thread_id, claim.fence))


async def drop(tx: Tx, thread_id: int) -> None:
    """Nobody needs an answer of the assistant any more (a person took over)."""
    await tx.run("DELETE FROM turns WHERE thread_id = ?", (thread_id,))


async def again(tx: Tx, claim: Claim, at: datetime, *, failed: bool = True) -> None:
    """Give the turn back, to be run at `at`. One that did not fail (the thread moved) counts as no attempt."""
    await tx.run(_AGAIN, (0 if failed else 1, to_ms(at), to_ms(at), claim.thread_id, claim.fence))


async def next_at(tx: Tx, now: datetime) -> int | None:
    """When the next turn can be claimed, in milliseconds; None when there is none."""
    row = await tx.one(_NEXT, (to_ms(now),))
    return row["at"] if row else None


async def release_all(tx: Tx) -> None:
    """Forget every lease: for the only process on a store, at its start."""
    await tx.run("UPDATE turns SET lease_until = 0")


async def get(tx: Tx, thread_id: int) -> Claim | None:
    """The turn of a thread, held or not."""
    row = await tx.one("SELECT thread_id, fence, attempts FROM turns WHERE thread_id = ?", (thread_id,))
    return Claim(row["thread_id"], row["fence"], row["attempts"]) if row else None
