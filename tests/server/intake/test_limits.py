"""Buckets and the outgoing queue: pure, except for the queue's waiting."""

import asyncio

from server.intake.limits import Bucket, Buckets
from server.intake.outgoing import BYTES_AT_MOST, FRAMES_AT_MOST, Outgoing


def test_a_bucket_gives_its_burst_and_then_its_rate() -> None:
    bucket = Bucket(2.0, 5)
    assert [bucket.take(1.0) for _ in range(6)] == [True] * 5 + [False]
    assert bucket.wait_s() == 0.5
    assert [bucket.take(1.5), bucket.take(1.5)] == [True, False]
    assert [bucket.take(100.0) for _ in range(6)] == [True] * 5 + [False]


def test_a_rate_of_zero_is_no_limit() -> None:
    bucket = Bucket(0.0, 1)
    assert all(bucket.take(1.0) for _ in range(1000))


def test_keys_have_their_own_buckets() -> None:
    buckets = Buckets(1.0, 1)
    assert buckets.of("a").take(1.0)
    assert buckets.of("b").take(1.0)
    assert not buckets.of("a").take(1.0)


async def test_frames_come_out_in_order_and_then_the_end() -> None:
    out = Outgoing(lambda: None)
    out.put("a")
    out.put("b")
    out.finish()
    out.put("too late")
    assert [await out.take(), await out.take(), await out.take()] == ["a", "b", None]


async def test_one_frame_too_many_ends_the_queue_once() -> None:
    ends: list[int] = []
    out = Outgoing(lambda: ends.append(1))
    for _ in range(FRAMES_AT_MOST + 10):
        out.put("x")
    assert ends == [1]


async def test_one_byte_too_many_ends_the_queue() -> None:
    ends: list[int] = []
    out = Outgoing(lambda: ends.append(1))
    out.put("x" * BYTES_AT_MOST)
    assert ends == []
    out.put("x")
    assert ends == [1]


async def test_a_replay_waits_for_room() -> None:
    out = Outgoing(lambda: None)
    done: list[int] = []

    async def replay() -> None:
        for number in range(3 * FRAMES_AT_MOST):
            await out.room()
            out.put(str(number))
        done.append(1)

    async with asyncio.TaskGroup() as group:
        group.create_task(replay())
        taken = [await out.take() for _ in range(3 * FRAMES_AT_MOST)]
    assert taken == [str(number) for number in range(3 * FRAMES_AT_MOST)]
    assert done == [1]
