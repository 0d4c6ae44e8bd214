"""What `onethread doctor` says of Meta, with the mend for each."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from memory import journal
from memory.engines.base import Database
from server.channel_settings import MetaSettings, TwilioSettings
from server.clock import HandClock
from server.examine_meta import findings
from server.settings import ServerSettings, Settings
from tests.story.channels.meta_customer import settings as meta_settings
from tests.support.databases import NOW, opened
from tests.support.meta import Graph
from tests.support.servers import serve

PUBLIC = "https://chat.shop.example"


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    async with opened(f"sqlite:///{tmp_path / 'one.db'}") as database:
        yield database


async def found(
    database: Database, public: str = PUBLIC, twilio: TwilioSettings | None = None, **changes: Any
) -> list[str]:
    """Level and text of every finding but the one on the stand-in's own address."""
    clock = HandClock(NOW)
    async with serve(Graph(clock.now).app) as url:
        settings = Settings(
            server=ServerSettings(public_url=public),
            meta=meta_settings(url, **changes),
            twilio=twilio or TwilioSettings(),
        )
        told = await findings(settings, database, clock)
    return [f"{level}: {text}" for level, text in told if "meta.api_url is set" not in text]


async def test_what_is_not_named_is_not_spoken_of(database: Database) -> None:
    assert await findings(Settings(), database, HandClock(NOW)) == []


async def test_all_is_well(database: Database) -> None:
    await database.write(lambda tx: journal.add_raw(tx, "meta/webhook", "1", {}, b"", NOW))
    assert await found(database) == [
        "ok: WhatsApp: id and token fit",
        "ok: Messenger: id and token fit",
        "ok: Instagram: id and token fit",
        "ok: meta called 0 minutes ago",
    ]


async def test_half_a_connection_is_told(database: Database) -> None:
    settings = Settings(meta=MetaSettings(app_secret="s"))
    told = await findings(settings, database, HandClock(NOW))
    assert told == [("mend", "meta.access_token is not set: no message of Meta's channels is taken or sent")]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"access_token": "old"}, "mend: WhatsApp: the access token has run out"),
        ({"phone_number_id": "1"}, "mend: WhatsApp: Meta does not understand the message, or knows no such id"),
        ({"verify_token": ""}, "mend: meta.verify_token is not set"),
        ({"templates": ()}, "warn: meta.templates names no approved template"),
        ({"human_agent": False}, "warn: meta.human_agent is off"),
        ({"phone_number_id": "", "page_id": "", "instagram_id": ""}, "warn: meta: no channel is named"),
        ({"public": "http://chat.shop.example"}, "mend: meta: server.public_url must be your public https address"),
        ({}, "warn: meta has never called: enter https://chat.shop.example/webhooks/meta"),
        (
            {"twilio": TwilioSettings(account_sid="AC1", auth_token="t", whatsapp_from="+15550199")},
            "warn: WhatsApp goes by Twilio",
        ),
    ],
)
async def test_what_is_missing_is_told_with_its_mend(database: Database, changes: Any, expected: str) -> None:
    assert any(each.startswith(expected) for each in await found(database, **changes))


async def test_a_webhook_that_fell_silent_is_told(database: Database) -> None:
    await database.write(lambda tx: journal.add_raw(tx, "meta/webhook", "1", {}, b"", NOW - timedelta(days=9)))
    assert any(each.startswith("warn: meta called 9 days ago") for each in await found(database))
