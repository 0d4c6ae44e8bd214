"""Returns and exchanges: which items, why, how it should end, a clear yes, and then it is done.

Policy decides, this module asks. An exchange or credit is offered first, once, with the refund beside it as an equal. The yes is
bound to what was read back: the decision is made again before anything is executed, and if it differs, it is read back again.
"""

import re
from dataclasses import dataclass
from typing import Any, Final

from server.actions.gate import Request
from server.answering.context import Executed, Option, Proposal, ReturnDraft
from server.answering.identify import Found, find_order, given_by, proofs_for
from server.answering.skills.order_status import say_unreadable, tell
from server.answering.turn import Turn, short_hash
from server.answering.understand import yesno
from server.answering.words import cards, return_words
from server.commerce.model import Fact, Line, LineQuantity, Money, OrderSnapshot, Product, Variant
from server.commerce.store import Capability
from server.commerce.wismo import decide
from server.errors import ActionRefused, StoreRefused, StoreUnavailable
from server.policies import facts, identity
from server.policies.decision import FAULTS, Decision, Reason, RequestLine, ReturnRequest
from server.policies.permits import Want, permits
from server.policies.returns import evaluate

_QUESTIONS: Final = frozenset({"items", "reason", "opened", "delivered_on", "outcome", "variant", "confirm_return"})
_PROPOSAL_SECONDS: Final = 24 * 3600.0
_ASKED_ENOUGH: Final = 2
_TOLD_BY_STATUS: Final = frozenset({1, 17, 18, 19, 21, 22, 25, 26, 27})
_NOT_A_TASK: Final = frozenset({"other", "greeting", "thanks", "goodbye", "return", "exchange", "change_order"})
_OTHER_TASKS: Final = frozenset(
    {"order_status", "refund_status", "cancel", "human_request", "policy_question", "goodbye"}
)
_CORRECTION: Final = re.compile(
    r"\b(no|not|wait|mean|meant|instead|actually|rather|sino|mejor|quiero decir|non|plutôt|nein|doch|lieber|não|na verdade)\b",
    re.IGNORECASE,
)
_REASONS: Final = ("size_small", "size_large", "unwanted", "not_as_described", "defective", "wrong_item")
_OUTCOME_OF: Final = {
    "credit": "store_credit",
    "refund": "refund",
    "exchange": "exchange",
    "replace": "exchange",
    "repair": "repair",
}


@dataclass(frozen=True, slots=True)
class Case:
    """A return in the making, with everything that its decision is made of."""

    found: Found
    decision: Decision
    products: dict[str, Product]
    request: ReturnRequest

    @property
    def order(self) -> OrderSnapshot:
        """The order that things go back from."""
        return self.found.order


async def begin(turn: Turn) -> None:
    """Start a return, or go on with one; what the message itself says is not asked again."""
    draft = turn.dialogue.draft or ReturnDraft()
    _read_wishes(turn, draft)
    await _go_on(turn, draft)


async def _go_on(turn: Turn, draft: ReturnDraft) -> None:
    """Find the order and take the next step."""
    turn.dialogue.draft = draft
    try:
        found = await find_order(turn, delivered=True)
        if found is None:
            return
        if draft.order_id and draft.order_id != found.order.id:
            turn.dialogue.draft = draft = ReturnDraft(reason=draft.reason, outcome=draft.outcome)
        draft.order_id = found.order.id
        await _advance(turn, draft, found)
    except StoreUnavailable as error:
        say_unreadable(turn, error)


async def continues(turn: Turn) -> bool:
    """Go on with a return if this message answers its open question; whether it did."""
    dialogue = turn.dialogue
    draft = dialogue.draft
    if draft is None or dialogue.asked not in _QUESTIONS:
        return False
    if dialogue.asked == "confirm_return" and not await _corrects_items(turn, draft):
        return await _on_confirmation(turn, draft)
    if await _corrects_items(turn, draft) or await _take_answer(turn, draft):
        turn.settle()
        await _go_on(turn, draft)
        return True
    return await _asks_again(turn, draft)


