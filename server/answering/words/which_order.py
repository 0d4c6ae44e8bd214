"""Which of somebody's own orders a text means without its number: the last one, the first one, by how the number ends.

Pure, in five languages.
"""

# ruff: noqa: E501 (patterns are read as lists of words)

import re
from collections.abc import Sequence
from typing import Final

from server.commerce.catalogue.words import fold
from server.commerce.model import OrderSnapshot

_TAKEN_BACK: Final = re.compile(
    r"\W+(?:(?:oh|ah|uh|no|wait|sorry|pardon|perd[oó]n(?:a)?|disculpa|i mean|i meant|actually|rather|make that|correction|oops|digo|mejor dicho|quiero decir"
    r"|non|plut[oô]t|enfin|je veux dire|nein|quatsch|halt|moment|ich meine|vielmehr|besser gesagt|n[aã]o|desculpa|desculpe|ali[aá]s|quer dizer|nahi|matlab"
    r"|it'?s|is|es|c'est|ist|[eé]|the|la|el|le|die|a|o|order|number)\W+)+#?[A-Za-z]{0,4}-?",
    re.IGNORECASE,
)
"""What stands between a wrong number and the right one."""
_BACK_WORD: Final = re.compile(
    r"\b(?:no|wait|sorry|pardon|perd[oó]na?|disculpa|mean|meant|actually|rather|make that|correction|oops|digo|dicho|decir|non|plut[oô]t|dire|nein|quatsch|meine|vielmehr|gesagt|n[aã]o|desculp[ae]|ali[aá]s|dizer|nahi|matlab)\b",
    re.IGNORECASE,
)
_ENDS_IN: Final = re.compile(
    r"\b(?:orders?|number|no\.?|#|pedido|numero|commande|bestellung|bestellnummer|encomenda)\b[^.?!]{0,24}?\b(?:end(?:s|ing|ed|et|e|end)?|last (?:\w+ )?digits?|finish\w*|termina\w*|acaba\w*|finit|finissant|se termine)\b"
    r"(?: (?:are|is|in|with|on|by|en|con|por|par|auf|mit|em|com))*\s*#?(?P<digits>\d{2,6})\b"
)
_ORDER_NOUN: Final = r"(?:orders?|purchase|pedido|compra|commande|achat|bestellung|encomenda)"
_LATEST: Final = re.compile(
    rf"\b(?:my|the) (?:very )?(?:last|latest|most recent|newest) {_ORDER_NOUN}\b|\b{_ORDER_NOUN} (?:that )?(?:i|we)(?:'ve| have)? (?:just )?(?:placed|made|ordered) (?:last|most recently|the most recent)\b"
    rf"|\b(?:mi|el|la|meu|minha|o|a) (?:ultim[oa]|mas reciente) {_ORDER_NOUN}\b|\b(?:ma|la) derniere {_ORDER_NOUN}\b|\b(?:meine|die|der|meiner) (?:letzte[nr]?|neueste[nr]?) {_ORDER_NOUN}\b"
)
_EARLIEST: Final = re.compile(
    rf"\b(?:my|the) (?:very )?(?:first|oldest|earliest) {_ORDER_NOUN}\b|\b(?:mi|el|la|meu|minha) primer[oa]? {_ORDER_NOUN}\b|\bma premiere {_ORDER_NOUN}\b|\bmeine[r]? (?:erste[n]?|alteste[n]?) {_ORDER_NOUN}\b"
)


def described(text: str, orders: Sequence[OrderSnapshot]) -> tuple[OrderSnapshot, ...]:
    """Those of somebody's `orders` that a text tells by their place in time or by how their number ends; empty if it tells none."""
    folded = fold(text)
    ends = [match["digits"] for match in _ENDS_IN.finditer(folded)]
    ending = tuple(order for order in orders if ends and order.number.endswith(tuple(ends)))
    if ending:
        return ending
    placed = sorted(orders, key=lambda each: each.placed_at)
    if _LATEST.search(folded):
        return tuple(placed[-1:])
    return tuple(placed[:1]) if _EARLIEST.search(folded) else ()


def not_taken_back(text: str, numbers: tuple[str, ...]) -> tuple[str, ...]:
    """The numbers without those that a text takes back at once: "4841? no, sorry, 4822"."""
    places = [text.find(number.lstrip("#")) for number in numbers]
    kept = list(numbers)
    for number, start, following in zip(numbers, places, places[1:], strict=False):
        between = text[start + len(number.lstrip("#")) : following]
        if start >= 0 and _TAKEN_BACK.fullmatch(between) and _BACK_WORD.search(between):
            kept.remove(number)
    return tuple(kept)
