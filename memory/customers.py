"""Customers and their identities: who somebody is, and how well that is proven.

A `claimed` address links nothing: it is kept with the customer who typed it and is found by nobody else. A proven address
belongs to one customer at a time.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from memory.engines.base import Row, Tx
from memory.ids import new_id
from memory.times import to_ms

_CUSTOMER = "id, store_id, name, locale, vip, created_at"
_IDENTITY = "id, customer_id, kind, key, display, profile_name, proof, blocked, heard_at, stopped_at, bounced_at"
_RANK = {"claimed": 0, "channel": 1, "verified": 2}


@dataclass(frozen=True, slots=True)
class Customer:
    """A person who buys. `store_id` is the order system's id, when one is proven."""

    id: int
    store_id: str | None
    name: str
    locale: str
    vip: bool
    created_at: int


@dataclass(frozen=True, slots=True)
class Identity:
    """One address of a customer on one channel. Times in milliseconds, 0 = never.

    `heard_at` = their last message from it; `stopped_at` = they want no messages there; `bounced_at` = it does not exist."""

    id: int
    customer_id: int
    kind: str
    key: str
    display: str
    profile_name: str
    proof: str
    blocked: bool
    heard_at: int = 0
    stopped_at: int = 0
    bounced_at: int = 0


def _customer(row: Row) -> Customer:
    return Customer(row["id"], row["store_id"], row["name"], row["locale"], bool(row["vip"]), row["created_at"])


def _identity(row: Row) -> Identity:
    return Identity(
        row["id"], row["customer_id"], row["kind"], row["key"], row["display"], row["profile_name"], row["proof"],
        bool(row["blocked"]), row["heard_at"], row["stopped_at"], row["bounced_at"],
    )  # fmt: skip


async def get(tx: Tx, customer_id: int) -> Customer | None:
    """The customer with this key."""
    row = await tx.one(f"SELECT {_CUSTOMER} FROM customers WHERE id = ?", (customer_id,))
    return _customer(row) if row else None


async def by_store_id(tx: Tx, store_id: str) -> Customer | None:
    """The customer whom the order system calls `store_id`."""
    row = await tx.one(f"SELECT {_CUSTOMER} FROM customers WHERE store_id = ?", (store_id,))
    return _customer(row) if row else None


async def create(tx: Tx, now: datetime, *, store_id: str | None = None, name: str = "", locale: str = "") -> Customer:
    """A new customer; with a `store_id` that is known already, the one who has it."""
    await tx.run(
        "INSERT INTO customers (id, store_id, name, locale, created_at) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
        (key := new_id(now), store_id, name, locale, to_ms(now)),
    )
    found = await (by_store_id(tx, store_id) if store_id else get(tx, key))
    if found is None:
        raise LookupError("a customer vanished while it was made")
    return found


async def describe(
    tx: Tx, customer_id: int, *, name: str | None = None, locale: str | None = None, vip: bool | None = None
) -> None:
    """Fill in what is known about a customer; None leaves a value as it is."""
    for column, value in (("name", name), ("locale", locale), ("vip", None if vip is None else int(vip))):
        if value is not None:
            await tx.run(f"UPDATE customers SET {column} = ? WHERE id = ?", (value, customer_id))


async def identity(tx: Tx, identity_id: int) -> Identity | None:
    """The identity with this key."""
    row = await tx.one(f"SELECT {_IDENTITY} FROM identities WHERE id = ?", (identity_id,))
    return _identity(row) if row else None


async def hold(tx: Tx, identity_id: int) -> None:
    """Let others who ask for this identity wait until the unit commits."""
    await tx.one(f"SELECT id FROM identities WHERE id = ?{tx.for_update}", (identity_id,))


async def heard(tx: Tx, identity_id: int, at: datetime) -> None:
    """They wrote from this address: what bounced is reachable again. The time only grows."""
    await tx.run(
        "UPDATE identities SET heard_at = ?, bounced_at = 0 WHERE id = ? AND (heard_at < ? OR bounced_at > 0)",
        (to_ms(at), identity_id, to_ms(at)),
    )


async def stop(tx: Tx, identity_id: int, at: datetime | None) -> None:
    """They want no messages at this address; None = they want them again."""
    await tx.run("UPDATE identities SET stopped_at = ? WHERE id = ?", (to_ms(at) if at else 0, identity_id))


