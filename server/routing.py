"""Which way a message of ours goes: the customer's own channel, and by rule another where that one is shut.

A channel may have a window after the customer's last message; outside of it an approved template carries the words, or another
address of the same customer does, or the message waits until they write again and the desk sees why. Nothing is ever sent
where somebody asked for silence or nobody is reached.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from channels.message import Capabilities
from memory import customers
from memory.customers import Identity
from memory.engines.base import Tx
from memory.times import from_ms
from server.errors import StoreError
from server.services import Services

MARGIN: Final = timedelta(minutes=5)
"""Kept clear before a window shuts: clocks differ."""
_ORDER: Final = ("whatsapp", "sms", "email")
"""Where a message goes that cannot go its own way, the first that is open."""
_KINDS: Final = {"whatsapp": "whatsapp", "sms": "sms", "email": "email"}
SHUT: Final = "the 24-hour window of this channel is over"
HUMAN_AGENT: Final = "human_agent"
"""In place of a template's name: a person answers under Meta's tag of this name."""


@dataclass(frozen=True, slots=True)
class Way:
    """An open way. `template` = only this approved template may carry it."""

    channel: str
    identity: Identity
    template: str = ""


def is_shut(identity: Identity, capabilities: Capabilities, now: datetime) -> bool:
    """Whether the channel's window after the customer's last message is over, with a margin."""
    if capabilities.window is None:
        return False
    return now > from_ms(identity.heard_at) + capabilities.window - MARGIN


def trouble(identity: Identity) -> str:
    """Why nothing may be sent to an address at all; empty = it may."""
    if identity.blocked:
        return "the address is blocked"
    if identity.stopped_at:
        return "the customer asked for no more messages here (STOP)"
    if identity.bounced_at:
        return "nobody is reached at this address"
    return ""


async def other_ways(tx: Tx, services: Services, identity: Identity, channel: str) -> list[Way]:
    """Other open ways to the same customer, the best first: they wrote from there themselves, or the shop holds their consent."""
    now = services.clock.now()
    known = await customers.identities_of(tx, identity.customer_id)
    customer = await customers.get(tx, identity.customer_id)
    consents = await _consents(services, customer.store_id if customer else None)
    ways = []
    for name in _ORDER:
        line = services.lines.channel(name)
        if name == channel or line is None:
            continue
        for each in known:
            is_theirs = each.kind == _KINDS[name] and each.proof != "claimed" and not trouble(each)
            if is_theirs and (each.heard_at or consents.get(name)) and not is_shut(each, line.capabilities, now):
                ways.append(Way(name, each))
    return ways


def template_for(services: Services, channel: str, identity: Identity, author: str) -> str:
    """What may carry an answer on this channel after its window: an approved template, or the tag for people's own answers.

    Empty = nothing may. The assistant never has the tag, and a person for so long only as the channel gives them."""
    line = services.lines.channel(channel)
    window = line.capabilities.agents_window if line else None
    if window is not None:
        is_open = services.clock.now() <= from_ms(identity.heard_at) + window - MARGIN
        return HUMAN_AGENT if author == "agent" and is_open and services.settings.meta.human_agent else ""
    if channel != "whatsapp":
        return ""
    carrier = services.lines.carrying(channel)
    settings = services.settings
    is_metas = carrier is not None and carrier.name == "meta"
    named: Sequence[str] = settings.meta.templates if is_metas else settings.twilio.content_sids
    return "reply" if any(each.partition("=")[0].strip() == "reply" for each in named) else ""


async def _consents(services: Services, store_id: str | None) -> Mapping[str, bool]:
    """What the shop's customer agreed to, by channel."""
    if not store_id:
        return {}
    try:
        found = await services.store.customer(store_id)
    except StoreError:
        return {}
    return {name: bool(value) for name, value in getattr(found, "consents", {}).items()} if found else {}
