"""What a caller said, as text that can be understood: addresses and numbers that were dictated are written.

Pure, five languages at once, for a caller may say their address in another one than they speak. "ana at example dot com" is
ana@example.com, "mil cuarenta y dos" is 1042; a sentence that only happens to hold such a word stays as it is.
"""

import re
from typing import Final

_AT: Final = r"at|arroba|arobas|arobase|a\s+commercial|chez|ät|klammeraffe|at\s+sign"
_DOT: Final = r"dot|point|period|punto|punkt|ponto"
_SIGNS: Final = {
    "underscore": "_", "under score": "_", "guion bajo": "_", "guión bajo": "_", "tiret bas": "_", "unterstrich": "_",
    "sublinhado": "_", "dash": "-", "hyphen": "-", "minus": "-", "guion": "-", "guión": "-", "tiret": "-", "trait d'union": "-",
    "bindestrich": "-", "hífen": "-", "hifen": "-", "plus": "+", "más": "+",
}  # fmt: skip
_SIGN: Final = "|".join(sorted((re.escape(each) for each in _SIGNS), key=len, reverse=True))
_TLD: Final = (
    r"com|org|net|edu|info|io|de|es|fr|pt|br|uk|us|mx|ar|at|ch|eu|co|me|shop|store|dev|app|example|test|gmx|biz"
)
_WORD: Final = r"[^\W_][\w+-]*"
_JOIN: Final = rf"(?:\s*[._+-]\s*|\s+(?:{_DOT}|{_SIGN})\s+)"
_SAID_ADDRESS: Final = re.compile(
    rf"(?<![\w@.])(?P<local>(?:[^\W_]\s+){{2,}}(?:[^\W_])|{_WORD}(?:{_JOIN}{_WORD})*)"
    rf"(?:\s+(?:{_AT})\s+|\s*@\s*)"
    rf"(?P<domain>{_WORD}(?:\s+{_WORD})?(?:{_JOIN}{_WORD})*?(?:\s+(?:{_DOT})\s+|\s*\.\s*)(?:{_TLD})(?:(?:\s+(?:{_DOT})\s+|\s*\.\s*)(?:{_TLD}))?)(?!\w)",
    re.IGNORECASE,
)
_LOOKING: Final = frozenset(
    [
        "look",
        "looked",
        "looking",
        "shop",
        "shopped",
        "order",
        "ordered",
        "bought",
        "buy",
        "am",
        "was",
        "be",
        "is",
        "been",
        "work",
        "works",
    ]
)
"""Words before "at", where what follows is a place on the web and no address."""


def understood(text: str) -> str:
    """The words of a caller with dictated addresses and numbers written; a number alone ("two", "number two") chooses."""
    said = numbers(addresses(" ".join(text.split())))
    chosen = _CHOICE.fullmatch(said.strip(" .!,"))
    return str(next(value for value, word in enumerate(chosen.groups(), 1) if word)) if chosen else said


_CHOICE: Final = re.compile(
    r"(?:(?:the )?(?:number|option|n[uú]mero|opci[oó]n|num[eé]ro|nummer|op[cç][aã]o)\s+)?"
    r"(?:(one|uno|una|eins|une|uma)|(two|dos|deux|zwei|zwo|dois|duas)|(three|tres|trois|drei|três)|(four|cuatro|quatre|vier|quatro)"
    r"|(five|cinco|cinq|fünf)|(six|seis|sechs))",
    re.IGNORECASE,
)
"""A number that is all that was said: the place of what was offered."""


def addresses(text: str) -> str:
    """The text with e-mail addresses that were spelled out written as such."""
    return _SAID_ADDRESS.sub(_address, text)


def _address(match: "re.Match[str]") -> str:
    if match["local"].lower() in _LOOKING:
        return match.group()
    local, domain = _joined(match["local"]), _joined(match["domain"])
    return f"{local}@{domain}".lower()


