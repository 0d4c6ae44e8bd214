"""Exchanges and goods sent again: new orders in WooCommerce, made once, whose difference the site works out itself."""

from contextlib import suppress
from typing import Any

import pytest

from server.commerce.model import Address, LineQuantity, Money
from server.commerce.store import ExchangeResult
from server.errors import StoreRefused, StoreUnavailable
from tests.server.commerce.connectors.woocommerce.conftest import Shop
from tests.server.commerce.orders import NOW, a_line, an_order

BLUE: dict[str, Any] = {
    "id": 901,
    "name": "Blue scarf",
    "sku": "SCARF-BLUE",
    "price": "25.00",
    "status": "publish",
    "stock_status": "instock",
    "manage_stock": True,
    "stock_quantity": 5,
    "attributes": [],
}


async def exchange(
    shop: Shop, order_id: str, key: str = "k1", sku: str = "SCARF-BLUE", *, restarted: bool = False
) -> ExchangeResult:
    """One red scarf becomes a blue one."""
    platform = shop.restarted if restarted else shop.platform
    lines = [LineQuantity(shop.site.line_id("l1"), 1, sku)]
    return await platform.start_exchange(key, order_id, lines, "wrong_colour", None, NOW)


def an_exchangeable(shop: Shop, price: str = "25.00", **changes: Any) -> str:
    """An order of red scarves at 25.00, and blue ones on the shelf at this price."""
    shop.site.put_product({**BLUE, "id": 900, "type": "variable", "sku": ""}, [{**BLUE, "price": price, **changes}])
    return shop.site.put(an_order())


def made(shop: Shop) -> list[dict[str, Any]]:
    """The bodies of the orders that we made."""
    return [call.body for call in shop.site.sent("POST", "/orders")]


async def test_what_costs_the_same_is_released_at_once(shop: Shop) -> None:
    order_id = an_exchangeable(shop)
    result = await exchange(shop, order_id)
    (body,) = made(shop)
    assert result.difference == Money(0, "USD")
    assert body["line_items"] == [{"product_id": 900, "variation_id": 901, "quantity": 1}]
    assert body["fee_lines"][0]["total"] == "-25.00"
    (release,) = [call for call in shop.site.sent("PUT", ".*") if "set_paid" in call.body]
    assert release.body == {"status": "processing", "set_paid": True}


async def test_what_costs_more_waits_for_payment_by_its_link(shop: Shop) -> None:
    order_id = an_exchangeable(shop, "30.00")
    result = await exchange(shop, order_id)
    assert result.difference == Money(500, "USD")
    found = await shop.platform.order(order_id)
    assert found is not None
    (opened,) = found["returns"]
    assert (opened["id"], opened["outcome"]) == (result.rma, "exchange")
    (new,) = await shop.platform.orders_named(opened["replacement"])
    assert (new["payment"]["status"], new["totals"]["total"], new["totals"]["outstanding"]) == ("pending", 500, 500)
    assert new["payment"]["pay_url"].startswith("https://shop.example/pay/")


async def test_tax_on_the_difference_is_the_sites_to_work_out(shop: Shop) -> None:
    shop.site.site.tax_bp = 1000
    assert (await exchange(shop, an_exchangeable(shop, "30.00"))).difference == Money(550, "USD")


async def test_what_costs_less_is_released_and_the_rest_is_owed(shop: Shop) -> None:
    result = await exchange(shop, an_exchangeable(shop, "20.00"))
    assert result.difference == Money(-500, "USD")
    assert [call.body["status"] for call in shop.site.sent("PUT", ".*") if "status" in call.body] == ["processing"]


@pytest.mark.parametrize("stock", [1, 5])
@pytest.mark.parametrize("lost", [1, 2, 3])
async def test_an_exchange_whose_answers_are_lost_is_completed_and_made_once(shop: Shop, lost: int, stock: int) -> None:
    order_id = an_exchangeable(shop, stock_quantity=stock)
    shop.site.faults.lost = lost
    with suppress(StoreUnavailable):  # the gate repeats what nobody knows
        await exchange(shop, order_id)
    first = await exchange(shop, order_id)
    assert await exchange(shop, order_id, restarted=True) == first
    assert len(made(shop)) == 1
    found = await shop.platform.order(order_id)
    assert found is not None
    assert [each["id"] for each in found["returns"]] == [first.rma]


