"""The assistant: one function from what a customer said to what comes of it.

The order of things is fixed: what a person must hear comes first (risk, distress, "a human please"), then an answer to the open
question, then the tasks that the message asks for. Facts come from tools, actions go through the gate, and whatever is not
understood is asked about once and then handed to a person.
"""

import re
from collections.abc import Collection
from dataclasses import replace
from typing import Final

from server.actions.gate import Gate
from server.answering import alternatives, manner, seeing
from server.answering.context import Answer, Context, Dialogue, Task
from server.answering.identify import numbers_in, order_ids, orders_named
from server.answering.skills import confirming, courtesy, goods, guide, implied, knowledge, waiting, withdrawing
from server.answering.skills.registry import CONTINUES, SKILLS, WRITING
from server.answering.skills.shop import WANT_PERSON
from server.answering.tasks import COURTESY, gave_proof, tasks_in, wanted
from server.answering.told import gives_up, in_case, told
from server.answering.turn import Turn, copied
from server.answering.understand import IntentScore, Understanding, feelings, read, rules, yesno
from server.answering.understand.normalise import fold
from server.answering.understand.shape import Risk
from server.answering.words import shop_words, who_words
from server.answering.words.claim_words import words_of
from server.answering.words.spoken import LANGUAGES, language_of
from server.answering.words.voice import Voice
from server.policies import human
from server.policies.human import Signals

_ANOTHER_SITTING_S: Final = 12 * 3600.0
_MEANT: Final = 0.4
_BAD_RATING: Final = 2
_SURELY_MEANT: Final = 0.7
"""Of a message that was not understood: asking back is cheaper than a person for somebody who wants none."""
_ASKED_ENOUGH: Final = 2
_SEVERAL: Final = 2
_TOLD_IN_PARTS: Final = frozenset({"damaged_or_wrong_item", "delivery_problem", "warranty"})
_FEW_WORDS: Final = 3
_SWORN: Final = 2
"""What swearing alone makes of a plain wish: anger, no fury."""
_SHORT: Final = 9
_CAN_WAIT: Final = frozenset({"out_of_scope", "low_confidence"})
"""Reasons for a person that concern one question alone."""
_PLACE: Final = re.compile(r"\W*([1-9])\W*")
_UNKNOWN: Final = "en"
_KNOWN: Final = frozenset({*LANGUAGES, "hi-en"})
_CUT: Final = re.compile(r"[,.;!\n]\s*(?:(?:and|also|y|et|und|e)\b)?|\s(?:and|also|y|et|und|e)\s", re.IGNORECASE)
_WHO: Final = frozenset({"identify", "which_order"})
"""Questions about who asks or which order is meant: the answer belongs to the task that needed to know."""


async def answer(context: Context, gate: Gate) -> Answer:
    """What the burst in `context` comes to. Raises gate.Moved when the thread moved under an action."""
    turn = await _begin(context, gate)
    if context.owner_kind == "agent":
        await withdrawing.takes(turn)
        return turn.answer()
    if context.owner_kind == "queue":
        if not await withdrawing.takes(turn):
            waiting.acknowledge(turn)
    elif not turn.choice and courtesy.asks_who_answers(context.text):
        courtesy.say_machine(turn)
    elif not turn.choice and (tongue := courtesy.tongue_asked(context.text)) is not None:
        courtesy.say_tongues(turn, tongue)
    elif not _needs_person(turn):
        await _respond(turn)
        manner.ask_solved(turn)
    manner.note_refusal(turn)
    manner.open_anew(turn)
    return turn.answer()


async def _begin(context: Context, gate: Gate) -> Turn:
    dialogue = copied(context.dialogue)
    choice = next((said.choice for said in reversed(context.said) if said.choice), None)
    hint = dialogue.language or context.customer.locale or None
    text, _ = in_case(context.text)
    understood = await read(text, channel=context.channel or None, lang=hint, region=context.shop.region)
    if manner.only_points(context.text):
        understood = replace(understood, intent="other", intents=(IntentScore("other", 0.5),), abstain=True)
    if any(0 < said.rating <= _BAD_RATING for said in context.said):
        understood = _bad_review(understood)
    if not choice or not dialogue.language:
        dialogue.language = _language(understood, dialogue.language or (hint or ""), context.text)
    voice = Voice(
        dialogue.language,
        context.now,
        openings=frozenset(dialogue.openings),
        regrets="sorry" not in dialogue.refused,
    )
    turn = Turn(context, gate, understood, dialogue, voice, voice.speech(), choice=_meaning(choice, context, dialogue))
    if text != context.text:
        turn.part = text
    _absorb(turn)
    return turn


