"""Kinds of offers, promises and claims, in five languages, as patterns over the whole text of a reply.

A model's text may make one only where the shop's own words of the same turn do. Grounding proves values; these are the words that
need none to do harm: "of course you get your money back". Too strict is cheap: the assistant's own words are said instead.
"""

# ruff: noqa: E501 (patterns are read as lists of words)

import re
from typing import Final

OFFERS: Final[tuple[re.Pattern[str], ...]] = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"refund|reimburs|money back|reembols|devolv\w* (?:el|o|tu|su|seu) din|rembours|erstatt|geld zurück|estorn",
        r"discount|rabatt|descuent|descont|remise|réduction|reduc\w+ of|coupon|voucher|gutschein|cup[oó]n|cupom|bon d.achat|promo|\bcode|c[oó]digo|\bsale\b|rebaj",
        r"\bfree\b|gratis|gratuit|kostenlos|kostenfrei|grátis|\bgift|geschenk|regalo|cadeau|presente\b|complimentary|on the house|no charge|waive|ohne kosten|sin coste|sans frais|sem custo",
        r"credit|guthaben|crédit|\bavoir\b",
        r"compensat|entschädig|dédommag|indemn|compensa|goodwill|kulanz",
        r"guarant|garant|promis|versprech|versprich|prometo|promet|assur|zusicher",
        r"replac|reship|re-send|resend|ersatz|reemplaz|remplac|repos(?:ição|ici[oó]n)",
        r"cancel|annul|stornier",
        r"\b(?:i|we)(?:['’]ve| have| had| just)\b|\bhe(?:mos)? \w+(?:ado|ido|cho|to)\b|\b(?:j['’]ai|nous avons|on a)\b|\b(?:ich|wir) habe?n?\b|\bfoi \w+(?:ado|ido)\b|\b(?:enviamos|atualizamos|cancelamos|alteramos)\b",
        r"\b(?:i|we|you|they|it|he|she)(?:['’]ll| will| shall)\b|\bwill (?:be|get|receive)\b|\b(?:going to|vamos a|va a|vai|vamos)\b|\w+(?:aremos|eremos|iremos|arán|erán)\b|\b(?:nous|vous) (?:allons|allez|\w+r(?:ons|ez))\b|\b(?:wir|ich|sie|ihnen|es) (?:werden?|wird)\b|\bwird\b",
        r"password|passwort|contrase|mot de passe|senha|\bcvv|\bcvc|\bpin\b|card number|kartennummer|n[uú]mero de (?:la |tu |su |sua )?tarj|numéro de carte|cart[aã]o|\biban\b|bank|banc|one-time|otp",
        r"click|download|install|scan|haz clic|cliqu|klick|descarg|herunter|télécharg|baix|\bpay\b|transfer|überweis|virement|pix\b",
        r"lawyer|lawsuit|liab|legal|anwalt|haft|abogad|avocat|advogad|court|gericht|police|polizei|policía",
        r"approv|authori[sz]|genehmig|aprob|aprov|autoris|autoriz|exception|ausnahme|excepci|exceç|override|confirmed|bestätigt|confirmad|confirmée?\b",
        r"\b(?:other|another) customer|anderen? kund|otro cliente|autre client|outro cliente|manager|supervisor|admin|geschäftsführ|gerente|directeur",
        r"warrant|extend|verläng|prolong|extens|estend|forever|always|any time|für immer|siempre|toujours|sempre",
    )
)  # fmt: skip
"""Kinds of offers, promises and claims, in five languages: a text may make one only where the shop's own words do."""

STATES: Final[tuple[re.Pattern[str], ...]] = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"deliver(?:ed|y attempt)|entregad|entregue|livrée?s?\b|zugestellt|geliefert",
        r"\bshipped|\bsent\b|on (?:its|the) way|in transit|\benviad|en camino|expédié|en route|en chemin|versandt|verschickt|unterwegs|a caminho|em trânsito|en tránsito",
        r"out for delivery|en reparto|en cours de livraison|in zustellung|wird heute zugestellt|saiu para",
        r"\blate\b|delay|retras|retard|verspät|verzöger|atras|atrasad",
        r"\blost\b|perdid|perdue?s?\b|verloren|extraviad",
        r"damag|dañad|endommag|beschädigt|danificad|avariad",
        r"return(?:ed|ing)|devuelt|devolvid|retourné|zurückges|zurückgek|retoure",
        r"\brefund|reembols|rembours|erstatt|estorn",
        r"cancel|annul|stornier",
        r"preparing|not (?:yet )?shipped|being packed|preparand|préparation|vorbereit|bearbeitet",
        r"customs|aduana|douane|zoll|alfândega",
        r"pick(?:ed)?[ -]?up|collect|recog|retirer|point relais|abhol|retirad|levantar",
        r"sold out|out of stock|agotad|épuisé|ausverkauft|esgotad",
        r"in stock|available|disponible|verfügbar|vorrätig|auf lager|disponív|en stock|em estoque|em stock",
        r"\bcannot\b|can['’]t|not possible|no (?:se )?puede|imposible|ne peut pas|impossible|nicht möglich|kann nicht|não (?:é possível|pode)",
    )
)  # fmt: skip
"""States of orders, parcels and goods: where the shop's words tell some, other words for them must tell at least one of these."""
