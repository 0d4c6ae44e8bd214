"""Bringing Markdown files into the knowledge base, file by file: what is good lands, what is bad is named with its reason.

An import may be repeated: an article is known by slug and language, and what did not change is left alone. `prune` takes out
what has no file any more.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from pathlib import Path
from typing import Final

from memory import knowledge
from memory.engines.base import Database, Tx
from memory.knowledge import StoredArticle
from server.articles import MAX_BYTES, parse

_ENDINGS: Final = (".md", ".markdown")
_UNDATED: Final = date.min
_BATCH: Final = 100


@dataclass(slots=True)
class ArticlesReport:
    """What an import did. `landed` counts articles that are stored now, of which `changed` are new or differ from before.

    `failed` are (file, reason); `kept` says that pruning was left out because of them."""

    landed: int = 0
    changed: int = 0
    removed: list[str] = field(default_factory=list)
    failed: list[tuple[str, str]] = field(default_factory=list)
    kept: bool = False


async def import_articles(database: Database, path: Path, now: datetime, *, prune: bool = False) -> ArticlesReport:
    """Bring in a file, or all Markdown files below a folder. Raises OSError where the path cannot be read, StorageError."""
    report = ArticlesReport()
    articles = await asyncio.to_thread(_read, path, report)
    for start in range(0, len(articles), _BATCH):
        some = articles[start : start + _BATCH]
        report.changed += await database.write(lambda tx, some=some: _put(tx, some, now))  # type: ignore[misc]  # bound per turn of the loop
        report.landed += len(some)
    if prune:
        report.kept = bool(report.failed)
        present = {(each.slug, each.language) for each in articles}
        gone = [] if report.failed else await database.write(lambda tx: _prune(tx, present))
        report.removed = [f"{slug} ({language})" for slug, language in gone]
    return report


def _read(path: Path, report: ArticlesReport) -> list[StoredArticle]:
    """The articles that can be used; the others are in the report."""
    if not path.exists():
        raise FileNotFoundError(f"{path} is not there")
    files = _files(path) if path.is_dir() else [path]
    found: dict[tuple[str, str], StoredArticle] = {}
    for file in files:
        name = file.relative_to(path).as_posix() if path.is_dir() else file.name
        try:
            article = _article(file)
            key = article.slug, article.language
            if key in found:
                raise ValueError(f'another file has the slug "{key[0]}" in "{key[1]}" already')
            found[key] = article
        except (ValueError, OSError) as error:
            report.failed.append((name, str(error)))
    if not files:
        report.failed.append((path.name, "there is no Markdown file (.md) in this folder"))
    return list(found.values())


def _files(folder: Path) -> list[Path]:
    """All Markdown files below a folder but hidden ones, in a fixed order."""
    found = (each for each in folder.rglob("*") if each.suffix.lower() in _ENDINGS and each.is_file())
    return sorted(each for each in found if not any(part.startswith(".") for part in each.relative_to(folder).parts))


def _article(file: Path) -> StoredArticle:
    if file.suffix.lower() not in _ENDINGS:
        raise ValueError("this is no Markdown file; its name must end in .md")
    with file.open("rb") as stream:
        raw = stream.read(MAX_BYTES + 1)
    if len(raw) > MAX_BYTES:
        raise ValueError(f"the file is larger than {MAX_BYTES // 1024} KB")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(f"the file is not UTF-8 (byte {error.start})") from None
    return parse(text.replace("\r\n", "\n"), file.name, _UNDATED)


async def _put(tx: Tx, articles: Sequence[StoredArticle], now: datetime) -> int:
    changed = 0
    for each in articles:
        changed += await knowledge.put(tx, await _dated(tx, each, now), now)
    return changed


async def _dated(tx: Tx, article: StoredArticle, now: datetime) -> StoredArticle:
    """An article without a day of its own has that on which it was last brought in changed."""
    if article.updated_on != _UNDATED:
        return article
    before = await knowledge.get(tx, article.slug, article.language)
    if before is not None and replace(article, updated_on=before.updated_on) == before:
        return before
    return replace(article, updated_on=now.date())


async def _prune(tx: Tx, present: set[tuple[str, str]]) -> list[tuple[str, str]]:
    gone = [key for each in await knowledge.everything(tx) if (key := (each.slug, each.language)) not in present]
    await knowledge.remove(tx, gone)
    return gone
