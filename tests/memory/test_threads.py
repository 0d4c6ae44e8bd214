"""The log: numbered without gaps whoever writes at once, equal to the state, shown to whom it is meant for."""

import asyncio
import random
from collections.abc import Sequence
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from memory import customers, threads
from memory.engines.base import Database, Tx
from memory.projection import Audience, Event, ThreadState, rebuilt
from memory.threads import NewEvent, Thread
from tests.memory.acts import a_thread, an_identity, append, count, events_of, says, stored
from tests.support.databases import NOW

WRITERS = 200


async def say_once(tx: Tx, thread_id: int, new: NewEvent) -> Event:
    """Append unless it is there already, as every writer with a key does."""
    assert new.cid is not None
    known = await threads.by_cid(tx, thread_id, new.cid)
    return known or (await threads.append(tx, thread_id, [new], NOW))[1][0]


async def test_events_of_one_unit_are_numbered_in_order(database: Database) -> None:
    thread = await a_thread(database)
    assert [event.seq for event in await append(database, thread.id, says("a"), says("b"))] == [1, 2]
    assert [event.seq for event in await append(database, thread.id, says("c"))] == [3]
    assert [event.body["text"] for event in await events_of(database, thread.id)] == ["a", "b", "c"]


@pytest.mark.parametrize("seed", [1, 2])
async def test_numbers_have_no_gaps_when_many_write_and_some_are_cancelled(
    database: Database, twin: Database, seed: int
) -> None:
    """Cancelled means unknown: the cancelled repeat with the same key, and everything stands there once."""
    dice = random.Random(seed)
    thread = await a_thread(database)

    async def write(number: int) -> Event:
        handle = database if number % 2 else twin
        return await handle.write(lambda tx: say_once(tx, thread.id, says(str(number), cid=f"c{number}")))

    tasks = [asyncio.ensure_future(write(number)) for number in range(WRITERS)]
    for task in dice.sample(tasks, 80):
        await asyncio.sleep(dice.random() * 0.001)
        task.cancel()
    outcomes = await asyncio.gather(*tasks, return_exceptions=True)
    cancelled = [number for number, outcome in enumerate(outcomes) if isinstance(outcome, asyncio.CancelledError)]
    assert cancelled
    await asyncio.gather(*(write(number) for number in cancelled))
    log = await events_of(database, thread.id)
    assert [event.seq for event in log] == list(range(1, WRITERS + 1))
    assert {event.cid for event in log} == {f"c{number}" for number in range(WRITERS)}
    assert (await stored(database, thread.id)).state == rebuilt(log)


async def test_the_same_client_id_is_one_message_however_often_it_races(database: Database, twin: Database) -> None:
    thread = await a_thread(database)
    found = await asyncio.gather(
        *(
            handle.write(lambda tx: say_once(tx, thread.id, says("hello", cid="c1")))
            for handle in (database, twin)
            for _ in range(20)
        )
    )
    assert {event.seq for event in found} == {1}
    assert len(await events_of(database, thread.id)) == 1


async def test_a_provider_s_message_is_one_message_in_whatever_thread(database: Database, twin: Database) -> None:
    identity = await an_identity(database)
    own = [await a_thread(database, identity) for _ in range(2)]

    async def accept(tx: Tx, thread: Thread) -> tuple[int, int]:
        known = await threads.by_external_id(tx, "sms", "SM1")
        if known is not None:
            return known
        _, events = await threads.append(tx, thread.id, [says("hello", external_id="SM1")], NOW)
        return thread.id, events[0].seq

    found = await asyncio.gather(
        *(
            handle.write(lambda tx, thread=thread: accept(tx, thread))  # type: ignore[misc]  # bound per turn
            for handle in (database, twin)
            for thread in own
            for _ in range(10)
        )
    )
    assert len(set(found)) == 1
    assert await count(database, "events") == 1


async def test_an_unknown_thread_takes_no_events(database: Database) -> None:
    with pytest.raises(LookupError):
        await append(database, 1, says("hello"))


async def test_a_public_id_is_one_thread_however_often_it_races(database: Database, twin: Database) -> None:
    identity = await an_identity(database)
    found = await asyncio.gather(
        *(
            handle.write(lambda tx: threads.create(tx, "c_1", identity.customer_id, NOW))
            for handle in (database, twin)
            for _ in range(10)
        )
    )
    assert len({thread.id for thread in found}) == 1
    assert await count(database, "threads") == 1


