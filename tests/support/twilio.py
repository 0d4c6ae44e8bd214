"""Twilio for tests: the demo's stand-in with moods, a record of every call, and webhooks that it makes to us.

A call that it refused stands in `problems`, one to an address that it does not have in `unexpected`: a test that leaves either has
failed, unless it asked for that.
"""

import asyncio
import itertools
from collections import defaultdict
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any, Final, Literal

import httpx2
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.types import Receive, Scope, Send
from typing_extensions import override

from server.demo.parties.twilio import Message, TwilioServer
from server.settings import TwilioSettings
from tests.support.servers import serve

ACCOUNT: Final = "AC" + "a" * 32
TOKEN: Final = "twilio-auth-token"
WHATSAPP: Final = "whatsapp:+15550199"
SMS: Final = "+15550198"
ANA: Final = "whatsapp:+14025550100"
ANA_SMS: Final = "+14025550100"
REPLY: Final = "HX" + "b" * 32
PUBLIC: Final = "https://chat.example"

Mood = Literal[
    "busy", "broken", "unable", "html", "hang", "drop", "take_and_hang", "take_and_drop", "take_and_break", "forbid"
]
"""What becomes of a call; those that `take` do it first. `hang` = for a minute."""


class _Dropped(Response):
    """An answer that never comes: the connection breaks."""

    @override
    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"1000")]})
        await send({"type": "http.response.body", "body": b"{", "more_body": True})
        raise ConnectionResetError("the stand-in drops this connection, as it was told to")


class TwilioStandIn(TwilioServer):
    """The account's API; `moods` are what becomes of the next calls of a name (`create`, `list`, `media`, ...)."""

    def __init__(self, now: Any) -> None:
        super().__init__(ACCOUNT, TOKEN, [WHATSAPP, SMS], now=now, templates={REPLY: "About your order: {{1}}"})
        self.moods: dict[str, list[Mood]] = defaultdict(list)
        self.calls: list[str] = []
        self.problems: list[str] = []
        self.unexpected: list[str] = []
        self.base = ""
        self.released = asyncio.Event()
        self.before = self._before
        self.after = self._after

    async def _before(self, name: str, request: Request) -> Response | None:
        self.calls.append(name)
        mood = self.moods[name].pop(0) if self.moods[name] else None
        match mood:
            case "busy":
                return JSONResponse(
                    {"code": 20429, "message": "Too Many Requests", "status": 429}, 429, {"Retry-After": "30"}
                )
            case "broken":
                return JSONResponse({"code": 20500, "message": "Internal Server Error", "status": 500}, 500)
            case "unable":
                return JSONResponse({"code": 20503, "message": "Service Unavailable", "status": 503}, 503)
            case "forbid":
                return JSONResponse({"code": 20003, "message": "Authenticate", "status": 401}, 401)
            case "html":
                return HTMLResponse("<html>Welcome to the hotel's network</html>")
            case "hang":
                await self._hang()
            case "drop":
                return _Dropped()
            case "take_and_hang" | "take_and_drop" | "take_and_break":
                request.state.mood = mood
        return None

    async def _after(self, _name: str, request: Request) -> Response | None:
        match getattr(request.state, "mood", None):
            case "take_and_hang":
                await self._hang()
            case "take_and_drop":
                return _Dropped()
            case "take_and_break":
                return JSONResponse({"code": 20500, "message": "Internal Server Error", "status": 500}, 500)
        return None

    async def _hang(self) -> None:
        try:
            async with asyncio.timeout(60):
                await self.released.wait()
        except TimeoutError:
            return

    def served(self) -> Any:
        """The application, which notes what it refuses and what it does not know."""
        app = self.app

        async def noting(scope: Scope, receive: Receive, send: Send) -> None:
            async def tell(message: Any) -> None:
                if message["type"] == "http.response.start" and message["status"] >= 400:
                    known = (
                        self.problems if message["status"] != 404 or "Accounts" in scope["path"] else self.unexpected
                    )
                    known.append(f"{scope['method']} {scope['path']} {message['status']}")
                await send(message)

            await app(scope, receive, tell)

        return noting

    def settings(self, **changes: Any) -> TwilioSettings:
        """What connects an installation with it."""
        values: dict[str, Any] = {
            "account_sid": ACCOUNT, "auth_token": TOKEN, "api_url": self.base, "whatsapp_from": "+15550199",
            "sms_from": SMS, "content_sids": (f"reply={REPLY}",), "reconcile_minutes": 0,
        }  # fmt: skip
        return TwilioSettings(**(values | changes))

    def last(self, to: str = "") -> Message:
        """The newest message of ours."""
        return next(each for each in reversed(self.sent) if not to or each.to == to)


@asynccontextmanager
async def twilio(now: Any, *, is_strict: bool = True) -> AsyncIterator[TwilioStandIn]:
    """Twilio on loopback while the block runs; `is_strict` = it must have refused nothing."""
    stand_in = TwilioStandIn(now)
    async with serve(stand_in.served(), grace_s=0) as url:
        stand_in.base = url
        try:
            yield stand_in
        finally:
            stand_in.released.set()
    assert stand_in.unexpected == []
    assert not is_strict or stand_in.problems == []


class Caller:
    """Twilio as it calls us: `client` reaches our doors, which are known to the world as PUBLIC."""

    def __init__(self, stand_in: TwilioStandIn, client: httpx2.AsyncClient, public: str = PUBLIC) -> None:
        self._twilio, self._client, self._public = stand_in, client, public

    async def call(self, door: str, form: Mapping[str, str], token: str = "") -> httpx2.Response:
        """`messages` or `status`, signed."""
        path = f"/webhooks/twilio/{door}"
        body, headers = self._twilio.signed(self._public + path, form, token)
        return await self._client.post(path, content=body, headers=headers)

    async def write(self, text: str, sender: str = ANA, **fields: str) -> dict[str, str]:
        """A customer writes, and we are told; the form."""
        to = WHATSAPP if sender.startswith("whatsapp:") else SMS
        form = self._twilio.write(sender, to, text, **fields)
        answer = await self.call("messages", form)
        assert (answer.status_code, answer.headers["content-type"]) == (200, "text/xml; charset=utf-8"), answer.text
        assert answer.text.endswith("<Response/>")
        return form

    async def report(self, message: Message, status: str, code: str = "") -> None:
        """Twilio says what became of a message of ours."""
        answer = await self.call("status", self._twilio.report(message, status, code))
        assert answer.status_code == 200, answer.text


_ids = itertools.count(1)


def a_sid(prefix: str = "SM") -> str:
    """A new id as Twilio writes them: 34 characters."""
    return f"{prefix}{next(_ids):032x}"


def at(moment: datetime) -> Any:
    """A clock that stands still."""
    return lambda: moment
