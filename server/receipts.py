"""The provider's word on what we sent: put to its message, upwards only, in whatever order it comes.

A word on a message whose send has not returned yet is kept until it has. What failed for good goes another way, or to a person.
"""

import random
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final

from channels.message import ProviderId, Receipt
from memory import outbox, threads
from memory.engines.base import Tx
from memory.threads import NewEvent, Thread
from server import mail_bounces, undelivered
from server.desk.handoff import Package
from server.dispatch import give_way
from server.inbox import wake
from server.services import Services
from server.settling import settle

RANK: Final = {"": 0, "sent": 1, "delivered": 2, "read": 3}


async def take_receipt(services: Services, receipt: Receipt) -> None:
    """Put the provider's word to its message: it only rises; what failed for good goes another way, or to a person.

    A word on a message whose send has not returned yet is kept until it has, unless it names our key: then it settles it.
    A word on all messages up to a time is one on each."""
    now = services.clock.now()
    if not receipt.provider_id:
        await _take_all(services, receipt)
        return
    made = await _package(services, receipt)

    async def unit(tx: Tx) -> Thread | None:
        if receipt.key and (unnamed := await outbox.by_key(tx, receipt.channel, receipt.key)):
            await settle(tx, unnamed, receipt.provider_id, now)
        sent = await outbox.by_provider_id(tx, receipt.channel, receipt.provider_id)
        if sent is None:
            await _keep(tx, receipt, now)
            return None
        thread = await threads.by_id(tx, sent.thread_id, lock=True)
        sent = await outbox.by_provider_id(tx, receipt.channel, receipt.provider_id)
        if thread is None or sent is None or not rises(sent.status, receipt.status):
            return None
        if receipt.tries and await outbox.again(tx, sent.id, receipt.tries, now + _again_after()):
            return None
        await outbox.report(tx, sent.id, receipt.status, receipt.code, now)
        thread, _ = await threads.append_to(tx, thread, [_delivery(sent, receipt)], now)
        if receipt.status == "failed":
            await mail_bounces.learn(tx, receipt, sent.identity_id, now)
            moved = await give_way(tx, services, thread, sent, receipt.error or receipt.code)
            thread = moved or (await undelivered.hand_over(tx, services, thread, made) if made else thread)
        return thread

    thread = await services.database.write(unit)
    if thread is not None:
        wake(services, thread)
        services.bus.publish("outbox")
        services.bus.publish(f"panel:{thread.id}")


async def _take_all(services: Services, receipt: Receipt) -> None:
    to = receipt.to
    if to is None:
        return
    ids = await services.database.read(lambda tx: outbox.sent_until(tx, receipt.channel, to.kind, to.key, receipt.at))
    for provider_id in ids:
        await take_receipt(services, replace(receipt, provider_id=ProviderId(provider_id), to=None))


async def _package(services: Services, receipt: Receipt) -> Package | None:
    """What a person gets if a failure leaves nobody but them; None where nothing failed for the first time."""
    if receipt.status != "failed":
        return None
    sent = await services.database.read(lambda tx: outbox.by_provider_id(tx, receipt.channel, receipt.provider_id))
    return await undelivered.package(services, sent.thread_id) if sent and rises(sent.status, "failed") else None


def rises(before: str, after: str) -> bool:
    """Whether a status may follow another, in whatever order they come: upwards only.

    Failed is final but for a real delivery, which another device may still report; a late `sent` never clears an error."""
    if after == "failed":
        return before in ("", "sent")
    if before == "failed":
        return after in ("delivered", "read")
    return RANK[after] > RANK[before]


async def _keep(tx: Tx, receipt: Receipt, now: datetime) -> None:
    before = await outbox.kept_receipt(tx, receipt.channel, receipt.provider_id)
    if before is None or rises(str(before["status"]), receipt.status):
        body = {"status": receipt.status, "code": receipt.code, "error": receipt.error, "tries": receipt.tries}
        await outbox.keep_receipt(tx, receipt.channel, receipt.provider_id, body, now)


async def apply_kept(services: Services, channel: str, provider_id: str) -> None:
    """What the provider said of a message before its send returned."""
    body = await services.database.read(lambda tx: outbox.kept_receipt(tx, channel, provider_id))
    if body is not None:
        receipt = Receipt(
            channel, ProviderId(provider_id), body["status"], services.clock.now(), body["error"], body["code"],
            tries=int(body.get("tries", 0)),
        )  # fmt: skip
        await take_receipt(services, receipt)


def _again_after() -> timedelta:
    """Not all at once, where a whole channel was out of breath."""
    return timedelta(seconds=random.uniform(20, 40))


def _delivery(sent: outbox.Sent, receipt: Receipt) -> NewEvent:
    body: dict[str, Any] = {"of": sent.seq, "status": receipt.status, "provider_id": receipt.provider_id}
    if receipt.error or receipt.code:
        body["error"] = receipt.error or receipt.code
    return NewEvent("delivery", body, channel=sent.channel, identity_id=sent.identity_id)
