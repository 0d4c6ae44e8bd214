"""What the order statuses of BigCommerce and Magento mean, and how a shop's own words are given a meaning.

Pure tables, used where such orders come in as files. A status speaks of money, of the warehouse, of a parcel or of a hold,
and says nothing about the rest (None). What no table knows is unknown and never good news; shipped is never delivered.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from server.commerce.states import FulfilmentPhase, HoldReason, PaymentState, ShipmentStatus

StatusFlag: TypeAlias = Literal["ignore", "disputed", "cancelled", "check_shipments"]
"""`ignore` = no order yet; `check_shipments` = how much has left is told by the parcels, not by this word."""


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a status says; None = it says nothing about that. `parcel` is what it says about the row's own parcel."""

    payment: PaymentState | None = None
    fulfilment: FulfilmentPhase | None = None
    parcel: ShipmentStatus | None = None
    holds: tuple[HoldReason, ...] = ()
    flags: frozenset[StatusFlag] = frozenset()


_BETWEEN: Final = re.compile(r"\s+|(?<=[^\W_])[_-]+(?=[^\W_])")
UNKNOWN: Final = Meaning(fulfilment=FulfilmentPhase.UNKNOWN)
_CANCELLED: Final = Meaning(fulfilment=FulfilmentPhase.CANCELLED, flags=frozenset({"cancelled"}))
_CHECK: Final = Meaning(fulfilment=FulfilmentPhase.ON_HOLD, holds=(HoldReason.FRAUD_REVIEW,))
_UNPAID: Final = Meaning(payment=PaymentState.PENDING, fulfilment=FulfilmentPhase.UNFULFILLED)

BIGCOMMERCE: Final[Mapping[int, tuple[str, Meaning]]] = {
    0: ("Incomplete", Meaning(flags=frozenset({"ignore"}))),
    1: ("Pending", _UNPAID),
    2: ("Shipped", Meaning(fulfilment=FulfilmentPhase.SHIPPED)),
    3: ("Partially Shipped", Meaning(fulfilment=FulfilmentPhase.PARTIALLY_SHIPPED)),
    4: ("Refunded", Meaning(payment=PaymentState.REFUNDED)),
    5: ("Cancelled", _CANCELLED),
    6: ("Declined", Meaning(payment=PaymentState.FAILED, fulfilment=FulfilmentPhase.UNFULFILLED)),
    7: ("Awaiting Payment", _UNPAID),
    8: ("Awaiting Pickup", Meaning(parcel=ShipmentStatus.AVAILABLE_FOR_PICKUP)),
    9: ("Awaiting Shipment", Meaning(fulfilment=FulfilmentPhase.PROCESSING)),
    10: ("Completed", Meaning(fulfilment=FulfilmentPhase.SHIPPED)),
    11: ("Awaiting Fulfillment", Meaning(payment=PaymentState.PAID, fulfilment=FulfilmentPhase.UNFULFILLED)),
    12: ("Manual Verification Required", _CHECK),
    13: ("Disputed", Meaning(flags=frozenset({"disputed"}))),
    14: ("Partially Refunded", Meaning(payment=PaymentState.PARTIALLY_REFUNDED)),
}
"""BigCommerce `status_id` -> its name and what it means. Source: BigCommerce API reference, order statuses."""

MAGENTO: Final[Mapping[str, Meaning]] = {
    "new": _UNPAID,
    "pending_payment": _UNPAID,
    "payment_review": _CHECK,
    "processing": Meaning(
        payment=PaymentState.PAID, fulfilment=FulfilmentPhase.UNFULFILLED, flags=frozenset({"check_shipments"})
    ),
    "complete": Meaning(payment=PaymentState.PAID, fulfilment=FulfilmentPhase.SHIPPED),
    "closed": Meaning(payment=PaymentState.REFUNDED),
    "canceled": _CANCELLED,
    "holded": Meaning(fulfilment=FulfilmentPhase.ON_HOLD, holds=(HoldReason.OTHER,)),
}
"""Magento order `state` (never `status`, whose labels each merchant edits). Source: constants of its Order model."""


def bigcommerce(status: int | str) -> Meaning:
    """By `status_id`, as a number or as text, or by the status' name in any case."""
    text = plain(str(status))
    return _BIGCOMMERCE.get(text, UNKNOWN)


def magento(state: str) -> Meaning:
    """By the order's state."""
    return _MAGENTO.get(plain(state), UNKNOWN)


def plain(word: str) -> str:
    """The form under which words of files are compared: small letters, one blank between, British and American alike."""
    return _BETWEEN.sub(" ", word).strip().casefold().replace("fulfilment", "fulfillment")


_BIGCOMMERCE: Final = {
    **{str(number): meaning for number, (_, meaning) in BIGCOMMERCE.items()},
    **{plain(name): meaning for name, meaning in BIGCOMMERCE.values()},
}
_MAGENTO: Final = {plain(state): meaning for state, meaning in MAGENTO.items()}

PRESETS: Final[Mapping[str, Mapping[str, Meaning]]] = {"bigcommerce": _BIGCOMMERCE, "magento": _MAGENTO}
"""Name of a preset -> its table, by `plain` word."""


def meaning_of(word: str) -> Meaning:
    """What a word of ours means: a FulfilmentPhase, a ShipmentStatus, a PaymentState, `on_hold/REASON`, `disputed` or `ignore`.

    `unknown` and `cancelled` are about the order. Raises ValueError for any other word."""
    if word in _WORDS:
        return _WORDS[word]
    phase, _, reason = word.partition("/")
    if phase == FulfilmentPhase.ON_HOLD and reason in set(HoldReason):
        return Meaning(fulfilment=FulfilmentPhase.ON_HOLD, holds=(HoldReason(reason),))
    raise ValueError(f'"{word}" is not a word that a status can mean')


_WORDS: Final[Mapping[str, Meaning]] = {
    **{each.value: Meaning(payment=each) for each in PaymentState},
    **{each.value: Meaning(parcel=each) for each in ShipmentStatus},
    **{each.value: Meaning(fulfilment=each) for each in FulfilmentPhase},
    FulfilmentPhase.ON_HOLD.value: Meaning(fulfilment=FulfilmentPhase.ON_HOLD, holds=(HoldReason.OTHER,)),
    FulfilmentPhase.CANCELLED.value: _CANCELLED,
    "disputed": Meaning(flags=frozenset({"disputed"})),
    "ignore": Meaning(flags=frozenset({"ignore"})),
}
