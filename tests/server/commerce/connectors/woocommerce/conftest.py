"""A WooCommerce site that refuses what would do harm, and our platform in front of it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from server.clock import HandClock
from server.commerce.connectors.ledger import StoredLedger
from server.commerce.connectors.once import Ledger
from server.commerce.connectors.woocommerce.platform import WooCommercePlatform
from server.settings import WooCommerceSettings
from tests.server.commerce.orders import NOW
from tests.support.databases import opened
from tests.support.servers import serve
from tests.support.woocommerce import WooCommerceStandIn

SETTINGS = WooCommerceSettings(key="ck_test", secret="cs_test")


@dataclass(slots=True)
class Shop:
    """The site, our platform, the clock that both read, and the platform as it is after a restart of our process."""

    site: WooCommerceStandIn
    platform: WooCommercePlatform
    clock: HandClock
    restarted: WooCommercePlatform


class NothingIsWritten:
    """The ledger of a platform that is only read: whoever asks it fails the test."""

    async def look_up(self, key: str) -> tuple[bool, dict[str, Any] | None]:
        """Nobody asks."""
        raise AssertionError(key)

    async def note_sent(self, key: str, name: str, subject: str, at: datetime) -> bool:
        """Nobody asks."""
        raise AssertionError(key)

    async def keep(self, key: str, result: dict[str, Any]) -> None:
        """Nobody asks."""
        raise AssertionError(key)

    async def forget(self, key: str) -> None:
        """Nobody asks."""
        raise AssertionError(key)


@asynccontextmanager
async def connected(ledger: Ledger) -> AsyncIterator[Shop]:
    """A connected shop; whatever the site had to complain of fails the test."""
    clock = HandClock(NOW)
    site = WooCommerceStandIn(clock.now)
    async with serve(site) as url:
        settings = replace(SETTINGS, url=url)
        platform, again = (WooCommercePlatform(settings, clock, ledger, looks_s=(0.0, 0.0)) for _ in range(2))
        yield Shop(site, platform, clock, again)
        await platform.close()
        await again.close()
    assert site.complaints == []


@pytest.fixture
async def shop(tmp_path: Path) -> AsyncIterator[Shop]:
    """A shop that is written to, with our own memory of what was sent."""
    async with opened(f"sqlite:///{tmp_path / 'memory.db'}") as database, connected(StoredLedger(database)) as shop:
        yield shop


@pytest.fixture
async def read_shop() -> AsyncIterator[Shop]:
    """A shop that is only read."""
    async with connected(NothingIsWritten()) as shop:
        yield shop
