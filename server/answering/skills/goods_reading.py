"""What a question about goods asks for: stock, price, size, a comparison, the cart; and which of the goods told before it refers to.

Patterns over folded text in five languages. Which product is meant, and what is known of it, others decide.
"""

# ruff: noqa: E501 (patterns are read as lists of words)

import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from server.commerce.catalogue.fit import measures_in
from server.commerce.catalogue.words import fold

Kind: TypeAlias = Literal[
    "stock",
    "restock",
    "options",
    "price",
    "size",
    "warranty",
    "compatible",
    "compare",
    "reviews",
    "cart",
    "link",
    "seek",
    "about",
    "best",
]
_KINDS: Final[tuple[tuple[Kind, str], ...]] = (
    ("restock", r"back in stock|restock|again\b.{0,20}\b(available|stock|have)|(when|will|coming).{0,40}\bback\b|notify me|let me know when|cuando (vuelve|hay|habra|repon)|repon\w+|(de|a) nouveau (disponible|en stock)|reassort|revient|wieder (da|verfugbar|lieferbar|auf lager)|nachgeliefert|volta\w* (ao estoque|a ter)|reposicao"),
    ("stock", r"\bin stock|(^|[.?!,] )(got )?any \w+|\bis there an?y? |\bare there any |instock|availab|sold out|out of stock|\bany (left|more)|have .{0,30}\bleft|how many .{0,20}left|do (you|u|ya) (guys )?(still |also )?(have|sell|carry|stock|got)|have you got|\bgot any|(^|\W)(you )?have any|still (have|sell|selling)|existencias|disponib|\b(que|si) (tienen|tienes|teneis)|tienen|tienes|teneis|venden|vendeis|(?<!\bme )(?<!\ble )(?<!\bnos )queda[ns]?\b|agotad|\bhay\b|en stock|avez[- ]vous|vous avez|vendez|reste|epuise|auf lager|vorratig|verfugbar|lieferbar|ausverkauft|habt ihr|haben sie|fuhrt ihr|gibt es|verkauft|em estoque|disponiv|voces tem|vcs tem|(^|\W)tem\b|vendem|esgotad|restam"),
    ("options", r"come in|comes in|other (colou?r|size)|(which|what) ((colou?r|size|version|option)s|(colou?r|size) (are|is|options|does it come))\b|in (another|a different|other) (colou?r|size)|(en|de) (que|otros?|otras?) (color|talla)|que (colores|tallas)|(quelles?|autres?) (couleur|taille)s|existe en|(welche|andere\w*) (farben|grossen)\b|welche (farbe|grosse) (gibt|habt|haben)|gibt es (den|die|das|es|ihn|sie) (auch )?in|(quais|outras?) (cor|tamanho)|(vem|tem) em "),
    ("price", r"how much|price|\bcosts?\b|cuanto (cuesta|vale|es|sale)|precio|combien|\bprix\b|coute|kosten?\b|kostet|preis|wie teuer|quanto (custa|e|sai|ta|esta)|preco"),
    ("size", r"(what|which|whats?) size\b|size (should|do|would|shall|am|will|guide|chart)|right size|(will|would|does|do) (it|they|this|the \w+) fit me|fits? me|sizing|true to size|runs? (small|large|big)|(que|cual) talla|talla (necesito|me|uso|debo)|tabla de tallas|tallaje|quelle (taille|pointure)|(taille|chausse)\w* (petit|grand)|guide des tailles|welche (grosse|schuhgrosse)|grossentabelle|fallt .{0,20}\baus\b|passt mir|(que|qual) (o )?tamanho|tabela de (tamanhos|medidas)|i usually wear|usually (a|an|wear|take)|suelo (usar|llevar)|je (fais|porte) du|trage (sonst|normalerweise|gewohnlich)|costumo usar"),
    ("warranty", r"warranty|guarantee|garantia|garantie"),
    ("compatible", r"compatib|kompatib|works? with|go(es)? with (my|an?|the)|fits? (my|an?|the|in|on|onto) |fit (an?|the|my) |funciona con|sirve para (el|la|mi|un)|va con (el|la|mi)|(marche|fonctionne|va) avec|passt (zu|auf|an|in|fur)|passend|funktioniert mit|funciona com|serve (no|na|para o|para a|em)"),
    ("compare", r"differen[ct]|\bdiff\b|(which|what)( one)? of (your|the|these|those)( two| three)? |compare|comparison|versus|\bvs\b|better|(which|what)\W?s? .{0,14}(warmer|lighter|cheaper|softer|stronger|bigger|smaller|heavier|thicker|longer)|diferencia|compar[ae]|mejor|meilleur|comparer|unterschied|vergleich|besser|diferenca|melhor"),
    ("reviews", r"reviews?\b|ratings?\b|what do (people|customers|buyers|others|they) (say|think)|opinion|resenas?|valoracion|\bavis\b|bewertung|rezension|erfahrungen|avaliac|opinioes|que (dicen|dizem)|que disent|en disent|was (sagen|meinen|schreiben)"),
    ("cart", r"\b(cart|basket|bag please|checkout|carrito|cesta|carro de compra|panier|warenkorb|einkaufswagen|carrinho|sacola|cesto)\b|i'?ll (take|buy|have) (it|one|two|three|\d+|them|this|that|the)|(want|like) to (buy|order) (it|one|this|that|them)|lo compro|me l[oa] llevo|je (le|la|les) prends|ich nehme (es|ihn|sie|den|die|das)|vou (levar|comprar)"),
    ("link", r"\b(link|url)\b|enlace|\blien\b|where (can|do) i (buy|order|get|find)|donde (lo |la )?(puedo )?(compr|encuentr)|ou (puis-je )?(l'|le |la )?(achet|trouv)|wo (kann|finde) ich|onde (posso )?(compr|encontr)"),
    ("about", r"tell me|more about|about it|details|describe|\b(more )?info|mas sobre|informacion|cuentame|plus d'info|en savoir plus|parlez|mehr (uber|zu|info)|erzahl|mais sobre|informacoes|me fala"),
    ("best", r"\b(most|more) (popular|loved|liked)|\b(best|top)[ -]?(sell\w*|rated|reviewed|liked|loved)|highest[ -]rated|customer favou?rites?|mas (popular|vendid|valorad|gustad)\w*|mejor(es)? (valorad|puntuad)\w*|plus (populaire|vendu|apprecie)\w*|mieux notes?|meilleures? (vente|note)s?|beliebteste\w*|am beliebtesten|meistverkauft\w*|bestseller|best ?bewertet\w*|am besten bewertet\w*|mais (popular|vendid|bem avaliad)\w*|melhor(es)? avaliad\w*"),
    ("seek", r"looking for|\bsth\b|show me|recommend|suggest|\bgift|\bpresent\b|something|anything|(need|want) (an?|some|new)\b|cheap\w*|least expensive|barat\w+|economic\w*|(moins|pas) cher\w*|billig\w*|gunstig\w*|preiswert\w*|help me (choose|find|pick)|which .{0,30}\bfor\b|ideas?\b|busco|buscando|recom(i?end|ienda)|regalo|regalar|algo|necesito un|quiero un|cherche|conseill|cadeau|quelque chose|suche|empfehl|geschenk|etwas|brauche|procur|presente|preciso de|quero um"),
)  # fmt: skip
_BEST: Final = dict(_KINDS)["best"]
_ORDINALS: Final = (
    r"\b(first|1st|former|primer[oa]?|premiere?|erste[nrs]?|primeir[oa])\b",
    r"\b(second|2nd|latter|segund[oa]|deuxieme|seconde?|zweite[nrs]?)\b",
    r"\b(third|3rd|tercer[oa]?|troisieme|dritte[nrs]?|terceir[oa])\b",
    r"\b(fourth|4th|cuart[oa]|quatrieme|vierte[nrs]?|quart[oa])\b",
)
_CHEAPER: Final = r"\b(cheap(er|est)|less expensive|least expensive|lowest priced?|mas (barat|economic)\w*|moins chere?s?|billig(er|st)\w*|gunstig(er|st)\w*|mais (barat|em conta)\w*)\b"
_DEARER: Final = (
    r"\b((more|most) expensive|pricier|priciest|mas car[oa]s?|plus chere?s?|teuer(er|st)\w*|teurer\w*|mais car[oa]s?)\b"
)
_OR: Final = re.compile(r"\b(?:or|vs|versus|and|o|u|y|e|ou|et|oder|und)\b")
_EITHER: Final = re.compile(
    r"\b(?:or|vs|versus|o|u|ou|oder)\b|\b(?:choose|decide|torn) between\b|\bentre\b|\bzwischen\b"
)
_LAST: Final = r"\b(last|ultim[oa]|derniere?|letzte[nrs]?)\b"
_BOTH: Final = r"\b(both|the two|these two|them|amb[oa]s|l[oa]s dos|les deux|beiden?|die zwei|[oa]s dois|as duas)\b"
_BACK: Final = (
    r"\b(it|its|it's|that|this|those|these|them|they|the (blue|red|green|black|white|small|large|big|other|same)?\s?ones?|eso|esa|ese|esto|este|esta|"
    r"celui|celle|celles|ceux|ca|il|elle|ele|ela|isso|esse|essa)\b|"
    r"\b(lo|la|los|las) (tien|hay|vend|quier|pon|compr|pued|puedo|lav)|\b(la|le|les) (avez|vend|mett|lav|prend)|\bl'(avez|avoir|a)\b|\bvous l'|"
    r"^\W*(ponl|ponm|mett?ez[- ]l|leg es|coloc)"
)
_BACK_DE: Final = r"\b(es|ihn|sie|das|den|die|der|davon|damit|dazu)\b(?!\s+[A-ZÄÖÜ])"
_GOES_ON: Final = r"^\W*(and|what about|how about|ok(ay)?,? (and )?|also|or|y|e|et|und|oder|ou|o|mas|pero|mais|aber|entonces|alors|dann|then|so|que tal|wie ist es|was ist)\b"
_TROUBLE: Final = (
    r"\b(too (small|big|large|tight|loose|short|long|wide|narrow)|(does|do|did|is|was|are|wo|won|has|have)(n'?t| not)\b.{0,24}\b(fit|work|turn|come|arrive|close|open|charge|start|here)|"
    r"br[oe]ke(n|s)?|fell apart|falls apart|ripped|torn|tore|hole in|damaged|defective|faulty|cracked|leaks|leaking|(is|went|are) dead|stopped|"
    r"wrong|never (came|arrived|got)|waiting for|arrived|i (bought|got|received|ordered|purchased)|came (in|with|without|broken)|sent me|exchange|swap|return|refund|"
    r"(me|le) (queda|quedan|va|van)\b|rot[oa]s?\b|danad[oa]|equivocad|no (me )?(funciona|llega|llego|sirve)|compre|recibi|devolver|cambiar|"
    r"trop (petit|grand|serre|long|court)|casse\w*|dechir\w*|troue\w*|abime\w*|ne (marche|fonctionne|va) p|recu\b|achete|rembours|echang|"
    r"zu (klein|gross|eng|weit|kurz|lang)|drucken\b|druckt|kaputt|gerissen|beschadigt|defekt|funktioniert nicht|geht nicht|angekommen|gekauft|erhalten|bekommen|umtausch|zuruck|"
    r"(ficou|ficaram) |quebrad|rasgad|estragad|errad[oa]|nao (funciona|serve|chegou|veio)|comprei|recebi|veio |devolver|trocar)"
)
_SHORT: Final = 6
_VERB: Final = (
    r"^\W*(whats?|hows?|wheres?|is|are|does|do|did|can|could|has|have|will|would|what|how|which|why|where|when|es|esta|son|puede|tiene|que|como|est|sont|peut|comment|ist|sind|"
    r"kann|hat|wie|was|welche\w*|tem|pode|da|qual)\b"
)
_NUMBERS: Final = {
    "two": 2,
    "dos": 2,
    "deux": 2,
    "zwei": 2,
    "dois": 2,
    "duas": 2,
    "three": 3,
    "tres": 3,
    "trois": 3,
    "drei": 3,
    "four": 4,
    "cuatro": 4,
}


