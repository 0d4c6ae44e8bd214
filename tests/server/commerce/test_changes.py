"""What a write does to an order document, and what it refuses."""

import json
from collections.abc import Callable
from datetime import date

import pytest

from server.commerce.changes import (
    NewItem,
    StockChange,
    checked,
    refundable,
    with_address,
    with_balance,
    with_cancellation,
    with_claim,
    with_credit,
    with_customer_address,
    with_exchange,
    with_items,
    with_payment,
    with_refund,
    with_reship,
    with_return,
)
from server.commerce.documents import decode_customer, decode_order, encode
from server.commerce.formats import OrderDocument, PaymentMethodDocument
from server.commerce.model import Address, LineQuantity, Money, RefundStatus
from server.errors import StoreRefused
from tests.server.commerce.orders import NOW, Raw, a_line, ago, an_event, an_order, shipped
from tests.server.commerce.test_documents import CUSTOMER

ONE = (LineQuantity("l1", 1),)
TWICE = (LineQuantity("l1", 2), LineQuantity("l1", 1))
BLUE = NewItem("SCARF-BLUE", "Blue scarf", 3000, "p1", {"colour": "blue"})
ONE_TO_BLUE = (LineQuantity("l1", 1, "SCARF-BLUE"),)
HOME = Address(name="Ana Souza", line1="1 New St", city="Lincoln", region="NE", zip="68501", country="US")


def read(raw: Raw) -> OrderDocument:
    return decode_order(raw)[0]


DELIVERED = read(shipped(an_event(ago(days=3), "delivered"), order={"loyalty": 7}))
OPEN = read(an_order(loyalty=7))


def usd(amount_minor: int) -> Money:
    return Money(amount_minor, "USD")


def test_a_return_is_written_into_the_order_and_nothing_else_changes() -> None:
    done = with_return(
        DELIVERED,
        "k1",
        ONE,
        "size_small",
        "refund",
        "original",
        NOW,
        label_url="https://l.test",
        due_by=date(2026, 12, 4),
    )

    (opened,) = json.loads(encode(done.document))["returns"]
    assert opened == {
        "id": done.result.rma,
        "status": "label_issued",
        "at": "2026-11-20T18:00:00Z",
        "outcome": "refund",
        "lines": [{"line": "l1", "quantity": 1}],
        "method": "original",
        "label": "https://l.test",
        "due_by": "2026-12-04",
        "reason": "size_small",
    }
    before, after = json.loads(encode(DELIVERED)), json.loads(encode(done.document))
    assert {name for name in after if after[name] != before[name]} == {"returns", "updated_at"}
    assert done.stock == ()


def test_the_same_key_gives_the_same_id() -> None:
    first = with_return(DELIVERED, "k1", ONE, "gift", "refund", None, NOW)
    again = with_return(DELIVERED, "k1", ONE, "gift", "refund", None, NOW)
    other = with_return(DELIVERED, "k2", ONE, "gift", "refund", None, NOW)

    assert first.result == again.result != other.result


def test_each_piece_goes_back_once() -> None:
    once = with_return(DELIVERED, "k1", ONE, "gift", "refund", None, NOW).document
    twice = with_return(once, "k2", ONE, "gift", "refund", None, NOW).document

    with pytest.raises(StoreRefused, match="0 are there"):
        with_return(twice, "k3", ONE, "gift", "refund", None, NOW)


def test_a_declined_return_frees_its_pieces() -> None:
    lines = [{"line": "l1", "quantity": 2}]
    raw = shipped(order={"returns": [{"id": "R0", "status": "declined", "lines": lines}]})

    assert with_return(read(raw), "k1", ONE, "gift", "refund", None, NOW).result.rma


def test_an_exchange_tells_the_difference_and_reserves_the_new_item() -> None:
    done = with_exchange(DELIVERED, "k1", ONE_TO_BLUE, {"SCARF-BLUE": BLUE}, "style_color", "pm_1", NOW)

    assert (done.result.difference, done.result.method) == (usd(500), "pm_1")
    assert done.stock == (StockChange("SCARF-BLUE", -1),)
    assert json.loads(encode(done.document))["returns"][0]["lines"] == [
        {"line": "l1", "quantity": 1, "to_sku": "SCARF-BLUE"}
    ]


def test_a_cancellation_sends_back_what_was_paid_and_frees_the_stock() -> None:
    done = with_cancellation(OPEN, "k1", "changed_mind", "original", NOW)

    assert done.document.cancelled_at == "2026-11-20T18:00:00Z"
    assert done.result.refund is not None
    assert (done.result.refund.amount, done.result.refund.status) == (usd(5500), RefundStatus.PENDING)
    assert done.stock == (StockChange("SCARF-RED", 2),)
    assert done.document.payment.status == "paid"  # the bank has not moved it yet


