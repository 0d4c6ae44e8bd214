"""Rules of the house that no linter knows: what may lie where, and what may not be written at all."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from tests.frame.repository import OUR_PACKAGES, python_files, text_of, tracked

TOP_LEVEL = {
    *OUR_PACKAGES, "tests", "docs", "bench",
    "Dockerfile", "README.md", "pyproject.toml", "Makefile", "compose.yaml",
    "CHANGELOG.md", "LICENSE", "SECURITY.md", "CONTRIBUTING.md",
    "requirements.lock", "requirements-dev.lock",
}  # fmt: skip

SQL = re.compile(
    r"\b(SELECT\s.+?\sFROM|INSERT\s+(OR\s+\w+\s+)?INTO|UPDATE\s+\w+\s+SET|DELETE\s+FROM"
    r"|(CREATE|ALTER|DROP)\s+(VIRTUAL\s+|TEMP\s+)?(TABLE|INDEX|VIEW|TRIGGER)|PRAGMA\s+\w+)\b",
    re.DOTALL,
)
SQL_IN_SMALL_LETTERS = re.compile(
    r"\s*(select\s.+?\sfrom\s|insert\s+into\s|update\s+\w+\s+set\s|delete\s+from\s)", re.DOTALL
)
DRIVERS = {"sqlite3", "aiosqlite", "asyncpg"}

# Written in pieces, so that this file does not hold what it forbids.
NOT_OURS_TO_NAME = re.compile(
    "|".join(
        [
            "/wo" r"rk/(main|shared|\.library)",
            "/tmp/bash_jobs",
            "/var/tmp/",
            r"/ro" r"ot/(?!\.cache/pip)",
            r"\.py" "env",
            "files.pythonhosted.org",
            "registry.npmjs.org",
            "pypi.org/simple",
            "file:///opt",
            r"\bAI" r"[- ](written|generated)",
            "Co-Authored-By",
        ]
    )
)


def test_the_top_level_holds_the_rooms_and_nothing_else() -> None:
    assert {path.parts[0] for path in tracked() if not path.parts[0].startswith(".")} == TOP_LEVEL


def _docstrings(tree: ast.Module) -> set[int]:
    homes = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    nodes = [node for node in ast.walk(tree) if isinstance(node, homes) and node.body]
    firsts = [node.body[0] for node in nodes]
    return {id(first.value) for first in firsts if isinstance(first, ast.Expr)}


def _sql_in(tree: ast.Module) -> Iterator[int]:
    words = _docstrings(tree)
    for node in ast.walk(tree):
        if not isinstance(node, ast.Constant) or not isinstance(node.value, str) or id(node) in words:
            continue
        if SQL.search(node.value) or SQL_IN_SMALL_LETTERS.match(node.value):
            yield node.lineno


def test_the_search_for_sql_finds_sql_and_not_english() -> None:
    tree = ast.parse(
        '"""SELECT is explained FROM here, in a docstring."""\n'
        'a = "SELECT 1 FROM a"\nb = "select a, b from c where d"\nc = "UPDATE a SET b = 1"\nd = f"DELETE FROM {a}"\n'
        'e = "Select a size from the list."\nf = "Update your address."\n'
    )
    assert list(_sql_in(tree)) == [2, 3, 4, 5]


def test_sql_stands_only_in_memory() -> None:
    found = [f"{path}:{line}" for path, tree in python_files("server", "channels", "widget") for line in _sql_in(tree)]
    assert found == []


def _imported(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            yield (node.module or "").partition(".")[0]


def test_only_memory_imports_a_database_driver() -> None:
    found = [f"{path}: {name}" for path, tree in python_files("server", "channels", "widget")
             for name in _imported(tree) if name in DRIVERS]  # fmt: skip
    assert found == []


def _ownerless_tasks(tree: ast.Module) -> Iterator[int]:
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        match node.func:
            case ast.Name(id="create_task" | "ensure_future") | ast.Attribute(attr="ensure_future"):
                yield node.lineno
            case ast.Attribute(attr="create_task", value=owner) if re.search("asyncio|loop", ast.unparse(owner)):
                yield node.lineno


def test_the_search_for_ownerless_tasks_knows_a_group_from_a_loop() -> None:
    code = "asyncio.create_task(f())\ngroup.create_task(f())\nasyncio.get_running_loop().create_task(f())\n"
    assert list(_ownerless_tasks(ast.parse(code + "asyncio.ensure_future(f())"))) == [1, 3, 4]


def test_every_task_has_an_owner() -> None:
    found = [
        f"{path}:{line}"
        for path, tree in python_files("server", "channels", "memory")
        if path.parts[:2] != ("memory", "engines")
        for line in _ownerless_tasks(tree)
    ]
    assert found == []


def test_no_file_names_the_machine_it_was_written_on() -> None:
    here = Path("tests/frame/test_house.py")
    found = [
        f"{path}: {match.group()}"
        for path in tracked()
        if path != here and (text := text_of(path)) is not None
        for match in NOT_OURS_TO_NAME.finditer(text)
    ]
    assert found == []
