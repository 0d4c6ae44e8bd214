# ruff: noqa: E501 (mails as machines write them)
"""Charsets, parts, files and limits: every row of email.md section 2."""

import base64
import time

import pytest

from channels.email import mime
from channels.email.mail import Mail, parse


def _text(charset: str, data: bytes, encoding: str = "8bit") -> Mail:
    head = f"From: a@x.test\r\nContent-Type: text/plain; charset={charset}\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n"
    return parse(head.encode() + data)


@pytest.mark.parametrize(
    ("charset", "data", "text"),
    [
        ("utf-8", "Größe café".encode(), "Größe café"),
        ("iso-8859-1", b"caf\xe9", "café"),
        ("iso-8859-1", b"\x80 10 \x93x\x94", "€ 10 “x”"),
        ("latin1", b"caf\xe9", "café"),
        ("us-ascii", b"caf\xe9", "café"),
        ("windows-1258", "đơn hàng".encode("cp1258"), "đơn hàng"),
        ("iso-2022-jp", "注文です".encode("iso2022_jp"), "注文です"),
        ("gb2312", "訂單镕".encode("gbk"), "訂單镕"),
        ("ks_c_5601-1987", "주문똠".encode("cp949"), "주문똠"),
        ("shift_jis", "①注文".encode("cp932"), "①注文"),
        ("koi8-r", "заказ".encode("koi8_r"), "заказ"),
        ("windows-1251", "заказ".encode("cp1251"), "заказ"),
        ("windows-1255", "הזמנה".encode("cp1255"), "הזמנה"),
        ("big5", "訂單".encode("big5"), "訂單"),
        ("utf-16", "café".encode("utf-16"), "café"),
        ('"UTF-8"', "café".encode(), "café"),
        ("utf-8", b"caf\xe9", "café"),
        ("utf-8", "größere Schuhe für Größen".encode() + b" \xc3", "größere Schuhe für Größen �"),
        ("x-unknown", "café".encode(), "café"),
        ("unknown-8bit", b"caf\xe9", "café"),
        ("base64", b"cafe", "cafe"),
        ("unicode_escape", b"caf\\u00e9", "caf\\u00e9"),
        ("punycode", b"caf-dma", "caf-dma"),
        ("rot13", b"cafe", "cafe"),
        ("iso-8859-1", "café".encode(), "café"),
        ("", "где мой заказ, я жду уже две недели".encode("cp1251"), "где мой заказ, я жду уже две недели"),
    ],
)
def test_the_declared_charset_counts_first_and_nothing_is_lost(charset: str, data: bytes, text: str) -> None:
    """Pitfalls 84: detection overrode the declared charset; email.md section 2: unknown ones raised."""
    assert _text(charset, data).full_text == text


@pytest.mark.parametrize(
    ("encoding", "data"),
    [
        ("base64", base64.b64encode("café 1042".encode())),
        ("BASE64", b"Y2Fm*w6kg MTA0\r\nMg"),
        ("quoted-printable", b"caf=C3=A9 10=\r\n42"),
        ("quoted-printable", b"caf=c3=a9 1042="),
        ("x-unknown", "café 1042".encode()),
        ("8bit", "café 1042".encode()),
        ("x-uuencode", b"begin 644 a.txt\r\n*8V%FPZD@,3`T,@``\r\n`\r\nend\r\n"),
    ],
)
def test_transfer_encodings_are_undone(encoding: str, data: bytes) -> None:
    assert _text("utf-8", data, encoding).full_text == "café 1042"


def _parts(*parts: str, kind: str = "mixed") -> Mail:
    body = "".join(f"--b\r\n{part}\r\n" for part in parts)
    return parse(f"From: a@x.test\r\nContent-Type: multipart/{kind}; boundary=b\r\n\r\n{body}--b--\r\n".encode())


PLAIN = "Content-Type: text/plain\r\n\r\nHello"
HTML = "Content-Type: text/html\r\n\r\n<p>Hello <b>you</b></p>"


