"""Who a mail names: the addresses of From, To, Cc and Reply-To, each checked before it is called one.

Everything that decides about trust must see the same address as a reader, so a list is read strictly: an address is what stands in
angle brackets, or a bare word; what cannot be read is none, never half of one.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from email.utils import parseaddr
from typing import Final

from email_validator import EmailNotValidError, validate_email

from channels.email.headers import words

MAX_ADDRESSES: Final = 200
_LONGEST: Final = 2_000
_LOOSE: Final = re.compile(r"[a-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}@[a-z0-9](?:[a-z0-9.-]{0,250}[a-z0-9])?")
_BIDI: Final = re.compile("[\u200b-\u200f\u202a-\u202e\u2060-\u2069]")


@dataclass(frozen=True, slots=True)
class Mailbox:
    """One address with its display name; `address` is normalised, "" = it could not be read.

    `is_odd` = it is written in a way that another reader reads otherwise, or may (a quote that never ends)."""

    name: str
    address: str
    is_odd: bool = False


def normalised(text: str) -> str:
    """An address in the one form under which it is kept and compared, "" = it is none.

    Old mailboxes with two dots in a row, and hosts without a dot, are taken as they are: mail comes from them."""
    text = text.strip()
    if len(text) > 320 or "@" not in text:
        return ""
    try:
        return validate_email(text, check_deliverability=False, test_environment=True).normalized.lower()
    except EmailNotValidError:
        pass
    lowered = text.lower()
    return lowered if _LOOSE.fullmatch(lowered) and ".." not in lowered.partition("@")[2] else ""


def mailboxes(values: Iterable[str]) -> list[Mailbox]:
    """Every mailbox in the raw values of a header, in order; groups are opened, comments dropped."""
    found: list[Mailbox] = []
    for value in values:
        entries = _entries(value)
        is_odd = '"' in _PIECE.findall(value) or (len(entries) == 1 and _reads_otherwise(value, entries[0][1]))
        for name, address in entries:
            if len(found) >= MAX_ADDRESSES:
                return found
            found.append(Mailbox(shown(name), normalised(address), is_odd))
    return found


def _reads_otherwise(value: str, address: str) -> bool:
    """Whether another parser (the standard library's) sees another address in a header that names one."""
    if len(value) > _LONGEST:
        return True
    other = parseaddr(value)[1]
    return other.lower() not in ("", normalised(address)) and normalised(other) != normalised(address)


def shown(name: str) -> str:
    """A display name for people: words decoded, quotes, controls of direction and line breaks gone, at most 200 characters."""
    return " ".join(_BIDI.sub("", words(name)).split()).strip("\"' ")[:200]


class _Entry:
    """One mailbox while it is read."""

    def __init__(self) -> None:
        self.words: list[str] = []
        self.angle: str | None = None

    @property
    def result(self) -> tuple[str, str] | None:
        text = "".join(self.words).strip()
        if self.angle is not None:
            return text, self.angle.rpartition(":")[2] if self.angle.startswith("@") else self.angle
        return ("", text) if text else None


_PIECE: Final = re.compile(r'"(?:[^"\\]|\\.)*"|<[^<>]*>|[,;:()]|\\.|[^",;:()<\\]+|.', re.DOTALL)


def _entries(value: str) -> list[tuple[str, str]]:
    done: list[tuple[str, str]] = []
    entry, depth = _Entry(), 0

    for piece in _PIECE.findall(value):
        if piece == "(" or (piece == ")" and depth):
            depth += 1 if piece == "(" else -1
        elif depth:
            continue
        elif piece in (",", ";"):
            done += [entry.result] if entry.result else []
            entry = _Entry()
        elif piece == ":" and entry.angle is None:
            entry = _Entry()  # the name of a group ends
        elif piece.startswith("<") and piece.endswith(">") and len(piece) > 1:
            # A second pair of brackets makes the entry unreadable: two readers could see two senders.
            entry.angle = piece[1:-1].strip() if entry.angle is None else ""
        elif piece.startswith('"') and len(piece) > 1:
            entry.words.append(re.sub(r"\\(.)", r"\1", piece[1:-1]) if entry.angle is None else "")
        else:
            entry.words.append(piece)
    return done + ([entry.result] if entry.result else [])
