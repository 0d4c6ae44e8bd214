"""Writes to Shopify: what is sent, what is refused, and that nothing is done twice."""

import uuid
from typing import Any

import pytest

from server.commerce.connectors.shopify.acting import key_of, mark_of
from server.commerce.model import Address, LineQuantity, Money, RefundStatus
from server.commerce.store import CreditResult, ExchangeResult
from server.errors import StoreRefused, StoreUnavailable
from tests.server.commerce.connectors.shopify.conftest import Scene, either
from tests.server.commerce.connectors.shopify.goods import a_product, a_variant
from tests.server.commerce.orders import NOW, Raw, a_line, a_parcel, ago, an_event, an_order, shipped

USD = "USD"
TWO = [LineQuantity("l1", 2)]
ONE = [LineQuantity("l1", 1)]
HOME = Address("Ana Souza", "99 Dodge St", "Apt 2", "Omaha", "NE", "68102", "US")


def delivered(**order: object) -> Raw:
    """Both scarves have arrived."""
    return shipped(an_event(ago(hours=30), "delivered"), order=order)


def user_error(code: str | None, *field: str) -> list[dict[str, Any]]:
    """What Shopify says about input that it does not take; its message is not for us."""
    return [{"code": code, "field": list(field), "message": "Die Bestellung ist gesperrt."}]


@pytest.fixture
def shop(scene: Scene) -> Scene:
    """A shop with a delivered order, and one product."""
    scene.shopify.put(delivered())
    green = a_variant(id="gid://shopify/ProductVariant/502", sku="SCARF-GREEN")
    scene.shopify.shop.products["p1"] = a_product(variants=[a_variant(), green])
    return scene


# Returns


@either
async def test_a_return_is_opened_for_pieces_of_a_fulfilment(shop: Scene) -> None:
    result = await shop.platform.start_return("k1", "ord_7", TWO, "size_small", "refund", None, NOW)
    assert (result.rma, result.label_url, result.due_by) == ("#1042-R1", None, None)
    (given,) = shop.shopify.asked("returnCreate")
    (line,) = given["returnInput"]["returnLineItems"]
    assert line["fulfillmentLineItemId"] == "gid://shopify/FulfillmentLineItem/s1-l1"
    assert line["returnReasonDefinitionId"].endswith("size-too-small")
    assert line["returnReasonNote"].startswith(mark_of("k1"))


async def test_an_opened_return_is_read_under_the_name_that_it_was_opened_under(shop: Scene) -> None:
    """Else its label and its card would belong to a return that nobody finds."""
    result = await shop.platform.start_return("k1", "ord_7", TWO, "size_small", "refund", None, NOW)
    document = await shop.platform.order("ord_7")
    assert document is not None
    assert [each["id"] for each in document["returns"]] == [result.rma]  # type: ignore[attr-defined]  # a list of objects


@pytest.mark.parametrize(
    ("reason", "handle"),
    [
        ("size_large", "size-too-large"),
        ("unwanted", "unwanted"),
        ("defective", "defective"),
        ("wrong_item", "wrong-item"),
        ("not_as_described", "not-as-described"),
        ("Not as described", "not-as-described"),
        ("astrology", "other"),
    ],
)
async def test_a_reason_is_shopifys_own(shop: Scene, reason: str, handle: str) -> None:
    await shop.platform.start_return("k1", "ord_7", ONE, reason, "refund", None, NOW)
    (given,) = shop.shopify.asked("returnCreate")
    assert given["returnInput"]["returnLineItems"][0]["returnReasonDefinitionId"].endswith(f"/{handle}")


@either
async def test_pieces_of_two_parcels_make_one_line(scene: Scene) -> None:
    parcels = [a_parcel(id=f"s{at}", lines=[{"line": "l1", "quantity": 1}], tracking_number=f"T{at}") for at in (1, 2)]
    scene.shopify.put(an_order(lines=[a_line(fulfilled=2)], shipments=parcels, fulfilment="shipped"))
    await scene.platform.start_return("k1", "ord_7", TWO, "unwanted", "refund", None, NOW)
    (given,) = scene.shopify.asked("returnCreate")
    pieces = [each["fulfillmentLineItemId"] for each in given["returnInput"]["returnLineItems"]]
    assert pieces == ["gid://shopify/FulfillmentLineItem/s1-l1", "gid://shopify/FulfillmentLineItem/s2-l1"]


