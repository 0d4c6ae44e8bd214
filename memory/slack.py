"""What is kept of the agents' Slack: which message stands for which thread, what was posted under it, who somebody is there.

A *root* is the message in the agents' channel that a thread was escalated with; what follows is posted under it. It is a reader
of the thread's log with its own last number, held by one worker at a time. `posts` say which number somebody in Slack had
before their eyes at a time of Slack's own clock.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec

from memory.engines.base import Row, Tx
from memory.ids import new_id, new_public_id
from memory.times import from_ms, to_ms

_ROOT = "id, thread_id, handoff_seq, team, channel, ts, state, seq, shown, sending, sending_at, attempts"
_LIVING: Final = "status IN ('new', 'open', 'pending')"
_HANDED = f"""SELECT t.id AS id, (SELECT MAX(e.seq) FROM events e WHERE e.thread_id = t.id AND e.type = 'handoff') AS seq
    FROM threads t WHERE t.handoff_reason <> '' AND t.{_LIVING} AND t.last_at > ?
    AND NOT EXISTS (SELECT 1 FROM slack_roots r WHERE r.thread_id = t.id AND r.state = 'live') ORDER BY t.last_at LIMIT ?"""
_OPEN = """INSERT INTO slack_roots (id, thread_id, handoff_seq, seq, created_at) VALUES (?, ?, ?, ?, ?)
    ON CONFLICT DO NOTHING"""
_WAITS = """r.state = 'live' AND r.due_at <= ? AND r.lease_until < ?
    AND (r.ts = '' OR r.seq < t.last_seq OR r.sending <> '')"""
_IS_DUE = f"SELECT 1 AS one FROM slack_roots r JOIN threads t ON t.id = r.thread_id WHERE {_WAITS} LIMIT 1"
_DUE = f"""UPDATE slack_roots SET lease_until = ?, attempts = attempts + 1 WHERE id IN (
    SELECT r.id FROM slack_roots r JOIN threads t ON t.id = r.thread_id WHERE {_WAITS}
    ORDER BY r.due_at, r.id LIMIT ?{{skip}}) RETURNING {_ROOT}"""
_SAVE_USER = """INSERT INTO slack_users (team, user_id, email, checked_at) VALUES (?, ?, ?, ?)
    ON CONFLICT (team, user_id) DO UPDATE SET email = excluded.email, checked_at = excluded.checked_at"""
_DRAFT = "id, root_id, agent_id, key, ts, text, files, seen, state"


@dataclass(frozen=True, slots=True)
class Root:
    """The message that stands for a thread; `ts` empty = not posted yet. `seq` = posted up to, `shown` = digest of what it shows.

    `sending` = key of a post whose outcome is not known, begun at `sending_at` (ms)."""

    id: int
    thread_id: int
    handoff_seq: int
    team: str
    channel: str
    ts: str
    state: str
    seq: int
    shown: str
    sending: str
    sending_at: int
    attempts: int


@dataclass(frozen=True, slots=True)
class Draft:
    """Words of an agent that wait for their yes. `key` = what a reply made of them is called, `seen` = what its author had seen.

    `ts` = the message in which they were typed, empty = elsewhere."""

    id: str
    root_id: int
    agent_id: int
    key: str
    ts: str
    text: str
    files: tuple[dict[str, Any], ...]
    seen: int
    state: str


def _root(row: Row) -> Root:
    return Root(*row)


# Roots


async def handed(tx: Tx, since: datetime, limit: int) -> list[tuple[int, int]]:
    """(thread, number of its last handoff) of open threads that people have and that no root stands for."""
    rows = await tx.all(_HANDED, (to_ms(since), limit))
    return [(row["id"], int(row["seq"] or 0)) for row in rows]


async def open_root(tx: Tx, thread_id: int, handoff_seq: int, seq: int, now: datetime) -> None:
    """Let a root stand for a thread; it shows events after `seq`. Nothing happens where one does already."""
    await tx.run(_OPEN, (new_id(now), thread_id, handoff_seq, seq, to_ms(now)))


async def claim(tx: Tx, now: datetime, lease: timedelta, limit: int) -> list[Root]:
    """Take roots that have something to post and that nobody holds."""
    skip = " FOR UPDATE OF r SKIP LOCKED" if tx.for_update else ""
    rows = await tx.all(_DUE.format(skip=skip), (to_ms(now + lease), to_ms(now), to_ms(now), limit))
    return [_root(row) for row in rows]


async def is_due(tx: Tx, now: datetime) -> bool:
    """Whether a root has something to post and is held by nobody."""
    return await tx.one(_IS_DUE, (to_ms(now), to_ms(now))) is not None


async def root(tx: Tx, root_id: int) -> Root | None:
    """The root with this key."""
    row = await tx.one(f"SELECT {_ROOT} FROM slack_roots WHERE id = ?", (root_id,))
    return _root(row) if row else None


async def root_at(tx: Tx, team: str, channel: str, ts: str) -> Root | None:
    """The root that is this message."""
    row = await tx.one(
        f"SELECT {_ROOT} FROM slack_roots WHERE team = ? AND channel = ? AND ts = ? AND ts <> ''", (team, channel, ts)
    )
    return _root(row) if row else None


async def live_root(tx: Tx, thread_id: int) -> Root | None:
    """The root that stands for a thread now."""
    row = await tx.one(f"SELECT {_ROOT} FROM slack_roots WHERE thread_id = ? AND state = 'live'", (thread_id,))
    return _root(row) if row else None


async def begin(tx: Tx, root_id: int, key: str, now: datetime) -> None:
    """A post of this key is about to leave."""
    await tx.run("UPDATE slack_roots SET sending = ?, sending_at = ? WHERE id = ?", (key, to_ms(now), root_id))


async def unsent(tx: Tx, root_id: int) -> None:
    """The post that was about to leave is certainly not there."""
    await tx.run("UPDATE slack_roots SET sending = '', sending_at = 0 WHERE id = ?", (root_id,))


async def rooted(tx: Tx, root_id: int, team: str, channel: str, ts: str, seq: int) -> None:
    """The root is posted; whoever sees it knows the thread up to `seq`."""
    await tx.run(
        "UPDATE slack_roots SET team = ?, channel = ?, ts = ?, sending = '', sending_at = 0 WHERE id = ?",
        (team, channel, ts, root_id),
    )
    await seen_at(tx, root_id, ts, seq)


async def posted(tx: Tx, root_id: int, ts: str, seq: int) -> None:
    """Everything up to `seq` is posted; `ts` = the message that shows it, empty = there was nothing to show."""
    await tx.run(
        "UPDATE slack_roots SET seq = ?, sending = '', sending_at = 0 WHERE id = ? AND seq < ?", (seq, root_id, seq)
    )
    if ts:
        await seen_at(tx, root_id, ts, seq)


async def seen_at(tx: Tx, root_id: int, ts: str, seq: int) -> None:
    """From this message on the thread shows events up to `seq`."""
    await tx.run(
        "INSERT INTO slack_posts (root_id, ts, seq) VALUES (?, ?, ?) ON CONFLICT (root_id, ts) DO NOTHING",
        (root_id, ts, seq),
    )


async def seen_by(tx: Tx, root_id: int, ts: str) -> int:
    """The highest number that stood under a root before Slack's time `ts`; 0 = nothing did.

    Slack's times are text of one length, so they compare as text."""
    row = await tx.one("SELECT MAX(seq) AS seq FROM slack_posts WHERE root_id = ? AND ts < ?", (root_id, ts))
    return int(row["seq"] or 0) if row else 0


