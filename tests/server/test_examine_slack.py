"""What the doctor finds about Slack: each finding says what is missing and what to do."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from memory import agents, journal
from memory.engines.base import Database
from server.examine_slack import findings
from server.settings import Settings, SlackSettings
from tests.support.databases import NOW, opened
from tests.support.slack import BOT_TOKEN, CHANNEL, SECRET, FakeSlack, slack_on_loopback


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    async with opened(f"sqlite:///{tmp_path / 'a.db'}") as database:
        yield database


@pytest.fixture
async def slack() -> AsyncIterator[FakeSlack]:
    async with slack_on_loopback() as fake:
        yield fake


async def found(slack: FakeSlack, database: Database, **values: Any) -> list[str]:
    """The findings, each with its level."""
    named = {"bot_token": BOT_TOKEN, "signing_secret": SECRET, "channel": CHANNEL, "api_url": f"{slack.url}/api/"}
    settings = Settings(slack=SlackSettings(**{**named, **values}))
    return [f"{level}: {text}" for level, text in await findings(settings, database, NOW)]


async def test_nothing_is_said_of_what_is_not_meant_to_be_on(slack: FakeSlack, database: Database) -> None:
    assert await found(slack, database, bot_token="", signing_secret="", channel="") == []


async def test_all_is_well(slack: FakeSlack, database: Database) -> None:
    await database.write(lambda tx: agents.add(tx, "kim@desk.example", "Kim", "agent", (), "", NOW))
    await database.write(lambda tx: journal.add(tx, "slack/events", "k", {}, b"{}", NOW))
    assert [each.partition(":")[0] for each in await found(slack, database)] == ["ok", "ok", "ok"]


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"channel": ""}, "mend: slack is off: set slack.channel"),
        ({"signing_secret": ""}, "slack.app_token, for Socket Mode"),
        ({"app_token": "xapp-old"}, "mend: Slack opens no socket for slack.app_token (invalid_auth)"),
        ({"bot_token": "xoxb-old"}, "mend: Slack refuses slack.bot_token (invalid_auth)"),
    ],
)
async def test_what_is_missing_is_named(
    slack: FakeSlack, database: Database, values: dict[str, str], says: str
) -> None:
    assert any(says in each for each in await found(slack, database, **values))


async def test_scopes_channel_people_and_calls_that_are_missing_are_named(slack: FakeSlack, database: Database) -> None:
    slack.scopes = "chat:write,users:read"
    slack.hidden.add(CHANNEL)
    said = "\n".join(await found(slack, database))
    for wanted in (
        "users:read.email",
        "channels:history",
        "files:read",
        "channel_not_found",
        "never called",
        "agent add",
    ):
        assert wanted in said


async def test_a_slack_that_does_not_answer_is_said_to_be_silent(slack: FakeSlack, database: Database) -> None:
    slack.next["auth.test"] = ["html"]
    assert any("Slack did not answer" in each for each in await found(slack, database))
