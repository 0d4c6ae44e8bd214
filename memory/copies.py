"""Copies of a SQLite store: is this file one of ours and whole, and is the live one in use? For `restore`, before it acts."""

import sqlite3
from contextlib import closing
from pathlib import Path

from memory.errors import StorageError, StorageUnavailable


def check_whole(path: Path) -> None:
    """Read a copy from end to end. Raises StorageError when it is damaged or not ours."""
    try:
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
            found = connection.execute("PRAGMA integrity_check").fetchone()[0]
            ours = connection.execute("SELECT COUNT(*) FROM sqlite_master WHERE name = 'migrations'").fetchone()[0]
    except sqlite3.DatabaseError as error:
        raise StorageError(f"{path} is no backup of ours: {error}") from None
    if found != "ok" or not ours:
        raise StorageError(f"{path} is damaged or no backup of ours: take another one")


def check_unused(path: Path) -> None:
    """Raises StorageUnavailable while another process has the store open for writing."""
    with closing(sqlite3.connect(path, timeout=0.2, isolation_level=None)) as connection:
        try:
            connection.execute("PRAGMA journal_mode = DELETE")
        except sqlite3.OperationalError:
            raise StorageUnavailable("the database is in use: stop the server first") from None
