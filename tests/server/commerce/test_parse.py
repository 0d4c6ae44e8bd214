"""Documents become values: zones, words, amounts and counts."""

from datetime import UTC, date, datetime, timedelta

import pytest

from server.commerce.documents import DocumentRejected, decode_customer, decode_order, decode_product
from server.commerce.goods import Review
from server.commerce.model import (
    EtaKind,
    FulfilmentPhase,
    HoldReason,
    Money,
    PaymentState,
    ReturnOutcome,
    ShipmentStatus,
)
from server.commerce.parse import customer_record, duration, snapshot
from server.commerce.parse_goods import product_record
from tests.server.commerce.orders import NOW, Raw, a_line, a_parcel, ago, an_event, an_order, shipped, snap
from tests.server.commerce.test_documents import CUSTOMER, PRODUCT


def test_a_snapshot_carries_when_and_where_it_was_read() -> None:
    order = snap(an_order())

    assert (order.as_of, order.source, order.tz) == (NOW, "embedded", "America/Chicago")


def test_times_are_in_utc_and_dates_stay_dates() -> None:
    order = snap(an_order(placed_at="2026-11-17T10:00:00-06:00", fulfil_by="2026-11-23"))

    assert (order.placed_at, order.fulfil_by) == (datetime(2026, 11, 17, 16, tzinfo=UTC), date(2026, 11, 23))


def test_a_scan_without_an_hour_lies_on_that_day_where_the_parcel_goes() -> None:
    event = snap(shipped(an_event("2026-11-19", "in_transit"))).shipments[0].events[0]

    assert event.is_date_only
    assert event.at == datetime(2026, 11, 19, 18, tzinfo=UTC)


def test_an_address_that_does_not_tell_its_zone_gets_the_shops() -> None:
    document, _ = decode_order(an_order(ship_to={"country": "US", "region": ""}))

    assert snapshot(document, as_of=NOW, source="embedded", shop_tz="America/Denver").tz == "America/Denver"


@pytest.mark.parametrize("status", ["frozen", None, ""])
def test_a_payment_word_that_we_do_not_know_is_never_paid(status: str | None) -> None:
    assert snap(an_order(payment={"status": status})).payment.status is PaymentState.UNKNOWN


def test_words_that_we_do_not_know_become_unknown_or_other() -> None:
    raw = shipped(an_event(ago(hours=1), "beamed"), order={"fulfilment": "teleported", "holds": [{"reason": "moon"}]})
    order = snap(raw)

    assert order.fulfilment is FulfilmentPhase.UNKNOWN
    assert order.holds[0].reason is HoldReason.OTHER
    assert order.shipments[0].status is ShipmentStatus.UNKNOWN
    assert order.shipments[0].events[0].raw_code == "beamed"


def test_shipped_is_not_delivered() -> None:
    order = snap(shipped(an_event(ago(hours=1), "in_transit")))

    assert (order.is_delivered, order.state, order.delivered_at) == (False, "shipped", None)


def test_delivered_means_every_piece() -> None:
    lines = [a_line(fulfilled=2), a_line(id="l2", sku="HAT", quantity=1, fulfilled=1)]
    first = a_parcel(an_event(ago(days=2), "delivered"))
    second = a_parcel(an_event(ago(days=1), "in_transit"), id="s2", lines=[{"line": "l2", "quantity": 1}])
    both = [first, {**second, "events": [an_event(ago(days=1), "delivered")]}]

    assert snap(an_order(lines=lines, shipments=[first, second], fulfilment="shipped")).state == "shipped"
    done = snap(an_order(lines=lines, shipments=both, fulfilment="shipped"))
    assert (done.state, done.delivered_at) == ("delivered", NOW - timedelta(days=1))


def test_a_single_parcel_that_lists_no_lines_holds_them_all() -> None:
    order = snap(shipped(an_event(ago(days=1), "delivered"), lines=[]))

    assert order.is_delivered


def test_a_cancelled_order_is_cancelled_before_anything_else() -> None:
    assert snap(shipped(an_event(ago(days=1), "delivered"), order={"cancelled_at": ago(hours=1)})).state == "cancelled"


def test_quantities_are_added_up_over_parcels_returns_and_refunds() -> None:
    raw = shipped(
        an_event(ago(days=9), "delivered"),
        order={
            "returns": [
                {"id": "R1", "status": "received", "lines": [{"line": "l1", "quantity": 1}]},
                {"id": "R2", "status": "label_issued", "outcome": "exchange", "lines": [{"line": "l1", "quantity": 1}]},
            ],
            "refunds": [
                {"id": "F1", "amount": 2500, "status": "succeeded", "lines": [{"line": "l1", "quantity": 1}]},
                {"id": "F2", "amount": 2500, "status": "pending", "lines": [{"line": "l1", "quantity": 1}]},
            ],
        },
    )
    order = snap(raw)
    counts = order.lines[0].quantities

    assert (counts.ordered, counts.fulfilled, counts.delivered) == (2, 2, 2)
    assert (counts.returned, counts.returning, counts.refunded) == (1, 1, 1)
    assert order.returns[1].outcome is ReturnOutcome.EXCHANGE


