"""Corrections on disk: one a message and field, and only what was accepted is an example."""

from datetime import timedelta

from memory import corrections
from memory.corrections import Example, Field
from memory.engines.base import Database
from tests.support.databases import NOW


async def put(
    database: Database, becomes: str, *, seq: int = 3, field: Field = "intent", text: str = "my box is wet"
) -> None:
    now = NOW + timedelta(minutes=seq)
    await database.write(lambda tx: corrections.put(tx, 7, seq, text, "en", field, "other", becomes, 1, now))


async def labels(database: Database) -> list[Example]:
    return await database.read(corrections.examples)


async def accept(database: Database) -> None:
    for each in await database.read(corrections.to_review):
        assert await database.write(lambda tx, each=each: corrections.review(tx, each.id, "accepted", 2, NOW))  # type: ignore[misc]  # bound per turn of the loop


async def test_only_what_was_accepted_is_an_example(database: Database) -> None:
    await put(database, "warranty")
    assert await labels(database) == []
    await accept(database)
    assert await labels(database) == [Example("my box is wet", "en", "intent", "warranty", 7, frozenset())]
    assert await database.read(corrections.to_review) == []


async def test_correcting_again_replaces_and_is_looked_at_anew(database: Database) -> None:
    await put(database, "warranty")
    await accept(database)
    await put(database, "damaged_or_wrong_item")
    assert await labels(database) == []
    (open_one,) = await database.read(corrections.to_review)
    assert (open_one.was, open_one.becomes, open_one.reviewer_id) == ("other", "damaged_or_wrong_item", 0)


async def test_the_same_words_in_two_threads_are_one_example_with_the_latest_label(database: Database) -> None:
    await put(database, "warranty", seq=3)
    await put(database, "damaged_or_wrong_item", seq=9)
    await put(database, "negative", seq=9, field="sentiment")
    await accept(database)
    found = {(each.field, each.label) for each in await labels(database)}
    assert found == {("intent", "damaged_or_wrong_item"), ("sentiment", "negative")}


async def test_a_verdict_is_given_once(database: Database) -> None:
    await put(database, "warranty")
    (each,) = await database.read(corrections.to_review)
    verdicts = [
        await database.write(lambda tx: corrections.review(tx, each.id, "discarded", 2, NOW)),
        await database.write(lambda tx: corrections.review(tx, each.id, "accepted", 2, NOW)),
    ]
    assert verdicts == [True, False]
    assert await labels(database) == []
