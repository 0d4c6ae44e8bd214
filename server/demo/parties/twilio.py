"""Twilio's REST API on loopback, as strict as the real one: it refuses what Twilio refuses, and shows what it delivered.

Messages (create, list, fetch), media, contents and typing marks, with basic auth; the 24-hour window of WhatsApp and STOP on SMS
are kept as Twilio keeps them. What customers write is told to the webhook by whoever drives it: `signed` makes the call.
Source: Twilio's API reference; error codes as in its dictionary. Knows nothing of our sender.
"""

import base64
import hashlib
import hmac
import json
import secrets
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode, urlsplit

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

WINDOW: Final = timedelta(hours=24)
_FIELDS: Final = frozenset(
    {
        "To", "From", "MessagingServiceSid", "Body", "ContentSid", "ContentVariables", "MediaUrl", "StatusCallback",
        "ProvideFeedback", "ValidityPeriod", "SmartEncoded", "PersistentAction", "SendAt", "ScheduleType", "ShortenUrls",
        "MessageIntent", "RiskCheck",
    }
)  # fmt: skip
_FILTERS: Final = frozenset({"To", "From", "DateSent", "DateSent>", "DateSent<", "PageSize", "Page", "PageToken"})
_STOPS: Final = frozenset(["STOP", "UNSUBSCRIBE", "END", "QUIT", "STOPALL", "REVOKE", "OPTOUT", "CANCEL"])
_STARTS: Final = frozenset({"START", "UNSTOP", "YES"})
_LIMITS: Final = {
    "twilio/quick-reply": {"actions": 10, "title": 20, "id": 200},
    "twilio/list-picker": {"items": 10, "item": 24, "id": 200, "description": 72},
}


@dataclass
class Message:
    """One message at Twilio, either way."""

    sid: str
    to: str
    sender: str
    body: str
    direction: str
    at: datetime
    status: str = "queued"
    fields: Mapping[str, str] = field(default_factory=dict)
    content: Mapping[str, Any] | None = None
    media: Sequence[tuple[str, str, bytes]] = ()
    """(SID, type, bytes)."""

    @property
    def choices(self) -> list[tuple[str, str]]:
        """(title, id) of what can be tapped."""
        types = (self.content or {}).get("types", {})
        quick, listed = types.get("twilio/quick-reply"), types.get("twilio/list-picker")
        if quick:
            return [(each["title"], each["id"]) for each in quick["actions"]]
        return [(each["item"], each["id"]) for each in listed["items"]] if listed else []


