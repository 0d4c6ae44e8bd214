"""What a message asks for: one task for each thing wanted, with the words that are about it.

A message with several wishes is cut along its clauses; a wish that names several orders becomes one task for each. Facts come first,
then what needs questions. Nothing here answers anything.
"""

import re
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Final

from server.answering.context import Task
from server.answering.identify import numbers_in
from server.answering.manner import asks_again
from server.answering.skills import addresses, choosing, goods, own_orders, pickups
from server.answering.skills.registry import SKILLS, WRITING
from server.answering.told import Told, pays_by, same_again, told
from server.answering.turn import Turn
from server.answering.understand import Clause, IntentScore, rules, understand
from server.answering.words import paid_words, shop_words, sum_words, who_words
from server.answering.words.pickup_words import asks_for_pickup
from server.commerce.catalogue.words import fold

COURTESY: Final = frozenset({"greeting", "thanks", "goodbye"})
MOST: Final = 4
_PAIR: Final = 2
_ORDER: Final = {
    "complaint": 0,
    "product_question": 1,
    "stock_question": 1,
    "order_status": 2,
    "delivery_problem": 2,
    "refund_status": 3,
    "policy_question": 4,
    "return": 5,
    "change_order": 7,
}
_BESIDE: Final = frozenset({"account", "payment", "promo", "subscription", "warranty", "policy_question", "complaint"})
"""Wishes that stray words beside another wish easily look like."""
_NEWS: Final = frozenset({"order_status", "refund_status"})
"""Wishes that cost nothing to answer: one clause of its own is enough."""
_SURELY: Final = 0.9
_LIKELY: Final = 0.6
_ALIKE: Final = frozenset({"exchange", "change_order", "return", "damaged_or_wrong_item"})
_TOGETHER: Final = 0.8
_VAGUE: Final = re.compile(
    r"(?:(?:hi|hello|hey|hola|bonjour|hallo|ol[aá]|please|sorry)\W+)*(?:(?:i(?:'ve| have)?(?: got)?|there(?:'s| is)|we have|having) )?"
    r"(?:(?:some|an?|the|un|una|uma|ein|une|eine) )?(?:problem|issue|question|trouble|help|problema|pregunta|duda|probl[eè]me|souci"
    r"|frage|d[uú]vida|tengo (?:un problema|una pregunta)|j'ai un (?:probl[eè]me|souci)|ich habe (?:ein problem|eine frage)"
    r"|tenho (?:um problema|uma d[uú]vida)|can you help(?: me)?|need (?:some )?help|i need help)"
    r"(?: (?:with|about|regarding|con|sobre|avec|mit|zu|com) (?:my|an|the|this|mi|el|ma|mon|une|meiner?|der|einer|meu|o) "
    r"(?:orders?|purchase|delivery|package|pedidos?|compra|commande|colis|bestellung|paket|encomenda))?\W*",
    re.IGNORECASE,
)
"""Something is the matter, and nobody can know what."""
_WRONG_WITH: Final = re.compile(
    r"\bsomething(?:'s| is) (?:wrong|not right) with (?:the|my|one of)\b"
    r"(?! (?:\w+ )?(?:order|account|login|payment|card|site|website|app|address|delivery)\b)",
    re.IGNORECASE,
)
"""An item is not as it should be, and nobody said how."""