def _bad_review(understood: Understanding) -> Understanding:
    """What threatens the shop's name stands in public already, however kindly it is worded: the policy says who answers."""
    risk: tuple[Risk, ...] = (*(each for each in understood.risk if each != "reputation"), "reputation")
    sure: tuple[Risk, ...] = (*(each for each in understood.sure_risk if each != "reputation"), "reputation")
    return replace(understood, risk=risk, sure_risk=sure)


def _language(understood: Understanding, before: str, text: str = "") -> str:
    """The language to answer in: a conversation keeps its own until a message shows another.

    A number, an address, the name of a product or words that two languages share show none."""
    new = understood.language
    words = re.findall(r"[^\W\d_]+", " ".join(clause.text for clause in understood.clauses).casefold())
    if before and sum(map(len, words)) < _SHORT:
        return before
    if who_words.has_no_words(text):
        return before or _UNKNOWN
    if not before or new not in _KNOWN or language_of(new) == language_of(before):
        return new
    shown, kept = (sum(word in words_of(language_of(each)).stop_words for word in words) for each in (new, before))
    return new if shown > kept else before


def _meaning(choice: str | None, context: Context, dialogue: Dialogue) -> str | None:
    """The value of a tapped quick reply; its words typed by hand count too, so does its place in the list while no question
    is open (who asks one reads numbers as it means them), and words about a code that is waited for."""
    if choice:
        return choice
    options, said = dialogue.options, context.text.strip().casefold()
    value = next((option.value for option in options if option.label.casefold() == said), None)
    if value is None and not dialogue.asked and (place := _PLACE.fullmatch(said)) and int(place[1]) <= len(options):
        value = options[int(place[1]) - 1].value
    is_waiting = any(option.value.startswith("code:") for option in options)
    return value or (seeing.meant(context.text) if is_waiting else None)


def _absorb(turn: Turn) -> None:
    """Keep what the message gives to prove an order by."""
    slots, found = turn.dialogue.slots, turn.understood.entities
    pairs = (
        (slots.order_numbers, numbers_in(turn)), (slots.emails, found.email), (slots.phones, found.phone),
        (slots.names, found.names), (slots.zips, found.zips),
    )  # fmt: skip
    source = f"{turn.context.channel}:{turn.context.answers}"
    for kept, new in pairs:
        kept.extend(value for value in new if value not in kept)
        del kept[:-6]
        slots.sources |= {value: source for value in new if value not in slots.sources}
    held = {value for kept, _ in pairs for value in kept}
    slots.sources = {value: said for value, said in slots.sources.items() if value in held}
    turn.claims += [("email", email.casefold()) for email in found.email]


def _needs_person(turn: Turn) -> bool:
    """Whether policy wants a person before anything else is said."""
    understood, context = turn.understood, turn.context
    if not turn.choice and who_words.only_says_who(context.text):
        return False
    least = _SURELY_MEANT if understood.abstain and not courtesy.names_a_person(turn.text) else _MEANT
    intents = {each.name for each in understood.intents if each.confidence >= least}
    is_complaint = human.is_complaint(understood.intent, understood.frustration)
    again = is_complaint and _complains_again(turn)
    signals = Signals(
        risks=frozenset(understood.sure_risk),
        frustration=min(understood.frustration, _SWORN) if _is_rude_but_plain(turn) else understood.frustration,
        is_requested=_asks_for_person(turn, intents),
        is_vip=turn.is_vip,
        subjects=frozenset({"complaint"}) if is_complaint else frozenset({"fact"}),
        complaints=context.complaints + 1 + again if is_complaint else 0,
    )
    reason = human.must_hand_off(context.policy, signals)
    if reason is None:
        return False
    turn.settle()
    turn.dialogue.proposal = turn.dialogue.task = None
    turn.hand_off(reason.value)
    guide.before_person(turn, reason.value)
    return True


def _is_rude_but_plain(turn: Turn) -> bool:
    """Whether something is plainly wished for, and swearing is all that sounds angry: it is done, without a person."""
    wishes = told(turn.text) or (not turn.understood.abstain and turn.understood.intent in WRITING)
    return bool(wishes) and feelings.only_swears(turn.text, fold(turn.text))


def _asks_for_person(turn: Turn, intents: Collection[str]) -> bool:
    """Whether a person is asked for: outright, or as it seems; beside another wish it must be said in so many words."""
    if turn.choice == "human" or courtesy.demands_a_person(turn.context.text):
        return True
    said = yesno.answer(turn.text, turn.voice.language)
    if (
        "human_request" not in intents
        or (said and not courtesy.names_a_person(turn.text))
        or shop_words.topic(turn.text) is not None
    ):
        return False
    others = {each.name for each in turn.understood.intents if each.confidence >= rules.CONFIDENCE} & SKILLS.keys()
    has_more = bool(others - COURTESY - {"complaint"}) or bool(told(turn.text))
    return not has_more or courtesy.names_a_person(turn.text)


