"""Follows the threads of one speaker: subscribes first, then reads the log after what was sent, and never skips.

The bus only says that something changed; what is sent is read from the log, or is what was just stored there where that is
certain to be next. A frame goes out through `Sink`, which
queues it and never waits, except for replays, which are paced by how fast the browser takes them. Three things live on the bus
alone: `typing:ID` with `{"who":{"type","name"},"on"}`, `read:ID` with `{"who","seq"}`, who = `customer` or `agent`, and what is
shown of a reply while it is written (`server/partials.py`).
"""

import asyncio
import logging
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Protocol

from memory.engines.base import Tx
from memory.errors import StorageError
from memory.projection import Event
from memory.threads import Thread, as_read
from server.inbox import Accepted
from server.intake import frames, sight
from server.intake.doors import Doors
from server.intake.frames import Hello, Scene
from server.intake.framing import Frame
from server.intake.sight import Page, Sight
from server.intake.tickets import Ticket
from server.partials import Shown, topic

HEARTBEAT_S = 15
_AGAIN_S = 0.5
_log = logging.getLogger("onethread.intake")


class Sink(Protocol):
    """Where frames go."""

    def put(self, frame: Frame) -> None:
        """Queue a frame; a full queue ends the connection."""
        ...

    async def room(self) -> None:
        """Wait until a replay may go on."""
        ...

    def due(self) -> None:
        """Something is to be read: let `catch_up` run soon."""
        ...


@dataclass(slots=True)
class _Follow:
    """One thread: read up to `at`; `prev` is the last number sent or held (None = look it up)."""

    thread: Thread
    at: int
    prev: int | None = None
    wakes: int = 1
    handled: int = 0
    is_busy: bool = False
    restart: int | None = None
    shown: Shown | None = None
    shown_times: int = 0
    ending: Frame | None = None

    @property
    def is_clean(self) -> bool:
        return self.wakes == self.handled and not self.is_busy and self.restart is None

    @property
    def is_due(self) -> bool:
        return self.wakes != self.handled or self.restart is not None


