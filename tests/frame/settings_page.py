"""Writes docs/settings.md from the declared settings: `python -m tests.frame.settings_page`.

The page is a table for each section; every line of it stands in `server/settings.py` beside its default.
"""

from itertools import groupby
from typing import Any

from server.settings import declared, sections, variable
from tests.frame.repository import ROOT

INTRODUCTION = """# Settings

Each setting is a key of `onethread.toml` (`onethread init` writes one) and an environment variable; the environment wins. For
secrets kept in files, add `_FILE` to the variable's name and give the file's path. Lists are comma-separated in the environment.
An unknown name that starts with `ONETHREAD_` stops the start and names the nearest one. Every setting has a default that works.
"""


def _default(value: Any) -> str:
    if isinstance(value, tuple):
        value = ",".join(map(str, value))
    return f"`{value}`" if str(value) else "empty"


def page() -> str:
    """The whole page as Markdown."""
    about = {name: type(default).__doc__ for name, default in sections()}
    parts = [INTRODUCTION]
    for section, rows in groupby(declared(), key=lambda row: row[0]):
        lines = [f"| `{variable(section, key)}` | {_default(value)} | {text} |" for _, key, value, text in rows]
        parts.append(f"\n## `[{section}]`\n{about[section]}\n\n| variable | default | what it does |\n|---|---|---|\n")
        parts.append("\n".join(lines) + "\n")
    return "".join(parts)


if __name__ == "__main__":
    (ROOT / "docs/settings.md").write_text(page(), encoding="utf-8")
