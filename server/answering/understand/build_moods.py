"""Makes the moods' weights from the authored lines in a minute: `python -m server.answering.understand.build_moods`.

Logistic regressions, one an output: `lines/feelings.*` for frustration, urgency and sentiment, `lines/risk.*` for the
risks, both beside `lines/ordinary.*`, in which nobody is upset and nothing is at risk. The limits of the risks are set
by cross-validation on those lines, never on held-out ones. Needs the `train` extra; the running server never imports
this module. The same lines give the same heads.
"""

import hashlib
import json
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, hstack  # type: ignore[import-untyped]
from sklearn.linear_model import LogisticRegression

from server.answering.understand import moods, weights
from server.answering.understand.authored import FOLDER, LANGUAGES, plain_text
from server.answering.understand.encoder import FOLDER as ENCODER
from server.answering.understand.encoder import encode_early
from server.answering.understand.feelings import signs_of
from server.answering.understand.moods import BUCKETS, MEANING_SHARE, OUTPUTS, RISKS, Heads
from server.answering.understand.normalise import clean, fold, mask, words
from server.answering.understand.shape import Level, Sentiment

Truth = NDArray[np.int64]
Floats64 = NDArray[np.float64]

_STRENGTH: Final = {"feelings": 1.0, "risk": 3.0}
_ORDINARY_SHARE: Final = {"feelings": 0.3, "risk": 1.0}
"""How much an ordinary line counts: they are many, and nobody labelled them one by one."""
_RISKY_SHARE: Final = 4.0
_FOLDS: Final = 5
_REPEATS: Final = 3
"""How often the folds are drawn anew, so that a limit hangs less on who fell into which."""
_RECALL: Final = 0.9
"""Of the head by itself; the words' patterns find most of the rest."""
_PRECISION: Final = {False: 0.8, True: 0.65}
"""Least share of right ones among what the head finds: by words alone, and with the meaning, which errs less far from its lines."""
_PRECISE: Final = {"safety": 0.75, "vulnerable": 0.75}
"""The same with the meaning where more costs hardly a find: of unseen lines .87 are found instead of .88."""
_SURE: Final = 0.95
"""Least share of right ones among what sends a customer to a person without a word that names it."""
_LOST: Final = 0.01
"""The share of true risks that may fall under `drop`."""


@dataclass(frozen=True, slots=True)
class Felt:
    """A message and how its writer feels, as far as somebody said: None = nobody did."""

    language: str
    text: str
    frustration: int | None
    urgency: Level | None
    sentiment: Sentiment | None


@dataclass(frozen=True, slots=True)
class Risky:
    """A message and what is at risk."""

    language: str
    text: str
    risks: frozenset[str]


