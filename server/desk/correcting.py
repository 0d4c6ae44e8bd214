"""Corrections of what was understood: an agent's word changes the thread at once, and is kept as an example for a supervisor to accept."""

from collections.abc import Sequence
from typing import Final, get_args

from memory import corrections, threads
from memory.agents import Agent
from memory.corrections import Correction, Field, Verdict
from memory.engines.base import Tx
from memory.projection import Event
from memory.threads import NewEvent, Thread
from server.answering.understand.shape import Intent, Sentiment
from server.desk.work import Written
from server.errors import NotAllowed, RefusedInput
from server.inbox import wake
from server.services import Services

VALUES: Final[dict[str, tuple[str, ...]]] = {
    "intent": get_args(Intent),
    "sentiment": get_args(Sentiment),
    "priority": ("low", "medium", "high", "urgent"),
}
"""What each field may be corrected to."""

_MAY_REVIEW: Final = frozenset({"supervisor", "admin"})
_EARLIER: Final = 60


async def correct(services: Services, conv: str, agent: Agent, field: Field, value: str) -> Written:
    """Set a label of the thread's latest message right. Raises NotAllowed, RefusedInput (`label`), LookupError."""
    if agent.role == "viewer":
        raise NotAllowed("your role may read, not act")
    if value not in VALUES[field]:
        raise RefusedInput("label", f"{field} is one of {', '.join(VALUES[field])}")

    async def unit(tx: Tx) -> Written:
        found = await threads.by_public_id(tx, conv)
        thread = await threads.by_id(tx, found.id, lock=True) if found else None
        if thread is None:
            raise LookupError("no such conversation")
        labels = await threads.of_types(tx, thread.id, ("classified", "corrected"))
        last = next((event for event in labels if event.type == "classified" and event.body.get("intent")), None)
        if last is None:
            raise RefusedInput("label", "nothing was understood here yet")
        seq = int(last.body.get("of") or thread.state.last_customer_seq)
        was = _was(thread, labels, field)
        now = services.clock.now()
        body = {"field": field, "was": was, "now": value, field: value}
        body |= {"priority_reason": f"set by {agent.name}"} if field == "priority" else {}
        event = NewEvent("corrected", body, "desk", "agent", agent.id, agent.name)
        changed, stored = await threads.append(tx, thread.id, [event], now)
        text, language = await _text(tx, thread, labels, seq), str(last.body.get("language", thread.state.language))
        if text:
            await corrections.put(tx, thread.id, seq, text, language, field, was, value, agent.id, now)
        return Written(changed, stored[0])

    written: Written = await services.database.write(unit)
    wake(services, written.thread)
    return written


async def to_review(services: Services, agent: Agent) -> list[Correction]:
    """The corrections that nobody has looked at yet. Raises NotAllowed."""
    _check_reviewer(agent)
    return await services.database.read(corrections.to_review)


async def review(services: Services, agent: Agent, correction_id: int, verdict: Verdict) -> None:
    """Accept a correction as an example, or discard it. Raises NotAllowed, LookupError when it is not open."""
    _check_reviewer(agent)
    now = services.clock.now()
    if not await services.database.write(lambda tx: corrections.review(tx, correction_id, verdict, agent.id, now)):
        raise LookupError("no such correction waits")


def _check_reviewer(agent: Agent) -> None:
    if agent.role not in _MAY_REVIEW:
        raise NotAllowed("a supervisor reviews corrections")


def _was(thread: Thread, labels: Sequence[Event], field: Field) -> str:
    if field == "priority":
        return thread.state.priority
    return str(next((event.body[field] for event in labels if event.body.get(field)), ""))


async def _text(tx: Tx, thread: Thread, labels: Sequence[Event], end: int) -> str:
    """What the label was of: the customer's words up to `end`, since the label before it."""
    before = max((of for event in labels if (of := int(event.body.get("of", 0))) < end), default=0)
    start = max(before, end - _EARLIER)
    said = await threads.events(tx, thread.id, start, end - start)
    own = [event for event in said if event.type == "message" and event.author_type == "customer"]
    return "\n".join(text for event in own if (text := str(event.body.get("text", "")).strip()))
