"""What WooCommerce's order statuses mean in our words. `completed` means sent, by the shop's own habit, never delivered.

Statuses beyond the core ones come from plug-ins: the shop says in its settings what they mean, else they are `unknown`.
Drafts are no orders. Pure; knows neither parcels nor refunds beyond their sum.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from server import telemetry
from server.commerce.connectors.woocommerce.plain import SOURCE, Json, gmt, text
from server.commerce.model import FulfilmentPhase, HoldReason, PaymentState

_NO_ORDERS: Final = frozenset({"checkout-draft", "draft", "auto-draft", "new", "trash"})
_PICKUP: Final = frozenset({"ready-for-pickup", "available_for_pickup"})
_ON_DELIVERY: Final = "cod"


@dataclass(frozen=True, slots=True)
class Standing:
    """How an order stands, as far as its status alone tells."""

    payment: PaymentState
    fulfilment: FulfilmentPhase
    hold: HoldReason | None = None
    waits_for_pickup: bool = False


_CORE: Final[Mapping[str, Standing]] = {
    "pending": Standing(PaymentState.PENDING, FulfilmentPhase.UNFULFILLED),
    "processing": Standing(PaymentState.PAID, FulfilmentPhase.UNFULFILLED),
    "completed": Standing(PaymentState.PAID, FulfilmentPhase.SHIPPED),
    "cancelled": Standing(PaymentState.VOIDED, FulfilmentPhase.CANCELLED),
    "refunded": Standing(PaymentState.REFUNDED, FulfilmentPhase.CANCELLED),
    "failed": Standing(PaymentState.FAILED, FulfilmentPhase.UNFULFILLED),
}
_PHASES: Final = frozenset(phase.value for phase in FulfilmentPhase) - {"cancelled", "unknown"}


@dataclass(frozen=True, slots=True)
class Rules:
    """The habits of one shop, from its settings."""

    status_map: Mapping[str, str]
    on_hold: str = "payment"
    tracking_meta: Sequence[str] = ()


def slug_of(order: Json) -> str:
    """The status without the prefix that the database has and the REST API has not."""
    return text(order.get("status")).lower().removeprefix("wc-")


def status_map(settings: Sequence[str]) -> dict[str, str]:
    """`shipped=shipped` and `wc-picking=processing` as a table; the last entry of a status holds."""
    pairs = (each.partition("=") for each in settings)
    return {slug.strip().lower().removeprefix("wc-"): word.strip().lower() for slug, _, word in pairs}


def standing(order: Json, rules: Rules) -> Standing | None:
    """How the order stands; None for drafts and for what lies in the bin, which are no orders."""
    slug = slug_of(order)
    if slug in _NO_ORDERS:
        return None
    is_paid = gmt(order.get("date_paid_gmt")) is not None
    word = rules.status_map.get(slug, slug)
    if slug in rules.status_map and word in _PHASES:
        return _custom(order, FulfilmentPhase(word), is_paid)
    if word == "on-hold":
        return _held(rules.on_hold, is_paid)
    if word in _PICKUP:
        return replace(_paid(order, _CORE["completed"], is_paid), waits_for_pickup=True)
    core = _CORE.get(word)
    if core is not None:
        return _paid(order, core, is_paid)
    telemetry.unknown_words.labels(SOURCE).inc()
    return Standing(PaymentState.PAID if is_paid else PaymentState.UNKNOWN, FulfilmentPhase.UNKNOWN)


def _held(meaning: str, is_paid: bool) -> Standing:
    """On hold means that the payment is awaited, unless the shop says otherwise or the money is recorded as received."""
    if meaning == "warehouse" or is_paid:
        payment = PaymentState.PAID if is_paid else PaymentState.UNKNOWN
        return Standing(payment, FulfilmentPhase.ON_HOLD, HoldReason.OTHER)
    return Standing(PaymentState.PENDING, FulfilmentPhase.ON_HOLD, HoldReason.PAYMENT)


def _paid(order: Json, core: Standing, is_paid: bool) -> Standing:
    """Cancelled orders keep their money until it is refunded; cash on delivery is not there yet while it travels."""
    if core.fulfilment is FulfilmentPhase.CANCELLED and core.payment is PaymentState.VOIDED and is_paid:
        return replace(core, payment=PaymentState.PAID)
    is_cash = text(order.get("payment_method")) == _ON_DELIVERY
    if core.payment is PaymentState.PAID and is_cash and not is_paid:
        return replace(core, payment=PaymentState.AUTHORIZED)
    return core


def _custom(order: Json, phase: FulfilmentPhase, is_paid: bool) -> Standing:
    """What the shop says of a plug-in's status is about the goods; the money is what is recorded."""
    is_cash = text(order.get("payment_method")) == _ON_DELIVERY
    payment = PaymentState.PAID if is_paid else PaymentState.AUTHORIZED if is_cash else PaymentState.UNKNOWN
    return Standing(payment, phase, HoldReason.OTHER if phase is FulfilmentPhase.ON_HOLD else None)
