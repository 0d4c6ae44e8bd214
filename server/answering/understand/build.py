"""Trains the head from the authored lines: `python -m server.answering.understand.build`.

Reads `lines/*.txt`, fits one multinomial logistic regression, tempers it and sets its thresholds on lines that a model
had not seen (five folds), and writes `weights/`. Needs the `train` extra; the running server never imports this module.
The same lines give the same files.
"""

import hashlib
import json
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import log
from pathlib import Path

import numpy as np
from scipy.sparse import csr_matrix  # type: ignore[import-untyped]
from sklearn.linear_model import LogisticRegression

from server.answering.understand.features import UNIT, idea_features, piece_features, vector, word_features
from server.answering.understand.head import Thresholds
from server.answering.understand.normalise import clean, fold, mask, words
from server.answering.understand.shape import INTENTS

HERE = Path(__file__).parent
_STRENGTH = 4.0
_FOLDS = 5
_KNOWN = 0.34
_LEAST_COUNT = {"w": 2, "c": 3, "i": 2}


@dataclass(frozen=True, slots=True)
class Line:
    """One authored message."""

    language: str
    intent: str
    text: str

    @property
    def tokens(self) -> list[str]:
        """Its words, as the head sees them."""
        return words(mask(fold(clean(self.text))))


@dataclass(frozen=True, slots=True)
class Files:
    """What the build writes, by file name."""

    manifest: str
    vocabulary: str
    weights: bytes
    lexicon: str


def read_lines(folder: Path) -> list[Line]:
    """Every line under its `[intent]`, by file (= language) and in order. Raises ValueError for an unknown intent."""
    return [line for path in sorted(folder.glob("*.txt")) for line in _read(path)]


def _read(path: Path) -> Iterator[Line]:
    intent = ""
    for number, raw in enumerate(path.read_text("utf-8").splitlines(), 1):
        text = raw.strip()
        if text.startswith("[") and text.endswith("]"):
            intent = text[1:-1]
            if intent not in INTENTS:
                raise ValueError(f"{path.name}:{number}: unknown intent {intent}")
        elif text and not text.startswith("#"):
            yield Line(path.stem, intent, text)


def vocabulary_of(tokenised: Sequence[list[str]]) -> tuple[list[str], list[int]]:
    """The features worth a row, sorted, and their inverse document frequencies in thousandths."""
    documents: Counter[str] = Counter()
    for tokens in tokenised:
        documents.update((word_features(tokens) + piece_features(tokens) + idea_features(tokens)).keys())
    names = sorted(name for name, count in documents.items() if count >= _LEAST_COUNT[name[0]])
    size = len(tokenised)
    return names, [round(1000 * (log((1 + size) / (1 + documents[name])) + 1)) for name in names]


@dataclass(frozen=True, slots=True)
class Fitted:
    """A trained head before it is stored: weights are intents x features."""

    names: list[str]
    idf: list[int]
    coefficients: "np.ndarray[tuple[int, int], np.dtype[np.float64]]"
    intercepts: list[float]

    def logits(self, tokenised: Sequence[list[str]]) -> "np.ndarray[tuple[int, int], np.dtype[np.float64]]":
        """Untempered scores, messages x intents."""
        scores: np.ndarray[tuple[int, int], np.dtype[np.float64]] = (
            _matrix(tokenised, self.names, self.idf) @ self.coefficients.T + self.intercepts
        )
        return scores


def fit(lines: Sequence[Line]) -> Fitted:
    """One head on these lines. Every intent must occur."""
    tokenised = [line.tokens for line in lines]
    names, idf = vocabulary_of(tokenised)
    model = LogisticRegression(C=_STRENGTH, max_iter=300, tol=1e-3)
    model.fit(_matrix(tokenised, names, idf), [INTENTS.index(line.intent) for line in lines])
    return Fitted(names, idf, model.coef_, model.intercept_.tolist())


def _matrix(tokenised: Sequence[list[str]], names: list[str], idf: list[int]) -> "csr_matrix":
    rows = {name: row for row, name in enumerate(names)}
    values: list[float] = []
    columns: list[int] = []
    ends = [0]
    for tokens in tokenised:
        for row, value in vector(tokens, rows, idf):
            columns.append(row)
            values.append(value / UNIT)
        ends.append(len(columns))
    return csr_matrix((values, columns, ends), shape=(len(tokenised), len(names)))


@dataclass(frozen=True, slots=True)
class Unseen:
    """How models judged lines that they were not trained on: right intent and logits, row by row."""

    truth: "np.ndarray[tuple[int], np.dtype[np.int64]]"
    logits: "np.ndarray[tuple[int, int], np.dtype[np.float64]]"
    known: "np.ndarray[tuple[int], np.dtype[np.float64]]"

    def probabilities(self, temperature: float) -> "np.ndarray[tuple[int, int], np.dtype[np.float64]]":
        """Tempered probabilities."""
        raised = np.exp((self.logits - self.logits.max(axis=1, keepdims=True)) / temperature)
        result: np.ndarray[tuple[int, int], np.dtype[np.float64]] = raised / raised.sum(axis=1, keepdims=True)
        return result