def _joined(said: str) -> str:
    text = re.sub(rf"\s+(?:{_DOT})\s+", ".", said, flags=re.IGNORECASE)
    text = re.sub(rf"\s+({_SIGN})\s+", lambda match: _SIGNS[match[1].lower()], text, flags=re.IGNORECASE)
    return re.sub(r"\s+", "", text)


# Numbers as words: `digits_for_words` of the understanding knows digit by digit, and English; here are the others' cardinals

_UNITS: Final = {
    "es": "cero uno dos tres cuatro cinco seis siete ocho nueve diez once doce trece catorce quince dieciséis diecisiete dieciocho "
    "diecinueve veinte veintiuno veintidós veintitrés veinticuatro veinticinco veintiséis veintisiete veintiocho veintinueve",
    "fr": "zéro un deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze seize",
    "de": "null eins zwei drei vier fünf sechs sieben acht neun zehn elf zwölf dreizehn vierzehn fünfzehn sechzehn siebzehn achtzehn "
    "neunzehn",
    "pt": "zero um dois três quatro cinco seis sete oito nove dez onze doze treze catorze quinze dezesseis dezessete dezoito dezenove",
}
_TENS: Final = {
    "es": {"treinta": 30, "cuarenta": 40, "cincuenta": 50, "sesenta": 60, "setenta": 70, "ochenta": 80, "noventa": 90},
    "fr": {
        "vingt": 20, "vingts": 20, "trente": 30, "quarante": 40, "cinquante": 50, "soixante": 60, "septante": 70, "octante": 80,
        "huitante": 80, "nonante": 90,
    },
    "de": {
        "zwanzig": 20, "dreißig": 30, "dreissig": 30, "vierzig": 40, "fünfzig": 50, "sechzig": 60, "siebzig": 70, "achtzig": 80,
        "neunzig": 90,
    },
    "pt": {
        "vinte": 20, "trinta": 30, "quarenta": 40, "cinquenta": 50, "sessenta": 60, "setenta": 70, "oitenta": 80, "noventa": 90,
    },
}  # fmt: skip
_HUNDREDS: Final = {
    "es": {
        "cien": 100, "ciento": 100, "doscientos": 200, "trescientos": 300, "cuatrocientos": 400, "quinientos": 500,
        "seiscientos": 600, "setecientos": 700, "ochocientos": 800, "novecientos": 900,
    },
    "fr": {},
    "de": {},
    "pt": {
        "cem": 100, "cento": 100, "duzentos": 200, "trezentos": 300, "quatrocentos": 400, "quinhentos": 500, "seiscentos": 600,
        "setecentos": 700, "oitocentos": 800, "novecentos": 900,
    },
}  # fmt: skip
_TIMES: Final = {
    "es": {"mil": 1000},
    "fr": {"cent": 100, "cents": 100, "mille": 1000},
    "de": {"hundert": 100, "tausend": 1000},
    "pt": {"mil": 1000},
}
_OTHERS: Final = {
    "es": {"dieciseis": 16, "veintidos": 22, "veintitres": 23, "veintiseis": 26, "un": 1, "una": 1},
    "fr": {"zero": 0, "une": 1},
    "de": {"ein": 1, "eine": 1, "zwo": 2, "fuenf": 5, "zwoelf": 12, "sechs": 6},
    "pt": {"tres": 3, "uma": 1, "quatorze": 14, "dezasseis": 16, "dezassete": 17, "dezanove": 19, "meia": 6},
}
_AND: Final = {"es": "y", "fr": "et", "de": "und", "pt": "e"}
_LANGUAGES: Final = tuple(_UNITS)
_COMPOUND: Final = 12
"""A single word of so many letters can be a whole number in German; a shorter one ("mil", "tausend") is none of a thing."""
_PLAIN: Final = {
    language: {
        **{word: value for value, word in enumerate(_UNITS[language].split())},
        **_TENS[language], **_HUNDREDS[language], **_OTHERS[language],
    }
    for language in _LANGUAGES
}  # fmt: skip
_TOKEN: Final = re.compile(r"[^\W\d_]+", re.UNICODE)
_GERMAN: Final = re.compile(
    "(" + "|".join(sorted({*_PLAIN["de"], *_TIMES["de"], "und"} - {"eine"}, key=len, reverse=True)) + ")"
)


