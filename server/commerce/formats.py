"""The shapes of the files that a shop brings, as Structs: orders, products, customers, subscriptions, promotions.

`docs/schemas/` is generated from them, their docstrings and the descriptions of their fields. Optional fields may also
be null. Times stay the text that the shop wrote. Nothing is checked here beyond types: `documents` does that.
"""

from typing import Annotated, TypeAlias

from msgspec import Meta, Struct

from server.commerce.model import FulfilmentPhase, HoldReason, PaymentState, ShipmentStatus

Text: TypeAlias = str
Time: TypeAlias = Annotated[
    str,
    Meta(
        description="ISO 8601 with offset (2026-11-20T18:00:00Z), or a date alone (2026-11-20): "
        "that day in the destination's zone"
    ),
]
Minor: TypeAlias = Annotated[int, Meta(description="Money in minor units of the order's currency (cents)")]
Price: TypeAlias = Annotated[int, Meta(ge=0, description="Money in minor units, never negative")]
Count: TypeAlias = Annotated[int, Meta(ge=0, description="A number of pieces")]
Currency: TypeAlias = Annotated[str, Meta(description="ISO 4217 code", min_length=3, max_length=3)]
Identifier: TypeAlias = Annotated[str, Meta(min_length=1, description="An id, unique among its kind")]


class Part(Struct, kw_only=True, omit_defaults=True):
    """A part of a document; fields that the format does not name are kept in `unknown_fields`."""

    unknown_fields: dict[str, object] = {}


class Range(Part):
    """From when to when."""

    min: Time | None = None
    max: Time | None = None
    label: Text | None = None


class EtaRevisionDocument(Part, rename={"was": "from", "becomes": "to"}):
    """The carrier moved its expectation."""

    at: Time | None = None
    was: Time | None = None
    becomes: Time | None = None


class EtaDocument(Part):
    """When the carrier expects to deliver."""

    min: Time | None = None
    max: Time | None = None
    revisions: list[EtaRevisionDocument] | None = None
    source: Text | None = None


class AddressDocument(Part):
    """A postal address."""

    name: Text | None = None
    line1: Text | None = None
    line2: Text | None = None
    city: Text | None = None
    region: Text | None = None
    zip: Text | None = None
    country: Annotated[str | None, Meta(description="ISO 3166 alpha-2")] = None
    phone: Text | None = None
    kind: Annotated[str | None, Meta(description="residential, business, po_box, locker or pickup_point")] = None
    validated: bool | None = None
    deliverable: bool | None = None


class BuyerDocument(Part):
    """Who ordered."""

    id: Identifier
    name: Text
    emails: list[str] | None = None
    phones: list[str] | None = None
    zip: Text | None = None


class TotalsDocument(Part):
    """The sums of the order."""

    total: Minor
    items: Minor | None = None
    discount: Minor | None = None
    shipping: Minor | None = None
    tax: Minor | None = None
    refunded: Minor | None = None
    duties: Minor | None = None
    outstanding: Annotated[int | None, Meta(description="Minor units that are still to be paid")] = None


class PaymentMethodDocument(Part):
    """A stored means of payment."""

    id: Identifier
    kind: Text
    label: Text | None = None
    balance: Minor | None = None


class TransactionDocument(Part):
    """One movement of money, or an attempt at one."""

    kind: Annotated[str, Meta(description="authorization, sale, capture, refund or void")]
    status: Annotated[str, Meta(description="pending, succeeded or failed; anything else is unknown")]
    amount: Price | None = None
    gateway: Text | None = None
    at: Time | None = None
    id: Text | None = None
    error: Text | None = None


class PaymentProblemDocument(Part):
    """Something that went wrong with the money, as the payment provider told it."""

    kind: Annotated[str, Meta(description="failed, charged_twice or refund_bounced")]
    at: Time | None = None
    amount: Price | None = None
    id: Text | None = None
    refund: Annotated[str | None, Meta(description="The id of the refund that came back")] = None


class PaymentDocument(Part):
    """The money side; an unknown status is treated as `unknown`."""

    status: Annotated[str | None, Meta(description="One of: " + " ".join(PaymentState))]
    methods: list[PaymentMethodDocument] | None = None
    disputed: bool | None = None
    pay_url: Text | None = None
    gateways: list[str] | None = None
    transactions: list[TransactionDocument] | None = None
    problems: list[PaymentProblemDocument] | None = None
    authorised_until: Time | None = None


