"""Takes personal data out of what customers wrote, before any of it teaches the heads.

Numbers, links and addresses become their kind, as in every line that the heads see. Names go: those that the shop knows the
writer by, and every word that the shop's language does not know unless several conversations share it. What comes out is folded.
"""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

from server.answering.understand.normalise import WORD, clean, fold, mask, words

SHARED_BY: Final = 3
"""In how many conversations an unknown word must stand to be the shop's own and nobody's name."""


@dataclass(frozen=True, slots=True)
class Said:
    """What somebody wrote in one conversation, and the names that must not stay in it."""

    text: str
    conversation: int
    names: Collection[str] = ()


def masked(said: Sequence[Said], known: Collection[str]) -> list[str]:
    """The texts, folded, without personal data; `known` are the words of the shop's language."""
    folded = [mask(fold(clean(each.text))) for each in said]
    speakers: defaultdict[str, set[int]] = defaultdict(set)
    for each, text in zip(said, folded, strict=True):
        for word in words(text):
            speakers[word].add(each.conversation)
    shared = {word for word, conversations in speakers.items() if len(conversations) >= SHARED_BY and word.isalpha()}
    kept = {*known, *shared}
    return [_without(text, kept, _parts(each.names)) for each, text in zip(said, folded, strict=True)]


def _parts(names: Collection[str]) -> set[str]:
    return {part for name in names for part in words(fold(clean(name)))}


def _without(text: str, kept: Collection[str], names: Collection[str]) -> str:
    """`text` with the words that may stay, and with its punctuation."""
    cleared = WORD.sub(lambda found: found[0] if found[0] in kept and not _is_named(found[0], names) else " ", text)
    return " ".join(cleared.split())


def _is_named(word: str, names: Collection[str]) -> bool:
    return word in names or word.removesuffix("'s") in names
