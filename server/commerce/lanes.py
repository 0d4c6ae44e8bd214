"""What is normal for a carrier, a service and a lane: working days, and after how many quiet ones a parcel is stalled.

The defaults are those of the order model; a shop may state its own, and what was learned from its parcels' own scans
(`silence`) arrives the same way. Nothing here looks at a single parcel or at the clock.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from functools import lru_cache
from typing import Literal, TypeAlias

from server.commerce.business import Calendar
from server.commerce.model import OrderSnapshot, Shipment, ShipmentStatus
from server.commerce.zones import country_code

Service: TypeAlias = Literal["express", "ground", "economy"]
Lane: TypeAlias = Literal["domestic", "cross_border"]

_EXPRESS = ("express", "overnight", "next day", "nextday", "next_day", "2day", "2nd day", "same day", "same_day")
_ECONOMY = ("economy", "postal", "mail", "smartpost", "surepost", "media", "first class", "letter")
_POSTAL_CARRIERS = frozenset(
    {"usps", "royal_mail", "china_post", "canada_post", "australia_post", "auspost", "deutsche_post", "la_poste"}
    | {"correos", "india_post", "post"}
)
_CUSTOMS = ShipmentStatus.CUSTOMS
_country = lru_cache(maxsize=1024)(country_code)


@dataclass(frozen=True, slots=True)
class DeriveConfig:
    """What the shop knows about time: its zone, calendars, and after how many quiet business days a parcel is stalled.

    `stalled_after` overrides the defaults. Its keys are `carrier/service/lane` or, naming the status of the last scan
    too, `carrier/service/lane/stage`, with `*` for any, most specific first (`ups/express/domestic`, `ups/*/*`,
    `dhl/ground/cross_border/in_transit`); only keys of four parts speak of customs, where silence is of another kind.
    `carrier_calendars` are by lower-case carrier name. `feed_fresh_for` = carriers are asked again and again, and an
    answer older than this is no evidence of silence; None = nobody asks them."""

    shop_tz: str = "UTC"
    origin_country: str | None = None
    calendar: Calendar = field(default_factory=Calendar)
    carrier_calendars: Mapping[str, Calendar] = field(
        default_factory=lambda: {"usps": Calendar(weekdays=frozenset(range(6)))}
    )
    stalled_after: Mapping[str, int] = field(default_factory=dict)
    express_days: int = 1
    ground_days: int = 3
    economy_days: int = 5
    cross_border_days: int = 7
    customs_days: int = 5
    unscanned_days: int = 2
    pickup_expiring_hours: int = 48
    feed_fresh_for: timedelta | None = None

    def calendar_of(self, carrier: str | None) -> Calendar:
        """The carrier's own working days, else the shop's."""
        return self.carrier_calendars.get(plain(carrier), self.calendar)


@dataclass(frozen=True, slots=True)
class Stretch:
    """A part of a way: who carries, how fast it is meant to be, over which kind of border, and since which scan."""

    carrier: str
    service: Service
    lane: Lane
    stage: ShipmentStatus

    @property
    def key(self) -> str:
        """How a limit for exactly this is named: `ups/ground/domestic/in_transit`."""
        return f"{self.carrier}/{self.service}/{self.lane}/{self.stage.value}"


def stretch(carrier: str | None, service: str | None, lane: Lane, stage: ShipmentStatus) -> Stretch:
    """The part of the way that follows a scan with status `stage`."""
    return Stretch(plain(carrier) or "*", service_class(carrier, service), lane, stage)


def stall_limit(part: Stretch, cfg: DeriveConfig) -> int:
    """After how many business days without a scan a parcel counts as stalled."""
    if cfg.stalled_after:
        key = next((key for key in _keys(part) if key in cfg.stalled_after), None)
        if key is not None:
            return max(1, cfg.stalled_after[key])
    return default_limit(part, cfg)


def default_limit(part: Stretch, cfg: DeriveConfig) -> int:
    """The limit where nobody has stated or learned another."""
    if part.stage is _CUSTOMS:
        return cfg.customs_days
    if part.lane == "cross_border":
        return cfg.cross_border_days
    if part.service == "express":
        return cfg.express_days
    return cfg.economy_days if part.service == "economy" else cfg.ground_days


def _keys(part: Stretch) -> Iterable[str]:
    """Every key that speaks of a stretch, most specific first."""
    threes = [
        f"{first}/{second}/{third}"
        for first in (part.carrier, "*")
        for second in (part.service, "*")
        for third in (part.lane, "*")
    ]
    for three in threes:
        yield f"{three}/{part.stage.value}"
    if part.stage is not _CUSTOMS:
        yield from threes


@lru_cache(maxsize=1024)
def service_class(carrier: str | None, service: str | None) -> Service:
    """How fast a carrier's service is meant to be; post offices are economy unless the service says express."""
    name = plain(service)
    if any(word in name for word in _EXPRESS):
        return "express"
    if any(word in name for word in _ECONOMY) or plain(carrier).replace(" ", "_") in _POSTAL_CARRIERS:
        return "economy"
    return "ground"


def lane_of(order: OrderSnapshot, shipment: Shipment, cfg: DeriveConfig) -> Lane:
    """Across a border when origin and destination differ, or when scans name several countries or customs."""
    named = {cfg.origin_country, order.ship_to.country}
    for event in shipment.events:
        if event.code is _CUSTOMS:
            return "cross_border"
        named.add(event.place.country)
    countries = {_country(name) for name in named}
    return "cross_border" if len(countries - {None}) > 1 else "domestic"


def plain(text: str | None) -> str:
    """A name as it is compared."""
    return (text or "").strip().lower()
