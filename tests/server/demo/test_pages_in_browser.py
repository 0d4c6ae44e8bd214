"""The demo's pages in a real browser: nothing breaks its policy, buttons do what they say, phones need no scrolling."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from anyio.from_thread import start_blocking_portal
from playwright.sync_api import Browser, Page, expect
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles

import widget
from server.demo.routes import routes
from tests.server.demo.in_memory import InMemoryShop
from tests.support.chromium import chromium_at
from tests.support.servers import serve

pytestmark = pytest.mark.browser

WIDGET = Path(widget.__file__).parent


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    with chromium_at(chromium) as browser:
        yield browser


@pytest.fixture
def url() -> Iterator[str]:
    shop = InMemoryShop(datetime.now(UTC))
    app = Starlette(routes=[*routes(shop), Mount("/widget", StaticFiles(directory=WIDGET))])
    with start_blocking_portal() as portal, portal.wrap_async_context_manager(serve(app)) as url:
        yield url


@contextmanager
def page_of(browser: Browser, url: str, width: int = 1280) -> Iterator[Page]:
    """The page at `url`; leaving it fails when the browser complained about anything."""
    complaints: list[str] = []
    context = browser.new_context(viewport={"width": width, "height": 800})
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    page = context.new_page()
    page.on("console", lambda said: complaints.append(said.text) if said.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(url)
    yield page
    context.close()
    assert complaints == []


@pytest.mark.parametrize("path", ["/", "/demo"])
def test_a_page_fits_a_phone(browser: Browser, url: str, path: str) -> None:
    with page_of(browser, url + path, width=390) as page:
        expect(page.locator("main")).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


def test_a_button_of_the_control_room_moves_the_parcel(browser: Browser, url: str) -> None:
    with page_of(browser, url + "/demo") as page:
        story = page.locator("#ord_1042")
        story.get_by_role("button", name="Out for delivery", exact=True).click()
        expect(story.locator(".pill")).to_have_text("Out for delivery")
        expect(story.get_by_role("button", name="Out for delivery", exact=True)).to_be_disabled()
        expect(page.locator(".log li")).to_contain_text(["#1042"])


def test_a_link_to_a_folded_story_unfolds_it(browser: Browser, url: str) -> None:
    with page_of(browser, url + "/demo") as page:
        expect(page.locator("#ord_815")).to_be_hidden()
        page.get_by_role("link", name="Omar").click()
        expect(page.locator("#ord_815")).to_be_in_viewport()


def test_a_suggestion_is_copied(browser: Browser, url: str) -> None:
    with page_of(browser, url + "/demo") as page:
        page.get_by_role("button", name="Any news?").click()
        expect(page.locator(".toast")).to_have_text("Copied: Any news?")
        assert page.evaluate("navigator.clipboard.readText()") == "Any news?"


def test_a_category_shows_its_goods_only(browser: Browser, url: str) -> None:
    with page_of(browser, url) as page:
        page.get_by_role("button", name="Kitchen").click()
        shown = page.locator(".card:visible").evaluate_all("cards => cards.map((card) => card.dataset.category)")
        assert set(shown) == {"kitchen"}


def test_a_product_opens_with_its_choices(browser: Browser, url: str) -> None:
    with page_of(browser, url) as page:
        page.get_by_role("button", name="Chelsea Boots", exact=True).click()
        sheet = page.get_by_role("dialog", name="Chelsea Boots")
        sheet.get_by_role("button", name="Tan").click()
        sheet.get_by_role("button", name="11", exact=True).click()
        expect(sheet.locator(".stock")).to_have_text("Out of stock")
        sheet.get_by_role("button", name="Close").click()
        expect(sheet).to_be_hidden()


def test_the_shop_page_follows_an_order_that_moves(browser: Browser, url: str) -> None:
    with page_of(browser, url) as page:
        headers = "{method: 'POST', headers: {'X-Onethread-Demo': '1'}}"
        assert (
            page.evaluate(f"fetch('/demo/orders/ord_1042/deliver', {headers}).then((answer) => answer.status)") == 200
        )
        expect(page.locator(".ticket").first.locator(".pill")).to_have_text("Delivered", timeout=15_000)
