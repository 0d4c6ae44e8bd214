"""What the heads make of a message as a whole: frustration, sentiment, urgency, and the risks that its words do not name.

Two heads of the same form: one reads words, pieces of words and the signs of `feelings`, in every language; the other
also reads the encoder's early vector, in English. Both are damped: meaning alone never makes a short message, or a
sentence without any angry sign, more than it surely is. Trained by `build_moods`; numpy only.
"""

import json
import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any, Final, get_args
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from server.answering.understand import weights
from server.answering.understand.authored import plain_text
from server.answering.understand.feelings import Signs
from server.answering.understand.normalise import mask, words
from server.answering.understand.shape import Level, Risk, Sentiment

Floats = NDArray[np.float32]
Rows = NDArray[np.int32]

FILE: Final = "moods.npz"
MANIFEST: Final = "moods.json"
FORMAT: Final = 1
BUCKETS: Final = 1 << 14
"""Words and pieces of words fall into so many buckets by their checksum."""
WORDS_SHARE: Final = 2.0
MEANING_SHARE: Final = 4.0
OUTPUTS: Final = (
    "frustration_1", "frustration_2", "frustration_3", "urgency_medium", "urgency_high", "negative", "positive",
    "legal", "safety", "chargeback", "vulnerable",
)  # fmt: skip
RISKS: Final[tuple[Risk, ...]] = ("legal", "safety", "chargeback", "vulnerable")
"""Risks with a head; reputation is told by words alone."""

_LIKELY: Final = 0.5
_ALONE: Final = 0.6
"""Least probability of frustration where no word and no typing shows any."""
_ENOUGH_WORDS: Final = 5
"""What has fewer is told by its words alone."""
_SURELY_NOT: Final = 0.12
"""Below this, words that sound angry are a manner of speaking: "I hate to bother you"."""
_STRONG: Final = 2
_SHOUTING: Final = 3
_MOST_EXCLAIMED: Final = 2
"""What a curse that is aimed at nobody makes of a calm line at most."""
_REMEMBERED: Final = 8192
_log: Final = logging.getLogger("onethread.understand")


@dataclass(frozen=True, slots=True)
class Mood:
    """What a message tells of its writer. `frustration` is 0 (calm) to 3 (furious)."""

    frustration: int
    sentiment: Sentiment
    urgency: Level
    risks: tuple[Risk, ...]
    sure: tuple[Risk, ...]
    """Those of `risks` that words name, or that the meaning leaves no doubt of."""


@dataclass(frozen=True, slots=True)
class Limits:
    """`take`: least probability of a risk that no word names, `sure`: from which nobody need doubt it; `drop`: below it,
    the words that name one mean something else."""

    take: Mapping[str, float]
    sure: Mapping[str, float]
    drop: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Head:
    """Weights by bucket in steps of an int8, by sign, and by the early vector's numbers; a column an output."""

    stored: NDArray[np.int8]
    steps: Floats
    signs: Floats
    meaning: Floats
    bias: Floats
    limits: Limits

    def by_words(self, rows: Rows, values: Floats, signs: Floats) -> Floats:
        """Log odds of the outputs, as far as words and signs go."""
        said = (values @ self.stored[rows].astype(np.float32)) * self.steps
        return np.asarray(said + signs @ self.signs + self.bias, np.float32)

    def by_meaning(self, vectors: Floats) -> Floats:
        """What early vectors add to the log odds, a row a vector."""
        return np.asarray((vectors * np.float32(MEANING_SHARE)) @ self.meaning, np.float32)


@dataclass(frozen=True, slots=True)
class Heads:
    """Both heads, loaded. Immutable, so any thread may use them."""

    words: Head
    meaning: Head


class Reading:
    """One message on its way: read by its words at once, by its meaning where that was asked for."""

    def __init__(self, folded: str, signs: Signs, named: tuple[Risk, ...], *, is_english: bool) -> None:
        heads = load()
        self._signs, self._named = signs, named
        self._rows, self._values = hashed(words(mask(folded)))
        self._row = np.array(signs.row(), np.float32)
        self._logits = heads.words.by_words(self._rows, self._values, self._row)
        self.plain = plain_text(folded) if is_english else ""

    @property
    def wants_meaning(self) -> bool:
        """Whether the meaning should be asked: the words alone leave doubt that somebody is calm and nothing is at risk."""
        if not self.plain:
            return False
        if self._named or self._signs.points:
            return True
        chances = dict(zip(OUTPUTS, _chances(self._logits).tolist(), strict=True))
        take = load().words.limits.take
        return chances["frustration_1"] >= _LIKELY / 2 or any(chances[risk] >= take[risk] / 4 for risk in RISKS)

    def finish(self, vectors: Floats | None, *, is_understood: bool = True) -> Mood:
        """The mood, given the early vectors of the message and of its clauses (the message's own last), or None.

        Of a message whose wish was not understood, meaning alone says no more than that somebody may be displeased."""
        heads = load()
        if vectors is None or not self.plain:
            chances = peaks = _chances(self._logits)
            limits = heads.words.limits
        else:
            base = heads.meaning.by_words(self._rows, self._values, self._row)
            every = _chances(base + heads.meaning.by_meaning(vectors))
            chances, peaks, limits = every[-1], every.max(axis=0), heads.meaning.limits
        said = dict(zip(OUTPUTS, chances.tolist(), strict=True))
        risky = dict(zip(OUTPUTS, peaks.tolist(), strict=True))
        named = tuple(risk for risk in self._named if risky.get(risk, 1.0) >= limits.drop.get(risk, 0.0))
        is_long = self._signs.size >= _ENOUGH_WORDS
        risks = _together(named, (risk for risk in RISKS if is_long and risky[risk] >= limits.take[risk]))
        sure = _together(named, (risk for risk in RISKS if is_long and risky[risk] >= limits.sure[risk]))
        frustration = _frustration(said, self._signs)
        frustration = frustration if is_understood or self._signs.says_something else min(frustration, 1)
        urgency = _urgency(said, self._signs, risks)
        return Mood(frustration, _sentiment(said, self._signs, frustration), urgency, risks, sure)


