"""An order of our own format, served by the site as its own and read back: everything comes through that WooCommerce has."""

from typing import Any

import pytest

from server.commerce.documents import decode_order
from server.commerce.formats import OrderDocument
from server.commerce.model import OrderSnapshot
from server.commerce.parse import snapshot
from tests.server.commerce.connectors.woocommerce.conftest import Shop
from tests.server.commerce.orders import NOW, a_line, a_parcel, an_order, snap
from tests.support.woocommerce_shapes import status_of

TWO_LINES = [a_line(), a_line(id="l2", sku="HAT", title="Hat", quantity=1, unit_price=1234, options={})]
CASES: dict[str, dict[str, Any]] = {
    "paid": an_order(),
    "guest": an_order(customer={"id": "guest", "name": "Dana Reed", "emails": ["dana@example.com"]}),
    "two lines": an_order(lines=TWO_LINES, totals={"items": 6234, "shipping": 500, "tax": 499, "total": 7233}),
    "tax included": an_order(taxes_included=True, totals={"items": 5000, "shipping": 0, "tax": 833, "total": 5000}),
    "yen": an_order(currency="JPY", totals={"items": 5000, "shipping": 500, "total": 5500}),
    "dinar": an_order(currency="KWD", totals={"items": 5000, "shipping": 500, "total": 5500}),
    "pending": an_order(payment={"status": "pending", "pay_url": "https://shop.example/pay/1"}),
    "failed": an_order(payment={"status": "failed"}),
    "on hold": an_order(fulfilment="on_hold", holds=[{"reason": "other"}]),
    "shipped": an_order(
        fulfilment="shipped", lines=[a_line(fulfilled=2)], shipments=[a_parcel(shipped_at="2026-11-18")]
    ),
    "partly shipped": an_order(
        fulfilment="partially_shipped",
        lines=TWO_LINES,
        shipments=[a_parcel(shipped_at="2026-11-18", tracking_url="https://ups.example/1")],
        totals={"items": 6234, "shipping": 500, "total": 6734},
    ),
    "cancelled": an_order(fulfilment="cancelled", cancelled_at="2026-11-19T08:00:00Z", cancel_reason="changed_mind"),
    "partly refunded": an_order(
        totals={"items": 5000, "shipping": 500, "total": 5500, "refunded": 2500},
        payment={"status": "partially_refunded"},
        refunds=[
            {
                "id": "7",
                "amount": 2500,
                "status": "succeeded",
                "at": "2026-11-19T10:00:00Z",
                "lines": [{"line": "l1", "quantity": 1}],
            }
        ],
    ),
    "returning": an_order(
        returns=[{"id": "RMA-1", "status": "approved", "outcome": "refund", "lines": [{"line": "l1", "quantity": 1}]}]
    ),
    "nothing to send": an_order(fulfilment="not_required", lines=[a_line(fulfilled=2, requires_shipping=False)]),
    "of a plug-in": an_order(fulfilment="unknown"),
}


async def served(shop: Shop, document: dict[str, Any]) -> OrderSnapshot:
    """The order as the platform reads it."""
    raw = await shop.platform.order(shop.site.put(document))
    assert raw is not None
    checked: OrderDocument = decode_order(raw)[0]
    return snapshot(checked, as_of=NOW, source="embedded")


@pytest.mark.parametrize("case", CASES)
async def test_an_order_comes_through(read_shop: Shop, case: str) -> None:
    ours, theirs = snap(CASES[case]), await served(read_shop, CASES[case])
    lines = {line.id: read_shop.site.line_id(line.id) for line in ours.lines}
    assert (theirs.number, theirs.placed_at, theirs.updated_at) == (ours.number, ours.placed_at, ours.updated_at)
    assert (theirs.currency, theirs.totals.total, theirs.totals.shipping) == (
        ours.currency,
        ours.totals.total,
        ours.totals.shipping,
    )
    assert (theirs.totals.tax, theirs.totals.refunded) == (ours.totals.tax, ours.totals.refunded)
    assert (theirs.payment.status, theirs.fulfilment) == (ours.payment.status, ours.fulfilment)
    assert (theirs.customer.name, theirs.customer.emails) == (ours.customer.name, ours.customer.emails)
    assert (theirs.cancelled_at, theirs.cancel_reason) == (ours.cancelled_at, ours.cancel_reason)
    assert theirs.ship_to == ours.ship_to
    assert [(each.id, each.sku, each.title, each.unit_price) for each in theirs.lines] == [
        (lines[each.id], each.sku, each.title, each.unit_price) for each in ours.lines
    ]
    assert [each.quantities for each in theirs.lines] == [each.quantities for each in ours.lines]
    assert [dict(each.options) for each in theirs.lines] == [dict(each.options) for each in ours.lines]
    assert [(each.carrier, each.tracking_number, each.tracking_url, each.shipped_at) for each in theirs.shipments] == [
        (each.carrier, each.tracking_number, each.tracking_url, each.shipped_at) for each in ours.shipments
    ]
    assert [(each.amount, each.status, each.at) for each in theirs.refunds] == [
        (each.amount, each.status, each.at) for each in ours.refunds
    ]
    assert [(each.id, each.status) for each in theirs.returns] == [(each.id, each.status) for each in ours.returns]


async def test_putting_an_order_again_replaces_it(read_shop: Shop) -> None:
    first = read_shop.site.put(an_order())
    assert read_shop.site.put(an_order(fulfilment="shipped")) == first
    found = await read_shop.platform.order(first)
    assert found is not None
    assert found["fulfilment"] == "shipped"


def test_refunds_that_are_under_way_are_left_out(read_shop: Shop) -> None:
    order_id = read_shop.site.put(an_order(refunds=[{"id": "7", "amount": 2500, "status": "pending"}]))
    assert read_shop.site.refunds_of(order_id) == []


@pytest.mark.parametrize(
    ("case", "status"),
    [
        ("paid", "processing"),
        ("pending", "pending"),
        ("on hold", "on-hold"),
        ("shipped", "completed"),
        ("cancelled", "cancelled"),
    ],
)
def test_an_order_gets_the_status_that_it_has_there(case: str, status: str) -> None:
    assert status_of(CASES[case]) == status
