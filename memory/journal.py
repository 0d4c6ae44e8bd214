"""The journal: raw calls of providers (webhooks, mail), stored before they are answered, worked in once, kept for a replay.

A call is one row by (source, key); the same call again is the same row. What a call means is no concern of this room. `subject`
is whose call it is (an address), as soon as that is known: so that it can be erased.
"""

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import msgspec

from memory.engines.base import Row, Tx
from memory.ids import new_id
from memory.times import from_ms, to_ms

_ADD = """INSERT INTO journal (id, source, key, received_at, headers, body, due_at, encoding) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (source, key) DO NOTHING"""
_COLUMNS = "id, source, key, received_at, headers, body, encoding, attempts"
_CLAIM = f"""UPDATE journal SET lease_until = ?, attempts = attempts + 1 WHERE id IN (
    SELECT id FROM journal WHERE state = 'waiting' AND due_at <= ? AND lease_until < ? AND source LIKE ?{{but}}
    ORDER BY due_at, id LIMIT ?{{skip}}) RETURNING {_COLUMNS}"""
_IS_DUE = """SELECT 1 AS one FROM journal WHERE state = 'waiting' AND due_at <= ? AND lease_until < ? AND source LIKE ?
    LIMIT 1"""
_SOURCES_WAITING = "SELECT COUNT(*) AS n, MIN(received_at) AS oldest FROM journal WHERE state = 'waiting'"
_LONGEST_NOTE: Final = 300


@dataclass(frozen=True, slots=True)
class Call:
    """A stored call, held by this worker. `attempts` counts this one."""

    id: int
    source: str
    key: str
    received_at: datetime
    headers: dict[str, str]
    body: bytes
    attempts: int


def _call(row: Row) -> Call:
    headers = msgspec.json.decode(row["headers"], type=dict[str, str])
    body = base64.b64decode(row["body"]) if row["encoding"] else row["body"].encode()
    return Call(row["id"], row["source"], row["key"], from_ms(row["received_at"]), headers, body, row["attempts"])


async def add(
    tx: Tx,
    source: str,
    key: str,
    headers: Mapping[str, str],
    body: bytes,
    now: datetime,
    delay: timedelta = timedelta(),
) -> bool:
    """Store a call, due after `delay`; False when it was stored before. The body is UTF-8 text or is refused (ValueError)."""
    text = body.decode("utf-8")
    if "\0" in text:
        raise ValueError("the body holds a NUL character")
    return await _add(tx, source, key, headers, text, now, delay, "")


async def add_raw(
    tx: Tx,
    source: str,
    key: str,
    headers: Mapping[str, str],
    body: bytes,
    now: datetime,
    delay: timedelta = timedelta(),
    subject: str = "",
) -> bool:
    """As `add`, for a body of any bytes (a mail). `subject` = whose call it is, where that is known already."""
    is_new = await _add(tx, source, key, headers, base64.b64encode(body).decode(), now, delay, "base64")
    if is_new and subject:
        await tx.run("UPDATE journal SET subject = ? WHERE source = ? AND key = ?", (subject, source, key))
    return is_new


async def _add(
    tx: Tx, source: str, key: str, headers: Mapping[str, str], text: str, now: datetime, delay: timedelta, encoding: str
) -> bool:
    kept = msgspec.json.encode(headers).decode()
    values = (new_id(now), source, key, to_ms(now), kept, text, to_ms(now + delay), encoding)
    return await tx.run(_ADD, values) > 0


async def by_key(tx: Tx, source: str, key: str) -> Call | None:
    """The stored call that its sender named so."""
    row = await tx.one(f"SELECT {_COLUMNS} FROM journal WHERE source = ? AND key = ?", (source, key))
    return _call(row) if row else None


