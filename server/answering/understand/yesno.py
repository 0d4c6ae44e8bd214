"""Reads short answers to the assistant's own questions: yes or no, and which of the choices.

Strict on purpose, for a clear yes may execute an action: "yes, but to another card" is neither yes nor no. English,
Spanish, French, German, Portuguese and romanised Hindi; words of all are known at once, the language breaks ties.
"""

# ruff: noqa: E501, SIM905 (word lists are read as words)

import re
from collections.abc import Sequence
from typing import Literal

from server.answering.understand.normalise import clean, fold, words

_YES = frozenset(
    """yes yeah yep yup yea ya yess yas y sure ok okay okey k kk absolutely definitely certainly correct right exactly confirm confirmed
    affirmative aye righto mhm uhuh proceed continue agreed agree indeed perfect great fine alright ye okie okey-dokey
    si sí claro vale correcto exacto confirmo confirmado dale bueno perfecto cierto efectivamente venga procede proceda prosiga hagalo hazlo
    oui ouais ouaip daccord d'accord exact exactement parfait confirme volontiers bien certainement allons-y continuez procedez
    ja jo jawohl jap jep klar genau richtig gerne stimmt korrekt einverstanden bestatige passt doch naturlich
    sim isso certo exato confirmado claro pode beleza perfeito aceito blz positivo prossiga avance combinado fechado
    haan han ha haanji ji bilkul theek thik sahi""".split()
)
_NO = frozenset(
    """no nope nah nay n never negative non nein ne nee nö nao não nein nahi nhi nahin na mat nie jamais nunca stop wrong
    incorrecto incorrect falsch errado galat""".split()
)
_YES_PHRASES = (
    "go ahead", "uh huh", "uh-huh", "mm hmm", "mm-hmm", "i agree", "we agree", "happy with it", "happy with this", "good with that", "good with it", "okay with that", "ok with that", "fine with it", "agree to", "exactly what i want", "exactly what i need", "what i want", "what i wanted", "please process it", "process it", "please process", "you can go ahead", "you may proceed", "you can proceed", "please proceed", "do it", "please do", "sounds good", "that's right", "thats right", "that is right", "that's correct", "that is correct", "of course",
    "why not", "you got it", "go for it", "works for me", "that works", "looks good", "all good", "for sure", "make it so", "yes please", "please proceed", "proceed", "looks right", "looks correct", "yes change it", "yes, change it", "yes please change it", "yes, please change it", "i do", "i am", "i confirm", "no problem", "not a problem",
    "go on then", "do that", "let's do it", "lets do it", "let's go for it", "lets go for it", "carry on", "go on", "that's fine", "fine by me", "fine with me", "happy with that", "sure thing", "that'd be great", "that would be great", "that is fine", "very well", "yes that one", "i want that", "okie dokie",
    "por supuesto", "de acuerdo", "esta bien", "adelante", "hazlo", "asi es", "eso es", "desde luego", "claro que si", "como no", "sin problema", "me parece bien", "si quiero", "me vale", "dale pues", "por mi bien", "continue por favor",
    "bien sur", "d'accord", "tout a fait", "ca marche", "allez y", "allez-y", "vas y", "c'est ca", "c'est bon", "avec plaisir", "pas de probleme", "s'il vous plait", "s'il te plait", "je confirme", "je valide", "je veux bien", "faites-le", "faites le", "fais-le", "allons-y", "ok pour moi", "ca me va", "ca me convient",
    "in ordnung", "mach das", "machen sie das", "auf jeden fall", "geht klar", "alles klar", "so ist es", "kein problem", "ich bestatige", "sehr gerne", "ja bitte", "ja gern", "ja mach", "so machen", "machen wir so", "mach es so", "machen sie es so", "passt so",
    "com certeza", "pode ser", "por favor", "isso mesmo", "claro que sim", "tudo bem", "pode sim", "esta bem", "sem problema", "pode fazer", "ta bom", "esta certo", "pode avancar", "pode seguir", "pode prosseguir", "pode continuar", "pode confirmar", "pode ir", "podem avancar",
    "kar do", "kar dijiye", "kardo", "krdo", "theek hai", "thik hai", "ho jayega", "haan ji", "ji haan", "chalega", "kr do", "kar dena", "kar de", "kar dijiyega",
)  # fmt: skip
_NO_PHRASES = (
    "not really", "no way", "don't", "do not", "dont", "rather not", "not now", "not yet", "no thanks", "no thank you", "never mind", "nevermind", "that's wrong", "that's not right", "thats not right",
    "not correct", "i'd rather not", "absolutely not", "certainly not", "of course not", "not at all", "leave it", "i don't", "hold on", "not ok", "not okay", "not sure about that", "please don't", "don't bother", "rather keep",
    "para nada", "claro que no", "mejor no", "de ninguna manera", "en absoluto", "ni hablar", "no gracias", "todavia no", "aun no", "no lo hagas",
    "pas du tout", "surtout pas", "non merci", "pas encore", "certainement pas", "bien sur que non", "pas maintenant", "laissez tomber", "pas d'accord", "pas la peine", "laissez",
    "auf keinen fall", "lieber nicht", "gar nicht", "nein danke", "noch nicht", "bitte nicht", "nicht richtig", "stimmt nicht", "passt nicht", "nicht einverstanden", "lass es", "lassen sie es", "doch nicht",
    "de jeito nenhum", "claro que nao", "melhor nao", "agora nao", "ainda nao", "nao obrigado", "nao obrigada", "deixa pra la", "nem pensar", "nao precisa", "deixa estar",
    "mat karo", "nahi chahiye", "rehne do", "abhi nahi", "bilkul nahi", "nahi ji",
)  # fmt: skip
_CONDITION = re.compile(
    r"\b(?:but|however|except|unless|only if|if|instead|rather than|as long as|provided|first|though|although|depends|maybe|perhaps|not sure|"
    r"pero|salvo|excepto|siempre que|en vez|solo si|depende|quizas?|tal vez|primero|aunque|"
    r"mais|sauf|seulement si|a condition|plutot|ca depend|peut-etre|d'abord|pourvu|"
    r"aber|ausser|nur wenn|falls|wenn|stattdessen|sondern|vielleicht|kommt drauf an|erst|jedoch|"
    r"mas|porem|exceto|desde que|so se|talvez|primeiro|em vez|"
    r"lekin|par|magar|shayad|agar|pehle)\b"
)
_HALT = re.compile(
    r"(?:(?:oh|ok|okay|sorry|actually|please|pero|mais|aber|mas|bitte|por favor|doch) )*(?:wait|stop|hold on|cancel that|forget it|forget about it"
    r"|i (?:do not|don't|dont|no longer) want|(?:i(?:'ve| have)? )?changed my mind|espera|para|dejalo|olvidalo|ya no quiero|he cambiado de idea"
    r"|attendez|attends|arretez|laissez|je ne veux (?:plus|pas)|j'ai change d'avis|warte|warten sie|halt|stopp?|vergiss es|ich will (?:das )?(?:nicht|doch nicht)"
    r"|ich mochte (?:das )?(?:nicht|doch nicht)|espere|pare|esquece|nao quero|mudei de ideia|ruko|rukiye)\b"
)
_PADDING = frozenset(
    """please pls thanks thank you thx that that's thats it is this the a an i you me my we so very much all good oh um uh well hmm mm just of course go ahead do
    changes cancellation proceed with and would like to i'd confirm update
    por favor gracias eso esta bien lo la el muchas que es mi merci s'il vous te plait c'est ca bitte danke das ist es gut schon sehr isso obrigado obrigada
    ta bom tudo o a e ji hai haan sir bhai absolutely really totally then now ok okay okay, sounds works for refund return order cancel exchange them hazlo haz hagalo
    faites le mach mache machen sie das faca fazer kar karo dijiye do krdo kardo mate man lot porfa porfis cool then i'm im yes done
    today sorry trouble bother inconvenience patience address version correct already can those are details right just i'd like that exactly perfectly absolutely fully correctly everything's
    looks your help everything great amazing wonderful appreciate appreciated details information info
    cancelalo cancela cancele cancelar cancelem annulez annuler annule stornieren stornier storniere devolver devolva devuelvelo renvoyer""".split()
)
_NOTHING_MORE = re.compile(
    r"\b(?:no|nothing|not any|without) (?:other|more|further|additional) (?:items?|changes?|things?|products?)?(?: to (?:add|change|exchange|return))?\b|\bno(?:thing)? else\b|\bnothing (?:else|more)\b"
    r"|\b(?:that|this|it)(?:'s| is|s) (?:really )?(?:the only (?:one|item|thing|change|product)|all(?: of (?:them|it))?(?: i need| i want| for (?:now|today))?)\b|\b(?:only|just) (?:that|this) (?:one|item)\b"
    r"|\b(?:nada mas|eso es todo|ningun otro|rien d'autre|c'est tout|nichts (?:weiter|mehr|anderes)|das ist alles|das war'?s|mais nada|so isso|e so isso)\b"
)
"""Said of what is read back: that there is no more to it. It is neither yes nor no."""
_NO_GO_ON = re.compile(
    r"^\W*(?:no|nope|nah|non|nein|nao)\b\W+(?=(?:please |you can |just |that's fine |thanks? |thank you )*(?:go ahead|proceed|please proceed|process (?:it|the|that|this)|carry on|do it|continue|adelante|proceda|allez-y|machen sie das|pode (?:avancar|seguir)))"
)
"""The no of somebody who has no more to add: "no, please go ahead"."""
_MAX_WORDS = 10
_THUMBS_UP = re.compile("[\U0001f44d\U0001f44c✅✔☑\U0001f197]")
_THUMBS_DOWN = re.compile("[\U0001f44e❌\U0001f645\U0001f6ab]")
_YES_SPLIT = re.compile("|".join(rf"\b{re.escape(each)}\b" for each in sorted(_YES_PHRASES, key=len, reverse=True)))
_NO_SPLIT = re.compile("|".join(rf"\b{re.escape(each)}\b" for each in sorted(_NO_PHRASES, key=len, reverse=True)))


