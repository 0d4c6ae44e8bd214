"""Variants of one telephone number (pitfalls.md 36)."""

import pytest

from channels.phones import canonical, is_number


@pytest.mark.parametrize(
    "variants",
    [
        ("+5511987654321", "+551187654321"),  # São Paulo, with and without the ninth digit
        ("+5585999990000", "+558599990000"),
        ("+525512345678", "+5215512345678"),
        ("+541123456789", "+5491123456789"),
        ("+542211234567", "+5492211234567"),
    ],
)
def test_variants_of_one_number_are_one(variants: tuple[str, str]) -> None:
    assert len({canonical(each) for each in variants}) == 1
    assert all(is_number(canonical(each)) for each in variants)


@pytest.mark.parametrize(
    "number",
    [
        "+551123456789",  # a landline in São Paulo gets no ninth digit
        "+551143211234",
        "+15550100",
        "+14025550100",
        "+52155123456",  # too short for a mobile number of Mexico
        "+5411234567",
        "+34600000000",
        "US.13491208655302741918",
        "",
    ],
)
def test_everything_else_is_as_it_was(number: str) -> None:
    """pitfalls.md 36: landlines untouched."""
    assert canonical(number) == number


def test_two_numbers_stay_two() -> None:
    assert canonical("+5511987654321") != canonical("+5511987654322")
    assert canonical("+5511987654321") != canonical("+5521987654321")


@pytest.mark.parametrize("value", ["+1555", "15550100", "+05550100", "+1555010a", "US.134", "+1234567890123456", ""])
def test_what_is_no_number(value: str) -> None:
    assert not is_number(value)
