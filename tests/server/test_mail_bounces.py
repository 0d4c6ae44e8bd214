"""What a bounce does to the conversation and to the address that it names."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from channels.message import Address, ProviderId, Receipt
from memory import customers, outbox, threads
from memory.customers import Identity
from memory.engines.base import Tx
from memory.threads import NewEvent, Thread
from server.receipts import take_receipt
from server.services import Services
from tests.server import core
from tests.support.databases import ENGINES, NOW, opened, url_of

ANA = Address("email", "ana@example.com", "channel", "ana@example.com", "Ana")
OURS = ProviderId("<c.abc.2.mac@shop.example>")


@pytest.fixture(params=ENGINES)
async def services(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Services]:
    async with opened(url_of(request, tmp_path)) as database, core.rooms(database) as services:
        yield services


async def answered(services: Services) -> Thread:
    """A customer wrote by mail, and our answer left."""
    thread = (await core.write(services, "Where is it?", ANA, channel="email")).thread

    async def unit(tx: Tx) -> Thread:
        identity_id = (await threads.events(tx, thread.id))[0].identity_id
        said = NewEvent("message", {"text": "Soon."}, "all", "assistant", channel="email", identity_id=identity_id)
        changed, stored = await threads.append(tx, thread.id, [said], NOW)
        key, seq = f"{thread.public_id}:{stored[0].seq}", stored[0].seq
        await outbox.put(
            tx, key, thread.id, seq, "email", identity_id, {"text": "Soon.", "author": "assistant"}, NOW, NOW
        )
        (parcel,) = await outbox.claim(tx, NOW, timedelta(minutes=1), 1)
        await outbox.mark(tx, parcel, "sent", provider_id=OURS)
        return changed

    return await services.database.write(unit)


async def address(services: Services) -> Identity:
    """What is known of the address."""
    found = await services.database.read(lambda tx: customers.proven(tx, "email", "ana@example.com"))
    assert found is not None
    return found


async def test_a_hard_bounce_fails_the_message_and_ends_mail_to_the_address(services: Services) -> None:
    """The desk learns of it, and nothing more is sent there until they write (pitfalls 65, 72)."""
    thread = await answered(services)
    await take_receipt(services, Receipt("email", OURS, "failed", NOW, "the mail came back (5.1.1)", "5.1.1"))
    assert (await address(services)).bounced_at > 0
    statuses = [event.body["status"] for event in await core.log(services, thread, "delivery")]
    assert statuses == ["failed"]
    assert (await core.now(services, thread)).state.owner_kind == "queue"


async def test_a_soft_failure_leaves_the_address_as_it_is(services: Services) -> None:
    await answered(services)
    await take_receipt(services, Receipt("email", OURS, "failed", NOW, "the mail came back (4.4.7)", "4.4.7"))
    known = await address(services)
    assert (known.bounced_at, known.stopped_at) == (0, 0)


async def test_a_spam_report_ends_mail_to_the_address(services: Services) -> None:
    await answered(services)
    await take_receipt(services, Receipt("email", OURS, "failed", NOW, "reported as spam", "spam"))
    assert (await address(services)).stopped_at > 0


async def test_a_bounce_of_mail_that_is_not_known_changes_nothing(services: Services) -> None:
    thread = await answered(services)
    await take_receipt(services, Receipt("email", ProviderId("<other@shop.example>"), "failed", NOW, "", "5.1.1"))
    assert (await address(services)).bounced_at == 0
    assert await core.log(services, thread, "delivery") == []


async def test_an_encrypted_mail_is_a_persons(services: Services) -> None:
    meta = {"encrypted": "yes", "subject": "Order"}
    thread = (await core.write(services, "[encrypted mail]", ANA, channel="email", meta=meta)).thread
    assert (thread.state.owner_kind, thread.state.handoff_reason) == ("queue", "unreadable")
