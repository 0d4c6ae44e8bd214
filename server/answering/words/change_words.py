"""Cancellations and changes of address and payment in words: reasons, methods, what will happen, what was done, why not.

Everything that is said here is a fact of the order, of the policy, or what the customer wrote themselves.
"""

# ruff: noqa: E501 (patterns are read as lists of words)

import re
from collections.abc import Mapping, Sequence
from typing import Final

from server.answering.understand.normalise import fold
from server.answering.words import postal
from server.answering.words.method_words import said_label
from server.answering.words.return_words import item_label
from server.answering.words.voice import Speech, Voice
from server.commerce.model import Fact, Line, Money, OrderSnapshot, PaymentMethod
from server.policies.shape import Policy

_WHY: Final[Mapping[str, str]] = {
    "ordered by mistake": r"mistak|accident|inadvertent|oops|wrong (?:item|one|thing|product|size|colou?r|order|address|quantity)|(?:did ?n[o']t|never) mean to|did ?n[o']t intend|ordered (?:it )?(?:twice|two times)|duplicat|double order|misclick|wrongly|"
    r"por error|sin querer|equivo(?:c|qu)|duplicad|dos veces|no era mi intencion|par erreur|erreur|sans faire expres|me suis tromp|en double|deux fois|"
    r"versehen|irrtum|irrtumlich|fehler|falsch bestellt|doppelt|zweimal|vertan|verklickt|por engano|enganei|engano|sem querer|errad[oa]|duas vezes|galti|gal?at",
    "found cheaper": r"cheaper|better (?:price|deal|offer)|less (?:elsewhere|money)|lower price|mas barato|mejor (?:precio|oferta)|moins cher|meilleur prix|billiger|gunstiger|besseres angebot|mais barat|melhor preco|sasta",
    "takes too long": r"tak(?:es|ing) (?:way |far |much )?(?:too|so) long|too (?:slow|late)|(?:will ?n[o']t|wo ?n[o']t|not|never) (?:arrive|get here|come|be here) (?:in|on) time|delivery (?:date |time )?is too|"
    r"need(?:ed)? it (?:sooner|earlier|faster)|tarda|demasiado tarde|no llega(?:ra)? a tiempo|trop (?:long|tard|lent)|pas a temps|dauert (?:\w+ )?zu lang|zu (?:spat|langsam)|nicht rechtzeitig|demora|muito tarde|nao chega a tempo",
    "no longer needed": r"no longer (?:need|want|require|necessary|interested)|(?:do|does|did) ?n[o']t (?:really )?(?:need|want|require)|not need|unneeded|not (?:needed|wanted|required|necessary)|(?:need|want)\w* (?:it |them |this |that )?(?:any ?more|no more)|chang(?:ed?|ing) (?:of |(?:my|his|her|our) )?mind|"
    r"(?:have|got|bought) (?:one|it|another)(?: already| elsewhere| somewhere)|no (?:lo |la |los |las )?(?:necesit|quier)|ya no (?:\w+ )?(?:necesit|quier|hace falta)|cambi\w* de (?:opinion|idea)|"
    r"(?:plus|pas) besoin|(?:ne |n')?(?:en )?veux plus|change d'avis|plus necessaire|brauche (?:\w+ ){0,3}?(?:nicht|kein)|nicht mehr|benotige (?:\w+ ){0,2}?nicht|anders uberlegt|umentschieden|will (?:\w+ ){0,2}?nicht mehr|"
    r"nao (?:preciso|quero)|ja nao|mudei de ideia|desisti|zaroorat nahi|nahi chahiye",
}
"""Why somebody cancels: a meaning in plain words, and how people say it, without accents."""

_LONG_NUMBER: Final = re.compile(r"(?<![\w#])\d(?:[ -]?\d){12,18}(?!\w)")
_GROUPS: Final[Mapping[str, str]] = {
    "shipped": "left", "partially_shipped": "left", "delivered": "delivered", "processing": "working", "cancelled": "cancelled",
}  # fmt: skip


# Facts


def number(order: OrderSnapshot) -> Fact:
    """The order's number."""
    return Fact("order_number", "order_number", order.number, _source(order), order.as_of)


def state(order: OrderSnapshot) -> Fact:
    """How the order stands."""
    return Fact("state", "status", order.state, _source(order), order.as_of)


def payment(order: OrderSnapshot) -> Fact:
    """How its payment stands."""
    return Fact("payment", "status", order.payment.status.value, _source(order), order.as_of)


def items(order: OrderSnapshot) -> Fact:
    """What is in the order, by name."""
    return Fact("items", "product", ", ".join(item_label(line) for line in order.lines), _source(order), order.as_of)


def item(lines: Sequence[Line], order: OrderSnapshot) -> Fact:
    """Some of its lines by name."""
    return Fact("item", "product", ", ".join(item_label(line) for line in lines), _source(order), order.as_of)


def total(order: OrderSnapshot) -> Fact:
    """What the order costs."""
    return Fact("total", "amount", order.totals.total, _source(order), order.as_of)


