"""What claims have in common: is it open, is it allowed, a clear yes, and what was done.

A claim ends in one of three ways that send nothing back: a claim that people look into (`open_claim`), the same goods sent again
(`reship`), or money (`refund`). Policy decides which; what it leaves to people goes to one with everything that was told.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

from server.answering import weighing
from server.answering.context import Option
from server.answering.drafts.claims import ClaimDraft
from server.answering.identify import Found
from server.answering.skills import changing, confirming
from server.answering.skills.confirming import Performed
from server.answering.skills.proving import may
from server.answering.turn import Turn
from server.answering.understand import yesno
from server.answering.words import claim_case_words, return_words, wishes
from server.commerce.model import Claim, Fact, OrderSnapshot
from server.commerce.store import normalise_number
from server.policies.judge import Ruling

ASKED_ENOUGH: Final = 2
OUTCOME: Final = "claim_outcome"
PHOTO: Final = "claim_photo"
ACTION_OF: Final[Mapping[str, str]] = {"replace": "reship", "refund": "refund"}
_NOT_A_TASK: Final = frozenset({"other", "greeting", "thanks", "goodbye"})
AGAIN: Final[dict[str, Callable[[Turn], Awaitable[None]]]] = {}
"""Topic of a draft -> how its task is taken up again."""


def draft_of(turn: Turn, topic: str) -> ClaimDraft:
    """The draft of the task at work, a new one if it has none of this topic."""
    draft = turn.draft
    if not isinstance(draft, ClaimDraft) or draft.topic != topic:
        draft = ClaimDraft(topic=topic)
    turn.draft = draft
    return draft


def note_photos(turn: Turn, draft: ClaimDraft) -> bool:
    """Keep the photos that came with the message; whether there are any."""
    found = [str(each.get("id") or each.get("name")) for said in turn.context.said for each in said.attachments]
    draft.photos += [each for each in found if each not in draft.photos]
    return bool(found)


async def weigh(turn: Turn, draft: ClaimDraft, order: OrderSnapshot, outcome: str) -> tuple[dict[str, Any], Ruling]:
    """The action that a way of ending it stands for, and what the policy makes of it; of money, with its amount."""
    action = action_of(draft, order, outcome)
    record = await turn.record(order)
    ruling = await weighing.consider(turn, action, order, record)
    if outcome == "refund" and ruling.verdict != "deny" and ruling.amount_minor:
        action["amount"] = ruling.amount_minor
        ruling = await weighing.consider(turn, action, order, record)
    return action, ruling


def action_of(draft: ClaimDraft, order: OrderSnapshot, outcome: str) -> dict[str, Any]:
    """The flat action: `outcome` is `replace`, `refund`, or `claim`."""
    if outcome == "claim":
        action: dict[str, Any] = {
            "name": "open_claim",
            "order": order.number,
            "kind": draft.kind,
            "statement": draft.statement,
        }
        return action | ({"shipment": draft.shipment_id} if draft.shipment_id else {}) | _photo(draft)
    lines = [
        {"line": line_id, "sku": line.sku if (line := order.line(line_id)) else "", "quantity": count}
        for line_id, count in sorted(draft.lines.items())
    ]
    action = {"name": ACTION_OF[outcome], "order": order.number, "lines": lines, "reason": draft.reason} | _photo(draft)
    return action | ({"method": "original"} if outcome == "refund" else {})


def _photo(draft: ClaimDraft) -> dict[str, Any]:
    return {"photo": list(draft.photos)} if draft.photos else {}


def is_possible(ruling: Ruling) -> bool:
    """Whether it can come about at all, be it after a question or a person's consent."""
    return ruling.verdict != "deny"


def needs_photo(turn: Turn, draft: ClaimDraft, ruling: Ruling) -> bool:
    """Ask for a photo where policy wants one; whether that settles this turn."""
    if ruling.ask != "photo":
        return False
    if draft.photo == "none":
        turn.settle()
        turn.say("claim.no_photo")
        turn.hand_off("policy_exception")
        return True
    turn.say("claim.ask_photo")
    turn.ask(PHOTO, [turn.option("claim.option_no_photo", "no_photo")])
    return True


