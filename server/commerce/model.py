"""The words of a live order: immutable values that every answer, policy and action reads.

An `OrderSnapshot` is what one read of the order system told us, with the time of that read and its source. This module
holds values only: it knows neither files nor platforms nor time zones of destinations (`parse` fills the values in),
and it decides nothing (`derive` and `wismo` do). A platform word that we do not know becomes `unknown`, never a happy
state; `shipped` never means delivered. Times are aware and in UTC, money is integer minor units with its currency.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Literal, TypeAlias

Moment: TypeAlias = date | datetime
"""A point in time, or a date alone: a date means "by the end of that day at the destination"."""


class PaymentState(StrEnum):
    """What we know about the money of an order."""

    PENDING = "pending"
    AUTHORIZED = "authorized"
    EXPIRED = "expired"
    PARTIALLY_PAID = "partially_paid"
    PAID = "paid"
    PARTIALLY_REFUNDED = "partially_refunded"
    REFUNDED = "refunded"
    VOIDED = "voided"
    FAILED = "failed"
    UNKNOWN = "unknown"


class FulfilmentPhase(StrEnum):
    """How far the warehouse is; `shipped` says nothing about delivery."""

    UNFULFILLED = "unfulfilled"
    ON_HOLD = "on_hold"
    SCHEDULED = "scheduled"
    PROCESSING = "processing"
    PARTIALLY_SHIPPED = "partially_shipped"
    SHIPPED = "shipped"
    NOT_REQUIRED = "not_required"
    CANCELLED = "cancelled"
    UNKNOWN = "unknown"


class ShipmentStatus(StrEnum):
    """Where one parcel is; also the codes of its tracking events."""

    LABEL_CREATED = "label_created"
    PICKED_UP = "picked_up"
    IN_TRANSIT = "in_transit"
    CUSTOMS = "customs"
    OUT_FOR_DELIVERY = "out_for_delivery"
    ATTEMPTED = "attempted"
    AVAILABLE_FOR_PICKUP = "available_for_pickup"
    DELIVERED = "delivered"
    EXCEPTION = "exception"
    RETURNING = "returning"
    RETURNED = "returned"
    LOST = "lost"
    DAMAGED = "damaged"
    CANCELLED = "cancelled"
    UNKNOWN = "unknown"


class ShipmentFlag(StrEnum):
    """What else is true of a parcel; any number at once."""

    STALLED = "stalled"
    LATE = "late"
    ETA_REVISED = "eta_revised"
    ADDRESS_PROBLEM = "address_problem"
    ACTION_REQUIRED = "action_required"
    DUTY_DUE = "duty_due"
    NO_CARRIER_DATA = "no_carrier_data"
    VOIDED_LABEL = "voided_label"
    SIGNATURE_REQUIRED = "signature_required"
    MISROUTED = "misrouted"
    WEATHER = "weather"
    SPLIT = "split"
    PRESUMED_LOST = "presumed_lost"


class HoldReason(StrEnum):
    """Why the warehouse waits. `fraud_review` is never told to a shopper."""

    PAYMENT = "payment"
    FRAUD_REVIEW = "fraud_review"
    ADDRESS = "address"
    OUT_OF_STOCK = "out_of_stock"
    AWAITING_RETURN_ITEMS = "awaiting_return_items"
    UPSELL_WINDOW = "upsell_window"
    UNKNOWN_DATE = "unknown_date"
    OTHER = "other"


class ReturnStatus(StrEnum):
    """Where a return (RMA) is."""

    REQUESTED = "requested"
    DECLINED = "declined"
    APPROVED = "approved"
    LABEL_ISSUED = "label_issued"
    IN_TRANSIT = "in_transit"
    RECEIVED = "received"
    INSPECTED = "inspected"
    APPROVED_FOR_PAYOUT = "approved_for_payout"
    REFUNDED = "refunded"
    EXCHANGED = "exchanged"
    REPAIRED = "repaired"
    REJECTED = "rejected"
    EXPIRED = "expired"
    CANCELLED = "cancelled"
    CLOSED = "closed"
    UNKNOWN = "unknown"


class ReturnOutcome(StrEnum):
    """What the shopper gets for what goes back."""

    REFUND = "refund"
    STORE_CREDIT = "store_credit"
    EXCHANGE = "exchange"
    REPAIR = "repair"
    KEEP = "keep"
    UNKNOWN = "unknown"


class RefundStatus(StrEnum):
    """`pending` = submitted to the bank; only `succeeded` means refunded."""

    PENDING = "pending"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    UNKNOWN = "unknown"


class Direction(StrEnum):
    """Which way a parcel travels."""

    FORWARD = "forward"
    RETURN = "return"


@dataclass(frozen=True, slots=True)
class Money:
    """An amount in minor units (cents; JPY has none) of one currency (ISO 4217)."""

    amount_minor: int
    currency: str


@dataclass(frozen=True, slots=True)
class Place:
    """Where a scan happened, as far as the carrier said."""

    city: str | None = None
    region: str | None = None
    country: str | None = None
    facility: str | None = None


@dataclass(frozen=True, slots=True)
class Address:
    """A postal address; `country` is ISO 3166 alpha-2."""

    name: str = ""
    line1: str = ""
    line2: str = ""
    city: str = ""
    region: str = ""
    zip: str = ""
    country: str = ""
    phone: str | None = None
    kind: str | None = None


@dataclass(frozen=True, slots=True)
class Quantities:
    """How many of one line: as ordered, as it stands after edits and cancellations, and how far they got."""

    ordered: int
    current: int
    fulfilled: int = 0
    delivered: int = 0
    returning: int = 0
    returned: int = 0
    refunded: int = 0


@dataclass(frozen=True, slots=True)
class Line:
    """One position of an order. `unit_price` is what one piece cost after discounts."""

    id: str
    sku: str
    product_id: str | None
    title: str
    options: Mapping[str, str]
    quantities: Quantities
    unit_price: Money
    final_sale: bool = False
    category: str | None = None
    requires_shipping: bool = True
    hygiene: bool = False
    tags: tuple[str, ...] = ()
    preorder_release_on: Moment | None = None
    is_backorder: bool = False
    backorder_expected_on: Moment | None = None


@dataclass(frozen=True, slots=True)
class LineQuantity:
    """So many pieces of one line; `to_sku` names what they become (exchanges and item changes)."""

    line_id: str
    quantity: int
    to_sku: str | None = None


@dataclass(frozen=True, slots=True)
class TrackingEvent:
    """One thing a carrier told us. `is_date_only` = speak of the day only, never of an hour.

    `is_informational` = says nothing about where the parcel is (an estimate, a note). `sequence` is the provider's own
    order where it gives one. Sort by `derive.event_order`, never by when we stored it."""

    code: ShipmentStatus
    raw_code: str
    at: datetime
    text: str | None = None
    place: Place = field(default_factory=Place)
    reason: str | None = None
    source: str = ""
    provider_event_id: str | None = None
    sequence: int | None = None
    received_at: datetime | None = None
    is_date_only: bool = False
    is_informational: bool = False


class EtaKind(StrEnum):
    """How exact an expected delivery is; a window is never collapsed to its start, a date never given an hour."""

    DATE = "date"
    DATETIME = "datetime"
    WINDOW = "window"


@dataclass(frozen=True, slots=True)
class EtaRevision:
    """The carrier moved its expectation at `at`, from one latest moment to another."""

    at: datetime | None
    was: Moment | None
    becomes: Moment | None


@dataclass(frozen=True, slots=True)
class Eta:
    """When a carrier expects to deliver; `tz` is the destination's zone."""

    kind: EtaKind
    min: Moment | None
    max: Moment | None
    tz: str
    source: str
    revisions: tuple[EtaRevision, ...] = ()


