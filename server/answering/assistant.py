"""The assistant: one function from what a customer said to what comes of it.

The order of things is fixed: what a person must hear comes first (risk, distress, "a human please"), then an answer to the open
question, then the tasks that the message asks for. Facts come from tools, actions go through the gate, and whatever is not
understood is asked about once and then handed to a person.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from server.actions.gate import Gate
from server.answering.context import Answer, Context, Option
from server.answering.identify import numbers_in
from server.answering.skills import courtesy, goods, guide, order_status, refund_status, returns
from server.answering.turn import Turn, copied
from server.answering.understand import Understanding, understand, yesno
from server.answering.words.voice import Voice
from server.policies import human
from server.policies.human import Signals

Skill = Callable[[Turn], Awaitable[None]]
_ANOTHER_SITTING_S: Final = 12 * 3600.0
_COURTESY: Final = frozenset({"greeting", "thanks", "goodbye"})


async def answer(context: Context, gate: Gate) -> Answer:
    """What the burst in `context` comes to. Raises gate.Moved when the thread moved under an action."""
    turn = _begin(context, gate)
    if context.owner_kind == "agent":
        return turn.answer()
    if context.owner_kind == "queue":
        guide.acknowledge(turn)
        return turn.answer()
    if not _needs_person(turn):
        await _respond(turn)
    return turn.answer()


def _begin(context: Context, gate: Gate) -> Turn:
    dialogue = copied(context.dialogue)
    choice = next((said.choice for said in reversed(context.said) if said.choice), None)
    hint = dialogue.language or context.customer.locale or None
    understood = understand(context.text, channel=context.channel or None, lang=hint, region=context.shop.region)
    if not choice or not dialogue.language:
        dialogue.language = _language(understood, dialogue.language or (hint or ""))
    voice = Voice(dialogue.language, context.now)
    turn = Turn(
        context, gate, understood, dialogue, voice, voice.speech(), choice=_meaning(choice, context, dialogue.options)
    )
    _absorb(turn)
    return turn


def _language(understood: Understanding, before: str) -> str:
    """The language to answer in: the message's own, or the one before when the message shows none (a number, an address)."""
    words = sum(character.isalpha() for character in "".join(clause.text for clause in understood.clauses))
    return before if before and words < 9 else understood.language


def _meaning(choice: str | None, context: Context, options: list[Option]) -> str | None:
    """The value of a tapped quick reply; one typed out by hand counts too."""
    if choice:
        return choice
    said = context.text.strip().casefold()
    return next((option.value for option in options if option.label.casefold() == said), None)


def _absorb(turn: Turn) -> None:
    """Keep what the message gives to prove an order by."""
    slots, found = turn.dialogue.slots, turn.understood.entities
    pairs = (
        (slots.order_numbers, numbers_in(turn)), (slots.emails, found.email), (slots.phones, found.phone),
        (slots.names, found.names), (slots.zips, found.zips),
    )  # fmt: skip
    for kept, new in pairs:
        kept.extend(value for value in new if value not in kept)
        del kept[:-6]
    turn.claims += [("email", email.casefold()) for email in found.email]


def _needs_person(turn: Turn) -> bool:
    """Whether policy wants a person before anything else is said."""
    understood, context = turn.understood, turn.context
    intents = {each.name for each in understood.intents}
    is_complaint = human.is_complaint(understood.intent, understood.frustration)
    again = is_complaint and _complains_again(turn)
    signals = Signals(
        risks=frozenset(understood.risk),
        frustration=understood.frustration,
        is_requested=turn.choice == "human" or ("human_request" in intents and not _says_yes_or_no(turn)),
        is_vip=turn.is_vip,
        subjects=frozenset({"complaint"}) if is_complaint else frozenset({"fact"}),
        complaints=context.complaints + 1 + again if is_complaint else 0,
    )
    reason = human.must_hand_off(context.policy, signals)
    if reason is None:
        return False
    turn.settle()
    turn.dialogue.proposal = None
    turn.hand_off(reason.value)
    guide.before_person(turn, reason.value)
    return True


def _says_yes_or_no(turn: Turn) -> bool:
    """Whether the message clearly answers what was read back."""
    return turn.dialogue.asked.startswith("confirm") and yesno.answer(turn.text, turn.voice.language) is not None


