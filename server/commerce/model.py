"""The words of a live order: immutable values that every answer, policy and action reads.

An `OrderSnapshot` is what one read of the order system told us, with the time of that read and its source. This module
holds values only: it knows neither files nor platforms nor time zones of destinations (`parse` fills the values in),
and it decides nothing (`derive` and `wismo` do). A platform word that we do not know becomes `unknown`, never a happy
state; `shipped` never means delivered. Times are aware and in UTC, money is integer minor units with its currency.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from server.commerce.facts import Fact as Fact
from server.commerce.facts import FactKind as FactKind
from server.commerce.facts import FactValue as FactValue
from server.commerce.facts import LocalTime as LocalTime
from server.commerce.facts import Moment as Moment
from server.commerce.facts import Money as Money
from server.commerce.facts import Place as Place
from server.commerce.facts import Window as Window
from server.commerce.goods import Product as Product
from server.commerce.goods import Review as Review
from server.commerce.goods import SizeChart as SizeChart
from server.commerce.goods import Variant as Variant
from server.commerce.states import Direction as Direction
from server.commerce.states import FulfilmentPhase as FulfilmentPhase
from server.commerce.states import HoldReason as HoldReason
from server.commerce.states import PaymentProblemKind as PaymentProblemKind
from server.commerce.states import PaymentState as PaymentState
from server.commerce.states import RefundStatus as RefundStatus
from server.commerce.states import ReturnOutcome as ReturnOutcome
from server.commerce.states import ReturnStatus as ReturnStatus
from server.commerce.states import ShipmentFlag as ShipmentFlag
from server.commerce.states import ShipmentStatus as ShipmentStatus
from server.commerce.states import WorkStatus as WorkStatus


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
    is_validated: bool | None = None
    is_deliverable: bool | None = None


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
    """One position of an order. `unit_price` is what one piece cost after discounts, `total` the whole line
    where that is not the same; `tax` is the whole line's."""

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
    is_gift_card: bool = False
    variant_id: str | None = None
    total: Money | None = None
    tax: Money | None = None
    discount: Money | None = None
    duty: Money | None = None


@dataclass(frozen=True, slots=True)
class LineQuantity:
    """So many pieces of one line; `to_sku` names what they become (exchanges and item changes)."""

    line_id: str
    quantity: int
    to_sku: str | None = None


@dataclass(frozen=True, slots=True)
class TrackingEvent:
    """One thing a carrier told us, on three clocks: `at` (the carrier), `received_at` (the provider), `ingested_at` (we).

    `is_date_only` = speak of the day only, never of an hour. `is_informational` = says nothing about where the parcel
    is (an estimate, a note). `sequence` is the provider's own order where it gives one; `flags` are what it said beside
    the code. Sort by `derive.event_order`, never by when we stored it."""

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
    ingested_at: datetime | None = None
    is_date_only: bool = False
    is_informational: bool = False
    flags: frozenset[ShipmentFlag] = frozenset()


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
    group_id: str | None = None
    leg_numbers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PaymentMethod:
    """A stored means of payment. `balance_minor` is known for gift cards and store credit."""

    id: str
    kind: str
    label: str
    balance_minor: int | None = None


@dataclass(frozen=True, slots=True)
class Transaction:
    """One movement of money, or an attempt; `kind` is authorization, sale, capture, refund or void."""

    kind: str
    status: RefundStatus
    amount: Money | None = None
    gateway: str | None = None
    at: datetime | None = None
    id: str | None = None
    error: str | None = None


@dataclass(frozen=True, slots=True)
class PaymentProblem:
    """What went wrong with the money; `refund_id` is the refund that came back."""

    kind: PaymentProblemKind
    at: datetime | None = None
    amount: Money | None = None
    id: str | None = None
    refund_id: str | None = None


@dataclass(frozen=True, slots=True)
class Payment:
    """The money side of an order."""

    status: PaymentState
    methods: tuple[PaymentMethod, ...] = ()
    disputed: bool = False
    pay_url: str | None = None
    transactions: tuple[Transaction, ...] = ()
    problems: tuple[PaymentProblem, ...] = ()
    authorised_until: datetime | None = None


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
    reference: str | None = None
    shipping: Money | None = None
    approved_by: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ReturnLine:
    """What goes back; `to_sku` is set when it comes back as something else. The rest is the inspection's word."""

    line_id: str
    quantity: int
    to_sku: str | None = None
    reason: str | None = None
    condition: str | None = None
    decision: str | None = None


@dataclass(frozen=True, slots=True)
class Return:
    """A return (RMA) or, with outcome `exchange`, an exchange: then `difference` > 0 is charged, < 0 goes back."""

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
    name: str | None = None
    tracking_number: str | None = None
    drop_off: str | None = None
    refund_id: str | None = None
    replacement: str | None = None
    restocking_fee: Money | None = None
    label_fee: Money | None = None
    difference: Money | None = None
    hold_until_received: bool | None = None
    policy_version: str | None = None


@dataclass(frozen=True, slots=True)
class FulfilmentOrder:
    """Warehouse work, which exists before any parcel. `lines` are what is still to be done."""

    id: str
    status: WorkStatus
    location: str | None = None
    request_status: str | None = None
    holds: tuple[HoldReason, ...] = ()
    fulfil_at: Moment | None = None
    fulfil_by: Moment | None = None
    method: str | None = None
    lines: tuple[LineQuantity, ...] = ()
    supported_actions: tuple[str, ...] = ()
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Risk:
    """What the platform thinks of an order. Agents may see it, a shopper never."""

    recommendation: str | None = None
    level: str | None = None


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
class Claim:
    """Something about a parcel or its contents that was reported and is looked into; `kind` as `Store.open_claim` names it."""

    id: str
    kind: str
    status: str
    at: datetime | None = None
    shipment_id: str | None = None


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
    duties: Money | None = None
    outstanding: Money | None = None


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
    claims: tuple[Claim, ...] = ()
    changes: tuple[Change, ...] = ()
    cancelled_at: datetime | None = None
    cancel_reason: str | None = None
    fulfil_by: Moment | None = None
    fulfil_at: Moment | None = None
    hold_sla: timedelta | None = None
    tags: tuple[str, ...] = ()
    note: str | None = None
    internal_note: str | None = None
    fulfilment_orders: tuple[FulfilmentOrder, ...] = ()
    risk: Risk | None = None
    confirmation_code: str | None = None
    closed_at: datetime | None = None
    is_test: bool = False
    channel: str | None = None
    locale: str | None = None
    bill_zip: str | None = None
    shop_currency: str | None = None
    taxes_included: bool | None = None
    status_page_url: str | None = None

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
    tags: tuple[str, ...] = ()
    locale: str | None = None
    first_order_at: Moment | None = None
    orders: int | None = None
    refunds_12m: int | None = None
    not_received_claims_12m: int | None = None
    consents: Mapping[str, bool] = field(default_factory=dict)