@dataclass(frozen=True, slots=True)
class Promise:
    """The delivery window that checkout promised; what `late` is measured against."""

    min: Moment | None
    max: Moment | None
    label: str | None = None


@dataclass(frozen=True, slots=True)
class ProofOfDelivery:
    """What the carrier recorded at delivery. `photo_url` and `geo` are for agents."""

    signed_by: str | None = None
    place: str | None = None
    photo_url: str | None = None
    geo: str | None = None


@dataclass(frozen=True, slots=True)
class Attempt:
    """A failed delivery and what comes next."""

    at: datetime | None = None
    reason: str | None = None
    next_on: Moment | None = None
    is_final: bool = False


@dataclass(frozen=True, slots=True)
class Pickup:
    """Where a parcel waits. The code is for the shopper's own eyes: it never becomes a fact."""

    place: str | None = None
    hours: str | None = None
    until: Moment | None = None
    code: str | None = None


@dataclass(frozen=True, slots=True)
class Duty:
    """What customs ask for. `is_prepaid` = the shop sold it duty paid."""

    amount: Money | None = None
    url: str | None = None
    is_prepaid: bool = False
    documents_requested: bool = False


@dataclass(frozen=True, slots=True)
class Shipment:
    """One parcel. `status` follows from `events` alone; what depends on the time is in `derive.ShipmentState`."""

    id: str
    carrier: str | None
    tracking_number: str | None
    lines: tuple[LineQuantity, ...]
    shipped_at: datetime | None
    events: tuple[TrackingEvent, ...]
    status: ShipmentStatus
    eta: Eta | None = None
    service: str | None = None
    direction: Direction = Direction.FORWARD
    tracking_url: str | None = None
    delivered_at: datetime | None = None
    last_scan: TrackingEvent | None = None
    feed_as_of: datetime | None = None
    pod: ProofOfDelivery | None = None
    attempts: tuple[Attempt, ...] = ()
    pickup: Pickup | None = None
    duty: Duty | None = None
    expected_back_on: Moment | None = None


