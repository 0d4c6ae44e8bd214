"""Words in which people ask for another version of a thing: more and less, biggest and cheapest, without and instead, at least.

Folded text in five languages. Which values a product has, others know.
"""

# ruff: noqa: E501 (patterns are read as lists of words)

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from server.commerce.catalogue.words import fold

Direction: TypeAlias = Literal[-1, 1]

SCALES: Final = (
    ("xxxs", "xxs", "xs", "s", "m", "l", "xl", "xxl", "xxxl"),
    ("extra small", "small", "medium", "large", "extra large"),
    ("mini", "small", "compact", "medium", "full size", "large"),
    ("low", "medium", "high", "very high"),
    ("soft", "medium", "firm"),
    ("beginner", "intermediate", "expert"),
    ("slow", "medium", "fast"),
    ("light", "medium", "heavy"),
    ("thin", "medium", "thick"),
    ("short", "medium", "long"),
    ("small", "standard", "regular", "large"),
    ("basic", "standard", "premium"),
)
"""Values that stand in an order, least first."""

SIZES: Final[Mapping[str, str]] = {"s": "small", "m": "medium", "l": "large", "xl": "extra large"}
"""Sizes of a letter or two, and the word for each."""
NONE_VALUES: Final = frozenset(
    {
        "none",
        "no",
        "without",
        "false",
        "sin",
        "sans",
        "ohne",
        "sem",
        "not resistant",
        "non",
        "kein",
        "nein",
        "ninguno",
        "aucun",
        "n/a",
    }
)
YES_VALUES: Final = frozenset({"yes", "true", "si", "oui", "ja", "sim", "with"})
WATERPROOF: Final = re.compile(r"water-?proof|waterresistant|wasserdicht|wasserfest|impermeable|impermeavel|etanche")
WITHOUT: Final = re.compile(
    r"\b(?:no|not|without|non|w/o|don'?t need|minus|sin|sans|pas de|pas d'|ohne|keine?[nrms]?|sem)\s+(?:any |a |an |the |el |la |le |der |die |das )?(?:extra |additional |special |added |other |further )?$"
)
AGAINST: Final = re.compile(
    r"\b(?:instead of|rather than|not|but not|except(?: for)?|any\w*(?: \w+){0,2} but|other than|apart from|over|from|different from|than|en vez de|en lugar de|no|menos|excepto|salvo|au lieu d[eu']|pas|sauf|plutot que|"
    r"statt|anstatt|anstelle von|nicht|kein\w*|ausser|au lieu|em vez d[eoa]|nao|exceto)"
    r"\s+(?:in |the |a |an |my |this |one in |el |la |los |le |les |l'|un |une |una |ein\w* |de[rmsn] |die |das |o |a |os |as |um |uma )*$"
)
"""What stands right before a value that is not wanted."""
ANY: Final = re.compile(
    r"\b(?:any|whatever|whichever|doesn'?t matter|don'?t (?:care|mind)|cualquier\w*|da igual|n'importe|peu importe|egal|irgendein\w*|beliebig\w*|qualquer|tanto faz)\b"
)
MORE: Final = r"(?:more|higher|greater|mas|mayor|plus|mehr|hoher\w*|mais|maior)"
LESS: Final = r"(?:less|lower|fewer|menos|menor|moins|weniger|niedriger\w*|geringer\w*)"
MOST: Final = r"(?:most|highest|maximum|max|am meisten|hochste\w*|la mas|el mas|le plus|la plus|o mais|a mais)"
LEAST: Final = r"(?:least|lowest|minimum|min|am wenigsten|niedrigste\w*|geringste\w*|la menos|el menos|le moins|la moins|o menos|a menos)"
SAME: Final = r"(?:same|mism[oa]s?|meme|gleiche[nrsm]?|selbe[nrsm]?|mesm[oa]s?)"
UNLESS: Final = re.compile(
    r"[,.;]?\s*\b(?:if (?:that|it|this|those|they|there|(?:the )?[\w%]+(?: [\w%]+)?)(?:'s| is| are|'re)?(?: isn'?t| aren'?t| not| no)?(?: \w+){0,2} (?:available|in stock|possible|there|out of stock|sold out)|if (?:(?:it|that|this|they|those)(?:'s|'re| is| are) )?(?:out of stock|sold out|unavailable)|if (?:(?:it|that|this|they|those)(?:'s|'re| is| are) )?not(?: available| possible| in stock| there)?(?:,? then)?|otherwise|or else|failing that|"
    r"si no (?:hay|esta|queda)\w*|si no|sinon|si (?:ce )?n'est pas possible|sonst|falls nicht|wenn nicht|senao|se nao (?:houver|tiver|der))\b[,:]?"
)
"""Where a second choice begins."""


