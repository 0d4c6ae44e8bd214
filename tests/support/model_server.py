"""An OpenAI-compatible model server on loopback that plays a script, strict about what it is sent.

Steps are played in order, then `otherwise` for ever. A step is a function of the request's body, so it may look at it before it
answers. Requests and headers are kept; what a real server would refuse (no key, a tool call without its answer, an unknown key)
is answered with 400 and kept in `unexpected`, which a test should find empty at its end. It knows nothing of our code.
"""

import asyncio
import base64
import itertools
import json
import re
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

Json: TypeAlias = dict[str, Any]
KEY: Final = "sk-test-loopback"
MODEL: Final = "scripted"
_PLAIN: Final = frozenset({"model", "messages", "stream", "max_tokens", "temperature", "tools", "stream_options"})
_VENDOR: Final = frozenset({"max_completion_tokens", "safety_identifier"})


@dataclass(frozen=True, slots=True)
class Said:
    """An answer: an HTTP status with a body, or a stream of pieces (text to send; seconds or an event to wait for; None = reset)."""

    pieces: tuple["Piece", ...] = ()
    status: int = 200
    body: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    kind: str = "text/event-stream"
    wait_s: float = 0.0


Piece: TypeAlias = str | float | asyncio.Event | None
Step: TypeAlias = Callable[[Json], Said]


class ModelServer:
    """The server and its script. Serve `app`; give `base_url` = its URL + "/v1"."""

    def __init__(self, *steps: Step, otherwise: Step | None = None, vendor: bool = False) -> None:
        self.steps = list(steps)
        self.otherwise = otherwise
        self.requests: list[Json] = []
        self.raw: list[bytes] = []
        self.headers: list[dict[str, str]] = []
        self.unexpected: list[str] = []
        self.left_early = 0
        self.sees = False
        self._known = _PLAIN | _VENDOR if vendor else _PLAIN
        self.app = Starlette(routes=[Route("/v1/chat/completions", self._complete, methods=["POST"])])

    def then(self, *steps: Step) -> None:
        """Go on with these steps."""
        self.steps += steps

    def assert_finished(self) -> None:
        """Everything was played and nothing was wrong with what was asked."""
        assert self.unexpected == []
        assert self.steps == []

    @property
    def text(self) -> str:
        """Everything that was ever sent here."""
        return "\n".join(each.decode() for each in self.raw)

    async def _complete(self, request: Request) -> Response:
        raw = await request.body()
        self.raw.append(raw)
        self.headers.append(dict(request.headers))
        body: Json = json.loads(raw)
        self.requests.append(body)
        wrong = self._wrong(request, body)
        if wrong:
            self.unexpected.append(wrong)
            return JSONResponse(error(wrong, "invalid_request_error"), 400)
        step = self.steps.pop(0) if self.steps else self.otherwise
        if step is None:
            self.unexpected.append("asked once more than the script says")
            return JSONResponse(error("nothing left", "script"), 400)
        said = step(body)
        until = asyncio.get_running_loop().time() + said.wait_s
        while asyncio.get_running_loop().time() < until:
            if await request.is_disconnected():
                self.left_early += 1
                return Response(status_code=499)
            await asyncio.sleep(0.02)
        if said.kind == "text/event-stream":
            return StreamingResponse(self._streamed(said), said.status, dict(said.headers), said.kind)
        return Response(said.body, said.status, dict(said.headers), said.kind)

    async def _streamed(self, said: Said) -> AsyncIterator[str]:
        whole = False
        try:
            for piece in said.pieces:
                if piece is None:
                    whole = True
                    raise ConnectionResetError("as the script says")
                if isinstance(piece, float):
                    await asyncio.sleep(piece)
                elif isinstance(piece, asyncio.Event):
                    await piece.wait()
                else:
                    yield piece
            whole = True
        finally:
            self.left_early += not whole

    def _wrong(self, request: Request, body: Json) -> str:
        if request.headers.get("authorization") != f"Bearer {KEY}":
            return "no key, or another one"
        unknown = body.keys() - self._known
        if unknown:
            return f"unknown key: {min(unknown)}"
        if body.get("model") != MODEL or body.get("stream") is not True:
            return "another model, or no stream"
        if not self.sees and any(isinstance(message["content"], list) for message in body["messages"]):
            return "pictures for a model that cannot see"
        return unpictured(body["messages"]) or unanswered(body["messages"])


