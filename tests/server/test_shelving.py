"""`onethread knowledge import`: good files land, bad ones are named, the same again changes nothing, `--prune` takes out."""

import json
from datetime import timedelta
from pathlib import Path

import pytest

from memory import knowledge
from memory.engines.base import Database
from server.__main__ import main
from server.shelving import import_articles
from tests.support.databases import NOW, opened


def write(folder: Path, **files: str) -> Path:
    """A folder of Markdown files."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / f"{name}.md").write_text(text, encoding="utf-8")
    return folder


async def titles(database: Database) -> list[str]:
    """What is stored."""
    return [each.title for each in await database.read(knowledge.everything)]


async def test_good_files_land_and_bad_ones_are_named(tmp_path: Path) -> None:
    folder = write(
        tmp_path / "kb", good="# Good\n\nText", bad="no heading", same="---\nslug: good\ntitle: X\n---\nText"
    )
    (folder / "latin.md").write_bytes("# Ca\xf1a\n\ntext".encode("latin-1"))
    (folder / "large.md").write_bytes(b"# L\n\n" + b"x" * 600_000)
    write(folder / ".git", hidden="# Hidden\n\nText")
    write(folder / "deep", inner="\ufeff# Inner\r\n\r\nText")
    async with opened(f"sqlite:///{tmp_path / 'kb.db'}") as database:
        report = await import_articles(database, folder, NOW)
        assert await titles(database) == ["Good", "Inner"]
    assert (report.landed, report.changed) == (2, 2)
    assert {name: reason.split(" (")[0].split(":")[0] for name, reason in report.failed} == {
        "bad.md": "no title",
        "large.md": "the file is larger than 512 KB",
        "latin.md": "the file is not UTF-8",
        "same.md": 'another file has the slug "good" in "en" already',
    }


async def test_the_same_again_changes_nothing_even_on_another_day(tmp_path: Path) -> None:
    folder = write(tmp_path / "kb", a="# A\n\nText", b="---\ntitle: B\nupdated: 2026-01-02\n---\nText")
    async with opened(f"sqlite:///{tmp_path / 'kb.db'}") as database:
        await import_articles(database, folder, NOW)
        before = await database.read(knowledge.everything)
        again = await import_articles(database, folder, NOW + timedelta(days=3))
        assert (again.landed, again.changed) == (2, 0)
        assert await database.read(knowledge.everything) == before
        write(folder, a="# A\n\nOther text")
        third = await import_articles(database, folder, NOW + timedelta(days=3))
        assert third.changed == 1
        assert [each.updated_on for each in await database.read(knowledge.everything)] == [
            (NOW + timedelta(days=3)).date(),
            before[1].updated_on,
        ]


async def test_prune_takes_out_what_has_no_file_but_never_beside_a_bad_file(tmp_path: Path) -> None:
    folder = write(tmp_path / "kb", a="# A\n\nText", b="# B\n\nText")
    async with opened(f"sqlite:///{tmp_path / 'kb.db'}") as database:
        await import_articles(database, folder, NOW)
        write(folder, a="A without its heading")
        (folder / "b.md").unlink()
        report = await import_articles(database, folder, NOW, prune=True)
        assert (report.kept, report.removed) == (True, [])
        assert await titles(database) == ["A", "B"]
        write(folder, a="# A\n\nText")
        report = await import_articles(database, folder, NOW, prune=True)
        assert report.removed == ["b (en)"]
        assert await titles(database) == ["A"]


def test_the_command_prints_what_happened(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = tmp_path / "onethread.toml"
    config.write_text(f'[server]\ndata = "{tmp_path / "data"}"\n')
    folder = write(tmp_path / "kb", good="# Good\n\nText", bad="no heading")
    assert main(["knowledge", "import", str(folder), "--config", str(config)]) == 0
    out, err = capsys.readouterr()
    assert out == "1 articles landed, 1 of them new or changed; 1 files refused\n"
    assert err.startswith("bad.md: no title")
    assert main(["knowledge", "import", str(folder), "--json", "--config", str(config)]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["landed"], told["changed"], [each["file"] for each in told["failed"]]) == (1, 0, ["bad.md"])
    assert main(["knowledge", "import", str(folder / "bad.md"), "--config", str(config)]) == 1
    assert main(["knowledge", "import", str(tmp_path / "none"), "--config", str(config)]) == 1
    assert "is not there" in capsys.readouterr().err
    assert main(["knowledge", "import", str(folder / "good.md"), "--prune", "--config", str(config)]) == 1