@dataclass(frozen=True, slots=True)
class Grade:
    """A wish along a scale. `options` are stems of option names, "" = size of whatever kind; `is_extreme` = the most of it."""

    options: tuple[str, ...]
    direction: Direction
    is_extreme: bool
    end: int = 0


_BIG: Final = (
    "size",
    "capacity",
    "storage",
    "volume",
    "screen",
    "diameter",
    "length",
    "width",
    "dimension",
    "piece",
    "talla",
    "taille",
    "tamanho",
    "grosse",
    "kapazitat",
)
_GRADES: Final[Mapping[str, tuple[tuple[str, ...], Direction]]] = {
    r"bright|hell|luminos|brillan|lumineu|brilhan": (("bright", "lumin", "brillo", "hellig", "brilho"), 1),
    r"dim(?=m|\b)|dark|dunkl|sombr|oscur|escur": (("bright", "lumin", "brillo", "hellig", "brilho", "colo"), -1),
    r"big|large|grand|gross|groess|maior": (_BIG, 1),
    r"small|petit|klein|pequen|chic[oa]|menor": (_BIG, -1),
    r"long|lang|larg[oa]|comprid": (("length", "long", "larg", "comprim", "lang"), 1),
    r"short|kurz|cort|curt|court": (("length", "long", "larg", "comprim", "lang"), -1),
    r"heav|schwer|pesad|lourd": (("weight", "peso", "poids", "gewicht"), 1),
    r"light(?!ing|s\b)|leicht|liger|leger|leve": (("weight", "peso", "poids", "gewicht"), -1),
    r"thick|dick|grues|epais|gross[oa]": (("thick", "gros", "epais", "dicke"), 1),
    r"thin|dunn|fin[oa]s?\b|mince": (("thick", "gros", "epais", "dicke"), -1),
    r"soft|weich|suave|doux|macio": (("firm", "hard", "comfort"), -1),
    r"firm|hart|dur[oa]?\b|ferme": (("firm", "hard", "comfort"), 1),
    r"fast|schnell|rapid": (("speed", "veloc", "vitesse", "geschwind"), 1),
    r"slow|langsam|lent": (("speed", "veloc", "vitesse", "geschwind"), -1),
}
_PRICE: Final = (
    (
        r"\b(?:cheapest|least expensive|lowest.priced?|costs? (?:me )?(?:the )?least|lowest price|best price|mas barat[oa]s?|menos car[oa]|le(?:s)? moins chers?|la moins chere|gunstigste[nrs]?|billigste[nrs]?|preiswerteste[nrs]?|mais barat[oa]s?)\b",
        -1,
        True,
    ),
    (
        r"\b(?:most expensive|costs? (?:the )?most|highest price|priciest|dearest|highest.priced?|mas car[oa]s?|le(?:s)? plus chers?|la plus chere|teuerste[nrs]?|mais car[oa]s?)\b",
        1,
        True,
    ),
    (r"\b(?:cheaper|less expensive|barat[oa]|moins cher\w*|gunstiger\w*|billiger\w*|barat[oa])\b", -1, False),
)


