"""Calls to other parties: patient, polite, never hammering, and never led astray."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from server import telemetry
from server.commerce.outside import Breaker, Outside, Priority
from server.errors import StoreUnavailable
from tests.support.servers import serve

Answer = Callable[[Request], Awaitable[Response] | Response]


class Party:
    """A server that gives scripted answers, and remembers what it was asked."""

    def __init__(self, *answers: Answer) -> None:
        self.answers = list(answers)
        self.asked: list[Request] = []
        self.was_asked = asyncio.Event()

    async def answer(self, request: Request) -> Response:
        self.asked.append(request)
        self.was_asked.set()
        found = self.answers.pop(0)(request)
        return found if isinstance(found, Response) else await found


@asynccontextmanager
async def met(party: Party, **options: object) -> AsyncIterator[Outside]:
    """The way to a party that serves on loopback."""
    app = Starlette(routes=[Route("/{path:path}", party.answer, methods=["GET", "POST"])])
    async with serve(app) as url:
        outside = Outside("party", url, **options)  # type: ignore[arg-type]  # the options of Outside
        try:
            yield outside
        finally:
            await outside.close()


def ok(_request: Request) -> Response:
    return JSONResponse({"id": 700100200300400501})


def answered(status: int, **headers: str) -> Answer:
    """An answer with this status."""
    return lambda _request: Response(
        status_code=status, headers={key.replace("_", "-"): text for key, text in headers.items()}
    )


async def slow(_request: Request) -> Response:
    await asyncio.sleep(0.5)
    return Response()


async def test_large_integers_stay_exact() -> None:
    async with met(Party(ok)) as outside:
        assert (await outside.call("GET", "/a")).json() == {"id": 700100200300400501}


async def test_a_read_is_repeated_once_after_a_failure() -> None:
    party = Party(answered(502), ok)
    async with met(party) as outside:
        assert (await outside.call("GET", "/a")).status == 200
    assert len(party.asked) == 2


async def test_a_write_is_never_repeated() -> None:
    party = Party(answered(502), ok)
    async with met(party) as outside:
        with pytest.raises(StoreUnavailable, match="answered 502"):
            await outside.call("POST", "/a", body={})
    assert len(party.asked) == 1


async def test_a_refusal_comes_back_as_it_is() -> None:
    async with met(Party(answered(404))) as outside:
        assert (await outside.call("GET", "/a")).status == 404


async def test_a_party_that_asks_to_wait_is_waited_for() -> None:
    party = Party(answered(429, Retry_After="0.3"), ok)
    began = asyncio.get_running_loop().time()
    async with met(party) as outside:
        assert (await outside.call("GET", "/a")).status == 200
    assert asyncio.get_running_loop().time() - began >= 0.3


async def test_a_shopper_does_not_wait_for_a_minute() -> None:
    party = Party(answered(429, Retry_After="60"))
    async with met(party) as outside:
        with pytest.raises(StoreUnavailable, match="wait 60 s"):
            await outside.call("GET", "/a")
        with pytest.raises(StoreUnavailable, match="wait"):
            await outside.call("GET", "/b")
    assert len(party.asked) == 1


async def test_a_slow_party_is_given_up() -> None:
    async with met(Party(slow, slow)) as outside:
        with pytest.raises(StoreUnavailable, match="cannot be reached"):
            await outside.call("POST", "/a", read_s=0.05)


async def test_after_failures_nobody_is_asked_until_a_probe_succeeds() -> None:
    party = Party(slow, slow, ok, ok)
    async with met(party, breaker=Breaker(failures=2, within_s=60, pause_s=0.2)) as outside:
        for _ in range(2):
            with pytest.raises(StoreUnavailable, match="cannot be reached"):
                await outside.call("POST", "/a", read_s=0.05)
        assert outside.is_open
        with pytest.raises(StoreUnavailable, match="not answered lately"):
            await outside.call("POST", "/a")
        assert len(party.asked) == 2
        await asyncio.sleep(0.25)
        assert (await outside.call("POST", "/a")).status == 200
        assert not outside.is_open


async def test_redirects_are_not_followed() -> None:
    party = Party(lambda _request: RedirectResponse("https://elsewhere.example/a"))
    async with met(party) as outside:
        with pytest.raises(StoreUnavailable, match="redirects"):
            await outside.call("POST", "/a", headers={"Authorization": "secret"})


async def test_an_error_page_is_no_answer() -> None:
    page = lambda _request: Response("<h1>Fatal error</h1>", media_type="text/html")  # noqa: E731 - one line says it
    async with met(Party(page)) as outside:
        reply = await outside.call("POST", "/a")
        with pytest.raises(StoreUnavailable, match="no JSON"):
            reply.json()


async def test_an_endless_answer_is_cut() -> None:
    async with met(Party(lambda _request: Response(b"x" * 5_100_000))) as outside:
        with pytest.raises(StoreUnavailable, match="5 MB"):
            await outside.call("POST", "/a")


async def test_a_private_address_is_refused_unless_allowed() -> None:
    outside = Outside("party", "http://10.0.0.7", allow_private=False)
    with pytest.raises(StoreUnavailable, match="private address"):
        await outside.call("POST", "/a")
    await outside.close()


async def test_an_address_that_plainly_is_this_machine_was_meant_so() -> None:
    async with met(Party(ok), allow_private=False) as outside:
        assert (await outside.call("POST", "/a")).status == 200


async def test_shoppers_go_before_everybody_else() -> None:
    let_go = asyncio.Event()

    async def held(_request: Request) -> Response:
        await let_go.wait()
        return Response()

    party = Party(held, ok, ok, ok)
    async with met(party, in_flight=1) as outside, asyncio.TaskGroup() as group:
        waiting: tuple[tuple[str, Priority], ...] = (("backfill", "backfill"), ("delta", "delta"), ("chat", "chat"))
        group.create_task(outside.call("GET", "/first"))
        await party.was_asked.wait()
        for path, priority in waiting:
            group.create_task(outside.call("GET", f"/{path}", priority=priority))
        await asyncio.sleep(0.02)
        let_go.set()
    assert [request.url.path for request in party.asked] == ["/first", "/chat", "/delta", "/backfill"]


async def test_whoever_gives_up_waiting_takes_no_place() -> None:
    let_go = asyncio.Event()

    async def held(_request: Request) -> Response:
        await let_go.wait()
        return Response()

    party = Party(held, ok)
    async with met(party, in_flight=1) as outside, asyncio.TaskGroup() as group:
        first = group.create_task(outside.call("GET", "/first"))
        await party.was_asked.wait()
        given_up = group.create_task(outside.call("GET", "/second"))
        await asyncio.sleep(0.02)
        given_up.cancel()
        let_go.set()
        await first
        assert (await outside.call("GET", "/third")).status == 200


async def test_what_happened_is_counted() -> None:
    counted = telemetry.outside.labels("party", "ok")
    before = counted._value.get()
    async with met(Party(ok)) as outside:
        await outside.call("GET", "/a")
    assert counted._value.get() == before + 1
