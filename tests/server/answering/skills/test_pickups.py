"""Pickups: offered where the label's seller sends a carrier, read back, booked once; where nobody comes, that is said."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from channels.message import Address
from memory.threads import Thread
from server.actions import labelling
from server.actions.gate import Gate, Request
from server.clock import HandClock
from server.commerce.connectors.ledger import StoredLedger
from server.commerce.labels.easypost import EasyPost
from server.commerce.model import LineQuantity
from server.errors import ActionRefused, StoreRefused
from server.services import Services
from server.settings import LabelsSettings
from server.turns import Turns
from tests.server import core
from tests.server.actions.house import PROVEN
from tests.server.commerce.orders import ago, an_event, shipped
from tests.support.databases import NOW, opened
from tests.support.labels import EASYPOST_KEY, EasyPostDesk
from tests.support.servers import serve

TO = {"line1": "1 Dock Rd", "city": "Reno", "region": "NV", "zip": "89501", "country": "US", "phone": "+17755550100"}
ANA = Address("store", "c1", "verified", "c1", "Ana Souza")
MONDAY = "2026-11-23"
WINDOW = [f"{MONDAY}T15:00:00+00:00", f"{MONDAY}T23:00:00+00:00"]


class Shop:
    """A delivered order of Ana's, whose return label EasyPost's stand-in sells, and a conversation with her."""

    def __init__(self, services: Services, desk: EasyPostDesk, clock: HandClock) -> None:
        self.services, self.desk, self.clock = services, desk, clock
        self.thread: Thread | None = None

    async def sends_back(self, key: str = "key") -> str:
        """A return is opened; its number."""
        lines = (LineQuantity("l1", 1),)
        made = await self.services.store.start_return(key, "ord_7", lines, "other", "refund", "original", NOW)
        return (await labelling.labelled(self.services, key, "ord_7", lines, NOW, made)).rma

    async def say(self, text: str) -> str:
        """What Ana is answered."""
        self.clock.advance(timedelta(seconds=5))
        self.thread = (await core.write(self.services, text, ANA)).thread
        await Turns(self.services, pads=False).drain()
        return (await core.said(self.services, self.thread))[-1]

    async def done(self) -> list[str]:
        """The actions that were carried out."""
        assert self.thread is not None
        return [str(each.body["action"]["name"]) for each in await core.log(self.services, self.thread, "executed")]

    @property
    def scheduled(self) -> list[str]:
        """When EasyPost sends carriers."""
        return [str(each["min_datetime"]) for each in self.desk.pickups.values() if each["status"] == "scheduled"]


@asynccontextmanager
async def shop_of(tmp_path: Path, *, sells: bool = True) -> AsyncIterator[Shop]:
    desk, clock = EasyPostDesk(), HandClock(NOW)
    async with serve(desk.app) as url, opened(f"sqlite:///{tmp_path / 'shop.db'}") as database:
        settings = LabelsSettings("easypost", EASYPOST_KEY, url, name="Lumen returns", **TO)  # type: ignore[arg-type]  # texts only
        labels = await asyncio.to_thread(EasyPost, settings, "Lumen", clock, StoredLedger(database), (0.0, 0.0))
        raw = shipped(an_event(ago(hours=30), "delivered"))
        more = {"labels": labels} if sells else {}
        async with core.rooms(database, raw, clock=clock, **more) as services:
            yield Shop(services, desk, clock)
        await labels.close()
    desk.assert_fine()


@pytest.fixture
async def shop(tmp_path: Path) -> AsyncIterator[Shop]:
    async with shop_of(tmp_path) as shop:
        yield shop


async def test_the_day_is_asked_for_read_back_and_booked_on_a_yes(shop: Shop) -> None:
    rma = await shop.sends_back()
    assert "which day" in await shop.say("can someone pick the parcel up from my home?")
    assert "does not come then" in await shop.say("on Sunday")
    back = await shop.say("Monday then")
    assert rma in back and "November 23" in back and shop.scheduled == []
    told = await shop.say("yes")
    assert "pickup is booked" in told and "November 23" in told and "WTC123" in told
    assert (await shop.done(), len(shop.scheduled)) == (["book_pickup"], 1)
    assert "pickup is booked" in await shop.say("can someone pick the parcel up from my home?")
    assert len(shop.scheduled) == 1


async def test_a_no_books_nothing(shop: Shop) -> None:
    await shop.sends_back()
    await shop.say("can you pick the parcel up on Monday?")
    await shop.say("no")
    assert shop.scheduled == []


async def test_where_nobody_comes_a_drop_off_is_told(tmp_path: Path) -> None:
    async with shop_of(tmp_path, sells=False) as shop:
        await shop.services.store.start_return("k", "ord_7", (LineQuantity("l1", 1),), "other", "refund", None, NOW)
        assert "drop-off point" in await shop.say("can you pick the parcel up on Monday?")
        assert "book" not in " ".join(await shop.done())


async def test_without_an_open_return_there_is_nothing_to_fetch(shop: Shop) -> None:
    assert "no open return" in await shop.say("can you pick the parcel up on Monday?")


async def asked(shop: Shop, key: str, rma: str, window: list[str] = WINDOW, order: str = "#1042") -> Request:
    """The action, considered and confirmed."""
    if shop.thread is None:
        shop.thread = (await core.write(shop.services, "hello", ANA)).thread
    found = await shop.services.store.order("ord_7")
    action = {"name": "book_pickup", "order": order, "return": rma, "window": window}
    ruling = await Gate(shop.services).consider(action, found, await shop.services.store.customer("c1"))
    return Request(
        shop.thread.id, key, "book_pickup", found, action, PROVEN, decision_hash=ruling.hash, customer_id="c1"
    )


async def test_it_is_booked_once_whoever_asks_again(shop: Shop) -> None:
    rma, gate = await shop.sends_back(), Gate(shop.services)
    first = await asked(shop, "a", rma)
    done = [await gate.execute(first), await gate.execute(first)]
    assert [each.is_repeat for each in done] == [False, True]
    with pytest.raises(StoreRefused, match="already"):
        await gate.execute(await asked(shop, "b", rma))
    assert len(shop.scheduled) == 1


@pytest.mark.parametrize(
    "window",
    [
        ["2026-11-01T15:00:00+00:00", "2026-11-01T20:00:00+00:00"],
        [WINDOW[1], WINDOW[0]],
        ["2027-11-23T15:00:00+00:00", "2027-11-23T20:00:00+00:00"],
        ["2026-11-23T15:00:00", "2026-11-23T20:00:00"],
        ["now", "later"],
        [],
    ],
)
async def test_a_window_that_makes_no_sense_is_refused(shop: Shop, window: list[str]) -> None:
    rma = await shop.sends_back()
    with pytest.raises(ActionRefused):
        await Gate(shop.services).execute(await asked(shop, "a", rma, window))
    assert shop.scheduled == []


async def test_somebody_without_proof_or_with_another_return_sends_no_carrier(shop: Shop) -> None:
    rma, gate = await shop.sends_back(), Gate(shop.services)
    request = await asked(shop, "a", rma)
    with pytest.raises(ActionRefused, match="identity"):
        await gate.execute(replace(request, proofs=frozenset({"order_number", "email"})))
    with pytest.raises(ActionRefused):
        await gate.execute(await asked(shop, "b", "RMA-of-somebody-else"))
    assert shop.scheduled == []
