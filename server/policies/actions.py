"""The names of the actions and which keys of an action's rule mean something for it."""

from collections.abc import Mapping
from typing import Final

ALWAYS: Final = frozenset({"enabled", "states", "need"})
MONEY_BACK: Final = frozenset({"refund_to", "refund_to_by"})

ACTIONS: Final[Mapping[str, frozenset[str]]] = {
    "start_return": ALWAYS | MONEY_BACK | {"times", "reasons"},
    "start_exchange": ALWAYS | {"scope", "times", "in_stock", "difference"},
    "refund": ALWAYS | MONEY_BACK | {"times"},
    "cancel_order": ALWAYS | MONEY_BACK | {"reasons", "whole_order_only"},
    "change_address": ALWAYS | {"times", "profile"},
    "change_items": ALWAYS | {"scope", "times", "in_stock", "difference"},
    "change_payment": ALWAYS | {"times", "methods", "balance_covers"},
    "open_claim": ALWAYS,
    "reship": ALWAYS | {"in_stock"},
    "book_pickup": ALWAYS,
    "store_credit": ALWAYS,
    "change_subscription": ALWAYS,
    "notify_when": ALWAYS,
    "verify_identity": ALWAYS,
    "hand_off": ALWAYS,
}
"""Every action of the product, and the keys of `actions.<name>` that it reads."""

FREE: Final = frozenset({"verify_identity", "hand_off"})
"""Asking for a proof and asking for a person need no proof."""

READING: Final = frozenset({"notify_when"})
"""Changes nothing in the shop and speaks only to the order's own contact: as open as reading the order."""

REFUND_TARGETS: Final = frozenset({"original", "gift_card_on_file", "method_on_file", "store_credit"})
"""What `refund_to` may name."""
