"""Accepting what a customer says: one transaction from the parsed message to the event on disk and the turn that is due.

Everything inbound, whatever the channel, comes through `accept`. It decides nothing about the answer; it finds or makes the
customer, finds the thread that the message joins, dedupes, and asks for a turn. When it returns, everything is on disk.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

from channels.message import Inbound
from memory import customers, threads, turns
from memory.customers import Identity
from memory.engines.base import Tx
from memory.ids import new_public_id
from memory.projection import Event
from memory.threads import NewEvent, Thread
from memory.times import from_ms, to_ms
from server import continuing, joining, mail_guard, mail_threads
from server.answering.understand.numbers import digits_for_words
from server.errors import RefusedInput
from server.services import Services
from server.who import who

MAX_TEXT_CHARS: Final = 4000
LONGEST: Final[Mapping[str, int]] = {"": MAX_TEXT_CHARS, "email": 20_000, "form": 20_000}
"""The longest text of one message by channel, "" = of any other."""
_BURST_MS: Final = {"widget": 1200, "whatsapp": 2500, "sms": 2500}
_OPEN: Final = ("new", "open", "pending", "resolved")


@dataclass(frozen=True, slots=True)
class Accepted:
    """A message that is on disk. `is_repeat` = it was there before, nothing new happened."""

    thread: Thread
    event: Event
    identity: Identity
    is_repeat: bool


Also = Callable[[Tx, "Accepted"], Awaitable[None]]
"""What is to be written with a message, in its unit; not for one that was there before."""


async def accept(services: Services, inbound: Inbound, also: Also | None = None) -> Accepted:
    """Store a customer's message and ask for its answer. Raises RefusedInput (`blocked`, `empty`, `too_long`)."""
    if not inbound.text.strip() and not inbound.attachments:
        raise RefusedInput("empty", "there is nothing in this message")
    longest = LONGEST.get(inbound.channel, MAX_TEXT_CHARS)
    if len(inbound.text) > longest:
        raise RefusedInput("too_long", f"a message holds up to {longest} characters")

    async def unit(tx: Tx) -> Accepted:
        accepted = await _accept(tx, services, inbound)
        if also is not None and not accepted.is_repeat:
            await also(tx, accepted)
        return accepted

    accepted = await services.database.write(unit)
    if not accepted.is_repeat:
        wake(services, accepted.thread)
        due = _due(services, accepted.thread, inbound, from_ms(accepted.event.at))
        services.bus.publish("turns", to_ms(due))
    return accepted


def wake(services: Services, thread: Thread, stored: Sequence[Event] = ()) -> None:
    """Tell every reader of a thread, and of the inbox, that its log grew; `stored` is what it grew by, where that is at hand."""
    services.bus.publish(f"thread:{thread.id}", stored)
    services.bus.publish("inbox", thread.id)


def burst(services: Services, channel: str) -> timedelta:
    """How long to wait for the customer's next words before answering."""
    chosen = services.settings.turns.burst_ms
    return timedelta(milliseconds=_BURST_MS.get(channel, 0) if chosen < 0 else chosen)


async def _accept(tx: Tx, services: Services, inbound: Inbound) -> Accepted:
    now = services.clock.now()
    identity = await _sender(tx, inbound, services)
    if identity.blocked:
        raise RefusedInput("blocked", "this address may not write here")
    inbound, goes_on = await continuing.taken(tx, services, inbound, identity)
    named = await _named(tx, inbound, identity, now)
    repeat = await _repeat_by_provider(tx, inbound, identity) or await _repeat_by_client(tx, inbound, identity, named)
    if repeat is not None:
        return repeat
    if mail_threads.is_automatic(inbound):
        thread, event = await mail_threads.keep_quietly(
            tx, inbound, identity, named or await _open_one(tx, identity), now
        )
        return Accepted(thread, event, identity, is_repeat=False)
    thread = await _thread_for(tx, identity, named, inbound.text, now)
    if thread is not named and (repeat := await _repeat_by_client(tx, inbound, identity, thread)):
        return repeat
    thread = await _held(tx, identity, thread, inbound.text, now)
    await threads.join(tx, thread.id, identity.id, now)
    inbound = await _without_code(tx, services, inbound, thread, identity)
    return await _stored(tx, services, thread, inbound, identity, goes_on=goes_on)


