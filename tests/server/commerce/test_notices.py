"""Notices of warehouses and payment providers: what is read, what they change, and whose word holds.

The order of `orders.an_order` was changed last on Friday at 17:00: `LATER` is after that, `EARLIER` before.
"""

import json
import random
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.commerce.documents import decode_order
from server.commerce.model import OrderSnapshot
from server.commerce.notices import MOST_EVENTS, Source, read_notices, with_notices
from server.commerce.work import is_recall_refused
from tests.server.commerce.orders import a_line, a_parcel, an_event, an_order, snap

EARLIER = "2026-11-20T09:00:00Z"
EARLIER_STILL = "2026-11-20T08:00:00Z"
LATER = "2026-11-20T17:30:00Z"
LATER_STILL = "2026-11-20T17:45:00Z"
BOTH = [{"line": "l1", "quantity": 2}]
_OF_PAYMENTS = {
    "failed", "captured", "charged_twice", "refund_bounced", "refund_succeeded", "dispute_opened", "dispute_closed",
}  # fmt: skip

Raw = dict[str, Any]


def event(kind: str, at: str = LATER, **fields: object) -> Raw:
    """A message as it is sent; its id follows from type and time."""
    return {"id": f"{kind}-{at}", "order": "#1042", "at": at, "type": kind, **fields}


def documents(events: Sequence[Mapping[str, Any]]) -> list[Raw]:
    """The messages as they are stored."""
    read: list[Raw] = []
    for each in events:
        source: Source = "payments" if each["type"] in _OF_PAYMENTS else "warehouse"
        read += [dict(notice.document) for notice in read_notices(source, json.dumps(each).encode())]
    return read


def told(*events: Raw, order: Raw | None = None) -> Raw:
    """The order with these messages worked in."""
    return with_notices(order or an_order(), documents(events))


def seen(*events: Raw, order: Raw | None = None) -> OrderSnapshot:
    """The same as a snapshot."""
    return snap(told(*events, order=order))


# Reading


def test_one_object_and_a_list_of_events_are_read_alike() -> None:
    one = read_notices("warehouse", json.dumps(event("picked")).encode())
    several = read_notices("warehouse", json.dumps({"events": [event("picked"), event("packed")]}).encode())
    assert several[0] == one[0]
    assert [notice.document["type"] for notice in several] == ["picked", "packed"]
    assert (one[0].key, one[0].order, one[0].kind) == (f"warehouse:picked-{LATER}", "#1042", "warehouse")
    assert one[0].at.isoformat() == "2026-11-20T17:30:00+00:00"


def test_the_same_id_of_warehouse_and_provider_are_two_keys() -> None:
    body = {"id": 7, "order": 1042, "at": LATER}
    warehouse = read_notices("warehouse", json.dumps({**body, "type": "picked"}).encode())[0]
    payment = read_notices("payments", json.dumps({**body, "type": "failed"}).encode())[0]
    assert (warehouse.key, payment.key, payment.order) == ("warehouse:7", "payment:7", "1042")


def test_a_document_holds_what_is_known_and_nothing_else() -> None:
    sent = event("on_hold", reason="ADDRESS", until="2026-11-25", token="s3cret", note=None)
    assert documents([sent]) == [
        {
            "key": f"warehouse:on_hold-{LATER}", "kind": "warehouse", "id": f"on_hold-{LATER}", "type": "on_hold",
            "at": "2026-11-20T17:30:00+00:00", "reason": "address", "until": "2026-11-25",
        }
    ]  # fmt: skip


def test_a_reason_that_we_do_not_know_is_other() -> None:
    assert documents([event("on_hold", reason="quality gate")])[0]["reason"] == "other"


def test_texts_lose_control_characters_and_have_an_end() -> None:
    carrier = documents([event("handed_over", carrier="UPS\n\x1b" + "x" * 999, tracking_number="1Z", lines=BOTH)])[0]
    assert carrier["carrier"].startswith("UPS xxx")
    assert len(carrier["carrier"]) == 300


