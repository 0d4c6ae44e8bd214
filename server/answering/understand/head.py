"""The two heads that tell what a clause asks for: one on its words, one on its meaning, other languages in rough English.

The word head is a linear machine on words, pieces and ideas. The meaning head reads the encoder's early vector: a
logistic regression beside the three nearest lines of each intent. Trained by `build`; numpy only.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from server.answering.understand import weights
from server.answering.understand.features import Floats, Table
from server.answering.understand.glossary import Worded
from server.answering.understand.shape import Intent

Bytes = NDArray[np.int8]
Path = Literal["alone", "both", "glossed", "hinglish"]
"""How a clause is judged: by its words alone, or by both heads in English, another language, or Hinglish."""
PATHS: Final[tuple[Path, ...]] = get_args(Path)


def path_of(language: str) -> Path:
    """How both heads judge a language."""
    return "both" if language == "en" else "hinglish" if language == "hi-en" else "glossed"


CANDIDATES: Final = 6
"""Of how many intents, those that both heads rank highest, the lines are asked at all. All of them decide no better."""
NEAREST: Final = 3
"""How many lines of an intent speak for it."""
WORDS_SHARE: Final = 0.7
NEARNESS_SHARE: Final = 16.0
"""Of the sum of both heads' log probabilities: the words' part (the meaning has the rest), and that of the nearest lines."""


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Where a head's word stops counting. Computed by the build on messages that it had not seen.

    `accept`: least probability of a sure answer; `margin`: least lead over the second; `also`: least probability of
    a further intent; `known`: least share of a message's words that the shop's language knows; `near`: least cosine to
    the nearest lines; `enough`: the words' own probability from which the meaning is not asked.
    """

    accept: float
    margin: float
    also: float
    known: float
    near: float
    enough: float


@dataclass(frozen=True, slots=True)
class WordHead:
    """Weights by feature in steps of an int8, one step an intent."""

    table: Table
    stored: Bytes
    steps: Floats
    bias: Floats

    def log_chances(self, said: Worded) -> Floats:
        """Untempered log probabilities of the intents."""
        rows, values = self.table.vector(said)
        logits: Floats = (values @ self.stored[rows].astype(np.float32)) * self.steps + self.bias
        return log_softmax(logits)

    def known_share(self, tokens: list[str]) -> float:
        """The share of the words that training saw (1.0 for no words at all)."""
        if not tokens:
            return 1.0
        return sum(f"w{token}" in self.table for token in tokens) / len(tokens)


@dataclass(frozen=True, slots=True)
class MeaningHead:
    """`centre` and `project` take a vector to where directions count alike; `lines` are the rows of each intent."""

    centre: Floats
    project: Floats
    coefficients: Floats
    bias: Floats
    lines: tuple[Floats, ...]

    def place(self, vectors: Floats) -> Floats:
        """Vectors of the encoder as points of length 1."""
        return placed(vectors, self.centre, self.project)

    def log_chances(self, points: Floats) -> Floats:
        """Untempered log probabilities of the intents, a row a point."""
        return log_softmax(points @ self.coefficients.T + self.bias)

    def nearness(self, points: Floats, scores: Floats) -> Floats:
        """The mean cosine of the nearest lines of each intent among the highest of `scores`, else 0; a row a point."""
        near = np.zeros((len(points), len(self.lines)), np.float32)
        asked = np.argpartition(-scores, CANDIDATES - 1, axis=1)[:, :CANDIDATES]
        for row, intents in enumerate(asked.tolist()):
            for intent in intents:
                near[row, intent] = nearest(self.lines[intent] @ points[row])
        return near


def placed(vectors: Floats, centre: Floats, project: Floats) -> Floats:
    """Centred, projected, and of length 1."""
    points = (vectors - centre) @ project
    lengths = np.maximum(np.linalg.norm(points, axis=1, keepdims=True), 1e-9)
    return np.asarray(points / lengths, np.float32)