async def _asks_again(turn: Turn, draft: ReturnDraft) -> bool:
    """An answer that was not understood: the same question once more, then a person; another task goes its way."""
    intents = {each.name for each in turn.understood.intents}
    if not turn.understood.abstain and not intents <= _NOT_A_TASK:
        return False
    if turn.understood.entities.order_number or turn.dialogue.asked_times >= _ASKED_ENOUGH:
        return False
    await _go_on(turn, draft)
    return True


async def _corrects_items(turn: Turn, draft: ReturnDraft) -> bool:
    """ "No, the jeans I mean": other items than those chosen, at any question."""
    if not draft.lines or not _CORRECTION.search(turn.text):
        return False
    order = await turn.context.store.order(draft.order_id) if draft.order_id else None
    lines = (
        return_words.mentioned(turn.text, [line for line in order.lines if facts.remaining(order, line) > 0])
        if order
        else []
    )
    if order is None or not lines or {line.id for line in lines} == set(draft.lines):
        return False
    draft.lines = {line.id: _quantity(turn, order, line) for line in lines}
    draft.to_skus, turn.dialogue.proposal = {}, None
    return True


async def _advance(turn: Turn, draft: ReturnDraft, found: Found) -> None:
    """Ask the next open question, or read the whole back."""
    order = found.order
    if not _may(turn, found, "start_return"):
        return
    if not draft.lines:
        lines = [line for line in order.lines if facts.remaining(order, line) > 0]
        if await _none_can_go_back(turn, draft, found, lines) or not _can_open(turn, "start_return", "start_exchange"):
            return
        _choose_lines(turn, draft, order, lines)
    if not draft.lines:
        return
    if not draft.reason:
        turn.say("returns.ask_reason")
        turn.ask("reason", [turn.option(f"reason.{name}", f"reason:{name}") for name in _REASONS])
        return
    case = await _decide(turn, draft, found)
    if await _stops(turn, draft, case):
        return
    await _settle_outcome(turn, draft, case)


async def _none_can_go_back(turn: Turn, draft: ReturnDraft, found: Found, lines: list[Line]) -> bool:
    """Say at once when nothing of the order can go back, instead of asking which item first."""
    everything = ReturnDraft(
        found.order.id, {line.id: facts.remaining(found.order, line) for line in lines}, draft.reason
    )
    if not lines:
        return False
    case = await _decide(turn, everything, found)
    if case.decision.verdict != "deny":
        return False
    if {result.explain_key for result in case.decision.lines} <= {"not_delivered", "not_shipped"}:
        tell(turn, found)  # where it is says why
        if turn.reason or decide(found.order, turn.context.now, cfg=turn.context.wismo).row in _TOLD_BY_STATUS:
            turn.dialogue.draft = None
            return True
    turn.speech.join(
        return_words.refusal(found.order, case.decision, turn.voice, turn.context.policy, turn.context.now)
    )
    draft.lines = everything.lines
    _after_refusal(turn, draft)
    return True


def _may(turn: Turn, found: Found, action: str) -> bool:
    """Whether what is proven opens this action; asks for a person where it does not."""
    if identity.allows(turn.context.policy, action, found.proofs):
        return True
    turn.say("identify.more_proof")
    turn.hand_off("identity")
    return False


def _can_open(turn: Turn, *actions: Capability) -> bool:
    """Whether the order system can do one of these here; else a person does it, before anything more is asked."""
    if turn.context.store.capabilities.intersection(actions):
        return True
    turn.say("handoff.out_of_scope")
    turn.hand_off("out_of_scope")
    turn.dialogue.draft = None
    return False


def _choose_lines(turn: Turn, draft: ReturnDraft, order: OrderSnapshot, lines: list[Line]) -> None:
    """Take the only item, the items that the message names, or ask."""
    if not lines:
        turn.say("returns.nothing_left", number=return_words.number_fact(order))
        turn.dialogue.draft = None
        return
    named = _named_lines(turn, lines)
    if len(lines) == 1 and facts.remaining(order, lines[0]) == 1:
        named = lines
    if named:
        draft.lines = {line.id: _quantity(turn, order, line) for line in named}
        return
    turn.say("returns.ask_items", number=return_words.number_fact(order))
    options = [Option(return_words.item_label(line), f"item:{line.id}") for line in lines[:6]]
    turn.ask("items", [*options, turn.option("choice.all_items", "item:*")] if len(lines) > 1 else options)


