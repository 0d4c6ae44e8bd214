"""What the gate makes of a return or a swap, in words: the question that is open, the refusal, a person, or the read-back.

The yes is `confirming`'s; here is what it is asked for, and what is said once it is done.
"""

from typing import Any

from msgspec.structs import replace

from server.answering import weighing
from server.answering.context import Option
from server.answering.drafts.returns import ReturnDraft
from server.answering.skills import confirming, pickups, swaps
from server.answering.skills.confirming import Performed
from server.answering.skills.returns_case import SWAPS, Case, action_of, open_lines, receivers, stored
from server.answering.turn import Turn
from server.answering.words import cards, return_words, swap_words
from server.commerce.model import Fact, Money
from server.policies.judge import Ruling


async def put_to_gate(turn: Turn, draft: ReturnDraft, case: Case) -> None:
    """Let the gate rule, and go on by what it says. Raises StoreUnavailable."""
    _settle_method(turn, draft, case)
    action = action_of(draft, case.order)
    if turn.is_vip and "money" in turn.context.policy.vip.to_person:
        ruling = await weighing.consider(turn, action, case.order, case.record)
        await weighing.let_wait(turn, action, case.order, ruling)
        turn.say("returns.by_person")
        turn.hand_off("vip")
        return
    if draft.kind != "items" and not turn.context.store.capabilities & {action["name"]}:
        turn.say("handoff.out_of_scope")
        turn.hand_off("out_of_scope")
        turn.draft = None
        return
    ruling = await weighing.consider(turn, action, case.order, case.record)
    if ruling.verdict != "deny" and ruling.ask is not None:
        _ask(turn, draft, case, ruling)
    elif ruling.verdict == "deny":
        _deny(turn, draft, case, ruling)
    elif not ruling.is_open:
        await _by_person(turn, draft, case, action, ruling)
    else:
        await _read_back(turn, draft, case, action, ruling)


async def let_wait(turn: Turn, draft: ReturnDraft, case: Case) -> None:
    """A return that only a person may allow waits for them, though nobody was asked yet how it should end.

    "I want to send it back" means the money, the way it was paid. Raises StoreUnavailable."""
    if draft.kind != "return" or not draft.lines or draft.outcome in SWAPS:
        return
    whole = replace(draft, outcome=draft.outcome or "refund", method=draft.method or "original")
    action = action_of(whole, case.order)
    ruling = await weighing.consider(turn, action, case.order, case.record)
    await weighing.let_wait(turn, action, case.order, ruling)


def _settle_method(turn: Turn, draft: ReturnDraft, case: Case) -> None:
    """Money that can go only one way is not asked about; a method that swaps may use is not always one for refunds."""
    if draft.kind == "items" or draft.outcome in SWAPS or draft.outcome != "refund":
        return
    ways = receivers(turn, case.order, case.record)
    if draft.method and draft.method not in ways:
        turn.say("swaps.not_for_refunds")
        draft.method = ""
    if not draft.method and len(ways) == 1:
        draft.method = ways[0]
    if not draft.method and "original" in ways and not _is_choice(turn):
        draft.method = "original"


def _is_choice(turn: Turn) -> bool:
    rule = turn.context.policy.actions.get("start_return")
    return rule is not None and rule.refund_to_by == "choice"


def _ask(turn: Turn, draft: ReturnDraft, case: Case, ruling: Ruling) -> None:
    match ruling.ask:
        case "method":
            swaps.ask_method(turn, draft, case, ruling)
        case "refund_to":
            swaps.ask_refund_to(turn, case)
        case "reason":
            turn.say("returns.ask_reason")
            reasons = ruling.facts.get("reasons", ())
            turn.ask(
                "reason", [Option(each, f"reason:{each}") for each in (reasons if isinstance(reasons, tuple) else ())]
            )
        case "opened" | "delivered_on":
            turn.say(f"returns.ask_{ruling.ask}")
            yes_no = [turn.option("choice.yes", "yes"), turn.option("choice.no", "no")]
            turn.ask(ruling.ask, yes_no if ruling.ask == "opened" else [])
        case "photo":
            turn.say("swaps.ask_photo")
            turn.ask("photo", [turn.option("swaps.choice_no_photo", "no_photo")])
        case _:
            turn.say("returns.by_person")
            turn.hand_off("policy_exception")
            turn.draft = None


