"""The catalogue over the database, on both engines: what is put in is found, and what changes is noticed within a second."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from memory.engines.base import Database
from server.clock import HandClock
from server.commerce.catalogue.catalogue import Catalogue
from server.commerce.embedded import EmbeddedStore
from server.errors import StoreUnavailable
from tests.server.commerce.catalogue import shelf
from tests.server.commerce.orders import NOW, Raw
from tests.support.databases import ENGINES, opened, url_of

SCARF: Raw = {
    "id": "scarf",
    "title": "Red scarf",
    "description": "Of wool.",
    "variants": [{"sku": "S-1", "price": 2500, "stock": 4}],
}


@pytest.fixture(params=ENGINES)
async def database(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Database]:
    async with opened(url_of(request, tmp_path)) as found:
        yield found


@pytest.fixture
def clock() -> HandClock:
    return HandClock(NOW)


@pytest.fixture
async def store(database: Database, clock: HandClock) -> EmbeddedStore:
    store = EmbeddedStore(database, clock, "UTC")
    await store.put_product(SCARF)
    clock.advance(timedelta(seconds=2))
    return store


async def test_finds_what_was_put_in(database: Database, clock: HandClock, store: EmbeddedStore) -> None:
    catalogue = Catalogue(database, clock, "embedded")

    found = await catalogue.search("bufanda roja", "es", 3)

    assert [(each.product.id, each.product.as_of) for each in found] == [("scarf", clock.now())]


async def test_a_change_is_seen_after_a_second(database: Database, clock: HandClock, store: EmbeddedStore) -> None:
    catalogue = Catalogue(database, clock, "embedded")
    await catalogue.search("scarf", "en", 1)
    await store.put_product({**SCARF, "variants": [{"sku": "S-1", "price": 2500, "stock": 0}]})
    soon = await catalogue.product("scarf")
    clock.advance(timedelta(seconds=1))
    later = await catalogue.product("scarf")

    assert (soon and soon.variants[0].stock, later and later.variants[0].stock) == (4, 0)


async def test_a_new_title_is_found_by_it(database: Database, clock: HandClock, store: EmbeddedStore) -> None:
    catalogue = Catalogue(database, clock, "embedded")
    await catalogue.search("scarf", "en", 1)
    await store.put_product({**SCARF, "title": "Blue mittens"})
    clock.advance(timedelta(seconds=1))

    assert [each.product.title for each in await catalogue.search("gloves", "en", 1)] == ["Blue mittens"]


async def test_two_changes_at_the_same_moment_are_both_seen(
    database: Database, clock: HandClock, store: EmbeddedStore
) -> None:
    catalogue = Catalogue(database, clock, "embedded")
    await store.put_product({**SCARF, "title": "First"})
    await catalogue.product("scarf")
    await store.put_product({**SCARF, "title": "Second"})
    clock.advance(timedelta(seconds=1))
    product = await catalogue.product("scarf")

    assert product is not None
    assert product.title == "Second"


async def test_a_platforms_goods_are_as_old_as_its_last_word(
    database: Database, clock: HandClock, store: EmbeddedStore
) -> None:
    product = await Catalogue(database, clock, "shopify").product("scarf")

    assert product is not None
    assert (product.as_of, product.source) == (NOW, "shopify")


async def test_a_whole_shop_is_read(database: Database, clock: HandClock, store: EmbeddedStore) -> None:
    for document in shelf.documents():
        await store.put_product(document)
    clock.advance(timedelta(seconds=2))

    index = await Catalogue(database, clock, "embedded").index()

    assert len(index.products) == len(shelf.documents()) + 1


async def test_a_database_that_is_away_is_said_to_be(tmp_path: Path, clock: HandClock) -> None:
    async with opened(f"sqlite:///{tmp_path / 'gone.db'}") as database:
        catalogue = Catalogue(database, clock, "embedded")
        await catalogue.index()
    clock.advance(timedelta(seconds=1))

    with pytest.raises(StoreUnavailable):
        await catalogue.search("scarf", "en", 1)
