"""Pickups of returns: which parcel waits for its carrier, when that could come, and the order for it.

A pickup belongs to a return that is open and whose label was bought here; it is ordered once. Where nobody fetches, nothing is offered.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from memory import actions as ledger
from memory import parcels
from memory.actions import Action
from server.commerce.labels.labels import Label, label_of, pickup_raw
from server.commerce.model import OrderSnapshot, Return, ReturnStatus, Window
from server.errors import StoreRefused
from server.services import Services

ACTION: Final = "book_pickup"
OPEN: Final = frozenset({ReturnStatus.REQUESTED, ReturnStatus.APPROVED, ReturnStatus.LABEL_ISSUED})


@dataclass(frozen=True, slots=True)
class Fetching:
    """What can be fetched of an order. `booked` = the pickup that was ordered before; else `windows`, none where nobody fetches."""

    rma: str
    windows: tuple[Window, ...] = ()
    booked: Mapping[str, Any] | None = None


def is_able(services: Services) -> bool:
    """Whether whoever makes the labels sends carriers, too."""
    return services.labels is not None and "pickup" in services.labels.capabilities


async def fetching(services: Services, order: OrderSnapshot) -> Fetching | None:
    """The newest open return of an order, and when its parcel could be fetched; None without one. Raises StoreUnavailable."""
    waits = [each for each in order.returns if each.status in OPEN]
    if not waits:
        return None
    rma = waits[-1].id
    booked = await _booked(services, order.id, rma)
    if booked is not None:
        return Fetching(rma, booked=booked.result)
    label = await _label(services, order.id, rma) if is_able(services) else None
    if services.labels is None or label is None:
        return Fetching(rma)
    return Fetching(rma, await services.labels.pickup_windows(order, label))


async def book(services: Services, action: Action, work: Mapping[str, Any], at: datetime) -> dict[str, Any]:
    """Order the carrier. Raises StoreRefused, StoreUnavailable."""
    order = await services.store.order(action.order_id)
    rma = str(work["return"])
    opened = _open_return(order, rma)
    if order is None or opened is None or services.labels is None:
        raise StoreRefused("there is no open return to be fetched")
    if await _booked(services, order.id, rma, but=action.key) is not None:
        raise StoreRefused("a pickup of this return is ordered already")
    label = await _label(services, order.id, rma)
    if label is None:
        raise StoreRefused("no label was bought here for this return")
    start, until = (datetime.fromisoformat(each) for each in work["window"])
    fetched = await services.labels.pickup(f"{action.key}:pickup", order, rma, label, Window(start, until, order.tz))
    return {"rma": rma, **pickup_raw(fetched)}


def _open_return(order: OrderSnapshot | None, rma: str) -> Return | None:
    held = order.returns if order else ()
    return next((each for each in held if each.id == rma and each.status in OPEN), None)


async def _booked(services: Services, order_id: str, rma: str, *, but: str = "") -> Action | None:
    begun = await services.database.read(lambda tx: ledger.begun_on(tx, order_id, but=but))
    mine = [one for one in begun if one.name == ACTION and one.body["work"]["return"] == rma]
    return next((one for one in mine if one.state == "executed"), None)


async def _label(services: Services, order_id: str, rma: str) -> Label | None:
    """The label that was bought for a return, as its seller knows it."""
    told = await services.database.read(lambda tx: parcels.told(tx, [order_id]))
    notices = told[order_id].notices if order_id in told else ()
    made = [
        each["made"]
        for each in notices
        if each.get("type") == "label_attached" and each.get("return") == rma and each.get("made")
    ]
    label = label_of(made[-1]) if made else None
    return label if label is not None and label.id else None