def unseen(lines: Sequence[Line]) -> Unseen:
    """Five models, each judging the fifth of the lines that it did not see."""
    parts = []
    for fold_number in range(_FOLDS):
        learnt = [line for at, line in enumerate(lines) if at % _FOLDS != fold_number]
        judged = [line for at, line in enumerate(lines) if at % _FOLDS == fold_number]
        model = fit(learnt)
        words_known = set(model.names)
        tokenised = [line.tokens for line in judged]
        known = [sum(f"w{word}" in words_known for word in said) / max(len(said), 1) for said in tokenised]
        parts.append(([INTENTS.index(line.intent) for line in judged], model.logits(tokenised), known))
    return Unseen(
        np.concatenate([part[0] for part in parts]),
        np.concatenate([part[1] for part in parts]),
        np.concatenate([part[2] for part in parts]),
    )


def temperature_of(judged: Unseen) -> float:
    """The temperature under which the probabilities of unseen lines are least surprising (log loss)."""
    steps = [round(0.2 + 0.02 * step, 2) for step in range(80)]
    return min(steps, key=lambda step: _surprise(judged, step))


def _surprise(judged: Unseen, temperature: float) -> float:
    right = judged.probabilities(temperature)[np.arange(len(judged.truth)), judged.truth]
    return float(-np.log(np.clip(right, 1e-9, 1)).mean())


def thresholds_of(judged: Unseen, temperature: float) -> Thresholds:
    """Accept where unseen lines above are right nine times in ten; margin and further intents likewise from the data."""
    chances = judged.probabilities(temperature)
    order = np.sort(chances, axis=1)
    top, second = order[:, -1], order[:, -2]
    right = chances.argmax(axis=1) == judged.truth
    accept = _least(top, right, 0.88)
    sure = top >= accept
    margin = _least((top - second)[sure], right[sure], 0.90)
    return Thresholds(accept=accept, margin=margin, also=max(0.35, round(accept * 0.66, 2)), known=_KNOWN)


def _least(
    scores: "np.ndarray[tuple[int], np.dtype[np.float64]]",
    right: "np.ndarray[tuple[int], np.dtype[np.bool_]]",
    wanted: float,
) -> float:
    for step in range(2, 96):
        cut = step / 100
        above = scores >= cut
        if above.any() and right[above].mean() >= wanted:
            return cut
    return 0.95


def store(model: Fitted, temperature: float, thresholds: Thresholds, lines: Sequence[Line]) -> Files:
    """The four files of the head. Weights become int8 steps, so that the same lines give the same bytes anywhere."""
    step = float(np.abs(model.coefficients).max()) / 127
    # Shifted by 128: the running head keeps lanes of non-negative numbers.
    stored = np.rint(model.coefficients / step).astype(np.int16) + 128
    manifest = {
        "classes": list(INTENTS),
        "bias": [round(each, 4) for each in model.intercepts],
        "step": round(step, 6),
        "temperature": temperature,
        "thresholds": {name: getattr(thresholds, name) for name in ("accept", "margin", "also", "known")},
        "lines": len(lines),
        "lines_sha256": digest(lines),
    }
    idf = np.array(model.idf, dtype="<u2").tobytes()
    return Files(
        manifest=json.dumps(manifest, indent=1) + "\n",
        vocabulary="".join(f"{name}\n" for name in model.names),
        weights=idf + stored.T.astype(np.uint8).tobytes(),
        lexicon=lexicon_of(lines),
    )


def digest(lines: Sequence[Line]) -> str:
    """The fingerprint of the lines: it changes with any word, intent or order."""
    return hashlib.sha256(repr([(line.language, line.intent, line.text) for line in lines]).encode()).hexdigest()


def lexicon_of(lines: Sequence[Line]) -> str:
    """`word language:count ...` a line, sorted: what spelling takes for known words."""
    counts: dict[str, Counter[str]] = {}
    for line in lines:
        for word in line.tokens:
            counts.setdefault(word, Counter())[line.language] += 1
    return "".join(
        f"{word} {' '.join(f'{language}:{count}' for language, count in sorted(owners.items()))}\n"
        for word, owners in sorted(counts.items())
    )


def make(lines: Sequence[Line]) -> Files:
    """Everything that the lines decide."""
    judged = unseen(lines)
    temperature = temperature_of(judged)
    return store(fit(lines), temperature, thresholds_of(judged, temperature), lines)


def main() -> None:
    """Train from `lines/` and write `weights/`."""
    made = make(read_lines(HERE / "lines"))
    folder = HERE / "weights"
    folder.mkdir(exist_ok=True)
    (folder / "head.json").write_text(made.manifest, "utf-8")
    (folder / "vocabulary.txt").write_text(made.vocabulary, "utf-8")
    (folder / "head.bin").write_bytes(made.weights)
    (folder / "lexicon.txt").write_text(made.lexicon, "utf-8")
    sys.stdout.write(f"{made.manifest}{len(made.weights)} bytes of weights\n")


if __name__ == "__main__":
    main()
