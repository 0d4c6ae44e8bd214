"""What is to be sent to a provider: written with the event, claimed under a lease, marked with the outcome.

States: due -> sending -> sent | failed | unknown. An unknown outcome is reconciled, never sent again blindly.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import msgspec

from memory.engines.base import Tx
from memory.ids import new_id
from memory.times import to_ms

_CLAIM = """UPDATE outbox SET state = 'sending', lease_until = ?, attempts = attempts + 1 WHERE id IN (
    SELECT id FROM outbox WHERE state = 'due' AND due_at <= ? ORDER BY due_at LIMIT ?{skip})
    RETURNING id, key, thread_id, seq, channel, identity_id, body, attempts"""


@dataclass(frozen=True, slots=True)
class Parcel:
    """One message on its way to a provider."""

    id: int
    key: str
    thread_id: int
    seq: int
    channel: str
    identity_id: int
    body: dict[str, Any]
    attempts: int


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
    """Take up to `limit` messages that are due. A message whose sender died stays `sending` until `overdue` finds it."""
    skip = " FOR UPDATE SKIP LOCKED" if tx.for_update else ""
    rows = await tx.all(_CLAIM.format(skip=skip), (to_ms(now + lease), to_ms(now), limit))
    return [
        Parcel(
            row["id"], row["key"], row["thread_id"], row["seq"], row["channel"], row["identity_id"],
            msgspec.json.decode(row["body"]), row["attempts"],
        )
        for row in rows
    ]  # fmt: skip


async def overdue(tx: Tx, now: datetime) -> list[int]:
    """Mark messages whose sender's lease ran out as `unknown`; their ids."""
    rows = await tx.all(
        "UPDATE outbox SET state = 'unknown' WHERE state = 'sending' AND lease_until < ? RETURNING id", (to_ms(now),)
    )
    return [row["id"] for row in rows]


async def mark(
    tx: Tx, parcel_id: int, state: str, *, provider_id: str = "", error: str = "", again_at: datetime | None = None
) -> None:
    """Record an outcome; `again_at` puts it back as due."""
    if again_at is not None:
        await tx.run(
            "UPDATE outbox SET state = 'due', due_at = ?, error = ? WHERE id = ?", (to_ms(again_at), error, parcel_id)
        )
        return
    await tx.run(
        "UPDATE outbox SET state = ?, provider_id = ?, error = ? WHERE id = ?", (state, provider_id, error, parcel_id)
    )
