"""The checkout as the frame's tests see it: tracked files, their text, and Python syntax trees.

Only tracked files count, so that a half-written file beside them fails nobody's tests.
"""

import ast
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]
OUR_PACKAGES: Final = ("server", "channels", "memory", "widget")


@cache
def tracked() -> tuple[Path, ...]:
    """Every tracked file that exists, relative to the top of the checkout."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return tuple(path for path in map(Path, filter(None, listed.split("\0"))) if (ROOT / path).is_file())


def text_of(path: Path) -> str | None:
    """The text of a tracked file, or None when it is no text."""
    try:
        return (ROOT / path).read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return None


def python_files(*folders: str) -> Iterator[tuple[Path, ast.Module]]:
    """Path and syntax tree of every tracked Python file in `folders`."""
    for path in tracked():
        if path.suffix == ".py" and path.parts[0] in folders:
            yield path, ast.parse((ROOT / path).read_text(encoding="utf-8"))


def markdown_files() -> Iterator[tuple[Path, str]]:
    """Path and text of every tracked Markdown page, test data apart."""
    for path in tracked():
        if path.suffix == ".md" and path.parts[0] != "tests":
            yield path, (ROOT / path).read_text(encoding="utf-8")
