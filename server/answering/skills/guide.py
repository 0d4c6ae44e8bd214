"""What happens when no skill fits: one good question, the policy in words, or a person who already knows the case."""

# ruff: noqa: E501 (patterns are read as lists of words)

import re
from datetime import datetime
from typing import Final

from server.answering.identify import Found, known_order
from server.answering.manner import REFUSED
from server.answering.skills import order_status
from server.answering.skills.courtesy import starters
from server.answering.turn import Turn
from server.answering.understand import rules
from server.answering.words import claim_case_words
from server.commerce.catalogue.words import fold
from server.commerce.model import Fact, Money
from server.errors import StoreUnavailable

_LIKELY: Final = 0.12
_COMPENSATION: Final = re.compile(
    r"\b(?:compensat\w+|goodwill|make (?:it )?up (?:to|for) (?:me|us|it|this|that))\b"
    r"|\bcompensaci\w+|\bindemni\w+|\bdedommag\w+|\bgeste commercial\b|\bentschadig\w+|\bwiedergutmach\w+|\bcompensac\w+|\bindeniz\w+"
)
_INSISTS: Final = re.compile(
    r"\W*(?:(?:oh|ok|okay|well|hmm*|no|please|sorry|ach|ay|oye|ah|nein|non|nao)\W+)*(?:but\b|come on|why not|why can'?t|that'?s (?:not fair|unfair|ridiculous|absurd|silly|a joke|stupid|not right)|this is (?:unfair|ridiculous|absurd|a joke)"
    r"|not fair|can'?t you (?:just )?(?:make|do)|(?:please )?make an exception|i (?:don'?t|do not) (?:care|accept|agree)|i disagree|seriously|really\?|pero\b|venga ya|por que no|no es justo|es injusto|haz una excepcion"
    r"|mais\b|pourquoi pas|c'est (?:injuste|pas juste|abuse|n'importe quoi)|allez\b|aber\b|warum nicht|wieso nicht|das ist (?:unfair|nicht fair|ungerecht|doch)|mas\b|porque nao|por que nao|nao e justo|isso e injusto|lekin\b|par kyun|aisa kyun|kyun nahi)"
)
"""Words with which somebody argues with what was just said."""
_OTHER_MATTERS: Final = frozenset(
    {
        "order_status",
        "refund_status",
        "human_request",
        "product_question",
        "stock_question",
        "policy_question",
        "account",
    }
)
_UNHELPED: Final = re.compile(
    r"\b(?:not what i (?:asked|meant|wanted to know)|(?:doesn'?t|didn'?t|does not|did not|not|never) answer(?:ed|ing|s)? (?:my|the) question|(?:you (?:didn'?t|did not|don'?t|are not|aren't)|you'?re not) (?:answer\w*|listen\w*|read\w*|understand\w*)(?: me)?\W*$"
    r"|not (?:very )?helpful|no es lo que (?:pregunte|he preguntado)|no (?:responde|contesta)s? (?:a )?(?:mi|la) pregunta|pas ce que j'ai demande|ne repond(?:ez)? pas a (?:ma|la) question|nicht (?:meine frage|was ich gefragt)|beantwortet meine frage nicht|danach habe ich nicht gefragt"
    r"|nao (?:responde|respondeu) (?:a )?(?:minha )?pergunta|nao foi (?:isso|o) que (?:eu )?perguntei)"
)
"""The answer was none to what was asked."""
_FEW_WORDS, _OFTEN_ENOUGH = 10, 2
_RETURNS: Final = re.compile(
    r"return|refund|exchang|send.{0,12}back|devol|devuel|cambio|cambiar|rembours|retour|renvo|rendre|[eé]chang|rétract|rück|widerruf"
    r"|umtausch|reembols|troca|wapas",
    re.IGNORECASE,
)


def unsure(turn: Turn) -> None:
    """Ask once what is meant, with the likeliest meanings; the second time a person helps."""
    turn.dialogue.unsure_times += 1
    if turn.dialogue.unsure_times >= 2:
        turn.say("guide.person")
        turn.hand_off("low_confidence")
        return
    likely = [
        turn.option(f"choice.{each.name}", f"do:{each.name}")
        for each in turn.understood.intents[:2]
        if turn.voice.has(f"choice.{each.name}") and each.confidence >= _LIKELY
    ]
    others = [option for option in starters(turn) if option.value not in {each.value for each in likely}]
    turn.say("guide.unsure")
    turn.ask("choose", [*likely, *others][:5])


