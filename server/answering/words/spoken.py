"""Facts as people say them: dates, times, money and places in the customer's language and the destination's zone.

A date alone is never given an hour, a window is never collapsed to its start, and "today" is the destination's today.
Dates always carry their day and month, so that a reply read tomorrow is still true.
"""

from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_skeleton, format_time
from babel.numbers import format_currency, get_currency_precision

from server.commerce.model import Fact, LocalTime, Moment, Money, Place, Window

LANGUAGES = ("en", "es", "fr", "de", "pt")
_TODAY = {
    "en": ("today", "tomorrow", "yesterday"),
    "es": ("hoy", "mañana", "ayer"),
    "fr": ("aujourd’hui", "demain", "hier"),
    "de": ("heute", "morgen", "gestern"),
    "pt": ("hoje", "amanhã", "ontem"),
}
_AT = {"en": " at ", "es": " a las ", "fr": " à ", "de": " um ", "pt": " às "}
_BETWEEN = {
    "en": "between {a} and {b}", "es": "entre {a} y {b}", "fr": "entre {a} et {b}", "de": "zwischen {a} und {b}", "pt": "entre {a} e {b}",
}  # fmt: skip
_HINGLISH = "hi-en"


def language_of(language: str) -> str:
    """The language that we answer in: one of LANGUAGES, English where we have none."""
    short = language.split("-")[0].lower()
    return short if short in LANGUAGES else "en"


def spoken(fact: Fact, language: str, now: datetime) -> str:
    """The fact's value in words. `now` decides what today is."""
    language, value = language_of(language), fact.value
    match value:
        case LocalTime():
            return _instant(value, language, now, with_date=fact.kind != "time")
        case Window():
            return _window(value, language, now)
        case Money():
            return money(value, language)
        case Place():
            return place(value)
        case date():
            return day(value, language, now)
        case _:
            return str(value)


def money(value: Money, language: str) -> str:
    """An amount as it is written in a language: `$1,299.00`, `1.299,00 $`."""
    digits = get_currency_precision(value.currency)
    return format_currency(Decimal(value.amount_minor).scaleb(-digits), value.currency, locale=_locale(language))


def place(value: Place) -> str:
    """`Omaha, NE`, or whatever of it is known."""
    return ", ".join(part for part in (value.city or value.facility, value.region or value.country) if part)


def day(value: date, language: str, now: datetime, tz: str = "UTC") -> str:
    """A date with its weekday; today, tomorrow and yesterday by name too."""
    today = now.astimezone(ZoneInfo(tz)).date()
    skeleton = "MMMMEEEEd" if value.year == today.year else "yMMMMEEEEd"
    text = format_skeleton(skeleton, value, locale=_locale(language))
    offset = (value - today).days
    if offset in (0, 1, -1):
        return f"{_TODAY[language][offset]}, {text}"
    return text


def clock(value: datetime, tz: str, language: str) -> str:
    """The time of day at the destination."""
    return format_time(value.astimezone(ZoneInfo(tz)), format="short", locale=_locale(language)).replace("\u202f", " ")


def _instant(value: LocalTime, language: str, now: datetime, *, with_date: bool) -> str:
    time = clock(value.at, value.tz, language)
    if not with_date:
        return time
    local = value.at.astimezone(ZoneInfo(value.tz)).date()
    return day(local, language, now, value.tz) + _AT[language] + time


def _window(value: Window, language: str, now: datetime) -> str:
    if value.min == value.max:
        return _moment(value.min, value.tz, language, now)
    if isinstance(value.min, datetime) and isinstance(value.max, datetime):
        return _hours(value.min, value.max, value.tz, language, now)
    first, last = (_moment(each, value.tz, language, now) for each in (value.min, value.max))
    return _BETWEEN[language].format(a=first, b=last)


def _hours(first: datetime, last: datetime, tz: str, language: str, now: datetime) -> str:
    zone = ZoneInfo(tz)
    hours = _BETWEEN[language].format(a=clock(first, tz, language), b=clock(last, tz, language))
    if first.astimezone(zone).date() == last.astimezone(zone).date():
        return day(first.astimezone(zone).date(), language, now, tz) + ", " + hours
    return _BETWEEN[language].format(a=_moment(first, tz, language, now), b=_moment(last, tz, language, now))


def _moment(value: Moment, tz: str, language: str, now: datetime) -> str:
    if isinstance(value, datetime):
        return _instant(LocalTime(value, tz), language, now, with_date=True)
    return format_date_of(value, language, now, tz)


def format_date_of(value: date, language: str, now: datetime, tz: str) -> str:
    """A date inside a span: with its weekday, without "today"."""
    skeleton = "MMMMEEEEd" if value.year == now.astimezone(ZoneInfo(tz)).year else "yMMMMEEEEd"
    return format_skeleton(skeleton, value, locale=_locale(language))


def short_date(value: date, language: str) -> str:
    """`Nov 23`, for cards."""
    return format_skeleton("MMMd", value, locale=_locale(language)) or format_date(value, locale=_locale(language))


def _locale(language: str) -> Locale:
    return Locale.parse({"en": "en_US", "pt": "pt_BR"}.get(language, language))
