"""Cancelling an order: which one, a reason that the policy accepts, where the money goes back to, a clear yes, and it is done.

Only a whole order is cancelled; who wants to be rid of one item of several hears what is possible instead.
"""

# ruff: noqa: E501 (patterns are read whole)

import re
from collections.abc import Sequence
from typing import Any, Final

from server.answering import weighing
from server.answering.context import Option
from server.answering.drafts.changes import ChangeDraft
from server.answering.identify import Found, lately_said
from server.answering.skills import changing, confirming
from server.answering.skills.confirming import Performed
from server.answering.skills.order_status import tell as tell_order
from server.answering.skills.proving import may
from server.answering.turn import Turn
from server.answering.understand import yesno
from server.answering.understand.normalise import fold
from server.answering.words import change_words, wishes
from server.answering.words.method_words import method_meant, only_says_method, said_of
from server.commerce.model import Fact, Line, OrderSnapshot, PaymentMethod
from server.policies.judge import Ruling
from server.policies.shape import ActionRule

ACTION: Final = "cancel_order"
KIND: Final = "cancel"
_REASON, _WHOLE, _BACK_TO = "cancel_reason", "cancel_whole", "cancel_refund_to"
_WITH_REASONS: Final = frozenset(
    {"return", "exchange", "refund_request", "change_order", "damaged_or_wrong_item", "warranty"}
)
_FEW_WORDS: Final = 4
_QUESTIONS: Final = frozenset({_REASON, _WHOLE, _BACK_TO})
_AS_ORDER: Final = re.compile(
    r"\b(?:orders?|pedidos?|commandes?|bestellung(?:en)?|encomendas?|compra)\b[^,.;]{0,24}\b(?:with|containing|of|for|has|had|that includes|including|where|con|de(?:l| la)?|que tiene|"
    r"avec|des?|du|contenant|mit|von|uber|in der|com|d[oa]s?)\b|\bone (?:with|containing|that has|for) (?:the|my|a)\b|\bcancel (?:that|this) order\b|\b(?:whole|entire|complete|full) (?:order|thing)|(?:pedido|encomenda) (?:entero|inteir[oa]|completo)|commande entiere|ganze bestellung"
)  # fmt: skip
_ONLY_A_PART: Final = re.compile(
    r"\b(?:only|just|solo|solamente|seulement|juste|uniquement|nur|lediglich|so(?! (?:please )?cancel (?:that|this|the|it|my)\b)|somente|apenas)\b|\b(?:from|in|on|off|out of|de|del|dans|aus|da|do|na|no) (?:my |the |mi |el |la |ma |meiner |der |minha |meu )*(?:order|pedido|commande|bestellung|encomenda)\b|"
    r"\bkeep\b|\bquedarme\b|\bgarder\b|\bbehalten\b|\bmanter\b"
)  # fmt: skip
_KEEPING: Final = re.compile(
    r"\b(?:but|and|pero|mais|aber|mas)\b[^.;]{0,12}\b(?:keep|quedarme|conservar|garder|garde|behalten|behalte|manter|ficar)\b"
)
_NAMED_ORDER: Final = re.compile(r"\b(?:my|the|that) (?:(?!(?:in|from|of|on|off|out|to)\b)\w+[ -]){1,3}order\b")
_SAME_REASON: Final = re.compile(
    r"\bsame (?:reason|cause)\b|\bmism[oa] (?:motivo|razon)\b|\bmeme (?:raison|motif)\b|\b(?:gleichen?|selben?) grund\b|\bmesm[oa] (?:motivo|razao)\b"
)
_WHOLE_ONE: Final = re.compile(
    r"\b(?:whole|entire|complete|all of (?:it|them)|everything|all|cancel it all|entero|todo|toda|completo|entiere|tout|toute|ganze?n?|alles|komplett|inteir[oa]|tudo)\b"
)


async def begin(turn: Turn) -> None:
    """Start a cancellation, or go on with one; what the message itself says is not asked again."""
    draft = changing.draft_of(turn, KIND)
    _read(turn, draft)
    await again(turn)


async def again(turn: Turn) -> None:
    """Take the cancellation up where it stands."""
    if changing.draft_of(turn, KIND).is_dropped:
        changing.drop(turn, "cancel")
    elif changing.can(turn, ACTION):
        await changing.on_order(turn, changing.draft_of(turn, KIND), ACTION, _advance)


def _rule(turn: Turn) -> ActionRule | None:
    return turn.context.policy.actions.get(ACTION)


def _accepted(turn: Turn) -> Sequence[str] | str:
    rule = _rule(turn)
    return rule.reasons if rule is not None else "any"


