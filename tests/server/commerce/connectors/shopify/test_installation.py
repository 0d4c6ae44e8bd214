"""What our app may do in a shop, and what is missing there."""

from datetime import timedelta

import pytest

from server.commerce.connectors.platform import Finding
from server.commerce.connectors.shopify.topics import TOPICS
from tests.server.commerce.connectors.shopify.conftest import Scene, either
from tests.server.commerce.orders import an_order

DELIVERY = "https://desk.test/webhooks/orders/shopify"
ALL = {"start_return", "start_exchange", "cancel_order", "refund", "change_address", "store_credit"}


def mended(findings: object, word: str) -> list[Finding]:
    """The findings that speak of it."""
    assert isinstance(findings, list | tuple)
    return [each for each in findings if word in each.text]


async def test_before_scopes_are_known_everything_shopify_can_do_is_offered(scene: Scene) -> None:
    assert scene.platform.capabilities == ALL
    assert scene.shopify.calls == []


@pytest.mark.parametrize(
    ("scope", "lost"),
    [
        ("write_returns", {"start_return", "start_exchange"}),
        ("read_products", {"start_exchange"}),
        ("write_orders", {"cancel_order", "refund", "change_address"}),
        ("write_merchant_managed_fulfillment_orders", {"change_address"}),
        ("write_store_credit_account_transactions", {"store_credit"}),
    ],
)
async def test_a_write_without_its_scope_is_switched_off(scene: Scene, scope: str, lost: set[str]) -> None:
    scene.shopify.shop.scopes -= {scope}
    await scene.platform.learn_scopes()
    assert scene.platform.capabilities == ALL - lost


async def test_scopes_are_asked_for_once_an_hour(scene: Scene) -> None:
    await scene.platform.learn_scopes()
    await scene.platform.learn_scopes()
    assert len(scene.shopify.asked("scopes")) == 1
    scene.shopify.shop.clock.advance(timedelta(hours=1))
    await scene.platform.learn_scopes()
    assert len(scene.shopify.asked("scopes")) == 2


async def test_a_shop_that_lacks_nothing_is_well(scene: Scene) -> None:
    scene.shopify.put(an_order())
    await scene.platform.subscribe(DELIVERY)
    assert [each.level for each in await scene.platform.examine()] == ["ok"]


@either
@pytest.mark.parametrize(
    ("scope", "level"),
    [
        ("read_customers", "mend"),
        ("read_fulfillments", "mend"),
        ("read_all_orders", "warn"),
        ("read_third_party_fulfillment_orders", "warn"),
        ("write_orders", "warn"),
        ("write_store_credit_account_transactions", "warn"),
    ],
)
async def test_a_missing_scope_is_named_in_shopifys_words(scene: Scene, scope: str, level: str) -> None:
    scene.shopify.shop.scopes -= {scope}
    found = mended(await scene.platform.examine(), f"the access scope {scope} is missing")
    assert [each.level for each in found] == [level]


async def test_a_missing_webhook_is_named_by_its_topic(scene: Scene) -> None:
    scene.shopify.put(an_order())
    await scene.platform.subscribe(DELIVERY)
    scene.shopify.shop.hooks = [each for each in scene.shopify.shop.hooks if each["topic"] != "REFUNDS_CREATE"]
    (found,) = await scene.platform.examine()
    assert found.level == "warn"
    assert "REFUNDS_CREATE" in found.text


@either
async def test_hidden_contacts_ask_for_approval(scene: Scene) -> None:
    scene.shopify.put(an_order())
    scene.shopify.shop.hides_contacts = True
    (found,) = mended(await scene.platform.examine(), "protected customer data")
    assert found.level == "mend"


@either
async def test_another_version_is_named(scene: Scene) -> None:
    scene.shopify.answered_version = "2026-10"
    (found,) = mended(await scene.platform.examine(), "2026-10")
    assert (found.level, "2026-07" in found.text) == ("mend", True)


@either
async def test_a_shop_that_does_not_answer_is_told_once(scene: Scene) -> None:
    scene.shopify.fail_with = [500]
    (found,) = await scene.platform.examine()
    assert found.level == "mend"


async def test_missing_webhooks_are_made_once(scene: Scene) -> None:
    made = await scene.platform.subscribe(DELIVERY)
    assert {each["topic"] for each in scene.shopify.shop.hooks} == set(TOPICS)
    assert {each["uri"] for each in scene.shopify.shop.hooks} == {DELIVERY}
    assert {each.level for each in made} == {"ok"}
    await scene.platform.subscribe(DELIVERY)
    assert len(scene.shopify.shop.hooks) == len(TOPICS)


async def test_another_address_gets_its_own_webhooks(scene: Scene) -> None:
    await scene.platform.subscribe("https://old.test/hook")
    await scene.platform.subscribe(DELIVERY)
    assert len(scene.shopify.shop.hooks) == 2 * len(TOPICS)


async def test_a_refused_webhook_is_a_warning_and_the_others_are_made(scene: Scene) -> None:
    errors = [{"code": None, "field": ["topic"], "message": "x"}]
    scene.shopify.shop.user_errors["webhookSubscriptionCreate"] = errors
    found = await scene.platform.subscribe(DELIVERY)
    assert {each.level for each in found} == {"warn"}
    assert len(found) == len(TOPICS)


@either
async def test_subscribing_never_raises(scene: Scene) -> None:
    scene.shopify.fail_with = [500]
    (found,) = await scene.platform.subscribe(DELIVERY)
    assert found.level == "mend"
