"""The return slip as people see it: on a phone, on a desk, on A4 and on Letter; and what its policy lets a browser load."""

import asyncio
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page

from server.app import build
from server.clock import HandClock
from server.commerce.embedded import EmbeddedStore
from server.intake.labels import slip_url
from server.settings import LabelsSettings, ShopSettings
from tests.browser.test_widget_looks import FAINT
from tests.server.commerce.orders import NOW, Raw, a_line, an_order
from tests.server.intake.conftest import settings_in
from tests.support.chromium import chromium_at
from tests.support.servers import serve

pytestmark = pytest.mark.browser

LABELS = LabelsSettings(
    name="Lumen Goods returns",
    line1="1 Dock Road",
    line2="Gate 4",
    city="Newark",
    region="NJ",
    zip="07102",
    country="US",
)
PHONE: dict[str, Any] = {"viewport": {"width": 320, "height": 640}, "is_mobile": True, "has_touch": True}
DESK: dict[str, Any] = {"viewport": {"width": 1280, "height": 900}}
WIDE = """() => [...document.querySelectorAll("*")].filter((node) => node.getBoundingClientRect().right > innerWidth + 1
  || node.scrollWidth > node.clientWidth + 1 && node.clientWidth > 0).map((node) => node.tagName)"""
CODE = "() => document.querySelector('.code').getBoundingClientRect().toJSON()"


def an_order_with_much_in_it(locale: str) -> Raw:
    """A dozen lines with long titles, all of them coming back."""
    lines = [a_line(id=f"l{at}", title=f"Merino scarf with a long name, colour number {at}") for at in range(12)]
    back = {"id": "RMA-1A2B3C4D5E", "status": "approved", "due_by": "2026-12-20"}
    goods = [{"line": f"l{at}", "quantity": 1} for at in range(12)]
    return an_order(lines=lines, locale=locale, returns=[{**back, "lines": goods}])


@contextmanager
def printing(folder: Path, locale: str) -> Iterator[str]:
    """A running application in a thread of its own; gives the address of a slip in this language."""
    settings = replace(settings_in(folder), labels=LABELS, shop=ShopSettings(name="Lumen Goods"))
    found: list[str] = []
    ready, over = threading.Event(), threading.Event()

    async def run() -> None:
        app = build(settings, clock=HandClock(NOW), loops=())
        async with serve(app) as url:
            store = app.state.services.store
            assert isinstance(store, EmbeddedStore)
            await store.put_order(an_order_with_much_in_it(locale))
            found.append(url + urlsplit(slip_url(app.state.services.settings, "ord_7", "RMA-1A2B3C4D5E")).path)
            ready.set()
            await asyncio.to_thread(over.wait)

    thread = threading.Thread(target=lambda: asyncio.run(run()))
    thread.start()
    try:
        assert ready.wait(30)
        yield found[0]
    finally:
        over.set()
        thread.join()


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    """The system's Chromium, headless."""
    with chromium_at(chromium) as opened:
        yield opened


@contextmanager
def seen(browser: Browser, folder: Path, locale: str = "en", **device: Any) -> Iterator[Page]:
    """The slip on a device; nothing may be refused or missing."""
    with printing(folder, locale) as address:
        context = browser.new_context(**device)
        page = context.new_page()
        said: list[str] = []
        page.on("console", lambda message: said.append(message.text))
        page.on("requestfailed", lambda request: said.append(request.url))
        page.goto(address, wait_until="networkidle")
        yield page
        assert said == []
        context.close()


@pytest.mark.parametrize("locale", ["en", "de", "fr", "es", "pt"])
def test_on_a_phone_nothing_is_cut_and_the_code_is_large(browser: Browser, tmp_path: Path, locale: str) -> None:
    with seen(browser, tmp_path, locale, **PHONE) as page:
        assert page.evaluate(WIDE) == []
        code = page.evaluate(CODE)
        assert code["width"] == code["height"] >= 240
        assert code["bottom"] <= 640, "the code is seen without scrolling"
        assert page.evaluate(
            "() => document.querySelector('.code').complete && document.querySelector('.code').naturalWidth > 0"
        )


def test_on_a_desk_the_code_stands_beside_the_number(browser: Browser, tmp_path: Path) -> None:
    with seen(browser, tmp_path, **DESK) as page:
        assert page.evaluate(WIDE) == []
        number = page.locator(".rma").bounding_box()
        code = page.locator(".code").bounding_box()
        assert number and code
        assert number["x"] + number["width"] <= code["x"]
        assert code["y"] <= number["y"] <= code["y"] + code["height"]


@pytest.mark.parametrize("device", [PHONE, DESK])
def test_every_word_can_be_read(browser: Browser, tmp_path: Path, device: dict[str, Any]) -> None:
    with seen(browser, tmp_path, **device) as page:
        assert page.evaluate(FAINT) == []


@pytest.mark.parametrize("paper", ["A4", "Letter"])
@pytest.mark.parametrize("device", [PHONE, DESK])
def test_a_dozen_items_fit_one_sheet(browser: Browser, tmp_path: Path, paper: str, device: dict[str, Any]) -> None:
    with seen(browser, tmp_path, **device) as page:
        printed = page.pdf(format=paper)
    assert len(re.findall(rb"/Type\s*/Page\b", printed)) == 1
