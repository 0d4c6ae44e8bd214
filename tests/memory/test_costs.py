"""What answering costs: by thread and by day, in both engines."""

from collections.abc import AsyncIterator
from datetime import date
from pathlib import Path

import pytest

from memory import costs, threads
from memory.engines.base import Database, Tx
from tests.server import core
from tests.support.databases import ENGINES, NOW, opened, url_of

DAY = date(2026, 11, 20)


@pytest.fixture(params=ENGINES)
async def database(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Database]:
    async with opened(url_of(request, tmp_path)) as opened_one:
        yield opened_one


async def test_tokens_are_counted_by_thread_and_by_day(database: Database) -> None:
    async with core.rooms(database) as services:
        first = (await core.write(services, "hello")).thread
        second = (await core.write(services, "hello", core.BOB)).thread
        for thread, day, tokens in (
            (first, DAY, 100),
            (first, DAY, 20),
            (second, DAY, 3),
            (second, date(2026, 11, 21), 7),
        ):

            async def book(tx: Tx, id: int = thread.id, day: date = day, tokens: int = tokens) -> None:
                await costs.spend(tx, id, day, {"tokens": tokens}, NOW)

            await database.write(book)
        assert await database.read(lambda tx: costs.tokens(tx, first.id, DAY)) == (120, 123)
        assert await database.read(lambda tx: costs.tokens(tx, second.id, date(2026, 11, 21))) == (10, 7)
        assert await database.read(lambda tx: costs.tokens(tx, 0, date(2026, 11, 22))) == (0, 0)


async def test_a_cost_is_for_the_desk_and_moves_nothing(database: Database) -> None:
    async with core.rooms(database) as services:
        thread = (await core.write(services, "hello")).thread
        before = thread.state
        await database.write(lambda tx: costs.spend(tx, thread.id, DAY, {"tokens": 5}, NOW))
        after = (await core.now(services, thread)).state
        assert after.last_seq == before.last_seq + 1
        assert (after.moved_seq, after.last_customer_seq) == (before.moved_seq, before.last_customer_seq)
        identity = (await core.log(services, thread, "message"))[0].identity_id
        seen = await database.read(lambda tx: threads.visible(tx, thread.id, identity, 0))
        assert [event.type for event in seen] == ["message"]


async def test_what_belongs_to_no_thread_is_not_booked(database: Database) -> None:
    with pytest.raises(LookupError):
        await database.write(lambda tx: costs.spend(tx, 404, DAY, {"tokens": 5}, NOW))
    assert await database.read(lambda tx: costs.tokens(tx, 404, DAY)) == (0, 0)
