"""Promotion codes, and prices that fell: what a code gives and on what terms, why it took nothing off, and what the policy pays back.

Only what the shop imported is told; no code is made up, given out or applied here.
"""

# ruff: noqa: E501 (patterns are read as lists of words)

import re
from collections.abc import Mapping
from typing import Any, Final

from server.answering.drafts.claims import ClaimDraft
from server.answering.identify import Found, find_order, known_order
from server.answering.skills import claiming, confirming
from server.answering.skills.order_status import note_read, say_unreadable
from server.answering.skills.proving import may
from server.answering.told import pays_by
from server.answering.turn import Turn
from server.answering.understand.normalise import fold
from server.answering.words import claim_case_words, return_words, service_words, wishes
from server.commerce.model import Fact, Money, OrderSnapshot
from server.commerce.promotions import KeepsPromotions, Promotion
from server.errors import StoreUnavailable
from server.policies import facts

TOPIC: Final = "price"
_CODE: Final = "promo_code"
_CHEAPER: Final = re.compile(
    r"\bprice (?:\w+ ){0,2}(?:drop\w*|fell|went down|reduc\w*|lower\w*|adjust\w*|match\w*|protection|difference)|\b(?:cheaper|lower|on sale|reduced) (?:\w+ ){0,2}(?:now|today|than i paid)|\bnow (?:it'?s |it is )?(?:cheaper|lower|on sale|reduced)|"
    r"\b(?:ha )?baj\w+ (?:de|el) precio|\bmas barat\w+ ahora|\bahora (?:\w+ ){0,2}mas barat|\bdiferencia de precio|\bprix (?:a |est )?(?:\w+ )?(?:baiss\w+|moins cher)|\bbaiss\w+ de prix|\bmoins cher maintenant|\bdifference de prix|"
    r"\bpreis (?:\w+ ){0,3}(?:gefallen|gesunken|reduziert)|\bjetzt (?:\w+ ){0,2}(?:billiger|gunstiger|reduziert)|\bpreisdifferenz|\bpreco (?:\w+ )?(?:baixou|caiu|reduz\w+)|\bmais barat\w+ agora|\bagora (?:\w+ ){0,2}mais barat|\bdiferenca de preco"
)
_HAS_CODE: Final = re.compile(
    r"\b(?:my|this|the|mi|este|el|mon|ce|le|mein|dieser|der|den|meu|o) (?:\w+ )?(?:code|coupon|voucher|codigo|cupon|gutschein\w*|rabattcode|cupom)\b|\bcode\b.*\b(?:not|n't)\b"
)
_LISTS: Final = ("collections", "categories", "countries", "products", "skus", "customers", "tags")


async def begin(turn: Turn) -> None:
    """Start with what the message says: a price that fell, or a code."""
    try:
        if (isinstance(turn.draft, ClaimDraft) and turn.draft.topic == TOPIC) or is_about_price(turn.text):
            await again(turn)
            return
        await _about_codes(turn, is_answer=False)
    except StoreUnavailable as error:
        say_unreadable(turn, error)


def is_about_price(text: str) -> bool:
    """Whether a text is about a price that fell after the purchase."""
    return _CHEAPER.search(fold(text)) is not None


async def _about_codes(turn: Turn, *, is_answer: bool) -> None:
    store = turn.context.store
    if not isinstance(store, KeepsPromotions):
        turn.say("person.promo")
        turn.hand_off("out_of_scope")
        return
    held = {each.code.casefold(): each for each in await store.promotions()}
    words = re.findall(r"[\w-]{3,20}", turn.text)
    named = next((held[word.casefold()] for word in words if word.casefold() in held), None)
    written = [code for code in service_words.codes_in(turn.text) if not _is_number(turn, code)]
    if is_answer and not written and len(words) == 1:
        written = [words[0].upper()]
    turn.settle()
    if named is not None:
        await _terms(turn, named)
    elif written:
        turn.leaves_open = True
        turn.say("promo.unknown", code=Fact("code", "text", written[0], "customer", turn.context.now))
        turn.options = [turn.option("choice.human", "human")]
    elif _HAS_CODE.search(fold(turn.text)):
        turn.say("promo.ask_code")
        turn.ask(_CODE)
    else:
        turn.say("promo.none_to_give")
        turn.ask(_CODE)


def _is_number(turn: Turn, code: str) -> bool:
    return any(code.casefold() in number.casefold() for number in turn.understood.entities.order_number)


