"""Mends typing errors: an unknown word of four letters or more becomes the shop's word that it nearly is.

The lexicon is the words of the authored lines. Candidates are found by leaving one letter out on both sides, so that
one lookup finds every word within one edit and the common ones within two. Entities are never read from mended text.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from server.answering.understand import glossary, weights
from server.answering.understand.concepts import ideas_of

MIN_LETTERS = 4
_LETTERS = re.compile(r"[^\W\d_]{4,}")
_LONG = 7  # words this long may hold two errors
_TARGET_COUNT = 3


@dataclass(frozen=True, slots=True)
class Lexicon:
    """Known words, the languages of every word, how common the common ones are, and which a word less one letter may be.

    A word said once is not known: it may be an error or a name.
    """

    known: frozenset[str]
    owners: Mapping[str, tuple[str, ...]]
    counts: Mapping[str, Mapping[str, int]]
    near: Mapping[str, tuple[str, ...]]

    def mend(self, word: str, language: str) -> str:
        """The word itself, or the word of this language that it most likely was meant to be."""
        if len(word) < MIN_LETTERS or word in self.known or not word.isalpha() or ideas_of(word):
            return word
        if glossary.knows(word, language):
            return word
        counts = self.counts.get(language)
        if counts is None:
            return word
        best, best_rank = word, (0, 0)
        for candidate in self._candidates(word):
            edits = distance(word, candidate, 2)
            if candidate in counts and edits <= _allowed(word, candidate):
                rank = (-edits, counts[candidate])
                if best is word or rank > best_rank:
                    best, best_rank = candidate, rank
        return best

    def _candidates(self, word: str) -> set[str]:
        found = set(self.near.get(word, ()))
        for at in range(len(word)):
            found.update(self.near.get(word[:at] + word[at + 1 :], ()))
        return found


def _allowed(word: str, candidate: str) -> int:
    if word[0] != candidate[0]:
        return 1 if len(word) >= _LONG - 1 else 0
    return 2 if min(len(word), len(candidate)) >= _LONG else 1


def distance(left: str, right: str, most: int) -> int:
    """Edits between two words (insert, delete, replace, swap neighbours), or `most` + 1 if there are more."""
    if abs(len(left) - len(right)) > most:
        return most + 1
    before: list[int] = []
    row = list(range(len(right) + 1))
    for at, char in enumerate(left, 1):
        older, before, row = before, row, [at]
        for to, other in enumerate(right, 1):
            cost = min(before[to] + 1, row[to - 1] + 1, before[to - 1] + (char != other))
            if older and to > 1 and char == right[to - 2] and left[at - 2] == other:
                cost = min(cost, older[to - 2] + 1)
            row.append(cost)
        if min(row) > most:
            return most + 1
    return row[-1]


def towards(text: str, vocabulary: Iterable[str]) -> str:
    """A text in which unknown words become the word of a vocabulary that they nearly are: "speeker", where a speaker was bought.

    Words of the vocabulary are plain and in small letters; place for place nothing else changes."""
    lexicon = load()
    targets = {word for word in vocabulary if len(word) >= MIN_LETTERS and word.isalpha()}

    def mend(match: "re.Match[str]") -> str:
        word = match.group().lower()
        if word in targets or word in lexicon.known or f"{word}s" in targets or word.removesuffix("s") in targets:
            return match.group()
        near = [(edits, each) for each in targets if (edits := distance(word, each, 2)) <= _allowed(word, each)]
        best = min(near, default=(0, ""))
        return best[1] if [edits for edits, _ in near].count(best[0]) == 1 else match.group()

    return _LETTERS.sub(mend, text)


def parse(lexicon: str) -> Lexicon:
    """The lexicon from its file: `word language:count ...` a line."""
    counts: dict[str, dict[str, int]] = {}
    near: dict[str, list[str]] = {}
    known: set[str] = set()
    owned: dict[str, tuple[str, ...]] = {}
    for line in lexicon.splitlines():
        word, *owners = line.split(" ")
        owned[word] = tuple(owner.partition(":")[0] for owner in owners)
        common = False
        for owner in owners:
            language, _, count = owner.partition(":")
            if int(count) > 1:
                known.add(word)
            if int(count) >= _TARGET_COUNT:
                counts.setdefault(language, {})[word] = int(count)
                common = True
        if common and len(word) >= MIN_LETTERS:
            for key in {word, *(word[:at] + word[at + 1 :] for at in range(len(word)))}:
                near.setdefault(key, []).append(word)
    return Lexicon(frozenset(known), owned, counts, {key: tuple(found) for key, found in near.items()})


@lru_cache(maxsize=1)
def load() -> Lexicon:
    """The lexicon of the chosen folder of weights, read once."""
    return parse((weights.folder() / "lexicon.txt").read_text("utf-8"))


weights.reload_on_change(load.cache_clear)
