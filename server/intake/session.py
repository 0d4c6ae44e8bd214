"""`POST /widget/session`: who is this browser, which thread goes on, and what the chat looks like.

A new visitor leaves no row: its thread's id is derived from its secret, so that every tab has the same one before the
first message. A token signed by the shop makes the customer speak; a thread begun anonymously on this browser goes along.
"""

import asyncio
from typing import Final

import msgspec
from email_validator import EmailNotValidError, validate_email
from starlette.requests import Request
from starlette.responses import Response

from memory import customers, proofs, threads
from memory.engines.base import Tx
from memory.threads import NewEvent, Thread
from server import continuing, telemetry
from server.errors import RateLimited, RefusedInput
from server.inbox import wake
from server.intake import help, sight, words
from server.intake.doors import Doors, doors_of
from server.intake.feed import HEARTBEAT_S
from server.intake.framing import Frame
from server.intake.origins import checked_origin
from server.intake.tickets import Signed, Speaker, Ticket, Visitor
from server.settings import Settings
from server.web import client_ip, json_response, read_json

_THREADS: Final = 1000


class Asked(msgspec.Struct):
    """The request: everything may be absent."""

    site: str | None = None
    visitor: str | None = None
    identity_token: str | None = None
    locale: str | None = None
    link: str | None = None
    """Leads into a conversation that was begun elsewhere."""


async def endpoint(request: Request) -> Response:
    """Open a session. 403 for a foreign page, 404 for an unknown site, 401 for a bad identity token, 429."""
    doors = doors_of(request.scope)
    settings = doors.services.settings
    origin = checked_origin(settings, request.scope)
    _check_pace(doors, client_ip(request.scope))
    asked = await read_json(request, Asked)
    site = site_of(settings, asked.site)
    visitor = doors.tickets.visitor(asked.visitor)
    kept = asked.visitor if asked.visitor and visitor.signed_in else visitor.secret
    if asked.identity_token:
        signed = doors.tickets.signed_by_shop(asked.identity_token, site)
        await _sign_in(doors, visitor, signed)
        visitor = Visitor(visitor.secret, signed.sub)
        kept = doors.tickets.remembered(visitor, signed.sub)
    if asked.link:
        await _go_on(doors, _speaker(visitor), asked.link, words.locale_of(asked.locale or "")[0])
    telemetry.sessions.labels("signed_in" if visitor.signed_in else "visitor").inc()
    speaker = _speaker(visitor)
    conv, agents = await doors.services.database.read(lambda tx: _standing(tx, doors, speaker))
    locale, is_rtl = words.locale_of(asked.locale or "")
    ticket = Ticket(speaker, conv, origin, site, locale)
    look = _settings(settings, locale, is_rtl=is_rtl, agents=agents)
    look["help"] = await help.label(doors.services, locale)
    look["ways"] = continuing.ways(doors.services)
    return json_response(
        {"token": doors.tickets.ticket(ticket), "conv": conv, "visitor": kept, "settings": look},
    )


def site_of(settings: Settings, asked: str | None) -> str:
    """The site that a page names, or the first. Raises RefusedInput (`unknown_site`)."""
    sites = settings.widget.sites
    if not asked and sites:
        return sites[0]
    if asked in sites:
        return str(asked)
    raise RefusedInput("unknown_site", "there is no such site here")


def _check_pace(doors: Doors, ip: str) -> None:
    bucket = doors.sessions.of(ip)
    if not bucket.take(asyncio.get_running_loop().time()):
        telemetry.sessions.labels("rate").inc()
        raise RateLimited(bucket.wait_s())


def _speaker(visitor: Visitor) -> Speaker:
    if visitor.signed_in:
        return Speaker("store", visitor.signed_in, visitor.key)
    return Speaker("visitor", visitor.key, visitor.key)


async def _standing(tx: Tx, doors: Doors, speaker: Speaker) -> tuple[str, Frame]:
    """(the thread to go on with, whether people are there)."""
    agents = dict(await sight.agents_now(tx, doors.services, doors.services.clock.now()))
    seen = await sight.look(tx, speaker)
    mine = await sight.threads_of(tx, speaker, seen, _THREADS)
    going = continuing.latest([thread for thread in mine if thread.state.status != "closed"])
    return going.public_id if going else await _reserved(tx, doors, speaker, len(mine)), agents


async def _reserved(tx: Tx, doors: Doors, speaker: Speaker, number: int) -> str:
    """The id of the next thread: the first that is free, because threads that went over still carry theirs."""
    while await threads.by_public_id(tx, conv := doors.tickets.reserved(speaker, number)):
        number += 1
    return conv


def _settings(settings: Settings, locale: str, *, is_rtl: bool, agents: Frame) -> Frame:
    shop, widget = settings.shop, settings.widget
    return {
        "shop": {"name": shop.name, "tz": shop.tz},
        "assistant": {"name": shop.assistant},
        "locale": locale,
        "rtl": is_rtl,
        "theme": {"accent": widget.accent},
        "greeting": widget.greeting or words.greeting(locale, shop.assistant, shop.name),
        "quick_replies": words.quick_replies(locale),
        "max_upload_bytes": widget.max_upload_bytes,
        "heartbeat_s": HEARTBEAT_S,
        "agents": agents,
    }


async def _go_on(doors: Doors, speaker: Speaker, token: str, locale: str) -> None:
    """Take part in the conversation of a link. Raises RefusedInput (`forbidden`)."""

    async def unit(tx: Tx) -> Thread:
        return (await continuing.redeem(tx, doors.services, token, speaker.address, locale))[0]

    thread = await doors.services.database.write(unit)
    wake(doors.services, thread)
    doors.services.bus.publish(speaker.topic, thread.id)


# Signing in


async def _sign_in(doors: Doors, visitor: Visitor, signed: Signed) -> None:
    """Spend the token, find the customer, take the visitor's open threads along. Raises RefusedInput (`identity_token`)."""
    moved = await doors.services.database.write(lambda tx: _take_over(tx, doors, visitor, signed))
    for thread in moved:
        wake(doors.services, thread)
    if moved:
        doors.services.bus.publish(Speaker("visitor", visitor.key, visitor.key).topic, sight.SIGNED_IN)


async def _take_over(tx: Tx, doors: Doors, visitor: Visitor, signed: Signed) -> list[Thread]:
    now = doors.services.clock.now()
    if not await proofs.use_token(tx, signed.jti, signed.expires_at, now):
        raise RefusedInput("identity_token", "the identity token was used before")
    customer = await customers.create(tx, now, store_id=signed.sub, name=signed.name)
    identity = await customers.attach(tx, customer.id, "store", signed.sub, "verified", now)
    if email := _email(signed.email):
        await customers.attach(tx, customer.id, "email", email, "verified", now)
    anonymous = await customers.proven(tx, "visitor", visitor.key)
    owner = await customers.get(tx, anonymous.customer_id) if anonymous else None
    if anonymous is None or owner is None or owner.store_id is not None:
        return []
    moved = []
    for thread in await threads.of_identity(tx, anonymous.id):
        if thread.customer_id == owner.id and thread.state.status != "closed":
            await threads.move(tx, thread.id, identity.customer_id)
            await threads.join(tx, thread.id, identity.id, now)
            linked = NewEvent("linked", {"how": sight.SIGNED_IN, "customer_id": identity.customer_id})
            changed, _ = await threads.append(tx, thread.id, [linked], now)
            moved.append(changed)
    return moved


def _email(text: str) -> str:
    try:
        return validate_email(text, check_deliverability=False).normalized.lower() if text else ""
    except EmailNotValidError:
        return ""
