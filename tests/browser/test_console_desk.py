"""The console in a real browser on the real application: what a person does at the desk, with mouse, keys and on a phone."""

import io
import re
import wave
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from channels.message import Address, Attachment, Inbound
from memory import agents, threads
from memory.agents import Agent
from memory.desk import Upload, add_upload
from memory.engines.base import Tx
from memory.projection import Event
from server.desk import work
from server.inbox import accept
from server.services import Services
from tests.browser.console_host import ConsoleHost, Watched, enter, sign_in, watch
from tests.server.console import people
from tests.support.chromium import chromium_at

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    """One browser for all tests of this module."""
    with chromium_at(chromium) as browser:
        yield browser


@pytest.fixture
def host(tmp_path: Path) -> Iterator[ConsoleHost]:
    """A running application."""
    with ConsoleHost(tmp_path) as host:
        yield host


@pytest.fixture
def kim(host: ConsoleHost) -> Agent:
    """Who works here."""
    return host.agent()


@pytest.fixture
def desk(host: ConsoleHost, browser: Browser, kim: Agent) -> Iterator[Watched]:
    """A signed-in console on a wide screen; nothing may go wrong on it."""
    context = browser.new_context(viewport={"width": 1280, "height": 800}, reduced_motion="reduce")
    watched = enter(host, context, kim)
    yield watched
    context.close()
    assert watched.wrong == []


def log_of(host: ConsoleHost, conv: str) -> list[Event]:
    """The stored events of a thread."""

    async def read(services: Services) -> list[Event]:
        async def unit(tx: Tx) -> list[Event]:
            thread = await threads.by_public_id(tx, conv)
            return await threads.events(tx, thread.id) if thread else []

        return await services.database.read(unit)

    return host.do(read)


def replies(host: ConsoleHost, conv: str = "c_ana") -> list[str]:
    """What agents said to the customer."""
    return [
        str(each.body["text"]) for each in log_of(host, conv) if each.type == "message" and each.author_type == "agent"
    ]


def customer_says(host: ConsoleHost, text: str, who: str = "ana") -> None:
    """A customer writes."""
    host.do(lambda services: people.customer_says(services, text, who=who))


def row(page: Page, name: str) -> Locator:
    """A line of the inbox."""
    return page.locator(".row", has_text=name)


def visit(page: Page, name: str) -> None:
    """Open a conversation and look at it: a reply that is sent before anything was seen is refused."""
    row(page, name).click()
    expect(page.locator(".events > li").first).to_be_visible()


def test_wrong_password_is_said_on_the_form(host: ConsoleHost, browser: Browser, kim: Agent) -> None:
    page = browser.new_page()
    page.goto(f"{host.origin}/console/t/c_ana")
    page.get_by_label("E-mail").fill(kim.email)
    page.get_by_label("Password").fill("wrong")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_contain_text("do not belong together")
    page.close()


