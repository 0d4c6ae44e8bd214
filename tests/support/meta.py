"""Meta on loopback: the Graph API that takes messages and gives files, and the side that signs and posts webhooks.

It refuses what Meta refuses (no token, another number, a field that it does not know, a title too long, a window that is over),
with Meta's own codes, and does with the next calls what it is told: be busy, fail, answer with a page, take and never answer. Calls
that nobody expected are kept in `unexpected`. It knows Meta's documents and nothing of our code but how webhooks are signed.
"""

import asyncio
import hashlib
import hmac
import json
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final, Literal

import httpx2
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import Route

Does = Literal[
    "take",
    "rate",
    "busy_pair",
    "error",
    "gateway",
    "page",
    "token",
    "take_and_hang",
    "take_and_drop",
    "drop",
    "no_id",
    "unknown",
]
Json = dict[str, Any]
TOKEN: Final = "EAA-system-user"
SECRET: Final = "app-secret-of-the-shop"
VERIFY: Final = "a-token-that-we-chose"
NUMBER: Final = "106540352242922"
WABA: Final = "102290129340398"
PAGE: Final = "204000000000001"
ACCOUNT: Final = "17841400000000001"
VERSION: Final = "v26.0"
_DAY: Final = timedelta(hours=24)


class Refusal(Exception):
    """What Meta answers instead of taking a message."""

    def __init__(self, code: int, message: str, status: int = 400, subcode: int = 0) -> None:
        super().__init__(message)
        self.status = status
        self.error = {"message": f"(#{code}) {message}", "type": "OAuthException", "code": code, "fbtrace_id": "AbC"}
        if subcode:
            self.error["error_subcode"] = subcode


@dataclass(frozen=True, slots=True)
class Taken:
    """A message that Meta took: its id, who gets it, and the document as it came."""

    id: str
    channel: str
    to: str
    body: Json

    @property
    def text(self) -> str:
        """Its words, in whatever shape they came."""
        if self.channel != "whatsapp":
            return str(self.body["message"]["text"])
        kind = self.body["type"]
        if kind == "template":
            return str(self.body["template"]["components"][0]["parameters"][0]["text"])
        return str(self.body["text"]["body"] if kind == "text" else self.body["interactive"]["body"]["text"])

    @property
    def choices(self) -> list[tuple[str, str]]:
        """(title, value) of what may be tapped."""
        if self.channel != "whatsapp":
            return [(each["title"], each["payload"]) for each in self.body["message"].get("quick_replies", [])]
        if self.body["type"] != "interactive":
            return []
        action = self.body["interactive"]["action"]
        if "buttons" in action:
            return [(each["reply"]["title"], each["reply"]["id"]) for each in action["buttons"]]
        return [(each["title"], each["id"]) for section in action["sections"] for each in section["rows"]]


