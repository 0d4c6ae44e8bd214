"""What a shopper downloads stays small: the files as they are served, gzipped."""

import gzip
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.browser.widget_host import WIDGET
from widget import served

LOADER_AT_MOST = 4 * 1024
ALL_AT_MOST = 30 * 1024
ON_DEMAND_AT_MOST = 3 * 1024
LANGUAGES = [path.stem for path in (WIDGET / "app" / "languages").iterdir()]


def wire(path: Path) -> bytes:
    """The file as the server sends it."""
    return served(path.name, path.read_bytes())


def weight(path: Path) -> int:
    """Bytes on the wire."""
    return len(gzip.compress(wire(path), mtime=0))


def files() -> list[Path]:
    """Everything that browsers load."""
    return [WIDGET / "loader.js", *sorted(path for path in (WIDGET / "app").rglob("*") if path.is_file())]


def test_the_loader_is_within_its_budget() -> None:
    assert weight(WIDGET / "loader.js") <= LOADER_AT_MOST


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_one_shopper_downloads_is_within_the_budget(language: str) -> None:
    loaded = [path for path in files() if path.parent.name != "languages" or path.stem == language]
    sizes = {path.name: weight(path) for path in loaded}
    assert sum(sizes.values()) <= ALL_AT_MOST, sizes


def test_the_whole_widget_with_all_languages_packs_into_the_budget() -> None:
    assert len(gzip.compress(b"".join(wire(path) for path in files()), mtime=0)) <= ALL_AT_MOST


def test_what_is_loaded_only_when_somebody_asks_for_it_is_small() -> None:
    for folder in ("help", "ways"):
        assert sum(weight(path) for path in (WIDGET / folder).iterdir()) <= ON_DEMAND_AT_MOST, folder


@pytest.mark.skipif(shutil.which("node") is None, reason="needs node")
def test_taking_comments_out_leaves_every_script_whole(tmp_path: Path) -> None:
    for path in files():
        if path.suffix == ".js":
            copy = tmp_path / f"{path.stem}.mjs"
            copy.write_bytes(wire(path))
            subprocess.run(["node", "--check", str(copy)], check=True, capture_output=True)
            assert b"/*" not in wire(path)


def test_no_script_has_what_joining_its_lines_would_break() -> None:
    for path in files():
        if path.suffix == ".js":
            code = wire(path).decode()
            assert re.findall(r"[;{,()\[\]}]\s*//.*", code) == [], "a comment behind code"
            source = re.sub(r"CSS_TEXT = `[^`]*`", "", path.read_text())  # styles lose nothing
            assert [line for line in source.splitlines() if line.count("`") % 2] == [], "a text over lines"


def test_styles_and_page_keep_their_meaning_without_comments() -> None:
    assert served("x.css", b"/* a\n b */\n.a :not(b), c {\n  color: red; }\n") == b".a :not(b),c{color:red;}"
    assert (
        served("x.js", b"/** @type {A} */ (b); // stays\n  // goes\nconst u = 'http://x';")
        == b"(b); // stays\nconst u = 'http://x';"
    )
    assert served("x.js", b"f({\n  a: 1,\n})\nlet b = [\n  a\n]\nb.c") == b"f({a: 1,})\nlet b = [a]\nb.c"
    assert served("x.png", b"/* \n */") == b"/* \n */"


def test_the_frame_preloads_every_module_and_no_other() -> None:
    page = (WIDGET / "app" / "frame.html").read_text()
    used = {path.relative_to(WIDGET).as_posix() for path in (WIDGET / "app").glob("*.js")}
    assert {path for path in used if f"{{{{version}}}}/{path}" in page} == used
    assert page.count("{{version}}") == len(used) + 1


def test_no_module_builds_markup_from_text() -> None:
    sinks = (
        "innerHTML",
        "outerHTML",
        "insertAdjacentHTML",
        "document.write",
        "eval(",
        "new Function",
        'setAttribute("style"',
    )
    sources = {path.name: path.read_text() for path in WIDGET.rglob("*.js")}
    assert [(name, sink) for name, text in sources.items() for sink in sinks if sink in text] == []


def test_the_manual_names_every_command_and_no_other() -> None:
    manual = (WIDGET.parent / "docs" / "embed.md").read_text()
    loader = (WIDGET / "loader.js").read_text()
    commands = loader.partition("const COMMANDS = {")[2].partition("\n  };")[0]
    offered = set(re.findall(r"^    (\w+)[:,]", commands, re.MULTILINE))
    assert set(re.findall(r"Onethread\.(?!q\b)(\w+)\(", manual)) == offered
