"""The widget as a guest on a shop page: what it changes, what it needs, whom it listens to, how it is operated."""

import re
from collections.abc import Iterator

import jwt
import pytest
from playwright.sync_api import Browser, expect

from tests.browser.widget_host import Visitor, WidgetHost
from tests.support.chromium import chromium_at

pytestmark = pytest.mark.browser

BLOCKED_STORAGE = """if (location.pathname.startsWith("/widget/")) for (const name of ["localStorage", "sessionStorage"])
  Object.defineProperty(window, name, {get() { throw new DOMException("blocked", "SecurityError"); }});"""


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


@pytest.fixture
def visitor(browser: Browser, host: WidgetHost) -> Iterator[Visitor]:
    one = Visitor(browser, host)
    yield one
    assert one.page.evaluate("problems") == []
    one.context.close()


def test_until_it_is_opened_only_the_launcher_is_added(visitor: Visitor, host: WidgetHost) -> None:
    visitor.visit(none="1")
    before = visitor.page.evaluate("[document.body.outerHTML, document.body.getBoundingClientRect().toJSON()]")
    visitor.visit()
    expect(visitor.launcher).to_be_visible()
    without_script = "document.querySelectorAll('script').forEach((one) => one.remove())"
    visitor.page.evaluate(without_script)
    after = visitor.page.evaluate("[document.body.outerHTML, document.body.getBoundingClientRect().toJSON()]")
    assert [after[0].split(), after[1]] == [before[0].split(), before[1]]
    assert visitor.page.evaluate("localStorage.length + document.cookie.length") == 0
    assert visitor.page.locator("onethread-chat iframe").count() == 0
    assert host.sessions == []


def test_a_strict_page_reports_no_violation_and_nothing_moves(visitor: Visitor, host: WidgetHost) -> None:
    visitor.visit(csp="strict")
    expect(visitor.launcher).to_have_css("position", "fixed")
    visitor.open()
    visitor.write("Hello")
    host.until(lambda: host.said())
    host.say("Hello to you")
    expect(visitor.chat.get_by_text("Hello to you")).to_be_visible()
    visitor.page.keyboard.press("Escape")
    assert visitor.page.evaluate("[violations, shifts]") == [[], []]
    assert visitor.inside().evaluate("violations") == []
    assert host.csp_reports == []


def test_the_frame_is_locked_down(visitor: Visitor, host: WidgetHost) -> None:
    visitor.visit().open()
    frame = visitor.page.locator("onethread-chat iframe")
    assert set((frame.get_attribute("sandbox") or "").split()) == {
        "allow-scripts",
        "allow-same-origin",
        "allow-forms",
        "allow-popups",
        "allow-popups-to-escape-sandbox",
        "allow-downloads",
    }
    expect(frame).to_have_attribute("referrerpolicy", "strict-origin")
    expect(frame).to_have_attribute("title", "Customer support chat")
    expect(frame).to_have_attribute("src", f"{host.origin}/widget/frame?site=lumen")


def test_loading_twice_gives_one_launcher(visitor: Visitor) -> None:
    visitor.visit(twice="1")
    expect(visitor.launcher).to_be_visible()
    visitor.page.evaluate(
        "document.body.append(Object.assign(document.createElement('script'), {src: document.querySelector('script').src}))"
    )
    visitor.page.wait_for_load_state("networkidle")
    assert visitor.page.locator("onethread-chat").count() == 1


def test_hovering_loads_the_frame_but_tells_the_server_nothing(visitor: Visitor, host: WidgetHost) -> None:
    visitor.visit()
    visitor.launcher.hover()
    expect(visitor.page.locator("onethread-chat .panel")).to_have_class(
        re.compile(r"\bready\b.*\bshut\b|\bshut\b.*\bready\b")
    )
    assert host.sessions == []


def test_everything_can_be_done_by_keyboard(visitor: Visitor, host: WidgetHost) -> None:
    visitor.visit()
    keys = visitor.page.keyboard
    expect(visitor.launcher).to_have_attribute("aria-expanded", "false")
    keys.press("Tab")
    keys.press("Tab")
    expect(visitor.launcher).to_be_focused()
    keys.press("Enter")
    expect(visitor.field).to_be_focused()
    expect(visitor.launcher).to_have_attribute("aria-expanded", "true")
    controlled = visitor.launcher.get_attribute("aria-controls")
    expect(visitor.page.locator(f"onethread-chat #{controlled}")).to_have_role("dialog")
    keys.type("Two")
    keys.press("Shift+Enter")
    keys.type("lines")
    keys.press("Enter")
    host.until(lambda: host.said() == ["Two\nlines"])
    keys.press("Escape")
    expect(visitor.launcher).to_be_focused()
    expect(visitor.launcher).to_have_attribute("aria-expanded", "false")


