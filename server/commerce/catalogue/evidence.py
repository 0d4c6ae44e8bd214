"""What a product's data says about something that is asked: attributes, sentences of the description, compatible things.

Pure. Everything found is to be quoted as it stands; nothing is concluded from it, and what is not found is not known.
"""

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Final

from server.commerce.catalogue.lexicon import lexicon
from server.commerce.catalogue.words import Word, is_stop, words_of
from server.commerce.goods import Product

_SENTENCE: Final = re.compile(r"(?<=[.!?])\s+(?=[\"“„«¿¡(]?[^\W_])")
_MOST: Final = 3
_TELLING: Final = frozenset({"matter", "quality", "material", "use"})
_FILLERS: Final = frozenset(
    """come comes have has got fit fits work works good safe suitable ok fine possible contain contains include included real really
    make made does use used using possible put sirve vale bueno lleva trae va marche convient passt geht eignet enthalt serve bom boa
    more tell know about mehr mas plus mais info information details detalles long lasts last whether else machine""".split()  # noqa: SIM905
)


@dataclass(frozen=True, slots=True)
class Said:
    """A piece of a product's data: an attribute with its name, or a sentence of the description (no name)."""

    name: str
    value: str


@dataclass(frozen=True, slots=True)
class Topic:
    """What is asked about, as stems and ideas, the product's own name left out."""

    stems: frozenset[str]
    ideas: frozenset[str]
    sure: frozenset[str] = frozenset()

    def properties(self) -> "Topic":
        """Only what surely is a matter of its own: a property, however else the rest of the question is to be read."""
        known = lexicon()
        ideas = frozenset(idea for idea in self.ideas if known.groups[idea] in ("matter", "quality", "material"))
        return Topic(self.sure if ideas else frozenset(), ideas, self.sure)

    def without(self, ideas: Collection[str]) -> "Topic":
        """The topic without what is answered elsewhere."""
        left = self.ideas - set(ideas)
        return Topic(self.stems if left else frozenset(), left, self.sure)

    def __bool__(self) -> bool:
        return bool(self.stems or self.ideas)


@dataclass(frozen=True, slots=True)
class Compatible:
    """What a product says it goes with; `named` are the entries that the question names."""

    listed: tuple[str, ...]
    named: tuple[str, ...]


def topic_of(text: str, product: Product, language: str) -> Topic:
    """What a question asks about a product."""
    known, own = lexicon(), _own_words(product)
    words = words_of(text)
    meanings = known.meanings(words, language)
    telling = [
        each
        for each in meanings
        if known.groups[each.idea] in _TELLING and not _is_own(each.start, each.length, words, own)
    ]
    taken = {at for each in telling for at in range(each.start, each.start + each.length)}
    other = {
        at
        for each in meanings
        if known.groups[each.idea] not in _TELLING
        for at in range(each.start, each.start + each.length)
    }
    stems = {
        word.stem
        for at, word in enumerate(words)
        if at not in other - taken
        and not is_stop(word, language)
        and word.raw not in _FILLERS
        and word.stem not in own
        and not word.raw.isdigit()
    }
    ideas = {each.idea for each in telling}
    above = {idea for one in ideas for idea in known.implied[one] if known.groups.get(idea) == "matter"}
    sure = frozenset(words[at].stem for at in taken)
    return Topic(frozenset(stems), frozenset(ideas | above), sure)


def says(product: Product, topic: Topic, language: str) -> tuple[Said, ...]:
    """At most three pieces of the data that speak of the topic: attributes first, then sentences."""
    if not topic:
        return ()
    attributes = {**product.attributes, **_common(product)}
    scored = [
        (_hits(f"{name}: {value}", topic, language, name), Said(name, value)) for name, value in attributes.items()
    ]
    found = [said for score, said in sorted(scored, key=lambda each: -each[0]) if score > 0]
    if not found:
        sentences = [(_hits(each, topic, language), Said("", each)) for each in sentences_of(product.description)]
        found = [said for score, said in sorted(sentences, key=lambda each: -each[0]) if score > 0][:1]
    return tuple(found[:_MOST])


def sentences_of(text: str) -> list[str]:
    """The sentences of a description, each on its own."""
    flat = re.sub(r"\s+", " ", re.sub(r"<[^>]{1,200}>", " ", text)).strip()
    return [each.strip() for each in _SENTENCE.split(flat) if each.strip()]


def compatibility(product: Product, text: str) -> Compatible:
    """The entries of `compatible_with` whose every word a question says ("iPhone 15" is not "iPhone 15 Pro")."""
    said = [word.raw for word in words_of(text)]
    named = [entry for entry in product.compatible_with if _runs(words_of(entry), said)]
    longest = max((len(words_of(entry)) for entry in named), default=0)
    exact = tuple(entry for entry in named if len(words_of(entry)) == longest and not _goes_on(words_of(entry), said))
    return Compatible(product.compatible_with, exact)


def _runs(entry: list[Word], said: list[str]) -> bool:
    parts = [word.raw for word in entry]
    return bool(parts) and any(said[at : at + len(parts)] == parts for at in range(len(said) - len(parts) + 1))


_MODEL_WORDS: Final = frozenset("pro max plus mini ultra air lite se xl fe note fold flip a s".split())  # noqa: SIM905


def _goes_on(entry: list[Word], said: list[str]) -> bool:
    """Whether the question names another model that only begins alike: "15 Pro", "15 Plus"."""
    parts = [word.raw for word in entry]
    starts = [at for at in range(len(said) - len(parts) + 1) if said[at : at + len(parts)] == parts]
    return all(at + len(parts) < len(said) and said[at + len(parts)] in _MODEL_WORDS for at in starts)


def _own_words(product: Product) -> frozenset[str]:
    return frozenset(word.stem for word in words_of(product.title))


def _is_own(start: int, length: int, words: list[Word], own: frozenset[str]) -> bool:
    return all(word.stem in own for word in words[start : start + length])


def _common(product: Product) -> dict[str, str]:
    """Attributes that all variants share: those of one alone say nothing of the product."""
    groups = [set(variant.attributes.items()) for variant in product.variants]
    return dict(set[tuple[str, str]].intersection(*groups)) if groups else {}


def _hits(text: str, topic: Topic, language: str, name: str = "") -> float:
    words = words_of(text)
    ideas = set(_ideas(words, language)) | set(_ideas(words, "en"))
    stems = {word.stem for word in words}
    score = 2.0 * len(ideas & topic.ideas) + len(stems & topic.stems)
    return score + (0.5 if score and {word.stem for word in words_of(name)} & topic.stems else 0.0)


def _ideas(words: list[Word], language: str) -> Iterable[str]:
    known = lexicon()
    return (each.idea for each in known.meanings(words, language) if known.groups[each.idea] in _TELLING)
