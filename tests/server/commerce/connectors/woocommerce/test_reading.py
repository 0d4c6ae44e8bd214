"""An order of WooCommerce in our format: money, times, people, refunds, and what must not get through."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from server.commerce.connectors.woocommerce.plain import minor, money_text, share, spread
from server.commerce.model import RefundStatus
from server.errors import StoreUnavailable
from tests.server.commerce.connectors.woocommerce.orders import (
    KEY,
    a_fulfilment,
    a_refund,
    a_woo_order,
    an_item,
    document,
    meta,
    read,
)


def test_the_whole_order_is_accepted_by_our_format() -> None:
    found = read(a_woo_order(), refunds=[a_refund()], fulfilments=[a_fulfilment()])
    assert (found.id, found.number, found.currency, found.channel) == ("727", "#727", "USD", "web")
    assert (found.customer.name, found.customer.emails) == ("Dana Reed", ("dana@example.com",))
    assert (found.ship_to.line1, found.ship_to.city, found.ship_to.region) == ("1 Elm St", "Portland", "OR")
    assert (found.note, found.bill_zip, found.taxes_included) == ("Ring twice", "97201", False)
    assert [method.label for method in found.payment.methods] == ["Card"]


@pytest.mark.parametrize(
    ("number", "shown"),
    [("727", "#727"), ("WC-2026-1042", "WC-2026-1042"), ("", "#727"), (None, "#727"), (9001, "#9001")],
)
def test_the_number_may_differ_from_the_id(number: object, shown: str) -> None:
    found = read(a_woo_order(number=number))
    assert (found.id, found.number) == ("727", shown)


def test_a_piece_costs_its_share_of_the_discounted_line() -> None:
    (line,) = read(a_woo_order()).lines
    assert (line.unit_price.amount_minor, line.quantities.ordered) == (1809, 3)
    assert line.discount is not None
    assert line.tax is not None
    assert (line.discount.amount_minor, line.tax.amount_minor) == (571, 448)


def test_the_sums_are_the_orders_own() -> None:
    totals = read(a_woo_order()).totals
    sums = (totals.items, totals.discount, totals.shipping, totals.tax, totals.total, totals.refunded)
    assert [each.amount_minor for each in sums] == [5426, 571, 551, 484, 6461, 0]


def test_where_prices_include_tax_ours_do() -> None:
    found = read(a_woo_order(prices_include_tax=True))
    assert found.lines[0].unit_price.amount_minor == 1958
    assert (found.totals.items.amount_minor, found.totals.shipping.amount_minor) == (5874, 587)
    assert (found.totals.discount.amount_minor, found.taxes_included) == (618, True)


@pytest.mark.parametrize(
    ("currency", "total", "minor_units"),
    [
        ("USD", "64.61", 6461),
        ("JPY", "6461", 6461),
        ("KWD", "64.610", 64610),
        ("EUR", "10.005", 1001),
        ("USD", 64.61, 6461),
    ],
)
def test_money_is_whole_minor_units_of_its_currency(currency: str, total: object, minor_units: int) -> None:
    found = read(a_woo_order(currency=currency, total=total, line_items=[an_item(total="1", subtotal="1")]))
    assert (found.totals.total.amount_minor, found.totals.total.currency) == (minor_units, currency)


@pytest.mark.parametrize(
    ("total", "quantity", "steps"),
    [(5426, 3, [1809, 1808, 1809]), (448, 3, [149, 150, 149]), (100, 3, [33, 34, 33]), (5, 1, [5]), (0, 2, [0, 0])],
)
def test_single_pieces_always_add_up_to_their_line(total: int, quantity: int, steps: list[int]) -> None:
    assert [share(total, quantity, done, 1) for done in range(quantity)] == steps
    assert sum(steps) == total


@pytest.mark.parametrize(
    ("total", "weights", "parts"),
    [(1000, [5997, 4500], [571, 429]), (10, [0, 0], [10, 0]), (1, [1, 1], [1, 0]), (7, [1, 1, 1], [3, 2, 2])],
)
def test_a_total_is_spread_by_largest_remainder(total: int, weights: list[int], parts: list[int]) -> None:
    assert spread(total, weights) == parts


@pytest.mark.parametrize("value", ["", None, "abc", "NaN", "Infinity", [], "1,50"])
def test_what_is_no_amount_is_none(value: object) -> None:
    assert minor(value, 2) is None


@pytest.mark.parametrize(
    ("amount", "exponent", "written"),
    [(1809, 2, "18.09"), (5, 2, "0.05"), (500, 0, "500"), (-5426, 2, "-54.26"), (1, 3, "0.001")],
)
def test_amounts_are_written_with_their_currencys_decimals(amount: int, exponent: int, written: str) -> None:
    assert money_text(amount, exponent) == written


@pytest.mark.parametrize(
    "local", ["2026-11-01T01:30:00", "2026-11-01T02:30:00", "2031-01-01T00:00:00", None, "nonsense"]
)
def test_times_are_the_gmt_ones_whatever_the_clocks_did_that_night(local: object) -> None:
    found = read(a_woo_order(date_created=local, date_created_gmt="2026-11-01T06:30:00"))
    assert found.placed_at == datetime(2026, 11, 1, 6, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("account", "buyer"),
    [(0, "guest:dana@example.com"), (None, "guest:dana@example.com"), (42, "42"), ("42", "42")],
)
def test_a_guest_is_known_by_the_address_alone(account: object, buyer: str) -> None:
    assert read(a_woo_order(customer_id=account)).customer.id == buyer


def test_without_a_delivery_address_the_billing_one_counts() -> None:
    billing = {"first_name": "Dana", "address_1": "2 Oak St", "city": "Salem", "postcode": "97301", "country": "us"}
    found = read(a_woo_order(shipping={}, billing=billing))
    assert (found.ship_to.line1, found.ship_to.country) == ("2 Oak St", "US")


def test_what_was_chosen_is_an_option_and_plug_ins_notes_are_not() -> None:
    assert dict(read(a_woo_order()).lines[0].options) == {"Colour": "Red"}


@pytest.mark.parametrize(
    ("changes", "sku", "variant"),
    [({}, "SCARF-RED", "94"), ({"sku": ""}, "woo-94", "94"), ({"sku": None, "variation_id": 0}, "woo-93", "93")],
)
def test_a_line_without_sku_goes_by_what_was_bought(changes: dict[str, Any], sku: str, variant: str) -> None:
    (line,) = read(a_woo_order(line_items=[an_item(**changes)])).lines
    assert (line.sku, line.variant_id, line.product_id) == (sku, variant, "93")


# Refunds


def test_a_refunds_line_is_found_behind_its_own_id() -> None:
    order = a_woo_order(refunds=[{"id": 731, "reason": "", "total": "-19.58"}])
    found = read(order, refunds=[a_refund()])
    (refund,) = found.refunds
    assert (refund.amount.amount_minor, refund.status, refund.reason) == (1958, RefundStatus.SUCCEEDED, "too small")
    assert [(line.line_id, line.quantity) for line in refund.lines] == [("12", 1)]
    assert (found.lines[0].quantities.refunded, found.totals.refunded.amount_minor) == (1, 1958)


def test_a_refund_that_was_only_written_down_is_not_called_done() -> None:
    order = a_woo_order(refunds=[{"id": 731, "reason": "", "total": "-19.58"}])
    assert read(order, refunds=[a_refund(refunded_payment=False)]).refunds[0].status is RefundStatus.UNKNOWN


def test_a_refund_that_only_the_order_lists_has_its_amount_and_nothing_more() -> None:
    (refund,) = read(a_woo_order(refunds=[{"id": 731, "reason": "late", "total": "-5.00"}])).refunds
    assert (refund.amount.amount_minor, refund.status, refund.lines) == (500, RefundStatus.UNKNOWN, ())


def test_refunded_delivery_is_told() -> None:
    shipped = [{"id": 90, "total": "-5.51", "total_tax": "-0.36", "meta_data": []}]
    (refund,) = document(a_woo_order(), refunds=[a_refund(shipping_lines=shipped)])["refunds"]
    assert refund["shipping"] == 587


# Returns that we opened


RETURN = {"id": "RMA-1", "status": "approved", "outcome": "refund", "lines": [{"line": "12", "quantity": 1}]}


@pytest.mark.parametrize("value", [[RETURN], json.dumps([RETURN]), {"0": RETURN}, [RETURN, {"id": 7}, "x"]])
def test_our_returns_are_read_back_and_broken_ones_left_out(value: object) -> None:
    found = read(a_woo_order(meta_data=meta(_cs_rma=value)))
    assert [each.id for each in found.returns] == ["RMA-1"]


@pytest.mark.parametrize("value", ["", "{", None, 7, {}])
def test_without_returns_there_are_none(value: object) -> None:
    assert read(a_woo_order(meta_data=meta(_cs_rma=value))).returns == ()


# What must not get through


def test_the_order_key_is_nowhere_in_a_paid_order() -> None:
    assert KEY not in json.dumps(document(a_woo_order(), refunds=[a_refund()], fulfilments=[a_fulfilment()]))


def test_the_pay_link_of_an_unpaid_order_is_the_only_place_of_the_key() -> None:
    found = document(a_woo_order(status="pending", needs_payment=True, date_paid_gmt=None))
    link = found["payment"].pop("pay_url")
    assert link.startswith("https://shop.example/checkout/order-pay/727/")
    assert KEY not in json.dumps(found)


@pytest.mark.parametrize("url", ["http://shop.example/pay", "javascript:pay()", "", None])
def test_a_pay_link_must_be_https(url: object) -> None:
    assert "pay_url" not in document(a_woo_order(status="pending", needs_payment=True, payment_url=url))["payment"]


@pytest.mark.parametrize("missing", ["currency", "total", "date_created_gmt", "id"])
@pytest.mark.parametrize("value", [None, "", [], "?"])
def test_an_order_without_what_every_order_has_is_unreadable(missing: str, value: object) -> None:
    if missing == "id" and value == "?":
        value = None
    with pytest.raises(StoreUnavailable):
        document(a_woo_order(**{missing: value}))


@pytest.mark.parametrize("nothing", [None, [], "", 0])
@pytest.mark.parametrize(
    "field",
    ["billing", "shipping", "line_items", "refunds", "meta_data", "customer_note", "payment_method", "created_via"],
)
def test_nulls_and_phps_empty_lists_are_nothing(field: str, nothing: object) -> None:
    assert read(a_woo_order(**{field: nothing})).id == "727"


def test_fields_that_nobody_expects_are_no_matter() -> None:
    assert read(a_woo_order(brand_new={"x": 1})).id == "727"
