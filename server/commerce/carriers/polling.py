"""When a parcel is asked for again, if nobody tells us: often when the shopper waits at the door, never after the end.

Pure: the time, the last reading and the jitter come from outside.
"""

from datetime import datetime, timedelta
from typing import Final

from server.commerce.states import ShipmentStatus

Status = ShipmentStatus

USUAL: Final = timedelta(hours=6)
AT_THE_DOOR: Final = timedelta(minutes=30)
AFTER_THE_END: Final = timedelta(hours=24)
KEPT: Final = timedelta(days=10)
"""So long after its end a parcel is still looked at: carriers correct themselves."""
FIRST_RETRY: Final = timedelta(minutes=10)

_AT_THE_DOOR: Final = frozenset({Status.OUT_FOR_DELIVERY, Status.ATTEMPTED})
TERMINAL: Final = frozenset({Status.DELIVERED, Status.RETURNED, Status.LOST, Status.CANCELLED})


def next_poll(
    status: ShipmentStatus,
    last_poll: datetime | None,
    failures: int,
    now: datetime,
    jitter: float,
    ended_at: datetime | None = None,
) -> datetime | None:
    """When to ask again, never before `now`; None when nothing more is expected.

    `failures` are those in a row; they double the pause. `jitter` in [0, 1) spreads parcels by a tenth either way.
    `ended_at` is since when the status, a terminal one, holds; without it the last reading counts."""
    if status in TERMINAL and now - (ended_at or last_poll or now) > KEPT:
        return None
    if last_poll is None:
        return now
    return max(now, last_poll + _pause(status, failures) * (0.9 + 0.2 * jitter))


def _pause(status: ShipmentStatus, failures: int) -> timedelta:
    if failures > 0:
        return min(USUAL, FIRST_RETRY * 2.0 ** min(failures - 1, 8))
    if status in TERMINAL:
        return AFTER_THE_END
    return AT_THE_DOOR if status in _AT_THE_DOOR else USUAL
