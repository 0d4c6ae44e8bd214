"""What people ask about the shop itself: when it is open, where it is, how it is reached, how one pays, large orders, price matching.

Each topic is read from the question, and is looked for in the shop's articles by the words that an answer to it would have. Patterns
read folded text: lower case, without accents. Nothing here answers anything.
"""

# ruff: noqa: E501 (a pattern is read whole, on one line)

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from server.commerce.catalogue.words import fold

_OWN: Final = re.compile(
    r"\b(?:my|this|that|mi|mis|ma|mon|mes|meine?[mnrs]?|meu|minha)\b[^.?!]{0,14}\b(?:orders?|purchase|account|file|parcel|package|delivery|pedidos?|compra|cuenta|paquete|commandes?|compte|colis|bestellung\w*|konto|paket|encomenda|conta)\b"
    r"|\b(?:carrier|courier|driver|ups|fedex|dhl|usps|transportista|repartidor|transporteur|livreur|zusteller|fahrer|transportadora|motorista)\b"
    r"|\bdo i have\b|\bon file\b|\b(?:saved|stored|guardad\w+|enregistre\w*|hinterlegt|gespeichert|salv[oa]s)\b"
)
"""Of an order or account of one's own, or of the carrier: no question about the shop."""
_MEANS: Final = (
    r"(?:visa|amex|american express|master ?card|maestro|discover|paypal|klarna|afterpay|affirm|clearpay|apple ?pay|google ?pay|shop ?pay|amazon pay|venmo|zelle|cash ?app|bit ?coins?|crypto\w*|cash|cod|credit|debit|cards?|bank transfer|wire|sepa|ideal|bancontact|twint|bizum|pix|boleto|oxxo|che(?:ck|que)s?|gift ?cards?|instal?lments?"
    r"|tarjetas?|efectivo|contra ?reembolso|transferencia|a plazos|cartes?(?: bleue)?|virement|en plusieurs fois|(?:kredit|ec-?|debit|geschenk)?karten?|rechnung|uberweisung|lastschrift|vorkasse|raten(?:zahlung)?|nachnahme|bar|cartao|cartoes|dinheiro|parcelad\w*|parcelas)"
)


_BOUGHT: Final = re.compile(
    r"\b(?:i|we) (?:just |already )?(?:bought|ordered|paid|purchased)\b|\b(?:compre|he comprado|pague|pedi)\b|\bj'ai (?:achete|paye|commande)\b|\b(?:gekauft|bestellt|bezahlt)\b|\b(?:comprei|paguei)\b"
)
"""What was bought already has a price of its own: whether that is mended is no question about other shops."""


@dataclass(frozen=True, slots=True)
class Topic:
    """One matter about the shop: the questions that mean it, the words that an answer to it has, and what it must tell."""

    name: str
    asked: re.Pattern[str]
    answered: re.Pattern[str]
    told: re.Pattern[str]


def _topic(name: str, asked: str, answered: str, told: str = "") -> Topic:
    return Topic(name, re.compile(asked), re.compile(answered), re.compile(told))