def _complains_again(turn: Turn) -> bool:
    """Whether somebody comes back to complain once more: within one sitting it is the same complaint."""
    before, now = turn.dialogue.complained_at, turn.context.now.timestamp()
    turn.dialogue.complained_at = before or now
    return bool(before) and now - before >= _ANOTHER_SITTING_S


async def _respond(turn: Turn) -> None:
    """Answer what is open, then what is newly asked, then go on with what waits."""
    if (
        manner.takes_solved(turn)
        or await withdrawing.takes(turn)
        or withdrawing.lets_go(turn)
        or await withdrawing.keeps(turn)
    ):
        return
    if guide.insists(turn):
        guide.dispute(turn)
        return
    if guide.is_unhelped(turn):
        guide.ask_what_is_open(turn)
        return
    more = await _cut_off_more(turn)
    if not _asks_of_the_shop(turn) and await _answers(turn):
        if more is not None and not turn.reason:
            turn.part, turn.understood = more, turn.read(more)
            turn.dialogue.todo = [*tasks_in(turn), *turn.dialogue.todo]
        await _go_on(turn)
        return
    if _is_scrap(turn):
        await _ask_again(turn)
        return
    tasks = alternatives.conditional(turn) or await implied.with_change(turn, tasks_in(turn))
    if not tasks:
        await _without_task(turn)
        return
    if turn.part is not None and len(tasks) == 1:
        tasks[0].fallback = in_case(turn.context.text)[1]
    courtesy.open_with_feeling(turn)
    if await _tells_more(turn, tasks):
        return
    _suspend(turn, tasks)
    turn.dialogue.todo = [*tasks, *turn.dialogue.todo]
    await _go_on(turn)


def _asks_of_the_shop(turn: Turn) -> bool:
    """Whether all that is said is a question about the shop itself: it answers nothing that was asked."""
    return turn.choice is None and not gave_proof(turn) and shop_words.topic(turn.text) is not None


async def _cut_off_more(turn: Turn) -> str | None:
    """Of "yes, and where is my refund?" the yes stands alone; what is asked beside it comes after. None where nothing is."""
    if (
        turn.dialogue.asked != confirming.CONFIRM
        or turn.choice
        or yesno.answer(turn.text, turn.voice.language) == "yes"
    ):
        return None
    cuts = ((turn.text[: cut.start()], turn.text[cut.end() :]) for cut in _CUT.finditer(turn.text))
    answered, rest = next((pair for pair in cuts if yesno.answer(pair[0], turn.voice.language) == "yes"), ("", ""))
    if not rest or yesno.has_condition(rest):
        return None
    beside = turn.read(rest)
    if beside.abstain or not {each.name for each in beside.intents} & (SKILLS.keys() - COURTESY):
        return None
    if await confirming.adds_to_it(turn, rest, beside):
        return None
    turn.part = answered
    return rest


async def _answers(turn: Turn) -> bool:
    """Whether the message answers the question that is open; then its task has gone on."""
    task, turn.is_asking = turn.dialogue.task, False
    if _was_only_who(turn, task):
        turn.settle()
        turn.dialogue.task = None
        return False
    named = await orders_named(turn) if turn.dialogue.asked == "which_order" and not turn.choice else []
    turn.choice = named[0] if named else turn.choice
    if task is not None and turn.dialogue.asked in _WHO and _says_who(turn):
        is_code = bool(turn.choice and turn.choice.startswith("code:"))
        is_open = not is_code and len(named) < _SEVERAL and (not turn.understood.abstain or bool(told(turn.text)))
        fresh = [each for each in wanted(turn) if each != task.skill] if is_open else []
        also = [Task(task.skill, task.text, order_id) for order_id in await order_ids(turn, named[1:])]
        if not who_words.only_says_who(turn.context.text):  # a name and a postal code are no part of an address
            task.text = f"{task.text}\n{turn.context.text}".strip()
        turn.dialogue.todo = also + [Task(each, turn.context.text) for each in fresh] + turn.dialogue.todo
        turn.work_on(task, task.text)
        await SKILLS[task.skill](turn)
        turn.is_answered = True
        return True
    for continues in CONTINUES:
        if await continues(turn):
            turn.is_answered = bool(turn.executed) or continues is goods.continues
            return True
    return False


def _was_only_who(turn: Turn, task: Task | None) -> bool:
    """Whether the order was asked for only because somebody had said who they are, and now they say what they want."""
    if task is None or turn.dialogue.asked != "which_order" or turn.choice or task.skill != "order_status":
        return False
    return who_words.only_says_who(task.text) and bool(set(wanted(turn)) - {"order_status"} - COURTESY)


