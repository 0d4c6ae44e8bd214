"""What a payment provider's notice changes of an order: failures, double charges, refunds that came back, disputes.

Problems are added whenever they were told, unless the money came in after all. Good news changes the platform's words only
when it is newer than they are. Amounts are in the order's currency; one in another currency is left out.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, TypeAlias

from server.commerce.noticed import Draft, Effect, Json, instant_of, word
from server.commerce.states import PaymentProblemKind, PaymentState, RefundStatus

Raw: TypeAlias = Mapping[str, Any]
Pay = PaymentState
Problem = PaymentProblemKind

_SETTLED: Final = frozenset({Pay.PAID, Pay.PARTIALLY_REFUNDED, Pay.REFUNDED, Pay.VOIDED})
_MAY_FAIL: Final = frozenset(set(Pay) - {Pay.PARTIALLY_REFUNDED, Pay.REFUNDED, Pay.VOIDED}) | {""}
_MAY_BE_CAPTURED: Final = frozenset(
    {Pay.PENDING, Pay.AUTHORIZED, Pay.EXPIRED, Pay.PARTIALLY_PAID, Pay.FAILED, Pay.UNKNOWN, ""}
)
_DISPUTE_OVER: Final = frozenset({"won", "lost", "closed", "resolved", "accepted", "withdrawn"})


def _failed(draft: Draft, notice: Raw, at: datetime) -> None:
    payment = _payment(draft)
    newer = draft.is_newer(at)
    if newer or word(payment.get("status")) not in _SETTLED:
        _problem(draft, notice, at, Problem.FAILED)
    if newer and word(payment.get("status")) in _MAY_FAIL:
        payment["status"] = Pay.FAILED.value


def _captured(draft: Draft, notice: Raw, at: datetime) -> None:
    payment = _payment(draft)
    _forget(draft, Problem.FAILED)
    if draft.is_newer(at) and word(payment.get("status")) in _MAY_BE_CAPTURED:
        amount, total = _amount(draft, notice), (draft.document.get("totals") or {}).get("total")
        is_part = amount is not None and isinstance(total, int) and amount < total
        payment["status"] = (Pay.PARTIALLY_PAID if is_part else Pay.PAID).value


def _charged_twice(draft: Draft, notice: Raw, at: datetime) -> None:
    _problem(draft, notice, at, Problem.CHARGED_TWICE)


def _refund_bounced(draft: Draft, notice: Raw, at: datetime) -> None:
    refund = _refund_of(draft, notice)
    name = refund.get("id") if refund else notice.get("refund")
    _problem(draft, notice, at, Problem.REFUND_BOUNCED, refund=name)
    made_at = instant_of(refund.get("at")) if refund else None
    if refund is not None and (draft.is_newer(at) or (made_at is not None and at > made_at)):
        draft.before.setdefault(("refund", str(name)), refund.get("status"))
        refund["status"] = RefundStatus.FAILED.value


def _refund_succeeded(draft: Draft, notice: Raw, at: datetime) -> None:
    """Money arrived. Where the platform's word is newer, it holds again in place of a bounce before this."""
    refund = _refund_of(draft, notice)
    if refund is None:
        return
    name = refund.get("id")
    if draft.is_newer(at):
        refund["status"] = RefundStatus.SUCCEEDED.value
    elif ("refund", str(name)) in draft.before:
        refund["status"] = draft.before.pop(("refund", str(name)))
    _forget(draft, Problem.REFUND_BOUNCED, name)


def _refund_of(draft: Draft, notice: Raw) -> Json | None:
    """By id or the provider's reference; without one, the only refund of that amount."""
    known, wanted = draft.parts("refunds"), notice.get("refund")
    if wanted:
        return next((each for each in known if wanted in (each.get("id"), each.get("reference"))), None)
    meant = [each for each in known if each.get("amount") == _amount(draft, notice)]
    return meant[0] if len(meant) == 1 else None


def _dispute_opened(draft: Draft, notice: Raw, at: datetime) -> None:
    name = notice.get("dispute")
    known = [each for each in draft.parts("disputes") if (each.get("id") == name if name else _is_open(each))]
    if not known:
        entry = {"id": name or notice["id"], "status": "open", "at": at.isoformat()}
        known = [draft.add("disputes", entry, "dispute", entry["id"])]
    elif draft.may_change("dispute", known[0].get("id"), at) and not _is_open(known[0]):
        known[0].update(status="open", at=at.isoformat())
    if _is_open(known[0]):
        payment = _payment(draft)
        draft.before.setdefault(("disputed", ""), bool(payment.get("disputed")))
        payment["disputed"] = True


def _dispute_closed(draft: Draft, notice: Raw, at: datetime) -> None:
    name, known = notice.get("dispute"), draft.parts("disputes")
    meant = [each for each in known if (each.get("id") == name if name else _is_open(each))]
    if len(meant) == 1 and draft.may_change("dispute", meant[0].get("id"), at):
        meant[0]["status"] = word(notice["status"])
    if _payment(draft).get("disputed") and not any(map(_is_open, known)) and word(notice["status"]) in _DISPUTE_OVER:
        ours = draft.before.get(("disputed", "")) is False
        _payment(draft)["disputed"] = not (ours or draft.is_newer(at))


def _is_open(dispute: Json) -> bool:
    return word(dispute.get("status") or "open") not in _DISPUTE_OVER


def _payment(draft: Draft) -> Json:
    found = draft.document.get("payment")
    if not isinstance(found, dict):
        found = draft.document["payment"] = {"status": None}
    return found


def _amount(draft: Draft, notice: Raw) -> int | None:
    """The amount, unless it is of another currency."""
    currency = notice.get("currency")
    amount = notice.get("amount")
    same = currency is None or word(currency) == word(draft.document.get("currency"))
    return amount if same and isinstance(amount, int) else None


def _problem(draft: Draft, notice: Raw, at: datetime, kind: Problem, refund: object = None) -> None:
    payment = _payment(draft)
    known = [each for each in payment.get("problems") or () if isinstance(each, dict)]
    if any(each.get("id") == notice["id"] for each in known):
        return
    told = {"amount": _amount(draft, notice), "refund": refund}
    problem = {"kind": kind.value, "id": notice["id"], "at": at.isoformat()}
    payment["problems"] = [*known, problem | {name: value for name, value in told.items() if value is not None}]
    draft.ours.add(("problem", str(notice["id"])))


def _forget(draft: Draft, kind: Problem, refund: object = None) -> None:
    """The money came in after all: earlier problems of this kind are over."""
    payment = _payment(draft)
    if not payment.get("problems"):
        return

    def is_over(problem: Json) -> bool:
        ours = ("problem", str(problem.get("id"))) in draft.ours
        return ours and problem.get("kind") == kind and problem.get("refund") == refund

    payment["problems"] = [each for each in payment["problems"] if not is_over(each)]


EFFECTS: Final[Mapping[str, Effect]] = {
    "failed": _failed,
    "captured": _captured,
    "charged_twice": _charged_twice,
    "refund_bounced": _refund_bounced,
    "refund_succeeded": _refund_succeeded,
    "dispute_opened": _dispute_opened,
    "dispute_closed": _dispute_closed,
}
"""Type of a notice -> what it changes."""
