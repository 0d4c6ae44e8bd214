"""A mailbox read by IMAP against a real server on loopback: everything once, the oldest first, whatever breaks in between."""

import asyncio
from base64 import b64decode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from memory import mail as mails
from memory.engines.base import Database, Tx
from memory.errors import StorageUnavailable
from server.clock import HandClock
from server.errors import OperatorError
from server.intake import mail_imap
from server.intake.calling import keep_call
from server.intake.mail_imap import Reader, source_of
from server.services import Services
from tests.server import core
from tests.support.databases import ENGINES, NOW, opened, url_of
from tests.support.imap import ImapServer, imap_server
from tests.support.mail import letter


def mail(number: int) -> bytes:
    """The `number`-th mail."""
    return letter(f"Question {number}", message_id=f"<{number}@example.com>")


_PLACES = {mail(number): number for number in range(150)}


class House:
    """Rooms with a reader."""

    def __init__(self, services: Services, server: ImapServer) -> None:
        self.services, self.server = services, server
        self.looks = 0
        self._looked = asyncio.Condition()

    def reader(self, done: str = "", poll_s: float = 30.0) -> Reader:
        """A reader of the server's mailbox that tells when it has looked."""
        reader = Reader(self.services, source_of(self.server.url, done), poll_s=poll_s)
        reader.looked = self._count
        return reader

    def _count(self) -> None:
        self.looks += 1

    @asynccontextmanager
    async def reading(self, done: str = "", poll_s: float = 30.0) -> AsyncIterator[None]:
        """The reader runs while the block does."""
        task = asyncio.create_task(self.reader(done, poll_s).run())
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def calls(self) -> list[bytes]:
        """The mails in the journal, by number: with a clock that stands still their keys may turn over."""

        async def read(tx: Tx) -> list[bytes]:
            rows = await tx.all("SELECT body FROM journal WHERE source = 'email/imap' ORDER BY id", ())
            found = [b64decode(row["body"]) for row in rows]
            return sorted(found, key=lambda raw: _PLACES.get(raw, 999))

        return await self.services.database.read(read)

    async def until(self, count: int) -> list[bytes]:
        """The first `count` mails in the journal, as soon as they are there."""
        async with asyncio.timeout(30):
            while len(found := await self.calls()) < count:  # noqa: ASYNC110 - another process would write it
                await asyncio.sleep(0.01)
        return found

    async def until_looked(self, more: int = 1) -> None:
        """So many more looks are over."""
        goal = self.looks + more
        async with asyncio.timeout(20):
            while self.looks < goal:  # noqa: ASYNC110 - a counter, no event
                await asyncio.sleep(0.01)


@asynccontextmanager
async def house_of(database: Database, extensions: str = "IDLE MOVE") -> AsyncIterator[House]:
    clock = HandClock(NOW)
    async with imap_server(extensions) as server, core.rooms(database, clock=clock) as services:
        yield House(services, server)


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """What breaks is tried again soon."""
    monkeypatch.setattr(mail_imap, "_PAUSES_S", (0.01,))


