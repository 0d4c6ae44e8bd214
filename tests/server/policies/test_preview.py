"""What an approval will pay, part by part: it adds up to the minor unit whatever the order, and says where the money goes."""

from functools import cache
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.commerce.model import OrderSnapshot, Payment, PaymentMethod, PaymentState, Refund, RefundStatus
from server.policies.asked import asked
from server.policies.decision import History
from server.policies.file import loads
from server.policies.judge import judge
from server.policies.preview import Preview, preview
from server.policies.shape import Policy
from tests.server.policies.orders import ARRIVED, customer, line, order, usd

OPEN = """
approval: []
limits: {bot_daily_refund_total: 100000000, bot_refunds_per_customer_30d: 1000}
zones: [{id: all, match: {country: ["*"]}}]
actions: {start_return: {refund_to: [original, gift_card_on_file]}, cancel_order: {states: any}, refund: {states: any}}
"""


@cache
def under(text: str) -> Policy:
    """A policy, read once."""
    return loads(text)


def shown(one: OrderSnapshot, text: str = OPEN, **action: Any) -> Preview:
    """The preview of an action on an order, and the amount of the ruling beside it."""
    policy = under(text)
    flat = {"order": one.number, **action}
    ruling = judge(policy, flat, one, customer(), {}, History(), ARRIVED)
    made = preview(policy, asked(flat, one), one, customer(), ruling, action.get("method", "original"))
    assert sum(part.amount_minor for part in made.parts) == ruling.amount_minor
    assert sum(share for _, share in made.to) == ruling.amount_minor
    return made


def parts(made: Preview) -> list[tuple[str, int]]:
    return [(part.kind, part.amount_minor) for part in made.parts]


def returning(quantity: int = 1, **more: Any) -> dict[str, Any]:
    lines = [{"line": "l1", "sku": "SKU-l1", "quantity": quantity}]
    return {
        "name": "start_return",
        "lines": lines,
        "reason": "unwanted",
        "outcome": "refund",
        "method": "original",
        **more,
    }


def test_a_return_shows_goods_tax_and_what_is_taken_off() -> None:
    text = f"{OPEN}\nfees: {{restocking: [{{bp: 1000}}]}}"
    made = shown(order(line(price=4_000, quantity=2), tax=660), text, **returning())
    assert parts(made) == [("goods", 4_000), ("tax", 330), ("restocking", -400), ("label", -499)]
    assert (made.parts[0].title, made.parts[0].quantity) == ("Thing l1", 1)
    assert made.to == (("Visa 4242", 3_431),)


def test_store_credit_shows_its_bonus_and_goes_to_store_credit() -> None:
    made = shown(order(line(price=4_000)), **returning(outcome="store_credit", method="store_credit"))
    assert parts(made) == [("goods", 4_000), ("bonus", 400)]
    assert made.to == (("store credit", 4_400),)


def test_a_gift_card_on_file_is_named() -> None:
    made = shown(order(line(price=4_000)), **returning(method="gift_1"))
    assert made.to == (("Gift card", 3_501),)


def test_a_cancellation_shows_delivery_and_what_went_back_before() -> None:
    before = Refund("F1", ARRIVED, usd(1_000), RefundStatus.SUCCEEDED, "original")
    made = shown(order(line(price=4_000), shipping=500, refunds=(before,)), name="cancel_order", reason="other")
    assert parts(made) == [("goods", 4_000), ("shipping", 500), ("before", -1_000)]


def test_money_to_several_means_of_payment_of_which_nobody_knows_the_shares_is_said_so() -> None:
    methods = (PaymentMethod("card_1", "card", "Visa"), PaymentMethod("gift_9", "gift_card", "Gift"))
    one = order(line(price=4_000), payment=Payment(PaymentState.PAID, methods))
    assert shown(one, **returning()).to == (("the way it was paid", 3_501),)


@pytest.mark.parametrize("name", ["change_address", "open_claim"])
def test_what_pays_nothing_shows_nothing(name: str) -> None:
    assert shown(order(), name=name) == Preview((), ())


@given(
    price=st.integers(1, 99_999),
    quantity=st.integers(1, 5),
    back=st.integers(1, 5),
    tax=st.integers(0, 9_999),
    discount=st.integers(0, 5_000),
    bp=st.sampled_from([0, 333, 1_500, 10_000]),
    shipping=st.integers(0, 2_000),
    name=st.sampled_from(["start_return", "cancel_order"]),
    reason=st.sampled_from(["unwanted", "defective"]),
    how=st.sampled_from(["pro_rata", "recompute"]),
)
def test_the_parts_add_up_whatever_the_order(
    price: int,
    quantity: int,
    back: int,
    tax: int,
    discount: int,
    bp: int,
    shipping: int,
    name: str,
    reason: str,
    how: str,
) -> None:
    off = min(discount, price * quantity)
    one = order(line(price=price, quantity=quantity), tax=tax, discount=off, shipping=shipping)
    text = f"{OPEN}\nfees: {{restocking: [{{bp: {bp}}}]}}\npromo_break: {how}"
    shown(one, text, **(returning(min(back, quantity), reason=reason) | {"name": name}))
