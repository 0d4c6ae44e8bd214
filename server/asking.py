"""Asks where webhooks are not enough: carriers for parcels that nobody told about, the shop for changes that never came.

Two loops. Parcels are asked about as often as they move (hours in transit, half hours on the day of delivery), by one process
at a time; the shop is compared every few minutes, its webhooks are looked after once a day. A party that does not answer is
asked again later; nothing here is in anybody's way.
"""

import asyncio
import logging
import random
from collections import OrderedDict
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Final

from memory import orders, parcels
from memory.engines.base import Tx
from memory.errors import StorageError
from memory.parcels import StoredParcel
from server import telemetry
from server.bus import Bell
from server.calls import forget_old, merge
from server.commerce import feeds
from server.commerce.carriers.polling import next_poll
from server.commerce.carriers.update import CarrierReads, TrackingUpdate
from server.commerce.connectors.mirrored import MirroredStore
from server.commerce.kept import Kept
from server.errors import StoreError, StoreUnavailable
from server.services import Services

_log = logging.getLogger("onethread.asking")
_LOOK_S: Final = 30.0
_LEASE: Final = timedelta(minutes=2)
_AT_ONCE: Final = 50
WAIT_S: Final = 2.5
QUIET: Final = timedelta(minutes=15)
_AT_MOST: Final = 3
_REMEMBERED: Final = 5_000
_DAY: Final = timedelta(days=1)
_HOUR: Final = timedelta(hours=1)


class Parcels:
    """Asks providers about parcels, and files the tracking numbers of orders that an older program stored."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._bell = Bell()

    async def run(self) -> None:
        """For ever."""
        while True:
            with suppress(StorageError):
                await self.file_numbers()
                if self._services.connections.reads:
                    await self.ask()
                await forget_old(self._services)
            await self._bell.wait(_LOOK_S)

    async def file_numbers(self) -> int:
        """File the tracking numbers of orders that have none filed yet; how many orders."""
        done = 0
        while found := await self._services.database.write(_file_some):
            done += found
        return done

    async def ask(self) -> int:
        """Ask about every parcel that is due; how many were asked about."""
        now = self._services.clock.now()
        database = self._services.database

        async def unit(tx: Tx) -> list[StoredParcel]:
            await parcels.follow(tx, [number for number, _ in await parcels.unfollowed(tx, _AT_ONCE)], now)
            return await parcels.claim_due(tx, now, _LEASE, _AT_ONCE)

        due = await database.write(unit)
        for parcel in due:
            await self._ask_about(parcel)
        return len(due)

    async def _ask_about(self, parcel: StoredParcel) -> None:
        now = self._services.clock.now()
        carrier = await self._services.database.read(lambda tx: parcels.carrier_of(tx, parcel.number))
        updates, failed = await self._updates(parcel.number, carrier)
        if updates:
            for order_id in await merge(self._services, [(update, now) for update in updates]):
                self._services.bus.publish("orders", order_id)
        failures = parcel.failures + 1 if failed else 0
        fresh = await self._services.database.read(lambda tx: parcels.get(tx, parcel.number))
        document: Mapping[str, object] = fresh.document if fresh else {}
        ended_at = feeds.latest_scan(document)
        at = next_poll(feeds.status_of(document), now, failures, now, random.random(), ended_at=ended_at)
        await self._services.database.write(lambda tx: parcels.ask_again(tx, parcel.number, at, failures))

    async def _updates(self, number: str, carrier: str | None) -> tuple[list[TrackingUpdate], bool]:
        """What the first provider that knows the parcel says; whether any could not be asked."""
        failed = False
        for reads in self._services.connections.reads:
            updates, was_unable = await _asked(reads, number, carrier)
            failed = failed or was_unable
            if updates:
                return updates, False
        return [], failed


class Freshener:
    """Asks carriers about an order that somebody waits for, when they have not told anything for a while.

    A shopper waits for it at most `WAIT_S`; a parcel that could not be asked about is left alone for some minutes."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._tried: OrderedDict[str, datetime] = OrderedDict()

    async def __call__(self, kept: Kept) -> bool:
        """Whether anything was told."""
        due = self._due(kept)
        told: list[tuple[TrackingUpdate, datetime]] = []
        with suppress(TimeoutError, StorageError):
            async with asyncio.timeout(WAIT_S):
                for number, carrier in due:
                    told += [(update, self._services.clock.now()) for update in await self._ask(number, carrier)]
        if told:
            with suppress(StorageError):
                for order_id in await merge(self._services, told):
                    self._services.bus.publish("orders", order_id)
        return bool(told)

    def _due(self, kept: Kept) -> list[tuple[str, str]]:
        """Tracking numbers that are still on their way and were not told about lately."""
        now = self._services.clock.now()
        numbers = feeds.tracking_numbers(kept.document(self._services.settings.shop.tz))
        found = [(number, carrier) for number, carrier in numbers.items() if self._is_due(kept, number, now)]
        return found[:_AT_MOST]

    def _is_due(self, kept: Kept, number: str, now: datetime) -> bool:
        parcel = kept.told.parcels.get(number)
        if parcel is not None and not feeds.is_open(parcel.document):
            return False
        heard = max(filter(None, (parcel.read_at if parcel else None, self._tried.get(number))), default=None)
        return heard is None or now - heard > QUIET

    async def _ask(self, number: str, carrier: str) -> list[TrackingUpdate]:
        self._tried[number] = self._services.clock.now()
        if len(self._tried) > _REMEMBERED:
            self._tried.popitem(last=False)
        for reads in self._services.connections.reads:
            updates, _ = await _asked(reads, number, carrier or None)
            if updates:
                return updates
        return []


