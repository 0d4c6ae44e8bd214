"""A stand-in of the server for the widget's browser tests: real HTTP and sockets on loopback, the words of docs/socket.md.

It serves the widget's own files under the headers that production uses, a shop page on another origin, and a
conversation that a test directs: what is said, which connections break and when. It answers nothing by itself.
All state lives in its event loop; tests reach it through `do` and wait for it through `until`.
"""

import asyncio
import json
import secrets
import threading
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Self, TypeVar

import uvicorn
from playwright.sync_api import Browser, FrameLocator, Locator
from playwright.sync_api import Frame as PageFrame
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from widget import served

WIDGET = Path(__file__).resolve().parents[2] / "widget"
VERSION = "1.0.0"
TYPES = {".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8"}
Frame = dict[str, Any]
CLOSE = "close"
T = TypeVar("T")

SHOP_PAGE = """<!doctype html><html lang="{lang}" dir="{dir}"><head><meta charset="utf-8"><title>Lumen Goods</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><link rel="icon" href="data:,">{style}</head>
<body><header><h1>Lumen Goods</h1></header><main><p>Scarves, lamps and small good things.</p>
<p><button id="buy">Add to basket</button></p></main>
{scripts}</body></html>"""
SHOP_STYLE = "<link rel='stylesheet' href='/shop.css'>"
SHOP_CSS = """body{margin:0;font:16px/1.5 Georgia,serif;background:#f6f3ee;color:#2b2a27}
header{padding:24px 48px;border-bottom:1px solid #ddd6ca}
h1{margin:0;font-size:24px}main{padding:32px 48px}button{all:revert;padding:8px 16px}"""


def now() -> str:
    """The time of a frame."""
    return datetime.now(UTC).isoformat().replace("+00:00", "Z")


@dataclass(slots=True)
class Faults:
    """What goes wrong; every count is used up."""

    refuse_sockets: int = 0
    refuse_sessions: int = 0
    ignore_sends: int = 0
    cut_before_storing: int = 0
    cut_before_ack: int = 0
    swallow: int = 0
    repeat: bool = False
    deaf: bool = False
    expire_tokens: int = 0
    nack: list[Frame] = field(default_factory=list)

    def use(self, name: str) -> bool:
        """Whether this fault is due now."""
        left = int(getattr(self, name))
        setattr(self, name, max(0, left - 1))
        return left > 0


@dataclass(slots=True, eq=False)
class Reader:
    """One open socket or event stream."""

    kind: str
    conv: str
    queue: asyncio.Queue[Frame] = field(default_factory=asyncio.Queue)