_SAME_TALK: Final = (frozenset({"return", "refund_request"}), frozenset({"exchange", "damaged_or_wrong_item"}))
"""Wishes that are one task when they stand together: the first reading of them leads."""
_ANOTHER: Final = frozenset({"exchange", "change_order"})
_AS_THAT: Final = re.compile(
    r"\b(?:can|could|may|do|would|have|get|send|want|need|have got)\b[^.?!]{0,24}\b(?:it|them|those|these|that|this|one|ones)\b"
    r"|\b(?:tener|tiene[ns]?|hay|queda|puede[ns]?|puedo|quiero)(?:\w*l[oa]s?\b|\b[^.?!]{0,16}\bl[oa]s?\b)"
    r"|\bl[oa]s? (?:tiene[ns]?|hay|quiero|puedo)\b"
    r"|\b(?:l'|les? |la |en )(?:avoir|avez|as|aurais|aurait|voudrais|veux|prendre)\b"
    r"|\b(?:kann|konnte|gibt|habt|haben|hatte|mochte)\b[^.?!]{0,20}\b(?:sie|ihn|es|die|den|das|welche)\b"
    r"|\b(?:tem|ter|quero|posso|pode)\b[^.?!]{0,16}\b(?:el[ea]s?|l[oa]s?|[oa]s? mesm[oa]s?)\b"
)
"""A question that speaks of the very thing that shall be exchanged: "can I get them in a 10?"."""
_WHAT_OF_IT: Final = re.compile(
    r"\b(?:how much|what) (?:is|does|would|will) (?:it|that|this)\b|\bcuanto (?:cuesta|es|vale|sale)\b\W*$"
    r"|\bcombien (?:ca|cela) coute|\b(?:c'est )?combien\b\W*$|\b(?:was|wie ?viel) kostet (?:das|es)\b|\bquanto (?:custa|e|fica)\b\W*$"
)
"""A price, asked of what was just spoken of."""
_AIDS: Final = frozenset({"payment", "product_question", "stock_question", "promo"})
_MONEY_GOES: Final = frozenset(
    {"return", "exchange", "refund_request", "cancel", "change_order", "damaged_or_wrong_item"}
)
"""Wishes that money goes with: beside them, a word about cards says which one."""
_ASKS_STATUS: Final = re.compile(
    r"\?|\b(?:status|when|where|how long|still|yet|cuando|donde|quand|wann|wo|quando|onde)\b", re.IGNORECASE
)
_QUESTION: Final = re.compile(
    r"\W*(?:\d\)\s*)?(?:(?:and|also|y|et|und|e|aur)\s+)?(?:is|are|do|does|have|has|got|hay|tiene\w*|queda\w*"
    r"|avez|est-ce|y a-t-il|gibt|habt|haben|ist|tem|ha)\b"
)
_TROUBLE: Final = re.compile(
    r"\b(?:twice|double|declined|fail\w*|error|rejected|dos veces|rechazad\w*|deux fois|refus\w*|doppelt|abgelehnt|duas vezes|recusad\w*)\b",  # noqa: E501
    re.IGNORECASE,
)


_OF_NOBODY: Final = frozenset({"policy_question", "product_question", "stock_question"})
"""What is answered to anybody; it comes before what asks who somebody is."""


def tasks_in(turn: Turn) -> list[Task]:
    """The tasks of this message, facts first; empty when it asks for nothing that is understood."""
    if turn.choice and turn.choice.startswith("do:"):
        return [Task(turn.choice.removeprefix("do:"), turn.text)]
    if (of_own := _of_own_orders(turn)) is not None:
        return of_own
    of_shop = _of_the_shop(turn)
    names = _besides_address(turn, wanted(turn)) if of_shop is None or turn.text != of_shop.text else []
    found = [*_of_the_rest(turn, names), *([of_shop] if of_shop else [])][:MOST]
    return found if turn.dialogue.order_id else sorted(found, key=lambda each: each.skill not in _OF_NOBODY)


def _of_own_orders(turn: Turn) -> list[Task] | None:
    """The questions which orders there are and what one cost, before what else is wished; None where none is asked."""
    if turn.choice:
        return None
    if turn.dialogue.last == own_orders.SUMS and sum_words.parts_named(turn.text):
        return [Task(own_orders.SUMS, turn.text)]
    asked = [each for each in turn.understood.clauses if own_orders.asked(each.text)]
    if not asked:
        skill = "" if told(turn.text) else own_orders.asked(turn.text)
        return [Task(skill, turn.text)] if skill else None
    others = [each for each in turn.understood.clauses if each not in asked and not _is_courtesy(each)]
    rest = " ".join(each.text for each in others)
    tasks = [Task(name, turn.text) for name in dict.fromkeys(own_orders.asked(each.text) for each in asked)]
    if not others or (not told(rest) and turn.read(rest).abstain):
        return tasks
    turn.part, turn.understood = rest, turn.read(rest)
    names = [each for each in wanted(turn) if each in WRITING or told(rest)]
    return [*tasks, *_of_the_rest(turn, names)][:MOST]


def _of_the_shop(turn: Turn) -> Task | None:
    """The questions about the shop itself; then what else is said is all that counts for the other tasks."""
    clauses = [each.text for each in turn.understood.clauses]
    asked = shop_words.asked_in(clauses)
    if not asked:
        return Task("policy_question", turn.text) if shop_words.topic(turn.text) else None
    others = [each for each in turn.understood.clauses if each.text not in asked and not _is_courtesy(each)]
    rest = " ".join(each.text for each in others)
    if not others or turn.read(rest).abstain:
        return Task("policy_question", turn.text)
    turn.part, turn.understood = rest, turn.read(rest)
    return Task("policy_question", " ".join(asked))


def _is_courtesy(clause: Clause) -> bool:
    return bool(clause.intents) and clause.intents[0].name in COURTESY


