"""The conversation in a real browser, against a server that loses, repeats, delays and refuses."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.widget_host import PIXEL, Visitor, WidgetHost, order_card
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
    return server


@pytest.fixture
def visitor(browser: Browser, host: WidgetHost) -> Iterator[Visitor]:
    one = Visitor(browser, host).visit()
    yield one
    assert one.page.evaluate("problems") == []
    one.context.close()


def test_a_message_is_sent_confirmed_and_there_after_a_reload(visitor: Visitor, host: WidgetHost) -> None:
    visitor.open()
    visitor.write("Hello there")
    expect(visitor.chat.locator(".me .meta")).to_contain_text("· Sent")
    visitor.page.reload()
    visitor.open()
    expect(visitor.chat.locator(".me .bubble")).to_have_text(["Hello there"])
    assert host.said() == ["Hello there"]
    assert len(host.visitors) == 1


@pytest.mark.parametrize("fault", ["cut_before_storing", "cut_before_ack"])
def test_a_cut_in_mid_send_ends_in_exactly_one_message(visitor: Visitor, host: WidgetHost, fault: str) -> None:
    visitor.open()
    setattr(host.faults, fault, 1)
    visitor.write("Only once")
    expect(visitor.chat.locator(".me .meta")).to_contain_text("· Sent")
    expect(visitor.chat.locator(".me")).to_have_count(1)
    assert host.said() == ["Only once"]


def test_a_reload_before_the_answer_repeats_the_message_under_its_id(visitor: Visitor, host: WidgetHost) -> None:
    visitor.open()
    host.faults.ignore_sends = 1
    visitor.write("Keep me")
    host.until(lambda: host.frames("send"))
    visitor.page.reload()
    visitor.open()
    host.until(lambda: host.said() == ["Keep me"])
    assert len({frame["cid"] for frame in host.frames("send")}) == 1
    expect(visitor.chat.locator(".me")).to_have_count(1)


def test_what_was_said_while_the_line_was_down_arrives_once(visitor: Visitor, host: WidgetHost) -> None:
    visitor.open()
    host.say("First")
    expect(visitor.chat.get_by_text("First", exact=True)).to_be_visible()
    host.cut()
    host.until(lambda: host.sockets() == 0)
    host.say("Second")
    host.say("Third")
    expect(visitor.chat.locator("ol > .us .bubble")).to_have_text(["First", "Second", "Third"])


def test_a_lost_frame_is_asked_for_and_repeats_are_dropped(visitor: Visitor, host: WidgetHost) -> None:
    visitor.open()
    host.faults.repeat = True
    host.say("One")
    host.faults.swallow = 1
    host.say("Two")
    host.say("Three")
    host.until(lambda: host.frames("resume"))
    expect(visitor.chat.locator("ol > .us .bubble")).to_have_text(["One", "Two", "Three"])


def test_an_event_that_the_customer_may_not_see_asks_for_nothing(visitor: Visitor, host: WidgetHost) -> None:
    visitor.open()
    host.say("Before")
    host.hidden_event()
    host.say("After")
    expect(visitor.chat.get_by_text("After")).to_be_visible()
    assert host.frames("resume") == []


def test_a_dead_socket_is_found_when_the_page_wakes_up(visitor: Visitor, host: WidgetHost) -> None:
    visitor.open()
    host.faults.deaf = True
    visitor.inside().evaluate("dispatchEvent(new Event('online'))")
    host.until(lambda: len(host.opened) == 2)
    assert host.frames("ping")


def test_many_messages_use_one_socket(visitor: Visitor, host: WidgetHost) -> None:
    visitor.open()
    for number in range(20):
        visitor.write(f"Message {number}")
    host.until(lambda: len(host.said()) == 20)
    assert host.said() == [f"Message {number}" for number in range(20)]
    assert host.opened == ["socket"]


def test_an_expired_ticket_is_replaced_without_a_word(visitor: Visitor, host: WidgetHost) -> None:
    host.faults.expire_tokens = 1
    visitor.open()
    assert len(host.sessions) == 2
    expect(visitor.chat.locator(".banner")).to_be_hidden()


@pytest.mark.parametrize(("code", "words"), [(4403, "has ended here"), (4409, "open in another window")])
def test_a_final_close_says_why_and_offers_the_way_on(
    visitor: Visitor, host: WidgetHost, code: int, words: str
) -> None:
    visitor.open()
    host.cut(code)
    expect(visitor.chat.locator(".banner")).to_contain_text(words)
    visitor.chat.locator(".banner button").click()
    host.until(lambda: len(host.opened) == 2)
    expect(visitor.chat.locator(".banner")).to_be_hidden()


def test_a_network_that_breaks_sockets_gets_the_stream(visitor: Visitor, host: WidgetHost) -> None:
    host.faults.refuse_sockets = 99
    visitor.open()
    visitor.write("Over HTTP")
    expect(visitor.chat.locator(".me .meta")).to_contain_text("· Sent")
    host.say("Answered over HTTP")
    expect(visitor.chat.get_by_text("Answered over HTTP")).to_be_visible()
    assert set(host.opened) == {"stream"}
    host.cut()
    host.until(lambda: host.sockets() == 0)
    host.say("After a cut")
    expect(visitor.chat.get_by_text("After a cut")).to_be_visible()
    assert host.said() == ["Over HTTP"]


def test_a_refused_message_says_why_and_can_be_sent_again(visitor: Visitor, host: WidgetHost) -> None:
    visitor.open()
    host.faults.nack = [{"code": "blocked", "retryable": False}]
    visitor.write("Try me")
    expect(visitor.chat.locator(".failed .meta")).to_contain_text("Not sent. Messages from here are not accepted.")
    visitor.chat.get_by_role("button", name="Try again").click()
    expect(visitor.chat.locator(".me .meta")).to_contain_text("· Sent")
    assert host.said() == ["Try me"]


def test_a_failed_message_survives_a_reload_and_can_be_deleted(visitor: Visitor, host: WidgetHost) -> None:
    visitor.open()
    host.faults.nack = [{"code": "too_long", "retryable": False}]
    visitor.write("Never mind")
    expect(visitor.chat.locator(".failed")).to_be_visible()
    visitor.page.reload()
    visitor.open()
    visitor.chat.locator(".failed").get_by_role("button", name="Delete").click()
    expect(visitor.chat.locator(".me")).to_have_count(0)
    assert host.said() == []


def test_a_half_written_message_survives_a_reload(visitor: Visitor) -> None:
    visitor.open()
    visitor.field.fill("Half a thou")
    visitor.page.reload()
    visitor.open()
    expect(visitor.field).to_have_value("Half a thou")


def test_the_assistant_is_named_as_automated_before_its_first_word(visitor: Visitor) -> None:
    visitor.open()
    notice = visitor.chat.get_by_text("Mia is an automated assistant. You can talk to a person at any time.")
    greeting = visitor.chat.get_by_text("Hello, I am Mia.")
    top = [box["y"] for box in (notice.bounding_box(), greeting.bounding_box()) if box]
    assert top == sorted(top)
    assert len(top) == 2


def test_a_quick_reply_speaks_for_the_customer_and_goes_away(visitor: Visitor, host: WidgetHost) -> None:
    visitor.open()
    visitor.chat.get_by_role("button", name="Where is my order?").click()
    host.until(lambda: host.said() == ["Where is my order?"])
    expect(visitor.chat.locator(".intro .choice")).to_have_count(0)


def test_a_choice_carries_its_value_and_is_valid_for_the_last_message_only(visitor: Visitor, host: WidgetHost) -> None:
    visitor.open()
    host.say("Which one?", choices=[{"label": "The red scarf", "value": "line:1"}])
    choice = visitor.chat.get_by_role("button", name="The red scarf")
    expect(choice).to_be_visible()
    choice.click()
    host.until(lambda: host.frames("send"))
    assert host.frames("send")[0]["choice"] == "line:1"
    expect(choice).to_be_hidden()


def test_an_order_card_changes_live_and_shows_what_it_said_before(visitor: Visitor, host: WidgetHost) -> None:
    visitor.open()
    host.say("Here it is.", card=order_card())
    card = visitor.chat.get_by_role("region", name="Order #1042")
    expect(card).to_contain_text("On its way to you")
    expect(card.locator("[aria-current=step]")).to_contain_text("On the way")
    host.order(
        order_card(headline="A day late", tone="warn", eta="Tuesday, November 24", eta_was="Monday, November 23")
    )
    expect(card).to_contain_text("A day late")
    expect(card.locator("s")).to_have_text("Monday, November 23")
    expect(card.locator("strong")).to_have_text("Tuesday, November 24")
    expect(card.locator(".pill")).to_have_text("Updated")
    expect(visitor.chat.locator(".panel > [role=status]")).to_have_text("Updated: Order #1042, A day late")


def test_every_card_of_the_order_shows_the_new_state(visitor: Visitor, host: WidgetHost) -> None:
    visitor.open()
    host.say("First", card=order_card())
    host.say("Again", card=order_card())
    host.order(order_card(headline="Delivered", tone="good"))
    expect(visitor.chat.locator(".card .headline")).to_have_text(["Delivered", "Delivered"])


def test_a_card_links_only_where_a_link_may_go(visitor: Visitor, host: WidgetHost) -> None:
    visitor.open()
    host.say("Careful", card=order_card(tracking_url="javascript:alert(1)"))
    expect(visitor.chat.locator(".card")).to_contain_text("JJD000390007827")
    expect(visitor.chat.locator(".card a")).to_have_count(0)


def test_a_return_card_has_its_label_and_deadline(visitor: Visitor, host: WidgetHost) -> None:
    visitor.open()
    card: dict[str, Any] = {
        "kind": "return",
        "order": "#1042",
        "rma": "RMA-7",
        "headline": "Waiting for your parcel",
        "tone": "neutral",
        "steps": [],
        "lines": [{"title": "Merino scarf", "quantity": 1}],
        "refund": "€39.00 to your card",
        "label_url": "https://labels.example/7.pdf",
        "due_by": "December 4",
        "as_of": "2026-11-20T10:00:00Z",
    }
    host.say("Your return", card=card)
    shown = visitor.chat.get_by_role("region", name="Return RMA-7")
    for words in ("€39.00 to your card", "December 4", "#1042"):
        expect(shown).to_contain_text(words)
    expect(shown.get_by_role("link", name="Return label")).to_have_attribute("href", "https://labels.example/7.pdf")


def test_markup_is_shown_as_text(visitor: Visitor, host: WidgetHost) -> None:
    texts = [
        "<img src=x onerror=\"parent.postMessage('pwned','*')\">",
        "<script>document.title='pwned'</script>",
        "[click](javascript:alert(1)) javascript:alert(1) data:text/html,x",
    ]
    visitor.open()
    for text in texts:
        host.say(text)
    bubbles = visitor.chat.locator("ol > .us .bubble")
    expect(bubbles).to_have_text(texts)
    assert bubbles.locator("img, script, a").count() == 0


def test_web_mail_and_phone_become_links_without_a_referrer(visitor: Visitor, host: WidgetHost) -> None:
    visitor.open()
    host.say("See https://shop.example/a?b=1. Mail ana@example.com or tel:+4930123456!")
    links = visitor.chat.locator("ol > .us .bubble a")
    hrefs = [link.get_attribute("href") for link in links.all()]
    expect(links).to_have_count(3)
    assert hrefs == ["https://shop.example/a?b=1", "mailto:ana@example.com", "tel:+4930123456"]
    assert {link.get_attribute("rel") for link in links.all()} == {"noopener noreferrer nofollow"}


def test_a_person_is_asked_for_and_named_when_there(visitor: Visitor, host: WidgetHost) -> None:
    visitor.open()
    visitor.chat.get_by_role("button", name="Talk to a person").click()
    host.until(lambda: host.frames("human"))
    host.state(owner={"type": "queue", "name": ""}, agents={"online": False, "back_at": "2031-03-03T09:00:00Z"})
    expect(visitor.chat.locator(".strip")).to_contain_text("A person will answer from Mar 3")
    host.state(owner={"type": "agent", "name": "Kim\u202e"})
    expect(visitor.chat.locator(".under-title")).to_have_text("You are talking to Kim")
    expect(visitor.chat.locator(".strip")).to_be_hidden()


def test_without_a_socket_the_wish_for_a_person_goes_in_words(visitor: Visitor, host: WidgetHost) -> None:
    host.faults.refuse_sockets = 99
    visitor.open()
    visitor.chat.get_by_role("button", name="Talk to a person").click()
    host.until(lambda: host.said() == ["Talk to a person"])


def test_a_resolved_thread_says_how_to_reopen_it_also_after_a_cut(visitor: Visitor, host: WidgetHost) -> None:
    visitor.open()
    host.cut()
    host.until(lambda: host.sockets() == 0)
    host.state(status="resolved")
    expect(visitor.chat.locator(".strip")).to_contain_text("Write again to reopen it.")
    expect(visitor.field).to_be_visible()


def test_typing_is_shown_with_a_name_and_ends_with_the_message(visitor: Visitor, host: WidgetHost) -> None:
    visitor.open()
    host.tell({"t": "typing", "who": {"type": "agent", "name": "Kim"}, "on": True})
    expect(visitor.chat.locator(".typing")).to_have_text("Kim is typing")
    host.say("Here I am.", by="agent", name="Kim")
    expect(visitor.chat.locator(".typing")).to_be_hidden()


def test_a_reply_is_seen_while_it_is_written_and_the_message_takes_its_place(
    visitor: Visitor, host: WidgetHost
) -> None:
    visitor.open()
    host.say("First", choices=[{"label": "Yes", "value": "yes"}])
    host.writes(0, "It is on its way.")
    written = visitor.chat.locator("li[aria-busy=true]")
    expect(written.locator(".bubble")).to_have_text("It is on its way.")
    expect(visitor.chat.locator(".choice")).to_have_count(0)
    host.writes(1, " <b>Saturday</b>, that is.")
    host.writes(3, " Out of place.")
    expect(written.locator(".bubble")).to_have_text("It is on its way. <b>Saturday</b>, that is.")
    host.say("It is on its way. It comes on Saturday.")
    expect(visitor.chat.locator(".us:not(.intro *) .bubble")).to_have_text(
        ["First", "It is on its way. It comes on Saturday."]
    )
    expect(written).to_have_count(0)


@pytest.mark.parametrize("ends", ["withdrawn", "cut", "person"])
def test_nothing_is_left_of_a_reply_that_becomes_no_message(visitor: Visitor, host: WidgetHost, ends: str) -> None:
    visitor.open()
    host.writes(0, "It is on its way.")
    expect(visitor.chat.get_by_text("It is on its way.")).to_be_visible()
    host.tell({"t": "turn_end", "turn": "turn_0", "reason": "cancelled"})
    expect(visitor.chat.get_by_text("It is on its way.")).to_be_visible()
    if ends == "withdrawn":
        host.tell({"t": "turn_end", "turn": "turn_1", "reason": "cancelled"})
    elif ends == "cut":
        host.cut()
    else:
        host.say("Hi, Kim here.", by="agent", name="Kim")
    expect(visitor.chat.get_by_text("It is on its way.")).to_have_count(0)


def test_typing_is_told_at_most_once_in_three_seconds(visitor: Visitor, host: WidgetHost) -> None:
    visitor.open()
    visitor.field.press_sequentially("a longer sentence with many keys")
    visitor.field.press("Enter")
    host.until(lambda: host.said())
    assert [frame["on"] for frame in host.frames("typing")] == [True]


def test_messages_are_read_only_when_the_customer_looks(visitor: Visitor, host: WidgetHost) -> None:
    visitor.open()
    host.say("Seen at once")
    host.until(lambda: [frame["seq"] for frame in host.frames("read")] == [1])
    visitor.page.keyboard.press("Escape")
    expect(visitor.launcher).to_be_focused()
    host.say("Not seen")
    host.say("Not seen either")
    expect(visitor.page.locator("onethread-chat .badge")).to_have_text("2")
    assert len(host.frames("read")) == 1
    visitor.launcher.click()
    expect(visitor.chat.locator(".new-line")).to_have_text("New")
    host.until(lambda: host.frames("read")[-1]["seq"] == 3)
    expect(visitor.page.locator("onethread-chat .badge")).to_be_hidden()


def test_the_other_side_reading_is_shown(visitor: Visitor, host: WidgetHost) -> None:
    visitor.open()
    visitor.write("Read this")
    host.until(lambda: host.said())
    host.tell({"t": "read", "who": "agent", "seq": 1})
    expect(visitor.chat.locator(".me .meta")).to_contain_text("· Read")


def test_a_new_message_does_not_move_who_reads_above(visitor: Visitor, host: WidgetHost) -> None:
    visitor.open()
    for number in range(30):
        host.say(f"Line {number}")
    expect(visitor.chat.get_by_text("Line 29", exact=True)).to_be_in_viewport()
    scrolled = "log => new Promise((done) => { log.addEventListener('scroll', () => requestAnimationFrame(done)); log.scrollTop = 0 })"
    visitor.chat.locator(".log").evaluate(scrolled)
    host.say("Fresh news")
    newer = visitor.chat.get_by_role("button", name="1 new message")
    expect(newer).to_be_visible()
    assert visitor.chat.locator(".log").evaluate("log => log.scrollTop") == 0
    newer.click()
    expect(visitor.chat.get_by_text("Fresh news")).to_be_in_viewport()
    expect(newer).to_be_hidden()


def test_who_has_just_begun_to_scroll_up_is_not_taken_back(visitor: Visitor, host: WidgetHost) -> None:
    visitor.open()
    for number in range(30):
        host.say(f"Line {number}")
    expect(visitor.chat.get_by_text("Line 29", exact=True)).to_be_in_viewport()
    # A redraw between the movement and the event that tells of it: a focus asks for one before the next frame.
    visitor.chat.locator(".log").evaluate(
        "log => new Promise((done) => requestAnimationFrame(() => { log.scrollTop = 0; dispatchEvent(new Event('focus'));"
        " setTimeout(() => requestAnimationFrame(() => requestAnimationFrame(done))) }))"
    )
    assert visitor.chat.locator(".log").evaluate("log => log.scrollTop") == 0


def test_an_earlier_thread_can_be_read(visitor: Visitor, host: WidgetHost) -> None:
    visitor.open()
    visitor.write("The new matter")
    host.until(lambda: host.said())
    old = host.earlier_thread("A lamp arrived broken", ["We sent a new lamp."])
    host.cut()
    visitor.chat.get_by_role("button", name="Earlier conversations").click()
    visitor.chat.get_by_role("button", name="A lamp arrived broken").click()
    expect(visitor.chat.get_by_text("We sent a new lamp.")).to_be_visible()
    expect(visitor.field).to_be_hidden()
    visitor.chat.get_by_role("button", name="Go to the current one").click()
    expect(visitor.chat.get_by_text("The new matter")).to_be_visible()
    assert {frame["conv"] for frame in host.frames("resume")} == {old}


def test_a_message_that_joins_another_thread_takes_the_customer_there(visitor: Visitor, host: WidgetHost) -> None:
    visitor.open()
    old = host.earlier_thread("Order #1042", ["It left our warehouse."], status="open")
    host.tell({"t": "thread", "conv": old, "title": "Order #1042"})
    expect(visitor.chat.get_by_text("It left our warehouse.")).to_be_visible()
    expect(visitor.chat.get_by_text("Continues: Order #1042")).to_be_visible()


@pytest.fixture
def picture(tmp_path: Path) -> Callable[[str, bytes], Path]:
    def write(name: str, content: bytes = PIXEL) -> Path:
        path = tmp_path / name
        path.write_bytes(content)
        return path

    return write


def test_a_photo_is_uploaded_and_sent_with_the_message(
    visitor: Visitor, host: WidgetHost, picture: Callable[..., Path]
) -> None:
    visitor.open()
    visitor.chat.locator("input[type=file]").set_input_files(picture("lamp.png"))
    expect(visitor.chat.get_by_role("button", name="Remove lamp.png")).to_be_visible()
    visitor.write("It is broken")
    host.until(lambda: host.said())
    assert host.frames("send")[0]["attachments"] == ["att-1"]
    expect(visitor.chat.locator(".me .picture img")).to_be_visible()


def test_files_of_the_wrong_kind_size_and_number_are_explained(
    visitor: Visitor, host: WidgetHost, picture: Callable[..., Path]
) -> None:
    visitor.open()
    alert = visitor.chat.locator(".upload-error")
    files = visitor.chat.locator("input[type=file]")
    files.set_input_files(picture("page.html", b"<b>"))
    expect(alert).to_contain_text("page.html cannot be sent.")
    files.set_input_files(picture("big.png", PIXEL + bytes(2_000_001)))
    expect(alert).to_have_text("big.png is too big. The limit is 2 MB.")
    files.set_input_files([picture(f"{number}.png") for number in range(6)])
    expect(alert).to_have_text("Up to 5 files for one message.")
    host.until(lambda: len(host.uploads) == 5)
    assert "page.html" not in host.uploads


def test_an_upload_can_be_taken_back(visitor: Visitor, host: WidgetHost, picture: Callable[..., Path]) -> None:
    visitor.open()
    visitor.chat.locator("input[type=file]").set_input_files(picture("oops.png"))
    visitor.chat.get_by_role("button", name="Remove oops.png").click()
    visitor.write("Nothing attached")
    host.until(lambda: host.said())
    assert "attachments" not in host.frames("send")[0]


def test_a_lost_connection_is_announced_and_its_return_too(visitor: Visitor, host: WidgetHost) -> None:
    visitor.open()
    host.faults.refuse_sessions = 99
    visitor.context.set_offline(True)
    host.cut()
    expect(visitor.chat.locator(".banner")).to_contain_text("No connection.")
    visitor.write("Later")
    expect(visitor.chat.locator(".me .meta")).to_contain_text("Waiting for connection")
    host.faults.refuse_sessions = 0
    visitor.context.set_offline(False)
    expect(visitor.chat.locator(".banner")).to_be_hidden()
    host.until(lambda: host.said() == ["Later"])


def test_two_tabs_show_the_same_thread(visitor: Visitor, host: WidgetHost) -> None:
    visitor.open()
    other = Visitor.__new__(Visitor)
    other.host, other.context, other.page = host, visitor.context, visitor.context.new_page()
    other.visit().open()
    visitor.write("From the first")
    expect(other.chat.locator(".me .bubble")).to_have_text(["From the first"])
    assert host.said() == ["From the first"]
