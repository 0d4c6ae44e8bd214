"""Labels of opened returns: bought once, kept beside the order, made later when the seller is away."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from memory import journal
from memory.engines.base import Database
from server.actions import labelling
from server.calls import Calls, merge
from server.clock import HandClock
from server.commerce.carriers.update import TrackingUpdate
from server.commerce.connectors.ledger import StoredLedger
from server.commerce.labels.easypost import EasyPost
from server.commerce.labels.embedded import Slips
from server.commerce.model import LineQuantity, Return
from server.commerce.store import ReturnResult
from server.services import Services
from server.settings import LabelsSettings
from tests.server import core
from tests.server.commerce.orders import ago, an_event, shipped
from tests.support.databases import ENGINES, NOW, opened, url_of
from tests.support.labels import EASYPOST_KEY, EasyPostDesk, Fault
from tests.support.servers import serve

LINES = (LineQuantity("l1", 1),)
TO = {"line1": "1 Dock Rd", "city": "Reno", "region": "NV", "zip": "89501", "country": "US", "phone": "+17755550100"}


@dataclass
class House:
    """A delivered order, and EasyPost that sells its return label."""

    services: Services
    desk: EasyPostDesk
    clock: HandClock

    async def open_return(self, key: str = "key") -> ReturnResult:
        """What the gate does when a return was confirmed."""
        store = self.services.store
        opened = await store.start_return(key, "ord_7", LINES, "too_small", "refund", "original", NOW)
        return await labelling.labelled(self.services, key, "ord_7", LINES, NOW, opened)

    async def the_return(self) -> Return:
        """The return as it stands."""
        order = await self.services.store.order("ord_7")
        assert order is not None
        (found,) = order.returns
        return found


@pytest.fixture(params=ENGINES)
async def database(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Database]:
    """An empty store on each engine."""
    async with opened(url_of(request, tmp_path)) as database:
        yield database


@pytest.fixture
async def house(database: Database) -> AsyncIterator[House]:
    """Rooms whose labels are sold by EasyPost's stand-in."""
    desk, clock = EasyPostDesk(), HandClock(NOW)
    async with serve(desk.app) as url:
        settings = LabelsSettings("easypost", EASYPOST_KEY, url, name="Lumen returns", **TO)  # type: ignore[arg-type]  # texts only
        labels = await asyncio.to_thread(EasyPost, settings, "Lumen", clock, StoredLedger(database), (0.0, 0.0))
        raw = shipped(an_event(ago(hours=30), "delivered"))
        async with core.rooms(database, raw, clock=clock, labels=labels) as services:
            yield House(services, desk, clock)
        await labels.close()
    desk.assert_fine()


async def test_a_bought_label_is_the_returns_label(house: House) -> None:
    result = await house.open_return()
    found = await house.the_return()
    assert result.label_url == found.label_url == "https://labels.example/shp_0001.pdf"
    assert found.tracking_number == "94001000000000000001"


async def test_the_same_return_gets_one_label(house: House) -> None:
    first, again = await house.open_return(), await house.open_return()
    assert first == again
    assert house.desk.count("buy") == 1


async def test_the_return_follows_its_parcel(house: House) -> None:
    await house.open_return()
    scan = an_event((NOW + timedelta(days=1)).isoformat(), "in_transit")
    update = TrackingUpdate("94001000000000000001", "easypost", "usps", NOW, (scan,))
    assert await merge(house.services, [(update, NOW)]) == ["ord_7"]
    assert (await house.the_return()).status == "in_transit"


async def test_a_return_is_open_without_a_label_and_gets_it_later(house: House) -> None:
    house.desk.fail("create", Fault(status=500))
    result = await house.open_return()
    assert (result.label_url, bool(result.rma)) == (None, True)
    assert (await house.services.database.read(journal.waiting))[0] == 1
    for _ in range(4):
        await Calls(house.services).drain()
        house.clock.advance(timedelta(minutes=31))
    assert (await house.the_return()).label_url == "https://labels.example/shp_0001.pdf"
    assert (await house.services.database.read(journal.waiting))[0] == 0


async def test_our_own_slip_is_no_purchase(database: Database) -> None:
    slips = Slips(lambda order_id, rma: f"https://shop.example/{order_id}/{rma}")
    raw = shipped(an_event(ago(hours=30), "delivered"))
    async with core.rooms(database, raw, labels=slips) as services:
        opened_return = ReturnResult("RMA-1", None, None)
        result = await labelling.labelled(services, "key", "ord_7", LINES, NOW, opened_return)
    assert result.label_url == "https://shop.example/ord_7/RMA-1"
