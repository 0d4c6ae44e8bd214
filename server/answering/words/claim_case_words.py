"""What went wrong, in words: what a message tells of a parcel or of goods, and the facts that an answer about it says.

Patterns in five languages over text without accents; what they do not find is asked for. Nothing here decides.
"""

# ruff: noqa: E501 (patterns are read as lists of words)

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from server.answering.understand.normalise import fold
from server.answering.words import return_words, wishes
from server.answering.words.return_words import item_label
from server.commerce.model import Claim, Fact, Line, Money, OrderSnapshot
from server.policies.facts import zone_info

REASONS: Final = ("damaged_in_transit", "defective", "wrong_item", "missing_item", "missing_part")
"""What may be wrong with goods, as it is asked for."""

NOT_IN_THE_BOX: Final = frozenset({"missing_item", "missing_part"})
"""What was wrong with a parcel that did come: there is nothing to send back for it."""

_MISSING_PART: Final = re.compile(
    r"\b(?:parts?|pieces?|screws?|cables?|lids?|chargers?|batter(?:y|ies)|manual|remote|adapter|straps?|handles?|shelf|accessor(?:y|ies)|plug) "
    r"(?:\w+ ){0,2}(?:missing|not (?:in|there|included))|missing (?:\w+ ){0,2}(?:parts?|pieces?|screws?|cables?|lids?|chargers?|batter(?:y|ies)|manual|remote|adapter|straps?|handles?|shelf|plug)\b|"
    r"falta\w* (?:\w+ ){0,2}(?:piezas?|tornillos?|cables?|tapas?|cargador|manual|mando|pecas?|parafusos?|tampa|carregador)|manque (?:\w+ ){0,2}(?:pieces?|vis|cables?|couvercle|chargeur|notice)|"
    r"(?:teile?|schrauben?|kabel|deckel|ladegerat|netzteil|anleitung) (?:\w+ ){0,2}fehl|fehl\w+ (?:\w+ ){0,2}(?:teile?|schrauben?|kabel|deckel|ladegerat|netzteil|anleitung)"
)
_MISSING: Final = re.compile(
    r"\bmissing\b|\b(?:empty|wasn't in|was not in|isn't in|is not in|not in) (?:the |my |box|package|parcel)|\bbox was empty\b|\bempty (?:box|package|parcel)\b|\bonly (?:got|received|sent|contained|had|has)\b|"
    r"\b(?:forgot|left out) (?:to (?:send|include|pack) )?\w+|\b(?:did ?n[o']t|not) (?:send|include|pack)\b|\bfalta\w*\b|\bsolo (?:ha |han )?(?:llego|llegado|recibi|venia|vino)\b|\bcaja (?:estaba )?vacia\b|"
    r"\bmanque\w*\b|\bseulement (?:recu|un|une)\b|\bcarton (?:etait )?vide\b|\bfehlt\w*\b|\bfehlen\b|\bnur (?:ein|einen|eine|\d) (?:\w+ ){0,2}(?:erhalten|bekommen|drin|im paket)|\bpaket war leer\b|\bso (?:veio|chegou|recebi)\b|\bcaixa (?:estava )?vazia\b"
)
_LOOKED: Final = re.compile(
    r"\b(?:looked|checked|searched|asked|knocked|tried)\b|\bnot (?:with|at) (?:the |my |any )?(?:neighbou?rs?|door|porch|mailbox)|\bneighbou?rs? (?:\w+ ){0,3}(?:not|n't|nothing|no|neither)|\bno neighbou?r\b|"
    r"\b(?:he |ya )?(?:mirado|buscado|preguntado|revisado|miré|mire|busque|pregunte|revise)\b|\bvecinos? (?:\w+ ){0,3}(?:no|nada|tampoco)\b|"
    r"\b(?:cherche|regarde|demande|verifie)\b|\bvoisins? (?:\w+ ){0,3}(?:pas|rien|non)\b|\b(?:nachgesehen|nachgeschaut|gesucht|gefragt|geschaut|gepruft)\b|\bnachbarn? (?:\w+ ){0,4}(?:nicht|nichts|auch nicht)\b|"
    r"\b(?:procurei|perguntei|olhei|verifiquei|ja vi)\b|\bvizinhos? (?:\w+ ){0,3}(?:nao|nada)\b"
)
_NOT_THERE: Final = re.compile(
    r"\b(?:isn'?t|not|n't|never|nothing|nowhere|nope|no|still missing|missing|gone)\b|\b(?:no|nada|nunca|tampoco|sigue sin)\b|\b(?:pas|rien|toujours pas|nulle part|non)\b|\b(?:nicht|nichts|nirgends|nein|weg)\b|\b(?:nao|nada|nenhum)\b"
)
_NOT_RECEIVED: Final = re.compile(
    r"\b(?:never|not|n't|haven't|hasn't|didn't|did not|nothing) (?:\w+ ){0,3}?(?:arriv\w*|came|come|got|get|gotten|receiv\w*|show\w* up|turn\w* up|delivered)\b|"
    r"\b(?:isn't|is not|not|nothing(?:'s)?) (?:\w+ ){0,2}?here\b|"
    r"\bsays (?:it (?:was|is) |it's )?delivered\b|\bmarked (?:as )?delivered\b|\b(?:no (?:me )?(?:ha )?(?:lleg\w+|recib\w+)|nunca (?:me )?(?:lleg\w+|recib\w+)|pone entregado|dice (?:que (?:fue )?)?entregado|consta (?:como )?entregado)\b|"
    r"\b(?:pas|jamais|rien) (?:encore )?(?:recu|arrive|livre)\b|\bmarque (?:comme )?livre\b|\b(?:nie|nicht) (?:\w+ ){0,2}?(?:angekommen|erhalten|bekommen)\b|\bals zugestellt\b|"
    r"\b(?:nao|nunca) (?:\w+ )?(?:cheg\w+|receb\w+)\b|\b(?:como|diz) entregue\b"
)
_NO_GOODS: Final = (
    r"(?:refund\w*|money|e-?mails?|mails?|messages?|confirmation|codes?|label|answer|reply|response|invoice|receipt|credit|tracking|reembolso|dinero|correo|codigo|etiqueta|factura|respuesta|remboursement|argent|courriel|etiquette|facture|reponse|"
    r"erstattung|geld|gutschrift|bestatigung|rechnung|antwort|dinheiro|estorno|etiqueta|fatura|resposta)"
)
_OTHER_NOT_RECEIVED: Final = re.compile(
    rf"\b(?:receiv\w*|got|get|gotten|seen|recib\w*|recu|erhalten|bekommen|receb\w*) (?:\w+ ){{0,3}}{_NO_GOODS}\b|\b{_NO_GOODS} (?:\S+ ){{0,3}}?(?:never|not|n't|hasn't|hasnt|nunca|no|pas|jamais|nicht|nie|nao)\b(?! \w+ (?:parcel|package|order))"
)
_MISSING_PARCEL: Final = re.compile(
    r"\b(?:package|parcel|order|delivery|shipment|everything|box) (?:\S+ ){0,2}?(?:is |was |are |has |went |gone )?(?:still )?missing\b(?! (?:a|an|one|some|my|the|two|three|part|item|piece))|\bmissing (?:package|parcel|order|delivery|shipment)\b|"
    r"\b(?:paquete|pedido) (?:\S+ )?(?:esta )?perdido\b|\bcolis perdu\b|\b(?:paket|sendung|lieferung) (?:\S+ )?(?:fehlt|ist weg|verschwunden)\b|\b(?:pacote|encomenda) (?:\S+ )?(?:sumiu|perdid[oa])\b"
)
_MONEY: Final = re.compile(
    r"\b(?:money|cash|refund\w*|dinero|plata|argent|geld|dinheiro|reembols\w*|rembours\w*|erstatt\w*)\b"
)
_FOUND: Final = re.compile(
    r"(?<!not )(?<!n't )(?<!never )\b(?:found (?:it|the|my)|i(?:'ve| have) (?:found|got) it|got it|it(?:'s| is| has) (?:turned up|here|shown up|arrived)|turned up|neighbou?r had it|never mind)\b|"
    r"\b(?:lo|la|los|ya lo|ya la) (?:he )?encontr\w+|\bya (?:ha )?(?:aparecido|aparecio|llego)\b|\bl'ai (?:re)?trouve\b|\bretrouve\b|\bil est (?:la|arrive)\b|\bhab(?:e)? (?:es|ihn|das paket|sie) gefunden\b|\bgefunden\b(?! nicht)|\bist (?:doch )?(?:da|angekommen)\b|"
    r"\b(?:achei|encontrei)\b|\bja (?:chegou|apareceu)\b"
)
_TAKES_BACK: Final = re.compile(
    r"\b(?:return(?:ing|s|ed)?|send (?:it|them|this) back|exchang\w+|swap|devolv\w+|devolucion|cambiar\w*|renvoy\w+|retourn\w+|echang\w+|zuruck(?:schicken|geben|senden)|umtausch\w*|trocar|troca)\b"
)
_NONE: Final = re.compile(
    r"\b(?:can'?t|cannot|don'?t|do not|no|not|none|unable|without|lost|unknown|sin|ninguno|pas|aucun\w*|kein\w*|nicht|nao|nenhum|sem|tengo no)\b"
)
_SERIAL: Final = re.compile(r"(?<![\w-])(?=[A-Z0-9-]*\d)[A-Z0-9][A-Z0-9-]{5,29}(?![\w-])", re.IGNORECASE)
_STATEMENT: Final = 500


