"""What carriers, warehouses and payment providers told about orders, beside the orders' own documents.

A parcel is one row by tracking number, whether or not an order names it yet; a notice is one row by order and key.
Documents are JSON text; what they mean is no concern of this room.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import msgspec

from memory.engines.base import Row, Tx
from memory.times import from_ms, to_ms

_COLUMNS = "number, version, read_at, document, failures"
_PUT = """INSERT INTO parcels (number, read_at, open, document) VALUES (?, ?, ?, ?)
    ON CONFLICT (number) DO UPDATE SET read_at = excluded.read_at, open = excluded.open, document = excluded.document,
    version = parcels.version + 1"""
_OF_ORDER = """SELECT o.order_id AS order_id, p.number AS number, p.version AS version, p.read_at AS read_at,
    p.document AS document, p.failures AS failures
    FROM order_parcels o JOIN parcels p ON p.number = o.number WHERE o.order_id IN ({marks})"""
_NAME = """INSERT INTO order_parcels (order_id, number, carrier, noticed) VALUES (?, ?, ?, {noticed})
    ON CONFLICT (order_id, number) DO UPDATE SET carrier = excluded.carrier"""
_NOTICES = "SELECT order_id, document FROM order_notices WHERE order_id IN ({marks}) ORDER BY at, key"
_ADD_NOTICE = """INSERT INTO order_notices (order_id, key, at, document) VALUES (?, ?, ?, ?)
    ON CONFLICT (order_id, key) DO NOTHING"""
_CLAIM = f"""UPDATE parcels SET lease_until = ? WHERE number IN (SELECT number FROM parcels
    WHERE poll_at > 0 AND poll_at <= ? AND lease_until < ? ORDER BY poll_at LIMIT ?{{skip}}) RETURNING {_COLUMNS}"""
_FOLLOW = """INSERT INTO parcels (number, open, document, poll_at) VALUES (?, 1, ?, ?) ON CONFLICT (number)
    DO UPDATE SET poll_at = CASE WHEN parcels.poll_at = 0 AND parcels.open = 1 THEN excluded.poll_at ELSE parcels.poll_at END"""


_NEVER = -1


@dataclass(frozen=True, slots=True)
class StoredParcel:
    """A parcel's document as JSON `text`, with its version; `read_at` is when a provider last told about it, None = never."""

    number: str
    version: int
    read_at: datetime | None
    text: str
    failures: int = 0

    @property
    def document(self) -> dict[str, Any]:
        """The document, decoded anew each time."""
        return msgspec.json.decode(self.text, type=dict[str, Any])


@dataclass(frozen=True, slots=True)
class Told:
    """What others told about one order: its parcels by tracking number, and its notices, oldest first."""

    parcels: Mapping[str, StoredParcel]
    notices: Sequence[dict[str, Any]]

    @property
    def version(self) -> int:
        """Grows with every change of what is told."""
        return sum(parcel.version for parcel in self.parcels.values()) + len(self.notices)


NOTHING = Told({}, ())


def _parcel(row: Row) -> StoredParcel:
    read_at = from_ms(row["read_at"]) if row["read_at"] else None
    return StoredParcel(row["number"], row["version"], read_at, row["document"], row["failures"])


async def name(tx: Tx, order_id: str, numbers: Mapping[str, str], *, is_new: bool = False) -> None:
    """The order's document names exactly these tracking numbers, each with its carrier (or empty).

    What a notice named stays. `is_new` = it named none before."""
    known = {} if is_new else {row["number"]: row["carrier"] for row in await tx.all(
        "SELECT number, carrier FROM order_parcels WHERE order_id = ? AND noticed = 0", (order_id,)
    )}  # fmt: skip
    if known == dict(numbers):
        return
    if known:
        await tx.run("DELETE FROM order_parcels WHERE order_id = ? AND noticed = 0", (order_id,))
    await tx.many(_NAME.format(noticed=0), [(order_id, number, carrier) for number, carrier in numbers.items()])


async def name_by_notice(tx: Tx, order_id: str, numbers: Mapping[str, str]) -> None:
    """A notice named these tracking numbers of the order."""
    await tx.many(_NAME.format(noticed=1), [(order_id, number, carrier) for number, carrier in numbers.items()])


async def orders_naming(tx: Tx, numbers: Iterable[str]) -> dict[str, list[str]]:
    """Order ids by tracking number."""
    wanted = list(dict.fromkeys(numbers))
    found: dict[str, list[str]] = {}
    if wanted:
        marks = ", ".join("?" for _ in wanted)
        sql = f"SELECT number, order_id FROM order_parcels WHERE number IN ({marks}) ORDER BY order_id"
        for row in await tx.all(sql, wanted):
            found.setdefault(row["number"], []).append(row["order_id"])
    return found


