"""Follows the desk for one console: the inbox, the open threads, what stands beside them, who is here.

Subscribes first and reads the log afterwards; the bus only says that something changed. Every read asks in the same snapshot
whether the session still stands, so nothing is sent after it ended. Changes of the inbox are gathered and sent five times a second at
most.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Protocol, TypeVar

import msgspec

from memory import agents, threads
from memory.agents import Agent
from memory.engines.base import Tx
from memory.errors import StorageError
from memory.threads import Thread
from server.api import documents
from server.api.documents import Beside, Document
from server.bus import Bell
from server.console.room import Room, Seat
from server.console.sessions import signed_in
from server.intake.framing import Frame

T = TypeVar("T")
CHECK_S: Final = 5.0
PRESENCE_S: Final = 15.0
GATHER_S: Final = 0.2
OPEN_AT_MOST: Final = 20
_AGAIN_S: Final = 0.5
_PAGE: Final = 100
_ROWS_A_FRAME: Final = 40
_ROWS_AT_START: Final = {"new": 300, "open": 600, "pending": 300, "resolved": 100}
_RECENT: Final = 40


class SignedOut(Exception):
    """The session ended: by hand, by time, or because its agent was disabled."""


class Sink(Seat, Protocol):
    """Where frames go."""

    def put(self, frame: Frame) -> None:
        """Queue a frame; a full queue ends the connection."""
        ...

    async def room(self) -> None:
        """Wait until a replay may go on."""
        ...


@dataclass(slots=True)
class _Open:
    """A thread that the console shows, sent up to `at`."""

    thread_id: int
    conv: str
    at: int
    is_due: bool = True
    is_beside_due: bool = True
    customer_read: int = 0


@dataclass(slots=True)
class _Round:
    """What one round of reading found. `rows` are (thread, its public id, its row; None = it left the inbox)."""

    agent: Agent
    rows: list[tuple[int, str, Document | None]] = field(default_factory=list)
    present: list[tuple[int, str]] | None = None


class Feed:
    """What one console is told, from its `hello` to its end."""

    def __init__(self, room: Room, sink: Sink) -> None:
        self._room = room
        self._sink = sink
        self._bus = room.services.bus
        self._bell = Bell()
        self._open: dict[int, _Open] = {}
        self._asked: dict[str, int] = {}
        self._rows: set[int] = set()
        self._sent: dict[int, bytes] = {}
        self._notes: list[Frame] = []
        self._is_presence_due = True
        self._is_recent_due = False
        self._inbox_at = 0.0
        self._seen_at = 0.0
        self._loop = asyncio.get_running_loop()
        self.is_away = False
        self.agent = sink.session.agent

    # Beginning and end

    async def start(self, seen: Mapping[str, int]) -> None:
        """Subscribe, then send the inbox as it stands. Raises SignedOut, StorageError."""
        self._bus.listen("inbox", self._on_inbox)
        self._bus.listen("presence", self._on_presence)
        for conv, last in list(seen.items())[:OPEN_AT_MOST]:
            self.open(conv, last)
        await self._be_seen()
        rows = await self._read(_snapshot)
        self._sent = {thread_id: msgspec.json.encode(row) for thread_id, row in rows}
        for frame in inbox_frames([row for _, row in rows]):
            await self._sink.room()
            self._sink.put(frame)
        self._bell.ring()

    async def end(self) -> None:
        """Stop listening; an agent without a console is not here any more."""
        self._bus.forget("inbox", self._on_inbox)
        self._bus.forget("presence", self._on_presence)
        for thread_id in list(self._open):
            self._forget(thread_id)
        if self._room.rise(self._sink):
            services = self._room.services
            with suppress(StorageError):
                await services.database.write(lambda tx: agents.left(tx, self.agent.id, services.instance))
        self._bus.publish("presence")

    # What the console asks

    def open(self, conv: str, last_seq: int) -> None:
        """Show a thread from a number on; known ones are shown again from there."""
        if len(self._open) + len(self._asked) < OPEN_AT_MOST or conv in {each.conv for each in self._open.values()}:
            self._asked[conv] = last_seq
            self._bell.ring()

    def leave(self, conv: str) -> None:
        """Not this thread any more."""
        self._asked.pop(conv, None)
        for thread_id, each in list(self._open.items()):
            if each.conv == conv:
                self._forget(thread_id)

    def thread_id(self, conv: str) -> int | None:
        """The key of an open thread."""
        return next((each.thread_id for each in self._open.values() if each.conv == conv), None)

    def check(self) -> None:
        """Look again now."""
        self._bell.ring()

    def _follow(self, thread: Thread, at: int) -> None:
        if thread.id not in self._open:
            for topic, listener in self._listeners(thread.id):
                self._bus.listen(topic, listener)
        self._open[thread.id] = _Open(thread.id, thread.public_id, at if at <= thread.state.last_seq else 0)

    def _forget(self, thread_id: int) -> None:
        for topic, listener in self._listeners(thread_id):
            self._bus.forget(topic, listener)
        del self._open[thread_id]

    def _listeners(self, thread_id: int) -> list[tuple[str, Callable[[str, Any], None]]]:
        return [
            (f"thread:{thread_id}", self._on_thread),
            (f"panel:{thread_id}", self._on_panel),
            (f"typing:{thread_id}", self._on_typing),
            (f"read:{thread_id}", self._on_read),
        ]

    # What the bus says

    def _opened(self, topic: str) -> _Open | None:
        return self._open.get(int(topic.partition(":")[2]))

    def _on_inbox(self, _topic: str, note: Any) -> None:
        if isinstance(note, int):
            self._rows.add(note)
            self._bell.ring()

    def _on_presence(self, _topic: str, _note: Any) -> None:
        self._is_presence_due = True
        self._bell.ring()

    def _on_thread(self, topic: str, _note: Any) -> None:
        if each := self._opened(topic):
            each.is_due = True
            self._bell.ring()

    def _on_panel(self, topic: str, _note: Any) -> None:
        if each := self._opened(topic):
            each.is_beside_due = True
            self._bell.ring()

    def _on_typing(self, topic: str, note: Any) -> None:
        each = self._opened(topic)
        match note:
            case {"who": {"type": ("customer" | "agent" | "assistant") as kind, "name": str(name)}, "on": bool(on)} if (
                each
            ):
                if note["who"].get("id") != self.agent.id:
                    self._say({"t": "typing", "conv": each.conv, "who": {"type": kind, "name": name}, "on": on})

    def _on_read(self, topic: str, note: Any) -> None:
        each = self._opened(topic)
        match note:
            case {"who": ("agent" | "customer") as who, "seq": int(seq)} if each:
                self._say({"t": "read", "conv": each.conv, "who": who, "seq": seq})

    def _say(self, frame: Frame) -> None:
        self._notes.append(frame)
        self._bell.ring()

    # The loop

    async def run(self) -> None:
        """Send what is new, for ever. Raises SignedOut."""
        while True:
            was_rung = await self._bell.wait(self._pause())
            if not was_rung:
                self._look_at_everything()
            try:
                await self._round()
            except StorageError:
                await asyncio.sleep(_AGAIN_S)
                self._bell.ring()

    def _pause(self) -> float:
        return max(0.0, self._inbox_at + GATHER_S - self._loop.time()) if self._rows else CHECK_S

    def _look_at_everything(self) -> None:
        """A wake-up may have been lost, or come from another process: nothing may stay unseen for long."""
        self._is_presence_due = self._is_recent_due = True
        for each in self._open.values():
            each.is_due = True

    async def _round(self) -> None:
        if self._loop.time() - self._seen_at >= PRESENCE_S:
            await self._be_seen()
        await self._open_asked()
        self._tell(await self._look())
        for each in list(self._open.values()):
            if each.is_due:
                await self._catch_up(each)
            if each.is_beside_due:
                await self._look_beside(each)

    async def _look(self) -> _Round:
        """Read the rows that may have changed, if it is time, and who is here, if that may have changed."""
        wants, self._is_presence_due = self._is_presence_due, False
        recent, self._is_recent_due = (_RECENT if self._is_recent_due else 0), False
        rows: set[int] = set()
        if self._loop.time() - self._inbox_at >= GATHER_S:
            rows, self._rows = self._rows, rows
        now = self._room.services.clock.now() if wants else None
        try:
            return await self._read(lambda tx, agent: _gathered(tx, agent, frozenset(rows), recent, now))
        except StorageError:
            self._rows |= rows
            self._is_presence_due = self._is_presence_due or wants
            raise

    def _tell(self, found: _Round) -> None:
        self.agent = found.agent
        notes, self._notes = self._notes, []
        for frame in notes:
            self._sink.put(frame)
        self._tell_inbox(found)
        if found.present is not None:
            looking = self._room.looking()
            here = [_presence(agent_id, name, looking.get(agent_id)) for agent_id, name in found.present]
            self._sink.put({"t": "presence", "agents": here})

    def _tell_inbox(self, found: _Round) -> None:
        rows, removed = [], []
        for thread_id, conv, row in found.rows:
            if row is None:
                if self._sent.pop(thread_id, None) is not None:
                    removed.append(conv)
            elif (encoded := msgspec.json.encode(row)) != self._sent.get(thread_id):
                self._sent[thread_id] = encoded
                rows.append(row)
        if rows or removed:
            self._inbox_at = self._loop.time()
            for frame in inbox_frames(rows, removed, is_whole=False):
                self._sink.put(frame)

    async def _open_asked(self) -> None:
        while self._asked:
            conv, last_seq = next(iter(self._asked.items()))
            thread = await self._read(lambda tx, _agent, conv=conv: threads.by_public_id(tx, conv))  # type: ignore[misc]  # bound per turn of the loop
            if self._asked.pop(conv, None) is None:
                continue
            if thread is None:
                self._sink.put({"t": "error", "code": "not_found", "conv": conv, "message": "no such conversation"})
            else:
                self._follow(thread, last_seq)

    async def _catch_up(self, each: _Open) -> None:
        """Send the events of a thread that are not sent yet."""
        while each.thread_id in self._open and self._open[each.thread_id] is each:
            each.is_due = False
            page = await self._read(lambda tx, _agent: threads.events(tx, each.thread_id, each.at, _PAGE))
            for event in page:
                await self._sink.room()
                self._sink.put({"t": "event", **documents.event_document(event, each.conv)})
                each.at = event.seq
            each.is_beside_due = each.is_beside_due or bool(page)
            if len(page) < _PAGE:
                return

    async def _look_beside(self, each: _Open) -> None:
        """Send what stands beside a thread, and how far the customer has read."""
        each.is_beside_due = False
        found = await self._read(lambda tx, _agent: _beside(tx, each.thread_id))
        if found is None:
            return
        stored, customer_read = found
        panel = await documents.panel(self._room.services, stored)
        await self._read(_nothing)
        self._sink.put({"t": "panel", **panel})
        if customer_read > each.customer_read:
            each.customer_read = customer_read
            self._sink.put({"t": "read", "conv": each.conv, "who": "customer", "seq": customer_read})

    # Presence and reading

    async def be_away(self, *, away: bool) -> None:
        """The agent steps out, or is back."""
        if self.is_away != away:
            self.is_away = away
            await self._be_seen()
            self._bus.publish("presence")

    async def _be_seen(self) -> None:
        services = self._room.services
        now = services.clock.now()
        is_first = self._seen_at == 0.0
        self._seen_at = self._loop.time()
        await services.database.write(
            lambda tx: agents.seen(tx, self.agent.id, services.instance, now, away=self.is_away)
        )
        if is_first:
            self._bus.publish("presence")

    async def _read(self, unit: Callable[[Tx, Agent], Awaitable[T]]) -> T:
        """Read, but only while the session stands. Raises SignedOut, StorageError."""
        secret, now = self._sink.session.secret, self._room.services.clock.now()

        async def checked(tx: Tx) -> T:
            agent = await signed_in(tx, secret, now)
            if agent is None:
                raise SignedOut
            return await unit(tx, agent)

        return await self._room.services.database.read(checked)


async def _snapshot(tx: Tx, agent: Agent) -> list[tuple[int, Document]]:
    """The inbox as it stands: everything that is open, and what was resolved last."""
    return [
        (thread.id, await documents.row(tx, thread, agent.id))
        for status, most in _ROWS_AT_START.items()
        for thread in await threads.inbox(tx, status=status, limit=most)
    ]


async def _gathered(tx: Tx, agent: Agent, wanted: frozenset[int], recent: int, now: datetime | None) -> _Round:
    """Rows by key, so many that moved last (a wake-up may have been lost) and, with a time, who is here."""
    found = _Round(agent)
    keys = dict.fromkeys(wanted)
    if now is not None:
        found.present = await agents.present(tx, now)
    if recent:
        keys.update({thread.id: None for thread in await threads.inbox(tx, limit=recent)})
    for thread_id in keys:
        thread = await threads.by_id(tx, thread_id)
        if thread is not None and thread.state.last_seq:
            row = None if thread.state.status == "closed" else await documents.row(tx, thread, agent.id)
            found.rows.append((thread.id, thread.public_id, row))
    return found


async def _nothing(_tx: Tx, _agent: Agent) -> None:
    """Only the check of the session: the order system may have taken its time."""


async def _beside(tx: Tx, thread_id: int) -> tuple[Beside, int] | None:
    thread = await threads.by_id(tx, thread_id)
    if thread is None:
        return None
    return await documents.beside(tx, thread), await threads.read_up_to(tx, thread_id, "customer")


def _presence(agent_id: int, name: str, conv: str | None) -> Document:
    here: Document = {"id": str(agent_id), "name": name, "online": True}
    return {**here, "conv": conv} if conv else here


def inbox_frames(rows: list[Document], removed: Iterable[str] = (), *, is_whole: bool = True) -> list[Frame]:
    """Rows in frames of a bearable size. The whole inbox begins with `reset` and ends with `last`."""
    parts = [rows[at : at + _ROWS_A_FRAME] for at in range(0, len(rows), _ROWS_A_FRAME)] or [[]]
    frames: list[Frame] = [{"t": "inbox", "rows": part, "removed": []} for part in parts]
    frames[0]["removed"] = list(removed)
    if is_whole:
        frames[0]["reset"] = frames[-1]["last"] = True
    return frames
