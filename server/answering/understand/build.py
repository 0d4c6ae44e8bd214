"""Makes `weights/` from the authored lines in half a minute: `python -m server.answering.understand.build`.

Fits the word head on every language and the meaning head on all of them in English, then tempers them and sets their
thresholds on the held-out messages, which neither saw. Needs the `train` extra; the running server never imports this module. The same
lines give the same heads.
"""

import hashlib
import json
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from math import log
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix  # type: ignore[import-untyped]
from sklearn.linear_model import LogisticRegression
from sklearn.svm import LinearSVC

from server.answering.understand import grams, head, weights
from server.answering.understand.authored import Line, read_heldout, read_lines
from server.answering.understand.encoder import FOLDER as ENCODER
from server.answering.understand.encoder import encode_early
from server.answering.understand.features import Floats, Table, names
from server.answering.understand.glossary import Worded
from server.answering.understand.head import (
    PATHS,
    Heads,
    Thresholds,
    log_softmax,
    parse,
    path_of,
    placed,
    tempered,
)
from server.answering.understand.shape import INTENTS

Labels = NDArray[np.int64]

_WORD_STRENGTH: Final = 0.5
_SHARPNESS: Final = 0.3
"""What margins are divided by to be of the size of log odds."""
_MEANING_STRENGTH: Final = 5.0
_DIRECTIONS: Final = 128
_WHITENING: Final = 0.75
_SAME: Final = 0.6
"""The cosine from which one line says what another says: languages repeat each other."""
_OWN_SHARE: Final = 4.0
"""How many authored lines a line of the shop counts for: it is what this shop's customers write."""
_KNOWN: Final = 0.34
_LEAST_COUNT: Final = {"w": 2, "c": 3, "i": 2, "g": 2}
_RIGHT: Final = 0.88
_RIGHT_BY_LEAD: Final = 0.90
_RIGHT_WITHOUT_MEANING: Final = 0.97
_CAUTION: Final = 1.2
"""Held-out messages are by the lines' own authors: what strangers write is told less surely, by this factor."""
_LEAST_ACCEPT: Final[dict[head.Path, float]] = {"alone": 0.4, "both": 0.4, "glossed": 0.45, "hinglish": 0.5}
_LEAST_MARGIN: Final[dict[head.Path, float]] = {"alone": 0.15, "both": 0.15, "glossed": 0.15, "hinglish": 0.25}
"""Hinglish: from where as many answers are right as elsewhere (.905), in three folds of the lines. Glossed: rough English is
farther from what strangers write than the folds show, so a doubt is asked about there sooner."""
_FAR_OFF: Final = 0.01
"""The share of held-out requests that may lie farther from every line than `near`."""


@dataclass(frozen=True, slots=True)
class Made:
    """What the build writes."""

    manifest: dict[str, Any]
    vocabulary: str
    arrays: dict[str, NDArray[Any]]
    lexicon: str
    grams: str

    def heads(self) -> Heads:
        """As the server would load it."""
        return parse(self.manifest, self.vocabulary, self.arrays)

    def write(self, folder: Path) -> None:
        """Into `folder`, the manifest last: a folder with a manifest is whole."""
        folder.mkdir(parents=True, exist_ok=True)
        (folder / weights.MANIFEST).unlink(missing_ok=True)
        (folder / "vocabulary.txt").write_text(self.vocabulary, "utf-8")
        (folder / "lexicon.txt").write_text(self.lexicon, "utf-8")
        (folder / grams.FILE).write_text(self.grams, "utf-8")
        np.savez(folder / "heads.npz", **self.arrays)  # type: ignore[arg-type]
        (folder / weights.MANIFEST).write_text(json.dumps(self.manifest, indent=1) + "\n", "utf-8")


def vocabulary_of(texts: Sequence[Worded]) -> tuple[list[str], Floats]:
    """The features worth a row, sorted, and how rare each is (inverse document frequency, in thousandths)."""
    documents: Counter[str] = Counter()
    for said in texts:
        documents.update(names(said))
    known = sorted(name for name, count in documents.items() if count >= _LEAST_COUNT[name[0]])
    size = len(texts)
    rarity = [round(1000 * (log((1 + size) / (1 + documents[name])) + 1)) for name in known]
    return known, np.array(rarity, np.float32)


