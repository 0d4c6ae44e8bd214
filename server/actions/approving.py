"""Who may agree to an action: by role, and never somebody with a hand in it.

Pure functions over what is known of the agent, the action and its thread; the gate asks them inside the unit that records a
consent.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from memory.agents import Agent
from memory.approvals import Approval
from server.commerce.model import CustomerRecord, OrderSnapshot
from server.policies.facts import local_day
from server.policies.identity import normal_text
from server.policies.shape import Need, Policy

_ROLES: Final = {"agent": 1, "supervisor": 2, "admin": 3}
_LEAST: Final[Mapping[str, int]] = {"agent": 1, "senior": 2, "two_person": 1}
_TWO: Final = 2
_SATURDAY: Final = 5


@dataclass(frozen=True, slots=True)
class Waiting:
    """An action that waits for consent, for a list on a screen. `agreed` are the agents who did, by id.

    `preview` is what agreeing pays, part by part, and where it goes (`server.policies.preview`)."""

    key: str
    thread_id: int
    name: str
    order_id: str
    customer_id: str
    arguments: Mapping[str, Any]
    amount_minor: int
    currency: str
    need: Need
    why: str
    asked_at: datetime
    expires_at: datetime
    due_at: datetime
    agreed: tuple[int, ...]
    preview: Mapping[str, Any] = field(default_factory=dict)


def objection(
    agent: Agent,
    need: Need,
    requester_id: int,
    speakers: Collection[int],
    order: OrderSnapshot | None,
    customer: CustomerRecord | None,
) -> str | None:
    """Why this agent may not agree to it; None = may."""
    if agent.disabled or _ROLES.get(agent.role, 0) < _LEAST.get(need, 1):
        return "role"
    if agent.id == requester_id:
        return "own_request"
    if need == "two_person" and agent.id in speakers:
        return "spoke_in_thread"
    if normal_text(agent.email) in _addresses(order, customer):
        return "own_order"
    return None


def is_enough(need: Need, given: Sequence[Approval]) -> bool:
    """Whether these consents are what is needed: of two persons, one is an admin."""
    if need != "two_person":
        return any(_ROLES.get(each.role, 0) >= _LEAST.get(need, 1) for each in given)
    return len({each.agent_id for each in given}) >= _TWO and any(each.role == "admin" for each in given)


def due_at(policy: Policy, need: Need, asked_at: datetime) -> datetime:
    """By when it should be answered: an agent within hours, a senior within business days of the shop."""
    times = policy.approval_times
    if need == "agent":
        return asked_at + timedelta(hours=times.agent_hours)
    moment, left = asked_at, times.senior_business_days
    while left > 0:
        moment += timedelta(days=1)
        left -= local_day(moment, policy.defaults.tz).weekday() < _SATURDAY
    return moment


def _addresses(order: OrderSnapshot | None, customer: CustomerRecord | None) -> frozenset[str]:
    own = (order.customer.emails if order else ()) + (customer.emails if customer else ())
    return frozenset(normal_text(each) for each in own)
