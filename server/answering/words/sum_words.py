"""Questions about one's own orders that are no wish: which there are, and what one of them cost. Reads text, nothing else."""

# ruff: noqa: E501 (patterns are read as lists of words)

import re
from typing import Final, Literal

from server.commerce.catalogue.words import fold

_FEW: Final = 5
Part = Literal["total", "shipping", "tax", "discount"]

_ORDER: Final = (
    r"(?:orders?|purchase|pedidos?|compra|commandes?|achat|bestellung\w*|einkauf|encomendas?|#?[a-z]{0,4}-?\d{3,})"
)
_PARTS: Final[tuple[tuple[Part, re.Pattern[str]], ...]] = (
    ("shipping", re.compile(r"\b(?:shipping|delivery|postage|envio|livraison|(?:frais de )?port|versand\w*|liefer(?:ung|kosten)|porto|frete|portes|entrega)\b")),
    ("tax", re.compile(r"\b(?:tax(?:es)?|vat|iva|impuestos?|tva|(?:mehrwert|umsatz)?steuern?|mwst|impostos?)\b")),
    ("discount", re.compile(r"\b(?:discount|descuento|remise|reduction|rabatt|nachlass|desconto)\b")),
)  # fmt: skip
_PAID: Final = re.compile(
    r"\b(?:how much|what)\b[^.?!]{0,30}\b(?:did|have) (?:i|we)(?: \w+)? (?:pay|paid|spend|spent)\b(?! (?:it |this |that )?(?:with|by))|\bhow much (?:was|were|have|did) (?:i|we|you)(?: been)? (?:charged?|billed?|pay|paid)\b|\bwhat (?:was|were) (?:i|we) (?:charged|billed)\b(?! (?:with|for\b(?! (?:the )?(?:order|shipping|tax|delivery))))"
    rf"|\bhow much\b[^.?!]{{0,12}}\b(?:did|does|was|is) (?:(?:my|the|this|that) (?:\w+ )?)?{_ORDER}\b(?=[^.?!]{{0,14}}(?:\bcost|\bcome to|\btotal|\bin total|\baltogether|\?|$))"
    rf"|\bwhat (?:did|does) (?:(?:my|the|this|that) (?:\w+ )?)?{_ORDER}\b(?=[^.?!]{{0,14}}(?:\bcost|\bcome to|\btotal))"
    rf"|\b(?:how much|what)(?:'s| was| is| were)?\b[^.?!]{{0,12}}\b(?:(?:grand |order )?total|(?:total |full )?(?:amount|cost|price|sum)|shipping|tax(?:es)?|vat|discount|delivery|postage)\b(?: (?:cost|fee|charge|price|amount)s?)?(?: charged| paid)? (?:of|on|for|in) (?:my |the |this |that |our )?(?:\w+ )?{_ORDER}\b"
    rf"|^(?:the )?(?:order )?total (?:of|for|on) (?:my |the |order )?{_ORDER}\b"
    r"|\bcuanto\b[^.?!]{0,24}\b(?:pague|pagamos|he pagado|hemos pagado|gaste|me (?:cobraron|cobrasteis|han cobrado|costo|ha costado))\b(?! con)"
    rf"|\b(?:cual|cuanto)\b[^.?!]{{0,10}}\b(?:total|importe|coste|precio|envio|impuestos?|iva|descuento)\b[^.?!]{{0,8}}\b(?:de|del|en)(?: \w+)? {_ORDER}\b|\bcuanto (?:costo|cuesta|fue|es|suma)(?: \w+)? {_ORDER}\b"
    r"|\bcombien\b[^.?!]{0,20}\b(?:(?:ai-je|j'ai|avons-nous|on m'a|m'avez-vous)\b[^.?!]{0,10}\b(?:paye|regle|depense|debite|facture)e?s?)\b(?! avec)"
    rf"|\bquel\w*\b[^.?!]{{0,14}}\b(?:total|montant|prix|frais de (?:port|livraison)|tva|remise)\b[^.?!]{{0,8}}\b(?:de|sur|pour)(?: \w+)? {_ORDER}\b|\bcombien (?:a )?coute(?: \w+)? {_ORDER}\b"
    r"|\b(?:wie ?viel|was)\b[^.?!]{0,60}\b(?:bezahlt|gezahlt|ausgegeben|berechnet|abgebucht)\b"
    rf"|\b(?:wie ?hoch|was|wie ?viel)\b[^.?!]{{0,10}}\b(?:gesamt\w*|summe|betrag|versandkosten|steuern?|mehrwertsteuer|rabatt)\b[^.?!]{{0,14}}\b{_ORDER}\b|\b(?:wie ?viel|was)\b[^.?!]{{0,12}}{_ORDER}\b[^.?!]{{0,12}}\b(?:gekostet|kostet)\b|\b(?:wie ?viel|was) (?:hat|kostet)\b[^.?!]{{0,10}}\b{_ORDER}\b[^.?!]{{0,12}}(?:\bgekostet\b|\?)"
    r"|\bquanto\b[^.?!]{0,24}\b(?:paguei|pagamos|gastei|foi cobrado|me cobraram)\b(?! com)"
    rf"|\bqua(?:l|nto)\b[^.?!]{{0,10}}\b(?:total|valor|preco|frete|impostos?|desconto)\b[^.?!]{{0,8}}\bd?[oae]s?(?: \w+)? {_ORDER}\b|\bquanto (?:custou|custa|foi|deu)(?: \w+)? {_ORDER}\b"
)
_NOT_PAID: Final = re.compile(
    r"\b(?:back|refund\w*|return\w*|exchange|difference|extra|if|would|will|twice|double|wrong|too much|instead|womit|reembols\w*|devol\w*|rembours\w*|erstatt\w*|zuruck|doppelt|estorn\w*|dos veces|deux fois|duas vezes|card|paypal|tarjeta|carte|karte|cartao)\b"
)
"""Of money that comes back, of what something else would cost, of with what it was paid, or of trouble."""
_MINE: Final = re.compile(
    r"\b(?:what|which|how many)\b[^.?!]{0,14}\borders\b[^.?!]{0,24}\b(?:do i have|have i|did i|i have|i've|i placed|are (?:still )?(?:pending|open|active|on (?:the|their) way|outstanding|mine|in my account)|haven't|have not|are not|aren't)"
    r"|\b(?:list|show|see|view|give me|send me|tell me|check)\b[^.?!]{0,16}\b(?:all |of |my |the |our |recent |past |pending |open |previous |other )*(?:my|our)(?: \w+)? orders\b(?! (?:status|be))|\b(?:my|an?) (?:order history|list of (?:my )?orders)\b|\blist of (?:all )?my orders\b|\bdo i have (?:any )?(?:other |open |pending |more )*orders\b|\b(?:what|which) (?:are|of) my (?:\w+ )?orders\b|^(?:my|all my) orders\W*$"
    r"|\b(?:que|cuales|cuantos)\b[^.?!]{0,10}\bpedidos\b[^.?!]{0,16}\b(?:tengo|hice|he hecho|estan|siguen|son)\b|\b(?:lista|listame|muestra\w*|mostrar|ver|ensena\w*|dime)\b[^.?!]{0,12}\bmis (?:\w+ )?pedidos\b"
    r"|\b(?:quelles?|combien)\b[^.?!]{0,10}\bcommandes\b[^.?!]{0,18}\b(?:ai-je|j'ai|sont|passees)\b|\b(?:liste\w*|montre\w*|voir|affiche\w*)\b[^.?!]{0,14}\bmes (?:\w+ )?commandes\b"
    r"|\b(?:welche|wie ?viele)\b[^.?!]{0,12}\bbestellungen\b[^.?!]{0,16}\b(?:habe ich|sind|hab ich|stehen|laufen)\b|\b(?:liste?|zeig\w*|nenn\w*|auflisten)\b[^.?!]{0,12}\bmeine (?:\w+ )?bestellungen\b|\bmeine (?:\w+ )?bestellungen\b[^.?!]{0,12}\b(?:sehen|anzeigen|auflisten)\b"
    r"|\b(?:que|quais|quantos|quantas)\b[^.?!]{0,10}\b(?:pedidos|encomendas)\b[^.?!]{0,16}\b(?:tenho|fiz|estao|sao)\b|\b(?:list\w*|mostr\w*|ver)\b[^.?!]{0,12}\b(?:meus|minhas) (?:\w+ )?(?:pedidos|encomendas)\b"
)
_OPEN: Final = re.compile(
    r"\b(?:pending|open|active|current|outstanding|on (?:the|their) way|not (?:\w+ )?(?:shipped|arrived|delivered|come)|haven't|pendientes?|abiert\w+|en camino|en cours|en attente|ouvertes|offen\w*|laufend\w*|unterwegs|pendentes?|abert\w+|a caminho|em andamento)\b"
)


def parts_asked(text: str) -> tuple[Part, ...]:
    """The sums of an order that a text asks for; empty where it asks for none."""
    folded = fold(text.replace("’", "'"))
    if not _PAID.search(folded) or _NOT_PAID.search(folded):
        return ()
    named = tuple(name for name, pattern in _PARTS if pattern.search(folded))
    is_whole = not named or re.search(
        r"\b(?:total|altogether|in all|gesamt\w*|insgesamt|summe|en todo|au total)\b", folded
    )
    return (*named, "total") if is_whole else named


def parts_named(text: str) -> tuple[Part, ...]:
    """The sums that a few words name, after one was told: "and the tax?"."""
    folded = fold(text)
    return tuple(name for name, pattern in _PARTS if pattern.search(folded)) if len(folded.split()) <= _FEW else ()


def asks_for_orders(text: str) -> bool:
    """Whether a text asks which orders there are."""
    return _MINE.search(fold(text.replace("’", "'"))) is not None


def asks_for_open(text: str) -> bool:
    """Whether only those are meant that have not arrived yet."""
    return _OPEN.search(fold(text.replace("’", "'"))) is not None
