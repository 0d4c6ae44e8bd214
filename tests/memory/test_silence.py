"""Counted gaps: each parcel's share is in the counts once, whatever was told how often and in which order."""

import asyncio
import random
from datetime import timedelta

from memory import silence
from memory.engines.base import Database
from memory.silence import Gaps
from tests.support.databases import NOW

SLOW = "ups/ground/domestic/in_transit"
FAST = "ups/express/domestic/in_transit"


async def count(database: Database, parcel: str, gaps: Gaps, age: timedelta = timedelta(0)) -> bool:
    return await database.write(lambda tx: silence.count(tx, parcel, gaps, NOW - age))


async def counted(database: Database) -> dict[str, dict[int, int]]:
    return await database.read(silence.counted)


async def test_parcels_add_up(database: Database) -> None:
    await count(database, "A", {(SLOW, 1): 2, (SLOW, 3): 1})
    await count(database, "B", {(SLOW, 1): 1, (FAST, 0): 4})

    assert await counted(database) == {SLOW: {1: 3, 3: 1}, FAST: {0: 4}}


async def test_the_same_gaps_are_counted_once(database: Database) -> None:
    changed = [await count(database, "A", {(SLOW, 2): 1}) for _ in range(3)]

    assert (changed, await counted(database)) == ([True, False, False], {SLOW: {2: 1}})


async def test_a_scan_that_comes_late_between_two_others_replaces_their_gap(database: Database) -> None:
    await count(database, "A", {(SLOW, 6): 1})
    await count(database, "A", {(SLOW, 2): 1, (SLOW, 4): 1})

    assert await counted(database) == {SLOW: {2: 1, 4: 1}}


async def test_a_parcel_without_gaps_leaves_nothing_behind(database: Database) -> None:
    assert not await count(database, "A", {})
    assert await counted(database) == {}


async def test_two_who_look_at_the_same_parcel_at_once_count_it_once(database: Database, twin: Database) -> None:
    looks = [
        count(handle, name, {(SLOW, 1): 1, (FAST, 1): 1})
        for handle in (database, twin)
        for name in ("A", "B", "C")
        for _ in range(5)
    ]
    random.Random(7).shuffle(looks)
    await asyncio.gather(*looks)

    assert await counted(database) == {SLOW: {1: 3}, FAST: {1: 3}}


async def test_parcels_that_did_not_change_for_long_are_taken_out_again(database: Database) -> None:
    await count(database, "old", {(SLOW, 1): 2, (FAST, 0): 1}, timedelta(days=181))
    await count(database, "new", {(SLOW, 1): 1})

    gone = await database.write(lambda tx: silence.forget(tx, NOW - timedelta(days=180)))

    assert (gone, await counted(database)) == (1, {SLOW: {1: 1}})
    assert await count(database, "old", {(SLOW, 5): 1})
