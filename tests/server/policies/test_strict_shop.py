"""A shop with few and firm rules: two reasons to cancel, one change of items, refunds to the source or a gift card on file."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from server.commerce.model import (
    Change,
    CustomerRecord,
    FulfilmentPhase,
    OrderSnapshot,
    Payment,
    PaymentMethod,
    PaymentState,
    Product,
    Return,
    ReturnLine,
    ReturnOutcome,
    ReturnStatus,
)
from server.policies import identity
from server.policies.decision import History
from server.policies.file import describe, warnings
from server.policies.judge import Ruling, judge
from tests.server.policies.orders import ARRIVED, customer, line, order, policy, product

TEXT = """
version: strict-1
zones: [{id: everywhere, match: {country: ["*"]}, law: none}]
outcomes:
  refund: {window_days: unlimited, label: {kind: merchant}}
  credit: {enabled: false}
  exchange: {window_days: unlimited}
exchange: {keep_discount: false}
holiday: null
approval: []
limits: {bot_daily_refund_total: 100000000, bot_refunds_per_customer_30d: 100}
identity:
  read_order: {any_of: [[email], [name, zip]]}
  write: {any_of: [[email], [name, zip]]}
actions:
  cancel_order:
    states: [unfulfilled]
    reasons: [no longer needed, ordered by mistake]
    refund_to: [original, gift_card_on_file]
    refund_to_by: choice
  change_address: {states: [unfulfilled], profile: true}
  change_payment: {states: [unfulfilled], methods: on_file, balance_covers: true}
  change_items: {states: [unfulfilled], scope: same_product, times: 1, in_stock: true, difference: stored_method}
  start_return: {states: [delivered], refund_to: [original, gift_card_on_file], refund_to_by: choice}
  start_exchange: {states: [delivered], scope: same_product, times: 1, in_stock: true, difference: stored_method}
