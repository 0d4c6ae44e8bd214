"""Something arrived damaged, wrong, or not whole: which item, what happened, a photo where policy wants one, and how it shall end.

What has to come back goes on as a return, with everything that was told. What does not (something is missing, or may be kept) is
sent again or paid back here, as the policy gives it; what it leaves to people goes to one.
"""

from typing import Final

from server.answering import weighing
from server.answering.context import Option
from server.answering.drafts.claims import ClaimDraft
from server.answering.drafts.returns import ReturnDraft
from server.answering.identify import Found, find_order, my_orders
from server.answering.skills import choosing, claiming, order_status, returns
from server.answering.skills.order_status import say_unreadable
from server.answering.turn import Turn
from server.answering.understand import yesno
from server.answering.words import claim_case_words, return_words, wishes
from server.commerce.model import Line, OrderSnapshot, Product
from server.errors import StoreUnavailable
from server.policies import facts
from server.policies.decision import Decision, Reason, RequestLine, ReturnRequest
from server.policies.returns import evaluate

TOPIC: Final = "goods"
_ITEMS, _TROUBLE = "claim_items", "claim_trouble"
_QUESTIONS: Final = frozenset({_ITEMS, _TROUBLE, claiming.OUTCOME, claiming.PHOTO})
_OWN: Final = (
    "damaged_or_wrong_item",
    "delivery_problem",
    "complaint",
    "refund_request",
    "exchange",
    "return",
    "warranty",
)


async def begin(turn: Turn) -> None:
    """Start with what the message says; a plain wish to send back or to swap is a return."""
    if isinstance(turn.draft, ReturnDraft):
        await returns.begin(turn)
        return
    draft = claiming.draft_of(turn, TOPIC)
    _read(turn, draft)
    if claim_case_words.wants_back(turn.text) and draft.reason not in claim_case_words.NOT_IN_THE_BOX:
        turn.draft = ReturnDraft(reason=draft.reason)
        await returns.begin(turn)
        return
    await again(turn)


def _read(turn: Turn, draft: ClaimDraft) -> None:
    draft.reason = draft.reason or claim_case_words.trouble_in(turn.text)
    draft.outcome = draft.outcome or claim_case_words.outcome_in(turn.text)
    if turn.text:
        draft.statement = claim_case_words.statement(
            f"{draft.statement} / {turn.text}" if draft.statement else turn.text
        )
    claiming.note_photos(turn, draft)


async def again(turn: Turn) -> None:
    """Find the order and take the next step."""
    draft = claiming.draft_of(turn, TOPIC)
    try:
        orders = () if draft.order_id else await my_orders(turn)
        named = choosing.orders_meant(turn.text, orders, turn.voice.language)
        found = await find_order(turn, delivered=True, fits=(lambda order: order.id in named) if named else None)
        if found is None:
            return
        if draft.order_id != found.order.id:
            draft.order_id, draft.lines = found.order.id, {}
        await _advance(turn, draft, found)
    except StoreUnavailable as error:
        say_unreadable(turn, error)


async def _advance(turn: Turn, draft: ClaimDraft, found: Found) -> None:
    order = found.order
    held = [line for line in order.lines if facts.arrived(line) > 0 and facts.remaining(order, line) > 0]
    away = [line for line in order.lines if line.quantities.current > facts.arrived(line)]
    if away and (draft.reason == "missing_item" or not held) and not _names_only(turn, draft, order, held):
        turn.settle()
        order_status.tell(turn, found)  # what is thought to be missing is still on its way
        return
    if not held:
        turn.settle()
        turn.say("returns.nothing_left", number=return_words.number_fact(order))
        turn.options = [turn.option("choice.human", "human")]
        return
    if not draft.lines and not _choose(turn, draft, order, held):
        return
    if not draft.reason:
        line = order.line(next(iter(draft.lines))) or held[0]
        turn.say("claim.ask_trouble", item=claim_case_words.item(line, order))
        turn.ask(_TROUBLE, [turn.option(f"reason.{name}", f"reason:{name}") for name in claim_case_words.REASONS])
        return
    await _end(turn, draft, found)


def _named(turn: Turn, text: str, order: OrderSnapshot, held: list[Line]) -> list[Line]:
    """The lines that a text names, by what they are in the customer's language, or by words of their titles."""
    meant = choosing.lines_meant(text, order, turn.voice.language, {order.id: held})
    return [each.line for each in meant.picks] or wishes.mentioned(text, held)


