"""The assistant's voice: phrases by key, filled with facts, collected as a text together with its evidence.

A phrase may hold a fact only through `{name}`; every fact that was said is kept as evidence. Phrases live in
phrases/LANGUAGE.yaml, the same keys in each; a test holds them against each other.
"""

import string
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from importlib.resources import files

import yaml

from server.answering.words.spoken import language_of, spoken
from server.commerce.model import Fact

Value = Fact | str | int


@cache
def phrases(language: str) -> Mapping[str, str]:
    """Every phrase of a language, flat: `ask.order` -> text."""
    text = files("server.answering.words.phrases").joinpath(f"{language}.yaml").read_text(encoding="utf-8")
    return dict(_flat("", yaml.safe_load(text)))


def _flat(prefix: str, tree: Mapping[str, object]) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for key, value in tree.items():
        name = f"{prefix}{key}"
        found += _flat(f"{name}.", value) if isinstance(value, dict) else [(name, str(value))]
    return found


def names_in(phrase: str) -> frozenset[str]:
    """The placeholders of a phrase."""
    return frozenset(name for _, name, _, _ in string.Formatter().parse(phrase) if name)


class Voice:
    """Speaks one language at one moment."""

    def __init__(self, language: str, now: datetime) -> None:
        self.language = language_of(language)
        self.now = now

    def has(self, key: str) -> bool:
        """Whether there is such a phrase."""
        return key in phrases(self.language)

    def text(self, key: str, **values: Value) -> str:
        """A phrase with its values in words. Raises KeyError for an unknown key or a missing value."""
        phrase = phrases(self.language)[key]
        return phrase.format_map({name: self.word(value) for name, value in values.items()})

    def word(self, value: Value) -> str:
        """One value in words."""
        return spoken(value, self.language, self.now) if isinstance(value, Fact) else str(value)

    def speech(self) -> "Speech":
        """An empty reply in this voice."""
        return Speech(self)


class Speech:
    """A reply in the making: sentences, and the facts that they say."""

    def __init__(self, voice: Voice) -> None:
        self.voice = voice
        self._parts: list[str] = []
        self._evidence: list[Fact] = []

    def add(self, key: str, **values: Value) -> "Speech":
        """Say a phrase."""
        return self.line(self.voice.text(key, **values), *(value for value in values.values() if isinstance(value, Fact)))

    def line(self, text: str, *evidence: Fact) -> "Speech":
        """Say words made elsewhere, with their evidence."""
        if text:
            self._parts.append(text)
        self._evidence += [fact for fact in evidence if fact not in self._evidence]
        return self

    def join(self, other: "Speech") -> "Speech":
        """Go on with another speech."""
        self._parts += other._parts
        self._evidence += [fact for fact in other._evidence if fact not in self._evidence]
        return self

    @property
    def text(self) -> str:
        """All sentences; those that begin with a line break keep it."""
        text = ""
        for part in self._parts:
            text += part if not text or part.startswith("\n") else f" {part}"
        return text.strip()

    @property
    def evidence(self) -> tuple[Fact, ...]:
        """What was said, once each."""
        return tuple(self._evidence)