@dataclass(frozen=True, slots=True)
class Question:
    """A question about goods. `ordinal` counts from 0, -1 is the last of those that were told; `text` is without "best rated".

    `extreme` is -1 for the cheaper, 1 for the dearer one; `is_either` = it may be about two things, parted by an "or".
    `is_bare` = goods are named and nothing is asked; `is_trouble` = it tells what is wrong with something bought."""

    text: str
    kinds: tuple[Kind, ...]
    ordinal: int | None
    is_both: bool
    points_back: bool
    goes_on: bool
    extreme: int = 0
    is_either: bool = False
    is_bare: bool = False
    is_trouble: bool = False

    def asks(self, *kinds: Kind) -> bool:
        """Whether it asks for one of these."""
        return any(kind in self.kinds for kind in kinds)


def read(text: str) -> Question:
    """What a text asks about goods."""
    folded = fold(text)
    kinds = [kind for kind, pattern in _KINDS if re.search(pattern, folded)]
    if measures_in(text) and "size" not in kinds and not {"stock", "compatible"} & set(kinds):
        kinds.append("size")
    if "best" in kinds:  # "mejor valorada" compares nothing
        kinds = [kind for kind in kinds if kind not in ("compare", "reviews")]
    if "restock" in kinds and "stock" not in kinds:
        kinds.append("stock")
    ordinal = next((at for at, pattern in enumerate(_ORDINALS) if re.search(pattern, folded)), None)
    if ordinal is None and re.search(_LAST, folded):
        ordinal = -1
    words = len(re.findall(r"\w+", folded))
    return Question(
        re.sub(_BEST, " ", folded) if "best" in kinds else text,
        tuple(dict.fromkeys(kinds)),
        ordinal,
        bool(re.search(_BOTH, folded)),
        bool(re.search(_BACK, folded) or re.search(_BACK_DE, text)),
        bool(re.search(_GOES_ON, folded)) and words <= _SHORT,
        extreme=-1 if re.search(_CHEAPER, folded) else int(bool(re.search(_DEARER, folded))),
        is_either=bool(_EITHER.search(folded)),
        is_bare=not kinds and words <= _SHORT and "?" not in text and not re.search(_VERB, folded),
        is_trouble=not set(kinds) - {"seek"} and bool(re.search(_TROUBLE, folded)),
    )


def sides(text: str) -> list[tuple[str, str]]:
    """What stands before and after each word that may part two things."""
    folded = fold(text)
    return [(folded[: each.start()], folded[each.end() :]) for each in _OR.finditer(folded)]


def follow_up(text: str, kinds: Collection[str]) -> Question:
    """A message that asks again what was asked before, or taps what was offered."""
    known = tuple(kind for kind, _ in _KINDS if kind in kinds)
    return Question(text, known, None, is_both=False, points_back=True, goes_on=True)


def quantity_in(text: str) -> int:
    """How many pieces shall go into the cart; one where nobody says: "2 of them", "I'll take two"."""
    folded = fold(text)
    found = re.search(
        r"(?<![\w.,#/-])([2-9]|1\d|20)(?:\s?x\b|\s+(?:of|pieces|pcs|de|piezas|pieces|stuck|unidades)\b)", folded
    )
    if found:
        return int(found[1])
    word = re.search(
        r"\b(?:take|buy|have|add|want|order|llevo|quiero|compro|pon|prends|mettez|voudrais|nehme|mochte|leg|levar|quero|coloca)\w*\s+(?:l[eao]s?\s+)?(\w+)",
        folded,
    )
    return _NUMBERS.get(word[1], 1) if word else 1
