"""Warranty: how long it runs, and a claim under it: which item, what fails, its serial number, a clear yes, and who decides next.

A fault within the time to report it, or under the law's guarantee, needs no claim: it goes on as a return. What the warranty covers
is told from the product and the policy; whether a repair, a replacement or money follows is a person's to decide.
"""

# ruff: noqa: E501 (patterns are read as lists of words)

import re
from typing import Final

from server.answering import weighing
from server.answering.context import Option
from server.answering.drafts.claims import ClaimDraft
from server.answering.drafts.returns import ReturnDraft
from server.answering.identify import Found, find_order, known_order, my_orders, proofs_for
from server.answering.skills import changing, choosing, claiming, confirming, returns
from server.answering.skills.order_status import note_read, say_unreadable
from server.answering.skills.proving import may
from server.answering.turn import Turn
from server.answering.understand import yesno
from server.answering.understand.normalise import fold
from server.answering.words import claim_case_words, return_words, wishes
from server.answering.words.tokens import tokens
from server.commerce.model import Fact, Line, OrderSnapshot, Product
from server.errors import StoreUnavailable
from server.policies import facts, identity
from server.policies.decision import LineResult, Reason, RequestLine, ReturnRequest
from server.policies.returns import evaluate

TOPIC: Final = "warranty"
_ITEM, _FAULT, _SERIAL = "warranty_item", "warranty_fault", "warranty_serial"
_QUESTIONS: Final = frozenset({_ITEM, _FAULT, _SERIAL})
_CLAIM: Final = re.compile(r"\bclaim\b|\breclam\w*|\bgarantiefall\b|\bacionar\b|\bfaire jouer\b")
_FAULTY: Final = re.compile(
    r"\b(?:broke|broken|stopped|faulty|defect\w*|dead|died|not working|n't work|won't|fail\w*|cracked)\b|\bno funciona\b|\baveri\w*|\brot[oa]\b|\bestrope\w*|"
    r"\bpanne\b|\bne (?:marche|fonctionne)|\bcasse\w*|\bkaputt\b|\bdefekt\b|\bfunktioniert nicht\b|\bgeht nicht\b|\bquebr\w+|\bnao (?:funciona|liga)\b|\bcom defeito\b"
)
_SMALL: Final = 2


async def begin(turn: Turn) -> None:
    """A question about the warranty is answered, a fault becomes a claim."""
    if isinstance(turn.draft, ReturnDraft):
        await returns.begin(turn)
        return
    is_begun = isinstance(turn.draft, ClaimDraft) and turn.draft.topic == TOPIC
    folded = fold(turn.text.replace("’", "'"))
    try:
        is_claim = bool(_CLAIM.search(folded) or _FAULTY.search(folded) or claim_case_words.trouble_in(turn.text))
        if not is_begun and not is_claim:
            await _answer(turn)
            return
    except StoreUnavailable as error:
        say_unreadable(turn, error)
        return
    draft = claiming.draft_of(turn, TOPIC)
    if turn.text and not is_begun:
        draft.statement = claim_case_words.statement(turn.text)
        draft.reason = claim_case_words.trouble_in(turn.text) or ("defective" if _FAULTY.search(folded) else "")
    await again(turn)


async def again(turn: Turn) -> None:
    """Find the order and take the next step."""
    draft = claiming.draft_of(turn, TOPIC)
    draft.kind = "warranty"
    try:
        found = await _begun(turn, draft)
        if found is None:
            orders = await my_orders(turn)
            named = choosing.orders_meant(turn.text, orders, turn.voice.language)
            found = await find_order(turn, delivered=True, fits=(lambda order: order.id in named) if named else None)
        if found is None:
            return
        note_read(turn)
        if draft.order_id != found.order.id:
            draft.order_id, draft.lines = found.order.id, {}
        await _advance(turn, draft, found)
    except StoreUnavailable as error:
        say_unreadable(turn, error)


async def _begun(turn: Turn, draft: ClaimDraft) -> Found | None:
    """The order that the claim is about already: a serial number looks like the number of another."""
    order = await turn.order(draft.order_id) if draft.order_id and draft.serial else None
    if order is None:
        return None
    proofs = await proofs_for(turn, order)
    return Found(order, proofs) if identity.allows(turn.context.policy, identity.SEEING, proofs) else None


# --- a question


async def _answer(turn: Turn) -> None:
    """How long the warranty runs: of the item that is meant, or of the shop's goods at large."""
    policy, now = turn.context.policy, turn.context.now
    line, order = await _line_meant(turn)
    product = await _product(turn, line)
    turn.settle()
    if line is not None and order is not None:
        months = facts.warranty_months(policy, line, product)
        turn.say("warranty.of_item", item=claim_case_words.item(line, order), months=_months(months, turn))
        _tell_end(turn, line, order, months)
    elif product is not None:
        item = Fact("item", "product", product.title, f"{product.source}:products/{product.id}", product.as_of)
        turn.say("warranty.of_item", item=item, months=_months(_of_product(turn, product), turn))
    elif policy.warranty.default_months:
        turn.say("warranty.general", months=_months(policy.warranty.default_months, turn))
    else:
        turn.say("person.warranty")
        turn.hand_off("out_of_scope")
        return
    zone = facts.zone_of(policy, order) if order is not None else None
    legal = policy.laws[zone.law].guarantee_months if zone is not None and zone.law in policy.laws else 0
    if legal:
        turn.say("warranty.legal", guarantee_months=Fact("guarantee_months", "count", legal, "policy", now))
    turn.say("warranty.broken")
    turn.options = [turn.option("choice.human", "human")]


