"""Shopify's words become ours: every row of the mapping tables, and what is never made up."""

from typing import Any

import pytest

from server.commerce.connectors.shopify.reading import OrderUnreadable, order_document
from server.commerce.connectors.shopify.whole import merged
from server.commerce.documents import decode_order
from server.commerce.model import OrderSnapshot, RefundStatus, ReturnStatus, ShipmentStatus
from server.commerce.parse import snapshot
from server.telemetry import REGISTRY
from tests.server.commerce.orders import NOW, a_line, a_parcel, ago, an_event, an_order, shipped
from tests.support import shopify_rendering as rendering

Node = dict[str, Any]

FINANCIAL = {
    "PENDING": "pending",
    "AUTHORIZED": "authorized",
    "EXPIRED": "expired",
    "PARTIALLY_PAID": "partially_paid",
    "PAID": "paid",
    "PARTIALLY_REFUNDED": "partially_refunded",
    "REFUNDED": "refunded",
    "VOIDED": "voided",
    None: "unknown",
    "LOANED": "unknown",
}
FULFILMENT = {
    "UNFULFILLED": "unfulfilled",
    "OPEN": "unfulfilled",
    "RESTOCKED": "unfulfilled",
    "PENDING_FULFILLMENT": "processing",
    "IN_PROGRESS": "processing",
    "ON_HOLD": "on_hold",
    "SCHEDULED": "scheduled",
    "REQUEST_DECLINED": "on_hold",
    "PARTIALLY_FULFILLED": "partially_shipped",
    "FULFILLED": "shipped",
    "FULFILLMENT_NOT_REQUIRED": "not_required",
    "TELEPORTED": "unknown",
}
SHIPMENT = {
    "SUBMITTED": ("label_created", ["no_carrier_data"]),
    "CONFIRMED": ("label_created", ["no_carrier_data"]),
    "FULFILLED": ("label_created", ["no_carrier_data"]),
    "MARKED_AS_FULFILLED": ("label_created", ["no_carrier_data"]),
    "LABEL_PURCHASED": ("label_created", []),
    "LABEL_PRINTED": ("label_created", []),
    "LABEL_VOIDED": ("cancelled", ["voided_label"]),
    "CANCELED": ("cancelled", ["voided_label"]),
    "CARRIER_PICKED_UP": ("picked_up", []),
    "IN_TRANSIT": ("in_transit", []),
    "DELAYED": ("in_transit", ["late"]),
    "OUT_FOR_DELIVERY": ("out_for_delivery", []),
    "ATTEMPTED_DELIVERY": ("attempted", []),
    "READY_FOR_PICKUP": ("available_for_pickup", []),
    "PICKED_UP": ("delivered", []),
    "DELIVERED": ("delivered", []),
    "NOT_DELIVERED": ("exception", []),
    "FAILURE": ("exception", []),
    "BEAMED": ("unknown", []),
}
HOLDS = {
    "AWAITING_PAYMENT": "payment",
    "HIGH_RISK_OF_FRAUD": "fraud_review",
    "INCORRECT_ADDRESS": "address",
    "INVENTORY_OUT_OF_STOCK": "out_of_stock",
    "AWAITING_RETURN_ITEMS": "awaiting_return_items",
    "ONLINE_STORE_POST_PURCHASE_CROSS_SELL": "upsell_window",
    "UNKNOWN_DELIVERY_DATE": "unknown_date",
    "OTHER": "other",
    "MOON_PHASE": "other",
}
DISPUTES = {
    "NEEDS_RESPONSE": True,
    "UNDER_REVIEW": True,
    "SOMETHING_NEW": True,
    "WON": False,
    "LOST": False,
    "ACCEPTED": False,
    "PREVENTED": False,
}


def shown(raw: Node | None = None, **changes: Any) -> Node:
    """An order as Shopify shows it, with changes in Shopify's own words."""
    given: Node = raw or an_order()
    return {**rendering.order(given), "customer": rendering.customer(given["customer"], "USD"), **changes}


def read(order: Node) -> OrderSnapshot:
    """The snapshot that follows from what Shopify shows."""
    document, warnings = decode_order(order_document(order))
    assert not [each for each in warnings if "not a field" in each]
    return snapshot(document, as_of=NOW, source="shopify")


def with_parcel(**changes: Any) -> Node:
    """An order whose one fulfilment has changes in Shopify's own words, and no scans."""
    order = shown(shipped())
    order["fulfillments"] = [{**order["fulfillments"][0], "displayStatus": None, **changes}]
    return order


