"""The Store over a shop platform: how often the shop is asked, what is answered when it does not, and what is never missed."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from server import telemetry
from server.clock import HandClock
from server.commerce.connectors.ledger import StoredLedger
from server.commerce.connectors.mirrored import MirroredStore
from server.commerce.connectors.rest.platform import RestPlatform
from server.commerce.connectors.shopify.platform import ShopifyPlatform
from server.commerce.embedded import EmbeddedStore
from server.commerce.model import LineQuantity, OrderSnapshot
from server.errors import StoreUnavailable
from server.settings import RestSettings
from tests.server.commerce.orders import NOW, a_line, an_order
from tests.support.databases import opened
from tests.support.rest_shop import SECRET, RestShopStandIn
from tests.support.servers import serve
from tests.support.shopify import ShopifyStandIn

MANY = 50
FRESH_FOR = timedelta(seconds=60)
PRODUCT = {"id": "p1", "title": "Red scarf", "variants": [{"sku": "SCARF-RED", "price": 2500, "stock": 3}]}


class Road:
    """The way back from the shop: while it is shut, answers wait on it."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self.open, self.waiting = asyncio.Event(), asyncio.Event()
        self.open.set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_later(message: Message) -> None:
            self.waiting.set()
            await self.open.wait()
            await send(message)

        await self._app(scope, receive, send_later)

    def shut(self) -> None:
        """From now on answers wait."""
        self.open.clear()
        self.waiting.clear()


@dataclass
class Scene:
    """A shop's own system, the store in front of it, and the ids of orders that were told to have changed."""

    shop: RestShopStandIn
    road: Road
    store: MirroredStore
    clock: HandClock
    told: list[str] = field(default_factory=list)

    def later(self, span: timedelta = FRESH_FOR + timedelta(seconds=1)) -> None:
        """Time goes by: by default until every read is too old."""
        self.clock.advance(span)

    def change(self, **changes: object) -> None:
        """Somebody changes order #1042 in the shop."""
        self.shop.put(an_order(**{"updated_at": self.clock.now().isoformat(), **changes}))

    async def order(self) -> OrderSnapshot:
        """Order #1042."""
        found = await self.store.order("ord_7")
        assert found is not None
        return found

    async def note(self) -> str | None:
        """What order #1042 says now."""
        return (await self.order()).note

    def reads(self) -> int:
        """How often one order was read."""
        return sum(call.startswith("GET /orders/") for call in self.shop.calls)

    def searches(self) -> int:
        """How often orders were looked for by number."""
        return sum(call.startswith("GET /orders?name=") for call in self.shop.calls)


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    clock = HandClock(NOW)
    shop = RestShopStandIn(now=clock.now)
    shop.put(an_order())
    road = Road(shop.app)
    async with opened(f"sqlite:///{tmp_path / 'memory.db'}") as database, serve(road) as url:
        settings = RestSettings(url=url, secret=SECRET)
        platform = RestPlatform(settings, clock, StoredLedger(database), read_s=1.0)
        mirror = EmbeddedStore(database, clock, "America/New_York", mirrors="rest")
        store = MirroredStore(platform, mirror, database, clock, fresh_for=FRESH_FOR)
        scene = Scene(shop, road, store, clock)
        store.on_change = scene.told.append
        try:
            yield scene
        finally:
            await store.close()
    assert shop.unexpected == []


async def together(ask: Callable[[], Awaitable[Any]]) -> list[Any]:
    """Many ask at the same moment; what each was told, errors too."""
    return await asyncio.gather(*(ask() for _ in range(MANY)), return_exceptions=True)


def counted(name: str, **labels: str) -> float:
    """What `/metrics` shows."""
    return telemetry.REGISTRY.get_sample_value(f"onethread_{name}_total", labels) or 0.0


# How often the shop is asked


async def test_one_search_serves_all_who_ask_for_a_number_at_once(scene: Scene) -> None:
    found = await together(lambda: scene.store.order_by_number("1042"))
    assert {order.id for order in found} == {"ord_7"}
    assert scene.shop.calls == ["GET /orders?name=1042"]


async def test_a_read_serves_everybody_while_it_is_fresh_and_one_of_them_reads_anew(scene: Scene) -> None:
    await scene.order()
    await together(scene.order)
    assert scene.reads() == 1
    scene.later()
    assert {order.as_of for order in await together(scene.order)} == {scene.clock.now()}
    assert scene.reads() == 2


async def test_a_number_that_was_found_once_is_not_searched_again(scene: Scene) -> None:
    for _ in range(3):
        await scene.store.order_by_number("#1042")
        scene.later()
    assert (scene.searches(), scene.reads()) == (1, 2)


