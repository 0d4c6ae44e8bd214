"""Paying an order by another stored method: which one, whether it covers the sum, a clear yes, and it is done.

A card's number is never taken in a conversation, and never repeated.
"""

# ruff: noqa: E501 (patterns are read whole)

import re
from collections.abc import Sequence
from typing import Any, Final

from server.answering import weighing
from server.answering.context import Option
from server.answering.drafts.changes import ChangeDraft
from server.answering.identify import Found
from server.answering.skills import changing, confirming
from server.answering.skills.confirming import Performed
from server.answering.skills.proving import may
from server.answering.told import pays_by
from server.answering.turn import Turn
from server.answering.understand.normalise import fold
from server.answering.words import change_words
from server.answering.words.method_words import ORIGINAL, Named, method_meant
from server.commerce.model import CustomerRecord, Fact, OrderSnapshot, PaymentMethod
from server.policies.judge import Ruling

ACTION: Final = "change_payment"
KIND: Final = "payment"
_METHOD: Final = "payment_method"
_PAYMENT_WORDS: Final = re.compile(
    r"\b(?:pay(?:ing|ment|ments|s)?|paid|charge[ds]?|bill(?:ed|ing)?|pag(?:ar|o|ue|amento|os)|metodo de pago|forma de pago|pai?ement|payer|regler|zahl\w*|bezahl\w*|forma de pagamento|abbuch\w*)\b"
)
_CHANGING: Final = re.compile(
    r"\b(?:chang\w*|switch\w*|swap\w*|updat\w*|modify|instead|rather|different|another|other|use|using|put (?:it|that|this|everything)(?: all)? (?:on|to)|move|"
    r"cambi\w*|en vez|en lugar|otr[oa]|usar|modific\w*|chang\w*|plutot|au lieu|autre|utilis\w*|ander\w*|wechs\w*|statt\w*|nutzen|verwend\w*|lieber|"
    r"mud\w*|troc\w*|alter\w*|outr[oa]|em vez|pay (?:it |for it |this |that |for (?:my|the) order |(?:my|the) order )?(?:with|by|via|from))\b"
)
_PAY_WITH: Final = re.compile(
    r"\b(?:pay|paying|paid|charge)\b[^.,;?]{0,40}\b(?:with|by|via|using|from|to my)\b|\bpag\w+\b[^.,;?]{0,40}\b(?:con|com)\b|\b(?:payer|regler)\b[^.,;?]{0,40}\b(?:avec|par)\b|\bmit\b[^.,;?]{0,40}\b(?:be)?zahl\w*"
)
_PLAINLY: Final = re.compile(
    r"\b(?:chang|switch|updat|modif|swap|edit)\w* (?:the |my |its )?(?:payment|billing|paying|card|method of payment)|"
    r"\b(?:cambi|modific|actualiz)\w* (?:el |la |mi )?(?:metodo de pago|forma de pago|pago|tarjeta)|\b(?:chang|modifi)\w* (?:le |la |mon |ma )?(?:moyen|mode|paiement|carte)|"
    r"\b(?:zahlungsart|zahlungsmethode|zahlungsmittel|zahlweise)\b|\b(?:mud|troc|alter)\w* (?:o |a |meu |minha )?(?:metodo|forma|pagamento|cartao)"
)
_AN_ORDER: Final = re.compile(
    r"\b(?:orders?|pedido|commande|bestellung|encomenda|compra)\b|#?\b[a-z]{0,3}-?\d{4,8}\b|\b(?:it|that|this)\b"
)
_TROUBLE: Final = re.compile(
    r"\b(?:declin\w*|reject\w*|fail\w*|refus\w*|twice|double|duplicate|did ?n[o']t go through|not go through|error|why|invoice|receipt|rechaz\w*|fall\w*|dos veces|doble|factura|"
    r"refuse\w*|echou\w*|deux fois|facture|abgelehnt|fehlgeschlagen|doppelt|zweimal|rechnung|recusad\w*|duas vezes|fatura|unknown|do ?n[o']t recogni[sz]e)\b"
)
_METHODS: Final = re.compile(
    r"\b(?:pay ?pal|gift ?cards?|gift certificate|store credit|apple ?pay|google ?pay|klarna|(?:credit|debit) cards?|cards?|visa|master ?card|amex|"
    r"tarjetas?|cartes?|karte|\w+karte|gutschein|guthaben|cart(?:ao|oes)|avoir)\b"
)
_GIVEN_UP: Final = re.compile(
    r"\b(?:from|de|desde|von|du|depuis|da|do)\b (?:(?:my|the|mi|la|el|ma|mon|der|meiner|minha|meu|o|a) )?[^,.;]{2,40}? (?=(?:to|a|vers|auf|zu|nach|para|pour)\b)"
)
_ITEMS: Final = re.compile(
    r"\b(?:size|colou?r|talla|color|taille|couleur|grosse|farbe|tamanho|cor|items?|articulos?|articles?|artikel|quantity)\b"
)


