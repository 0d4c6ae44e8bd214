"""The brief: what a person needs to know before the first word, from the thread and the live order, with sources.

It is written from events and facts, never from guesses: what could not be read is said to be unread.
"""

from collections.abc import Sequence
from typing import Any

from memory import threads
from memory.engines.base import Tx
from memory.projection import Event
from server.answering.context import Answer, Context
from server.answering.drafts.returns import ReturnDraft
from server.answering.words import grounding, return_words
from server.answering.words.spoken import spoken
from server.answering.words.voice import Speech, Voice
from server.commerce.model import Fact, OrderSnapshot
from server.commerce.wismo import decide
from server.policies import identity
from server.policies.decision import Reason, RequestLine, ReturnRequest
from server.policies.facts import remaining
from server.policies.returns import evaluate
from server.services import Services

_WANTS = {
    "order_status": "wants to know where the order is",
    "delivery_problem": "says that the delivery went wrong",
    "return": "wants to send something back",
    "exchange": "wants an exchange",
    "refund_request": "wants the money back",
    "refund_status": "asks where the refund is",
    "cancel": "wants to cancel",
    "change_address": "wants another delivery address",
    "change_order": "wants to change the order",
    "damaged_or_wrong_item": "received something damaged or wrong",
    "warranty": "has a warranty case",
    "product_question": "asks about a product",
    "stock_question": "asks whether something is in stock",
    "promo": "asks about a discount",
    "payment": "has a payment problem",
    "subscription": "asks about a subscription",
    "account": "needs help with the account",
    "policy_question": "asks about the shop's policy",
    "complaint": "complains",
    "human_request": "wants to speak to a person",
}
_FILES = 12
_CHANNELS = {
    "widget": "web chat",
    "whatsapp": "WhatsApp",
    "sms": "SMS",
    "email": "e-mail",
    "voice": "the phone",
    "instagram": "Instagram",
    "messenger": "Messenger",
    "form": "the support form",
}
_REASONS = {
    "requested": "The customer asked for a person.",
    "distress": "The customer is very upset.",
    "legal": "The message mentions legal steps.",
    "safety": "The message mentions a danger to somebody.",
    "reputation": "The customer threatens to go public.",
    "chargeback": "A chargeback or dispute is open or threatened: no refund beside it.",
    "vulnerable": "The customer may be in a vulnerable situation.",
    "vip": "VIP customer: complaints, refusals and money go to a person.",
    "repeat_complaint": "A second complaint within the policy's period.",
    "over_limit": "The amount is above what the assistant may decide.",
    "policy_exception": "Policy wants a person to decide this case.",
    "low_confidence": "The assistant did not understand what is wanted.",
    "unreadable": "The order system, or what the customer sent, could not be read.",
    "identity": "The customer could not be identified, or needs a stronger proof.",
    "out_of_scope": "The assistant cannot do this by itself yet.",
    "failed": "Something is overdue or did not work.",
}


async def write(
    services: Services, context: Context, answered: Answer, order: OrderSnapshot | None, reason: str
) -> dict[str, Any]:
    """The brief as a document: wants, history, known, policy, tried, why, proof level, language."""
    labels = answered.labels
    words = (
        answered.proven.get(order.id, frozenset()) | context.proofs.get(order.id, frozenset()) if order else frozenset()
    )
    earlier = await services.database.read(lambda tx: _earlier(tx, context))
    return {
        "wants": _wants(context, answered),
        "quote": context.text[:300],
        "mood": {"frustration": labels.frustration, "sentiment": labels.sentiment} if labels else None,
        "history": _history(context, earlier),
        "known": _known(context, order),
        "policy": _policy(context, order, answered),
        "tried": _tried(context, answered),
        "why": {"reason": reason, "text": _REASONS.get(reason, reason)},
        "proof": {"words": sorted(words), "level": identity.level(words)},
        "language": answered.dialogue.language or "en",
        "contact": answered.dialogue.contact_given,
        "files": _files(context),
    }


def _files(context: Context) -> list[dict[str, Any]]:
    """What the customer sent beside words in this conversation, oldest first: photos, documents, voice notes."""
    kept = [
        item
        for event in context.history
        if event.type == "message" and event.author_type == "customer"
        for item in event.body.get("attachments", ())
    ]
    sent = [*kept, *(item for said in context.said for item in said.attachments)]
    return [{key: item[key] for key in ("id", "name", "type", "size") if key in item} for item in sent][-_FILES:]


def _wants(context: Context, answered: Answer) -> str:
    """One sentence: who wants what."""
    names = [name for name, _ in answered.labels.intents] if answered.labels else []
    earlier = [str(event.body.get("intent", "")) for event in context.history if event.type == "classified"]
    meaning = [name for name in [*names, *reversed(earlier)] if name in _WANTS and name != "human_request"]
    wanted = list(dict.fromkeys(_WANTS[name] for name in meaning))[:2] or [_WANTS["human_request"]]
    who = context.customer.name or "The customer"
    return f"{who} {' and '.join(wanted)}."


