"""What a customer says about a return, read by words: which items, how many, why, and how it should end.

Patterns in five languages; what they do not find is asked for. Nothing here decides.
"""

# ruff: noqa: E501 (patterns are read as lists of words)

import re
import unicodedata
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Final

from server.answering.context import Option
from server.answering.words.option_words import NONE_VALUES, YES_VALUES, without_measures
from server.commerce.model import Line, Variant

_REASONS: Final[Mapping[str, str]] = {
    "not_received": r"never (arrived|came|got here|received)|nunca (llego|recibi|chegou)|jamais (arrive|recu)|nie (angekommen|erhalten|bekommen)",
    "wrong_item": r"(sent|shipped|got|gave|received)( me| us)? (the |a |an )?(wrong|different) (?!address|place|e-?mail|code|link)|(sent|got|received|gave|shipped) (me |us )?(the |a |an )?[\w ]{1,30},? (but )?(i|we)( had|'d)? (ordered|asked for|wanted|bought)|instead of the (\w+ ){1,3}(i|we) ordered|(me )?(enviaron|mandaron|llego|ha llegado|habeis enviado) [\w ]{1,30} (y|pero) (yo )?(habia )?pedi|en (vez|lugar) del? [\w ]{1,30} que pedi|(recu|envoye) [\w ]{1,30} au lieu d|(bekommen|geschickt|erhalten|geliefert)[\w ,]{0,20} statt|statt (der|des|dem|die) [\w ]{1,30} (bekommen|geschickt|erhalten)|(recebi|veio|mandaram|enviaram) [\w ]{1,30} (em vez|no lugar)|galat (item|saman|product|size|color|colour)|wrong (item|one|thing|colou?r|size (was )?sent|product|shoes?|model)|not (what|the one) i ordered|(articulo|producto|color|talla) equivocad|no es lo que pedi|mauvais (article|produit|modele)|pas ce que j'ai commande|falsche[rsnm]? (artikel|ware|produkt|gr|farbe)|nicht bestellt|(produto|item|cor|tamanho) errad|nao foi o que pedi",
    "missing_part": r"(part|piece|screw|cable|button|lid|charger)s? (is |are |was |were )?missing|missing (a |some |the )?(part|piece|screw|cable|button|lid|charger)|falta (una|la) pieza|il manque (une|la) piece|fehlt ein(e|) (teil|schraube)|falta(ndo)? (uma|a) peca",
    "missing_item": r"(item|one of (them|the items)|half of it) (is |was )?missing|missing (an |one )?item|only (got|received) one|falta un articulo|il manque un article|ein artikel fehlt|falta(ndo)? um (item|produto)",
    "damaged_in_transit": r"\b(soaking|soaked|ruined|crushed|wet through|mojad[oa]s?|trempee?s?|durchnasst|vollig nass|molhad[oa]s?|encharcad[oa]s?)\b|(arrived|came|delivered|got here) (\w+ ){0,3}(broken|damaged|smashed|cracked|torn|in pieces)|damaged (on the way|in transit|in (the )?(post|mail|shipping))|box was (crushed|damaged)|llego (\w+ ){0,2}(rot|danad)|arrive (\w+ ){0,2}(casse|abime|endommage)|(kaputt|beschadigt|zerbrochen) (\w+ ){0,2}(angekommen|geliefert)|chegou (\w+ ){0,2}(quebrad|danificad)",
    "defective": r"\b(zip(per)?|fermeture|reissverschluss|cremallera|fecho|ziper) (\w+ ){0,3}(stuck|jammed|broke\w*|casse\w*|bloque\w*|klemmt|kaputt|rot[oa]|atascad\w*|estragad\w*|partid\w*)|(no|kein\w*) (sound|ton)\b|(gibt|macht|spielt|geht) (keinen|kein|nicht|nichts)( \w+)? (ton|mehr|an)\b|no (suena|enciende|carga)|s'allume pas|plus de son|nao (liga|carrega|acende)|(khar?ab|toota|toot gay[ai]|tuta|phata) ?(hai|hua|hui|nikl\w*|gaya|gayi|tha)?|keeps? (cutting out|turning off|crashing|disconnecting)|\bleak(s|ing|y)?\b|chipped|saltad[oa]|ebrech\w*|abgeplatzt|esburacad|lascad|\bbent\b|doblad|verbogen|defect|faulty|doesn'?t work|does not work|not working|stopped working|(?:won'?t|will not|doesn'?t|does not) (?:switch|turn|power) on|won'?t (?:start|charge)|(?:has|have|got|with) (?:an? |two |some |big |huge |small |tiny )*(?:holes?|cracks?|scratch(?:es)?|stains?|tears?|rips?|dents?)\b|came apart|fell apart|broke\b|broken|damaged|cracked|ripped|torn|hole in|falls? apart|\brot[oa]s?\b|danad[oa]|averiad|no funciona|deshil|abime|casse|endommage|dechire|ne (marche|fonctionne) (pas|plus)|beschadigt|zerbrochen|kaputt|gerissen|loch in|funktioniert nicht|danificad|quebrad|rasgad|nao funciona|com defeito",
    "not_as_described": r"not as (described|pictured|shown|advertised)|looks (nothing like|different)|no es como|diferente a (la|las) (foto|descripcion)|pas conforme|ne (correspond|ressemble) pas|nicht wie (beschrieben|abgebildet)|sieht anders aus|diferente (do|da|das)",
    "size_small": r"\b(pinch\w*|squeez\w*|cuts? in)\b|(two|one|a) sizes? (too )?small|don'?t fit over|me apriet\w*|aprietan|me serre\w*|druckt|drucken|aperta\w*|fica\w*( |-me |-lhe )(apertad|pequen|curt)|(size|ye|yeh) (bahut )?(chhot|chot)[aie]|(chhot|chot)[aie] (hai|hain)|tight (hai|hain)|too (small|tight|short|narrow)|runs small|pequen|me queda (chic|apretad|just)|apretad|estrech|trop (petit|serre|court|etroit)|zu (klein|eng|kurz|schmal)|pequen[oa]|apertad|ficou (curt|just)",
    "size_large": r"\b(swim|swimming|drown\w*) in (it|them)|fall(s|ing)? off my|(two|one|a) sizes? (too )?(big|large)|me (viene|queda)n? (enorme|grande)|flott\w*|schlabber\w*|fica\w*( |-me |-lhe )(grande|larg)|(size )?(bahut )?bad[aie] (hai|hain)|loose (hai|hain)|too (big|large|loose|long|wide)|runs (large|big)|(demasiado|muy) (grande|larg|anch)|me queda (grande|larg)|trop (grand|large|long)|zu (gross|weit|lang|breit)|muito (grande|larg|comprid)|ficou grande",
    "arrived_late": r"(too|arrived|came) late|(llego|demasiado) tarde|trop tard|zu spat|(chegou|muito) tarde|tarde demais",
    "style_color": r"(not|isn'?t|wasn'?t) (really )?(my|our) (style|taste|colou?r|thing)|(too|so) (scratchy|itchy|rough|stiff|heavy|strong|bright|dark|sweet|plain|thin|thick)|(don'?t|do not|didn'?t) (like|love) the (smell|scent|feel|material|fabric|shape|pattern)|not a fan of|wrong (scent|smell|shade)|no me (gusta|convence|encanta|acaba de gustar)n? (el |la |nada |mucho )?(color|olor|tejido|tela|estilo|diseno|forma)|(pica|rasca) mucho|(gratte|pique)|(couleur|odeur|matiere|coupe)s? ne me (pla|convien)|(kratzt|riecht)|gefallt (mir )?(die|der|das) (farbe|geruch|stoff)|(arranha|cheiro|tecido) (\w+ )?(demais|forte|nao)|(color|colour|rang) (pasand|achh?a) (nahi|nhi)|(don'?t|do not|didn'?t) like (how|the (colou?r|style|look|fit))|colou?r (is|was) (off|different)|(colou?r|style|look|fit)s? (is|was|are|isn'?t|wasn'?t)( not)? what i (expected|imagined|thought)|no me gusta (el color|como)|(couleur|style) ne me pla[i]?t|(farbe|stil|schnitt) gefallt|nao gostei d[ao] (cor|estilo)",
    "gift": r"\b(was|is) a gift\b(?! card)|unwanted gift|(era|es|fue) un regalo|(c'etait|c'est) un cadeau|(war|ist) ein geschenk|(era|foi) (um )?presente",
    "warranty": r"\b(under|still in|in) warranty|warranty (case|claim)|en garantia|sous garantie|garantiefall|na garantia",
    "unwanted": r"bought (it |them )?by mistake|ordered (it |them )?by (mistake|accident)|don'?t (want|need) (it|them|this|these) any ?more|found (it )?(cheaper|something else|a better)|(lo|la|los|las) (compre|pedi) (por error|sin querer)|me (he )?arrepent\w*|par erreur|versehentlich|aus versehen|(comprei|pedi) por engano|arrepend\w*|(nahi|nhi) chahiye|pasand (nahi|nhi)|changed? my mind|(not|isn'?t|wasn'?t) what i (expected|imagined|thought)|(don'?t|do not|didn'?t) (want|need|like)|no longer (want|need)|not for me|doesn'?t suit|cambi(e|ado) de (idea|opinion)|ya no (lo |la |los |las )?(quiero|necesito)|no (lo |la |los |las )?quiero|no me gusta|change d'avis|(plus|pas) besoin|ne (me )?pla[i]?t pas|n'en veux (plus|pas)|anders uberlegt|umentschieden|gefallt (mir )?nicht|(brauche|will|mochte) .{0,14}nicht|mudei de ideia|nao (quero|gostei|preciso)",
}
"""Reasons, the more exact before the more general; folded text, so without accents."""

