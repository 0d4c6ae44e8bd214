"""Cuts a message into clauses, and takes out of each clause what the customer turns down.

"I don't want a refund, I want the right shoe" is two clauses; in the first a refund is turned down, and must neither
count as asked for nor be done. Cue and scope per clause, in six languages, on folded text; knows no model.
"""

import re
from dataclasses import dataclass

from server.answering.understand.normalise import fold
from server.answering.understand.shape import Intent

MAX_CLAUSES = 12

_STARTS = (
    r"i|i'm|i'd|i've|im|can|could|how|what|whats|what's|when|where|wheres|where's|why|who|is|are|do|does|did|has|have|"
    r"will|would|please|pls|my|your|you|if|it|it's|they|that|this|we|also|give|send|cancel|refund|tell|change|let|"
    r"quiero|cuando|cuándo|donde|dónde|como|cómo|puedo|pueden|necesito|cuanto|cuánto|que|qué|hay|tienen|me|mi|mis|"
    r"je|j'ai|j'aimerais|quand|où|comment|est-ce|pouvez|puis-je|combien|mon|ma|mes|c'est|vous|"
    r"ich|wann|wo|wie|kann|können|mein|meine|bitte|gibt|ist|das|der|die|es|sie|habe|hab|was|warum|"
    r"eu|quero|quando|onde|posso|podem|preciso|quanto|meu|minha|tem|têm|vocês|gostaria|"
    r"mera|meri|mujhe|kab|kahan|kaise|kya|aur"
)
_LINKS = (
    r"and|but|also|plus|oh|btw|then|so|because|cause|y|e|pero|también|tambien|además|ademas|et|mais|aussi|und|aber|"
    r"außerdem|ausserdem|sondern|mas|também|tambem|aur|lekin|porque|weil|oder|or"
)
_CUT = re.compile(
    rf"(?<=[.!?;])\s+|\n+|\s+[-•*]\s+|(?<=[\w)])\s*,\s*(?=(?:(?:{_LINKS})\s+)*(?:{_STARTS})\b)"
    rf"|\s+(?=(?:{_LINKS})\s+(?:(?:{_LINKS})\s+)*(?:{_STARTS})\b)",
    re.IGNORECASE,
)

_DELIVERED = re.compile(
    r"\b(?:delivered|deliverd|entregad[oa]|livr[ée]e?|zugestellt|geliefert|ausgeliefert|entregue)\b", re.IGNORECASE
)
_NOT_HERE = re.compile(
    r"^(?:but|yet|and|pero|y|mais|et|aber|und|mas|e)\b.{0,30}\b(?:never|not|nothing|no|nunca|nada|n'ai|rien|jamais|nie|nichts?|não|nao)"
    r"\b.{0,20}\b(?:receiv|reciev|got|get|came|come|arriv|have|here|see|recib|lleg|reçu|recu|bekomm|erhalt|angekommen|da\b|receb|cheg)"
    r"|^(?:but|yet|and)\b.{0,30}n['’]?t (?:receive|recieve|get|got|have|come|see|here|arrive)",
    re.IGNORECASE,
)

