"""What WooCommerce's statuses mean: core ones, those of plug-ins, and the two meanings of on-hold."""

from typing import Any

import pytest

from server.commerce.connectors.woocommerce.plain import SOURCE
from server.commerce.connectors.woocommerce.reading import order_document
from server.commerce.model import HoldReason, ShipmentStatus
from server.telemetry import unknown_words
from tests.server.commerce.connectors.woocommerce.orders import (
    a_fulfilment,
    a_refund,
    a_woo_order,
    an_item,
    meta,
    read,
    rules,
)

UNPAID: dict[str, Any] = {"date_paid_gmt": None}


@pytest.mark.parametrize(
    ("status", "changes", "payment", "fulfilment"),
    [
        ("pending", UNPAID, "pending", "unfulfilled"),
        ("on-hold", UNPAID, "pending", "on_hold"),
        ("processing", {}, "paid", "unfulfilled"),
        ("processing", {**UNPAID, "payment_method": "cod"}, "authorized", "unfulfilled"),
        ("completed", {}, "paid", "shipped"),
        ("cancelled", {}, "paid", "cancelled"),
        ("cancelled", UNPAID, "voided", "cancelled"),
        ("refunded", {}, "refunded", "cancelled"),
        ("refunded", {"date_completed_gmt": "2026-11-19T00:00:00"}, "refunded", "shipped"),
        ("failed", UNPAID, "failed", "unfulfilled"),
        ("ready-for-pickup", {}, "paid", "shipped"),
        ("Processing", {}, "paid", "unfulfilled"),
        ("wc-processing", {}, "paid", "unfulfilled"),
    ],
)
def test_core_statuses(status: str, changes: dict[str, Any], payment: str, fulfilment: str) -> None:
    found = read(a_woo_order(status=status, **changes))
    assert (found.payment.status.value, found.fulfilment.value) == (payment, fulfilment)


def test_completed_never_means_delivered() -> None:
    found = read(
        a_woo_order(status="completed"), fulfilments=[a_fulfilment(meta={"_items": [{"item_id": 12, "qty": 3}]})]
    )
    assert not found.is_delivered
    assert [parcel.status for parcel in found.shipments] == [ShipmentStatus.LABEL_CREATED]


@pytest.mark.parametrize("status", ["checkout-draft", "draft", "auto-draft", "new", "trash"])
def test_drafts_and_the_bin_are_no_orders(status: str) -> None:
    assert order_document(a_woo_order(status=status), [], [], rules()) is None


@pytest.mark.parametrize(
    ("meaning", "changes", "payment", "hold"),
    [
        ("payment", UNPAID, "pending", HoldReason.PAYMENT),
        ("payment", {}, "paid", HoldReason.OTHER),
        ("warehouse", {}, "paid", HoldReason.OTHER),
        ("warehouse", UNPAID, "unknown", HoldReason.OTHER),
    ],
)
def test_on_hold_means_what_the_shop_says_unless_money_is_there(
    meaning: str, changes: dict[str, Any], payment: str, hold: HoldReason
) -> None:
    found = read(a_woo_order(status="on-hold", **changes), by=rules(on_hold=meaning))
    assert (found.payment.status.value, [each.reason for each in found.holds]) == (payment, [hold])


@pytest.mark.parametrize(
    ("status", "words", "fulfilment"),
    [
        ("shipped", ("shipped=shipped",), "shipped"),
        ("wc-shipped", ("wc-shipped=shipped",), "shipped"),
        ("picking", ("picking=processing",), "processing"),
        ("waiting", ("waiting=on_hold",), "on_hold"),
        ("sent", ("sent=completed",), "shipped"),
        ("packed", ("packed=available_for_pickup",), "shipped"),
        ("shipped", (), "unknown"),
        ("shipped", ("shipped=delivered",), "unknown"),
        ("shipped", ("shipped",), "unknown"),
        ("", (), "unknown"),
    ],
)
def test_statuses_of_plug_ins_mean_what_the_settings_say_or_nothing(
    status: str, words: tuple[str, ...], fulfilment: str
) -> None:
    assert read(a_woo_order(status=status), by=rules(*words)).fulfilment.value == fulfilment


def test_an_unknown_status_is_counted_and_is_no_happy_one() -> None:
    counter = unknown_words.labels(SOURCE)
    before = counter._value.get()
    found = read(a_woo_order(status="of-a-plugin", date_paid_gmt=None))
    assert (found.payment.status.value, found.fulfilment.value) == ("unknown", "unknown")
    assert counter._value.get() == before + 1


@pytest.mark.parametrize(
    ("refunded", "payment"),
    [("19.58", "partially_refunded"), ("64.61", "refunded"), ("0.00", "paid")],
)
def test_a_partial_refund_is_seen_in_the_refunds_alone(refunded: str, payment: str) -> None:
    order = a_woo_order(refunds=[{"id": 731, "reason": "", "total": f"-{refunded}"}])
    found = read(order, refunds=[a_refund(amount=refunded)])
    assert found.payment.status.value == payment


@pytest.mark.parametrize(
    ("state", "fulfilment"),
    [
        ("no_fulfillments", "unfulfilled"),
        ("unfulfilled", "unfulfilled"),
        ("partially_fulfilled", "partially_shipped"),
        ("fulfilled", "shipped"),
    ],
)
def test_the_sites_own_fulfilment_state_counts_while_processing(state: str, fulfilment: str) -> None:
    assert read(a_woo_order(meta_data=meta(_fulfillment_status=state))).fulfilment.value == fulfilment


@pytest.mark.parametrize(("pieces", "fulfilment"), [(2, "partially_shipped"), (3, "shipped")])
def test_without_that_state_the_parcels_contents_count(pieces: int, fulfilment: str) -> None:
    parcel = a_fulfilment(meta={"_items": [{"item_id": 12, "qty": pieces}]})
    assert read(a_woo_order(), fulfilments=[parcel]).fulfilment.value == fulfilment


def test_what_needs_no_processing_is_not_shipped() -> None:
    found = read(a_woo_order(status="completed", needs_processing=False))
    assert found.fulfilment.value == "not_required"
    assert not found.lines[0].requires_shipping


def test_what_is_ready_for_pickup_waits_as_a_parcel_with_everything() -> None:
    found = read(a_woo_order(status="ready-for-pickup", line_items=[an_item(), an_item(id=13, quantity=1)]))
    assert [parcel.status for parcel in found.shipments] == [ShipmentStatus.AVAILABLE_FOR_PICKUP]
    assert [(line.line_id, line.quantity) for line in found.shipments[0].lines] == [("12", 3), ("13", 1)]


@pytest.mark.parametrize(
    ("noted", "day", "reason"),
    [
        ('{"at": "2026-11-19T08:00:00Z", "reason": "changed_mind"}', "2026-11-19", "changed_mind"),
        (None, "2026-11-20", None),
        ("broken", "2026-11-20", None),
    ],
)
def test_a_cancelled_order_says_when(noted: str | None, day: str, reason: str | None) -> None:
    found = read(a_woo_order(status="cancelled", meta_data=meta(_cs_cancelled=noted)))
    assert found.cancelled_at is not None
    assert (found.cancelled_at.date().isoformat(), found.cancel_reason) == (day, reason)
