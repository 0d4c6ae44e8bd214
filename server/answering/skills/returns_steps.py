"""The next step of a return, an exchange or a change of items: the items, the reason, how it ends, into what; then the gate rules.

One question at a time; what is refused is said before anything more is asked.
"""

from typing import Final

from server.answering.context import Option
from server.answering.drafts.returns import ReturnDraft
from server.answering.identify import Found, lately_said
from server.answering.skills import cancelling, changing, returns_reading, swaps
from server.answering.skills.order_status import tell
from server.answering.skills.proving import may
from server.answering.skills.returns_case import (
    SWAPS,
    Case,
    action_name,
    kinds,
    look,
    most,
    open_lines,
    reason_matters,
)
from server.answering.skills.returns_rulings import let_wait, put_to_gate, refuse
from server.answering.told import names_money_back
from server.answering.turn import Turn
from server.answering.words import cards, return_words, wishes
from server.answering.words.method_words import said_of
from server.commerce.model import Fact, Line, OrderSnapshot
from server.commerce.store import Capability
from server.commerce.wismo import decide as wismo
from server.policies.decision import FAULTS, Decision

_TOLD_BY_STATUS: Final = frozenset({1, 17, 18, 19, 21, 22, 25, 26, 27})
_REASONS: Final = ("size_small", "size_large", "unwanted", "not_as_described", "defective", "wrong_item")


async def advance(turn: Turn, draft: ReturnDraft, found: Found) -> None:
    """Ask the next open question, or let the gate rule and read the whole back. Raises StoreUnavailable."""
    order = found.order
    fit(turn, draft, order)
    name = action_name(draft)
    if not await may(turn, name, order, found.proofs):
        return
    if not draft.lines and not await _has_lines(turn, draft, found):
        return
    if not _can_open(turn, draft, name):
        return
    case = await look(turn, draft, found)
    if _read_rest(turn, draft, case):
        case = await look(turn, draft, found)
    if draft.kind == "items":
        if swaps.begin_items(turn, draft, order) and swaps.aim(turn, draft, case):
            await put_to_gate(turn, draft, case)
        return
    if not draft.reason and await _is_too_early(turn, draft, case):
        return
    if draft.lines and not draft.reason and reason_matters(turn, draft, case):
        turn.say("returns.ask_reason")
        turn.ask("reason", [turn.option(f"reason.{each}", f"reason:{each}") for each in _REASONS])
        return
    if not await _is_stopped(turn, draft, case):
        await _settle_outcome(turn, draft, case)


def fit(turn: Turn, draft: ReturnDraft, order: OrderSnapshot) -> None:
    """An exchange of what has not left is a change of items, a change of what has arrived an exchange."""
    rule = turn.context.policy.actions.get("change_items")
    is_early = rule is not None and rule.enabled and rule.states != "any" and order.state in rule.states
    has_some = any(line.quantities.delivered > 0 for line in order.lines)
    if draft.kind == "exchange" and is_early and not has_some:
        draft.kind, draft.outcome, draft.wants_exchange = "items", "", False
    elif draft.kind == "items" and has_some and not is_early:
        draft.kind, draft.wants_exchange = "exchange", True


def _can_open(turn: Turn, draft: ReturnDraft, name: str) -> bool:
    """Whether the order system can do this here; else a person does it, before anything more is asked."""
    wanted: tuple[Capability, ...] = ("change_items",) if name == "change_items" else ("start_return", "start_exchange")
    if turn.context.store.capabilities.intersection(wanted):
        return True
    turn.say("handoff.out_of_scope")
    turn.hand_off("out_of_scope")
    turn.draft = None
    return False


# --- the items