class PreorderDocument(Part):
    """Sold before its release."""

    release_on: Time | None = None


class BackorderDocument(Part):
    """Sold out, and expected again."""

    expected_on: Time | None = None


class LineDocument(Part):
    """One position of the order."""

    id: Identifier
    sku: Text
    title: Text
    quantity: Count
    unit_price: Price
    product_id: Text | None = None
    options: dict[str, object] | None = None
    fulfilled: Count | None = None
    final_sale: bool | None = None
    category: Text | None = None
    preorder: PreorderDocument | None = None
    backorder: BackorderDocument | None = None
    requires_shipping: bool | None = None
    hygiene: bool | None = None
    tags: list[str] | None = None
    current: Annotated[
        int | None, Meta(description="Pieces that still stand after edits and cancellations; else the quantity")
    ] = None
    refunded: Annotated[int | None, Meta(description="Pieces refunded, where no refund lists its lines")] = None
    gift_card: bool | None = None
    variant: Annotated[str | None, Meta(description="The shop platform's id of the variant")] = None
    total: Annotated[
        int | None,
        Meta(
            description="What the whole line cost after all discounts, where that is not the price times the quantity"
        ),
    ] = None
    tax: Annotated[int | None, Meta(description="The tax on the whole line, where prices do not include it")] = None
    discount: Minor | None = None
    duty: Minor | None = None


class WorkLineDocument(Part):
    """Pieces of a line that one warehouse works on."""

    line: Annotated[str, Meta(description="The id of a line of this order")]
    quantity: Count
    remaining: Count | None = None


class FulfilmentOrderDocument(Part):
    """Warehouse work: it exists before any parcel does."""

    id: Identifier
    status: Annotated[
        str, Meta(description="open, in_progress, picked, packed, scheduled, on_hold, incomplete, closed or cancelled")
    ]
    location: Text | None = None
    request_status: Annotated[
        str | None,
        Meta(description="unsubmitted, submitted, accepted, rejected, cancellation_requested or cancellation_rejected"),
    ] = None
    holds: Annotated[list[str] | None, Meta(description="Reasons: " + " ".join(HoldReason))] = None
    fulfil_at: Time | None = None
    fulfil_by: Time | None = None
    method: Annotated[
        str | None, Meta(description="shipping, local, pickup_in_store, pickup_point, digital or none")
    ] = None
    lines: list[WorkLineDocument] | None = None
    supported_actions: list[str] | None = None
    at: Annotated[Time | None, Meta(description="When the warehouse said so")] = None


class RiskDocument(Part):
    """What the platform thinks of the order; never shown to a shopper."""

    recommendation: Annotated[str | None, Meta(description="accept, investigate, cancel or none")] = None
    level: Text | None = None


class HoldDocument(Part):
    """Why the warehouse waits."""

    reason: Annotated[str, Meta(description="One of: " + " ".join(HoldReason))]
    since: Time | None = None


class LineReference(Part):
    """So many pieces of a line of this order."""

    line: Annotated[str, Meta(description="The id of a line of this order")]
    quantity: Count
    to_sku: Text | None = None
    reason: Text | None = None
    condition: Annotated[str | None, Meta(description="How a returned piece was found")] = None
    decision: Annotated[str | None, Meta(description="What the inspection decided about it")] = None


class EventDocument(Part):
    """One scan or message of the carrier."""

    at: Time
    code: Annotated[str, Meta(description="One of: " + " ".join(ShipmentStatus) + "; or info")]
    text: Text | None = None
    city: Text | None = None
    region: Text | None = None
    country: Text | None = None
    facility: Text | None = None
    reason: Text | None = None
    id: Text | None = None
    sequence: int | None = None
    received_at: Time | None = None
    ingested_at: Annotated[Time | None, Meta(description="When we stored it; never used to sort")] = None
    raw_code: Annotated[str | None, Meta(description="The carrier's own word, where `code` is a translation of it")] = (
        None
    )
    source: Annotated[str | None, Meta(description="Who told us, such as easypost; else the carrier")] = None
    flags: Annotated[list[str] | None, Meta(description="What this event says beside its code, such as late")] = None
    local: Annotated[
        bool | None, Meta(description="True: `at` has the scan's local time, whose zone the carrier did not tell")
    ] = None


class ProofDocument(Part):
    """Proof of delivery."""

    signed_by: Text | None = None
    place: Text | None = None
    photo_url: Text | None = None
    geo: Text | None = None


