"""Calls customers back at the time they chose: a person is rung first, accepts by key, and is then connected with the customer.

A call-back is a timer, so it survives everything; the desk sees it as a task from the moment it was agreed. Nothing is dialled
without the consent that is kept with it, outside the hours of the customer's zone, or to somebody who asked for silence. There is no
idempotency key for a call: what was perhaps dialled is looked up before anything is dialled again. Where nobody can be rung, or
nobody accepts, the conversation goes to the desk at that time.
"""

import logging
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any, Final

from channels.errors import ChannelError
from channels.voice.provider import NAME, Telephone
from channels.voice.rest import Calls
from memory import customers, phone_calls, threads, timers
from memory.engines.base import Tx
from memory.errors import StorageError
from memory.threads import NewEvent, Thread
from memory.timers import Timer
from memory.times import from_ms, to_ms
from server import routing
from server.bus import Bell
from server.desk.hours import is_staffed
from server.inbox import wake
from server.intake.voice_calls import door
from server.intake.voice_offer import KIND, may_call
from server.services import Services

_log = logging.getLogger("onethread.callbacks")
_POLL_S: Final = 20.0
_LEASE: Final = timedelta(seconds=90)
_RINGS: Final = timedelta(seconds=60)
"""So long an attempt may be on its way before it is looked up."""
_GOING_ON: Final = frozenset({"queued", "initiated", "ringing", "in-progress"})