def amount(value_minor: int, order: OrderSnapshot, key: str = "amount") -> Fact:
    """An amount of the order's currency that a ruling came to."""
    return Fact(key, "amount", Money(value_minor, order.currency), "policy", order.as_of)


def method(one: PaymentMethod, voice: Voice, key: str = "pay_method") -> Fact:
    """A means of payment by its label."""
    return Fact(key, "text", label(one, voice), "store", voice.now)


def label(one: PaymentMethod, voice: Voice) -> str:
    """A means of payment as its owner knows it, never with more than the last four digits of a number."""
    kind = one.kind if voice.has(f"paid_with.{one.kind}") else "other"
    return said_label(one) or voice.text(f"paid_with.{kind}")


def address(parts: Mapping[str, str], voice: Voice) -> tuple[Fact, ...]:
    """An address in one line, and its parts, so that a line that is cut at a point is proven too."""
    whole = postal.one_line(parts).replace(". ", ".\u202f")
    found = [Fact("address", "text", whole, "customer", voice.now)]
    found += [Fact(f"address_{key}", "text", value, "customer", voice.now) for key, value in parts.items() if value]
    return tuple(found)


def _source(order: OrderSnapshot) -> str:
    return f"{order.source}:orders/{order.id}"


# Reasons


def reason_in(text: str, accepted: Sequence[str] | str) -> tuple[str, str]:
    """(the policy's reason that a text means, the meaning in plain words); either may be empty.

    `accepted` "any" takes the meaning itself. A reason is never made up: what a text does not say is not there."""
    folded = fold(text.replace("’", "'"))
    if not isinstance(accepted, str):
        for each in sorted(accepted, key=len, reverse=True):
            if re.search(rf"(?<!\w){re.escape(_words(each))}(?!\w)", _words(folded)):
                return each, each
    meanings = sorted(
        (match.start(), meaning) for meaning, words in _WHY.items() if (match := re.search(rf"\b(?:{words})", folded))
    )
    if not meanings:
        return "", ""
    first = meanings[0][1]
    if isinstance(accepted, str):
        return first, first
    for _, meaning in meanings:
        fitting = [each for each in accepted if _meaning_of(each) == meaning]
        if fitting:
            return fitting[0], meaning
    return "", first


def _meaning_of(reason: str) -> str:
    said = _words(reason)
    return next((meaning for meaning, words in _WHY.items() if re.search(rf"\b(?:{words})", said)), "")


def _words(text: str) -> str:
    return " ".join(fold(text).replace("_", " ").replace("-", " ").split())


def reason_label(reason: str, voice: Voice) -> str:
    """A policy's reason in the customer's language where it is a usual one, else as the policy writes it."""
    key = f"because.{_meaning_of(reason).replace(' ', '_')}"
    return voice.text(key) if voice.language != "en" and voice.has(key) else reason.replace("_", " ")


def reasons_fact(accepted: Sequence[str], voice: Voice) -> Fact:
    """The reasons that the policy accepts, in a row."""
    return Fact("reasons", "text", ", ".join(reason_label(each, voice) for each in accepted), "policy", voice.now)


# Means of payment


def has_card_number(text: str) -> bool:
    """Whether somebody typed the number of a payment card."""
    return any(_is_card(match.group()) for match in _LONG_NUMBER.finditer(text))


def without_card_number(text: str) -> str:
    """The text with the numbers of payment cards taken out."""
    return _LONG_NUMBER.sub(lambda match: "" if _is_card(match.group()) else match.group(), text)


def _is_card(text: str) -> bool:
    digits = [int(each) for each in text if each.isdigit()]
    doubled = [
        each if index % 2 == 0 else (2 * each - 9 if each > 4 else 2 * each)
        for index, each in enumerate(reversed(digits))
    ]
    return len(digits) >= 13 and len(set(digits)) > 1 and sum(doubled) % 10 == 0


# Refusals


def refusal(action: str, key: str, order: OrderSnapshot | None, policy: Policy, voice: Voice) -> Speech:
    """Why an action is not done, and what is possible instead."""
    said = voice.speech()
    phrase = _refusal_key(action, key, order, voice)
    if order is None:
        return said.add(phrase)
    said.line("", state(order))
    said.line(voice.text(phrase, number=number(order)), number(order))
    if key == "wrong_state" and action in ("cancel_order", "change_address"):
        group = _GROUPS.get(order.state, "other")
        instead = f"not_done.{action}.instead_{group}"
        if voice.has(instead) and "start_return" in policy.actions:
            said.add(instead)
    return said.add("changing.instead")


def _refusal_key(action: str, key: str, order: OrderSnapshot | None, voice: Voice) -> str:
    group = _GROUPS.get(order.state, "other") if order is not None else "other"
    named = f"not_done.{action}.{group}" if key == "wrong_state" else f"not_done.{action}.{key}"
    for candidate in (named, f"not_done.any.{key}" if order is not None else "", f"ruled.{key}"):
        if candidate and voice.has(candidate):
            return candidate
    return "not_done.any.order" if order is not None else "not_done.any.profile"
