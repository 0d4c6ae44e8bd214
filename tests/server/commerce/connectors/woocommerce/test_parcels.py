"""Parcels from fulfilments and from what plug-ins leave behind; their links are shop people's input."""

from typing import Any

import pytest

from server.commerce.connectors.woocommerce.parcels import carrier_name
from tests.server.commerce.connectors.woocommerce.orders import (
    a_fulfilment,
    a_woo_order,
    an_item,
    document,
    meta,
    rules,
)

TRACKED = [
    {"tracking_provider": "dhl-paket", "tracking_number": "OLD1", "date_shipped": "1763510400"},
    {
        "tracking_provider": "",
        "custom_tracking_provider": "Royal Mail",
        "custom_tracking_link": "https://track.example/RA1",
        "tracking_number": "RA1",
        "date_shipped": 1763596800,
        "products_list": [{"product": "93", "item_id": "12", "qty": "2"}],
    },
]
AFTERSHIP = [
    {
        "slug": "usps",
        "tracking_number": "9400",
        "metrics": {"created_at": "2026-11-19T10:00:00Z"},
        "line_items": [{"id": 12, "quantity": 1}],
    }
]


def parcels(order: dict[str, Any], **parts: Any) -> list[dict[str, Any]]:
    """The parcels of the order in our format."""
    found: list[dict[str, Any]] = document(order, **parts)["shipments"]
    return found


def test_a_fulfilment_is_a_parcel() -> None:
    (parcel,) = parcels(a_woo_order(), fulfilments=[a_fulfilment(meta={"_tracking_url": "https://usps.example/1"})])
    assert parcel == {
        "id": "f5",
        "carrier": "usps",
        "tracking_number": "9400100000000000000006",
        "tracking_url": "https://usps.example/1",
        "shipped_at": "2026-11-20",
        "lines": [{"line": "12", "quantity": 2}],
    }


@pytest.mark.parametrize("changes", [{"is_fulfilled": False}, {"date_deleted": "2026-11-20 17:00:00"}])
def test_drafts_and_deleted_fulfilments_are_no_parcels(changes: dict[str, Any]) -> None:
    assert parcels(a_woo_order(), fulfilments=[a_fulfilment(**changes)]) == []


def test_contents_of_other_orders_are_dropped() -> None:
    (parcel,) = parcels(a_woo_order(), fulfilments=[a_fulfilment(meta={"_items": [{"item_id": 99, "qty": 1}]})])
    assert "lines" not in parcel


def test_several_entries_of_the_tracking_plug_in_are_several_parcels() -> None:
    first, second = parcels(a_woo_order(meta_data=meta(_wc_shipment_tracking_items=TRACKED)))
    assert first == {"id": "tOLD1", "carrier": "dhl", "tracking_number": "OLD1", "shipped_at": "2025-11-19"}
    assert second["carrier"] == "royal_mail"
    assert second["tracking_url"] == "https://track.example/RA1"
    assert second["lines"] == [{"line": "12", "quantity": 2}]


def test_the_aftership_plug_in_is_read() -> None:
    (parcel,) = parcels(a_woo_order(meta_data=meta(_aftership_tracking_items=AFTERSHIP)))
    assert (parcel["carrier"], parcel["tracking_number"], parcel["shipped_at"]) == ("usps", "9400", "2026-11-19")
    assert parcel["lines"] == [{"line": "12", "quantity": 1}]


@pytest.mark.parametrize(
    ("value", "numbers"),
    [
        ("AB123", ["AB123"]),
        ("AB123, CD456\nEF789", ["AB123", "CD456", "EF789"]),
        (["AB123", "AB123"], ["AB123"]),
        ([{"tracking_number": "AB123", "carrier": "DPD"}], ["AB123"]),
        ('["AB123"]', ["AB123"]),
        ("", []),
        (None, []),
        ({}, []),
    ],
)
def test_the_settings_name_further_meta_keys(value: object, numbers: list[str]) -> None:
    order = a_woo_order(meta_data=meta(_my_tracking=value))
    found = parcels(order, by=rules(tracking=("_my_tracking",)))
    assert [parcel["tracking_number"] for parcel in found] == numbers
    assert parcels(order) == []


@pytest.mark.parametrize(
    ("has", "carrier"),
    [
        ((), "usps"),
        (("fulfilments",), "royal_mail"),
        (("fulfilments", "_wc_shipment_tracking_items"), "usps"),
        (("fulfilments", "_wc_shipment_tracking_items", "_aftership_tracking_items"), None),
    ],
)
def test_the_best_source_that_has_any_parcel_counts(has: tuple[str, ...], carrier: str | None) -> None:
    sources = {"_wc_shipment_tracking_items": TRACKED[1:], "_aftership_tracking_items": AFTERSHIP, "own": "X1"}
    order = a_woo_order(meta_data=meta(**{name: value for name, value in sources.items() if name not in has}))
    fulfilments = [] if "fulfilments" in has else [a_fulfilment()]
    (parcel,) = parcels(order, fulfilments=fulfilments, by=rules(tracking=("own",)))
    assert parcel.get("carrier") == carrier


@pytest.mark.parametrize(
    "link",
    [
        "javascript:alert(1)",
        "http://track.example/1",
        "//track.example/1",
        "https://",
        "https://track.example/ 1",
        'https://track.example/"><script>',
        "https://[broken",
        "data:text/html,x",
        7,
        None,
    ],
)
def test_only_https_links_pass(link: object) -> None:
    tracked = [{"tracking_provider": "ups", "tracking_number": "1Z", "custom_tracking_link": link}]
    (tagged,) = parcels(a_woo_order(meta_data=meta(_wc_shipment_tracking_items=tracked)))
    (own,) = parcels(a_woo_order(), fulfilments=[a_fulfilment(meta={"_tracking_url": link})])
    assert "tracking_url" not in tagged
    assert "tracking_url" not in own


@pytest.mark.parametrize("broken", ["a:1:{s:15:}", 7, True, [None, "x", []], {"0": "x"}, [{"tracking_number": None}]])
def test_broken_meta_data_is_no_parcel(broken: object) -> None:
    order = a_woo_order(meta_data=meta(_wc_shipment_tracking_items=broken, _aftership_tracking_items=broken))
    assert parcels(order) == []


def test_php_lists_with_gaps_are_read() -> None:
    tracked = {"0": TRACKED[0], "2": TRACKED[1]}
    assert len(parcels(a_woo_order(meta_data=meta(_wc_shipment_tracking_items=tracked)))) == 2


@pytest.mark.parametrize(
    ("word", "name"),
    [
        ("USPS", "usps"),
        ("Royal-Mail", "royal_mail"),
        ("dhl-express", "dhl"),
        ("Deutsche Post DHL", "deutsche_post_dhl"),
        ("other", None),
        ("", None),
        (None, None),
    ],
)
def test_carriers_get_our_names(word: object, name: str | None) -> None:
    assert carrier_name(word) == name


def test_everything_sent_is_counted_on_the_lines() -> None:
    order = a_woo_order(line_items=[an_item(), an_item(id=13)])
    lines = document(order, fulfilments=[a_fulfilment()])["lines"]
    assert [line["fulfilled"] for line in lines] == [2, 0]
