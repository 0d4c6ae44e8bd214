"""The steps of an order for a progress bar, and the tone of an answer for its colour.

Steps are for the eye: they follow the least advanced parcel, and where a parcel turns back they say so instead of
promising delivery. They decide nothing. Pure; words and colours are made where they are shown.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal, TypeAlias

from server.commerce.model import FulfilmentPhase, OrderSnapshot, Shipment, ShipmentStatus, TrackingEvent, WorkStatus
from server.commerce.rows import RowResult, WismoAnswer
from server.commerce.work import open_work, phase_of

Status = ShipmentStatus
StepKey: TypeAlias = Literal[
    "ordered",
    "packed",
    "shipped",
    "out_for_delivery",
    "delivered",
    "available_for_pickup",
    "collected",
    "returning",
    "returned",
    "lost",
    "cancelled",
    "sent",
]
StepState: TypeAlias = Literal["done", "now", "todo"]
Tone: TypeAlias = Literal["neutral", "good", "warn", "bad"]

_PROGRESS = (
    Status.UNKNOWN,
    Status.LABEL_CREATED,
    Status.PICKED_UP,
    Status.IN_TRANSIT,
    Status.CUSTOMS,
    Status.EXCEPTION,
    Status.DAMAGED,
    Status.OUT_FOR_DELIVERY,
    Status.ATTEMPTED,
    Status.AVAILABLE_FOR_PICKUP,
    Status.DELIVERED,
)
_TURNED = frozenset({Status.RETURNING, Status.RETURNED, Status.LOST})
_PICKUP = frozenset({Status.AVAILABLE_FOR_PICKUP})

# How far a status has come on the bar: the index of the step that is "now".
_REACHED = {
    Status.UNKNOWN: 1,
    Status.LABEL_CREATED: 1,
    Status.PICKED_UP: 2,
    Status.IN_TRANSIT: 2,
    Status.CUSTOMS: 2,
    Status.EXCEPTION: 2,
    Status.DAMAGED: 2,
    Status.OUT_FOR_DELIVERY: 3,
    Status.ATTEMPTED: 3,
    Status.AVAILABLE_FOR_PICKUP: 3,
    Status.DELIVERED: 4,
}

_TONES: dict[Tone, frozenset[int]] = {
    "bad": frozenset({8, 15, 17, 19, 24, 25, 27}),
    "warn": frozenset({2, 3, 5, 11, 13, 14, 16, 18, 21, 22, 26, 30}),
    "good": frozenset({20, 23, 29}),
    "neutral": frozenset({1, 4, 6, 7, 9, 10, 12}),
}
_WORST_FIRST: tuple[Tone, ...] = ("bad", "warn", "neutral", "good")


@dataclass(frozen=True, slots=True)
class Step:
    """One step: when it was reached, where known, and whether it is behind, present or ahead."""

    key: StepKey
    at: datetime | None
    state: StepState


def progress(order: OrderSnapshot, now: datetime) -> tuple[Step, ...]:
    """The steps of an order at `now`; nothing later than `now` counts as reached."""
    ordered = Step("ordered", order.placed_at, "done")
    if order.cancelled_at is not None and order.cancelled_at <= now:
        return (ordered, Step("cancelled", order.cancelled_at, "now"))
    if order.fulfilment is FulfilmentPhase.NOT_REQUIRED:
        return (ordered, Step("sent", None, "done"))
    parcel = _slowest(order)
    if parcel is None:
        return _before_shipping(order)
    return _turned(order, parcel) if parcel.status in _TURNED else _on_its_way(order, parcel)


def tone(answer: WismoAnswer) -> Tone:
    """How the answer feels to its reader: the worst of its parcels; a person who must act is never good news."""
    tones = [_tone_of(result) for result in answer.parcels]
    worst: Tone = min(tones, key=_WORST_FIRST.index) if tones else "neutral"
    return "warn" if worst == "good" and answer.needs_person else worst


def _tone_of(result: RowResult) -> Tone:
    return next((name for name, rows in _TONES.items() if result.row in rows), "neutral")


def _slowest(order: OrderSnapshot) -> Shipment | None:
    """The parcel that turned back, else the least advanced one."""
    turned = [parcel for parcel in order.parcels if parcel.status in _TURNED]
    return next(iter(turned), None) or min(order.parcels, key=lambda each: _PROGRESS.index(each.status), default=None)


def _before_shipping(order: OrderSnapshot) -> tuple[Step, ...]:
    """What the warehouse says counts, where it says more than the order does."""
    works = open_work(order, order.lines)
    packing = phase_of(order, works) is FulfilmentPhase.PROCESSING
    shipped = order.fulfilment is FulfilmentPhase.SHIPPED
    keys: Sequence[StepKey] = ("packed", "shipped", "out_for_delivery", "delivered")
    reached = 2 if shipped else 1 if packing else 0
    packed = [each.at for each in works if each.status is WorkStatus.PACKED and each.at is not None]
    return (_ordered(order, is_now=reached == 0), *_marked(keys, reached, {"packed": max(packed, default=None)}))


def _ordered(order: OrderSnapshot, *, is_now: bool) -> Step:
    return Step("ordered", order.placed_at, "now" if is_now else "done")


def _on_its_way(order: OrderSnapshot, parcel: Shipment) -> tuple[Step, ...]:
    waits = parcel.status in _PICKUP or any(event.code in _PICKUP for event in parcel.events)
    keys: Sequence[StepKey] = (
        ("packed", "shipped", "available_for_pickup", "collected")
        if waits
        else ("packed", "shipped", "out_for_delivery", "delivered")
    )
    last = (Status.AVAILABLE_FOR_PICKUP,) if waits else (Status.OUT_FOR_DELIVERY, Status.ATTEMPTED)
    times: dict[StepKey, datetime | None] = {
        "packed": _first(parcel, (Status.LABEL_CREATED,)) or parcel.shipped_at,
        "shipped": _first(parcel, (Status.PICKED_UP, Status.IN_TRANSIT, Status.CUSTOMS)),
        keys[2]: _first(parcel, last),
        keys[3]: parcel.delivered_at,
    }
    steps = _marked(keys, _REACHED[parcel.status], times)
    if parcel.status is Status.DELIVERED:
        steps = [*steps[:-1], replace(steps[-1], state="done")]
    return (_ordered(order, is_now=False), *steps)


def _turned(order: OrderSnapshot, parcel: Shipment) -> tuple[Step, ...]:
    """A parcel that will not arrive: what happened instead of delivery."""
    ordered = _ordered(order, is_now=False)
    shipped = Step("shipped", _first(parcel, (Status.PICKED_UP, Status.IN_TRANSIT)) or parcel.shipped_at, "done")
    if parcel.status is Status.LOST:
        return (ordered, shipped, Step("lost", _first(parcel, (Status.LOST,)), "now"))
    back = _first(parcel, (Status.RETURNED,))
    returning = Step("returning", _first(parcel, (Status.RETURNING,)), "now" if back is None else "done")
    return (ordered, shipped, returning, Step("returned", back, "todo" if back is None else "done"))


def _marked(keys: Sequence[StepKey], reached: int, times: dict[StepKey, datetime | None]) -> list[Step]:
    """Steps before the one reached are done, it is now, those after are ahead and have no time yet."""
    steps = []
    for index, key in enumerate(keys, start=1):
        state: StepState = "done" if index < reached else "now" if index == reached else "todo"
        steps.append(Step(key, None if state == "todo" else times.get(key), state))
    return steps


def _first(parcel: Shipment, codes: Iterable[ShipmentStatus]) -> datetime | None:
    wanted = frozenset(codes)
    return next((event.at for event in parcel.events if _is_one_of(event, wanted)), None)


def _is_one_of(event: TrackingEvent, codes: frozenset[ShipmentStatus]) -> bool:
    return not event.is_informational and event.code in codes