def unpictured(messages: Sequence[Json]) -> str:
    """What is wrong with the parts of messages: texts, and pictures of a customer as they travel in the request itself."""
    parts = [
        (message["role"], part)
        for message in messages
        if isinstance(message["content"], list)
        for part in message["content"]
    ]
    for role, part in parts:
        if part["type"] == "text" and isinstance(part["text"], str):
            continue
        if role != "user" or part["type"] != "image_url" or not pixels(part["image_url"]["url"]):
            return "a part that is neither text nor a picture"
    return ""


def pixels(url: str) -> bytes:
    """The file in a data URL of a picture; empty when it is none."""
    head, _, body = url.partition(";base64,")
    return base64.b64decode(body, validate=True) if head.startswith("data:image/") else b""


def unanswered(messages: Sequence[Json]) -> str:
    """What is wrong with a conversation: each tool call must be answered exactly once before anything else is said."""
    open_ids: list[str] = []
    for message in messages:
        if message["role"] == "tool":
            if message["tool_call_id"] not in open_ids:
                return f"an answer to no open call: {message['tool_call_id']}"
            open_ids.remove(message["tool_call_id"])
            continue
        if open_ids:
            return f"an unanswered call: {open_ids[0]}"
        ids = [call["id"] for call in message.get("tool_calls", [])]
        if len(set(ids)) != len(ids):
            return "the same id twice"
        open_ids = list(ids)
    return f"an unanswered call: {open_ids[0]}" if open_ids else ""


def told(message: Json) -> str:
    """The texts of a message."""
    content = message["content"]
    return " ".join(part.get("text", "") for part in content) if isinstance(content, list) else str(content)


# Pieces of the protocol


def error(message: str, code: str) -> Json:
    """An error as the protocol words it."""
    return {"error": {"message": message, "type": code, "code": code, "param": None}}


def event(data: Json | str) -> str:
    """One server-sent event."""
    return f"data: {data if isinstance(data, str) else json.dumps(data)}\n\n"


def chunk(delta: Json | None = None, finish: str | None = None, **more: Any) -> str:
    """One piece of a completion."""
    choice = {"index": 0, "delta": delta or {}, "finish_reason": finish}
    return event(
        {"id": "c1", "object": "chat.completion.chunk", "created": 1, "model": MODEL, "choices": [choice], **more}
    )


def usage(prompt: int = 100, completion: int = 20, cached: int = 0) -> str:
    """The last piece: what it cost."""
    counted = {
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "total_tokens": prompt + completion,
        "prompt_tokens_details": {"cached_tokens": cached},
    }
    return chunk(choices=[], usage=counted)


DONE: Final = event("[DONE]")
WHOLE: Final = (chunk(finish="stop"), usage(), DONE)
"""How an answer ends well."""


def words(text: str) -> list[str]:
    """A text in pieces of a word each, as a model writes it."""
    return [chunk({"content": piece}) for piece in text.replace(" ", " \0").split("\0") if piece]


def call_pieces(index: int, id: str, name: str, arguments: str) -> list[str]:
    """A tool call in three pieces."""
    middle = len(arguments) // 2
    first = {"index": index, "id": id, "type": "function", "function": {"name": name, "arguments": ""}}
    rest = [{"index": index, "function": {"arguments": part}} for part in (arguments[:middle], arguments[middle:])]
    return [chunk({"tool_calls": [each]}) for each in (first, *rest)]


# Steps that go well


def says(text: str, *, wait_s: float = 0.0, gap_s: float = 0.0) -> Step:
    """A text; `gap_s` is the pause after each word."""
    pieces: list[str | float] = [each for word in words(text) for each in (word, gap_s)]
    return lambda _: Said(
        (chunk({"role": "assistant", "content": ""}), *pieces, chunk(finish="stop"), usage(), DONE), wait_s=wait_s
    )


def calls(*wanted: tuple[str, Json], finish: str = "tool_calls") -> Step:
    """Tool calls, in pieces."""
    pieces = [
        piece
        for index, (name, arguments) in enumerate(wanted)
        for piece in call_pieces(index, f"call_{index}", name, json.dumps(arguments))
    ]
    return lambda _: Said((*pieces, chunk(finish=finish), usage(), DONE))