_OUTCOMES: Final[Mapping[str, str]] = {
    "credit": r"store credit|gift card|voucher|\bcredit\b|credito|saldo|\b(un|mon|cet) avoir\b|avoir (client|magasin)|bon d'achat|guthaben|gutschein|\bvale (de|compra|presente)|vale-(compra|presente)",
    "replace": r"\b(new|fresh) (ones?|pair|set|copy)\b|(?<!size )\banother (one|pair|set)? ?(please|pls|just like it|like it|of the same)\b|\b(send|want|get|give|have|need) (me |us )?(just )?(the )?(right|correct|missing|actual) (one|ones|item|thing|colou?r|product)s?\b|\bsend (me )?(another|a new|new ones?|the (rest|others?|missing))\b|\b(otro|otra)s? (igual(es)?|nuev[oa]s?)\b|\bquiero (otro|otra)\b(?! (talla|color))|\b(el|la) (correct[oa]|que falta|que pedi)\b|\bj'en veux un(e)? autre\b|\b(le|la) (bon|bonne) (article|produit|couleur)\b|\bce qui manque\b|\b(noch ?mal|nochmals) (schicken|senden|liefern)\b|\bnachliefer\w*|\bdas (richtige|fehlende)\b|\bquero (outro|outra)\b(?! (tamanho|cor))|\b(o|a) (certo|certa|que falta|correto|correta)\b|\b(naya|nayi|dusra|doosra) (bhej\w*|de do|chahiye|dedo)\b|\bdobara bhej\w*|replace|a new one|(send|get) (me )?(another|a new)|same (one|item) again|reemplaz|otro igual|uno nuevo|remplac|un (nouveau|neuf)|ersatz|ein(en)? neue[nrs]|substitu|outro igual|um novo",
    "repair": r"\brepair|\bfix it|repar(ar|acion|er|ation|iert|ieren)|reparatur|consert",
    "exchange": r"exchang|\bswap|(different|other|another|bigger|smaller|larger) (size|colou?r|one)|cambi(o|ar|en|arlo|arla)\b|otra talla|echang|autre (taille|couleur)|umtausch|\btausch|andere (grosse|farbe)|troca|outr[oa] (tamanho|cor)",
    "refund": r"\b(paise|paisa|refund) (wapas|wapis|vapas|chahiye|karo|kar do|de do)\b|\bmoney (please|pls)\b|\bje (veux|voudrais|prefere) (etre )?rembours\w*|\bque me devuelv\w* el (dinero|importe)|\bmi plata\b|refund|money back|reembols|devol\w* (el|mi|do|o|meu) dinheir?o?|mi dinero|rembours|erstatt|geld zuruck|meu dinheiro|dinheiro de volta|estorno",
}
_NEGATED: Final = (
    r"(?:don'?t|do not|not|no|sin|pas|kein\w*|nicht|nao|statt|instead of|rather than|en vez de|au lieu d\w*|em vez de)\s+(?:\w+\s+){0,3}"
    r"(?:refund|money back|exchange|store credit|credit|replacement|reembolso|cambio|remboursement|echange|avoir|umtausch|erstattung|gutschein|guthaben|troca)"
)
_SEALED: Final = re.compile(
    r"\bun-?opened\b|(?<!not )(?<!longer )(?<!n't )\bsealed\b|\b(?:not|never|n't|haven't|hasn't|didn't|no|sin|pas|nicht|nie|nao) (?:\w+ ){0,2}"
    r"(?:open(?:ed)?|abr\w+|abiert[oa]s?|ouvert\w*|geoffnet|aufgemacht|abert[oa]s?)\b|precintad|\bscelle|versiegelt|ungeoffnet|lacrad"
)
_OPENED: Final = re.compile(
    r"\bopened\b|\b(?:is|are|was|were|they're|it's) open\b|broke the seal|seal (?:is |was |has been )?broken|(?:not|no longer|n't) sealed|"
    r"\b(?:lo|la|los|las) (?:abri|he abierto)\b|\babiert[oa]s?\b|\bouvert\w*\b|\bgeoffnet\b|aufgemacht|\babri\b|\babert[oa]s?\b"
)
_ALL_OF_IT: Final = re.compile(
    r"\b(everything|all (that )?(i|we)( have|'ve)? (ever )?(received|ordered|bought|gotten)|all of (it|them|those|these)|(it|them) all|all (the |my |of the )?(items|things|pieces|two|three|four)|both|the (whole|entire|full|complete) (\S{1,12} )?(order|lot|thing|package|parcel|purchase)|"
    r"(renvoyer|retourner|rendre|echanger) tout|tout (renvoyer|retourner|rendre|echanger)|devolver(lo)? todo|(devolver|trocar) tudo|alles (zuruck\w*|umtauschen|retour\w*)|sab(kuch)? (wapas|return)|"
    r"todo el (pedido|paquete)|el pedido (\S{1,12} )?(entero|completo)|todos los (articulos|productos)|ambos|ambas|l[oa]s dos|toute la commande|la commande (\S{1,12} )?(entiere|complete)|"
    r"tous les (articles|produits)|les deux|die (ganze|gesamte|komplette) (\S{1,12} )?(bestellung|lieferung)|alle artikel|beide[sn]?|o pedido (\S{1,12} )?(todo|inteiro|completo)|"
    r"todos os (itens|produtos|artigos)|[oa]s dois|as duas|(poora|pura|sara) (order|saman))\b"
)
_STAYS: Final = re.compile(
    r"\b(?:everything|all)(?: the)?(?: else| rest| other\w*)?(?: about (?:it|them|that|this))?(?: (?:can|should|shall|may|must|is|are|be|to|just|else))* (?:the same|same|equal|identical|unchanged|as (?:it |they )?(?:is|are|was)|stays?\b|stay\b|remains?|fine|unaltered|like (?:mine|now|before))"
)
"""What shall stay as it is, not what is wished for: "everything else the same"."""
_ALL_SHORT: Final = re.compile(r"\b(all|todo|todos|todas|tout|tous|toutes|alles|alle|tudo)\b")
_SHORT_WORDS: Final = 4
_NUMBERS: Final = {
    "one": 1, "a": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "both": 2,
    "uno": 1, "una": 1, "un": 1, "dos": 2, "tres": 3, "cuatro": 4, "cinco": 5, "seis": 6, "ambos": 2, "ambas": 2,
    "une": 1, "deux": 2, "trois": 3, "quatre": 4, "cinq": 5,
    "ein": 1, "eine": 1, "einen": 1, "eins": 1, "zwei": 2, "drei": 3, "vier": 4, "funf": 5, "sechs": 6, "beide": 2, "beiden": 2,
    "um": 1, "uma": 1, "dois": 2, "duas": 2, "quatro": 4,
}  # fmt: skip
_NOT_THIS: Final = re.compile(
    r"\b(?:(?<!why )not|except|rather than|instead of|no|menos|excepto|en vez de|pas|sauf|au lieu de|nicht|außer|statt|não|exceto|em vez de)"
    r"\s+(?:the|my|el|la|los|las|le|les|l'|der|die|das|den|dem|o|a|os|as)\s*[\w-]+",
    re.IGNORECASE,
)
"""What is named only to say that it is not meant."""
_COUNT_OF_VERB: Final = re.compile(
    r"\b(?:return(?:ing)?|send(?:ing)? back|exchang(?:e|ing)|swap(?:ping)?|devolver|cambiar|retourner|renvoyer|echanger|trocar)\s+"
    r"(?:(?:only|just|back|solo|solamente|juste|seulement|apenas|so)\s+)?(\w+)\s*(?:of (?:them|these|those)\b|please\b|back\b|[.,;!?]|$)"
)
"""How many go back, where the verb has no other object: "I bought two mugs, return one"."""
_LIST_MARK: Final = re.compile(r"(?:^|\s)\(?\d{1,2}[.)]\s")
_OF_THEM: Final = re.compile(
    r"\b(\w+) (?:of (?:them|those|these|the (?:two|three|four|five))|de (?:ellos|ellas|estos|estas|esos|esas)|d'entre (?:eux|elles)|davon|von (?:ihnen|denen)|del[ea]s)\b"
)
"""How many of those that were spoken of: "I have two mugs; I'd like one of them in blue"."""
_SIZE: Final = 2
_NOT_PIECES: Final = frozenset(
    [
        "changes",
        "things",
        "requests",
        "questions",
        "orders",
        "problems",
        "issues",
        "cambios",
        "cosas",
        "preguntas",
        "pedidos",
        "problemas",
        "changements",
        "choses",
        "questions",
        "commandes",
        "problemes",
        "anderungen",
        "dinge",
        "sachen",
        "fragen",
        "bestellungen",
        "probleme",
        "alteracoes",
        "mudancas",
        "coisas",
        "perguntas",
        "encomendas",
        "days",
        "weeks",
    ]
)
"""What is counted in a message and is no piece of an item: "two changes: the lamp ..."."""
_PARTS: Final = frozenset({"of", "de", "von", "des", "do", "das", "piece", "pieces", "pieza", "stuck", "peca"})
_SMALL_WORDS: Final = frozenset(
    {
        "the",
        "and",
        "for",
        "with",
        "from",
        "las",
        "los",
        "les",
        "une",
        "una",
        "uma",
        "der",
        "die",
        "das",
        "und",
        "den",
        "dem",
    }
)