@either
@pytest.mark.parametrize("lines", [[LineQuantity("l1", 3)], [LineQuantity("l9", 1)], [LineQuantity("l1", 0)], []])
async def test_what_cannot_go_back_is_refused_before_anything_is_sent(shop: Scene, lines: list[LineQuantity]) -> None:
    with pytest.raises(StoreRefused):
        await shop.platform.start_return("k1", "ord_7", lines, "unwanted", "refund", None, NOW)
    assert shop.shopify.asked("returnCreate") == []
    assert shop.ledger.sent == {}


async def test_what_has_not_shipped_cannot_go_back(scene: Scene) -> None:
    scene.shopify.put(an_order())
    with pytest.raises(StoreRefused, match="0 of line l1"):
        await scene.platform.start_return("k1", "ord_7", ONE, "unwanted", "refund", None, NOW)


@either
async def test_the_same_key_opens_one_return(shop: Scene) -> None:
    first = await shop.platform.start_return("k1", "ord_7", ONE, "unwanted", "refund", None, NOW)
    async with shop.another() as platform:
        assert await platform.start_return("k1", "ord_7", ONE, "unwanted", "refund", None, NOW) == first
    assert len(shop.shopify.shop.of("ord_7")["returns"]) == 1
    await shop.platform.start_return("k2", "ord_7", ONE, "unwanted", "refund", None, NOW)
    assert len(shop.shopify.shop.of("ord_7")["returns"]) == 2


@either
async def test_a_return_whose_answer_was_lost_is_found(shop: Scene) -> None:
    shop.shopify.drop_after = {"returnCreate": 1}
    result = await shop.platform.start_return("k1", "ord_7", ONE, "unwanted", "refund", None, NOW)
    assert result.rma == "#1042-R1"
    assert len(shop.shopify.shop.of("ord_7")["returns"]) == 1


@either
async def test_a_return_that_never_shows_is_left_to_people_and_not_sent_again(shop: Scene) -> None:
    shop.shopify.shop.loses_returns = True
    shop.shopify.drop_after = {"returnCreate": 1}
    with pytest.raises(StoreUnavailable, match="person"):
        await shop.platform.start_return("k1", "ord_7", ONE, "unwanted", "refund", None, NOW)
    async with shop.another() as platform:
        with pytest.raises(StoreUnavailable, match="person"):
            await platform.start_return("k1", "ord_7", ONE, "unwanted", "refund", None, NOW)
    assert len(shop.shopify.asked("returnCreate")) == 1


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("INVALID_STATE", "not in a state"),
        ("FEATURE_NOT_ENABLED", "switched off"),
        ("MISSING_PERMISSION", "permission"),
        ("SOMETHING_NEW", "not acceptable"),
        (None, "returnInput.orderId"),
    ],
)
async def test_a_refusal_is_in_our_words_with_shopifys_code(shop: Scene, code: str | None, words: str) -> None:
    shop.shopify.shop.user_errors["returnCreate"] = user_error(code, "returnInput", "orderId")
    with pytest.raises(StoreRefused, match=words) as refused:
        await shop.platform.start_return("k1", "ord_7", ONE, "unwanted", "refund", None, NOW)
    assert "Bestellung" not in str(refused.value)
    assert (code or "") in str(refused.value)
    assert shop.ledger.sent == {}


async def test_a_failure_inside_shopify_is_no_refusal(shop: Scene) -> None:
    shop.shopify.shop.user_errors["returnCreate"] = user_error("INTERNAL_ERROR")
    with pytest.raises(StoreUnavailable):
        await shop.platform.start_return("k1", "ord_7", ONE, "unwanted", "refund", None, NOW)


# Exchanges


@pytest.mark.parametrize("difference", [0, 500, -700])
async def test_an_exchange_costs_what_shopify_says(shop: Scene, difference: int) -> None:
    shop.shopify.shop.exchange_difference = difference
    lines = [LineQuantity("l1", 1, "SCARF-GREEN")]
    result = await shop.platform.start_exchange("k1", "ord_7", lines, "unwanted", "pm_1", NOW)
    assert result == ExchangeResult("#1042-R1", Money(difference, USD), "pm_1", None, None)
    (given,) = shop.shopify.asked("returnCreate")
    (item,) = given["returnInput"]["exchangeLineItems"]
    assert item == {"variantId": "gid://shopify/ProductVariant/502", "quantity": 1}
    async with shop.another() as platform:
        assert await platform.start_exchange("k1", "ord_7", lines, "unwanted", "pm_1", NOW) == result


