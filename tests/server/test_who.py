"""Numbers and user ids of one person: linked when one call attests both, never doubled, never guessed (pitfalls 36, 37)."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from channels.message import Address
from memory.customers import Identity
from server.services import Services
from server.who import who
from tests.server import core
from tests.support.databases import ENGINES, NOW, opened, url_of

NUMBER, USER, PARENT = "+14025550100", "US.134", "US.ENT.9"
BY_NUMBER = Address("whatsapp", NUMBER, "channel", NUMBER, "Ana")
BY_USER = Address("whatsapp", USER, "channel", USER, "Ana")
BOTH = Address("whatsapp", NUMBER, "channel", NUMBER, "Ana", (USER, PARENT))


@pytest.fixture(params=ENGINES)
async def services(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Services]:
    """Rooms on each engine."""
    async with opened(url_of(request, tmp_path)) as database, core.rooms(database) as services:
        yield services


async def known(services: Services, address: Address) -> Identity:
    """Who it is."""
    return await services.database.write(lambda tx: who(tx, address, NOW))


@pytest.mark.parametrize(
    "order",
    [
        (BY_USER, BOTH, BY_NUMBER, BY_USER),
        (BY_NUMBER, BOTH, BY_USER, BY_NUMBER),
        (BOTH, BY_USER, BY_NUMBER, BOTH),
    ],
)
async def test_one_person_under_either_key_once_both_were_told(services: Services, order: tuple[Address, ...]) -> None:
    found = [await known(services, address) for address in order]
    assert len({each.id for each in found}) == 1
    assert found[-1].key == NUMBER, "a shop's orders know numbers"
    assert found[-1].display == order[-1].display, "replies go to the form that came last"
    assert [await core.count(services, name) for name in ("customers", "identities")] == [1, 1]


async def test_two_who_turn_out_to_be_one_are_linked_from_then_on_and_not_merged(services: Services) -> None:
    """pitfalls 33: what is known stays where it is; the next message goes to the number's identity."""
    by_number, by_user = await known(services, BY_NUMBER), await known(services, BY_USER)
    assert by_number.id != by_user.id
    assert (await known(services, BOTH)).id == by_number.id
    assert (await known(services, BY_USER)).id == by_number.id
    assert await core.count(services, "customers") == 2


async def test_a_parent_id_is_a_key_like_the_other(services: Services) -> None:
    first = await known(services, BOTH)
    assert (await known(services, Address("whatsapp", PARENT, "channel", PARENT))).id == first.id


async def test_a_new_number_under_an_old_user_id_is_another_identity(services: Services) -> None:
    """Whoever gets the number next must not get the conversation with it."""
    first = await known(services, BOTH)
    moved = await known(services, Address("whatsapp", "+14025550199", "channel", "+14025550199", "Ana", (USER,)))
    assert moved.id != first.id
    assert (await known(services, BY_USER)).id == moved.id, "the newest word of the provider counts"
    assert (await known(services, BY_NUMBER)).id == first.id


async def test_the_same_words_on_another_channel_are_another_person(services: Services) -> None:
    await known(services, BOTH)
    for kind in ("instagram", "messenger"):
        await known(services, Address(kind, USER, "channel", USER))
    assert await core.count(services, "customers") == 3


async def test_many_first_messages_at_once_make_one(services: Services) -> None:
    found = await asyncio.gather(*(known(services, address) for address in (BOTH, BY_NUMBER, BOTH, BY_NUMBER) * 5))
    assert len({each.id for each in found}) == 1
    assert await core.count(services, "identities") == 1


async def test_what_nobody_attests_is_nobody(services: Services) -> None:
    with pytest.raises(ValueError, match="claimed"):
        await known(services, Address("whatsapp", NUMBER, "claimed"))
    with pytest.raises(ValueError, match="claimed"):
        await known(services, Address("email", "a@b.example", "claimed"))
