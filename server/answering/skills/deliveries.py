"""Trouble with a delivery: the facts first, then what the policy gives: a claim, a search, the goods again, or money.

Somebody who finds nothing where the carrier says to have delivered is asked once to look around. In no case is the customer sent to
the carrier: the shop owes the delivery.
"""

# ruff: noqa: E501 (patterns are read as lists of words)

import re
from collections.abc import Awaitable, Callable
from typing import Final

from server.answering.context import Task
from server.answering.drafts.claims import ClaimDraft
from server.answering.identify import Found, find_order, my_orders, numbers_in, proofs_for
from server.answering.skills import choosing, claiming, claims, confirming, order_status
from server.answering.skills.order_status import say_unreadable
from server.answering.skills.proving import may
from server.answering.turn import Turn
from server.answering.understand import yesno
from server.answering.words import claim_case_words, order_words, return_words, wishes
from server.commerce.catalogue.words import fold
from server.commerce.model import OrderSnapshot
from server.commerce.rows import RowResult, Signals, WismoAnswer
from server.commerce.wismo import decide
from server.errors import StoreUnavailable
from server.policies import facts, identity

TOPIC: Final = "delivery"
_FOUND, _WAITING = "claim_found", "claim_waiting"
_QUESTIONS: Final = frozenset({_FOUND, _WAITING, claiming.OUTCOME})
_RECORDED, _LOST, _BACK_HERE, _BROKEN = 24, 27, 26, 19
_ACTED_ON: Final = (_LOST, _RECORDED, _BACK_HERE, _BROKEN, 15, 14)
"""Rows of the table about which something can be done, the surest first."""

_KINDS: Final = {
    _RECORDED: "not_received",
    _LOST: "lost",
    _BROKEN: "damaged",
    _BACK_HERE: "lost",
    14: "trace",
    15: "trace",
}
_REASONS: Final = {_BROKEN: "damaged_in_transit"}
_CHOICES: Final = frozenset({_LOST})
"""Rows that leave the customer to choose how it goes on, whoever asks about them."""

_ALIKE: Final = frozenset({"order_status", "delivery_problem", "refund_request"})
"""Wishes that are one with this when they name no order of their own."""

_ON_ITS_WAY: Final = re.compile(
    r"\b(?:where(?:'s| is| are)|donde (?:esta|anda)n?|ou (?:est|sont)|wo (?:ist|sind|bleib\w*)|onde (?:esta|anda)\w*|cade) (?:my|the|our|el|la|los|las|mi|mis|le|les|mon|ma|mes|der|die|das|mein\w*|o|a|os|as|meu|minha)\b"
    r"|\b(?:shipp\w*|dispatch\w*|gone out|left|sent|posted|on (?:its|the|their) way|arriv\w*|coming|deliver\w*|track\w*|collect|pick(?:ed)? up|show(?:n|ed)? up|hurry|late|delayed)\b"
    r"|\b(?:enviad\w*|envia\w*|salid\w*|sale|lleg\w*|entreg\w*|recoger|recojo|retirar|en camino|expedie?\w*|envoye\w*|parti\w*|arriv\w*|livr\w*|recuperer|retirer|en route)\b"
    r"|\b(?:raus|unterwegs|verschickt|versendet|versandt|abgeschickt|geliefert|liefer\w*|ankomm\w*|kommt|abhol\w*|saiu|cheg\w*|levantar|a caminho|bhej\w*|pahunch\w*|aayega|aayegi|milega|milegi)\b"
)
"""Words of what is on its way, rather than of what is for sale."""

_MY_ORDERS: Final = re.compile(
    r"\b(?:all (?:of )?(?:my|our)|(?:my|our)(?: two| three| other)*) (?:orders|parcels|packages|deliveries)\b|\b(?:mis|nuestros) (?:pedidos|paquetes|envios)\b|\bmes (?:commandes|colis)\b"
    r"|\bmeine(?: beiden)? (?:bestellungen|pakete|lieferungen|sendungen)\b|\b(?:meus|minhas) (?:pedidos|encomendas|pacotes)\b|\bmere (?:sab|saare|sare)? ?(?:orders?|parcels?)\b"
)
_SEVERAL, _AT_ONCE = 2, 3
_UPSET: Final = 2
_ABOUT_A_LOSS: Final = ("not_received", "lost", "trace")


