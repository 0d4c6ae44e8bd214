"""One-time codes on disk: the last one of a speaker counts, is spent once, ends by tries and by time, and is counted."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from memory import codes
from memory.codes import Code
from memory.engines.base import Database
from tests.support.databases import NOW

MINUTES = timedelta(minutes=1)


async def asked(database: Database, after: timedelta = timedelta(0), **changes: Any) -> int:
    """A code that was asked for; its key."""
    values: dict[str, Any] = {
        "thread_id": 7, "identity_id": 1, "seq": 3, "purpose": "cancel_order:ord_7", "word": "otp",
        "subjects": ("ord_7", "customer:c7"), "destination": "d", "net": "n", "digest": "x",
    }  # fmt: skip
    at = NOW + after
    return await database.write(lambda tx: codes.add(tx, at, at + 10 * MINUTES, **{**values, **changes}))


async def latest(database: Database, thread_id: int = 7, identity_id: int = 1) -> Code:
    """The code that counts."""
    found = await database.read(lambda tx: codes.latest(tx, thread_id, identity_id))
    assert found is not None
    return found


async def test_a_code_is_read_as_it_was_written(database: Database) -> None:
    key = await asked(database)
    code = await latest(database)
    assert (code.id, code.subjects, code.word, code.tries, code.state) == (
        key,
        ("ord_7", "customer:c7"),
        "otp",
        0,
        "open",
    )
    assert await database.read(lambda tx: codes.latest(tx, 7, 2)) is None
    assert await database.read(lambda tx: codes.latest(tx, 8, 1)) is None


async def test_a_code_for_nobody_has_no_subjects(database: Database) -> None:
    await asked(database, subjects=())
    assert (await latest(database)).subjects == ()


async def test_only_the_last_code_of_a_speaker_is_open(database: Database) -> None:
    first, other = await asked(database), await asked(database, identity_id=2)
    await asked(database, MINUTES)
    assert not await database.write(lambda tx: codes.use(tx, first, NOW + MINUTES))
    assert await database.write(lambda tx: codes.use(tx, other, NOW + MINUTES))


@pytest.mark.parametrize(
    ("after", "is_good"),
    [(timedelta(0), True), (10 * MINUTES - timedelta(milliseconds=1), True), (10 * MINUTES, False)],
)
async def test_a_code_ends_by_itself(database: Database, after: timedelta, is_good: bool) -> None:
    key = await asked(database)
    assert (await latest(database)).is_pending(NOW + after) is is_good
    assert await database.write(lambda tx: codes.use(tx, key, NOW + after)) is is_good


async def test_a_code_is_spent_once_however_many_try_at_once(database: Database, twin: Database) -> None:
    key = await asked(database)
    spent = await asyncio.gather(
        *(handle.write(lambda tx: codes.use(tx, key, NOW)) for handle in (database, twin) for _ in range(10))
    )
    assert sorted(spent) == [False] * 19 + [True]


async def test_wrong_tries_make_a_code_void(database: Database) -> None:
    key = await asked(database)
    for tries in range(1, 5):
        await database.write(lambda tx: codes.miss(tx, key, 5))
        assert ((await latest(database)).tries, (await latest(database)).state) == (tries, "open")
    await database.write(lambda tx: codes.miss(tx, key, 5))
    assert (await latest(database)).state == "void"
    assert not await database.write(lambda tx: codes.use(tx, key, NOW))


async def test_a_code_that_was_not_sent_opens_nothing(database: Database) -> None:
    key = await asked(database)
    await database.write(lambda tx: codes.fail(tx, key))
    assert (await latest(database)).state == "failed"
    assert not await database.write(lambda tx: codes.use(tx, key, NOW))


async def test_codes_are_counted_by_address_asker_and_network(database: Database) -> None:
    await asked(database, -20 * MINUTES)
    await asked(database, destination="e", identity_id=2)
    counts = [
        await database.read(lambda tx, bucket=bucket, value=value: codes.sent(tx, bucket, value, NOW - 15 * MINUTES))  # type: ignore[misc]  # bound per turn
        for bucket, value in (
            ("destination", "d"),
            ("destination", "e"),
            ("identity_id", 2),
            ("net", "n"),
            ("net", "m"),
        )
    ]
    assert counts == [0, 1, 1, 1, 0]


async def test_old_codes_are_forgotten(database: Database) -> None:
    await asked(database, -3 * 24 * 60 * MINUTES, thread_id=6)
    await asked(database)
    assert await database.write(lambda tx: codes.forget(tx, NOW - timedelta(days=2))) == 1
    assert await database.read(lambda tx: codes.latest(tx, 6, 1)) is None
