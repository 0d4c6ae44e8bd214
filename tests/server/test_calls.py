"""Calls of carriers, warehouses and payment providers: signed or refused, stored before they are answered, worked in once."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest

from channels.message import Address
from memory import journal, parcels, silence
from memory.engines.base import Database
from memory.ids import new_public_id
from server.app import build
from server.calls import Calls
from server.clock import HandClock
from server.commerce.model import HoldReason, OrderSnapshot, PaymentProblemKind, ShipmentStatus
from server.commerce.signing import HEADER, sign
from server.live import LiveOrders
from server.services import Services
from server.settings import (
    CarrierSettings,
    CarriersSettings,
    DatabaseSettings,
    PaymentsSettings,
    ServerSettings,
    Settings,
    TurnsSettings,
    WarehouseSettings,
)
from server.turns import Turns
from tests.server import core
from tests.server.commerce.orders import Raw, ago, an_event, an_order, shipped
from tests.support.databases import ENGINES, NOW, opened, url_of
from tests.support.servers import serve

NUMBER = "1ZA1B2C30300000012"
CARRIER, WAREHOUSE, PAYMENTS = "carrier-secret", "warehouse-secret", "payments-secret"
SECRETS = {"/webhooks/carriers/generic": CARRIER, "/webhooks/warehouse/generic": WAREHOUSE}
SECRETS["/webhooks/payments/generic"] = PAYMENTS


@dataclass
class House:
    """An application that is connected with a carrier, a warehouse and a payment provider, and works when told to."""

    client: httpx2.AsyncClient
    services: Services
    clock: HandClock

    async def post(self, path: str, message: Any, *, secret: str | None = None, body: bytes | None = None) -> int:
        """Send a signed message; the status of the answer."""
        content = json.dumps(message).encode() if body is None else body
        signature = sign(secret or SECRETS[path], "POST", path, content, self.clock.now())
        return (await self.client.post(path, content=content, headers={HEADER: signature})).status_code

    async def scan(self, *events: Raw, **parts: object) -> int:
        """The carrier tells of its parcel."""
        message = {"carrier": "ups", "tracking_number": NUMBER, "events": list(events), **parts}
        return await self.post("/webhooks/carriers/generic", message)

    async def warehouse(self, kind: str, **parts: object) -> int:
        """The warehouse tells of order #1042."""
        message = {"id": f"w-{kind}", "order": "#1042", "at": NOW.isoformat(), "type": kind, **parts}
        return await self.post("/webhooks/warehouse/generic", message)

    async def work(self) -> int:
        """Work in what is due now."""
        return await Calls(self.services).drain()

    async def order(self) -> OrderSnapshot:
        """Order #1042 as it stands."""
        found = await self.services.store.order("ord_7")
        assert found is not None
        return found


@pytest.fixture(params=ENGINES)
async def database(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Database]:
    """An empty store on each engine."""
    async with opened(url_of(request, tmp_path)) as database:
        yield database


@pytest.fixture
async def house(database: Database, tmp_path: Path) -> AsyncIterator[House]:
    """The application, serving, without anybody who works beside its doors."""
    settings = Settings(
        server=ServerSettings(data=str(tmp_path / "data"), secret_keys=("k" * 40,)),
        database=DatabaseSettings(url="unused"),
        carriers=CarriersSettings(generic=CarrierSettings(secret=CARRIER)),
        warehouse=WarehouseSettings(secret=WAREHOUSE),
        payments=PaymentsSettings(secret=PAYMENTS),
        turns=TurnsSettings(burst_ms=0),
    )
    clock = HandClock(NOW)
    app = build(settings, clock=clock, database=database, loops=())
    async with serve(app) as url, httpx2.AsyncClient(base_url=url, trust_env=False, verify=False) as client:
        yield House(client, app.state.services, clock)


async def put(house: House, raw: Raw) -> None:
    """The shop has this order."""
    await house.services.store.put_order(raw)  # type: ignore[attr-defined]  # the embedded store takes documents


# At the door