async def _asked(reads: CarrierReads, number: str, carrier: str | None) -> tuple[list[TrackingUpdate], bool]:
    try:
        return list(await reads.parcel(number, carrier)), False
    except StoreUnavailable as error:
        _log.warning("a parcel was not asked about", extra={"provider": reads.name, "why": str(error)})
        return [], True


async def _file_some(tx: Tx) -> int:
    found = await orders.unindexed(tx, 500)
    for stored in found:
        await parcels.name(tx, stored.id, feeds.tracking_numbers(stored.document))
    await orders.mark_indexed(tx, [stored.id for stored in found])
    return len(found)


class Shop:
    """Compares the shop platform's orders and catalogue with what is kept, and looks after its webhooks."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._bell = Bell()

    async def run(self) -> None:
        """For ever; without a shop platform there is nothing to do but wait."""
        store = self._services.store
        settings = self._services.settings
        last_goods: datetime | None = None
        last_hooks: datetime | None = None
        last_look: datetime | None = None
        while True:
            now = self._services.clock.now()
            if isinstance(store, MirroredStore):
                if _is_due(last_look, now, _HOUR):
                    last_look = now
                    await self._examine(store)
                await self._compare(store)
                if _is_due(last_goods, now, timedelta(minutes=settings.catalogue.sync_minutes)):
                    last_goods = now if await self._sync(store, whole=last_goods is None) else last_goods
                if _is_due(last_hooks, now, _DAY):
                    last_hooks = now
                    await self._subscribe(store)
            await self._bell.wait(settings.orders.reconcile_minutes * 60)

    async def _examine(self, store: MirroredStore) -> None:
        """Learn what our key may do there now; what is missing stands in the log, too."""
        for finding in await store.platform.examine():
            if finding.level == "mend":
                _log.warning("the shop lacks something", extra={"finding": finding.text})

    async def _compare(self, store: MirroredStore) -> None:
        try:
            stale = await store.reconcile()
            if stale:
                _log.info("orders changed without a webhook", extra={"orders": stale})
        except (StoreError, StorageError) as error:
            telemetry.errors.labels("reconcile").inc()
            _log.warning("the shop was not compared", extra={"why": str(error)})

    async def _sync(self, store: MirroredStore, *, whole: bool) -> bool:
        try:
            await store.sync_products(whole=whole)
        except (StoreError, StorageError) as error:
            _log.warning("the catalogue was not compared", extra={"why": str(error)})
            return False
        return True

    async def _subscribe(self, store: MirroredStore) -> None:
        """Make webhooks that are missing; a shop switches them off after failures."""
        if store.source not in self._services.connections.orders or not self._services.settings.server.public_url:
            return
        url = f"{self._services.settings.public_url}/webhooks/orders/{store.source}"
        for finding in await store.platform.subscribe(url):
            if finding.level != "ok":
                _log.warning("a webhook is missing", extra={"finding": finding.text})


def _is_due(last: datetime | None, now: datetime, every: timedelta) -> bool:
    return last is None or now - last >= every
