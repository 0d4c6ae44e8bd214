"""What a customer sent beside words is listed in the brief: from this message and from those before it."""

from datetime import timedelta
from pathlib import Path

from channels.message import Attachment
from memory import desk
from server.clock import HandClock
from server.turns import Turns
from tests.server import core
from tests.server.commerce.orders import shipped
from tests.support.databases import NOW, opened

PHOTO = Attachment("att_photo", "box.jpg", "image/jpeg", 2048)
NOTE = Attachment("att_note", "note.ogg", "audio/ogg", 4096)


async def test_photos_and_voice_notes_stand_in_the_brief(tmp_path: Path) -> None:
    clock = HandClock(NOW)
    async with (
        opened(f"sqlite:///{tmp_path / 'm.db'}") as database,
        core.rooms(database, shipped(), clock=clock) as services,
    ):
        turns = Turns(services, pads=False)
        for text, file in (("hello", PHOTO), ("I want to talk to a person", NOTE)):
            thread = (await core.write(services, text, attachments=(file,))).thread
            clock.advance(timedelta(seconds=30))
            await turns.drain()
        found = await database.read(lambda tx: desk.brief(tx, thread.id))
    assert found is not None
    assert found[1]["files"] == [
        {"id": "att_photo", "name": "box.jpg", "type": "image/jpeg", "size": 2048},
        {"id": "att_note", "name": "note.ogg", "type": "audio/ogg", "size": 4096},
    ]
