"""What every HTTP answer has in common: headers, the check of Host, limits of bodies, the shape of errors.

Doors use these and add what is their own; a header that a door sets wins. Client addresses are the peer's own:
forwarded headers never count. This module knows no door and no table.
"""

import asyncio
import logging
from collections.abc import Mapping
from typing import Any, Final, TypeVar, cast
from urllib.parse import urlsplit

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from memory.errors import StorageError
from server import telemetry
from server.errors import NotAllowed, RateLimited, RefusedInput, StaleSight, StoreError
from server.services import Services
from server.settings import Settings

T = TypeVar("T")
MIB: Final = 1_048_576
BODY_LIMIT: Final = MIB
LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "::1"})
LINK: Final = "onethread.link"
"""Where a socket finds the server's own receive and send, below what routing wraps around them for every message."""
_OPEN_PATHS: Final = frozenset({"/healthz", "/readyz", "/metrics"})
_PAUSE_S: Final = 10.0
_BODY_S: Final = 30.0
_SLOWEST_BYTES_S: Final = 16_384
_log = logging.getLogger("onethread.web")

PERMISSIONS: Final = (
    "accelerometer=(), autoplay=(self), camera=(), display-capture=(), geolocation=(), gyroscope=(), magnetometer=(), "
    "microphone=(), midi=(), payment=(), usb=()"
)
DEFAULT_HEADERS: Final = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": PERMISSIONS,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Origin-Agent-Cluster": "?1",
    "X-Permitted-Cross-Domain-Policies": "none",
    "X-XSS-Protection": "0",
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
}
_HSTS: Final = ("Strict-Transport-Security", "max-age=63072000; includeSubDomains")


class BodyTooLarge(RefusedInput):
    """A request's body is larger than its route takes."""

    def __init__(self) -> None:
        super().__init__("too_large", "the request is larger than this address takes")


class BodyTooSlow(RefusedInput):
    """A request's body came too slowly."""

    def __init__(self) -> None:
        super().__init__("too_slow", "the request came too slowly")


_STATUS: Final[Mapping[str, int]] = {
    "too_large": 413,
    "too_slow": 408,
    "not_json": 415,
    "forbidden": 403,
    "unknown_site": 404,
    "not_found": 404,
    "identity_token": 401,
    "token": 401,
    "file_type": 415,
}


def services_of(scope: Scope) -> Services:
    """The shared parts of the process that serves this request."""
    return cast(Services, scope["app"].state.services)


def client_ip(scope: Scope) -> str:
    """The peer's own address; forwarded headers never count."""
    client = scope.get("client")
    return str(client[0]) if client else ""


def header(scope: Scope, name: bytes) -> str:
    """A request header by its lower-case name; empty when it is absent."""
    return next((value.decode("latin-1") for key, value in scope["headers"] if key == name), "")


