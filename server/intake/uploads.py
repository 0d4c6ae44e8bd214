"""`POST /widget/upload` and `GET /files/{id}`: a shopper's files, kept under random names, given out for minutes at a time.

A file belongs to the thread that it was uploaded for. It always leaves as a download into a sandbox, never as a page.
"""

import asyncio
import re
import unicodedata
from pathlib import Path
from typing import Final
from urllib.parse import quote

from python_multipart.exceptions import MultipartParseError
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException
from starlette.requests import Request
from starlette.responses import FileResponse, Response

from memory import desk
from memory.desk import Upload
from memory.engines.base import Tx
from memory.ids import new_public_id
from server.errors import RateLimited, RefusedInput
from server.intake import sight
from server.intake.doors import Doors, doors_of
from server.intake.entry import ticket_of
from server.intake.pictures import clean
from server.intake.tickets import Ticket
from server.web import BodyTooLarge, error_response, json_response

UPLOAD_BODY: Final = 15 * 1_048_576
_NAME_CHARS: Final = 100
_ID: Final = re.compile(r"att_[0-9a-z]{20,40}")


async def upload(request: Request) -> Response:
    """Keep one file for a thread. 401, 403, 404 (thread), 413, 415, 429."""
    doors = doors_of(request.scope)
    ticket = ticket_of(doors, request)
    conv = request.query_params.get("conv") or ticket.conv
    identity_id, thread_id = await _place(doors, ticket, conv)
    _check_pace(doors, ticket)
    name, body = await _file(request, doors.services.settings.widget.max_upload_bytes)
    cleaned = await asyncio.to_thread(clean, name, body)
    stored = Upload(new_public_id("att"), thread_id, conv, identity_id, name, cleaned.type, len(cleaned.body))
    await asyncio.to_thread(_write, doors.services.settings.uploads, stored.id, cleaned.body)
    await doors.services.database.write(lambda tx: desk.add_upload(tx, stored, doors.services.clock.now()))
    answer = {"id": stored.id, "name": stored.name, "type": stored.type, "size": stored.size}
    return json_response({**answer, "url": doors.tickets.file_url(stored.id)}, 201)


async def _place(doors: Doors, ticket: Ticket, conv: str) -> tuple[int, int]:
    """(identity, thread) of an upload, 0 for what does not exist yet. Raises RefusedInput (`not_found`)."""

    async def unit(tx: Tx) -> tuple[int, int] | None:
        seen = await sight.look(tx, ticket.speaker)
        thread = await sight.thread_of(tx, ticket.speaker, seen, conv)
        if thread is not None:
            return seen.own, thread.id
        return (seen.own, 0) if conv == ticket.conv else None

    place = await doors.services.database.read(unit)
    if place is None:
        raise RefusedInput("not_found", "no such thread")
    return place


def _check_pace(doors: Doors, ticket: Ticket) -> None:
    bucket = doors.uploads.of(ticket.speaker.visitor)
    if not bucket.take(asyncio.get_running_loop().time()):
        raise RateLimited(bucket.wait_s())


async def _file(request: Request, at_most: int) -> tuple[str, bytes]:
    """(clean name, bytes) of the form's one file."""
    if not request.headers.get("content-type", "").startswith("multipart/form-data"):
        raise RefusedInput("file_type", "send multipart/form-data with the field `file`")
    try:
        async with request.form(max_files=1, max_fields=4) as form:
            part = form.get("file")
            if not isinstance(part, UploadFile):
                raise RefusedInput("bad_request", "the field `file` is missing")
            if part.size is None or part.size > at_most:
                raise BodyTooLarge
            return plain_name(part.filename or ""), await part.read()
    except (MultiPartException, MultipartParseError, HTTPException) as error:
        raise RefusedInput("bad_request", "the form cannot be read") from error


def plain_name(name: str) -> str:
    """A file's name without folders, control characters and tricks of direction."""
    last = re.split(r"[/\\]", name)[-1]
    kept = "".join(char for char in last if unicodedata.category(char)[0] != "C").strip(" .")
    stem, dot, suffix = kept.rpartition(".")
    return f"{stem[: _NAME_CHARS - len(suffix) - 1]}{dot}{suffix}" if stem else f"file.{suffix[:10]}"


def _write(place: Path, upload_id: str, body: bytes) -> None:
    place.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (place / upload_id).open("xb") as file:
        file.write(body)


async def download(request: Request) -> Response:
    """A stored file, for whoever holds a path that was signed within the last minutes."""
    doors = doors_of(request.scope)
    upload_id = request.path_params["id"]
    query = request.query_params
    if not _ID.fullmatch(upload_id) or not doors.tickets.opens(upload_id, query.get("e", ""), query.get("s", "")):
        return error_response(404, "not_found")
    stored = await doors.services.database.read(lambda tx: desk.upload(tx, upload_id))
    path = doors.services.settings.uploads / upload_id
    if stored is None or not await asyncio.to_thread(path.is_file):
        return error_response(404, "not_found")
    return FileResponse(path, headers=_file_headers(stored))


def _file_headers(stored: Upload) -> dict[str, str]:
    ascii_name = re.sub(r'[^\w. -]|["\\]', "_", stored.name, flags=re.ASCII)
    return {
        "Content-Type": stored.type,
        "Content-Disposition": f"attachment; filename=\"{ascii_name}\"; filename*=UTF-8''{quote(stored.name, safe='')}",
        "Content-Security-Policy": "sandbox; default-src 'none'; frame-ancestors 'none'",
        "Cross-Origin-Resource-Policy": "cross-origin",
        "Cache-Control": "private, no-store",
    }
