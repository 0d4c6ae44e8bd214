"""The language of `when` lines: what is true of which facts. What it refuses is in the policy file's tests."""

import pytest

from server.policies.conditions import LONGEST, NAMES, Fact, parse

FACTS: dict[str, Fact] = {
    "refund": 10_001,
    "goodwill": 0,
    "verdict": "review",
    "reason": "defective",
    "vip": False,
    "legal_signal": True,
    "complaint_no_30d": 2,
}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("refund > 10000", True),
        ("refund > 10001", False),
        ("10000 < refund < 20000", True),
        ("10000 < refund < 10001", False),
        ("refund >= 10001 and not vip", True),
        ("vip or legal_signal", True),
        ("vip and legal_signal", False),
        ("not (vip or legal_signal)", False),
        ("verdict == review", True),
        ("verdict != review", False),
        ("verdict == 'deny'", False),
        ("reason == 'defective'", True),
        ("vip == legal_signal", False),
        ("True", True),
        ("complaint_no_30d >= 2 or refund > goodwill", True),
    ],
)
def test_a_line_is_true_or_not(text: str, expected: bool) -> None:
    assert parse(text).holds(FACTS) is expected


def test_a_line_has_a_longest_length() -> None:
    with pytest.raises(Exception, match="longer than"):
        parse("vip or " * LONGEST + "vip")


@pytest.mark.parametrize("name", sorted(NAMES))
def test_every_name_can_be_used(name: str) -> None:
    line = {"number": f"{name} > 0", "truth": name, "word": f"{name} == 'allow'"}[NAMES[name]]
    assert parse(line).text == line
