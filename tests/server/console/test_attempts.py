"""Counting wrong tries: by key, within a window, with tries that turn out right taken back."""

from datetime import UTC, datetime, timedelta

from server.console.attempts import Attempts

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
WINDOW = timedelta(minutes=5)


def test_key_waits_until_the_window_of_its_first_failure_is_over() -> None:
    attempts = Attempts(2, WINDOW)
    attempts.begin("kim", NOON)
    attempts.begin("kim", NOON + timedelta(minutes=1))
    assert attempts.wait_s("kim", NOON + timedelta(minutes=2)) == 180
    assert attempts.wait_s("lee", NOON) == 0
    assert attempts.wait_s("kim", NOON + WINDOW) == 0


def test_failures_of_an_old_window_count_no_more() -> None:
    attempts = Attempts(2, WINDOW)
    attempts.begin("kim", NOON)
    attempts.begin("kim", NOON + WINDOW)
    assert attempts.wait_s("kim", NOON + WINDOW) == 0


def test_right_try_is_taken_back_and_failures_before_it_stay() -> None:
    attempts = Attempts(2, WINDOW)
    attempts.begin("kim", NOON)
    attempts.begin("kim", NOON)
    attempts.succeed("kim")
    assert attempts.wait_s("kim", NOON) == 0
    attempts.begin("kim", NOON)
    assert attempts.wait_s("kim", NOON) > 0


def test_success_without_a_try_changes_nothing() -> None:
    attempts = Attempts(1, WINDOW)
    attempts.succeed("kim")
    assert attempts.wait_s("kim", NOON) == 0