async def by_person(turn: Turn, action: Mapping[str, Any], order: OrderSnapshot, ruling: Ruling) -> None:
    """The policy wants somebody to look at it: say so, let it wait for them, and hand it over."""
    turn.settle()
    await weighing.let_wait(turn, action, order, ruling)
    turn.say(changing.why(turn, ruling) or "claim.person")
    turn.hand_off("over_limit" if ruling.verdict == "allow" else "policy_exception")


async def settle(turn: Turn, draft: ClaimDraft, found: Found) -> None:
    """The chosen way of ending it: read it back, ask for what is missing, or bring a person."""
    order, name = found.order, ACTION_OF[draft.outcome]
    action, ruling = await weigh(turn, draft, order, draft.outcome)
    if needs_photo(turn, draft, ruling):
        return
    if not ruling.is_open or name not in turn.context.store.capabilities:
        await by_person(turn, action, order, ruling)
        return
    if not await may(turn, name, order, found.proofs):
        return
    number, items = return_words.number_fact(order), claim_case_words.items(order, draft.lines)
    if name == "reship":
        turn.say("claim.back_reship", items=items, number=number)
    else:
        method = Fact("method", "text", "original", "policy", turn.context.now)
        amount = claim_case_words.amount(ruling.amount_minor, order)
        turn.say("claim.back_refund", amount=amount, items=items, number=number, method=method)
    confirming.propose(turn, action, order, ruling)


async def open_ways(turn: Turn, draft: ClaimDraft, order: OrderSnapshot) -> dict[str, Ruling]:
    """The ways of ending it without a return that the policy gives or leaves to people: `replace`, `refund`."""
    found = {}
    for outcome in ACTION_OF:
        _, ruling = await weigh(turn, draft, order, outcome)
        if ruling.is_open or ruling.ask == "photo" or (ruling.verdict == "allow" and ruling.need != "none"):
            found[outcome] = ruling
    return found


def ask_outcome(turn: Turn, ways: Mapping[str, Ruling]) -> None:
    """Ask how it shall end, where there is a choice."""
    turn.say("claim.ask_outcome")
    turn.ask(OUTCOME, [*outcome_options(turn, ways), turn.option("choice.human", "human")])


def outcome_options(turn: Turn, ways: Mapping[str, Ruling]) -> list[Option]:
    """A quick reply for each way."""
    named = {"replace": "claim.option_again", "refund": "claim.option_money"}
    return [turn.option(named[way], f"outcome:{way}") for way in ways]


def take_outcome(turn: Turn, draft: ClaimDraft) -> bool:
    """Whether the message says how it shall end."""
    choice = turn.choice or ""
    said = choice.removeprefix("outcome:") if choice.startswith("outcome:") else ""
    said = said or claim_case_words.outcome_in(turn.text, is_answer=turn.dialogue.asked == OUTCOME)
    draft.outcome = said or draft.outcome
    return bool(said)


def take_photo(turn: Turn, draft: ClaimDraft) -> bool:
    """Whether the message brings a photo, or says that there will be none."""
    if note_photos(turn, draft):
        return True
    if turn.choice == "no_photo" or claim_case_words.says_none(turn.text):
        draft.photo = "none"
        return True
    return False


def tell_open(turn: Turn, claim: Claim, order: OrderSnapshot) -> None:
    """A claim about this is open already: say so; who asks once more gets a person."""
    facts = claim_case_words.claim_facts(claim, order)
    turn.settle()
    turn.speech.line("", Fact("done", "status", "open_claim", f"{order.source}:orders/{order.id}", order.as_of))
    turn.say("claim.is_open" if "claimed_on" in facts else "claim.is_open_plain", **facts)
    note = f"claim:{claim.id}"
    if note in turn.dialogue.refused:
        turn.say("claim.person")
        turn.hand_off("policy_exception")
        return
    turn.dialogue.refused.append(note)
    turn.options = [turn.option("choice.human", "human")]


