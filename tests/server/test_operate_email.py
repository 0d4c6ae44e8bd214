"""`onethread email parse`: its keys are fixed (interfaces section 1), every line in gives one line out."""

import io
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from server.__main__ import main

KEYS = [
    "from", "to", "subject", "message_id", "in_reply_to", "references", "reply_text", "full_text", "automatic", "authenticated",
    "signature", "attachments",
]  # fmt: skip
MAIL = (
    "From: Ana <ana@example.com>\r\nTo: support@shop.example\r\nSubject: Where?\r\nMessage-ID: <1@example.com>\r\n"
    "Authentication-Results: mx.shop.example; dmarc=pass header.from=example.com\r\n\r\nWhere is it?\r\n\r\n"
    "On Fri, 20 Nov 2026 at 10:00, Shop <support@shop.example> wrote:\r\n> On its way.\r\n"
)


@pytest.fixture
def config(tmp_path: Path) -> str:
    path = tmp_path / "onethread.toml"
    path.write_text('[email]\naddress = "Support@shop.example"\nauthserv_id = "mx.shop.example"\n')
    return str(path)


def test_prints_what_a_file_says(tmp_path: Path, config: str, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "a.eml"
    path.write_bytes(MAIL.encode())
    assert main(["email", "parse", str(path), "--config", config]) == 0
    document = json.loads(capsys.readouterr().out)
    assert list(document) == KEYS
    assert document["reply_text"] == "Where is it?" and "> On its way." in document["full_text"]
    assert (document["from"], document["to"]) == ("ana@example.com", "support@shop.example")
    assert document["authenticated"] is True and document["automatic"] is False


def test_own_mail_is_automatic(tmp_path: Path, config: str, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "a.eml"
    path.write_bytes(b"From: support+token@shop.example\r\n\r\nx")
    assert main(["email", "parse", str(path), "--config", config]) == 0
    assert json.loads(capsys.readouterr().out)["automatic"] is True


def _lines(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], config: str, data: bytes) -> list[Any]:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data), encoding="utf-8"))
    assert main(["email", "parse", "--stdin", "--config", config]) == 0
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_every_line_in_gives_one_line_out(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], config: str
) -> None:
    good = json.dumps({"id": "a", "raw": MAIL})
    odd = json.dumps({"id": 7, "raw": "From: a@x.test\n\n\udce9t\udce9 \ud83d \0"})
    bad = ['{"id":"b"}', '{"id":"c","raw":5}', "[]", "{", '"x"', "\x00", '{"id":"d","raw":""}', "[" * 100_000]
    out = _lines(monkeypatch, capsys, config, "\n".join([good, odd, *bad, good]).encode("utf-8", "replace"))
    assert [each.get("id") for each in out] == ["a", 7, "b", "c", None, None, None, None, "d", None, "a"]
    assert list(out[0]) == ["id", *KEYS]
    assert all("error" in each for each in [*out[2:8], out[9]]) and "error" not in out[8]
    assert out[1]["full_text"] == "été ?"


def test_lines_are_flushed_one_by_one(config: str) -> None:
    """Whoever drives the command waits for each answer before the next line."""
    command = [sys.executable, "-m", "server", "email", "parse", "--stdin", "--config", config]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None and process.stdout is not None
        for number in range(3):
            process.stdin.write(json.dumps({"id": number, "raw": MAIL}) + "\n")
            process.stdin.flush()
            assert json.loads(process.stdout.readline())["id"] == number
        process.stdin.close()
        assert process.wait(20) == 0


@pytest.mark.parametrize("arguments", [[], ["--stdin", "a.eml"]])
def test_a_file_or_lines_not_both_nor_none(arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["email", "parse", *arguments])
    assert stopped.value.code == 2


def test_a_missing_file_is_one_clear_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["email", "parse", "/nowhere/a.eml"]) == 1
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_our_own_reply_line_ends_an_answer(tmp_path: Path, config: str, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "a.eml"
    path.write_bytes(
        b"From: a@x.test\r\n\r\nIt is late.\r\n\r\n--- Please reply above this line ---\r\n\r\nWe are sorry.\r\n"
    )
    assert main(["email", "parse", str(path), "--config", config]) == 0
    assert json.loads(capsys.readouterr().out)["reply_text"] == "It is late."
