"""A search text as the index is asked: slots, each with the terms that would satisfy it, what to avoid, and the price.

`blue rain jacket` has three slots; each is a word, the ideas that it names, and, where nobody knows the word, the words that it may
be a typing error of. Pure.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from server.commerce.catalogue.lexicon import Group, Lexicon, Meaning, lexicon
from server.commerce.catalogue.prices import Limits, limits_in
from server.commerce.catalogue.words import Word, is_stop, sizes_in, words_of

_IDEA: Final = 0.95
_ABOVE: Final = 0.5
_MISTYPED: Final = 0.75
_PHRASE_BONUS: Final = 1.4
_NUMBER: Final = 0.6
_LOOSE: Final = frozenset({"gift", "home", "shopping"})
_LOOSELY: Final = 0.4
_WITHOUT: Final = frozenset("without no not non sin sans pas ohne kein keine keinen sem nao".split())  # noqa: SIM905
_MOST_SLOTS: Final = 12


@dataclass(frozen=True, slots=True)
class Slot:
    """One thing that is wanted: `terms` with their weights, and the word as it was written."""

    word: str
    terms: tuple[tuple[str, float], ...]
    groups: frozenset[Group] = frozenset()
    is_mistyped: bool = False
    is_loose: bool = False


@dataclass(frozen=True, slots=True)
class Wish:
    """What a text looks for. `is_cheap` asks for the lowest price first."""

    slots: tuple[Slot, ...]
    avoided: tuple[Slot, ...]
    limits: Limits
    is_cheap: bool


def wish_of(text: str, language: str, knows: Callable[[str], bool], nearest: Callable[[str], tuple[str, ...]]) -> Wish:
    """What a text wants; `knows` and `nearest` are the index's words and its typing corrector."""
    limits, rest = limits_in(text)
    reader = _Reader(words_of(rest), language, lexicon(), knows, nearest)
    slots, avoided = reader.slots()
    sizes = [Slot(size.upper(), ((size, 1.0),), frozenset({"size"})) for size in dict.fromkeys(sizes_in(text))]
    is_cheap = any("price" in slot.groups and ("=cheap", _IDEA) in slot.terms for slot in slots)
    wanted = [slot for slot in slots if "price" not in slot.groups]
    return Wish(tuple([*wanted, *sizes][:_MOST_SLOTS]), tuple(avoided), limits, is_cheap)


@dataclass(frozen=True, slots=True)
class _Reader:
    words: Sequence[Word]
    language: str
    known: Lexicon
    knows: Callable[[str], bool]
    nearest: Callable[[str], tuple[str, ...]]

    def slots(self) -> tuple[list[Slot], list[Slot]]:
        meanings = self.known.meanings(self.words, self.language)
        single: dict[int, list[str]] = {}
        for meaning in meanings:
            if meaning.length == 1:
                single.setdefault(meaning.start, []).append(meaning.idea)
        wanted: list[Slot] = []
        avoided: list[Slot] = []
        is_avoiding = False
        for at, word in enumerate(self.words):
            if word.raw in _WITHOUT:
                is_avoiding = True
            elif at in single or not is_stop(word, self.language):
                slot = self._slot(word, single.get(at, []))
                (avoided if is_avoiding else wanted).append(slot)
                is_avoiding = False
        return wanted + [self._phrase(each) for each in meanings if each.length > 1], avoided

    def _slot(self, word: Word, ideas: list[str]) -> Slot:
        if ideas or self.knows(word.stem) or self.known.knows(word, self.language):
            return self._known(word.raw, word.stem, ideas)
        parts = self.known.parts(word.raw, self.language)
        if parts:
            return self._known(word.raw, word.stem, list(parts))
        return self._mistyped(word)

    def _known(self, written: str, stem: str, ideas: list[str]) -> Slot:
        weight = _LOOSELY if _LOOSE & set(ideas) else 1.0  # "a gift for ..." says little of the gift
        terms = {stem: _NUMBER if stem.isdigit() else weight}
        for idea, share in self._reached(ideas):
            terms[f"={idea}"] = max(share * weight, terms.get(f"={idea}", 0.0))
        return Slot(written, tuple(terms.items()), self._groups(ideas), is_loose=weight < 1.0)

    def _mistyped(self, word: Word) -> Slot:
        terms = {word.stem: 1.0}
        ideas: list[str] = []
        for other in self.nearest(word.stem):
            terms[other] = _MISTYPED
            ideas += [each.idea for each in self.known.meanings([Word(other, other)], self.language)]
        for idea, share in self._reached(ideas):
            terms[f"={idea}"] = share * _MISTYPED
        return Slot(word.raw, tuple(terms.items()), self._groups(ideas), is_mistyped=len(terms) > 1)

    def _phrase(self, meaning: Meaning) -> Slot:
        words = self.words[meaning.start : meaning.start + meaning.length]
        terms = tuple((f"={idea}", share * _PHRASE_BONUS) for idea, share in self._reached([meaning.idea]))
        return Slot(" ".join(word.raw for word in words), terms, self._groups([meaning.idea]))

    def _reached(self, ideas: list[str]) -> Iterator[tuple[str, float]]:
        """The ideas themselves, then the kinds that they are kinds of: a parka is a coat."""
        yield from ((idea, _IDEA) for idea in ideas)
        for idea in ideas:
            if self.known.groups[idea] == "kind":
                above = sorted(self.known.implied[idea])
                yield from ((each, _ABOVE) for each in above if self.known.groups.get(each) == "kind")

    def _groups(self, ideas: Sequence[str]) -> frozenset[Group]:
        groups: Mapping[str, Group] = self.known.groups
        return frozenset(groups[idea] for idea in ideas)