async def status(turn: Turn) -> None:
    """Where an order is; where the answer leaves the customer a choice, or they say that nothing came, it goes on from there."""
    draft = turn.draft
    is_ours = isinstance(draft, ClaimDraft) and draft.topic == TOPIC
    if is_ours or claim_case_words.is_not_received(turn.text):
        await begin(turn)
        return
    if claim_case_words.trouble_in(turn.text) in claim_case_words.NOT_IN_THE_BOX:
        await claims.begin(turn)
        return
    try:
        if await _tells_all(turn):
            return
        found = await find_order(turn, fits=await order_status.holding(turn))
        if found is None:
            return
        answer = order_status.decided(turn, found.order)
        if _CHOICES & {each.row for each in answer.parcels}:
            await begin(turn)
        else:
            order_status.tell(turn, found, answer=answer)
    except StoreUnavailable as error:
        say_unreadable(turn, error)


async def _tells_all(turn: Turn) -> bool:
    """Of somebody who asks after all their orders, those that are on their way, one after the other; whether there are several."""
    if turn.choice or numbers_in(turn) or not _MY_ORDERS.search(fold(turn.text)):
        return False
    awaited = [each for each in await my_orders(turn) if each.cancelled_at is None and not each.is_delivered]
    if len(awaited) < _SEVERAL:
        return False
    for order in awaited[:_AT_ONCE]:
        order_status.tell(turn, Found(order, await proofs_for(turn, order)))
    return True


def or_goods(skill: Callable[[Turn], Awaitable[None]]) -> Callable[[Turn], Awaitable[None]]:
    """A skill for goods, unless goods are asked about that the asker has bought and waits for: "has the jacket gone out?"."""

    async def answer(turn: Turn) -> None:
        if not await _awaits(turn):
            await skill(turn)
        elif not any(each.skill in _ALIKE for each in turn.dialogue.todo):  # else it is told there
            await status(turn)

    return answer


async def _awaits(turn: Turn) -> bool:
    if turn.choice is not None or turn.dialogue.asked or not _ON_ITS_WAY.search(fold(turn.text)):
        return False
    try:
        fits = await order_status.holding(turn)
        return fits is not None and any(fits(each) and not each.is_delivered for each in await my_orders(turn))
    except StoreUnavailable:
        return False


async def begin(turn: Turn) -> None:
    """Start with what the message says about the parcel; another wish to know where it is becomes one with this."""
    draft = claiming.draft_of(turn, TOPIC)
    same = [each for each in turn.dialogue.todo if _is_the_same(turn, each)]
    turn.dialogue.todo = [each for each in turn.dialogue.todo if each not in same]
    if any(each.skill == "refund_request" for each in same):
        draft.outcome = draft.outcome or "refund"
    draft.statement = draft.statement or claim_case_words.statement(turn.text)
    draft.is_checked = draft.is_checked or claim_case_words.has_looked(turn.text)
    draft.outcome = draft.outcome or claim_case_words.outcome_in(turn.text)
    await again(turn)


def _is_the_same(turn: Turn, other: Task) -> bool:
    """Whether a waiting task is about this parcel too: it names no order of its own."""
    task, numbers = turn.dialogue.task, turn.read(other.text).entities.order_number
    mine = set(turn.understood.entities.order_number)
    is_alike = other.skill in _ALIKE and other.draft is None
    return is_alike and task is not None and other.order_id in ("", task.order_id) and set(numbers) <= mine


async def again(turn: Turn) -> None:
    """Find the order, say where it stands, and take the next step."""
    draft = claiming.draft_of(turn, TOPIC)
    try:
        found = await _found(turn, draft)
        if found is not None:
            await _advance(turn, draft, found)
    except StoreUnavailable as error:
        say_unreadable(turn, error)


async def _found(turn: Turn, draft: ClaimDraft) -> Found | None:
    """The order that is meant: of several, the one with what the message names."""
    orders = () if draft.order_id else await my_orders(turn)
    named = choosing.orders_meant(turn.text, orders, turn.voice.language) or order_status.missed(turn, orders)
    found = await find_order(turn, fits=(lambda order: order.id in named) if named else None)
    if found is not None and found.order.id != draft.order_id:
        draft.order_id, draft.is_told, draft.shipment_id = found.order.id, False, ""
    return found


