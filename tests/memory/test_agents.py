"""Agents: secrets are stored as hashes, sessions end, the disabled are out at once."""

from datetime import timedelta

import pytest

from memory import agents
from memory.agents import Agent
from memory.engines import sqlite_path
from memory.engines.base import Database
from tests.support.databases import NOW

DAY, IDLE, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)


@pytest.fixture
async def kim(database: Database) -> Agent:
    return await database.write(
        lambda tx: agents.add(tx, "kim@shop.example", "Kim", "agent", ("returns",), "$argon2id$hash", NOW)
    )


async def signed_in(database: Database, secret: str, after: timedelta = MINUTE) -> str | None:
    found = await database.read(lambda tx: agents.of_session(tx, secret, NOW + after, IDLE))
    return found.name if found else None


async def test_a_session_signs_in_until_it_is_over_or_idle(database: Database, kim: Agent) -> None:
    await database.write(lambda tx: agents.start_session(tx, "s3cret", kim.id, NOW, DAY))
    assert await signed_in(database, "s3cret") == "Kim"
    assert await signed_in(database, "s3cret", IDLE + MINUTE) is None
    await database.write(lambda tx: agents.touch_session(tx, "s3cret", NOW + DAY - MINUTE))
    assert await signed_in(database, "s3cret", DAY - MINUTE) == "Kim"
    assert await signed_in(database, "s3cret", DAY) is None
    assert await signed_in(database, "guess") is None
    await database.write(lambda tx: agents.end_session(tx, "s3cret"))
    assert await signed_in(database, "s3cret") is None


async def test_only_the_newest_five_sessions_stay(database: Database, kim: Agent) -> None:
    for number in range(7):
        await database.write(
            lambda tx, number=number: agents.start_session(tx, f"s{number}", kim.id, NOW + number * MINUTE, DAY)  # type: ignore[misc]  # bound per turn
        )
    names = [await signed_in(database, f"s{number}", 8 * MINUTE) for number in range(7)]
    assert names == [None, None, *["Kim"] * 5]


async def test_whoever_is_disabled_is_out_at_once(database: Database, kim: Agent) -> None:
    await database.write(lambda tx: agents.start_session(tx, "s3cret", kim.id, NOW, DAY))
    await database.write(lambda tx: agents.add_token(tx, "t0ken", kim.id, NOW))
    await database.write(lambda tx: agents.seen(tx, kim.id, "process", NOW))
    assert await database.read(lambda tx: agents.of_token(tx, "t0ken")) == kim
    await database.write(lambda tx: agents.disable(tx, kim.id))
    assert await signed_in(database, "s3cret") is None
    assert await database.read(lambda tx: agents.of_token(tx, "t0ken")) is None
    assert await database.read(lambda tx: agents.present(tx, NOW)) == []


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_the_file_holds_no_secret(database: Database, database_url: str, kim: Agent) -> None:
    await database.write(lambda tx: agents.start_session(tx, "session-s3cret", kim.id, NOW, DAY))
    await database.write(lambda tx: agents.add_token(tx, "token-s3cret", kim.id, NOW))
    await database.close()
    content = sqlite_path(database_url).read_bytes()
    assert b"kim@shop.example" in content
    assert b"s3cret" not in content


async def test_an_agent_is_present_while_a_console_is_open(database: Database, kim: Agent) -> None:
    await database.write(lambda tx: agents.seen(tx, kim.id, "one", NOW))
    await database.write(lambda tx: agents.seen(tx, kim.id, "two", NOW))
    assert await database.read(lambda tx: agents.present(tx, NOW)) == [(kim.id, "Kim")]
    assert await database.read(lambda tx: agents.present(tx, NOW + MINUTE)) == []
    await database.write(lambda tx: agents.left(tx, kim.id, "one"))
    await database.write(lambda tx: agents.seen(tx, kim.id, "two", NOW, away=True))
    assert await database.read(lambda tx: agents.present(tx, NOW)) == []


async def test_adding_an_agent_again_updates_and_enables(database: Database, kim: Agent) -> None:
    await database.write(lambda tx: agents.disable(tx, kim.id))
    again = await database.write(lambda tx: agents.add(tx, "kim@shop.example", "Kim L.", "admin", (), "new", NOW))
    assert (again.id, again.name, again.role, again.disabled) == (kim.id, "Kim L.", "admin", False)
    assert await database.read(agents.all_agents) == [again]