def test_an_order_goes_there_and_back() -> None:
    order = read(shown(shipped(an_event(ago(hours=3), "in_transit"))))
    there = snapshot(decode_order(shipped(an_event(ago(hours=3), "in_transit")))[0], as_of=NOW, source="shopify")
    same = ("id", "number", "placed_at", "updated_at", "customer", "currency", "ship_to", "fulfilment", "tz")
    assert [getattr(order, name) for name in same] == [getattr(there, name) for name in same]
    assert order.totals.total == there.totals.total
    assert order.lines[0].quantities == there.lines[0].quantities
    assert order.shipments[0].status == there.shipments[0].status
    assert order.promised is not None
    assert there.promised is not None
    assert (order.promised.min, order.promised.max) == (there.promised.min, there.promised.max)


@pytest.mark.parametrize(("word", "ours"), FINANCIAL.items())
def test_a_financial_status(word: str | None, ours: str) -> None:
    assert read(shown(displayFinancialStatus=word)).payment.status == ours


@pytest.mark.parametrize(("word", "ours"), FULFILMENT.items())
def test_a_fulfilment_status(word: str, ours: str) -> None:
    assert read(shown(displayFulfillmentStatus=word)).fulfilment == ours


def test_a_warehouse_that_declined_is_a_hold_for_people() -> None:
    order = read(shown(displayFulfillmentStatus="REQUEST_DECLINED"))
    assert [hold.reason for hold in order.holds] == ["other"]


def test_fulfilled_is_never_delivered() -> None:
    order = read(with_parcel(displayStatus="FULFILLED", status="SUCCESS"))
    assert not order.is_delivered
    assert order.state == "shipped"


@pytest.mark.parametrize(("word", "expected"), SHIPMENT.items())
def test_a_status_of_an_event(word: str, expected: tuple[str, list[str]]) -> None:
    event = rendering._event("e1", {"at": ago(hours=2), "code": "in_transit", "city": "Omaha"})
    order = order_document(with_parcel(events=[{**event, "status": word}]))
    (parcel,) = list[Any](order["shipments"])  # type: ignore[call-overload]  # raw documents hold objects
    (found,) = parcel["events"]
    assert (found["code"], found["flags"], found["raw_code"]) == (expected[0], expected[1], word)


@pytest.mark.parametrize(("word", "expected"), SHIPMENT.items())
def test_a_display_status_without_events(word: str, expected: tuple[str, list[str]]) -> None:
    (parcel,) = read(with_parcel(displayStatus=word, events=[])).shipments
    assert parcel.status == expected[0]


@pytest.mark.parametrize(
    ("status", "ours"),
    [("CANCELLED", "cancelled"), ("ERROR", "exception"), ("FAILURE", "exception"), ("SUCCESS", "label_created")],
)
def test_a_status_of_a_fulfilment(status: str, ours: str) -> None:
    (parcel,) = read(with_parcel(status=status, events=[])).shipments
    assert parcel.status == ours


def test_a_delivery_without_a_scan_has_the_time_that_shopify_gives() -> None:
    (parcel,) = read(with_parcel(displayStatus="DELIVERED", deliveredAt="2026-11-19T10:00:00Z", events=[])).shipments
    assert parcel.delivered_at is not None
    assert parcel.delivered_at.isoformat() == "2026-11-19T10:00:00+00:00"


def test_no_time_means_no_event() -> None:
    (parcel,) = read(with_parcel(displayStatus="OUT_FOR_DELIVERY", updatedAt=None, events=[])).shipments
    assert parcel.events == ()


def test_a_later_scan_is_believed_before_the_display_status() -> None:
    scan = rendering._event("e1", {"at": ago(minutes=5), "code": "in_transit"})
    stale = with_parcel(displayStatus="OUT_FOR_DELIVERY", updatedAt="2026-11-18T15:00:00Z", events=[scan])
    assert read(stale).shipments[0].status is ShipmentStatus.IN_TRANSIT


def test_an_unknown_word_is_counted() -> None:
    def counted() -> float:
        return REGISTRY.get_sample_value("onethread_unknown_words_total", {"source": "shopify"}) or 0.0

    before = counted()
    read(shown(displayFulfillmentStatus="TELEPORTED"))
    assert counted() == before + 1


@pytest.mark.parametrize(("word", "ours"), HOLDS.items())
def test_a_hold(word: str, ours: str) -> None:
    order = shown(an_order(fulfilment="on_hold", holds=[{"reason": "other"}]))
    order["fulfillmentOrders"][0]["fulfillmentHolds"][0]["reason"] = word
    found = read(order)
    assert [hold.reason for hold in found.holds] == [ours]
    assert found.fulfilment_orders[0].holds == (ours,)


