"""The model is there when the settings name one, and otherwise nothing of it is loaded."""

import subprocess
import sys
from dataclasses import replace

import pytest

from server.answering.model.engine import Model
from server.clock import HandClock
from server.errors import SettingsError
from server.settings import LlmSettings, Settings, load
from server.stage import Line, Stage
from tests.server import core
from tests.server.answering.model.house import UNCLEAR
from tests.support import model_server as scripted
from tests.support.databases import NOW
from tests.support.model_server import ModelServer, says
from tests.support.servers import serve

QUESTION = "Are you asking about a parcel, or about an item in our shop?"
_LOADED = """
import asyncio, sys
from datetime import UTC, datetime
import server.app, server.turns, server.desk.handoff
from server.policies.file import load
from server.settings import Settings
from server.stage import Line, Stage
async def talk():
    async with await Stage.open(Settings(), load(None), datetime(2026, 11, 20, tzinfo=UTC), asks_model=True) as stage:
        await stage.say(Line("I want a human"))
asyncio.run(talk())
print(sorted(name for name in sys.modules if name == "openai" or name.startswith("server.answering.model.")))
"""


def test_without_a_model_nothing_of_it_is_loaded() -> None:
    done = subprocess.run([sys.executable, "-c", _LOADED], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"LLM__BASE_URL": "http://127.0.0.1:1/v1"}, "llm.model: name the model"),
        ({"LLM__API_KEY": "sk-1"}, "llm.model: name the model"),
        ({"SPEECH__BASE_URL": "http://127.0.0.1:1/v1"}, "speech.model: name the model"),
        ({"SPEECH__MODEL": "m", "SPEECH__DEADLINE_S": "7"}, "at most 6"),
        ({"LLM__MODEL": "m", "LLM__WORDS": "some"}, "none of needed, all"),
        ({"LLM__MODEL": "m", "LLM__DEADLINE_S": "60"}, "at most 9"),
        ({"LLM__MODEL": "m", "LLM__BASE_URL": "localhost:1"}, "is no origin"),
        ({"LLM__MODEL": "m", "LLM__MAX_CALLS": "0"}, "llm.max_calls: write 1 or more"),
    ],
)
def test_settings_that_make_no_sense_stop_the_start(given: dict[str, str], said: str) -> None:
    with pytest.raises(SettingsError, match=said):
        load(environ={f"ONETHREAD_{name}": value for name, value in given.items()})


async def test_no_model_named_is_no_model() -> None:
    assert await Model.open(Settings(), None, HandClock(NOW)) is None  # type: ignore[arg-type]  # nothing is read


async def test_a_stage_asks_the_model_of_its_settings_only_when_told_to_and_after_each_reset() -> None:
    server = ModelServer(otherwise=says(QUESTION))
    async with serve(server.app, grace_s=1) as url:
        llm = LlmSettings(base_url=f"{url}/v1", api_key=scripted.KEY, model=scripted.MODEL)
        settings = replace(Settings(), llm=llm)
        async with await Stage.open(settings, core.POLICY, NOW) as alone:
            heard = await alone.say(Line(UNCLEAR))
            assert heard.replies[0]["text"] != QUESTION
        assert server.requests == []
        async with await Stage.open(settings, core.POLICY, NOW, asks_model=True) as stage:
            for _ in range(2):
                heard = await stage.say(Line(UNCLEAR))
                assert heard.replies[0]["text"] == QUESTION
                await stage.reset()
    assert server.unexpected == []
