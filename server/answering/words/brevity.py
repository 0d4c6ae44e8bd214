"""A matter in three sentences: what belongs together is joined, and nothing that answers is left out.

Each matter that was asked about is a paragraph. Neighbours are joined by a semicolon, the shortest first; a word of
thanks goes before the sentence that follows it by a comma. Questions, lists, steps, quotations and other paragraphs stay as they are.
"""

import re
from collections.abc import Collection
from functools import lru_cache
from typing import Final

from server.answering.words.claim_words import words_of
from server.answering.words.sentences import sentences
from server.answering.words.wording import Wording, wording

MOST: Final = 3
_INTERJECTION: Final = 2
_ITEM: Final = re.compile(r"[ \t]*(?:[•“„«]|\d{1,2}\.\s)")
_WORD: Final = re.compile(r"[^\W\d_]+")
_STOPS: Final = ".!?…"
_SEMICOLON: Final = {"fr": " ; "}
_CAPITAL: Final = {
    "de": re.compile(r"(?:Ihr(?:e[nmr]?)?|Ihnen|Sie [^\W\d_]*(?:n|sind))\b"),
    "en": re.compile(r"I\b"),
}
"""First words that keep their capital within a sentence, though the same letters are another word in small."""


def condensed(text: str, language: str, quoted: Collection[str] = ()) -> str:
    """Each paragraph in at most three sentences, as far as they can be joined; `quoted` are sentences that stay word for word."""
    return "\n\n".join(_condensed(each, language, quoted) for each in text.split("\n\n"))


def _condensed(text: str, language: str, quoted: Collection[str]) -> str:
    lines = [_parts(line, language) for line in text.split("\n")]
    left = sum(_counts(part) for line in lines for part in line)
    while left > MOST:
        found = [
            (_cost(line[at], line[at + 1]), row, at)
            for row, line in enumerate(lines)
            for at in range(len(line) - 1)
            if _may_join(line[at], line[at + 1], quoted)
        ]
        if not found:
            break
        _, row, at = min(found)
        lines[row][at : at + 2] = [_joined(lines[row][at], lines[row][at + 1], language)]
        left -= 1
    return "\n".join(" ".join(line) for line in lines)


def count(text: str, language: str) -> int:
    """How many sentences a text has, its lists, steps and quotations left aside."""
    return sum(_counts(part) for line in text.split("\n") for part in _parts(line, language))


def _parts(line: str, language: str) -> list[str]:
    """The sentences of a line; an item of a list, a step or a quotation is one, whatever stands in it."""
    if _ITEM.match(line):
        return [line]
    return [part for part, _ in sentences(line, words_of(language)) if part]


def _counts(part: str) -> bool:
    return part.rstrip().endswith(tuple(_STOPS)) and not _ITEM.match(part)


def _cost(first: str, second: str) -> tuple[bool, int]:
    """Which neighbours are joined first: those without a semicolon of their own, then the shorter."""
    return ";" in first + second and not _is_interjection(first), len(first) + len(second)


def _may_join(first: str, second: str, quoted: Collection[str]) -> bool:
    if first in quoted or second in quoted or _is_interjection(second):
        return False
    is_statement = first.endswith(".") and not first.endswith("..") and second.endswith(".") and second[0].isalnum()
    return is_statement or _is_interjection(first)


def _is_interjection(part: str) -> bool:
    """Whether a sentence is a word of thanks or assent and nothing else."""
    words = _WORD.findall(part)
    return part.endswith(".") and len(words) <= _INTERJECTION and not any(each.isdigit() for each in part)


def _joined(first: str, second: str, language: str) -> str:
    mark = ", " if _is_interjection(first) else _SEMICOLON.get(language, "; ")
    return f"{first.removesuffix('.')}{mark}{_within(second, language)}"


def _within(sentence: str, language: str) -> str:
    """A sentence as it goes on within another: its first word in small, unless it is a name or, in German, a noun."""
    found = _WORD.search(sentence)
    capital = _CAPITAL.get(language)
    if found is None or (capital and capital.match(sentence, found.start())):
        return sentence
    word = found.group()
    is_ours = word.istitle() and (word[0].lower() + word[1:]) in _in_small(wording(), language)
    return f"{sentence[: found.start()]}{word[0].lower()}{sentence[found.start() + 1 :]}" if is_ours else sentence


@lru_cache(maxsize=32)
def _in_small(spoken: Wording, language: str) -> frozenset[str]:
    """The words that the phrases of a language write in small letters."""
    return frozenset(
        word for text in spoken.phrases(language).values() for word in _WORD.findall(text) if word.islower()
    )
