"""Live cards: a change of an order reaches every thread that shows it, once, and nothing else does."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from pathlib import Path

import pytest

from channels.message import Address
from memory import desk
from memory.engines.base import Database
from memory.ids import new_public_id
from memory.threads import NewEvent, Thread
from server.bus import Bell
from server.clock import HandClock
from server.errors import StoreUnavailable
from server.live import LiveOrders
from server.services import Services
from server.turns import Turns
from tests.server import core
from tests.server.commerce.orders import Raw, ago, an_event, an_order, shipped
from tests.support.databases import ENGINES, NOW, opened, url_of

ON_ITS_WAY = shipped(an_event(ago(hours=30), "in_transit"))
OUT = shipped(an_event(ago(hours=30), "in_transit"), an_event(ago(hours=1), "out_for_delivery"))
WHERE = "where is my order 1042? ana@example.com"


class House:
    """Rooms with an order on its way, and somebody who follows it."""

    def __init__(self, services: Services, store: core.MoodyStore, clock: HandClock) -> None:
        self.services, self.store, self.clock = services, store, clock
        self.live = LiveOrders(services)

    async def shown(self, name: str = "one") -> Thread:
        """A thread in which the assistant has shown the order's card."""
        visitor = Address("visitor", name * 20, "channel")
        thread = (await core.write(self.services, WHERE, visitor, channel="widget", conv=new_public_id("c"))).thread
        await Turns(self.services, pads=False).drain()
        return thread

    async def cards(self, thread: Thread) -> list[str]:
        """The headlines of the cards that arrived after the first."""
        return [event.body["card"]["headline"] for event in await core.log(self.services, thread, "order_update")]

    async def until(self, is_so: Callable[[], Awaitable[bool]], topic: str) -> None:
        """Follow orders until something is so, which is looked at whenever `topic` is published."""
        bell = Bell()
        with self.services.bus.listening(topic, bell.ring):
            async with asyncio.TaskGroup() as group:
                running = group.create_task(LiveOrders(self.services, poll_s=0.05).run())
                while not await is_so():
                    assert await bell.wait(8)
                running.cancel()


@pytest.fixture(params=ENGINES)
async def database(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Database]:
    async with opened(url_of(request, tmp_path)) as database:
        yield database


@pytest.fixture
async def house(database: Database) -> AsyncIterator[House]:
    clock = HandClock(NOW)
    async with core.rooms(database, ON_ITS_WAY, clock=clock, store_kind=core.MoodyStore) as services:
        assert isinstance(services.store, core.MoodyStore)
        yield House(services, services.store, clock)


async def put(house: House, order: Raw = OUT) -> None:
    """The order changes a minute later."""
    house.clock.advance(timedelta(minutes=1))
    await house.store.put_order(order)


async def test_a_scan_changes_the_card_of_every_thread_that_shows_the_order(house: House) -> None:
    made = [await house.shown("one"), await house.shown("two")]
    await put(house)
    assert await house.live.refresh("ord_7") == 2
    first, second = [await house.cards(thread) for thread in made]
    assert first == second
    assert len(first) == 1
    update = (await core.log(house.services, made[0], "order_update"))[0]
    assert (update.audience, update.body["order_id"]) == ("all", "ord_7")
    assert update.identity_id == (await core.log(house.services, made[0]))[0].identity_id


async def test_the_same_card_makes_no_event(house: House) -> None:
    thread = await house.shown()
    assert await house.live.refresh("ord_7") == 0
    await put(house, ON_ITS_WAY)
    assert await house.live.refresh("ord_7") == 0
    await put(house)
    assert [await house.live.refresh("ord_7"), await house.live.refresh("ord_7")] == [1, 0]
    assert len(await house.cards(thread)) == 1


async def test_two_processes_write_a_changed_card_once(house: House) -> None:
    thread = await house.shown()
    await put(house)
    twin = LiveOrders(house.services)
    changed = await asyncio.gather(*(each.refresh("ord_7") for each in (house.live, twin) for _ in range(3)))
    assert sum(changed) == 1
    assert len(await house.cards(thread)) == 1


async def test_a_thread_that_does_not_show_the_order_hears_nothing(house: House) -> None:
    await house.shown()
    other = (await core.write(house.services, "hello", core.BOB)).thread
    await put(house)
    await house.live.refresh("ord_7")
    assert await house.cards(other) == []


async def test_a_closed_thread_stays_as_it_was(house: House) -> None:
    thread = await house.shown()
    await core.happen(house.services, thread, NewEvent("status", {"status": "closed"}, "all"))
    await put(house)
    assert await house.live.refresh("ord_7") == 0


async def test_a_card_is_in_the_threads_language(house: House) -> None:
    thread = await house.shown()
    await core.happen(house.services, thread, NewEvent("classified", {"language": "de"}))
    await put(house)
    await house.live.refresh("ord_7")
    assert await house.cards(thread) == ["In Zustellung"]


async def test_what_this_process_changed_is_followed_at_once(house: House) -> None:
    thread = await house.shown()
    house.store.on_change = lambda order_id: house.services.bus.publish("orders", order_id)

    async def is_shown() -> bool:
        if not await house.cards(thread) and house.store.on_change:
            await put(house)
        return bool(await house.cards(thread))

    await house.until(is_shown, f"thread:{thread.id}")


async def test_what_changed_while_nobody_followed_is_caught_up(house: House) -> None:
    """The server was down while another program imported; it starts an hour later."""
    thread = await house.shown()
    await put(house)
    house.clock.advance(timedelta(hours=1))

    async def is_shown() -> bool:
        return bool(await house.cards(thread))

    await house.until(is_shown, f"thread:{thread.id}")


async def test_an_import_of_many_orders_by_another_program_is_followed_to_its_end(house: House) -> None:
    thread = await house.shown()
    house.clock.advance(timedelta(minutes=1))
    for number in range(1100):
        await house.store.put_order(an_order(id=f"o{number}", number=f"#{number + 5000}"))
    await put(house)

    async def is_shown() -> bool:
        return bool(await house.cards(thread))

    await house.until(is_shown, f"thread:{thread.id}")


async def test_an_order_system_that_is_away_for_a_moment_is_asked_again(house: House) -> None:
    thread = await house.shown()
    await put(house)
    calls = iter([core.raising(StoreUnavailable("away"))])

    async def once() -> None:
        if fails := next(calls, None):
            await fails()

    house.store.before = once

    async def is_shown() -> bool:
        return bool(await house.cards(thread))

    await house.until(is_shown, f"thread:{thread.id}")


async def test_an_order_that_breaks_keeps_no_other_from_being_followed(house: House) -> None:
    thread = await house.shown()
    await house.store.put_order(an_order(id="ord_0", number="#1"))
    await house.services.database.write(lambda tx: desk.show_order(tx, thread.id, "ord_0", 0, ""))
    await put(house)
    calls = iter([core.raising(KeyError("a mistake"))])

    async def once() -> None:
        if fails := next(calls, None):
            await fails()

    house.store.before = once

    async def is_shown() -> bool:
        return bool(await house.cards(thread))

    await house.until(is_shown, f"thread:{thread.id}")