async def bounce(tx: Tx, identity_id: int, at: datetime) -> None:
    """Nobody is reached at this address."""
    await tx.run("UPDATE identities SET bounced_at = ? WHERE id = ?", (to_ms(at), identity_id))


async def proven(tx: Tx, kind: str, key: str) -> Identity | None:
    """The proven identity with this address."""
    row = await tx.one(
        f"SELECT {_IDENTITY} FROM identities WHERE kind = ? AND key = ? AND proof <> 'claimed'",
        (kind, key),
    )
    return _identity(row) if row else None


async def by_alias(tx: Tx, kind: str, keys: Sequence[str]) -> Identity | None:
    """The identity that a provider calls by one of these further keys."""
    for key in keys:
        row = await tx.one("SELECT identity_id FROM identity_aliases WHERE kind = ? AND key = ?", (kind, key))
        if row is not None:
            return await identity(tx, row["identity_id"])
    return None


async def also_called(tx: Tx, identity_id: int, kind: str, keys: Sequence[str]) -> None:
    """A provider attests further keys of an identity; the newest word counts."""
    await tx.many(
        "INSERT INTO identity_aliases (kind, key, identity_id) VALUES (?, ?, ?)"
        " ON CONFLICT (kind, key) DO UPDATE SET identity_id = excluded.identity_id",
        [(kind, key, identity_id) for key in keys],
    )


async def rename(tx: Tx, identity_id: int, key: str, display: str) -> None:
    """Give an identity the better of its keys, which nobody else has."""
    await tx.run("UPDATE identities SET key = ?, display = ? WHERE id = ?", (key, display, identity_id))


async def identities_of(tx: Tx, customer_id: int) -> list[Identity]:
    """All addresses of a customer, oldest first."""
    rows = await tx.all(f"SELECT {_IDENTITY} FROM identities WHERE customer_id = ? ORDER BY id", (customer_id,))
    return [_identity(row) for row in rows]


async def resolve(
    tx: Tx,
    kind: str,
    key: str,
    proof: str,
    now: datetime,
    *,
    display: str = "",
    profile_name: str = "",
    locale: str = "",
) -> Identity:
    """The identity behind a proven address, made together with a customer when it is new. ValueError for `claimed`."""
    if proof == "claimed":
        raise ValueError("a claimed address identifies nobody; use `claim`")
    found = await proven(tx, kind, key)
    if found is None:
        customer = await create(tx, now, locale=locale, name=profile_name)
        await _insert(tx, customer.id, kind, key, proof, now, display=display, profile_name=profile_name)
        found = await proven(tx, kind, key)
        if found is not None and found.customer_id != customer.id:  # somebody else was faster
            await tx.run("DELETE FROM customers WHERE id = ?", (customer.id,))
    elif _RANK[proof] > _RANK[found.proof]:
        await tx.run("UPDATE identities SET proof = ?, proof_at = ? WHERE id = ?", (proof, to_ms(now), found.id))
    if found is None:
        raise LookupError("an identity vanished while it was made")
    return await said_as(tx, found, display)


async def said_as(tx: Tx, found: Identity, display: str) -> Identity:
    """The identity as its provider writes it now: replies go to that form."""
    if not display or display == found.display:
        return found
    await tx.run("UPDATE identities SET display = ? WHERE id = ?", (display, found.id))
    return replace(found, display=display)


async def claim(tx: Tx, customer_id: int, kind: str, key: str, now: datetime, *, display: str = "") -> None:
    """Remember an address that somebody typed: seen beside this customer, found by nobody."""
    await _insert(tx, customer_id, kind, key, "claimed", now, display=display)


async def attach(
    tx: Tx, customer_id: int, kind: str, key: str, proof: str, now: datetime, *, display: str = ""
) -> Identity:
    """Give a customer a proven address that nobody has; whoever has it keeps it."""
    await _insert(tx, customer_id, kind, key, proof, now, display=display)
    found = await proven(tx, kind, key)
    if found is None:
        raise LookupError("an identity vanished while it was made")
    return found


async def _insert(
    tx: Tx,
    customer_id: int,
    kind: str,
    key: str,
    proof: str,
    now: datetime,
    *,
    display: str = "",
    profile_name: str = "",
) -> None:
    await tx.run(
        "INSERT INTO identities (id, customer_id, kind, key, display, profile_name, proof, proof_at, created_at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
        (new_id(now), customer_id, kind, key, display or key, profile_name, proof, to_ms(now), to_ms(now)),
    )