@pytest.mark.parametrize(
    "word", ["OPEN", "IN_PROGRESS", "ON_HOLD", "SCHEDULED", "INCOMPLETE", "CLOSED", "CANCELLED", "DREAMING"]
)
def test_the_work_of_a_warehouse(word: str) -> None:
    order = shown()
    order["fulfillmentOrders"][0].update(status=word, requestStatus="ACCEPTED", fulfillBy="2026-11-23T18:00:00Z")
    (work,) = read(order).fulfilment_orders
    assert work.status == ("unknown" if word == "DREAMING" else word.lower())
    assert work.request_status == "accepted"
    assert work.fulfil_by is not None


@pytest.mark.parametrize(("word", "is_open"), DISPUTES.items())
def test_a_dispute(word: str, is_open: bool) -> None:
    order = read(shown(disputes=[{"id": "gid://shopify/D/1", "status": word, "initiatedAs": "CHARGEBACK"}]))
    assert order.payment.disputed is is_open
    assert order.disputes[0].is_open is is_open


def test_a_risk_is_the_worst_of_its_assessments() -> None:
    risk = {"recommendation": "INVESTIGATE", "assessments": [{"riskLevel": "LOW"}, {"riskLevel": "HIGH"}]}
    found = read(shown(risk=risk)).risk
    assert found is not None
    assert (found.recommendation, found.level) == ("investigate", "high")


def test_each_tracking_number_is_a_parcel() -> None:
    parcels = [
        a_parcel(an_event(ago(hours=2), "in_transit"), id="f1", group_id="f1", tracking_number="A1"),
        a_parcel(id="f1-2", group_id="f1", tracking_number="A2", lines=[]),
        a_parcel(id="f2", tracking_number="A3", lines=[]),
    ]
    order = read(shown(an_order(fulfilment="shipped", shipments=parcels)))
    assert [(each.id, each.group_id, each.tracking_number) for each in order.shipments] == [
        ("f1", "f1", "A1"),
        ("f1-2", "f1", "A2"),
        ("f2", "f2", "A3"),
    ]
    assert order.lines[0].quantities.fulfilled == 2


def test_a_fulfilment_without_a_number_is_one_parcel_without_one() -> None:
    (parcel,) = read(with_parcel(trackingInfo=[])).shipments
    assert parcel.tracking_number is None


def test_only_https_links_pass() -> None:
    tracking = [{"company": "UPS", "number": "1Z", "url": "javascript:alert(1)"}]
    order = {**with_parcel(trackingInfo=tracking), "statusPageUrl": "http://shop.test/o"}
    found = read(order)
    assert (found.shipments[0].tracking_url, found.status_page_url) == (None, None)


def test_hidden_contacts_are_absent() -> None:
    buyer = read(shown(email=None, phone=None, customer=None)).customer
    assert (buyer.emails, buyer.phones) == ((), ())
    assert buyer.id == "guest-ord_7"


def test_money_is_what_the_shopper_paid_in() -> None:
    yen = read(shown(an_order(currency="JPY", shop_currency="USD", totals={"total": 5500, "items": 5500})))
    assert (yen.totals.total.amount_minor, yen.totals.total.currency) == (5500, "JPY")
    assert yen.shop_currency == "USD"
    dinar = read(shown(an_order(currency="KWD", totals={"total": 12345})))
    assert dinar.totals.total.amount_minor == 12345


def test_a_note_is_for_staff() -> None:
    order = read(shown(note="call me"))
    assert (order.note, order.internal_note) == (None, "call me")


@pytest.mark.parametrize("name", ["name", "processedAt", "id"])
def test_an_order_without_what_every_order_has_is_unreadable(name: str) -> None:
    with pytest.raises(OrderUnreadable):
        order_document(shown(**{name: None}))


def test_an_order_of_nulls_is_unreadable_and_nothing_else_breaks() -> None:
    with pytest.raises(OrderUnreadable):
        order_document(dict.fromkeys(shown()))


@pytest.mark.parametrize(
    "name", sorted(set(rendering.order(an_order())) - {"id", "name", "processedAt", "totalPriceSet"})
)
def test_any_other_field_may_be_null(name: str) -> None:
    assert read(shown(shipped(an_event(ago(hours=2), "in_transit")), **{name: None})).number == "#1042"


# Returns and refunds


def refunded(*statuses: str, **changes: Any) -> OrderSnapshot:
    """An order with one refund that has transactions of these statuses."""
    transactions = [rendering.transaction(f"t{at}", "REFUND", each, 2500, "USD") for at, each in enumerate(statuses)]
    refund = {
        "id": "gid://shopify/Refund/9",
        "createdAt": ago(hours=2),
        "totalRefundedSet": rendering.bag(2500, "USD"),
        "transactions": transactions,
        **changes,
    }
    return read(shown(refunds=[refund]))


