"""What `onethread doctor` says of Twilio, with the mend for each."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from memory import journal
from memory.engines.base import Database
from server.clock import HandClock
from server.examine_twilio import findings
from server.settings import ServerSettings, Settings, TwilioSettings
from tests.support.databases import NOW, opened
from tests.support.twilio import PUBLIC, twilio


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    async with opened(f"sqlite:///{tmp_path / 'one.db'}") as database:
        yield database


async def found(database: Database, public: str = PUBLIC, *moods: Any, **changes: Any) -> list[str]:
    """Level and text of every finding but the one on the stand-in's own address."""
    clock = HandClock(NOW)
    async with twilio(clock.now, is_strict=False) as stand_in:
        stand_in.moods["account"] = list(moods)
        settings = Settings(server=ServerSettings(public_url=public), twilio=stand_in.settings(**changes))
        told = await findings(settings, database, clock)
    return [f"{level}: {text}" for level, text in told if "twilio.api_url is set" not in text]


async def test_what_is_not_named_is_not_spoken_of(database: Database) -> None:
    assert await findings(Settings(), database, HandClock(NOW)) == []


async def test_all_is_well(database: Database) -> None:
    await database.write(lambda tx: journal.add_raw(tx, "twilio/messages", "SM1", {}, b"", NOW))
    assert await found(database) == ["ok: twilio: account and token fit", "ok: twilio called 0 minutes ago"]


@pytest.mark.parametrize(
    "public, changes, says",
    [
        (PUBLIC, {}, "warn: twilio has never called: enter https://chat.example/webhooks/twilio/messages there"),
        (PUBLIC, {"content_sids": ()}, "warn: whatsapp: no approved template"),
        (PUBLIC, {"whatsapp_from": "", "sms_from": ""}, "warn: twilio: no number is named"),
        (PUBLIC, {"auth_token": "another"}, "mend: twilio: the account cannot be read: Twilio refuses our credentials"),
        (PUBLIC, {"auth_token": ""}, "mend: twilio.auth_token is not set"),
        ("http://127.0.0.1:8000", {}, "mend: twilio: server.public_url is this machine"),
        ("http://chat.example", {}, "mend: twilio: server.public_url is not https"),
        ("https://user:secret@chat.example", {}, "mend: twilio: server.public_url holds a password"),
    ],
)
async def test_what_is_missing_is_named_with_its_mend(
    database: Database, public: str, changes: dict[str, Any], says: str
) -> None:
    assert [each for each in await found(database, public, **changes) if each.startswith(says)]


@pytest.mark.parametrize("mood", ["busy", "broken", "html", "drop"])
async def test_a_twilio_that_does_not_answer_is_a_finding(database: Database, mood: Any) -> None:
    assert (await found(database, PUBLIC, mood))[0].startswith("mend: twilio: the account cannot be read")


async def test_a_connection_that_is_half_named(database: Database) -> None:
    told = await findings(Settings(twilio=TwilioSettings(sms_from="+1555")), database, HandClock(NOW))
    assert told == [("mend", "twilio.account_sid is not set: enter the account SID, `AC...`, or leave all of it out")]