_TONGUES: Final[Mapping[str, str]] = {
    "silver": r"silber\w*|plata|plateado|argente?|prata|prateado",
    "gold": r"gold\w*|dorad[oa]|oro|en or|dore|dourad[oa]|ouro",
    "wireless": r"kabellos\w*|inalambric[oa]s?|sans fil|sem fios?|drahtlos\w*",
    "wired": r"mit kabel|con cable|filaire|avec fil|com fio",
    "battery": r"batterie\w*|akku\w*|baterias?|pilas?|piles?|pilhas?",
    "low": r"niedrig\w*|baj[oa]s?|faible|basse|baix[oa]s?|gering\w*",
    "high": r"hoch|hohe[rsn]?|alt[oa]s?|elevee?|haute",
    "medium": r"mittler?e?\w*|medi[oa]s?|moyen(?:ne)?",
    "leather": r"leder\w*|cuero|cuir|piel|couro",
    "metal": r"metall\w*|metal|metalic[oa]|metallique",
    "waterproof": r"wasserdicht\w*|impermeable|impermeavel|etanche",
    "beginner": r"anfanger\w*|principiantes?|debutante?s?|iniciantes?",
    "intermediate": r"fortgeschritten\w*|intermedi[oa]s?|intermediaire",
    "expert": r"expert\w*|profi\w*",
    "electric": r"elektrisch\w*|electric[oa]s?|electrique|eletric[oa]",
    "plastic": r"plastik|kunststoff\w*|plastico|plastique",
    "wood": r"holz\w*|madera|bois|madeira",
    "stainless steel": r"edelstahl\w*|acero inoxidable|inox|acier inoxydable|aco inoxidavel",
    "rubber": r"gummi\w*|goma|caucho|caoutchouc|borracha",
    "gray": r"grau\w*|grey|gris(?:es)?|grise?|cinza",
}


def in_other_tongues(value: str) -> re.Pattern[str] | None:
    """How a usual value is called in the other languages; `value` folded."""
    words = _TONGUES.get(value)
    return re.compile(rf"(?<!\w)(?:{words})(?!\w)") if words else None


def price_grade(folded: str) -> Grade | None:
    """A wish about the price: the cheapest, a cheaper one, the most expensive."""
    for pattern, direction, extreme in _PRICE:
        match = re.search(pattern, folded)
        if match:
            return Grade(("price",), 1 if direction > 0 else -1, extreme, match.end())
    return None


def grades(folded: str) -> list[Grade]:
    """Wishes along scales by adjectives: "less bright", "the largest", "plus grand", "heller"."""
    found = []
    for word, (options, direction) in _GRADES.items():
        for match in re.finditer(rf"\b(?:{word})\w*", folded):
            grade = _graded(folded, match, options, direction)
            if grade is not None:
                found.append(grade)
    for pattern, direction in _STEPS:
        step = pattern.search(folded)
        if step:
            found.append(Grade(_BIG, 1 if direction > 0 else -1, False, step.end()))
    return found


def _graded(folded: str, match: re.Match[str], options: tuple[str, ...], direction: Direction) -> Grade | None:
    before, word = folded[: match.start()].rstrip(), match.group()
    turned: Direction = -1 if direction > 0 else 1
    if re.search(rf"\b{LEAST}$", before):
        return Grade(options, turned, True, match.end())
    if re.search(rf"\b{MOST}$", before) or re.search(r"(?:est|ste|sten|ster|stes)$", word):
        return Grade(options, direction, True, match.end())
    if re.search(rf"\b{LESS}(?: \w+)?$", before):
        return Grade(options, turned, False, match.end())
    if re.search(rf"\b(?:{MORE}|too)$", before) or re.search(r"(?:er|ere|eren|eres|or|ores)$", word):
        is_too = before.endswith("too")
        return Grade(options, turned if is_too else direction, False, match.end())
    return None


ONE_STEP: Final = re.compile(
    r"\b(?:one|a|1|next|half a) sizes? (?:up|down|bigger|larger|smaller|less|more)\b|\bnext (?:bigger|larger|smaller) (?:size|one)\b|\bsize (?:up|down)\b|\b(?:go|going|move|moving) (?:up|down) (?:one|a) size\b"
    r"|\buna talla (?:mas|menos)\b|\bune taille (?:au-dessus|en dessous|plus|de plus|de moins)\b|\beine (?:nummer|grosse) (?:grosser|kleiner)\b|\bum (?:numero|tamanho) (?:acima|abaixo|maior|menor)\b"
)
"""The next value of a scale and no further: "one size down"."""
_STEPS: Final = (
    (
        re.compile(
            r"\bsizes? (up)\b|\bup (?:one|a) size\b|\btalla (mas)\b|\btaille (au-dessus|de plus)\b|\btamanho (acima)\b"
        ),
        1,
    ),
    (
        re.compile(
            r"\bsizes? (down|less)\b|\bdown (?:one|a) size\b|\btalla (menos)\b|\btaille (en dessous|de moins)\b|\btamanho (abaixo)\b"
        ),
        -1,
    ),
)