class CallBacks:
    """Works in call-backs that are due, for ever."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._bell = Bell()

    async def run(self) -> None:
        """Call back whoever is due, then wait."""
        with self._services.bus.listening("callbacks", self._bell.ring):
            while True:
                with suppress(StorageError):
                    await self.drain()
                await self._bell.wait(_POLL_S)

    async def drain(self) -> int:
        """One look at everything that is due; how many there were."""
        services, now = self._services, self._services.clock.now()
        if not await services.database.read(lambda tx: timers.is_due(tx, now, (KIND,))):
            return 0
        due = await services.database.write(lambda tx: timers.claim(tx, now, _LEASE, 10, kinds=(KIND,)))
        for timer in due:
            try:
                await self._work(timer)
            except ChannelError as error:
                _log.warning("a call-back was not dialled", extra={"timer": timer.key, "why": str(error)})
                await self._failed(timer, error)
        return len(due)

    async def _work(self, timer: Timer) -> None:
        body, now = timer.body, self._services.clock.now()
        numbers = self._services.settings.calls.transfer_to
        why = await self._never(timer)
        if why:
            await self._to_desk(timer, why)
        elif now >= from_ms(int(body["until"])):
            await self._to_desk(timer, "the time is over and nobody could call")
        elif not numbers or self._calls() is None:
            await self._to_desk(timer, "")
        elif body.get("dialled_at"):
            await self._look(timer)
        elif not is_staffed(self._services.settings, now) or not may_call(self._services, body["number"], now, now):
            await self._later(timer, body, timedelta(minutes=5))
        else:
            await self._ring(timer)

    def _calls(self) -> Calls | None:
        provider = self._services.lines.providers.get(NAME)
        return provider.calls if isinstance(provider, Telephone) else None

    async def _never(self, timer: Timer) -> str:
        """Why this customer may not be called at all; empty = they may."""
        if not timer.body.get("consent"):
            return "there is no consent"

        async def read(tx: Tx) -> str:
            found = await customers.proven(tx, "caller", str(timer.body["number"]))
            return routing.trouble(found) if found else ""

        return await self._services.database.read(read)

    async def _ring(self, timer: Timer) -> None:
        """Ring the person whose turn it is. The attempt is on disk before it is made."""
        services, body = self._services, timer.body
        turn, calls = int(body.get("turn", 0)), self._calls()
        numbers = services.settings.calls.transfer_to
        if calls is None or turn >= len(numbers):
            await self._to_desk(timer, "nobody accepted it")
            return
        attempt = {**body, "turn": turn, "dialled_at": to_ms(services.clock.now())}
        await self._later(timer, attempt, _RINGS)
        await calls.begin(
            numbers[turn], services.settings.twilio.voice_from, door(services, "/callback", c=body["sid"], turn=turn),
            door(services, "/callback-status", c=body["sid"], turn=turn), ring_s=services.settings.calls.ring_s,
        )  # fmt: skip

    async def _look(self, timer: Timer) -> None:
        """What became of the last attempt; only when it is over, or never was, the next one is made."""
        body, calls = timer.body, self._calls()
        numbers, turn = self._services.settings.calls.transfer_to, int(body.get("turn", 0))
        if calls is None or turn >= len(numbers):
            await self._to_desk(timer, "nobody accepted it")
            return
        since = from_ms(int(body["dialled_at"])) - timedelta(seconds=5)
        placed = await calls.recent(numbers[turn], since)
        if any(each.status in _GOING_ON for each in placed):
            await self._later(timer, body, _RINGS)
            return
        fresh = {name: value for name, value in body.items() if name != "dialled_at"}
        again = {**fresh, "turn": turn + 1 if placed else turn}
        await self._later(timer, again, timedelta())
        self._services.bus.publish("callbacks")

    async def _failed(self, timer: Timer, error: ChannelError) -> None:
        """A refused number is passed over; what may come later, or was perhaps done, is looked at later."""
        body = dict((await self._held(timer)) or timer.body)
        if error.permanent:
            body.pop("dialled_at", None)
            body["turn"] = int(body.get("turn", 0)) + 1
        await self._later(timer, body, timedelta(seconds=15) if error.permanent else _RINGS)

    async def _held(self, timer: Timer) -> Mapping[str, Any] | None:
        return await self._services.database.read(lambda tx: timers.body_of(tx, timer.key))

    async def _later(self, timer: Timer, body: Mapping[str, Any], after: timedelta) -> None:
        now = self._services.clock.now()

        async def unit(tx: Tx) -> None:
            await timers.start(tx, timer.key, KIND, timer.thread_id, now + after, now, body)

        await self._services.database.write(unit)

    async def _to_desk(self, timer: Timer, why: str) -> None:
        """The desk calls: the conversation is theirs from now on, and says whom to call and why."""
        services, now = self._services, self._services.clock.now()
        cause = f" ({why})" if why else ""
        line = NewEvent("note", {"text": f"Call-back due now: {timer.body['number']}{cause}."}, channel="voice")

        async def unit(tx: Tx) -> Thread | None:
            await timers.stop(tx, timer.key)
            thread = await threads.by_id(tx, timer.thread_id, lock=True)
            if thread is None:
                return None
            new = [line, *_handing_over(thread)]
            return (await threads.append_to(tx, thread, new, now))[0]

        thread = await services.database.write(unit)
        if thread is not None:
            wake(services, thread)


def _handing_over(thread: Thread) -> list[NewEvent]:
    """What gives a conversation to the desk; nothing where a person has it, or it waits for one."""
    if thread.state.owner_kind != "assistant" or thread.state.status == "closed":
        return []
    reopened = [NewEvent("reopened", {"by": "system"}, "all")] if thread.state.status == "resolved" else []
    return [*reopened, NewEvent("handoff", {"reason": "requested"}, "all", "assistant")]


async def next_person(services: Services, sid: str, turn: int) -> None:
    """Whoever was rung did not accept: the next one is rung at once."""
    now = services.clock.now()

    async def unit(tx: Tx) -> bool:
        call = await phone_calls.by_sid(tx, sid)
        if call is None or call.body.get("called_back") is not None:
            return False
        key = f"{KIND}:{call.number}"
        body = await timers.body_of(tx, key)
        if body is None or int(body.get("turn", 0)) != turn:
            return False
        fresh = {name: value for name, value in body.items() if name != "dialled_at"}
        await timers.start(tx, key, KIND, call.thread_id, now, now, {**fresh, "turn": turn + 1})
        return True

    if await services.database.write(unit):
        services.bus.publish("callbacks")


async def connect(services: Services, sid: str, turn: int, now: datetime) -> bool:
    """A person accepted: nobody else is rung. False when it was done, or called off, before."""

    async def unit(tx: Tx) -> bool:
        call = await phone_calls.by_sid(tx, sid)
        if call is None or not call.number or await timers.body_of(tx, f"{KIND}:{call.number}") is None:
            return False
        await timers.stop(tx, f"{KIND}:{call.number}")
        await phone_calls.remember(tx, sid, called_back=turn, called_back_at=to_ms(now))
        return True

    return await services.database.write(unit)
