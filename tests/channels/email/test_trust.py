"""Whose word on a sender counts, and what it must say."""

import pytest

from channels.email import trust
from channels.email.mail import parse

OURS = "mx.shop.example"


def _mail(*heads: str, sender: str = "Ana <ana@example.com>", authserv_id: str = OURS) -> bool:
    raw = "".join(f"{head}\r\n" for head in heads) + f"From: {sender}\r\nSubject: x\r\n\r\nhello\r\n"
    return parse(raw.encode(), authserv_id=authserv_id).authenticated


def _results(text: str, name: str = OURS) -> str:
    return f"Authentication-Results: {name}; {text}"


@pytest.mark.parametrize(
    "text",
    [
        "dmarc=pass header.from=example.com",
        "dmarc=pass",
        "DMARC=Pass (p=reject dis=none) header.from=EXAMPLE.com",
        "dkim=pass header.d=example.com header.s=s1; spf=fail smtp.mailfrom=x.test",
        "dkim=pass header.i=@example.com",
        "dkim=fail header.d=example.com; dkim=pass header.d=mail.example.com",
        "spf=pass smtp.mailfrom=example.com;\r\n\tdkim=pass (2048-bit key) header.d=example.com",
    ],
)
def test_a_pass_of_our_border_counts(text: str) -> None:
    assert _mail(_results(text))


@pytest.mark.parametrize(
    "text",
    [
        "none",
        "spf=pass smtp.mailfrom=ana@example.com",
        "dmarc=fail header.from=example.com",
        "dmarc=fail header.from=example.com; dkim=pass header.d=example.com",
        "dmarc=pass header.from=evil.test",
        "dkim=pass header.d=evil.test",
        "dkim=pass header.d=com",
        "dkim=pass header.d=ample.com",
        "dkim=pass",
        "dkim=fail header.d=example.com",
        "dkim=neutral (dmarc=pass) header.d=example.com",
        'dkim=fail reason="x; dmarc=pass" header.d=example.com',
        "x-dmarc=pass header.from=example.com",
    ],
)
def test_what_is_no_aligned_pass_counts_for_nothing(text: str) -> None:
    assert not _mail(_results(text))


def test_only_the_topmost_line_of_our_border_counts() -> None:
    """interfaces.md section 7, e-mail trust: a sender can write any other one."""
    passed = "dmarc=pass header.from=example.com"
    assert not _mail(_results(passed, "evil.test"))
    assert not _mail(_results("dmarc=fail", "evil.test"), _results(passed))
    assert not _mail(_results("dmarc=fail header.from=example.com"), _results(passed))
    assert _mail(_results(passed), _results("dmarc=fail", "evil.test"))
    assert _mail(_results(passed, "MX.Shop.example 1"))
    assert not _mail(_results(passed, "mx.shop.example.evil.test"))


def test_without_a_name_of_our_border_nobody_is_trusted() -> None:
    assert not _mail(_results("dmarc=pass"), authserv_id="")
    assert not _mail("Authentication-Results: ; dmarc=pass", authserv_id="")
    assert not _mail(_results("dmarc=pass"), authserv_id="  ")


@pytest.mark.parametrize(
    "sender",
    [
        "ana@example.com, eve@example.com",
        '"ceo@shop.example" <ana@example.com>',
        "=?utf-8?q?ceo=40shop=2Eexample?= <ana@example.com>",
        "undisclosed:;",
        "ana",
        "ana@example.com\r\nFrom: eve@example.com",
        "<ana@example.com> <eve@evil.test>",
    ],
)
def test_exactly_one_plain_sender_is_trusted(sender: str) -> None:
    assert not _mail(_results("dmarc=pass"), sender=sender)


def test_a_display_name_may_repeat_the_address() -> None:
    assert _mail(_results("dmarc=pass"), sender='"ana@example.com" <ana@example.com>')


@pytest.mark.parametrize(
    ("signer", "domain", "aligned"),
    [
        ("shop.com", "shop.com", True),
        ("mail.shop.com", "shop.com", True),
        ("shop.com", "mail.shop.com", True),
        ("a.shop.com", "b.shop.com", False),
        ("co.uk", "shop.co.uk", False),
        ("com.au", "shop.com.au", False),
        ("github.io", "evil.github.io", False),
        ("com", "shop.com", False),
        ("xn--bcher-kva.de", "bücher.de", True),
        ("pаypal.com", "paypal.com", False),
        ("", "shop.com", False),
        ("shop.com", "", False),
    ],
)
def test_alignment_fails_closed(signer: str, domain: str, aligned: bool) -> None:
    """email.md section 6: IDN homographs are compared as the DNS writes them."""
    assert trust.is_aligned(signer, domain) is aligned


def test_reply_to_proves_nothing_and_names_nobody() -> None:
    """Pitfalls 45: the Reply-To of an autoresponder was taken for the sender."""
    mail = parse(b"From: a@x.test\r\nReply-To: victim@y.test\r\n\r\nx")
    assert mail.from_address == "a@x.test" and mail.reply_to == ("victim@y.test",)


def test_a_sender_that_two_readers_may_read_differently_is_believed_by_neither() -> None:
    assert _mail(_results("dmarc=pass"), sender='"Ana" <ana@example.com>')
    for odd in ('"Ana <ana@example.com>', 'ana."".b@example.com', "ana@example.com <eve@example.com"):
        assert not _mail(_results("dmarc=pass"), sender=odd)
