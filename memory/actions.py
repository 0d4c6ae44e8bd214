"""The ledger of actions: every change in the world that was proposed, confirmed, executed or refused.

The unique key makes an action one action, however often its turn is repeated. Only `server.actions` writes here.
States: proposed -> confirmed -> executing -> executed | failed | unknown; proposed -> expired | refused.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import msgspec

from memory.engines.base import Row, Tx
from memory.ids import new_id
from memory.times import to_ms

_COLUMNS = "id, thread_id, key, name, order_id, state, body, result, amount_minor, currency, created_at, updated_at"


@dataclass(frozen=True, slots=True)
class Action:
    """One action. `body` holds its arguments, `result` what the order system answered. Times in milliseconds."""

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


def _action(row: Row) -> Action:
    decode = msgspec.json.decode
    return Action(
        row["id"], row["thread_id"], row["key"], row["name"], row["order_id"], row["state"], decode(row["body"]),
        decode(row["result"]), row["amount_minor"], row["currency"], row["created_at"], row["updated_at"],
    )  # fmt: skip


async def add(
    tx: Tx, thread_id: int, key: str, name: str, order_id: str, body: Mapping[str, Any], state: str, now: datetime,
    *, amount_minor: int = 0, currency: str = "",
) -> Action:  # fmt: skip
    """The action with this key, made in `state` when it is not there yet."""
    await tx.run(
        "INSERT INTO actions (id, thread_id, key, name, order_id, state, body, amount_minor, currency, created_at, updated_at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (key) DO NOTHING",
        (
            new_id(now), thread_id, key, name, order_id, state, msgspec.json.encode(body).decode(), amount_minor,
            currency, to_ms(now), to_ms(now),
        ),
    )  # fmt: skip
    found = await by_key(tx, key)
    if found is None:
        raise LookupError("an action vanished while it was made")
    return found


async def by_key(tx: Tx, key: str) -> Action | None:
    """The action with this key."""
    row = await tx.one(f"SELECT {_COLUMNS} FROM actions WHERE key = ?", (key,))
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


async def stuck(tx: Tx, now: datetime, older: timedelta) -> list[Action]:
    """Actions whose outcome nobody recorded: to be reconciled."""
    rows = await tx.all(
        f"SELECT {_COLUMNS} FROM actions WHERE state IN ('confirmed', 'executing', 'unknown') AND updated_at < ? ORDER BY id",
        (to_ms(now - older),),
    )
    return [_action(row) for row in rows]
