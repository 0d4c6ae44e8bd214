"""Without sockets: `GET /widget/events` streams the same frames, `POST /widget/send` takes what a socket would carry."""

import asyncio
from typing import Final

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from server import telemetry
from server.errors import RefusedInput
from server.intake import sight, speaking
from server.intake.doors import Doors, doors_of
from server.intake.entry import ticket_of
from server.intake.feed import Feed
from server.intake.frames import Hello, SendFrame
from server.intake.framing import PROTOCOL, Frame, encode
from server.intake.outgoing import Outgoing
from server.intake.tickets import Ticket
from server.web import client_ip, error_response, json_response, read_json

_STATUS: Final = {"rate": 429, "too_long": 413, "busy": 503, "bad_attachment": 422, "blocked": 403, "closed": 409}


class _Said(msgspec.Struct):
    """The `send` frame as a request: `t` may be absent."""

    cid: str
    text: str = ""
    attachments: list[str] = []
    reply_to: int | None = None
    choice: str | None = None
    conv: str = ""
    t: str = "send"


async def send(request: Request) -> Response:
    """Store what was said; the answer is the `ack` frame, or a `nack` frame with the status that fits."""
    doors = doors_of(request.scope)
    ticket = ticket_of(doors, request)
    said = await read_json(request, _Said)
    frame = SendFrame(said.cid, said.text, said.attachments, said.reply_to, said.choice, said.conv)
    bucket = doors.messages.of(ticket.speaker.visitor)
    if not bucket.take(asyncio.get_running_loop().time()):
        return _refused(said.cid, RefusedInput("rate", "too fast"))
    conv = said.conv or ticket.conv
    await _check_conv(doors, ticket, conv)
    voice = speaking.moved(speaking.voice_of(ticket, client_ip(request.scope)), conv)
    try:
        accepted = await speaking.say(doors, voice, frame)
    except RefusedInput as error:
        return _refused(said.cid, error)
    doors.services.bus.publish(ticket.speaker.topic, accepted.thread.id)
    return json_response(speaking.ack(said.cid, accepted))


def _refused(cid: str, error: RefusedInput) -> Response:
    frame = speaking.nack(cid, error)
    return json_response(frame, _STATUS.get(frame["code"], 400))


async def _check_conv(doors: Doors, ticket: Ticket, conv: str) -> None:
    """A thread that the ticket names, or another one of this speaker. Raises RefusedInput (`not_found`)."""
    if conv == ticket.conv:
        return
    seen = await doors.services.database.read(lambda tx: sight.look(tx, ticket.speaker))
    thread = await doors.services.database.read(lambda tx: sight.thread_of(tx, ticket.speaker, seen, conv))
    if thread is None:
        raise RefusedInput("not_found", "no such thread")


class Events:
    """`GET /widget/events` as an ASGI application."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One stream, from the request to its end."""
        doors = doors_of(scope)
        request = Request(scope, receive)
        ticket = ticket_of(doors, request)
        stream = Stream(doors, ticket, receive, send)
        ip = client_ip(scope)
        if not doors.live.enter(ip, stream):
            await error_response(429, "rate", "too many connections", {"Retry-After": "30"})(scope, receive, send)
            return
        visitor = ticket.speaker.topic
        telemetry.sockets.labels("stream").inc()
        try:
            doors.live.recognise(visitor, stream)
            await stream.run(_hello(request, ticket))
        finally:
            telemetry.sockets.labels("stream").dec()
            doors.live.leave(ip, stream, visitor)


def _hello(request: Request, ticket: Ticket) -> Hello:
    """The request as the frame that a socket would begin with; Last-Event-ID wins over `after`."""
    query = request.query_params
    text = request.headers.get("last-event-id") or query.get("after") or "0"
    after = int(text) if text.isascii() and text.isdigit() and len(text) < 16 else 0
    return Hello(PROTOCOL, conv=query.get("conv") or ticket.conv, last_seq=after)


class Stream:
    """One open event stream of one thread."""

    def __init__(self, doors: Doors, ticket: Ticket, receive: Receive, send: Send) -> None:
        self._patience = doors.patience
        self._receive = receive
        self._send = send
        self._out = Outgoing(lambda: self.close(4408))
        self._feed = Feed(doors, ticket, self)
        self._rung = asyncio.Event()
        self._ended = asyncio.Event()

    # Sink and Connection

    def put(self, frame: Frame) -> None:
        """Queue a frame; frames of other threads are left out, because `id:` counts one thread only."""
        if frame.get("conv", self._feed.conv) != self._feed.conv:
            return
        place = f"id: {frame['seq']}\n" if "prev" in frame else ""
        self._out.put(f"{place}data: {encode(frame)}\n\n", is_passing=frame["t"] == "delta")

    async def room(self) -> None:
        """Wait until a replay may go on."""
        await self._out.room()

    def due(self) -> None:
        """Something is to be read from the log."""
        self._rung.set()

    def close(self, code: int, reason: str = "") -> None:
        """End the stream; the browser comes back with the last id that it saw."""
        self._out.finish()

    async def say_goodbye(self, retry_after_s: float) -> None:
        """The process stops."""
        self.put({"t": "bye", "code": 1012, "retry_after": round(retry_after_s, 1)})
        self.close(1012)

    # The life of a stream

    async def run(self, hello: Hello) -> None:
        """Stream until the browser leaves. Raises RefusedInput (`not_found`) before anything was sent."""
        try:
            welcome = await self._feed.open(hello)
            if welcome is None:
                raise RefusedInput("not_found", "no such thread")
            await self._begin()
            self.put(welcome)
            async with asyncio.TaskGroup() as group:
                self._rung.set()
                tasks = [group.create_task(work) for work in (self._write(), self._follow(), self._watch())]
                await self._ended.wait()
                for task in tasks:
                    task.cancel()
            await self._send({"type": "http.response.body", "body": b"", "more_body": False})
        finally:
            self._feed.close()

    async def _begin(self) -> None:
        headers = [
            (b"content-type", b"text/event-stream; charset=utf-8"),
            (b"cache-control", b"no-store"),
            (b"x-accel-buffering", b"no"),
        ]
        await self._send({"type": "http.response.start", "status": 200, "headers": headers})

    async def _follow(self) -> None:
        while not self._feed.went_over:
            await self._rung.wait()
            self._rung.clear()
            await self._feed.catch_up()
        self.close(4401)

    async def _watch(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass
        self._ended.set()

    async def _write(self) -> None:
        try:
            while True:
                text = await self._next()
                if text is None:
                    break
                async with asyncio.timeout(self._patience.send_s):
                    await self._send({"type": "http.response.body", "body": text.encode(), "more_body": True})
        except (TimeoutError, OSError):
            telemetry.closed.labels("4408").inc()
        self._ended.set()

    async def _next(self) -> str | None:
        """What to write next: a frame, a comment when there was none for long; None when the stream ends."""
        try:
            async with asyncio.timeout(self._patience.comment_s):
                return await self._out.take()
        except TimeoutError:
            return ": still here\n\n"
