"""Slack on loopback: the Web API methods that a desk needs, Socket Mode, and the signed calls that Slack makes.

It refuses what Slack refuses (no token, unknown methods, blocks beyond their limits, messages to channels it does not know),
keeps what was posted as Slack keeps it, and does with the next calls of a method what it was told. Limits: Slack's Block Kit
reference; answers: its method pages. It knows nothing of our own sender.
"""

import asyncio
import hashlib
import hmac
import itertools
import json
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlencode

import httpx2
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect
from typing_extensions import override

from tests.support.servers import serve

TEAM: Final = "T0SHOP"
BOT: Final = "U0BOT"
CHANNEL: Final = "C0DESK"
BOT_TOKEN: Final = "xoxb-test-token"
APP_TOKEN: Final = "xapp-test-token"
SECRET: Final = "8f742231b10e8888abcd99yyyzzz85a5"
SCOPES: Final = ",".join(
    ("chat:write", "channels:history", "groups:history", "channels:read", "groups:read", "users:read", "users:read.email",
     "reactions:write", "files:read")
)  # fmt: skip
_BLOCKS: Final = {"header", "section", "context", "actions", "divider", "image", "rich_text", "input", "markdown"}
_METHODS: Final = frozenset(
    {
        "auth.test", "chat.postMessage", "chat.update", "chat.postEphemeral", "views.open", "users.info",
        "users.lookupByEmail", "reactions.add", "conversations.info", "conversations.history", "conversations.replies",
        "files.info", "apps.connections.open",
    }
)  # fmt: skip


def member(user: str, email: str, **values: Any) -> dict[str, Any]:
    """A member as `users.info` tells them: a full member with a confirmed address, unless said otherwise."""
    return {
        "id": user,
        "team_id": TEAM,
        "name": user.lower(),
        "deleted": False,
        "is_bot": False,
        "is_restricted": False,
        "is_ultra_restricted": False,
        "is_email_confirmed": True,
        "profile": {"email": email, "display_name": user.lower()},
        **values,
    }


@dataclass
class Call:
    """One call of the Web API."""

    method: str
    body: dict[str, Any]


