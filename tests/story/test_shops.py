"""Shoppers of live shops: connected by three lines of settings, told the truth of the moment, and of its age when it is old."""

import asyncio
import json
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from channels.message import Address
from server.commerce.connectors.mirrored import MirroredStore
from server.settings import LabelsSettings, RestSettings, WooCommerceSettings
from tests.server.commerce.orders import NOW, Raw, ago, an_event, shipped
from tests.story.connected import CARRIER, RETURNS_TO, House, Talk, house, within
from tests.support.carriers import webhook
from tests.support.labels import EASYPOST_KEY, EasyPostDesk
from tests.support.rest_shop import SECRET as REST_SECRET
from tests.support.rest_shop import RestShopStandIn
from tests.support.servers import serve
from tests.support.shopify import ShopifyStandIn
from tests.support.shopify_shop import ALL_SCOPES
from tests.support.woocommerce import WooCommerceStandIn

ORDER = "7001"
NUMBER = "1ZA1B2C30300000012"
WHERE = "where is my order 1042? ana@example.com"
BUYER: Raw = {
    "id": "c1",
    "name": "Ana Souza",
    "emails": ["ana@example.com"],
    "phones": ["+14025550100"],
    "zip": "68102",
}
MOVING = [an_event(ago(hours=30), "picked_up"), an_event(ago(hours=3), "in_transit")]
TRACKING: Raw = {"tracking_url": "https://www.ups.com/track?tracknum=1ZA1B2C30300000012"}


def on_its_way(*events: Raw, **order: object) -> Raw:
    """Order #1042 with UPS."""
    return shipped(*(events or MOVING), order={"id": ORDER, "customer": BUYER, **order}, **TRACKING)


def delivered(**order: object) -> Raw:
    """Order #1042 at the door since yesterday."""
    return on_its_way(*MOVING[:1], an_event(ago(hours=26), "delivered"), **order)


@dataclass
class Connected:
    """Shopify, and the application that is connected with it."""

    shopify: ShopifyStandIn
    house: House

    async def changed(self) -> None:
        """Shopify calls after a change of the order."""
        payload = {"id": int(ORDER), "admin_graphql_api_id": f"gid://shopify/Order/{ORDER}"}
        headers, body = self.shopify.emit("orders/updated", payload)
        await self.house.call("/webhooks/orders/shopify", headers, body)
        self.house.clock.advance(timedelta(seconds=2))  # calls about one change are worked in together

    async def asked_for(self, operation: str) -> Mapping[str, Any]:
        """The first such request that Shopify gets, sooner or later."""
        while not self.shopify.asked(operation):  # noqa: ASYNC110 - the stand-in rings no bell
            await asyncio.sleep(0.02)
        first: Mapping[str, Any] = self.shopify.asked(operation)[0]
        return first

    def down(self) -> None:
        """Shopify answers nobody any more."""
        self.shopify.fail_with = [500] * 10_000


@asynccontextmanager
async def connected(
    folder: Path, *orders: Raw, parties: Mapping[str, Any] | None = None, **scene: Any
) -> AsyncIterator[Connected]:
    shopify = ShopifyStandIn()
    for name, value in scene.items():
        setattr(shopify.shop, name, value)
    for order in orders:
        shopify.put(order)
    async with (
        serve(shopify.app) as url,
        house(folder, NOW, shopify=shopify.settings(url), **(parties or {})) as opened,
    ):
        shopify.shop.clock = opened.clock  # type: ignore[assignment]  # only asked for the time
        yield Connected(shopify, opened)
    assert shopify.problems == []


async def test_an_order_is_told_as_the_shop_has_it_and_followed_from_then_on(tmp_path: Path) -> None:
    async with connected(tmp_path, on_its_way()) as scene, scene.house.talk() as talk:
        said = await talk.ask(WHERE)
        assert "Order #1042 is on its way with UPS" in said
        assert "Omaha" in said
        assert (talk.cards[-1]["tracking_number"], talk.cards[-1]["tracking_url"]) == (NUMBER, TRACKING["tracking_url"])
        assert NUMBER in await talk.ask("what is the tracking number?")

        out = an_event((scene.house.clock.now() - timedelta(minutes=5)).isoformat(), "out_for_delivery")
        told = webhook("easypost", CARRIER, NUMBER, "ups", [*MOVING, out], now=scene.house.clock.now())
        await scene.house.call(*told)
        card = await within(1.0, talk.card())
        assert [step["key"] for step in card["steps"] if step["state"] == "now"] == ["out_for_delivery"]

        at_the_door = an_event(scene.house.clock.now().isoformat(), "delivered")
        scene.shopify.put(on_its_way(*MOVING, at_the_door))
        await scene.changed()
        assert (await within(3.0, talk.card()))["tone"] == "good"
        assert "delivered" in await talk.ask("where is it now?")