@dataclass
class Graph:
    """The Graph API. `now` tells its time; `next` are its answers to the next messages, then all is well."""

    now: Callable[[], datetime]
    next: list[Does] = field(default_factory=list)
    taken: list[Taken] = field(default_factory=list)
    signs: list[Json] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)
    unexpected: list[str] = field(default_factory=list)
    heard: dict[tuple[str, str], datetime] = field(default_factory=dict)
    files: dict[str, tuple[str, bytes]] = field(default_factory=dict)
    file_does: list[Does] = field(default_factory=list)
    url: str = ""
    templates: dict[str, str] = field(default_factory=lambda: {"answer": "en_US", "antwort": "de"})

    @property
    def app(self) -> Starlette:
        """The API."""
        return Starlette(
            routes=[
                Route("/cdn/{media}", self._cdn, methods=["GET"]),
                Route("/{version}/{sender}/messages", self._messages, methods=["POST"]),
                Route("/{version}/{media}", self._media, methods=["GET"]),
                Route("/{path:path}", self._nothing, methods=["GET", "POST", "PUT", "DELETE"]),
            ]
        )

    def texts(self, channel: str = "whatsapp") -> list[str]:
        """What arrived on a channel, in order."""
        return [each.text for each in self.taken if each.channel == channel]

    async def _nothing(self, request: Request) -> Response:
        self.unexpected.append(f"{request.method} {request.url.path}")
        return JSONResponse(Refusal(2500, "Unknown path components").error, 400)

    async def _messages(self, request: Request) -> Response:
        self.calls.append(request.url.path)
        does: Does = "take"
        try:
            channel, body = await self._checked(request)
            if self._is_sign(channel, body):
                self.signs.append(body)
                return JSONResponse({"success": True})
            does = self.next.pop(0) if self.next else "take"
            if (failed := await _before(does)) is not None:
                return failed
            taken = self._take(channel, body)
        except Refusal as refusal:
            if refusal.error["code"] in (100, 2500):
                self.unexpected.append(str(refusal))
            return JSONResponse({"error": refusal.error}, refusal.status)
        return await _after(does, taken)

    async def _checked(self, request: Request) -> tuple[str, Json]:
        _token(request)
        if request.path_params["version"] != VERSION:
            raise Refusal(2500, "Unknown version")
        senders = {NUMBER: "whatsapp", PAGE: "messenger", ACCOUNT: "instagram"}
        channel = senders.get(request.path_params["sender"])
        if channel is None:
            raise Refusal(100, "Object with this id does not exist", subcode=33)
        if request.headers.get("content-type", "").partition(";")[0] != "application/json":
            raise Refusal(100, "The body is no JSON")
        return channel, await request.json()

    def _is_sign(self, channel: str, body: Json) -> bool:
        if channel == "whatsapp" and "status" in body:
            _only(body, {"messaging_product", "status", "message_id", "typing_indicator"})
            if body["status"] != "read" or body.get("typing_indicator", {"type": "text"}) != {"type": "text"}:
                raise Refusal(100, "Invalid parameter")
            return True
        if channel != "whatsapp" and "sender_action" in body:
            _only(body, {"recipient", "sender_action"})
            return True
        return False

    def _take(self, channel: str, body: Json) -> Taken:
        to = _whatsapp(body) if channel == "whatsapp" else _direct(channel, body)
        heard = self.heard.get((channel, to))
        age = self.now() - heard if heard else timedelta(days=999)
        if channel == "whatsapp":
            self._template(body) if body["type"] == "template" else None
            if body["type"] != "template" and age > _DAY:
                raise Refusal(131047, "Re-engagement message")
        elif age > (timedelta(days=7) if body.get("tag") == "HUMAN_AGENT" else _DAY):
            raise Refusal(10, "This message is sent outside of allowed window.", 403, 2018278)
        taken = Taken(
            f"{'wamid' if channel == 'whatsapp' else 'm_'}.{channel}.{len(self.taken) + 1}", channel, to, body
        )
        self.taken.append(taken)
        return taken

    def _template(self, body: Json) -> None:
        template = body["template"]
        _only(template, {"name", "language", "components"})
        if self.templates.get(template["name"]) != template["language"]["code"]:
            raise Refusal(132001, "Template name does not exist in the translation", 404)
        text = template["components"][0]["parameters"][0]["text"]
        if any(each in text for each in ("\n", "\t", "    ")) or len(text) > 1024:
            raise Refusal(132005, "Translated text too long")

    async def _media(self, request: Request) -> Response:
        try:
            _token(request)
            media = request.path_params["media"]
            if media in (NUMBER, PAGE, ACCOUNT):
                return JSONResponse({"id": media})
            if media not in self.files:
                raise Refusal(100, "Object does not exist", subcode=33)
        except Refusal as refusal:
            return JSONResponse({"error": refusal.error}, refusal.status)
        kind, data = self.files[media]
        document = {"url": f"{self.url}/cdn/{media}", "mime_type": kind, "file_size": len(data), "id": media}
        return JSONResponse({"messaging_product": "whatsapp", **document})

    async def _cdn(self, request: Request) -> Response:
        """A file by its short-lived address; those of WhatsApp want the token, those of a page do not."""
        media = request.path_params["media"]
        does = self.file_does.pop(0) if self.file_does else "take"
        if does == "error":
            return Response(status_code=404)
        if does == "page":
            return HTMLResponse("<html>Log in</html>")
        if does == "drop":
            return RedirectResponse("http://169.254.169.254/latest/meta-data", 302)
        if media.startswith("wa-") and request.headers.get("authorization") != f"Bearer {TOKEN}":
            return Response(status_code=401)
        if not media.startswith("wa-") and "authorization" in request.headers:
            self.unexpected.append("a token was sent to an address that needs none")
        kind, data = self.files[media]
        return Response(data, media_type=kind)


