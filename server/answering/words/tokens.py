"""A text as words with their places, for readers that must know what stands beside what."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from server.commerce.catalogue.lexicon import lexicon
from server.commerce.catalogue.words import Word, fold
from server.commerce.contacts import stems

_WORD: Final = re.compile(r"[^\W_]+")
_SHORTENED: Final = re.compile(r"[^\W\d_]['’]$")
_STRONG: Final = re.compile(r"(?<!\(\d)(?<!\s\d)[.;!?\n]+(?:\s|$)|\s(?=\(?\d{1,2}[.)]\s)")
_WEAK: Final = re.compile(
    r",\s|\s(?:and|also|plus|y|e|et|und|sowie|ademas|además|aussi|außerdem|também|tambem)\s", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Token:
    """One word: folded, its stem, and where it stands in the text."""

    raw: str
    stem: str
    start: int
    end: int


def tokens(text: str) -> list[Token]:
    """All words of a text in order."""
    found = []
    for match in _WORD.finditer(text):
        raw = fold(match.group())
        if len(raw) == 1 and _SHORTENED.search(text[: match.start()]):
            continue  # the t of "don't" is no word
        kept = stems(raw)
        if kept:
            found.append(Token(raw, kept[0], match.start(), match.end()))
    return found


def ideas(said: Sequence[Token], language: str, *groups: str) -> dict[int, frozenset[str]]:
    """The ideas of some groups that words name (kind, colour, size), by the place of their first word."""
    known = lexicon()
    found: dict[int, set[str]] = {}
    for each in known.meanings([Word(one.raw, one.stem) for one in said], language):
        if known.groups[each.idea] in groups:
            found.setdefault(each.start, set()).add(each.idea)
    return {at: frozenset(names) for at, names in found.items()}


def stretches(text: str, starts: Sequence[int]) -> list[str]:
    """The text cut into what is said about each of the things that are named at `starts` (ascending places).

    A cut lies where a clause begins between two of them: at the end of a sentence, else at the last comma or link."""
    if not starts:
        return []
    cuts = [0, *(border(text, left, right) for left, right in pairwise(starts)), len(text)]
    return [text[left:right].strip(" ,;") for left, right in pairwise(cuts)]


def border(text: str, left: int, right: int) -> int:
    """Where between two places the talk goes over to the second."""
    found = list(_STRONG.finditer(text, left, right)) or list(_WEAK.finditer(text, left, right))
    return found[-1].end() if found else right
