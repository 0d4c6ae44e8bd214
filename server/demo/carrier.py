"""The carrier simulator: parcels of the demo move by themselves, and an operator may push an event by hand.

Everything but `run` is pure: an order document and a moment in, a new document out, as a shop would send it after its
carrier reported. It does not know where documents are kept nor who reads them; `run` is handed both ways.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final, TypeAlias

from server.clock import Clock
from server.demo import lanes
from server.demo.documents import Document, business_day, read, stamp, zone
from server.demo.lanes import Place, Scan
from server.demo.situations import MOVES
from server.errors import RefusedInput, StoreError

Put: TypeAlias = Callable[[Document], Awaitable[None]]
Orders: TypeAlias = Callable[[], Awaitable[Sequence[Document]]]

log = logging.getLogger(__name__)

ETA_ONLY: Final = "eta_updated"
"""The code of an event that moves the expected day and says nothing of where the parcel is."""
_SECOND = timedelta(seconds=1)
_ON_THE_WAY = frozenset({"picked_up", "in_transit", "customs", "out_for_delivery"})
_HANDLED = _ON_THE_WAY | {"attempted", "exception", "available_for_pickup"}
_OPEN = _HANDLED | {"label_created", "damaged", "unknown"}


class Push(StrEnum):
    """What an operator can make a carrier report."""

    DELAY = "delay"
    ATTEMPT = "attempt"
    OUT_FOR_DELIVERY = "out_for_delivery"
    DELIVER = "deliver"
    EXCEPTION = "exception"
    LOST = "lost"
    RETURN_TO_SENDER = "return_to_sender"


LEGAL: Final[Mapping[Push, frozenset[str]]] = {
    Push.DELAY: _ON_THE_WAY | {"label_created", "attempted", "exception"},
    Push.ATTEMPT: frozenset({"in_transit", "out_for_delivery", "exception"}),
    Push.OUT_FOR_DELIVERY: frozenset({"picked_up", "in_transit", "customs", "attempted", "exception"}),
    Push.DELIVER: _HANDLED | {"unknown"},
    Push.EXCEPTION: _ON_THE_WAY | {"attempted"},
    Push.LOST: _HANDLED | {"unknown"},
    Push.RETURN_TO_SENDER: _HANDLED | {"damaged", "unknown"},
}
"""From which states of a parcel each push makes sense."""

REASONS: Final[Mapping[str, str]] = {
    "weather": "Severe weather has delayed delivery",
    "address_problem": "The address could not be found, more information is needed",
    "missort": "The package was sent to the wrong facility and is being rerouted",
    "mechanical": "A mechanical failure has delayed the delivery vehicle",
}
"""The reasons of an exception, and how the carrier words them."""


@dataclass(frozen=True, slots=True)
class Step:
    """The next tracking event of one parcel."""

    shipment_id: str
    event: Document


def status(shipment: Document) -> str:
    """The code of the latest event that says where the parcel is; a parcel without events has its label only."""
    codes = [event["code"] for event in shipment["events"] if event["code"] != ETA_ONLY]
    return str(codes[-1]) if codes else "label_created"


def allowed(order: Document) -> tuple[Push, ...]:
    """The pushes that make sense for the order as it stands."""
    index = _subject(order)
    if index is None:
        return ()
    state = status(order["shipments"][index])
    return tuple(push for push in Push if state in LEGAL[push])


def next_events(order: Document, now: datetime) -> list[Step]:
    """The next scan of each parcel that travels undisturbed, dated `now`; none for parcels that met with trouble."""
    steps = []
    for shipment in order.get("shipments", []):
        scan = _next_scan(order, shipment) if _travels(shipment) else None
        if scan is not None:
            steps.append(Step(shipment["id"], lanes.event(scan, _after_last(shipment, now))))
    return steps


def advance(order: Document, now: datetime) -> Document:
    """The order after the next scan of each of its travelling parcels; the same document when nothing travels."""
    steps = {step.shipment_id: step.event for step in next_events(order, now)}
    if not steps:
        return order
    moved = deepcopy(order)
    for shipment in moved["shipments"]:
        if shipment["id"] in steps:
            _append(moved, shipment, steps[shipment["id"]])
    return moved


def delay(order: Document, now: datetime, days: int = 2) -> Document:
    """The parcel comes `days` later than expected: a new date with its revision."""
    moved, shipment = _opened(order, Push.DELAY)
    known = shipment["events"][-1]
    code = "in_transit" if status(shipment) in _HANDLED - {"customs"} else ETA_ONLY
    event = {**known, "at": stamp(_after_last(shipment, now), _zone(moved)), "code": code}
    event |= {"text": "Delayed by severe weather, a new delivery date is set", "reason": "weather"}
    expected = max(_expected(moved, shipment), _today(moved, now)) + timedelta(days=days)
    _expect(shipment, expected, event["at"])
    return _append(moved, shipment, event)


def attempt(order: Document, now: datetime, reason: str = "customer unavailable") -> Document:
    """Nobody took the parcel; the carrier comes again on the next business day."""
    moved, shipment = _opened(order, Push.ATTEMPT)
    event = _at_the_door(moved, shipment, now, "attempted", f"Delivery attempted: {reason}", reason)
    following = business_day(_today(moved, now), 1)
    earlier = shipment.get("attempts") or []
    tried = {"at": event["at"], "reason": reason, "next_at": following.isoformat()}
    shipment["attempts"] = [*(earlier if isinstance(earlier, list) else []), tried]
    _expect(shipment, following, event["at"])
    return _append(moved, shipment, event)


def out_for_delivery(order: Document, now: datetime) -> Document:
    """The parcel is on the vehicle and expected today."""
    moved, shipment = _opened(order, Push.OUT_FOR_DELIVERY)
    event = _at_the_door(moved, shipment, now, "out_for_delivery", "Out for delivery")
    _expect(shipment, _today(moved, now), event["at"])
    return _append(moved, shipment, event)


def deliver(order: Document, now: datetime) -> Document:
    """The parcel is delivered, with a proof of delivery."""
    moved, shipment = _opened(order, Push.DELIVER)
    return _append(moved, shipment, _at_the_door(moved, shipment, now, "delivered", "Delivered"))


def exception(order: Document, now: datetime, reason: str = "weather") -> Document:
    """Something went wrong on the way. Raises RefusedInput for a reason that REASONS does not name."""
    if reason not in REASONS:
        raise RefusedInput("reason", f"no carrier gives the reason {reason[:40]!r}")
    moved, shipment = _opened(order, Push.EXCEPTION)
    return _append(moved, shipment, _where_it_is(moved, shipment, now, "exception", REASONS[reason], reason))


def lost(order: Document, now: datetime) -> Document:
    """The carrier gives the parcel up."""
    moved, shipment = _opened(order, Push.LOST)
    text = "The package is declared lost after a trace"
    return _append(moved, shipment, _where_it_is(moved, shipment, now, "lost", text, "trace completed"))


def return_to_sender(order: Document, now: datetime, reason: str = "undeliverable as addressed") -> Document:
    """The parcel turns round, and is expected at the warehouse in a working week."""
    moved, shipment = _opened(order, Push.RETURN_TO_SENDER)
    event = _where_it_is(moved, shipment, now, "returning", f"Returning to sender: {reason}", reason)
    shipment["expected_back_on"] = business_day(_today(moved, now), 5).isoformat()
    return _append(moved, shipment, event)


PUSHES: Final[Mapping[Push, Callable[[Document, datetime], Document]]] = {
    Push.DELAY: delay,
    Push.ATTEMPT: attempt,
    Push.OUT_FOR_DELIVERY: out_for_delivery,
    Push.DELIVER: deliver,
    Push.EXCEPTION: exception,
    Push.LOST: lost,
    Push.RETURN_TO_SENDER: return_to_sender,
}


def push(order: Document, event: str, now: datetime) -> Document:
    """The order after a pushed event. Raises RefusedInput when there is no such event or it makes no sense now."""
    try:
        known = Push(event)
    except ValueError:
        raise RefusedInput("event", f"there is no carrier event {event[:40]!r}") from None
    return PUSHES[known](order, now)


async def tick(put: Put, orders: Orders, clock: Clock, parcels: int, pace: timedelta) -> int:
    """Move the orders that waited longest, `parcels` at most, each rested for `pace`; returns how many moved."""
    now = clock.now()
    waiting = [order for order in await orders() if MOVES in (order.get("tags") or []) and next_events(order, now)]
    rested = sorted((read(order["updated_at"]), order["id"], order) for order in waiting)
    due = [order for since, _, order in rested if now - since >= pace][:parcels]
    for order in due:
        await put(advance(order, now))
    return len(due)


async def run(
    put: Put, orders: Orders, clock: Clock, interval_s: float, parcels: int = 2, pace: timedelta = timedelta(seconds=60)
) -> None:
    """Move a few parcels every `interval_s` until cancelled. A store that does not answer is tried again next time."""
    while True:
        await asyncio.sleep(interval_s)
        try:
            await tick(put, orders, clock, parcels, pace)
        except StoreError as error:
            log.warning("the carrier simulator could not move its parcels: %s", error)


def _subject(order: Document) -> int | None:
    """Which parcel a push is about: the first one to the shopper that can still come to something."""
    for index, shipment in enumerate(order.get("shipments") or []):
        if shipment.get("direction") != "return" and status(shipment) in _OPEN:
            return index
    return None


def _opened(order: Document, wanted: Push) -> tuple[Document, Document]:
    """A copy of the order, and its parcel that the push is about. Raises RefusedInput when it makes no sense."""
    index = _subject(order)
    if index is None:
        raise RefusedInput("no_parcel", "no parcel of this order is on its way")
    state = status(order["shipments"][index])
    if state not in LEGAL[wanted]:
        raise RefusedInput("state", f"a parcel that is {state.replace('_', ' ')} cannot have this event")
    moved = deepcopy(order)
    return moved, moved["shipments"][index]


def _append(order: Document, shipment: Document, event: Document) -> Document:
    shipment["events"].append(event)
    if event["code"] == "delivered":
        shipment["pod"] = {"place": "Front door"}
    order["updated_at"] = stamp(read(event["at"]))
    return order


def _travels(shipment: Document) -> bool:
    return shipment.get("direction") != "return" and status(shipment) in _ON_THE_WAY | {"label_created", "attempted"}


def _next_scan(order: Document, shipment: Document) -> Scan | None:
    """The scan after the last one that belongs to the lane; events pushed by hand do not turn the parcel round."""
    scans = _route(order, shipment)
    known = {(scan.code, scan.text, scan.place.city): index for index, scan in enumerate(scans)}
    passed = [known.get((event["code"], event.get("text"), event.get("city")), -1) for event in shipment["events"]]
    reached = max(passed, default=-1)
    if scans[reached].code == "out_for_delivery" != status(shipment):
        return scans[reached]  # it came back from the vehicle, and goes out again
    return scans[reached + 1] if 0 <= reached < len(scans) - 1 else None


def _route(order: Document, shipment: Document) -> tuple[Scan, ...]:
    address = order["ship_to"]
    home = lanes.atlas().home_at(address["city"], address["country"])
    if home is None:
        return lanes.route_to(shipment["carrier"], _door(order))
    return lanes.route(shipment["carrier"], home)


def _door(order: Document) -> Place:
    address = order["ship_to"]
    home = lanes.atlas().home_at(address["city"], address["country"])
    return home.place if home else Place(address["city"], address.get("region") or "", address["country"], "UTC")


def _zone(order: Document) -> str:
    return _door(order).zone


def _today(order: Document, now: datetime) -> date:
    return now.astimezone(zone(_zone(order))).date()


def _after_last(shipment: Document, now: datetime) -> datetime:
    """`now`, or a second after the last event where that is later: two events never share their second."""
    times = [read(event["at"]) for event in shipment["events"]]
    return max(now, max(times) + _SECOND) if times else now


def _at_the_door(
    order: Document, shipment: Document, now: datetime, code: str, text: str, reason: str = ""
) -> Document:
    return lanes.event(Scan(code, text, _door(order)), _after_last(shipment, now), reason)


def _where_it_is(order: Document, shipment: Document, now: datetime, code: str, text: str, reason: str) -> Document:
    """An event at the place of the last scan."""
    known = shipment["events"][-1]
    place = Place(known.get("city", ""), known.get("region", ""), known.get("country", ""), _zone(order))
    return lanes.event(Scan(code, text, place), _after_last(shipment, now), reason)


def _expected(order: Document, shipment: Document) -> date:
    """The day that the shopper counts on: the carrier's, else the promised one, else the end of today."""
    known = (shipment.get("eta") or order.get("promised") or {}).get("max")
    return date.fromisoformat(known[:10]) if known else date.min


def _expect(shipment: Document, day: date, at: str) -> None:
    """Set the expected day; another day than before is a revision."""
    before = shipment.get("eta") or {}
    revisions = list(before.get("revisions") or [])
    was = before.get("max")
    if was and was[:10] != day.isoformat():
        revisions.append({"at": at, "from": was, "to": day.isoformat()})
    shipment["eta"] = {"min": day.isoformat(), "max": day.isoformat()}
    if revisions:
        shipment["eta"]["revisions"] = revisions
