"""Three suggested replies that differ in what they decide, each with the facts that it says.

They are drafts for a person: nothing is sent or done by showing them. A draft says only facts of the live order and of the
policy; promises of money are left to the person who sends it.
"""

from datetime import UTC, datetime
from typing import Any, Final

from server.answering.context import Answer, Context
from server.answering.words import grounding, order_words, return_words
from server.answering.words.spoken import spoken
from server.answering.words.voice import Speech, Voice
from server.commerce.model import Fact, OrderSnapshot
from server.commerce.wismo import decide

_HANDED: Final = (Fact("done", "status", "hand_off", "desk", datetime.min.replace(tzinfo=UTC)),)
"""Whoever is shown a draft has the case."""


def suggest(context: Context, answered: Answer, order: OrderSnapshot | None, reason: str) -> tuple[dict[str, Any], ...]:
    """Drafts in the customer's language: answer with the facts, take the case on, ask for what is missing."""
    voice = Voice(answered.dialogue.language, context.now)
    name = context.customer.name.split(" ")[0] if context.customer.name else ""
    made = [_facts(voice, order, context, name), _ownership(voice, order, name), _question(voice, order, name, reason)]
    return tuple({"n": index + 1, "of": context.answers, **draft} for index, draft in enumerate(made))


def evidence(context: Context, order: OrderSnapshot | None) -> tuple[Fact, ...]:
    """Everything that a draft may say."""
    if order is None:
        return ()
    return (*decide(order, context.now, cfg=context.wismo).all_facts, return_words.number_fact(order))


def _opening(voice: Voice, name: str) -> Speech:
    speech = voice.speech()
    return speech.add("draft.hello_name", name=name) if name else speech.add("draft.hello")


def _facts(voice: Voice, order: OrderSnapshot | None, context: Context, name: str) -> dict[str, Any]:
    speech = _opening(voice, name)
    if order is None:
        speech.add("draft.need_order")
        return _draft("Ask which order", speech)
    answer = decide(order, context.now, cfg=context.wismo)
    speech.add("draft.sorry").join(order_words.speech(answer, order, voice)).add("draft.watching")
    return _draft("Tell the facts", speech)


def _ownership(voice: Voice, order: OrderSnapshot | None, name: str) -> dict[str, Any]:
    speech = _opening(voice, name).add("draft.sorry")
    speech.add("draft.own_order", number=return_words.number_fact(order)) if order else speech.add("draft.own")
    return _draft("Take it on yourself", speech)


def _question(voice: Voice, order: OrderSnapshot | None, name: str, reason: str) -> dict[str, Any]:
    speech = _opening(voice, name)
    key = f"draft.ask_{reason}" if voice.has(f"draft.ask_{reason}") else "draft.ask_default"
    return _draft("Ask what would make it right", speech.add(key))


def _draft(label: str, speech: Speech) -> dict[str, Any]:
    """What may be shown as fact of a draft: what its own evidence proves; what nothing proves stands apart, under `unsaid`."""
    checked = grounding.check(speech.text, (*speech.evidence, *_HANDED), speech.voice)
    receipts = [
        {
            "key": fact.key.replace("_", " "),
            "value": spoken(fact, "en", fact.at),
            "source": fact.source,
            "at": fact.at.isoformat(),
        }
        for fact in speech.evidence
    ]
    unsaid = (
        {"unsaid": [{"text": each.sentence, "why": each.cause} for each in checked.dropped]} if checked.dropped else {}
    )
    return {"label": label, "text": checked.text, "evidence": receipts, **unsaid}