def answer(text: str, lang: str | None = None) -> Literal["yes", "no"] | None:
    """A clear yes or no; None for anything with a condition, a question, a new request, or both."""
    plain = clean(text)
    folded = _said_of_it(fold(plain).strip())
    faces = _by_face(plain)
    if not words(folded):
        return faces
    if "?" in folded or _CONDITION.search(folded):
        return None
    yes, no, rest = _votes(folded, lang)
    if rest > 0 or (faces == "yes" and no) or (faces == "no" and yes):
        return None
    if bool(yes) == bool(no):
        return faces if not yes else None
    if no and _NOTHING_MORE.search(fold(plain)):
        return None  # "no, that's all": no to more, or to the whole
    return "yes" if yes else "no"


def _said_of_it(folded: str) -> str:
    """A text without the remark that there is no more to it, and with "yesss" written as yes."""
    left = _NO_GO_ON.sub("", _NOTHING_MORE.sub(" ", folded)).strip()
    left = re.sub(r"\by+e+s+\b", "yes", left)
    return left if words(left) else folded


def beyond(text: str) -> set[str]:
    """The words of a text that are neither a yes nor said beside one."""
    left = _YES_SPLIT.sub(" ", _said_of_it(fold(clean(text))))
    return {word for word in words(left) if word not in _YES and word not in _PADDING}


