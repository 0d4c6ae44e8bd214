"""Whole conversations, played as `onethread rehearse` plays them: every scenario beside this file passes."""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from server import rehearse
from server.rehearse import CONDITIONS
from server.settings import Settings

FOLDER = Path(__file__).parent / "scenarios"
SCENARIOS = list(rehearse.read([FOLDER]))
Scenario = Mapping[str, Any]


@pytest.mark.parametrize(("file", "scenario"), [pytest.param(*each, id=each[1]["id"]) for each in SCENARIOS])
def test_conversation_goes_as_it_should(file: Path, scenario: Scenario) -> None:
    """A dropped sentence counts as a failure: it is a fact that the words could not prove."""
    result = asyncio.run(rehearse.run(Settings(), file, scenario))
    told = [f"> {turn['say']}\n  {turn['reply']}" for turn in result.turns]
    dropped = [sentence for turn in result.turns for sentence in turn["dropped"]]
    assert (result.failures, dropped) == ([], []), "\n".join(told)


def test_every_condition_is_rehearsed() -> None:
    assert {scenario["condition"] for _, scenario in SCENARIOS} == set(CONDITIONS)


def test_names_are_not_used_twice() -> None:
    names = [scenario["id"] for _, scenario in SCENARIOS]
    assert len(names) == len(set(names))
