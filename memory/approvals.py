"""Who agreed to an action that needs consent, and who had a hand in its thread."""

from dataclasses import dataclass
from datetime import datetime

from memory.engines.base import Tx
from memory.times import to_ms

_SPOKE = "SELECT DISTINCT author_id FROM events WHERE thread_id = ? AND type = 'message' AND author_type = 'agent'"


@dataclass(frozen=True, slots=True)
class Approval:
    """An agent's consent; `role` is what it was then, `at` in milliseconds, `screen` where it was given."""

    agent_id: int
    role: str
    at: int
    screen: str


async def add(tx: Tx, action_id: int, agent_id: int, role: str, now: datetime, screen: str = "") -> bool:
    """Record a consent; whether it is new."""
    touched = await tx.run(
        "INSERT INTO approvals (action_id, agent_id, role, at, screen) VALUES (?, ?, ?, ?, ?)"
        " ON CONFLICT (action_id, agent_id) DO NOTHING",
        (action_id, agent_id, role, to_ms(now), screen),
    )
    return touched > 0


async def of_action(tx: Tx, action_id: int) -> list[Approval]:
    """The consents to an action, first given first."""
    rows = await tx.all(
        "SELECT agent_id, role, at, screen FROM approvals WHERE action_id = ? ORDER BY at, agent_id", (action_id,)
    )
    return [Approval(row["agent_id"], row["role"], row["at"], row["screen"]) for row in rows]


async def speakers(tx: Tx, thread_id: int) -> frozenset[int]:
    """The agents who wrote to the customer in a thread."""
    return frozenset(int(row["author_id"]) for row in await tx.all(_SPOKE, (thread_id,)))