def reason_in(text: str) -> str | None:
    """The reason that a text gives, if it gives one."""
    folded = _folded(text)
    return next((reason for reason, pattern in _reasons() if pattern.search(folded)), None)


@cache
def _reasons() -> "tuple[tuple[str, re.Pattern[str]], ...]":
    return tuple((reason, re.compile(pattern)) for reason, pattern in _REASONS.items())


def outcome_in(text: str, options: Sequence[Option]) -> str | None:
    """The outcome that a text asks for; with `options`, only one of those. What is turned down does not count."""
    folded = re.sub(_NEGATED, " ", _folded(text))
    offered = {option.value.removeprefix("outcome:") for option in options}
    found = [kind for kind, pattern in _OUTCOMES.items() if re.search(pattern, folded)]
    return next((kind for kind in found if not offered or kind in offered), None)


def opened_in(text: str) -> str | None:
    """`yes` when a text says that something was opened, `no` when it says that it was not; None if it does not say."""
    folded = _folded(text).replace("’", "'")
    if _SEALED.search(folded):
        return "no"
    return "yes" if _OPENED.search(folded) else None


def mentioned(text: str, lines: Sequence[Line]) -> list[Line]:
    """The lines that a text names by words of their title or options; all for "everything" or "both".

    Of two lines the one named more fully is meant; lines that cannot be told apart are only meant together."""
    said = _said(_NOT_THIS.sub(" ", text), lines)
    named = [(said & _words_of(line), line) for line in lines]
    named = [(hit, line) for hit, line in named if hit and not any(hit < other for other, _ in named)]
    if not named:
        return list(lines) if len(lines) > 1 and means_all(text) else []
    meant = [line for hit, line in named if sum(hit == other for other, _ in named) == 1 or _is_plural(text, hit)]
    return meant if len(meant) == len(named) or not means_all(text) else [line for _, line in named]