def _named_lines(turn: Turn, lines: list[Line]) -> list[Line]:
    """Lines whose title is in the message: by tap, by place ("the first one") or by their words."""
    if turn.choice and turn.choice.startswith("item:"):
        wanted = turn.choice.removeprefix("item:")
        return [line for line in lines if wanted in ("*", line.id)]
    if turn.dialogue.asked == "items":
        picked = yesno.choice(turn.text, [return_words.item_label(line) for line in lines])
        return [lines[index] for index in picked or () if index < len(lines)]
    if len(lines) == 1 and return_words.number_of(turn.text, lines[0]):
        return lines
    return return_words.mentioned(turn.text, lines)


def _quantity(turn: Turn, order: OrderSnapshot, line: Line) -> int:
    """All pieces of a line, unless the message says how many; too many are told so."""
    left = facts.remaining(order, line)
    wished = return_words.number_of(turn.text, line) or left
    if wished > left:
        available = Fact("available", "count", left, f"{order.source}:orders/{order.id}", order.as_of)
        turn.say("explain.quantity_exceeded", item=return_words.title_fact(line, turn.context.now), available=available)
    return min(left, wished)


def _read_wishes(turn: Turn, draft: ReturnDraft) -> None:
    """Reason and wished outcome, as far as the message says them by itself."""
    intents = {each.name for each in turn.understood.intents}
    if not draft.reason:
        draft.reason = return_words.reason_in(turn.text) or ""
    said = return_words.opened_in(turn.text)
    if draft.is_opened is None and said:
        draft.is_opened = said == "yes"
    if "exchange" in intents:
        draft.wanted = turn.text
    if not draft.outcome and "exchange" in intents and "return" not in intents:
        draft.wants_exchange = True
    if not draft.outcome and "refund_request" in intents:
        draft.outcome = "refund"


async def _take_answer(turn: Turn, draft: ReturnDraft) -> bool:
    """Understand the answer to the open question; False when the message is about something else."""
    asked, choice, text = turn.dialogue.asked, turn.choice or "", turn.text
    if turn.understood.entities.order_number and asked != "items":
        return False
    if asked == "items":
        return await _take_items(turn, draft)
    if asked == "reason":
        draft.reason = choice.removeprefix("reason:") or return_words.reason_in(text) or _free_reason(turn)
        return bool(draft.reason)
    if asked == "outcome":
        draft.outcome = choice.removeprefix("outcome:") or return_words.outcome_in(text, turn.dialogue.options) or ""
        return bool(draft.outcome)
    if asked == "variant":
        return await _take_variant(turn, draft)
    if asked == "opened":
        said = (
            choice
            if choice in ("yes", "no")
            else return_words.opened_in(text) or yesno.answer(text, turn.voice.language)
        )
        draft.is_opened = said == "yes" if said else None
        return said is not None
    draft.delivered_on = next(iter(turn.understood.entities.date), "")
    return bool(draft.delivered_on)


async def _named_sku(turn: Turn, draft: ReturnDraft) -> str:
    """The variant that the text names for the first line that has none yet, as a choice's value."""
    order = await turn.context.store.order(draft.order_id)
    line = (
        next((each for each in order.lines if each.id in draft.lines and each.id not in draft.to_skus), None)
        if order
        else None
    )
    product = await turn.context.store.product(line.product_id) if line and line.product_id else None
    if line is None or product is None:
        return ""
    named = return_words.named_variant(turn.text, _variants(line, {product.id: product}), line.options)
    return f"sku:{line.id}={named.sku}" if named else ""


def _free_reason(turn: Turn) -> str:
    """A reason told in one's own words is `other`, unless the message asks for something else altogether."""
    other = turn.understood.intent in _OTHER_TASKS
    return "" if other and not turn.understood.abstain else "other"


async def _take_items(turn: Turn, draft: ReturnDraft) -> bool:
    order = await turn.context.store.order(draft.order_id) if draft.order_id else None
    if order is None:
        return False
    lines = _named_lines(turn, [line for line in order.lines if facts.remaining(order, line) > 0])
    draft.lines = {line.id: _quantity(turn, order, line) for line in lines}
    return bool(lines)


