"""Going on elsewhere over HTTP: who may ask, what comes back, and the page that changes nothing by being opened."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx2
import pytest

from server.app import build
from server.clock import HandClock
from server.continuing_words import WORDS
from server.settings import EmailSettings, TwilioSettings
from tests.server.intake.browser import Browser, Session
from tests.server.intake.conftest import FRIDAY, House, settings_in
from tests.support.servers import serve


@pytest.fixture
async def connected(tmp_path: Path) -> AsyncIterator[House]:
    """An application with WhatsApp and e-mail; nothing leaves it, because nobody sends."""
    settings = replace(
        settings_in(tmp_path),
        twilio=TwilioSettings(account_sid="AC" + "0" * 32, auth_token="t" * 32, whatsapp_from="+14155550100"),
        email=EmailSettings(address="help@shop.example", smtp_url="smtp://127.0.0.1:9"),
    )
    clock = HandClock(FRIDAY)
    app = build(settings, clock=clock, loops=())
    async with serve(app) as url:
        yield House(url, app, clock, Browser(url))


async def begun(house: House) -> Session:
    """A chat in which something was said."""
    session = await house.browser.session()
    async with house.browser.tab(session) as tab:
        await tab.say("Hello")
    return session


async def ask(house: House, session: Session | None, **body: Any) -> httpx2.Response:
    headers = {"Authorization": f"Bearer {session.token}"} if session else {}
    async with house.browser.http() as client:
        return await client.post("/widget/continue", json=body, headers=headers)


async def count(house: House, table: str) -> int:
    row = await house.services.database.read(lambda tx: tx.one(f"SELECT COUNT(*) AS n FROM {table}"))
    return int(row["n"]) if row else 0


async def test_the_session_tells_what_is_connected(connected: House, house: House) -> None:
    assert (await connected.browser.session()).settings["ways"] == ["whatsapp", "email"]


async def test_nothing_is_offered_or_done_where_nothing_is_connected(house: House) -> None:
    session = await begun(house)
    assert session.settings["ways"] == []
    answers = [await ask(house, session, to=to, address="ana@example.com") for to in ("whatsapp", "email")]
    assert [each.status_code for each in answers] == [404, 404]


async def test_a_chat_goes_on_by_whatsapp_and_by_mail(connected: House) -> None:
    session = await begun(connected)
    link = await ask(connected, session, to="whatsapp")
    assert link.json()["url"].startswith("https://wa.me/14155550100?text=")
    mail = await ask(connected, session, to="email", address=" Ana@Example.com ")
    assert (mail.status_code, mail.json()) == (200, {"sent": True})
    assert await count(connected, "outbox") == 1


@pytest.mark.parametrize(
    "attack", ["no token", "bad token", "other's conversation", "no conversation", "no address", "no way"]
)
async def test_nobody_goes_on_with_what_is_not_theirs(connected: House, attack: str) -> None:
    """pitfalls.md 39: joining needs more than the id of a conversation."""
    mine, theirs = await begun(connected), await begun(connected)
    body = {"to": "email", "address": "eve@example.com"}
    match attack:
        case "no token":
            answer = await ask(connected, None, **body)
        case "bad token":
            answer = await ask(connected, replace(mine, token="x.y.z"), **body)
        case "other's conversation":
            answer = await ask(connected, mine, **body, conv=theirs.conv)
        case "no conversation":
            answer = await ask(connected, await connected.browser.session(), **body)
        case "no address":
            answer = await ask(connected, mine, to="email", address="eve")
        case _:
            answer = await ask(connected, mine, to="fax")
    wanted = {"no token": 401, "bad token": 401, "no address": 400, "no way": 400}
    assert answer.status_code == wanted.get(attack, 404)
    assert await count(connected, "outbox") == 0


async def test_a_foreign_page_may_not_ask(connected: House) -> None:
    session = await begun(connected)
    connected.browser.origin = "https://evil.example"
    assert (await ask(connected, session, to="whatsapp")).status_code == 403


@pytest.mark.parametrize("language", list(WORDS))
async def test_the_page_back_is_the_same_for_every_link_and_changes_nothing(connected: House, language: str) -> None:
    async with connected.browser.http() as client:
        pages = [
            await client.get(f"/c/{token}", headers={"Accept-Language": language})
            for token in ("good", "bad.x.y", "0" * 99)
        ]
    assert {each.status_code for each in pages} == {200} and len({each.text for each in pages}) == 1
    assert WORDS[language].open in pages[0].text and "noindex" in pages[0].headers["x-robots-tag"]
    assert pages[0].headers["referrer-policy"] == "no-referrer"
    assert "unsafe" not in pages[0].headers["content-security-policy"]
    assert await count(connected, "used_tokens") == 0