async def _stored(
    tx: Tx, services: Services, thread: Thread, inbound: Inbound, identity: Identity, *, goes_on: bool
) -> Accepted:
    """The message in its thread, and its answer asked for; one that only goes on from elsewhere is answered at once."""
    now = services.clock.now()
    for each in inbound.claims:
        await customers.claim(tx, identity.customer_id, each.kind, each.key, now, display=each.display)
    silent = await mail_guard.silence(tx, inbound, thread, now)
    is_for_us = wants_answer(inbound, identity)
    reopening = _reopening(thread) if is_for_us or not inbound.wish else []
    beside = [NewEvent("note", {"text": inbound.note})] if inbound.note else []
    new = [*reopening, _message(inbound, identity), *beside]
    before = thread
    thread, stored = await threads.append_to(tx, thread, new, now)
    if silent is not None:
        thread = await mail_guard.hand_over(tx, services, thread, silent, now)
    elif goes_on and continuing.is_only_a_code(before, inbound.text):
        seq = stored[len(reopening)].seq
        thread = await continuing.greet(tx, services, thread, identity, inbound.channel, inbound.locale, seq)
    elif is_for_us:
        await turns.due(tx, thread.id, _due(services, thread, inbound, now), now)
    return Accepted(thread, stored[len(reopening)], identity, is_repeat=False)


def wants_answer(inbound: Inbound, identity: Identity) -> bool:
    """Whether a message is for whoever answers: not from somebody who asked for silence, and not STOP, START or HELP itself.

    START of somebody who hears from us is a word like any other, unless their provider has answered it."""
    wish = inbound.wish
    if wish is not None and wish.word == "start" and not identity.stopped_at:
        return not wish.is_answered
    return wish is None and not identity.stopped_at


def _due(services: Services, thread: Thread, inbound: Inbound, now: datetime) -> datetime:
    """When a message is to be answered: at once where a person owns the thread, for only its labels are refreshed."""
    return now if thread.state.owner_kind == "agent" else now + burst(services, inbound.channel)


async def _without_code(tx: Tx, services: Services, inbound: Inbound, thread: Thread, identity: Identity) -> Inbound:
    """The message as it may be kept: a one-time code in it is redeemed now and stands nowhere afterwards."""
    redeemed = await services.codes.redeem(tx, thread.id, identity.id, inbound.text)
    if redeemed is None and inbound.channel == "voice":
        redeemed = await services.codes.redeem(tx, thread.id, identity.id, digits_for_words(inbound.text))
    return replace(inbound, text=redeemed.text, choice=redeemed.choice) if redeemed else inbound


async def _sender(tx: Tx, inbound: Inbound, services: Services) -> Identity:
    """Who writes. Somebody whom the shop signed in is the store's customer, whatever browser they use."""
    sender, now = inbound.sender, services.clock.now()
    if sender.kind == "store":
        customer = await customers.create(tx, now, store_id=sender.key, name=sender.profile_name, locale=inbound.locale)
        return await customers.attach(tx, customer.id, "store", sender.key, sender.proof, now)
    return await who(tx, sender, now, locale=inbound.locale)


async def _repeat_by_provider(tx: Tx, inbound: Inbound, identity: Identity) -> Accepted | None:
    if inbound.external_id is None:
        return None
    known = await threads.by_external_id(tx, inbound.channel, inbound.external_id)
    thread = await threads.by_id(tx, known[0]) if known else None
    if known is None or thread is None:
        return None
    event = (await threads.events(tx, thread.id, known[1] - 1, 1))[0]
    return Accepted(thread, event, identity, is_repeat=True)


