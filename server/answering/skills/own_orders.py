"""Questions about one's own orders: which there are and how each stands, and what one of them cost.

Told from the live orders to whom they are proven; nothing is changed.
"""

from collections.abc import Sequence
from typing import Final

from server.answering.identify import find_order, known_order, my_orders
from server.answering.skills.order_status import meant, note_read, say_unreadable
from server.answering.told import told
from server.answering.turn import Turn
from server.answering.words import change_words, sum_words
from server.commerce.model import Fact, Money, OrderSnapshot
from server.errors import StoreUnavailable

SUMS: Final = "order_sums"
LIST: Final = "order_list"
_MOST: Final = 6


def asked(text: str) -> str:
    """The skill that answers a question about one's own orders; empty where a text asks none, or wishes for something."""
    if told(text):
        return ""
    return SUMS if sum_words.parts_asked(text) else LIST if sum_words.asks_for_orders(text) else ""


async def sums(turn: Turn) -> None:
    """What an order cost: the sums that are asked for."""
    found = await meant(turn)
    if found is None:
        return
    order, number = found.order, change_words.number(found.order)
    text, wish = turn.text, _wish(turn)
    for part in sum_words.parts_asked(text) or sum_words.parts_asked(wish) or sum_words.parts_named(text) or ("total",):
        turn.say(f"sums.{part}", number=number, amount=_amount(order, getattr(order.totals, part)))


async def list_orders(turn: Turn) -> None:
    """The orders that the asker may see, newest first, each with what is in it and how it stands."""
    try:
        orders = list(await my_orders(turn))
        named = await known_order(turn) if not orders else None
        if not orders and named is None:
            named = await find_order(turn)
    except StoreUnavailable as error:
        say_unreadable(turn, error)
        return
    if named is not None:
        orders = [named.order]
    if not orders:
        return
    note_read(turn)
    is_open = sum_words.asks_for_open(turn.text) or sum_words.asks_for_open(_wish(turn))
    meant = [each for each in orders if each.state not in ("delivered", "cancelled")] if is_open else orders
    _tell(turn, meant, len(orders), is_open=is_open)


def _tell(turn: Turn, orders: Sequence[OrderSnapshot], seen: int, *, is_open: bool) -> None:
    if not orders:
        turn.say("sums.none_open")
        return
    turn.say("sums.open" if is_open else "sums.orders")
    for order in orders[:_MOST]:
        lines = [line for line in order.lines if line.quantities.current > 0] or list(order.lines)
        turn.speech.paragraph()
        turn.say(
            "sums.order",
            number=change_words.number(order),
            item=change_words.item(lines, order),
            state=change_words.state(order),
        )
    if len(orders) > _MOST:
        left = Fact("left", "count", len(orders) - _MOST, orders[0].source, orders[0].as_of)
        turn.speech.paragraph()
        turn.say("sums.more", left=left)


def _wish(turn: Turn) -> str:
    task = turn.dialogue.task
    return task.text if task is not None else ""


def _amount(order: OrderSnapshot, value: Money) -> Fact:
    return Fact("amount", "amount", value, f"{order.source}:orders/{order.id}", order.as_of)
