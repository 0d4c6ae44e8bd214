"""Words that the shop never uses: replaced where it says by what, found where it does not."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Self


@dataclass(frozen=True, slots=True)
class Never:
    """A word, or several, that is never used; `instead` stands in its place, None = a text that has it is refused."""

    word: str
    instead: str | None
    pattern: "re.Pattern[str]"

    @classmethod
    def of(cls, written: str) -> Self:
        """From `word` or `word=instead`. Raises ValueError."""
        word, sign, instead = (part.strip() for part in written.partition("="))
        if not re.search(r"\w", word) or (sign and not instead):
            raise ValueError(f"{written!r} is neither `word` nor `word=instead`")
        made = cls(
            word, instead if sign else None, re.compile(rf"(?<![\w{{]){re.escape(word)}(?![\w}}])", re.IGNORECASE)
        )
        if instead and made.pattern.search(instead):
            raise ValueError(f"{written!r} puts the word in its own place")
        return made


def swapped(text: str, words: Iterable[Never]) -> str:
    """The text with other words in the place of those that have one, with a capital where the word had one."""
    for each in words:
        if each.instead is not None:
            instead = each.instead
            text = each.pattern.sub(lambda match, new=instead: _like(match.group(), new), text)  # type: ignore[misc]  # bound by the default
    return text


def _like(word: str, instead: str) -> str:
    return instead[:1].upper() + instead[1:] if word[:1].isupper() else instead


def left(text: str, words: Sequence[Never]) -> str:
    """The first word in a text that has nothing in its place; empty when it has none."""
    return next((each.word for each in words if each.instead is None and each.pattern.search(text)), "")
