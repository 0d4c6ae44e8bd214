"""What every change of an order has in common: which order is meant, whether the asker may, and why it is not done.

Cancelling, another address and another means of payment build on this. Policy decides, these skills ask and say; a refusal is said
once with what is possible instead, and who disputes it gets a person.
"""

# ruff: noqa: E501 (patterns are read whole)

import re
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

from server.answering import weighing
from server.answering.context import Option, Task
from server.answering.drafts.changes import ChangeDraft
from server.answering.identify import Fits, Found, find_order, my_orders
from server.answering.skills import choosing
from server.answering.skills.order_status import say_unreadable, tell
from server.answering.told import last_action, same_again, told
from server.answering.turn import Turn
from server.answering.understand import yesno
from server.answering.understand.normalise import fold
from server.answering.words import change_words
from server.commerce.model import OrderSnapshot
from server.commerce.store import Capability, normalise_number
from server.errors import StoreUnavailable
from server.policies.judge import Ruling
from server.policies.shape import Policy

ASKED_ENOUGH: Final = 2
_NOT_A_TASK: Final = frozenset({"other", "greeting", "thanks", "goodbye"})
_IN_A_STATE: Final = r"pending|open|unshipped|(?:not|n't) (?:been )?(?:yet )?(?:shipped|sent|left)|delivered|arrived|received|(?:on order|ordered)\b(?! (?:in|on|under|with|by))"
_ALL_ORDERS: Final = re.compile(
    rf"\b(?:(?:all|everything|anything|stuff)(?: of it)?(?: (?:that|which))?(?:'s| is| are| was| has been|'ve been)?(?: still| currently| not yet| already)* (?:{_IN_A_STATE})|"
    r"(?:all|everything|anything)(?: of it)?(?: (?:that|which))? (?:hasn't|has not|have not|haven't|didn't|did not|isn't|is not)(?: been| yet| already)* (?:ship(?:ped)?|left|gone out|dispatched|sent|delivered|fulfilled|on its way)|"
    rf"(?:all|every|each|both)\b(?: (?:one )?(?:of )?(?:my|the|these|those))?(?: two)?(?: (?:pending|open|unshipped|unfulfilled|current|recent|other))* orders?|(?:everything|all|anything) (?:that )?i(?:'ve| have)? (?:ever )?(?:ordered|bought|received|gotten|got from you)(?: from you)?|"
    r"(?:todos|ambos)(?: (?:los|mis|os|meus))*(?: dos)?(?: \w+)? pedidos|todas as (?:minhas )?(?:encomendas|compras)|ambas as encomendas|"
    r"(?:toutes|les deux)(?: (?:les|mes))?(?: deux)? commandes|(?:alle|beide|samtliche)(?: meine)?n?(?: offenen?)? bestellungen)\b"
)  # fmt: skip
_RATHER_NOT: Final = re.compile(
    r"\b(?:(?:rather|better|just|will|i'll|want to|let me|going to) keep (?:it|them|the order|everything|that)|keep the order|(?:do not|don'?t) (?:cancel|change|do) (?:it|that|anything|the order|them)|(?:do not|don'?t) cancel\b(?! (?:the|my) (?:other|rest))|never ?mind|forget (?:it|about it)|leave it(?: as it is| alone)?|"
    r"(?:no lo|no la) (?:canceles?|cambies?|cancele|cambie)|(?:me lo|me la) quedo|dejalo|dejelo|(?:n'annulez?|ne changez?) pas|(?:je (?:la|le) garde)|laissez tomber|doch nicht|nicht (?:stornieren|andern)|behalte (?:sie|es)|lass(?:en)? (?:sie )?es|"
    r"nao cancele|nao mude|fico com|deixa (?:pra la|estar)|esquece)\b"
)
_BOTH_ORDERS: Final = re.compile(
    r"\b(?:orders|pedidos|commandes|bestellungen|encomendas)\b.{0,80}\b(?:both|all|each) of (?:them|these|those)\b|\b(?:pedidos|commandes|bestellungen|encomendas)\b.{0,80}\b(?:ambos|los dos|todos ellos|toutes les deux|beide|ambas|as duas)\b"
)
_OTHERWISE: Final = (
    ("return", re.compile(r"\b(?:return|refund|send (?:it|them|that) back|money back|devol\w*|devuel\w*|reembols\w*|retourn\w*|renvo\w*|rembours\w*|zuruck\w*|erstatt\w*)\b")),
    ("cancel", re.compile(r"\b(?:cancel (?:it|the|my|that|everything|order)|cancel\b(?=\W*$)|cancela\w*|anul\w*|annule\w*|stornier\w*)\b")),
    ("exchange", re.compile(r"\b(?:exchange|swap|cambi\w*|echang\w*|(?:um)?tausch\w*|troc\w*)\b")),
)  # fmt: skip
"""What is named to be done instead of what cannot be."""
Step = Callable[[Turn, ChangeDraft, Found], Awaitable[None]]