async def _before(does: Does) -> Response | None:
    """A failure before anything was done."""
    match does:
        case "rate":
            return JSONResponse({"error": Refusal(130429, "Rate limit hit").error}, 429, {"Retry-After": "7"})
        case "busy_pair":
            return JSONResponse({"error": Refusal(131056, "Pair rate limit hit").error}, 400)
        case "error":
            return JSONResponse({"error": Refusal(131000, "Something went wrong").error}, 500)
        case "gateway":
            return HTMLResponse("<html>Bad gateway</html>", 502)
        case "page":
            return HTMLResponse("<html>Log in</html>")
        case "token":
            return JSONResponse({"error": Refusal(190, "Error validating access token").error}, 401)
        case "unknown":
            return JSONResponse({"error": Refusal(987654, "Something new").error}, 400)
        case "drop":
            return _cut()
    return None


async def _after(does: Does, taken: Taken) -> Response:
    if does == "take_and_hang":
        await asyncio.sleep(60)
    if does == "take_and_drop":
        return _cut()
    if does == "no_id":
        return JSONResponse({"messaging_product": "whatsapp"})
    if taken.channel != "whatsapp":
        return JSONResponse({"recipient_id": taken.to, "message_id": taken.id})
    own = {"input": taken.to, "wa_id": taken.to} if taken.to.isdigit() else {"input": taken.to, "user_id": taken.to}
    return JSONResponse({"messaging_product": "whatsapp", "contacts": [own], "messages": [{"id": taken.id}]})


def _cut() -> Response:
    """A connection that breaks in the middle of the answer."""

    async def halves() -> Any:
        yield b'{"mess'
        raise ConnectionResetError

    return StreamingResponse(halves(), media_type="application/json", headers={"Content-Length": "400"})


# What Meta checks


def _token(request: Request) -> None:
    if request.headers.get("authorization") != f"Bearer {TOKEN}":
        raise Refusal(190, "Invalid OAuth access token.", 401)


def _only(body: Mapping[str, Any], allowed: set[str]) -> None:
    if unknown := set(body) - allowed:
        raise Refusal(100, f"Unexpected key {sorted(unknown)}")


def _length(value: Any, longest: int, name: str) -> str:
    if not isinstance(value, str) or not value or len(value) > longest:
        raise Refusal(100, f"{name} must have 1 to {longest} characters")
    return value


def _whatsapp(body: Json) -> str:
    kind = body.get("type")
    allowed = {
        "messaging_product",
        "recipient_type",
        "to",
        "recipient",
        "type",
        "context",
        "biz_opaque_callback_data",
        kind,
    }
    _only(body, {str(each) for each in allowed})
    if body.get("messaging_product") != "whatsapp" or kind not in ("text", "interactive", "template"):
        raise Refusal(100, "Invalid parameter")
    _length(body.get("biz_opaque_callback_data", "-"), 512, "biz_opaque_callback_data")
    if kind == "text":
        _only(body["text"], {"body", "preview_url"})
        _length(body["text"].get("body"), 4096, "text.body")
    elif kind == "interactive":
        _interactive(body["interactive"])
    if body.get("to"):
        return str(body["to"]).removeprefix("+")
    return _length(body.get("recipient"), 140, "recipient")


