"""The demo as a whole: what it stocks, whom it lets in, what it refuses, and what is left when it is over."""

import asyncio
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import httpx2
import pytest

from channels.message import Address, Inbound
from memory import agents
from memory.engines import connect
from memory.migrations import migrate
from server.clock import SystemClock
from server.commerce.embedded import EmbeddedStore
from server.demo.run import demo, demo_settings, run
from server.demo.seed import Seed, seed
from server.demo.shop import LOGINS, SeededShop, stock
from server.demo.stories import STORIES
from server.desk.hours import is_staffed
from server.errors import OperatorError, RefusedInput
from server.inbox import accept
from server.passwords import matches
from tests.support.servers import serve

OURS = {"x-onethread-demo": "1", "sec-fetch-site": "same-origin"}


@pytest.fixture(scope="module")
def goods() -> Seed:
    return seed(datetime.now(UTC))


@asynccontextmanager
async def opened(folder: Path) -> AsyncIterator[httpx2.AsyncClient]:
    """The demo over a folder, served."""
    async with (
        demo(demo_settings(folder, 8000), SystemClock()) as app,
        serve(app) as url,
        httpx2.AsyncClient(base_url=url) as client,
    ):
        yield client


@asynccontextmanager
async def stocked(folder: Path, goods: Seed) -> AsyncIterator[tuple[SeededShop, EmbeddedStore]]:
    """The seeded shop over a database of its own, without a server."""
    clock = SystemClock()
    database = await connect(f"sqlite:///{folder / 'shop.db'}")
    try:
        await migrate(database, clock.now())
        store = EmbeddedStore(database, clock, "America/New_York")
        await stock(store, goods)
        yield SeededShop(store, clock, goods.products), store
    finally:
        await database.close()


async def test_every_door_of_the_demo_is_open(tmp_path: Path) -> None:
    async with opened(tmp_path) as client:
        for path, shown in (("/", "Harbour &amp; Pine"), ("/demo", "harbour-kim"), ("/console", "Sign in")):
            assert shown in (await client.get(path)).text
        assert (await client.get("/widget/loader.js")).status_code == 200
        assert (await client.get("/api/v1/threads")).status_code == 401
        assert len((await client.get("/demo/orders")).json()["orders"]) == len(STORIES)


async def test_a_code_that_the_assistant_asks_for_arrives_in_the_control_room(tmp_path: Path) -> None:
    async with (
        demo(demo_settings(tmp_path, 8000), SystemClock()) as app,
        serve(app) as url,
        httpx2.AsyncClient(base_url=url) as client,
    ):
        shopper = Address("visitor", "v" * 40, "channel")
        wish = "cancel my order 1063, I don't need it any more. hannah.schmidt@example.com"
        await accept(app.state.services, Inbound("voice", shopper, wish, datetime.now(UTC)))
        for _ in range(200):
            letters = (await client.get("/demo/mailbox")).json()["letters"]
            if letters:
                break
            await asyncio.sleep(0.05)
        assert [letter["to"] for letter in letters] == ["hannah.schmidt@example.com"]
        assert re.search(r"\b\d{6}\b", letters[0]["text"])


async def test_a_kept_folder_is_stocked_once(tmp_path: Path) -> None:
    async with opened(tmp_path) as client:
        pushed = await client.post("/demo/orders/ord_1042/deliver", headers=OURS)
        assert pushed.status_code == 200
    async with opened(tmp_path) as client:
        orders = {order["id"]: order for order in (await client.get("/demo/orders")).json()["orders"]}
        assert orders["ord_1042"]["state"] == "Delivered"


async def test_a_start_that_was_broken_off_is_made_good(tmp_path: Path, goods: Seed) -> None:
    settings = demo_settings(tmp_path, 8000)
    database = await connect(settings.database_url)
    await migrate(database, datetime.now(UTC))
    await EmbeddedStore(database, SystemClock(), settings.shop.tz).put_order(
        next(order for order in goods.orders if order["id"] == "ord_1042")
    )
    await database.close()
    async with opened(tmp_path) as client:
        assert len((await client.get("/demo/orders")).json()["orders"]) == len(STORIES)


async def test_somebody_elses_desk_is_not_opened_to_the_public_passwords(tmp_path: Path) -> None:
    settings = demo_settings(tmp_path, 8000)
    database = await connect(settings.database_url)
    await migrate(database, datetime.now(UTC))
    await database.write(lambda tx: agents.add(tx, "me@shop.example", "Me", "admin", (), "hash", datetime.now(UTC)))
    with pytest.raises(OperatorError, match="a shop of its own"):
        async with demo(settings, SystemClock()):
            pass
    assert [agent.email for agent in await database.read(agents.all_agents)] == ["me@shop.example"]
    await database.close()