@dataclass
class FakeSlack:
    """The workspace. `next[method]` = what becomes of the next calls: `429`, `drop` (done, then no answer), `lose` (not done, no
    answer), `html`, or an error word. `hidden` channels are those that it does not know any more."""

    calls: list[Call] = field(default_factory=list)
    messages: list[dict[str, Any]] = field(default_factory=list)
    members: dict[str, dict[str, Any]] = field(default_factory=dict)
    files: dict[str, tuple[str, bytes]] = field(default_factory=dict)
    next: dict[str, list[str]] = field(default_factory=dict)
    hidden: set[str] = field(default_factory=set)
    scopes: str = SCOPES
    surprises: list[str] = field(default_factory=list)
    url: str = ""
    acked: list[str] = field(default_factory=list)
    sockets: list[WebSocket] = field(default_factory=list)
    _ticks: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1))

    @property
    def app(self) -> Starlette:
        """Slack's own addresses."""
        return Starlette(
            routes=[
                Route("/api/{method}", self._api, methods=["GET", "POST"]),
                Route("/files/{name}", self._file),
                WebSocketRoute("/link", self._link),
            ]
        )

    # What a test looks at

    def of(self, method: str) -> list[dict[str, Any]]:
        """The bodies of the calls of a method, in order."""
        return [call.body for call in self.calls if call.method == method]

    @property
    def roots(self) -> list[dict[str, Any]]:
        """The messages that stand in the channel itself."""
        return [message for message in self.messages if not message.get("thread_ts")]

    def under(self, root: Mapping[str, Any]) -> list[dict[str, Any]]:
        """What our app posted under a message."""
        return [message for message in self.messages if message.get("thread_ts") == root["ts"]]

    @property
    def whispers(self) -> list[dict[str, Any]]:
        """What single members were told."""
        return self.of("chat.postEphemeral")

    def tick(self) -> str:
        """Slack's time: grows with each message."""
        return f"{time.time():.4f}"[:-2] + f"{next(self._ticks) % 10_000:04d}"

    # The Web API

    async def _api(self, request: Request) -> Response:
        method = request.path_params["method"]
        body = await _body(request)
        self.calls.append(Call(method, body))
        if method not in _METHODS:
            self.surprises.append(f"unknown method {method}")
            return _no("unknown_method")
        wanted = APP_TOKEN if method == "apps.connections.open" else BOT_TOKEN
        if request.headers.get("authorization") != f"Bearer {wanted}":
            return _no("invalid_auth")
        does = self.next.get(method) or []
        return await self._do(method, body, does.pop(0) if does else "")

    async def _do(self, method: str, body: dict[str, Any], mood: str) -> Response:
        if mood == "429":
            return JSONResponse({"ok": False, "error": "ratelimited"}, 429, headers={"Retry-After": "1"})
        if mood == "html":
            return HTMLResponse("<html>Bad gateway</html>", 502)
        if mood == "lose":
            return _Cut()
        if mood not in ("", "drop"):
            return _no(mood)
        answer = getattr(self, "_" + method.replace(".", "_"))(body)
        if mood == "drop":
            return _Cut()
        if isinstance(answer, str):
            return _no(answer)
        return JSONResponse({"ok": True, **answer}, headers={"X-OAuth-Scopes": self.scopes})

    def _auth_test(self, _body: dict[str, Any]) -> dict[str, Any]:
        return {
            "url": "https://shop.slack.com/",
            "team": "shop",
            "user": "onethread",
            "team_id": TEAM,
            "user_id": BOT,
            "bot_id": "B0BOT",
        }

    def _apps_connections_open(self, _body: dict[str, Any]) -> dict[str, Any]:
        return {"url": self.url.replace("http", "ws") + "/link"}

    def _trouble(self, body: dict[str, Any]) -> str:
        if body.get("channel") in self.hidden or not body.get("channel"):
            return "channel_not_found"
        if not body.get("text") and not body.get("blocks"):
            return "no_text"
        if len(str(body.get("text", ""))) > 40_000:
            return "msg_too_long"
        faults = list(faults_of(body.get("blocks") or []))
        self.surprises += faults
        return "invalid_blocks" if faults else ""

    def _chat_postMessage(self, body: dict[str, Any]) -> dict[str, Any] | str:
        if trouble := self._trouble(body):
            return trouble
        thread = body.get("thread_ts")
        if thread and thread not in {each["ts"] for each in self.messages}:
            return "thread_not_found"
        message = {**body, "ts": self.tick(), "user": BOT, "bot_id": "B0BOT"}
        self.messages.append(message)
        return {"channel": body["channel"], "ts": message["ts"], "message": {}}

    def _chat_update(self, body: dict[str, Any]) -> dict[str, Any] | str:
        if trouble := self._trouble(body):
            return trouble
        for message in self.messages:
            if message["ts"] == body["ts"]:
                message.update({"text": body["text"], "blocks": body.get("blocks", [])})
                return {"channel": body["channel"], "ts": body["ts"], "text": body["text"]}
        return "message_not_found"

    def _chat_postEphemeral(self, body: dict[str, Any]) -> dict[str, Any] | str:
        if not body.get("user"):
            return "user_not_in_channel"
        return self._trouble(body) or {"message_ts": self.tick()}

    def _views_open(self, body: dict[str, Any]) -> dict[str, Any] | str:
        view = body["view"]
        if body.get("trigger_id") == "expired":
            return "expired_trigger_id"
        for name in ("title", "submit", "close"):
            if len(view[name]["text"]) > 24:
                self.surprises.append(f"{name} of a dialog is too long")
        if len(view.get("private_metadata", "")) > 3000:
            return "invalid_arguments"
        faults = list(faults_of(view["blocks"]))
        self.surprises += faults
        return "invalid_arguments" if faults else {"view": {"id": f"V{next(self._ticks)}", **view}}

    def _users_info(self, body: dict[str, Any]) -> dict[str, Any] | str:
        found = self.members.get(body.get("user", ""))
        return {"user": found} if found else "user_not_found"

    def _users_lookupByEmail(self, body: dict[str, Any]) -> dict[str, Any] | str:
        found = [each for each in self.members.values() if each["profile"]["email"] == body.get("email")]
        return {"user": found[0]} if found else "users_not_found"

    def _reactions_add(self, body: dict[str, Any]) -> dict[str, Any] | str:
        return {} if body.get("timestamp") and body.get("name") else "bad_timestamp"

    def _conversations_info(self, body: dict[str, Any]) -> dict[str, Any] | str:
        if body.get("channel") in self.hidden:
            return "channel_not_found"
        return {"channel": {"id": body.get("channel"), "name": "desk", "is_member": True, "is_archived": False}}

    def _conversations_history(self, body: dict[str, Any]) -> dict[str, Any]:
        return {"messages": [each for each in self.roots if float(each["ts"]) > float(body.get("oldest", 0))]}

    def _conversations_replies(self, body: dict[str, Any]) -> dict[str, Any]:
        return {"messages": [each for each in self.messages if each.get("thread_ts") == body.get("ts")]}

    def _files_info(self, body: dict[str, Any]) -> dict[str, Any] | str:
        return "file_not_found" if body.get("file") not in self.files else self.shared(body["file"])

    def shared(self, name: str) -> dict[str, Any]:
        """A file as an event names it."""
        kind, body = self.files[name]
        return {
            "id": name,
            "name": name,
            "mimetype": kind,
            "size": len(body),
            "url_private_download": f"{self.url}/files/{name}",
        }

    async def _file(self, request: Request) -> Response:
        if request.headers.get("authorization") != f"Bearer {BOT_TOKEN}" or "files:read" not in self.scopes:
            return HTMLResponse("<html>Sign in to Slack</html>")
        kind, body = self.files[request.path_params["name"]]
        return Response(body, media_type=kind)

    # Socket Mode

    async def _link(self, socket: WebSocket) -> None:
        await socket.accept()
        await socket.send_json({"type": "hello", "num_connections": 1})
        self.sockets.append(socket)
        with suppress(WebSocketDisconnect, RuntimeError):
            while True:
                self.acked.append((await socket.receive_json())["envelope_id"])
        self.sockets.remove(socket)

    async def push(self, kind: str, payload: Mapping[str, Any], envelope: str, attempt: int = 0) -> None:
        """Send an envelope through the open socket."""
        async with asyncio.timeout(10):
            while not self.sockets:  # noqa: ASYNC110 - the other side opens it
                await asyncio.sleep(0.01)
        await self.sockets[0].send_json(
            {
                "type": kind,
                "envelope_id": envelope,
                "accepts_response_payload": False,
                "retry_attempt": attempt,
                "retry_reason": "",
                "payload": dict(payload),
            }
        )


