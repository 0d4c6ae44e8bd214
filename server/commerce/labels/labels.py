"""What we ask of whoever makes return labels: one Protocol for our own slip and for every provider that sells postage.

A label is bought at most once for its key. Nothing here decides who pays or who may return: that was decided before.
Providers keep nothing of ours; what was bought is remembered by the ledger of writes and by the caller.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal, Protocol, TypeAlias

from server.commerce.model import Address, LineQuantity, Money, OrderSnapshot, Window

Ability: TypeAlias = Literal["label", "postage", "void", "pickup", "drop_off", "qr"]
"""`postage` = the label is paid for and the parcel travels with it; a slip alone is not. `qr` = a code in place of paper."""


@dataclass(frozen=True, slots=True)
class Label:
    """A return label. `url` and `qr_url` are https, or our own pages.

    `id` is what the provider calls it: `void` and `pickup` need it. `cost` is what the shop pays, None when it is not known.
    `void_until` is the last moment at which the provider takes it back, None when it does not say."""

    url: str
    tracking_number: str | None = None
    carrier: str | None = None
    cost: Money | None = None
    void_until: datetime | None = None
    qr_url: str | None = None
    id: str = ""


@dataclass(frozen=True, slots=True)
class Pickup:
    """The carrier comes between `start` and `until`. `confirmation` is None until the carrier has given its number."""

    confirmation: str | None
    start: datetime
    until: datetime
    cost: Money | None = None


@dataclass(frozen=True, slots=True)
class DropOff:
    """A place that takes parcels."""

    name: str
    address: str
    hours: str | None = None
    distance_m: int | None = None


class Labels(Protocol):
    """Whoever makes return labels.

    Every call raises StoreUnavailable (not now; for writes also "nobody knows": the same key never sends it twice) and
    StoreRefused (no, for good; the message is for agents)."""

    @property
    def name(self) -> str:
        """`embedded`, `easypost`, `shippo`."""
        ...

    @property
    def capabilities(self) -> frozenset[Ability]:
        """What this provider can do; a call that is not among them raises StoreRefused or gives nothing."""
        ...

    async def label(
        self, key: str, order: OrderSnapshot, rma: str, lines: Sequence[LineQuantity], at: datetime
    ) -> Label:
        """Make the label with which these lines come back. The order's own address is where the parcel starts."""
        ...

    async def void(self, key: str, label: Label) -> bool:
        """Give the label back unused; False when the provider will not take it."""
        ...

    async def pickup_windows(self, order: OrderSnapshot, label: Label) -> tuple[Window, ...]:
        """When a carrier could fetch the parcel, soonest first; none where it does not fetch."""
        ...

    async def pickup(self, key: str, order: OrderSnapshot, rma: str, label: Label, window: Window) -> Pickup:
        """Have the parcel fetched at the order's address within `window` (instants)."""
        ...

    async def drop_off_points(self, address: Address, limit: int) -> tuple[DropOff, ...]:
        """At most `limit` places near `address`, nearest first; none where nobody lists them."""
        ...

    async def close(self) -> None:
        """Let go of connections."""
        ...


def label_raw(label: Label) -> dict[str, Any]:
    """The label as JSON holds it."""
    return {
        "url": label.url,
        "tracking_number": label.tracking_number,
        "carrier": label.carrier,
        "cost": _money_raw(label.cost),
        "void_until": _time_raw(label.void_until),
        "qr_url": label.qr_url,
        "id": label.id,
    }


def label_of(raw: Mapping[str, Any]) -> Label:
    """The label that `label_raw` wrote."""
    return Label(
        raw["url"],
        raw["tracking_number"],
        raw["carrier"],
        _money(raw["cost"]),
        _time(raw["void_until"]),
        raw["qr_url"],
        raw["id"],
    )


def pickup_raw(pickup: Pickup) -> dict[str, Any]:
    """The pickup as JSON holds it."""
    return {
        "confirmation": pickup.confirmation,
        "start": _time_raw(pickup.start),
        "until": _time_raw(pickup.until),
        "cost": _money_raw(pickup.cost),
    }


def pickup_of(raw: Mapping[str, Any]) -> Pickup:
    """The pickup that `pickup_raw` wrote."""
    return Pickup(
        raw["confirmation"],
        datetime.fromisoformat(raw["start"]),
        datetime.fromisoformat(raw["until"]),
        _money(raw["cost"]),
    )


def _money_raw(money: Money | None) -> dict[str, Any] | None:
    return None if money is None else {"amount_minor": money.amount_minor, "currency": money.currency}


def _money(raw: Mapping[str, Any] | None) -> Money | None:
    return None if raw is None else Money(raw["amount_minor"], raw["currency"])


def _time_raw(at: datetime | None) -> str | None:
    return None if at is None else at.astimezone(UTC).isoformat()


def _time(raw: str | None) -> datetime | None:
    return None if raw is None else datetime.fromisoformat(raw)
