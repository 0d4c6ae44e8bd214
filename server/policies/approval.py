"""Who must agree to a decision: the policy's `approval` lines over the facts of one case.

Thresholds are in the policy's currency. An amount in another currency is turned by the order's own ratio if the
caller knows it; without a ratio no threshold can be compared, and a person must look.
"""

from dataclasses import dataclass
from typing import Final

from server.policies.conditions import Fact
from server.policies.shape import Need, Policy, Verdict

RANK: Final[tuple[Need, ...]] = ("none", "agent", "senior", "two_person")


@dataclass(frozen=True, slots=True)
class Case:
    """What an approval line may ask about; amounts in minor units of `currency`.

    The sums cover goodwill, reship value and store credit as well as refunds, and include this case, so that
    splitting an amount does not avoid a threshold."""

    currency: str
    action: str = ""
    verdict: Verdict = "allow"
    reason: str = ""
    zone: str = ""
    refund: int = 0
    goodwill: int = 0
    reship_value: int = 0
    sum_refunds_30d: int = 0
    refunds_30d: int = 0
    complaint_no_30d: int = 0
    replacement_no_12m: int = 0
    inr_12m: int = 0
    orders_12m: int = 0
    abuse_score: int = 0
    vip: bool = False
    legal_signal: bool = False
    public_post_signal: bool = False
    chargeback: bool = False
    fault: bool = False
    statutory: bool = False


@dataclass(frozen=True, slots=True)
class Approval:
    """The highest need, and the lines that asked for it."""

    need: Need
    rules: tuple[str, ...]


_AMOUNTS: Final = ("refund", "goodwill", "reship_value", "sum_refunds_30d")


def needed(policy: Policy, case: Case) -> Approval:
    """Who must agree: the highest of all matching lines."""
    money = _in_policy_currency(policy, case)
    if money is None:
        return Approval("agent", ("other_currency",))
    facts = _facts(case, money)
    matching = [
        (rule.need, rule.id or rule.when)
        for rule, condition in zip(policy.approval, policy.conditions, strict=True)
        if condition.holds(facts)
    ]
    need = highest(*(one for one, _ in matching))
    return Approval(need, tuple(name for one, name in matching if one == need))


def highest(*needs: Need) -> Need:
    """The strictest of several needs; none of none."""
    return max(needs, key=RANK.index, default="none")


def _in_policy_currency(policy: Policy, case: Case) -> dict[str, int] | None:
    """The case's amounts; None if they are of another currency than the policy's and cannot be compared."""
    amounts = {name: int(getattr(case, name)) for name in _AMOUNTS}
    return amounts if case.currency == policy.currency or not any(amounts.values()) else None


def _facts(case: Case, money: dict[str, int]) -> dict[str, Fact]:
    plain: dict[str, Fact] = {
        "verdict": case.verdict,
        "action": case.action,
        "reason": case.reason,
        "zone": case.zone,
        "refunds_30d": case.refunds_30d,
        "complaint_no_30d": case.complaint_no_30d,
        "replacement_no_12m": case.replacement_no_12m,
        "inr_12m": case.inr_12m,
        "orders_12m": case.orders_12m,
        "abuse_score": case.abuse_score,
        "vip": case.vip,
        "legal_signal": case.legal_signal,
        "public_post_signal": case.public_post_signal,
        "chargeback": case.chargeback,
        "fault": case.fault,
        "statutory": case.statutory,
    }
    amount = money["refund"] + money["goodwill"] + money["reship_value"]
    return {**plain, **money, "amount": amount}