async def test_threads_have_different_numbers(database: Database, twin: Database) -> None:
    identity = await an_identity(database)
    made = await asyncio.gather(*(a_thread(handle, identity) for handle in (database, twin) for _ in range(10)))
    assert len({thread.number for thread in made}) == 20
    assert min(thread.number for thread in made) > 1000


# State and events are equal

AUDIENCES: tuple[Audience, ...] = ("all", "desk")
TEXT = st.text(st.characters(codec="utf-8"), max_size=200)
BODIES: dict[str, st.SearchStrategy[dict[str, object]]] = {
    "message": st.fixed_dictionaries({"text": TEXT}, optional={"holding": st.booleans()}),
    "assigned": st.fixed_dictionaries(
        {"owner_kind": st.sampled_from(["assistant", "agent", "queue"]), "owner_id": st.integers(0, 9)}
    ),
    "handoff": st.fixed_dictionaries({"reason": st.sampled_from(["requested", "legal"])}),
    "status": st.fixed_dictionaries({"status": st.sampled_from(["open", "pending", "closed"])}),
    "resolved": st.just({}),
    "reopened": st.just({}),
    "classified": st.fixed_dictionaries(
        {}, optional={"intent": st.just("refund_status"), "language": st.just("de"), "frustration": st.integers(0, 3)}
    ),
    "linked": st.fixed_dictionaries({}, optional={"order_id": st.just("ord_7"), "title": TEXT}),
    "note": st.fixed_dictionaries({"text": TEXT}),
    "delivery": st.just({"state": "sent"}),
}  # fmt: skip


@st.composite
def an_event(draw: st.DrawFn) -> NewEvent:
    """Any event by anybody."""
    kind = draw(st.sampled_from(sorted(BODIES)))
    author = draw(st.sampled_from(["customer", "assistant", "agent", "system"]))
    return NewEvent(
        kind,
        draw(BODIES[kind]),
        draw(st.sampled_from(AUDIENCES)),
        author,
        channel=draw(st.sampled_from(["", "sms", "widget"])),
    )


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@example(batches=[[says("a\x00b"), NewEvent("linked", {"title": "\x00"})]])
@given(batches=st.lists(st.lists(an_event(), min_size=1, max_size=4), max_size=8))
async def test_the_stored_state_is_what_the_events_say(
    database: Database, batches: Sequence[Sequence[NewEvent]]
) -> None:
    thread = await a_thread(database)
    for batch in batches:
        changed, _ = await database.write(lambda tx, batch=batch: threads.append(tx, thread.id, batch, NOW))  # type: ignore[misc]  # bound per turn
        assert changed == await stored(database, thread.id)
    log = await events_of(database, thread.id)
    assert (await stored(database, thread.id)).state == rebuilt(log)
    assert [event.seq for event in log] == list(range(1, sum(map(len, batches)) + 1))


def test_a_thread_without_events_is_new() -> None:
    assert rebuilt([]) == ThreadState()


# Who sees what


async def test_what_is_said_at_the_desk_stays_at_the_desk(database: Database) -> None:
    identity = await an_identity(database)
    thread = await a_thread(database, identity)
    await append(
        database,
        thread.id,
        says("hello"),
        NewEvent("note", {"text": "careful"}, "desk", "agent"),
        NewEvent("message", {"text": "Hi!"}, "all", "assistant"),
        NewEvent("classified", {"intent": "greeting"}, "desk"),
    )
    seen = await database.read(lambda tx: threads.visible(tx, thread.id, identity.id, 0))
    assert [(event.seq, event.body["text"]) for event in seen] == [(1, "hello"), (3, "Hi!")]
    assert await database.read(lambda tx: threads.last_visible(tx, thread.id, identity.id)) == 3
    assert await database.read(lambda tx: threads.last_visible(tx, thread.id, identity.id, 2)) == 1
    assert await database.read(lambda tx: threads.last_visible(tx, thread.id, identity.id, 0)) == 0


