"""Changes of orders in WooCommerce: addresses that must not change the price, returns that it has no place for."""

import json

import pytest

from server.commerce.documents import decode_order
from server.commerce.model import Address, LineQuantity
from server.commerce.store import AddressResult, ReturnResult
from server.errors import StoreRefused, StoreUnavailable
from tests.server.commerce.connectors.woocommerce.conftest import Shop
from tests.server.commerce.orders import NOW, a_parcel, an_order

ELM = Address("Ana Maria Souza", "9 Elm St", "Apt 2", "Omaha", "NE", "68104", "US", "+14025550100")


async def test_an_address_is_changed_whole_and_a_note_tells_the_warehouse(shop: Shop) -> None:
    order_id = shop.site.put(an_order())
    assert await shop.platform.change_address("k1", order_id, ELM, NOW) == AddressResult(ELM)
    shipping = shop.site.order(order_id)["shipping"]
    assert (shipping["first_name"], shipping["last_name"], shipping["address_2"]) == ("Ana Maria", "Souza", "Apt 2")
    assert ["address" in note for note in shop.site.notes_of(order_id)] == [True]


async def test_an_address_that_changes_the_total_is_put_back(shop: Shop) -> None:
    order_id = shop.site.put(an_order())
    before = dict(shop.site.order(order_id)["shipping"])
    shop.site.faults.shift_minor = 35
    with pytest.raises(StoreRefused, match="costs something else"):
        await shop.platform.change_address("k1", order_id, ELM, NOW)
    assert shop.site.order(order_id)["shipping"] == before
    assert shop.site.order(order_id)["total"] == "55.00"
    assert shop.site.notes_of(order_id) == []


async def test_an_address_that_changes_the_total_is_put_back_although_its_answer_was_lost(shop: Shop) -> None:
    order_id = shop.site.put(an_order())
    before = dict(shop.site.order(order_id)["shipping"])
    shop.site.faults.shift_minor, shop.site.faults.lost = 35, 1
    with pytest.raises(StoreRefused, match="costs something else"):
        await shop.platform.change_address("k1", order_id, ELM, NOW)
    assert (shop.site.order(order_id)["shipping"], shop.site.order(order_id)["total"]) == (before, "55.00")


async def test_nobody_is_told_no_while_it_is_unclear_whether_the_old_address_is_back(shop: Shop) -> None:
    order_id = shop.site.put(an_order())
    shop.site.faults.shift_minor, shop.site.faults.lost = 35, 2
    with pytest.raises(StoreUnavailable):
        await shop.platform.change_address("k1", order_id, ELM, NOW)


async def test_a_change_stands_without_its_note(shop: Shop) -> None:
    order_id = shop.site.put(an_order())
    shop.site.faults.broken = "/notes$"
    assert await shop.platform.change_address("k1", order_id, ELM, NOW) == AddressResult(ELM)
    assert len(shop.site.sent("PUT", ".*")) == 1


async def test_a_lost_answer_of_an_address_is_found(shop: Shop) -> None:
    order_id = shop.site.put(an_order())
    shop.site.faults.lost = 1
    assert await shop.platform.change_address("k1", order_id, ELM, NOW) == AddressResult(ELM)
    assert await shop.restarted.change_address("k1", order_id, ELM, NOW) == AddressResult(ELM)
    assert len(shop.site.sent("PUT", ".*")) == 1


@pytest.mark.parametrize(
    "changes", [{"shipments": [a_parcel()]}, {"fulfilment": "shipped"}, {"cancelled_at": "2026-11-19T00:00:00Z"}]
)
async def test_what_has_left_keeps_its_address(shop: Shop, changes: dict[str, object]) -> None:
    order_id = shop.site.put(an_order(**changes))
    with pytest.raises(StoreRefused):
        await shop.platform.change_address("k1", order_id, ELM, NOW)
    assert shop.site.sent("PUT", ".*") == []


