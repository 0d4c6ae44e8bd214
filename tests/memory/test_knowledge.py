"""Articles on disk: one for each slug and language, written only when they differ, and a state that tells."""

from dataclasses import replace
from datetime import date, timedelta

from memory import knowledge
from memory.engines.base import Database
from memory.knowledge import StoredArticle
from tests.support.databases import NOW

LAMP = StoredArticle("lamp", "en", "Lamp", "technical", False, date(2026, 11, 10), "Turn it on.", ("light", "bulb"))


async def test_an_article_is_read_as_it_was_written(database: Database) -> None:
    assert await database.write(lambda tx: knowledge.put(tx, LAMP, NOW))
    assert await database.read(lambda tx: knowledge.get(tx, "lamp", "en")) == LAMP
    assert await database.read(lambda tx: knowledge.get(tx, "lamp", "de")) is None


async def test_the_same_again_changes_nothing_and_another_text_does(database: Database) -> None:
    await database.write(lambda tx: knowledge.put(tx, LAMP, NOW))
    before = await database.read(knowledge.state)
    later = NOW + timedelta(hours=1)
    assert not await database.write(lambda tx: knowledge.put(tx, LAMP, later))
    assert await database.read(knowledge.state) == before
    assert await database.write(lambda tx: knowledge.put(tx, replace(LAMP, is_internal=True), later))
    assert await database.read(knowledge.state) != before
    assert [each.is_internal for each in await database.read(knowledge.everything)] == [True]


async def test_an_article_of_one_language_is_taken_out_alone(database: Database) -> None:
    for language in ("en", "de"):
        await database.write(lambda tx, language=language: knowledge.put(tx, replace(LAMP, language=language), NOW))  # type: ignore[misc]  # bound per turn of the loop
    before = await database.read(knowledge.state)
    await database.write(lambda tx: knowledge.remove(tx, [("lamp", "en")]))
    assert [each.language for each in await database.read(knowledge.everything)] == ["de"]
    assert await database.read(knowledge.state) != before
