"""Shippo: real return labels of three carriers, plain ones the other way round, one transaction per key."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from server.commerce.labels.labels import Label
from server.commerce.model import LineQuantity, Money, OrderSnapshot, Window
from server.errors import StoreRefused, StoreUnavailable
from tests.server.commerce.labels.conftest import ShippoSide
from tests.server.commerce.orders import NOW, an_order, snap
from tests.support.labels import Fault, Ledger

LINES = (LineQuantity("l1", 1),)
ORDER = snap(an_order(customer={"id": "c1", "name": "Ana", "phones": ["+14025550101"], "emails": ["ana@example.com"]}))
MONDAY = Window(NOW + timedelta(days=3, hours=-4), NOW + timedelta(days=3, hours=4), "America/Chicago")


async def buy(side: ShippoSide, key: str = "k1", order: OrderSnapshot = ORDER) -> Label:
    """The label of the return RMA-1."""
    return await side.labels.label(key, order, "RMA-1", LINES, NOW)


async def test_the_cheapest_return_label_is_bought(shippo: ShippoSide) -> None:
    assert await buy(shippo) == Label(
        url="https://shippo-delivery.example/transaction0002.pdf",
        tracking_number="92055901755477000000000015",
        carrier="usps",
        cost=Money(550, "USD"),
        void_until=datetime(2026, 12, 20, 18, 0, 5, 123000, tzinfo=UTC),
        id="transaction0002",
    )


async def test_a_return_names_the_addresses_as_the_outward_parcel_did(shippo: ShippoSide) -> None:
    await buy(shippo)
    (shipment,) = shippo.desk.shipments.values()
    assert shipment["extra"]["is_return"] is True
    assert (shipment["address_from"]["street1"], shipment["address_to"]["street1"]) == ("1 Dock Rd", "12 Farnam St")


async def test_carriers_without_return_labels_sell_a_plain_one_the_other_way_round(shippo: ShippoSide) -> None:
    dhl = {"object_id": "r_dhl", "provider": "DHL Express", "amount": "9.9", "currency": "USD"}
    shippo.desk.rates, shippo.desk.plain_rates = [{**dhl, "object_id": "r_wrong_way", "amount": "0.10"}], [dhl]
    label = await buy(shippo)
    turned, plain = shippo.desk.shipments.values()
    assert (label.carrier, label.cost) == ("dhl", Money(990, "USD"))
    assert "is_return" not in plain["extra"]
    assert plain["address_from"]["street1"] == turned["address_to"]["street1"] == "12 Farnam St"


async def test_the_code_for_a_counter_is_passed_on_when_it_is_https(shippo: ShippoSide) -> None:
    await buy(shippo)
    shippo.desk.transactions["transaction0002"]["qr_code_url"] = "https://shippo-delivery.example/qr.png"
    found = await (await shippo.again(Ledger())).label("k1", ORDER, "RMA-1", LINES, NOW)
    assert found.qr_url == "https://shippo-delivery.example/qr.png"


async def test_the_same_key_gives_the_same_label_without_a_second_purchase(shippo: ShippoSide) -> None:
    assert await buy(shippo) == await buy(shippo)
    assert len(shippo.desk.bought) == 1


async def test_two_calls_at_once_with_one_key_buy_one_label(shippo: ShippoSide) -> None:
    shippo.desk.fail("buy", Fault(delay_s=0.1))
    first, second = await asyncio.gather(buy(shippo), buy(shippo))
    assert first == second
    assert len(shippo.desk.bought) == 1


@pytest.mark.parametrize("fault", [Fault(drops=True), Fault(delay_s=0.4)])
async def test_a_purchase_whose_answer_was_lost_is_found_by_its_mark(shippo: ShippoSide, fault: Fault) -> None:
    shippo.desk.fail("buy", fault)
    label = await (await shippo.again(read_s=0.15)).label("k1", ORDER, "RMA-1", LINES, NOW)
    assert (label.id, label.cost, label.carrier) == ("transaction0002", Money(550, "USD"), "usps")
    assert len(shippo.desk.bought) == 1


async def test_after_a_restart_in_the_middle_the_label_is_found_with_its_price(shippo: ShippoSide) -> None:
    await buy(shippo)
    ledger = Ledger()
    await ledger.note_sent("k1", "label", ORDER.id, NOW)
    label = await (await shippo.again(ledger)).label("k1", ORDER, "RMA-1", LINES, NOW)
    assert (label.cost, label.carrier) == (Money(550, "USD"), "usps")
    assert len(shippo.desk.bought) == 1


async def test_the_mark_is_found_behind_a_full_page_of_others(shippo: ShippoSide) -> None:
    await buy(shippo)
    for number in range(150):
        shippo.desk.transactions[f"other{number}"] = {"metadata": "of somebody else", "status": "SUCCESS"}
    await (await shippo.again(Ledger())).label("k1", ORDER, "RMA-1", LINES, NOW)
    assert len(shippo.desk.bought) == 1


async def test_a_lost_purchase_that_never_shows_is_left_to_a_person(shippo: ShippoSide) -> None:
    shippo.desk.fail("buy", Fault(status=500))
    with pytest.raises(StoreUnavailable, match="a person must look"):
        await buy(shippo)
    with pytest.raises(StoreUnavailable, match="a person must look"):
        await buy(shippo)
    assert (shippo.desk.count("create"), shippo.desk.count("buy")) == (1, 1)


async def test_a_failure_before_the_purchase_leaves_the_key_free(shippo: ShippoSide) -> None:
    shippo.desk.fail("create", Fault(status=503))
    with pytest.raises(StoreUnavailable):
        await buy(shippo)
    assert (await buy(shippo)).cost == Money(550, "USD")


async def test_a_carriers_refusal_says_why_and_leaves_the_key_free(shippo: ShippoSide) -> None:
    shippo.desk.statuses = ["ERROR"]
    with pytest.raises(StoreRefused, match="The carrier refuses this address"):
        await buy(shippo)
    assert (await buy(shippo)).cost == Money(550, "USD")


async def test_a_label_that_is_queued_is_waited_for(shippo: ShippoSide) -> None:
    shippo.desk.statuses = ["QUEUED", "SUCCESS"]
    assert (await buy(shippo)).id == "transaction0002"
    assert shippo.desk.count("buy") == 1


async def test_a_queued_label_that_is_refused_leaves_the_key_free(shippo: ShippoSide) -> None:
    shippo.desk.statuses = ["QUEUED", "ERROR"]
    with pytest.raises(StoreRefused):
        await buy(shippo)
    assert (await buy(shippo)).url.startswith("https://")


async def test_a_status_that_nobody_knows_is_no_label(shippo: ShippoSide) -> None:
    shippo.desk.statuses = ["SPLENDID"]
    with pytest.raises(StoreUnavailable, match="nobody knows"):
        await buy(shippo)


async def test_a_label_that_is_not_https_is_given_to_nobody(shippo: ShippoSide) -> None:
    shippo.desk.label_url = "javascript:alert({id})"
    with pytest.raises(StoreUnavailable):
        await buy(shippo)


async def test_no_rate_at_all_is_a_refusal(shippo: ShippoSide) -> None:
    shippo.desk.rates = []
    with pytest.raises(StoreRefused, match="no carrier offers a return label"):
        await buy(shippo)


async def test_an_address_without_a_street_is_refused_by_name(shippo: ShippoSide) -> None:
    with pytest.raises(StoreRefused, match="no street, no postal code"):
        await buy(shippo, order=replace(ORDER, ship_to=replace(ORDER.ship_to, line1="", zip="")))
    assert shippo.desk.calls == []


async def test_their_complaint_about_a_field_reaches_the_agent(shippo: ShippoSide) -> None:
    body = {"address_from": [{"zip": ["This field is required."]}]}
    shippo.desk.fail("create", Fault(status=400, body=body))
    with pytest.raises(StoreRefused, match=r"zip: This field is required\."):
        await buy(shippo)


async def test_a_wrong_key_is_for_the_operator(shippo: ShippoSide) -> None:
    with pytest.raises(StoreUnavailable, match=r"labels\.api_key"):
        await (await shippo.again(api_key="wrong")).label("k1", ORDER, "RMA-1", LINES, NOW)
    assert shippo.ledger.results == {}


@pytest.mark.parametrize(("status", "done"), [("QUEUED", True), ("PENDING", True), ("SUCCESS", True), ("ERROR", False)])
async def test_a_void_says_whether_they_take_the_label_back(shippo: ShippoSide, status: str, done: bool) -> None:
    label = await buy(shippo)
    shippo.desk.refund_status = status
    assert await shippo.labels.void("v1", label) is done
    assert await shippo.labels.void("v1", label) is done
    assert shippo.desk.count("refund") == 1


async def test_a_void_whose_answer_was_lost_is_seen_at_the_transaction(shippo: ShippoSide) -> None:
    label = await buy(shippo)
    shippo.desk.fail("refund", Fault(drops=True))
    assert await shippo.labels.void("v1", label)
    assert shippo.desk.count("refund") == 1


async def test_a_pickup_is_booked_once_with_the_account_of_the_label(shippo: ShippoSide) -> None:
    label = await buy(shippo)
    pickup = await shippo.labels.pickup("p1", ORDER, "RMA-1", label, MONDAY)
    assert await shippo.labels.pickup("p1", ORDER, "RMA-1", label, MONDAY) == pickup
    assert (pickup.confirmation, pickup.start, pickup.cost) == ("WTC310058750", MONDAY.min, None)
    assert [each["carrier_account"] for each in shippo.desk.pickups] == ["acc_usps"]


async def test_a_pickup_address_has_no_special_characters(shippo: ShippoSide) -> None:
    label = await buy(shippo)
    odd = replace(ORDER, ship_to=replace(ORDER.ship_to, name="Ana & Söhne/Ltd*", line1="12 Farnam St #4"))
    await shippo.labels.pickup("p1", odd, "RMA-1", label, MONDAY)
    address = shippo.desk.pickups[0]["location"]["address"]
    assert (address["name"], address["street1"]) == ("Ana   Söhne Ltd ", "12 Farnam St #4")


async def test_a_pickup_that_the_carrier_confirms_later_has_no_number_yet(shippo: ShippoSide) -> None:
    label = await buy(shippo)
    shippo.desk.pickup_status = "PENDING"
    pickup = await shippo.labels.pickup("p1", ORDER, "RMA-1", label, MONDAY)
    assert (pickup.confirmation, pickup.until) == (None, MONDAY.max)


@pytest.mark.parametrize(("status", "error"), [("ERROR", StoreRefused), ("MAYBE", StoreUnavailable)])
async def test_a_pickup_that_is_not_booked_is_an_error(shippo: ShippoSide, status: str, error: type[Exception]) -> None:
    label = await buy(shippo)
    shippo.desk.pickup_status = status
    with pytest.raises(error):
        await shippo.labels.pickup("p1", ORDER, "RMA-1", label, MONDAY)


async def test_a_pickup_whose_answer_was_lost_is_never_ordered_again(shippo: ShippoSide) -> None:
    label = await buy(shippo)
    shippo.desk.fail("pickup", Fault(drops=True))
    for _ in range(2):
        with pytest.raises(StoreUnavailable, match="a person must look"):
            await shippo.labels.pickup("p1", ORDER, "RMA-1", label, MONDAY)
    assert shippo.desk.count("pickup") == 1


async def test_ups_parcels_are_not_fetched_through_shippo(shippo: ShippoSide) -> None:
    label = Label("https://x.example", carrier="ups", id="t1")
    assert await shippo.labels.pickup_windows(ORDER, label) == ()
    with pytest.raises(StoreRefused, match="USPS and DHL"):
        await shippo.labels.pickup("p1", ORDER, "RMA-1", label, MONDAY)


async def test_windows_and_drop_off_points_of_a_usps_label(shippo: ShippoSide) -> None:
    windows = await shippo.labels.pickup_windows(ORDER, Label("https://x.example", carrier="usps"))
    assert len(windows) == 3
    assert await shippo.labels.drop_off_points(ORDER.ship_to, 3) == ()