async def carrier_of(tx: Tx, number: str) -> str | None:
    """The carrier that an order names for this number."""
    row = await tx.one("SELECT carrier FROM order_parcels WHERE number = ? AND carrier <> '' LIMIT 1", (number,))
    return row["carrier"] if row else None


async def get(tx: Tx, number: str, *, lock: bool = False) -> StoredParcel | None:
    """The parcel with this tracking number; `lock` holds it until the unit commits."""
    row = await tx.one(f"SELECT {_COLUMNS} FROM parcels WHERE number = ?{tx.for_update if lock else ''}", (number,))
    return _parcel(row) if row else None


async def put(tx: Tx, number: str, document: Mapping[str, Any], *, read_at: datetime, is_open: bool) -> None:
    """Insert or replace a parcel's document."""
    text = msgspec.json.encode(document).decode()
    await tx.run(_PUT, (number, to_ms(read_at), int(is_open), text))


async def seen(tx: Tx, number: str, read_at: datetime) -> None:
    """A provider told again what is known: only the time of the last good read moves."""
    await tx.run(
        "UPDATE parcels SET read_at = ?, version = version + 1 WHERE number = ? AND read_at < ?",
        (to_ms(read_at), number, to_ms(read_at)),
    )


async def told(tx: Tx, order_ids: Sequence[str]) -> dict[str, Told]:
    """What others told about these orders; orders of which nothing is told are left out."""
    if not order_ids:
        return {}
    marks = ", ".join("?" for _ in order_ids)
    parcels: dict[str, dict[str, StoredParcel]] = {}
    notices: dict[str, list[dict[str, Any]]] = {}
    for row in await tx.all(_OF_ORDER.format(marks=marks), order_ids):
        parcels.setdefault(row["order_id"], {})[row["number"]] = _parcel(row)
    for row in await tx.all(_NOTICES.format(marks=marks), order_ids):
        notices.setdefault(row["order_id"], []).append(msgspec.json.decode(row["document"]))
    return {each: Told(parcels.get(each, {}), notices.get(each, ())) for each in {*parcels, *notices}}


async def add_notice(tx: Tx, order_id: str, key: str, at: datetime, document: Mapping[str, Any]) -> bool:
    """Keep what a warehouse or payment provider told; False when it was kept before."""
    text = msgspec.json.encode(document).decode()
    return await tx.run(_ADD_NOTICE, (order_id, key, to_ms(at), text)) > 0


# Asking providers, where no webhook comes


async def follow(tx: Tx, numbers: Iterable[str], at: datetime) -> None:
    """Ask about these parcels from `at` on, unless they are asked about already or over."""
    await tx.many(_FOLLOW, [(number, "{}", to_ms(at)) for number in numbers])


async def unfollowed(tx: Tx, limit: int) -> list[tuple[str, str]]:
    """(number, carrier) that orders name and nobody asks about yet."""
    rows = await tx.all(
        "SELECT o.number AS number, o.carrier AS carrier FROM order_parcels o LEFT JOIN parcels p ON p.number = o.number"
        " WHERE p.number IS NULL OR (p.poll_at = 0 AND p.open = 1) LIMIT ?",
        (limit,),
    )
    return [(row["number"], row["carrier"]) for row in rows]


async def claim_due(tx: Tx, now: datetime, lease: timedelta, limit: int) -> list[StoredParcel]:
    """Take up to `limit` parcels that are to be asked about now."""
    skip = " FOR UPDATE SKIP LOCKED" if tx.for_update else ""
    rows = await tx.all(_CLAIM.format(skip=skip), (to_ms(now + lease), to_ms(now), to_ms(now), limit))
    return [_parcel(row) for row in rows]


async def ask_again(tx: Tx, number: str, at: datetime | None, failures: int) -> None:
    """Ask about this parcel again at `at`; None = never."""
    await tx.run(
        "UPDATE parcels SET poll_at = ?, lease_until = 0, failures = ? WHERE number = ?",
        (to_ms(at) if at else _NEVER, failures, number),
    )


# Marks in time


async def watermark(tx: Tx, name: str) -> datetime | None:
    """Up to when something was looked through."""
    row = await tx.one("SELECT at FROM watermarks WHERE name = ?", (name,))
    return from_ms(row["at"]) if row else None


async def set_watermark(tx: Tx, name: str, at: datetime) -> None:
    """It was looked through up to `at`."""
    await tx.run(
        "INSERT INTO watermarks (name, at) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET at = excluded.at",
        (name, to_ms(at)),
    )
