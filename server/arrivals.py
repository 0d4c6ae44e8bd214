"""Works in stored calls of channels: parsed by their provider, each message accepted, each receipt put to its message.

A call is stored before anybody looks into it, so it may be worked in again and again: what it brought is known by the
provider's ids and changes nothing twice. One bad item of a batch loses none of the others.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Final, TypeVar

from channels.channel import Provider
from channels.message import Inbound, OptOut, RawCall
from memory import customers, journal, outbox, threads
from memory.engines.base import Tx
from memory.errors import StorageError
from memory.journal import Call
from memory.times import to_ms
from server import telemetry
from server.echoes import take_echo
from server.errors import RefusedInput
from server.files import keep, remember
from server.inbox import LONGEST, Accepted, accept
from server.receipts import take_receipt
from server.remarks import take_remark
from server.services import Services
from server.who import who
from server.wishes import heed

_log = logging.getLogger("onethread.arrivals")
T = TypeVar("T")
_EARLIEST: Final = timedelta(days=30)
_LARGE: Final = 65_536


async def arrive(services: Services, provider: Provider, call: Call) -> None:
    """Everything that one stored call brings. Raises ValueError when nothing in it can be read, and whatever storing raises."""
    raw = RawCall(call.source.partition("/")[2], call.headers, call.body, call.received_at)
    is_large = len(raw.body) > _LARGE  # a whole mail may take its time, and nobody else must wait for it
    parsed = await asyncio.to_thread(provider.parse, raw) if is_large else provider.parse(raw)
    for fault in parsed.faults:
        telemetry.hooks.labels(call.source, "fault").inc()
        _log.warning("a part of a call cannot be read", extra={"source": call.source, "call": call.id, "why": fault})
    troubles = [
        *await _each(parsed.messages, lambda each: arrive_message(services, provider.name, each, call.id)),
        *await _each(parsed.opt_outs, lambda each: take_opt_out(services, each)),
        *await _each(parsed.remarks, lambda each: take_remark(services, each)),
        *await _each(parsed.receipts, lambda each: take_receipt(services, each)),
        *await _each(parsed.echoes, lambda each: take_echo(services, each)),
    ]
    if troubles:
        raise troubles[0]


async def _each(items: Sequence[T], take: Callable[[T], Awaitable[object]]) -> list[Exception]:
    """Take every item; what went wrong with some, once all the others are in. Raises StorageError at once."""
    troubles: list[Exception] = []
    for item in items:
        try:
            await take(item)
        except StorageError:
            raise
        except (
            Exception
        ) as error:  # the edge of a delivery: one bad item loses none of the others, and the call is tried again
            troubles.append(error)
    return troubles


async def arrive_message(services: Services, provider: str, message: Inbound, call_id: int = 0) -> Accepted | None:
    """One message with its files; None when whoever sent it may not write here. A time out of reason becomes now."""
    now = services.clock.now()
    if not now - _EARLIEST < message.at < now + timedelta(days=1):
        message = replace(message, at=now)
    kept = await keep(services, () if await _is_known(services, message) else message.media)
    text = message.text.replace("\x00", "")
    whole = len(text) > LONGEST.get(message.channel, LONGEST[""])
    message = replace(
        message,
        media=(),
        attachments=(*message.attachments, *kept.attachments),
        text=_cut(message, text) if whole else text,
    )

    async def also(tx: Tx, accepted: Accepted) -> None:
        await remember(tx, services, kept, accepted.thread, accepted.identity.id, provider, accepted.event.seq)
        await customers.heard(tx, accepted.identity.id, message.at)
        await outbox.release(tx, accepted.identity.id, now)
        await heed(tx, services, message, accepted)
        if call_id:
            await journal.belongs(tx, call_id, f"{accepted.identity.kind}:{accepted.identity.key}")

    try:
        accepted = await accept(services, message, also)
    except RefusedInput as error:
        _log.info("a message was not accepted", extra={"channel": message.channel, "why": error.code})
        return None
    services.bus.publish("outbox")
    return accepted


async def _is_known(services: Services, message: Inbound) -> bool:
    """Whether a message with files is stored already: its files are not written anew."""
    if not message.media or message.external_id is None:
        return False
    external_id = message.external_id
    return await services.database.read(lambda tx: threads.by_external_id(tx, message.channel, external_id)) is not None


def _cut(message: Inbound, text: str) -> str:
    """As much as the thread shows; the whole stays in the journal."""
    return text[: LONGEST.get(message.channel, LONGEST[""]) - 2].rstrip() + " …"


async def take_opt_out(services: Services, opt_out: OptOut) -> None:
    """Keep an address's wish for silence, or its end, as a provider tells it. An older one than their last message is past."""

    async def unit(tx: Tx) -> None:
        sender, now = opt_out.sender, services.clock.now()
        identity = await who(tx, sender, now)
        if identity.heard_at > to_ms(opt_out.at):
            return
        await customers.stop(tx, identity.id, opt_out.at if opt_out.is_out else None)

    await services.database.write(unit)
