"""When somebody is at the desk: opening hours of every day of the week, less the holidays.

Hours are wall-clock times of the desk's zone, so a change to summer time moves no opening. The settings' values
come in as plain arguments; this module reads no configuration.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from server.errors import SettingsError

DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
FARTHEST: Final = 400
"""So many days are looked ahead: a desk that is closed longer has no next opening."""

_SPAN: Final = re.compile(r"(\d{1,2}):(\d{2})\s*[-–]\s*(\d{1,2}):(\d{2})")


@dataclass(frozen=True, slots=True)
class Span:
    """From `start` to `end` in minutes after midnight; `end` may lie on the next day (above 1440)."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Hours:
    """A desk's week: for each weekday (0 = Monday) its spans, and the days without any."""

    zone: ZoneInfo
    weekly: tuple[tuple[Span, ...], ...]
    holidays: frozenset[date]


def hours(tz: str, weekly: Mapping[str, str | Sequence[str]], holidays: Iterable[str | date] = ()) -> Hours:
    """Read the settings: `{"mon-fri": "09:00-17:30", "sat": ["10:00-12:00", "13:00-15:00"]}`; absent days are closed.

    "daily" and "mon-fri" name several days; "22:00-02:00" ends on the next day; "closed" is allowed.
    Raises SettingsError."""
    try:
        zone = ZoneInfo(tz)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise SettingsError(f'the desk\'s time zone "{tz}" is not known') from error
    week: list[tuple[Span, ...]] = [() for _ in DAYS]
    for name, spans in weekly.items():
        for day in _weekdays(name):
            week[day] = _spans(spans)
    return Hours(zone, tuple(week), frozenset(_holiday(day) for day in holidays))


def is_open(desk: Hours, now: datetime) -> bool:
    """Whether somebody is at the desk now."""
    today = now.astimezone(desk.zone).date()
    return any(start <= now < end for day in (today - timedelta(days=1), today) for start, end in _open_on(desk, day))


def next_opening(desk: Hours, now: datetime) -> datetime | None:
    """The moment from which somebody is there, in UTC: now if the desk is open, None if it never opens."""
    if is_open(desk, now):
        return now.astimezone(UTC)
    today = now.astimezone(desk.zone).date()
    for ahead in range(FARTHEST):
        for start, _ in _open_on(desk, today + timedelta(days=ahead)):
            if start > now:
                return start
    return None


def _open_on(desk: Hours, day: date) -> Iterator[tuple[datetime, datetime]]:
    """The spans that begin on a day, as UTC moments, in order."""
    if day in desk.holidays:
        return
    for span in desk.weekly[day.weekday()]:
        start, end = _moment(desk.zone, day, span.start), _moment(desk.zone, day, span.end)
        if start < end:
            yield start, end


def _moment(zone: ZoneInfo, day: date, minutes: int) -> datetime:
    """A wall-clock time as a moment; one that the spring change skips comes out as late as it is skipped."""
    whole_days, rest = divmod(minutes, 1440)
    wall = datetime.combine(day + timedelta(days=whole_days), time(*divmod(rest, 60)), zone)
    return wall.astimezone(UTC)


def _weekdays(name: str) -> range:
    if name.lower() == "daily":
        return range(7)
    first, _, last = name.lower().partition("-")
    try:
        start, end = DAYS.index(first[:3]), DAYS.index((last or first)[:3])
    except ValueError as error:
        raise SettingsError(f'"{name}" is no day of the week: write mon, tue, ..., mon-fri or daily') from error
    if end < start:
        raise SettingsError(f'"{name}" runs backwards')
    return range(start, end + 1)


def _spans(given: str | Sequence[str]) -> tuple[Span, ...]:
    texts = given.split(",") if isinstance(given, str) else given
    spans = sorted((_span(text.strip()) for text in texts if text.strip().lower() not in ("", "closed")), key=_start)
    for before, after in pairwise(spans):
        if after.start < before.end:
            raise SettingsError(f"opening hours overlap: {given}")
    return tuple(spans)


def _start(span: Span) -> int:
    return span.start


def _span(text: str) -> Span:
    found = _SPAN.fullmatch(text)
    if not found:
        raise SettingsError(f'"{text}" are no opening hours: write 09:00-17:30')
    from_hour, from_minute, to_hour, to_minute = map(int, found.groups())
    start, end = from_hour * 60 + from_minute, to_hour * 60 + to_minute
    if max(from_minute, to_minute) > 59 or start >= 1440 or end > 1440:
        raise SettingsError(f'"{text}" is not within a day')
    return Span(start, end if end > start else end + 1440)


def _holiday(day: str | date) -> date:
    if isinstance(day, date):
        return day
    try:
        return date.fromisoformat(day)
    except ValueError as error:
        raise SettingsError(f'"{day}" is no holiday date: write 2026-12-25') from error
