"""What is to be sent to a provider: written with the event, claimed under a lease, marked with the outcome.

States: due -> sending -> sent | failed | unknown; unknown -> asking -> sent | failed | due. An unknown outcome is asked about,
never sent again blindly. The messages of one thread leave one after the other, in the order of its events.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import msgspec

from memory.engines.base import Row, Tx
from memory.ids import new_id
from memory.times import to_ms

_COLUMNS = "id, key, thread_id, seq, channel, identity_id, body, attempts, created_at"
_OPEN = "('due', 'sending', 'unknown', 'asking')"
_HEADS = f"""outbox o JOIN (SELECT thread_id, MIN(seq) AS seq FROM outbox WHERE state IN {_OPEN} GROUP BY thread_id) head
    ON head.thread_id = o.thread_id AND head.seq = o.seq"""
_CLAIM = f"""UPDATE outbox SET state = 'sending', lease_until = ?, attempts = attempts + 1 WHERE id IN (
    SELECT o.id FROM {_HEADS} WHERE o.state = 'due' AND o.due_at <= ? ORDER BY o.due_at, o.id LIMIT ?{{skip}})
    RETURNING {_COLUMNS}"""
_CLAIM_UNKNOWN = f"""UPDATE outbox SET state = 'asking', lease_until = ?, attempts = attempts + 1 WHERE id IN (
    SELECT o.id FROM outbox o WHERE o.state = 'unknown' AND o.due_at <= ? ORDER BY o.due_at, o.id LIMIT ?{{skip}})
    RETURNING {_COLUMNS}"""
_OVERDUE = """UPDATE outbox SET state = 'unknown', due_at = ? WHERE state IN ('sending', 'asking') AND lease_until < ?
    RETURNING id"""
_MARK = """UPDATE outbox SET state = ?, provider_id = ?, error = ?, due_at = COALESCE(?, due_at)
    WHERE id = ? AND attempts = ? AND state IN ('sending', 'asking')"""
_NEXT = f"""SELECT MIN(CASE WHEN o.state IN ('due', 'unknown') THEN o.due_at ELSE o.lease_until END) AS at FROM {_HEADS}
    WHERE o.state IN {_OPEN}"""


@dataclass(frozen=True, slots=True)
class Parcel:
    """One message on its way to a provider. `attempts` counts sends and questions, this one too, and fences a late worker."""

    id: int
    key: str
    thread_id: int
    seq: int
    channel: str
    identity_id: int
    body: dict[str, Any]
    attempts: int
    created_at: int


async def put(
    tx: Tx,
    key: str,
    thread_id: int,
    seq: int,
    channel: str,
    identity_id: int,
    body: Mapping[str, Any],
    at: datetime,
    now: datetime,
) -> None:
    """Send this at `at`; a repeated key is the same message."""
    await tx.run(
        "INSERT INTO outbox (id, key, thread_id, seq, channel, identity_id, body, due_at, created_at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (key) DO NOTHING",
        (
            new_id(now),
            key,
            thread_id,
            seq,
            channel,
            identity_id,
            msgspec.json.encode(body).decode(),
            to_ms(at),
            to_ms(now),
        ),
    )


async def claim(tx: Tx, now: datetime, lease: timedelta, limit: int) -> list[Parcel]:
    """Take up to `limit` messages that are due, of each thread only the first that is not yet out.

    A message whose sender died stays `sending` until `overdue` finds it."""
    skip = " FOR UPDATE OF o SKIP LOCKED" if tx.for_update else ""
    rows = await tx.all(_CLAIM.format(skip=skip), (to_ms(now + lease), to_ms(now), limit))
    return [_parcel(row) for row in rows]


async def claim_unknown(tx: Tx, now: datetime, lease: timedelta, limit: int) -> list[Parcel]:
    """Take up to `limit` messages of which nobody knows whether they were sent: the provider is asked about them."""
    skip = " FOR UPDATE SKIP LOCKED" if tx.for_update else ""
    rows = await tx.all(_CLAIM_UNKNOWN.format(skip=skip), (to_ms(now + lease), to_ms(now), limit))
    return [_parcel(row) for row in rows]


def _parcel(row: Row) -> Parcel:
    return Parcel(
        row["id"], row["key"], row["thread_id"], row["seq"], row["channel"], row["identity_id"],
        msgspec.json.decode(row["body"]), row["attempts"], row["created_at"],
    )  # fmt: skip


async def overdue(tx: Tx, now: datetime) -> list[int]:
    """Mark messages whose worker's lease ran out as `unknown`; their ids."""
    rows = await tx.all(_OVERDUE, (to_ms(now), to_ms(now)))
    return [row["id"] for row in rows]


async def mark(
    tx: Tx, parcel: Parcel, state: str, *, provider_id: str = "", error: str = "", again_at: datetime | None = None
) -> bool:
    """Record an outcome; whether this worker still held the message. `again_at` is when a `due` or `unknown` one is taken up."""
    at = to_ms(again_at) if again_at else None
    return await tx.run(_MARK, (state, provider_id, error, at, parcel.id, parcel.attempts)) > 0


async def next_at(tx: Tx) -> int | None:
    """When something is to be done next, in milliseconds; None when nothing is on its way."""
    row = await tx.one(_NEXT)
    return row["at"] if row else None