def _months(months: int, turn: Turn) -> Fact:
    return Fact("months", "count", months, "policy", turn.context.now)


def _tell_end(turn: Turn, line: Line, order: OrderSnapshot, months: int) -> None:
    """Until when it runs for this order, as far as the day of delivery is known."""
    policy = turn.context.policy
    delivery = facts.delivery_of(policy, order, line)
    if delivery is None or not months:
        return
    until = facts.add_months(facts.local_day(delivery.at, policy.defaults.tz), months)
    deadline = Fact("deadline", "date", until, "policy", turn.context.now)
    is_over = turn.context.now >= facts.end_of(until, policy.defaults.tz)
    turn.say(
        "warranty.over" if is_over else "warranty.until", number=return_words.number_fact(order), deadline=deadline
    )


async def _line_meant(turn: Turn) -> tuple[Line | None, OrderSnapshot | None]:
    """The line of an order that the question is about; it asks for no proof, and sees only what is proven."""
    known = await known_order(turn)
    for order in [known.order] if known else await my_orders(turn):
        named = wishes.mentioned(turn.text, order.lines)
        lines = named or (list(order.lines) if known and len(order.lines) == 1 else [])
        if len(lines) == 1:
            return lines[0], order
    return None, None


async def _product(turn: Turn, line: Line | None) -> Product | None:
    """The product of the line, or the one that the question names in full words."""
    store = turn.context.store
    if line is not None:
        return await store.product(line.product_id) if line.product_id else None
    said = {each.stem for each in tokens(turn.text)}
    for product in await store.search_products(turn.text, 3):
        title = {each.stem for each in tokens(product.title) if len(each.stem) > _SMALL}
        if title and title <= said:
            return product
    return None


def _of_product(turn: Turn, product: Product) -> int:
    warranty = turn.context.policy.warranty
    if product.warranty_months is not None:
        return product.warranty_months
    names = {name.casefold() for name in (*product.collections, product.category or "")}
    found = [months for name, months in warranty.by_collection.items() if name.casefold() in names]
    return max(found, default=warranty.default_months)


# --- a claim


async def _advance(turn: Turn, draft: ClaimDraft, found: Found) -> None:
    order = found.order
    held = [line for line in order.lines if facts.arrived(line) > 0 and facts.remaining(order, line) > 0]
    if not draft.lines and not _choose(turn, draft, order, held):
        return
    line = order.line(next(iter(draft.lines)))
    if line is None:
        return
    known = claim_case_words.open_claims(order, ("warranty",))
    if known:
        claiming.tell_open(turn, known[0], order)
        return
    result = await _judged(turn, draft, order)
    if result.verdict == "allow" and result.explain_key in ("fault", "fault_guarantee"):
        turn.settle()
        turn.draft = ReturnDraft(order_id=order.id, lines=dict(draft.lines), reason=_reason(draft))
        await returns.begin(turn)
        return
    if result.explain_key != "warranty_claim":
        await _not_covered(turn, draft, order, line)
        return
    if not draft.reason:
        turn.say("warranty.ask_fault", item=claim_case_words.item(line, order))
        turn.ask(_FAULT)
    elif not draft.serial:
        turn.say("warranty.ask_serial", item=claim_case_words.item(line, order))
        turn.ask(_SERIAL, [turn.option("warranty.option_no_serial", "no_serial")])
    else:
        await _propose(turn, draft, found, result)


def _choose(turn: Turn, draft: ClaimDraft, order: OrderSnapshot, held: list[Line]) -> bool:
    """Take the only item, or the one that the message names; else ask."""
    named = held if len(held) == 1 else wishes.mentioned(draft.statement, held)
    if len(named) == 1:
        draft.lines = {
            named[0].id: min(facts.remaining(order, named[0]), wishes.number_of(draft.statement, named[0]) or 1)
        }
        return True
    turn.settle()
    if not held:
        turn.say("returns.nothing_left", number=return_words.number_fact(order))
        turn.options = [turn.option("choice.human", "human")]
        return False
    turn.say("claim.ask_items", number=return_words.number_fact(order))
    turn.ask(_ITEM, [Option(return_words.item_label(line), f"item:{line.id}") for line in held[:7]])
    return False


def _reason(draft: ClaimDraft) -> str:
    return draft.reason if draft.reason in ("defective", "not_as_described") else "defective"