async def _take_variant(turn: Turn, draft: ReturnDraft) -> bool:
    options = turn.dialogue.options
    value = turn.choice or ""
    if not value.startswith(("sku:", "outcome:")):
        value = await _named_sku(turn, draft)
    if not value:
        picked = yesno.choice(turn.text, [option.label for option in options])
        value = options[picked[0]].value if picked and picked[0] < len(options) else ""
    if value == "outcome:refund":
        draft.outcome, draft.to_skus = "refund", {}
        return True
    line_id, _, sku = value.removeprefix("sku:").partition("=")
    if line_id and sku:
        draft.to_skus[line_id] = sku
    return bool(line_id and sku)


async def _decide(turn: Turn, draft: ReturnDraft, found: Found) -> Case:
    """What the policy makes of the draft now."""
    from datetime import date

    order = found.order
    products: dict[str, Product] = {}
    for line in order.lines:
        product = (
            await turn.context.store.product(line.product_id) if line.product_id and line.id in draft.lines else None
        )
        if product is not None:
            products[product.id] = product
    reason = Reason(draft.reason) if draft.reason in set(Reason) else Reason.OTHER
    meant = draft.outcome or ("exchange" if draft.wants_exchange else "")
    wished = {"refund": "refund", "credit": "credit", "exchange": "exchange"}.get(meant)
    request = ReturnRequest(
        lines=tuple(RequestLine(key, count, reason, draft.is_opened) for key, count in sorted(draft.lines.items())),
        wished=wished,  # type: ignore[arg-type]  # the table above holds outcome words only
        delivered_on=date.fromisoformat(draft.delivered_on) if len(draft.delivered_on) == 10 else None,
    )
    decision = evaluate(turn.context.policy, order, request, await turn.record(order), turn.context.now, products)
    return Case(found, decision, products, request)


async def _stops(turn: Turn, draft: ReturnDraft, case: Case) -> bool:
    """Say why it cannot go on by itself: an open question, a refusal, or a person who must decide."""
    decision = case.decision
    if decision.ask is not None:
        _line, question = decision.ask
        turn.say(f"returns.ask_{question}")
        turn.ask(
            question, [turn.option("choice.yes", "yes"), turn.option("choice.no", "no")] if question == "opened" else []
        )
        return True
    if decision.verdict == "allow" and (decision.approval == "none" or not draft.outcome):
        return False  # whether a person must agree depends on how it ends, which is asked next
    turn.speech.join(return_words.refusal(case.order, decision, turn.voice, turn.context.policy, turn.context.now))
    if decision.verdict == "deny":
        _after_refusal(turn, draft)
        return True
    turn.hand_off("over_limit" if decision.approval != "none" and decision.verdict == "allow" else "policy_exception")
    turn.dialogue.draft = None
    return True


def _after_refusal(turn: Turn, draft: ReturnDraft) -> None:
    """A refusal is said once with its reason; somebody who disputes it gets a person."""
    key = f"{draft.order_id}:{','.join(sorted(draft.lines))}"
    turn.dialogue.draft = None
    if turn.is_vip and "refusal" in turn.context.policy.vip.to_person:
        turn.hand_off("vip")
        return
    if key in turn.dialogue.refused:
        turn.hand_off("policy_exception")
        return
    turn.dialogue.refused.append(key)
    turn.options = [turn.option("choice.human", "human")]


async def _settle_outcome(turn: Turn, draft: ReturnDraft, case: Case) -> None:
    """Offer the ways it may end, find what an exchange becomes, then read everything back."""
    kinds = [kind for kind in return_words.kinds(case.decision) if kind != "exchange" or _has_others(draft, case)]
    if draft.wants_exchange and not draft.outcome and "exchange" in kinds:
        draft.outcome = "exchange"
    whole, draft.lines = draft.lines, return_words.granted(case.decision) or draft.lines
    if draft.lines != whole and draft.outcome in kinds:
        turn.speech.join(return_words.withheld(case.order, case.decision, turn.voice, turn.context.now))
        case = await _decide(turn, draft, case.found)
    if draft.outcome not in kinds:
        turn.speech.join(return_words.offer(case.order, case.decision, turn.voice, turn.context.now, kinds))
        turn.ask("outcome", [turn.option(f"outcome.{kind}", f"outcome:{kind}") for kind in kinds])
        return
    if draft.outcome in ("exchange", "replace") and not await _has_targets(turn, draft, case):
        return
    await _read_back(turn, draft, case)