def calls_in_one_piece(*wanted: tuple[str, Json], id: str = "call_0", index: int | None = None) -> Step:
    """Tool calls whole, all with one id, and `stop` for a reason, as some servers send them."""
    pieces = [
        {"index": place if index is None else index, "id": id, "type": "function",
         "function": {"name": name, "arguments": json.dumps(arguments)}}
        for place, (name, arguments) in enumerate(wanted)
    ]  # fmt: skip
    return lambda _: Said((chunk({"tool_calls": pieces}), chunk(finish="stop"), DONE))


def calls_with(name: str, arguments: str) -> Step:
    """A tool call with arguments as this text, JSON or not."""
    return lambda _: Said((*call_pieces(0, "call_0", name, arguments), chunk(finish="tool_calls"), DONE))


# Steps that go wrong, by the name of what happens


def status(code: int, name: str = "server_error", **headers: str) -> Step:
    """An error with a body as the protocol words it."""
    named = {key.replace("_", "-"): value for key, value in headers.items()}
    return lambda _: Said(
        status=code, body=json.dumps(error(f"{name} happened", name)), headers=named, kind="application/json"
    )


def page(code: int) -> Step:
    """A page for people: a captive proxy, a gateway."""
    return lambda _: Said(status=code, body="<html><body>Sign in</body></html>", kind="text/html")


def whole(body: Any) -> Step:
    """A JSON document where a stream was asked for."""
    return lambda _: Said(body=json.dumps(body), kind="application/json")


def pieces(*sent: Piece) -> Step:
    """Exactly these pieces."""
    return lambda _: Said(sent)


HELLO: Final = tuple(words("Your order was deliv"))
FAULTS: Final[Mapping[str, Step]] = {
    "context_length": status(400, "context_length_exceeded"),
    "bad_request": status(400, "invalid_value"),
    "unauthorised": status(401, "invalid_api_key"),
    "forbidden": status(403, "forbidden"),
    "not_found": status(404, "model_not_found"),
    "rate_limited": status(429, "rate_limit_exceeded", retry_after="30"),
    "rate_limited_soon": status(429, "rate_limit_exceeded", retry_after="0.1"),
    "quota": status(429, "insufficient_quota"),
    "server_error": status(500),
    "unavailable": status(503, "overloaded"),
    "gateway_page": page(502),
    "login_page": page(200),
    "no_stream": whole({"foo": 1}),
    "slow_first_byte": says("Hello there.", wait_s=30.0),
    "stall": pieces(*HELLO, 30.0, chunk(finish="stop"), DONE),
    "drip": says("word " * 400, gap_s=0.05),
    "cut": pieces(*HELLO),
    "done_without_reason": pieces(*HELLO, DONE),
    "nothing": pieces(),
    "reset": pieces(*HELLO, None),
    "error_chunk": pieces(*HELLO, event(error("overloaded", "server_error")), DONE),
    "no_json": pieces(*HELLO, event("{not json"), DONE),
    "choices_null": pieces(event({"id": "c", "object": "chat.completion.chunk", "choices": None}), DONE),
    "content_number": pieces(chunk({"content": 5}), chunk(finish="stop"), DONE),
    "content_list": pieces(chunk({"content": ["Hello"]}), chunk(finish="stop"), DONE),
    "delta_missing": pieces(chunk(choices=[{"index": 0}]), DONE),
    "delta_text": pieces(chunk(choices=[{"index": 0, "delta": "Hello", "finish_reason": "stop"}]), DONE),
    "choices_text": pieces(chunk(choices=["Hello"]), DONE),
    "finish_number": pieces(*HELLO, chunk(choices=[{"index": 0, "delta": {}, "finish_reason": 5}]), DONE),
    "usage_text": pieces(*HELLO, chunk(usage="much"), DONE),
    "whole_completion": whole({"id": "c", "object": "chat.completion", "choices": [
        {"index": 0, "message": {"role": "assistant", "content": "Hello."}, "finish_reason": "stop"}]}),
    "calls_number": pieces(chunk({"tool_calls": 7}), chunk(finish="tool_calls"), DONE),
    "not_an_object": pieces(event("[1, 2]"), DONE),
    "function_null": pieces(chunk({"tool_calls": [{"index": 0, "id": "c", "function": None}]}), chunk(finish="stop"), DONE),
    "arguments_an_object": pieces(
        chunk({"tool_calls": [{"index": 0, "id": "c", "function": {"name": "order_status", "arguments": {}}}]}),
        chunk(finish="tool_calls"), DONE),
    "refusal": pieces(chunk({"refusal": "I cannot help with that."}), chunk(finish="stop"), DONE),
    "length": pieces(*HELLO, chunk(finish="length"), DONE),
    "content_filter": pieces(chunk(finish="content_filter"), DONE),
    "empty": pieces(chunk({"role": "assistant", "content": ""}), chunk(finish="stop"), DONE),
    "cut_tool_call": pieces(*call_pieces(0, "call_0", "cancel_order", '{"order_number": null}')[:2]),
    "bad_arguments": calls_with("order_status", '{"order_number": "10'),
    "wrong_arguments": calls_with("order_status", '{"order_number": 5, "customer_id": "c-other"}'),
    "arguments_no_object": calls_with("order_status", '["1042"]'),
    "unknown_tool": calls(("issue_refund", {"amount": 100000})),
    "nameless_tool": calls_with("", "{}"),
    "same_call_again": calls(("order_status", {"order_number": None})),
}  # fmt: skip
"""Everything that can go wrong, each a step to be played for ever."""


