"""Stored calls of channels: each message once, whatever is repeated; files apart from their messages; a replay without effect."""

import io
import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest
from PIL import Image

from channels.message import Media
from memory import desk, journal
from memory.desk import Upload
from memory.engines.base import Tx
from memory.projection import Event
from server.arrivals import arrive_message
from server.calls import Calls, forget_old
from server.clock import HandClock
from server.providers import Lines
from server.services import Services
from server.settings import ServerSettings, Settings, TurnsSettings
from server.turns import Turns
from tests.channels.provider import Provider, ProviderSender
from tests.server import core
from tests.support.databases import ENGINES, NOW, opened, url_of
from tests.support.servers import serve

SOURCE = "loopback/messages"
ANA = "+14025550100"


class House:
    """Rooms with a provider whose calls are stored and worked in."""

    def __init__(self, services: Services, provider: Provider, clock: HandClock) -> None:
        self.services, self.provider, self.clock = services, provider, clock
        self.calls, self.files = Calls(services), Calls(services, of_files=True)

    async def called(self, key: str, *messages: Mapping[str, Any]) -> bool:
        """The provider calls."""
        body = json.dumps(messages).encode()
        now = self.clock.now()
        return await self.services.database.write(lambda tx: journal.add_raw(tx, SOURCE, key, {}, body, now))

    async def events(self, kind: str = "message") -> list[Event]:
        """Every event of a type, of all threads."""
        rows = await self.services.database.read(lambda tx: tx.all("SELECT id FROM threads ORDER BY id"))
        found = []
        for row in rows:
            thread = await self.services.database.read(lambda tx, key=row["id"]: _thread(tx, key))  # type: ignore[misc]  # bound per turn
            found += await core.log(self.services, thread, kind)
        return found

    async def upload(self) -> Upload:
        """The file of the first message."""
        attachment = (await self.events())[0].body["attachments"][0]
        found = await self.services.database.read(lambda tx: desk.upload(tx, attachment["id"]))
        assert found is not None
        return found

    async def later(self, **span: float) -> None:
        """Let time pass and work in what is due."""
        self.clock.advance(timedelta(**span))
        await self.calls.drain()
        await self.files.drain()


async def _thread(tx: Tx, key: int) -> Any:
    from memory import threads

    return await threads.by_id(tx, key)


