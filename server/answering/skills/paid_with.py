"""With what an order was paid, and what is stored: told to whom the orders are proven, as brand and last four digits, no more."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from server.answering.identify import find_customer, find_order
from server.answering.skills.order_status import note_read, say_unreadable
from server.answering.turn import Turn
from server.answering.words import change_words, paid_words
from server.commerce.model import Fact, PaymentMethod
from server.errors import StoreUnavailable

Skill = Callable[[Turn], Awaitable[None]]
_MOST: Final = 6


def or_else(skill: Skill) -> Skill:
    """Tell with what was paid, or what is stored, where that is asked; all else is the skill's."""

    async def begin(turn: Turn) -> None:
        is_new = turn.choice is None and turn.draft is None
        try:
            if is_new and paid_words.asks_stored(turn.text):
                await _tell_stored(turn)
            elif turn.draft is None and paid_words.asks_paid_with(turn.text):
                await _tell_paid(turn)
            else:
                await skill(turn)
        except StoreUnavailable as error:
            say_unreadable(turn, error)

    return begin


async def _tell_paid(turn: Turn) -> None:
    found = await find_order(turn)
    if found is None:
        return
    note_read(turn)
    order = found.order
    number = change_words.number(order)
    if order.payment.methods:
        turn.say("paying.paid_with", number=number, methods=_named(turn, order.payment.methods))
    else:
        turn.leaves_open = True
        turn.say("paying.paid_unknown", number=number)
        turn.options = [turn.option("choice.human", "human")]


async def _tell_stored(turn: Turn) -> None:
    who = await find_customer(turn)
    if who is None:
        return
    stored = who.customer.payment_methods
    if stored:
        turn.say("paying.stored", methods=_named(turn, stored))
    else:
        turn.say("paying.stored_none")


def _named(turn: Turn, methods: Sequence[PaymentMethod]) -> Fact:
    labels = dict.fromkeys(change_words.label(each, turn.voice) for each in methods[:_MOST])
    return Fact("methods", "text", ", ".join(labels), "store", turn.context.now)
