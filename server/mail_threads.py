"""Which thread a mail belongs to, and what is stored of mail that no person wrote.

A signed token or Message-ID of ours names the thread, or an earlier mail of the thread that the new one quotes. Who may write is
not decided by that: whoever is not known there takes part without the customer's data, a stranger's forward begins a thread of
its own, and nobody joins by quoting mail that we never sent. Rule: interfaces, "E-mail trust".
"""

from datetime import datetime
from typing import Any, Final

from channels.message import Inbound
from memory import threads
from memory.customers import Identity
from memory.engines.base import Tx
from memory.ids import new_public_id
from memory.projection import Event
from memory.threads import NewEvent, Thread

AUTOMATIC: Final = "automatic"
"""In a message's meta: why a machine wrote it."""
_FORWARDED: Final = "forwarded"


async def named(tx: Tx, inbound: Inbound, identity: Identity) -> Thread | None:
    """The thread that a mail names; None when it names none, or none that its sender may join."""
    signed = await threads.by_public_id(tx, inbound.conv) if inbound.conv else None
    if signed is not None and await _is_theirs(tx, signed, identity):
        return signed
    quoted = await _quoted(tx, inbound, identity)
    if quoted is not None:
        return quoted
    is_stranger_out = inbound.meta.get(_FORWARDED) or (signed and signed.state.status == "closed")
    return None if is_stranger_out else signed


async def _quoted(tx: Tx, inbound: Inbound, identity: Identity) -> Thread | None:
    """The sender's own thread that holds a mail which this one quotes, the nearest first."""
    for quote in inbound.quotes:
        found = await threads.by_external_id(tx, inbound.channel, quote)
        thread = await threads.by_id(tx, found[0]) if found else None
        if thread is not None and await _is_theirs(tx, thread, identity):
            return thread
    return None


async def _is_theirs(tx: Tx, thread: Thread, identity: Identity) -> bool:
    return thread.customer_id == identity.customer_id or await threads.takes_part(tx, thread.id, identity.id)


def is_automatic(inbound: Inbound) -> bool:
    """Whether a machine wrote this mail: nobody answers it, and it opens nothing again."""
    return inbound.channel == "email" and bool(inbound.meta.get(AUTOMATIC))


async def keep_quietly(
    tx: Tx, inbound: Inbound, identity: Identity, thread: Thread | None, now: datetime
) -> tuple[Thread, Event]:
    """Store an automatic mail where the desk sees it: no turn, no reopening, no change of who waits for whom."""
    if thread is None:
        thread = await threads.create(tx, new_public_id("c"), identity.customer_id, now)
        await threads.join(tx, thread.id, identity.id, now)
    thread = await threads.by_id(tx, thread.id, lock=True) or thread
    title = inbound.meta.get("subject", "")[:60]
    body: dict[str, Any] = {"text": inbound.text, "meta": inbound.meta}
    kept = NewEvent(
        "note", body, author_name=identity.profile_name or identity.display, channel=inbound.channel,
        identity_id=identity.id, external_id=inbound.external_id,
    )  # fmt: skip
    first = [NewEvent("linked", {"title": title})] if title and not thread.state.title else []
    thread, stored = await threads.append_to(tx, thread, [*first, kept], now)
    return thread, stored[-1]


async def subject_of(tx: Tx, thread_id: int, seq: int) -> str:
    """The subject of a message that came by mail; empty when it has none."""
    found = await threads.events(tx, thread_id, seq - 1, 1)
    return str(found[0].body.get("meta", {}).get("subject", "")) if found else ""
