"""What an order holds: "what did I order?", "what is in R-101?". Told item by item with the total, instead of where it is."""

# ruff: noqa: E501 (patterns are read as lists of words)

import re
from collections.abc import Awaitable, Callable
from typing import Final

from server.answering.skills.order_status import meant
from server.answering.turn import Turn
from server.answering.words import change_words
from server.commerce.catalogue.words import fold

_ASKS: Final = re.compile(
    r"\bwhat (?:did|have|had) (?:i|we) (?:actually |just |even )?(?:order|buy|bought|purchase)\w*|\bwhat(?:'s| is| was| are)? (?:all )?(?:in|inside|part of) (?:my|the|this|that|order)\b"
    r"|\b(?:which|what) (?:items|products|things|articles)\b[^.?!]{0,30}\b(?:order|bought|buy|in it)|\bcontents? of (?:my|the|order)\b"
    r"|\bque (?:he |habia )?(?:pedi(?:do)?|compr(?:e|ado))\b|\bque (?:hay|lleva|contiene|tiene|incluye)\b[^.?!]{0,12}\bpedido\b|\bqu(?:e |')(?:ai-je|j'ai) (?:commande|achete)\b|\bqu'est-ce que j'ai (?:commande|achete)\b"
    r"|\bque contient\b|\bqu'y a-t-il dans\b|\bwas (?:habe ich|hab ich|hatte ich)\b[^.?!]{0,20}\b(?:bestellt|gekauft)\b|\bwas ist (?:in|bei) (?:meiner|der|dieser)\b|\bwas enthalt\b"
    r"|\bo que (?:eu )?(?:pedi|comprei|encomendei)\b|\bo que (?:tem|vem|contem|ha) (?:n|d)?[oa]\b[^.?!]{0,12}\b(?:pedido|encomenda)\b"
)


def or_else(skill: Callable[[Turn], Awaitable[None]]) -> Callable[[Turn], Awaitable[None]]:
    """A skill that tells what is in the order where just that is asked, and goes on as `skill` elsewhere."""

    async def begin(turn: Turn) -> None:
        if turn.choice is None or turn.choice.startswith("order:"):
            task = turn.dialogue.task
            if _ASKS.search(fold(f"{turn.text}\n{task.text if task else ''}")):
                await _tell(turn)
                return
        await skill(turn)

    return begin


async def _tell(turn: Turn) -> None:
    found = await meant(turn)
    if found is None:
        return
    order = found.order
    lines = [line for line in order.lines if line.quantities.current > 0] or list(order.lines)
    turn.say(
        "order.contents",
        number=change_words.number(order),
        item=change_words.item(lines, order),
        total=change_words.total(order),
    )
    turn.options = [turn.option("choice.order_status", "do:order_status"), turn.option("choice.human", "human")]
