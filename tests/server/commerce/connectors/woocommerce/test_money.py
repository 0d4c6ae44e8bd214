"""Refunds through WooCommerce happen once, whatever becomes of their answer; and never by a gateway that cannot."""

from datetime import timedelta

import pytest

from server.commerce.connectors.woocommerce.platform import WooCommercePlatform
from server.commerce.model import LineQuantity, Money, RefundStatus
from server.commerce.store import RefundResult
from server.errors import StoreRefused, StoreUnavailable
from tests.server.commerce.connectors.woocommerce.conftest import Shop
from tests.server.commerce.orders import NOW, a_line, a_parcel, an_order

USD25 = Money(2500, "USD")


async def refund(
    shop: Shop,
    order_id: str,
    key: str = "k1",
    *,
    amount: Money = USD25,
    platform: WooCommercePlatform | None = None,
    pieces: int = 1,
) -> RefundResult:
    """One scarf back."""
    lines = [LineQuantity(shop.site.line_id("l1"), pieces)] if pieces else []
    return await (platform or shop.platform).refund(key, order_id, amount, lines, "damaged", None, NOW)


async def test_a_refund_goes_back_to_the_means_of_payment(shop: Shop) -> None:
    order_id = shop.site.put(an_order())
    result = await refund(shop, order_id)
    (made,) = shop.site.refunds_of(order_id)
    assert (result.amount, result.status, result.method) == (USD25, RefundStatus.SUCCEEDED, "original")
    assert result.refund_id == str(made["id"])
    assert (made["amount"], made["line_items"][0]["quantity"]) == ("25.00", -1)


async def test_the_same_key_gives_the_same_result_and_no_second_refund(shop: Shop) -> None:
    order_id = shop.site.put(an_order())
    first = await refund(shop, order_id)
    assert await refund(shop, order_id) == first
    assert await refund(shop, order_id, platform=shop.restarted) == first
    assert len(shop.site.refunds_of(order_id)) == 1


async def test_another_key_is_another_refund(shop: Shop) -> None:
    order_id = shop.site.put(an_order())
    await refund(shop, order_id)
    await refund(shop, order_id, "k2")
    assert len(shop.site.refunds_of(order_id)) == 2


@pytest.mark.parametrize("fault", ["made", "unmarked"])
async def test_a_refund_that_was_made_in_spite_of_a_500_is_found_and_not_sent_again(shop: Shop, fault: str) -> None:
    order_id = shop.site.put(an_order())
    shop.site.faults.refund = fault
    result = await refund(shop, order_id)
    assert result.refund_id == str(shop.site.refunds_of(order_id)[0]["id"])
    assert len(shop.site.sent("POST", r"/orders/\d+/refunds")) == 1


async def test_a_500_without_a_refund_leaves_it_to_a_person_and_is_never_sent_again(shop: Shop) -> None:
    order_id = shop.site.put(an_order())
    shop.site.faults.refund = "none"
    for platform in (shop.platform, shop.platform, shop.restarted):
        with pytest.raises(StoreUnavailable, match="person"):
            await refund(shop, order_id, platform=platform)
    assert len(shop.site.sent("POST", r"/orders/\d+/refunds")) == 1
    assert shop.site.refunds_of(order_id) == []


async def test_a_lost_answer_is_one_refund(shop: Shop) -> None:
    order_id = shop.site.put(an_order())
    shop.site.faults.lost = 1
    first = await refund(shop, order_id)
    assert await refund(shop, order_id, platform=shop.restarted) == first
    assert len(shop.site.refunds_of(order_id)) == 1