def _of_the_rest(turn: Turn, names: Sequence[str]) -> list[Task]:
    if not names:
        return []
    spoken = _spoken(turn)
    rest = (
        [name for name in names if name not in {each.skill for each in spoken} | {"refund_request"}]
        if spoken
        else names
    )
    texts = {names[0]: turn.text} if len(names) == 1 else _by_clause(turn, names)
    if {"change_order", "change_address"} <= set(names):
        texts["change_order"] = _without_address(turn.text)
    found = [task for name in rest for task in _by_order(turn, Task(name, texts.get(name) or turn.text))]
    return [*found, *spoken][:MOST]


_AND_SO_ON: Final = re.compile(
    r"[.;!?\n]|\b(?:for|into|to|with|using|por|para|con|pour|contre|avec|gegen|mit|com)\b", re.IGNORECASE
)


def _spoken(turn: Turn) -> list[Task]:
    """Wishes of two kinds that are told outright, in one sentence perhaps: each with its own stretch of the text.

    An order that is named once for all of them is added to each."""
    wishes = told(turn.text)
    if len({each.name for each in wishes}) < _PAIR:
        return []
    numbers = numbers_in(turn)
    found: list[Task] = []
    for each in wishes:
        has_own = len(numbers) != 1 or _stands_in(numbers[0], each.text)
        text = f"{each.text} ({_beside(turn.text, each, wishes)})" if choosing.means_rest(each.text) else each.text
        found += _by_order(turn, Task(each.name, text if has_own else f"{text} ({numbers[0]})"))
    return found


def _beside(text: str, one: Told, wishes: Sequence[Told]) -> str:
    """What the other wishes are about: where one is about the rest, that is what it leaves out."""
    objects = (text[each.start : each.start + len(each.text)].partition(" ")[2] for each in wishes if each is not one)
    return ", ".join(_AND_SO_ON.split(each, maxsplit=1)[0].strip() for each in objects)


def wanted(turn: Turn) -> list[str]:
    """The skills that the message surely asks for, in the order that serves best."""
    if turn.dialogue.order_id and asks_again(turn.text):
        return ["refund_status" if turn.dialogue.last == "refund_status" else "order_status"]
    if _VAGUE.fullmatch(turn.text.strip()) or who_words.only_says_who(turn.text):
        return []
    if _WRONG_WITH.search(turn.text):
        return ["damaged_or_wrong_item"]
    if asks_for_pickup(turn.text):
        return [pickups.SKILL]
    again = same_again(turn.text, turn.context.history)
    if again:
        return [again]
    if paid_words.asks_stored(turn.text) or (not told(turn.text) and paid_words.asks_paid_with(turn.text)):
        return ["payment"]
    if _asks_a_rule(turn):
        return ["policy_question"]
    outright = _outright(turn)
    if turn.understood.abstain:
        return outright or ([turn.understood.intent] if _is_likely(turn) else [])
    said = _said(turn.understood.intents, turn.understood.clauses)
    said += [name for name in _torn(turn.understood.clauses, said) if name not in said]
    said = _told_outright(
        _without_aids(said, outright, turn.text, asks_of_goods=_opens_a_question(turn.understood.clauses)), outright
    )
    names: list[str] = sorted(dict.fromkeys(said), key=lambda name: _ORDER.get(name, 6))
    if set(names) >= goods.INTENTS:
        names.remove("stock_question")  # one skill answers both
    return _apart(turn, said, names)


def _outright(turn: Turn) -> list[str]:
    """What is told by verb and object; by what an order shall be paid counts where nothing else is told."""
    names = list(dict.fromkeys(each.name for each in told(turn.text)))
    return names or (["payment"] if pays_by(turn.text) and numbers_in(turn) else [])


def _asks_a_rule(turn: Turn) -> bool:
    """Whether all that is said is a question about the rules: "how long do I have to return something?" returns nothing."""
    is_one = sum(not _is_courtesy(each) for each in turn.understood.clauses) == 1
    return is_one and "policy_question" in rules.sure(fold(turn.text))


def _told_outright(said: list[str], outright: list[str]) -> list[str]:
    """With what is told by verb and object: "return it, it is too small" wishes for no exchange beside."""
    if any(name in _ALIKE for name in outright):
        if _ANOTHER & set(outright) and "return" not in outright:
            said = [name for name in said if name != "refund_request"]  # who gets or pays the difference
        said = [name for name in said if name in outright or name not in _ALIKE]
    return said + [name for name in outright if name not in said]


