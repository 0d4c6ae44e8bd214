"""A shop where things go wrong: parcels that never came or were lost, broken goods, subscriptions, codes, odd payments.

One stage is opened for each policy and set back for each conversation.
"""

# ruff: noqa: E501 (records are read whole)

import asyncio
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from server.policies.file import loads
from server.settings import Settings
from server.stage import Heard, Line, Stage

NOW: Final = datetime(2027, 3, 16, 16, tzinfo=UTC)
TRUSTING: Final = """
version: trusting-1
identity:
  write: {any_of: [[order_number, email], [otp], [signed_in]]}
"""
GENEROUS: Final = """
version: generous-1
identity:
  write: {any_of: [[order_number, email], [otp], [signed_in]]}
price_adjustment: {days: 30}
actions:
  reship: {states: [partially_shipped, shipped, delivered], in_stock: false, need: none}
"""
CAUTIOUS: Final = "version: cautious-1\n"
"""As shipped: a change needs more proof than an order number and an address."""

Document = Mapping[str, Any]
CARD: Final = [{"id": "pm_1", "kind": "card", "label": "Visa ending in 4242"}]


def line(line_id: str, sku: str, title: str, price: int, quantity: int = 1, **more: Any) -> dict[str, Any]:
    """A line of an order, shipped in full."""
    base = {
        "id": line_id,
        "sku": sku,
        "product_id": f"p_{sku}",
        "title": title,
        "quantity": quantity,
        "fulfilled": quantity,
    }
    return {**base, "unit_price": price, **more}


SCARVES: Final = line("l1", "SCARF-RED", "Merino scarf", 4900, 2)
MUG: Final = line("l2", "MUG-WHITE", "Stoneware mug", 1200)
LAMP: Final = line("l3", "LAMP-1", "Desk lamp", 9900, category="electronics")


def parcel(code: str, at: str, *lines: Document) -> dict[str, Any]:
    """A parcel that moved once and then came into a state."""
    moved = {
        "at": "2027-03-03T13:00:00-06:00",
        "code": "in_transit",
        "city": "Lincoln",
        "region": "NE",
        "country": "US",
    }
    last = {"at": at, "code": code, "city": "Omaha", "region": "NE", "country": "US"}
    held = [{"line": each["id"], "quantity": each["quantity"]} for each in lines]
    return {
        "id": "s1",
        "carrier": "ups",
        "tracking_number": "1Z5E70E80319270000",
        "events": [moved, last],
        "lines": held,
    }


def order(
    number: str, who: str, lines: Sequence[Document], *parcels: Document, country: str = "US", **more: Any
) -> dict[str, Any]:
    """An order of the customer who is called `who`, paid by card."""
    items = sum(each["unit_price"] * each["quantity"] for each in lines)
    sums = {"items": items, "discount": 0, "shipping": 0, "tax": 0, "total": items, "refunded": 0}
    buyer = {"id": f"k_{who}", "name": who.title(), "emails": [f"{who}@shop.example"], "zip": "68102"}
    home = {
        "name": who.title(),
        "line1": "31 Jackson St",
        "city": "Omaha",
        "region": "NE",
        "zip": "68102",
        "country": country,
    }
    base = {
        "id": number.lower(),
        "number": number,
        "placed_at": "2027-03-01T14:00:00Z",
        "customer": buyer,
        "currency": "USD",
    }
    rest = {"totals": sums, "payment": {"status": "paid", "methods": CARD}, "ship_to": home, "fulfilment": "shipped"}
    return {
        **base,
        **rest,
        "lines": [dict(each) for each in lines],
        "shipments": [dict(each) for each in parcels],
        **more,
    }


def _paid(number: str, who: str, payment: Document, **more: Any) -> dict[str, Any]:
    came = parcel("delivered", "2027-03-10T13:00:00-06:00", MUG)
    return {**order(number, who, [MUG], came), "payment": dict(payment), **more}


def _charge(charge_id: str, status: str) -> dict[str, Any]:
    return {"id": charge_id, "kind": "sale", "status": status, "amount": 1200, "at": "2027-03-01T14:00:00Z"}


_UNSENT: Final = {"lines": [{**MUG, "fulfilled": 0}], "shipments": [], "fulfilment": "unfulfilled"}
ORDERS: Final = (
    order("C-201", "mara", [SCARVES, MUG], parcel("delivered", "2027-03-10T13:00:00-06:00", SCARVES, MUG)),
    order("C-202", "lee", [MUG], parcel("delivered", "2027-03-16T08:00:00-06:00", MUG)),
    order("C-203", "ana", [LAMP], parcel("lost", "2027-03-12T08:00:00-06:00", LAMP), country="ES"),
    order("C-204", "tom", [SCARVES], parcel("attempted", "2027-03-15T08:00:00-06:00", SCARVES)),
    order("C-205", "olga", [LAMP], parcel("delivered", "2026-07-10T13:00:00-06:00", LAMP), placed_at="2026-07-01T14:00:00Z"),
    order("C-206", "ivo", [LAMP], parcel("delivered", "2023-07-10T13:00:00-06:00", LAMP), placed_at="2023-07-01T14:00:00Z"),
    order("C-207", "eva", [MUG], parcel("delivered", "2027-03-10T13:00:00-06:00", MUG), country="DE"),
    order("C-208", "kai", [MUG], parcel("in_transit", "2027-03-09T13:00:00-06:00", MUG)),
    _paid("P-301", "pia", {"status": "paid", "methods": CARD, "transactions": [_charge("t1", "succeeded"), _charge("t2", "failed")]}),
    _paid("P-302", "pit", {"status": "paid", "methods": CARD, "transactions": [_charge("t1", "succeeded"), _charge("t2", "succeeded")]}),
    _paid("P-303", "pam", {"status": "authorized", "methods": CARD}, **_UNSENT),
    _paid("P-304", "pol", {"status": "failed", "methods": CARD, "pay_url": "https://shop.example/pay/304"}, **_UNSENT),
    _paid("P-305", "pru", {"status": "paid", "methods": [{"id": "k", "kind": "klarna", "label": "Klarna"}]}),
)  # fmt: skip


