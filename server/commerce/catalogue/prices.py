"""Reads limits of price out of a wish ("under 30", "menos de 20 euros", "zwischen 20 und 40"), as amounts without a currency.

Pure. Which currency is meant is the catalogue's own; a limit is compared with its prices.
"""

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from babel.numbers import get_currency_precision

from server.commerce.catalogue.words import fold
from server.commerce.goods import Product, Variant

_SIGN: Final = r"(?:usd|eur|gbp|brl|[$€£]|r\$|us\$)?\s?"
_NUMBER: Final = r"(\d{1,3}(?:[.,]\d{3})+(?:[.,]\d{2})?|\d+(?:[.,]\d{1,2})?)"
_AFTER: Final = r"\s?(?:usd|eur|gbp|brl|[$€£]|dollars?|euros?|pounds?|bucks|dolares|reais|libras|pesos)?(?![\w%])"
_MOST: Final = (
    r"(?:under|below|less than|no more than|not more than|at most|max(?:imum|imal)?\.?|up to|cheaper than|within|"
    r"menos de|por debajo de|hasta|maximo|como mucho|moins de|jusqu'a|en dessous de|maximum|max|pas plus de|"
    r"unter|bis zu|bis|hochstens|weniger als|ate|abaixo de|no maximo)"
)
_LEAST: Final = (
    r"(?:over|above|more than|at least|from|starting at|mas de|a partir de|desde|plus de|au moins|"
    r"uber|mehr als|mindestens|ab|acima de|mais de)"
)
_BETWEEN: Final = re.compile(
    rf"\b(?:between|entre|zwischen)\s+{_SIGN}{_NUMBER}{_AFTER}\s*(?:and|y|et|und|e|-)\s*{_SIGN}{_NUMBER}{_AFTER}"
)
_UP_TO: Final = re.compile(rf"\b{_MOST}\s+(?:de\s+)?{_SIGN}{_NUMBER}{_AFTER}")
_FROM: Final = re.compile(
    rf"\b{_LEAST}\s+{_SIGN}{_NUMBER}\s?(?:usd|eur|gbp|brl|[$€£]|dollars?|euros?|pounds?|reais)(?!\w)"
)
_UNIT: Final = re.compile(
    r"^\s?(?:cm|mm|m|km|inch(?:es)?|in|ft|kg|g|lbs?|oz|l|ml|litres?|liters?|litros?|hours?|h|days?|years?|anos|ans|jahren?|grad|degrees|°|w|watts?|"
    r"mah|gb|tb)\b"
)


@dataclass(frozen=True, slots=True)
class Limits:
    """At least, at most; None = no limit."""

    least: Decimal | None = None
    most: Decimal | None = None

    def __bool__(self) -> bool:
        return self.least is not None or self.most is not None

    def fits(self, variant: Variant, currency: str | None) -> bool:
        """Whether a variant costs no less and no more."""
        price = Decimal(variant.price_minor).scaleb(-get_currency_precision(currency or "USD"))
        return (self.least is None or price >= self.least) and (self.most is None or price <= self.most)

    def admit(self, product: Product, currency: str) -> bool:
        """Whether some variant of a product is within the limits."""
        return not self or any(self.fits(each, product.currency or currency) for each in product.variants)


def limits_in(text: str) -> tuple[Limits, str]:
    """The limits of a text, and the folded text without them."""
    folded = fold(text)
    between = _BETWEEN.search(folded)
    if between is not None:
        low, high = sorted((_amount(between[1]), _amount(between[2])))
        return Limits(low, high), _without(folded, between)
    most = next((match for match in _UP_TO.finditer(folded) if not _UNIT.match(folded[match.end() :])), None)
    rest = _without(folded, most) if most else folded
    least = _FROM.search(rest)
    limits = Limits(_amount(least[1]) if least else None, _amount(most[1]) if most else None)
    return limits, _without(rest, least) if least else rest


def _without(text: str, match: "re.Match[str]") -> str:
    return f"{text[: match.start()]} {text[match.end() :]}"


def _amount(number: str) -> Decimal:
    """The value of a written number: a last group of three digits is thousands, of one or two is the fraction."""
    tail = re.search(r"[.,](\d{1,2})$", number)
    whole = re.sub(r"\D", "", number[: tail.start()] if tail else number)
    return Decimal(f"{whole}.{tail[1]}" if tail else whole)