def test_sign_in_works_without_scripts_and_leads_to_the_page_that_was_asked_for(
    host: ConsoleHost, browser: Browser, kim: Agent
) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{host.origin}/console/t/c_ana")
    page.get_by_label("E-mail").fill(kim.email)
    page.get_by_label("Password").fill(people.PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    assert page.url == f"{host.origin}/console/t/c_ana"
    assert "The console needs JavaScript" in page.inner_text("body")
    context.close()


def test_empty_inbox_teaches_how_to_begin(host: ConsoleHost, desk: Watched) -> None:
    expect(desk.page.get_by_role("heading", name="Your first conversation starts here")).to_be_visible()
    expect(desk.page.locator(".snippet")).to_contain_text(f'src="{host.origin}/widget/loader.js"')


def test_handed_off_conversation_appears_by_itself_with_what_matters(host: ConsoleHost, desk: Watched) -> None:
    host.handed_off()
    line = row(desk.page, "Ana Lopez")
    expect(line).to_contain_text("Order #1042")
    expect(line).to_contain_text("High: upset")
    expect(line).to_contain_text("Unassigned")
    expect(desk.page).to_have_title(re.compile(r"^\(1\) "))


def test_claim_reply_and_resolve_by_keys_alone(host: ConsoleHost, desk: Watched, kim: Agent) -> None:
    host.handed_off()
    keys = desk.page.keyboard
    expect(row(desk.page, "Ana Lopez")).to_be_visible()
    keys.press("j")
    keys.press("Enter")
    expect(desk.page.get_by_text("Waiting for a person.")).to_be_visible()
    keys.press("t")
    expect(desk.page.get_by_text("You have this.")).to_be_visible()
    expect(desk.page.get_by_label("Reply to the customer")).to_be_focused()
    keys.type("Hello Ana, Kim here. ok?")
    keys.press("Control+Enter")
    expect(desk.page.locator(".from-agent .bubble")).to_have_text("Hello Ana, Kim here. ok?")
    expect(desk.page.locator(".pending")).to_have_count(0)
    keys.press("Escape")
    keys.press("e")
    expect(desk.page.get_by_text("You resolved the conversation")).to_be_visible()
    assert replies(host) == ["Hello Ana, Kim here. ok?"]
    assert [each.type for each in log_of(host, "c_ana")][-1] == "resolved"


def test_keys_rest_while_somebody_writes(host: ConsoleHost, desk: Watched) -> None:
    host.handed_off()
    visit(desk.page, "Ana Lopez")
    desk.page.get_by_label("Reply to the customer").fill("")
    desk.page.get_by_label("Reply to the customer").press_sequentially("tenor jkber?/")
    expect(desk.page.get_by_label("Reply to the customer")).to_have_value("tenor jkber?/")
    expect(desk.page.get_by_text("Waiting for a person.")).to_be_visible()


def test_who_said_what_is_never_mixed_up(host: ConsoleHost, desk: Watched) -> None:
    host.handed_off()
    visit(desk.page, "Ana Lopez")
    log = desk.page.get_by_role("log")
    expect(log.locator(".from-customer .role").first).to_have_text("Customer")
    expect(log.locator(".from-assistant .role").first).to_have_text("Assistant")
    expect(log.locator(".handoff")).to_contain_text("The customer is very upset")
    expect(log).to_contain_text("3 replies suggested")
    log.get_by_text("1 fact checked").click()
    expect(log.locator(".receipt-list")).to_contain_text("From embedded:orders/ord_1042")


def test_a_voice_note_is_played_where_it_was_said(host: ConsoleHost, desk: Watched) -> None:
    thread = host.handed_off()
    sound = io.BytesIO()
    with wave.open(sound, "wb") as out:
        out.setparams((1, 2, 8_000, 8_000, "NONE", ""))
        out.writeframes(bytes(16_000))
    body, id = sound.getvalue(), "att_" + "v" * 26

    async def record(services: Services) -> None:
        services.settings.uploads.mkdir(parents=True, exist_ok=True)
        (services.settings.uploads / id).write_bytes(body)
        kept = Upload(id, thread.id, thread.public_id, 0, "note.wav", "audio/wav", len(body))
        await services.database.write(lambda tx: add_upload(tx, kept, services.clock.now()))
        sender = Address("visitor", "key-of-ana", "channel")
        file = Attachment(id, kept.name, kept.type, kept.size)
        said = Inbound("widget", sender, "", services.clock.now(), conv=thread.public_id, attachments=(file,))
        await accept(services, said)

    host.do(record)
    visit(desk.page, "Ana Lopez")
    player = desk.page.get_by_role("log").locator("audio")
    expect(player).to_be_visible()
    length = (
        "player => new Promise((done) => { player.ondurationchange = () => done(player.duration);"
        " player.onerror = () => done(0); player.load(); player.preload = 'auto' })"
    )
    assert player.evaluate(length) == 1


def test_panel_tells_the_case(host: ConsoleHost, desk: Watched) -> None:
    host.handed_off()
    visit(desk.page, "Ana Lopez")
    panel = desk.page.get_by_role("complementary")
    for text in (
        str(people.BRIEF["wants"]),
        "The customer is very upset.",
        "Not proven",
        "Monday, November 23",
        "It is not delivered yet.",
        "It left Louisville",
    ):
        expect(panel).to_contain_text(text)


def test_note_cannot_be_mistaken_for_a_reply_and_keeps_its_own_words(host: ConsoleHost, desk: Watched) -> None:
    host.handed_off()
    page = desk.page
    visit(page, "Ana Lopez")
    page.get_by_label("Reply to the customer").fill("words for the customer")
    page.get_by_role("button", name="Note", exact=True).click()
    note = page.get_by_label("Note for colleagues")
    expect(note).to_have_value("")
    expect(page.get_by_text("Stays inside the team")).to_be_visible()
    note.fill("words for colleagues")
    page.get_by_role("button", name="Save note").click()
    expect(page.locator(".note .bubble")).to_have_text("words for colleagues")
    page.get_by_role("button", name="Reply", exact=True).click()
    expect(page.get_by_label("Reply to the customer")).to_have_value("words for the customer")
    assert replies(host) == []


def test_send_is_off_while_there_is_nothing_to_send(host: ConsoleHost, desk: Watched) -> None:
    host.handed_off()
    visit(desk.page, "Ana Lopez")
    send = desk.page.get_by_role("button", name="Send reply")
    expect(send).to_be_disabled()
    desk.page.get_by_label("Reply to the customer").fill("   ")
    expect(send).to_be_disabled()
    desk.page.get_by_label("Reply to the customer").fill("x" * 4001)
    expect(send).to_be_disabled()
    expect(desk.page.get_by_text("1 characters too many")).to_be_visible()
    desk.page.get_by_label("Reply to the customer").fill("Hi")
    expect(send).to_be_enabled()


def test_suggested_reply_goes_into_the_field_and_out_again(host: ConsoleHost, desk: Watched) -> None:
    host.handed_off()
    page, (label, text) = desk.page, people.DRAFTS[0]
    visit(page, "Ana Lopez")
    field = page.get_by_label("Reply to the customer")
    page.get_by_role("button", name=label).click()
    expect(field).to_have_value(text)
    page.get_by_role("button", name="Undo").click()
    expect(field).to_have_value("")
    field.fill("My own words")
    page.get_by_role("button", name=label).click()
    page.get_by_role("button", name="Add below").click()
    expect(field).to_have_value(f"My own words\n\n{text}")
    page.get_by_role("button", name="Undo").click()
    expect(field).to_have_value("My own words")


def test_used_suggestion_is_recorded(host: ConsoleHost, desk: Watched) -> None:
    host.handed_off()
    visit(desk.page, "Ana Lopez")
    desk.page.get_by_role("button", name=people.DRAFTS[1][0]).click()
    desk.page.get_by_role("button", name="Send reply").click()
    expect(desk.page.get_by_text("Suggested reply 2 was used as it was")).to_be_visible()
    expect(desk.page.get_by_role("list", name="Suggested replies")).to_have_count(0)
    assert replies(host) == [people.DRAFTS[1][1]]


def test_reply_that_is_overtaken_comes_back_with_what_arrived(host: ConsoleHost, desk: Watched) -> None:
    host.handed_off()
    page = desk.page
    visit(page, "Ana Lopez")
    page.get_by_label("Reply to the customer").fill("An answer to the old question")
    held: list[object] = []

    def overtake(route: object) -> None:
        if not held:
            customer_says(host, "Forget it, I found it!")
        held.append(route)
        route.continue_()  # type: ignore[attr-defined]  # playwright's Route

    page.route("**/reply", overtake)
    page.get_by_role("button", name="Send reply").click()
    expect(page.locator(".arrived")).to_contain_text("Forget it, I found it!")
    expect(page.get_by_label("Reply to the customer")).to_have_value("An answer to the old question")
    assert replies(host) == []
    page.get_by_role("button", name="Send it anyway").click()
    expect(page.locator(".from-agent .bubble")).to_have_text("An answer to the old question")
    desk.wrong[:] = [text for text in desk.wrong if "409" not in text]


def test_two_replies_sent_at_once_arrive_in_order(host: ConsoleHost, desk: Watched) -> None:
    host.handed_off()
    page = desk.page
    visit(page, "Ana Lopez")
    for text in ("first", "second"):
        page.get_by_label("Reply to the customer").fill(text)
        page.keyboard.press("Control+Enter")
    expect(page.locator(".from-agent:not(.pending) .bubble")).to_have_text(["first", "second"])
    assert replies(host) == ["first", "second"]


def test_what_was_written_waits_in_its_conversation_over_a_reload(host: ConsoleHost, desk: Watched) -> None:
    host.handed_off()
    host.handed_off("bob", "Bob Ray")
    page = desk.page
    visit(page, "Ana Lopez")
    page.get_by_label("Reply to the customer").fill("half a sent")
    visit(page, "Bob Ray")
    expect(page.get_by_label("Reply to the customer")).to_have_value("")
    page.reload()
    visit(page, "Ana Lopez")
    expect(page.get_by_label("Reply to the customer")).to_have_value("half a sent")


def test_reply_without_a_server_stays_and_is_sent_once(host: ConsoleHost, desk: Watched) -> None:
    host.handed_off()
    page = desk.page
    visit(page, "Ana Lopez")
    page.route("**/reply", lambda route: route.abort())
    page.get_by_label("Reply to the customer").fill("through thick and thin")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("The server did not answer.")).to_be_visible()
    page.unroute("**/reply")
    page.get_by_role("button", name="Send again").click()
    expect(page.locator(".from-agent:not(.pending) .bubble")).to_have_text(["through thick and thin"])
    assert replies(host) == ["through thick and thin"]
    desk.wrong[:] = [text for text in desk.wrong if "ERR_FAILED" not in text]


