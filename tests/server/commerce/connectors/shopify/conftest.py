"""A shop on loopback, and the platform that speaks to it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest

from server.commerce.connectors.shopify.platform import ShopifyPlatform
from tests.support.servers import serve
from tests.support.shopify import Ledger, ShopifyStandIn


@dataclass
class Scene:
    """Shopify, what speaks to it, and the ledger of its writes."""

    shopify: ShopifyStandIn
    url: str
    platform: ShopifyPlatform
    ledger: Ledger

    @asynccontextmanager
    async def another(self, *, pasted: bool = True) -> AsyncIterator[ShopifyPlatform]:
        """Another process with the same ledger: nothing is remembered but what the ledger has."""
        platform = connected(self.shopify, self.url, self.ledger, pasted=pasted)
        try:
            yield platform
        finally:
            await platform.close()


def connected(shopify: ShopifyStandIn, url: str, ledger: Ledger, *, pasted: bool = True) -> ShopifyPlatform:
    """A platform that does not wait between its looks."""
    settings = shopify.settings(url, pasted=pasted)
    return ShopifyPlatform(settings, shopify.shop.clock, ledger, looks_s=(0.0, 0.0, 0.0), pause_s=0.0)


either = pytest.mark.parametrize("scene", [False, True], ids=["a shop of today", "the needful alone"], indirect=True)
"""For tests that must pass in a shop that takes nothing but the validated operations, too."""


@pytest.fixture
async def scene(request: pytest.FixtureRequest) -> AsyncIterator[Scene]:
    """Shopify and our platform; a request that Shopify had to correct fails the test."""
    shopify, ledger = ShopifyStandIn(), Ledger()
    shopify.only_validated = getattr(request, "param", False)
    async with serve(shopify.app) as url:
        platform = connected(shopify, url, ledger)
        try:
            yield Scene(shopify, url, platform, ledger)
        finally:
            await platform.close()
    assert shopify.problems == []
