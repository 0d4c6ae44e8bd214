"""The label of a return that was opened: made by whoever makes labels here, and kept beside the order.

A return that is open stays open when no label can be made now: it is made later, and the shopper's card shows it then. The
same return never gets two labels.
"""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any, Final, TypeVar

import msgspec

from memory import journal, parcels
from memory.engines.base import Tx
from server.commerce.labels.labels import label_raw
from server.commerce.model import LineQuantity
from server.commerce.store import ExchangeResult, ReturnResult
from server.commerce.tracking import bare_number
from server.errors import StoreError, StoreUnavailable
from server.services import Services

R = TypeVar("R", ReturnResult, ExchangeResult)
_log = logging.getLogger("onethread.labels")
SOURCE: Final = "labels/returns"
ATTACH: Final = "labels/attach"


@dataclass(frozen=True, slots=True)
class Wanted:
    """A label that is wanted for the return `rma` of an order, whose opening had this key."""

    key: str
    order_id: str
    rma: str
    lines: tuple[LineQuantity, ...]
    at: datetime


@dataclass(frozen=True, slots=True)
class Made:
    """A label that was bought for the return `rma` of an order."""

    key: str
    order_id: str
    rma: str
    url: str
    tracking_number: str
    at: datetime


async def resume(services: Services, source: str, body: bytes) -> None:
    """Go on with what was remembered. Raises StoreRefused, StoreUnavailable, ValueError."""
    if source == ATTACH:
        await attach(services, msgspec.json.decode(body, type=Made))
    else:
        await make(services, wanted(body))


def wanted(body: bytes) -> Wanted:
    """What `remember` stored. Raises ValueError."""
    return msgspec.json.decode(body, type=Wanted)


async def labelled(
    services: Services, key: str, order_id: str, lines: Sequence[LineQuantity], at: datetime, opened: R
) -> R:
    """The opened return with its label, if one can be made here and now; else it is made later."""
    labels = services.labels
    if labels is None or (opened.label_url and "postage" not in labels.capabilities):
        return opened
    asked = Wanted(key, order_id, opened.rma, tuple(lines), at)
    try:
        return replace(opened, label_url=await make(services, asked))
    except StoreError as error:
        _log.warning("a label was not made yet", extra={"order": order_id, "rma": opened.rma, "why": str(error)})
        await _remember(services, SOURCE, asked)
        return replace(opened, label_url=None)


async def make(services: Services, asked: Wanted) -> str:
    """Make the label and keep it beside the order; its address. Raises StoreRefused, StoreUnavailable."""
    order = await services.store.order(asked.order_id)
    if services.labels is None or order is None:
        raise StoreUnavailable("there is nobody who makes labels, or no such order")
    label = await services.labels.label(f"{asked.key}:label", order, asked.rma, asked.lines, asked.at)
    document = {
        "key": f"label:{asked.key}",
        "kind": "warehouse",
        "type": "label_attached",
        "at": asked.at.isoformat(),
        "return": asked.rma,
        "url": label.url,
        "tracking_number": label.tracking_number,
        "carrier": label.carrier,
        "made": label_raw(label),
    }
    if await services.database.write(lambda tx: keep_notice(tx, asked.order_id, document, asked.at)):
        services.bus.publish("orders", asked.order_id)
    if label.tracking_number and services.connections.attaches is not None:
        attached = Made(asked.key, asked.order_id, asked.rma, label.url, label.tracking_number, asked.at)
        await _remember(services, ATTACH, attached)
    return label.url


async def attach(services: Services, made: Made) -> None:
    """Show a bought label to the shop's own people, in their platform. Raises StoreRefused, StoreUnavailable."""
    platform = services.connections.attaches
    if platform is not None:
        key = f"{made.key}:attach"
        await platform.attach_label(key, made.order_id, made.rma, made.url, made.tracking_number, made.at)


async def keep_notice(tx: Tx, order_id: str, document: Mapping[str, Any], at: datetime) -> bool:
    """Keep a notice beside its order, and follow the tracking number that it names; False when it was kept before."""
    number = bare_number(str(document.get("tracking_number") or ""))
    is_new = await parcels.add_notice(tx, order_id, str(document["key"]), at, document)
    if is_new and number:
        await parcels.name_by_notice(tx, order_id, {number: str(document.get("carrier") or "").strip().lower()})
    return is_new


async def _remember(services: Services, source: str, asked: Wanted | Made) -> None:
    body = msgspec.json.encode(asdict(asked))
    now = services.clock.now()
    await services.database.write(lambda tx: journal.add(tx, source, asked.key, {}, body, now))
    services.bus.publish("calls")
