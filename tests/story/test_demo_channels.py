"""One customer on every device of the demo's control room: web, WhatsApp, e-mail and telephone are one conversation, live."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.story.actors import Agent, Shopper, chrome, picture, running, url_in

pytestmark = pytest.mark.browser


@pytest.fixture
def url(tmp_path: Path) -> Iterator[str]:
    with running("demo", "--port", "0", "--data", "shop", cwd=tmp_path) as process:
        yield url_in(process, "Shop with the chat")


@pytest.fixture
def browser(chromium: str) -> Iterator[Browser]:
    with chrome(chromium) as one:
        yield one


def test_one_customer_moves_across_every_channel(browser: Browser, url: str) -> None:
    kim, shopper, ana = Agent(browser), Shopper(browser), Shopper(browser)
    kim.sign_in(url, "kim@harbourandpine.example", "harbour-kim")
    shopper.page.goto(url)
    shopper.open()
    shopper.ask("where is my parcel?")
    expect(shopper.ask("1042, ana.lopez@example.com").locator(".bubble")).to_contain_text("UPS")

    ana.page.goto(f"{url}/demo")
    on_whatsapp(ana.page)
    watch(ana.page, kim)
    by_mail(ana.page)
    by_telephone(ana.page)
    one_conversation(ana.page, kim)
    picture(ana.page, "17-devices")

    assert (shopper.mistakes, ana.mistakes, kim.mistakes) == ([], [], [])


def on_whatsapp(page: Page) -> None:
    """The proven number goes on where the web chat was; ticks, and buttons that answer."""
    phone = page.locator("#phone")
    phone.get_by_role("textbox", name="Message").fill("any news about order 1042?")
    phone.get_by_role("button", name="Send", exact=True).click()
    answer = phone.locator(".bubble.theirs:not(.typing)").last
    expect(answer).to_contain_text("#1042")
    expect(phone.locator(".bubble.mine .tick.read").first).to_be_visible()
    expect(phone.locator(".window")).to_contain_text("24 h")


def by_mail(page: Page) -> None:
    """A mail from the order's own address, its answer formatted and as text, and a reply to that."""
    mail = page.locator("#mail")
    mail.get_by_role("button", name="Write a mail").click()
    mail.get_by_role("textbox", name="Subject").fill("Order 1042")
    mail.get_by_role("textbox", name="Your mail").fill("When does order 1042 arrive?\n\nAna")
    mail.get_by_role("button", name="Send", exact=True).click()
    expect(mail.locator(".mails li")).to_have_count(2)
    expect(mail.frame_locator("iframe").locator("body")).to_contain_text("1042")
    mail.get_by_role("button", name="Text", exact=True).click()
    expect(mail.locator("pre")).to_contain_text("#1042")
    mail.get_by_role("button", name="Headers", exact=True).click()
    expect(mail.locator("dl")).to_contain_text(re.compile(r"help\+\w+@harbourandpine\.example"))
    mail.get_by_role("button", name="Reply", exact=True).click()
    mail.get_by_role("textbox", name="Your mail").fill("Thanks. Which carrier is it?")
    mail.get_by_role("button", name="Send", exact=True).click()
    expect(mail.locator(".mails li")).to_have_count(4)


def by_telephone(page: Page) -> None:
    """A call with the number of the order: words are heard as they are spoken, and typing breaks in."""
    call = page.locator("#call")
    call.get_by_role("button", name="Call the shop").click()
    transcript = call.locator(".transcript")
    expect(transcript.locator("li.shop")).to_have_count(1)
    words = call.get_by_role("textbox", name="Say something")
    expect(call.locator(".call-state")).to_have_text("Your turn")
    words.fill("where is my order 1042? my e-mail is ana.lopez@example.com")
    words.press("Enter")
    expect(transcript.locator("li.caller")).to_have_count(1)
    expect(transcript.locator("li.shop").nth(1)).to_contain_text("1 0 4 2")
    expect(call.locator(".call-state")).to_contain_text("speaking")
    break_in(words)
    expect(transcript.locator(".unheard")).to_be_visible()
    call.get_by_role("button", name="Hang up").click()
    expect(call.locator(".call-state")).to_contain_text("Call ended")


def break_in(words: Locator) -> None:
    words.fill("wait")
    words.press("Enter")


def watch(page: Page, kim: Agent) -> None:
    """An agent opens the conversation of web and WhatsApp; the rest comes in while they look."""
    conv = page.locator(".thread-link").first.get_attribute("data-conv")
    kim.page.goto(f"{page.url.partition('/demo')[0]}/console/t/{conv}")
    expect(kim.page.locator(".events")).to_contain_text("where is my parcel?")


def one_conversation(page: Page, kim: Agent) -> None:
    """The control room leads to the one thread, and the console has shown it live, with every channel."""
    link = page.locator(".thread-link").first
    for name in ("web chat", "WhatsApp", "e-mail", "telephone"):
        expect(link).to_contain_text(name)
    expect(page.locator(".thread-link")).to_have_count(1)  # what the call began apart has joined it
    assert kim.page.url.endswith(str(link.get_attribute("data-conv")))
    for said in (
        "where is my parcel?",
        "any news about order 1042?",
        "When does order 1042 arrive?",
        "where is my order 1042?",
    ):
        expect(kim.page.locator(".events")).to_contain_text(said)
