"""What a stored mail is to the rest of the house: a message, a word on one of ours, or nothing at all."""

import json
from email.message import EmailMessage
from typing import Any

import pytest

from channels.email import tokens
from channels.email.composing import Letterhead
from channels.email.mailbox import OwnMailbox
from channels.email.provider import EmailProvider, Trust, number_of
from channels.email.sending import Sender, exit_of
from channels.errors import Refused
from channels.message import Address, Inbound, Outbound, Parsed, RawCall
from server.mail_words import words
from tests.support.databases import NOW
from tests.support.mail import BORDER, SHOP, letter, mail_server

KEYS = ("k" * 40,)
CONV = "c_" + "3" * 26
ANA = Address("email", "ana@example.com", "channel")
WORDS = words()  # reads files, which no coroutine may


def provider(url: str = "smtp://127.0.0.1:1", keys: tuple[str, ...] = KEYS) -> EmailProvider:
    """The shop's e-mail."""
    head = Letterhead(OwnMailbox(SHOP), "Northwind", "Robin", words=WORDS)
    trust = Trust(keys, BORDER, frozenset({SHOP, "orders@shop.example"}))
    return EmailProvider(head, Sender(exit_of(url), "shop.example"), trust, lambda: NOW)


def parsed(raw: bytes, *, to: str = SHOP, sender: str = "ana@example.com", keys: tuple[str, ...] = KEYS) -> Parsed:
    """What the provider makes of a mail that came by SMTP."""
    return provider(keys=keys).parse(RawCall("smtp", {"from": sender, "to": to}, raw, NOW))


def message(raw: bytes, **values: Any) -> Inbound:
    """The one message in a mail."""
    (found,) = parsed(raw, **values).messages
    return found


def token_for(contact: str = "ana@example.com", keys: tuple[str, ...] = KEYS) -> str:
    """Where a customer answers."""
    return tokens.reply_address(keys, SHOP, CONV, contact)


def ours(number: str = "2", keys: tuple[str, ...] = KEYS) -> str:
    """The Message-ID of one of our mails."""
    return tokens.message_id(keys, CONV, number, "shop.example")


def bounce(named: str, *, status: str = "5.1.1", action: str = "failed") -> bytes:
    """A delivery status notification about one of our mails."""
    mail = EmailMessage()
    mail["From"] = "MAILER-DAEMON@mx.example.com"
    mail["To"] = SHOP
    mail["Subject"] = "Undelivered Mail Returned to Sender"
    mail["Message-ID"] = "<dsn1@mx.example.com>"
    mail["Content-Type"] = 'multipart/report; report-type=delivery-status; boundary="b"'
    body = (
        "--b\r\nContent-Type: text/plain\r\n\r\nIt did not work.\r\n"
        "--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example.com\r\n\r\n"
        f"Final-Recipient: rfc822; ana@example.com\r\nAction: {action}\r\nStatus: {status}\r\n\r\n"
        f"--b\r\nContent-Type: text/rfc822-headers\r\n\r\nMessage-ID: {named}\r\nTo: ana@example.com\r\n\r\n--b--\r\n"
    )
    head = mail.as_bytes().partition(b"\n\n")[0].replace(b"\n", b"\r\n")
    return head + b"\r\n\r\n" + body.encode()


def test_an_authenticated_mail_is_its_senders_own() -> None:
    found = message(letter("Where is my order?", subject="Order 1042", message_id="<1@example.com>"))
    assert found.sender == Address("email", "ana@example.com", "channel", "ana@example.com", "Ana Souza")
    assert (found.channel, found.external_id, found.conv) == ("email", "<1@example.com>", None)
    assert found.text == "Order 1042\n\nWhere is my order?"
    assert found.meta == {"subject": "Order 1042"}


def test_an_unproven_mail_is_a_from_line() -> None:
    """It proves nothing, whatever it says."""
    assert message(letter("Hello there", trusted=False)).sender.kind == "from"
    forged = letter("Hello", headers={"Reply-To": "eve@evil.test"}, trusted=False)
    assert message(forged).sender.key == "ana@example.com"


def test_reply_to_is_nobodys_identity() -> None:
    """Autoresponders put anybody there (pitfalls 45)."""
    assert message(letter("Hello", headers={"Reply-To": "eve@evil.test"})).sender.key == "ana@example.com"


