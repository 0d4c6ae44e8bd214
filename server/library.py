"""Keeps the articles of the knowledge base ready to be searched, and renews them when they change.

Whether something changed is asked at most once a second; reading Markdown and encoding happen off the event loop. Who reads
decides what is searched: internal articles stand on shelves of their own, so that they leave no trace in public answers.
Several processes may each have their own.
"""

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Sequence
from datetime import datetime, timedelta
from threading import Lock
from typing import Final
from weakref import WeakKeyDictionary, ref

from memory import knowledge
from memory.engines.base import Database
from memory.errors import StorageUnavailable
from memory.knowledge import State, StoredArticle
from server.answering.understand import encoder
from server.articles import sections
from server.clock import Clock
from server.shelf import Hit, Piece, Shelf, Vectors

_log = logging.getLogger("onethread.library")
_LOOK_EVERY: Final = timedelta(seconds=1)
_REMEMBERED: Final = 8192
_ENGLISH: Final = "en"
_AT_ONCE: Final = 64


class Books:
    """The articles as of one moment."""

    def __init__(self, articles: Sequence[StoredArticle], *, by_meaning: bool = True) -> None:
        """Reads and encodes every article: takes its time, so never in a coroutine. Without `by_meaning` by words alone."""
        self.articles = {(each.slug, each.language): each for each in articles}
        pieces = [Piece(article, section) for article in articles for section in sections(article)]
        english = [text for each in pieces if each.article.language == _ENGLISH for text in each.texts]
        vectors = _vectors(english) if by_meaning else {}
        self._shelves = {
            (language, internal): Shelf(
                language,
                [each for each in pieces if each.article.language == language and internal >= each.article.is_internal],
                vectors,
            )
            for language in {each.language for each in articles}
            for internal in (False, True)
        }

    def shelf(self, language: str, *, internal: bool = False) -> Shelf | None:
        """What may be read in a language; None where there is nothing."""
        found = self._shelves.get((language, internal))
        return found if found is not None and found.pieces else None

    def article(self, slug: str, language: str) -> StoredArticle | None:
        """A public article."""
        found = self.articles.get((slug, language))
        return found if found is not None and not found.is_internal else None

    def public(self, language: str) -> list[StoredArticle]:
        """All public articles of a language, by title."""
        found = [each for each in self.articles.values() if each.language == language and not each.is_internal]
        return sorted(found, key=lambda each: each.title.casefold())

    @property
    def languages(self) -> frozenset[str]:
        """The languages in which there is something public."""
        return frozenset(
            language for (language, internal), shelf in self._shelves.items() if not internal and shelf.pieces
        )


class Library:
    """The knowledge base of one shop. See `library_of`."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = ref(database)  # the library goes when its database does
        self._clock = clock
        self._books: Books | None = None
        self._state: State | None = None
        self._looked_at: datetime | None = None
        self._turn = asyncio.Lock()
        self.encoding: asyncio.Future[Books] | None = None

    async def search(self, text: str, language: str, limit: int, *, internal: bool = False) -> tuple[Hit, ...]:
        """At most `limit` sections in this language that fit a text, best first. Raises StorageError."""
        shelf = (await self.books()).shelf(language, internal=internal)
        if shelf is None:
            return ()
        vector = (await encoder.embed([shelf.mended(text)]))[0] if language == _ENGLISH and text.strip() else None
        return shelf.search(text, vector, limit)

    async def books(self) -> Books:
        """The articles as of the last second. Raises StorageError."""
        if self._books is None or self._is_due():
            async with self._turn:
                if self._books is None or self._is_due():
                    return await self._renew()
        return self._books

    def _is_due(self) -> bool:
        return self._looked_at is None or not timedelta(0) <= self._clock.now() - self._looked_at < _LOOK_EVERY

    async def _renew(self) -> Books:
        now, database = self._clock.now(), self._database()
        if database is None:
            raise StorageUnavailable("the database is closed")
        seen = await database.read(knowledge.state)
        if self._books is None or seen != self._state:
            articles = await database.read(knowledge.everything)
            self._books = await self._read(articles)
            # What was written in this very millisecond may be written over in it: then it is read once more.
            self._state = seen if seen.newest < int(now.timestamp() * 1000) else None
        self._looked_at = now
        return self._books

    async def _read(self, articles: Sequence[StoredArticle]) -> Books:
        """The articles; many new ones are found by words at once, and by meaning as soon as they are encoded."""
        before = self._books.articles if self._books else {}
        new = sum(each.language == _ENGLISH and before.get((each.slug, each.language)) != each for each in articles)
        if new <= _AT_ONCE:
            return await asyncio.to_thread(Books, articles)
        books = await asyncio.to_thread(Books, articles, by_meaning=False)
        self.encoding = asyncio.get_running_loop().run_in_executor(None, Books, articles)
        self.encoding.add_done_callback(self._take)
        return books

    def _take(self, encoded: "asyncio.Future[Books]") -> None:
        """Use what was encoded, unless the articles have changed meanwhile."""
        if encoded.cancelled():
            return
        if (error := encoded.exception()) is not None:
            _log.warning("articles could not be encoded", exc_info=error)
        elif self._books is not None and self._books.articles == encoded.result().articles:
            self._books = encoded.result()


def library_of(database: Database, clock: Clock) -> Library:
    """The one library over a database in this process."""
    found = _LIBRARIES.get(database)
    if found is None:
        found = _LIBRARIES[database] = Library(database, clock)
    return found


_LIBRARIES: Final[WeakKeyDictionary[Database, Library]] = WeakKeyDictionary()
_KNOWN: Final[OrderedDict[str, Vectors]] = OrderedDict()
_LOCK: Final = Lock()


def _vectors(texts: Sequence[str]) -> dict[str, Vectors]:
    """The vectors of texts; those of a text that was seen before need no work."""
    with _LOCK:
        found = {text: _KNOWN[text] for text in texts if text in _KNOWN}
    new = [text for text in dict.fromkeys(texts) if text not in found]
    for start in range(0, len(new), _AT_ONCE):
        some = new[start : start + _AT_ONCE]
        found.update(zip(some, encoder.encode(some), strict=True))
    with _LOCK:
        _KNOWN.update(found)
        while len(_KNOWN) > _REMEMBERED:
            _KNOWN.popitem(last=False)
    return found
