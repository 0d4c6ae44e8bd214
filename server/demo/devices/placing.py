"""The provider's API for calls that the shop begins: it rings whoever has the number, and tells the shop how that goes.

With basic auth, and the checks of the real one: our own number as the caller, a number in E.164, a URL. Source: Twilio's "Call
resource".
"""

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import format_datetime
from typing import Any, Final, Protocol
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from server.clock import Clock
from server.demo.devices.account import Account
from server.demo.devices.line import Line

_NUMBER: Final = re.compile(r"\+[1-9]\d{4,14}")
_FIELDS: Final = frozenset(
    {"To", "From", "Url", "Method", "Timeout", "StatusCallback", "StatusCallbackMethod", "StatusCallbackEvent"}
)
_STATES: Final[Mapping[str, str]] = {"ringing": "ringing", "talking": "in-progress", "ended": "completed"}


class Rings(Protocol):
    """Whoever has telephones."""

    def ring(self, number: str, url: str, *, ring_s: float, status: str, events: frozenset[str]) -> Line | None:
        """Ring a number; None where nobody has it, or somebody talks on it."""
        ...

    def hang_up_by_shop(self, sid: str) -> bool:
        """End a call by its id; False where it is over already."""
        ...


@dataclass(frozen=True, slots=True)
class _Placed:
    sid: str
    to: str
    at: str
    line: Line | None

    def document(self, account: Account) -> dict[str, Any]:
        """As the API tells it; a number that nobody has is busy."""
        status = _STATES[self.line.state] if self.line else "busy"
        return {
            "sid": self.sid, "account_sid": account.sid, "to": self.to, "from": account.voice, "status": status,
            "start_time": self.at, "direction": "outbound-api",
        }  # fmt: skip


class Placing:
    """The calls that the shop began."""

    def __init__(self, account: Account, clock: Clock, rings: Rings) -> None:
        self._account = account
        self._clock = clock
        self._rings = rings
        self._placed: list[_Placed] = []

    def routes(self) -> list[BaseRoute]:
        """The addresses of the API."""
        base = f"/2010-04-01/Accounts/{self._account.sid}/Calls"
        return [
            Route(f"{base}.json", self._begin, methods=["POST"]),
            Route(f"{base}.json", self._list, methods=["GET"]),
            Route(f"{base}/{{sid}}.json", self._change, methods=["POST"]),
        ]

    def _is_ours(self, request: Request) -> bool:
        wanted = base64.b64encode(f"{self._account.sid}:{self._account.token}".encode()).decode()
        return request.headers.get("authorization") == f"Basic {wanted}"

    async def _begin(self, request: Request) -> Response:
        if not self._is_ours(request):
            return _refusal(401, 20003, "Authenticate")
        pairs = parse_qsl((await request.body()).decode(), keep_blank_values=True)
        form = dict(pairs)
        if unknown := set(form) - _FIELDS:
            return _refusal(400, 20001, f"unknown parameter {sorted(unknown)[0]}")
        if not _NUMBER.fullmatch(form.get("To", "")):
            return _refusal(400, 21211, "Invalid 'To' Phone Number")
        if form.get("From") != self._account.voice:
            return _refusal(400, 21210, "'From' phone number not verified")
        if not form.get("Url", "").startswith(("http://", "https://")):
            return _refusal(400, 21205, "Url parameter is required")
        events = frozenset(value for name, value in pairs if name == "StatusCallbackEvent") or frozenset({"completed"})
        line = self._rings.ring(
            form["To"], form["Url"], ring_s=float(form.get("Timeout") or 60), status=form.get("StatusCallback", ""),
            events=events,
        )  # fmt: skip
        sid = line.sid if line else f"CA{len(self._placed):032x}"
        self._placed.append(_Placed(sid, form["To"], format_datetime(self._clock.now()), line))
        return JSONResponse({**self._placed[-1].document(self._account), "status": "queued"}, 201)

    async def _list(self, request: Request) -> Response:
        if not self._is_ours(request):
            return _refusal(401, 20003, "Authenticate")
        to = request.query_params.get("To")
        found = [each for each in reversed(self._placed) if to in (None, each.to)]
        return JSONResponse({"calls": [each.document(self._account) for each in found], "next_page_uri": None})

    async def _change(self, request: Request) -> Response:
        if not self._is_ours(request):
            return _refusal(401, 20003, "Authenticate")
        sid = str(request.path_params["sid"])
        form = dict(parse_qsl((await request.body()).decode()))
        if form.get("Status") not in ("completed", "canceled"):
            return _refusal(400, 20001, "Status is completed or canceled")
        if not self._rings.hang_up_by_shop(sid):
            return _refusal(400, 21220, "Call is not in-progress. Cannot redirect.")
        return JSONResponse({"sid": sid, "status": form["Status"]})


def _refusal(status: int, code: int, message: str) -> Response:
    return JSONResponse({"code": code, "message": message, "status": status}, status)
