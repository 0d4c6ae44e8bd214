"""Two hundred orders that a person wrote, asked about one by one.

The orders follow the published schema only; what the answer must and must never say was written from the WISMO decision table
by reading it. Nothing here looks into the answering: a line goes in, a reply comes out, words are compared.
"""

import json
import re
from collections.abc import AsyncIterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import pytest_asyncio

from server.policies.file import load as load_policy
from server.settings import Settings
from server.stage import Heard, Line, Stage

FOLDER = Path(__file__).parent / "orders_by_hand"
SCHEMA = Path(__file__).parents[2] / "docs" / "schemas" / "order.schema.json"
NOW = datetime.fromisoformat("2027-03-16T16:00:00Z")


def lines_of(path: Path) -> list[dict[str, Any]]:
    """The objects of a JSON Lines file."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


ORDERS = lines_of(FOLDER / "orders.jsonl")
EXPECTED = lines_of(FOLDER / "expected.jsonl")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stage() -> AsyncIterator[Stage]:
    opened = await Stage.open(Settings(), load_policy(None), NOW, {"orders": FOLDER / "orders.jsonl"})
    try:
        await opened.say(line(EXPECTED[0]))  # the first answer reads words and weights from the disk
        yield opened
    finally:
        await opened.close()


def line(expected: Mapping[str, Any]) -> Line:
    """What is asked, by one visitor of its own."""
    ask = expected["ask"]
    sender = ask.get("from") or f"visitor-{expected['number']}"
    return Line(ask["say"], ask["via"], sender, customer=ask.get("as", ""))


def faults(expected: Mapping[str, Any], heard: Heard) -> list[str]:
    """Everything in which an answer is not what the table asks for."""
    said = "\n".join(reply["text"] for reply in heard.replies)
    found = [f"never said: {each}" for each in expected["says"] if not re.search(each, said, re.IGNORECASE)]
    found += [f"said: {each}" for each in expected["never_says"] if re.search(each, said, re.IGNORECASE)]
    if (heard.handoff or False) != expected["handoff"]:
        found.append(f"handoff: expected {expected['handoff']}, got {heard.handoff or False}")
    return [f"{each}\n    in: {said}" for each in found]


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("expected", EXPECTED, ids=lambda each: f"row{each['row']}-{each['number']}")
async def test_answer_says_what_the_table_asks_for(stage: Stage, expected: Mapping[str, Any]) -> None:
    stage.clock.set(NOW)
    assert faults(expected, await stage.say(line(expected))) == []


def test_orders_keep_to_the_published_schema() -> None:
    checker = jsonschema.Draft202012Validator(json.loads(SCHEMA.read_text(encoding="utf-8")))
    wrong = [f"{order['number']}: {error.message}" for order in ORDERS for error in checker.iter_errors(order)]
    assert wrong == []


def test_every_order_is_asked_about_once() -> None:
    assert sorted(each["number"] for each in EXPECTED) == sorted(order["number"] for order in ORDERS)


def test_every_row_of_the_table_is_met_several_times() -> None:
    met = [each["row"] for each in EXPECTED]
    assert [row for row in range(1, 31) if met.count(row) < 3] == []
