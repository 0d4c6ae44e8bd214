"""What became of a wish outside of a turn, in words: of one that a person had to decide, and of a return that is paid early.

Done, refused, or not done because something changed or failed.

Everything that is said is in the ledger and in the order as it stands after it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from server.answering.drafts.returns import ReturnDraft
from server.answering.words import change_words, claim_case_words, pickup_words, postal, return_words
from server.answering.words.voice import Speech, Voice
from server.commerce.model import Address, Fact, Money, OrderSnapshot
from server.policies.shape import Policy

_ENDS: Final = {"store_credit": "credit"}


@dataclass(frozen=True, slots=True)
class Decided:
    """An action that is over. `error` says why it was not done; empty = it was. `is_early` = it pays a return before its goods are back.

    `order` as it stands now, None where it is about the customer's own record."""

    name: str
    arguments: Mapping[str, Any]
    result: Mapping[str, Any]
    amount: Money
    error: str
    source: str
    order: OrderSnapshot | None
    is_early: bool = False


def decided(one: Decided, policy: Policy, voice: Voice, now: datetime) -> Speech:
    """What the customer is told."""
    if one.error:
        return _not_done(one, voice)
    if one.is_early and one.order is not None:
        return _paid_early(one, one.order, voice, now)
    said = voice.speech().add("decided.agreed")
    proof = f":{_change(one)}" if one.name == "change_subscription" else ""
    said.line("", Fact("done", "status", f"{one.name}{proof}", one.source, now))
    _TOLD[one.name](one, said, policy, now)
    return said


def _not_done(one: Decided, voice: Voice) -> Speech:
    key = {"refused": "refused", "expired": "lapsed", "changed": "changed"}.get(one.error, "failed")
    said = voice.speech()
    if one.is_early and one.order is not None:
        amount = Fact("amount", "amount", one.amount, one.source, one.order.as_of)
        return said.add("decided.early_failed", amount=amount, number=change_words.number(one.order))
    if one.order is None:
        return said.add(f"decided.{key}_own")
    return said.add(f"decided.{key}", number=change_words.number(one.order))


def _paid_early(one: Decided, order: OrderSnapshot, voice: Voice, now: datetime) -> Speech:
    """The refund of a return, as the order system answered it; the goods are still due unless they are here."""
    said = voice.speech().add("decided.early", number=change_words.number(order))
    said.line("", Fact("done", "status", one.name, one.source, now))
    _money(one, one.result, said, now)
    if not any(each.received_at for each in order.returns[-1:]):
        said.add("decided.early_goods")
    return said


def _return(one: Decided, said: Speech, policy: Policy, now: datetime) -> None:
    if one.order is None:
        return
    outcome = str(one.arguments.get("outcome") or "refund")
    draft = ReturnDraft(outcome="exchange" if one.name == "start_exchange" else _ENDS.get(outcome, outcome))
    opened = next((each for each in one.order.returns if each.id == one.result.get("rma")), None)
    said.join(return_words.done(one.order, opened, draft, one.result, one.amount, said.voice, policy, now))


def _cancel(one: Decided, said: Speech, policy: Policy, now: datetime) -> None:
    if one.order is None:
        return
    said.add("cancelling.done", number=change_words.number(one.order))
    if one.result.get("refund"):
        _money(one, one.result["refund"], said, now)


def _refund(one: Decided, said: Speech, policy: Policy, now: datetime) -> None:
    _money(one, one.result, said, now)


def _money(one: Decided, paid: Mapping[str, Any], said: Speech, now: datetime) -> None:
    """Money that went back, by what the order system answered: only what succeeded is called refunded."""
    status, currency = str(paid["status"]), one.amount.currency
    amount = Fact("amount", "amount", Money(int(paid["amount"]["amount_minor"]), currency), one.source, now)
    said.line("", Fact("refund_status", "status", status, one.source, now))
    if status == "succeeded":
        method = Fact("method", "text", str(paid.get("method") or "original"), one.source, now)
        said.add("refund.refund_done_only", amount=amount, method=method)
    else:
        said.add("refund.refund_pending_only", amount=amount)


def _address(one: Decided, said: Speech, policy: Policy, now: datetime) -> None:
    parts = postal.of(Address(**one.result["address"]))
    whole, *single = change_words.address(parts, said.voice)
    if one.order is not None:
        said.add("addresses.done_order", address=whole, number=change_words.number(one.order))
    else:
        said.add("addresses.done_profile", address=whole)
    said.line("", *single)


def _items(one: Decided, said: Speech, policy: Policy, now: datetime) -> None:
    if one.order is not None:
        said.add("swaps.done_items", number=change_words.number(one.order))


def _payment(one: Decided, said: Speech, policy: Policy, now: datetime) -> None:
    method = str(one.result.get("method") or one.arguments.get("method") or "")
    paying = next((each for each in (one.order.payment.methods if one.order else ()) if each.id == method), None)
    if one.order is not None and paying is not None:
        pay_method = change_words.method(paying, said.voice)
        said.add("paying.done", number=change_words.number(one.order), pay_method=pay_method)


def _credit(one: Decided, said: Speech, policy: Policy, now: datetime) -> None:
    said.add("decided.credit", amount=Fact("amount", "amount", one.amount, one.source, now))


def _reship(one: Decided, said: Speech, policy: Policy, now: datetime) -> None:
    replacement = Fact("replacement", "text", str(one.result["replacement_id"]), one.source, now)
    said.add("claim.done_reship", replacement=replacement)


def _claim(one: Decided, said: Speech, policy: Policy, now: datetime) -> None:
    kind = f"claim.done_{one.arguments.get('kind')}"
    said.add(
        kind if said.voice.has(kind) else "claim.done", claim=claim_case_words.claim_number(one.result, one.source, now)
    )


def _subscription(one: Decided, said: Speech, policy: Policy, now: datetime) -> None:
    said.add(f"subscription.done_{_change(one)}")


def _pickup(one: Decided, said: Speech, policy: Policy, now: datetime) -> None:
    if one.order is not None:
        said.add("pickup.done", pickup_window=pickup_words.booked_fact(one.result, one.order, now))


def _change(one: Decided) -> str:
    change = str(one.arguments.get("change"))
    return change if change in ("skip", "pause", "resume", "cancel") else "change"


_TOLD: Final[Mapping[str, Callable[[Decided, Speech, Policy, datetime], None]]] = {
    "start_return": _return,
    "start_exchange": _return,
    "cancel_order": _cancel,
    "refund": _refund,
    "change_address": _address,
    "change_items": _items,
    "change_payment": _payment,
    "store_credit": _credit,
    "reship": _reship,
    "open_claim": _claim,
    "change_subscription": _subscription,
    "book_pickup": _pickup,
}
