"""The application as a whole: health, background loops, and its end."""

import asyncio
import logging
from collections.abc import Iterator
from pathlib import Path

import httpx2
import msgspec
import pytest
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from memory.engines import connect
from memory.engines.base import Tx
from server.app import Loop, build, open_services
from server.services import Services
from server.settings import DatabaseSettings, ServerSettings, Settings
from server.web import services_of
from tests.faults.process import ServerProcess
from tests.server.intake.browser import Browser, Tab
from tests.support.servers import serve


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    logger = logging.getLogger("onethread")
    logger.propagate = False
    yield
    logger.propagate = True


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(
        server=ServerSettings(data=str(tmp_path / "data"), secret_keys=("k" * 40,)),
        database=DatabaseSettings(url=f"sqlite:///{tmp_path / 'test.db'}"),
    )


async def get(url: str, path: str) -> httpx2.Response:
    async with httpx2.AsyncClient(base_url=url, trust_env=False, verify=False) as client:
        return await client.get(path)


async def test_a_healthy_process_says_so(settings: Settings) -> None:
    async with serve(build(settings, loops=())) as url:
        health, ready, metrics = [await get(url, path) for path in ("/healthz", "/readyz", "/metrics")]
    assert health.json() == {"status": "ok"}
    assert ready.json() == {"status": "ok", "database": True, "migrations": []}
    assert "onethread_sockets" in metrics.text
    assert metrics.headers["content-type"].startswith("text/plain; version=0.0.4")


async def test_a_process_whose_database_lacks_a_migration_is_not_ready(settings: Settings) -> None:
    app = build(settings, loops=())
    async with serve(app) as url:

        async def forget(tx: Tx) -> int:
            return await tx.run("DELETE FROM migrations")

        await app.state.services.database.write(forget)
        answer = await get(url, "/readyz")
    assert answer.status_code == 503
    assert answer.json()["migrations"]


async def test_a_process_whose_database_is_closed_is_not_ready(settings: Settings) -> None:
    app = build(settings, loops=())
    async with serve(app) as url:
        await app.state.services.database.close()
        assert (await get(url, "/readyz")).status_code == 503
        assert (await get(url, "/healthz")).status_code == 200


async def test_given_routes_are_served_and_share_the_services(settings: Settings) -> None:
    async def shop(request: Request) -> Response:
        return PlainTextResponse(services_of(request.scope).settings.shop.name)

    async with serve(build(settings, loops=(), routes=[Route("/shop", shop)])) as url:
        assert (await get(url, "/shop")).text == "Our shop"


async def test_a_loop_that_fails_is_begun_again(settings: Settings) -> None:
    begun: list[str] = []
    again = asyncio.Event()

    async def shaky(services: Services) -> None:
        begun.append(services.instance)
        if len(begun) > 1:
            again.set()
            await asyncio.Event().wait()
        raise KeyError("something")

    async with serve(build(settings, loops=(Loop("shaky", shaky),))) as url:
        async with asyncio.timeout(5):
            await again.wait()
        assert (await get(url, "/healthz")).status_code == 200
    assert len(begun) == 2


async def test_loops_end_with_the_application(settings: Settings) -> None:
    ended: list[str] = []

    async def endless(_services: Services) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.append("ended")

    async with serve(build(settings, loops=(Loop("endless", endless),))) as url:
        await get(url, "/healthz")
    assert ended == ["ended"]


async def test_a_given_database_stays_open(settings: Settings, tmp_path: Path) -> None:
    database = await connect(f"sqlite:///{tmp_path / 'given.db'}")
    async with serve(build(settings, database=database, loops=())) as url:
        await get(url, "/readyz")

    async def one(tx: Tx) -> bool:
        return await tx.one("SELECT 1") is not None

    assert await database.read(one)
    await database.close()


async def test_a_key_is_made_once_and_kept(tmp_path: Path) -> None:
    settings = Settings(server=ServerSettings(data=str(tmp_path)))
    keys = []
    for _ in range(2):
        services = await open_services(settings)
        keys.append(services.settings.server.secret_keys)
        await services.database.close()
    assert keys[0] == keys[1] != ()


async def test_sigterm_says_goodbye_and_ends_cleanly(tmp_path: Path) -> None:
    process = ServerProcess(tmp_path)
    await process.start()
    browser = Browser(process.url, process.url)
    session = await browser.session()
    async with browser.tab(session) as tab:
        ack = await tab.say("kept")
        async with asyncio.TaskGroup() as group:
            ending, closing = group.create_task(process.stop()), group.create_task(tab.closed())
        status, code = ending.result(), closing.result()
    goodbye = tab.frames[-1]
    assert (goodbye["t"], goodbye["code"], code, status) == ("bye", 1012, 1012, 0)
    assert 0 <= goodbye["retry_after"] <= 20
    await process.start()
    again = await browser.session(visitor=session.visitor)
    async with browser.dial() as link:
        tab = Tab(link)
        await link.send(msgspec.json.encode({"t": "hello", "v": 1, "token": again.token}).decode())
        shown = await tab.until("msg", seq=ack["seq"])
    assert shown["text"] == "kept"
    await process.stop()
