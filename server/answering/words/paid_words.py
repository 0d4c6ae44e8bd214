"""Questions about one's own means of payment: with which an order was paid, and which are stored. Reads text, nothing else."""

# ruff: noqa: E501 (patterns are read as lists of words)

import re
from typing import Final

from server.commerce.catalogue.words import fold

_PAID: Final = re.compile(
    r"\b(?:which|what|wich) (?:\w+ )?(?:credit |debit |payment |pay )?(?:card|method|account|one|way)\b[^.?!]{0,16}\b(?:(?:did|have) (?:i|we) (?:use|pay|paid|used|put)|(?:was|is|were|got|did you) (?:charged?|used|billed?|paid))\b|\bhow did (?:i|we) pay\b|\bwhat did (?:i|we) pay (?:it |this |that )?with\b|\bwhat (?:card|payment method)\b[^.?!]{0,10}\bis (?:on|this|that|the order)\b"
    r"|\bcon (?:que|cual)(?: (?:tarjeta|metodo|medio|forma))?\b[^.?!]{0,16}\b(?:pague|he pagado|se pago|pagamos)\b|\bcomo (?:lo |la )?(?:pague|he pagado)\b|\bque (?:tarjeta|metodo de pago)\b[^.?!]{0,10}\b(?:use|utilice|he usado)\b"
    r"|\bavec (?:quelle?|quoi)\b[^.?!]{0,20}\b(?:ai-je|j'ai)\b[^.?!]{0,8}\b(?:paye|regle)e?\b|\bcomment (?:ai-je|j'ai) (?:paye|regle)\b|\bquelle carte\b[^.?!]{0,12}\b(?:utilise|debite)e?\b"
    r"|\b(?:mit|per) (?:welcher|welchem|was)\b[^.?!]{0,48}\b(?:bezahlt|gezahlt)\b|\bwomit\b[^.?!]{0,48}\b(?:bezahlt|gezahlt)\b|\bwie (?:habe ich|hab ich|wurde)\b[^.?!]{0,40}\b(?:bezahlt|gezahlt)\b|\bwelche (?:karte|zahlungsart)\b[^.?!]{0,20}\b(?:benutzt|verwendet|belastet)\b"
    r"|\bcom (?:que|qual|o que)\b[^.?!]{0,20}\b(?:paguei|foi pago)\b|\bcomo (?:eu )?paguei\b|\bqual (?:cartao|forma de pagamento)\b[^.?!]{0,10}\b(?:usei|utilizei)\b|\b(?:kis|kaun ?se) card se\b[^.?!]{0,16}\b(?:pay|payment|paise)\b"
)
_STORED: Final = re.compile(
    r"\b(?:what|which|wich|do i have|list|show|see|tell me|how many|any)\b[^.?!]{0,20}\b(?:cards?|payments?|payment (?:methods?|options?|info\w*)|methods?|gift cards?)\b[^.?!]{0,16}\b(?:on (?:my )?(?:file|account|profile)|saved|stored|do i have|in my (?:account|profile))\b|\b(?:what|which|show|list)\b[^.?!]{0,12}\b(?:saved|stored) (?:cards?|payment)"
    r"|\b(?:que|cuales|ver|mostrar)\b[^.?!]{0,16}\b(?:tarjetas?|metodos? de pago|formas? de pago)\b[^.?!]{0,12}\b(?:guardad\w+|tengo|registrad\w+|en mi cuenta)\b"
    r"|\bquel\w*\b[^.?!]{0,12}\b(?:cartes?|moyens? de paiement)\b[^.?!]{0,14}\b(?:enregistre\w*|ai-je|j'ai|dans mon compte)\b"
    r"|\bwelche\b[^.?!]{0,8}\b(?:karten?|zahlungs\w+)\b[^.?!]{0,16}\b(?:hinterlegt|gespeichert|habe ich|in meinem konto)\b"
    r"|\b(?:que|quais)\b[^.?!]{0,10}\b(?:cartoes|cartao|formas? de pagamento)\b[^.?!]{0,12}\b(?:salv\w+|tenho|cadastrad\w+|guardad\w+|na minha conta)\b"
)
_ELSE: Final = re.compile(
    r"\b(?:refund\w*|instead|switch|update|remove|delete|declined|twice|failed|reembols\w*|en vez|rembours\w*|a la place|erstatt\w*|stattdessen|estorn\w*|em vez)\b"
)
"""Of a refund, of a change or of trouble: another matter."""


def asks_paid_with(text: str) -> bool:
    """Whether a text asks with what an order was paid."""
    folded = fold(text.replace("’", "'"))
    return _PAID.search(folded) is not None and not _ELSE.search(folded)


def asks_stored(text: str) -> bool:
    """Whether a text asks which means of payment are stored for the customer."""
    folded = fold(text.replace("’", "'"))
    return _STORED.search(folded) is not None and not (_PAID.search(folded) or _ELSE.search(folded))
