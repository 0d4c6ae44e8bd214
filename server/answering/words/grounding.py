"""The last check before anything is said: every claim of the finished text must be proven by the evidence.

The text is read by itself, whoever made it: dates, times, amounts, numbers, carriers, tracking numbers, links, addresses, places,
names, states, the shop's rules and claims of things done. A sentence with a claim that no fact proves, compared by value, is
dropped and carries its cause; the rest stays. A text that grows, as a model's does, is checked sentence by sentence by a Grounder.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from typing_extensions import override

from server.answering.words import claims
from server.answering.words.claim_names import vocabulary
from server.answering.words.claim_words import Words, words_of
from server.answering.words.claims import Cause, read, unproven
from server.answering.words.known import Known, known
from server.answering.words.sentences import sentences as sentences
from server.answering.words.spoken import LANGUAGES
from server.answering.words.voice import Voice
from server.answering.words.wording import Wording, wording
from server.commerce.model import Fact

_LETTERS: Final = re.compile(r"[^\W\d_]+")
_GAPS: Final = re.compile(r"[ \u00a0]+\n")
_FEW_WORDS: Final = 2
_MOST_CLAIMLESS: Final = 4_096
_CLAIMLESS: Final[set[tuple[Wording, str, str]]] = set()
"""Sentences (with their wording and language) that were read and claim nothing that any fact could prove or deny."""


@dataclass(frozen=True, slots=True)
class Dropped:
    """A sentence that may not be said, and why: every claim in it that nothing proves."""

    sentence: str
    causes: tuple[Cause, ...]

    @property
    def cause(self) -> str:
        """The first cause in words: `amount "$49.00" is in no fact`."""
        return str(self.causes[0]) if self.causes else ""

    @override
    def __str__(self) -> str:
        """The sentence with its cause."""
        return f"{self.sentence} [{self.cause}]"


@dataclass(frozen=True, slots=True)
class Checked:
    """The text that may be said, and the sentences that may not."""

    text: str
    dropped: tuple[Dropped, ...] = ()


def check(text: str, evidence: Sequence[Fact], voice: Voice, allowed: Sequence[str] = ()) -> Checked:
    """Drop every sentence that claims what nothing proves; `allowed` are the customer's own words, which may be repeated."""
    proven = known(evidence, voice, allowed)
    words = words_of(voice.language)
    kept: list[str] = []
    dropped: list[Dropped] = []
    for sentence, gap in sentences(text, words):
        causes = _causes(sentence, words, proven)
        if causes:
            dropped.append(Dropped(sentence.strip(), tuple(causes)))
        else:
            kept += (sentence, gap)
    return Checked(_GAPS.sub("\n", "".join(kept)).strip(), tuple(dropped))


class Grounder:
    """Checks a text while it grows: whole sentences come out once they are finished, and only if they may be said.

    `evidence` may grow with it (a model reads an order after its first words): see `learn`."""

    def __init__(self, evidence: Sequence[Fact], voice: Voice, allowed: Sequence[str] = ()) -> None:
        self._evidence = list(evidence)
        self._voice = voice
        self._allowed = tuple(allowed)
        self._words = words_of(voice.language)
        self._known = known(self._evidence, voice, self._allowed)
        self._open = ""
        self.dropped: list[Dropped] = []

    def learn(self, *evidence: Fact) -> None:
        """From here on these facts may be said too."""
        self._evidence += [fact for fact in evidence if fact not in self._evidence]
        self._known = known(self._evidence, self._voice, self._allowed)

    def feed(self, text: str) -> list[str]:
        """Go on with the text; the sentences that are finished now, each with the space that follows it."""
        self._open += text
        parts = sentences(self._open, self._words)
        count = len(parts) - 1
        if count > 0 and not _is_settled(parts[-1][0]):
            count -= 1
        finished = parts[: max(count, 0)]
        self._open = self._open[sum(len(sentence) + len(gap) for sentence, gap in finished) :]
        return self._said(finished)

    def close(self) -> list[str]:
        """The text is over: what is left of it, if it may be said."""
        parts = sentences(self._open, self._words)
        self._open = ""
        return self._said(parts)

    def _said(self, parts: Sequence[tuple[str, str]]) -> list[str]:
        said = []
        for sentence, gap in parts:
            causes = _causes(sentence, self._words, self._known)
            if causes:
                self.dropped.append(Dropped(sentence.strip(), tuple(causes)))
            elif sentence or gap:
                said.append(sentence + gap)
        return said


def _is_settled(rest: str) -> bool:
    """Whether enough of the next sentence is there to see that it is one: its first word, and what follows that."""
    match = _LETTERS.search(rest)
    return match is not None and match.end() < len(rest)


def _causes(sentence: str, words: Words, proven: Known) -> list[Cause]:
    if not sentence.strip():
        return []
    remembered = wording(), words.language, sentence
    if remembered in _CLAIMLESS:
        return []
    reading = read(sentence, words, proven)
    is_claimless = claims.is_claimless(reading, sentence)
    causes = [] if is_claimless else unproven(reading)
    for language, kinds in _other_languages(reading.said, words):
        found = unproven(read(sentence, words_of(language), proven))
        causes += (cause for cause in found if not kinds or (cause.kind in kinds and not _is_own(cause, words)))
        is_claimless = False
    if is_claimless and not causes:
        _remember(remembered)
    return causes


def _is_own(cause: Cause, words: Words) -> bool:
    """Whether a day of another language is an everyday word of this one: the German "hier"."""
    return cause.kind == "date" and cause.value.casefold() in vocabulary(words.language)


def _remember(sentence: tuple[Wording, str, str]) -> None:
    """Keep a sentence that claims nothing whatever the facts are: a greeting, a question of ours."""
    if len(_CLAIMLESS) >= _MOST_CLAIMLESS:
        _CLAIMLESS.clear()
    _CLAIMLESS.add(sentence)


def _other_languages(said: set[str], words: Words) -> list[tuple[str, frozenset[str]]]:
    """The languages that a sentence may be written in rather than in this one, by their commonest words; with each the kinds of
    claim that are then looked for, none = all."""
    own = len(said & words.stop_words)
    if own >= _FEW_WORDS or len(said) < _FEW_WORDS:
        return []
    others = ((each, len(said & words_of(each).stop_words)) for each in LANGUAGES if each != words.language)
    return [(language, _kinds(own, count)) for language, count in others if count and count >= own]


def _kinds(own: int, other: int) -> frozenset[str]:
    """The more surely it is the other language, the more of it is read; its own words for days and spans of time are always told."""
    if own == other:
        return frozenset({"status", "count", "day"})
    return frozenset() if not own and other >= _FEW_WORDS else frozenset({"status", "action", "count", "day", "date"})