def test_enter_that_confirms_an_input_method_sends_nothing(visitor: Visitor, host: WidgetHost) -> None:
    visitor.visit().open()
    visitor.field.fill("にほん")
    visitor.field.evaluate(
        "field => field.dispatchEvent(new KeyboardEvent('keydown', {key: 'Enter', isComposing: true, bubbles: true, cancelable: true}))"
    )
    expect(visitor.field).to_have_value("にほん")
    visitor.field.press("Enter")
    host.until(lambda: host.said() == ["にほん"])


def test_commands_queued_before_loading_are_carried_out(visitor: Visitor, host: WidgetHost) -> None:
    visitor.page.add_init_script(
        "window.Onethread = {q: [['locale', 'de'], ['nonsense'], ['open'], ['unread', (n) => { window.told = n }]]}"
    )
    visitor.visit()
    expect(visitor.field).to_have_attribute("placeholder", "Write a message")
    assert host.sessions[0]["locale"] == "de"
    assert visitor.page.evaluate("told") == 0
    visitor.page.evaluate("Onethread.q.push(['close'])")
    expect(visitor.page.locator("onethread-chat .panel")).to_have_class(
        re.compile(r"\bready\b.*\bshut\b|\bshut\b.*\bready\b")
    )


def test_the_shop_learns_how_much_is_unread(visitor: Visitor, host: WidgetHost) -> None:
    visitor.visit().open()
    visitor.page.evaluate("Onethread.unread((count) => { window.told = count }); Onethread.close()")
    host.say("One")
    host.say("Two")
    visitor.page.wait_for_function("told === 2")
    expect(visitor.launcher).to_have_attribute("aria-label", "Customer support chat (2)")


def test_an_identity_token_reaches_the_session_and_is_used_once(visitor: Visitor, host: WidgetHost) -> None:
    visitor.visit()
    visitor.page.evaluate("Onethread.identify(async () => 'token-of-ana')")
    visitor.open()
    assert host.sessions[0]["identity_token"] == "token-of-ana"
    visitor.page.reload()
    visitor.open()
    assert "identity_token" not in host.sessions[-1]


def test_another_customer_in_the_same_browser_sees_nothing_of_the_first(visitor: Visitor, host: WidgetHost) -> None:
    visitor.visit()
    visitor.page.evaluate("Onethread.identify('token-of-ana')")
    visitor.open()
    visitor.write("A secret of the first")
    host.faults.ignore_sends = 9
    visitor.write("Another, still unsent")
    expect(visitor.chat.locator(".me")).to_have_count(2)
    visitor.page.evaluate("Onethread.identify('token-of-ben')")
    host.until(lambda: len(host.visitors) == 2)
    expect(visitor.chat.locator(".me")).to_have_count(0)


def test_the_same_customer_signed_in_again_loses_nothing(visitor: Visitor, host: WidgetHost) -> None:
    visitor.visit()
    tokens = [
        jwt.encode({"sub": "ana", "jti": jti}, "a secret of thirty-two bytes or more", "HS256") for jti in ("1", "2")
    ]
    visitor.page.evaluate("token => Onethread.identify(token)", tokens[0])
    visitor.open()
    host.faults.ignore_sends = 1
    visitor.write("Still mine")
    host.until(lambda: host.frames("send"))
    visitor.page.evaluate("token => Onethread.identify(token)", tokens[1])
    host.until(lambda: host.said() == ["Still mine"])


def test_what_a_visitor_wrote_before_signing_in_goes_along(visitor: Visitor, host: WidgetHost) -> None:
    visitor.visit().open()
    host.faults.ignore_sends = 1
    visitor.write("Where is my parcel?")
    host.until(lambda: host.frames("send"))
    visitor.page.evaluate("Onethread.identify('token-of-ana')")
    host.until(lambda: host.said() == ["Where is my parcel?"])
    expect(visitor.chat.locator(".me")).to_have_count(1)


