"""What customers do beside writing (a reaction, a message taken back, a new number): a note at its thread for the desk.

Nobody is answered for it and no turn is asked for. A repeat is known by its own id and changes nothing.
"""

from channels.message import Remark
from memory import desk, journal, outbox, threads, turns
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
    if remark.kind == "deleted" and seq:
        thread = await _emptied(tx, services, thread, seq, remark)
    quoted = await _quoted(tx, thread_id, seq)
    note = NewEvent("note", {"text": _worded(remark, quoted)}, channel=remark.channel, cid=cid)
    return (await threads.append_to(tx, thread, [note], now))[0]


async def _emptied(tx: Tx, services: Services, thread: Thread, seq: int, remark: Remark) -> Thread:
    """The thread without the words and files of a message that was taken back; a turn that had only it to answer is dropped.

    Meta's terms want them gone. The stored call that brought them goes too."""
    event = (await threads.events(tx, thread.id, seq - 1, 1))[0]
    if event.author_type != "customer":
        return thread
    for each in event.body.get("attachments", ()):
        await desk.upload_lost(tx, str(each["id"]))
    await journal.forget_words(tx, f"{remark.sender.kind}:{remark.sender.key}", remark.about)
    others = [
        each
        for each in await threads.events(tx, thread.id, thread.state.last_reply_seq)
        if each.type == "message" and each.author_type == "customer" and each.seq != seq
    ]
    if not others:
        await turns.drop(tx, thread.id)
    return await threads.take_back(tx, thread, seq)


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
        return "The customer took a message back. Do not answer it."
    return f"The channel says: {remark.text or 'something changed'}"
