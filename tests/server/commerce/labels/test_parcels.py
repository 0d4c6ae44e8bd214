"""Amounts, rates, addresses and times as sellers of postage write them."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from server.commerce.labels import parcels
from server.commerce.labels.parcels import Rate
from server.commerce.model import Address, Money
from server.errors import StoreRefused
from tests.server.commerce.orders import an_order, snap

ORDER = snap(an_order())


@pytest.mark.parametrize(
    ("amount", "currency", "expected"),
    [
        ("5.50", "USD", Money(550, "USD")),
        ("5.5", "usd", Money(550, "USD")),
        (" 12 ", "EUR", Money(1200, "EUR")),
        ("0.00", "USD", Money(0, "USD")),
        ("1180", "JPY", Money(1180, "JPY")),
        ("1.2345", "KWD", Money(1235, "KWD")),
        ("6.075", "USD", Money(608, "USD")),
        (7.35, "USD", Money(735, "USD")),
        ("-1.00", "USD", None),
        ("NaN", "USD", None),
        ("Infinity", "USD", None),
        ("1e99", "USD", None),
        ("free", "USD", None),
        (None, "USD", None),
        (True, "USD", None),
        ("1.00", None, None),
        ("1.00", "dollars", None),
    ],
)
def test_amounts_become_minor_units_or_nothing(amount: object, currency: object, expected: Money | None) -> None:
    assert parcels.money(amount, currency) == expected


def rate(minor: int, currency: str, name: str = "r") -> Rate:
    """A rate of a carrier."""
    return Rate(name, "UPS", "Ground", Money(minor, currency))


def test_the_orders_currency_comes_before_a_smaller_number_of_another() -> None:
    assert parcels.cheapest([rate(900, "USD"), rate(100, "EUR"), rate(800, "USD", "b")], ORDER) == rate(800, "USD", "b")


def test_the_shops_currency_comes_next() -> None:
    order = replace(ORDER, currency="CHF", shop_currency="EUR")
    assert parcels.cheapest([rate(900, "USD"), rate(1000, "EUR")], order) == rate(1000, "EUR")


def test_one_foreign_currency_alone_can_be_compared() -> None:
    assert parcels.cheapest([rate(900, "CAD"), rate(700, "CAD", "b")], ORDER) == rate(700, "CAD", "b")


def test_several_foreign_currencies_are_refused() -> None:
    with pytest.raises(StoreRefused):
        parcels.cheapest([rate(900, "CAD"), rate(700, "EUR")], ORDER)


def test_no_rates_give_none() -> None:
    assert parcels.cheapest([], ORDER) is None


def test_a_country_without_postal_codes_needs_none() -> None:
    address = Address(name="A", line1="1 Queen's Rd", city="Central", country="HK")
    assert parcels.missing_in(address) == []
    assert parcels.missing_in(replace(address, country="US")) == [("zip", "postal code")]


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ("USPS", "usps"),
        ("USPSReturns", "usps"),
        ("UPSDAP", "ups"),
        ("FedExDefault", "fedex"),
        ("DHL Express", "dhl"),
        ("RoyalMail", "royal_mail"),
        ("Canada Post", "canada_post"),
        ("Sendle", "sendle"),
        ("", None),
        (None, None),
    ],
)
def test_carriers_get_our_names(theirs: object, ours: str | None) -> None:
    assert parcels.carrier_name(theirs) == ours


def test_a_mark_follows_from_key_and_contents_and_is_short() -> None:
    first = parcels.marker("k1", {"zip": "68102"})
    assert first == parcels.marker("k1", {"zip": "68102"})
    assert len({first, parcels.marker("k2", {"zip": "68102"}), parcels.marker("k1", {"zip": "68103"})}) == 3
    assert len(first) <= 40


def test_pickup_days_skip_the_weekend_and_keep_local_hours_over_a_change_of_time() -> None:
    windows = parcels.working_windows(datetime(2026, 10, 30, 20, 0, tzinfo=UTC), "America/New_York")
    assert [window.min for window in windows] == [
        datetime(2026, 11, 2, 14, 0, tzinfo=UTC),
        datetime(2026, 11, 3, 14, 0, tzinfo=UTC),
        datetime(2026, 11, 4, 14, 0, tzinfo=UTC),
    ]


def test_times_without_an_offset_are_not_guessed() -> None:
    assert parcels.instant("2026-11-20T18:00:00") is None
    assert parcels.instant("2026-11-20T18:00:00.5Z") == datetime(2026, 11, 20, 18, 0, 0, 500000, tzinfo=UTC)
    assert parcels.instant(None) is None
    assert parcels.instant("soon") is None