BAD: list[tuple[Source, object, str]] = [
    ("warehouse", [], "the body must be a JSON object"),
    ("warehouse", {"events": {}}, f"events must be a list of at most {MOST_EVENTS}"),
    ("warehouse", {"events": [{}] * (MOST_EVENTS + 1)}, f"events must be a list of at most {MOST_EVENTS}"),
    ("warehouse", {"events": [event("picked"), 3]}, "events[1] must be an object"),
    ("warehouse", {**event("picked"), "id": None}, "id is missing"),
    ("warehouse", {**event("picked"), "id": ""}, "id is empty"),
    ("warehouse", {**event("picked"), "order": True}, "order must be text"),
    ("warehouse", event("picked", at="2026-11-20"), "at must be a time with its offset, such as 2026-11-20T18:00:00Z"),
    ("warehouse", event("picked", at="2026-11-20T10:00"), 'at "2026-11-20T10:00" has no offset, such as Z or +01:00'),
    ("warehouse", {"events": [{**event("picked"), "at": 5}]}, "events[0].at must be a time in ISO 8601"),
    ("warehouse", event("on_hold"), "reason is missing"),
    ("warehouse", event("on_hold", reason=""), "reason is empty"),
    ("warehouse", event("ship_by"), "by is missing"),
    ("warehouse", event("short", lines="l1"), "lines must be a list of lines"),
    ("warehouse", event("short", lines=[]), "lines must be a list of lines, not an empty one"),
    ("warehouse", event("short", lines=[{}]), "lines[0] names neither a line nor a sku"),
    ("warehouse", event("handed_over", carrier="ups", tracking_number="1Z", lines=[{"line": "l1"}]),
     "lines[0].quantity is missing"),
    ("warehouse", {"events": [event("return_inspected", lines=[{"sku": "A", "quantity": -1}])]},
     "events[0].lines[0].quantity must be a whole number, 0 or more"),
    ("payments", event("charged_twice"), "amount is missing"),
    ("payments", event("failed", amount=49.0), "amount must be a whole number, 0 or more"),
    ("payments", event("dispute_closed"), "status is missing"),
]  # fmt: skip


@pytest.mark.parametrize(("source", "body", "message"), BAD)
def test_what_is_wrong_is_named_with_its_path(source: Source, body: object, message: str) -> None:
    with pytest.raises(ValueError) as refused:
        read_notices(source, json.dumps(body).encode())
    assert str(refused.value) == message


def test_a_type_of_the_other_door_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ValueError, match='"picked" is not known: failed, charged_twice, refund_bounced'):
        read_notices("payments", json.dumps(event("picked")).encode())


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b"[" * 100_000, b'{"id": "\\ud800"}'])
def test_what_is_not_json_is_refused(body: bytes) -> None:
    with pytest.raises(ValueError, match="the body is not JSON"):
        read_notices("warehouse", body)


# Work


@pytest.mark.parametrize(
    ("kind", "status"), [("work_started", "in_progress"), ("picked", "picked"), ("packed", "packed")]
)
def test_work_that_has_begun_is_processing(kind: str, status: str) -> None:
    order = seen(event(kind))
    assert order.fulfilment == "processing"
    assert [(work.id, work.status) for work in order.fulfilment_orders] == [("warehouse", status)]
    assert order.fulfilment_orders[0].at is not None


def test_an_older_notice_leaves_the_platforms_word_and_adds_the_work() -> None:
    order = seen(event("packed", EARLIER))
    assert order.fulfilment == "unfulfilled"
    assert [work.status for work in order.fulfilment_orders] == ["packed"]


def test_the_platforms_newer_word_about_the_same_work_holds() -> None:
    known = an_order(fulfilment_orders=[{"id": "fo1", "status": "open"}])
    assert seen(event("packed", EARLIER), order=known).fulfilment_orders[0].status == "open"
    assert seen(event("packed", LATER), order=known).fulfilment_orders[0].status == "packed"


def test_of_several_works_the_named_one_moves() -> None:
    known = an_order(fulfilment_orders=[{"id": "fo1", "status": "open"}, {"id": "fo2", "status": "open"}])
    assert [each.status for each in seen(event("picked", work="fo2"), order=known).fulfilment_orders] == [
        "open",
        "picked",
    ]
    unnamed = seen(event("picked"), order=known)
    assert [(each.id, each.status) for each in unnamed.fulfilment_orders] == [
        ("fo1", "open"), ("fo2", "open"), ("warehouse", "picked"),
    ]  # fmt: skip


@pytest.mark.parametrize("phase", ["shipped", "partially_shipped", "cancelled", "not_required", "on_hold"])
def test_work_does_not_take_an_order_back(phase: str) -> None:
    assert seen(event("picked"), order=an_order(fulfilment=phase)).fulfilment == phase


