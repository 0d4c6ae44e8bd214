"""One thread across channels: whose message joins which thread, by a proven order, without merging customers.

A proven order keys a thread. A second address joins it when it stands on that order itself (the WhatsApp number is the order's phone,
the attested mail its e-mail), or as soon as it has proven the same order in a conversation of its own, which then goes on there.
Each channel still shows only what was said on it (`threads.visible`), and what one address was asked to confirm no other
confirms. Rule: architecture, "Continuity without a merge".
"""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from memory import actions, dialogues, joins, proofs, threads
from memory.customers import Identity
from memory.engines.base import Tx
from memory.projection import Event
from memory.threads import NewEvent, Thread
from server.commerce.store import normalise_number
from server.services import Services

PHONES_COUNT: Final = timedelta(days=180)
"""So long a telephone number on an order still speaks for whoever has it: numbers are given to others."""
_FRESH: Final = timedelta(days=14)
_AFTER_SOLVED: Final = timedelta(hours=72)
_CONTACTS: Final[Mapping[str, str]] = {"email": "email", "whatsapp": "phone", "sms": "phone", "phone": "phone"}
_NUMBERS: Final = re.compile(r"#?\w*-?\d[\w-]*")
_NUMBERS_AT_MOST: Final = 20
_GOES_ALONG: Final = ("language", "order_id", "told", "introduced", "openings", "goods", "articles")
"""Of a conversation's memory, what may serve whoever goes on with it from another address that is not attested."""
_FOR_ONE: Final = ("proposal", "asked", "asked_times", "options")
"""What was put to one address and is answered by it alone."""


async def by_contact(tx: Tx, identity: Identity, text: str, now: datetime) -> Thread | None:
    """The going thread about an order on which this address stands; None when there is none, or nobody attests the address.

    A text that names other orders belongs to none of theirs."""
    kind = _CONTACTS.get(identity.kind)
    if kind is None or identity.proof == "claimed":
        return None
    since = now - PHONES_COUNT if kind == "phone" else None
    found = await joins.threads_on(tx, kind, identity.key, since, now - _FRESH)
    going = [thread for thread in found if _goes_on(thread, now)]
    numbers = [normalise_number(each) for each in _NUMBERS.findall(text)][:_NUMBERS_AT_MOST] if going else []
    named = await joins.orders_named(tx, [each for each in numbers if each])
    return next((thread for thread in going if not named or thread.state.order_id in named), None)


async def stands_on(tx: Tx, identity: Identity, order_id: str, now: datetime) -> bool:
    """Whether an attested address stands on this order."""
    kind = _CONTACTS.get(identity.kind)
    if kind is None or identity.proof == "claimed":
        return False
    return await joins.stands_on(tx, kind, identity.key, order_id, now - PHONES_COUNT if kind == "phone" else None)


async def into_earlier(
    tx: Tx, services: Services, thread: Thread, identity: Identity, *, is_settled: bool
) -> Thread | None:
    """Let a conversation go on in the earlier one about the same order; that one as it stands then, None = it stays where it is.

    Two browsers, or two telephones, that know the same order are two people until one shows otherwise: only another kind of address goes
    along. `is_settled` = nothing waits for a yes in it. Its messages are told again there, its proofs hold there, and it is closed for
    the desk. What carried something out stays by itself: its ledger names it."""
    now, order_id = services.clock.now(), thread.state.order_id
    if not order_id or not is_settled or thread.state.owner_kind != "assistant":
        return None
    found = await joins.threads_of_order(tx, order_id, now - _FRESH)
    goal = next((each for each in found if each.id < thread.id and _goes_on(each, now)), None)
    if goal is None or await actions.of_thread(tx, thread.id):
        return None
    goal = await threads.by_id(tx, goal.id, lock=True)
    if goal is None or not _goes_on(goal, now) or goal.state.order_id != order_id:
        return None
    if await joins.is_taken(tx, goal.id, identity.id):
        return None
    first = _linking(thread, goal)
    said = [event for event in await threads.events(tx, thread.id) if event.type == "message"]
    told = [_told_again(event, thread, goal.state.last_seq + len(first) + n) for n, event in enumerate(said, 1)]
    goal, _ = await threads.append_to(tx, goal, [*first, *told], now)
    await threads.join(tx, goal.id, identity.id, now)
    await proofs.copy(tx, thread.id, goal.id, identity.id)
    await dialogues.save(tx, goal.id, goal.state.last_seq, await dialogues.load(tx, thread.id))
    away = [NewEvent("linked", {"to": goal.public_id}), NewEvent("status", {"status": "closed"})]
    await threads.append(tx, thread.id, away, now)
    return goal


async def spoken_by(
    tx: Tx, saved: Mapping[str, Any], identity: Identity, order_id: str, now: datetime
) -> dict[str, Any]:
    """The memory of a conversation for whoever speaks now: what another address was asked is not theirs to answer.

    What somebody typed or was shown elsewhere serves them only where they are attested for the order, or are the same customer."""
    speaker = int(saved.get("speaker", 0))
    if not speaker or speaker == identity.id:
        return dict(saved)
    if await joins.are_one(tx, speaker, identity.id) or await stands_on(tx, identity, order_id, now):
        return {key: value for key, value in saved.items() if key not in _FOR_ONE}
    return {key: saved[key] for key in _GOES_ALONG if key in saved}


def _goes_on(thread: Thread, now: datetime) -> bool:
    status = thread.state.status
    if status == "resolved":
        return thread.state.last_at >= int((now - _AFTER_SOLVED).timestamp() * 1000)
    return status in ("new", "open", "pending")


def _told_again(event: Event, thread: Thread, seq: int) -> NewEvent:
    """A message as the earlier conversation tells it under the number `seq`: what it answered stands before it."""
    body = {**event.body, "told_from": {"conv": thread.public_id, "seq": event.seq, "at": event.at}}
    if event.author_type != "customer":
        body["answers"] = seq - 1
    return NewEvent(
        "message", body, event.audience, event.author_type, event.author_id, event.author_name, event.channel,
        event.identity_id,
    )  # fmt: skip


def _linking(thread: Thread, goal: Thread) -> list[NewEvent]:
    reopened = [NewEvent("reopened", {"by": "customer"}, "all")] if goal.state.status == "resolved" else []
    return [*reopened, NewEvent("linked", {"order_id": goal.state.order_id, "from": thread.public_id})]
