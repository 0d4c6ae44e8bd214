"""A running application with console and API, and nobody who answers by machine."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx2
import msgspec
import pytest
import websockets
from starlette.applications import Starlette
from websockets.asyncio.client import ClientConnection, connect

from memory.agents import Agent
from memory.engines.sqlite import SqliteDatabase
from memory.migrations import migrate
from server.api import api_routes
from server.app import build
from server.clock import HandClock
from server.console.routes import console_routes
from server.console.sessions import Session
from server.services import Services
from server.settings import LimitsSettings, ServerSettings, Settings
from tests.server.console import people
from tests.support.servers import serve

ORIGIN = "http://127.0.0.1:8000"
FRIDAY = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)
Frame = dict[str, Any]


@dataclass
class Tab:
    """An open console socket and every frame that came over it."""

    socket: ClientConnection
    frames: list[Frame] = field(default_factory=list)

    async def send(self, kind: str, /, **keys: Any) -> None:
        """Send one frame."""
        await self.socket.send(msgspec.json.encode({"t": kind, **keys}).decode())

    async def next(self) -> Frame:
        """The next frame, whatever it is."""
        async with asyncio.timeout(10):
            frame: Frame = msgspec.json.decode(await self.socket.recv())
        self.frames.append(frame)
        return frame

    async def until(self, kind: str, **keys: Any) -> Frame:
        """Read on until a frame of this type with these values."""
        while True:
            frame = await self.next()
            if frame["t"] == kind and all(frame.get(key) == value for key, value in keys.items()):
                return frame

    async def row(self, conv: str, **keys: Any) -> Frame:
        """Read on until the inbox shows this thread with these values."""
        while True:
            frame = await self.until("inbox")
            for row in frame["rows"]:
                if row["conv"] == conv and all(row.get(key) == value for key, value in keys.items()):
                    return row  # type: ignore[no-any-return]  # JSON

    async def closed(self) -> int:
        """Read on until the server closes; its code."""
        async with asyncio.timeout(10):
            while True:
                try:
                    self.frames.append(msgspec.json.decode(await self.socket.recv()))
                except websockets.ConnectionClosed as end:
                    return end.rcvd.code if end.rcvd else 1006

    def events(self) -> list[int]:
        """The numbers of the events that came, in their order."""
        return [frame["seq"] for frame in self.frames if frame["t"] == "event"]


@dataclass
class House:
    """A running application, seen from both sides."""

    url: str
    app: Starlette
    clock: HandClock

    @property
    def services(self) -> Services:
        """What the application shares."""
        return self.app.state.services  # type: ignore[no-any-return]  # Starlette's state is untyped

    @asynccontextmanager
    async def http(self, session: Session | None = None, **headers: str) -> AsyncIterator[httpx2.AsyncClient]:
        """A client like the console's page: our Origin, and a session with its token if one is given."""
        own = {"Origin": ORIGIN, **headers}
        if session:
            own |= {"Cookie": f"sid={session.secret}", "X-CSRF-Token": session.csrf, **headers}
        async with httpx2.AsyncClient(base_url=self.url, headers=own, trust_env=False) as client:
            yield client

    @asynccontextmanager
    async def program(self, owner: Agent) -> AsyncIterator[httpx2.AsyncClient]:
        """A client with an agent's bearer token."""
        headers = {"Authorization": f"Bearer {await people.token(self.services, owner)}"}
        async with httpx2.AsyncClient(base_url=self.url, headers=headers, trust_env=False) as client:
            yield client

    def dial(self, session: Session | None, origin: str = ORIGIN) -> connect:
        """A socket without hello."""
        headers = {"Cookie": f"sid={session.secret}"} if session else {}
        url = self.url.replace("http", "ws", 1) + "/console/socket"
        return connect(url, proxy=None, compression=None, origin=websockets.Origin(origin), additional_headers=headers)

    @asynccontextmanager
    async def tab(self, owner: Agent | Session, **hello: Any) -> AsyncIterator[Tab]:
        """An open console, after its whole inbox."""
        session = owner if isinstance(owner, Session) else await people.session(self.services, owner)
        async with self.dial(session) as socket:
            tab = Tab(socket)
            await tab.send("hello", **{"v": 1, "tab": "t", **hello})
            await tab.until("inbox", last=True)
            yield tab

    async def kim(self, role: str = "agent") -> Agent:
        """Somebody who works here."""
        return await people.agent(self.services, f"kim-{role}@shop.example", "Kim Reyes", role)

    async def lee(self, role: str = "agent") -> Agent:
        """Somebody else."""
        return await people.agent(self.services, f"lee-{role}@shop.example", "Lee Park", role)


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty database with its schema, made once."""
    path = tmp_path_factory.mktemp("template") / "empty.db"

    async def make() -> None:
        database = await SqliteDatabase.open(path, readers=1, durable=False)
        await migrate(database, FRIDAY)
        await database.close()

    with ThreadPoolExecutor(1) as pool:
        pool.submit(asyncio.run, make()).result()
    return path


@pytest.fixture
async def house(tmp_path: Path, template: Path) -> AsyncIterator[House]:
    """A running application."""
    await asyncio.to_thread(shutil.copy, template, tmp_path / "test.db")
    database = await SqliteDatabase.open(tmp_path / "test.db", readers=2, durable=False)
    settings = Settings(
        server=ServerSettings(data=str(tmp_path), secret_keys=("k" * 40,), public_url=ORIGIN),
        limits=LimitsSettings(sockets_per_ip=0, messages_per_s=0.0, frames_per_s=0.0, sessions_per_ip=0),
    )
    clock = HandClock(FRIDAY)
    app = build(settings, clock=clock, database=database, routes=[*console_routes(), *api_routes()], loops=())
    async with serve(app, grace_s=1) as url:
        yield House(url, app, clock)
    await database.close()