def json_response(data: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """An answer in JSON."""
    return Response(
        msgspec.json.encode(data), status, dict(headers or {}), media_type="application/json; charset=utf-8"
    )


def error_response(status: int, code: str, message: str = "", headers: Mapping[str, str] | None = None) -> Response:
    """The one shape of every error: `{"error":{"code","message"}}`."""
    return json_response({"error": {"code": code, "message": message or code}}, status, headers)


def describe(error: Exception) -> Response | None:
    """The answer that an error on purpose stands for; None for one that nobody expected."""
    if isinstance(error, RateLimited):
        wait = str(max(1, round(error.retry_after_s)))
        return error_response(429, "rate", str(error), {"Retry-After": wait})
    if isinstance(error, RefusedInput):
        return error_response(_STATUS.get(error.code, 400), error.code, str(error))
    if isinstance(error, (StorageError, StoreError)):
        return error_response(503, "busy", "not now; try again", {"Retry-After": "1"})
    if isinstance(error, StaleSight):
        return error_response(409, "moved", str(error))
    if isinstance(error, NotAllowed):
        return error_response(403, "not_allowed", str(error))
    return None


async def http_error(_request: Request, error: Exception) -> Response:
    """Routing's own refusals (404, 405 and the like) in the one shape."""
    refusal = cast(HTTPException, error)
    code = {404: "not_found", 405: "method"}.get(refusal.status_code, "refused")
    return error_response(refusal.status_code, code, refusal.detail, refusal.headers)


async def read_json(request: Request, shape: type[T]) -> T:
    """The body as `shape`. Raises RefusedInput (`not_json`, `bad_request`)."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise RefusedInput("not_json", "send application/json")
    try:
        return msgspec.json.decode(await request.body(), type=shape)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise RefusedInput("bad_request", "the body does not have the shape that this address takes") from None


def own_origins(settings: Settings) -> frozenset[str]:
    """The origins of our own pages: PUBLIC_URL's, and on loopback both of its names."""
    parts = urlsplit(settings.public_url)
    own = {f"{parts.scheme}://{parts.netloc.lower()}"}
    if parts.hostname in LOOPBACK:
        port = f":{parts.port}" if parts.port else ""
        own |= {f"{parts.scheme}://{name}{port}" for name in ("127.0.0.1", "localhost")}
    return frozenset(own)


class Edge:
    """The outermost middleware of every request: Host, limits, headers, and the edge where errors end.

    `body_limits` maps a path to its own limit in bytes; `sockets` maps a path to the application that serves its sockets
    without routing, whose frames every idle socket would keep; a body that pauses for `pause_s` is given up."""

    def __init__(
        self,
        app: ASGIApp,
        settings: Settings,
        body_limits: Mapping[str, int] | None = None,
        sockets: Mapping[str, ASGIApp] | None = None,
        *,
        pause_s: float = _PAUSE_S,
    ) -> None:
        self._app = app
        self._sockets = dict(sockets or {})
        self._hosts = LOOPBACK | {urlsplit(settings.public_url).hostname or ""}
        self._limits = dict(body_limits or {})
        self._pause_s = pause_s
        pairs = [*DEFAULT_HEADERS.items(), *([_HSTS] if settings.is_secure else [])]
        self._headers = [(name.lower().encode(), value.encode()) for name, value in pairs]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request, socket or lifespan."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
        elif not self._is_ours(scope):
            await self._refuse(scope, receive, send)
        elif scope["type"] == "websocket":
            scope[LINK] = (receive, send)
            await self._sockets.get(scope["path"], self._app)(scope, receive, send)
        else:
            await self._http(scope, receive, send)

    def _is_ours(self, scope: Scope) -> bool:
        if scope["path"] in _OPEN_PATHS:
            return True
        try:
            host = urlsplit(f"//{header(scope, b'host')}").hostname
        except ValueError:
            return False
        return host in self._hosts

    async def _refuse(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.close"})
            return
        response = error_response(400, "host", "this host is not served here")
        await response(scope, receive, self._decorated(send))

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = False

        async def watched(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await decorated(message)

        decorated = self._decorated(send)
        try:
            body = _Body(scope, receive, self._limits.get(scope["path"], BODY_LIMIT), self._pause_s)
            await self._app(scope, body.receive, watched)
        except Exception as error:  # the edge of a request: it ends in an answer, never in a traceback
            response = describe(error) or _unexpected(scope, error)
            if not started:
                await response(scope, receive, decorated)

    def _decorated(self, send: Send) -> Send:
        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                own = {name for name, _ in message["headers"]}
                message["headers"] = [*message["headers"], *(pair for pair in self._headers if pair[0] not in own)]
            await send(message)

        return with_headers


def _unexpected(scope: Scope, error: Exception) -> Response:
    telemetry.errors.labels("route").inc()
    _log.error("request failed", exc_info=error, extra={"method": scope["method"], "route": scope["path"][:80]})
    return error_response(500, "internal", "something went wrong here")


class _Body:
    """A request's body under its limits of size and pace."""

    def __init__(self, scope: Scope, receive: Receive, limit: int, pause_s: float) -> None:
        self._receive = receive
        self._limit = limit
        self._pause_s = pause_s
        self._size = 0
        self._is_complete = False
        self._deadline = 0.0
        declared = header(scope, b"content-length")
        if declared.isascii() and declared.isdigit() and int(declared) > limit:
            raise BodyTooLarge

    async def receive(self) -> Message:
        """The next part. Raises BodyTooLarge or BodyTooSlow."""
        if self._is_complete:
            return await self._receive()
        now = asyncio.get_running_loop().time()
        self._deadline = self._deadline or now + max(_BODY_S, self._limit / _SLOWEST_BYTES_S)
        try:
            async with asyncio.timeout(max(0.0, min(self._pause_s, self._deadline - now))):
                message = await self._receive()
        except TimeoutError:
            raise BodyTooSlow from None
        self._size += len(message.get("body", b""))
        if self._size > self._limit:
            raise BodyTooLarge
        self._is_complete = message["type"] != "http.request" or not message.get("more_body", False)
        return message
