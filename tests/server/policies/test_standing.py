"""What a customer's orders say of them: counts, the share that came back, and each signal of the score for and against."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from server.commerce.model import (
    Dispute,
    OrderSnapshot,
    ProofOfDelivery,
    Refund,
    RefundStatus,
    Return,
    ReturnLine,
    ReturnOutcome,
    ReturnStatus,
)
from server.policies.standing import NotReceived, Standing, standing
from tests.server.policies.orders import ARRIVED, PLACED, customer, line, order, parcel, usd

NOW = ARRIVED + timedelta(days=5)


def numbered(number: int, **changes: Any) -> OrderSnapshot:
    """One order of several."""
    return order(id=f"ord_{number}", number=f"#{number}", **changes)


def returned(
    one: OrderSnapshot,
    *,
    status: ReturnStatus = ReturnStatus.REQUESTED,
    outcome: ReturnOutcome = ReturnOutcome.REFUND,
    reason: str | None = "unwanted",
) -> OrderSnapshot:
    """The order with its first line sent back."""
    piece = ReturnLine(one.lines[0].id, one.lines[0].quantities.ordered)
    return replace(one, returns=(Return("R1", NOW, status, outcome, (piece,), reason=reason),))


def of(held: Sequence[OrderSnapshot], *claims: NotReceived, is_all: bool = True, **record: Any) -> Standing:
    return standing(customer(**record), held, claims, NOW, is_all=is_all)


# Counts


def test_a_year_s_orders_are_counted_without_what_was_cancelled() -> None:
    old = numbered(1, placed_at=NOW - timedelta(days=366))
    told = of([old, numbered(2), numbered(3), numbered(4, cancelled_at=NOW)])
    assert (told.orders, told.orders_12m, told.account_days) == (3, 2, 366)


def test_the_shop_s_own_count_holds_where_it_knows_more() -> None:
    young = of([numbered(1)], orders=7, first_order_at=NOW.date() - timedelta(days=30))
    grown = of([numbered(1)], orders=7, first_order_at=NOW.date() - timedelta(days=900))
    assert [(each.orders, each.orders_12m) for each in (young, grown)] == [(7, 7), (7, 1)]
    assert grown.account_days == 900


def test_of_nobody_nothing_is_known() -> None:
    assert standing(None, [], [], NOW, is_all=True) == Standing()


# What came back


@pytest.mark.parametrize(
    ("changes", "rate"),
    [
        ({}, 2_500),
        ({"outcome": ReturnOutcome.STORE_CREDIT}, 2_500),
        ({"outcome": ReturnOutcome.EXCHANGE}, 0),
        ({"status": ReturnStatus.CANCELLED}, 0),
        ({"reason": "defective"}, 0),
        ({"reason": None}, 2_500),
    ],
)
def test_the_share_that_came_back_is_by_value_and_without_faults(changes: dict[str, Any], rate: int) -> None:
    bought = [numbered(1, lines=(line(price=3_000),)), returned(numbered(2, lines=(line(price=1_000),)), **changes)]
    assert of(bought).return_rate_bp == rate


def test_where_orders_are_missing_nobody_knows_the_share() -> None:
    assert of([numbered(1)], is_all=False).return_rate_bp is None
    assert of([numbered(1)], is_all=False, orders=2).return_rate_bp is None
    assert of([numbered(1)], is_all=False, orders=1).return_rate_bp == 0


# Signals


def signed(one: OrderSnapshot) -> OrderSnapshot:
    """The order, whose parcel was signed for."""
    return replace(one, shipments=(replace(parcel(one.lines), pod=ProofOfDelivery(signed_by="A. N.")),))


def paid_back(one: OrderSnapshot, disputed_after: int) -> OrderSnapshot:
    """Money went back, and the bank was asked so many days later."""
    refund = Refund("F1", NOW, usd(1_000), RefundStatus.SUCCEEDED, "original")
    dispute = Dispute("D1", "lost", NOW + timedelta(days=disputed_after), is_open=False)
    return replace(one, refunds=(refund,), disputes=(dispute,))


def test_claims_add_up_and_weigh_more_against_a_proof_or_made_at_once() -> None:
    late = NotReceived("ord_1", ARRIVED + timedelta(days=3))
    soon = NotReceived("ord_1", ARRIVED + timedelta(minutes=40))
    assert of([numbered(1)], late).signals == ()
    assert of([numbered(1)], late, late).signals == ("repeated_claims",)
    assert of([signed(numbered(1))], late).signals == ("claim_against_proof",)
    assert of([numbered(1)], soon).signals == ("claim_at_once",)
    assert of([signed(numbered(1))], soon, late).score == 8


def test_a_bank_that_was_asked_after_the_refund_counts_and_before_it_does_not() -> None:
    assert of([paid_back(numbered(1), 2)]).signals == ("dispute_after_refund",)
    assert of([paid_back(numbered(1), -2)]).signals == ()


def test_a_high_share_counts_over_five_orders_only() -> None:
    sent_back = [returned(numbered(each)) for each in range(5)]
    assert of(sent_back).signals == ("high_return_rate",)
    assert of(sent_back[:4]).signals == ()


def test_a_steady_customer_has_less_and_never_less_than_nothing() -> None:
    kept = [numbered(each, placed_at=PLACED - timedelta(days=400)) for each in range(5)]
    assert (of(kept).signals, of(kept).score) == (("steady",), 0)
    twice = [NotReceived("ord_1", ARRIVED + timedelta(days=3))] * 2
    assert of(kept, *twice).score == 1
