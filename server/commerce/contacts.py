"""The forms under which addresses and product words are compared and found in the embedded store.

E-mail addresses are equal without case and width, phone numbers are equal as E.164, words without case and accents.
Pure; knows documents only as plain values.
"""

import re
import unicodedata
from collections.abc import Iterable
from typing import TypeAlias

import phonenumbers

from channels.phones import canonical

Contact: TypeAlias = tuple[str, str]
"""(`email`, `phone` or `name_zip`, key)."""

_US_ZIP_DIGITS = 5
_LETTERS = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "ð": "d", "æ": "ae", "œ": "oe", "þ": "th", "ı": "i"})
_DROPPED = str.maketrans({"'": "", "’": "", "ʼ": "", "`": "", ".": "", ",": " ", "-": " ", "‐": " ", "–": " "})
_PLURALS = ("ves", "es", "ve", "fe", "f", "s", "e")
_SHORTEST = 3
_WORD = re.compile(r"[^\W_]+")


def email_key(value: str) -> str:
    """NFKC, case folded, trimmed; dots in Gmail addresses are kept."""
    return unicodedata.normalize("NFKC", value).casefold().strip()


def phone_key(value: str, region: str) -> str:
    """The number as E.164 in the one form of its variants, national numbers read in `region`; empty when it is none."""
    bare = value.strip().removeprefix("whatsapp:").removeprefix("tel:")
    try:
        number = phonenumbers.parse(bare, region.upper() or None)
    except phonenumbers.NumberParseException:
        return ""
    return canonical(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))


def contacts(emails: Iterable[str] | None, phones: Iterable[str] | None, region: str) -> list[Contact]:
    """Every address that can be found by, once."""
    keys = [("email", email_key(each)) for each in emails or ()]
    keys += [("phone", phone_key(each, region)) for each in phones or ()]
    return list(dict.fromkeys((kind, key) for kind, key in keys if key))


def name_key(value: str) -> str:
    """A full name without case, accents and punctuation."""
    plain = unicodedata.normalize("NFKD", value).casefold().translate(_LETTERS).translate(_DROPPED)
    return " ".join("".join(sign for sign in plain if not unicodedata.combining(sign)).split())


def zip_key(value: str, country: str) -> str:
    """A postal code in capitals without spaces and hyphens; of a US ZIP+4 the first five digits."""
    code = "".join(sign for sign in unicodedata.normalize("NFKC", value).upper() if sign.isalnum())
    if country.upper() in ("US", "PR") and code.isdigit() and len(code) in (5, 9):
        return code[:_US_ZIP_DIGITS]
    return code


def named(name: str, zips: Iterable[tuple[str | None, str]]) -> list[Contact]:
    """A person's name beside each of their postal codes, given as (code, country): both together can be found by."""
    who = name_key(name)
    keys = [zip_key(code or "", country) for code, country in zips]
    return list(dict.fromkeys(("name_zip", f"{who}|{key}") for key in keys if who and key))


def stems(text: str) -> list[str]:
    """The words of a text without case, accents and plural endings, in order: scarves and scarf are one."""
    decomposed = unicodedata.normalize("NFKD", text).casefold()
    plain = "".join(sign for sign in decomposed if not unicodedata.combining(sign))
    return [_stem(word) for word in _WORD.findall(plain)]


def _stem(word: str) -> str:
    ending = next((each for each in _PLURALS if word.endswith(each) and len(word) - len(each) >= _SHORTEST), "")
    return _stem(word.removesuffix(ending)) if ending else word
