"""Greetings, thanks and goodbyes: short, warm, and never in the way of what the customer came for."""

# ruff: noqa: E501 (patterns are read as lists of words)

import re
from typing import Final

from server.answering.context import Option
from server.answering.turn import Turn
from server.commerce.catalogue.words import fold

_WHO_ARE_YOU: Final = re.compile(
    r"\W*(?:(?:hi|hello|hey|wait|so|ok|sorry|hola|bonjour|hallo|ol[aá]|oye|espera|moment)\W+)*"
    r"(?:(?:are|r) (?:you|u)|am i (?:talking|speaking|chatting|writing) (?:to|with)|is (?:this|that|it)|(?:eres|es usted|estoy hablando con|hablo con|esto es)"
    r"|(?:es[- ]tu|[eê]tes[- ]vous|tu es|vous [eê]tes|est-ce que (?:tu es|vous [eê]tes|je parle [aà])|je parle [aà]|c'est)|(?:bist du|sind sie|spreche ich mit|schreibe ich mit|ist das)"
    r"|(?:voc[eê] [eé]|[eé]s|estou (?:a )?fal(?:ar|ando) com|isto [eé]|isso [eé])|(?:kya )?aap)"
    r"(?: (?:an?|the|actually|really|just|even|un[ae]?|uma?|eine?n?m?|ein|einem|echter?n?|ek|wirklich|nur))*"
    r" (?:real |actual |true |vrai |v[eé]ritable |echten? |echter |verdadeir[oa] |automated |living )?"
    r"(?:(?:chat ?)?bot|robot|robô|roboter|a\.?i\.?|ia|ki|machine|m[aá]quina|maschine|computer|ordenador|programa?|automated|human|human being|person|people|real|humano|persona|humain|personne|mensch(?:en)?|humana?|pessoa|insaan)"
    r"(?: (?:being|real|r[eé]elle?|de verdad))?(?:,? (?:or|o|ou|oder|ya)\b[^.?!]{0,30})?(?: hai| ho)?\W*",
    re.IGNORECASE,
)


_YOUR_NAME: Final = re.compile(
    r"\W*(?:(?:hi|hello|hey|so|and|ok|hola|bonjour|hallo|ol[aá])\W+)*(?:what(?:'?s| is) (?:your|ur) name|who am i (?:talking|speaking|chatting) (?:to|with)|who (?:are|r) (?:you|u)|who is this"
    r"|c[oó]mo te llamas|c[oó]mo se llama(?: usted)?|qui[eé]n eres|con qui[eé]n hablo|comment (?:tu t'appelles|vous appelez-vous)|qui [eê]tes[- ]vous|qui es[- ]tu|[aà] qui (?:ai-je affaire|je parle)"
    r"|wie hei(?:ß|ss)en sie|wie hei(?:ß|ss)t du|wer (?:sind sie|bist du)|mit wem (?:spreche|schreibe) ich|qual [eé] (?:o )?seu nome|quem [eé] voc[eê]|com quem (?:eu )?(?:falo|estou falando)|(?:aap|tum) kaun (?:ho|hai|hain))\W*",
    re.IGNORECASE,
)
_TONGUES: Final = {
    "en": r"english|ingl[eé]s|anglais|englisch|angrezi",
    "es": r"spanish|espa[nñ]ol|castellano|espagnol|spanisch|espanhol",
    "fr": r"french|franc[eé]s|fran[cç]ais|franz[oö]sisch|franc[eê]s",
    "de": r"german|alem[aá]n|allemand|deutsch|alem[aã]o",
    "pt": r"portuguese|portugu[eé]s|portugais|portugiesisch|portugu[eê]s",
    "": r"hindi|italiano?|italien(?:isch)?|dutch|nederlands|polish|polski|chinese|mandarin|arabic|turkish|russian|japanese",
}
_SPEAKS: Final = re.compile(
    r"\W*(?:(?:hi|hello|hey|hola|bonjour|hallo|ol[aá]|sorry|excuse me|bitte|please)\W+)*"
    r"(?:(?:do|can|does) (?:you|u|anyone|anybody|someone|we)(?: guys| please| also)* (?:speak|talk|write|understand|chat|reply|answer)(?: (?:in|to me in))?|is there (?:anyone|someone) who speaks"
    r"|(?:hablas?|habl[aá]is|puedes? (?:hablar|escribir))(?: (?:usted|en))*|(?:parlez[- ]vous|vous parlez|tu parles|est-ce que vous parlez)(?: (?:le|l'))?|(?:sprechen|schreiben|k[oö]nnen) sie(?: auch)?(?: auf)?|sprichst du|kannst du"
    r"|(?:voc[eê]s? )?(?:fala|falam|fal[ao]s)(?: em)?|(?:kya )?(?:aap )?)"
    r" ?(?P<tongue>[^\W\d_]+)(?: (?:here|please|sprechen|schreiben|bolte(?: ho| hain)?|mein baat))?\W*",
    re.IGNORECASE,
)
"""Which language can be spoken here; whoever asks that asks for no person yet."""


