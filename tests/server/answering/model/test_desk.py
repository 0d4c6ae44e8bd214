"""Brief and drafts in other words: better where they may be, untouched otherwise, and never late."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from memory.threads import Thread
from tests.server import core
from tests.server.answering.model.house import PROOF, House, house
from tests.support import model_server as scripted
from tests.support.model_server import ModelServer, Said, says

PERSON = "I want to talk to a human being, please"


def wording(**changes: Any) -> Any:
    """A step that rewords what the desk gets: the drafts as they are, but for `changes`."""

    def step(body: dict[str, Any]) -> Said:
        content = body["messages"][1]["content"]
        data = json.loads(content.partition(">\n")[2].partition("\n<")[0])
        worded = {"wants": data["wants"], "drafts": data["drafts"]} | changes
        return says(json.dumps(worded))(body)

    return step


async def drafts(shop: House, thread: Thread) -> list[str]:
    """The texts that are offered."""
    return [str(event.body["text"]) for event in await core.log(shop.services, thread, "draft_offered")]


async def wants(shop: House, thread: Thread) -> str:
    """The brief's first sentence."""
    row = await shop.services.database.read(
        lambda tx: tx.one("SELECT body FROM briefs WHERE thread_id = ?", (thread.id,))
    )
    assert row is not None
    return str(json.loads(row["body"])["wants"])


async def plain(tmp_path: Path) -> tuple[str, list[str]]:
    """What the desk gets without a model."""
    (tmp_path / "plain").mkdir()
    async with house(tmp_path / "plain", ModelServer(otherwise=scripted.status(500))) as shop:
        await shop.ask(f"where is my order {PROOF}")
        thread, _ = await shop.ask(PERSON)
        return await wants(shop, thread), await drafts(shop, thread)


async def test_better_words_take_the_place_of_ours(tmp_path: Path) -> None:
    own = await plain(tmp_path)
    better = "Hello, what could we do to make this right for you?"
    server = ModelServer(wording(wants="The customer asks for a person.", drafts=[*own[1][:2], better]))
    async with house(tmp_path, server) as shop:
        await shop.ask(f"where is my order {PROOF}")
        thread, _ = await shop.ask(PERSON)
        assert await wants(shop, thread) == "The customer asks for a person."
        assert await drafts(shop, thread) == [*own[1][:2], better]


@pytest.mark.parametrize(
    "changes",
    [
        {"wants": "The customer was promised a refund of $500.", "drafts": ["We have refunded $500."] * 3},
        {"wants": "See https://evil.example", "drafts": ["Pay at evil.com"] * 3},
        {"wants": "x" * 500, "drafts": ["one only"]},
        {"wants": 5, "drafts": "none"},
    ],
)
async def test_words_that_may_not_be_said_leave_ours(tmp_path: Path, changes: dict[str, Any]) -> None:
    own = await plain(tmp_path)
    async with house(tmp_path, ModelServer(wording(**changes))) as shop:
        await shop.ask(f"where is my order {PROOF}")
        thread, _ = await shop.ask(PERSON)
        assert (await wants(shop, thread), await drafts(shop, thread)) == own


async def test_a_desk_is_not_kept_waiting(tmp_path: Path) -> None:
    async with house(tmp_path, ModelServer(otherwise=scripted.FAULTS["stall"]), deadline_s=1.2) as shop:
        await shop.ask(f"where is my order {PROOF}")
        began = asyncio.get_running_loop().time()
        thread, _ = await shop.ask(PERSON)
        assert asyncio.get_running_loop().time() - began < 1.2 + 0.5
        assert len(await drafts(shop, thread)) == 3
