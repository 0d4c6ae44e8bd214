"""A thread as Slack shows it, read in one snapshot: who it is, what is wanted, who has it, where a reply goes until when."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from memory import agents, customers, desk, slack, threads
from memory.engines.base import Tx
from memory.projection import Event
from memory.slack import Root
from memory.threads import Thread
from memory.times import from_ms
from server.desk import standing
from server.routing import MARGIN
from server.services import Services

CHANNELS: Final = {
    "widget": "Web chat", "whatsapp": "WhatsApp", "sms": "SMS", "email": "E-mail", "voice": "Telephone",
    "instagram": "Instagram", "messenger": "Messenger",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Case:
    """A thread with what stands beside it. `closes_at` = when its channel's window shuts, None = it has none.

    `owner` = the owner's name, `owner_user` their id in Slack, empty = not known. `until` = the last event that this knows."""

    thread: Thread
    name: str
    channel: str
    closes_at: datetime | None
    brief: Mapping[str, Any]
    drafts: tuple[Event, ...]
    order: str
    owner_email: str
    owner_user: str
    until: int

    @property
    def conv(self) -> str:
        """The thread's public id."""
        return self.thread.public_id

    @property
    def owner(self) -> str:
        """The agent who has it, empty = no agent does."""
        state = self.thread.state
        return state.owner_name if state.owner_kind == "agent" else ""


async def read(tx: Tx, services: Services, root: Root, team: str) -> Case | None:
    """The case of a root; None when its thread is gone."""
    thread = await threads.by_id(tx, root.thread_id)
    customer = await customers.get(tx, thread.customer_id) if thread else None
    if thread is None or customer is None:
        return None
    identity, channel = await standing.recipient(tx, thread)
    line = services.lines.channel(channel)
    window = line.capabilities.window if line else None
    closes_at = from_ms(identity.heard_at) + window - MARGIN if identity and window and identity.heard_at else None
    written = await desk.brief(tx, thread.id)
    state = thread.state
    owner = await agents.get(tx, state.owner_id) if state.owner_kind == "agent" and state.owner_id else None
    email = owner.email if owner else ""
    return Case(
        thread, await standing.called(tx, customer), channel, closes_at, written[1] if written else {},
        tuple(await standing.drafts(tx, thread)), standing.order_number(state), email,
        await slack.user_of(tx, team, email) if email else "", state.last_seq,
    )  # fmt: skip


def channel_name(channel: str) -> str:
    """A channel as people call it."""
    return CHANNELS.get(channel, channel.replace("_", " ").capitalize())
