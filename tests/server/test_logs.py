"""Log lines say what happened and to which ids, and never what somebody wrote."""

import json
import logging

from memory.errors import StorageUnavailable
from server.logs import JsonLines, PlainLines


def record(message: str, error: Exception | None = None, **extra: object) -> logging.LogRecord:
    info = (type(error), error, error.__traceback__) if error else None
    made = logging.LogRecord("onethread.test", logging.WARNING, __file__, 1, message, None, info)
    made.__dict__.update(extra)
    return made


def raised(error: Exception) -> Exception:
    try:
        raise error
    except type(error) as caught:
        return caught


def test_a_line_is_one_json_object_with_its_ids() -> None:
    line = JsonLines().format(record("turn failed", thread_id=7, attempt=2, conv="c_1"))
    parsed = json.loads(line)
    assert "\n" not in line
    assert {key: parsed[key] for key in ("level", "logger", "event", "thread_id", "attempt", "conv")} == {
        "level": "warning",
        "logger": "onethread.test",
        "event": "turn failed",
        "thread_id": 7,
        "attempt": 2,
        "conv": "c_1",
    }


def test_an_unexpected_error_is_its_type_and_place_without_its_words() -> None:
    line = JsonLines().format(record("request failed", raised(KeyError("SECRET of a customer"))))
    parsed = json.loads(line)
    assert parsed["error"] == "KeyError"
    assert "test_logs.py" in parsed["trace"][-1]
    assert "SECRET" not in line


def test_an_error_that_is_worded_for_the_operator_keeps_its_words() -> None:
    line = JsonLines().format(record("not ready", raised(StorageUnavailable("the disk is full"))))
    assert json.loads(line)["reason"] == "the disk is full"


def test_addresses_and_documents_stay_out() -> None:
    line = JsonLines().format(record("mail from ana@example.com", body={"text": "SECRET"}, who="x" * 500))
    assert "ana@example.com" not in line
    assert "SECRET" not in line
    assert len(json.loads(line)["who"]) <= 120


def test_a_person_reads_plain_lines() -> None:
    lines = PlainLines().format(record("socket failed", raised(KeyError("SECRET")), conv="c_1")).split("\n")
    assert "WARNING socket failed conv=c_1 error=KeyError" in lines[0]
    assert len(lines) == 2
    assert "SECRET" not in str(lines)
