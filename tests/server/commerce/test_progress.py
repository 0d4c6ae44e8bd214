"""Steps of an order for the eye, and the tone of an answer."""

from datetime import timedelta

import pytest

from server.commerce.wismo import decide, progress, tone, unreadable
from tests.server.commerce.orders import NOW, Raw, a_parcel, ago, an_event, an_order, shipped, snap


def steps(raw: Raw) -> list[str]:
    return [f"{step.key} {step.state}" for step in progress(snap(raw), NOW)]


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (an_order(), "ordered now, packed todo, shipped todo, out_for_delivery todo, delivered todo"),
        (
            an_order(fulfilment="processing"),
            "ordered done, packed now, shipped todo, out_for_delivery todo, delivered todo",
        ),
        (
            shipped(an_event(ago(hours=9), "label_created")),
            "ordered done, packed now, shipped todo, out_for_delivery todo, delivered todo",
        ),
        (
            shipped(an_event(ago(hours=9), "in_transit")),
            "ordered done, packed done, shipped now, out_for_delivery todo, delivered todo",
        ),
        (
            shipped(an_event(ago(hours=3), "attempted")),
            "ordered done, packed done, shipped done, out_for_delivery now, delivered todo",
        ),
        (
            shipped(an_event(ago(hours=1), "delivered")),
            "ordered done, packed done, shipped done, out_for_delivery done, delivered done",
        ),
        (
            shipped(an_event(ago(hours=1), "available_for_pickup")),
            "ordered done, packed done, shipped done, available_for_pickup now, collected todo",
        ),
        (
            shipped(an_event(ago(hours=9), "available_for_pickup"), an_event(ago(hours=1), "delivered")),
            "ordered done, packed done, shipped done, available_for_pickup done, collected done",
        ),
        (shipped(an_event(ago(hours=1), "returning")), "ordered done, shipped done, returning now, returned todo"),
        (shipped(an_event(ago(hours=1), "returned")), "ordered done, shipped done, returning done, returned done"),
        (shipped(an_event(ago(hours=1), "lost")), "ordered done, shipped done, lost now"),
        (an_order(cancelled_at=ago(hours=1)), "ordered done, cancelled now"),
        (an_order(fulfilment="not_required"), "ordered done, sent done"),
    ],
)
def test_steps(raw: Raw, expected: str) -> None:
    assert ", ".join(steps(raw)) == expected


def test_what_is_packed_is_packed_whatever_the_order_says() -> None:
    packed = {"id": "w1", "status": "packed", "at": ago(hours=2)}
    found = progress(snap(an_order(fulfilment_orders=[packed])), NOW)

    assert [(step.key, step.at) for step in found if step.state == "now"] == [("packed", NOW - timedelta(hours=2))]


def test_the_slowest_parcel_leads() -> None:
    parcels = [a_parcel(an_event(ago(hours=1), "delivered")), a_parcel(an_event(ago(hours=2), "in_transit"), id="s2")]

    assert "shipped now" in steps(an_order(shipments=parcels, fulfilment="shipped"))


def test_steps_ahead_have_no_time() -> None:
    found = progress(
        snap(shipped(an_event(ago(hours=9), "out_for_delivery"), an_event(ago(hours=1), "in_transit"))), NOW
    )

    assert [(step.key, step.at) for step in found if step.state == "now"] == [("shipped", NOW - timedelta(hours=1))]
    assert all(step.at is None for step in found if step.state == "todo")


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (shipped(an_event(ago(hours=1), "delivered")), "good"),
        (shipped(an_event(ago(hours=1), "in_transit")), "neutral"),
        (shipped(an_event(ago(hours=1), "attempted")), "warn"),
        (shipped(an_event(ago(hours=1), "lost")), "bad"),
        (shipped(an_event(ago(hours=1), "delivered"), order={"payment": {"status": "paid", "disputed": True}}), "warn"),
    ],
)
def test_tones(raw: Raw, expected: str) -> None:
    assert tone(decide(snap(raw), NOW)) == expected


def test_the_worst_parcel_sets_the_tone() -> None:
    parcels = [a_parcel(an_event(ago(hours=1), "delivered")), a_parcel(an_event(ago(hours=2), "lost"), id="s2")]

    assert tone(decide(snap(an_order(shipments=parcels, fulfilment="shipped")), NOW)) == "bad"


def test_what_cannot_be_read_is_a_warning() -> None:
    assert tone(unreadable("#1042", None)) == "warn"
