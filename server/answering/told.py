"""Wishes that a text tells outright, by verb and object: "return the kettle", "exchange my shirt", "cancel the order".

What is understood by meaning may waver on a long message with several wishes in one sentence; these words do not. Five languages.
"""

# ruff: noqa: E501 (patterns are read as lists of words)

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from memory.projection import Event
from server.answering.words.tokens import stretches
from server.commerce.catalogue.words import fold

_OBJECT: Final = (
    r"(?:\s+(?:back|all|both|out|one|two|of|just|only|also|too|un|une|uno|una|zu|again|de|l[oa]s?))*?\s+(?:the|my|this|that|these|those|an?|some|it|them|everything|all|both|one|two|el|la|los|las|mi|mis|este|esta|un|una|le|les|mon|ma|mes|ce|cette|ces|une|der|die|das|den|"
    r"mein\w*|diese\w*|ein\w*|o|a|os|as|meu|minha|meus|minhas|esse|essa|(?:orders?|pedidos?|commandes?|bestellung|encomendas?)\s+#?\w*\d)\b|(?:\s+l')|(?:\s+#\w*\d)|(?:\s+[a-z]{1,4}-?\d{3,}\b)"
)
_VERBS: Final = (
    ("exchange", r"exchang(?:e|ing)|swap(?:ping)?|trade|cambiar|intercambiar|echanger|umtauschen|tauschen|trocar"),
    ("return", r"return(?:ing)?|send(?:ing)? back|devolver|retourner|renvoyer|zuruckgeben|zuruckschicken"),
    ("cancel", r"cancel(?:l?ing)?|cancelar|anular|annuler|stornieren"),
    ("change_order", r"modify(?:ing)?|modificar|modifier|andern|alterar"),
)
_VERBS_AT_THE_END: Final = (
    ("exchange", r"(?:umtauschen|tauschen|eintauschen|(?:exchange|badli) (?:kar|kr)\w*|badal\w*)"),
    (
        "return",
        r"(?:zuruckgeben|zuruckschicken|zurucksenden|retournieren|(?:return|wapas|wapis|vapas) (?:kar|kr|bhej)\w*)",
    ),
    ("cancel", r"(?:stornieren|cancel (?:kar|kr)\w*)"),
    ("change_order", r"(?:andern)"),
)
_NO_MAKING: Final = (
    r"sure|day|payments?|returns?|refunds?|exchanges?|changes?|switch|swap|orders?|claims?|complaints?|purchase|appointment|cancellation|most|way|decision|choice|mistake|adjustment|"
    r"up|out|clear|quick|happen|right|work|fast|easy|snappy|so|better|worse|stop|to|through|back|home|there|here|a|an|simple|short|known"
)
_CHANGE: Final = (
    rf"mak(?:e|ing)\s+(?:(?:it|that|this|them|those|mine)(?:\s+(?:both|all|an?|the|in|be))*|(?:the|my|that|this|those|both)\s+(?!(?:{_NO_MAKING})\b)(?:[\w-]+\s+){{0,2}}?[\w-]+)\s+(?!(?:{_NO_MAKING})\b)(?<!\bsure )\w"
    r"|(?:upgrade|switch|change|swap)\s+(?:order\s+)?#?[a-z]{0,4}-?\d{3,}\s+(?:to|for|from|into)\b(?!\s+(?:a |my |the )?(?:new |different |other )?(?:address|card|method|paypal|visa|mastercard|gift|\d))"
    r"|(?:rather|prefer to)\s+(?:have|get|take)\s+(?:it in|them in|the|an?)\s+(?!(?:full |partial )?(?:refund|person|human|agent|money|replacement|order|package|parcel|credit|call|reply|label)\b)\w|"
    r"(?:need|want|prefer|like|love)s?\s+(?:the|an?)\s+(?:[\w%-]+\s+){1,5}?(?:one|ones|version|model)\b(?!\s+(?:back|refunded|returned|cancell?ed|sent|gone))|"
    r"chang(?:e|ing)\s+(?:the|my|an?|this|that|one of)\s+(?!(?:\w+\s+)?(?:address|payment|credit|card|shipping|delivery|e-?mail|phone|password|order|name|mind|method|account|way|date|time|subscription|plan)\b)"
    r"|(?:the|my)\s+(?:\w+\s+){1,3}?(?:should|needs? to|must|has to) be\b(?=[^.;!?]{1,40}\binstead\b)"
    r"|(?:can|could)\s+(?:the|my|that|this|it)\s+(?!(?:[\w-]+\s+)?(?:order|package|parcel|refund|money|delivery|shipment|account)\b)(?:[\w-]+\s+){0,3}?be\b(?!\s+(?:\w+ly\s+)?(?:\w+ed|sent|late|lost|here|used|there|for|a problem|the|why|that|because)\b)(?=[^.;!]{1,50}\binstead\b)"
    r"|put\s+(?:the|my)\s+(?!(?:\w+\s+)?(?:money|refund|amount|order|rest|difference|credit|payment|cost)\b)(?:[\w-]+\s+){1,3}?(?:in|into)\s+(?!(?:my|the|an?|your|our)\b)\w"
    r"|(?:remov(?:e|ing)|delet(?:e|ing)|drop|take)\s+(?:the|my|that|this|one)\s+(?!(?:\w+\s+)?(?:address|card|payment|method|account|name|number)\b)(?:[\w-]+\s+){1,3}?(?:out of|off|from)\s+(?:the|my|that|this|order|#?[a-z]{0,4}-?\d{3,})\b"
    r"|(?:get|have|take|make)\s+(?:the|my|that|it)\b[^.;!?]{1,40}\binstead\b(?! of (?:the|my) (?:refund|money))"
    r"|(?:upgrade|switch|change|swap)\s+(?:it|that|this)\s+(?:to|for|into)\b(?!\s+(?:a |my |the )?(?:new |different |other )?(?:address|card|method|paypal|visa))"
    r"|(?:upgrade|switch|change)\s+(?:the|my|it|that)\s+(?:\w+\s+){1,5}?(?:to|for|from)\b(?!\s+(?:a |my |the )?(?:new |different |other )?(?:address|card|method|paypal|visa))"
)
_NO_GOOD: Final = r"(?:an? |the |my |some |any |full )*(?:refund|return|exchange|replacement|money|cash|person|human|agent|someone|somebody|update|answer|help|label|invoice|receipt|reply|explanation|information|info|it|this|that|them|to|you|your|visa|master ?card|amex|paypal|(?:\w+ )?cards?)\b"
_MEANT_ANOTHER: Final = re.compile(
    rf"\b(?:ordered|bought|purchased|picked|chose|selected|got|chosen)\b[^?!]{{0,100}}?(?:\bbut|\band|\bthough|\bwhile|[,.;])\s+(?:now |actually |really |then )*(?:i|we|he|she|they|(?:my|our)(?: [\w-]+){{1,2}})(?:'d| would| really| actually|'ll)* "
    rf"(?:needs?|wants?|prefers?|likes?|meant to (?:order|get|buy|pick|choose|select)|meant|wanted|needed|should have (?:ordered|gotten|got|bought|chosen|picked))\s+(?!{_NO_GOOD})"
    r"|\b(?:ordered|bought|picked|chose|selected|got|chosen)\b[^.?!]{0,30}\b(?:the |a )?wrong (?:size|colou?r|version|model|type|material|variant|option|length|height|width|capacity|thickness|style|kind|shade|pattern|shape)"
    rf"|\b(?:[\w%-]+ )(?:instead of|rather than) (?!{_NO_GOOD})(?!\w+ing\b)[\w%-]+"
)
"""Another version is wanted, though no verb says so; counts where nothing else is told."""
_BARE_VERBS: Final = (("return", "return"), ("exchange", "(?:exchange|swap)"), ("cancel", "cancel"))
_NO_OBJECT: Final = r"(?:polic|label|shipp|address|process|fee|window|status|request|number|question|rate|option|period|merchandise|center|centre|code|form|to|of|for|from|and|or|is|was|not|if|please|pls|that|subscri|account|member|plan|service|abo)"
"""Words behind a bare verb that make it no wish: "return policy"."""
_WISHES: Final = (
    *((name, re.compile(rf"\b(?:{verb})(?:{_OBJECT})")) for name, verb in _VERBS),
    ("change_order", re.compile(rf"\b(?:{_CHANGE})")),
    *(
        (
            name,
            re.compile(
                rf"(?:^|(?<=[.;:!?,]\s)|(?<=\d\s)|(?<=\bplease\s)|(?<=\bpls\s)|(?<=\bplz\s)|(?<=\bkindly\s)|(?<=\bthen\s)|(?<=\bwanna\s)|(?<=\b(?:want|like|need|wish)\sto\s)){verb}\s+(?!{_NO_OBJECT})[a-z]"
            ),
        )
        for name, verb in _BARE_VERBS
    ),
)
_REFUND: Final = r"refund(?:ing)?(?: me)?(?: for| on)? (?:the|my|both|all|everything)\b(?! (?:money|amount|payment|difference|price|cost|full|total|sum|order|rest of the money|(?:gift|credit|debit) card|card|paypal|original))"
_PUT_ON: Final = r"\b#?[a-z]{0,4}-?\d{3,}\s+(?:(?:should|shall|must|needs to|has to|can|could|to) be )?paid (?:by|with|via|through|using|from) (?:my |the )?(?:paypal|visa|master ?card|amex|(?:credit|debit|gift) ?card|card)\b|\b(?:put|charge|bill|move|switch|pay)\s+(?:for\s+)?(?:the |my |that |this )?(?:order\s+)?(?:order|#?[a-z]{0,4}-?\d{3,})\s+(?:on|onto|to|over to|with|by|via|using)\s+(?:my |the )?(?:other )?(?:paypal|visa|master ?card|amex|(?:credit|debit|gift) ?card|card)\b"
_BESIDE: Final = (
    (
        "return",
        re.compile(
            rf"\b{_REFUND}|"
            r"\b(?:(?:get|have|want|need|like|receive) (?:an? )?(?:full )?refund|(?:want|need|like) my money back|un reembolso|(?:un|le) remboursement|(?:eine )?erstattung|um reembolso) "
            r"(?:for|on|of|por|de(?:l| la)?|pour|du|fur|pel[oa]|d[oa]) (?:the|my|both|these|this|el|la|los|las|mi|le|les|mon|ma|die|der|das|den|mein\w*|o|a|os|as|meu|minha)\b"
        ),
    ),
    (
        "payment",
        re.compile(
            rf"{_PUT_ON}|"
            r"\bchang(?:e|ing) (?:the |my )?payments?\b|\bcambiar (?:el |mi )?(?:metodo de )?pago\b|\bchanger (?:le |mon )?(?:moyen de )?paiement\b|\bmudar (?:a |o )?(?:forma de |meio de )?pagamento\b"
        ),
    ),
)
"""Told so often in passing that they count beside another wish only."""
_WANTED: Final = r"(?: also| both| all)* (?:(?:i|we)(?:'d| would| really| also)* (?:want|like|need|wish|prefer|have)(?: it| them)? (?:to|it|them)|(?:is|are|goes|go|must|should|can|could|needs?|has|have|shall|gets?)(?: (?:also|please|to|be|go|get|going|just|all|both))*)"
_OBJECT_FIRST: Final = tuple(
    (
        name,
        re.compile(
            rf"\b(?:the|my|that|this|those|these|everything (?:but|except)(?: for)?(?: the| my)?)\s+(?:(?!(?:i|we|and|or|not|is|are)\b)#?[\w-]+\s+){{0,4}}?(?!(?:money|refund|order)\b)#?[\w-]+{_WANTED} (?:{verb})\b(?! (?:polic|by|on|at))"
        ),
    )
    for name, verb in (
        ("return", r"return|send back|give back|returned|sent back|refunded|back"),
        ("exchange", r"exchange|swap|exchanged|swapped"),
        ("cancel", r"cancel|cancell?ed"),
    )
)
"""The thing comes first: "and the grill I want to send back"."""
_WISHES_AT_THE_END: Final = tuple((name, re.compile(rf"\b{verb}\b")) for name, verb in _VERBS_AT_THE_END)
_NO_GOODS: Final = re.compile(
    r"direccion|a(?:d|dd)ress|endereco|zahl|\b(?:pago|paga\w*|pay\w*|paiement|payer)\b|correo|e-?mail|mail\b|tele(?:ph|f)on\w* ?(?:n|contact)|phone ?(?:n(?:umber|o\b|r\b)|contact)|numero de tel|nombre|\bnom\b|\bname|\bnome\b"
    r"|contrasena|passwor|senha|mot de passe|\babo|suscrip|subscri|abonn|assinatura|fecha|\bdate\b|datum|\bdata\b|metodo|methode|tarjeta|karte\b|\bcarte|cartao"
)
"""What may be changed, too, and is no article: an address, a payment, a name, a password, a subscription, a day."""
_NO_ORDER: Final = re.compile(
    r"^\S+ (?:\S+ ){0,2}(?:subscri\w*|suscrip\w*|abonn\w*|abo|assinatura|membership|plan|account|cuenta|compte|konto|conta)\b"
)
"""What may be cancelled and is no order."""
_ADDRESS: Final = re.compile(r"[^\s<>()]+@[^\s<>()]+")
_NEAR: Final = 60
_CHANGES: Final = frozenset({"exchange", "change_order"})
_TURNED: Final = re.compile(
    r"\b(?:instead of|rather than|not|n't|never|without|or|cannot|if i|before i|after i|en vez de|en lugar de|no|o|au lieu d'?e?|ne|pas|ou|statt|nicht|oder|em vez de|nao|ou)(?: (?:to|want to|wish to|going to|quiero|zu))?\s*$"
)


