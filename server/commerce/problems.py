"""What went wrong with the money of an order and is not settled yet: charged twice, a refund that came back, a failure.

A payment provider's word outlives what the order system believes: a refund that bounced is no refund, whatever its
status says. Such a problem is a person's, and takes nothing away from the answer about the parcels. Pure; no clock.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime

from server.commerce.model import (
    OrderSnapshot,
    PaymentProblem,
    PaymentProblemKind,
    PaymentState,
    Refund,
    RefundStatus,
)
from server.commerce.rows import Escalation, FactList

Kind = PaymentProblemKind

_LONG_AGO = datetime.min.replace(tzinfo=UTC)
_MONEY_SENT = frozenset({RefundStatus.SUCCEEDED, RefundStatus.PENDING})
_PAYING = frozenset({"authorization", "sale", "capture"})
_TOLD_BY_STATUS = frozenset({PaymentState.PENDING, PaymentState.FAILED, PaymentState.EXPIRED, PaymentState.VOIDED})
_GRAVEST_FIRST = (Kind.REFUND_BOUNCED, Kind.CHARGED_TWICE, Kind.UNKNOWN, Kind.FAILED)
_ESCALATIONS: Mapping[Kind, Escalation] = {
    Kind.REFUND_BOUNCED: Escalation("failed", "a refund came back"),
    Kind.CHARGED_TWICE: Escalation("policy_exception", "the shopper was charged twice"),
    Kind.UNKNOWN: Escalation("failed", "the payment provider reports something that we do not know"),
    Kind.FAILED: Escalation("failed", "a payment failed"),
}


def with_bounced(order: OrderSnapshot) -> OrderSnapshot:
    """The order with every refund that bounced as what it is: failed."""
    bounced = {refund.id for problem in order.payment.problems if (refund := _bounced(problem, order)) is not None}
    if not bounced:
        return order
    failed = RefundStatus.FAILED
    refunds = (replace(each, status=failed) if each.id in bounced else each for each in order.refunds)
    return replace(order, refunds=tuple(refunds))


def open_problems(order: OrderSnapshot) -> tuple[PaymentProblem, ...]:
    """The problems that nothing has settled since, gravest first."""
    found = [each for each in order.payment.problems if not _is_settled(each, order)]
    return tuple(sorted(found, key=lambda each: _GRAVEST_FIRST.index(each.kind)))


def escalations(order: OrderSnapshot) -> tuple[Escalation, ...]:
    """One for each kind of problem."""
    return tuple(dict.fromkeys(_ESCALATIONS[each.kind] for each in open_problems(order)))


def add_problem(facts: FactList, order: OrderSnapshot) -> FactList:
    """The gravest problem; what an unknown one is about cannot be said."""
    problem = next(iter(open_problems(order)), None)
    if problem is None:
        return facts
    facts.add("payment_problem", "status", problem.kind.value).add("problem_amount", "amount", problem.amount)
    return facts.day("problem_at", problem.at)


def _bounced(problem: PaymentProblem, order: OrderSnapshot) -> Refund | None:
    """The refund that came back: the one that is named, else the latest before that could be meant."""
    if problem.kind is not Kind.REFUND_BOUNCED:
        return None
    if problem.refund_id is not None:
        named = (each for each in order.refunds if problem.refund_id in (each.id, each.reference))
        return next(named, None)
    fitting = [each for each in order.refunds if each.status in _MONEY_SENT and _is_meant(each, problem)]
    return max(fitting, key=lambda each: each.at or _LONG_AGO, default=None)


def _is_meant(refund: Refund, problem: PaymentProblem) -> bool:
    is_before = refund.at is None or problem.at is None or refund.at <= problem.at
    return is_before and problem.amount in (None, refund.amount)


def _is_settled(problem: PaymentProblem, order: OrderSnapshot) -> bool:
    """Whether money has moved since in the way that settles it, or the payment's own state says it already."""
    since = problem.at or _LONG_AGO
    if problem.kind is Kind.FAILED:
        paid = (each for each in order.payment.transactions if each.kind in _PAYING)
        is_paid = any(each.status is RefundStatus.SUCCEEDED and (each.at or _LONG_AGO) > since for each in paid)
        return is_paid or order.payment.status in _TOLD_BY_STATUS
    if problem.kind is Kind.UNKNOWN or problem.at is None:
        return False
    bounced = _bounced(problem, order)
    later = [each for each in order.refunds if each != bounced and (each.at or _LONG_AGO) > since]
    return any(each.status is RefundStatus.SUCCEEDED and _is_enough(each, problem) for each in later)


def _is_enough(refund: Refund, problem: PaymentProblem) -> bool:
    if problem.amount is None:
        return True
    same = refund.amount.currency == problem.amount.currency
    return same and refund.amount.amount_minor >= problem.amount.amount_minor
