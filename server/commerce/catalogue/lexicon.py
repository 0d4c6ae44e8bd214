"""What words mean, whatever the language: `bufanda`, `Schal` and `scarf` are one idea, and a scarf is for the neck.

Read from lexicon.txt beside this file. An idea belongs to a group: what it is (kind), where in a
shop it stands (shelf), what it is for (use), what it is made of
(material), what it is like (quality), its colour, its size, its price,
or what is asked about it (matter). Pure data; nothing here knows any product.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Final, Literal, TypeAlias, cast

from server.commerce.catalogue.words import LANGUAGES, Word, words_of

Group: TypeAlias = Literal["kind", "shelf", "use", "material", "quality", "colour", "size", "price", "matter"]
_SHORTEST_PREFIX: Final = 3
_SHORTEST_PART: Final = 3
_COMPOUND: Final = 7
_REMEMBERED: Final = 50_000
_LINKS: Final = ("", "s", "n", "en", "e", "er")


@dataclass(frozen=True, slots=True)
class Meaning:
    """An idea found in a text: the words from `start`, `length` of them."""

    idea: str
    start: int
    length: int


@dataclass(frozen=True, slots=True)
class Lexicon:
    """The loaded ideas. `phrases`, `prefixes`: words -> (idea, language or ""); `openings`: a first word -> its longest phrase."""

    groups: Mapping[str, Group]
    implied: Mapping[str, frozenset[str]]
    phrases: Mapping[tuple[str, ...], tuple[tuple[str, str], ...]]
    prefixes: Mapping[str, tuple[tuple[str, str], ...]]
    stems: frozenset[str]
    openings: Mapping[str, int]
    _kept: dict[tuple[str, str], tuple[str, ...]] = field(default_factory=dict, compare=False)

    def meanings(self, words: Sequence[Word], language: str) -> list[Meaning]:
        """Every idea that the words name: single words, phrases of up to four, and parts of compounds."""
        stems = [word.stem for word in words]
        found: dict[Meaning, None] = {}
        for start, word in enumerate(words):
            longest = min(self.openings.get(word.stem, 0), len(words) - start)
            for length in range(1, longest + 1):
                known = self.phrases.get(tuple(stems[start : start + length]))
                for idea in _of(known, language) if known else ():
                    found[Meaning(idea, start, length)] = None
            for idea in self._by_word(word, language):
                found[Meaning(idea, start, 1)] = None
        taken = self.taken(found)
        return [each for each in found if each.length > 1 or each.start not in taken]

    def taken(self, found: Iterable[Meaning]) -> frozenset[int]:
        """Where words stand that mean nothing by themselves: the hand of "hand wash" is nobody's hand."""
        phrases = (each for each in found if each.length > 1 and self.groups[each.idea] == "matter")
        return frozenset(at for each in phrases for at in range(each.start, each.start + each.length))

    def _by_word(self, word: Word, language: str) -> tuple[str, ...]:
        """Ideas of a word's beginning or parts. Remembered: the same words stand in all texts of a shop."""
        kept = self._kept.get((word.raw, language))
        if kept is None:
            kept = tuple(self._by_prefix(word.raw, language))
            if len(word.raw) >= _COMPOUND and not kept and not self._knows(word, language):
                kept = self.parts(word.raw, language)
            if len(self._kept) < _REMEMBERED:
                self._kept[word.raw, language] = kept
        return kept

    def _by_prefix(self, raw: str, language: str) -> Iterator[str]:
        for length in range(_SHORTEST_PREFIX, len(raw) + 1):
            yield from _of(self.prefixes.get(raw[:length], ()), language)

    def _knows(self, word: Word, language: str) -> bool:
        known = self.phrases.get((word.stem,), ())
        return any(True for _ in _of(known, language)) or any(True for _ in self._by_prefix(word.raw, language))

    def knows(self, word: Word, language: str) -> bool:
        """Whether a single word has a meaning, as it stands or by its parts."""
        return self._knows(word, language) or bool(self._by_word(word, language))

    def parts(self, raw: str, language: str) -> tuple[str, ...]:
        """The ideas of a compound that consists of two known words: Regenjacke, Wollmütze."""
        for cut in range(len(raw) - _SHORTEST_PART, _SHORTEST_PART - 1, -1):
            last = self._single(raw[cut:], language)
            first = next(filter(None, (self._single(_cut(raw[:cut], link), language) for link in _LINKS)), ())
            if first and last:
                return (*first, *last)
        return ()

    def _single(self, raw: str, language: str) -> tuple[str, ...]:
        words = words_of(raw)
        if len(words) != 1 or len(raw) < _SHORTEST_PART:
            return ()
        whole = tuple(_of(self.phrases.get((words[0].stem,), ()), language))
        return whole or tuple(self._by_prefix(words[0].raw, language))


def _cut(raw: str, link: str) -> str:
    return raw.removesuffix(link) if link and raw.endswith(link) else (raw if not link else "")


def _of(entries: Sequence[tuple[str, str]], language: str) -> Iterator[str]:
    return (idea for idea, only in entries if not only or only == language)


@cache
def lexicon() -> Lexicon:
    """The ideas of lexicon.txt, read once. Raises ValueError for a line that cannot be read."""
    text = files("server.commerce.catalogue").joinpath("lexicon.txt").read_text(encoding="utf-8")
    return parse(text)


def parse(text: str) -> Lexicon:
    """The lexicon of `GROUP IDEA > IMPLIED : WORDS` lines."""
    groups: dict[str, Group] = {}
    implied: dict[str, frozenset[str]] = {}
    phrases: dict[tuple[str, ...], tuple[tuple[str, str], ...]] = {}
    prefixes: dict[str, tuple[tuple[str, str], ...]] = {}
    for line in text.splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        head, _, listed = line.partition(" : ")
        named, _, above = head.partition(" > ")
        group, _, idea = named.strip().partition(" ")
        if not idea or idea in groups:
            raise ValueError(f"not a line of the lexicon: {line[:60]}")
        groups[idea], implied[idea] = cast("Group", group), frozenset(above.split())
        for entry in listed.split():
            _add(entry, idea, phrases, prefixes)
    known = frozenset(stem for key in phrases for stem in key)
    openings: dict[str, int] = {}
    for key in phrases:
        openings[key[0]] = max(len(key), openings.get(key[0], 0))
    return Lexicon(groups, _closed(implied), phrases, prefixes, known, openings)


def _add(
    entry: str,
    idea: str,
    phrases: dict[tuple[str, ...], tuple[tuple[str, str], ...]],
    prefixes: dict[str, tuple[tuple[str, str], ...]],
) -> None:
    tag, _, rest = entry.partition(":")
    only, word = (tag, rest) if tag in LANGUAGES and rest else ("", entry)
    words = words_of(word.replace("_", " "))
    if word.endswith("*") and len(words) == 1:
        prefixes[words[0].raw] = (*prefixes.get(words[0].raw, ()), (idea, only))
    key = tuple(each.stem for each in words)
    phrases[key] = (*phrases.get(key, ()), (idea, only))


def _closed(implied: Mapping[str, frozenset[str]]) -> dict[str, frozenset[str]]:
    """What each idea implies, with what that implies in turn."""
    closed: dict[str, frozenset[str]] = {}
    for idea in implied:
        reached, waiting = set[str](), set(implied[idea])
        while waiting:
            one = waiting.pop()
            if one not in reached and one != idea:
                reached.add(one)
                waiting |= implied.get(one, frozenset())
        closed[idea] = frozenset(reached)
    return closed
