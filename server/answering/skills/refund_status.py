"""Where is my refund: returns and refunds of an order as they stand, what comes next and by when."""

from server.answering.identify import find_order
from server.answering.skills.order_status import say_unreadable
from server.answering.turn import Turn
from server.answering.words import cards, return_words
from server.errors import StoreUnavailable


async def refund_status(turn: Turn) -> None:
    """Tell the state of every return and refund; offer a return where there is none."""
    try:
        found = await find_order(turn, delivered=True)
    except StoreUnavailable as error:
        say_unreadable(turn, error)
        return
    if found is None:
        return
    order = found.order
    if not order.returns and not order.refunds:
        turn.say("refund.none", number=return_words.number_fact(order))
        turn.options = [turn.option("choice.start_return", "do:return"), turn.option("choice.human", "human")]
        return
    turn.speech.join(return_words.status(order, turn.voice, turn.context.policy, turn.context.now))
    if order.returns:
        turn.card = cards.return_card(order, order.returns[-1], turn.voice)
        turn.shown_order = order.id
    if return_words.needs_person(order, turn.context.now):
        turn.hand_off("failed")