def test_take_over_hand_back_and_a_colleagues_thread_say_whose_turn_it_is(host: ConsoleHost, desk: Watched) -> None:
    host.handed_off()
    page = desk.page
    visit(page, "Ana Lopez")
    page.get_by_role("button", name="Take over").click()
    expect(page.get_by_text("You have this.")).to_be_visible()
    page.get_by_role("button", name="Hand back to Robin").click()
    expect(page.get_by_text("Robin is answering.")).to_be_visible()
    lee = host.agent("lee@shop.example", "Lee Park")
    host.do(lambda services: work.claim(services, "c_ana", lee))
    expect(page.get_by_text("Lee Park has this.")).to_be_visible()
    expect(page.get_by_role("button", name="Take over")).to_have_count(0)
    expect(page.get_by_role("button", name="Reply", exact=True)).to_be_disabled()
    expect(page.get_by_role("button", name="Save note")).to_be_visible()


def test_new_message_does_not_move_what_somebody_reads(host: ConsoleHost, desk: Watched) -> None:
    host.handed_off()
    for number in range(30):
        customer_says(host, f"line {number}")
    page = desk.page
    visit(page, "Ana Lopez")
    expect(page.locator(".bubble", has_text="line 29")).to_be_in_viewport()
    page.locator(".scroll").evaluate("node => node.scrollTo(0, 200)")
    page.wait_for_function("() => document.querySelector('.scroll').scrollTop === 200")
    customer_says(host, "far below")
    page.get_by_role("button", name="1 new message").click()
    expect(page.locator(".bubble", has_text="far below")).to_be_in_viewport()
    expect(page.locator(".pill")).to_be_hidden()


