"""Works in what Slack said: stored calls become acts of agents, each once, those of one conversation in their order.

A call is in the journal before Slack gets its answer. One whose work broke off is worked in again: every act carries a key, so
the second time changes nothing. What was worked in is never worked in again, not by a replay either.
"""

import asyncio
import logging
from contextlib import suppress
from datetime import timedelta
from typing import Final

import msgspec

from memory import journal
from memory import slack as kept
from memory.engines.base import Tx
from memory.errors import StorageError
from memory.journal import Call
from server import telemetry
from server.bus import Bell
from server.desk.slack.acting import Acts
from server.desk.slack.api import Later, SlackTrouble, Stopped, Unsure
from server.desk.slack.reading import Clicked, Happening, Said, Submitted, happening
from server.services import Services

_log = logging.getLogger("onethread.slack")
SOURCE: Final = "slack/"
_LEASE: Final = timedelta(seconds=45)
_BATCH: Final = 40
_PAUSES: Final = (
    timedelta(seconds=1), timedelta(seconds=5), timedelta(seconds=30), timedelta(minutes=2), timedelta(minutes=10),
    timedelta(hours=1),
)  # fmt: skip
_POLL_S: Final = 1.0
_KEPT_FOR: Final = timedelta(days=31)
"""Longer than the journal keeps calls, which may be replayed as long as they are there."""


class Worker:
    """Works calls in for ever. `stopped` is set when the token is good for nothing any more."""

    def __init__(self, services: Services, acts: Acts, *, poll_s: float = _POLL_S) -> None:
        self._services = services
        self._acts = acts
        self._poll_s = poll_s
        self._bell = Bell()
        self._forgot_at = services.clock.now()
        self.stopped: Stopped | None = None

    async def run(self) -> None:
        """Work in what waits, then wait for more. Raises Stopped."""
        with self._services.bus.listening("calls", self._bell.ring):
            while True:
                with suppress(StorageError):
                    while await self.drain():
                        pass
                    await self._forget()
                await self._bell.wait(self._poll_s)

    async def drain(self) -> int:
        """Work in one batch of calls that are due; how many there were. Raises Stopped, StorageError."""
        services, now = self._services, self._services.clock.now()
        if not await services.database.read(lambda tx: journal.is_due(tx, now, SOURCE)):
            return 0
        calls = await services.database.write(lambda tx: journal.claim(tx, now, _LEASE, _BATCH, within=SOURCE))
        groups: dict[str, list[tuple[Call, Happening | None]]] = {}
        for call in calls:
            found = _read(call)
            groups.setdefault(_place(found), []).append((call, found))
        async with asyncio.TaskGroup() as group:
            for together in groups.values():
                group.create_task(self._in_order(together))
        if self.stopped is not None:
            raise self.stopped
        return len(calls)

    async def _in_order(self, calls: list[tuple[Call, Happening | None]]) -> None:
        for call, found in calls:
            try:
                await self._work(call, found)
            except StorageError:  # its lease ends, and it is worked in then
                return

    async def _work(self, call: Call, found: Happening | None) -> None:
        if found is None or await self._services.database.read(lambda tx: kept.is_done(tx, call.key)):
            await self._services.database.write(lambda tx: journal.done(tx, [call.id]))
            return
        try:
            await self._acts.do(found)
        except (Later, Unsure, Stopped, OSError) as trouble:
            self.stopped = trouble if isinstance(trouble, Stopped) else self.stopped
            await self._again(call, str(trouble) or type(trouble).__name__)
            return
        except SlackTrouble as trouble:
            _log.warning("Slack did not take an answer", extra={"call": call.id, "error": trouble.error})
        except StorageError:
            raise
        except Exception:  # the edge of a delivery, to us: tried again, then given up, and the journal shows it
            telemetry.errors.labels("slack").inc()
            _log.exception("a call of Slack was not worked in", extra={"call": call.id})
            await self._again(call, "it broke the program; see the log")
            return
        await self._services.database.write(lambda tx: _done(tx, self._services, call))

    async def _again(self, call: Call, why: str) -> None:
        now = self._services.clock.now()
        if call.attempts > len(_PAUSES):
            _log.warning("a call of Slack was given up", extra={"call": call.id, "why": why})
            await self._services.database.write(lambda tx: journal.give_up(tx, call.id, why))
            return
        at = now + _PAUSES[call.attempts - 1]
        await self._services.database.write(lambda tx: journal.later(tx, call.id, at, why))

    async def _forget(self) -> None:
        now = self._services.clock.now()
        if now - self._forgot_at > timedelta(hours=1):
            self._forgot_at = now
            await self._services.database.write(lambda tx: kept.forget_before(tx, now - _KEPT_FOR))


async def _done(tx: Tx, services: Services, call: Call) -> None:
    await kept.done(tx, call.key, services.clock.now())
    await journal.done(tx, [call.id])


def _read(call: Call) -> Happening | None:
    try:
        payload = msgspec.json.decode(call.body)
        return happening(payload) if isinstance(payload, dict) else None
    except (msgspec.DecodeError, ValueError, AttributeError, TypeError):
        return None


def _place(found: Happening | None) -> str:
    """What is done in one place is done in order."""
    match found:
        case Said():
            return f"{found.channel}/{found.thread_ts}"
        case Clicked():
            return f"{found.channel}/{found.ts}"
        case Submitted():
            return f"/{found.user}"
    return ""
