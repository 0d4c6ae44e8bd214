"""One `send` frame to one `ack` or `nack`, the same for the socket and for POST.

The inbox stores; this module checks what only a door can know (whose files these are) and words the outcome as a frame.
"""

import logging
from dataclasses import dataclass, replace
from time import perf_counter
from typing import Final

from channels.message import Address, Attachment, Inbound
from memory import desk
from memory.engines.base import Tx
from memory.errors import StorageError
from server import telemetry
from server.errors import RefusedInput
from server.inbox import Accepted, accept
from server.intake import frames, words
from server.intake.doors import Doors
from server.intake.frames import SendFrame
from server.intake.framing import Frame
from server.intake.tickets import Ticket

FILES_AT_MOST: Final = 5
_LONGEST_CID: Final = 64
_LONGEST_CHOICE: Final = 200
_RETRYABLE: Final = frozenset({"rate", "busy"})
_CODES: Final = frozenset({"rate", "too_long", "empty", "closed", "blocked", "busy", "bad_attachment"})
_accepted: Final = telemetry.accepted.labels("widget")
_log = logging.getLogger("onethread.intake")


@dataclass(frozen=True, slots=True)
class Voice:
    """Who says it, in which thread, from which network address, in which language."""

    sender: Address
    conv: str
    ip: str
    locale: str


def voice_of(ticket: Ticket, ip: str) -> Voice:
    """The voice of a ticket."""
    return Voice(ticket.speaker.address, ticket.conv, ip, ticket.locale)


def moved(voice: Voice, conv: str) -> Voice:
    """The same voice in another thread."""
    return replace(voice, conv=conv)


async def say(doors: Doors, voice: Voice, said: SendFrame) -> Accepted:
    """Store what was said; it is on disk when this returns. Raises RefusedInput with a nack's code.

    What the storage cannot take now is refused as `busy`: the browser repeats it with the same `cid`."""
    began = perf_counter()
    try:
        inbound = await _inbound(doors, voice, said)
        accepted = await accept(doors.services, inbound)
    except StorageError as error:
        _log.warning("message not stored", extra={"error": type(error).__name__, "conv": voice.conv})
        telemetry.refused.labels("busy").inc()
        raise RefusedInput("busy", "not now; it will be tried again") from error
    except RefusedInput as error:
        telemetry.refused.labels(_code(error)).inc()
        raise
    _accepted.inc()
    telemetry.commits.observe(perf_counter() - began)
    return accepted


def ack(cid: str, accepted: Accepted) -> Frame:
    """Committed and on disk."""
    conv, seq = accepted.thread.public_id, accepted.event.seq
    return {"t": "ack", "cid": cid, "id": frames.message_id(conv, seq), "conv": conv, "seq": seq}


def nack(cid: str, error: RefusedInput) -> Frame:
    """Not stored, and whether trying again may help."""
    code = _code(error)
    return {"t": "nack", "cid": cid, "code": code, "retryable": code in _RETRYABLE, "message": str(error)}


def asking_for_person(voice: Voice, cid: str) -> SendFrame:
    """ "Talk to a person" as something that the customer said."""
    return SendFrame(cid=cid, text=words.human(voice.locale), choice="human")


def _code(error: RefusedInput) -> str:
    return error.code if error.code in _CODES else "closed"


async def _inbound(doors: Doors, voice: Voice, said: SendFrame) -> Inbound:
    if not 0 < len(said.cid) <= _LONGEST_CID or len(said.choice or "") > _LONGEST_CHOICE:
        raise RefusedInput("empty", "a message needs its cid, and a choice is short")
    inbound = Inbound(
        "widget",
        voice.sender,
        said.text.replace("\x00", ""),
        doors.services.clock.now(),
        cid=said.cid,
        conv=voice.conv,
        choice=said.choice or None,
        reply_to=said.reply_to,
        locale=voice.locale,
        meta={"net": voice.ip},
    )
    return replace(inbound, attachments=await _attachments(doors, voice, said)) if said.attachments else inbound


async def _attachments(doors: Doors, voice: Voice, said: SendFrame) -> tuple[Attachment, ...]:
    refusal = RefusedInput("bad_attachment", "a file is not there any more")
    wanted = list(dict.fromkeys(said.attachments))
    if len(wanted) > FILES_AT_MOST:
        raise refusal

    async def unit(tx: Tx) -> list[desk.Upload | None]:
        return [await desk.upload(tx, upload_id) for upload_id in wanted]

    found = await doors.services.database.read(unit)
    own = [upload for upload in found if upload is not None and upload.conv == voice.conv]
    if len(own) != len(wanted):
        raise refusal
    return tuple(Attachment(upload.id, upload.name, upload.type, upload.size) for upload in own)
