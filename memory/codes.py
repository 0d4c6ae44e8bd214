"""One-time codes that were sent: whom they may still prove, how often they were tried, and how many went out.

Codes and addresses come here as digests only. A code is `open` until it is `used`, tried too often or replaced (`void`), or could
not be sent (`failed`); it also ends by itself at `expires_at`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from memory.engines.base import Row, Tx
from memory.ids import new_id
from memory.times import to_ms

State = Literal["open", "used", "void", "failed"]
Bucket = Literal["destination", "identity_id", "net"]

_COLUMNS = (
    "id, thread_id, identity_id, seq, purpose, word, subjects, destination, net, digest, tries, state, at, expires_at"
)


@dataclass(frozen=True, slots=True)
class Code:
    """A code of one identity in one thread, asked for by its message `seq`.

    It proves `word` for each of `subjects`. Times in milliseconds since 1970."""

    id: int
    thread_id: int
    identity_id: int
    seq: int
    purpose: str
    word: str
    subjects: tuple[str, ...]
    destination: str
    net: str
    digest: str
    tries: int
    state: State
    at: int
    expires_at: int

    def is_pending(self, now: datetime) -> bool:
        """Whether it can still be redeemed."""
        return self.state == "open" and self.expires_at > to_ms(now)


async def latest(tx: Tx, thread_id: int, identity_id: int) -> Code | None:
    """The code that was asked for last in a thread by an identity; only this one can be redeemed."""
    row = await tx.one(
        f"SELECT {_COLUMNS} FROM codes WHERE thread_id = ? AND identity_id = ? ORDER BY at DESC, id DESC LIMIT 1",
        (thread_id, identity_id),
    )
    return _code(row) if row else None


async def add(
    tx: Tx,
    now: datetime,
    expires_at: datetime,
    *,
    thread_id: int,
    identity_id: int,
    seq: int,
    purpose: str,
    word: str,
    subjects: Sequence[str],
    destination: str,
    net: str,
    digest: str,
) -> int:
    """A new code, which replaces whatever this identity could redeem in this thread before; its key."""
    await tx.run(
        "UPDATE codes SET state = 'void' WHERE thread_id = ? AND identity_id = ? AND state = 'open'",
        (thread_id, identity_id),
    )
    key = new_id(now)
    await tx.run(
        f"INSERT INTO codes ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, 'open', ?, ?)",
        (
            key, thread_id, identity_id, seq, purpose, word, "\n".join(subjects), destination, net, digest,
            to_ms(now), to_ms(expires_at),
        ),
    )  # fmt: skip
    return key


async def use(tx: Tx, code_id: int, now: datetime) -> bool:
    """Spend a code; False when it cannot be redeemed any more, or somebody else was faster."""
    spent = await tx.run(
        "UPDATE codes SET state = 'used' WHERE id = ? AND state = 'open' AND expires_at > ?", (code_id, to_ms(now))
    )
    return spent > 0


async def miss(tx: Tx, code_id: int, most: int) -> None:
    """A wrong try; at `most` of them the code is void."""
    await tx.run(
        "UPDATE codes SET tries = tries + 1, state = CASE WHEN tries + 1 >= ? THEN 'void' ELSE state END"
        " WHERE id = ? AND state = 'open'",
        (most, code_id),
    )


async def fail(tx: Tx, code_id: int) -> None:
    """A code that could not be sent."""
    await tx.run("UPDATE codes SET state = 'failed' WHERE id = ? AND state = 'open'", (code_id,))


async def sent(tx: Tx, bucket: Bucket, value: str | int, since: datetime) -> int:
    """How many codes were asked for since a time, for one address, one identity or one network."""
    row = await tx.one(f"SELECT COUNT(*) AS n FROM codes WHERE {bucket} = ? AND at > ?", (value, to_ms(since)))
    return int(row["n"]) if row else 0


async def forget(tx: Tx, before: datetime) -> int:
    """Drop what was sent before a time; how many rows went."""
    return await tx.run("DELETE FROM codes WHERE at < ?", (to_ms(before),))


def _code(row: Row) -> Code:
    return Code(
        row["id"], row["thread_id"], row["identity_id"], row["seq"], row["purpose"], row["word"],
        tuple(row["subjects"].split("\n")) if row["subjects"] else (), row["destination"], row["net"], row["digest"],
        row["tries"], row["state"], row["at"], row["expires_at"],
    )  # fmt: skip