class AttemptDocument(Part):
    """A failed delivery."""

    at: Time | None = None
    reason: Text | None = None
    next_at: Time | None = None
    final: bool | None = None


class PickupDocument(Part):
    """Where the parcel waits; the code is never shown in a chat."""

    place: Text | None = None
    hours: Text | None = None
    until: Time | None = None
    code: Text | None = None


class DutyDocument(Part):
    """What customs ask for."""

    amount: Price | None = None
    url: Text | None = None
    prepaid: bool | None = None
    documents_requested: bool | None = None


class ShipmentDocument(Part):
    """One parcel."""

    id: Identifier
    carrier: Text | None = None
    tracking_number: Text | None = None
    tracking_url: Text | None = None
    lines: list[LineReference] | None = None
    shipped_at: Time | None = None
    eta: EtaDocument | None = None
    events: list[EventDocument] | None = None
    service: Text | None = None
    direction: Annotated[str | None, Meta(description="forward (default) or return")] = None
    pod: ProofDocument | None = None
    attempts: Annotated[
        list[AttemptDocument] | int | None, Meta(description="The failed deliveries, or how many there were")
    ] = None
    pickup: PickupDocument | None = None
    duty: DutyDocument | None = None
    feed_as_of: Time | None = None
    expected_back_on: Time | None = None
    group_id: Annotated[str | None, Meta(description="Shared by parcels of one fulfilment")] = None
    legs: Annotated[
        list[str] | None, Meta(description="Further tracking numbers of the same parcel: first mile, last mile")
    ] = None


class LabelDocument(Part):
    """A return label."""

    url: Text | None = None
    tracking: Text | None = None
    carrier: Text | None = None


class FeesDocument(Part):
    """What a return costs its shopper."""

    restocking: Price | None = None
    label: Price | None = None


class ReturnDocument(Part):
    """A return or an exchange."""

    id: Identifier
    status: Text
    at: Time | None = None
    outcome: Text | None = None
    lines: list[LineReference] | None = None
    method: Text | None = None
    label: Annotated[str | LabelDocument | None, Meta(description="The label's URL, or an object with it")] = None
    due_by: Time | None = None
    received_at: Time | None = None
    inspected_at: Time | None = None
    reason: Text | None = None
    name: Annotated[str | None, Meta(description="What the shop calls the return, where that is not its id")] = None
    fees: FeesDocument | None = None
    drop_off: Text | None = None
    refund: Annotated[str | None, Meta(description="The id of the refund that settles it")] = None
    replacement: Annotated[str | None, Meta(description="The number of the order that replaces it")] = None
    difference: Annotated[
        int | None, Meta(description="Of an exchange, in minor units: positive is charged, negative sent back")
    ] = None
    hold_until_received: Annotated[bool | None, Meta(description="The new items leave when the old ones are back")] = (
        None
    )
    policy_version: Text | None = None


class RefundDocument(Part):
    """Money on its way back."""

    id: Identifier
    amount: Price
    status: Text
    at: Time | None = None
    method: Text | None = None
    lines: list[LineReference] | None = None
    reason: Text | None = None
    shipping: Price | None = None
    approved_by: list[str] | None = None
    reference: Annotated[str | None, Meta(description="The payment provider's own reference")] = None


class DisputeDocument(Part):
    """A chargeback or an enquiry of the bank."""

    id: Text | None = None
    status: Text | None = None
    at: Time | None = None


class ChangeDocument(Part):
    """An earlier change of the order."""

    kind: Annotated[str, Meta(description="items, address or payment")]
    at: Time | None = None
    difference: Annotated[int | None, Meta(description="Minor units: positive was charged, negative sent back")] = None
    method: Annotated[str | None, Meta(description="The id of the payment method that bore the difference")] = None


class ClaimDocument(Part):
    """A claim about a parcel or its contents."""

    id: Identifier
    kind: Text
    status: Text
    at: Time | None = None
    shipment: Text | None = None
    statement: Text | None = None


