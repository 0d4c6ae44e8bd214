"""What every HTTP answer has in common, over a real server."""

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace

import httpx2
import pytest
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from memory.errors import StorageUnavailable
from server.errors import NotAllowed, RateLimited, RefusedInput, StaleSight, StoreUnavailable
from server.settings import ServerSettings, Settings
from server.web import DEFAULT_HEADERS, Edge, http_error, json_response, own_origins, read_json
from tests.support.servers import serve

Handler = Callable[[Request], Awaitable[Response]]
PLAIN = Settings(server=ServerSettings(public_url="http://chat.example"))
SECURE = Settings(server=ServerSettings(public_url="https://chat.example"))


def application(settings: Settings = PLAIN, pause_s: float = 10.0, **handlers: Handler) -> Starlette:
    routes = [Route(f"/{name}", handler, methods=["GET", "POST"]) for name, handler in handlers.items()]
    routes += [Route(f"/{name}", _hello) for name in ("hello", "healthz", "readyz", "metrics")]
    edge = Middleware(Edge, settings=settings, body_limits={"/large": 3_000_000}, pause_s=pause_s)
    return Starlette(routes=routes, middleware=[edge], exception_handlers={HTTPException: http_error})


async def _hello(_request: Request) -> Response:
    return json_response({"hello": "there"})


async def ask(app: Starlette, path: str, method: str = "GET", **options: object) -> httpx2.Response:
    async with serve(app) as url, httpx2.AsyncClient(base_url=url, trust_env=False, verify=False) as client:
        return await client.request(method, path, **options)  # type: ignore[arg-type]  # passed on as they are


@pytest.fixture(autouse=True)
def _quiet() -> None:
    logging.getLogger("onethread").propagate = False


# Headers


async def test_every_answer_carries_the_headers() -> None:
    for path in ("/hello", "/nothing"):
        answer = await ask(application(), path)
        assert {name: answer.headers[name] for name in DEFAULT_HEADERS} == DEFAULT_HEADERS
        assert "strict-transport-security" not in answer.headers
        assert "server" not in answer.headers
        assert answer.headers["content-type"] == "application/json; charset=utf-8"


async def test_strict_transport_is_asked_for_over_https_only() -> None:
    answer = await ask(application(SECURE), "/hello")
    assert answer.headers["strict-transport-security"] == "max-age=63072000; includeSubDomains"


async def test_a_door_may_set_its_own_header() -> None:
    async def door(_request: Request) -> Response:
        return Response(
            b"x", headers={"Cache-Control": "public, max-age=300", "Permissions-Policy": "microphone=(self)"}
        )

    answer = await ask(application(door=door), "/door")
    assert answer.headers.get_list("cache-control") == ["public, max-age=300"]
    assert answer.headers.get_list("permissions-policy") == ["microphone=(self)"]


# Host


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("chat.example", 200),
        ("chat.example:443", 200),
        ("CHAT.example", 200),
        ("127.0.0.1:8000", 200),
        ("localhost", 200),
        ("[::1]:8000", 200),
        ("evil.example", 400),
        ("chat.example.evil.example", 400),
        ("chat.example@evil.example", 400),
        ("", 400),
        ("[", 400),
    ],
)
async def test_only_our_own_host_is_served(host: str, status: int) -> None:
    answer = await ask(application(), "/hello", headers={"Host": host})
    assert answer.status_code == status


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics"])
async def test_probes_may_use_any_host(path: str) -> None:
    assert (await ask(application(), path, headers={"Host": "10.0.0.7"})).status_code == 200


async def test_a_forwarded_host_does_not_count() -> None:
    headers = {"Host": "evil.example", "X-Forwarded-Host": "chat.example", "Forwarded": "host=chat.example"}
    assert (await ask(application(), "/hello", headers=headers)).status_code == 400


