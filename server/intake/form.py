"""`/form`: the support form, on a page of its own or in a frame on the shop's pages. It works without scripts.

What is sent is a message of the channel `form`. The address in it is a From line and no more, so it proves nothing; the answer
goes there by e-mail where that is connected. Each form sent is a conversation of its own, whoever's address it names: nobody
gets into another's. Nothing that was written is lost on an error, files neither.
"""

import asyncio
import hmac
import logging
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files as resources
from typing import Final

from email_validator import EmailNotValidError, validate_email
from python_multipart.exceptions import MultipartParseError
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from channels.message import Address, Attachment, Inbound, Media
from memory import desk
from memory.desk import Upload
from memory.engines.base import Tx
from memory.ids import public_text
from server import continuing, files
from server.arrivals import arrive_message
from server.errors import RefusedInput
from server.intake import form_page
from server.intake.doors import doors_of
from server.intake.form_page import LONGEST, MOST_FILES, TRAP, Filled, Page
from server.intake.form_words import TOPICS, WORDS
from server.intake.label_words import reads
from server.intake.pictures import clean
from server.intake.session import site_of
from server.intake.uploads import plain_name
from server.sealing import Seal
from server.services import Services
from server.settings import Settings
from server.web import client_ip, own_origins, services_of

_log = logging.getLogger("onethread.form")
PATH: Final = "/form"
CHANNEL: Final = "form"
BODY_LIMITS: Final = {PATH: 55 * 1_048_576}
_FIELDS: Final = ("name", "email", "order", "topic", "message")
_OPEN_S: Final = 24 * 3600
_THANKS_S: Final = 3600
_TOO_QUICK_S: Final = 2
_ID_CHARS: Final = 60
_STYLE: Final = resources("server.intake").joinpath("form.css").read_bytes()


@dataclass(frozen=True, slots=True)
class _Sent:
    """A form as it came: texts, files, and what it is known by (`nonce`, "" = its token does not hold)."""

    filled: Filled
    new: tuple[tuple[str, bytes], ...]
    nonce: str
    is_machine: bool


def routes() -> list[BaseRoute]:
    """The form's pages."""
    return [
        Route(PATH, _show, methods=["GET"]),
        Route(PATH, _send, methods=["POST"]),
        Route(f"{PATH}/style.css", _style),
        Route(f"{PATH}/sent/{{token}}", _thanks, methods=["GET"]),
        Route(f"{PATH}/{{site}}", _show, methods=["GET"]),
    ]


async def _show(request: Request) -> Response:
    """`GET /form` and `/form/{site}`: an empty form, in the browser's language or that of `?lang=`."""
    services, page = services_of(request.scope), _page(request)
    if page is None:
        settings = services.settings
        lost = Page(settings, "", _language(request))
        return _html(settings, form_page.missing(lost), 404)
    topic = request.query_params.get("topic", "")
    filled = Filled({"topic": topic if topic in TOPICS else "", "order": request.query_params.get("order", "")[:40]})
    return _html(services.settings, form_page.form(page, _token(services), filled, {}))


async def _send(request: Request) -> Response:
    """`POST /form`: 303 to the thanks, or the form again with what is to be mended (422, 429)."""
    doors, page = doors_of(request.scope), _page(request)
    services = doors.services
    if page is None:
        return _html(services.settings, form_page.missing(Page(services.settings, "", _language(request))), 404)
    sent = await _read(request, services)
    if sent.is_machine or not sent.nonce:
        return await _again(services, page, sent, {}, page.words.again, 422)
    if not doors.forms.of(client_ip(request.scope)).take(asyncio.get_running_loop().time()):
        return await _again(services, page, sent, {}, page.words.too_many, 429)
    errors = {**_wrong(page, sent.filled), **await _wrong_files(page, sent)}
    if errors:
        return await _again(services, page, sent, errors, "", 422)
    accepted = await arrive_message(services, CHANNEL, await _message(services, page, sent))
    if accepted is None:  # blocked: they learn no more than anybody
        return _away(page, services, {"n": 0, "c": "", "i": 0})
    return _away(
        page, services, {"n": accepted.thread.number, "c": accepted.thread.public_id, "i": accepted.identity.id}
    )


