"""A mail server on loopback: takes our mail by SMTP as a shop's own server does, checks it as receivers check it, and keeps it.

It asks for a login where it has one, offers STARTTLS where it has a certificate, and refuses what strict servers refuse: mail without
Date or Message-ID, bare line ends, long lines, several recipients. For the demo and for tests; it delivers nothing.
"""

import asyncio
import re
import ssl
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from types import TracebackType
from typing import Any, Final

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from typing_extensions import override

_MAX_BYTES: Final = 10 * 1_048_576
_LONGEST_LINE: Final = 998
_ONCE: Final = ("from", "to", "subject", "date", "message-id", "reply-to", "in-reply-to", "references")


@dataclass(frozen=True, slots=True)
class Kept:
    """One mail as it came: bytes, envelope, how it came, when."""

    raw: bytes = field(repr=False)
    sender: str
    recipient: str
    is_tls: bool
    is_logged_in: bool
    at: datetime

    @property
    def message(self) -> EmailMessage:
        """The mail, read."""
        return message_from_bytes(self.raw, policy=default)

    @property
    def text(self) -> str:
        """Its plain words."""
        body = self.message.get_body(("plain",))
        return str(body.get_content()) if body else ""

    @property
    def html(self) -> str:
        """Its HTML."""
        body = self.message.get_body(("html",))
        return str(body.get_content()) if body else ""


class MailServer(AbstractAsyncContextManager["MailServer"]):
    """The server. `login` = (user, password) that it asks for; `tls` = the certificate that it offers STARTTLS with."""

    def __init__(
        self,
        *,
        now: Callable[[], datetime],
        login: tuple[str, str] | None = None,
        tls: ssl.SSLContext | None = None,
        requires_tls: bool = False,
    ) -> None:
        self.kept: list[Kept] = []
        self.problems: list[str] = []
        self.came = asyncio.Condition()
        self._now = now
        self._login = login
        self._tls = tls
        self._requires_tls = requires_tls
        self._server: asyncio.Server | None = None
        self._sessions: set[SMTP] = set()

    @override
    async def __aenter__(self) -> "MailServer":
        await self.open()
        return self

    @override
    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def open(self, port: int = 0) -> None:
        """Listen on a port of 127.0.0.1, 0 = a free one."""
        loop = asyncio.get_running_loop()

        def session() -> SMTP:
            made = SMTP(
                self, hostname="mail.example", ident="stand-in", data_size_limit=_MAX_BYTES, tls_context=self._tls,
                require_starttls=self._requires_tls,
                auth_require_tls=self._requires_tls, authenticator=self._authenticate, loop=loop, timeout=30,
            )  # fmt: skip
            self._sessions.add(made)
            return made

        self._server = await loop.create_server(session, "127.0.0.1", port)

    async def close(self) -> None:
        """Stop listening and cut what is open."""
        if self._server is not None:
            self._server.close()
            for session in self._sessions:
                if session.transport is not None:
                    session.transport.close()
            await asyncio.sleep(0)
            self._server = None

    @property
    def port(self) -> int:
        """Where it listens."""
        if self._server is None:
            raise RuntimeError("the mail server is not open")
        return int(self._server.sockets[0].getsockname()[1])

    @property
    def url(self) -> str:
        """What `email.smtp_url` is for it."""
        who = f"{self._login[0]}:{self._login[1]}@" if self._login else ""
        return f"smtp://{who}127.0.0.1:{self.port}"

    def _authenticate(self, _server: SMTP, _session: Session, _envelope: Envelope, _how: str, given: Any) -> AuthResult:
        told = (given.login.decode(), given.password.decode()) if isinstance(given, LoginPassword) else None
        return AuthResult(success=told == self._login, handled=False)

    async def handle_MAIL(
        self, _server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Nobody sends without the login, where there is one."""
        if self._login is not None and not session.authenticated:
            return "530 5.7.0 authentication required"
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 2.1.0 OK"

    async def handle_RCPT(
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        """One recipient for each mail: a customer's address must never stand beside another's."""
        if envelope.rcpt_tos:
            self.problems.append("a second recipient")
            return "452 4.5.3 one recipient"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(self, _server: SMTP, session: Session, envelope: Envelope) -> str:
        """Keep the mail, or say what is wrong with it."""
        raw = envelope.original_content or b""
        wrong = wrongs(raw, envelope.mail_from or "")
        if wrong:
            self.problems += wrong
            return f"554 5.6.0 {wrong[0]}"
        await self.keep(Kept(
            raw, envelope.mail_from or "", envelope.rcpt_tos[0], session.ssl is not None, bool(session.authenticated), self._now()
        ))  # fmt: skip
        return "250 2.0.0 kept"

    async def keep(self, mail: Kept) -> None:
        """It is here; whoever waits for it is told."""
        self.kept.append(mail)
        async with self.came:
            self.came.notify_all()

    async def handle_exception(self, error: Exception) -> str:
        """What broke here is a fault of the stand-in's or of the mail's."""
        self.problems.append(type(error).__name__)
        return "451 4.3.0 broken"


def wrongs(raw: bytes, sender: str) -> list[str]:
    """What a strict receiver holds against a mail; nothing = it is taken. Source: RFC 5322 sections 2.1.1 and 3.6, RFC 3834."""
    message = message_from_bytes(raw, policy=default)
    found = [f"no {name}" for name in ("from", "to", "date", "message-id", "subject") if name not in message]
    found += [f"several {name}" for name in _ONCE if len(message.get_all(name, ())) > 1]
    if re.search(rb"(?<!\r)\n|\r(?!\n)", raw):
        found.append("a bare line end")
    if any(len(line) > _LONGEST_LINE for line in raw.split(b"\r\n")):
        found.append("a line of more than 998 bytes")
    if not raw.isascii():
        found.append("eight bits without 8BITMIME")
    if len(str(message.get("references", ""))) > 2_100:
        found.append("a chain of references that is too long")
    if len(message["to"].addresses if "to" in message else ()) != 1 or "cc" in message or "bcc" in message:
        found.append("not exactly one recipient")
    if message.get_content_type() == "multipart/alternative" and message.get_body(("plain",)) is None:
        found.append("no plain text")
    if not sender:
        found.append("no envelope sender")
    return found + [f"defect {type(each).__name__}" for each in message.defects]
