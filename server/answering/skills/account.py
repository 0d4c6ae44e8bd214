"""Accounts: how to get a new password, and a person for everything that decides who somebody is.

Names, addresses to be reached at, and requests about personal data are never changed or answered here.
"""

# ruff: noqa: E501 (patterns are read as lists of words)

import re
from typing import Final

from server.answering.skills import deliveries, guide
from server.answering.turn import Turn
from server.answering.understand.normalise import fold

_DATA: Final = re.compile(
    r"\b(?:delet\w*|eras\w*|remov\w*|clos\w*|export|download|copy of|gdpr|privacy|what (?:data|information))\b(?=.*\b(?:account|data|information|profile|details|gdpr|everything|me|privacy)\b)|\bgdpr\b|\brgpd\b|\bdsgvo\b|\blgpd\b|\bprivacy request\b|"
    r"\b(?:borr\w+|elimin\w+|cerrar) (?:\w+ ){0,3}(?:cuenta|datos)|\b(?:supprim\w+|effac\w+|fermer|cloturer) (?:\w+ ){0,3}(?:compte|donnees)|\b(?:konto|daten|account)\w* (?:\w+ ){0,3}(?:losch\w*|schliess\w*)|\blosch\w* (?:\w+ ){0,3}(?:konto|daten|account)|"
    r"\b(?:apag\w+|exclu\w+|encerrar|elimin\w+) (?:\w+ ){0,3}(?:conta|dados)"
)
_CHANGE: Final = re.compile(
    r"\b(?:chang\w*|updat\w*|correct\w*|new|wrong|add|switch\w*|replac\w*)\b.*\b(?:e-?mail|phone|number|name|surname|birthday)\b|\b(?:cambi\w+|actualiz\w+|corregir|nuevo) .*\b(?:correo|e-?mail|telefono|numero|nombre|apellido)|"
    r"\b(?:chang\w+|modifi\w+|corrig\w+|nouve\w+) .*\b(?:e-?mail|adresse mail|telephone|numero|nom|prenom)|\b(?:e-?mail\w*|telefon\w*|handy\w*|nummer|namen?|nachnamen?)\b.*\b(?:ander\w*|aktualisier\w*|korrigier\w*|neu\w*)|\b(?:ander\w*|neue) .*\b(?:e-?mail\w*|telefon\w*|nummer|namen?)|"
    r"\b(?:mud\w+|alter\w+|atualiz\w+|corrig\w+|trocar|novo) .*\b(?:e-?mail|telefone|numero|nome|sobrenome)"
)
_ENTRY: Final = re.compile(
    r"\bpass ?word|\blog ?in\b|\bsign ?in\b|\blog(?:ged)? (?:me )?(?:in|out)|\blocked\b|\breset\b|\baccess\b|\bget in(?:to)?\b|\bcontrasena|\bclave\b|\bacced\w+|\biniciar sesion|\bentrar\b|\bbloquead\w*|\bmot de passe|\bconnect\w+|\bconnexion|\bbloque\b|"
    r"\bpasswort|\bkennwort|\beinlogg\w*|\banmeld\w*|\blogin\b|\bgesperrt\b|\bsenha|\bacess\w+|\bbloquead\w*|\blogar\b"
)


_ABOUT: Final = re.compile(
    r"\b(?:accounts?|profiles?|user ?names?|newsletters?|regist\w*|two.?factor|2fa|cuentas?|perfil|usuario|boletin|comptes?|profils?|identifiant|konto|konten|profil|benutzer\w*|kundenkonto|contas?|usuario|cadastro)\b"
)


async def begin(turn: Turn) -> None:
    """Say what the customer can do themselves, or bring a person; an address that proves somebody is no matter of accounts."""
    folded = fold(turn.text.replace("’", "'"))
    if _DATA.search(folded):
        _by_person(turn, "account.data")
    elif _CHANGE.search(folded):
        _by_person(turn, "account.change")
    elif _ENTRY.search(folded) and "account:password" not in turn.dialogue.refused:
        turn.dialogue.refused.append("account:password")
        turn.say("account.password")
        turn.say("account.password_help")
        turn.options = [turn.option("choice.human", "human")]
    elif _ABOUT.search(folded) or _ENTRY.search(folded):
        _by_person(turn, "person.account")
    elif turn.understood.entities.order_number and not turn.speech.text:
        await deliveries.status(turn)
    elif not turn.speech.text:
        guide.unsure(turn)


def _by_person(turn: Turn, key: str) -> None:
    turn.say(key)
    turn.hand_off("out_of_scope")
