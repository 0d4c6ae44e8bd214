"""The embedded order store's tables: documents as they were imported, with the keys that they are found by.

Documents are JSON text; what they mean is no concern of this room. Every write of a document raises its version.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import msgspec

from memory.engines.base import Row, Tx
from memory.times import from_ms, to_ms

_COLUMNS = "id, version, read_at, seen_at, stale_at, document"
_PUT = """INSERT INTO store_orders (id, number_key, customer_id, placed_at, read_at, seen_at, indexed, document)
    VALUES (?, ?, ?, ?, ?, ?, 1, ?)
    ON CONFLICT (id) DO UPDATE SET number_key = excluded.number_key, customer_id = excluded.customer_id,
    placed_at = excluded.placed_at, read_at = excluded.read_at, seen_at = excluded.seen_at, indexed = 1,
    stale_at = CASE WHEN store_orders.stale_at > excluded.seen_at THEN store_orders.stale_at ELSE 0 END,
    document = excluded.document, version = store_orders.version + 1"""
_BY_CONTACT = f"""SELECT {_COLUMNS} FROM store_orders WHERE id IN
    (SELECT order_id FROM store_order_contacts WHERE kind = ? AND key = ?) ORDER BY placed_at DESC LIMIT ?"""
_BY_CUSTOMER = f"SELECT {_COLUMNS} FROM store_orders WHERE customer_id = ? ORDER BY placed_at DESC LIMIT ?"
_CUSTOMERS_BY = """SELECT document FROM store_customers WHERE id IN
    (SELECT customer_id FROM store_customer_contacts WHERE kind = ? AND key = ?) ORDER BY id LIMIT 20"""


@dataclass(frozen=True, slots=True)
class StoredOrder:
    """A document with its version, the time of the last change (`read_at`) and of the last look (`seen_at`).

    `stale_at` is when somebody said that it changed elsewhere, None since it was looked at. `text` is the document as JSON."""

    id: str
    version: int
    read_at: datetime
    text: str
    seen_at: datetime
    stale_at: datetime | None = None

    @property
    def document(self) -> dict[str, Any]:
        """The document, decoded anew each time: who knows this version already does not ask for it."""
        return msgspec.json.decode(self.text, type=dict[str, Any])


@dataclass(frozen=True, slots=True)
class OrderKeys:
    """What an order is found by: normalised number, customer, (kind, key) contacts."""

    number_key: str
    customer_id: str
    placed_at: datetime
    contacts: Sequence[tuple[str, str]]


def _order(row: Row) -> StoredOrder:
    read_at = from_ms(row["read_at"])
    return StoredOrder(
        id=row["id"],
        version=row["version"],
        read_at=read_at,
        text=row["document"],
        seen_at=from_ms(row["seen_at"]) if row["seen_at"] else read_at,
        stale_at=from_ms(row["stale_at"]) if row["stale_at"] else None,
    )


async def put(
    tx: Tx,
    order_id: str,
    keys: OrderKeys,
    document: Mapping[str, Any],
    now: datetime,
    *,
    seen_at: datetime | None = None,
    is_new: bool = False,
) -> None:
    """Insert or replace an order's document, as it was at `seen_at`; `is_new` = it is known not to be there."""
    text = msgspec.json.encode(document).decode()
    seen = to_ms(seen_at or now)
    await tx.run(_PUT, (order_id, keys.number_key, keys.customer_id, to_ms(keys.placed_at), to_ms(now), seen, text))
    if not is_new:
        await tx.run("DELETE FROM store_order_contacts WHERE order_id = ?", (order_id,))
    await tx.many(
        "INSERT INTO store_order_contacts (kind, key, order_id) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
        [(kind, key, order_id) for kind, key in keys.contacts],
    )


async def get(tx: Tx, order_id: str, *, lock: bool = False) -> StoredOrder | None:
    """The order with this id; `lock` holds it until the unit commits."""
    suffix = tx.for_update if lock else ""
    row = await tx.one(f"SELECT {_COLUMNS} FROM store_orders WHERE id = ?{suffix}", (order_id,))
    return _order(row) if row else None


async def seen(tx: Tx, order_id: str, at: datetime) -> None:
    """It was looked at elsewhere and is as it was; what was said of it after that look still holds."""
    await tx.run(
        "UPDATE store_orders SET seen_at = ?, stale_at = CASE WHEN stale_at > ? THEN stale_at ELSE 0 END WHERE id = ?",
        (to_ms(at), to_ms(at), order_id),
    )


async def mark_stale(tx: Tx, order_ids: Sequence[str], now: datetime) -> list[str]:
    """Somebody said that these changed elsewhere; those that are known here."""
    if not order_ids:
        return []
    marks = ", ".join("?" for _ in order_ids)
    rows = await tx.all(
        f"UPDATE store_orders SET stale_at = ? WHERE id IN ({marks}) RETURNING id", (to_ms(now), *order_ids)
    )
    return [row["id"] for row in rows]


