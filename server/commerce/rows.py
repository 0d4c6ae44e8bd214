"""The shape of an answer to "where is my order": rows, facts, offers and escalations.

The thirty rows are those of the WISMO decision table (WISMO: where is my order). `ROW_FACTS` promises which facts a row
carries, because the words are made elsewhere and from facts only. Offers are machine names of what may be proposed;
policy and proof of identity still decide. This module computes nothing about orders.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Literal, TypeAlias

from server.commerce.business import end_of, local_day
from server.commerce.derive import DeriveConfig
from server.commerce.model import Eta, EtaKind, Fact, FactKind, FactValue, LocalTime, Moment, Window

Target: TypeAlias = Literal["person", "task", "reminder"]


@dataclass(frozen=True, slots=True)
class Escalation:
    """Somebody must know. `to` = a person now, a task for operations, or a reminder to the shopper.

    `reason` is one of the handoff reasons (`distress chargeback over_limit policy_exception unreadable failed ...`);
    `why` is the rule that fired, for agents; never shown to a shopper."""

    reason: str
    why: str
    to: Target = "person"


@dataclass(frozen=True, slots=True)
class RowResult:
    """One row of the table for one parcel, or, without `shipment_id`, for lines that have not left yet."""

    row: int
    shipment_id: str | None
    facts: tuple[Fact, ...] = ()
    offers: tuple[str, ...] = ()
    escalate: tuple[Escalation, ...] = ()
    line_ids: tuple[str, ...] = ()

    def fact(self, key: str) -> Fact | None:
        """The fact with this key."""
        return next((fact for fact in self.facts if fact.key == key), None)


@dataclass(frozen=True, slots=True)
class WismoAnswer:
    """What may be said, offered and escalated about one order.

    `row` is the headline (28 when there is more than one thing to say; then `parcels` holds one result per parcel,
    worst first, and last the lines that have not left). `confidence` is 1.0, 0.5 when the read is older than it should
    be, 0.0 when nothing can be seen. `order_id` is empty when no order could be read."""

    order_id: str
    number: str
    row: int
    parcels: tuple[RowResult, ...]
    facts: tuple[Fact, ...]
    offers: tuple[str, ...]
    escalate: tuple[Escalation, ...]
    as_of: datetime | None
    confidence: float

    def fact(self, key: str) -> Fact | None:
        """The fact with this key; parcels of row 28 have their own."""
        return next((fact for fact in self.facts if fact.key == key), None)

    @property
    def all_facts(self) -> tuple[Fact, ...]:
        """Everything that a reply about this order may say."""
        held = set(map(id, self.facts))
        more = [fact for parcel in self.parcels for fact in parcel.facts if id(fact) not in held]
        return tuple(dict.fromkeys([*self.facts, *more])) if more else self.facts

    @property
    def needs_person(self) -> bool:
        """True when a person must take over, not only be told."""
        return any(each.to == "person" for each in self.escalate)


@dataclass(frozen=True, slots=True)
class WismoConfig:
    """The shop's limits. Days are business days unless the name says otherwise; money is in minor units.

    `fresh_for` is how old a read may be before its age is said."""

    derive: DeriveConfig = field(default_factory=DeriveConfig)
    value_threshold_minor: int = 15_000
    fresh_for: timedelta = timedelta(minutes=5)
    hold_sla: timedelta = timedelta(hours=24)
    address_hold_limit: timedelta = timedelta(hours=48)
    refund_limit: timedelta = timedelta(hours=24)
    bank_days: int = 10
    unpromised_ship_calendar_days: int = 30
    release_handling_days: int = 2
    missed_ship_calendar_days: int = 2
    first_scan_days: int = 2
    unscanned_person_days: int = 4
    lost_after_days: int = 10
    trace_days: int = 5
    exception_limit: timedelta = timedelta(hours=48)
    early_scan_wait: timedelta = timedelta(hours=24)
    returning_calendar_days: int = 14
    choice_calendar_days: int = 7
    email_change_calendar_days: int = 30
    urgent_tags: frozenset[str] = frozenset({"perishable", "gift-date", "gift_date"})


@dataclass(frozen=True, slots=True)
class Signals:
    """What others know about the shopper and the case, and the table's "escalate when" column asks for.

    Everything defaults to "nothing known". `told` is the delivery moment that the shopper last heard, by shipment;
    `traced_lost` when a completed trace gave a shipment up."""

    is_upset: bool = False
    shows_proof_of_charge: bool = False
    mentions_police: bool = False
    is_vip: bool = False
    has_gps_mismatch: bool = False
    address_differs: bool = False
    recall_rejected: bool = False
    out_of_stock: bool = False
    not_received_claims_12m: int = 0
    losses_12m: int = 0
    failed_reads: int = 0
    trace_opened_at: datetime | None = None
    email_changed_at: datetime | None = None
    told: Mapping[str, Moment] = field(default_factory=dict)
    traced_lost: Mapping[str, datetime] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RowFacts:
    """The keys that a row always has, and those it has when they are known."""

    required: frozenset[str] = frozenset()
    optional: frozenset[str] = frozenset()


def _keys(required: str = "", optional: str = "") -> RowFacts:
    return RowFacts(frozenset(required.split()), frozenset(optional.split()))


ANSWER_FACTS = frozenset({"order_number"})
"""Keys that the answer itself has beside those of its row."""

AGE_FACTS = frozenset({"as_of", "age_minutes", "age_hours", "age_days"})
"""Keys that an answer has when it rests on an old read: when that was, and one of the ages."""

PROBLEM_FACTS = frozenset({"payment_problem", "problem_amount", "problem_at"})
"""Keys that an answer has while something is wrong with the money."""

PARCEL_FACTS = frozenset({"carrier", "tracking_number", "tracking_url", "items", "item_count", "feed_read"})
"""Keys that every row about a parcel may have: rows 10 to 27. `feed_read` = the carrier was not read since."""

_LAST = "last_event last_at"
_REFUND = "refund_status refund_amount refund_method refund_at bank_days"

ROW_FACTS: Mapping[int, RowFacts] = {
    1: _keys("cancelled_at", f"cancel_reason payment_status {_REFUND}"),
    2: _keys("payment_status total", "pay_url"),
    3: _keys("", "hold_since"),
    4: _keys("hold_sla"),
    5: _keys("items item_count", "expected_on other_items other_state"),
    6: _keys("", "ships_on items item_count"),
    7: _keys("", "fulfil_by promised items item_count warehouse"),
    8: _keys("fulfil_by", "promised items item_count warehouse"),
    9: _keys("", "promised items item_count warehouse"),
    10: _keys("label_at first_scan_days", "promised"),
    11: _keys("", "label_at unscanned_days promised"),
    12: _keys(_LAST, "last_city eta was_expected promised quiet_days usual_days"),
    13: _keys(_LAST, "last_city eta was_expected old reason promised delay"),
    14: _keys(_LAST, "quiet_days held last_city eta was_expected promised"),
    15: _keys(f"{_LAST} promised", "quiet_days held last_city eta was_expected trace_answer_by"),
    16: _keys("customs_since", "duty duty_amount duty_url documents last_city eta promised"),
    17: _keys("since", "address_city address_zip"),
    18: _keys("since", "reason last_city eta was_expected"),
    19: _keys("since"),
    20: _keys("since", "eta last_city"),
    21: _keys("attempt_number attempted_at", "reason next_at pickup_place pickup_until"),
    22: _keys("since", "pickup_place pickup_hours pickup_until"),
    23: _keys("delivered_at", "pod_place signed_by"),
    24: _keys("delivered_at", "pod_place signed_by wait_until parcels_coming"),
    25: _keys("since", "reason expected_back_on"),
    26: _keys("returned_at", _REFUND),
    27: _keys("loss", "lost_at quiet_days last_at"),
    28: _keys("parcels_total items_total items_shipped items_delivered"),
    29: _keys("email", "sent_at"),
    30: _keys("", "last_read fulfilment payment_status"),
}
"""Row -> the keys of its facts. Rows 10 to 27 may also have PARCEL_FACTS; answers also ANSWER_FACTS."""

OFFERS = frozenset(
    [
        "call_back",
        "cancel",
        "change_address",
        "change_items",
        "claim",
        "collect_by_other",
        "directions",
        "expedite",
        "extend_hold",
        "goodwill",
        "hold_at_pickup",
        "human",
        "notify",
        "pay_duty",
        "pay_link",
        "refund",
        "refund_status",
        "reorder",
        "report_problem",
        "resend",
        "reschedule",
        "reship",
        "safe_place",
        "send_documents",
        "split_ship",
        "start_return",
        "swap",
        "trace",
        "track",
        "wait",
    ]
)
"""Every machine name that `offers` may hold."""

MONEY_OFFERS = frozenset({"refund", "reship", "cancel", "goodwill"})
"""Offers that fall away while a dispute is open: the bank decides, never both."""


class FactList:
    """Gathers facts of one source; what is None is not known and becomes no fact."""

    def __init__(self, source: str, at: datetime, tz: str) -> None:
        self._source = source
        self._at = at
        self._tz = tz
        self._facts: list[Fact] = []

    def add(self, key: str, kind: FactKind, value: FactValue | None, source: str | None = None) -> "FactList":
        """One fact, if there is one."""
        if value is not None and value != "":
            self._facts.append(Fact(key, kind, value, source or self._source, self._at))
        return self

    def moment(self, key: str, moment: Moment | None, *, is_date_only: bool = False) -> "FactList":
        """An instant with its zone, or a date that is never given an hour."""
        if isinstance(moment, datetime) and not is_date_only:
            return self.add(key, "datetime", LocalTime(moment, self._tz))
        return self.add(key, "date", None if moment is None else local_day(moment, self._tz))

    def day(self, key: str, moment: Moment | None) -> "FactList":
        """The day alone, in the zone of the destination."""
        return self.moment(key, moment, is_date_only=True)

    def span(self, key: str, start: Moment | None, end: Moment | None) -> "FactList":
        """A window, or the one moment that is known of it."""
        if start is None or end is None or start == end:
            return self.moment(key, end if end is not None else start)
        return self.add(key, "window", self._window(start, end))

    def days(self, key: str, start: Moment | None, end: Moment | None) -> "FactList":
        """A window of days, hours left out."""
        return self.span(key, self._day(start), self._day(end))

    def eta(self, key: str, eta: Eta | None) -> "FactList":
        """The carrier's expectation, as exact as the carrier was."""
        if eta is None:
            return self
        if eta.kind is EtaKind.WINDOW:
            return self.span(key, eta.min, eta.max)
        return self.moment(key, eta.max)

    def done(self) -> tuple[Fact, ...]:
        """The facts in the order in which they were added."""
        return tuple(self._facts)

    def _day(self, moment: Moment | None) -> date | None:
        return None if moment is None else local_day(moment, self._tz)

    def _window(self, start: Moment, end: Moment) -> Window:
        if isinstance(start, datetime) and isinstance(end, datetime):
            return Window(start, end, self._tz)
        return Window(local_day(start, self._tz), local_day(end, self._tz), self._tz)


def has_passed(moment: Moment | None, now: datetime, tz: str) -> bool:
    """True when the moment, or the whole of the date, is over."""
    return moment is not None and end_of(moment, tz) < now