@pytest.mark.parametrize(
    ("changes", "sku"),
    [
        ({"stock_quantity": 0}, "SCARF-BLUE"),
        ({"stock_status": "outofstock"}, "SCARF-BLUE"),
        ({"price": ""}, "SCARF-BLUE"),
        ({}, "SCARF-GREEN"),
        ({}, "woo-4"),
    ],
)
async def test_what_is_not_there_cannot_be_had(shop: Shop, changes: dict[str, Any], sku: str) -> None:
    order_id = an_exchangeable(shop, **changes)
    with pytest.raises(StoreRefused):
        await exchange(shop, order_id, sku=sku)
    assert made(shop) == []


async def test_an_item_without_sku_is_found_by_its_id(shop: Shop) -> None:
    order_id = an_exchangeable(shop)
    shop.site.put_product({**BLUE, "id": 77, "type": "simple", "sku": ""})
    await exchange(shop, order_id, sku="woo-77")
    assert made(shop)[0]["line_items"] == [{"product_id": 77, "quantity": 1}]


async def test_pieces_that_are_on_their_way_back_cannot_be_exchanged(shop: Shop) -> None:
    order_id = an_exchangeable(shop)
    await shop.platform.start_return(
        "k0", order_id, [LineQuantity(shop.site.line_id("l1"), 2)], "other", "refund", None, NOW
    )
    with pytest.raises(StoreRefused):
        await exchange(shop, order_id)
    assert made(shop) == []


async def test_an_exchange_that_could_not_be_prepared_may_be_tried_again(shop: Shop) -> None:
    order_id = an_exchangeable(shop)
    shop.site.faults.broken = f"/orders/{order_id}/refunds"
    with pytest.raises(StoreUnavailable):
        await exchange(shop, order_id)
    assert made(shop) == []
    shop.site.faults.broken = ""
    assert (await exchange(shop, order_id)).difference == Money(0, "USD")


# Sent again


async def reship(shop: Shop, order_id: str, key: str = "k1", *, address: Address | None = None, pieces: int = 1) -> str:
    """One scarf again."""
    lines = [LineQuantity(shop.site.line_id("l1"), pieces)]
    return (await shop.platform.reship(key, order_id, lines, "lost", address, NOW)).replacement_id


async def test_goods_are_sent_again_at_no_charge(shop: Shop) -> None:
    order_id = shop.site.put(an_order(lines=[a_line(variant="94", product_id="93")]))
    shop.site.put_product({**BLUE, "id": 93, "type": "variable"}, [{**BLUE, "id": 94}])
    new_id = await reship(shop, order_id)
    (body,) = made(shop)
    item = {"product_id": 93, "variation_id": 94, "quantity": 1, "subtotal": "0", "total": "0"}
    assert (body["status"], body["line_items"]) == ("processing", [item])
    assert body["shipping"]["address_1"] == "12 Farnam St"
    found = await shop.platform.order(new_id)
    assert found is not None
    assert found["totals"]["total"] == 0


async def test_goods_are_sent_to_another_address_if_asked(shop: Shop) -> None:
    await reship(shop, shop.site.put(an_order()), address=Address("Eve", "9 Elm St", country="US"))
    assert made(shop)[0]["shipping"]["address_1"] == "9 Elm St"


async def test_goods_are_sent_again_once_although_the_answer_was_lost(shop: Shop) -> None:
    order_id = shop.site.put(an_order())
    shop.site.faults.lost = 1
    assert await reship(shop, order_id) == await reship(shop, order_id)
    assert len(made(shop)) == 1


async def test_a_guests_goods_are_sent_again_once(shop: Shop) -> None:
    order_id = shop.site.put(an_order(customer={"id": "guest", "name": "Dana", "emails": ["dana@example.com"]}))
    shop.site.faults.lost = 1
    await reship(shop, order_id)
    assert len(made(shop)) == 1


@pytest.mark.parametrize("pieces", [0, 3])
async def test_what_was_never_ordered_is_not_sent(shop: Shop, pieces: int) -> None:
    with pytest.raises(StoreRefused):
        await reship(shop, shop.site.put(an_order()), pieces=pieces)


async def test_nothing_is_not_sent(shop: Shop) -> None:
    with pytest.raises(StoreRefused, match="nothing"):
        await shop.platform.reship("k1", shop.site.put(an_order()), [], "lost", None, NOW)