def nearest(cosines: Floats) -> float:
    """The mean of the highest few."""
    if len(cosines) > NEAREST:
        cosines = np.partition(cosines, -NEAREST)[-NEAREST:]
    return float(cosines.sum()) / NEAREST


def log_softmax(logits: Floats) -> Floats:
    """Log probabilities along the last axis."""
    shifted: Floats = logits - logits.max(axis=-1, keepdims=True)
    logs: Floats = shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))
    return logs


def tempered(scores: Floats, temperature: float | Floats) -> Floats:
    """Probabilities along the last axis; the temperature is one for all, or one a row."""
    chances: Floats = np.exp(log_softmax(np.asarray(scores / temperature, np.float32)))
    return chances


@dataclass(frozen=True, slots=True)
class Heads:
    """Everything that the lines decided, loaded. Immutable, so any thread may use it."""

    classes: tuple[Intent, ...]
    words: WordHead
    meaning: MeaningHead
    limits: Mapping[Path, Thresholds]
    temperatures: Mapping[Path, float]

    def by_words(self, said: Worded) -> tuple[Floats, Floats]:
        """(probabilities, log probabilities before tempering) of the intents by the words of a text."""
        logs = self.words.log_chances(said)
        return tempered(logs, self.temperatures["alone"]), logs

    def by_both(self, word_logs: Floats, vectors: Floats, paths: Sequence[Path]) -> tuple[Floats, Floats]:
        """(probabilities, nearness) of the intents, a row a text, by words and early vectors together."""
        scores, near = self.scores(word_logs, vectors)
        return tempered(scores, np.array([[self.temperatures[path]] for path in paths], np.float32)), near

    def scores(self, word_logs: Floats, vectors: Floats) -> tuple[Floats, Floats]:
        """(scores, nearness): what both heads and the nearest lines say as one, before tempering."""
        points = self.meaning.place(vectors)
        meaning_logs = self.meaning.log_chances(points)
        heads: Floats = np.float32(WORDS_SHARE) * word_logs + np.float32(1 - WORDS_SHARE) * meaning_logs
        near = self.meaning.nearness(points, heads)
        return heads + np.float32(NEARNESS_SHARE) * near, near


@lru_cache(maxsize=1)
def load() -> Heads:
    """The heads of the chosen folder of weights, read once."""
    where = weights.folder()
    with np.load(where / "heads.npz") as stored:
        arrays = {name: stored[name] for name in stored.files}
    return parse(weights.read_manifest(where), (where / "vocabulary.txt").read_text("utf-8"), arrays)


weights.reload_on_change(load.cache_clear)


def parse(manifest: Mapping[str, Any], vocabulary: str, arrays: Mapping[str, NDArray[Any]]) -> Heads:
    """The heads from their three files: manifest, one feature a line, arrays."""
    known = vocabulary.split("\n")[:-1]
    return Heads(
        classes=tuple(manifest["classes"]),
        words=WordHead(
            Table(known, arrays["rarity"].astype(np.float32) / np.float32(1000)),
            arrays["word_weights"],
            arrays["word_steps"],
            arrays["word_bias"],
        ),
        meaning=MeaningHead(
            arrays["centre"],
            arrays["project"].astype(np.float32),
            arrays["meaning_weights"],
            arrays["meaning_bias"],
            _by_intent(arrays["lines"], arrays["intents"], len(manifest["classes"])),
        ),
        limits={path: Thresholds(**manifest["thresholds"][path]) for path in PATHS},
        temperatures={path: manifest["temperature"][path] for path in PATHS},
    )


def _by_intent(lines: Bytes, intents: NDArray[np.uint8], count: int) -> tuple[Floats, ...]:
    """The lines of each intent, from steps of 1/127."""
    return tuple(lines[intents == intent].astype(np.float32) / np.float32(127) for intent in range(count))
