"""The ledger of actions: every change in the world that was proposed, confirmed, executed or refused.

The unique key makes an action one action, however often its turn is repeated. Only `server.actions` writes here.
States: proposed -> confirmed -> executing -> executed | failed | unknown; proposed -> expired | refused; where somebody must
agree first: awaiting -> confirmed | refused | expired | withdrawn. From `confirmed` on its money is reserved, until it failed.

A return that is paid before its goods are back has a second row, its early refund, under a key made of the return's. From then on
the money is that row's: no sum counts it twice.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import msgspec

from memory.engines.base import Row, Tx
from memory.ids import new_id
from memory.times import to_ms

_COLUMNS = (
    "id, thread_id, key, name, order_id, state, body, result, amount_minor, currency, created_at, updated_at, customer_id,"
    " kind, counted, need, decision_hash, expires_at"
)
_BEGUN = "('confirmed', 'executing', 'unknown', 'executed')"
_EARLY = "/early"
_UNPAID = f"""NOT EXISTS (SELECT 1 FROM actions AS paid
    WHERE paid.key = actions.key || '{_EARLY}' AND paid.state IN {_BEGUN})"""
_OF_CUSTOMER = f"""SELECT
    COALESCE(SUM(CASE WHEN created_at >= ? AND currency = ? AND {_UNPAID} THEN amount_minor ELSE 0 END), 0) AS sum_minor,
    COALESCE(SUM(CASE WHEN created_at >= ? AND counted = 1 AND need = 'none' AND {_UNPAID} THEN 1 ELSE 0 END), 0) AS refunds,
    COALESCE(SUM(CASE WHEN kind IN ('reship', 'replacement') THEN 1 ELSE 0 END), 0) AS replacements,
    COALESCE(SUM(CASE WHEN kind = 'not_received' THEN 1 ELSE 0 END), 0) AS not_received
    FROM actions WHERE customer_id = ? AND created_at >= ? AND key <> ? AND state IN {_BEGUN}"""
_OF_ORDER = f"SELECT {_COLUMNS} FROM actions WHERE order_id = ? AND key <> ? AND state IN {_BEGUN} ORDER BY id"
_GIVEN = f"""SELECT {_COLUMNS} FROM actions WHERE customer_id = ? AND created_at >= ? AND name IN ('refund', 'reship')
    AND key NOT LIKE '%{_EARLY}' AND key <> ? AND state IN {_BEGUN} ORDER BY id"""
_CLAIMS = f"""SELECT {_COLUMNS} FROM actions WHERE customer_id = ? AND created_at >= ? AND kind = 'not_received'
    AND key <> ? AND state IN {_BEGUN} ORDER BY id"""
_MOVED = f"""SELECT {_COLUMNS} FROM actions WHERE customer_id = ? AND created_at >= ? AND name = 'change_address'
    AND key <> ? AND state IN {_BEGUN} ORDER BY id"""
_PAID = f"""SELECT COALESCE(SUM(amount_minor), 0) AS sum_minor FROM actions
    WHERE created_at >= ? AND amount_minor > 0 AND currency = ? AND need = 'none' AND key <> ? AND state IN {_BEGUN}
    AND {_UNPAID}"""


def early_key(key: str) -> str:
    """The key of the row that pays the return with this key before its goods are back."""
    return f"{key}{_EARLY}"


@dataclass(frozen=True, slots=True)
class Action:
    """One action. `body` holds its arguments, `result` what the order system answered. Times in milliseconds.

    `amount_minor` leaves the shop, as `kind` says; `counted` = it is one of the refunds that are counted. `need` is who has
    to agree (`none` = nobody), under the ruling `decision_hash`, before `expires_at` (0 = no end)."""

    id: int
    thread_id: int
    key: str
    name: str
    order_id: str
    state: str
    body: dict[str, Any]
    result: dict[str, Any]
    amount_minor: int
    currency: str
    created_at: int
    updated_at: int
    customer_id: str = ""
    kind: str = ""
    is_counted: bool = False
    need: str = "none"
    decision_hash: str = ""
    expires_at: int = 0

    @property
    def is_early(self) -> bool:
        """Whether this pays a return before its goods are back."""
        return self.key.endswith(_EARLY)


@dataclass(frozen=True, slots=True)
class Past:
    """What a customer was given: the sum and the counted refunds since a day, replacements and claims since another."""

    sum_minor: int
    refunds: int
    replacements: int
    not_received: int


def _action(row: Row) -> Action:
    decode = msgspec.json.decode
    return Action(
        row["id"], row["thread_id"], row["key"], row["name"], row["order_id"], row["state"], decode(row["body"]),
        decode(row["result"]), row["amount_minor"], row["currency"], row["created_at"], row["updated_at"],
        row["customer_id"], row["kind"], bool(row["counted"]), row["need"], row["decision_hash"], row["expires_at"],
    )  # fmt: skip


async def add(
    tx: Tx, thread_id: int, key: str, name: str, order_id: str, body: Mapping[str, Any], state: str, now: datetime,
    *, amount_minor: int = 0, currency: str = "", customer_id: str = "", kind: str = "", is_counted: bool = False,
    need: str = "none", decision_hash: str = "", expires_at: datetime | None = None,
) -> Action:  # fmt: skip
    """The action with this key, made in `state` when it is not there yet."""
    await tx.run(
        "INSERT INTO actions (id, thread_id, key, name, order_id, state, body, amount_minor, currency, created_at,"
        " updated_at, customer_id, kind, counted, need, decision_hash, expires_at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (key) DO NOTHING",
        (
            new_id(now), thread_id, key, name, order_id, state, msgspec.json.encode(body).decode(), amount_minor,
            currency, to_ms(now), to_ms(now), customer_id, kind, int(is_counted), need, decision_hash,
            to_ms(expires_at) if expires_at else 0,
        ),
    )  # fmt: skip
    found = await by_key(tx, key)
    if found is None:
        raise LookupError("an action vanished while it was made")
    return found


async def put(
    tx: Tx, thread_id: int, key: str, name: str, order_id: str, body: Mapping[str, Any], state: str, now: datetime,
    *, amount_minor: int, currency: str, customer_id: str, kind: str, is_counted: bool, need: str, decision_hash: str,
    expires_at: datetime | None = None,
) -> Action:  # fmt: skip
    """The action with this key in `state` and with these values, whether it is new or was only proposed."""
    await tx.run("DELETE FROM actions WHERE key = ? AND state = 'proposed'", (key,))
    return await add(
        tx, thread_id, key, name, order_id, body, state, now, amount_minor=amount_minor, currency=currency,
        customer_id=customer_id, kind=kind, is_counted=is_counted, need=need, decision_hash=decision_hash,
        expires_at=expires_at,
    )  # fmt: skip


async def by_key(tx: Tx, key: str, *, lock: bool = False) -> Action | None:
    """The action with this key; `lock` holds it until the unit commits."""
    row = await tx.one(f"SELECT {_COLUMNS} FROM actions WHERE key = ?{tx.for_update if lock else ''}", (key,))
    return _action(row) if row else None


async def of_thread(tx: Tx, thread_id: int) -> list[Action]:
    """The actions of a thread, oldest first."""
    rows = await tx.all(f"SELECT {_COLUMNS} FROM actions WHERE thread_id = ? ORDER BY id", (thread_id,))
    return [_action(row) for row in rows]


async def step(
    tx: Tx, key: str, states: tuple[str, ...], to: str, now: datetime, *, result: Mapping[str, Any] | None = None
) -> bool:
    """Move an action from one of `states` to `to`; whether it moved (somebody else may have been first)."""
    marks = ", ".join("?" for _ in states)
    if result is None:
        touched = await tx.run(
            f"UPDATE actions SET state = ?, updated_at = ? WHERE key = ? AND state IN ({marks})",
            (to, to_ms(now), key, *states),
        )
    else:
        touched = await tx.run(
            f"UPDATE actions SET state = ?, result = ?, updated_at = ? WHERE key = ? AND state IN ({marks})",
            (to, msgspec.json.encode(result).decode(), to_ms(now), key, *states),
        )
    return touched > 0


async def raise_need(tx: Tx, key: str, need: str, decision_hash: str, now: datetime) -> None:
    """Let an action that waits wait for somebody else's consent, under another ruling."""
    await tx.run(
        "UPDATE actions SET need = ?, decision_hash = ?, updated_at = ? WHERE key = ? AND state = 'awaiting'",
        (need, decision_hash, to_ms(now), key),
    )