def means_all(text: str) -> bool:
    """Whether everything is meant; a bare "all" counts only in a short answer."""
    folded = _STAYS.sub(" ", _folded(text))
    return bool(_ALL_OF_IT.search(folded)) or (len(folded.split()) <= _SHORT_WORDS and bool(_ALL_SHORT.search(folded)))


def _is_plural(text: str, stems: frozenset[str]) -> bool:
    """Whether the words that name several lines name them together: "the scarves", but not "one of the scarves"."""
    folded = _folded(text)
    if re.search(r"\b(one|uno|una|un|une|eine?[rs]?|um|uma) (of|de|von|des|d[ao]s)\b", folded):
        return False
    return means_all(text) or any(_stem(word) in stems and word != _stem(word) for word in re.findall(r"\w+", folded))


def number_of(text: str, line: Line) -> int | None:
    """How many pieces of a line a text names ("two scarves", "one of them"); None if it does not say."""
    folded = without_measures(_LIST_MARK.sub(" ", _folded(text)))
    alone = _COUNT_OF_VERB.search(folded)
    if alone and (count := _count(alone.group(1))):
        return count
    parts = [count for match in _OF_THEM.finditer(folded) if (count := _count(match.group(1)))]
    if parts:
        return parts[-1]
    title = _words(line.title)
    tokens = re.findall(r"\w+", folded)
    for index, token in enumerate(tokens):
        count = _count(token)
        near = tokens[index + 1 : index + 4]
        if near[:1] and near[0] in _NOT_PIECES:
            continue
        if count and ({_stem(each) for each in near} & title or _PARTS & set(near[:1]) or len(tokens) <= 2):
            return count
    return None


