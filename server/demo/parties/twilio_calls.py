"""Twilio's REST API for calls on loopback, as strict as the real one: begin, list and change calls, fetch recordings.

It keeps what was asked for; whoever drives it lets somebody answer. Source: Twilio's reference of the Call resource, error codes as in
its dictionary. Knows nothing of our sender.
"""

import base64
import re
import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

_FIELDS: Final = frozenset(
    {
        "To", "From", "Url", "Twiml", "Method", "FallbackUrl", "FallbackMethod", "StatusCallback", "StatusCallbackEvent",
        "StatusCallbackMethod", "SendDigits", "Timeout", "Record", "MachineDetection", "AsyncAmd", "TimeLimit", "CallerId",
        "CallToken", "ApplicationSid",
    }
)  # fmt: skip
_EVENTS: Final = frozenset({"initiated", "ringing", "answered", "completed"})
_FILTERS: Final = frozenset({"To", "From", "Status", "StartTime", "StartTime>", "StartTime<", "PageSize", "Page"})
_NUMBER: Final = re.compile(r"\+[1-9]\d{6,14}")
_OVER: Final = frozenset({"completed", "busy", "failed", "no-answer", "canceled"})


@dataclass
class Call:
    """One call at Twilio that we began."""

    sid: str
    to: str
    caller: str
    at: datetime
    fields: Mapping[str, list[str]]
    status: str = "queued"

    def document(self) -> dict[str, Any]:
        """As the API shows it: a call that did not begin has no start."""
        begun = self.status not in ("queued", "initiated", "ringing")
        return {
            "sid": self.sid, "to": self.to, "from": self.caller, "status": self.status, "direction": "outbound-api",
            "start_time": format_datetime(self.at) if begun else None, "date_created": format_datetime(self.at),
        }  # fmt: skip


@dataclass
class Exchange:
    """The calls of one account. `now` tells the time; `recordings` are bytes by path without its suffix."""

    account: str
    token: str
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    calls: dict[str, Call] = field(default_factory=dict)
    recordings: dict[str, bytes] = field(default_factory=dict)

    def routes(self) -> list[BaseRoute]:
        """The resources, below the account."""
        root = "/2010-04-01/Accounts/{account}"
        return [
            Route(f"{root}/Calls.json", self._guarded(self._list), methods=["GET"]),
            Route(f"{root}/Calls.json", self._guarded(self._create), methods=["POST"]),
            Route(f"{root}/Calls/{{sid}}.json", self._guarded(self._change), methods=["POST"]),
            Route(f"{root}/Recordings/{{name}}", self._guarded(self._recording), methods=["GET"]),
        ]

    def _guarded(self, work: Callable[[Request], Awaitable[Response]]) -> Callable[[Request], Awaitable[Response]]:
        wanted = "Basic " + base64.b64encode(f"{self.account}:{self.token}".encode()).decode()

        async def endpoint(request: Request) -> Response:
            given = request.headers.get("authorization", "")
            if given != wanted or request.path_params["account"] != self.account:
                return _error(401, 20003, "Authenticate")
            return await work(request)

        return endpoint

    async def _create(self, request: Request) -> Response:
        form = _form(await request.body())
        if (refused := _refused(form)) is not None:
            return refused
        sid = f"CA{secrets.token_hex(16)}"
        self.calls[sid] = Call(sid, form["To"][0], form["From"][0], self.now(), form)
        return JSONResponse(self.calls[sid].document(), 201)

    async def _list(self, request: Request) -> Response:
        if unknown := set(request.query_params) - _FILTERS:
            return _error(400, 20001, f"unknown parameters: {', '.join(sorted(unknown))}")
        to, since = request.query_params.get("To"), request.query_params.get("StartTime>", "")
        found = [
            call.document()
            for call in reversed(self.calls.values())
            if (to is None or call.to == to) and call.at.date().isoformat() >= since
        ]
        return JSONResponse({"calls": found, "page": 0, "page_size": 50, "next_page_uri": None})

    async def _change(self, request: Request) -> Response:
        call = self.calls.get(request.path_params["sid"])
        if call is None:
            return _error(404, 20404, "The requested resource was not found")
        if call.status in _OVER:
            return _error(400, 21220, "Call is not in-progress. Cannot redirect.")
        form = _form(await request.body())
        if form.get("Status") == ["completed"]:
            call.status = "completed"
        return JSONResponse(call.document())

    async def _recording(self, request: Request) -> Response:
        body = self.recordings.get(request.path_params["name"].removesuffix(".mp3"))
        if body is None:
            return _error(404, 20404, "The requested resource was not found")
        return Response(body, media_type="audio/mpeg")


def _form(body: bytes) -> dict[str, list[str]]:
    form: dict[str, list[str]] = {}
    for name, value in parse_qsl(body.decode(), keep_blank_values=True):
        form.setdefault(name, []).append(value)
    return form


def _refused(form: Mapping[str, list[str]]) -> Response | None:
    """What Twilio says to a call that it does not begin; None = it begins."""
    if unknown := set(form) - _FIELDS:
        return _error(400, 20001, f"unknown parameters: {', '.join(sorted(unknown))}")
    to, caller = form.get("To", [""])[0], form.get("From", [""])[0]
    if not _NUMBER.fullmatch(to):
        return _error(400, 21211, "Invalid 'To' Phone Number")
    if not _NUMBER.fullmatch(caller):
        return _error(400, 21212, "Invalid 'From' Phone Number")
    if not form.get("Url") and not form.get("Twiml"):
        return _error(400, 21205, "Url parameter is required")
    for name in ("Url", "StatusCallback"):
        parts = urlsplit(form.get(name, [""])[0])
        if form.get(name) and (parts.scheme not in ("http", "https") or not parts.hostname or "_" in parts.hostname):
            return _error(400, 21205 if name == "Url" else 21609, f"{name} is not a valid URL")
    if set(form.get("StatusCallbackEvent", [])) - _EVENTS:
        return _error(400, 21626, "StatusCallbackEvent is invalid")
    timeout = form.get("Timeout", ["60"])[0]
    if not timeout.isdecimal() or not 1 <= int(timeout) <= 600:
        return _error(400, 13214, "Timeout is invalid")
    return None


def _error(status: int, code: int, message: str) -> Response:
    return JSONResponse({"code": code, "message": message, "status": status}, status)
