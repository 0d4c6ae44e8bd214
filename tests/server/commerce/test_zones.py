"""Addresses lie in zones: by region, by country, else the shop's."""

import pytest

from server.commerce.zones import country_code, zone, zone_of


@pytest.mark.parametrize(
    ("country", "region", "expected"),
    [
        ("US", "NE", "America/Chicago"),
        ("us", "california", "America/Los_Angeles"),
        ("USA", "US-AZ", "America/Phoenix"),
        ("CA", "Québec", "America/Toronto"),
        ("CA", "BC", "America/Vancouver"),
        ("AU", "WA", "Australia/Perth"),
        ("BR", "São Paulo", "America/Sao_Paulo"),
        ("MX", "BC", "America/Tijuana"),
        ("MX", "Jalisco", "America/Mexico_City"),
        ("DE", "", "Europe/Berlin"),
        ("Germany", None, "Europe/Berlin"),
        ("ES", "GC", "Atlantic/Canary"),
        ("GB", None, "Europe/London"),
        ("IN", "MH", "Asia/Kolkata"),
        ("US", "??", "Shop/Zone"),
        ("Atlantis", None, "Shop/Zone"),
        (None, None, "Shop/Zone"),
    ],
)
def test_zone_of_an_address(country: str | None, region: str | None, expected: str) -> None:
    assert zone_of(country, region, "Shop/Zone") == expected


def test_a_zone_that_does_not_exist_is_utc() -> None:
    assert str(zone("Shop/Zone")) == str(zone("../etc")) == "UTC"


def test_countries_as_shops_write_them() -> None:
    assert [country_code(name) for name in ("us", "U.K", "UK", "Brasil", "", None)] == [
        "US",
        None,
        "GB",
        "BR",
        None,
        None,
    ]
