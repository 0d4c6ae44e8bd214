"""Numbers as people say and write them: spoken digits, amounts of money, calendar dates.

"four eight one nine oh" is 48190, "ten forty two" is 1042, "1.299,90 €" is 1299.90 EUR, "20 November 2026" is
2026-11-20. Dates that need today's date stay words: nothing here knows the time.
"""

# ruff: noqa: E501, SIM905 (word lists are read as words)

import re
from datetime import date

_DIGITS: dict[str, str] = {
    word: str(value)
    for value, spoken in enumerate(
        (
            "zero oh o cero zéro null nul shunya",
            "one uno un eins um ek",
            "two dos deux zwei zwo dois do",
            "three tres trois drei três teen",
            "four cuatro quatre vier quatro char",
            "five cinco cinq fünf fuenf paanch",
            "six seis sechs seis chhe",
            "seven siete sept sieben sete saat",
            "eight ocho huit acht oito aath",
            "nine nueve neuf neun nove nau",
        )
    )
    for word in spoken.split()
}
_TEENS = {
    word: str(value)
    for value, word in enumerate(
        "ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen".split(), 10
    )
}
_TENS = {word: value for value, word in enumerate("twenty thirty forty fifty sixty seventy eighty ninety".split(), 2)}
_SPOKEN_WORD = "|".join(
    sorted({*_DIGITS, *_TEENS, *_TENS, "double", "triple", "hundred", "thousand"}, key=len, reverse=True)
)
_SPOKEN = re.compile(rf"\b(?:{_SPOKEN_WORD})(?:[ ,.-]+(?:and )?(?:{_SPOKEN_WORD}))+\b", re.IGNORECASE)
_GAPS = re.compile(r"[ ,.-]+")

_NUMBER = r"\d{1,3}(?:[.,' ]\d{3})*(?:[.,]\d{1,2})?|\d+(?:[.,]\d{1,2})?"
_BEFORE = r"US\$|CA\$|A\$|AU\$|MX\$|R\$|C\$|[$€£₹¥]|USD|EUR|GBP|CAD|AUD|BRL|MXN|INR|CHF|Rs\.?"
_AFTER = (
    r"US\$|R\$|[$€£₹¥]|USD|EUR|GBP|CAD|AUD|BRL|MXN|INR|CHF|JPY|euros?|dollars?|dólares|dolares|bucks|pounds?|quid|"
    r"reais|rupees|rupaye|rs|pesos|francs|yen"
)
_AMOUNT = re.compile(
    rf"(?<![\w#])(?:(?P<before>{_BEFORE})\s?(?P<first>{_NUMBER})(?!\d)|(?P<second>{_NUMBER})\s?(?P<after>{_AFTER})(?!\w))",
    re.IGNORECASE,
)
_CURRENCIES = {
    "us$": "USD", "usd": "USD", "ca$": "CAD", "c$": "CAD", "cad": "CAD", "a$": "AUD", "au$": "AUD", "aud": "AUD",
    "mx$": "MXN", "mxn": "MXN", "r$": "BRL", "brl": "BRL", "reais": "BRL", "€": "EUR", "eur": "EUR", "euro": "EUR",
    "euros": "EUR", "£": "GBP", "gbp": "GBP", "pound": "GBP", "pounds": "GBP", "quid": "GBP", "₹": "INR", "inr": "INR",
    "rs": "INR", "rs.": "INR", "rupees": "INR", "rupaye": "INR", "¥": "JPY", "jpy": "JPY", "yen": "JPY", "chf": "CHF",
    "francs": "CHF",
}  # fmt: skip
_DOLLARS = {
    "CA": "CAD",
    "AU": "AUD",
    "NZ": "NZD",
    "MX": "MXN",
    "SG": "SGD",
    "HK": "HKD",
    "CL": "CLP",
    "AR": "ARS",
    "CO": "COP",
}
_WHOLE = frozenset({"JPY", "KRW", "CLP", "VND"})

