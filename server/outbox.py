"""The outbox: what was said on a channel with a provider leaves from here, once.

A message is put here by the unit that commits it, taken under a lease, handed to its channel's sender outside of any
transaction, and marked with the outcome. Where its own way is shut it goes another (`routing`), or waits, and the thread says
so. Whether a provider acted may be unknown (a time-out, a crash): then it is asked, and
only what it never saw is sent again. What cannot be delivered stands at the desk, and goes to a person where nobody watches.
"""

import asyncio
import logging
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from channels.channel import Provider
from channels.errors import ChannelError, NeverKnown, NotNow, OptedOut, OutcomeUnknown, Refused, WindowShut
from channels.message import Address, Choice, Outbound
from memory import customers, outbox, threads
from memory.customers import Identity
from memory.engines.base import Tx
from memory.errors import StorageError
from memory.outbox import Parcel, Sent
from memory.threads import NewEvent, Thread
from memory.times import from_ms
from server import mail_threads, routing, telemetry, undelivered
from server.bus import Bell
from server.desk.handoff import Package
from server.dispatch import give_way
from server.inbox import wake
from server.receipts import apply_kept
from server.services import Services

_log = logging.getLogger("onethread.outbox")
_AT_ONCE: Final = 16
_IDLE_POLL_S: Final = 5.0
_LEASE: Final = timedelta(seconds=60)  # longer than any send: a worker that lives marks its message before
_SETTLE: Final = timedelta(seconds=15)  # a provider may still be at it when our patience ends
_LONGEST_PAUSE: Final = timedelta(minutes=10)
_TRIES: Final = 12  # a little over an hour


