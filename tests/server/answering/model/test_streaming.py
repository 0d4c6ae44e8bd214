"""Sentences of a reply in the widget while a model writes it: each proven, none left behind, whatever becomes of the turn."""

import asyncio
import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from memory import threads
from server.answering.model.engine import Model
from server.app import build
from server.clock import HandClock
from server.desk import work
from server.intake.outgoing import FRAMES_AT_MOST, Outgoing
from server.services import Services
from server.settings import LlmSettings, TurnsSettings
from server.turns import Turns
from tests.faults.test_model import LEAKS, LIES
from tests.server import core
from tests.server.answering.model.house import MINE, PROOF
from tests.server.intake.browser import Browser, Tab
from tests.server.intake.conftest import settings_in
from tests.support import model_server as scripted
from tests.support.databases import NOW
from tests.support.model_server import ModelServer
from tests.support.servers import serve

WHERE = f"where is my order {PROOF}"
AGAIN = "so where is it now?"
FIRST = "Order #1042 is on its way with UPS and was last scanned in Omaha, NE, on Thursday, November 19 at 12:00 PM. "
BEGUN, REST = "It is ", "expected between Wednesday, November 18 and Saturday, November 21. "
SECOND = BEGUN + REST
THIRD = "1 business day without a scan is normal; up to 3 can pass."
LIE = "It was delivered to your neighbour this morning. "


@dataclass
class Room:
    """A shopper's open tab, a model that writes to it, and the turns between them."""

    url: str
    services: Services
    turns: Turns
    browser: Browser
    tab: Tab
    conv: str
    token: Any

    async def ask(self, text: str) -> "asyncio.Task[Any]":
        """Say something and let the answer be made meanwhile."""
        await self.tab.say(text)
        return asyncio.create_task(self.turns.drain())

    async def messages(self) -> list[str]:
        """What the assistant has said."""
        thread = await self.services.database.read(lambda tx: threads.by_public_id(tx, self.conv))
        assert thread is not None
        return await core.said(self.services, thread)


@asynccontextmanager
async def room(tmp_path: Path, server: ModelServer, **llm: Any) -> AsyncIterator[Room]:
    """A conversation in which an order was proven already."""
    async with serve(server.app, grace_s=1) as model_url:
        named: dict[str, Any] = {
            "base_url": f"{model_url}/v1", "api_key": scripted.KEY, "model": scripted.MODEL, "words": "all",
        }  # fmt: skip
        settings = replace(settings_in(tmp_path), turns=TurnsSettings(burst_ms=0), llm=LlmSettings(**(named | llm)))
        clock = HandClock(NOW)
        app = build(settings, clock=clock, loops=())
        async with serve(app) as url:
            services: Services = app.state.services
            await services.store.put_order(dict(MINE))  # type: ignore[attr-defined]  # the embedded store
            model = await Model.open(settings, services.database, clock)
            assert model is not None
            turns, browser = Turns(services, pads=False, model=model), Browser(url)
            session = await browser.session()
            try:
                async with browser.tab(session) as tab:
                    here = Room(url, services, turns, browser, tab, session.conv, session)
                    await (await here.ask(WHERE))
                    await tab.until("msg", author={"type": "assistant", "name": services.settings.shop.assistant})
                    clock.advance(timedelta(seconds=1))
                    yield here
            finally:
                await model.close()


def writing(*parts: scripted.Piece) -> scripted.Step:
    """A model that writes these texts, waiting at events."""
    sent = [piece for part in parts for piece in (scripted.words(part) if isinstance(part, str) else [part])]
    return scripted.pieces(*sent, *scripted.WHOLE)


def deltas(tab: Tab) -> list[dict[str, Any]]:
    """The partial texts that a tab was sent."""
    return [frame for frame in tab.frames if frame["t"] == "delta"]


async def test_a_sentence_is_shown_before_the_next_is_written_and_the_message_takes_its_place(tmp_path: Path) -> None:
    go_on = asyncio.Event()
    server = ModelServer(writing(FIRST, BEGUN, go_on, REST, THIRD))
    async with room(tmp_path, server) as here:
        making = await here.ask(AGAIN)
        first = await here.tab.until("delta")
        assert (first["conv"], first["i"], first["text"]) == (here.conv, 0, FIRST.strip())
        assert len(await here.messages()) == 1
        go_on.set()
        await making
        message = await here.tab.until("msg")
        end = await here.tab.until("turn_end")
        assert message["text"] == FIRST + SECOND + THIRD
        assert (end["turn"], end["reason"]) == (first["turn"], "done")
        shown = "".join(frame["text"] for frame in deltas(here.tab))
        assert message["text"].startswith(shown)
    server.assert_finished()


async def test_a_sentence_that_is_not_true_is_never_shown(tmp_path: Path) -> None:
    server = ModelServer(writing(FIRST, 0.06, LIE, 0.06, SECOND, THIRD))
    async with room(tmp_path, server) as here:
        await (await here.ask(AGAIN))
        await here.tab.until("turn_end", reason="done")
        assert [frame["text"] for frame in deltas(here.tab)] == [FIRST.strip()]
        said = await here.messages()
        assert "neighbour" not in str(here.tab.frames)
        assert "Omaha" in said[-1]