@pytest.mark.parametrize(
    ("changes", "is_ours"),
    [
        ({}, True),
        ({"amount": "24.00"}, False),
        ({"reason": "other"}, False),
        ({"date_created_gmt": "2026-11-20T17:57:00"}, False),
        ({"meta_data": [{"key": "_cs_action_id", "value": "k9"}]}, False),
    ],
)
async def test_a_refund_without_our_mark_is_ours_only_if_all_else_is_the_same(
    shop: Shop, changes: dict[str, object], is_ours: bool
) -> None:
    order_id = shop.site.put(an_order())
    shop.site.faults.refund = "none"
    with pytest.raises(StoreUnavailable):
        await refund(shop, order_id)
    found = {
        "id": 99,
        "amount": "25.00",
        "reason": "damaged",
        "date_created_gmt": "2026-11-20T18:01:00",
        "meta_data": [],
    }
    shop.site.refunds_of(order_id).append(
        {**found, "refunded_payment": True, "line_items": [], "shipping_lines": [], **changes}
    )
    if is_ours:
        assert (await refund(shop, order_id)).refund_id == "99"
    else:
        with pytest.raises(StoreUnavailable):
            await refund(shop, order_id)


async def test_somebody_elses_refund_of_the_same_amount_is_not_taken_for_ours_before_we_sent_any(shop: Shop) -> None:
    order_id = shop.site.put(an_order())
    theirs = {
        "id": 99,
        "amount": "25.00",
        "reason": "damaged",
        "date_created_gmt": "2026-11-20T18:00:00",
        "meta_data": [],
    }
    shop.site.refunds_of(order_id).append({**theirs, "refunded_payment": True, "line_items": [], "shipping_lines": []})
    assert (await refund(shop, order_id)).refund_id != "99"


async def test_a_gateway_that_cannot_refund_leaves_it_to_a_person(shop: Shop) -> None:
    order_id = shop.site.put(an_order())
    shop.site.put_gateway("card", refunds=False)
    with pytest.raises(StoreRefused, match="person must pay"):
        await refund(shop, order_id)
    assert shop.site.sent("POST", ".*refunds") == []


async def test_a_gateway_that_is_gone_leaves_it_to_a_person(shop: Shop) -> None:
    order_id = shop.site.put(an_order())
    shop.site.order(order_id)["payment_method"] = "removed"
    with pytest.raises(StoreRefused, match="person must pay"):
        await refund(shop, order_id)


async def test_after_a_refusal_the_key_is_free_again(shop: Shop) -> None:
    order_id = shop.site.put(an_order())
    shop.site.put_gateway("card", refunds=False)
    with pytest.raises(StoreRefused):
        await refund(shop, order_id)
    shop.site.put_gateway("card")
    assert (await refund(shop, order_id)).status is RefundStatus.SUCCEEDED


@pytest.mark.parametrize("amount", [Money(0, "USD"), Money(-1, "USD"), Money(5501, "USD"), Money(2500, "EUR")])
async def test_amounts_that_cannot_be_are_refused(shop: Shop, amount: Money) -> None:
    order_id = shop.site.put(an_order())
    with pytest.raises(StoreRefused):
        await refund(shop, order_id, amount=amount, pieces=0)


async def test_no_more_goes_back_than_is_left(shop: Shop) -> None:
    order_id = shop.site.put(an_order())
    await refund(shop, order_id, amount=Money(4000, "USD"), pieces=0)
    with pytest.raises(StoreRefused, match="within"):
        await refund(shop, order_id, "k2", pieces=0)


@pytest.mark.parametrize("method", ["store_credit", "gift_card", "pm_9"])
async def test_money_goes_back_to_the_original_payment_alone(shop: Shop, method: str) -> None:
    order_id = shop.site.put(an_order())
    with pytest.raises(StoreRefused, match="original"):
        await shop.platform.refund("k1", order_id, USD25, [], "late", method, NOW)


async def test_a_refund_that_cannot_be_looked_at_is_not_sent(shop: Shop) -> None:
    order_id = shop.site.put(an_order())
    shop.site.faults.html = 9
    with pytest.raises(StoreUnavailable):
        await refund(shop, order_id)
    shop.site.faults.html = 0
    assert (await refund(shop, order_id)).status is RefundStatus.SUCCEEDED


