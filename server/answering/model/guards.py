"""The last look at a model's text, beside grounding: what it may not hold whatever the evidence says.

Grounding proves facts. This refuses what a text could do without any: links and images that carry data away, addresses and numbers
to write or pay to, promises and offers that the shop's own words do not make, the prompt talked out, a "not" that was lost. It
only ever refuses; what is refused is replaced by the assistant's own words.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final, Literal, TypeAlias

from server.answering.model import fencing
from server.answering.model.offers import OFFERS, STATES
from server.answering.model.prompts import SYSTEM
from server.answering.model.tools import BY_NAME
from server.answering.understand import language as tongues
from server.answering.words import grounding
from server.answering.words.claim_words import words_of
from server.answering.words.voice import Voice
from server.answering.words.wording import wording
from server.commerce.model import Fact

Refusal: TypeAlias = Literal[
    "empty", "long", "markup", "link", "contact", "prompt", "persona", "language", "offer", "code", "polarity", "incomplete",
    "ungrounded", "word",
]  # fmt: skip

_LONGEST: Final = 1_200
_LONGER: Final = 400
_MARKUP: Final = re.compile(
    r"!\[|\]\(|\]\[|<\s*[a-z/!?]|```|[{}|]|\bdata:|\bjavascript:|&#?\w+;|^\s*#{1,6} ", re.IGNORECASE | re.MULTILINE
)
_EMPHASIS: Final = re.compile(r"(\*\*|__|`)(?=\S)(.+?)(?<=\S)\1")
_DOT: Final = r"(?:\.|\s?\[\.\]\s?|\s?\(\.\)\s?|\s(?:dot|punto|point|punkt|ponto)\s)"
_LINK: Final = re.compile(
    r"(?:[a-z][a-z0-9+.-]{1,11}://|www\.|//[a-z0-9])\S+|"
    rf"\b[a-z0-9-]+(?:{_DOT}[a-z0-9-]+)*{_DOT}"
    r"(?:com|net|org|io|co|shop|store|app|info|biz|ru|cn|xyz|top|link|click|site|online|example|test|de|fr|es|pt|br|uk|eu|us|me|ly|to)\b(?:/\S*)?",
    re.IGNORECASE,
)
_EMAIL: Final = re.compile(r"\S+\s?(?:@|\(at\)|\[at\])\s?\w[\w.-]*|\S+\sat\s[\w-]+(?:\.|\sdot\s)\w+", re.IGNORECASE)
_HANDLE: Final = re.compile(r"(?<!\w)@\w{2,}")
_LONG_NUMBER: Final = re.compile(r"(?<!\w)\+?\(?\d(?:[\s().–-]{0,2}\d){6,}")
_IBAN: Final = re.compile(r"\b[A-Z]{2}\d{2}(?:\s?[A-Z0-9]{4}){2,}")
_CAPITALS: Final = re.compile(r"\b(?=[A-Z0-9-]*[A-Z])[A-Z0-9][A-Z0-9-]{3,}\b")
_WORD: Final = re.compile(r"[\w'’]+")
_DIGITS: Final = re.compile(r"\d+")
_SHINGLE: Final = 6
_ENOUGH_WORDS: Final = 5
_ESSENTIAL: Final = frozenset({"date", "time", "datetime", "window", "amount"})
_SAME: Final = frozenset({"hi-en"})
_WITHOUT: Final = frozenset({"without", "sin", "sans", "ohne", "sem"})

_PERSONA: Final = re.compile(
    r"\b(?:i am|i['’]m|soy|je suis|ich bin|sou)\s+(?:not\s+(?:a|an)\s+(?:bot|ai|assistant)|(?:a |an |un |une |uma? |ein(?:e)? )?"
    r"(?:real |verdadero |vrai\w* |echte\w* )?(?:human|person|humano|persona|humain|mensch|pessoa|employee|agent))",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Own:
    """What the shop says by itself: the words that a model's text stands in for, and everything else it was given.

    `text` is the assistant's own reply, empty when it had none; `given` every text of ours that the model saw."""

    text: str
    given: str
    evidence: Sequence[Fact]
    voice: Voice
    allowed: Sequence[str] = ()
    mark: str = ""


def tidied(text: str, language: str) -> str:
    """A text without what nobody sees, without emphasis marks, and with the shop's words for those that it never uses."""
    plain = _EMPHASIS.sub(r"\2", fencing.visible(text) if "<" not in text else text).strip()
    return wording().without_never(plain, language)


def refusal(text: str, own: Own) -> Refusal | None:
    """Why a text may not be said; None when it may."""
    words = _WORD.findall(text)
    if not words:
        return "empty"
    if len(text) > max(_LONGEST, len(own.text) + _LONGER):
        return "long"
    if _MARKUP.search(text):
        return "markup"
    for check in (
        _links,
        _contacts,
        _prompt,
        _persona,
        _language,
        _offers,
        _codes,
        _polarity,
        _complete,
        _words,
        _grounded,
    ):
        found = check(text, own)
        if found is not None:
            return found
    return None