def _subscription(name: str, who: str, title: str, interval: str, **more: Any) -> dict[str, Any]:
    items = [{"sku": title.upper(), "quantity": 1, "title": title}]
    return {
        "id": name,
        "customer": f"k_{who}",
        "status": "active",
        "interval": interval,
        "lines": items,
        "price": 1200,
        **more,
    }


SUBSCRIPTIONS: Final = (
    _subscription("sub1", "mara", "House coffee", "P1M", next_at="2027-03-25", change_until="2027-03-22T12:00:00Z"),
    _subscription("sub2", "lee", "Green tea", "monthly", next_at="2027-03-18", change_until="2027-03-15T12:00:00Z"),
    _subscription("sub3", "tom", "House coffee", "P2W", next_at="2027-03-25", change_until="2027-03-22T12:00:00Z"),
    _subscription("sub4", "tom", "Water filter", "P1M", next_at="2027-03-01", status="paused"),
)
PROMOTIONS: Final = (
    {
        "code": "WELCOME10",
        "kind": "percent",
        "value": 10,
        "ends_at": "2027-12-31",
        "conditions": {"first_order": True},
        "stackable": False,
    },
    {
        "code": "HARBOUR15",
        "kind": "percent",
        "value": 15,
        "ends_at": "2027-04-01",
        "conditions": {"minimum_total": 20000},
    },
    {"code": "SUMMER25", "kind": "percent", "value": 25, "ends_at": "2026-09-01"},
    {
        "code": "COZY20",
        "kind": "amount",
        "value": 2000,
        "starts_at": "2027-05-01",
        "conditions": {"collections": ["knitwear"]},
    },
    {"code": "SHIPFREE", "kind": "free_shipping", "value": 0, "conditions": "only on weekdays"},
)
CUSTOMERS: Final = tuple(
    {"id": f"k_{who}", "name": who.title(), "emails": [f"{who}@shop.example"]} for who in ("mara", "lee", "tom", "eva")
)
PRODUCTS: Final = (
    {"id": "p_LAMP-1", "title": "Desk lamp", "category": "electronics", "collections": ["electronics"], "variants": [{"sku": "LAMP-1", "price": 9900, "stock": 5, "options": {}}]},
    {"id": "p_MUG-WHITE", "title": "Stoneware mug", "category": "kitchen", "variants": [{"sku": "MUG-WHITE", "price": 900, "stock": 5, "options": {}}]},
    {"id": "p_SCARF-RED", "title": "Merino scarf", "category": "accessories", "variants": [{"sku": "SCARF-RED", "price": 4900, "stock": 5, "options": {}}]},
)  # fmt: skip
_FILES: Final[Mapping[str, Sequence[Document]]] = {
    "orders": ORDERS, "subscriptions": SUBSCRIPTIONS, "promotions": PROMOTIONS, "customers": CUSTOMERS, "products": PRODUCTS,
}  # fmt: skip


class Shop:
    """A stage under one policy."""

    def __init__(self, runner: asyncio.Runner, stage: Stage) -> None:
        self.runner = runner
        self.stage = stage

    def talk(self, *said: str, customer: str = "") -> list[Heard]:
        """What comes of a conversation on a fresh store; `@` begins a tapped reply, `[photo]` a line with a photo."""
        return self.runner.run(self._talk(said, customer))

    async def _talk(self, said: Sequence[str], customer: str) -> list[Heard]:
        await self.stage.reset()
        return [await self.stage.say(spoken(each, customer)) for each in said]


def spoken(said: str, customer: str) -> Line:
    """A line as it is written in `Shop.talk`."""
    if said.startswith("@"):
        return Line(said[1:], choice=said[1:], customer=customer)
    photo = ("photo.jpg",) if said.startswith("[photo]") else ()
    return Line(said.removeprefix("[photo]"), customer=customer, attach=photo)


def written(folder: Path) -> dict[str, Path]:
    """The shop's files by kind, written to a folder."""
    paths = {kind: folder / f"{kind}.jsonl" for kind in _FILES}
    for kind, documents in _FILES.items():
        paths[kind].write_text("\n".join(map(json.dumps, documents)), encoding="utf-8")
    return paths


@contextmanager
def opened(folder: Path, policy: str) -> Iterator[Shop]:
    """A shop under a policy."""
    paths = written(folder)
    with asyncio.Runner() as runner:
        stage = runner.run(Stage.open(Settings(), loads(policy), NOW, paths))
        try:
            yield Shop(runner, stage)
        finally:
            runner.run(stage.close())


def text(heard: Heard) -> str:
    """Everything that was said."""
    return "\n".join(reply["text"] for reply in heard.replies)


def choices(heard: Heard) -> list[str]:
    """The quick replies."""
    return [label for reply in heard.replies for label in reply["choices"]]


def done(talk: Sequence[Heard]) -> list[dict[str, Any]]:
    """Every action that was carried out in a conversation."""
    return [action for heard in talk for action in heard.actions]


def names(talk: Sequence[Heard]) -> list[str]:
    """The names of the actions that were carried out."""
    return [str(action["name"]) for action in done(talk)]


def dropped(talk: Sequence[Heard]) -> list[dict[str, str]]:
    """Every sentence that was not said because nothing proved it."""
    return [each for heard in talk for each in heard.dropped]
