"""How a thread stands at the desk: what its customer is called, which order it is about, where a reply goes, which drafts hold.

Read in one snapshot; console, API and Slack show the same.
"""

import re
from typing import Final

from memory import customers, joins, proofs, threads
from memory.customers import Customer, Identity
from memory.engines.base import Tx
from memory.projection import Event, ThreadState
from memory.threads import Thread

_LOOKED_AT: Final = 30
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
    """Where a reply goes: the identity and channel that the customer last wrote from.

    Somebody else who only writes along by mail (in copy, or with a reply address that was passed on) gets none of it, unless nobody
    else ever wrote."""
    last: tuple[Identity | None, str] | None = None
    for event in await threads.of_types(tx, thread.id, ["message"], _LOOKED_AT):
        if event.author_type != "customer":
            continue
        identity = await customers.identity(tx, event.identity_id)
        last = last or (identity, event.channel)
        if identity is not None and await _is_theirs(tx, thread, identity):
            return identity, event.channel
    return last or (None, thread.state.channel)


async def _is_theirs(tx: Tx, thread: Thread, identity: Identity) -> bool:
    """Whether an address is the customer's, or has to do with the order of the thread."""
    if identity.customer_id == thread.customer_id or identity.kind not in ("email", "from"):
        return True
    if identity.kind == "email" and await joins.stands_on(tx, "email", identity.key, thread.state.order_id, None):
        return True
    return await proofs.has_any(tx, thread.id, identity.id)


async def drafts(tx: Tx, thread: Thread) -> list[Event]:
    """The newest drafts, unless somebody has answered since."""
    state = thread.state
    since = max(0, state.last_customer_seq - 1)
    offered = [event for event in await threads.events(tx, thread.id, since) if event.type == "draft_offered"]
    newest = max((int(event.body.get("of", 0)) for event in offered), default=0)
    return [event for event in offered if event.body.get("of", 0) == newest and event.seq > state.last_reply_seq]
