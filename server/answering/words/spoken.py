"""Facts as people say them: dates, times, money and places in the customer's language and the destination's zone.

A date alone is never given an hour, a window is never collapsed to its start, and "today" is the destination's today.
Dates always carry their day and month, so that a reply read tomorrow is still true.
"""

import re
from datetime import date, datetime, time
from decimal import Decimal
from functools import cache, lru_cache
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_skeleton, format_time
from babel.numbers import format_currency, get_currency_precision

from server.commerce.model import Fact, LocalTime, Moment, Money, Place, Window

LANGUAGES = ("en", "es", "fr", "de", "pt")
_RELATIVE = {
    "en": ("today", "tomorrow", "yesterday"),
    "es": ("hoy", "mañana", "ayer"),
    "fr": ("aujourd’hui", "demain", "hier"),
    "de": ("heute", "morgen", "gestern"),
    "pt": ("hoje", "amanhã", "ontem"),
}
_DAY = {
    "en": "EEEE, MMMM d", "es": "EEEE d 'de' MMMM", "fr": "EEEE d MMMM", "de": "EEEE, d. MMMM", "pt": "EEEE, d 'de' MMMM",
}  # fmt: skip
_YEAR = {"en": ", y", "es": " 'de' y", "fr": " y", "de": " y", "pt": " 'de' y"}
_ON = {"en": "on ", "es": "el ", "fr": "le ", "de": "am ", "pt": "na "}
_AT = {"en": " at ", "es": " a las ", "fr": " à ", "de": " um ", "pt": " às "}
_BETWEEN = {
    "en": "between {a} and {b}", "es": "entre {a} y {b}", "fr": "entre {a} et {b}", "de": "zwischen {a} und {b}", "pt": "entre {a} e {b}",
}  # fmt: skip
_GLUED = re.compile(r"(?<=[A-Z]{3})(?=\d)")  # CLDR's currencySpacing, which babel leaves out: CHF 42.00
_WEEKEND_STARTS = 5
CARRIERS = {
    "ups": "UPS", "usps": "USPS", "fedex": "FedEx", "dhl": "DHL", "ontrac": "OnTrac", "dpd": "DPD", "gls": "GLS", "evri": "Evri",
    "royal_mail": "Royal Mail", "royalmail": "Royal Mail", "amazon": "Amazon Logistics", "canada_post": "Canada Post",
    "correos": "Correos", "la_poste": "La Poste", "colissimo": "Colissimo", "chronopost": "Chronopost", "correios": "Correios",
    "hermes": "Hermes", "postnord": "PostNord", "australia_post": "Australia Post",
}  # fmt: skip
"""How carriers write themselves; any other is written as the order has it."""


@lru_cache(maxsize=256)
def language_of(language: str) -> str:
    """The language that we answer in: one of LANGUAGES, English where we have none."""
    short = language.split("-")[0].lower()
    return short if short in LANGUAGES else "en"


def spoken(fact: Fact, language: str, now: datetime, tz: str = "UTC") -> str:
    """The fact's value in words. `now` and `tz`, the zone of a date without an hour, decide what today is."""
    language, value = language_of(language), fact.value
    match value:
        case LocalTime():
            return _instant(value, language, now) if fact.kind != "time" else clock(value.at, value.tz, language)
        case Window():
            return _window(value, language, now)
        case Money():
            return money(value, language)
        case Place():
            return place(value)
        case date():
            return day(value, language, now, tz)
        case _:
            return CARRIERS.get(str(value).casefold(), str(value)) if fact.kind == "carrier" else str(value)


def on(fact: Fact, language: str, now: datetime, tz: str = "UTC") -> str:
    """When something happens, as part of a sentence: "on Monday, November 23", "le lundi 23 novembre", "today, ..."."""
    text = spoken(fact, language, now, tz)
    local = _day_of(fact, tz)
    return text if local is None else _with_article(text, local[0], language_of(language), now, local[1])


def undated(fact: Fact, language: str, now: datetime, tz: str = "UTC") -> str:
    """The fact in words without "today", "tomorrow" or "yesterday"."""
    text, language = spoken(fact, language, now, tz), language_of(language)
    prefix = next((f"{word}, " for word in _RELATIVE[language] if text.startswith(f"{word}, ")), "")
    return text.removeprefix(prefix)


def money(value: Money, language: str) -> str:
    """An amount as it is written in a language: `$1,299.00`, `1.299,00 $`."""
    return _money(value.amount_minor, value.currency, language)


@lru_cache(maxsize=4096)
def _money(minor: int, currency: str, language: str) -> str:
    digits = get_currency_precision(currency)
    text = format_currency(Decimal(minor).scaleb(-digits), currency, locale=_locale(language))
    return _GLUED.sub("\u00a0", text)


def place(value: Place) -> str:
    """`Omaha, NE`, or whatever of it is known."""
    return ", ".join(part for part in (value.city or value.facility, value.region or value.country) if part)


