"""What stands beside a thread at the desk: briefs, which orders it shows, uploads."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec

from memory.engines.base import Row, Tx
from memory.times import to_ms

_SAVE_BRIEF = """INSERT INTO briefs (thread_id, seq, body, at) VALUES (?, ?, ?, ?)
    ON CONFLICT (thread_id) DO UPDATE SET seq = excluded.seq, body = excluded.body, at = excluded.at"""
_SHOW = """INSERT INTO thread_orders (thread_id, order_id, rma, identity_id, digest) VALUES (?, ?, ?, ?, ?)
    ON CONFLICT (thread_id, order_id, rma) DO UPDATE SET identity_id = excluded.identity_id, digest = excluded.digest"""
_UPLOAD_COLUMNS = "id, thread_id, conv, identity_id, name, type, size"


@dataclass(frozen=True, slots=True)
class Upload:
    """A stored file; `size` in bytes. `thread_id` 0 = its thread has no message yet."""

    id: str
    thread_id: int
    conv: str
    identity_id: int
    name: str
    type: str
    size: int


async def save_brief(tx: Tx, thread_id: int, seq: int, body: Mapping[str, Any], now: datetime) -> None:
    """Replace the brief; `seq` is the last event that it knows."""
    await tx.run(_SAVE_BRIEF, (thread_id, seq, msgspec.json.encode(body).decode(), to_ms(now)))


async def brief(tx: Tx, thread_id: int) -> tuple[int, dict[str, Any]] | None:
    """(seq, brief) of a thread."""
    row = await tx.one("SELECT seq, body FROM briefs WHERE thread_id = ?", (thread_id,))
    return (row["seq"], msgspec.json.decode(row["body"])) if row else None


async def show_order(tx: Tx, thread_id: int, order_id: str, identity_id: int, digest: str, rma: str = "") -> None:
    """A card of this order, or of its return `rma`, stands in the thread; `digest` is what it said."""
    await tx.run(_SHOW, (thread_id, order_id, rma, identity_id, digest))


async def threads_showing(tx: Tx, order_id: str) -> list[tuple[int, int, str, str]]:
    """(thread, identity, digest, rma) of every card of this order; `rma` is empty for the card of the order itself."""
    rows = await tx.all(
        "SELECT thread_id, identity_id, digest, rma FROM thread_orders WHERE order_id = ? ORDER BY thread_id, rma",
        (order_id,),
    )
    return [(row["thread_id"], row["identity_id"], row["digest"], row["rma"]) for row in rows]


async def card_shown(tx: Tx, thread_id: int, order_id: str, rma: str) -> tuple[int, str] | None:
    """(identity, digest) of one card of a thread."""
    row = await tx.one(
        "SELECT identity_id, digest FROM thread_orders WHERE thread_id = ? AND order_id = ? AND rma = ?",
        (thread_id, order_id, rma),
    )
    return (row["identity_id"], row["digest"]) if row else None


async def shown_changed_since(tx: Tx, since: datetime) -> list[str]:
    """Ids of orders that some thread shows and that were written after a time: how another process's imports are noticed."""
    rows = await tx.all(
        "SELECT id FROM store_orders WHERE read_at > ? AND id IN (SELECT order_id FROM thread_orders) ORDER BY read_at",
        (to_ms(since),),
    )
    return [row["id"] for row in rows]


async def orders_shown(tx: Tx, thread_id: int) -> list[str]:
    """Orders that were shown in a thread."""
    rows = await tx.all("SELECT DISTINCT order_id FROM thread_orders WHERE thread_id = ?", (thread_id,))
    return [row["order_id"] for row in rows]


async def add_upload(tx: Tx, upload: Upload, now: datetime) -> None:
    """Remember a stored file."""
    await tx.run(
        f"INSERT INTO uploads ({_UPLOAD_COLUMNS}, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (
            upload.id,
            upload.thread_id,
            upload.conv,
            upload.identity_id,
            upload.name,
            upload.type,
            upload.size,
            to_ms(now),
        ),
    )


async def expect_upload(tx: Tx, upload: Upload, now: datetime) -> None:
    """Remember a file that its provider still holds."""
    await add_upload(tx, upload, now)
    await tx.run("UPDATE uploads SET state = 'coming' WHERE id = ?", (upload.id,))


async def upload_came(tx: Tx, upload_id: str, name: str, type: str, size: int) -> None:
    """The file is here."""
    await tx.run(
        "UPDATE uploads SET state = 'here', name = ?, type = ?, size = ? WHERE id = ?", (name, type, size, upload_id)
    )


async def upload_lost(tx: Tx, upload_id: str) -> None:
    """The file will not come."""
    await tx.run("UPDATE uploads SET state = 'lost' WHERE id = ?", (upload_id,))


async def uploads_coming(tx: Tx, ids: Sequence[str]) -> list[str]:
    """Those of these files that are still to come."""
    marks = ", ".join("?" * len(ids))
    rows = await tx.all(f"SELECT id FROM uploads WHERE state = 'coming' AND id IN ({marks})", tuple(ids))
    return [row["id"] for row in rows]


async def upload(tx: Tx, upload_id: str) -> Upload | None:
    """The file with this id."""
    row: Row | None = await tx.one(f"SELECT {_UPLOAD_COLUMNS} FROM uploads WHERE id = ?", (upload_id,))
    if row is None:
        return None
    return Upload(row["id"], row["thread_id"], row["conv"], row["identity_id"], row["name"], row["type"], row["size"])