class _Shut(Exception):
    """The channel's window is over and no template may carry the message."""


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What came of a try. `after` = when the message is taken up again; `is_unsure` = it was perhaps sent all the same;
    `stops` = they want no messages at this address."""

    state: str
    provider_id: str = ""
    error: str = ""
    after: timedelta | None = None
    is_unsure: bool = False
    stops: bool = False


class Outbox:
    """Sends what is due through each channel's provider. `send_s` = how long one may take, below the lease."""

    def __init__(self, services: Services, *, send_s: float = 20.0) -> None:
        self._services = services
        self._send_s = send_s
        self._bell = Bell()
        self._slots = asyncio.Semaphore(_AT_ONCE)

    async def run(self) -> None:
        """Send whatever comes due, for ever."""
        with self._services.bus.listening("outbox", self._bell.ring):
            async with asyncio.TaskGroup() as running:
                while True:
                    try:
                        for parcel, is_unknown in await self._take(_AT_ONCE):
                            await self._slots.acquire()
                            running.create_task(self._in_slot(parcel, is_unknown), name=f"outbox {parcel.id}")
                        pause = await self._until_next()
                    except StorageError:
                        pause = 1.0
                    await self._bell.wait(pause)

    async def drain(self) -> int:
        """Deliver everything that is due now, one by one; how many tries it took."""
        tries = 0
        while taken := await self._take(1):
            for parcel, is_unknown in taken:
                await self.deliver(parcel, is_unknown=is_unknown)
                tries += 1
        return tries

    async def deliver(self, parcel: Parcel, *, is_unknown: bool = False) -> None:
        """One try with a message that this worker holds: send it, or ask whether it was sent."""
        outcome = await (self._ask(parcel) if is_unknown else self._send(parcel))
        if outcome.after is not None and self._is_over(parcel):
            is_unsure = outcome.state == "unknown"
            outcome = _Outcome("failed", error=outcome.error or "it never got through", is_unsure=is_unsure)
        try:
            await self._record(parcel, outcome)
        except StorageError:  # the lease runs out, then the provider is asked
            _log.warning("an outcome was not recorded", extra={"key": parcel.key, "state": outcome.state})
            return
        if outcome.provider_id:
            await apply_kept(self._services, parcel.channel, outcome.provider_id)

    def _is_over(self, parcel: Parcel) -> bool:
        """Whether a message was tried long enough."""
        line = self._services.lines.channel(parcel.channel)
        patience = line.capabilities.patience if line else timedelta(hours=1)
        return parcel.attempts >= _TRIES and self._services.clock.now() - from_ms(parcel.created_at) >= patience

    async def _in_slot(self, parcel: Parcel, is_unknown: bool) -> None:
        try:
            await self.deliver(parcel, is_unknown=is_unknown)
        finally:
            self._slots.release()
            self._bell.ring()

    async def _take(self, limit: int) -> list[tuple[Parcel, bool]]:
        now = self._services.clock.now()
        upcoming = await self._services.database.read(outbox.next_at)
        if upcoming is None or from_ms(upcoming) > now:
            return []

        async def unit(tx: Tx) -> list[tuple[Parcel, bool]]:
            await outbox.overdue(tx, now)
            asked = [(parcel, True) for parcel in await outbox.claim_unknown(tx, now, _LEASE, limit)]
            return asked + [(parcel, False) for parcel in await outbox.claim(tx, now, _LEASE, limit)]

        return await self._services.database.write(unit)

    async def _until_next(self) -> float:
        upcoming = await self._services.database.read(outbox.next_at)
        if upcoming is None:
            return _IDLE_POLL_S
        return min(_IDLE_POLL_S, max(0.002, (from_ms(upcoming) - self._services.clock.now()).total_seconds()))

    async def _send(self, parcel: Parcel) -> _Outcome:
        try:
            provider, outbound = self._provider(parcel), await self._outbound(parcel)
            async with asyncio.timeout(self._send_s):
                return _Outcome("sent", await provider.send(outbound))
        except (_Shut, WindowShut) as error:
            return _Outcome("waiting", error=str(error))
        except Refused as error:
            return _Outcome("failed", error=str(error), stops=isinstance(error, OptedOut))
        except OutcomeUnknown as error:
            return _Outcome("unknown", error=str(error), after=_SETTLE)
        except ChannelError as error:
            return _Outcome("failed" if error.permanent else "due", error=str(error), after=_pause(parcel, error))
        except TimeoutError:
            return _Outcome("unknown", error="the provider did not answer in time", after=_SETTLE)
        except StorageError:  # the address was not read, so nothing was sent
            return _Outcome("due", error="the address could not be read", after=_pause(parcel))
        except Exception as error:  # the edge of a delivery: perhaps it was sent before it broke
            return self._broken(parcel, error)

    async def _ask(self, parcel: Parcel) -> _Outcome:
        try:
            provider, outbound = self._provider(parcel), await self._outbound(parcel, asks=True)
            async with asyncio.timeout(self._send_s):
                found = await provider.find(outbound)
        except Refused as error:
            return _Outcome("failed", error=str(error), is_unsure=isinstance(error, NeverKnown))
        except (ChannelError, TimeoutError) as error:
            return _Outcome("unknown", error=str(error), after=_pause(parcel, error))
        except Exception as error:  # the edge of a delivery: nothing is known still
            return self._broken(parcel, error)
        return _Outcome("sent", found) if found else _Outcome("due", after=timedelta(0))

    def _broken(self, parcel: Parcel, error: Exception) -> _Outcome:
        telemetry.errors.labels("delivery").inc()
        _log.exception("a delivery failed", extra={"key": parcel.key, "channel": parcel.channel})
        return _Outcome("unknown", error=type(error).__name__, after=max(_SETTLE, _pause(parcel, error)))

    def _provider(self, parcel: Parcel) -> Provider:
        provider = self._services.lines.carrying(parcel.channel)
        if provider is None:
            raise NotNow("this channel has no provider now")
        return provider

    async def _outbound(self, parcel: Parcel, *, asks: bool = False) -> Outbound:
        """The message with its address. Raises Refused when nobody may be written to there, _Shut; not where one only `asks`."""
        found = await self._services.database.read(lambda tx: self._around(tx, parcel))
        if found is None:
            raise Refused("the address is gone")
        identity, thread, answers, chain, subject = found
        template = "" if asks else self._template(parcel, identity)
        address = Address(
            identity.kind,  # type: ignore[arg-type]  # stored from an Address, so it is one of its kinds
            identity.key,
            identity.proof,  # type: ignore[arg-type]  # likewise
            identity.display,
            identity.profile_name,
        )
        body = parcel.body
        choices = tuple(Choice(str(each["label"]), str(each["value"])) for each in body.get("choices", ()))
        return Outbound(
            parcel.key, parcel.channel, address, str(body["text"]), choices,
            language=str(body.get("language", "en")), author=str(body.get("author", "assistant")),
            name=str(body.get("name", "")), card=body.get("card"), conv=thread.public_id, number=thread.number,
            title=thread.state.title, answers=answers, chain=chain, template=template,
            subject=subject,
        )  # fmt: skip

    def _template(self, parcel: Parcel, identity: Identity) -> str:
        """The template that must carry the message; empty = it goes as it is. Raises Refused, _Shut."""
        why = routing.trouble(identity)
        if why and not parcel.body.get("despite_stop"):
            raise Refused(why)
        line = self._services.lines.channel(parcel.channel)
        if line is None or not routing.is_shut(identity, line.capabilities, self._services.clock.now()):
            return ""
        template = routing.template_for(
            self._services, parcel.channel, identity, str(parcel.body.get("author", "assistant"))
        )
        if not template:
            raise _Shut(routing.SHUT)
        return template

    async def _around(self, tx: Tx, parcel: Parcel) -> tuple[Identity, Thread, str, tuple[str, ...], str] | None:
        """(address, thread, the provider's id of what is answered, all ids of the thread on this channel, its subject)."""
        identity = await customers.identity(tx, parcel.identity_id)
        thread = await threads.by_id(tx, parcel.thread_id)
        if identity is None or thread is None:
            return None
        chain = await outbox.ids_on(tx, parcel.thread_id, parcel.channel, parcel.seq)
        answered = int(parcel.body.get("answers", 0))
        own = [(seq, external) for seq, external, is_theirs in chain if is_theirs and seq <= answered]
        subject = await mail_threads.subject_of(tx, parcel.thread_id, own[-1][0]) if own else ""
        return identity, thread, own[-1][1] if own else "", tuple(external for _, external, _ in chain), subject

    async def _record(self, parcel: Parcel, outcome: _Outcome) -> None:
        made = await undelivered.package(self._services, parcel.thread_id) if outcome.state == "failed" else None
        thread = await self._services.database.write(lambda tx: self._mark(tx, parcel, outcome, made))
        if thread is not None:
            wake(self._services, thread)
            self._services.bus.publish(f"panel:{thread.id}")

    async def _mark(self, tx: Tx, parcel: Parcel, outcome: _Outcome, made: Package | None) -> Thread | None:
        """The outcome on the message and in the log; None when there is nothing to show, or somebody else holds the message."""
        now = self._services.clock.now()
        again_at = None if outcome.after is None or outcome.state == "failed" else now + outcome.after
        held = await outbox.mark(
            tx, parcel, outcome.state, provider_id=outcome.provider_id, error=outcome.error, again_at=again_at
        )
        if held and outcome.stops:
            await customers.stop(tx, parcel.identity_id, now)
        thread = await threads.by_id(tx, parcel.thread_id, lock=True) if held else None
        if thread is None or outcome.state not in ("sent", "failed", "waiting"):
            return None
        may_go_on = outcome.state != "sent" and not outcome.is_unsure  # else it could be said twice
        if may_go_on and (moved := await self._other_way(tx, parcel, outcome, thread)):
            return moved
        thread, _ = await threads.append(tx, thread.id, [_delivery(parcel, outcome)], now)
        return await undelivered.hand_over(tx, self._services, thread, made) if made else thread

    async def _other_way(self, tx: Tx, parcel: Parcel, outcome: _Outcome, thread: Thread) -> Thread | None:
        """The thread once a message that cannot go its own way goes another; None when there is none."""
        sent = Sent(
            parcel.id, parcel.key, parcel.thread_id, parcel.seq, parcel.channel, parcel.identity_id, outcome.state, ""
        )
        if parcel.part:  # its first part took the whole message along, or the desk has it
            return None
        moved = await give_way(tx, self._services, thread, sent, outcome.error)
        if moved is not None:
            await outbox.set_aside(tx, parcel.thread_id, parcel.seq, parcel.channel)
        return moved


def _pause(parcel: Parcel, error: Exception | None = None) -> timedelta:
    """Longer with each try, and not before the provider's own word."""
    growing = timedelta(seconds=4 ** min(parcel.attempts - 1, 5))
    wanted = timedelta(seconds=error.retry_after_s) if isinstance(error, NotNow) else timedelta(0)
    return min(max(growing, wanted), _LONGEST_PAUSE)


def _delivery(parcel: Parcel, outcome: _Outcome) -> NewEvent:
    body: dict[str, Any] = {"of": parcel.seq, "status": outcome.state}
    if outcome.provider_id:
        body["provider_id"] = outcome.provider_id
    if outcome.error:
        body["error"] = outcome.error
    return NewEvent("delivery", body, channel=parcel.channel, identity_id=parcel.identity_id)
