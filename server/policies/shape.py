"""The policy file as frozen values: one class per section, one field per key, in the file's own words.

Amounts are minor units of `currency`, rates are basis points (10000 = 100 %), periods are days unless the name
says otherwise. The values of the shipped policy are in default.yaml, not here: a field's default here only says
what an absent key means inside a list item or a new table.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Literal, TypeAlias

from server.policies.conditions import Condition

Any_: TypeAlias = Literal["any"]
Need = Literal["none", "agent", "senior", "two_person"]
Verdict = Literal["allow", "deny", "review"]
ProofWord = Literal["order_number", "email", "phone", "name", "zip", "otp", "signed_in", "channel"]
OutcomeKind = Literal["refund", "credit", "exchange"]
Release = Literal["on_inspection", "on_receipt", "on_first_scan", "immediately"]
State = Literal[
    "unfulfilled",
    "on_hold",
    "scheduled",
    "processing",
    "partially_shipped",
    "shipped",
    "not_required",
    "delivered",
    "cancelled",
    "unknown",
]
HumanReason = Literal[
    "legal",
    "safety",
    "reputation",
    "distress",
    "vulnerable",
    "chargeback",
    "repeat_complaint",
    "policy_exception",
    "over_limit",
    "vip",
]


def _days(default: int = 0) -> int:
    """A period in days; 3660 (ten years) catches a slip of the keyboard."""
    return field(default=default, metadata={"least": 0, "most": 3660})


def _money(default: int = 0) -> int:
    return field(default=default, metadata={"least": 0})


def _count(default: int = 0) -> int:
    return field(default=default, metadata={"least": 0})


def _rate(default: int = 0) -> int:
    return field(default=default, metadata={"least": 0, "most": 10_000})


@dataclass(frozen=True, slots=True)
class Defaults:
    """What holds where nothing else is said."""

    unknown_fact: Literal["review", "ask"] = "review"
    grace_days: int = _days()
    transit_buffer_days: int = _days()
    rounding: Literal["half_up_cumulative"] = "half_up_cumulative"
    tz: str = "UTC"


@dataclass(frozen=True, slots=True)
class Match:
    """Where a zone applies: ISO country codes, or "*"; regions narrow it further."""

    country: tuple[str, ...] = ()
    region: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Label:
    """Who pays the return label: the merchant, the customer by deduction of `fee`, or the customer alone."""

    kind: Literal["merchant", "deduct", "self_paid"] = "self_paid"
    fee: int = _money()


@dataclass(frozen=True, slots=True)
class OutcomeRule:
    """One way a voluntary return may end."""

    enabled: bool = True
    window_days: int | Literal["unlimited"] = field(default=0, metadata={"least": 0, "most": 3660})
    from_: Literal["delivered", "shipped", "placed"] = "delivered"
    label: Label = field(default_factory=Label)
    release: Release = "on_inspection"
    bonus_bp: int = _rate()
    bonus_cap: int = _money()
    expires_days: int = _days()
    max_chain: int = _count()


@dataclass(frozen=True, slots=True)
class Outcomes:
    """The three ends of a return."""

    refund: OutcomeRule = field(default_factory=OutcomeRule)
    credit: OutcomeRule = field(default_factory=OutcomeRule)
    exchange: OutcomeRule = field(default_factory=OutcomeRule)


@dataclass(frozen=True, slots=True)
class Zone:
    """A part of the world: its law, its warehouse and, if given, its own outcomes (already complete here)."""

    id: str
    match: Match
    law: str = "none"
    return_to: str = ""
    verdict: Literal["allow", "review"] = "allow"
    outcomes: Outcomes | None = None


@dataclass(frozen=True, slots=True)
class Law:
    """A statutory pack: values that counsel confirms, kept as data. Nothing here is legal advice."""

    withdrawal_days: int = _days()
    applies: Literal["always", "undisclosed", "never"] = "never"
    starts: Literal["last_item", "delivered"] = "delivered"
    uninformed_extra_days: int = _days()
    unused_only: bool = False
    exempt: tuple[str, ...] = ()
    ask_person: tuple[str, ...] = ()
    refund_within_days: int = _days(14)
    send_back_days: int = _days(14)
    outbound_shipping: Literal["standard", "none"] = "none"
    same_payment_means: bool = False
    diminished_value: bool = False
    reject_days: int = _days()
    guarantee_months: int = _count()


@dataclass(frozen=True, slots=True)
class Disclosure:
    """What the shop tells before purchase; law turns on it."""

    policy_shown: bool = False
    withdrawal_informed: bool = False
    return_cost_told: bool = False


@dataclass(frozen=True, slots=True)
class Holiday:
    """Orders placed in the season may come back until one common day."""

    placed_from: date
    placed_to: date
    window_until: date


Ruling = Literal["allow", "deny", "review"]


@dataclass(frozen=True, slots=True)
class Flag:
    """Goods that do not come back on a mere change of mind, and how they are recognised."""

    tags: tuple[str, ...] = ()
    collections: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    change_of_mind: Ruling | None = None
    opened: Ruling | None = None
    sealed: Ruling | None = None
    except_: tuple[Literal["fault", "statutory"], ...] = ("fault", "statutory")


@dataclass(frozen=True, slots=True)
class Restocking:
    """A restocking fee on goods recognised by tag, collection or category; with no such key, on all goods."""

    bp: int = field(metadata={"least": 0, "most": 10_000})
    tags: tuple[str, ...] = ()
    collections: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Fees:
    """What a voluntary return costs beside the label."""

    restocking: tuple[Restocking, ...] = ()


@dataclass(frozen=True, slots=True)
class Fault:
    """Goods that were wrong, damaged, defective or never came."""

    report_days: int = _days()
    photo_over: int = _money()
    keep_item_max: int = _money()
    choice: tuple[Literal["replace", "refund", "repair"], ...] = ("replace", "refund")


@dataclass(frozen=True, slots=True)
class KeepItem:
    """When sending back costs more than it brings: the share of the refund that a label may eat, and how often."""

    label_share_bp: int = _rate()
    label_cost: int = _money()
    per_days: int = _days()
    most: int = _count()


@dataclass(frozen=True, slots=True)
class InstantRefund:
    """Who is paid before the goods are back, and when."""

    max: int = _money()
    release: Literal["on_first_scan", "immediately"] = "on_first_scan"
    min_account_days: int = _days()
    min_orders: int = _count()
    max_return_rate_bp: int = _rate()
    max_inr_12m: int = _count()


@dataclass(frozen=True, slots=True)
class Vip:
    """Who is a VIP, what they get, and what of theirs goes to a person."""

    tags: tuple[str, ...] = ()
    extra_days: int = _days()
    free_label: bool = False
    to_person: tuple[Literal["complaint", "refusal", "money"], ...] = ()


@dataclass(frozen=True, slots=True)
class Abuse:
    """Tags of customers and orders by which people of the shop ask for a look at every voluntary return."""

    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Warranty:
    """Claims after the window, in months from delivery."""

    default_months: int = _count()
    by_collection: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class LostAfter:
    """Business days without a scan after the promise has passed."""

    domestic_bd: int = _count()
    cross_border_bd: int = _count()


@dataclass(frozen=True, slots=True)
class Goodwill:
    """A credit for being late by so many days or more."""

    late_days: int = _days()
    credit: int = _money()


@dataclass(frozen=True, slots=True)
class Late:
    """Late and lost parcels."""

    lost_after: LostAfter = field(default_factory=LostAfter)
    goodwill: tuple[Goodwill, ...] = ()


@dataclass(frozen=True, slots=True)
class Gift:
    """Returns by the person who was given the goods."""

    outcome: tuple[OutcomeKind, ...] = ()
    hide_prices: bool = True


@dataclass(frozen=True, slots=True)
class Exchange:
    """How an exchange is priced."""

    extra_days: int = _days()
    keep_discount: bool = True


@dataclass(frozen=True, slots=True)
class SoldByOther:
    """Tags of orders and lines that somebody else sold: their policy holds, not this one."""

    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Shipping:
    """`standard`: what standard delivery costs; more than that is not refunded. None = whatever was paid."""

    standard: int | None = field(default=None, metadata={"least": 0})


@dataclass(frozen=True, slots=True)
class PriceAdjustment:
    """Paying the difference when a price dropped after purchase; 0 days = not offered."""

    days: int = _days()


@dataclass(frozen=True, slots=True)
class ApprovalRule:
    """When a person must agree, and who."""

    when: str
    need: Literal["agent", "senior", "two_person"]
    id: str = ""


@dataclass(frozen=True, slots=True)
class ApprovalTimes:
    """How long an approval may wait and how long it holds."""

    agent_hours: int = _count()
    senior_business_days: int = _count()
    expires_hours: int = _count()


@dataclass(frozen=True, slots=True)
class Limits:
    """What the assistant may pay out by itself. `stop_all` = nothing is done in the shop by itself, whatever it is."""

    stop_all: bool = False
    bot_daily_refund_total: int = _money()
    bot_refunds_per_customer_30d: int = _count()


@dataclass(frozen=True, slots=True)
class Tenders:
    """Where money goes back to, in this order, never more to one than it paid."""

    order: tuple[str, ...] = ()
    allow_other_method: Literal["never", "human"] = "never"


@dataclass(frozen=True, slots=True)
class Proofs:
    """Any one list of proof words, all of them given, opens the door.

    `order_total_over`, of `step_up` alone: it is asked for, too, where the order's total is above so much."""

    any_of: tuple[tuple[ProofWord, ...], ...]
    order_total_over: int | None = field(default=None, metadata={"least": 0})


