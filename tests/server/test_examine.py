"""What doctor says of the other parties: who never called, what waits, what was given up."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from memory import journal
from memory.engines.base import Database
from server.clock import HandClock
from server.examine import findings
from server.settings import CarrierSettings, CarriersSettings, LabelsSettings, RestSettings, ServerSettings, Settings
from tests.support.databases import NOW, opened

TO = LabelsSettings(line1="5 Dock Rd", city="Reno", region="NV", zip="89501", country="US")


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    """An empty store."""
    async with opened(f"sqlite:///{tmp_path / 'memory.db'}") as database:
        yield database


async def said(database: Database, settings: Settings) -> list[tuple[str, str]]:
    """The findings now."""
    return await findings(settings, database, HandClock(NOW))


async def called(database: Database, source: str, **ago: float) -> None:
    """Somebody called so long ago."""
    await database.write(lambda tx: journal.add(tx, source, "k", {}, b"{}", NOW - timedelta(**ago)))


CARRIER = Settings(
    server=ServerSettings(public_url="https://help.shop.example"),
    carriers=CarriersSettings(easypost=CarrierSettings(secret="s")),
    labels=TO,
)


async def test_an_installation_of_its_own_needs_nobody(database: Database) -> None:
    assert {level for level, _ in await said(database, Settings(labels=TO))} == {"ok"}


async def test_a_carrier_that_never_called_is_told_where_to(database: Database) -> None:
    url = "https://help.shop.example/webhooks/carriers/easypost"
    assert ("warn", f"carriers/easypost has never called: enter {url} there") in await said(database, CARRIER)


async def test_a_carrier_that_calls_is_fine_until_it_falls_silent(database: Database) -> None:
    await called(database, "carriers/easypost", hours=3)
    await database.write(lambda tx: journal.done(tx, [1]))
    assert ("ok", "carriers/easypost called 3 hours ago") in await said(database, CARRIER)


async def test_a_carrier_that_fell_silent_is_named(database: Database) -> None:
    await called(database, "carriers/easypost", days=4)
    texts = [text for level, text in await said(database, CARRIER) if level == "warn"]
    assert any("called 4 days ago for the last time" in text for text in texts)


async def test_calls_that_wait_and_calls_that_were_given_up_are_named(database: Database) -> None:
    await called(database, "carriers/easypost", hours=1)
    texts = [text for _, text in await said(database, CARRIER)]
    assert any("1 calls wait, the oldest for 60 minutes" in text for text in texts)
    (call,) = await database.write(lambda tx: journal.claim(tx, NOW, timedelta(minutes=1), 5))
    await database.write(lambda tx: journal.give_up(tx, call.id, "it cannot be read"))
    texts = [text for _, text in await said(database, CARRIER)]
    assert "a call of carriers/easypost was given up 60 minutes ago: it cannot be read" in texts
    assert any("onethread journal replay" in text for text in texts)


async def test_a_provider_that_is_only_asked_is_named(database: Database) -> None:
    settings = Settings(carriers=CarriersSettings(easypost=CarrierSettings(api_key="k")), labels=TO)
    assert ("warn", "carriers.easypost.secret is not set: easypost is asked every few hours only") in await said(
        database, settings
    )


async def test_a_shop_that_cannot_be_reached_is_to_be_mended(database: Database) -> None:
    settings = Settings(rest=RestSettings(url="http://127.0.0.1:9", secret="s" * 20), labels=TO)
    assert "mend" in {level for level, _ in await said(database, settings)}
