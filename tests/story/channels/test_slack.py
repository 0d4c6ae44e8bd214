"""A shopper in the widget, agents in Slack: asked, handed over, claimed, answered, read, resolved. Slack fails once on each call."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest

from server.app import LOOPS, Loop, build
from server.services import Services
from server.settings import (
    DatabaseSettings,
    LimitsSettings,
    ServerSettings,
    Settings,
    SlackSettings,
    TurnsSettings,
    WidgetSettings,
)
from tests.server import core
from tests.server.commerce.orders import shipped
from tests.server.intake.browser import SHOP, Browser, Tab
from tests.support.databases import NOW
from tests.support.servers import serve
from tests.support.slack import (
    APP_TOKEN,
    BOT_TOKEN,
    CHANNEL,
    SECRET,
    FakeSlack,
    button_of,
    click,
    event,
    member,
    post_event,
    post_interaction,
    slack_on_loopback,
    submission,
)

KIM, LEE = "U0KIM", "U0LEE"


class QuickClock:
    """Runs twenty times as fast as the day: pauses before a second try pass quickly."""

    def __init__(self) -> None:
        self._began = time.monotonic()

    def now(self) -> datetime:
        """The present moment."""
        return NOW + timedelta(seconds=(time.monotonic() - self._began) * 20)


async def _quick_slack(services: Services) -> None:
    from server.desk.slack import running
    from server.desk.slack.pace import Pace
    from server.files import keep

    await running.run(services, keep, pace=Pace(0), poll_s=0.05)


QUICK = tuple(Loop(loop.name, _quick_slack) if loop.name == "slack" else loop for loop in LOOPS)


class Story:
    """The application, the shopper's browser, and the workspace."""

    def __init__(
        self, services: Services, slack: FakeSlack, browser: Browser, hooks: httpx2.AsyncClient | None
    ) -> None:
        self.services, self.slack, self.browser, self.hooks = services, slack, browser, hooks
        self._at = 0

    async def until(self, found: Callable[[], Any]) -> Any:
        """Wait until something is so; what it gives."""
        async with asyncio.timeout(30):
            while not (it := found()):  # noqa: ASYNC110 - what is waited for is on the other side
                await asyncio.sleep(0.02)
        return it

    def now(self) -> str:
        """Slack's time, after everything that was posted."""
        self._at += 1
        return f"{time.time() + self._at / 1000:.6f}"

    async def root(self) -> dict[str, Any]:
        """The message that stands in the channel, with its buttons."""
        await self.until(lambda: self.slack.roots and self.slack.under(self.slack.roots[0]))
        return self.slack.roots[0]

    async def interact(self, payload: Mapping[str, Any]) -> None:
        """Slack tells of a click or a dialog."""
        if self.hooks is None:
            await self.slack.push("interactive", payload, f"e{self.now()}")
        else:
            assert (await post_interaction(self.hooks, payload)).status_code == 200

    async def press(self, who: str, action: str, message: Mapping[str, Any], value: str = "") -> None:
        """Somebody presses a button."""
        value = value or str(button_of(message, action)["value"])
        await self.interact(click(who, action, value, {"ts": "1.1", **message, "channel": CHANNEL}, self.now()))

    async def type(self, who: str, text: str, root: Mapping[str, Any]) -> None:
        """Somebody writes under the root."""
        ts = self.now()
        told = event(f"Ev{ts}", type="message", channel=CHANNEL, user=who, text=text, ts=ts, thread_ts=root["ts"])
        if self.hooks is None:
            await self.slack.push("events_api", told, f"e{ts}")
        else:
            assert (await post_event(self.hooks, told)).status_code == 200


