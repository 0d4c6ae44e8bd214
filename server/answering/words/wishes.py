"""What a customer says about a return, read by words: which items, how many, why, and how it should end.

Patterns in five languages; what they do not find is asked for. Nothing here decides.
"""

# ruff: noqa: E501 (patterns are read as lists of words)

import re
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Final

from server.answering.context import Option
from server.commerce.model import Line, Variant

_REASONS: Final[Mapping[str, str]] = {
    "wrong_item": r"wrong (item|one|thing|colou?r|size (was )?sent|product)|not what i ordered|equivocad|incorrect[oa]|mauvais (article|produit)|falsche[rsnm]? (artikel|ware|produkt|gr|farbe)|produto errado|item errado",
    "damaged_in_transit": r"(arrived|came|delivered) (\w+ ){0,2}(broken|damaged|smashed|cracked|torn)|roto|dañad|abîmé|cassé|beschädigt|zerbrochen|kaputt|danificad|quebrad",
    "defective": r"defect|faulty|doesn'?t work|does not work|stopped working|broken|damaged|ripped|torn|hole in|defectuos|no funciona|défectueu|ne (marche|fonctionne) pas|funktioniert nicht|nao funciona|não funciona",
    "not_as_described": r"not as (described|pictured|shown)|looks (nothing|different)|no es como|pas conforme|nicht wie beschrieben|diferente (do|da)",
    "size_small": r"too (small|tight|short|narrow)|runs small|pequeñ|apretad|me queda chic|trop petit|trop (serré|court)|zu (klein|eng|kurz)|pequen[oa]|apertad",
    "size_large": r"too (big|large|loose|long|wide)|runs large|demasiado grande|muy grande|me queda grande|trop (grand|large|long)|zu (groß|gross|weit|lang)|muito grande",
    "style_color": r"(don'?t|do not|didn'?t) like (the )?(colou?r|style|look)|colou?r (is|was) (off|different|wrong)",
    "arrived_late": r"(too|arrived|came) late|llegó tarde|trop tard|zu spät|tarde demais",
    "unwanted": r"changed my mind|don'?t (want|need|like)|do not (want|need|like)|no longer (want|need)|not for me|ya no (lo|la|los)? ?(quiero|necesito)|no me gusta|changé d'avis|plus besoin|ne (me )?pla[iî]t pas|gefällt (mir )?nicht|brauche .{0,12}nicht|não (quero|gostei|preciso)",
    "gift": r"(it )?was a gift|a gift|regalo|cadeau|geschenk|presente",
}
_OUTCOMES: Final[Mapping[str, str]] = {
    "credit": r"store credit|gift card|voucher|credit\b|crédito|saldo|avoir|bon d'achat|guthaben|gutschein|vale",
    "replace": r"replace|replacement|a new one|send (me )?another|reemplaz|remplac|ersatz|substitu",
    "exchange": r"exchange|swap|different size|another (size|colou?r)|cambi(o|ar)|échange|umtausch|tausch|troca",
    "refund": r"refund|money back|reembols|devoluci[oó]n del dinero|mi dinero|rembours|erstatt|geld zurück|dinheiro de volta",
}
_NEGATED: Final = r"(?:don'?t|do not|not|no|sin|pas|kein\w*|nicht|não|nao)\s+(?:\w+\s+){0,3}"
_ALL: Final = re.compile(
    r"\b(everything|all( of)?|both|the whole|todo|todos|ambos|ambas|los dos|tout|tous|les deux|alles|beide|tudo|ambos)\b",
    re.I,
)
_NUMBERS: Final = {
    "one": 1, "a": 1, "two": 2, "three": 3, "four": 4, "five": 5, "uno": 1, "una": 1, "un": 1, "dos": 2, "tres": 3,
    "une": 1, "deux": 2, "trois": 3, "ein": 1, "eine": 1, "einen": 1, "zwei": 2, "drei": 3, "um": 1, "uma": 1, "dois": 2,
    "duas": 2, "três": 3, "both": 2, "beide": 2, "ambos": 2,
}  # fmt: skip
_SMALL_WORDS: Final = frozenset(
    [
        "the",
        "and",
        "for",
        "with",
        "from",
        "a",
        "an",
        "of",
        "in",
        "to",
        "my",
        "it",
        "is",
        "i",
        "de",
        "la",
        "el",
        "le",
        "les",
        "der",
        "die",
        "das",
        "und",
        "y",
        "et",
        "e",
        "o",
    ]
)