async def _has_lines(turn: Turn, draft: ReturnDraft, found: Found) -> bool:
    """Take the only item, the items that the message names, or ask."""
    order = found.order
    held = open_lines(order, draft.kind)
    if await _none_can_go_back(turn, draft, found, held):
        return False
    if not held:
        _tell_nothing_left(turn, order)
        return False
    if not returns_reading.lines(turn, draft, order):
        returns_reading.pointed_at(turn, draft, order)
    if not draft.lines and len(held) == 1 and (most(order, held[0], draft.kind) == 1 or not draft.unclear):
        _take_only(turn, draft, order, held[0])
    if draft.lines:
        _tell_too_many(turn, draft, order)
        return True
    if not _can_open(turn, draft, action_name(draft)):
        return False
    shown = [line for line in held if line.id in draft.unclear] or held
    key = {"items": "swaps.ask_items_change", "exchange": "swaps.ask_items_exchange"}.get(
        draft.kind, "returns.ask_items"
    )
    turn.say(key, number=return_words.number_fact(order))
    options = [Option(return_words.item_label(line), f"item:{line.id}") for line in shown[:6]]
    turn.ask("items", [*options, turn.option("choice.all_items", "item:*")] if len(shown) > 1 else options)
    return False


def _tell_nothing_left(turn: Turn, order: OrderSnapshot) -> None:
    """Nothing can go back any more: where what went back stands, if anything did."""
    turn.draft, turn.leaves_open = None, True
    if order.returns:
        turn.speech.join(return_words.status(order, turn.voice, turn.context.policy, turn.context.now))
        turn.card, turn.shown_order = cards.return_card(order, order.returns[-1], turn.voice), order.id
    else:
        turn.say("returns.nothing_left", number=return_words.number_fact(order))
    turn.options = [turn.option("choice.human", "human")]


def _take_only(turn: Turn, draft: ReturnDraft, order: OrderSnapshot, line: Line) -> None:
    left = most(order, line, draft.kind)
    count = wishes.number_of(turn.text, line)
    if left == 1 or count:
        draft.lines = {line.id: min(left, count or left)}


def _tell_too_many(turn: Turn, draft: ReturnDraft, order: OrderSnapshot) -> None:
    """More pieces are named than are left: say how many there are; of several orders the number counts what all of them hold."""
    if draft.kind == "items" or any(
        each.skill == (turn.dialogue.task.skill if turn.dialogue.task else "") for each in turn.dialogue.todo
    ):
        return
    for line_id in draft.lines:
        line = order.line(line_id)
        wished = wishes.number_of(turn.text, line) if line is not None and turn.is_asking is False else None
        if line is not None and wished and wished > most(order, line, draft.kind) and len(draft.lines) == 1:
            left = Fact(
                "available", "count", most(order, line, draft.kind), f"{order.source}:orders/{order.id}", order.as_of
            )
            turn.say("explain.quantity_exceeded", item=return_words.title_fact(line, turn.context.now), available=left)


async def _none_can_go_back(turn: Turn, draft: ReturnDraft, found: Found, held: list[Line]) -> bool:
    """Say at once when nothing of the order can go back, instead of asking which item first."""
    if not held or draft.kind == "items":
        return False
    everything = ReturnDraft(
        found.order.id, "return", {line.id: most(found.order, line, "return") for line in held}, draft.reason
    )
    decision = (await look(turn, everything, found)).decision
    if decision is None or decision.verdict != "deny":
        return False
    if _has_not_come(decision):
        if await _is_cancelled_instead(turn, found):
            return True
        tell(turn, found)  # where it is says why
        if turn.reason or wismo(found.order, turn.context.now, cfg=turn.context.wismo).row in _TOLD_BY_STATUS:
            turn.draft = None
            return True
    context = turn.context
    turn.speech.join(return_words.refusal(found.order, decision, turn.voice, context.policy, context.now))
    draft.lines = everything.lines
    refuse(turn, draft)
    return True


async def _is_too_early(turn: Turn, draft: ReturnDraft, case: Case) -> bool:
    """Say at once when what is named has not arrived: why it shall go back makes no difference to that."""
    decision = case.decision
    if decision is None or decision.verdict != "deny" or not _has_not_come(decision):
        return False
    if await _is_cancelled_instead(turn, case.found):
        return True
    context = turn.context
    turn.speech.join(return_words.refusal(case.order, decision, turn.voice, context.policy, context.now))
    refuse(turn, draft)
    return True


def _has_not_come(decision: Decision) -> bool:
    """Whether all that stands against it is that the goods are not with the customer yet."""
    return {result.explain_key for result in decision.lines} <= {"not_delivered", "not_shipped"}


