"""The help centre: public, in each language, without scripts, and never an internal article; and what the chat asks of it."""

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

import httpx2
import pytest

from server.app import build
from server.clock import HandClock
from server.intake.doors import Doors
from server.shelving import import_articles
from tests.server.intake.browser import SHOP
from tests.server.intake.conftest import FRIDAY, settings_in
from tests.support.servers import serve

ARTICLES = Path(str(files("server.demo"))) / "data" / "knowledge"


@dataclass
class Reader:
    """Somebody who reads."""

    url: str
    doors: Doors

    async def get(self, path: str, **headers: str) -> httpx2.Response:
        """What a browser gets."""
        return await self._send("GET", path, headers)

    async def post(self, path: str, body: str) -> httpx2.Response:
        """What a browser gets for a form."""
        return await self._send("POST", path, {"content-type": "application/x-www-form-urlencoded"}, body)

    async def _send(self, method: str, path: str, headers: dict[str, str], body: str = "") -> httpx2.Response:
        async with httpx2.AsyncClient(base_url=self.url, trust_env=False, verify=False, timeout=30) as client:
            return await client.request(method, path, headers=headers, content=body or None)


@pytest.fixture
async def reader(tmp_path: Path) -> AsyncIterator[Reader]:
    """An application with the demo shop's articles."""
    app = build(settings_in(tmp_path), clock=HandClock(FRIDAY), loops=())
    async with serve(app) as url:
        services = app.state.services
        await import_articles(services.database, ARTICLES, services.clock.now())
        yield Reader(url, app.state.doors)


