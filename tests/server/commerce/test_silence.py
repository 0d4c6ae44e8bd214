"""Learned silence: what carriers really do, never further from the defaults than there is evidence for."""

import random
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from memory.engines.base import Database
from server.clock import HandClock
from server.commerce.lanes import DeriveConfig
from server.commerce.model import OrderSnapshot
from server.commerce.silence import (
    LOWERS_AFTER,
    MOST_TIMES_DEFAULT,
    RAISES_AFTER,
    Limits,
    gaps_of,
    learned,
    observe,
    with_learned,
)
from server.commerce.wismo import WismoConfig, decide
from tests.server.commerce.orders import NOW, Raw, a_parcel, ago, an_event, shipped, snap
from tests.support.databases import opened

CFG = DeriveConfig()
GROUND = "ups/ground/domestic/in_transit"
counts_of_gaps = st.dictionaries(st.integers(0, 60), st.integers(1, 500), max_size=8)


# The pure core.


@pytest.mark.parametrize("default", [1, 3, 5, 7])
def test_nothing_seen_leaves_the_default(default: int) -> None:
    assert learned({}, default) == default


def test_gaps_of_six_days_are_no_stall_on_the_sixth_day() -> None:
    assert [learned({6: 200}, default) for default in (3, 5, 7)] == [7, 7, 7]


def test_a_fast_lane_is_called_stalled_sooner() -> None:
    assert learned({0: 500, 1: 100}, 5) == 2


def test_a_few_gaps_move_nothing() -> None:
    assert learned({9: RAISES_AFTER - 1}, 3) == 3
    assert learned({0: LOWERS_AFTER - 1}, 5) == 5


def test_one_stuck_parcel_among_many_moves_nothing() -> None:
    assert learned({0: 60, 1: 30, 2: 9, 30: 1}, 3) == 3


def test_a_limit_never_grows_beyond_thrice_the_default() -> None:
    assert learned({40: 10_000}, 3) == 9


@given(counts_of_gaps, st.integers(1, 10))
@settings(deadline=None, database=None)
def test_a_limit_is_always_within_its_bounds(counts: dict[int, int], default: int) -> None:
    limit = learned(counts, default)

    assert 1 <= limit <= MOST_TIMES_DEFAULT * default
    assert limit >= default or sum(counts.values()) >= LOWERS_AFTER


@given(counts_of_gaps, st.integers(1, 10), st.integers(0, 60))
@settings(deadline=None, database=None)
def test_longer_gaps_never_lower_a_limit(counts: dict[int, int], default: int, length: int) -> None:
    seen = Counter({0: LOWERS_AFTER}) + Counter(counts)
    longer = Counter({0: LOWERS_AFTER}) + Counter({max(days, length): 0 for days in counts})
    for days, times in counts.items():
        longer[max(days, length)] += times

    assert learned(longer, default) >= learned(seen, default)


# The gaps of a parcel.


def at(day: int, hour: int = 12) -> str:
    return f"2026-11-{day:02}T{hour}:00:00Z"


def gaps(*events: Raw, **parcel: Any) -> dict[tuple[str, int], int]:
    order = snap(shipped(*events, **parcel))
    return gaps_of(order, order.shipments[0], CFG)


def test_gaps_are_business_days_since_the_scan_before_by_its_stage() -> None:
    found = gaps(
        an_event(at(5), "label_created"),
        an_event(at(6), "picked_up"),
        an_event(at(9), "in_transit"),
        an_event(at(12), "in_transit"),
        an_event(at(12, 20), "out_for_delivery"),
        an_event(at(17), "delivered"),
    )

    assert found == {("ups/ground/domestic/picked_up", 1): 1, (GROUND, 3): 1, (GROUND, 0): 1}


def test_a_gap_that_ended_badly_is_no_normal_gap() -> None:
    for end in ("exception", "returning", "returned", "damaged", "lost"):
        assert gaps(an_event(at(9), "in_transit"), an_event(at(19), end)) == {}


def test_customs_and_borders_are_ways_of_their_own() -> None:
    found = gaps(
        an_event(at(9), "in_transit", country="CN"), an_event(at(10), "customs"), an_event(at(18), "in_transit")
    )

    assert found == {("ups/ground/cross_border/in_transit", 1): 1, ("ups/ground/cross_border/customs", 6): 1}


def test_parcels_without_a_carrier_or_on_their_way_back_teach_nothing() -> None:
    events = (an_event(at(9), "in_transit"), an_event(at(12), "in_transit"))

    assert gaps(*events, carrier=None) == gaps(*events, direction="return") == {}


# What is stated is not learned over.


def test_a_learned_limit_is_for_its_own_stretch_only() -> None:
    cfg = with_learned(CFG, {GROUND: {6: 300}})

    assert dict(cfg.stalled_after) == {GROUND: 7}


