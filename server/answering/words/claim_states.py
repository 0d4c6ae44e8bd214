"""The states that a sentence claims, held against what is known: what is, what was done, what the shop's rules allow.

What may come to be, what is asked and what is offered is no claim. A denial is one: "it has not shipped" is false of what has.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from server.answering.words import amounts
from server.answering.words.claim_names import vocabulary
from server.answering.words.claim_words import DID

if TYPE_CHECKING:
    from server.answering.words.claims import Reading

_MARK: Final = re.compile(r"[,;:()–—•!?.]")
_JOINED: Final = re.compile(r"\b(?:and|but|y|e|pero|et|mais|und|aber|mas|sino|sondern)\b")
_TAG: Final = re.compile(r"[,;:–—](?P<last>[^,;:–—]*)\?\W*$")
_WORD: Final = re.compile(r"[^\W\d_]+")
_OR: Final = {
    language: re.compile(rf"\b{word} (?:that |dass |que )?$")
    for language, word in (("en", "or"), ("es", "o"), ("fr", "ou"), ("de", "oder"), ("pt", "ou"))
}

_SAID_BY_DENYING: Final = frozenset(
    {"unpaid", "refund_pending", "refund_failed", "no_scan", "not_returnable", "back_ordered", "attempted"}
)
_RULES: Final = frozenset(
    {
        "returnable", "not_returnable", "window_over", "label_free", "free", "in_stock", "compatible", "property", "warranty", "entitled",
        "guaranteed", "refund_promised", "will_notify", "will_call", "handed_off", "pickup_booked", "on_time",
    }
)  # fmt: skip
"""What holds, or is promised: "can be returned" is a claim though it says "can"."""

_PROMISES: Final = frozenset({"refund_promised", "will_notify", "handed_off", "pickup_booked"})
"""What holds only from a condition on, where one is named: "will be refunded once we have it"."""

_ACTS: Final = frozenset(
    {
        "changed", "address_changed", "items_changed", "payment_changed", "subscription_changed", "subscription_cancelled", "skipped",
        "paused", "resumed", "claim_opened", "pickup_booked", "will_notify", "code_sent", "handed_off", "verified", "discounted",
        "compensated", "password_reset", "done", DID, "replaced", "credited", "refund_promised", "guaranteed", "entitled", "opened",
        "charged_twice", "returnable", "not_returnable", "window_over", "label_free", "declined", "signed_for",
    }
)  # fmt: skip
"""What is rightly denied as long as nothing says that it is so."""

_WITH_NO: Final = frozenset({"free", "label_free"})
_OPPOSITES: Final = {
    "in_stock": frozenset({"sold_out"}), "on_time": frozenset({"late"}), "refunded": frozenset({"refund_failed", "refund_pending"}),
    "shipped": frozenset({"unshipped"}), "delivered": frozenset({"undelivered"}),
}  # fmt: skip
"""A state -> what proves that it is not so, though another thing may have it."""


@dataclass(frozen=True, slots=True)
class Claim:
    """A state, and where a sentence claims it; positions are those of the sentence."""

    state: str
    match: "re.Match[str]"


def unproven(reading: "Reading") -> Iterator[tuple[str, str, str]]:
    """(kind, words, what is wrong) of every claim that does not hold."""
    asked_from = _asked_from(reading)
    judged = [(claim, _wrong(claim, reading)) for claim in reading.claims if claim.state != DID]
    proven = [claim.match.span() for claim, why in judged if not why and claim.state in reading.known.states]
    for claim, why in judged:
        start, end = claim.match.span()
        if why and start < asked_from and not _is_within(start, end, proven):
            yield "status", reading.text[start:end], why
    for claim in reading.claims:
        if claim.state == DID and claim.match.start() < asked_from and not _is_harmless(claim, judged, reading):
            why = _wrong(claim, reading)
            if why:
                yield "action", reading.text[slice(*claim.match.span())], why


def _is_within(start: int, end: int, spans: "list[tuple[int, int]]") -> bool:
    """Whether a claim is part of a longer one: "on its way" of "your refund is on its way"."""
    return any(first <= start and end <= last and (first, last) != (start, end) for first, last in spans)


def _asked_from(reading: "Reading") -> int:
    """Where a question begins in the sentence: nothing is claimed from there on. Beyond its end when nothing is asked."""
    text = reading.low.rstrip("\ue000 \"'”»)")
    if not text.endswith("?"):
        return len(reading.low) + 1
    opened = text.rfind("¿")
    if opened >= 0:
        return opened
    first = _WORD.search(text)
    if first is None or first.group() in reading.words.asks:
        return 0
    tag = _TAG.search(text)
    return tag.start("last") if tag else 0


def _is_harmless(claim: Claim, judged: "list[tuple[Claim, str]]", reading: "Reading") -> bool:
    """Whether nothing follows from what was done, or another entry has judged the verb already."""
    place, verb = claim.match.start("verb"), claim.match["verb"]
    if verb in reading.words.harmless:
        return True
    if "fresh" in claim.match.re.groupindex:
        return any(each.match.start() < place < each.match.end() for each, _ in judged)
    if verb in vocabulary(reading.words.language):
        return True
    return any(each.match.start() <= place < each.match.end() for each, _ in judged)


def _wrong(claim: Claim, reading: "Reading") -> str:
    """What is wrong with a claim; "" when nothing is, or when it is no claim."""
    words, text, state = reading.words, reading.low, claim.state
    start, end = claim.match.span()
    part = _last(_MARK, text[:start])
    before = _last(_JOINED, part)
    is_rule = state in _RULES
    if not is_rule and (words.unreal.search(before) or (words.unreal_after and words.unreal_after.match(text, end))):
        return ""
    is_firm = is_rule and state not in _PROMISES
    if not is_firm and _OR[words.language].search(before):
        return ""
    if words.condition.search(part) or (not is_firm and words.condition.search(_first(_MARK, text[end:]))):
        return ""
    if (not is_firm or state == "returnable") and words.condition.match(text.lstrip("¿¡ ")):
        return ""
    if state not in _SAID_BY_DENYING and (words.denied.search(before) or _is_denied_within(claim, reading)):
        return _wrong_denial(state, reading)
    if state == "on_time":
        return "" if reading.known.has_status and "late" not in reading.known.states else "is in no fact"
    if state == "moving" and "refund_pending" in reading.known.states and amounts.MARK.search(reading.text):
        return ""
    if state not in reading.known.states:
        return "is in no fact"
    return "has another day" if _is_misdated(state, reading) else ""


def _is_denied_within(claim: Claim, reading: "Reading") -> bool:
    """Whether an entry with a gap in it has a denial there; "at no cost" is none."""
    return claim.state not in _WITH_NO and reading.words.denied.search(claim.match.group()) is not None


def _wrong_denial(state: str, reading: "Reading") -> str:
    known = reading.known
    if _OPPOSITES.get(state, frozenset()) & known.states:
        return ""
    if state in known.states:
        return "is denied against the facts"
    if state in _ACTS:
        return ""
    if state in ("in_stock", "compatible", "property", "warranty", "free"):
        return "is denied without a fact"
    return "" if known.has_status else "is denied without a fact"


def _is_misdated(state: str, reading: "Reading") -> bool:
    """Whether a sentence gives a state only days of other things."""
    if not reading.dated:
        return False
    true_days = reading.known.when(state)
    return bool(true_days) and not any(days & true_days for _, days in reading.dated)


def _last(marks: "re.Pattern[str]", text: str) -> str:
    """What stands after the last mark."""
    end = 0
    for match in marks.finditer(text):
        end = match.end()
    return text[end:]


def _first(marks: "re.Pattern[str]", text: str) -> str:
    """What stands before the first mark."""
    found = marks.search(text)
    return text[: found.start()] if found else text