def numbers(text: str) -> str:
    """The text with cardinal numbers of four digits and more written in digits, in Spanish, French, German and Portuguese.

    Numbers in pairs count too: "diez cuarenta y dos" and "zehn zweiundvierzig" are 1042."""
    words = [(match.start(), match.end(), match.group().lower()) for match in _TOKEN.finditer(text)]
    out, at, index = [], 0, 0
    while index < len(words):
        length, language = max((_run(text, words[index:], each), each) for each in _LANGUAGES)
        said = [word for _, _, word in words[index : index + length]]
        digits = _digits(said, language) if length > 1 or (length and len(said[0]) >= _COMPOUND) else ""
        if len(digits) >= 4:
            out += [text[at : words[index][0]], digits]
            at = words[index + length - 1][1]
        index += max(1, length)
    return "".join(out) + text[at:]


def _run(text: str, words: list[tuple[int, int, str]], language: str) -> int:
    """How many words from here are one dictated number; it does not end in "and"."""
    length, end = 0, None
    for count, (start, stop, word) in enumerate(words, 1):
        if end is not None and text[end:start].strip(" ,-."):
            break
        if word == _AND[language]:
            if not length:
                break
        elif not _is_number(word, language):
            break
        else:
            length = count
        end = stop
    return length


def _is_number(word: str, language: str) -> bool:
    if language == "de":
        return _GERMAN.sub("", word) == "" and word != "und"
    return word in _PLAIN[language] or word in _TIMES[language]


def _digits(words: list[str], language: str) -> str:
    if language == "de":
        values = [_german(word) for word in words if word != "und"]
        return _chained(values)
    if any(word in _TIMES[language] for word in words) or any(word in _HUNDREDS[language] for word in words):
        return str(_counted(words, language))
    return _chained(_pairs(words, language))


def _counted(words: list[str], language: str) -> int:
    """A number with its hundreds and thousands."""
    total = group = 0
    for word in words:
        factor = _TIMES[language].get(word)
        if factor == 1000:
            total, group = total + max(group, 1) * 1000, 0
        elif factor == 100:
            group = max(group, 1) * 100
        elif word == "vingts" or (word == "vingt" and group % 100 == 4):
            group = group - 4 + 80
        elif word != _AND[language]:
            group += _PLAIN[language][word]
    return total + group


def _pairs(words: list[str], language: str) -> list[int]:
    """Numbers below a hundred, one after the other: tens take the units that follow them."""
    values: list[int] = []
    may_add = False
    for word in words:
        if word == _AND[language]:
            continue
        value = _PLAIN[language][word]
        if language == "fr" and word.startswith("vingt") and values and values[-1] == 4:
            values[-1], may_add = 80, True
        elif may_add and (value < 10 or (language == "fr" and value < 20)) and value and values[-1] % 10 == 0:
            values[-1] += value
            may_add = language == "fr" and value == 10
        else:
            values.append(value)
            may_add = value in _TENS[language].values() or (language == "fr" and value == 10)
    return values


def _chained(values: list[int]) -> str:
    return "".join(str(value) for value in values)


def _german(word: str) -> int:
    """A German number, which is one word: `eintausendzweiundvierzig`."""
    total = group = held = 0
    for part in _GERMAN.findall(word):
        if part == "tausend":
            total, group = total + max(group, 1) * 1000, 0
        elif part == "hundert":
            group = max(group, 1) * 100
        elif part == "und":
            held, group = group % 10, group - group % 10
        else:
            group += _PLAIN["de"][part] + held
            held = 0
    return total + group + held
