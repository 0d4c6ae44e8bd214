"""How often a machine may write to one address: a guard against loops that trusts no header.

Whoever writes may be a machine that says nothing about it. After three automatic mails to a stranger's address in an hour, or ten in
a day, or when a mail says nearly what the one before said, the assistant is silent and a person gets the conversation. An attested
address that stands on an order is a customer's, who may well write four times while a return is arranged: they have ten times
as much.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from difflib import SequenceMatcher
from typing import Final

from channels.message import Inbound
from memory import desk, joins, mail, threads
from memory.engines.base import Tx
from memory.threads import NewEvent, Thread
from memory.times import to_ms
from server.services import Services

HOURLY: Final = 3
DAILY: Final = 10
CUSTOMERS: Final = 10
"""So many times more for an address that stands on an order."""
ALIKE: Final = 0.9
_LOOKED_AT: Final = 2_000
_SHORT: Final = 24
"""A "yes" and another "yes" are no loop."""
_LATELY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Silence:
    """Why the assistant does not answer a mail; `reason` is that of the handoff."""

    why: str
    reason: str = "failed"


async def silence(tx: Tx, inbound: Inbound, thread: Thread, now: datetime) -> Silence | None:
    """Why a mail that came in must not be answered by machine; None = it may be."""
    if inbound.channel != "email" or thread.state.owner_kind == "agent":
        return None
    if inbound.meta.get("encrypted"):
        return Silence("the mail is encrypted, and only a person with the key can read it", "unreadable")
    day = await mail.sent_by_machine(tx, inbound.sender.key, now - _LATELY)
    hour = [at for at in day if at > to_ms(now - timedelta(hours=1))]
    is_customer = inbound.sender.kind == "email" and await joins.is_contact(tx, "email", inbound.sender.key)
    times = CUSTOMERS if is_customer else 1
    if len(hour) >= HOURLY * times or len(day) >= DAILY * times:
        return Silence(f"{len(hour)} automatic mails went to this address within an hour, {len(day)} within a day")
    for event in await threads.of_types(tx, thread.id, ["message"], 12):
        if event.author_type == "customer" and event.channel == "email":
            is_again = event.at > to_ms(now - _LATELY) and alike(str(event.body.get("text", "")), inbound.text)
            return Silence("the mail says what the one before it said") if is_again else None
    return None


def alike(one: str, other: str) -> bool:
    """Whether two texts are more than nine tenths the same, whatever their spaces and capitals."""
    first, second = (" ".join(text.casefold().split())[:_LOOKED_AT] for text in (one, other))
    if min(len(first), len(second)) < _SHORT:
        return False
    matcher = SequenceMatcher(None, first, second, autojunk=False)
    return matcher.real_quick_ratio() > ALIKE and matcher.quick_ratio() > ALIKE and matcher.ratio() > ALIKE


async def hand_over(tx: Tx, services: Services, thread: Thread, silent: Silence, now: datetime) -> Thread:
    """Give the conversation to a person without a word to whoever writes: another mail is what must not happen."""
    from server.desk.bare import bare_package

    if thread.state.owner_kind != "assistant":
        return thread
    package = bare_package(services.clock, thread.state.language, silent.reason)
    brief = {**package.brief, "why": {"reason": silent.reason, "text": f"The assistant is silent: {silent.why}."}}
    handed = NewEvent("handoff", {"reason": silent.reason}, "all", "assistant")
    thread, _ = await threads.append_to(tx, thread, [handed], now)
    await desk.save_brief(tx, thread.id, thread.state.last_seq, brief, now)
    return thread