async def typed(tx: Tx, root_id: int, ts: str, seq: int) -> None:
    """An agent typed event `seq` under the root themselves, at `ts`."""
    await tx.run(
        "INSERT INTO slack_posts (root_id, ts, seq, is_typed) VALUES (?, ?, ?, 1)"
        " ON CONFLICT (root_id, ts) DO UPDATE SET seq = excluded.seq",
        (root_id, ts, seq),
    )


async def typed_at(tx: Tx, root_id: int, seq: int) -> str:
    """The message in which an agent typed event `seq`; empty = it was said elsewhere."""
    row = await tx.one(
        "SELECT ts FROM slack_posts WHERE root_id = ? AND seq = ? AND is_typed = 1 ORDER BY ts LIMIT 1", (root_id, seq)
    )
    return str(row["ts"]) if row else ""


async def shown(tx: Tx, root_id: int, digest: str) -> None:
    """What the root shows now."""
    await tx.run("UPDATE slack_roots SET shown = ? WHERE id = ?", (digest, root_id))


async def release(tx: Tx, root_id: int, due_at: datetime | None = None) -> None:
    """Let go of a root; `due_at` = not before then, None = it was well."""
    if due_at is None:
        await tx.run("UPDATE slack_roots SET lease_until = 0, attempts = 0, due_at = 0 WHERE id = ?", (root_id,))
    else:
        await tx.run("UPDATE slack_roots SET lease_until = 0, due_at = ? WHERE id = ?", (to_ms(due_at), root_id))


async def leave(tx: Tx, root_id: int) -> None:
    """The root stands for its thread no more: another may."""
    await tx.run("UPDATE slack_roots SET state = 'left', sending = '', lease_until = 0 WHERE id = ?", (root_id,))


