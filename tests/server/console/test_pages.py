"""The console's pages over HTTP: their headers, static files, customers' files, reports of the browser."""

import logging
import re

import pytest

from memory import desk
from memory.desk import Upload
from server.console.pages import policy
from server.console.sessions import cookie_name
from server.settings import ServerSettings, Settings
from tests.server.console import people
from tests.server.console.conftest import ORIGIN, House

UPLOAD = "att_" + "7" * 26


async def test_desk_and_form_carry_the_same_strict_policy(house: House) -> None:
    session = await people.session(house.services, await house.kim())
    async with house.http() as page, house.http(session) as own:
        answers = [await page.get("/console"), await own.get("/console"), await own.get("/console/t/c_ana")]
    for answer in answers:
        sent = answer.headers["Content-Security-Policy"]
        assert sent.startswith("default-src 'none'; script-src 'self'; style-src 'self'")
        assert "connect-src 'self' ws://127.0.0.1:8000" in sent
        assert "unsafe" not in sent
        assert answer.headers["X-Frame-Options"] == "DENY"
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["Referrer-Policy"] == "same-origin"
        assert not re.search(r"<script(?![^>]* src=)|<style|\son\w+=|style=", answer.text)


def test_over_https_the_cookie_is_bound_to_the_host_and_requests_are_upgraded() -> None:
    secure = Settings(server=ServerSettings(public_url="https://support.shop.example"))
    assert cookie_name(secure) == "__Host-sid"
    assert "connect-src 'self' wss://support.shop.example;" in policy(secure)
    assert "upgrade-insecure-requests" in policy(secure)


async def test_static_files_are_kept_for_good_under_their_version_only(house: House) -> None:
    async with house.http() as page:
        found = re.findall(r'(?:href|src)="(/console/static/[^"]+)"', (await page.get("/console")).text)
        files = [await page.get(path) for path in found]
        other = await page.get("/console/static/0/console.css")
        outside = await page.get(found[0].rpartition("/")[0] + "/..%2fpages.py")
    assert {each.status_code for each in files} == {200}
    assert {each.headers["Cache-Control"] for each in files} == {"public, max-age=31536000, immutable"}
    assert (other.status_code, outside.status_code) == (404, 404)


async def test_names_and_shop_are_text_never_markup(house: House) -> None:
    mallory = await people.agent(house.services, "m@shop.example", '"><script src=//evil></script>')
    async with house.http(await people.session(house.services, mallory)) as page:
        shown = await page.get("/console")
    assert "<script src=//evil>" not in shown.text
    assert "&lt;script src=//evil&gt;" in shown.text


async def test_files_of_customers_open_for_agents_only_and_for_minutes(house: House) -> None:
    stored = Upload(UPLOAD, 0, "c_ana", 0, "photo.png", "image/png", 3)
    await house.services.database.write(lambda tx: desk.add_upload(tx, stored, house.clock.now()))
    session = await people.session(house.services, await house.kim())
    async with house.http() as page, house.http(session) as own:
        stranger = await page.get(f"/console/files/{UPLOAD}")
        agent = await own.get(f"/console/files/{UPLOAD}")
        nothing = [await own.get(f"/console/files/{name}") for name in ("att_" + "8" * 26, "..%2fsecret.key")]
    assert (stranger.status_code, agent.status_code) == (401, 303)
    assert re.fullmatch(rf"/files/{UPLOAD}\?e=\d+&s=[0-9a-f]+", agent.headers["Location"])
    assert [each.status_code for each in nothing] == [404, 404]


async def test_report_of_a_browser_is_logged_by_directive_without_addresses(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    body = {"csp-report": {"effective-directive": "script-src-elem", "document-uri": f"{ORIGIN}/console/t/c_secret"}}
    with caplog.at_level(logging.WARNING, "onethread.console"):
        async with house.http() as page:
            codes = [(await page.post("/csp-report", json=body)).status_code for _ in range(11)]
            house.clock.set(house.clock.now())
    assert codes == [204] * 10 + [429]
    assert getattr(caplog.records[0], "directive", "") == "script-src-elem"
    assert "c_secret" not in caplog.text