def _chances(logits: Floats) -> Floats:
    return np.asarray(1 / (1 + np.exp(-logits)), np.float32)


def _frustration(said: Mapping[str, float], signs: Signs) -> int:
    """By meaning and words together; by meaning alone only when surely so, in a sentence, and never furious."""
    first, second, third = (said[f"frustration_{level}"] for level in (1, 2, 3))
    if not signs.says_something:
        if signs.size < _ENOUGH_WORDS or first < _ALONE:
            return 0
        return 2 if second >= _ALONE else 1
    level = sum(chance >= _LIKELY for chance in (first, second, third))
    if signs.only_exclaims:
        return min(max(level, 1), _MOST_EXCLAIMED)
    if signs.shouted >= _SHOUTING or (signs.points >= _STRONG and first >= _SURELY_NOT):
        return max(level, 1)
    return level


def _sentiment(said: Mapping[str, float], signs: Signs, frustration: int) -> Sentiment:
    if frustration >= 2 or signs.is_undone:
        return "negative"
    if frustration == 0 and said["positive"] >= _LIKELY and said["positive"] > said["negative"]:
        return "positive"
    return "negative" if said["negative"] >= _LIKELY else "neutral"


def _urgency(said: Mapping[str, float], signs: Signs, risks: Sequence[Risk]) -> Level:
    """High for safety or vulnerable people and for "at once"; medium for a date that presses."""
    if "safety" in risks or "vulnerable" in risks or signs.is_hard_pressed or said["urgency_high"] >= _LIKELY:
        return "high"
    return "medium" if said["urgency_medium"] >= _LIKELY or signs.pressed else "low"


def _together(named: Iterable[Risk], meant: Iterable[Risk]) -> tuple[Risk, ...]:
    """Both, in the fixed order."""
    found = {*named, *meant}
    return tuple(risk for risk in get_args(Risk) if risk in found)


def hashed(tokens: Sequence[str]) -> tuple[Rows, Floats]:
    """(buckets, values) of a message: words with their pairs, and pieces of words, each block of length `WORDS_SHARE`."""
    said = {_bucket(f"w{token}") for token in tokens}
    said |= {_bucket(f"w{left} {right}") for left, right in pairwise(tokens)}
    parts = set[int]().union(*(_pieces(token) for token in tokens))
    rows = np.array([*sorted(said), *sorted(parts)], np.int32)
    values = np.empty(len(rows), np.float32)
    values[: len(said)] = WORDS_SHARE / max(1, len(said)) ** 0.5
    values[len(said) :] = WORDS_SHARE / max(1, len(parts)) ** 0.5
    return rows, values


def _bucket(name: str) -> int:
    return crc32(name.encode()) % BUCKETS


@lru_cache(maxsize=_REMEMBERED)
def _pieces(token: str) -> frozenset[int]:
    return frozenset(_bucket(piece) for piece in _piece_names(token))


def _piece_names(token: str) -> Iterator[str]:
    padded = f" {token} "
    for length in (3, 4, 5):
        yield from ("c" + padded[at : at + length] for at in range(len(padded) - length + 1))


@lru_cache(maxsize=1)
def load() -> Heads:
    """The heads of the shop's own weights where it retrained them and they fit this release, else the packaged ones; read once."""
    own = weights.folder()
    if own != weights.PACKAGED and fits(own):
        return read_from(own)
    return read_from(weights.PACKAGED)


weights.reload_on_change(load.cache_clear)


def fits(own: Path) -> bool:
    """Whether a folder holds heads that were made on top of the packaged ones."""
    try:
        manifest = read_manifest(own)
    except (OSError, ValueError):
        return False
    return manifest.get("base") == release()


def release() -> str:
    """What a shop's own heads must be based on."""
    manifest = read_manifest(weights.PACKAGED)
    return f"{FORMAT}:{manifest['lines_sha256']}:{manifest['encoder_sha256']}"


def read_manifest(where: Path) -> dict[str, Any]:
    """The manifest of a folder of weights. Raises OSError, ValueError."""
    manifest = json.loads((where / MANIFEST).read_text("utf-8"))
    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
        raise ValueError(f"{where} holds no moods of format {FORMAT}")
    return manifest


def read_from(where: Path) -> Heads:
    """The heads of one folder. Raises OSError, ValueError."""
    with np.load(where / FILE) as stored:
        arrays = {name: stored[name] for name in stored.files}
    return parse(read_manifest(where), arrays)


def parse(manifest: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> Heads:
    """The heads from their manifest and arrays."""
    made = {
        name: Head(
            arrays[f"{name}_stored"],
            arrays[f"{name}_steps"],
            arrays[f"{name}_signs"],
            arrays[f"{name}_meaning"].astype(np.float32),
            arrays[f"{name}_bias"],
            Limits(**manifest["limits"][name]),
        )
        for name in ("words", "meaning")
    }
    return Heads(made["words"], made["meaning"])
