"""What was understood of a customer's messages, across all of their threads: the labels that stand in the log.

A person's threads are those of the customer of a thread, and those in which the order in question was shown.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec

from memory.engines.base import Row, Tx
from memory.times import to_ms

_LABELS = """SELECT thread_id, at, type, body FROM events
    WHERE thread_id IN (
        SELECT id FROM threads WHERE customer_id = (SELECT customer_id FROM threads WHERE id = ?) AND last_at >= ?
        UNION SELECT thread_id FROM thread_orders WHERE order_id = ?
    ) AND type IN ('classified', 'corrected') AND at >= ? ORDER BY thread_id, seq"""

_ELSEWHERE = """SELECT thread_id, at, type, body FROM events
    WHERE thread_id IN (
        SELECT id FROM threads WHERE customer_id = (SELECT customer_id FROM threads WHERE id = ?) AND last_at >= ? AND id <> ?
    ) AND type IN ('classified', 'corrected') AND at >= ? ORDER BY thread_id, seq"""

_PROMISES = """SELECT thread_id, seq, body FROM events
    WHERE thread_id IN (
        SELECT id FROM threads WHERE customer_id = (SELECT customer_id FROM threads WHERE id = ?)
        UNION SELECT thread_id FROM thread_orders WHERE order_id = ?
    ) AND type = 'promised' ORDER BY thread_id, seq"""


@dataclass(frozen=True, slots=True)
class Label:
    """One label of a thread. `at` in milliseconds; `is_correction` = a person set right what was understood last."""

    thread_id: int
    at: int
    is_correction: bool
    body: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Promise:
    """Until when (ISO 8601 day) somebody at the desk promised that goods of an order may come back, and where that stands."""

    until: str
    thread_id: int
    seq: int


async def promises(tx: Tx, thread_id: int, order_id: str) -> list[Promise]:
    """What was promised to the customer of a thread about an order, in any of their threads."""
    rows = await tx.all(_PROMISES, (thread_id, order_id))
    bodies = [(row, msgspec.json.decode(row["body"])) for row in rows]
    return [
        Promise(str(body["until"]), row["thread_id"], row["seq"])
        for row, body in bodies
        if body.get("order_id") == order_id
    ]


async def around(tx: Tx, thread_id: int, order_id: str, since: datetime) -> list[Label]:
    """The labels since a time of everything that the customer of a thread wrote, by thread, oldest first."""
    recent = to_ms(since)
    return [_label(row) for row in await tx.all(_LABELS, (thread_id, recent, order_id, recent))]


async def elsewhere(tx: Tx, thread_id: int, since: datetime) -> list[Label]:
    """As `around`, of the customer's other threads alone: what a long conversation said itself is not read."""
    recent = to_ms(since)
    return [_label(row) for row in await tx.all(_ELSEWHERE, (thread_id, recent, thread_id, recent))]


def _label(row: Row) -> Label:
    return Label(row["thread_id"], row["at"], row["type"] == "corrected", msgspec.json.decode(row["body"]))