class Refusal(Exception):
    """What Twilio answers to a call that it does not take."""

    def __init__(self, status: int, code: int, message: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.status, self.code, self.message, self.headers = status, code, message, dict(headers or {})

    @property
    def response(self) -> Response:
        """As Twilio words it."""
        document = {
            "code": self.code, "message": self.message, "status": self.status,
            "more_info": f"https://www.twilio.com/docs/errors/{self.code}",
        }  # fmt: skip
        return JSONResponse(document, self.status, headers=self.headers)


Deed = Callable[[str, Request], Awaitable[Response | None]]
"""Asked before each call with its name; what it gives is the answer in place of Twilio's."""


class TwilioServer:
    """One account. `senders` are its own addresses as they stand on the wire; `now` is injected."""

    def __init__(
        self,
        account_sid: str,
        auth_token: str,
        senders: Sequence[str],
        *,
        now: Callable[[], datetime],
        templates: Mapping[str, str] | None = None,
    ) -> None:
        self.account_sid, self.auth_token = account_sid, auth_token
        self.senders = frozenset(senders)
        self.now = now
        self.messages: list[Message] = []
        self.contents: dict[str, dict[str, Any]] = {
            sid: {"sid": sid, "types": {"twilio/text": {"body": body}}, "approved": True}
            for sid, body in (templates or {}).items()
        }
        self.typing: list[str] = []
        self.stopped: set[tuple[str, str]] = set()
        self.elsewhere: dict[str, str] = {}
        """Media SID -> where the file is, in place of here."""
        self.before: Deed | None = None
        self.after: Deed | None = None
        """Asked once the call is done: its answer, if any, goes out in place of Twilio's."""

    @property
    def sent(self) -> list[Message]:
        """What reached customers, in order."""
        return [each for each in self.messages if each.direction.startswith("outbound")]

    @property
    def app(self) -> Starlette:
        """api., content. and messaging.twilio.com in one."""
        account = "/2010-04-01/Accounts/{account}"
        return Starlette(
            routes=[
                Route(f"{account}.json", self._door("account", self._account)),
                Route(f"{account}/Messages.json", self._door("create", self._create), methods=["POST"]),
                Route(f"{account}/Messages.json", self._door("list", self._list), methods=["GET"]),
                Route(f"{account}/Messages/{{sid}}.json", self._door("fetch", self._fetch)),
                Route(f"{account}/Messages/{{sid}}/Media.json", self._door("media list", self._media_list)),
                Route(f"{account}/Messages/{{sid}}/Media/{{media}}", self._door("media", self._media)),
                Route("/v1/Content", self._door("content", self._content), methods=["POST"]),
                Route("/v2/Indicators/Typing.json", self._door("typing", self._typing), methods=["POST"]),
            ]
        )

    # What customers do

    def write(self, sender: str, to: str, body: str = "", **fields: str) -> dict[str, str]:
        """A customer writes: the message stands at Twilio, and this is the form that its webhook gets."""
        sid = f"SM{secrets.token_hex(16)}"
        self.messages.append(Message(sid, to, sender, body, "inbound", self.now(), "received"))
        word = body.strip().upper()
        if not sender.startswith("whatsapp:"):
            if word in _STOPS:
                self.stopped.add((to, sender))
            elif word in _STARTS:
                self.stopped.discard((to, sender))
        return self.form(self.messages[-1], **fields)

    def attach(
        self, sender: str, to: str, files: Sequence[tuple[str, bytes]], base: str, **fields: str
    ) -> dict[str, str]:
        """A customer sends files, (type, bytes) each; `base` is where this server is reached."""
        form = self.write(sender, to, fields.pop("Body", ""), **fields)
        message = self.messages[-1]
        message.media = [(f"ME{secrets.token_hex(16)}", kind, body) for kind, body in files]
        form["NumMedia"] = str(len(files))
        for number, (sid, kind, _) in enumerate(message.media):
            form[f"MediaUrl{number}"] = (
                f"{base}/2010-04-01/Accounts/{self.account_sid}/Messages/{message.sid}/Media/{sid}"
            )
            form[f"MediaContentType{number}"] = kind
        return form

    def form(self, message: Message, **fields: str) -> dict[str, str]:
        """What the webhook of an inbound message carries."""
        form = {
            "MessageSid": message.sid, "SmsSid": message.sid, "SmsMessageSid": message.sid,
            "AccountSid": self.account_sid, "ApiVersion": "2010-04-01", "From": message.sender, "To": message.to,
            "Body": message.body, "NumMedia": "0", "NumSegments": "1", "SmsStatus": "received",
        }  # fmt: skip
        if message.sender.startswith("whatsapp:+"):
            form |= {"WaId": message.sender.removeprefix("whatsapp:+"), "ProfileName": "Ana", "MessageType": "text"}
        return form | fields

    def report(self, message: Message, status: str, code: str = "", **fields: str) -> dict[str, str]:
        """What the status callback of a message of ours carries."""
        message.status = status
        form = {
            "MessageSid": message.sid, "SmsSid": message.sid, "MessageStatus": status, "SmsStatus": status,
            "AccountSid": self.account_sid, "ApiVersion": "2010-04-01", "From": message.sender, "To": message.to,
        }  # fmt: skip
        return form | ({"ErrorCode": code} if code else {}) | fields

    def signed(self, url: str, form: Mapping[str, str], token: str = "") -> tuple[bytes, dict[str, str]]:
        """(body, headers) of a call to `url` as Twilio makes it."""
        text = url + "".join(f"{name}{value}" for name, value in sorted(form.items()))
        digest = hmac.new((token or self.auth_token).encode(), text.encode(), hashlib.sha1).digest()
        headers = {
            "Content-Type": "application/x-www-form-urlencoded; charset=utf-8",
            "X-Twilio-Signature": base64.b64encode(digest).decode(),
            "I-Twilio-Idempotency-Token": secrets.token_hex(16),
        }
        return urlencode(form).encode(), headers

    # The API

    def _door(
        self, name: str, handler: Callable[[Request], Awaitable[Response]]
    ) -> Callable[[Request], Awaitable[Response]]:
        async def door(request: Request) -> Response:
            if self.before is not None and (answer := await self.before(name, request)) is not None:
                return answer
            try:
                self._authorise(request)
                answer = await handler(request)
            except Refusal as refusal:
                return refusal.response
            if self.after is not None and (other := await self.after(name, request)) is not None:
                return other
            return answer

        return door

    def _authorise(self, request: Request) -> None:
        wanted = base64.b64encode(f"{self.account_sid}:{self.auth_token}".encode()).decode()
        if request.headers.get("Authorization") != f"Basic {wanted}":
            raise Refusal(401, 20003, "Authenticate")
        if request.path_params.get("account", self.account_sid) != self.account_sid:
            raise Refusal(404, 20404, "The requested resource was not found")

    async def _account(self, _request: Request) -> Response:
        return JSONResponse({"sid": self.account_sid, "status": "active", "type": "Full"})

    async def _create(self, request: Request) -> Response:
        form = await _form(request)
        if unknown := set(form) - _FIELDS:
            raise Refusal(400, 20001, f"unknown parameter {sorted(unknown)[0]}")
        sender, content = self._sender(form), self._checked(form)
        to = form.get("To", "")
        _check_to(to, sender)
        if (sender, to) in self.stopped:
            raise Refusal(400, 21610, "Attempt to send to unsubscribed recipient")
        body = _rendered(content, form) if content else form["Body"]
        message = Message(
            f"SM{secrets.token_hex(16)}", to, sender, body, "outbound-api", self.now(), "queued", form, content
        )
        if to.startswith("whatsapp:") and not (content or {}).get("approved") and not self._is_open(to, sender):
            raise Refusal(400, 63016, "outside the allowed window: use a template")
        self.messages.append(message)
        return JSONResponse(self._document(message), 201)

    def _sender(self, form: Mapping[str, str]) -> str:
        sender, service = form.get("From", ""), form.get("MessagingServiceSid", "")
        if service.startswith("MG") and not sender:
            return next(each for each in sorted(self.senders) if not each.startswith("whatsapp:"))
        if sender not in self.senders:
            raise Refusal(400, 21606, f"The From address {sender} is not a sender of this account")
        return sender

    def _checked(self, form: Mapping[str, str]) -> dict[str, Any] | None:
        """The content that a message names, None = it has a body. Raises Refusal."""
        body, sid = form.get("Body", ""), form.get("ContentSid", "")
        if not body and not sid and not form.get("MediaUrl"):
            raise Refusal(400, 21619, "A text message body or media urls must be specified")
        if len(body) > 1600:
            raise Refusal(400, 21617, "The concatenated message body exceeds the 1600 character limit")
        callback = form.get("StatusCallback", "")
        if callback and urlsplit(callback).scheme not in ("http", "https"):
            raise Refusal(400, 21609, "The StatusCallback URL is not valid")
        if not sid:
            return None
        if sid not in self.contents:
            raise Refusal(400, 21655, "The ContentSid is invalid")
        variables = form.get("ContentVariables", "")
        if variables:
            _check_variables(variables)
        return self.contents[sid]

    def _is_open(self, to: str, sender: str) -> bool:
        """Whether the customer wrote to this address within a day."""
        came = [
            each.at for each in self.messages if each.direction == "inbound" and (each.sender, each.to) == (to, sender)
        ]
        return bool(came) and self.now() - max(came) <= WINDOW

    async def _list(self, request: Request) -> Response:
        query = dict(parse_qsl(request.scope["query_string"].decode()))
        if unknown := set(query) - _FILTERS:
            raise Refusal(400, 20001, f"unknown parameter {sorted(unknown)[0]}")
        found = [each for each in reversed(self.messages) if _fits(each, query)]
        size, page = int(query.get("PageSize", "50")), int(query.get("Page", "0"))
        shown, rest = found[page * size : (page + 1) * size], found[(page + 1) * size :]
        more = urlencode({**query, "PageSize": str(size), "Page": str(page + 1)})
        path = f"/2010-04-01/Accounts/{self.account_sid}/Messages.json"
        return JSONResponse(
            {
                "messages": [self._document(each) for each in shown],
                "page_size": size,
                "next_page_uri": f"{path}?{more}" if rest else None,
            }
        )

    def _document(self, message: Message) -> dict[str, Any]:
        at = format_datetime(message.at.astimezone(UTC))
        return {
            "sid": message.sid, "account_sid": self.account_sid, "to": message.to, "from": message.sender,
            "body": message.body, "direction": message.direction, "status": message.status, "date_created": at,
            "date_updated": at, "date_sent": at, "num_media": str(len(message.media)), "error_code": None,
            "error_message": None, "api_version": "2010-04-01",
        }  # fmt: skip

    async def _fetch(self, request: Request) -> Response:
        return JSONResponse(self._document(self._message(request)))

    async def _media_list(self, request: Request) -> Response:
        media = self._message(request).media
        listed = [{"sid": sid, "content_type": kind} for sid, kind, _ in media]
        return JSONResponse({"media_list": listed, "next_page_uri": None})

    async def _media(self, request: Request) -> Response:
        for sid, kind, body in self._message(request).media:
            if sid == request.path_params["media"]:
                if sid in self.elsewhere:
                    return RedirectResponse(self.elsewhere[sid], 307)
                return Response(body, media_type=kind)
        raise Refusal(404, 20404, "The requested resource was not found")

    def _message(self, request: Request) -> Message:
        found = next((each for each in self.messages if each.sid == request.path_params["sid"]), None)
        if found is None:
            raise Refusal(404, 20404, "The requested resource was not found")
        return found

    async def _content(self, request: Request) -> Response:
        if request.headers.get("content-type", "").partition(";")[0] != "application/json":
            raise Refusal(415, 20422, "Content-Type must be application/json")
        document = json.loads(await request.body())
        if not document.get("language") or not isinstance(document.get("types"), dict) or not document["types"]:
            raise Refusal(400, 20001, "language and types are required")
        for name, body in document["types"].items():
            _check_type(name, body)
        sid = f"HX{secrets.token_hex(16)}"
        self.contents[sid] = {"sid": sid, **document}
        return JSONResponse({"sid": sid, **document}, 201)

    async def _typing(self, request: Request) -> Response:
        form = await _form(request)
        if set(form) != {"channel", "messageId"} or form["channel"] != "whatsapp":
            raise Refusal(400, 20001, "channel and messageId are required")
        if not any(each.sid == form["messageId"] and each.direction == "inbound" for each in self.messages):
            raise Refusal(404, 20404, "no such message")
        self.typing.append(form["messageId"])
        return JSONResponse({"success": True})


async def _form(request: Request) -> dict[str, str]:
    if request.headers.get("content-type", "").partition(";")[0] != "application/x-www-form-urlencoded":
        raise Refusal(415, 20001, "Content-Type must be application/x-www-form-urlencoded")
    return dict(parse_qsl((await request.body()).decode(), keep_blank_values=True))


def _check_to(to: str, sender: str) -> None:
    bare = to.removeprefix("whatsapp:")
    is_number = bare.startswith("+") and bare[1:].isdigit() and 5 <= len(bare) <= 16
    is_user = to.startswith("whatsapp:") and len(bare) > 3 and bare[2] == "." and bare[:2].isupper()
    if not (is_number or is_user):
        raise Refusal(400, 21211, f"The 'To' number {to} is not a valid phone number")
    if to.startswith("whatsapp:") != sender.startswith("whatsapp:"):
        raise Refusal(400, 21910, "The From and To addresses are of different channels")


def _check_variables(text: str) -> None:
    try:
        values = json.loads(text)
        is_good = isinstance(values, dict) and all(isinstance(each, str) and each for each in values.values())
    except ValueError:
        is_good = False
    if not is_good:
        raise Refusal(400, 21656, "The ContentVariables parameter is invalid")
    if any("\n" in each or "\t" in each or "     " in each for each in values.values()):
        raise Refusal(400, 63028, "a variable holds a line break, a tab or more than four spaces")


def _rendered(content: Mapping[str, Any], form: Mapping[str, str]) -> str:
    body = str(next(iter(content["types"].values())).get("body", ""))
    for name, value in json.loads(form.get("ContentVariables") or "{}").items():
        body = body.replace("{{" + name + "}}", value)
    return body


def _check_type(name: str, body: Mapping[str, Any]) -> None:
    limits = _LIMITS.get(name)
    if limits is None:
        raise Refusal(400, 20001, f"unknown type {name}")
    if not 0 < len(body.get("body", "")) <= 1024:
        raise Refusal(400, 20001, "body holds 1 to 1024 characters")
    part = "actions" if "actions" in limits else "items"
    entries = body.get(part, [])
    most = 3 if part == "actions" else limits[part]  # more buttons need an approval
    if not 0 < len(entries) <= most:
        raise Refusal(400, 20001, f"1 to {most} {part}")
    if part == "items" and not 0 < len(body.get("button", "")) <= 20:
        raise Refusal(400, 20001, "button holds 1 to 20 characters")
    for entry in entries:
        for key, value in entry.items():
            if key != "type" and not 0 < len(value) <= limits.get(key, 0):
                raise Refusal(400, 20001, f"{key} is empty, too long or unknown")
        if part == "actions" and entry.get("type") != "QUICK_REPLY":
            raise Refusal(400, 20001, "an action needs its type")
    title = "title" if part == "actions" else "item"
    if len({each[title] for each in entries}) < len(entries) or len({each["id"] for each in entries}) < len(entries):
        raise Refusal(400, 20001, "titles and ids differ")


def _fits(message: Message, query: Mapping[str, str]) -> bool:
    if query.get("To", message.to) != message.to or query.get("From", message.sender) != message.sender:
        return False
    after = query.get("DateSent>")
    return after is None or message.at >= datetime.fromisoformat(after.replace("Z", "+00:00"))
