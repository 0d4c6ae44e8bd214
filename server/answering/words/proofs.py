"""What statuses, done actions and the mere presence of a fact prove: tables from their values to the states of claim_words.

How a done action becomes evidence is told in known.py.
"""

from collections.abc import Mapping
from typing import Final

_MOVING: Final = frozenset({"shipped", "moving"})
_BACK: Final = frozenset({"received", "returned"})
_OPENED: Final = frozenset({"opened", "approved", "done"})
_TAKEN_BACK: Final = frozenset({"returnable", "label_free", "free"})

SAID_BY_STATUS: Final[Mapping[str, frozenset[str]]] = {
    "pending": frozenset({"refund_pending", "refund_promised", "unpaid"}),
    "expired": frozenset({"unpaid"}),
    "voided": frozenset({"unpaid"}),
    "unpaid": frozenset({"unpaid"}),
    "paid": frozenset({"paid"}),
    "partially_paid": frozenset({"paid"}),
    "refunded": frozenset({"refunded", "refund_promised", "inspected", "received", "done"}),
    "partially_refunded": frozenset({"refunded", "refund_promised"}),
    "succeeded": frozenset({"refunded", "refund_promised", "credited", "done"}),
    "credited": frozenset({"credited", "refunded", "refund_promised", "done"}),
    "failed": frozenset({"refund_failed", "unpaid"}),
    "refund_bounced": frozenset({"refund_failed", "declined"}),
    "charged_twice": frozenset({"charged_twice"}),
    "cancelled": frozenset({"cancelled"}),
    "order_cancelled": frozenset({"cancelled", "not_returnable"}),
    "not_paid": frozenset({"unpaid"}),
    "not_shipped": frozenset({"not_returnable", "unshipped"}),
    "not_delivered": frozenset({"not_returnable", "undelivered"}),
    "preparing": frozenset({"preparing"}),
    "unfulfilled": frozenset({"preparing"}),
    "processing": frozenset({"preparing", "packed"}),
    "packed": frozenset({"preparing", "packed"}),
    "scheduled": frozenset({"planned"}),
    "on_hold": frozenset({"on_hold", "address_hold"}),
    "overdue": frozenset({"late"}),
    "back_ordered": frozenset({"back_ordered"}),
    "in_stock": frozenset({"in_stock"}),
    "sold_out": frozenset({"sold_out", "back_ordered"}),
    "label_created": frozenset({"label_made", "no_scan"}),
    "partially_shipped": frozenset({"shipped"}),
    "several": frozenset({"shipped"}),
    "shipped": _MOVING,
    "sent": frozenset({"shipped"}),
    "picked_up": _MOVING,
    "in_transit": _MOVING,
    "stalled": _MOVING | {"no_scan", "held_up"},
    "moved": _MOVING | {"late"},
    "late": _MOVING | {"late", "no_scan"},
    "customs": _MOVING | {"customs"},
    "address_problem": _MOVING | {"held_up"},
    "exception": _MOVING | {"late", "held_up"},
    "damaged": _MOVING | {"damaged"},
    "out_for_delivery": _MOVING | {"out_for_delivery"},
    "attempted": _MOVING | {"attempted"},
    "available_for_pickup": frozenset({"shipped", "pickup"}),
    "delivered": frozenset({"shipped", "delivered"}),
    "returning": frozenset({"shipped", "returning"}),
    "returned": frozenset({"shipped", "returned"}),
    "lost": frozenset({"shipped", "lost", "no_scan"}),
    "presumed": frozenset({"shipped", "lost", "no_scan"}),
    "confirmed": frozenset({"shipped", "lost"}),
    "requested": frozenset({"preparing"}),
    "declined": frozenset({"declined"}),
    "rejected": frozenset({"declined", "received", "inspected"}),
    "approved": _OPENED,
    "label_issued": _OPENED,
    "return_opened": _OPENED,
    "received": _BACK,
    "inspected": _BACK | {"inspected"},
    "approved_for_payout": _BACK | {"inspected", "approved", "refund_promised"},
    "exchanged": frozenset({"exchanged", "received", "inspected"}),
    "repaired": frozenset({"received", "inspected"}),
    "free": frozenset({"free", "label_free"}),
    "within_window": frozenset({"returnable"}),
    "within_grace": frozenset({"returnable", "window_over"}),
    "window_passed": frozenset({"not_returnable", "window_over"}),
    "flagged": frozenset({"not_returnable"}),
    "fault": _TAKEN_BACK,
    "fault_guarantee": _TAKEN_BACK | {"warranty"},
    "fault_too_late": frozenset({"window_over"}),
    "warranty_claim": frozenset({"warranty"}),
    "statutory_withdrawal": frozenset({"returnable"}),
    "worn_statutory": frozenset({"returnable"}),
    "quantity_exceeded": frozenset({"returnable"}),
    "promise_kept": frozenset({"returnable"}),
}
"""A status -> the states that it proves."""

