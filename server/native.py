"""Gives threads back that somebody took in a provider's own app and then left.

Who answers in WhatsApp Business, in the page's inbox or in Instagram is an agent without a name here: the assistant is silent, and
any agent may take the thread over in the console. The rule of giving back: once a customer has waited `meta.native_minutes` for
that person, the thread goes where it was: to the queue if a person had been asked for, else to the assistant, which answers. A
thread that waits for nothing stays as it is.
"""

import asyncio
from contextlib import suppress
from datetime import timedelta
from typing import Final

from memory import threads, turns
from memory.engines.base import Tx
from memory.errors import StorageError
from memory.threads import NewEvent, Thread
from memory.times import to_ms
from server.inbox import wake
from server.services import Services

_LOOK_EVERY_S: Final = 15.0


async def run(services: Services) -> None:
    """Look for customers who wait too long, for ever."""
    if services.settings.meta.native_minutes < 1 or "meta" not in services.lines.providers:
        await asyncio.Event().wait()
    while True:
        with suppress(StorageError):
            await give_back(services)
        await asyncio.sleep(_LOOK_EVERY_S)


async def give_back(services: Services) -> int:
    """Give back every thread whose customer has waited too long; how many."""
    before = services.clock.now() - timedelta(minutes=services.settings.meta.native_minutes)
    given = 0
    for seen in await services.database.read(lambda tx: threads.unattended(tx, before)):
        thread = await services.database.write(lambda tx, seen=seen: _give(tx, services, seen.id))  # type: ignore[misc]  # bound per thread
        if thread is not None:
            given += 1
            wake(services, thread)
            services.bus.publish("turns", to_ms(services.clock.now()))
    return given


async def _give(tx: Tx, services: Services, thread_id: int) -> Thread | None:
    now = services.clock.now()
    minutes = services.settings.meta.native_minutes
    thread = await threads.by_id(tx, thread_id, lock=True)
    state = thread.state if thread else None
    if thread is None or state is None or state.owner_kind != "agent" or state.owner_id:
        return None
    if not 0 < state.waiting_since <= to_ms(now - timedelta(minutes=minutes)):
        return None
    goes_to = "queue" if state.handoff_reason else "assistant"
    note = f"The customer has waited {minutes} minutes for whoever wrote in the provider's own app: the {goes_to} has it again."
    events = [NewEvent("assigned", {"owner_kind": goes_to}, "all"), NewEvent("note", {"text": note})]
    if goes_to == "assistant":
        await turns.due(tx, thread.id, now, now)
    return (await threads.append_to(tx, thread, events, now))[0]
