"""What the demo's pages show of an order: its state in a few words, its latest scan, and what may be pushed.

Plain words of the order document alone; the assistant's own answers are made elsewhere and may say more. Pure.
"""

from collections.abc import Mapping, Sequence
from typing import Final
from urllib.parse import urlencode

from server.demo import carrier
from server.demo.documents import Document
from server.demo.lanes import CARRIERS
from server.demo.stories import STORIES, Story

_BY_ORDER: Final = {story.order_id: story for story in STORIES}
_WORDS: Final[Mapping[str, tuple[str, str]]] = {
    "label_created": ("Label created", "idle"),
    "picked_up": ("Picked up", "moving"),
    "in_transit": ("In transit", "moving"),
    "customs": ("At customs", "warn"),
    "out_for_delivery": ("Out for delivery", "moving"),
    "attempted": ("Delivery attempted", "warn"),
    "available_for_pickup": ("Ready for pickup", "warn"),
    "delivered": ("Delivered", "good"),
    "exception": ("Exception", "bad"),
    "returning": ("Returning to us", "bad"),
    "returned": ("Returned to us", "bad"),
    "lost": ("Lost", "bad"),
    "damaged": ("Damaged", "bad"),
    "cancelled": ("Label cancelled", "idle"),
    "unknown": ("No live status", "bad"),
    "unfulfilled": ("Being prepared", "idle"),
    "processing": ("In the warehouse", "idle"),
    "on_hold": ("On hold", "warn"),
    "scheduled": ("Pre-ordered", "idle"),
    "not_required": ("Sent by e-mail", "good"),
}
_STAGES: Final = ("Ordered", "Packed", "On its way", "Out for delivery", "Delivered")
_REACHED: Final[Mapping[str, int]] = {
    "label_created": 1,
    "picked_up": 2,
    "in_transit": 2,
    "customs": 2,
    "exception": 2,
    "out_for_delivery": 3,
    "attempted": 3,
    "available_for_pickup": 3,
    "delivered": 4,
}
PUSH_LABELS: Final[Mapping[str, str]] = {
    "delay": "Delay 2 days",
    "attempt": "Delivery attempt",
    "out_for_delivery": "Out for delivery",
    "deliver": "Delivered",
    "exception": "Exception",
    "lost": "Lost",
    "return_to_sender": "Return to sender",
}


def order_view(order: Document) -> Document:
    """What a page shows of a story's order. Raises KeyError for an order of no story."""
    story = _BY_ORDER[order["id"]]
    shipment = _shown(order)
    state, tone = _state(order, shipment)
    allowed = carrier.allowed(order)
    return {
        "id": order["id"],
        "number": order["number"],
        "title": story.title,
        "person": order["customer"]["name"],
        "email": next(iter(order["customer"]["emails"]), ""),
        "city": order["ship_to"]["city"],
        "vip": story.vip,
        "featured": story.featured,
        "state": state,
        "tone": tone,
        "stages": _stages(order, shipment),
        "last": _last(shipment),
        "carrier": _carrier(shipment),
        "expected": _expected(order, shipment),
        "items": [_item(line) for line in order["lines"]],
        "asks": list(story.asks),
        "updated_at": order["updated_at"],
        "pushes": [
            {"event": event.value, "label": PUSH_LABELS[event], "allowed": event in allowed} for event in carrier.Push
        ],
    }


def in_story_order(orders: Sequence[Document]) -> list[Document]:
    """The orders that belong to a story, in the order in which the stories are told."""
    found = {order["id"]: order for order in orders}
    return [found[story.order_id] for story in STORIES if story.order_id in found]


def story_of(order_id: str) -> Story | None:
    """The story of an order, or None for an order of the crowd."""
    return _BY_ORDER.get(order_id)


def art_url(product_id: str, options: Mapping[str, object]) -> str:
    """Where the picture of a variant is."""
    colour = options.get("color")
    return f"/demo/art/{product_id}.svg" + (f"?{urlencode({'color': colour})}" if colour else "")


def _shown(order: Document) -> Document | None:
    """The parcel to the customer that is furthest from its end, else the last one."""
    parcels: list[Document] = [parcel for parcel in order["shipments"] if parcel.get("direction") != "return"]
    unfinished = [parcel for parcel in parcels if carrier.status(parcel) not in ("delivered", "returned")]
    return next(iter([*unfinished, *reversed(parcels)]), None)


def _state(order: Document, shipment: Document | None) -> tuple[str, str]:
    if order.get("cancelled_at"):
        return "Cancelled", "idle"
    if order["payment"]["status"] in ("failed", "pending", "expired"):
        return "Payment failed" if order["payment"]["status"] == "failed" else "Not paid", "bad"
    if shipment is None:
        return _WORDS.get(order["fulfilment"], ("Unknown", "bad"))
    words, tone = _WORDS.get(carrier.status(shipment), ("Unknown", "bad"))
    parcels = [parcel for parcel in order["shipments"] if parcel.get("direction") != "return"]
    if len(parcels) > 1:
        done = sum(carrier.status(parcel) == "delivered" for parcel in parcels)
        words = f"{done} of {len(parcels)} parcels delivered"
    return (_returned(order) or words), tone


def _returned(order: Document) -> str:
    if not order["returns"]:
        return ""
    status = str(order["returns"][-1]["status"])
    return {"approved_for_payout": "Refund on its way", "refunded": "Refunded"}.get(
        status, f"Return: {status.replace('_', ' ')}"
    )


def _stages(order: Document, shipment: Document | None) -> list[Document]:
    reached = _REACHED.get(carrier.status(shipment), 1) if shipment else 0
    return [
        {"label": label, "state": "done" if at < reached else "now" if at == reached else "ahead"}
        for at, label in enumerate(_STAGES)
    ]


def _last(shipment: Document | None) -> Document | None:
    if shipment is None or not shipment["events"]:
        return None
    event = shipment["events"][-1]
    place = ", ".join(part for part in (event.get("city"), event.get("region") or event.get("country")) if part)
    return {"at": event["at"], "text": event.get("text", ""), "place": place}


def _carrier(shipment: Document | None) -> Document | None:
    if shipment is None:
        return None
    name = CARRIERS.get(shipment["carrier"], shipment["carrier"])
    return {"name": name, "tracking_number": shipment["tracking_number"]}


def _expected(order: Document, shipment: Document | None) -> str:
    """The day by which the customer counts on it, as an ISO date; empty when there is none or it is over."""
    if order.get("cancelled_at") or (shipment and carrier.status(shipment) in ("delivered", "returned", "lost")):
        return ""
    known = ((shipment or {}).get("eta") or order.get("promised") or {}).get("max")
    return str(known or "")[:10]


def _item(line: Document) -> Document:
    return {
        "title": line["title"],
        "options": ", ".join(str(value) for value in line["options"].values()),
        "quantity": line["quantity"],
        "art": art_url(line["product_id"], line["options"]),
    }
