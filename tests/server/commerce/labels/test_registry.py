"""Who makes the labels, and what the settings lack."""

from typing import Any

import pytest

from server.clock import HandClock
from server.commerce.connectors.platform import Finding
from server.commerce.labels.labels import Label
from server.commerce.labels.registry import examine, labels_for
from server.commerce.model import LineQuantity, Window
from server.errors import SettingsError, StoreRefused
from server.settings import LabelsSettings
from tests.server.commerce.labels.conftest import RETURNS, no_slip
from tests.server.commerce.orders import NOW, an_order, snap
from tests.support.labels import Ledger

ORDER = snap(an_order())


def slip_url(order_id: str, rma: str) -> str:
    """Where a slip would stand."""
    return f"https://chat.example/labels/{order_id}/{rma}"


def settings(**changes: Any) -> LabelsSettings:
    """A whole return address, and what a test changes."""
    return LabelsSettings(**{**RETURNS, **changes})


async def test_without_a_provider_the_label_is_our_own_slip() -> None:
    labels = labels_for(LabelsSettings(), "Lumen", HandClock(NOW), Ledger(), slip_url)
    label = await labels.label("k1", ORDER, "RMA-1", (LineQuantity("l1", 1),), NOW)
    assert label == Label("https://chat.example/labels/ord_7/RMA-1", id="RMA-1")
    assert labels.capabilities == {"label", "qr"}
    assert await labels.void("v1", label)


async def test_a_slip_brings_no_carrier_and_lists_no_places() -> None:
    labels = labels_for(LabelsSettings(), "Lumen", HandClock(NOW), Ledger(), slip_url)
    label = Label("https://chat.example/labels/x")
    assert await labels.pickup_windows(ORDER, label) == ()
    assert await labels.drop_off_points(ORDER.ship_to, 5) == ()
    with pytest.raises(StoreRefused):
        await labels.pickup("p1", ORDER, "RMA-1", label, Window(NOW, NOW, "UTC"))
    await labels.close()


@pytest.mark.parametrize("provider", ["easypost", "shippo"])
def test_a_provider_is_chosen_by_its_name(provider: str) -> None:
    chosen = settings(provider=provider, api_key="key")
    labels = labels_for(chosen, "Lumen", HandClock(NOW), Ledger(), no_slip)
    assert labels.name == provider
    assert {"label", "postage", "void", "pickup"} <= labels.capabilities


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"provider": "parcelfairy"}, r"labels\.provider: 'parcelfairy' is unknown"),
        ({"provider": "easypost"}, r"labels\.api_key: easypost needs one"),
        ({"provider": "shippo", "api_key": "k", "parcel_cm": (30, 20)}, r"labels\.parcel_cm"),
        ({"provider": "shippo", "api_key": "k", "parcel_grams": 0}, r"labels\.parcel_grams"),
    ],
)
def test_settings_that_cannot_work_stop_the_start(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(SettingsError, match=said):
        labels_for(settings(**changes), "Lumen", HandClock(NOW), Ledger(), no_slip)


def test_the_doctor_names_what_a_provider_lacks() -> None:
    found = examine(LabelsSettings(provider="shippo", line1="1 Dock Rd"), "Lumen")
    assert found == [
        Finding("mend", "labels.api_key: shippo needs one"),
        Finding(
            "mend", "no label can be bought without the return address: set labels.city, labels.zip, labels.country"
        ),
        Finding("warn", "labels.phone is empty: some carriers sell no label without it"),
    ]


def test_the_doctor_is_content_with_whole_settings() -> None:
    assert examine(settings(provider="easypost", api_key="k")) == [
        Finding("ok", "return labels are bought from easypost")
    ]


def test_the_doctor_warns_of_slips_without_an_address() -> None:
    assert [each.level for each in examine(LabelsSettings())] == ["warn"]
    assert examine(settings()) == [Finding("ok", "return slips are printed, without postage")]
