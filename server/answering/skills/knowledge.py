"""Answers from the shop's own articles: what the shop does, and how things are set up, used and mended.

An article is quoted, never retold, and named with its link. Where no article surely answers, nothing is made up: the skill that
the message is for goes on, and in the end a person. What the policy file decides comes before whatever an article says.
"""

import re
from collections.abc import Awaitable, Callable
from typing import Final

from memory.errors import StorageError
from server.answering.context import Task
from server.answering.skills import guide, order_status
from server.answering.skills.goods import sold
from server.answering.skills.goods_reading import read
from server.answering.turn import Turn
from server.answering.words import article_words
from server.shelf import Hit

Skill = Callable[[Turn], Awaitable[None]]

TECHNICAL: Final = "technical"
_FOUND: Final = 3
_CLAUSES: Final = 4
_OF_USE: Final = frozenset({"about", "link", "compatible"})
"""Questions about goods that an article may answer; prices, stock and sizes are in the data."""
_OF_GOODS: Final = frozenset({TECHNICAL, "products"})
_NO_HELP: Final = re.compile(
    r"(?:(?:no|nope|sorry|hi|well|but|ok|okay|pero|non|mais|nein|aber|n[aã]o|mas)\W+)*"
    r"(?:(?:it |that |this |they )?(?:still |also )?(?:does ?n[o']?t|did ?n[o']?t|is ?n[o']?t|wo ?n[o']?t|don'?t)"
    r" (?:work\w*|help\w*|turn on|solve\w*|fix\w*|change\w*)"
    r"|still (?:not working|nothing|the same|broken|dead)|no (?:luck|help|change)"
    r"|(?:i )?(?:have )?(?:already )?tried (?:all )?(?:that|this|it|everything)"
    r"|sigue (?:sin funcionar|igual|sin)|no (?:funciona|ayuda|sirve|me ayuda)|ya lo (?:he probado|prob[eé])"
    r"|[cç]a ne (?:marche|fonctionne) (?:toujours )?pas|toujours pas|[cç]a n'aide pas|j'ai d[eé]j[aà] essay[eé]"
    r"|(?:es |das )?(?:geht|funktioniert|hilft) (?:immer noch |leider )?nicht|habe ich (?:schon|alles) (?:probiert|versucht)"
    r"|continua (?:sem funcionar|igual)|(?:ainda )?n[aã]o (?:funciona|ajuda|ajudou|resolveu)|j[aá] tentei)",
    re.IGNORECASE,
)
"""What was shown did not help."""
_GENERAL: Final = re.compile(
    r"\b(?:how|what|which|when|can (?:i|you|we)|could (?:i|you)|do (?:you|i)|does|is there|are there|will you"
    r"|c[oó]mo|qu[eé]|cu[aá]l(?:es)?|cu[aá]nd?to|cu[aá]ndo|puedo|se puede|hac[eé]is|ten[eé]is|tienen|hay"
    r"|comment|quel(?:le)?s?|quand|combien|puis-je|peut-on|est-ce que|avez-vous|faites-vous"
    r"|wie|was|welche[rsn]?|wann|kann (?:ich|man)|k[oö]nnen|gibt es|habt ihr|haben sie|bietet"
    r"|como|qual|quais|quando|quanto|posso|d[aá] para|t[eê]m)\b",
    re.IGNORECASE,
)
_HAPPENED: Final = re.compile(
    r"\b(?:my order|order #?\d|was charged|been charged|charged me|twice|declined|failed|mi pedido|me (?:cobr|han cobr)\w*|dos veces"
    r"|ma commande|d[eé]bit[eé]\w*|deux fois|refus[eé]\w*|meine bestellung|abgebucht|doppelt|abgelehnt"
    r"|meu pedido|minha encomenda|cobra(?:do|ram)|duas vezes)\b",
    re.IGNORECASE,
)
_OWN: Final = re.compile(
    r"\b(?:i|i'?m|i'?ve|my|mine|our|me|it|this|mi|mis|nuestr[oa]|mon|ma|mes|notre|j'?ai|mein\w*|unser\w*|mir|meus?|minhas?|noss[oa])\b",
    re.IGNORECASE,
)
_MY_PARCEL: Final = re.compile(
    r"\b(?:when|how long|cu[aá]ndo|cu[aá]nto|quand|combien|wann|wie lange|quando|quanto)\b.*"
    r"\b(?:my|mi|mon|ma|meine?|meinem|minha|meu) (?:parcel|package|order|delivery|paquete|pedido|env[ií]o|colis|commande|livraison"
    r"|paket|bestellung|lieferung|sendung|encomenda|pacote|entrega)\b",
    re.IGNORECASE,
)
"""A question about somebody's own parcel, however general it sounds."""
_WANTS_MORE: Final = re.compile(
    r"\b(?:warrant\w*|guarantee|refund\w*|money back|replace\w*|exchange\w*|return\w*|send (?:it|this) back|broke\w*|smashed"
    r"|shatter\w*|crack\w*|damaged|arrived|delivered|missing|garant[ií]\w*|reembols\w*|devol\w*|cambi[aeo]\w*|rot[oa]s?|lleg[oó]|da[nñ]ad\w*"
    r"|rembours\w*|[eé]chang\w*|renvo\w*|cass[eé]\w*|ab[iî]m[eé]\w*|arriv[eé]\w*|erstatt\w*|geld zur[uü]ck|umtausch\w*|ersatz"
    r"|zur[uü]ck(?:geben|schicken|senden)|kaputt|zerbrochen|besch[aä]digt|angekommen|troc[ao]\w*|quebrad\w*|partid[oa]|chegou|danificad\w*)\b",
    re.IGNORECASE,
)