_SAME: Final = re.compile(
    r"\b(?:(?:do |and )?(?:the )?same (?:thing )?(?:for|with)|likewise (?:for|with)|lo mismo (?:con|para)|la meme chose pour|pareil pour|das ?selbe (?:mit|fur|bei)|das gleiche (?:mit|fur|bei)|o mesmo (?:com|para))\b"
)
_SKILLS: Final = {
    "start_return": "return",
    "start_exchange": "exchange",
    "change_items": "change_order",
    "cancel_order": "cancel",
    "change_address": "change_address",
    "change_payment": "payment",
}


def same_again(text: str, history: Iterable[Event]) -> str:
    """ "The same for my other order": the wish behind what was confirmed last in this thread; empty if nothing of it is said."""
    last = last_action(history) if _SAME.search(fold(text)) else {}
    return _SKILLS.get(str(last.get("name", "")), "")


def last_action(history: Iterable[Event]) -> Mapping[str, Any]:
    """The action that was confirmed last in a thread, flat; empty if none was."""
    done = [each.body.get("action", {}) for each in history if each.type == "confirmed"]
    return done[-1] if done else {}


_STEMS: Final = {
    "cancel": r"cancel|anul|annul|storn",
    "return": r"return|refund|send|devolv|retourn|renvoy|rembours|zuruck|erstatt|reembols",
    "exchange": r"exchang|swap|trad|cambi|echang|tausch|umtausch|troc",
    "change_order": r"chang|modif|swap|ander|alter",
}


