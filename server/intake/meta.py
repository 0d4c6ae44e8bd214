"""Meta's door, `/webhooks/meta`: one for WhatsApp, Instagram and Messenger.

Meta verifies it once by a GET with a token that the operator chose; afterwards each call is signed over its raw bytes. A call
is on disk when it is answered, under the hash of its body: Meta repeats what was not answered for days, byte for byte.
"""

import hashlib
from typing import Final

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from channels.meta.signing import HEADER, is_signed, is_token
from server.intake.calling import keep_call, refused
from server.web import error_response, services_of

PATH: Final = "/webhooks/meta"
SOURCE: Final = "meta/webhook"
_LONGEST_CHALLENGE: Final = 500


def routes() -> list[BaseRoute]:
    """The door; it is not there (404) where Meta is not connected."""
    return [Route(PATH, verify, methods=["GET"]), Route(PATH, take, methods=["POST"])]


async def verify(request: Request) -> Response:
    """`GET`: Meta asks whether this address is meant for it; the challenge goes back as plain text."""
    if not _is_connected(request):
        return _unknown()
    query, meta = request.query_params, services_of(request.scope).settings.meta
    challenge = query.get("hub.challenge", "")
    is_ours = is_token(meta.verify_token, query.get("hub.verify_token", ""))
    if not is_ours or query.get("hub.mode") != "subscribe" or not 0 < len(challenge) <= _LONGEST_CHALLENGE:
        refused(request, SOURCE, "the verify token is another")
        return error_response(403, "forbidden", "the verify token is not the one that is set here")
    return PlainTextResponse(challenge)


async def take(request: Request) -> Response:
    """`POST`: what happened on Meta's channels; 200 once it is on disk."""
    if not _is_connected(request):
        return _unknown()
    services = services_of(request.scope)
    meta, body = services.settings.meta, await request.body()
    if not is_signed((meta.app_secret, *meta.old_app_secrets), body, request.headers.get(HEADER, "")):
        refused(request, SOURCE, "the signature does not fit the body")
        return error_response(403, "signature", "the signature does not fit the body")
    await keep_call(services, SOURCE, hashlib.sha256(body).hexdigest(), {}, body)
    return Response(status_code=200)


def _is_connected(request: Request) -> bool:
    return "meta" in services_of(request.scope).lines.providers


def _unknown() -> Response:
    return error_response(404, "not_found", "there is nothing here")
