"""What a message names, and what must never be taken for an order number."""

import pytest

from server.answering.understand.entities import find


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("#1042", ("1042",)),
        ("1042", ("1042",)),
        ("order 1042 please", ("1042",)),
        ("order no. A-1042", ("A-1042",)),
        ("ORD-123 status?", ("ORD-123",)),
        ("my order number is four eight one nine oh", ("48190",)),
        ("it's order ten forty two", ("1042",)),
        ("order one thousand and forty two", ("1042",)),
        ("mi pedido es cuatro ocho uno nueve cero", ("48190",)),
        ("numéro de commande : 20418", ("20418",)),
        ("Bestellnummer 5512", ("5512",)),
        ("pedido nº 7781", ("7781",)),
        ("orders 1001, 1002 and 1003", ("1001", "1002", "1003")),
        ("#1001 and #1002", ("1001", "1002")),
        ("order #2024", ("2024",)),
        ("where's W2231889", ("W2231889",)),
        ("#WB-2231 late", ("WB-2231",)),
        ("order 1042, 07030", ("1042",)),
    ],
)
def test_order_numbers_are_found(text: str, wanted: tuple[str, ...]) -> None:
    assert find(text).order_number == wanted


@pytest.mark.parametrize(
    "text",
    [
        "I have been a customer since 2019",
        "ordered in 2025 and never again",
        "call me at (415) 555-0123",
        "+44 20 7946 0958",
        "my zip is 90210",
        "Hoboken, NJ 07030",
        "12345 Berlin",
        "SW1A 1AA",
        "I paid $1042",
        "1042.50 EUR was charged",
        "1Z999AA10123456784",
        "on 11/20/2026",
        "2026-11-20",
        "I live at 1204 Main Street",
        "apartment 1204",
        "my card ending in 4242",
        "the verification code 482913 does not work",
        "a 5000 mAh battery",
        "1500 watts",
        "RMA-2231 was accepted",
        "RMA 22318",
        "https://shop.example/orders/10422",
        "I have 3 boxes and 12 cups",
        "rated 100%",
    ],
)
def test_other_numbers_are_not_order_numbers(text: str) -> None:
    assert find(text).order_number == ()


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("write to ana@example.com.", ("ana@example.com",)),
        ("(ANA.Lopez+shop@Example.com)", ("ANA.Lopez+shop@example.com",)),
        ("ana at example dot com", ("ana@example.com",)),
        ("ana dot lopez at mail dot example dot org", ("ana.lopez@mail.example.org",)),
        ("ana arroba example punto com", ("ana@example.com",)),
        ("ana@example", ()),
        ("meet me at noon", ()),
        ("a@b@c", ()),
    ],
)
def test_emails_are_found_typed_and_spoken(text: str, wanted: tuple[str, ...]) -> None:
    assert find(text).email == wanted


def test_phones_are_read_in_the_region_of_the_customer() -> None:
    assert find("call (415) 555-0123").phone == ("+14155550123",)
    assert find("ruf an: 030 901820", region="DE").phone == ("+4930901820",)
    assert find("whatsapp +34 612 34 56 78").phone == ("+34612345678",)


def test_tracking_number_is_no_phone_and_no_order() -> None:
    named = find("order 1042, tracking 1Z999AA10123456784")
    assert (named.tracking_number, named.order_number, named.phone) == (("1Z999AA10123456784",), ("1042",), ())


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("ref 1Z 999 AA1 01 2345 6784", ("1Z999AA10123456784",)),
        ("my tracking is LX123456785CN", ("LX123456785CN",)),
        ("tracking number: 99887766554433", ("99887766554433",)),
        ("Sendungsnummer 00340434161094042557", ("00340434161094042557",)),
        ("order number 123456789012", ()),
        ("tracking shows nothing for order 1042", ()),
    ],
)
def test_tracking_numbers_have_a_known_format_or_are_called_so(text: str, wanted: tuple[str, ...]) -> None:
    assert find(text).tracking_number == wanted


@pytest.mark.parametrize(
    ("text", "region", "wanted"),
    [
        ("$49.90", "US", ("49.90 USD",)),
        ("$49.90", "CA", ("49.90 CAD",)),
        ("1.299,00 €", "DE", ("1299.00 EUR",)),
        ("1,299 dollars", "US", ("1299.00 USD",)),
        ("R$ 35", "BR", ("35.00 BRL",)),
        ("¥1200", "JP", ("1200 JPY",)),
        ("Rs. 500", "IN", ("500.00 INR",)),
        ("order 4990", "US", ()),
        ("size 42.5", "US", ()),
    ],
)
def test_amounts_stand_beside_a_currency_only(text: str, region: str, wanted: tuple[str, ...]) -> None:
    assert find(text, region=region).amount == wanted


@pytest.mark.parametrize(
    ("text", "region", "wanted"),
    [
        ("on 2026-11-20", "US", ("2026-11-20",)),
        ("on 11/20/2026", "US", ("2026-11-20",)),
        ("am 3.4.2026", "DE", ("2026-04-03",)),
        ("20 November 2026", "US", ("2026-11-20",)),
        ("el 3 de mayo de 2026", "ES", ("2026-05-03",)),
        ("le 3 février 2026", "FR", ("2026-02-03",)),
        ("by Nov 23", "US", ("Nov 23",)),
        ("since last Tuesday", "US", ("last Tuesday",)),
        ("February 31, 2026", "US", ()),
    ],
)
def test_dates_are_iso_only_where_no_clock_is_needed(text: str, region: str, wanted: tuple[str, ...]) -> None:
    assert find(text, region=region).date == wanted


@pytest.mark.parametrize(
    ("text", "names", "zips"),
    [
        ("Ana Lopez, 07030", ("Ana Lopez",), ("07030",)),
        ("my name is José García, zip 90210", ("José García",), ("90210",)),
        ("ana lopez 1042 07030", ("ana lopez",), ("07030",)),
        ("Jane O'Neil\nSW1A 1AA", ("Jane O'Neil",), ("SW1A 1AA",)),
        ("ich heiße Hans Müller, PLZ 10115", ("Hans Müller",), ("10115",)),
        ("where is my order", (), ()),
    ],
)
def test_names_and_postcodes_are_candidates(text: str, names: tuple[str, ...], zips: tuple[str, ...]) -> None:
    named = find(text)
    assert (named.names, named.zips) == (names, zips)


def test_proof_candidates_stay_out_of_the_json() -> None:
    assert {"zips", "names"}.isdisjoint(find("Ana Lopez, 07030").to_json())


def test_products_come_from_the_shortlist_only() -> None:
    titles = ("Red Wool Scarf", "Blue Wool Scarf", "Trail Boots")
    assert find("do you have the red scarf", products=titles).product == ("Red Wool Scarf",)
    assert find("the red scarf").product == ()