async def _is_cancelled_instead(turn: Turn, found: Found) -> bool:
    """Whether money for an order that has not left is had by cancelling it: then that is offered, and a yes asked for it."""
    task, order = turn.dialogue.task, found.order
    if task is None or not names_money_back(f"{turn.text} {turn.context.text}"):
        return False
    if not changing.is_open_for(turn.context.policy, cancelling.ACTION, order):
        return False
    if cancelling.ACTION not in turn.context.store.capabilities:
        return False
    turn.say("swaps.keep")
    task.skill, turn.draft = "cancel", None
    task.order_id = turn.dialogue.order_id = order.id
    await cancelling.begin(turn)
    return True


def _read_rest(turn: Turn, draft: ReturnDraft, case: Case) -> bool:
    """What the wish says about money, once it is known which methods there are; whether it says something."""
    if turn.choice or (draft.method and draft.method != "original"):
        return False
    returns_reading.method(turn, draft, case)
    if not draft.method and turn.text != turn.context.text:
        returns_reading.method(turn, draft, case, turn.context.text)
    if not draft.method:
        before = said_of(lately_said(turn), "return" if draft.kind == "return" else "swap")
        if before:
            returns_reading.method(turn, draft, case, before)
    return bool(draft.method)


# --- how it ends


async def _is_stopped(turn: Turn, draft: ReturnDraft, case: Case) -> bool:
    """Say why it cannot go on by itself: an open question, a refusal, or a person who must decide."""
    decision = case.decision
    if decision is None:
        return False
    if decision.ask is not None:
        _line, question = decision.ask
        turn.say(f"returns.ask_{question}")
        yes_no = [turn.option("choice.yes", "yes"), turn.option("choice.no", "no")]
        turn.ask(question, yes_no if question == "opened" else [])
        return True
    if decision.verdict == "allow":
        return _asks_photo(turn, draft, case)
    context = turn.context
    turn.speech.join(return_words.refusal(case.order, decision, turn.voice, context.policy, context.now))
    if decision.verdict == "deny":
        refuse(turn, draft)
        return True
    await let_wait(turn, draft, case)
    turn.hand_off("policy_exception")
    turn.draft = None
    return True


def _asks_photo(turn: Turn, draft: ReturnDraft, case: Case) -> bool:
    """A fault above the policy's value wants a photo: asked for once; without one a person looks."""
    if draft.reason not in FAULTS or case.decision is None:
        return False
    if not any(result.facts.get("photo") for result in case.decision.lines):
        return False
    returns_reading.photo(turn, draft)
    if draft.photo == "given":
        return False
    if draft.photo == "none":
        turn.say("swaps.photo_none")
        turn.hand_off("policy_exception")
        turn.draft = None
        return True
    turn.say("swaps.ask_photo")
    turn.ask("photo", [turn.option("swaps.choice_no_photo", "no_photo")])
    return True


async def _settle_outcome(turn: Turn, draft: ReturnDraft, case: Case) -> None:
    """Offer the ways it may end, find what an exchange becomes, then let the gate rule."""
    decision = case.decision
    if decision is None:
        return
    open_kinds = kinds(decision, draft, case.order, case.products)
    if draft.kind == "exchange" and not draft.outcome and {"exchange", "replace"} & set(open_kinds):
        draft.outcome = "exchange" if "exchange" in open_kinds or draft.to_skus or _is_named(draft) else ""
    elif (
        draft.kind == "return"
        and not draft.outcome
        and set(open_kinds) <= {"exchange", "refund"}
        and "refund" in open_kinds
    ):
        draft.outcome = "refund"
    whole, draft.lines = draft.lines, return_words.granted(decision) or draft.lines
    if draft.lines != whole and draft.outcome in open_kinds:
        turn.speech.join(return_words.withheld(case.order, decision, turn.voice, turn.context.now))
        case = await look(turn, draft, case.found)
    is_open = draft.outcome in open_kinds or (draft.outcome == "exchange" and "replace" in open_kinds)
    if not is_open:
        turn.speech.join(return_words.offer(case.order, decision, turn.voice, turn.context.now, open_kinds))
        turn.ask("outcome", [turn.option(f"outcome.{kind}", f"outcome:{kind}") for kind in open_kinds])
        return
    if draft.outcome in SWAPS and not swaps.aim(turn, draft, case):
        return
    await put_to_gate(turn, draft, case)


def _is_named(draft: ReturnDraft) -> bool:
    return bool(draft.wishes)
