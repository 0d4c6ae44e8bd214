"""The authored messages under `lines/`: what the heads are trained on and the spelling learns its words from."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from server.answering.understand import glossary
from server.answering.understand.glossary import Worded, worded
from server.answering.understand.normalise import clean, fold, mask, words
from server.answering.understand.shape import INTENTS

FOLDER: Final = Path(__file__).parent / "lines"
LANGUAGES: Final = ("en", "es", "fr", "de", "pt", "hi-en")
HELDOUT: Final = FOLDER / "heldout"
"""Messages that no head is trained on. Temperatures and thresholds are set on those that are not called `fresh`."""


@dataclass(frozen=True, slots=True)
class Line:
    """One authored message."""

    language: str
    intent: str
    text: str

    @property
    def tokens(self) -> list[str]:
        """Its words."""
        return words(mask(fold(clean(self.text))))

    @property
    def worded(self) -> Worded:
        """Its words, as the head sees them."""
        return worded(self.tokens, self.language)

    @property
    def plain(self) -> str:
        """Its text, as the encoder sees it."""
        return encoded_text(fold(clean(self.text)), self.worded)


_SAID: Final = (("xmail", "email"), ("xmoney", "amount"), ("xpromo", "code"))
_UNSAID: Final = re.compile(r"#|\b(?:xlink|xorder|xcode|xlong)\b")


def encoded_text(folded: str, said: Worded) -> str:
    """A folded text for the encoder; in rough English where there is a glossary of its language."""
    return plain_text(" ".join(said.english) if said.language in glossary.LANGUAGES else folded)


def plain_text(folded: str) -> str:
    """A folded text for the encoder: numbers that only name something are left out, others stand as their kind."""
    masked = mask(folded)
    for kind, word in _SAID:
        masked = masked.replace(kind, word)
    return " ".join(_UNSAID.sub(" ", masked).split())


def read_lines(folder: Path = FOLDER) -> list[Line]:
    """Every line under its `[intent]` in `LANGUAGE.txt`, by file and in order. Raises ValueError for an unknown intent."""
    return [line for path in sorted(folder.glob("*.txt")) if "." not in path.stem for line in _read(path)]


def read_heldout(folder: Path = HELDOUT) -> list[Line]:
    """The held-out messages of single intents, `LANGUAGE.txt` and `LANGUAGE2.txt`. Raises ValueError for an unknown intent."""
    paths = sorted(path for path in folder.glob("*.txt") if path.stem.rstrip("2") in LANGUAGES)
    return [line for path in paths for line in _read(path)]


def _read(path: Path) -> Iterator[Line]:
    intent = ""
    for number, raw in enumerate(path.read_text("utf-8").splitlines(), 1):
        text = raw.strip()
        if text.startswith("[") and text.endswith("]"):
            intent = text[1:-1]
            if intent not in INTENTS:
                raise ValueError(f"{path.name}:{number}: unknown intent {intent}")
        elif text and not text.startswith("#"):
            yield Line(path.stem.rstrip("2"), intent, text)