async def test_one_question_serves_all_who_ask_for_a_shoppers_orders(scene: Scene) -> None:
    found = await together(lambda: scene.store.orders_of(email="ANA@example.com"))
    assert {tuple(order.id for order in orders) for orders in found} == {("ord_7",)}
    assert len(scene.shop.calls) == 1


async def test_that_there_is_no_such_order_is_believed_for_a_moment(scene: Scene) -> None:
    assert set(await together(lambda: scene.store.order_by_number("2001"))) == {None}
    assert await scene.store.order_by_number("2001") is None
    assert scene.searches() == 1
    scene.shop.put(an_order(id="ord_8", number="#2001"))
    assert await scene.store.order_by_number("2001") is None
    scene.later(timedelta(seconds=21))
    assert await scene.store.order_by_number("2001") is not None


async def test_a_webhook_about_a_new_order_ends_that_belief(scene: Scene) -> None:
    assert await scene.store.order_by_number("2001") is None
    scene.shop.put(an_order(id="ord_8", number="#2001"))
    await scene.store.touch(["ord_8"])
    assert await scene.store.order_by_number("2001") is not None


async def test_shopify_is_asked_once_for_all(tmp_path: Path) -> None:
    shopify = ShopifyStandIn()
    shopify.put(an_order())
    clock = shopify.shop.clock
    async with opened(f"sqlite:///{tmp_path / 'memory.db'}") as database, serve(shopify.app) as url:
        platform = ShopifyPlatform(shopify.settings(url), clock, StoredLedger(database))
        mirror = EmbeddedStore(database, clock, "America/New_York", mirrors="shopify")
        store = MirroredStore(platform, mirror, database, clock, fresh_for=FRESH_FOR)
        try:
            found = await together(lambda: store.order_by_number("1042"))
        finally:
            await store.close()
    assert {order.id for order in found} == {"ord_7"}
    assert len(shopify.asked("order_lookup")) == len(shopify.asked("order_state")) == 1
    assert shopify.problems == []


# What changes elsewhere


async def test_a_webhook_makes_a_fresh_read_stale_at_once(scene: Scene) -> None:
    await scene.order()
    scene.told.clear()
    scene.later(timedelta(seconds=1))
    scene.change(note="by the door")
    assert await scene.note() is None
    await scene.store.touch(["ord_7"])
    assert await scene.note() == "by the door"
    assert scene.told == ["ord_7", "ord_7"]  # that something changed, and that it was read


async def test_what_changes_while_it_is_read_is_read_again(scene: Scene) -> None:
    """The old answer is on its way already: who shows it would never hear of the change."""
    await scene.order()
    scene.later()
    scene.road.shut()
    async with asyncio.TaskGroup() as group:
        early = group.create_task(scene.note())
        await scene.road.waiting.wait()
        scene.later(timedelta(seconds=1))
        scene.change(note="by the door")
        await scene.store.touch(["ord_7"])
        late = group.create_task(scene.note())
        scene.road.open.set()
    assert (early.result(), late.result()) == ("by the door", "by the door")
    assert scene.reads() == 3


async def test_an_order_that_is_gone_is_forgotten(scene: Scene) -> None:
    await scene.order()
    del scene.shop.orders["ord_7"]
    scene.later()
    assert await scene.store.order("ord_7") is None
    assert await scene.store.orders_of(email="ana@example.com") == ()


async def test_a_removal_that_is_told_is_believed_at_once(scene: Scene) -> None:
    await scene.order()
    del scene.shop.orders["ord_7"]
    await scene.store.forget("ord_7")
    assert await scene.store.order_by_number("1042") is None


async def test_a_comparison_notices_a_change_whose_webhook_never_came(scene: Scene) -> None:
    await scene.order()
    scene.told.clear()
    scene.later(timedelta(seconds=5))
    scene.change(note="by the door")
    scene.shop.put(an_order(id="ord_8", number="#2001"))
    assert await scene.store.reconcile() == 1
    assert scene.told == ["ord_7"]
    assert await scene.note() == "by the door"
    assert scene.reads() == 2  # the other order was asked for by nobody


async def test_a_comparison_without_news_touches_nothing(scene: Scene) -> None:
    await scene.order()
    scene.told.clear()
    assert [await scene.store.reconcile() for _ in range(2)] == [0, 0]
    assert (scene.told, scene.reads()) == ([], 1)


async def test_the_next_comparison_begins_shortly_before_the_last(scene: Scene) -> None:
    await scene.store.reconcile()
    scene.later(timedelta(hours=2))
    await scene.store.reconcile()
    asked = [call.partition("updated_since=")[2] for call in scene.shop.calls if "updated_since" in call]
    assert [each[:16] for each in asked] == ["2026-11-19T17%3A", "2026-11-20T17%3A"]


# When the shop does not answer