async def complaint(turn: Turn) -> None:
    """Regret once, then the facts of the order that the complaint is about, and a person within reach.

    Who complains after a refusal disputes it, and gets a person."""
    if any(":" in each for each in turn.dialogue.refused):
        dispute(turn)
        return
    if "sorry" not in turn.dialogue.refused:
        turn.dialogue.refused.append("sorry")
        turn.say("courtesy.sorry")
    await order_status.order_status(turn)
    if not any(option.value == "human" for option in turn.options):
        turn.options = [*turn.options, turn.option("choice.human", "human")]


def insists(turn: Turn) -> bool:
    """Whether the message only argues with what was just refused: nothing new that is wrong, no other order, no other wish."""
    if turn.dialogue.last != REFUSED or turn.choice or not _INSISTS.match(fold(turn.text.replace("’", "'"))):
        return False
    tells_more = claim_case_words.trouble_in(turn.text) or claim_case_words.is_not_received(turn.text)
    sure = {each.name for each in turn.understood.intents if each.confidence >= rules.CONFIDENCE}
    return not (tells_more or turn.understood.entities.order_number or sure & _OTHER_MATTERS)


def is_unhelped(turn: Turn) -> bool:
    """Whether the message only says that the answer was none to what was asked."""
    is_short = len(turn.text.split()) <= _FEW_WORDS and not turn.understood.entities.order_number
    return (
        is_short
        and not turn.choice
        and not turn.dialogue.asked
        and _UNHELPED.search(fold(turn.text.replace("’", "'"))) is not None
    )


def ask_what_is_open(turn: Turn) -> None:
    """Ask once what is still open; the second time a person helps."""
    turn.dialogue.unsure_times += 1
    if turn.dialogue.unsure_times >= _OFTEN_ENOUGH:
        turn.say("guide.person")
        turn.hand_off("low_confidence")
        return
    turn.say("manner.what_is_open")
    turn.options = [turn.option("choice.human", "human")]


def dispute(turn: Turn) -> None:
    """Nobody argues past a refusal: a person looks at it."""
    turn.settle()
    turn.say("handoff.policy_exception")
    turn.hand_off("policy_exception")


async def policy_question(turn: Turn) -> None:
    """The return policy in words, from the policy file; anything else about policies goes to a person."""
    if not is_about_returns(turn):
        await for_a_person(turn)
        return
    policy, now = turn.context.policy, turn.context.now
    zone = policy.zones[0]
    rule = (zone.outcomes or policy.outcomes).refund
    turn.say("policy.window", days=_count("window", _days(rule.window_days), now))
    if rule.label.kind == "deduct":
        turn.say("policy.label_fee", fee=Fact("fee", "amount", Money(rule.label.fee, policy.currency), "policy", now))
    elif rule.label.kind == "merchant":
        turn.say("policy.label_free")
    turn.speech.line("", Fact("label", "status", "free", "policy", now))
    turn.options = [turn.option("choice.start_return", "do:return"), turn.option("choice.human", "human")]


def _days(window: int | str | None) -> int:
    return window if isinstance(window, int) else 3650


def _count(key: str, value: int, now: datetime) -> Fact:
    return Fact(key, "count", value, "policy", now)


def is_about_compensation(text: str) -> bool:
    """Whether a text wants something for the trouble, rather than money for goods that go back."""
    return _COMPENSATION.search(fold(text)) is not None


def is_about_returns(turn: Turn) -> bool:
    """Whether a question is one that the return policy answers."""
    return speaks_of_returns(turn.text)


def speaks_of_returns(text: str) -> bool:
    """Whether a text speaks of sending goods back, or of money for them."""
    return _RETURNS.search(text) is not None


async def for_a_person(turn: Turn) -> None:
    """Something that the assistant cannot do by itself: say so, name the order if it is known, and bring a person."""
    intent = turn.understood.intent
    found = await _known(turn)
    if intent == "cancel" and found is not None and found.order.cancelled_at is not None:
        order_status.tell(turn, found)
        return
    key = f"person.{intent}" if turn.voice.has(f"person.{intent}") else "person.default"
    turn.say(key)
    turn.hand_off("out_of_scope")


async def _known(turn: Turn) -> Found | None:
    """The order that is meant, if it is proven and can be read now; else the person looks for themselves."""
    try:
        return await known_order(turn)
    except StoreUnavailable:
        turn.dialogue.refused.append("unreadable")
        return None


def before_person(turn: Turn, reason: str) -> None:
    """The sentence that goes before a handoff which policy wants."""
    key = f"handoff.{reason}" if turn.voice.has(f"handoff.{reason}") else "handoff.default"
    turn.say(key)
