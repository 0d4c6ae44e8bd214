"""The judge: every action's verdict, who must agree, how much it moves, and a hash that names it; for any input at all."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.commerce.model import (
    CustomerRecord,
    Dispute,
    FulfilmentPhase,
    LineQuantity,
    OrderSnapshot,
    Payment,
    PaymentMethod,
    PaymentState,
    Product,
    Promise,
    Refund,
    RefundStatus,
    Shipment,
    ShipmentStatus,
    Transaction,
)
from server.policies import approval, facts, tenders
from server.policies.actions import ACTIONS, FREE, READING
from server.policies.decision import FAULTS, History
from server.policies.file import Policy
from server.policies.judge import Ruling, judge
from tests.server.policies.orders import ARRIVED, counted, customer, line, order, policy, product, usd

SHIPPED = policy()
GOODS = {"p-l1": product()}
DAY = timedelta(days=1)


def rule(
    action: Mapping[str, Any],
    held: OrderSnapshot | None = None,
    *,
    rules: Policy = SHIPPED,
    who: CustomerRecord | None = None,
    products: Mapping[str, Product] = GOODS,
    past: History | None = None,
    now: datetime = ARRIVED + DAY,
) -> Ruling:
    return judge(rules, action, held, who or customer(), products, past or History(), now)


def told(ruling: Ruling) -> tuple[str, str, str | None, str]:
    return ruling.verdict, ruling.key, ruling.ask, ruling.need


def one(quantity: int = 1, line_id: str = "l1", **more: object) -> dict[str, object]:
    return {"line": line_id, "quantity": quantity, **more}


def back(reason: str = "unwanted", outcome: str = "refund", **more: Any) -> dict[str, Any]:
    method = "original" if outcome == "refund" else "store_credit"
    return {"name": "start_return", "lines": [one()], "reason": reason, "outcome": outcome, "method": method, **more}


def lost(*lines: Any, status: ShipmentStatus = ShipmentStatus.LOST, **more: Any) -> OrderSnapshot:
    held = lines or (line(delivered=0),)
    gone = Shipment(
        "s1", "ups", "1Z", tuple(LineQuantity(each.id, each.quantities.ordered) for each in held),
        ARRIVED - 3 * DAY, (), status,
    )  # fmt: skip
    return order(*held, shipments=(gone,), **more)


# Returns, by the rows of the eligibility table


@pytest.mark.parametrize(
    ("held", "action", "expected"),
    [
        (order(), back(), ("allow", "within_window", None, "none")),
        (order(), back(lines=[one(2)]), ("deny", "quantity_exceeded", None, "none")),  # E1
        (order(line(fulfilled=0)), back(), ("deny", "not_shipped", None, "none")),  # E2
        (order(line(delivered=0), arrived=None), back(), ("deny", "not_delivered", None, "none")),  # E3
        (order(disputes=(Dispute("d", "open"),)), back(), ("review", "dispute_open", None, "agent")),  # E4
        (order(), back("defective", method="original"), ("allow", "fault", None, "none")),  # E5
        (order(line(final_sale=True), country="DE"), back(), ("allow", "statutory_withdrawal", None, "none")),  # E6
        (order(line(final_sale=True)), back(), ("deny", "flagged", None, "none")),  # E7
        (order(line(final_sale=True)), back("wrong_item"), ("allow", "fault", None, "none")),
        (order(line(hygiene=True)), back(), ("review", "answer_needed", "opened", "none")),
        (order(line(hygiene=True)), back(lines=[one(opened=True)]), ("deny", "flagged", None, "none")),
        (order(line(hygiene=True)), back(lines=[one(opened=False)]), ("allow", "within_window", None, "none")),
        (order(), back(lines=[one(worn=True)]), ("review", "worn", None, "agent")),  # E11
        (order(tags=("marketplace",)), back(), ("deny", "sold_by_other", None, "none")),  # E12
        (order(), back(lines=[]), ("review", "lines_needed", "lines", "none")),
        (order(), back(lines=[one(line_id="l9")]), ("deny", "unknown_line", None, "none")),
        (order(), back(method=None), ("review", "refund_to_needed", "refund_to", "none")),
        (order(), back(outcome="exchange"), ("deny", "outcome_not_offered", None, "none")),
        (order(), back(outcome="repair"), ("deny", "outcome_not_offered", None, "none")),
        (order(line(price=12_000)), back(), ("allow", "limit_reached", None, "agent")),
        (order(line(price=60_000)), back(), ("allow", "limit_reached", None, "two_person")),
        (order(line(price=60_000), country="DE"), back(), ("allow", "statutory_withdrawal", None, "none")),
        (order(country="BR"), back(), ("review", "zone_by_person", None, "agent")),
        (order(country=""), back(), ("review", "country_unknown", None, "agent")),
        (order(payment=Payment(PaymentState.PENDING)), back(), ("review", "not_paid", None, "agent")),
    ],
)  # fmt: skip
def test_a_return(held: OrderSnapshot, action: dict[str, Any], expected: tuple[str, str, str | None, str]) -> None:
    assert told(rule(action, held)) == expected


@pytest.mark.parametrize(
    ("days", "outcome", "expected"),
    [
        (30, "refund", ("allow", "within_window")),
        (31, "refund", ("review", "within_grace")),  # E9: cash by a person
        (31, "store_credit", ("allow", "within_window")),
        (46, "store_credit", ("allow", "within_grace")),
        (34, "refund", ("deny", "window_passed")),
        (60, "refund", ("deny", "window_passed")),  # E10
    ],
)
def test_the_window(days: int, outcome: str, expected: tuple[str, str]) -> None:
    ruling = rule(back(outcome=outcome), order(), now=ARRIVED + days * DAY)
    assert (ruling.verdict, ruling.key) == expected


def test_signs_of_abuse_go_to_a_person_in_the_same_words() -> None:
    ruling = rule(back(), order(), past=History(is_abuse_flagged=True))  # E13
    assert told(ruling) == ("review", "by_person", None, "agent")


def test_without_a_day_the_customer_may_be_asked_for_it() -> None:
    held = order(shipments=())
    asking = policy("defaults: {unknown_fact: ask}")
    assert told(rule(back(), held)) == ("review", "delivery_date_unknown", None, "agent")
    assert rule(back(), held, rules=asking).ask == "delivered_on"
    assert rule(back(delivered_on=ARRIVED.date().isoformat()), held, rules=asking).is_open


@pytest.mark.parametrize(
    ("action", "amount"),
    [(back(), 3_501), (back(outcome="store_credit"), 4_400), (back("defective"), 4_000)],
)
def test_the_amount_is_what_leaves_the_shop(action: dict[str, Any], amount: int) -> None:
    assert rule(action, order()).amount_minor == amount


def test_no_more_is_promised_than_is_left() -> None:
    given_back = (Refund("r", ARRIVED, usd(3_800), RefundStatus.SUCCEEDED, "original"),)
    ruling = rule(back(), order(refunds=given_back))
    assert (ruling.verdict, ruling.key, ruling.amount_minor) == ("review", "nothing_left", 200)


def test_money_in_flight_is_not_there() -> None:
    free = policy("outcomes: {refund: {label: {kind: merchant}}}")
    assert rule(back(), order(), rules=free).is_open
    assert told(rule(back(), order(), rules=free, past=History(in_flight_minor=1)))[:2] == ("review", "nothing_left")


# Exchanges


def swap(to_sku: str = "SKU-l1-BLUE", reason: str = "size_small", **more: Any) -> dict[str, Any]:
    return {"name": "start_exchange", "lines": [one(to_sku=to_sku)], "reason": reason, "method": "card_1", **more}


@pytest.mark.parametrize(
    ("held", "action", "expected", "difference"),
    [
        (order(), swap(), ("allow", "within_window"), 500),
        (order(), swap("SKU-l1", "defective"), ("allow", "fault"), 0),
        (order(line(final_sale=True)), swap("SKU-l1", "defective"), ("allow", "fault"), 0),
        (order(line(final_sale=True)), swap(), ("deny", "flagged"), 500),
        (order(line(price=3_900)), swap("SKU-l1", "defective"), ("review", "difference_unknown"), 0),
        (order(), swap("NO-SUCH"), ("review", "product_unknown"), 0),
        (order(discount=400), swap(), ("review", "difference_unknown"), 450),
        (order(), swap(method="card_9"), ("deny", "method_not_on_file"), 500),
        (order(), swap(method=None), ("review", "method_needed"), 500),
    ],
)
def test_an_exchange(held: OrderSnapshot, action: dict[str, Any], expected: tuple[str, str], difference: int) -> None:
    ruling = rule(action, held)
    assert (ruling.verdict, ruling.key) == expected
    assert expected[0] == "deny" or ruling.difference_minor == difference


@pytest.mark.parametrize(
    ("how", "method", "to_sku", "expected"),
    [
        ("original", None, "SKU-l1-BLUE", ("allow", "within_window")),
        ("original", "original", "SKU-l1-BLUE", ("allow", "within_window")),
        ("original", "gift_1", "SKU-l1-BLUE", ("deny", "method_not_allowed")),
        ("payment_link", None, "SKU-l1-BLUE", ("review", "payment_link_needed")),
        ("payment_link", None, "SKU-l1", ("allow", "within_window")),
        ("none", "card_1", "SKU-l1-BLUE", ("deny", "difference_not_taken")),
        ("none", None, "SKU-l1", ("allow", "within_window")),
    ],
)
def test_where_a_difference_goes(how: str, method: str | None, to_sku: str, expected: tuple[str, str]) -> None:
    rules = policy(f"actions: {{start_exchange: {{difference: {how}}}}}")
    ruling = rule(swap(to_sku, method=method), order(), rules=rules)
    assert (ruling.verdict, ruling.key) == expected


def test_the_pieces_of_a_line_are_counted_together() -> None:
    twice = [one(to_sku="SKU-l1-BLUE"), one(to_sku="SKU-l1")]
    ruling = rule({"name": "change_items", "lines": twice, "method": "card_1"}, pending())
    assert (ruling.verdict, ruling.key) == ("deny", "quantity_exceeded")


# Money back without a return


@pytest.mark.parametrize(
    ("held", "action", "expected", "amount"),
    [
        (lost(), {"reason": "not_received", "lines": [one()]}, ("allow", "parcel_lost", None, "none"), 4_000),
        (lost(shipping=500), {"reason": "not_received", "lines": [one()]}, ("allow", "parcel_lost", None, "none"), 4_500),
        (lost(status=ShipmentStatus.RETURNED), {"lines": [one()]}, ("allow", "parcel_lost", None, "none"), 4_000),
        (lost(), {"lines": [one()], "amount": 1_000}, ("allow", "parcel_lost", None, "none"), 1_000),
        (lost(), {"lines": [one()], "amount": 4_001}, ("deny", "amount_too_high", None, "none"), 0),
        (order(), {"reason": "missing_item", "lines": [one()]}, ("allow", "fault", None, "none"), 4_000),
        (order(), {"reason": "missing_part", "lines": [one()]}, ("allow", "fault", None, "none"), 4_000),
        (order(), {"reason": "defective", "lines": [one()]}, ("review", "no_ground", None, "agent"), 4_000),
        (order(), {"reason": "not_received", "lines": [one()]}, ("review", "no_ground", None, "agent"), 4_000),
        (order(), {"reason": "unwanted", "lines": [one()]}, ("review", "no_ground", None, "agent"), 4_000),
        (order(), {"reason": "sorry", "amount": 500}, ("review", "no_ground", None, "agent"), 500),
        (order(), {"reason": "sorry"}, ("review", "amount_needed", "amount", "none"), 0),
        (order(), {"reason": "sorry", "amount": 0}, ("review", "amount_needed", "amount", "none"), 0),
        (order(payment=Payment(PaymentState.PENDING)), {"amount": 5}, ("review", "not_paid", None, "agent"), 0),
        (order(payment=Payment(PaymentState.PARTIALLY_PAID)), {"amount": 5}, ("review", "captured_unknown", None, "agent"), 0),
        (order(disputes=(Dispute("d", "open"),)), {"amount": 5}, ("review", "no_ground", None, "agent"), 5),
        (lost(disputes=(Dispute("d", "open"),)), {"lines": [one()]}, ("review", "dispute_open", None, "agent"), 4_000),
    ],
)  # fmt: skip
def test_a_refund(
    held: OrderSnapshot, action: dict[str, Any], expected: tuple[str, str, str | None, str], amount: int
) -> None:
    ruling = rule({"name": "refund", "method": "original", **action}, held)
    assert (told(ruling), ruling.amount_minor) == (expected, amount)


def test_a_fallen_price_is_paid_back_where_the_policy_does_so() -> None:
    action = {"name": "refund", "method": "original", "lines": [one()], "reason": "price_drop"}
    cheaper = {"p-l1": product(variants={"SKU-l1": (3_400, 5)})}
    adjusting = policy("price_adjustment: {days: 14}")
    ruling = rule(action, order(), rules=adjusting, products=cheaper)
    assert (ruling.verdict, ruling.key, ruling.amount_minor) == ("allow", "price_adjustment", 600)
    assert rule(action, order(), products=cheaper).verdict == "review"
    assert rule({**action, "amount": 601}, order(), rules=adjusting, products=cheaper).verdict == "review"


def test_what_was_sent_again_is_not_paid_back() -> None:
    held, past = lost(line(quantity=2, delivered=0)), History(settled={"l1": 1})
    action = {"name": "refund", "method": "original", "reason": "not_received"}
    assert rule({**action, "lines": [one(1)]}, held, past=past).verdict == "allow"
    assert told(rule({**action, "lines": [one(2)]}, held, past=past))[:2] == ("review", "settled_before")
    assert told(rule({"name": "reship", "lines": [one(2)]}, held, past=past))[:2] == ("review", "settled_before")
    assert told(rule(back(lines=[one(2)]), order(line(quantity=2)), past=past))[:2] == ("review", "settled_before")


# Tenders

GIFT, CARD = PaymentMethod("gift_1", "gift_card", "Gift"), PaymentMethod("card_1", "card", "Visa")


def paid_by_two(gift: int = 3_000, card: int = 5_000, **more: Any) -> OrderSnapshot:
    sales = tuple(
        Transaction("sale", RefundStatus.SUCCEEDED, usd(amount), name)
        for name, amount in (("gift_card", gift), ("card", card))
    )
    payment = Payment(PaymentState.PAID, (GIFT, CARD), transactions=sales)
    return lost(line(price=gift + card, delivered=0), payment=payment, **more)


@pytest.mark.parametrize(
    ("ranks", "country", "expected"),
    [
        ("[store_credit, gift_card, card]", "US", {"gift_1": 3_000, "card_1": 1_000}),
        ("[card, gift_card]", "US", {"card_1": 4_000}),
        ("[card, gift_card]", "DE", {"gift_1": 1_500, "card_1": 2_500}),
    ],
)
def test_money_goes_back_to_who_paid(ranks: str, country: str, expected: dict[str, int]) -> None:
    rules = policy(f"tenders: {{order: {ranks}}}")
    assert tenders.split(rules, paid_by_two(country=country), 4_000) == expected


def test_a_tender_gets_back_no_more_than_it_paid() -> None:
    action = {"name": "refund", "lines": [one()], "reason": "not_received", "amount": 4_000}
    assert rule({**action, "method": "original"}, paid_by_two()).is_open
    assert rule({**action, "method": "card_1"}, paid_by_two()).is_open
    assert told(rule({**action, "method": "gift_1"}, paid_by_two()))[:2] == ("deny", "amount_too_high")


def test_who_paid_how_much_must_be_known() -> None:
    held = paid_by_two()
    unknown = replace(held, payment=replace(held.payment, transactions=()))
    action = {"name": "refund", "lines": [one()], "reason": "not_received", "method": "original"}
    assert told(rule(action, unknown))[:2] == ("review", "tender_unknown")
    assert tenders.split(SHIPPED, unknown, 1) is None


@given(st.integers(1, 9_000), st.integers(1, 9_000), st.data())
def test_splits_add_up_and_stay_within_what_each_paid(gift: int, card: int, data: st.DataObject) -> None:
    amount = data.draw(st.integers(0, gift + card))
    for country in ("US", "DE"):
        shares = tenders.split(SHIPPED, paid_by_two(gift, card, country=country), amount)
        assert shares is not None
        assert sum(shares.values()) == amount
        assert shares.get("gift_1", 0) <= gift
        assert shares.get("card_1", 0) <= card


# Cancelling


def pending(**more: object) -> OrderSnapshot:
    plain = order(line(fulfilled=0, delivered=0), shipments=(), fulfilment=FulfilmentPhase.UNFULFILLED)
    return replace(plain, **more)  # type: ignore[arg-type]  # a test's own keywords


@pytest.mark.parametrize(
    ("payment", "expected", "amount"),
    [
        (PaymentState.PAID, ("allow", "permitted", "none"), 4_000),
        (PaymentState.AUTHORIZED, ("allow", "permitted", "none"), 0),
        (PaymentState.PENDING, ("allow", "permitted", "none"), 0),
        (PaymentState.PARTIALLY_PAID, ("review", "captured_unknown", "agent"), 0),
        (PaymentState.UNKNOWN, ("review", "captured_unknown", "agent"), 0),
    ],
)
def test_a_cancellation_gives_back_what_was_captured(
    payment: PaymentState, expected: tuple[str, str, str], amount: int
) -> None:
    ruling = rule({"name": "cancel_order", "reason": "other"}, pending(payment=Payment(payment, (CARD,))))
    assert (ruling.verdict, ruling.key, ruling.need) == expected
    assert ruling.amount_minor == amount


# Goodwill, reshipping, claims, addresses


@pytest.mark.parametrize(
    ("days_late", "action", "expected", "amount"),
    [
        (1, {}, ("review", "amount_needed", "amount", "none"), 0),
        (2, {}, ("allow", "late", None, "none"), 500),
        (5, {"amount": 300}, ("allow", "late", None, "none"), 300),
        (5, {"amount": 501}, ("review", "no_ground", None, "agent"), 501),
        (5, {"amount": 1_501, "reason": "sorry"}, ("review", "no_ground", None, "agent"), 1_501),
        (5, {"amount": 4_001}, ("deny", "amount_too_high", None, "none"), 4_001),
        (5, {"customer": "c2"}, ("deny", "customer_unknown", None, "none"), 0),
    ],
)
def test_credit_for_being_late(
    days_late: int, action: dict[str, Any], expected: tuple[str, str, str | None, str], amount: int
) -> None:
    held = order(promised=Promise(None, ARRIVED - days_late * DAY))
    ruling = rule({"name": "store_credit", "reason": "late", "customer": "c1", **action}, held)
    assert (told(ruling), ruling.amount_minor) == (expected, amount)


def test_credit_is_given_once_for_an_order() -> None:
    held = order(promised=Promise(None, ARRIVED - 5 * DAY))
    ruling = rule({"name": "store_credit", "reason": "late"}, held, past=History(credits_on_order=1))
    assert told(ruling)[:2] == ("review", "settled_before")


@pytest.mark.parametrize(
    ("held", "action", "expected"),
    [
        (lost(), {"reason": "not_received"}, ("allow", "limit_reached", "agent")),
        (order(), {"reason": "missing_item"}, ("allow", "limit_reached", "agent")),
        (order(), {"reason": "unwanted"}, ("review", "no_ground", "agent")),
        (lost(), {"address": {"line1": "9 Else St", "city": "X", "zip": "1", "country": "US"}}, ("review", "address_differs", "agent")),
    ],
)  # fmt: skip
def test_a_replacement_is_sent_with_an_agents_consent(
    held: OrderSnapshot, action: dict[str, Any], expected: tuple[str, str, str]
) -> None:
    ruling = rule({"name": "reship", "lines": [one()], **action}, held)
    assert (ruling.verdict, ruling.key, ruling.need) == expected
    assert ruling.amount_minor == 4_000


@pytest.mark.parametrize(
    ("action", "expected"),
    [
        ({"kind": "not_received"}, ("allow", "permitted", None)),
        ({"kind": "damaged", "shipment": "s1"}, ("allow", "permitted", None)),
        ({}, ("review", "kind_needed", "kind")),
        ({"kind": "bored"}, ("deny", "kind_unknown", None)),
        ({"kind": "lost", "shipment": "s9"}, ("deny", "malformed", None)),
    ],
)
def test_a_claim(action: dict[str, str], expected: tuple[str, str, str | None]) -> None:
    assert told(rule({"name": "open_claim", **action}, order()))[:3] == expected


@pytest.mark.parametrize(
    ("past", "need"),
    [(History(), "agent"), (History(replacements_12m=1), "agent"), (History(replacements_12m=2), "senior")],
)
def test_a_run_of_replacements_is_a_supervisors_matter(past: History, need: str) -> None:
    assert rule({"name": "reship", "lines": [one()], "reason": "not_received"}, lost(), past=past).need == need


# The hash


def test_the_hash_holds_while_nothing_changes_but_time() -> None:
    first = rule(back(), order())
    assert rule(back(), replace(order(), as_of=ARRIVED + 9 * DAY), now=ARRIVED + 9 * DAY).hash == first.hash
    assert rule(back(), order(), past=History(orders_12m=4)).hash == first.hash


@pytest.mark.parametrize(
    "other",
    [
        rule(back(), order(line(price=4_001))),
        rule(back("size_large"), order()),
        rule(back(lines=[one(opened=False)]), order()),
        rule(back(), order(), rules=policy("version: two\nvip: {extra_days: 16}")),
        rule(back(), order(), past=History(sum_refunds_30d_minor=40_000)),
        rule(back(), order(), who=customer(vip=True)),
        rule(back(), order(tags=("gift",))),
        rule(back(), order(), now=ARRIVED + 31 * DAY),
    ],
)
def test_one_unit_of_difference_is_another_hash(other: Ruling) -> None:
    assert other.hash != rule(back(), order()).hash


# Whatever comes in

json = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**18), 10**18) | st.floats(allow_nan=False) | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
keys = st.sampled_from(
    ["lines", "reason", "outcome", "method", "amount", "address", "delivered_on", "customer", "shipment", "kind",
     "statement", "subscription", "photo", "approved", "order"]
)  # fmt: skip
lines = st.lists(
    st.fixed_dictionaries(
        {"line": st.sampled_from(["l1", "l2", "l9"]), "quantity": st.integers(-1, 5)},
        optional={
            "to_sku": st.sampled_from(["SKU-l1", "SKU-l1-BLUE", "X"]),
            "opened": st.booleans(),
            "worn": st.booleans(),
        },
    ),
    max_size=3,
)
sensible = st.fixed_dictionaries(
    {"name": st.sampled_from(sorted(ACTIONS)), "lines": lines},
    optional={
        "reason": st.sampled_from([*(each.value for each in FAULTS), "unwanted", "late", "price_drop"]),
        "outcome": st.sampled_from(["refund", "store_credit", "exchange", "repair"]),
        "method": st.sampled_from(["original", "card_1", "gift_1", "store_credit", "card_9"]),
        "amount": st.integers(0, 20_000),
        "kind": st.sampled_from(["lost", "trace", "x"]),
    },
)
hostile = st.builds(
    lambda name, rest: {**rest, "name": name},
    st.sampled_from(sorted(ACTIONS)) | st.text(max_size=9),
    st.dictionaries(keys, json),
)


def held_order(price: int, quantity: int, refunded: int, is_here: bool, discount: int, shipping: int) -> OrderSnapshot:
    """An order of two lines that is here, or has not left, of which something was paid back."""
    counts: dict[str, Any] = {} if is_here else {"fulfilled": 0, "delivered": 0}
    made = order(
        line(price=price, quantity=quantity, **counts), line("l2", **counts), discount=min(discount, price),
        shipping=shipping, refunds=(Refund("r", ARRIVED, usd(refunded), RefundStatus.PENDING, "original"),),
    )  # fmt: skip
    return made if is_here else replace(made, fulfilment=FulfilmentPhase.UNFULFILLED, shipments=())


orders = st.builds(
    held_order, st.integers(0, 9_000), st.integers(1, 4), st.integers(0, 3_000), st.booleans(), st.integers(0, 900),
    st.integers(0, 900),
)  # fmt: skip
pasts = st.builds(
    History,
    sum_refunds_30d_minor=st.integers(0, 60_000),
    refunds_30d=st.integers(0, 4),
    complaints_30d=st.integers(0, 3),
    replacements_12m=st.integers(0, 3),
    paid_today_minor=st.integers(0, 250_000),
    in_flight_minor=st.integers(0, 5_000),
    is_abuse_flagged=st.booleans(),
    has_legal_signal=st.booleans(),
)


@pytest.mark.parametrize(
    "odd", [10**30, -(10**30), float("inf"), float("nan"), "\ud800", b"x", {1: {2}}, [[["deep"]]], object, "x" * 10**6]
)
@pytest.mark.parametrize("key", ["lines", "reason", "amount", "method", "address", "name", "photo", "else"])
def test_what_json_cannot_hold_is_refused_too(key: str, odd: object) -> None:
    ruling = rule({**back(), "name": "refund", key: odd}, order())
    assert not ruling.is_open
    assert len(ruling.hash) == 64


@settings(max_examples=150, deadline=None)
@given(hostile | sensible, st.none() | orders, pasts)
def test_the_judge_answers_whatever_it_is_asked(
    action: dict[str, Any], held: OrderSnapshot | None, past: History
) -> None:
    ruling = rule(action, held, past=past)
    assert ruling.hash == rule(action, held, past=past).hash
    assert ruling.verdict != "review" or ruling.need != "none" or ruling.ask is not None
    assert ruling.verdict != "deny" or ruling.need == "none"


@settings(max_examples=150, deadline=None)
@given(sensible, orders, pasts)
def test_what_is_open_stays_within_what_is_left_and_within_the_limits(
    action: dict[str, Any], held: OrderSnapshot, past: History
) -> None:
    ruling = rule(action, held, past=past)
    if not ruling.is_open or action["name"] in FREE | READING:
        return
    bonus = max((each.bonus_minor for each in ruling.decision.totals), default=0) if ruling.decision else 0
    if action["name"] in ("refund", "cancel_order", "start_return"):
        assert ruling.amount_minor <= facts.available(held) - past.in_flight_minor + bonus
    assert (
        past.paid_today_minor + ruling.amount_minor <= SHIPPED.limits.bot_daily_refund_total or not ruling.amount_minor
    )
    assert past.sum_refunds_30d_minor + ruling.amount_minor <= 30_000
    assert past.complaints_30d < 2
    assert not past.has_legal_signal


@settings(max_examples=200, deadline=None)
@given(sensible, orders, pasts, st.integers(0, 50_000), st.integers(0, 3))
def test_a_heavier_past_never_opens_anything(
    action: dict[str, Any], held: OrderSnapshot, past: History, more: int, complaints: int
) -> None:
    heavier = replace(
        past,
        sum_refunds_30d_minor=past.sum_refunds_30d_minor + more,
        complaints_30d=past.complaints_30d + complaints,
        paid_today_minor=past.paid_today_minor + more,
        in_flight_minor=past.in_flight_minor + more,
    )
    light, heavy = rule(action, held, past=past), rule(action, held, past=heavier)
    assert light.is_open or not heavy.is_open
    if light.verdict == heavy.verdict == "allow":
        assert approval.RANK.index(heavy.need) >= approval.RANK.index(light.need)


@settings(deadline=None)
@given(st.integers(1, 9_000), st.integers(1, 5), st.integers(0, 500))
def test_pieces_sent_back_one_by_one_come_to_the_whole(price: int, quantity: int, discount: int) -> None:
    free = policy(
        "outcomes: {refund: {label: {kind: merchant}}}\napproval: []\nlimits: {bot_refunds_per_customer_30d: 99}"
    )
    held = order(line(price=price, quantity=quantity), discount=min(discount, price))
    whole = rule(back(lines=[one(quantity)]), held, rules=free).amount_minor
    parts = 0
    for done in range(quantity):
        gone = replace(held, lines=(counted(held.lines[0], returned=done),))
        parts += rule(back(), gone, rules=free).amount_minor
    assert parts == whole == held.totals.total.amount_minor
