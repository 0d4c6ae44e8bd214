"""A shop with Ana's orders, a thread about them, and the gate: what the tests of actions begin with."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any, Final

from memory import actions
from memory.actions import Action
from memory.engines.base import Database
from memory.threads import Thread
from server.actions.gate import Done, Gate, Request
from server.clock import HandClock
from server.commerce.embedded import EmbeddedStore
from server.commerce.model import CustomerRecord, OrderSnapshot
from server.policies.decision import History
from server.policies.file import loads
from server.policies.judge import Ruling
from server.services import Services
from tests.server import core
from tests.server.commerce.orders import Raw, a_line, an_event, an_order, shipped
from tests.support.databases import NOW

PROVEN: Final = frozenset({"order_number", "email", "otp", "signed_in"})
OPEN: Final = """
version: open-1
approval: []
limits: {bot_daily_refund_total: 100000000, bot_refunds_per_customer_30d: 1000}
actions: {reship: {need: none}, start_exchange: {times: any}, change_items: {times: any}}
"""
"""A policy whose limits no test meets by accident."""

ANA: Final[Raw] = {
    "id": "c1",
    "name": "Ana Souza",
    "emails": ["ana@example.com"],
    "phones": [],
    "addresses": [],
    "payment_methods": [
        {"id": "pm_1", "kind": "card", "label": "Visa 4242"},
        {"id": "pm_2", "kind": "card", "label": "Visa 1111"},
        {"id": "gift_1", "kind": "gift_card", "label": "Gift card", "balance": 2000},
    ],
    "vip": False,
    "consents": {},
}
SCARF: Final[Raw] = {
    "id": "p1",
    "title": "Scarf",
    "description": "Warm.",
    "category": "scarves",
    "attributes": {},
    "variants": [
        {"sku": "SCARF-RED", "options": {"colour": "red"}, "price": 2500, "stock": 9, "available": True},
        {"sku": "SCARF-BLUE", "options": {"colour": "blue"}, "price": 3000, "stock": 9, "available": True},
        {"sku": "SCARF-GREY", "options": {"colour": "grey"}, "price": 2000, "stock": 9, "available": True},
    ],
}


def waiting(**changes: object) -> Raw:
    """Ana's order that has not left: two red scarves, 55.00 with delivery."""
    return an_order(**{"id": "ord_8", "number": "#1043", **changes})


def delivered(**changes: object) -> Raw:
    """Ana's order that arrived two days ago."""
    return shipped(an_event("2026-11-18T18:00:00Z", "delivered"), order=changes)


def one(line: str = "l1", quantity: int = 1, **more: object) -> Raw:
    """One piece of a line."""
    return {"line": line, "sku": "SCARF-RED", "quantity": quantity, **more}


class House:
    """The rooms of one test."""

    def __init__(self, services: Services, clock: HandClock, thread: Thread) -> None:
        self.services, self.clock, self.thread = services, clock, thread
        self.gate = Gate(services)

    @property
    def store(self) -> EmbeddedStore:
        """The order system."""
        assert isinstance(self.services.store, EmbeddedStore)
        return self.services.store

    async def order(self, order_id: str = "ord_7") -> OrderSnapshot:
        """An order as it stands."""
        found = await self.services.store.order(order_id)
        assert found is not None
        return found

    async def ana(self) -> CustomerRecord:
        """The customer as the shop knows her now."""
        found = await self.services.store.customer("c1")
        assert found is not None
        return found

    async def balance(self, method: str) -> int | None:
        """What is left on one of her cards."""
        return next((each.balance_minor for each in (await self.ana()).payment_methods if each.id == method), None)

    async def consider(
        self, action: Mapping[str, Any], order_id: str | None = "ord_7", history: History | None = None
    ) -> Ruling:
        """What the gate makes of an action."""
        order = await self.order(order_id) if order_id else None
        return await self.gate.consider(action, order, await self.ana(), thread_id=self.thread.id, history=history)

    async def request(
        self, action: Mapping[str, Any], order_id: str | None = "ord_7", key: str = "key", **values: Any
    ) -> Request:
        """The action, considered and confirmed."""
        ruling = await self.consider(action, order_id, values.get("history"))
        whole: dict[str, Any] = {
            "thread_id": self.thread.id,
            "key": key,
            "name": str(action["name"]),
            "order": await self.order(order_id) if order_id else None,
            "arguments": action,
            "proofs": PROVEN,
            "amount_minor": ruling.amount_minor,
            "currency": ruling.currency,
            "decision_hash": ruling.hash,
            "customer_id": "c1",
        }
        return Request(**{**whole, **values})

    async def do(
        self, action: Mapping[str, Any], order_id: str | None = "ord_7", key: str = "key", **values: Any
    ) -> Done:
        """Consider, confirm and execute."""
        return await self.gate.execute(await self.request(action, order_id, key, **values))

    async def action(self, key: str = "key") -> Action:
        """The ledger's row."""
        found = await self.services.database.read(lambda tx: actions.by_key(tx, key))
        assert found is not None
        return found

    async def events(self) -> list[str]:
        """What happened in the thread after the customer wrote."""
        return [event.type for event in await core.log(self.services, self.thread)][1:]

    async def later(self, seconds: float = 21) -> int:
        """Time passes, then what has no outcome is looked at."""
        self.clock.advance(timedelta(seconds=seconds))
        return await self.gate.reconcile()

    def under(self, text: str) -> "House":
        """The same rooms under another policy."""
        return House(replace(self.services, policy=loads(text)), self.clock, self.thread)


@asynccontextmanager
async def house_of(
    database: Database, *orders: Raw, text: str = OPEN, store_kind: type[EmbeddedStore] = EmbeddedStore
) -> AsyncIterator[House]:
    """The rooms with these orders, or with the usual two."""
    clock = HandClock(NOW)
    held = orders or (delivered(), waiting())
    async with core.rooms(database, *held, clock=clock, store_kind=store_kind, policy=loads(text)) as services:
        store = services.store
        assert isinstance(store, EmbeddedStore)
        await store.put_customer(dict(ANA))
        await store.put_product(dict(SCARF))
        yield House(services, clock, (await core.write(services, "something about my order")).thread)


__all__ = ["ANA", "OPEN", "PROVEN", "SCARF", "House", "a_line", "delivered", "house_of", "one", "waiting"]
