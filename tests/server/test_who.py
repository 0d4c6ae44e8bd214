"""Whose address it is: numbers, user ids and the variants of a number are one contact, and replies go to what was said last."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from channels.message import Address
from memory.customers import Identity
from memory.engines.base import Database
from server.who import who
from tests.server import core
from tests.support.databases import ENGINES, NOW, opened, url_of

PHONE, USER = "+14025550100", "US.1"


@pytest.fixture(params=ENGINES)
async def database(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Database]:
    async with opened(url_of(request, tmp_path)) as database:
        yield database


async def called(database: Database, key: str, *also: str, display: str = "") -> Identity:
    """A message comes from this address."""
    address = Address("whatsapp", key, "channel", display or key, also=also)
    return await database.write(lambda tx: who(tx, address, NOW))


@pytest.mark.parametrize("first", [(PHONE, USER), (USER,)])
async def test_a_number_and_a_user_id_are_one_contact(database: Database, first: tuple[str, ...]) -> None:
    """pitfalls.md 37: a later payload with both ids links, and duplicates nothing."""
    began = await called(database, *first)
    both = await called(database, PHONE, USER)
    found = [await called(database, USER), await called(database, PHONE)]
    assert {each.id for each in found} == {began.id} == {both.id}
    assert both.key == PHONE
    async with core.rooms(database) as services:
        assert await core.count(services, "customers") == 1


async def test_a_user_id_that_moved_to_another_number_is_another_person(database: Database) -> None:
    one, other = await called(database, PHONE, USER), await called(database, "+14025550177", USER)
    assert (one.key, other.key) == (PHONE, "+14025550177")


async def test_replies_go_to_what_the_provider_said_last(database: Database) -> None:
    """pitfalls.md 36: variants resolve to one contact, replies go to the provider's own form."""
    said = ["+551187654321", "+5511987654321", "+551187654321"]
    found = [await called(database, "+5511987654321", display=each) for each in said]
    assert [each.display for each in found] == said
    assert len({each.id for each in found}) == 1