def draft_of(turn: Turn, kind: str) -> ChangeDraft:
    """The draft of the task at work, a new one if it has none of this kind."""
    draft = turn.draft if isinstance(turn.draft, ChangeDraft) else None
    if draft is None or draft.kind != kind:
        draft = ChangeDraft(kind=kind)
    turn.draft = draft
    return draft


async def on_order(turn: Turn, draft: ChangeDraft, action: str, step: Step) -> None:
    """Find the order that a change is about, and take the next step with it; several orders become a task each."""
    try:
        if _means_all(turn) and not draft.order_id and await _spread(turn, draft, action):
            return
        found = await find_order(turn, fits=_its_own(turn, draft) or await _fits(turn, action))
        if found is None:
            return
        draft.order_id = found.order.id
        await step(turn, draft, found)
    except StoreUnavailable as error:
        say_unreadable(turn, error)


def _its_own(turn: Turn, draft: ChangeDraft) -> Fits | None:
    """Of a task that is one of several orders' only that order can be meant."""
    task = turn.dialogue.task
    held = draft.order_id if task is not None and draft.order_id and task.order_id == draft.order_id else ""
    return (lambda order: order.id == held) if held else None


def last_done(turn: Turn, action: str) -> Mapping[str, Any]:
    """What was confirmed last in this thread, when the message asks for the same again and it was this; else nothing."""
    if not same_again(turn.text, turn.context.history):
        return {}
    done = last_action(turn.context.history)
    return done if done.get("name") == action else {}


async def _fits(turn: Turn, action: str) -> Fits | None:
    """Which of the customer's orders the message can mean: those with the item that it names, else those that can be changed."""
    orders = await my_orders(turn)
    done = last_done(turn, action)
    if done:
        return lambda order: order.number != done.get("order") and is_open_for(turn.context.policy, action, order)
    named = choosing.orders_meant(turn.text, orders, turn.voice.language)
    if named and len(named) < len(orders):
        return lambda order: order.id in named
    open_ones = {order.id for order in orders if is_open_for(turn.context.policy, action, order)}
    if open_ones and not turn.dialogue.order_id:
        return lambda order: order.id in open_ones
    return None


def is_open_for(policy: Policy, action: str, order: OrderSnapshot) -> bool:
    """Whether an order's state is one in which the policy lets this be done."""
    rule = policy.actions.get(action)
    return rule is not None and order.cancelled_at is None and (rule.states == "any" or order.state in rule.states)


def means_all_orders(text: str) -> bool:
    """Whether a text speaks of every order that there is."""
    return _ALL_ORDERS.search(fold(text)) is not None


def _means_all(turn: Turn) -> bool:
    is_all = means_all_orders(turn.text) or bool(_BOTH_ORDERS.search(fold(turn.text)))
    return is_all and not turn.understood.entities.order_number


async def _spread(turn: Turn, draft: ChangeDraft, action: str) -> bool:
    """One task for each order that can be changed; False when there is not more than one."""
    orders = [order for order in await my_orders(turn) if is_open_for(turn.context.policy, action, order)]
    task = turn.dialogue.task
    if task is None or len(orders) < ASKED_ENOUGH:
        return False
    tasks = [
        Task(task.skill, task.text, order.id, _copied(draft, order.id, and_profile=index == 0 and draft.and_profile))
        for index, order in enumerate(orders)
    ]
    turn.dialogue.todo = [*tasks, *turn.dialogue.todo]
    turn.settle()
    return True


def _copied(draft: ChangeDraft, order_id: str, *, and_profile: bool) -> ChangeDraft:
    return ChangeDraft(
        draft.kind, order_id, draft.reason, draft.method, dict(draft.address), draft.is_profile, and_profile, draft.is_whole
    )  # fmt: skip


def can(turn: Turn, capability: Capability) -> bool:
    """Whether the order system can do this at all; else a person does it, before anything is asked."""
    if capability in turn.context.store.capabilities:
        return True
    turn.say("handoff.out_of_scope")
    turn.hand_off("out_of_scope")
    return False


async def by_person(turn: Turn, action: Mapping[str, Any], ruling: Ruling, order: OrderSnapshot | None) -> None:
    """The policy wants somebody to look at it: say so, let it wait for them, and hand it over with the reason."""
    await weighing.let_wait(turn, action, order, ruling)
    if ruling.key == "routine_check" and order is not None:
        turn.say("changing.routine", number=change_words.number(order))
        turn.speech.line("", change_words.state(order))
        turn.hand_off("policy_exception")
        return
    turn.say(why(turn, ruling) or "changing.person")
    turn.hand_off("over_limit" if ruling.verdict == "allow" else "policy_exception")


