"""The order model's own spelling: every name finds its place, a status becomes a scan, and no time is made up."""

import copy
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.commerce.connectors.rest.documents import checked_order
from server.commerce.connectors.rest.spelling import is_model, ours
from server.commerce.model import OrderSnapshot
from server.errors import StoreUnavailable
from tests.server.commerce.orders import an_order, shipped, snap

Raw = dict[str, Any]


def line(**changes: object) -> Raw:
    counts = {"ordered": 2, "current": 2, "fulfilled": 2, "delivered": 0, "returning": 0, "returned": 0, "refunded": 0}
    return {"id": "l1", "sku": "SCARF-RED", "title": "Red scarf", "qty": counts, "unit_net": 2500, **changes}


def waiting(**changes: object) -> Raw:
    """A line of which nothing has left."""
    return line(qty={"ordered": 2, "current": 2, "fulfilled": 0}, **changes)


def parcel(**changes: object) -> Raw:
    return {
        "id": "s1", "carrier": "ups", "tracking_number": "1ZA1B2C30300000012", "status": "in_transit",
        "flags": ["eta_revised", "late"], "last_scan_at": "2026-11-20T11:40:00-06:00", "last_scan_place": "Omaha, NE, US",
        "lines": [{"line": "l1", "qty": 2}], "feed_as_of": "2026-11-20T18:01:58Z",
        "eta": {"kind": "date", "min": "2026-11-23", "max": "2026-11-23", "tz": "America/Chicago", "source": "carrier",
                "revisions": [{"at": "2026-11-20T17:55:00Z", "from": "2026-11-21", "to": "2026-11-23"}]},
        **changes,
    }  # fmt: skip


def model(**changes: object) -> Raw:
    """The published example, with what it leaves out."""
    return {
        "id": "ord_7", "display_name": "#1042", "as_of": "2026-11-20T18:02:11Z", "placed_at": "2026-11-17T16:00:00Z",
        "payment": {"status": "paid"}, "promised": {"min": "2026-11-18", "max": "2026-11-21"}, "currency": "USD",
        "totals": {"total": 5500}, "contact": {"email": "ana@example.com", "phone": "+14025550100"},
        "ship_to": {"name": "Ana Souza", "city": "Omaha", "region": "NE", "zip": "68102", "country": "US"},
        "lines": [line()], "shipments": [parcel()], **changes,
    }  # fmt: skip


ONE: Raw = {"line": "l1", "qty": 1}


def read(**changes: object) -> OrderSnapshot:
    return snap(checked_order(model(**changes), ""))


def test_our_own_spelling_passes_as_it_is() -> None:
    assert not is_model(an_order())
    assert ours(an_order()) == an_order()


def test_the_published_example_is_the_order_that_it_describes() -> None:
    order = read()
    assert (order.number, order.payment.status, order.fulfilment) == ("#1042", "paid", "shipped")
    assert (order.customer.emails, order.customer.phones) == (("ana@example.com",), ("+14025550100",))
    assert (order.customer.name, order.customer.zip) == ("Ana Souza", "68102")
    assert order.lines[0].quantities.fulfilled == 2
    moving = order.shipments[0]
    assert (moving.status, moving.lines[0].quantity) == ("in_transit", 2)
    assert moving.last_scan is not None
    assert (moving.last_scan.place.city, moving.last_scan.at.hour) == ("Omaha", 17)
    assert moving.eta is not None
    assert str(moving.eta.revisions[0].becomes) == "2026-11-23"


def test_names_of_the_model_find_their_place() -> None:
    order = read(
        confirmation_code="XK1", bill_zip="10001", customer_ref="c1", totals={"total": 5500, "outstanding": 10, "duties": 5},
        lines=[line(variant_ref="v1", is_gift_card=True, discount_alloc=[100, {"amount_minor": 50}], tax_alloc=[{"presentment": 7}])],
        fulfilment_orders=[{"id": "fo1", "status": "processing", "hold_reasons": ["address"], "lines": [{**ONE, "remaining": 1}]}],
        returns=[{"id": "r1", "status": "approved", "lines": [{"line": "l1", "qty": 1, "reason_code": "too_small"}], "refund_ref": "re1"}],
        refunds=[{"id": "re1", "amount": {"presentment": 900, "shop": 1000}, "status": "pending", "platform_ref": "pi_1", "lines": [ONE]}],
        shipments=[parcel(leg_numbers={"first_mile": "A1", "last_mile": "B2"}, pod={"signed_by": "Ana", "geo": {"lat": 1, "lng": 2}})],
    )  # fmt: skip
    bought = order.lines[0]
    assert (bought.variant_id, bought.is_gift_card) == ("v1", True)
    assert bought.discount is not None
    assert bought.tax is not None
    assert (bought.discount.amount_minor, bought.tax.amount_minor) == (150, 7)
    assert (order.customer.id, order.bill_zip, order.confirmation_code) == ("c1", "10001", "XK1")
    work = order.fulfilment_orders[0]
    assert (work.status, work.holds, work.lines[0].quantity) == ("in_progress", ("address",), 1)
    assert (order.returns[0].lines[0].reason, order.returns[0].refund_id) == ("too_small", "re1")
    assert (order.refunds[0].amount.amount_minor, order.refunds[0].reference) == (900, "pi_1")
    assert order.shipments[0].leg_numbers == ("A1", "B2")
    assert order.shipments[0].pod is not None
    assert order.shipments[0].pod.geo == "1,2"


