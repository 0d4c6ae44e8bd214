"""What a turn reads before it answers: one snapshot of a thread, as the answering room and the desk know it.

Everything is read in one unit and nothing in it changes while the answer is made. Only what was said since the conversation
last began counts: a reopened or handed-back thread starts afresh, with what a person left unanswered.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

import msgspec

from memory import agents, customers, dialogues, proofs, threads
from memory.customers import Identity
from memory.engines.base import Tx
from memory.projection import Event
from memory.threads import Thread
from memory.times import from_ms
from server import heard, hearing, joining
from server.actions.signals import complaints_elsewhere
from server.answering.context import Context, Dialogue, Goods, Help, Said, Shop
from server.desk.hours import back_at, is_staffed
from server.library import library_of
from server.services import Services

_STAYS_TRUE: Final = ("language", "slots", "order_id", "told", "introduced", "openings")
_ONCE: Final = ("solved", "refused")
"""After a hand-back these hold only what is said once in a thread: see `desk.work`."""

_HISTORY: Final = 60  # events: some twenty exchanges; reading more makes every turn of a long thread dearer
_LATELY: Final = 16  # events: the last four or five exchanges
_TURNING: Final = ("reopened", "assigned", "handoff", "resolved", "confirmed")
"""Events that tell a turn something long after they happened: where a conversation began and ended, and what was agreed to."""


class _Guesses:
    """Counts wrong guesses for the answering room, which knows no database."""

    def __init__(self, services: Services) -> None:
        self._services = services

    async def count(self, bucket: str, since: datetime) -> int:
        """Wrong guesses in a bucket since a time."""
        return await self._services.database.read(lambda tx: proofs.guesses(tx, bucket, since))


async def read(
    tx: Tx, services: Services, thread_id: int, *, is_answered: bool = False, is_whole: bool = False
) -> tuple[Thread, Context] | None:
    """The thread and what is unanswered in it; nothing said = nothing to answer. None when there is nobody to answer.

    `is_answered` takes the customer's latest message though it was answered: for a person who takes over later. `is_whole` reads
    all of the history, else as much of it as `Context` says."""
    thread = await threads.by_id(tx, thread_id)
    customer = await customers.get(tx, thread.customer_id) if thread else None
    if thread is None or customer is None:
        return None
    history = await _history(tx, thread, is_whole=is_whole or is_answered)
    fresh = _since_reset(history)
    said = _unanswered(fresh, _still_waiting(history, fresh)) or (_latest(fresh) if is_answered else [])
    if not said:
        return thread, _empty(services, thread, customer)
    identity = await customers.identity(tx, said[-1].identity_id)
    if identity is None:
        return None
    return thread, await _context(tx, services, thread, _empty(services, thread, customer), identity, fresh, said)


async def with_history(tx: Tx, thread: Thread, context: Context) -> Context:
    """The same context with all that was said before the burst: for who reads the conversation, not only its last words."""
    asked = {each.seq for each in context.said}
    fresh = _since_reset(await _history(tx, thread, is_whole=True))
    return replace(context, history=tuple(event for event in fresh if event.seq not in asked))


async def _history(tx: Tx, thread: Thread, *, is_whole: bool) -> list[Event]:
    """The latest events of a thread as it was read: all since the last reply, and the last few whatever they are.

    Whether a message was answered is told by what came after it, so these are read without gaps."""
    last, begin = thread.state.last_seq, max(0, thread.state.last_seq - _HISTORY)
    first = begin if is_whole else min(thread.state.last_reply_seq, last - _LATELY)
    found = await threads.since(tx, thread.id, first, after_seq=begin, types=_TURNING)
    return heard.as_heard(hearing.with_words([event for event in found if event.seq <= last]))


async def _context(
    tx: Tx,
    services: Services,
    thread: Thread,
    empty: Context,
    identity: Identity,
    fresh: list[Event],
    said: list[Event],
) -> Context:
    now, last = services.clock.now(), said[-1]
    asked = {event.seq for event in said}
    return replace(
        empty,
        channel=last.channel,
        identity=identity,
        said=tuple(_as_said(event) for event in said),
        history=tuple(event for event in fresh if event.seq not in asked),
        dialogue=msgspec.convert(await _dialogue(tx, thread, fresh, identity, now), Dialogue),
        proofs=await proofs.held(tx, thread.id, identity.id, now),
        net=str(last.body.get("meta", {}).get("net", "")),
        language=thread.state.language,
        complaints=await complaints_elsewhere(tx, services.policy, thread.id, now),
        agents_online=bool(await agents.present(tx, now)),
        back_at=back_at(services.settings, now),
        is_desk_open=is_staffed(services.settings, now),
    )


def _empty(services: Services, thread: Thread, customer: customers.Customer) -> Context:
    settings = services.settings
    nobody = customers.Identity(0, customer.id, "", "", "", "", "claimed", blocked=False)
    shop = Shop(
        settings.shop.name, settings.shop.tz, settings.shop.region, settings.shop.assistant,
        settings.shop.order_number_example, settings.desk.contact,
    )  # fmt: skip
    currency = settings.catalogue.currency or services.policy.currency
    goods = Goods(services.catalogue, currency, settings.catalogue.cart_url)
    return Context(
        thread.id, thread.public_id, thread.number, services.clock.now(), "", nobody, customer, (), (), Dialogue(), {},
        thread.state.owner_kind, thread.state.status, "en", "", services.store, services.policy, shop,
        _Guesses(services), settings.limits.lookups_per_ip, wismo=services.limits.wismo, goods=goods,
        help=Help(library_of(services.database, services.clock), settings.public_url),
        codes=services.codes if services.post is not None else None,
    )  # fmt: skip


async def _dialogue(
    tx: Tx, thread: Thread, fresh: Sequence[Event], identity: Identity, now: datetime
) -> dict[str, Any]:
    """The saved state, unless the thread was reopened since: then the conversation begins anew, though in no words said before."""
    seq, state = await dialogues.saved(tx, thread.id)
    saved = await joining.spoken_by(tx, state, identity, thread.state.order_id, now)
    is_begun_since = bool(fresh) and _begins(fresh[0]) and seq < fresh[0].seq
    if not is_begun_since:
        return saved
    once = _ONCE if fresh[0].type == "assigned" else ()
    return {key: saved[key] for key in (*_STAYS_TRUE, *once) if key in saved}


def _since_reset(history: Sequence[Event]) -> list[Event]:
    """Events since the conversation last began: its start, a reopening, or a person handing back."""
    start = 0
    for index, event in enumerate(history):
        if _begins(event):
            start = index
    return list(history[start:])


def _begins(event: Event) -> bool:
    """Whether a conversation begins here: a reopening, or a person handing back."""
    return event.type == "reopened" or (event.type == "assigned" and event.body.get("owner_kind") == "assistant")


def _still_waiting(history: Sequence[Event], fresh: Sequence[Event]) -> list[Event]:
    """What the customer said to a person who handed back without an answer.

    Not what led to a handoff: answering that again would hand over again."""
    if not fresh or fresh[0].type != "assigned":
        return []
    earlier = list(history[: len(history) - len(fresh)])
    ends = [
        index
        for index, event in enumerate(earlier)
        if event.type in ("handoff", "reopened", "resolved") or _is_answer(event)
    ]
    return [event for event in earlier[ends[-1] + 1 if ends else 0 :] if _is_question(event)]


def _is_answer(event: Event) -> bool:
    return event.type == "message" and event.author_type != "customer" and not event.body.get("holding")


def _is_question(event: Event) -> bool:
    return event.type == "message" and event.author_type == "customer" and not event.body.get("wish")


def _unanswered(fresh: Sequence[Event], waiting: Sequence[Event] = ()) -> list[Event]:
    answered = max(
        (
            max(int(event.body.get("answers", 0)), event.seq if event.author_type == "agent" else 0)
            for event in fresh
            if event.type in ("message", "classified")
        ),
        default=0,
    )
    labelled = max((int(event.body.get("of", 0)) for event in fresh if event.type == "classified"), default=0)
    return [event for event in (*waiting, *fresh) if _is_question(event) and event.seq > max(answered, labelled)]


def _latest(fresh: Sequence[Event]) -> list[Event]:
    return [event for event in fresh if _is_question(event)][-1:]


def _as_said(event: Event) -> Said:
    """A message as a turn reads it: what stood in fields beside the words counts as typed."""
    body = event.body
    meta = body.get("meta", {})
    beside = (meta.get("order", ""), meta.get("email", "") if event.channel == "form" else "")
    text = "\n".join(part for part in (str(body.get("text", "")), *beside) if part)
    return Said(
        event.seq, text, body.get("choice"), tuple(body.get("attachments", ())), from_ms(event.at),
        str(body.get("voice", "")), event.external_id or "", int(meta.get("rating", 0)),
    )  # fmt: skip