async def test_a_shop_that_is_down_leaves_its_last_read_with_its_true_age(scene: Scene) -> None:
    await scene.order()
    scene.later()
    scene.shop.broken = [500] * 9
    assert (await scene.order()).as_of == NOW
    found = await scene.store.order_by_number("1042")
    assert found is not None
    assert found.as_of == NOW
    assert [order.as_of for order in await scene.store.orders_of(email="ana@example.com")] == [NOW]


async def test_what_was_never_read_is_unavailable_not_absent(scene: Scene) -> None:
    scene.shop.broken = [500] * 9
    for ask in (
        scene.store.order("ord_7"),
        scene.store.order_by_number("1042"),
        scene.store.orders_of(email="ana@example.com"),
    ):
        with pytest.raises(StoreUnavailable):
            await ask


async def test_all_who_wait_for_a_read_that_fails_hear_of_it(scene: Scene) -> None:
    scene.shop.broken = [500] * 9
    assert {type(each) for each in await together(scene.order)} == {StoreUnavailable}
    assert scene.reads() == 1


async def test_a_dead_shop_is_not_hammered(scene: Scene) -> None:
    await scene.order()
    scene.later()
    before = len(scene.shop.calls)
    scene.shop.broken = [500] * MANY
    async with asyncio.timeout(2):  # nor does anybody wait for it any more
        for _ in range(MANY):
            assert (await scene.order()).as_of == NOW
    assert len(scene.shop.calls) - before == 5


async def test_an_answer_that_cannot_be_read_is_no_order(scene: Scene) -> None:
    await scene.order()
    scene.later()
    scene.shop.broken = [b'{"id": "ord_7", "number": ""}', b"<html>"]
    assert [(await scene.order()).as_of for _ in range(2)] == [NOW, NOW]


async def test_it_is_counted_where_answers_came_from(scene: Scene) -> None:
    names = ("read", "kept", "old", "failed")
    before = [counted("order_reads", answer=name) for name in names]
    calls = counted("outside_calls", party="rest", outcome="ok")
    await scene.store.order_by_number("1042")
    await scene.order()
    scene.later()
    scene.shop.broken = [500, 500]
    await scene.order()
    with pytest.raises(StoreUnavailable):
        await scene.store.order("ord_8")
    after = [counted("order_reads", answer=name) for name in names]
    assert [now - then for now, then in zip(after, before, strict=True)] == [1, 1, 1, 1]
    assert counted("outside_calls", party="rest", outcome="ok") == calls + 1
    shown = (await asyncio.to_thread(telemetry.render)).decode()
    assert all(f"onethread_{name}" in shown for name in ("order_reads_total", "outside_calls_total"))


# Writes and goods


async def test_after_a_write_the_order_is_read_anew(scene: Scene) -> None:
    await scene.store.platform.learn()  # type: ignore[attr-defined]  # what REST offers is asked for
    before = await scene.order()
    scene.shop.put(an_order(lines=[a_line()], returns=[{"id": "RMA-1", "status": "approved", "lines": []}]))
    result = await scene.store.start_return("k1", "ord_7", [LineQuantity("l1", 1)], "unwanted", "refund", None, NOW)
    assert (before.returns, result.rma) == ((), "RMA-1")
    assert [each.id for each in (await scene.order()).returns] == ["RMA-1"]


async def test_after_a_write_without_an_answer_too(scene: Scene) -> None:
    await scene.order()
    scene.shop.broken = [500] * 9
    with pytest.raises(StoreUnavailable):
        await scene.store.start_return("k1", "ord_7", [LineQuantity("l1", 1)], "unwanted", "refund", None, NOW)
    scene.shop.broken.clear()
    await scene.order()
    assert scene.reads() == 2


async def test_the_catalogue_is_brought_up_to_date_by_what_changed(scene: Scene) -> None:
    scene.shop.products["p1"] = PRODUCT
    assert await scene.store.sync_products() == 1
    assert [each.id for each in await scene.store.search_products("scarf", 3)] == ["p1"]
    scene.later()
    await scene.store.sync_products()
    asked = [call for call in scene.shop.calls if call.startswith("GET /products")]
    assert ["updated_since" in call for call in asked] == [False, True]


async def test_a_products_stock_is_live_while_the_shop_answers(scene: Scene) -> None:
    scene.shop.products["p1"] = PRODUCT
    await scene.store.sync_products()
    scene.shop.products["p1"] = {**PRODUCT, "variants": [{"sku": "SCARF-RED", "price": 2500, "stock": 0}]}
    stocks = [each.stock for each in await together(lambda: scene.store.variant("SCARF-RED"))]
    assert set(stocks) == {0}
    assert sum(call == "GET /products/p1" for call in scene.shop.calls) == 1
    scene.later()
    scene.shop.broken = [500] * 9
    found = await scene.store.variant("SCARF-RED")
    assert found is not None
    assert found.stock == 0
