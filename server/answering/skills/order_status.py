"""Where is my order: facts of the live order, by the decision table, and a person where the table wants one."""

from server.answering.identify import Found, find_order
from server.answering.turn import Turn
from server.answering.words import cards, order_words
from server.commerce.rows import Signals
from server.commerce.wismo import decide, unreadable
from server.errors import StoreUnavailable


async def order_status(turn: Turn, *, not_received: bool = False) -> None:
    """Say where the order is; ask which order when that is not known."""
    try:
        found = await find_order(turn)
    except StoreUnavailable as error:
        say_unreadable(turn, error)
        return
    if found is not None:
        tell(turn, found, not_received=not_received)


def tell(turn: Turn, found: Found, *, not_received: bool = False) -> None:
    """Say everything that the table wants said about one order."""
    order = found.order
    upset = turn.understood.frustration >= 2
    answer = decide(order, turn.context.now, not_received=not_received, signals=Signals(is_upset=upset))
    turn.speech.join(order_words.speech(answer, order, turn.voice))
    turn.card, turn.shown_order = cards.order_card(answer, order, turn.voice), order.id
    turn.title = turn.title or turn.voice.text("title.order", number=order.number)
    turn.options = order_words.options(answer, turn.voice)
    turn.dialogue.unsure_times = 0
    person = next((each for each in answer.escalate if each.to == "person"), None)
    if person is not None:
        turn.hand_off(person.reason)


def say_unreadable(turn: Turn, error: StoreUnavailable) -> None:
    """The order system does not answer: say when it was last read; the second time, a person helps."""
    times = turn.dialogue.refused.count("unreadable") + 1
    turn.dialogue.refused.append("unreadable")
    number = turn.dialogue.slots.order_numbers[-1] if turn.dialogue.slots.order_numbers else ""
    answer = unreadable(number, error.last_read, failed_reads=times, tz=turn.context.shop.tz)
    turn.speech.join(order_words.unreadable_speech(answer, turn.voice))
    turn.options = [turn.option("choice.human", "human")]
    if answer.needs_person:
        turn.hand_off("unreadable")