@pytest.fixture(params=ENGINES)
async def house(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[House]:
    provider, clock = Provider(), HandClock(NOW)
    settings = Settings(turns=TurnsSettings(burst_ms=0), server=ServerSettings(data=str(tmp_path)))
    async with (
        serve(provider.app, grace_s=0) as url,
        httpx2.AsyncClient(base_url=url) as client,
        opened(url_of(request, tmp_path)) as database,
        core.rooms(
            database, clock=clock, settings=settings, lines=Lines({"loopback": ProviderSender(client)})
        ) as services,
    ):
        yield House(services, provider, clock)


def picture() -> bytes:
    """A small photo with a position in it."""
    out = io.BytesIO()
    exif = Image.Exif()
    exif[0x010E] = "taken at home"
    Image.new("RGB", (4, 4), "red").save(out, "PNG", exif=exif)
    return out.getvalue()


async def test_every_message_of_a_batch_arrives_and_a_bad_one_loses_no_other(house: House) -> None:
    """Pitfalls 4 and 28."""
    await house.called(
        "k1", {"id": "1", "from": ANA, "text": "one"}, {"text": "?"}, {"id": "3", "from": ANA, "text": "three"}
    )
    await house.later()
    assert [event.body["text"] for event in await house.events()] == ["one", "three"]


async def test_the_same_call_is_one_call_and_the_same_message_one_message(house: House) -> None:
    message = {"id": "1", "from": ANA, "text": "one"}
    assert await house.called("k1", message)
    assert not await house.called("k1", message)
    assert await house.called("k2", message)
    await house.later()
    assert len(await house.events()) == 1


async def test_a_replay_has_no_second_effect(house: House) -> None:
    house.provider.files["a/box.png"] = picture()
    await house.called("k1", {"id": "1", "from": ANA, "text": "one", "files": ["a/box.png"]})
    await house.later()
    before, stored = await house.events(), await house.upload()
    assert await house.services.database.write(lambda tx: journal.replay(tx, NOW, house.clock.now())) == 2
    await house.later(seconds=1)
    assert await house.events() == before
    assert await house.upload() == stored


async def test_a_call_that_nothing_can_be_read_of_is_kept_and_said(house: House) -> None:
    await house.services.database.write(lambda tx: journal.add_raw(tx, SOURCE, "k1", {}, b"\x00\xff not json", NOW))
    await house.later()
    failed = await house.services.database.read(journal.failed)
    assert [(source, note.partition(":")[0]) for source, _, note in failed] == [(SOURCE, "it cannot be read")]


async def test_a_file_comes_after_its_message_and_without_what_it_hides(house: House) -> None:
    await house.called("k1", {"id": "1", "from": ANA, "text": "look", "files": ["a/box.png"]})
    await house.calls.drain()
    attachment = (await house.events())[0].body["attachments"][0]
    assert attachment["name"] == "box.png"
    house.provider.files["a/box.png"] = picture()
    await house.files.drain()
    stored = await house.upload()
    body = (house.services.settings.uploads / stored.id).read_bytes()
    assert (stored.type, stored.size) == ("image/png", len(body))
    assert b"taken at home" not in body


async def test_a_file_that_is_not_there_yet_is_asked_for_again(house: House) -> None:
    await house.called("k1", {"id": "1", "from": ANA, "text": "look", "files": ["a/box.png"]})
    await house.later()
    house.provider.files["a/box.png"] = picture()
    await house.later(seconds=1)
    assert (await house.upload()).size > 0
    assert len(house.provider.fetched) == 2


async def test_a_file_that_never_comes_is_given_up_and_the_desk_is_told(house: House) -> None:
    await house.called("k1", {"id": "1", "from": ANA, "text": "look", "files": ["a/box.png"]})
    for _ in range(12):
        await house.later(hours=1)
    notes = [event.body["text"] for event in await house.events("note")]
    assert notes == ["The file box.png could not be fetched: it is not there yet."]
    assert len(house.provider.fetched) == 6


async def test_a_file_that_is_gone_is_asked_for_once(house: House) -> None:
    house.provider.gone.add("a/box.png")
    await house.called("k1", {"id": "1", "from": ANA, "text": "look", "files": ["a/box.png"]})
    for _ in range(3):
        await house.later(hours=1)
    assert len(house.provider.fetched) == 1
    assert len(await house.events("note")) == 1


async def test_an_answer_waits_for_a_file_but_not_for_long(house: House) -> None:
    await house.called("k1", {"id": "1", "from": ANA, "text": "my mug is broken", "files": ["a/box.png"]})
    await house.calls.drain()
    turns = Turns(house.services, pads=False)
    assert await turns.drain() == []
    house.clock.advance(timedelta(seconds=9))
    assert len(await turns.drain()) == 1


async def test_what_is_no_known_type_stays_a_plain_download(house: House) -> None:
    message = core.inbound("see file", external_id="x")
    message = replace(message, media=(Media("../../evil.svg", "image/svg+xml", data=b"<svg onload=alert(1)>"),))
    await arrive_message(house.services, "loopback", message)
    stored = await house.upload()
    assert (stored.name, stored.type) == ("evil.svg", "application/octet-stream")


async def test_a_file_that_is_here_is_written_once_however_often_its_message_comes(house: House) -> None:
    message = replace(core.inbound("see photo", external_id="x"), media=(Media("a.png", "image/png", data=picture()),))
    for _ in range(3):
        await arrive_message(house.services, "loopback", message)
    assert len(list(house.services.settings.uploads.iterdir())) == 1


async def test_calls_are_kept_for_thirty_days_and_can_be_erased_before(house: House) -> None:
    await house.called("k1", {"id": "1", "from": ANA, "text": "one"})
    await house.called("k2", {"id": "2", "from": "+14025550177", "text": "two"})
    await house.later()
    assert await house.services.database.write(lambda tx: journal.erase(tx, [f"sms:{ANA}"])) == 1
    await house.later(days=29)
    assert await forget_old(house.services) == 0
    await house.later(days=2)
    assert await forget_old(house.services) == 1
    assert len(await house.events()) == 2


async def test_bytes_of_any_kind_come_back_as_they_were(house: House) -> None:
    raw = bytes(range(256)) * 3
    await house.services.database.write(lambda tx: journal.add_raw(tx, "elsewhere/x", "k", {"a": "b"}, raw, NOW))
    calls = await house.services.database.write(
        lambda tx: journal.claim(tx, NOW, timedelta(seconds=15), 9, beside=("media/",))
    )
    assert [(call.body, call.headers) for call in calls] == [(raw, {"a": "b"})]