_WANTED = {
    "refund_request": (
        r"refund\w*|money back|reimburse\w*|reembols\w*|rembours\w*|(?:ruck)?erstattung|geld (?:wieder )?zuruck|"
        r"dinero de vuelta|dinheiro de volta|estorno|paisa wapas|paise wapas|devolver (?:el )?dinero"
    ),
    "return": (
        r"return(?:s|ed|ing)?|send (?:it|them|this|that) back|devolver(?:l[oa]s?)?|devolucion|retourn\w*|renvoyer|"
        r"zuruckschicken|zurucksenden|zuruckgeben|ruckgabe|devolucao|wapas"
    ),
    "exchange": (
        r"exchang\w*|swap\w*|replace(?:ment|d)?|cambio|cambiar(?:l[oa]s?)?(?! (?:la |mi )?direccion)|echang\w*|"
        r"umtausch\w*|trocar?|substitui\w*"
    ),
    "cancel": r"cancel\w*|annul\w*|stornier\w*|anular\w*",
    "human_request": (
        r"human|agent|(?:real )?person|representative|manager|humano|persona|agente|humain|conseiller|mensch(?:en)?|"
        r"mitarbeiter|atendente|pessoa"
    ),
    "change_address": r"(?:change|update) (?:my |the )?(?:shipping |delivery )?address",
    "complaint": r"complain\w*|queja\w*|plainte|beschwer\w*|reclama\w*",
    "promo": r"discount|coupon|voucher|descuento|rabatt|gutschein|desconto|cupon|cupom",
}
_KEYWORDS = {intent: re.compile(rf"\b(?:{words})\b") for intent, words in _WANTED.items()}
_ANY = "|".join(_WANTED.values())
_DONT = r"(?:do not|don'?t|did not|didn'?t|does not|doesn'?t|am not|i'?m not|im not|not|never|no longer|won'?t|wouldn'?t|would not)"
_WANT = (
    r"(?:want(?:ed|ing)?|need(?:ed|ing)?|ask(?:ed|ing)?|look(?:ing)?|trying|going|request(?:ed|ing)?|after|wish|require"
    r"|interested|here|writing|said|say|mean|like|calling)"
)
_STOP = (
    r"(?=[,.;:!?()]| but | just | i want | i need | i'?d | instead(?! of)| please| how | what | where | can | so | and "
    r"| pero | sino | solo | quiero | mais | seulement | je veux | sondern | nur | aber | ich will | ich mochte "
    r"| mas | so quero | quero | apenas | bas | sirf |$)"
)
_CUES = (
    rf"\b{_DONT} (?:really |actually |even )?{_WANT}\b",
    r"\b(?:instead of|rather than|other than|no need (?:for|to)|forget (?:about )?the|never ?mind the|without)\b",
    r"\bnot (?:a|an|the|my|for|to|any)\b",
    r"\bno (?:te |le |les |lo |la |me )?(?:quiero|necesito|deseo|busco|pido|pedi|quisiera|queria|solicito|solicite)\b",
    r"\b(?:en vez de|en lugar de|sin|em vez de|ao inves de|sem|au lieu d[e']|plutot qu[e']|sans|statt|anstatt|ohne)\b",
    r"\b(?:ne )?(?:veux|souhaite|demande|desire|cherche|voulais|ai) (?:pas|plus)(?: demande)?\b",
    r"\bpas (?:de|d'|un|une|le|la)\b",
    r"\b(?:will|mochte|brauche|wollte|wunsche) (?:\w+ ){0,2}?(?:keine?[nrsm]?|nicht)\b",
    r"\bnao (?:quero|preciso|desejo|pedi|queria|gostaria|solicitei|estou pedindo|estou a pedir)\b",
)
_SCOPED = re.compile(rf"(?:{'|'.join(_CUES)})(?P<scope>(?:(?!{_STOP}).){{0,60}})")
_ORDERED = re.compile(
    r"(?<!you )(?<!they )(?<!why )(?<!we )(?<!que )\b(?:please )?"
    r"(?:do not|don'?t|dont|never|no (?:me |lo |la |nos )?|ne (?:m'|me |l'|le |la )?|n'|nao |nicht |mat )"
    rf"\s?(?:ever |just |please |even |you dare |make me |issue (?:a|the) |give me a )?(?P<scope>{_ANY})\b"
    r"(?! (?:bekommen|erhalten|mila|aaya|received|yet|so far|policy|option|button|process|label|shows?|has))"
)
_NONE = re.compile(
    rf"\b(?:no|keine?n?|nicht|kein) (?P<scope>{_ANY})\b"
    r"(?=\s*(?:,|\.|!|;|$|please|pls|just|thanks|needed|necessary|por favor|bitte|sondern|s'il))"
)
_DOING = re.compile(
    r"\bnot (?P<scope>returning|cancel+ing|exchanging|swapping|complaining|changing (?:my |the )?address)\b"
)
_AFTER = re.compile(
    rf"\b(?P<scope>{_ANY})\b (?:\w+ )?(?:nahi|nhi|nahin|mat) (?:chahiye|karna|karo|karwana|chahta|chahti)\b"
)
_STILL_WANTED = re.compile(r"\b(?:as|in|to) (?:a )?(?:store credit|gift card|voucher|credit)\b|\bwait\b")


@dataclass(frozen=True, slots=True)
class Asserted:
    """A folded clause without what it turns down, and what that was."""

    folded: str
    negated: tuple[Intent, ...]


def split(text: str) -> list[str]:
    """The clauses of a cleaned message, in order; scraps join their neighbour, the tail beyond 12 the last."""
    pieces = [piece.strip() for piece in _CUT.split(text) if piece and piece.strip()]
    joined: list[str] = []
    for piece in pieces:
        if joined and (_belongs(piece, joined[-1]) or len(joined) >= MAX_CLAUSES):
            joined[-1] = f"{joined[-1]} {piece}"
        else:
            joined.append(piece)
    return joined


def _belongs(piece: str, before: str) -> bool:
    """A scrap is no clause; and "says delivered" means the opposite of what it says with "but I never got it" behind it."""
    if _is_scrap(piece) or _is_scrap(before):
        return True
    return bool(_DELIVERED.search(before) and _NOT_HERE.search(piece))


def _is_scrap(piece: str) -> bool:
    return piece.count(" ") == 0 and len(piece) < 14 and not piece.endswith(("?", "!", "."))


def assert_only(clause: str) -> Asserted:
    """What a clause says once the parts that it turns down are taken out."""
    folded = fold(clause)
    negated: dict[Intent, None] = {}
    for pattern in (_SCOPED, _ORDERED, _DOING, _NONE, _AFTER):
        folded = _take_out(pattern, folded, negated)
    return Asserted(folded, tuple(negated))


def _take_out(pattern: re.Pattern[str], folded: str, negated: dict[Intent, None]) -> str:
    kept = []
    at = 0
    for match in pattern.finditer(folded):
        found = asked_for(match.group("scope"))
        if found and not _STILL_WANTED.search(match.group()):
            negated.update(dict.fromkeys(found))
            kept.append(folded[at : match.start()])
            at = match.end()
    kept.append(folded[at:])
    return " ".join(kept).strip(" ,.;:!")


def asked_for(scope: str) -> list[Intent]:
    """The intents that a folded text names by their own words."""
    found: list[Intent] = [intent for intent, pattern in _KEYWORDS.items() if pattern.search(scope)]  # type: ignore[misc]
    if "refund_request" in found and "return" in found and len(found) == 2 and "dinero" in scope:
        found.remove("return")
    return found
