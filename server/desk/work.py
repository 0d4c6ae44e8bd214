"""What a person does with a thread: claim, reply, note, resolve, hand back.

Each is one transaction. A reply names the last number that its author saw; if the thread moved since (a newer message, another
owner, another status) nothing is sent and the author is shown what arrived. Console, API and Slack all come through here.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from memory import dialogues, threads, turns
from memory.agents import Agent
from memory.engines.base import Tx
from memory.projection import MOVING, Event
from memory.threads import NewEvent, Thread
from server.desk import standing
from server.dispatch import put_if_sent
from server.errors import NotAllowed, RefusedInput, StaleSight
from server.inbox import MAX_TEXT_CHARS, wake
from server.policies.facts import local_day
from server.services import Services

_MAY_ACT: Final = frozenset({"agent", "supervisor", "admin"})
_MAY_TAKE_OVER: Final = frozenset({"supervisor", "admin"})
_STAYS_TRUE: Final = ("language", "slots", "order_id", "introduced", "contact_given", "openings")


@dataclass(frozen=True, slots=True)
class Written:
    """What an agent's act wrote. `is_repeat` = it was done before under the same key."""

    thread: Thread
    event: Event
    is_repeat: bool = False


async def claim(services: Services, conv: str, agent: Agent, *, takes_over: bool = True) -> Written:
    """Own the thread: the assistant is silent from the commit on. NotAllowed when a colleague owns it.

    Without `takes_over` nobody's thread is taken from them, whatever the role: the first of two who claim at once has it."""

    async def unit(tx: Tx) -> Written:
        thread = await _open_thread(tx, conv)
        state = thread.state
        if state.owner_kind == "agent" and state.owner_id == agent.id:
            return Written(thread, (await threads.events(tx, thread.id, state.last_seq - 1))[0], is_repeat=True)
        if state.owner_kind == "agent" and state.owner_id and not takes_over:
            raise NotAllowed(f"{state.owner_name} has this conversation")
        _check_owner(thread, agent)
        return await _append(tx, services, thread, _assigned_to(agent))

    return await _do(services, agent, unit)


async def reply(
    services: Services,
    conv: str,
    agent: Agent,
    text: str,
    seen_seq: int,
    key: str,
    *,
    draft: Mapping[str, Any] | None = None,
    attachments: Sequence[Mapping[str, Any]] = (),
) -> Written:
    """Send a person's reply. Raises StaleSight when the thread moved since `seen_seq`; a repeated key sends once.

    Replying to a thread that nobody owns claims it in the same transaction. `draft` = {n, edited} when one was used;
    `attachments` are files of the thread, for a channel that shows files."""
    _check_text(text)
    body = {"text": text} | ({"attachments": [dict(each) for each in attachments]} if attachments else {})

    async def unit(tx: Tx) -> Written:
        thread = await _open_thread(tx, conv)
        known = await threads.by_cid(tx, thread.id, key)
        if known is not None:
            return Written(thread, known, is_repeat=True)
        if _is_anothers(thread, agent):
            raise NotAllowed(f"{thread.state.owner_name} has this conversation; claim it first")
        await _check_sight(tx, thread, agent, seen_seq)
        goal, channel = await standing.recipient(tx, thread)
        identity_id = goal.id if goal else 0
        message = NewEvent("message", body, "all", "agent", agent.id, agent.name, channel, identity_id, cid=key)
        is_own = thread.state.owner_kind == "agent" and thread.state.owner_id == agent.id
        first = [] if is_own else [_assigned_to(agent)]
        outcome = [NewEvent("draft_outcome", dict(draft), author_type="agent", author_id=agent.id)] if draft else []
        await turns.drop(tx, thread.id)
        thread, stored = await threads.append(tx, thread.id, [*first, message, *outcome], services.clock.now())
        await put_if_sent(tx, services, thread, stored[len(first)])
        return Written(thread, stored[len(first)])

    return await _do(services, agent, unit)


async def note(services: Services, conv: str, agent: Agent, text: str, key: str) -> Written:
    """Leave a note that no customer ever sees."""
    _check_text(text)

    async def unit(tx: Tx) -> Written:
        thread = await _thread(tx, conv)
        known = await threads.by_cid(tx, thread.id, key)
        if known is not None:
            return Written(thread, known, is_repeat=True)
        event = NewEvent("note", {"text": text}, "desk", "agent", agent.id, agent.name, cid=key)
        return await _append(tx, services, thread, event)

    return await _do(services, agent, unit)


async def promise(services: Services, conv: str, agent: Agent, number: str, until: date) -> Written:
    """Promise that goods of an order may come back up to a day: the policy keeps it. Raises RefusedInput (`order`, `until`), StoreError."""
    if until < local_day(services.clock.now(), services.policy.defaults.tz):
        raise RefusedInput("until", "that day is over; promise a day that is still to come")
    order = await services.store.order_by_number(number)
    if order is None:
        raise RefusedInput("order", "there is no such order")
    body = {"order_id": order.id, "order": order.number, "until": until.isoformat()}

    async def unit(tx: Tx) -> Written:
        event = NewEvent("promised", body, "desk", "agent", agent.id, agent.name)
        return await _append(tx, services, await _open_thread(tx, conv), event)

    return await _do(services, agent, unit)


