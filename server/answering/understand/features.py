"""Turns words into the sparse features of the word head: words, word pairs, 3- to 5-letter pieces, ideas, and English.

The build and the running server share this module, so that both see the same message. A feature is there or not; it
counts by how rare it is, and each of the four blocks has length 1.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import Final, cast

import numpy as np
from numpy.typing import NDArray

from server.answering.understand.concepts import ideas
from server.answering.understand.glossary import Worded

Floats = NDArray[np.float32]
Rows = NDArray[np.int32]

_REMEMBERED: Final = 8192


def word_names(tokens: Sequence[str]) -> Iterator[str]:
    """`wWORD` for every word and `wWORD WORD` for every neighbouring pair."""
    yield from (f"w{token}" for token in tokens)
    yield from (f"w{left} {right}" for left, right in pairwise(tokens))


def piece_names(token: str) -> Iterator[str]:
    """`cPIECE` for every 3-, 4- and 5-letter piece of the padded word."""
    padded = f" {token} "
    for length in (3, 4, 5):
        yield from ("c" + padded[at : at + length] for at in range(len(padded) - length + 1))


def idea_names(tokens: list[str]) -> Iterator[str]:
    """`iIDEA` for every idea and `iIDEA IDEA` for every idea that comes before another within three."""
    said = ideas(tokens)
    for at, group in enumerate(said):
        yield from (f"i{idea}" for idea in group)
        for later in said[at + 1 : at + 4]:
            yield from (f"i{left} {right}" for left in group for right in later)


def english_names(english: Sequence[str]) -> Iterator[str]:
    """`gWORD` and `gWORD WORD` of the words in English: what the lines of one language teach the others."""
    yield from (f"g{word}" for word in english)
    yield from (f"g{left} {right}" for left, right in pairwise(english))


def names(said: Worded) -> set[str]:
    """Every feature of a message."""
    found = {*word_names(said.tokens), *idea_names(said.tokens), *english_names(said.english)}
    for token in said.tokens:
        found.update(piece_names(token))
    return found


class Table:
    """The features that count, by row, and how rare each is. Any thread may read it."""

    def __init__(self, known: Sequence[str], rarity: Floats) -> None:
        self._rows = {name: row for row, name in enumerate(known)}
        self._rarity = rarity
        self._pieces: dict[str, frozenset[int]] = {}

    def __contains__(self, name: str) -> bool:
        return name in self._rows

    def vector(self, said: Worded) -> tuple[Rows, Floats]:
        """(rows, values) of a message's known features."""
        blocks = (
            self._found(word_names(said.tokens)),
            self._pieces_of(said.tokens),
            self._found(idea_names(said.tokens)),
            self._found(english_names(said.english)),
        )
        rows = np.array([row for block in blocks for row in sorted(block)], np.int32)
        values = self._rarity[rows]
        at = 0
        for block in blocks:
            part = values[at : at + len(block)]
            at += len(block)
            if block:
                part /= np.sqrt(part @ part)
        return rows, values

    def _found(self, wanted: Iterable[str]) -> set[int]:
        found = set(map(self._rows.get, wanted))
        found.discard(None)
        return cast(set[int], found)

    def _pieces_of(self, tokens: Sequence[str]) -> set[int]:
        found: set[int] = set()
        for token in tokens:
            rows = self._pieces.get(token)
            if rows is None:
                rows = frozenset(self._found(piece_names(token)))
                if len(self._pieces) < _REMEMBERED:
                    self._pieces[token] = rows
            found |= rows
        return found