def why(turn: Turn, ruling: Ruling) -> str:
    """The phrase for why only a person may say so; empty where no more is to be said than that."""
    key = f"ruled.{ruling.key}"
    return key if ruling.verdict == "review" and turn.voice.has(key) else ""


def is_disputed(turn: Turn, action: str, subject: str) -> bool:
    """Whether the same was refused before in this thread: who asks again disputes it, and a person decides."""
    if _note(action, subject) not in turn.dialogue.refused:
        return False
    turn.say("changing.disputed")
    turn.hand_off("policy_exception")
    return True


def refuse(turn: Turn, action: str, ruling: Ruling, found: Found | None) -> None:
    """Say why it is not done and what is possible instead; the second time a person decides."""
    order = found.order if found else None
    if is_disputed(turn, action, order.id if order else "profile"):
        return
    if found is not None and found.order.cancelled_at is not None:
        tell(turn, found)
        return
    turn.settle()
    if turn.is_vip and "refusal" in turn.context.policy.vip.to_person:
        turn.say("changing.person")
        turn.hand_off("vip")
        return
    turn.dialogue.refused.append(_note(action, order.id if order else "profile"))
    turn.speech.join(change_words.refusal(action, ruling.key, order, turn.context.policy, turn.voice))
    turn.options = _instead(turn, order)
    turn.draft = None
    fall_back(turn, order)


def fall_back(turn: Turn, order: OrderSnapshot | None) -> bool:
    """Go on with what shall be done in case that the task at work cannot be; whether the customer named such a thing."""
    task = turn.dialogue.task
    otherwise = fold(task.fallback) if task is not None else ""
    skill = next((name for name, pattern in _OTHERWISE if pattern.search(otherwise)), "")
    if task is None or not skill or order is None:
        return False
    turn.dialogue.todo.insert(0, Task(skill, f"{task.text}\n{task.fallback}", order.id))
    task.fallback = ""
    turn.options = []
    turn.settle()
    return True


def _instead(turn: Turn, order: OrderSnapshot | None) -> list[Option]:
    is_here = order is not None and order.is_delivered and "start_return" in turn.context.policy.actions
    returning = [turn.option("choice.start_return", "do:return")] if is_here else []
    return [*returning, turn.option("choice.human", "human")]


def _note(action: str, subject: str) -> str:
    return f"{action}:{subject}"


def asks_else(turn: Turn, *own: str) -> bool:
    """Whether the message surely asks for something that is not this task's own matter."""
    if any(each.name not in own for each in told(turn.text)):
        return True
    return not turn.understood.abstain and turn.understood.intent not in {*_NOT_A_TASK, *own}


def says_no(turn: Turn) -> bool:
    """Whether the customer would rather leave everything as it is."""
    return (
        would_rather_not(turn)
        or turn.choice == "no"
        or (turn.choice is None and yesno.answer(turn.text, turn.voice.language) == "no")
    )


def would_rather_not(turn: Turn) -> bool:
    """Whether somebody says in words of their own that it shall not be done after all."""
    return turn.choice is None and _RATHER_NOT.search(fold(turn.text)) is not None


def drop(turn: Turn, *own: str) -> None:
    """Leave everything as it is, and go on with whatever else the message asks for."""
    leave(turn)
    rest = _RATHER_NOT.sub(" ", turn.text)
    outright = [each.name for each in told(rest) if each.name not in own]
    others = [each.name for each in turn.understood.intents if each.name not in {*_NOT_A_TASK, *own}]
    if outright or (others and not turn.understood.abstain):
        turn.dialogue.todo.insert(0, Task((outright or others)[0], rest))


def leave(turn: Turn) -> None:
    """Nothing is changed."""
    turn.settle()
    turn.dialogue.proposal = turn.dialogue.task = None
    turn.say("confirm.dropped")


def ask_again(turn: Turn, question: str, key: str) -> bool:
    """Ask the open question once more, then bring a person; always True, for the message was taken. A spare yes brings nobody."""
    options = list(turn.dialogue.options)
    is_spare = turn.choice is None and yesno.answer(turn.text, turn.voice.language) == "yes"
    if turn.dialogue.asked_times >= ASKED_ENOUGH and not is_spare:
        turn.settle()
        turn.say("guide.person")
        turn.hand_off("low_confidence")
        return True
    turn.say(key)
    turn.ask(question, options)
    return True


def names_another(turn: Turn, order: OrderSnapshot | None) -> bool:
    """Whether the message names another order than this one."""
    numbers = {normalise_number(each) for each in turn.understood.entities.order_number}
    return bool(numbers) and (order is None or normalise_number(order.number) not in numbers)