def make(lines: Sequence[Line], heldout: Sequence[Line], base: str = "", own: Sequence[Line] = ()) -> Made:
    """Everything that the lines decide. `base` names the release that a shop's own weights build on, `own` are its own lines."""
    shares = np.concatenate([np.ones(len(lines)), np.full(len(own), _OWN_SHARE)])
    lines = [*lines, *own]
    known, arrays = _word_arrays(lines, shares)
    arrays |= _meaning_arrays(lines, shares)
    manifest = {
        "format": weights.FORMAT,
        "base": base,
        "lines": len(lines),
        "lines_sha256": digest(lines),
        "encoder_sha256": hashlib.sha256((ENCODER / "weights.bin").read_bytes()).hexdigest(),
        "classes": list(INTENTS),
        "temperature": dict.fromkeys(PATHS, 1.0),
        "thresholds": {path: asdict(_NONE) for path in PATHS},
    }
    vocabulary = "".join(f"{name}\n" for name in known)
    _calibrate(parse(manifest, vocabulary, arrays), heldout, manifest)
    letters = grams.train([(line.language, line.tokens) for line in lines])
    return Made(manifest, vocabulary, arrays, lexicon_of(lines), letters)


_NONE: Final = Thresholds(accept=0, margin=0, also=0, known=_KNOWN, near=0, enough=1)


def _word_arrays(lines: Sequence[Line], shares: NDArray[np.float64]) -> tuple[list[str], dict[str, NDArray[Any]]]:
    texts = [line.worded for line in lines]
    known, rarity = vocabulary_of(texts)
    model = LinearSVC(C=_WORD_STRENGTH, random_state=0)
    model.fit(_matrix(texts, Table(known, rarity / np.float32(1000)), len(known)), _labels(lines), sample_weight=shares)
    coefficients, bias = _by_intent(model)
    coefficients, bias = coefficients / _SHARPNESS, bias / _SHARPNESS
    steps = np.maximum(np.abs(coefficients).max(axis=1), 1e-9) / 127
    return known, {
        "rarity": rarity.astype(np.uint16),
        "word_weights": np.ascontiguousarray(np.rint(coefficients / steps[:, None]).astype(np.int8).T),
        "word_steps": steps.astype(np.float32),
        "word_bias": bias.astype(np.float32),
    }


def _by_intent(model: Any) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """(weights, bias) with a row for each of `INTENTS`, also those that no line had."""
    coefficients = np.zeros((len(INTENTS), model.coef_.shape[1]))
    bias = np.full(len(INTENTS), -10.0)
    coefficients[model.classes_], bias[model.classes_] = model.coef_, model.intercept_
    return coefficients, bias


def _matrix(texts: Sequence[Worded], table: Table, width: int) -> "csr_matrix":
    vectors = [table.vector(said) for said in texts]
    ends = np.cumsum([0, *(len(rows) for rows, _ in vectors)])
    columns, values = (np.concatenate([vector[part] for vector in vectors]) for part in (0, 1))
    return csr_matrix((values.astype(np.float64), columns, ends), shape=(len(vectors), width))


def _meaning_arrays(lines: Sequence[Line], shares: NDArray[np.float64]) -> dict[str, NDArray[Any]]:
    """Directions in which lines differ count alike, so that no habit of the encoder outweighs the subject."""
    vectors = encode_early([line.plain for line in lines])
    centre = vectors.mean(axis=0)
    _, spread, directions = np.linalg.svd(vectors - centre, full_matrices=False)
    flipped = np.sign(directions[np.arange(len(directions)), np.abs(directions).argmax(axis=1)])
    directions = directions * flipped[:, None]
    size = min(_DIRECTIONS, len(spread))
    project = (directions[:size].T / spread[:size] ** _WHITENING).astype(np.float16)
    points = placed(vectors, centre, project.astype(np.float32))
    model = LogisticRegression(C=_MEANING_STRENGTH, max_iter=500)
    model.fit(points, _labels(lines), sample_weight=shares)
    coefficients, bias = _by_intent(model)
    order = _apart(points, _labels(lines))
    return {
        "centre": centre,
        "project": project,
        "meaning_weights": coefficients.astype(np.float32),
        "meaning_bias": bias.astype(np.float32),
        "lines": np.rint(points[order] * 127).astype(np.int8),
        "intents": _labels(lines)[order].astype(np.uint8),
    }


