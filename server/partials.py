"""Replies while they are written: shown in the widget sentence by sentence, stored nowhere, replaced by the message of the commit.

Whoever writes hands over sentences that may be said. Before each goes out the thread is looked at once more: when somebody else
spoke or took over, what was shown is withdrawn and nothing follows. However the turn ends, its partial text ends with it, after
the message that stands for it was committed.

On the bus, `partial:ID` carries `{"turn","to","text"}`, the whole text so far, so that whoever misses a note is whole again with
the next one; then `{"turn","to","reason"}`, reason = `done` or `cancelled`.
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

from memory import threads, turns
from memory.engines.base import Database, Tx
from memory.errors import StorageError
from memory.ids import new_public_id
from memory.threads import Thread
from memory.turns import Claim
from server.bus import LocalBus

_AT_MOST_EVERY_S: Final = 0.05


def topic(thread_id: int) -> str:
    """Where the partial texts of a thread are told."""
    return f"partial:{thread_id}"


def has_moved(now: Thread, then: Thread) -> bool:
    """Whether somebody spoke in a thread, or it went to somebody else."""
    return (now.state.last_customer_seq, now.state.owner_kind, now.state.owner_id) != (
        then.state.last_customer_seq,
        then.state.owner_kind,
        then.state.owner_id,
    )


@dataclass(frozen=True, slots=True)
class Shown:
    """What readers of a thread see of a reply that is being written. `to` is the identity that it is written to."""

    turn: str
    to: int
    text: str


class Partials:
    """The replies that this process is writing now."""

    def __init__(self, database: Database, bus: LocalBus) -> None:
        self._database = database
        self._bus = bus
        self._open: dict[int, Shown] = {}

    def current(self, thread_id: int) -> Shown | None:
        """What is shown of the reply that is being written to a thread, for who comes in the middle of it."""
        return self._open.get(thread_id)

    @contextmanager
    def writing(self, thread: Thread, claim: Claim, to: int) -> Iterator["Partial"]:
        """A reply of a turn; what was shown of it is withdrawn at the end, unless it is `done` by then."""
        partial = Partial(self, thread, claim, to)
        try:
            yield partial
        finally:
            partial.take_back()

    async def is_ours(self, claim: Claim, then: Thread) -> bool:
        """Whether a turn still has the word. False, too, when that cannot be known."""

        async def unit(tx: Tx) -> bool:
            held, thread = await turns.get(tx, claim.thread_id), await threads.by_id(tx, claim.thread_id)
            return held is not None and held.fence == claim.fence and thread is not None and not has_moved(thread, then)

        try:
            return await self._database.read(unit)
        except StorageError:
            return False

    def show(self, thread_id: int, shown: Shown) -> None:
        """Tell what is shown from now on."""
        self._open[thread_id] = shown
        self._tell(thread_id, {"turn": shown.turn, "to": shown.to, "text": shown.text})

    def end(self, thread_id: int, turn: str, to: int, reason: str) -> None:
        """Tell that nothing more comes."""
        self._open.pop(thread_id, None)
        self._tell(thread_id, {"turn": turn, "to": to, "reason": reason})

    def _tell(self, thread_id: int, note: dict[str, Any]) -> None:
        self._bus.publish(topic(thread_id), note)


class Partial:
    """One reply in the making."""

    def __init__(self, partials: Partials, thread: Thread, claim: Claim, to: int) -> None:
        self._partials = partials
        self._thread = thread
        self._claim = claim
        self._to = to
        self._turn = ""
        self._text = ""
        self._told = ""
        self._told_at = 0.0
        self._is_over = False

    async def say(self, text: str) -> None:
        """Show the next sentences, if the turn still has the word; a little later, where they come fast."""
        if self._is_over:
            return
        self._text += text
        now = asyncio.get_running_loop().time()
        if now - self._told_at < _AT_MOST_EVERY_S:
            return
        if not await self._partials.is_ours(self._claim, self._thread):
            self.take_back()
            self._is_over = True
            return
        self._turn = self._turn or new_public_id("turn")
        self._told, self._told_at = self._text, now
        self._partials.show(self._thread.id, Shown(self._turn, self._to, self._text.strip()))

    def take_back(self) -> None:
        """Show nothing of it any more; what is said from here on begins anew."""
        self._end("cancelled")

    def done(self) -> None:
        """The message that stands for it is committed."""
        self._end("done")
        self._is_over = True

    def _end(self, reason: str) -> None:
        if self._told:
            self._partials.end(self._thread.id, self._turn, self._to, reason)
        self._turn = self._text = self._told = ""
