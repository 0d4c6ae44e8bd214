"""Telephone calls: whose they are, which conversation they belong to, and which token opens their socket next.

A call is one row by its provider's id. What it may do next (open a socket, count a prompt, end) is a conditional statement, so that
two copies of one webhook, or two sockets, cannot both have it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec

from memory.engines.base import Row, Tx
from memory.times import to_ms

_COLUMNS = (
    "sid, number, attested, language, conv, thread_id, identity_id, token, opened, prompts, spoken, state, started_at, "
    "ended_at, body"
)
_BEGIN = """INSERT INTO phone_calls (sid, number, attested, language, conv, started_at) VALUES (?, ?, ?, ?, ?, ?)
    ON CONFLICT (sid) DO NOTHING"""
_BY_SID = f"SELECT {_COLUMNS} FROM phone_calls WHERE sid = ?"
_OPEN = """UPDATE phone_calls SET opened = token, state = 'live'
    WHERE sid = ? AND token = ? AND opened < ? AND state <> 'over'"""
_RENEW = "UPDATE phone_calls SET token = token + 1 WHERE sid = ? AND token = opened AND token < ? AND state <> 'over'"
_SAID = "UPDATE phone_calls SET prompts = ?, thread_id = ?, identity_id = ?, conv = ? WHERE sid = ? AND prompts < ?"
_MOVED = "UPDATE phone_calls SET thread_id = ?, conv = ?, spoken = ? WHERE sid = ?"
_SPOKEN = "UPDATE phone_calls SET spoken = ? WHERE sid = ? AND thread_id = ? AND spoken < ?"
_END = "UPDATE phone_calls SET state = 'over', ended_at = ? WHERE sid = ? AND state <> 'over'"
_LIVE_ON = "SELECT sid FROM phone_calls WHERE thread_id = ? AND state <> 'over' AND started_at > ? LIMIT 1"


@dataclass(frozen=True, slots=True)
class PhoneCall:
    """A call as stored. `number` is empty where it is withheld; `attested` = the carrier vouches for it.

    `token` is the number of the token that may open a socket, `opened` of the one that last did; `prompts` counts what the caller
    said, `spoken` is the last event of the thread that was told. `state` is `ringing live over`; times in milliseconds."""

    sid: str
    number: str
    attested: bool
    language: str
    conv: str
    thread_id: int
    identity_id: int
    token: int
    opened: int
    prompts: int
    spoken: int
    state: str
    started_at: int
    ended_at: int
    body: Mapping[str, Any]


def _call(row: Row) -> PhoneCall:
    values = {name: row[name] for name in _COLUMNS.split(", ")}
    return PhoneCall(**{**values, "attested": bool(row["attested"]), "body": msgspec.json.decode(row["body"])})


async def begin(tx: Tx, sid: str, number: str, now: datetime, *, attested: bool, language: str, conv: str) -> PhoneCall:
    """The call with this id, stored if it is not yet."""
    await tx.run(_BEGIN, (sid, number, int(attested), language, conv, to_ms(now)))
    found = await by_sid(tx, sid)
    if found is None:
        raise LookupError("a call vanished while it was stored")
    return found


async def by_sid(tx: Tx, sid: str) -> PhoneCall | None:
    """The call with this id."""
    row = await tx.one(_BY_SID, (sid,))
    return _call(row) if row else None


async def open_socket(tx: Tx, sid: str, token: int) -> bool:
    """Spend a token; False when it was spent, is not the newest, or the call is over."""
    return await tx.run(_OPEN, (sid, token, token)) > 0


async def renew(tx: Tx, sid: str, at_most: int) -> bool:
    """Allow one more socket, with the next token; False when there were `at_most`, or the last token is still good."""
    return await tx.run(_RENEW, (sid, at_most)) > 0


async def said(tx: Tx, sid: str, prompt: int, thread_id: int, identity_id: int, conv: str) -> bool:
    """The caller's words with this number stand in this thread; False when they were counted before."""
    return await tx.run(_SAID, (prompt, thread_id, identity_id, conv, sid, prompt)) > 0


async def moved(tx: Tx, sid: str, thread_id: int, conv: str, spoken: int) -> None:
    """The call goes on in another thread, of which everything up to `spoken` was told."""
    await tx.run(_MOVED, (thread_id, conv, spoken, sid))


async def spoke(tx: Tx, sid: str, thread_id: int, seq: int) -> None:
    """Everything up to this event of the thread was told; the number only grows."""
    await tx.run(_SPOKEN, (seq, sid, thread_id, seq))


async def remember(tx: Tx, sid: str, **values: Any) -> Mapping[str, Any]:
    """Keep further facts with a call; all of them. Raises LookupError for an unknown call."""
    row = await tx.one(f"SELECT body FROM phone_calls WHERE sid = ?{tx.for_update}", (sid,))
    if row is None:
        raise LookupError("no such call")
    body: dict[str, Any] = {**msgspec.json.decode(row["body"]), **values}
    await tx.run("UPDATE phone_calls SET body = ? WHERE sid = ?", (msgspec.json.encode(body).decode(), sid))
    return body


async def speaks(tx: Tx, sid: str, language: str) -> None:
    """The call goes on in this language."""
    await tx.run("UPDATE phone_calls SET language = ? WHERE sid = ?", (language, sid))


async def end(tx: Tx, sid: str, now: datetime) -> bool:
    """The call is over; False when it was before."""
    return await tx.run(_END, (to_ms(now), sid)) > 0


async def live_on(tx: Tx, thread_id: int, since: datetime) -> str | None:
    """The id of a call that is going on in a thread; one that began before `since` is over, whether or not its end was told."""
    row = await tx.one(_LIVE_ON, (thread_id, to_ms(since)))
    return str(row["sid"]) if row else None


async def erase(tx: Tx, numbers: Sequence[str]) -> int:
    """Forget the numbers, and all else that was kept with their calls; how many calls."""
    return sum(
        [await tx.run("UPDATE phone_calls SET number = '', body = '{}' WHERE number = ?", (each,)) for each in numbers]
    )
