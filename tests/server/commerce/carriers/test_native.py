"""The carriers' own codes: all of them that are documented, read the cautious way."""

import pytest

from server.commerce.carriers.native import code_of
from server.commerce.states import ShipmentFlag

CODES: dict[str, dict[str, str]] = {
    "ups": {
        "label_created": "M MP",
        "picked_up": "P PU OR",
        "in_transit": "I W DO DD AR DP DS",
        "out_for_delivery": "O OT OF",
        "delivered": "D FS KB DL",
        "exception": "X",
        "returning": "RS",
        "cancelled": "MV",
        "info": "U",
        "unknown": "NA",
    },
    "fedex": {
        "label_created": "OC",
        "picked_up": "PU",
        "in_transit": "AF AR DP IT AA PF PL SF FD DY",
        "out_for_delivery": "OD ED AD",
        "delivered": "DL",
        "exception": "DE SE",
        "customs": "CD",
        "available_for_pickup": "HL",
        "cancelled": "CA",
        "returning": "RS",
        "info": "AE AO",
    },
    "usps": {
        "label_created": "GX MA 89",
        "picked_up": "TM PA OA UA 03 43",
        "in_transit": "10 PC SF EF 07 80 81 82 83 71 06",
        "out_for_delivery": "OF",
        "delivered": "01",
        "attempted": "02 30 51 52 53 54 55 56",
        "available_for_pickup": "14 16",
        "exception": "04 05 08 15",
        "returning": "09 21 22 23 24 25 26 27 28 29 31 44",
        "lost": "11",
        "info": "DX",
    },
    "dhl": {
        "label_created": "pre-transit",
        "picked_up": "PU",
        "in_transit": "transit PL DF AF AR",
        "customs": "CC CD",
        "out_for_delivery": "WC",
        "delivered": "delivered OK",
        "exception": "failure OH BA RD",
        "attempted": "NH",
        "returning": "RT",
        "unknown": "unknown",
    },
}
EACH = [
    (carrier, raw, code) for carrier, table in CODES.items() for code, raws in table.items() for raw in raws.split()
]


@pytest.mark.parametrize(("carrier", "raw_code", "expected"), EACH)
def test_native_codes(carrier: str, raw_code: str, expected: str) -> None:
    found = code_of(carrier, raw_code)
    assert found is not None
    assert found.code == expected


@pytest.mark.parametrize(
    ("carrier", "raw_code", "flags", "reason"),
    [
        ("ups", "MV", {ShipmentFlag.VOIDED_LABEL}, None),
        ("fedex", "DY", {ShipmentFlag.LATE}, None),
        ("usps", "51", set(), "business_closed"),
        ("usps", "30", set(), "access"),
        ("usps", "05", {ShipmentFlag.ADDRESS_PROBLEM}, "address"),
        ("usps", "08", {ShipmentFlag.MISROUTED}, "missort"),
        ("usps", "27", set(), "unclaimed"),
        ("dhl", "NH", set(), "nobody_home"),
        ("dhl", "BA", {ShipmentFlag.ADDRESS_PROBLEM}, "address"),
    ],
)
def test_native_codes_bring_flags_and_reasons(
    carrier: str, raw_code: str, flags: set[ShipmentFlag], reason: str | None
) -> None:
    found = code_of(carrier, raw_code)
    assert found is not None
    _, given, why = found
    assert (set(given), why) == (flags, reason)


def test_codes_are_text_of_one_carrier() -> None:
    assert code_of("usps", "1") is None
    assert code_of("usps", " of ") == code_of("usps", "OF")
    assert code_of("royal_mail", "DL") is None
    assert code_of(None, "DL") is None
    assert code_of("ups", None) is None