def test_reset_forgets_everything_of_the_customer(visitor: Visitor, host: WidgetHost) -> None:
    visitor.visit().open()
    host.faults.ignore_sends = 9
    visitor.write("Unsent")
    visitor.field.fill("Half")
    visitor.page.evaluate("Onethread.reset()")
    visitor.page.wait_for_function("localStorage.length === 0")
    host.until(lambda: host.sockets() == 0)
    visitor.launcher.click()
    host.until(lambda: len(host.visitors) == 2)
    expect(visitor.field).to_have_value("")
    expect(visitor.chat.locator(".me")).to_have_count(0)


def test_strangers_are_not_heard(visitor: Visitor, host: WidgetHost) -> None:
    visitor.visit().open()
    visitor.write("Mine")
    host.until(lambda: host.said())
    kept = visitor.page.evaluate("localStorage['onethread:lumen:visitor']")
    visitor.page.evaluate("postMessage({onethread: 'keep', key: 'visitor', value: 'forged'}, location.origin)")
    visitor.inside().evaluate("postMessage({onethread: 'reset'}, location.origin)")
    visitor.inside().evaluate("postMessage({onethread: 'init', site: 'other'}, location.origin)")
    host.say("Still here")
    expect(visitor.chat.get_by_text("Still here")).to_be_visible()
    assert visitor.page.evaluate("localStorage['onethread:lumen:visitor']") == kept
    expect(visitor.chat.locator(".me .bubble")).to_have_text(["Mine"])


def test_it_works_where_frames_may_not_store(visitor: Visitor, host: WidgetHost) -> None:
    visitor.context.add_init_script(BLOCKED_STORAGE)
    visitor.visit().open()
    host.faults.ignore_sends = 1
    visitor.write("Kept by the page")
    host.until(lambda: host.frames("send"))
    visitor.page.reload()
    visitor.open()
    host.until(lambda: host.said() == ["Kept by the page"])
    assert len(host.visitors) == 1


def test_a_goodbye_on_a_page_without_the_chat_reaches_what_the_frame_stored(visitor: Visitor, host: WidgetHost) -> None:
    with WidgetHost() as shop:
        host.neighbours = [shop.origin]
        page = f"{shop.origin}/shop?source={host.origin}"
        visitor.page.goto(page)
        visitor.open()
        host.faults.ignore_sends = 1
        visitor.write("Stored in the frame")
        host.until(lambda: host.frames("send"))
        assert visitor.inside().evaluate("Object.keys(localStorage).some((key) => key.includes(':out:'))")
        visitor.page.goto("about:blank")
        visitor.page.goto(page)
        visitor.page.evaluate("Onethread.reset()")
        visitor.open()
        host.until(lambda: len(host.visitors) == 2)
        expect(visitor.chat.locator(".me")).to_have_count(0)
        assert host.said() == []


def test_a_chat_that_cannot_be_reached_says_so(visitor: Visitor) -> None:
    visitor.page.clock.install()
    visitor.page.route("**/widget/frame*", lambda route: route.abort())
    visitor.visit()
    visitor.launcher.click()
    visitor.page.clock.fast_forward(12_000)
    expect(visitor.page.locator("onethread-chat [role=alert]")).to_have_text("The chat cannot be reached right now.")
    visitor.page.unroute("**/widget/frame*")
    visitor.page.locator("onethread-chat").get_by_role("button", name="Try again").click()
    expect(visitor.field).to_be_visible()


def test_a_page_that_may_not_embed_it_gets_a_plain_no(visitor: Visitor, host: WidgetHost) -> None:
    visitor.page.route("**/widget/session", lambda route: route.fulfill(status=403))
    visitor.visit()
    visitor.launcher.click()
    expect(visitor.chat.locator(".banner")).to_have_text("The chat is not available on this page.")
    assert host.opened == []


def test_a_used_chat_counts_unread_messages_on_the_next_page(visitor: Visitor, host: WidgetHost) -> None:
    visitor.visit().open()
    visitor.page.keyboard.press("Escape")
    visitor.visit(csp="strict")
    host.until(lambda: len(host.opened) == 2)
    host.say("Your parcel has arrived.")
    expect(visitor.page.locator("onethread-chat .badge")).to_have_text("1")
