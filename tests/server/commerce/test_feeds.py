"""Feeds: whatever the order and number of messages about a parcel, the order says the same afterwards."""

from datetime import UTC, datetime, timedelta
from functools import reduce
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.commerce.carriers.update import TrackingUpdate
from server.commerce.derive import DeriveConfig, derive_shipment
from server.commerce.documents import decode_order
from server.commerce.feeds import (
    event_key,
    is_open,
    is_same,
    latest_scan,
    overlaid,
    status_of,
    tracking_numbers,
    with_update,
)
from server.commerce.model import Eta, ShipmentStatus
from server.commerce.parse import snapshot
from tests.server.commerce.orders import NOW, Raw, a_parcel, an_event, an_order, shipped, snap

NUMBER = "1ZA1B2C30300000012"
TOLD = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


def told(*events: Raw, minutes: int = 0, **parts: Any) -> TrackingUpdate:
    """A message, so many minutes after noon."""
    return TrackingUpdate(NUMBER, "easypost", "ups", TOLD + timedelta(minutes=minutes), tuple(events), **parts)


def fed(*updates: TrackingUpdate) -> dict[str, Any]:
    """The feed after these messages."""
    feed: dict[str, Any] = reduce(
        lambda feed, update: with_update(feed, update, received_at=TOLD, ingested_at=NOW), updates, {}
    )
    return feed


def order_with(feed: dict[str, Any], raw: Raw, tz: str = "America/New_York") -> Any:
    """The snapshot of an order with this feed."""
    document = overlaid(raw, {NUMBER: feed}, {NUMBER: TOLD}, tz)
    return snapshot(decode_order(document)[0], as_of=NOW, source="shopify", shop_tz=tz)


def test_a_carriers_scan_moves_the_order() -> None:
    order = order_with(fed(told(an_event("2026-11-20T09:00:00-06:00", "out_for_delivery"))), shipped())
    assert (order.shipments[0].status, order.shipments[0].feed_as_of) == (ShipmentStatus.OUT_FOR_DELIVERY, TOLD)


def test_the_platforms_own_scans_stay() -> None:
    own = an_event("2026-11-19T08:00:00-06:00", "picked_up")
    order = order_with(fed(told(an_event("2026-11-20T09:00:00-06:00", "in_transit"))), shipped(own))
    assert [event.code for event in order.shipments[0].events] == ["picked_up", "in_transit"]


def test_three_clocks_are_kept_apart() -> None:
    event = order_with(fed(told(an_event("2026-11-20T09:00:00-06:00", "in_transit"))), shipped()).shipments[0].events[0]
    assert (event.at.hour, event.received_at, event.ingested_at) == (15, TOLD, NOW)


UPDATES = [
    told(an_event("2026-11-18T10:00:00Z", "picked_up"), eta={"min": "2026-11-21", "max": "2026-11-21"}),
    told(an_event("2026-11-19T10:00:00Z", "in_transit"), minutes=5, eta={"min": "2026-11-23", "max": "2026-11-23"}),
    told(an_event("2026-11-20T10:00:00Z", "out_for_delivery"), minutes=9, pickup={"place": "Kiosk"}),
    told(an_event("2026-11-20T10:00:00Z", "out_for_delivery"), minutes=9, pickup={"place": "Kiosk"}),
    told(minutes=3, pickup={"place": "Depot"}, service="Ground"),
]


def test_any_order_of_messages_gives_the_same_feed() -> None:
    first = fed(*UPDATES)
    assert all(fed(*each) == first for each in permutations(UPDATES))


def test_of_two_statements_the_later_told_one_holds() -> None:
    order = order_with(fed(*UPDATES), shipped())
    parcel = order.shipments[0]
    assert (parcel.pickup.place, parcel.service) == ("Kiosk", "Ground")


def test_an_estimate_keeps_how_it_moved() -> None:
    eta = order_with(fed(*UPDATES), shipped()).shipments[0].eta
    assert isinstance(eta, Eta)
    assert [(str(each.was), str(each.becomes)) for each in eta.revisions] == [("2026-11-21", "2026-11-23")]


def test_a_repeated_message_is_no_news() -> None:
    once = fed(UPDATES[0])
    again = with_update(once, UPDATES[0], received_at=TOLD, ingested_at=NOW + timedelta(hours=1))
    assert is_same(once, again)
    assert not is_same(once, fed(*UPDATES[:2]))


CODES = st.sampled_from([each.value for each in ShipmentStatus])
EVENTS = st.lists(
    st.builds(
        lambda hours, code, city: an_event((NOW - timedelta(hours=hours)).isoformat(), code, city=city),
        st.integers(0, 90),
        CODES,
        st.sampled_from(["Omaha", "Lincoln"]),
    ),
    min_size=1,
    max_size=8,
)


