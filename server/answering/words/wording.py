"""What this shop's phrases are: the shipped ones, in the form of address that the shop chose, with its own in their place.

Phrases live in phrases/LANGUAGE.yaml and, by subject, phrases/SUBJECT.LANGUAGE.yaml, the same keys in each language. A file
phrases/forms/LANGUAGE.FORM.yaml holds those that read otherwise in the language's second form of address. A process serves one
shop, so its wording is the process's: `speaking` sets it.
"""

import string
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any, Final

import yaml

from server.answering.words.never import Never, left, swapped

FORMS: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {"es": ("tu", "usted"), "fr": ("vous", "tu"), "de": ("sie", "du"), "pt": ("voce", "senhor")}
)
"""The forms of address of each language that has two; the first is that of the phrases without a form."""

_FOLDER: Final = "server.answering.words.phrases"
_LOADER: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True, eq=False, slots=True)
class Wording:
    """Everything that is said, by language: the forms of address, the shop's own phrases by key, the words that are never used,
    and what opens and closes a reply."""

    forms: Mapping[str, str] = field(default_factory=dict)
    own: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    never: Mapping[str, tuple[Never, ...]] = field(default_factory=dict)
    greeting: Mapping[str, str] = field(default_factory=dict)
    sign_off: Mapping[str, str] = field(default_factory=dict)
    _made: dict[str, Mapping[str, str]] = field(default_factory=dict)

    def phrases(self, language: str) -> Mapping[str, str]:
        """Every phrase of a language, flat: `ask.order` -> text."""
        if language not in self._made:
            texts = {**shipped(language, self.forms.get(language, "")), **self.own.get(language, {})}
            self._made[language] = {key: self.without_never(text, language) for key, text in texts.items()}
        return self._made[language]

    def without_never(self, text: str, language: str) -> str:
        """A text with other words in the place of those that the shop never uses."""
        return swapped(text, self.never.get(language, ()))

    def has_never(self, text: str, language: str) -> str:
        """The first word in a text that the shop never uses; empty when it has none."""
        return left(text, self.never.get(language, ()))


SHIPPED: Final = Wording()
_speaks: list[Wording] = [SHIPPED]


def wording() -> Wording:
    """The wording of this process."""
    return _speaks[-1]


@contextmanager
def speaking(chosen: Wording) -> Iterator[None]:
    """Speak in this wording until the end of the block."""
    _speaks.append(chosen)
    try:
        yield
    finally:
        _speaks.remove(chosen)


def phrases(language: str) -> Mapping[str, str]:
    """Every phrase of a language as this process says it, flat: `ask.order` -> text."""
    return wording().phrases(language)


@cache
def shipped(language: str, form: str = "") -> Mapping[str, str]:
    """The phrases that come with Onethread, in a form of address; flat."""
    folder = files(_FOLDER)
    names = sorted(each.name for each in folder.iterdir() if f".{each.name}".endswith(f".{language}.yaml"))
    found = {key: text for name in names for key, text in _read(name)}
    second = folder / "forms" / f"{language}.{form}.yaml"
    return {**found, **dict(_read(f"forms/{second.name}"))} if form and second.is_file() else found


def _read(name: str) -> list[tuple[str, str]]:
    text = files(_FOLDER).joinpath(name).read_text(encoding="utf-8")
    return flat(yaml.load(text, Loader=_LOADER))  # noqa: S506  # the safe loader, in C where there is one


def flat(tree: Mapping[str, Any], prefix: str = "") -> list[tuple[str, str]]:
    """(key with dots, text) of everything in a tree of phrases."""
    found: list[tuple[str, str]] = []
    for key, value in tree.items():
        name = f"{prefix}{key}"
        found += flat(value, f"{name}.") if isinstance(value, dict) else [(name, str(value))]
    return found


@cache
def names_in(phrase: str) -> frozenset[str]:
    """The placeholders of a phrase."""
    return frozenset(placeholders(phrase))


def placeholders(phrase: str) -> dict[str, set[str]]:
    """The placeholders of a phrase, each with the forms that are asked of it. Raises ValueError for braces that make no sense."""
    found: dict[str, set[str]] = {}
    for _, name, form, conversion in string.Formatter().parse(phrase):
        if name is None:
            continue
        if not name.isidentifier() or conversion:
            raise ValueError(f"{{{name}}} is no name")
        found.setdefault(name, set()).add(form or "")
    return found
