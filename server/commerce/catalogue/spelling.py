"""Finds the known word that a mistyped one stands for: shared letter groups first, then the true distance.

Pure; deterministic: of equally near words the commoner, then the first by spelling, is meant.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Final

_LEAST: Final = 5
_LONG: Final = 8
_CANDIDATES: Final = 24
_LENGTHS: Final = 2


class Spelling:
    """Words that are known, findable by their letter groups. `counts` says how common each is."""

    def __init__(self, counts: Mapping[str, int]) -> None:
        self._counts = {word: count for word, count in counts.items() if len(word) >= _LEAST and word.isalpha()}
        self._by_group: dict[str, list[str]] = {}
        for word in sorted(self._counts):
            for group in set(_groups(word)):
                self._by_group.setdefault(group, []).append(word)

    def nearest(self, word: str) -> tuple[str, ...]:
        """At most two known words that are meant by a mistyped one, likeliest first; none for short words and digits."""
        if len(word) < _LEAST or not word.isalpha():
            return ()
        shared: Counter[str] = Counter()
        for group in set(_groups(word)):
            shared.update(self._by_group.get(group, ()))
        likely = [each for each in shared if abs(len(each) - len(word)) <= _LENGTHS]
        likely.sort(key=lambda each: (-shared[each], abs(len(each) - len(word)), each))
        allowed = 1 if len(word) < _LONG else 2
        near = [(distance(word, each), -self._counts[each], each) for each in likely[:_CANDIDATES]]
        near = sorted(each for each in near if 0 < each[0] <= allowed)
        return tuple(each[2] for each in near if each[0] == near[0][0])[:2]


def _groups(word: str) -> Iterable[str]:
    padded = f" {word} "
    return (padded[at : at + 2] for at in range(len(padded) - 1))


def distance(left: str, right: str) -> int:
    """How many letters to add, drop, change or swap with a neighbour (optimal string alignment)."""
    before: list[int] = []
    above = list(range(len(right) + 1))
    for at, one in enumerate(left, 1):
        row = [at]
        for to, other in enumerate(right, 1):
            cost = min(above[to] + 1, row[to - 1] + 1, above[to - 1] + (one != other))
            if at > 1 and to > 1 and one == right[to - 2] and left[at - 2] == other:
                cost = min(cost, before[to - 2] + 1)
            row.append(cost)
        before, above = above, row
    return above[-1]
