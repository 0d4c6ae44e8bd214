"""The routes of the widget's doors, as the application mounts them."""

from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp

from server.intake import (
    continuing,
    form,
    help,
    hooks,
    inbound,
    labels,
    mail_hooks,
    meta,
    pages,
    session,
    slack,
    socket,
    stream,
    twilio,
    uploads,
    voice,
    voice_calls,
    voice_relay,
)

BODY_LIMITS = {
    "/widget/upload": uploads.UPLOAD_BODY,
    **hooks.BODY_LIMITS,
    **mail_hooks.BODY_LIMITS,
    **slack.BODY_LIMITS,
    **form.BODY_LIMITS,
    **twilio.BODY_LIMITS,
    **inbound.BODY_LIMITS,
}
SOCKETS: dict[str, ASGIApp] = {"/widget/socket": socket.endpoint, voice_calls.RELAY: voice_relay.endpoint}


def routes() -> list[BaseRoute]:
    """Session, events, send, upload, files, and the widget's own files."""
    return [
        Route("/widget/session", session.endpoint, methods=["POST"]),
        Route("/widget/events", stream.Events(), methods=["GET"]),
        Route("/widget/send", stream.send, methods=["POST"]),
        Route("/widget/upload", uploads.upload, methods=["POST"]),
        Route("/files/{id}", uploads.download),
        Route("/labels/style.css", labels.style),
        Route("/labels/{token}", labels.label),
        Route("/widget/loader.js", pages.loader),
        Route("/widget/frame", pages.frame),
        *help.routes(),
        *form.routes(),
        *continuing.routes(),
        *hooks.routes(),
        *mail_hooks.routes(),
        *slack.routes(),
        *twilio.routes(),
        *meta.routes(),
        *inbound.routes(),
        *voice.routes(),
        Route("/widget/{version}/{path:path}", pages.versioned),
    ]
