"""The names of a sentence: of people, places and things. A name that no fact spells out is not said.

In English, Spanish, French and Portuguese a word in capitals within a sentence is a name, unless it is a word of our own phrases.
German writes every noun so; there a name is known by what stands before it, or by another name beside it.
"""

import re
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from server.answering.words.wording import Wording, wording

if TYPE_CHECKING:
    from server.answering.words.claims import Reading

_INITIAL: Final = re.compile(r"\b[A-ZÀ-ÖØ-Þ][\w'’-]+ [A-ZÀ-ÖØ-Þ]\.(?=\s|$|,)")
_CAPITAL: Final = re.compile(r"(?<![\w'’-])[A-ZÀ-ÖØ-Þ][\w'’-]*")
_TITLE: Final = re.compile(r"\b(?:Herrn?|Frau|Dr\.|Familie)\s+(?P<name>[A-ZÀ-ÖØ-Þ][\w-]+)")
_QUOTES: Final = re.compile(r"[“”«»„]")
_QUOTED: Final = re.compile(r"„[^“”„]+[“”]?|«[^«»]+»?|»[^«»]+«?|“[^“”]+”?|^[^“”«»„]+[”»]")
_QUOTED_WORDS: Final = 3
_WORD: Final = re.compile(r"[^\W\d_]{2,}")
_OPENING: Final = frozenset('.!?…“”"«»„‘•–—-¿¡:\n|*#>/')
_ORDINARY_WORDS: Final = """i i'm i've i'll i'd you your yours mr mrs ms sie ihnen ihr ihre ihrem ihren ihrer deutschland
anspruch bearbeitung kürze ordnung ruhe verbindung folge fall fällen zukunft regel anlage frage minuten stunden tagen wochen
monaten email e-mail app web ok okay internet sms faq pdf qr vat iban id rma tv usb support team
customer care service center centre help page account settings return returns refund policy order orders status english
german french spanish portuguese español français deutsch português whatsapp shop store plan step option
p.s ps asap pos ean sku eta cep cpf dni nif iva nummer"""
_ORDINARY: Final = frozenset(_ORDINARY_WORDS.split())
_NO_NOUNS: Final = ("en", "es", "fr", "pt")


def unproven(reading: "Reading") -> Iterator[tuple[str, str]]:
    """(kind, name) of every name in what is left of a sentence."""
    left, words = reading.left, reading.words
    capitals = list(_CAPITAL.finditer(left))
    if not capitals:
        return
    if len(capitals) > 1:
        for match in _INITIAL.finditer(left):
            yield "name", match.group()
    if words.language in _NO_NOUNS:
        yield from _named(reading, capitals)
    else:
        yield from _titled(reading, capitals)
    if "p" in reading.cues:
        for match in words.before_place.finditer(left):
            if _is_name(match["place"], words.language):
                yield "place", match["place"]


def quotations(reading: "Reading") -> Iterator[str]:
    """Words in quotation marks that no fact spells out; a word or two are a button or a title."""
    if not _QUOTES.search(reading.left):
        return
    for match in _QUOTED.finditer(reading.left):
        if len(_WORD.findall(match.group())) >= _QUOTED_WORDS:
            yield match.group()


def _named(reading: "Reading", capitals: Sequence["re.Match[str]"]) -> Iterator[tuple[str, str]]:
    left, language = reading.left, reading.words.language
    is_signed = any(claim.state == "signed_for" for claim in reading.claims)
    for match in capitals:
        before = left[: match.start()].rstrip()
        if not is_signed and (not before or before[-1] in _OPENING):
            continue
        if _is_name(match.group(), language):
            yield "name", match.group()


def _titled(reading: "Reading", capitals: Sequence["re.Match[str]"]) -> Iterator[tuple[str, str]]:
    """German: a name after a title, and two words side by side that are no words of ours."""
    for match in _TITLE.finditer(reading.left):
        if _is_name(match["name"], "de"):
            yield "name", match["name"]
    words = [match for match in capitals if match.start()]
    for first, second in pairwise(words):
        if reading.left[first.end() : second.start()] == " " and all(
            _is_name(each.group(), "de") for each in (first, second)
        ):
            yield "name", f"{first.group()} {second.group()}"


def _is_name(word: str, language: str) -> bool:
    plain = word.casefold().replace("’", "'").rstrip("'-")
    return plain not in vocabulary(language) and plain.removesuffix("'s") not in vocabulary(language)


def vocabulary(language: str) -> frozenset[str]:
    """The words of our own phrases: none of them is a name."""
    return _vocabulary(wording(), language)


@cache
def _vocabulary(spoken: Wording, language: str) -> frozenset[str]:
    found = {
        word.casefold().replace("’", "'")
        for text in spoken.phrases(language).values()
        for word in re.findall(r"[\w'’-]+", re.sub(r"\{[^}]*\}", " ", text))
    }
    return frozenset(found | _ORDINARY)