async def _earlier(tx: Tx, context: Context) -> list[threads.Thread]:
    found = await threads.of_customer(tx, context.customer.id)
    return [thread for thread in found if thread.id != context.thread_id and thread.state.last_seq]


def _history(context: Context, earlier: Sequence[threads.Thread]) -> str:
    """Two sentences: this conversation, and the ones before it."""
    own = [event for event in context.history if event.type == "message"]
    said = sum(event.author_type == "customer" for event in own) + len(context.said)
    answers = sum(event.author_type == "assistant" for event in own)
    messages = "1 message" if said == 1 else f"{said} messages"
    where = _CHANNELS.get(context.channel, context.channel) or "this channel"
    here = f"{messages} from the customer here on {where}, {answers} answered by the assistant."
    if not earlier:
        return f"{here} First conversation that we know of."
    last = earlier[0].state
    return f"{here} {len(earlier)} earlier conversation{'s' if len(earlier) != 1 else ''}, the latest about “{last.title}” ({last.status})."


def _known(context: Context, order: OrderSnapshot | None) -> list[dict[str, str]]:
    """Facts of the live order with source and time."""
    if order is None:
        return []
    answer = decide(order, context.now, cfg=context.wismo)
    items = ", ".join(return_words.item_label(line) for line in order.lines)
    lines = Fact("items", "product", items, f"{order.source}:orders/{order.id}", order.as_of)
    total = Fact("total", "amount", order.totals.total, f"{order.source}:orders/{order.id}", order.as_of)
    return [_receipt(fact, context) for fact in (*answer.all_facts, lines, total)]


def _receipt(fact: Fact, context: Context) -> dict[str, str]:
    return {
        "key": fact.key.replace("_", " "),
        "value": spoken(fact, "en", context.now),
        "source": fact.source,
        "at": fact.at.isoformat(),
    }


def _policy(context: Context, order: OrderSnapshot | None, answered: Answer) -> dict[str, Any]:
    """What the return policy says about each line of the order, whatever was asked: the verdict with its reason."""
    if order is None:
        return {
            "version": context.policy.version,
            "verdict": "unknown",
            "text": "No order is identified yet.",
            "lines": [],
        }
    drafts = [each.task.draft for each in (context.dialogue, answered.dialogue) if each.task is not None]
    reasons = [draft.reason for draft in drafts if isinstance(draft, ReturnDraft)]
    reason = next((Reason(each) for each in reasons if each in set(Reason)), Reason.OTHER)
    open_lines = [line for line in order.lines if remaining(order, line) > 0]
    wishes = tuple(RequestLine(line.id, remaining(order, line), reason) for line in open_lines)
    decision = evaluate(context.policy, order, ReturnRequest(wishes), None, context.now)
    voice = Voice("en", context.now)
    lines = [
        {
            "item": return_words.item_label(line),
            "verdict": result.verdict,
            "rule": ", ".join(result.rules),
            **_proven(return_words.explained(result, order, voice, context.now), context),
        }
        for result in decision.lines
        if (line := order.line(result.line_id)) is not None
    ]
    return {
        "version": decision.policy_version,
        "verdict": decision.verdict,
        "approval": decision.approval,
        "lines": lines,
    }


def _proven(said: Speech, context: Context) -> dict[str, Any]:
    """What the facts of an explanation prove of it, with these facts."""
    checked = grounding.check(said.text, said.evidence, said.voice)
    return {"text": checked.text, "evidence": [_receipt(fact, context) for fact in said.evidence]}


def _tried(context: Context, answered: Answer) -> list[str]:
    """What was done or said so far that matters to the case."""
    done, tried = [], []
    for event in context.history:
        if event.type == "executed":
            done.append(f"Done: {_action(event)}, {_result(event)}.")
        elif event.type == "proposed":
            tried.append(f"Proposed: {_action(event)}.")
        elif event.type == "failed":
            tried.append(f"Failed: {_action(event)}.")
        elif event.type == "note" and "voice_of" in event.body and "heard" not in event.body:
            tried.append(str(event.body["text"]))
        elif event.type == "message" and event.author_type == "assistant":
            tried.append(f"Assistant: {str(event.body.get('text', ''))[:160]}")
    return [*done, *tried[-5:]] or ["Nothing yet: this was the first message."]


def _result(event: Event) -> str:
    """What the order system answered, as far as a person needs it."""
    result = event.body.get("result", {})
    return str(result.get("rma") or result.get("refund_id") or "done")


def _action(event: Event) -> str:
    action = event.body.get("action", {})
    lines = ", ".join(f"{line.get('quantity', 1)} × {line.get('sku', '')}" for line in action.get("lines", []))
    return (
        f"{str(action.get('name', 'action')).replace('_', ' ')} for {action.get('order', 'the order')} {lines}".strip()
    )
