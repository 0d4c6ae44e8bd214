"""Evidence and guesses: what was proven lasts its time and stays with whoever proved it."""

import asyncio
from datetime import timedelta

from memory import desk, dialogues, proofs
from memory.engines.base import Database
from tests.memory.acts import a_thread, an_identity
from tests.support.databases import NOW

HOUR = timedelta(hours=1)


async def test_evidence_lasts_its_time_for_its_own_speaker_only(database: Database) -> None:
    identity, other = await an_identity(database), await an_identity(database, "+14025550199")
    thread = await a_thread(database, identity)
    words = frozenset({"order_number", "email"})
    await database.write(lambda tx: proofs.add(tx, thread.id, identity.id, "ord_7", words, NOW, HOUR))

    async def held(identity_id: int, after: timedelta) -> dict[str, frozenset[str]]:
        return await database.read(lambda tx: proofs.held(tx, thread.id, identity_id, NOW + after))

    assert await held(identity.id, HOUR - timedelta(seconds=1)) == {"ord_7": words}
    assert await held(identity.id, HOUR) == {}
    assert await held(other.id, timedelta(0)) == {}


async def test_guesses_are_counted_in_each_bucket_since_a_time(database: Database) -> None:
    await database.write(lambda tx: proofs.guess(tx, ["session:1", "order:7"], "x", NOW - HOUR))
    await database.write(lambda tx: proofs.guess(tx, ["session:1"], "y", NOW))
    counts = [
        await database.read(lambda tx, bucket=bucket, since=since: proofs.guesses(tx, bucket, NOW - since))  # type: ignore[misc]  # bound per turn
        for bucket, since in (("session:1", 2 * HOUR), ("session:1", HOUR), ("order:7", 2 * HOUR), ("none", 2 * HOUR))
    ]
    assert counts == [2, 1, 1, 0]


async def test_a_one_time_token_is_spent_once(database: Database, twin: Database) -> None:
    spent = await asyncio.gather(
        *(
            handle.write(lambda tx: proofs.use_token(tx, "jti", NOW + HOUR, NOW))
            for handle in (database, twin)
            for _ in range(10)
        )
    )
    assert sorted(spent) == [False] * 19 + [True]


async def test_what_the_assistant_holds_of_a_thread_is_replaced_whole(database: Database) -> None:
    thread = await a_thread(database)
    assert await database.read(lambda tx: dialogues.load(tx, thread.id)) == {}
    for state in ({"order": "ord_7", "tries": 1}, {"order": "ord_8"}):
        await database.write(lambda tx, state=state: dialogues.save(tx, thread.id, 1, state))  # type: ignore[misc]  # bound per turn
    assert await database.read(lambda tx: dialogues.load(tx, thread.id)) == {"order": "ord_8"}


async def test_a_card_is_known_by_its_order(database: Database) -> None:
    thread = await a_thread(database)
    await database.write(lambda tx: desk.show_order(tx, thread.id, "ord_7", 1, "a"))
    await database.write(lambda tx: desk.show_order(tx, thread.id, "ord_7", 1, "b"))
    assert await database.read(lambda tx: desk.threads_showing(tx, "ord_7")) == [(thread.id, 1, "b", "")]
    assert await database.read(lambda tx: desk.orders_shown(tx, thread.id)) == ["ord_7"]


async def test_a_brief_knows_its_last_event(database: Database) -> None:
    thread = await a_thread(database)
    assert await database.read(lambda tx: desk.brief(tx, thread.id)) is None
    for seq in (3, 5):
        await database.write(lambda tx, seq=seq: desk.save_brief(tx, thread.id, seq, {"seq": seq}, NOW))  # type: ignore[misc]  # bound per turn
    assert await database.read(lambda tx: desk.brief(tx, thread.id)) == (5, {"seq": 5})
