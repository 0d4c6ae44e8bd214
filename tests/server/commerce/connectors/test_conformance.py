"""The thirty rows of the decision table hold whatever the shop runs on: the same cases, told as life would tell them."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from typing import Final

import pytest
import pytest_asyncio

from server.commerce.wismo import ROW_FACTS, WismoAnswer, decide
from tests.server.commerce.connectors.conformance import NAMES, Shop, shops
from tests.server.commerce.orders import a_line, a_parcel, ago, shipped
from tests.server.commerce.test_wismo import (
    CASES,
    CFG,
    FRESH,
    HAT,
    LAST_MONTH,
    PERSON,
    Case,
    assert_promised_facts,
    cancelled,
    refund,
    scan,
    troubled,
    two_parcels,
    unfulfilled,
)

_BOUNCED = {"kind": "refund_bounced", "at": ago(hours=5), "amount": 5500}
_DISPUTE = {"id": "d1", "status": "needs_response"}

MORE: Final = [
    Case("two parcels, one delivered", two_parcels(scan(ago(hours=4), "delivered"), FRESH), 28),
    Case(
        "two parcels, one missent", two_parcels(FRESH, scan(ago(hours=50), "exception", reason="missort")), 28, PERSON
    ),
    Case(
        "one of two lines has left",
        unfulfilled(
            fulfilment="partially_shipped", lines=[a_line(fulfilled=2), HAT], shipments=[a_parcel(FRESH)], holds=[]
        ),
        28,
    ),
    Case("lost, and the bank is asked", shipped(scan(ago(days=2), "lost"), order={"disputes": [_DISPUTE]}), 27, PERSON),
    Case("charged twice", troubled("charged_twice"), 12, PERSON),
    Case(
        "cancelled, the refund came back",
        cancelled(
            48, refunds=refund("succeeded"), payment={"status": "refunded", "methods": [], "problems": [_BOUNCED]}
        ),
        1,
        ("person", "person"),
    ),
    Case("returned late, refunded since", shipped(scan(ago(days=9), "returned"), order=LAST_MONTH), 26, ("reminder",)),
]
"""What the table's own cases leave to other tests: several parcels, and trouble that only the payment provider tells."""

ALL: Final = [*CASES, *MORE]

_REASONS: Final = (
    ("nobody says how long the shop's checks take", "shopify woocommerce csv", "routine check, the shop's own time"),
    ("Shopify dates every fulfilment", "shopify", "nobody knows when the label was made"),
    ("its orders have no tags", "woocommerce csv", "new date, perishable"),
    ("it knows no refund that is under way", "woocommerce csv", "cancelled, refund pending"),
    ("it knows no refunds", "csv", "back, refund made"),
    ("it knows no refunds", "csv", "cancelled, the refund came back"),
)
CANNOT: Final = {(shop, case): why for why, named, case in _REASONS for shop in named.split()}
"""(connector, case) -> what neither its platform nor anybody else can tell."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def five(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Mapping[str, Shop]]:
    """The five shops."""
    async with shops(tmp_path_factory.mktemp("shops")) as found:
        yield found


async def answer(shop: Shop, case: Case) -> WismoAnswer:
    """What this shop's customers hear."""
    order = await shop.read(case.raw, ALL.index(case), case.now)
    told = zip((parcel.id for parcel in order.parcels), case.signals.told.values(), strict=False)
    signals = replace(case.signals, told=dict(told))
    return decide(order, case.now, not_received=case.not_received, cfg=CFG, signals=signals)


def outcome(given: WismoAnswer) -> tuple[int, tuple[str, ...]]:
    """The row, and who must hear of it."""
    return given.row, tuple(each.to for each in given.escalate)


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("case", ALL, ids=lambda case: f"{case.row} {case.name}")
@pytest.mark.parametrize("name", NAMES)
async def test_a_case_gets_its_row_and_only_its_escalations(five: Mapping[str, Shop], name: str, case: Case) -> None:
    """Where nobody can tell what the row depends on, another answer is proof that the exception is still needed."""
    given = await answer(five[name], case)
    assert (outcome(given) == (case.row, case.escalated)) is ((name, case.name) not in CANNOT), outcome(given)
    for result in given.parcels:
        assert_promised_facts(result)


@pytest.mark.parametrize("name", NAMES)
def test_every_row_holds_on_every_shop(name: str) -> None:
    assert {case.row for case in ALL if (name, case.name) not in CANNOT} == set(ROW_FACTS)


def test_exceptions_are_of_cases_that_there_are() -> None:
    assert {case for _, case in CANNOT} <= {case.name for case in ALL}


@pytest.mark.parametrize("case", MORE, ids=lambda case: case.name)
def test_the_further_cases_are_true_of_the_whole_document(case: Case) -> None:
    assert outcome(case.answer()) == (case.row, case.escalated)
