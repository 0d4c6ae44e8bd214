"""The journal: a call is stored once, worked in by one worker, and never lost."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from memory import journal
from memory.engines.base import Database
from tests.support.databases import ENGINES, NOW, opened, url_of

LEASE = timedelta(seconds=60)


@pytest.fixture(params=ENGINES)
async def database(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Database]:
    """An empty store on each engine."""
    async with opened(url_of(request, tmp_path)) as database:
        yield database


async def add(database: Database, key: str = "k1", body: bytes = b'{"caf\xc3\xa9":1}', **delay: float) -> bool:
    """Store a call of easypost."""
    return await database.write(
        lambda tx: journal.add(tx, "carriers/easypost", key, {"x-topic": "t"}, body, NOW, timedelta(**delay))
    )


async def claimed(database: Database, **later: float) -> list[journal.Call]:
    """What is due so much later."""
    return await database.write(lambda tx: journal.claim(tx, NOW + timedelta(**later), LEASE, 10))


async def test_a_call_comes_back_as_it_was(database: Database) -> None:
    assert await add(database)
    (call,) = await claimed(database)
    assert (call.source, call.headers, call.body) == ("carriers/easypost", {"x-topic": "t"}, b'{"caf\xc3\xa9":1}')
    assert (call.received_at, call.attempts) == (NOW, 1)


async def test_the_same_call_is_stored_once(database: Database) -> None:
    assert [await add(database), await add(database), await add(database, "k2")] == [True, False, True]
    assert len(await claimed(database)) == 2


async def test_a_claimed_call_is_nobody_elses_until_its_lease_ends(database: Database) -> None:
    await add(database)
    assert [len(await claimed(database)), len(await claimed(database)), len(await claimed(database, seconds=61))] == [
        1,
        0,
        1,
    ]


async def test_what_is_done_is_done(database: Database) -> None:
    await add(database)
    (call,) = await claimed(database)
    await database.write(lambda tx: journal.done(tx, [call.id]))
    assert await claimed(database, hours=1) == []
    assert await database.read(journal.waiting) == (0, None)


async def test_a_call_that_waits_is_due_when_it_says(database: Database) -> None:
    await add(database, seconds=2)
    assert await claimed(database) == []
    (call,) = await claimed(database, seconds=3)
    await database.write(lambda tx: journal.later(tx, call.id, NOW + timedelta(minutes=5), "no such order yet"))
    assert await claimed(database, minutes=4) == []
    assert [again.attempts for again in await claimed(database, minutes=6)] == [2]


async def test_what_was_given_up_is_named_and_can_be_played_again(database: Database) -> None:
    await add(database)
    (call,) = await claimed(database)
    await database.write(lambda tx: journal.give_up(tx, call.id, "it cannot be read"))
    assert await database.read(journal.failed) == [("carriers/easypost", NOW, "it cannot be read")]
    assert await claimed(database, hours=1) == []
    assert await database.write(lambda tx: journal.replay(tx, NOW - timedelta(hours=1), NOW)) == 1
    assert len(await claimed(database)) == 1


async def test_only_what_is_worked_in_is_forgotten(database: Database) -> None:
    await add(database)
    await add(database, "k2")
    first, _ = await claimed(database)
    await database.write(lambda tx: journal.done(tx, [first.id]))
    assert await database.write(lambda tx: journal.forget_before(tx, NOW + timedelta(days=1))) == 1
    assert (await database.read(journal.waiting))[0] == 1


@pytest.mark.parametrize("body", [b"\xff\xfe", b'{"a":"\x00"}'], ids=["no UTF-8", "NUL"])
async def test_a_body_that_cannot_be_kept_as_text_is_refused(database: Database, body: bytes) -> None:
    with pytest.raises(ValueError, match=r"UTF-8|utf-8|NUL"):
        await add(database, body=body)


async def test_the_last_call_of_a_source_is_known(database: Database) -> None:
    await add(database)
    assert await database.read(lambda tx: journal.last_received(tx, "carriers/easypost")) == NOW
    assert await database.read(lambda tx: journal.last_received(tx, "carriers/shippo")) is None


async def test_whether_a_source_has_something_due_is_asked_without_taking_it(database: Database) -> None:
    await add(database)
    assert await database.read(lambda tx: journal.is_due(tx, NOW, "carriers/"))
    assert not await database.read(lambda tx: journal.is_due(tx, NOW, "slack/"))
    assert await claimed(database)
    assert not await database.read(lambda tx: journal.is_due(tx, NOW, "carriers/"))


async def test_some_sources_are_left_to_their_own_workers(database: Database) -> None:
    await add(database)
    beside = ("media/", "carriers/")
    assert await database.write(lambda tx: journal.claim(tx, NOW, LEASE, 10, beside=beside)) == []
    assert len(await database.write(lambda tx: journal.claim(tx, NOW, LEASE, 10, beside=("media/",)))) == 1
