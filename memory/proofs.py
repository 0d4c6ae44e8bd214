"""What was proven in a thread, and how often somebody guessed: the evidence behind every look at an order."""

from datetime import datetime, timedelta

from memory.engines.base import Tx
from memory.ids import new_id
from memory.times import from_ms, to_ms


async def add(
    tx: Tx, thread_id: int, identity_id: int, order_id: str, words: frozenset[str], now: datetime, lasts: timedelta
) -> None:
    """These proof words hold for this order in this thread, said by this identity."""
    await tx.many(
        "INSERT INTO evidence (id, thread_id, identity_id, order_id, word, at, expires_at) VALUES (?, ?, ?, ?, ?, ?, ?)",
        [
            (new_id(now), thread_id, identity_id, order_id, word, to_ms(now), to_ms(now + lasts))
            for word in sorted(words)
        ],
    )


async def held(tx: Tx, thread_id: int, identity_id: int, now: datetime) -> dict[str, frozenset[str]]:
    """Unexpired proof words by order id, of one identity in one thread."""
    rows = await tx.all(
        "SELECT order_id, word FROM evidence WHERE thread_id = ? AND identity_id = ? AND expires_at > ?",
        (thread_id, identity_id, to_ms(now)),
    )
    found: dict[str, set[str]] = {}
    for row in rows:
        found.setdefault(row["order_id"], set()).add(row["word"])
    return {order_id: frozenset(words) for order_id, words in found.items()}


async def has_any(tx: Tx, thread_id: int, identity_id: int) -> bool:
    """Whether an identity ever proved anything in a thread."""
    sql = "SELECT 1 FROM evidence WHERE thread_id = ? AND identity_id = ? LIMIT 1"
    return await tx.one(sql, (thread_id, identity_id)) is not None


async def copy(tx: Tx, thread_id: int, to_thread_id: int, identity_id: int) -> None:
    """What an identity proved in one thread holds in another, as long as it holds there."""
    rows = await tx.all(
        "SELECT order_id, word, at, expires_at FROM evidence WHERE thread_id = ? AND identity_id = ? ORDER BY id",
        (thread_id, identity_id),
    )
    await tx.many(
        "INSERT INTO evidence (id, thread_id, identity_id, order_id, word, at, expires_at) VALUES (?, ?, ?, ?, ?, ?, ?)",
        [
            (
                new_id(from_ms(row["at"])),
                to_thread_id,
                identity_id,
                row["order_id"],
                row["word"],
                row["at"],
                row["expires_at"],
            )
            for row in rows
        ],
    )


async def guess(tx: Tx, buckets: list[str], value: str, now: datetime) -> None:
    """Remember a wrong guess under each bucket (session, address, order number)."""
    await tx.many(
        "INSERT INTO guesses (bucket, at, value) VALUES (?, ?, ?)", [(bucket, to_ms(now), value) for bucket in buckets]
    )


async def guesses(tx: Tx, bucket: str, since: datetime) -> int:
    """Wrong guesses in a bucket since a time."""
    row = await tx.one("SELECT COUNT(*) AS n FROM guesses WHERE bucket = ? AND at > ?", (bucket, to_ms(since)))
    return int(row["n"]) if row else 0


async def use_token(tx: Tx, jti: str, expires_at: datetime, now: datetime) -> bool:
    """Spend a one-time token id; False when it was spent before."""
    await tx.run("DELETE FROM used_tokens WHERE expires_at < ?", (to_ms(now - timedelta(hours=1)),))
    return (
        await tx.run(
            "INSERT INTO used_tokens (jti, expires_at) VALUES (?, ?) ON CONFLICT DO NOTHING", (jti, to_ms(expires_at))
        )
        > 0
    )
