"""A shop with few orders, spoken to line by line: what the tests of cancelling, addresses and payments begin with.

`FIRM` is a policy with few and firm rules: an e-mail, or name and postal code, prove a customer, and two reasons cancel.
"""

# ruff: noqa: E501 (records are read whole)

import asyncio
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from server.answering.context import Handoff
from server.policies.file import loads
from server.settings import Settings
from server.stage import Heard, Line, Stage

NOW: Final = datetime(2026, 11, 20, 18, 0, tzinfo=UTC)
EMAIL: Final = "mei.kovacs@example.com"

FIRM: Final = """
version: firm-1
zones: [{id: everywhere, match: {country: ["*"]}, law: none}]
approval: []
limits: {bot_daily_refund_total: 100000000, bot_refunds_per_customer_30d: 100}
identity:
  read_order: {any_of: [[email], [name, zip]]}
  write: {any_of: [[email], [name, zip]]}
actions:
  cancel_order: {states: [unfulfilled], reasons: [no longer needed, ordered by mistake], refund_to: [original]}
  change_address: {states: [unfulfilled], profile: true}
  change_payment: {states: [unfulfilled], methods: on_file, balance_covers: true}
  change_items: {states: [unfulfilled], scope: same_product, times: 1, in_stock: true, difference: stored_method}
  start_return: {states: [delivered], refund_to: [original, gift_card_on_file], refund_to_by: choice}
  start_exchange: {states: [delivered], scope: same_product, times: 1, in_stock: true, difference: stored_method}
human_only: [legal, safety, distress, policy_exception]
"""

MEI: Final[Mapping[str, Any]] = {
    "id": "mei_kovacs_8020",
    "name": "Mei Kovacs",
    "emails": [EMAIL],
    "phones": ["+14025550188"],
    "addresses": [
        {"name": "Mei Kovacs", "line1": "317 Elm Street", "line2": "Suite 461", "city": "Charlotte", "region": "NC", "zip": "28236", "country": "US"}
    ],
    "payment_methods": [
        {"id": "paypal_7644869", "kind": "paypal", "label": "PayPal"},
        {"id": "credit_card_1565124", "kind": "credit_card", "label": "Visa ending in 4421"},
        {"id": "gift_card_4421007", "kind": "gift_card", "label": "Gift card 9210", "balance": 4100},
    ],
}  # fmt: skip
OTHER: Final[Mapping[str, Any]] = {
    "id": "omar_diaz_1", "name": "Omar Diaz", "emails": ["omar@example.com"], "phones": [], "addresses": [],
    "payment_methods": [{"id": "credit_card_9", "kind": "credit_card", "label": "Visa ending in 9999"}],
}  # fmt: skip
HOME: Final = {
    "name": "Mei Kovacs", "line1": "317 Elm Street", "line2": "Suite 461", "city": "Charlotte", "region": "NC", "zip": "28236",
    "country": "US",
}  # fmt: skip


def line(line_id: str, title: str, price: int, quantity: int = 1, fulfilled: int = 0, **options: str) -> dict[str, Any]:
    """A line of an order."""
    return {
        "id": line_id, "sku": f"{title.upper().replace(' ', '-')}-{line_id}", "product_id": f"p-{line_id}", "title": title, "options": options,
        "quantity": quantity, "fulfilled": fulfilled, "unit_price": price,
    }  # fmt: skip


def order(number: str, *lines: Mapping[str, Any], customer: Mapping[str, Any] = MEI, **more: Any) -> dict[str, Any]:
    """A paid order that has not left."""
    total = sum(each["unit_price"] * each["quantity"] for each in lines)
    methods = [{key: one[key] for key in ("id", "kind", "label")} for one in customer["payment_methods"][:1]]
    plain = {
        "id": f"ord_{number}", "number": f"#{number}", "placed_at": "2026-11-18T10:00:00Z", "updated_at": "2026-11-18T10:00:00Z",
        "customer": {"id": customer["id"], "name": customer["name"], "emails": customer["emails"], "phones": customer["phones"], "zip": "28236"},
        "currency": "USD", "totals": {"items": total, "total": total}, "payment": {"status": "paid", "methods": methods},
        "ship_to": dict(HOME), "lines": list(lines), "fulfilment": "unfulfilled", "shipments": [],
    }  # fmt: skip
    return {**plain, **more}


