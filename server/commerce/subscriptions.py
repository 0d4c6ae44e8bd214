"""Subscriptions: what comes again and again, when next, and what a change makes of it.

A change after its cut-off (`change_until`) no longer reaches the delivery that comes next. Pure functions over one document; nothing
here knows of policies, proofs or conversations.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final, Protocol, runtime_checkable

import msgspec

from server.commerce.documents import SubscriptionDocument, parse_time
from server.commerce.model import Moment
from server.errors import StoreRefused

CHANGES: Final = frozenset({"skip", "pause", "resume", "cancel", "interval", "date"})
_ISO: Final = re.compile(r"P(\d{1,3})([DWMY])")
_WORDS: Final[Mapping[str, tuple[int, str]]] = {
    "daily": (1, "D"), "weekly": (1, "W"), "biweekly": (2, "W"), "fortnightly": (2, "W"), "monthly": (1, "M"),
    "bimonthly": (2, "M"), "quarterly": (3, "M"), "yearly": (1, "Y"), "annually": (1, "Y"),
}  # fmt: skip
_ENDED: Final = frozenset({"cancelled", "canceled", "expired", "ended"})


@dataclass(frozen=True, slots=True)
class Item:
    """What comes with every delivery."""

    sku: str
    quantity: int
    title: str


@dataclass(frozen=True, slots=True)
class Subscription:
    """A subscription as one read told it. `price_minor` is for one delivery, in the shop's currency.

    `every` is (number, unit): D days, W weeks, M months, Y years; None for an interval that cannot be read."""

    id: str
    customer_id: str
    status: str
    interval: str
    every: tuple[int, str] | None
    items: tuple[Item, ...]
    price_minor: int
    next_at: Moment | None
    change_until: Moment | None
    as_of: datetime
    source: str

    @property
    def is_ended(self) -> bool:
        """Whether nothing comes any more."""
        return self.status.casefold() in _ENDED

    @property
    def is_paused(self) -> bool:
        """Whether it waits."""
        return self.status.casefold() in ("paused", "on_hold")

    def is_cut_off(self, now: datetime) -> bool:
        """Whether the delivery that comes next can no longer be changed."""
        return self.change_until is not None and _passed(self.change_until, now)


@dataclass(frozen=True, slots=True)
class SubscriptionResult:
    """The subscription as it stands now."""

    subscription_id: str
    status: str
    interval: str
    next_at: Moment | None


@runtime_checkable
class KeepsSubscriptions(Protocol):
    """An order system that knows subscriptions. Raises as every Store does."""

    async def subscriptions_of(self, customer_id: str) -> tuple[Subscription, ...]:
        """A customer's subscriptions, those that ended last."""
        ...

    async def change_subscription(
        self, key: str, customer_id: str, subscription_id: str, change: str, value: str, at: datetime
    ) -> SubscriptionResult:
        """Change the customer's own subscription; `change` is one of CHANGES, `value` its day or interval (ISO 8601)."""
        ...


def subscription(document: SubscriptionDocument, *, as_of: datetime, source: str) -> Subscription:
    """The subscription as of one read."""
    return Subscription(
        id=document.id,
        customer_id=document.customer,
        status=document.status,
        interval=document.interval,
        every=every(document.interval),
        items=tuple(Item(line.sku, line.quantity, line.title or line.sku) for line in document.lines),
        price_minor=document.price,
        next_at=parse_time(document.next_at) if document.next_at else None,
        change_until=parse_time(document.change_until) if document.change_until else None,
        as_of=as_of,
        source=source,
    )


def every(interval: str) -> tuple[int, str] | None:
    """(number, unit) of an interval: P1M, P2W, or a word such as monthly."""
    found = _ISO.fullmatch(interval.strip().upper())
    if found is not None and int(found[1]) > 0:
        return int(found[1]), found[2]
    return _WORDS.get(interval.strip().casefold())