async def _thanks(request: Request) -> Response:
    """`GET /form/sent/{token}`: it arrived."""
    services, page = services_of(request.scope), _page(request)
    told = _seal(services, "form-sent-v1").opened(request.path_params["token"], _THANKS_S)
    if page is None or told is None:
        return RedirectResponse(PATH, 303)
    is_by_email = services.lines.carrying("email") is not None
    chat = continuing.link(services, told["c"], told["i"]) if told["c"] else ""
    return _html(services.settings, form_page.thanks(page, told["n"], is_by_email=is_by_email, chat=chat))


# Reading


async def _read(request: Request, services: Services) -> _Sent:
    """Raises RefusedInput (`bad_request`) for what no browser sends."""
    if not request.headers.get("content-type", "").startswith(
        ("multipart/form-data", "application/x-www-form-urlencoded")
    ):
        raise RefusedInput("bad_request", "send the form as a browser does")
    try:
        async with request.form(
            max_files=MOST_FILES * 4, max_fields=30, max_part_size=4 * LONGEST["message"] + 4096
        ) as form:
            values = {name: _text(form, name) for name in _FIELDS}
            new = [
                (plain_name(part.filename or ""), await part.read())
                for part in form.getlist("files")
                if isinstance(part, UploadFile) and part.filename
            ]
            body = _seal(services, "form-v1").opened(_text(form, "token"), _OPEN_S)
            nonce = str(body["n"]) if body and (body.get("p") or body["age"] >= _TOO_QUICK_S) else ""
            kept = await _kept(services, body, [str(each)[:_ID_CHARS] for each in form.getlist("kept")][:MOST_FILES])
            return _Sent(Filled(values, kept), tuple(new), nonce, is_machine=bool(_text(form, TRAP)))
    except (MultiPartException, MultipartParseError, HTTPException) as error:
        raise RefusedInput("bad_request", "the form cannot be read") from error


def _text(form: FormData, name: str) -> str:
    value = form.get(name)
    return value.replace("\r\n", "\n").replace("\x00", "").strip() if isinstance(value, str) else ""


async def _kept(services: Services, body: dict[str, object] | None, ids: Sequence[str]) -> tuple[tuple[str, str], ...]:
    """Files of an earlier try of this very form."""
    conv = _conv(services, str(body["n"])) if body else ""

    async def unit(tx: Tx) -> list[Upload | None]:
        return [await desk.upload(tx, each) for each in dict.fromkeys(ids)]

    found = await services.database.read(unit) if ids and conv else []
    return tuple((each.id, each.name) for each in found if each and each.conv == conv and each.thread_id == 0)


def _wrong(page: Page, filled: Filled) -> dict[str, str]:
    """What is to be mended, by field."""
    words, errors = page.words, {}
    if not _email(filled.of("email")):
        errors["email"] = words.needs_email
    if not filled.of("message"):
        errors["message"] = words.needs_message
    for name in ("name", "message"):
        if len(filled.of(name)) > LONGEST[name]:
            errors[name] = words.too_long.format(count=LONGEST[name])
    if len(filled.of("order")) > LONGEST["order"] or "\n" in filled.of("order"):
        errors["order"] = words.bad_order.format(count=LONGEST["order"])
    return errors


