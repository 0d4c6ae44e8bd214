"""Finds the sections of articles that answer a question: by words in every language, and by meaning in English.

Titles and headings count more than text, rare words more than common ones; a word also finds others that begin alike. Each
hit says whether it surely answers: a library in which nothing does is better than one that answers beside the question.
Immutable once built; the same question has the same answer.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import log
from typing import Final

import numpy as np
from numpy.typing import NDArray

from memory.knowledge import StoredArticle
from server.articles import Section
from server.commerce.catalogue.spelling import Spelling
from server.commerce.catalogue.words import Word, is_stop, words_of

Vectors = NDArray[np.float32]

_TITLE: Final = 3.0
_HEADING: Final = 2.5
_TAGS: Final = 1.0
_SATURATION: Final = 1.2
_STEM: Final = 5
_ALIKE: Final = 0.55
_MISTYPED: Final = 0.8
_SNIPPET: Final = 180
_LEAST: Final = 0.12
_LIKELY_MEANING: Final = 0.42
_SURE_BY_MEANING: Final = ((0.58, 0.0), (0.5, 0.3))
"""(meaning, coverage): where both are reached, a section answers."""
_SURE_BY_NAME: Final = ((0.46, 0.5), (0.3, 0.7))
"""The same for a section that the question calls by a word of its title, heading or tags."""
_SURE_BY_WORDS: Final = 0.4
"""Without meaning: so much of the question, called by name."""
_SURE_UNNAMED: Final = 0.9
_ASKING: Final = {
    "en": """anything everything hi hey does whats hows theres isn doesn won don didn cannot cant wont doesnt
        please tell know thing way order orders""",
    "es": """hago hacer haces puedo debo necesito semana pasada compre he hemos quisiera saber ayuda ayudar mucho
        pedido pedidos""",
    "fr": """faire fais dois puis peut besoin savoir aide aider semaine derniere achete comment ai commande
        commandes""",
    "de": """mache machen kann muss soll konnte brauche wissen hilfe woche letzte gekauft habe geht bestellung
        bestellungen""",
    "pt": """faco fazer posso devo preciso saber ajuda ajudar semana passada comprei gostaria encomenda encomendas""",
}
_ASK: Final = {language: frozenset(words.split()) for language, words in _ASKING.items()}


@dataclass(frozen=True, slots=True)
class Hit:
    """A section that fits, best first. `score` compares the hits of one question; `is_sure` = it answers the question.

    `heard` are the stems of the question that it has; `meaning` is how near it is in English, from -1 to 1."""

    article: StoredArticle
    section: Section
    score: float
    coverage: float
    meaning: float
    is_sure: bool
    heard: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Piece:
    """A section as it stands on the shelf. `tags` are other words for its article."""

    article: StoredArticle
    section: Section

    @property
    def texts(self) -> tuple[str, str]:
        """What is compared by meaning: what it is called, and what it says."""
        name = self.article.title
        if self.section.heading != self.article.title:
            name = f"{name}: {self.section.heading}"
        return name, f"{self.section.heading}. {self.section.text}"[:500]


class Shelf:
    """The sections of one language that one kind of reader may see."""

    def __init__(self, language: str, pieces: Sequence[Piece], vectors: Mapping[str, Vectors]) -> None:
        """`vectors` by text; a shelf without them is searched by words alone."""
        self.language = language
        self.pieces = tuple(pieces)
        self._postings, self._idf = _postings(self.pieces, language)
        self._names = [_name(piece) for piece in self.pieces]
        self._spelling = Spelling({term: len(found) for term, found in self._postings.items() if term[0] != "~"})
        rows = [vectors.get(text) for piece in self.pieces for text in piece.texts]
        known = [row for row in rows if row is not None]
        self._vectors = np.array(known, np.float32) if rows and len(known) == len(rows) else None

    def mended(self, text: str) -> str:
        """The text with the words that are meant by mistyped ones, as far as those are known here."""
        words = [(word.raw, self._meant(word)) for word in words_of(text)]
        return " ".join(meant for _, meant in words) if any(raw != meant for raw, meant in words) else text

    def _meant(self, word: Word) -> str:
        is_known = _only_asks(word, self.language) or any(each in self._postings for each in _forms(word.stem))
        return word.raw if is_known else next(iter(self._spelling.nearest(word.stem)), word.raw)

    def search(self, text: str, vector: Vectors | None, limit: int) -> tuple[Hit, ...]:
        """At most `limit` sections; `vector` is the question's, None = by words alone."""
        asked = list(dict.fromkeys(word.stem for word in words_of(text) if not _only_asks(word, self.language)))
        variants = {term: self._variants(term) for term in asked}
        rarity = {term: self._rarity(found) for term, found in variants.items()}
        words, heard = self._by_words(variants)
        meant = self._by_meaning(vector)
        total = sum(rarity.values()) or 1.0
        most_words, most_meant = max(words.values(), default=0.0), max(meant, default=0.0)
        hits = []
        for at, piece in enumerate(self.pieces):
            said = words.get(at, 0.0) / most_words if most_words else 0.0
            near = meant[at] / most_meant if meant and most_meant > 0 else 0.0
            covered = sum(rarity[term] for term in heard.get(at, ())) / total
            meaning = meant[at] if meant else 0.0
            if covered < _LEAST and meaning < _LIKELY_MEANING:
                continue
            found = frozenset(heard.get(at, ()))
            hits.append(
                Hit(piece.article, piece.section, said * min(1.0, 0.4 + covered) + max(0.0, near), covered, meaning,
                    self._is_sure(at, found, covered, meaning, has_meaning=bool(meant)), found)
            )  # fmt: skip
        hits.sort(key=lambda hit: (-hit.score, hit.article.slug, hit.section.anchor))
        return tuple(hits[:limit])

    def _is_sure(self, at: int, heard: frozenset[str], covered: float, meaning: float, *, has_meaning: bool) -> bool:
        is_named = bool(_alike(heard, self._names[at]))
        if not has_meaning:
            return covered >= (_SURE_BY_WORDS if is_named else _SURE_UNNAMED) and (is_named or len(heard) > 1)
        levels = (*_SURE_BY_MEANING, *(_SURE_BY_NAME if is_named else ()))
        return any(meaning >= near and covered >= share for near, share in levels)

    def _by_words(
        self, asked: Mapping[str, Sequence[tuple[str, float]]]
    ) -> tuple[dict[int, float], dict[int, list[str]]]:
        scores: dict[int, float] = {}
        heard: dict[int, list[str]] = {}
        for term, variants in asked.items():
            best: dict[int, float] = {}
            for other, share in variants:
                for at, impact in self._postings.get(other, ()):
                    best[at] = max(best.get(at, 0.0), impact * share)
            for at, value in best.items():
                scores[at] = scores.get(at, 0.0) + value
                heard.setdefault(at, []).append(term)
        return scores, heard

    def _variants(self, term: str) -> list[tuple[str, float]]:
        """A word, what begins alike, and what it stands for if it is mistyped."""
        found = list(zip(_forms(term), (1.0, _ALIKE), strict=False))
        if not any(each in self._postings for each, _ in found):
            found += [(each, _MISTYPED) for each in self._spelling.nearest(term)]
        return found

    def _rarity(self, variants: Sequence[tuple[str, float]]) -> float:
        known = [self._idf[each] for each, _ in variants if each in self._idf]
        return max(known, default=log(1 + len(self.pieces)) * 0.7)

    def _by_meaning(self, vector: Vectors | None) -> list[float]:
        if vector is None or self._vectors is None:
            return []
        near = (self._vectors @ vector).reshape(-1, 2)
        return [float(max(row)) for row in near]


