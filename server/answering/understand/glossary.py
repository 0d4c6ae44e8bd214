"""Puts Spanish, French, German, Portuguese and Hinglish words into rough English, one by one, so that the encoder reads them.

"wo bleibt mein paket" -> "where stays my parcel": no grammar, and the encoder needs none. The words of a shop's desk
lie in `glossary/LANGUAGE.txt`, a line an English gloss: `english: word stem* several_words`, folded; the gloss `-` is for
words that say nothing. The longest stem counts. Hinglish has no spelling: there a line's first word stands for the
others, and for what sounds like it. Knows no intent and no message.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Final

FOLDER: Final = Path(__file__).parent / "glossary"
LANGUAGES: Final = ("es", "fr", "de", "pt", "hi-en")
_SPELT_AT_WILL: Final = "hi-en"
_NOTHING: Final = "-"
_LEAST_STEM: Final = 3
_LEAST_PART: Final = 4
_JOINED: Final = ("", "s", "en", "n", "e")
"""What stands between the parts of a German compound."""
_REMEMBERED: Final = 8192


@dataclass(frozen=True, slots=True)
class Worded:
    """A folded, masked text: its words as they count, and the same in English."""

    language: str
    tokens: list[str]
    english: list[str]


def worded(tokens: Sequence[str], language: str) -> Worded:
    """The words of a text; those of English, and of languages that have no glossary, are taken as they are."""
    if language not in LANGUAGES:
        return Worded(language, list(tokens), list(tokens))
    own = load(language)
    usual = [own.usual(token) for token in tokens]
    return Worded(language, usual, own.english(usual))


def knows(word: str, language: str) -> bool:
    """Whether the glossary of this language has a folded word."""
    return language in LANGUAGES and load(language).gloss(word) is not None


@dataclass(frozen=True, slots=True)
class Glossary:
    """The glosses of one language: of whole words, of stems, and of several words by their first."""

    whole: dict[str, str]
    stems: dict[str, str]
    several: dict[str, list[tuple[tuple[str, ...], str]]]
    spellings: dict[str, str]
    """The usual spelling of a form and of how it sounds; empty for languages that have an orthography."""
    has_compounds: bool
    _known: dict[str, str | None] = field(default_factory=dict)

    def english(self, tokens: Sequence[str]) -> list[str]:
        """The words in English; those that it does not know stay as they are."""
        made: list[str] = []
        at = 0
        while at < len(tokens):
            gloss, used = self._several(tokens, at)
            if gloss is None:
                gloss = self.gloss(tokens[at])
            made += (tokens[at] if gloss is None else gloss).split()
            at += used
        return made

    def gloss(self, word: str) -> str | None:
        """The English of one folded word ("" where it says nothing), None where it is not known."""
        if word in self._known:
            return self._known[word]
        found = self._find(word)
        if len(self._known) < _REMEMBERED:
            self._known[word] = found
        return found

    def usual(self, word: str) -> str:
        """The spelling that stands for this one."""
        if not self.spellings or word in self.spellings:
            return self.spellings.get(word, word)
        return self.spellings.get(f"{_SOUND}{sound(word)}", word) if len(word) >= _LEAST_PART else word

    def _several(self, tokens: Sequence[str], at: int) -> tuple[str | None, int]:
        for words, gloss in self.several.get(tokens[at], ()):
            if tuple(tokens[at : at + len(words)]) == words:
                return gloss, len(words)
        return None, 1

    def _find(self, word: str) -> str | None:
        if word in self.whole:
            return self.whole[word]
        for end in range(len(word), _LEAST_STEM - 1, -1):
            if word[:end] in self.stems:
                return " ".join(filter(None, (self.stems[word[:end]], self._rest(word[end:]))))
        if "'" in word:
            return self._elided(word)
        for end in range(len(word) - _LEAST_PART, _LEAST_PART - 1, -1) if self.has_compounds else ():
            if word[:end] in self.whole and (rest := self._rest(word[end:])):
                return f"{self.whole[word[:end]]} {rest}".strip()
        return None

    def _elided(self, word: str) -> str | None:
        """The gloss of "l'ancien": of both sides of the apostrophe."""
        before, _, after = word.partition("'")
        small = self.whole.get(f"{before}'")
        if small is None:
            return None
        gloss = self.gloss(after)
        return f"{small} {after if gloss is None else gloss}".strip()

    def _rest(self, rest: str) -> str:
        """The gloss of the second part of a compound, where that is one."""
        for joint in _JOINED if self.has_compounds else ():
            part = rest.removeprefix(joint)
            if rest.startswith(joint) and len(part) >= _LEAST_PART and (gloss := self.gloss(part)):
                return gloss
        return ""


def entries(text: str) -> Iterator[tuple[str, str]]:
    """(form, gloss) pairs of a glossary file, in order. Raises ValueError for a line without a gloss."""
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        gloss, colon, forms = line.partition(": ")
        if not colon or not gloss.strip():
            raise ValueError(f"line {number} has no gloss")
        for form in forms.split():
            yield form, "" if gloss == _NOTHING else gloss


def parse(text: str, language: str) -> Glossary:
    """A glossary from its file. The first gloss of a form counts. Raises ValueError."""
    spellings = _spellings(text) if language == _SPELT_AT_WILL else {}
    made = Glossary({}, {}, {}, spellings, has_compounds=language == "de")
    for form, gloss in entries(text):
        words = tuple(form.split("_"))
        if len(words) > 1:
            made.several.setdefault(words[0], []).append((words, gloss))
        elif form.endswith("*"):
            made.stems.setdefault(form[:-1], gloss)
        else:
            made.whole.setdefault(form, gloss)
    for listed in made.several.values():
        listed.sort(key=lambda each: -len(each[0]))
    return made


def _spellings(text: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for line in text.splitlines():
        gloss, _, listed = line.partition(": ")
        forms = [form for form in listed.split() if "_" not in form]
        for form in forms:
            usual = form if gloss == _NOTHING else forms[0]
            found.setdefault(form, usual)
            if len(form) >= _LEAST_PART:
                found.setdefault(f"{_SOUND}{sound(form)}", usual)
    return found


def sound(word: str) -> str:
    """How a romanised Hindi word sounds: one for all of "nahin", "nahee", "naahi"."""
    for pattern, letters in _SOUNDS:
        word = pattern.sub(letters, word)
    return word


_SOUND: Final = "~"
_SOUNDS: Final = tuple(
    (re.compile(pattern), letters)
    for pattern, letters in (
        (r"ee|ii", "i"),
        (r"oo|uu|ou", "u"),
        (r"w", "v"),
        (r"z", "j"),
        (r"ph", "f"),
        (r"([a-z])\1", r"\1"),
        (r"(?<=[aeiou])y(?=[aeiou])", ""),
        (r"ai", "e"),
        (r"(?<=[aeiou])[nh]$", ""),
    )
)


@lru_cache(maxsize=len(LANGUAGES))
def load(language: str) -> Glossary:
    """The glossary of one of `LANGUAGES`, read once."""
    text = (FOLDER / f"{language}.txt").read_text("utf-8")
    return parse(text, language)
