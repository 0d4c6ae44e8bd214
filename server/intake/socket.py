"""`WS /widget/socket`: a browser's live conversation. Frames are in docs/socket.md.

One task reads; while there is something to read from the log or to write, one task each does so. All belong to the socket
and end with it, and an idle socket has but the one. A message is acknowledged after its commit. Whatever goes wrong ends in
a frame or a close code that the browser can act on.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from typing import Any, Final

from starlette.types import Message, Receive, Scope, Send

from memory import threads, turns
from memory.engines.base import Tx
from memory.errors import StorageError
from server import telemetry
from server.errors import RefusedInput
from server.inbox import Accepted, burst
from server.intake import frames, speaking
from server.intake.doors import Doors, Patience, doors_of
from server.intake.feed import Feed
from server.intake.frames import (
    Hello,
    HumanFrame,
    PingFrame,
    ReadFrame,
    ResumeFrame,
    SendFrame,
    TypingFrame,
)
from server.intake.framing import PROTOCOL, Frame, cut, encode
from server.intake.limits import Bucket
from server.intake.origins import is_allowed
from server.intake.outgoing import Outgoing
from server.intake.tickets import Ticket
from server.web import client_ip, header

_ABORT_S: Final = 1.0
_TYPING_PER_S: Final = 1 / 3
_BURST_S: Final = 8.0
_FRAMES_BURST: Final = 3
_STRIKES: Final = 5
_EXCESS: Final = 60
_PINGS_PER_LOOK: Final = 2
_log = logging.getLogger("onethread.intake")


class Refused(Exception):
    """The connection ends with a close code."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


async def endpoint(scope: Scope, receive: Receive, send: Send) -> None:
    """One socket, from the handshake to its end."""
    doors = doors_of(scope)
    await receive()
    if not is_allowed(doors.services.settings, header(scope, b"origin")):
        await send({"type": "websocket.close", "code": 4403})
        return
    await send({"type": "websocket.accept"})
    socket = Socket(doors, scope, receive, send)
    if not doors.live.enter(socket.ip, socket):
        await send({"type": "websocket.close", "code": 4429, "reason": "too many connections"})
        return
    telemetry.sockets.labels("widget").inc()
    try:
        await socket.run()
    except OSError:  # the browser is gone
        return
    finally:
        telemetry.sockets.labels("widget").dec()
        doors.live.leave(socket.ip, socket, socket.visitor)


