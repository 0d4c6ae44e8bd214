"""What is to be sent to a provider: written with the event, claimed under a lease, marked with the outcome.

States: due -> sending -> sent | failed | rerouted | waiting | unknown; unknown -> asking -> sent | failed | due; waiting -> due
when the customer writes again. An unknown outcome is asked about, never sent again blindly. The messages of one thread leave
one after the other, in the order of its events. `status` is the provider's latest word on what was sent.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import msgspec

from memory.engines.base import Row, Tx
from memory.ids import new_id
from memory.times import to_ms

_COLUMNS = "id, key, thread_id, seq, part, channel, identity_id, body, attempts, created_at"
_SENT = "id, key, thread_id, seq, channel, identity_id, state, status"
_OPEN = "('due', 'sending', 'unknown', 'asking')"
_UNNAMED = "('due', 'sending', 'unknown', 'asking', 'failed', 'waiting')"
_SETTLE = f"""UPDATE outbox SET state = 'sent', provider_id = ?, error = '' WHERE id = ? AND provider_id = ''
    AND state IN {_UNNAMED}"""
_SET_ASIDE = "('due', 'waiting', 'failed')"
_HEADS = f"""outbox o JOIN (SELECT thread_id, MIN(seq * 100 + part) AS place FROM outbox WHERE state IN {_OPEN} GROUP BY thread_id)
    head ON head.thread_id = o.thread_id AND head.place = o.seq * 100 + o.part"""
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
    """One message on its way to a provider, or the `part`-th of one that was too long.

    `attempts` counts sends and questions, this one too, and fences a late worker."""

    id: int
    key: str
    thread_id: int
    seq: int
    part: int
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
    part: int = 0,
) -> None:
    """Send this at `at`; a repeated key is the same message."""
    await tx.run(
        "INSERT INTO outbox (id, key, thread_id, seq, part, channel, identity_id, body, due_at, created_at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (key) DO NOTHING",
        (
            new_id(now),
            key,
            thread_id,
            seq,
            part,
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
        row["id"], row["key"], row["thread_id"], row["seq"], row["part"], row["channel"], row["identity_id"],
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


@dataclass(frozen=True, slots=True)
class Sent:
    """What became of a message by the provider's own word; `status` empty = it has said nothing yet."""

    id: int
    key: str
    thread_id: int
    seq: int
    channel: str
    identity_id: int
    state: str
    status: str


async def by_provider_id(tx: Tx, channel: str, provider_id: str) -> Sent | None:
    """The message that the provider calls so, whatever its thread."""
    row = await tx.one(f"SELECT {_SENT} FROM outbox WHERE channel = ? AND provider_id = ?", (channel, provider_id))
    return _sent(row) if row else None


async def by_key(tx: Tx, channel: str, key: str) -> Sent | None:
    """The message that we call so, if nobody knows yet how its provider does."""
    row = await tx.one(
        f"SELECT {_SENT} FROM outbox WHERE channel = ? AND key = ? AND provider_id = '' AND state IN {_UNNAMED}",
        (channel, key),
    )
    return _sent(row) if row else None


async def unnamed(tx: Tx, channel: str, identity_id: int) -> list[tuple[Sent, str]]:
    """(message, its text) of what was tried at this address and has no id at its provider, whatever its age, the oldest first."""
    rows = await tx.all(
        f"SELECT {_SENT}, body FROM outbox WHERE channel = ? AND identity_id = ? AND provider_id = '' AND attempts > 0"
        f" AND state IN {_UNNAMED} ORDER BY seq, part",
        (channel, identity_id),
    )
    return [(_sent(row), str(msgspec.json.decode(row["body"]).get("text", ""))) for row in rows]


async def settle(tx: Tx, outbox_id: int, provider_id: str) -> bool:
    """The provider has the message under this id, whatever its send came to; False when that was known already.

    A worker that still waits for the answer finds that it holds the message no more."""
    return await tx.run(_SETTLE, (provider_id, outbox_id)) > 0


