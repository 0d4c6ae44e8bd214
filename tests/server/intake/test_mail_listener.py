"""The mail listener on loopback, spoken to as mail servers speak: what it takes, what it refuses, and when it says yes."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import aiosmtplib
import pytest

from memory import journal
from memory.engines.base import Database
from memory.errors import StorageUnavailable
from memory.journal import Call
from server.errors import OperatorError
from server.intake.mail_listener import MAX_BYTES, Endpoint, endpoints, listen
from server.services import Services
from server.settings import EmailSettings, Settings
from tests.server import core
from tests.support.databases import NOW, opened

MAIL = b"From: ana@example.com\r\nTo: help@shop.example\r\nMessage-ID: <1@example.com>\r\nSubject: Hi\r\n\r\nHello\r\n"
SETTINGS = Settings(email=EmailSettings(address="help@shop.example", listen="127.0.0.1:0, lmtp://127.0.0.1:0"))


class Wire:
    """One connection, line by line."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    async def answer(self) -> str:
        """The last line of the next answer."""
        line = await self._reader.readline()
        while line[3:4] == b"-":
            line = await self._reader.readline()
        return line.decode().strip()

    async def say(self, line: bytes) -> str:
        """Send a line and read what comes back."""
        self._writer.write(line + b"\r\n")
        return await self.answer()

    async def envelope(self, sender: bytes, to: bytes) -> str:
        """Open a mail; the answer to RCPT."""
        assert (await self.say(b"MAIL FROM:" + sender)).startswith("250")
        return await self.say(b"RCPT TO:" + to)


class House:
    """A listener with its rooms."""

    def __init__(self, services: Services, ports: list[int]) -> None:
        self.services = services
        self.smtp, self.lmtp = ports

    async def calls(self) -> list[Call]:
        """What is in the journal."""
        later = NOW + timedelta(days=1)
        return await self.services.database.write(
            lambda tx: journal.claim(tx, later, timedelta(0), 100, within="email/")
        )

    @asynccontextmanager
    async def wire(self, port: int, hello: bytes = b"EHLO mx.example.com") -> AsyncIterator[Wire]:
        """A connection that has said hello."""
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        try:
            wire = Wire(reader, writer)
            assert (await wire.answer()).startswith("220 shop.example")
            assert (await wire.say(hello)).startswith("250")
            yield wire
        finally:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    async def send(self, raw: bytes = MAIL, to: str = "help@shop.example", sender: str = "ana@example.com") -> str:
        """Send a mail as a mail server does; the last answer."""
        async with aiosmtplib.SMTP(hostname="127.0.0.1", port=self.smtp, start_tls=False, timeout=20) as smtp:
            return (await smtp.sendmail(sender, [to], raw))[1]


@asynccontextmanager
async def listening(services: Services) -> AsyncIterator[House]:
    """A listener that runs while the block does."""
    ready: asyncio.Future[list[asyncio.Server]] = asyncio.get_running_loop().create_future()
    task = asyncio.create_task(listen(services, started=ready.set_result))
    try:
        both: list[asyncio.Future[Any]] = [task, ready]
        done, _ = await asyncio.wait(both, timeout=10, return_when=asyncio.FIRST_COMPLETED)
        if task in done:
            await task
        yield House(services, [server.sockets[0].getsockname()[1] for server in ready.result()])
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    async with opened(f"sqlite:///{tmp_path / 'one.db'}") as database:
        yield database


@pytest.fixture
async def house(database: Database) -> AsyncIterator[House]:
    async with core.rooms(database, settings=SETTINGS) as services, listening(services) as house:
        yield house


async def test_a_mail_is_on_disk_when_it_is_taken(house: House) -> None:
    assert (await house.send()).startswith("2.0.0")
    (call,) = await house.calls()
    assert (call.source, call.body) == ("email/smtp", MAIL)
    assert call.headers == {"from": "ana@example.com", "to": "help@shop.example", "peer": "127.0.0.1"}


async def test_the_same_mail_again_is_one_call(house: House) -> None:
    """A sender that lost our answer sends again (pitfalls 20)."""
    await asyncio.gather(*(house.send() for _ in range(10)))
    assert len(await house.calls()) == 1


@pytest.mark.parametrize(
    ("address", "answer"),
    [
        ("help@shop.example", "250"),
        ("HELP@Shop.Example", "250"),
        ("help+c.abc.def@shop.example", "250"),
        ("help+@shop.example", "250"),
        ("helpdesk@shop.example", "550"),
        ("help@shop.example.evil.test", "550"),
        ("help@other.example", "550"),
        ("postmaster@shop.example", "550"),
        ("help", "550"),
        ('"help+x"@shop.example', "250"),
    ],
)
async def test_only_mail_for_the_shop_is_taken(house: House, address: str, answer: str) -> None:
    async with house.wire(house.smtp) as wire:
        assert (await wire.envelope(b"<ana@example.com>", f"<{address}>".encode())).startswith(answer)


async def test_all_recipients_of_one_mail_are_kept_without_those_that_were_refused(house: House) -> None:
    async with house.wire(house.smtp) as wire:
        await wire.envelope(b"<ana@example.com>", b"<help@shop.example>")
        assert (await wire.say(b"RCPT TO:<eve@other.example>")).startswith("550")
        assert (await wire.say(b"RCPT TO:<help+token@shop.example>")).startswith("250")
        assert (await wire.say(b"DATA")).startswith("354")
        assert (await wire.say(MAIL + b".")).startswith("250 2.0.0")
    (call,) = await house.calls()
    assert call.headers["to"] == "help@shop.example,help+token@shop.example"


