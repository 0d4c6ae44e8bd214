"""What doctor says of the inbound endpoint: who never called, what is missing, what to do."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from memory import journal
from memory.engines.base import Database
from server.examine_channels import findings
from server.settings import EmailSettings, InboundSettings, ServerSettings, Settings
from tests.support.databases import NOW, opened

SECRET = "t" * 40


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    """An empty store."""
    async with opened(f"sqlite:///{tmp_path / 'memory.db'}") as database:
        yield database


async def said(database: Database, *secrets: str, reply_url: str = "") -> list[tuple[str, str]]:
    settings = Settings(
        server=ServerSettings(public_url="https://help.shop.example"), inbound=InboundSettings(secrets, reply_url)
    )
    return [each for each in await findings(settings, database, NOW) if "inbound" in each[1]]


async def test_nothing_is_said_of_an_endpoint_that_nobody_wants(database: Database) -> None:
    assert await said(database) == []


async def test_a_source_that_never_called_is_told_where_to(database: Database) -> None:
    found = await said(database, f"trusty={SECRET}", reply_url="https://hooks.shop.example/")
    assert found == [
        ("warn", "inbound/trusty has never called: let it post to https://help.shop.example/api/v1/inbound")
    ]


async def test_a_source_that_calls_is_fine_and_one_that_fell_silent_is_named(database: Database) -> None:
    for source, ago in (("trusty", timedelta(minutes=7)), ("market", timedelta(days=31))):
        await database.write(
            lambda tx, source=source, ago=ago: journal.add_raw(tx, f"inbound/{source}", "1", {}, b"{}", NOW - ago)  # type: ignore[misc]
        )
    found = await said(database, f"trusty={SECRET}", "market=" + "m" * 40, reply_url="https://hooks.shop.example/")
    assert found == [
        ("ok", "inbound/trusty called 7 minutes ago"),
        ("warn", "inbound/market called 31 days ago for the last time"),
    ]


@pytest.mark.parametrize(
    ("secrets", "reply_url", "level", "told"),
    [
        ((), "https://hooks.shop.example/", "mend", "name one in inbound.secrets"),
        (("trusty=short",), "", "mend", "32 characters"),
        ((f"trusty={SECRET}",), "", "warn", "inbound.reply_url is not set"),
        ((f"trusty={SECRET}",), "http://hooks.shop.example/", "warn", "not https"),
    ],
)
async def test_what_is_missing_is_told(
    database: Database, secrets: tuple[str, ...], reply_url: str, level: str, told: str
) -> None:
    found = await said(database, *secrets, reply_url=reply_url)
    assert [each for each, text in found if told in text] == [level]


@pytest.mark.parametrize(
    ("email", "told"),
    [
        (EmailSettings(), "answers wait in the chat"),
        (EmailSettings(address="help@shop.example", smtp_url="smtp://127.0.0.1"), "by e-mail"),
    ],
)
async def test_the_form_says_where_it_is_and_how_answers_go(
    database: Database, email: EmailSettings, told: str
) -> None:
    settings = Settings(server=ServerSettings(public_url="https://help.shop.example"), email=email)
    (found,) = await findings(settings, database, NOW)
    assert found[0] == "ok" and "https://help.shop.example/form" in found[1] and told in found[1]