def test_the_subject_is_told_once_and_only_where_a_conversation_begins() -> None:
    assert message(letter("Where is order 1042?", subject="order 1042")).text == "Where is order 1042?"
    again = letter("And now?", subject="Re: Order 1042", headers={"In-Reply-To": "<1@shop.example>"})
    assert message(again).text == "And now?"
    assert message(letter("\n", subject="Where is order 1042?")).text == "Where is order 1042?"


def test_the_token_in_the_envelope_names_the_conversation() -> None:
    """Some systems drop every header (pitfalls 80); and local parts get lowered or raised on the way."""
    assert message(letter("And now?"), to=f"{SHOP},{token_for().upper()}").conv == CONV


def test_a_token_in_the_to_header_alone_says_nothing() -> None:
    """Only where the mail was delivered counts."""
    assert message(letter("And now?", to=token_for()), to=SHOP).conv is None


@pytest.mark.parametrize(
    "address",
    [
        token_for()[:-20] + "a" + token_for()[-19:],
        token_for("eve@example.com"),
        token_for(keys=("x" * 40,)),
        "help+" + CONV.removeprefix("c_") + "@shop.example",
        "help+@shop.example",
    ],
    ids=["changed", "made for somebody else", "another installation's", "unsigned", "empty"],
)
def test_a_token_that_we_did_not_sign_for_this_sender_says_nothing(address: str) -> None:
    """Forged and foreign tokens begin a conversation of their own (pitfalls 78, 83)."""
    assert message(letter("And now?"), to=address).conv is None


def test_a_message_id_that_we_signed_names_the_conversation_wherever_it_stands() -> None:
    """Any of them, the newest first (pitfalls 81)."""
    refs = f"<0@example.com> {ours('2')} <x@example.com>"
    found = message(letter("And now?", headers={"References": refs, "In-Reply-To": "<lost@example.com>"}))
    assert found.conv == CONV
    assert found.quotes[:2] == ("<lost@example.com>", "<x@example.com>")


def test_a_message_id_of_another_installation_is_only_a_quote() -> None:
    foreign = ours(keys=("x" * 40,))
    found = message(letter("And now?", headers={"In-Reply-To": foreign}))
    assert (found.conv, found.quotes) == (None, (foreign,))


def test_a_mail_without_an_id_is_kept_under_its_digest() -> None:
    """Others drop it (pitfalls 91)."""
    raw = letter("Hello", message_id="<1@example.com>").replace(b"Message-ID: <1@example.com>\r\n", b"")
    found = message(raw)
    assert str(found.external_id).startswith("<sha256.")
    assert message(raw).external_id == found.external_id


@pytest.mark.parametrize("sender", [SHOP, "HELP@shop.example", f"help+{'x' * 20}@shop.example", "orders@shop.example"])
def test_our_own_addresses_begin_no_conversation(sender: str) -> None:
    """All aliases and all tokens (pitfalls 62, 67, 69, 73)."""
    assert parsed(letter("Hello", sender=sender)) == Parsed()


def test_a_mail_that_we_sent_begins_no_conversation() -> None:
    """It came back by a forward, under our own id (pitfalls 68)."""
    assert parsed(letter("Your order is on its way", message_id=ours())) == Parsed()


@pytest.mark.parametrize(
    "headers",
    [
        {"Auto-Submitted": "auto-replied; owner=x"}, {"AUTO-SUBMITTED": "Auto-Generated"}, {"Precedence": "Bulk"},
        {"Precedence": "list"}, {"X-Auto-Response-Suppress": "OOF"}, {"X-Autoreply": "yes"}, {"X-Autorespond": "x"},
        {"X-Autoresponder": "x"}, {"List-Id": "<news.example>"}, {"List-Unsubscribe": "<https://x>"},
        {"Return-Path": "<>"}, {"Feedback-ID": "1:2:bulk:x"},
    ],
    ids=str,
)  # fmt: skip
def test_a_machines_mail_is_marked_and_kept(headers: dict[str, str]) -> None:
    """One of each, with cases and parameters (pitfalls 64, 70, 71)."""
    assert message(letter("I am away until Monday.", headers=headers)).meta["automatic"]


def test_an_empty_envelope_sender_is_a_machines() -> None:
    assert message(letter("I am away."), sender="<>").meta["automatic"]