@pytest.mark.parametrize(
    ("statuses", "ours"),
    [
        (("SUCCESS",), RefundStatus.SUCCEEDED),
        (("SUCCESS", "SUCCESS"), RefundStatus.SUCCEEDED),
        (("PENDING",), RefundStatus.PENDING),
        (("AWAITING_RESPONSE",), RefundStatus.PENDING),
        (("SUCCESS", "PENDING"), RefundStatus.PENDING),
        (("FAILURE",), RefundStatus.FAILED),
        (("ERROR",), RefundStatus.FAILED),
        (("SUCCESS", "FAILURE"), RefundStatus.FAILED),
        (("UNKNOWN",), RefundStatus.UNKNOWN),
        (("VANISHED",), RefundStatus.UNKNOWN),
        ((), RefundStatus.UNKNOWN),
    ],
)
def test_a_refund_has_succeeded_only_when_its_transactions_have(statuses: tuple[str, ...], ours: RefundStatus) -> None:
    (refund,) = refunded(*statuses).refunds
    assert refund.status is ours
    assert refund.amount.amount_minor == 2500


def test_a_refund_of_nothing_is_none() -> None:
    assert refunded(totalRefundedSet=rendering.bag(0, "USD")).refunds == ()


def returned(status: str, **changes: Any) -> Node:
    """An order with one return of a scarf."""
    line = {"line": "l1", "quantity": 2}
    raw = an_order(lines=[a_line(fulfilled=2)], returns=[{"id": "r1", "status": status, "lines": [line], **changes}])
    return shown(raw)


@pytest.mark.parametrize(
    ("status", "changes", "ours"),
    [
        ("requested", {}, ReturnStatus.REQUESTED),
        ("declined", {}, ReturnStatus.DECLINED),
        ("cancelled", {}, ReturnStatus.CANCELLED),
        ("closed", {}, ReturnStatus.CLOSED),
        ("approved", {}, ReturnStatus.APPROVED),
        ("label_issued", {"label": "https://shop.test/l.pdf"}, ReturnStatus.LABEL_ISSUED),
        ("in_transit", {"label": {"tracking": "1ZBACK"}}, ReturnStatus.LABEL_ISSUED),
        ("received", {}, ReturnStatus.RECEIVED),
        ("inspected", {}, ReturnStatus.INSPECTED),
    ],
)
def test_how_far_a_return_has_come(status: str, changes: Node, ours: ReturnStatus) -> None:
    (found,) = read(returned(status, **changes)).returns
    assert found.status is ours
    assert [(line.line_id, line.quantity) for line in found.lines] == [("l1", 2)]


def test_a_return_with_a_word_that_nobody_knows_is_unknown() -> None:
    order = returned("approved")
    order["returns"][0]["status"] = "PONDERED"
    assert read(order).returns[0].status is ReturnStatus.UNKNOWN


def test_pieces_that_were_missing_were_not_received() -> None:
    order = returned("received")
    pieces = order["returns"][0]["reverseFulfillmentOrders"][0]["lineItems"]
    pieces[0]["dispositions"] = [{"type": "MISSING", "quantity": 1, "createdAt": ago(hours=1)}]
    assert read(order).returns[0].status is ReturnStatus.APPROVED


def test_a_parcel_on_its_way_back_can_be_followed() -> None:
    order = read(returned("in_transit", label={"tracking": "1ZBACK"}))
    (parcel,) = [each for each in order.shipments if each.direction == "return"]
    assert (parcel.tracking_number, parcel.carrier) == ("1ZBACK", "ups")
    assert order.parcels == ()


@pytest.mark.parametrize(
    ("transaction", "ours"), [("SUCCESS", ReturnStatus.REFUNDED), ("PENDING", ReturnStatus.CLOSED)]
)
def test_a_closed_return_is_refunded_only_by_money(transaction: str, ours: ReturnStatus) -> None:
    order = returned("closed")
    order["refunds"] = [
        {
            "id": "gid://shopify/Refund/9",
            "return": {"id": order["returns"][0]["id"]},
            "totalRefundedSet": rendering.bag(5000, "USD"),
            "transactions": [rendering.transaction("t1", "REFUND", transaction, 5000, "USD")],
        }
    ]
    (found,) = read(order).returns
    assert (found.status, found.refund_id) == (ours, "9")


def test_pages_are_laid_over_each_other_by_id() -> None:
    first = {"a": 1, "nodes": [{"id": "1", "x": 1}, {"id": "2"}], "plain": [1, 2, 3], "gone": "there"}
    second = {"b": 2, "nodes": [{"id": "2", "y": 2}, {"id": "3"}], "plain": [1], "gone": None}
    assert merged(first, second) == {
        "a": 1,
        "b": 2,
        "nodes": [{"id": "1", "x": 1}, {"id": "2", "y": 2}, {"id": "3"}],
        "plain": [1, 2, 3],
        "gone": "there",
    }
