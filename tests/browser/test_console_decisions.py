"""Deciding in the console: what waits is agreed to after a second look, and a label is set right by keys alone."""

import pytest
from playwright.sync_api import Page, expect

from memory.threads import NewEvent, Thread
from server.commerce.embedded import EmbeddedStore
from server.services import Services
from tests.browser.console_host import ConsoleHost, Watched
from tests.browser.test_console_desk import browser, desk, host, kim
from tests.server.commerce.orders import an_order
from tests.server.console import consenting, people

__all__ = ["browser", "desk", "host", "kim"]

pytestmark = pytest.mark.browser


def _opened(host: ConsoleHost, page: Page) -> Thread:
    thread = host.handed_off()

    async def wait(services: Services) -> str:
        return await consenting.cancellation(services, thread)

    host.do(wait)
    page.goto(f"{host.origin}/console/t/{thread.public_id}")
    return thread


def test_what_waits_is_done_after_a_second_look(host: ConsoleHost, desk: Watched) -> None:
    _opened(host, desk.page)
    part = desk.page.locator(".approval")
    expect(part).to_contain_text("$150.00")
    expect(part).to_contain_text("any agent")
    pays = part.get_by_role("table", name="What approving pays")
    expect(pays.get_by_role("row")).to_have_text(
        ["2 × Red scarf$150.00", "Leaves the shop$150.00", "To Visa 4242$150.00"]
    )
    part.get_by_role("button", name="Approve").click()
    dialog = desk.page.get_by_role("dialog", name="Approve this?")
    dialog.get_by_role("button", name="Cancel").click()
    expect(part).to_be_visible()
    part.get_by_role("button", name="Approve").click()
    dialog.get_by_role("button", name="Yes, approve").click()
    expect(desk.page.locator(".act.good").last).to_contain_text("Done: cancel order")
    expect(part).to_have_count(0)


def test_a_label_is_set_right_by_keys_alone(host: ConsoleHost, desk: Watched) -> None:
    thread = host.handed_off()
    desk.page.goto(f"{host.origin}/console/t/{thread.public_id}")
    expect(desk.page.get_by_role("button", name="Correct")).to_be_visible()
    desk.page.keyboard.press("l")
    dialog = desk.page.get_by_role("dialog", name="Correct the label")
    dialog.get_by_label("What was wrong").select_option("priority")
    dialog.get_by_label("What it is").select_option("urgent")
    dialog.get_by_label("What it is").focus()
    desk.page.keyboard.press("Tab")
    desk.page.keyboard.press("Enter")
    expect(desk.page.locator(".thread-subject .chip")).to_have_text("Urgent: set by Kim Reyes")
    expect(desk.page.get_by_text("corrected priority: high → urgent")).to_be_visible()


def _with_order(host: ConsoleHost) -> Thread:
    """A conversation about an order that the shop knows."""
    thread = host.handed_off()

    async def show(services: Services) -> None:
        assert isinstance(services.store, EmbeddedStore)
        await services.store.put_order(an_order())

        await people.append(services, thread, NewEvent("linked", {"order_id": "ord_7", "title": "Order #1042"}))

    host.do(show)
    return thread


def test_time_to_send_goods_back_is_promised_for_a_day_and_said_again(host: ConsoleHost, desk: Watched) -> None:
    thread = _with_order(host)
    desk.page.goto(f"{host.origin}/console/t/{thread.public_id}")
    button = desk.page.get_by_role("button", name="Promise time to send back").first
    button.focus()
    desk.page.keyboard.press("Enter")
    dialog = desk.page.get_by_role("dialog", name="Promise time to send back")
    day = dialog.get_by_label("Goods may come back until")
    day.fill("")
    dialog.get_by_role("button", name="Promise it").click()
    expect(dialog).to_be_visible()  # without a day nothing is promised
    day.fill("2031-12-24")
    dialog.get_by_role("button", name="Promise it").click()
    expect(dialog).to_have_count(0)
    expect(desk.page.get_by_text("promised: goods of order")).to_contain_text("2031")
    expect(desk.page.get_by_text("Tell the customer.")).to_be_visible()


def test_what_a_suggestion_leaves_out_stands_beside_it_with_why(host: ConsoleHost, desk: Watched) -> None:
    thread = host.handed_off()
    left = [{"text": "It arrives tomorrow.", "why": 'date "tomorrow" is in no fact'}]

    async def offer(services: Services) -> None:
        draft = {"n": 1, "of": 99, "label": "With a promise", "text": "I look into it.", "evidence": [], "unsaid": left}

        await people.append(services, thread, NewEvent("draft_offered", draft))

    host.do(offer)
    desk.page.goto(f"{host.origin}/console/t/{thread.public_id}")
    card = desk.page.locator(".draft", has_text="With a promise")
    card.get_by_text("1 sentence left out").click()
    expect(card).to_contain_text("It arrives tomorrow.")
    expect(card).to_contain_text("is in no fact")