async def test_where_parcels_cannot_be_looked_at_nothing_is_changed(shop: Shop) -> None:
    order_id = shop.site.put(an_order())
    shop.site.faults.html = 9
    with pytest.raises(StoreUnavailable):
        await shop.platform.change_address("k1", order_id, ELM, NOW)
    assert shop.site.sent("PUT", ".*") == []


async def test_a_customers_own_address_is_changed_and_no_order(shop: Shop) -> None:
    order_id = shop.site.put(an_order())
    account = shop.site.customer_id("c1")
    for platform in (shop.platform, shop.restarted):
        assert await platform.change_customer_address("k1", account, ELM, NOW) == AddressResult(ELM)
    found = await shop.platform.customer(account)
    assert found is not None
    assert found["addresses"][0]["line1"] == "9 Elm St"
    assert shop.site.order(order_id)["shipping"]["address_1"] == "12 Farnam St"
    assert len(shop.site.sent("PUT", ".*")) == 1


async def test_a_guest_has_no_address_to_change(shop: Shop) -> None:
    with pytest.raises(StoreRefused, match="guest"):
        await shop.platform.change_customer_address("k1", "guest:dana@example.com", ELM, NOW)


# Returns


async def start_return(shop: Shop, order_id: str, key: str = "k1", pieces: int = 1) -> ReturnResult:
    """One scarf goes back."""
    lines = [LineQuantity(shop.site.line_id("l1"), pieces)]
    return await shop.platform.start_return(key, order_id, lines, "too_small", "refund", None, NOW)


async def test_a_return_is_kept_in_the_order_and_read_back(shop: Shop) -> None:
    order_id = shop.site.put(an_order())
    result = await start_return(shop, order_id)
    raw = await shop.platform.order(order_id)
    assert raw is not None
    (opened,) = decode_order(raw)[0].returns or []
    assert (opened.id, opened.status, opened.outcome, opened.reason) == (result.rma, "approved", "refund", "too_small")
    assert [(line.line, line.quantity) for line in opened.lines or []] == [(shop.site.line_id("l1"), 1)]
    assert [result.rma in note for note in shop.site.notes_of(order_id)] == [True]


async def test_a_second_return_stands_beside_the_first(shop: Shop) -> None:
    order_id = shop.site.put(an_order())
    await start_return(shop, order_id)
    await start_return(shop, order_id, "k2")
    values = {entry["key"]: entry["value"] for entry in shop.site.order(order_id)["meta_data"]}
    assert len(json.loads(values["_cs_rma"])) == 2
    assert json.loads(values["_cs_action_id"]) == ["k1", "k2"]


async def test_each_piece_goes_back_once(shop: Shop) -> None:
    order_id = shop.site.put(an_order())
    await start_return(shop, order_id, pieces=2)
    with pytest.raises(StoreRefused):
        await start_return(shop, order_id, "k2")


async def test_the_same_key_opens_one_return_although_its_answer_was_lost(shop: Shop) -> None:
    order_id = shop.site.put(an_order())
    shop.site.faults.lost = 1
    assert await start_return(shop, order_id) == await start_return(shop, order_id)
    assert len(shop.site.sent("PUT", ".*")) == 1


@pytest.mark.parametrize("pieces", [0, -1, 3])
async def test_pieces_that_are_not_there_cannot_go_back(shop: Shop, pieces: int) -> None:
    with pytest.raises(StoreRefused):
        await start_return(shop, shop.site.put(an_order()), pieces=pieces)


async def test_a_key_that_may_not_write_is_a_refusal(shop: Shop) -> None:
    order_id = shop.site.put(an_order())
    shop.site.site.may_write = False
    with pytest.raises(StoreRefused, match="permission"):
        await start_return(shop, order_id)
    shop.site.site.may_write = True
    assert (await start_return(shop, order_id)).rma.startswith("RMA-")