HOURS: Final = _topic(
    "hours",
    r"\b(?:opening|business|working|store|shop|office|service|support|customer service) (?:hours|times)\b|\b(?:what|which|when|until|till)\b[^.?!]{0,16}\b(?:are|r|do|does|is)\b (?:you|u|ya|yall|your (?:shop|store|team|support)|the (?:shop|store|team)|support|customer service)(?: guys)? (?:open|close|closing|shut|start|available)\b|\b(?:are|r) (?:you|u|ya)(?: guys)? (?:still )?(?:open|closed)\b(?! to)|\bhours of (?:operation|business)\b|\b(?:what|which) (?:are|r) (?:your|ur|the) hours\b"
    r"|\bhorarios?\b(?![^.?!]*\b(?:entrega|reparto|envio)\b)|\b(?:a que hora|cuando|que dias|hasta que hora)\b[^.?!]{0,10}\b(?:abr[eia]\w*|cierr\w+|cerr\w+|atiend\w+)\b|\best(?:a|an|ais) abiert\w+\b"
    r"|\bhoraires?\b(?![^.?!]*\blivraison\b)|\b(?:vous etes|etes-vous|est|c'est) (?:ouverts?|fermes?)\b|\b(?:a|jusqu'a) quelle heure\b[^.?!]{0,12}\b(?:ouvr|ferm)\w+|\bquand\b[^.?!]{0,10}\b(?:ouvr|ferm)\w+"
    r"|\b(?:offnungs|geschafts|service|laden)zeiten\b|\b(?:wann|wie lange|bis wann|ab wann)\b[^.?!]{0,24}\b(?:offen|geoffnet|auf|zu|erreichbar)\b\W*$|\b(?:wann|bis wann)\b[^.?!]{0,6}\b(?:offnet|schlie(?:ss|ß)t|macht)\b|\b(?:habt|haben|seid|sind) (?:ihr|sie)\b[^.?!]{0,16}\b(?:offen|geoffnet)\b"
    r"|\bhorario de (?:funcionamento|atendimento|abertura)\b|\bque horas?\b[^.?!]{0,10}\b(?:abre\w*|fecha\w*|abrem|funcion\w+)\b|\best(?:a|ao) abert\w+\b",
    r"\b(?:opening|business|store|office|desk|our|support|service) hours\b|\b(?:we are|we're|is|are) open\b|\bopen (?:from|on|every|daily|mon)\w*|\bhours (?:are|of)\b|\bhorarios?\b|\babiert\w+\b|\bhoraires?\b|\bouverts?\b|\boffnungszeiten\b|\bgeoffnet\b|\babert[oa]s?\b|\bfuncionamento\b",
    r"\d ?(?:a\.?m|p\.?m|uhr|h)\b|\d{1,2}[:.h]\d\d|\b24 ?/ ?7\b|\bclosed\b|\bcerrad|\bferme\b|\bgeschlossen\b|\bfechad",
)
PLACE: Final = _topic(
    "place",
    r"\b(?:do|have|does|got)\b[^.?!]{0,10}\b(?:you|u|the company)(?: guys)? (?:have |got |run |own )?(?:an? |any )?(?:physical |real |actual |offline |local |brick[- ]and[- ]mortar )*(?:stores?|shops?|showrooms?|branch(?:es)?|outlets?|locations?)\b(?! (?:credit|hours))|\bwhere (?:is|are|r|s)\b[^.?!]{0,6}\b(?:(?:your|ur|the|nearest|closest|physical) )+(?:stores?|shops?|showrooms?|branch\w*|offices?|locations?|company)\b|\bwhere (?:are|r) (?:you|u)(?: guys)? (?:located|based|from|at)\b|\b(?:store|shop) (?:location|address|locator)s?\b|\b(?:visit|come to|come by|walk into|drop by|pop into)\b[^.?!]{0,8}\b(?:you|your|the) ?(?:store|shop|showroom|office)?\b|\b(?:physical|offline) (?:stores?|shops?|location)\b|\bbrick[- ]and[- ]mortar\b"
    r"|\b(?:teneis|tienen|tienes|hay)\b[^.?!]{0,8}\b(?:tiendas?(?: fisic\w+)?|local(?:es)?|sucursal\w*|showroom)\b|\bdonde\b[^.?!]{0,10}\b(?:esta|queda|estan|se encuentra)n?\b[^.?!]{0,6}\b(?:tiendas?|local|oficinas?|ubicad\w+)\b|\btiendas? fisicas?\b"
    r"|\b(?:avez[- ]vous|vous avez|as-tu|y a-t-il)\b[^.?!]{0,10}\b(?:magasins?|boutiques?(?: physiques?)?|showroom)\b|\bou\b[^.?!]{0,14}\b(?:se trouve|est|sont|se situe)\b[^.?!]{0,10}\b(?:magasins?|boutiques?|bureaux?)\b|\b(?:magasin|boutique) physique\b"
    r"|\b(?:habt|haben|gibt|hat)\b[^.?!]{0,14}\b(?:laden|ladengeschafte?|geschafte?|filialen?|showroom)\b|\bwo\b[^.?!]{0,6}\b(?:ist|liegt|befindet|sind|finde|seid|sitzt)\b[^.?!]{0,14}\b(?:laden|ladengeschaft|geschaft|filialen?|standort)\b"
    r"|\b(?:tem|ha|voces tem)\b[^.?!]{0,8}\b(?:lojas? (?:fisica|em)\w*|showroom)\b|\bonde\b[^.?!]{0,4}\b(?:fica|e|esta|ficam)\b[^.?!]{0,6}\b(?:lojas?|escritorio)\b|\blojas? fisicas?\b",
    r"\bshowrooms?\b|\bour (?:store|shop|address|location)s?\b|\bphysical (?:store|shop)s?\b|\bvisit us\b|\btiendas? fisicas?\b|\bnuestra (?:tienda|direccion)\b|\bnotre (?:magasin|boutique|adresse)\b|\b(?:magasin|boutique) physique\b|\bladengeschaft\w*|\bfilialen?\b|\bunser laden\b|\blojas? fisicas?\b|\bnossa loja\b",
)
CONTACT: Final = _topic(
    "contact",
    r"\b(?:what(?:'?s| is| are)|do you have|have you got|is there|give me|can i (?:get|have)|where (?:can i find|is)|need|looking for)\b[^.?!]{0,14}\b(?:your|ur|an?|the|customer|any)\b[^.?!]{0,18}\b(?:phone|telephone|contact|hotline|support|service|whatsapp|toll[- ]free) ?(?:number|e-?mail|details|info\w*|line|address|no)\b|\bwhat(?:'?s| is) (?:your|ur) (?:phone|number|e-?mail(?: address)?|hotline)\b|\bhow (?:can|do|could|would|to)\b(?: i| we)? (?:contact|reach|call|phone|e-?mail|get in touch with|get (?:a )?hold of) (?:you|u|ya|your (?:support|team|shop)|customer (?:service|support)|the (?:shop|store)|support)\b|\b(?:number|phone number) (?:to|i can) call\b|\bcan i (?:call|phone|ring|e-?mail) (?:you|u)\b"
    r"|\b(?:cual es|teneis|tienen|tienes|dame|me (?:das|dais|dan|pueden dar)|hay)\b[^.?!]{0,14}\b(?:telefono|numero de (?:telefono|contacto|atencion)|correo(?: electronico)? de (?:contacto|atencion)|whatsapp|datos de contacto)\b|\bcomo (?:puedo |podria )?(?:os |les |los |te |me )?(?:contact\w+|llam\w+|localiz\w+|comunic\w+)(?:os|les|los|te|me)?(?: con (?:ustedes|vosotros|la tienda))?\W*$"
    r"|\b(?:quel(?:le)? est|avez[- ]vous|donnez|c'est quoi|y a-t-il|je (?:cherche|veux))\b[^.?!]{0,12}\b(?:numero(?: de telephone)?|telephone|adresse e-?mail|coordonnees)\b|\bcomment\b[^.?!]{0,16}\bvous (?:contacter|joindre|appeler)\b"
    r"|\b(?:wie (?:ist|lautet)|habt|haben|gibt|hat)\b[^.?!]{0,14}\b(?:telefonnummer|rufnummer|hotline|e-?mail-?adresse|kontaktdaten|kontaktadresse)\b|\bwie\b[^.?!]{0,20}\b(?:(?:euch|sie|dich) (?:\w+ )?(?:erreich\w+|kontaktier\w+|anruf\w+)|(?:erreiche|kontaktiere) ich (?:euch|sie|dich))"
    r"|\b(?:qual e|tem|voces tem|me (?:da|passa))\b[^.?!]{0,12}\b(?:telefone|numero (?:de telefone|de contato|do whatsapp)|e-?mail de (?:contato|atendimento)|whatsapp)\b|\bcomo\b[^.?!]{0,14}\b(?:entr\w+ em contato|contat\w+|ligar)\b(?: com (?:voces|a loja)| para (?:voces|a loja))?\W*$",
    r"\b(?:call|reach|contact|write to|e-?mail) us\b|\b(?:phone|telephone|contact|hotline)\b|\btelefono\b|\bcontacto\b|\btelephone\b|\bnous (?:joindre|contacter|appeler)\b|\btelefon\w*|\bkontakt\w*|\berreich\w+|\btelefone\b|\bcontato\b",
    r"\+?\d[\d ().-]{6,}\d|[\w.+-]@[\w-]+\.\w",
)
BULK: Final = _topic(
    "bulk",
    r"\b(?:bulk|wholesale|whole sale|b2b|resell\w*|reseller\w*|stockist\w*)\b|\b(?:large|big|corporate|business|company) (?:orders?|quantit\w+|gift\w*) (?:discount\w*|pric\w+|rate\w*)|\b(?:corporate|trade|volume|quantity|group) (?:gifts?|gifting|discounts?|accounts?|pric\w+|orders?)\b|\bdiscounts? (?:for|on) (?:large|bigger|big|more|many|\d{2,})\b"
    r"|\bal (?:por )?mayor\b|\bmayoristas?\b|\b(?:grandes cantidades|descuento por (?:volumen|cantidad))\b|\brevend\w+|\b(?:en gros|grossistes?|grandes? quantites?|tarifs? (?:pro|professionnels?|de gros))\b|\brevendeurs?\b"
    r"|\bgrosshandel\w*|\bgro(?:ss|ß)handel\w*|\b(?:gro(?:ss|ß)e[nr]?|gro(?:ss|ß)ere) mengen?\b|\bmengenrabatt\w*|\bstaffelpreis\w*|\bwiederverk\w*|\bgro(?:ss|ß)bestell\w*|\b(?:no |por |em )?atacado\b|\batacadistas?\b|\bgrandes quantidades\b",
    r"\b(?:bulk|wholesale|b2b|resell\w*|corporate|trade account|large orders?|volume discount)\w*|\bal por mayor\b|\bmayorista\w*|\bgrandes cantidades\b|\ben gros\b|\bgrossiste\w*|\bgrandes? quantites?\b|\bgro(?:ss|ß)handel\w*|\bmengenrabatt\w*|\bgro(?:ss|ß)bestell\w*|\batacado\b|\bgrandes quantidades\b",
)
PRICE_MATCH: Final = _topic(
    "price_match",
    r"\bprice[- ]?match\w*|\b(?:match|beat)\b[^.?!]{0,24}\b(?:prices?|offers?|deals?)\b|\b(?:cheaper|lower price|less|better price)\b[^.?!]{0,12}\b(?:on|at|in|from) (?:amazon|ebay|walmart|target|etsy|aliexpress|temu|another|other|a different|a competitor\w*|competitors)\b[^.!]*\?|\bcheaper elsewhere\b[^.!]*\?"
    r"|\bigual\w+[^.?!]{0,20}\bprecios?\b|\bmas barat\w+ en (?:otr\w+|amazon|la competencia)\b[^.!]*\?|\b(?:alignez|aligner|egalez|egaler)\b[^.?!]{0,24}\b(?:prix|concurrence)\b|\bmoins cher\w* (?:chez|sur|ailleurs)\b[^.!]*\?"
    r"|\b(?:best|tief|niedrig)?preisgarantie\b|\bpreise?\b[^.?!]{0,24}\b(?:mitgehen|mithalten|angleichen)\b|\bgunstiger (?:bei|auf) (?:amazon|ebay|einem anderen|der konkurrenz|anderen)\b[^.!]*\?|\b(?:igual\w+|cobre[mn]?|cobrir)\b[^.?!]{0,20}\bprecos?\b|\bmais barat\w+ (?:na|no|em) (?:amazon|outr\w+|concorren\w+)\b[^.!]*\?",
    r"\bprice[- ]?match\w*|\bmatch\w* (?:the )?prices?\b|\bigual\w+\b[^.?!]{0,20}\bprecios?\b|\b(?:align\w+|egal\w+)\b[^.?!]{0,20}\bprix\b|\bpreisgarantie\b|\bpreise? (?:anderer|von)\b|\b(?:igual\w+|cobrimos)\b[^.?!]{0,20}\bprecos?\b",
)
WAYS_TO_PAY: Final = _topic(
    "ways_to_pay",
    rf"\b(?:possible|option|way|ok|okay|allowed|able)\b[^.?!]{{0,6}}\bpay\b[^.?!]{{0,16}}\b{_MEANS}\b|\b(?:do|can|will|does|are)\b[^.?!]{{0,8}}\b(?:you|u|ya|yall|they|it|i|we)\b[^.?!]{{0,14}}\b(?:accept|accepting|take|taking|support|pay|use|offer)\b[^.?!]{{0,24}}\b{_MEANS}\b|\b(?:accept|take) (?:{_MEANS})\b[^.?!]{{0,20}}\?|\bis (?:{_MEANS})(?: (?:payment|pay))? (?:ok|okay|accepted|fine|possible|an option)\b|\b(?:which|what)\b[^.?!]{{0,20}}\b(?:payment (?:methods?|options?|types?)|ways? (?:of|to) pay(?:ing)?|forms? of payment|(?:credit )?cards?)\b[^.?!]{{0,20}}\b(?:do|are|can|does|you)\b|\bhow (?:can|do) (?:i|we|you) pay\b(?! (?:for (?:the|my) (?:difference|return|label))|back)|(?<!original )(?<!same )(?<!stored )(?<!saved )\b(?:payment (?:methods|options))\W*$"
    rf"|\b(?:acept(?:an|ais|as|a)|puedo pagar|se puede pagar|puede pagarse|cogeis)\b[^.?!]{{0,20}}\b{_MEANS}\b|\b(?:que|cuales)\b[^.?!]{{0,16}}\b(?:metodos|formas|medios) de pago\b|\bcomo (?:puedo|se puede) pagar\b"
    rf"|\b(?:acceptez|prenez|peut-on payer|puis-je (?:payer|regler)|on peut payer)\b[^.?!]{{0,20}}\b{_MEANS}\b|\bquels? (?:sont les )?(?:moyens|modes) de paiement\b|\bcomment (?:puis-je|peut-on) (?:payer|regler)\b"
    rf"|\b(?:nehmt|nehmen|akzeptiert|akzeptieren)\b[^.?!]{{0,16}}\b{_MEANS}\b|\bkann (?:ich|man)\b[^.?!]{{0,16}}\b{_MEANS}\b[^.?!]{{0,10}}\b(?:be)?zahlen\b|\bwelche (?:zahlungs|bezahl)\w+|\bwie kann (?:ich|man) (?:be)?zahlen\b"
    rf"|\b(?:aceitam?|posso pagar|da para pagar|pode-se pagar)\b[^.?!]{{0,20}}\b{_MEANS}\b|\bquais\b[^.?!]{{0,10}}\b(?:formas|meios|metodos) de pagamento\b|\bcomo (?:posso|da para) pagar\b",
    rf"\b{_MEANS}\b|\b(?:ways? to pay|payment methods?|metodos de pago|moyens de paiement|zahlungsarten|formas de pagamento)\b",
)
SHIPPING_COST: Final = _topic(
    "shipping_cost",
    r"\b(?:how much|what)\b[^.?!]{0,14}\b(?:is|are|does|do|for|s)\b[^.?!]{0,12}\b(?:shipping|postage|delivery)\b(?! (?:date|time|day|status|address))[^.?!]{0,30}(?:\bcost|\bto \w+|\?|$)|\b(?:shipping|delivery) (?:costs?|fees?|charges?|rates?|prices?)\b[^.!]*(?:\?|$)|\bcosts? of (?:shipping|delivery)\b|\bfree (?:shipping|delivery)\b[^.]*\?|\b(?:do|can|will) (?:you|u) (?:\w+ )?(?:ship|deliver) (?:to|in|internationally|abroad|overseas|worldwide)\b"
    r"|\bcuanto\b[^.?!]{0,12}\b(?:cuesta|cuestan|es|vale|sale)\b[^.?!]{0,8}\b(?:envio|gastos de envio|mandar)\b|\b(?:gastos|costes?|costos?|precio) (?:de|del) envio\b|\benvio (?:gratis|gratuito)\b[^.]*\?|\b(?:enviais|envian|hacen envios|haceis envios) (?:a|al)\b"
    r"|\bcombien\b[^.?!]{0,12}\b(?:coute|coutent|est|pour)\b[^.?!]{0,8}\b(?:livraison|envoi|port)\b|\bfrais de (?:port|livraison|d'envoi)\b|\blivraison (?:gratuite|offerte)\b[^.]*\?|\b(?:livrez-vous|vous livrez) (?:en|au|aux|a)\b"
    r"|\bversandkosten\w*|\b(?:was|wie viel|wieviel) kostet\b[^.?!]{0,10}\b(?:versand|lieferung|porto)\b|\b(?:kostenlos\w*|gratis) (?:versand|lieferung)\b[^.]*\?|\b(?:versendet|liefert|verschickt) (?:ihr|sie)\b[^.?!]{0,8}\b(?:nach|in)\b"
    r"|\bquanto\b[^.?!]{0,10}\b(?:custa|e|fica|sai)\b[^.?!]{0,6}\b(?:frete|envio|portes?|entrega)\b|\b(?:valor|custo|preco) d[oe] (?:frete|envio)\b|\bfrete gratis\b[^.]*\?|\b(?:entregam|enviam|fazem entrega) (?:em|para|no|na)\b",
    r"\b(?:shipping|delivery|postage)\b|\benvios?\b|\blivraison\b|\bport\b|\bversand\w*|\blieferung\w*|\bfrete\b|\bentregas?\b|\bportes\b",
    r"\d|\bfree\b|\bgratis\b|\bgratuit\w*|\bkostenlos\w*|\bworldwide\b",
)
DELIVERY_TIME: Final = _topic(
    "delivery_time",
    r"\bif (?:i|we) (?:order|buy|place|bought|ordered|get)\b[^.?!]{0,50}\b(?:arriv\w*|be here|come|deliver\w*|reach|have it|get it|ship\w*)\b|\b(?:arriv\w*|get (?:it|here|them)|be here|come|deliver\w*|have it)\b[^.?!]{0,40}\bif (?:i|we) (?:order|buy|place)\b"
    r"|\bsi (?:lo |la |los |las )?(?:pido|compro|encargo|hago el pedido)\b[^.?!]{0,40}\b(?:lleg\w+|recib\w+|tard\w+)\b|\b(?:lleg\w+|recib\w+|tard\w+)\b[^.?!]{0,40}\bsi (?:lo |la )?(?:pido|compro|encargo)\b"
    r"|\bsi je (?:le |la |les )?(?:commande|l'achete|passe commande)\b[^.?!]{0,40}\b(?:arriv\w+|recevr\w+|livr\w+|recois)\b|\b(?:arriv\w+|recevr\w+|livr\w+)\b[^.?!]{0,40}\bsi je (?:le |la )?commande\b"
    r"|\bwenn ich\b[^.?!]{0,24}\b(?:bestell\w*|kauf\w*)\b[^.?!]{0,40}\b(?:da|an|ankomm\w*|geliefert|kommt|bekomme)\b|\b(?:kommt|kame|geliefert|bekomme|ware)\b[^.?!]{0,40}\bwenn ich\b[^.?!]{0,24}\bbestell\w*"
    r"|\bse eu (?:pedir|comprar|encomendar)\b[^.?!]{0,40}\b(?:cheg\w+|receb\w+|demor\w+)\b|\b(?:cheg\w+|receb\w+|demor\w+)\b[^.?!]{0,40}\bse eu (?:pedir|comprar|encomendar)\b",
    r"\b(?:deliver\w*|shipping|arriv\w*)\b|\b(?:entregas?|envios?|llega\w*)\b|\b(?:livraison|livr\w+)\b|\b(?:liefer\w*|versand\w*)\b",
    r"\b\d+[^.]{0,20}\b(?:days?|hours?|weeks?|dias?|horas|semanas?|jours?|heures|semaines?|tage?n?|werktage?n?|stunden|wochen?)\b",
)

TOPICS: Final = (HOURS, PLACE, CONTACT, BULK, PRICE_MATCH, WAYS_TO_PAY, DELIVERY_TIME, SHIPPING_COST)
IN_ARTICLES: Final = (DELIVERY_TIME, SHIPPING_COST)
"""What the shop's articles may well answer in words of their own."""
_LONGEST: Final = 240


def topic(text: str) -> Topic | None:
    """The matter about the shop that a text asks for; None for anything else, and for an order of one's own."""
    if len(text) > _LONGEST:
        return None
    folded = fold(text.replace("’", "'"))
    found = next((each for each in TOPICS if each.asked.search(folded)), None)
    is_own = _OWN.search(folded) or (found is PRICE_MATCH and _BOUGHT.search(folded))
    return None if is_own else found


def asked_in(clauses: Sequence[str]) -> list[str]:
    """Those clauses that ask about the shop itself."""
    if _BOUGHT.search(fold(" ".join(clauses))):
        return [each for each in clauses if topic(each) not in (None, PRICE_MATCH)]
    return [each for each in clauses if topic(each) is not None]
