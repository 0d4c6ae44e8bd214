"""Meta's door against real HTTP: verified once, signed always, on disk before it is answered."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx2
import pytest

from channels.meta.signing import HEADER, sign
from memory import journal
from memory.engines.base import Database
from server.app import build
from server.calls import Calls
from server.channel_settings import MetaSettings
from server.clock import HandClock
from server.services import Services
from server.settings import DatabaseSettings, ServerSettings, Settings, TurnsSettings
from tests.server import core
from tests.support.databases import ENGINES, NOW, opened, url_of
from tests.support.servers import serve

PATH = "/webhooks/meta"
SECRET, VERIFY = "app-secret-of-the-shop", "a-token-that-we-chose"
NUMBER, PAGE, ACCOUNT = "106540352242922", "page-1", "17841400000000001"
SETTINGS = MetaSettings(
    app_secret=SECRET, verify_token=VERIFY, access_token="EAAtoken", phone_number_id=NUMBER, page_id=PAGE,
    instagram_id=ACCOUNT, api_url="http://127.0.0.1:9",
)  # fmt: skip


@dataclass
class House:
    """The application, serving; `work` lets it look into what it stored."""

    client: httpx2.AsyncClient
    services: Services

    async def post(self, message: Any, *, secret: str = SECRET, headers: dict[str, str] | None = None) -> int:
        """Meta calls; the status of the answer."""
        body = message if isinstance(message, bytes) else json.dumps(message).encode()
        given = {HEADER: sign(secret, body)} if headers is None else headers
        return (await self.client.post(PATH, content=body, headers=given)).status_code

    async def work(self) -> int:
        """Work in what is due now."""
        return await Calls(self.services).drain()


@pytest.fixture(params=ENGINES)
async def database(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Database]:
    """An empty store on each engine."""
    async with opened(url_of(request, tmp_path)) as database:
        yield database


@pytest.fixture
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty store."""
    return url_of(request, tmp_path)


def settings_in(folder: Path, meta: MetaSettings = SETTINGS) -> Settings:
    """Settings of a throw-away installation."""
    return Settings(
        server=ServerSettings(data=str(folder), secret_keys=("k" * 40,)),
        database=DatabaseSettings(url=f"sqlite:///{folder / 'unused.db'}"),
        turns=TurnsSettings(burst_ms=0),
        meta=meta,
    )


@pytest.fixture
async def house(database: Database, tmp_path: Path) -> AsyncIterator[House]:
    """The application without anybody who works beside its doors."""
    app = build(settings_in(tmp_path), clock=HandClock(NOW), database=database, loops=())
    async with serve(app) as url, httpx2.AsyncClient(base_url=url, trust_env=False) as client:
        yield House(client, app.state.services)


def whatsapp(*messages: Any, statuses: Any = (), number: str = NUMBER) -> dict[str, Any]:
    """A call about a WhatsApp number."""
    value = {
        "messaging_product": "whatsapp",
        "metadata": {"display_phone_number": "15550783881", "phone_number_id": number},
        "contacts": [{"profile": {"name": "Ana"}, "wa_id": "14025550100"}],
        "messages": list(messages),
        "statuses": list(statuses),
    }
    return {
        "object": "whatsapp_business_account",
        "entry": [{"id": "waba-1", "changes": [{"field": "messages", "value": value}]}],
    }


def said(text: str, number: int) -> dict[str, Any]:
    """A text message."""
    stamp = str(int(NOW.timestamp()))
    return {
        "id": f"wamid.{number}", "from": "14025550100", "timestamp": stamp, "type": "text", "text": {"body": text},
    }  # fmt: skip


async def test_the_challenge_goes_back_as_plain_text(house: House) -> None:
    query = {"hub.mode": "subscribe", "hub.verify_token": VERIFY, "hub.challenge": "1158201444"}
    answer = await house.client.get(PATH, params=query)
    assert (answer.status_code, answer.text) == (200, "1158201444")
    assert answer.headers["content-type"].startswith("text/plain")
    assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    "changed",
    [
        {"hub.verify_token": "another"},
        {"hub.verify_token": ""},
        {"hub.verify_token": None},
        {"hub.mode": "unsubscribe"},
        {"hub.mode": None},
        {"hub.challenge": ""},
        {"hub.challenge": "1" * 501},
    ],
)
async def test_nobody_else_verifies_the_door(house: House, changed: dict[str, str | None]) -> None:
    query = {"hub.mode": "subscribe", "hub.verify_token": VERIFY, "hub.challenge": "1"} | changed
    answer = await house.client.get(PATH, params={name: value for name, value in query.items() if value is not None})
    assert answer.status_code == 403


async def test_an_installation_without_a_verify_token_is_verified_by_nobody(database: Database, tmp_path: Path) -> None:
    settings = settings_in(tmp_path, replace(SETTINGS, verify_token=""))
    app = build(settings, clock=HandClock(NOW), database=database, loops=())
    async with serve(app) as url, httpx2.AsyncClient(base_url=url, trust_env=False) as client:
        query = {"hub.mode": "subscribe", "hub.verify_token": "", "hub.challenge": "1"}
        assert (await client.get(PATH, params=query)).status_code == 403


@pytest.mark.parametrize("meta", [replace(SETTINGS, app_secret=""), replace(SETTINGS, access_token="")])
async def test_without_its_secrets_there_is_no_door(database: Database, tmp_path: Path, meta: MetaSettings) -> None:
    settings = settings_in(tmp_path, meta)
    app = build(settings, clock=HandClock(NOW), database=database, loops=())
    async with serve(app) as url, httpx2.AsyncClient(base_url=url, trust_env=False) as client:
        assert (await client.get(PATH)).status_code == 404
        assert (await client.post(PATH, content=b"{}", headers={HEADER: sign("", b"{}")})).status_code == 404


