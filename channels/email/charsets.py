"""Bytes of a mail to text that every store and every screen takes.

The declared charset is believed first; only what it cannot decode is guessed. Nothing here raises.
"""

import codecs
import re
from typing import Final

from charset_normalizer import from_bytes

_ALIASES: Final = {
    # What senders call one thing and write another: the right side is the superset that they mean.
    "iso8859-1": "cp1252",
    "latin-1": "cp1252",
    "latin1": "cp1252",
    "ascii": "cp1252",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "ks_c_5601-1987": "cp949",
    "ks_c_5601": "cp949",
    "euc_kr": "cp949",
    "shift_jis": "cp932",
    "x-sjis": "cp932",
    "iso2022_jp": "iso2022_jp_ext",
    "big5": "cp950",
    "tis-620": "cp874",
    "windows-874": "cp874",
    "iso8859-9": "cp1254",
    "iso-8859-8-i": "iso8859-8",
    "utf-8mb4": "utf-8",
    "unicode-1-1-utf-8": "utf-8",
}
_KNOWN: Final = frozenset((
    "utf-8", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-7", "cp437", "cp737", "cp775", "cp850", "cp852", "cp855",
    "cp857", "cp858", "cp860", "cp861", "cp862", "cp863", "cp864", "cp865", "cp866", "cp869", "cp874", "cp932", "cp949",
    "cp950", "cp1250", "cp1251", "cp1252", "cp1253", "cp1254", "cp1255", "cp1256", "cp1257", "cp1258", "gb18030", "big5hkscs",
    "hz", "euc_jp", "johab", "iso2022_jp_ext", "iso2022_jp_1", "iso2022_jp_2", "iso2022_kr", "iso8859-2", "iso8859-3",
    "iso8859-4", "iso8859-5", "iso8859-6", "iso8859-7", "iso8859-8", "iso8859-10", "iso8859-11", "iso8859-13", "iso8859-14",
    "iso8859-15", "iso8859-16", "koi8-r", "koi8-u", "kz1048", "mac-roman", "mac-cyrillic", "mac-greek", "mac-latin2",
    "mac-turkish",
))  # fmt: skip
"""Codecs for text in mails; others that Python has (idna, punycode, unicode_escape) are no charsets and may be slow."""
_GUESSED: Final = [
    "cp1252", "cp1251", "koi8_r", "cp1253", "cp1255", "cp1256", "cp1250", "cp1254", "cp932", "euc_jp", "gb18030", "cp949", "cp950",
]  # fmt: skip
_SAMPLE: Final = 8192
_CONTROLS: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufeff\ufffe\uffff]")
_SURROGATES: Final = re.compile("[\ud800-\udfff]")
_BOMS: Final = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def decode(data: bytes, declared: str = "") -> str:
    """Text of `data`: by its declared charset, else UTF-8, else the likeliest; unreadable bytes become U+FFFD. Not cleaned."""
    mark = next((name for bom, name in _BOMS if data.startswith(bom)), "")
    for name in (mark, _codec(declared), "utf-8"):
        text = _strictly(data, name) if name else None
        if text is not None:
            return text
    if _codec(declared) in ("utf-8", "") and (mended := _mended(data)) is not None:
        return mended
    return data.decode(_likeliest(data), "replace")


def _codec(declared: str) -> str:
    name = declared.strip().strip("\"'").lower()
    if name in _ALIASES:
        return _ALIASES[name]
    try:
        found = codecs.lookup(name).name if name.isascii() and "\0" not in name else ""
    except LookupError:
        return ""
    found = _ALIASES.get(found, found)
    return found if found in _KNOWN else ""


def _strictly(data: bytes, name: str) -> str | None:
    if name == "cp1252" and _strictly(data, "utf-8") is not None and not data.isascii():
        # Declared Latin-1 or ASCII and yet valid UTF-8: two or more bytes that happen to be so are next to never Latin-1.
        return None
    try:
        return data.decode(name)
    except (UnicodeError, ValueError):
        return None


def _mended(data: bytes) -> str | None:
    """UTF-8 with a few broken bytes (a text cut in the middle of a letter), None when it is no UTF-8 at all."""
    text = data.decode("utf-8", "replace")
    broken, letters = text.count("�"), sum(char > "\x7f" for char in text)
    return text if letters >= 5 * broken else None


def _likeliest(data: bytes) -> str:
    sample = data[:_SAMPLE]
    if sum(byte > 0x7F for byte in sample) < 12:
        return "cp1252"
    best = from_bytes(sample, cp_isolation=_GUESSED, enable_fallback=False).best()
    return best.encoding if best is not None else "cp1252"


def clean(text: str) -> str:
    """Text that every database and every JSON writer takes: no NUL, no control, no lone surrogate; lines end with a line feed."""
    text = (
        text.replace("\r\n", "\n")
        .replace("\r", "\n")
        .replace("\u2028", "\n")
        .replace("\u2029", "\n")
        .replace("\x85", "\n")
    )
    return _SURROGATES.sub("�", _CONTROLS.sub("", text))