async def test_who_writes_from_the_phone_of_the_order_need_not_say_which(tmp_path: Path) -> None:
    ana = Address("sms", "+14025550100", "channel", "(402) 555-0100", "Ana Souza")
    async with connected(tmp_path, on_its_way()) as scene:
        said = await scene.house.write("where is my order?", ana)
        assert "Order #1042 is on its way with UPS" in said
        assert "Omaha" in said
        assert NUMBER in said
        assert str(TRACKING["tracking_url"]) in said


async def test_a_stranger_is_told_nothing_by_whatsapp(tmp_path: Path) -> None:
    bob = Address("whatsapp", "+14025550177", "channel", "(402) 555-0177", "Bob Ray")
    async with connected(tmp_path, on_its_way()) as scene:
        said = await scene.house.write("where is order 1042? bob@example.com", bob)
        assert NUMBER not in said
        assert "Omaha" not in said


async def test_while_the_shop_is_down_the_last_read_is_told_with_its_age(tmp_path: Path) -> None:
    async with connected(tmp_path, on_its_way()) as scene, scene.house.talk() as talk:
        await talk.ask(WHERE)
        scene.down()
        scene.house.clock.advance(timedelta(hours=3))
        said = await talk.ask("where is it now?")
        assert "does not answer" in said
        assert "3 hours ago" in said
        assert "Order #1042 is on its way" in said
        assert await scene.house.handoffs(talk) == []


async def test_what_was_never_read_is_not_denied_and_a_person_takes_over(tmp_path: Path) -> None:
    async with connected(tmp_path, on_its_way()) as scene, scene.house.talk() as talk:
        scene.down()
        first = await talk.ask(WHERE)
        assert "can't read the order system right now" in first
        await talk.ask("where is my order now?")
        assert await scene.house.handoffs(talk) == ["unreadable"]


async def send_back(talk: Talk) -> str:
    """A shopper returns everything; what is said in the end."""
    for line in ("I want to return order 1042, ana@example.com", "all of it", "it is too small", "a refund"):
        said = await talk.ask(line)
        if "yes" in said.lower():
            break
    return await talk.ask("yes")


@pytest.mark.parametrize("lost", [0, 1], ids=["answered", "answer lost"])
async def test_a_return_is_opened_once_and_has_its_slip(tmp_path: Path, lost: int) -> None:
    async with connected(tmp_path, delivered()) as scene, scene.house.talk() as talk:
        scene.shopify.drop_after["returnCreate"] = lost
        said = await send_back(talk)
        (opened,) = scene.shopify.shop.of(ORDER)["returns"]
        assert len(scene.shopify.asked("returnCreate")) == 1
        assert opened["name"] in said
        card = talk.cards[-1]
        assert (card["kind"], card["rma"]) == ("return", opened["name"])
        slip = await scene.house.get(card["label_url"])
        assert slip.status_code == 200
        assert opened["name"] in slip.text
        order = await scene.house.services.store.order(ORDER)
        assert order is not None
        assert [each.id for each in order.returns] == [opened["name"]]


async def test_a_bought_label_stands_on_the_card_and_in_the_shop(tmp_path: Path) -> None:
    desk = EasyPostDesk()
    async with serve(desk.app) as sells:
        labels = LabelsSettings("easypost", EASYPOST_KEY, sells, phone="+12015550100", **RETURNS_TO)
        async with connected(tmp_path, delivered(), parties={"labels": labels}) as scene, scene.house.talk() as talk:
            await send_back(talk)
            assert talk.cards[-1]["label_url"] == "https://labels.example/shp_0001.pdf"
            given = await within(10, scene.asked_for("label"))
            assert given["label"] == {"fileUrl": "https://labels.example/shp_0001.pdf"}
            assert given["track"] == {"number": "94001000000000000001"}
    desk.assert_fine()