def test_a_cancelled_order_stays_as_it_is() -> None:
    order = an_order(cancelled_at="2026-11-20T16:00:00Z", fulfilment="cancelled")
    assert told(event("picked"), event("on_hold", reason="address"), order=order) == order


def test_a_date_to_ship_by_is_taken_when_it_is_newer_or_when_there_is_none() -> None:
    assert told(event("ship_by", EARLIER, by="2026-11-24"))["fulfil_by"] == "2026-11-24"
    known = an_order(fulfil_by="2026-11-23")
    assert told(event("ship_by", EARLIER, by="2026-11-24"), order=known)["fulfil_by"] == "2026-11-23"
    assert told(event("ship_by", LATER, by="2026-11-24"), order=known)["fulfil_by"] == "2026-11-24"


def test_a_promise_is_taken_when_it_is_newer_or_when_there_is_none() -> None:
    notice = event("deliver_by", EARLIER, **{"from": "2026-11-24", "by": "2026-11-26"})
    assert told(notice, order=an_order(promised=None))["promised"] == {"min": "2026-11-24", "max": "2026-11-26"}
    assert told(notice)["promised"] == an_order()["promised"]
    assert told(event("deliver_by", LATER, by="2026-11-26"))["promised"] == {"min": None, "max": "2026-11-26"}


def test_what_is_planned_leaves_on_its_day_until_work_begins() -> None:
    planned = seen(event("planned", **{"for": "2026-11-27"}))
    assert (planned.fulfilment, planned.fulfilment_orders[0].status) == ("scheduled", "scheduled")
    assert str(planned.fulfilment_orders[0].fulfil_at) == "2026-11-27"
    begun = seen(event("planned", **{"for": "2026-11-27"}), {**event("picked", LATER_STILL), "id": "second"})
    assert (begun.fulfilment, begun.fulfilment_orders[0].status) == ("processing", "picked")
    assert seen({**event("picked"), "id": "x"}, event("planned", LATER_STILL, **{"for": "2026-11-27"})).fulfilment == (
        "processing"
    )


def test_a_warehouse_may_keep_what_it_works_on() -> None:
    order = seen(event("picked"), {**event("recall_refused", LATER_STILL), "id": "second"})
    assert is_recall_refused(order.fulfilment_orders)


# Holds and shortages


def test_a_hold_stops_the_order_until_it_is_released() -> None:
    held = seen(event("on_hold", reason="address"))
    assert (held.fulfilment, [hold.reason for hold in held.holds]) == ("on_hold", ["address"])
    free = seen(event("on_hold", reason="address"), event("hold_released", LATER_STILL))
    assert (free.fulfilment, free.holds) == ("unfulfilled", ())


def test_an_older_hold_is_told_unless_the_platform_has_gone_on() -> None:
    assert [hold.reason for hold in seen(event("on_hold", EARLIER, reason="address")).holds] == ["address"]
    assert seen(event("on_hold", EARLIER, reason="address")).fulfilment == "unfulfilled"
    going_on = an_order(fulfilment="processing")
    assert told(event("on_hold", EARLIER, reason="address"), order=going_on) == going_on


def test_an_address_problem_is_a_hold_until_the_address_is_changed() -> None:
    assert seen(event("address_problem")).holds[0].reason == "address"
    changed = an_order(changes=[{"kind": "address", "at": LATER_STILL}])
    assert told(event("address_problem"), order=changed) == changed


def test_the_warehouse_says_since_when_the_shops_own_hold_waits() -> None:
    order = an_order(fulfilment="on_hold", holds=[{"reason": "address"}])
    notices = [event("on_hold", EARLIER, reason="address"), {**event("on_hold", reason="address"), "id": "again"}]
    (hold,) = seen(*notices, order=order).holds
    assert hold.since == datetime.fromisoformat(EARLIER)


def test_only_the_named_hold_is_released() -> None:
    holds = [event("on_hold", reason="address"), {**event("on_hold", reason="other"), "id": "second"}]
    order = seen(*holds, event("hold_released", LATER_STILL, reason="other"))
    assert (order.fulfilment, [hold.reason for hold in order.holds]) == ("on_hold", ["address"])


@pytest.mark.parametrize("reason", ["payment", "fraud_review"])
def test_a_warehouse_does_not_lift_the_shops_own_checks(reason: str) -> None:
    order = an_order(fulfilment="on_hold", holds=[{"reason": reason, "since": EARLIER}])
    assert told(event("hold_released"), event("hold_released", LATER_STILL, reason=reason), order=order) == order