class _Cut(Response):
    """The connection breaks before an answer."""

    @override
    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"1000")]})
        await send({"type": "http.response.body", "body": b"{"})


def _no(error: str) -> Response:
    return JSONResponse({"ok": False, "error": error, **({"needed": "files:read"} if error == "missing_scope" else {})})


async def _body(request: Request) -> dict[str, Any]:
    if request.method == "POST" and request.headers.get("content-type", "").startswith("application/json"):
        found: dict[str, Any] = await request.json()
        return found
    async with request.form() as form:
        return {**request.query_params, **{name: str(value) for name, value in form.items()}}


def faults_of(blocks: list[dict[str, Any]]) -> list[str]:
    """What Slack would refuse in blocks."""
    faults = ["too many blocks"] if len(blocks) > 50 else []
    for block in blocks:
        kind = block.get("type")
        if kind not in _BLOCKS:
            faults.append(f"unknown block {kind}")
        faults += _texts(block)
        elements = block.get("elements", [])
        if kind == "context" and len(elements) > 10:
            faults.append("too many elements of a context")
        if kind == "actions":
            faults += _buttons(elements)
    return faults


def _texts(block: dict[str, Any]) -> list[str]:
    faults = []
    text = block.get("text")
    if isinstance(text, dict):
        most = {"header": 150, "section": 3000}.get(block["type"], 3000)
        if not 0 < len(text["text"]) <= most:
            faults.append(f"text of a {block['type']} has {len(text['text'])} characters")
        if block["type"] == "header" and text["type"] != "plain_text":
            faults.append("a header is plain text")
    if block.get("type") == "section" and not (text or block.get("fields")):
        faults.append("a section needs text")
    return faults


