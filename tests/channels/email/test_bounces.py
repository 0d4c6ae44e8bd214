# ruff: noqa: E501 (mails as machines write them)
"""Delivery status notifications, what Gmail and old servers write instead, and spam reports."""

import pytest

from channels.email import tokens
from channels.email.mail import Bounce, parse

KEYS = ["a key of thirty-two letters or more"]
OURS = tokens.message_id(KEYS, "c_0123456789abcdefghjkmnpqrs", "7", "shop.example")


def _report(
    groups: str, original: str = f"Message-ID: {OURS}\r\nSubject: x\r\n", kind: str = "message/rfc822"
) -> bytes:
    return (
        "Return-Path: <>\r\nFrom: MAILER-DAEMON@mx.test\r\nTo: support@shop.example\r\nSubject: Undelivered Mail Returned to Sender\r\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n\r\n'
        "--b\r\nContent-Type: text/plain\r\n\r\nI could not deliver it.\r\n"
        f"--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.test\r\n\r\n{groups}\r\n"
        f"--b\r\nContent-Type: {kind}\r\n\r\n{original}\r\nHello\r\n--b--\r\n"
    ).encode()


def _bounce(raw: bytes) -> Bounce:
    mail = parse(raw)
    assert mail.automatic and mail.bounce is not None
    return mail.bounce


def test_a_hard_bounce_names_address_and_mail() -> None:
    """Pitfalls 72: bounces were thrown away as auto-replies."""
    bounce = _bounce(
        _report(
            "Final-Recipient: rfc822; Ana@example.com\r\nAction: failed\r\nStatus: 5.1.1\r\nDiagnostic-Code: smtp; 550 5.1.1 no such\r\n user\r\n"
        )
    )
    assert (bounce.recipient, bounce.action, bounce.status, bounce.is_final) == (
        "ana@example.com",
        "failed",
        "5.1.1",
        True,
    )
    assert bounce.diagnostic == "550 5.1.1 no such user"
    assert tokens.sent_as(KEYS, bounce.message_ids[0]) == tokens.Sent("c_0123456789abcdefghjkmnpqrs", "7")


@pytest.mark.parametrize(
    ("action", "status", "is_final"),
    [
        ("failed", "5.1.1", True), ("Failed", "5.2.1 (disabled)", True), ("failed", "4.4.1", False), ("delayed", "4.4.1", False),
        ("delayed", "5.1.1", False), ("delivered", "2.0.0", False), ("relayed", "2.0.0", False), ("expanded", "2.0.0", False),
        ("failed", "", True),
    ],
)  # fmt: skip
def test_only_a_permanent_failure_is_final(action: str, status: str, is_final: bool) -> None:
    assert (
        _bounce(_report(f"Final-Recipient: rfc822;a@x.test\r\nAction: {action}\r\nStatus: {status}\r\n")).is_final
        is is_final
    )


def test_the_original_recipient_counts_where_mail_was_passed_on() -> None:
    groups = "Original-Recipient: rfc822;ana@example.com\r\nFinal-Recipient: rfc822;other@x.test\r\nAction: failed\r\nStatus: 5.1.1\r\n"
    assert _bounce(_report(groups)).recipient == "ana@example.com"


def test_the_failed_one_of_several_recipients_is_told() -> None:
    good = "Final-Recipient: rfc822; ok@x.test\r\nAction: delivered\r\nStatus: 2.0.0\r\n"
    bad = "Final-Recipient: rfc822; bad@x.test\r\nAction: failed\r\nStatus: 5.1.1\r\n"
    assert _bounce(_report(f"{good}\r\n{bad}")).recipient == "bad@x.test"


@pytest.mark.parametrize("kind", ["message/rfc822", "text/rfc822-headers", "message/rfc822-headers"])
def test_the_original_is_named_by_its_headers_too(kind: str) -> None:
    raw = _report("Final-Recipient: rfc822; a@x.test\r\nAction: failed\r\nStatus: 5.1.1\r\n", kind=kind)
    assert _bounce(raw).message_ids[0] == OURS


def test_gmail_says_it_in_a_header() -> None:
    """Pitfalls 72: X-Failed-Recipients."""
    raw = (
        "From: Mail Delivery Subsystem <mailer-daemon@googlemail.com>\r\nX-Failed-Recipients: ana@example.com\r\n"
        f"Subject: Delivery Status Notification (Failure)\r\nIn-Reply-To: {OURS}\r\n\r\nThe response was:\r\n\r\n550 5.1.1 The account does not exist.\r\n"
    )
    bounce = _bounce(raw.encode())
    assert (bounce.recipient, bounce.status, bounce.is_final, bounce.message_ids) == (
        "ana@example.com",
        "5.1.1",
        True,
        (OURS,),
    )


def test_old_servers_say_it_in_words() -> None:
    raw = (
        "Return-Path: <>\r\nFrom: Mailer-Daemon@x.test\r\nSubject: Mail delivery failed: returning message to sender\r\n\r\n"
        f"ana@example.com\r\n  550 unknown user\r\n\r\n------ This is a copy ------\r\nMessage-ID: {OURS}\r\n"
    )
    bounce = _bounce(raw.encode())
    assert (bounce.recipient, bounce.is_final, bounce.message_ids) == ("ana@example.com", True, (OURS,))


def test_a_customer_who_writes_of_a_failed_delivery_is_no_bounce() -> None:
    mail = parse(
        b"From: ana@example.com\r\nSubject: Delivery failed\r\n\r\n550 is my house number, order 5.1.1 is late"
    )
    assert mail.bounce is None and not mail.automatic


def test_a_forged_bounce_names_nothing_that_we_signed() -> None:
    """email.md section 5: bounces are forgeable, only tokens change state."""
    raw = _report(
        "Final-Recipient: rfc822; a@x.test\r\nAction: failed\r\nStatus: 5.1.1\r\n",
        original="Message-ID: <c.x.7.y@shop.example>\r\n",
    )
    assert not any(tokens.sent_as(KEYS, each) for each in _bounce(raw).message_ids)


@pytest.mark.parametrize(
    "groups",
    ["", "x", "\0", "Action", "Final-Recipient: rfc822\r\n", "Status: 99.9\r\n", "Final-Recipient: x\r\n\r\n\r\n"],
)
def test_a_broken_report_is_still_a_bounce(groups: str) -> None:
    assert _bounce(_report(groups)).recipient == ""


def test_a_spam_report_is_a_complaint() -> None:
    raw = (
        "From: fbl@x.test\r\nContent-Type: multipart/report; report-type=feedback-report; boundary=b\r\n\r\n--b\r\n\r\nA report\r\n"
        "--b\r\nContent-Type: message/feedback-report\r\n\r\nFeedback-Type: Abuse\r\nVersion: 1\r\nOriginal-Rcpt-To: <Ana@example.com>\r\n"
        f"--b\r\nContent-Type: message/rfc822\r\n\r\nMessage-ID: {OURS}\r\n\r\nx\r\n--b--\r\n"
    )
    mail = parse(raw.encode())
    assert mail.automatic and mail.bounce is None and mail.complaint is not None
    assert (mail.complaint.kind, mail.complaint.recipient, mail.complaint.message_ids) == (
        "abuse",
        "ana@example.com",
        (OURS,),
    )