def gone(number: str, *lines: Mapping[str, Any], code: str = "in_transit", **more: Any) -> dict[str, Any]:
    """An order that has left; `code` is the carrier's last word."""
    shipment = {
        "id": f"s_{number}", "carrier": "ups", "tracking_number": f"1Z999AA1{number}",
        "lines": [{"line": each["id"], "quantity": each["quantity"]} for each in lines], "shipped_at": "2026-11-18T20:00:00Z",
        "events": [{"at": "2026-11-19T13:00:00Z", "code": code, "city": "Omaha", "region": "NE", "country": "US"}],
    }  # fmt: skip
    held = [{**each, "fulfilled": each["quantity"]} for each in lines]
    return order(number, *held, fulfilment="shipped", shipments=[shipment], **more)


ORDERS: Final = (
    order("W1001", line("l1", "Desk lamp", 3900), line("l2", "Wireless headphones", 9900)),
    order("W1002", line("l1", "Garden hose", 5200), ship_to={**HOME, "line1": "9 Lake Road", "line2": "", "city": "Denver", "region": "CO", "zip": "80201"}),
    gone("W1003", line("l1", "Running shoes", 8000)),
    gone("W1004", line("l1", "Tea kettle", 2500), code="delivered"),
    order("W1005", line("l1", "Bookshelf", 15900), cancelled_at="2026-11-19T09:00:00Z", cancel_reason="customer", refunds=[{"id": "r5", "at": "2026-11-19T09:00:00Z", "amount": 15900, "status": "succeeded", "method": "original", "lines": []}]),
    order("W1006", line("l1", "Puzzle", 1900), fulfilment="processing"),
    order("X2001", line("l1", "Backpack", 4500), customer=OTHER),
)  # fmt: skip


class Talk:
    """A conversation with the shop's assistant. `heard` is what came of the last line, `actions` everything that was done."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.heard = Heard()
        self.actions: list[dict[str, Any]] = []
        self.said: list[str] = []

    async def say(self, *texts: str, signed_in: str = "", choice: str | None = None) -> "Talk":
        """Say some lines one after another."""
        for text in texts:
            self.heard = await self.stage.say(Line(text, customer=signed_in, choice=choice))
            self.actions += self.heard.actions
            assert self.dropped == [], self.dropped
            self.said += [str(each["text"]) for each in self.heard.replies]
        return self

    @property
    def dropped(self) -> list[dict[str, str]]:
        """Sentences of the last answer that nothing proved."""
        return self.heard.dropped

    @property
    def reply(self) -> str:
        """What the assistant said last."""
        return "\n".join(str(each["text"]) for each in self.heard.replies)

    @property
    def choices(self) -> list[str]:
        """The quick replies beside it."""
        return [choice for each in self.heard.replies for choice in each["choices"]]

    @property
    def handed(self) -> list[str]:
        """The reasons for which a person was called with the last line."""
        return [each.outcome.reason for each in self.heard.answers if isinstance(each.outcome, Handoff)]

    async def order(self, number: str) -> Any:
        """An order as it stands in the store."""
        return await self.stage.services.store.order(f"ord_{number}")


def written(folder: Path, orders: Sequence[Mapping[str, Any]] = ORDERS) -> dict[str, Path]:
    """The shop's files by kind, written to a folder."""
    paths = {kind: folder / f"{kind}.jsonl" for kind in ("orders", "customers")}
    for kind, rows in (("orders", orders), ("customers", (MEI, OTHER))):
        paths[kind].write_text("".join(f"{json.dumps(row)}\n" for row in rows), encoding="utf-8")
    return paths


async def opened(folder: Path, text: str = FIRM, orders: Sequence[Mapping[str, Any]] = ORDERS) -> Stage:
    """A stage with this shop's files; `text` is the policy, "" = the shipped one."""
    paths = await asyncio.to_thread(written, folder, orders)
    policy = await asyncio.to_thread(loads, text)
    return await Stage.open(Settings(), policy, NOW, paths)
