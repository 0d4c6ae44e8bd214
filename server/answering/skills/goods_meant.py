"""Which goods a question is about: those it names, those told before that it points back to, or those that fit what it looks for.

Pure over the search index and what was said before. Where several fit and one must be meant, that is left to be asked.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from server.answering.context import GoodsTalk
from server.answering.skills.goods_reading import Question, sides
from server.answering.words import goods_words
from server.commerce.catalogue.index import Found, Index
from server.commerce.catalogue.wish import Slot
from server.commerce.model import Product

How: TypeAlias = Literal["one", "two", "several", "near", "none", "unnamed", "vague"]
_SHOWN: Final = 4
_CANDIDATES: Final = 10
_WHOLE: Final = 0.99
_HALF: Final = 0.5
_CLEARLY: Final = 1.35
_NEAR: Final = 0.55
_COVERED: Final = 0.5
_OPEN: Final = frozenset({"seek", "stock", "restock", "best"})
_CHOOSING: Final = frozenset({"seek", "price", "best", "compare"})
_NAMES: Final = frozenset({"kind", "shelf"})


@dataclass(frozen=True, slots=True)
class Meant:
    """The goods that are meant. `near` = nothing fits everything that was asked; `vague` = nothing was asked for."""

    how: How
    products: tuple[Product, ...] = ()


@dataclass(frozen=True, slots=True)
class Asked:
    """A question with where it is asked: the index, the language, what was told before."""

    question: Question
    index: Index
    talk: GoodsTalk
    language: str
    currency: str

    def product(self, product_id: str) -> Product | None:
        """A product that is still on sale."""
        found = self.index.products.get(product_id)
        return found if found is not None and found.is_on_sale else None


def meant(asked: Asked) -> Meant:
    """Which goods a question is about."""
    question = asked.question
    if question.asks("compare") or question.is_both or (question.is_either and set(question.kinds) <= _CHOOSING):
        pair = _pair(asked)
        if len(pair) == 2:  # a comparison needs two
            return Meant("two", tuple(pair))
    by_sku = asked.index.by_sku(question.text)
    if by_sku is not None and by_sku.is_on_sale:
        return Meant("one", (by_sku,))
    pointed = _pointed(asked)
    return Meant("one", (pointed,)) if pointed is not None else _named(asked)


def names_goods(asked: Asked, *, is_likely: bool = False) -> bool:
    """Whether a text names goods of this shop so surely that it is about them; `is_likely` = its intent already looks so."""
    if asked.index.by_sku(asked.question.text) is not None:
        return True
    found = asked.index.search(asked.question.text, asked.language, 1, asked.currency)
    naming = {slot.word for slot in _naming(asked)}
    if not found or not naming & set(found[0].why):
        return False
    return found[0].named >= _WHOLE or found[0].coverage >= _COVERED or is_likely


def _pair(asked: Asked) -> list[Product]:
    """The two that are compared: named in full or in part, else those told last."""
    found = asked.index.search(asked.question.text, asked.language, _CANDIDATES, asked.currency)
    named = _sides(asked) or [
        each.product for each in sorted(found, key=lambda each: -each.named) if each.named >= _HALF
    ]
    before = [product for product in map(asked.product, asked.talk.shown) if product is not None]
    if len(named) == 1 and asked.talk.product_id and named[0].id != asked.talk.product_id:
        focus = asked.product(asked.talk.product_id)
        return [focus, named[0]] if focus is not None else []
    return named[:2] if len(named) >= 2 else (before[:2] if not named else [])


def _sides(asked: Asked) -> list[Product]:
    """The two things that an "or" parts, where each side names one: "the boots or the rain jacket"."""
    for texts in sides(asked.question.text):
        found = [_of_side(asked, text) for text in texts]
        if found[0] is not None and found[1] is not None and found[0] != found[1]:
            return [each for each in found if each is not None]
    return []


def _of_side(asked: Asked, text: str) -> Product | None:
    found = asked.index.search(text, asked.language, 1, asked.currency)
    slots = asked.index.wish(text, asked.language).slots
    naming = {
        slot.word for slot in slots if slot.groups & _NAMES or {term for term, _ in slot.terms} & asked.index.titles
    }
    return found[0].product if found and found[0].named >= _HALF and naming & set(found[0].why) else None


def _pointed(asked: Asked) -> Product | None:
    """The product that an ordinal or a "this" refers to."""
    talk, question = asked.talk, asked.question
    if question.extreme and len(talk.shown) > 1 and not _naming(asked):
        return _extreme(asked)
    if question.ordinal is not None and talk.shown and question.ordinal < len(talk.shown) and not _names_kind(asked):
        return asked.product(talk.shown[question.ordinal])
    return None if _naming(asked) else _focus(asked)


def _extreme(asked: Asked) -> Product | None:
    """The cheapest, or the dearest, of those told last."""
    told = [product for product in map(asked.product, asked.talk.shown) if product is not None]
    costs = {product.id: min(each.price_minor for each in product.variants) for product in told if product.variants}
    priced = [product for product in told if product.id in costs]
    return min(priced, key=lambda each: -asked.question.extreme * costs[each.id], default=None)


def _focus(asked: Asked) -> Product | None:
    """What was spoken of last, unless something else is looked for."""
    is_new = asked.question.asks("seek", "best") or bool(asked.index.wish(asked.question.text, asked.language).limits)
    if is_new and not asked.question.points_back:
        return None
    return asked.product(asked.talk.product_id) if asked.talk.product_id else None


def _names_kind(asked: Asked) -> bool:
    """Whether the text says what the thing is called: "the first jacket" names one as little as "the first" does."""
    told = [product for product in map(asked.product, asked.talk.shown) if product is not None]
    stems = {term for product in told for term in asked.index.entries[product.id].title}
    return any(not {term for term, _ in slot.terms} & stems for slot in _naming(asked))


def names_something(asked: Asked) -> bool:
    """Whether a text says of which goods it speaks, though not perhaps which one."""
    return bool(_naming(asked)) or asked.index.by_sku(asked.question.text) is not None


def _naming(asked: Asked) -> list[Slot]:
    """The words that say which goods are meant: what they are, or words of titles; not colours, prices, properties."""
    slots = asked.index.wish(asked.question.text, asked.language).slots
    return [slot for slot in slots if _is_naming(slot, asked)]


def _is_naming(slot: Slot, asked: Asked) -> bool:
    if slot.is_loose and asked.question.asks("seek"):
        return False  # "a gift for my mother" names no gift card
    if slot.groups & _NAMES:
        return True
    stems = {term for term, _ in slot.terms if not term.startswith("=")}
    if stems & asked.index.titles:
        return not slot.groups or not asked.question.points_back
    is_open = bool(asked.question.kinds) and set(asked.question.kinds) <= _OPEN and not asked.question.points_back
    return is_open and not slot.groups and not asked.index.knows(slot)


def _named(asked: Asked) -> Meant:
    naming = _naming(asked)
    found = asked.index.search(asked.question.text, asked.language, _CANDIDATES, asked.currency)
    if naming:
        words = {slot.word for slot in naming}
        return _of(asked, [each for each in found if words & set(each.why)], words)
    if not asked.index.wish(asked.question.text, asked.language).slots:
        return _unnamed(asked, found)
    if asked.question.points_back and not asked.question.asks("seek"):
        return Meant("unnamed")  # "do you have this in a medium": nobody knows what
    slots = asked.index.wish(asked.question.text, asked.language).slots
    if (
        not found
        and all(slot.is_loose or not asked.index.knows(slot) for slot in slots)
        and any(slot.is_loose for slot in slots)
    ):
        return Meant("vague")  # "a gift for my mother": nothing says what it may be
    fitting = [each for each in found if each.coverage >= _COVERED]
    if found and not fitting and asked.question.asks("seek") and any(slot.is_loose for slot in slots):
        return Meant("near", _top(found))  # "a present, he likes camping": presents there are
    if asked.question.asks("seek", "stock", "best") or not asked.question.kinds:
        return (
            Meant("several", _top(fitting))
            if fitting
            else Meant("none" if asked.question.asks("seek", "stock", "best") else "unnamed")
        )
    return Meant("unnamed")


def _unnamed(asked: Asked, found: Sequence[Found]) -> Meant:
    """Nothing but a price, or nothing at all."""
    if asked.question.asks("best"):
        on_sale = [each for each in asked.index.products.values() if each.is_on_sale]
        return Meant("several", tuple(best_rated(on_sale)[:_SHOWN]))
    if found:
        return Meant("several", _top(found))
    return Meant("vague" if asked.question.asks("seek", "stock") else "unnamed")


def best_rated(products: Sequence[Product]) -> list[Product]:
    """Those that at least two buyers rated, best first; among equals the one that more of them rated."""
    rated = [(rating, each) for each in products if (rating := goods_words.rating_of(each)) is not None]
    return [each for _, each in sorted(rated, key=lambda pair: (-pair[0][0], -pair[0][1], pair[1].id))]


def _of(asked: Asked, found: Sequence[Found], words: set[str]) -> Meant:
    """The one that the words name, or all that they fit."""
    if not found:
        return Meant("none")
    whole = [each for each in found if each.named >= _WHOLE]
    if whole and not asked.question.asks("seek"):
        return Meant(
            "one", (max(whole, key=lambda each: (len(asked.index.entries[each.product.id].title), each.score)).product,)
        )
    most = max(len(words & set(each.why)) for each in found)
    fitting = [each for each in found if len(words & set(each.why)) == most]
    if {slot.word for slot in fitting[0].missed} & words:
        each_kind = [next((each for each in fitting if word in each.why), None) for word in sorted(words)]
        if len(fitting) > 1 and None not in each_kind:  # "mugs and lamps": there are both
            both = {each.product.id: each.product for each in (*each_kind, *fitting) if each is not None}
            return Meant("several", tuple(both.values())[:_SHOWN])
        return Meant("near", _top(fitting))
    if len(fitting) == 1 or fitting[0].score >= _CLEARLY * fitting[1].score:
        return Meant("one", (fitting[0].product,))
    return Meant("several", _top(fitting))


def _top(found: Sequence[Found]) -> tuple[Product, ...]:
    """Those that fit nearly as well as the first."""
    return tuple(each.product for each in found if each.score >= _NEAR * found[0].score)[:_SHOWN]