async def _advance(turn: Turn, draft: ClaimDraft, found: Found) -> None:
    order = found.order
    result, answer = await _look(turn, draft, order)
    if not draft.is_told:
        _tell(turn, draft, found, result)
        draft.is_told = True
    person = next((each for each in answer.escalate if each.to == "person"), None)
    if person is not None:
        turn.hand_off(person.reason)
    if turn.reason or result is None:
        turn.settle()
        return
    _take(draft, order, result)
    known = claim_case_words.open_claims(
        order, _ABOUT_A_LOSS if result.row != _BROKEN else ("damaged",), draft.shipment_id
    )
    if known:
        claiming.tell_open(turn, known[0], order)
    elif result.row == _RECORDED and result.fact("wait_until") is not None:
        _wait(turn, order)
    elif result.row == _RECORDED and not draft.is_checked:
        turn.say("claim.ask_found")
        turn.ask(_FOUND, [turn.option("claim.option_missing", "missing"), turn.option("claim.option_found", "found")])
    else:
        await _settle(turn, draft, found, result)


async def _look(turn: Turn, draft: ClaimDraft, order: OrderSnapshot) -> tuple[RowResult | None, WismoAnswer]:
    """The parcel that it is about, as the table sees it, and the whole answer; no parcel when nothing can be done about any."""
    record = await turn.record(order)
    signals = Signals(
        is_upset=turn.understood.frustration >= _UPSET,
        not_received_claims_12m=(record.not_received_claims_12m or 0) if record else 0,
    )
    answer = decide(order, turn.context.now, not_received=True, cfg=turn.context.wismo, signals=signals)
    open_ones = [each for each in answer.parcels if each.row in _ACTED_ON and each.shipment_id]
    named = {line.id for line in wishes.mentioned(draft.statement, order.lines)} if len(order.lines) > 1 else set()
    meant = [each for each in open_ones if named & set(each.line_ids)] or open_ones
    return min(meant, key=lambda each: _ACTED_ON.index(each.row), default=None), answer


def _tell(turn: Turn, draft: ClaimDraft, found: Found, result: RowResult | None) -> None:
    """What the table wants said; who has looked already is not asked to look."""
    if result is None or result.row != _RECORDED or not draft.is_checked or result.fact("wait_until") is not None:
        order_status.tell(turn, found, not_received=True)
        return
    said = turn.voice.at(found.order.tz).speech()
    told = {fact.key: fact for fact in result.facts}
    told["order_number"] = return_words.number_fact(found.order)
    key = "order.r24.place" if "pod_place" in told else "order.r24.none"
    names = ("order_number", "delivered_at", "pod_place") if "pod_place" in told else ("order_number", "delivered_at")
    said.add(key, **{name: told[name] for name in names})
    if "signed_by" in told:
        said.add("order.r24.signed", signed_by=told["signed_by"])
    turn.speech.join(said.line("", order_words.state_of(result, found.order)))
    order_status.note_read(turn)


def _wait(turn: Turn, order: OrderSnapshot) -> None:
    """Within a day of the scan one waits; who asks again within it gets a person."""
    note = f"wait:{order.id}"
    turn.settle()
    if note in turn.dialogue.refused:
        turn.say("claim.person")
        turn.hand_off("policy_exception")
        return
    turn.dialogue.refused.append(note)
    turn.ask(_WAITING, [turn.option("claim.option_found", "found"), turn.option("choice.human", "human")])


def _take(draft: ClaimDraft, order: OrderSnapshot, result: RowResult) -> None:
    """The parcel with everything in it."""
    parcel = next((each for each in order.parcels if each.id == result.shipment_id), None)
    draft.shipment_id = result.shipment_id or ""
    draft.kind, draft.reason = _KINDS[result.row], _REASONS.get(result.row, "not_received")
    held = parcel.lines if parcel else ()
    counts = {each.line_id: each.quantity for each in held} or {
        line.id: line.quantities.current for line in order.lines
    }
    left = {line.id: facts.remaining(order, line) for line in order.lines}
    draft.lines = {line_id: min(count, left[line_id]) for line_id, count in counts.items() if left.get(line_id)}


