"""What a shop operator is told about a WooCommerce site, and the webhooks that we make there."""

from dataclasses import replace

import pytest

from server.clock import HandClock
from server.commerce.connectors.platform import Finding, Hooks, Platform
from server.commerce.connectors.woocommerce.examining import TOPICS
from server.commerce.connectors.woocommerce.hooks import WooHooks
from server.commerce.connectors.woocommerce.platform import WooCommercePlatform
from server.commerce.model import LineQuantity
from server.errors import StoreRefused
from tests.server.commerce.connectors.woocommerce.conftest import SETTINGS, NothingIsWritten, Shop
from tests.server.commerce.orders import NOW, an_order

DELIVERY = "https://chat.example/webhooks/orders/woocommerce"


def levels(findings: object) -> dict[str, str]:
    """The texts of what is not well, by level."""
    assert isinstance(findings, tuple)
    return {each.level: each.text for each in findings if each.level != "ok"}


async def test_a_site_with_everything_needs_nothing(read_shop: Shop) -> None:
    read_shop.site.put(an_order())
    await read_shop.platform.subscribe(DELIVERY)
    assert levels(await read_shop.platform.examine()) == {}


async def test_examining_changes_nothing(read_shop: Shop) -> None:
    read_shop.site.put(an_order())
    await read_shop.platform.examine()
    assert [call.path for call in read_shop.site.calls if call.method != "GET"] == ["/orders/batch"]


async def test_a_key_that_may_only_read_takes_all_writes_away(read_shop: Shop) -> None:
    read_shop.site.put(an_order())
    read_shop.site.site.may_write = False
    assert "Read/Write" in levels(await read_shop.platform.examine())["mend"]
    assert read_shop.platform.capabilities == frozenset()


async def test_a_wrong_key_is_named(read_shop: Shop) -> None:
    read_shop.site.site.secret = "changed"
    assert "woocommerce_rest_cannot_view" in levels(await read_shop.platform.examine())["mend"]


async def test_webhooks_that_are_missing_or_switched_off_are_named(read_shop: Shop) -> None:
    read_shop.site.put(an_order())
    await read_shop.platform.subscribe(DELIVERY)
    read_shop.site.webhooks[0]["status"] = "disabled"
    read_shop.site.webhooks[1]["topic"] = "coupon.created"
    text = levels(await read_shop.platform.examine())["warn"]
    assert "order.created is disabled" in text
    assert "order.updated is missing" in text
    assert "order.deleted" not in text


async def test_a_feature_that_is_off_is_named(read_shop: Shop) -> None:
    read_shop.site.put(an_order())
    read_shop.site.site.has_fulfilments = False
    await read_shop.platform.subscribe(DELIVERY)
    assert "fulfillments feature is off" in levels(await read_shop.platform.examine())["warn"]


async def test_without_a_gateway_that_refunds_refunds_are_not_offered(read_shop: Shop) -> None:
    read_shop.site.put(an_order())
    read_shop.site.put_gateway("card", refunds=False)
    await read_shop.platform.subscribe(DELIVERY)
    assert "people must send money back" in levels(await read_shop.platform.examine())["mend"]
    assert "refund" not in read_shop.platform.capabilities
    assert "cancel_order" in read_shop.platform.capabilities


async def test_a_gateway_that_cannot_refund_is_named(read_shop: Shop) -> None:
    read_shop.site.put(an_order())
    read_shop.site.put_gateway("cod", refunds=False)
    await read_shop.platform.subscribe(DELIVERY)
    assert "cod" in levels(await read_shop.platform.examine())["warn"]
    assert "refund" in read_shop.platform.capabilities


async def test_a_site_that_is_down_is_one_finding(read_shop: Shop) -> None:
    read_shop.site.faults.html = 9
    (finding,) = await read_shop.platform.examine()
    assert finding.level == "mend"


async def test_an_address_without_woocommerce_is_one_finding() -> None:
    platform = WooCommercePlatform(
        replace(SETTINGS, url="http://127.0.0.1:9"), HandClock(NOW), NothingIsWritten(), looks_s=(0.0,)
    )
    (finding,) = await platform.examine()
    assert finding.level == "mend"
    await platform.close()


# Webhooks


async def test_every_webhook_is_made_towards_us_and_signs_with_our_secret(read_shop: Shop) -> None:
    findings = await read_shop.platform.subscribe(DELIVERY)
    assert {each.level for each in findings} == {"ok"}
    assert [hook["topic"] for hook in read_shop.site.webhooks] == list(TOPICS)
    assert {(hook["delivery_url"], hook["secret"]) for hook in read_shop.site.webhooks} == {(DELIVERY, "cs_test")}
    order_id = read_shop.site.put(an_order())
    headers, body = read_shop.site.emit("order.updated", order_id, secret=read_shop.site.webhooks[0]["secret"])
    assert WooHooks(("cs_test",)).is_signed(headers, body, NOW)


async def test_subscribing_again_makes_none_twice(read_shop: Shop) -> None:
    await read_shop.platform.subscribe(DELIVERY)
    await read_shop.platform.subscribe(DELIVERY)
    assert len(read_shop.site.webhooks) == len(TOPICS)


async def test_a_webhook_that_was_switched_off_is_switched_on_again(read_shop: Shop) -> None:
    await read_shop.platform.subscribe(DELIVERY)
    read_shop.site.webhooks[2]["status"] = "disabled"
    findings = await read_shop.platform.subscribe(DELIVERY)
    assert read_shop.site.webhooks[2]["status"] == "active"
    assert findings[2] == Finding("ok", "Webhook order.deleted: was disabled, switched on again")


async def test_somebody_elses_webhooks_are_left_alone(read_shop: Shop) -> None:
    theirs = {"id": 1, "topic": "order.created", "delivery_url": "https://erp.example/", "status": "disabled"}
    read_shop.site.put_webhook(dict(theirs))
    await read_shop.platform.subscribe(DELIVERY)
    assert read_shop.site.webhooks[0] == theirs


@pytest.mark.parametrize("may_read", [True, False])
async def test_subscribing_never_raises(read_shop: Shop, may_read: bool) -> None:
    read_shop.site.site.may_write, read_shop.site.site.may_read = False, may_read
    assert {each.level for each in await read_shop.platform.subscribe(DELIVERY)} == {"mend"}


# The platform as others see it


def test_it_is_a_platform_and_has_hooks(read_shop: Shop) -> None:
    platform: Platform = read_shop.platform
    hooks: Hooks = WooHooks(("s",))
    assert platform.name == "woocommerce"
    assert not hooks.is_signed({}, b"", NOW)


async def test_what_is_not_offered_is_refused(read_shop: Shop) -> None:
    lines = [LineQuantity("1", 1)]
    with pytest.raises(StoreRefused):
        await read_shop.platform.change_items("k", "1", lines, None, NOW)
    with pytest.raises(StoreRefused):
        await read_shop.platform.change_payment("k", "1", "pm", NOW)
    with pytest.raises(StoreRefused):
        await read_shop.platform.open_claim("k", "1", None, "lost", "", NOW)
    assert read_shop.platform.capabilities.isdisjoint({"change_items", "change_payment", "open_claim"})
