"""The carrier simulator: parcels move along their lane, pushed events are legal, and time never runs backwards."""

import asyncio
import logging
from collections.abc import Sequence
from copy import deepcopy
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise, product

import pytest

from server.clock import HandClock
from server.commerce import documents
from server.commerce.derive import DeriveConfig, ShipmentState, derive_shipment
from server.commerce.model import ShipmentFlag, ShipmentStatus
from server.commerce.parse import snapshot
from server.demo import carrier
from server.demo.carrier import LEGAL, PUSHES, Push
from server.demo.documents import Document, read
from server.demo.seed import seed
from server.demo.situations import MOVES
from server.demo.stories import STORY_BY_KEY
from server.errors import RefusedInput, StoreUnavailable

NOW = datetime(2026, 11, 20, 18, 0, tzinfo=UTC)
ORDERS = {order["id"]: order for order in seed(NOW).orders}
SENT = [order for order in ORDERS.values() if order["shipments"]]
PROGRESS = ["label_created", "picked_up", "in_transit", "customs", "out_for_delivery", "delivered"]
ARRIVES_AS = {
    Push.DELAY: "in_transit",
    Push.ATTEMPT: "attempted",
    Push.OUT_FOR_DELIVERY: "out_for_delivery",
    Push.DELIVER: "delivered",
    Push.EXCEPTION: "exception",
    Push.LOST: "lost",
    Push.RETURN_TO_SENDER: "returning",
}


def of_story(key: str) -> Document:
    return deepcopy(ORDERS[STORY_BY_KEY[key].order_id])


def state_of(order: Document, now: datetime) -> ShipmentState:
    """What the application derives for the order's first parcel, which must be accepted without a warning."""
    document, warnings = documents.decode_order(order)
    assert warnings == []
    read_order = snapshot(document, as_of=now, source="demo", shop_tz="America/New_York")
    return derive_shipment(read_order, read_order.shipments[0], now, DeriveConfig(origin_country="US"))


def moved_to_the_end(order: Document, now: datetime) -> tuple[Document, datetime]:
    """The order after as many scans as its parcel still collects, ten minutes apart."""
    for _ in range(20):
        now += timedelta(minutes=10)
        following = carrier.advance(order, now)
        if following is order:
            return order, now
        order = following
    raise AssertionError("the parcel never arrived")


def test_a_parcel_moves_along_its_lane_to_the_door() -> None:
    order, now = moved_to_the_end(of_story("in_transit"), NOW)
    cities = [event["city"] for event in order["shipments"][0]["events"]]
    assert cities[-4:] == ["Omaha", "Denver", "Denver", "Denver"]
    assert state_of(order, now).status is ShipmentStatus.DELIVERED
    assert order["shipments"][0]["pod"]


def test_moving_only_goes_forward_and_never_back_in_time() -> None:
    for start in (order for order in SENT if MOVES in order["tags"]):
        order, _ = moved_to_the_end(start, NOW)
        for parcel in order["shipments"]:
            times = [read(event["at"]) for event in parcel["events"]]
            assert all(earlier < later for earlier, later in pairwise(times))
            codes = [event["code"] for event in parcel["events"]]
            assert codes[-1] == "delivered"
            phases = [PROGRESS.index(code) for code in codes if code != "customs"]
            assert phases[:1] == [0]
            assert [phase for phase in phases if phase != 2] == sorted(phase for phase in phases if phase != 2)


@pytest.mark.parametrize("key", ["late", "bad_address", "damaged", "lost", "returning", "returnable", "cancellable"])
def test_a_parcel_in_trouble_or_at_its_end_does_not_move_by_itself(key: str) -> None:
    order = of_story(key)
    if key == "late":
        assert MOVES not in order["tags"]
    else:
        assert carrier.next_events(order, NOW) == []


def test_moving_leaves_the_given_document_alone() -> None:
    order = of_story("in_transit")
    carrier.advance(order, NOW)
    assert order == ORDERS["ord_1042"]


@pytest.mark.parametrize("event", list(Push))
def test_a_pushed_event_is_what_the_application_then_derives(event: Push) -> None:
    order = carrier.push(of_story("in_transit"), event, NOW)
    assert state_of(order, NOW).status == ARRIVES_AS[event]


def test_a_delay_is_a_revision_of_the_expected_day() -> None:
    order = of_story("in_transit")
    before = date.fromisoformat(order["shipments"][0]["eta"]["max"])
    state = state_of(carrier.delay(order, NOW, days=2), NOW)
    assert state.has(ShipmentFlag.ETA_REVISED)
    assert state.eta is not None
    assert state.eta.max == before + timedelta(days=2)
    assert state.previous_eta == before


def test_a_label_that_is_delayed_is_still_a_label() -> None:
    state = state_of(carrier.delay(of_story("label"), NOW), NOW)
    assert state.status is ShipmentStatus.LABEL_CREATED


def test_a_parcel_that_came_back_from_the_vehicle_goes_out_again() -> None:
    order = carrier.attempt(of_story("spanish"), NOW)
    order = carrier.advance(order, NOW + timedelta(hours=16))
    assert carrier.status(order["shipments"][0]) == "out_for_delivery"