def _said(turn: Turn) -> str:
    """The words about this cancellation; with the whole message where no other wish in it could have a reason of its own."""
    others = {task.skill for task in turn.dialogue.todo}
    return turn.text if others & _WITH_REASONS else f"{turn.text}\n{turn.context.text}"


def _read(turn: Turn, draft: ChangeDraft) -> bool:
    """Take the reason out of the message; whether it says one, accepted or not."""
    reason, meaning = change_words.reason_in(_said(turn), _accepted(turn))
    if not reason and _SAME_REASON.search(fold(turn.context.text)):
        reason = next(
            (one for said in reversed(lately_said(turn)) if (one := change_words.reason_in(said, _accepted(turn))[0])),
            "",
        )
    draft.reason = reason or draft.reason or str(changing.last_done(turn, ACTION).get("reason") or "")
    return bool(meaning)


async def _advance(turn: Turn, draft: ChangeDraft, found: Found) -> None:
    """Ask the next open question, refuse, or read the whole back."""
    order = found.order
    if order.cancelled_at is not None:
        turn.settle()
        tell_order(turn, found)
        return
    part = [] if draft.is_whole else _part(_wish(turn), order)
    if not await may(turn, ACTION, order, found.proofs):
        return
    record = await turn.record(order)
    action = _action(draft, order)
    ruling = await weighing.consider(turn, action, order, record)
    if ruling.verdict == "deny" and ruling.key not in ("reason_not_accepted", "refund_to_not_allowed"):
        changing.refuse(turn, ACTION, ruling, found)
    elif part:
        _only_whole(turn, order, part)
    elif ruling.ask == "reason" or ruling.key == "reason_not_accepted":
        _ask_reason(turn, draft, order)
    elif ruling.ask == "refund_to" or ruling.key == "refund_to_not_allowed":
        await _ask_back_to(turn, draft, found, ruling)
    elif not ruling.is_open:
        await changing.by_person(turn, action, ruling, order)
    else:
        _read_back(turn, draft, order, action, ruling, _back_to(draft, order, record.payment_methods if record else ()))


def _wish(turn: Turn) -> str:
    """What was said of the order; an item that only answered which one is meant names no part of it."""
    is_answer = (turn.choice or "").startswith("order:")
    return turn.text.removesuffix(turn.context.text) if is_answer else turn.text


def _action(draft: ChangeDraft, order: OrderSnapshot) -> dict[str, Any]:
    action: dict[str, Any] = {"name": ACTION, "order": order.number}
    if draft.reason:
        action["reason"] = draft.reason
    if draft.method:
        action["method"] = draft.method
    return action


def _part(text: str, order: OrderSnapshot) -> list[Line]:
    """The lines that alone shall go, when a message names some of several; none when the items only tell which order is meant."""
    folded = fold(text)
    if len(order.lines) < 2 or (
        (_AS_ORDER.search(folded) or _NAMED_ORDER.search(folded)) and not _ONLY_A_PART.search(folded)
    ):
        return []
    if _WHOLE_ONE.search(folded) and not re.search(
        r"\b(?:not|nicht|no|pas|nao) (?:the )?(?:whole|ganze|todo|toute?|tudo)", folded
    ):
        return []
    named = wishes.mentioned(text, order.lines)
    if _KEEPING.search(folded):
        named = [line for line in order.lines if line not in named]
    return named if 0 < len(named) < len(order.lines) else []


def _only_whole(turn: Turn, order: OrderSnapshot, part: Sequence[Line]) -> None:
    """One item of several cannot be cancelled alone: the whole, another item instead, or nothing."""
    turn.say("cancelling.whole_only", number=change_words.number(order), item=change_words.item(part, order))
    changes = (
        [turn.option("cancelling.option_items", "do:change_order")]
        if "change_items" in turn.context.policy.actions
        else []
    )
    turn.ask(
        _WHOLE, [turn.option("cancelling.option_whole", "yes"), *changes, turn.option("cancelling.option_keep", "no")]
    )


def _ask_reason(turn: Turn, draft: ChangeDraft, order: OrderSnapshot) -> None:
    """Ask with the policy's own reasons; when one was said that is none of them, say so."""
    accepted = _accepted(turn)
    reasons = () if isinstance(accepted, str) else accepted
    said, meaning = change_words.reason_in(_said(turn), accepted)
    told = change_words.reasons_fact(reasons, turn.voice)
    key = "cancelling.reason_not_accepted" if meaning and not said else "cancelling.ask_reason"
    turn.say(key, number=change_words.number(order), reasons=told)
    draft.reason = ""
    options = [Option(change_words.reason_label(each, turn.voice), f"reason:{each}") for each in reasons]
    turn.ask(_REASON, [*options, turn.option("cancelling.option_keep", "no")])


