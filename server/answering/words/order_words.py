"""Where an order is, in words: for each row of the decision table, the sentences that its facts allow.

A row is a list of choices; of each choice the first phrase is said whose placeholders all have their facts. So nothing can be
said for which there is no fact, and what is said is the evidence.
"""

from collections.abc import Mapping
from typing import Final

from server.answering.context import Option
from server.answering.words.voice import Speech, Voice, names_in, phrases
from server.commerce.model import Fact, OrderSnapshot
from server.commerce.rows import RowResult, WismoAnswer

_ROWS: Final[Mapping[int, tuple[tuple[str, ...], ...]]] = {
    1: (("when",), ("reason",), ("refund_done", "refund_state")),
    2: (("say",), ("link",)),
    3: (("say",),),
    4: (("say",),),
    5: (("date", "none"), ("others",)),
    6: (("date", "none"),),
    7: (("by", "none"), ("promised",)),
    8: (("say",), ("asked",)),
    9: (("say",), ("promised",)),
    10: (("say",), ("promised",)),
    11: (("since", "none"),),
    12: (("city", "city_only", "scan"), ("eta", "passed", "promised")),
    13: (("city", "scan"), ("moved", "moved_plain", "now", "passed"), ("reason",)),
    14: (("city", "scan"), ("eta", "promised", "watch")),
    15: (("city", "scan"), ("promised",), ("trace",)),
    16: (("say",), ("duty", "duty_amount"), ("eta",)),
    17: (("say", "city", "none"), ("help",)),
    18: (("reason", "none"), ("eta", "no_date")),
    19: (("say",), ("help",)),
    20: (("say",), ("eta", "today")),
    21: (("reason", "none"), ("next", "pickup", "pickup_place")),
    22: (("until", "place", "none"), ("hours",)),
    23: (("place", "none"), ("signed",)),
    24: (("place", "none"), ("signed",), ("coming",), ("wait", "check")),
    25: (("reason", "none"), ("back",)),
    26: (("say",), ("refund_done", "refund_state", "choose")),
    27: (("since", "none"), ("choose",)),
    28: (("say",),),
    29: (("sent", "none"),),
    30: (("number", "none"), ("later",)),
}
_DONE_ONLY: Final = frozenset({"refund_done"})
_OFFERED: Final = {
    "start_return": ("choice.start_return", "do:return"),
    "refund_status": ("choice.refund_status", "do:refund_status"),
    "report_problem": ("choice.not_received", "do:delivery_problem"),
}
_MOST_OPTIONS: Final = 4


def speech(answer: WismoAnswer, order: OrderSnapshot, voice: Voice) -> Speech:
    """Everything that the table wants said about an order; several parcels get a short line each."""
    spoken = voice.speech()
    if answer.row == 28:
        _say_row(spoken, 28, answer.facts, voice)
        for result in answer.parcels:
            _say_parcel(spoken, result, order, voice)
        return spoken
    return _say_row(spoken, answer.row, answer.all_facts, voice)


def unreadable_speech(answer: WismoAnswer, voice: Voice) -> Speech:
    """The order system does not answer: when it was last read, if ever."""
    facts = {fact.key: fact for fact in answer.facts}
    spoken = voice.speech()
    if "last_read" in facts and "order_number" in facts:
        spoken.add("order.r30.read", order_number=facts["order_number"], last_read=facts["last_read"])
    else:
        spoken.add("order.r30.none")
    return spoken.add("order.r30.later")


def options(answer: WismoAnswer, voice: Voice) -> list[Option]:
    """Quick replies for what the assistant can really do; everything else is a person's."""
    own = [_OFFERED[offer] for offer in answer.offers if offer in _OFFERED]
    others = any(offer not in _OFFERED and offer not in ("wait", "track") for offer in answer.offers)
    chosen = [Option(voice.text(key), value) for key, value in dict.fromkeys(own)]
    if others or not chosen:
        chosen = [*chosen[: _MOST_OPTIONS - 1], Option(voice.text("choice.human"), "human")]
    return chosen[:_MOST_OPTIONS]


def short(result: RowResult, voice: Voice) -> Speech:
    """One parcel in a few words: its state, and when it comes or came."""
    facts = {fact.key: fact for fact in result.facts}
    state = voice.text(f"short.r{result.row}")
    spoken = voice.speech()
    if result.row == 23 and "delivered_at" in facts:
        return spoken.add("short.delivered", delivered_at=facts["delivered_at"])
    if "eta" in facts:
        return spoken.line(voice.text("short.expected", state=state, eta=facts["eta"]), facts["eta"], status_of(result))
    return spoken.line(state, status_of(result))


def status_of(result: RowResult) -> Fact:
    """The row itself as a fact: what it says about the state is evidence."""
    first = next(iter(result.facts), None)
    at = first.at if first else None
    return Fact("row", "status", f"row {result.row}", first.source if first else "", at)  # type: ignore[arg-type]  # rows of parcels have facts


def _say_row(spoken: Speech, row: int, found: tuple[Fact, ...], voice: Voice) -> Speech:
    facts = {fact.key: fact for fact in found}
    for choices in _ROWS[row]:
        for name in choices:
            if _fits(f"order.r{row}.{name}", name, facts, voice):
                key = f"order.r{row}.{name}"
                spoken.add(key, **{each: facts[each] for each in names_in(phrases(voice.language)[key])})
                break
    return spoken


def _fits(key: str, name: str, facts: Mapping[str, Fact], voice: Voice) -> bool:
    if name in _DONE_ONLY and (status := facts.get("refund_status")) is not None and status.value != "succeeded":
        return False
    return names_in(phrases(voice.language)[key]) <= facts.keys()


def _say_parcel(spoken: Speech, result: RowResult, order: OrderSnapshot, voice: Voice) -> None:
    facts = {fact.key: fact for fact in result.facts}
    held = facts.get("items") or _items(result, order)
    line = short(result, voice)
    spoken.line(voice.text("order.parcel", items=held, line=line.text), held, *line.evidence)


def _items(result: RowResult, order: OrderSnapshot) -> Fact:
    titles = ", ".join(line.title for line in order.lines if line.id in result.line_ids) or order.number
    return Fact("items", "product", titles, f"{order.source}:orders/{order.id}", order.as_of)
