"""The dates and times of a sentence, compared by value with those that are known.

A date may be written in any way; a time must be one of the day that stands before it.
"""

import re
from collections.abc import Iterable, Iterator
from datetime import date
from functools import cache
from typing import TYPE_CHECKING, Final

from server.answering.words.claim_words import Words, words_of

if TYPE_CHECKING:
    from server.answering.words.claims import Reading
    from server.answering.words.known import Known

_TIME: Final = re.compile(
    r"\b(?P<hour>2[0-4]|[01]?\d)(?!\d)(?:(?::|h|\.(?=[0-5]\d\s*uhr))(?P<minute>[0-5]\d))?(?:\s?(?P<half>[ap])\.?\s?m\b\.?|(?P<h>\s?h\b(?!\w))|\s?uhr\b|\s?o'clock\b)?"
)
_NAMED_TIME: Final = re.compile(
    r"\b(?:noon|midnight|midday|mediodía|medianoche|midi|minuit|mittags?|mitternacht|meio-dia|meia-noite)\b"
)
_NAMED_TIMES: Final = frozenset(
    {
        "noon", "midnight", "midday", "mediodía", "medianoche", "midi", "minuit", "mittag", "mittags", "mitternacht", "meio", "meia",
    }
)  # fmt: skip
_NOON: Final = frozenset({"noon", "midday", "mediodía", "midi", "mittag", "mittags", "meio-dia"})
_MARKED_TIME: Final = re.compile(r"\d(?:\s?h|:|\s?[ap]\.?\s?m|\s?uhr|\s?o'clock|\.[0-5]\d\s*uhr)")
_ISO: Final = re.compile(r"\b(?P<year>\d{4})-(?P<month>\d\d)-(?P<day>\d\d)\b")
_NUMERIC: Final = re.compile(
    r"\b(?P<left>\d{1,2})(?P<mark>[/.])(?P<right>\d{1,2})(?:(?P=mark)(?P<year>\d{4}|\d\d)|(?<=\.\d\d)\.|(?<=\.\d)\.|(?<=/\d\d)|(?<=/\d))(?!\d)"
)
_BEFORE_DAY: Final = ("the", "el", "le", "am", "den", "dem", "dia")
_DIGIT: Final = re.compile(r"\d")

Dated = tuple["re.Match[str]", frozenset[date]]


def unproven(reading: "Reading") -> Iterator[tuple[str, str]]:
    """(kind, words) of every date and time that is not known. Dates first: a time must be one of the date before it."""
    has_digits = _DIGIT.search(reading.low) is not None
    dated: list[Dated] = []
    if has_digits:
        dated += _dates(reading)
    if "r" in reading.cues:
        dated += _relative_days(reading)
    reading.dated = dated
    for match, days in dated:
        if not days:
            yield "date", reading.text[match.start() : match.end()]
    if has_digits and _MARKED_TIME.search(reading.low):
        yield from _times(reading, dated)
    if not reading.said.isdisjoint(_NAMED_TIMES):
        yield from _named_times(reading)
    if "m" in reading.cues or "w" in reading.cues:
        yield from _loose_days(reading)


def _named_times(reading: "Reading") -> Iterator[tuple[str, str]]:
    for match in _NAMED_TIME.finditer(reading.low):
        minute = 12 * 60 if match.group() in _NOON else 0
        if minute not in reading.known.minutes:
            yield "time", match.group()


def _times(reading: "Reading", dated: list[Dated]) -> Iterator[tuple[str, str]]:
    for match in list(_TIME.finditer(reading.low)):
        minute = _minute(match)
        if minute is None:
            continue
        reading.blank(*match.span())
        before = max((each for each in dated if each[0].end() <= match.start()), key=_end, default=None)
        if not _is_known(minute, before[1] if before else None, reading.known):
            yield "time", reading.text[match.start() : match.end()]


def _end(pair: Dated) -> int:
    return pair[0].end()


def _is_known(minute: int, days: frozenset[date] | None, known: "Known") -> bool:
    if days is None:
        return minute in known.minutes
    return any((day, minute) in known.moments for day in days)


def _minute(match: "re.Match[str]") -> int | None:
    """The minute of the day; None for a bare number, which is no time."""
    hour, minute, half = int(match["hour"]), match["minute"], match["half"]
    if minute is None and half is None and not match.group().rstrip().endswith(("h", "uhr", "o'clock")):
        return None
    if half:
        hour = hour % 12 + (12 if half == "p" else 0)
    return hour * 60 + int(minute or 0)