def _apart(points: Floats, labels: Labels) -> Labels:
    """The rows worth keeping as neighbours, by intent and in order: none is nearer than `_SAME` to one of its own."""
    kept: list[int] = []
    for intent in range(len(INTENTS)):
        rows = np.flatnonzero(labels == intent)
        cosines = points[rows] @ points[rows].T
        own: list[int] = []
        for at in range(len(rows)):
            if not own or cosines[at, own].max() < _SAME:
                own.append(at)
        kept += rows[own].tolist()
    return np.array(kept)


def _labels(lines: Sequence[Line]) -> Labels:
    return np.array([INTENTS.index(line.intent) for line in lines])


def _calibrate(heads: Heads, heldout: Sequence[Line], manifest: dict[str, Any]) -> None:
    """Temperatures and thresholds from messages that the heads did not see, each path on its own."""
    words = np.array([heads.words.log_chances(line.worded) for line in heldout])
    both, near = heads.scores(words, encode_early([line.plain for line in heldout]))
    truth = _labels(heldout)
    paths = np.array([path_of(line.language) for line in heldout])
    for path in PATHS:
        of = paths == path if path != "alone" else np.ones(len(heldout), bool)
        scores = (words if path == "alone" else both)[of]
        temperature = _temperature(scores, truth[of])
        manifest["temperature"][path] = temperature
        manifest["thresholds"][path] = asdict(_thresholds(tempered(scores, temperature), truth[of], path))
    chances = tempered(words, manifest["temperature"]["alone"])
    closest = np.delete(near, INTENTS.index("other"), axis=1).max(axis=1)
    for path in set(PATHS) - {"alone"}:
        of, limits = paths == path, manifest["thresholds"][path]
        limits["near"] = round(float(np.quantile(closest[of & (truth != INTENTS.index("other"))], _FAR_OFF)), 2)
        right = chances[of].argmax(axis=1) == truth[of]
        limits["enough"] = _least(chances[of].max(axis=1), right, _RIGHT_WITHOUT_MEANING)


def _temperature(scores: Floats, truth: Labels) -> float:
    """The temperature under which the right intents are least surprising (log loss)."""

    def surprise(temperature: float) -> float:
        return -float(log_softmax(scores / temperature)[np.arange(len(truth)), truth].mean())

    return round(_CAUTION * min((0.2 + 0.02 * step for step in range(140)), key=surprise), 3)


def _thresholds(chances: Floats, truth: Labels, path: head.Path) -> Thresholds:
    """Accept where held-out messages above are right nine times in ten; the lead likewise, for what is accepted."""
    order = np.sort(chances, axis=1)
    top, second = order[:, -1], order[:, -2]
    right = chances.argmax(axis=1) == truth
    accept = max(_LEAST_ACCEPT[path], _least(top, right, _RIGHT))
    sure = top >= accept
    margin = max(_LEAST_MARGIN[path], _least((top - second)[sure], right[sure], _RIGHT_BY_LEAD))
    also = max(0.35, round(accept * 0.66, 2))
    return Thresholds(accept=accept, margin=margin, also=also, known=_KNOWN, near=0.0, enough=1.0)


def _least(scores: Floats, right: NDArray[np.bool_], wanted: float) -> float:
    """The lowest score from which the share of right ones is as wanted."""
    for step in range(2, 99):
        above = scores >= step / 100
        if above.any() and right[above].mean() >= wanted:
            return step / 100
    return 0.99


def digest(lines: Sequence[Line]) -> str:
    """The fingerprint of the lines: it changes with any word, intent or order."""
    return hashlib.sha256(repr([(line.language, line.intent, line.text) for line in lines]).encode()).hexdigest()


def lexicon_of(lines: Sequence[Line]) -> str:
    """`word language:count ...` a line, sorted: what spelling and the telling of languages know."""
    counts: dict[str, Counter[str]] = {}
    for line in lines:
        for word in line.tokens:
            counts.setdefault(word, Counter())[line.language] += 1
    return "".join(
        f"{word} {' '.join(f'{language}:{count}' for language, count in sorted(owners.items()))}\n"
        for word, owners in sorted(counts.items())
    )


def main() -> None:
    """Train from `lines/` and write `weights/`."""
    made = make(read_lines(), read_heldout())
    made.write(weights.PACKAGED)
    sys.stdout.write(json.dumps({key: made.manifest[key] for key in ("lines", "temperature", "thresholds")}, indent=1))
    sys.stdout.write("\n")


if __name__ == "__main__":
    main()
