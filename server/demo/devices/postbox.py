"""Everybody's mailbox: mail to the shop as a common mail program writes it, and the shop's mail as it arrives."""

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP, default
from email.utils import format_datetime, getaddresses, parseaddr
from html import escape
from typing import Any, Final

import aiosmtplib

from server.clock import Clock
from server.demo.devices.account import BORDER, Account
from server.demo.devices.cast import Part
from server.errors import RefusedInput

_KEPT: Final = 100
_LONGEST: Final = 20_000
_SEND_S: Final = 20.0


@dataclass(slots=True)
class Letter:
    """One mail in a mailbox, ours or theirs. `refs` are the ids of its thread, its own last."""

    id: str
    mine: bool
    sender: str
    to: str
    subject: str
    text: str
    html: str
    at: datetime
    message_id: str
    reply_to: str = ""
    refs: tuple[str, ...] = ()
    status: str = ""
    is_read: bool = False
    trusted: bool = True
    headers: tuple[tuple[str, str], ...] = ()
    files: tuple[str, ...] = field(default=())


class Postbox:
    """Every mailbox of the cast, by address. Mail to the shop goes by SMTP to its listener at `host:port`."""

    def __init__(self, account: Account, clock: Clock, listener: tuple[str, int], changed: Callable[[], None]) -> None:
        self._shop = account.mail
        self._clock = clock
        self._listener = listener
        self._changed = changed
        self._boxes: dict[str, list[Letter]] = {}
        self.on_mail: Callable[[str, str], None] | None = None
        """Told of every mail of the shop's: to whom, and its words."""

    async def write(
        self, part: Part, subject: str, text: str, *, answers: str = "", authenticated: bool = True
    ) -> Letter:
        """Write to the shop, or answer its mail `answers`. `authenticated` = the border mail server vouches for the sender.

        Raises RefusedInput for an empty or over-long mail, or one that answers nothing that is there."""
        if not text.strip():
            raise RefusedInput("empty", "write something first")
        if len(text) > _LONGEST:
            raise RefusedInput("too_long", f"a mail holds up to {_LONGEST} characters here")
        before = self.letter(part, answers) if answers else None
        if answers and before is None:
            raise RefusedInput("answers", "the mail that this answers is gone")
        message, letter = self._compose(part, " ".join(subject.split())[:200], text, before, authenticated)
        self._put(part.email, letter)
        host, port = self._listener
        try:
            await aiosmtplib.send(
                message.as_bytes(policy=SMTP), sender=part.email, recipients=[parseaddr(letter.to)[1]],
                hostname=host, port=port, timeout=_SEND_S, start_tls=False,
            )  # fmt: skip
            letter.status = "sent"
        except (aiosmtplib.SMTPException, OSError) as error:
            letter.status = f"not sent: {_told(error)}"
        self._changed()
        return letter

    def _compose(
        self, part: Part, subject: str, text: str, before: Letter | None, authenticated: bool
    ) -> tuple[EmailMessage, Letter]:
        to = (before.reply_to or before.sender) if before else self._shop
        if before:
            subject = before.subject if before.subject.lower().startswith("re:") else f"Re: {before.subject}"
        message_id = f"<{secrets.token_hex(12)}@mail.{part.email.partition('@')[2]}>"
        now = self._clock.now()
        message = EmailMessage()
        verdict = "pass" if authenticated else "fail"
        domain = part.email.partition("@")[2]
        message["Authentication-Results"] = (
            f"{BORDER}; dkim={verdict} header.d={domain}; spf={verdict} smtp.mailfrom={part.email}; "
            f"dmarc={verdict} header.from={domain}"
        )
        message["From"] = f"{part.name} <{part.email}>" if part.name.isascii() else part.email
        message["To"] = to
        message["Subject"] = subject or "(no subject)"
        message["Date"] = format_datetime(now)
        message["Message-ID"] = message_id
        if before:
            message["In-Reply-To"] = before.message_id
            message["References"] = " ".join(before.refs)
        message.set_content(text + _quoted(before))
        message.add_alternative(_as_html(text, before), subtype="html")
        refs = (*(before.refs if before else ()), message_id)
        letter = Letter(
            secrets.token_hex(8), True, part.email, to, subject or "(no subject)", text, "", now, message_id,
            refs=refs, status="sending", is_read=True, trusted=authenticated,
        )  # fmt: skip
        return message, letter

    # From the shop

    def arrive(self, raw: bytes, recipients: Sequence[str]) -> None:
        """A mail of the shop's arrived for these addresses."""
        message = message_from_bytes(raw, policy=default)
        text, html = _part(message, "plain"), _part(message, "html")
        message_id = str(message["Message-ID"] or "").strip()
        refs = tuple(str(message["References"] or "").split())
        shown = tuple((name, str(message[name])) for name in _SHOWN if message[name])
        for address in recipients:
            letter = Letter(
                secrets.token_hex(8), False, str(message["From"] or ""), address, str(message["Subject"] or ""),
                text, html, self._clock.now(), message_id, _first(str(message["Reply-To"] or "")),
                (*refs, message_id), "received", headers=shown,
                files=tuple(part.get_filename() or "file" for part in message.iter_attachments()),
            )  # fmt: skip
            self._put(address.lower(), letter)
            if self.on_mail is not None:
                self.on_mail(address, text)
        self._changed()

    def _put(self, address: str, letter: Letter) -> None:
        box = self._boxes.setdefault(address.lower(), [])
        box.append(letter)
        del box[:-_KEPT]
        self._changed()

    def letter(self, part: Part, id_: str) -> Letter | None:
        """A mail in somebody's mailbox."""
        return next((each for each in self._boxes.get(part.email, ()) if each.id == id_), None)

    def look(self, part: Part, id_: str) -> None:
        """Somebody opened a mail."""
        letter = self.letter(part, id_)
        if letter is not None and not letter.is_read:
            letter.is_read = True
            self._changed()

    def shown(self, part: Part) -> dict[str, Any]:
        """The mailbox as the page shows it, oldest first."""
        box = self._boxes.get(part.email, [])
        return {"mails": [_row(each) for each in box], "unread": sum(not each.is_read for each in box)}