def test_a_newer_release_lifts_the_platforms_hold_and_an_older_one_does_not() -> None:
    order = an_order(fulfilment="on_hold", holds=[{"reason": "address", "since": EARLIER_STILL}])
    assert told(event("hold_released", EARLIER), order=order) == order
    free = seen(event("hold_released", LATER), order=order)
    assert (free.fulfilment, free.holds) == ("unfulfilled", ())


def test_a_shortage_is_a_backorder_by_id_or_sku() -> None:
    for line in ({"line": "l1"}, {"sku": "SCARF-RED"}):
        order = seen(event("short", lines=[line], expected_on="2026-12-02"))
        assert order.lines[0].is_backorder
        assert str(order.lines[0].backorder_expected_on) == "2026-12-02"


def test_a_shortage_ends_when_the_hold_for_stock_is_released() -> None:
    assert not seen(event("short", lines=BOTH), event("hold_released", LATER_STILL)).lines[0].is_backorder


def test_the_platforms_newer_date_of_a_backorder_holds() -> None:
    order = an_order(lines=[a_line(backorder={"expected_on": "2026-12-01"})])
    older = seen(event("short", EARLIER, lines=BOTH, expected_on="2026-12-09"), order=order)
    assert str(older.lines[0].backorder_expected_on) == "2026-12-01"
    newer = seen(event("short", LATER, lines=BOTH), order=order)
    assert newer.lines[0].is_backorder
    assert newer.lines[0].backorder_expected_on is None


def test_what_has_left_is_not_short() -> None:
    order = an_order(fulfilment="shipped", lines=[a_line(fulfilled=2)])
    assert told(event("short", lines=BOTH), order=order) == order


# What leaves


def handed_over(at: str = LATER, number: str = "1ZA1B2C30300000012", **fields: object) -> Raw:
    return event("handed_over", at, **{"carrier": "ups", "tracking_number": number, "lines": BOTH, **fields})


def test_a_parcel_that_was_handed_over_is_there_and_not_yet_scanned() -> None:
    order = seen(handed_over())
    assert order.fulfilment == "shipped"
    parcel = order.shipments[0]
    assert (parcel.carrier, parcel.tracking_number, parcel.status) == ("ups", "1ZA1B2C30300000012", "label_created")
    assert order.lines[0].quantities.fulfilled == 2
    assert not order.is_delivered


def test_a_part_that_was_handed_over_is_a_part() -> None:
    order = seen(handed_over(lines=[{"sku": "SCARF-RED", "quantity": 1}]))
    assert (order.fulfilment, order.lines[0].quantities.fulfilled) == ("partially_shipped", 1)


def test_two_parts_make_the_whole_and_end_the_work() -> None:
    half = [{"line": "l1", "quantity": 1}]
    second = {**handed_over(LATER_STILL, "1ZA1B2C30300000021", lines=half), "id": "second"}
    order = seen(event("packed"), handed_over(lines=half), second)
    assert (order.fulfilment, [work.status for work in order.fulfilment_orders]) == ("shipped", ["closed"])


def test_a_parcel_that_is_known_is_not_there_twice() -> None:
    known = an_order(fulfilment="shipped", shipments=[a_parcel()])
    assert told(handed_over(number="1z a1b2c3 03 0000 0012"), order=known) == known


def test_what_the_platform_does_not_tell_of_a_parcel_is_filled_in() -> None:
    bare = {"id": "s1", "tracking_number": "1ZA1B2C30300000012"}
    parcel = told(handed_over(EARLIER), order=an_order(shipments=[bare]))["shipments"][0]
    assert parcel == {**bare, "carrier": "ups", "shipped_at": "2026-11-20T09:00:00+00:00", "lines": BOTH}


def test_an_older_departure_adds_the_parcel_and_leaves_the_platforms_word() -> None:
    order = told(handed_over(EARLIER))
    assert order["fulfilment"] == "unfulfilled"
    assert len(order["shipments"]) == 1


def test_a_voided_label_does_not_count_as_sent() -> None:
    voided = a_parcel(
        an_event(EARLIER, "cancelled"), id="s0", tracking_number="1Z0", lines=[{"line": "l1", "quantity": 1}]
    )
    order = seen(handed_over(lines=[{"line": "l1", "quantity": 1}]), order=an_order(shipments=[voided]))
    assert order.fulfilment == "partially_shipped"