async def remove(tx: Tx, order_id: str) -> None:
    """It is gone elsewhere: forget it here."""
    await tx.run("DELETE FROM store_order_contacts WHERE order_id = ?", (order_id,))
    await tx.run("DELETE FROM order_parcels WHERE order_id = ?", (order_id,))
    await tx.run("DELETE FROM order_notices WHERE order_id = ?", (order_id,))
    await tx.run("DELETE FROM store_orders WHERE id = ?", (order_id,))


async def unindexed(tx: Tx, limit: int) -> list[StoredOrder]:
    """Orders of an older program, whose tracking numbers were not filed yet."""
    return [
        _order(row) for row in await tx.all(f"SELECT {_COLUMNS} FROM store_orders WHERE indexed = 0 LIMIT ?", (limit,))
    ]


async def mark_indexed(tx: Tx, order_ids: Sequence[str]) -> None:
    """Their tracking numbers are filed."""
    await tx.many("UPDATE store_orders SET indexed = 1 WHERE id = ?", [(order_id,) for order_id in order_ids])


async def by_number(tx: Tx, number_key: str) -> StoredOrder | None:
    """The order with this normalised number."""
    row = await tx.one(f"SELECT {_COLUMNS} FROM store_orders WHERE number_key = ?", (number_key,))
    return _order(row) if row else None


async def by_contact(tx: Tx, kind: str, key: str, limit: int = 100) -> list[StoredOrder]:
    """Orders on which an address stands, newest first. `kind` = email or phone."""
    return [_order(row) for row in await tx.all(_BY_CONTACT, (kind, key, limit))]


MOST_OF_CUSTOMER: Final = 100


async def of_customer(tx: Tx, customer_id: str, limit: int = MOST_OF_CUSTOMER) -> list[StoredOrder]:
    """Orders of a store customer, newest first."""
    return [_order(row) for row in await tx.all(_BY_CUSTOMER, (customer_id, limit))]


async def all_orders(tx: Tx) -> list[StoredOrder]:
    """Every order, newest first: for simulators and exports."""
    return [_order(row) for row in await tx.all(f"SELECT {_COLUMNS} FROM store_orders ORDER BY placed_at DESC")]


async def is_empty(tx: Tx) -> bool:
    """Whether no order was ever put in."""
    return await tx.one("SELECT 1 FROM store_orders LIMIT 1") is None


async def number_taken(tx: Tx, number_key: str, order_id: str) -> str | None:
    """The id of another order with the same number."""
    row = await tx.one("SELECT id FROM store_orders WHERE number_key = ? AND id <> ?", (number_key, order_id))
    return row["id"] if row else None


async def put_customer(
    tx: Tx, customer_id: str, contacts: Sequence[tuple[str, str]], document: Mapping[str, Any]
) -> None:
    """Insert or replace a store customer's document."""
    await tx.run(
        "INSERT INTO store_customers (id, document) VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET document = excluded.document",
        (customer_id, msgspec.json.encode(document).decode()),
    )
    await tx.run("DELETE FROM store_customer_contacts WHERE customer_id = ?", (customer_id,))
    await tx.many(
        "INSERT INTO store_customer_contacts (kind, key, customer_id) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
        [(kind, key, customer_id) for kind, key in contacts],
    )


async def customer(tx: Tx, customer_id: str, *, lock: bool = False) -> dict[str, Any] | None:
    """A store customer's document; `lock` holds it until the unit commits."""
    suffix = tx.for_update if lock else ""
    row = await tx.one(f"SELECT document FROM store_customers WHERE id = ?{suffix}", (customer_id,))
    return msgspec.json.decode(row["document"], type=dict[str, Any]) if row else None


async def customers_by(tx: Tx, kind: str, key: str) -> list[dict[str, Any]]:
    """Documents of the store customers with this address."""
    return [msgspec.json.decode(row["document"]) for row in await tx.all(_CUSTOMERS_BY, (kind, key))]


async def put_product(
    tx: Tx, product_id: str, words: str, skus: Sequence[str], document: Mapping[str, Any], now: datetime
) -> None:
    """Insert or replace a product's document; `words` is its lower-case searchable text."""
    await tx.run(
        "INSERT INTO store_products (id, words, document, changed_at) VALUES (?, ?, ?, ?) ON CONFLICT (id)"
        " DO UPDATE SET words = excluded.words, document = excluded.document, changed_at = excluded.changed_at",
        (product_id, words, msgspec.json.encode(document).decode(), to_ms(now)),
    )
    await tx.run("DELETE FROM store_variants WHERE product_id = ?", (product_id,))
    await tx.many(
        "INSERT INTO store_variants (sku, product_id) VALUES (?, ?) ON CONFLICT (sku) DO UPDATE SET product_id = excluded.product_id",
        [(sku, product_id) for sku in skus],
    )