def trouble_in(text: str) -> str:
    """What a text says to be wrong with goods, as a reason of the policy; empty when it does not say."""
    folded = fold(text.replace("’", "'"))
    if _MISSING_PART.search(folded):
        return "missing_part"
    reason = return_words.reason_in(text) or ""
    if reason in REASONS or reason == "not_as_described":
        return reason
    return "missing_item" if _MISSING.search(_MISSING_PARCEL.sub(" ", folded)) else ""


def is_not_received(text: str) -> bool:
    """Whether a text says that a parcel did not come."""
    folded = fold(text.replace("’", "'"))
    if _MISSING_PARCEL.search(folded):
        return True
    return _NOT_RECEIVED.search(folded) is not None and _OTHER_NOT_RECEIVED.search(folded) is None


def has_looked(text: str) -> bool:
    """Whether a text says that the customer has looked for the parcel."""
    return _LOOKED.search(fold(text.replace("’", "'"))) is not None


def is_not_there(text: str) -> bool:
    """Whether the answer to "is it still missing?" says that it is not there."""
    return _NOT_THERE.search(fold(text.replace("’", "'"))) is not None


def is_found(text: str) -> bool:
    """Whether a text says that the parcel turned up."""
    return _FOUND.search(fold(text.replace("’", "'"))) is not None


