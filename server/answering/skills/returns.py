"""Returns, exchanges and changes of items: which, why, how it should end, a clear yes, and then it is done.

Policy decides, these modules ask. `returns_reading` reads what a message says into the draft, `returns_steps` asks for what is
missing, `swaps` finds new versions and who pays the difference, `returns_rulings` reads back what the gate allows. An exchange of
what has not left yet is a change of items, a change of what has arrived an exchange.
"""

# ruff: noqa: E501 (patterns are read as lists of words)

import re
from typing import Final

from server.answering.context import Task
from server.answering.drafts.returns import ReturnDraft
from server.answering.identify import Fits, Found, find_order, my_orders, numbers_in, proofs_for
from server.answering.skills import changing, choosing, confirming, returns_reading, returns_rulings, returns_steps
from server.answering.skills.order_status import say_unreadable
from server.answering.skills.returns_case import look, open_lines
from server.answering.told import last_action, same_again, told
from server.answering.turn import Turn
from server.answering.understand import yesno
from server.answering.words import method_words, return_words
from server.commerce.catalogue.words import fold
from server.commerce.model import OrderSnapshot
from server.errors import StoreUnavailable
from server.policies import identity

QUESTIONS: Final = frozenset({"items", "reason", "opened", "delivered_on", "outcome", "variant", "method", "photo"})
_ASKED_ENOUGH: Final = 2
_NOT_A_TASK: Final = frozenset(
    {"other", "greeting", "thanks", "goodbye", "return", "exchange", "change_order", "refund_request", "payment"}
)
_WITH_NUMBERS: Final = frozenset({"items", "method", "variant"})
_FORGET_IT: Final = re.compile(
    r"^\W*(?:no,? )?(?:forget (?:it|about it)|never ?mind|leave it|drop it|(?:please )?(?:cancel|stop|scrap) (?:that|this|it|the return|my return|everything)|cancela (?:eso|esto|isso|isto)|annule[rz]? (?:ca|ça|cela)|(?:brich|brechen sie) (?:das |es )?ab|i changed my mind about (?:this|that|it)|olvidal[oa]|dejal[oa]|laisse[rz]? tomber|oubliez?|vergiss es|vergessen sie(?: es| das)?|lass(?:en sie)? (?:es|das)|esquece|deixa (?:pra la|estar))\W*$"
)
_OTHER_TASKS: Final = frozenset(
    {"order_status", "refund_status", "cancel", "human_request", "policy_question", "goodbye"}
)


async def begin(turn: Turn) -> None:
    """Start a return, an exchange or a change of items, or go on with one; what the message itself says is not asked again."""
    draft = turn.draft if isinstance(turn.draft, ReturnDraft) else ReturnDraft()
    if turn.draft is None and same_again(turn.text, turn.context.history):
        last = last_action(turn.context.history)
        draft.method, draft.reason = str(last.get("method") or ""), str(last.get("reason") or "")
    returns_reading.first(turn, draft)
    await go_on(turn, draft)


def is_about_items(text: str) -> bool:
    """Whether a change of an order is told outright as one of what is in it."""
    return any(each.name in ("change_order", "exchange", "return") for each in told(text))


async def go_on(turn: Turn, draft: ReturnDraft) -> None:
    """Find the order and take the next step."""
    turn.draft = draft
    try:
        found = await _held(turn, draft)
        if found is None:
            fits = await _fits(turn, draft)
            found = await find_order(turn, delivered=draft.kind != "items", fits=fits)
        if found is None:
            return
        if draft.order_id and draft.order_id != found.order.id:
            turn.draft = draft = ReturnDraft(
                kind=draft.kind, reason=draft.reason, outcome=draft.outcome, wanted=draft.wanted
            )
        if not draft.order_id:
            await _spread_elsewhere(turn, draft, found.order)
        draft.order_id = found.order.id
        await returns_steps.advance(turn, draft, found)
    except StoreUnavailable as error:
        say_unreadable(turn, error)


async def _held(turn: Turn, draft: ReturnDraft) -> Found | None:
    """The order that the draft is about, unless the message names another that exists."""
    order = await turn.order(draft.order_id) if draft.order_id else None
    if order is None:
        return None
    for number in numbers_in(turn):
        if not _is_it(number, order) and await turn.context.store.order_by_number(number) is not None:
            return None
    proofs = await proofs_for(turn, order)
    if not identity.allows(turn.context.policy, identity.SEEING, proofs):
        return None
    turn.focus(order)
    return Found(order, proofs)


