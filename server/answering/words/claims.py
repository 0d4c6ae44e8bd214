"""What a sentence claims, found in the sentence alone, and whether what is known proves it.

Each finder reads one kind of claim, gives back those that nothing proves, and blanks out what it has read so that the next
finder does not read it again: words of facts, dates, times, amounts, numbers, places, states.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import cache
from typing import Final

from babel.numbers import get_currency_precision, get_currency_symbol

from server.answering.words.claim_words import Words, words_of
from server.answering.words.known import Known
from server.answering.words.voice import phrases
from server.commerce.model import Money

_BLANK: Final = "\ue000"
_LINK: Final = re.compile(r"(?:https?://|www\.)\S+|[\w.+*-]+@[\w-]+\.[\w.-]+", re.IGNORECASE)
_CARRIER: Final = re.compile(
    r"\bUPS\b|\bUSPS\b|\bTNT\b|\bCTT\b|\bMRW\b|\bDPD\b|\bGLS\b|(?i:\bfed ?ex\b|\bdhl\b|\bevri\b|\bhermes\b|\broyal mail\b|"
    r"\bcorreos\b|\bseur\b|\bla poste\b|\bcolissimo\b|\bchronopost\b|\bmondial relay\b|\bdeutsche post\b|\bcorreios\b|\bjadlog\b|"
    r"\bcanada post\b|\bpurolator\b|\baustralia post\b|\bontrac\b|\blasership\b|\bpostnord\b|\byodel\b|\bdelhivery\b|"
    r"\bblue ?dart\b|\binpost\b|\bamazon logistics\b)"
)
_NUMBER: Final = r"\d{1,3}(?:[.,'’\u00a0\u202f ]\d{3})+(?:[.,]\d{1,3})?(?!\d)|\d+(?:[.,]\d{1,3})?(?!\d)"
_SIGN: Final = (
    r"[A-Z]{0,3}[$€£¥₹₩₺₫₪][A-Z]{0,3}|\b(?:USD|EUR|GBP|CAD|AUD|NZD|BRL|MXN|INR|CHF|JPY|CNY|SEK|NOK|DKK|PLN|CZK|KRW|CLP|"
    r"COP|ARS|SGD|HKD|ZAR|KWD|AED|SAR|QAR|BHD|OMR|JOD|EGP|MAD|HUF|RON|BGN|TRY|ILS|ISK|UAH|RSD|THB|MYR|PHP|IDR|VND|TWD|PEN|UYU|"
    r"NGN|KES)\b|(?i:\b(?:dollars?|euros?|pounds?|cents?|d[oó]lares|reais|libras|pesos)\b)"
)
_AMOUNT: Final = re.compile(
    rf"(?P<before>{_SIGN})[ \u00a0\u202f]?(?P<first>{_NUMBER})|(?P<second>{_NUMBER})[ \u00a0\u202f]?(?P<after>{_SIGN})"
)
_TIME: Final = re.compile(
    r"\b(?P<hour>2[0-4]|[01]?\d)(?!\d)(?:(?::|h|\.(?=[0-5]\d\s*Uhr))(?P<minute>[0-5]\d))?(?:\s?(?P<half>[ap])\.?\s?m\b\.?|(?P<h>\s?h\b(?!\w))|\s?Uhr\b)?",
    re.IGNORECASE,
)
_ISO: Final = re.compile(r"\b(?P<year>\d{4})-(?P<month>\d\d)-(?P<day>\d\d)\b")
_NUMERIC: Final = re.compile(
    r"\b(?P<left>\d{1,2})(?P<mark>[/.])(?P<right>\d{1,2})(?:(?P=mark)(?P<year>\d{4}|\d\d)|(?<=\.\d\d)\.|(?<=\.\d)\.|(?<=/\d\d)|(?<=/\d))(?!\d)"
)
_TOKEN: Final = re.compile(r"\S*\d\S*")
_PLAIN: Final = re.compile(r"[#(]?(\d{1,3}(?:[.,'’]\d{3})+|\d+)(?:st|nd|rd|th|er|[ºª.])?\s?%?")
_NAME: Final = re.compile(r"\b[A-ZÀ-ÖØ-Þ][\w'’-]+ [A-ZÀ-ÖØ-Þ]\.(?=\s|$|,)")
_MARK: Final = re.compile(r"[,;:()–—•!?.]")
_JOINED: Final = re.compile(r"\b(?:and|but|y|e|pero|et|mais|und|aber|mas|sino|sondern)\b", re.IGNORECASE)


@dataclass(slots=True)
class _Reading:
    """A sentence that is being read: `left` is what no finder has read yet."""

    left: str
    words: Words
    known: Known
    days: list[frozenset[date]] = field(default_factory=list)

    def blank(self, match: "re.Match[str]") -> None:
        """Mark a piece as read; positions of the rest stay."""
        start, end = match.span()
        self.left = f"{self.left[:start]}{_BLANK * (end - start)}{self.left[end:]}"


def unproven(sentence: str, words: Words, known: Known) -> list[str]:
    """The claims of a sentence for which nothing is known, as they stand in it; empty when all are proven."""
    reading = _Reading(_without_spellings(sentence, known), words, known)
    found: list[str] = []
    for finder in (_links, _carriers, _amounts, _moments, _numbers, _counted, _names, _places, _states):
        found.extend(finder(reading))
    return found


def _without_spellings(sentence: str, known: Known) -> str:
    for text in known.spellings:
        end = r"(?![\w$])"  # the country of a place is no part of "US$"
        pattern = rf"(?<!\w){re.escape(text)}{end}" if text[:1].isalnum() else rf"{re.escape(text)}{end}"
        sentence = re.sub(pattern, lambda match: _BLANK * len(match.group()), sentence)
    return sentence


def _links(reading: _Reading) -> Iterator[str]:
    for match in list(_LINK.finditer(reading.left)):
        reading.blank(match)
        yield match.group()


def _carriers(reading: _Reading) -> Iterator[str]:
    for match in list(_CARRIER.finditer(reading.left)):
        reading.blank(match)
        yield match.group()


# Dates and times


def _moments(reading: _Reading) -> Iterator[str]:
    """Dates, then times: a time must be one of the date that stands before it."""
    dated = [*_dates(reading), *_relative_days(reading)]
    reading.days = [days for _, days in dated]
    for match, days in dated:
        if not days:
            yield match.group()
    for match in list(_TIME.finditer(reading.left)):
        minute = _minute(match)
        if minute is None:
            continue
        reading.blank(match)
        before = max((each for each in dated if each[0].end() <= match.start()), key=_end, default=None)
        if not _is_known(minute, before[1] if before else None, reading.known):
            yield match.group()
    yield from _loose_days(reading)


def _end(pair: tuple["re.Match[str]", frozenset[date]]) -> int:
    return pair[0].end()


def _is_known(minute: int, days: frozenset[date] | None, known: Known) -> bool:
    if days is None:
        return minute in known.minutes
    return any((day, minute) in known.moments for day in days)


def _minute(match: "re.Match[str]") -> int | None:
    """The minute of the day; None for a bare number, which is no time."""
    hour, minute, half = int(match["hour"]), match["minute"], match["half"]
    if minute is None and half is None and not match.group().lower().rstrip().endswith(("h", "uhr")):
        return None
    if half:
        hour = hour % 12 + (12 if half.lower() == "p" else 0)
    return hour * 60 + int(minute or 0)


def _dates(reading: _Reading) -> list[tuple["re.Match[str]", frozenset[date]]]:
    """Every written date with the known days that it may mean."""
    found = []
    for pattern in (_ISO, date_pattern(reading.words.language), _NUMERIC):
        for match in list(pattern.finditer(reading.left)):
            reading.blank(match)
            found.append((match, frozenset(day for day in reading.known.days if _means(match, day, reading.words))))
    return found


def _joined(names: Iterable[str]) -> str:
    return "|".join(re.escape(name) for name in sorted(names, key=len, reverse=True))


@cache
def date_pattern(language: str) -> "re.Pattern[str]":
    """A day of a month, with its weekday and year where they are said."""
    words = words_of(language)
    month, weekday = _joined(words.months), _joined(words.weekdays)
    return re.compile(
        rf"(?:\b(?P<weekday>{weekday})\.?,?\s+(?:the |dem |den |el |le )?)?(?:"
        rf"\b(?P<day>[0-3]?\d)(?:st|nd|rd|th|er|\.|º|ª)?\s+(?:de\s+|of\s+|do\s+)?(?P<month>{month})\b\.?"
        rf"|\b(?P<month2>{month})\b\.?\s+(?P<day2>[0-3]?\d)(?:st|nd|rd|th)?\b)"
        r"(?:,?\s+(?:de\s+|del\s+|do\s+)?(?P<year>(?:19|20)\d\d)\b)?",
        re.IGNORECASE,
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
    if weekday is not None and words.weekdays[weekday.casefold()] != day.weekday():
        return False
    return (words.months[month.casefold()], int(parts["day"] or parts["day2"])) == (day.month, day.day)


def _relative_days(reading: _Reading) -> list[tuple["re.Match[str]", frozenset[date]]]:
    """Today, tomorrow, yesterday; a date that follows directly must be that day."""
    found = []
    for pattern, offset in reading.words.relative:
        for match in list(pattern.finditer(reading.left)):
            reading.blank(match)
            found.append((match, reading.known.on(offset)))
    return found


def _loose_days(reading: _Reading) -> Iterator[str]:
    """A weekday or a month that stands alone."""
    days = reading.known.days
    weekdays = {day.weekday() for day in days}
    months = {day.month for day in days}
    for match in list(re.finditer(r"[^\W\d_]+(?:-feira)?", reading.left)):
        word = match.group()
        if reading.words.language in ("en", "de") and not word[0].isupper():
            continue
        weekday = reading.words.full_weekdays.get(word.casefold())
        month = reading.words.months.get(word.casefold()) if len(word) > 3 or word == "May" else None
        if weekday is None and month is None:
            continue
        reading.blank(match)
        if weekday not in weekdays and month not in months:
            yield word


# Amounts and numbers


def _amounts(reading: _Reading) -> Iterator[str]:
    for match in list(_AMOUNT.finditer(reading.left)):
        reading.blank(match)
        sign, number = match["before"] or match["after"], match["first"] or match["second"]
        if not any(_is_amount(sign, number, money, reading.words) for money in reading.known.amounts):
            yield match.group()


def _is_amount(sign: str, number: str, money: Money, words: Words) -> bool:
    digits = get_currency_precision(money.currency)
    return _minor(number, digits) == money.amount_minor and sign.casefold() in _signs(money.currency, words.language)


@cache
def _signs(currency: str, language: str) -> frozenset[str]:
    """How a currency is marked in a language; a word for it counts wherever it may mean it."""
    symbols = {get_currency_symbol(currency, locale) for locale in (language, "en_US")}
    spoken = {
        "USD": "dollar dollars dólares dolares", "CAD": "dollar dollars $", "AUD": "dollar dollars $", "EUR": "euro euros",
        "GBP": "pound pounds libras", "BRL": "reais", "MXN": "pesos $",
    }.get(currency, "")  # fmt: skip
    return frozenset(text.casefold() for text in {currency, *symbols, *spoken.split()})


def _minor(number: str, digits: int) -> int:
    """Minor units of a written amount: the last mark with as many digits behind it as the currency has is the point."""
    tail = re.search(rf"[.,](\d{{{digits}}})$", number) if digits else None
    whole = re.sub(r"\D", "", number[: tail.start()] if tail else number)
    return int(Decimal(whole) * 10**digits) + (int(tail[1]) if tail else 0)


def _numbers(reading: _Reading) -> Iterator[str]:
    for match in list(_TOKEN.finditer(reading.left)):
        token = match.group().strip("\"'“”«»„.,;:!?()[]*•" + _BLANK)
        if not any(character.isdigit() for character in token):
            continue
        plain = _PLAIN.fullmatch(token)
        value = int(re.sub(r"\D", "", plain[1])) if plain else None
        if value is None or value not in reading.known.counts:
            yield token


def _counted(reading: _Reading) -> Iterator[str]:
    """Numbers as words, where they count something: "three business days"."""
    for match in reading.words.counted.finditer(reading.left):
        if reading.words.numbers[match[1].casefold()] not in reading.known.counts:
            yield match.group()


# Names and places


def _names(reading: _Reading) -> Iterator[str]:
    """A first name with an initial, as those who sign for parcels are written."""
    for match in _NAME.finditer(reading.left):
        yield match.group()


def _places(reading: _Reading) -> Iterator[str]:
    for match in reading.words.before_place.finditer(reading.left):
        if match["place"].casefold() not in vocabulary(reading.words.language):
            yield match.group()


@cache
def vocabulary(language: str) -> frozenset[str]:
    """The words of our own phrases: none of them is a place."""
    found = {word.casefold() for text in phrases(language).values() for word in re.findall(r"[\w'’-]+", text)}
    return frozenset(found | _ORDINARY)


_ORDINARY_WORDS: Final = """i you your yours mr mrs ms sie ihnen ihr ihre ihrem ihren ihrer deutschland anspruch bearbeitung kürze
ordnung ruhe verbindung folge fall fällen zukunft regel anlage frage minuten stunden tagen wochen monaten email e-mail app web
internet visa mastercard paypal"""
_ORDINARY: Final = frozenset(_ORDINARY_WORDS.split())


# States


def _states(reading: _Reading) -> Iterator[str]:
    if reading.left.rstrip().endswith("?"):
        return
    for state, pattern in reading.words.states:
        for match in pattern.finditer(reading.left):
            if _is_false(state, match, reading):
                yield match.group()


def _is_false(state: str, match: "re.Match[str]", reading: _Reading) -> bool:
    """Whether a state is claimed, or denied, against what is known; what may come to be is no claim."""
    words, text = reading.words, reading.left
    part, after = _last(_MARK, text[: match.start()]), _first(_MARK, text[match.end() :])
    before = _last(_JOINED, part)
    if words.unreal.search(before) or words.condition.search(part) or words.condition.search(after):
        return False
    if state not in _SAID_BY_DENYING and words.denied.search(before):
        return state in reading.known.states or not reading.known.has_status
    return state not in reading.known.states or _is_misdated(state, reading)


def _is_misdated(state: str, reading: _Reading) -> bool:
    """Whether a sentence gives a state only days of other things."""
    true_days = reading.known.when(state)
    return bool(true_days and reading.days) and not any(days & true_days for days in reading.days)


_SAID_BY_DENYING: Final = frozenset({"unpaid", "refund_pending", "refund_failed"})


def _last(marks: "re.Pattern[str]", text: str) -> str:
    """What stands after the last mark."""
    found = list(marks.finditer(text))
    return text[found[-1].end() :] if found else text


def _first(marks: "re.Pattern[str]", text: str) -> str:
    """What stands before the first mark."""
    found = marks.search(text)
    return text[: found.start()] if found else text
