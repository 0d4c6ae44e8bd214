"""The head of a mail: who wrote it, what it answers, and what becomes of broken ones."""

from datetime import UTC, datetime

import pytest

from channels.email.mail import parse

HEAD = b"From: Ana <ana@example.com>\r\nTo: support@shop.example\r\nSubject: Hi\r\nMessage-ID: <1@example.com>\r\n"


def test_reads_who_what_and_when() -> None:
    mail = parse(
        b"From: =?utf-8?q?Ana_P=C3=A9rez?= <Ana@Example.com>\r\nTo: Shop <support@shop.example>, x@y.test\r\nCc: z@y.test\r\n"
        b"Reply-To: other@y.test\r\nDate: Fri, 20 Nov 2026 10:00:00 +0100\r\nSubject: =?iso-8859-1?Q?Caf=E9?=\r\n"
        b"Message-ID: <1@example.com>\r\nIn-Reply-To: <0@shop.example>\r\nReferences: <a@x>\r\n <0@shop.example>\r\n\r\nHello\r\n"
    )
    assert (mail.from_address, mail.from_name, mail.from_count) == ("ana@example.com", "Ana Pérez", 1)
    assert (mail.to, mail.cc, mail.reply_to) == (("support@shop.example", "x@y.test"), ("z@y.test",), ("other@y.test",))
    assert (mail.subject, mail.message_id, mail.is_synthetic) == ("Café", "<1@example.com>", False)
    assert mail.answers == ("<0@shop.example>", "<a@x>")
    assert mail.date == datetime(2026, 11, 20, 9, tzinfo=UTC)
    assert (mail.full_text, mail.fault) == ("Hello", "")


@pytest.mark.parametrize(
    ("written", "address", "name", "count"),
    [
        ("a@x.test", "a@x.test", "", 1),
        ('"ceo@shop.example" <x@evil.test>', "x@evil.test", "ceo@shop.example", 1),
        ('"Bob <bob@x.test>', "bob@x.test", "Bob", 1),
        ("undisclosed-recipients:;", "", "", 0),
        ("Team: a@x.test, b@x.test;", "a@x.test", "", 2),
        ("a@x.test (Ana, of Berlin)", "a@x.test", "", 1),
        ('"Perez, Ana" <a@x.test>', "a@x.test", "Perez, Ana", 1),
        ("=?utf-8?q?=22Perez=2C_Ana=22_=3Cevil=40x.test=3E?= <a@x.test>", "a@x.test", 'Perez, Ana" <evil@x.test>', 1),
        ("a@x.test <b@x.test> <c@x.test>", "", "a@x.test", 1),
        ("<@relay.test:a@x.test>", "a@x.test", "", 1),
        ("Ana", "", "", 1),
        ("a..b@docomo.test", "a..b@docomo.test", "", 1),
        ("=?unknown-8bit?q?Ren=E9?= <r@x.test>", "r@x.test", "René", 1),
    ],
)
def test_reads_a_sender_strictly(written: str, address: str, name: str, count: int) -> None:
    """email.md section 2: many From lines, broken quoting, groups, display names with addresses."""
    mail = parse(f"From: {written}\r\n\r\nx".encode())
    assert (mail.from_address, mail.from_name, mail.from_count) == (address, name, count)


def test_counts_every_from_line() -> None:
    assert parse(b"From: a@x.test\r\nFrom: b@x.test\r\n\r\nx").from_count == 2


@pytest.mark.parametrize("line", [b"", b"Message-ID: <abc\r\n", b"Message-ID: abc@x\r\n", b"Message-ID: <a b@x>\r\n"])
def test_gives_a_mail_without_readable_id_one_of_its_own(line: bytes) -> None:
    """Pitfalls 91: a mail without Message-ID stopped the fetching, or was dropped."""
    first, again = parse(line + b"From: a@x.test\r\n\r\nx"), parse(line + b"From: a@x.test\r\n\r\nx")
    assert first.is_synthetic and "sha256" in first.message_id
    assert first.message_id == again.message_id != parse(line + b"From: a@x.test\r\n\r\ny").message_id


def test_references_survive_folding_and_rubbish() -> None:
    """Pitfalls 81: ids are read from the raw header."""
    mail = parse(b"References: <a@x>\r\n\t<b c@x> junk <d@x>,<e@x>\r\n\r\nx")
    assert mail.references == ("<a@x>", "<d@x>", "<e@x>")


@pytest.mark.parametrize(
    "date", ["", "yesterday", "Fri, 99 Nov 2026 10:00:00 +0100", "Fri, 20 Nov 99999 10:00:00", "1"]
)
def test_tolerates_absurd_dates(date: str) -> None:
    """Pitfalls 29: invalid dates of freescout#4159."""
    assert parse(f"Date: {date}\r\n\r\nx".encode()).date is None


def test_keeps_no_nul_and_no_surrogate() -> None:
    """Pitfalls 86: they broke the insert."""
    mail = parse(HEAD + b"\r\nbe\x00fore =?x?q?=ED=B3=A9?= after \xed\xb3\xa9")
    assert "before" in mail.full_text and "\0" not in mail.full_text
    mail.full_text.encode("utf-8")


@pytest.mark.parametrize(
    "raw", [b"", b"\0", b"\r\n\r\n", b":", b"From", b"\xff\xfe" * 50, b"Content-Type: multipart/mixed\r\n\r\n--x"]
)
def test_raises_nothing(raw: bytes) -> None:
    assert parse(raw).message_id
