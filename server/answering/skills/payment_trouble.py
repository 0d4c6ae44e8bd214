"""Payment trouble: what the order system knows of a payment, said as it is, and a person with the evidence where that does not settle it.

A reservation is no charge, one payment is not two, and what the payment provider reported is told. Nothing is paid or paid back here.
"""

# ruff: noqa: E501 (patterns are read as lists of words)

import re
from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from server.answering.identify import find_order, given_by, my_orders
from server.answering.skills import order_status
from server.answering.skills.order_status import note_read, say_unreadable
from server.answering.turn import Turn
from server.answering.understand.normalise import fold
from server.answering.words import change_words, order_words, return_words
from server.commerce.model import Fact, LocalTime, OrderSnapshot, PaymentState, RefundStatus, Transaction
from server.commerce.problems import escalations, with_bounced
from server.commerce.wismo import decide
from server.errors import StoreUnavailable

_TWICE: Final = re.compile(
    r"\b(?:twice|double|two (?:times|charges|payments)|2 (?:times|charges)|duplicate\w*|charged again)\b|\bdos veces\b|\bdoble\b|\bduplicad\w*|\bdeux fois\b|\bdouble\w*|\bzwei ?mal\b|\bdoppelt\w*|\bduas vezes\b|\bdobr\w*|\bem dobro\b"
)  # fmt: skip
_FAILED: Final = re.compile(
    r"\b(?:fail\w*|declin\w*|reject\w*|(?:did|does|would|will|wo)(?: not|n't) (?:go through|work|accept)|not (?:go through|accepted|working)|error|can'?t pay|cannot pay)\b|\brechaz\w*|\bfall\w*|\bno (?:pasa|funciona|puedo pagar|me deja)|"
    r"\brefus\w*|\bechou\w*|\bne (?:passe|marche)|\babgelehnt\b|\bfehlgeschlagen\b|\bgeht nicht\b|\bklappt nicht\b|\brecus\w*|\bnao (?:passa|funciona|foi aprovado|consigo pagar)"
)
_INVOICE: Final = re.compile(
    r"\b(?:invoices?|vat receipt|tax receipt|proof of purchase)\b|\bfacturas?\b|\bfactures?\b|\brechnung(?:en|skopie)?\b(?! (?:bezahl|zahl|kauf))|\bfaturas?\b|\bnota fiscal\b"
)
_OWN_ORDER: Final = re.compile(
    r"\b(?:my|this|that|the|mi|este|el|ma|cette|la|meine|diese|die|meu|minha|esta|este|o|a)\b[^.?!]{0,14}\b(?:order|purchase|pedido|compra|commande|bestellung|encomenda)s?\b|\binstead\b|\bstatt(?:dessen)?\b|\ben vez\b|\bau lieu\b"
)
_WAYS: Final = re.compile(
    r"\b(?:can|could|may) (?:i|we|you) (?:also )?(?:pay|use) (?:with|by|via|in|using)?\b|\b(?:do|can|will) (?:you|u|ya|they|yous?) (?:guys )?(?:also )?(?:accept|take|offer|support)\b|\b(?:which|what) (?:payment|ways? (?:of|to) pay)|\bpayment (?:methods|options) (?:do|are|can)"
    r"|\b(?:puedo|se puede|podria) pagar\b|\baceptan\b|\b(?:que|cuales) (?:metodos|formas) de pago|\b(?:puis-je|peut-on|est-ce que je peux) (?:payer|regler)\b|\bacceptez\b|\bquels moyens de paiement"
    r"|\bkann (?:ich|man)\b[^.?!]{0,40}\b(?:be)?zahlen\b|\bnehmen sie\b|\bakzeptier|\bwelche (?:zahlungs|bezahl)|\b(?:posso|da para|pode-se) pagar\b|\baceitam?\b|\bquais (?:as )?(?:formas|meios) de pagamento"
)
_LENDERS: Final = frozenset(
    {"bnpl", "klarna", "afterpay", "affirm", "clearpay", "invoice", "installments", "pay_later"}
)
_UNPAID: Final = frozenset({PaymentState.PENDING, PaymentState.FAILED, PaymentState.EXPIRED, PaymentState.VOIDED})
_TAKEN: Final = frozenset({"sale", "capture"})
_CLOSE: Final = timedelta(days=2)


async def begin(turn: Turn) -> None:
    """Say what is known of the payment of an order; where there is no order, what that means."""
    folded = fold(turn.text.replace("’", "'"))
    try:
        if _FAILED.search(folded) and not _names_order(turn) and not await my_orders(turn):
            turn.say("pay.at_checkout")
            turn.options = [turn.option("choice.human", "human")]
            return
        found = await find_order(turn)
        if found is None:
            return
        note_read(turn)
        await _tell(turn, with_bounced(found.order), is_twice=_TWICE.search(folded) is not None)
    except StoreUnavailable as error:
        say_unreadable(turn, error)


