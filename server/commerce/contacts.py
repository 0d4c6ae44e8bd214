"""The forms under which addresses and product words are compared and found in the embedded store.

E-mail addresses are equal without case and width, phone numbers are equal as E.164, words without case and accents.
Pure; knows documents only as plain values.
"""

import re
import unicodedata
from collections.abc import Iterable
from typing import TypeAlias

import phonenumbers

Contact: TypeAlias = tuple[str, str]
"""(`email` or `phone`, key)."""

_PLURALS = ("ves", "es", "ve", "fe", "f", "s", "e")
_SHORTEST = 3
_WORD = re.compile(r"[^\W_]+")


def email_key(value: str) -> str:
    """NFKC, case folded, trimmed; dots in Gmail addresses are kept."""
    return unicodedata.normalize("NFKC", value).casefold().strip()


def phone_key(value: str, region: str) -> str:
    """The number as E.164, national numbers read in `region`; empty when it is none."""
    bare = value.strip().removeprefix("whatsapp:").removeprefix("tel:")
    try:
        number = phonenumbers.parse(bare, region.upper() or None)
    except phonenumbers.NumberParseException:
        return ""
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def contacts(emails: Iterable[str] | None, phones: Iterable[str] | None, region: str) -> list[Contact]:
    """Every address that can be found by, once."""
    keys = [("email", email_key(each)) for each in emails or ()]
    keys += [("phone", phone_key(each, region)) for each in phones or ()]
    return list(dict.fromkeys((kind, key) for kind, key in keys if key))


def stems(text: str) -> list[str]:
    """The words of a text without case, accents and plural endings, in order: scarves and scarf are one."""
    decomposed = unicodedata.normalize("NFKD", text).casefold()
    plain = "".join(sign for sign in decomposed if not unicodedata.combining(sign))
    return [_stem(word) for word in _WORD.findall(plain)]


def _stem(word: str) -> str:
    ending = next((each for each in _PLURALS if word.endswith(each) and len(word) - len(each) >= _SHORTEST), "")
    return _stem(word.removesuffix(ending)) if ending else word
