"""Answers about orders while the order system is slow to answer, silent, or at odds with the payment provider."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from typing_extensions import override

from memory.engines.base import Database
from memory.threads import Thread
from server.clock import HandClock
from server.commerce.model import OrderSnapshot
from server.errors import StoreUnavailable
from server.services import Services
from server.turns import Turns
from tests.server import core
from tests.server.commerce.orders import Raw, ago, an_event, shipped
from tests.support.databases import NOW, opened

WHERE = "where is my order 1042? ana@example.com"
MOVING = shipped(an_event(ago(hours=1), "in_transit"))


class Platform(core.MoodyStore):
    """An order system whose last good read lies `age` back."""

    age = timedelta(0)

    @override
    async def order(self, order_id: str) -> OrderSnapshot | None:
        return self._aged(await super().order(order_id))

    @override
    async def order_by_number(self, number: str) -> OrderSnapshot | None:
        return self._aged(await super().order_by_number(number))

    def _aged(self, order: OrderSnapshot | None) -> OrderSnapshot | None:
        return order and replace(order, as_of=order.as_of - self.age)


class Shop:
    """A conversation with the assistant over a platform."""

    def __init__(self, services: Services, store: Platform, clock: HandClock) -> None:
        self.services, self.store, self.clock = services, store, clock
        self._turns = Turns(services, pads=False)

    async def ask(self, text: str) -> str:
        """What the assistant says to this."""
        self.thread: Thread = (await core.write(self.services, text)).thread
        self.clock.advance(timedelta(seconds=5))
        await self._turns.drain()
        return (await core.said(self.services, self.thread))[-1]

    async def owner(self) -> str:
        """Who has the thread now."""
        return (await core.now(self.services, self.thread)).state.owner_kind

    async def reason(self) -> str:
        """Why a person was called."""
        return str((await core.log(self.services, self.thread, "handoff"))[-1].body["reason"])

    def silent(self, last_read: timedelta | None = None) -> None:
        """The platform answers no more; it was last read so long ago, if ever."""
        at = None if last_read is None else self.clock.now() - last_read
        self.store.before = core.raising(StoreUnavailable("silent", at))


@asynccontextmanager
async def opening(database: Database, order: Raw) -> AsyncIterator[Shop]:
    """A shop with one order."""
    clock = HandClock(NOW)
    async with core.rooms(database, order, clock=clock, store_kind=Platform) as services:
        assert isinstance(services.store, Platform)
        yield Shop(services, services.store, clock)


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    async with opened(f"sqlite:///{tmp_path / 'memory.db'}") as database:
        yield database


@pytest.fixture
async def shop(database: Database) -> AsyncIterator[Shop]:
    async with opening(database, MOVING) as shop:
        yield shop


async def test_a_fresh_answer_says_nothing_of_its_age(shop: Shop) -> None:
    said = await shop.ask(WHERE)

    assert "on its way" in said and "does not answer" not in said


async def test_an_old_read_is_told_with_its_age_and_a_person_on_offer(shop: Shop) -> None:
    shop.store.age = timedelta(minutes=40)

    said = await shop.ask(WHERE)

    assert said.startswith("The shop's system does not answer at the moment; this is as of today, Friday, November 20")
    assert re.search(r"11:20.AM, 40 minutes ago\.", said)
    assert "on its way" in said and "bring in a person" in said
    assert await shop.owner() == "assistant"


async def test_how_old_is_too_old_is_the_shop_s_to_say(database: Database) -> None:
    async with opening(database, MOVING) as shop:
        shop.services.limits.configure(replace(shop.services.limits.wismo, fresh_for=timedelta(hours=1)))
        shop.store.age = timedelta(minutes=40)

        assert "does not answer" not in await shop.ask(WHERE)


async def test_a_refund_is_told_with_its_age_too(shop: Shop) -> None:
    shop.store.age = timedelta(hours=3)

    said = await shop.ask("what about my refund? order 1042, ana@example.com")

    assert "3 hours ago" in said and "bring in a person" in said


async def test_nothing_was_ever_read_then_a_person_helps(shop: Shop) -> None:
    shop.silent()

    first = await shop.ask(WHERE)
    owner = await shop.owner()
    await shop.ask("and now? where is my order 1042")

    assert "can't read the order system" in first and owner == "assistant"
    assert (await shop.owner(), await shop.reason()) == ("queue", "unreadable")


async def test_who_asks_again_after_an_outage_need_not_say_which_order(shop: Shop) -> None:
    shop.silent()
    await shop.ask(WHERE)
    shop.store.before = None

    assert "on its way" in await shop.ask("where is my order now?")


@pytest.mark.parametrize("link", [None, "https://www.ups.com/track?tracknum=1ZA1B2C30300000012"])
async def test_where_there_is_no_card_it_is_said_how_to_follow_the_parcel(database: Database, link: str | None) -> None:
    order = shipped(an_event(ago(hours=3), "in_transit"), tracking_url=link)
    async with opening(database, order) as shop:
        said = await shop.ask(WHERE)

    assert "1ZA1B2C30300000012" in said
    assert ("here: https://www.ups.com/track" in said) is (link is not None)


async def test_nobody_is_told_to_follow_what_has_arrived_unless_they_ask(database: Database) -> None:
    async with opening(database, shipped(an_event(ago(hours=3), "delivered"))) as shop:
        assert "1ZA1B2C30300000012" not in await shop.ask(WHERE)
        assert "1ZA1B2C30300000012" in await shop.ask("what was the tracking number?")


async def test_failures_are_counted_in_a_row_only(shop: Shop) -> None:
    shop.silent()
    await shop.ask(WHERE)
    shop.store.before = None
    await shop.ask(WHERE)
    shop.silent(timedelta(hours=2))

    said = await shop.ask("any news about it?")

    assert "#1042" in said or "1042" in said
    assert re.search(r"last read it today, Friday, November 20 at 4:00", said)
    assert await shop.owner() == "assistant"


async def test_whether_an_order_was_ever_read_is_not_told_to_strangers(shop: Shop) -> None:
    shop.silent(timedelta(hours=2))

    said = await shop.ask("where is my order 1042? eve@example.com")

    assert "1042" not in said and "last read" not in said


async def test_the_first_question_is_answered_once_the_system_is_back(shop: Shop) -> None:
    shop.silent()
    await shop.ask(WHERE)
    shop.store.before = None

    assert "on its way" in await shop.ask("where is my order 1042?")


def troubled(problem: Raw, **changes: object) -> Raw:
    payment = {"status": "paid", "methods": [], "problems": [{"at": ago(hours=3), **problem}]}
    return shipped(an_event(ago(hours=1), "in_transit"), order={"payment": payment, **changes})


async def test_a_double_charge_goes_to_a_person_with_the_answer(database: Database) -> None:
    async with opening(database, troubled({"kind": "charged_twice", "amount": 5500})) as shop:
        said = await shop.ask(WHERE)

        assert "on its way" in said and "$55.00 was charged twice" in said
        assert await shop.reason() == "policy_exception"


BOUNCED_REFUND = {
    "id": "r1",
    "at": ago(days=3),
    "amount": 2500,
    "status": "succeeded",
    "method": "original",
    "lines": [],
}


async def test_a_bounced_refund_is_told_as_one_that_did_not_go_through(database: Database) -> None:
    bounced = troubled({"kind": "refund_bounced", "refund": "r1"}, refunds=[BOUNCED_REFUND])
    async with opening(database, bounced) as shop:
        said = await shop.ask("what about my refund? order 1042, ana@example.com")

        assert "The refund of $25.00 did not go through" in said and "refunded" not in said
        assert await shop.reason() == "failed"


async def test_a_bounced_refund_that_nobody_lists_is_told_too(database: Database) -> None:
    async with opening(database, troubled({"kind": "refund_bounced", "amount": 2500})) as shop:
        said = await shop.ask("what about my refund? order 1042, ana@example.com")

        assert "The bank rejected a refund of $25.00" in said
        assert await shop.reason() == "failed"


async def test_a_new_date_is_told_with_the_one_that_was_told_before_and_only_once(database: Database) -> None:
    expected = shipped(an_event(ago(hours=1), "in_transit"), eta={"min": "2026-11-21", "max": "2026-11-21"})
    async with opening(database, expected) as shop:
        assert "21" in await shop.ask(WHERE)
        later = shipped(an_event(ago(hours=1), "in_transit"), eta={"min": "2026-11-23", "max": "2026-11-23"})
        await shop.store.put_order({**later, "updated_at": NOW.isoformat()})
        moved = await shop.ask("where is my order now?")
        assert "23" in moved
        assert "21" in moved
        again = await shop.ask("where is my order now?")
        assert "23" in again
        assert "November 21" not in again