async def _ask_back_to(turn: Turn, draft: ChangeDraft, found: Found, ruling: Ruling) -> None:
    """Ask where the money shall go; what the message says already counts."""
    order, record = found.order, await turn.record(found.order)
    stored = record.payment_methods if record else ()
    targets = ruling.facts.get("methods")
    open_ones = [str(each) for each in targets] if isinstance(targets, tuple) else ["original"]
    choice = _target_in(turn.text, order, stored, open_ones)
    choice = choice or _target_in(said_of(lately_said(turn), "cancel"), order, stored, open_ones)
    if choice and choice != draft.method:
        draft.method = choice
        await _advance(turn, draft, found)
        return
    draft.method = ""
    ways = [(target, _back_to(ChangeDraft(method=target), order, stored)) for target in open_ones]
    names = {
        target: ", ".join(change_words.label(one, turn.voice) for one in way) or turn.voice.text("method.original")
        for target, way in ways
    }
    told = Fact("ways", "text", " / ".join(names.values()), "policy", turn.context.now)
    turn.say("cancelling.ask_back_to", number=change_words.number(order), ways=told)
    turn.ask(_BACK_TO, [Option(name, f"target:{target}") for target, name in names.items()])


def _target_in(text: str, order: OrderSnapshot, stored: Sequence[PaymentMethod], open_ones: Sequence[str]) -> str:
    """Where a text wants the money to go, of what is open; "" when it does not say so clearly."""
    named = method_meant(text, stored, order.payment.methods)
    used = {one.id for one in order.payment.methods}
    meant = {named.method} if named.method else {"original" if one.id in used else one.id for one in named.candidates}
    fitting = [target for target in open_ones if target in meant]
    return fitting[0] if len(fitting) == 1 else ""


def _back_to(draft: ChangeDraft, order: OrderSnapshot, stored: Sequence[PaymentMethod]) -> list[PaymentMethod]:
    """The means of payment that the money goes back to."""
    if draft.method in ("", "original"):
        return list(order.payment.methods)
    return [one for one in (*stored, *order.payment.methods) if one.id == draft.method][:1]


def _read_back(
    turn: Turn,
    draft: ChangeDraft,
    order: OrderSnapshot,
    action: dict[str, Any],
    ruling: Ruling,
    back_to: Sequence[PaymentMethod],
) -> None:
    """Say exactly what will happen, and ask for a clear yes."""
    number, items = change_words.number(order), change_words.items(order)
    turn.speech.line("", change_words.state(order))
    if draft.reason:
        because = Fact(
            "because", "text", change_words.reason_label(draft.reason, turn.voice), "policy", turn.context.now
        )
        turn.say("cancelling.back_because", number=number, items=items, because=because)
    else:
        turn.say("cancelling.back", number=number, items=items)
    if ruling.amount_minor:
        amount = change_words.amount(ruling.amount_minor, order)
        turn.say("cancelling.money", amount=amount, back_to=_named(turn, back_to))
    turn.say("cancelling.shall_i")
    confirming.propose(turn, action, order, ruling)


def _named(turn: Turn, methods: Sequence[PaymentMethod]) -> Fact:
    names = ", ".join(change_words.label(one, turn.voice) for one in methods)
    return Fact("back_to", "text", names or turn.voice.text("method.original"), "store", turn.context.now)


async def continues(turn: Turn) -> bool:
    """Take the answer to an open question of a cancellation; whether this message is one."""
    draft, asked = turn.draft, turn.dialogue.asked
    if not isinstance(draft, ChangeDraft) or draft.kind != KIND or asked not in _QUESTIONS:
        return False
    if asked == _WHOLE:
        return await _on_whole(turn, draft)
    if changing.says_no(turn):
        changing.drop(turn, "cancel")
        return True
    if asked == _BACK_TO and await _takes_target(turn, draft):
        turn.settle()
        await again(turn)
        return True
    if asked == _REASON and _takes_reason(turn, draft):
        await again(turn)
        return True
    if not turn.choice and only_says_method(turn.text):
        await _keeps_target(turn, draft)
        turn.settle()
        await again(turn)
        return True
    if changing.names_another(turn, None) or changing.asks_else(turn, "cancel"):
        return False
    return changing.ask_again(turn, asked, f"cancelling.again_{asked.removeprefix('cancel_')}")