def _names_only(turn: Turn, draft: ClaimDraft, order: OrderSnapshot, held: list[Line]) -> bool:
    """Whether the message is about nothing but what has arrived."""
    named = _named(turn, draft.statement, order, held)
    return bool(named) and len(named) < len(held) + 1 and bool(held) and draft.reason != ""


def _choose(turn: Turn, draft: ClaimDraft, order: OrderSnapshot, held: list[Line]) -> bool:
    """Take the only item, or those that the message names; else ask."""
    named = held if len(held) == 1 else _named(turn, draft.statement, order, held)
    if named:
        draft.lines = {line.id: _count(draft, order, line) for line in named}
        return True
    turn.say("claim.ask_items", number=return_words.number_fact(order))
    turn.ask(_ITEMS, [Option(return_words.item_label(line), f"item:{line.id}") for line in held[:7]])
    return False


def _count(draft: ClaimDraft, order: OrderSnapshot, line: Line) -> int:
    """How many pieces it is about: what was said; of what is missing one, of the rest all."""
    left = facts.remaining(order, line)
    said = wishes.number_of(draft.statement, line)
    return min(left, said or (1 if draft.reason == "missing_item" else left))


async def _end(turn: Turn, draft: ClaimDraft, found: Found) -> None:
    """Where it goes on: sent again or paid back here, as a return, or to a person."""
    order = found.order
    _, ruling = await claiming.weigh(turn, draft, order, draft.outcome or "refund")
    decision = ruling.decision or await _decide(turn, draft, order)
    keeps, is_whole = _keeps(decision), draft.reason not in claim_case_words.NOT_IN_THE_BOX
    if is_whole and (not keeps or (draft.outcome == "replace" and ruling.need != "none")):
        await _as_return(turn, draft)
        return
    ways = await claiming.open_ways(turn, draft, order)
    if draft.outcome in ways:
        await claiming.settle(turn, draft, found)
        return
    if len(ways) > 1:
        claiming.ask_outcome(turn, ways)
    elif ways and not draft.outcome:
        draft.outcome = next(iter(ways))
        await claiming.settle(turn, draft, found)
    elif draft.reason in ("missing_part", "defective") and decision.verdict == "allow":
        await _as_return(turn, draft)
    else:
        await _by_person(turn, draft, order, decision)


async def _decide(turn: Turn, draft: ClaimDraft, order: OrderSnapshot) -> Decision:
    """What the policy makes of it as goods that would come back."""
    products: dict[str, Product] = {}
    for line in order.lines:
        product = (
            await turn.context.store.product(line.product_id) if line.product_id and line.id in draft.lines else None
        )
        if product is not None:
            products[product.id] = product
    reason = Reason(draft.reason)
    request = ReturnRequest(lines=tuple(RequestLine(key, count, reason) for key, count in sorted(draft.lines.items())))
    record = await turn.record(order)
    history = await weighing.past(turn, order, record)
    return evaluate(turn.context.policy, order, request, record, turn.context.now, products, history)


def _keeps(decision: Decision) -> set[str]:
    """The ends for which nothing has to come back, whichever line it is about."""
    ways: list[set[str]] = [
        {
            offer.kind
            for offer in line.offers
            if offer.keep_item and offer.verdict == "allow" and offer.kind in claiming.ACTION_OF
        }
        for line in decision.lines
        if line.verdict == "allow"
    ]
    return set.intersection(*ways) if ways and len(ways) == len(decision.lines) else set()


async def _as_return(turn: Turn, draft: ClaimDraft) -> None:
    """Goods have to come back: go on as a return, with what was told."""
    turn.settle()
    outcome = draft.outcome
    turn.draft = ReturnDraft(
        order_id=draft.order_id, lines=dict(draft.lines), reason=draft.reason, outcome=outcome,
        photo="given" if draft.photos else "none" if draft.photo == "none" else "",
    )  # fmt: skip
    await returns.begin(turn)