async def test_somebody_elses_orders_are_not_mixed_with_ours(tmp_path: Path, goods: Seed) -> None:
    settings = demo_settings(tmp_path, 8000)
    database = await connect(settings.database_url)
    await migrate(database, datetime.now(UTC))
    store = EmbeddedStore(database, SystemClock(), settings.shop.tz)
    await store.put_order({**goods.orders[0], "id": "theirs", "number": "#1"})
    with pytest.raises(OperatorError, match="a shop of its own"):
        async with demo(settings, SystemClock()):
            pass
    assert [document["id"] for document in await store.documents()] == ["theirs"]
    await database.close()


async def test_two_agents_and_a_supervisor_may_sign_in(tmp_path: Path) -> None:
    settings = demo_settings(tmp_path, 8000)
    async with demo(settings, SystemClock()):
        database = await connect(settings.database_url)
        people = {agent.email: agent for agent in await database.read(agents.all_agents)}
        await database.close()
    assert sorted(agent.role for agent in people.values()) == ["agent", "agent", "supervisor"]
    assert all(matches(people[login.email].password_hash, login.password) for login in LOGINS)


@pytest.mark.parametrize("hour", range(0, 24, 3))
def test_the_desk_of_the_demo_is_open_at_every_hour(tmp_path: Path, hour: int) -> None:
    assert is_staffed(demo_settings(tmp_path, 8000), datetime(2026, 11, 22, hour, 59, tzinfo=UTC))


async def test_a_push_is_stored_with_what_happened_meanwhile(tmp_path: Path, goods: Seed) -> None:
    async with stocked(tmp_path, goods) as (shop, store):
        await store.edit_order("ord_1042", lambda order: {**order, "note": "Leave it at the back door."})
        pushed = await shop.push("ord_1042", "out_for_delivery")
        assert pushed["shipments"][0]["events"][-1]["code"] == "out_for_delivery"
        assert pushed["note"] == "Leave it at the back door."
        assert await store.document("ord_1042") == pushed


async def test_a_push_for_an_order_that_is_gone_is_refused(tmp_path: Path, goods: Seed) -> None:
    async with stocked(tmp_path, goods) as (shop, _):
        with pytest.raises(RefusedInput):
            await shop.push("ord_1", "deliver")


# The command


def start(*arguments: str, folder: Path, **environment: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", "server", "demo", *arguments],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={"TMPDIR": str(folder), "PATH": "", **environment},
    )  # fmt: skip


def until_open(process: "subprocess.Popen[str]") -> str:
    """What the terminal shows until the demo is open."""
    assert process.stdout is not None
    said = ""
    while "Press Ctrl-C to stop." not in said:
        line = process.stdout.readline()
        assert line, "the demo ended before it was open"
        said += line
    return said


def _own(folder: Path) -> list[Path]:
    """What the demo put there; the encoder's runtime keeps an empty mark of its own."""
    return [each for each in folder.iterdir() if each.name != ".ses"]


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM])
def test_the_demo_says_where_it_is_and_leaves_nothing_behind(tmp_path: Path, ending: signal.Signals) -> None:
    process = start("--port", "0", folder=tmp_path)
    said = until_open(process)
    assert len(_own(tmp_path)) == 1
    process.send_signal(ending)
    _, complaints = process.communicate(timeout=30)
    assert (process.returncode, complaints) == (0, "")
    assert _own(tmp_path) == []
    assert len(re.findall(r"http://127\.0\.0\.1:\d+/", said)) == 3
    for login in LOGINS:
        assert f"{login.email} " in said
        assert f" {login.password} " in said


def test_a_browser_opens_on_the_shop(tmp_path: Path) -> None:
    """The browser of this test writes the address down into a pipe."""
    browser, pipe = tmp_path / "browser", tmp_path / "pipe"
    browser.write_text(f'#!/bin/sh\necho "$1" > {pipe}\n')
    browser.chmod(0o700)
    os.mkfifo(pipe)
    process = start("--port", "0", "--open", folder=tmp_path, BROWSER=f"{browser} %s")
    opened = pipe.read_text().strip()
    assert f"Shop with the chat   {opened}/\n" in until_open(process)
    process.terminate()
    process.communicate(timeout=30)


def test_a_port_that_is_taken_is_said_in_one_line(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        process = start("--port", str(taken.getsockname()[1]), folder=tmp_path)
        said, complaints = process.communicate(timeout=30)
    assert (process.returncode, said) == (1, "")
    assert re.fullmatch(r"onethread: port \d+ is taken: choose another, such as --port 8010\n", complaints)


def test_a_port_that_there_is_not_is_refused() -> None:
    with pytest.raises(OperatorError, match="port 99999 cannot be used"):
        run(99999, None, opens=False)