async def _fits(turn: Turn, draft: ReturnDraft) -> Fits | None:
    """Of which of the asker's own orders the message can speak: those that hold what it names. Items of several become a task each."""
    if draft.order_id or numbers_in(turn) or (turn.choice and turn.choice.startswith("order:")):
        return None
    task = turn.dialogue.task
    if task is not None and task.order_id:
        return None
    orders = [order for order in await my_orders(turn) if order.cancelled_at is None]
    if not orders:
        return None
    open_ones = {order.id: open_lines(order, "items" if not order.is_delivered else draft.kind) for order in orders}
    meant = choosing.lines_meant(turn.text, orders, turn.voice.language, open_ones)
    likely = {each.order.id for each in meant.unclear if _is_ready(each.order, draft)} or {
        each.order.id for each in meant.unclear
    }
    named = list(dict.fromkeys(each.order.id for each in meant.picks))
    if not named and changing.means_all_orders(turn.text):
        named = [order.id for order in orders if open_ones[order.id] and _is_ready(order, draft)]
    if len(named) > 1 and task is not None:
        _spread(turn, task, draft, meant, named)
        named = named[:1]
    ids = set(named) or likely
    if not ids:
        held = turn.dialogue.order_id
        return None if held else (lambda order: _is_ready(order, draft))
    return lambda order: order.id in ids


async def _spread_elsewhere(turn: Turn, draft: ReturnDraft, order: OrderSnapshot) -> None:
    """Beside an order that is named by its number, what is named of another order of theirs waits as a task of its own."""
    task = turn.dialogue.task
    if task is None or task.order_id or not numbers_in(turn) or turn.choice:
        return
    language = turn.voice.language
    own = choosing.lines_meant(turn.text, order, language)
    others = [each for each in await my_orders(turn) if each.id != order.id and each.cancelled_at is None]
    open_ones = {each.id: open_lines(each, "items" if not each.is_delivered else draft.kind) for each in others}
    meant = choosing.lines_meant(turn.text, [order, *others], language, {order.id: order.lines, **open_ones})
    named = list(dict.fromkeys(each.order.id for each in meant.picks if each.order.id != order.id and each.text))
    if own.is_sure and meant.is_sure and any(each.order.id == order.id for each in meant.picks) and named:
        _spread(turn, task, draft, meant, [order.id, *named])


def _is_ready(order: OrderSnapshot, draft: ReturnDraft) -> bool:
    """Whether an order is in the state in which such things are usually done."""
    return order.cancelled_at is None and (order.is_delivered or draft.kind != "return")


def _spread(turn: Turn, task: Task, draft: ReturnDraft, meant: choosing.Meant, named: list[str]) -> None:
    """What is named of further orders waits as tasks of its own."""
    later = []
    for order_id in named[1:]:
        text = "\n".join(each.text for each in meant.picks if each.order.id == order_id) or turn.text
        fresh = ReturnDraft(
            kind=draft.kind, reason=draft.reason, outcome=draft.outcome, wants_exchange=draft.wants_exchange
        )
        later.append(Task(task.skill, text, order_id, fresh))
    turn.dialogue.todo = [*later, *turn.dialogue.todo]


async def continues(turn: Turn) -> bool:
    """Go on with a return or a swap if this message answers its open question; whether it did."""
    dialogue, draft = turn.dialogue, turn.draft
    if not isinstance(draft, ReturnDraft) or dialogue.asked not in QUESTIONS:
        return False
    if _leaves(turn):
        confirming.drop(turn)
        turn.say("confirm.dropped")
        return True
    try:
        if await _takes(turn, draft):
            turn.settle()
            await go_on(turn, draft)
            return True
    except StoreUnavailable as error:
        say_unreadable(turn, error)
        return True
    return await _asks_again(turn, draft)


def _leaves(turn: Turn) -> bool:
    """Whether the customer would rather leave everything as it is."""
    if turn.choice or turn.dialogue.asked in ("opened", "photo"):
        return False
    return bool(_FORGET_IT.search(fold(turn.text))) or (
        turn.dialogue.asked not in ("reason",) and yesno.answer(turn.text, turn.voice.language) == "no"
    )


async def _asks_again(turn: Turn, draft: ReturnDraft) -> bool:
    """An answer that was not understood: the same question once more, then a person; another task goes its way."""
    intents = {each.name for each in turn.understood.intents}
    if not turn.understood.abstain and not intents <= _NOT_A_TASK:
        return False
    if turn.understood.entities.order_number or turn.dialogue.asked_times >= _ASKED_ENOUGH:
        return False
    await go_on(turn, draft)
    return True


