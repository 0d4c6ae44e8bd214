"""How a call to Shopify can fail, and what follows."""

import asyncio
import logging
from datetime import timedelta

import pytest

from server.commerce.connectors.shopify.client import AccessDenied, Client, check_shop
from server.errors import SettingsError, StoreRefused, StoreUnavailable
from server.settings import ShopifySettings
from server.telemetry import REGISTRY
from tests.server.commerce.connectors.shopify.conftest import Scene
from tests.server.commerce.orders import an_order
from tests.support.shopify import ShopifyStandIn

GID = {"id": "gid://shopify/Order/ord_7"}


@pytest.fixture
def client(scene: Scene) -> Client:
    """The client of the scene's platform, with one order in the shop."""
    scene.shopify.put(an_order())
    return scene.platform._client


def failed(edge: str) -> float:
    """How often something was counted as an error."""
    return REGISTRY.get_sample_value("onethread_errors_total", {"edge": edge}) or 0.0


async def test_a_read_gives_the_data(client: Client) -> None:
    assert (await client.read("order_track", GID))["order"]["id"] == GID["id"]


@pytest.mark.parametrize("status", [200, 429])
async def test_a_throttled_read_waits_and_is_repeated(scene: Scene, client: Client, status: int) -> None:
    scene.shopify.throttle_status, scene.shopify.throttle_times = status, 1
    began = asyncio.get_running_loop().time()
    assert (await client.read("order_track", GID))["order"]
    assert asyncio.get_running_loop().time() - began >= 0.3


async def test_a_throttled_write_was_not_done_and_is_repeated(scene: Scene, client: Client) -> None:
    scene.shopify.throttle_times = 1
    await client.write("hook", {"topic": "ORDERS_PAID", "sub": {"uri": "https://x.test/h", "format": "JSON"}})
    assert len(scene.shopify.shop.hooks) == 1


async def test_an_empty_bucket_is_waited_for(scene: Scene, client: Client) -> None:
    scene.shopify.maximum, scene.shopify.level, scene.shopify.restore_rate = 1000.0, 0.0, 2000.0
    assert (await client.read("order_state", GID))["order"]
    assert len(scene.shopify.asked("order_state")) == 1
    assert client.governor.available <= 1000


async def test_nothing_is_sent_while_the_bucket_is_empty(scene: Scene, client: Client) -> None:
    client.governor.answered(0, {"currentlyAvailable": 0, "restoreRate": 0.001, "maximumAvailable": 1000})
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await client.read("order_track", GID)
    assert scene.shopify.calls == []


async def test_a_read_survives_one_bad_gateway(scene: Scene, client: Client) -> None:
    scene.shopify.fail_with = [502]
    assert (await client.read("order_track", GID))["order"]


async def test_a_read_does_not_survive_two(scene: Scene, client: Client) -> None:
    scene.shopify.fail_with = [502, 502]
    with pytest.raises(StoreUnavailable):
        await client.read("order_track", GID)


async def test_a_write_is_not_repeated_after_a_bad_gateway(scene: Scene, client: Client) -> None:
    scene.shopify.fail_with = [502]
    with pytest.raises(StoreUnavailable):
        await client.write("hook", {"topic": "ORDERS_PAID", "sub": {"uri": "https://x.test/h", "format": "JSON"}})
    assert scene.shopify.calls == []


@pytest.mark.parametrize("status", [402, 403, 404, 423])
async def test_a_refusal_says_who_must_act(scene: Scene, client: Client, status: int) -> None:
    scene.shopify.fail_with = [status, status]
    with pytest.raises(StoreUnavailable, match=r"shop|Shopify"):
        await client.read("order_track", GID)
    with pytest.raises(StoreRefused, match=r"shop|Shopify"):
        await client.write("hook", {"topic": "ORDERS_PAID", "sub": {"uri": "https://x.test/h", "format": "JSON"}})


async def test_a_missing_scope_is_named(scene: Scene, client: Client) -> None:
    scene.shopify.shop.scopes -= {"read_returns"}
    with pytest.raises(AccessDenied, match="read_returns") as denied:
        await client.read("order_state", GID)
    assert denied.value.scope == "read_returns"


async def test_a_write_without_its_scope_was_certainly_not_done(scene: Scene, client: Client) -> None:
    scene.shopify.shop.scopes -= {"write_returns"}
    given = {"returnInput": {"orderId": GID["id"], "returnLineItems": []}}
    with pytest.raises(StoreRefused, match="write_returns"):
        await client.write("returnCreate", given)