def _says_who(turn: Turn) -> bool:
    """Whether the message gives a proof or picks an order, rather than asking for something of its own."""
    task = turn.dialogue.task
    asks_else = set(wanted(turn)) - ({task.skill} if task else set())
    return gave_proof(turn) or bool(turn.choice and turn.choice.startswith(("order:", "code:"))) or not asks_else


async def _go_on(turn: Turn) -> None:
    """Work on what waits, until a question is open, a person must come, or nothing is left."""
    dialogue = turn.dialogue
    put_off: Task | None = None
    while not turn.is_asking and not turn.reason and dialogue.todo:
        task = dialogue.todo.pop(0)
        if task.otherwise and not alternatives.is_due(turn):
            continue
        turn.work_on(task, task.text)
        dialogue.order_id = task.order_id or dialogue.order_id
        dialogue.last = task.skill
        turn.speech.paragraph()
        said = turn.speech.mark()
        await SKILLS[task.skill](turn)
        is_for_person = turn.reason in _CAN_WAIT or dialogue.asked == WANT_PERSON
        if is_for_person and put_off is None and dialogue.todo:
            put_off, turn.reason = task, ""  # a person for one question must not swallow the others
            turn.settle()
            turn.speech.back_to(said)
            dialogue.todo.append(task)
            continue
        turn.is_answered = True
    if turn.is_asking and put_off in dialogue.todo:
        turn.speech.lead_in(turn.voice.text("guide.later"), apart=True)
    if not turn.is_asking:
        dialogue.task = None


def _is_scrap(turn: Turn) -> bool:
    """A few words that answer nothing and surely ask for nothing, while a task waits for an answer."""
    dialogue, understood = turn.dialogue, turn.understood
    if dialogue.task is None or not dialogue.asked or dialogue.asked_times > _ASKED_ENOUGH or turn.choice:
        return False
    sure = not understood.abstain and understood.intents[0].confidence >= rules.CONFIDENCE
    is_short = len(turn.text.split()) <= _FEW_WORDS and "?" not in turn.text
    return is_short and not sure and understood.intent not in COURTESY and not gave_proof(turn)


async def _ask_again(turn: Turn) -> None:
    """The task at work puts its question once more."""
    task = turn.dialogue.task
    if task is not None:
        turn.is_asking = False
        await SKILLS[task.skill](turn)


async def _tells_more(turn: Turn, tasks: list[Task]) -> bool:
    """Whether the message only tells more of the trouble that is at work; then it goes on with all that was told."""
    task = turn.dialogue.task
    if task is None or not turn.dialogue.asked or [each.skill for each in tasks] != [task.skill]:
        return False
    if task.skill not in _TOLD_IN_PARTS or numbers_in(turn):
        return False
    turn.is_asking = False
    task.text = f"{task.text}\n{turn.context.text}".strip()
    turn.work_on(task, turn.context.text)
    await SKILLS[task.skill](turn)
    turn.is_answered = True
    return True


def _suspend(turn: Turn, tasks: list[Task]) -> None:
    """What was being asked waits while something else comes first; it is taken up again once. The same again replaces it."""
    task = turn.dialogue.task
    is_replaced = task is not None and (
        any(each.skill == task.skill for each in tasks) or _takes_place(turn, task, tasks)
    )
    if task is not None and turn.dialogue.asked and not task.is_resumed and not is_replaced:
        task.is_resumed = True
        task.order_id = turn.dialogue.order_id
        turn.dialogue.todo.insert(0, task)
    turn.settle()
    turn.dialogue.task = turn.dialogue.proposal = None


def _takes_place(turn: Turn, task: Task, tasks: list[Task]) -> bool:
    """Whether what is asked for now shall be done in the place of what was begun."""
    is_alike = all(each.skill in WRITING for each in (task, *tasks))
    return is_alike and gives_up(turn.text, task.skill)


async def _without_task(turn: Turn) -> None:
    """A courtesy, a bare number, or something that was not understood."""
    understood = turn.understood
    if yesno.answer(turn.text, turn.voice.language) is not None:
        turn.say("manner.nothing_open")
        turn.options = courtesy.starters(turn)
    elif understood.intent in COURTESY and not understood.abstain and not understood.entities.order_number:
        courtesy.reply(turn)
    elif gave_proof(turn):
        turn.work_on(Task("order_status", turn.text))
        await SKILLS["order_status"](turn)
    elif await knowledge.answers(turn, only=knowledge.may_help):
        turn.is_answered = True
    else:
        guide.unsure(turn)
