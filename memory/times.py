"""Stored times are integers: milliseconds since 1970 in UTC. This module is the only converter."""

from datetime import UTC, datetime


def to_ms(at: datetime) -> int:
    """Milliseconds of an aware time; a naive one is refused with ValueError."""
    if at.tzinfo is None:
        raise ValueError("a stored time must be aware")
    return int(at.timestamp() * 1000)


def from_ms(value: int) -> datetime:
    """The aware UTC time of stored milliseconds."""
    return datetime.fromtimestamp(value / 1000, UTC)
