"""Which stored means of payment a text names: by what it is, by its last digits, by its label, as the one that paid.

Pure, in five languages. The answer is a word for actions: `original` for what paid the order, else the id of a stored method.
"""

# ruff: noqa: E501 (patterns are read as lists of words)

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from server.answering.understand import spelling
from server.commerce.catalogue.words import fold
from server.commerce.model import PaymentMethod

ORIGINAL: Final = "original"
_KINDS: Final[Mapping[str, str]] = {
    "gift_card": r"gift ?-?cards?|tarjetas? (?:de )?regalo|cartes? cadeaux?|geschenk(?:karte|gutschein)\w*|cart(?:ao|oes)[ -](?:de )?presente|vale[ -]presente|gift certificate",
    "store_credit": r"store ?credit|shop credit|saldo (?:de la )?tienda|avoir|guthaben|credito (?:da|na) loja",
    "paypal": r"pay ?pal",
    "apple_pay": r"apple ?pay",
    "google_pay": r"google ?pay",
    "klarna": r"klarna",
    "bank": r"bank (?:account|transfer)|sepa|transferencia|virement|uberweisung|bankkonto|iban",
    "card": r"(?:credit|debit|bank) ?-?cards?|visa|master ?card|amex|american express|tarjeta(?: de (?:credito|debito))?(?! (?:de )?regalo)|carte (?:de credit|bancaire|bleue)|(?:kredit|debit|bank)karte|cartao de (?:credito|debito)",
}
_BARE_CARD: Final = r"\b(?:card|tarjeta|carte|karte|cartao)\b"
_BRANDS: Final = ("visa", "mastercard", "amex", "american express", "maestro", "discover")
_ORIGINAL: Final = re.compile(
    r"\b(?:original|same (?:one|card|method|payment|way|account)|the one i (?:paid|used)|(?:how|way) i paid|where i paid|i paid with|i used (?:to pay|for)|back to (?:the )?(?:card|source)|payment method (?:i|we) used|"
    r"el (?:mismo|original)|la misma|con (?:el|la) que pague|la meme|le meme|d'origine|avec laquelle j'ai paye|dieselbe|derselben|urspr\w+|mit der ich bezahlt|o mesmo|a mesma|com (?:o|a) qual paguei)\b"
)
_ANOTHER: Final = re.compile(
    r"\b(?:another|a different|the other|otr[oa]|(?:l')?autre|andere\w*|outr[oa])\s*(?:one|card|method|account|payment|tarjeta|carte|karte|cartao|metodo)?\b"
)
_MEANS: Final = re.compile(r"card|method|account|payment|tarjeta|carte|karte|cartao|metodo")
_MONEY: Final = re.compile(
    r"original payment|original (?:method|card|account)|refund|money|pay|paid|card|method|to (?:the )?original|original\b|dinero|pago|pague|reembols|argent|paye|rembours|geld|zahl|bezahlt|erstatt|dinheiro|paguei|pagamento|tarjeta|carte|karte|cartao"
)
_NOT: Final = re.compile(
    r"\b(?:not|n't|except|instead of|rather than|(?<!reembolso )(?<!estorno )(?<!dinheiro )no(?! (?:metodo|cartao|pagamento|meio|meu|mesmo)\b)|sin|en vez de|pas|au lieu de|nicht|kein\w*|statt|nao|em vez de)(?: \w+){0,4}\s*$"
)