async def test_what_the_app_may_not_do_is_left_to_people(tmp_path: Path) -> None:
    scopes = ALL_SCOPES - {"write_returns"}
    async with connected(tmp_path, delivered(), scopes=scopes) as scene, scene.house.talk() as talk:
        store = scene.house.services.store
        assert isinstance(store, MirroredStore)
        await store.reconcile()
        said = await talk.ask("I want to return order 1042, ana@example.com")
        assert "bringing one in" in said
        assert await scene.house.handoffs(talk) == ["out_of_scope"]
        assert scene.shopify.asked("returnCreate") == []
        assert await scene.house.events(talk, "failed") == []


# Other shops


async def test_a_shop_on_woocommerce(tmp_path: Path) -> None:
    site = WooCommerceStandIn(lambda: NOW)
    site.put(on_its_way())
    async with serve(site) as url:
        own = WooCommerceSettings(url=url, key="ck_test", secret="cs_test")
        async with house(tmp_path, NOW, woocommerce=own) as opened, opened.talk() as talk:
            await opened.call(*webhook("easypost", CARRIER, NUMBER, "ups", MOVING, now=opened.clock.now()))
            said = await talk.ask(WHERE)
            assert "Order #1042 is on its way with UPS" in said
            assert "Omaha" in said
            assert talk.cards[-1]["tracking_number"] == NUMBER
    assert site.complaints == []


async def test_a_return_on_woocommerce_has_its_slip_too(tmp_path: Path) -> None:
    site = WooCommerceStandIn(lambda: NOW)
    order_id = site.put(delivered())
    async with serve(site) as url:
        own = WooCommerceSettings(url=url, key="ck_test", secret="cs_test")
        async with house(tmp_path, NOW, woocommerce=own) as opened, opened.talk() as talk:
            scans = [*MOVING[:1], an_event(ago(hours=26), "delivered")]
            await opened.call(*webhook("easypost", CARRIER, NUMBER, "ups", scans, now=opened.clock.now()))
            await send_back(talk)
            order = await opened.services.store.order(order_id)
            assert order is not None
            assert [each.id for each in order.returns] == [talk.cards[-1]["rma"]]
            assert (await opened.get(talk.cards[-1]["label_url"])).status_code == 200
    assert site.complaints == []


async def test_a_shop_with_a_system_of_its_own(tmp_path: Path) -> None:
    system = RestShopStandIn(now=lambda: NOW)
    system.put(on_its_way())
    async with serve(system.app) as url:
        own = RestSettings(url=url, secret=REST_SECRET)
        async with house(tmp_path, NOW, rest=own) as opened, opened.talk() as talk:
            assert "Order #1042 is on its way with UPS" in await talk.ask(WHERE)
            system.put(delivered(updated_at=opened.clock.now().isoformat()))
            emitted = replace(system, now=opened.clock.now).emit(type="order.updated", order=ORDER)
            await opened.call(emitted.path, emitted.headers, emitted.body)
            opened.clock.advance(timedelta(seconds=2))
            assert "delivered" in (await within(5, talk.card()))["headline"].lower()
    assert system.unexpected == []


# For the operator


async def test_doctor_names_what_shopify_lacks_in_its_own_terms(tmp_path: Path) -> None:
    shopify = ShopifyStandIn()
    shopify.shop.scopes = ALL_SCOPES - {"write_returns"}
    async with serve(shopify.app) as url:
        config = tmp_path / "onethread.toml"
        own = shopify.settings(url)
        text = (
            f'[server]\ndata = "{tmp_path}"\npublic_url = "https://chat.example"\n'
            f'[shopify]\nshop = "{own.shop}"\ntoken = "{own.token}"\nsecret = "{own.secret}"\napi_url = "{url}"\n'
        )
        await asyncio.to_thread(config.write_text, text, encoding="utf-8")
        await command("migrate", config)
        found = json.loads(await command("doctor", config, "--json"))["findings"]
    told = "\n".join(each["text"] for each in found)
    assert "the access scope write_returns is missing" in told
    assert "webhook subscriptions are missing: ORDERS_CREATE" in told
    assert shopify.problems == []


async def command(name: str, config: Path, *more: str) -> str:
    """What a command prints."""
    arguments = [sys.executable, "-m", "server", name, "--config", str(config), *more]
    done = await asyncio.to_thread(subprocess.run, arguments, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode in (0, 1), done.stderr
    return done.stdout
