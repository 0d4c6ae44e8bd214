"""Tracking numbers in what shoppers type."""

import re

import pytest

from server.commerce.tracking import carrier_of, find_tracking_numbers


def numbers(text: str, *own: str) -> list[str]:
    return [hit.number for hit in find_tracking_numbers(text, own=own)]


@pytest.mark.parametrize(
    ("number", "carrier"),
    [
        ("1ZA1B2C30300000012", "ups"),
        ("9400100000000000000006", "usps"),
        ("9214900000000000000014", "usps"),
        ("800000000013", "fedex"),
        ("040000000000015", "fedex"),
        ("1234567891", "dhl"),
        ("RA000000116GB", "s10"),
        ("420902109400100000000000000006", "usps"),
        ("TBA000000000001", "amazon"),
        ("1ZA1B2C30300000013", None),
        ("RA000000117GB", None),
        ("800000000014", None),
        ("1ZA1B2C3030000001A", None),
    ],
)
def test_formats_and_check_digits(number: str, carrier: str | None) -> None:
    assert carrier_of(number) == carrier


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("where is 1Z A1B 2C3 03 0000 0012 please", ["1ZA1B2C30300000012"]),
        ("my order 1042 tracking 9400 1000 0000 0000 0000 06?", ["9400100000000000000006"]),
        ("RA 000000116 GB", ["RA000000116GB"]),
        ("tracking: tba000000000001.", ["TBA000000000001"]),
        ("hi 800000000013 thanks", []),
        ("tracking 800000000013 thanks", ["800000000013"]),
        ("¿mi número de seguimiento? 800000000013", ["800000000013"]),
        ("meine Sendung 1234567891", ["1234567891"]),
        ("1ZA1B2C3030000001A", []),
        ("both 1ZA1B2C30300000012 and RA000000116GB", ["1ZA1B2C30300000012", "RA000000116GB"]),
        ("1ZA1B2C30300000012, yes 1za1b2c30300000012", ["1ZA1B2C30300000012"]),
        ("fullwidth １ＺＡ１Ｂ２Ｃ３０３００００００１２", ["1ZA1B2C30300000012"]),
        ("", []),
    ],
)
def test_numbers_in_free_text(text: str, expected: list[str]) -> None:
    assert numbers(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "call me about the parcel: 4155552673",
        "the parcel was due 202611201200",
        "track my card 4111 1111 1111 1111",
        "tracking 4000 0000 0000 006",  # FedEx's check digit fits, and so does Luhn's
        "see https://shop.test/orders/1ZA1B2C30300000012",
    ],
)
def test_phones_dates_cards_and_links_are_no_tracking_numbers(text: str) -> None:
    assert numbers(text) == []


def test_a_link_to_a_carriers_page_counts() -> None:
    assert numbers("https://www.ups.com/track?tracknum=1ZA1B2C30300000012") == ["1ZA1B2C30300000012"]


def test_the_customers_own_numbers_need_no_check_digit_and_no_cue() -> None:
    (hit,) = find_tracking_numbers("and 8000-0000 0014?", own=["800000000014"])

    assert (hit.number, hit.is_own, hit.carrier) == ("800000000014", True, None)


def test_the_shops_own_formats_are_found() -> None:
    (hit,) = find_tracking_numbers("JJD0003404", patterns=[re.compile(r"JJD\d{7}")])

    assert (hit.number, hit.carrier) == ("JJD0003404", None)


def test_positions_point_at_what_was_typed() -> None:
    text = "where is RA 000000116 GB?"
    (hit,) = find_tracking_numbers(text)

    assert text[hit.start : hit.end] == "RA 000000116 GB"


def test_a_long_text_of_digits_is_read_without_failing() -> None:
    assert isinstance(numbers("parcel " + "1 2 3 " * 2000), list)