class Socket:
    """One open socket. Everything it owns ends with `run`."""

    __slots__ = (
        "_closing", "_doors", "_feed", "_group", "_heard_at", "_is_following", "_is_storing", "_is_writing", "_limits",
        "_loop", "_origin", "_out", "_pings", "_receive", "_send", "_sending_at", "_voice", "_watching", "_working",
        "_written_until", "ip", "visitor",
    )  # fmt: skip

    def __init__(self, doors: Doors, scope: Scope, receive: Receive, send: Send) -> None:
        self._doors = doors
        self._receive = receive
        self._send = send
        self._origin = header(scope, b"origin")
        self._out = Outgoing(lambda: self.close(4408, "too slow"))
        self._closing: tuple[int, str] | None = None
        self._loop = asyncio.get_running_loop()
        self._heard_at = self._loop.time()
        self._limits = _Limits(doors)
        self._sending_at = 0.0
        self._written_until = 0.0
        self._pings = 0
        self._feed: Feed
        self._voice: speaking.Voice
        self._watching: asyncio.TimerHandle
        self._group: asyncio.TaskGroup | None = None
        self._working: set[asyncio.Task[None]] = set()
        self._is_writing = False
        self._is_following = False
        self._is_storing = False
        self.ip = client_ip(scope)
        self.visitor = ""

    # Sink and Connection

    def put(self, frame: Frame) -> None:
        """Queue a frame."""
        self._out.put(encode(frame), is_passing=frame["t"] == "delta")
        self._begin_writing()

    async def room(self) -> None:
        """Wait until a replay may go on."""
        await self._out.room()

    def close(self, code: int, reason: str = "") -> None:
        """End the connection after what is queued; a browser that takes nothing is cut off."""
        if self._closing is None:
            self._closing = (code, reason)
            telemetry.closed.labels(str(code)).inc()
            self._out.finish()
            self._begin_writing()
            self._loop.call_later(_ABORT_S, cut, self._send)

    async def say_goodbye(self, retry_after_s: float) -> None:
        """The process stops."""
        self.put({"t": "bye", "code": 1012, "retry_after": round(retry_after_s, 1)})
        self.close(1012, "restart")

    # The life of a socket

    async def run(self) -> None:
        """Hello, then read, follow and write until one of them ends."""
        try:
            hello = await self._hello()
            if hello is not None:
                await self._open(hello)
        except Refused as refusal:
            await self._end(refusal.code, refusal.reason)
        except StorageError:
            await self._end(1013, "not now")

    async def _hello(self) -> Hello | None:
        try:
            async with asyncio.timeout(self._doors.patience.hello_s):
                message = await self._receive()
        except TimeoutError:
            raise Refused(4401, "no hello in time") from None
        if message["type"] == "websocket.disconnect":
            return None
        try:
            frame = frames.read(message.get("text") or "")
        except RefusedInput as error:
            raise Refused(4400, str(error)) from None
        if not isinstance(frame, Hello):
            raise Refused(4400, "the first frame is hello")
        if frame.v != PROTOCOL:
            raise Refused(4400, f"this server speaks version {PROTOCOL}")
        return frame

    async def _open(self, hello: Hello) -> None:
        ticket = self._admit(hello)
        self.visitor = ticket.speaker.topic
        self._doors.live.recognise(self.visitor, self)
        self._voice = speaking.voice_of(ticket, self.ip)
        self._feed = Feed(self._doors, ticket, self)
        try:
            welcome = await self._feed.open(hello)
            if welcome is None:
                raise Refused(4404, "no such thread")
            self.put(welcome)
            await self._live()
        finally:
            self._feed.close()

    def _admit(self, hello: Hello) -> Ticket:
        try:
            ticket = self._doors.tickets.admit(hello.token)
        except RefusedInput as error:
            raise Refused(4401, str(error)) from None
        if ticket.origin != self._origin:
            raise Refused(4401, "the token belongs to another page")
        return ticket

    async def _live(self) -> None:
        self._watching = self._loop.call_later(_tick(self._doors.patience), self._watch)
        try:
            async with asyncio.TaskGroup() as group:
                self._group = group
                self._begin_writing()
                self.due()
                try:
                    await self._read()
                finally:
                    self._group = None
                    for task in self._working:
                        task.cancel()
        finally:
            self._watching.cancel()

    def _watch(self) -> None:
        """Now and then: is the browser still there, and does it take what it is sent? One timer, none for each frame."""
        now, patience = self._loop.time(), self._doors.patience
        if self._sending_at and now - self._sending_at > patience.send_s:
            self.close(4408, "too slow")
            cut(self._send)
        elif now - self._heard_at > patience.idle_s:
            self.close(1001, "idle")
        self._watching = self._loop.call_later(_tick(patience), self._watch)

    async def _end(self, code: int, reason: str) -> None:
        telemetry.closed.labels(str(code)).inc()
        await self._send({"type": "websocket.close", "code": code, "reason": reason[:100]})

    # Writing

    def _begin_writing(self) -> None:
        if not self._is_writing and self._group is not None:
            self._is_writing = True
            self._start(self._group, self._write(), "widget socket writer")

    def _start(self, group: asyncio.TaskGroup, work: Coroutine[Any, Any, None], name: str) -> None:
        task = group.create_task(work, name=name)
        self._working.add(task)
        task.add_done_callback(self._working.discard)

    async def _write(self) -> None:
        """Write what is queued, and the close after the last frame."""
        try:
            while (text := self._out.pop()) is not None:
                self._sending_at = self._loop.time()
                await self._send({"type": "websocket.send", "text": text})
            if self._closing is not None:
                code, reason = self._closing
                await self._send({"type": "websocket.close", "code": code, "reason": reason})
            self._is_writing = self._closing is not None
        except OSError:  # the browser is gone; the reader sees it too
            return
        finally:
            self._sending_at = 0.0

    # Following

    def due(self) -> None:
        """Something is to be read from the log."""
        if not self._is_following and not self._is_storing and self._group is not None:
            self._is_following = True
            self._start(self._group, self._follow(), "widget socket feed")

    async def _follow(self) -> None:
        try:
            await self._feed.catch_up()
            if self._feed.went_over:
                self.close(4401, "signed in elsewhere")
        except Exception:  # the edge of a socket: it ends with a code, the browser comes back
            self._failed()
        finally:
            self._is_following = False

    def _failed(self) -> None:
        telemetry.errors.labels("socket").inc()
        _log.exception("socket failed", extra={"conv": self._voice.conv})
        self.close(1011, "something went wrong here")

    # Reading

    async def _read(self) -> None:
        while True:
            message = await self._receive()
            if message["type"] == "websocket.disconnect":
                return
            self._heard_at = self._loop.time()
            try:
                await self._hear(message)
            except Exception:  # the edge of a socket, as above
                self._failed()

    async def _hear(self, message: Message) -> None:
        text = message.get("text")
        try:
            if text is None:
                raise RefusedInput("bad_frame", "frames are text")
            frame = frames.read(text)
        except RefusedInput as error:
            self._strike(error)
            return
        if not self._limits.takes_frame(self._heard_at):
            self._excess(frame)
        elif frame is not None:
            await self._answers[type(frame)](self, frame)

    def _strike(self, error: RefusedInput) -> None:
        self.put({"t": "error", "code": error.code, "message": str(error)})
        if not self._limits.strikes.take(self._heard_at):
            self.close(1008, "too many broken frames")

    def _excess(self, frame: object) -> None:
        if isinstance(frame, SendFrame):
            self.put(speaking.nack(frame.cid, RefusedInput("rate", "too fast")))
        if not self._limits.excess.take(self._heard_at):
            self.close(1008, "flood")

    async def _on_send(self, said: SendFrame) -> None:
        if not self._limits.messages.take(self._heard_at):
            self.put(speaking.nack(said.cid, RefusedInput("rate", "too fast")))
            return
        mark = self._feed.mark(self._feed.conv)
        self._is_storing = True  # our own message rings too: what is stored here is shown without reading it back
        try:
            self._stored(said.cid, await speaking.say(self._doors, self._voice, said), mark)
        except RefusedInput as error:
            self.put(speaking.nack(said.cid, error))
        finally:
            self._is_storing = False
            if self._feed.is_due:
                self.due()

    def _stored(self, cid: str, accepted: Accepted, mark: int | None) -> None:
        conv = accepted.thread.public_id
        if conv != self._feed.conv:
            self.put({"t": "thread", "conv": conv, "title": accepted.thread.state.title})
            self._feed.conv = conv
            self._voice = speaking.moved(self._voice, conv)
        self.put(speaking.ack(cid, accepted))
        self._feed.stored(accepted, mark)
        self._written_until = self._loop.time() + _BURST_S

    async def _on_human(self, asked: HumanFrame) -> None:
        cid = asked.cid or f"human-{self._doors.services.clock.now().timestamp():.3f}"
        await self._on_send(speaking.asking_for_person(self._voice, cid))

    async def _on_typing(self, typing: TypingFrame) -> None:
        thread_id = self._feed.thread_id(self._feed.conv)
        if thread_id is None or (typing.on and not self._limits.typing.take(self._heard_at)):
            return
        note = {"who": {"type": "customer", "name": ""}, "on": typing.on}
        self._doors.services.bus.publish(f"typing:{thread_id}", note)
        if typing.on and self._heard_at < self._written_until:
            await self._postpone(thread_id)

    async def _postpone(self, thread_id: int) -> None:
        """The customer goes on writing: a turn that is due waits for the rest, within the burst's limit."""
        services = self._doors.services
        at = services.clock.now() + burst(services, "widget")
        with suppress(StorageError):
            await services.database.write(lambda tx: turns.postpone(tx, thread_id, at))

    async def _on_read(self, seen: ReadFrame) -> None:
        thread_id = self._feed.thread_id(seen.conv or self._feed.conv)
        if thread_id is None:
            return

        async def unit(tx: Tx) -> int | None:
            thread = await threads.by_id(tx, thread_id)
            seq = min(max(seen.seq, 0), thread.state.last_seq if thread else 0)
            return seq if await threads.mark_read(tx, thread_id, "customer", seq) else None

        with suppress(StorageError):
            moved = await self._doors.services.database.write(unit)
            if moved is not None:
                self._doors.services.bus.publish(f"read:{thread_id}", {"who": "customer", "seq": moved})

    async def _on_ping(self, ping: PingFrame) -> None:
        self.put({"t": "pong", "n": ping.n})
        self._pings += 1
        if self._pings % _PINGS_PER_LOOK == 0:
            self._feed.look_again()

    async def _on_resume(self, resume: ResumeFrame) -> None:
        if not self._feed.resume(resume.conv, resume.last_seq):
            self.put({"t": "error", "code": "not_found", "message": "no such thread"})

    async def _on_hello(self, _hello: Hello) -> None:
        self._strike(RefusedInput("bad_frame", "hello was said"))

    _answers: Final[dict[type[Any], Callable[["Socket", Any], Awaitable[None]]]] = {
        Hello: _on_hello,
        SendFrame: _on_send,
        HumanFrame: _on_human,
        TypingFrame: _on_typing,
        ReadFrame: _on_read,
        PingFrame: _on_ping,
        ResumeFrame: _on_resume,
    }


def _tick(patience: Patience) -> float:
    return min(patience.idle_s, patience.send_s) / 2


class _Limits:
    """How fast one socket may speak."""

    __slots__ = ("_frames", "excess", "messages", "strikes", "typing")

    def __init__(self, doors: Doors) -> None:
        limits = doors.services.settings.limits
        self._frames = Bucket(limits.frames_per_s, _FRAMES_BURST * limits.frames_per_s)
        self.messages = Bucket(limits.messages_per_s, 20)
        self.typing = Bucket(_TYPING_PER_S, 1)
        self.strikes = Bucket(0.1, _STRIKES)
        self.excess = Bucket(1, _EXCESS)

    def takes_frame(self, now: float) -> bool:
        """Whether one more frame is within the limit."""
        return self._frames.take(now)