_PERSON: Final = (
    r"(?:human|person|people|agent|someone|somebody|representative|rep|manager|supervisor|operator|advis[eo]r|colleague|team|staff|humano|persona|alguien|agente|asesor\w*|encargad[oa]|operador\w*|"
    r"humain|personne|quelqu'un|conseiller\w*|responsable|mensch\w*|mitarbeiter\w*|jemand\w*|berater\w*|chef\w*|vorgesetzt\w*|pessoa|alguem|atendente|gerente|insaan|banda|bande)"
)
_WANTS_A_PERSON: Final = re.compile(
    rf"\b(?:speak|talk|chat|connect|transfer|forward|escalate|get|give|want|need|let|put|bring|call|real|live|actual|hablar|hable|pasa\w*|pon\w*|quiero|necesito|llam\w*|parler|passe\w*|veux|voudrais|besoin|appel\w*|"
    rf"sprechen|reden|verbind\w*|mochte|will|brauche|holen|falar|passa\w*|quero|preciso|cham\w*|baat|chahiye)\b[^.?!;]{{0,40}}\b{_PERSON}\b|^\W*{_PERSON}\W*$"
)


_OUTRIGHT: Final = re.compile(
    r"\b(?:speak|talk|chat) (?:to|with) (?:an? |the |your )?(?:real |live |actual |human )?(?:human|person|agent|representative|rep|manager|supervisor|operator|advis[eo]r|someone|somebody)\b"
    r"|\b(?:get|give) me (?:an? |the |your )?(?:real |live |actual )?(?:human|person|agent|representative|manager|supervisor)\b|\b(?:want|need) an? (?:real |live |actual )?human\b"
    r"|\bhablar con (?:una? )?(?:persona|human[oa]|agente|alguien|responsable|encargad[oa])\b|\bparler (?:a|avec) (?:une? )?(?:vraie? )?(?:personne|humain|conseiller\w*|quelqu'un|responsable)\b"
    r"|\bmit (?:einem |einer )?(?:echten )?(?:menschen|mitarbeiter\w*|berater\w*|person|jemandem) (?:sprechen|reden)\b|\bfalar com (?:uma? )?(?:pessoa|human[oa]|atendente|alguem|gerente)\b|\binsaan se baat\b"
)
_NOT_WANTED: Final = re.compile(
    r"\b(?:don'?t|do not|not|never|rather than|instead of|without|do i (?:need|have) to|no|sin|ne|pas|nicht|kein\w*|nao|sem)\b[^.?!,;]{0,24}$"
)


def demands_a_person(text: str) -> bool:
    """Whether a text asks outright for a person, whatever else it says."""
    folded = fold(text.replace("\u2019", "'"))
    return any(not _NOT_WANTED.search(folded[: match.start()]) for match in _OUTRIGHT.finditer(folded))


def names_a_person(text: str) -> bool:
    """Whether a text says in so many words that a person shall come."""
    folded = fold(text.replace("\u2019", "'"))
    found = (match for match in _WANTS_A_PERSON.finditer(folded) if not _NOT_WANTED.search(folded[: match.start()]))
    return any(not (match.group().startswith("need") and folded[: match.start()].endswith("do i ")) for match in found)


def reply(turn: Turn) -> None:
    """Answer a message that is nothing but a courtesy."""
    intent = turn.understood.intent
    if intent == "greeting":
        key = "courtesy.again" if turn.dialogue.introduced else "courtesy.hello"
        turn.say(key, shop=turn.context.shop.name, assistant=turn.context.shop.assistant)
        turn.dialogue.introduced = True
        turn.options = starters(turn)
    elif intent == "thanks":
        turn.say("courtesy.welcome")
    else:
        turn.say("courtesy.bye", shop=turn.context.shop.name)


def asks_who_answers(text: str) -> bool:
    """Whether a message asks whether a machine or a human being writes here, and nothing else."""
    return _WHO_ARE_YOU.fullmatch(text) is not None or _YOUR_NAME.fullmatch(text) is not None


def tongue_asked(text: str) -> str | None:
    """The language that a message asks for, and nothing else; empty for one that is not spoken here, None if it asks for none."""
    asked = _SPEAKS.fullmatch(text)
    named = asked["tongue"].casefold() if asked else ""
    return next((code for code, words in _TONGUES.items() if named and re.fullmatch(words, named)), None)


def say_tongues(turn: Turn, code: str) -> None:
    """Which languages are spoken here, in the one that was asked for where it is one of them."""
    if code:
        turn.dialogue.language = code
        turn.speak(code)
    turn.say("courtesy.languages")
    turn.options = [*turn.dialogue.options] or starters(turn)


def say_machine(turn: Turn) -> None:
    """An honest answer to that, with a person within reach."""
    turn.say("courtesy.machine", shop=turn.context.shop.name, assistant=turn.context.shop.assistant)
    turn.dialogue.introduced = True
    turn.options = [*turn.dialogue.options] or starters(turn)


def starters(turn: Turn) -> list[Option]:
    """What a customer may begin with."""
    return [
        turn.option("choice.order_status", "do:order_status"),
        turn.option("choice.start_return", "do:return"),
        turn.option("choice.human", "human"),
    ]


def open_with_feeling(turn: Turn) -> None:
    """One short word of regret when somebody is upset, once a thread."""
    understood = turn.understood
    is_complaint = any(each.name == "complaint" for each in understood.intents) and not understood.abstain
    is_upset = understood.frustration >= 2 or (understood.frustration == 1 and understood.sentiment == "negative")
    if (is_upset or is_complaint) and "sorry" not in turn.dialogue.refused:
        turn.dialogue.refused.append("sorry")
        turn.say("courtesy.sorry")
