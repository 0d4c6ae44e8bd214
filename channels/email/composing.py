"""Writes our mail: plain text and HTML of the same words, threaded, answerable, and marked when no person wrote it.

A mail is written from values only and comes out the same in every try but for its date: a second try must be recognised by its
Message-ID. It has one recipient. Rules: RFC 5322, RFC 3834 (automatic mail), sheet "E-mail channel" section 8.
"""

import re
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import Final

from channels.email import tokens
from channels.email.cards import card_lines
from channels.email.mailbox import OwnMailbox
from channels.email.page import page
from channels.message import Outbound

POLICY: Final = SMTP.clone(cte_type="7bit")
"""Seven bits: a mail server on the way that must turn eight bits into seven would break the signature."""
WIDTH: Final = 76
MAX_SUBJECT: Final = 200
CODE: Final = "code:"
"""How the key of a one-time code begins."""
_ANSWERED: Final = re.compile(r"^(?:re|aw|antw|sv|vs|res|rif|odp|ynt)\s*(?:\[\d+\])?\s*[:：]", re.IGNORECASE)
_MESSAGE_ID: Final = re.compile(r"<[^<>\s]{1,400}>")
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f\x85\u2028\u2029\u202a-\u202e\u2066-\u2069]+")


@dataclass(frozen=True, slots=True)
class Letterhead:
    """Who writes. `words` are the words around a message, by language and name (`WORDS`)."""

    mailbox: OwnMailbox
    shop: str
    assistant: str
    url: str = ""
    accent: str = "#2f6f5e"
    words: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def word(self, language: str, name: str, **values: str) -> str:
        """A word in a language, else in English; empty where there is none."""
        text = self.words.get(language, {}).get(name) or self.words.get("en", {}).get(name, "")
        for key, value in values.items():
            text = text.replace("{" + key + "}", value)
        return text


@dataclass(frozen=True, slots=True)
class Signs:
    """What is signed on a mail: its own id, where answers to it go, and the mark by which we know it again."""

    message_id: str
    reply_to: str
    loop: str


def compose(head: Letterhead, outbound: Outbound, signs: Signs, now: datetime) -> bytes:
    """The mail as it goes over the wire. Raises ValueError when its address is none."""
    mail = EmailMessage(policy=POLICY)
    language, is_code = outbound.language, outbound.key.startswith(CODE)
    mail["From"] = Address(
        _line(f"{outbound.name or head.assistant} ({head.shop})", 120), addr_spec=head.mailbox.address
    )
    mail["To"] = Address(addr_spec=outbound.to.key)
    mail["Subject"] = subject(head, outbound)
    mail["Date"] = format_datetime(now)
    mail["Message-ID"] = signs.message_id
    if not is_code:
        mail["Reply-To"] = Address(addr_spec=signs.reply_to)
        _thread(mail, outbound)
    if outbound.author != "agent":
        mail["Auto-Submitted"] = "auto-generated" if is_code or not outbound.answers else "auto-replied"
        mail["X-Auto-Response-Suppress"] = "All"
        mail["X-Loop"] = signs.loop
    marker = "" if is_code else head.word(language, "marker")
    body = _whole(outbound.text)
    foot = foot_of(head, outbound)
    card = card_lines(outbound.card or {}, lambda name: head.word(language, name))
    mail.set_content(_text(marker, body, card.text, foot))
    mail.add_alternative(page(head.shop, head.accent, marker, body, card, foot, head.url), subtype="html")
    mail["Content-Language"] = language if re.fullmatch(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8})*", language) else "en"
    return mail.as_bytes()


def subject(head: Letterhead, outbound: Outbound) -> str:
    """The customer's own subject, unchanged but for `Re:`: another one would begin another thread in their mail program."""
    if outbound.key.startswith(CODE):
        return _line(head.word(outbound.language, "code_subject", shop=head.shop) or head.shop, MAX_SUBJECT)
    theirs = _line(outbound.subject, MAX_SUBJECT)
    if not theirs:
        return _line(head.word(outbound.language, "subject", shop=head.shop) or head.shop, MAX_SUBJECT)
    return theirs if _ANSWERED.match(theirs) else _line(f"Re: {theirs}", MAX_SUBJECT)


def foot_of(head: Letterhead, outbound: Outbound) -> Sequence[str]:
    """What stands below the words: who writes, and how to reach a person where a machine does."""
    who = outbound.name or head.assistant
    if outbound.key.startswith(CODE):
        return (head.shop,)
    if outbound.author == "agent":
        return (f"{who}, {head.shop}",)
    note = head.word(outbound.language, "assistant", assistant=head.assistant, shop=head.shop)
    return (f"{who}, {head.shop}", *([note] if note else []))


def references(outbound: Outbound) -> tuple[str, ...]:
    """The ids of the thread, the oldest first, short enough for a header."""
    return tokens.capped([each for each in (*outbound.chain, outbound.answers) if _MESSAGE_ID.fullmatch(each)])


def _thread(mail: EmailMessage, outbound: Outbound) -> None:
    chain = references(outbound)
    answers = outbound.answers if _MESSAGE_ID.fullmatch(outbound.answers) else ""
    if answers or chain:
        mail["In-Reply-To"] = answers or chain[-1]
    if chain:
        mail["References"] = " ".join(chain)


def _text(marker: str, body: str, card: Sequence[str], foot: Sequence[str]) -> str:
    parts = [part for part in (marker, _wrapped(body), "\n".join(card)) if part]
    return "\n\n".join(parts) + "\n\n-- \n" + "\n".join(_wrapped(line) for line in foot) + "\n"


def _wrapped(text: str) -> str:
    """Lines of at most 76 columns; what has no space in it (an address, a link) stays whole."""
    lines = []
    for line in text.split("\n"):
        indent = "  " if line[:2] in ("- ", "• ") or re.match(r"\d\. ", line) else ""
        lines += textwrap.wrap(
            line, WIDTH, break_long_words=False, break_on_hyphens=False, subsequent_indent=indent, drop_whitespace=True
        ) or [""]
    return "\n".join(lines)


def _whole(text: str) -> str:
    """The words with plain line ends and nothing that a mail cannot carry."""
    clean = text.replace("\r\n", "\n").replace("\r", "\n").replace("\x00", "")
    return clean.encode("utf-8", "replace").decode().strip()


def _line(text: str, longest: int) -> str:
    """A text as a header's value: one line, no control characters, so that nothing can follow it."""
    one = " ".join(_CONTROL.sub(" ", text.encode("utf-8", "replace").decode()).split())
    return one if len(one) <= longest else one[: longest - 1].rstrip() + "…"
