"""Five shops with the same orders, each on a connector of its own, with everybody who tells about them beside it.

Each shop is the real application behind real doors. `Shop.read` gives a shop an order as its platform can have it, lets carriers,
the warehouse and the payment provider tell the rest in signed calls, and reads the order by its number as every answer does.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Final, TypeAlias

import httpx2

from server.app import build
from server.calls import Calls
from server.clock import HandClock
from server.commerce.csv_rows import COLUMNS, rules_of
from server.commerce.embedded import EmbeddedStore
from server.commerce.model import OrderSnapshot
from server.commerce.signing import HEADER, sign
from server.commerce.states import FulfilmentPhase, HoldReason
from server.imports import import_csv_orders
from server.services import Services
from server.settings import (
    CarrierSettings,
    CarriersSettings,
    DatabaseSettings,
    PaymentsSettings,
    RestSettings,
    ServerSettings,
    Settings,
    WarehouseSettings,
    WooCommerceSettings,
)
from tests.server.commerce.connectors.telling import (
    Parts,
    Raw,
    by_file,
    by_shopify,
    by_woocommerce,
    lifelike,
    messages,
    voice_of,
    whole,
)
from tests.server.commerce.orders import NOW
from tests.server.commerce.test_csv_orders import written
from tests.support.carriers import webhook
from tests.support.rest_shop import SECRET as REST_SECRET
from tests.support.rest_shop import RestShopStandIn
from tests.support.servers import serve
from tests.support.shopify import ShopifyStandIn
from tests.support.woocommerce import WooCommerceStandIn

Put: TypeAlias = Callable[[Raw], Awaitable[None]]
NAMES: Final = ("embedded", "shopify", "woocommerce", "rest", "csv")
_CARRIER, _WAREHOUSE, _PAYMENTS = "carrier-secret", "warehouse-secret", "payments-secret"
_PLENTY: Final = 1e9
_WORDS: Final = (
    "default=unknown",
    *(f"{phase}={phase}" for phase in FulfilmentPhase),
    *(f"held: {reason}=on_hold/{reason}" for reason in HoldReason),
)


@dataclass(frozen=True, slots=True)
class Shop:
    """One shop: its application, who takes its orders apart, which provider follows its parcels, and how it gets an order."""

    services: Services
    client: httpx2.AsyncClient
    clock: HandClock
    split: Callable[[Raw], Parts]
    provider: str
    put: Put

    async def read(self, document: Raw, index: int, now: datetime) -> OrderSnapshot:
        """The order of a case as this shop's customers would find it at `now`, after everybody has told what they know."""
        self.clock.set(now)
        parts = self.split(lifelike(document, index))
        await self.put(parts.order)
        for parcel in parts.parcels:
            await self._follow(parcel, now)
        for source, secret, notices in (
            ("warehouse", _WAREHOUSE, parts.warehouse),
            ("payments", _PAYMENTS, parts.payments),
        ):
            if notices:
                await self._tell(f"/webhooks/{source}/generic", secret, {"events": notices})
        found = await self.services.store.order_by_number(parts.order["number"])
        assert found is not None
        return found

    async def _follow(self, parcel: Raw, now: datetime) -> None:
        """The carrier tells of a parcel, each time at its own time."""
        provider = voice_of(self.provider, parcel)
        for told in messages(parcel, now):
            self.clock.set(told.at)
            path, headers, body = webhook(
                provider,
                _CARRIER,
                parcel["tracking_number"],
                parcel["carrier"],
                told.events,
                told.eta,
                now=told.at,
                **told.parts,
            )
            await self._post(path, headers, body)
        self.clock.set(now)

    async def _tell(self, path: str, secret: str, message: Raw) -> None:
        body = json.dumps(message).encode()
        await self._post(path, {HEADER: sign(secret, "POST", path, body, self.clock.now())}, body)

    async def _post(self, path: str, headers: dict[str, str], body: bytes) -> None:
        answer = await self.client.post(path, content=body, headers=headers)
        assert answer.status_code == 200
        assert await Calls(self.services).drain() == 1


@asynccontextmanager
async def shops(folder: Path) -> AsyncIterator[dict[str, Shop]]:
    """All five, by name; a stand-in that had something to complain of fails here."""
    async with AsyncExitStack() as stack:
        yield {
            "embedded": await stack.enter_async_context(_embedded(folder)),
            "shopify": await stack.enter_async_context(_shopify(folder)),
            "woocommerce": await stack.enter_async_context(_woocommerce(folder)),
            "rest": await stack.enter_async_context(_rest(folder)),
            "csv": await stack.enter_async_context(_csv(folder)),
        }


def _settings(folder: Path, name: str, **changes: Any) -> Settings:
    own = folder / name
    carrier = CarrierSettings(secret=_CARRIER)
    return Settings(
        server=ServerSettings(data=str(own), secret_keys=("k" * 40,)),
        database=DatabaseSettings(url=f"sqlite:///{folder / name}.db"),
        carriers=CarriersSettings(easypost=carrier, aftership=carrier, shippo=carrier, generic=carrier),
        warehouse=WarehouseSettings(secret=_WAREHOUSE),
        payments=PaymentsSettings(secret=_PAYMENTS),
        **changes,
    )


