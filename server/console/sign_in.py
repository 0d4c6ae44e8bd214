"""Signing in and out. Wrong passwords and unknown addresses answer alike, in words and in work.

Passwords are checked on threads, a few at a time. Failures count against the address and against the network they come from.
"""

import asyncio
from typing import Final
from urllib.parse import parse_qs

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from memory import agents
from memory.agents import Agent
from memory.engines.base import Tx
from server.console import pages
from server.console.room import Room, room_of
from server.console.sessions import LASTS, Session, give, is_own_page, new_secret, secret_in, session_of, take
from server.passwords import matches, normal_email
from server.services import Services
from server.web import client_ip, error_response, services_of

_LONGEST: Final = 1024
_BODY: Final = 8192
_WRONG: Final = "That e-mail address and password do not belong together."
_STALE: Final = "This form was open for too long. Please try again."
_OFTEN: Final = "Too many tries. Please wait a few minutes and try again."


async def login(request: Request) -> Response:
    """303 to the console, or the form again: 401 wrong, 403 not our page or an old form, 429 too many tries."""
    services, room = services_of(request.scope), room_of(request.scope)
    if not is_own_page(services.settings, request.scope):
        return error_response(403, "forbidden", "sign in on the console's own page")
    fields = await _fields(request)
    if fields is None:
        return error_response(415, "not_form", "send the form as application/x-www-form-urlencoded")
    back = pages.safe_place(fields.get("back", ""))
    if not pages.is_form_token(services.settings, services.clock.now(), fields.get("token", "")):
        return await pages.form(services, 403, _STALE, back)
    wait = _wait_s(room, fields, client_ip(request.scope))
    if wait:
        response = await pages.form(services, 429, _OFTEN, back)
        response.headers["Retry-After"] = str(max(1, round(wait)))
        return response
    agent = await _checked(room, fields, client_ip(request.scope))
    if agent is None:
        return await pages.form(services, 401, _WRONG, back)
    return await _welcome(services, room, request, agent, back)


async def _fields(request: Request) -> dict[str, str] | None:
    """The form's fields; None when it is no form."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    body = await request.body()
    if kind != "application/x-www-form-urlencoded" or len(body) > _BODY:
        return None
    try:
        parsed = parse_qs(body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=20)
    except ValueError:
        return None
    return {name: values[0] for name, values in parsed.items()}


def _address(fields: dict[str, str]) -> str:
    """The address as it is stored; one that cannot be stored belongs to nobody."""
    try:
        return normal_email(fields.get("email", "")[:320])
    except ValueError:
        return ""


def _keys(fields: dict[str, str], ip: str) -> tuple[str, str]:
    return _address(fields) or fields.get("email", "")[:320].casefold(), ip


def _wait_s(room: Room, fields: dict[str, str], ip: str) -> float:
    address, net = _keys(fields, ip)
    now = room.services.clock.now()
    return max(room.by_address.wait_s(address, now), room.by_ip.wait_s(net, now))


async def _checked(room: Room, fields: dict[str, str], ip: str) -> Agent | None:
    """The agent whose password this is. The same work is done whether or not there is such an agent."""
    address, net = _keys(fields, ip)
    now = room.services.clock.now()
    room.by_address.begin(address, now)
    room.by_ip.begin(net, now)
    password = fields.get("password", "")
    agent = await room.services.database.read(lambda tx: agents.by_email(tx, address))
    stored = agent.password_hash if agent and not agent.disabled else ""
    async with room.hashing:
        is_right = await asyncio.to_thread(matches, stored, password[:_LONGEST])
    if not is_right or agent is None or len(password) > _LONGEST:
        return None
    room.by_address.succeed(address)
    room.by_ip.succeed(net)
    return agent


async def _welcome(services: Services, room: Room, request: Request, agent: Agent, back: str) -> Response:
    """A new session in place of whatever this browser had."""
    old, secret, now = secret_in(services.settings, request.scope), new_secret(), services.clock.now()

    async def unit(tx: Tx) -> None:
        if old:
            await agents.end_session(tx, old)
        await agents.start_session(tx, secret, agent.id, now, LASTS)

    await services.database.write(unit)
    if old:
        room.sign_out(Session(agent, old).key)
    response = RedirectResponse(back, 303)
    give(response, services.settings, secret)
    return response


async def logout(request: Request) -> Response:
    """End the session, close its sockets, forget what the browser keeps. Only our own page may ask for it."""
    services = services_of(request.scope)
    if not is_own_page(services.settings, request.scope):
        return error_response(403, "forbidden", "sign out on the console's own page")
    session = await session_of(services, request.scope)
    if session is not None:
        await services.database.write(lambda tx: agents.end_session(tx, session.secret))
        room_of(request.scope).sign_out(session.key)
    response = RedirectResponse("/console", 303)
    take(response, services.settings)
    response.headers["Clear-Site-Data"] = '"cache", "cookies", "storage"'
    return response
