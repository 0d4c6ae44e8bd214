"""Carriers by their many spellings."""

import pytest

from server.commerce.carriers import names


@pytest.mark.parametrize(
    ("spelling", "expected"),
    [
        ("USPS", "usps"),
        ("usps", "usps"),
        ("UPS", "ups"),
        ("UPSDAP", "ups"),
        ("FedEx", "fedex"),
        ("FedexDefault", "fedex"),
        ("fedex", "fedex"),
        ("DHLExpress", "dhl"),
        ("dhl_express", "dhl"),
        ("DHLEcommerce", "dhl_ecommerce"),
        ("RoyalMail", "royal_mail"),
        ("royal-mail", "royal_mail"),
        ("CanadaPost", "canada_post"),
        ("australia-post", "australia_post"),
        ("colissimo", "la_poste"),
        ("Hermes", "evri"),
        ("OnTracV3", "ontrac"),
        ("delhivery", "delhivery"),
        ("Bob's Vans!", "bob_s_vans"),
        ("shippo", "shippo"),
        ("", None),
        ("  ", None),
        ("!?", None),
        (None, None),
    ],
)
def test_spellings(spelling: str | None, expected: str | None) -> None:
    assert names.carrier_name(spelling) == expected


def test_numbers_of_carriers_lead_both_ways() -> None:
    for name in ("usps", "ups", "fedex", "royal_mail", "china_post"):
        assert names.from_seventeen_track(names.to_seventeen_track(name)) == name
    assert names.from_clickpost(names.to_clickpost("delhivery")) == "delhivery"
    assert names.from_seventeen_track(424242) is None
    assert names.to_seventeen_track("bob_s_vans") is None
    assert names.to_seventeen_track(None) is None


def test_our_names_as_providers_want_them() -> None:
    assert names.to_easypost("royal_mail") == "RoyalMail"
    assert names.to_easypost("bob_s_vans") is None
    assert names.to_aftership("royal_mail") == "royal-mail"
    assert names.to_aftership("bob_s_vans") is None
    assert names.to_shippo("dhl") == "dhl_express"
    assert names.to_shippo("ups") == "ups"