def day(value: date, language: str, now: datetime, tz: str = "UTC") -> str:
    """A date with its weekday; today, tomorrow and yesterday by name too."""
    text = plain_day(value, language, now, tz)
    offset = (value - _today(now, tz)).days
    return f"{_RELATIVE[language][offset]}, {text}" if offset in (0, 1, -1) else text


def plain_day(value: date, language: str, now: datetime, tz: str) -> str:
    """A date with its weekday, and with its year when that is not this one."""
    only = value.date() if isinstance(value, datetime) else value
    return _dated(only, value.year != _today(now, tz).year, language)


@lru_cache(maxsize=4096)
def _dated(value: date, with_year: bool, language: str) -> str:
    pattern = _DAY[language] + (_YEAR[language] if with_year else "")
    text = format_date(value, pattern, locale=_locale(language))
    return text.replace(" 1 ", " 1er ", 1) if language == "fr" and value.day == 1 else text


def clock(value: datetime, tz: str, language: str) -> str:
    """The time of day at the destination."""
    local = value.astimezone(ZoneInfo(tz))
    return _clock(time(local.hour, local.minute), language)


@lru_cache(maxsize=2048)
def _clock(value: time, language: str) -> str:
    return format_time(value, format="short", locale=_locale(language)).replace("\u202f", " ")


@lru_cache(maxsize=2048)
def short_date(value: date, language: str) -> str:
    """`Nov 23`, for cards."""
    return format_skeleton("MMMd", value, locale=_locale(language)) or format_date(value, locale=_locale(language))


def _today(now: datetime, tz: str) -> date:
    return now.astimezone(ZoneInfo(tz)).date()


def _instant(value: LocalTime, language: str, now: datetime) -> str:
    local = value.at.astimezone(ZoneInfo(value.tz)).date()
    return day(local, language, now, value.tz) + _at(value.at, value.tz, language)


def _at(value: datetime, tz: str, language: str) -> str:
    """ " at 11:40 AM", as it follows a day."""
    time = clock(value, tz, language)
    word = " a la " if language == "es" and time.startswith("1:") else _AT[language]
    return f"{word}{time} Uhr" if language == "de" else f"{word}{time}"


def _window(value: Window, language: str, now: datetime) -> str:
    first, last, tz = value.min, value.max, value.tz
    if first == last:
        return _moment(first, tz, language, now)
    if not (isinstance(first, datetime) and isinstance(last, datetime)):
        return _between(_inner(first, tz, language, now), _inner(last, tz, language, now), language)
    zone = ZoneInfo(tz)
    if first.astimezone(zone).date() != last.astimezone(zone).date():
        return _between(_inner(first, tz, language, now), _inner(last, tz, language, now), language)
    hours = _between(clock(first, tz, language), clock(last, tz, language), language)
    return f"{day(first.astimezone(zone).date(), language, now, tz)}, {hours}{' Uhr' if language == 'de' else ''}"


def _between(first: str, last: str, language: str) -> str:
    return _BETWEEN[language].format(a=first, b=last)


def _moment(value: Moment, tz: str, language: str, now: datetime) -> str:
    if isinstance(value, datetime):
        return _instant(LocalTime(value, tz), language, now)
    return day(value, language, now, tz)


def _inner(value: Moment, tz: str, language: str, now: datetime) -> str:
    """One end of a span: without "today", with the article where the language wants one."""
    local = value.astimezone(ZoneInfo(tz)).date() if isinstance(value, datetime) else value
    article = _ON[language] if language in ("es", "fr") else ""
    hour = _at(value, tz, language) if isinstance(value, datetime) else ""
    return article + plain_day(local, language, now, tz) + hour


def _day_of(fact: Fact, tz: str) -> tuple[date, str] | None:
    """The day that a spoken fact begins with, and the zone in which it is one; None for spans of days and other things."""
    value = fact.value
    if isinstance(value, LocalTime) and fact.kind != "time":
        return value.at.astimezone(ZoneInfo(value.tz)).date(), value.tz
    if isinstance(value, Window):
        first, last = (_local(each, value.tz) for each in (value.min, value.max))
        return (first, value.tz) if first == last else None
    return (value, tz) if isinstance(value, date) else None


def _local(value: Moment, tz: str) -> date:
    return value.astimezone(ZoneInfo(tz)).date() if isinstance(value, datetime) else value


def _with_article(text: str, value: date, language: str, now: datetime, tz: str) -> str:
    if (value - _today(now, tz)).days in (0, 1, -1):
        return text
    article = "no " if language == "pt" and value.weekday() >= _WEEKEND_STARTS else _ON[language]
    return article + text


@cache
def _locale(language: str) -> Locale:
    return Locale.parse({"en": "en_US", "pt": "pt_BR"}.get(language, language))
