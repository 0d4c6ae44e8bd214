"""Who may ask Shopify when its cost bucket is low."""

import asyncio
from typing import Any

import pytest

from server.commerce.connectors.shopify.governor import Governor
from server.commerce.outside import Priority


class Seconds:
    """Time that passes when told."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def status(available: float, rate: float = 100.0, maximum: float = 1000.0) -> dict[str, Any]:
    """What Shopify says about its bucket."""
    return {"maximumAvailable": maximum, "currentlyAvailable": available, "restoreRate": rate}


async def settle() -> None:
    """Let everybody who can go on go on."""
    for _ in range(5):
        await asyncio.sleep(0)


async def test_there_is_no_wait_while_the_bucket_is_full() -> None:
    governor = Governor(clock=Seconds())
    async with asyncio.timeout(0.1):
        await governor.admit(765, "chat")
        await governor.admit(765, "chat")
    assert governor.available == 470


async def test_the_bucket_fills_with_time_up_to_its_size() -> None:
    seconds = Seconds()
    governor = Governor(clock=seconds)
    await governor.admit(1000, "chat")
    seconds.now = 3.0
    assert governor.available == 1300
    seconds.now = 60.0
    assert governor.available == 2000


async def test_shopifys_own_count_is_the_truth() -> None:
    governor = Governor(clock=Seconds())
    await governor.admit(765, "chat")
    governor.answered(765, status(12))
    assert governor.available == 12


async def test_calls_under_way_are_taken_off_shopifys_count() -> None:
    governor = Governor(clock=Seconds())
    await governor.admit(100, "chat")
    await governor.admit(300, "chat")
    governor.answered(100, status(900))
    assert governor.available == 600


@pytest.mark.parametrize("junk", [None, {}, {"currentlyAvailable": None}, {"currentlyAvailable": "many"}])
async def test_a_count_that_is_missing_or_malformed_changes_nothing(junk: dict[str, Any] | None) -> None:
    governor = Governor(clock=Seconds())
    await governor.admit(100, "chat")
    governor.answered(100, junk)
    assert governor.available == 1900


async def test_shoppers_go_first_and_the_first_filling_last() -> None:
    seconds = Seconds()
    governor = Governor(clock=seconds)
    governor.answered(0, status(0, rate=10_000.0))
    order: list[str] = []

    async def ask(priority: Priority) -> None:
        await governor.admit(400, priority)
        order.append(priority)

    async with asyncio.timeout(5), asyncio.TaskGroup() as tasks:
        for priority in ("backfill", "delta", "webhook", "chat"):
            tasks.create_task(ask(priority))
            await settle()
        for _ in range(4):
            seconds.now += 0.1
            await asyncio.sleep(0.05)
    assert order == ["chat", "webhook", "delta", "backfill"]


async def test_the_first_filling_leaves_half_of_the_bucket() -> None:
    governor = Governor(clock=Seconds())
    governor.answered(0, status(800))
    await governor.admit(300, "backfill")
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await governor.admit(300, "backfill")
    async with asyncio.timeout(0.05):
        await governor.admit(300, "delta")


async def test_who_gives_up_lets_the_others_pass() -> None:
    governor = Governor(clock=Seconds())
    governor.answered(0, status(100))
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await governor.admit(500, "chat")
    async with asyncio.timeout(0.05):
        await governor.admit(100, "delta")


async def test_more_than_the_whole_bucket_waits_for_a_full_one_only() -> None:
    governor = Governor(clock=Seconds())
    governor.answered(0, status(500, maximum=500))
    async with asyncio.timeout(0.05):
        await governor.admit(430, "backfill")


async def test_the_wait_after_a_refusal_is_what_is_missing() -> None:
    governor = Governor(clock=Seconds())
    governor.answered(0, status(12))
    assert 7.53 <= governor.throttled_s(765) <= 7.64
    governor.answered(0, status(900))
    assert 0.3 <= governor.throttled_s(765) <= 0.41