@dataclass(frozen=True, slots=True)
class Lines:
    """All that the heads are trained on. `ordinary` are (language, text)."""

    felt: tuple[Felt, ...]
    risky: tuple[Risky, ...]
    ordinary: tuple[tuple[str, str], ...] = field(default=())

    def digest(self) -> str:
        """The fingerprint: it changes with any word, label or order."""
        rows = (
            [(each.language, each.text, each.frustration, each.urgency, each.sentiment) for each in self.felt],
            [(each.language, each.text, sorted(each.risks)) for each in self.risky],
            list(self.ordinary),
        )
        return hashlib.sha256(repr(rows).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Made:
    """What the build writes."""

    manifest: dict[str, Any]
    arrays: dict[str, NDArray[Any]]

    def heads(self) -> Heads:
        """As the server would load them."""
        return moods.parse(self.manifest, self.arrays)

    def write(self, folder: Path) -> None:
        """Into `folder`, the manifest last: a folder with a manifest is whole."""
        folder.mkdir(parents=True, exist_ok=True)
        (folder / moods.MANIFEST).unlink(missing_ok=True)
        np.savez(folder / moods.FILE, **self.arrays)  # type: ignore[arg-type]
        (folder / moods.MANIFEST).write_text(json.dumps(self.manifest, indent=1) + "\n", "utf-8")


def read(folder: Path = FOLDER) -> Lines:
    """The lines under `folder`. Raises ValueError for one that is not of its file's form."""
    felt = [each for code in LANGUAGES for each in read_felt(folder / f"feelings.{code}.txt", code)]
    risky = [each for code in LANGUAGES for each in read_risky(folder / f"risk.{code}.txt", code)]
    ordinary = [(code, row) for code in LANGUAGES for _, row in _rows(folder / f"ordinary.{code}.txt")]
    return Lines(tuple(felt), tuple(risky), tuple(ordinary))


def read_felt(path: Path, language: str = "en") -> list[Felt]:
    """`frustration urgency sentiment message`, tabs between, a line. Raises ValueError."""
    found = []
    for number, row in _rows(path):
        cells = row.split("\t")
        if len(cells) != 4 or cells[0] not in "0123" or cells[1] not in ("low", "medium", "high"):
            raise ValueError(f"{path.name}:{number}: frustration, urgency, sentiment, message")
        if cells[2] not in ("negative", "neutral", "positive"):
            raise ValueError(f"{path.name}:{number}: unknown sentiment {cells[2]}")
        found.append(Felt(language, cells[3], int(cells[0]), cells[1], cells[2]))  # type: ignore[arg-type]
    return found


def read_risky(path: Path, language: str = "en") -> list[Risky]:
    """`risks message`, commas between risks (or none), a tab, a line. Raises ValueError."""
    found = []
    for number, row in _rows(path):
        risks, _, text = row.partition("\t")
        named = frozenset(risks.split(",")) - {"none"}
        if not text or named - {*RISKS, "reputation"}:
            raise ValueError(f"{path.name}:{number}: risks or none, a tab, the message")
        found.append(Risky(language, text, named))
    return found


def _rows(path: Path) -> list[tuple[int, str]]:
    rows = enumerate(path.read_text("utf-8").splitlines(), 1)
    return [(number, row.strip()) for number, row in rows if row.strip() and not row.startswith("#")]


def make(lines: Lines, base: str = "") -> Made:
    """Both heads and their limits. `base` names the release that a shop's own heads build on."""
    arrays: dict[str, NDArray[Any]] = {}
    limits: dict[str, Any] = {}
    for name, is_meant in (("words", False), ("meaning", True)):
        arrays |= {f"{name}_{part}": array for part, array in _head(lines, is_meant).items()}
        limits[name] = _limits(lines, is_meant)
    manifest = {
        "format": moods.FORMAT,
        "base": base,
        "lines": len(lines.felt) + len(lines.risky) + len(lines.ordinary),
        "lines_sha256": lines.digest(),
        "encoder_sha256": hashlib.sha256((ENCODER / "weights.bin").read_bytes()).hexdigest(),
        "outputs": list(OUTPUTS),
        "limits": limits,
    }
    return Made(manifest, arrays)


_FELT: Final[dict[str, Callable[[Felt], bool | None]]] = {
    "frustration_1": lambda line: _at_least(line, 1),
    "frustration_2": lambda line: _at_least(line, 2),
    "frustration_3": lambda line: _at_least(line, 3),
    "urgency_medium": lambda line: None if line.urgency is None else line.urgency != "low",
    "urgency_high": lambda line: None if line.urgency is None else line.urgency == "high",
    "negative": lambda line: None if line.sentiment is None else line.sentiment == "negative",
    "positive": lambda line: None if line.sentiment is None else line.sentiment == "positive",
}
_UNTOLD: Final = -1
"""In a truth: nobody said, so that the line teaches this output nothing."""


def _at_least(line: Felt, level: int) -> bool | None:
    """Whether somebody is so frustrated; who is not negative is at most displeased."""
    if line.frustration is not None:
        return line.frustration >= level
    return False if level > 1 and line.sentiment in ("neutral", "positive") else None


def _truth(told: Iterable[bool | None]) -> Truth:
    return np.array([_UNTOLD if each is None else each for each in told], np.int64)


def _head(lines: Lines, is_meant: bool) -> dict[str, NDArray[Any]]:
    width = BUCKETS + len(_signs("x"))
    fitted = []
    for kind in ("feelings", "risk"):
        labelled, labels = _labelled(lines, kind, is_meant)
        matrix = _matrix([*labelled, *_ordinary(lines, is_meant)], is_meant)
        fitted += [_fit(matrix, truth, len(labelled), kind) for truth in labels.values()]
    rows = np.array([np.append(model.coef_[0], model.intercept_[0]) for model in fitted])
    by_bucket = rows[:, :BUCKETS]
    steps = np.maximum(np.abs(by_bucket).max(axis=1), 1e-9) / 127
    return {
        "stored": np.ascontiguousarray(np.rint(by_bucket / steps[:, None]).astype(np.int8).T),
        "steps": steps.astype(np.float32),
        "signs": np.ascontiguousarray(rows[:, BUCKETS:width].T.astype(np.float32)),
        "meaning": np.ascontiguousarray(rows[:, width:-1].T.astype(np.float16)),
        "bias": rows[:, -1].astype(np.float32),
    }


def _labelled(lines: Lines, kind: str, is_meant: bool) -> tuple[list[str], dict[str, Truth]]:
    """(texts, truth of each output) of the lines that were labelled for it, in English alone where the meaning is read."""
    if kind == "feelings":
        felt = [each for each in lines.felt if not is_meant or each.language == "en"]
        return [each.text for each in felt], {
            name: _truth(is_so(each) for each in felt) for name, is_so in _FELT.items()
        }
    risky = [each for each in lines.risky if not is_meant or each.language == "en"]
    return [each.text for each in risky], {
        name: np.array([name in each.risks for each in risky], np.int64) for name in RISKS
    }


def _ordinary(lines: Lines, is_meant: bool) -> list[str]:
    return [text for language, text in lines.ordinary if not is_meant or language == "en"]


def _signs(text: str) -> tuple[float, ...]:
    cleaned = clean(text)
    return signs_of(cleaned, fold(cleaned)).row()


def _matrix(texts: Sequence[str], is_meant: bool) -> "csr_matrix":
    """One row a text: buckets, signs, and the early vector where the meaning is read."""
    folded = [fold(clean(text)) for text in texts]
    vectors = [moods.hashed(words(mask(each))) for each in folded]
    ends = np.cumsum([0, *(len(rows) for rows, _ in vectors)])
    columns, values = (np.concatenate([vector[part] for vector in vectors]) for part in (0, 1))
    parts = [csr_matrix((values.astype(np.float64), columns, ends), shape=(len(texts), BUCKETS))]
    parts.append(csr_matrix(np.array([_signs(text) for text in texts])))
    if is_meant:
        early = encode_early([plain_text(each) for each in folded]).astype(np.float64)
        parts.append(csr_matrix(MEANING_SHARE * early))
    return hstack(parts).tocsr()


def _fit(matrix: "csr_matrix", truth: Truth, labelled: int, kind: str) -> LogisticRegression:
    """`matrix` holds the labelled lines first, then the ordinary ones, to which nothing applies."""
    whole = np.concatenate([truth, np.zeros(matrix.shape[0] - labelled, np.int64)])
    share = np.where(np.arange(len(whole)) < labelled, 1.0, _ORDINARY_SHARE[kind])
    share, whole = np.where(whole == _UNTOLD, 0.0, share), np.maximum(whole, 0)
    if kind == "risk":
        share = np.where(whole == 1, _RISKY_SHARE, share)
    return LogisticRegression(C=_STRENGTH[kind], max_iter=1000).fit(matrix, whole, sample_weight=share)


def _limits(lines: Lines, is_meant: bool) -> dict[str, dict[str, float]]:
    """`take`, `sure` and `drop` of each risk, from lines that the judging head did not see."""
    labelled, labels = _labelled(lines, "risk", is_meant)
    matrix = _matrix([*labelled, *_ordinary(lines, is_meant)], is_meant)
    take, sure, drop = {}, {}, {}
    for name, truth in labels.items():
        scores, whole = _unseen(matrix, truth, len(labelled))
        take[name] = _take(scores, whole, _PRECISE.get(name, _PRECISION[True]) if is_meant else _PRECISION[False])
        sure[name] = max(take[name], _take(scores, whole, _SURE))
        drop[name] = round(float(np.quantile(scores[whole == 1], _LOST)), 4) if is_meant else 0.0
    return {"take": take, "sure": sure, "drop": drop}


def _unseen(matrix: "csr_matrix", truth: Truth, labelled: int) -> tuple[Floats64, Truth]:
    """(mean probability, truth) of every line, each by heads that were trained without its fold."""
    whole = np.concatenate([truth, np.zeros(matrix.shape[0] - labelled, np.int64)])
    scores = np.zeros(len(whole))
    for repeat in range(_REPEATS):
        order = np.random.default_rng(repeat).permutation(len(whole))
        for part in range(_FOLDS):
            out = np.zeros(len(whole), np.bool_)
            out[order[part::_FOLDS]] = True
            kept = ~out
            known = int(kept[:labelled].sum())
            model = _fit(matrix[kept], truth[kept[:labelled]], known, "risk")
            scores[out] += model.predict_proba(matrix[out])[:, 1] / _REPEATS
    return scores, whole


def _take(scores: Floats64, truth: Truth, least: float) -> float:
    """The highest limit that finds what it should, unless too much of what it then finds is none."""
    limits = [step / 100 for step in range(2, 96)]
    found = [limit for limit in limits if (scores[truth == 1] >= limit).mean() >= _RECALL]
    right = [limit for limit in limits if (scores >= limit).any() and truth[scores >= limit].mean() >= least]
    return max(max(found, default=0.02), min(right, default=0.95))


def main() -> None:
    """Train from `lines/` and write the moods into `weights/`."""
    made = make(read())
    made.write(weights.PACKAGED)
    sys.stdout.write(json.dumps({key: made.manifest[key] for key in ("lines", "limits")}, indent=1) + "\n")


if __name__ == "__main__":
    main()