async def _takes(turn: Turn, draft: ReturnDraft) -> bool:
    """Whether the message answers the open question, or tells something else about this task."""
    asked = turn.dialogue.asked
    order = await turn.order(draft.order_id) if draft.order_id else None
    if order is None:
        return False
    numbers = turn.understood.entities.order_number
    if numbers and asked not in _WITH_NUMBERS and all(not _is_it(each, order) for each in numbers):
        return False
    if await _answer(turn, draft, order, asked):
        return True
    return await tells(turn, draft, order)


def _is_it(number: str, order: OrderSnapshot) -> bool:
    return number.strip("#").casefold() == order.number.strip("#").casefold()


async def _answer(turn: Turn, draft: ReturnDraft, order: OrderSnapshot, asked: str) -> bool:
    choice = turn.choice or ""
    match asked:
        case "items":
            taken = returns_reading.lines(turn, draft, order, is_answer=True)
            await _all_else(turn, draft, order)
            return taken
        case "reason":
            return await _reason(turn, draft, order, choice)
        case "outcome":
            return await _outcome(turn, draft, order, choice)
        case "variant":
            return await _variant(turn, draft, order, choice)
        case "opened":
            said = choice if choice in ("yes", "no") else _yes_no(turn)
            draft.is_opened = said == "yes" if said else None
            return said is not None
        case "method":
            return await _paid_by(turn, draft, order)
        case "photo":
            return returns_reading.photo(turn, draft)
    draft.delivered_on = next(iter(turn.understood.entities.date), "")
    return bool(draft.delivered_on)


def _yes_no(turn: Turn) -> str | None:
    return return_words.opened_in(turn.text) or yesno.answer(turn.text, turn.voice.language)


async def _reason(turn: Turn, draft: ReturnDraft, order: OrderSnapshot, choice: str) -> bool:
    given = choice.removeprefix("reason:") if choice.startswith("reason:") else return_words.reason_in(turn.text)
    if given:
        draft.reason = given
        await _all_else(turn, draft, order)
        return True
    named = return_words.outcome_in(turn.text, [])
    if await tells(turn, draft, order):
        if named and not draft.reason:  # how it shall end was said instead of why
            draft.reason, draft.outcome = "other", draft.outcome or named
        return True
    if (turn.understood.intent in _OTHER_TASKS and not turn.understood.abstain) or _asks(turn):
        return False
    draft.reason = "other"
    draft.outcome = draft.outcome or named or ""
    return True


def _asks(turn: Turn) -> bool:
    """Whether the message asks something back instead of answering."""
    return "?" in turn.text and yesno.answer(turn.text.replace("?", ""), turn.voice.language) is None


async def _outcome(turn: Turn, draft: ReturnDraft, order: OrderSnapshot, choice: str) -> bool:
    if choice.startswith("outcome:"):
        draft.outcome = choice.removeprefix("outcome:")
        return True
    named = return_words.outcome_in(turn.text, turn.dialogue.options) or ""
    if await _method(turn, draft, order) == "taken" and not draft.outcome:
        draft.outcome = "refund" if named in ("credit", "refund", "") and _offers(turn, "refund") else named
    elif named:
        draft.outcome = named
    return bool(draft.outcome)


async def _variant(turn: Turn, draft: ReturnDraft, order: OrderSnapshot, choice: str) -> bool:
    if choice == "outcome:refund":
        draft.kind, draft.outcome, draft.to_skus, draft.wishes = "return", "refund", {}, {}
        return True
    case = await look(turn, draft, Found(order, frozenset()))
    if returns_reading.targets(turn, draft, case):
        returns_reading.method(turn, draft, case)
        return True
    options = turn.dialogue.options
    picked = yesno.choice(turn.text, [option.label for option in options])
    value = options[picked[0]].value if picked and len(picked) == 1 and picked[0] < len(options) else ""
    if value == "outcome:refund":
        return await _variant(turn, draft, order, value)
    line_id, _, sku = value.removeprefix("sku:").partition("=")
    if line_id and sku:
        draft.to_skus[line_id] = sku
    return bool(line_id and sku)


def _offers(turn: Turn, kind: str) -> bool:
    return any(option.value == f"outcome:{kind}" for option in turn.dialogue.options)


async def _method(turn: Turn, draft: ReturnDraft, order: OrderSnapshot, *, is_answer: bool = False) -> str:
    case = await look(turn, draft, Found(order, frozenset()))
    return returns_reading.method(turn, draft, case, is_answer=is_answer)