def test_a_settled_cancellation_says_refunded() -> None:
    done = with_cancellation(OPEN, "k1", "changed_mind", "original", NOW, status=RefundStatus.SUCCEEDED)

    assert (done.document.payment.status, done.document.totals.refunded) == ("refunded", 5500)


def test_cancelling_what_was_only_authorised_sends_nothing_back() -> None:
    done = with_cancellation(read(an_order(payment={"status": "authorized"})), "k1", "x", None, NOW)

    assert (done.result.refund, done.document.refunds, done.document.payment.status) == (None, [], "voided")


def test_refunds_never_exceed_what_is_left() -> None:
    first = with_refund(DELIVERED, "k1", usd(3000), ONE, "defective", None, NOW).document

    assert refundable(first) == 2500
    with pytest.raises(StoreRefused):
        with_refund(first, "k2", usd(2501), (), "goodwill", None, NOW)


def test_a_failed_refund_can_be_made_again() -> None:
    failed = with_refund(DELIVERED, "k1", usd(5500), (), "x", None, NOW, status=RefundStatus.FAILED).document

    assert refundable(failed) == 5500


def test_a_partial_refund_that_succeeded_is_in_the_sums() -> None:
    done = with_refund(DELIVERED, "k1", usd(100), (), "goodwill", None, NOW, status=RefundStatus.SUCCEEDED)

    assert (done.document.totals.refunded, done.document.payment.status) == (100, "partially_refunded")


def test_a_new_address_ends_the_hold_that_waited_for_it() -> None:
    held = read(an_order(fulfilment="on_hold", holds=[{"reason": "address", "since": ago(hours=1)}]))

    done = with_address(held, HOME, NOW).document

    assert done.ship_to is not None
    assert (done.ship_to.line1, done.holds, done.fulfilment) == ("1 New St", [], "unfulfilled")
    assert [change.kind for change in done.changes or []] == ["address"]


def test_a_new_address_ends_no_other_hold() -> None:
    holds = [{"reason": "address"}, {"reason": "fraud_review"}]
    done = with_address(read(an_order(fulfilment="on_hold", holds=holds)), HOME, NOW).document

    assert ([hold.reason for hold in done.holds or []], done.fulfilment) == (["fraud_review"], "on_hold")


def test_a_whole_line_becomes_another_item_and_keeps_its_id() -> None:
    done = with_items(OPEN, [LineQuantity("l1", 2, "SCARF-BLUE")], {"SCARF-BLUE": BLUE}, "pm_1", NOW)

    assert [(line.id, line.sku, line.quantity, line.unit_price) for line in done.document.lines] == [
        ("l1", "SCARF-BLUE", 2, 3000)
    ]
    assert (done.result.difference, done.result.total, done.document.totals.items) == (usd(1000), usd(6500), 6000)
    assert done.stock == (StockChange("SCARF-RED", 2), StockChange("SCARF-BLUE", -2))


def test_a_part_of_a_line_is_split_off() -> None:
    done = with_items(OPEN, ONE_TO_BLUE, {"SCARF-BLUE": BLUE}, "pm_1", NOW)

    assert [(line.id, line.sku, line.quantity) for line in done.document.lines] == [
        ("l1", "SCARF-RED", 1),
        ("l1-2", "SCARF-BLUE", 1),
    ]
    assert checked(done.document) == done.document


def test_dropping_pieces_gives_their_price_back() -> None:
    done = with_items(OPEN, ONE, {}, "pm_1", NOW)

    assert (done.result.difference, done.document.lines[0].quantity) == (usd(-2500), 1)
    change = (done.document.changes or [])[-1]
    assert (change.kind, change.difference, change.method) == ("items", -2500, "pm_1")


def test_another_payment_method_replaces_the_first() -> None:
    done = with_payment(OPEN, PaymentMethodDocument(id="gc_1", kind="gift_card", label="Gift card"), NOW)

    assert (done.result.method, done.result.previous, done.result.amount) == ("gc_1", "pm_1", usd(5500))
    assert [method.id for method in done.document.payment.methods or []] == ["gc_1"]


def test_a_replacement_is_a_new_order_without_charge() -> None:
    done = with_reship(DELIVERED, "k1", ONE, "lost", HOME, NOW)

    created = done.created
    assert created is not None
    assert (created.id, created.totals.total, created.fulfilment) == (done.result.replacement_id, 0, "unfulfilled")
    assert [(line.sku, line.quantity, line.unit_price) for line in created.lines] == [("SCARF-RED", 1, 0)]
    assert done.stock == (StockChange("SCARF-RED", -1),)
    assert checked(created) == created


