"""Business days."""

from datetime import UTC, date, datetime

import pytest

from server.commerce.business import Calendar, add_days, days_passed, full_days_passed

WEEK = Calendar()
FRIDAY = date(2026, 11, 20)


@pytest.mark.parametrize(
    ("until", "expected"),
    [(FRIDAY, 0), (date(2026, 11, 22), 0), (date(2026, 11, 23), 1), (date(2026, 11, 27), 5), (date(2026, 11, 1), 0)],
)
def test_days_passed_leaves_weekends_out(until: date, expected: int) -> None:
    assert days_passed(FRIDAY, until, WEEK) == expected


def test_adding_is_the_reverse_of_counting() -> None:
    for count in range(12):
        assert days_passed(FRIDAY, add_days(FRIDAY, count, WEEK), WEEK) == count


def test_a_holiday_is_no_business_day() -> None:
    closed = Calendar(holidays=frozenset({date(2026, 11, 23)}))

    assert add_days(FRIDAY, 1, closed) == date(2026, 11, 24)


@pytest.mark.parametrize(("hour", "expected"), [(11, 0), (12, 1)])
def test_the_last_day_counts_from_the_same_hour_on(hour: int, expected: int) -> None:
    start = datetime(2026, 11, 19, 12, tzinfo=UTC)

    assert full_days_passed(start, datetime(2026, 11, 20, hour, tzinfo=UTC), "UTC", WEEK) == expected


def test_a_calendar_without_working_days_ends() -> None:
    never = Calendar(weekdays=frozenset())

    assert add_days(FRIDAY, 3, never) == date(2026, 11, 23)
    assert days_passed(date(1970, 1, 1), date(2200, 1, 1), never) == 0


@pytest.mark.parametrize("span", range(40))
def test_long_spans_are_counted_as_short_ones(span: int) -> None:
    until = date.fromordinal(FRIDAY.toordinal() + span)
    six = Calendar(frozenset(range(6)), frozenset({date(2026, 11, 26), date(2026, 12, 6), date(2026, 12, 25)}))
    days = [date.fromordinal(FRIDAY.toordinal() + offset) for offset in range(1, span + 1)]

    assert days_passed(FRIDAY, until, six) == sum(six.is_open(day) for day in days)
