"""The whole story in two browsers over the demo: a parcel that is late, a return, anger, and a person who takes over."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.story.actors import Agent, Program, Said, Shopper, chrome, command, picture, plain, running, url_in

pytestmark = pytest.mark.browser

ANGER = "This is outrageous. I have been lied to for weeks and I am absolutely furious!!!"


@dataclass(frozen=True, slots=True)
class Demo:
    """A demo that is open, and a program that may read its threads."""

    url: str
    program: Program


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[Demo]:
    with running("demo", "--port", "0", "--data", "shop", cwd=tmp_path) as process:
        url = url_in(process, "Shop with the chat")
        token = command("agent", "token", "kim@harbourandpine.example", cwd=tmp_path, SERVER__DATA="shop").strip()
        yield Demo(url, Program(url, token))


@pytest.fixture
def browser(chromium: str) -> Iterator[Browser]:
    with chrome(chromium) as one:
        yield one


def test_the_whole_story(browser: Browser, demo: Demo) -> None:
    kim, shopper = Agent(browser), Shopper(browser)
    kim.sign_in(demo.url, "kim@harbourandpine.example", "harbour-kim")
    shopper.page.goto(demo.url)
    shopper.open()
    picture(shopper.page, "01-open")

    somebody_waits(browser, demo, kim)
    ask_for_the_parcel(shopper, demo)
    delay_the_parcel(shopper, demo)
    send_one_of_two_back(shopper, demo)
    conv = get_angry(shopper, kim)
    take_over(shopper, kim)
    stay_silent(shopper, kim, demo, conv)
    lose_the_line(shopper, kim, demo, conv)

    assert shopper.mistakes == []
    assert kim.mistakes == []


def somebody_waits(browser: Browser, demo: Demo, kim: Agent) -> None:
    """Somebody else asked for a person before, calmly."""
    other = Shopper(browser)
    other.page.goto(demo.url)
    other.open()
    other.ask("I would like to talk to a person, please.")
    expect(kim.rows).to_have_count(1)
    other.context.close()


def ask_for_the_parcel(shopper: Shopper, demo: Demo) -> None:
    """One question, then the truth, with the order's card."""
    question = shopper.ask("where is my parcel?").inner_text()
    assert question.count("?") == 1
    expect(shopper.chat.locator(".card")).to_have_count(0)
    answer = shopper.ask("1042, ana.lopez@example.com")
    order = order_of(shopper.page, demo, "ord_1042")
    for truth in (order["carrier"]["name"], order["last"]["place"], day(order["expected"])):
        expect(answer.locator(".bubble")).to_contain_text(truth)
    expect(answer.locator(".card")).to_contain_text("Order #1042")
    expect(answer.locator(".card")).to_contain_text(order["carrier"]["tracking_number"])
    expect(answer.locator(".card .steps [aria-current=step]")).to_contain_text("Shipped")
    picture(shopper.page, "02-status")


def delay_the_parcel(shopper: Shopper, demo: Demo) -> None:
    """The carrier reports a delay: the open card changes before the shopper's eyes."""
    shopper.page.evaluate("window.sameAsBefore = true")
    expected = order_of(shopper.page, demo, "ord_1042")["expected"]
    room = shopper.context.new_page()
    room.goto(f"{demo.url}/demo")
    room.locator("#ord_1042").get_by_role("button", name="Delay 2 days").click()
    arrival = shopper.chat.locator(".card").first.locator("dd", has=shopper.page.locator("s"))
    later = (date.fromisoformat(expected) + timedelta(days=2)).isoformat()
    expect(arrival.locator("strong")).to_contain_text(short_day(later))
    expect(arrival.locator("s")).to_contain_text(short_day(expected))
    assert shopper.page.evaluate("window.sameAsBefore")
    picture(room, "03-control-room")
    picture(shopper.page, "04-delayed")
    room.close()


def send_one_of_two_back(shopper: Shopper, demo: Demo) -> None:
    """A return through choices, done only after a clear yes."""
    shopper.ask("I want to send something back from order 1016, priya.raman@example.com")
    picture(shopper.page, "05-return-items")
    shopper.choose("Oxford Shirt")
    shopper.choose("Too small")
    proposal = shopper.choose("Refund")
    picture(shopper.page, "06-return-proposed")
    amount = re.search(r"\$\d+\.\d\d", proposal.inner_text())
    assert amount
    assert order_of(shopper.page, demo, "ord_1016")["state"] == "Delivered"
    done = shopper.choose("Yes")
    rma = re.search(r"RMA-\w+", done.locator(".bubble").inner_text())
    assert rma
    expect(done.locator(".bubble")).to_contain_text(amount[0])
    expect(done.locator(".card")).to_contain_text(f"Return {rma[0]}")
    expect(done.locator(".card .rows li")).to_have_text([re.compile("Oxford Shirt")])
    assert order_of(shopper.page, demo, "ord_1016")["state"].startswith("Return: ")
    picture(shopper.page, "07-return-done")
    with shopper.context.expect_page() as opened:
        done.get_by_role("link", name="Return label").click()
    expect(opened.value.locator("body")).to_contain_text(rma[0])
    picture(opened.value, "07-label")
    opened.value.close()