def test_lines_of_another_order_are_left_out() -> None:
    parcel = told(handed_over(lines=[{"line": "l9", "quantity": 1}, {"sku": "SCARF-RED", "quantity": 1}]))["shipments"][
        0
    ]
    assert parcel["lines"] == [{"line": "l1", "quantity": 1}]


# What comes back


def a_return(**changes: object) -> Raw:
    return an_order(returns=[{"id": "r1", "name": "RMA-1", "status": "label_issued", "lines": BOTH, **changes}])


@pytest.mark.parametrize("named", [{}, {"return": "r1"}, {"return": "RMA-1"}])
def test_a_return_that_arrived_is_received(named: Raw) -> None:
    found = seen(event("return_received", **named), order=a_return()).returns[0]
    assert (found.status, found.received_at is not None) == ("received", True)


def test_a_return_is_received_when_all_of_it_has_come() -> None:
    one = [{"line": "l1", "quantity": 1}]
    first, second = event("return_received", lines=one), event("return_received", LATER_STILL, lines=one)
    part = seen(first, order=a_return()).returns[0]
    assert (part.status, part.received_at) == ("label_issued", None)
    whole = seen(first, second, order=a_return()).returns[0]
    assert (whole.status, str(whole.received_at)) == ("received", "2026-11-20 17:45:00+00:00")


def test_an_older_receipt_is_told_without_changing_the_platforms_word() -> None:
    found = seen(event("return_received", EARLIER), order=a_return()).returns[0]
    assert (found.status, str(found.received_at)) == ("label_issued", "2026-11-20 09:00:00+00:00")


@pytest.mark.parametrize("status", ["refunded", "rejected", "closed", "cancelled"])
def test_a_return_that_is_over_stays_over(status: str) -> None:
    order = a_return(status=status, received_at=EARLIER_STILL)
    assert seen(event("return_received", **{"return": "r1"}), order=order).returns[0].status == status


def test_an_inspected_return_keeps_what_was_found() -> None:
    found = [{"sku": "SCARF-RED", "quantity": 2, "condition": "as new", "decision": "restock"}]
    received, inspected = event("return_received"), event("return_inspected", LATER_STILL, lines=found)
    order = told(received, inspected, order=a_return())
    assert order["returns"][0]["status"] == "inspected"
    assert order["returns"][0]["lines"] == [{**BOTH[0], "condition": "as new", "decision": "restock"}]
    assert snap(order).returns[0].inspected_at is not None


def test_a_return_that_nobody_announced_is_there() -> None:
    found = seen(event("return_received", **{"return": "r7"}, lines=BOTH)).returns[0]
    assert (found.id, found.status, found.lines[0].quantity) == ("r7", "received", 2)


# Money


def paid(status: str | None, **changes: object) -> Raw:
    return an_order(payment={"status": status, "methods": []}, **changes)


def test_a_newer_failure_is_a_failed_payment() -> None:
    order = seen(event("failed", amount=5500), order=paid("pending"))
    assert order.payment.status == "failed"
    assert [(problem.kind, problem.amount and problem.amount.amount_minor) for problem in order.payment.problems] == [
        ("failed", 5500)
    ]


def test_a_failure_before_the_platform_said_paid_is_over() -> None:
    assert told(event("failed", EARLIER), order=paid("paid")) == paid("paid")


def test_an_older_failure_of_a_payment_that_waits_is_told() -> None:
    order = seen(event("failed", EARLIER), order=paid("pending"))
    assert (order.payment.status, len(order.payment.problems)) == ("pending", 1)


@pytest.mark.parametrize("status", ["refunded", "partially_refunded", "voided"])
def test_a_failure_does_not_undo_a_refund(status: str) -> None:
    assert seen(event("failed"), order=paid(status)).payment.status == status


def test_a_capture_pays_and_ends_earlier_failures() -> None:
    order = seen(event("failed"), event("captured", LATER_STILL), order=paid("authorized"))
    assert (order.payment.status, order.payment.problems) == ("paid", ())


def test_an_older_capture_leaves_the_platforms_word() -> None:
    assert seen(event("captured", EARLIER), order=paid("pending")).payment.status == "pending"


def test_a_capture_of_a_part_pays_a_part() -> None:
    assert seen(event("captured", amount=100), order=paid("authorized")).payment.status == "partially_paid"
    assert seen(event("captured", amount=5500), order=paid("authorized")).payment.status == "paid"


