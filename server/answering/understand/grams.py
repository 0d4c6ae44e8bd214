"""Tells the six languages of the lines apart by letter groups: as a sum of log odds, in nats, one for each language."""

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

from server.answering.understand import weights
from server.answering.understand.authored import LANGUAGES

_LENGTHS: Final = (2, 3, 4)
_LEAST_COUNT: Final = 5
_UNSEEN: Final = 0.3
_UNITS: Final = 20
"""Steps of the stored integers in one nat."""
_MOST_WORDS: Final = 40
_REMEMBERED: Final = 8192
FILE: Final = "grams.txt"


@dataclass(frozen=True, slots=True)
class Grams:
    """Log odds of each letter group, in `LANGUAGES` order."""

    odds: Mapping[str, tuple[int, ...]]
    _known: dict[str, tuple[int, ...]] = field(default_factory=dict)

    def scores(self, tokens: Sequence[str]) -> dict[str, float]:
        """How much the words speak for each language; nothing when no letter group is known."""
        found = [sums for sums in map(self._of_word, tokens[:_MOST_WORDS]) if sums]
        sums = map(sum, zip(*found, strict=True))
        return {code: total / _UNITS for code, total in zip(LANGUAGES, sums, strict=True)} if found else {}

    def _of_word(self, token: str) -> tuple[int, ...]:
        """What one word speaks for each language; empty when none of its letter groups is known."""
        sums = self._known.get(token)
        if sums is None:
            odds = [self.odds[gram] for gram in grams_of([token]) if gram in self.odds]
            sums = tuple(map(sum, zip(*odds, strict=True)))
            if len(self._known) < _REMEMBERED:
                self._known[token] = sums
        return sums


def grams_of(tokens: Sequence[str]) -> Iterator[str]:
    """The letter groups of the words, their ends marked by blanks; numbers and masks have none."""
    for token in tokens:
        if (token.isalpha() and not (token[0] == "x" and token in _MASKS)) or "'" in token:
            padded = f" {token} "
            for length in _LENGTHS:
                yield from (padded[at : at + length] for at in range(len(padded) - length + 1))


_MASKS: Final = frozenset({"xlink", "xmail", "xmoney", "xpromo", "xorder", "xcode", "xlong"})


def train(tokenised: Sequence[tuple[str, list[str]]]) -> str:
    """The file's text from (language, words) pairs: `group:odds,...` a line."""
    counts = {code: Counter[str]() for code in LANGUAGES}
    for code, tokens in tokenised:
        counts[code].update(grams_of(tokens))
    together = Counter[str]()
    for each in counts.values():
        together.update(each)
    known = sorted(gram for gram, count in together.items() if count >= _LEAST_COUNT)
    sizes = {code: sum(each.values()) + _UNSEEN * len(known) for code, each in counts.items()}
    made = []
    for gram in known:
        shares = [(counts[code][gram] + _UNSEEN) / sizes[code] for code in LANGUAGES]
        mean = sum(shares) / len(shares)
        made.append(f"{gram}:{','.join(str(round(_UNITS * math.log(share / mean))) for share in shares)}\n")
    return "".join(made)


@lru_cache(maxsize=1)
def load() -> Grams:
    """The letter groups of the chosen folder of weights, read once."""
    return parse((weights.folder() / FILE).read_text("utf-8"))


def parse(text: str) -> Grams:
    """The letter groups from their file."""
    odds: dict[str, tuple[int, ...]] = {}
    for line in text.split("\n"):
        gram, _, listed = line.rpartition(":")
        if gram:
            odds[gram] = tuple(map(int, listed.split(",")))
    return Grams(odds)


weights.reload_on_change(load.cache_clear)
