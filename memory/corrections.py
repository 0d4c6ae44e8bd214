"""What agents corrected in the understanding of messages, kept as labelled examples.

One correction a message and field: who corrects again replaces what was said before, and it is looked at anew. An example counts
for training once a supervisor accepted it.
"""

import hashlib
from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from memory.engines.base import Row, Tx
from memory.ids import new_id
from memory.times import to_ms

Field = Literal["intent", "sentiment", "priority"]
Verdict = Literal["accepted", "discarded"]
_COLUMNS: Final = (
    "id, thread_id, seq, text_hash, text, language, field, was, becomes, agent_id, at, state, reviewer_id, reviewed_at"
)
_PUT: Final = f"""INSERT INTO corrections ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'open', 0, 0)
    ON CONFLICT (thread_id, seq, field) DO UPDATE SET becomes = excluded.becomes, agent_id = excluded.agent_id,
    at = excluded.at, state = 'open', reviewer_id = 0, reviewed_at = 0"""

_NAMED: Final = """SELECT t.id, c.name, coalesce(i.profile_name, '') AS profile FROM threads t
    JOIN customers c ON c.id = t.customer_id LEFT JOIN identities i ON i.customer_id = c.id
    WHERE t.id IN (SELECT thread_id FROM corrections WHERE state = 'accepted')"""


@dataclass(frozen=True, slots=True)
class Correction:
    """One corrected label of the customer's message `seq` (and what was said right before it). Times in milliseconds, 0 = never.

    `state` is `open`, `accepted` or `discarded`; `was` and `becomes` are values of `field`."""

    id: int
    thread_id: int
    seq: int
    text_hash: str
    text: str
    language: str
    field: str
    was: str
    becomes: str
    agent_id: int
    at: int
    state: str
    reviewer_id: int
    reviewed_at: int


@dataclass(frozen=True, slots=True)
class Example:
    """A message with the label that people gave it, its conversation, and the names of its customer and of the desk."""

    text: str
    language: str
    field: str
    label: str
    thread_id: int
    names: frozenset[str]


async def put(
    tx: Tx, thread_id: int, seq: int, text: str, language: str, field: Field, was: str, becomes: str, agent_id: int, now: datetime
) -> None:  # fmt: skip
    """Keep what an agent corrected."""
    digest = hashlib.sha256(text.encode()).hexdigest()
    await tx.run(_PUT, (new_id(now), thread_id, seq, digest, text, language, field, was, becomes, agent_id, to_ms(now)))


async def to_review(tx: Tx, limit: int = 100) -> list[Correction]:
    """What nobody has looked at yet, oldest first."""
    rows = await tx.all(f"SELECT {_COLUMNS} FROM corrections WHERE state = 'open' ORDER BY id LIMIT ?", (limit,))
    return [_correction(row) for row in rows]


async def review(tx: Tx, correction_id: int, verdict: Verdict, reviewer_id: int, now: datetime) -> bool:
    """Accept or discard what is still open; whether it was."""
    touched = await tx.run(
        "UPDATE corrections SET state = ?, reviewer_id = ?, reviewed_at = ? WHERE id = ? AND state = 'open'",
        (verdict, reviewer_id, to_ms(now), correction_id),
    )
    return touched > 0


async def examples(tx: Tx) -> list[Example]:
    """What was accepted, oldest first, each text and field once with its latest label."""
    rows = await tx.all(
        "SELECT thread_id, text_hash, text, language, field, becomes FROM corrections WHERE state = 'accepted' ORDER BY at, id"
    )
    latest = {(row["text_hash"], row["field"]): row for row in rows}
    names = await _names(tx)
    return [
        Example(row["text"], row["language"], row["field"], row["becomes"], row["thread_id"], names[row["thread_id"]])
        for row in latest.values()
    ]


async def _names(tx: Tx) -> defaultdict[int, frozenset[str]]:
    """By thread with an accepted correction: what its customer and everybody at the desk are called."""
    desk = frozenset(str(row["name"]) for row in await tx.all("SELECT name FROM agents"))
    found: defaultdict[int, frozenset[str]] = defaultdict(lambda: desk)
    for row in await tx.all(_NAMED):
        found[row["id"]] |= {name for name in (row["name"], row["profile"]) if name}
    return found


def _correction(row: Row) -> Correction:
    return Correction(**{name: row[name] for name in _COLUMNS.split(", ")})
