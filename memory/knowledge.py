"""The knowledge base's table: articles as they were written, one for each slug and language.

What stands in an article is no concern of this room.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from memory.engines.base import Row, Tx
from memory.times import to_ms

_COLUMNS = "slug, language, title, category, tags, is_internal, updated_on, body"
_PUT = f"""INSERT INTO articles ({_COLUMNS}, changed_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (slug, language) DO UPDATE SET title = excluded.title, category = excluded.category,
    tags = excluded.tags, is_internal = excluded.is_internal, updated_on = excluded.updated_on, body = excluded.body,
    changed_at = excluded.changed_at"""


@dataclass(frozen=True, slots=True)
class StoredArticle:
    """An article. `body` is its Markdown without the front matter, `tags` other words that people have for it."""

    slug: str
    language: str
    title: str
    category: str
    is_internal: bool
    updated_on: date
    body: str
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class State:
    """What the knowledge base looks like from outside: as long as it is equal, nothing changed."""

    count: int
    newest: int
    total: int


async def put(tx: Tx, article: StoredArticle, now: datetime) -> bool:
    """Store an article; whether it is new or differs from the one that was stored."""
    if await get(tx, article.slug, article.language) == article:
        return False
    values = (
        article.slug, article.language, article.title, article.category, "\n".join(article.tags), int(article.is_internal),
        article.updated_on.isoformat(), article.body, to_ms(now),
    )  # fmt: skip
    await tx.run(_PUT, values)
    return True


async def get(tx: Tx, slug: str, language: str) -> StoredArticle | None:
    """The article with this slug in this language."""
    row = await tx.one(f"SELECT {_COLUMNS} FROM articles WHERE slug = ? AND language = ?", (slug, language))
    return _article(row) if row else None


async def remove(tx: Tx, keys: Sequence[tuple[str, str]]) -> None:
    """Take articles out, given as (slug, language)."""
    await tx.many("DELETE FROM articles WHERE slug = ? AND language = ?", list(keys))


async def everything(tx: Tx) -> list[StoredArticle]:
    """All articles, by slug and language."""
    return [_article(row) for row in await tx.all(f"SELECT {_COLUMNS} FROM articles ORDER BY slug, language")]


async def state(tx: Tx) -> State:
    """Whether something changed, for the price of one scan."""
    row = await tx.one(
        "SELECT COUNT(*) AS count, COALESCE(MAX(changed_at), 0) AS newest,"
        " CAST(COALESCE(SUM(changed_at), 0) AS BIGINT) AS total FROM articles",
        (),
    )
    return State(int(row["count"]), int(row["newest"]), int(row["total"])) if row else State(0, 0, 0)


def _article(row: Row) -> StoredArticle:
    return StoredArticle(
        row["slug"],
        row["language"],
        row["title"],
        row["category"],
        bool(row["is_internal"]),
        date.fromisoformat(row["updated_on"]),
        row["body"],
        tuple(row["tags"].split("\n")) if row["tags"] else (),
    )