async def _by_person(turn: Turn, draft: ClaimDraft, order: OrderSnapshot, decision: Decision) -> None:
    """Policy leaves it to people, or refuses: why, and a person."""
    turn.settle()
    if decision.verdict == "allow":
        turn.say("claim.person")
        turn.hand_off("policy_exception")
        return
    policy, now = turn.context.policy, turn.context.now
    turn.speech.join(return_words.refusal(order, decision, turn.voice, policy, now))
    note = f"{order.id}:{','.join(sorted(draft.lines))}:{draft.reason}"
    if decision.verdict == "deny" and note not in turn.dialogue.refused:
        turn.dialogue.refused.append(note)
        turn.options = [turn.option("choice.human", "human")]
        return
    turn.hand_off("policy_exception")


async def continues(turn: Turn) -> bool:
    """Take the answer to a question about what is wrong with goods; whether this message is one."""
    draft, asked = turn.draft, turn.dialogue.asked
    if not isinstance(draft, ClaimDraft) or draft.topic != TOPIC or asked not in _QUESTIONS:
        return False
    try:
        order = await turn.order(draft.order_id) if draft.order_id else None
    except StoreUnavailable as error:
        say_unreadable(turn, error)
        return True
    if order is None or claiming.names_another(turn, order):
        return False
    if _takes(turn, draft, order, asked):
        turn.settle()
        await again(turn)
        return True
    if claiming.asks_else(turn, *_OWN):
        return False
    line = order.line(next(iter(draft.lines), ""))
    if asked == _TROUBLE and line is not None and turn.dialogue.asked_times < claiming.ASKED_ENOUGH:
        turn.say("claim.ask_trouble", item=claim_case_words.item(line, order))
        turn.ask(_TROUBLE, list(turn.dialogue.options))
        return True
    return claiming.ask_again(turn, asked, _AGAIN_KEYS[asked])


_AGAIN_KEYS: Final = {
    _ITEMS: "claim.again_items",
    _TROUBLE: "claim.again_items",
    claiming.OUTCOME: "claim.ask_outcome",
    claiming.PHOTO: "claim.ask_photo",
}


def _takes(turn: Turn, draft: ClaimDraft, order: OrderSnapshot, asked: str) -> bool:
    """Whether the message answers the question; what it tells beside counts too."""
    before = draft.reason
    is_items = _take_items(turn, draft, order) if asked == _ITEMS or _takes_back(turn) else False
    is_photo = claiming.take_photo(turn, draft) if asked == claiming.PHOTO else claiming.note_photos(turn, draft)
    is_wish = claiming.take_outcome(turn, draft)
    if turn.choice and turn.choice.startswith("reason:"):
        draft.reason = turn.choice.removeprefix("reason:")
    elif asked == _TROUBLE or not draft.reason:
        draft.reason = claim_case_words.trouble_in(turn.text) or draft.reason
        if asked == _TROUBLE and not draft.reason and (is_wish or _tells(turn)):
            draft.reason = "defective"  # in whatever words: they stay with the case
    if turn.text:
        draft.statement = claim_case_words.statement(f"{draft.statement} / {turn.text}")
    answers = {_ITEMS: is_items, _TROUBLE: bool(draft.reason) and draft.reason != before, claiming.OUTCOME: is_wish}
    return answers.get(asked, is_photo) or is_items


def _tells(turn: Turn) -> bool:
    """Whether the answer says something of its own, and is no other wish."""
    is_short = yesno.answer(turn.text, turn.voice.language) is not None
    return (
        bool(turn.text.strip())
        and not is_short
        and not claiming.asks_else(turn, *_OWN, "product_question", "change_order")
    )


def _takes_back(turn: Turn) -> bool:
    """Whether the message takes back which item was meant: "no, the mug"."""
    return yesno.answer(turn.text, turn.voice.language) == "no" and turn.choice is None


def _take_items(turn: Turn, draft: ClaimDraft, order: OrderSnapshot) -> bool:
    held = [line for line in order.lines if facts.arrived(line) > 0 and facts.remaining(order, line) > 0]
    if turn.choice and turn.choice.startswith("item:"):
        chosen = [line for line in held if line.id == turn.choice.removeprefix("item:")]
    else:
        chosen = _named(turn, turn.text, order, held)
        if not chosen:
            picked = yesno.choice(turn.text, [return_words.item_label(line) for line in held]) or ()
            chosen = [held[at] for at in picked if at < len(held)]
    if not chosen:
        return False
    draft.lines = {
        line.id: min(facts.remaining(order, line), wishes.number_of(turn.text, line) or _count(draft, order, line))
        for line in chosen
    }
    return True


claiming.AGAIN[TOPIC] = again