async def _paid_by(turn: Turn, draft: ReturnDraft, order: OrderSnapshot) -> bool:
    said = await _method(turn, draft, order, is_answer=True)
    if said == "missing":
        turn.say("swaps.not_on_file")
    return said in ("taken", "several", "missing")


async def _all_else(turn: Turn, draft: ReturnDraft, order: OrderSnapshot) -> bool:
    """What an answer tells beside: reason, outcome, method, version."""
    before = (draft.reason, draft.outcome, draft.method, dict(draft.to_skus))
    draft.reason = draft.reason or return_words.reason_in(turn.text) or ""
    case = await look(turn, draft, Found(order, frozenset()))
    if draft.kind == "return" and not draft.outcome:
        draft.outcome = returns_reading.outcome(turn.text, draft.kind, is_refund=False)
    returns_reading.method(turn, draft, case)
    if draft.kind != "return":
        returns_reading.targets(turn, draft, case)
    return before != (draft.reason, draft.outcome, draft.method, dict(draft.to_skus))


async def tells(turn: Turn, draft: ReturnDraft, order: OrderSnapshot) -> bool:
    """A change of mind, or something more about this task, at any question: other items, another way, version, method or reason."""
    if turn.dialogue.asked in ("method", "opened", "delivered_on", "photo") and turn.choice:
        return False
    changed = returns_reading.other_way(turn, draft)
    case = await look(turn, draft, Found(order, frozenset()))
    is_of_money = bool(draft.lines) and not turn.choice and method_words.only_says_method(turn.text)
    if not is_of_money and returns_reading.lines(turn, draft, order) and draft.lines:
        changed = True
    elif not changed and draft.outcome and not (draft.method and returns_reading.names_method(turn, case)):
        named = return_words.outcome_in(turn.text, []) or ""
        if named in ("credit", "refund", "repair") and named != draft.outcome and draft.kind == "return":
            draft.outcome, changed = named, True
    case = await look(turn, draft, Found(order, frozenset()))
    if draft.kind != "return" or draft.outcome == "exchange":
        changed = returns_reading.targets(turn, draft, case) or changed
    changed = returns_reading.method(turn, draft, case) == "taken" or changed
    changed = returns_reading.photo(turn, draft) or changed
    reason = return_words.reason_in(turn.text)
    if reason and reason != draft.reason and draft.kind != "items":
        draft.reason, changed = reason, True
    return changed


# --- at the read-back


async def again(turn: Turn) -> None:
    """Take the task at work up again."""
    draft = turn.draft
    if isinstance(draft, ReturnDraft):
        await go_on(turn, draft)


async def corrects(turn: Turn) -> bool:
    """Whether the message changes what was read back."""
    draft = turn.draft
    if not isinstance(draft, ReturnDraft):
        return False
    order = await turn.order(draft.order_id)
    if order is None:
        return False
    numbers = turn.understood.entities.order_number
    if numbers and all(not _is_it(each, order) for each in numbers):
        return False
    await proofs_for(turn, order)
    if await _moves(turn, draft, order):
        return True
    if await tells(turn, draft, order):
        return True
    case = await look(turn, draft, Found(order, frozenset()))
    return returns_reading.names_method(turn, case)  # the chosen one once more: it is read back again


async def _moves(turn: Turn, draft: ReturnDraft, order: OrderSnapshot) -> bool:
    """Whether a message names only things of one other order of theirs: then that is what is meant."""
    if turn.choice or "?" in turn.text:
        return False
    orders = [each for each in await my_orders(turn) if _is_ready(each, draft)]
    meant = choosing.lines_meant(turn.text, orders, turn.voice.language)
    named = {each.order.id for each in (*meant.picks, *meant.unclear)}
    is_sure = meant.is_sure or (len(meant.picks) == 1 and returns_reading.is_correction(turn.text))
    if not is_sure or len(named) != 1 or order.id in named:
        return False
    fresh = ReturnDraft(kind=draft.kind, reason=draft.reason, outcome=draft.outcome, wanted=turn.text)
    fresh.order_id, turn.draft = named.pop(), fresh
    if turn.dialogue.task is not None:
        turn.dialogue.todo = [each for each in turn.dialogue.todo if each.order_id != fresh.order_id]
    return True


for _name in ("start_return", "start_exchange", "change_items"):
    confirming.WRITES[_name] = confirming.Write(again, corrects, returns_rulings.tell_done)
