"""Tells the customer what became of a wish outside of a turn: from the ledger, in their language, once.

That is what waited for a person, and a return that was paid before its goods were back. Of the latter the assistant does not speak into a
conversation that an agent leads: there it is a note for the agent.

The message carries the action's key as its client id, which a thread holds once: whoever tells it again, after a crash or in
another process, tells nothing. What is over and not told yet is found again by `tell_all`.
"""

from datetime import timedelta
from typing import Any, Final

from memory import actions as ledger
from memory import threads
from memory.actions import Action
from memory.engines.base import Tx
from memory.projection import Event
from memory.threads import NewEvent, Thread
from server.answering.words import grounding
from server.answering.words.decided_words import Decided, decided
from server.answering.words.voice import Voice
from server.commerce.model import Fact, Money
from server.desk.handoff import receipt
from server.dispatch import put_if_sent
from server.errors import StoreUnavailable
from server.inbox import wake
from server.services import Services

TOLD_WITHIN: Final = timedelta(days=2)
"""What is older was told by a person, if at all."""
_ENDS_IT: Final = frozenset({"", "refused"})


async def tell_all(services: Services) -> int:
    """Tell everything that was decided and is not told yet; how many messages."""
    since = services.clock.now() - TOLD_WITHIN
    found = await services.database.read(lambda tx: ledger.untold(tx, since))
    return sum([await tell(services, each) for each in found])


async def tell(services: Services, action: Action) -> bool:
    """Tell what became of one action; False when it was told, or when the order cannot be read now."""
    try:
        order = await services.store.order(action.order_id) if action.order_id else None
    except StoreUnavailable:
        return False
    now, policy = services.clock.now(), services.policy
    one = Decided(
        action.name, action.body["arguments"], action.result, Money(action.amount_minor, action.currency),
        _error(action), f"ledger:actions/{action.key}", order, action.is_early,
    )  # fmt: skip

    async def unit(tx: Tx) -> Thread | None:
        thread = await threads.by_id(tx, action.thread_id, lock=True)
        if thread is None or await threads.by_cid(tx, thread.id, ledger.told_as(action.key)) is not None:
            return None
        voice = Voice(thread.state.language, now, order.tz if order else services.settings.shop.tz)
        speech = decided(one, policy, voice, now)
        handed = Fact("done", "status", "hand_off", f"thread:{thread.id}", now)
        evidence = (*speech.evidence, handed) if one.error else speech.evidence
        text = grounding.check(speech.text, evidence, voice).text
        message = await _message(tx, services, thread, action, text, voice.language, evidence, one.error)
        is_led, is_closed = thread.state.owner_kind != "assistant", thread.state.status == "closed"
        if one.is_early and is_led:
            message = NewEvent("note", {"text": text}, cid=ledger.told_as(action.key))
        again = one.error not in _ENDS_IT and not is_led and not is_closed
        handoff_ = [NewEvent("handoff", {"reason": "failed"}, "all", "assistant")] if again else []
        thread, stored = await threads.append(tx, thread.id, [*handoff_, message], now)
        await put_if_sent(tx, services, thread, stored[-1])
        return thread

    thread = await services.database.write(unit)
    if thread is not None:
        wake(services, thread)
        services.bus.publish("outbox")
    return thread is not None


async def _message(
    tx: Tx,
    services: Services,
    thread: Thread,
    action: Action,
    text: str,
    language: str,
    evidence: tuple[Fact, ...],
    error: str,
) -> NewEvent:
    """What is said, to the one who asked for it; what was not done leaves them waiting for a person."""
    asked = await _asked(tx, thread, int(action.body.get("seq", 0)))
    body: dict[str, Any] = {"text": text, "lang": language, "evidence": [receipt(fact) for fact in evidence]}
    if error not in _ENDS_IT:
        body["holding"] = True
    return NewEvent(
        "message", body, "all", "assistant", author_name=services.settings.shop.assistant,
        channel=asked.channel if asked else thread.state.channel, identity_id=asked.identity_id if asked else 0,
        cid=ledger.told_as(action.key),
    )  # fmt: skip


async def _asked(tx: Tx, thread: Thread, seq: int) -> Event | None:
    """The message in which it was asked for, else the customer's last."""
    at = seq or thread.state.last_customer_seq
    found = await threads.events(tx, thread.id, max(0, at - 1), 1)
    return found[0] if found and found[0].author_type == "customer" else None


def _error(action: Action) -> str:
    if action.state == "executed":
        return ""
    return action.state if action.state == "refused" else str(action.result.get("error") or "failed")
