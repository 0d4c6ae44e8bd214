"""Scores one clause: rules and the word head at once, the meaning head afterwards and only where those leave doubt."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from server.answering.understand import glossary, head, language, negation, rules, spelling
from server.answering.understand.authored import encoded_text
from server.answering.understand.encoder import Vectors
from server.answering.understand.features import Floats
from server.answering.understand.glossary import Worded
from server.answering.understand.head import Path, Thresholds
from server.answering.understand.normalise import mask, words
from server.answering.understand.numbers import digits_for_words
from server.answering.understand.shape import COURTESIES, Clause, Intent, IntentScore

_OTHER: Final[Intent] = "other"


@dataclass(slots=True)
class Part:
    """A clause, or all of them as one: what rules are sure of, what its own words name, and how the heads score it."""

    text: str
    folded: str
    negated: tuple[Intent, ...]
    sure: tuple[Intent, ...]
    named: tuple[Intent, ...]
    tokens: list[str]
    said: Worded
    """Its tokens as the heads read them."""
    scores: dict[Intent, float] = field(default_factory=dict)
    is_cut: bool = False
    """Whether what it turns down was taken out of it."""
    is_unsure: bool = False
    """Whether the meaning head should be asked."""
    is_near: bool = True
    """Whether anything like it was among the lines; known only where the meaning head was asked."""
    is_understood: bool = False
    """Whether the meaning head was asked."""
    _word_logs: Floats | None = None

    @property
    def plain(self) -> str:
        """What the encoder reads of it."""
        return encoded_text(self.folded, self.said)

    @property
    def path(self) -> Path:
        """How both heads judge it."""
        return head.path_of(self.said.language)

    @property
    def limits(self) -> Thresholds:
        """The thresholds of the heads that scored it."""
        return head.load().limits[self.path if self.is_understood else "alone"]

    def clause(self) -> Clause:
        """It, with the best one or two intents."""
        if self.sure:
            return Clause(self.text, tuple(IntentScore(name, rules.CONFIDENCE) for name in self.sure), self.negated)
        best = sorted(self.scores, key=lambda name: -self.scores[name])[:2]
        return Clause(self.text, tuple(IntentScore(name, self.scores[name]) for name in best), self.negated)

    def score_by_words(self) -> None:
        """Set `scores` by the word head, and whether that is enough."""
        if not self.tokens:
            return
        heads = head.load()
        chances, self._word_logs = heads.by_words(self.said)
        self.scores = self._kept(chances)
        self.is_unsure = self.said.language in language.SUPPORTED and not self.sure and not self._is_plain()

    def _is_plain(self) -> bool:
        """Whether the words alone will do: all known, and one intent far ahead."""
        heads = head.load()
        first = max(self.scores, key=lambda name: self.scores[name])
        is_far_ahead = self.scores[first] >= heads.limits[self.path].enough and first not in COURTESIES
        return is_far_ahead and heads.words.known_share(self.said.tokens) == 1.0

    def score_by_meaning(self, chances: Floats, nearness: Floats) -> None:
        """Set `scores` anew by both heads."""
        heads = head.load()
        self.scores = self._kept(chances)
        self.is_understood, self.is_unsure = True, False
        ours = np.delete(nearness, heads.classes.index(_OTHER))
        self.is_near = bool(ours.max() >= heads.limits[self.path].near)

    def _kept(self, chances: Floats) -> dict[Intent, float]:
        """Probabilities of what is not turned down."""
        pairs = zip(head.load().classes, chances.tolist(), strict=True)
        kept = {name: chance for name, chance in pairs if name not in self.negated}
        total = sum(kept.values()) or 1.0
        return {name: chance / total for name, chance in kept.items()}


def read_clause(text: str, code: str) -> Part:
    """A clause of a cleaned message, scored by rules and words."""
    said = negation.assert_only(text)
    courtesy = rules.courtesy(said.folded)
    sure = tuple(intent for intent in rules.sure(said.folded) if intent not in said.negated)
    tokens = _tokens(said.folded, code)
    part = Part(
        text,
        said.folded,
        said.negated,
        (courtesy,) if courtesy is not None else sure,
        tuple(negation.asked_for(said.folded)),
        tokens,
        glossary.worded(tokens, code),
        is_cut=said.is_cut,
    )
    part.score_by_words()
    return part


def read_together(parts: Sequence[Part], code: str, negated: Iterable[Intent]) -> Part:
    """Several clauses as one, scored by words."""
    tokens = [token for part in parts for token in part.tokens]
    folded = " ".join(part.folded for part in parts)
    whole = Part(
        " ".join(part.text for part in parts), folded, tuple(negated), (), (), tokens, glossary.worded(tokens, code)
    )
    whole.score_by_words()
    return whole


def ask_meaning(parts: Sequence[Part], vectors: Vectors) -> None:
    """Score `parts` anew by both heads, given the early vector of each one's `plain` text."""
    logs = np.array([part._word_logs for part in parts], np.float32)
    chances, nearness = head.load().by_both(logs, vectors, [part.path for part in parts])
    for part, chance, near in zip(parts, chances, nearness, strict=True):
        part.score_by_meaning(chance, near)


def _tokens(folded: str, code: str) -> list[str]:
    lexicon = spelling.load()
    return [lexicon.mend(word, code) for word in words(mask(digits_for_words(folded)))]
