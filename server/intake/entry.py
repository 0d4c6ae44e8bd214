"""Who asks over plain HTTP: the bearer ticket, and the page that it was given to."""

from starlette.requests import Request

from server.errors import RefusedInput
from server.intake.doors import Doors
from server.intake.origins import belongs, checked_origin
from server.intake.tickets import Ticket


def ticket_of(doors: Doors, request: Request) -> Ticket:
    """The request's ticket. Raises RefusedInput: `forbidden` for a foreign page, `token` for no or a bad ticket."""
    settings = doors.services.settings
    is_bare_get = request.method == "GET" and "origin" not in request.headers
    if not is_bare_get:
        checked_origin(settings, request.scope)
    elif request.headers.get("sec-fetch-site") != "same-origin":
        raise RefusedInput("forbidden", "this page may not use the chat")
    kind, _, token = request.headers.get("authorization", "").partition(" ")
    if kind.lower() != "bearer":
        raise RefusedInput("token", "send the session's token")
    ticket = doors.tickets.admit(token.strip())
    if not belongs(settings, request.scope, ticket.origin):
        raise RefusedInput("token", "the token belongs to another page")
    return ticket
