"""How often a parcel is asked for."""

from datetime import UTC, datetime, timedelta

import pytest

from server.commerce.carriers.polling import next_poll
from server.commerce.states import ShipmentStatus

NOW = datetime(2026, 11, 20, 18, 0, tzinfo=UTC)
MIDDLE = 0.5
Status = ShipmentStatus


def ago(**span: float) -> datetime:
    return NOW - timedelta(**span)


@pytest.mark.parametrize(
    ("status", "pause"),
    [
        (Status.LABEL_CREATED, timedelta(hours=6)),
        (Status.IN_TRANSIT, timedelta(hours=6)),
        (Status.EXCEPTION, timedelta(hours=6)),
        (Status.DAMAGED, timedelta(hours=6)),
        (Status.UNKNOWN, timedelta(hours=6)),
        (Status.OUT_FOR_DELIVERY, timedelta(minutes=30)),
        (Status.ATTEMPTED, timedelta(minutes=30)),
        (Status.DELIVERED, timedelta(hours=24)),
    ],
)
def test_the_pause_depends_on_where_the_parcel_is(status: ShipmentStatus, pause: timedelta) -> None:
    assert next_poll(status, NOW, 0, NOW, MIDDLE) == NOW + pause


def test_a_parcel_that_was_never_read_is_due_and_one_overdue_too() -> None:
    assert next_poll(Status.IN_TRANSIT, None, 0, NOW, MIDDLE) == NOW
    assert next_poll(Status.IN_TRANSIT, ago(days=2), 0, NOW, MIDDLE) == NOW


@pytest.mark.parametrize("status", [Status.DELIVERED, Status.RETURNED, Status.LOST, Status.CANCELLED])
def test_ten_days_after_the_end_nobody_asks(status: ShipmentStatus) -> None:
    assert next_poll(status, ago(hours=1), 0, NOW, MIDDLE, ended_at=ago(days=9, hours=23)) is not None
    assert next_poll(status, ago(hours=1), 0, NOW, MIDDLE, ended_at=ago(days=10, hours=1)) is None
    assert next_poll(Status.IN_TRANSIT, ago(days=11), 0, NOW, MIDDLE, ended_at=ago(days=11)) == NOW


def test_failures_double_the_pause_up_to_the_usual_one() -> None:
    pauses = [next_poll(Status.OUT_FOR_DELIVERY, NOW, failures, NOW, MIDDLE) for failures in (1, 2, 3, 9, 900)]
    minutes = [(pause - NOW) / timedelta(minutes=1) for pause in pauses if pause is not None]
    assert minutes == [10, 20, 40, 360, 360]


def test_jitter_spreads_by_a_tenth_either_way() -> None:
    earliest = next_poll(Status.IN_TRANSIT, NOW, 0, NOW, 0.0)
    latest = next_poll(Status.IN_TRANSIT, NOW, 0, NOW, 0.999999)
    assert earliest == NOW + timedelta(hours=5.4)
    assert latest is not None
    assert NOW + timedelta(hours=6.59) < latest < NOW + timedelta(hours=6.6)
