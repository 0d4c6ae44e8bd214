"""Calls to a WooCommerce site: its two address styles, its key, and every way in which it does not answer."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from decimal import Decimal

import pytest

from server.commerce.connectors.woocommerce.client import ReadRefused, WooClient, WriteRefused
from server.errors import SettingsError, StoreRefused, StoreUnavailable
from server.settings import WooCommerceSettings
from tests.server.commerce.connectors.woocommerce.conftest import SETTINGS
from tests.server.commerce.orders import NOW, an_order
from tests.support.servers import serve
from tests.support.woocommerce import Site, WooCommerceStandIn


@asynccontextmanager
async def connected(
    site: Site | None = None, settings: WooCommerceSettings = SETTINGS, read_s: float = 8.0
) -> AsyncIterator[tuple[WooCommerceStandIn, WooClient]]:
    """A site with one order, and a client of it."""
    stand_in = WooCommerceStandIn(lambda: NOW, site)
    stand_in.put(an_order(id="727"))
    async with serve(stand_in) as url:
        client = WooClient(replace(settings, url=url), read_s=read_s)
        try:
            yield stand_in, client
        finally:
            await client.close()


@pytest.mark.parametrize(
    ("site", "settings"),
    [
        (Site(), SETTINGS),
        (Site(is_query_style=True), replace(SETTINGS, rest_route_style="query")),
        (Site(keys_in_query=True), replace(SETTINGS, keys_in_query=True)),
        (
            Site(keys_in_query=True, is_query_style=True),
            replace(SETTINGS, keys_in_query=True, rest_route_style="query"),
        ),
    ],
)
async def test_an_order_is_read_in_every_style(site: Site, settings: WooCommerceSettings) -> None:
    async with connected(site, settings) as (stand_in, client):
        found = await client.one("/orders/727")
        assert found is not None
        assert found["id"] == 727
        assert "wc/v3" in (await client.index())["namespaces"]
        assert stand_in.complaints == []


@pytest.mark.parametrize(
    ("url", "allow_private"),
    [
        ("http://shop.example", True),
        ("http://shop.example", False),
        ("http://10.0.0.7", True),
        ("http://localhost.shop.example", True),
        ("ftp://shop.example", True),
        ("shop.example", True),
        ("https://", True),
        ("", True),
    ],
)
def test_plain_http_is_refused_beyond_a_trial_on_this_machine(url: str, allow_private: bool) -> None:
    with pytest.raises(SettingsError):
        WooClient(replace(SETTINGS, url=url, allow_private=allow_private))


async def test_a_private_address_is_refused_unless_the_settings_permit_it() -> None:
    client = WooClient(replace(SETTINGS, url="https://10.0.0.7", allow_private=False))
    with pytest.raises(StoreUnavailable, match="private"):
        await client.one("/orders/727")
    await client.close()


async def test_a_wrong_key_is_named_in_the_sites_terms() -> None:
    async with connected(settings=replace(SETTINGS, secret="wrong")) as (_, client):
        with pytest.raises(ReadRefused, match="woocommerce_rest_cannot_view"):
            await client.one("/orders/727")


@pytest.mark.parametrize("path", ["/orders/1", "/products/1", "/customers/1", "/payment_gateways/gone"])
async def test_what_is_not_there_is_none(path: str) -> None:
    async with connected() as (_, client):
        assert await client.one(path) is None


async def test_a_route_that_is_not_there_is_no_missing_order() -> None:
    async with connected(Site(has_fulfilments=False)) as (_, client):
        with pytest.raises(ReadRefused) as refused:
            await client.many("/orders/727/fulfillments")
        assert refused.value.code == "rest_no_route"


async def test_an_html_page_with_status_200_is_no_answer() -> None:
    async with connected() as (stand_in, client):
        stand_in.faults.html = 1
        with pytest.raises(StoreUnavailable, match="no JSON"):
            await client.one("/orders/727")
        assert await client.one("/orders/727") is not None


@pytest.mark.parametrize(("junk", "is_read"), [(b"\xef\xbb\xbf", True), (b"<b>Notice</b>: undefined index\n", False)])
async def test_a_byte_order_mark_is_skipped_and_php_notices_are_not(junk: bytes, is_read: bool) -> None:
    async with connected(Site(starts_with=junk)) as (_, client):
        if is_read:
            assert await client.one("/orders/727") is not None
        else:
            with pytest.raises(StoreUnavailable):
                await client.one("/orders/727")


async def test_a_list_where_an_object_belongs_is_no_answer() -> None:
    async with connected() as (_, client):
        with pytest.raises(StoreUnavailable):
            await client.one("/orders")
        with pytest.raises(StoreUnavailable):
            await client.many("/orders/727")


async def test_a_slow_site_is_given_up() -> None:
    async with connected(read_s=0.1) as (stand_in, client):
        stand_in.faults.slow_s = 0.4
        with pytest.raises(StoreUnavailable, match="cannot be reached"):
            await client.one("/orders/727")


async def test_being_told_to_wait_is_heeded() -> None:
    async with connected() as (stand_in, client):
        stand_in.faults.busy, stand_in.faults.retry_after_s = 1, 0.3
        began = asyncio.get_running_loop().time()
        assert await client.one("/orders/727") is not None
        assert asyncio.get_running_loop().time() - began >= 0.3


async def test_being_told_to_wait_longer_than_a_shopper_does_is_no_answer() -> None:
    async with connected() as (stand_in, client):
        stand_in.faults.busy, stand_in.faults.retry_after_s = 1, 60
        with pytest.raises(StoreUnavailable, match="wait"):
            await client.one("/orders/727")


async def test_at_most_four_calls_are_under_way() -> None:
    async with connected() as (stand_in, client):
        stand_in.faults.slow_s = 0.05
        await asyncio.gather(*(client.one("/orders/727") for _ in range(12)))
        assert stand_in.most_at_once == 4


async def test_a_refused_write_is_refused_for_good_and_names_the_code() -> None:
    async with connected(Site(may_write=False)) as (_, client):
        with pytest.raises(WriteRefused, match="permission") as refused:
            await client.write("PUT", "/orders/727", {"status": "cancelled"})
        assert refused.value.code == "woocommerce_rest_authentication_error"
        assert isinstance(refused.value, StoreRefused)


async def test_a_failing_write_is_sent_once_and_nobody_knows() -> None:
    async with connected() as (stand_in, client):
        stand_in.faults.down = 5
        with pytest.raises(StoreUnavailable):
            await client.write("POST", "/orders/727/notes", {"note": "x"})
        assert stand_in.faults.down == 4


async def test_decimals_become_numbers_with_exactly_their_digits() -> None:
    async with connected() as (stand_in, client):
        with pytest.raises(WriteRefused):
            await client.write("POST", "/orders/1/refunds", {"refund_total": Decimal("18.09")})
        assert stand_in.calls[-1].body == {"refund_total": 18.09}


async def test_neither_keys_nor_search_words_are_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    async with connected(Site(keys_in_query=True), replace(SETTINGS, keys_in_query=True)) as (_, client):
        await client.many("/orders", [("search", "dana@example.com")])
    assert "cs_test" not in caplog.text
    assert "dana@example.com" not in caplog.text
