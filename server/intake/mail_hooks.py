"""The doors of mail providers: SendGrid, Mailgun, Postmark, and raw mail that somebody of ours signed.

A call is verified, stored as it came, and answered when it is on disk; `channels.email.webhooks` reads it later. Each door answers what
its provider's rule for repeating wants: what may come again is 401 or 503, what never will be right is told so that it stops.
Sources: SendGrid "Inbound Parse" (basic auth, repeats on 5xx), Mailgun "Routes" (HMAC, 406 = drop), Postmark "Inbound webhook"
(basic auth, 403 = stop). A door without its secret is not there.
"""

import asyncio
import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from channels.email.webhooks import MAX_BYTES, Form, read_form
from memory.errors import StorageError
from server.commerce.signing import HEADER, is_signed
from server.intake.calling import keep_call, refused
from server.services import Services
from server.web import error_response, services_of

_NAMES: Final = ("sendgrid", "mailgun", "postmark", "raw")
BODY_LIMITS: Final = {f"/webhooks/email/{name}": MAX_BYTES for name in _NAMES}
TOLERANCE: Final = timedelta(minutes=5)
_LONGEST_TOKEN: Final = 200


def routes() -> list[BaseRoute]:
    """The doors of mail."""
    return [
        Route("/webhooks/email/sendgrid", sendgrid, methods=["POST"]),
        Route("/webhooks/email/mailgun", mailgun, methods=["POST"]),
        Route("/webhooks/email/postmark", postmark, methods=["POST"]),
        Route("/webhooks/email/raw", raw, methods=["POST"]),
    ]


async def sendgrid(request: Request) -> Response:
    """`POST /webhooks/email/sendgrid`: a form, with the raw mail in `email` or in parts. Basic auth."""
    return await _with_login(request, "email/sendgrid")


async def postmark(request: Request) -> Response:
    """`POST /webhooks/email/postmark`: JSON. Basic auth."""
    return await _with_login(request, "email/postmark")


async def mailgun(request: Request) -> Response:
    """`POST /webhooks/email/mailgun`: a form that holds `timestamp`, `token` and their `signature`; each token is good once."""
    services = services_of(request.scope)
    key, source = services.settings.email.mailgun_key, "email/mailgun"
    if not _is_there(services) or not key:
        return _nothing()
    body, kind = await request.body(), request.headers.get("content-type", "")
    try:
        form = await asyncio.to_thread(read_form, kind, body)
    except ValueError:
        return error_response(406, "malformed", "the call is no form")
    if not _is_mailguns(services, key, form):
        refused(request, source, "signature")
        return error_response(401, "signature", "the signature does not fit, or is older than five minutes")
    return await _keep(services, source, form.text("token"), {"content-type": kind}, body)


async def raw(request: Request) -> Response:
    """`POST /webhooks/email/raw`: a whole mail, signed by our own secret; the envelope in `X-Envelope-From` and `X-Envelope-To`."""
    services = services_of(request.scope)
    secrets, source = services.settings.email.webhook_secrets, "email/raw"
    if not _is_there(services) or not secrets:
        return _nothing()
    body = await request.body()
    path = request.scope.get("raw_path") or request.url.path.encode()
    query = request.scope.get("query_string", b"")
    signed = (path + (b"?" + query if query else b"")).decode("latin-1")
    if not is_signed(secrets, request.headers.get(HEADER), "POST", signed, body, services.clock.now()):
        refused(request, source, "signature")
        return error_response(401, "signature", "the signature does not fit the mail, or is older than five minutes")
    if not body.strip():
        return error_response(400, "malformed", "there is no mail in this call")
    headers = {"to": request.headers.get("x-envelope-to", "")}
    if "x-envelope-from" in request.headers:
        headers["from"] = request.headers["x-envelope-from"] or "<>"
    return await _keep(services, source, await _digest(body), headers, body)


async def _with_login(request: Request, source: str) -> Response:
    services = services_of(request.scope)
    login = services.settings.email.webhook_login
    if not _is_there(services) or not login:
        return _nothing()
    if not _is_logged_in(request.headers.get("authorization", ""), login):
        refused(request, source, "login")
        challenge = {"WWW-Authenticate": 'Basic realm="mail", charset="UTF-8"'}
        return error_response(401, "login", "user or password is wrong", challenge)
    body = await request.body()
    if not body:
        return error_response(403 if source == "email/postmark" else 400, "malformed", "the call is empty")
    kind = request.headers.get("content-type", "")
    return await _keep(services, source, await _digest(body), {"content-type": kind}, body)


async def _keep(services: Services, source: str, key: str, headers: Mapping[str, str], body: bytes) -> Response:
    try:
        await keep_call(services, source, key, headers, body)
    except StorageError:
        return error_response(503, "unavailable", "try again", {"Retry-After": "5"})
    return Response(status_code=200)


def _is_there(services: Services) -> bool:
    return "email" in services.lines.providers


def _nothing() -> Response:
    return error_response(404, "not_found", "there is nothing here")


def _is_logged_in(header: str, login: str) -> bool:
    scheme, _, given = header.partition(" ")
    try:
        told = base64.b64decode(given.strip(), validate=True)
    except (binascii.Error, ValueError):
        return False
    return scheme.lower() == "basic" and hmac.compare_digest(told, login.encode())


def _is_mailguns(services: Services, key: str, form: Form) -> bool:
    stamp, token, signature = (form.text(name) for name in ("timestamp", "token", "signature"))
    if not (stamp.isascii() and stamp.isdigit() and len(stamp) < 12 and 0 < len(token) <= _LONGEST_TOKEN):
        return False
    expected = hmac.new(key.encode(), f"{stamp}{token}".encode(), hashlib.sha256).hexdigest()
    is_fresh = abs(services.clock.now().timestamp() - int(stamp)) <= TOLERANCE.total_seconds()
    return hmac.compare_digest(expected.encode(), signature.lower().encode()) and is_fresh


async def _digest(body: bytes) -> str:
    return await asyncio.to_thread(lambda: hashlib.sha256(body).hexdigest())
