"""Who is signed in: the cookie, what it may do, and the checks that keep other sites from using it.

The cookie holds 256 random bits and only their hash is stored. Supervisors and admins are signed out after half an hour of
doing nothing, everybody else after eight hours, and all after twelve hours whatever they do.
"""

import hmac
import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from starlette.requests import HTTPConnection
from starlette.responses import Response
from starlette.types import Scope

from memory import agents
from memory.agents import Agent
from memory.engines.base import Tx
from server.services import Services
from server.settings import Settings
from server.web import header, own_origins

LASTS: Final = timedelta(hours=12)
IDLE: Final = timedelta(hours=8)
IDLE_POWERFUL: Final = timedelta(minutes=30)
_POWERFUL: Final = frozenset({"supervisor", "admin"})
_SECRET: Final = re.compile(r"[\w-]{43}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Session:
    """A signed-in agent and the secret that says so."""

    agent: Agent
    secret: str

    @property
    def csrf(self) -> str:
        """The token that our own pages send with every change."""
        return hmac.digest(self.secret.encode(), b"console-csrf-v1", "sha256").hex()

    @property
    def key(self) -> str:
        """What stands for the session inside this process."""
        return agents.digest(self.secret)


def cookie_name(settings: Settings) -> str:
    """The cookie's name: bound to the host where browsers reach us by https."""
    return "__Host-sid" if settings.is_secure else "sid"


def new_secret() -> str:
    """43 characters of base64url: 32 random bytes."""
    return secrets.token_urlsafe(32)


def give(response: Response, settings: Settings, secret: str) -> None:
    """Set the cookie."""
    response.set_cookie(
        cookie_name(settings), secret, max_age=int(LASTS.total_seconds()), path="/", secure=settings.is_secure,
        httponly=True, samesite="strict",
    )  # fmt: skip


def take(response: Response, settings: Settings) -> None:
    """Remove the cookie."""
    response.delete_cookie(cookie_name(settings), path="/", secure=settings.is_secure, httponly=True, samesite="strict")


def secret_in(settings: Settings, scope: Scope) -> str:
    """The secret that a request carries; empty when it carries none that could be ours."""
    found = HTTPConnection(scope).cookies.get(cookie_name(settings), "")
    return found if _SECRET.fullmatch(found) else ""


async def signed_in(tx: Tx, secret: str, now: datetime) -> Agent | None:
    """Whose session this is; None when it is unknown, over, idle for too long, or its agent was disabled."""
    agent = await agents.of_session(tx, secret, now, IDLE)
    if agent is not None and agent.role in _POWERFUL:
        return await agents.of_session(tx, secret, now, IDLE_POWERFUL)
    return agent


async def session_of(services: Services, scope: Scope) -> Session | None:
    """The session of a request."""
    secret = secret_in(services.settings, scope)
    if not secret:
        return None
    now = services.clock.now()
    agent = await services.database.read(lambda tx: signed_in(tx, secret, now))
    return Session(agent, secret) if agent else None


def is_own_page(settings: Settings, scope: Scope) -> bool:
    """Whether a request comes from a page of ours: an exact Origin, and no browser that says otherwise."""
    site = header(scope, b"sec-fetch-site")
    return header(scope, b"origin") in own_origins(settings) and site in ("", "same-origin")


def may_change(session: Session, settings: Settings, scope: Scope) -> bool:
    """Whether a request with a cookie may change something: our page, and the session's own token."""
    sent = header(scope, b"x-csrf-token")
    return is_own_page(settings, scope) and hmac.compare_digest(sent.encode(), session.csrf.encode())