def test_a_line_that_is_named_twice_is_sent_again_as_one() -> None:
    done = with_reship(DELIVERED, "k1", (*ONE, *ONE), "lost", HOME, NOW)
    assert done.created is not None
    assert [(line.id, line.quantity) for line in done.created.lines] == [("l1", 2)]
    assert checked(done.created) == done.created


def test_a_claim_is_kept_with_the_order() -> None:
    done = with_claim(DELIVERED, "k1", "s1", "not_received", "It is not here", NOW)

    assert [(claim.id, claim.kind, claim.shipment) for claim in done.document.claims or []] == [
        (done.result.claim_id, "not_received", "s1")
    ]


REFUSED: list[tuple[str, Callable[[], object]]] = [
    ("unknown line", lambda: with_return(DELIVERED, "k", [LineQuantity("l9", 1)], "x", "refund", None, NOW)),
    ("no lines", lambda: with_return(DELIVERED, "k", [], "x", "refund", None, NOW)),
    ("nothing of a line", lambda: with_return(DELIVERED, "k", [LineQuantity("l1", 0)], "x", "refund", None, NOW)),
    ("the same line too often", lambda: with_return(DELIVERED, "k", [*ONE, *ONE, *ONE], "x", "refund", None, NOW)),
    ("exchange to nothing", lambda: with_exchange(DELIVERED, "k", ONE, {}, "x", None, NOW)),
    ("cancel what has left", lambda: with_cancellation(DELIVERED, "k", "x", None, NOW)),
    (
        "cancel twice",
        lambda: with_cancellation(with_cancellation(OPEN, "k", "x", None, NOW).document, "k2", "x", None, NOW),
    ),
    ("address of what has left", lambda: with_address(DELIVERED, HOME, NOW)),
    ("items of what has left", lambda: with_items(DELIVERED, ONE_TO_BLUE, {"SCARF-BLUE": BLUE}, None, NOW)),
    ("everything dropped", lambda: with_items(OPEN, [LineQuantity("l1", 2)], {}, None, NOW)),
    ("another currency", lambda: with_refund(DELIVERED, "k", Money(1, "EUR"), (), "x", None, NOW)),
    ("less than nothing", lambda: with_refund(DELIVERED, "k", usd(-1), (), "x", None, NOW)),
    ("the same method", lambda: with_payment(OPEN, PaymentMethodDocument(id="pm_1", kind="card"), NOW)),
    ("a piece sent again twice", lambda: with_reship(DELIVERED, "k", TWICE, "x", None, NOW)),
    ("nothing to send again", lambda: with_reship(DELIVERED, "k", [], "x", None, NOW)),
    ("claim about a stranger", lambda: with_claim(DELIVERED, "k", "s9", "lost", "", NOW)),
    ("credit of nothing", lambda: with_credit(decode_customer(CUSTOMER)[0], "k", usd(0))),
    ("more than the card holds", lambda: with_balance(decode_customer(CUSTOMER)[0], "gc_1", -4001)),
]


@pytest.mark.parametrize("attempt", [attempt for _, attempt in REFUSED], ids=[name for name, _ in REFUSED])
def test_what_cannot_be_done_is_refused(attempt: Callable[[], object]) -> None:
    with pytest.raises(StoreRefused):
        attempt()


def test_a_change_keeps_what_it_does_not_know() -> None:
    for done in (with_address(OPEN, HOME, NOW), with_items(OPEN, ONE_TO_BLUE, {"SCARF-BLUE": BLUE}, None, NOW)):
        assert json.loads(encode(done.document))["loyalty"] == 7


def test_the_document_that_came_in_stays_as_it_was() -> None:
    raw = an_order(lines=[a_line(), a_line(id="l2", sku="HAT")])
    document = read(raw)

    with_items(document, ONE, {}, None, NOW)
    with_cancellation(document, "k", "x", None, NOW)

    assert json.loads(encode(document)) == raw


def test_the_default_address_is_the_first() -> None:
    customer = decode_customer({**CUSTOMER, "addresses": [{"city": "Omaha"}, {"city": "Reno"}]})[0]

    assert [each.city for each in with_customer_address(customer, HOME).document.addresses or []] == ["Lincoln", "Reno"]


def test_credit_opens_an_account_and_adds_to_it() -> None:
    first = with_credit(decode_customer(CUSTOMER)[0], "k1", usd(500))
    second = with_credit(first.document, "k2", usd(250))

    assert (first.result.balance, second.result.balance) == (usd(500), usd(750))


def test_a_gift_card_is_charged() -> None:
    charged = with_balance(decode_customer(CUSTOMER)[0], "gc_1", -4000)

    assert [method.balance for method in charged.payment_methods or []] == [0]
