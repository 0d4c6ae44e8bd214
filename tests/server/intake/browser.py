"""A browser for tests: opens sessions and sockets on a real server, as the widget does, and keeps what it was sent."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx2
import msgspec
import websockets
from websockets.asyncio.client import ClientConnection, connect

SHOP = "https://shop.example"
_cids = itertools.count()


def cid() -> str:
    """A new client id."""
    return f"0190b0a0-0000-7000-8000-{next(_cids):012d}"


@dataclass
class Session:
    """What POST /widget/session answered."""

    token: str
    conv: str
    visitor: str
    settings: Mapping[str, Any]


@dataclass
class Tab:
    """An open socket and every frame that came over it."""

    socket: ClientConnection
    frames: list[dict[str, Any]] = field(default_factory=list)

    async def send(self, kind: str, /, **keys: Any) -> None:
        """Send one frame."""
        await self.socket.send(msgspec.json.encode({"t": kind, **keys}).decode())

    async def next(self) -> dict[str, Any]:
        """The next frame, whatever it is."""
        async with asyncio.timeout(10):
            frame: dict[str, Any] = msgspec.json.decode(await self.socket.recv())
        self.frames.append(frame)
        return frame

    async def until(self, kind: str, **keys: Any) -> dict[str, Any]:
        """Read on until a frame of this type with these values."""
        while True:
            frame = await self.next()
            if frame["t"] == kind and all(frame.get(key) == value for key, value in keys.items()):
                return frame

    async def say(self, text: str, **keys: Any) -> dict[str, Any]:
        """Send a message; its ack or nack."""
        own = keys.setdefault("cid", cid())
        await self.send("send", text=text, **keys)
        while True:
            frame = await self.next()
            if frame["t"] in ("ack", "nack") and frame["cid"] == own:
                return frame

    async def closed(self) -> int:
        """Read on until the server closes; its code."""
        async with asyncio.timeout(10):
            while True:
                try:
                    self.frames.append(msgspec.json.decode(await self.socket.recv()))
                except websockets.ConnectionClosed as end:
                    return end.rcvd.code if end.rcvd else 1006

    async def settle(self) -> None:
        """Wait until everything that the server has sent so far is here."""
        await self.send("ping", n=(number := next(_cids)))
        await self.until("pong", n=number)


class Browser:
    """One browser at one server."""

    def __init__(self, url: str, origin: str = SHOP) -> None:
        self.url = url
        self.origin = origin

    @asynccontextmanager
    async def http(self) -> AsyncIterator[httpx2.AsyncClient]:
        """A plain HTTP client that sends our Origin."""
        async with httpx2.AsyncClient(
            base_url=self.url, headers={"Origin": self.origin}, trust_env=False, verify=False
        ) as client:
            yield client

    async def post_session(self, **body: Any) -> httpx2.Response:
        """The raw answer of the session's door."""
        async with self.http() as client:
            return await client.post("/widget/session", json=body)

    async def session(self, **body: Any) -> Session:
        """A session."""
        answer = await self.post_session(**body)
        assert answer.status_code == 200, answer.text
        return Session(**answer.json())

    def dial(self, **options: Any) -> connect:
        """A socket without hello."""
        options.setdefault("origin", self.origin)
        url = self.url.replace("http", "ws", 1) + "/widget/socket"
        return connect(url, proxy=None, compression=None, **options)

    @asynccontextmanager
    async def tab(self, session: Session, **hello: Any) -> AsyncIterator[Tab]:
        """An open conversation, after its `welcome`."""
        async with self.dial() as socket:
            tab = Tab(socket)
            await tab.send("hello", **{"v": 1, "token": session.token, "tab": "t", **hello})
            await tab.until("welcome")
            yield tab


def durable(frames: list[dict[str, Any]], conv: str | None = None) -> list[dict[str, Any]]:
    """The numbered frames, of one thread or of all."""
    return [frame for frame in frames if "prev" in frame and conv in (None, frame["conv"])]
