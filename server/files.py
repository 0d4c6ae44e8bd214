"""Files that come with messages: written before the message that names them, fetched apart where a provider holds them.

A file whose provider holds it is named in its message at once and fetched by the journal's worker, again and again, then given
up with a note for the desk. What a picture hides is taken out of it; what is no known type stays a plain download.
"""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from channels.errors import ChannelError
from channels.message import Attachment, Media
from memory import desk, journal, threads
from memory.desk import Upload
from memory.engines.base import Tx
from memory.ids import new_public_id
from memory.journal import Call
from memory.threads import NewEvent, Thread
from server.errors import RefusedInput
from server.inbox import wake
from server.intake.pictures import clean, sniff
from server.intake.uploads import plain_name
from server.services import Services

SOURCE: Final = "media"
"""First part of the journal's source of files that are to be fetched; the second is the provider."""
FETCH_S: Final = 20.0
MOST_BYTES: Final = 16 * 1_048_576
_SUFFIXES: Final = {
    "image/jpeg": "jpg", "image/png": "png", "image/webp": "webp", "image/gif": "gif", "image/heic": "heic",
    "application/pdf": "pdf", "audio/ogg": "ogg", "audio/webm": "webm", "audio/mp4": "m4a", "audio/mpeg": "mp3",
    "audio/wav": "wav",
}  # fmt: skip
_PLAIN: Final = "application/octet-stream"


@dataclass(frozen=True, slots=True)
class Kept:
    """The files of one message as its event names them, and what has to be remembered with it."""

    attachments: tuple[Attachment, ...] = ()
    here: tuple[Upload, ...] = ()
    coming: tuple[tuple[Upload, str], ...] = ()


async def keep(services: Services, media: Sequence[Media]) -> Kept:
    """Write what is here to disk, name what is to come; nothing refers to it before `remember`. Raises OSError."""
    attachments: list[Attachment] = []
    here: list[Upload] = []
    coming: list[tuple[Upload, str]] = []
    for each in media:
        upload_id = new_public_id("att")
        if each.ref:
            name, kind = plain_name(each.name), each.type.partition(";")[0].strip().lower() or _PLAIN
            stored = Upload(upload_id, 0, "", 0, name, kind if kind in _SUFFIXES else _PLAIN, 0)
            coming.append((stored, each.ref))
        else:
            stored = await _write(services, upload_id, each.name, each.data)
            here.append(stored)
        attachments.append(Attachment(upload_id, stored.name, stored.type, stored.size))
    return Kept(tuple(attachments), tuple(here), tuple(coming))


async def remember(
    tx: Tx, services: Services, kept: Kept, thread: Thread, identity_id: int, provider: str, seq: int
) -> None:
    """In the unit that stores the message: its files are the thread's, what is to come is fetched."""
    now = services.clock.now()
    for upload in kept.here:
        await desk.add_upload(tx, _of(upload, thread, identity_id), now)
    for upload, ref in kept.coming:
        await desk.expect_upload(tx, _of(upload, thread, identity_id), now)
        wanted = {
            "id": upload.id,
            "ref": ref,
            "name": upload.name,
            "type": upload.type,
            "thread": thread.id,
            "seq": seq,
        }
        await journal.add(tx, f"{SOURCE}/{provider}", upload.id, {}, json.dumps(wanted).encode(), now)


async def fetch(services: Services, call: Call) -> None:
    """Fetch one file that a message named. Raises ChannelError (again later, or never where it is permanent), OSError."""
    wanted = json.loads(call.body)
    provider = services.lines.providers.get(call.source.partition("/")[2])
    if provider is None:
        raise ChannelError("its channel is not connected any more", permanent=True)
    async with asyncio.timeout(FETCH_S):
        body = await provider.fetch(Media(wanted["name"], wanted["type"], wanted["ref"]))
    stored = await _write(services, wanted["id"], wanted["name"], body)
    await services.database.write(lambda tx: desk.upload_came(tx, stored.id, stored.name, stored.type, stored.size))
    services.bus.publish(f"panel:{wanted['thread']}")


async def lose(services: Services, call: Call, why: str) -> None:
    """Give a file up: the desk is told."""
    wanted = json.loads(call.body)
    note = NewEvent(
        "note", {"text": f"The file {wanted['name']} could not be fetched: {why}."}, cid=f"lost:{wanted['id']}"
    )

    async def unit(tx: Tx) -> Thread | None:
        await desk.upload_lost(tx, wanted["id"])
        thread = await threads.by_id(tx, wanted["thread"], lock=True)
        if thread is None or await threads.by_cid(tx, thread.id, f"lost:{wanted['id']}"):
            return None
        return (await threads.append_to(tx, thread, [note], services.clock.now()))[0]

    thread = await services.database.write(unit)
    if thread is not None:
        wake(services, thread)


async def _write(services: Services, upload_id: str, name: str, body: bytes) -> Upload:
    name, kind, body = await asyncio.to_thread(_cleaned, name, body)
    await asyncio.to_thread(_put, services.settings.uploads, upload_id, body)
    return Upload(upload_id, 0, "", 0, name, kind, len(body))


def _cleaned(name: str, body: bytes) -> tuple[str, str, bytes]:
    """(name, type, bytes) as a file may be kept: by what it is, whatever it says."""
    kind = sniff(body)
    name = plain_name(name)
    if not kind:
        return name, _PLAIN, body
    suffix = _SUFFIXES[kind]
    try:
        return name, kind, clean(f"file.{suffix}", body).body
    except RefusedInput:  # damaged, or too large to look into
        return name, _PLAIN, body


def _put(place: Path, upload_id: str, body: bytes) -> None:
    """Written whole or not at all: a fetch may be repeated."""
    place.mkdir(parents=True, exist_ok=True, mode=0o700)
    part = place / f"{upload_id}.part"
    part.write_bytes(body)
    part.replace(place / upload_id)


def _of(upload: Upload, thread: Thread, identity_id: int) -> Upload:
    return Upload(upload.id, thread.id, thread.public_id, identity_id, upload.name, upload.type, upload.size)
