"""Which size fits: body measures, or the size that somebody usually wears, held against a product's own size chart.

Pure. It never guesses beyond the chart: outside of it, or without a unit that makes sense, it says so. Between two sizes both are
given, with what the chart says of its cut.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, Literal, TypeAlias

from server.commerce.catalogue.words import fold, sizes_in
from server.commerce.goods import SizeChart

Outcome: TypeAlias = Literal["one", "between", "beyond", "below", "usual", "unknown"]
_INCH: Final = Decimal("2.54")
_NAMES: Final[Mapping[str, str]] = {
    "chest": r"chest|bust|breast|pecho|busto|poitrine|brust\w*|oberweite|peito|torax",
    "waist": r"waist\w*|cintura|tour de taille|taille(?=[^.]{0,12}\d)|taillen\w*|bund\w*",
    "hips": r"hips?|seat|caderas?|hanches?|bassin|huft\w*|quadril",
    "foot": r"foot|feet|foot length|pie|pied|pieds|fuss\w*|pe",
    "head": r"head|cabeza|tete|kopf\w*|cabeca",
    "hand": r"hand|palm|mano|palma|main|paume|hand\w*|mao",
    "neck": r"neck|collar|cuello|cou|col|hals\w*|kragen\w*|pescoco|colarinho",
    "inseam": r"inseam|inside leg|entrepierna|entrejambe|schritt\w*|innenbein\w*|entrepernas",
    "height": r"height|tall|estatura|altura|taille totale|stature|korper\w*|gross|altura",
}
_NUMBER: Final = re.compile(
    r"(?<![\w.,])(\d{1,3}(?:[.,]\d{1,2})?)\s?(cm|centimet\w*|zentimeter|in\b|inch(?:es)?|\"|''|pulgadas|pouces|zoll|polegadas)?"
)
_RANGE: Final = re.compile(r"(\d+(?:[.,]\d+)?)\s*(?:-|–|—|to|a|bis)\s*(\d+(?:[.,]\d+)?)")
_SINGLE: Final = re.compile(r"\d+(?:[.,]\d+)?")
_USUAL: Final = re.compile(
    r"\b(?:usual\w*|normal\w*|wear|always take|i'm an?|i am an?|my size is|size|uso|llevo|gasto|mi talla es|talla|porte|"
    r"fais du|d'habitude|taille|pointure|trage|habe|sonst|grosse|visto|calco|tamanho)\b"
)
_NEAR: Final = 28
_PLAUSIBLE: Final = (Decimal("0.75"), Decimal("1.3"))


@dataclass(frozen=True, slots=True)
class Measure:
    """A body measure as somebody told it; `unit` None where they did not say."""

    name: str
    value: Decimal
    unit: str | None


@dataclass(frozen=True, slots=True)
class Fit:
    """The sizes by the chart. `by` = (the chart's name of a measure, what it says of each size), `note` = its own word on the cut."""

    outcome: Outcome
    sizes: tuple[str, ...] = ()
    by: tuple[tuple[str, tuple[str, ...]], ...] = ()
    unit: str | None = None
    note: str | None = None


def measures_in(text: str) -> tuple[Measure, ...]:
    """The body measures of a text: each named measure with the number that stands nearest to it."""
    folded = fold(text)
    numbers = list(_NUMBER.finditer(folded))
    found: dict[str, Measure] = {}
    for name, pattern in _NAMES.items():
        for match in re.finditer(rf"\b(?:{pattern})\b", folded):
            near = min(numbers, key=lambda number: _gap(number, match), default=None)
            if near is not None and _gap(near, match) <= _NEAR and name not in found:
                found[name] = Measure(name, _decimal(near[1]), _unit(near[2]))
                numbers.remove(near)
    return tuple(found.values())


def usual_size_in(text: str, chart: SizeChart) -> str | None:
    """The size of the chart that somebody says they usually wear."""
    folded = fold(text)
    if not _USUAL.search(folded):
        return None
    written = set(sizes_in(text)) | set(re.findall(r"(?<![\w.,])\d{1,3}(?![\w.,]?\d|\s?(?:cm|in\b|inch))", folded))
    sizes = [size for size in chart.rows if fold(size) in written]
    return sizes[0] if len(sizes) == 1 else None


def fit(chart: SizeChart, measures: Sequence[Measure], usual: str | None = None) -> Fit:
    """The size for body measures; without any that the chart knows, what the chart says of the usual size."""
    spans = [found for found in (_span(chart, measure) for measure in measures) if found is not None]
    if not spans:
        return _usual(chart, usual)
    sizes = list(chart.rows)
    first, last = min(low for _, low, _ in spans), max(high for _, _, high in spans)
    if last >= len(sizes) or first < 0:
        return Fit(
            "beyond" if last >= len(sizes) else "below",
            (sizes[-1] if last >= len(sizes) else sizes[0],),
            (),
            chart.unit,
            chart.fit,
        )
    chosen = tuple(dict.fromkeys((sizes[first], sizes[last])))
    by = tuple((name, tuple(chart.rows[size].get(name, "") for size in chosen)) for name, _, _ in spans)
    return Fit("one" if len(chosen) == 1 else "between", chosen, by, chart.unit, chart.fit)


def _usual(chart: SizeChart, usual: str | None) -> Fit:
    if usual is None or usual not in chart.rows:
        return Fit("unknown", tuple(chart.rows), (), chart.unit, chart.fit)
    by = tuple((name, (value,)) for name, value in chart.rows[usual].items())
    return Fit("usual", (usual,), by, chart.unit, chart.fit)


def _span(chart: SizeChart, measure: Measure) -> tuple[str, int, int] | None:
    """(the chart's name, first fitting row, last fitting row); -1 is below the smallest, the row count beyond the largest."""
    name = next((each for row in chart.rows.values() for each in row if _is_called(each, measure.name)), None)
    if name is None:
        return None
    rows = [_bounds(row.get(name, "")) for row in chart.rows.values()]
    known = [row for row in rows if row is not None]
    if len(known) != len(rows) or known != sorted(known):
        return None  # a gap in the chart, or sizes out of order: no way to tell what lies between
    value = _in_unit(measure, chart.unit, known[0][0], known[-1][1])
    return None if value is None else (name, *_place(value, known))


def _place(value: Decimal, rows: Sequence[tuple[Decimal, Decimal]]) -> tuple[int, int]:
    inside = [at for at, (low, high) in enumerate(rows) if low <= value <= high]
    if inside:
        return inside[0], inside[-1]
    above = sum(high < value for _, high in rows)
    if above == 0:
        return -1, -1
    return (len(rows), len(rows)) if above == len(rows) else (above - 1, above)


def _in_unit(measure: Measure, unit: str | None, smallest: Decimal, largest: Decimal) -> Decimal | None:
    """The measure in the chart's unit. Without a unit of its own, the one in which it comes near the chart."""
    own = _unit(fold(unit)) if unit else None
    if own is None:
        return None
    factor = {("cm", "in"): 1 / _INCH, ("in", "cm"): _INCH}
    if measure.unit is not None:
        return measure.value * factor.get((measure.unit, own), Decimal(1))
    for value in (measure.value, measure.value * (_INCH if own == "cm" else 1 / _INCH)):
        if smallest * _PLAUSIBLE[0] <= value <= largest * _PLAUSIBLE[1]:
            return value
    return None


def _is_called(written: str, name: str) -> bool:
    return bool(re.search(rf"\b(?:{_NAMES[name]})\b", fold(written)))


def _bounds(text: str) -> tuple[Decimal, Decimal] | None:
    both = _RANGE.search(text)
    if both:
        return _decimal(both[1]), _decimal(both[2])
    one = _SINGLE.search(text)
    return (_decimal(one.group()), _decimal(one.group())) if one else None


def _gap(number: "re.Match[str]", name: "re.Match[str]") -> int:
    """How far a number stands from a name; what follows the name is likelier meant."""
    return number.start() - name.end() if number.start() >= name.end() else name.start() - number.end() + 3


def _decimal(text: str) -> Decimal:
    return Decimal(text.replace(",", "."))


def _unit(written: str | None) -> str | None:
    if not written:
        return None
    return "cm" if written.startswith(("cm", "cent", "zent")) else "in"