def test_html_alone_becomes_text() -> None:
    """Pitfalls 89: HTML-only mail had null text."""
    mail = _parts(HTML)
    assert mail.full_text == mail.reply_text == "Hello you" and "<b>" in mail.html


def test_an_empty_text_gives_way_to_html() -> None:
    """Pitfalls 87."""
    assert _parts("Content-Type: text/plain\r\n\r\n \r\n", HTML, kind="alternative").full_text == "Hello you"


def test_of_two_versions_the_plain_one_is_read_once() -> None:
    assert _parts(PLAIN, HTML, kind="alternative").full_text == "Hello"


def test_texts_between_pictures_are_all_read() -> None:
    mail = _parts(
        PLAIN,
        "Content-Type: image/png\r\nContent-Transfer-Encoding: base64\r\n\r\nAAAA",
        "Content-Type: text/html\r\n\r\n<p>and this</p>",
    )
    assert mail.full_text == "Hello\n\nand this" and mail.attachments[0].name == "attachment-1.png"


def test_inline_pictures_keep_their_id() -> None:
    """Pitfalls 92; ids are compared without case, and may lack a disposition or a name."""
    mail = _parts(
        'Content-Type: text/html\r\n\r\n<img src="cid:A@x">',
        "Content-Type: image/png\r\nContent-ID: <A@X>\r\n\r\nx",
        kind="related",
    )
    assert [(each.content_id, each.is_inline, each.name) for each in mail.attachments] == [
        ("a@x", True, "attachment-1.png")
    ]
    assert 'src="cid:A@x"' in mail.html


@pytest.mark.parametrize(
    ("disposition", "name"),
    [
        ('attachment; filename="a.pdf"', "a.pdf"),
        ("attachment; filename=a b.pdf", "a b.pdf"),
        ("attachment; filename*=utf-8''caf%C3%A9.pdf", "café.pdf"),
        ("attachment; filename*0=\"long\"; filename*1=\"name.pdf\"", "longname.pdf"),
        ("attachment; filename*0*=utf-8''caf%C3; filename*1*=%A9.pdf", "café.pdf"),
        ('attachment; filename="=?utf-8?q?caf=C3=A9?=.pdf"', "café.pdf"),
        ('attachment; filename="../../etc/passwd"', "passwd"),
        ('attachment; filename="C:\\\\x\\\\a.pdf"', "a.pdf"),
        ('attachment; filename="a\u202efdp.exe"', "afdp.exe"),
        ('attachment; filename="a<b>:c?.pdf"', "a_b_c_.pdf"),
        ('attachment; filename=".."', "attachment-1.pdf"),
        ("attachment", "attachment-1.pdf"),
        (f'attachment; filename="{"x" * 300}.pdf"', f"{'x' * 100}.pdf"),
    ],
)  # fmt: skip
def test_file_names_are_safe(disposition: str, name: str) -> None:
    mail = _parts(PLAIN, f"Content-Type: application/pdf\r\nContent-Disposition: {disposition}\r\n\r\nx")
    assert [each.name for each in mail.attachments] == [name]


def test_svg_and_html_files_are_files_and_never_text() -> None:
    """Pitfalls 93: stored scripts by an upload."""
    mail = _parts(
        PLAIN,
        'Content-Type: image/svg+xml; name="a.svg"\r\n\r\n<svg onload=x>',
        "Content-Type: text/html\r\nContent-Disposition: attachment; filename=a.html\r\n\r\n<p>x",
    )
    assert (
        [each.name for each in mail.attachments] == ["a.svg", "a.html"]
        and mail.html == ""
        and mail.full_text == "Hello"
    )


def test_outlooks_own_format_is_kept_as_a_file() -> None:
    mail = _parts(PLAIN, "Content-Type: application/ms-tnef\r\n\r\nx")
    assert [(each.name, each.type) for each in mail.attachments] == [("winmail.dat", "application/ms-tnef")]


def test_a_mail_in_a_mail_and_an_invitation_are_files() -> None:
    mail = _parts(
        PLAIN,
        "Content-Type: message/rfc822\r\n\r\nSubject: Old / mail\r\n\r\nold text",
        "Content-Type: text/calendar\r\n\r\nBEGIN:VCALENDAR",
    )
    assert [each.name for each in mail.attachments] == [
        "Old - mail.eml",
        "attachment-2.ics",
    ] and mail.full_text == "Hello"