GOOD = json.dumps(whatsapp(said("hello", 1))).encode()


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        (GOOD, {}),
        (GOOD, {HEADER: ""}),
        (GOOD, {HEADER: sign("another-secret", GOOD)}),
        (GOOD, {"X-Hub-Signature": sign(SECRET, GOOD)}),
        (GOOD.replace(b"hello", b"hullo"), {HEADER: sign(SECRET, GOOD)}),
        (GOOD + b" ", {HEADER: sign(SECRET, GOOD)}),
        (b"", {HEADER: sign(SECRET, GOOD)}),
        (GOOD, {HEADER: sign(SECRET, GOOD)[:-2] + "zz"}),
    ],
    ids=["unsigned", "empty", "other secret", "other header", "tampered", "longer", "no body", "no hex"],
)
async def test_a_forged_call_is_refused_and_not_kept(house: House, body: bytes, headers: dict[str, str]) -> None:
    assert await house.post(body, headers=headers) == 403
    assert await core.count(house.services, "journal") == 0


async def test_a_call_for_another_number_changes_nothing(house: House) -> None:
    assert await house.post(whatsapp(said("hello", 1), number="999")) == 200
    await house.work()
    assert await core.count(house.services, "threads") == 0


async def test_a_call_larger_than_a_megabyte_is_refused(house: House) -> None:
    assert await house.post(b"[" + b" " * 1_048_576 + b"]") == 413


async def test_a_call_is_on_disk_before_anybody_looks_into_it(house: House) -> None:
    assert await house.post(b"\xff no json at all") == 200
    assert await core.count(house.services, "journal") == 1
    await house.work()
    failed = await house.services.database.read(journal.failed)
    assert [source for source, _, _ in failed] == ["meta/webhook"]


async def test_a_replayed_call_is_stored_once(house: House) -> None:
    """pitfalls 3, 19: a signed call that comes again is no second one."""
    for _ in range(3):
        assert await house.post(GOOD) == 200
    await house.work()
    assert await core.count(house.services, "journal") == 1
    assert await core.count(house.services, "events") == 1


async def test_fifty_copies_at_once_make_one_message(house: House) -> None:
    """pitfalls 3: one customer, one thread, one message, by a key of the database."""
    statuses = await asyncio.gather(*(house.post(GOOD) for _ in range(50)))
    assert set(statuses) == {200}
    await asyncio.gather(house.work(), house.work())
    assert [await core.count(house.services, name) for name in ("customers", "threads", "events")] == [1, 1, 1]


@pytest.mark.parametrize("engine", ENGINES, indirect=True)
async def test_fifty_copies_to_two_servers_make_one_message(engine: str, tmp_path: Path) -> None:
    """pitfalls 3, 16: two that share a database and nothing else, each working in what is stored."""
    async with opened(engine) as first, opened(engine) as second:
        apps = [build(settings_in(tmp_path), clock=HandClock(NOW), database=each, loops=()) for each in (first, second)]
        async with serve(apps[0]) as one, serve(apps[1]) as other:
            async with httpx2.AsyncClient(trust_env=False, timeout=30) as client:
                headers = {HEADER: sign(SECRET, GOOD)}
                calls = [client.post(f"{url}{PATH}", content=GOOD, headers=headers) for url in (one, other) * 25]
                assert {answer.status_code for answer in await asyncio.gather(*calls)} == {200}
            await asyncio.gather(*(Calls(app.state.services).drain() for app in apps for _ in range(3)))
            services = apps[0].state.services
            counted = [
                await core.count(services, name) for name in ("journal", "customers", "threads", "events", "turns")
            ]
    assert counted == [1, 1, 1, 1, 1]


async def test_two_calls_with_the_same_message_make_one(house: House) -> None:
    """Meta may say one thing in two batches: the message's own id counts."""
    await house.post(whatsapp(said("hello", 1)))
    await house.post(whatsapp(said("hello", 1), said("and more", 2)))
    await house.work()
    assert await core.count(house.services, "events") == 2


async def test_a_batch_is_worked_in_whole_and_a_bad_item_loses_none(house: House) -> None:
    """pitfalls 4 and 28: three messages, two statuses, and between them what nobody can read."""
    statuses = [
        {"id": "wamid.out-1", "status": "delivered", "timestamp": "1", "recipient_id": "14025550100"},
        {"no": "status"},
        {"id": "wamid.out-2", "status": "read", "timestamp": "1", "recipient_id": "14025550100"},
    ]
    messages = [said("one", 1), "no message", said("two", 2), {"type": "text", "text": {}}, said("three", 3)]
    await house.post(whatsapp(*messages, statuses=statuses))
    await house.work()
    assert await core.count(house.services, "events") == 3
    assert await core.count(house.services, "pending_receipts") == 2


async def test_replaying_the_journal_has_no_second_effect(house: House) -> None:
    await house.post(whatsapp(said("one", 1), said("two", 2)))
    await house.work()
    await house.services.database.write(lambda tx: journal.replay(tx, NOW, NOW))
    assert await house.work() == 1
    assert await core.count(house.services, "events") == 2


async def test_the_other_two_channels_come_by_the_same_door(house: House) -> None:
    for kind, own in (("page", PAGE), ("instagram", ACCOUNT)):
        event = {
            "sender": {"id": "4711"}, "recipient": {"id": own}, "timestamp": int(NOW.timestamp() * 1000),
            "message": {"mid": f"m-{kind}", "text": "hello"},
        }  # fmt: skip
        await house.post({"object": kind, "entry": [{"id": own, "time": 1, "messaging": [event]}]})
    await house.work()
    assert await core.count(house.services, "customers") == 2, "ids are scoped: the same number is somebody else there"
