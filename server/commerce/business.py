"""Business days: counting them, adding them, and the calendars of shops and carriers.

Weekends and holidays are data (`Calendar`), never code: USPS works on Saturdays, most of Europe's carriers do not.
Counting is done on local wall-clock time, so a change to or from summer time neither adds nor takes a day. Pure.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from server.commerce.model import Moment
from server.commerce.zones import zone

_ONE_DAY = timedelta(days=1)
_LONGEST = 3660  # ten years of days: nobody plans further, and no input takes long
_WEEK = frozenset(range(7))


@dataclass(frozen=True, slots=True)
class Calendar:
    """The days on which somebody works: weekdays (Monday is 0) that are not holidays."""

    weekdays: frozenset[int] = frozenset(range(5))
    holidays: frozenset[date] = frozenset()

    def is_open(self, day: date) -> bool:
        """True on a working day."""
        return day.weekday() in self.weekdays and day not in self.holidays


def local(at: datetime, tz: str) -> datetime:
    """`at` on the wall clock of `tz`."""
    return at.astimezone(zone(tz))


def local_day(moment: Moment, tz: str) -> date:
    """The day that `moment` falls on in `tz`; a date stays what it is."""
    return local(moment, tz).date() if isinstance(moment, datetime) else moment


def end_of(moment: Moment, tz: str) -> datetime:
    """The instant at which `moment` has passed: itself, or the last second of a date in `tz`."""
    if isinstance(moment, datetime):
        return moment
    return datetime(moment.year, moment.month, moment.day, 23, 59, 59, tzinfo=zone(tz))


def days_passed(since: date, until: date, calendar: Calendar) -> int:
    """Working days after `since`, up to and including `until`; 0 when `until` is not later."""
    span = (until - since).days
    if span <= 0:
        return 0
    weeks, rest = divmod(span, 7)
    if not weeks:
        return sum(calendar.is_open(since + _ONE_DAY * offset) for offset in range(1, rest + 1))
    start = since.weekday()
    open_days = weeks * len(calendar.weekdays & _WEEK)
    open_days += sum((start + offset) % 7 in calendar.weekdays for offset in range(1, rest + 1))
    return open_days - sum(since < day <= until and day.weekday() in calendar.weekdays for day in calendar.holidays)


def full_days_passed(since: datetime, until: datetime, tz: str, calendar: Calendar) -> int:
    """Whole working days between two instants: the last one counts only from the hour of `since` on."""
    start, end = local(since, tz), local(until, tz)
    first, last = start.date(), end.date()
    counted = days_passed(first, last, calendar)
    ends_early = counted and end.time() < start.time() and calendar.is_open(last) and calendar.is_open(first)
    return counted - 1 if ends_early else counted


def add_days(day: date, count: int, calendar: Calendar) -> date:
    """The `count`-th working day after `day`; a calendar without working days adds plain days."""
    for _ in range(_LONGEST):
        if count <= 0:
            return day
        day += _ONE_DAY
        count -= calendar.is_open(day) or not calendar.weekdays
    return day
