"""What a reply may say: a value with its kind, its source and the time at which it was true. Nothing else may be said."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal, TypeAlias

Moment: TypeAlias = date | datetime
"""A point in time, or a date alone: a date means "by the end of that day at the destination"."""


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
