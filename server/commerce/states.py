"""The closed sets of words of a live order. What we do not know is `unknown`, never a happy state."""

from enum import StrEnum


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


class WorkStatus(StrEnum):
    """How far one warehouse is with its share of an order. `incomplete` = it gave up; people must look."""

    OPEN = "open"
    IN_PROGRESS = "in_progress"
    PICKED = "picked"
    PACKED = "packed"
    SCHEDULED = "scheduled"
    ON_HOLD = "on_hold"
    INCOMPLETE = "incomplete"
    CLOSED = "closed"
    CANCELLED = "cancelled"
    UNKNOWN = "unknown"


class PaymentProblemKind(StrEnum):
    """What can go wrong with the money beside the states of the payment itself."""

    FAILED = "failed"
    CHARGED_TWICE = "charged_twice"
    REFUND_BOUNCED = "refund_bounced"
    UNKNOWN = "unknown"
