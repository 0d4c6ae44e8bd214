"""Subscriptions on both engines: whose they are, what a change makes of them, and that a key works once."""

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from memory.engines.base import Database
from server.clock import HandClock
from server.commerce import subscriptions
from server.commerce.documents import decode_subscription
from server.commerce.embedded import EmbeddedStore
from server.errors import StoreRefused
from tests.support.databases import ENGINES, opened, url_of

NOW = datetime(2027, 3, 16, 16, tzinfo=UTC)
COFFEE = {
    "id": "sub1", "customer": "k_1", "status": "active", "interval": "P1M", "price": 1200, "next_at": "2027-03-31",
    "change_until": "2027-03-28T12:00:00Z", "lines": [{"sku": "COFFEE", "quantity": 1, "title": "Coffee"}], "note": "kept",
}  # fmt: skip


@pytest.fixture(params=ENGINES)
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[EmbeddedStore]:
    async with opened(url_of(request, tmp_path)) as database:
        yield await _filled(database)


async def _filled(database: Database) -> EmbeddedStore:
    store = EmbeddedStore(database, HandClock(NOW), "UTC")
    other = {**COFFEE, "id": "sub2", "customer": "k_12"}
    await store.put_extras("subscription", [("sub1", COFFEE), ("sub2", other)])
    return store


async def test_a_customer_sees_their_own_alone(store: EmbeddedStore) -> None:
    assert [each.id for each in await store.subscriptions_of("k_1")] == ["sub1"]
    assert await store.subscriptions_of("k%1") == ()
    assert await store.subscriptions_of("") == ()


async def test_a_skip_moves_delivery_and_cut_off_once_for_a_key(store: EmbeddedStore) -> None:
    first = await store.change_subscription("key", "k_1", "sub1", "skip", "", NOW)
    again = await store.change_subscription("key", "k_1", "sub1", "skip", "", NOW)
    (held,) = await store.subscriptions_of("k_1")

    assert first == again
    assert held.next_at == date(2027, 4, 30)
    assert held.change_until == datetime(2027, 4, 27, 12, tzinfo=UTC)


async def test_nobody_changes_the_subscription_of_another(store: EmbeddedStore) -> None:
    with pytest.raises(StoreRefused):
        await store.change_subscription("key", "k_12", "sub1", "cancel", "", NOW)
    with pytest.raises(StoreRefused):
        await store.change_subscription("key2", "k_1", "nothing", "cancel", "", NOW)

    assert not (await store.subscriptions_of("k_1"))[0].is_ended


async def test_a_key_belongs_to_one_subscription(store: EmbeddedStore) -> None:
    await store.change_subscription("key", "k_1", "sub1", "pause", "", NOW)

    with pytest.raises(StoreRefused):
        await store.change_subscription("key", "k_12", "sub2", "pause", "", NOW)


@pytest.mark.parametrize(
    ("change", "value", "at"),
    [
        ("skip", "", NOW + timedelta(days=13)),
        ("date", "2027-05-01", NOW + timedelta(days=13)),
        ("date", "2027-03-01", NOW),
        ("date", "someday", NOW),
        ("interval", "often", NOW),
        ("resume", "", NOW),
        ("double", "", NOW),
    ],
)
def test_what_cannot_be_done_is_refused(change: str, value: str, at: datetime) -> None:
    document = decode_subscription(COFFEE)[0]

    with pytest.raises(StoreRefused):
        subscriptions.changed(document, change, value, at)


def test_after_the_cut_off_a_cancelled_one_still_delivers_once() -> None:
    document = decode_subscription(COFFEE)[0]

    assert subscriptions.changed(document, "cancel", "", NOW).next_at is None
    assert subscriptions.changed(document, "cancel", "", NOW + timedelta(days=13)).next_at == "2027-03-31"


def test_a_resumed_one_goes_on_in_its_rhythm() -> None:
    paused = subscriptions.changed(decode_subscription(COFFEE)[0], "pause", "", NOW)
    resumed = subscriptions.changed(paused, "resume", "", NOW + timedelta(days=40))

    assert (resumed.status, resumed.next_at) == ("active", "2027-04-30")
    assert resumed.unknown_fields == {"note": "kept"}


@pytest.mark.parametrize(
    ("interval", "step"),
    [("P2W", (2, "W")), ("monthly", (1, "M")), ("quarterly", (3, "M")), ("P0M", None), ("often", None)],
)
def test_intervals(interval: str, step: tuple[int, str] | None) -> None:
    assert subscriptions.every(interval) == step