async def sent_until(tx: Tx, channel: str, kind: str, key: str, until: datetime) -> list[str]:
    """The provider's ids of what went to an address up to a time and was not read, the oldest first."""
    rows = await tx.all(
        "SELECT provider_id FROM outbox WHERE channel = ? AND provider_id <> '' AND created_at <= ? AND status <> 'read'"
        " AND identity_id IN (SELECT id FROM identities WHERE kind = ? AND key = ? AND proof <> 'claimed')"
        " ORDER BY id DESC LIMIT 50",
        (channel, to_ms(until), kind, key),
    )
    return [row["provider_id"] for row in reversed(rows)]


async def report(tx: Tx, outbox_id: int, status: str, code: str, now: datetime) -> None:
    """Keep the provider's word."""
    await tx.run(
        "UPDATE outbox SET status = ?, code = ?, reported_at = ? WHERE id = ?", (status, code, to_ms(now), outbox_id)
    )


async def again(tx: Tx, outbox_id: int, tries: int, at: datetime) -> bool:
    """What the provider took and then failed with for a while is sent once more, as a new message of its; False = often enough."""
    return (
        await tx.run(
            "UPDATE outbox SET state = 'due', status = '', provider_id = '', due_at = ? WHERE id = ? AND state = 'sent'"
            " AND attempts < ?",
            (to_ms(at), outbox_id, tries),
        )
        > 0
    )


async def release(tx: Tx, identity_id: int, now: datetime) -> int:
    """What waited for this address to be open again is due; how many."""
    return await tx.run(
        "UPDATE outbox SET state = 'due', due_at = ? WHERE identity_id = ? AND state = 'waiting'",
        (to_ms(now), identity_id),
    )


async def set_aside(tx: Tx, thread_id: int, seq: int, channel: str) -> None:
    """The message goes another way: no part of it leaves by this channel any more."""
    await tx.run(
        f"UPDATE outbox SET state = 'rerouted' WHERE thread_id = ? AND seq = ? AND channel = ? AND state IN {_SET_ASIDE}",
        (thread_id, seq, channel),
    )


async def ids_on(tx: Tx, thread_id: int, channel: str, before_seq: int) -> list[tuple[int, str, bool]]:
    """(seq, provider's id, whether it is the customer's) of a thread's messages on a channel before one, the oldest first."""
    theirs = await tx.all(
        "SELECT seq, external_id AS id FROM events WHERE thread_id = ? AND channel = ? AND seq < ? AND external_id IS NOT NULL"
        " AND author_type = 'customer'",
        (thread_id, channel, before_seq),
    )
    ours = await tx.all(
        "SELECT seq, provider_id AS id FROM outbox WHERE thread_id = ? AND channel = ? AND seq < ? AND provider_id <> ''",
        (thread_id, channel, before_seq),
    )
    found = [(row["seq"], row["id"], True) for row in theirs] + [(row["seq"], row["id"], False) for row in ours]
    return sorted(found)


async def keep_receipt(tx: Tx, channel: str, provider_id: str, body: Mapping[str, Any], now: datetime) -> None:
    """A word on a message whose id nobody knows yet: the send has not returned."""
    await tx.run(
        "INSERT INTO pending_receipts (channel, provider_id, body, at) VALUES (?, ?, ?, ?)"
        " ON CONFLICT (channel, provider_id) DO UPDATE SET body = excluded.body",
        (channel, provider_id, msgspec.json.encode(body).decode(), to_ms(now)),
    )


async def kept_receipt(tx: Tx, channel: str, provider_id: str) -> dict[str, Any] | None:
    """What was kept for this id, if anything."""
    row = await tx.one(
        "SELECT body FROM pending_receipts WHERE channel = ? AND provider_id = ?", (channel, provider_id)
    )
    return msgspec.json.decode(row["body"]) if row else None


async def forget_receipts(tx: Tx, before: datetime) -> int:
    """Delete words on messages that were not ours; how many."""
    return await tx.run("DELETE FROM pending_receipts WHERE at < ?", (to_ms(before),))


def _sent(row: Row) -> Sent:
    return Sent(
        row["id"], row["key"], row["thread_id"], row["seq"], row["channel"], row["identity_id"], row["state"],
        row["status"],
    )  # fmt: skip