@pytest.mark.parametrize(
    ("own_proof", "other_proof", "same_customer", "sees"),
    [
        ("channel", "channel", True, True),
        ("verified", "channel", True, True),
        ("channel", "claimed", True, False),
        ("claimed", "channel", True, False),
        ("channel", "channel", False, False),
    ],
)
async def test_another_channel_s_words_are_seen_only_when_both_are_proven_for_one_customer(
    database: Database, own_proof: str, other_proof: str, same_customer: bool, sees: bool
) -> None:
    async def unit(tx: Tx) -> tuple[int, int]:
        customer = await customers.create(tx, NOW)
        stranger = customer if same_customer else await customers.create(tx, NOW)
        for whose, kind, proof in ((customer, "visitor", own_proof), (stranger, "phone", other_proof)):
            if proof == "claimed":
                await customers.claim(tx, whose.id, kind, "k", NOW)
            else:
                await customers.attach(tx, whose.id, kind, "k", proof, NOW)
        own = (await customers.identities_of(tx, customer.id))[0]
        other = (await customers.identities_of(tx, stranger.id))[-1]
        return own.id, other.id

    own, other = await database.write(unit)
    thread = await a_thread(database)
    await append(database, thread.id, says("mine", identity_id=own), says("theirs", identity_id=other), says("to all"))
    seen = await database.read(lambda tx: threads.visible(tx, thread.id, own, 0))
    assert [event.body["text"] for event in seen] == (["mine", "theirs", "to all"] if sees else ["mine", "to all"])
    assert await database.read(lambda tx: threads.last_visible(tx, thread.id, own, 2)) == (2 if sees else 1)


async def test_a_reader_resumes_after_its_own_last_number(database: Database) -> None:
    identity = await an_identity(database)
    thread = await a_thread(database, identity)
    await append(database, thread.id, *(says(str(number)) for number in range(1, 8)))
    seen = await database.read(lambda tx: threads.visible(tx, thread.id, identity.id, 3, 2))
    assert [event.seq for event in seen] == [4, 5]
    assert [event.seq for event in await database.read(lambda tx: threads.events(tx, thread.id, 5))] == [6, 7]


async def test_a_read_pointer_never_goes_back(database: Database) -> None:
    thread = await a_thread(database)

    async def mark(seq: int) -> bool:
        return await database.write(lambda tx: threads.mark_read(tx, thread.id, "customer", seq))

    assert [await mark(seq) for seq in (2, 1, 2, 5)] == [True, False, False, True]
    assert await database.read(lambda tx: threads.read_up_to(tx, thread.id, "customer")) == 5
    assert await database.read(lambda tx: threads.read_up_to(tx, thread.id, "agent:1")) == 0


# Lists


async def test_the_inbox_turns_its_pages_without_losing_a_thread(database: Database) -> None:
    identity = await an_identity(database)
    made = [await a_thread(database, identity) for _ in range(7)]
    for offset, thread in enumerate(made[:6]):
        at = NOW + timedelta(seconds=offset // 2)  # two threads move in the same moment
        await database.write(lambda tx, thread=thread, at=at: threads.append(tx, thread.id, [says("hi")], at))  # type: ignore[misc]  # bound per turn
    seen: list[int] = []
    before = None
    while page := await database.read(lambda tx, before=before: threads.inbox(tx, before=before, limit=2)):  # type: ignore[misc]  # bound per turn
        seen += [thread.id for thread in page]
        before = (page[-1].state.last_at, page[-1].id)
    assert sorted(seen) == sorted(thread.id for thread in made[:6])
    assert {thread.state.status for thread in await database.read(lambda tx: threads.inbox(tx, status="new"))} == {
        "new"
    }
    assert await database.read(lambda tx: threads.inbox(tx, status="closed")) == []


async def test_threads_are_found_by_identity_and_by_customer_newest_first(database: Database) -> None:
    identity = await an_identity(database)
    first, second = await a_thread(database, identity), await a_thread(database, identity)
    other = await an_identity(database, "+14025550199")
    await database.write(lambda tx: threads.move(tx, first.id, other.customer_id))
    assert [each.id for each in await database.read(lambda tx: threads.of_identity(tx, identity.id))] == [
        second.id,
        first.id,
    ]
    assert [each.id for each in await database.read(lambda tx: threads.of_customer(tx, identity.customer_id))] == [
        second.id
    ]
    assert await database.read(lambda tx: threads.takes_part(tx, first.id, identity.id))
    assert not await database.read(lambda tx: threads.takes_part(tx, first.id, other.id))


async def test_of_what_lies_before_a_number_only_some_is_read(database: Database) -> None:
    thread = await a_thread(database)
    agreed = NewEvent("confirmed", {"action": {"name": "return"}})
    await append(database, thread.id, agreed, says("a"), says("b"), agreed, says("c"), says("d"), says("e"))
    found = await database.read(lambda tx: threads.since(tx, thread.id, 6, after_seq=1, types=("confirmed",)))
    assert [event.seq for event in found] == [4, 6, 7]
    assert found[1].body == {"text": "d"}