async def test_a_signed_call_is_on_disk_when_it_is_answered(house: House) -> None:
    assert await house.scan(an_event(ago(hours=1), "in_transit")) == 200
    assert (await house.services.database.read(journal.waiting))[0] == 1


@pytest.mark.parametrize("path", SECRETS)
async def test_a_call_that_nobody_signed_is_refused_and_forgotten(house: House, path: str) -> None:
    assert await house.post(path, {"id": "x"}, secret="somebody else's") == 401
    assert (await house.client.post(path, content=b"{}")).status_code == 401
    assert (await house.services.database.read(journal.waiting))[0] == 0


async def test_a_signature_of_long_ago_is_refused(house: House) -> None:
    path, body = "/webhooks/warehouse/generic", b"{}"
    old = sign(WAREHOUSE, "POST", path, body, NOW - timedelta(minutes=6))
    assert (await house.client.post(path, content=body, headers={HEADER: old})).status_code == 401


@pytest.mark.parametrize(
    "path", ["/webhooks/carriers/easypost", "/webhooks/orders/shopify", "/webhooks/carriers/nobody"]
)
async def test_who_is_not_connected_has_no_door(house: House, path: str) -> None:
    assert await house.post(path, {}, secret="x") == 404


async def test_a_repeated_call_is_answered_and_stored_once(house: House) -> None:
    for _ in range(2):
        assert await house.scan(an_event(ago(hours=1), "in_transit"), id="evt_1") == 200
    assert (await house.services.database.read(journal.waiting))[0] == 1


async def test_a_body_too_large_is_refused(house: House) -> None:
    assert await house.post("/webhooks/carriers/generic", {}, body=b"x" * 2_200_000) == 413


# Carriers


async def test_a_scan_moves_the_parcel(house: House) -> None:
    await put(house, shipped(an_event(ago(hours=30), "in_transit")))
    await house.scan(an_event(ago(hours=1), "out_for_delivery"), eta={"min": "2026-11-20", "max": "2026-11-20"})
    assert await house.work() == 1
    parcel = (await house.order()).shipments[0]
    assert (parcel.status, str(parcel.eta and parcel.eta.max)) == (ShipmentStatus.OUT_FOR_DELIVERY, "2026-11-20")
    assert parcel.feed_as_of == NOW


async def test_a_scan_may_come_before_the_order_that_names_its_number(house: House) -> None:
    await house.scan(an_event(ago(hours=1), "in_transit"))
    await house.work()
    await put(house, shipped())
    assert (await house.order()).shipments[0].status is ShipmentStatus.IN_TRANSIT


async def test_a_scan_outlives_the_next_import_of_the_order(house: House) -> None:
    await put(house, shipped())
    await house.scan(an_event(ago(hours=1), "delivered"))
    await house.work()
    await put(house, shipped(order={"note": "changed in the shop"}))
    assert (await house.order()).shipments[0].status is ShipmentStatus.DELIVERED


async def test_a_scan_reaches_the_open_card_and_its_repetition_does_not(house: House) -> None:
    await put(house, shipped(an_event(ago(hours=30), "in_transit")))
    visitor = Address("visitor", "v" * 20, "channel")
    conv = new_public_id("c")
    said = await core.write(
        house.services, "where is my order 1042? ana@example.com", visitor, channel="widget", conv=conv
    )
    await Turns(house.services, pads=False).drain()
    shown: list[str] = []
    house.services.bus.listen("orders", lambda _topic, order_id: shown.append(order_id))
    for key in ("one", "two"):
        await house.scan(an_event(ago(hours=1), "out_for_delivery"), id=key)
        await house.work()
    assert shown == ["ord_7"]
    assert await LiveOrders(house.services).refresh("ord_7") == 1
    assert len(await core.log(house.services, said.thread, "order_update")) >= 1


async def test_a_call_that_cannot_be_read_is_given_up_and_named(house: House) -> None:
    await house.post("/webhooks/carriers/generic", {"carrier": "ups"})
    await house.scan(an_event(ago(hours=1), "in_transit"))
    assert await house.work() == 2
    failed = await house.services.database.read(journal.failed)
    assert [(source, "cannot be read" in note) for source, _, note in failed] == [("carriers/generic", True)]
    assert (await house.services.database.read(journal.waiting))[0] == 0