@pytest.mark.parametrize("sku", [None, "", "SCARF", "SCARF-GREY", 'x" OR sku:"SCARF-GREEN'])
async def test_an_exchange_for_what_is_not_there_is_refused(shop: Scene, sku: str | None) -> None:
    with pytest.raises(StoreRefused):
        await shop.platform.start_exchange("k1", "ord_7", [LineQuantity("l1", 1, sku)], "unwanted", None, NOW)
    assert shop.shopify.asked("returnCreate") == []


async def test_an_exchange_for_what_is_not_on_sale_is_refused(shop: Scene) -> None:
    shop.shopify.shop.products["p1"]["variants"][1]["availableForSale"] = False
    with pytest.raises(StoreRefused, match="not on sale"):
        await shop.platform.start_exchange("k1", "ord_7", [LineQuantity("l1", 1, "SCARF-GREEN")], "unwanted", None, NOW)


async def test_an_exchange_whose_answer_was_lost_is_found(shop: Scene) -> None:
    shop.shopify.drop_after = {"returnCreate": 1}
    lines = [LineQuantity("l1", 1, "SCARF-GREEN")]
    result = await shop.platform.start_exchange("k1", "ord_7", lines, "unwanted", None, NOW)
    assert result.rma == "#1042-R1"
    assert len(shop.shopify.shop.of("ord_7")["returns"]) == 1


# Refunds


async def refunded(scene: Scene, key: str = "k1", minor: int = 2500, currency: str = USD, **changes: Any) -> Any:
    """Send money back."""
    given: dict[str, Any] = {"lines": ONE, "method": None, **changes}
    amount = Money(minor, currency)
    return await scene.platform.refund(key, "ord_7", amount, given["lines"], "damaged", given["method"], NOW)


@either
async def test_a_refund_names_payment_currency_lines_and_mark(shop: Scene) -> None:
    result = await refunded(shop)
    assert (result.amount, result.status, result.method) == (Money(2500, USD), RefundStatus.PENDING, "original")
    (given,) = shop.shopify.asked("refundCreate")
    assert given["key"] == key_of("k1") == str(uuid.UUID(given["key"]))
    assert given["input"]["currency"] == USD
    assert given["input"]["note"] == f"{mark_of('k1')} damaged"
    (line,) = given["input"]["refundLineItems"]
    assert line == {"lineItemId": "gid://shopify/LineItem/l1", "quantity": 1, "restockType": "NO_RESTOCK"}
    (transaction,) = given["input"]["transactions"]
    assert (transaction["parentId"], transaction["amount"]) == ("gid://shopify/OrderTransaction/pay-ord_7", "25.00")


async def test_a_refund_that_has_arrived_has_succeeded(shop: Scene) -> None:
    shop.shopify.shop.refund_status = "SUCCESS"
    assert (await refunded(shop)).status is RefundStatus.SUCCEEDED


async def test_a_refund_can_go_to_store_credit(shop: Scene) -> None:
    assert (await refunded(shop, lines=[], method="store_credit")).method == "store_credit"
    (given,) = shop.shopify.asked("refundCreate")
    (method,) = given["input"]["refundMethods"]
    assert method["storeCreditRefund"]["amount"] == {"amount": "25.00", "currencyCode": USD}
    assert "transactions" not in given["input"]


@pytest.mark.parametrize("method", ["gift_card", "pm_1", "elsewhere"])
async def test_money_goes_nowhere_that_shopify_cannot_send_it(shop: Scene, method: str) -> None:
    with pytest.raises(StoreRefused, match="original payment"):
        await refunded(shop, method=method)
    with pytest.raises(StoreRefused, match="original payment"):
        await cancelled(shop, method=method)
    assert shop.ledger.sent == {}


async def test_a_refund_in_the_shoppers_currency_of_a_shop_with_another(scene: Scene) -> None:
    euros = an_order(currency="EUR", shop_currency=USD)
    scene.shopify.put(euros)
    assert (await refunded(scene, minor=1958, currency="EUR")).amount == Money(1958, "EUR")
    with pytest.raises(StoreRefused, match="paid in EUR"):
        await refunded(scene, "k2")