def _takes_reason(turn: Turn, draft: ChangeDraft) -> bool:
    """Whether the answer gives a reason, be it one that the policy does not accept: that is told."""
    chosen = (turn.choice or "").removeprefix("reason:") if (turn.choice or "").startswith("reason:") else ""
    if chosen:
        draft.reason = chosen
        turn.settle()
        return True
    picked = yesno.choice(turn.text, [option.label for option in turn.dialogue.options]) or ()
    values = [turn.dialogue.options[at].value for at in picked if at < len(turn.dialogue.options)]
    if len(values) == 1 and values[0].startswith("reason:") and len(turn.text.split()) <= _FEW_WORDS:
        draft.reason = values[0].removeprefix("reason:")
        turn.settle()
        return True
    is_first = turn.dialogue.asked_times < changing.ASKED_ENOUGH
    if not _read(turn, draft):
        return False
    if draft.reason:
        turn.settle()
    return bool(draft.reason) or is_first


async def _takes_target(turn: Turn, draft: ChangeDraft) -> bool:
    if (turn.choice or "").startswith("target:"):
        draft.method = (turn.choice or "").removeprefix("target:")
        return True
    order = await turn.order(draft.order_id)
    if order is None:
        return False
    record = await turn.record(order)
    targets = [option.value.removeprefix("target:") for option in turn.dialogue.options]
    draft.method = _target_in(turn.text, order, record.payment_methods if record else (), targets)
    return bool(draft.method)


async def _keeps_target(turn: Turn, draft: ChangeDraft) -> None:
    """Keep where the money shall go though something else was asked, if the policy leaves a choice."""
    order = await turn.order(draft.order_id)
    record = await turn.record(order) if order is not None else None
    if order is not None and record is not None:
        targets = ["original", *(one.id for one in record.payment_methods)]
        draft.method = _target_in(turn.text, order, record.payment_methods, targets) or draft.method


async def _on_whole(turn: Turn, draft: ChangeDraft) -> bool:
    """ "The whole order then?": yes goes on, no leaves it, anything else is another matter."""
    if turn.choice == "yes" or _says_whole(turn):
        draft.is_whole = True
        _read(turn, draft)
        turn.settle()
        await again(turn)
        return True
    if changing.says_no(turn):
        changing.leave(turn)
        return True
    if turn.choice or changing.asks_else(turn, "cancel"):
        return False
    return changing.ask_again(turn, _WHOLE, "cancelling.again_whole")


def _says_whole(turn: Turn) -> bool:
    said = yesno.answer(turn.text, turn.voice.language)
    return said == "yes" or (said is None and _WHOLE_ONE.search(fold(turn.text)) is not None)


async def corrects(turn: Turn) -> bool:
    """Read a change of mind out of the answer to a read-back: another order, reason, or way for the money."""
    draft = turn.draft
    if not isinstance(draft, ChangeDraft) or draft.kind != KIND:
        return False
    if changing.would_rather_not(turn):
        draft.is_dropped = True
        return True
    order = await turn.order(draft.order_id) if draft.order_id else None
    if changing.names_another(turn, order):
        draft.order_id, draft.method, draft.is_whole = "", "", False
        return True
    if order is None:
        return False
    before = (draft.reason, draft.method)
    _read(turn, draft)
    record = await turn.record(order)
    if draft.method:
        stored = record.payment_methods if record else ()
        targets = ["original", *(one.id for one in stored)]
        draft.method = _target_in(turn.text, order, stored, targets) or draft.method
    part = _part(turn.text, order)
    draft.is_whole = draft.is_whole and not part
    return before != (draft.reason, draft.method) or bool(part)


async def tell(turn: Turn, performed: Performed) -> None:
    """Say that it is cancelled, and what becomes of the money."""
    order, now = performed.order, turn.context.now
    if order is None:
        return
    turn.speech.line("", Fact("done", "status", ACTION, performed.source, now))
    turn.say("cancelling.done", number=change_words.number(order))
    refund = performed.result.get("refund")
    if not refund:
        return
    record = await turn.record(order)
    draft = ChangeDraft(method=str(performed.arguments.get("method") or ""))
    back_to = _named(turn, _back_to(draft, order, record.payment_methods if record else ()))
    amount = change_words.amount(int(refund["amount"]["amount_minor"]), order)
    turn.speech.line("", Fact("refund_status", "status", str(refund["status"]), performed.source, now))
    turn.say(
        "cancelling.refunded" if refund["status"] == "succeeded" else "cancelling.refund_begun",
        amount=amount,
        back_to=back_to,
    )