async def policy_question(turn: Turn) -> None:
    """What the shop does: returns by the policy file, with an article to read on; all else from the articles."""
    if guide.is_about_returns(turn):
        await guide.policy_question(turn)
        await _read_on(turn)
    elif _MY_PARCEL.search(turn.text):
        await order_status.order_status(turn)
    elif not (await answers(turn) or await sold(turn)):
        await guide.policy_question(turn)


def general(skill: Skill) -> Skill:
    """A question of a general kind is answered by an article; what happened to somebody is the skill's own matter."""

    async def begin(turn: Turn) -> None:
        is_asked = turn.choice is None and _GENERAL.search(turn.text) and not _HAPPENED.search(turn.text)
        if not (is_asked and turn.draft is None and await answers(turn)):
            await skill(turn)

    return begin


def delivery(skill: Skill) -> Skill:
    """How long delivery takes is no question about somebody's order, as long as none was spoken of."""

    async def begin(turn: Turn) -> None:
        is_open = turn.choice is None and not turn.dialogue.order_id and not turn.dialogue.slots.order_numbers
        is_asked = is_open and _GENERAL.search(turn.text) and not _OWN.search(turn.text)
        if not (is_asked and await answers(turn, categories=frozenset({"shipping"}))):
            await skill(turn)

    return begin


def account(skill: Skill) -> Skill:
    """What one does by oneself with an account is in the articles."""

    async def begin(turn: Turn) -> None:
        if not await answers(turn, categories=frozenset({"account"})):
            await skill(turn)

    return begin


def troubleshooting(skill: Skill) -> Skill:
    """Something that does not work may need a hand's turn only: the steps come first, once, then the skill."""

    async def begin(turn: Turn) -> None:
        is_plain = turn.choice is None and turn.draft is None and not turn.understood.entities.order_number
        if not (is_plain and not _WANTS_MORE.search(turn.text) and await _first_aid(turn)):
            await skill(turn)

    return begin


def goods(skill: Skill) -> Skill:
    """Use, care and trouble are told by articles; what a product is and costs, by its own data."""

    async def begin(turn: Turn) -> None:
        is_typed = turn.choice is None and not turn.dialogue.asked
        is_of_use = is_typed and not set(read(turn.text).kinds) - _OF_USE
        if not (is_of_use and await answers(turn, only=_is_technical)):
            await skill(turn)

    return begin


async def continues(turn: Turn) -> bool:
    """Take it up when an article did not help: what does not work is a case for the warranty, all else for a person."""
    shown = turn.dialogue.articles
    if not shown or turn.choice or turn.dialogue.asked or not _NO_HELP.match(turn.text.strip()):
        return False
    if await _is_of_use(turn, shown[-1]):
        turn.dialogue.todo.insert(0, Task("warranty", turn.text))
    else:
        turn.say("guide.person")
        turn.hand_off("low_confidence")
    return True


async def answers(
    turn: Turn, *, categories: frozenset[str] | None = None, only: Callable[[Turn, Hit], bool] | None = None
) -> bool:
    """Answer from the article that surely answers, if there is one; whether there was."""
    hit = await find(turn, categories)
    if hit is None or (only is not None and not only(turn, hit)):
        return False
    tell(turn, hit)
    await _tell_second(turn, hit, categories, only)
    return True


