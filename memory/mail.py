"""What only mail needs: how far each mailbox was read, and how much was sent to an address by machine.

A mailbox's cursor is (UIDVALIDITY, last UID) as in RFC 3501 section 2.3.1.1: a new validity voids the UIDs.
"""

from dataclasses import dataclass
from datetime import datetime

import msgspec

from memory.engines.base import Tx
from memory.times import to_ms

_SENT_TO = """SELECT o.created_at, o.body FROM outbox o WHERE o.channel = 'email' AND o.part = 0 AND o.created_at > ?
    AND o.identity_id IN (SELECT id FROM identities WHERE kind IN ('email', 'from') AND key = ?)"""


@dataclass(frozen=True, slots=True)
class Cursor:
    """How far a mailbox was read."""

    validity: int
    last_uid: int


async def cursor(tx: Tx, mailbox: str) -> Cursor | None:
    """How far this mailbox was read; None = never."""
    row = await tx.one("SELECT validity, last_uid FROM mail_cursors WHERE mailbox = ?", (mailbox,))
    return Cursor(row["validity"], row["last_uid"]) if row else None


async def move_cursor(tx: Tx, mailbox: str, validity: int, last_uid: int, now: datetime) -> None:
    """It was read so far. Within one validity the cursor only grows, whoever else reads the same mailbox."""
    await tx.run(
        "INSERT INTO mail_cursors (mailbox, validity, last_uid, at) VALUES (?, ?, ?, ?) ON CONFLICT (mailbox) DO UPDATE SET"
        " validity = excluded.validity, last_uid = excluded.last_uid, at = excluded.at"
        " WHERE mail_cursors.validity <> excluded.validity OR mail_cursors.last_uid <= excluded.last_uid",
        (mailbox, validity, last_uid, to_ms(now)),
    )


async def last_read(tx: Tx) -> int:
    """When any mailbox was last read, in milliseconds; 0 = never."""
    row = await tx.one("SELECT MAX(at) AS at FROM mail_cursors")
    return int(row["at"] or 0) if row else 0


async def sent_by_machine(tx: Tx, address: str, since: datetime) -> list[int]:
    """When mails of the assistant's were put on their way to an address since a time, in milliseconds."""
    rows = await tx.all(_SENT_TO, (to_ms(since), address))
    return [row["created_at"] for row in rows if msgspec.json.decode(row["body"]).get("author") == "assistant"]