@pytest.mark.parametrize(("currency", "minor", "written"), [("JPY", 1200, "1200"), ("KWD", 1200, "1.200")])
async def test_a_refund_is_written_in_the_digits_of_its_currency(
    scene: Scene, currency: str, minor: int, written: str
) -> None:
    scene.shopify.put(an_order(currency=currency))
    assert (await refunded(scene, minor=minor, currency=currency)).amount == Money(minor, currency)
    (given,) = scene.shopify.asked("refundCreate")
    assert given["input"]["transactions"][0]["amount"] == written


@pytest.mark.parametrize("minor", [0, -100, 5501])
async def test_more_than_was_paid_is_refused_before_anything_is_sent(shop: Scene, minor: int) -> None:
    with pytest.raises(StoreRefused):
        await refunded(shop, minor=minor)
    assert shop.shopify.asked("refundCreate") == []


@either
async def test_the_same_key_refunds_once_another_key_again(shop: Scene) -> None:
    first = await refunded(shop)
    async with shop.another() as platform:
        assert await platform.refund("k1", "ord_7", Money(2500, USD), ONE, "damaged", None, NOW) == first
    assert len(shop.shopify.shop.of("ord_7")["refunds"]) == 1
    await refunded(shop, "k2")
    keys = [each["key"] for each in shop.shopify.asked("refundCreate")]
    assert len(shop.shopify.shop.of("ord_7")["refunds"]) == len(set(keys)) == 2


@either
@pytest.mark.parametrize("times", [1, 2])
async def test_exactly_one_refund_exists_after_its_answer_was_lost(shop: Scene, times: int) -> None:
    shop.shopify.drop_after = {"refundCreate": times}
    result = await refunded(shop)
    (refund,) = shop.shopify.shop.of("ord_7")["refunds"]
    assert refund["id"].endswith(f"/{result.refund_id}")
    assert len({each["key"] for each in shop.shopify.asked("refundCreate")}) == 1


async def test_a_refund_at_work_elsewhere_is_asked_for_again_with_the_same_key(shop: Scene) -> None:
    shop.shopify.shop.idempotency_errors = ["IDEMPOTENCY_CONCURRENT_REQUEST"]
    await refunded(shop)
    assert [each["key"] for each in shop.shopify.asked("refundCreate")] == [key_of("k1")] * 2
    assert len(shop.shopify.shop.of("ord_7")["refunds"]) == 1


async def test_a_refund_whose_first_attempt_failed_gets_a_new_key(shop: Scene) -> None:
    shop.shopify.shop.idempotency_errors = ["IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED"]
    await refunded(shop)
    assert [each["key"] for each in shop.shopify.asked("refundCreate")] == [key_of("k1"), key_of("k1", 2)]


async def test_a_key_with_other_amounts_is_never_sent_again(shop: Scene) -> None:
    shop.shopify.shop.idempotency_errors = ["IDEMPOTENCY_KEY_PARAMETER_MISMATCH"]
    with pytest.raises(StoreRefused, match="nothing was done"):
        await refunded(shop)
    assert shop.shopify.shop.of("ord_7")["refunds"] == []


@either
async def test_a_webhook_that_comes_before_the_answer_finds_the_refund(shop: Scene) -> None:
    seen: list[int] = []

    async def hook(key: str) -> None:
        order: Any = await shop.platform.order("ord_7", "webhook")
        seen.append(len(order["refunds"]))

    shop.shopify.on_commit = hook
    await refunded(shop)
    assert seen == [1]


# Cancellations


async def cancelled(scene: Scene, key: str = "k1", method: str | None = None) -> Any:
    """Cancel the order."""
    return await scene.platform.cancel_order(key, "ord_7", "changed_mind", method, NOW)


@either
async def test_a_cancellation_waits_for_its_job_and_tells_the_refund(scene: Scene) -> None:
    scene.shopify.put(an_order())
    scene.shopify.shop.job_polls = 3
    result = await cancelled(scene)
    assert result.cancelled_at == NOW
    assert result.refund is not None
    assert (result.refund.amount, result.refund.status) == (Money(5500, USD), RefundStatus.PENDING)
    (given,) = scene.shopify.asked("cancel")
    assert (given["reason"], given["restock"], given["notify"]) == ("CUSTOMER", True, False)
    assert given["rm"] == {"originalPaymentMethodsRefund": True}
    assert len(scene.shopify.asked("job")) == 3


