"""What the evidence of a reply proves: days, times, amounts, counts, spellings and states, ready to be compared by value.

Built from facts alone; it never sees the text that is checked.

**Done actions.** "I have cancelled it" may be said only when something was carried out and answered. A skill that tells of a done
action adds, beside the facts that it says, `Fact("done", "status", ACTION, source, at)`, silently: `speech.line("", fact)`.
ACTION is a key of proofs.DONE: `cancel_order`, `change_address`, `change_items`, `change_payment`, `start_return`, `start_exchange`,
`refund`, `open_claim`, `reship`, `store_credit`, `change_subscription` (exactly: `change_subscription:skip`, `:pause`, `:resume`,
`:cancel`, `:change`), `book_pickup`, `notify_when`, `send_code`, `hand_off`; the source is `ledger:actions/KEY`. `refund` proves
that a refund was started and is on its way; "refunded" is proven by a refund's own status `succeeded` alone:
`Fact("refund_status", "status", "succeeded", ...)`. Offers, questions, denials and conditions are no claims and need no such fact.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from server.answering.words import proofs
from server.answering.words.voice import Voice
from server.answering.words.wording import Wording, wording
from server.commerce.model import Fact, FactKind, LocalTime, Moment, Money, Place, Window

_SPELLED: Final = frozenset({"text", "product", "person", "url", "tracking_number", "order_number", "carrier", "place"})
_EPOCH: Final = datetime(2000, 1, 1)  # noqa: DTZ001  # what is spelled out has no date


@dataclass(slots=True)
class Known:
    """Everything that may be claimed. `moments` are (day, minute of the day); `counts` are by unit, "" may count anything."""

    language: str
    days: set[date] = field(default_factory=set)
    minutes: set[int] = field(default_factory=set)
    moments: set[tuple[date, int]] = field(default_factory=set)
    amounts: set[Money] = field(default_factory=set)
    counts: dict[str, set[int]] = field(default_factory=dict)
    ahead: dict[str, set[int]] = field(default_factory=dict)
    spellings: tuple[str, ...] = ()
    states: set[str] = field(default_factory=set)
    has_status: bool = False
    todays: frozenset[date] = frozenset()
    days_by_key: dict[str, set[date]] = field(default_factory=dict)
    by_key: dict[str, list[Fact]] = field(default_factory=dict)

    def when(self, state: str) -> frozenset[date]:
        """The days on which a state is known to have come about; empty when no fact says."""
        keys = proofs.DATED_BY.get(state, ())
        return frozenset(day for key in keys for day in self.days_by_key.get(key, ()))

    def on(self, offset: int) -> frozenset[date]:
        """The known days that are so many days from today."""
        return frozenset(today + timedelta(days=offset) for today in self.todays) & self.days

    def counted(self, value: int, unit: str = "") -> bool:
        """Whether so many of a unit are known; without a unit, so many of anything."""
        if not unit:
            return any(value in values for values in self.counts.values())
        return value in self.counts.get(unit, ()) or value in self.counts.get("", ())

    def lasts(self, value: int, unit: str) -> bool:
        """Whether so much time is known to lie ahead."""
        return value in self.ahead.get(unit, ()) or value in self.ahead.get("", ())

    def has_spelling(self, kind: str) -> bool:
        """Whether any fact is of a kind."""
        return any(fact.kind == kind for facts in self.by_key.values() for fact in facts)


def known(evidence: Sequence[Fact], voice: Voice, allowed: Sequence[str] = ()) -> Known:
    """What the evidence proves; `allowed` are spellings that may be repeated without proof."""
    found = Known(voice.language)
    for fact in evidence:
        found.by_key.setdefault(fact.key, []).append(fact)
        _learn(found, fact)
    found.states |= _by_presence(found)
    _settle(found)
    if found.states & proofs.FINISHED:
        found.states.add("done")
    found.spellings = _spellings(evidence, voice.language, allowed)
    found.todays = _todays(evidence, voice.now)
    return found


def _learn(found: Known, fact: Fact) -> None:
    value = fact.value
    match value:
        case bool():
            return
        case int():
            _learn_count(found, fact.key, value)
        case Money():
            found.amounts.add(value)
        case str() | Place():
            if fact.kind == "status":
                found.has_status = True
                table = proofs.DONE if fact.key == "done" else proofs.SAID_BY_STATUS
                found.states |= table.get(str(value), frozenset())
        case _:
            for day, minute in _moments(fact):
                found.days.add(day)
                found.days_by_key.setdefault(fact.key, set()).add(day)
                if minute is not None:
                    found.minutes.add(minute)
                    found.moments.add((day, minute))


def _learn_count(found: Known, key: str, value: int) -> None:
    unit = next((proofs.UNITS[word] for word in key.split("_") if word in proofs.UNITS), "")
    for same, number in _in_other_units(unit, value):
        found.counts.setdefault(same, set()).add(number)
        if key not in proofs.PASSED:
            found.ahead.setdefault(same, set()).add(number)
    if key in proofs.SAID_BY_COUNT and value > 0:
        found.states.add(proofs.SAID_BY_COUNT[key])


def _in_other_units(unit: str, value: int) -> Iterable[tuple[str, int]]:
    """The count, and the same in the units that people change it into: two weeks for 14 days."""
    yield unit, value
    for smaller, larger, size in (("hour", "day", 24), ("day", "week", 7), ("month", "year", 12)):
        if unit == smaller and value % size == 0:
            yield larger, value // size
        if unit == larger:
            yield smaller, value * size


def _by_presence(found: Known) -> set[str]:
    """What the mere presence of facts proves; a date of a state proves it only if the order's own state does not deny it."""
    states: set[str] = set()
    for key in found.by_key:
        said = proofs.SAID_BY_KEY.get(key)
        if said is None:
            continue
        found.has_status = True
        if key in proofs.ONLY_WITH_STATE and "state" in found.by_key:
            continue
        states |= said
    return states


