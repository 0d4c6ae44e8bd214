"""Amounts of money as people write them, compared by value: `$49.00`, `49 dollars`, `1.299,00 €`, `fifty euros`."""

import re
from collections.abc import Iterator
from decimal import Decimal
from functools import cache
from typing import Final

from babel.numbers import get_currency_precision, get_currency_symbol

from server.answering.words.claim_words import words_of
from server.commerce.model import Money

_NUMBER: Final = r"\d{1,3}(?:[.,'’\u00a0\u202f ]\d{3})+(?:[.,]\d{1,3})?(?!\d)|\d+(?:[.,]\d{1,3})?(?!\d)"
_CODES: Final = (
    "USD|EUR|GBP|CAD|AUD|NZD|BRL|MXN|INR|CHF|JPY|CNY|SEK|NOK|DKK|PLN|CZK|KRW|CLP|COP|ARS|SGD|HKD|ZAR|KWD|AED|SAR|QAR|BHD|OMR|JOD|EGP|"
    "MAD|HUF|RON|BGN|TRY|ILS|ISK|UAH|RSD|THB|MYR|PHP|IDR|VND|TWD|PEN|UYU|NGN|KES"
)
_NAMED: Final = (
    r"dollars?|bucks?|euros?|pounds?|quid|cents?|d[oó]lares?|reais|real|libras?|pesos|rupees?|francs?|franken"
)
_SIGN: Final = rf"[A-Z]{{0,3}}[$€£¥₹₩₺₫₪][A-Z]{{0,3}}|\b(?:{_CODES})\b|(?i:\b(?:{_NAMED})\b)"
_AMOUNT: Final = re.compile(
    rf"(?P<before>{_SIGN})[ \u00a0\u202f]?(?P<first>{_NUMBER})|(?P<second>{_NUMBER})[ \u00a0\u202f]?(?P<after>{_SIGN})"
)
MARK: Final = re.compile(rf"[$€£¥₹₩₺₫₪]|\b(?:{_CODES})(?!\w)|\b(?i:{_NAMED})\b")


def written(text: str) -> Iterator[tuple["re.Match[str]", str, str]]:
    """(match, sign of the currency, number) of every amount in digits."""
    for match in _AMOUNT.finditer(text):
        yield match, match["before"] or match["after"], match["first"] or match["second"]


def in_words(low: str, language: str) -> Iterator[tuple["re.Match[str]", str, str]]:
    """(match, sign of the currency, number) of every amount in words; `low` is lower-case text."""
    for match in _spoken_amounts(language).finditer(low):
        yield match, match[2], str(words_of(language).numbers[match[1]])


def holds(text: str, money: Money, language: str) -> bool:
    """Whether a text holds this amount."""
    return any(is_amount(sign, number, money, language) for _, sign, number in written(text))


@cache
def _spoken_amounts(language: str) -> "re.Pattern[str]":
    numbers = "|".join(sorted(words_of(language).numbers, key=len, reverse=True))
    return re.compile(rf"\b({numbers})\s+({_NAMED})\b")


def is_amount(sign: str, number: str, money: Money, language: str) -> bool:
    """Whether a written amount is this one."""
    digits = get_currency_precision(money.currency)
    return _minor(number, digits) == money.amount_minor and sign.casefold() in _signs(money.currency, language)


def amounts_in(text: str, money: Money, language: str) -> bool:
    """Whether a text holds an amount, and that amount is this one."""
    match = _AMOUNT.search(text)
    if match is None:
        return False
    return is_amount(match["before"] or match["after"], match["first"] or match["second"], money, language)


@cache
def _signs(currency: str, language: str) -> frozenset[str]:
    """How a currency is marked in a language; a word for it counts wherever it may mean it."""
    symbols = {get_currency_symbol(currency, locale) for locale in (language, "en_US")}
    spoken = {
        "USD": "dollar dollars dólar dólares dolares buck bucks", "CAD": "dollar dollars $", "AUD": "dollar dollars $",
        "EUR": "euro euros", "GBP": "pound pounds libra libras quid", "BRL": "real reais", "MXN": "pesos $",
        "INR": "rupee rupees", "CHF": "franc francs franken",
    }.get(currency, "")  # fmt: skip
    return frozenset(text.casefold() for text in {currency, *symbols, *spoken.split()})


def _minor(number: str, digits: int) -> int:
    """Minor units of a written amount: the last mark with as many digits behind it as the currency has is the point."""
    tail = re.search(rf"[.,](\d{{{digits}}})$", number) if digits else None
    whole = re.sub(r"\D", "", number[: tail.start()] if tail else number)
    return int(Decimal(whole or "0") * 10**digits) + (int(tail[1]) if tail else 0)
