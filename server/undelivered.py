"""What never got to the customer goes to a person where nobody watches: with a brief and drafts, like every handoff.

The customer is not told: the channel that would tell them is the one that failed.
"""

import asyncio
import logging
from typing import Final

from memory import desk, threads
from memory.engines.base import Tx
from memory.errors import StorageError
from memory.threads import NewEvent, Thread
from server import contexts
from server.answering.context import Answer, Handoff
from server.desk import handoff
from server.desk.bare import bare_package
from server.services import Services

_log = logging.getLogger("onethread.undelivered")
_PACKAGE_S: Final = 10.0


async def package(services: Services, thread_id: int) -> handoff.Package:
    """What a person gets who takes over; never fails but for the storage."""
    try:
        async with asyncio.timeout(_PACKAGE_S):
            found = await services.database.read(lambda tx: contexts.read(tx, services, thread_id, is_answered=True))
            if found is not None:
                answered = Answer(Handoff("failed"), found[1].dialogue)
                return await handoff.package(services, found[1], answered)
    except StorageError:
        raise
    except Exception:  # a person must get the thread whatever is wrong with its brief
        _log.exception("a brief was not written", extra={"thread_id": thread_id})
    return bare_package(services.clock, "en", "failed")


async def hand_over(tx: Tx, services: Services, thread: Thread, made: handoff.Package) -> Thread:
    """The thread in a person's queue, unless an agent has it or it is closed; call with the thread locked."""
    if thread.state.owner_kind != "assistant" or thread.state.status == "closed":
        return thread
    now = services.clock.now()
    reopened = [NewEvent("reopened", {"by": "system"}, "all")] if thread.state.status == "resolved" else []
    drafts = [NewEvent("draft_offered", draft) for draft in made.drafts]
    handed = NewEvent("handoff", {"reason": "failed"}, "all", "assistant")
    thread, _ = await threads.append(tx, thread.id, [*reopened, handed, *drafts], now)
    await desk.save_brief(tx, thread.id, thread.state.last_seq, made.brief, now)
    return thread
