"""The help centre in a real browser over the demo: inside the chat with keys alone, and as pages without scripts."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.story.actors import Shopper, chrome, picture, running, url_in

pytestmark = pytest.mark.browser

WIDGET = Path(__file__).parents[2] / "widget"


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with running("demo", "--port", "0", cwd=tmp_path_factory.mktemp("demo")) as process:
        yield url_in(process, "Shop with the chat")


@pytest.fixture
def browser(chromium: str) -> Iterator[Browser]:
    with chrome(chromium) as one:
        yield one


def test_an_article_is_found_read_and_left_inside_the_chat(browser: Browser, demo: str) -> None:
    shopper = Shopper(browser)
    shopper.page.goto(demo)
    shopper.open()
    chat = shopper.chat
    opener = chat.get_by_role("button", name="Search for answers")
    opener.click()
    field = chat.get_by_role("searchbox", name="Search for answers")
    expect(field).to_be_focused()
    expect(chat.locator(".log")).to_have_js_property("inert", True)
    field.fill("lamp flickers")
    status = chat.locator(".help").get_by_role("status")
    expect(status).to_contain_text("Articles found:")
    picture(shopper.page, "help-found")
    entry = chat.get_by_role("button", name=re.compile("Linen Table Lamp"))
    expect(entry.first).to_contain_text("Flickering nearly always")
    field.press("Tab")
    entry.first.press("Enter")
    heading = chat.get_by_role("heading", name="Linen Table Lamp: set-up and troubleshooting")
    expect(heading).to_be_focused()
    expect(chat.locator(".help-text")).to_contain_text("1. Unplug the lamp and let the bulb cool down.")
    expect(chat.get_by_role("link", name="Open as a page")).to_have_attribute(
        "href", re.compile("/help/en/table-lamp$")
    )
    picture(shopper.page, "help-article")
    heading.press("Escape")
    expect(field).to_be_focused()
    expect(field).to_have_value("lamp flickers")
    field.fill("zzzz qqqq")
    expect(status).to_have_text("Nothing was found. Ask in the chat.")
    field.press("Escape")
    expect(opener).to_be_focused()
    expect(chat.locator(".help")).to_have_count(0)
    expect(chat.locator(".log")).to_have_js_property("inert", False)
    opener.click()
    shopper.ask("Hi, where is my parcel?")
    expect(chat.locator(".help")).to_have_count(0)
    expect(opener).to_have_count(0)
    assert shopper.mistakes == []
    shopper.context.close()


def test_a_search_that_fails_says_so_and_works_again(browser: Browser, demo: str) -> None:
    shopper = Shopper(browser)
    shopper.page.goto(demo)
    shopper.open()
    shopper.chat.get_by_role("button", name="Search for answers").click()
    field = shopper.chat.get_by_role("searchbox")
    shopper.page.route("**/widget/help?*", lambda route: route.abort())
    field.fill("shipping")
    status = shopper.chat.locator(".help").get_by_role("status")
    expect(status).to_have_text("That did not work. Try again.")
    shopper.page.unroute("**/widget/help?*")
    field.press("Enter")
    expect(status).to_contain_text("Articles found:")
    shopper.context.close()


def test_the_pages_work_without_scripts_on_a_phone(browser: Browser, demo: str) -> None:
    phone = browser.new_context(viewport={"width": 360, "height": 740}, java_script_enabled=False)
    page = phone.new_page()
    page.goto(f"{demo}/help/de")
    page.get_by_role("searchbox", name="Antworten suchen").fill("lampe geht nicht an")
    page.get_by_role("button", name="Suchen").click()
    page.get_by_role("link", name=re.compile("Die Lampe geht nicht an")).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Leinen-Tischlampe: Aufbau und Hilfe bei Störungen")
    page.get_by_role("button", name="Ja").click()
    expect(page.get_by_role("status")).to_have_text("Danke für die Rückmeldung.")
    page.get_by_role("navigation", name="Sprache").get_by_role("link", name="Français").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Lampe de table")
    expect(page.get_by_role("link", name="Discutez avec nous")).to_be_visible()
    phone.close()


@pytest.mark.parametrize(
    "path", ["/help/en", "/help/en/table-lamp", "/help/de/shipping", "/help/en?q=lamp", "/help/en/none"]
)
def test_no_page_is_wider_than_a_small_phone_and_nothing_breaks_the_rules(
    browser: Browser, demo: str, path: str
) -> None:
    shopper = Shopper(browser, viewport={"width": 320, "height": 640})
    broken: list[str] = []
    shopper.page.on("console", lambda message: broken.append(message.text) if "Policy" in message.text else None)
    shopper.page.goto(demo + path)
    assert shopper.page.evaluate("document.documentElement.scrollWidth") <= 320
    assert broken == []
    assert shopper.mistakes == []
    shopper.context.close()


def test_a_link_on_a_help_page_opens_the_chat(browser: Browser, demo: str) -> None:
    shopper = Shopper(browser)
    shopper.page.goto(f"{demo}/help/en/password")
    shopper.page.locator("onethread-chat .launcher").wait_for()
    shopper.page.get_by_role("link", name="Chat with us").click()
    expect(shopper.chat.locator("textarea")).to_be_visible()
    shopper.context.close()


def test_the_chat_has_words_for_articles_in_every_language() -> None:
    source = (WIDGET / "help" / "help.js").read_text()
    rows = re.findall(r"^  (\w\w): \{(.*)\},$", source, re.MULTILINE)
    keys = {language: re.findall(r"(\w+): \"[^\"]+\"", row) for language, row in rows}
    assert sorted(keys) == ["de", "en", "es", "fr", "pt"]
    assert len({tuple(each) for each in keys.values()}) == 1