async def _terms(turn: Turn, one: Promotion) -> None:
    """What a code gives, until when and on what terms; why it takes nothing off, where that is plain."""
    now, tz = turn.context.now, turn.context.shop.tz
    source = f"{one.source}:promotions/{one.code}"
    code = Fact("code", "text", one.code, source, now)
    if one.is_over(now) and one.ends_at is not None:
        turn.say("promo.over", code=code, ended_at=service_words.day_fact("ended_at", one.ends_at, source, now, tz))
    elif not one.has_begun(now) and one.starts_at is not None:
        turn.say(
            "promo.not_yet", code=code, starts_at=service_words.day_fact("starts_at", one.starts_at, source, now, tz)
        )
    else:
        _gives(turn, one, code, source)
        if one.ends_at is not None:
            turn.say("promo.until", ends_at=service_words.day_fact("ends_at", one.ends_at, source, now, tz))
    known = await known_order(turn)
    if not one.is_over(now):
        _conditions(turn, one.conditions, source, known.order if known else None)
    if one.stackable is False and not one.is_over(now):
        turn.say("promo.alone")
    if known is not None:
        turn.say("promo.placed", number=return_words.number_fact(known.order))
    elif not one.is_over(now) and one.has_begun(now):
        turn.say("promo.enter")
    turn.options = [turn.option("choice.human", "human")]


def _gives(turn: Turn, one: Promotion, code: Fact, source: str) -> None:
    now, currency = turn.context.now, turn.context.policy.currency
    kind = one.kind.casefold()
    if kind == "percent" and isinstance(one.value, int):
        turn.say("promo.gives_percent", code=code, percent=Fact("percent", "count", one.value, source, now))
    elif kind in ("amount", "fixed") and isinstance(one.value, int):
        turn.say(
            "promo.gives_amount",
            code=code,
            discount=Fact("discount", "amount", Money(one.value, currency), source, now),
        )
    elif "shipping" in kind or "delivery" in kind:
        turn.say("promo.gives_shipping", code=code)
    else:
        turn.say("promo.gives", code=code)


def _conditions(turn: Turn, conditions: Mapping[str, Any], source: str, order: OrderSnapshot | None) -> None:
    """Its terms, each as the shop wrote it."""
    now, currency = turn.context.now, turn.context.policy.currency
    for name, value in conditions.items():
        if name in ("minimum_total", "minimum") and isinstance(value, int):
            turn.say("promo.minimum", minimum=Fact("minimum", "amount", Money(value, currency), source, now))
            if order is not None and order.currency == currency and order.totals.items.amount_minor < value:
                total = Fact(
                    "goods_total", "amount", order.totals.items, f"{order.source}:orders/{order.id}", order.as_of
                )
                turn.say("promo.minimum_missed", number=return_words.number_fact(order), goods_total=total)
        elif name == "first_order":
            if value:
                turn.say("promo.first_order")
        elif name in _LISTS and value:
            said = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
            turn.say("promo.only_for", only_for=Fact("only_for", "text", said, source, now))
        elif value:
            said = str(value) if name == "text" else f"{name.replace('_', ' ')}: {value}"
            turn.say("promo.terms", terms=Fact("terms", "text", said, source, now))


async def continues(turn: Turn) -> bool:
    """Take the code that was asked for; whether this message is one."""
    if (
        turn.dialogue.asked != _CODE
        or is_about_price(turn.text)
        or pays_by(turn.text)
        or (claiming.asks_else(turn, "promo") and not service_words.codes_in(turn.text))
    ):
        return False
    if len(turn.text.split()) > 8 and not service_words.codes_in(turn.text):
        return False
    try:
        await _about_codes(turn, is_answer=True)
    except StoreUnavailable as error:
        say_unreadable(turn, error)
    return True


# --- a price that fell after the purchase


async def again(turn: Turn) -> None:
    """Pay the difference where the policy does; else say that it does not."""
    days = turn.context.policy.price_adjustment.days
    if not days:
        turn.settle()
        turn.say("price.not_offered")
        turn.options = [turn.option("choice.human", "human")]
        return
    draft = claiming.draft_of(turn, TOPIC)
    try:
        found = await find_order(turn, delivered=True)
        if found is None:
            return
        note_read(turn)
        await _adjust(turn, draft, found, days)
    except StoreUnavailable as error:
        say_unreadable(turn, error)


async def _adjust(turn: Turn, draft: ClaimDraft, found: Found, days: int) -> None:
    order = found.order
    draft.order_id, draft.reason = order.id, "price_adjustment"
    named = wishes.mentioned(turn.text, order.lines) or ([] if draft.lines else list(order.lines))
    left = {line.id: facts.remaining(order, line) for line in named}
    draft.lines = {line_id: count for line_id, count in left.items() if count} or draft.lines
    action, ruling = await claiming.weigh(turn, draft, order, "refund")
    number = return_words.number_fact(order)
    if ruling.key in ("no_ground", "nothing_left", "amount_needed") or not ruling.amount_minor:
        turn.settle()
        turn.say("price.none", number=number, days=Fact("days", "count", days, "policy", turn.context.now))
        turn.options = [turn.option("choice.human", "human")]
    elif not ruling.is_open:
        await claiming.by_person(turn, action, order, ruling)
    elif await may(turn, "refund", order, found.proofs):
        method = Fact("method", "text", "original", "policy", turn.context.now)
        items, amount = claim_case_words.items(order, draft.lines), claim_case_words.amount(ruling.amount_minor, order)
        turn.say("price.back", amount=amount, items=items, number=number, method=method)
        confirming.propose(turn, action, order, ruling)


claiming.AGAIN[TOPIC] = again
