"""EasyPost: the parcel travels from the customer to the shop, a label is bought once, amounts are exact."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from server.commerce.labels.labels import Label, label_of, label_raw
from server.commerce.model import LineQuantity, Money, OrderSnapshot, Window
from server.errors import StoreRefused, StoreUnavailable
from tests.server.commerce.labels.conftest import EasyPostSide
from tests.server.commerce.orders import NOW, Raw, an_order, snap
from tests.support.labels import Fault, Ledger


def an_address() -> Raw:
    """Where the order went."""
    return {"name": "Ana", "line1": "12 Farnam St", "city": "Omaha", "region": "NE", "zip": "68102", "country": "US"}


LINES = (LineQuantity("l1", 1),)
TOMORROW = Window(NOW + timedelta(days=3, hours=-4), NOW + timedelta(days=3, hours=4), "America/Chicago")


ORDER = snap(an_order(customer={"id": "c1", "name": "Ana", "phones": ["+14025550101"]}))


async def buy(side: EasyPostSide, key: str = "k1", order: OrderSnapshot | None = None) -> Label:
    """The label of the return RMA-1."""
    return await side.labels.label(key, order or ORDER, "RMA-1", LINES, NOW)


async def test_the_cheapest_rate_in_the_orders_currency_is_bought(easypost: EasyPostSide) -> None:
    label = await buy(easypost)
    assert label == Label(
        url="https://labels.example/shp_0001.pdf",
        tracking_number="94001000000000000001",
        carrier="usps",
        cost=Money(607, "USD"),
        void_until=datetime(2026, 12, 20, 18, 0, 5, tzinfo=UTC),
        qr_url="https://labels.example/shp_0001-qr.png",
        id="shp_0001",
    )


async def test_the_parcel_travels_from_the_customer_to_the_return_address(easypost: EasyPostSide) -> None:
    await buy(easypost)
    (sold,) = easypost.desk.bought
    assert (sold["from_address"]["street1"], sold["from_address"]["phone"]) == ("12 Farnam St", "+14025550101")
    assert (sold["to_address"]["street1"], sold["to_address"]["name"]) == ("1 Dock Rd", "Lumen returns")


async def test_weight_and_size_leave_in_ounces_and_inches_rounded_up(easypost: EasyPostSide) -> None:
    await buy(easypost)
    assert easypost.desk.bought[0]["parcel"] == {"length": 11.9, "width": 7.9, "height": 4.0, "weight": 35.3}


async def test_the_label_is_printed_with_the_return_and_the_order(easypost: EasyPostSide) -> None:
    await buy(easypost)
    options = easypost.desk.bought[0]["options"]
    assert (options["print_custom_1"], options["print_custom_2"]) == ("RMA-1", "#1042")


async def test_the_same_key_gives_the_same_label_without_a_second_purchase(easypost: EasyPostSide) -> None:
    first = await buy(easypost)
    assert await buy(easypost) == first
    assert len(easypost.desk.bought) == 1


async def test_two_calls_at_once_with_one_key_buy_one_label(easypost: EasyPostSide) -> None:
    easypost.desk.fail("buy", Fault(delay_s=0.1))
    first, second = await asyncio.gather(buy(easypost), buy(easypost))
    assert first == second
    assert len(easypost.desk.bought) == 1


async def test_another_key_buys_another_label(easypost: EasyPostSide) -> None:
    first, second = await buy(easypost, "k1"), await buy(easypost, "k2")
    assert first.id != second.id


async def test_a_purchase_whose_answer_was_lost_is_found_and_not_repeated(easypost: EasyPostSide) -> None:
    easypost.desk.fail("buy", Fault(drops=True))
    label = await buy(easypost)
    assert label.id == "shp_0001"
    assert len(easypost.desk.bought) == 1


async def test_a_purchase_that_takes_too_long_is_found(easypost: EasyPostSide) -> None:
    easypost.desk.fail("buy", Fault(delay_s=0.4), Fault(delay_s=0.4))
    label = await (await easypost.again(read_s=0.1)).label("k1", ORDER, "RMA-1", LINES, NOW)
    assert label.id == "shp_0001"
    assert len(easypost.desk.bought) == 1


async def test_after_a_restart_in_the_middle_the_label_is_found_by_its_reference(easypost: EasyPostSide) -> None:
    await buy(easypost)
    ledger = Ledger()
    await ledger.note_sent("k1", "label", ORDER.id, NOW)
    assert (await (await easypost.again(ledger)).label("k1", ORDER, "RMA-1", LINES, NOW)).id == "shp_0001"
    assert len(easypost.desk.bought) == 1


async def test_with_an_empty_ledger_the_label_is_still_not_bought_twice(easypost: EasyPostSide) -> None:
    await buy(easypost)
    assert (await (await easypost.again(Ledger())).label("k1", ORDER, "RMA-1", LINES, NOW)).id == "shp_0001"
    assert len(easypost.desk.bought) == 1


async def test_what_was_sent_and_cannot_be_found_is_left_to_a_person(easypost: EasyPostSide) -> None:
    await easypost.ledger.note_sent("k1", "label", ORDER.id, NOW)
    with pytest.raises(StoreUnavailable, match="a person must look"):
        await buy(easypost)
    assert easypost.desk.bought == []


async def test_a_failure_of_theirs_before_the_purchase_leaves_the_key_free(easypost: EasyPostSide) -> None:
    easypost.desk.fail("create", Fault(status=500))
    with pytest.raises(StoreUnavailable):
        await buy(easypost)
    assert (await buy(easypost)).id == "shp_0001"


async def test_a_purchase_without_money_on_the_account_is_refused_and_may_be_repeated(easypost: EasyPostSide) -> None:
    body = {"error": {"code": "PAYMENT_REQUIRED", "message": "Insufficient funds", "errors": []}}
    easypost.desk.fail("buy", Fault(status=402, body=body))
    with pytest.raises(StoreRefused, match="Insufficient funds"):
        await buy(easypost)
    assert (await buy(easypost)).cost == Money(607, "USD")


async def test_a_purchase_that_they_are_unsure_of_is_no_refusal(easypost: EasyPostSide) -> None:
    unsure = {"error": {"code": "SHIPMENT.POSTAGE.NO_RESPONSE", "message": "the carrier is silent", "errors": []}}
    easypost.desk.fail("buy", Fault(status=422, body=unsure))
    with pytest.raises(StoreUnavailable, match="nobody knows"):
        await buy(easypost)


async def test_a_wrong_key_is_for_the_operator_and_sends_nothing(easypost: EasyPostSide) -> None:
    with pytest.raises(StoreUnavailable, match=r"labels\.api_key"):
        await (await easypost.again(api_key="wrong")).label("k1", ORDER, "RMA-1", LINES, NOW)
    assert easypost.ledger.results == {}


@pytest.mark.parametrize(("field", "named"), [("line1", "street"), ("zip", "postal code"), ("city", "city")])
async def test_an_address_without_a_needed_part_is_refused_by_name(
    easypost: EasyPostSide, field: str, named: str
) -> None:
    address = {**an_address(), field: " "}
    broken = snap(an_order(ship_to=address))
    with pytest.raises(StoreRefused, match=f"the order's address has no {named}"):
        await buy(easypost, order=broken)
    assert easypost.desk.calls == []


async def test_an_incomplete_return_address_names_the_settings(easypost: EasyPostSide) -> None:
    with pytest.raises(StoreRefused, match=r"set labels\.line1, labels\.zip$"):
        await (await easypost.again(line1="", zip="")).label("k1", ORDER, "RMA-1", LINES, NOW)


async def test_a_corrected_address_is_not_sold_the_label_of_the_wrong_one(easypost: EasyPostSide) -> None:
    easypost.desk.fail("buy", Fault(status=422))
    with pytest.raises(StoreRefused):
        await buy(easypost)
    moved = replace(ORDER, ship_to=replace(ORDER.ship_to, line1="14 Farnam St"))
    await buy(easypost, order=moved)
    assert [each["from_address"]["street1"] for each in easypost.desk.bought] == ["14 Farnam St"]


async def test_their_complaint_about_a_field_reaches_the_agent(easypost: EasyPostSide) -> None:
    errors = [{"field": "zip", "message": "is\nunknown", "suggestion": None}]
    easypost.desk.fail("create", Fault(status=422, body={"error": {"code": "A.B", "message": "bad", "errors": errors}}))
    with pytest.raises(StoreRefused, match="bad; field: zip; is unknown"):
        await buy(easypost)


async def test_no_rate_is_a_refusal_with_the_carriers_reason(easypost: EasyPostSide) -> None:
    easypost.desk.rates = [{"id": "r", "carrier": "UPS", "service": "Ground", "rate": None, "currency": "USD"}]
    easypost.desk.messages = [{"carrier": "UPS", "type": "rate_error", "message": "zone not served"}]
    with pytest.raises(StoreRefused, match="zone not served"):
        await buy(easypost)


async def test_prices_in_several_foreign_currencies_are_not_compared(easypost: EasyPostSide) -> None:
    with pytest.raises(StoreRefused, match="several currencies"):
        await buy(easypost, order=replace(ORDER, currency="JPY"))


async def test_a_label_that_is_not_https_is_given_to_nobody(easypost: EasyPostSide) -> None:
    easypost.desk.label_url = "http://labels.example/{id}.pdf"
    with pytest.raises(StoreUnavailable, match="a person must look"):
        await buy(easypost)
    assert len(easypost.desk.bought) == 1


async def test_a_label_without_its_code_is_still_a_label(easypost: EasyPostSide) -> None:
    easypost.desk.fail("form", Fault(status=422))
    label = await buy(easypost)
    assert (label.qr_url, label.tracking_number) == (None, "94001000000000000001")


async def test_another_carriers_label_has_no_code_and_its_own_deadline(easypost: EasyPostSide) -> None:
    easypost.desk.rates = [easypost.desk.rates[0]]
    label = await buy(easypost)
    assert (label.carrier, label.qr_url) == ("ups", None)
    assert label.void_until == datetime(2027, 2, 18, 18, 0, 5, tzinfo=UTC)
    assert easypost.desk.count("form") == 0


async def test_a_kept_label_reads_back_as_it_was(easypost: EasyPostSide) -> None:
    label = await buy(easypost)
    assert label_of(label_raw(label)) == label


@pytest.mark.parametrize(
    ("status", "done"), [("submitted", True), ("refunded", True), ("rejected", False), ("not_applicable", False)]
)
async def test_a_void_says_whether_they_take_the_label_back(easypost: EasyPostSide, status: str, done: bool) -> None:
    label = await buy(easypost)
    easypost.desk.refund_status = status
    assert await easypost.labels.void("v1", label) is done
    assert await easypost.labels.void("v1", label) is done
    assert easypost.desk.count("refund") == 1


async def test_a_word_about_the_refund_that_nobody_knows_is_no_success(easypost: EasyPostSide) -> None:
    label = await buy(easypost)
    easypost.desk.refund_status = "perhaps"
    with pytest.raises(StoreUnavailable):
        await easypost.labels.void("v1", label)


async def test_a_void_whose_answer_was_lost_is_seen_at_the_shipment(easypost: EasyPostSide) -> None:
    label = await buy(easypost)
    easypost.desk.fail("refund", Fault(status=500))
    with pytest.raises(StoreUnavailable):
        await easypost.labels.void("v1", label)
    easypost.desk.shipments[label.id]["refund_status"] = "refunded"
    assert await easypost.labels.void("v1", label)
    assert easypost.desk.count("refund") == 1


async def test_a_pickup_is_booked_once_with_the_cheapest_rate(easypost: EasyPostSide) -> None:
    label = await buy(easypost)
    pickup = await easypost.labels.pickup("p1", ORDER, "RMA-1", label, TOMORROW)
    assert await easypost.labels.pickup("p1", ORDER, "RMA-1", label, TOMORROW) == pickup
    assert (pickup.confirmation, pickup.cost, pickup.start) == ("WTC123", Money(0, "USD"), TOMORROW.min)
    assert easypost.desk.count("buy_pickup") == 1


async def test_a_pickup_whose_answer_was_lost_is_found(easypost: EasyPostSide) -> None:
    label = await buy(easypost)
    easypost.desk.fail("buy_pickup", Fault(drops=True))
    pickup = await easypost.labels.pickup("p1", ORDER, "RMA-1", label, TOMORROW)
    assert pickup.confirmation == "WTC123"
    assert easypost.desk.count("buy_pickup") == 1


async def test_a_pickup_that_nobody_offers_is_refused_with_the_reason(easypost: EasyPostSide) -> None:
    label = await buy(easypost)
    easypost.desk.pickup_rates = []
    easypost.desk.messages = [{"carrier": "USPS", "message": "closed on that day"}]
    with pytest.raises(StoreRefused, match="closed on that day"):
        await easypost.labels.pickup("p1", ORDER, "RMA-1", label, TOMORROW)


async def test_a_window_without_hours_is_refused(easypost: EasyPostSide) -> None:
    window = Window(NOW.date(), NOW.date(), "UTC")
    with pytest.raises(StoreRefused, match="from one hour to a later one"):
        await easypost.labels.pickup("p1", ORDER, "RMA-1", Label("https://x.example", id="shp_1"), window)


async def test_windows_are_the_next_working_days_where_the_parcel_is(easypost: EasyPostSide) -> None:
    windows = await easypost.labels.pickup_windows(ORDER, Label("https://x.example", carrier="usps"))
    assert [window.tz for window in windows] == ["America/Chicago"] * 3
    assert (windows[0].min, windows[0].max) == (
        datetime(2026, 11, 23, 15, 0, tzinfo=UTC),
        datetime(2026, 11, 23, 23, 0, tzinfo=UTC),
    )


async def test_a_carrier_that_fetches_nothing_has_no_windows(easypost: EasyPostSide) -> None:
    assert await easypost.labels.pickup_windows(ORDER, Label("https://x.example", carrier="evri")) == ()


async def test_drop_off_points_are_promised_by_nobody(easypost: EasyPostSide) -> None:
    assert "drop_off" not in easypost.labels.capabilities
    assert await easypost.labels.drop_off_points(ORDER.ship_to, 5) == ()
