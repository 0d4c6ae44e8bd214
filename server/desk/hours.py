"""When somebody is at the desk, from the operator's settings."""

from datetime import datetime
from functools import lru_cache

from server.policies.opening import Hours, hours, is_open, next_opening
from server.settings import Settings


def desk_hours(settings: Settings) -> Hours:
    """The desk's week. Raises SettingsError for hours that cannot be read."""
    return _week(settings.shop.tz, settings.desk.hours, settings.desk.holidays)


@lru_cache(maxsize=8)
def _week(tz: str, entries: tuple[str, ...], holidays: tuple[str, ...]) -> Hours:
    weekly: dict[str, list[str]] = {}
    for entry in entries:
        days, _, span = entry.strip().partition(" ")
        weekly.setdefault(days, []).append(span.strip())
    return hours(tz, weekly, holidays)


def back_at(settings: Settings, now: datetime) -> datetime | None:
    """When the desk opens next; None while it is open, or when it never opens."""
    desk = desk_hours(settings)
    return None if is_open(desk, now) else next_opening(desk, now)


def is_staffed(settings: Settings, now: datetime) -> bool:
    """Whether the desk is open by its hours."""
    return is_open(desk_hours(settings), now)
