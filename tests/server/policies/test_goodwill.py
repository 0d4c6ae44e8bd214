"""Goodwill: credits for lateness, the days until a parcel counts as lost, and prices that fell."""

from datetime import timedelta

import pytest

from server.policies.goodwill import late_credit, lost_after, price_adjustment
from tests.server.policies.orders import PLACED, counted, line, order, policy

STEPS = policy("late: {goodwill: [{late_days: 2, credit: 500}, {late_days: 5, credit: 1500}]}")
ADJUSTING = policy("price_adjustment: {days: 14}")


@pytest.mark.parametrize(("days", "credit"), [(0, 0), (1, 0), (2, 500), (4, 500), (5, 1500), (50, 1500)])
def test_the_credit_grows_with_the_days(days: int, credit: int) -> None:
    assert late_credit(STEPS, days) == credit


@pytest.mark.parametrize(("abroad", "days"), [(False, 10), (True, 20)])
def test_a_parcel_counts_as_lost_later_abroad(abroad: bool, days: int) -> None:
    assert lost_after(policy(), is_cross_border=abroad) == days


@pytest.mark.parametrize(("days", "price", "given"), [(3, 3_500, 1_000), (3, 4_500, 0), (15, 3_500, None)])
def test_a_fallen_price_is_paid_back_for_two_weeks(days: int, price: int, given: int | None) -> None:
    held = order(line(quantity=2))
    assert price_adjustment(ADJUSTING, held, held.lines[0], price, PLACED + timedelta(days=days)) == given


def test_what_went_back_gets_no_adjustment() -> None:
    held = order(counted(line(quantity=2), returned=1))
    assert price_adjustment(ADJUSTING, held, held.lines[0], 3_500, PLACED) == 500


def test_the_shipped_policy_offers_no_adjustment() -> None:
    held = order()
    assert price_adjustment(policy(), held, held.lines[0], 1, PLACED) is None


def test_no_rate_is_guessed_for_another_currency() -> None:
    held = order(line(currency="EUR"), currency="EUR")
    assert price_adjustment(ADJUSTING, held, held.lines[0], 1, PLACED) is None