def is_about_invoice(text: str) -> bool:
    """Whether a text asks for an invoice."""
    return _INVOICE.search(fold(text)) is not None


def asks_for_ways(text: str) -> bool:
    """Whether a text asks by what means one can pay here at all, and not of an order of one's own."""
    folded = fold(text)
    is_own = _OWN_ORDER.search(folded) or _TWICE.search(folded) or _FAILED.search(folded)
    return _WAYS.search(folded) is not None and not is_own


def _names_order(turn: Turn) -> bool:
    given = given_by(turn)
    return bool(given.order_numbers or turn.dialogue.order_id)


async def _tell(turn: Turn, order: OrderSnapshot, *, is_twice: bool) -> None:
    beside = decide(order, turn.context.now, cfg=turn.context.wismo)
    trouble = order_words.problem(beside, order, turn.voice)
    person = next(iter(escalations(order)), None)
    turn.speech.join(order_words.age(beside, order, turn.voice))
    if order.payment.status in _UNPAID:
        await order_status.order_status(turn)
        return
    note = f"pay:{order.id}:{'twice' if is_twice else 'state'}"
    if note in turn.dialogue.refused:
        turn.say("pay.person")
        turn.hand_off("policy_exception")
        return
    turn.dialogue.refused.append(note)
    _state(turn, order)
    turn.speech.join(trouble)
    if person is not None:
        turn.hand_off(person.reason)
        return
    charges = [each for each in order.payment.transactions if _is_charge(each)]
    if is_twice and len(charges) > 1:
        turn.say("pay.twice_person", number=return_words.number_fact(order))
        turn.hand_off("policy_exception")
        return
    if is_twice:
        await _once(turn, order, charges)
    turn.options = [turn.option("choice.human", "human")]


def _is_charge(one: Transaction) -> bool:
    return one.kind in _TAKEN and one.status is RefundStatus.SUCCEEDED


def _state(turn: Turn, order: OrderSnapshot) -> None:
    """Paid, or only reserved; and whose plan it is where a lender paid."""
    method = next(iter(order.payment.methods), None)
    named = (
        change_words.method(method, turn.voice)
        if method
        else Fact("pay_method", "text", turn.voice.text("method.original"), "store", turn.context.now)
    )
    number, total = return_words.number_fact(order), change_words.total(order)
    source = f"{order.source}:orders/{order.id}"
    if order.payment.status is PaymentState.AUTHORIZED:
        turn.say("pay.authorized", number=number, total=total, pay_method=named)
        if order.payment.authorised_until is not None:
            until = Fact(
                "authorised_until", "datetime", LocalTime(order.payment.authorised_until, order.tz), source, order.as_of
            )
            turn.say("pay.authorized_until", authorised_until=until)
    else:
        turn.speech.line("", Fact("payment_status", "status", "paid", source, order.as_of))
        turn.say("pay.paid", number=number, total=total, pay_method=named)
    if method is not None and method.kind.casefold() in _LENDERS:
        turn.say("pay.lender", pay_method=named)


async def _once(turn: Turn, order: OrderSnapshot, charges: Sequence[Transaction]) -> None:
    """No second charge is known: what else it may be."""
    twin = await _twin(turn, order)
    if twin is not None:
        other = Fact("other_number", "order_number", twin.number, f"{twin.source}:orders/{twin.id}", twin.as_of)
        turn.say(
            "pay.two_orders",
            total=change_words.total(order),
            number=return_words.number_fact(order),
            other_number=other,
        )
        return
    if charges:
        turn.say("pay.one_charge")
    failed = next(
        (each for each in order.payment.transactions if each.status is RefundStatus.FAILED and each.amount), None
    )
    if failed is not None and failed.amount is not None:
        source = f"{order.source}:orders/{order.id}"
        turn.speech.line("", Fact("attempt_status", "status", "failed", source, order.as_of))
        turn.say("pay.attempt", failed_amount=Fact("failed_amount", "amount", failed.amount, source, order.as_of))
    turn.say("pay.compare")


async def _twin(turn: Turn, order: OrderSnapshot) -> OrderSnapshot | None:
    """Another order of the customer for the same sum at about the same time."""
    for other in await my_orders(turn):
        is_alike = other.totals.total == order.totals.total and abs(other.placed_at - order.placed_at) <= _CLOSE
        if other.id != order.id and is_alike and other.cancelled_at is None:
            return other
    return None
