"""What one product is found by: the words of its fields and the ideas that they name, each with a weight.

A word is its stem (`scarf`), an idea is marked (`=warm`), and what the goods are said to lack is marked too (`!sulfat`). The
title counts most, the description least; what an idea implies counts for less than what is written.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from server.commerce.catalogue.lexicon import Meaning, lexicon
from server.commerce.catalogue.words import fold, is_stop, words_of
from server.commerce.goods import Product

TITLE: Final = 3.0
_CATEGORY: Final = 1.6
_TAGS: Final = 1.4
_OPTIONS: Final = 1.2
_ATTRIBUTES: Final = 1.0
_DESCRIPTION: Final = 0.7
_IMPLIED: Final = 0.45
_LOOSE: Final = 0.6
_LACKING: Final = re.compile(
    r"(?:no|none|false|free|without|not|0|ningun[oa]?|sin|aucune?|sans|non|kein\w*|ohne|nein|nao|sem|nenhum\w*)\b"
)
Text = tuple[str, float]


@dataclass(frozen=True, slots=True)
class Entry:
    """A product as the index sees it. `title` holds the terms that name it, `texts` what they were made of."""

    texts: tuple[Text, ...]
    weights: dict[str, float]
    title: frozenset[str]
    skus: frozenset[str]


def texts_of(product: Product) -> tuple[Text, ...]:
    """The texts of a product with their weights; equal texts are indexed alike, whatever its price and stock."""
    values = {value for variant in product.variants for value in variant.options.values()}
    attributes = [product.attributes, *(variant.attributes for variant in product.variants)]
    pairs = dict.fromkeys((name, value) for each in attributes for name, value in each.items())
    return (
        (product.title, TITLE),
        (product.category or "", _CATEGORY),
        *((each, _TAGS) for each in (*product.tags, *product.collections)),
        *((each, _OPTIONS) for each in sorted(values)),
        *((f"{name}: {value}", _ATTRIBUTES) for name, value in pairs),
        *((each, _ATTRIBUTES) for each in product.compatible_with),
        (product.description, _DESCRIPTION),
        *((variant.sku, 0.0) for variant in product.variants),
    )


def entry_of(product: Product, language: str) -> Entry:
    """The entry of a product whose texts are in `language`."""
    texts = texts_of(product)
    weights: dict[str, float] = {}
    for text, weight in texts:
        for term, share in _terms(text, weight, language):
            weights[term] = weights.get(term, 0.0) * 0.3 + share if share < weights.get(term, 0.0) else share
    title = frozenset(term for term, share in _terms(product.title, TITLE, language) if share >= TITLE)
    skus = frozenset(variant.sku.casefold() for variant in product.variants)
    return Entry(texts, weights, title, skus)


@lru_cache(maxsize=20_000)
def _terms(text: str, weight: float, language: str) -> tuple[tuple[str, float], ...]:
    """The terms of one text. Kept, because options, attributes and categories are the same for many products."""
    return tuple(_weighed(text, weight, language)) if text and weight else ()


def _weighed(text: str, weight: float, language: str) -> Iterator[tuple[str, float]]:
    """The terms; a lacking attribute gives what is absent instead."""
    name, colon, value = text.partition(": ")
    if weight == _ATTRIBUTES and colon and _LACKING.match(fold(value)):
        yield from ((f"!{word.stem}", weight) for word in words_of(name))
        return
    words = words_of(text)
    length = 1.0 if weight != _DESCRIPTION else 1.0 / (0.7 + 0.3 * len(words) / 12)
    meanings = lexicon().meanings(words, language)
    taken = lexicon().taken(meanings)
    for at, word in enumerate(words):
        if at not in taken and not is_stop(word, language):
            yield word.stem, weight * length
    yield from _ideas(meanings, weight)


def _ideas(meanings: list[Meaning], weight: float) -> Iterator[tuple[str, float]]:
    known = lexicon()
    written = weight if weight != _DESCRIPTION else weight * _LOOSE
    for meaning in meanings:
        yield f"={meaning.idea}", written
        if weight != _DESCRIPTION:
            yield from ((f"={above}", written * _IMPLIED) for above in sorted(known.implied[meaning.idea]))