async def test_a_cancellation_can_pay_to_store_credit(scene: Scene) -> None:
    scene.shopify.put(an_order())
    await cancelled(scene, method="store_credit")
    assert scene.shopify.asked("cancel")[0]["rm"] == {"storeCreditRefund": {}}


async def test_an_unpaid_order_is_cancelled_without_a_refund(scene: Scene) -> None:
    scene.shopify.put(an_order(payment={"status": "pending"}))
    assert (await cancelled(scene)).refund is None


@either
async def test_an_order_that_is_cancelled_already_is_not_cancelled_again(scene: Scene) -> None:
    scene.shopify.put(an_order(cancelled_at=ago(hours=2)))
    assert (await cancelled(scene)).cancelled_at.isoformat() == ago(hours=2)
    assert scene.shopify.asked("cancel") == []


@either
async def test_a_job_that_never_ends_is_left_to_people_and_not_started_again(scene: Scene) -> None:
    scene.shopify.put(an_order())
    scene.shopify.shop.job_polls = None
    with pytest.raises(StoreUnavailable, match="person"):
        await cancelled(scene)
    with pytest.raises(StoreUnavailable, match="person"):
        await cancelled(scene)
    assert len(scene.shopify.asked("cancel")) == 1


@either
async def test_a_cancellation_whose_answer_was_lost_is_found(scene: Scene) -> None:
    scene.shopify.put(an_order())
    scene.shopify.shop.job_polls = 0
    scene.shopify.drop_after = {"cancel": 1}
    assert (await cancelled(scene)).cancelled_at == NOW
    assert len(scene.shopify.asked("cancel")) == 1


async def test_a_refused_cancellation_leaves_the_key_free(scene: Scene) -> None:
    scene.shopify.put(an_order())
    scene.shopify.shop.user_errors["orderCancel"] = user_error("NO_REFUND_PERMISSION")
    with pytest.raises(StoreRefused, match="may not refund"):
        await cancelled(scene)
    scene.shopify.shop.user_errors.clear()
    assert (await cancelled(scene)).cancelled_at == NOW


@either
async def test_the_same_key_gives_the_same_cancellation(scene: Scene) -> None:
    scene.shopify.put(an_order())
    first = await cancelled(scene)
    async with scene.another() as platform:
        assert await platform.cancel_order("k1", "ord_7", "changed_mind", None, NOW) == first


# Addresses


@either
async def test_an_address_changes_while_the_warehouse_is_held(scene: Scene) -> None:
    scene.shopify.put(an_order())
    assert (await scene.platform.change_address("k1", "ord_7", HOME, NOW)).address == HOME
    order = scene.shopify.shop.of("ord_7")
    assert (order["shippingAddress"]["address1"], order["shippingAddress"]["name"]) == ("99 Dodge St", "Ana Souza")
    assert [each["fulfillmentHolds"] for each in order["fulfillmentOrders"]] == [[]]
    assert [call.key for call in scene.shopify.calls if call.key in ("hold", "address", "release")] == [
        "hold",
        "address",
        "release",
    ]


@either
@pytest.mark.parametrize(
    ("order", "address", "why"),
    [
        (an_order(), Address("A B", "1 Rue", "", "Paris", "", "75001", "FR"), "another country"),
        (an_order(), Address("A B", "1 St", "", "Austin", "TX", "73301", "US"), "another region"),
        (an_order(fulfilment="processing"), HOME, "at work"),
        (an_order(fulfilment_orders=[{"id": "w", "status": "open", "request_status": "submitted"}]), HOME, "at work"),
        (delivered(), HOME, "still to be sent"),
        (an_order(cancelled_at=ago(hours=1)), HOME, "cancelled"),
    ],
)
async def test_an_address_that_people_must_decide_about_is_refused(
    scene: Scene, order: Raw, address: Address, why: str
) -> None:
    scene.shopify.put(order)
    with pytest.raises(StoreRefused, match=why):
        await scene.platform.change_address("k1", "ord_7", address, NOW)
    assert scene.shopify.asked("hold") == scene.shopify.asked("address") == []


@either
async def test_a_refused_address_lets_the_warehouse_go_on(scene: Scene) -> None:
    scene.shopify.put(an_order())
    scene.shopify.shop.user_errors["orderUpdate"] = user_error(None, "input", "shippingAddress")
    with pytest.raises(StoreRefused, match="shippingAddress"):
        await scene.platform.change_address("k1", "ord_7", HOME, NOW)
    assert scene.shopify.shop.of("ord_7")["fulfillmentOrders"][0]["fulfillmentHolds"] == []


