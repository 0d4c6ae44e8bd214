"""A shop's own heads: the authored lines and what its agents corrected, trained anew and kept only while they read no worse.

Needs the `train` extra; the running server never imports this module. It knows no database: the caller brings the examples,
already without personal data.
"""

import shutil
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, get_args

from server.answering.understand import build, build_moods, measuring, moods, weights
from server.answering.understand.authored import LANGUAGES, Line, read_heldout, read_lines
from server.answering.understand.build_moods import Felt
from server.answering.understand.measuring import Heldout, Measures
from server.answering.understand.shape import INTENTS, Level, Sentiment

_NEW: Final = "understanding.new"
_FELT_SHARE: Final = 4
"""How many authored lines a corrected feeling counts for, as in `build` a corrected intent."""
_URGENCY: Final[dict[str, Level]] = {"low": "low", "medium": "medium", "high": "high", "urgent": "high"}
"""What a priority says of how much a message presses."""


@dataclass(frozen=True, slots=True)
class Label:
    """What people said of a message. `field` is `intent`, `sentiment` or `priority`."""

    text: str
    language: str
    field: str
    value: str


@dataclass(frozen=True, slots=True)
class Stock:
    """What every shop's heads are made of, and measured on."""

    lines: Sequence[Line]
    tempered_on: Sequence[Line]
    moods: build_moods.Lines
    heldout: Heldout


@dataclass(frozen=True, slots=True)
class Lesson:
    """Labels as lines of the heads. `skipped` = how many are in a language or of a value that no head has."""

    asked: tuple[Line, ...]
    felt: tuple[Felt, ...]
    skipped: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of it: the measures of the weights that were in use and of the new ones, and what was `worse`."""

    before: Measures
    after: Measures
    worse: tuple[str, ...]

    @property
    def is_kept(self) -> bool:
        """Whether the new weights are in their place now."""
        return not self.worse


def stock() -> Stock:
    """Everything that the package brings."""
    return Stock(read_lines(), read_heldout(), build_moods.read(), measuring.heldout())


def lesson(labels: Iterable[Label]) -> Lesson:
    """The labels, sorted to the head that each teaches."""
    asked, felt, skipped = list[Line](), list[Felt](), 0
    for label in labels:
        if label.language not in LANGUAGES or not label.text:
            skipped += 1
        elif label.field == "intent" and label.value in INTENTS:
            asked.append(Line(label.language, label.value, label.text))
        elif (feeling := _feeling(label)) is not None:
            felt.append(feeling)
        else:
            skipped += 1
    return Lesson(tuple(asked), tuple(felt), skipped)


def _feeling(label: Label) -> Felt | None:
    if label.field == "sentiment":
        told: Sentiment | None = next((each for each in get_args(Sentiment) if each == label.value), None)
        return Felt(label.language, label.text, None, None, told) if told else None
    urgency = _URGENCY.get(label.value) if label.field == "priority" else None
    return Felt(label.language, label.text, None, urgency, None) if urgency else None


def retrain(data: Path, taught: Lesson, stock: Stock, tell: Callable[[str], None]) -> Outcome:
    """Make heads of `stock` and `taught` and measure them beside those in use and those of the package; they take their place
    in `data` unless they are worse than either. Afterwards the better ones are in use in this process.

    `tell` hears of every step. Raises OSError."""
    new = data / _NEW
    shutil.rmtree(new, ignore_errors=True)
    try:
        _make(new / weights.OWN, taught, stock, tell)
        owns = weights.use(data)
        before = _measured(stock.heldout, "in use", tell)
        floors = [before]
        if owns:
            weights.use(None)
            floors.append(_measured(stock.heldout, "of the package", tell))
        weights.use(new)
        after = _measured(stock.heldout, "trained now", tell)
        worse = {name: None for floor in floors for name in measuring.worse(floor, after)}
        if not worse:
            shutil.rmtree(data / weights.OWN, ignore_errors=True)
            (new / weights.OWN).rename(data / weights.OWN)
    finally:
        shutil.rmtree(new, ignore_errors=True)
        weights.use(data)
    return Outcome(before, after, tuple(worse))


def _make(folder: Path, taught: Lesson, stock: Stock, tell: Callable[[str], None]) -> None:
    """Heads of what is asked always, since they name the release; those of feelings where any was corrected."""
    tell(f"training on {len(stock.lines):,} authored lines and {len(taught.asked):,} corrected ones")
    build.make(stock.lines, stock.tempered_on, weights.release(), taught.asked).write(folder)
    if taught.felt:
        tell(f"training feelings on {len(taught.felt):,} corrected messages")
        felt = replace(stock.moods, felt=(*stock.moods.felt, *taught.felt * _FELT_SHARE))
        build_moods.make(felt, moods.release()).write(folder)


def _measured(held: Heldout, whose: str, tell: Callable[[str], None]) -> Measures:
    done = 0

    def count() -> None:
        nonlocal done
        done += 1
        if done % 500 == 0:
            tell(f"  {done:,} of {len(held):,}")

    tell(f"reading {len(held):,} held-out messages by the weights {whose}")
    return measuring.measure(held, count)


def forget(data: Path) -> bool:
    """Take a shop's own weights away, so that those of the package count; whether there were any."""
    own = data / weights.OWN
    had = own.exists()
    shutil.rmtree(own, ignore_errors=True)
    weights.use(None)
    return had