@pytest.mark.parametrize(
    ("eta", "kind"),
    [
        ({"max": "2026-11-23"}, EtaKind.DATE),
        ({"min": "2026-11-23", "max": "2026-11-23"}, EtaKind.DATE),
        ({"min": "2026-11-22", "max": "2026-11-23"}, EtaKind.WINDOW),
        ({"max": "2026-11-23T18:00:00Z"}, EtaKind.DATETIME),
        ({"min": "2026-11-23T18:00:00Z", "max": "2026-11-23T20:00:00Z"}, EtaKind.WINDOW),
    ],
)
def test_an_expectation_is_as_exact_as_the_carrier_was(eta: Raw, kind: EtaKind) -> None:
    found = snap(shipped(an_event(ago(hours=1), "in_transit"), eta=eta)).shipments[0].eta

    assert found is not None
    assert found.kind is kind


def test_amounts_carry_the_orders_currency() -> None:
    assert snap(an_order(currency="JPY")).totals.total == Money(5500, "JPY")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("PT24H", timedelta(hours=24)),
        ("P2DT12H", timedelta(days=2, hours=12)),
        ("P1W", timedelta(weeks=1)),
        (36, timedelta(hours=36)),
        ("36", timedelta(hours=36)),
        ("soon", None),
        ("P", None),
        ("PT", None),
        ("", None),
        (-5, None),
        (None, None),
    ],
)
def test_durations(text: str | int | None, expected: timedelta | None) -> None:
    assert duration(text) == expected


def test_a_dispute_is_open_until_its_status_says_otherwise() -> None:
    order = snap(an_order(disputes=[{"id": "d1"}, {"id": "d2", "status": "Won"}]))

    assert [dispute.is_open for dispute in order.disputes] == [True, False]


def test_a_product_is_read_with_its_variants() -> None:
    document, _ = decode_product(PRODUCT)
    product = product_record(document, as_of=NOW, source="embedded")

    assert (product.variants[0].sku, product.variants[0].price_minor, product.variants[0].product_id) == (
        "SCARF-RED",
        2500,
        "p1",
    )
    assert (product.attributes, product.reviews) == ({"washable": "yes"}, (Review("Warm", rating=5.0),))


def test_a_variant_without_a_word_on_availability_follows_its_stock() -> None:
    document, _ = decode_product(
        {**PRODUCT, "variants": [{"sku": "A", "price": 1, "stock": 0}, {"sku": "B", "price": 1}]}
    )

    assert [each.available for each in product_record(document, as_of=NOW, source="embedded").variants] == [False, True]


def test_consent_is_given_only_by_a_clear_yes() -> None:
    document, _ = decode_customer({**CUSTOMER, "consents": {"sms": True, "mail": "yes", "calls": None}})

    assert customer_record(document, as_of=NOW, source="embedded").consents == {
        "sms": True,
        "mail": False,
        "calls": False,
    }


def test_what_a_return_and_its_inspection_say_is_kept() -> None:
    line = {"line": "l1", "quantity": 1, "condition": "worn", "decision": "refuse"}
    parts = {"id": "r1", "status": "inspected", "outcome": "exchange", "lines": [line], "policy_version": "7"}
    more = {"fees": {"restocking": 181, "label": 499}, "difference": -500, "hold_until_received": True}
    found = snap(an_order(returns=[{**parts, **more}])).returns[0]
    assert (found.lines[0].condition, found.lines[0].decision) == ("worn", "refuse")
    assert (found.restocking_fee, found.label_fee) == (Money(181, "USD"), Money(499, "USD"))
    assert (found.difference, found.hold_until_received, found.policy_version) == (Money(-500, "USD"), True, "7")


def test_a_customers_history_is_kept() -> None:
    document, _ = decode_customer(
        {"id": "c1", "name": "Ana", "orders": 7, "refunds_12m": 1, "first_order_at": "2024-05-01"}
    )
    record = customer_record(document, as_of=NOW, source="store")
    assert (record.orders, record.refunds_12m, str(record.first_order_at)) == (7, 1, "2024-05-01")


def test_a_customers_time_that_is_none_is_refused() -> None:
    with pytest.raises(DocumentRejected, match="first_order_at"):
        decode_customer({"id": "c1", "name": "Ana", "first_order_at": "long ago"})
