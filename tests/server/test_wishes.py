"""STOP and START where they are stored: once, in whatever order they come, and however often they are worked in again."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from channels.message import Address, Inbound, OptOut, Wish
from channels.twilio.provider import Twilio
from memory import customers, outbox, turns
from memory.customers import Identity
from memory.engines.base import Tx
from server.arrivals import arrive_message, take_opt_out
from server.desk import work
from server.inbox import Accepted
from server.providers import Lines
from server.services import Services
from tests.server import core
from tests.support.databases import ENGINES, NOW, opened, url_of

ANA = Address("whatsapp", "+14025550100", "channel", "+14025550100", "Ana")


@pytest.fixture(params=ENGINES)
async def services(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Services]:
    def make() -> Twilio:
        return Twilio("AC1", ("t",), {"whatsapp": "+15550199"}, now=lambda: NOW, api_url="http://127.0.0.1:9")

    provider = await asyncio.to_thread(make)
    async with opened(url_of(request, tmp_path)) as database:
        async with core.rooms(database, lines=Lines({"twilio": provider})) as services:
            yield services
        await provider.close()


async def say(services: Services, text: str, wish: Wish | None = None, *, minute: int = 0, sid: str = "") -> Accepted:
    """A message arrives, `minute` minutes before now at the earliest word of the test."""
    at = NOW - timedelta(minutes=60 - minute)
    message = Inbound("whatsapp", ANA, text, at, external_id=sid or f"SM{text}{minute}", wish=wish)
    accepted = await arrive_message(services, "twilio", message)
    assert accepted is not None
    return accepted


async def ana(services: Services) -> Identity:
    found = await services.database.read(lambda tx: customers.proven(tx, "whatsapp", ANA.key))
    assert found is not None
    return found


async def is_due(services: Services, accepted: Accepted) -> bool:
    return await services.database.read(lambda tx: turns.get(tx, accepted.thread.id)) is not None


STOP, START = Wish("stop"), Wish("start")


async def test_stop_is_confirmed_once_and_worked_in_again_without_effect(services: Services) -> None:
    accepted = await say(services, "STOP", STOP, minute=1)
    for _ in range(3):
        await say(services, "STOP", STOP, minute=1)  # replayed
    await say(services, "stop", STOP, minute=2)  # said again
    assert (await ana(services)).stopped_at
    assert len(await core.said(services, accepted.thread)) == 1
    assert await core.count(services, "outbox") == 1
    assert not await is_due(services, accepted)


async def test_a_replayed_stop_does_not_silence_who_came_back(services: Services) -> None:
    await say(services, "STOP", STOP, minute=1)
    await say(services, "START", START, minute=2)
    await say(services, "STOP", STOP, minute=1)
    assert not (await ana(services)).stopped_at


async def test_a_late_start_from_before_stop_ends_no_silence(services: Services) -> None:
    await say(services, "STOP", STOP, minute=5)
    await say(services, "START", START, minute=1)
    assert (await ana(services)).stopped_at


async def test_what_the_provider_answered_is_not_answered_by_us(services: Services) -> None:
    accepted = await say(services, "STOP", Wish("stop", is_answered=True), minute=1)
    assert await core.said(services, accepted.thread) == []
    assert (await ana(services)).stopped_at


async def test_questions_during_silence_stand_in_the_thread_and_are_due_to_nobody(services: Services) -> None:
    await say(services, "STOP", STOP, minute=1)
    accepted = await say(services, "where is my order?", minute=2)
    assert not await is_due(services, accepted)
    assert "where is my order?" in await core.said(services, accepted.thread, "customer")
    await say(services, "START", START, minute=3)
    assert await is_due(services, await say(services, "where is my order?", minute=4))


async def test_stop_opens_no_solved_case_again(services: Services) -> None:
    accepted = await say(services, "hello", minute=1)
    kim = await core.someone(services, "Kim")
    await work.claim(services, accepted.thread.public_id, kim)
    await work.resolve(services, accepted.thread.public_id, kim)
    await say(services, "STOP", STOP, minute=2)
    assert (await core.now(services, accepted.thread)).state.status == "resolved"


@pytest.mark.parametrize("minute, is_stopped", [(1, False), (9, True)])
async def test_a_providers_word_counts_unless_they_wrote_since(
    services: Services, minute: int, is_stopped: bool
) -> None:
    await say(services, "hello", minute=5)
    at = NOW - timedelta(minutes=60 - minute)
    await take_opt_out(services, OptOut("whatsapp", ANA, True, at))
    assert bool((await ana(services)).stopped_at) is is_stopped


async def test_a_message_is_sent_again_so_often_and_no_more(services: Services) -> None:
    await say(services, "STOP", STOP, minute=1)

    async def fail(tx: Tx) -> bool:
        (parcel,) = await outbox.claim(tx, NOW + timedelta(days=1), timedelta(minutes=1), 5)
        await outbox.mark(tx, parcel, "sent", provider_id=f"SM{parcel.attempts}")
        return await outbox.again(tx, parcel.id, 3, NOW)

    assert [await services.database.write(fail) for _ in range(3)] == [True, True, False]
