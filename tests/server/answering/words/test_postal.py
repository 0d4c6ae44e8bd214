"""Addresses in free text: found, cut, completed, said again; and never a formula or a control character."""

import random
from collections.abc import Mapping

import pytest

from server.answering.words import postal
from server.commerce.model import Address

HOME = Address("Mei Kovacs", "317 Elm Street", "Suite 461", "Charlotte", "NC", "28236", "US")


@pytest.mark.parametrize(
    ("text", "home", "parts"),
    [
        ("123 Main St Apt 4 New York NY 10001", "US", ("123 Main St", "Apt 4", "New York", "NY", "10001")),
        ("350 5th Ave, New York 10118", "US", ("350 5th Ave", "", "New York", "NY", "10118")),
        (
            "1600 Pennsylvania Avenue NW, Washington, DC 20500",
            "US",
            ("1600 Pennsylvania Avenue NW", "", "Washington", "DC", "20500"),
        ),
        ("Flat 3, 12 High St, Leeds LS1 5HD, UK", "GB", ("12 High St", "Flat 3", "Leeds", "", "LS1 5HD")),
        ("Unter den Linden 77, 10117 Berlin, Deutschland", "DE", ("Unter den Linden 77", "", "Berlin", "", "10117")),
        ("soll Hauptstraße 12, 80331 München, Deutschland sein.", "US", ("Hauptstraße 12", "", "München", "", "80331")),
        ("Hauptstraße 12a 80331 München", "DE", ("Hauptstraße 12a", "", "München", "", "80331")),
        ("24 rue Victor Hugo 69002 Lyon", "FR", ("24 rue Victor Hugo", "", "Lyon", "", "69002")),
        ("C/ Gran Vía, 28, 28013 Madrid", "ES", ("C/ Gran Vía, 28", "", "Madrid", "", "28013")),
        ("Rua Augusta 25, 1100-053 Lisboa, Portugal", "US", ("Rua Augusta 25", "", "Lisboa", "", "1100-053")),
        ("123 Elm Avenue, Toronto, ON M5V 2T6, Canada", "US", ("123 Elm Avenue", "", "Toronto", "ON", "M5V 2T6")),
        ("55 Market Street\nSan Francisco\nCA\n94105", "US", ("55 Market Street", "", "San Francisco", "CA", "94105")),
        (
            "not 1 Elm St, Omaha, NE 68102 but to 22 Pine Rd, Omaha, NE 68104",
            "US",
            ("22 Pine Rd", "", "Omaha", "NE", "68104"),
        ),
        ("P.O. Box 123, Austin, TX 78701", "US", ("P.O. Box 123", "", "Austin", "TX", "78701")),
    ],
)
def test_the_parts_of_an_address(text: str, home: str, parts: tuple[str, ...]) -> None:
    written = postal.find(text, home)

    assert written is not None
    assert tuple(written.parts.get(key, "") for key in ("line1", "line2", "city", "region", "zip")) == parts


@pytest.mark.parametrize(
    "text",
    [
        "cancel order 1042 please",
        "I ordered 3 Blue Lamps in order 1042",
        "2 items of 5 arrived",
        "my zip is 10001",
        "call me at 555 0100",
        "",
    ],
)
def test_what_is_no_address(text: str) -> None:
    assert postal.find(text) is None


_STREETS = ("Oak Ave", "Elm Street", "Lakeview Highway", "Maple Drive", "Pine Rd", "River Court", "Hill Lane")
_TOWNS = (
    ("Austin", "TX"),
    ("San Antonio", "TX"),
    ("New York", "NY"),
    ("Fort Worth", "TX"),
    ("Salt Lake City", "UT"),
    ("Washington", "DC"),
)
_UNITS = ("", "Suite 394", "Apt 4B", "Unit 12", "Floor 2")
_BEFORE = ("", "please ship order #1042 to ", "My new address is ", "Change it to: ", "I moved, send it to ")
_AFTER = ("", ". Thanks!", " please", ", USA", " and also my default address")


@pytest.mark.parametrize("seed", range(120))
def test_an_american_address_comes_out_as_it_went_in(seed: int) -> None:
    pick = random.Random(seed)
    town, region = pick.choice(_TOWNS)
    parts = {
        "line1": f"{pick.randint(1, 9999)} {pick.choice(_STREETS)}",
        "line2": pick.choice(_UNITS),
        "city": town,
        "region": region,
        "zip": f"{pick.randint(10000, 99999)}",
    }
    street = ", ".join(each for each in (parts["line1"], parts["line2"]) if each)
    text = f"{pick.choice(_BEFORE)}{street}, {town}, {region} {parts['zip']}{pick.choice(_AFTER)}"

    written = postal.find(text)

    assert written is not None, text
    assert {key: written.parts.get(key, "") for key in parts} == parts, text


def _complete(**parts: str) -> Mapping[str, str]:
    return postal.completed(parts, HOME)


def test_name_and_country_are_kept_and_the_second_line_is_not() -> None:
    made = _complete(line1="5 Oak Ave", city="Austin", region="TX", zip="78701")

    assert made == {
        "name": "Mei Kovacs", "line1": "5 Oak Ave", "line2": "", "city": "Austin", "region": "TX", "zip": "78701", "country": "US",
    }  # fmt: skip


def test_a_single_part_keeps_all_others() -> None:
    assert _complete(zip="28237") == {**postal.of(HOME), "zip": "28237"}
    assert _complete(line2="Apt 9") == {**postal.of(HOME), "line2": "Apt 9"}


def test_what_is_missing_is_named() -> None:
    assert postal.missing(_complete(line1="5 Oak Ave")) == ("city", "region", "zip")
    assert postal.missing(_complete(line1="5 Oak Ave", zip="28236")) == ()


def test_a_slip_is_a_small_change() -> None:
    old = postal.of(HOME)
    assert postal.is_small({**old, "line2": "Suite 462"}, old)
    assert not postal.is_small({**old, "line1": "318 Elm Street"}, old)
    assert not postal.is_small({**old, "zip": "28237"}, old)


@pytest.mark.parametrize("seed", range(40))
def test_nothing_that_is_run_or_printed_gets_into_a_part(seed: int) -> None:
    pick = random.Random(seed)
    noise = "".join(pick.choice("=+-@\x00\x07\u202e\u200b\t\r;|'\"") for _ in range(pick.randint(1, 6)))
    places = [f"{noise}5 Oak Ave", f"{noise}Suite 4", f"{noise}Austin", "TX 78701"]

    written = postal.find("ship it to " + ", ".join(places))

    for value in (written.parts if written else {}).values():
        assert value.isprintable() and not value.startswith(("=", "+", "-", "@")) and len(value) <= postal.LONGEST
