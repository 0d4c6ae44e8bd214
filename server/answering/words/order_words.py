"""Where an order is, in words: for each row of the decision table, the sentences that its facts allow.

A row is a list of choices; of each choice the first phrase is said whose placeholders all have their facts. So nothing can be
said for which there is no fact, and what is said is the evidence. Two things more are looked at: a refund is worded by its state,
and a way out is named only while the answer offers it.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Final

from server.answering.context import Option
from server.answering.words.rows import ONLY_IF, ROW_STATES
from server.answering.words.voice import Speech, Value, Voice, names_in, phrases
from server.commerce.model import Fact, LocalTime, OrderSnapshot, RefundStatus
from server.commerce.rows import RowResult, WismoAnswer, has_passed

_REFUND: Final = (
    "refund.done", "refund.done_plain", "refund.done_only", "refund.pending", "refund.pending_only", "refund.failed", "refund.unclear",
)  # fmt: skip
_ROWS: Final[Mapping[int, tuple[tuple[str, ...], ...]]] = {
    1: (("when",), ("reason",), _REFUND),
    2: (("say",), ("link",)),
    3: (("since", "say"), ("help",)),
    4: (("say",), ("wait",)),
    5: (("date", "passed", "none"), ("others",)),
    6: (("date", "passed", "none"),),
    7: (("by", "none"), ("taken",), ("promised",)),
    8: (("say",), ("asked",)),
    9: (("packed", "handed", "say"), ("promised",)),
    10: (("say",), ("promised",)),
    11: (("since", "none"), ("asked",)),
    12: (("carrier", "city", "scan"), ("quiet",), ("eta", "passed", "promised")),
    13: (("carrier", "city", "scan"), ("moved", "moved_plain", "now", "passed", "delayed", "promised"), ("reason",)),
    14: (("city", "scan", "held", "plain"), ("eta", "promised", "watch")),
    15: (("city", "scan"), ("promised",), ("trace", "trace_passed")),
    16: (("say",), ("duty", "duty_amount", "duty_plain"), ("documents",), ("eta",)),
    17: (("say", "city", "none"), ("help",)),
    18: (("reason", "none"), ("eta", "no_date")),
    19: (("say",), ("help",)),
    20: (("say",), ("eta", "today")),
    21: (("reason", "none"), ("next", "pickup", "pickup_place")),
    22: (("until", "until_plain", "passed", "place", "none"), ("hours",), ("bring",)),
    23: (("place", "none"), ("signed",)),
    24: (("place", "none"), ("signed",), ("coming",), ("wait", "check")),
    25: (("reason", "none"), ("back",), ("help",)),
    26: (("say",), (*_REFUND, "choose")),
    27: (("presumed", "presumed_plain", "since", "none"), ("choose", "person")),
    28: (("say", "shipped", "none", "plain"),),
    29: (("sent", "none"),),
    30: (("number", "none"), ("person", "later")),
}
"""Row -> its choices. A name with a point is a phrase that rows share."""

_BEFORE: Final = (("age.minutes", "age.hours", "age.days"),)
"""Said before any row: how old the read is that everything rests on, where it is old."""

_PROBLEM: Final = (
    (
        "problem.bounced",
        "problem.bounced_plain",
        "problem.twice",
        "problem.twice_plain",
        "problem.failed",
        "problem.unclear",
    ),
)
_AFTER: Final = (("feed.unheard",), *_PROBLEM)
"""Said after any row: that the carrier could not be read, and what is wrong with the money."""

_OFFERS: Final[Mapping[str, frozenset[str]]] = {
    "r3.help": frozenset({"change_address"}),
    "r8.asked": frozenset({"cancel", "expedite"}),
    "r17.help": frozenset({"change_address"}),
    "r19.help": frozenset({"reship", "refund"}),
    "r25.help": frozenset({"reship"}),
    "r26.choose": frozenset({"reship", "refund"}),
    "r27.choose": frozenset({"reship", "refund"}),
    "r27.person": frozenset({"reship", "refund"}),
}
"""Phrase -> the offers without which it would promise too much (an open dispute takes some away)."""

_UPCOMING: Final[Mapping[str, str]] = {
    "r5.date": "expected_on",
    "r6.date": "ships_on",
    "r15.trace": "trace_answer_by",
    "r21.next": "next_at",
    "r21.pickup": "pickup_until",
    "r22.until": "pickup_until",
    "r22.until_plain": "pickup_until",
    "r25.back": "expected_back_on",
}
"""Phrase -> the fact that must still lie ahead."""

_UNLESS_OVER: Final[Mapping[str, str]] = {"r22.hours": "pickup_until", "r22.bring": "pickup_until"}
"""Phrase -> the fact that must not be over where it is known."""

_UNLESS_TOLD: Final[Mapping[str, str]] = {"problem.bounced": "refund_status", "problem.bounced_plain": "refund_status"}
"""Phrase -> the fact of which the row has told as much already."""

_PERSON_ONLY: Final = frozenset({"r30.person"})
_DONE_HERE: Final = {
    "start_return": ("choice.start_return", "do:return"),
    "refund_status": ("choice.refund_status", "do:refund_status"),
    "report_problem": ("choice.not_received", "do:delivery_problem"),
}
_NEEDS_NOBODY: Final = frozenset({"wait", "track", "notify", "directions"})
_MOST_OPTIONS: Final = 4
_SHORT: Final[Mapping[int, tuple[str, str]]] = {
    5: ("available", "expected_on"),
    6: ("ships_on", "ships_on"),
    7: ("ships_by", "fulfil_by"),
    22: ("collect", "pickup_until"),
    23: ("delivered", "delivered_at"),
}
"""Row -> (phrase, fact) of its short line; every other row says when it is expected, if that is known."""


def speech(answer: WismoAnswer, order: OrderSnapshot, voice: Voice) -> Speech:
    """Everything that the table wants said about an order; several parcels get a short line each, worst first."""
    voice = voice.at(order.tz)
    spoken = _say(_BEFORE, answer, answer.facts, voice)
    facts = answer.all_facts
    if answer.row != 28:
        spoken.join(_say(_ROWS[answer.row], answer, facts, voice)).line("", state_of(answer.parcels[0], order))
        return spoken.join(_say(_AFTER, answer, facts, voice))
    spoken.join(_say(_ROWS[28], answer, _counts(answer.facts), voice))
    spoken.join(_say(_AFTER, answer, facts, voice))
    for number, result in enumerate(answer.parcels, start=1):
        _say_parcel(spoken, number, result, order)
    return spoken


def age(answer: WismoAnswer, order: OrderSnapshot, voice: Voice) -> Speech:
    """How old the read is, if it is older than it should be."""
    return _say(_BEFORE, answer, answer.facts, voice.at(order.tz))


def tracking(answer: WismoAnswer, voice: Voice) -> Speech:
    """How each parcel can be followed: its number, and the link where there is one."""
    spoken = voice.speech()
    for result in answer.parcels:
        number, link = result.fact("tracking_number"), result.fact("tracking_url")
        if number is not None and link is not None:
            spoken.add("order.track.link", tracking_number=number, tracking_url=link)
        elif number is not None:
            spoken.add("order.track.number", tracking_number=number)
    return spoken


def problem(answer: WismoAnswer, order: OrderSnapshot, voice: Voice) -> Speech:
    """What is wrong with the money beside what a refund's own state says."""
    has_failed = any(refund.status is RefundStatus.FAILED for refund in order.refunds)
    found = [fact for fact in answer.facts if fact.value != "refund_bounced" or not has_failed]
    return _say(_PROBLEM, answer, found, voice.at(order.tz))


