"""`onethread understand --corrections | --accept | --discard | --retrain`, and whose weights a message is read with."""

import io
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from memory import corrections, customers, threads
from memory.engines.base import Database, Tx
from server import operate_understand
from server.__main__ import main
from server.answering.understand import weights
from server.operate import with_database
from server.settings import Settings, load
from tests.server.answering.understand.test_retrain import STOCK
from tests.support.databases import NOW
from tests.support.weights import packaged_again

SAID = [f"Krzysztof here, my kelvinator hums {end}" for end in ("", "at night", "and hums", "a lot", "like a truck")]


@pytest.fixture
def config(tmp_path: Path) -> Iterator[str]:
    """An installation where an agent corrected five messages of five customers called Krzysztof."""
    path = tmp_path / "onethread.toml"
    path.write_text(f'[server]\ndata = "{tmp_path / "data"}"\n', encoding="utf-8")

    async def unit(tx: Tx) -> None:
        for at, text in enumerate(SAID):
            customer = await customers.create(tx, NOW, name="Krzysztof Nowak")
            thread = await threads.create(tx, f"conv{at}", customer.id, NOW)
            await corrections.put(tx, thread.id, at, text, "en", "intent", "other", "warranty", 1, NOW)

    async def act(database: Database, _settings: Settings) -> None:
        await database.write(unit)

    with_database(str(path), act)
    yield str(path)
    packaged_again()


def waiting(config: str, capsys: pytest.CaptureFixture[str]) -> list[dict[str, str]]:
    """What the command lists."""
    capsys.readouterr()
    assert main(["understand", "--corrections", "--json", "--config", config]) == 0
    found: list[dict[str, str]] = json.loads(capsys.readouterr().out)["corrections"]
    return found


def read(config: str, text: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> str:
    """The intent that the command reads."""
    monkeypatch.setattr("sys.stdin", io.StringIO(json.dumps({"id": 1, "text": text}) + "\n"))
    capsys.readouterr()
    assert main(["understand", "--json", "--config", config]) == 0
    intent: str = json.loads(capsys.readouterr().out)["intent"]
    return intent


def test_what_is_accepted_is_trained_on_and_read_with(
    config: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = [each["id"] for each in waiting(config, capsys)]
    assert main(["understand", "--discard", ids[0], "--config", config]) == 0
    assert main(["understand", "--accept", *ids[1:], "--config", config]) == 0
    assert main(["understand", "--accept", ids[0], "--config", config]) == 1
    assert f"no correction {ids[0]} waits" in capsys.readouterr().err
    assert waiting(config, capsys) == []
    assert operate_understand.retrain(config, is_json=True, stock=STOCK) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["kept"], told["examples"]) == (True, {"intent": 4, "feeling": 0, "skipped": 0})
    assert told["before"].keys() == told["after"].keys()
    assert read(config, "the kelvinator hums like mad", capsys, monkeypatch) == "warranty"
    assert operate_understand.findings(load(Path(config), {})) == [
        ("ok", "messages are read with the weights of the shop itself")
    ]
    own = load(Path(config), {}).data / weights.OWN
    assert "kelvinator" in (own / "lexicon.txt").read_text("utf-8")
    assert [path.name for path in own.iterdir() if b"krzysztof" in path.read_bytes().lower()] == []


def test_weights_of_another_release_are_left_aside_and_named(
    config: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = load(Path(config), {})
    own = settings.data / weights.OWN
    own.mkdir()
    (own / weights.MANIFEST).write_text(json.dumps({"format": weights.FORMAT, "base": "1:other:release"}), "utf-8")
    [(level, text)] = operate_understand.findings(settings)
    assert (level, "belong to another release" in text, "--retrain" in text) == ("warn", True, True)
    assert read(config, "where is my order", capsys, monkeypatch) == "order_status"


def test_nothing_accepted_is_nothing_to_train_on(config: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["understand", "--retrain", "--config", config]) == 1
    assert "no correction was accepted yet" in capsys.readouterr().err


def test_the_packages_weights_come_back_when_no_correction_is_left(
    config: str, capsys: pytest.CaptureFixture[str]
) -> None:
    own = load(Path(config), {}).data / weights.OWN
    own.mkdir()
    (own / "heads.npz").write_bytes(b"")
    assert main(["understand", "--retrain", "--config", config]) == 0
    assert "the package's weights count" in capsys.readouterr().out
    assert not own.exists()


def test_one_thing_at_a_time(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["understand", "--retrain", "--corrections"])
    assert ended.value.code == 2
    assert "not allowed with" in capsys.readouterr().err


@pytest.mark.parametrize("package", ["scipy", "sklearn"])
def test_what_to_install_is_told_where_the_training_packages_are_missing(
    config: str, tmp_path: Path, package: str
) -> None:
    shadow = tmp_path / "missing" / package / "__init__.py"
    shadow.parent.mkdir(parents=True)
    shadow.write_text(f'raise ModuleNotFoundError("No module named {package!r}", name="{package}")\n', "utf-8")
    paths = [str(shadow.parent.parent), str(Path(operate_understand.__file__).parent.parent)]
    ended = subprocess.run(
        [sys.executable, "-m", "server", "understand", "--retrain", "--json", "--config", config],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert (ended.returncode, ended.stdout) == (2, "")
    assert "pip install 'onethread[train]'" in ended.stderr
    assert ended.stderr.count("\n") == 1