@asynccontextmanager
async def opened(folder: Path, *, by_socket: bool = False) -> AsyncIterator[Story]:
    async with slack_on_loopback() as slack:
        doors = {"app_token": APP_TOKEN} if by_socket else {"signing_secret": SECRET}
        settings = Settings(
            server=ServerSettings(data=str(folder), secret_keys=("k" * 40,)),
            database=DatabaseSettings(url=f"sqlite:///{folder / 'shop.db'}", readers=2),
            widget=WidgetSettings(origins=(SHOP,)),
            turns=TurnsSettings(burst_ms=0),
            limits=LimitsSettings(messages_per_s=0.0, frames_per_s=0.0, sessions_per_ip=0),
            slack=SlackSettings(bot_token=BOT_TOKEN, channel=CHANNEL, api_url=f"{slack.url}/api/", **doors),
        )
        app = build(settings, clock=QuickClock(), loops=QUICK)
        async with serve(app) as url, httpx2.AsyncClient(base_url=url, trust_env=False) as client:
            services: Services = app.state.services
            await services.store.put_order(shipped())  # type: ignore[attr-defined]  # the embedded store's own
            for user, name in ((KIM, "Kim"), (LEE, "Lee")):
                slack.members[user] = member(user, (await core.someone(services, name)).email)
            yield Story(services, slack, Browser(url), None if by_socket else client)


async def heard(tab: Tab, author: str) -> str:
    """The next words of somebody in the widget."""
    while True:
        frame = await tab.until("msg")
        if frame["author"]["type"] == author:
            return str(frame["text"])


async def asks(tab: Tab) -> None:
    """The shopper asks about the order, then for a person."""
    await tab.say("where is my order 1042? ana@example.com")
    assert "1042" in await heard(tab, "assistant")
    await tab.say("I want to speak to a human please")
    await heard(tab, "assistant")


@pytest.mark.parametrize("by_socket", [False, True], ids=["webhook", "socket"])
async def test_a_shopper_is_helped_by_an_agent_in_slack(tmp_path: Path, by_socket: bool) -> None:
    async with opened(tmp_path, by_socket=by_socket) as story:
        slack = story.slack
        slack.next = {
            "chat.postMessage": ["drop", "429"],
            "chat.update": ["html"],
            "users.info": ["429"],
            "chat.postEphemeral": ["429"],
            "views.open": ["internal_error"],
            "reactions.add": ["lose"],
            "conversations.history": ["html"],
        }
        session = await story.browser.session()
        async with story.browser.tab(session) as tab:
            await asks(tab)
            root = await story.root()
            assert "1042" in json.dumps(root)
            assert "1042" in root["text"]

            claim = str(button_of(root, "claim")["value"])
            await asyncio.gather(*(story.press(who, "claim", root, claim) for who in (KIM, LEE)))
            await story.until(lambda: "Owner: <@" in root["text"])
            owner = KIM if f"<@{KIM}>" in root["text"] else LEE
            loser = LEE if owner == KIM else KIM
            await story.until(lambda: [each for each in slack.whispers if each["user"] == loser])

            await story.type(owner, "Hello <@U0LEE>, it left *today* :package:", root)
            asked = await story.until(
                lambda: [
                    each for each in slack.whispers if "confirm_reply" in json.dumps(each) and each["user"] == owner
                ]
            )
            await story.press(owner, "confirm_reply", asked[-1])
            assert await heard(tab, "agent") == "Hello, it left today 📦"

            await tab.say("great, thank you! when exactly?")
            await story.until(lambda: "when exactly?" in json.dumps(slack.under(root)))
            await story.press(owner, "reply", root)
            (view, *_) = await story.until(lambda: [each["view"] for each in slack.of("views.open")])
            await story.interact(submission(owner, view, "On Friday."))
            assert await heard(tab, "agent") == "On Friday."

            await story.type(owner, "// a friendly one", root)
            await story.until(lambda: "memo" in json.dumps(slack.of("reactions.add")))
            await story.until(lambda: "On Friday." in json.dumps(slack.under(root)))
            await story.press(owner, "resolve", root)
            await story.until(lambda: root["text"].count("Resolved"))
            await tab.settle()
        seen = json.dumps(tab.frames, ensure_ascii=False)
        assert "a friendly one" not in seen
        assert "C0DESK" not in seen
        assert "U0" not in seen
        assert len(slack.roots) == 1
        assert sum("I want to speak to a human" in json.dumps(each) for each in slack.under(root)) == 1
