"""The words by which people ask for silence, and for its end: a whole message, never a word within one.

On SMS Twilio and the carriers act on their English words by themselves; on WhatsApp nobody does but us. A bare `cancel` is such a
word where the carriers make it one, and elsewhere a wish about an order. Languages: English, Spanish, French, German,
Portuguese, Italian, Hindi.
"""

import unicodedata
from collections.abc import Mapping
from typing import Final, Literal

from channels.message import Wish

_CARRIERS: Final = frozenset({"stop", "stopall", "unsubscribe", "end", "quit", "revoke", "optout", "cancel"})
"""Twilio's own on long numbers: it answers and blocks. Source: Twilio, "Advanced opt-out", default keywords."""
_CARRIERS_START: Final = frozenset({"start", "unstop"})
_CARRIERS_HELP: Final = frozenset({"help", "info"})
_CANCELS: Final = frozenset({"cancel", "cancelar", "annuler"})
"""Only on SMS; elsewhere they speak of an order."""
_STOP: Final[Mapping[str, str]] = {
    "stop all": "en", "opt out": "en", "opt-out": "en", "unsubscribe me": "en", "stop messages": "en",
    "stop messaging me": "en", "stop texting me": "en", "no more messages": "en",
    "alto": "es", "baja": "es", "darme de baja": "es", "dar de baja": "es", "no mas mensajes": "es", "parar": "",
    "arret": "fr", "arreter": "fr", "arretez": "fr", "desabonner": "fr", "desinscrire": "fr", "desinscription": "fr",
    "stopp": "de", "abmelden": "de", "abbestellen": "de", "austragen": "de", "keine nachrichten mehr": "de",
    "sair": "pt", "pare": "pt", "descadastrar": "pt", "remover": "pt", "cancelar inscricao": "pt",
    "ferma": "it", "fermare": "it", "disiscrivimi": "it", "cancellami": "it", "basta messaggi": "it",
    "band karo": "hi", "roko": "hi", "बंद करो": "hi", "बंद करें": "hi", "रोकें": "hi", "रोको": "hi",
}  # fmt: skip
"""Word by its language, "" = of several."""
_START: Final[Mapping[str, str]] = {
    "start": "", "unstop": "", "resubscribe": "en", "reanudar": "es", "alta": "es", "reprendre": "fr",
    "anmelden": "de", "voltar": "pt", "riprendi": "it", "shuru karo": "hi", "शुरू करें": "hi",
}  # fmt: skip
_ADVANCED: Final[Mapping[str, Literal["stop", "start", "help"]]] = {"STOP": "stop", "START": "start", "HELP": "help"}


def wish(text: str, channel: str, opt_out_type: str = "") -> Wish | None:
    """What a message asks of the line; None = it is for whoever answers. `opt_out_type` = Twilio's word that it has replied."""
    if word := _ADVANCED.get(opt_out_type.strip().upper()):
        return Wish(word, is_answered=True, language=_STOP.get(_plain(text), ""))
    plain, is_sms = _plain(text), channel == "sms"
    if plain in _CARRIERS and (is_sms or plain not in _CANCELS):
        return Wish("stop", is_answered=is_sms)
    if plain in _STOP or (is_sms and plain in _CANCELS):
        return Wish("stop", language=_STOP.get(plain, ""))
    if plain in _START:
        return Wish("start", is_answered=is_sms and plain in _CARRIERS_START, language=_START[plain])
    if is_sms and plain in _CARRIERS_HELP:
        return Wish("help", is_answered=True)
    return None


def _plain(text: str) -> str:
    """Trimmed, without case, accents, and the full stop or quotes around it; spaces within are one."""
    bare = " ".join(text.split()).strip(" .!¡\"'“”«»").casefold()
    if not bare.isascii() and len(bare) < 40:  # accents of Latin letters only: others carry the vowels
        decomposed = unicodedata.normalize("NFD", bare)
        bare = unicodedata.normalize("NFC", "".join(sign for sign in decomposed if not "\u0300" <= sign <= "\u036f"))
    return bare