async def test_lmtp_takes_one_recipient_at_a_time(house: House) -> None:
    """The library answers once for all recipients, where RFC 2033 wants an answer for each."""
    async with house.wire(house.lmtp, b"LHLO mx.example.com") as wire:
        assert (await wire.envelope(b"<ana@example.com>", b"<help@shop.example>")).startswith("250")
        assert (await wire.say(b"RCPT TO:<help+token@shop.example>")).startswith("452")
        assert (await wire.say(b"DATA")).startswith("354")
        assert (await wire.say(MAIL + b".")).startswith("250 2.0.0")
    assert len(await house.calls()) == 1


async def test_lmtp_is_greeted_by_its_own_command_only(house: House) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", house.lmtp)
    wire = Wire(reader, writer)
    await wire.answer()
    assert (await wire.say(b"EHLO mx.example.com")).startswith("500")
    writer.close()
    await writer.wait_closed()


async def test_an_empty_return_path_is_kept_as_one(house: House) -> None:
    """The library reports it as `<>`, and whoever reads it must be able to tell (pitfalls 64)."""
    async with house.wire(house.smtp) as wire:
        await wire.envelope(b"<>", b"<help@shop.example>")
        await wire.say(b"DATA")
        assert (await wire.say(MAIL + b".")).startswith("250")
    assert (await house.calls())[0].headers["from"] == "<>"


async def test_any_bytes_come_through_as_they_are(house: House) -> None:
    raw = b"Subject: \xff\x00\r\n\r\n..\r\n\xc3\x28 \x00 tail\r\n"
    await house.send(raw)
    assert (await house.calls())[0].body == raw


async def test_a_line_of_half_a_mebibyte_comes_through(house: House) -> None:
    """Senders write whole HTML pages in one line."""
    raw = b"Subject: long\r\n\r\n" + b"x" * 500_000 + b"\r\n"
    await house.send(raw)
    assert (await house.calls())[0].body == raw


async def test_what_is_too_large_is_refused_before_and_after_it_came(house: House) -> None:
    async with house.wire(house.smtp) as wire:
        said = await wire.say(b"MAIL FROM:<ana@example.com> SIZE=" + str(MAX_BYTES + 1).encode())
        assert said.startswith("552")
    with pytest.raises(aiosmtplib.SMTPDataError) as refused:
        async with aiosmtplib.SMTP(hostname="127.0.0.1", port=house.smtp, start_tls=False, timeout=60) as smtp:
            await smtp.mail("ana@example.com")
            await smtp.rcpt("help@shop.example")
            await smtp.data(b"Subject: big\r\n\r\n" + b"0123456789abcdef\r\n" * (MAX_BYTES // 18 + 1000))
    assert refused.value.code == 552
    assert await house.calls() == []


async def test_a_bare_dot_line_ends_no_mail(house: House) -> None:
    """Only CRLF.CRLF ends the data: anything else smuggles a second mail in."""
    smuggled = b"Subject: one\r\n\r\nfirst\n.\nMAIL FROM:<ceo@shop.example>\n.\r\nsecond\r\n"
    async with house.wire(house.smtp) as wire:
        await wire.envelope(b"<ana@example.com>", b"<help@shop.example>")
        await wire.say(b"DATA")
        assert (await wire.say(smuggled + b".")).startswith("250")
    assert [call.body for call in await house.calls()] == [smuggled]


async def test_a_mail_that_cannot_be_stored_is_asked_for_again(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    async def full(*_: Any, **__: Any) -> bool:
        raise StorageUnavailable("the disk is full")

    with monkeypatch.context() as patch:
        patch.setattr("server.intake.mail_listener.keep_call", full)
        with pytest.raises(aiosmtplib.SMTPDataError) as refused:
            await house.send()
        assert refused.value.code == 451
    assert (await house.send()).startswith("2.0.0")
    assert len(await house.calls()) == 1


async def test_a_connection_that_breaks_in_the_middle_leaves_nothing(house: House) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", house.smtp)
    wire = Wire(reader, writer)
    await wire.answer()
    await wire.say(b"EHLO mx.example.com")
    await wire.envelope(b"<ana@example.com>", b"<help@shop.example>")
    await wire.say(b"DATA")
    writer.write(MAIL)
    await writer.drain()
    writer.close()
    await writer.wait_closed()
    await house.send()
    assert len(await house.calls()) == 1


def test_the_setting_names_listeners() -> None:
    assert endpoints("127.0.0.1:2525") == [Endpoint("127.0.0.1", 2525, is_lmtp=False)]
    assert endpoints("lmtp://[::1]:24") == [Endpoint("::1", 24, is_lmtp=True)]
    assert endpoints("") == []
    assert endpoints("0.0.0.0:25")[0].is_loopback is False
    for wrong in ("2525", "127.0.0.1", "http://127.0.0.1:1", "127.0.0.1:99999"):
        with pytest.raises(OperatorError, match=r"email\.listen"):
            endpoints(wrong)


async def test_a_taken_port_names_the_setting(database: Database) -> None:
    async with core.rooms(database, settings=SETTINGS) as services, listening(services) as house:
        taken = Settings(email=EmailSettings(address="help@shop.example", listen=f"127.0.0.1:{house.smtp}"))
        async with core.rooms(database, settings=taken) as second:
            with pytest.raises(OperatorError, match="cannot be listened on"):
                await listen(second)