_METHOD: Final = r"\b(?:payment|pay|paid|paying|method|methods|account|accounts|source|way|pague|pago|metodo|forma|meio|medio|moyen|paiement|zahlungsart|zahlungs\w*|bezahl\w*|pagamento|paguei|used|visa|mastercard)\b"
_AROUND: Final = re.compile(
    r"\b(?:refund\w*|money|amount|difference|charge|credit|put|send|go(?:es)?|use|using|take|please|back|everything|both|all|it|them|that|each|thanks|thank|you|the|to|on|onto|into|for|from|by|with|via|in|at|of|and|any|price|my|your|a|an|is|i|me|would|like|want|d|ll|can|should|will|be|which|one|ones|card|cards|ending|price|"
    r"el|la|los|las|al|a|de|del|lo|que|con|en|por|favor|mi|su|quiero|reembols\w*|dinero|devol\w*|gracias|le|les|sur|s|il|vous|plait|je|veux|voudrais|d|du|ma|mon|rembours\w*|argent|avec|par|merci|"
    r"auf|die|der|das|dem|den|mit|bitte|meine?[nrm]?|geld|zuruck\w*|erstatt\w*|ich|habe|soll|gehen|o|os|as|no|na|ao|da|do|meu|minha|com|pelo|pela|dinheiro|estorn\w*|favor|quero|obrigad[oa]|terminad[oa]|final|endet)\b"
)
"""What stands around the name of a means of payment in a text that is about nothing else."""
_MATTERS: Final[Mapping[str, str]] = {
    "return": r"return|refund|devol|reembols|retour|rembours|ruckgabe|zuruck|erstatt|estorn",
    "swap": r"exchange|difference|swap|change|cambio|diferencia|echange|umtausch|differenz|troca|diferenca",
    "cancel": r"cancel|refund|anul|annul|storn|erstatt|reembols|rembours",
}
_ALL_OF_THEM: Final = re.compile(r"\b(?:both|all|each|every\w*|ambos|todos?|tous|toutes|beide\w*|alle\w*)\b")
_PARTS: Final = re.compile(r"[,.;!\n]|\b(?:and|y|et|und|e)\b")
_SPELLINGS: Final = ("paypal", "visa", "mastercard", "gift", "card", "credit", "debit", "original", "klarna")
_RAW: Final = re.compile(r"(?=.*[_\d])[A-Za-z]\w*[_-]\w[\w-]*")
_WHICHEVER: Final = re.compile(
    r"\b(?:whichever|any (?:of (?:them|those)|one|is fine)|either|you (?:choose|decide|pick)|up to you|do(?:es)? ?n[o']t (?:matter|care|mind)|cualquiera|da igual|me da lo mismo|"
    r"n'importe|peu importe|tanto faz|qualquer um|kuch bhi)\b"
)
"""An answer that leaves the choice to us: then it is what paid the order."""


@dataclass(frozen=True, slots=True)
class Named:
    """What a text says: a method's word (empty = none that is sure), several that fit, or a kind that is not on file."""

    method: str = ""
    candidates: tuple[PaymentMethod, ...] = ()
    missing: str = ""


def method_meant(
    text: str, methods: Sequence[PaymentMethod], paid_with: Sequence[PaymentMethod] = (), *, is_asked: bool = True
) -> Named:
    """Which of the stored `methods` a text names; `paid_with` paid the order. Unless it was asked for, "the other one" is none."""
    named = _meant(fold(text), methods, paid_with, is_asked=is_asked)
    if named != Named() or not is_asked:
        return named
    mended = spelling.towards(fold(text), _SPELLINGS)
    named = _meant(mended, methods, paid_with, is_asked=True) if mended != fold(text) else named
    return Named(ORIGINAL) if named == Named() and len(paid_with) == 1 and _WHICHEVER.search(mended) else named


def _meant(
    folded: str, methods: Sequence[PaymentMethod], paid_with: Sequence[PaymentMethod], *, is_asked: bool
) -> Named:
    stored = list({each.id: each for each in (*methods, *paid_with)}.values())
    digits = [each for each in stored if _has_digits(folded, each)]
    if len(digits) == 1:
        return Named(_word(digits[0], paid_with))
    by_id = [each for each in stored if re.search(rf"(?<![\w]){re.escape(fold(each.id))}(?![\w])", folded)]
    if len(by_id) == 1:
        return Named(_word(by_id[0], paid_with))
    used = {each.id for each in paid_with}
    kinds = [kind for kind, at in _kinds_in(folded) if not _NOT.search(folded[:at])]
    other = _ANOTHER.search(folded)
    if other and not kinds and (is_asked or _MEANS.search(other.group())):
        return _only([each for each in stored if each.id not in used and _is_open(each, folded)], paid_with)
    if (
        _ORIGINAL.search(folded)
        and (is_asked or _MONEY.search(folded))
        and not _NOT.search(folded[: _start(_ORIGINAL, folded)])
    ):
        return Named(ORIGINAL)
    for kind in kinds:
        found = [each for each in stored if kind_of(each) == kind and _brand_fits(folded, each)]
        if len(found) > 1 and _ANOTHER.search(folded):
            found = [each for each in found if each.id not in used] or found
        if found:
            return _only(found, paid_with)
    if kinds:
        return Named(missing=kinds[0])
    labelled = [each for each in stored if len(each.label) > 3 and fold(each.label) in folded]
    return _only(labelled, paid_with) if labelled else Named()


def names_a_kind(text: str) -> bool:
    """Whether a text names some means of payment, on file or not."""
    return bool(_kinds_in(fold(text)))


