"""Messages that no training saw, and how to read them."""

from collections.abc import Iterator

from server.answering.understand.authored import HELDOUT as HERE

__all__ = ["HERE", "read"]


def read(name: str) -> Iterator[tuple[str, str]]:
    """(section, message) of a held-out file, comments left out."""
    section = ""
    for raw in (HERE / name).read_text("utf-8").splitlines():
        line = raw.strip()
        if line.startswith("["):
            section = line[1:-1]
        elif line and not line.startswith("#"):
            yield section, line