async def test_an_answer_in_another_version_is_noticed(
    scene: Scene, client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    scene.shopify.answered_version = "2026-10"
    before = failed("shopify_version")
    await client.read("order_track", GID)
    await client.read("order_track", GID)
    assert (client.answered_version, client.expected_version) == ("2026-10", "2026-07")
    assert failed("shopify_version") == before + 2
    assert [record.levelname for record in caplog.records if "2026-10" in record.message] == ["ERROR"]


# Tokens


async def test_a_pasted_token_that_is_refused_is_not_replaced(scene: Scene, client: Client) -> None:
    scene.shopify.token = "another"
    with pytest.raises(StoreUnavailable, match="token"):
        await client.read("order_track", GID)
    assert scene.shopify.tokens_given == 0


async def test_a_token_is_fetched_once_for_everybody(scene: Scene) -> None:
    async with scene.another(pasted=False) as platform, asyncio.TaskGroup() as tasks:
        for _ in range(5):
            tasks.create_task(platform.order("ord_7"))
    assert scene.shopify.tokens_given == 1


async def test_a_token_is_renewed_at_four_fifths_of_its_life(scene: Scene) -> None:
    async with scene.another(pasted=False) as platform:
        await platform.order("ord_7")
        scene.shopify.shop.clock.advance(timedelta(hours=19))
        await platform.order("ord_7")
        assert scene.shopify.tokens_given == 1
        scene.shopify.shop.clock.advance(timedelta(minutes=13))
        await platform.order("ord_7")
    assert scene.shopify.tokens_given == 2


async def test_calls_that_are_refused_together_renew_the_token_once(scene: Scene) -> None:
    scene.shopify.put(an_order())
    async with scene.another(pasted=False) as platform:
        await platform.order("ord_7")
        scene.shopify.expire_tokens()
        async with asyncio.TaskGroup() as tasks:
            asked = [tasks.create_task(platform.order("ord_7")) for _ in range(5)]
    assert all(each.result() for each in asked)
    assert scene.shopify.tokens_given == 2


async def test_a_renewed_token_that_is_refused_too_is_not_renewed_again(scene: Scene) -> None:
    async with scene.another(pasted=False) as platform:
        await platform.order("ord_7")
        scene.shopify.gives_good_tokens = False
        scene.shopify.expire_tokens()
        with pytest.raises(StoreUnavailable, match="token"):
            await platform.order("ord_7")
    assert scene.shopify.tokens_given <= 3


async def test_a_wrong_secret_is_the_operators_to_mend(scene: Scene) -> None:
    scene.shopify.client_id = "another"
    settings = ShopifySettings(shop="demo.myshopify.com", client_id="app-1", secret="s", api_url=scene.url)
    client = Client(settings, scene.shopify.shop.clock)
    try:
        with pytest.raises(StoreUnavailable, match="client_id"):
            await client.read("order_track", GID)
    finally:
        await client.close()


async def test_no_token_is_ever_logged(scene: Scene, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    scene.shopify.shop.scopes -= {"read_returns"}
    async with scene.another(pasted=False) as platform:
        await platform.order("ord_7")
        scene.shopify.expire_tokens()
        scene.shopify.fail_with = [403]
        with pytest.raises(StoreUnavailable):
            await platform.order("ord_7")
    said = "\n".join(record.getMessage() for record in caplog.records)
    assert "shpat_" not in said
    assert scene.shopify.secret not in said


# Settings


def settings(**changes: str) -> ShopifySettings:
    """Three lines that connect a shop."""
    return ShopifySettings(**{"shop": "demo.myshopify.com", "token": "t", "secret": "s", **changes})


def test_the_address_follows_from_the_shop() -> None:
    assert check_shop(settings()) == "https://demo.myshopify.com"


@pytest.mark.parametrize(
    "shop",
    [
        "",
        "demo",
        "demo.myshopify.com.evil.test",
        "evil.test/demo.myshopify.com",
        "demo.myshopify.com:8443",
        "user@demo.myshopify.com",
        "DEMO.myshopify.com",
        "-demo.myshopify.com",
        "demo.myshopify.com\n",
        "a.b.myshopify.com",
        "https://demo.myshopify.com",
    ],
)
def test_what_is_no_shop_is_refused_before_any_address_is_built(shop: str) -> None:
    with pytest.raises(SettingsError, match=r"shopify\.shop"):
        check_shop(settings(shop=shop))


@pytest.mark.parametrize("version", ["2025-10", "unstable", "", "2026-07/../x"])
def test_a_version_that_we_do_not_speak_is_refused(version: str) -> None:
    with pytest.raises(SettingsError, match="api_version"):
        check_shop(settings(api_version=version))


@pytest.mark.parametrize("changes", [{"token": ""}, {"token": "", "client_id": "a", "secret": ""}])
def test_a_shop_without_a_key_is_refused(changes: dict[str, str]) -> None:
    with pytest.raises(SettingsError, match="token"):
        check_shop(settings(**changes))


# The stand-in itself: what it refuses


async def test_the_stand_in_refuses_what_is_not_ours() -> None:
    from server.commerce.outside import Outside
    from tests.support.servers import serve

    shopify = ShopifyStandIn()
    headers = {"X-Shopify-Access-Token": shopify.token}
    path = "/admin/api/2026-07/graphql.json"
    async with serve(shopify.app) as url:
        outside = Outside("shopify", url)
        try:
            body = {"query": "query Mine { shop { name } }", "operationName": "Mine", "variables": {}}
            assert (await outside.call("POST", path, body=body, headers=headers)).status == 400
            assert (await outside.call("POST", path, body=body)).status == 401
            other = path.replace("2026-07", "2025-01")
            assert (await outside.call("POST", other, body=body, headers=headers)).status == 400
        finally:
            await outside.close()
    assert len(shopify.problems) == 2
