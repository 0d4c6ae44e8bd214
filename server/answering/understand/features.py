"""Turns words into the sparse features of the head: words, word pairs, 3- to 5-letter pieces, and ideas.

The build and the running server share this module, so that both see the same message. Values are integers (the head
adds them without floats); each of the three blocks has its own fixed Euclidean length.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from itertools import pairwise
from math import log, sqrt

from server.answering.understand.concepts import ideas

UNIT = 4096
"""The length of a block: a feature's value is at most this."""


def word_features(tokens: list[str]) -> Counter[str]:
    """`wWORD` for every word and `wWORD WORD` for every neighbouring pair, with counts."""
    found = Counter(f"w{token}" for token in tokens)
    found.update(f"w{left} {right}" for left, right in pairwise(tokens))
    return found


def piece_features(tokens: list[str]) -> Counter[str]:
    """`cPIECE` for every 3-, 4- and 5-letter piece of the padded words, with counts."""
    found: Counter[str] = Counter()
    for token in tokens:
        padded = f"c {token} "
        size = len(padded)
        for length in (3, 4, 5):
            found.update("c" + padded[at : at + length] for at in range(1, size - length + 1))
    return found


def idea_features(tokens: list[str]) -> Counter[str]:
    """`iIDEA` for every idea and `iIDEA IDEA` for every idea that comes before another within three."""
    said = ideas(tokens)
    found = Counter(f"i{idea}" for group in said for idea in group)
    for at, group in enumerate(said):
        for later in said[at + 1 : at + 4]:
            found.update(f"i{left} {right}" for left in group for right in later)
    return found


def vector(tokens: list[str], rows: Mapping[str, int], idf: "Iterable[int] | list[int]") -> list[tuple[int, int]]:
    """(row, value) of every known feature. `idf` is in thousandths, by row."""
    weights = idf if isinstance(idf, list) else list(idf)
    return (
        _block(word_features(tokens), rows, weights)
        + _block(piece_features(tokens), rows, weights)
        + _block(idea_features(tokens), rows, weights)
    )


def _block(counts: Counter[str], rows: Mapping[str, int], idf: list[int]) -> list[tuple[int, int]]:
    raised = []
    square = 0.0
    for name, count in counts.items():
        row = rows.get(name)
        if row is not None:
            value = idf[row] * (1.0 if count == 1 else 1.0 + log(count))
            raised.append((row, value))
            square += value * value
    if not raised:
        return []
    scale = UNIT / sqrt(square)
    return [(row, round(value * scale)) for row, value in raised]
