"""Works in what shops, carriers, warehouses and payment providers said: stored calls become orders' present state.

A call is claimed, worked in, and marked as done; one that cannot be worked in now waits longer and longer, then is given up
visibly (`onethread doctor` lists it, `journal replay` tries again). Working a call in twice changes nothing. Whoever shows
an order is told by the bus.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Final

from channels.channel import Provider
from channels.errors import ChannelError
from memory import journal, parcels
from memory.engines.base import Tx
from memory.errors import StorageError
from memory.journal import Call
from server import files, telemetry
from server.actions import labelling
from server.actions.labelling import keep_notice
from server.arrivals import arrive
from server.bus import Bell
from server.commerce import feeds
from server.commerce.carriers.update import TrackingUpdate
from server.commerce.connectors.mirrored import MirroredStore
from server.commerce.embedded import EmbeddedStore
from server.commerce.notices import Notice, read_notices
from server.commerce.silence import observe
from server.commerce.store import normalise_number
from server.commerce.tracking import bare_number
from server.errors import CannotYet, StoreError
from server.providers import OPENERS as CHANNEL_SOURCES
from server.services import Services

_log = logging.getLogger("onethread.calls")
# What a killed process held waits so long. Shorter than the work may take does no harm: twice changes nothing.
_LEASE: Final = timedelta(seconds=15)
SLACK: Final = "slack/"
"""Source of what agents do in Slack: it has a worker of its own, which talks to Slack meanwhile."""
_BATCH: Final = 200
_FILES: Final = 4
_FILES_LEASE: Final = timedelta(seconds=60)
_PAUSES: Final = (
    timedelta(seconds=30),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=12),
)
_SOON: Final = (
    timedelta(seconds=1),
    timedelta(seconds=5),
    timedelta(seconds=30),
    timedelta(minutes=5),
    timedelta(hours=1),
)
"""For what a customer waits for."""
_NOBODY: Final = "its sender is not connected any more: name it in the settings again"
_KEPT_FOR: Final = timedelta(days=30)


class Calls:
    """Works in stored calls for ever. `poll_s` = how often other processes' calls are looked for.

    `of_files` = only files that providers hold, which may take long; else all but these."""

    def __init__(self, services: Services, *, poll_s: float = 1.0, of_files: bool = False) -> None:
        self._services = services
        self._poll_s = poll_s
        self._of_files = of_files
        self._bell = Bell()

    async def run(self) -> None:
        """Work in what waits, then wait for more."""
        with self._services.bus.listening("calls", self._bell.ring):
            while True:
                with suppress(StorageError):
                    while await self.drain():
                        pass
                await self._bell.wait(self._poll_s)

    async def drain(self) -> int:
        """Work in one batch of calls that are due; how many there were."""
        now = self._services.clock.now()
        calls = await self._services.database.write(lambda tx: self._claim(tx, now))
        by_source: dict[str, list[Call]] = {}
        for call in calls:
            by_source.setdefault(call.source, []).append(call)
        for source, together in by_source.items():
            await self._work(source, together)
        return len(calls)

    async def _claim(self, tx: Tx, now: datetime) -> list[Call]:
        if self._of_files:
            return await journal.claim(tx, now, _FILES_LEASE, _FILES, within=f"{files.SOURCE}/")
        return await journal.claim(tx, now, _LEASE, _BATCH, beside=(f"{files.SOURCE}/", SLACK))

    async def _work(self, source: str, calls: Sequence[Call]) -> None:
        kind, _, name = source.partition("/")
        try:
            if kind == "carriers":
                await self._carriers(name, calls)
            elif kind == "orders":
                await self._orders(name, calls)
            elif kind == files.SOURCE:
                await asyncio.gather(*(self._file(call) for call in calls))
            else:
                one = self._one(kind)
                for call in calls:
                    await one(call)
        except StorageError:
            raise
        except Exception:  # the edge of a delivery, to us: each is tried alone, then given up, and the journal shows it
            telemetry.errors.labels("calls").inc()
            _log.exception("calls were not worked in", extra={"source": source, "calls": [call.id for call in calls]})
            await self._alone(source, calls)

    def _one(self, kind: str) -> Callable[[Call], Awaitable[None]]:
        """What works in a single call of this kind."""
        provider = self._services.lines.providers.get(kind)
        if provider is not None:
            return lambda call: self._channel(provider, call)
        if kind in CHANNEL_SOURCES:
            return lambda call: self._again(call, _NOBODY)
        return self._label if kind == "labels" else self._notice

    async def _alone(self, source: str, calls: Sequence[Call]) -> None:
        if len(calls) > 1:
            for call in calls:
                await self._work(source, [call])
            return
        await self._again(calls[0], "it broke the program; see the log")

    async def _again(self, call: Call, why: str, pauses: Sequence[timedelta] = _PAUSES) -> None:
        """Try later, or give up where later was tried often enough."""
        now = self._services.clock.now()
        if call.attempts > len(pauses):
            await self._give_up(call, why)
            return
        at = now + pauses[call.attempts - 1]
        await self._services.database.write(lambda tx: journal.later(tx, call.id, at, why))

    async def _give_up(self, call: Call, why: str) -> None:
        telemetry.hooks.labels(call.source, "given_up").inc()
        _log.warning("a call was given up", extra={"source": call.source, "call": call.id, "why": why})
        await self._services.database.write(lambda tx: journal.give_up(tx, call.id, why))

    def _done(self, calls: Iterable[Call]) -> None:
        now = self._services.clock.now()
        for call in calls:
            telemetry.hook_seconds.observe(max(0.0, (now - call.received_at).total_seconds()))

    # Carriers

    async def _carriers(self, name: str, calls: Sequence[Call]) -> None:
        hooks = self._services.connections.carriers.get(name)
        good: list[Call] = []
        told: list[tuple[TrackingUpdate, datetime]] = []
        for call in calls:
            try:
                if hooks is None:
                    await self._again(call, _NOBODY)
                    continue
                updates = hooks.updates(call.body)
            except ValueError as error:
                await self._give_up(call, f"it cannot be read: {error}")
                continue
            good.append(call)
            told += [(update, call.received_at) for update in updates]
        shown = await merge(self._services, told, [call.id for call in good])
        self._done(good)
        for order_id in shown:
            self._services.bus.publish("orders", order_id)
        await learn(self._services, shown)

    # Shops

    async def _orders(self, name: str, calls: Sequence[Call]) -> None:
        hooks = self._services.connections.orders.get(name)
        store = self._services.store
        changed: dict[str, None] = {}
        good: list[Call] = []
        for call in calls:
            try:
                if hooks is None:
                    await self._again(call, _NOBODY)
                    continue
                touched = hooks.touched(call.headers, call.body)
            except ValueError as error:
                await self._give_up(call, f"it cannot be read: {error}")
                continue
            if isinstance(store, MirroredStore):
                if touched.kind == "order":
                    changed[touched.id] = None
                elif not await self._other(store, call, touched.kind, touched.id):
                    continue
            good.append(call)
        if changed and isinstance(store, MirroredStore):
            await store.touch(list(changed))
        await self._services.database.write(lambda tx: journal.done(tx, [call.id for call in good]))
        self._done(good)

    async def _other(self, store: MirroredStore, call: Call, kind: str, touched_id: str) -> bool:
        """A product or a removal; False when it has to wait."""
        try:
            if kind == "product":
                await store.touch_product(touched_id)
            elif kind == "removed":
                await store.forget(touched_id)
        except StoreError as error:
            await self._again(call, str(error))
            return False
        return True

    # Channels

    async def _channel(self, provider: Provider, call: Call) -> None:
        try:
            await arrive(self._services, provider, call)
        except ValueError as error:
            await self._give_up(call, f"it cannot be read: {error}")
            return
        except (CannotYet, OSError) as error:
            await self._again(call, str(error) or type(error).__name__, _SOON)
            return
        await self._services.database.write(lambda tx: journal.done(tx, [call.id]))
        self._done([call])

    async def _file(self, call: Call) -> None:
        """A file that a provider holds: tried for an hour, then given up, and the desk is told."""
        try:
            await files.fetch(self._services, call)
        except (ChannelError, OSError) as error:
            why = str(error) or type(error).__name__
            if (isinstance(error, ChannelError) and error.permanent) or call.attempts > len(_SOON):
                await files.lose(self._services, call, why)
                await self._give_up(call, why)
            else:
                await self._again(call, why, _SOON)
            return
        await self._services.database.write(lambda tx: journal.done(tx, [call.id]))
        self._done([call])

    # Labels that could not be made at once, or are to be shown elsewhere

    async def _label(self, call: Call) -> None:
        try:
            await labelling.resume(self._services, call.source, call.body)
        except (StoreError, ValueError) as error:
            await self._again(call, str(error))
            return
        await self._services.database.write(lambda tx: journal.done(tx, [call.id]))
        self._done([call])

    # The warehouse and the payment provider

    async def _notice(self, call: Call) -> None:
        source = "warehouse" if call.source == "warehouse" else "payments"
        try:
            notices = read_notices(source, call.body)  # type: ignore[arg-type]  # one of the two literals
            for notice in notices:
                await self._note(notice, call)
        except ValueError as error:
            await self._give_up(call, f"it cannot be read: {error}")
            return
        except (CannotYet, StoreError) as error:
            await self._again(call, str(error))
            return
        await self._services.database.write(lambda tx: journal.done(tx, [call.id]))
        self._done([call])

    async def _note(self, notice: Notice, call: Call) -> None:
        order_id = await self._order_id(notice.order)
        document = {**notice.document, "received_at": call.received_at.isoformat()}
        if await self._services.database.write(lambda tx: keep_notice(tx, order_id, document, notice.at)):
            self._services.bus.publish("orders", order_id)

    async def _order_id(self, named: str) -> str:
        """The order that a notice names by id or number. Raises CannotYet when nobody knows it, StoreError."""
        store = self._services.store
        order = await store.order_by_number(named) if normalise_number(named) else None
        order = order or await store.order(named)
        if order is None:
            raise CannotYet(f"no order is called {named[:40]!r}")
        return order.id


async def merge(
    services: Services, told: Sequence[tuple[TrackingUpdate, datetime]], call_ids: Sequence[int] = ()
) -> list[str]:
    """Work messages about parcels in and mark their calls as done, in one unit; ids of the orders whose parcels changed.

    Parcels are locked in one order, so that two processes do not wait for each other for ever."""
    by_number: dict[str, list[tuple[TrackingUpdate, datetime]]] = {}
    for update, received_at in told:
        by_number.setdefault(bare_number(update.tracking_number), []).append((update, received_at))
    now = services.clock.now()

    async def unit(tx: Tx) -> list[str]:
        changed = [number for number in sorted(by_number) if await _merge_one(tx, number, by_number[number], now)]
        await journal.done(tx, call_ids)
        found = await parcels.orders_naming(tx, changed)
        return list(dict.fromkeys(order_id for number in changed for order_id in found.get(number, ())))

    return await services.database.write(unit)


async def _merge_one(tx: Tx, number: str, told: Sequence[tuple[TrackingUpdate, datetime]], now: datetime) -> bool:
    """One parcel's messages; whether anything new was told."""
    if not number:
        return False
    stored = await parcels.get(tx, number, lock=True)
    before: Mapping[str, object] | None = stored.document if stored else None
    after = dict(before or {})
    for update, received_at in told:
        after = feeds.with_update(after, update, received_at=received_at, ingested_at=now)
    read_at = max(received_at for _, received_at in told)
    if before and feeds.is_same(before, after):
        await parcels.seen(tx, number, read_at)
        return False
    await parcels.put(tx, number, after, read_at=read_at, is_open=feeds.is_open(after))
    return True


async def learn(services: Services, order_ids: Sequence[str]) -> None:
    """Count how long these orders' parcels were silent between scans, from what is kept here; nobody is asked."""
    store = services.store
    if not isinstance(store, EmbeddedStore | MirroredStore):
        return
    now = services.clock.now()
    found = [order for order_id in order_ids if (order := await store.last_read(order_id)) is not None]

    async def unit(tx: Tx) -> None:
        for order in found:
            await observe(tx, order, now, services.limits.derive)

    if found:
        await services.database.write(unit)


async def forget_old(services: Services) -> int:
    """Delete calls that were worked in long ago."""
    before = services.clock.now() - _KEPT_FOR
    return await services.database.write(lambda tx: journal.forget_before(tx, before))
