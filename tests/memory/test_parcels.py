"""Parcels and notices: kept beside the orders that name them, found by tracking number, asked about in turn."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from memory import parcels
from memory.engines.base import Database
from tests.support.databases import ENGINES, NOW, opened, url_of


@pytest.fixture(params=ENGINES)
async def database(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Database]:
    """An empty store on each engine."""
    async with opened(url_of(request, tmp_path)) as database:
        yield database


async def put(database: Database, number: str, **document: object) -> None:
    """A parcel as a provider told it."""
    await database.write(lambda tx: parcels.put(tx, number, document, read_at=NOW, is_open=True))


async def name(database: Database, order_id: str, **numbers: str) -> None:
    """An order names tracking numbers."""
    await database.write(lambda tx: parcels.name(tx, order_id, numbers))


async def told(database: Database, *order_ids: str) -> dict[str, parcels.Told]:
    """What is told about orders."""
    return await database.read(lambda tx: parcels.told(tx, order_ids))


async def test_a_parcel_is_told_of_every_order_that_names_it(database: Database) -> None:
    await put(database, "A1", code="x")
    await name(database, "o1", A1="ups")
    await name(database, "o2", A1="", B2="")
    found = await told(database, "o1", "o2", "o3")
    assert {key: list(each.parcels) for key, each in found.items()} == {"o1": ["A1"], "o2": ["A1"]}
    assert await database.read(lambda tx: parcels.orders_naming(tx, ["A1", "C3"])) == {"A1": ["o1", "o2"]}
    assert await database.read(lambda tx: parcels.carrier_of(tx, "A1")) == "ups"


async def test_an_order_names_what_it_names_now(database: Database) -> None:
    await name(database, "o1", A1="ups")
    await database.write(lambda tx: parcels.name_by_notice(tx, "o1", {"N9": "gls"}))
    await name(database, "o1", B2="ups")
    assert await database.read(lambda tx: parcels.orders_naming(tx, ["A1", "B2", "N9"])) == {"B2": ["o1"], "N9": ["o1"]}


async def test_every_change_of_what_is_told_shows_in_the_version(database: Database) -> None:
    await name(database, "o1", A1="ups")
    versions = []
    for change in (
        lambda: put(database, "A1", a=1),
        lambda: put(database, "A1", a=2),
        lambda: database.write(lambda tx: parcels.add_notice(tx, "o1", "n1", NOW, {})),
        lambda: database.write(lambda tx: parcels.seen(tx, "A1", NOW + timedelta(hours=1))),
    ):
        await change()
        versions.append((await told(database, "o1"))["o1"].version)
    assert versions == sorted(set(versions))


async def test_a_notice_is_kept_once_and_told_in_order(database: Database) -> None:
    async def note(key: str, minutes: int) -> bool:
        at = NOW + timedelta(minutes=minutes)
        return await database.write(lambda tx: parcels.add_notice(tx, "o1", key, at, {"key": key}))

    assert [await note("late", 9), await note("early", 1), await note("late", 9)] == [True, True, False]
    assert [each["key"] for each in (await told(database, "o1"))["o1"].notices] == ["early", "late"]


async def test_parcels_that_nobody_asks_about_are_found_and_asked_about_in_turn(database: Database) -> None:
    await name(database, "o1", A1="ups", B2="")
    assert sorted(await database.read(lambda tx: parcels.unfollowed(tx, 10))) == [("A1", "ups"), ("B2", "")]
    await database.write(lambda tx: parcels.follow(tx, ["A1", "B2"], NOW))
    assert await database.read(lambda tx: parcels.unfollowed(tx, 10)) == []

    async def due(minutes: int) -> list[str]:
        at = NOW + timedelta(minutes=minutes)
        return sorted(
            each.number for each in await database.write(lambda tx: parcels.claim_due(tx, at, timedelta(minutes=2), 10))
        )

    assert [await due(0), await due(0)] == [["A1", "B2"], []]
    await database.write(lambda tx: parcels.ask_again(tx, "A1", NOW + timedelta(hours=6), 0))
    assert await due(3) == ["B2"]
    await database.write(lambda tx: parcels.ask_again(tx, "B2", None, 0))
    assert await due(360) == ["A1"]
    assert await database.read(lambda tx: parcels.unfollowed(tx, 10)) == []


async def test_a_parcel_that_is_over_is_not_asked_about(database: Database) -> None:
    await database.write(lambda tx: parcels.put(tx, "A1", {}, read_at=NOW, is_open=False))
    await name(database, "o1", A1="ups")
    assert await database.read(lambda tx: parcels.unfollowed(tx, 10)) == []
    await database.write(lambda tx: parcels.follow(tx, ["A1"], NOW))
    assert await database.write(lambda tx: parcels.claim_due(tx, NOW, timedelta(minutes=2), 10)) == []


async def test_a_mark_in_time_moves(database: Database) -> None:
    assert await database.read(lambda tx: parcels.watermark(tx, "orders")) is None
    await database.write(lambda tx: parcels.set_watermark(tx, "orders", NOW))
    await database.write(lambda tx: parcels.set_watermark(tx, "orders", NOW + timedelta(minutes=5)))
    assert await database.read(lambda tx: parcels.watermark(tx, "orders")) == NOW + timedelta(minutes=5)