async def test_a_call_of_somebody_who_is_not_connected_any_more_is_kept(house: House) -> None:
    await house.scan(an_event(ago(hours=1), "in_transit"))
    gone = replace(house.services, connections=replace(house.services.connections, carriers={}))
    await Calls(gone).drain()
    assert (await house.services.database.read(journal.waiting))[0] == 1
    await put(house, shipped())
    house.clock.advance(timedelta(minutes=1))
    await house.work()
    assert (await house.order()).shipments[0].status is ShipmentStatus.IN_TRANSIT


async def test_a_call_that_is_played_again_changes_nothing(house: House) -> None:
    await put(house, shipped())
    await house.scan(an_event(ago(hours=1), "in_transit"))
    await house.work()
    before = await house.order()
    await house.services.database.write(lambda tx: journal.replay(tx, NOW - timedelta(days=1), NOW))
    assert await house.work() == 1
    assert replace(await house.order(), as_of=before.as_of) == before


# The warehouse and the payment provider


async def test_the_warehouse_holds_and_releases(house: House) -> None:
    await put(house, an_order())
    await house.warehouse("on_hold", reason="address")
    await house.work()
    assert [hold.reason for hold in (await house.order()).holds] == [HoldReason.ADDRESS]
    house.clock.advance(timedelta(minutes=10))
    await house.warehouse("hold_released", at=house.clock.now().isoformat())
    await house.work()
    assert (await house.order()).holds == ()


async def test_a_parcel_that_only_the_warehouse_knows_is_followed(house: House) -> None:
    await put(house, an_order())
    lines = [{"line": "l1", "quantity": 2}]
    await house.warehouse("handed_over", carrier="ups", tracking_number=NUMBER, lines=lines)
    await house.work()
    await house.scan(an_event(NOW.isoformat(), "out_for_delivery"))
    await house.work()
    assert [parcel.status for parcel in (await house.order()).shipments] == [ShipmentStatus.OUT_FOR_DELIVERY]


async def test_a_notice_of_an_order_that_comes_later_waits_for_it(house: House) -> None:
    await house.warehouse("on_hold", reason="address")
    await house.work()
    assert (await house.services.database.read(journal.waiting))[0] == 1
    await put(house, an_order())
    house.clock.advance(timedelta(minutes=1))
    assert await house.work() == 1
    assert len((await house.order()).holds) == 1


async def test_a_notice_of_no_order_is_given_up_in_the_end(house: House) -> None:
    await house.warehouse("picked", order="#9999")
    for _ in range(7):
        await house.work()
        house.clock.advance(timedelta(hours=13))
    failed = await house.services.database.read(journal.failed)
    assert [note for _, _, note in failed] == ["no order is called '#9999'"]


async def test_a_card_that_was_charged_twice_is_known(house: House) -> None:
    await put(house, an_order())
    message = {"id": "p1", "order": "#1042", "at": NOW.isoformat(), "type": "charged_twice", "amount": 5500}
    assert await house.post("/webhooks/payments/generic", message) == 200
    await house.work()
    (problem,) = (await house.order()).payment.problems
    assert (problem.kind, problem.amount and problem.amount.amount_minor) == (PaymentProblemKind.CHARGED_TWICE, 5500)


async def test_a_notice_is_kept_once(house: House) -> None:
    await put(house, an_order())
    for note in ("first", "second"):
        await house.warehouse("on_hold", reason="address", note=note)
    await house.work()
    found = await house.services.database.read(lambda tx: parcels.told(tx, ["ord_7"]))
    assert len(found["ord_7"].notices) == 1


async def test_a_carriers_silence_is_learned_from_its_scans(house: House) -> None:
    await put(house, shipped())
    await house.scan(an_event("2026-11-18T18:00:00Z", "picked_up"), an_event("2026-11-20T16:00:00Z", "in_transit"))
    await house.work()
    counted = await house.services.database.read(silence.counted)
    assert counted == {"ups/ground/domestic/picked_up": {1: 1}}
