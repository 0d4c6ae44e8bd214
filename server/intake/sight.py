"""What one speaker may see: their threads, the frames after a number, the state to begin with.

A signed-in customer also sees what was said as a visitor of the same browser, in the threads that went over to them at the
sign-in; the visitor alone no longer sees those threads. Every read asks again who may see what.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from memory import agents, customers, threads
from memory.customers import Identity
from memory.engines.base import Tx
from memory.projection import Event, ThreadState
from memory.threads import Thread
from memory.times import from_ms
from server.desk.hours import back_at
from server.intake import frames
from server.intake.frames import Scene
from server.intake.framing import Frame
from server.intake.tickets import Speaker, Tickets
from server.services import Services

PAGE: Final = 50
SIGNED_IN: Final = "signed_in"
_THREADS: Final = 20


@dataclass(frozen=True, slots=True)
class Sight:
    """The identities whose eyes a speaker has, in any thread and in threads that came with the sign-in."""

    own: int = 0
    customer_id: int = 0
    visitor: int = 0

    def readers(self, thread: Thread) -> tuple[int, ...]:
        """Whose eyes count in this thread."""
        if self.visitor and thread.customer_id == self.customer_id:
            return (self.own, self.visitor)
        return (self.own,) if self.own else ()


@dataclass(frozen=True, slots=True)
class Page:
    """Some frames in order, the number up to which everything was read, and whether more may follow."""

    frames: tuple[Frame, ...]
    at: int
    is_full: bool


async def look(tx: Tx, speaker: Speaker) -> Sight:
    """Whose eyes a speaker has; none before their first message."""
    own = await customers.proven(tx, speaker.kind, speaker.key)
    if own is None:
        return Sight()
    visitor = await customers.proven(tx, "visitor", speaker.visitor) if speaker.kind == "store" else None
    return Sight(own.id, own.customer_id, visitor.id if visitor else 0)


async def threads_of(tx: Tx, speaker: Speaker, sight: Sight, limit: int = _THREADS) -> list[Thread]:
    """The speaker's threads that have been written in, newest first."""
    found = await threads.of_identity(tx, sight.own, limit) if sight.own else []
    written = [thread for thread in found if thread.state.last_seq > 0]
    if speaker.kind == "store":
        return written
    return [thread for thread in written if not await _went_over(tx, thread, sight)]


async def thread_of(tx: Tx, speaker: Speaker, sight: Sight, conv: str) -> Thread | None:
    """The speaker's thread with this public id; somebody else's is as if it were not there."""
    thread = await threads.by_public_id(tx, conv)
    if thread is None or not sight.own or not await threads.takes_part(tx, thread.id, sight.own):
        return None
    return None if speaker.kind == "visitor" and await _went_over(tx, thread, sight) else thread


async def _went_over(tx: Tx, thread: Thread, sight: Sight) -> bool:
    """Whether a visitor's thread became that of somebody who signed in."""
    if thread.customer_id == sight.customer_id:
        return False
    history = await threads.events(tx, thread.id)
    return any(event.type == "linked" and event.body.get("how") == SIGNED_IN for event in history)


async def page(
    tx: Tx, thread: Thread, sight: Sight, after: int, prev: int | None, services: Services, sign: Tickets
) -> Page:
    """The frames after a number; `prev` None = look up what the first of them follows."""
    readers = sight.readers(thread)
    seen = await _visible(tx, thread.id, readers, after, PAGE)
    shown = [event for event in seen if frames.is_shown(event)]
    if prev is None and shown:
        prev = await last_shown(tx, thread.id, readers, after)
    states = await _states(tx, thread.id, shown)
    scene = await scene_of(tx, thread.public_id, services, sign, with_agents=bool(states))
    made = []
    for event in shown:
        made.append(frames.of_event(event, prev or 0, scene, states.get(event.seq)))
        prev = event.seq
    return Page(tuple(made), seen[-1].seq if seen else after, len(seen) == PAGE)


async def _states(tx: Tx, thread_id: int, shown: Sequence[Event]) -> Mapping[int, ThreadState]:
    wanted = [event.seq for event in shown if event.type in frames.STATE_TYPES]
    return frames.states_after(await threads.events(tx, thread_id), wanted) if wanted else {}


async def _visible(tx: Tx, thread_id: int, readers: tuple[int, ...], after: int, limit: int) -> list[Event]:
    if len(readers) == 1:
        return await threads.visible(tx, thread_id, readers[0], after, limit)
    merged: dict[int, Event] = {}
    for reader in readers:
        merged.update({event.seq: event for event in await threads.visible(tx, thread_id, reader, after, limit)})
    return [merged[seq] for seq in sorted(merged)][:limit]


async def last_shown(tx: Tx, thread_id: int, readers: tuple[int, ...], up_to: int = 2**62) -> int:
    """The last number up to `up_to` that has a frame for these readers; 0 when there is none."""
    while True:
        found = max([await threads.last_visible(tx, thread_id, reader, up_to) for reader in readers], default=0)
        if found == 0:
            return 0
        event = (await _visible(tx, thread_id, readers, found - 1, 1))[0]
        if frames.is_shown(event):
            return found
        up_to = found - 1


async def scene_of(tx: Tx, conv: str, services: Services, tickets: Tickets, *, with_agents: bool) -> Scene:
    """What the frames of a thread need besides its events."""
    now = services.clock.now()
    present = await agents_now(tx, services, now) if with_agents else {}
    return Scene(conv, services.settings.shop.assistant, present, tickets.file_url)


async def agents_now(tx: Tx, services: Services, now: datetime) -> Mapping[str, Any]:
    """Whether a person is there, and when one will be."""
    online = bool(await agents.present(tx, now))
    back = None if online else back_at(services.settings, now)
    return {"online": online, "back_at": frames.iso(back) if back else None}


async def entry(tx: Tx, thread: Thread, sight: Sight) -> Frame:
    """A thread in the list of threads. Its title is left out while its first words are not this reader's to see."""
    state = thread.state
    first = await _visible(tx, thread.id, sight.readers(thread), 0, 1)
    title = state.title if first and first[0].seq == 1 else ""
    last_at = frames.iso(from_ms(state.last_at or thread.created_at))
    return {"conv": thread.public_id, "title": title, "status": state.status, "last_at": last_at}


async def unread(tx: Tx, thread: Thread, sight: Sight) -> int:
    """How many messages of assistant and agents the customer has not seen."""
    pointer = await threads.read_up_to(tx, thread.id, "customer")
    seen = await _visible(tx, thread.id, sight.readers(thread), pointer, 200)
    return sum(1 for event in seen if event.type == "message" and event.author_type != "customer")


def sight_of(identity: Identity, sight: Sight) -> Sight:
    """The sight of a speaker whose identity was made by their first message."""
    return Sight(identity.id, identity.customer_id, sight.visitor)
