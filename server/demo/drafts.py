"""Drafts of orders: from a basket and a person to an order document, and the parcels, refunds and returns added to it.

A draft is the document itself, filled step by step while the demo shop is made; nothing here is used afterwards. Amounts
are whole cents, half up.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from random import Random

from server.demo import lanes, tracking
from server.demo.documents import CURRENCY, SHOP_ZONE, Document, business_day, read, stamp, wall, zone
from server.demo.lanes import Scan
from server.demo.people import Person

SERVICES = {"ups": "UPS Ground", "usps": "Priority Mail", "fedex": "FedEx Ground", "dhl": "DHL Express Worldwide"}
_FREE_SHIPPING_FROM = 7500


@dataclass(frozen=True, slots=True)
class Item:
    """Something in the basket: a product, one of its variants, how many."""

    product: Document
    variant: Document
    quantity: int = 1


def draft(number: int, person: Person, basket: Sequence[Item], placed_at: datetime) -> Document:
    """A paid order of which nothing has happened yet: unfulfilled, with its dates promised."""
    customer, address = person.document, person.address
    return {
        "id": f"ord_{number}",
        "number": f"#{number}",
        "placed_at": stamp(placed_at),
        "updated_at": stamp(placed_at),
        "customer": {**{key: customer[key] for key in ("id", "name", "emails", "phones")}, "zip": address["zip"]},
        "currency": CURRENCY,
        "totals": _totals(basket, person),
        "payment": {"status": "paid", "methods": [dict(customer["payment_methods"][0])]},
        "ship_to": address,
        "promised": _promised(placed_at, person),
        "fulfil_by": stamp(_fulfil_by(placed_at)),
        "lines": [_line(place, item) for place, item in enumerate(basket, start=1)],
        "holds": [],
        "shipments": [],
        "returns": [],
        "refunds": [],
        "fulfilment": "unfulfilled",
        "tags": [],
    }


def _line(place: int, item: Item) -> Document:
    product = item.product
    line: Document = {
        "id": f"l{place}",
        "sku": item.variant["sku"],
        "product_id": product["id"],
        "title": product["title"],
        "options": dict(item.variant["options"]),
        "quantity": item.quantity,
        "fulfilled": 0,
        "unit_price": item.variant["price"],
        "final_sale": "final-sale" in product["tags"],
        "category": product["category"],
        "requires_shipping": product["category"] != "gift cards",
        "hygiene": "hygiene" in product["tags"],
    }
    return line


def _totals(basket: Sequence[Item], person: Person) -> dict[str, int]:
    items = sum(item.variant["price"] * item.quantity for item in basket)
    digital = all(item.product["category"] == "gift cards" for item in basket)
    domestic = person.home.place.country == "US"
    shipping = 0 if digital or (domestic and items >= _FREE_SHIPPING_FROM) else (695 if domestic else 1995)
    tax = 0 if digital else (items * person.home.tax + 5_000) // 10_000
    total = items + shipping + tax
    return {"items": items, "discount": 0, "shipping": shipping, "tax": tax, "total": total, "refunded": 0}


def _fulfil_by(placed_at: datetime) -> datetime:
    return wall(business_day(placed_at.astimezone(zone(SHOP_ZONE)).date(), 2), 18)


def _promised(placed_at: datetime, person: Person) -> Document:
    ready = _fulfil_by(placed_at).date()
    days = person.home.days
    return {"min": business_day(ready, days).isoformat(), "max": business_day(ready, days + 2).isoformat()}


def promise(order: Document, first: date, last: date) -> None:
    """Set the promised dates."""
    order["promised"] = {"min": first.isoformat(), "max": last.isoformat()}


def touch(order: Document, moment: datetime) -> None:
    """Move `updated_at` forward to `moment`, never back."""
    if moment > read(order["updated_at"]):
        order["updated_at"] = stamp(moment)


def spaced(scans: Sequence[Scan], first: datetime, last: datetime, rng: Random) -> list[Document]:
    """The events of the scans between two moments, unevenly, in order; the first and the last are exact."""
    gaps = [rng.uniform(0.6, 1.6) for _ in scans[1:]]
    whole, moment, events = sum(gaps), first, [lanes.event(scans[0], first)]
    for scan, gap in zip(scans[1:], gaps, strict=True):
        moment = moment + (last - first) * (gap / whole)
        events.append(lanes.event(scan, min(moment, last)))
    if len(scans) > 1:
        events[-1] = lanes.event(scans[-1], last)
    return events


def add_parcel(
    order: Document,
    carrier: str,
    events: Sequence[Document],
    *,
    lines: Mapping[str, int] | None = None,
    eta: Document | None = None,
    service: str = "",
) -> Document:
    """Add a parcel with its scans; `lines` is line id to quantity, by default everything that is left.

    Returns the shipment, for the facts that only some parcels have."""
    index = len(order["shipments"]) + 1
    contents = lines if lines is not None else _remaining(order)
    service = service or SERVICES[carrier]
    serial = int(order["id"].removeprefix("ord_")) * 10 + index + 4_200_000
    shipment: Document = {
        "id": f"{order['id']}-p{index}",
        "carrier": carrier,
        "service": service,
        "direction": "forward",
        "tracking_number": tracking.number(carrier, service, serial),
        "lines": [{"line": line, "quantity": quantity} for line, quantity in contents.items()],
        "shipped_at": events[0]["at"],
        "events": list(events),
    }
    if eta:
        shipment["eta"] = eta
    order["shipments"].append(shipment)
    for line in order["lines"]:
        line["fulfilled"] += contents.get(line["id"], 0)
    order["fulfilment"] = "partially_shipped" if _remaining(order) else "shipped"
    touch(order, read(events[-1]["at"]))
    return shipment


def _remaining(order: Document) -> dict[str, int]:
    left = {line["id"]: line["quantity"] - line["fulfilled"] for line in order["lines"]}
    return {line: quantity for line, quantity in left.items() if quantity > 0}


def refund(order: Document, amount: int, at: datetime, *, status: str, lines: Sequence[Document] = ()) -> None:
    """Record money given back to the original method; only a succeeded refund counts into the totals."""
    index = len(order["refunds"]) + 1
    order["refunds"].append(
        {
            "id": f"{order['id']}-f{index}",
            "at": stamp(at),
            "amount": amount,
            "status": status,
            "method": "original",
            "lines": list(lines),
        }
    )
    if status == "succeeded":
        order["totals"]["refunded"] += amount
        whole = order["totals"]["refunded"] >= order["totals"]["total"]
        order["payment"]["status"] = "refunded" if whole else "partially_refunded"
    touch(order, at)


def give_back(order: Document, status: str, at: datetime, facts: Document) -> Document:
    """Record a return of the first line, begun at `at`; `facts` add to or replace its keys. Returns the return."""
    line = order["lines"][0]
    entry: Document = {
        "id": f"{order['id']}-r{len(order['returns']) + 1}",
        "at": stamp(at),
        "status": status,
        "outcome": "refund",
        "lines": [{"line": line["id"], "quantity": 1}],
        "method": "original",
        "due_by": stamp(at + timedelta(days=30)),
        **facts,
    }
    order["returns"].append(entry)
    touch(order, at)
    return entry


def line_value(order: Document, line_id: str, quantity: int = 1) -> int:
    """What `quantity` of a line cost with its share of tax, half up."""
    line = next(line for line in order["lines"] if line["id"] == line_id)
    net = line["unit_price"] * quantity
    items = order["totals"]["items"]
    return int(net + (2 * order["totals"]["tax"] * net + items) // (2 * items))


def utc(moment: datetime) -> datetime:
    """The moment in UTC, to the minute."""
    return moment.astimezone(UTC).replace(second=0, microsecond=0)