async def _wrong_files(page: Page, sent: _Sent) -> dict[str, str]:
    words, limit = page.words, page.settings.widget.max_upload_bytes
    if len(sent.new) + len(sent.filled.kept) > MOST_FILES:
        return {"files": words.many_files.format(count=MOST_FILES)}
    for name, body in sent.new:
        if len(body) > limit:
            return {"files": words.big_file.format(name=name, size=limit // 1_048_576)}
        if not await asyncio.to_thread(_is_readable, name, body):
            return {"files": words.bad_file.format(name=name)}
    return {}


def _is_readable(name: str, body: bytes) -> bool:
    try:
        clean(name, body)
    except RefusedInput:
        return False
    return True


def _email(text: str) -> str:
    try:
        return validate_email(text, check_deliverability=False).normalized if text else ""
    except EmailNotValidError:
        return ""


# Answering


async def _again(
    services: Services, page: Page, sent: _Sent, errors: dict[str, str], notice: str, status: int
) -> Response:
    """The form with all that was written, and with the files that can be read."""
    nonce = sent.nonce or secrets.token_hex(12)
    kept = list(sent.filled.kept) if sent.nonce else []
    for name, body in sent.new[: MOST_FILES - len(kept)] if status != 429 else ():
        if len(body) <= page.settings.widget.max_upload_bytes and await asyncio.to_thread(_is_readable, name, body):
            kept.append(await _store(services, _conv(services, nonce), name, body))
    filled = Filled(sent.filled.values, tuple(kept))
    token = _seal(services, "form-v1").seal({"n": nonce, **({"p": 1} if sent.nonce else {})})  # who mends may be quick
    return _html(services.settings, form_page.form(page, token, filled, errors, notice), status)


async def _store(services: Services, conv: str, name: str, body: bytes) -> tuple[str, str]:
    """Keep a file for a conversation that has not begun."""
    (stored,) = (await files.keep(services, [Media(name, "", data=body)])).here
    upload = Upload(stored.id, 0, conv, 0, stored.name, stored.type, stored.size)
    await services.database.write(lambda tx: desk.add_upload(tx, upload, services.clock.now()))
    return upload.id, upload.name


async def _message(services: Services, page: Page, sent: _Sent) -> Inbound:
    filled, english = sent.filled, WORDS["en"]
    email = _email(filled.of("email"))
    topic = filled.of("topic") if filled.of("topic") in TOPICS else "other"
    place = TOPICS.index(topic)
    heading = "" if topic == "other" else f"{page.words.topics[place]}\n\n"
    beside = [f"Form: {english.topics[place]}", f"order {filled.of('order')}" if filled.of("order") else ""]
    return Inbound(
        CHANNEL,
        _sender(services, email, filled.of("name"), sent.nonce),
        heading + filled.of("message"),
        services.clock.now(),
        external_id=sent.nonce,
        conv=_conv(services, sent.nonce),
        attachments=await _attached(services, filled.kept),
        locale=page.language,
        meta={"topic": topic, "email": email.lower(), **({"order": filled.of("order")} if filled.of("order") else {})},
        media=tuple(Media(name, "", data=body) for name, body in sent.new),
        note=" · ".join(part for part in beside if part),
        claims=(Address("email", email.lower(), "claimed", email),),
    )


def _sender(services: Services, email: str, name: str, nonce: str) -> Address:
    """Who wrote: the address that the answer goes to; where no mail can go, somebody known by this form alone."""
    if services.lines.carrying("email") is not None:
        return Address("from", email.lower(), "channel", email, name)
    return Address("guest", f"{continuing.FORM}{nonce}", "channel", email, name)


async def _attached(services: Services, kept: Sequence[tuple[str, str]]) -> tuple[Attachment, ...]:
    async def unit(tx: Tx) -> list[Upload | None]:
        return [await desk.upload(tx, id) for id, _ in kept]

    found = await services.database.read(unit) if kept else []
    return tuple(Attachment(each.id, each.name, each.type, each.size) for each in found if each)


def _away(page: Page, services: Services, told: dict[str, object]) -> Response:
    """To the thanks, so that loading the page again sends nothing twice."""
    token = _seal(services, "form-sent-v1").seal(told)
    return RedirectResponse(f"{PATH}/sent/{token}?site={page.site}&lang={page.language}", 303)


def _page(request: Request) -> Page | None:
    settings = services_of(request.scope).settings
    asked = request.path_params.get("site") or request.query_params.get("site")
    try:
        return Page(settings, site_of(settings, asked), _language(request))
    except RefusedInput:
        return None


def _language(request: Request) -> str:
    asked = request.query_params.get("lang", "")[:2].lower()
    return asked if asked in WORDS else reads(None, request.headers.get("accept-language", ""))


def _token(services: Services) -> str:
    return _seal(services, "form-v1").seal({"n": secrets.token_hex(12)})


def _seal(services: Services, salt: str) -> Seal:
    return Seal(services.settings.server.secret_keys, services.clock, salt)


def _conv(services: Services, nonce: str) -> str:
    """The conversation that a form begins: known before it is sent, and by nobody else."""
    key = services.settings.server.secret_keys[-1].encode()
    return f"c_{public_text(hmac.digest(key, f'form-conv-v1|{nonce}'.encode(), 'sha256')[:16])}"


def _html(settings: Settings, page: str, status: int = 200) -> Response:
    parents = " ".join(sorted(settings.allowed_origins | own_origins(settings)))
    headers = {
        "Content-Security-Policy": (
            "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; base-uri 'none'; "
            f"frame-ancestors {parents}"
        ),
        "Cross-Origin-Opener-Policy": "unsafe-none",
        "Cross-Origin-Resource-Policy": "cross-origin",
        "Vary": "Accept-Language",
    }
    return HTMLResponse(page, status, headers=headers)


async def _style(_request: Request) -> Response:
    return Response(_STYLE, media_type="text/css", headers={"Cache-Control": "public, max-age=3600"})
