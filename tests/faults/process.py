"""A real server in its own process, on a SQLite file that outlives it."""

import asyncio
import os
import signal
import socket
import sys
from asyncio.subprocess import DEVNULL, Process, create_subprocess_exec
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx2

_ROOT = Path(__file__).parents[2]
_START_S = 30.0


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


async def post(client: httpx2.AsyncClient, path: str, **what: Any) -> httpx2.Response:
    """POST to a server that may die meanwhile. Raises httpx2.HTTPError for whatever becomes of the connection.

    A connection that is reset between being made and being looked at has no socket any more: anyio then raises
    AttributeError (`anyio.abc.SocketAttribute`), which the client does not translate.
    """
    try:
        return await client.post(path, **what)
    except AttributeError as gone:
        raise httpx2.ConnectError("the connection was reset as it was made") from gone


class ServerProcess:
    """`onethread serve` over one folder: started, killed and started again on the same port."""

    def __init__(self, folder: Path, environ: Mapping[str, str] | None = None) -> None:
        self.folder = folder
        self.port = free_port()
        self.starts = 0
        self._environ = dict(environ or {})
        self._process: Process | None = None

    @property
    def url(self) -> str:
        """Where it serves."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def environ(self) -> dict[str, str]:
        """The environment that it runs in; another command over the same folder takes the same."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("ONETHREAD_")}
        return {
            **kept,
            "PYTHONPATH": str(_ROOT),
            "ONETHREAD_SERVER__DATA": str(self.folder),
            "ONETHREAD_SERVER__PORT": str(self.port),
            "ONETHREAD_SERVER__LOG_LEVEL": "warning",
            **self._environ,
        }

    async def command(self, *arguments: str) -> None:
        """Run another `onethread` command over the same folder. Raises RuntimeError when it fails."""
        process = await create_subprocess_exec(
            sys.executable, "-m", "server", *arguments, cwd=self.folder, env=self.environ, stdout=DEVNULL
        )
        if await process.wait() != 0:
            raise RuntimeError(f"onethread {arguments[0]} failed")

    async def start(self) -> None:
        """Start and wait until it answers. Raises RuntimeError when it does not."""
        self.starts += 1
        with (self.folder / "server.log").open("ab") as log:
            self._process = await create_subprocess_exec(
                sys.executable, "-m", "server", "serve", cwd=self.folder, env=self.environ, stdout=log, stderr=log
            )
        async with asyncio.timeout(_START_S):
            while not await self._answers():
                if self._process.returncode is not None:
                    raise RuntimeError(f"the server ended with {self._process.returncode}; see {log.name}")
                await asyncio.sleep(0.02)

    async def _answers(self) -> bool:
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        except OSError:
            return False
        writer.write(b"GET /readyz HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
        try:
            return (await reader.read()).startswith(b"HTTP/1.1 200")
        except OSError:
            return False
        finally:
            writer.close()

    async def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Send a signal and wait for the end; the exit status (negative = the signal)."""
        process = self._process
        if process is None:
            return 0
        if process.returncode is None:
            process.send_signal(number)
        self._process = None
        return await process.wait()

    async def kill(self) -> None:
        """kill -9: nothing is finished, nothing is closed."""
        await self.stop(signal.SIGKILL)
