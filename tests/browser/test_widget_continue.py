"""Going on elsewhere, in a real browser: by keyboard, on a phone, in the customer's language, and only where it is connected."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.widget_host import Visitor, WidgetHost
from tests.support.chromium import chromium_at

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    with chromium_at(chromium) as one:
        yield one


@pytest.fixture(scope="module")
def server() -> Iterator[WidgetHost]:
    with WidgetHost() as one:
        yield one


@pytest.fixture
def host(server: WidgetHost) -> WidgetHost:
    server.fresh()
    server.settings["ways"] = ["whatsapp", "email"]
    server.continued.clear()
    return server


@pytest.fixture(params=[(1280, 860), (390, 780)], ids=["desk", "phone"])
def visitor(request: pytest.FixtureRequest, browser: Browser, host: WidgetHost) -> Iterator[Visitor]:
    width, height = request.param
    one = Visitor(browser, host, viewport={"width": width, "height": height}).visit()
    yield one
    assert one.page.evaluate("problems") == [] and one.page.evaluate("violations") == []
    one.context.close()


def test_a_conversation_goes_on_by_whatsapp_and_by_mail_with_the_keyboard_alone(
    visitor: Visitor, host: WidgetHost
) -> None:
    visitor.open()
    way = visitor.chat.get_by_role("button", name="Go on elsewhere")
    expect(way).to_have_count(0)  # there is nothing yet that could go on
    visitor.write("Hello there")
    way.focus()
    way.press("Enter")
    ways = visitor.chat.get_by_role("region", name="Go on elsewhere")
    expect(ways.get_by_role("heading", level=2)).to_be_focused()
    whatsapp = ways.get_by_role("link", name="Continue on WhatsApp")
    expect(whatsapp).to_have_attribute("href", "https://wa.me/14155550100?text=Hello%20(OT-AAAAAAA-BBBBBBB-CCCCCCC)")
    expect(whatsapp).to_have_attribute("rel", "noopener noreferrer nofollow")
    field = ways.get_by_role("textbox", name="E-mail address")
    field.fill("no address")
    field.press("Enter")
    expect(ways.get_by_text("Write an address such as")).to_be_visible()
    expect(field).to_be_focused()
    field.fill("ana@example.com")
    field.press("Enter")
    expect(ways.get_by_text("one is on its way")).to_be_visible()
    assert [each["to"] for each in host.continued] == ["whatsapp", "email", "email"]
    assert host.continued[-1]["address"] == "ana@example.com"
    box = ways.bounding_box()
    assert box is not None and visitor.inside().evaluate("document.documentElement.scrollWidth <= innerWidth")
    field.press("Escape")
    expect(ways).to_have_count(0)
    expect(way).to_be_focused()


def test_nothing_is_offered_where_nothing_is_connected(browser: Browser, host: WidgetHost) -> None:
    host.settings["ways"] = []
    one = Visitor(browser, host).visit().open()
    one.write("Hello there")
    expect(one.chat.locator(".me .meta")).to_contain_text("· Sent")
    expect(one.chat.get_by_role("button", name="Go on elsewhere")).to_have_count(0)
    one.context.close()


@pytest.mark.parametrize("language", ["es", "fr", "de", "pt"])
def test_the_offer_speaks_the_customers_language(browser: Browser, host: WidgetHost, language: str) -> None:
    host.settings["locale"] = language
    one = Visitor(browser, host).visit(lang=language).open()
    one.write("Hola")
    names = {"es": "Seguir en otro lugar", "fr": "Continuer ailleurs", "de": "Anderswo weitermachen"}
    expect(one.chat.get_by_role("button", name=names.get(language, "Continuar noutro lugar"))).to_be_visible()
    host.settings["locale"] = "en"
    one.context.close()