def is_old(answer: WismoAnswer) -> bool:
    """Whether the answer rests on a read that is older than it should be, because no newer one succeeded."""
    return answer.fact("as_of") is not None


def unreadable_speech(answer: WismoAnswer, voice: Voice) -> Speech:
    """The order system does not answer: when it was last read, if ever."""
    facts = {fact.key: fact for fact in answer.facts}
    spoken = voice.speech()
    if "last_read" in facts and "order_number" in facts:
        spoken.add("order.r30.read", order_number=facts["order_number"], last_read=facts["last_read"])
    else:
        spoken.add("order.r30.none")
    return spoken.add("order.r30.person" if answer.needs_person else "order.r30.later")


def options(answer: WismoAnswer, voice: Voice) -> list[Option]:
    """Quick replies for what the assistant can really do; everything else is a person's. At most four."""
    own = dict.fromkeys(_DONE_HERE[offer] for offer in answer.offers if offer in _DONE_HERE)
    chosen = [Option(voice.text(key), value) for key, value in own][: _MOST_OPTIONS - 1]
    is_for_person = any(offer not in _DONE_HERE and offer not in _NEEDS_NOBODY for offer in answer.offers)
    if not chosen or is_for_person or is_old(answer):
        chosen.append(Option(voice.text("choice.human"), "human"))
    return chosen


def short(result: RowResult, order: OrderSnapshot, voice: Voice) -> Speech:
    """One parcel in a few words: its state, and when it comes or came."""
    voice = voice.at(order.tz)
    name, key = _SHORT.get(result.row, ("expected", "eta"))
    when, state = result.fact(key), voice.text(f"short.{_short_name(result, voice)}")
    if when is None or (result.row == 22 and _is_over(when, voice)):
        return voice.speech().line(state, state_of(result, order))
    values: dict[str, Value] = {"state": state, key: when}
    return voice.speech().line(voice.text(f"short.{name}", **values), when, state_of(result, order))