def asks_to_change(text: str) -> bool:
    """Whether a message about payment wants an order to be paid another way, rather than tell of trouble."""
    folded = fold(text)
    wants = pays_by(text) or _CHANGING.search(folded) or (_PAY_WITH.search(folded) and _AN_ORDER.search(folded))
    is_named = _METHODS.search(folded) is not None or _PAYMENT_WORDS.search(folded) is not None
    return bool(wants) and is_named and not _TROUBLE.search(folded)


def is_about_payment(text: str) -> bool:
    """Whether a wish to change an order is about how it is paid, and not about what is in it."""
    folded = fold(text)
    is_paying = _PAYMENT_WORDS.search(folded) is not None or _METHODS.search(folded) is not None
    return is_paying and not _ITEMS.search(folded)


def pays_an_order(turn: Turn) -> bool:
    """Whether a message that speaks of gift cards or credit wants one of its orders paid by them."""
    return bool(turn.understood.entities.order_number or turn.dialogue.order_id) and asks_to_change(turn.text)


def is_plainly_payment(text: str) -> bool:
    """Whether a message says outright that the payment is what shall change."""
    return _PLAINLY.search(fold(text)) is not None


async def begin(turn: Turn) -> None:
    """Start a change of payment, or go on with one."""
    changing.draft_of(turn, KIND)
    _mind_card_number(turn)
    await again(turn)


async def again(turn: Turn) -> None:
    """Take the change of payment up where it stands."""
    if changing.draft_of(turn, KIND).is_dropped:
        changing.drop(turn, "payment", "change_order")
    elif changing.can(turn, ACTION):
        await changing.on_order(turn, changing.draft_of(turn, KIND), ACTION, _advance)


def _mind_card_number(turn: Turn) -> None:
    """A card's number is not taken: say so, once a message, and forget it."""
    if not change_words.has_card_number(turn.context.text):
        return
    turn.say("paying.no_card_numbers")
    task = turn.dialogue.task
    if task is not None:
        task.text = change_words.without_card_number(task.text)


async def _advance(turn: Turn, draft: ChangeDraft, found: Found) -> None:
    """Ask which method, refuse, or read it back."""
    order = found.order
    if not await may(turn, ACTION, order, found.proofs):
        return
    record = await turn.record(order)
    stored = _methods(order, record)
    if not draft.method:
        draft.method = _meant(turn.text, order, stored).method or str(
            changing.last_done(turn, ACTION).get("method") or ""
        )
    action: dict[str, Any] = {"name": ACTION, "order": order.number}
    if draft.method:
        action["method"] = draft.method
    ruling = await weighing.consider(turn, action, order, record)
    if ruling.verdict == "deny" and ruling.key in ("same_method", "method_not_on_file", "balance_too_low"):
        _not_this_one(turn, draft, order, stored, ruling)
    elif ruling.verdict == "deny":
        changing.refuse(turn, ACTION, ruling, found)
    elif ruling.ask == "method":
        _ask_method(turn, order, stored)
    elif not ruling.is_open:
        await changing.by_person(turn, action, ruling, order)
    else:
        _read_back(turn, order, action, ruling, stored)


def _methods(order: OrderSnapshot, record: CustomerRecord | None) -> list[PaymentMethod]:
    """Every stored method once: the customer's, and what the order is paid by."""
    found: dict[str, PaymentMethod] = {}
    for one in (*(record.payment_methods if record else ()), *order.payment.methods):
        found.setdefault(one.id, one)
    return list(found.values())


def _meant(text: str, order: OrderSnapshot, stored: Sequence[PaymentMethod]) -> Named:
    """Which stored method a text names, those first that do not pay the order already; the one that does by its own id."""
    used = {one.id for one in order.payment.methods}
    said = _GIVEN_UP.sub(" ", fold(change_words.without_card_number(text)))
    others = method_meant(said, [one for one in stored if one.id not in used])
    if others.method not in ("", ORIGINAL) or others.candidates:
        return others
    named = method_meant(said, stored, order.payment.methods)
    if named.method == ORIGINAL and order.payment.methods:
        return Named(order.payment.methods[0].id)
    return named


def _ask_method(turn: Turn, order: OrderSnapshot, stored: Sequence[PaymentMethod]) -> None:
    """Ask with the labels of what is on file; with nothing else there, say so."""
    used = {one.id for one in order.payment.methods}
    others = [one for one in stored if one.id not in used]
    if not others:
        turn.settle()
        turn.say("paying.nothing_else", number=change_words.number(order))
        turn.options = [turn.option("choice.human", "human")]
        return
    named = _meant(turn.text, order, stored)
    offered = list(named.candidates) or others
    if named.missing:
        turn.say("paying.not_on_file")
    names = Fact(
        "methods", "text", ", ".join(change_words.label(one, turn.voice) for one in offered), "store", turn.context.now
    )
    turn.say("paying.ask_method", number=change_words.number(order), methods=names)
    turn.ask(_METHOD, [Option(change_words.label(one, turn.voice), f"method:{one.id}") for one in offered])


