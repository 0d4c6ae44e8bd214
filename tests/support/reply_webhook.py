"""Whoever takes our replies: a real server on loopback with its own opinion of signature and body, as docs/channels/inbound.md says.

It keeps each reply once by its id, does with the next calls what it was told, and keeps what it would never have taken in
`unexpected`, which a test should find empty at its end. It knows nothing of our code.
"""

import asyncio
import hashlib
import hmac
import json
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Literal

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

Does = Literal["take", "busy", "broken", "page", "refuse", "take_and_hang", "moved", "drop"]
_FIELDS: Final = {"id", "source", "conv", "number", "answers", "to", "author", "text", "language"}


@dataclass
class ReplyWebhook:
    """The receiver. `next` is what it does with the next calls; `calls` counts all, `replies` holds each once."""

    secret: str
    next: list[Does] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)
    replies: dict[str, dict[str, Any]] = field(default_factory=dict)
    unexpected: list[str] = field(default_factory=list)
    now: datetime | None = None
    arrived: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def app(self) -> Starlette:
        """The server's application."""
        return Starlette(routes=[Route("/{rest:path}", self._take, methods=["POST", "GET", "PUT"])])

    @property
    def texts(self) -> list[str]:
        """What was said, in order."""
        return [each["text"] for each in self.replies.values()]

    async def until(self, count: int) -> list[dict[str, Any]]:
        """Wait until so many replies are here."""
        async with asyncio.timeout(20):
            while len(self.replies) < count:
                self.arrived.clear()
                await self.arrived.wait()
        return list(self.replies.values())

    async def _take(self, request: Request) -> Response:
        body = await request.body()
        does = self.next.pop(0) if self.next else "take"
        trouble = self._trouble(request, body)
        if trouble:
            self.unexpected.append(trouble)
            return Response(status_code=401)
        said = json.loads(body)
        self.calls.append(said["id"])
        if does in ("take", "take_and_hang"):
            known = self.replies.setdefault(said["id"], said)
            if known != said:
                self.unexpected.append(f"the id {said['id']} says something else now")
            self.arrived.set()
        match does:
            case "busy":
                return Response(status_code=429, headers={"Retry-After": "30"})
            case "broken":
                return Response(status_code=500)
            case "page":
                return HTMLResponse("<h1>Sign in</h1>")
            case "refuse":
                return Response(status_code=422)
            case "moved":
                return Response(status_code=302, headers={"Location": "http://127.0.0.1:1/elsewhere"})
            case "take_and_hang":
                await asyncio.sleep(60)
        return Response(status_code=204)

    def _trouble(self, request: Request, body: bytes) -> str:
        if request.method != "POST" or request.headers.get("content-type") != "application/json":
            return f"{request.method} {request.headers.get('content-type')}"
        if not self._is_signed(request, body):
            return "the signature does not fit"
        said = json.loads(body)
        if set(said) != _FIELDS or request.headers.get("idempotency-key") != said["id"]:
            return f"fields {sorted(said)}"
        if len(said["text"]) > 4000 or said["author"]["type"] not in ("assistant", "agent") or not said["to"]["id"]:
            return "a field holds what it may not"
        return ""

    def _is_signed(self, request: Request, body: bytes) -> bool:
        parts = dict(part.split("=", 1) for part in request.headers.get("x-signature", "").split(",") if "=" in part)
        query = request.scope["query_string"]
        path = request.scope["raw_path"].partition(b"?")[0] + (b"?" + query if query else b"")
        signed = f"{parts.get('t')}.POST.".encode() + path + b"." + body
        expected = hmac.new(self.secret.encode(), signed, hashlib.sha256).hexdigest()
        is_fresh = self.now is None or abs(self.now.timestamp() - int(parts.get("t", 0))) <= 300
        return is_fresh and hmac.compare_digest(expected, parts.get("v1", ""))
