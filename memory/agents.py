"""Agents: people who work at the desk, their sign-ins, tokens and presence. Secrets are stored as hashes only."""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec

from memory.engines.base import Row, Tx
from memory.ids import new_id
from memory.times import to_ms

_COLUMNS = "id, email, name, role, skills, password_hash, disabled"
_PRESENT = """SELECT DISTINCT a.id, a.name FROM presence p JOIN agents a ON a.id = p.agent_id
    WHERE p.seen_at >= ? AND p.away = 0 AND a.disabled = 0 ORDER BY a.name"""
_DUTY = """SELECT a.id AS id, a.name AS name,
    (SELECT COUNT(*) FROM presence p WHERE p.agent_id = a.id AND p.away = 0 AND p.seen_at >= ?) AS here,
    (SELECT COUNT(*) FROM threads t WHERE t.owner_id = a.id AND t.owner_kind IN ('agent', 'queue')
        AND t.status IN ('new', 'open', 'pending')) AS busy
    FROM agents a WHERE a.disabled = 0 AND a.role <> 'viewer'
    ORDER BY CASE WHEN (SELECT COUNT(*) FROM presence p WHERE p.agent_id = a.id AND p.away = 0 AND p.seen_at >= ?) > 0
        THEN 0 ELSE 1 END, CASE a.role WHEN 'agent' THEN 0 WHEN 'supervisor' THEN 1 ELSE 2 END, busy, a.id LIMIT 1"""
_SEEN = """INSERT INTO presence (agent_id, instance, away, seen_at) VALUES (?, ?, ?, ?) ON CONFLICT (agent_id, instance)
    DO UPDATE SET away = excluded.away, seen_at = excluded.seen_at"""


@dataclass(frozen=True, slots=True)
class Agent:
    """A person at the desk. `role`: viewer, agent, supervisor or admin."""

    id: int
    email: str
    name: str
    role: str
    skills: tuple[str, ...]
    password_hash: str
    disabled: bool


def digest(secret: str) -> str:
    """What is stored of a session id or token."""
    return hashlib.sha256(secret.encode()).hexdigest()


def _agent(row: Row) -> Agent:
    skills = tuple(msgspec.json.decode(row["skills"], type=list[str]))
    return Agent(row["id"], row["email"], row["name"], row["role"], skills, row["password_hash"], bool(row["disabled"]))


async def add(
    tx: Tx, email: str, name: str, role: str, skills: tuple[str, ...], password_hash: str, now: datetime
) -> Agent:
    """A new agent, or the known one with these values. `email` is already normalised."""
    await tx.run(
        "INSERT INTO agents (id, email, name, role, skills, password_hash, created_at) VALUES (?, ?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (email) DO UPDATE SET name = excluded.name, role = excluded.role, skills = excluded.skills,"
        " password_hash = excluded.password_hash, disabled = 0",
        (new_id(now), email, name, role, msgspec.json.encode(skills).decode(), password_hash, to_ms(now)),
    )
    found = await by_email(tx, email)
    if found is None:
        raise LookupError("an agent vanished while it was made")
    return found


async def get(tx: Tx, agent_id: int) -> Agent | None:
    """The agent with this key."""
    row = await tx.one(f"SELECT {_COLUMNS} FROM agents WHERE id = ?", (agent_id,))
    return _agent(row) if row else None


async def by_email(tx: Tx, email: str) -> Agent | None:
    """The agent with this address."""
    row = await tx.one(f"SELECT {_COLUMNS} FROM agents WHERE email = ?", (email,))
    return _agent(row) if row else None


async def all_agents(tx: Tx) -> list[Agent]:
    """Everybody, by name."""
    return [_agent(row) for row in await tx.all(f"SELECT {_COLUMNS} FROM agents ORDER BY name")]


async def disable(tx: Tx, agent_id: int) -> None:
    """End an agent's access: sessions and tokens go at once."""
    await tx.run("UPDATE agents SET disabled = 1 WHERE id = ?", (agent_id,))
    for table in ("agent_sessions", "agent_tokens", "presence"):
        await tx.run(f"DELETE FROM {table} WHERE agent_id = ?", (agent_id,))


async def start_session(tx: Tx, secret: str, agent_id: int, now: datetime, lasts: timedelta) -> None:
    """Sign an agent in; only the newest five sessions stay."""
    await tx.run(
        "INSERT INTO agent_sessions (hash, agent_id, created_at, seen_at, expires_at) VALUES (?, ?, ?, ?, ?)",
        (digest(secret), agent_id, to_ms(now), to_ms(now), to_ms(now + lasts)),
    )
    await tx.run(
        "DELETE FROM agent_sessions WHERE agent_id = ? AND hash NOT IN"
        " (SELECT hash FROM agent_sessions WHERE agent_id = ? ORDER BY created_at DESC LIMIT 5)",
        (agent_id, agent_id),
    )


async def of_session(tx: Tx, secret: str, now: datetime, idle: timedelta) -> Agent | None:
    """Whoever is signed in with this session; None when it is unknown, over or idle for too long."""
    row = await tx.one(
        "SELECT agent_id FROM agent_sessions WHERE hash = ? AND expires_at > ? AND seen_at > ?",
        (digest(secret), to_ms(now), to_ms(now - idle)),
    )
    agent = await get(tx, row["agent_id"]) if row else None
    return agent if agent and not agent.disabled else None


async def touch_session(tx: Tx, secret: str, now: datetime) -> None:
    """The session was used."""
    await tx.run("UPDATE agent_sessions SET seen_at = ? WHERE hash = ?", (to_ms(now), digest(secret)))


async def end_session(tx: Tx, secret: str) -> None:
    """Sign out."""
    await tx.run("DELETE FROM agent_sessions WHERE hash = ?", (digest(secret),))


async def add_token(tx: Tx, secret: str, agent_id: int, now: datetime) -> None:
    """A bearer token for programs that act as this agent."""
    await tx.run(
        "INSERT INTO agent_tokens (hash, agent_id, created_at) VALUES (?, ?, ?)", (digest(secret), agent_id, to_ms(now))
    )


async def of_token(tx: Tx, secret: str) -> Agent | None:
    """Whoever a bearer token stands for."""
    row = await tx.one("SELECT agent_id FROM agent_tokens WHERE hash = ?", (digest(secret),))
    agent = await get(tx, row["agent_id"]) if row else None
    return agent if agent and not agent.disabled else None


async def duty(tx: Tx, now: datetime, within: timedelta = timedelta(seconds=45)) -> tuple[int, str] | None:
    """(id, name) of who answers for the next case: somebody present, else anybody, with the fewest open ones."""
    since = to_ms(now - within)
    row = await tx.one(_DUTY, (since, since))
    return (row["id"], row["name"]) if row else None


async def seen(tx: Tx, agent_id: int, instance: str, now: datetime, *, away: bool = False) -> None:
    """An agent's console is open in process `instance`."""
    await tx.run(_SEEN, (agent_id, instance, int(away), to_ms(now)))


async def left(tx: Tx, agent_id: int, instance: str) -> None:
    """An agent's last console in process `instance` was closed."""
    await tx.run("DELETE FROM presence WHERE agent_id = ? AND instance = ?", (agent_id, instance))


async def present(tx: Tx, now: datetime, within: timedelta = timedelta(seconds=45)) -> list[tuple[int, str]]:
    """(id, name) of the agents who are here now."""
    return [(row["id"], row["name"]) for row in await tx.all(_PRESENT, (to_ms(now - within),))]