def after(moment: Moment, step: tuple[int, str]) -> Moment:
    """So much later; the same day of the month, or its last."""
    count, unit = step
    if unit in "DW":
        return moment + timedelta(days=count * (7 if unit == "W" else 1))
    index = moment.year * 12 + moment.month - 1 + count * (12 if unit == "Y" else 1)
    year, month = divmod(index, 12)
    last = (date(year + (month + 1) // 12, (month + 1) % 12 + 1, 1) - timedelta(days=1)).day
    return moment.replace(year=year, month=month + 1, day=min(moment.day, last))


def changed(document: SubscriptionDocument, change: str, value: str, at: datetime) -> SubscriptionDocument:
    """The document after a change. Raises StoreRefused when it cannot be made, or not any more."""
    now = subscription(document, as_of=at, source="")
    if now.is_ended:
        raise StoreRefused("the subscription has ended")
    if change in ("skip", "date") and now.is_cut_off(at):
        raise StoreRefused("the next delivery can no longer be changed")
    match change:
        case "skip":
            return _skipped(document, now)
        case "date":
            return _moved(document, now, _day(value, at))
        case "interval" if every(value) is not None:
            return msgspec.structs.replace(document, interval=value)
        case "pause":
            waiting = msgspec.structs.replace(document, status="paused")
            return _moved(waiting, now, _day(value, at)) if value else waiting
        case "resume":
            return _resumed(document, now, at)
        case "cancel":
            comes = document.next_at if now.is_cut_off(at) and not now.is_paused else None
            return msgspec.structs.replace(document, status="cancelled", next_at=comes)
        case _:
            raise StoreRefused(f"no change of a subscription: {change} {value}")


def _skipped(document: SubscriptionDocument, now: Subscription) -> SubscriptionDocument:
    if now.every is None or now.next_at is None or now.is_paused:
        raise StoreRefused("there is no next delivery to skip")
    return _moved(document, now, after(now.next_at, now.every))


def _resumed(document: SubscriptionDocument, now: Subscription, at: datetime) -> SubscriptionDocument:
    """Active again; a day that has passed in the meantime gives way to the next one."""
    if not now.is_paused:
        raise StoreRefused("the subscription is not paused")
    active = msgspec.structs.replace(document, status="active")
    moment = now.next_at
    while moment is not None and now.every is not None and _passed(moment, at):
        moment = after(moment, now.every)
    return _moved(active, now, moment) if moment is not None and moment != now.next_at else active


def _moved(document: SubscriptionDocument, now: Subscription, moment: Moment) -> SubscriptionDocument:
    """The next delivery on another day; the cut-off keeps its distance."""
    until = document.change_until
    if now.change_until is not None and now.next_at is not None:
        until = (now.change_until + (_as_date(moment) - _as_date(now.next_at))).isoformat()
    moved = moment if isinstance(moment, datetime) or not isinstance(now.next_at, datetime) else datetime.combine(
        moment, now.next_at.timetz()
    )  # fmt: skip
    return msgspec.structs.replace(document, next_at=moved.isoformat(), change_until=until)


def _day(value: str, at: datetime) -> date:
    try:
        day = date.fromisoformat(value)
    except ValueError as error:
        raise StoreRefused(f"no day: {value}") from error
    if day <= at.date():
        raise StoreRefused("that day has passed")
    return day


def _passed(moment: Moment, now: datetime) -> bool:
    """Whether a moment is over; a day is over when it ends."""
    if isinstance(moment, datetime):
        return moment <= now
    return datetime.combine(moment, time.max, now.tzinfo) < now


def _as_date(moment: Moment) -> date:
    return moment.date() if isinstance(moment, datetime) else moment


def result(document: SubscriptionDocument) -> SubscriptionResult:
    """What a change came to."""
    next_at = parse_time(document.next_at) if document.next_at else None
    return SubscriptionResult(document.id, document.status, document.interval, next_at)


__all__ = [
    "CHANGES",
    "KeepsSubscriptions",
    "Subscription",
    "SubscriptionResult",
    "after",
    "changed",
    "every",
    "result",
    "subscription",
]