@pytest.mark.parametrize("status", ["refunded", "partially_refunded", "voided"])
def test_a_capture_does_not_undo_a_refund(status: str) -> None:
    assert seen(event("captured"), order=paid(status)).payment.status == status


@pytest.mark.parametrize("at", [EARLIER, LATER])
def test_a_double_charge_is_told_whenever_it_was_noticed(at: str) -> None:
    order = seen(event("charged_twice", at, amount=5500, currency="usd"))
    assert [(problem.kind, problem.amount) for problem in order.payment.problems] == [
        ("charged_twice", order.totals.total)
    ]
    assert order.payment.status == "paid"


def test_an_amount_in_another_currency_is_left_out() -> None:
    assert seen(event("charged_twice", amount=5500, currency="EUR")).payment.problems[0].amount is None


def refunded(status: str, at: str = EARLIER) -> Raw:
    return an_order(refunds=[{"id": "re1", "amount": 2500, "status": status, "at": at, "reference": "pi_9"}])


@pytest.mark.parametrize("named", [{"refund": "re1"}, {"refund": "pi_9"}, {}])
def test_a_refund_that_came_back_has_failed(named: Raw) -> None:
    order = seen(event("refund_bounced", amount=2500, **named), order=refunded("succeeded"))
    assert order.refunds[0].status == "failed"
    assert [(problem.kind, problem.refund_id) for problem in order.payment.problems] == [("refund_bounced", "re1")]


def test_a_bounce_is_newer_than_the_refund_that_it_returns() -> None:
    after = seen(event("refund_bounced", EARLIER, amount=2500), order=refunded("succeeded", EARLIER_STILL))
    assert after.refunds[0].status == "failed"
    before = seen(event("refund_bounced", EARLIER_STILL, amount=2500), order=refunded("succeeded", EARLIER))
    assert before.refunds[0].status == "succeeded"


@pytest.mark.parametrize(("at", "status"), [(LATER, "succeeded"), (EARLIER, "pending")])
def test_only_a_newer_success_makes_a_pending_refund_succeed(at: str, status: str) -> None:
    order = seen(event("refund_succeeded", at, refund="re1", amount=2500), order=refunded("pending", EARLIER_STILL))
    assert order.refunds[0].status == status


def test_a_success_after_a_bounce_ends_the_problem() -> None:
    bounced = event("refund_bounced", refund="re1", amount=2500)
    order = seen(bounced, event("refund_succeeded", LATER_STILL, refund="re1", amount=2500), order=refunded("pending"))
    assert (order.refunds[0].status, order.payment.problems) == ("succeeded", ())


def test_after_an_older_success_the_platforms_word_holds_again() -> None:
    bounced = event("refund_bounced", "2026-11-20T10:00:00Z", refund="re1", amount=2500)
    success = event("refund_succeeded", "2026-11-20T11:00:00Z", refund="re1", amount=2500)
    order = seen(bounced, success, order=refunded("pending"))
    assert (order.refunds[0].status, order.payment.problems) == ("pending", ())


def test_a_refund_that_the_platform_does_not_know_is_not_made_up() -> None:
    order = seen(event("refund_succeeded", refund="re9", amount=9), event("refund_bounced", refund="re9", amount=9))
    assert order.refunds == ()
    assert [problem.refund_id for problem in order.payment.problems] == ["re9"]


@pytest.mark.parametrize("at", [EARLIER, LATER])
def test_a_dispute_is_open_until_it_is_closed(at: str) -> None:
    opened = event("dispute_opened", at, dispute="dp1")
    order = seen(opened)
    assert (order.payment.disputed, [each.is_open for each in order.disputes]) == (True, [True])
    closed = seen(opened, event("dispute_closed", LATER_STILL, dispute="dp1", status="won"))
    assert (closed.payment.disputed, [each.status for each in closed.disputes]) == (False, ["won"])


def test_a_word_that_does_not_close_a_dispute_leaves_it_open() -> None:
    order = seen(event("dispute_opened"), event("dispute_closed", LATER_STILL, status="under review"))
    assert (order.payment.disputed, order.disputes[0].is_open) == (True, True)


def test_an_older_closing_leaves_the_platforms_open_dispute() -> None:
    order = an_order(
        disputes=[{"id": "dp1", "status": "open", "at": EARLIER_STILL}], payment={"status": "paid", "disputed": True}
    )
    assert told(event("dispute_closed", EARLIER, status="won"), order=order) == order
    assert not seen(event("dispute_closed", LATER, status="won"), order=order).payment.disputed


