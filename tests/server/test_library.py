"""Search over articles: what surely answers comes first, what nothing answers is not answered, and who may read is decided first."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import date, timedelta
from importlib.resources import files
from pathlib import Path

import pytest

from memory import knowledge
from memory.engines.base import Database
from memory.knowledge import StoredArticle
from server.articles import parse
from server.clock import HandClock
from server.library import Library, library_of
from server.shelf import Hit, snippet
from server.shelving import import_articles
from tests.support.databases import NOW, opened

SHIPPED = Path(str(files("server.demo"))) / "data" / "knowledge"


@pytest.fixture
async def library(tmp_path: Path) -> AsyncIterator[Library]:
    """The demo shop's articles."""
    async with opened(f"sqlite:///{tmp_path / 'kb.db'}") as database:
        report = await import_articles(database, SHIPPED, NOW)
        assert not report.failed
        found = library_of(database, HandClock(NOW))
        await found.books()
        yield found


async def best(library: Library, text: str, language: str = "en") -> Hit | None:
    """The first hit, if it surely answers."""
    hits = await library.search(text, language, 3)
    return hits[0] if hits and hits[0].is_sure else None


@pytest.mark.parametrize(
    ("text", "language", "where"),
    [
        ("could I pay with klarna?", "en", "payment"),
        ("pasword forgoten", "en", "password#reset-your-password"),
        ("how much is the postage", "en", "shipping#what-shipping-costs"),
        ("my lamp keeps flickering in the evening", "en", "table-lamp#the-lamp-flickers-or-hums"),
        ("there is no whistling sound from my kettle", "en", "enamel-kettle#the-kettle-does-not-whistle"),
        ("will I have to pay import duty in France", "en", "international#who-pays-customs-and-import-taxes"),
        ("no me acuerdo de mi contraseña", "es", "password"),
        ("la bombilla parpadea", "es", "table-lamp#la-lampara-parpadea"),
        ("Passwort zurücksetzen", "de", "password#passwort-zurucksetzen"),
        ("Versandkosten", "de", "shipping"),
        ("frais de livraison", "fr", "shipping"),
        ("o candeeiro está a piscar", "pt", "table-lamp#o-candeeiro-pisca"),
    ],
)
async def test_a_question_finds_the_section_that_answers_it(
    library: Library, text: str, language: str, where: str
) -> None:
    hit = await best(library, text, language)
    assert hit is not None
    assert f"{hit.article.slug}#{hit.section.anchor}".startswith(where)


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("do you have a shop in Chicago", "en"),
        ("my headphones will not pair", "en"),
        ("where is my order", "en"),
        ("I was charged twice for this", "en"),
        ("who is the president of France", "en"),
        ("", "en"),
        ("???", "en"),
        ("¿tenéis tienda en Sevilla?", "es"),
        ("wo ist meine Bestellung", "de"),
        ("où est ma commande", "fr"),
        ("onde está a minha encomenda", "pt"),
    ],
)
async def test_what_no_article_answers_is_not_answered(library: Library, text: str, language: str) -> None:
    assert await best(library, text, language) is None


async def test_internal_articles_leave_no_trace_for_the_public(library: Library) -> None:
    asked = "what store credit may an agent give as goodwill"
    assert await best(library, asked) is None
    assert all(not hit.article.is_internal for hit in await library.search(asked, "en", 50))
    within = await library.search(asked, "en", 3, internal=True)
    assert within[0].article.slug == "goodwill"
    books = await library.books()
    assert books.article("goodwill", "en") is None
    assert "goodwill" not in {each.slug for each in books.public("en")}


async def test_internal_articles_do_not_move_public_scores(tmp_path: Path) -> None:
    async with opened(f"sqlite:///{tmp_path / 'kb.db'}") as database:
        await import_articles(database, SHIPPED / "shipping.md", NOW)
        clock = HandClock(NOW)
        before = await Library(database, clock).search("express shipping costs", "en", 5)
        many = [_article(f"secret-{at}", "Express shipping costs", is_internal=True) for at in range(20)]
        for each in many:
            await database.write(lambda tx, each=each: knowledge.put(tx, each, NOW))  # type: ignore[misc]  # bound per turn of the loop
        after = await Library(database, clock).search("express shipping costs", "en", 5)
        assert [(hit.section.anchor, hit.score) for hit in after] == [(hit.section.anchor, hit.score) for hit in before]


async def test_a_changed_article_is_found_within_a_second(tmp_path: Path) -> None:
    async with opened(f"sqlite:///{tmp_path / 'kb.db'}") as database:
        clock = HandClock(NOW)
        library = Library(database, clock)
        assert await library.search("zebra", "de", 3) == ()
        await _put(database, _article("zebra", "Zebra", language="de"), clock)
        assert await library.search("zebra", "de", 3) == ()
        clock.advance(timedelta(seconds=1))
        assert [hit.article.slug for hit in await library.search("zebra", "de", 3)] == ["zebra"]
        await _put(database, _article("zebra", "Giraffe", language="de"), clock)
        clock.advance(timedelta(seconds=1))
        assert [hit.article.title for hit in await library.search("giraffe", "de", 3)] == ["Giraffe"]
        await database.write(lambda tx: knowledge.remove(tx, [("zebra", "de")]))
        clock.advance(timedelta(seconds=1))
        assert await library.search("giraffe", "de", 3) == ()


async def test_many_new_articles_are_found_by_words_before_they_are_found_by_meaning(tmp_path: Path) -> None:
    async with opened(f"sqlite:///{tmp_path / 'kb.db'}") as database:
        clock = HandClock(NOW)
        for at in range(65):
            await _put(database, _article(f"thing-{at}", f"Gadget number {at}"), clock)
        library = Library(database, clock)
        first = await library.search("gadget 7", "en", 1)
        assert [(hit.article.slug, hit.meaning) for hit in first] == [("thing-7", 0.0)]
        assert library.encoding is not None
        await library.encoding
        assert (await library.search("gadget 7", "en", 1))[0].meaning > 0.3


async def test_one_language_is_never_answered_in_another(library: Library) -> None:
    for language in ("es", "fr", "de", "pt"):
        assert {hit.article.language for hit in await library.search("lamp dimmer Newark", language, 9)} <= {language}


async def test_there_is_one_library_for_a_database(tmp_path: Path) -> None:
    async with opened(f"sqlite:///{tmp_path / 'kb.db'}") as database:
        clock = HandClock(NOW)
        assert library_of(database, clock) is library_of(database, clock)


async def test_a_snippet_shows_where_the_question_stands(library: Library) -> None:
    hit = await best(library, "do you deliver on saturdays")
    assert hit is not None
    assert "Saturday" in snippet(hit)


def _article(slug: str, title: str, *, language: str = "en", is_internal: bool = False) -> StoredArticle:
    read = parse(f"# {title}\n\nWords about it.", f"{slug}.md", date(2026, 11, 21))
    return replace(read, language=language, is_internal=is_internal)


async def _put(database: Database, article: StoredArticle, clock: HandClock) -> None:
    await database.write(lambda tx: knowledge.put(tx, article, clock.now()))
