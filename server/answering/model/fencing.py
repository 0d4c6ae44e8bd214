"""What others wrote, made fit to be shown to a model: stripped of what nobody sees, cut, redacted, fenced.

Customer text, histories, articles and results of tools are data. They are JSON between marks that are random for each request, so
that no text can close its own fence. Addresses and numbers that only our own code needs never go out.
"""

import re
import secrets
import unicodedata
from collections.abc import Mapping
from typing import Any, Final

import msgspec

_INVISIBLE: Final = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff"
    "\uffa0\ufff9-\ufffb\U000e0000-\U000e0fff\U0001d173-\U0001d17a]"
)
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_MARKUP: Final = re.compile(
    r"<!--.*?-->|<(?:style|script|template)\b.*?</\w+\s*>|</?[a-zA-Z!][^<>]{0,2000}>", re.DOTALL
)
_EMAIL: Final = re.compile(r"[\w.+*'-]+\s?@\s?[\w-]+(?:\.[\w-]+)+")
_IBAN: Final = re.compile(r"\b[A-Z]{2}\d{2}(?:\s?[A-Z0-9]{4}){3,7}(?:\s?[A-Z0-9]{1,3})?\b")
_DIGITS: Final = re.compile(r"(?<![\w#])\+?\(?\d(?:[\s().-]{0,2}\d){8,18}(?!\w)")
_CODE: Final = re.compile(
    r"(?i)\b(code|otp|pin|c[oó]digo|kode|passw\w+|passwort|contrase\w+|senha|mot de passe|cvv|cvc)(\W{0,3}\w{0,3}\W{1,3})[^\s,;]*\d[^\s,;]*"
)
_SPACES: Final = re.compile(r"[ \t\u00a0]{2,}")
_CUT: Final = " […]"


def tag() -> str:
    """A mark for the fences of one request."""
    return secrets.token_hex(8)


def visible(text: str) -> str:
    """A text as a person sees it: without invisible, bidirectional, tag and control characters, without markup and its comments."""
    plain = _MARKUP.sub(" ", unicodedata.normalize("NFC", text))
    return _SPACES.sub(" ", _CONTROL.sub(" ", _INVISIBLE.sub("", plain))).strip()


def redacted(text: str) -> str:
    """A text without e-mail addresses, telephone, card and account numbers, codes and passwords.

    Long digit groups go, whatever they are: our own code has read what it needs of them."""
    for pattern, put in ((_EMAIL, "[e-mail]"), (_IBAN, "[account]"), (_DIGITS, "[number]")):
        text = pattern.sub(put, text)
    return _CODE.sub(r"\1\2[code]", text)


def shown(text: str, limit: int) -> str:
    """What a model may see of a text that somebody wrote, at most `limit` characters of it."""
    seen = redacted(visible(text))
    return seen if len(seen) <= limit else seen[: limit - len(_CUT)] + _CUT


def fenced(mark: str, name: str, value: Mapping[str, Any]) -> str:
    """Data between marks, as JSON with its keys in order."""
    body = msgspec.json.encode(value, order="sorted").decode()
    body = body.replace("<", "\\u003c").replace(mark, "")
    return f"<{name}-{mark}>\n{body}\n</{name}-{mark}>"
