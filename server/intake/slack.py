"""The door of Slack: a call is verified, stored, and only then answered; what it means is worked out in `server.desk.slack`.

slack-bolt verifies signatures and speaks the protocol; it is given nothing that it would break on.
"""

import asyncio
import hashlib
import hmac
import re
from typing import Any, Final
from urllib.parse import parse_qs

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from server.intake.calling import refused
from server.services import Services
from server.web import MIB, error_response, services_of

BODY_LIMITS: Final = {"/webhooks/slack": 2 * MIB}
_TIMESTAMP: Final = re.compile(r"[0-9]{1,12}")
_SIGNATURE: Final = re.compile(r"v0=[0-9a-f]{64}")


def routes() -> list[BaseRoute]:
    """Events, clicks and dialogs come in at one address."""
    return [Route("/webhooks/slack", endpoint, methods=["POST"])]


async def endpoint(request: Request) -> Response:
    """`POST /webhooks/slack`: 200 when it is on disk, 401 unsigned or stale, 400 not readable, 503 not now."""
    services = services_of(request.scope)
    settings = services.settings.slack
    if not settings.is_on or not settings.signing_secret:
        return error_response(404, "not_found", "there is nothing here")
    body = await request.body()
    if not _is_signed(settings.signing_secret, request, body):
        refused(request, "slack/events", "its signature does not fit, or is too old")
        return error_response(401, "signature", "the signature does not fit the body")
    if not _is_readable(request, body):
        return error_response(400, "malformed", "the body is not what Slack sends")
    handler = getattr(request.app.state, "slack", None)
    if handler is None:
        handler = request.app.state.slack = await asyncio.to_thread(_handler, services)
    response: Response = await handler.handle(request)
    return response


def _handler(services: Services) -> Any:
    """Made at the first call, and kept with the application."""
    from server.intake.bolt import handler_for

    return handler_for(services)


def _is_signed(secret: str, request: Request, body: bytes) -> bool:
    """Looked at before slack-bolt does, which breaks on headers and bytes that Slack never sends; it alone judges the age."""
    stamp = request.headers.get("x-slack-request-timestamp", "")
    signature = request.headers.get("x-slack-signature", "")
    if not (_TIMESTAMP.fullmatch(stamp) and _SIGNATURE.fullmatch(signature)):
        return False
    expected = hmac.new(secret.encode(), f"v0:{stamp}:".encode() + body, hashlib.sha256).hexdigest()
    return hmac.compare_digest(f"v0={expected}", signature)


def _is_readable(request: Request, body: bytes) -> bool:
    """Whether it is JSON, or a form with JSON in it, in UTF-8."""
    try:
        text = body.decode("utf-8")
        if request.headers.get("content-type", "").partition(";")[0].strip().lower() == "application/json":
            return isinstance(msgspec.json.decode(text), dict)
        form = parse_qs(text)
        return not form.get("payload") or isinstance(msgspec.json.decode(form["payload"][0]), dict)
    except (UnicodeDecodeError, msgspec.DecodeError, ValueError, RecursionError):
        return False