_MONTH_NAMES = (
    "january jan enero ene janvier janv januar jänner janeiro",
    "february feb febrero février fevrier févr februar fevereiro fev",
    "march mar marzo mars märz maerz março marco",
    "april apr abril abr avril avr",
    "may mayo mai maio",
    "june jun junio juin juni junho",
    "july jul julio juillet juil juli julho",
    "august aug agosto ago août aout",
    "september sep sept septiembre septembre setembro set",
    "october oct octubre octobre oktober okt outubro out",
    "november nov noviembre novembre novembro",
    "december dec diciembre dic décembre decembre dezember dez dezembro",
)
_MONTHS = {name: number for number, names in enumerate(_MONTH_NAMES, 1) for name in names.split()}
_MONTH = "|".join(sorted(_MONTHS, key=len, reverse=True))
_YEAR = r"(?:19|20)\d\d"
_DAY_MONTH = re.compile(
    rf"\b(?P<day>[0-3]?\d)(?:st|nd|rd|th|er|\.|º)?\s(?:of |de |do )?(?P<month>{_MONTH})\b\.?(?:,? (?:de |del )?(?P<year>{_YEAR})\b)?",
    re.IGNORECASE,
)
_MONTH_DAY = re.compile(
    rf"\b(?P<month>{_MONTH})\b\.? (?P<day>[0-3]?\d)(?:st|nd|rd|th)?\b(?!\s?(?:months?|weeks?|days?|st\b))(?:,? (?P<year>{_YEAR})\b)?",
    re.IGNORECASE,
)
_ISO = re.compile(rf"\b(?P<year>{_YEAR})[-/](?P<month>[01]?\d)[-/](?P<day>[0-3]?\d)\b")
_SLASHED = re.compile(
    rf"\b(?P<left>[0-3]?\d)(?P<mark>[/.-])(?P<right>[0-3]?\d)(?:(?P=mark)(?P<year>{_YEAR}|\d\d))?\b(?![/.-]\d)"
)
_SHORT_MARKED = frozenset({"/"})
_RELATIVE = re.compile(
    r"\b(?:yesterday|today|tonight|tomorrow|(?:last|next|this|on|by|since|before|coming) (?:mon|tues|wednes|thurs|fri|satur|sun)day|(?:last|next|this) (?:week|month|weekend|year)|"
    r"(?:a|one|two|three|four|five|six|\d+) (?:days?|weeks?|months?) ago|(?:mon|tues|wednes|thurs|fri|satur|sun)day|christmas(?: eve)?|"
    r"ayer|anteayer|hoy|pasado mañana|mañana(?! por)|(?:el )?(?:lunes|martes|miércoles|miercoles|jueves|viernes|sábado|sabado|domingo)(?: pasado| que viene)?|la semana pasada|la próxima semana|hace \w+ (?:días|dias|semanas|meses)|"
    r"hier|avant-hier|aujourd'hui|demain|(?:lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche)(?: dernier| prochain)?|la semaine (?:dernière|derniere|prochaine)|il y a \w+ (?:jours|semaines|mois)|"
    r"gestern|vorgestern|heute|übermorgen|(?:letzten |nächsten |am |bis |seit )?(?:montag|dienstag|mittwoch|donnerstag|freitag|samstag|sonntag)|(?:letzte|nächste) woche|vor \w+ (?:tagen|wochen|monaten)|"
    r"ontem|anteontem|hoje|amanhã|amanha|(?:segunda|terça|terca|quarta|quinta|sexta)(?:-feira)|(?:na |no )?(?:semana|mês) (?:passada|passado|que vem)|há \w+ (?:dias|semanas|meses))\b",
    re.IGNORECASE,
)
_NUMBERED = (_ISO, _DAY_MONTH, _MONTH_DAY, _SLASHED)
_DIGIT = re.compile(r"\d")
_MONTH_FIRST = frozenset({"US", "PH", "PR"})


