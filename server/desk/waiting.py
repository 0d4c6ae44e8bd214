"""Priority as time passes: who waits for a person rises, though nobody says anything.

A label that an agent corrected stays as it is until the customer writes again.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from memory import threads
from memory.engines.base import Tx
from memory.projection import Event
from memory.threads import NewEvent, Thread
from server.desk import stakes
from server.inbox import wake
from server.services import Services

_STILL: Final = timedelta(minutes=1)


async def refresh(services: Services) -> int:
    """Weigh anew every thread whose customer waits for a person; how many changed their level."""
    changed = 0
    for status in ("new", "open"):
        after = (0, 0)
        while page := await _page(services, status, after):
            for thread in page:
                changed += await _weigh(services, thread)
            after = (page[-1].state.last_at, page[-1].id)
    return changed


async def _page(services: Services, status: str, after: tuple[int, int]) -> list[Thread]:
    since = services.clock.now() - _STILL
    return await services.database.read(lambda tx: threads.still(tx, status, since, after=after))


async def _weigh(services: Services, seen: Thread) -> bool:
    if not seen.state.waiting_since or seen.state.owner_kind == "assistant":
        return False
    labels = await services.database.read(lambda tx: threads.of_types(tx, seen.id, ("classified", "corrected")))
    if _again(labels, seen, services) is None:
        return False

    async def unit(tx: Tx) -> Thread | None:
        thread = await threads.by_id(tx, seen.id, lock=True)
        if (
            thread is None
            or thread.state.last_customer_seq != seen.state.last_customer_seq
            or not thread.state.waiting_since
        ):
            return None
        event = _again(await threads.of_types(tx, seen.id, ("classified", "corrected")), thread, services)
        return (await threads.append(tx, thread.id, [event], services.clock.now()))[0] if event else None

    changed = await services.database.write(unit)
    if changed is not None:
        wake(services, changed)
    return changed is not None


def _again(labels: Sequence[Event], thread: Thread, services: Services) -> NewEvent | None:
    """The label with the priority that it has come to; None where it stands as it was. `labels` newest first."""
    last = next((event for event in labels if "priority" in event.body), None)
    if last is None or last.type == "corrected" or "signals" not in last.body:
        return None
    made = stakes.later(last.body, thread.state.waiting_since, services.clock.now())
    judged = stakes.judged(made)
    if judged["priority"] == thread.state.priority:
        return None
    return NewEvent("classified", {"because": "time", **judged, "signals": last.body["signals"]} | _kept(last))


def _kept(last: Event) -> dict[str, str]:
    return {"promised_by": last.body["promised_by"]} if last.body.get("promised_by") else {}