class Feed:
    """The live log of one speaker's threads, from one connection's point of view."""

    __slots__ = ("_doors", "_follows", "_known", "_pending", "_sight", "_sink", "_ticket", "conv", "went_over")

    def __init__(self, doors: Doors, ticket: Ticket, sink: Sink) -> None:
        self._doors = doors
        self._ticket = ticket
        self._sink = sink
        self._follows: dict[int, _Follow] = {}
        self._known: dict[str, int] = {}
        self._sight = Sight()
        self._pending: set[int] = set()
        self.conv = ticket.conv
        self.went_over = False

    # Opening and closing

    async def open(self, hello: Hello) -> Frame | None:
        """Begin to follow; the `welcome` frame, or None when there is no such thread."""
        self._doors.services.bus.listen(self._ticket.speaker.topic, self._on_visitor)
        found = await self._doors.services.database.read(lambda tx: self._look(tx, hello))
        if found is None:
            return None
        welcome, starts = found
        for thread, start in starts:
            self._follow(thread, start)
        return welcome

    def close(self) -> None:
        """Stop listening."""
        bus = self._doors.services.bus
        bus.forget(self._ticket.speaker.topic, self._on_visitor)
        for thread_id in list(self._follows):
            self._unfollow(thread_id)

    async def _look(self, tx: Tx, hello: Hello) -> tuple[Frame, list[tuple[Thread, int]]] | None:
        speaker = self._ticket.speaker
        self._sight = await sight.look(tx, speaker)
        mine = await sight.threads_of(tx, speaker, self._sight)
        named = next((thread for thread in mine if thread.public_id == hello.conv), None)
        if hello.conv and hello.conv != self._ticket.conv and named is None:
            named = await sight.thread_of(tx, speaker, self._sight, hello.conv)
            if named is None:
                return None
            mine.append(named)
        self.conv = hello.conv or self._ticket.conv
        current = next((thread for thread in mine if thread.public_id == self.conv), None)
        last = {thread.id: await self._last(tx, thread) for thread in mine}
        asked = {**hello.seen, self.conv: max(hello.last_seq, 0) or hello.seen.get(self.conv, 0)}
        held = asked[self.conv]
        is_reset = held > (last[current.id] if current else 0)
        starts = [(thread, _start(asked.get(thread.public_id), last[thread.id])) for thread in mine]
        welcome = await self._welcome(tx, mine, current, last[current.id] if current else 0, is_reset=is_reset)
        return welcome, starts

    async def _last(self, tx: Tx, thread: Thread) -> int:
        return await sight.last_shown(tx, thread.id, self._sight.readers(thread))

    async def _welcome(self, tx: Tx, mine: list[Thread], current: Thread | None, seq: int, *, is_reset: bool) -> Frame:
        services = self._doors.services
        scene = await sight.scene_of(tx, self.conv, services, self._doors.tickets, with_agents=True)
        return {
            "t": "welcome",
            "conv": self.conv,
            "seq": seq,
            "server_time": frames.iso(services.clock.now()),
            "heartbeat": HEARTBEAT_S,
            "resume": "reset" if is_reset else "ok",
            "state": frames.standing(current.state, scene) if current else _fresh(scene),
            "threads": [await sight.entry(tx, thread, self._sight) for thread in mine],
            "unread": await sight.unread(tx, current, self._sight) if current else 0,
        }

    def _follow(self, thread: Thread, start: int) -> _Follow:
        follow = self._follows[thread.id] = _Follow(thread, start)
        self._known[thread.public_id] = thread.id
        bus = self._doors.services.bus
        bus.listen(f"thread:{thread.id}", self._on_thread)
        bus.listen(f"typing:{thread.id}", self._on_typing)
        bus.listen(f"read:{thread.id}", self._on_read)
        bus.listen(topic(thread.id), self._on_partial)
        self._sink.due()
        return follow

    def _unfollow(self, thread_id: int) -> None:
        bus = self._doors.services.bus
        bus.forget(f"thread:{thread_id}", self._on_thread)
        bus.forget(f"typing:{thread_id}", self._on_typing)
        bus.forget(f"read:{thread_id}", self._on_read)
        bus.forget(topic(thread_id), self._on_partial)
        self._known.pop(self._follows.pop(thread_id).thread.public_id, None)

    # What the bus says

    def _on_thread(self, topic: str, note: Any) -> None:
        """The log of a thread grew; `note` is what by, where whoever wrote it says so."""
        follow = self._follows.get(int(topic.partition(":")[2]))
        if follow is None:
            return
        is_next = follow.is_clean and bool(note) and self._is_next(follow, note)
        follow.wakes += 1
        if is_next:
            self._grown(follow, note)
        else:
            self._sink.due()

    def _is_next(self, follow: _Follow, stored: Sequence[Event]) -> bool:
        """Whether these events follow what was sent, and it is plain without the log which of them this speaker sees."""
        is_partial = follow.shown is not None or follow.ending is not None
        if self.went_over or is_partial or follow.prev is None or stored[0].seq != follow.at + 1:
            return False
        own = {self._sight.own}
        if set(self._sight.readers(follow.thread)) != own:
            return False
        return all(
            each.audience == "desk" or (each.type == "message" and each.identity_id in {0, *own}) for each in stored
        )

    def _grown(self, follow: _Follow, stored: Sequence[Event]) -> None:
        """Show what was stored without reading it back."""
        scene = self._scene(follow.thread, self._doors.services.settings.shop.assistant)
        for event in stored:
            if event.audience == "all":
                self._sink.put(frames.of_event(as_read(event), follow.prev or 0, scene))
                follow.prev = event.seq
        follow.at, follow.handled = stored[-1].seq, follow.wakes

    def _scene(self, thread: Thread, assistant: str = "") -> Scene:
        return Scene(thread.public_id, assistant, {}, self._doors.tickets.file_url)

    def _on_visitor(self, _topic: str, note: Any) -> None:
        """A thread of this speaker began, or went over to somebody who signed in."""
        if note == sight.SIGNED_IN:
            self.went_over = True
        elif isinstance(note, int) and note not in self._follows:
            self._pending.add(note)
        self._sink.due()

    def _on_typing(self, topic: str, note: Any) -> None:
        follow = self._follows.get(int(topic.partition(":")[2]))
        match note:
            case {"who": {"type": ("agent" | "assistant") as kind, "name": str(name)}, "on": bool(on)} if follow:
                who = {"type": kind, "name": "" if "@" in name else name}
                self._sink.put({"t": "typing", "conv": follow.thread.public_id, "who": who, "on": on})

    def _on_read(self, topic: str, note: Any) -> None:
        follow = self._follows.get(int(topic.partition(":")[2]))
        match note:
            case {"who": ("agent" | "customer") as who, "seq": int(seq)} if follow:
                self._sink.put({"t": "read", "conv": follow.thread.public_id, "who": who, "seq": seq})

    def _on_partial(self, on: str, note: Any) -> None:
        follow = self._follows.get(int(on.partition(":")[2]))
        match note:
            case {"turn": str(turn), "to": int(to), "text": str(text)} if follow:
                self._show(follow, Shown(turn, to, text))
            case {"turn": str(turn), "reason": str(reason)} if follow and follow.shown and follow.shown.turn == turn:
                follow.ending = {"t": "turn_end", "conv": follow.thread.public_id, "turn": turn, "reason": reason}
                follow.shown, follow.wakes = None, follow.wakes + 1
                self._sink.due()

    def _show(self, follow: _Follow, new: Shown) -> None:
        """What a reply has come to, whole or as what was added. Only who will see the message sees it before."""
        if new.to not in self._sight.readers(follow.thread):
            return
        old = follow.shown
        goes_on = old is not None and old.turn == new.turn and new.text.startswith(old.text)
        held = len(old.text) if old is not None and goes_on else 0
        follow.shown, follow.shown_times = new, follow.shown_times + 1 if held else 0
        place = {"conv": follow.thread.public_id, "turn": new.turn, "i": follow.shown_times}
        services = self._doors.services
        author = {"type": "assistant", "name": services.settings.shop.assistant}
        ts = frames.iso(services.clock.now())
        self._sink.put({"t": "delta", **place, "text": new.text[held:], "author": author, "ts": ts})

    # What the browser asks

    def thread_id(self, conv: str) -> int | None:
        """The key of a followed thread."""
        return self._known.get(conv)

    def resume(self, conv: str, after: int) -> bool:
        """Replay a thread after a number; False when it is not this speaker's."""
        follow = self._follows.get(self._known.get(conv, 0))
        if follow is None:
            return conv == self.conv
        follow.restart = max(0, after)
        self._sink.due()
        return True

    def look_again(self) -> None:
        """Read every thread once more, whether or not somebody rang."""
        for follow in self._follows.values():
            follow.wakes += 1
        self._sink.due()

    def mark(self, conv: str) -> int | None:
        """How many wakes a clean thread has seen; None when it is not clean (see `stored`)."""
        follow = self._follows.get(self._known.get(conv, 0))
        return follow.wakes if follow is not None and follow.is_clean else None

    def stored(self, accepted: Accepted, mark: int | None) -> None:
        """What was said on this connection is stored: show it without reading it back, where that is certain to be next.

        It is when nothing was unread before (`mark`), nobody else rang meanwhile, and its number follows ours."""
        thread, event = accepted.thread, accepted.event
        if not self._sight.own:
            self._sight = sight.sight_of(accepted.identity, self._sight)
        follow = self._follows.get(thread.id)
        if follow is None:
            self._follow(thread, 0)
            self._doors.services.bus.publish(self._ticket.speaker.topic, thread.id)
            return
        is_next = mark is not None and follow.wakes == mark + 1 and event.seq == follow.at + 1
        if accepted.is_repeat or not is_next or follow.prev is None or follow.is_busy or follow.restart is not None:
            return
        self._sink.put(frames.of_event(event, follow.prev, self._scene(thread)))
        follow.at = follow.prev = event.seq
        follow.handled = follow.wakes

    # The work

    @property
    def is_due(self) -> bool:
        """Whether there is something to be read."""
        return bool(self._pending) or self.went_over or any(each.is_due for each in self._follows.values())

    async def catch_up(self) -> None:
        """Send what is new until there is nothing more; one of these runs at a time."""
        while self.is_due and not self.went_over:
            for thread_id in list(self._pending):
                await self._meet(thread_id)
            for follow in [each for each in self._follows.values() if each.is_due]:
                await self._catch_up(follow)

    async def _meet(self, thread_id: int) -> None:
        """Begin to follow a thread that another connection of this speaker opened."""
        with suppress(StorageError):
            thread = await self._doors.services.database.read(lambda tx: self._joined(tx, thread_id))
            self._pending.discard(thread_id)
            if thread is not None and thread.id not in self._follows:
                self._follow(thread, 0)
            return
        await asyncio.sleep(_AGAIN_S)

    async def _joined(self, tx: Tx, thread_id: int) -> Thread | None:
        self._sight = await sight.look(tx, self._ticket.speaker)
        mine = await sight.threads_of(tx, self._ticket.speaker, self._sight)
        return next((thread for thread in mine if thread.id == thread_id), None)

    async def _catch_up(self, follow: _Follow) -> None:
        follow.is_busy = True
        try:
            while await self._next_page(follow):
                pass
            if (ending := follow.ending) is not None:  # after the message that stands for what was shown
                follow.ending = None
                self._sink.put(ending)
            current = self._doors.services.partials.current(follow.thread.id)
            if current is not None and follow.shown is None:  # begun before anybody here listened
                self._show(follow, current)
        except StorageError as error:
            _log.warning("replay waits for the storage", extra={"error": type(error).__name__})
            follow.wakes += 1
            await asyncio.sleep(_AGAIN_S)
        finally:
            follow.is_busy = False

    async def _next_page(self, follow: _Follow) -> bool:
        """Send the next frames; whether more may follow."""
        is_paced = follow.restart is not None or follow.prev is None
        if follow.restart is not None:
            follow.at, follow.prev, follow.restart = follow.restart, None, None
        follow.handled = follow.wakes
        page = await self._read(follow)
        for frame in page.frames:
            if is_paced or page.is_full:
                await self._sink.room()
            self._sink.put(frame)
            follow.prev = frame["seq"]
        follow.at = page.at
        return page.is_full

    async def _read(self, follow: _Follow) -> Page:
        services, tickets = self._doors.services, self._doors.tickets
        return await services.database.read(
            lambda tx: sight.page(tx, follow.thread, self._sight, follow.at, follow.prev, services, tickets)
        )


def _start(held: int | None, last: int) -> int:
    """Where a replay begins: after what is held; from the start if more is held than there is; at the end if unnamed."""
    if held is None:
        return last
    return held if 0 <= held <= last else 0


def _fresh(scene: Scene) -> Frame:
    owner = {"type": "assistant", "name": scene.assistant}
    return {"status": "new", "owner": owner, "agents": dict(scene.agents)}