async def _repeat_by_client(tx: Tx, inbound: Inbound, identity: Identity, thread: Thread | None) -> Accepted | None:
    """The client's own id counts within a thread, a closed one too: a copy may come late."""
    known = await threads.by_cid(tx, thread.id, inbound.cid) if thread and inbound.cid else None
    return Accepted(thread, known, identity, is_repeat=True) if thread and known else None


async def _named(tx: Tx, inbound: Inbound, identity: Identity, now: datetime) -> Thread | None:
    """The thread that the message names, made if it does not exist yet. Raises RefusedInput when it is somebody else's."""
    if inbound.channel == "email":
        return await mail_threads.named(tx, inbound, identity)
    if not inbound.conv:
        return None
    named = await threads.by_public_id(tx, inbound.conv)
    if named is None:  # somebody may make it in this very moment, so its owner is looked at all the same
        named = await threads.create(tx, inbound.conv, identity.customer_id, now)
    if not await _may_write(tx, named, identity):
        raise RefusedInput("forbidden", "this conversation belongs to somebody else")
    return named


async def _thread_for(tx: Tx, identity: Identity, named: Thread | None, text: str, now: datetime) -> Thread:
    """The thread that the message joins: the named one, else the newest that is not closed, else a new one.

    A new one is linked to the closed one before it. Two first messages at once wait for each other, so they begin one thread."""
    if named is not None and named.state.status in _OPEN:
        return named
    found = await _open_one(tx, identity)
    if found is None:
        await customers.hold(tx, identity.id)
        found = await _open_one(tx, identity) or await joining.by_contact(tx, identity, text, now)
    if found is not None:
        return found
    earlier = [named] if named else await threads.of_identity(tx, identity.id, 1)
    previous_id = earlier[0].id if earlier else None
    return await threads.create(tx, new_public_id("c"), identity.customer_id, now, previous_id=previous_id)


async def _held(tx: Tx, identity: Identity, thread: Thread, text: str, now: datetime) -> Thread:
    """The thread as it stands, held until the unit commits: somebody may have resolved or closed it since it was looked at."""
    held = await threads.by_id(tx, thread.id, lock=True) or thread
    if held.state.status in _OPEN:
        return held
    return await _held(tx, identity, await _thread_for(tx, identity, held, text, now), text, now)


async def _open_one(tx: Tx, identity: Identity) -> Thread | None:
    own = await threads.of_identity(tx, identity.id)
    return continuing.latest([thread for thread in own if thread.state.status in _OPEN])


async def _may_write(tx: Tx, thread: Thread, identity: Identity) -> bool:
    return thread.customer_id == identity.customer_id or await threads.takes_part(tx, thread.id, identity.id)


def _reopening(thread: Thread) -> list[NewEvent]:
    """A resolved thread opens again and goes back to the assistant, which starts afresh."""
    if thread.state.status != "resolved":
        return []
    return [
        NewEvent("reopened", {"by": "customer"}, "all"),
        NewEvent("assigned", {"owner_kind": "assistant"}, "all"),
    ]


def _message(inbound: Inbound, identity: Identity) -> NewEvent:
    body: dict[str, Any] = {"text": inbound.text}
    if inbound.choice:
        body["choice"] = inbound.choice
    if inbound.wish and not wants_answer(inbound, identity):
        body["wish"] = inbound.wish.word
    if inbound.reply_to:
        body["reply_to"] = inbound.reply_to
    if inbound.attachments:
        body["attachments"] = [
            {"id": item.id, "name": item.name, "type": item.type, "size": item.size} for item in inbound.attachments
        ]
    if inbound.meta:
        body["meta"] = inbound.meta
    return NewEvent(
        "message", body, "all", "customer", author_name=identity.profile_name or "", channel=inbound.channel,
        identity_id=identity.id, cid=inbound.cid, external_id=inbound.external_id,
    )  # fmt: skip