class WidgetHost:
    """The stand-in server. Use as a context manager; `origin` serves the widget, `shop` is the page around it."""

    def __init__(self) -> None:
        self.readers: list[Reader] = []
        self.fresh()
        self._server = uvicorn.Server(
            uvicorn.Config(
                self._app(),
                host="127.0.0.1",
                port=0,
                log_level="error",
                lifespan="off",
                ws="websockets-sansio",
                ws_max_size=65536,
            )
        )
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._loop = asyncio.new_event_loop()
        self.port = 0

    def __enter__(self) -> Self:
        self._thread.start()
        while not self._server.started:
            assert self._thread.is_alive(), "the stand-in did not start"
            time.sleep(0.005)
        self.port = int(self._server.servers[0].sockets[0].getsockname()[1])
        return self

    def __exit__(self, *_: object) -> None:
        self.cut(1001)
        self._server.should_exit = True
        self._thread.join(10)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(self._server.serve())
        self._loop.close()

    def fresh(self) -> None:
        """As on the first day: no connection, no thread, no visitor, no fault."""
        if self.readers:
            self.cut(1001)
            self.until(lambda: not self.readers)
        self.faults = Faults()
        self.threads: dict[str, list[Frame]] = {}
        self.titles: dict[str, str] = {}
        self.seqs: dict[str, int] = {}
        self.states: dict[str, Frame] = {}
        self.visitors: dict[str, str] = {}
        self.tokens: dict[str, str] = {}
        self.read_up_to: dict[str, int] = {}
        self.received: list[Frame] = []
        self.opened: list[str] = []
        self.sessions: list[Frame] = []
        self.uploads: list[str] = []
        self.continued: list[Frame] = []
        self.csp_reports: list[str] = []
        self.neighbours: list[str] = []
        self.settings: Frame = {
            "shop": {"name": "Lumen Goods", "tz": "Europe/Berlin"},
            "assistant": {"name": "Mia"},
            "locale": "en",
            "rtl": False,
            "theme": {"accent": "#1d5c4d"},
            "greeting": "Hello, I am Mia. I can look up orders, start a return or answer questions about our products.",
            "quick_replies": ["Where is my order?", "Start a return", "Is it in stock?"],
            "max_upload_bytes": 2_000_000,
            "heartbeat_s": 15,
            "agents": {"online": True, "back_at": None},
        }

    # ------------------------------------------------------------------ what a test says and asks

    @property
    def origin(self) -> str:
        """Where the widget is served: another host name than the shop's, so another origin and another site."""
        return f"http://localhost:{self.port}"

    @property
    def shop(self) -> str:
        """The origin of the shop page."""
        return f"http://127.0.0.1:{self.port}"

    def page(self, **query: str) -> str:
        """The address of a shop page; `csp=strict`, `lang`, `dir`, `twice=1`, `site`, `none=1` change it."""
        return f"{self.shop}/shop?" + "&".join(f"{key}={value}" for key, value in query.items())

    @property
    def conv(self) -> str:
        """The only thread, or the newest."""
        return next(reversed(self.threads))

    def do(self, act: Callable[[], T]) -> T:
        """Runs `act` in the server's loop and returns what it returned."""

        async def run() -> T:
            return act()

        return asyncio.run_coroutine_threadsafe(run(), self._loop).result(10)

    def until(self, claim: Callable[[], object], timeout_s: float = 10) -> None:
        """Waits until the claim holds; fails with what was received."""
        deadline = time.monotonic() + timeout_s
        while not claim():
            if time.monotonic() > deadline:
                raise AssertionError(f"never came true; received {self.received[-5:]}")
            time.sleep(0.005)

    def frames(self, kind: str) -> list[Frame]:
        """The frames of one type that browsers sent, oldest first."""
        return [frame for frame in self.received if frame["t"] == kind]

    def sockets(self) -> int:
        """How many readers are connected now."""
        return len(self.readers)

    def said(self) -> list[str]:
        """What customers said, as stored."""
        return [
            one["text"]
            for frames in self.threads.values()
            for one in frames
            if one["t"] == "msg" and one["author"]["type"] == "customer"
        ]

    def say(
        self, text: str, *, by: str = "assistant", name: str = "Mia", conv: str = "", at: str = "", **more: object
    ) -> int:
        """A message from the shop's side; the number it got."""
        frame: Frame = {
            "t": "msg",
            "id": secrets.token_hex(8),
            "author": {"type": by, "name": name},
            "text": text,
            "ts": at or now(),
            **more,
        }
        return self.do(lambda: self._append(conv or self.conv, frame))

    def order(self, card: Frame) -> int:
        """The order changed."""
        return self.do(lambda: self._append(self.conv, {"t": "order", "card": card, "ts": now()}))

    def state(self, status: str = "open", owner: Frame | None = None, agents: Frame | None = None) -> int:
        """Status or owner changed."""
        body: Frame = {"status": status, "owner": owner, "agents": agents or self.settings["agents"]}
        self.states[self.conv] = body
        return self.do(lambda: self._append(self.conv, {"t": "state", **body, "ts": now()}))

    def tell(self, frame: Frame) -> None:
        """A frame without a number to every reader."""
        self.do(lambda: self._publish({"conv": self.conv, **frame}))

    def writes(self, i: int, text: str, turn: str = "turn_1") -> None:
        """The next sentences of a reply that is being written."""
        self.tell(
            {
                "t": "delta",
                "turn": turn,
                "i": i,
                "text": text,
                "author": {"type": "assistant", "name": "Mia"},
                "ts": now(),
            }
        )

    def hidden_event(self) -> None:
        """Something happened that this reader may not see: the next `prev` does not name it."""
        self.do(lambda: self.seqs.__setitem__(self.conv, self.seqs[self.conv] + 1))

    def cut(self, code: int = 1006) -> None:
        """Every connection breaks."""

        def close() -> None:
            for reader in self.readers:
                reader.queue.put_nowait({"t": CLOSE, "code": code})

        self.do(close)

    def earlier_thread(self, title: str, texts: list[str], status: str = "resolved") -> str:
        """A thread that the customer had before."""
        conv = f"old-{len(self.threads)}"

        def add() -> None:
            self.threads = {conv: [], **self.threads}
            self.titles[conv] = title
            self.states[conv] = {"status": status, "owner": None, "agents": self.settings["agents"]}
            for text in texts:
                author = {"type": "assistant", "name": "Mia"}
                self._append(
                    conv, {"t": "msg", "id": secrets.token_hex(8), "author": author, "text": text, "ts": now()}
                )

        self.do(add)
        return conv

    # ------------------------------------------------------------------ the log

    def _append(self, conv: str, frame: Frame) -> int:
        log = self.threads[conv]
        seq = self.seqs.get(conv, 0) + 1
        self.seqs[conv] = seq
        numbered = {**frame, "conv": conv, "seq": seq, "prev": log[-1]["seq"] if log else 0}
        log.append(numbered)
        if not self.faults.use("swallow"):
            self._publish(numbered)
            if self.faults.repeat:
                self._publish(numbered)
        return seq

    def _publish(self, frame: Frame) -> None:
        for reader in self.readers:
            if reader.kind == "socket" or frame.get("conv") == reader.conv:
                reader.queue.put_nowait(frame)

    def _replay(self, conv: str, after: int) -> list[Frame]:
        return [frame for frame in self.threads.get(conv, []) if frame["seq"] > after]

    def _last(self, conv: str) -> int:
        return int(self.threads[conv][-1]["seq"]) if self.threads[conv] else 0

    def _unread(self, conv: str) -> int:
        mark = self.read_up_to.get(conv, 0)
        return sum(
            one["t"] == "msg" and one["author"]["type"] in ("assistant", "agent") and one["seq"] > mark
            for one in self.threads[conv]
        )

    def _welcome(self, conv: str) -> Frame:
        threads = [
            {"conv": one, "title": self.titles.get(one, ""), "status": self.states[one]["status"], "last_at": now()}
            for one in self.threads
        ]
        return {
            "t": "welcome",
            "conv": conv,
            "seq": self._last(conv),
            "server_time": now(),
            "heartbeat": self.settings["heartbeat_s"],
            "resume": "ok",
            "state": self.states[conv],
            "threads": threads,
            "unread": self._unread(conv),
        }

    def _store(self, conv: str, frame: Frame) -> Frame:
        """Stores a message once and returns its ack, the same one for the same cid."""
        known = next((one for one in self.threads[conv] if one.get("cid") == frame["cid"]), None)
        if known is None:
            files = [
                {"id": one, "name": one, "type": "image/png", "size": 70, "url": f"/widget/file/{one}"}
                for one in frame.get("attachments", [])
            ]
            body: Frame = {
                "t": "msg",
                "id": secrets.token_hex(8),
                "cid": frame["cid"],
                "author": {"type": "customer", "name": ""},
                "text": frame["text"],
            }
            self._append(conv, {**body, "ts": now(), **({"attachments": files} if files else {})})
            known = self.threads[conv][-1]
        return {"t": "ack", "cid": frame["cid"], "id": known["id"], "conv": conv, "seq": known["seq"]}

    def _note(self, frame: Frame) -> None:
        self.received.append(frame)

    # ------------------------------------------------------------------ doors

    def _app(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/shop", self._shop_page),
                Route("/shop.css", lambda _: Response(SHOP_CSS, media_type="text/css")),
                Route("/widget/loader.js", self._loader),
                Route("/widget/{version}/loader.js", self._loader),
                Route("/widget/frame", self._frame_page),
                Route("/widget/session", self._session, methods=["POST"]),
                Route("/widget/events", self._events),
                Route("/widget/send", self._send, methods=["POST"]),
                Route("/widget/upload", self._upload, methods=["POST"]),
                Route("/widget/continue", self._continue, methods=["POST"]),
                Route("/widget/file/{name}", self._file),
                Route("/csp-report", self._csp_report, methods=["POST"]),
                Route("/widget/{version}/{folder}/{path:path}", self._asset),
                WebSocketRoute("/widget/socket", self._socket),
            ]
        )

    async def _shop_page(self, request: Request) -> Response:
        query = request.query_params
        source = query.get("source", self.origin)
        tag = f'<script async src="{source}/widget/loader.js" data-site="{query.get("site", "lumen")}"></script>'
        scripts = "" if query.get("none") else tag * (2 if query.get("twice") else 1)
        strict = query.get("csp") == "strict"
        page = SHOP_PAGE.format(
            lang=query.get("lang", "en"),
            dir=query.get("dir", "ltr"),
            scripts=scripts,
            style="" if strict else SHOP_STYLE,
        )
        policy = f"default-src 'none'; script-src {self.origin}; frame-src {self.origin}; img-src data:; require-trusted-types-for 'script'"
        return HTMLResponse(page, headers={"Content-Security-Policy": policy} if strict else {})

    async def _loader(self, _: Request) -> Response:
        headers = {
            "Access-Control-Allow-Origin": "*",
            "Cross-Origin-Resource-Policy": "cross-origin",
            "Cache-Control": "public, max-age=300",
        }
        return Response(
            served("loader.js", (WIDGET / "loader.js").read_bytes()), media_type=TYPES[".js"], headers=headers
        )

    async def _asset(self, request: Request) -> Response:
        folder = WIDGET / request.path_params["folder"]
        path = (folder / request.path_params["path"]).resolve()
        if (
            not path.is_relative_to(folder)
            or not folder.is_relative_to(WIDGET)
            or path.suffix not in TYPES
            or not path.is_file()
        ):
            return PlainTextResponse("no such file", 404)
        return Response(
            served(path.name, path.read_bytes()),
            media_type=TYPES[path.suffix],
            headers={"X-Content-Type-Options": "nosniff", "Cache-Control": "public, max-age=31536000, immutable"},
        )

    async def _frame_page(self, _: Request) -> Response:
        parents = " ".join([self.shop, self.origin, *self.neighbours])
        policy = (
            f"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; "
            f"connect-src 'self' ws://localhost:{self.port}; "
            f"form-action 'none'; base-uri 'none'; object-src 'none'; frame-ancestors {parents}; "
            "require-trusted-types-for 'script'; trusted-types onethread; report-uri /csp-report"
        )
        page = (
            served("frame.html", (WIDGET / "app" / "frame.html").read_bytes()).decode().replace("{{version}}", VERSION)
        )
        headers = {
            "Content-Security-Policy": policy,
            "Cross-Origin-Resource-Policy": "cross-origin",
            "Referrer-Policy": "strict-origin",
            "Cache-Control": "no-store",
        }
        return HTMLResponse(page, headers=headers)

    async def _csp_report(self, request: Request) -> Response:
        self.csp_reports.append((await request.body()).decode())
        return Response(status_code=204)

    async def _session(self, request: Request) -> Response:
        if request.headers.get("origin") not in (self.origin, self.shop):
            return PlainTextResponse("origin", 403)
        body: Frame = json.loads(await request.body())
        self.sessions.append(body)
        if self.faults.use("refuse_sessions"):
            return PlainTextResponse("later", 503)
        visitor = (
            body.get("visitor")
            if body.get("visitor") in self.visitors and not body.get("identity_token")
            else secrets.token_urlsafe(32)
        )
        conv = self.visitors.setdefault(str(visitor), f"conv-{len(self.visitors) + 1}")
        self._begin(conv)
        token = secrets.token_urlsafe(16)
        self.tokens[token] = conv
        return JSONResponse({"token": token, "conv": conv, "visitor": visitor, "settings": self.settings})

    def _begin(self, conv: str) -> None:
        self.threads.setdefault(conv, [])
        self.states.setdefault(
            conv, {"status": "new", "owner": {"type": "assistant", "name": "Mia"}, "agents": self.settings["agents"]}
        )

    def _conv_of(self, token: str) -> str | None:
        return None if self.faults.use("expire_tokens") else self.tokens.get(token)

    async def _socket(self, socket: WebSocket) -> None:
        if self.faults.use("refuse_sockets") or socket.headers.get("origin") != self.origin:
            await socket.close()
            return
        await socket.accept()
        try:
            async with asyncio.timeout(5):
                hello: Frame = json.loads(await socket.receive_text())
            self._note(hello)
            conv = self._conv_of(hello["token"])
            if conv is None:
                await socket.close(4401)
                return
            await self._serve(socket, hello, conv)
        except (WebSocketDisconnect, TimeoutError):
            return

    async def _serve(self, socket: WebSocket, hello: Frame, conv: str) -> None:
        reader = Reader("socket", conv)
        self.readers.append(reader)
        self.opened.append("socket")
        try:
            await socket.send_text(json.dumps(self._welcome(conv)))
            seen = {conv: hello.get("last_seq", 0), **hello.get("seen", {})}
            for frame in [one for name, after in seen.items() for one in self._replay(name, after)]:
                await socket.send_text(json.dumps(frame))
            async with asyncio.TaskGroup() as both:
                writer = both.create_task(self._write(socket, reader))
                await self._listen(socket, reader)
                writer.cancel()
        finally:
            self.readers.remove(reader)

    async def _write(self, socket: WebSocket, reader: Reader) -> None:
        while True:
            frame = await reader.queue.get()
            if frame["t"] == CLOSE:
                await socket.close(1011 if frame["code"] == 1006 else frame["code"])
                return
            await socket.send_text(json.dumps(frame))

    async def _listen(self, socket: WebSocket, reader: Reader) -> None:
        while True:
            try:
                frame: Frame = json.loads(await socket.receive_text())
            except WebSocketDisconnect:
                return
            self._note(frame)
            if frame["t"] == "send":
                self._take(reader, frame)
            elif frame["t"] == "ping" and not self.faults.deaf:
                reader.queue.put_nowait({"t": "pong", "n": frame["n"]})
            elif frame["t"] == "resume":
                for missed in self._replay(frame["conv"], frame["last_seq"]):
                    reader.queue.put_nowait(missed)
            elif frame["t"] == "read":
                conv = frame.get("conv", reader.conv)
                self.read_up_to[conv] = max(self.read_up_to.get(conv, 0), frame["seq"])

    def _take(self, reader: Reader, frame: Frame) -> None:
        if self.faults.use("ignore_sends"):
            return
        if self.faults.nack:
            reader.queue.put_nowait({"t": "nack", "cid": frame["cid"], **self.faults.nack.pop(0)})
            return
        if self.faults.use("cut_before_storing"):
            reader.queue.put_nowait({"t": CLOSE, "code": 1006})
            return
        cut = self.faults.use("cut_before_ack")
        if cut:
            reader.queue.put_nowait({"t": CLOSE, "code": 1006})
        ack = self._store(reader.conv, frame)
        if not cut:
            reader.queue.put_nowait(ack)

    def _bearer(self, request: Request) -> str | None:
        if request.headers.get("origin", self.origin) != self.origin:
            return None
        return self._conv_of(request.headers.get("authorization", "").removeprefix("Bearer "))

    async def _events(self, request: Request) -> Response:
        conv = self._bearer(request)
        if conv is None:
            return PlainTextResponse("token", 401)
        wanted = request.query_params.get("conv", conv)
        after = int(request.query_params.get("after", "0"))
        return StreamingResponse(
            self._stream(wanted, after), media_type="text/event-stream", headers={"Cache-Control": "no-store"}
        )

    async def _stream(self, conv: str, after: int) -> AsyncIterator[str]:
        reader = Reader("stream", conv)
        self.readers.append(reader)
        self.opened.append("stream")
        try:
            yield self._event(self._welcome(conv))
            for frame in self._replay(conv, after):
                yield self._event(frame)
            while (frame := await reader.queue.get())["t"] != CLOSE:
                yield self._event(frame)
        finally:
            self.readers.remove(reader)

    def _event(self, frame: Frame) -> str:
        number = f"id: {frame['seq']}\n" if "prev" in frame else ""
        return f": stay\n\n{number}data: {json.dumps(frame)}\n\n"

    async def _send(self, request: Request) -> Response:
        if self._bearer(request) is None:
            return PlainTextResponse("token", 401)
        frame: Frame = json.loads(await request.body())
        self._note(frame)
        return JSONResponse(self._store(frame["conv"], frame))

    async def _upload(self, request: Request) -> Response:
        if self._bearer(request) is None:
            return PlainTextResponse("token", 401)
        async with request.form() as form:
            file = form["file"]
            assert not isinstance(file, str)
            content = await file.read()
        if len(content) > self.settings["max_upload_bytes"]:
            return PlainTextResponse("too big", 413)
        name = f"att-{len(self.uploads) + 1}"
        self.uploads.append(file.filename or "")
        return JSONResponse(
            {
                "id": name,
                "name": file.filename,
                "type": file.content_type,
                "size": len(content),
                "url": f"/widget/file/{name}",
            }
        )

    async def _continue(self, request: Request) -> Response:
        if self._bearer(request) is None:
            return PlainTextResponse("token", 401)
        body: Frame = json.loads(await request.body())
        self.continued.append(body)
        if body["to"] == "whatsapp":
            return JSONResponse({"url": "https://wa.me/14155550100?text=Hello%20(OT-AAAAAAA-BBBBBBB-CCCCCCC)"})
        if "@" not in body["address"]:
            return JSONResponse({"error": {"code": "email", "message": "this is no e-mail address"}}, 400)
        return JSONResponse({"sent": True})

    async def _file(self, _: Request) -> Response:
        return Response(PIXEL, media_type="image/png")