def words(answer: httpx2.Response) -> str:
    """What a person reads."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.text))


async def test_the_entrance_leads_to_the_readers_language(reader: Reader) -> None:
    for accepted, language in (("de-AT,de;q=0.9,en;q=0.5", "de"), ("nl", "en"), ("", "en")):
        answer = await reader.get("/help", **{"accept-language": accepted})
        assert (answer.status_code, answer.headers["location"]) == (302, f"/help/{language}")


async def test_the_front_page_lists_what_is_public_by_topic(reader: Reader) -> None:
    answer = await reader.get("/help/en")
    assert answer.status_code == 200
    assert "Shipping times and costs" in words(answer)
    assert "Set-up and troubleshooting" in words(answer)
    assert "Goodwill" not in answer.text
    assert '<html lang="en">' in answer.text
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert not re.search(r"<script(?![^>]* src=)|\son\w+=|style=", answer.text)


async def test_every_page_that_is_linked_is_there(reader: Reader) -> None:
    seen, waiting = set[str](), ["/help/en", "/help/es"]
    while waiting:
        path = waiting.pop()
        seen.add(path)
        answer = await reader.get(path)
        assert answer.status_code == 200, path
        found = re.findall(r'href="(/help/[^"#?]*)', answer.text)
        waiting += [each for each in found if each not in seen and each not in waiting]
    assert "/help/de/table-lamp" in seen
    assert not [path for path in seen if "goodwill" in path]


async def test_an_article_is_a_page_with_its_place_its_day_and_its_languages(reader: Reader) -> None:
    answer = await reader.get("/help/en/table-lamp")
    assert '<li><a href="/help/en/topic/technical">Set-up and troubleshooting</a></li>' in answer.text
    assert "Updated November 10, 2026" in words(answer)
    assert '<h2 id="the-lamp-does-not-turn-on">' in answer.text
    assert '<link rel="canonical" href="https://chat.example/help/en/table-lamp">' in answer.text
    assert 'hreflang="pt" href="https://chat.example/help/pt/table-lamp"' in answer.text
    only_english = await reader.get("/help/en/wool-care")
    assert "hreflang" not in only_english.text.replace('hreflang="en"', "")


async def test_what_is_not_there_says_so(reader: Reader) -> None:
    for path in (
        "/help/en/nope",
        "/help/nl",
        "/help/en/topic/nope",
        "/help/en/goodwill",
        "/help/de/goodwill",
        "/help/en/..%2fx",
    ):
        answer = await reader.get(path)
        assert answer.status_code == 404, path
    assert "This page is not here" in words(await reader.get("/help/en/nope"))
    elsewhere = await reader.get("/help/de/wool-care")
    assert (elsewhere.status_code, elsewhere.headers["location"]) == (302, "/help/en/wool-care")


async def test_search_finds_sections_and_says_when_it_finds_nothing(reader: Reader) -> None:
    found = await reader.get("/help/en?q=lamp+flickers")
    assert 'href="/help/en/table-lamp#the-lamp-flickers-or-hums"' in found.text
    assert '<meta name="robots" content="noindex">' in found.text
    nothing = await reader.get("/help/en?q=xylophone")
    assert "Nothing was found for “xylophone”." in words(nothing)
    hostile = await reader.get("/help/en?q=%22%3E%3Cscript%3Ealert(1)%3C/script%3E")
    assert "<script>alert" not in hostile.text
    internal = await reader.get("/help/en?q=goodwill+compensation+agent+may+give")
    assert "without asking" not in internal.text


async def test_whether_it_helped_is_counted_and_nobody_is_followed(reader: Reader) -> None:
    answer = await reader.post("/help/en/password/helpful", "answer=yes")
    assert (answer.status_code, answer.headers["location"]) == (303, "/help/en/password?thanks=1")
    assert "set-cookie" not in answer.headers
    assert "Thank you for telling us." in words(await reader.get("/help/en/password?thanks=1"))
    assert (await reader.post("/help/en/nope/helpful", "answer=yes")).status_code == 404
    metrics = (await reader.get("/metrics")).text
    assert 'onethread_articles_rated_total{answer="yes",article="password"} 1.0' in metrics


async def test_the_sitemap_names_public_articles_only(reader: Reader) -> None:
    answer = await reader.get("/help/sitemap.xml")
    assert answer.headers["content-type"].startswith("application/xml")
    assert "https://chat.example/help/fr/password" in answer.text
    assert "goodwill" not in answer.text


async def test_the_chat_finds_and_reads_articles(reader: Reader) -> None:
    same = {"sec-fetch-site": "same-origin"}
    found = (await reader.get("/widget/help?q=reset+password&lang=en-GB", **same)).json()
    assert found["any"] is True
    assert found["articles"][0] == {
        "slug": "password",
        "lang": "en",
        "title": "Your account and password",
        "snippet": found["articles"][0]["snippet"],
    }
    assert len({each["slug"] for each in found["articles"]}) == len(found["articles"])
    article = (await reader.get("/widget/help/en/password", **same)).json()
    assert article["url"] == "https://chat.example/help/en/password"
    assert article["sections"][1]["heading"] == "Reset your password"
    assert article["sections"][1]["blocks"][0] == {
        "kind": "step",
        "text": 'Open the sign-in page and choose "Forgot password".',
        "number": 1,
    }
    assert (await reader.get("/widget/help/en/goodwill", **same)).status_code == 404
    nothing = (await reader.get("/widget/help?q=&lang=xx", **same)).json()
    assert nothing == {"articles": [], "any": True}


async def test_only_our_frame_and_allowed_pages_may_ask(reader: Reader) -> None:
    for headers in ({}, {"origin": "https://evil.example"}, {"sec-fetch-site": "cross-site"}, {"origin": "null"}):
        for path in ("/widget/help?q=lamp&lang=en", "/widget/help/en/password"):
            assert (await reader.get(path, **headers)).status_code == 403
    assert (await reader.get("/widget/help?q=lamp&lang=en", origin=SHOP)).status_code == 200


async def test_searching_is_limited(reader: Reader) -> None:
    codes = [(await reader.get("/help/en?q=lamp")).status_code for _ in range(45)]
    assert codes[:25] == [200] * 25
    assert 429 in codes