def pays_by(text: str) -> bool:
    """Whether a text says by what an order shall be paid: "put W1003 on PayPal"."""
    return re.search(_PUT_ON, fold(text)) is not None


_CANNOT: Final = (
    r"(?:\b(?:can(?:no|')?t|could(?:n't| not)|impossible|unavailable|sold out|out of stock)\b|(?:\bnot\b|n't)(?: \w+){0,1} (?:possible|available|work|in stock|have|do|doable|an option)\b|(?<=\bif )not\b(?! (?:yet|shipped|sent|arrived|delivered|already))"
    r"|\bno (?:es posible|se puede|hay|puede\w*)\b|\bsi no\b(?=[ ,]*(?:cancel|devol|devuel|cambi))|\bpas (?:possible|disponible)\b|\bnicht (?:moglich|geht|verfugbar|klappt)\b|\bgeht nicht\b|\bnao (?:for possivel|der|houver|puder)\w*)"
)
_IN_CASE: Final = re.compile(
    rf"(?:^|(?<=[.;!?,\n])|(?<=\bbut)|(?<=\band))\s*(?:or )?(?:if|in case|should|si|wenn|falls|se)\b[^.;!?\n,]{{0,40}}?{_CANNOT}[^.;!?\n]{{0,80}}"
    r"|\b(?:otherwise|or else|failing that|sinon|sonst|andernfalls|de lo contrario|senao)\b[^.;!?\n]{0,80}"
)
_IF: Final = re.compile(r"\b(?:if|in case|unless|provided|as long as|si|en caso|wenn|falls|sofern|se|caso|agar)\b")
_DOING: Final = re.compile(
    r"\b(?:return|refund|cancel|exchange|swap|send (?:it|them) back|money back|keep|leave|forget|devolv\w*|reembols\w*|cancel\w*|cambi\w*|annul\w*|retourn\w*|renvoy\w*|rembours\w*|stornier\w*|zuruck\w*|umtausch\w*|behalt\w*)\b"
)


