"""The plain documents of the demo shop and how times are written into them.

The demo speaks the shop's import format: JSON objects, money in minor units, times in ISO 8601 with an offset. It does
not know how the application reads them, so that what the demo feeds in is what any shop would feed in.
"""

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, TypeAlias
from zoneinfo import ZoneInfo

Document: TypeAlias = dict[str, Any]
"""One JSON object of the import format; fields unknown to us must survive, so it is no closed type."""

SHOP_NAME = "Harbour & Pine"
CURRENCY = "USD"
SHOP_ZONE = "America/New_York"

_ZONES: dict[str, ZoneInfo] = {}


def zone(name: str) -> ZoneInfo:
    """The time zone of that name."""
    found = _ZONES.get(name)
    if found is None:
        found = _ZONES[name] = ZoneInfo(name)
    return found


def stamp(moment: datetime, zone_name: str = SHOP_ZONE) -> str:
    """ISO 8601 in the wall time of a zone, offset included, to the second."""
    return moment.astimezone(zone(zone_name)).replace(microsecond=0).isoformat()


def read(text: str) -> datetime:
    """The UTC moment that a stamp names."""
    return datetime.fromisoformat(text).astimezone(UTC)


def wall(day: date, hour: int, minute: int = 0, zone_name: str = SHOP_ZONE) -> datetime:
    """The UTC moment of a wall-clock time."""
    return datetime.combine(day, time(hour, minute), zone(zone_name)).astimezone(UTC)


def business_day(day: date, steps: int) -> date:
    """The business day `steps` after (or, negative, before) `day`; a weekend counts as the Friday before it."""
    while day.weekday() > 4:
        day -= timedelta(days=1)
    step = timedelta(days=1 if steps > 0 else -1)
    for _ in range(abs(steps)):
        day += step
        while day.weekday() > 4:
            day += step
    return day


def without_empty(pairs: Iterable[tuple[str, object]]) -> Document:
    """A document of the pairs that say something."""
    return {key: value for key, value in pairs if value not in (None, "", [], {})}
