"""One fact of a reply changed: its other values, and the sentences that stated the old one."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Final

from server.answering.words import proofs
from server.answering.words.claim_words import words_of
from server.answering.words.known import known
from server.answering.words.own_phrases import phrases_by_word
from server.answering.words.sentences import sentences
from server.answering.words.voice import Word
from server.commerce.model import Fact, FactValue, LocalTime, Money, Place, Window
from tests.server.answering.words.recorded import Recorded

_DAY: Final = timedelta(days=1)
_OTHERS: Final[Mapping[str, str]] = {
    "order_number": "#99871", "tracking_number": "1Z9999990399999995", "url": "https://elsewhere.test/x", "carrier": "fedex",
    "person": "Bob Tremblay", "product": "Walnut tray", "place": "Springfield", "text": "Quite another",
}  # fmt: skip
_STATES: Final = (
    "cancelled", "unpaid", "on_hold", "back_ordered", "scheduled", "preparing", "overdue", "in_transit", "customs", "damaged",
    "out_for_delivery", "attempted", "available_for_pickup", "delivered", "returning", "returned", "lost",
)  # fmt: skip
_VALUES: Final[Mapping[str, tuple[str, ...]]] = {
    "state": _STATES,
    "refund_status": ("succeeded", "pending", "failed"),
    "return_status": ("requested", "declined", "received", "inspected", "refunded", "exchanged"),
    "stock": ("in_stock", "sold_out"),
    "verdict": ("within_window", "window_passed", "flagged", "not_shipped", "order_cancelled", "warranty_claim"),
    "payment_problem": ("charged_twice", "refund_bounced"),
    "done": ("cancel_order", "change_address", "nothing"),
    "loss": ("confirmed", "presumed"),
    "refund_method": ("original", "store_credit", "gift_card"),
    "method": ("original", "store_credit", "gift_card"),
}
"""The other values of a status, by its key; a status without a row here is changed to one that nothing knows."""

QUOTED: Final = frozenset({"article", "value"})
"""Free text that is quoted as it stands: of a step such as "Put the ring over the socket" only its figures are a claim."""

_FIGURE: Final = re.compile(r"(?<!\w)\d+(?!\w)")

STATED: Final = frozenset(
    {
        "state",
        "refund_status",
        "return_status",
        "stock",
        "verdict",
        "payment_problem",
        "loss",
        "done",
        "delay",
        "held",
        "duty",
    }
)
"""Statuses of which the text says something, so that another one makes a sentence false."""


def others(fact: Fact) -> Iterator[FactValue]:
    """Other values of a fact's kind: a day, a minute, a minor unit, a piece more or less, another name or status."""
    match fact.value:
        case LocalTime(at=at, tz=tz):
            for step in (_DAY, -_DAY, timedelta(minutes=1)):
                yield LocalTime(at + step, tz)
        case Window(min=first, max=last, tz=tz):
            yield Window(first + _DAY, last + _DAY, tz)
            yield Window(first - _DAY, last - _DAY, tz)
        case Money(amount_minor=minor, currency=currency):
            yield from (Money(minor + 1, currency), Money(minor - 1, currency), Money(minor, "GBP"))
        case date() as day:
            yield from (day + _DAY, day - _DAY)
        case int() as count:
            yield from (count + 1, max(0, count - 1) if count else 2)
        case Place():
            yield Place("Springfield", "IL", "US")
        case str() as text:
            yield from _other_texts(fact, text)


def _other_texts(fact: Fact, text: str) -> Iterator[str]:
    if fact.kind == "status":
        yield from (value for value in _VALUES.get(fact.key, ("nothing_known",)) if not _allows(value, text))
    elif fact.key in QUOTED:
        changed = _FIGURE.sub(_next, text)
        yield from (changed,) if changed != text else ()
    elif fact.key in _VALUES:
        yield from (value for value in _VALUES[fact.key] if value != text.casefold().replace(" ", "_"))
    else:
        yield _OTHERS.get(fact.kind, "Quite another")


