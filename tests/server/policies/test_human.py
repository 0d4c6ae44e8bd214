"""Human-only zones: every reason, its order, and the policy lines that switch it."""

import pytest

from server.policies.human import HandoffReason, Signals, Subject, is_complaint, must_hand_off, reasons
from tests.server.policies.orders import policy

SHIPPED = policy()


def about(*subjects: Subject) -> frozenset[Subject]:
    return frozenset(subjects)


@pytest.mark.parametrize(
    ("signals", "reason"),
    [
        (Signals(), None),
        (Signals(frustration=2), None),
        (Signals(frustration=3), "distress"),
        (Signals(risks=frozenset({"legal"})), "legal"),
        (Signals(risks=frozenset({"safety"})), "safety"),
        (Signals(risks=frozenset({"reputation"})), "reputation"),
        (Signals(risks=frozenset({"vulnerable"})), "vulnerable"),
        (Signals(risks=frozenset({"chargeback"})), "chargeback"),
        (Signals(has_open_dispute=True), "chargeback"),
        (Signals(is_requested=True), "requested"),
        (Signals(risks=frozenset({"vip"})), None),
        (Signals(is_vip=True), None),
        (Signals(is_vip=True, subjects=about("complaint")), "vip"),
        (Signals(is_vip=True, subjects=about("refusal")), "vip"),
        (Signals(is_vip=True, subjects=about("money")), "vip"),
        (Signals(subjects=about("complaint"), complaints=1), None),
        (Signals(subjects=about("complaint"), complaints=2), "repeat_complaint"),
        (Signals(subjects=about("fact"), complaints=2), None),
        (Signals(need="agent"), "over_limit"),
        (Signals(subjects=about("money"), amount_minor=200_001), "over_limit"),
        (Signals(subjects=about("money"), amount_minor=1_000, paid_today_minor=199_001), "over_limit"),
        (Signals(subjects=about("money"), amount_minor=1_000, refunds_30d=2), "over_limit"),
        (Signals(subjects=about("money"), amount_minor=1_000, refunds_30d=1), None),
        (Signals(is_exception=True), "policy_exception"),
    ],
)
def test_the_shipped_zones(signals: Signals, reason: str | None) -> None:
    assert must_hand_off(SHIPPED, signals) == reason


def test_the_gravest_reason_comes_first() -> None:
    signals = Signals(
        risks=frozenset({"legal", "safety", "reputation"}), frustration=3, is_requested=True, need="agent"
    )
    assert reasons(SHIPPED, signals) == ("safety", "legal", "distress", "reputation", "requested", "over_limit")


@pytest.mark.parametrize(
    ("line", "signals"),
    [
        ("human_only: [safety]", Signals(risks=frozenset({"legal"}))),
        ("handoff: {distress_from: 4}", Signals(frustration=3)),
        ("handoff: {complaints_from: 3}", Signals(subjects=about("complaint"), complaints=2)),
        ("vip: {to_person: []}", Signals(is_vip=True, subjects=about("money"))),
        ("limits: {bot_refunds_per_customer_30d: 9}", Signals(subjects=about("money"), refunds_30d=5)),
    ],
)
def test_a_line_of_the_policy_switches_its_zone_off(line: str, signals: Signals) -> None:
    assert must_hand_off(SHIPPED, signals) is not None
    assert must_hand_off(policy(line), signals) is None


def test_a_policy_may_give_every_vip_to_a_person() -> None:
    assert must_hand_off(policy("human_only: [vip]"), Signals(is_vip=True)) is HandoffReason.VIP


def test_whoever_asks_for_a_person_gets_one_under_any_policy() -> None:
    assert must_hand_off(policy("human_only: []"), Signals(is_requested=True)) is HandoffReason.REQUESTED


@pytest.mark.parametrize(
    ("intent", "frustration", "disputed", "expected"),
    [
        ("complaint", 0, False, True),
        ("delivery_problem", 0, False, True),
        ("damaged_or_wrong_item", 0, False, True),
        ("order_status", 1, False, False),
        ("order_status", 2, False, True),
        ("return", 0, True, True),
    ],
)
def test_what_a_complaint_is(intent: str, frustration: int, disputed: bool, expected: bool) -> None:
    assert is_complaint(intent, frustration, is_disputed=disputed) is expected
