"""Voice notes: heard where a speech server is configured, else with a person, and never answered by halves."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import msgspec
import pytest

from channels.message import Address, Attachment
from memory.projection import Event
from memory.threads import Thread
from server import contexts
from server.answering.context import Answer, Handoff, Reply
from server.clock import HandClock
from server.desk import work
from server.examine import findings
from server.hearing import Hearing
from server.services import Services
from server.settings import ServerSettings, Settings, SpeechSettings, TurnsSettings
from server.turns import Turns
from tests.server import core
from tests.server.commerce.orders import ago, an_event, shipped
from tests.support import speech_server as scripted
from tests.support.databases import NOW, opened
from tests.support.servers import serve
from tests.support.speech_server import FAULTS, Heard, SpeechServer, words

WEB = Address("visitor", "a" * 64, "channel", "visitor-1", "")
SOUND = b"OggS" + bytes(range(200))
WHERE = "where is my order 1042, ana@example.com"


@dataclass
class House:
    """Rooms and turns with a speech server behind them."""

    services: Services
    turns: Turns

    async def record(self, text: str = "", *, count: int = 1) -> tuple[Thread, Answer]:
        """Send voice notes and hear what comes of them."""
        accepted = await self.send(text, count=count)
        return accepted, (await self.turns.drain())[-1]

    async def send(self, text: str = "", *, count: int = 1) -> Thread:
        """Send voice notes."""
        files = [await asyncio.to_thread(self._file, number) for number in range(count)]
        return (await core.write(self.services, text, WEB, attachments=tuple(files))).thread

    def _file(self, number: int) -> Attachment:
        folder, id = self.services.settings.uploads, f"att_{number:026}"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / id).write_bytes(SOUND)
        return Attachment(id, "note.ogg", "audio/ogg", len(SOUND))

    async def notes(self, thread: Thread) -> list[Event]:
        """What the desk is told of voice notes."""
        return [event for event in await core.log(self.services, thread, "note") if "voice_of" in event.body]


@asynccontextmanager
async def house(tmp_path: Path, server: SpeechServer | None, **speech: Any) -> AsyncIterator[House]:
    """A house in which somebody listens, or nobody where there is no server."""
    async with serve((server or SpeechServer()).app, grace_s=1) as url, opened(f"sqlite:///{tmp_path / 'h.db'}") as db:
        named: dict[str, Any] = {"base_url": f"{url}/v1", "api_key": scripted.KEY, "model": scripted.MODEL}
        settings = Settings(
            server=ServerSettings(data=str(tmp_path)),
            turns=TurnsSettings(burst_ms=0),
            speech=SpeechSettings(**(named | speech)) if server else SpeechSettings(),
        )
        order = shipped(an_event(ago(days=1), "in_transit"))
        async with core.rooms(db, order, settings=settings, clock=HandClock(NOW)) as services:
            yield House(services, Turns(services, pads=False))
    assert server is None or server.unexpected == []


async def test_what_is_heard_is_answered_as_the_customers_own_words(tmp_path: Path) -> None:
    server = SpeechServer(words(WHERE))
    async with house(tmp_path, server) as shop:
        thread, answer = await shop.record()
        assert isinstance(answer.outcome, Reply)
        assert "Omaha" in answer.outcome.text
        (note,) = await shop.notes(thread)
        assert (note.audience, note.body["heard"]) == ("desk", WHERE)
        (said,) = [each for each in await core.log(shop.services, thread, "message") if each.author_type == "customer"]
        assert said.body["attachments"][0]["type"] == "audio/ogg", "the recording stays with its message"
        assert said.body["text"] == ""
    assert server.files == [("note.ogg", "audio/ogg", SOUND)]


async def test_words_and_recordings_of_one_message_belong_together(tmp_path: Path) -> None:
    server = SpeechServer(words("the number is 1042"), words("and I am ana@example.com"))
    async with house(tmp_path, server) as shop:
        _, answer = await shop.record("where is my order?", count=2)
        assert isinstance(answer.outcome, Reply)
        assert "Omaha" in answer.outcome.text


@pytest.mark.parametrize("fault", sorted(FAULTS))
async def test_what_nobody_can_hear_goes_to_a_person_in_time(tmp_path: Path, fault: str) -> None:
    server = SpeechServer(otherwise=FAULTS[fault])
    async with house(tmp_path, server, deadline_s=0.4) as shop:
        began = asyncio.get_running_loop().time()
        thread, answer = await shop.record()
        assert asyncio.get_running_loop().time() - began < 3.0
        if fault == "endless":
            assert len((await shop.notes(thread))[0].body["text"]) < 4_100
            return
        assert isinstance(answer.outcome, Handoff)
        assert answer.outcome.reason == "unreadable"
        (note,) = await shop.notes(thread)
        assert "not transcribed" in note.body["text"]
        assert note.body["text"] in await brief(shop, thread)
        assert (await core.said(shop.services, thread))[-1]


async def brief(shop: House, thread: Thread) -> list[str]:
    """What was tried, as the brief says."""
    row = await shop.services.database.read(
        lambda tx: tx.one("SELECT body FROM briefs WHERE thread_id = ?", (thread.id,))
    )
    assert row is not None
    return list(msgspec.json.decode(row["body"])["tried"])


async def test_without_a_speech_server_a_person_hears_it(tmp_path: Path) -> None:
    async with house(tmp_path, None) as shop:
        thread, answer = await shop.record("see what I say")
        assert isinstance(answer.outcome, Handoff)
        assert "no speech server is configured" in str(await brief(shop, thread))


async def test_a_speech_server_that_is_not_there_is_not_asked_for_ever(tmp_path: Path) -> None:
    async with house(tmp_path, SpeechServer(), base_url="http://127.0.0.1:9/v1") as shop:
        thread, _ = await shop.record(count=1)
        for _ in range(3):
            await shop.send()
            await shop.turns.drain()
        told = [str(note.body["text"]) for note in await shop.notes(thread)]
        assert "could not be reached" in told[0]
        assert "failed several times" in told[-1]


async def test_a_turn_that_is_repeated_listens_once(tmp_path: Path) -> None:
    server = SpeechServer(words(WHERE), otherwise=words("and that is all"))
    async with house(tmp_path, server) as shop:
        await shop.record()
        thread = await shop.send()
        found = await shop.services.database.read(lambda tx: contexts.read(tx, shop.services, thread.id))
        assert found is not None
        assert await Hearing(shop.services).listen(*found), "a worker that dies after it has listened"
        await shop.turns.drain()
        assert len(server.files) == 2
        assert len(await shop.notes(thread)) == 2


async def test_what_a_person_owns_is_still_written_down_for_them(tmp_path: Path) -> None:
    server = SpeechServer(words("hello there"), otherwise=words("are you still there?"))
    async with house(tmp_path, server) as shop:
        thread, _ = await shop.record()
        await work.claim(shop.services, thread.public_id, await core.someone(shop.services, "Kim"))
        said = len(await core.said(shop.services, thread))
        await shop.send()
        await shop.turns.drain()
        assert len(await core.said(shop.services, thread)) == said
        assert (await shop.notes(thread))[-1].body["heard"] == "are you still there?"


@pytest.mark.parametrize(
    ("step", "level", "told"),
    [
        (words(""), "ok", "transcribed by scripted-speech"),
        (Heard("", 401), "mend", "answered with 401; check speech.base_url"),
        (FAULTS["page"], "mend", "could not be read"),
    ],
)
async def test_the_doctor_lets_it_listen(tmp_path: Path, step: Heard, level: str, told: str) -> None:
    async with house(tmp_path, SpeechServer(step)) as shop:
        settings = replace(shop.services.settings, server=ServerSettings())
        found = await findings(settings, shop.services.database, HandClock(NOW))
    assert [each for each, text in found if told in text] == [level]