def test_typing_of_the_customer_is_shown_until_they_have_written(host: ConsoleHost, desk: Watched) -> None:
    thread = host.handed_off()
    visit(desk.page, "Ana Lopez")
    expect(desk.page.get_by_role("complementary")).to_contain_text("Brief")

    async def types(services: Services) -> None:
        services.bus.publish(f"typing:{thread.id}", {"who": {"type": "customer", "name": ""}, "on": True})

    host.do(types)
    expect(desk.page.get_by_text("Ana Lopez is typing…")).to_be_visible()
    customer_says(host, "there")
    expect(desk.page.get_by_text("Ana Lopez is typing…")).to_be_hidden()


def test_views_and_filter_choose_what_is_listed(host: ConsoleHost, desk: Watched) -> None:
    host.handed_off()
    customer_says(host, "just looking", "bob")
    page = desk.page
    expect(page.get_by_role("button", name="Needs a person")).to_contain_text("1")
    page.get_by_role("button", name="All open").click()
    expect(page.locator(".row")).to_have_count(2)
    page.keyboard.press("/")
    page.keyboard.type("looking")
    expect(page.locator(".row")).to_have_count(1)
    page.get_by_role("button", name="Mine").click()
    expect(page.get_by_role("heading", name="Nothing matches")).to_be_visible()
    page.get_by_label("Filter the inbox").fill("")
    expect(page.get_by_role("heading", name="You have no conversations")).to_be_visible()


def test_help_shows_the_keys_and_closes(host: ConsoleHost, desk: Watched) -> None:
    desk.page.keyboard.press("?")
    expect(desk.page.get_by_role("dialog")).to_contain_text("Take over")
    desk.page.keyboard.press("Escape")
    expect(desk.page.get_by_role("dialog")).to_be_hidden()


def test_disabled_agent_is_told_and_sees_nothing_new(host: ConsoleHost, desk: Watched, kim: Agent) -> None:
    host.handed_off()
    expect(row(desk.page, "Ana Lopez")).to_be_visible()
    host.do(lambda services: services.database.write(lambda tx: agents.disable(tx, kim.id)))
    host.handed_off("bob", "Bob Ray")
    expect(desk.page.get_by_text("You are signed out.")).to_be_visible()
    expect(row(desk.page, "Bob Ray")).to_have_count(0)