@dataclass(frozen=True, slots=True)
class Channel:
    """How long the provider's word for an address counts for an order (phone numbers are given to new owners).

    Within `contact_days` of a change of the customer's contacts, `identity.step_up` is asked for; 0 = never."""

    phone_days: int = _days()
    contact_days: int = _days()


@dataclass(frozen=True, slots=True)
class ActionRule:
    """When an action may be done at all. A key that has no meaning for an action is reported by `doctor`."""

    enabled: bool = True
    states: tuple[State, ...] | Any_ = "any"
    reasons: tuple[str, ...] | Any_ = "any"
    whole_order_only: bool = False
    refund_to: tuple[str, ...] = ("original",)
    refund_to_by: Literal["choice", "first"] = "choice"
    profile: bool = False
    methods: Literal["on_file", "any"] = "on_file"
    balance_covers: bool = False
    scope: Literal["same_product", "same_category", "any"] = "any"
    times: int | Any_ = field(default="any", metadata={"least": 0})
    in_stock: bool = False
    difference: Literal["stored_method", "original", "payment_link", "none"] = "stored_method"
    need: Need = "none"


@dataclass(frozen=True, slots=True)
class HandoffRules:
    """From which numbers a feeling or a repetition goes to a person."""

    distress_from: int = field(default=3, metadata={"least": 1, "most": 4})
    complaints_from: int = field(default=2, metadata={"least": 1})
    complaint_days: int = _days(30)


