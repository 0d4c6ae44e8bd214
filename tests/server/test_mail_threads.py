"""Which thread a mail joins, what of it a stranger gets, and what a machine's mail changes."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from channels.message import Address
from memory import customers, outbox, threads, turns
from memory.engines.base import Tx
from memory.threads import NewEvent, Thread
from server import mail_guard
from server.clock import HandClock
from server.desk import work
from server.services import Services
from tests.server import core
from tests.support.databases import ENGINES, NOW, opened, url_of

ANA = Address("email", "ana@example.com", "channel", "ana@example.com", "Ana")
FORGED = Address("from", "ana@example.com", "channel", "ana@example.com", "Ana")
EVE = Address("email", "eve@example.com", "channel", "eve@example.com", "Eve")


class House:
    """Rooms to which mail comes."""

    def __init__(self, services: Services, clock: HandClock) -> None:
        self.services, self.clock = services, clock

    async def mail(self, text: str, sender: Address = ANA, **values: Any) -> Thread:
        """A mail comes in; its thread as it stands then."""
        values.setdefault("channel", "email")
        return (await core.write(self.services, text, sender, **values)).thread

    async def is_due(self, thread: Thread) -> bool:
        """Whether an answer is wanted there."""
        found = await self.services.database.read(lambda tx: turns.next_at(tx, NOW + timedelta(days=9)))
        return found is not None and thread.id > 0

    async def close(self, thread: Thread, status: str = "closed") -> None:
        """The thread is over."""
        event = NewEvent("resolved", {}) if status == "resolved" else NewEvent("status", {"status": status})
        await core.happen(self.services, thread, event)


@pytest.fixture(params=ENGINES)
async def house(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[House]:
    clock = HandClock(NOW)
    async with opened(url_of(request, tmp_path)) as database, core.rooms(database, clock=clock) as services:
        yield House(services, clock)


async def test_a_reply_joins_by_its_token(house: House) -> None:
    first = await house.mail("Where is my order?")
    await house.close(first, "resolved")
    again = await house.mail("And now?", conv=first.public_id)
    assert (again.id, again.state.status) == (first.id, "open")


async def test_a_reply_joins_by_what_it_quotes_the_nearest_first(house: House) -> None:
    """Any known id counts, not only In-Reply-To (pitfalls 81)."""
    first = (await core.write(house.services, "One", ANA, channel="email")).event.external_id
    thread = await house.mail("Two", quotes=("<gone@example.com>", str(first)))
    assert await core.said(house.services, thread, "customer") == ["One", "Two"]


async def test_a_token_of_a_closed_thread_begins_a_linked_one(house: House) -> None:
    first = await house.mail("Where is my order?")
    await house.close(first)
    later = await house.mail("It came broken.", conv=first.public_id)
    assert (later.id != first.id, later.previous_id) == (True, first.id)


async def test_whoever_quotes_a_customers_mail_does_not_join(house: House) -> None:
    """Ids that we did not sign may be known to anybody (pitfalls 78, 83)."""
    accepted = await core.write(house.services, "Where is my order?", ANA, channel="email")
    stranger = await house.mail("And mine?", EVE, quotes=(str(accepted.event.external_id),))
    assert stranger.id != accepted.thread.id
    assert stranger.customer_id != accepted.thread.customer_id


@pytest.mark.parametrize("sender", [FORGED, EVE])
async def test_a_valid_token_lets_others_take_part_as_themselves(house: House, sender: Address) -> None:
    """Somebody in copy answers: they take part, and the customer stays the customer (pitfalls 43)."""
    first = await house.mail("Where is my order?")
    joined = await house.mail("Me too.", sender, conv=first.public_id)
    assert (joined.id, joined.customer_id) == (first.id, first.customer_id)
    own = (await core.log(house.services, joined, "message"))[-1].identity_id
    seen = await house.services.database.read(lambda tx: threads.visible(tx, joined.id, own, 0))
    assert [event.body["text"] for event in seen if event.type == "message"] == ["Me too."]


async def test_a_strangers_forward_begins_its_own_thread(house: House) -> None:
    """A customer's mail sent on to somebody who writes to us about it (pitfalls 79)."""
    first = await house.mail("Where is my order?")
    forward = await house.mail("See below.", EVE, conv=first.public_id, meta={"forwarded": "yes"})
    assert forward.id != first.id


async def test_a_stranger_does_not_wake_what_is_closed(house: House) -> None:
    first = await house.mail("Where is my order?")
    await house.close(first)
    other = await house.mail("Me too.", EVE, conv=first.public_id)
    assert (other.id != first.id, other.previous_id) == (True, None)


async def test_an_unknown_token_begins_a_thread_of_the_senders(house: House) -> None:
    assert (await house.mail("Hello", conv="c_gone")).public_id != "c_gone"