def reason_in(text: str) -> str | None:
    """The reason that a text gives, if it gives one."""
    folded = _folded(text)
    return next((reason for reason, pattern in _REASONS.items() if re.search(_folded(pattern), folded)), None)


def outcome_in(text: str, options: Sequence[Option]) -> str | None:
    """The outcome that a text asks for; with `options`, only one of those."""
    folded = re.sub(
        _NEGATED + r"(?:refund|exchange|store credit|credit|reembolso|remboursement|umtausch)", " ", _folded(text)
    )
    open_kinds = {option.value.removeprefix("outcome:") for option in options}
    found = [kind for kind, pattern in _OUTCOMES.items() if re.search(_folded(pattern), folded)]
    if open_kinds:
        found = [kind for kind in found if kind in open_kinds]
    return found[0] if found else None


def mentioned(text: str, lines: Sequence[Line]) -> list[Line]:
    """The lines that a text names by their words; all of them for "everything" or "both"."""
    said = _words(text)
    scores = [(len(said & _words(f"{line.title} {' '.join(line.options.values())}")), line) for line in lines]
    best = [line for score, line in scores if score > 0]
    if best and len(best) < len(lines):
        return best
    if best and len(lines) > 1:
        common = frozenset[str].intersection(*(_words(line.title) for line in lines))
        return [
            line for _, line in scores if said & (_words(f"{line.title} {' '.join(line.options.values())}") - common)
        ]
    return list(lines) if _ALL.search(text) and len(lines) > 1 else best


def number_of(text: str, line: Line) -> int | None:
    """How many pieces of a line a text names ("two scarves", "one of them"); None if it does not say."""
    title = _words(line.title)
    tokens = re.findall(r"\w+", _folded(text))
    for index, token in enumerate(tokens):
        count = int(token) if token.isdigit() and len(token) <= 2 else _NUMBERS.get(token)
        near = {_stem(each) for each in tokens[index + 1 : index + 4]}
        if count and (near & title or near & {"of", "de", "von"}):
            return count
    return None


def named_variant(text: str, variants: Sequence[Variant], like: Mapping[str, str] | None = None) -> Variant | None:
    """The one variant whose options a text names; of equals the one that is otherwise `like` the present one."""
    folded = " " + " ".join(re.findall(r"[\w/]+", _folded(text))) + " "
    same = {name: value.casefold() for name, value in (like or {}).items()}
    scored = []
    for variant in variants:
        named = {name for name, value in variant.options.items() if f" {_folded(value)} " in folded}
        kept = sum(same.get(name) == value.casefold() for name, value in variant.options.items() if name not in named)
        scored.append((len(named), kept, variant))
    best = max(((named, kept) for named, kept, _ in scored if named), default=None)
    fitting = [variant for named, kept, variant in scored if (named, kept) == best]
    return fitting[0] if len(fitting) == 1 else None


def _folded(text: str) -> str:
    flat = unicodedata.normalize("NFKD", text.casefold().replace("’", "'"))
    return "".join(character for character in flat if not unicodedata.combining(character))


def _words(text: str) -> frozenset[str]:
    return frozenset(
        _stem(word) for word in re.findall(r"\w+", _folded(text)) if len(word) > 2 and word not in _SMALL_WORDS
    )


def _stem(word: str) -> str:
    for ending, into in (("ies", "y"), ("ves", "f"), ("es", ""), ("s", "")):
        if word.endswith(ending) and len(word) > len(ending) + 2:
            return word[: -len(ending)] + into
    return word