def test_the_platforms_newer_word_keeps_a_dispute_closed() -> None:
    order = an_order(disputes=[{"id": "dp1", "status": "won"}])
    assert told(event("dispute_opened", EARLIER, dispute="dp1"), order=order) == order
    assert seen(event("dispute_opened", LATER, dispute="dp1"), order=order).disputes[0].is_open


# Laws


def _events() -> st.SearchStrategy[list[Raw]]:
    hours = st.integers(8, 23).map(lambda hour: f"2026-11-20T{hour:02}:00:00Z")
    one = [{"line": "l1", "quantity": 1}]
    told: list[tuple[str, Raw]] = [
        ("work_started", {}), ("picked", {}), ("packed", {"work": "fo1"}), ("on_hold", {"reason": "address"}),
        ("on_hold", {"reason": "out_of_stock"}), ("hold_released", {}), ("hold_released", {"reason": "address"}),
        ("short", {"lines": one}), ("short", {"lines": one, "expected_on": "2026-12-01"}), ("address_problem", {}),
        ("planned", {"for": "2026-11-27"}), ("recall_refused", {}), ("deliver_by", {"by": "2026-11-26"}),
        ("ship_by", {"by": "2026-11-24"}), ("return_received", {"lines": one}), ("return_received", {"return": "r1"}),
        ("return_inspected", {"lines": one}), ("failed", {}), ("captured", {}), ("charged_twice", {"amount": 1}),
        ("handed_over", {"carrier": "ups", "tracking_number": "1Z1", "lines": one}),
        ("handed_over", {"carrier": "ups", "tracking_number": "1Z2", "lines": [{"sku": "X", "quantity": 1}]}),
        ("refund_bounced", {"refund": "re1", "amount": 2500}), ("refund_succeeded", {"amount": 2500}),
        ("dispute_opened", {}), ("dispute_opened", {"dispute": "dp1"}), ("dispute_closed", {"status": "won"}),
    ]  # fmt: skip
    made = st.tuples(st.sampled_from(told), hours, st.integers(0, 5))
    return st.lists(
        made.map(lambda each: {**event(each[0][0], each[1], **each[0][1]), "id": f"n{each[2]}"}), max_size=8
    )


def _order() -> Raw:
    return an_order(
        returns=[{"id": "r1", "status": "label_issued", "lines": BOTH}],
        refunds=[{"id": "re1", "amount": 2500, "status": "pending", "at": EARLIER_STILL}],
        fulfilment_orders=[{"id": "fo1", "status": "open"}],
    )


@settings(max_examples=300, deadline=None)
@given(_events(), st.randoms(use_true_random=False))
def test_any_order_and_any_repetition_of_notices_gives_the_same(events: list[Raw], chance: random.Random) -> None:
    notices = documents(events)
    mixed = notices + [each for each in notices if chance.random() < 0.5]
    chance.shuffle(mixed)
    order = _order()
    before = json.dumps(order)
    result = with_notices(order, notices)
    assert with_notices(order, mixed) == result
    assert json.dumps(order) == before
    decode_order(result)


@settings(max_examples=200, deadline=None)
@given(_events())
def test_older_notices_never_change_what_the_platform_says_for_the_better(events: list[Raw]) -> None:
    order = an_order(**{**_order(), "updated_at": "2026-11-21T00:00:00Z"})
    result = with_notices(order, documents(events))
    assert result["fulfilment"] == order["fulfilment"]
    assert result["payment"]["status"] == "paid"
    assert result["returns"][0]["status"] == "label_issued"
    assert result["refunds"][0]["status"] in {"pending", "failed"}
    assert result["fulfilment_orders"][0] == {"id": "fo1", "status": "open"}


def test_an_order_that_does_not_tell_when_it_changed_is_as_old_as_itself() -> None:
    order = {name: value for name, value in an_order().items() if name != "updated_at"}
    assert seen(event("packed", EARLIER), order=order).fulfilment == "processing"


def test_a_notice_that_nobody_knows_changes_nothing() -> None:
    odd = [{"key": "a", "kind": "warehouse", "type": "new", "at": LATER}, {"key": "b"}, {"kind": "x", "at": LATER}]
    assert with_notices(an_order(), odd) == an_order()
