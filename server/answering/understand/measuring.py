"""How well the weights in use read the held-out messages: shares of what they hear, to lay two sets of weights side by side.

Needs no training package. The messages lie in the package, so that every installation measures the same.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from server.answering.understand.authored import HELDOUT, LANGUAGES
from server.answering.understand.reading import understand
from server.answering.understand.shape import Understanding

Measures = Mapping[str, float]
"""Shares by what they are of: `first en` is how often the first intent is right in English."""

SLACK: Final = 0.005
"""By how much a measure over all languages may fall before the weights count as worse: about ten messages of two thousand."""
LANGUAGE_SLACK: Final = 0.02
"""The same for one language, of which there are some three hundred messages."""
_RISKS: Final = ("legal", "safety", "chargeback", "vulnerable")


@dataclass(frozen=True, slots=True)
class Heldout:
    """Messages with what is meant: (language, intents, text), (frustration, sentiment, text), (risks, text)."""

    asked: Sequence[tuple[str, frozenset[str], str]]
    felt: Sequence[tuple[int, str, str]]
    risky: Sequence[tuple[frozenset[str], str]]

    def __len__(self) -> int:
        return len(self.asked) + len(self.felt) + len(self.risky)


def heldout(folder: Path = HELDOUT) -> Heldout:
    """All that is held out, what heads were tempered on and what was kept from everybody."""
    asked = [
        (code, frozenset(section.split()), text)
        for path in sorted(folder.glob("*.txt"))
        if (code := _language(path.stem))
        for section, text in sections(path)
    ]
    felt = [
        (int(row[0]), row[2], row[-1])
        for name in ("feelings", "feelings_fresh")
        for row in rows(folder / f"{name}.txt")
    ]
    risky = [
        (frozenset(row[0].split(",")) - {"none"}, row[-1])
        for name in ("risk", "risk_fresh", "risk_fresh2")
        for row in rows(folder / f"{name}.txt")
    ]
    return Heldout(asked, felt, risky)


def _language(stem: str) -> str:
    """The language of a file of single wishes, else nothing: `de2` and `fresh3.de` are German, `fresh` English."""
    kind, _, code = stem.partition(".")
    kind = kind.rstrip("0123456789")
    if kind == "fresh":
        return code or "en"
    return kind if kind in LANGUAGES and not code else ""


def sections(path: Path) -> Iterator[tuple[str, str]]:
    """(what stands in brackets above, message)."""
    section = ""
    for line in path.read_text("utf-8").splitlines():
        text = line.strip()
        if text.startswith("["):
            section = text[1:-1]
        elif text and not text.startswith("#"):
            yield section, text


def rows(path: Path) -> list[list[str]]:
    """The cells of each line whose cells stand apart by tabs."""
    lines = path.read_text("utf-8").splitlines()
    return [line.strip().split("\t") for line in lines if line.strip() and not line.startswith("#")]


def measure(held: Heldout, tell: Callable[[], None] = lambda: None) -> Measures:
    """The shares of what was read right by the weights in use; `tell` is called for every message."""

    def heard(text: str) -> Understanding:
        tell()
        return understand(text)

    asked = [(code, wanted, heard(text)) for code, wanted, text in held.asked]
    found = _intents(asked, "")
    for code in LANGUAGES:
        found |= _intents([each for each in asked if each[0] == code], f" {code}")
    felt = [(level, mood, heard(text)) for level, mood, text in held.felt]
    found["frustration"] = _share([abs(level - each.frustration) <= 1 for level, _, each in felt])
    found["sentiment"] = _share([mood == each.sentiment for _, mood, each in felt])
    return found | _risk_measures([(meant, heard(text)) for meant, text in held.risky])


def _intents(asked: Sequence[tuple[str, frozenset[str], Understanding]], suffix: str) -> dict[str, float]:
    answered = [(wanted, each) for _, wanted, each in asked if not each.abstain]
    return {
        f"first{suffix}": _share([each.intent in wanted for _, wanted, each in asked]),
        f"first two{suffix}": _share([bool(wanted & set(first_two(each))) for _, wanted, each in asked]),
        f"answered{suffix}": len(answered) / max(1, len(asked)),
        f"right of answered{suffix}": _share([each.intent in wanted for wanted, each in answered]),
    }


def first_two(heard: Understanding) -> list[str]:
    """The two likeliest intents, as they are told."""
    return [each["name"] for each in heard.to_json()["intents"][:2]]


def _risk_measures(heard: Sequence[tuple[frozenset[str], Understanding]]) -> dict[str, float]:
    pairs = [(risk in meant, risk in each.risk) for risk in _RISKS for meant, each in heard]
    return {
        "risk recall": _share([is_told for is_meant, is_told in pairs if is_meant]),
        "risk precision": _share([is_meant for is_meant, is_told in pairs if is_told]),
    }


def _share(hits: Sequence[bool]) -> float:
    """Of nothing, all."""
    return sum(hits) / len(hits) if hits else 1.0


def worse(before: Measures, after: Measures) -> list[str]:
    """The names of what fell by more than chance lets it fall."""
    return [name for name, share in before.items() if after[name] < share - _slack(name)]


def _slack(name: str) -> float:
    return LANGUAGE_SLACK if name.rpartition(" ")[2] in LANGUAGES else SLACK