def test_each_failed_attempt_is_counted() -> None:
    order = carrier.attempt(of_story("spanish"), NOW)
    order = carrier.out_for_delivery(order, NOW + timedelta(hours=20))
    order = carrier.attempt(order, NOW + timedelta(hours=23))
    assert [tried["reason"] for tried in order["shipments"][0]["attempts"]] == ["customer unavailable"] * 2


def test_an_exception_names_a_reason_that_the_application_understands() -> None:
    state = state_of(carrier.exception(of_story("in_transit"), NOW, "address_problem"), NOW)
    assert state.has(ShipmentFlag.ADDRESS_PROBLEM)


def test_an_exception_for_an_invented_reason_is_refused() -> None:
    with pytest.raises(RefusedInput):
        carrier.exception(of_story("in_transit"), NOW, "aliens")


def test_events_pushed_in_the_same_second_keep_their_order() -> None:
    order = of_story("in_transit")
    for event in ("out_for_delivery", "attempt", "out_for_delivery", "deliver"):
        order = carrier.push(order, event, NOW)
    times = [event["at"] for event in order["shipments"][0]["events"]]
    assert len(set(times)) == len(times)
    assert state_of(order, NOW + timedelta(minutes=1)).status is ShipmentStatus.DELIVERED


def test_every_push_is_either_legal_and_lands_or_refused() -> None:
    for order, event in product(SENT[-60:], Push):
        before = deepcopy(order)
        if event not in carrier.allowed(order):
            with pytest.raises(RefusedInput):
                PUSHES[event](order, NOW)
            continue
        after = PUSHES[event](order, NOW)
        assert documents.decode_order(after)[1] == []
        assert sum(len(parcel["events"]) for parcel in after["shipments"]) == 1 + sum(
            len(parcel["events"]) for parcel in order["shipments"]
        )
        assert read(after["updated_at"]) > read(before["updated_at"])
        assert order == before


def test_the_end_of_a_parcel_allows_nothing_more() -> None:
    ends = {"delivered", "returned", "lost", "returning"}
    assert all(not legal & ends for legal in LEGAL.values())


@pytest.mark.parametrize("key", ["cancellable", "returnable", "gift_card", "lost"])
def test_an_order_without_an_open_parcel_allows_nothing(key: str) -> None:
    assert carrier.allowed(of_story(key)) == ()


def test_an_event_that_does_not_exist_is_refused() -> None:
    with pytest.raises(RefusedInput):
        carrier.push(of_story("in_transit"), "teleport", NOW)


def test_of_several_parcels_the_first_open_one_is_meant() -> None:
    order = carrier.deliver(of_story("two_parcels"), NOW)
    codes = [carrier.status(parcel) for parcel in order["shipments"]]
    assert codes == ["delivered", "delivered", "picked_up"]


class Shelf:
    """A shelf of orders that the loop reads and writes; `closed` for as many reads as it is told."""

    def __init__(self, orders: Sequence[Document], closed: int = 0) -> None:
        self.orders = {order["id"]: order for order in orders}
        self.put_count = 0
        self.moved = asyncio.Event()
        self._closed = closed

    async def all(self) -> Sequence[Document]:
        if self._closed:
            self._closed -= 1
            raise StoreUnavailable("the shelf is locked")
        return list(self.orders.values())

    async def put(self, order: Document) -> None:
        self.orders[order["id"]] = order
        self.put_count += 1
        self.moved.set()


async def test_a_tick_moves_the_longest_waiting_parcels_and_no_more() -> None:
    shelf = Shelf(list(ORDERS.values()))
    moved = await carrier.tick(shelf.put, shelf.all, HandClock(NOW), parcels=2, pace=timedelta(minutes=1))
    changed = [order for order in shelf.orders.values() if order != ORDERS[order["id"]]]
    assert moved == shelf.put_count == len(changed) == 2
    touched = {order["id"] for order in changed}
    still = [order for order in ORDERS.values() if MOVES in order["tags"] and order["id"] not in touched]
    still = [order for order in still if carrier.next_events(order, NOW)]
    latest = max(read(ORDERS[order["id"]]["updated_at"]) for order in changed)
    assert all(read(order["updated_at"]) >= latest for order in still)


async def test_a_parcel_rests_between_two_scans() -> None:
    shelf, clock = Shelf([of_story("in_transit")]), HandClock(NOW)
    assert await carrier.tick(shelf.put, shelf.all, clock, parcels=2, pace=timedelta(minutes=1)) == 1
    clock.advance(timedelta(seconds=59))
    assert await carrier.tick(shelf.put, shelf.all, clock, parcels=2, pace=timedelta(minutes=1)) == 0
    clock.advance(timedelta(seconds=2))
    assert await carrier.tick(shelf.put, shelf.all, clock, parcels=2, pace=timedelta(minutes=1)) == 1


async def test_parcels_of_the_other_stories_stay_where_they_are() -> None:
    shelf = Shelf([of_story("late"), of_story("vip"), of_story("spanish")])
    assert await carrier.tick(shelf.put, shelf.all, HandClock(NOW), parcels=9, pace=timedelta(0)) == 0


async def test_the_loop_goes_on_after_the_store_was_away(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.CRITICAL, "server.demo.carrier")
    shelf = Shelf([of_story("in_transit")], closed=2)
    task = asyncio.ensure_future(carrier.run(shelf.put, shelf.all, HandClock(NOW), interval_s=0.001))
    async with asyncio.timeout(10):
        await shelf.moved.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
