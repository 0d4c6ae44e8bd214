"""Runs the trained head: which intent do these words mean, with a calibrated probability.

A multinomial logistic regression over sparse features, in pure Python. The weights of all intents of one feature stand
in one big integer, a 32-bit lane an intent, so that adding a feature is one multiplication and one addition (about
0.1 microseconds a feature, where a loop over intents takes ten times that). Files come from
`python -m server.answering.understand.build`; the head knows no rules, no clauses and no entities.
"""

import json
import sys
from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from math import exp

from server.answering.understand.features import UNIT, vector
from server.answering.understand.shape import Intent

WEIGHTS = files("server.answering.understand").joinpath("weights")
_OFFSET = 128  # lanes hold no negative numbers: int8 weights are stored plus 128


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Where the head's word stops counting. Computed by the build on messages that each model had not seen.

    `accept`: least probability of a sure answer; `margin`: least lead over the second; `also`: least probability of
    a further intent; `known`: least share of a message's words that the shop's language knows.
    """

    accept: float
    margin: float
    also: float
    known: float


@dataclass(frozen=True, slots=True)
class Head:
    """The loaded weights. Immutable after loading, so any thread may use it."""

    classes: tuple[Intent, ...]
    thresholds: Thresholds
    _rows: Mapping[str, int]
    _idf: list[int]
    _lanes: list[int]
    _bias: tuple[float, ...]
    _scale: float

    def probabilities(self, tokens: list[str]) -> list[float]:
        """One probability an intent, in the order of `classes`, for the words of a masked, folded text."""
        return softmax(self.logits(tokens))

    def logits(self, tokens: list[str]) -> list[float]:
        """The tempered scores behind the probabilities."""
        total = 0
        offset = 0
        lanes = self._lanes
        for row, value in vector(tokens, self._rows, self._idf):
            total += lanes[row] * value
            offset += value
        sums = array("I", total.to_bytes(4 * len(self.classes), "little"))
        if sys.byteorder == "big":
            sums.byteswap()
        offset *= _OFFSET
        return [(lane - offset) * self._scale + bias for lane, bias in zip(sums, self._bias, strict=True)]

    def known_share(self, tokens: Sequence[str]) -> float:
        """The share of the words that training saw (1.0 for no words at all)."""
        if not tokens:
            return 1.0
        return sum(f"w{token}" in self._rows for token in tokens) / len(tokens)


def softmax(logits: Sequence[float]) -> list[float]:
    """Probabilities of the logits."""
    highest = max(logits)
    raised = [exp(each - highest) for each in logits]
    total = sum(raised)
    return [each / total for each in raised]


@lru_cache(maxsize=1)
def load() -> Head:
    """The committed head, read once."""
    return parse(
        WEIGHTS.joinpath("head.json").read_text("utf-8"),
        WEIGHTS.joinpath("vocabulary.txt").read_text("utf-8"),
        WEIGHTS.joinpath("head.bin").read_bytes(),
    )


def parse(manifest_text: str, vocabulary: str, weights: bytes) -> Head:
    """The head from its three files: manifest, one feature a line, then idf (uint16) and weights (int8) by row."""
    manifest = json.loads(manifest_text)
    names = vocabulary.split("\n")[:-1]
    classes = tuple(manifest["classes"])
    idf = array("H", weights[: 2 * len(names)])
    if sys.byteorder == "big":
        idf.byteswap()
    temperature = manifest["temperature"]
    return Head(
        classes=classes,
        thresholds=Thresholds(**manifest["thresholds"]),
        _rows={name: row for row, name in enumerate(names)},
        _idf=idf.tolist(),
        _lanes=_lanes(weights[2 * len(names) :], len(classes)),
        _bias=tuple(each / temperature for each in manifest["bias"]),
        _scale=manifest["step"] / UNIT / temperature,
    )


def _lanes(stored: bytes, width: int) -> list[int]:
    wide = array("I", list(stored))
    if sys.byteorder == "big":
        wide.byteswap()
    raw = wide.tobytes()
    size = 4 * width
    return [int.from_bytes(raw[at : at + size], "little") for at in range(0, len(raw), size)]
