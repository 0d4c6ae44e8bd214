"""Taking back a wish that waits for a person: nothing is done, the customer hears so, and the desk sees it.

Whoever owns the thread, a wish that is taken back is taken back; while an agent owns it the assistant says nothing about it.
"""

from typing import Final

from server.answering.identify import numbers_in
from server.answering.told import last_action, told
from server.answering.turn import Turn
from server.answering.words import change_words, return_words
from server.answering.words.withdrawal import may_mean_order, takes_back, undoes_return, wants_nothing
from server.commerce.model import Fact
from server.commerce.store import normalise_number
from server.errors import StoreUnavailable

_OPENED: Final = frozenset({"start_return", "start_exchange"})
_IDLE: Final = frozenset({"", "choose"})
_WHO_OR_WHAT: Final = frozenset({"identify", "which_order", "choose", "which_product", "goods_need"})


async def takes(turn: Turn) -> bool:
    """Take back what waits in this thread if the message says that and nothing else; whether it did."""
    if turn.choice or turn.dialogue.asked or not takes_back(turn.text, only_outright=_is_asked_for_contact(turn)):
        return False
    context = turn.context
    gone = await turn.gate.withdraw(context.thread_id, context.answers, await _named(turn))
    if not gone:
        return False
    turn.waits_for_person = context.owner_kind == "queue"
    turn.speech.line("", Fact("done", "status", "withdraw", f"ledger:actions/{gone[0].key}", context.now))
    owners = {each.order_id for each in gone}
    order = await _order(turn, owners.pop()) if len(owners) == 1 else None
    if order is None:
        turn.say("decided.withdrawn_own")
    else:
        turn.say("decided.withdrawn", number=order)
    return True


def lets_go(turn: Turn) -> bool:
    """Stop asking who or which order when the message gives the wish up, or wants nothing; whether it did.

    What skills ask of a wish is theirs: "I changed my mind" is a reason to send something back, too."""
    dialogue = turn.dialogue
    is_idle = dialogue.asked in _IDLE and wants_nothing(turn.text)
    is_given_up = dialogue.asked in _WHO_OR_WHAT and takes_back(turn.text) and not may_mean_order(turn.text)
    if turn.choice or not (is_idle or is_given_up):
        return False
    turn.settle()
    turn.draft = dialogue.task = dialogue.proposal = None
    dialogue.todo.clear()
    turn.say("manner.let_go")
    return True


async def keeps(turn: Turn) -> bool:
    """Tell what becomes of the return that was opened last here, when its customer would rather keep the goods; whether it was.

    A return for money that nobody has yet needs no undoing: what is not sent stays bought. Any other is a person's to undo."""
    last = last_action(turn.context.history)
    if turn.choice or turn.dialogue.asked or last.get("name") not in _OPENED or not undoes_return(turn.text):
        return False
    if {each.name for each in told(turn.text)} - {"cancel"}:
        return False  # "keep the scarf but return the mug"
    try:
        order = await turn.order(turn.dialogue.order_id) if turn.dialogue.order_id else None
    except StoreUnavailable:
        order = None
    numbers = {normalise_number(each) for each in numbers_in(turn)}
    number = normalise_number(str(last.get("order") or ""))
    if order is None or normalise_number(order.number) != number or (numbers and number not in numbers):
        return False
    turn.dialogue.todo.clear()
    kept = None if _is_paid_at_once(turn) else return_words.kept(order, turn.voice, turn.context.now)
    if kept is None:
        turn.say("person.undo_return")
        turn.hand_off("policy_exception")
    else:
        turn.speech.join(kept)
        turn.is_answered = True
    return True


def _is_paid_at_once(turn: Turn) -> bool:
    """Whether the money of a return that was opened here does not wait for the goods."""
    done = [each.body.get("result", {}) for each in turn.context.history if each.type == "executed"]
    return any(each.get("release") == "immediately" for each in done)


async def _named(turn: Turn) -> list[str]:
    """The orders that the message names; none = whatever waits. A number that nothing waits for takes nothing back."""
    numbers = {normalise_number(each) for each in numbers_in(turn)}
    if not numbers:
        return []
    waiting = await turn.gate.waits_in(turn.context.thread_id)
    named = [
        one.order_id for one in waiting if normalise_number(str(one.body["arguments"].get("order") or "")) in numbers
    ]
    return named or [""]


async def _order(turn: Turn, order_id: str) -> Fact | None:
    """The number of the order that it was about, if it can be read now."""
    try:
        order = await turn.order(order_id) if order_id else None
    except StoreUnavailable:
        return None
    return change_words.number(order) if order is not None else None


def _is_asked_for_contact(turn: Turn) -> bool:
    """Whether we asked how to reach the customer: a mere "never mind" may mean that."""
    return turn.dialogue.contact_asked and not turn.dialogue.contact_given