def test_amounts_are_what_the_shopper_paid() -> None:
    order = read(currency="USD", presentment_currency="EUR", totals={"total": {"presentment": 5000, "shop": 5500}})
    assert (order.currency, order.shop_currency, order.totals.total.amount_minor) == ("EUR", "USD", 5000)


EVENT: Raw = {
    "id": "t1", "shipment_id": "s1", "code": "delivered", "raw_code": "DL", "raw_text": "Left at door", "source": "easypost",
    "occurred_at": "2026-11-20T15:00:00Z", "tz_known": True, "place": {"city": "Omaha", "region": "NE", "country": "US"},
    "provider_event_id": "p1",
}  # fmt: skip


def test_listed_scans_count_and_the_stated_status_does_not() -> None:
    order = read(shipments=[parcel(events=[EVENT], status="in_transit", flags=["signature_required"])])
    scan = order.shipments[0].events[0]
    assert order.shipments[0].status == "delivered"
    assert (scan.raw_code, scan.text, scan.source, scan.provider_event_id) == ("DL", "Left at door", "easypost", "p1")
    assert scan.flags == {"signature_required"}


def test_a_scan_without_zone_is_read_where_it_happened() -> None:
    local = {**EVENT, "occurred_at": "2026-11-20T09:00:00", "tz_known": False}
    there = read(shipments=[parcel(events=[local])]).shipments[0].events[0]
    assert there.at.hour == 15
    nowhere = {**local, "place": None}
    assert read(shipments=[parcel(events=[nowhere])]).shipments[0].events[0].at.hour == 15


@pytest.mark.parametrize("status", ["delivered", "in_transit", "out_for_delivery", "teleported"])
def test_a_status_without_a_time_is_unknown(status: str) -> None:
    order = read(shipments=[parcel(status=status, last_scan_at=None, flags=[])])
    assert order.shipments[0].status == "unknown"
    assert not order.is_delivered


def test_a_label_needs_no_scan() -> None:
    order = read(shipments=[parcel(status="label_created", last_scan_at=None)])
    assert (order.shipments[0].status, order.shipments[0].events) == ("label_created", ())


def test_a_status_that_nobody_knows_is_unknown() -> None:
    assert read(shipments=[parcel(status="beamed")]).shipments[0].status == "unknown"
    assert read(payment={"status": "sort of"}).payment.status == "unknown"
    assert read(payment="paid").payment.status == "paid"
    assert read(payment=None).payment.status == "unknown"


@pytest.mark.parametrize(
    ("changes", "phase"),
    [
        ({}, "shipped"),
        ({"fulfilment": "processing"}, "processing"),
        ({"cancelled_at": "2026-11-18T00:00:00Z"}, "cancelled"),
        ({"lines": [line(requires_shipping=False)]}, "not_required"),
        ({"lines": [line(), waiting(id="l2")]}, "partially_shipped"),
        ({"lines": [waiting()]}, "unfulfilled"),
        ({"lines": [waiting()], "holds": ["address"]}, "on_hold"),
        ({"lines": [waiting()], "fulfilment_orders": [{"id": "f", "status": "on_hold"}]}, "on_hold"),
        ({"lines": [waiting()], "fulfilment_orders": [{"id": "f", "status": "scheduled"}]}, "scheduled"),
        ({"lines": [waiting()], "fulfilment_orders": [{"id": "f", "status": "processing"}]}, "processing"),
        ({"lines": [waiting()], "fulfilment_orders": [{"id": "f", "status": "in limbo"}]}, "unknown"),
        ({"lines": [line(qty={"ordered": 2})]}, "unknown"),
        ({"lines": []}, "unknown"),
    ],
)
def test_how_far_the_warehouse_is_follows_from_lines_and_work(changes: Raw, phase: str) -> None:
    order = read(**{"shipments": [], **changes})
    assert order.fulfilment == phase


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5) | st.just("US"),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["id", "at", "line", "x"]), inner, max_size=2),
    max_leaves=4,
)  # fmt: skip
WHOLE: Raw = model(
    holds=["address"],
    refunds=[{"id": "re1", "amount": {"presentment": 900}, "status": "pending", "lines": [{"line": "l1", "qty": 1}]}],
    returns=[{"id": "r1", "status": "approved", "lines": [{"line": "l1", "qty": 1}]}],
    fulfilment_orders=[{"id": "fo1", "status": "processing", "lines": [{"line": "l1", "qty": 2}]}],
    shipments=[parcel(), parcel(id="s2", events=[{**EVENT, "tz_known": False, "occurred_at": "2026-11-20T09:00:00"}])],
)


def places(value: object, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """The path of everything in a document."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, each in inner:
        yield (*path, name)
        yield from places(each, (*path, name))


@settings(max_examples=400, deadline=None)
@given(
    st.sampled_from([WHOLE, shipped()]).flatmap(
        lambda each: st.tuples(st.just(each), st.sampled_from([*places(each)]))
    ),
    JSON,
)
def test_no_malformed_document_makes_it_fail_otherwise_than_by_name(
    at: tuple[Raw, tuple[Any, ...]], odd: object
) -> None:
    document, path = copy.deepcopy(at[0]), at[1]
    inner: Any = document
    for name in path[:-1]:
        inner = inner[name]
    inner[path[-1]] = odd
    try:
        snap(checked_order(document, ""))
    except StoreUnavailable as error:
        named = str(error)
    else:
        named = "rest: "
    assert named.startswith("rest: ")
