"""The console's pages: the desk itself, the form of the sign-in, static files, customers' files, reports of the browser.

Pages carry no inline script or style. Without a session every page is the form, which works without scripts.
"""

import hmac
import logging
import re
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import urlsplit

import msgspec
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from memory import desk
from server.console import assets
from server.console.room import room_of
from server.console.sessions import Session, session_of
from server.intake.doors import doors_of
from server.services import Services
from server.settings import Settings
from server.web import client_ip, error_response, services_of

_FOREVER: Final = "public, max-age=31536000, immutable"
_UPLOAD: Final = re.compile(r"att_[0-9a-z]{20,40}")
_PLACE: Final = re.compile(r"/console(/t/[\w-]{1,80})?", re.ASCII)
_REPORT_BYTES: Final = 8192
_log = logging.getLogger("onethread.console")


def policy(settings: Settings) -> str:
    """The Content-Security-Policy of the console's pages."""
    socket = ("wss://" if settings.is_secure else "ws://") + urlsplit(settings.public_url).netloc
    parts = [
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; font-src 'self'",
        f"media-src 'self' blob:; connect-src 'self' {socket}; frame-src 'self'; worker-src 'self'",
        "manifest-src 'self'; form-action 'self'; base-uri 'none'; object-src 'none'; frame-ancestors 'none'",
        "require-trusted-types-for 'script'; trusted-types 'none'",
        *(["upgrade-insecure-requests"] if settings.is_secure else []),
        "report-to csp; report-uri /csp-report",
    ]
    return "; ".join(parts)


async def page(services: Services, name: str, status: int = 200, **values: object) -> Response:
    """A template as a page with the console's headers."""
    settings, loaded = services.settings, await assets.loaded()
    body = loaded.templates.get_template(name).render(
        static=f"/console/static/{loaded.version}", shop=settings.shop.name, **values
    )
    headers = {
        "Content-Security-Policy": policy(settings),
        "X-Frame-Options": "DENY",
        # Under `no-referrer` browsers post our own forms with `Origin: null` (Fetch, "append a request Origin header").
        "Referrer-Policy": "same-origin",
        "Reporting-Endpoints": f'csp="{settings.public_url}/csp-report"',
        "Vary": "Cookie",
    }
    return Response(body, status, headers, media_type="text/html; charset=utf-8")


def form_token(settings: Settings, day: datetime) -> str:
    """The hidden token of the form: made by us on this day."""
    text = f"console-login-v1|{day.date().isoformat()}".encode()
    return hmac.digest(settings.server.secret_keys[-1].encode(), text, "sha256").hex()


def is_form_token(settings: Settings, now: datetime, token: str) -> bool:
    """Whether a form's token was made today or yesterday."""
    days = (now, now - timedelta(days=1))
    return any(hmac.compare_digest(form_token(settings, day).encode(), token.encode()) for day in days)


async def form(services: Services, status: int = 200, message: str = "", back: str = "") -> Response:
    """The form of the sign-in."""
    token = form_token(services.settings, services.clock.now())
    return await page(services, "sign_in.html", status, message=message, token=token, back=back)


def safe_place(path: str) -> str:
    """Where to go after the sign-in: a page of the console, nothing else."""
    return path if _PLACE.fullmatch(path) else "/console"


async def console(request: Request) -> Response:
    """The desk, or the form for somebody who is not signed in."""
    services = services_of(request.scope)
    session = await session_of(services, request.scope)
    if session is None:
        return await form(services, back=safe_place(request.scope["path"]))
    await room_of(request.scope).touch(session)
    return await _desk(services, session)


async def _desk(services: Services, session: Session) -> Response:
    settings, agent = services.settings, session.agent
    return await page(
        services,
        "console.html",
        agent=agent,
        csrf=session.csrf,
        modules=(await assets.loaded()).modules,
        assistant=settings.shop.assistant,
        embed=f'<script async src="{settings.public_url}/widget/loader.js" data-site="{settings.widget.sites[0]}"></script>',
        may_act=agent.role != "viewer",
    )


async def static(request: Request) -> Response:
    """A file under its version."""
    loaded = await assets.loaded()
    found = loaded.files.get(request.path_params["path"])
    if found is None or request.path_params["version"] != loaded.version:
        return error_response(404, "not_found")
    body, media_type = found
    return Response(body, headers={"Content-Type": media_type, "Cache-Control": _FOREVER})


async def file(request: Request) -> Response:
    """A customer's file, for whoever is signed in: on to a path that opens it for some minutes."""
    services = services_of(request.scope)
    upload_id = request.path_params["id"]
    if await session_of(services, request.scope) is None:
        return error_response(401, "unauthorized", "sign in")
    stored = None
    if _UPLOAD.fullmatch(upload_id):
        stored = await services.database.read(lambda tx: desk.upload(tx, upload_id))
    if stored is None:
        return error_response(404, "not_found")
    return RedirectResponse(doors_of(request.scope).tickets.file_url(stored.id), 303)


async def report(request: Request) -> Response:
    """What a browser did not load because of our policy: logged by directive, without addresses."""
    bucket = room_of(request.scope).reports.of(client_ip(request.scope))
    if not bucket.take(request.scope["app"].state.services.clock.now().timestamp()):
        return error_response(429, "rate", "later", {"Retry-After": "60"})
    raw = await request.body()
    if len(raw) > _REPORT_BYTES:
        return error_response(413, "too_large")
    _log.warning("page policy violated", extra={"directive": _directive(raw)})
    return Response(status_code=204)


def _directive(raw: bytes) -> str:
    try:
        found = msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return "unreadable"
    first = found[0] if isinstance(found, list) and found else found
    body = first.get("body", first.get("csp-report", {})) if isinstance(first, dict) else {}
    name = body.get("effectiveDirective") or body.get("effective-directive") if isinstance(body, dict) else ""
    return name[:40] if isinstance(name, str) else "unreadable"