@pytest.mark.parametrize(
    "sender", ["no-reply@x.example", "mailer-daemon@x.example", "postmaster@x.example", "donotreply@x.example"]
)
def test_senders_that_nobody_reads_are_machines(sender: str) -> None:
    assert message(letter("Do not answer this.", sender=sender)).meta["automatic"]


def test_a_bounce_is_a_word_on_our_mail_and_no_conversation() -> None:
    """Neither a thread nor a mail to whom it failed for (pitfalls 63, 66, 72)."""
    found = parsed(bounce(ours()), sender="<>")
    assert found.messages == ()
    (receipt,) = found.receipts
    assert (receipt.provider_id, receipt.status, receipt.code) == (ours(), "failed", "5.1.1")


def test_a_forged_bounce_changes_nothing() -> None:
    """Anybody can write one; only what we signed counts (pitfalls 78)."""
    for named in ("<c.abc@shop.example>", ours(keys=("x" * 40,)), ours()[:-20] + "@shop.example>"):
        assert parsed(bounce(named), sender="<>") == Parsed()


def test_a_bounce_without_our_headers_is_known_by_the_address_it_came_to() -> None:
    to = tokens.bounce_address(KEYS, SHOP, CONV, "2")
    (receipt,) = parsed(bounce("<gone@example.com>"), sender="<>", to=to).receipts
    assert receipt.provider_id == ours("2")


def test_a_delay_is_no_failure() -> None:
    assert parsed(bounce(ours(), action="delayed", status="4.4.1"), sender="<>") == Parsed()


def test_files_come_along_and_copies_are_told() -> None:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Cc"], mail["Subject"] = "ana@example.com", SHOP, "bob@example.com", "Broken"
    mail["Authentication-Results"] = f"{BORDER}; dmarc=pass header.from=example.com"
    mail["Message-ID"] = "<1@example.com>"
    mail.set_content("See the picture.")
    mail.add_attachment(b"\x89PNG....", maintype="image", subtype="png", filename="cup.png")
    found = message(mail.as_bytes())
    assert [(each.name, each.type, each.data) for each in found.media] == [("cup.png", "image/png", b"\x89PNG....")]
    assert found.meta["cc"] == "bob@example.com"


def test_what_names_no_sender_is_said_to_be_unreadable() -> None:
    """It stays in the journal, and the operator sees it."""
    with pytest.raises(ValueError, match="no sender"):
        parsed(b"Subject: x\r\n\r\nhello\r\n")


async def test_a_mail_leaves_with_our_signatures_and_comes_back_to_its_thread() -> None:
    async with mail_server() as server:
        one = Outbound(
            f"{CONV}:7", "email", ANA, "It is on its way.", conv=CONV, answers="<1@example.com>", subject="Hi"
        )
        sent = await provider(server.url).send(one)
        again = await provider(server.url).send(one)
    assert sent == again == ours("7")
    (kept, _) = server.kept
    assert kept.message["Message-ID"] == sent
    assert tokens.bounced(KEYS, tokens.parted(kept.sender)[1]) == tokens.Sent(CONV, "7")
    back = letter("Thanks", headers={"In-Reply-To": sent})
    assert message(back, to=str(kept.message["Reply-To"])).conv == CONV
    assert parsed(kept.raw) == Parsed()


async def test_nothing_is_sent_to_ourselves() -> None:
    """Else each mail would be an answer to the one before (pitfalls 73)."""
    for address in (SHOP, token_for(), "orders@shop.example"):
        one = Outbound(f"{CONV}:7", "email", Address("from", address, "channel"), "Hello", conv=CONV)
        with pytest.raises(Refused):
            await provider().send(one)


async def test_a_code_is_sent_without_a_thread() -> None:
    async with mail_server() as server:
        await provider(server.url).send(Outbound("code:1f", "email", ANA, "123456 is your code."))
    assert server.kept[0].sender == SHOP


def test_each_message_has_a_number_of_its_own() -> None:
    numbers = [number_of(Outbound(f"{CONV}:{rest}", "email", ANA, "")) for rest in ("7", "7:2", "7:email", "7:email:2")]
    assert numbers == ["7", "7-2", "7-email", "7-email2"]


def test_an_unreadable_body_is_said_to_be_one() -> None:
    for door in ("sendgrid", "mailgun", "postmark"):
        with pytest.raises(ValueError, match=r"."):
            provider().parse(RawCall(door, {"content-type": "text/plain"}, json.dumps([1]).encode(), NOW))