def _apart(turn: Turn, said: list[str], names: list[str]) -> list[str]:
    """The wishes that are tasks of their own, of those that go together only one."""
    if "order_status" in names and turn.text.count("?") < _PAIR and not _asks_of_goods(turn.understood.clauses):
        names = [name for name in names if name not in goods.INTENTS]  # of goods that are on their way
    if _ANOTHER & set(names) and _AS_THAT.search(fold(turn.text)):
        names = [name for name in names if name not in goods.INTENTS]  # what the other version is like
    if len(names) > 1 and _only_asks_to_do(turn.text):
        names = [name for name in names if name not in goods.INTENTS]
    if len(names) > 1 and "complaint" in names:
        names.remove("complaint")  # what it is about is answered; the regret comes before
    if {"policy_question", "subscription"} & set(names) and _WHAT_OF_IT.search(fold(turn.text)):
        names = [name for name in names if name not in goods.INTENTS]  # the price of what the rule is about
    if "delivery_problem" in names and len(numbers_in(turn)) < _PAIR:
        names = [name for name in names if name != "order_status"]  # told there
    if {"cancel", "refund_request"} <= set(names) and len(numbers_in(turn)) < _PAIR:
        names.remove("refund_request")  # the money of what is cancelled
    for pair in _SAME_TALK:
        both = [name for name in said if name in pair]
        if len(both) > 1:
            names.remove(both[1])
    return names


_ASKS_TO_DO: Final = re.compile(r"[^.;!?\n]*\?")


def _only_asks_to_do(text: str) -> bool:
    """Whether every question of a text asks for something to be done: "can I exchange it for the large one with a light?"."""
    questions = _ASKS_TO_DO.findall(text)
    return bool(questions) and all(told(each) for each in questions)


def _asks_of_goods(clauses: Sequence[Clause]) -> bool:
    """Whether a clause of its own surely asks about goods."""
    tops = [each.intents[0] for each in clauses if each.intents]
    return any(top.name in goods.INTENTS and top.confidence >= _SURELY for top in tops)


def _said(intents: Sequence[IntentScore], clauses: Sequence[Clause]) -> list[str]:
    """The skills of the ranked intents: the first, and what stands beside it surely enough to be a wish of its own."""
    surely = {top.name for clause in clauses for top in clause.intents[:1] if top.confidence >= _SURELY} & _NEWS
    asked = [each for each in intents if each.name in SKILLS and each.name not in COURTESY]
    is_angry = bool(asked) and asked[0].name == "complaint"  # then what is asked for stands behind the anger
    return [
        each.name
        for number, each in enumerate(asked)
        if number == 0 or is_angry or each.confidence >= _least(each.name) or each.name in surely
    ]


def _least(name: str) -> float:
    """How sure a further wish must be; a question about goods costs nothing, a stray task costs a person."""
    if name in _BESIDE:
        return _SURELY
    return 0.0 if name in goods.INTENTS else _LIKELY


def _without_aids(said: list[str], outright: list[str], text: str, *, asks_of_goods: bool = False) -> list[str]:
    """What is wished, without what only says how it shall be paid, or what the other version is like."""
    if outright and set(said) <= (_AIDS if "?" not in text else frozenset({"payment"})):
        return outright
    money_goes = bool(_MONEY_GOES & {*said, *outright}) and not _TROUBLE.search(text)
    aids = {"payment"} if money_goes else set[str]()
    if outright and not _ASKS_STATUS.search(text):
        aids.add("refund_status")  # "refund it to my card" asks for no news
    if (outright or _MONEY_GOES & set(said)) and "?" not in text and not asks_of_goods:
        aids |= {"product_question", "stock_question", "promo"}
    return [name for name in said if name not in aids]


def _opens_a_question(clauses: Sequence[Clause]) -> bool:
    """Whether a clause of its own is built as a question and surely about goods, with or without its mark."""
    return any(
        each.intents
        and each.intents[0].name in goods.INTENTS
        and each.intents[0].confidence >= _SURELY
        and _QUESTION.match(fold(each.text))
        for each in clauses
    )


def _besides_address(turn: Turn, names: list[str]) -> list[str]:
    """The wishes without those that only the words of a new address seemed to make."""
    rest = addresses.rest_of(turn.text) if "change_address" in names and len(names) > 1 else turn.text
    if rest == turn.text:
        return names
    understood = understand(rest, lang=turn.dialogue.language)
    kept = {*(each.name for each in told(rest)), *(str(each.name) for each in understood.intents)}
    return [name for name in names if name == "change_address" or name in kept]


def _without_address(text: str) -> str:
    """The clauses that say nothing of where an order goes: those about what is in it."""
    parts = _BORDER.split(addresses.rest_of(text))
    return ", ".join(part for part in parts if part and not addresses.is_about_address(part))