def only_says_method(text: str) -> bool:
    """Whether a text says by what is paid, or where money goes, and nothing else: "refund both to the cards I used"."""
    folded = fold(text)
    if "?" in folded or re.search(
        r"\d", re.sub(r"(?:ending (?:in|with)?|endet auf|terminada en|final) ?\d{4}|#?\b\d{4}\b", " ", folded)
    ):
        return False
    if not (_ORIGINAL.search(folded) or _kinds_in(folded) or "cards i" in folded) or not (
        _MONEY.search(folded) or _kinds_in(folded)
    ):
        return False
    rest = folded
    for pattern in (_ORIGINAL.pattern, *(rf"\b(?:{each})\b" for each in _KINDS.values()), _BARE_CARD, _METHOD):
        rest = re.sub(pattern, " ", rest)
    return not re.sub(r"[\W\d_]+", "", _AROUND.sub(" ", rest))


def said_of(texts: Sequence[str], matter: str) -> str:
    """Of what was said a little earlier, the words about the money of a `matter`: a key of `_MATTERS`; the last of them.

    What names no matter counts where it is said of all of them: "both to the original methods"."""
    for text in reversed(texts):
        folded = fold(text)
        own = [part for part in _PARTS.split(folded) if re.search(_MATTERS[matter], part) and _names_means(part)]
        others = any(re.search(pattern, folded) for key, pattern in _MATTERS.items() if key != matter)
        if own and (others or only_says_method(own[-1])):
            return own[-1]
        if only_says_method(text) and (_ORIGINAL.search(folded) or _ALL_OF_THEM.search(folded)):
            return text
    return ""


def _names_means(folded: str) -> bool:
    return bool(_kinds_in(folded)) or _ORIGINAL.search(folded) is not None


def kind_of(method: PaymentMethod) -> str:
    """The kind of a stored method in our words, whatever the shop calls it."""
    written = fold(f"{method.kind} {method.label if not method.kind else ''}").replace("_", " ")
    return next((kind for kind, pattern in _KINDS.items() if re.search(pattern, written)), _plain_kind(written))


def _plain_kind(written: str) -> str:
    return "card" if "card" in written or any(brand in written for brand in _BRANDS) else written.strip()


def _kinds_in(folded: str) -> list[tuple[str, int]]:
    found = [
        (kind, match.start()) for kind, pattern in _KINDS.items() if (match := re.search(rf"\b(?:{pattern})\b", folded))
    ]
    bare = re.search(_BARE_CARD, folded)
    if bare and not found:
        found.append(("card", bare.start()))
    return sorted(found, key=lambda each: each[1])


def _only(found: Sequence[PaymentMethod], paid_with: Sequence[PaymentMethod]) -> Named:
    return Named(_word(found[0], paid_with)) if len(found) == 1 else Named(candidates=tuple(found))


def _word(method: PaymentMethod, paid_with: Sequence[PaymentMethod]) -> str:
    return ORIGINAL if [each.id for each in paid_with] == [method.id] else method.id


def _has_digits(folded: str, method: PaymentMethod) -> bool:
    """Whether the last four digits of a label stand in the text by themselves."""
    last = re.findall(r"\d{4}(?!\d)", method.label)
    return bool(last) and bool(re.search(rf"(?<![\d#.+@a-wyz]){last[-1]}(?![\w@]|[.-]\w+@)", folded))


def _brand_fits(folded: str, method: PaymentMethod) -> bool:
    said = [brand for brand in _BRANDS if re.search(rf"\b{brand}\b", folded)]
    label = fold(method.label)
    return not said or not any(brand in label for brand in _BRANDS) or any(brand in label for brand in said)


def _is_open(method: PaymentMethod, folded: str) -> bool:
    return "card" not in folded or kind_of(method) in ("card", "gift_card")


def _start(pattern: re.Pattern[str], folded: str) -> int:
    match = pattern.search(folded)
    return match.start() if match else 0


def said_label(method: PaymentMethod) -> str:
    """The label by which its owner knows a method, never with more than the last four digits; empty when it has none.

    What a system calls it by ("gc_fay", the id) is no label."""
    label = re.sub(r"\d[\d\s-]{3,}(?=\d{4})", "", method.label).strip()
    return "" if label == method.id or _RAW.fullmatch(label) else label


def safe_label(method: PaymentMethod) -> str:
    """A method as it may be said: its label, else its kind in plain words."""
    return said_label(method) or method.kind.replace("_", " ")
