"""A change that is told by what is wished for: "the bookshelf I bought, my partner reckons metal would look nicer".

What somebody has bought and now names with another size or colour shall become that, though no word says so. Others see a question
about goods in it, or nothing; whoever owns such an item is asked whether to change it.
"""

# ruff: noqa: E501 (patterns are read as lists of words)

import re
from collections.abc import Sequence
from typing import Final

from server.answering.context import Task
from server.answering.drafts.returns import ReturnDraft
from server.answering.identify import my_orders
from server.answering.skills import choosing
from server.answering.skills.returns_case import products_of
from server.answering.skills.variants import variant_meant
from server.answering.told import names_money_back, pays_by
from server.answering.turn import Turn
from server.commerce.catalogue.words import fold
from server.commerce.model import OrderSnapshot
from server.errors import StoreUnavailable

SKILL: Final = "change_order"
_GOODS: Final = frozenset({"product_question", "stock_question"})
_MONEY_BACK: Final = frozenset({"refund_request"})
_HOW_PAID: Final = frozenset({"payment", "promo"})
_ASKS_TO_PAY: Final = re.compile(
    r"[^.?!]*\b(?:pay\w*|gift ?card|(?:credit|debit) ?card|visa|mastercard|tarjeta|carte|karte|cartao)\b[^.?!]*\?",
    re.IGNORECASE,
)
_EXTRA: Final = re.compile(
    r"\b(?:(?:price|cost) difference|difference in (?:price|cost)|how much (?:more|extra)|what(?:'s| is)? the (?:extra|additional) (?:cost|charge|price)|(?:cost|costs|pay|be|charge[ds]?)(?: me)? (?:extra|more|on top)|(?:extra|additional) (?:cost|charge|money)|money back or pay|diferencia de precio|cuanto mas|difference de prix|combien (?:de|en) plus|aufpreis|preisunterschied|diferenca de preco|quanto (?:a )?mais)\b"
)
"""A question about what another version would cost beside what was paid."""
_BUYS: Final = re.compile(
    r"\b(?:buy|purchase|(?:order|get|have|want|need) (?:an ?other|one more|a second|more)|place an order|in addition|comprar|acheter|kaufen|encomendar|noch ein\w*)\b"
)
_ASKS: Final = re.compile(
    r"(?:^|[.!?,;:]\s*|\b(?:and|but|so|hi|hello|hey|ok|okay|y|et|und|e)\s+)(?:is|are|was|do|does|did|how|what|whats|which|when|where|why|who|will|any idea|(?:can|could|would) you (?:please )?(?:tell|show|explain|check|recommend|list)|"
    r"tell me|es|hay|tiene\w*|cual|que|como|cuanto|est-ce|quel\w*|combien|avez|ist|gibt|hat|haben|welche\w*|wie|was|tem|ha|qual|quanto)\b"
)


async def with_change(turn: Turn, tasks: list[Task]) -> list[Task]:
    """The tasks of a message; of one that only seems to ask about goods, a change of what the customer has bought."""
    told_beside = frozenset[str]()
    if tasks and "?" not in _ASKS_TO_PAY.sub(" ", turn.text) and not pays_by(turn.text):
        told_beside = _HOW_PAID | (frozenset() if names_money_back(turn.text) else _MONEY_BACK)
    if turn.choice or {each.skill for each in tasks} - _GOODS - told_beside or _is_about_the_shelf(fold(turn.text)):
        return tasks
    return [Task(SKILL, turn.text, draft=ReturnDraft(kind="items"))] if await _is_meant(turn) else tasks


async def is_change(turn: Turn) -> bool:
    """Whether a message that only names goods means another version of something that the customer has bought."""
    return turn.choice is None and not _is_about_the_shelf(fold(turn.text)) and await _is_meant(turn)


async def _is_meant(turn: Turn) -> bool:
    try:
        orders = [order for order in await my_orders(turn) if order.cancelled_at is None]
        return bool(orders) and await _wants_another(turn, orders)
    except StoreUnavailable:
        return False  # whoever needs the order system says so


def _is_about_the_shelf(folded: str) -> bool:
    """Whether a text asks what there is, or wants to buy something more."""
    return bool(_BUYS.search(folded) or (_ASKS.search(folded) and not _EXTRA.search(folded)))


async def _wants_another(turn: Turn, orders: Sequence[OrderSnapshot]) -> bool:
    """Whether a text names something of these orders, and a version of it that is not the one they hold."""
    language = turn.voice.language
    meant = choosing.lines_meant(turn.text, orders, language)
    for pick in meant.picks if meant.is_sure else ():
        products = await products_of(turn, pick.order, {pick.line.id: 1})
        product = products.get(pick.line.product_id or "")
        if product is None:
            continue
        wanted = variant_meant(pick.text or turn.text, product, pick.line.options, language, sku=pick.line.sku)
        if wanted.how != "unnamed":
            return True
    return False