async def revive(tx: Tx, root_id: int, seq: int) -> None:
    """Somebody took a thread up again in an old root: it stands for its thread again, unless another does."""
    await tx.run(
        "UPDATE slack_roots SET state = 'live', due_at = 0, seq = CASE WHEN seq > ? THEN seq ELSE ? END WHERE id = ?"
        " AND state = 'left' AND NOT EXISTS (SELECT 1 FROM slack_roots r WHERE r.thread_id = slack_roots.thread_id"
        " AND r.state = 'live')",
        (seq, seq, root_id),
    )


# Calls


async def is_done(tx: Tx, key: str) -> bool:
    """Whether a call, or a message of Slack, was worked in."""
    return await tx.one("SELECT 1 AS one FROM slack_calls WHERE key = ?", (key,)) is not None


async def done(tx: Tx, key: str, now: datetime) -> None:
    """It is worked in, for good."""
    await tx.run("INSERT INTO slack_calls (key, at) VALUES (?, ?) ON CONFLICT (key) DO NOTHING", (key, to_ms(now)))


async def forget_before(tx: Tx, before: datetime) -> None:
    """Forget calls and unsent words that are older."""
    await tx.run("DELETE FROM slack_calls WHERE at < ?", (to_ms(before),))
    await tx.run("DELETE FROM slack_drafts WHERE created_at < ?", (to_ms(before),))


# People


async def save_user(tx: Tx, team: str, user_id: str, email: str, now: datetime) -> None:
    """Remember whose address a member of Slack has; empty = one who may not act here."""
    await tx.run(_SAVE_USER, (team, user_id, email, to_ms(now)))


async def user(tx: Tx, team: str, user_id: str) -> tuple[str, datetime] | None:
    """(address, when it was looked up) of a member."""
    row = await tx.one("SELECT email, checked_at FROM slack_users WHERE team = ? AND user_id = ?", (team, user_id))
    return (row["email"], from_ms(row["checked_at"])) if row else None


async def user_of(tx: Tx, team: str, email: str) -> str:
    """The member with this address, empty = nobody that we know."""
    row = await tx.one(
        "SELECT user_id FROM slack_users WHERE team = ? AND email = ? AND email <> '' ORDER BY checked_at DESC LIMIT 1",
        (team, email),
    )
    return str(row["user_id"]) if row else ""


async def forget_user(tx: Tx, team: str, user_id: str) -> None:
    """Look a member up again when they act next."""
    await tx.run("DELETE FROM slack_users WHERE team = ? AND user_id = ?", (team, user_id))


# Words that wait


def _draft(row: Row) -> Draft:
    key, root_id, agent_id, name, ts, text, files, seen, state = row
    return Draft(key, root_id, agent_id, name, ts, text, tuple(msgspec.json.decode(files)), seen, state)


async def keep_draft(
    tx: Tx, root_id: int, agent_id: int, key: str, text: str, seen: int, now: datetime, *, ts: str = "",
    files: Sequence[dict[str, Any]] = (),
) -> Draft:  # fmt: skip
    """Keep words until their author says yes; the same key keeps its first words while they wait."""
    await tx.run(
        "INSERT INTO slack_drafts (id, root_id, agent_id, key, ts, text, files, seen, created_at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (root_id, key) DO NOTHING",
        (
            new_public_id("sd"),
            root_id,
            agent_id,
            key,
            ts,
            text,
            msgspec.json.encode(list(files)).decode(),
            seen,
            to_ms(now),
        ),
    )
    found = await draft_of(tx, root_id, key)
    if found is None:
        raise LookupError("a draft vanished while it was made")
    return found


async def draft(tx: Tx, draft_id: str) -> Draft | None:
    """The words with this id."""
    row = await tx.one(f"SELECT {_DRAFT} FROM slack_drafts WHERE id = ?", (draft_id,))
    return _draft(row) if row else None


async def draft_of(tx: Tx, root_id: int, key: str) -> Draft | None:
    """The words that were kept under a key."""
    row = await tx.one(f"SELECT {_DRAFT} FROM slack_drafts WHERE root_id = ? AND key = ?", (root_id, key))
    return _draft(row) if row else None


async def change_draft(
    tx: Tx, draft_id: str, *, state: str | None = None, text: str | None = None, seen: int | None = None
) -> None:
    """Other words, another sight, or what became of them: `sent`, `noted` or `dropped`."""
    for column, value in (("state", state), ("text", text), ("seen", seen)):
        if value is not None:
            await tx.run(f"UPDATE slack_drafts SET {column} = ? WHERE id = ?", (value, draft_id))


async def has_confirmed(tx: Tx, root_id: int, agent_id: int) -> bool:
    """Whether an agent has said yes under this root before."""
    row = await tx.one(
        "SELECT 1 AS one FROM slack_drafts WHERE root_id = ? AND agent_id = ? AND state = 'sent'", (root_id, agent_id)
    )
    return row is not None