def _buttons(elements: list[dict[str, Any]]) -> list[str]:
    faults = ["no elements, or too many, of actions"] if not 0 < len(elements) <= 25 else []
    if len({each["action_id"] for each in elements}) != len(elements):
        faults.append("an action_id stands twice in a block")
    for each in elements:
        if len(each["text"]["text"]) > 75 or len(each.get("value", "")) > 2000 or len(each["action_id"]) > 255:
            faults.append("a button is too long")
        asked = each.get("confirm")
        if asked and (
            len(asked["title"]["text"]) > 100 or len(asked["text"]["text"]) > 300 or len(asked["confirm"]["text"]) > 30
        ):
            faults.append("a confirmation is too long")
    return faults


@asynccontextmanager
async def slack_on_loopback() -> AsyncIterator[FakeSlack]:
    """Slack while the block runs; what it did not expect fails the test at the end."""
    slack = FakeSlack()
    async with serve(slack.app) as url:
        slack.url = url
        yield slack
        for socket in list(slack.sockets):
            with suppress(RuntimeError, WebSocketDisconnect):
                await socket.close()
    assert slack.surprises == []


# What Slack says to us


def signed(
    body: bytes, *, secret: str = SECRET, at: float | None = None, kind: str = "application/json"
) -> dict[str, str]:
    """The headers of a signed request."""
    stamp = str(int(time.time() if at is None else at))
    digest = hmac.new(secret.encode(), f"v0:{stamp}:".encode() + body, hashlib.sha256).hexdigest()
    return {"Content-Type": kind, "X-Slack-Request-Timestamp": stamp, "X-Slack-Signature": f"v0={digest}"}


def event(event_id: str, **values: Any) -> dict[str, Any]:
    """An `event_callback` of our workspace."""
    return {
        "token": "legacy",
        "team_id": TEAM,
        "api_app_id": "A0",
        "type": "event_callback",
        "event_id": event_id,
        "event_time": int(time.time()),
        "event": values,
    }


def click(who: str, action: str, value: str, message: Mapping[str, Any], ts: str, **values: Any) -> dict[str, Any]:
    """A pressed button."""
    return {
        "type": "block_actions",
        "team": {"id": TEAM, "domain": "shop"},
        "user": {"id": who, "team_id": TEAM, "username": "whoever"},
        "api_app_id": "A0",
        "token": "legacy",
        "trigger_id": f"{ts}.trigger",
        "container": {
            "type": "message",
            "message_ts": message["ts"],
            "channel_id": message["channel"],
            "is_ephemeral": False,
        },
        "channel": {"id": message["channel"], "name": "desk"},
        "message": {"ts": message["ts"], "user": BOT},
        "actions": [{"action_id": action, "value": value, "type": "button", "action_ts": ts, "block_id": "b"}],
        "response_url": "https://hooks.slack.com/actions/x",
        **values,
    }


def submission(user: str, view: Mapping[str, Any], text: str, view_id: str = "V1") -> dict[str, Any]:
    """A dialog that was sent off."""
    return {
        "type": "view_submission",
        "team": {"id": TEAM},
        "user": {"id": user, "team_id": TEAM},
        "view": {
            "id": view_id,
            "hash": "h",
            "type": "modal",
            "callback_id": view["callback_id"],
            "private_metadata": view["private_metadata"],
            "state": {"values": {"reply": {"text": {"type": "plain_text_input", "value": text}}}},
        },
    }


async def post_event(client: httpx2.AsyncClient, payload: Mapping[str, Any], **headers: str) -> httpx2.Response:
    """Let Slack tell us of an event."""
    body = json.dumps(payload).encode()
    return await client.post("/webhooks/slack", content=body, headers={**signed(body), **headers})


async def post_interaction(client: httpx2.AsyncClient, payload: Mapping[str, Any]) -> httpx2.Response:
    """Let Slack tell us of a click or a dialog."""
    body = urlencode({"payload": json.dumps(payload)}).encode()
    return await client.post(
        "/webhooks/slack", content=body, headers=signed(body, kind="application/x-www-form-urlencoded")
    )


def button_of(message: Mapping[str, Any], action: str) -> dict[str, Any]:
    """The first button of this name in a message."""
    found = [
        element for block in message.get("blocks", []) for element in block.get("elements", []) if element.get("action_id") == action
    ]  # fmt: skip
    assert found, f"no button {action}"
    button: dict[str, Any] = found[0]
    return button