@dataclass(frozen=True, slots=True)
class PaymentMethod:
    """A stored means of payment. `balance_minor` is known for gift cards and store credit."""

    id: str
    kind: str
    label: str
    balance_minor: int | None = None


@dataclass(frozen=True, slots=True)
class Payment:
    """The money side of an order."""

    status: PaymentState
    methods: tuple[PaymentMethod, ...] = ()
    disputed: bool = False
    pay_url: str | None = None


@dataclass(frozen=True, slots=True)
class Refund:
    """Money on its way back. `method` is `original`, `store_credit`, `gift_card` or the id of a payment method."""

    id: str
    at: datetime | None
    amount: Money
    status: RefundStatus
    method: str
    lines: tuple[LineQuantity, ...] = ()
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class ReturnLine:
    """What goes back; `to_sku` is set when it comes back as something else."""

    line_id: str
    quantity: int
    to_sku: str | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Return:
    """A return (RMA) or, with outcome `exchange`, an exchange."""

    id: str
    at: datetime | None
    status: ReturnStatus
    outcome: ReturnOutcome
    lines: tuple[ReturnLine, ...]
    method: str | None = None
    label_url: str | None = None
    due_by: Moment | None = None
    received_at: datetime | None = None
    inspected_at: datetime | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Hold:
    """The warehouse waits, since when and why."""

    reason: HoldReason
    since: datetime | None


@dataclass(frozen=True, slots=True)
class Dispute:
    """A chargeback or an enquiry of the bank."""

    id: str | None
    status: str
    at: datetime | None = None
    is_open: bool = True


@dataclass(frozen=True, slots=True)
class Change:
    """An earlier change of the order by or for the shopper; `kind` is `items`, `address` or `payment`."""

    at: datetime | None
    kind: str


@dataclass(frozen=True, slots=True)
class Totals:
    """The sums of an order, in its currency."""

    items: Money
    discount: Money
    shipping: Money
    tax: Money
    total: Money
    refunded: Money


@dataclass(frozen=True, slots=True)
class Buyer:
    """Who ordered, as the order itself records it."""

    id: str
    name: str
    emails: tuple[str, ...] = ()
    phones: tuple[str, ...] = ()
    zip: str | None = None


