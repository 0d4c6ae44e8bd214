"""What becomes of a mail at the shop's mail server, against a real one on loopback: taken, refused, not now, nobody knows."""

import asyncio
import ssl
from pathlib import Path

import dkim
import pytest

from channels.email.sending import Dkim, Exit, Sender, exit_of
from channels.errors import NotNow, OutcomeUnknown, Refused
from tests.support.mail import KEYS, MoodyMailServer, certificate, mail_server

RAW = (
    b"From: help@shop.example\r\nTo: ana@example.com\r\nSubject: Hi\r\nDate: Fri, 20 Nov 2026 18:00:00 +0000\r\n"
    b"Message-ID: <c.1@shop.example>\r\nMIME-Version: 1.0\r\nContent-Type: text/plain\r\n\r\n.Hello\r\n"
)
BOUNCES, ANA = "help+b.1@shop.example", "ana@example.com"


def sender(server: MoodyMailServer, *, timeout_s: float = 5.0, tls: ssl.SSLContext | None = None) -> Sender:
    """A sender to this server."""
    return Sender(exit_of(server.url), "shop.example", tls=tls, timeout_s=timeout_s)


async def test_a_mail_arrives_as_it_was_written() -> None:
    async with mail_server() as server:
        await sender(server).send(RAW, BOUNCES, ANA)
    (kept,) = server.kept
    assert (kept.raw, kept.sender, kept.recipient) == (RAW, BOUNCES, ANA)


@pytest.mark.parametrize(
    ("mood", "error"),
    [
        ("later", NotNow), ("greylist", NotNow), ("never", Refused), ("no_user", Refused),
        ("drop", OutcomeUnknown), ("keep_and_drop", OutcomeUnknown),
    ],
)  # fmt: skip
async def test_what_came_of_it_is_told_as_it_is(mood: str, error: type[Exception]) -> None:
    """A connection that is lost after the data leaves open whether the mail is out (pitfalls 22)."""
    async with mail_server() as server:
        server.moods = [mood]  # type: ignore[list-item]  # a Mood
        with pytest.raises(error) as caught:
            await sender(server).send(RAW, BOUNCES, ANA)
        assert type(caught.value) is error
        assert len(server.kept) == (mood == "keep_and_drop")


async def test_a_server_that_never_answers_leaves_it_open() -> None:
    async with mail_server() as server:
        server.moods = ["keep_and_hang"]
        with pytest.raises(OutcomeUnknown):
            await sender(server, timeout_s=0.3).send(RAW, BOUNCES, ANA)


async def test_a_slow_server_is_waited_for() -> None:
    async with mail_server() as server:
        server.moods = ["slow"]
        await sender(server).send(RAW, BOUNCES, ANA)
    assert len(server.kept) == 1


async def test_a_server_that_is_not_there_takes_nothing() -> None:
    async with mail_server() as server:
        url = server.url
    with pytest.raises(NotNow, match="not reached"):
        await Sender(exit_of(url), "shop.example").send(RAW, BOUNCES, ANA)


async def test_refusals_tell_codes_and_no_words() -> None:
    """Servers write the address into their refusals, and what is raised here is logged."""
    async with mail_server() as server:
        server.moods = ["no_user"]
        with pytest.raises(Refused) as caught:
            await sender(server).send(RAW, BOUNCES, ANA)
    assert str(caught.value) == "the mail server said 550 5.1.1"


async def test_an_address_that_needs_more_than_ascii_is_refused() -> None:
    async with mail_server() as server:
        with pytest.raises(Refused):
            await sender(server).send(RAW, BOUNCES, "añá@example.com")


async def test_it_logs_in_where_a_login_is_named() -> None:
    async with mail_server(login=("shop", "p@ss:w/rd")) as server:
        url = f"smtp://shop:p%40ss%3Aw%2Frd@127.0.0.1:{server.port}"
        await Sender(exit_of(url), "shop.example").send(RAW, BOUNCES, ANA)
        wrong = Sender(exit_of(f"smtp://shop:wrong@127.0.0.1:{server.port}"), "shop.example")
        with pytest.raises(NotNow, match=r"refuses our login.*email\.smtp_url"):
            await wrong.send(RAW, BOUNCES, ANA)
    assert [kept.is_logged_in for kept in server.kept] == [True]


async def test_tls_is_used_where_the_server_has_it() -> None:
    serving, trusting = certificate()
    async with mail_server(tls=serving, requires_tls=True) as server:
        await sender(server, tls=trusting).send(RAW, BOUNCES, ANA)
    assert [kept.is_tls for kept in server.kept] == [True]


async def test_a_certificate_that_nobody_vouches_for_gets_no_mail_beyond_this_machine() -> None:
    serving, _ = certificate()
    async with mail_server(tls=serving) as server:
        strict = Sender(exit_of(server.url), "shop.example", tls=ssl.create_default_context())
        with pytest.raises(NotNow):
            await strict.send(RAW, BOUNCES, ANA)
        assert server.kept == []


def test_tls_beyond_this_machine_is_never_left_out() -> None:
    beyond = Sender(exit_of("smtp://mail.example:587"), "shop.example")._client()
    assert (beyond._start_tls_on_connect, beyond.validate_certs) == (True, True)
    first = Sender(exit_of("smtps://mail.example"), "shop.example")._client()
    assert (first.use_tls, first.port, first.validate_certs) == (True, 465, True)


def test_the_url_names_the_server() -> None:
    assert exit_of("smtps://a:b@mail.example") == Exit("mail.example", 465, "a", "b", is_tls=True)
    assert exit_of("smtp://mail.example").port == 587
    assert "b" not in repr(exit_of("smtps://a:bbbb@mail.example")).partition("password")[2]
    for wrong in ("mail.example:25", "http://mail.example", "smtp://:25", "smtp://mail.example:nine"):
        with pytest.raises(ValueError, match="write smtp"):
            exit_of(wrong)


async def test_a_mail_is_signed_so_that_receivers_can_verify_it() -> None:
    """The signature is over what leaves, and holds From, thread and Message-ID."""
    key = await asyncio.to_thread((KEYS / "dkim.key").read_bytes)
    async with mail_server() as server:
        signer = Dkim("mail2026", "shop.example", key)
        await Sender(exit_of(server.url), "shop.example", signer).send(RAW, BOUNCES, ANA)
    raw = server.kept[0].raw
    assert raw.endswith(RAW)
    assert dkim.verify(raw, dnsfunc=_published)
    assert not dkim.verify(raw.replace(b"Subject: Hi", b"Subject: Ho"), dnsfunc=_published)
    assert not dkim.verify(raw.replace(b".Hello", b".Hallo"), dnsfunc=_published)


def test_a_broken_key_says_so() -> None:
    with pytest.raises(ValueError, match="cannot sign"):
        Dkim("mail2026", "shop.example", b"no key").signed(RAW)


def _published(name: bytes, timeout: int = 5) -> bytes:
    """The key as the shop publishes it."""
    assert name == b"mail2026._domainkey.shop.example."
    lines = Path(KEYS / "dkim.pub").read_text().splitlines()
    return b"v=DKIM1; k=rsa; p=" + "".join(lines[1:-1]).encode()
