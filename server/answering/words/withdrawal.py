"""Whether a message takes back a wish, and nothing else: "forget it", "I don't need the refund any more", "olvídalo", in five languages.

A whole message is read as a row of such sayings and of words that mean nothing beside them; one word of anything else, a question or a
"don't" before it, and it is no withdrawal.
"""

# ruff: noqa: E501 (patterns are read as lists of words)

import re
from typing import Final

from server.answering.understand.normalise import clean, fold

_WISH: Final = (
    r"(?:request|refund|return|exchange|cancellation|claim|wish|replacement|reship\w*|change|address change|complaint|thing|order change|credit"
    r"|solicitud|peticion|reembolso|devolucion|cambio|cancelacion|reclamacion"
    r"|demande|remboursement|retour|echange|annulation|reclamation|changement"
    r"|anfrage|wunsch|antrag|erstattung|ruckerstattung|ruckgabe|rucksendung|retoure|umtausch|stornierung|reklamation|anderung"
    r"|pedido de \w+|solicitacao|reembolso|devolucao|troca|cancelamento|reclamacao|alteracao)"
)
_THE: Final = r"(?:the|my|that|this|el|la|mi|esa?|est[ea]|le|ma|mon|cette?|l'|die|der|das|den|mein\w*|o meu|a minha|o|a|meu|minha|esse|essa)"
_NAMED: Final = rf"(?:{_THE} ?(?:whole )?{_WISH}(?: request| anfrage)?(?: (?:for|of|on|de|del|pour|fur|do|da)(?: {_THE})?(?: (?:order|pedido|commande|bestellung|encomenda))? ?#?[a-z]{{0,4}}-?\d+)?)"
_IT: Final = rf"(?:{_NAMED}|it(?: all)?|that|this|everything|all of (?:it|that)|about (?:it|that|{_NAMED}))"
_BARE: Final = re.compile(
    r"never ?mind|leave it(?: be| alone)?|let it (?:be|go)|drop it|skip it|dej[ae]l[oa]|da igual|no importa|laisse[rz]? tomber|tant pis"
    r"|lass(?:en sie)? (?:es|das)(?: gut sein| sein| bleiben)?|schon gut|egal|hat sich erledigt|deixa (?:pra la|estar|para la)|esquece|rehne do|jane do"
)
_TAKEN_BACK: Final = re.compile(
    rf"(?:forget|drop|scrap|withdraw|retract|take back|cancel|stop|undo|ignore|disregard|kill) {_IT}(?: back)?"
    rf"|(?:i )?(?:do not|don'?t|no longer|don'?t even) (?:want|need) (?:{_IT})?(?: done| approved| any ?more| anymore| any longer)*"
    r"|(?:i(?:'ve| have)? )?(?:just )?changed my mind(?: about (?:it|that|this|the \w+))?|(?:it(?:'s| is)|that(?:'s| is)) (?:no longer|not) (?:necessary|needed|required)"
    r"|no need(?: for (?:it|that))?|(?:i(?:'ll| will|'m going to|'d rather)? )(?:just )?keep(?:ing)? (?:it|them|everything|the \w+)"
    rf"|(?<!no )olvid(?:a|e|alo|ela|elo|ala|emos|emoslo|ar)(?: (?:lo|de {_NAMED}|{_NAMED}))?|(?:cancel|anul|retir)\w+ (?:eso|esto|{_NAMED})|ya no (?:lo|la|hace falta|quiero|necesito)(?: (?:quiero|necesito))?(?: {_NAMED})?|he cambiado de (?:idea|opinion)|cambie de (?:idea|opinion)|me l[oa]s? quedo"
    rf"|oubli\w+(?: (?:ca|cela|{_NAMED}))?|(?:annul|retir|abandonn)\w+ (?:ca|cela|{_NAMED})|je n'en (?:veux|ai) plus(?: besoin)?|je ne (?:le|la|les)? ?veux plus(?: {_NAMED})?|(?:ce n'est|c'est) plus (?:la peine|necessaire)|j'ai change d'avis|je (?:le|la|les) garde"
    rf"|(?:vergiss|vergessen sie) (?:es|das|{_NAMED})|(?:storniere|stornieren sie|streiche|streichen sie|zieh\w*|ziehen sie) (?:es|das|{_NAMED})(?: zuruck)?|ich (?:ziehe|nehme) (?:es|das|{_NAMED}) zuruck|ich (?:brauche|will|mochte|benotige) (?:es|das|sie|ihn|{_NAMED})? ?(?:doch )?(?:nicht|kein\w*|keine mehr)(?: mehr)?(?: {_WISH})?(?: mehr)?|nicht mehr notig|ich hab\w* (?:es mir|meine meinung) (?:anders uberlegt|geandert)|ich behalte (?:es|sie|ihn|das)"
    rf"|(?<!nao )esque(?:ce|ca)\w*(?: (?:isso|isto|{_NAMED}))?|(?:cancel|anul|retir)\w+ (?:isso|isto|{_NAMED})|(?:ja )?nao (?:quero|preciso)(?: de| do| da| disso)?(?: mais)?(?: {_NAMED})?(?: mais)?|ja nao (?:e preciso|quero|preciso)|mudei de ideias?|vou ficar com (?:ele|ela|eles|elas|isso)|fico com (?:ele|ela|isso)"
)
_FILLER: Final = re.compile(
    r"oh|ok|okay|well|actually|sorry|please|pls|hi|hello|hey|thanks|thank you|no|nope|so|then|and|but|wait|on second thoughts?|in that case|guys|it'?s (?:fine|ok|okay|all good)|that'?s (?:fine|ok|okay)"
    r"|after all|any ?more|anyway|now|all good|you know what|if it takes (?:so|this|that) long|i'?m good|for me|you can|could you|can you|let'?s|just|team|i|instead"
    r"|pues|bueno|gracias|por favor|perdon|entonces|ahora|vale|al final|mejor|hola|ya|eh|non|merci|s'il (?:vous|te) plait|svp|stp|pardon|alors|finalement|bon|d'accord|en fait|bonjour|du coup"
    r"|ach|na ja|naja|nein|danke|bitte|doch|dann|entschuldigung|also|gut|hallo|jetzt|einfach|nun|nao|obrigad[oa]|afinal|entao|desculp\w+|ola|tudo bem|agora|bem|pode|podem|puede[ns]?"
    r"|(?:good ?)?bye(?: bye)?|see (?:you|ya)|ciao|chao|adios|hasta luego|au revoir|a bientot|salut|tschuss?|auf wiedersehen|tchau|ate logo"
)
_IDLE: Final = re.compile(
    r"nothing(?: else| really| more| much| thanks)?|nah|(?:i am |i'm |im )?(?:just|only) (?:testing|looking(?: around)?|browsing|trying(?: this| it)?(?: out)?|curious)|testing|test"
    r"|nada(?: mas| en especial)?|solo (?:miraba|estoy mirando|estaba mirando|probaba|estoy probando|una prueba)"
    r"|rien(?: de special| d'autre| du tout)?|je (?:regarde|teste)(?: juste| seulement)?|juste (?:un test|pour voir)"
    r"|nichts(?: weiter| besonderes)?|nix|ich (?:schaue|gucke|teste)(?: nur| bloss)?|nur (?:ein test|mal schauen|schauen|gucken)"
    r"|nada (?:nao|demais)|so (?:olhando|testando|uma olhada|um teste)|estou so (?:olhando|testando)|kuch nahi|bas aise hi"
)
_GAP: Final = r"[\s,.;:!()\"-]*"
_ONLY: Final = re.compile(
    rf"{_GAP}(?:(?:(?P<taken>(?:{_TAKEN_BACK.pattern}))|(?P<bare>(?:{_BARE.pattern}))|(?:{_FILLER.pattern}))(?![\w']){_GAP})+"
)
_NOTHING: Final = re.compile(rf"{_GAP}(?:(?:(?P<idle>(?:{_IDLE.pattern}))|(?:{_FILLER.pattern}))(?![\w']){_GAP})+")
_CANCELLED: Final = re.compile(r"\bcancel (?:it(?: all)?|everything|all of it)(?! (?:request|return|exchange))\b")
_LONGEST: Final = 160