def _has_others(draft: ReturnDraft, case: Case) -> bool:
    """Whether every line has another variant to become."""
    lines = [line for line_id in draft.lines if (line := case.order.line(line_id)) is not None]
    return all(_variants(line, case.products) for line in lines)


async def _has_targets(turn: Turn, draft: ReturnDraft, case: Case) -> bool:
    """Whether every line knows what it becomes; asks for the first that does not."""
    for line_id in draft.lines:
        line = case.order.line(line_id)
        if line is None or line_id in draft.to_skus:
            continue
        variants = _variants(line, case.products)
        named = return_words.named_variant(f"{draft.wanted} {turn.text}", variants, line.options)
        if draft.outcome == "replace":
            draft.to_skus[line_id] = line.sku
        elif named is not None:
            draft.to_skus[line_id] = named.sku
        else:
            return _ask_variant(turn, line, variants)
    return True


def _variants(line: Line, products: dict[str, Product]) -> list[Variant]:
    product = products.get(line.product_id or "")
    variants = product.variants if product else ()
    return [
        each for each in variants if each.sku != line.sku and each.available and (each.stock is None or each.stock > 0)
    ]


def _ask_variant(turn: Turn, line: Line, variants: list[Variant]) -> bool:
    if not variants:
        turn.say("returns.no_variant", item=return_words.title_fact(line, turn.context.now))
        if turn.dialogue.draft:
            turn.dialogue.draft.outcome = ""
        turn.ask("outcome", [turn.option("outcome.refund", "outcome:refund"), turn.option("choice.human", "human")])
        return False
    turn.say("returns.ask_variant", item=return_words.title_fact(line, turn.context.now))
    options = [Option(return_words.variant_label(each), f"sku:{line.id}={each.sku}") for each in variants[:6]]
    turn.ask("variant", [*options, turn.option("outcome.refund", "outcome:refund")])
    return False


async def _read_back(turn: Turn, draft: ReturnDraft, case: Case) -> None:
    """Propose: say exactly what will happen and ask for a clear yes."""
    if not await _permitted(turn, draft, case):
        return
    arguments = _arguments(draft, case)
    total = case.decision.total(_total_kind(draft))
    context = turn.context
    proposal = Proposal(
        key=f"{context.conv}:{short_hash(context.answers, case.decision.decision_hash, arguments)}",
        name=str(arguments["name"]),
        arguments=arguments,
        decision_hash=case.decision.decision_hash,
        amount_minor=total.amount.amount_minor if total else 0,
        currency=case.order.currency,
        expires_at=context.now.timestamp() + _PROPOSAL_SECONDS,
    )
    turn.dialogue.proposal = proposal
    turn.proposed.append(_shown(arguments))
    turn.speech.join(return_words.read_back(case.order, draft, case.decision, turn.voice, context.now, case.products))
    turn.ask("confirm_return", [turn.option("choice.yes_do_it", "yes"), turn.option("choice.no", "no")])


async def _permitted(turn: Turn, draft: ReturnDraft, case: Case) -> bool:
    """The policy's rule about the action itself (states, times, stock); a person where it objects."""
    name: Capability = "start_exchange" if draft.outcome in ("exchange", "replace") else "start_return"
    lines = tuple(LineQuantity(key, count, draft.to_skus.get(key)) for key, count in sorted(draft.lines.items()))
    want = Want(lines, draft.reason, "original" if draft.outcome == "refund" else None)
    if turn.is_vip and "money" in turn.context.policy.vip.to_person:
        turn.say("returns.by_person")
        turn.hand_off("vip")
        return False
    permit = permits(turn.context.policy, name, case.order, want, await turn.record(case.order), case.products)
    if permit.verdict == "allow" and permit.need == "none":
        return _can_open(turn, name) and _may(turn, case.found, name)
    turn.say("returns.by_person")
    turn.hand_off("policy_exception")
    turn.dialogue.draft = None
    return False


def _total_kind(draft: ReturnDraft) -> str:
    return draft.outcome


