"""Threads and their events: the one log that everything else is read from.

`append` numbers events without gaps and stores the folded state in the same unit. A reader resumes from its own last
number; what a reader may not see is left out here, in the statement.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import datetime
from operator import attrgetter
from typing import Any

import msgspec

from memory.engines.base import Row, Tx, Value
from memory.ids import new_id
from memory.projection import Audience, Event, ThreadState, after, rebuilt
from memory.times import to_ms

_STATE = tuple(f.name for f in fields(ThreadState))
_state_values = attrgetter(*_STATE)
COLUMNS = "id, public_id, number, customer_id, previous_id, created_at, " + ", ".join(_STATE)
_BY_ID = f"SELECT {COLUMNS} FROM threads WHERE id = ?"
_BY_NUMBER = f"SELECT {COLUMNS} FROM threads WHERE number = ?"
_BY_PUBLIC = f"SELECT {COLUMNS} FROM threads WHERE public_id = ?"
_OF_IDENTITY = f"""SELECT {COLUMNS} FROM threads WHERE id IN (SELECT thread_id FROM participants WHERE identity_id = ?)
    ORDER BY id DESC LIMIT ?"""
_OF_CUSTOMER = f"SELECT {COLUMNS} FROM threads WHERE customer_id = ? ORDER BY id DESC LIMIT ?"
_INBOX = f"""SELECT {COLUMNS} FROM threads WHERE last_seq > 0 AND (last_at < ? OR (last_at = ? AND id < ?))
    ORDER BY last_at DESC, id DESC LIMIT ?"""
_INBOX_STATUS = f"""SELECT {COLUMNS} FROM threads WHERE status = ? AND last_seq > 0 AND (last_at < ? OR (last_at = ? AND id < ?))
    ORDER BY last_at DESC, id DESC LIMIT ?"""
_STILL = f"""SELECT {COLUMNS} FROM threads WHERE status = ? AND last_at <= ? AND (last_at > ? OR (last_at = ? AND id > ?))
    ORDER BY last_at, id LIMIT ?"""
_UNATTENDED = f"""SELECT {COLUMNS} FROM threads WHERE owner_kind = 'agent' AND owner_id = 0 AND waiting_since > 0
    AND waiting_since <= ? AND status IN ('new', 'open') ORDER BY waiting_since LIMIT ?"""
_INSERT = """INSERT INTO threads (id, public_id, number, customer_id, previous_id, created_at) VALUES (?, ?, ?, ?, ?, ?)
    ON CONFLICT (public_id) DO NOTHING"""
_NEXT_NUMBER = "UPDATE counters SET value = value + 1 WHERE name = 'thread' RETURNING value"
_SAVE = f"UPDATE threads SET {', '.join(f'{name} = ?' for name in _STATE)} WHERE id = ?"
_EVENT_COLUMNS = (
    "seq, at, type, audience, author_type, author_id, author_name, channel, identity_id, cid, external_id, body"
)
_INSERT_EVENT = f"INSERT INTO events (thread_id, {_EVENT_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
_EVENTS = f"SELECT {_EVENT_COLUMNS} FROM events WHERE thread_id = ? AND seq > ? ORDER BY seq LIMIT ?"
_MAY_SEE = """audience = 'all' AND (identity_id = 0 OR identity_id = ? OR identity_id IN (
    SELECT other.id FROM identities other JOIN identities own ON own.customer_id = other.customer_id
    WHERE own.id = ? AND own.proof <> 'claimed' AND other.proof <> 'claimed'))"""
_VISIBLE = f"SELECT {_EVENT_COLUMNS} FROM events WHERE thread_id = ? AND seq > ? AND {_MAY_SEE} ORDER BY seq LIMIT ?"
_LAST_VISIBLE = f"SELECT MAX(seq) AS seq FROM events WHERE thread_id = ? AND seq <= ? AND {_MAY_SEE}"
_BY_CID = f"SELECT {_EVENT_COLUMNS} FROM events WHERE thread_id = ? AND cid = ?"
_BY_EXTERNAL = "SELECT thread_id, seq FROM events WHERE channel = ? AND external_id = ?"
_JOIN = "INSERT INTO participants (thread_id, identity_id, joined_at) VALUES (?, ?, ?) ON CONFLICT (thread_id, identity_id) DO NOTHING"
_IS_PARTICIPANT = "SELECT 1 FROM participants WHERE thread_id = ? AND identity_id = ?"
_READ = """INSERT INTO reads (thread_id, reader, seq) VALUES (?, ?, ?) ON CONFLICT (thread_id, reader)
    DO UPDATE SET seq = excluded.seq WHERE reads.seq < excluded.seq"""


@dataclass(frozen=True, slots=True)
class Thread:
    """A thread as stored. `state` follows from its events."""

    id: int
    public_id: str
    number: int
    customer_id: int
    previous_id: int | None
    created_at: int
    state: ThreadState


@dataclass(frozen=True, slots=True)
class NewEvent:
    """An event about to be appended. `audience` `all` = the customer may see it."""

    type: str
    body: Mapping[str, Any] = field(default_factory=dict)
    audience: Audience = "desk"
    author_type: str = "system"
    author_id: int = 0
    author_name: str = ""
    channel: str = ""
    identity_id: int = 0
    cid: str | None = None
    external_id: str | None = None


def thread_of(row: Row) -> Thread:
    """A stored row, its columns in the order of COLUMNS, as a Thread."""
    key, public_id, number, customer_id, previous_id, created_at, *state = row
    return Thread(key, public_id, number, customer_id, previous_id, created_at, ThreadState(*state))


def event_of(row: Row) -> Event:
    """A stored row as an Event."""
    seq, at, kind, audience, author_type, author_id, author_name, channel, identity_id, cid, external_id, body = row
    return Event(
        seq, at, kind, audience, author_type, author_id, author_name, channel, identity_id, cid, external_id,
        msgspec.json.decode(body),
    )  # fmt: skip


async def create(tx: Tx, public_id: str, customer_id: int, now: datetime, previous_id: int | None = None) -> Thread:
    """The thread with this public id, made if it is not there yet."""
    number = await tx.one(_NEXT_NUMBER)
    if number is None:
        raise LookupError("the counter of thread numbers is missing")
    await tx.run(_INSERT, (new_id(now), public_id, number["value"], customer_id, previous_id, to_ms(now)))
    thread = await by_public_id(tx, public_id)
    if thread is None:
        raise LookupError("a thread vanished while it was made")
    return thread


async def by_id(tx: Tx, thread_id: int, *, lock: bool = False) -> Thread | None:
    """The thread with this key; `lock` holds its row until the unit commits."""
    row = await tx.one(_BY_ID + (tx.for_update if lock else ""), (thread_id,))
    return thread_of(row) if row else None


async def by_public_id(tx: Tx, public_id: str) -> Thread | None:
    """The thread that the outside calls `public_id`."""
    row = await tx.one(_BY_PUBLIC, (public_id,))
    return thread_of(row) if row else None


async def by_number(tx: Tx, number: int) -> Thread | None:
    """The thread with the number that people say."""
    row = await tx.one(_BY_NUMBER, (number,))
    return thread_of(row) if row else None


async def participants(tx: Tx, thread_id: int) -> list[int]:
    """The identities that take part."""
    rows = await tx.all("SELECT identity_id FROM participants WHERE thread_id = ? ORDER BY identity_id", (thread_id,))
    return [row["identity_id"] for row in rows]


async def of_identity(tx: Tx, identity_id: int, limit: int = 20) -> list[Thread]:
    """Threads in which an identity takes part, newest first."""
    return [thread_of(row) for row in await tx.all(_OF_IDENTITY, (identity_id, limit))]


async def of_customer(tx: Tx, customer_id: int, limit: int = 20) -> list[Thread]:
    """Threads of a customer, newest first."""
    return [thread_of(row) for row in await tx.all(_OF_CUSTOMER, (customer_id, limit))]


async def inbox(
    tx: Tx, *, status: str | None = None, before: tuple[int, int] | None = None, limit: int = 50
) -> list[Thread]:
    """Threads that have events, the latest moved first; `before` = (last_at, id) of the last row of the page before."""
    last_at, last_id = before or (2**62, 2**62)
    page: tuple[Value, ...] = (last_at, last_at, last_id, limit)
    rows = await tx.all(_INBOX_STATUS, (status, *page)) if status else await tx.all(_INBOX, page)
    return [thread_of(row) for row in rows]


async def still(
    tx: Tx, status: str, since: datetime, *, after: tuple[int, int] = (0, 0), limit: int = 200
) -> list[Thread]:
    """Threads of this status in which nothing has happened since a time, the longest still first.

    `after` = (last_at, id) of the last row of the page before."""
    last_at, last_id = after
    rows = await tx.all(_STILL, (status, to_ms(since), last_at, last_at, last_id, limit))
    return [thread_of(row) for row in rows]


async def unattended(tx: Tx, before: datetime, limit: int = 100) -> list[Thread]:
    """Threads of somebody who is no agent here, whose customer waits since before a time, the longest first."""
    return [thread_of(row) for row in await tx.all(_UNATTENDED, (to_ms(before), limit))]


async def append(tx: Tx, thread_id: int, new: Sequence[NewEvent], now: datetime) -> tuple[Thread, list[Event]]:
    """Number and store events and the state that follows. Raises LookupError for an unknown thread."""
    thread = await by_id(tx, thread_id, lock=True)
    if thread is None:
        raise LookupError("no such thread")
    return await append_to(tx, thread, new, now)


async def append_to(tx: Tx, thread: Thread, new: Sequence[NewEvent], now: datetime) -> tuple[Thread, list[Event]]:
    """As `append`, for a thread that was read in this unit under its lock and not written since."""
    state, stored = thread.state, []
    for item in new:
        event = _numbered(item, state.last_seq + 1, to_ms(now))
        state = after(state, event)
        stored.append(event)
    await tx.many(_INSERT_EVENT, [(thread.id, *_values(event)) for event in stored])
    await tx.run(_SAVE, (*_state_values(state), thread.id))
    changed = Thread(
        thread.id, thread.public_id, thread.number, thread.customer_id, thread.previous_id, thread.created_at, state
    )
    return changed, stored


def as_read(event: Event) -> Event:
    """An event that was just stored, as who reads it back finds it."""
    return replace(event, body=msgspec.json.decode(msgspec.json.encode(event.body)))


def _numbered(item: NewEvent, seq: int, at: int) -> Event:
    return Event(
        seq, at, item.type, item.audience, item.author_type, item.author_id, item.author_name, item.channel,
        item.identity_id, item.cid, item.external_id, item.body,
    )  # fmt: skip


def _values(event: Event) -> tuple[Value, ...]:
    return (
        event.seq, event.at, event.type, event.audience, event.author_type, event.author_id, event.author_name,
        event.channel, event.identity_id, event.cid, event.external_id, msgspec.json.encode(event.body).decode(),
    )  # fmt: skip


async def take_back(tx: Tx, thread: Thread, seq: int) -> Thread:
    """Empty a message that its author took back, in a thread that is held: it stays in its place without a word or a file.

    The only change that is ever made to an event; the state is folded anew, so that nothing of the words stands there either."""
    body = msgspec.json.encode({"text": "", "taken_back": True}).decode()
    await tx.run("UPDATE events SET body = ? WHERE thread_id = ? AND seq = ?", (body, thread.id, seq))
    state = rebuilt(await events(tx, thread.id, limit=1_000_000))
    await tx.run(_SAVE, (*_state_values(state), thread.id))
    return replace(thread, state=state)


async def events(tx: Tx, thread_id: int, after_seq: int = 0, limit: int = 10_000) -> list[Event]:
    """Every event after a number: what the desk sees."""
    return [event_of(row) for row in await tx.all(_EVENTS, (thread_id, after_seq, limit))]


async def since(tx: Tx, thread_id: int, seq: int, *, after_seq: int, types: Sequence[str]) -> list[Event]:
    """Every event from `seq` on, and of those before it, back to `after_seq`, the ones of these types."""
    marks = ", ".join("?" * len(types))
    sql = f"""SELECT {_EVENT_COLUMNS} FROM events WHERE thread_id = ? AND seq > ? AND (seq >= ? OR type IN ({marks}))
        ORDER BY seq"""
    return [event_of(row) for row in await tx.all(sql, (thread_id, after_seq, seq, *types))]


async def of_types(tx: Tx, thread_id: int, types: Sequence[str], limit: int = 20) -> list[Event]:
    """The latest events of these types, newest first."""
    marks = ", ".join("?" * len(types))
    sql = f"SELECT {_EVENT_COLUMNS} FROM events WHERE thread_id = ? AND type IN ({marks}) ORDER BY seq DESC LIMIT ?"
    return [event_of(row) for row in await tx.all(sql, (thread_id, *types, limit))]


async def visible(tx: Tx, thread_id: int, identity_id: int, after_seq: int, limit: int = 1000) -> list[Event]:
    """Events after a number that this identity of the customer may see."""
    rows = await tx.all(_VISIBLE, (thread_id, after_seq, identity_id, identity_id, limit))
    return [event_of(row) for row in rows]


async def last_visible(tx: Tx, thread_id: int, identity_id: int, up_to: int = 2**62) -> int:
    """The last number up to `up_to` that this identity may see; 0 when there is none."""
    row = await tx.one(_LAST_VISIBLE, (thread_id, up_to, identity_id, identity_id))
    return int(row["seq"] or 0) if row else 0


async def by_cid(tx: Tx, thread_id: int, cid: str) -> Event | None:
    """The event that a client called `cid`."""
    row = await tx.one(_BY_CID, (thread_id, cid))
    return event_of(row) if row else None


async def by_external_id(tx: Tx, channel: str, external_id: str) -> tuple[int, int] | None:
    """(thread, seq) of a provider's message that is stored already."""
    row = await tx.one(_BY_EXTERNAL, (channel, external_id))
    return (row["thread_id"], row["seq"]) if row else None