async def _tell_second(
    turn: Turn, first: Hit, categories: frozenset[str] | None, only: Callable[[Turn, Hit], bool] | None
) -> None:
    """Of two questions in one message the second, where another section of the same article surely answers it."""
    for clause in turn.understood.clauses[:_CLAUSES] if len(turn.understood.clauses) > 1 else ():
        hit = await _sure(turn, clause.text, categories)
        is_other = hit is not None and hit.article == first.article and hit.section != first.section
        if hit is not None and is_other and (only is None or only(turn, hit)):
            tell(turn, hit)
            return


async def find(turn: Turn, categories: frozenset[str] | None = None) -> Hit | None:
    """The section that surely answers what is asked: by the whole of it, else by one clause."""
    help = turn.context.help
    if help is None or not turn.text.strip():
        return None
    clauses = (each.text for each in turn.understood.clauses[:_CLAUSES])
    texts = list(dict.fromkeys((turn.text, turn.context.text, *clauses)))
    for text in texts:
        hit = await _sure(turn, text, categories)
        if hit is not None:
            return hit
    return None


async def _sure(turn: Turn, text: str, categories: frozenset[str] | None) -> Hit | None:
    """The section that surely answers a text."""
    help = turn.context.help
    if help is None:
        return None
    try:
        hits = await help.library.search(text, turn.voice.language, _FOUND)
    except StorageError:
        return None
    is_it = bool(hits) and hits[0].is_sure and (categories is None or hits[0].article.category in categories)
    return hits[0] if is_it else None


async def _is_of_use(turn: Turn, name: str) -> bool:
    """Whether an article that was shown is about how a thing works."""
    help = turn.context.help
    try:
        books = await help.library.books() if help else None
    except StorageError:
        return False
    article = books.article(name.partition("#")[0], turn.voice.language) if books else None
    return article is not None and article.category in _OF_GOODS


async def _first_aid(turn: Turn) -> bool:
    hit = await find(turn, _OF_GOODS)
    if hit is None or article_words.name(hit) in turn.dialogue.articles:
        return False
    if hit.article.category != TECHNICAL and not article_words.has_steps(hit.section):
        return False
    tell(turn, hit)
    return True


async def _read_on(turn: Turn) -> None:
    """An article about returns is named, not quoted: the policy file has spoken."""
    hit = await find(turn)
    help = turn.context.help
    if hit is None or help is None or turn.reason or turn.context.channel == "voice" or not _is_of_returns(hit):
        return
    _note(turn, hit)
    turn.speech.join(article_words.source(hit, turn.voice, help.url, key="knowledge.read_on"))


def may_help(turn: Turn, hit: Hit) -> bool:
    """Whether a section may help somebody: steps against trouble that were shown before did not."""
    return hit.article.category != TECHNICAL or article_words.name(hit) not in turn.dialogue.articles


def _is_of_returns(hit: Hit) -> bool:
    """Whether an article is about returns by what it is called or filed under."""
    return guide.speaks_of_returns(f"{hit.article.category} {hit.article.title} {hit.section.heading}")


def _is_technical(turn: Turn, hit: Hit) -> bool:
    """Whether a question about goods is one for an article: set-up and trouble always, care where it is asked how."""
    return hit.article.category == TECHNICAL or bool(_GENERAL.search(turn.text))


def tell(turn: Turn, hit: Hit) -> None:
    """Quote a section, once in a reply, and name its article."""
    help, name = turn.context.help, article_words.name(hit)
    if help is None or name in turn.articles:
        return
    is_spoken = turn.context.channel == "voice"
    turn.dialogue.unsure_times = 0
    turn.speech.join(article_words.answer(hit, turn.voice, help.url, is_spoken=is_spoken))
    _note(turn, hit)
    if hit.article.category == TECHNICAL or (
        hit.article.category in _OF_GOODS and article_words.has_steps(hit.section)
    ):
        turn.category = TECHNICAL
        turn.options = [turn.option("choice.still_broken", "do:warranty"), turn.option("choice.human", "human")]
    else:
        turn.options = [turn.option("choice.human", "human")]


def _note(turn: Turn, hit: Hit) -> None:
    name = article_words.name(hit)
    turn.articles.append(name)
    if name not in turn.dialogue.articles:
        turn.dialogue.articles.append(name)