def can_be_told_in_parts(own: Own) -> bool:
    """Whether the sentences of a text may be told before its end is known: not where a "not" could be lost on the way."""
    return bool(own.text) and not _denies(own.text, own)


def sentence_refusal(text: str, own: Own) -> Refusal | None:
    """As `refusal`, of one sentence of a text that is still being written: whether it is complete shows only at its end.

    So it may deny nothing and tell no state that the shop's own words do not, where those are there to be compared."""
    if _MARKUP.search(text):
        return "markup"
    for check in (_links, _contacts, _prompt, _persona, _language, _offers, _codes, _added, _words, _grounded):
        found = check(text, own)
        if found is not None:
            return found
    return None


def _links(text: str, own: Own) -> Refusal | None:
    ours = {_bare(match.group()) for match in _LINK.finditer(own.given)}
    return next(("link" for match in _LINK.finditer(text) if _bare(match.group()) not in ours), None)


def _bare(link: str) -> str:
    return link.rstrip(".,;:!?)»”\"'")


def _contacts(text: str, own: Own) -> Refusal | None:
    for pattern in (_EMAIL, _HANDLE, _IBAN):
        if any(match.group().strip(".,;:!?") not in own.given for match in pattern.finditer(text)):
            return "contact"
    ours = re.sub(r"\D", "", own.given)
    numbers = (re.sub(r"\D", "", match.group()) for match in _LONG_NUMBER.finditer(text))
    return "contact" if any(len(number) >= 7 and number not in ours for number in numbers) else None


def _prompt(text: str, own: Own) -> Refusal | None:
    """Whether the prompt, a tool or a mark is talked of."""
    if (own.mark and own.mark in text) or any(name in text for name in BY_NAME if "_" in name):
        return "prompt"
    return "prompt" if _shingles(text) & (_system() - _shingles(own.given)) else None


@cache
def _system() -> frozenset[tuple[str, ...]]:
    return _shingles(SYSTEM)


def _shingles(text: str) -> frozenset[tuple[str, ...]]:
    words = [word.casefold() for word in _WORD.findall(text)]
    return frozenset(tuple(words[start : start + _SHINGLE]) for start in range(len(words) - _SHINGLE + 1))


def _persona(text: str, own: Own) -> Refusal | None:
    return "persona" if _PERSONA.search(text) and not _PERSONA.search(own.given) else None


def _language(text: str, own: Own) -> Refusal | None:
    """A text of some length must be in the language of the reply."""
    if len(_WORD.findall(text)) < _ENOUGH_WORDS:
        return None
    found = tongues.detect(text, own.voice.language)
    found = "en" if found in _SAME else found
    return None if found == own.voice.language else "language"


def _offers(text: str, own: Own) -> Refusal | None:
    return next(("offer" for kind in OFFERS if kind.search(text) and not kind.search(own.given)), None)


def _codes(text: str, own: Own) -> Refusal | None:
    ours = set(_CAPITALS.findall(own.given))
    return next(("code" for word in _CAPITALS.findall(text) if word not in ours), None)


def _polarity(text: str, own: Own) -> Refusal | None:
    """A "not" may neither be lost nor come in: a denial is the whole meaning of many a sentence."""
    denied = words_of(own.voice.language).denied
    if not own.text or bool(denied.search(text)) == bool(denied.search(own.text)):
        return None
    return "polarity"


def _added(text: str, own: Own) -> Refusal | None:
    """A sentence that denies, or tells a state, where the whole of the shop's own words does not."""
    if own.text and _denies(text, own) and not _denies(own.text, own):
        return "polarity"
    return "incomplete" if own.text and not _states(text) <= _states(own.text) else None


def _denies(text: str, own: Own) -> bool:
    """Whether something is denied outright: "a day without a scan" says what kind of day, it takes nothing back."""
    found = words_of(own.voice.language).denied.finditer(text)
    return any(match.group().casefold() not in _WITHOUT for match in found)


def _complete(text: str, own: Own) -> Refusal | None:
    """Days and amounts that the shop's words tell must be told, its states and its question too."""
    if not own.text:
        return None
    told = set(_DIGITS.findall(text))
    for fact in own.evidence:
        said = str(own.voice.word(fact))
        if fact.kind in _ESSENTIAL and said in own.text and not set(_DIGITS.findall(said)) <= told:
            return "incomplete"
    ours, theirs = _states(own.text), _states(text)
    if (ours and not ours & theirs) or ("?" in own.text and "?" not in text):
        return "incomplete"
    return None


def _states(text: str) -> set[int]:
    return {place for place, pattern in enumerate(STATES) if pattern.search(text)}


def _words(text: str, own: Own) -> Refusal | None:
    """No word that the shop never uses, unless it stands in the shop's own data."""
    word = wording().has_never(text, own.voice.language)
    return "word" if word and word.casefold() not in own.given.casefold() else None


def _grounded(text: str, own: Own) -> Refusal | None:
    return "ungrounded" if grounding.check(text, own.evidence, own.voice, own.allowed).dropped else None