def _deny(turn: Turn, draft: ReturnDraft, case: Case, ruling: Ruling) -> None:
    """Say why not; where another answer would do, ask for it."""
    match ruling.key:
        case "balance_too_low":
            swaps.balance_too_low(turn, draft, case, ruling)
        case "method_not_on_file":
            draft.method = ""
            turn.say("swaps.not_on_file")
            swaps.ask_method(turn, draft, case, ruling)
        case "refund_to_not_allowed":
            draft.method = ""
            turn.say("swaps.not_for_refunds")
            swaps.ask_refund_to(turn, case)
        case "out_of_stock":
            swaps.gone(turn, draft, case, str(ruling.facts.get("sku", "")))
        case _:
            _refuse_by(turn, draft, case, ruling)


def _refuse_by(turn: Turn, draft: ReturnDraft, case: Case, ruling: Ruling) -> None:
    decision, voice, context = ruling.decision, turn.voice, turn.context
    if decision is not None and decision.verdict == "deny":
        turn.speech.join(return_words.refusal(case.order, decision, voice, context.policy, context.now))
    else:
        kind = "items" if draft.kind == "items" else "back"
        for key in (f"swaps.no_{ruling.key}", f"ruled.{ruling.key}", f"swaps.no_{kind}"):
            if voice.has(key):
                turn.say(key, number=return_words.number_fact(case.order))
                break
        turn.say("explain.instead")
    refuse(turn, draft)


def refuse(turn: Turn, draft: ReturnDraft) -> None:
    """A refusal is said once with its reason; somebody who disputes it gets a person."""
    key = f"{draft.order_id}:{','.join(sorted(draft.lines))}"
    turn.draft = None
    if turn.is_vip and "refusal" in turn.context.policy.vip.to_person:
        turn.hand_off("vip")
        return
    if key in turn.dialogue.refused:
        turn.hand_off("policy_exception")
        return
    turn.dialogue.refused.append(key)
    turn.options = [turn.option("choice.human", "human")]


async def _by_person(turn: Turn, draft: ReturnDraft, case: Case, action: dict[str, Any], ruling: Ruling) -> None:
    decision, context = ruling.decision, turn.context
    await weighing.let_wait(turn, action, case.order, ruling)
    if decision is not None and (decision.verdict != "allow" or ruling.verdict == "allow"):
        turn.speech.join(return_words.refusal(case.order, decision, turn.voice, context.policy, context.now))
    else:
        turn.say("returns.by_person")
    turn.hand_off("over_limit" if ruling.verdict == "allow" else "policy_exception")
    turn.draft = None


async def _read_back(turn: Turn, draft: ReturnDraft, case: Case, action: dict[str, Any], ruling: Ruling) -> None:
    """Say exactly what will happen and ask for a clear yes."""
    voice, now, order = turn.voice, turn.context.now, case.order
    methods = stored(case.record, order)
    if draft.kind == "items" or draft.outcome == "exchange":
        said = swap_words.read_back_swap(order, draft, ruling, case.products, methods, voice, now)
        said.join(swap_words.reason_line(draft, voice))
        if _is_last_chance(turn, draft, case, str(action["name"])):
            said.add("swaps.only_once")
        turn.speech.join(said.add("swaps.go"))
    elif ruling.decision is not None:
        method = swap_words.said_method(draft, order, methods, voice)
        back = return_words.read_back(order, draft, ruling.decision, voice, now, case.products, method=method)
        turn.speech.join(back)
    confirming.propose(turn, action, order, ruling)


def _is_last_chance(turn: Turn, draft: ReturnDraft, case: Case, name: str) -> bool:
    """Whether there will be no second swap of this order, and more items that one might want swapped."""
    rule = turn.context.policy.actions.get(name)
    return rule is not None and rule.times == 1 and len(open_lines(case.order, draft.kind)) > len(draft.lines)


async def tell_done(turn: Turn, performed: Performed) -> None:
    """Say what was done: its number, the label, what happens next; or what the order holds now."""
    draft, order, context = turn.draft, performed.order, turn.context
    if order is None or not isinstance(draft, ReturnDraft):
        return
    done = Fact("done", "status", performed.proposal.name, performed.source, context.now)
    if performed.proposal.name == "change_items":
        turn.speech.join(swap_words.changed(order, draft, turn.voice, context.now)).line("", done)
        turn.draft = None
        return
    opened = next((each for each in order.returns if each.id == performed.result.get("rma")), None)
    amount = Money(performed.proposal.amount_minor, performed.proposal.currency)
    has_card = context.channel == "widget" and opened is not None
    said = return_words.done(
        order, opened, draft, performed.result, amount, turn.voice, context.policy, context.now, has_card=has_card
    )
    turn.speech.join(said.line("", done))
    if opened is not None:
        turn.card, turn.shown_order = cards.return_card(order, opened, turn.voice), order.id
        await pickups.offer(turn, order)
    turn.draft = None