def in_case(text: str) -> tuple[str, str]:
    """A text without what shall be done only in case that the rest of it cannot be, and that: "if you can't, return it".

    A second choice of a version stays where it is."""
    folded = fold(text)
    if len(folded) != len(text):
        return text, ""
    for who in _WHO_ASKS.finditer(text):  # who asks is no part of it
        folded = f"{folded[: who.start()]}{';' * (who.end() - who.start())}{folded[who.end() :]}"
    for match in _IN_CASE.finditer(folded):
        if _IF.search(folded[: match.start()]):
            return text, ""  # what is wished first hangs on something itself
        rest = f"{text[: match.start()]}{text[match.end() :]}"
        if _DOING.search(match.group()) and told(rest.strip()) and told(rest) != told(text):
            return rest.strip(), text[match.start() : match.end()].strip(" ,;")
        if _DOING.search(match.group()) and len(rest.split()) > _FEW:
            return rest.strip(), text[match.start() : match.end()].strip(" ,;")
    return text, ""


_WHO_ASKS: Final = re.compile(
    r"[^\s<>()]+@[^\s<>()]+|[,;–-]?\s(?:(?:i'm|i am|my name is|this is|name:?)\s)?[A-Z][\w'-]+ [A-Z][\w'-]+[\s,;:(]+(?:(?i:zip|postal|post)\w*(?i:[ -]?code)?(?i: is|:)?\s*)?\d{5}"
)
_FEW: Final = 3
_MONEY_BACK: Final = re.compile(
    r"\b(?:return(?:ing|s|ed)?|refund\w*|money|send (?:\w+ ){0,3}back|give (?:\w+ ){0,3}back|reimburs\w*|devol\w*|devuel\w*|reembols\w*|dinero|retourn\w*|renvo\w*|rembours\w*|argent|zuruck\w*|erstatt\w*|geld|dinheiro|wapas|paisa)\b"
)


