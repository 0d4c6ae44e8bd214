"""One JSON line out for every line in."""

import json

from server.answering.understand import jsonl


def test_every_line_is_answered_in_order() -> None:
    lines = [
        '{"id":"a","text":"where is my order 1042"}',
        "not json",
        '{"id":7,"text":"hola","channel":"whatsapp","lang":"es"}',
        '{"id":"c"}',
        '{"id":"d","text":5}',
        "",
        "[1]",
        '{"text":"bye"}',
    ]
    answers = [json.loads(line) for line in jsonl(lines)]
    assert [each["id"] for each in answers] == ["a", None, 7, "c", "d", None, None, None]
    assert ["error" in each for each in answers] == [False, True, False, True, True, True, True, False]
    assert answers[0]["intent"] == "order_status"


def test_answers_are_single_lines() -> None:
    assert all("\n" not in line for line in jsonl(['{"id":"1","text":"one\\ntwo\\n\\nthree"}']))


def test_lines_are_answered_as_they_come() -> None:
    seen: list[str] = []

    def slow() -> object:
        for text in ("hi", "bye"):
            seen.append(text)
            yield json.dumps({"id": text, "text": text})

    stream = jsonl(slow())  # type: ignore[arg-type]
    next(stream)
    assert seen == ["hi"]
