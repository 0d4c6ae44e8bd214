"""Our own phrases, recognised in a finished text: what stands in `{eta}` must be the fact `eta`, not any fact that happens to fit.

A phrase that says a row of the order, or the reason of a verdict, also needs that row or verdict among the facts. A sentence
that is no phrase of ours is not judged here.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from itertools import pairwise
from typing import Final

from server.answering.words import rows
from server.answering.words.amounts import holds, written
from server.answering.words.claim_names import vocabulary
from server.answering.words.claim_words import words_of
from server.answering.words.known import Known, spelled
from server.answering.words.moments import Dated
from server.answering.words.sentences import sentences
from server.answering.words.voice import WORDED
from server.answering.words.wording import Wording, wording
from server.commerce.model import Fact, Money, Place

_SLOT: Final = re.compile(r"\{(\w+)(?::\w+)?\}")
_MARKED: Final = re.compile(r"X\ue001(\w+)\ue002")
_WORD: Final = re.compile(r"[^\W\d_]{2,}")
_ROW: Final = re.compile(r"order\.r(\d+)\.")
_TELLING: Final = re.compile(r"\d|[A-ZÀ-ÖØ-Þ]|[^\W\d_]{4}")
_NAMED: Final = re.compile(r"[A-ZÀ-ÖØ-Þ]\w{2,}")
_AFTER_LINK: Final = re.compile(r"https?://\S+ (?=[A-ZÀ-ÖØ-Þ])")
_DIGITS: Final = re.compile(r"\d+")
_NOT_SAID: Final = frozenset({"draft", "card", "title", "choice", "event", "step", "status", "short"})
_KEYS: Final[Mapping[str, tuple[str, ...]]] = {
    "number": ("order_number",), "status": ("return_status",), "method": ("method", "paid_by"), "city": ("ship_city",),
    "days": ("days", "window"), "url": ("url", "article_url"), "values": ("values", "gone"), "when": ("back_at",),
}  # fmt: skip
"""Where a phrase calls a fact by another name than its key, or by one name facts of several keys."""

_FEW_LETTERS: Final = 26
_SEVERAL_PARCELS: Final = 28
_ANY_VERDICT: Final = frozenset({"by_person", "person_confirms", "alternative", "instead", "approval", "warranty_hint"})


@dataclass(frozen=True, slots=True)
class Phrase:
    """One sentence of a phrase: its key, its names in their order, the pattern that recognises it, how much of it is fixed, and the
    words with which it starts and ends."""

    key: str
    names: tuple[str, ...]
    pattern: str
    fixed: int
    start: str = ""
    end: str = ""

    @property
    def is_listed(self) -> bool:
        """Whether it is a line of a list."""
        return self.pattern.startswith("•")

    @property
    def is_loose(self) -> bool:
        """Whether it says one fact in few words of its own, as anybody would: "It should arrive {eta}." """
        return self.fixed <= _FEW_LETTERS and len(self.names) == 1 and self.names != ("number",)

    def read(self, sentence: str) -> "re.Match[str] | None":
        """The sentence as this phrase, if it is one."""
        if not (sentence.startswith(self.start) and sentence.endswith(self.end)):
            return None
        return _compiled(self.pattern).fullmatch(sentence)


_compiled: Final = cache(re.compile)


def phrases_by_word(language: str) -> Mapping[str, tuple[Phrase, ...]]:
    """Every sentence of our phrases that says a fact or rests on one, under its rarest word; "" holds those that are facts alone."""
    return _by_word(wording(), language)


@cache
def _by_word(spoken: Wording, language: str) -> Mapping[str, tuple[Phrase, ...]]:
    made = list(_made(spoken.phrases(language), language))
    frequency = Counter(word for _, words in made for word in words)
    found: dict[str, list[Phrase]] = {}
    for phrase, words in made:
        rarest = min(sorted(words), key=lambda word: frequency[word]) if words else ""
        found.setdefault(rarest, []).append(phrase)
    return {word: tuple(held) for word, held in found.items()}


def without_lead(sentence: str, language: str) -> str:
    """A sentence without the words that lead in to what was told before: "The latest I have: ..."."""
    return next(
        (sentence[len(lead) :].lstrip() for lead in _leads(wording(), language) if sentence.startswith(lead)), sentence
    )


@cache
def _leads(spoken: Wording, language: str) -> tuple[str, ...]:
    return tuple(text for key, text in spoken.phrases(language).items() if key.startswith("manner.lead_"))


def _made(texts: Mapping[str, str], language: str) -> Iterator[tuple[Phrase, frozenset[str]]]:
    words = words_of(language)
    for key, text in texts.items():
        if key.partition(".")[0] in _NOT_SAID:
            continue
        for sentence, _ in sentences(_SLOT.sub("X\ue001\\1\ue002", text), words):
            static = frozenset(_WORD.findall(_MARKED.sub(" ", sentence).lower()))
            names = tuple(_MARKED.findall(sentence))
            is_listed = sentence.startswith("•")
            is_read = names or _needs(key) or is_listed if static else len(names) > (not is_listed)
            if is_read:
                pattern = _pattern(sentence.strip())
                parts = _MARKED.split(sentence.strip())
                yield Phrase(key, names, pattern, len(_MARKED.sub("", sentence)), parts[0], parts[-1]), static


def _pattern(sentence: str) -> str:
    parts = _MARKED.split(sentence)
    return "".join("(.+?)" if index % 2 else re.escape(part) for index, part in enumerate(parts))


def contradiction(
    sentence: str, candidates: Sequence[Phrase], known: Known, dated: Sequence[Dated], *, is_claim: bool
) -> tuple[str, str] | None:
    """(fact, what was said of it) when a sentence is a phrase of ours and the facts say otherwise. `dated` are the dates that were
    found in it, with the known days that they may mean; `is_claim` = it claims a state. What follows a link is read by itself. Of
    several phrases, the one with the most words of its own is meant."""
    starts = [0, *(match.end() for match in _AFTER_LINK.finditer(sentence))] if "://" in sentence else [0]
    for start, end in pairwise([*starts, len(sentence)]):
        wrong = _contradiction(sentence[start:end], start, candidates, known, dated, is_claim=is_claim)
        if wrong:
            return wrong
    return None


def _contradiction(
    part: str, start: int, candidates: Sequence[Phrase], known: Known, dated: Sequence[Dated], *, is_claim: bool
) -> tuple[str, str] | None:
    text = part.strip()
    shift = start + len(part) - len(part.lstrip())
    read = [(phrase, match) for phrase in candidates if (match := phrase.read(text))]
    wordless = phrases_by_word(known.language).get("", ())
    read += [(phrase, match) for phrase in wordless if (match := phrase.read(text)) and _may_be(phrase, known)]
    if not read:
        return None
    most = max(_weight(phrase, match, known) for phrase, match in read)
    found: tuple[str, str] | None = None
    for phrase, match in read:
        if _weight(phrase, match, known) == most:
            wrong = _wrong(phrase, match, known, dated, shift, is_claim=is_claim)
            if wrong is None:
                return None
            found = found or wrong
    return found


def may_be_ours(sentence: str, candidates: Sequence[Phrase], language: str) -> bool:
    """Whether a sentence may be one of these phrases, or one without words of its own, whatever the facts are."""
    wordless = phrases_by_word(language).get("", ())
    return any(phrase.read(sentence.strip()) for phrase in (*candidates, *wordless))


def _may_be(phrase: Phrase, known: Known) -> bool:
    """Whether a phrase without words of its own may be meant: a line of a list, or one whose facts are all there."""
    return (
        any(name in known.by_key for name in phrase.names)
        if phrase.is_listed
        else known.by_key.keys() >= set(phrase.names)
    )


def _weight(phrase: Phrase, match: "re.Match[str]", known: Known) -> tuple[int, int, int]:
    """How surely a phrase is meant: by the words of its own, of lines of a list by which parts them first ("mug: delivered on
    Friday, May 3" is no "{product}, {price}"), then by how many of its facts are there."""
    is_parted = phrase.is_listed and len(phrase.names) > 1
    first = -len(match[1]) if is_parted else 0
    return phrase.fixed, first, sum(name in known.by_key for name in phrase.names)


def _wrong(
    phrase: Phrase, match: "re.Match[str]", known: Known, dated: Sequence[Dated], shift: int, *, is_claim: bool
) -> tuple[str, str] | None:
    """What is wrong with a sentence that is this phrase. "It should arrive on Monday" is true of other states than the phrase's row."""
    for key, values in _needs(phrase.key):
        if key == "state" and not is_claim and phrase.is_loose:
            continue
        facts = known.by_key.get(key)
        if facts and not any(fact.value in values for fact in facts):
            return key, match.group()
    for index, name in enumerate(phrase.names, 1):
        facts = [fact for each in _KEYS.get(name, (name,)) for fact in known.by_key.get(each, ())]
        if facts and not any(_says(match, index, fact, known, dated, shift) for fact in facts):
            return name, match[index]
    return None


@cache
def _needs(key: str) -> tuple[tuple[str, frozenset[str]], ...]:
    """The facts that a phrase rests on without saying them: (key, the values that allow it)."""
    needs = []
    row = _ROW.match(key)
    if row and int(row[1]) != _SEVERAL_PARCELS:
        needs.append(("state", frozenset({rows.ROW_STATES[int(row[1])], "presumed"})))
    if key.startswith("explain."):
        verdict = key.removeprefix("explain.").removesuffix("_plain").removesuffix("_all")
        needs += [("verdict", frozenset({verdict}))] if verdict not in _ANY_VERDICT else []
    only = rows.ONLY_IF.get(key.removeprefix("order.").removesuffix("_again"))
    if key.startswith("order.") and only:
        needs.append(only)
    return tuple(needs)


def _is_worded_otherwise(fact: Fact, text: str, language: str) -> bool:
    """Whether a text has the words for another value of a fact that is worded by a table, and not those for this one."""
    family = WORDED.get(fact.key)
    if family is None:
        return False
    own = spelled(fact.key, fact.kind, str(fact.value), language)
    return not any(each in text for each in own) and any(
        each in text for each in _wordings(wording(), family, language)
    )


@cache
def _wordings(spoken: Wording, family: str, language: str) -> frozenset[str]:
    return frozenset(text for key, text in spoken.phrases(language).items() if key.startswith(f"{family}."))


def _has_more(match: "re.Match[str]", index: int, known: Known) -> bool:
    """Whether a place names something beside what facts spell out: a colour of a product that no fact has."""
    text = match.string
    for spelling in known.spellings:
        text = text.replace(spelling, " " * len(spelling))
    names = _NAMED.finditer(text, *match.span(index))
    return any(each.group().casefold() not in vocabulary(known.language) for each in names)


def _says(match: "re.Match[str]", index: int, fact: Fact, known: Known, dated: Sequence[Dated], shift: int) -> bool:
    """Whether a place of the phrase says this fact."""
    value, said = fact.value, match[index]
    match value:
        case Money():
            return holds(said, value, known.language)
        case str() | Place():
            if _is_worded_otherwise(fact, match.string, known.language):
                return False
            if not _TELLING.search(said) or any(written(said)) or said in known.spellings:
                return True
            if not any(each in match.string for each in spelled(fact.key, fact.kind, value, known.language)):
                return False
            return fact.kind != "product" or not _has_more(match, index, known)
        case int():
            found = _DIGITS.findall(said)
            return not found or str(value) in found
        case _:
            start, end = match.start(index) + shift, match.end(index) + shift
            days = [each for place, each in dated if start <= place.start() and place.end() <= end]
            own: set[date] = known.days_by_key.get(fact.key, set())
            return not days or any(each & own for each in days)