_SHOWN: Final = (
    "From",
    "To",
    "Reply-To",
    "Message-ID",
    "In-Reply-To",
    "References",
    "Auto-Submitted",
    "DKIM-Signature",
)


def _row(letter: Letter) -> dict[str, Any]:
    return {
        "id": letter.id,
        "mine": letter.mine,
        "from": letter.sender,
        "to": letter.to,
        "subject": letter.subject,
        "text": letter.text,
        "html": bool(letter.html),
        "at": letter.at.isoformat(),
        "status": letter.status,
        "read": letter.is_read,
        "trusted": letter.trusted,
        "headers": [list(pair) for pair in letter.headers],
        "files": list(letter.files),
    }


def _part(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    return str(part.get_content()) if part is not None else ""


def _first(header: str) -> str:
    found = getaddresses([header])
    return found[0][1] if found else ""


def _attribution(before: Letter) -> str:
    return f"On {before.at:%a, %b} {before.at.day}, {before.at:%Y} at {before.at:%H:%M} {before.sender} wrote:"


def _quoted(before: Letter | None) -> str:
    if before is None:
        return ""
    return f"\n\n{_attribution(before)}\n\n" + "\n".join(f"> {line}" for line in before.text.splitlines())


def _as_html(text: str, before: Letter | None) -> str:
    html = "".join(f"<div>{escape(line) or '<br>'}</div>" for line in text.splitlines())
    if before is None:
        return f'<div dir="auto">{html}</div>'
    quote = before.html or f"<pre>{escape(before.text)}</pre>"
    return (
        f'<div dir="auto">{html}</div><br><div class="gmail_quote"><div dir="ltr" class="gmail_attr">'
        f'{escape(_attribution(before))}<br></div><blockquote class="gmail_quote">{quote}</blockquote></div>'
    )


def _told(error: Exception) -> str:
    """What the mail server said, in one line."""
    return " ".join(str(error).split())[:160] or type(error).__name__