def asks_else(turn: Turn, *own: str) -> bool:
    """Whether the message surely asks for something that is not this task's own matter."""
    if turn.choice or yesno.answer(turn.text, turn.voice.language) is not None:
        return False
    return not turn.understood.abstain and turn.understood.intent not in {*_NOT_A_TASK, *own}


def names_another(turn: Turn, order: OrderSnapshot | None) -> bool:
    """Whether the message names another order than this one."""
    numbers = {normalise_number(each) for each in turn.understood.entities.order_number}
    return bool(numbers) and (order is None or normalise_number(order.number) not in numbers)


def ask_again(turn: Turn, question: str, key: str, *options: Option) -> bool:
    """Ask the open question once more, then bring a person; always True, for the message was taken."""
    if turn.dialogue.asked_times >= ASKED_ENOUGH:
        turn.settle()
        turn.say("guide.person")
        turn.hand_off("low_confidence")
        return True
    offered = list(options) or list(turn.dialogue.options)
    turn.say(key)
    turn.ask(question, offered)
    return True


# --- at the read-back


async def again(turn: Turn) -> None:
    """Take the task at work up again."""
    if isinstance(turn.draft, ClaimDraft):
        await AGAIN[turn.draft.topic](turn)


async def corrects(turn: Turn) -> bool:
    """Read a change of mind out of the answer to a read-back: another order, other items, another end; a photo counts too."""
    draft = turn.draft
    if not isinstance(draft, ClaimDraft):
        return False
    order = await turn.order(draft.order_id) if draft.order_id else None
    if names_another(turn, order):
        draft.order_id, draft.lines, draft.shipment_id, draft.is_told = "", {}, "", False
        return True
    before = (draft.outcome, dict(draft.lines), len(draft.photos))
    note_photos(turn, draft)
    draft.outcome = claim_case_words.outcome_in(turn.text) or draft.outcome
    named = wishes.mentioned(turn.text, order.lines) if order and draft.topic != "delivery" else []
    if named and order is not None and {line.id for line in named} != set(draft.lines):
        draft.lines = {line.id: wishes.number_of(turn.text, line) or 1 for line in named}
    return before != (draft.outcome, draft.lines, len(draft.photos))


async def tell(turn: Turn, performed: Performed) -> None:
    """Say what was done and what comes next."""
    order, now, name = performed.order, turn.context.now, str(performed.arguments["name"])
    if order is None:
        return
    turn.speech.line("", Fact("done", "status", name, performed.source, now))
    result = performed.result
    if name == "open_claim":
        kind = str(performed.arguments["kind"])
        key = f"claim.done_{kind}" if turn.voice.has(f"claim.done_{kind}") else "claim.done"
        turn.say(key, claim=claim_case_words.claim_number(result, performed.source, now))
    elif name == "reship":
        replacement = Fact("replacement", "text", str(result["replacement_id"]), performed.source, now)
        turn.say("claim.done_reship", replacement=replacement)
    else:
        _tell_refund(turn, performed, order)
    if performed.arguments.get("photo"):
        turn.say("claim.photo_kept")


def _tell_refund(turn: Turn, performed: Performed, order: OrderSnapshot) -> None:
    result, now = performed.result, turn.context.now
    amount = claim_case_words.amount(int(result["amount"]["amount_minor"]), order)
    status = str(result["status"])
    turn.speech.line("", Fact("refund_status", "status", status, performed.source, now))
    if status == "succeeded":
        method = Fact("method", "text", str(result.get("method") or "original"), performed.source, now)
        turn.say("refund.refund_done_only", amount=amount, method=method)
    else:
        turn.say("refund.refund_pending_only", amount=amount)


for _name in ("open_claim", "reship", "refund"):
    confirming.WRITES[_name] = confirming.Write(again, corrects, tell)