async def _judged(turn: Turn, draft: ClaimDraft, order: OrderSnapshot) -> LineResult:
    """What the policy makes of a fault of this line now."""
    products: dict[str, Product] = {}
    for line in order.lines:
        product = (
            await turn.context.store.product(line.product_id) if line.id in draft.lines and line.product_id else None
        )
        if product is not None:
            products[product.id] = product
    wishes_ = tuple(RequestLine(key, count, Reason(_reason(draft))) for key, count in sorted(draft.lines.items()))
    record = await turn.record(order)
    history = await weighing.past(turn, order, record)
    request, now = ReturnRequest(lines=wishes_), turn.context.now
    return evaluate(turn.context.policy, order, request, record, now, products, history).lines[0]


async def _not_covered(turn: Turn, draft: ClaimDraft, order: OrderSnapshot, line: Line) -> None:
    """The warranty is over, or nobody can tell: what is known of it, and a person; who asks again gets one."""
    turn.settle()
    months = facts.warranty_months(turn.context.policy, line, await _product(turn, line))
    note = f"warranty:{order.id}:{line.id}"
    if not months or note in turn.dialogue.refused:
        turn.say("claim.person")
        turn.hand_off("policy_exception")
        return
    turn.dialogue.refused.append(note)
    turn.say("warranty.of_item", item=claim_case_words.item(line, order), months=_months(months, turn))
    _tell_end(turn, line, order, months)
    turn.say("explain.instead")
    turn.options = [turn.option("choice.human", "human")]


async def _propose(turn: Turn, draft: ClaimDraft, found: Found, result: LineResult) -> None:
    order = found.order
    if draft.serial != "none" and draft.serial not in draft.statement:
        draft.statement = claim_case_words.statement(f"{draft.statement} / serial {draft.serial}")
    action, ruling = await claiming.weigh(turn, draft, order, "claim")
    if not ruling.is_open or "open_claim" not in turn.context.store.capabilities:
        await claiming.by_person(turn, action, order, ruling)
        return
    if not await may(turn, "open_claim", order, found.proofs):
        return
    deadline = Fact("deadline", "date", result.facts["deadline_on"], "policy", turn.context.now)
    turn.speech.line("", Fact("verdict", "status", "warranty_claim", "policy", turn.context.now))
    items = claim_case_words.items(order, draft.lines)
    turn.say("warranty.back", items=items, number=return_words.number_fact(order), deadline=deadline)
    confirming.propose(turn, action, order, ruling)


async def continues(turn: Turn) -> bool:
    """Take the answer to a question about a warranty claim; whether this message is one."""
    draft, asked = turn.draft, turn.dialogue.asked
    if not isinstance(draft, ClaimDraft) or draft.topic != TOPIC or asked not in _QUESTIONS:
        return False
    order = await turn.order(draft.order_id) if draft.order_id else None
    if order is None or (asked != _SERIAL and claiming.names_another(turn, order)):
        return False
    if changing.says_no(turn) and asked == _FAULT:
        changing.leave(turn)
        return True
    if _takes(turn, draft, order, asked):
        turn.settle()
        await again(turn)
        return True
    if claiming.asks_else(turn, "warranty", "damaged_or_wrong_item", "product_question"):
        return False
    line = order.line(next(iter(draft.lines), ""))
    if asked == _ITEM or line is None or turn.dialogue.asked_times >= claiming.ASKED_ENOUGH:
        return claiming.ask_again(turn, asked, "claim.again_items")
    turn.say(
        "warranty.ask_serial" if asked == _SERIAL else "warranty.ask_fault", item=claim_case_words.item(line, order)
    )
    turn.ask(asked, list(turn.dialogue.options))
    return True


def _takes(turn: Turn, draft: ClaimDraft, order: OrderSnapshot, asked: str) -> bool:
    choice, text = turn.choice or "", turn.text
    claiming.note_photos(turn, draft)
    if asked == _SERIAL:
        draft.serial = claim_case_words.serial_in(text, order) if choice != "no_serial" else "none"
        if not draft.serial and (claim_case_words.says_none(text) or changing.says_no(turn)):
            draft.serial = "none"
        return bool(draft.serial)
    if asked == _FAULT:
        if text and not claiming.asks_else(turn, "warranty", "damaged_or_wrong_item", "product_question", "complaint"):
            draft.reason = claim_case_words.trouble_in(text) or "defective"
            draft.statement = claim_case_words.statement(f"{draft.statement} / {text}")
        return bool(draft.reason)
    named = [line for line in order.lines if f"item:{line.id}" == choice] or wishes.mentioned(text, order.lines)
    if not named:
        picked = yesno.choice(text, [option.label for option in turn.dialogue.options]) or ()
        values = [turn.dialogue.options[at].value for at in picked[:1] if at < len(turn.dialogue.options)]
        named = [line for line in order.lines if f"item:{line.id}" in values]
    if named:
        draft.lines = {named[0].id: 1}
    return bool(named)


claiming.AGAIN[TOPIC] = again