def wants_back(text: str) -> bool:
    """Whether a text asks to send something back or to swap it."""
    return _TAKES_BACK.search(fold(text)) is not None


def outcome_in(text: str, *, is_answer: bool = False) -> str:
    """`replace` or `refund`, as far as a text says how it should end; "money" alone says it only where it was asked."""
    found = wishes.outcome_in(text, ())
    if found in ("replace", "refund"):
        return found
    again = re.search(
        r"\b(?:re-?send|send (?:it |them |one )?again|re-?ship|another one|new (?:one|parcel)|envi\w+ (?:otra vez|de nuevo|otro|otra)|"
        r"renvoye[rz]|nouvel envoi|un autre|noch ?mal (?:\w+ )?(?:schick|send)\w*|erneut|neu (?:schick|send)\w*|neues paket|reenvi\w+|enviar de novo|outro)\b",
        fold(text),
    )
    if again:
        return "replace"
    return "refund" if is_answer and _MONEY.search(fold(text)) else ""


def says_none(text: str) -> bool:
    """Whether a text says that there is no such thing (a photo, a serial number)."""
    return _NONE.search(fold(text.replace("’", "'"))) is not None


def serial_in(text: str, order: OrderSnapshot | None = None) -> str:
    """The serial number that a text holds: letters and digits, at least six, and no number of the order; empty when none."""
    own = {order.number.strip("#").casefold()} if order else set()
    found = [match.group() for match in _SERIAL.finditer(text) if match.group().strip("#").casefold() not in own]
    mixed = [each for each in found if any(sign.isdigit() for sign in each)]
    return max(mixed, key=len, default="").upper()


def statement(text: str) -> str:
    """What the customer told, on one line, to be kept with the case."""
    return " ".join(text.split())[:_STATEMENT]


# Facts


def items(order: OrderSnapshot, lines: Mapping[str, int], key: str = "items") -> Fact:
    """Lines by name, with their number where that is more than one."""
    named = [(order.line(line_id), count) for line_id, count in lines.items()]
    told = ", ".join(
        f"{count} × {item_label(line)}" if count > 1 else item_label(line) for line, count in named if line
    )
    return Fact(key, "product", told, _source(order), order.as_of)


def item(line: Line, order: OrderSnapshot) -> Fact:
    """One line by name."""
    return Fact("item", "product", item_label(line), _source(order), order.as_of)


def city(order: OrderSnapshot) -> Fact | None:
    """Where the order goes, no closer than its town."""
    return Fact("ship_city", "place", order.ship_to.city, _source(order), order.as_of) if order.ship_to.city else None


def amount(minor: int, order: OrderSnapshot) -> Fact:
    """An amount that a ruling came to."""
    return Fact("amount", "amount", Money(minor, order.currency), "policy", order.as_of)


def claim_number(result: Mapping[str, Any], source: str, now: datetime) -> Fact:
    """The number under which a claim was opened."""
    return Fact("claim", "text", str(result["claim_id"]), source, now)


def open_claims(order: OrderSnapshot, kinds: Sequence[str], shipment_id: str = "") -> list[Claim]:
    """Claims of these kinds that are not settled, about this parcel or the order as a whole."""
    fitting = [
        each
        for each in order.claims
        if each.kind in kinds and each.shipment_id in (None, shipment_id or None, shipment_id)
    ]
    return [each for each in fitting if each.status.casefold() not in _SETTLED]


_SETTLED: Final = frozenset(
    {"closed", "settled", "resolved", "rejected", "declined", "paid", "decided", "cancelled", "done"}
)


def claim_facts(claim: Claim, order: OrderSnapshot) -> dict[str, Fact]:
    """A claim's number, and the day on which it was opened where that is known."""
    found = {"claim": Fact("claim", "text", claim.id, _source(order), order.as_of)}
    if claim.at is not None:
        found["claimed_on"] = Fact(
            "claimed_on", "date", claim.at.astimezone(zone_info(order.tz)).date(), _source(order), order.as_of
        )
    return found


def _source(order: OrderSnapshot) -> str:
    return f"{order.source}:orders/{order.id}"