def test_a_signed_mail_is_read() -> None:
    mail = _parts(PLAIN, 'Content-Type: application/pgp-signature; name="signature.asc"\r\n\r\nx', kind="signed")
    assert (mail.full_text, mail.attachments, mail.is_encrypted) == ("Hello", (), False)


@pytest.mark.parametrize(
    "raw",
    [
        "Content-Type: multipart/encrypted; boundary=b\r\n\r\n--b\r\nContent-Type: application/pgp-encrypted\r\n\r\nVersion: 1\r\n--b--\r\n",
        "Content-Type: application/pkcs7-mime; smime-type=enveloped-data\r\n\r\nx",
        "Subject: x\r\n\r\n-----BEGIN PGP MESSAGE-----\r\nabc\r\n-----END PGP MESSAGE-----\r\n",
    ],
)
def test_what_is_encrypted_is_for_a_person(raw: str) -> None:
    assert parse(f"From: a@x.test\r\n{raw}".encode()).is_encrypted


def test_soft_line_breaks_are_taken_out() -> None:
    mail = parse(
        b"Content-Type: text/plain; format=flowed\r\n\r\nmy order \r\n1042\r\n> is \r\n> late\r\n-- \r\nAna\r\n"
    )
    assert mail.full_text == "my order 1042\n> is late\n--\nAna"


def test_hidden_text_is_dropped() -> None:
    """email.md section 6: orders to the assistant are smuggled in."""
    hidden = [
        '<div style="display: none">evil</div>', '<div style="visibility:hidden">evil</div>', '<span style="font-size:0">evil</span>',
        '<span style="font-size:0.1px">evil</span>', '<span style="font-size: 1px">evil</span>', '<span style="color:#fff">evil</span>',
        '<font color="white">evil</font>', '<span style="color: rgb(255, 255, 255)">evil</span>', '<span style="color:#fefefe;background:#ffffff">evil</span>',
        '<div style="background:#000;color:#010101">evil</div>', "<!-- evil -->", '<img alt="evil">', '<img title="evil">', "<div hidden>evil</div>",
        '<span style="opacity:0">evil</span>', '<div style="height:0;overflow:hidden">evil</div>', '<div style="overflow:hidden;max-height:0px">evil</div>',
        '<div style="position:absolute;left:-9999px">evil</div>', '<div style="text-indent:-9999px">evil</div>', '<span style="color:transparent">evil</span>',
        "<style>.h{display:none}</style><p class='h'>evil</p>", "<style>#h { font-size: 0 }</style><p id=h>evil</p>", "<script>evil</script>",
        "<title>evil</title>", "<template>evil</template>", "<noscript>evil</noscript>", "<svg><text>evil</text></svg>", '<span style="mso-hide:all">evil</span>',
        "<p>a<span style='display:none!important'>evil</span>b</p>", "<p style='DISPLAY:NONE'>evil</p>", "<textarea style='display:none'>evil</textarea>",
    ]  # fmt: skip
    for html in hidden:
        assert "evil" not in parse(f"Content-Type: text/html\r\n\r\n<p>good</p>{html}".encode()).full_text, html


def _time(raw: bytes) -> tuple[float, Mail]:
    started = time.process_time()
    mail = parse(raw)
    return time.process_time() - started, mail


