"""A provider on loopback, our client for it, an order that may come back."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import pytest

from server.clock import HandClock
from server.commerce.labels.easypost import EasyPost
from server.commerce.labels.labels import Labels
from server.commerce.labels.shippo import Shippo
from server.settings import LabelsSettings
from tests.server.commerce.orders import NOW
from tests.support.labels import EASYPOST_KEY, SHIPPO_KEY, EasyPostDesk, Ledger, ShippoDesk
from tests.support.servers import serve

QUICK = (0.0, 0.01)
RETURNS: dict[str, Any] = {
    "name": "Lumen returns",
    "line1": "1 Dock Rd",
    "line2": "Gate 4",
    "city": "Newark",
    "region": "NJ",
    "zip": "07102",
    "country": "US",
    "phone": "+12015550100",
}


def no_slip(_order_id: str, _rma: str) -> str:
    """A provider that sells postage prints no slip of ours."""
    raise AssertionError("a slip was asked for")


@dataclass
class EasyPostSide:
    """EasyPost and our client of it."""

    desk: EasyPostDesk
    ledger: Ledger
    labels: EasyPost
    again: Callable[..., Awaitable[Labels]]


@dataclass
class ShippoSide:
    """Shippo and our client of it."""

    desk: ShippoDesk
    ledger: Ledger
    labels: Shippo
    again: Callable[..., Awaitable[Labels]]


@pytest.fixture
async def easypost() -> AsyncIterator[EasyPostSide]:
    """EasyPost; `again` makes another client, as after a restart."""
    desk, ledger, opened = EasyPostDesk(), Ledger(), list[Labels]()
    async with serve(desk.app) as url:

        async def again(ledger: Ledger = ledger, read_s: float = 5.0, **changes: Any) -> EasyPost:
            settings = LabelsSettings(
                **{**RETURNS, "provider": "easypost", "api_key": EASYPOST_KEY, "api_url": url, **changes}
            )
            made = await asyncio.to_thread(EasyPost, settings, "Lumen", HandClock(NOW), ledger, QUICK, read_s)
            opened.append(made)
            return made

        try:
            yield EasyPostSide(desk, ledger, await again(), again)
        finally:
            for each in opened:
                await each.close()
    desk.assert_fine()


@pytest.fixture
async def shippo() -> AsyncIterator[ShippoSide]:
    """Shippo; `again` makes another client, as after a restart."""
    desk, ledger, opened = ShippoDesk(), Ledger(), list[Labels]()
    async with serve(desk.app) as url:

        async def again(ledger: Ledger = ledger, read_s: float = 5.0, **changes: Any) -> Shippo:
            settings = LabelsSettings(
                **{**RETURNS, "provider": "shippo", "api_key": SHIPPO_KEY, "api_url": url, **changes}
            )
            made = await asyncio.to_thread(Shippo, settings, "Lumen", HandClock(NOW), ledger, QUICK, read_s)
            opened.append(made)
            return made

        try:
            yield ShippoSide(desk, ledger, await again(), again)
        finally:
            for each in opened:
                await each.close()
    desk.assert_fine()