async def stuck(tx: Tx, now: datetime, older: timedelta) -> list[Action]:
    """Actions whose outcome nobody recorded: to be reconciled."""
    rows = await tx.all(
        f"SELECT {_COLUMNS} FROM actions WHERE state IN ('confirmed', 'executing', 'unknown') AND updated_at < ? ORDER BY id",
        (to_ms(now - older),),
    )
    return [_action(row) for row in rows]


async def hold_purses(tx: Tx, names: Iterable[str]) -> None:
    """Let nobody else reserve money of these purses until the unit commits: whoever comes second sees what the first took.

    Always taken in the order of their names, so that two never wait for each other."""
    for name in sorted(set(names)):
        await tx.run("INSERT INTO purses (name) VALUES (?) ON CONFLICT (name) DO NOTHING", (name,))
        if tx.for_update:
            await tx.one(f"SELECT name FROM purses WHERE name = ?{tx.for_update}", (name,))


async def past_of(
    tx: Tx, customer_id: str, currency: str, since: datetime, long_since: datetime, *, but: str = ""
) -> Past:
    """What a customer was given since `since`, and replacements and claims since `long_since`; the action `but` left out."""
    recent = to_ms(since)
    row = await tx.one(_OF_CUSTOMER, (recent, currency, recent, customer_id, to_ms(long_since), but))
    if row is None or not customer_id:
        return Past(0, 0, 0, 0)
    return Past(int(row["sum_minor"]), int(row["refunds"]), int(row["replacements"]), int(row["not_received"]))


