"""What doctor says of the telephone: every finding names what to do."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from memory import journal
from memory.engines.base import Database
from server.examine_voice import findings
from server.settings import CallsSettings, ServerSettings, Settings, TwilioSettings
from tests.support.databases import NOW, opened

TWILIO = TwilioSettings(account_sid="AC1", auth_token="t", voice_from="+14025550199")
CALLS = CallsSettings(voices=("en-US=Google/en-US-Standard-C",), transfer_to=("+14025550111",))
GOOD = Settings(server=ServerSettings(public_url="https://help.shop.example"), twilio=TWILIO, calls=CALLS)


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    """An empty store."""
    async with opened(f"sqlite:///{tmp_path / 'memory.db'}") as database:
        yield database


async def said(database: Database, settings: Settings, level: str) -> str:
    """The findings of a level, in one text."""
    found = await findings(settings, database, NOW)
    return "\n".join(text for each, text in found if each == level)


async def test_a_telephone_that_is_called_is_fine(database: Database) -> None:
    await database.write(lambda tx: journal.add(tx, "voice/call", "CA1", {}, b"x", NOW - timedelta(minutes=5)))
    assert "calls come in" in await said(database, GOOD, "ok")
    assert await said(database, GOOD, "mend") == ""


async def test_a_number_that_nobody_called_is_told_where_to_go(database: Database) -> None:
    assert "https://help.shop.example/webhooks/twilio/voice" in await said(database, GOOD, "warn")


@pytest.mark.parametrize(
    ("settings", "level", "words"),
    [
        (replace(GOOD, server=ServerSettings(public_url="http://help.shop.example")), "mend", "calls need https"),
        (replace(GOOD, server=ServerSettings()), "mend", "Twilio cannot reach"),
        (replace(GOOD, server=ServerSettings(public_url="https://a_b.example")), "mend", "underscore"),
        (replace(GOOD, twilio=TwilioSettings(voice_from="+14025550199")), "mend", "the telephone is off"),
        (replace(GOOD, calls=CallsSettings()), "warn", "calls.transfer_to is empty"),
        (replace(GOOD, calls=CallsSettings()), "warn", "names no voice for en-US"),
        (replace(GOOD, calls=CallsSettings(call_back=False, voicemail_s=0)), "mend", "calls that need a person end"),
        (replace(GOOD, calls=replace(CALLS, greetings=("en-US=Hi, Kim here.",))), "warn", "a machine speaks"),
        (replace(GOOD, calls=replace(CALLS, voices=("de-DE=Google/x",))), "mend", "none of calls.languages"),
    ],
)
async def test_what_keeps_calls_from_working_is_named(
    database: Database, settings: Settings, level: str, words: str
) -> None:
    assert words in await said(database, settings, level)


async def test_without_a_number_nothing_is_said(database: Database) -> None:
    assert await findings(Settings(), database, NOW) == []