def get_angry(shopper: Shopper, kim: Agent) -> str:
    """Anger brings a person: the thread stands on top with brief and drafts. Gives the thread's public id."""
    answer = shopper.ask(ANGER)
    expect(kim.rows).to_have_count(2)
    row = kim.rows.first
    expect(row).to_contain_text("Very upset")
    picture(shopper.page, "08-angry")
    picture(kim.page, "09-inbox")
    row.get_by_role("link").click()
    expect(kim.page.locator("#panel .wants")).not_to_be_empty()
    expect(kim.page.locator("#panel blockquote")).to_contain_text("furious")
    expect(kim.page.locator("#panel")).to_contain_text("#1016")
    expect(kim.drafts).to_have_count(3)
    expect(kim.page.locator(".events .handoff")).to_be_visible()
    expect(kim.page.locator(".events > li.said").last).to_contain_text(
        plain(answer.locator(".bubble").inner_text())[:40]
    )
    picture(kim.page, "10-thread")
    return kim.page.url.rpartition("/")[2]


def take_over(shopper: Shopper, kim: Agent) -> None:
    """A draft, edited by a person, reaches the shopper under that person's name."""
    kim.page.get_by_role("button", name="Take over").click()
    expect(kim.page.locator(".thread-state")).to_contain_text("You have this")
    kim.drafts.first.click()
    expect(kim.field).not_to_have_value("")
    kim.field.press("ControlOrMeta+End")
    kim.field.press_sequentially(" I stay with you until this is solved.")
    picture(kim.page, "11-draft")
    written = kim.field.input_value()
    kim.page.get_by_role("button", name="Send reply").click()
    expect(shopper.answers.last.locator(".bubble")).to_contain_text("I stay with you until this is solved.")
    assert shopper.transcript()[-1] == ("agent", plain(written))
    expect(shopper.answers.last.locator(".byline")).to_contain_text("Kim Ellis")
    picture(shopper.page, "12-person")


def stay_silent(shopper: Shopper, kim: Agent, demo: Demo, conv: str) -> None:
    """While a person has the thread, the assistant prepares drafts and says nothing."""
    shopper.write("Where is my refund then?")
    expect(kim.page.locator(".events > li.said").last).to_contain_text("Where is my refund then?")
    seq = int(kim.page.locator(".events > li.said").last.get_attribute("data-seq") or 0)
    until(shopper.page, lambda: any(each["seq"] > seq for each in of_type(demo, conv, "draft_offered")))
    assert demo.program.transcript(conv)[-1] == ("customer", "Where is my refund then?")
    kim.reply("It goes out as soon as the shirt is back.")
    expect(shopper.answers.last).to_contain_text("It goes out as soon as the shirt is back.")


def lose_the_line(shopper: Shopper, kim: Agent, demo: Demo, conv: str) -> None:
    """Both lines break while both sides write; afterwards nothing is lost, doubled or out of order."""
    shopper.cut()
    kim.cut()
    shopper.write("And the label?")
    shopper.write("Hello?")
    demo.program.reply(conv, "The label is in your mail.", "said-while-away")
    expect(shopper.messages.last).to_contain_text("Waiting for connection")
    expect(kim.page.locator("#link-state")).to_have_text("Offline")
    assert ("customer", "Hello?") not in demo.program.transcript(conv)
    picture(shopper.page, "13-offline")
    picture(kim.page, "14-offline")
    shopper.mend()
    kim.mend()
    said = ["The label is in your mail.", "And the label?", "Hello?"]
    until(shopper.page, lambda: [text for _, text in demo.program.transcript(conv)[-3:]] == said)
    expect(kim.page.locator(".events > li.said").last).to_contain_text("Hello?")
    kim.reply("I am here again.")
    expect(shopper.answers.last).to_contain_text("I am here again.")
    log = demo.program.transcript(conv)
    until(shopper.page, lambda: shopper.transcript() == log)
    until(kim.page, lambda: kim.transcript() == log)
    assert is_gap_free(demo.program.events(conv))
    assert speaks_no_more(log)
    picture(shopper.page, "15-end")
    picture(kim.page, "16-end")


# What the story asks of the world


def order_of(page: Page, demo: Demo, order_id: str) -> dict[str, Any]:
    """The order as the carrier's control room shows it."""
    orders = page.request.get(f"{demo.url}/demo/orders").json()["orders"]
    found: dict[str, Any] = next(order for order in orders if order["id"] == order_id)
    return found


def of_type(demo: Demo, conv: str, kind: str) -> list[dict[str, Any]]:
    return [event for event in demo.program.events(conv) if event["type"] == kind]


def until(page: Page, holds: Callable[[], bool]) -> None:
    """Wait until something holds that no page shows by itself; fails after a while."""
    for _ in range(400):
        if holds():
            return
        page.wait_for_timeout(50)
    raise AssertionError("what the story waits for did not come about")


def day(iso: str) -> str:
    at = date.fromisoformat(iso)
    return f"{at:%B} {at.day}"


def short_day(iso: str) -> str:
    at = date.fromisoformat(iso)
    return f"{at:%b} {at.day}"


def is_gap_free(events: list[dict[str, Any]]) -> bool:
    return [event["seq"] for event in events] == list(range(1, len(events) + 1))


def speaks_no_more(log: list[Said]) -> bool:
    """Whether the assistant is silent from a person's first word on."""
    first = next(at for at, (who, _) in enumerate(log) if who == "agent")
    return "assistant" not in {who for who, _ in log[first:]}
