"""Who must agree: every shipped line, the highest need, and amounts in another currency."""

from dataclasses import fields, replace

import pytest

from server.policies.approval import Case, highest, needed
from server.policies.conditions import NAMES
from tests.server.policies.orders import policy

SHIPPED = policy()
CALM = Case("USD", refund=4_000)


@pytest.mark.parametrize(
    ("case", "need"),
    [
        (CALM, "none"),
        (replace(CALM, refund=10_000), "none"),
        (replace(CALM, refund=10_001), "agent"),
        (replace(CALM, refund=50_001), "two_person"),
        (replace(CALM, goodwill=1_501), "agent"),
        (replace(CALM, verdict="review"), "agent"),
        (replace(CALM, vip=True), "senior"),
        (replace(CALM, complaint_no_30d=2), "senior"),
        (replace(CALM, legal_signal=True), "senior"),
        (replace(CALM, public_post_signal=True), "senior"),
        (replace(CALM, sum_refunds_30d=30_001), "senior"),
        (replace(CALM, replacement_no_12m=2), "senior"),
        (replace(CALM, refund=50_001, vip=True), "two_person"),
    ],
)
def test_the_shipped_lines(case: Case, need: str) -> None:
    assert needed(SHIPPED, case).need == need


def test_the_lines_that_asked_are_named() -> None:
    rules = policy('approval: [{id: big, when: "refund > 100", need: agent}, {when: "vip", need: senior}]')
    assert needed(rules, CALM).rules == ("big",)


def test_another_currency_needs_a_person() -> None:
    assert needed(SHIPPED, replace(CALM, currency="EUR")).rules == ("other_currency",)


def test_nothing_to_pay_needs_no_comparison() -> None:
    assert needed(SHIPPED, Case("EUR")).need == "none"


def test_the_highest_need_wins() -> None:
    assert highest("agent", "two_person", "senior") == "two_person"


def test_every_name_of_the_language_has_its_fact() -> None:
    known = {field.name for field in fields(Case)} | {"amount"}
    assert set(NAMES) <= known


def test_amount_is_everything_together() -> None:
    rules = policy('approval: [{when: "amount > 100", need: agent}]')
    assert needed(rules, Case("USD", refund=50, goodwill=30, reship_value=21)).need == "agent"
