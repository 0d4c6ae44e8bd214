"""What an order's lines cost: to the unit, whatever the shop's platform tells of them."""

from server.policies.facts import LineMoney, money_of
from tests.server.commerce.orders import Raw, a_line, an_order, snap


def order_of(*lines: Raw, **totals: int) -> Raw:
    """A paid order with these lines and totals."""
    return an_order(lines=list(lines), totals={"refunded": 0, **totals})


SCARVES = a_line(id="l1", quantity=3, unit_price=1809, total=5426, tax=448)
HAT = a_line(id="l2", sku="HAT", quantity=1, unit_price=4071, total=4071, tax=336)


def test_a_line_whose_total_does_not_divide_is_exact_all_the_same() -> None:
    money = money_of(snap(order_of(SCARVES, HAT, items=9497, tax=784, total=10281)))
    assert money.is_exact
    assert money.lines == {"l1": LineMoney(5426, 448, 3), "l2": LineMoney(4071, 336, 1)}


def test_the_tax_on_shipping_is_no_lines() -> None:
    money = money_of(snap(order_of(SCARVES, HAT, items=9497, shipping=1000, tax=867, total=11364)))
    assert money.is_exact
    assert [line.tax for line in money.lines.values()] == [448, 336]


def test_without_taxes_of_its_own_a_line_gets_its_share() -> None:
    bare = a_line(id="l1", quantity=2, unit_price=2500)
    money = money_of(snap(order_of(bare, items=5000, tax=400, total=5400)))
    assert money.lines == {"l1": LineMoney(5000, 400, 2)}


def test_totals_that_do_not_agree_are_no_exact_money() -> None:
    assert not money_of(snap(order_of(SCARVES, items=9497, tax=784, total=99999))).is_exact
