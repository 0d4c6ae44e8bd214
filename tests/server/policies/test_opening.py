"""Opening hours: holidays at night, both changes of the clock, spans over midnight, and settings that make no sense."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from server.errors import SettingsError
from server.policies.opening import hours, is_open, next_opening

BERLIN = ZoneInfo("Europe/Berlin")
OFFICE = hours("Europe/Berlin", {"mon-fri": "09:00-17:30", "sat": "10:00-14:00"}, ["2026-12-25", date(2026, 12, 26)])


def berlin(*parts: int) -> datetime:
    """A wall-clock time in Berlin."""
    return datetime(*parts, tzinfo=BERLIN)  # type: ignore[misc,arg-type]  # year to minute


def test_at_three_at_night_on_a_holiday_the_next_working_day_counts() -> None:
    assert next_opening(OFFICE, berlin(2026, 12, 25, 3)) == berlin(2026, 12, 28, 9)


def test_a_holiday_is_closed_at_noon() -> None:
    assert not is_open(OFFICE, berlin(2026, 12, 25, 12))


def test_while_open_the_next_opening_is_now() -> None:
    now = berlin(2026, 11, 20, 12)
    assert next_opening(OFFICE, now) == now


@pytest.mark.parametrize(
    ("hour", "minute", "expected"), [(8, 59, False), (9, 0, True), (17, 29, True), (17, 30, False)]
)
def test_the_first_minute_counts_and_the_last_does_not(hour: int, minute: int, expected: bool) -> None:
    assert is_open(OFFICE, berlin(2026, 11, 20, hour, minute)) is expected


def test_opening_follows_the_wall_clock_over_summer_time() -> None:
    assert next_opening(OFFICE, berlin(2026, 3, 28, 20)) == datetime(2026, 3, 30, 7, 0, tzinfo=UTC)


def test_opening_follows_the_wall_clock_back_to_winter_time() -> None:
    assert next_opening(OFFICE, berlin(2026, 10, 24, 20)) == datetime(2026, 10, 26, 8, 0, tzinfo=UTC)


def test_an_opening_in_the_skipped_hour_comes_after_it() -> None:
    desk = hours("Europe/Berlin", {"sun": "02:30-05:00"})
    assert next_opening(desk, berlin(2026, 3, 29, 0)) == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)


def test_a_span_over_midnight_is_still_open_on_the_next_day() -> None:
    desk = hours("UTC", {"fri": "22:00-02:00"})
    assert is_open(desk, datetime(2026, 11, 21, 1, 59, tzinfo=UTC))
    assert not is_open(desk, datetime(2026, 11, 21, 2, 0, tzinfo=UTC))


def test_a_lunch_break_is_closed() -> None:
    desk = hours("UTC", {"mon": ["09:00-12:00", "13:00-17:00"]})
    assert next_opening(desk, datetime(2026, 11, 23, 12, 30, tzinfo=UTC)) == datetime(2026, 11, 23, 13, tzinfo=UTC)


def test_round_the_clock_is_always_open() -> None:
    desk = hours("UTC", {"daily": "00:00-24:00"})
    assert is_open(desk, datetime(2026, 11, 22, 23, 59, tzinfo=UTC))


def test_a_desk_without_hours_never_opens() -> None:
    assert next_opening(hours("UTC", {}), datetime(2026, 11, 22, tzinfo=UTC)) is None


def test_leap_day_has_its_hours() -> None:
    assert is_open(hours("UTC", {"tue": "09:00-17:00"}), datetime(2028, 2, 29, 12, tzinfo=UTC))


@pytest.mark.parametrize(
    ("tz", "weekly", "holidays"),
    [
        ("Mars/Olympus", {}, []),
        ("UTC", {"noday": "09:00-17:00"}, []),
        ("UTC", {"fri-mon": "09:00-17:00"}, []),
        ("UTC", {"mon": "9 to 5"}, []),
        ("UTC", {"mon": "09:00-25:00"}, []),
        ("UTC", {"mon": "09:00-12:00, 11:00-13:00"}, []),
        ("UTC", {}, ["25.12.2026"]),
    ],
)
def test_settings_that_make_no_sense_are_refused(tz: str, weekly: dict[str, str], holidays: list[str]) -> None:
    with pytest.raises(SettingsError):
        hours(tz, weekly, holidays)
