"""Which of a product's variants is meant, what there is to choose from, and what the shop's data says of its stock.

Pure. A colour or size is recognised in any of the five languages, but only what the product itself lists is ever named.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from server.commerce.catalogue.lexicon import lexicon
from server.commerce.catalogue.words import fold, sizes_in, words_of
from server.commerce.goods import Product, Variant

State: TypeAlias = Literal["in_stock", "few", "sold_out", "orderable"]
Asked: TypeAlias = Literal["colour", "size"]
_FEW: Final = 5
_SIZE_WORD: Final = (
    r"(?:sizes?|talla|tallas|numero|taille|pointure|grosse|tamanho|"
    r"in(?: an?)?|en(?: la| el| una?)?|em(?: um| uma)?|du|le|la)"
)
_COLOUR_NAMES: Final = re.compile(r"colou?r|couleur|farbe|\bcor\b|finish|acabado")
_SIZE_NAMES: Final = re.compile(r"\bsize|talla|taille|pointure|grosse|groesse|tamanho|waist|length|largo")
_UNIT: Final = re.compile(r"\s?(?:cm|mm|kg|g|ml|l|inch(?:es)?|in\b|%|€|\$|£|eur|usd|days?|years?|anos?|ans|jahre)")
_SHORT: Final = 2
_LETTERS: Final = {
    "s": frozenset({"small"}),
    "m": frozenset({"medium"}),
    "l": frozenset({"large"}),
    "xl": frozenset({"xlarge"}),
}


@dataclass(frozen=True, slots=True)
class Wanted:
    """What of a product is wanted: by option, the product's own values that fit. `unlisted` = asked for, but not among them."""

    values: Mapping[str, frozenset[str]]
    unlisted: frozenset[Asked] = frozenset()

    def __bool__(self) -> bool:
        return bool(self.values or self.unlisted)

    def without_size(self) -> "Wanted":
        """What is wanted besides a size: who asks which size fits, has not chosen one."""
        values = {name: values for name, values in self.values.items() if not _SIZE_NAMES.search(fold(name))}
        return Wanted(values, self.unlisted - {"size"})

    def fits(self, variant: Variant) -> bool:
        """Whether a variant has every wanted option."""
        return all(variant.options.get(name) in values for name, values in self.values.items())


@dataclass(frozen=True, slots=True)
class Availability:
    """What the data says: the variants that are meant, those that can be bought now, and those that cannot."""

    meant: tuple[Variant, ...]
    in_stock: tuple[Variant, ...]
    sold_out: tuple[Variant, ...]
    wanted: Wanted


@dataclass(frozen=True, slots=True)
class Choice:
    """The one variant that is meant, or the options that must still be chosen among `candidates`."""

    variant: Variant | None
    open_options: tuple[str, ...]
    candidates: tuple[Variant, ...]


def state_of(variant: Variant) -> State:
    """What may be said of a variant's stock. Orderable = the shop takes orders though it counts none in stock."""
    if not variant.available:
        return "sold_out"
    if variant.stock is None or variant.stock > _FEW:
        return "in_stock"
    return "few" if variant.stock > 0 else "orderable"


def options_of(product: Product) -> dict[str, tuple[str, ...]]:
    """Every option with its values, in the order of the variants; those that give no choice too."""
    found: dict[str, dict[str, None]] = {}
    for variant in product.variants:
        for name, value in variant.options.items():
            found.setdefault(name, {})[value] = None
    return {name: tuple(values) for name, values in found.items()}


def wanted_in(text: str, product: Product, language: str, before: Wanted | None = None) -> Wanted:
    """The options that a text asks for; what it leaves open stays as it was `before` ("and in green?")."""
    values: dict[str, frozenset[str]] = {}
    for name, listed in options_of(product).items():
        chosen = _exact(text, listed) or _meant(text, listed, language)
        if chosen:
            values[name] = frozenset(chosen)
    unlisted = _unlisted(text, product, language, values)
    kept = {name: chosen for name, chosen in (before.values if before else {}).items() if name in options_of(product)}
    return Wanted({**kept, **values}, frozenset(unlisted))