def _forms(stem: str) -> tuple[str, ...]:
    """The terms of a word: itself, and how it begins."""
    return (stem, f"~{stem[:_STEM]}") if len(stem) >= _STEM else (stem,)


def snippet(hit: Hit) -> str:
    """The part of a section to be shown in a list: where most of the question stands."""
    best = max(hit.section.blocks, key=lambda block: sentence_score(block.text, hit.heard)).text
    return best if len(best) <= _SNIPPET else f"{best[:_SNIPPET].rsplit(' ', 1)[0]} …"


def sentence_score(text: str, heard: frozenset[str]) -> int:
    """How many of a question's stems a sentence has."""
    found = {word.stem for word in words_of(text)}
    return len(heard & found) + len(_alike(heard, found) - found)


def _alike(wanted: set[str] | frozenset[str], given: set[str] | frozenset[str]) -> set[str]:
    """Those of `wanted` that are given, or begin as something given does."""
    starts = {each[:_STEM] for each in given if len(each) >= _STEM}
    return {each for each in wanted if each in given or (len(each) >= _STEM and each[:_STEM] in starts)}


def _name(piece: Piece) -> frozenset[str]:
    """The stems by which a section is called."""
    article = piece.article
    texts = (article.title, piece.section.heading, *article.tags)
    return frozenset(word.stem for text in texts for word in words_of(text))


def _only_asks(word: Word, language: str) -> bool:
    return is_stop(word, language) or word.raw in _ASK.get(language, frozenset())


def _postings(pieces: Sequence[Piece], language: str) -> tuple[dict[str, list[tuple[int, float]]], dict[str, float]]:
    """For every term the sections that have it and how much it counts there; and how rare it is."""
    raw: dict[str, list[tuple[int, float]]] = {}
    for at, piece in enumerate(pieces):
        for term, weight in _weights(piece, language).items():
            raw.setdefault(term, []).append((at, weight / (weight + _SATURATION)))
    size = len(pieces)
    idf = {term: log(1 + (size - len(found) + 0.5) / (len(found) + 0.5)) for term, found in raw.items()}
    return {term: [(at, share * idf[term]) for at, share in found] for term, found in raw.items()}, idf


def _weights(piece: Piece, language: str) -> dict[str, float]:
    article, section = piece.article, piece.section
    found: dict[str, float] = {}
    parts = [(article.title, _TITLE), (section.text, 1.0), (" ".join(article.tags), _TAGS)]
    if section.heading != article.title:
        parts.append((section.heading, _HEADING))
    for text, weight in parts:
        for word in words_of(text):
            if _only_asks(word, language):
                continue
            for term in _forms(word.stem):
                found[term] = found.get(term, 0.0) + weight
    return found
