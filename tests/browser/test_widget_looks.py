"""What people see and can reach: languages, direction, phones, contrast, size of targets, calm motion."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.widget_host import Visitor, WidgetHost, order_card
from tests.support.chromium import chromium_at

pytestmark = pytest.mark.browser

PHONE: dict[str, Any] = {"viewport": {"width": 320, "height": 640}, "has_touch": True, "is_mobile": True}
OVERFLOW = """() => [document.documentElement, ...document.querySelectorAll('body, .log, .panel, .card, .composer, .head')]
  .filter((node) => node.scrollWidth > node.clientWidth + 1).map((node) => `${node.className} ${node.scrollWidth}`)"""
# Every piece of text against the nearest opaque background, by the formula of WCAG 2.2.
FAINT = """() => {
  const canvas = new OffscreenCanvas(1, 1).getContext("2d", {willReadFrequently: true});
  const paint = (colours) => {
    canvas.clearRect(0, 0, 1, 1);
    for (const one of colours) { canvas.fillStyle = one; canvas.fillRect(0, 0, 1, 1); }
    return [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3).map((value) => value / 255);
  };
  const linear = (value) => value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  const light = (rgb) => rgb.map(linear).reduce((sum, value, at) => sum + value * [0.2126, 0.7152, 0.0722][at], 0);
  const backs = (node) => node ? [...backs(node.parentElement), getComputedStyle(node).backgroundColor] : [];
  const faint = [];
  for (const node of document.querySelectorAll("body *")) {
    const own = [...node.childNodes].some((child) => child.nodeType === 3 && child.data.trim());
    const seen = node.checkVisibility({visibilityProperty: true}) && !node.closest(".unseen, :disabled, [aria-disabled=true]");
    if (!own || !seen) continue;
    const below = backs(node);
    const pair = [light(paint([...below, getComputedStyle(node).color])), light(paint(below))].sort((a, b) => a - b);
    const ratio = (pair[1] + 0.05) / (pair[0] + 0.05);
    if (ratio < 4.5) faint.push(`${node.className || node.tagName} "${node.textContent.slice(0, 30)}" ${ratio.toFixed(2)}`);
  }
  return faint;
}"""
SMALL = """() => [...document.querySelectorAll("button, a[href], textarea")]
  .filter((node) => node.checkVisibility({visibilityProperty: true}) && !node.closest(".bubble"))
  .map((node) => [node.getBoundingClientRect(), node.getAttribute("aria-label") || node.textContent])
  .filter(([box]) => box.width < 24 || box.height < 24).map(([box, name]) => `${name} ${box.width}x${box.height}`)"""
LANGUAGES = {
    "en": ("Send", "Talk to a person", "is an automated assistant"),
    "es": ("Enviar", "Hablar con una persona", "es un asistente automático"),
    "fr": ("Envoyer", "Parler à une personne", "est un assistant automatique"),
    "de": ("Senden", "Mit einem Menschen sprechen", "ist ein automatischer Assistent"),
    "pt": ("Enviar", "Falar com uma pessoa", "é um assistente automático"),
}


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
    return server


def fill(visitor: Visitor, host: WidgetHost) -> None:
    """A conversation with everything in it."""
    visitor.write("Where is my order 1042? I have been waiting for a very long time and " + "w" * 60)
    host.until(lambda: host.said())
    parcels = [{"headline": "Delivered", "tone": "good"}, {"headline": "A day late", "tone": "warn"}]
    steps = [
        {**step, "label": "Zustellung fehlgeschlagen"} if at == 2 else step
        for at, step in enumerate(order_card()["steps"])
    ]
    host.say(
        "Here it is: https://shop.example/orders/1042",
        card=order_card(steps=steps, parcels=parcels, tone="warn", eta_was="Friday"),
    )
    host.say(
        "Kim here, I will look into it.", by="agent", name="Kim", choices=[{"label": "Thank you", "value": "thanks"}]
    )
    host.faults.nack = [{"code": "busy", "retryable": False}]
    visitor.write("This one fails")
    host.state(status="resolved", owner={"type": "agent", "name": "Kim"})
    expect(visitor.chat.locator(".failed .meta")).to_be_visible()
    expect(visitor.chat.locator(".strip")).to_be_visible()


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_interface_speaks_the_customers_language_and_fits_a_phone(
    browser: Browser, host: WidgetHost, language: str
) -> None:
    host.settings["locale"] = language
    visitor = Visitor(browser, host, **PHONE).visit(lang=language)
    visitor.open()
    send, person, notice = LANGUAGES[language]
    expect(visitor.chat.get_by_role("button", name=send)).to_be_visible()
    expect(visitor.chat.get_by_role("button", name=person)).to_be_visible()
    expect(visitor.chat.locator(".notice")).to_contain_text(notice)
    assert visitor.inside().evaluate("document.documentElement.lang") == language
    fill(visitor, host)
    assert visitor.inside().evaluate(OVERFLOW) == []
    visitor.context.close()


def test_right_to_left_mirrors_the_layout(browser: Browser, host: WidgetHost) -> None:
    host.settings |= {"locale": "ar", "rtl": True, "greeting": "مرحبا، كيف يمكنني المساعدة؟"}
    visitor = Visitor(browser, host).visit(lang="ar", dir="rtl")
    visitor.open()
    fill(visitor, host)
    assert visitor.inside().evaluate("document.documentElement.dir") == "rtl"
    places = visitor.inside().evaluate(
        "['.me .bubble', '.us.message .face', '.send'].map((one) => document.querySelector(one).getBoundingClientRect().left)"
    )
    mine, face, send = places
    assert mine < 60
    assert face > 340
    assert send < 60
    launcher = visitor.launcher.bounding_box()
    assert launcher is not None
    assert launcher["x"] < 100
    assert visitor.chat.locator(".card-head bdi").first.inner_text() == "#1042"
    assert visitor.inside().evaluate(OVERFLOW) == []
    visitor.context.close()


def test_on_a_phone_the_chat_has_the_whole_screen_and_the_page_behind_is_out_of_reach(
    browser: Browser, host: WidgetHost
) -> None:
    visitor = Visitor(browser, host, **PHONE).visit()
    visitor.open()
    panel = visitor.page.locator("onethread-chat .panel")
    assert panel.bounding_box() == {"x": 0, "y": 0, "width": 320, "height": 640}
    expect(panel).to_have_attribute("aria-modal", "true")
    expect(visitor.launcher).to_be_hidden()
    assert visitor.page.evaluate("document.body.inert") is True
    assert visitor.page.evaluate("document.documentElement.scrollWidth") == 320
    visitor.chat.get_by_role("button", name="Talk to a person").focus()
    visitor.page.keyboard.press("Tab")
    expect(visitor.chat.get_by_role("button", name="Close chat")).to_be_focused()
    visitor.page.keyboard.press("Shift+Tab")
    expect(visitor.chat.get_by_role("button", name="Talk to a person")).to_be_focused()
    visitor.chat.get_by_role("button", name="Close chat").click()
    expect(visitor.launcher).to_be_focused()
    assert visitor.page.evaluate("document.body.inert") is False
    visitor.context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("accent", ["#1d5c4d", "#ffe14d"])
def test_every_word_can_be_read_and_every_target_hit(
    browser: Browser, host: WidgetHost, scheme: str, accent: str
) -> None:
    host.settings["theme"] = {"accent": accent}
    visitor = Visitor(browser, host, color_scheme=scheme).visit()
    visitor.open()
    assert visitor.inside().evaluate(FAINT) == []
    fill(visitor, host)
    assert visitor.inside().evaluate(FAINT) == []
    assert visitor.inside().evaluate(SMALL) == []
    assert float(visitor.field.evaluate("field => parseFloat(getComputedStyle(field).fontSize)")) >= 16
    visitor.context.close()


def test_who_asked_for_calm_gets_no_motion(browser: Browser, host: WidgetHost) -> None:
    visitor = Visitor(browser, host, reduced_motion="reduce").visit()
    visitor.open()
    host.say("Here", card=order_card())
    expect(visitor.chat.locator(".card")).to_be_visible()
    host.order(order_card(headline="A day late"))
    host.tell({"t": "typing", "who": {"type": "assistant", "name": "Mia"}, "on": True})
    expect(visitor.chat.locator(".card.changed .pill")).to_have_text("Updated")
    expect(visitor.chat.locator(".typing")).to_be_visible()
    assert visitor.inside().evaluate("document.getAnimations().length") == 0
    visitor.context.close()


def test_the_transcript_is_a_log_with_named_parts(browser: Browser, host: WidgetHost) -> None:
    visitor = Visitor(browser, host).visit()
    visitor.open()
    host.say("Hello")
    log = visitor.chat.get_by_role("log", name="Conversation")
    expect(log).to_have_attribute("aria-live", "polite")
    bubble = log.locator("ol > .us .bubble")
    expect(bubble).to_have_attribute("dir", "auto")
    time = log.locator("ol > .us .meta time")
    assert (time.get_attribute("title") or "").count(",") >= 2
    expect(log.locator(".day time")).to_have_text("Today")
    visitor.context.close()
