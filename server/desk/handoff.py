"""A handoff is never empty: what the person gets, and what the customer is told meanwhile.

The package is made before the turn commits and is written with it, so the brief is there when the thread appears in the queue.
With nobody online the customer hears when somebody will be, and is asked once for a way to be reached.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from memory import agents
from server.answering.context import Answer, Context, Dialogue, Handoff
from server.answering.words import desk_words, grounding
from server.answering.words.spoken import spoken
from server.answering.words.voice import Voice
from server.commerce.model import Fact, OrderSnapshot
from server.desk import brief as briefs
from server.desk import drafts as suggestions
from server.errors import StoreError
from server.services import Services

if TYPE_CHECKING:
    from server.answering.model.engine import ModelTurn
_REACHABLE: Final = frozenset({"email", "phone", "whatsapp", "sms", "store", "from", "instagram", "messenger", "guest"})
"""Addresses at which a person can answer later, whoever is in front of the screen."""


@dataclass(frozen=True, slots=True)
class Package:
    """What goes with a handoff. `notice` is for the customer, in their language; the rest is for the desk. `unsaid` is what the
    notice would have said and nothing proves.

    `duty` = (id, name) of the agent who answers for the case until somebody claims it."""

    brief: dict[str, Any]
    drafts: tuple[dict[str, Any], ...]
    notice: str
    notice_evidence: tuple[Fact, ...] = ()
    unsaid: tuple[grounding.Dropped, ...] = ()
    duty: tuple[int, str] | None = None


async def package(services: Services, context: Context, answered: Answer, model: "ModelTurn | None" = None) -> Package:
    """Brief, three drafts and the notice. Never fails for want of order data: then the brief says so.

    `model` may find better words for brief and drafts."""
    order = await _order(context, answered)
    reason = answered.outcome.reason if isinstance(answered.outcome, Handoff) else _standing_reason(context)
    written = await briefs.write(services, context, answered, order, reason)
    offered = suggestions.suggest(context, answered, order, reason)
    if model is not None:
        from server.answering.model.desk import reworded

        known = suggestions.evidence(context, order)
        written, offered = await reworded(model, context, answered, written, offered, known)
    if not isinstance(answered.outcome, Handoff):
        return Package(written, offered, "")
    notice, evidence = _notice(context, answered)
    checked = checked_notice(notice, evidence, answered.dialogue, context.now)
    now = services.clock.now()
    duty = await services.database.read(lambda tx: agents.duty(tx, now))
    return Package(written, offered, checked.text, evidence, checked.dropped, duty)


def receipt(fact: Fact) -> dict[str, str]:
    """A fact as the desk sees it: what, from where, as of when."""
    return {
        "key": fact.key,
        "kind": fact.kind,
        "value": spoken(fact, "en", fact.at),
        "source": fact.source,
        "at": fact.at.isoformat(),
    }


def _standing_reason(context: Context) -> str:
    for event in reversed(context.history):
        if event.type == "handoff":
            return str(event.body.get("reason", "requested"))
    return "requested"


async def _order(context: Context, answered: Answer) -> OrderSnapshot | None:
    """The order that the thread is about, if it can be read now."""
    order_id = answered.dialogue.order_id
    if not order_id:
        return None
    try:
        return answered.looked.orders.get(order_id) or await context.store.order(order_id)
    except StoreError:
        return None


def checked_notice(notice: str, evidence: Sequence[Fact], dialogue: Dialogue, now: datetime) -> grounding.Checked:
    """The notice as it may be said: what it says of hours must be among the facts, an address must be the customer's own."""
    handed = Fact("done", "status", "hand_off", "handoff", now)
    own = (*dialogue.slots.emails, *dialogue.slots.phones, dialogue.contact_given)
    return grounding.check(notice, (*evidence, handed), Voice(dialogue.language, now), [each for each in own if each])


def _notice(context: Context, answered: Answer) -> tuple[str, tuple[Fact, ...]]:
    """When somebody will be there, and, once, the question how to reach the customer."""
    voice = Voice(answered.dialogue.language, context.now)
    told = desk_words.when_somebody_is_there(context, voice)
    parts = [told.text]
    if not context.agents_online:
        parts.append(_contact(context, answered, voice))
    return " ".join(part for part in parts if part), told.evidence


def _contact(context: Context, answered: Answer, voice: Voice) -> str:
    dialogue = answered.dialogue
    reachable = context.identity.kind in _REACHABLE or dialogue.contact_given
    if reachable or dialogue.contact_asked:
        return ""
    if dialogue.slots.emails:
        dialogue.contact_given = dialogue.slots.emails[-1]
        return voice.text("desk.contact_known", contact=dialogue.contact_given)
    dialogue.contact_asked = True
    return voice.text("desk.ask_contact")


def as_public(written: Mapping[str, Any], drafts: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Brief and drafts as the console's panel shows them."""
    return {"brief": dict(written), "drafts": [dict(each) for each in drafts]}