# A transparent PNG of one pixel.
PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010806000000"
    + "1f15c4890000000d49444154789c6360606060000000050001a5f645400000000049454e44ae426082"
)


def order_card(**changes: object) -> Frame:
    """An order on its way, as the server words it."""
    steps = [
        ("placed", "Ordered", "done"),
        ("packed", "Packed", "done"),
        ("shipped", "On the way", "now"),
        ("out", "Out for delivery", "todo"),
        ("delivered", "Delivered", "todo"),
    ]
    start = datetime.now(UTC) - timedelta(days=2)
    card: Frame = {
        "kind": "order",
        "order": "#1042",
        "headline": "On its way to you",
        "tone": "neutral",
        "steps": [
            {
                "key": key,
                "label": label,
                "at": None if state == "todo" else (start + timedelta(hours=9 * at)).isoformat(),
                "state": state,
            }
            for at, (key, label, state) in enumerate(steps)
        ],
        "eta": "Monday, November 23",
        "eta_was": None,
        "carrier": "DHL",
        "tracking_number": "JJD000390007827",
        "tracking_url": "https://track.example/JJD000390007827",
        "last_scan": "Leipzig, today 08:12",
        "as_of": now(),
        "lines": [{"title": "Merino scarf, red", "quantity": 1}, {"title": "Table lamp Orbit", "quantity": 2}],
        "parcels": [],
    }
    return {**card, **changes}


