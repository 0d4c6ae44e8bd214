"""Reading what providers send: JSON of which nothing is believed, as values that cannot surprise.

Every look-up answers with an empty value when a field is missing, null or of another kind. Text is cleaned here once:
no control characters, no more than 300 characters. It knows no provider and no meaning.
"""

import json
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Final, TypeAlias

Raw: TypeAlias = Mapping[str, object]

MOST_TEXT: Final = 300
_MOST_NUMBER: Final = 64
_UNSEEN: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})
_NOTHING: Final[Raw] = {}


def decode(body: bytes) -> Raw:
    """The body as a JSON object. Raises ValueError for anything else, however deep or broken."""
    try:
        raw = json.loads(body)
    except (ValueError, RecursionError):
        raise ValueError("the body is not JSON") from None
    if not isinstance(raw, dict):
        raise ValueError("the body is not a JSON object")
    return raw


def part(raw: Raw, name: str) -> Raw:
    """The object in this field, or an empty one."""
    value = raw.get(name)
    return value if isinstance(value, dict) else _NOTHING


def parts(raw: Raw, name: str) -> Sequence[Raw]:
    """The objects in this list; what is no object is left out."""
    value = raw.get(name)
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def word(raw: Raw, name: str) -> str:
    """A code as text, cleaned; numbers are spelled out. Empty when there is none."""
    return cleaned(raw.get(name)) or ""


def text(raw: Raw, *names: str) -> str | None:
    """What people wrote in the first of these fields that says something."""
    return next((found for name in names if (found := cleaned(raw.get(name)))), None)


def link(raw: Raw, *names: str) -> str | None:
    """The first of these fields that is an https link; no other link may reach a shopper."""
    values = (raw.get(name) for name in names)
    return next((value for value in values if isinstance(value, str) and is_link(value)), None)


def is_link(value: str) -> bool:
    """Whether it is an https link and nothing beside it."""
    return (
        value.startswith("https://") and len(value) <= 2000 and value.isprintable() and not set(value) & set(" <>\"'")
    )


def whole(raw: Raw, name: str) -> int | None:
    """A whole number, also when it came as text; None for anything else."""
    value = raw.get(name)
    if isinstance(value, str) and len(value) < 12 and value.strip().isdecimal():
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def tracking_number(raw: Raw, name: str) -> str:
    """The parcel's number. Raises ValueError when there is none: then nothing can be said."""
    number = word(raw, name).replace(" ", "")
    if not 0 < len(number) <= _MOST_NUMBER:
        raise ValueError(f"{name} is missing")
    return number


def cleaned(value: object) -> str | None:
    """Text without control characters and needless space, at most 300 characters; None when nothing is left."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return None
    try:
        spoken = str(value)[: 4 * MOST_TEXT]
    except ValueError:  # Python refuses to spell out numbers of thousands of digits
        return None
    seen = "".join(" " if char.isspace() else char for char in spoken if _is_seen(char))
    return " ".join(seen.split())[:MOST_TEXT].strip() or None


def _is_seen(char: str) -> bool:
    return char in "\t\n\r" or unicodedata.category(char) not in _UNSEEN


def without_nothing(**fields: object) -> dict[str, object]:
    """The fields that are known."""
    return {name: value for name, value in fields.items() if value is not None}
