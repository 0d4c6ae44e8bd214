"""What customers do beside writing (a reaction, a message taken back, a new number): a note at its thread for the desk.

Nobody is answered for it and no turn is asked for. A repeat is known by its own id and changes nothing.
"""

from channels.message import Remark
from memory import outbox, threads
from memory.engines.base import Tx
from memory.threads import NewEvent, Thread
from server.inbox import wake
from server.services import Services
from server.who import who

_QUOTED = 80


async def take_remark(services: Services, remark: Remark) -> None:
    """Put a remark to the thread of the message that it is about, else to the customer's newest."""
    thread = await services.database.write(lambda tx: _take(tx, services, remark))
    if thread is not None:
        wake(services, thread)


async def _take(tx: Tx, services: Services, remark: Remark) -> Thread | None:
    now = services.clock.now()
    about = await _about(tx, remark)
    if about is None:
        identity = await who(tx, remark.sender, now)
        own = await threads.of_identity(tx, identity.id, 1)
        about = (own[0].id, 0) if own else None
    if about is None:
        return None
    thread_id, seq = about
    thread = await threads.by_id(tx, thread_id, lock=True)
    cid = f"remark:{remark.external_id}"
    if thread is None or await threads.by_cid(tx, thread_id, cid):
        return None
    quoted = await _quoted(tx, thread_id, seq)
    note = NewEvent("note", {"text": _worded(remark, quoted)}, channel=remark.channel, cid=cid)
    return (await threads.append_to(tx, thread, [note], now))[0]


async def _about(tx: Tx, remark: Remark) -> tuple[int, int] | None:
    """(thread, seq) of the message that it is about, theirs or ours."""
    if not remark.about:
        return None
    if theirs := await threads.by_external_id(tx, remark.channel, remark.about):
        return theirs
    ours = await outbox.by_provider_id(tx, remark.channel, remark.about)
    return (ours.thread_id, ours.seq) if ours else None


async def _quoted(tx: Tx, thread_id: int, seq: int) -> str:
    found = await threads.events(tx, thread_id, seq - 1, 1) if seq else []
    text = str(found[0].body.get("text", "")) if found else ""
    return f"{text[:_QUOTED]}…" if len(text) > _QUOTED else text


def _worded(remark: Remark, quoted: str) -> str:
    """For agents, so in their language."""
    to = f" to: {quoted}" if quoted else ""
    if remark.kind == "reaction":
        return (
            f"The customer reacted with {remark.text}{to}" if remark.text else f"The customer took a reaction back{to}"
        )
    if remark.kind == "deleted":
        return f"The customer took a message back{to.replace(' to:', ':')}. Do not answer it."
    return f"The channel says: {remark.text or 'something changed'}"