@pytest.fixture(params=ENGINES)
async def house(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[House]:
    async with opened(url_of(request, tmp_path)) as database, house_of(database) as house:
        yield house


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    async with opened(f"sqlite:///{tmp_path / 'one.db'}") as database:
        yield database


async def test_what_is_there_and_what_comes_is_read_in_order(house: House) -> None:
    for number in range(3):
        await house.server.put(mail(number), at=NOW)
    async with house.reading():
        assert await house.until(3) == [mail(0), mail(1), mail(2)]
        await house.until_looked(0)
        await house.server.put(mail(3), at=NOW)
        assert (await house.until(4))[3] == mail(3)
    assert house.server.fetched == [1, 2, 3, 4]
    assert all("\\Seen" in each.flags for each in house.server.folders["INBOX"])


async def test_old_mail_in_a_new_mailbox_is_left_alone(house: House) -> None:
    """Else the first start would answer years of mail."""
    await house.server.put(mail(0), at=NOW - timedelta(days=30))
    await house.server.put(mail(1), at=NOW)
    async with house.reading():
        assert await house.until(1) == [mail(1)]


async def test_a_second_start_reads_only_what_is_new(house: House) -> None:
    """Not by the flag that it was seen: a person may have opened the mailbox."""
    await house.server.put(mail(0), at=NOW)
    async with house.reading():
        await house.until(1)
        await house.until_looked(0)
    uid = await house.server.put(mail(1), at=NOW)
    house.server.folders["INBOX"][-1].flags.add("\\Seen")
    house.server.folders["INBOX"][0].flags.clear()
    async with house.reading(poll_s=0.05):
        assert await house.until(2) == [mail(0), mail(1)]
        await house.until_looked(2)
    cursor = await house.services.database.read(lambda tx: mails.cursor(tx, "help@shop.example@127.0.0.1/INBOX"))
    assert cursor is not None
    assert (cursor.validity, cursor.last_uid) == (7, uid)


async def test_nothing_new_is_nothing_though_the_range_names_the_last_mail(house: House) -> None:
    await house.server.put(mail(0), at=NOW)
    async with house.reading(poll_s=0.02):
        await house.until(1)
        await house.until_looked(3)
    assert house.server.commands.count("UID FETCH") == 2  # its size and its bytes, once


async def test_new_numbers_lose_nothing_and_repeat_nothing(house: House) -> None:
    """UIDVALIDITY changed: everything is read again, and known again."""
    for number in range(3):
        await house.server.put(mail(number), at=NOW)
    async with house.reading():
        await house.until(3)
        await house.until_looked(0)
    house.server.renumber()
    await house.server.put(mail(3), at=NOW)
    async with house.reading():
        assert await house.until(4) == [mail(0), mail(1), mail(2), mail(3)]


async def test_one_bad_mail_stops_none_of_the_others(house: House) -> None:
    """pitfalls 91: the newest were lost behind it."""
    for number in range(4):
        await house.server.put(mail(number), at=NOW)
    house.server.unfetchable = {2}
    await house.server.put(b"no mail at all\xff\x00", at=NOW)
    async with house.reading():
        assert await house.until(4) == [mail(0), mail(2), mail(3), b"no mail at all\xff\x00"]


async def test_a_mail_that_is_too_large_is_passed_over(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mail_imap, "MAX_BYTES", 2_000)
    async with house_of(database) as house:
        await house.server.put(letter("x" * 5_000), at=NOW)
        await house.server.put(mail(1), at=NOW)
        async with house.reading():
            assert await house.until(1) == [mail(1)]


async def test_hundreds_are_all_read(database: Database) -> None:
    """Pages of a search must not cut off the newest (pitfalls 91)."""
    async with house_of(database) as house:
        for number in range(150):
            await house.server.put(mail(number), at=NOW)
        async with house.reading():
            assert await house.until(150) == [mail(number) for number in range(150)]


@pytest.mark.parametrize("command", ["LOGIN", "SELECT", "SEARCH", "FETCH", "STORE", "IDLE"])
async def test_a_connection_that_breaks_is_made_again(database: Database, command: str) -> None:
    async with house_of(database) as house:
        house.server.drops_before = [command]
        await house.server.put(mail(0), at=NOW)
        async with house.reading():
            assert await house.until(1) == [mail(0)]
            await house.server.put(mail(1), at=NOW)
            assert await house.until(2) == [mail(0), mail(1)]
        assert house.server.sessions >= 2


async def test_a_server_that_hangs_up_while_nothing_happens_is_called_again(database: Database) -> None:
    async with house_of(database) as house, house.reading():
        await house.until_looked()
        house.server.hang_up()
        await house.server.put(mail(0), at=NOW)
        assert await house.until(1) == [mail(0)]


async def test_what_is_stored_is_moved_and_nothing_before(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """A crash between the two reads the mail again and stores it once."""
    fails = [True]

    async def moody(*args: Any) -> bool:
        if fails:
            fails.pop()
            raise StorageUnavailable("the disk is full")
        return await keep_call(*args)

    monkeypatch.setattr(mail_imap, "keep_call", moody)
    async with house_of(database) as house:
        await house.server.put(mail(0), at=NOW)
        house.server.drops_before = ["MOVE"]
        async with house.reading("Done"):
            assert await house.until(1) == [mail(0)]
            async with asyncio.timeout(20):
                while not house.server.folders["Done"]:  # noqa: ASYNC110 - the server's own list
                    await asyncio.sleep(0.01)
        assert house.server.folders["INBOX"] == []
        assert len(await house.calls()) == 1


@pytest.mark.parametrize("extensions", ["", "MOVE", "IDLE"])
async def test_a_server_without_idle_or_move_is_read_all_the_same(database: Database, extensions: str) -> None:
    async with house_of(database, extensions) as house, house.reading("Done", poll_s=0.05):
        await house.until_looked()
        await house.server.put(mail(0), at=NOW)
        assert await house.until(1) == [mail(0)]
        await house.until_looked()
        assert [each.raw for each in house.server.folders["Done"]] == [mail(0)]


async def test_a_folder_that_is_not_there_stops_nothing(database: Database) -> None:
    async with house_of(database) as house, house.reading("Gone", poll_s=0.05):
        for number in range(2):
            await house.server.put(mail(number), at=NOW)
        assert await house.until(2) == [mail(0), mail(1)]


async def test_two_readers_of_one_mailbox_store_each_mail_once(database: Database) -> None:
    """Two processes (pitfalls 20)."""
    async with house_of(database) as house:
        for number in range(10):
            await house.server.put(mail(number), at=NOW)
        async with house.reading(poll_s=0.05), house.reading(poll_s=0.05):
            await house.until(10)
            await house.until_looked()
        assert len(await house.calls()) == 10


def test_the_url_names_the_mailbox() -> None:
    source = source_of("imaps://help%40shop.example:p%40ss@imap.example/Support%20mail", "Done")
    assert (source.host, source.port, source.user, source.password) == (
        "imap.example",
        993,
        "help@shop.example",
        "p@ss",
    )
    assert (source.folder, source.done, source.is_tls) == ("Support mail", "Done", True)
    assert "p@ss" not in repr(source)
    for wrong in ("imap.example", "pop3://a:b@imap.example", "imaps://imap.example", "imaps://a:b@imap.example:x"):
        with pytest.raises(OperatorError, match=r"email\.imap_url"):
            source_of(wrong)
    with pytest.raises(OperatorError, match="in the open"):
        source_of("imap://a:b@imap.example")