WATCH = """window.violations = [];
addEventListener("securitypolicyviolation", (event) => violations.push(`${event.violatedDirective} ${event.blockedURI}`));
window.shifts = [];
const note = (list) => shifts.push(...list.getEntries().map((entry) => entry.value));
new PerformanceObserver(note).observe({type: "layout-shift", buffered: true});
window.problems = [];
addEventListener("error", (event) => problems.push(event.message));
addEventListener("unhandledrejection", (event) => problems.push(String(event.reason)));"""


class Visitor:
    """A shopper with a browser of their own on the shop page; `chat` is the inside of the widget's frame."""

    def __init__(self, browser: Browser, host: WidgetHost, **setting: Any) -> None:
        self.host = host
        self.context = browser.new_context(**{"viewport": {"width": 1280, "height": 860}, **setting})
        self.context.add_init_script(WATCH)
        self.page = self.context.new_page()
        self.page.set_default_timeout(8_000)

    @property
    def chat(self) -> FrameLocator:
        """The inside of the frame."""
        return self.page.frame_locator("onethread-chat iframe")

    @property
    def launcher(self) -> Locator:
        """The button on the shop page."""
        return self.page.locator("onethread-chat .launcher")

    @property
    def field(self) -> Locator:
        """Where messages are written."""
        return self.chat.locator("textarea")

    def visit(self, **query: str) -> Self:
        """Opens the shop page."""
        self.page.goto(self.host.page(**query))
        return self

    def open(self) -> Self:
        """Presses the launcher and waits until the conversation is connected."""
        before = len(self.host.opened)
        self.launcher.click()
        self.host.until(lambda: len(self.host.opened) > before or self.host.sockets())
        self.chat.locator(".log[aria-busy=false]").wait_for()
        return self

    def write(self, text: str) -> None:
        """Writes a message and presses Enter."""
        self.field.fill(text)
        self.field.press("Enter")

    def inside(self) -> PageFrame:
        """The frame itself, to run code in it."""
        return next(frame for frame in self.page.frames if "/widget/frame" in frame.url)
