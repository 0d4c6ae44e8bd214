"""Where is my order: facts of the live order, by the decision table, and a person where the table wants one.

When the order system does not answer, what was read last is told with its age; where nothing was ever read, that is
said, and after the second failure in a row a person takes over.
"""

# ruff: noqa: E501 (patterns are read as lists of words)

import re
from collections.abc import Sequence
from datetime import date
from typing import Final

from server.answering.identify import UNREADABLE, Fits, Found, find_order, my_orders, numbers_in
from server.answering.skills import choosing
from server.answering.turn import Turn
from server.answering.words import cards, order_words
from server.commerce.catalogue.words import fold
from server.commerce.documents import parse_time
from server.commerce.model import FactValue, LocalTime, Moment, OrderSnapshot, Window
from server.commerce.rows import Signals, WismoAnswer
from server.commerce.wismo import decide, unreadable
from server.errors import StoreUnavailable

_FOLLOWING: Final = re.compile(
    r"\btrack(?:ing|en)?\b|sendungsnummer|verfolg|seguimiento|rastre|\bsuivi\b|\bsuivre\b", re.IGNORECASE
)
_CAME_IN_VAIN: Final = re.compile(
    r"\b(?:missed (?:me|us|the delivery|my delivery)|wasn'?t (?:home|in|there)|was not (?:home|in|there)|not (?:at )?home|no one (?:was )?home|nobody (?:was )?home|never (?:rang|knocked|came)|(?:left|got|found) a (?:card|note|slip)|delivery attempt|failed delivery|sorry we missed)\b"
    r"|\b(?:aviso|no (?:estaba|habia nadie) en casa|no (?:toco|llamo) (?:al |el )?timbre|intento de entrega|repartidor)\b|\b(?:avis de passage|n'etais pas (?:la|chez moi)|n'est jamais passe|n'a pas sonne|livreur)\b"
    r"|\b(?:nicht (?:zu hause|da)|niemand (?:zu hause|da)|benachrichtigung\w*|abholkarte|zustellversuch|nicht geklingelt|bote|zusteller)\b|\b(?:nao estava (?:em casa|ca)|ninguem em casa|tentativa de entrega|nao tocou|carteiro|entregador|aviso de)\b|\bghar p[ea]r? (?:nahi|koi nahi)"
)
_ATTEMPTED: Final = 21
_SHOWN_OTHERWISE: Final = frozenset({"widget", "voice"})
"""Channels on which a card shows how to follow a parcel, or where nobody can follow a link."""


async def order_status(turn: Turn, *, not_received: bool = False) -> None:
    """Say where the order is; ask which order when that is not known."""
    found = await meant(turn)
    if found is not None:
        tell(turn, found, not_received=not_received)


async def holding(turn: Turn) -> Fits | None:
    """Orders that hold what the message names ("when will the lamp ship?"); None where it names nothing of the asker's."""
    if numbers_in(turn):
        return None
    orders = await my_orders(turn)
    meant = choosing.lines_meant(turn.text, orders, turn.voice.language)
    named = {each.order.id for each in (meant.picks or meant.unclear)} or missed(turn, orders)
    return (lambda order: order.id in named) if named else None


async def meant(turn: Turn) -> Found | None:
    """The order that a question means, noted as read; None when something was asked, or it cannot be read now, as is then said."""
    try:
        found = await find_order(turn, fits=await holding(turn))
    except StoreUnavailable as error:
        say_unreadable(turn, error)
        return None
    if found is not None:
        note_read(turn)
    return found


def missed(turn: Turn, orders: Sequence[OrderSnapshot]) -> frozenset[str]:
    """The orders that the carrier came for in vain, where the message speaks of just that."""
    if turn.choice or numbers_in(turn) or not _CAME_IN_VAIN.search(fold(turn.text)):
        return frozenset()
    rows = {each.id: decide(each, turn.context.now, cfg=turn.context.wismo) for each in orders}
    return frozenset(name for name, answer in rows.items() if _ATTEMPTED in {one.row for one in answer.parcels})


def _told(turn: Turn, order: OrderSnapshot) -> dict[str, Moment]:
    """When the parcels of this order are expected, as the shopper heard it last in this conversation."""
    known = {parcel.id: turn.dialogue.told.get(f"{order.id}/{parcel.id}") for parcel in order.shipments}
    return {name: parse_time(text) for name, text in known.items() if text}


def _note_told(turn: Turn, answer: WismoAnswer) -> None:
    for result in answer.parcels:
        eta = result.fact("eta")
        if eta is not None and result.shipment_id:
            turn.dialogue.told[f"{answer.order_id}/{result.shipment_id}"] = _latest(eta.value).isoformat()


def _latest(value: FactValue) -> Moment:
    """The latest day or moment of an expectation."""
    match value:
        case Window(max=moment) | LocalTime(at=moment):
            return moment
        case date():
            return value
        case _:
            raise TypeError(f"an expectation is no {type(value).__name__}")


def decided(turn: Turn, order: OrderSnapshot, *, not_received: bool = False) -> WismoAnswer:
    """What the table answers about one order, to this customer in this mood."""
    signals = Signals(is_upset=turn.understood.frustration >= 2, told=_told(turn, order))
    return decide(order, turn.context.now, not_received=not_received, cfg=turn.context.wismo, signals=signals)


def tell(turn: Turn, found: Found, *, not_received: bool = False, answer: WismoAnswer | None = None) -> None:
    """Say everything that the table wants said about one order; of an old read, that a person can be had.

    `answer` is what was `decided` about it, where that is known."""
    order, context = found.order, turn.context
    answer = answer or decided(turn, order, not_received=not_received)
    _note_told(turn, answer)
    turn.speech.join(order_words.speech(answer, order, turn.voice))
    if _FOLLOWING.search(turn.text) or ("track" in answer.offers and context.channel not in _SHOWN_OTHERWISE):
        turn.speech.join(order_words.tracking(answer, turn.voice))
    turn.card, turn.shown_order = cards.order_card(answer, order, turn.voice), order.id
    turn.title = turn.title or turn.voice.text("title.order", number=order.number)
    turn.options = order_words.options(answer, turn.voice)
    turn.dialogue.unsure_times = 0
    note_read(turn)
    person = next((each for each in answer.escalate if each.to == "person"), None)
    if person is not None:
        turn.hand_off(person.reason)
    elif order_words.is_old(answer):
        turn.say("order.age.person")


def note_read(turn: Turn) -> None:
    """The order system answers: failures before this one are forgotten."""
    turn.dialogue.refused = [each for each in turn.dialogue.refused if each != UNREADABLE]


def say_unreadable(turn: Turn, error: StoreUnavailable) -> None:
    """The order system does not answer: say when it was last read; the second time, a person helps.

    Whether there ever was such an order is told only to somebody who has proven that it is theirs."""
    times = turn.dialogue.refused.count(UNREADABLE) + 1
    turn.dialogue.refused.append(UNREADABLE)
    number = _proven_number(turn)
    last_read = error.last_read if number else None
    answer = unreadable(number, last_read, failed_reads=times, tz=turn.context.shop.tz)
    turn.speech.join(order_words.unreadable_speech(answer, turn.voice))
    turn.options = [turn.option("choice.human", "human")]
    if answer.needs_person:
        turn.hand_off(UNREADABLE)


def _proven_number(turn: Turn) -> str:
    """The number of the order that this is about, if it was proven before in this thread; empty otherwise."""
    slots = turn.dialogue.slots.order_numbers
    is_proven = turn.dialogue.order_id in {*turn.context.proofs, *turn.proven}
    return slots[-1] if slots and is_proven and not numbers_in(turn) else ""
