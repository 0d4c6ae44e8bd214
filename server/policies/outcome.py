"""The values between an action and its ruling: the case that is looked at, and what it comes to."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Final, Literal, TypeAlias

from server.commerce.model import CustomerRecord, Money, OrderSnapshot, Product
from server.policies import facts
from server.policies.asked import Asked
from server.policies.decision import Decision, History
from server.policies.permits import Want
from server.policies.shape import Policy, Verdict

Detail: TypeAlias = str | int | bool | date | datetime | Money | tuple[str, ...]

JudgeKey = Literal[
    "malformed",
    "lines_needed",
    "amount_needed",
    "amount_too_high",
    "address_needed",
    "address_incomplete",
    "address_differs",
    "kind_needed",
    "kind_unknown",
    "photo_needed",
    "customer_unknown",
    "no_ground",
    "nothing_left",
    "captured_unknown",
    "tender_unknown",
    "settled_before",
    "in_progress",
    "difference_unknown",
    "difference_not_taken",
    "limit_reached",
]
"""Why, as a key, beside those of `permits` and `decision`: every key has its words elsewhere."""

BY_HAND: Final = frozenset(
    {
        "captured_unknown",
        "tender_unknown",
        "difference_unknown",
        "nothing_left",
        "product_unknown",
        "state_unknown",
        "payment_link_needed",
        "in_progress",
    }
)
"""Reviews of which nobody knows what doing them would come to: a person does them in the shop's own system, not here."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an action comes to; amounts in minor units of the order's currency.

    `amount` leaves the shop, as `kind` says: a refund, goodwill, or goods that are sent. `goods` is what an exchange sends
    against goods that come back. `is_statutory` = the law grants it, nobody's consent stands before it."""

    verdict: Verdict = "allow"
    key: str = "permitted"
    facts: Mapping[str, Detail] = field(default_factory=dict)
    ask: str | None = None
    amount: int = 0
    kind: Literal["refund", "goodwill", "reship"] = "refund"
    goods: int = 0
    difference: int = 0
    decision: Decision | None = None
    rules: tuple[str, ...] = ()
    is_statutory: bool = False
    is_final: bool = False


@dataclass(frozen=True, slots=True)
class Case:
    """One action before the policy, read, with everything that it is judged by."""

    policy: Policy
    asked: Asked
    order: OrderSnapshot | None
    customer: CustomerRecord | None
    products: Mapping[str, Product]
    history: History
    now: datetime

    def left(self, order: OrderSnapshot) -> int:
        """What is left of the captured money, less what is on its way and not to be seen yet."""
        return max(0, facts.available(order) - self.history.in_flight_minor)


def want(asked: Asked) -> Want:
    """The action in the words of `permits`."""
    return Want(asked.wishes, asked.reason, asked.method, asked.method, asked.outcome)


def no(key: str, **told: Detail) -> Outcome:
    """Refused."""
    return Outcome("deny", key, told)


def person(key: str, **told: Detail) -> Outcome:
    """For a person to decide."""
    return Outcome("review", key, told)


def ask(question: str, key: str, **told: Detail) -> Outcome:
    """A question comes first."""
    return Outcome("review", key, told, ask=question)
