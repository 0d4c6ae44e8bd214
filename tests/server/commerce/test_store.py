"""Order numbers as shoppers write them."""

import pytest

from server.commerce.store import normalise_number


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        ("#1042", "1042"),
        (" 1042 ", "1042"),
        ("order 1042", "1042"),
        ("Order no. #1042.", "1042"),
        ("my order number: 1042?", "1042"),
        ("Bestellung Nr. 1042", "1042"),
        ("№ 1042", "1042"),
        ("#w2611340", "W2611340"),
        ("NO-1001", "NO-1001"),
        ("id1001", "ID1001"),
        ("ot 1042-b", "OT1042-B"),
        ("１０４２", "1042"),
        ("", ""),
        ("#", ""),
    ],
)
def test_numbers_are_compared_in_one_form(typed: str, number: str) -> None:
    assert normalise_number(typed) == number


def test_normalising_twice_changes_nothing() -> None:
    for typed in ("#1042", "Order no. #W-7", "id 5"):
        assert normalise_number(normalise_number(typed)) == normalise_number(typed)