BIG = {
    "10 MB of HTML": (b"text/html", b"<p>hello <b>x</b></p>" * 500_000),
    "10 MB of nested boxes": (b"text/html", b"<div>" * 2_000_000),
    "deep tables": (b"text/html", b"<table><tr><td>" * 1000 + b"deep" + b"</td></tr></table>" * 1000),
    "10 MB of styles": (b"text/html", b'<i style="color:red;font-size:9px">x</i>' * 250_000),
    "10 MB of text": (b"text/plain", b"On Friday I wrote:\n> x\n" * 400_000),
    "10 MB of one line": (b"text/plain", b"wrote: " * 1_500_000),
    "headers as text": (b"text/plain", b"From: a\nSent: 1\nTo: b\n" * 100_000),
    "attribution rows": (
        b"text/plain",
        b"On Fri, Nov 20, 2026 at 10:00 AM Shop and a long line that goes on\n" * 100_000,
    ),
    "one line of marks": (b"text/plain", b">" * 1_000_000),
    "devices": (b"text/plain", b"Sent from my iPhone\n" * 50_000),
    "open style sheets": (b"text/html", b"<p>x<style></x>" * 150_000),
    "open comments in a style sheet": (b"text/html", b"<p>x<style>" + b"/* " * 600_000 + b"</style>"),
    "rules in a style sheet": (b"text/html", b"<p>x<style>" + (b"@" + b"a" * 240) * 8_000 + b"</style>"),
    "media in a style sheet": (b"text/html", b"<p>x<style>" + b"@a{ b{c} " * 200_000 + b"</style>"),
    "quotes in quotes": (b"text/html", b"<blockquote>" * 3900 + b"<p>x" * 20_000),
    "dashes": (b"text/plain", b"-- \n" * 300_000),
}


@pytest.mark.parametrize("name", BIG)
def test_large_mails_take_no_more_than_two_seconds(name: str) -> None:
    """email.md section 9: 10 MB HTML, 1,000-deep tables. Measured as time of the processor, which others may use too."""
    kind, data = BIG[name]
    took, mail = _time(b"From: a@x.test\r\nContent-Type: " + kind + b"\r\n\r\n" + data)
    assert took < 2.0 and len(mail.full_text) <= mime.MAX_TEXT + 100
    assert mail.full_text or mail.fault


def test_deep_tables_are_read() -> None:
    kind, data = BIG["deep tables"]
    assert parse(b"Content-Type: " + kind + b"\r\n\r\n" + data).full_text == "deep"


def test_limits_leave_a_fault_and_what_was_read() -> None:
    head = b"From: a@x.test\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
    many = parse(head + b"--b\r\n\r\nfirst\r\n" + b"--b\r\nContent-Type: image/png\r\n\r\nx\r\n" * 100_000)
    assert "200 parts" in many.fault and many.full_text == "first" and len(many.attachments) < 200
    deep = parse(
        b"".join(b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (n, n) for n in range(1000))
        + b"\r\nx"
    )
    assert "deeper than 20" in deep.fault
    large = parse(b"From: a@x.test\r\n\r\n" + b"word " * 6_000_000)
    assert "25 MiB" in large.fault and large.from_address == "a@x.test" and len(large.full_text) <= mime.MAX_TEXT


def test_a_part_without_headers_is_all_text() -> None:
    """A text that begins like a header is a text."""
    assert (
        _parts("\r\nName: Ana\r\nOrder: 1042\r\n\r\nIt is late.").full_text == "Name: Ana\nOrder: 1042\n\nIt is late."
    )


def test_a_mail_that_only_passes_another_one_on_says_what_that_says() -> None:
    mail = _parts("Content-Type: message/rfc822\r\n\r\nFrom: v@x.test\r\nSubject: Delay\r\n\r\nLate by a week.")
    assert mail.full_text == mail.reply_text == "From: v@x.test\nSubject: Delay\n\nLate by a week." and mail.forwarded
    assert [each.name for each in mail.attachments] == ["Delay.eml"] and mail.from_address == "a@x.test"


def test_hostile_headers_take_no_time() -> None:
    for value in (
        b'"' + rb"\"" * 32_000,
        b"(" * 64_000,
        b"<" * 64_000,
        b"=?a?q?" * 10_000,
        b"a@x.test," * 7_000,
        b"; a" * 20_000,
    ):
        for name in (b"From", b"Authentication-Results", b"Content-Type", b"References", b"Subject", b"Auto-Submitted"):
            started = time.process_time()
            parse(name + b": " + value + b"\r\n\r\nx", authserv_id="m")
            assert time.process_time() - started < 1.0, (name, value[:20])
