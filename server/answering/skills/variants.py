"""Which version of a product a text wants instead of the one in hand: by its values, by more and less, by what it shall not be.

Pure, in five languages. What the text does not speak of stays as it is; several that fit are left to be asked about, and what
cannot be had is never chosen.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal, TypeAlias

from server.answering.understand import spelling
from server.answering.words import option_words as words
from server.answering.words.tokens import Token, ideas, tokens
from server.commerce.catalogue.variants import options_of, wanted_in
from server.commerce.catalogue.words import fold, sizes_in
from server.commerce.model import Product, Variant

How: TypeAlias = Literal["one", "several", "gone", "unnamed"]
_EMPTY: Final = frozenset(
    {"the", "and", "for", "with", "one", "version", "size", "color", "colour", "type", "style", "les", "los", "las"}
)
_LONGEST: Final = 2
_GROUPS: Final = ("colour", "size", "material")


@dataclass(frozen=True, slots=True)
class Wanted:
    """The variant that is meant. `candidates` can be had: those that fit when several do, what there is when none does.

    `how`: one = `variant`; several = ask; gone = what was asked for is not there; unnamed = the text names no version."""

    how: How
    variant: Variant | None = None
    candidates: tuple[Variant, ...] = ()
    changed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Wish:
    """What a text says of the options: wanted values by option, and a wish about the price. `kept` shall stay as they are."""

    values: Mapping[str, frozenset[str]]
    price: words.Grade | None = None
    is_any: bool = False
    is_unlisted: bool = False
    kept: frozenset[str] = frozenset()

    def __bool__(self) -> bool:
        return bool(self.values) or self.price is not None or self.is_unlisted


def is_available(variant: Variant, quantity: int = 1) -> bool:
    """Whether so many of a variant can be had."""
    return variant.available and (variant.stock is None or variant.stock >= quantity)


def variant_meant(
    text: str, product: Product, options: Mapping[str, str], language: str = "en", *, sku: str = "", quantity: int = 1
) -> Wanted:
    """The version that a text asks for, seen from one with `options` and `sku` (which is not wanted again)."""
    others = [each for each in product.variants if each.sku != sku and is_available(each, quantity)]
    by_sku = next((each for each in product.variants if _has_sku(text, each.sku) and each.sku != sku), None)
    if by_sku is not None:
        return Wanted("one", by_sku) if is_available(by_sku, quantity) else Wanted("gone", None, tuple(others))
    found = _by_wish(text, product, options, language, others)
    if found.how != "unnamed":
        return found
    values = {each.raw for listed in options_of(product).values() for value in listed for each in tokens(value)}
    mended = spelling.towards(text, values)
    return _by_wish(mended, product, options, language, others) if mended != text else found


def _by_wish(
    text: str, product: Product, options: Mapping[str, str], language: str, others: Sequence[Variant]
) -> Wanted:
    """The version by what a text says of the options: its first choice, else the next that it names."""
    spoken: dict[str, frozenset[str]] = {}
    result = Wanted("unnamed", None, tuple(others))
    for part in _choices(text):
        wish = _wish(part, product, options, language)
        if not wish:
            continue
        spoken = {name: found for name, found in {**spoken, **wish.values}.items() if name not in wish.kept}
        result = _resolved(replace(wish, values=spoken), product, options, others)
        if result.how != "gone":
            return result
    return result


def _choices(text: str) -> list[str]:
    """The first choice and what is named in case that it cannot be had."""
    folded = _flat(text)
    cuts = [match.span() for match in words.UNLESS.finditer(folded)]
    if not cuts or len(folded) != len(text):
        return [text]
    starts = [0, *(end for _, end in cuts)]
    ends = [*(start for start, _ in cuts), len(text)]
    return [text[start:end] for start, end in zip(starts, ends, strict=True)]


def _has_sku(text: str, sku: str) -> bool:
    return len(sku) > 3 and bool(re.search(rf"(?<![\w-]){re.escape(sku)}(?![\w-])", text, re.IGNORECASE))


def _resolved(wish: _Wish, product: Product, options: Mapping[str, str], others: Sequence[Variant]) -> Wanted:
    fitting = [] if wish.is_unlisted else [each for each in others if _has(each, wish.values)]
    changed = tuple(wish.values)
    if not fitting:
        near = _nearest(others, wish.values, options)
        return Wanted("gone", None, tuple(near), changed)
    if wish.price is not None:
        return _by_price(wish.price, fitting, product, options)
    same = [each for each in fitting if _keeps(each, options, wish.values)]
    found = same or _closest(fitting, options, wish.values)
    if len(found) == 1 and (same or len(fitting) == 1):
        return Wanted("one", found[0], (), changed)
    if wish.is_any and same:
        return Wanted("one", same[0], (), changed)
    if not same and _exists(product, wish.values, options):
        return Wanted("gone", None, tuple(found), changed)
    return Wanted("several", None, tuple(found), changed)


def _has(variant: Variant, values: Mapping[str, frozenset[str]]) -> bool:
    return all(variant.options.get(name) in wanted for name, wanted in values.items())


def _keeps(variant: Variant, options: Mapping[str, str], values: Mapping[str, frozenset[str]]) -> bool:
    return _kept(variant, options, values) == len([name for name in variant.options if name not in values])


def _kept(variant: Variant, options: Mapping[str, str], values: Mapping[str, frozenset[str]]) -> int:
    mine = {name: fold(value) for name, value in options.items()}
    return sum(mine.get(name) == fold(value) for name, value in variant.options.items() if name not in values)


def _closest(
    fitting: Sequence[Variant], options: Mapping[str, str], values: Mapping[str, frozenset[str]]
) -> list[Variant]:
    best = max(_kept(each, options, values) for each in fitting)
    return [each for each in fitting if _kept(each, options, values) == best]


def _exists(product: Product, values: Mapping[str, frozenset[str]], options: Mapping[str, str]) -> bool:
    """Whether exactly what was asked for is made, only not there now."""
    return any(_has(each, values) and _keeps(each, options, values) for each in product.variants)


def _nearest(
    others: Sequence[Variant], values: Mapping[str, frozenset[str]], options: Mapping[str, str]
) -> list[Variant]:
    def score(variant: Variant) -> tuple[int, int]:
        return sum(variant.options.get(name) in wanted for name, wanted in values.items()), _kept(variant, options, {})

    best = max((score(each) for each in others), default=(0, 0))
    near = [each for each in others if score(each)[0] == best[0] and best[0] > 0]
    return near or list(others)


def _by_price(grade: words.Grade, fitting: Sequence[Variant], product: Product, options: Mapping[str, str]) -> Wanted:
    prices = sorted({each.price_minor for each in fitting})
    if not grade.is_extreme:
        own = next((each.price_minor for each in product.variants if dict(each.options) == dict(options)), None)
        prices = [each for each in prices if own is None or (each < own if grade.direction < 0 else each > own)]
        found = [each for each in fitting if each.price_minor in prices]
    else:
        found = [each for each in fitting if each.price_minor == (prices[0] if grade.direction < 0 else prices[-1])]
    if not found:
        return Wanted("gone", None, tuple(fitting), ("price",))
    return Wanted("one", found[0], (), ("price",)) if len(found) == 1 else Wanted("several", None, tuple(found))


def _wish(text: str, product: Product, options: Mapping[str, str], language: str) -> _Wish:
    reader = _Reader(text, product, options, language)
    said = {name: found for name, listed in options_of(product).items() if (found := reader.wanted(name, listed))}
    kept = frozenset(name for name, found in said.items() if found == {options.get(name, "")})
    price = words.price_grade(reader.folded)
    if price is not None:  # "the cheapest in black", said of a black one
        kept -= {name for name in kept if reader.is_said_after(price.end, options.get(name, ""))}
        said |= {name: frozenset({options[name]}) for name in reader.same(options)}
        kept -= reader.same(options)
    values = {name: found for name, found in said.items() if name not in kept}
    unlisted = wanted_in(text, product, language).unlisted
    is_unlisted = (
        "colour" in unlisted
        and reader.names_a_colour()
        and not any(
            re.search(r"colou?r|couleur|farbe|\bcor\b", fold(name)) or any(_is_colour(one, language) for one in found)
            for name, found in values.items()
        )
    )
    return _Wish(values, price, bool(words.ANY.search(reader.folded)), is_unlisted, kept)


def _flat(text: str) -> str:
    return fold(text)


class _Reader:
    """One text against the options of one product."""

    def __init__(self, text: str, product: Product, options: Mapping[str, str], language: str) -> None:
        self.text = text
        self.folded = words.with_digits(" ".join(_flat(text).split()))
        self.said = tokens(self.folded)
        self.options = options
        self.language = language
        self.listed = options_of(product)
        self.title = {each.stem for each in tokens(product.title)}
        self.grades = words.grades(self.folded)
        self.bounds = [words.in_base(each) for each in words.bounds(self.folded)]
        self.ideas = {self.said[at].start: found for at, found in ideas(self.said, language, *_GROUPS).items()}

    def wanted(self, name: str, listed: Sequence[str]) -> frozenset[str]:
        """The values of an option that the text wants; empty if it does not speak of it."""
        if len(listed) < _LONGEST:
            return frozenset()
        wanted: set[str] = set()
        spurned: set[str] = set()
        for reader in (self._stated, self._partly, self._alike, self._measured):
            if not wanted - {self.options.get(name)}:
                found, more = reader(name, listed)
                wanted, spurned = wanted | found, spurned | more
        if not wanted:
            wanted = self._by_presence(name, listed) or self._limited(name, listed) or self._graded(name, listed)
        if wanted:
            own = self.options.get(name, "")
            told = (wanted - spurned) or wanted
            return frozenset(
                told - {own} or {own}
            )  # beside another, the one in hand is named to say which thing is meant
        return frozenset(set(listed) - spurned) if spurned else self._another(name, listed)

    def is_said_after(self, place: int, value: str) -> bool:
        """Whether a value stands behind a place of the folded text."""
        return any(start >= place for start, _ in self._places(value))

    def names_a_colour(self) -> bool:
        """Whether a word for a colour is no value of this product's in another sense: charcoal, of a grill."""
        valued = {each.stem for values in self.listed.values() for value in values for each in tokens(value)}
        said = ideas(self.said, self.language, "colour") | ideas(self.said, "en", "colour")
        return any(self.said[at].stem not in valued for at in said)

    def same(self, names: Iterable[str]) -> set[str]:
        """The options that a text wants to stay as they are, by name: "the cheapest in the same colour"."""
        told = {
            each.stem for match in re.finditer(rf"\b{words.SAME}\s+((?:\w+\s*(?:,|&|and|or)?\s*){{1,3}})", self.folded)
            for each in tokens(match.group(1).replace("colour", "color"))
        }  # fmt: skip
        return {name for name in names if name in self.listed and told & _stems(name)}

    def _stated(self, name: str, listed: Sequence[str]) -> tuple[set[str], set[str]]:
        """Values that stand in the text word by word; the longest where one is part of another."""
        places: dict[str, list[tuple[int, int]]] = {}
        for value in listed:
            places[value] = [span for span in self._places(value) if self._belongs(value, name, span)]
        spans = {(span, value) for value, each in places.items() for span in each}
        whole = [
            (span, value) for span, value in spans
            if not any(o[0] <= span[0] and span[1] <= o[1] and o != span for o, _ in spans)
        ]  # fmt: skip
        return self._sorted(whole)

    def _sorted(self, found: Sequence[tuple[tuple[int, int], str]]) -> tuple[set[str], set[str]]:
        wanted = {value for span, value in found if not self._is_spurned(span[0])}
        spurned = {value for span, value in found if self._is_spurned(span[0])} - wanted
        return wanted, spurned

    def _is_spurned(self, start: int) -> bool:
        return bool(words.AGAINST.search(self.folded[:start]))

    def _places(self, value: str) -> list[tuple[int, int]]:
        flat = " ".join(_flat(value).split())
        if flat in words.SIZES:
            return self._size_places(flat) + self._places(words.SIZES[flat])
        if flat in words.NONE_VALUES or flat in words.YES_VALUES:
            return []
        if len(flat) <= _LONGEST and flat.isalpha():
            return self._size_places(flat)
        pattern = r"[\s-]*".join(re.escape(part) for part in re.split(r"[\s-]+", flat))
        return [match.span() for match in re.finditer(rf"(?<![\w.]){pattern}(?:s|es)?(?![\w]|[.,]\d)", self.folded)]

    def _size_places(self, flat: str) -> list[tuple[int, int]]:
        """A size of a letter or two: as shops write it, or after a word like "size"."""
        pattern = rf"(?:size|talla|taille|grosse|groesse|tamanho|in an?|en una?|in|of|de|from|nach|auf|to|statt)\s+{flat}(?!['\w])"
        found = [(match.end() - len(flat), match.end()) for match in re.finditer(rf"\b{pattern}", self.folded)]
        if flat in sizes_in(self.text):
            found += [match.span() for match in re.finditer(rf"(?<![\w'’]){flat}(?![\w'’])", self.folded)]
        return list(dict.fromkeys(found))

    def _belongs(self, value: str, name: str, span: tuple[int, int]) -> bool:
        """A value that several options have, in whatever word, is meant for the one whose name stands beside it."""
        rivals = [other for other, values in self.listed.items() if other != name and self._has_like(value, values)]
        if not rivals:
            return True
        nearest = self._named_beside([name, *rivals], span)
        if nearest:
            return nearest == name
        return not any(value in self.listed[other] for other in rivals)

    def _has_like(self, value: str, values: Sequence[str]) -> bool:
        """Whether a value is among others, or one that means the same: medium and M."""
        plain = _flat(value)
        if value in values or any(
            words.SIZES.get(plain, plain) == words.SIZES.get(_flat(each), _flat(each)) for each in values
        ):
            return True
        own = _ideas_of(value, self.language) | _ideas_of(value, "en")
        return bool(own) and any(own & (_ideas_of(each, self.language) | _ideas_of(each, "en")) for each in values)

    def _named_beside(self, names: Sequence[str], span: tuple[int, int]) -> str:
        """Which of these options is named nearest to a place, right behind it before right in front; empty if none is."""
        shared = set.intersection(*(_stems(each) for each in names))
        after = next((at for at, each in enumerate(self.said) if each.start >= span[1]), len(self.said))
        before = next((at for at, each in enumerate(self.said) if each.end > span[0]), len(self.said)) - 1
        places = [after, after + 1, before, after + 2, before - 1, before - 2, after + 3]
        for at in places:
            stem = self.said[at].stem if 0 <= at < len(self.said) else ""
            found = [each for each in names if stem and stem in _stems(each) - shared]
            if len(found) == 1:
                return found[0]
        return ""

    def _partly(self, name: str, listed: Sequence[str]) -> tuple[set[str], set[str]]:
        """Values named by a telling word of theirs: google for "Google Assistant"."""
        by_value = {value: {each.stem for each in tokens(value)} - _EMPTY - self.title for value in listed}
        taken = {stem for other, values in self.listed.items() if other != name for v in values for stem in _stems(v)}
        found: list[tuple[tuple[int, int], str]] = []
        for value, stems in by_value.items():
            own = {
                stem for stem in stems if (len(stem) > _LONGEST or self._is_spelled(stem, value)) and not stem.isdigit()
            } - taken
            own -= {stem for other, rest in by_value.items() if other != value for stem in rest}
            found += [((each.start, each.end), value) for each in self.said if each.stem in own]
        return self._sorted(found)

    def _is_spelled(self, stem: str, value: str) -> bool:
        """Whether a short word stands in capitals in the value and in the text: the CF of "CF card"."""
        return all(re.search(rf"(?<!\w){stem.upper()}(?!\w)", each) for each in (value, self.text))

    def _alike(self, name: str, listed: Sequence[str]) -> tuple[set[str], set[str]]:
        """Colours and sizes named in another language or by another word; what names one word by word names no other."""
        found: list[tuple[tuple[int, int], str]] = []
        stated = {start for value in listed for start, _ in self._places(value)}
        for value in listed:
            own = _ideas_of(value, self.language) | _ideas_of(value, "en")
            found += [
                ((at, at), value)
                for at, named in self.ideas.items()
                if own & named and at not in stated and self._is_no_grade(at) and self._is_its_own(value, name, at)
            ]
            foreign = words.in_other_tongues(_flat(value))
            found += [(match.span(), value) for match in foreign.finditer(self.folded)] if foreign else []
        return self._sorted(found)

    def _is_its_own(self, value: str, name: str, at: int) -> bool:
        """Whether the word at a place is not said of another option that has such a value, too."""
        end = next((each.end for each in self.said if each.start == at), at)
        rivals = [other for other, values in self.listed.items() if other != name and self._has_like(value, values)]
        nearest = self._named_beside([name, *rivals], (at, end)) if rivals else ""
        return nearest in ("", name)

    def _is_no_grade(self, at: int) -> bool:
        """ "Larger" is a step on a scale, not the value large."""
        word = next((each for each in self.said if each.start == at), None)
        return word is None or not any(grade.end == word.end for grade in self.grades)

    def _measured(self, name: str, listed: Sequence[str]) -> tuple[set[str], set[str]]:
        """Values that are numbers: "1 litre" for 1000ml, "40" for 40."""
        limits = {bound.value for bound in self.bounds}
        found: list[tuple[tuple[int, int], str]] = []
        for value in listed:
            own = words.measure(_flat(value))
            if own is None:
                continue
            for number, unit, at in words.measures(self.folded):
                is_same = number == own[0] and (unit == own[1] or (not own[1] and self._counts(name, at)))
                is_bare = not unit and bool(own[1]) and _first_number(value) == number and len(str(int(number))) > 1
                if (is_same and (unit or self._names(name, at))) or (is_bare and self._is_alone(value, number, name)):
                    found.append(((at, at), value))
        wanted, spurned = self._sorted(found)
        return {each for each in wanted if (words.measure(_flat(each)) or (0, ""))[0] not in limits}, spurned

    def _names(self, name: str, at: int) -> bool:
        return any(stem in self.folded[max(0, at - 24) : at + 24] for stem in _stems(name)) or len(self.said) <= 4

    def _counts(self, name: str, at: int) -> bool:
        """Whether what is counted right there is what the option is called: 3 pieces, of the option "pieces"."""
        return any(stem in self.folded[at : at + 16] for stem in _stems(name) if len(stem) > _LONGEST)

    def _is_alone(self, value: str, number: float, name: str) -> bool:
        """Whether no other option has a value with the same number."""
        return not any(
            _first_number(other) == number for rest, values in self.listed.items() if rest != name for other in values
        )

    def _by_presence(self, name: str, listed: Sequence[str]) -> set[str]:
        """ "No backlight", "waterproof": an option that is named with or without its none."""
        nones = {value for value in listed if _flat(value) in words.NONE_VALUES}
        yeses = {value for value in listed if _flat(value) in words.YES_VALUES}
        if not nones:
            return set()
        named = _stems(name) - _EMPTY
        for each in self.said:
            if each.stem in named or ("water" in named and words.WATERPROOF.match(each.raw)):
                if words.WITHOUT.search(f"{self.folded[: each.start].rstrip()} "):
                    return nones
                if re.search(rf"\b{words.SAME}\s+$", self.folded[: each.start]):
                    return set()
                return yeses or ((set(listed) - nones) if self.options.get(name) in nones else set())
        return set()

    def _limited(self, name: str, listed: Sequence[str]) -> set[str]:
        """Values within the limits that the text sets."""
        found: set[str] = set()
        for bound in self.bounds:
            fitting = {
                value for value in listed
                if (own := words.measure(_flat(value))) and (own[1] == bound.unit or not bound.unit) and bound.takes(own[0])
            }  # fmt: skip
            comparable = any(
                (own := words.measure(_flat(value))) and (own[1] == bound.unit or not bound.unit) for value in listed
            )
            if comparable:
                found = found & fitting if found else fitting
        return found

    def _graded(self, name: str, listed: Sequence[str]) -> set[str]:
        """Values further up or down the option's scale than the one in hand."""
        grades = sorted(self.grades, key=lambda each: not each.is_extreme)  # "a longer one, the longest you have"
        for grade in (*grades, *filter(None, [words.named_grade(self.folded, fold(name))])):
            ordered = words.ranked(listed)
            if not ordered or self._graded_option(grade) != name:
                continue
            own = self.options.get(name, "")
            if grade.is_extreme:
                return set(ordered[-1:] if grade.direction > 0 else ordered[:1])
            if own in ordered:
                at = ordered.index(own)
                further = ordered[at + 1 :] if grade.direction > 0 else ordered[:at]
                if words.ONE_STEP.search(self.folded):
                    further = further[:1] if grade.direction > 0 else further[-1:]
                return set(further) or {""}
        return set()

    def _graded_option(self, grade: words.Grade) -> str:
        """Which option a wish along a scale is about: the one named beside it, else the first that such words are said of."""
        beside = [each.stem for each in self.said if grade.end <= each.start <= grade.end + 20]
        scaled = [name for name, values in self.listed.items() if len(values) > 1 and words.ranked(values)]
        at = {name: [beside.index(stem) for stem in _stems(name) - {"size"} if stem in beside] for name in scaled}
        named = sorted((name for name in scaled if at[name]), key=lambda name: min(at[name]))
        if named and grade.end:
            return named[0]
        fitting = (name for option in grade.options for name in scaled if option in fold(name) or fold(name) == option)
        return next(fitting, "")

    def _another(self, name: str, listed: Sequence[str]) -> frozenset[str]:
        """ "Another colour", "a different size": anything but the one in hand."""
        stems = "|".join(re.escape(stem) for stem in _stems(name) if len(stem) > _LONGEST)
        if stems and re.search(
            rf"\b(?:another|different|other|otr[oa]|autre|andere\w*|outr[oa])\s+(?:{stems})", self.folded
        ):
            return frozenset(set(listed) - {self.options.get(name, "")})
        return frozenset()


def _stems(name: str) -> set[str]:
    return {each.stem for each in tokens(name)}


def _ideas_of(value: str, language: str) -> frozenset[str]:
    said: Sequence[Token] = tokens(value)
    return frozenset(idea for found in ideas(said, language, *_GROUPS).values() for idea in found)


def _is_colour(value: str, language: str) -> bool:
    said = tokens(value)
    return bool(ideas(said, language, "colour") or ideas(said, "en", "colour"))


def _first_number(value: str) -> float | None:
    found = re.search(r"\d+(?:[.,]\d+)?", value)
    return float(found.group().replace(",", ".")) if found else None


__all__ = ["Wanted", "is_available", "variant_meant"]