@dataclass(frozen=True, slots=True)
class Policy:
    """One version of the shop's rules, complete. `hash` names its exact content."""

    version: str
    currency: str
    reviewed_by: str
    reviewed_on: str
    promo_break: Literal["pro_rata", "recompute"]
    defaults: Defaults
    disclosure: Disclosure
    zones: tuple[Zone, ...]
    laws: Mapping[str, Law]
    outcomes: Outcomes
    exchange: Exchange
    holiday: Holiday | None
    flags: Mapping[str, Flag]
    fees: Fees
    fault: Fault
    keep_item: KeepItem
    instant_refund: InstantRefund
    vip: Vip
    abuse: Abuse
    warranty: Warranty
    late: Late
    gift: Gift
    sold_by_other: SoldByOther
    shipping: Shipping
    price_adjustment: PriceAdjustment
    approval: tuple[ApprovalRule, ...]
    approval_times: ApprovalTimes
    limits: Limits
    tenders: Tenders
    identity: Mapping[str, Proofs]
    channel: Channel
    actions: Mapping[str, ActionRule]
    human_only: tuple[HumanReason, ...]
    handoff: HandoffRules
    hash: str = field(default="", init=False)
    conditions: tuple[Condition, ...] = field(default=(), init=False)

    @staticmethod
    def default() -> "Policy":
        """The policy that ships with Onethread (server/policies/default.yaml)."""
        from server.policies.file import load  # the loader builds this class

        return load(None)