def test_loopback_has_two_names() -> None:
    local = replace(PLAIN, server=ServerSettings(public_url="http://127.0.0.1:8000"))
    assert own_origins(local) == {"http://127.0.0.1:8000", "http://localhost:8000"}
    assert own_origins(SECURE) == {"https://chat.example"}


# Bodies


async def _size(request: Request) -> Response:
    return json_response({"size": len(await request.body())})


async def _chunks(size: int) -> AsyncIterator[bytes]:
    for _ in range(size // 100_000):
        yield b"x" * 100_000


async def test_a_body_beyond_the_limit_is_refused_whether_or_not_it_says_so() -> None:
    app = application(small=_size, large=_size)
    assert (await ask(app, "/small", "POST", content=b"x" * 1_048_576)).json() == {"size": 1_048_576}
    declared = await ask(app, "/small", "POST", content=b"x" * 1_048_577)
    streamed = await ask(app, "/small", "POST", content=_chunks(2_000_000))
    assert (declared.status_code, streamed.status_code) == (413, 413)
    assert declared.json()["error"]["code"] == "too_large"
    assert (await ask(app, "/large", "POST", content=b"x" * 2_000_000)).status_code == 200


async def _json(request: Request) -> Response:
    return json_response(await read_json(request, dict[str, int]))


@pytest.mark.parametrize(
    ("content", "kind", "status"),
    [
        (b'{"a":1}', "application/json", 200),
        (b'{"a":1}', "application/json; charset=utf-8", 200),
        (b'{"a":1}', "text/plain", 415),
        (b'{"a":1}', "application/x-www-form-urlencoded", 415),
        (b'{"a":"1"}', "application/json", 400),
        (b"{", "application/json", 400),
        (b"", "application/json", 400),
        (b"[" * 100_000, "application/json", 400),
    ],
)
async def test_json_is_read_as_its_shape_or_refused(content: bytes, kind: str, status: int) -> None:
    answer = await ask(application(json=_json), "/json", "POST", content=content, headers={"Content-Type": kind})
    assert answer.status_code == status


# Errors


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (RefusedInput("bad", "worded"), 400, "bad"),
        (RefusedInput("not_found"), 404, "not_found"),
        (RateLimited(7), 429, "rate"),
        (StorageUnavailable("disk SECRET"), 503, "busy"),
        (StoreUnavailable("shop SECRET"), 503, "busy"),
        (StaleSight(3), 409, "moved"),
        (NotAllowed("no"), 403, "not_allowed"),
        (KeyError("SECRET"), 500, "internal"),
        (HTTPException(418, "teapot"), 418, "refused"),
    ],
)
async def test_every_error_has_one_shape_and_no_secret(error: Exception, status: int, code: str) -> None:
    async def door(_request: Request) -> Response:
        raise error

    answer = await ask(application(door=door), "/door")
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)
    assert "SECRET" not in answer.text
    assert "Traceback" not in answer.text
    assert answer.headers["x-content-type-options"] == "nosniff"


async def test_waiting_is_said_in_a_header() -> None:
    async def door(_request: Request) -> Response:
        raise RateLimited(7)

    assert (await ask(application(door=door), "/door")).headers["retry-after"] == "7"


async def test_an_error_after_the_answer_began_cuts_it_off() -> None:
    async def broken() -> AsyncIterator[bytes]:
        yield b"begin"
        raise KeyError("SECRET")

    async def door(_request: Request) -> Response:
        return StreamingResponse(broken())

    with pytest.raises(httpx2.RemoteProtocolError):
        await ask(application(door=door), "/door")


async def test_a_body_that_does_not_come_is_given_up() -> None:
    async with serve(application(pause_s=0.05, small=_size)) as url:
        host, port = url.removeprefix("http://").split(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        writer.write(b"POST /small HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\nabc")
        head = await reader.readuntil(b"\r\n\r\n")
        body = json.loads(await reader.readexactly(int(head.lower().partition(b"content-length: ")[2].split()[0])))
        writer.close()
    assert head.startswith(b"HTTP/1.1 408")
    assert body["error"]["code"] == "too_slow"
