"""Calls: one row each, one socket for each token, prompts counted once, on both engines."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from memory import phone_calls
from memory.engines.base import Database
from memory.phone_calls import PhoneCall
from tests.support.databases import ENGINES, NOW, opened, url_of

SID = "CA1"


@pytest.fixture(params=ENGINES)
async def database(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Database]:
    """A database that knows one call."""
    async with opened(url_of(request, tmp_path)) as database:
        await begin(database, "c_1")
        yield database


async def begin(database: Database, conv: str) -> PhoneCall:
    """The call comes in."""
    return await database.write(
        lambda tx: phone_calls.begin(tx, SID, "+14025550100", NOW, attested=False, language="en", conv=conv)
    )


async def held(database: Database) -> PhoneCall:
    """The call as it is stored."""
    found = await database.read(lambda tx: phone_calls.by_sid(tx, SID))
    assert found is not None
    return found


async def test_a_call_that_is_told_again_is_the_first_one(database: Database) -> None:
    again = await begin(database, "c_2")
    assert again.conv == "c_1"
    assert (again.token, again.opened, again.state, again.attested) == (1, 0, "ringing", False)


async def test_a_token_is_spent_once_however_many_ask(database: Database) -> None:
    opened_by = await asyncio.gather(
        *(database.write(lambda tx: phone_calls.open_socket(tx, SID, 1)) for _ in range(8))
    )
    assert sorted(opened_by) == [False] * 7 + [True]
    assert (await held(database)).state == "live"


async def test_another_token_comes_only_after_the_last_one_and_not_for_ever(database: Database) -> None:
    async def renewed() -> bool:
        return await database.write(lambda tx: phone_calls.renew(tx, SID, 2))

    assert not await renewed(), "the first token is still good"
    assert await database.write(lambda tx: phone_calls.open_socket(tx, SID, 1))
    assert await renewed()
    assert not await database.write(lambda tx: phone_calls.open_socket(tx, SID, 1)), "it is not the newest"
    assert await database.write(lambda tx: phone_calls.open_socket(tx, SID, 2))
    assert not await renewed(), "there were two"


async def test_a_prompt_is_counted_once(database: Database) -> None:
    async def said(number: int, thread: int) -> bool:
        return await database.write(lambda tx: phone_calls.said(tx, SID, number, thread, 7, "c_9"))

    assert await said(1, 5)
    assert not await said(1, 6)
    call = await held(database)
    assert (call.prompts, call.thread_id, call.identity_id, call.conv) == (1, 5, 7, "c_9")


async def test_what_was_spoken_only_grows_and_belongs_to_its_thread(database: Database) -> None:
    await database.write(lambda tx: phone_calls.said(tx, SID, 1, 5, 7, "c_9"))
    for thread, seq in ((5, 4), (5, 3), (6, 9)):
        await database.write(lambda tx, thread=thread, seq=seq: phone_calls.spoke(tx, SID, thread, seq))  # type: ignore[misc]
    assert (await held(database)).spoken == 4


async def test_facts_are_kept_beside_each_other(database: Database) -> None:
    await database.write(lambda tx: phone_calls.remember(tx, SID, consent="asked"))
    await database.write(lambda tx: phone_calls.remember(tx, SID, accepted=0))
    assert (await held(database)).body == {"consent": "asked", "accepted": 0}
    with pytest.raises(LookupError):
        await database.write(lambda tx: phone_calls.remember(tx, "CA9", consent="asked"))


async def test_a_call_ends_once_and_opens_nothing_then(database: Database) -> None:
    assert await database.write(lambda tx: phone_calls.end(tx, SID, NOW + timedelta(minutes=2)))
    assert not await database.write(lambda tx: phone_calls.end(tx, SID, NOW + timedelta(minutes=3)))
    assert not await database.write(lambda tx: phone_calls.open_socket(tx, SID, 1))
    assert (await held(database)).ended_at > 0


async def test_a_call_that_goes_on_is_found_by_its_thread_until_it_is_too_old(database: Database) -> None:
    await database.write(lambda tx: phone_calls.said(tx, SID, 1, 5, 7, "c_9"))
    before, after = NOW - timedelta(hours=1), NOW + timedelta(hours=1)
    assert await database.read(lambda tx: phone_calls.live_on(tx, 5, before)) == SID
    assert await database.read(lambda tx: phone_calls.live_on(tx, 6, before)) is None
    assert await database.read(lambda tx: phone_calls.live_on(tx, 5, after)) is None


async def test_an_erased_number_is_gone_from_its_calls(database: Database) -> None:
    await database.write(lambda tx: phone_calls.remember(tx, SID, consent="asked"))
    assert await database.write(lambda tx: phone_calls.erase(tx, ["+14025550100", "+1"])) == 1
    call = await held(database)
    assert (call.number, call.body) == ("", {})
