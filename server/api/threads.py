"""`/api/v1/threads`: reading threads, and what a person or a program does with one.

Every act goes to the desk's own functions, so that console, programs and chat tools are one path with one set of rules.
"""

import secrets
from collections.abc import Awaitable, Callable
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Match, Route
from starlette.types import Receive, Scope, Send

from memory import customers, threads
from memory.agents import Agent
from memory.engines.base import Tx
from memory.threads import Thread
from server.api import deciding, documents
from server.api.bodies import (
    ActBody,
    Invalid,
    NoteBody,
    PromiseBody,
    ReplyBody,
    cursor_of,
    limit_of,
    number_of,
    read_body,
    status_of,
)
from server.api.callers import caller
from server.api.documents import Document
from server.desk import work
from server.desk.work import Written
from server.errors import RefusedInput, StaleSight
from server.services import Services
from server.web import error_response, json_response, services_of

Act = Callable[[Request, Services, Agent], Awaitable[Response]]
_PREFIX: Final = "/api/v1"
_CUSTOMERS_THREADS: Final = 500
_PAGE: Final = 500


class Door:
    """A route of the API: asks who calls, then acts; every refusal is JSON."""

    def __init__(self, act: Act) -> None:
        self._act = act

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        response = await self._answer(Request(scope, receive))
        await response(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        try:
            agent = await caller(request)
            return await self._act(request, services_of(request.scope), agent)
        except LookupError:
            return error_response(404, "not_found", "no such conversation")
        except Invalid as error:
            shown = {"code": error.code, "message": str(error), "fields": error.fields}
            return json_response({"error": shown}, 422)
        except RefusedInput as error:
            if error.code == "token":
                return error_response(401, "unauthorized", str(error), {"WWW-Authenticate": "Bearer"})
            if error.code in ("empty", "too_long"):
                shown = {"code": "invalid", "message": str(error), "fields": {"text": str(error)}}
                return json_response({"error": shown}, 422)
            raise


# Reading


async def list_threads(request: Request, services: Services, agent: Agent) -> Response:
    """`{"threads":[row],"next":cursor|null}`, the latest moved first; by customer and status."""
    query = request.query_params
    limit, status = limit_of(query.get("limit", "")), status_of(query.get("status", ""))
    before, customer = cursor_of(query.get("before", "")), query.get("customer", "")

    async def unit(tx: Tx) -> tuple[list[Document], Thread | None]:
        if customer:
            found = await _of_customer(tx, customer, status, before)
        else:
            found = await threads.inbox(tx, status=status, before=before, limit=limit + 1)
        page = found[:limit]
        return [await documents.row(tx, thread, agent.id) for thread in page], page[-1] if len(found) > limit else None

    rows, last = await services.database.read(unit)
    return json_response({"threads": rows, "next": f"{last.state.last_at}-{last.id}" if last else None})


async def _of_customer(tx: Tx, named: str, status: str | None, before: tuple[int, int] | None) -> list[Thread]:
    """A customer's threads; the customer is named by our id or by the shop's."""
    customer = await customers.by_store_id(tx, named)
    if customer is None and named.isascii() and named.isdigit() and len(named) < 20:
        customer = await customers.get(tx, int(named))
    if customer is None:
        return []
    place = before or (2**62, 2**62)
    found = await threads.of_customer(tx, customer.id, _CUSTOMERS_THREADS)
    kept = [
        thread
        for thread in found
        if thread.state.last_seq and (thread.state.last_at, thread.id) < place and status in (None, thread.state.status)
    ]
    return sorted(kept, key=lambda thread: (thread.state.last_at, thread.id), reverse=True)


async def read_thread(request: Request, services: Services, agent: Agent) -> Response:
    """`{"thread","customer","orders","brief","drafts","earlier","recipient"}`."""
    conv = request.path_params["conv"]

    async def unit(tx: Tx) -> tuple[Document, documents.Beside]:
        thread = await _found(tx, conv)
        return await documents.row(tx, thread, agent.id), await documents.beside(tx, thread)

    row, stored = await services.database.read(unit)
    return json_response({"thread": row, **await documents.panel(services, stored)})


async def read_events(request: Request, services: Services, _agent: Agent) -> Response:
    """`{"events":[event],"last_seq"}`: what happened after a number, at most `limit` (500) at once."""
    conv = request.path_params["conv"]
    after = number_of("after", request.query_params.get("after", ""))

    async def unit(tx: Tx) -> tuple[list[Document], int]:
        thread = await _found(tx, conv)
        found = await threads.events(tx, thread.id, after, _PAGE)
        return [documents.event_document(event, conv) for event in found], thread.state.last_seq

    events, last = await services.database.read(unit)
    return json_response({"events": events, "last_seq": last})


async def _found(tx: Tx, conv: str) -> Thread:
    thread = await threads.by_public_id(tx, conv)
    if thread is None:
        raise LookupError("no such conversation")
    return thread


# Acting


async def claim(request: Request, services: Services, agent: Agent) -> Response:
    """Own the thread."""
    await read_body(request, ActBody)
    return await _done(services, agent, await work.claim(services, request.path_params["conv"], agent))


async def reply(request: Request, services: Services, agent: Agent) -> Response:
    """Send a reply. 201 the first time, 200 when its key was used before, 409 when the thread moved since `seen_seq`."""
    body = await read_body(request, ReplyBody)
    conv, text = request.path_params["conv"], _clean(body.text)
    await _check_seen(services, conv, body.seen_seq)
    draft = {"n": body.draft.n, "edited": body.draft.edited} if body.draft else None
    try:
        written = await work.reply(services, conv, agent, text, body.seen_seq, body.idempotency_key, draft=draft)
    except StaleSight:
        return await _stale(services, conv, body.seen_seq)
    _check_same(written, "message", agent, text)
    return await _done(services, agent, written)


async def note(request: Request, services: Services, agent: Agent) -> Response:
    """Leave a note for colleagues."""
    body = await read_body(request, NoteBody)
    text, key = _clean(body.text), body.idempotency_key or f"note-{secrets.token_urlsafe(16)}"
    written = await work.note(services, request.path_params["conv"], agent, text, key)
    _check_same(written, "note", agent, text)
    return await _done(services, agent, written)


async def promise(request: Request, services: Services, agent: Agent) -> Response:
    """Promise a longer time to send goods back; the policy keeps it."""
    body = await read_body(request, PromiseBody)
    try:
        written = await work.promise(services, request.path_params["conv"], agent, body.order, body.until)
    except RefusedInput as error:
        if error.code not in ("order", "until"):
            raise
        raise Invalid({error.code: str(error)}) from None
    return await _done(services, agent, written)


async def resolve(request: Request, services: Services, agent: Agent) -> Response:
    """The case is solved; 409 when the thread moved since `seen_seq`, if one is named."""
    body = await read_body(request, ActBody)
    conv = request.path_params["conv"]
    if body.seen_seq is not None:
        await _check_seen(services, conv, body.seen_seq)
    try:
        written = await work.resolve(services, conv, agent, body.seen_seq)
    except StaleSight:
        return await _stale(services, conv, body.seen_seq or 0)
    return await _done(services, agent, written)


async def hand_back(request: Request, services: Services, agent: Agent) -> Response:
    """Give the thread back to the assistant."""
    await read_body(request, ActBody)
    return await _done(services, agent, await work.hand_back(services, request.path_params["conv"], agent))


def _clean(text: str) -> str:
    return text.replace("\x00", "")


async def _check_seen(services: Services, conv: str, seen_seq: int) -> None:
    """Refuse a number that nobody can have seen: it would pass every later check."""
    thread = await services.database.read(lambda tx: _found(tx, conv))
    if seen_seq > thread.state.last_seq:
        raise Invalid({"seen_seq": f"the last number of this conversation is {thread.state.last_seq}"})


def _check_same(written: Written, kind: str, agent: Agent, text: str) -> None:
    """A repeated key must repeat the same words of the same agent: otherwise something would seem sent and was not."""
    event = written.event
    is_same = event.type == kind and event.author_id == agent.id and event.body.get("text") == text
    if written.is_repeat and not is_same:
        raise Invalid({"idempotency_key": "was used for something else; choose a new one"})


async def _done(services: Services, agent: Agent, written: Written) -> Response:
    row = await services.database.read(lambda tx: documents.row(tx, written.thread, agent.id))
    event = documents.event_document(written.event, written.thread.public_id)
    return json_response({**event, "thread": row}, 200 if written.is_repeat else 201)


async def _stale(services: Services, conv: str, seen_seq: int) -> Response:
    since = [documents.event_document(event, conv) for event in await work.since(services, conv, seen_seq)]
    shown = {"code": "moved", "message": "something happened here since you last looked"}
    return json_response({"error": shown, "since": since}, 409)


# Routes


def _known() -> list[Route]:
    thread = f"{_PREFIX}/threads/{{conv}}"
    acts: dict[str, Act] = {
        "claim": claim,
        "reply": reply,
        "note": note,
        "promise": promise,
        "resolve": resolve,
        "hand_back": hand_back,
        "correct": deciding.correct,
    }
    return [
        Route(f"{_PREFIX}/threads", Door(list_threads), methods=["GET"]),
        Route(thread, Door(read_thread), methods=["GET"]),
        Route(f"{thread}/events", Door(read_events), methods=["GET"]),
        Route(f"{_PREFIX}/corrections", Door(deciding.list_corrections), methods=["GET"]),
        Route(f"{_PREFIX}/corrections/{{id}}", Door(deciding.review), methods=["POST"]),
        Route(f"{_PREFIX}/approvals", Door(deciding.list_approvals), methods=["GET"]),
        Route(f"{_PREFIX}/approvals/{{key:path}}/approve", Door(deciding.approve), methods=["POST"]),
        Route(f"{_PREFIX}/approvals/{{key:path}}/refuse", Door(deciding.refuse), methods=["POST"]),
        *(Route(f"{thread}/{name}", Door(act), methods=["POST"]) for name, act in acts.items()),
    ]


def routes() -> list[BaseRoute]:
    """The routes of the API. What is not there is 401 without a caller, 404 with one."""
    known = _known()

    async def nothing(request: Request, _services: Services, _agent: Agent) -> Response:
        partial: list[Any] = [route for route in known if route.matches(request.scope)[0] is Match.PARTIAL]
        if partial:
            allowed = ", ".join(sorted({name for route in partial for name in route.methods or ()}))
            return error_response(405, "method", "this address takes another method", {"Allow": allowed})
        return error_response(404, "not_found", "there is nothing at this address")

    return [*known, Route(_PREFIX, Door(nothing)), Route(f"{_PREFIX}/{{rest:path}}", Door(nothing))]
