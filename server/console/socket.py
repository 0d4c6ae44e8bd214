"""`WS /console/socket`: the live desk of one browser tab. Frames are in docs/socket.md.

One task reads, one follows, one writes; all end with the socket. The cookie is asked once at the door and again with every read.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any, Final

from starlette.types import Message, Receive, Scope, Send

from memory import threads
from memory.engines.base import Tx
from memory.errors import StorageError
from server import telemetry
from server.console import frames
from server.console.feed import Feed, SignedOut
from server.console.frames import (
    Hello,
    LeaveFrame,
    OpenFrame,
    PingFrame,
    PresenceFrame,
    ReadFrame,
    TypingFrame,
)
from server.console.room import Room, room_of
from server.console.sessions import Session, session_of
from server.errors import RefusedInput
from server.intake.doors import doors_of
from server.intake.framing import PROTOCOL, Frame, cut, encode
from server.intake.limits import Bucket
from server.intake.outgoing import Outgoing
from server.web import client_ip, header, own_origins

HELLO_S: Final = 5.0
IDLE_S: Final = 60.0
SEND_S: Final = 10.0
HEARTBEAT_S: Final = 15
_ABORT_S: Final = 1.0
_log = logging.getLogger("onethread.console")


class App:
    """The socket as an ASGI application: Starlette would wrap a plain function in a WebSocket object."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One socket, from the handshake to its end."""
        room = room_of(scope)
        await receive()
        if header(scope, b"origin") not in own_origins(room.services.settings):
            await send({"type": "websocket.close", "code": 4403})
            return
        with suppress(OSError):  # the browser is gone
            await send({"type": "websocket.accept"})
            await _serve(room, scope, receive, send)


async def _serve(room: Room, scope: Scope, receive: Receive, send: Send) -> None:
    try:
        session = await session_of(room.services, scope)
    except StorageError:
        await send({"type": "websocket.close", "code": 1013, "reason": "not now"})
        return
    if session is None:
        await send({"type": "websocket.close", "code": 4401, "reason": "sign in"})
        return
    live, ip = doors_of(scope).live, client_ip(scope)
    socket = Socket(room, session, receive, send)
    if not live.enter(ip, socket):
        await send({"type": "websocket.close", "code": 4429, "reason": "too many connections"})
        return
    telemetry.sockets.labels("console").inc()
    try:
        await socket.run()
    finally:
        telemetry.sockets.labels("console").dec()
        live.leave(ip, socket, "")