def names_money_back(text: str) -> bool:
    """Whether a text speaks of sending something back or of getting money back."""
    return _MONEY_BACK.search(fold(text)) is not None


_GIVEN_UP: Final = re.compile(
    r"\b(?:instead of|rather than|en vez de|en lugar de|au lieu d'?e?|plutot que(?: de)?|statt|anstatt|em vez de)\s*(?:zu |die |das |den |sie |es )*(\w+)"
)
_INSTEAD: Final = re.compile(
    r"\b(?:instead|rather)\b(?! (?:of|than))|\b(?:en su lugar|mejor|plutot|a la place|stattdessen|lieber|em vez disso)\b"
)


def gives_up(text: str, skill: str) -> bool:
    """Whether a text puts what it asks for in the place of a wish that was told before: "change it instead of cancelling"."""
    folded = fold(text)
    spurned = [match.group(1) for match in _GIVEN_UP.finditer(folded)]
    if spurned:
        return any(re.match(_STEMS.get(skill, "$"), each) for each in spurned)
    return _INSTEAD.search(folded) is not None


@dataclass(frozen=True, slots=True)
class Told:
    """One wish: the intent's name, and the stretch of text that is about it."""

    name: str
    text: str
    start: int


def told(text: str) -> list[Told]:
    """The wishes that stand in a text with verb and object, in order; neighbours of one kind are one."""
    return list(_told(text))


