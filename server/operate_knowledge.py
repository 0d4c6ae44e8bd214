"""`onethread knowledge import PATH`: brings articles in and prints what happened."""

import asyncio
import sys
from pathlib import Path

from server.clock import SystemClock
from server.errors import OperatorError
from server.lines import dumped
from server.operate import open_database, say, settings_of
from server.shelving import ArticlesReport, import_articles


def import_knowledge(config: str | None, path: Path, *, prune: bool, is_json: bool) -> int:
    """Import a file or a folder; bad files go to stderr with their reason. Exit status 1 when nothing landed of bad files."""
    if not path.exists():
        raise OperatorError(f"{path} is not there")
    if prune and not path.is_dir():
        raise OperatorError("--prune needs a folder: it takes out every article that has no file there")
    report = asyncio.run(_imported(config, path, prune=prune))
    if is_json:
        failed = [{"file": file, "reason": reason} for file, reason in report.failed]
        say(dumped({"landed": report.landed, "changed": report.changed, "removed": report.removed, "failed": failed}))
    else:
        _print(report)
    return 1 if report.failed and not report.landed else 0


async def _imported(config: str | None, path: Path, *, prune: bool) -> ArticlesReport:
    settings = settings_of(config)
    database = await open_database(settings)
    try:
        return await import_articles(database, path, SystemClock(settings.offset).now(), prune=prune)
    finally:
        await database.close()


def _print(report: ArticlesReport) -> None:
    for file, reason in report.failed:
        sys.stderr.write(f"{file}: {reason}\n")
    if report.kept:
        sys.stderr.write("nothing was taken out, because some files could not be read\n")
    for name in report.removed:
        say(f"took out {name}")
    say(
        f"{report.landed:,} articles landed, {report.changed:,} of them new or changed; {len(report.failed):,} files refused"
    )
