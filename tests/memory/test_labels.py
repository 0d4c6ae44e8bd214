"""Labels around a thread: of its customer's other threads, and of those in which the order was shown; nobody else's."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from memory import customers, desk, labels, threads
from memory.engines.base import Database, Tx
from memory.threads import NewEvent
from tests.support.databases import ENGINES, NOW, opened, url_of


@pytest.fixture(params=ENGINES)
async def database(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Database]:
    async with opened(url_of(request, tmp_path)) as database:
        yield database


async def thread_of(tx: Tx, name: str, customer_id: int, *intents: str, days_ago: int = 0) -> int:
    at = NOW - timedelta(days=days_ago)
    thread = await threads.create(tx, name, customer_id, at)
    said = NewEvent("message", {"text": "x"}, "all", "customer")
    new = [NewEvent("classified", {"intent": intent, "frustration": 0, "risk": []}) for intent in intents]
    await threads.append(tx, thread.id, [said, *new], at)
    return thread.id


async def test_labels_are_of_the_same_person_and_recent(database: Database) -> None:
    async def unit(tx: Tx) -> tuple[int, list[labels.Label]]:
        ana, bob = (await customers.create(tx, NOW)).id, (await customers.create(tx, NOW)).id
        here = await thread_of(tx, "a1", ana, "return")
        await thread_of(tx, "a2", ana, "complaint")
        await thread_of(tx, "a3", ana, "complaint", days_ago=31)
        await thread_of(tx, "b1", bob, "delivery_problem")
        shown = await thread_of(tx, "b2", bob, "refund_request")
        await desk.show_order(tx, shown, "ord_7", 0, "", "")
        await threads.append(tx, here, [NewEvent("corrected", {"field": "intent", "intent": "complaint"})], NOW)
        return here, await labels.around(tx, here, "ord_7", NOW - timedelta(days=30))

    here, found = await database.write(unit)

    assert sorted(str(each.body["intent"]) for each in found) == ["complaint", "complaint", "refund_request", "return"]
    assert [each.body["intent"] for each in found if each.is_correction] == ["complaint"]
    assert [each.is_correction for each in found if each.thread_id == here] == [False, True]


async def test_labels_elsewhere_leave_out_the_thread_itself(database: Database) -> None:
    async def unit(tx: Tx) -> list[labels.Label]:
        ana, bob = (await customers.create(tx, NOW)).id, (await customers.create(tx, NOW)).id
        here = await thread_of(tx, "a1", ana, "complaint", "complaint")
        await thread_of(tx, "a2", ana, "return")
        await thread_of(tx, "a3", ana, "cancel", days_ago=31)
        await thread_of(tx, "b1", bob, "delivery_problem")
        return await labels.elsewhere(tx, here, NOW - timedelta(days=30))

    assert [each.body["intent"] for each in await database.write(unit)] == ["return"]


async def test_promises_are_about_one_order_in_any_thread_of_the_customer(database: Database) -> None:
    async def unit(tx: Tx) -> list[labels.Promise]:
        ana, bob = (await customers.create(tx, NOW)).id, (await customers.create(tx, NOW)).id
        here, before = await thread_of(tx, "a1", ana), await thread_of(tx, "a2", ana)
        other = await thread_of(tx, "b1", bob)
        for thread_id, order_id in ((before, "ord_7"), (before, "ord_8"), (other, "ord_7")):
            promised = NewEvent("promised", {"order_id": order_id, "until": "2026-12-24"}, "desk", "agent", 1)
            await threads.append(tx, thread_id, [promised], NOW)
        return await labels.promises(tx, here, "ord_7")

    (found,) = await database.write(unit)

    assert found.until == "2026-12-24"