def _complains_again(turn: Turn) -> bool:
    """Whether somebody comes back to complain once more: within one sitting it is the same complaint."""
    before, now = turn.dialogue.complained_at, turn.context.now.timestamp()
    turn.dialogue.complained_at = before or now
    return bool(before) and now - before >= _ANOTHER_SITTING_S


async def _respond(turn: Turn) -> None:
    if await returns.continues(turn) or await goods.continues(turn):
        return
    tasks = _tasks(turn)
    if not tasks:
        await _without_task(turn)
        return
    courtesy.open_with_feeling(turn)
    remaining, waiting = list(tasks), turn.dialogue.tasks
    for task in tasks:
        before = (turn.dialogue.asked, turn.dialogue.asked_times)
        await SKILLS[task](turn)
        if turn.reason or (turn.dialogue.asked and (turn.dialogue.asked, turn.dialogue.asked_times) != before):
            break
        remaining.remove(task)
    is_still_open = bool(turn.dialogue.asked) and not remaining
    turn.dialogue.tasks = waiting if is_still_open else remaining if turn.dialogue.asked else []


def _tasks(turn: Turn) -> list[str]:
    """What the message asks for, in the order that serves best: facts first, then what needs questions."""
    if turn.choice and turn.choice.startswith("do:"):
        return [turn.choice.removeprefix("do:")]
    wanted: list[str] = [
        each.name for each in turn.understood.intents if each.name in SKILLS and not turn.understood.abstain
    ]
    sure = [name for name in wanted if name not in _COURTESY]
    pending = turn.dialogue.tasks if turn.dialogue.asked in ("identify", "which_order") else []
    if pending and (_gave_proof(turn) or turn.choice or not sure):
        return list(dict.fromkeys([*pending, *sure]))
    if turn.understood.abstain and _likely(turn):
        return [turn.understood.intent]
    ordered = sorted(dict.fromkeys(sure), key=lambda name: _FACTS_FIRST.get(name, 6))
    if set(ordered) >= goods.INTENTS:
        ordered.remove("stock_question")  # one skill answers both
    if len(ordered) > 1 and "complaint" in ordered:
        ordered.remove("complaint")  # what it is about is answered; the regret comes before
    return list(ordered[:3])


def _likely(turn: Turn) -> bool:
    """Whether an unsure reading is good enough, because the rest of the message, or the thread, fits it."""
    intent = turn.understood.intent
    if intent not in SKILLS or intent in _COURTESY:
        return False
    return _gave_proof(turn) or (bool(turn.dialogue.order_id) and intent in ("order_status", "refund_status"))


def _gave_proof(turn: Turn) -> bool:
    found = turn.understood.entities
    return bool(found.order_number or found.email or found.phone or found.zips)


async def _without_task(turn: Turn) -> None:
    """A courtesy, a bare number, or something that was not understood."""
    understood = turn.understood
    if understood.intent in _COURTESY and not understood.abstain:
        courtesy.reply(turn)
    elif _gave_proof(turn):
        await SKILLS["order_status"](turn)
    else:
        guide.unsure(turn)


async def _order_status(turn: Turn) -> None:
    await order_status.order_status(turn)


async def _delivery_problem(turn: Turn) -> None:
    await order_status.order_status(turn, not_received=True)


SKILLS: Final[Mapping[str, Skill]] = {
    "order_status": _order_status,
    "delivery_problem": _delivery_problem,
    "refund_status": refund_status.refund_status,
    "return": returns.begin,
    "exchange": returns.begin,
    "refund_request": returns.begin,
    "damaged_or_wrong_item": returns.begin,
    "policy_question": guide.policy_question,
    "complaint": guide.complaint,
    "cancel": guide.for_a_person,
    "change_address": guide.for_a_person,
    "change_order": guide.for_a_person,
    "warranty": guide.for_a_person,
    "payment": guide.for_a_person,
    "subscription": guide.for_a_person,
    "account": guide.for_a_person,
    "promo": guide.for_a_person,
    "product_question": goods.goods,
    "stock_question": goods.goods,
}
_FACTS_FIRST: Final = {
    "complaint": 0,
    "product_question": 1,
    "stock_question": 1,
    "order_status": 2,
    "delivery_problem": 2,
    "refund_status": 3,
    "policy_question": 4,
    "return": 5,
}
