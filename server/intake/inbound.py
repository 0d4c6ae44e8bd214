"""`POST /api/v1/inbound`: what marketplaces, review platforms and store workflows bring, each with a secret of its own.

The call is verified over its raw bytes and stored like every provider's; then it is worked in at once, because its sender wants
to know the conversation. Where that cannot be done now, it is on disk all the same and the journal's worker does it.
"""

import hmac
import logging
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from channels.inbound.posted import CHANNEL, Posted, Unfit, digest, message, read
from channels.inbound.provider import InboundProvider
from memory import journal, threads
from memory.engines.base import Tx
from memory.errors import StorageError
from memory.journal import Call
from memory.projection import Event
from memory.threads import Thread
from server import telemetry
from server.arrivals import arrive_message
from server.commerce.signing import HEADER, is_signed
from server.intake.calling import refused
from server.services import Services
from server.web import MIB, error_response, header, json_response, services_of

_log = logging.getLogger("onethread.inbound")
PATH: Final = "/api/v1/inbound"
BODY_LIMIT: Final = 24 * MIB
"""Files of 16 MiB in base 64, and room."""
_GRACE: Final = timedelta(seconds=15)
"""The journal's worker leaves a call to the door for so long."""
_LONGEST_TOKEN: Final = 300


BODY_LIMITS: Final = {PATH: BODY_LIMIT}


def routes() -> list[BaseRoute]:
    """The one door of all sources."""
    return [Route(PATH, post, methods=["POST"])]


async def post(request: Request) -> Response:
    """Take one message. 201 the first time, 200 again, 202 where it is stored and worked in later.

    401 unsigned, 403 for another source or somebody who may not write, 409 for an id that said something else, 422, 503."""
    services = services_of(request.scope)
    provider = services.lines.providers.get("inbound")
    body = await request.body()
    known = _signed_by(services, request, body, provider.secrets) if isinstance(provider, InboundProvider) else ()
    if not known:
        refused(request, "inbound/unknown", "nobody whom we know signed it")
        told = f"sign the call with {HEADER}, or send your source's secret as bearer"
        return error_response(401, "unauthorized", told, {"WWW-Authenticate": "Bearer"})
    try:
        posted = read(body)
    except Unfit as error:
        telemetry.hooks.labels(f"inbound/{known[0]}", "malformed").inc()
        return _unfit(error)
    if posted.source not in known:
        refused(request, f"inbound/{known[0]}", "it names another source than its own")
        return error_response(403, "forbidden", "this secret belongs to another source")
    return await _taken(services, posted, body)


def _signed_by(services: Services, request: Request, body: bytes, secrets: Mapping[str, Sequence[str]]) -> list[str]:
    """The sources whose secret made this call; empty = nobody's."""
    authorization = header(request.scope, b"authorization")
    if authorization:
        return _bearers(authorization, secrets)
    signature, path, now = request.headers.get(HEADER), _path(request), services.clock.now()
    return [name for name, own in secrets.items() if is_signed(own, signature, "POST", path, body, now)]


def _bearers(authorization: str, secrets: Mapping[str, Sequence[str]]) -> list[str]:
    scheme, _, token = authorization.partition(" ")
    given = token.strip().encode("latin-1", "replace")
    if scheme.lower() != "bearer" or not given or len(given) > _LONGEST_TOKEN:
        return []
    matches = {name: [hmac.compare_digest(each.encode(), given) for each in own] for name, own in secrets.items()}
    return [name for name, found in matches.items() if any(found)]


async def _taken(services: Services, posted: Posted, body: bytes) -> Response:
    """Store the call, work it in, and say where it went."""
    try:
        call, is_new = await services.database.write(lambda tx: _keep(tx, services, posted, body))
    except StorageError:
        telemetry.hooks.labels(f"inbound/{posted.source}", "failed").inc()
        return error_response(503, "unavailable", "try again", {"Retry-After": "5"})
    telemetry.hooks.labels(f"inbound/{posted.source}", "accepted" if is_new else "repeated").inc()
    if not is_new and digest(read(call.body)) != digest(posted):
        return _conflict()
    try:
        known = await services.database.read(lambda tx: _known(tx, posted))
        return _answer(posted, *known, is_new=False) if known else await _worked_in(services, posted, call)
    except (StorageError, OSError) as error:
        _log.warning("a message waits for the journal's worker", extra={"call": call.id, "why": type(error).__name__})
        return json_response({"accepted": True}, 202)


async def _keep(tx: Tx, services: Services, posted: Posted, body: bytes) -> tuple[Call, bool]:
    """The call as it is stored under its sender's id, and whether it is new."""
    now, source = services.clock.now(), f"inbound/{posted.source}"
    is_new = await journal.add_raw(tx, source, posted.external_id, {}, body, now, _GRACE)
    call = await journal.by_key(tx, source, posted.external_id)
    if call is None:
        raise LookupError("a call vanished while it was stored")
    return call, is_new


async def _known(tx: Tx, posted: Posted) -> tuple[Thread, Event] | None:
    """Where this message stands already."""
    found = await threads.by_external_id(tx, f"{CHANNEL}{posted.source}", posted.external_id)
    thread = await threads.by_id(tx, found[0]) if found else None
    if found is None or thread is None:
        return None
    return thread, (await threads.events(tx, thread.id, found[1] - 1, 1))[0]


async def _worked_in(services: Services, posted: Posted, call: Call) -> Response:
    accepted = await arrive_message(services, "inbound", message(posted, call.received_at), call.id)
    await services.database.write(lambda tx: journal.done(tx, [call.id]))
    telemetry.hook_seconds.observe(max(0.0, (services.clock.now() - call.received_at).total_seconds()))
    if accepted is None:
        return error_response(
            403, "not_accepted", "this sender is blocked here, or the conversation is somebody else's"
        )
    return _answer(posted, accepted.thread, accepted.event, is_new=not accepted.is_repeat)


def _answer(posted: Posted, thread: Thread, event: Event, *, is_new: bool) -> Response:
    """Where the message went; its sender's id stands for one message for ever, longer than its call is kept."""
    if event.body.get("meta", {}).get("digest") != digest(posted):
        return _conflict()
    place = {"conv": thread.public_id, "seq": event.seq, "number": thread.number}
    return json_response(place, 201 if is_new else 200)


def _conflict() -> Response:
    return error_response(409, "conflict", "this external_id stood for another message; choose a new one")


def _unfit(error: Unfit) -> Response:
    if not error.field:
        return error_response(400, "bad_request", f"the body {error.why}")
    shown = {"code": "invalid", "message": str(error), "fields": {error.field: error.why}}
    return json_response({"error": shown}, 422)


def _path(request: Request) -> str:
    """The path that was signed: as it was sent, with its query."""
    raw = request.scope.get("raw_path") or request.url.path.encode()
    query = request.scope.get("query_string", b"")
    return bytes(raw + (b"?" + query if query else b"")).decode("latin-1")