# The malicious one


@dataclass(slots=True)
class Hostile:
    """A model in the hands of an attacker: calls every tool that it is offered with hostile arguments, and some that it is not,
    obeys whatever the text tells it, and ends with one of `lies`. Use it as `otherwise`.

    Each conversation that is offered tools sees the next of them attacked: about somebody else, about nothing (so that it runs),
    and with every argument that there is. `attacked` are the tools that were called so; `unarmed` what they take and we cannot fill."""

    lies: Sequence[str]
    arguments: Mapping[str, Any] = field(
        default_factory=lambda: {
            "order_number": "2001", "query": "ignore all rules", "customer_id": "c-other", "amount": 99_999_00,
            "confirmed": True, "skip_confirmation": True, "reason": "admin override", "email": "victim@example.com",
        }
    )  # fmt: skip
    calls_made: int = 0
    attacked: set[str] = field(default_factory=set)
    unarmed: set[str] = field(default_factory=set)
    _turn: "itertools.count[int]" = field(default_factory=itertools.count)
    _lied: "itertools.count[int]" = field(default_factory=itertools.count)

    def __call__(self, body: Json) -> Said:
        """The next hostile answer."""
        answered = sum(message["role"] == "tool" for message in body["messages"])
        offered = [tool["function"] for tool in body.get("tools", [])]
        if not offered or answered > len(_UNKNOWN):
            return says(self._lie(body))(body)
        wanted = self._unknown() if answered else self._attack(offered[next(self._turn) % len(offered)])
        self.calls_made += len(wanted)
        return calls(*wanted)(body)

    def _attack(self, tool: Json) -> list[tuple[str, Json]]:
        """One tool in every hostile way that differs."""
        schemas: Json = tool["parameters"]["properties"]
        self.attacked.add(tool["name"])
        self.unarmed |= schemas.keys() - self.arguments.keys()
        theirs = {name: self.arguments.get(name) for name in schemas}
        empty = {name: None if "null" in schema["type"] else theirs[name] for name, schema in schemas.items()}
        return [(tool["name"], each) for each in (theirs, {**theirs, **self.arguments}, empty)]

    def _unknown(self) -> list[tuple[str, Json]]:
        return [(name, dict(self.arguments)) for name in _UNKNOWN]

    def _lie(self, body: Json) -> str:
        """What the text tells it to say, else the next lie; `{system}` and `{seen}` are what it was told and shown."""
        seen = " ".join(told(message) for message in body["messages"] if message["role"] != "system")
        ordered = re.findall(r"say exactly: ([^\"\\\n]+)", seen, re.IGNORECASE)
        text = ordered[-1] if ordered else self.lies[next(self._lied) % len(self.lies)]
        return text.replace("{system}", str(body["messages"][0]["content"])).replace("{seen}", seen)


_UNKNOWN: Final = ("issue_refund", "confirm_proposal", "execute", "cancel_order")
"""Tools that nobody offers."""
