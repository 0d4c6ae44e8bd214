"""Our mails as a strict receiver reads them: words, card, thread, marks; whatever the customer's words try."""

import re
from dataclasses import replace
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

import pytest

from channels.email.cards import card_lines
from channels.email.composing import Letterhead, Signs, compose
from channels.email.mailbox import OwnMailbox
from channels.message import Address, Outbound
from server.demo.parties.mail import wrongs
from server.mail_words import words
from tests.support.databases import NOW

HEAD = Letterhead(OwnMailbox("help@shop.example"), "Northwind", "Robin", "https://shop.example", "#2f6f5e", words())
SIGNS = Signs("<c.abc.5.mac@shop.example>", "help+token@shop.example", "loop-mark")
ANA = Address("email", "ana@example.com", "channel")
CARD = {
    "kind": "order", "order": "#1042", "headline": "On its way", "tone": "good",
    "steps": [{"key": "a", "label": "Ordered", "state": "done"}, {"key": "b", "label": "Shipped", "state": "now"}],
    "eta": "Monday, November 23", "eta_was": None, "carrier": "UPS", "tracking_number": "1Z999AA10123456784",
    "tracking_url": "https://ups.example/1Z999AA10123456784", "last_scan": "Departed Omaha", "as_of": "2026-11-20T18:00:00Z",
    "lines": [{"title": "Red scarf", "quantity": 2}, {"title": "<b>Hat</b>", "quantity": 1}],
}  # fmt: skip


def outbound(text: str = "It is on its way.", **values: Any) -> Outbound:
    """One message of ours."""
    given = {"conv": "c_abc", "subject": "Where is it?", "answers": "<1@example.com>", "chain": ("<1@example.com>",)}
    return Outbound("c_abc:5", "email", ANA, text, **{**given, **values})


def read(one: Outbound, head: Letterhead = HEAD) -> EmailMessage:
    """The mail as it arrives; a strict receiver takes it."""
    raw = compose(head, one, SIGNS, NOW)
    assert wrongs(raw, "help@shop.example") == []
    return message_from_bytes(raw, policy=default)


def part(mail: EmailMessage, kind: str) -> str:
    """One of its bodies."""
    body = mail.get_body((kind,))
    assert body is not None
    return str(body.get_content())


def test_a_reply_goes_back_into_the_thread_it_came_from() -> None:
    mail = read(outbound(chain=("<0@example.com>", "<c.abc.2.m@shop.example>", "<1@example.com>")))
    assert mail["From"] == '"Robin (Northwind)" <help@shop.example>'
    assert (mail["To"], mail["Reply-To"]) == ("ana@example.com", "help+token@shop.example")
    assert (mail["Subject"], mail["Message-ID"]) == ("Re: Where is it?", "<c.abc.5.mac@shop.example>")
    assert mail["In-Reply-To"] == "<1@example.com>"
    assert mail["References"] == "<0@example.com> <c.abc.2.m@shop.example> <1@example.com>"
    assert mail["Date"].datetime == NOW


@pytest.mark.parametrize("subject", ["Re: Where is it?", "AW: Where is it?", "RE: [42] hi", "Re[2]: hi", "SV: hej"])
def test_a_subject_that_is_a_reply_stays_as_it_is(subject: str) -> None:
    """Another subject begins another thread in the customer's mail program."""
    assert read(outbound(subject=subject))["Subject"] == subject


def test_a_mail_that_answers_none_has_a_subject_of_its_own() -> None:
    assert read(outbound(subject="", answers="", chain=()))["Subject"] == "A message from Northwind"
    german = read(outbound(subject="", answers="", chain=(), language="de"))
    assert (german["Subject"], german["Content-Language"]) == ("Eine Nachricht von Northwind", "de")


def test_what_a_machine_wrote_says_so_and_what_a_person_wrote_does_not() -> None:
    """No other machine may answer it (pitfalls 68, RFC 3834)."""
    ours = read(outbound())
    assert (ours["Auto-Submitted"], ours["X-Auto-Response-Suppress"], ours["X-Loop"]) == (
        "auto-replied",
        "All",
        "loop-mark",
    )
    unasked = read(outbound(answers="", chain=()))
    assert unasked["Auto-Submitted"] == "auto-generated"
    theirs = read(outbound(author="agent", name="Kim"))
    assert [name for name in ("Auto-Submitted", "X-Auto-Response-Suppress", "X-Loop") if name in theirs] == []
    assert theirs["From"] == '"Kim (Northwind)" <help@shop.example>'
    assert "automatic" not in part(theirs, "plain")
    assert "Kim, Northwind" in part(theirs, "plain")


def test_a_code_stands_alone() -> None:
    """It belongs to no thread, and what a mail program shows beside the subject does not hold it."""
    code = Outbound("code:1f", "email", ANA, "Northwind: 123456 is your one-time code.", name="Robin")
    mail = read(code)
    assert [name for name in ("In-Reply-To", "References", "Reply-To") if name in mail] == []
    assert (mail["Subject"], mail["Auto-Submitted"]) == ("Your one-time code for Northwind", "auto-generated")
    assert "123456" in part(mail, "plain")
    assert "reply above" not in part(mail, "plain")
    assert "display:none" not in part(mail, "html")


