"""The search index over a catalogue: which products fit a text, best first, and why. Immutable once built, so any task may ask it.

Each slot of a wish counts once, by the best of its terms in a product; rare terms count more; a product that answers more of the
wish comes before one that answers a part of it very well. Everything is decided by the texts: the same question has the same answer.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import log
from typing import Final

from server.commerce.catalogue.entries import Entry, entry_of, texts_of
from server.commerce.catalogue.lexicon import lexicon
from server.commerce.catalogue.spelling import Spelling
from server.commerce.catalogue.wish import Slot, Wish, wish_of
from server.commerce.catalogue.words import fold, language_of
from server.commerce.goods import Product

_SATURATION: Final = 1.2
_AVOIDED: Final = 0.08
_COVERAGE: Final = 0.65
_NEAR: Final = 0.6
_SAMPLE: Final = 200
_LEAST_SCORE: Final = 0.12


@dataclass(frozen=True, slots=True)
class Found:
    """A product that fits. `why` = the words of the question that it answers, `missed` = those that it does not.

    `score` falls with fit (1 = everything asked is in its title); `coverage` is the share of the question that it answers,
    `named` the share of its title that the question says."""

    product: Product
    score: float
    why: tuple[str, ...]
    missed: tuple[Slot, ...]
    coverage: float
    named: float


class Index:
    """Products found by words and by meaning."""

    def __init__(self, products: Sequence[Product], entries: Mapping[str, Entry] | None = None) -> None:
        """`entries` of an earlier index are used again where a product's texts are the same."""
        self.products = {product.id: product for product in sorted(products, key=lambda each: each.id)}
        self.language = language_of([each.description or each.title for each in list(self.products.values())[:_SAMPLE]])
        self.entries = {id: self._entry(product, entries or {}) for id, product in self.products.items()}
        self._ids = list(self.products)
        self._postings, self._idf = _postings([self.entries[id] for id in self._ids])
        counts = Counter(dict.fromkeys(lexicon().stems, 1))
        counts.update({term: len(found) for term, found in self._postings.items() if term[0] not in "=!"})
        self._spelling = Spelling(counts)
        self._titles = frozenset(term for entry in self.entries.values() for term in entry.title if term[0] != "=")
        self._skus = {sku: id for id, entry in self.entries.items() for sku in entry.skus}

    def _entry(self, product: Product, before: Mapping[str, Entry]) -> Entry:
        kept = before.get(product.id)
        return kept if kept is not None and kept.texts == texts_of(product) else entry_of(product, self.language)

    def with_products(self, products: Sequence[Product]) -> "Index | None":
        """This index with other prices and stocks; None where a text changed and everything must be weighed anew."""
        if {product.id for product in products} != self.products.keys():
            return None
        if any(
            texts_of(each) != self.entries[each.id].texts for each in products if each is not self.products[each.id]
        ):
            return None
        other = object.__new__(Index)
        other.__dict__.update(self.__dict__)
        other.products = {product.id: product for product in sorted(products, key=lambda each: each.id)}
        return other

    @property
    def titles(self) -> frozenset[str]:
        """The words of all titles."""
        return self._titles

    def wish(self, text: str, language: str) -> Wish:
        """The text as this index reads it."""
        return wish_of(text, language, self._postings.__contains__, self._spelling.nearest)

    def knows(self, slot: Slot) -> bool:
        """Whether any product answers a slot."""
        return any(term in self._postings for term, _ in slot.terms)

    def by_sku(self, text: str) -> Product | None:
        """The product one of whose skus stands in a text as a word of its own."""
        for word in fold(text).replace(",", " ").split():
            found = self._skus.get(word.strip(".?!:;()\"'"))
            if found is not None:
                return self.products[found]
        return None

    def search(self, text: str, language: str, limit: int, currency: str = "") -> tuple[Found, ...]:
        """At most `limit` products that fit a text, best first. `currency` is that of prices without one."""
        wish = self.wish(text, language)
        if not wish.slots or (wish.limits and not any(self.knows(slot) for slot in wish.slots if not slot.is_loose)):
            return self._all_within(wish, limit, currency)
        scores, hits = self._scores(wish)
        importance = [self._importance(slot) for slot in wish.slots]
        total = sum(importance) or 1.0
        known = sum(share for share, slot in zip(importance, wish.slots, strict=True) if self.knows(slot)) or total
        ranked: list[tuple[float, str, int, float]] = []
        for doc, score in scores.items():
            product = self.products[self._ids[doc]]
            if not product.is_on_sale or not wish.limits.admit(product, currency):
                continue
            covered = sum(importance[at] for at in range(len(importance)) if hits[doc] >> at & 1) / total
            ranked.append((-(score / total) * (1 - _COVERAGE + _COVERAGE * covered), product.id, doc, covered))
        ranked.sort()
        best = [each for each in ranked if -each[0] * total / known >= _LEAST_SCORE]
        if wish.is_cheap and best:
            best = self._cheapest_first(best)
        return tuple(self._found(each, wish, hits[each[2]]) for each in best[:limit])

    def _cheapest_first(self, ranked: list[tuple[float, str, int, float]]) -> list[tuple[float, str, int, float]]:
        near = [each for each in ranked if each[0] <= ranked[0][0] * _NEAR]
        near.sort(key=lambda each: (_lowest(self.products[each[1]]), each[1]))
        return near + [each for each in ranked if each not in near]

    def _all_within(self, wish: Wish, limit: int, currency: str) -> tuple[Found, ...]:
        """Nothing is named but a price: what costs so much, or the cheapest."""
        if not (wish.limits or wish.is_cheap):
            return ()
        fitting = [each for each in self.products.values() if each.is_on_sale and wish.limits.admit(each, currency)]
        fitting.sort(key=lambda each: (_lowest(each), each.id))
        return tuple(Found(each, 0.5, (), (), 1.0, 0.0) for each in fitting[:limit])

    def _scores(self, wish: Wish) -> tuple[dict[int, float], dict[int, int]]:
        scores: dict[int, float] = {}
        hits: dict[int, int] = {}
        for at, slot in enumerate(wish.slots):
            mark = 1 << at
            for doc, value in self._slot(slot).items():
                scores[doc] = scores.get(doc, 0.0) + value
                hits[doc] = hits.get(doc, 0) | mark
        for slot in wish.avoided:
            self._avoid(slot, scores)
        return scores, hits

    def _slot(self, slot: Slot) -> dict[int, float]:
        """What a slot gives each product: its best term there."""
        best: dict[int, float] = {}
        for term, share in slot.terms:
            for doc, impact in self._postings.get(term, ()):
                value = share * impact
                if value > best.get(doc, 0.0):
                    best[doc] = value
        return best

    def _avoid(self, slot: Slot, scores: dict[int, float]) -> None:
        """Products that have what is not wanted fall behind; those that say they lack it come forward."""
        for term, _ in slot.terms[:2]:
            for doc, _ in self._postings.get(term, ()):
                if doc in scores:
                    scores[doc] *= _AVOIDED
            for doc, impact in self._postings.get(f"!{term}", ()):
                scores[doc] = scores.get(doc, 0.0) + impact

    def _importance(self, slot: Slot) -> float:
        """How much of the question a slot is: that of its rarest known term, or of an unknown word."""
        known = [share * self._idf[term] for term, share in slot.terms if term in self._idf]
        return max(known, default=log(1 + len(self._ids)) * 0.7)

    def _found(self, ranked: tuple[float, str, int, float], wish: Wish, hits: int) -> Found:
        score, id, _, covered = ranked
        product, entry = self.products[id], self.entries[id]
        answered = [slot for at, slot in enumerate(wish.slots) if hits >> at & 1]
        missed = [slot for at, slot in enumerate(wish.slots) if not hits >> at & 1]
        said = {term for slot in wish.slots for term, share in slot.terms if share >= _NEAR}
        return Found(
            product, round(min(1.0, -score), 4), tuple(slot.word for slot in answered), tuple(missed), round(covered, 3),
            round(_named(entry, said), 3),
        )  # fmt: skip


def _named(entry: Entry, said: set[str]) -> float:
    """The share of a title's words that a question says, in whatever language."""
    written = {term for term in entry.title if not term.startswith("=")}
    ideas = entry.title - written
    if not written:
        return 0.0
    plain = len(written & said)
    meant = len(ideas & said)
    return min(1.0, max(plain, meant) / len(written))


def _lowest(product: Product) -> int:
    return min((variant.price_minor for variant in product.variants), default=0)


def _postings(entries: Sequence[Entry]) -> tuple[dict[str, list[tuple[int, float]]], dict[str, float]]:
    """For every term where it is and how much it counts there, rarity included; and how rare it is."""
    raw: dict[str, list[tuple[int, float]]] = {}
    for doc, entry in enumerate(entries):
        for term, weight in entry.weights.items():
            raw.setdefault(term, []).append((doc, weight / (weight + _SATURATION)))
    size = len(entries)
    idf = {term: log(1 + (size - len(found) + 0.5) / (len(found) + 0.5)) for term, found in raw.items()}
    return {term: [(doc, share * idf[term]) for doc, share in found] for term, found in raw.items()}, idf
