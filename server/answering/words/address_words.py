"""What a message says about an address beside the address: whose it shall be, where it is taken from, what is wrong with it."""

# ruff: noqa: E501 (patterns are read whole)

import re
from typing import Final

from server.answering.understand.normalise import fold
from server.answering.words import change_words, postal
from server.commerce.store import normalise_number

_DEFAULT: Final = (
    r"(?:default|profile|account|saved|stored|registered|on[- ]file|home) (?:(?:shipping|delivery|mailing|postal) )?address(?:es)?|"
    r"address(?:es)? (?:(?:that is |that's |which is )?(?:in|on|of|from|for) (?:my |the )?(?:profile|account|file)|book)|(?:profile|account)(?:'s)? address|my (?:profile|account)(?= too| also| as well|$|[,.]| (?:and|&|plus)\b)|"
    r"direccion(?: \w+)? (?:predeterminada|por defecto|principal|habitual|guardada|de mi (?:perfil|cuenta))|direccion (?:de|en) (?:mi|la) (?:cuenta|perfil)|"
    r"adresse (?:\w+ )?(?:par defaut|principale|habituelle|enregistree|de mon (?:profil|compte))|adresse (?:de|dans|sur) (?:mon|le) (?:profil|compte)|"
    r"standard(?:liefer)?adresse|haupt(?:liefer)?adresse|hinterlegte\w* adresse|adresse (?:in|aus|von) (?:meinem|dem) (?:profil|konto)|profiladresse|kontoadresse|gespeicherte\w* adresse|"
    r"endereco (?:\w+ )?(?:padrao|principal|cadastrado|predefinido|do meu (?:perfil|cadastro)|da minha conta)|morada (?:predefinida|principal|habitual)"
)
PROFILE: Final = re.compile(rf"\b(?:{_DEFAULT})")
AS_SOURCE: Final = re.compile(
    rf"(?:\b(?:to|as|as in|as on|like|use|using|with|from|same|match(?:es|ing)?|la misma|como|a|usar|con|comme|utilise[rz]?|celle|wie|an|auf|die aus|nutzen|igual|para|usar)\b(?: it| is| in| on| at| to| be)?)\s+(?:(?:the|my|mi|la|el|que|a|minha|meu|o|mon|ma|l'|in|on|meine|meiner|der|die|en|no|na|one|address|direccion|adresse) ?){{0,4}}(?:{_DEFAULT}|(?:in|on) (?:my |the )?(?:profile|account|file))"
)
AS_TARGET: Final = re.compile(
    rf"\b(?:use|set|make|save|keep|store|take|put) (?:that|this|it|the new one)(?: address| one)? (?:(?:as|for|to be|in) )?(?:my |the )?(?:new )?(?:{_DEFAULT})"
    rf"|\b(?:us[ae]|guard[ae]|pon)\w* (?:esa|esta|la)(?: \w+)? como (?:mi |la )?(?:{_DEFAULT})|\b(?:utilise|enregistre|garde)\w* (?:cette adresse|la) comme (?:mon |ma )?(?:{_DEFAULT})"
    rf"|\bals (?:meine |neue )*(?:{_DEFAULT})|\b(?:us[ae]|salv[ae]|guard[ae]) (?:esse|este|essa|esta)(?: \w+)? como (?:meu |minha )?(?:{_DEFAULT})"
)
"""The new address shall also be the customer's own."""
_FROM_ORDER: Final = re.compile(
    r"\b(?:same|like|match(?:es|ing)?|identical|misma|meme|gleiche\w*|dieselbe|mesm[oa]|(?:to|use|using|with|as) the (?:\w+ )?(?:address|one)|a la (?:direccion )?del?|(?:a|vers) (?:l'adresse|celle) de|an die (?:adresse )?(?:von|der|aus)|para o (?:endereco )?d[oa])\b"
    r"[^.;,]{0,40}?\b(?:orders?|pedido|commande|bestellung|encomenda|as|of|on|from|in|like|que|del?|von|d[oa])\b (?:(?:my|the|mi|el|la|ma|meiner|der|minha|meu|a|o) )?(?:orders?|pedido|commande|bestellung|encomenda)?\s?"
    r"(?P<number>#?[a-z]{0,4}-?\d{3,12})"
)
OTHER_ORDER: Final = re.compile(
    r"\b(?:same|like|misma|meme|gleiche\w*|dieselbe|mesm[oa]|as)\b[^.;]{0,30}\b(?:my|mi|mon|ma|meine\w*|minha|meu) (?:other|last|previous|otro|ultimo|autre|derniere|ander\w*|letzte\w*|outr[oa]|ultim[oa]) (?:orders?|pedido|commande|bestellung|encomenda)\b|"
    r"\b(?:(?:my|mi|meu) (?:other|otro|outro) (?:order|pedido)(?:'s)? address)\b"
)
ORDER_WORD: Final = re.compile(
    r"\b(?:orders?|parcel|package|shipment|delivery|pedidos?|envio|paquete|commandes?|colis|livraison|bestellung(?:en)?|paket|lieferung|encomendas?|entrega)\b"
)
_ADDRESS_WORD: Final = re.compile(
    r"\b(?:address(?:es)?|where it (?:goes|ships)|ship(?:ped)? (?:it )?to|direccion|domicilio|adresse|\w*adresse|anschrift|endereco|morada)\b"
)
SLIP: Final = re.compile(
    r"\b(?:typos?|wrong|mistyped|misspel\w*|should (?:be|say|read)|incorrect|correct(?:ion|ed)?|fix|add|missing|forgot|error|errores?|equivocad\w*|corregir|corrij\w*|anad\w*|falta|faux|fausse|corrig\w*|ajout\w*|oubli\w*|manque|"
    r"falsch\w*|fehl\w*|vergessen|erganz\w*|korrig\w*|tippfehler|errad\w*|acrescent\w*|adicion\w*|esqueci)\b"
)
_ASKS: Final = re.compile(
    r"\b(?:what|which|where|confirm|tell me|show me|check|verify|see|cual|que|donde|quelle?|ou|welche\w*|wie lautet|wohin|qual|onde)\b[^.!]{0,40}\b(?:address|direccion|adresse|\w*adresse|endereco|morada|(?:shipp|deliver|sen)\w* to)\b[^.!]*(?:\?|$)"
)
_CHANGES: Final = re.compile(
    r"\b(?:chang\w*|updat\w*|modif\w*|edit\w*|correct\w*|fix\w*|wrong|moved|new|different|another|switch\w*|cambi\w*|modific\w*|actualiz\w*|nueva|otra|nouvelle|autre|ander\w*|neue\w*|mud\w*|alter\w*|nov[oa]|outr[oa])\b"
)
TOO: Final = re.compile(
    r"\b(?:also|too|as well|both|and my|tambien|ambas|aussi|egalement|les deux|auch|ebenfalls|beide|tambem|ambos|plus)\b"
)


def source_number(text: str) -> str:
    """The number of an order that is named only as where the new address comes from; "" if none is."""
    match = _FROM_ORDER.search(fold(text))
    return normalise_number(match["number"]) if match else ""


def rest_of(text: str) -> str:
    """A message without what only tells of a new address or of a card: numbers in that are no orders."""
    said = change_words.without_card_number(text)
    written = postal.find(said)
    if written is not None:
        plain = postal.plain(said)
        said = f"{plain[: written.start]} {plain[written.end :]}"
    number = source_number(said)
    return re.sub(rf"#?{re.escape(number.lstrip('#'))}(?!\w)", " ", said, flags=re.IGNORECASE) if number else said


def is_about_address(text: str) -> bool:
    """Whether a wish to change an order is about where it goes."""
    return _ADDRESS_WORD.search(fold(text)) is not None or postal.find(text) is not None


def only_asks(text: str) -> bool:
    """Whether a message asks where an order goes rather than for another address."""
    folded = fold(text)
    return _ASKS.search(folded) is not None and not _CHANGES.search(folded)
