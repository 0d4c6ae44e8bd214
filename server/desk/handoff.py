"""A handoff is never empty: what the person gets, and what the customer is told meanwhile.

The package is made before the turn commits and is written with it, so the brief is there when the thread appears in the queue.
With nobody online the customer hears when somebody will be, and is asked once for a way to be reached.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from memory import agents
from server.answering.context import Answer, Context, Handoff, Labels
from server.answering.words.spoken import spoken
from server.answering.words.voice import Voice
from server.commerce.model import Fact, LocalTime, OrderSnapshot
from server.desk import brief as briefs
from server.desk import drafts as suggestions
from server.errors import StoreError
from server.services import Services

_URGENT = frozenset({"safety", "legal", "vulnerable"})
_HIGH = frozenset({"chargeback", "reputation", "distress", "vip", "repeat_complaint", "over_limit"})


@dataclass(frozen=True, slots=True)
class Package:
    """What goes with a handoff. `notice` is for the customer, in their language; the rest is for the desk.

    `duty` = (id, name) of the agent who answers for the case until somebody claims it."""

    brief: dict[str, Any]
    drafts: tuple[dict[str, Any], ...]
    notice: str
    notice_evidence: tuple[Fact, ...] = ()
    duty: tuple[int, str] | None = None


async def package(services: Services, context: Context, answered: Answer) -> Package:
    """Brief, three drafts and the notice. Never fails for want of order data: then the brief says so."""
    order = await _order(context, answered)
    reason = answered.outcome.reason if isinstance(answered.outcome, Handoff) else _standing_reason(context)
    written = await briefs.write(services, context, answered, order, reason)
    offered = suggestions.suggest(context, answered, order, reason)
    if not isinstance(answered.outcome, Handoff):
        return Package(written, offered, "")
    notice, evidence = _notice(context, answered)
    now = services.clock.now()
    duty = await services.database.read(lambda tx: agents.duty(tx, now))
    return Package(written, offered, notice, evidence, duty)


def priority(labels: Labels, context: Context) -> tuple[str, str]:
    """Priority with its reason, from risk, feeling, urgency and who it is."""
    risky = [risk for risk in labels.risk if risk in _URGENT]
    if risky:
        return "urgent", f"{risky[0]} mentioned"
    if labels.frustration >= 3:
        return "urgent" if labels.urgency == "high" else "high", "very upset"
    if context.customer.vip:
        return "high", "VIP customer"
    if labels.frustration == 2 or labels.severity == "high" or set(labels.risk) & _HIGH:
        return "high", "upset" if labels.frustration == 2 else f"{labels.intent.replace('_', ' ')}, severe"
    if labels.urgency == "high":
        return "high", "urgent for the customer"
    if labels.intent in ("greeting", "thanks", "goodbye"):
        return "low", "courtesy"
    return "medium", labels.intent.replace("_", " ")


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
        return await context.store.order(order_id)
    except StoreError:
        return None


def _notice(context: Context, answered: Answer) -> tuple[str, tuple[Fact, ...]]:
    """When somebody will be there, and, once, the question how to reach the customer."""
    voice = Voice(answered.dialogue.language, context.now)
    parts: list[str] = []
    evidence: tuple[Fact, ...] = ()
    if context.agents_online:
        parts.append(voice.text("desk.soon"))
    elif context.back_at is not None:
        when = _when(context.back_at, context.shop.tz, context.now)
        parts.append(voice.text("desk.back_at", when=when))
        evidence = (when,)
    else:
        parts.append(voice.text("desk.open_nobody" if context.is_desk_open else "desk.no_time"))
    if not context.agents_online:
        parts.append(_contact(context, answered, voice))
    return " ".join(part for part in parts if part), evidence


def _when(at: datetime, tz: str, now: datetime) -> Fact:
    return Fact("back_at", "datetime", LocalTime(at, tz), "opening hours", now)


def _contact(context: Context, answered: Answer, voice: Voice) -> str:
    dialogue = answered.dialogue
    reachable = context.identity.kind in ("email", "phone", "whatsapp", "sms", "store") or dialogue.contact_given
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