def named_grade(folded: str, option: str) -> Grade | None:
    """A wish along a scale by the option's own name: "more storage", "the highest capacity", "less memory"."""
    stem = re.escape(option)
    for pattern, direction, extreme in ((MOST, 1, True), (LEAST, -1, True), (MORE, 1, False), (LESS, -1, False)):
        if re.search(rf"\b{pattern}\s+(?:\w+\s+)?{stem}", folded):
            return Grade((option,), 1 if direction > 0 else -1, extreme)
    return None


_RANGE: Final = re.compile(
    r"(?:between|from|zwischen|entre|de|von)\s+(\d+(?:[.,]\d+)?)\s*([a-z\"]*)\s*(?:and|to|-|und|bis|y|et|a|e)\s+(\d+(?:[.,]\d+)?)\s*([a-z\"]+)?"
)
_BOUNDS: Final = (
    (
        r"(?:at least|minimum(?: of)?|no less than|al menos|como minimo|por lo menos|au moins|mindestens|pelo menos|no minimo)",
        ">=",
    ),
    (r"(?:at most|up to|maximum(?: of)?|no more than|como maximo|au plus|maximum|hochstens|maximal|no maximo)", "<="),
    (r"(?:more than|over|above|bigger than|larger than|mas de|plus de|mehr als|uber|mais de|acima de)", ">"),
    (r"(?:less than|under|below|smaller than|menos de|moins de|weniger als|unter|abaixo de)", "<"),
)


@dataclass(frozen=True, slots=True)
class Bound:
    """A limit on a number; `unit` empty = none was said."""

    sign: str
    value: float
    unit: str

    def takes(self, value: float) -> bool:
        """Whether a number keeps it."""
        return {">=": value >= self.value, "<=": value <= self.value, ">": value > self.value, "<": value < self.value}[
            self.sign
        ]


def bounds(folded: str) -> list[Bound]:
    """Limits that a text sets: at least 512 GB, under 20 inches, between 10 and 15 kg."""
    found = []
    for match in _RANGE.finditer(folded):
        unit = match[4] or match[2] or ""
        found += [Bound(">=", _number(match[1]), _unit(unit)), Bound("<=", _number(match[3]), _unit(unit))]
    for pattern, sign in _BOUNDS:
        for match in re.finditer(rf"\b{pattern}\s+(\d+(?:[.,]\d+)?)\s?-?([a-z\"]*)", folded):
            found.append(Bound(sign, _number(match[1]), _unit(match[2])))
    return found


_UNITS: Final[Mapping[str, tuple[str, float]]] = {
    "ml": ("ml", 1), "cl": ("ml", 10), "l": ("ml", 1000), "liter": ("ml", 1000), "litre": ("ml", 1000), "litro": ("ml", 1000),
    "g": ("g", 1), "gram": ("g", 1), "kg": ("g", 1000), "kilo": ("g", 1000),
    "mm": ("mm", 1), "cm": ("mm", 10), "m": ("mm", 1000), "meter": ("mm", 1000), "metre": ("mm", 1000), "metro": ("mm", 1000),
    "in": ("in", 1), "inch": ("in", 1), "inche": ("in", 1), '"': ("in", 1), "pulgada": ("in", 1), "pouce": ("in", 1), "zoll": ("in", 1), "polegada": ("in", 1),
    "ft": ("in", 12), "feet": ("in", 12), "foot": ("in", 12), "oz": ("oz", 1), "lb": ("lb", 1), "pound": ("lb", 1),
    "mb": ("mb", 1), "gb": ("mb", 1024), "go": ("mb", 1024), "tb": ("mb", 1024 * 1024), "to": ("mb", 1024 * 1024),
    "w": ("w", 1), "watt": ("w", 1), "v": ("v", 1), "hz": ("hz", 1), "mp": ("mp", 1), "mah": ("mah", 1), "bar": ("bar", 1), "lbs": ("lb", 1), "k": ("k", 1), "x": ("x", 1),
    "h": ("h", 1), "hour": ("h", 1), "piece": ("piece", 1), "pieza": ("piece", 1), "pcs": ("piece", 1), "teile": ("piece", 1), "person": ("person", 1),
    "minute": ("minute", 1), "min": ("minute", 1), "ply": ("ply", 1), "atm": ("atm", 1), "day": ("day", 1), "speed": ("speed", 1),
    "cup": ("cup", 1), "tier": ("tier", 1), "shelve": ("shelf", 1), "shelf": ("shelf", 1), "slice": ("slice", 1), "seat": ("seat", 1), "pack": ("pack", 1),
}  # fmt: skip
_MEASURE: Final = re.compile(r"(?<![\w.,])(\d+(?:[.,]\d+)?)\s?-?([a-z\"]+)?(?!\w)")