def turns_down(text: str, lang: str | None = None) -> bool:
    """Whether a message stops what was proposed, in whatever words beside: "no wait, don't cancel it", "stop, leave my order"."""
    folded = _said_of_it(fold(clean(text)).strip())
    if not words(folded) or "?" in folded or (_NOTHING_MORE.search(fold(clean(text))) and len(words(folded)) == 1):
        return False
    starts = _starts_with(folded, _NO_SPLIT, _no_words(lang)) or _HALT.match(folded) is not None
    return starts and not _plain_yes(folded)


def refuses(text: str, lang: str | None = None) -> bool:
    """Whether a text has any word of refusal."""
    folded = _said_of_it(fold(clean(text)).strip())
    return _NO_SPLIT.search(folded) is not None or any(word in _no_words(lang) for word in words(folded))


def has_condition(text: str) -> bool:
    """Whether a text makes a yes depend on something: "but", "if", "only"."""
    return _CONDITION.search(fold(clean(text))) is not None


def _by_face(plain: str) -> Literal["yes", "no"] | None:
    up, down = bool(_THUMBS_UP.search(plain)), bool(_THUMBS_DOWN.search(plain))
    if up == down:
        return None
    return "yes" if up else "no"


def _votes(folded: str, lang: str | None) -> tuple[int, int, int]:
    no_left, no = _NO_SPLIT.subn(" ", folded)
    left, yes = _YES_SPLIT.subn(" ", no_left)
    rest = 0
    for word in words(left):
        if word in _no_words(lang):
            no += 1
        elif word in _YES:
            yes += 1
        elif word not in _PADDING:
            rest += 1
    if no and yes and _starts_with(folded, _NO_SPLIT, _no_words(lang)) and not _plain_yes(left):
        yes = 0  # "no, that's fine": the agreement belongs to the refusal
    return yes, no, rest


def _no_words(lang: str | None) -> frozenset[str]:
    # "ne", "na" and "n" are no only where that language is spoken.
    if lang in ("de", None):
        return _NO - {"na"}
    return _NO - {"ne"} if lang != "hi-en" else _NO - {"ne", "n"}


