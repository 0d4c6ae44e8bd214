"""The whole demo, served where it says that it is, and somebody who holds its devices."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2

from server.clock import SystemClock
from server.demo.run import demo, demo_settings
from server.demo.simulators import Simulators
from server.services import Services
from tests.support.servers import serve

ANA = "cus_0001"
OURS = {"x-onethread-demo": "1", "sec-fetch-site": "same-origin"}
PACE = 2000.0
"""Letters a second of the voice: nobody listens."""


@dataclass(frozen=True, slots=True)
class Opened:
    """The running demo, and whoever holds the devices."""

    url: str
    client: httpx2.AsyncClient
    simulators: Simulators
    services: Services

    async def look(self, who: str = ANA) -> dict[str, Any]:
        """Everything that somebody's devices show."""
        found: dict[str, Any] = (await self.client.get("/demo/devices", params={"as": who})).json()
        return found

    async def do(self, what: str, who: str = ANA, **told: object) -> httpx2.Response:
        """Do one thing with a device."""
        return await self.client.post(f"/demo/devices/{what}", json={"as": who, **told}, headers=OURS)

    async def until(self, holds: Callable[[dict[str, Any]], Any], who: str = ANA) -> dict[str, Any]:
        """What the devices show once something holds. Fails after a while."""
        for _ in range(400):
            world = await self.look(who)
            if holds(world):
                return world
            await asyncio.sleep(0.05)
        raise AssertionError(f"what the test waits for did not come about: {world}")


@asynccontextmanager
async def opened_demo(folder: Path, *, pace: float = PACE) -> AsyncIterator[Opened]:
    """The demo over a folder at the address that its settings name."""
    with closing(socket.socket()) as listener:
        listener.bind(("127.0.0.1", 0))
        settings = demo_settings(folder, listener.getsockname()[1])
        async with (
            demo(settings, SystemClock(), pace=pace) as app,
            serve(app, listener=listener) as url,
            httpx2.AsyncClient(base_url=url, timeout=20) as client,
        ):
            yield Opened(url, client, app.state.simulators, app.state.services)


def said(world: dict[str, Any], channel: str) -> list[str]:
    """The shop's messages on the phone."""
    return [each["text"] for each in world["phone"][channel]["messages"] if not each["mine"]]
