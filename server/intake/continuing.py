"""`POST /widget/continue`: a chat goes on by WhatsApp or e-mail; `GET /c/{token}`: the page that leads back into the chat.

The page changes nothing and tells nothing: mail scanners open links. What counts is the button on it.
"""

import asyncio
from importlib.resources import files
from typing import Final, Literal

import msgspec
from email_validator import EmailNotValidError, validate_email
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute, Route

from memory import customers
from memory.customers import Identity
from memory.engines.base import Tx
from memory.threads import Thread
from server import continuing
from server.continuing_words import words_of
from server.errors import RateLimited, RefusedInput
from server.inbox import wake
from server.intake import continue_page, sight
from server.intake.doors import Doors, doors_of
from server.intake.entry import ticket_of
from server.intake.label_words import reads
from server.intake.tickets import Ticket
from server.web import client_ip, json_response, read_json, services_of

_SCRIPT: Final = files("server.intake").joinpath("continue.js").read_bytes()
_POLICY: Final = (
    "default-src 'none'; style-src 'self'; script-src 'self'; frame-src 'self'; connect-src 'self'; img-src 'self' data:; "
    "form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
)


class Asked(msgspec.Struct):
    """Where a conversation is to go on; `address` is an e-mail address."""

    to: Literal["whatsapp", "email"]
    conv: str = ""
    address: str = ""


def routes() -> list[BaseRoute]:
    """The widget's door and the page."""
    return [
        Route("/widget/continue", go_on, methods=["POST"]),
        Route("/c/continue.js", _script),
        Route("/c/{token}", _page, methods=["GET"]),
    ]


async def go_on(request: Request) -> Response:
    """`{"url"}` that opens WhatsApp, or `{"sent":true}` whether or not a mail went out. 400, 401, 403, 404, 429."""
    doors = doors_of(request.scope)
    ticket = ticket_of(doors, request)
    asked = await read_json(request, Asked)
    bucket = doors.forms.of(client_ip(request.scope))
    if not bucket.take(asyncio.get_running_loop().time()):
        raise RateLimited(bucket.wait_s())
    if asked.to not in continuing.ways(doors.services):
        raise RefusedInput("not_found", "this channel is not connected")
    address = _email(asked.address) if asked.to == "email" else ""
    thread, own = await _place(doors, ticket, asked.conv or ticket.conv)
    language = thread.state.language or ticket.locale or "en"
    if asked.to == "whatsapp":
        return json_response({"url": continuing.whatsapp_link(doors.services, thread, own, language)})

    async def unit(tx: Tx) -> Thread:
        return await continuing.by_email(tx, doors.services, thread, own, address, language)

    wake(doors.services, await doors.services.database.write(unit))
    doors.services.bus.publish("outbox")
    return json_response({"sent": True})


async def _place(doors: Doors, ticket: Ticket, conv: str) -> tuple[Thread, Identity]:
    """The speaker's own conversation. Raises RefusedInput (`not_found`), for a stranger's too."""

    async def unit(tx: Tx) -> tuple[Thread | None, Identity | None]:
        seen = await sight.look(tx, ticket.speaker)
        return await sight.thread_of(tx, ticket.speaker, seen, conv), await customers.identity(tx, seen.own)

    thread, own = await doors.services.database.read(unit)
    if thread is None or own is None or thread.state.status == "closed":
        raise RefusedInput("not_found", "no such thread")
    return thread, own


def _email(text: str) -> str:
    try:
        return validate_email(text.strip()[:254], check_deliverability=False).normalized.lower()
    except EmailNotValidError:
        raise RefusedInput("email", "this is no e-mail address") from None


async def _page(request: Request) -> Response:
    """`GET /c/{token}`: the same page for any token."""
    settings = services_of(request.scope).settings
    asked = request.query_params.get("lang", "")[:2].lower()
    language = reads(asked or None, request.headers.get("accept-language", ""))
    page = continue_page.page(settings, language, words_of(language))
    headers = {"Content-Security-Policy": _POLICY, "X-Robots-Tag": "noindex", "Vary": "Accept-Language"}
    return HTMLResponse(page, headers=headers)


async def _script(_request: Request) -> Response:
    return Response(_SCRIPT, media_type="text/javascript", headers={"Cache-Control": "public, max-age=300"})