def _settle(found: Known) -> None:
    """That a refund was started, or a return opened, says how it stands only as long as the ledger does not know more."""
    statuses = {str(fact.value) for fact in found.by_key.get("refund_status", ())}
    if statuses and "pending" not in statuses:
        found.states.discard("refund_pending")
    returned = {str(fact.value) for fact in found.by_key.get("return_status", ())}
    if returned and not any("opened" in proofs.SAID_BY_STATUS.get(status, ()) for status in returned):
        found.states.discard("opened")


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


def _spellings(evidence: Sequence[Fact], language: str, allowed: Sequence[str]) -> tuple[str, ...]:
    """Every way in which a fact's own words may be written, longest first."""
    found = {spelling for text in allowed if len(text) > 1 for spelling in _cased(text)}
    for fact in evidence:
        if fact.kind in _SPELLED and isinstance(fact.value, str | Place):
            found |= spelled(fact.key, fact.kind, fact.value, language)
    return tuple(sorted(found, key=len, reverse=True))


def spelled(key: str, kind: FactKind, value: str | Place, language: str) -> frozenset[str]:
    """The spellings of one fact that is not a date, an amount or a count."""
    return _spelled(wording(), key, kind, value, language)


@lru_cache(maxsize=4096)
def _spelled(_spoken: Wording, key: str, kind: FactKind, value: str | Place, language: str) -> frozenset[str]:
    worded = str(Voice(language, _EPOCH).word(Fact(key, kind, value, "", _EPOCH)))
    found = {worded}
    if isinstance(value, Place):
        found |= {part for part in (value.city, value.region, value.facility, value.country) if part}
    else:
        found.add(value)
    return frozenset(spelling for text in found for spelling in _cased(text))


def _cased(text: str) -> Iterable[str]:
    """As it stands, and as a sentence begins with it. A bare short number is not worth recognising, it could be any count."""
    if text.strip() and not (text.isdigit() and len(text) < 3):
        yield text
        yield text[:1].upper() + text[1:]


def _todays(evidence: Sequence[Fact], now: datetime) -> frozenset[date]:
    """Today where the facts are spoken; anywhere on earth when none of them has a zone."""
    zones = {fact.value.tz for fact in evidence if isinstance(fact.value, LocalTime | Window)}
    if zones:
        return frozenset(now.astimezone(ZoneInfo(zone)).date() for zone in zones)
    return frozenset((now + timedelta(hours=hours)).date() for hours in (-12, 0, 14))
