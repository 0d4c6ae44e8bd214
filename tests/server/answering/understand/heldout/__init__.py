"""Messages that no training saw, and how to read them."""

from collections.abc import Iterator

from server.answering.understand.authored import HELDOUT as HERE

__all__ = ["HERE", "read", "rows", "said"]


def read(name: str) -> Iterator[tuple[str, str]]:
    """(section, message) of a held-out file, comments left out."""
    section = ""
    for raw in (HERE / name).read_text("utf-8").splitlines():
        line = raw.strip()
        if line.startswith("["):
            section = line[1:-1]
        elif line and not line.startswith("#"):
            yield section, line


def said(name: str) -> list[str]:
    """The messages of a file without labels."""
    rows = (HERE / name).read_text("utf-8").splitlines()
    return [row.strip() for row in rows if row.strip() and not row.startswith("#")]


def rows(name: str) -> list[list[str]]:
    """The cells of each line of a file whose cells stand apart by tabs."""
    return [row.split("\t") for row in said(name)]
