"""Which share of which line goes back: the parts always add up to the amount that the shopper was told."""

from decimal import Decimal
from typing import Any

import pytest

from server.commerce.connectors.woocommerce.refunding import refund_body, shares_of
from server.commerce.model import LineQuantity
from server.errors import StoreRefused
from tests.server.commerce.connectors.woocommerce.orders import a_refund, a_woo_order, an_item

ORDER = a_woo_order(
    line_items=[
        an_item(),
        an_item(id=13, quantity=1, total="40.71", total_tax="3.36", taxes=[{"id": 3, "total": "3.36"}]),
    ]
)


def line(quantity: int, line_id: str = "12") -> LineQuantity:
    """So many of the scarves."""
    return LineQuantity(line_id, quantity)


def refunded(quantity: int) -> dict[str, Any]:
    """An earlier refund of so many scarves."""
    entry = {"id": 88, "quantity": -quantity, "total": "-1", "meta_data": [{"key": "_refunded_item_id", "value": "12"}]}
    return a_refund(line_items=[entry])


def parts(
    amount: int, *lines: LineQuantity, earlier: tuple[dict[str, Any], ...] = ()
) -> list[tuple[int, int, list[int]]]:
    """(line, net, taxes) of each share."""
    shares = shares_of(ORDER, earlier, amount, lines, 2)
    assert not shares or sum(sum(each.amounts) for each in shares) == amount
    return [(each.item_id, each.net, [tax for _, tax in each.taxes]) for each in shares]


@pytest.mark.parametrize(
    ("quantity", "net", "tax"),
    [(1, 1809, 149), (2, 3617, 299), (3, 5426, 448)],
)
def test_some_pieces_of_a_discounted_line(quantity: int, net: int, tax: int) -> None:
    assert parts(net + tax, line(quantity)) == [(12, net, [tax])]


def test_one_piece_after_another_adds_up_to_the_line() -> None:
    steps = [
        parts(amount, line(1), earlier=tuple(refunded(1) for _ in range(done)))
        for done, amount in enumerate((1958, 1958, 1958))
    ]
    assert steps == [[(12, 1809, [149])], [(12, 1808, [150])], [(12, 1809, [149])]]


def test_an_amount_without_lines_has_no_parts() -> None:
    assert parts(500) == []


def test_what_is_kept_as_a_fee_is_taken_from_all_parts() -> None:
    assert parts(1458, line(1)) == [(12, 1347, [111])]


def test_what_is_more_than_the_lines_is_delivery_with_its_tax() -> None:
    assert parts(5426 + 448 + 551 + 36, line(3)) == [(12, 5426, [448]), (14, 551, [36])]


def test_a_part_of_the_delivery_goes_back_in_proportion() -> None:
    assert parts(1958 + 100, line(1)) == [(12, 1809, [149]), (14, 94, [6])]


def test_delivery_goes_back_once() -> None:
    entry = {
        "id": 90,
        "total": "-5.51",
        "total_tax": "-0.36",
        "meta_data": [{"key": "_refunded_item_id", "value": "14"}],
    }
    earlier = a_refund(line_items=[], shipping_lines=[entry])
    with pytest.raises(StoreRefused, match="delivery"):
        shares_of(ORDER, (earlier,), 1958 + 100, (line(1),), 2)


def test_a_unit_of_rounding_is_no_delivery() -> None:
    assert parts(1959, line(1)) == [(12, 1810, [149])]


def test_two_lines_have_a_part_each() -> None:
    assert parts(1958 + 4407, line(1), line(1, "13")) == [(12, 1809, [149]), (13, 4071, [336])]


@pytest.mark.parametrize(
    ("amount", "lines", "earlier"),
    [
        (1958, (line(4),), ()),
        (1958, (line(0),), ()),
        (1958, (line(1, "99"),), ()),
        (3916, (line(2),), (refunded(2),)),
        (9999, (line(1),), ()),
    ],
)
def test_what_cannot_be_is_refused(
    amount: int, lines: tuple[LineQuantity, ...], earlier: tuple[dict[str, Any], ...]
) -> None:
    with pytest.raises(StoreRefused):
        shares_of(ORDER, earlier, amount, lines, 2)


def test_the_body_says_everything_that_woocommerce_would_guess() -> None:
    assert refund_body(ORDER, (), 1958, (line(1),), "too small", "k1", 2) == {
        "amount": "19.58",
        "reason": "too small",
        "api_refund": True,
        "api_restock": False,
        "line_items": [
            {
                "id": 12,
                "refund_total": Decimal("18.09"),
                "refund_tax": [{"id": 3, "refund_total": Decimal("1.49")}],
                "quantity": 1,
            }
        ],
        "meta_data": [{"key": "_cs_action_id", "value": "k1"}],
    }


def test_currencies_without_decimals_have_none() -> None:
    order = a_woo_order(
        currency="JPY", line_items=[an_item(total="3000", total_tax="300", taxes=[{"id": 3, "total": "300"}])]
    )
    body = refund_body(order, (), 1100, (line(1),), "", "k1", 0)
    assert (body["amount"], str(body["line_items"][0]["refund_total"])) == ("1100", "1000")