def test_a_card_reads_well_without_html() -> None:
    text = part(read(outbound(card=CARD)), "plain")
    for line in (
        "Order #1042: On its way", "✓ Ordered ● Shipped", "Expected: Monday, November 23", "Carrier: UPS",
        "Tracking number: 1Z999AA10123456784", "Follow the parcel: https://ups.example/1Z999AA10123456784",
        "Last scan: Departed Omaha", "Items: 2 × Red scarf, 1 × <b>Hat</b>",
    ):  # fmt: skip
        assert line in text.splitlines()
    assert "None" not in text


def test_a_card_is_a_table_in_html() -> None:
    html = part(read(outbound(card=CARD)), "html")
    assert 'href="https://ups.example/1Z999AA10123456784"' in html
    assert "1 × &lt;b&gt;Hat&lt;/b&gt;" in html
    assert html.count('dir="auto"') >= 3


def test_a_return_is_a_card_too() -> None:
    card = {"kind": "return", "order": "#1042", "rma": "R-7", "headline": "Label is ready", "label_url": "https://shop.example/l/1",
            "due_by": "December 4", "refund": None, "lines": [{"title": "Scarf", "quantity": 1}]}  # fmt: skip
    view = card_lines(card, lambda name: HEAD.word("en", name))
    assert [row.name for row in view.rows] == ["Return number", "Send it by", "Return label", "Items"]


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "data:text/html,x", 'https://a" onload="x', "", None, "ftp://x"]
)
def test_only_web_links_are_links(url: object) -> None:
    html = part(read(outbound(card={**CARD, "tracking_url": url})), "html")
    assert "javascript" not in html
    assert "onload" not in html
    assert "Follow the parcel" not in html


def test_nothing_that_a_customer_wrote_becomes_a_header_or_a_tag() -> None:
    evil = "Hi\r\nBcc: eve@evil.test\r\n\r\n<script>alert(1)</script>\u2028X: y\x00"
    mail = read(outbound(text=evil, subject=evil, name=evil, language="en\r\nX: y"))
    assert [name for name in ("Bcc", "X") if name in mail] == []
    assert mail["Subject"] == "Re: Hi Bcc: eve@evil.test <script>alert(1)</script> X: y"
    assert "<script>" not in part(mail, "html")


def test_an_address_with_a_header_in_it_is_no_address() -> None:
    for key in ("ana@example.com\r\nBcc: eve@evil.test", "ana@example.com, eve@evil.test", "", "ana"):
        with pytest.raises((ValueError, IndexError)):
            compose(HEAD, replace(outbound(), to=Address("email", key, "channel")), SIGNS, NOW)


def test_a_long_thread_keeps_its_references_short() -> None:
    """A header that grows with each mail is refused some day (pitfalls 82)."""
    chain = tuple(f"<{number}.{'x' * 60}@mail.example.com>" for number in range(300))
    mail = read(outbound(chain=chain, answers=chain[-1]))
    named = str(mail["References"]).split()
    assert len(str(mail["References"])) <= 2_000
    assert (named[0], named[-1]) == (chain[0], chain[-1])
    assert len(named) <= 20


def test_what_is_no_message_id_is_in_no_header() -> None:
    mail = read(outbound(answers="<a b>", chain=("nonsense", "<a\r\nb@x>", "<1@example.com>")))
    assert (mail["In-Reply-To"], mail["References"]) == ("<1@example.com>", "<1@example.com>")


def test_lines_are_wrapped_and_links_are_not() -> None:
    link = "https://shop.example/" + "x" * 120
    text = part(read(outbound(text=f"{'many words ' * 30}\n\n{link}\n\n1. first\n2. second")), "plain")
    assert max(len(line) for line in text.splitlines() if link not in line) <= 120
    assert max(len(line) for line in text.splitlines()[2:6]) <= 78
    assert link in text.splitlines()
    assert "1. first\n2. second" in text.replace("\r\n", "\n")


def test_words_of_any_script_come_through() -> None:
    """Right to left by the words themselves, not by a setting."""
    words_ = "שלום, ההזמנה בדרך. 日本語 ñ 🎁"
    mail = read(outbound(text=words_, subject="היכן ההזמנה?"))
    assert words_ in part(mail, "plain")
    assert words_ in part(mail, "html")
    assert mail["Subject"] == "Re: היכן ההזמנה?"


def test_a_lone_surrogate_stops_no_mail() -> None:
    assert "?" in part(read(outbound(text="caf\udce9", subject="caf\udce9")), "plain")


def test_the_same_message_is_the_same_mail() -> None:
    """A second try is known again by its Message-ID (pitfalls 22)."""
    plain = [re.sub(rb"=+\d+==", b"", compose(HEAD, outbound(card=CARD), SIGNS, NOW)) for _ in range(2)]
    assert plain[0] == plain[1]


def test_every_language_has_the_words_around_a_mail() -> None:
    for language, told in words().items():
        mail = read(outbound(card=CARD, language=language))
        assert told["marker"] in part(mail, "plain").splitlines()[0]
        assert told["expected"] in part(mail, "plain")