def test_signing_out_leads_back_to_the_form(host: ConsoleHost, desk: Watched) -> None:
    desk.page.get_by_label("Kim Reyes, menu").click()
    desk.page.get_by_role("button", name="Sign out").click()
    expect(desk.page.get_by_role("heading", name="Sign in to the desk")).to_be_visible()


@pytest.mark.parametrize("width", [390, 820])
def test_narrow_screens_scroll_only_down_and_lead_back(
    host: ConsoleHost, browser: Browser, kim: Agent, width: int
) -> None:
    host.handed_off()
    context = browser.new_context(viewport={"width": width, "height": 844}, has_touch=True, reduced_motion="reduce")
    watched = enter(host, context, kim)
    page = watched.page

    def fits() -> bool:
        return bool(page.evaluate("document.documentElement.scrollWidth <= innerWidth"))

    assert fits()
    visit(page, "Ana Lopez")
    expect(page.get_by_text("Waiting for a person.")).to_be_visible()
    assert fits()
    page.get_by_role("button", name="Customer and order").click()
    expect(page.get_by_text(str(people.BRIEF["wants"]))).to_be_visible()
    assert fits()
    page.keyboard.press("Escape")
    expect(page.get_by_text(str(people.BRIEF["wants"]))).to_be_hidden()
    if width < 720:
        page.get_by_role("button", name="Back to the inbox").click()
    else:
        page.go_back()
    expect(row(page, "Ana Lopez")).to_be_visible()
    assert watched.wrong == []
    context.close()


LUMINANCE = """() => {
  const parse = (text) => (text.match(/[\\d.]+/g) ?? []).map(Number);
  const light = ([r, g, b]) => [r, g, b].map((v) => v / 255).map((v) => (v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4))
    .reduce((sum, v, at) => sum + v * [0.2126, 0.7152, 0.0722][at], 0);
  const ground = (node) => {
    for (let each = node; each; each = each.parentElement) {
      const colour = parse(getComputedStyle(each).backgroundColor);
      if (colour.length === 3 || colour[3] === 1) return colour;
    }
    return [255, 255, 255];
  };
  const faint = [];
  for (const node of document.querySelectorAll("body *")) {
    const own = [...node.childNodes].some((child) => child.nodeType === 3 && child.textContent.trim());
    const isSeen = node.checkVisibility({ opacityProperty: true, visibilityProperty: true });
    if (!own || !isSeen || node.closest(":disabled, .unseen, .skip")) continue;
    const [front, back] = [light(parse(getComputedStyle(node).color)), light(ground(node))];
    const ratio = (Math.max(front, back) + 0.05) / (Math.min(front, back) + 0.05);
    if (ratio < 4.5) faint.push(`${node.className || node.tagName}: ${ratio.toFixed(2)} ${node.textContent.trim().slice(0, 30)}`);
  }
  return faint;
}"""
NAMELESS = """() => [...document.querySelectorAll("button, a[href], input:not([type=hidden]), textarea, summary")]
  .filter((node) => node.checkVisibility())
  .filter((node) => !(node.getAttribute("aria-label") || node.textContent.trim() || node.labels?.length))
  .filter((node) => !node.querySelector("img[alt]:not([alt=''])"))
  .map((node) => node.outerHTML.slice(0, 120))"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_everything_can_be_read_and_has_a_name(
    host: ConsoleHost, browser: Browser, kim: Agent, scheme: str, tmp_path: Path
) -> None:
    host.handed_off()
    host.do(lambda services: people.customer_says(services, "just looking", who="bob"))
    dark = scheme == "dark"
    context = browser.new_context(
        viewport={"width": 1280, "height": 800}, color_scheme="dark" if dark else "light", reduced_motion="reduce"
    )
    watched = watch(context)
    page = watched.page
    page.goto(f"{host.origin}/console")
    assert page.evaluate(LUMINANCE) == []
    sign_in(host, page, kim)
    page.get_by_role("button", name="All open").click()
    visit(page, "Ana Lopez")
    expect(page.get_by_role("complementary")).to_contain_text("What was tried")
    page.get_by_role("button", name="Note", exact=True).click()
    page.get_by_label("Note for colleagues").fill("a note")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".note:not(.pending) .bubble")).to_be_visible()
    page.get_by_label("Note for colleagues").fill("another note")
    assert page.evaluate(LUMINANCE) == []
    assert page.evaluate(NAMELESS) == []
    back = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (back == "rgb(16, 19, 24)") is dark
    assert len(page.screenshot(path=tmp_path / f"{scheme}.png")) > 20_000
    assert watched.wrong == []
    context.close()
