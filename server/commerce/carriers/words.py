"""What a provider's word means in ours, and the event that carries both.

Providers' tables are made of `Meaning`s. A word that no table knows becomes `unknown` and is counted, never a happy
state. It knows no provider.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Final, NamedTuple

from server import telemetry
from server.commerce.carriers.reading import Raw, text, without_nothing
from server.commerce.states import ShipmentFlag, ShipmentStatus

Flag = ShipmentFlag
Status = ShipmentStatus

INFO: Final = "info"
"""The code of an event that says nothing about where the parcel is."""


class Meaning(NamedTuple):
    """One of our codes (a ShipmentStatus or `info`), with what else the word says; `reason` is in plain words."""

    code: str
    flags: tuple[ShipmentFlag, ...] = ()
    reason: str | None = None

    def but(self, *flags: ShipmentFlag, reason: str | None = None) -> "Meaning":
        """The same with more flags, and with this reason where it had none."""
        return Meaning(self.code, tuple(dict.fromkeys([*self.flags, *flags])), self.reason or reason)


def means(code: str, *flags: ShipmentFlag, reason: str | None = None) -> Meaning:
    """A line of a table; reasons that are flags as well bring their flag."""
    own = _OF_REASONS.get(reason or "")
    return Meaning(code, tuple(dict.fromkeys([*flags, *([own] if own else [])])), reason)


_OF_REASONS: Final[Mapping[str, ShipmentFlag]] = {
    "address": Flag.ADDRESS_PROBLEM,
    "recipient_unknown": Flag.ADDRESS_PROBLEM,
    "weather": Flag.WEATHER,
    "missort": Flag.MISROUTED,
    "signature": Flag.SIGNATURE_REQUIRED,
    "duties": Flag.DUTY_DUE,
}

UNKNOWN: Final = Meaning(Status.UNKNOWN)


def because(meaning: Meaning, reason: str | None) -> Meaning:
    """The meaning with this reason and its flag, where it had no reason."""
    if meaning.reason is not None or reason is None:
        return meaning
    return means(meaning.code, *meaning.flags, reason=reason)


def look_up(source: str, table: Mapping[str, Meaning], word: str) -> Meaning:
    """The word's meaning; `unknown`, and counted for `source`, when no table knows it."""
    found = table.get(word)
    if found is None:
        telemetry.unknown_words.labels(source).inc()
    return found or UNKNOWN


def scan(
    stamp: Raw,
    meaning: Meaning,
    source: str,
    raw_code: str,
    *,
    said: str | None = None,
    place: Raw | None = None,
) -> dict[str, object]:
    """The event in the shape of `formats.EventDocument`; `stamp` is its `at`, with `local` where that is a local clock."""
    return without_nothing(
        **stamp,
        code=str(meaning.code),
        text=said,
        **(place or {}),
        reason=meaning.reason,
        raw_code=raw_code or str(meaning.code),
        source=source,
        flags=[flag.value for flag in meaning.flags] or None,
    )


def place_of(raw: Raw, *, region: str = "state", country: str = "country") -> Raw:
    """Where an event happened, as far as these fields say."""
    return without_nothing(city=text(raw, "city"), region=text(raw, region), country=text(raw, country))


def in_order(events: Iterable[Raw]) -> tuple[Raw, ...]:
    """The events by their time; local clocks count as UTC here, for who knows the place sorts exactly."""
    return tuple(sorted(events, key=_when))


def _when(event: Raw) -> datetime:
    at = datetime.fromisoformat(str(event["at"]))
    return at.astimezone(UTC) if at.tzinfo is not None else at.replace(tzinfo=UTC)