def _not_this_one(
    turn: Turn, draft: ChangeDraft, order: OrderSnapshot, stored: Sequence[PaymentMethod], ruling: Ruling
) -> None:
    """This method does not do: say why, and which others there are."""
    one = next((each for each in stored if each.id == draft.method), None)
    named = change_words.method(one, turn.voice) if one else None
    refused, draft.method = draft.method, ""
    if named is None:
        turn.say("paying.not_on_file")
    elif ruling.key == "same_method":
        turn.speech.line("", change_words.payment(order))
        turn.say("paying.same", number=change_words.number(order), pay_method=named)
    else:
        turn.say("paying.too_little", pay_method=named, total=change_words.total(order))
    used = {each.id for each in order.payment.methods} | {refused}
    others = [each for each in stored if each.id not in used]
    if not others:
        turn.settle()
        turn.options = [turn.option("choice.human", "human")]
        turn.draft = None
        return
    names = Fact(
        "methods", "text", ", ".join(change_words.label(each, turn.voice) for each in others), "store", turn.context.now
    )
    turn.say("paying.others", methods=names)
    options = [Option(change_words.label(each, turn.voice), f"method:{each.id}") for each in others]
    turn.ask(_METHOD, [*options, turn.option("cancelling.option_keep", "no")])


def _read_back(
    turn: Turn, order: OrderSnapshot, action: dict[str, Any], ruling: Ruling, stored: Sequence[PaymentMethod]
) -> None:
    """Say exactly what will happen, and ask for a clear yes."""
    wanted = next(each for each in stored if each.id == action["method"])
    turn.speech.line("", change_words.state(order))
    said = {
        "number": change_words.number(order),
        "total": change_words.total(order),
        "pay_method": change_words.method(wanted, turn.voice),
    }
    before = order.payment.methods
    if before:
        names = ", ".join(change_words.label(each, turn.voice) for each in before)
        turn.say(
            "paying.back_instead", **said, paid_before=Fact("paid_before", "text", names, "store", turn.context.now)
        )
    else:
        turn.say("paying.back", **said)
    confirming.propose(turn, action, order, ruling)


async def continues(turn: Turn) -> bool:
    """Take the answer to "which method?"; whether this message is one."""
    draft = turn.draft
    if not isinstance(draft, ChangeDraft) or draft.kind != KIND or turn.dialogue.asked != _METHOD:
        return False
    if changing.says_no(turn):
        changing.drop(turn, "payment", "change_order")
        return True
    order = await turn.order(draft.order_id)
    if order is None or changing.names_another(turn, order):
        return False
    _mind_card_number(turn)
    if await _takes_method(turn, draft, order):
        turn.settle()
        await again(turn)
        return True
    if _meant(turn.text, order, _methods(order, await turn.record(order))) != Named():
        await again(turn)
        return True
    if changing.asks_else(turn, "payment", "change_order", "promo"):
        return False
    return changing.ask_again(turn, _METHOD, "paying.again")


async def _takes_method(turn: Turn, draft: ChangeDraft, order: OrderSnapshot) -> bool:
    if (turn.choice or "").startswith("method:"):
        draft.method = (turn.choice or "").removeprefix("method:")
        return True
    draft.method = _meant(turn.text, order, _methods(order, await turn.record(order))).method
    return bool(draft.method)


async def corrects(turn: Turn) -> bool:
    """Read another method, or another order, out of the answer to a read-back."""
    draft = turn.draft
    if not isinstance(draft, ChangeDraft) or draft.kind != KIND:
        return False
    if changing.would_rather_not(turn):
        draft.is_dropped = True
        return True
    order = await turn.order(draft.order_id) if draft.order_id else None
    if changing.names_another(turn, order):
        draft.order_id = ""
        return True
    if order is None:
        return False
    _mind_card_number(turn)
    named = _meant(turn.text, order, _methods(order, await turn.record(order)))
    if named == Named() or named.method == draft.method:
        return False
    draft.method = named.method
    return True


async def tell(turn: Turn, performed: Performed) -> None:
    """Say by what the order is paid now."""
    order = performed.order
    if order is None:
        return
    stored = _methods(order, await turn.record(order))
    one = next((each for each in stored if each.id == performed.arguments["method"]), None)
    turn.speech.line("", Fact("done", "status", ACTION, performed.source, turn.context.now))
    if one is not None:
        turn.say("paying.done", number=change_words.number(order), pay_method=change_words.method(one, turn.voice))
