"""The floor that a turn is measured against: the same stack, one durable insert, and an echo.

It shares uvicorn, websockets, uvloop, msgspec and the group-committing writer with the product and does nothing else: each frame
or body is decoded, inserted with an fsync, and sent back.
"""

import argparse
import tempfile
from pathlib import Path

import msgspec
import uvicorn
from starlette.types import Receive, Scope, Send

from memory.engines.base import Tx
from memory.engines.sqlite import SqliteDatabase

_INSERT = "INSERT INTO said (at, text) VALUES (?, ?)"


class Floor:
    """An ASGI application that stores every text frame and echoes it, and every POST and says so."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._database: SqliteDatabase | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one lifespan or one socket."""
        if scope["type"] == "lifespan":
            await self._lifespan(receive, send)
        elif scope["type"] == "websocket":
            await self._socket(receive, send)
        else:
            await self._post(receive, send)

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        await receive()
        self._database = await SqliteDatabase.open(self._path, readers=1)

        async def create(tx: Tx) -> int:
            return await tx.run("CREATE TABLE said (id INTEGER PRIMARY KEY, at BIGINT, text TEXT)")

        await self._database.write(create)
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await self._database.close()
        await send({"type": "lifespan.shutdown.complete"})

    async def _socket(self, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        while (message := await receive())["type"] == "websocket.receive":
            frame = msgspec.json.decode(message["text"])
            await self._keep(str(frame["text"]))
            await send({"type": "websocket.send", "text": msgspec.json.encode({"t": "echo", **frame}).decode()})

    async def _post(self, receive: Receive, send: Send) -> None:
        body, more = b"", True
        while more:
            message = await receive()
            body, more = body + message.get("body", b""), message.get("more_body", False)
        await self._keep(str(msgspec.json.decode(body)["text"]))
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"0")]})
        await send({"type": "http.response.body", "body": b""})

    async def _keep(self, text: str) -> None:
        if self._database is None:
            raise RuntimeError("the floor has not started")

        async def unit(tx: Tx) -> None:
            await tx.run(_INSERT, (0, text))

        await self._database.write(unit)


def main() -> None:
    """Serve the floor on a port."""
    parser = argparse.ArgumentParser(description="the bench's floor")
    parser.add_argument("--port", type=int, required=True)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        app = Floor(Path(folder) / "floor.db")
        uvicorn.run(
            app,
            port=arguments.port,
            log_level="error",
            ws="websockets-sansio",
            ws_per_message_deflate=False,
            lifespan="on",
        )


if __name__ == "__main__":
    main()