def _interactive(interactive: Json) -> None:
    _only(interactive, {"type", "header", "body", "footer", "action"})
    action = interactive["action"]
    if interactive["type"] == "button":
        _length(interactive["body"]["text"], 1024, "body")
        replies = [each["reply"] for each in action["buttons"] if each["type"] == "reply"]
        if not 1 <= len(replies) <= 3 or len(replies) != len(action["buttons"]):
            raise Refusal(131009, "Button count must be 1 to 3")
        titles = [_length(each["title"], 20, "title") for each in replies]
        ids = [_length(each["id"], 256, "id") for each in replies]
    else:
        _length(interactive["body"]["text"], 4096, "body")
        _length(action["button"], 20, "button")
        rows = [row for section in action["sections"] for row in section["rows"]]
        if not 1 <= len(rows) <= 10:
            raise Refusal(131009, "Row count must be 1 to 10")
        titles = [_length(each["title"], 24, "title") for each in rows]
        ids = [_length(each["id"], 200, "id") for each in rows]
        [_length(each["description"], 72, "description") for each in rows if "description" in each]
    if len(set(titles)) < len(titles) or len(set(ids)) < len(ids):
        raise Refusal(131009, "Titles and ids must be unique")


def _direct(channel: str, body: Json) -> str:
    _only(body, {"recipient", "messaging_type", "tag", "message"})
    message = body["message"]
    _only(message, {"text", "quick_replies"} | ({"metadata"} if channel == "messenger" else set()))
    most = 2000 if channel == "messenger" else 1000
    if not message.get("text") or len(message["text"].encode()) > most:
        raise Refusal(100, f"Length of param message[text] must be less than or equal to {most}")
    replies = message.get("quick_replies", [])
    if len(replies) > 13:
        raise Refusal(100, "Too many quick replies")
    for each in replies:
        _only(each, {"content_type", "title", "payload"})
        _length(each["title"], 20, "title")
        _length(each["payload"], 1000, "payload")
    is_tagged = body.get("messaging_type") == "MESSAGE_TAG"
    if is_tagged != (body.get("tag") == "HUMAN_AGENT") or not (is_tagged or body.get("messaging_type") == "RESPONSE"):
        raise Refusal(100, "Invalid messaging_type or tag")
    return str(body["recipient"]["id"])


# The other direction


def signed(body: bytes, secret: str = SECRET) -> dict[str, str]:
    """The headers of a webhook."""
    digest = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return {"X-Hub-Signature-256": f"sha256={digest}", "Content-Type": "application/json"}


