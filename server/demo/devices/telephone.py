"""Everybody's telephone: one call at a time for each number, to the shop or from it."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, Final

import httpx2

from server.clock import Clock
from server.demo.devices.account import Account
from server.demo.devices.cast import Part
from server.demo.devices.hearing import CHARS_PER_S
from server.demo.devices.line import Input, Line
from server.errors import RefusedInput

_log = logging.getLogger("onethread.demo")
_KEYS: Final = frozenset("0123456789*#")
_LONGEST: Final = 500


class Telephone:
    """Calls by whoever makes them. `pace` = letters that the shop's voice speaks in a second."""

    def __init__(
        self,
        account: Account,
        clock: Clock,
        client: httpx2.AsyncClient,
        changed: Callable[[], None],
        group: asyncio.TaskGroup,
        pace: float = CHARS_PER_S,
        parts: Sequence[Part] = (),
    ) -> None:
        self._account = account
        self._clock = clock
        self._client = client
        self._changed = changed
        self._group = group
        self._pace = pace
        self._by_number = {part.phone: part for part in parts}
        self._lines: dict[str, Line] = {}
        self._running: dict[str, asyncio.Task[None]] = {}

    def line(self, part: Part) -> Line | None:
        """The call of somebody: the one that goes on, else the last one."""
        return self._lines.get(part.id)

    @property
    def faults(self) -> list[str]:
        """What the provider would log against the shop, of every call that is shown."""
        return [fault for line in self._lines.values() for fault in line.faults]

    def dial(self, part: Part, *, language: str = "en-US", verstat: str = "TN-Validation-Passed-A") -> Line:
        """Call the shop. Raises RefusedInput while a call goes on."""
        if part.id in self._running:
            raise RefusedInput("busy", "a call is going on: hang up first")
        line = Line(
            self._account, self._clock, part, self._client, self._changed, language=language, verstat=verstat,
            pace=self._pace,
        )  # fmt: skip
        self._begin(line, f"{self._account.public_url}/webhooks/twilio/voice")
        return line

    def _begin(self, line: Line, url: str) -> None:
        self._lines[line.part.id] = line
        self._running[line.part.id] = self._group.create_task(self._call(line, url))
        self._changed()

    async def _call(self, line: Line, url: str) -> None:
        try:
            await line.call(url)
        except asyncio.CancelledError:
            if line.hung_up_by != "caller":
                raise
            if line.farewell is not None:
                await line.fetch(line.farewell.url, line.farewell.form)
        except Exception as error:  # the edge of a call: it ends, and whoever made it sees why
            _log.exception("a call broke")
            line.fault(f"the call broke ({type(error).__name__})")
        finally:
            line.state = "ended"
            self._running.pop(line.part.id, None)
            self._changed()

    def ring(self, number: str, url: str, *, ring_s: float, status: str, events: frozenset[str]) -> Line | None:
        """Let the shop ring a number; None where nobody has it, or somebody talks on it."""
        part = self._by_number.get(number)
        if part is None or part.id in self._running:
            return None
        line = Line(
            self._account, self._clock, part, self._client, self._changed, pace=self._pace, direction="outbound-api"
        )
        self._lines[part.id] = line
        self._running[part.id] = self._group.create_task(self._rung(line, url, ring_s, status, events))
        self._changed()
        return line

    async def _rung(self, line: Line, url: str, ring_s: float, status: str, events: frozenset[str]) -> None:
        """Ring until somebody answers; then the call goes as its URL says."""

        async def tell(event: str, now: str) -> None:
            if status and event in events:
                await line.fetch(status, {"CallStatus": now, "CallbackSource": "call-progress-events"})

        try:
            await tell("initiated", "initiated")
            await tell("ringing", "ringing")
            with suppress(TimeoutError):
                async with asyncio.timeout(ring_s):
                    await line.picked_up.wait()
        except asyncio.CancelledError:
            if line.hung_up_by != "caller":
                raise
        if not line.picked_up.is_set() or line.hung_up_by:
            line.state = "ended"
            self._running.pop(line.part.id, None)
            await tell("completed", "no-answer")
            self._changed()
            return
        line.state = "talking"
        await tell("answered", "in-progress")
        await self._call(line, url)
        await tell("completed", "completed")

    def answer(self, part: Part) -> None:
        """Take the shop's call. Raises RefusedInput when none is ringing."""
        line = self._lines.get(part.id)
        if line is None or line.state != "ringing" or line.direction == "inbound":
            raise RefusedInput("call", "nobody is calling")
        line.picked_up.set()

    def hang_up_by_shop(self, sid: str) -> bool:
        """End a call by its id; False where it is over already."""
        for line in self._lines.values():
            task = self._running.get(line.part.id)
            if line.sid == sid and task is not None:
                line.hung_up_by = "caller"  # the provider posts what it posts when a leg ends
                line.state = "ended"
                task.cancel()
                return True
        return False

    def speaks(self, part: Part) -> None:
        """The caller begins to speak: the shop's voice stops where it may be interrupted."""
        if line := self._talking(part):
            line.inputs.put_nowait(Input("began"))

    def say(self, part: Part, text: str) -> None:
        """The caller says something. Raises RefusedInput without a call or words."""
        line, words = self._talking(part), " ".join(text.split())[:_LONGEST]
        if line is None or not words:
            raise RefusedInput("call", "dial first, then say something")
        line.ear.note("caller", words, line.now)
        line.inputs.put_nowait(Input("said", words))
        self._changed()

    def press(self, part: Part, key: str) -> None:
        """The caller presses a key. Raises RefusedInput without a call or such a key."""
        line = self._talking(part)
        if line is None or key not in _KEYS:
            raise RefusedInput("call", "dial first, then press one of 0-9, * and #")
        line.inputs.put_nowait(Input("key", key))
        self._changed()

    def colleague(self, part: Part, *, takes: bool) -> None:
        """The person whom the shop rings answers, accepts or hangs up. Raises RefusedInput when nobody is being rung."""
        line = self._talking(part)
        if line is None or line.transfer is None or line.transfer.answer is None:
            raise RefusedInput("call", "nobody is being rung")
        if not line.transfer.answer.done():
            line.transfer.answer.set_result(takes)

    async def hang_up(self, part: Part) -> None:
        """The caller hangs up; over when the line is free again."""
        task, line = self._running.get(part.id), self._lines.get(part.id)
        if task is None or line is None:
            return
        line.hung_up_by = "caller"
        line.state = "ended"
        line.ear.cut()
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task

    async def close(self) -> None:
        """End every call."""
        for line in list(self._lines.values()):
            await self.hang_up(line.part)

    def _talking(self, part: Part) -> Line | None:
        line = self._lines.get(part.id)
        return line if line is not None and line.state == "talking" else None

    def shown(self, part: Part) -> dict[str, Any] | None:
        """The call as the page shows it."""
        line = self._lines.get(part.id)
        if line is None:
            return None
        transfer = line.transfer
        return {
            "sid": line.sid,
            "incoming": line.direction != "inbound",
            "state": line.state,
            "speaking": line.state == "talking" and line.ear.is_speaking,
            "transcript": line.ear.shown(),
            "transfer": transfer
            and {
                "to": transfer.to,
                "whisper": transfer.whisper,
                "needs_key": transfer.needs_key,
                "bridged": transfer.is_bridged,
            },
            "ended_by": line.hung_up_by,
        }
