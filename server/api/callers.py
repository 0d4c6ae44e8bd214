"""Who calls the API: a program with an agent's token, or the console with its cookie.

A token stands for its agent. A cookie counts only from our own pages, and for a change only with the session's CSRF token. A
request that shows a token is never judged by its cookie.
"""

from starlette.requests import Request

from memory import agents
from memory.agents import Agent
from server.console.room import room_of
from server.console.sessions import is_own_page, may_change, session_of
from server.errors import RefusedInput
from server.web import header, services_of

_LONGEST_TOKEN = 200


async def caller(request: Request) -> Agent:
    """The agent behind a request. Raises RefusedInput: `token` (401) or `forbidden` (403)."""
    authorization = header(request.scope, b"authorization")
    if authorization:
        return await _by_token(request, authorization)
    return await _by_cookie(request)


async def _by_token(request: Request, authorization: str) -> Agent:
    scheme, _, token = authorization.partition(" ")
    token = token.strip()
    if scheme.lower() != "bearer" or not token or len(token) > _LONGEST_TOKEN:
        raise RefusedInput("token", "send `Authorization: Bearer` with a token of `onethread agent token`")
    agent = await services_of(request.scope).database.read(lambda tx: agents.of_token(tx, token))
    if agent is None:
        raise RefusedInput("token", "this token is not valid")
    return agent


async def _by_cookie(request: Request) -> Agent:
    services = services_of(request.scope)
    session = await session_of(services, request.scope)
    if session is None:
        raise RefusedInput("token", "sign in, or send a bearer token")
    if request.method not in ("GET", "HEAD"):
        if not may_change(session, services.settings, request.scope):
            raise RefusedInput("forbidden", "this change did not come from the console's own page")
    elif header(request.scope, b"origin") and not is_own_page(services.settings, request.scope):
        raise RefusedInput("forbidden", "this page may not read here")
    await room_of(request.scope).touch(session)
    return session.agent
