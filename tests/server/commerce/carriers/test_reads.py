"""Asking providers: against stand-ins that check who asks, know or do not know a parcel, and have bad days."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from server.clock import HandClock
from server.commerce.carriers.registry import reads_for
from server.commerce.carriers.update import CarrierReads
from server.errors import StoreUnavailable
from server.settings import CarrierSettings, ClickPostSettings
from tests.support.carriers import NOW, CarrierStandIn
from tests.support.carriers_bodies import Parcel
from tests.support.servers import serve

ASKED = ("easypost", "aftership", "shippo", "17track", "clickpost")
EVENTS = [
    {"at": "2026-11-18T17:00:00-06:00", "code": "picked_up", "city": "Omaha"},
    {"at": "2026-11-20T05:10:00-06:00", "code": "out_for_delivery", "city": "Omaha"},
]
PARCEL = Parcel("1ZA1B2C30300000012", "ups", EVENTS, {"min": "2026-11-20", "max": "2026-11-20"})


@asynccontextmanager
async def asking(stand_in: CarrierStandIn, key: str = CarrierStandIn.key) -> AsyncIterator[CarrierReads]:
    """A provider's reads towards its stand-in, which must have understood every call."""
    async with serve(stand_in.app) as url:
        own = CarrierSettings(api_key=key, api_url=url)
        settings = ClickPostSettings(api_key=key, api_url=url, username=stand_in.username)
        reads = reads_for(stand_in.provider, settings if stand_in.provider == "clickpost" else own, HandClock(NOW))
        assert reads is not None
        try:
            yield reads
        finally:
            await reads.close()
    assert stand_in.unexpected == []


@pytest.mark.parametrize("provider", ASKED)
async def test_a_parcel_that_the_provider_knows(provider: str) -> None:
    stand_in = CarrierStandIn(provider)
    stand_in.add(PARCEL)
    async with asking(stand_in) as reads:
        (update,) = await reads.parcel(PARCEL.number, "ups")
    assert reads.name == provider == update.provider
    assert (update.tracking_number, update.carrier, update.told_at) == (PARCEL.number, "ups", NOW)
    assert [event["code"] for event in update.events] == ["picked_up", "out_for_delivery"]
    assert update.eta == {"min": "2026-11-20", "max": "2026-11-20", "source": "carrier"}


@pytest.mark.parametrize("provider", ASKED)
async def test_a_parcel_that_the_provider_does_not_know(provider: str) -> None:
    stand_in = CarrierStandIn(provider)
    stand_in.registered.add("9400100000000000000006")
    async with asking(stand_in) as reads:
        assert list(await reads.parcel("9400100000000000000006", "usps")) == []
    assert stand_in.calls


@pytest.mark.parametrize("provider", ASKED)
async def test_a_parcel_of_a_carrier_that_nobody_named(provider: str) -> None:
    stand_in = CarrierStandIn(provider)
    stand_in.add(PARCEL)
    async with asking(stand_in) as reads:
        found = await reads.parcel(PARCEL.number, None)
    assert len(found) == (0 if provider == "shippo" else 1)


@pytest.mark.parametrize("provider", ASKED)
async def test_a_wrong_key_is_told_as_such(provider: str) -> None:
    async with asking(CarrierStandIn(provider), key="key_2") as reads:
        with pytest.raises(StoreUnavailable, match="refuses our key"):
            await reads.parcel(PARCEL.number, "ups")


@pytest.mark.parametrize("provider", ASKED)
async def test_told_to_wait_it_asks_again(provider: str) -> None:
    stand_in = CarrierStandIn(provider)
    stand_in.add(PARCEL)
    stand_in.throttle_once()
    async with asking(stand_in) as reads:
        assert len(await reads.parcel(PARCEL.number, "ups")) == 1
    assert len(stand_in.calls) == 2


@pytest.mark.parametrize("provider", ASKED)
@pytest.mark.parametrize("status", [500, 409])
async def test_a_bad_day_of_theirs_is_not_an_unknown_parcel(provider: str, status: int) -> None:
    stand_in = CarrierStandIn(provider)
    stand_in.add(PARCEL)
    stand_in.fail(status, times=2)
    async with asking(stand_in) as reads:
        with pytest.raises(StoreUnavailable):
            await reads.parcel(PARCEL.number, "ups")


async def test_easypost_makes_the_tracker_that_is_missing() -> None:
    stand_in = CarrierStandIn("easypost")
    stand_in.parcels[PARCEL.number] = PARCEL
    async with asking(stand_in) as reads:
        assert len(await reads.parcel(PARCEL.number, "ups")) == 1
        assert len(await reads.parcel(PARCEL.number, "ups")) == 1
    assert stand_in.calls == ["GET /v2/trackers", "POST /v2/trackers", "GET /v2/trackers"]


async def test_seventeen_track_registers_a_new_number_and_knows_it_later() -> None:
    stand_in = CarrierStandIn("17track")
    stand_in.parcels[PARCEL.number] = PARCEL
    async with asking(stand_in) as reads:
        assert list(await reads.parcel(PARCEL.number, "ups")) == []
        assert len(await reads.parcel(PARCEL.number, "ups")) == 1
    names = [call.rpartition("/")[2] for call in stand_in.calls]
    assert names == ["gettrackinfo", "register", "gettrackinfo"]


async def test_clickpost_does_not_guess_whose_waybill_it_is() -> None:
    stand_in = CarrierStandIn("clickpost")
    stand_in.add(replace(PARCEL, number="W1", carrier="delhivery"))
    async with asking(stand_in) as reads:
        (update,) = await reads.parcel("W1", "delhivery")
        (nameless,) = await reads.parcel("W1", None)
    assert (update.carrier, nameless.carrier) == ("delhivery", None)
    assert [event["at"] for event in update.events] == ["2026-11-19T04:30:00+05:30", "2026-11-20T16:40:00+05:30"]


@pytest.mark.parametrize("provider", [*ASKED, "generic"])
def test_without_a_key_nobody_is_asked(provider: str) -> None:
    assert reads_for(provider, CarrierSettings(secret="s"), HandClock(NOW)) is None


def test_the_generic_provider_cannot_be_asked() -> None:
    assert reads_for("generic", CarrierSettings(api_key="k"), HandClock(NOW)) is None
