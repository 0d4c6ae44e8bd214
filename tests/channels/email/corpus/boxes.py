# ruff: noqa: E501 (mails as programs write them)
"""HTML mails, with the boxes that mail programs make."""

from tests.channels.email.corpus.case import Case

_GMAIL_HEAD = '<div dir="ltr" class="gmail_attr">On Fri, Nov 20, 2026 at 10:00 AM Shop &lt;<a href="mailto:s@shop.example">s@shop.example</a>&gt; wrote:<br></div>'
_OUTLOOK_HEAD = "<b>From:</b> Shop &lt;s@shop.example&gt;<br><b>Sent:</b> Friday, November 20, 2026 10:00 AM<br><b>To:</b> Ana<br><b>Subject:</b> x"
_DE_HEAD = (
    "<b>Von:</b> Shop<br><b>Gesendet:</b> Freitag, 20. November 2026 10:00<br><b>An:</b> Ana<br><b>Betreff:</b> x"
)
_BORDER = "border:none;border-top:solid #E1E1E1 1.0pt;padding:3.0pt 0in 0in 0in"

CASES = [
    Case("gmail", "", "It is late.", html=f'<div dir="ltr">It is late.</div><br><div class="gmail_quote">{_GMAIL_HEAD}<blockquote class="gmail_quote">On its way</blockquote></div>'),
    Case("gmail-strange-language", "", "Jeg venter.", html='<div>Jeg venter.</div><div class="gmail_quote"><div class="gmail_attr">xx yy zz:</div><blockquote class="gmail_quote">On its way</blockquote></div>'),
    Case("apple", "", "It is late.", html='<html><body>It is late.<br><blockquote type="cite"><div>On Nov 20, 2026, at 10:00, Shop wrote:</div><div>On its way</div></blockquote></body></html>'),
    Case("outlook-web", "", "It is late.", html=f'<div>It is late.</div><div id="appendonsend"></div><hr><div id="divRplyFwdMsg">{_OUTLOOK_HEAD}</div><div>On its way</div>'),
    Case("outlook-web-x", "", "It is late.", html=f'<div>It is late.</div><div id="x_appendonsend"></div><hr><div id="x_divRplyFwdMsg">{_DE_HEAD}</div><div>On its way</div>'),
    Case("outlook-desktop", "", "It is late.", html=f'<div class="WordSection1"><p class="MsoNormal">It is late.</p><div><div style="{_BORDER}"><p>{_OUTLOOK_HEAD}</p></div></div><p>On its way</p></div>'),
    Case("yahoo", "", "It is late.", html='<div>It is late.</div><div id="ydp12yahoo_quoted_1" class="ydp12yahoo_quoted"><div>On Friday, November 20, 2026, Shop &lt;s@shop.example&gt; wrote:</div><div>On its way</div></div>'),
    Case("proton", "", "It is late.", html='<div>It is late.</div><div class="protonmail_quote">On Friday, November 20th, 2026 at 10:00 AM, Shop &lt;s@shop.example&gt; wrote:<br><blockquote class="protonmail_quote" type="cite">On its way</blockquote></div>'),
    Case("thunderbird", "", "It is late.", html='<p>It is late.</p><div class="moz-cite-prefix">Am 20.11.2026 um 10:00 schrieb Shop:<br></div><blockquote type="cite" cite="mid:1@x">On its way</blockquote>'),
    Case("gmx", "", "It is late.", html='<div>It is late.</div><div name="quote" style="border-left: 2px solid"><div><b>Gesendet:</b> Freitag</div><div name="quoted-content">On its way</div></div>'),
    Case("zoho", "", "It is late.", html='<div>It is late.</div><div class="zmail_extra"><div>---- On Fri, 20 Nov 2026 Shop wrote ----</div><blockquote>On its way</blockquote></div>'),
    Case("gmail-signature", "", "It is late.", html='<div>It is late.</div><div class="gmail_signature">Ana<br>Berlin</div>', signature="Ana\nBerlin"),
    Case("outlook-signature", "", "It is late.", html=f'<div>It is late.</div><div id="Signature"><p>Ana</p></div><div id="appendonsend"></div><div id="divRplyFwdMsg">{_OUTLOOK_HEAD}</div><p>On its way</p>', signature="Ana"),
    Case("phone", "", "It is late.", html='<div>It is late.</div><div>Sent from my iPhone</div><blockquote type="cite">On its way</blockquote>', signature="Sent from my iPhone"),
    Case("links", "", "Look at my photo <https://p.example/1> please", html='<p>Look at <a href="https://p.example/1">my photo</a> please</p>'),
    Case("table", "", "Order 1042\nlate", html="<table><tr><td>Order</td><td>1042</td></tr><tr><td>late</td></tr></table>"),
    Case("both-versions", "It is late.\n\nunmarked old text\n", "It is late.", html='<div>It is late.</div><div class="gmail_quote"><blockquote class="gmail_quote">unmarked old text</blockquote></div>'),
]  # fmt: skip
CASES += [
    Case("inline-gmail", "", "> Which size?\n\nM please\n\n> Which colour?\n\nRed", is_trap=True,
         html='<div class="gmail_quote"><blockquote class="gmail_quote">Which size?</blockquote><div>M please</div><blockquote class="gmail_quote">Which colour?</blockquote><div>Red</div><blockquote class="gmail_quote">Bye</blockquote></div>'),
    Case("own-blockquote", "", "Your page says\n\n> two days\n\nbut it is a week.", is_trap=True, html="<p>Your page says</p><blockquote>two days</blockquote><p>but it is a week.</p>"),
    Case("own-blockquote-last", "", "Your page says\n\n> two days", is_trap=True, html="<p>Your page says</p><blockquote>two days</blockquote>"),
    Case("indented", "", "My address\n\nMain Street 1", is_trap=True, html='<div>My address</div><blockquote style="margin:0 0 0 40px;border:none;padding:0px"><div>Main Street 1</div></blockquote>'),
    Case("empty-appendonsend", "", "It is late.\n\nReally late.", is_trap=True, html='<div>It is late.</div><div id="appendonsend"></div><p>Really late.</p>'),
    Case("own-border", "", "Order 1042\nis late", is_trap=True, html=f'<div>Order 1042</div><div style="{_BORDER}">is late</div>'),
    Case("text-in-signature", "", "Hi\nWhere is my order 1042?", is_trap=True, html='<div>Hi</div><div class="gmail_signature">Where is my order 1042?</div>'),
    Case("gmail-forward", "", "See below\n\n---------- Forwarded message ---------\nFrom: Vendor <v@vendor.example>\nDate: Fri, Nov 20, 2026\n\nLate by a week.", is_trap=True, is_forwarded=True, subject="Fwd: Delay",
         html='<div>See below</div><br><div class="gmail_quote"><div class="gmail_attr">---------- Forwarded message ---------<br>From: Vendor &lt;v@vendor.example&gt;<br>Date: Fri, Nov 20, 2026<br></div><br><br>Late by a week.</div>'),
    Case("outlook-forward", "", "See below\nFrom: Shop <s@shop.example>\nSent: Friday, November 20, 2026 10:00 AM\nTo: Ana\nSubject: x\nLate by a week.", is_trap=True, is_forwarded=True, subject="FW: Delay",
         html=f'<div>See below</div><div id="appendonsend"></div><hr><div id="divRplyFwdMsg">{_OUTLOOK_HEAD}</div><div>Late by a week.</div>'),
    Case("quote-only-box", "", "> On its way", is_trap=True, html='<blockquote type="cite">On its way</blockquote>'),
    Case("white-on-blue", "", "Read me", is_trap=True, html='<table bgcolor="#0000ff"><tr><td style="color:#fff">Read me</td></tr></table>'),
    Case("small-outer-size", "", "Read me", is_trap=True, html='<div style="font-size:0"><span style="font-size:14px">Read me</span></div>'),
    Case("media-rule", "", "Read me", is_trap=True, html="<style>@media print { .a { display:none } }</style><p class=a>Read me</p>"),
    Case("only-html-with-empty-text", " ", "Read me", is_trap=True, html="<p>Read me</p>"),
]  # fmt: skip
