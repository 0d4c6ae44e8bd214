"""How a thread stands at the desk: what its customer is called, which order it is about, where a reply goes, which drafts hold.

Read in one snapshot; console, API and Slack show the same.
"""

import re
from typing import Final

from memory import customers, threads
from memory.customers import Customer, Identity
from memory.engines.base import Tx
from memory.projection import Event, ThreadState
from memory.threads import Thread

_NUMBER: Final = re.compile(r"#?[A-Za-z]*-?\d[\w-]*")


def order_number(state: ThreadState) -> str:
    """The number that the shop gave the thread's order: a thread that knows its order is titled with it."""
    found = _NUMBER.search(state.title) if state.order_id else None
    return found[0] if found else ""


async def called(tx: Tx, customer: Customer) -> str:
    """What to call a customer: their name, else an address that they gave, else nothing."""
    if customer.name:
        return customer.name
    known = await customers.identities_of(tx, customer.id)
    named = [identity.profile_name for identity in known if identity.profile_name]
    addresses = [identity.display for identity in known if identity.kind in ("email", "phone", "whatsapp", "sms")]
    return next(iter([*named, *addresses]), "")


async def recipient(tx: Tx, thread: Thread) -> tuple[Identity | None, str]:
    """Where a reply would go: the identity and channel that the customer last wrote from."""
    last = thread.state.last_customer_seq
    said = await threads.events(tx, thread.id, last - 1, 1) if last else []
    if not said:
        return None, thread.state.channel
    return await customers.identity(tx, said[0].identity_id), said[0].channel


async def drafts(tx: Tx, thread: Thread) -> list[Event]:
    """The newest drafts, unless somebody has answered since."""
    state = thread.state
    since = max(0, state.last_customer_seq - 1)
    offered = [event for event in await threads.events(tx, thread.id, since) if event.type == "draft_offered"]
    newest = max((int(event.body.get("of", 0)) for event in offered), default=0)
    return [event for event in offered if event.body.get("of", 0) == newest and event.seq > state.last_reply_seq]