class OrderDocument(Part):
    """One line of an orders file."""

    id: Identifier
    number: Annotated[str, Meta(min_length=1, description="What the shopper calls the order, such as #1042")]
    placed_at: Time
    customer: BuyerDocument
    currency: Currency
    totals: TotalsDocument
    payment: PaymentDocument
    lines: list[LineDocument]
    fulfilment: Annotated[str, Meta(description="One of: " + " ".join(FulfilmentPhase))]
    updated_at: Time | None = None
    cancelled_at: Time | None = None
    cancel_reason: Text | None = None
    ship_to: AddressDocument | None = None
    promised: Range | None = None
    holds: list[HoldDocument] | None = None
    shipments: list[ShipmentDocument] | None = None
    returns: list[ReturnDocument] | None = None
    refunds: list[RefundDocument] | None = None
    disputes: list[DisputeDocument] | None = None
    changes: list[ChangeDocument] | None = None
    claims: list[ClaimDocument] | None = None
    fulfil_by: Time | None = None
    fulfil_at: Time | None = None
    hold_sla: Annotated[
        str | int | None, Meta(description="How long a check usually takes: ISO 8601 duration (PT24H), or hours")
    ] = None
    tags: list[str] | None = None
    note: Annotated[str | None, Meta(description="The shopper's own text")] = None
    internal_note: Annotated[str | None, Meta(description="Never shown to a shopper")] = None
    fulfilment_orders: list[FulfilmentOrderDocument] | None = None
    risk: RiskDocument | None = None
    confirmation_code: Text | None = None
    closed_at: Time | None = None
    test: bool | None = None
    channel: Annotated[str | None, Meta(description="Where it was bought: web, app, pos, a marketplace")] = None
    locale: Text | None = None
    bill_zip: Text | None = None
    shop_currency: Annotated[
        str | None, Meta(description="ISO 4217 code of the shop's own books, where it differs")
    ] = None
    taxes_included: bool | None = None
    status_page_url: Text | None = None


class VariantDocument(Part):
    """One thing that can be bought."""

    sku: Identifier
    price: Price
    options: dict[str, object] | None = None
    stock: int | None = None
    available: bool | None = None
    id: Annotated[str | None, Meta(description="The shop platform's id of the variant, for links to the cart")] = None
    attributes: dict[str, object] | None = None
    was_price: Annotated[int | None, Meta(description="The price before a reduction")] = None


class ProductDocument(Part):
    """One line of a products file."""

    id: Identifier
    title: Text
    variants: list[VariantDocument]
    description: Text | None = None
    category: Text | None = None
    attributes: dict[str, object] | None = None
    tags: list[str] | None = None
    collections: list[str] | None = None
    warranty_months: Count | None = None
    reviews: Annotated[
        list[object] | None, Meta(description="What buyers wrote: a text, or {text, author, rating, at, url}")
    ] = None
    url: Text | None = None
    image: Text | None = None
    currency: Annotated[str | None, Meta(description="ISO 4217 code of its prices; else the shop's")] = None
    size_chart: Annotated[
        dict[str, object] | None,
        Meta(description='{"unit": "cm", "fit": "true", "rows": [{"size": "M", "measures": {"chest": "96-102"}}]}'),
    ] = None
    compatible_with: Annotated[list[object] | None, Meta(description="What it fits: models, product ids, skus")] = None
    updated_at: Time | None = None
    status: Annotated[str | None, Meta(description="active (default), draft or archived")] = None


class CustomerDocument(Part):
    """One line of a customers file."""

    id: Identifier
    name: Text
    emails: list[str] | None = None
    phones: list[str] | None = None
    addresses: list[AddressDocument] | None = None
    payment_methods: list[PaymentMethodDocument] | None = None
    vip: bool | None = None
    lifetime_value: Minor | None = None
    tags: list[str] | None = None
    locale: Text | None = None
    first_order_at: Time | None = None
    orders: Annotated[int | None, Meta(description="How many orders there were")] = None
    refunds_12m: Annotated[int | None, Meta(description="Refunds within twelve months")] = None
    not_received_claims_12m: Annotated[int | None, Meta(description="Claims within twelve months")] = None
    consents: dict[str, object] | None = None


class SubscriptionLineDocument(Part):
    """What comes with every delivery."""

    sku: Text
    quantity: Count
    title: Text | None = None


class SubscriptionDocument(Part):
    """One line of a subscriptions file."""

    id: Identifier
    customer: Annotated[str, Meta(min_length=1, description="The id of the customer")]
    status: Text
    interval: Annotated[str, Meta(description="ISO 8601 duration (P1M) or a word such as monthly")]
    lines: list[SubscriptionLineDocument]
    price: Price
    next_at: Time | None = None
    change_until: Time | None = None


class PromotionDocument(Part):
    """One line of a promotions file."""

    code: Identifier
    kind: Text
    value: int | float | None = None
    starts_at: Time | None = None
    ends_at: Time | None = None
    conditions: dict[str, object] | list[object] | str | None = None
    stackable: bool | None = None
