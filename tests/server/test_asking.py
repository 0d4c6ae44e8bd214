"""Asking where webhooks are not enough: parcels that nobody told about, a shopper who waits, a shop whose calls were lost."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from memory import orders, parcels
from memory.engines.base import Database, Tx
from server.asking import Freshener, Parcels
from server.clock import HandClock
from server.commerce.carriers.registry import reads_for
from server.commerce.embedded import EmbeddedStore
from server.commerce.model import OrderSnapshot, ShipmentStatus
from server.connections import Connections
from server.services import Services
from server.settings import CarrierSettings
from tests.server import core
from tests.server.commerce.orders import Raw, ago, an_event, shipped
from tests.support.carriers import CarrierStandIn
from tests.support.carriers_bodies import Parcel
from tests.support.databases import ENGINES, NOW, opened, url_of
from tests.support.servers import serve

NUMBER = "1ZA1B2C30300000012"


@dataclass
class House:
    """An order on its way, and EasyPost that can be asked about it."""

    services: Services
    easypost: CarrierStandIn
    clock: HandClock

    def scanned(self, *events: Raw) -> None:
        """EasyPost knows this of the parcel."""
        self.easypost.add(Parcel(NUMBER, "ups", events, None, self.clock.now(), False, {}))

    async def order(self) -> OrderSnapshot:
        """Order #1042 as somebody who waits for it reads it."""
        found = await self.services.store.order("ord_7")
        assert found is not None
        return found

    async def status(self) -> ShipmentStatus:
        """Where its parcel is."""
        return (await self.order()).shipments[0].status


@pytest.fixture(params=ENGINES)
async def database(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Database]:
    """An empty store on each engine."""
    async with opened(url_of(request, tmp_path)) as database:
        yield database


@pytest.fixture
async def house(database: Database) -> AsyncIterator[House]:
    """Rooms that may ask EasyPost's stand-in."""
    easypost, clock = CarrierStandIn("easypost"), HandClock(NOW)
    async with serve(easypost.app) as url:
        settings = CarrierSettings(api_key=easypost.key, api_url=url)
        reads = await asyncio.to_thread(reads_for, "easypost", settings, clock)
        assert reads is not None
        raw = shipped(an_event(ago(hours=30), "in_transit"))
        async with core.rooms(database, raw, clock=clock, connections=Connections(reads=(reads,))) as services:
            yield House(services, easypost, clock)
        await reads.close()
    assert easypost.unexpected == []


async def test_a_parcel_is_asked_about_until_its_next_time(house: House) -> None:
    house.scanned(an_event(ago(hours=2), "out_for_delivery"))
    asking = Parcels(house.services)
    assert [await asking.ask(), await asking.ask()] == [1, 0]
    assert await house.status() is ShipmentStatus.OUT_FOR_DELIVERY
    house.clock.advance(timedelta(minutes=34))
    house.scanned(an_event(ago(hours=2), "out_for_delivery"), an_event(NOW.isoformat(), "delivered"))
    assert await asking.ask() == 1
    assert await house.status() is ShipmentStatus.DELIVERED


async def test_a_provider_that_fails_is_asked_again_later(house: House) -> None:
    house.scanned(an_event(ago(hours=2), "out_for_delivery"))
    house.easypost.fail(500)
    asking = Parcels(house.services)
    await asking.ask()
    assert await house.status() is ShipmentStatus.IN_TRANSIT
    house.clock.advance(timedelta(minutes=12))
    assert await asking.ask() == 1
    assert await house.status() is ShipmentStatus.OUT_FOR_DELIVERY


async def test_everyone_who_shows_the_order_is_told(house: House) -> None:
    told: list[str] = []
    house.services.bus.listen("orders", lambda _topic, order_id: told.append(order_id))
    house.scanned(an_event(ago(hours=2), "out_for_delivery"))
    await Parcels(house.services).ask()
    assert told == ["ord_7"]


async def test_orders_of_an_older_program_are_filed(house: House) -> None:
    async def forget(tx: Tx) -> None:
        await tx.run("DELETE FROM order_parcels")
        await tx.run("UPDATE store_orders SET indexed = 0")

    await house.services.database.write(forget)
    assert await Parcels(house.services).file_numbers() == 1
    assert await house.services.database.read(lambda tx: parcels.orders_naming(tx, [NUMBER])) == {NUMBER: ["ord_7"]}
    assert await house.services.database.read(lambda tx: orders.unindexed(tx, 5)) == []


# Somebody waits


def freshen(house: House) -> None:
    """Let reads of single orders ask the carrier first."""
    store = house.services.store
    assert isinstance(store, EmbeddedStore)
    store.freshen = Freshener(house.services)


async def test_a_shopper_hears_what_the_carrier_knows_now(house: House) -> None:
    freshen(house)
    house.scanned(an_event(ago(hours=2), "out_for_delivery"))
    assert await house.status() is ShipmentStatus.OUT_FOR_DELIVERY
    assert (await house.order()).shipments[0].feed_as_of == NOW


async def test_what_a_shopper_learns_reaches_everyone_who_shows_the_order(house: House) -> None:
    freshen(house)
    told: list[str] = []
    house.services.bus.listen("orders", lambda _topic, order_id: told.append(order_id))
    house.scanned(an_event(ago(hours=2), "out_for_delivery"))
    await house.order()
    assert told == ["ord_7"]


async def test_a_carrier_is_not_asked_again_within_a_quarter_of_an_hour(house: House) -> None:
    freshen(house)
    for _ in range(3):
        await house.order()
    first = len(house.easypost.calls)
    house.clock.advance(timedelta(minutes=16))
    await house.order()
    assert 0 < first < len(house.easypost.calls)
    assert len(house.easypost.calls) == 2 * first


async def test_a_carrier_that_does_not_answer_holds_up_nobody(house: House) -> None:
    freshen(house)
    house.easypost.fail(500)
    assert await house.status() is ShipmentStatus.IN_TRANSIT


async def test_a_delivered_parcel_is_not_asked_about(house: House) -> None:
    freshen(house)
    house.scanned(an_event(ago(hours=2), "delivered"))
    await house.order()
    calls = len(house.easypost.calls)
    house.clock.advance(timedelta(hours=1))
    await house.order()
    assert len(house.easypost.calls) == calls
