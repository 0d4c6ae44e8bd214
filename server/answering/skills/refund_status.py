"""Where is my refund: returns and refunds of an order as they stand, what comes next and by when.

A refund that the bank sent back is told as one that did not go through, whatever the order system still believes of it.
"""

from server.answering.identify import Fits, find_order, my_orders, numbers_in
from server.answering.skills.order_status import holding, note_read, say_unreadable
from server.answering.turn import Turn
from server.answering.words import cards, order_words, return_words
from server.commerce.model import OrderSnapshot
from server.commerce.problems import escalations, with_bounced
from server.commerce.wismo import decide
from server.errors import StoreUnavailable


async def refund_status(turn: Turn) -> None:
    """Tell the state of every return and refund; offer a return where there is none."""
    try:
        found = await find_order(turn, delivered=True, fits=await _with_money(turn))
    except StoreUnavailable as error:
        say_unreadable(turn, error)
        return
    if found is None:
        return
    note_read(turn)
    order = with_bounced(found.order)
    beside = decide(order, turn.context.now, cfg=turn.context.wismo)
    turn.speech.join(order_words.age(beside, order, turn.voice))
    if order.returns or order.refunds:
        _tell(turn, order)
    else:
        turn.leaves_open = True
        turn.say("refund.none", number=return_words.number_fact(order))
        turn.options = [turn.option("choice.start_return", "do:return"), turn.option("choice.human", "human")]
    turn.speech.join(order_words.problem(beside, order, turn.voice))
    person = next(iter(escalations(order)), None)
    if person is not None:
        turn.hand_off(person.reason)
    elif order_words.is_old(beside) and not turn.reason:
        turn.say("order.age.person")


async def _with_money(turn: Turn) -> Fits | None:
    """The orders of which the message can speak: those that hold what it names, else those with a return or a refund."""
    named = await holding(turn)
    if named is not None or numbers_in(turn):
        return named
    ids = {each.id for each in await my_orders(turn) if each.returns or each.refunds}
    return (lambda order: order.id in ids) if ids else None


def _tell(turn: Turn, order: OrderSnapshot) -> None:
    """Where the money is."""
    turn.speech.join(return_words.status(order, turn.voice, turn.context.policy, turn.context.now))
    if order.returns:
        turn.card = cards.return_card(order, order.returns[-1], turn.voice)
        turn.shown_order = order.id
    if return_words.needs_person(order, turn.context.now):
        turn.hand_off("failed")