def _starts_with(folded: str, phrases: re.Pattern[str], single: frozenset[str]) -> bool:
    return phrases.match(folded) is not None or words(folded)[0] in single


def _plain_yes(left: str) -> bool:
    return any(word in ("yes", "si", "oui", "ja", "sim", "haan", "yeah", "yep") for word in words(left))


_ORDINALS: tuple[frozenset[str], ...] = (
    frozenset(
        "first 1st one 1 primero primera primer uno una premier premiere un une erste ersten erster erstes eins primeiro primeira um uma pehla pehli ek a".split()
    ),
    frozenset(
        "second 2nd two 2 segundo segunda dos deuxieme seconde deux zweite zweiten zweiter zweites zwei segundo segunda dois duas dusra dusri doosra do b".split()
    ),
    frozenset(
        "third 3rd three 3 tercero tercera tercer tres troisieme trois dritte dritten dritter drittes drei terceiro terceira teesra teesri teen c".split()
    ),
    frozenset(
        "fourth 4th four 4 cuarto cuarta cuatro quatrieme quatre vierte vierten vierter vier quarto quarta quatro chautha d".split()
    ),
    frozenset("fifth 5th five 5 quinto quinta cinco cinquieme cinq funfte funften funf paanchva e".split()),
)
_LAST = frozenset("last latest final ultimo ultima dernier derniere letzte letzten letzter letztes aakhri".split())
_BOTH = re.compile(
    r"\b(?:both|ambos|ambas|los dos|las dos|les deux|tous les deux|toutes les deux|beide[ns]?|alle beide|os dois|as duas|dono|donon)\b"
)
_ALL = re.compile(
    r"\b(?:all|everything|every one|the lot|todos|todas|todo|tous|toutes|tout|alle|alles|sammtliche|tudo|sab|sabhi|saare)\b"
)
_NONE_OF = re.compile(
    r"\b(?:none|neither|ningun[oa]?|aucune?|keine?[nrs]?|nenhuma?|koi nahi|no|not|nicht|pas|nao|nahi|except|but|menos|sauf|ausser|exceto)\b"
)
_WEAK_ORDINALS = frozenset("one un une um uma uno una a b c d e do ek eins".split())


def choice(text: str, labels: Sequence[str]) -> tuple[int, ...] | None:
    """The indexes (from 0) of the labels meant by "the first one", "2", "the red scarf", "both"; None if unclear."""
    folded = fold(clean(text))
    said = words(folded)
    if not said or not labels or _NONE_OF.search(folded):
        return None
    by_name = _named(said, labels)
    if by_name:
        return by_name
    if _BOTH.search(folded):
        return (0, 1) if len(labels) == 2 else None
    if _ALL.search(folded):
        return tuple(range(len(labels)))
    return _counted(said, len(labels))


def _named(said: list[str], labels: Sequence[str]) -> tuple[int, ...]:
    """Labels of which the text says more telling words than of any other; a word that all labels share tells nothing."""
    sets = [{_stem(word) for word in words(fold(label))} for label in labels]
    shared = set.intersection(*sets) if len(sets) > 1 else set()
    heard = {_stem(word) for word in said}
    hits = [len((names - shared) & heard - _EMPTY_WORDS) for names in sets]
    best = max(hits)
    if best == 0:
        return ()
    unique = [
        index
        for index, names in enumerate(sets)
        if hits[index] and any(word in heard - _EMPTY_WORDS and _owners(word, sets) == 1 for word in names)
    ]
    if unique:
        return tuple(unique)
    leaders = tuple(index for index, count in enumerate(hits) if count == best)
    return leaders if len(leaders) < len(labels) and len(leaders) == 1 else ()


_EMPTY_WORDS = frozenset(
    "the a an of in for and with or de la el los las le les der die das und o a os as e y et".split()
)


def _owners(word: str, sets: Sequence[set[str]]) -> int:
    return sum(word in names for names in sets)


def _stem(word: str) -> str:
    return word[:-1] if len(word) > 3 and word.endswith("s") else word


def _counted(said: list[str], count: int) -> tuple[int, ...] | None:
    strong = {index for index, names in enumerate(_ORDINALS) for word in said if word in names - _WEAK_ORDINALS}
    if not strong and len(said) <= 2:
        strong = {index for index, names in enumerate(_ORDINALS) if said[-1] in names}
    if _LAST & set(said):
        strong.add(count - 1)
    if not strong or max(strong) >= count:
        return None
    return tuple(sorted(strong))
