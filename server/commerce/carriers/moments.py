"""Times as carriers tell them: with an offset, as a date alone, or by a local clock whose zone nobody names.

A scan by a local clock is marked as such and left to those who know the place. An expected delivery is never given an
hour that the carrier did not tell: midnight and the last second of a day are days. Nothing here reads a clock.
"""

from datetime import UTC, date, datetime, time, tzinfo

from server.commerce.carriers.reading import Raw
from server.commerce.documents import parse_time

_WHOLE_DAY = frozenset({time(0), time(23, 59), time(23, 59, 59)})


def stamp(value: object, zone: tzinfo | None = None) -> Raw | None:
    """The `at` of an event, with `local` where its zone is not known; None when it is no plausible time.

    `zone` is where times without an offset are told."""
    moment = _moment(value)
    if moment is None:
        return None
    if not isinstance(moment, datetime):
        return {"at": moment.isoformat()}
    if moment.tzinfo is None and zone is not None:
        moment = moment.replace(tzinfo=zone)
    return {"at": moment.isoformat()} if moment.tzinfo is not None else {"at": moment.isoformat(), "local": True}


def instant(value: object) -> datetime | None:
    """A point in time: ISO 8601 with an offset, or seconds since 1970."""
    if isinstance(value, int) and not isinstance(value, bool):
        return _from_seconds(value)
    moment = _moment(value)
    return moment.astimezone(UTC) if isinstance(moment, datetime) and moment.tzinfo is not None else None


def expected(value: object) -> str | None:
    """One end of an expected delivery: a date, or a time with its offset. A local hour is reduced to its day."""
    moment = _moment(value)
    if moment is None or not isinstance(moment, datetime):
        return moment.isoformat() if moment else None
    is_day = moment.tzinfo is None or moment.time().replace(microsecond=0) in _WHOLE_DAY
    return moment.date().isoformat() if is_day else moment.isoformat()


def window(earliest: str | None, latest: str | None, source: str) -> Raw | None:
    """An expected delivery from when to when; one end alone stands for both."""
    start, end = earliest or latest, latest or earliest
    if start is None or end is None:
        return None
    if len(start) != len(end) and "T" not in min(start, end, key=len):
        start, end = start[:10], end[:10]  # an hour on one side only is no window of hours
    return {"min": start, "max": end, "source": source}


def _moment(value: object) -> datetime | date | None:
    """A date, or a time with or without an offset, in a year in which parcels travel."""
    if not isinstance(value, str) or not 8 <= len(value.strip()) <= 40:
        return None
    stripped = value.strip()
    try:
        naive = datetime.fromisoformat(stripped)
        is_naive = naive.tzinfo is None and len(stripped) > 10
        found = parse_time(f"{naive.isoformat()}+00:00" if is_naive else _spelled(naive, stripped))
    except (ValueError, OverflowError):
        return None
    return found.replace(tzinfo=None) if is_naive and isinstance(found, datetime) else found


def _spelled(moment: datetime, given: str) -> str:
    return moment.isoformat() if len(given) > 10 else moment.date().isoformat()


def _from_seconds(seconds: int) -> datetime | None:
    """Within the years 2000 to 2200, whatever number came."""
    return datetime.fromtimestamp(seconds, UTC) if 946_684_800 <= seconds < 7_258_118_400 else None
