"""Writes to platforms that know no key: at most once, whatever happens to the answer."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from memory.engines.base import Database
from server.commerce.connectors.ledger import StoredLedger
from server.commerce.connectors.once import Once
from server.errors import StoreBusy, StoreRefused, StoreUnavailable
from tests.support.databases import ENGINES, NOW, opened, url_of


class Shop:
    """Somebody else's system: it does what it is told, and its answers may be lost."""

    def __init__(self) -> None:
        self.done: list[str] = []
        self.loses_answer = False
        self.loses_call = False
        self.refuses = False
        self.is_busy = False
        self.shows_after = 0

    async def send(self) -> str:
        """Do it."""
        if self.refuses:
            raise StoreRefused("no such line")
        if self.is_busy:
            raise StoreBusy("wait a second")
        if not self.loses_call:
            self.done.append("refund")
        if self.loses_answer or self.loses_call:
            raise StoreUnavailable("timed out")
        return "refund 1"

    async def effect(self) -> str | None:
        """What can be seen of it."""
        if self.done and self.shows_after > 0:
            self.shows_after -= 1
            return None
        return "refund 1" if self.done else None


@pytest.fixture(params=ENGINES)
async def database(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Database]:
    """An empty store on each engine."""
    async with opened(url_of(request, tmp_path)) as database:
        yield database


async def run(once: Once, shop: Shop, key: str = "k1") -> str:
    """Ask for the refund."""

    def to_raw(result: str) -> dict[str, Any]:
        return {"result": result}

    return await once.run(
        key, "refund", "order 1", NOW,
        send=shop.send, effect=shop.effect, to_raw=to_raw, from_raw=lambda raw: str(raw["result"]),
    )  # fmt: skip


def once_over(database: Database) -> Once:
    return Once(StoredLedger(database), looks_s=(0.0, 0.0, 0.0))


async def test_the_same_key_is_sent_once(database: Database) -> None:
    shop = Shop()
    assert [await run(once_over(database), shop), await run(once_over(database), shop)] == ["refund 1"] * 2
    assert shop.done == ["refund"]


async def test_a_lost_answer_is_found_by_its_effect(database: Database) -> None:
    shop = Shop()
    shop.loses_answer, shop.shows_after = True, 2
    assert await run(once_over(database), shop) == "refund 1"
    assert shop.done == ["refund"]


async def test_what_was_sent_and_never_showed_is_not_sent_again(database: Database) -> None:
    shop = Shop()
    shop.loses_call = True
    for _ in range(2):
        with pytest.raises(StoreUnavailable, match="a person must look"):
            await run(once_over(database), shop)
    shop.loses_call = False
    with pytest.raises(StoreUnavailable):
        await run(once_over(database), shop)
    assert shop.done == []


async def test_what_shows_later_is_found_later(database: Database) -> None:
    shop = Shop()
    shop.loses_answer, shop.shows_after = True, 5
    with pytest.raises(StoreUnavailable):
        await run(once_over(database), shop)
    assert await run(once_over(database), shop) == "refund 1"
    assert shop.done == ["refund"]


async def test_a_refused_write_may_be_asked_for_again(database: Database) -> None:
    shop = Shop()
    shop.refuses = True
    with pytest.raises(StoreRefused):
        await run(once_over(database), shop)
    shop.refuses = False
    assert await run(once_over(database), shop) == "refund 1"


async def test_a_write_that_a_busy_shop_did_not_do_may_be_asked_for_again(database: Database) -> None:
    shop = Shop()
    shop.is_busy = True
    with pytest.raises(StoreBusy):
        await run(once_over(database), shop)
    shop.is_busy = False
    assert await run(once_over(database), shop) == "refund 1"
    assert shop.done == ["refund"]


async def test_two_at_once_send_once(database: Database) -> None:
    shop = Shop()
    first, second = once_over(database), once_over(database)
    results = await asyncio.gather(run(first, shop), run(second, shop), run(first, shop), return_exceptions=True)
    assert shop.done == ["refund"]
    assert "refund 1" in results
