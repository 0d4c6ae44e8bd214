"""The outbox, the timers and the ledger of actions: claimed by one, repeated by key, never done twice."""

import asyncio
from datetime import datetime, timedelta

from memory import actions, outbox, timers
from memory.engines.base import Database
from memory.outbox import Parcel
from memory.times import to_ms
from tests.memory.acts import a_thread, count
from tests.support.databases import NOW

LEASE = timedelta(seconds=30)


def later(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


async def send(database: Database, key: str, at: float = 0) -> None:
    thread = await a_thread(database)
    await database.write(lambda tx: outbox.put(tx, key, thread.id, 1, "sms", 7, {"text": key}, later(at), NOW))


async def take(database: Database, at: float = 0, limit: int = 10) -> list[Parcel]:
    return await database.write(lambda tx: outbox.claim(tx, later(at), LEASE, limit))


async def test_a_message_is_taken_by_one_sender(database: Database, twin: Database) -> None:
    for number in range(12):
        await send(database, f"k{number}")
    taken = await asyncio.gather(*(take(handle, limit=3) for handle in (database, twin) for _ in range(6)))
    keys = [parcel.key for parcels in taken for parcel in parcels]
    assert sorted(keys) == sorted(f"k{number}" for number in range(12))


async def test_a_repeated_key_is_one_message(database: Database) -> None:
    await send(database, "k")
    await send(database, "k")
    assert [(parcel.key, parcel.attempts, parcel.body) for parcel in await take(database)] == [("k", 1, {"text": "k"})]


async def test_a_sender_that_died_leaves_an_unknown_outcome_that_nobody_sends_again(database: Database) -> None:
    await send(database, "k")
    parcel = (await take(database))[0]
    assert await database.write(lambda tx: outbox.overdue(tx, later(29))) == []
    assert await take(database, 31) == []
    assert await database.write(lambda tx: outbox.overdue(tx, later(31))) == [parcel.id]
    assert await take(database, 60) == []


async def test_a_message_that_failed_for_now_is_sent_again_at_its_time(database: Database) -> None:
    await send(database, "k")
    parcel = (await take(database))[0]
    await database.write(lambda tx: outbox.mark(tx, parcel, "due", error="busy", again_at=later(10)))
    assert await take(database, 9) == []
    again = (await take(database, 10))[0]
    assert again.attempts == 2
    assert await database.write(lambda tx: outbox.mark(tx, again, "sent", provider_id="SM1"))
    assert await take(database, 100) == []


async def test_a_worker_that_lost_its_message_records_nothing(database: Database) -> None:
    await send(database, "k")
    late = (await take(database))[0]
    await database.write(lambda tx: outbox.overdue(tx, later(31)))
    asking = (await database.write(lambda tx: outbox.claim_unknown(tx, later(31), LEASE, 10)))[0]
    assert not await database.write(lambda tx: outbox.mark(tx, late, "sent", provider_id="SM1"))
    assert await database.write(lambda tx: outbox.mark(tx, asking, "due", again_at=later(31)))
    assert [each.attempts for each in await take(database, 31)] == [3]


async def test_one_unknown_outcome_is_asked_about_by_one_worker(database: Database, twin: Database) -> None:
    await send(database, "k")
    await take(database)
    await database.write(lambda tx: outbox.overdue(tx, later(31)))
    asked = await asyncio.gather(
        *(handle.write(lambda tx: outbox.claim_unknown(tx, later(31), LEASE, 10)) for handle in (database, twin))
    )
    assert sorted(map(len, asked)) == [0, 1]


async def test_messages_of_a_thread_leave_in_order(database: Database) -> None:
    thread = await a_thread(database)

    async def put(seq: int) -> None:
        await database.write(
            lambda tx: outbox.put(tx, f"k{seq}", thread.id, seq, "sms", 7, {}, later(-seq), later(-seq))
        )

    await put(1)
    await put(2)
    first = await take(database)
    assert [parcel.seq for parcel in first] == [1]
    await database.write(lambda tx: outbox.mark(tx, first[0], "unknown", again_at=later(15)))
    assert await take(database, 14) == []
    assert await database.read(outbox.next_at) == to_ms(later(15))
    asking = (await database.write(lambda tx: outbox.claim_unknown(tx, later(15), LEASE, 10)))[0]
    await database.write(lambda tx: outbox.mark(tx, asking, "sent", provider_id="SM1"))
    assert [parcel.seq for parcel in await take(database, 15)] == [2]


async def test_a_message_waits_for_its_time(database: Database) -> None:
    await send(database, "k", at=5)
    assert await take(database, 4) == []
    assert len(await take(database, 5)) == 1


async def start(database: Database, key: str, at: float, thread_id: int = 1) -> None:
    await database.write(lambda tx: timers.start(tx, key, "sla", thread_id, later(at), NOW, {"at": at}))


async def go_off(database: Database, at: float) -> list[str]:
    return [timer.key for timer in await database.write(lambda tx: timers.claim(tx, later(at), LEASE, 10))]


async def test_a_timer_goes_off_once_at_its_last_time(database: Database, twin: Database) -> None:
    await start(database, "k", 5)
    await start(database, "k", 9)
    assert await count(database, "timers") == 1
    assert await go_off(database, 8) == []
    both = await asyncio.gather(go_off(database, 9), go_off(twin, 9))
    assert sorted(both) == [[], ["k"]]
    await database.write(lambda tx: timers.stop(tx, "k"))
    assert await go_off(database, 100) == []
    assert await database.read(timers.next_at) is None


async def test_a_timer_whose_worker_died_goes_off_again(database: Database) -> None:
    await start(database, "k", 0)
    assert [await go_off(database, at) for at in (0, 29, 31)] == [["k"], [], ["k"]]


async def test_an_action_is_one_action_by_its_key(database: Database, twin: Database) -> None:
    thread = await a_thread(database)
    made = await asyncio.gather(
        *(
            handle.write(
                lambda tx: actions.add(tx, thread.id, "k", "refund", "ord_7", {"amount": 700}, "proposed", NOW)
            )
            for handle in (database, twin)
            for _ in range(10)
        )
    )
    assert len({action.id for action in made}) == 1
    assert await count(database, "actions") == 1


async def test_an_action_moves_on_once(database: Database, twin: Database) -> None:
    thread = await a_thread(database)
    await database.write(lambda tx: actions.add(tx, thread.id, "k", "refund", "ord_7", {}, "confirmed", NOW))
    moved = await asyncio.gather(
        *(
            handle.write(lambda tx: actions.step(tx, "k", ("confirmed",), "executing", NOW))
            for handle in (database, twin)
            for _ in range(5)
        )
    )
    assert sorted(moved) == [False] * 9 + [True]
    await database.write(lambda tx: actions.step(tx, "k", ("executing",), "executed", NOW, result={"refund_id": "RF1"}))
    action = await database.read(lambda tx: actions.by_key(tx, "k"))
    assert action is not None
    assert (action.state, action.result) == ("executed", {"refund_id": "RF1"})


async def test_an_action_without_an_outcome_is_found(database: Database) -> None:
    thread = await a_thread(database)

    async def add(key: str, state: str) -> None:
        await database.write(lambda tx: actions.add(tx, thread.id, key, "refund", "", {}, state, NOW))

    for key, state in (("a", "executing"), ("b", "executed"), ("c", "confirmed"), ("d", "proposed")):
        await add(key, state)
    found = await database.read(lambda tx: actions.stuck(tx, later(60), timedelta(seconds=59)))
    assert [action.key for action in found] == ["a", "c"]
    assert await database.read(lambda tx: actions.stuck(tx, later(60), timedelta(seconds=61))) == []
