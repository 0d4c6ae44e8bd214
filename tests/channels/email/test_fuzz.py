# ruff: noqa: E501 (mails as machines write them)
"""Broken and hostile mails: each ends parsed or with a fault, in bounded time and size, and never with an exception (pitfalls 85)."""

import json
import random
import re
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict
from email.utils import parseaddr

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from channels.email import stripping
from channels.email.lines import of_plain
from channels.email.mail import Mail, parse
from channels.email.mime import MAX_TEXT
from tests.channels.email.corpus import answers, boxes, traps
from tests.channels.email.test_bounces import OURS

_PIECES = [
    b"\r\n", b"\n", b"\r", b"\0", b"\xff", b"\xed\xb3\xa9", b": ", b"--", b"--b", b"--b--", b"=?utf-8?q?=ED=B3=A9?=", b"=?x?b?////?=", b"=", b"=3D",
    b"<", b">", b"<div>", b"</div>", b"<!--", b"<style>", b"<blockquote>", b"&#xD800;", b"&#0;", b'"', b";", b"(", b")", b"\\", b"@", b",",
    b"From: ", b"Content-Type: ", b"multipart/mixed; boundary=b", b"text/html", b"message/rfc822", b"charset=utf-16", b"charset=\xff", b"base64", b"Status: 5.1.1",
    b"Content-Transfer-Encoding: ", b"On 1 Jan 2026 10:00 a <a@x.test> wrote:", b"> ", b"-- ", b"_" * 40, b"boundary=", b"filename*0*=x'", b"%", b"\xe2\x80\xae",
]  # fmt: skip
_DSN = (
    "Return-Path: <>\r\nFrom: MAILER-DAEMON@mx.test\r\nAuthentication-Results: mx.shop.example; dmarc=pass (x) header.from=mx.test\r\n"
    'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n\r\n--b\r\n\r\nx\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\n'
    f"Reporting-MTA: dns; x\r\n\r\nFinal-Recipient: rfc822; a@x.test\r\nAction: failed\r\nStatus: 5.1.1\r\n\r\n--b\r\nContent-Type: message/rfc822\r\n\r\nMessage-ID: {OURS}\r\n\r\nx\r\n--b--\r\n"
).encode()
SEEDS = [*(case.raw() for case in [*answers.CASES, *traps.TRAPS, *boxes.CASES]), _DSN]


def _mutated(chance: random.Random) -> bytes:
    raw = bytearray(chance.choice(SEEDS))
    for _ in range(chance.randint(1, 12)):
        at, to = sorted((chance.randrange(len(raw) + 1), chance.randrange(len(raw) + 1)))
        to = min(to, at + 400)
        match chance.randrange(6):
            case 0:
                raw[at:at] = chance.choice(_PIECES) * chance.choice((1, 1, 1, 2, 50))
            case 1:
                del raw[at:to]
            case 2:
                raw[at:at] = raw[at:to] * chance.choice((1, 2, 20))
            case 3:
                raw[at : at + 4] = chance.randbytes(4)
            case 4:
                other = chance.choice(SEEDS)
                raw[at:at] = other[: chance.randrange(len(other) + 1)]
            case _:
                raw = raw.replace(chance.choice(_PIECES), chance.choice(_PIECES))
        raw = raw[:60_000]
    return bytes(raw)


def _checked(raw: bytes) -> Mail:
    mail = parse(
        raw, authserv_id="mx.shop.example", own_addresses=frozenset({"support@shop.example"}), known=(answers.SAID,)
    )
    assert mail.message_id and len(mail.full_text) <= 2 * MAX_TEXT
    for text in _texts(asdict(mail)):
        assert "\0" not in text
        text.encode("utf-8")
    assert "@" in mail.from_address or mail.from_address == ""
    if mail.full_text.strip() and len(mail.full_text.strip()) >= 2:
        assert mail.reply_text.strip(), "what was written is always shown"
    json.dumps([mail.reply_text, mail.signature])
    return mail


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for each in value.values():
            yield from _texts(each)
    elif isinstance(value, list | tuple):
        for each in value:
            yield from _texts(each)


def _fuzz(seed: int, count: int) -> None:
    chance = random.Random(seed)
    for number in range(count):
        raw = _mutated(chance)
        started = time.process_time()
        try:
            _checked(raw)
        except Exception as error:
            raise AssertionError(f"mail {number} of seed {seed}: {error!r}\n{raw[:2000]!r}") from error
        assert time.process_time() - started < 2.0, f"mail {number} of seed {seed} took too long"


def test_mutated_mails_end_parsed_or_with_a_fault() -> None:
    _fuzz(5, 300)


@pytest.mark.long
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("seed", range(10))
def test_ten_thousand_mutated_mails_end_parsed_or_with_a_fault(seed: int) -> None:
    _fuzz(1000 + seed, 1000)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.binary(max_size=3000))
def test_any_bytes_are_a_mail(raw: bytes) -> None:
    _checked(raw)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.sampled_from(_PIECES), max_size=60))
def test_any_pieces_are_a_mail(pieces: list[bytes]) -> None:
    _checked(b"From: a@x.test\r\nContent-Type: text/html\r\n\r\n" + b"".join(pieces))
    _checked(b"".join(pieces))


_WORDS = st.text("abc xyz,.!?äß日", min_size=1, max_size=40).map(str.strip).filter(lambda text: len(text) > 1)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(_WORDS, min_size=1, max_size=6),
    st.sampled_from(sorted(answers.SENTENCES.values())),
    st.lists(_WORDS, min_size=1, max_size=5),
)
def test_what_stands_above_a_marked_quote_is_the_answer(mine: list[str], sentence: str, theirs: list[str]) -> None:
    text = "\n".join([*mine, "", sentence, "", *(f"> {line}" for line in theirs)])
    said = stripping.strip(of_plain(text, limit=1000))
    assert said.reply.split() == "\n".join(mine).split()


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.text("abc :>-_#*äß日1\u00a0", max_size=40), max_size=8))
def test_a_text_without_quotes_stays_whole(lines: list[str]) -> None:
    text = "\n".join(lines)
    said = stripping.strip(of_plain(text, limit=1000))
    assert not Counter(re.findall(r"\w+", text)) - Counter(re.findall(r"\w+", f"{said.reply}\n{said.signature}"))


@settings(max_examples=200, deadline=None)
@given(st.text("ab@.<>\"'(),:; \\\t", max_size=60))
def test_a_sender_is_one_address_or_none(written: str) -> None:
    """What two readers could see differently is trusted by neither."""
    mail = parse(f"From: {written}\r\nAuthentication-Results: m; dmarc=pass\r\n\r\nx".encode(), authserv_id="m")
    if mail.authenticated:
        assert mail.from_count == 1 and mail.from_address.count("@") == 1
        assert parseaddr(written)[1].lower() in ("", mail.from_address)
