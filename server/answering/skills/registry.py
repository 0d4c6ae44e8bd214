"""Which skill gets done what, and what each knows about the actions that it may propose.

A skill is begun for a task (`SKILLS`), takes the answers to its own questions (`CONTINUES`, asked in this order), and registers its
actions (`confirming.WRITES`).
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from server.actions.pickups import ACTION as BOOK_PICKUP
from server.answering.drafts.changes import ChangeDraft
from server.answering.drafts.claims import ClaimDraft
from server.answering.drafts.returns import ReturnDraft
from server.answering.skills import (
    account,
    addresses,
    cancelling,
    claims,
    confirming,
    contents,
    deliveries,
    gifts,
    goods,
    guide,
    knowledge,
    own_orders,
    paid_with,
    paying,
    payment_trouble,
    pickups,
    promotions,
    proving,
    refund_status,
    returns,
    shop,
    subscriptions,
    warranty,
)
from server.answering.turn import Turn
from server.answering.words import shop_words
from server.answering.words.claim_case_words import is_not_received

Skill = Callable[[Turn], Awaitable[None]]
Continues = Callable[[Turn], Awaitable[bool]]


async def _change_order(turn: Turn) -> None:
    """How an order is paid, where it goes and what is in it are three matters."""
    kind = turn.draft.kind if isinstance(turn.draft, ChangeDraft) else ""
    is_items = isinstance(turn.draft, ReturnDraft)
    if kind == paying.KIND or (not kind and not is_items and paying.is_plainly_payment(turn.text)):
        await paying.begin(turn)
    elif kind == addresses.KIND or (not is_items and addresses.is_about_address(turn.text)):
        await addresses.begin(turn)
    elif is_items or returns.is_about_items(turn.text) or not paying.is_about_payment(turn.text):
        await returns.begin(turn)
    else:
        await paying.begin(turn)


async def _payment(turn: Turn) -> None:
    is_new = turn.draft is None
    if is_new and payment_trouble.asks_for_ways(turn.text) and not turn.understood.entities.order_number:
        await shop.tell(turn, shop_words.WAYS_TO_PAY)
    elif isinstance(turn.draft, ChangeDraft) or paying.asks_to_change(turn.text):
        await paying.begin(turn)
    elif is_new and payment_trouble.is_about_invoice(turn.text):
        turn.say("person.invoice")
        turn.hand_off("out_of_scope")
    else:
        await payment_trouble.begin(turn)


async def _promo(turn: Turn) -> None:
    """ "Use my gift card for order 1042" is about how that is paid."""
    is_change = isinstance(turn.draft, ChangeDraft) or paying.pays_an_order(turn)
    await (paying.begin if is_change else promotions.begin)(turn)


async def _refund_request(turn: Turn) -> None:
    """Money for what never came, or for a price that fell, is asked for without anything to send back."""
    draft = turn.draft
    topic = draft.topic if isinstance(draft, ClaimDraft) else ""
    is_new = draft is None
    if topic == promotions.TOPIC or (is_new and promotions.is_about_price(turn.text)):
        await promotions.begin(turn)
    elif topic == deliveries.TOPIC or (is_new and is_not_received(turn.text)):
        await deliveries.begin(turn)
    elif is_new and guide.is_about_compensation(turn.text):
        await guide.complaint(turn)
    else:
        await returns.begin(turn)


SKILLS: Final[Mapping[str, Skill]] = {
    "order_status": knowledge.delivery(contents.or_else(deliveries.status)),
    "delivery_problem": deliveries.begin,
    "refund_status": refund_status.refund_status,
    "return": gifts.or_else(returns.begin),
    "exchange": gifts.or_else(returns.begin),
    "refund_request": gifts.or_else(_refund_request),
    "damaged_or_wrong_item": knowledge.troubleshooting(claims.begin),
    "policy_question": shop.policy_question,
    "complaint": guide.complaint,
    "cancel": cancelling.begin,
    pickups.SKILL: pickups.begin,
    own_orders.SUMS: own_orders.sums,
    own_orders.LIST: own_orders.list_orders,
    "change_address": addresses.begin,
    "change_order": _change_order,
    "warranty": knowledge.troubleshooting(warranty.begin),
    "payment": paid_with.or_else(knowledge.general(_payment)),
    "subscription": knowledge.general(subscriptions.begin),
    "account": knowledge.account(account.begin),
    "promo": knowledge.general(_promo),
    "product_question": deliveries.or_goods(knowledge.goods(contents.or_else(goods.goods))),
    "stock_question": deliveries.or_goods(goods.goods),
}
"""Intent -> the skill that serves it."""

CONTINUES: Final[tuple[Continues, ...]] = (
    proving.continues,
    knowledge.continues,
    shop.continues,
    confirming.continues,
    returns.continues,
    goods.continues,
    cancelling.continues,
    addresses.continues,
    paying.continues,
    deliveries.continues,
    claims.continues,
    subscriptions.continues,
    warranty.continues,
    promotions.continues,
    pickups.continues,
)
"""Who may take the answer to the question that is open."""

WRITING: Final = frozenset(
    {
        "return",
        "exchange",
        "refund_request",
        "cancel",
        "change_address",
        "change_order",
        "payment",
        "delivery_problem",
        "damaged_or_wrong_item",
        "warranty",
    }
)
"""Tasks that end in a change: each order that is named beside another is a task of its own."""

confirming.WRITES[cancelling.ACTION] = confirming.Write(cancelling.again, cancelling.corrects, cancelling.tell)
confirming.WRITES[addresses.ACTION] = confirming.Write(addresses.again, addresses.corrects, addresses.tell)
confirming.WRITES[BOOK_PICKUP] = confirming.Write(pickups.again, pickups.corrects, pickups.tell)
confirming.WRITES[paying.ACTION] = confirming.Write(paying.again, paying.corrects, paying.tell)