def digits_for_words(text: str) -> str:
    """The text with every run of spoken numbers that makes four digits or more written in digits."""
    return _SPOKEN.sub(_spoken_digits, text)


def _spoken_digits(match: "re.Match[str]") -> str:
    said = [word for word in _GAPS.split(match.group().lower()) if word and word != "and"]
    digits = _counted(said) if {"hundred", "thousand"} & set(said) else _dictated(said)
    return digits if len(digits) >= 4 else match.group()


def _dictated(said: list[str]) -> str:
    digits = ""
    repeat = 1
    tens: int | None = None
    for word in said:
        if word in ("double", "triple"):
            repeat = 2 if word == "double" else 3
        elif word in _TENS:
            digits += "" if tens is None else f"{tens}0"
            tens = _TENS[word]
        elif word in _TEENS:
            digits += ("" if tens is None else f"{tens}0") + _TEENS[word]
            tens = None
        else:
            digits += ("" if tens is None else str(tens)) + _DIGITS[word] * repeat
            tens, repeat = None, 1
    return digits if tens is None else f"{digits}{tens}0"


def _counted(said: list[str]) -> str:
    total = group = 0
    for word in said:
        if word == "thousand":
            total, group = total + max(group, 1) * 1000, 0
        elif word == "hundred":
            group = max(group, 1) * 100
        else:
            group += _TENS[word] * 10 if word in _TENS else int(_TEENS.get(word) or _DIGITS.get(word, "0"))
    return str(total + group)


def amounts(text: str, region: str) -> list[tuple[int, int, str]]:
    """(start, end, "49.90 USD") of every number beside a currency mark; a bare `$` is the region's dollar."""
    found = []
    for match in _AMOUNT.finditer(text):
        mark = (match["before"] or match["after"]).lower()
        currency = _CURRENCIES.get(mark) or _dollar(mark, region)
        number = _plain_number(match["first"] or match["second"], currency)
        found.append((match.start(), match.end(), f"{number} {currency}"))
    return found


def _dollar(mark: str, region: str) -> str:
    if mark == "pesos":
        return _DOLLARS.get(region, "MXN")
    return _DOLLARS.get(region, "USD")


def _plain_number(written: str, currency: str) -> str:
    decimals = re.search(r"[.,](\d{1,2})$", written)
    whole = re.sub(r"\D", "", written[: decimals.start()] if decimals else written)
    if currency in _WHOLE:
        return whole
    return f"{whole}.{(decimals.group(1) if decimals else '').ljust(2, '0')}"


def dates(text: str, region: str) -> list[tuple[int, int, str]]:
    """(start, end, ISO date or the words) of every date, those that cannot exist left out."""
    found: list[tuple[int, int, str]] = []
    for pattern in (*(_NUMBERED if _DIGIT.search(text) else ()), _RELATIVE):
        for match in pattern.finditer(text):
            if not any(match.start() < end and start < match.end() for start, end, _ in found):
                value = _date_of(match, region)
                if value is not None:
                    found.append((match.start(), match.end(), value))
    return sorted(found)


def _date_of(match: "re.Match[str]", region: str) -> str | None:
    parts = match.groupdict()
    if not parts:
        return match.group()
    if "left" in parts:
        if parts["year"] is None and parts["mark"] not in _SHORT_MARKED:
            return None
        day, month = _day_and_month(int(parts["left"]), int(parts["right"]), region)
    else:
        day = int(parts["day"])
        month = _MONTHS[parts["month"].lower()] if parts["month"].lower() in _MONTHS else int(parts["month"])
    year = parts["year"]
    try:
        resolved = date(_full_year(year) if year else 2024, month, day)
    except ValueError:
        return None
    return resolved.isoformat() if year else match.group()


def _day_and_month(left: int, right: int, region: str) -> tuple[int, int]:
    if (region in _MONTH_FIRST and left <= 12) or right > 12:
        return right, left
    return left, right


def _full_year(year: str) -> int:
    return int(year) if len(year) == 4 else 2000 + int(year)