async def _settle(turn: Turn, draft: ClaimDraft, found: Found, result: RowResult) -> None:
    """What the policy gives for the parcel: the goods again or money where it does, else a claim or a search."""
    ways = await claiming.open_ways(turn, draft, found.order) if draft.lines and draft.kind != "trace" else {}
    if ways and draft.outcome in ways:
        await claiming.settle(turn, draft, found)
    elif len(ways) > 1 or (ways and draft.outcome):
        claiming.ask_outcome(turn, ways)
    elif ways:
        draft.outcome = next(iter(ways))
        await claiming.settle(turn, draft, found)
    else:
        await _claim(turn, draft, found, result)


async def _claim(turn: Turn, draft: ClaimDraft, found: Found, result: RowResult) -> None:
    """Open a claim, or a search with the carrier; where that cannot be done here, a person helps."""
    order = found.order
    action, ruling = await claiming.weigh(turn, draft, order, "claim")
    is_search = draft.kind == "trace"
    if is_search and ("trace" not in result.offers or not _is_free(turn, found, ruling.is_open)):
        turn.settle()
        return
    if not ruling.is_open or "open_claim" not in turn.context.store.capabilities:
        await claiming.by_person(turn, action, order, ruling)
        return
    if not await may(turn, "open_claim", order, found.proofs):
        return
    number, city = return_words.number_fact(order), claim_case_words.city(order)
    if is_search:
        turn.say("claim.back_trace", number=number)
    elif draft.kind == "not_received" and city is not None:
        turn.say("claim.back_not_received_to", number=number, city=city)
    elif draft.kind == "not_received":
        turn.say("claim.back_not_received", number=number)
    else:
        turn.say("claim.back_parcel", number=number)
    confirming.propose(turn, action, order, ruling)


def _is_free(turn: Turn, found: Found, is_open: bool) -> bool:
    """Whether a search can be begun at once, so that offering it promises nothing that then needs more proof."""
    can = "open_claim" in turn.context.store.capabilities
    return is_open and can and identity.allows(turn.context.policy, "open_claim", found.proofs)


async def continues(turn: Turn) -> bool:
    """Take the answer to a question about a delivery; whether this message is one."""
    draft, asked = turn.draft, turn.dialogue.asked
    if not isinstance(draft, ClaimDraft) or draft.topic != TOPIC or asked not in _QUESTIONS:
        return False
    if asked != claiming.OUTCOME and _is_found(turn):
        confirming.drop(turn)
        turn.say("claim.found")
        turn.is_resolving = True
        return True
    if _takes(turn, draft, asked):
        turn.settle()
        await again(turn)
        return True
    order = await turn.order(draft.order_id) if draft.order_id else None
    if claiming.names_another(turn, order) or claiming.asks_else(turn, "delivery_problem", "order_status", "complaint"):
        return False
    if asked == _WAITING:
        return False
    return claiming.ask_again(turn, asked, "claim.ask_found" if asked == _FOUND else "claim.ask_outcome")


def _is_found(turn: Turn) -> bool:
    if turn.choice is not None or claim_case_words.is_found(turn.text):
        return turn.choice in (None, "found")
    is_yes = turn.dialogue.asked == _FOUND and yesno.answer(turn.text, turn.voice.language) == "yes"
    return is_yes and not claim_case_words.is_not_there(turn.text) and not claim_case_words.has_looked(turn.text)


def _takes(turn: Turn, draft: ClaimDraft, asked: str) -> bool:
    """Whether the message answers; what it tells beside is kept with the case."""
    if turn.text:
        draft.statement = claim_case_words.statement(
            f"{draft.statement} / {turn.text}" if draft.statement else turn.text
        )
    is_wish = claiming.take_outcome(turn, draft)
    if asked == claiming.OUTCOME:
        return is_wish
    text = turn.text
    draft.is_checked = (
        turn.choice == "missing" or is_wish or claim_case_words.has_looked(text) or claim_case_words.is_not_there(text)
    )  # fmt: skip
    return draft.is_checked


claiming.AGAIN[TOPIC] = again