async def resolve(services: Services, conv: str, agent: Agent, seen_seq: int | None = None) -> Written:
    """The case is solved; a later message of the customer opens it again."""

    async def unit(tx: Tx) -> Written:
        thread = await _open_thread(tx, conv)
        if thread.state.status == "resolved":
            return Written(thread, (await threads.events(tx, thread.id, thread.state.last_seq - 1))[0], is_repeat=True)
        _check_owner(thread, agent)
        if seen_seq is not None:
            await _check_sight(tx, thread, agent, seen_seq)
        await turns.drop(tx, thread.id)
        event = NewEvent("resolved", {"how": "closed", "by": agent.name}, "all", "agent", agent.id, agent.name)
        return await _append(tx, services, thread, event)

    return await _do(services, agent, unit)


async def hand_back(services: Services, conv: str, agent: Agent) -> Written:
    """Give the thread back to the assistant, which starts afresh: with what was left unanswered, or the next message."""

    async def unit(tx: Tx) -> Written:
        thread = await _open_thread(tx, conv)
        if thread.state.owner_kind == "assistant":
            return Written(thread, (await threads.events(tx, thread.id, thread.state.last_seq - 1))[0], is_repeat=True)
        _check_owner(thread, agent)
        await dialogues.save(tx, thread.id, thread.state.last_seq, await _kept(tx, thread))
        event = NewEvent("assigned", {"owner_kind": "assistant"}, "all", "agent", agent.id, agent.name)
        if thread.state.waiting_since:
            await turns.due(tx, thread.id, services.clock.now(), services.clock.now())
        return await _append(tx, services, thread, event)

    written = await _do(services, agent, unit)
    services.bus.publish("turns")
    return written


async def since(services: Services, conv: str, seq: int) -> Sequence[Event]:
    """What arrived after a number: shown to an author whose sight was stale."""

    async def unit(tx: Tx) -> Sequence[Event]:
        thread = await threads.by_public_id(tx, conv)
        if thread is None:
            raise LookupError("no such conversation")
        return [event for event in await threads.events(tx, thread.id, seq) if event.type in MOVING]

    return await services.database.read(unit)


async def _do(services: Services, agent: Agent, unit: Any) -> Written:
    if agent.role not in _MAY_ACT:
        raise NotAllowed("your role may read, not act")
    written: Written = await services.database.write(unit)
    if not written.is_repeat:
        wake(services, written.thread)
        services.bus.publish("outbox")
    return written


async def _append(tx: Tx, services: Services, thread: Thread, event: NewEvent) -> Written:
    changed, stored = await threads.append(tx, thread.id, [event], services.clock.now())
    return Written(changed, stored[0])


async def _thread(tx: Tx, conv: str) -> Thread:
    found = await threads.by_public_id(tx, conv)
    thread = await threads.by_id(tx, found.id, lock=True) if found else None
    if thread is None:
        raise LookupError("no such conversation")
    return thread


async def _open_thread(tx: Tx, conv: str) -> Thread:
    thread = await _thread(tx, conv)
    if thread.state.status == "closed":
        raise NotAllowed("this conversation is closed; the customer's next message starts a new one")
    return thread


def _check_owner(thread: Thread, agent: Agent) -> None:
    """A colleague's thread is taken over, resolved or handed back by a lead only."""
    if _is_anothers(thread, agent) and agent.role not in _MAY_TAKE_OVER:
        raise NotAllowed(f"{thread.state.owner_name} has this conversation; a supervisor can take it over")


def _is_anothers(thread: Thread, agent: Agent) -> bool:
    """Whether a colleague has the thread. Who writes in a provider's own app has no id here, and anybody may relieve them."""
    state = thread.state
    return state.owner_kind == "agent" and state.owner_id not in (0, agent.id)


async def _check_sight(tx: Tx, thread: Thread, agent: Agent, seen_seq: int) -> None:
    """Refuse an author whose sight is stale; their own acts do not count as movement."""
    if thread.state.moved_seq <= seen_seq:
        return
    for event in await threads.events(tx, thread.id, seen_seq):
        own = event.author_type == "agent" and event.author_id == agent.id and event.type != "message"
        if event.type in MOVING and not own:
            raise StaleSight(seen_seq + 1)


async def _kept(tx: Tx, thread: Thread) -> dict[str, Any]:
    """Of the assistant's memory, what stays true: the language, who the customer said they are, and what is said once only."""
    saved = await dialogues.load(tx, thread.id)
    kept: dict[str, Any] = {key: saved[key] for key in _STAYS_TRUE if key in saved}
    kept |= {"solved": "passed"} if saved.get("solved") else {}
    return kept | ({"refused": ["sorry"]} if "sorry" in saved.get("refused", ()) else {})


def _assigned_to(agent: Agent) -> NewEvent:
    body = {"owner_kind": "agent", "owner_id": agent.id, "owner_name": agent.name}
    return NewEvent("assigned", body, "all", "agent", agent.id, agent.name)


def _check_text(text: str) -> None:
    if not text.strip():
        raise RefusedInput("empty", "write something first")
    if len(text) > MAX_TEXT_CHARS:
        raise RefusedInput("too_long", f"a message holds up to {MAX_TEXT_CHARS} characters")