class Socket:
    """One open console. Everything that it owns ends with `run`."""

    def __init__(self, room: Room, session: Session, receive: Receive, send: Send) -> None:
        self._room = room
        self._receive = receive
        self._send = send
        self._out = Outgoing(lambda: self.close(4408, "too slow"))
        self._closing: tuple[int, str] | None = None
        self._loop = asyncio.get_running_loop()
        self._heard_at = self._loop.time()
        self._pace = Bucket(20, 60)
        self._excess = Bucket(1, 60)
        self._typing = Bucket(1, 4)
        self._session = session
        self._feed = Feed(room, self)

    # Seat, Sink and Connection

    @property
    def session(self) -> Session:
        """Whose console this is."""
        return self._session

    def put(self, frame: Frame) -> None:
        """Queue a frame; nothing more is queued once the connection ends."""
        if self._closing is None:
            self._out.put(encode(frame))

    async def room(self) -> None:
        """Wait until a replay may go on."""
        await self._out.room()

    def close(self, code: int, reason: str = "") -> None:
        """End the connection; a browser that takes nothing is cut off."""
        if self._closing is None:
            self._closing = (code, reason)
            telemetry.closed.labels(str(code)).inc()
            self._out.finish()
            self._loop.call_later(_ABORT_S, cut, self._send)

    async def say_goodbye(self, retry_after_s: float) -> None:
        """The process stops."""
        self.put({"t": "bye", "code": 1012, "retry_after": round(retry_after_s, 1)})
        self.close(1012, "restart")

    # The life of a socket

    async def run(self) -> None:
        """Hello, then read, follow and write until one of them ends."""
        hello = await self._hello()
        if hello is None:
            return
        self._room.sit(self)
        try:
            await self._live(hello)
        finally:
            await self._feed.end()

    async def _hello(self) -> Hello | None:
        """The first frame; None when the connection ended instead."""
        try:
            async with asyncio.timeout(HELLO_S):
                message = await self._receive()
        except TimeoutError:
            await self._refuse(4401, "no hello in time")
            return None
        if message["type"] == "websocket.disconnect":
            return None
        try:
            frame = frames.read(message.get("text") or "")
        except RefusedInput as error:
            await self._refuse(4400, str(error))
            return None
        if not isinstance(frame, Hello) or frame.v != PROTOCOL:
            await self._refuse(4400, f"the first frame is hello, version {PROTOCOL}")
            return None
        return frame

    async def _refuse(self, code: int, reason: str) -> None:
        telemetry.closed.labels(str(code)).inc()
        await self._send({"type": "websocket.close", "code": code, "reason": reason[:100]})

    async def _live(self, hello: Hello) -> None:
        self.put(self._welcome())
        watch = self._loop.call_later(IDLE_S, self._watch)
        self._idle = watch
        try:
            async with asyncio.TaskGroup() as group:
                others = [
                    group.create_task(self._write(), name="console socket writer"),
                    group.create_task(self._follow(hello), name="console socket feed"),
                ]
                try:
                    await self._read()
                finally:
                    for task in others:
                        task.cancel()
        finally:
            self._idle.cancel()

    def _welcome(self) -> Frame:
        agent = self._session.agent
        return {
            "t": "welcome",
            "server_time": self._room.services.clock.now().isoformat(),
            "heartbeat": HEARTBEAT_S,
            "resume": "ok",
            "agent": {"id": str(agent.id), "name": agent.name, "role": agent.role},
        }

    def _watch(self) -> None:
        rest = self._heard_at + IDLE_S - self._loop.time()
        if rest <= 0:
            self.close(1001, "idle")
        else:
            self._idle = self._loop.call_later(rest, self._watch)

    # Writing

    async def _write(self) -> None:
        try:
            while (text := await self._out.take()) is not None:
                async with asyncio.timeout(SEND_S):
                    await self._send({"type": "websocket.send", "text": text})
            code, reason = self._closing or (1011, "")
            await self._send({"type": "websocket.close", "code": code, "reason": reason})
        except TimeoutError:
            self.close(4408, "too slow")
            cut(self._send)
        except OSError:  # the browser is gone; the reader sees it too
            return

    # Following

    async def _follow(self, hello: Hello) -> None:
        try:
            await self._feed.start(hello.seen)
            await self._feed.run()
        except SignedOut:
            self.close(4401, "signed out")
        except StorageError:
            self.close(1013, "not now")
        except Exception:  # the edge of a socket: it ends with a code, the browser comes back
            self._failed()

    def _failed(self) -> None:
        telemetry.errors.labels("socket").inc()
        _log.exception("console socket failed", extra={"agent": self._session.agent.id})
        self.close(1011, "something went wrong here")

    # Reading

    async def _read(self) -> None:
        while True:
            message = await self._receive()
            if message["type"] == "websocket.disconnect":
                return
            self._heard_at = self._loop.time()
            if self._closing is not None:
                continue
            try:
                await self._hear(message)
            except StorageError:
                self.put({"t": "error", "code": "busy", "message": "not now"})
            except Exception:  # the edge of a socket, as above
                self._failed()

    async def _hear(self, message: Message) -> None:
        try:
            frame = frames.read(message.get("text") or "")
        except RefusedInput as error:
            self.put({"t": "error", "code": error.code, "message": str(error)})
            self._count_excess()
            return
        if not self._pace.take(self._heard_at):
            self._count_excess()
        elif frame is not None:
            await self._answers[type(frame)](self, frame)

    def _count_excess(self) -> None:
        if not self._excess.take(self._heard_at):
            self.close(1008, "flood")

    async def _on_open(self, wanted: OpenFrame) -> None:
        self._feed.open(wanted.conv, wanted.last_seq)
        self._room.look(self, wanted.conv)
        await self._room.touch(self._session)

    async def _on_leave(self, left: LeaveFrame) -> None:
        self._feed.leave(left.conv)
        self._room.look(self, "")

    async def _on_typing(self, typing: TypingFrame) -> None:
        thread_id, agent = self._feed.thread_id(typing.conv), self._feed.agent
        if thread_id is None or agent.role == "viewer" or (typing.on and not self._typing.take(self._heard_at)):
            return
        who = {"type": "agent", "name": agent.name, "id": agent.id}
        self._room.services.bus.publish(f"typing:{thread_id}", {"who": who, "on": typing.on})
        await self._room.touch(self._session)

    async def _on_read(self, seen: ReadFrame) -> None:
        thread_id, agent_id = self._feed.thread_id(seen.conv), self._session.agent.id
        if thread_id is None:
            return

        async def unit(tx: Tx) -> int | None:
            thread = await threads.by_id(tx, thread_id)
            seq = min(seen.seq, thread.state.last_seq if thread else 0)
            return seq if await threads.mark_read(tx, thread_id, f"agent:{agent_id}", seq) else None

        moved = await self._room.services.database.write(unit)
        if moved is not None:
            bus = self._room.services.bus
            bus.publish(f"read:{thread_id}", {"who": "agent", "seq": moved})
            bus.publish("inbox", thread_id)
        await self._room.touch(self._session)

    async def _on_presence(self, presence: PresenceFrame) -> None:
        await self._feed.be_away(away=presence.away)

    async def _on_ping(self, ping: PingFrame) -> None:
        self.put({"t": "pong", "n": ping.n})

    async def _on_hello(self, _hello: Hello) -> None:
        self.put({"t": "error", "code": "bad_frame", "message": "hello was said"})

    _answers: Final[dict[type[Any], Callable[["Socket", Any], Awaitable[None]]]] = {
        Hello: _on_hello,
        OpenFrame: _on_open,
        LeaveFrame: _on_leave,
        TypingFrame: _on_typing,
        ReadFrame: _on_read,
        PresenceFrame: _on_presence,
        PingFrame: _on_ping,
    }