async def test_what_could_not_be_prepared_was_not_sent_and_may_be_tried_again(shop: Shop) -> None:
    order_id = shop.site.put(an_order())
    shop.site.faults.broken = "/payment_gateways/card"
    with pytest.raises(StoreUnavailable, match="JSON"):
        await refund(shop, order_id)
    assert shop.site.sent("POST", ".*") == []
    shop.site.faults.broken = ""
    assert (await refund(shop, order_id)).status is RefundStatus.SUCCEEDED


async def test_an_order_that_is_not_there_is_refused(shop: Shop) -> None:
    with pytest.raises(StoreRefused, match="no such order"):
        await refund(shop, "999")


# Cancelling: first the order, then the money


async def test_cancelling_sends_back_everything_under_a_key_of_its_own(shop: Shop) -> None:
    order_id = shop.site.put(an_order())
    result = await shop.platform.cancel_order("k1", order_id, "changed_mind", None, NOW)
    (made,) = shop.site.refunds_of(order_id)
    assert shop.site.order(order_id)["status"] == "cancelled"
    assert result.cancelled_at == NOW
    assert result.refund == RefundResult(str(made["id"]), Money(5500, "USD"), RefundStatus.SUCCEEDED, "original")
    sent = [(call.method, call.path.split("/")[-1]) for call in shop.site.calls if call.method != "GET"]
    assert sent == [("PUT", order_id), ("POST", "refunds")]


async def test_cancelling_again_is_the_same(shop: Shop) -> None:
    order_id = shop.site.put(an_order())
    first = await shop.platform.cancel_order("k1", order_id, "changed_mind", None, NOW)
    shop.clock.advance(timedelta(minutes=5))
    assert await shop.restarted.cancel_order("k1", order_id, "changed_mind", None, NOW) == first
    assert len(shop.site.refunds_of(order_id)) == 1


async def test_a_cancelled_order_whose_refund_is_lost_is_completed_later(shop: Shop) -> None:
    order_id = shop.site.put(an_order())
    shop.site.faults.refund = "none"
    with pytest.raises(StoreUnavailable):
        await shop.platform.cancel_order("k1", order_id, "changed_mind", None, NOW)
    assert shop.site.order(order_id)["status"] == "cancelled"
    late = {
        "id": 99,
        "amount": "55.00",
        "reason": "changed_mind",
        "date_created_gmt": "2026-11-20T18:00:30",
        "meta_data": [],
    }
    shop.site.refunds_of(order_id).append({**late, "refunded_payment": True, "line_items": [], "shipping_lines": []})
    result = await shop.restarted.cancel_order("k1", order_id, "changed_mind", None, NOW)
    assert result.refund == RefundResult("99", Money(5500, "USD"), RefundStatus.SUCCEEDED, "original")
    assert len(shop.site.sent("POST", r"/orders/\d+/refunds")) == 1


async def test_what_was_refunded_before_is_not_sent_back_again(shop: Shop) -> None:
    earlier = {"id": "7", "amount": 2500, "status": "succeeded", "lines": [{"line": "l1", "quantity": 1}]}
    order_id = shop.site.put(an_order(refunds=[earlier]))
    result = await shop.platform.cancel_order("k1", order_id, "changed_mind", None, NOW)
    assert result.refund is not None
    assert result.refund.amount == Money(3000, "USD")


async def test_an_unpaid_order_is_cancelled_without_a_refund(shop: Shop) -> None:
    order_id = shop.site.put(an_order(payment={"status": "pending", "methods": [{"id": "bacs", "kind": "bacs"}]}))
    result = await shop.platform.cancel_order("k1", order_id, "changed_mind", None, NOW)
    assert result.refund is None
    assert shop.site.sent("POST", ".*") == []


async def test_where_the_gateway_cannot_refund_a_note_asks_a_person_to(shop: Shop) -> None:
    order_id = shop.site.put(an_order())
    shop.site.put_gateway("card", refunds=False)
    result = await shop.platform.cancel_order("k1", order_id, "changed_mind", None, NOW)
    assert result.refund == RefundResult("", Money(5500, "USD"), RefundStatus.FAILED, "original")
    assert ["55.00 USD" in note for note in shop.site.notes_of(order_id)] == [True]


