"""What never stays with the assistant: the zones in which a person takes over, read from the policy.

Facts are always answered at once; this module only says whether a person must come, and for which reason. It reads
signals that others found (risk words, feeling, counts, amounts); it never reads a customer's text.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from server.policies.shape import Need, Policy


class HandoffReason(StrEnum):
    """Why a person takes over."""

    REQUESTED = "requested"
    DISTRESS = "distress"
    LEGAL = "legal"
    SAFETY = "safety"
    REPUTATION = "reputation"
    CHARGEBACK = "chargeback"
    VULNERABLE = "vulnerable"
    VIP = "vip"
    REPEAT_COMPLAINT = "repeat_complaint"
    OVER_LIMIT = "over_limit"
    POLICY_EXCEPTION = "policy_exception"
    LOW_CONFIDENCE = "low_confidence"
    UNREADABLE = "unreadable"
    IDENTITY = "identity"
    OUT_OF_SCOPE = "out_of_scope"
    FAILED = "failed"


Subject = Literal["fact", "complaint", "refusal", "money"]
"""What a turn is about: a fact to tell, a complaint, a refusal to speak out, or money to move."""


@dataclass(frozen=True, slots=True)
class Signals:
    """What is known about a turn. `risks` are words of `legal safety reputation chargeback vulnerable`.

    `complaints` counts this customer's complaints within the policy's days, this one included. Amounts are minor
    units of the policy's currency: what this turn would pay, and what the assistant paid out before."""

    risks: frozenset[str] = frozenset()
    frustration: int = 0
    is_requested: bool = False
    is_vip: bool = False
    subjects: frozenset[Subject] = frozenset({"fact"})
    complaints: int = 0
    has_open_dispute: bool = False
    need: Need = "none"
    is_exception: bool = False
    amount_minor: int = 0
    paid_today_minor: int = 0
    refunds_30d: int = 0


def must_hand_off(policy: Policy, signals: Signals) -> HandoffReason | None:
    """The first reason for which a person must take over, gravest first; None = the assistant may go on."""
    return next(_reasons(policy, signals), None)


def reasons(policy: Policy, signals: Signals) -> tuple[HandoffReason, ...]:
    """All reasons for which a person must take over, gravest first."""
    return tuple(_reasons(policy, signals))


def is_complaint(intent: str, frustration: int, *, is_disputed: bool = False) -> bool:
    """The product's one definition of a complaint: by intent, by a disputed refusal, or by feeling."""
    return intent in ("complaint", "delivery_problem", "damaged_or_wrong_item") or is_disputed or frustration >= 2


def is_over_limit(policy: Policy, signals: Signals) -> bool:
    """Whether a payment is above what the assistant may pay by itself."""
    if signals.need != "none":
        return True
    if "money" not in signals.subjects:
        return False
    limits = policy.limits
    return (
        signals.paid_today_minor + signals.amount_minor > limits.bot_daily_refund_total
        or signals.refunds_30d + 1 > limits.bot_refunds_per_customer_30d
    )


def _reasons(policy: Policy, signals: Signals) -> Iterator[HandoffReason]:
    for reason in ("safety", "legal", "chargeback", "vulnerable"):
        if reason in policy.human_only and _is_signalled(reason, signals):
            yield HandoffReason(reason)
    if "distress" in policy.human_only and signals.frustration >= policy.handoff.distress_from:
        yield HandoffReason.DISTRESS
    if "reputation" in policy.human_only and _is_signalled("reputation", signals):
        yield HandoffReason.REPUTATION
    if signals.is_requested:
        yield HandoffReason.REQUESTED
    yield from _by_history(policy, signals)
    if "over_limit" in policy.human_only and is_over_limit(policy, signals):
        yield HandoffReason.OVER_LIMIT
    if "policy_exception" in policy.human_only and signals.is_exception:
        yield HandoffReason.POLICY_EXCEPTION


def _by_history(policy: Policy, signals: Signals) -> Iterator[HandoffReason]:
    is_complaining = "complaint" in signals.subjects
    repeats = is_complaining and signals.complaints >= policy.handoff.complaints_from
    if "repeat_complaint" in policy.human_only and repeats:
        yield HandoffReason.REPEAT_COMPLAINT
    if signals.is_vip and ("vip" in policy.human_only or signals.subjects & set(policy.vip.to_person)):
        yield HandoffReason.VIP


def _is_signalled(reason: str, signals: Signals) -> bool:
    return reason in signals.risks or (reason == "chargeback" and signals.has_open_dispute)
