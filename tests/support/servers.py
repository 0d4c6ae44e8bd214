"""Real servers for tests: uvicorn on a free port of 127.0.0.1, in the test's own event loop.

The protocols are those of production (httptools, websockets-sansio, uvloop through the test's loop). It knows no
application: any ASGI callable will do, ours or a stand-in of somebody else's service.
"""

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import uvicorn
from typing_extensions import override

_LOOK_S = 0.003


class _Server(uvicorn.Server):
    """Announces that it serves, stops when told, and leaves the signals to pytest."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.serving = asyncio.Event()
        self.stopping = asyncio.Event()

    @override
    async def startup(self, sockets: Any = None) -> None:
        await super().startup(sockets)
        self.serving.set()

    @override
    async def main_loop(self) -> None:
        await self.on_tick(0)
        await self.stopping.wait()

    @override
    async def shutdown(self, sockets: Any = None) -> None:
        """As uvicorn's, but it looks every few milliseconds where that one sleeps for a tenth of a second."""
        for listener in self.servers:
            listener.close()
        for connection in list(self.server_state.connections):
            connection.shutdown()
        try:
            async with asyncio.timeout(self.config.timeout_graceful_shutdown):
                while self.server_state.connections or self.server_state.tasks:  # noqa: ASYNC110 - uvicorn has no event for it
                    await asyncio.sleep(_LOOK_S)
                for listener in self.servers:
                    await listener.wait_closed()
        except TimeoutError:
            for task in self.server_state.tasks:
                task.cancel(msg="the test is over")
        await self.lifespan.shutdown()

    @override
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    @property
    def url(self) -> str:
        port: int = self.servers[0].sockets[0].getsockname()[1]
        return f"http://127.0.0.1:{port}"


@asynccontextmanager
async def serve(app: Any, *, grace_s: int = 2, listener: socket.socket | None = None) -> AsyncIterator[str]:
    """Serve `app` while the block runs; gives its base URL, `http://127.0.0.1:<port>`.

    `listener` is a bound socket, for an application that must know its own address before.

    A failed start-up is raised here. On leaving, open connections get `grace_s` seconds before they are cut.
    """
    config = uvicorn.Config(
        app,
        host="127.0.0.1",
        port=0,
        http="httptools",
        ws="websockets-sansio",
        ws_max_size=65536,
        ws_max_queue=16,
        ws_per_message_deflate=False,
        server_header=False,
        proxy_headers=False,
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=grace_s,
    )
    server = _Server(config)
    running = asyncio.create_task(_run(server, listener))
    try:
        await _until_serving(server, running)
        yield server.url
    finally:  # also when the test failed: the server ends as it would for an operator, and leaves nothing behind
        server.stopping.set()
        await running


async def _run(server: _Server, listener: socket.socket | None) -> None:
    try:
        await server.serve(sockets=[listener] if listener else None)
    except SystemExit as stop:  # uvicorn's way of saying that the application did not start
        raise RuntimeError("the application did not start; its error is in the log above") from stop


async def _until_serving(server: _Server, running: asyncio.Task[None]) -> None:
    async with asyncio.timeout(30):
        while not server.serving.is_set() and not running.done():
            await asyncio.wait([running], timeout=0.005)
    if running.done():
        await running
