"""The values that go into a return decision and come out of it, and nothing else.

A request says what the customer wants and answered; a decision says what the policy makes of it, with the rule, a
key that another room turns into words, and the facts for those words. No text for customers lives here.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Final, Literal, TypeAlias

from server.commerce.model import Money
from server.policies.shape import Need, OutcomeKind, Release, Verdict


class Reason(StrEnum):
    """Why goods come back."""

    UNWANTED = "unwanted"
    SIZE_SMALL = "size_small"
    SIZE_LARGE = "size_large"
    STYLE_COLOR = "style_color"
    NOT_AS_DESCRIBED = "not_as_described"
    DEFECTIVE = "defective"
    DAMAGED_IN_TRANSIT = "damaged_in_transit"
    WRONG_ITEM = "wrong_item"
    MISSING_ITEM = "missing_item"
    MISSING_PART = "missing_part"
    ARRIVED_LATE = "arrived_late"
    NOT_RECEIVED = "not_received"
    WARRANTY = "warranty"
    GIFT = "gift"
    OTHER = "other"


FAULTS: Final = frozenset(
    {
        Reason.NOT_AS_DESCRIBED,
        Reason.DEFECTIVE,
        Reason.DAMAGED_IN_TRANSIT,
        Reason.WRONG_ITEM,
        Reason.MISSING_ITEM,
        Reason.MISSING_PART,
        Reason.NOT_RECEIVED,
        Reason.WARRANTY,
    }
)
"""Reasons for which the merchant answers."""

NOTHING_TO_SEND: Final = frozenset({Reason.MISSING_ITEM, Reason.MISSING_PART, Reason.NOT_RECEIVED})
"""Faults after which there is nothing to send back."""

ExplainKey = Literal[
    "within_window",
    "within_grace",
    "window_passed",
    "fault",
    "fault_guarantee",
    "fault_too_late",
    "warranty_claim",
    "claim_not_received",
    "statutory_withdrawal",
    "flagged",
    "worn",
    "worn_statutory",
    "quantity_exceeded",
    "not_shipped",
    "not_delivered",
    "order_cancelled",
    "not_paid",
    "dispute_open",
    "sold_by_other",
    "unknown_line",
    "delivery_date_unknown",
    "country_unknown",
    "zone_by_person",
    "by_person",
    "promise_kept",
    "promise_unproven",
    "answer_needed",
    "outcome_not_offered",
    "exchange_chain",
]
"""Why, as a key: every key has its words elsewhere."""

Question = Literal["opened", "delivered_on"]
Detail: TypeAlias = str | int | bool | date | datetime | Money


@dataclass(frozen=True, slots=True)
class RequestLine:
    """What should happen to so many pieces of a line, with the customer's answers (None = not answered).

    `is_worn` covers worn, washed, without tags, or with parts missing."""

    line_id: str
    quantity: int
    reason: Reason = Reason.OTHER
    is_opened: bool | None = None
    is_worn: bool | None = None


@dataclass(frozen=True, slots=True)
class ReturnRequest:
    """A wish to send goods back. `wished` None = the customer has not said how it should end.

    `promised_until` is a window that somebody promised; it counts only with `promise_evidence`, the id of the event
    or message that holds the promise."""

    lines: tuple[RequestLine, ...]
    wished: OutcomeKind | None = None
    is_gift: bool = False
    delivered_on: date | None = None
    promised_until: date | None = None
    promise_evidence: str | None = None


@dataclass(frozen=True, slots=True)
class History:
    """What is known of the customer beside the order; amounts in minor units of the order's currency.

    Absent knowledge is 0 or None: it never makes a decision kinder. `refunds_30d` are the refunds that nobody but the
    assistant agreed to, `paid_today_minor` what it paid out today to anybody (in the policy's currency). `in_flight_minor`
    is money that leaves the order and that its snapshot does not show yet, `in_progress` counts the actions on the order of
    which nobody knows yet what they came to, or that are younger than its snapshot; `settled` counts pieces, by line, that were sent
    again or paid back without a return; `credits_on_order` are the credits given for this order. `promised_until` is the last day
    that somebody at the desk promised for this order, `promise_evidence` the event that says so. `abuse_signals` are what
    `abuse_score` is the sum of; `is_abuse_flagged` is set by people alone."""

    account_days: int = 0
    orders_12m: int = 0
    orders: int = 0
    return_rate_bp: int | None = None
    inr_12m: int = 0
    replacements_12m: int = 0
    kept_items: int | None = None
    refunds_30d: int = 0
    sum_refunds_30d_minor: int = 0
    complaints_30d: int = 0
    abuse_score: int = 0
    abuse_signals: tuple[str, ...] = ()
    is_abuse_flagged: bool = False
    has_legal_signal: bool = False
    has_public_post_signal: bool = False
    paid_today_minor: int = 0
    in_flight_minor: int = 0
    in_progress: int = 0
    settled: Mapping[str, int] = field(default_factory=dict)
    credits_on_order: int = 0
    promised_until: date | None = None
    promise_evidence: str | None = None


@dataclass(frozen=True, slots=True)
class Offer:
    """One way a line may end, in minor units of the order's currency.

    `amount_minor` is the line's worth less restocking, plus the bonus on store credit; the label is taken once for
    the whole return (`Total`). `is_estimate` = an inspection may still reduce it, by law only."""

    kind: OutcomeKind | Literal["replace", "repair"]
    verdict: Literal["allow", "review"]
    amount_minor: int
    restocking_minor: int = 0
    bonus_minor: int = 0
    label: Literal["merchant", "customer", "none"] = "merchant"
    label_fee_minor: int = 0
    keep_item: bool = False
    release: Release = "on_inspection"
    is_estimate: bool = False


@dataclass(frozen=True, slots=True)
class LineResult:
    """The verdict on so many pieces of one line. With `deny`, `offers` holds what is possible instead."""

    line_id: str
    quantity: int
    verdict: Verdict
    offers: tuple[Offer, ...]
    rules: tuple[str, ...]
    explain_key: ExplainKey
    facts: Mapping[str, Detail] = field(default_factory=dict)
    ask: Question | None = None
    is_statutory: bool = False

    def offer(self, kind: str) -> Offer | None:
        """The offer of this kind."""
        return next((offer for offer in self.offers if offer.kind == kind), None)


@dataclass(frozen=True, slots=True)
class Total:
    """What a whole return comes to if it ends in `kind`, in the order's currency.

    `is_capped` = the order has less left than it comes to. `is_eaten` = charges take it all: tell before confirming."""

    kind: str
    amount: Money
    items_minor: int
    shipping_minor: int
    label_fee_minor: int
    bonus_minor: int
    is_capped: bool
    is_eaten: bool


@dataclass(frozen=True, slots=True)
class Decision:
    """What the policy makes of a request.

    `inputs_hash` names everything the decision was made of but the time; `decision_hash` also names what came out.
    Executing evaluates again: another `decision_hash` = ask the customer again."""

    verdict: Verdict
    lines: tuple[LineResult, ...]
    totals: tuple[Total, ...]
    approval: Need
    approval_rules: tuple[str, ...]
    statutory_floor_applied: bool
    zone: str
    policy_version: str
    policy_hash: str
    inputs_hash: str
    decision_hash: str
    decided_at: datetime
    expires_at: datetime

    @property
    def ask(self) -> tuple[str, Question] | None:
        """The first open question, as (line id, question)."""
        return next(((line.line_id, line.ask) for line in self.lines if line.ask), None)

    def total(self, kind: str) -> Total | None:
        """The total for this outcome."""
        return next((total for total in self.totals if total.kind == kind), None)