@dataclass
class Customer:
    """Somebody on one of the channels: what they do becomes signed webhooks, posted to `url`.

    `graph` learns when they wrote, so that it knows the window."""

    graph: Graph
    channel: str
    id: str
    url: str
    name: str = "Ana Souza"
    user_id: str = ""
    count: int = 0

    def text(self, text: str, **parts: Any) -> Json:
        """A text message."""
        if self.channel == "whatsapp":
            return self.message("text", {"body": text}, **parts)
        return self.event({"message": {"mid": self._mid(), "text": text, **parts}})

    def tap(self, choice: tuple[str, str], *, in_list: bool = False) -> Json:
        """One of the choices of a message, (title, value)."""
        title, value = choice
        if self.channel != "whatsapp":
            return self.event({"message": {"mid": self._mid(), "text": title, "quick_reply": {"payload": value}}})
        kind = "list_reply" if in_list else "button_reply"
        return self.message("interactive", {"type": kind, kind: {"id": value, "title": title}})

    def message(self, kind: str, content: Any, **parts: Any) -> Json:
        """A WhatsApp message of a type."""
        own: Json = {"from": self.id} if self.id else {}
        own |= {"from_user_id": self.user_id} if self.user_id else {}
        stamp = str(int(self.graph.now().timestamp()))
        return {"id": self._mid(), "timestamp": stamp, "type": kind, kind: content, **own, **parts}

    def event(self, happened: Json) -> Json:
        """Something on Messenger or Instagram."""
        own = PAGE if self.channel == "messenger" else ACCOUNT
        stamp = int(self.graph.now().timestamp() * 1000)
        return {"sender": {"id": self.id}, "recipient": {"id": own}, "timestamp": stamp, **happened}

    def echo(self, text: str, mid: str, **parts: Any) -> Json:
        """A message of the shop's side to this customer."""
        if self.channel == "whatsapp":
            stamp = str(int(self.graph.now().timestamp()))
            return {
                "from": "15550783881", "to": self.id, "id": mid, "timestamp": stamp, "type": "text", "text": {"body": text},
            }  # fmt: skip
        event = self.event({"message": {"mid": mid, "text": text, "is_echo": True, **parts}})
        return event | {"sender": event["recipient"], "recipient": event["sender"]}

    def _mid(self) -> str:
        self.count += 1
        return f"in.{self.channel}.{self.id or self.user_id}.{self.count}"

    def call(self, *items: Json, statuses: Sequence[Json] = (), echoes: Sequence[Json] = ()) -> Json:
        """The document of one webhook."""
        if self.channel != "whatsapp":
            own, kind = (PAGE, "page") if self.channel == "messenger" else (ACCOUNT, "instagram")
            return {"object": kind, "entry": [{"id": own, "time": 1, "messaging": [*items, *statuses, *echoes]}]}
        contact: Json = {"profile": {"name": self.name}} | ({"wa_id": self.id} if self.id else {})
        contact |= {"user_id": self.user_id} if self.user_id else {}
        value: Json = {
            "messaging_product": "whatsapp",
            "metadata": {"display_phone_number": "15550783881", "phone_number_id": NUMBER},
        }
        changes = []
        if items or statuses:
            said = {"contacts": [contact], "messages": list(items)} if items else {}
            changes.append(
                {"field": "messages", "value": value | said | ({"statuses": list(statuses)} if statuses else {})}
            )
        if echoes:
            changes.append({"field": "smb_message_echoes", "value": value | {"message_echoes": list(echoes)}})
        return {"object": "whatsapp_business_account", "entry": [{"id": WABA, "changes": changes}]}

    async def post(self, document: Json, *, copies: int = 1) -> list[int]:
        """Post a webhook, signed, so many times at once; the statuses."""
        body = json.dumps(document).encode()
        async with httpx2.AsyncClient(base_url=self.url, trust_env=False, timeout=20) as client:
            posts = [client.post("/webhooks/meta", content=body, headers=signed(body)) for _ in range(copies)]
            return [answer.status_code for answer in await asyncio.gather(*posts)]

    async def say(self, *items: Json, copies: int = 1) -> list[int]:
        """Do these things, in one webhook."""
        self.graph.heard[(self.channel, self.id or self.user_id)] = self.graph.now()
        return await self.post(self.call(*items), copies=copies)


def statuses_of(taken: Sequence[Taken], *kinds: str, at: int = 1_700_000_000) -> list[Json]:
    """WhatsApp's words on messages, every kind for each, with our key as it was given."""
    return [
        {
            "id": each.id, "status": kind, "timestamp": str(at), "recipient_id": each.to,
            "biz_opaque_callback_data": each.body.get("biz_opaque_callback_data", ""),
        }
        for each in taken
        for kind in kinds
    ]  # fmt: skip


def shuffled(items: Sequence[Json], seed: int) -> list[Json]:
    """The same items in another order, some of them twice."""
    chance = random.Random(seed)
    both = [*items, *chance.sample(list(items), len(items) // 2)]
    chance.shuffle(both)
    return both
