"""Twilio's calls for tests: the demo's stand-in, with the ways in which a provider fails, and no call that nobody expected."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Literal

from starlette.applications import Starlette
from starlette.types import Receive, Scope, Send

from server.demo.parties.twilio_calls import Call, Exchange
from tests.support.relay import ACCOUNT, TOKEN
from tests.support.servers import serve

Failure = Literal["busy", "broken", "done_then_dropped", "html", "hung"]


@dataclass
class ExchangeStandIn:
    """The stand-in at `url`. `fails` is used up, one request to begin a call each; `asked` are the requests that came."""

    exchange: Exchange
    url: str = ""
    fails: list[Failure] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    def placed(self) -> list[Call]:
        """The calls that were begun."""
        return list(self.exchange.calls.values())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request, which may fail."""
        if scope["type"] != "http":
            return
        self.asked.append(f"{scope['method']} {scope['path'].rsplit('/', 1)[-1]}")
        app = Starlette(routes=self.exchange.routes())
        begins = scope["method"] == "POST" and scope["path"].endswith("/Calls.json")
        failure = self.fails.pop(0) if begins and self.fails else None
        if failure is None:
            await app(scope, receive, send)
        elif failure == "done_then_dropped":
            await app(scope, receive, _nowhere)
            await _answer(send, 500, b"", "text/plain")
        elif failure == "html":
            await app(scope, receive, _nowhere)
            await _answer(send, 200, b"<html>maintenance</html>", "text/html")
        elif failure == "hung":
            await asyncio.sleep(30)
        else:
            await _answer(send, 429 if failure == "busy" else 503, b"{}", "application/json")


async def _nowhere(_message: object) -> None:
    return


async def _answer(send: Send, status: int, body: bytes, kind: str) -> None:
    headers = [(b"content-type", kind.encode()), (b"retry-after", b"1")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


@asynccontextmanager
async def exchange() -> AsyncIterator[ExchangeStandIn]:
    """The stand-in, served."""
    stand_in = ExchangeStandIn(Exchange(ACCOUNT, TOKEN))
    async with serve(stand_in) as url:
        stand_in.url = url
        yield stand_in
