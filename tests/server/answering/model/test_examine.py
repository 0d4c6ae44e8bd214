"""What the doctor says of a model, in words that lead to the mend."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from server.clock import HandClock
from server.examine import findings
from server.settings import LlmSettings, Settings
from tests.support import model_server as scripted
from tests.support.databases import NOW, opened
from tests.support.model_server import FAULTS, ModelServer, Step
from tests.support.servers import serve

READY = scripted.calls(("ready", {}))


async def told(tmp_path: Path, step: Step, **more: Any) -> list[tuple[str, str]]:
    """The doctor's findings about a model that does this."""
    server = ModelServer(otherwise=step)
    server.sees = bool(more)
    async with serve(server.app, grace_s=1) as url, opened(f"sqlite:///{tmp_path / 'a.db'}") as database:
        llm = LlmSettings(base_url=f"{url}/v1", api_key=scripted.KEY, model=scripted.MODEL, deadline_s=4.0, **more)
        found = await findings(replace(Settings(), llm=llm), database, HandClock(NOW))
    assert server.unexpected == []
    return [(level, text) for level, text in found if "scripted" in text]


async def test_a_good_model_is_fine(tmp_path: Path) -> None:
    ((level, text),) = await told(tmp_path, READY)
    assert level == "ok"
    assert "answers and calls tools" in text


def looking(said: Step) -> Step:
    """A model that calls tools, and says this of what it is shown."""
    return lambda body: (said if isinstance(body["messages"][-1]["content"], list) else READY)(body)


@pytest.mark.parametrize(
    ("said", "level", "words"),
    [
        (scripted.says("Red."), "ok", "sees photos"),
        (scripted.says("I cannot tell."), "warn", "hardly sees"),
        (FAULTS["bad_request"], "mend", "llm.sees = false"),
    ],
)
async def test_a_model_that_is_to_see_is_shown_a_picture(tmp_path: Path, said: Step, level: str, words: str) -> None:
    found = await told(tmp_path, looking(said), sees=True)
    assert [each for each, text in found if words in text] == [level]


@pytest.mark.parametrize(
    ("step", "level", "words"),
    [
        (FAULTS["unauthorised"], "mend", "check llm.api_key"),
        (FAULTS["not_found"], "mend", "check llm.model"),
        (FAULTS["login_page"], "mend", "ends in /v1"),
        (FAULTS["quota"], "mend", "nothing left"),
        (FAULTS["length"], "mend", "see its own log"),
        (scripted.says("I am ready."), "warn", "hardly choose"),
        (scripted.calls_in_one_piece(("ready", {})), "warn", "counts no tokens"),
        (lambda body: replace(READY(body), wait_s=2.2), "warn", "often be late"),
    ],
)
async def test_what_is_wrong_is_said_with_the_mend(tmp_path: Path, step: Step, level: str, words: str) -> None:
    assert any(each == level and words in text for each, text in await told(tmp_path, step))
