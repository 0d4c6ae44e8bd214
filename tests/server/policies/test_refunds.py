"""Refund arithmetic: worked cases to the unit, and the laws that hold for every split."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.policies import refunds
from server.policies.refunds import Charges, Worth

amounts = st.integers(0, 10**9)
quick = settings(max_examples=60, deadline=None)


def test_an_order_discount_is_spread_by_gross_value() -> None:
    assert refunds.allocate(1000, (5997, 4500)) == (571, 429)


def test_leftover_units_go_to_the_largest_remainder() -> None:
    assert refunds.allocate(1000, (3333, 3333, 3334)) == (333, 333, 334)


def test_ties_go_to_the_lower_index() -> None:
    assert refunds.allocate(1, (1, 1)) == (1, 0)


def test_free_lines_get_no_discount_and_nothing_divides_by_zero() -> None:
    assert refunds.allocate(500, (0, 0)) == (0, 0)


@pytest.mark.parametrize(("count", "net", "tax"), [(1, 1809, 149), (2, 3617, 299), (3, 5426, 448)])
def test_part_of_a_line_comes_back(count: int, net: int, tax: int) -> None:
    assert (refunds.part(5426, 3, 0, count), refunds.part(448, 3, 0, count)) == (net, tax)


def test_tax_of_a_discounted_line() -> None:
    assert [refunds.rate(net, 825) for net in (5426, 4071)] == [448, 336]


def test_pieces_returned_one_at_a_time_add_up_to_the_line() -> None:
    steps = [(refunds.part(5426, 3, done, 1), refunds.part(448, 3, done, 1)) for done in range(3)]
    assert steps == [(1809, 149), (1808, 150), (1809, 149)]


def test_tax_inside_a_price() -> None:
    assert refunds.tax_within(2999, 2000) == 500


def test_fees_are_taken_off() -> None:
    fee = refunds.rate(1809, 1000)
    due = refunds.payable(Worth(1809, 149), Charges(restocking=fee, label=499), 10_000)
    assert (fee, due.amount) == (181, 1278)


@pytest.mark.parametrize(
    ("ranking", "expected"),
    [
        (("gift_card", "card"), {"gift_card": 3000, "card": 1000}),
        (("card", "gift_card"), {"gift_card": 0, "card": 4000}),
    ],
)
def test_tenders_get_back_in_the_policys_order(ranking: tuple[str, ...], expected: dict[str, int]) -> None:
    assert refunds.split_in_order(4000, {"gift_card": 3000, "card": 5000}, ranking) == expected


def test_a_broken_promotion_pro_rata_pays_what_was_paid() -> None:
    assert refunds.broken_promotion(4800, 3, 1, 4000, "pro_rata") == 1600


def test_a_broken_promotion_recomputed_prices_what_is_kept() -> None:
    assert refunds.broken_promotion(4800, 3, 1, 4000, "recompute") == 800


def test_a_recomputed_promotion_never_goes_below_nothing() -> None:
    assert refunds.broken_promotion(3000, 3, 1, 4000, "recompute") == 0


def test_the_bonus_on_store_credit() -> None:
    assert 1832 + refunds.bonus(1832, 1000, 2000) == 2015


def test_the_bonus_stops_at_its_cap() -> None:
    assert refunds.bonus(90_000, 1000, 2000) == 2000


def test_no_more_is_paid_than_is_left_of_the_captured_money() -> None:
    due = refunds.payable(Worth(1200), Charges(), 5000 - 4500)
    assert (due.amount, due.is_capped) == (500, True)


def test_charges_that_eat_the_refund_are_said_so() -> None:
    due = refunds.payable(Worth(400), Charges(label=499), 5000)
    assert (due.amount, due.is_eaten_by_charges) == (0, True)


@pytest.mark.parametrize(("new", "discount", "owed"), [(4500, 0, 500), (3000, 0, -1000), (5000, 2000, 0)])
def test_an_exchange_costs_the_difference(new: int, discount: int, owed: int) -> None:
    assert refunds.exchange_difference(4000, new, discount) == owed


def test_the_platforms_amounts_are_taken_within_one_unit() -> None:
    assert refunds.agreed((1809, 1808), (1808, 1809)) == (1808, 1809)


def test_a_larger_difference_to_the_platform_stops() -> None:
    assert refunds.agreed((1809,), (1811,)) is None


@pytest.mark.parametrize(("currency", "decimals"), [("USD", 2), ("JPY", 0), ("KWD", 3)])
def test_currencies_know_their_decimals(currency: str, decimals: int) -> None:
    assert refunds.exponent(currency) == decimals


@pytest.mark.parametrize(("quantity", "done", "count"), [(3, 2, 2), (0, 0, 0), (2, -1, 1)])
def test_a_part_lies_within_its_line(quantity: int, done: int, count: int) -> None:
    with pytest.raises(ValueError, match="within its line"):
        refunds.part(100, quantity, done, count)


def test_a_tender_never_gets_back_more_than_it_paid() -> None:
    with pytest.raises(ValueError, match="more than it paid"):
        refunds.split_in_order(9000, {"card": 5000}, ("card",))


@quick
@given(amounts, st.lists(st.integers(0, 10**6), min_size=1, max_size=8))
def test_allocated_parts_add_up_to_the_whole(total: int, weights: list[int]) -> None:
    assert sum(refunds.allocate(total, weights)) == (total if sum(weights) else 0)


@quick
@given(amounts, st.lists(st.integers(1, 9), min_size=1, max_size=6))
def test_however_a_line_is_split_its_parts_add_up(total: int, steps: list[int]) -> None:
    quantity, done, paid = sum(steps), 0, 0
    for step in steps:
        paid += refunds.part(total, quantity, done, step)
        done += step
    assert paid == total


@quick
@given(amounts, amounts, amounts, st.integers(-1000, 10**9))
def test_a_payment_stays_within_what_is_left(net: int, tax: int, fee: int, left: int) -> None:
    assert 0 <= refunds.payable(Worth(net, tax), Charges(label=fee), left).amount <= max(0, left)


@quick
@given(st.dictionaries(st.sampled_from("abcd"), st.integers(0, 10**6), min_size=1), st.data())
def test_both_splits_give_each_tender_its_share_and_no_more(paid: dict[str, int], data: st.DataObject) -> None:
    due = data.draw(st.integers(0, sum(paid.values())))
    for split in (refunds.split_in_order(due, paid, ("b", "a")), refunds.split_in_proportion(due, paid)):
        assert sum(split.values()) == due
        assert all(split[name] <= paid[name] for name in paid)
