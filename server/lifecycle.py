"""What happens to a thread when nobody does anything: an answered one is taken for solved, a solved one is closed.

It also finishes actions of which nobody recorded the outcome. Every step looks again under the thread's lock, so it may run in
any number of processes, any number of times. It answers nobody but those whose
wish a person decided, and decides nothing about a case.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Final

from memory import threads
from memory.engines.base import Tx
from memory.errors import StorageError
from memory.threads import NewEvent, Thread
from memory.times import to_ms
from server.actions.gate import Gate
from server.desk.telling import tell_all
from server.desk.waiting import refresh
from server.inbox import wake
from server.services import Services

_log = logging.getLogger("onethread.lifecycle")
ASSUMED_AFTER: Final = timedelta(hours=72)
CLOSED_AFTER: Final = timedelta(days=7)
_AGE_EVERY_S: Final = 60.0
_WEIGH_EVERY_S: Final = 60.0
_RECONCILE_EVERY_S: Final = 15.0


class Lifecycle:
    """Ages threads and reconciles actions, on the injected clock."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._gate = Gate(services)

    async def run(self) -> None:
        """Look at the threads and at who waits every minute, and at the actions every quarter of one, for ever."""
        async with asyncio.TaskGroup() as running:
            running.create_task(_every(_AGE_EVERY_S, "threads aged", self.age))
            running.create_task(_every(_WEIGH_EVERY_S, "priorities changed", lambda: refresh(self._services)))
            running.create_task(_every(_RECONCILE_EVERY_S, "actions reconciled", self.settle))

    async def age(self) -> int:
        """Resolve what nobody answered for 72 hours, close what was resolved 7 days ago; how many threads changed."""
        changed = 0
        for status, since, step in (
            ("pending", ASSUMED_AFTER, _assume),
            ("resolved", CLOSED_AFTER, _close),
        ):
            before = self._services.clock.now() - since
            async for thread in self._still(status, before):
                changed += await self._take(thread, step, before)
        return changed

    async def settle(self) -> int:
        """Finish what has no outcome, and tell what was decided and is not told yet; how many were finished or told."""
        return await self._gate.reconcile() + await tell_all(self._services)

    async def _still(self, status: str, since: datetime) -> AsyncIterator[Thread]:
        after = (0, 0)
        while page := await self._services.database.read(
            lambda tx, after=after: threads.still(tx, status, since, after=after)  # type: ignore[misc]  # bound per page
        ):
            for thread in page:
                yield thread
            after = (page[-1].state.last_at, page[-1].id)

    async def _take(self, seen: Thread, step: "Step", before: datetime) -> bool:
        """One thread a step further, in a unit of its own; whether it moved."""

        async def unit(tx: Tx) -> Thread | None:
            thread = await threads.by_id(tx, seen.id, lock=True)
            event = step(thread, to_ms(before)) if thread else None
            if thread is None or event is None:
                return None
            return (await threads.append(tx, thread.id, [event], self._services.clock.now()))[0]

        changed = await self._services.database.write(unit)
        if changed is not None:
            wake(self._services, changed)
        return changed is not None


Step = Callable[[Thread, int], NewEvent | None]


def _assume(thread: Thread, before: int) -> NewEvent | None:
    """An answered thread whose customer said no more. One that waits for a person in the queue is never assumed solved."""
    state = thread.state
    if state.status != "pending" or state.last_at > before or state.owner_kind == "queue":
        return None
    return NewEvent("resolved", {"how": "assumed"}, "all")


def _close(thread: Thread, before: int) -> NewEvent | None:
    """A solved thread that stayed still; the customer's next message starts a new one."""
    state = thread.state
    if state.status != "resolved" or max(state.last_at, state.resolved_at) > before:
        return None
    return NewEvent("status", {"status": "closed"}, "all")


async def _every(pause_s: float, name: str, work: Callable[[], Awaitable[int]]) -> None:
    while True:
        with suppress(StorageError):  # the next look finds the same again
            if done := await work():
                _log.info(name, extra={"count": done})
        await asyncio.sleep(pause_s)