def takes_back(text: str, *, only_outright: bool = False) -> bool:
    """Whether a message takes a wish back and says nothing else; `only_outright` = a mere "never mind" is not enough."""
    folded = fold(clean(text)).strip()
    if "?" in folded or len(folded) > _LONGEST:
        return False
    found = _ONLY.fullmatch(folded)
    return found is not None and bool(found["taken"] or (found["bare"] and not only_outright))


def may_mean_order(text: str) -> bool:
    """Whether what is to be cancelled may as well be the order: "cancel it then"."""
    return _CANCELLED.search(fold(clean(text))) is not None


def wants_nothing(text: str) -> bool:
    """Whether a message says that there is nothing to do, and nothing else: "nothing, just testing"."""
    folded = fold(clean(text)).strip()
    found = _NOTHING.fullmatch(folded) if "?" not in folded and len(folded) <= _LONGEST else None
    return found is not None and bool(found["idle"])


_UNDONE: Final = re.compile(
    r"\b(?:undo|reverse|revert|cancel|call off|stop|scrap|anul\w*|cancel\w*|deshac\w*|deshag\w*|annul\w*|stornier\w*|widerruf\w*|desfa\w*|desfe\w*) "
    r"(?:\w+ ){0,2}(?:returns?|send(?:ing)? it back|devolucion|retour|renvoi|ruckgabe|rucksendung|retoure|devolucao)\b"
    r"|\b(?:ruckgabe|rucksendung|retoure)\b[^.?!]{0,20}\b(?:stornier\w*|ruckgangig|zuruckziehen|abbrechen)\b"
    r"|\b(?:undo|reverse|revert) (?:it|that|this)\b"
    r"|\b(?:want|like|rather|prefer|decided|going|gonna) (?:to )?keep (?:it|them|the \w+)\b|\b(?:prefiero|quiero) (?:quedarme|quedarmel\w+)\b"
    r"|\b(?:prefere|veux|vais) (?:le |la |les )?garder\b|\b(?:mochte|will|wurde) (?:es|ihn|sie|das|den|die)? ?(?:\w+ )?(?:doch |lieber )?behalten\b|\b(?:quero|vou|prefiro) ficar com\b"
)


def undoes_return(text: str) -> bool:
    """Whether a message wants a return undone that was opened: "cancel the return", "I'd rather keep it"."""
    folded = fold(clean(text))
    return takes_back(text) or (_UNDONE.search(folded) is not None and "instead" not in folded)
