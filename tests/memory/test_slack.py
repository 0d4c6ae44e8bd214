"""What is kept of Slack: one root for a thread, one holder of a root, what somebody had seen when, calls that were done."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from memory import customers, slack, threads
from memory.engines.base import Database, Tx
from memory.threads import NewEvent
from tests.support.databases import ENGINES, NOW, opened, url_of

LEASE = timedelta(seconds=60)


@pytest.fixture(params=ENGINES)
async def database(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Database]:
    """An empty store on each engine."""
    async with opened(url_of(request, tmp_path)) as database:
        yield database


async def handed(database: Database, conv: str = "c_1") -> int:
    """A thread that was handed to people."""
    said = NewEvent("message", {"text": "hello"}, "all", "customer")

    async def unit(tx: Tx) -> int:
        person = await customers.resolve(tx, "sms", "+14025550100", "channel", NOW)
        thread = await threads.create(tx, conv, person.customer_id, NOW)
        await threads.append(tx, thread.id, [said, NewEvent("handoff", {"reason": "requested"}, "all")], NOW)
        return thread.id

    return await database.write(unit)


async def waiting(database: Database) -> list[tuple[int, int]]:
    return await database.read(lambda tx: slack.handed(tx, NOW - timedelta(days=1), 10))


async def rooted(database: Database) -> slack.Root:
    """A thread with its root, held by this worker."""
    thread_id = await handed(database)
    await database.write(lambda tx: slack.open_root(tx, thread_id, 2, 0, NOW))
    (root,) = await database.write(lambda tx: slack.claim(tx, NOW, LEASE, 10))
    return root


async def test_a_handed_thread_wants_a_root_once(database: Database) -> None:
    thread_id = await handed(database)
    assert await waiting(database) == [(thread_id, 2)]
    for _ in range(2):
        await database.write(lambda tx: slack.open_root(tx, thread_id, 2, 0, NOW))
    assert await waiting(database) == []
    assert len(await database.write(lambda tx: slack.claim(tx, NOW, LEASE, 10))) == 1


async def test_a_root_has_one_holder_until_its_lease_ends(database: Database) -> None:
    root = await rooted(database)
    assert await database.write(lambda tx: slack.claim(tx, NOW, LEASE, 10)) == []
    (again,) = await database.write(lambda tx: slack.claim(tx, NOW + LEASE * 2, LEASE, 10))
    assert (again.id, again.attempts) == (root.id, 2)


async def test_a_root_that_shows_everything_is_not_due(database: Database) -> None:
    root = await rooted(database)

    async def unit(tx: Tx) -> None:
        await slack.rooted(tx, root.id, "T1", "C1", "1700000000.000100", 1)
        await slack.posted(tx, root.id, "1700000000.000200", 2)
        await slack.release(tx, root.id)

    await database.write(unit)
    assert await database.write(lambda tx: slack.claim(tx, NOW, LEASE, 10)) == []
    await database.write(lambda tx: threads.append(tx, root.thread_id, [NewEvent("note", {"text": "x"})], NOW))
    assert [each.seq for each in await database.write(lambda tx: slack.claim(tx, NOW, LEASE, 10))] == [2]


async def test_what_somebody_had_seen_follows_from_slacks_own_clock(database: Database) -> None:
    root = await rooted(database)

    async def unit(tx: Tx) -> None:
        await slack.rooted(tx, root.id, "T1", "C1", "1700000000.000100", 4)
        await slack.posted(tx, root.id, "1700000007.000000", 9)

    await database.write(unit)
    for ts, seen in (("1700000000.000050", 0), ("1700000003.000000", 4), ("1700000008.000000", 9)):
        assert await database.read(lambda tx, ts=ts: slack.seen_by(tx, root.id, ts)) == seen  # type: ignore[misc]


async def test_a_root_is_found_by_its_place_in_its_own_workspace_only(database: Database) -> None:
    root = await rooted(database)
    await database.write(lambda tx: slack.rooted(tx, root.id, "T1", "C1", "1700000000.000100", 1))
    found = await database.read(lambda tx: slack.root_at(tx, "T1", "C1", "1700000000.000100"))
    assert found is not None
    assert found.id == root.id
    assert await database.read(lambda tx: slack.root_at(tx, "T2", "C1", "1700000000.000100")) is None


async def test_a_root_that_was_left_stands_again_unless_another_does(database: Database) -> None:
    root = await rooted(database)
    await database.write(lambda tx: slack.leave(tx, root.id))
    await database.write(lambda tx: slack.revive(tx, root.id, 1))
    live = await database.read(lambda tx: slack.live_root(tx, root.thread_id))
    assert live is not None
    await database.write(lambda tx: slack.leave(tx, root.id))
    await database.write(lambda tx: slack.open_root(tx, root.thread_id, 5, 1, NOW + LEASE))
    await database.write(lambda tx: slack.revive(tx, root.id, 1))
    live = await database.read(lambda tx: slack.live_root(tx, root.thread_id))
    assert live is not None
    assert live.id != root.id


async def test_a_call_is_done_once_and_forgotten_when_it_is_old(database: Database) -> None:
    for _ in range(2):
        await database.write(lambda tx: slack.done(tx, "Ev1", NOW))
    assert await database.read(lambda tx: slack.is_done(tx, "Ev1"))
    await database.write(lambda tx: slack.forget_before(tx, NOW + LEASE))
    assert not await database.read(lambda tx: slack.is_done(tx, "Ev1"))


async def test_a_member_is_known_by_workspace(database: Database) -> None:
    await database.write(lambda tx: slack.save_user(tx, "T1", "U1", "kim@desk.example", NOW))
    assert await database.read(lambda tx: slack.user(tx, "T1", "U1")) == ("kim@desk.example", NOW)
    assert await database.read(lambda tx: slack.user(tx, "T2", "U1")) is None
    assert await database.read(lambda tx: slack.user_of(tx, "T1", "kim@desk.example")) == "U1"
    await database.write(lambda tx: slack.forget_user(tx, "T1", "U1"))
    assert await database.read(lambda tx: slack.user_of(tx, "T1", "kim@desk.example")) == ""


async def test_words_wait_for_their_authors_yes(database: Database) -> None:
    root = await rooted(database)
    drafts = [
        await database.write(lambda tx, text=text: slack.keep_draft(tx, root.id, 7, "m:1", text, 3, NOW))  # type: ignore[misc]
        for text in ("first", "again")
    ]
    assert [each.text for each in drafts] == ["first", "first"]
    assert not await database.read(lambda tx: slack.has_confirmed(tx, root.id, 7))
    await database.write(lambda tx: slack.change_draft(tx, drafts[0].id, state="sent", seen=5))
    assert await database.read(lambda tx: slack.has_confirmed(tx, root.id, 7))
    assert not await database.read(lambda tx: slack.has_confirmed(tx, root.id, 8))