@pytest.mark.parametrize("stated", ["ups/ground/domestic", "ups/*/*", "*/*/domestic", GROUND])
def test_what_an_operator_states_holds(stated: str) -> None:
    cfg = with_learned(replace(CFG, stalled_after={stated: 3}), {GROUND: {6: 300}})

    assert dict(cfg.stalled_after) == {stated: 3}


@pytest.mark.parametrize(
    "key", ["", "ups", "ups/ground/domestic", "ups/slow/domestic/in_transit", "a/ground/moon/customs"]
)
def test_a_key_that_nobody_understands_is_passed_over(key: str) -> None:
    assert with_learned(CFG, {key: {6: 300}}).stalled_after == {}


# From scans to answers.


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    async with opened(f"sqlite:///{tmp_path / 'memory.db'}") as database:
        yield database


def travelled(number: int, pause: timedelta, scans: int, start: datetime) -> OrderSnapshot:
    """An order whose parcel was scanned at each pause, and delivered."""
    times = [start + pause * step for step in range(scans)]
    events = [an_event(moment.isoformat(), "in_transit") for moment in times[:-1]]
    events.append(an_event(times[-1].isoformat(), "delivered"))
    random.Random(number).shuffle(events)
    parcel = a_parcel(*events, tracking_number=f"N{number}")
    return snap(shipped(order={"id": f"o{number}", "number": f"{number}", "shipments": [parcel]}))


def parcels(count: int, pause: timedelta, scans: int = 6) -> Iterator[OrderSnapshot]:
    start = NOW - timedelta(days=120)
    return (travelled(number, pause, scans, start + timedelta(days=number % 20)) for number in range(count))


async def taught(database: Database, orders: Sequence[OrderSnapshot], limits: Limits) -> Limits:
    for order in [*orders, *orders]:  # each is told twice
        await database.write(lambda tx, order=order: observe(tx, order, NOW, limits.derive))  # type: ignore[misc]  # bound per turn
    await limits.refresh(database)
    return limits


def quiet(days: int) -> OrderSnapshot:
    """A parcel last scanned so many business days ago, and promised for later."""
    scanned = {0: 20, 1: 19, 2: 18, 3: 17, 4: 16, 5: 13, 6: 12, 7: 11}[days]
    order: Mapping[str, object] = {"promised": {"max": "2026-12-24"}}
    return snap(shipped(an_event(at(scanned, 17), "in_transit"), order=order))


async def test_a_carrier_that_scans_every_six_days_is_quiet_not_stalled_until_the_seventh(database: Database) -> None:
    before = [decide(quiet(days), NOW).row for days in (2, 3, 6, 7)]

    limits = await taught(database, list(parcels(60, timedelta(days=8, hours=1))), Limits())

    after = [decide(quiet(days), NOW, cfg=limits.wismo).row for days in (2, 3, 6, 7)]
    usual = decide(quiet(6), NOW, cfg=limits.wismo).fact("usual_days")
    assert (before, after) == ([12, 14, 14, 14], [12, 12, 12, 14])
    assert usual is not None and usual.value == 7


async def test_a_fast_lane_is_asked_after_sooner(database: Database) -> None:
    limits = await taught(database, list(parcels(60, timedelta(hours=10))), Limits())

    assert [decide(quiet(days), NOW).row for days in (1, 2)] == [12, 12]
    assert [decide(quiet(days), NOW, cfg=limits.wismo).row for days in (1, 2)] == [12, 14]


async def test_rare_parcels_leave_the_default(database: Database) -> None:
    limits = await taught(database, list(parcels(3, timedelta(days=8, hours=1))), Limits())

    assert decide(quiet(3), NOW, cfg=limits.wismo).row == 14


async def test_limits_that_are_refreshed_keep_what_was_configured(database: Database) -> None:
    limits = await taught(database, [], Limits(WismoConfig(fresh_for=timedelta(minutes=9))))

    assert (limits.wismo.fresh_for, limits.derive) == (timedelta(minutes=9), CFG)


async def test_a_running_process_learns_what_another_one_saw(database: Database) -> None:
    await taught(database, list(parcels(60, timedelta(days=8, hours=1))), Limits())
    limits = Limits()

    await limits.look(database, HandClock(NOW))

    assert limits.derive.stalled_after == {GROUND: 7}


async def test_half_a_year_later_nothing_is_remembered(database: Database) -> None:
    limits = await taught(database, list(parcels(60, timedelta(days=8, hours=1))), Limits())

    await limits.look(database, HandClock(NOW + timedelta(days=200)))

    assert limits.derive.stalled_after == {}


def test_an_age_in_the_far_past_counts_as_long() -> None:
    found = gaps(an_event(ago(days=900), "in_transit"), an_event(ago(days=1), "in_transit"))

    assert found == {(GROUND, 60): 1}
