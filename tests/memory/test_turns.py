"""Turns: one for each thread, held by one worker at a time, lost by whoever is too late."""

import asyncio
from datetime import datetime, timedelta

from memory import turns
from memory.engines.base import Database
from memory.turns import Claim
from tests.memory.acts import a_thread, an_identity, count
from tests.support.databases import NOW

LEASE = timedelta(seconds=30)


def later(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


async def claim(database: Database, at: float = 0, limit: int = 10) -> list[Claim]:
    return list(await database.write(lambda tx: turns.claim(tx, later(at), LEASE, limit)))


async def a_due_turn(database: Database) -> int:
    thread = await a_thread(database, await an_identity(database))
    await database.write(lambda tx: turns.due(tx, thread.id, NOW, NOW))
    return thread.id


async def test_a_turn_is_claimed_once_by_all_processes_together(database: Database, twin: Database) -> None:
    due = {await a_due_turn(database) for _ in range(12)}
    taken = await asyncio.gather(*(claim(handle, limit=3) for handle in (database, twin) for _ in range(6)))
    ids = [each.thread_id for claims in taken for each in claims]
    assert sorted(ids) == sorted(due)
    assert await claim(twin) == []


async def test_a_turn_is_not_claimed_before_it_is_due(database: Database) -> None:
    thread = await a_thread(database)
    await database.write(lambda tx: turns.due(tx, thread.id, later(2), NOW))
    assert await claim(database, 1.9) == []
    assert await database.read(lambda tx: turns.next_at(tx, NOW)) == int(later(2).timestamp() * 1000)
    assert [each.attempts for each in await claim(database, 2)] == [1]


async def test_a_lease_that_ran_out_is_claimed_again_and_the_late_worker_lost(
    database: Database, twin: Database
) -> None:
    thread_id = await a_due_turn(database)
    late = (await claim(database))[0]
    assert await claim(twin, 29) == []
    current = (await claim(twin, 31))[0]
    assert (current.thread_id, current.fence, current.attempts) == (thread_id, late.fence + 1, 2)
    assert not await database.write(lambda tx: turns.holds(tx, late))
    assert await twin.write(lambda tx: turns.holds(tx, current))
    await database.write(lambda tx: turns.finish(tx, late))
    await database.write(lambda tx: turns.again(tx, late, later(40)))
    assert await twin.write(lambda tx: turns.holds(tx, current))
    await twin.write(lambda tx: turns.finish(tx, current))
    assert await count(database, "turns") == 0


async def test_a_burst_pushes_the_answer_out_but_not_for_ever(database: Database) -> None:
    thread = await a_thread(database)
    for second in range(12):
        await database.write(
            lambda tx, second=second: turns.due(tx, thread.id, later(second + 2), later(second))  # type: ignore[misc]  # bound per turn
        )
    assert await database.read(lambda tx: turns.next_at(tx, NOW)) == int(later(8).timestamp() * 1000)


async def test_typing_postpones_within_the_limit_of_the_burst(database: Database) -> None:
    thread = await a_thread(database)
    await database.write(lambda tx: turns.due(tx, thread.id, later(1), NOW))
    for seconds, expected in ((3, 3), (2, 3), (30, 8)):
        await database.write(lambda tx, seconds=seconds: turns.postpone(tx, thread.id, later(seconds)))  # type: ignore[misc]  # bound per turn
        assert await database.read(lambda tx: turns.next_at(tx, NOW)) == int(later(expected).timestamp() * 1000)


async def test_a_turn_that_is_given_back_is_claimed_again_at_its_time(database: Database) -> None:
    await a_due_turn(database)
    held = (await claim(database))[0]
    await database.write(lambda tx: turns.again(tx, held, later(5)))
    assert await claim(database, 4) == []
    assert [each.attempts for each in await claim(database, 5)] == [2]


async def test_a_taken_over_thread_has_no_turn(database: Database) -> None:
    thread_id = await a_due_turn(database)
    await database.write(lambda tx: turns.drop(tx, thread_id))
    assert await claim(database) == []
    assert await database.read(lambda tx: turns.get(tx, thread_id)) is None


async def test_a_lone_process_forgets_the_leases_of_its_former_life(database: Database) -> None:
    thread_id = await a_due_turn(database)
    await claim(database)
    await database.write(turns.release_all)
    assert [each.thread_id for each in await claim(database, 1)] == [thread_id]