@settings(max_examples=60)
@given(EVENTS, st.randoms(use_true_random=False))
def test_a_state_does_not_depend_on_the_order_of_messages(events: list[Raw], random: Any) -> None:
    updates = [told(event, minutes=index) for index, event in enumerate(events)]
    shuffled = [*updates, *random.sample(updates, len(updates) // 2)]
    random.shuffle(shuffled)
    orders = [order_with(fed(*each), shipped()) for each in (updates, shuffled)]
    states = [derive_shipment(each, each.shipments[0], NOW, DeriveConfig()) for each in orders]
    assert states[0].status == states[1].status
    assert states[0].flags == states[1].flags


# Times without a zone, numbers used again, other legs


@pytest.mark.parametrize(
    ("event", "hour"),
    [
        (an_event("2026-11-20T09:00:00", "in_transit", local=True), 15),
        (an_event("2026-11-20T09:00:00", "in_transit", local=True, city="Paris", region=None, country="FR"), 8),
        (an_event("2026-11-20T09:00:00", "in_transit", local=True, city=None, region=None, country=None), 15),
    ],
    ids=["the scan's region", "the scan's country", "the destination"],
)
def test_local_time_is_read_where_the_scan_was(event: Raw, hour: int) -> None:
    scan = order_with(fed(told(event)), shipped()).shipments[0].events[0]
    assert (scan.at.hour, scan.is_date_only) == (hour, False)


def test_local_time_of_an_unknown_place_is_spoken_as_a_day() -> None:
    event = an_event("2026-11-20T09:00:00", "in_transit", local=True, city=None, region=None, country=None)
    raw = shipped(order={"ship_to": {"name": "Ana"}})
    assert order_with(fed(told(event)), raw).shipments[0].events[0].is_date_only


def test_scans_of_an_earlier_parcel_with_the_same_number_do_not_count() -> None:
    order = order_with(fed(told(an_event("2026-08-20T09:00:00Z", "delivered"))), shipped())
    assert order.shipments[0].status is ShipmentStatus.LABEL_CREATED


def test_the_last_mile_has_a_number_of_its_own() -> None:
    raw = shipped(legs=[NUMBER], tracking_number="LX123")
    order = order_with(fed(told(an_event("2026-11-20T09:00:00-06:00", "delivered"))), raw)
    assert order.shipments[0].status is ShipmentStatus.DELIVERED


@pytest.mark.parametrize(
    ("codes", "status"),
    [
        ([], "label_issued"),
        (["label_created"], "label_issued"),
        (["in_transit"], "in_transit"),
        (["in_transit", "delivered"], "received"),
    ],
)
def test_a_return_follows_its_own_parcel(codes: list[str], status: str) -> None:
    events = [an_event(f"2026-11-{18 + index}T09:00:00Z", code) for index, code in enumerate(codes)]
    parts = {"id": "r1", "status": "label_issued", "label": {"url": "https://l.example", "tracking": NUMBER}}
    order = order_with(fed(told(*events)), an_order(returns=[parts]))
    assert order.returns[0].status == status
    assert (order.returns[0].received_at is not None) == (status == "received")


def test_every_number_of_an_order_is_filed() -> None:
    label = {"id": "r1", "status": "approved", "label": {"tracking": "rt 1", "carrier": "USPS"}}
    raw = an_order(
        shipments=[a_parcel(legs=["leg-2"])], returns=[label, {"id": "r2", "status": "x", "label": "https://u"}]
    )
    assert tracking_numbers(raw) == {NUMBER: "ups", "LEG2": "ups", "RT1": "usps"}


def test_without_feeds_an_order_is_as_it_was() -> None:
    raw = shipped(an_event("2026-11-20T09:00:00-06:00", "in_transit"))
    assert snap(overlaid(raw, {}, {}, "UTC")) == snap(raw)


def test_the_same_scan_has_one_key_whoever_tells_it() -> None:
    event = an_event("2026-11-20T09:00:00Z", "in_transit")
    assert event_key(NUMBER, event) == event_key(NUMBER, {**event, "text": "Departed", "source": "shippo"})
    assert event_key(NUMBER, event) != event_key(NUMBER, {**event, "city": "Lincoln"})


def test_a_feed_knows_when_nothing_more_will_come() -> None:
    moving = fed(told(an_event("2026-11-20T09:00:00Z", "in_transit")))
    over = fed(told(an_event("2026-11-20T09:00:00Z", "in_transit"), an_event("2026-11-20T10:00:00Z", "delivered")))
    assert (is_open({}), is_open(moving), is_open(over)) == (True, True, False)
    assert (status_of({}), status_of(over)) == (ShipmentStatus.LABEL_CREATED, ShipmentStatus.DELIVERED)
    assert latest_scan(over) == datetime(2026, 11, 20, 10, tzinfo=UTC)