async def begun_on(tx: Tx, order_id: str, *, but: str = "") -> list[Action]:
    """The actions on an order that were begun and did not fail, oldest first; the action `but` left out."""
    return [_action(row) for row in await tx.all(_OF_ORDER, (order_id, but))] if order_id else []


async def given_to(tx: Tx, customer_id: str, since: datetime, *, but: str = "") -> list[Action]:
    """What a customer was paid or sent again since a time without sending anything back; the action `but` left out."""
    return [_action(row) for row in await tx.all(_GIVEN, (customer_id, to_ms(since), but))] if customer_id else []


async def claims_of(tx: Tx, customer_id: str, since: datetime, *, but: str = "") -> list[Action]:
    """A customer's claims since a time that something did not come; the action `but` left out."""
    return [_action(row) for row in await tx.all(_CLAIMS, (customer_id, to_ms(since), but))] if customer_id else []


async def moved_addresses(tx: Tx, customer_id: str, since: datetime, *, but: str = "") -> list[Action]:
    """The changes of address that a customer asked for since a time, of orders and of their own; `but` left out."""
    return [_action(row) for row in await tx.all(_MOVED, (customer_id, to_ms(since), but))] if customer_id else []


async def paid_since(tx: Tx, since: datetime, currency: str, *, but: str = "") -> int:
    """What was paid out since a time without anybody's consent, in minor units; the action `but` left out."""
    row = await tx.one(_PAID, (to_ms(since), currency, but))
    return int(row["sum_minor"]) if row else 0


async def awaiting(tx: Tx, limit: int = 200) -> list[Action]:
    """The actions that wait for somebody's consent, oldest first."""
    rows = await tx.all(f"SELECT {_COLUMNS} FROM actions WHERE state = 'awaiting' ORDER BY id LIMIT ?", (limit,))
    return [_action(row) for row in rows]


def told_as(key: str) -> str:
    """The client id of the message that tells what became of an action that waited."""
    return f"decided:{key}"


async def untold(tx: Tx, since: datetime) -> list[Action]:
    """What nobody waited for in a turn, is over since a time, and of which the thread does not tell yet, oldest first.

    That is what waited for consent, and early refunds."""
    rows = await tx.all(
        f"SELECT {_COLUMNS} FROM actions WHERE (need <> 'none' OR key LIKE '%{_EARLY}')"
        " AND state IN ('executed', 'failed', 'refused', 'expired')"
        " AND updated_at >= ? AND NOT EXISTS"
        " (SELECT 1 FROM events WHERE events.thread_id = actions.thread_id AND events.cid = 'decided:' || actions.key)"
        " ORDER BY id",
        (to_ms(since),),
    )
    return [_action(row) for row in rows]


async def waiting_for(tx: Tx, thread_id: int, decision_hash: str) -> Action | None:
    """The action of a thread that waits for consent under this very ruling."""
    row = await tx.one(
        f"SELECT {_COLUMNS} FROM actions WHERE thread_id = ? AND state = 'awaiting' AND decision_hash = ? ORDER BY id",
        (thread_id, decision_hash),
    )
    return _action(row) if row else None


async def overdue(tx: Tx, now: datetime) -> list[Action]:
    """The actions that waited for consent in vain."""
    rows = await tx.all(
        f"SELECT {_COLUMNS} FROM actions WHERE state = 'awaiting' AND expires_at > 0 AND expires_at <= ? ORDER BY id",
        (to_ms(now),),
    )
    return [_action(row) for row in rows]