async def join(tx: Tx, thread_id: int, identity_id: int, now: datetime) -> None:
    """Let an identity take part."""
    await tx.run(_JOIN, (thread_id, identity_id, to_ms(now)))


async def takes_part(tx: Tx, thread_id: int, identity_id: int) -> bool:
    """Whether an identity takes part in a thread."""
    return await tx.one(_IS_PARTICIPANT, (thread_id, identity_id)) is not None


async def mark_read(tx: Tx, thread_id: int, reader: str, seq: int) -> bool:
    """Move a read pointer forward (never back); whether it moved. `reader` = `customer` or `agent:ID`."""
    return await tx.run(_READ, (thread_id, reader, seq)) > 0


async def read_up_to(tx: Tx, thread_id: int, reader: str) -> int:
    """Where a reader's pointer stands."""
    row = await tx.one("SELECT seq FROM reads WHERE thread_id = ? AND reader = ?", (thread_id, reader))
    return int(row["seq"]) if row else 0


async def move(tx: Tx, thread_id: int, customer_id: int) -> None:
    """Re-parent a thread to another customer; its numbering stays."""
    await tx.run("UPDATE threads SET customer_id = ? WHERE id = ?", (customer_id, thread_id))


async def ids_with_state(tx: Tx) -> list[int]:
    """The keys of every thread, oldest first."""
    return [row["id"] for row in await tx.all("SELECT id FROM threads ORDER BY id")]