@asynccontextmanager
async def _opened(
    settings: Settings, clock: HandClock, split: Callable[[Raw], Parts], provider: str, put: Put
) -> AsyncIterator[Shop]:
    app = build(settings, clock=clock, loops=())
    async with serve(app) as url, httpx2.AsyncClient(base_url=url, trust_env=False, verify=False) as client:
        yield Shop(app.state.services, client, clock, split, provider, put)


def _store(shop: Shop) -> EmbeddedStore:
    assert isinstance(shop.services.store, EmbeddedStore)
    return shop.services.store


@asynccontextmanager
async def _embedded(folder: Path) -> AsyncIterator[Shop]:
    async def put(order: Raw) -> None:
        await _store(shop).put_order(order)

    async with _opened(_settings(folder, "embedded"), HandClock(NOW), whole, "easypost", put) as shop:
        yield shop


@asynccontextmanager
async def _shopify(folder: Path) -> AsyncIterator[Shop]:
    shopify, clock = ShopifyStandIn(), HandClock(NOW)
    shopify.shop.clock = clock
    shopify.maximum = shopify.level = _PLENTY

    async def put(order: Raw) -> None:
        shopify.put(order)

    async with serve(shopify.app) as url:
        settings = _settings(folder, "shopify", shopify=shopify.settings(url))
        async with _opened(settings, clock, by_shopify, "easypost", put) as shop:
            yield shop
    assert shopify.problems == []


@asynccontextmanager
async def _woocommerce(folder: Path) -> AsyncIterator[Shop]:
    clock = HandClock(NOW)
    site = WooCommerceStandIn(clock.now)

    async def put(order: Raw) -> None:
        site.put(order)

    own = WooCommerceSettings(key="ck_test", secret="cs_test")
    async with serve(site) as url:
        settings = _settings(folder, "woocommerce", woocommerce=replace(own, url=url))
        async with _opened(settings, clock, by_woocommerce, "aftership", put) as shop:
            yield shop
    assert site.complaints == []


@asynccontextmanager
async def _rest(folder: Path) -> AsyncIterator[Shop]:
    clock = HandClock(NOW)
    system = RestShopStandIn(now=clock.now)

    async def put(order: Raw) -> None:
        system.put(order)

    async with serve(system.app) as url:
        settings = _settings(folder, "rest", rest=RestSettings(url=url, secret=REST_SECRET))
        async with _opened(settings, clock, whole, "easypost", put) as shop:
            yield shop
    assert system.unexpected == []


@asynccontextmanager
async def _csv(folder: Path) -> AsyncIterator[Shop]:
    async def put(order: Raw) -> None:
        path = folder / f"{order['id']}.csv"
        await asyncio.to_thread(path.write_text, "".join(written(_rows(order))), encoding="utf-8")
        report = await import_csv_orders(_store(shop), path, rules_of(_WORDS, ""))
        assert (report.landed, report.failed) == (1, [])

    async with _opened(_settings(folder, "csv"), HandClock(NOW), by_file, "shippo", put) as shop:
        yield shop


# Orders as rows


def _rows(order: Raw) -> list[dict[str, str]]:
    """One row a line a parcel, and one for what has not left."""
    found = []
    for line in order["lines"]:
        held = [
            (parcel, each["quantity"])
            for parcel in order["shipments"]
            for each in parcel["lines"]
            if each["line"] == line["id"]
        ]
        left = line["quantity"] - sum(pieces for _, pieces in held)
        found += [_row(order, line, pieces, parcel) for parcel, pieces in held]
        found += [_row(order, line, line["fulfilled"] if not held else 0, {})] if left else []
    return found


def _row(order: Raw, line: Raw, pieces: int, parcel: Raw) -> dict[str, str]:
    buyer, address = order["customer"], order["ship_to"]
    cells = {
        "id": order["id"],
        "order_number": order["number"],
        "email": buyer["emails"][0],
        "customer_name": buyer["name"],
        "placed_at": order["placed_at"],
        "updated_at": order["updated_at"],
        "currency": order["currency"],
        "total_minor": order["totals"]["total"],
        "payment_status": order["payment"].get("status"),
        "line_id": line["id"],
        "line_sku": line["sku"],
        "line_title": line["title"],
        "line_qty": line["quantity"],
        "line_unit_minor": line["unit_price"],
        "fulfilled_qty": pieces,
        "carrier": parcel.get("carrier"),
        "tracking_number": parcel.get("tracking_number"),
        "shipped_at": parcel.get("shipped_at"),
        "promised_min": (order.get("promised") or {}).get("min"),
        "promised_max": (order.get("promised") or {}).get("max"),
        "status": _status(order),
        "status_at": order.get("cancelled_at"),
        **{name: address[name] for name in ("line1", "city", "region", "zip", "country")},
    }
    assert set(COLUMNS) <= set(cells)
    return {name: "" if value is None else str(value) for name, value in cells.items()}


def _status(order: Raw) -> str:
    if order.get("cancelled_at"):
        return "cancelled"
    holds = order.get("holds") or ()
    return f"held: {holds[0]['reason']}" if holds else str(order["fulfilment"])