def _dates(reading: "Reading") -> Iterator[Dated]:
    """Every written date with the known days that it may mean."""
    yield from _days_of_month(reading)
    low = reading.low
    patterns = (
        (_ISO, "-" in low),
        (date_pattern(reading.words.language), "m" in reading.cues),
        (_NUMERIC, "/" in low or "." in low),
    )
    for pattern in (pattern for pattern, may_be in patterns if may_be):
        for match in list(pattern.finditer(reading.low)):
            reading.blank(*match.span())
            yield match, frozenset(day for day in reading.known.days if _means(match, day, reading.words))


def _days_of_month(reading: "Reading") -> Iterator[Dated]:
    """A day without its month, where it can be a known one: "Monday the 23rd". Any other stays a number that needs its proof."""
    if reading.said.isdisjoint(_BEFORE_DAY):
        return
    for match in list(_day_pattern(reading.words.language).finditer(reading.low)):
        weekday = reading.words.weekdays.get(match["weekday"]) if match["weekday"] else None
        days = {day for day in reading.known.days if day.day == int(match["day"]) and weekday in (None, day.weekday())}
        if days:
            reading.blank(*match.span())
            yield match, frozenset(days)


@cache
def _day_pattern(language: str) -> "re.Pattern[str]":
    weekday = _joined(words_of(language).weekdays)
    return re.compile(
        rf"(?:\b(?P<weekday>{weekday})\.?,?\s+)?\b(?:{_joined(_BEFORE_DAY)})\s+(?P<day>[0-3]?\d)(?:st|nd|rd|th|er|\.(?=$|\s[^\W\d_]))?"
        rf"(?![\w.,:/%€$]*\w|\s+(?:de\s+|of\s+)?(?:{_joined(words_of(language).months)})\b)"
    )


def _joined(names: Iterable[str]) -> str:
    return "|".join(re.escape(name) for name in sorted(names, key=len, reverse=True))


@cache
def date_pattern(language: str) -> "re.Pattern[str]":
    """A day of a month in lower-case text, with its weekday and year where they are said."""
    words = words_of(language)
    month, weekday = _joined(words.months), _joined(words.weekdays)
    return re.compile(
        rf"(?:\b(?P<weekday>{weekday})\.?,?\s+(?:the |dem |den |el |le )?)?(?:"
        rf"\b(?P<day>[0-3]?\d)(?:st|nd|rd|th|er|\.|º|ª)?\s+(?:de\s+|of\s+|do\s+)?(?P<month>{month})\b\.?"
        rf"|\b(?P<month2>{month})\b\.?\s+(?P<day2>[0-3]?\d)(?:st|nd|rd|th)?\b)"
        r"(?:,?\s+(?:de\s+|del\s+|do\s+)?(?P<year>(?:19|20)\d\d)\b)?"
    )


def _means(match: "re.Match[str]", day: date, words: Words) -> bool:
    """Whether a written date can mean this day."""
    parts = match.groupdict()
    year = parts.get("year")
    if year is not None and int(year) not in (day.year, day.year % 100):
        return False
    if "left" in parts:
        return {int(parts["left"]), int(parts["right"])} == {day.day, day.month}
    if "weekday" not in parts:
        return (int(parts["month"]), int(parts["day"])) == (day.month, day.day)
    weekday, month = parts["weekday"], parts["month"] or parts["month2"]
    if weekday is not None and words.weekdays[weekday] != day.weekday():
        return False
    return (words.months[month], int(parts["day"] or parts["day2"])) == (day.month, day.day)


def _relative_days(reading: "Reading") -> Iterator[Dated]:
    """Today, tomorrow, yesterday; the longer words first."""
    is_asked = reading.low.rstrip().endswith("?")
    for pattern, offset in reading.words.relative:
        for match in list(pattern.finditer(reading.low)):
            reading.blank(*match.span())
            if offset or not is_asked:
                yield match, reading.known.on(offset)


@cache
def _day_names(language: str) -> "re.Pattern[str]":
    """The weekdays and months of a language in lower-case text."""
    words = words_of(language)
    return re.compile(rf"(?<![^\W\d_])(?:{_joined({*words.full_weekdays, *words.months})})(?![^\W\d_])")


def _loose_days(reading: "Reading") -> Iterator[tuple[str, str]]:
    """A weekday or a month that stands alone; today is called by its own word."""
    days, words = reading.known.days, reading.words
    weekdays = {day.weekday() for day in days - reading.known.todays}
    months = {day.month for day in days}
    for match in list(_day_names(words.language).finditer(reading.low)):
        word, start = match.group(), match.start()
        weekday = words.full_weekdays.get(word)
        month = words.months.get(word) if len(word) > 3 or word == "may" else None
        if weekday is None and month is None:
            continue
        if words.language in ("en", "de") and not reading.left[start].isupper():
            continue
        if word == "may" and start == 0:
            continue
        reading.blank(*match.span())
        if weekday not in weekdays and month not in months:
            yield "day" if weekday is not None else "month", reading.text[start : match.end()]