def availability(product: Product, wanted: Wanted) -> Availability:
    """Which of the wanted variants can be bought now."""
    meant = () if wanted.unlisted else tuple(each for each in product.variants if wanted.fits(each))
    buyable = tuple(each for each in meant if state_of(each) != "sold_out")
    return Availability(meant, buyable, tuple(each for each in meant if each not in buyable), wanted)


def right_variant(product: Product, wanted: Wanted) -> Choice:
    """The variant that has the wanted options, if they leave only one."""
    fitting = () if wanted.unlisted else tuple(each for each in product.variants if wanted.fits(each))
    if len(fitting) == 1:
        return Choice(fitting[0], (), fitting)
    still = tuple(name for name in options_of(product) if len({each.options.get(name) for each in fitting}) > 1)
    return Choice(None, still, fitting)


def _exact(text: str, listed: Sequence[str]) -> list[str]:
    """Values that stand in the text as they are; the longest where one is part of another ("White", "Off-white")."""
    said = [word.raw for word in words_of(text)]
    sizes = set(sizes_in(text))
    found = [value for value in listed if _stands(value, said, sizes, text)]
    joined = {value: " ".join(word.raw for word in words_of(value)) for value in found}
    return [
        one for one in found if not any(f" {joined[one]} " in f" {joined[other]} " for other in found if other != one)
    ]


def _stands(value: str, said: Sequence[str], sizes: set[str], text: str) -> bool:
    parts = [word.raw for word in words_of(value)]
    if not parts:
        return False
    if len(parts) == 1 and (parts[0].isdigit() or len(parts[0]) <= _SHORT or sizes_in(value)):
        return parts[0] in sizes or _is_size(parts[0], text)
    return any(list(said[at : at + len(parts)]) == parts for at in range(len(said) - len(parts) + 1))


def _is_size(short: str, text: str) -> bool:
    """Whether a short value is meant as one: "42", "size m", "in an m"; not the 42 of "42 cm"."""
    folded = fold(text)
    if short.isdigit():
        return any(
            not _UNIT.match(folded[match.end() :])
            for match in re.finditer(rf"(?<![\w.,/-]){short}(?![\w.,/]\w|\w)", folded)
        )
    return bool(re.search(rf"\b{_SIZE_WORD}\s+{re.escape(short)}(?!['\w])", folded))


def _meant(text: str, listed: Sequence[str], language: str) -> list[str]:
    """Values of the colour or size that a text names in other words or another language."""
    asked = _ideas(text, language)
    if not asked:
        return []
    own = {
        value: _ideas(value, language) | _ideas(value, "en") | _LETTERS.get(fold(value), frozenset())
        for value in listed
    }
    return [value for value, ideas in own.items() if ideas & asked]


def _ideas(text: str, language: str) -> frozenset[str]:
    known = lexicon()
    found = {each.idea for each in known.meanings(words_of(text), language)}
    return frozenset(idea for idea in found if known.groups[idea] in ("colour", "size"))


def _unlisted(text: str, product: Product, language: str, values: Mapping[str, frozenset[str]]) -> set[Asked]:
    """What is asked for and not among the values: a colour that none has, a size that is not made."""
    known, names = lexicon(), list(options_of(product))
    in_title = _ideas(product.title, language) | _ideas(product.title, "en")
    asked = {known.groups[idea] for idea in _ideas(text, language) - in_title}
    missing: set[Asked] = set()
    colour = next((name for name in names if _COLOUR_NAMES.search(fold(name))), None)
    if "colour" in asked and (colour is None or colour not in values):
        missing.add("colour")
    size = next((name for name in names if _SIZE_NAMES.search(fold(name))), None)
    if size is not None and size not in values and (sizes_in(text) or _names_size(text)):
        missing.add("size")
    return missing


def _names_size(text: str) -> bool:
    """Whether a text asks for a size by number: "size 44", "talla 44"."""
    return bool(re.search(r"\b(?:sizes?|talla|taille|pointure|grosse|tamanho|numero)\s+\d{1,3}\b(?!\s?cm)", fold(text)))