async def product(tx: Tx, product_id: str) -> dict[str, Any] | None:
    """A product's document."""
    row = await tx.one("SELECT document FROM store_products WHERE id = ?", (product_id,))
    return msgspec.json.decode(row["document"], type=dict[str, Any]) if row else None


async def product_of(tx: Tx, sku: str, *, lock: bool = False) -> dict[str, Any] | None:
    """The document of the product that has this variant; `lock` holds it until the unit commits."""
    suffix = tx.for_update if lock else ""
    row = await tx.one(
        f"SELECT document FROM store_products WHERE id = (SELECT product_id FROM store_variants WHERE sku = ?){suffix}",
        (sku,),
    )
    return msgspec.json.decode(row["document"], type=dict[str, Any]) if row else None


async def products_with(tx: Tx, words: Sequence[str], limit: int) -> list[dict[str, Any]]:
    """Products whose text has any of the lower-case words, most words first."""
    if not words:
        return []
    score = " + ".join("(CASE WHEN words LIKE ? THEN 1 ELSE 0 END)" for _ in words)
    rows = await tx.all(
        f"SELECT document FROM (SELECT document, id, {score} AS score FROM store_products) AS scored"
        " WHERE score > 0 ORDER BY score DESC, id LIMIT ?",
        (*(f"%{word}%" for word in words), limit),
    )
    return [msgspec.json.decode(row["document"]) for row in rows]


async def put_extra(tx: Tx, kind: str, extra_id: str, document: Mapping[str, Any]) -> None:
    """Insert or replace a subscription or promotion."""
    await tx.run(
        "INSERT INTO store_extras (kind, id, document) VALUES (?, ?, ?) ON CONFLICT (kind, id)"
        " DO UPDATE SET document = excluded.document",
        (kind, extra_id, msgspec.json.encode(document).decode()),
    )


async def extra(tx: Tx, kind: str, extra_id: str, *, lock: bool = False) -> dict[str, Any] | None:
    """A subscription or promotion; `lock` holds it until the unit commits."""
    suffix = tx.for_update if lock else ""
    row = await tx.one(f"SELECT document FROM store_extras WHERE kind = ? AND id = ?{suffix}", (kind, extra_id))
    return msgspec.json.decode(row["document"], type=dict[str, Any]) if row else None


async def extras(tx: Tx, kind: str, holding: str = "") -> list[dict[str, Any]]:
    """Every document of a kind whose text holds `holding`, by id."""
    escaped = holding.replace("!", "!!").replace("%", "!%").replace("_", "!_")
    rows = await tx.all(
        "SELECT document FROM store_extras WHERE kind = ? AND document LIKE ? ESCAPE '!' ORDER BY id",
        (kind, f"%{escaped}%"),
    )
    return [msgspec.json.decode(row["document"], type=dict[str, Any]) for row in rows]


async def write_result(tx: Tx, key: str) -> dict[str, Any] | None:
    """What a write with this idempotency key gave, if it was made."""
    row = await tx.one("SELECT result FROM store_writes WHERE key = ?", (key,))
    return msgspec.json.decode(row["result"], type=dict[str, Any]) if row else None


async def remember_write(tx: Tx, key: str, name: str, order_id: str, result: Mapping[str, Any], now: datetime) -> None:
    """Keep the result under its key, in the unit that made the change."""
    await tx.run(
        "INSERT INTO store_writes (key, name, order_id, result, at) VALUES (?, ?, ?, ?, ?)",
        (key, name, order_id, msgspec.json.encode(result).decode(), to_ms(now)),
    )


# Writes to systems that know no idempotency key: noted before they are sent. "null" = sent, and its result is not known.


async def sent_write(tx: Tx, key: str) -> tuple[bool, dict[str, Any] | None]:
    """(was a write with this key sent, its result if that is known)."""
    row = await tx.one("SELECT result FROM store_writes WHERE key = ?", (key,))
    return (row is not None, msgspec.json.decode(row["result"]) if row else None)


async def note_write(tx: Tx, key: str, name: str, subject: str, now: datetime) -> bool:
    """A write is about to be sent; False when it was noted before."""
    sql = (
        "INSERT INTO store_writes (key, name, order_id, result, at) VALUES (?, ?, ?, 'null', ?) ON CONFLICT DO NOTHING"
    )
    return await tx.run(sql, (key, name, subject, to_ms(now))) > 0


async def settle_write(tx: Tx, key: str, result: Mapping[str, Any]) -> None:
    """Its result is known; a write that was found done, but never noted, is noted now."""
    await tx.run(
        "INSERT INTO store_writes (key, name, order_id, result, at) VALUES (?, '', '', ?, 0)"
        " ON CONFLICT (key) DO UPDATE SET result = excluded.result",
        (key, msgspec.json.encode(result).decode()),
    )


async def forget_write(tx: Tx, key: str) -> None:
    """It was certainly not done: the key may be sent again."""
    await tx.run("DELETE FROM store_writes WHERE key = ? AND result = 'null'", (key,))
