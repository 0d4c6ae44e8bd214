"""Twilio's door for messages and what became of ours: signed, stored, answered; nothing else is done while it waits.

The answer is an empty TwiML response: our real answers leave by the outbox, because a call that is made again must not say
anything twice. A call of another account, or one that Twilio did not sign, is refused; where Twilio is not connected there is
no door. Source: Twilio, "Messaging webhooks", "Webhooks security".
"""

from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from channels.twilio import signing
from memory.errors import StorageError
from server.intake.calling import keep_call, refused, signed_url
from server.services import Services
from server.web import error_response, services_of

MESSAGES: Final = "twilio/messages"
STATUS: Final = "twilio/status"
_BODY: Final = 65_536
BODY_LIMITS: Final = {"/webhooks/twilio/messages": _BODY, "/webhooks/twilio/status": _BODY}
_EMPTY: Final = '<?xml version="1.0" encoding="UTF-8"?><Response/>'
_FORM: Final = "application/x-www-form-urlencoded"
_KEPT: Final = ("i-twilio-idempotency-token",)


def routes() -> list[BaseRoute]:
    """The doors of WhatsApp and SMS."""
    return [
        Route("/webhooks/twilio/messages", messages, methods=["GET", "POST"]),
        Route("/webhooks/twilio/status", status, methods=["GET", "POST"]),
    ]


async def messages(request: Request) -> Response:
    """`POST /webhooks/twilio/messages`: a customer wrote. Also by GET, if Twilio is set so."""
    return await _take(request, MESSAGES)


async def status(request: Request) -> Response:
    """`POST /webhooks/twilio/status`: what became of a message of ours."""
    return await _take(request, STATUS)


async def _take(request: Request, source: str) -> Response:
    services = services_of(request.scope)
    if "twilio" not in services.lines.providers:
        return error_response(404, "not_found", "there is nothing here")
    body = await request.body() if request.method == "POST" else request.scope.get("query_string", b"")
    form = verified(services, request, body, source)
    if form is None:
        return error_response(403, "forbidden", "this call is not signed by Twilio for this account")
    key = _key(source, form)
    if not key:
        refused(request, source, "names no message")
        return error_response(400, "malformed", "the call names no message")
    headers = {name: value for name in _KEPT if (value := request.headers.get(name, ""))}
    try:
        await keep_call(services, source, key, headers, body)
    except StorageError:
        return error_response(503, "unavailable", "try again", {"Retry-After": "5"})
    return Response(_EMPTY, media_type="text/xml")


def verified(services: Services, request: Request, body: bytes, source: str) -> dict[str, list[str]] | None:
    """The fields of a call that Twilio signed for this account; None = nobody may make it, and it is logged."""
    named = services.settings.twilio
    try:
        form = signing.read_form(body) if _is_form(request) else None
        params = {} if request.method == "GET" else form if form is not None else body.decode("utf-8")
    except ValueError:
        refused(request, source, "is no form")
        return None
    is_good = signing.is_signed(
        (named.auth_token, *named.old_auth_tokens, *named.shared_keys),
        signed_url(services, request.scope),
        params,
        request.headers.get(signing.HEADER),
        request.headers.get(signing.SETTINGS_HEADER, ""),
    )
    if not is_good:
        refused(request, source, "unsigned")
        return None
    if form is None or form.get("AccountSid") != [named.account_sid]:
        refused(request, source, "another account")
        return None
    return form


def _is_form(request: Request) -> bool:
    return request.method == "GET" or request.headers.get("content-type", "").partition(";")[0].strip().lower() == _FORM


def _key(source: str, form: dict[str, list[str]]) -> str:
    """What tells a call from its copies: the message, and of a status which one."""

    def said(*names: str) -> str:
        return next((form[name][-1] for name in names if form.get(name, [""])[-1]), "")

    sid = said("MessageSid", "SmsSid", "SmsMessageSid")
    if source == MESSAGES or not sid:
        return sid
    return f"{sid}:{said('MessageStatus', 'SmsStatus')}"