async def claim(
    tx: Tx, now: datetime, lease: timedelta, limit: int, *, within: str = "", beside: Sequence[str] = ()
) -> list[Call]:
    """Take up to `limit` calls that are due and not held, oldest first: of the sources that begin with `within`, but with
    none of `beside`."""
    skip = " FOR UPDATE SKIP LOCKED" if tx.for_update else ""
    sql = _CLAIM.format(skip=skip, but=" AND source NOT LIKE ?" * len(beside))
    others = [f"{each}%" for each in beside]
    rows = await tx.all(sql, (to_ms(now + lease), to_ms(now), to_ms(now), f"{within}%", *others, limit))
    return sorted((_call(row) for row in rows), key=lambda call: call.id)


async def is_due(tx: Tx, now: datetime, within: str) -> bool:
    """Whether a call of the sources that begin with `within` is due and held by nobody."""
    return await tx.one(_IS_DUE, (to_ms(now), to_ms(now), f"{within}%")) is not None


async def done(tx: Tx, call_ids: Sequence[int], note: str = "") -> None:
    """They are worked in."""
    await tx.many(
        "UPDATE journal SET state = 'done', lease_until = 0, note = ? WHERE id = ?",
        [(note[:_LONGEST_NOTE], call_id) for call_id in call_ids],
    )


async def belongs(tx: Tx, call_id: int, subject: str) -> None:
    """Remember whose call it is: `kind:key` of an address."""
    await tx.run("UPDATE journal SET subject = ? WHERE id = ?", (subject, call_id))


async def erase(tx: Tx, subjects: Sequence[str]) -> int:
    """Delete every stored call of these addresses; how many."""
    return sum([await tx.run("DELETE FROM journal WHERE subject = ?", (subject,)) for subject in subjects])


async def forget_words(tx: Tx, subject: str, external_id: str) -> int:
    """Delete the worked-in calls of an address that hold a message of this id; how many."""
    rows = await tx.all(f"SELECT {_COLUMNS} FROM journal WHERE subject = ? AND state = 'done'", (subject,))
    held = [call.id for call in map(_call, rows) if external_id.encode() in call.body]
    await tx.many("DELETE FROM journal WHERE id = ?", [(call_id,) for call_id in held])
    return len(held)


async def later(tx: Tx, call_id: int, at: datetime, note: str) -> None:
    """It could not be worked in now: try again at `at`."""
    await tx.run(
        "UPDATE journal SET due_at = ?, lease_until = 0, note = ? WHERE id = ?",
        (to_ms(at), note[:_LONGEST_NOTE], call_id),
    )


async def give_up(tx: Tx, call_id: int, note: str) -> None:
    """It will not be worked in; `journal replay` may try it again."""
    await tx.run(
        "UPDATE journal SET state = 'failed', lease_until = 0, note = ? WHERE id = ?", (note[:_LONGEST_NOTE], call_id)
    )


async def replay(tx: Tx, since: datetime, now: datetime) -> int:
    """Make every call since then due again; how many."""
    return await tx.run(
        "UPDATE journal SET state = 'waiting', due_at = ?, attempts = 0, lease_until = 0 WHERE received_at >= ?",
        (to_ms(now), to_ms(since)),
    )


async def waiting(tx: Tx) -> tuple[int, datetime | None]:
    """How many calls wait, and since when the oldest does."""
    row = await tx.one(_SOURCES_WAITING)
    return (row["n"], from_ms(row["oldest"]) if row["oldest"] is not None else None) if row else (0, None)


async def failed(tx: Tx, limit: int = 20) -> list[tuple[str, datetime, str]]:
    """(source, received, note) of calls that were given up, newest first."""
    rows = await tx.all(
        "SELECT source, received_at, note FROM journal WHERE state = 'failed' ORDER BY received_at DESC LIMIT ?",
        (limit,),
    )
    return [(row["source"], from_ms(row["received_at"]), row["note"]) for row in rows]


async def last_received(tx: Tx, source: str) -> datetime | None:
    """When this source called last."""
    row = await tx.one("SELECT MAX(received_at) AS at FROM journal WHERE source = ?", (source,))
    return from_ms(row["at"]) if row and row["at"] is not None else None


async def forget_before(tx: Tx, before: datetime) -> int:
    """Delete calls that are worked in and old; how many."""
    return await tx.run("DELETE FROM journal WHERE state = 'done' AND received_at < ?", (to_ms(before),))
