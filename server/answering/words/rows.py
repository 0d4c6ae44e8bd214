"""What the phrases of the order's rows say of it: the state of each row, and the fact that a phrase rests on.

Read where such a reply is made, and again where it is checked.
"""

from collections.abc import Mapping
from typing import Final

ROW_STATES: Final[Mapping[int, str]] = {
    1: "cancelled", 2: "unpaid", 3: "on_hold", 4: "on_hold", 5: "back_ordered", 6: "scheduled", 7: "preparing", 8: "overdue",
    9: "processing", 10: "label_created", 11: "label_created", 12: "in_transit", 13: "moved", 14: "stalled", 15: "late", 16: "customs",
    17: "address_problem", 18: "exception", 19: "damaged", 20: "out_for_delivery", 21: "attempted", 22: "available_for_pickup",
    23: "delivered", 24: "delivered", 25: "returning", 26: "returned", 27: "lost", 28: "several", 29: "sent", 30: "unknown",
}  # fmt: skip
"""Row -> what it says of the order, or of a parcel; said with its facts, and so evidence with them."""

ONLY_IF: Final[Mapping[str, tuple[str, frozenset[str]]]] = {
    "refund.done": ("refund_status", frozenset({"succeeded"})),
    "refund.done_plain": ("refund_status", frozenset({"succeeded"})),
    "refund.done_only": ("refund_status", frozenset({"succeeded"})),
    "refund.pending": ("refund_status", frozenset({"pending"})),
    "refund.pending_only": ("refund_status", frozenset({"pending"})),
    "refund.failed": ("refund_status", frozenset({"failed"})),
    "r7.taken": ("warehouse", frozenset({"requested"})),
    "r9.handed": ("warehouse", frozenset({"requested"})),
    "r9.packed": ("warehouse", frozenset({"packed"})),
    "r13.delayed": ("delay", frozenset({"carrier"})),
    "r14.held": ("held", frozenset({"carrier"})),
    "r16.duty_plain": ("duty", frozenset({"due"})),
    "r16.documents": ("documents", frozenset({"wanted"})),
    "r27.presumed": ("loss", frozenset({"presumed"})),
    "r27.presumed_plain": ("loss", frozenset({"presumed"})),
    "r27.person": ("loss", frozenset({"presumed"})),
    "r27.since": ("loss", frozenset({"confirmed"})),
    "r27.none": ("loss", frozenset({"confirmed"})),
    "r27.choose": ("loss", frozenset({"confirmed"})),
    "problem.bounced": ("payment_problem", frozenset({"refund_bounced"})),
    "problem.bounced_plain": ("payment_problem", frozenset({"refund_bounced"})),
    "problem.twice": ("payment_problem", frozenset({"charged_twice"})),
    "problem.twice_plain": ("payment_problem", frozenset({"charged_twice"})),
    "problem.failed": ("payment_problem", frozenset({"failed"})),
    "problem.unclear": ("payment_problem", frozenset({"unknown"})),
}
"""Phrase -> the fact that must say one of these."""
