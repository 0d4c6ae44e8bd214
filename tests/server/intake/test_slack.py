"""Slack's door: who may call, what is on disk before it is answered; by webhook and by Socket Mode. The table of attacks."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TypeVar

import httpx2
import pytest
from typing_extensions import override

from memory.engines.base import Tx, Unit
from memory.engines.sqlite import SqliteDatabase
from memory.errors import StorageUnavailable
from server.app import Loop, build
from server.services import Services
from server.settings import DatabaseSettings, ServerSettings, Settings, SlackSettings
from tests.support.servers import serve
from tests.support.slack import (
    APP_TOKEN,
    BOT_TOKEN,
    CHANNEL,
    SECRET,
    FakeSlack,
    click,
    event,
    post_event,
    post_interaction,
    signed,
    slack_on_loopback,
    submission,
)

T = TypeVar("T")
DOOR = "/webhooks/slack"
HELLO = event(
    "Ev1", type="message", channel=CHANNEL, user="U1", text="hi", ts="1700000001.000100", thread_ts="1700000000.000100"
)


class Door:
    """The application with Slack's door and nobody behind it."""

    def __init__(self, services: Services, client: httpx2.AsyncClient, slack: FakeSlack) -> None:
        self.services, self.client, self.slack = services, client, slack

    async def stored(self) -> list[str]:
        """Keys of the calls on disk."""

        async def read(tx: Tx) -> list[str]:
            return [
                row["key"] for row in await tx.all("SELECT key FROM journal WHERE source LIKE 'slack/%' ORDER BY id")
            ]

        return await self.services.database.read(read)


@asynccontextmanager
async def door(folder: Path, *, loops: tuple[Loop, ...] = (), **values: str) -> AsyncIterator[Door]:
    async with slack_on_loopback() as slack:
        named = {"bot_token": BOT_TOKEN, "signing_secret": SECRET, "channel": CHANNEL, "api_url": f"{slack.url}/api/"}
        settings = Settings(
            server=ServerSettings(data=str(folder), secret_keys=("k" * 40,)),
            database=DatabaseSettings(url=f"sqlite:///{folder / 'shop.db'}", readers=1),
            slack=SlackSettings(**{**named, **values}),
        )
        app = build(settings, loops=loops)
        async with serve(app) as url, httpx2.AsyncClient(base_url=url, trust_env=False) as client:
            yield Door(app.state.services, client, slack)


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[Door]:
    async with door(tmp_path) as opened:
        yield opened


async def test_a_signed_event_is_on_disk_before_it_is_answered(house: Door) -> None:
    assert (await post_event(house.client, HELLO)).status_code == 200
    assert await house.stored() == ["Ev1"]
    assert house.slack.calls == []


async def test_fifty_copies_are_answered_alike_and_stored_once(house: Door) -> None:
    answers = await asyncio.gather(*(post_event(house.client, HELLO) for _ in range(50)))
    assert {each.status_code for each in answers} == {200}
    assert await house.stored() == ["Ev1"]


@pytest.mark.parametrize("number", ["0", "1", "3"])
async def test_the_number_of_a_retry_means_nothing(house: Door, number: str) -> None:
    """Item 7: everything with the header of a retry was dropped, and Socket Mode sets it on the first delivery."""
    answer = await post_event(
        house.client, HELLO, **{"X-Slack-Retry-Num": number, "X-Slack-Retry-Reason": "http_timeout"}
    )
    assert answer.status_code == 200
    assert await house.stored() == ["Ev1"]


async def test_the_challenge_is_answered_when_it_is_signed(house: Door) -> None:
    """Item 99: it was answered to anybody."""
    challenge = {"type": "url_verification", "challenge": "abc", "token": "t"}
    answer = await post_event(house.client, challenge)
    assert (answer.status_code, answer.json()) == (200, {"challenge": "abc"})
    assert (await house.client.post(DOOR, json=challenge)).status_code == 401
    assert await house.stored() == []


async def test_clicks_and_dialogs_are_stored_by_who_pressed_what_when(house: Door) -> None:
    root = {"ts": "1700000000.000100", "channel": CHANNEL}
    pressed = click("U1", "claim", "c_1", root, "1700000002.0001")
    later = click("U1", "claim", "c_1", root, "1700000003.0001")
    view = submission("U1", {"callback_id": "reply", "private_metadata": "1:2"}, "hi")
    for payload in (pressed, pressed, later, view, view):
        answer = await post_interaction(house.client, payload)
        assert (answer.status_code, answer.content) == (200, b"")
    assert len(await house.stored()) == 3


async def test_the_legacy_token_is_not_kept(house: Door) -> None:
    await post_event(house.client, HELLO)
    row = await house.services.database.read(lambda tx: tx.one("SELECT body, encoding FROM journal"))
    assert row is not None
    from base64 import b64decode

    assert "legacy" not in b64decode(row["body"]).decode()


