"""A desk in Slack: real rooms over each engine's database, Slack on loopback, follower and worker turned by hand."""

import itertools
import json
import time
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from memory import journal, threads
from memory.agents import Agent
from memory.engines.base import Database
from memory.threads import NewEvent, Thread
from server.clock import HandClock
from server.desk.slack.acting import Acts
from server.desk.slack.api import Ourselves, Slack
from server.desk.slack.files import Carrier
from server.desk.slack.follower import Follower
from server.desk.slack.pace import Pace
from server.desk.slack.reading import call_key
from server.desk.slack.worker import Worker
from server.files import keep
from server.services import Services
from server.settings import ServerSettings, Settings, SlackSettings, TurnsSettings
from server.turns import Turns
from tests.server import core
from tests.server.commerce.orders import shipped
from tests.support.databases import ENGINES, NOW, opened, url_of
from tests.support.slack import (
    BOT,
    BOT_TOKEN,
    CHANNEL,
    SECRET,
    TEAM,
    FakeSlack,
    button_of,
    click,
    event,
    member,
    slack_on_loopback,
)

KIM, LEE, SUE, EVE = "U0KIM", "U0LEE", "U0SUE", "U0EVE"


class House:
    """The rooms, the people, the workspace; everything moves when it is told to."""

    def __init__(self, services: Services, slack: FakeSlack, people: dict[str, Agent], clock: HandClock) -> None:
        self.services, self.slack, self.people, self.clock = services, slack, people, clock
        self._ids = itertools.count(1)
        self._turns = Turns(services, pads=False)
        self.start()

    def start(self) -> None:
        """New workers, as after a restart."""
        api, us = Slack(self.services.settings.slack), Ourselves(TEAM, BOT, "B0BOT")
        self.follower = Follower(self.services, api, us, pace=Pace(0))
        self.worker = Worker(self.services, Acts(self.services, api, us, Carrier(self.services, keep)))

    # What happens outside of Slack

    async def say(self, text: str, **values: Any) -> Thread:
        """The customer writes, and the assistant answers."""
        accepted = await core.write(self.services, text, **values)
        await self._turns.drain()
        return await core.now(self.services, accepted.thread)

    async def hand_over(self) -> dict[str, Any]:
        """A customer asks for a person; the message that Slack shows."""
        self.thread = await self.say("I want to speak to a human please")
        await self.follow()
        return self.slack.roots[-1]

    async def happen(self, *events: NewEvent) -> None:
        """Something happens in the thread."""
        await core.happen(self.services, self.thread, *events)

    async def pass_(self, seconds: float) -> None:
        """Time passes."""
        self.clock.advance(timedelta(seconds=seconds))

    async def follow(self) -> None:
        """The follower posts what waits."""
        for _ in range(10):
            if not await self.follower.round():
                return

    # What happens in Slack

    async def tell(self, payload: dict[str, Any]) -> bool:
        """A call is stored, as the door does; whether it was new."""
        key, body = call_key(payload), json.dumps(payload).encode()
        return await self.services.database.write(
            lambda tx: journal.add_raw(tx, "slack/events", key, {}, body, self.services.clock.now())
        )

    async def work(self) -> None:
        """The worker works in what waits, then the follower posts."""
        while await self.worker.drain():
            pass
        await self.follow()

    def now(self) -> str:
        """Slack's time, after everything that was posted."""
        return f"{time.time() + next(self._ids) / 1000:.6f}"

    async def press(self, who: str, action: str, root: dict[str, Any], value: str = "", **values: Any) -> None:
        """Somebody presses a button."""
        value = value or str(button_of(root, action)["value"])
        await self.tell(click(who, action, value, root, self.now(), **values))
        await self.work()

    async def type(self, who: str, text: str, root: dict[str, Any], ts: str = "", **values: Any) -> str:
        """Somebody writes under the root; the message's ts."""
        ts = ts or self.now()
        said = {
            "type": "message",
            "channel": CHANNEL,
            "user": who,
            "text": text,
            "ts": ts,
            "thread_ts": root["ts"],
            "team": TEAM,
        }
        await self.tell(event(f"Ev{next(self._ids)}", **{**said, "event_ts": ts, **values}))
        await self.work()
        return ts

    async def yes(self, user: str, action: str = "confirm_reply") -> None:
        """Somebody answers the last question that they were asked."""
        asked = self.slack.whispers[-1]
        assert asked["user"] == user
        message = {"ts": "1.1", "channel": asked["channel"]}
        await self.tell(click(user, action, str(button_of(asked, action)["value"]), message, self.now()))
        await self.work()

    # What is so now

    async def said(self) -> list[str]:
        """What agents said to the customer."""
        return await core.said(self.services, self.thread, "agent")

    async def notes(self) -> list[str]:
        """What colleagues were told."""
        found = await core.log(self.services, self.thread, "note")
        return [str(each.body["text"]) for each in found]

    async def owner(self) -> str:
        state = (await core.now(self.services, self.thread)).state
        return state.owner_name if state.owner_kind == "agent" else state.owner_kind

    async def status(self) -> str:
        return (await core.now(self.services, self.thread)).state.status

    async def last_seq(self) -> int:
        thread = await self.services.database.read(lambda tx: threads.by_id(tx, self.thread.id))
        assert thread is not None
        return thread.state.last_seq


@pytest.fixture
async def slack() -> AsyncIterator[FakeSlack]:
    async with slack_on_loopback() as fake:
        yield fake


@pytest.fixture(params=ENGINES)
async def database(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Database]:
    async with opened(url_of(request, tmp_path)) as database:
        yield database


@pytest.fixture
async def house(database: Database, slack: FakeSlack, tmp_path: Path) -> AsyncIterator[House]:
    clock = HandClock(NOW)
    settings = Settings(
        turns=TurnsSettings(burst_ms=0),
        server=ServerSettings(data=str(tmp_path)),
        slack=SlackSettings(BOT_TOKEN, "", SECRET, CHANNEL, f"{slack.url}/api/"),
    )
    async with core.rooms(database, shipped(), clock=clock, settings=settings) as services:
        people = {
            user: await core.someone(services, name, role)
            for user, name, role in ((KIM, "Kim", "agent"), (LEE, "Lee", "agent"), (SUE, "Sue", "supervisor"))
        }
        slack.members = {user: member(user, agent.email) for user, agent in people.items()}
        slack.members[EVE] = member(EVE, "eve@elsewhere.example")
        yield House(services, slack, people, clock)
