"""What the evidence of a reply proves: days, times, amounts, counts, spellings and states, ready to be compared by value.

Built from facts alone; it never sees the text that is checked.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from server.answering.words.voice import Voice
from server.commerce.model import Fact, LocalTime, Moment, Money, Place, Window

_SPELLED: Final = frozenset({"text", "product", "person", "url", "tracking_number", "order_number", "carrier", "place"})
_MOVING: Final = frozenset({"shipped", "moving"})

_SAID_BY_STATUS: Final[Mapping[str, frozenset[str]]] = {
    "pending": frozenset({"refund_pending", "unpaid"}),
    "expired": frozenset({"unpaid"}),
    "voided": frozenset({"unpaid"}),
    "unpaid": frozenset({"unpaid"}),
    "paid": frozenset({"paid"}),
    "partially_paid": frozenset({"paid"}),
    "refunded": frozenset({"refunded", "inspected", "received"}),
    "partially_refunded": frozenset({"refunded"}),
    "succeeded": frozenset({"refunded", "credited"}),
    "credited": frozenset({"credited", "refunded"}),
    "failed": frozenset({"refund_failed", "unpaid"}),
    "cancelled": frozenset({"cancelled"}),
    "order_cancelled": frozenset({"cancelled"}),
    "not_paid": frozenset({"unpaid"}),
    "preparing": frozenset({"preparing"}),
    "unfulfilled": frozenset({"preparing"}),
    "processing": frozenset({"preparing"}),
    "overdue": frozenset({"late"}),
    "back_ordered": frozenset({"back_ordered"}),
    "in_stock": frozenset({"in_stock"}),
    "sold_out": frozenset({"sold_out", "back_ordered"}),
    "partially_shipped": frozenset({"shipped"}),
    "shipped": frozenset({"shipped"}),
    "sent": frozenset({"shipped"}),
    "picked_up": _MOVING,
    "in_transit": _MOVING,
    "stalled": _MOVING,
    "moved": _MOVING | {"late"},
    "late": _MOVING | {"late"},
    "customs": _MOVING | {"customs"},
    "address_problem": _MOVING,
    "exception": _MOVING | {"late"},
    "damaged": _MOVING | {"damaged"},
    "out_for_delivery": _MOVING | {"out_for_delivery"},
    "attempted": _MOVING | {"attempted"},
    "available_for_pickup": frozenset({"shipped", "pickup"}),
    "delivered": frozenset({"shipped", "delivered"}),
    "returning": frozenset({"shipped", "returning"}),
    "returned": frozenset({"shipped", "returned"}),
    "lost": frozenset({"shipped", "lost"}),
    "presumed": frozenset({"shipped", "lost"}),
    "confirmed": frozenset({"shipped", "lost"}),
    "approved": frozenset({"opened", "approved"}),
    "label_issued": frozenset({"opened", "approved"}),
    "return_opened": frozenset({"opened", "approved"}),
    "received": frozenset({"received", "returned"}),
    "inspected": frozenset({"received", "returned", "inspected"}),
    "approved_for_payout": frozenset({"received", "returned", "inspected", "approved"}),
    "exchanged": frozenset({"exchanged", "received", "inspected"}),
    "repaired": frozenset({"received", "inspected"}),
}
"""A status -> the states that it proves."""

_SAID_BY_KEY: Final[Mapping[str, frozenset[str]]] = {
    "delivered_at": frozenset({"shipped", "delivered"}),
    "cancelled_at": frozenset({"cancelled"}),
    "returned_at": frozenset({"shipped", "returned"}),
    "customs_since": frozenset({"shipped", "customs"}),
    "attempted_at": frozenset({"shipped", "attempted"}),
    "pickup_place": frozenset({"shipped", "pickup"}),
    "was_expected": frozenset({"late"}),
    "received_at": frozenset({"received", "returned"}),
    "inspected_at": frozenset({"received", "returned", "inspected"}),
    "rma": frozenset({"opened"}),
}
"""The key of a fact -> the states that its mere presence proves."""

_DATED_BY: Final[Mapping[str, tuple[str, ...]]] = {
    "delivered": ("delivered_at",),
    "cancelled": ("cancelled_at", "cancelled"),
    "refunded": ("refund_at", "at"),
    "returned": ("returned_at",),
    "received": ("received_at",),
    "inspected": ("inspected_at",),
    "attempted": ("attempted_at",),
    "customs": ("customs_since",),
}
"""A state -> the facts that date it: a true state with the date of something else is no true sentence."""

_COUNTS: Final[Mapping[str, str]] = {"items_shipped": "shipped", "items_delivered": "delivered"}


@dataclass(frozen=True, slots=True)
class Known:
    """Everything that may be claimed. `moments` are (day, minute of the day); `amounts` Money values."""

    days: frozenset[date]
    minutes: frozenset[int]
    moments: frozenset[tuple[date, int]]
    amounts: frozenset[Money]
    counts: frozenset[int]
    spellings: tuple[str, ...]
    states: frozenset[str]
    has_status: bool
    todays: frozenset[date]
    days_by_key: Mapping[str, frozenset[date]]

    def when(self, state: str) -> frozenset[date]:
        """The days on which a state is known to have come about; empty when no fact says."""
        keys = _DATED_BY.get(state, ())
        return frozenset(day for key in keys for day in self.days_by_key.get(key, frozenset()))

    def on(self, offset: int) -> frozenset[date]:
        """The known days that are so many days from today."""
        return frozenset(today + timedelta(days=offset) for today in self.todays) & self.days


def known(evidence: Sequence[Fact], voice: Voice, allowed: Sequence[str] = ()) -> Known:
    """What the evidence proves; `allowed` are spellings that may be repeated without proof."""
    moments = [moment for fact in evidence for moment in _moments(fact)]
    pairs = {(day, minute) for day, minute in moments if minute is not None}
    return Known(
        days=frozenset(day for day, _ in moments),
        minutes=frozenset(minute for _, minute in pairs),
        moments=frozenset(pairs),
        amounts=frozenset(fact.value for fact in evidence if isinstance(fact.value, Money)),
        counts=frozenset(fact.value for fact in evidence if isinstance(fact.value, int)),
        spellings=_spellings(evidence, voice, allowed),
        states=frozenset(state for fact in evidence for state in _states(fact)),
        has_status=any(fact.kind == "status" or fact.key in _SAID_BY_KEY for fact in evidence),
        todays=_todays(evidence, voice.now),
        days_by_key=_days_by_key(evidence),
    )


def _days_by_key(evidence: Sequence[Fact]) -> dict[str, frozenset[date]]:
    found: dict[str, frozenset[date]] = {}
    for fact in evidence:
        found[fact.key] = found.get(fact.key, frozenset()) | {day for day, _ in _moments(fact)}
    return found


def _moments(fact: Fact) -> Iterable[tuple[date, int | None]]:
    match fact.value:
        case LocalTime(at=at, tz=tz):
            yield _local(at, tz)
        case Window(min=first, max=last, tz=tz):
            yield _local(first, tz)
            yield _local(last, tz)
        case datetime() | date():
            yield _local(fact.value, "UTC")


def _local(moment: Moment, tz: str) -> tuple[date, int | None]:
    if not isinstance(moment, datetime):
        return moment, None
    there = moment.astimezone(ZoneInfo(tz))
    return there.date(), there.hour * 60 + there.minute


def _spellings(evidence: Sequence[Fact], voice: Voice, allowed: Sequence[str]) -> tuple[str, ...]:
    """Every way in which a fact's own words may be written, longest first."""
    found = {text for text in allowed if len(text) > 1}
    for fact in evidence:
        if fact.kind in _SPELLED:
            found |= {str(fact.value) if isinstance(fact.value, str) else "", str(voice.word(fact))}
        if isinstance(fact.value, Place):
            place = fact.value
            found |= {part for part in (place.city, place.region, place.facility, place.country) if part}
    found |= {text[:1].upper() + text[1:] for text in found}
    return tuple(sorted((text for text in found if _is_telling(text)), key=lambda text: (-len(text), text)))


def _is_telling(text: str) -> bool:
    """Whether a spelling is worth recognising: a bare short number is not, it could be any count."""
    return bool(text.strip()) and not (text.isdigit() and len(text) < 3)


def _states(fact: Fact) -> frozenset[str]:
    said = _SAID_BY_KEY.get(fact.key, frozenset[str]())
    if fact.kind == "status":
        said |= _SAID_BY_STATUS.get(str(fact.value), frozenset())
    if fact.key in _COUNTS and isinstance(fact.value, int) and fact.value > 0:
        said |= {_COUNTS[fact.key]}
    return said


def _todays(evidence: Sequence[Fact], now: datetime) -> frozenset[date]:
    """Today where the facts are spoken; anywhere on earth when none of them has a zone."""
    zones = {fact.value.tz for fact in evidence if isinstance(fact.value, LocalTime | Window)}
    if zones:
        return frozenset(now.astimezone(ZoneInfo(zone)).date() for zone in zones)
    return frozenset((now + timedelta(hours=hours)).date() for hours in (-12, 0, 14))