def _arguments(draft: ReturnDraft, case: Case) -> dict[str, Any]:
    """The action, flat, as the outside surface names it, with line ids beside the skus."""
    exchange = draft.outcome in ("exchange", "replace")
    lines = []
    for line_id, quantity in sorted(draft.lines.items()):
        line = case.order.line(line_id)
        entry: dict[str, Any] = {"line": line_id, "sku": line.sku if line else "", "quantity": quantity}
        if exchange:
            entry["to_sku"] = draft.to_skus.get(line_id, entry["sku"])
        lines.append(entry)
    arguments: dict[str, Any] = {
        "name": "start_exchange" if exchange else "start_return",
        "order": case.order.number,
        "lines": lines,
        "reason": draft.reason,
    }
    if not exchange:
        arguments["outcome"] = _OUTCOME_OF[draft.outcome]
        arguments["method"] = "original" if draft.outcome == "refund" else "store_credit"
    return arguments


def _shown(arguments: dict[str, Any]) -> dict[str, Any]:
    """The action without our own line ids."""
    lines = [{key: value for key, value in line.items() if key != "line"} for line in arguments.get("lines", [])]
    return {**arguments, "lines": lines}


async def _on_confirmation(turn: Turn, draft: ReturnDraft) -> bool:
    """A clear yes executes, a clear no ends it, anything else changes the draft or is another matter."""
    said = turn.choice if turn.choice in ("yes", "no") else yesno.answer(turn.text, turn.voice.language)
    proposal = turn.dialogue.proposal
    if said == "no":
        turn.settle()
        turn.dialogue.draft = turn.dialogue.proposal = None
        turn.say("returns.cancelled")
        return True
    if said == "yes" and proposal is not None:
        await _execute(turn, draft, proposal)
        return True
    changed = return_words.outcome_in(turn.text, []) or ""
    if changed:
        draft.outcome, draft.to_skus, turn.dialogue.proposal = changed, {}, None
        turn.settle()
        await _go_on(turn, draft)
        return True
    if turn.understood.abstain or turn.understood.intent == "other":
        turn.say("returns.confirm_again")
        turn.ask("confirm_return", [turn.option("choice.yes_do_it", "yes"), turn.option("choice.no", "no")])
        return True
    return False


async def _execute(turn: Turn, draft: ReturnDraft, proposal: Proposal) -> None:
    """Decide again, then let the gate do it; a different decision is read back again."""
    try:
        order = await turn.context.store.order(draft.order_id)
        if order is None:
            raise StoreUnavailable("the order is gone")
        known = await turn.gate.done(proposal.key)
        found = Found(order, await proofs_for(turn, order))
        if known is None:
            case = await _decide(turn, draft, found)
            late = turn.context.now.timestamp() > proposal.expires_at
            if late or case.decision.decision_hash != proposal.decision_hash:
                turn.say("returns.changed")
                turn.settle()
                await _advance(turn, draft, found)
                return
        await _carry_out(turn, draft, proposal, found)
    except StoreUnavailable as error:
        say_unreadable(turn, error)
        turn.hand_off("unreadable")
    except (StoreRefused, ActionRefused):
        turn.say("returns.refused_by_store")
        turn.hand_off("failed")


async def _carry_out(turn: Turn, draft: ReturnDraft, proposal: Proposal, found: Found) -> None:
    context = turn.context
    request = Request(
        context.thread_id, proposal.key, proposal.name, found.order, proposal.arguments, found.proofs,
        proposal.amount_minor, proposal.currency, seen_seq=context.answers,
    )  # fmt: skip
    done = await turn.gate.execute(request)
    turn.executed.append(Executed(_shown(proposal.arguments)))
    turn.settle()
    turn.dialogue.draft = turn.dialogue.proposal = None
    order = await context.store.order(found.order.id) or found.order
    opened = next((each for each in order.returns if each.id == done.result.get("rma")), None)
    amount = Money(proposal.amount_minor, proposal.currency)
    turn.speech.join(
        return_words.done(
            order,
            opened,
            draft,
            done.result,
            amount,
            turn.voice,
            context.policy,
            context.now,
            has_card=context.channel == "widget" and opened is not None,
        )
    )
    if opened is not None:
        turn.card, turn.shown_order = cards.return_card(order, opened, turn.voice), order.id


__all__ = ["FAULTS", "begin", "continues", "given_by"]
