"""The live conversation over a real server and a real socket."""

from tests.server.intake.browser import cid, durable
from tests.server.intake.conftest import House


async def test_a_message_is_acknowledged_and_shown(house: House) -> None:
    session = await house.browser.session()
    async with house.browser.tab(session) as tab:
        ack = await tab.say("where is my order?")
        shown = await tab.until("msg")
    assert (ack["conv"], ack["seq"]) == (session.conv, 1)
    assert (shown["seq"], shown["prev"], shown["text"], shown["id"]) == (1, 0, "where is my order?", ack["id"])


async def test_a_repeated_message_is_stored_once(house: House) -> None:
    session = await house.browser.session()
    same = cid()
    async with house.browser.tab(session) as tab:
        first = await tab.say("hello", cid=same)
        second = await tab.say("hello", cid=same)
        third = await tab.say("again")
    assert first == second
    assert third["seq"] == 2


async def test_a_new_tab_gets_the_whole_thread(house: House) -> None:
    session = await house.browser.session()
    async with house.browser.tab(session) as tab:
        for text in ("one", "two", "three"):
            await tab.say(text)
    again = await house.browser.session(visitor=session.visitor)
    assert again.conv == session.conv
    async with house.browser.tab(again) as tab:
        await tab.until("msg", text="three")
        assert [(frame["prev"], frame["seq"], frame["text"]) for frame in durable(tab.frames)] == [
            (0, 1, "one"),
            (1, 2, "two"),
            (2, 3, "three"),
        ]