"""
STRICT = policy(TEXT)
LAMP = product(
    variants={
        "SKU-l1": (4_000, 5),
        "SKU-l1-BLUE": (4_500, 5),
        "SKU-l1-RED": (3_500, 5),
        "SKU-l1-GOLD": (12_000, 5),
        "SKU-l1-GONE": (4_000, 0),
    }
)
CHAIR = product("p-other", variants={"CHAIR": (4_000, 5)})
PRODUCTS = {one.id: one for one in (LAMP, CHAIR)}


def pending(**more: object) -> OrderSnapshot:
    """An order that has not left."""
    plain = order(line(fulfilled=0, delivered=0), shipments=(), fulfilment=FulfilmentPhase.UNFULFILLED)
    return replace(plain, **more)  # type: ignore[arg-type]  # a test's own keywords


def rule(
    action: Mapping[str, Any],
    held: OrderSnapshot | None,
    who: CustomerRecord | None = None,
    products: Mapping[str, Product] = PRODUCTS,
) -> Ruling:
    return judge(STRICT, action, held, who or customer(), products, History(), ARRIVED)


def told(ruling: Ruling) -> tuple[str, str, str | None]:
    return ruling.verdict, ruling.key, ruling.ask


def items(name: str, to_sku: str | None = "SKU-l1-BLUE", method: str | None = "card_1", **more: Any) -> dict[str, Any]:
    entry: dict[str, Any] = {"line": "l1", "sku": "SKU-l1", "quantity": 1}
    if to_sku:
        entry["to_sku"] = to_sku
    return {"name": name, "order": "#1042", "lines": [entry], **({"method": method} if method else {}), **more}


# Cancelling


@pytest.mark.parametrize(
    ("reason", "expected"),
    [
        (None, ("review", "reason_needed", "reason")),
        ("no longer needed", ("allow", "permitted", None)),
        ("Ordered by mistake", ("allow", "permitted", None)),
        ("found it cheaper", ("deny", "reason_not_accepted", None)),
        ("", ("review", "reason_needed", "reason")),
    ],
)
def test_only_two_reasons_cancel(reason: str | None, expected: tuple[str, str, str | None]) -> None:
    action = {"name": "cancel_order", "order": "#1042", "reason": reason, "method": "original"}
    assert told(rule(action, pending())) == expected


@pytest.mark.parametrize("phase", [phase for phase in FulfilmentPhase if phase is not FulfilmentPhase.UNFULFILLED])
def test_what_was_begun_is_not_cancelled(phase: FulfilmentPhase) -> None:
    action = {"name": "cancel_order", "order": "#1042", "reason": "no longer needed", "method": "original"}
    assert rule(action, pending(fulfilment=phase)).verdict != "allow"


def test_a_cancellation_gives_back_what_was_paid() -> None:
    action = {"name": "cancel_order", "order": "#1042", "reason": "no longer needed", "method": "original"}
    ruling = rule(action, pending())
    assert (ruling.amount_minor, ruling.currency, ruling.is_open) == (4_000, "USD", True)


@pytest.mark.parametrize(
    ("name", "method", "expected"),
    [
        ("cancel_order", None, ("review", "refund_to_needed", "refund_to")),
        ("cancel_order", "gift_1", ("allow", "permitted", None)),
        ("cancel_order", "card_1", ("allow", "permitted", None)),
        ("cancel_order", "card_9", ("deny", "refund_to_not_allowed", None)),
        ("cancel_order", "store_credit", ("deny", "refund_to_not_allowed", None)),
        ("start_return", None, ("review", "refund_to_needed", "refund_to")),
        ("start_return", "gift_1", ("allow", "within_window", None)),
        ("start_return", "original", ("allow", "within_window", None)),
        ("start_return", "card_9", ("deny", "refund_to_not_allowed", None)),
    ],
)
def test_money_goes_to_the_source_or_to_a_gift_card_on_file(
    name: str, method: str | None, expected: tuple[str, str, str | None]
) -> None:
    held = order() if name == "start_return" else pending()
    action = items(name, None, method, reason="no longer needed")
    assert told(rule(action, held)) == expected


def test_without_a_gift_card_on_file_nothing_is_asked() -> None:
    who = customer(payment_methods=(PaymentMethod("card_1", "card", "Visa 4242"),))
    assert told(rule(items("start_return", None, None), order(), who)) == ("allow", "within_window", None)


# Changing items, and exchanging


@pytest.mark.parametrize(
    ("to_sku", "method", "expected"),
    [
        ("SKU-l1-BLUE", "card_1", ("allow", None)),
        ("SKU-l1-BLUE", "gift_1", ("allow", None)),
        ("SKU-l1-RED", "gift_1", ("allow", None)),
        ("SKU-l1-GOLD", "card_1", ("allow", None)),
        ("SKU-l1-GOLD", "gift_1", ("deny", "balance_too_low")),
        ("SKU-l1-BLUE", None, ("review", "method_needed")),
        ("SKU-l1-BLUE", "card_9", ("deny", "method_not_on_file")),
        ("CHAIR", "card_1", ("deny", "out_of_scope")),
        ("SKU-l1-GONE", "card_1", ("deny", "out_of_stock")),
        (None, "card_1", ("review", "to_sku_needed")),
    ],
)
@pytest.mark.parametrize("name", ["change_items", "start_exchange"])
def test_what_an_item_may_become(
    name: str, to_sku: str | None, method: str | None, expected: tuple[str, str | None]
) -> None:
    held = order() if name == "start_exchange" else pending()
    ruling = rule(items(name, to_sku, method), held)
    verdict, key = expected
    assert ruling.verdict == verdict
    assert key is None or ruling.key == key


@pytest.mark.parametrize(
    ("to_sku", "difference", "amount"), [("SKU-l1-BLUE", 500, 0), ("SKU-l1-RED", -500, 500), ("SKU-l1-GOLD", 8_000, 0)]
)
@pytest.mark.parametrize("name", ["change_items", "start_exchange"])
def test_the_difference_is_told_and_what_goes_back_counts_as_money(
    name: str, to_sku: str, difference: int, amount: int
) -> None:
    held = order() if name == "start_exchange" else pending()
    ruling = rule(items(name, to_sku), held)
    assert (ruling.difference_minor, ruling.amount_minor, ruling.is_open) == (difference, amount, True)


def test_items_are_changed_once() -> None:
    held = pending(changes=(Change(ARRIVED, "items"),))
    assert told(rule(items("change_items"), held)) == ("deny", "too_often", None)


def test_an_order_is_exchanged_once() -> None:
    done = Return("r1", ARRIVED, ReturnStatus.APPROVED, ReturnOutcome.EXCHANGE, (ReturnLine("l2", 1),))
    held = order(line("l1"), line("l2"), returns=(done,))
    assert told(rule(items("start_exchange"), held)) == ("deny", "too_often", None)


@pytest.mark.parametrize(
    ("name", "held"), [("change_items", order()), ("start_exchange", pending()), ("start_return", pending())]
)
def test_each_action_has_its_state(name: str, held: OrderSnapshot) -> None:
    assert rule(items(name, None if name == "start_return" else "SKU-l1-BLUE", "original"), held).verdict == "deny"


# Payment and address


@pytest.mark.parametrize(
    ("method", "expected"),
    [
        ("gift_1", ("allow", "permitted", None)),
        ("card_2", ("allow", "permitted", None)),
        ("gift_2", ("deny", "balance_too_low", None)),
        ("card_1", ("deny", "same_method", None)),
        ("card_9", ("deny", "method_not_on_file", None)),
        (None, ("review", "method_needed", "method")),
    ],
)
def test_another_stored_method_pays(method: str | None, expected: tuple[str, str, str | None]) -> None:
    who = customer(
        payment_methods=(
            PaymentMethod("card_1", "card", "Visa 4242"),
            PaymentMethod("card_2", "card", "Visa 1111"),
            PaymentMethod("gift_1", "gift_card", "Gift card", 5_000),
            PaymentMethod("gift_2", "gift_card", "Gift card", 3_999),
        )
    )
    action = {"name": "change_payment", "order": "#1042", **({"method": method} if method else {})}
    assert told(rule(action, pending(), who)) == expected


ADDRESS = {"line1": "5 Oak Ave", "city": "Austin", "region": "TX", "zip": "78701", "country": "US"}


@pytest.mark.parametrize(
    ("held", "address", "expected"),
    [
        (pending(), ADDRESS, ("allow", "permitted", None)),
        (order(), ADDRESS, ("deny", "wrong_state", None)),
        (pending(), None, ("review", "address_needed", "address")),
        (pending(), {"city": "Austin"}, ("review", "address_incomplete", "address")),
        (None, ADDRESS, ("allow", "permitted", None)),
        (None, None, ("review", "address_needed", "address")),
    ],
)
def test_an_address_changes_before_it_left_and_on_the_profile(
    held: OrderSnapshot | None, address: dict[str, str] | None, expected: tuple[str, str, str | None]
) -> None:
    action: dict[str, Any] = {"name": "change_address", "address": address}
    action |= {"order": "#1042"} if held else {"customer": "c1"}
    assert told(rule(action, held)) == expected


def test_another_customers_profile_is_not_changed() -> None:
    action = {"name": "change_address", "address": ADDRESS, "customer": "c2"}
    assert told(rule(action, None)) == ("deny", "customer_unknown", None)


# Who asks


@pytest.mark.parametrize("action", ["read_order", "cancel_order", "start_return", "change_address", "change_items"])
@pytest.mark.parametrize(
    ("proofs", "is_open"),
    [
        ({"email"}, True),
        ({"name", "zip"}, True),
        ({"name"}, False),
        ({"zip", "order_number"}, False),
        ({"order_number"}, False),
        (set(), False),
    ],
)
def test_an_address_or_name_and_postal_code_prove_the_customer(action: str, proofs: set[str], is_open: bool) -> None:
    assert identity.allows(STRICT, action, frozenset(proofs)) is is_open
    assert identity.scope(STRICT, action, frozenset(proofs)) == ("customer" if is_open else "none")


def test_large_sums_need_nobody_here() -> None:
    held = order(line(price=900_000))
    ruling = rule(items("start_return", None, "original"), held)
    assert (ruling.verdict, ruling.need, ruling.amount_minor) == ("allow", "none", 900_000)


def test_paid_by_a_gift_card_the_source_is_that_card() -> None:
    gift = PaymentMethod("gift_1", "gift_card", "Gift card", 0)
    held = pending(payment=Payment(PaymentState.PAID, (gift,)))
    action = {"name": "cancel_order", "order": "#1042", "reason": "no longer needed"}
    assert told(rule(action, held)) == ("allow", "permitted", None)


def test_the_file_tells_its_rules_and_what_it_weakens() -> None:
    sentences = " ".join(describe(STRICT))
    assert "no longer needed or ordered by mistake" in sentences
    assert "within the same product" in sentences
    assert any("proves less" in each for each in warnings(STRICT))
