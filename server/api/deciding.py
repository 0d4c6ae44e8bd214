"""`/api/v1/approvals`, `/api/v1/corrections` and what a person corrects: decisions of the desk beside the words of a thread."""

from contextlib import suppress
from typing import Final

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from memory.agents import Agent
from memory.corrections import Correction, Field, Verdict
from memory.errors import StorageError
from server.actions.gate import Gate
from server.api import consents, documents
from server.api.bodies import Invalid, read_body
from server.api.documents import Document
from server.desk import correcting
from server.desk.telling import tell_all
from server.errors import ActionRefused, NotAllowed, RefusedInput, StoreError
from server.services import Services
from server.web import error_response, json_response

_OBJECTIONS: Final = {
    "role": "your role may not decide this",
    "own_request": "you asked for this yourself; somebody else must agree",
    "spoke_in_thread": "you wrote to this customer; two others must agree",
    "own_order": "this is your own order; somebody else must agree",
    "again": "you agreed already; one more person must agree",
}
_ENDED: Final = {
    "expired": "nobody agreed in time; nothing was done",
    "changed": "something changed since it was asked for; nothing was done, and it must be asked for again",
    "unknown": "there is no such request",
    "withdrawn": "the customer took it back; nothing was done",
    "refused": "somebody refused it already; nothing was done",
}


class CorrectBody(msgspec.Struct):
    """A label set right."""

    field: Field
    value: str


class ReviewBody(msgspec.Struct):
    """What a supervisor makes of a correction."""

    verdict: Verdict


class ApproveBody(msgspec.Struct):
    """A consent: the amount that its author saw, and where they gave it."""

    amount_minor: int
    currency: str
    screen: str = ""


class RefuseBody(msgspec.Struct):
    """A no, with why."""

    reason: str = ""


# Corrections


async def correct(request: Request, services: Services, agent: Agent) -> Response:
    """Set a label right; 201 with the event."""
    body = await read_body(request, CorrectBody)
    try:
        written = await correcting.correct(services, request.path_params["conv"], agent, body.field, body.value)
    except RefusedInput as error:
        if error.code != "label":
            raise
        raise Invalid({"value": str(error)}) from None
    row = await services.database.read(lambda tx: documents.row(tx, written.thread, agent.id))
    return json_response({**documents.event_document(written.event, written.thread.public_id), "thread": row}, 201)


async def list_corrections(_request: Request, services: Services, agent: Agent) -> Response:
    """`{"corrections":[...]}` that nobody has looked at yet."""
    found = await correcting.to_review(services, agent)
    return json_response({"corrections": [_correction(each) for each in found]})


async def review(request: Request, services: Services, agent: Agent) -> Response:
    """Accept or discard a correction."""
    body = await read_body(request, ReviewBody)
    named = request.path_params["id"]
    if not (named.isascii() and named.isdigit() and len(named) < 20):
        raise LookupError("no such correction")
    await correcting.review(services, agent, int(named), body.verdict)
    return json_response({"state": body.verdict})


def _correction(each: Correction) -> Document:
    return {
        "id": str(each.id),
        "text": each.text,
        "language": each.language,
        "field": each.field,
        "was": each.was,
        "now": each.becomes,
        "agent": str(each.agent_id),
        "at": documents.iso(each.at),
    }


# Approvals


async def list_approvals(request: Request, services: Services, _agent: Agent) -> Response:
    """`{"approvals":[...]}`: actions that wait for consent, oldest first; with `conv` those of one thread."""
    conv = request.query_params.get("conv", "")
    found = await consents.all_waiting(services)
    return json_response({"approvals": [each for each in found if conv in ("", each["conv"])]})


async def approve(request: Request, services: Services, agent: Agent) -> Response:
    """Agree to an action; 200 with its state, `awaiting` when one more must agree. 409 when it is not what was shown."""
    body = await read_body(request, ApproveBody)
    gate, key = Gate(services), request.path_params["key"]
    shown = next((each for each in await gate.awaiting() if each.key == key), None)
    if shown is not None and (shown.amount_minor, shown.currency) != (body.amount_minor, body.currency):
        return error_response(409, "changed", _ENDED["changed"])
    try:
        try:
            done = await gate.approve(key, agent, services.clock.now(), screen=body.screen[:200])
        finally:
            await _tell(services)
    except NotAllowed as error:
        raise NotAllowed(_OBJECTIONS.get(str(error), str(error))) from None
    except ActionRefused as error:
        return error_response(409, "ended", _ENDED.get(str(error), "this was decided already"))
    except StoreError:
        return error_response(
            502, "store", "the order system did not carry it out; what happened stands in the conversation"
        )
    return json_response({"state": done.state, "done": done.state == "executed", "result": dict(done.result)})


async def refuse(request: Request, services: Services, agent: Agent) -> Response:
    """Say no to an action that waits."""
    body = await read_body(request, RefuseBody)
    try:
        await Gate(services).refuse(request.path_params["key"], agent, body.reason)
        await _tell(services)
    except NotAllowed as error:
        raise NotAllowed(_OBJECTIONS.get(str(error), str(error))) from None
    except ActionRefused as error:
        return error_response(409, "ended", _ENDED.get(str(error), "this was decided already"))
    return json_response({"state": "refused"})


async def _tell(services: Services) -> None:
    """Tell the customer at once; what cannot be told now is told within the minute."""
    with suppress(StorageError):
        await tell_all(services)
