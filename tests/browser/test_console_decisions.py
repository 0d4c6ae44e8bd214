"""Deciding in the console: what waits is agreed to after a second look, and a label is set right by keys alone."""

import pytest
from playwright.sync_api import Page, expect

from memory.threads import Thread
from server.services import Services
from tests.browser.console_host import ConsoleHost, Watched
from tests.browser.test_console_desk import browser, desk, host, kim
from tests.server.console import consenting

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