async def test_an_address_that_the_warehouse_does_not_show_is_left_to_people(scene: Scene) -> None:
    scene.shopify.put(an_order())
    scene.shopify.shop.ignores_addresses = True
    with pytest.raises(StoreUnavailable, match="person"):
        await scene.platform.change_address("k1", "ord_7", HOME, NOW)
    assert len(scene.shopify.asked("address")) == 1


@either
@pytest.mark.parametrize("lost", ["address", "release"])
async def test_a_lost_answer_leaves_no_hold_behind(scene: Scene, lost: str) -> None:
    scene.shopify.put(an_order())
    scene.shopify.drop_after = {lost: 1}
    assert (await scene.platform.change_address("k1", "ord_7", HOME, NOW)).address == HOME
    assert scene.shopify.shop.of("ord_7")["fulfillmentOrders"][0]["fulfillmentHolds"] == []
    assert len(scene.shopify.asked("address")) == 1


# Store credit


async def credited(scene: Scene, key: str = "k1", minor: int = 1500) -> CreditResult:
    """Give credit."""
    return await scene.platform.store_credit(key, "c1", Money(minor, USD), "goodwill", "ord_7", NOW)


def credits_of(scene: Scene) -> list[dict[str, Any]]:
    """What the customer was given."""
    (customer,) = scene.shopify.shop.customers.values()
    return [each for account in customer["storeCreditAccounts"] for each in account["transactions"]]


@either
async def test_credit_is_given_once_for_a_key(shop: Scene) -> None:
    first = await credited(shop)
    assert first.amount == Money(1500, USD)
    async with shop.another() as platform:
        assert await platform.store_credit("k1", "c1", Money(1500, USD), "goodwill", None, NOW) == first
    assert len(credits_of(shop)) == 1
    await credited(shop, "k2")
    assert len(credits_of(shop)) == 2


async def test_credit_whose_answer_was_lost_is_found_by_comparison(shop: Scene) -> None:
    await credited(shop, "k0")
    shop.shopify.drop_after = {"credit": 1}
    result = await credited(shop)
    assert len(credits_of(shop)) == 2
    assert credits_of(shop)[1]["id"].endswith(f"/{result.credit_id}")


async def test_credit_that_cannot_be_told_apart_is_left_to_people(shop: Scene) -> None:
    shop.shopify.shop.scopes -= {"read_store_credit_account_transactions"}
    shop.shopify.drop_after = {"credit": 1}
    with pytest.raises(StoreUnavailable, match="person"):
        await credited(shop)
    async with shop.another() as platform:
        with pytest.raises(StoreUnavailable, match="person"):
            await platform.store_credit("k1", "c1", Money(1500, USD), "goodwill", None, NOW)
    assert len(credits_of(shop)) == 1


@pytest.mark.parametrize("minor", [0, -5])
async def test_credit_of_nothing_is_refused(shop: Scene, minor: int) -> None:
    with pytest.raises(StoreRefused):
        await credited(shop, minor=minor)


# What Shopify cannot do


async def test_what_shopify_cannot_do_is_refused(scene: Scene) -> None:
    platform = scene.platform
    for refused in (
        platform.change_customer_address("k", "c1", HOME, NOW),
        platform.change_items("k", "ord_7", ONE, None, NOW),
        platform.change_payment("k", "ord_7", "pm_1", NOW),
        platform.reship("k", "ord_7", ONE, "lost", None, NOW),
        platform.open_claim("k", "ord_7", None, "lost", "not here", NOW),
    ):
        with pytest.raises(StoreRefused, match="people"):
            await refused
    assert scene.shopify.calls == []


@either
@pytest.mark.parametrize("order_id", ["nobody", "a/b", ""])
async def test_a_write_to_no_order_is_refused(scene: Scene, order_id: str) -> None:
    for refused in (
        scene.platform.start_return("k1", order_id, ONE, "unwanted", "refund", None, NOW),
        scene.platform.refund("k2", order_id, Money(100, USD), [], "x", None, NOW),
        scene.platform.cancel_order("k3", order_id, "x", None, NOW),
        scene.platform.change_address("k4", order_id, HOME, NOW),
    ):
        with pytest.raises(StoreRefused):
            await refused
    assert scene.ledger.sent == {}