BODY = json.dumps(HELLO).encode()
GOOD = "v0=" + "a" * 64
ATTACKS = {
    "unsigned": {},
    "no signature": {"X-Slack-Request-Timestamp": str(int(time.time()))},
    "wrong secret": signed(BODY, secret="another"),
    "tampered body": signed(BODY + b" "),
    "stale": signed(BODY, at=time.time() - 86_400),
    "from the future": signed(BODY, at=time.time() + 86_400),
    "no number": {"X-Slack-Request-Timestamp": "soon", "X-Slack-Signature": GOOD},
    "a huge number": {"X-Slack-Request-Timestamp": "9" * 400, "X-Slack-Signature": GOOD},
    "other digits": {"X-Slack-Request-Timestamp": "١٢٣", "X-Slack-Signature": GOOD},
    "no hex": {"X-Slack-Request-Timestamp": str(int(time.time())), "X-Slack-Signature": "v0=é" + "a" * 63},
    "empty": {"X-Slack-Request-Timestamp": "", "X-Slack-Signature": ""},
}


@pytest.mark.parametrize("attack", ATTACKS)
async def test_forged_calls_are_401_and_never_500(house: Door, attack: str) -> None:
    """Item 98: no signature was checked. Three of these broke the library: 500 where 401 was due."""
    headers = [(name.encode(), value.encode("utf-8")) for name, value in ATTACKS[attack].items()]
    headers = [(name, value) for name, value in headers if name.lower() != b"content-type"]
    answer = await house.client.post(DOOR, content=BODY, headers=[*headers, (b"Content-Type", b"application/json")])
    assert answer.status_code == 401
    assert await house.stored() == []


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"\xff\xfe{}", "application/json"),
        (b"{not json", "application/json"),
        (b"[]", "application/json"),
        (b"payload=%7Bnot", "application/x-www-form-urlencoded"),
        (b"payload=[1]", "application/x-www-form-urlencoded"),
    ],
)
async def test_what_cannot_be_read_is_400_and_never_500(house: Door, body: bytes, kind: str) -> None:
    answer = await house.client.post(DOOR, content=body, headers=signed(body, kind=kind))
    assert answer.status_code == 400
    assert await house.stored() == []


@pytest.mark.parametrize("values", [{"bot_token": ""}, {"signing_secret": ""}, {"channel": ""}])
async def test_without_its_settings_there_is_no_door(tmp_path: Path, values: dict[str, str]) -> None:
    async with door(tmp_path, loops=(), **values) as house:
        assert (await post_event(house.client, HELLO)).status_code == 404


class Slow(SqliteDatabase):
    """A database that takes its time to write, or cannot."""

    delay_s = 0.0
    is_broken = False

    @override
    async def write(self, unit: Unit[T], *, is_kept: bool = True) -> T:
        if self.is_broken:
            raise StorageUnavailable("the disk is full")
        await asyncio.sleep(self.delay_s)
        return await super().write(unit, is_kept=is_kept)


async def test_what_is_not_on_disk_is_not_answered_with_200(house: Door) -> None:
    """Items 6 and 8: acked and lost. Slack tells it again, and then it counts."""
    database = house.services.database
    assert isinstance(database, SqliteDatabase)
    database.__class__ = Slow
    assert isinstance(database, Slow)
    database.is_broken = True
    assert (await post_event(house.client, HELLO)).status_code == 503
    database.is_broken = False
    assert (await post_event(house.client, HELLO, **{"X-Slack-Retry-Num": "1"})).status_code == 200
    assert await house.stored() == ["Ev1"]


async def test_the_answer_comes_in_time_with_a_slow_database(house: Door) -> None:
    database = house.services.database
    database.__class__ = Slow
    assert isinstance(database, Slow)
    database.delay_s = 1.0
    began = time.monotonic()
    assert (await post_event(house.client, HELLO)).status_code == 200
    assert time.monotonic() - began < 3


# Socket Mode


async def _listen(services: Services) -> None:
    from server.intake.bolt import listen

    await listen(services)


async def test_socket_mode_stores_the_same_calls_and_then_acknowledges(tmp_path: Path) -> None:
    async with door(tmp_path, loops=(Loop("slack socket", _listen),), signing_secret="", app_token=APP_TOKEN) as house:
        await house.slack.push("events_api", HELLO, "e1")
        await house.slack.push("events_api", HELLO, "e2", attempt=1)
        pressed = click("U1", "claim", "c_1", {"ts": "1700000000.000100", "channel": CHANNEL}, "1700000002.0001")
        await house.slack.push("interactive", pressed, "e3")
        async with asyncio.timeout(10):
            while len(house.slack.acked) < 3:  # noqa: ASYNC110 - the socket is the other side's
                await asyncio.sleep(0.01)
        assert sorted(house.slack.acked) == ["e1", "e2", "e3"]
        stored = await house.stored()
        assert (len(stored), stored[0]) == (2, "Ev1")


async def test_fifty_copies_over_two_processes_are_stored_once(tmp_path: Path) -> None:
    async with door(tmp_path) as first, door(tmp_path) as second:
        answers = await asyncio.gather(*(post_event(each.client, HELLO) for each in (first, second) * 25))
        assert {each.status_code for each in answers} == {200}
        assert await first.stored() == ["Ev1"]