@lru_cache(maxsize=256)
def _told(text: str) -> tuple[Told, ...]:
    folded = fold(text)
    if len(folded) != len(text):
        folded = "".join(fold(sign)[:1] or " " for sign in text)
    folded = _ADDRESS.sub(lambda match: "." * len(match.group()), folded)  # what follows begins a sentence
    found: list[tuple[int, str]] = []
    for name, pattern in _WISHES:
        hits = pattern.finditer(folded)
        found += [(hit.start(), name) for hit in hits if _is_about_goods(name, folded[hit.start() :])]
    found += [
        (hit.start(), name)
        for name, pattern in _OBJECT_FIRST
        for hit in pattern.finditer(folded)
        if "?" not in folded[hit.start() : hit.end() + _NEAR]
    ]
    for name, pattern in _WISHES_AT_THE_END:
        clauses = [(_clause_start(folded, hit.start()), hit.end()) for hit in pattern.finditer(folded)]
        found += [(start, name) for start, end in clauses if _is_about_goods(name, folded[start:end])]
    if not found:
        found = [
            (match.start(), "change_order")
            for match in _MEANT_ANOTHER.finditer(folded)
            if _is_about_goods("change_order", match.group())
        ]
    if found:
        beside = [(match.start(), name) for name, pattern in _BESIDE for match in pattern.finditer(folded)]
        taken = {start for start, _ in beside}  # "change the payment" is no change of what is in the order
        found = beside + [each for each in found if each[0] not in taken]
    starts: list[tuple[int, str]] = []
    for start, name in sorted(dict(reversed(found)).items()):  # the first that sees a verb has it
        if not _TURNED.search(folded[:start]) and (not starts or starts[-1][1] != name):
            starts.append((start, name))
    parts = stretches(text, [start for start, _ in starts])
    return tuple(Told(name, part, start) for (start, name), part in zip(starts, parts, strict=True))


def _is_about_goods(name: str, text: str) -> bool:
    """Whether what is changed may be goods: nothing else is named right after the verb, or before a German one."""
    if name == "cancel" and _NO_ORDER.search(text[:_NEAR]):
        return False
    clause = re.split(r"[.;!?,\n]|\b(?:and|y|et|und|e)\b|\s\(?\d{1,2}[.)]\s", text, maxsplit=1)[0]
    return name not in _CHANGES or not _NO_GOODS.search(clause[:_NEAR])


def _clause_start(folded: str, verb: int) -> int:
    """Where the clause begins that a verb ends, as in German and Hindi: after the last sign or link before it."""
    cuts = [match.end() for match in re.finditer(r"[.;!?,]\s|\bund\s", folded[:verb])]
    return cuts[-1] if cuts else 0