async def test_a_lost_answer_of_the_cancellation_is_found(shop: Shop) -> None:
    order_id = shop.site.put(an_order())
    shop.site.faults.lost = 1
    assert (await shop.platform.cancel_order("k1", order_id, "changed_mind", None, NOW)).refund is not None
    assert len(shop.site.sent("PUT", ".*")) == 1


@pytest.mark.parametrize(
    "changes",
    [
        {"fulfilment": "shipped", "lines": [a_line(fulfilled=2)]},
        {"fulfilment": "partially_shipped", "shipments": [a_parcel()]},
        {"shipments": [a_parcel()]},
        {"cancelled_at": "2026-11-19T00:00:00Z"},
        {"payment": {"status": "failed"}},
        {"payment": {"status": "refunded"}},
    ],
)
async def test_what_has_left_or_is_over_cannot_be_cancelled(shop: Shop, changes: dict[str, object]) -> None:
    order_id = shop.site.put(an_order(**changes))
    with pytest.raises(StoreRefused):
        await shop.platform.cancel_order("k1", order_id, "changed_mind", None, NOW)
    assert shop.site.sent("PUT", ".*") == []


async def test_the_cancelled_order_says_when_and_why_ever_after(shop: Shop) -> None:
    order_id = shop.site.put(an_order())
    await shop.platform.cancel_order("k1", order_id, "changed_mind", None, NOW)
    shop.site.touch(order_id, NOW + timedelta(days=3))
    found = await shop.platform.order(order_id)
    assert found is not None
    assert (found["cancelled_at"], found["cancel_reason"]) == ("2026-11-20T18:00:00Z", "changed_mind")
    assert found["payment"]["status"] == "refunded"


# Store credit


async def test_credit_is_a_coupon_for_one_address_and_one_purchase(shop: Shop) -> None:
    shop.site.put(an_order())
    account = shop.site.customer_id("c1")
    result = await shop.platform.store_credit("k1", account, USD25, "goodwill", None, NOW)
    (coupon,) = shop.site.coupons
    assert (result.credit_id, result.amount) == (coupon["code"], USD25)
    assert (coupon["amount"], coupon["email_restrictions"], coupon["usage_limit"]) == ("25.00", ["ana@example.com"], 1)


async def test_credit_is_given_once_although_its_answer_was_lost(shop: Shop) -> None:
    shop.site.put(an_order())
    shop.site.faults.lost = 1
    first = await shop.platform.store_credit("k1", shop.site.customer_id("c1"), USD25, "goodwill", None, NOW)
    second = await shop.restarted.store_credit("k1", shop.site.customer_id("c1"), USD25, "goodwill", None, NOW)
    assert first == second
    assert len(shop.site.coupons) == 1


async def test_no_two_codes_are_alike(shop: Shop) -> None:
    for key in ("k1", "k2"):
        await shop.platform.store_credit(key, "guest:dana@example.com", USD25, "goodwill", None, NOW)
    assert len({coupon["code"] for coupon in shop.site.coupons}) == 2


async def test_a_guests_address_is_that_of_the_order(shop: Shop) -> None:
    order_id = shop.site.put(an_order())
    await shop.platform.store_credit("k1", "guest:5001", USD25, "goodwill", order_id, NOW)
    assert shop.site.coupons[0]["email_restrictions"] == ["ana@example.com"]


@pytest.mark.parametrize(
    ("customer", "amount"), [("guest:", USD25), ("404", USD25), ("guest:dana@example.com", Money(0, "USD"))]
)
async def test_credit_for_nobody_or_over_nothing_is_refused(shop: Shop, customer: str, amount: Money) -> None:
    with pytest.raises(StoreRefused):
        await shop.platform.store_credit("k1", customer, amount, "goodwill", None, NOW)