def _next(match: "re.Match[str]") -> str:
    return str(int(match.group()) + 1)


def _allows(value: str, old: str) -> bool:
    """Whether what an old status said is still so under another value."""
    said = proofs.SAID_BY_STATUS.get(old, frozenset())
    if proofs.DONE.get(old, frozenset()) & proofs.DONE.get(value, frozenset()):
        return True
    return value == old or (bool(said) and said <= proofs.SAID_BY_STATUS.get(value, frozenset()))


def stating(reply: Recorded, fact: Fact) -> list[str]:
    """The sentences of a reply in which a fact stands, in any of its forms."""
    forms = {form for zone in _zones(reply) for form in _forms(reply.voice.at(zone).word(fact))}
    patterns = [re.compile(rf"(?<!\w){re.escape(form)}(?!\w)") for form in forms if form.strip()]
    parts = (sentence for sentence, _ in sentences(reply.text, words_of(reply.voice.language)))
    return [part.strip() for part in parts if any(pattern.search(part) for pattern in patterns)]


def _zones(reply: Recorded) -> set[str]:
    return {"UTC"} | {fact.value.tz for fact in reply.evidence if isinstance(fact.value, LocalTime | Window)}


def _forms(word: Word) -> set[str]:
    return {format(word, form) for form in ("", "on", "day")}


def tells_a_row(reply: Recorded) -> bool:
    """Whether a reply says where an order is, in a phrase of the table's rows; other replies only rest on its state."""
    phrases = [each for held in phrases_by_word(reply.voice.language).values() for each in held]
    parts = [sentence.strip() for sentence, _ in sentences(reply.text, words_of(reply.voice.language))]
    return any(phrase.read(part) for part in parts for phrase in phrases if re.match(r"order\.r\d", phrase.key))


def is_said_twice(reply: Recorded, fact: Fact) -> bool:
    """Whether other facts of the reply prove the same state, so that what was said stays true though this status is another."""
    others_of_it = [each for each in reply.evidence if (each.key, each.value) != (fact.key, fact.value)]
    if fact.key == "done":
        return _states((fact,), reply) <= _states(others_of_it, reply)
    said = proofs.SAID_BY_STATUS.get(str(fact.value), frozenset())
    if any(said and said <= proofs.SAID_BY_STATUS.get(str(each.value), frozenset()) for each in others_of_it):
        return True
    return any(proofs.SAID_BY_COUNT.get(each.key) in said for each in others_of_it) or _is_denied_elsewhere(
        fact, others_of_it
    )


def _states(evidence: Sequence[Fact], reply: Recorded) -> set[str]:
    return known(evidence, reply.voice).states


def _is_denied_elsewhere(fact: Fact, rest: list[Fact]) -> bool:
    """ "Not delivered yet" stays true as long as the order's own state is another."""
    return fact.value in ("not_delivered", "not_shipped") and any(each.key == "state" for each in rest)


def elsewhere(evidence: Sequence[Fact], fact: Fact, wrong: Fact) -> tuple[Fact, ...]:
    """The evidence in a world where a fact is another: so it is in every fact that says the same, or has it among its words."""
    return tuple(_in_that_world(each, fact, wrong) for each in evidence)


def _in_that_world(each: Fact, fact: Fact, wrong: Fact) -> Fact:
    if each.value == fact.value and (fact.kind != "status" or each.key == fact.key):
        return replace(each, value=wrong.value)
    old: FactValue = fact.value
    new: FactValue = wrong.value
    value = each.value
    if fact.kind in ("status", "count") or each.kind == "status" or not isinstance(value, str):
        return each
    if isinstance(old, Place):
        old, new = old.city or "", "Springfield"
    if not (isinstance(old, str) and isinstance(new, str) and old):
        return each
    if old in value:
        return replace(each, value=value.replace(old, new))
    return replace(each, value=new) if value in old and each.kind == fact.kind else each