def _torn(clauses: Sequence[Clause], said: Sequence[str]) -> list[str]:
    """Wishes of clauses that are surely one of two alike, where only which of the two is open: the likelier leads.

    A clause that may be the wish of another one adds none."""
    found: list[str] = []
    for clause in clauses[1:] if len(clauses) > 1 else ():
        pair = clause.intents[:2]
        if (
            len(pair) == 2
            and {each.name for each in pair} <= _ALIKE - set(said)
            and sum(each.confidence for each in pair) >= _TOGETHER
        ):
            found.append(pair[0].name)
    return found


def gave_proof(turn: Turn) -> bool:
    """Whether the message names an order or says who is asking."""
    found = turn.understood.entities
    return bool(found.order_number or found.email or found.phone or found.zips)


def _is_likely(turn: Turn) -> bool:
    """Whether an unsure reading is good enough, because the rest of the message, or the thread, fits it."""
    intent = turn.understood.intent
    if intent not in SKILLS or intent in COURTESY:
        return False
    return gave_proof(turn) or (bool(turn.dialogue.order_id) and intent in ("order_status", "refund_status"))


def _by_clause(turn: Turn, names: Sequence[str]) -> dict[str, str]:
    """The words that are about each wish: a clause that names none goes on with the one before."""
    parts: dict[str, list[str]] = {name: [] for name in names}
    current = ""
    before: list[str] = []
    for clause in turn.understood.clauses:
        own = next((each.name for each in clause.intents if each.name in parts), "")
        current = own or current
        if current:
            parts[current] += [*before, clause.text]
            before = []
        else:
            before.append(clause.text)
    return {name: " ".join(texts) for name, texts in parts.items()}


def _by_order(turn: Turn, task: Task) -> Iterable[Task]:
    """One task for each order that a wish to change something names."""
    orders = addresses.rest_of(task.text)
    numbers = [number for number in numbers_in(turn) if _stands_in(number, orders)]
    if task.skill not in WRITING or len(numbers) < 2:
        yield task
        return
    cuts = [match.start() for number in numbers if (match := _mention(number, task.text))]
    for number, start in zip(numbers, cuts, strict=True):
        if _share_a_clause(task.text, cuts):
            yield Task(task.skill, _without([each for each in numbers if each != number], task.text))
        else:
            part = _around(task.text, start, cuts)
            yield Task(_skill_of(part, task.skill, turn), part)


def _skill_of(part: str, skill: str, turn: Turn) -> str:
    """What is wanted of one of several orders: what its own words surely say, else what the whole message wants."""
    meant = understand(part, lang=turn.dialogue.language)
    names = [each.name for each in meant.intents]
    return meant.intent if not meant.abstain and skill not in names and meant.intent in SKILLS else skill


def _mention(number: str, text: str) -> re.Match[str] | None:
    return re.search(rf"#?{re.escape(number.lstrip('#'))}(?!\w)", text, re.IGNORECASE)


def _stands_in(number: str, text: str) -> bool:
    return _mention(number, text) is not None


def _share_a_clause(text: str, cuts: Sequence[int]) -> bool:
    """ "Cancel 1001 and 1002": nothing but a link stands between the numbers, so that the rest is said of all of them."""
    gaps = [text[left:right] for left, right in pairwise(cuts)]
    return all(len(gap.split()) <= 4 for gap in gaps)


def _without(numbers: Sequence[str], text: str) -> str:
    for number in numbers:
        found = _mention(number, text)
        text = text[: found.start()] + text[found.end() :] if found else text
    return text


def _around(text: str, start: int, cuts: Sequence[int]) -> str:
    """The stretch of a text that is about the order named at `start`: cut where a clause begins between two numbers."""
    earlier = [cut for cut in cuts if cut < start]
    later = [cut for cut in cuts if cut > start]
    begin = _border(text, max(earlier), start) if earlier else 0
    end = _border(text, start, min(later)) if later else len(text)
    return text[begin:end].strip(" ,;.")


_BORDER: Final = re.compile(
    r"[.;!?\n]\s|,\s|\s(?:and|also|y|e|et|und|plus|then|además|aussi|außerdem|também)\s", re.IGNORECASE
)


def _border(text: str, left: int, right: int) -> int:
    """Where between two numbers the talk goes over to the second: after the strongest, latest cut."""
    found = list(_BORDER.finditer(text, left, right))
    strong = [match for match in found if match.group()[0] in ".;!?\n"]
    return (strong or found)[-1].end() if found else right
