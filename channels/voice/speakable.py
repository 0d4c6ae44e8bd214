"""Text as a voice can speak it: no markup, no addresses of the web, numbers that name things spelled, money and dates in words.

Pure. It changes how a reply sounds, never what it says; what it cannot improve it leaves as it is. `chunks` cuts for sending, at
spaces only, and never inside a number or something spelled.
"""

import re
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Final

from babel import Locale, UnknownLocaleError
from babel.dates import format_date
from babel.numbers import format_decimal, get_currency_name

LANGUAGES: Final = ("en", "es", "fr", "de", "pt")
_LINK: Final = {
    "en": "the link in our written message", "es": "el enlace de nuestro mensaje escrito",
    "fr": "le lien de notre message écrit", "de": "der Link in unserer schriftlichen Nachricht",
    "pt": "o link da nossa mensagem escrita",
}  # fmt: skip
_AT_SIGN: Final = {"en": "at", "es": "arroba", "fr": "arobase", "de": "at", "pt": "arroba"}
_DOT: Final = {"en": "dot", "es": "punto", "fr": "point", "de": "Punkt", "pt": "ponto"}
_DASH: Final = {"en": "dash", "es": "guion", "fr": "tiret", "de": "Bindestrich", "pt": "hífen"}
_UNDERSCORE: Final = {
    "en": "underscore", "es": "guion bajo", "fr": "tiret bas", "de": "Unterstrich", "pt": "sublinhado",
}  # fmt: skip
_PERCENT: Final = {"en": "percent", "es": "por ciento", "fr": "pour cent", "de": "Prozent", "pt": "por cento"}

_MARKED_LINK: Final = re.compile(r"!?\[([^\]\n]*)\]\((?:[^()\s]|\([^()\s]*\))*\)")
_URL: Final = re.compile(r"(?:https?://|www\.)[^\s<>()]*[^\s<>().,;:!?\"'’]", re.IGNORECASE)
_EMAIL: Final = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_FENCE: Final = re.compile(r"^\s*```.*$", re.MULTILINE)
_RULE: Final = re.compile(r"^\s*(?:\|?[\s:|-]*-{3,}[\s:|-]*|[*_=]{3,})\s*$", re.MULTILINE)
_HEADING: Final = re.compile(r"^\s*#{1,6}\s+", re.MULTILINE)
_QUOTE: Final = re.compile(r"^\s*>\s?", re.MULTILINE)
_BULLET: Final = re.compile(r"^\s*[-*•–]\s+", re.MULTILINE)
_NUMBERED: Final = re.compile(r"^\s*(\d{1,2})[.)]\s+", re.MULTILINE)
_STRESS: Final = re.compile(r"(\*\*|__|\*|_|~~|`)(?=\S)(.+?)(?<=\S)\1", re.DOTALL)
_EMOJI: Final = re.compile(
    "[\U0001f000-\U0001faff\u2600-\u27bf\u2b00-\u2bff\u2190-\u21ff\ufe0e\ufe0f\u200d\u20e3\U000e0020-\U000e007f]"
)
_TAG: Final = re.compile(r"</?[a-zA-Z][^<>\n]*>")
_ROW: Final = re.compile(r"^[ \t]*\|(.*?)\|?[ \t]*$", re.MULTILINE)
_LINE_END: Final = re.compile(r"([^\n.!?:;,…])[ \t]*\n+")

_SYMBOLS: Final = {"$": "USD", "US$": "USD", "€": "EUR", "£": "GBP", "R$": "BRL", "CA$": "CAD", "A$": "AUD",
                   "MX$": "MXN", "¥": "JPY", "₹": "INR"}  # fmt: skip
_CODES: Final = "USD|EUR|GBP|CAD|AUD|BRL|MXN|CHF|JPY|INR"
_MARK: Final = rf"US\$|CA\$|MX\$|A\$|R\$|[$€£¥₹]|(?:{_CODES})\b"
_SUM: Final = r"\d{1,3}(?:[.,'\u00a0\u202f ]\d{3})+(?:[.,]\d{2})?|\d+(?:[.,]\d{2})?"
_MONEY: Final = re.compile(
    rf"(?<![\w$.,-])(?:(?P<before>{_MARK})[\u00a0 ]?(?P<first>{_SUM})(?!\d|[.,]\d)"
    rf"|(?P<second>{_SUM})[\u00a0\u202f ]?(?P<after>{_MARK})(?!\w))"
)
_ISO: Final = re.compile(r"(?<![\w-])(20\d\d)-(\d\d)-(\d\d)(?![\w-])")
_SHARE: Final = re.compile(r"(\d)[\u00a0\u202f ]?%")

_NAMED: Final = re.compile(
    r"(?P<hash>#\s?[A-Za-z]{0,5}-?\d[\w-]*)"
    r"|(?P<mixed>(?<![\w.,$€£-])(?=[A-Z0-9-]*\d[A-Z0-9-]*\d[A-Z0-9-]*\d)(?=[A-Z0-9-]*[A-Z])[A-Z0-9]+(?:-[A-Z0-9]+)*(?![\w.,]\w|\w))"
    r"|(?P<long>(?<![\w.,:/+$€£-])\d{6,}(?![\w:/%]|[.,-]\d))"
    r"|(?P<order>(?:(?<=rder )|(?<=rders )|(?<=edido )|(?<=ommande )|(?<=estellung )|(?<=uftrag )|(?<=ncomenda ))"
    r"\d{4,5}(?![\w:/%]|[.,-]\d))"
)
"""What is read sign by sign: numbers after `#`, marks of letters and digits, long numbers, and a number after the word for an
order (order, pedido, commande, Bestellung, Auftrag, encomenda)."""
_PART: Final = re.compile(r"[A-Za-z0-9]+")
_GROUP: Final = 4