_SPELLED: Final = {
    "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10, "twelve": 12,
    "dos": 2, "tres": 3, "cuatro": 4, "deux": 2, "trois": 3, "quatre": 4, "zwei": 2, "drei": 3, "vier": 4, "dois": 2, "duas": 2, "quatro": 4,
}  # fmt: skip
_SPELLED_MEASURE: Final = re.compile(
    rf"\b({'|'.join(_SPELLED)})(?=[ -](?:{'|'.join(unit for unit in _UNITS if len(unit) > 2)})s?\b)"
)


def with_digits(folded: str) -> str:
    """A text in which counts before a unit stand in digits: "three pieces" is 3 pieces."""
    return _SPELLED_MEASURE.sub(lambda match: str(_SPELLED[match.group(1)]), folded)


_PIECES: Final = frozenset(
    {"piece", "pieza", "pcs", "teile", "pack", "person", "day", "x", "m", "k", "in", '"', "to", "go", "h", "min"}
)
_WITH_UNIT: Final = re.compile(
    rf"\b\d+(?:[.,]\d+)?[ -]?(?:{'|'.join(sorted((unit for unit in _UNITS if unit not in _PIECES), key=len, reverse=True))})s?\b"
)


def without_measures(folded: str) -> str:
    """A text without what only tells how big something is: a 17-inch laptop is not seventeen laptops."""
    return _WITH_UNIT.sub(" ", folded)


def measure(value: str) -> tuple[float, str] | None:
    """A value as a number in its base unit: 1L and 1000ml are the same; None if it is no number."""
    match = _MEASURE.search(value)
    if match is None:
        return None
    unit, factor = _base(match[2] or "")
    return _number(match[1]) * factor, unit


def measures(folded: str) -> list[tuple[float, str, int]]:
    """Every number of a text in its base unit, with its place; "" = without a unit that is known."""
    found = []
    for match in _MEASURE.finditer(folded):
        unit, factor = _base(match[2] or "")
        found.append((_number(match[1]) * factor, unit, match.start()))
    return found


def _base(written: str) -> tuple[str, float]:
    known = _UNITS.get(written) or _UNITS.get(written.removesuffix("s"))
    return known or ("", 1)


def _unit(written: str) -> str:
    return written


def in_base(bound: Bound) -> Bound:
    """A limit in the base unit."""
    unit, factor = _base(bound.unit)
    return Bound(bound.sign, bound.value * factor, unit)


def _number(text: str) -> float:
    return float(text.replace(",", "."))


def ranked(listed: Sequence[str]) -> list[str]:
    """Values in their order from least to most; empty if they have none."""
    numbers = {value: measure(fold(value)) for value in listed}
    if all(numbers.values()) and len({each[1] for each in numbers.values() if each}) == 1:
        return sorted(listed, key=lambda value: (numbers[value] or (0.0, ""))[0])
    flat = {value: " ".join(re.split(r"[\s-]+", fold(value))) for value in listed}
    for scale in SCALES:
        places = {value: _place(name, scale) for value, name in flat.items()}
        if all(place is not None for place in places.values()) and len(set(places.values())) == len(listed):
            return sorted(listed, key=lambda value: places[value] or 0)
    return []


def _place(name: str, scale: Sequence[str]) -> int | None:
    if name in scale:
        return scale.index(name)
    first = name.split(" ")[0] if name else ""
    return scale.index(first) if first in scale else None