DONE: Final[Mapping[str, frozenset[str]]] = {
    "cancel_order": frozenset({"cancelled"}),
    "change_address": frozenset({"changed", "address_changed"}),
    "change_items": frozenset({"changed", "items_changed"}),
    "change_payment": frozenset({"changed", "payment_changed"}),
    "start_return": frozenset({"opened", "approved"}),
    "start_exchange": frozenset({"opened", "approved"}),
    "refund": frozenset({"refund_pending", "refund_promised"}),
    "open_claim": frozenset({"claim_opened"}),
    "reship": frozenset({"replaced"}),
    "store_credit": frozenset({"credited"}),
    "change_subscription": frozenset({"changed", "subscription_changed"}),
    "change_subscription:skip": frozenset({"changed", "subscription_changed", "skipped"}),
    "change_subscription:pause": frozenset({"changed", "subscription_changed", "paused"}),
    "change_subscription:resume": frozenset({"changed", "subscription_changed", "resumed"}),
    "change_subscription:cancel": frozenset({"changed", "subscription_changed", "subscription_cancelled"}),
    "change_subscription:change": frozenset({"changed", "subscription_changed"}),
    "book_pickup": frozenset({"pickup_booked"}),
    "notify_when": frozenset({"will_notify"}),
    "send_code": frozenset({"code_sent"}),
    "hand_off": frozenset({"handed_off"}),
}
"""The value of a `done` fact -> the states that it proves."""

SAID_BY_KEY: Final[Mapping[str, frozenset[str]]] = {
    "delivered_at": frozenset({"shipped", "delivered"}),
    "cancelled_at": frozenset({"cancelled"}),
    "returned_at": frozenset({"shipped", "returned"}),
    "customs_since": frozenset({"shipped", "customs"}),
    "attempted_at": frozenset({"shipped", "attempted"}),
    "pickup_place": frozenset({"shipped", "pickup"}),
    "was_expected": frozenset({"late"}),
    "received_at": frozenset({"received", "returned"}),
    "inspected_at": frozenset({"received", "returned", "inspected"}),
    "rma": frozenset({"opened", "done"}),
    "window": frozenset({"returnable"}),
    "months": frozenset({"warranty"}),
    "listed": frozenset({"compatible"}),
    "signed_by": frozenset({"signed_for"}),
    "quiet_days": frozenset({"no_scan"}),
    "label_at": frozenset({"label_made"}),
}
"""The key of a fact -> the states that its mere presence proves."""

DATED_BY: Final[Mapping[str, tuple[str, ...]]] = {
    "delivered": ("delivered_at",),
    "cancelled": ("cancelled_at", "cancelled"),
    "refunded": ("refund_at", "at"),
    "returned": ("returned_at",),
    "received": ("received_at",),
    "inspected": ("inspected_at",),
    "attempted": ("attempted_at",),
    "customs": ("customs_since",),
}
"""A state -> the facts that date it: a true state with the date of something else is no true sentence."""

SAID_BY_COUNT: Final[Mapping[str, str]] = {"items_shipped": "shipped", "items_delivered": "delivered"}

ONLY_WITH_STATE: Final = frozenset(
    {"delivered_at", "cancelled_at", "returned_at", "customs_since", "attempted_at", "pickup_place", "label_at"}
)
"""Facts that date a state and do not prove it against the order's own state."""

UNITS: Final[Mapping[str, str]] = {
    "days": "day", "day": "day", "window": "day", "hours": "hour", "hour": "hour", "sla": "hour", "minutes": "minute",
    "minute": "minute", "weeks": "week", "months": "month", "month": "month", "years": "year", "items": "piece", "item": "piece",
    "parcels": "piece", "pieces": "piece", "left": "piece", "available": "piece", "attempt": "piece", "quantity": "piece",
    "percent": "percent", "percentage": "percent", "rate": "percent",
}  # fmt: skip
"""A word of a count's key -> what it counts; a count whose key has none of them may count anything."""

PASSED: Final = frozenset({"quiet_days", "age_days", "age_hours", "age_minutes"})
"""Counts of time that has passed: they prove nothing about what is to come."""

FINISHED: Final = frozenset(
    {
        "subscription_cancelled",
        "opened", "cancelled", "refunded", "credited", "replaced", "changed", "claim_opened", "pickup_booked", "code_sent", "exchanged",
    }
)  # fmt: skip
"""Any of these proves that something is done."""