def _count(word: str) -> int | None:
    return int(word) if word.isdigit() and len(word) <= 2 else _NUMBERS.get(word)


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
    if text.isascii():
        return text.casefold()
    flat = unicodedata.normalize("NFKD", text.casefold().replace("’", "'"))
    return "".join(character for character in flat if not unicodedata.combining(character))


def _words(text: str) -> frozenset[str]:
    return frozenset(
        _stem(word) for word in re.findall(r"\w+", _folded(text)) if len(word) > 2 and word not in _SMALL_WORDS
    )


def _words_of(line: Line) -> frozenset[str]:
    """The words of a line's title and options; sizes such as "M" as they are written."""
    sizes = {value for value in line.options.values() if _is_size(value)}
    return _words(f"{line.title} {' '.join(line.options.values())}") | sizes


def _said(text: str, lines: Sequence[Line]) -> frozenset[str]:
    """The words of a text; a size counts only as it is written, so that the m of "I'm" is none."""
    sizes = {value for line in lines for value in line.options.values() if _is_size(value)}
    found = {size for size in sizes if re.search(rf"(?<![\w'’]){re.escape(size)}(?!\w)", text)}
    return _words(text) | found


def _is_size(value: str) -> bool:
    """Whether an option's value is short as a size; "no" says that there is none of something."""
    return len(value) <= _SIZE and value.casefold() not in YES_VALUES | NONE_VALUES


def _stem(word: str) -> str:
    for ending, into in (
        ("ies", "y"),
        ("ves", "f"),
        ("ses", "s"),
        ("ches", "ch"),
        ("shes", "sh"),
        ("xes", "x"),
        ("s", ""),
    ):
        if word.endswith(ending) and len(word) > len(ending) + 2:
            return word[: -len(ending)] + into
    return word