def speakable(text: str, language: str) -> str:
    """A reply as it is spoken in `language` (one of LANGUAGES, else English); one line."""
    language = language[:2].lower() if language[:2].lower() in LANGUAGES else "en"
    text = _without_markup(text, language)
    text = _EMAIL.sub(lambda match: _address(match.group(), language), text)
    text = _MONEY.sub(lambda match: _money(match, language), text)
    text = _ISO.sub(lambda match: _date(match, language), text)
    text = _SHARE.sub(lambda match: f"{match[1]} {_PERCENT[language]}", text)
    text = _NAMED.sub(lambda match: spelled(match.group()), text)
    return re.sub(r"[ \t\n\r]+", " ", text).strip()


def spelled(name: str) -> str:
    """A number or mark sign by sign, with a pause after each four where it is long: `1 0 4 2`, `1 Z 9 9, 9 A A 1`."""
    return ", ".join(_grouped(part.upper()) for part in _PART.findall(name))


def _grouped(part: str) -> str:
    if len(part) <= _GROUP + 2:
        return " ".join(part)
    return ", ".join(" ".join(part[start : start + _GROUP]) for start in range(0, len(part), _GROUP))


def _without_markup(text: str, language: str) -> str:
    text = _MARKED_LINK.sub(lambda match: match[1], text)
    text = _URL.sub(_LINK[language], text)
    for pattern in (_FENCE, _RULE, _HEADING, _QUOTE):
        text = pattern.sub("", text)
    text = _BULLET.sub("", text)
    text = _NUMBERED.sub(lambda match: f"{match[1]}, ", text)
    for _ in range(2):  # bold within italics
        text = _STRESS.sub(lambda match: match[2], text)
    text = _TAG.sub("", _EMOJI.sub("", text))
    text = _ROW.sub(lambda match: ", ".join(cell.strip() for cell in match[1].split("|")), text)
    text = re.sub(r"[ \t]+([.,!])", r"\1", text)
    text = _LINE_END.sub(lambda match: f"{match[1]}. ", text.strip())
    return re.sub(r"[*`~]", "", text)


def _address(address: str, language: str) -> str:
    """An e-mail address in words: `ana at example dot com`."""
    words = {"@": _AT_SIGN, ".": _DOT, "-": _DASH, "_": _UNDERSCORE}
    said = re.sub(r"[@._-]", lambda match: f" {words[match.group()][language]} ", address)
    return re.sub(r" +", " ", said.replace("+", " plus ")).strip()


def _money(match: "re.Match[str]", language: str) -> str:
    mark, written = match["before"] or match["after"], match["first"] or match["second"]
    try:
        amount, locale = Decimal(_plain(written)), Locale.parse(language)
        currency = _SYMBOLS.get(mark, mark)
        pattern = "#,##0" if amount == amount.to_integral_value() else "#,##0.00"
        number = format_decimal(amount, pattern, locale=locale).replace("\u202f", "\u00a0")
        return f"{number} {get_currency_name(currency, count=amount, locale=locale)}"
    except (InvalidOperation, UnknownLocaleError, ValueError):
        return match.group()


def _plain(written: str) -> str:
    """A number with a point before its two decimals and nothing else."""
    cents = re.search(r"[.,](\d\d)$", written)
    whole = re.sub(r"\D", "", written[: cents.start()] if cents else written)
    return f"{whole}.{cents[1]}" if cents else whole


def _date(match: "re.Match[str]", language: str) -> str:
    try:
        day = date(int(match[1]), int(match[2]), int(match[3]))
    except ValueError:
        return match.group()
    return format_date(day, "long", locale=language)


# Cutting

_SPACE: Final = re.compile(r" ")
_SENTENCE_END: Final = frozenset(".!?;:…")


def chunks(text: str, size: int = 160) -> list[str]:
    """The text in parts of about `size` characters, cut behind spaces; together they are the text itself.

    A cut falls where a sentence ends, if one does, and never between the signs of a number or of something spelled: there a part
    is rather longer."""
    parts, start = [], 0
    while len(text) - start > size:
        cut = _cut(text, start, size)
        if cut is None:
            break
        parts.append(text[start:cut])
        start = cut
    return [*parts, text[start:]] if start < len(text) or not parts else parts


def _cut(text: str, start: int, size: int) -> int | None:
    """Where the next part begins, None = nowhere."""
    good = [match.end() for match in _SPACE.finditer(text, start + 1) if _may_cut(text, match.start())]
    within = [end for end in good if end - start <= size]
    ends = [end for end in within if text[end - 2] in _SENTENCE_END]
    if ends and ends[-1] - start >= size // 4:
        return ends[-1]
    return within[-1] if within else next(iter(good), None)


def _may_cut(text: str, space: int) -> bool:
    before = text[:space].rsplit(" ", 1)[-1]
    after = text[space + 1 :].split(" ", 1)[0]
    return not (_is_part(before) and _is_part(after))


def _is_part(word: str) -> bool:
    """Whether a word may be part of a number or of something spelled."""
    bare = word.strip(".,;:!?()")
    return len(bare) <= 1 or bare[:1].isdigit() or bare[-1:].isdigit()