def state_of(result: RowResult, order: OrderSnapshot) -> Fact:
    """What the row itself says: the state of a parcel, or of what has not left."""
    first = next(iter(result.facts), None)
    source = first.source if first else f"{order.source}:orders/{order.id}"
    value = "presumed" if _is_presumed(result) else ROW_STATES[result.row]
    return Fact("state", "status", value, source, first.at if first else order.as_of)


def _short_name(result: RowResult, voice: Voice) -> str:
    """The short line's phrase: some rows have another one for what is over, or not certain."""
    until = result.fact("pickup_until")
    if result.row == 22 and until is not None and _is_over(until, voice):
        return "r22_passed"
    return "r27_presumed" if _is_presumed(result) else f"r{result.row}"


def _is_presumed(result: RowResult) -> bool:
    loss = result.fact("loss")
    return loss is not None and loss.value == "presumed"


def _say(groups: Sequence[Sequence[str]], answer: WismoAnswer, found: Sequence[Fact], voice: Voice) -> Speech:
    """Of each group of phrases the first that fits the facts."""
    spoken = voice.speech()
    facts = {fact.key: fact for fact in found if voice.knows(fact)}
    for choices in groups:
        names = (name if "." in name else f"r{answer.row}.{name}" for name in choices)
        name = next((name for name in names if _fits(name, facts, voice) and _may(name, answer)), None)
        if name is not None:
            key = f"order.{name}"
            spoken.add(key, **{each: facts[each] for each in names_in(phrases(voice.language)[key])})
            spoken.line("", *_behind(name, facts))
    return spoken


def _fits(name: str, facts: Mapping[str, Fact], voice: Voice) -> bool:
    """Whether all facts of a phrase are known, say what it says, and are not over where it looks ahead."""
    if not names_in(phrases(voice.language)[f"order.{name}"]) <= facts.keys():
        return False
    if name in _UPCOMING and _is_over(facts[_UPCOMING[name]], voice):
        return False
    if _UNLESS_TOLD.get(name) in facts or _is_known_over(facts.get(_UNLESS_OVER.get(name, "")), voice):
        return False
    key, values = ONLY_IF.get(name, ("", frozenset[str]()))
    return not key or (key in facts and facts[key].value in values)


def _is_known_over(fact: Fact | None, voice: Voice) -> bool:
    return fact is not None and _is_over(fact, voice)


def _is_over(fact: Fact, voice: Voice) -> bool:
    value = fact.value.at if isinstance(fact.value, LocalTime) else fact.value
    return isinstance(value, date) and has_passed(value, voice.now, voice.tz)


def _may(name: str, answer: WismoAnswer) -> bool:
    """Whether what a phrase holds out is on offer, and a person is announced only where one comes."""
    return _OFFERS.get(name, frozenset()) <= set(answer.offers) and (name not in _PERSON_ONLY or answer.needs_person)


def _behind(name: str, facts: Mapping[str, Fact]) -> tuple[Fact, ...]:
    """The fact that decided for this wording."""
    return (facts[ONLY_IF[name][0]],) if name in ONLY_IF else ()


def _counts(facts: Sequence[Fact]) -> tuple[Fact, ...]:
    """The counts of row 28 without those that are zero: "0 delivered" is no news."""
    shown = {fact.key for fact in facts if fact.value != 0}
    if "parcels_total" in shown and next(fact.value for fact in facts if fact.key == "parcels_total") == 1:
        shown.discard("parcels_total")
    return tuple(fact for fact in facts if fact.key in shown)


def _say_parcel(spoken: Speech, number: int, result: RowResult, order: OrderSnapshot) -> None:
    held = result.fact("items") or _items(result, order)
    line = short(result, order, spoken.voice)
    if held is None:
        counted = Fact("parcel_number", "count", number, f"{order.source}:orders/{order.id}", order.as_of)
        text, about = spoken.voice.text("order.parcel_number", parcel_number=counted, line=line.text), counted
    else:
        count = result.fact("item_count")
        several = count is not None and isinstance(count.value, int) and count.value > len(result.line_ids)
        named: dict[str, Value] = {"items": held, "line": line.text}
        if count is not None and several:
            spoken.line("", count)
            text, about = spoken.voice.text("order.parcel_count", item_count=count, **named), held
        else:
            text, about = spoken.voice.text("order.parcel", **named), held
    spoken.line(text, about, *line.evidence)


def _items(result: RowResult, order: OrderSnapshot) -> Fact | None:
    titles = ", ".join(line.title for line in order.lines if line.id in result.line_ids)
    return Fact("items", "product", titles, f"{order.source}:orders/{order.id}", order.as_of) if titles else None