async def test_a_machines_mail_is_kept_and_changes_nothing(house: House) -> None:
    """An out-of-office answer opens nothing and asks for nothing."""
    first = await house.mail("Where is my order?")
    await house.services.database.write(turns_done)
    await house.close(first, "resolved")
    before = await core.now(house.services, first)
    meta = {"automatic": "auto-submitted", "subject": "Out of office"}
    kept = await house.mail("I am away until Monday.", quotes=(), conv=first.public_id, meta=meta)
    assert kept.id == first.id
    assert kept.state.status == "resolved"
    assert kept.state.last_customer_seq == before.state.last_customer_seq
    assert (await core.log(house.services, kept, "note"))[-1].body["text"] == "I am away until Monday."
    assert not await house.is_due(kept)


async def test_a_machines_first_mail_is_seen_at_the_desk_and_answered_by_nobody(house: House) -> None:
    meta = {"automatic": "list", "subject": "Our newsletter"}
    kept = await house.mail("Buy now", EVE, meta=meta)
    assert (kept.state.title, kept.state.last_customer_seq) == ("Our newsletter", 0)
    assert not await house.is_due(kept)
    again = await house.mail("A real question, please: where is it?", EVE)
    assert again.id == kept.id
    assert await house.is_due(again)


async def test_a_fourth_answer_within_an_hour_is_a_persons(house: House) -> None:
    """Whatever the headers say (pitfalls 67)."""
    for number in range(mail_guard.HOURLY):
        thread = await house.mail(f"Question number {number}, quite unlike the others: {'abcdefgh'[number] * 30}")
        await answered(house, thread, number)
    thread = await house.mail("One more, please.")
    assert (thread.state.owner_kind, thread.state.handoff_reason) == ("queue", "failed")
    assert not await house.is_due(thread)


async def test_after_an_hour_the_assistant_answers_again_until_the_day_is_full(house: House) -> None:
    thread = await house.mail("Hello there")
    for number in range(mail_guard.DAILY):
        assert thread.state.owner_kind == "assistant"
        await answered(house, thread, number)
        house.clock.advance(timedelta(minutes=45))
        thread = await house.mail(f"Again {number}")
    assert thread.state.owner_kind == "queue"


async def test_a_mail_like_the_one_before_is_a_persons(house: House) -> None:
    """Machines that answer each other say the same again and again (pitfalls 61)."""
    thanks = "Thank you for your message. We will look into it and come back to you as soon as we can."
    first = await house.mail(thanks)
    assert first.state.owner_kind == "assistant"
    second = await house.mail(thanks.replace("message", "mail"))
    assert (second.id, second.state.owner_kind) == (first.id, "queue")


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("yes", "yes", False),
        ("Your request 1001 has been received by us", "Your request 1002 has been received by us", True),
        ("where is my order, please tell me", "I want to send two of them back to you", False),
        ("a" * 30, "  " + "A" * 30 + "\n", True),
    ],
)
def test_what_is_alike(one: str, other: str, same: bool) -> None:
    assert mail_guard.alike(one, other) is same


async def turns_done(tx: Tx) -> None:
    """Nothing is due any more."""
    await tx.run("DELETE FROM turns")


async def answered(house: House, thread: Thread, number: int) -> None:
    """The assistant answered by mail."""

    async def unit(tx: Tx) -> None:
        await turns_done(tx)
        identity = (await threads.events(tx, thread.id, thread.state.last_customer_seq - 1, 1))[0].identity_id
        event = NewEvent(
            "message", {"text": f"Answer {number}"}, "all", "assistant", channel="email", identity_id=identity
        )
        _, stored = await threads.append(tx, thread.id, [event], house.clock.now())
        body = {"text": f"Answer {number}", "author": "assistant"}
        key, now = f"{thread.public_id}:{stored[0].seq}", house.clock.now()
        await outbox.put(tx, key, thread.id, stored[0].seq, "email", identity, body, now, now)

    await house.services.database.write(unit)


@pytest.mark.parametrize("other", [EVE, Address("from", "eve@example.com", "channel", "eve@example.com", "Eve")])
async def test_an_agents_reply_goes_to_the_customer_not_to_whoever_writes_along(house: House, other: Address) -> None:
    """Pitfall 43: a person in copy, or with a reply address that was passed on, never replaces the customer."""
    thread = await house.mail("Where is my order?")
    along = await house.mail("I would like to know, too.", other, conv=thread.public_id)
    assert along.id == thread.id
    kim = await core.someone(house.services, "Kim")
    seen = (await core.now(house.services, thread)).state.last_seq
    written = await work.reply(house.services, thread.public_id, kim, "It left today.", seen, "k1")
    goal = await house.services.database.read(lambda tx: customers.identity(tx, written.event.identity_id))
    assert goal is not None
    assert goal.key == "ana@example.com"
    assert goal.kind == "email"