async def test_nothing_that_a_hostile_model_says_is_shown_for_a_moment(tmp_path: Path) -> None:
    steps = [
        writing(opening, lie + " ", 0.06, "And so on. ", SECOND)
        for lie, opening in zip(LIES, itertools.cycle((FIRST, "")), strict=False)
    ]
    async with room(tmp_path, ModelServer(*steps)) as here:
        for _ in steps:
            await (await here.ask(AGAIN))
        await here.tab.settle()
        shown = [frame["text"] for frame in deltas(here.tab)]
        assert FIRST.strip() in shown
        assert [text for text in shown if LEAKS.search(text) or text not in FIRST + SECOND] == []
        assert [text for text in await here.messages() if LEAKS.search(text)] == []


async def test_what_was_shown_is_withdrawn_when_the_customer_goes_on_meanwhile(tmp_path: Path) -> None:
    go_on = asyncio.Event()
    server = ModelServer(writing(FIRST, BEGUN, go_on, REST, THIRD), otherwise=writing(FIRST, SECOND, THIRD))
    async with room(tmp_path, server) as here:
        making = await here.ask(AGAIN)
        first = await here.tab.until("delta")
        await here.tab.say("and is that still in time?")
        go_on.set()
        await making
        await here.tab.until("turn_end", turn=first["turn"], reason="cancelled")
        await here.tab.settle()
        assert [frame["turn"] for frame in deltas(here.tab)].count(first["turn"]) == 1
        assert len(await here.messages()) == 2


async def test_who_takes_over_silences_what_is_being_written(tmp_path: Path) -> None:
    go_on = asyncio.Event()
    server = ModelServer(writing(FIRST, BEGUN, go_on, REST, THIRD))
    async with room(tmp_path, server) as here:
        making = await here.ask(AGAIN)
        first = await here.tab.until("delta")
        await work.claim(here.services, here.conv, await core.someone(here.services, "Kim"))
        go_on.set()
        await making
        await here.tab.until("turn_end", turn=first["turn"], reason="cancelled")
        await here.tab.settle()
        assert len(deltas(here.tab)) == 1
        assert len(await here.messages()) == 1


async def test_who_comes_in_the_middle_sees_what_is_written_and_who_comes_after_sees_none_of_it(tmp_path: Path) -> None:
    go_on = asyncio.Event()
    server = ModelServer(writing(FIRST, BEGUN, go_on, REST, 0.06, THIRD))
    async with room(tmp_path, server) as here:
        making = await here.ask(AGAIN)
        first = await here.tab.until("delta")
        async with here.browser.tab(here.token, conv=here.conv) as second:
            whole = await second.until("delta")
            assert whole == {**first, "i": 0}
            go_on.set()
            await making
            assert (await second.until("delta"))["i"] == 1
            await second.until("turn_end", reason="done")
        async with here.browser.tab(here.token, conv=here.conv) as third:
            await third.settle()
            assert deltas(third) == []
        assert here.services.partials.current((await first_thread(here)).id) is None


async def first_thread(here: Room) -> Any:
    """The conversation."""
    thread = await here.services.database.read(lambda tx: threads.by_public_id(tx, here.conv))
    assert thread is not None
    return thread


async def test_what_is_written_to_somebody_else_in_the_thread_is_not_shown(tmp_path: Path) -> None:
    async with room(tmp_path, ModelServer()) as here:
        thread = await first_thread(here)
        here.services.bus.publish(f"partial:{thread.id}", {"turn": "turn_x", "to": 12345, "text": "Not yours."})
        await here.tab.settle()
        assert deltas(here.tab) == []


async def test_a_text_before_a_tool_call_is_withdrawn(tmp_path: Path) -> None:
    call = scripted.call_pieces(0, "call_0", "order_status", '{"order_number": null}')
    before = scripted.pieces(*scripted.words(FIRST + "And "), *call, *scripted.WHOLE)
    async with room(tmp_path, ModelServer(before, writing(FIRST, SECOND, THIRD))) as here:
        await (await here.ask(AGAIN))
        await here.tab.until("turn_end", reason="cancelled")
        assert len(await here.messages()) == 2


@pytest.mark.parametrize("fault", [30.0, None])
async def test_a_model_that_hangs_or_breaks_leaves_our_own_words_and_no_ghost(
    tmp_path: Path, fault: float | None
) -> None:
    server = ModelServer(scripted.pieces(*scripted.words(FIRST + "And "), fault))
    async with room(tmp_path, server, deadline_s=1.0) as here:
        await (await here.ask(AGAIN))
        message = await here.tab.until(
            "msg", author={"type": "assistant", "name": here.services.settings.shop.assistant}
        )
        assert "Omaha" in message["text"]
        await here.tab.until("turn_end", reason="done")


async def test_nothing_is_shown_early_where_the_shop_does_not_want_it(tmp_path: Path) -> None:
    async with room(tmp_path, ModelServer(writing(FIRST, SECOND, THIRD)), stream=False) as here:
        await (await here.ask(AGAIN))
        await here.tab.settle()
        assert deltas(here.tab) == []
        assert (await here.messages())[-1] == FIRST + SECOND + THIRD


async def test_a_partial_text_never_fills_a_connection() -> None:
    closed: list[bool] = []
    out = Outgoing(lambda: closed.append(True))
    for number in range(FRAMES_AT_MOST * 2):
        out.put(f"delta {number}", is_passing=True)
    for number in range(FRAMES_AT_MOST // 2):
        out.put(f"message {number}")
    assert closed == []
    kept = [out.pop() for _ in range(FRAMES_AT_MOST)]
    assert kept[-1] == f"message {FRAMES_AT_MOST // 2 - 1}"