@dataclass(frozen=True, slots=True)
class OrderSnapshot:
    """One order as one read of its system told it; `as_of` is the time of that read, `tz` the destination's zone.

    `internal_note` and `holds` with `fraud_review` must never reach a shopper."""

    id: str
    number: str
    placed_at: datetime
    updated_at: datetime
    customer: Buyer
    currency: str
    totals: Totals
    payment: Payment
    ship_to: Address
    lines: tuple[Line, ...]
    fulfilment: FulfilmentPhase
    tz: str
    as_of: datetime
    source: str
    promised: Promise | None = None
    holds: tuple[Hold, ...] = ()
    shipments: tuple[Shipment, ...] = ()
    returns: tuple[Return, ...] = ()
    refunds: tuple[Refund, ...] = ()
    disputes: tuple[Dispute, ...] = ()
    changes: tuple[Change, ...] = ()
    cancelled_at: datetime | None = None
    cancel_reason: str | None = None
    fulfil_by: Moment | None = None
    fulfil_at: Moment | None = None
    hold_sla: timedelta | None = None
    tags: tuple[str, ...] = ()
    note: str | None = None
    internal_note: str | None = None

    def line(self, line_id: str) -> Line | None:
        """The line with this id."""
        return next((line for line in self.lines if line.id == line_id), None)

    @property
    def parcels(self) -> tuple[Shipment, ...]:
        """What travels, or travelled, to the shopper: forward parcels whose label was not voided."""
        forward = (parcel for parcel in self.shipments if parcel.direction is Direction.FORWARD)
        return tuple(parcel for parcel in forward if parcel.status is not ShipmentStatus.CANCELLED)

    @property
    def is_delivered(self) -> bool:
        """True when every line that needs shipping and still stands is delivered in full."""
        shippable = [line.quantities for line in self.lines if line.requires_shipping and line.quantities.current > 0]
        return bool(shippable) and all(counts.delivered >= counts.current for counts in shippable)

    @property
    def delivered_at(self) -> datetime | None:
        """When the last parcel arrived; None until all have."""
        times = [parcel.delivered_at for parcel in self.parcels if parcel.delivered_at is not None]
        return max(times) if times and self.is_delivered else None

    @property
    def state(self) -> str:
        """The word that policies use: `cancelled`, `delivered`, or the fulfilment phase."""
        if self.cancelled_at is not None:
            return FulfilmentPhase.CANCELLED.value
        return "delivered" if self.is_delivered else self.fulfilment.value


@dataclass(frozen=True, slots=True)
class CustomerRecord:
    """A customer as the order system knows them."""

    id: str
    name: str
    emails: tuple[str, ...]
    phones: tuple[str, ...]
    as_of: datetime
    source: str
    addresses: tuple[Address, ...] = ()
    payment_methods: tuple[PaymentMethod, ...] = ()
    vip: bool = False
    lifetime_value_minor: int | None = None
    consents: Mapping[str, bool] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Variant:
    """One thing that can be bought; `price_minor` is in the shop's currency."""

    sku: str
    product_id: str
    options: Mapping[str, str]
    price_minor: int
    stock: int | None
    available: bool


@dataclass(frozen=True, slots=True)
class Product:
    """A product and its variants."""

    id: str
    title: str
    description: str
    category: str | None
    attributes: Mapping[str, str]
    variants: tuple[Variant, ...]
    as_of: datetime
    source: str
    tags: tuple[str, ...] = ()
    collections: tuple[str, ...] = ()
    warranty_months: int | None = None
    reviews: tuple[str, ...] = ()


FactKind: TypeAlias = Literal[
    "date",
    "time",
    "datetime",
    "window",
    "amount",
    "place",
    "carrier",
    "tracking_number",
    "order_number",
    "product",
    "status",
    "count",
    "person",
    "url",
    "text",
]


@dataclass(frozen=True, slots=True)
class LocalTime:
    """An instant together with the zone in which it is spoken."""

    at: datetime
    tz: str


@dataclass(frozen=True, slots=True)
class Window:
    """From `min` to `max`: both dates, or both instants (then spoken in `tz`)."""

    min: Moment
    max: Moment
    tz: str


FactValue: TypeAlias = date | LocalTime | Window | Money | Place | str | int


@dataclass(frozen=True, slots=True)
class Fact:
    """Something a reply may say. Nothing else may be said.

    `kind` fixes the type of `value`: date -> date; time, datetime -> LocalTime; window -> Window; amount -> Money;
    count -> int; place -> Place or str; all others -> str. `source` is where it was read, `at` when that was true."""

    key: str
    kind: FactKind
    value: FactValue
    source: str
    at: datetime
